"""What is told of a response that differs from the spec."""

from __future__ import annotations

from typing import NamedTuple

from .decode import describe

__all__ = ["Drift"]


class Drift(NamedTuple):
    """A mismatch between a response and the spec of this version of the package.

    Attributes:
        operation_id: The operation that was called, such as `movies_details`.
        path: The place, as a JSON path such as `$.results[3].title`.
        expected: What the spec says, such as `str`.
        got: What came: a kind of JSON such as `null`, a value that is not known, `missing`, or `unknown key`.
    """

    operation_id: str
    path: str
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{self.operation_id} {self.path}: {describe(self.expected, self.got)}"
