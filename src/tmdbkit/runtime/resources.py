"""The bases of generated resources, and the answer that their raw views return."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar

import msgspec

from .drift import Report
from .errors import DecodeError
from .json import decode, place_of
from .models import mark_requested
from .operations import Operation
from .types import UnsetType

if TYPE_CHECKING:
    from httpx import Headers
    from httpx import Timeout as _HTTPXTimeout

__all__ = ["AsyncClient", "AsyncResource", "Client", "Resource", "Response", "Timeout"]

T = TypeVar("T")

Timeout: TypeAlias = "float | _HTTPXTimeout | UnsetType | None"
"""Seconds, or httpx's own object; None waits forever, and `UNSET` leaves it to the client."""


class Response(Generic[T]):
    """An answer of the API as it came.

    Attributes:
        status_code: The HTTP status.
        headers: The headers, whose names ignore case.
        content: The body, in bytes.
        method: The HTTP method of the request.
        url: The URL of the request, without credentials.
    """

    def __init__(
        self,
        *,
        status_code: int,
        headers: Headers,
        content: bytes,
        method: str,
        url: str,
        type_: type[T],
        from_cache: bool = False,
        parts: tuple[str, ...] = (),
        report: Report | None = None,
    ) -> None:
        self.status_code, self.headers, self.content = status_code, headers, content
        self.method, self.url, self.from_cache = method, url, from_cache
        self._type, self._parts, self._report = type_, parts, report

    def __repr__(self) -> str:
        return f"<Response {self.status_code}: {self.method} {self.url}>"

    @cached_property
    def parsed(self) -> T:
        """The body as the model that the operation answers.

        Raises:
            DecodeError: The body is not JSON; or, where the client is strict, not of the model's shape.
        """
        try:
            parsed = decode(self.content, self._type, strict=self._report is None, report=self._report, parts=self._parts)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            path, reason = place_of(error)
            what = "not JSON" if path is None else f"not of the expected shape at {path}"
            message = f"TMDB's answer is {what}: {reason}"
            raise DecodeError(message, method=self.method, url=self.url, path=path, http_status=self.status_code, content=self.content) from error
        for part in mark_requested(parsed, self._parts):
            if self._report:
                self._report(f"$.{part}", "the appended part", "missing")
        return parsed


class Client(Protocol):
    """What a resource needs of its client."""

    def request(self, operation: Operation[T], arguments: Mapping[str, Any], /, *, timeout: Timeout, headers: Mapping[str, str] | None) -> Response[T]:
        """Send the request of an operation."""
        ...


class AsyncClient(Protocol):
    """What an asynchronous resource needs of its client."""

    async def request(self, operation: Operation[T], arguments: Mapping[str, Any], /, *, timeout: Timeout, headers: Mapping[str, str] | None) -> Response[T]:
        """Send the request of an operation."""
        ...


class Resource:
    """A group of operations: a tag of the spec."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def _request(self, operation: Operation[T], timeout: Timeout, headers: Mapping[str, str] | None, /, **arguments: Any) -> Response[T]:
        return self._client.request(operation, arguments, timeout=timeout, headers=headers)


class AsyncResource:
    """A group of operations, to be awaited."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    async def _request(self, operation: Operation[T], timeout: Timeout, headers: Mapping[str, str] | None, /, **arguments: Any) -> Response[T]:
        return await self._client.request(operation, arguments, timeout=timeout, headers=headers)
