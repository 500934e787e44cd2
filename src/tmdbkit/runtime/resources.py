"""The bases of generated resources, and the answer that their raw views return."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar, Unpack, cast

import msgspec

from .codecs import member
from .decode import MismatchError, Report, ignore, read_body, refuse
from .errors import REQUEST_ID_HEADERS, DecodeError
from .lazy import cached_property
from .models import mark_requested
from .operations import Operation
from .options import CallOptions

if TYPE_CHECKING:
    from httpx import Headers

__all__ = ["AsyncClient", "AsyncResource", "Client", "RawResource", "Resource", "Response", "raw_async_method", "raw_method"]

P = ParamSpec("P")
T = TypeVar("T")


class Response(Generic[T]):
    """An answer of the API as it came.

    Attributes:
        status_code: The HTTP status.
        headers: The headers, whose names ignore case.
        content: The body, in bytes.
        method: The HTTP method of the request.
        url: The URL of the request, without credentials.
        from_cache: Whether the answer was kept from an earlier call.
        attempts: How many requests the call sent.
        elapsed: How long the call took in all: the queue of the rate limit, every attempt, and the waits in between.
    """

    attempts = 1
    elapsed = timedelta()

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

    @property
    def request_id(self) -> str | None:
        """What names this request to TMDB, for a report; None where the response has nothing of the kind."""
        return next((self.headers[name] for name in REQUEST_ID_HEADERS if name in self.headers), None)

    def __getstate__(self) -> dict[str, Any]:
        """What a pickle holds: not what is told of mismatches, which is the client's."""
        return {**self.__dict__, "_report": None if self._report is None else ignore}

    @cached_property
    def parsed(self) -> T:
        """The body as the model that the operation answers.

        Raises:
            DecodeError: The body is not JSON; or, where the client is strict, it does not match the spec.
        """
        report = self._report or refuse
        try:
            parsed = read_body(self.content, self._type, report)
            for part in mark_requested(parsed, self._parts):
                report(member("$", part), "the appended part", "missing")
        except MismatchError as mismatch:
            path, reason = mismatch.path, f"the response does not match the spec at {mismatch}"
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            path, reason = None, f"the response is not JSON: {error}"
        else:
            return cast("T", parsed)
        # Raised here, where no other exception is being handled: theirs hold parts of the body.
        raise DecodeError(reason, method=self.method, url=self.url, path=path, http_status=self.status_code, content=self.content, headers=self.headers)


class Client(Protocol):
    """What a resource needs of its client."""

    def request(self, operation: Operation[T], arguments: Mapping[str, Any], /, **options: Unpack[CallOptions]) -> Response[T]:
        """Send the request of an operation."""
        ...


class AsyncClient(Protocol):
    """What an asynchronous resource needs of its client."""

    async def request(self, operation: Operation[T], arguments: Mapping[str, Any], /, **options: Unpack[CallOptions]) -> Response[T]:
        """Send the request of an operation."""
        ...


class Resource:
    """A group of operations: a tag of the spec.

    Args:
        client: The client.
        returns_responses: Whether the methods return responses in place of what these parse to, for the raw view.
    """

    def __init__(self, client: Client, *, returns_responses: bool = False) -> None:
        self._client, self._returns_responses = client, returns_responses

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def _call(self, operation: Operation[T], options: CallOptions, /, **arguments: Any) -> T:
        try:
            response = self._client.request(operation, arguments, **options)
        finally:
            del arguments  # they may hold a credential, which a report on an exception would show
        return cast("T", response) if self._returns_responses else response.parsed


class AsyncResource:
    """A group of operations, to be awaited. It takes what `Resource` takes."""

    def __init__(self, client: AsyncClient, *, returns_responses: bool = False) -> None:
        self._client, self._returns_responses = client, returns_responses

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    async def _call(self, operation: Operation[T], options: CallOptions, /, **arguments: Any) -> T:
        try:
            response = await self._client.request(operation, arguments, **options)
        finally:
            del arguments  # they may hold a credential, which a report on an exception would show
        return cast("T", response) if self._returns_responses else response.parsed


class RawResource:
    """The base of a raw view: the methods of a resource, which return responses."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


def raw_method(method: Callable[P, T]) -> Callable[P, Response[T]]:
    """A method of a resource that returns responses, typed as what it is."""
    return cast("Callable[P, Response[T]]", method)


def raw_async_method(method: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, Response[T]]]:
    """The same, awaited."""
    return cast("Callable[P, Coroutine[Any, Any, Response[T]]]", method)
