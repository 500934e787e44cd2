"""The bases of generated resources, and the response that their raw views return."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, Unpack, cast

import msgspec

from .codecs import MISSING, member
from .decode import MismatchError, Report, ignore, read_body, refuse
from .errors import DecodeError
from .models import mark_requested
from .operations import Operation
from .options import CallOptions

if TYPE_CHECKING:
    from httpx import Headers

__all__ = ["AsyncClient", "AsyncRawResource", "AsyncResource", "Client", "RawResource", "Resource", "Response", "raw_async_method", "raw_method"]

P = ParamSpec("P")
T = TypeVar("T")


class Response(Generic[T]):
    """A response of the API as it came.

    Attributes:
        status_code: The HTTP status.
        headers: The headers, whose names ignore case.
        content: The body, in bytes.
        method: The HTTP method of the request.
        url: The URL of the request, without credentials.
        from_cache: Whether the response was kept from an earlier call.
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

    def __getstate__(self) -> dict[str, Any]:
        """What a pickle holds: not what is told of mismatches, which is the client's."""
        return {**self.__dict__, "_report": None if self._report is None else ignore}

    @cached_property
    def parsed(self) -> T:
        """The body as the model that the operation returns.

        Raises:
            DecodeError: The body is not JSON; or, where the client is strict, it does not match the spec.
        """
        report = self._report or refuse
        try:
            parsed = read_body(self.content, self._type, report)
            for part in mark_requested(parsed, self._parts):
                report(member("$", part), "the appended part", MISSING)
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
    """A group of operations: a tag of the spec."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def _call(self, operation: Operation[T], options: CallOptions, /, **arguments: Any) -> T:
        return self._client.request(operation, arguments, **options).parsed


class AsyncResource:
    """A group of operations, to be awaited."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    async def _call(self, operation: Operation[T], options: CallOptions, /, **arguments: Any) -> T:
        return (await self._client.request(operation, arguments, **options)).parsed


class RawResource(Resource):
    """The raw view of a resource, whose methods return responses."""

    def _call(self, operation: Operation[T], options: CallOptions, /, **arguments: Any) -> Any:
        return self._client.request(operation, arguments, **options)


class AsyncRawResource(AsyncResource):
    """The raw view of a resource, whose methods return responses, to be awaited."""

    async def _call(self, operation: Operation[T], options: CallOptions, /, **arguments: Any) -> Any:
        return await self._client.request(operation, arguments, **options)


def raw_method(method: Callable[Concatenate[Any, P], T]) -> Callable[Concatenate[Any, P], Response[T]]:
    """The method of a raw view for a method of a resource. It has the same signature, and returns the response."""

    @wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return method(self, *args, **kwargs)

    return _documented(call, method)  # type: ignore[no-any-return]


def raw_async_method(method: Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, Response[T]]]:
    """The same for a method that is awaited."""

    @wraps(method)
    async def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return await method(self, *args, **kwargs)

    return _documented(call, method)  # type: ignore[no-any-return]


def _documented(call: Any, method: Any) -> Any:
    call.__doc__ = f"As `{method.__qualname__}`, but it returns a `Response`."
    return call
