"""Base classes of generated resources, and the response of their raw views."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, Unpack, cast

import msgspec

from .codecs import MISSING, member
from .decode import MismatchError, Report, ignore, read_body, reject
from .deprecation import warn_outermost
from .errors import REQUEST_ID_HEADERS, DecodeError
from .lazy import cached_property
from .models import mark_requested
from .operations import Operation
from .options import CallOptions, forget
from .suggestions import WithSuggestions

if TYPE_CHECKING:
    from httpx import Headers

__all__ = ["AsyncClient", "AsyncRawResource", "AsyncResource", "Client", "RawResource", "Resource", "Response", "raw_async_method", "raw_method"]

P = ParamSpec("P")
T = TypeVar("T")


class Response(Generic[T]):
    """A raw response of the API.

    Attributes:
        status_code: The HTTP status.
        headers: The headers, with case-insensitive names.
        content: The body, in bytes.
        method: The HTTP method of the request.
        url: The URL of the request, without credentials.
        from_cache: Whether the response came from the cache.
        attempts: The number of requests of the call.
        elapsed: The duration of the whole call: the queue of the rate limit, every attempt, and the waits in between.
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
        """TMDB's id of the request, for a report; None without one."""
        return next((self.headers[name] for name in REQUEST_ID_HEADERS if name in self.headers), None)

    def __getstate__(self) -> dict[str, Any]:
        """The state to pickle, without the client's report function."""
        return {**self.__dict__, "_report": None if self._report is None else ignore}

    @cached_property
    def parsed(self) -> T:
        """The body as a model.

        Raises:
            DecodeError: The body is not JSON; or the client is strict, and the body does not match the spec.
        """
        report = self._report or reject
        try:
            parsed = read_body(self.content, self._type, report)
            for part in mark_requested(parsed, self._parts):
                report(member("$", part), "the appended part", MISSING)
        except MismatchError as mismatch:
            path, reason = mismatch.path, f"the response does not match the spec at {mismatch}"
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            path, reason = None, self._not_json(str(error))
        else:
            return cast("T", parsed)
        # Raised here, outside the handlers, whose exceptions contain parts of the body.
        raise DecodeError(reason, method=self.method, url=self.url, path=path, http_status=self.status_code, content=self.content, headers=self.headers)

    def _not_json(self, reason: str) -> str:
        """Say that the body is not JSON: where in it, or else what it is."""
        from .foreign import BETWEEN, described

        if self.content.lstrip()[:1] in (b"{", b"["):
            return f"the response is not JSON: {reason}"
        what = described(self.content, self.headers.get("content-type"))
        origin = f", {BETWEEN}" if what.startswith("HTML") else ""
        return f"the response is not JSON but {what}{origin}"


class Client(Protocol):
    """The part of a client that a resource uses."""

    def request(self, operation: Operation[T], arguments: Mapping[str, Any], /, **options: Unpack[CallOptions]) -> Response[T]:
        """Send the request of an operation."""
        ...


class AsyncClient(Protocol):
    """The part of an asynchronous client that a resource uses."""

    async def request(self, operation: Operation[T], arguments: Mapping[str, Any], /, **options: Unpack[CallOptions]) -> Response[T]:
        """Send the request of an operation."""
        ...


class Resource(WithSuggestions):
    """A group of operations: a tag of the spec."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def _call(self, operation: Operation[T], options: CallOptions, /, **arguments: Any) -> T:
        try:
            return self._client.request(operation, arguments, **options).parsed
        finally:
            del arguments  # they may contain a credential, which an error report with local variables would show
            forget(options)  # nor may the frame of the method, which has the same dict


class AsyncResource(WithSuggestions):
    """A group of operations, for asynchronous clients."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    async def _call(self, operation: Operation[T], options: CallOptions, /, **arguments: Any) -> T:
        try:
            return (await self._client.request(operation, arguments, **options)).parsed
        finally:
            del arguments  # they may contain a credential, which an error report with local variables would show
            forget(options)  # nor may the frame of the method, which has the same dict


class RawResource(Resource):
    """The raw view of a resource, whose methods return responses."""

    def _call(self, operation: Operation[T], options: CallOptions, /, **arguments: Any) -> Any:
        try:
            return self._client.request(operation, arguments, **options)
        finally:
            del arguments  # they may contain a credential, which an error report with local variables would show
            forget(options)  # nor may the frame of the method, which has the same dict


class AsyncRawResource(AsyncResource):
    """The raw view of an asynchronous resource, whose methods return responses."""

    async def _call(self, operation: Operation[T], options: CallOptions, /, **arguments: Any) -> Any:
        try:
            return await self._client.request(operation, arguments, **options)
        finally:
            del arguments  # they may contain a credential, which an error report with local variables would show
            forget(options)  # nor may the frame of the method, which has the same dict


def raw_method(method: Callable[Concatenate[Any, P], T]) -> Callable[Concatenate[Any, P], Response[T]]:
    """Create the raw method for a method of a resource, with the same signature, but returning a `Response`."""
    return cast("Any", _RawMethod(method, _calling))  # type: ignore[no-any-return]


def raw_async_method(method: Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, Response[T]]]:
    """Create the raw method for a coroutine method of a resource."""
    return cast("Any", _RawMethod(method, _awaiting))  # type: ignore[no-any-return]


def _calling(method: Any) -> Any:
    @wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        finally:
            del args, kwargs  # they may hold a credential

    return call


def _awaiting(method: Any) -> Any:
    @wraps(method)
    async def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return await method(self, *args, **kwargs)
        finally:
            del args, kwargs  # they may hold a credential

    return call


class _RawMethod:
    """A descriptor that creates a raw method on first use, because most programs use few or none.

    Args:
        method: The method of the resource.
        wrap: Creates the raw method from it.
    """

    __slots__ = ("_method", "_name", "_view", "_wrap")

    def __init__(self, method: Any, wrap: Callable[[Any], Any]) -> None:
        self._method, self._wrap = method, wrap

    def __set_name__(self, view: type, name: str) -> None:
        self._view, self._name = view, name

    def __get__(self, instance: object | None, owner: type) -> Any:
        call = warn_outermost(self._method, self._wrap)
        call.__doc__ = f"As `{call.__qualname__}`, but it returns a `Response`."
        setattr(self._view, self._name, call)
        return call.__get__(instance, owner)
