"""Trouble that a test orders: failures, disturbed transfers and altered bodies."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from .requests import ReceivedRequest
from .responses import FakeResponse

__all__ = ["ALTERED", "FAULTS", "Fault", "Trouble", "with_fault"]

Fault: TypeAlias = Literal["timeout", "disconnect", "dns", "slow", "trickle", "cut", "unlabelled_gzip", "truncated_gzip", "mislabelled_gzip"]
"""A disturbed transfer:

- `timeout`: no response comes.
- `disconnect`: the connection is lost before a response.
- `dns`: the host's name cannot be resolved. Over a socket it is a lost connection.
- `slow`: the response comes late.
- `trickle`: the body comes byte by byte.
- `cut`: the body breaks off.
- `unlabelled_gzip`: the body is compressed, and no header says so.
- `truncated_gzip`: the compressed body breaks off.
- `mislabelled_gzip`: a header says that the body is compressed, and it is not.
"""

FAULTS: tuple[Fault, ...] = get_args(Fault)
ALTERED = ("slow", "trickle", "cut", "unlabelled_gzip", "truncated_gzip", "mislabelled_gzip")
"""The faults that disturb the response which would have come; the others take its place."""


@dataclass(kw_only=True)
class Trouble:
    """Trouble for some of the requests.

    Attributes:
        operation: The operation id of the requests; None for any.
        path: Their path, where a segment in braces matches any; None for any.
        after: The number of such requests that pass first.
        times: The number of such requests that it meets then; None for all.
        response: The response in place of the true one.
        fault: The fault of the transfer.
        seconds: How late a slow response comes, or how long a trickling body takes.
        alter: Changes the body.
    """

    operation: str | None = None
    path: tuple[str, ...] | None = None
    after: int = 0
    times: int | None = 1
    response: FakeResponse | None = None
    fault: Fault | None = None
    seconds: float = 0
    alter: Callable[[Any], Any] | None = None

    def meets(self, request: ReceivedRequest) -> bool:
        """Whether the trouble meets this request; counts it."""
        if self.times == 0 or (self.operation is not None and request.operation_id != self.operation):
            return False
        if self.path is not None and not matches(self.path, request.path):
            return False
        if self.after:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


def matches(pattern: tuple[str, ...], path: str) -> bool:
    """Whether a path fits a pattern, whose segments in braces match any."""
    segments = path.split("/")
    return len(segments) == len(pattern) and all(
        (one.startswith("{") and one.endswith("}")) or one == segment for one, segment in zip(pattern, segments, strict=True)
    )


def with_fault(response: FakeResponse, fault: Fault, seconds: float) -> FakeResponse:
    """A response with a fault: of its bytes, or for the transport to act on."""
    compressed = gzip.compress(response.content, mtime=0)
    labelled = {**response.headers, "content-encoding": "gzip"}
    match fault:
        case "unlabelled_gzip":
            return response._replace(content=compressed)
        case "truncated_gzip":
            return response._replace(content=compressed[: len(compressed) // 2], headers=labelled)
        case "mislabelled_gzip":
            return response._replace(headers=labelled)
    return response._replace(fault=fault, seconds=seconds)
