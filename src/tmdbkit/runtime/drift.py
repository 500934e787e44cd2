"""Reports on responses that differ from the spec."""

from __future__ import annotations

from typing import NamedTuple

from .decode import describe

__all__ = ["Drift"]


class Drift(NamedTuple):
    """A mismatch between a response and the spec of this version of the package.

    Attributes:
        operation_id: The called operation, such as `movies_details`.
        path: The JSON path, such as `$.results[3].title`.
        expected: The expected type, such as `str`.
        got: The received JSON type such as `null`, an unknown value, `missing`, or `unknown key`.
    """

    operation_id: str
    path: str
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{self.operation_id} {self.path}: {describe(self.expected, self.got)}"
