"""The clients: one to call, one to await."""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Mapping
from contextlib import aclosing
from functools import cached_property
from time import sleep
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar, Unpack
from urllib.parse import urlsplit

import httpx
from tmdb_openapi.resources import AsyncResources, Resources

from .bodies import Body
from .cache import Cache
from .calls import CALL, Call, checked_options, merged
from .connections import Connections, async_connections, sync_connections
from .credentials import Credentials
from .deadlines import shortened
from .logs import DriftLog
from .rate_limit import RateLimit
from .redaction import redact_logs
from .runtime.decode import Drift
from .runtime.errors import InvalidArgumentError, TMDBError
from .runtime.operations import Operation
from .runtime.options import CallOptions, Retries, Timeout
from .runtime.resources import Response
from .runtime.types import UNSET, UnsetType

if TYPE_CHECKING:
    from .users import AsyncUsers, Users

__all__ = ["BASE_URL", "TMDB", "AsyncTMDB"]

T = TypeVar("T")
H = TypeVar("H", httpx.Client, httpx.AsyncClient)

BASE_URL = "https://api.themoviedb.org"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
DEFAULT_RETRIES = Retries()


class _Client(Generic[H]):
    """What both clients share: their settings."""

    _way_out: Any
    _cached_way_out: Any

    def __init__(
        self,
        connections: Connections[H],
        credentials: Credentials,
        *,
        language: str | None,
        region: str | None,
        base_url: str,
        options: Mapping[str, Any],
        rate_limit: RateLimit | UnsetType | None,
        drift: DriftLog | None,
        cache: Cache | None,
        transport: object,
    ) -> None:
        self._connections: Connections[H] = connections
        self._owns_connections = True
        self._credentials = credentials
        self._defaults = {"language": language, "region": region}
        self._base_url = base_url
        self._options = checked_options(_given(options))
        self._rate_limit = _checked_rate_limit(rate_limit, self._base_url, transport)
        self._drift = drift
        if cache is not None and not isinstance(cache, Cache):
            raise InvalidArgumentError(f"cache must be like Cache('tmdb.sqlite3'), or None for none; not {cache!r}")
        self._cache = cache
        redact_logs()

    def __repr__(self) -> str:
        given = [name for name, value in self._credentials._asdict().items() if value is not None]
        return f"<{type(self).__name__} {self._base_url} ({', '.join(given) or 'without a credential'})>"

    def __reduce__(self) -> str:
        raise TypeError("a client is not to be pickled, as it holds credentials and connections: make one in each process")

    def with_options(
        self,
        *,
        user_access_token: str | None = None,
        session_id: str | None = None,
        guest_session_id: str | None = None,
        language: str | UnsetType | None = UNSET,
        region: str | UnsetType | None = UNSET,
        timeout: Timeout | UnsetType = UNSET,
        deadline: float | UnsetType | None = UNSET,
        headers: Mapping[str, str] | None = None,
        retries: Retries | UnsetType | None = UNSET,
    ) -> Self:
        """A client with other settings that shares this one's connections and rate limit. Closing it closes nothing.

        Args:
            user_access_token: A user's access token of v4, in place of the client's.
            session_id: The session of a user, in place of the client's.
            guest_session_id: A guest session, in place of the client's.
            language: The language of calls that name none; None for TMDB's own default.
            region: The region of calls that name none; None for TMDB's own default.
            timeout: The seconds that each step of a call may take, an `httpx.Timeout`, or None to wait forever.
            deadline: The seconds that a call may take in all; None for no end.
            headers: Headers to add to this client's.
            retries: How calls that change nothing are tried again; None for a single attempt.

        Raises:
            InvalidArgumentError: A session is blank, both kinds are given, or an option is not allowed.
        """
        other = type(self).__new__(type(self))
        other._connections, other._owns_connections = self._connections, False
        other._credentials = self._credentials.with_user(user_access_token).with_session(session_id=session_id, guest_session_id=guest_session_id)
        other._defaults = {**self._defaults, **_given({"language": language, "region": region})}
        other._base_url = self._base_url
        other._options = merged(self._options, checked_options(_given({"timeout": timeout, "deadline": deadline, "headers": headers, "retries": retries})))
        other._rate_limit = self._rate_limit
        other._drift = self._drift
        other._cache = self._cache
        other._way_out, other._cached_way_out = self._way_out, self._cached_way_out
        return other

    def _call(self, operation: Operation[T], arguments: Mapping[str, Any], options: CallOptions) -> Call[T]:
        defaults = {name: value for name, value in self._defaults.items() if value is not None and arguments.get(name) is None and operation.takes(name)}
        return Call(
            operation,
            {**arguments, **defaults},
            merged(self._options, checked_options(options)) if options else self._options,
            http=self._connections.current(),
            credentials=self._credentials,
            base_url=self._base_url,
            rate_limit=self._rate_limit,
            drift=self._drift,
            cached=self._cache is not None,
        )


class TMDB(_Client[httpx.Client], Resources):
    """A client of TMDB's API. Its resources are attributes, named after TMDB's own groups: `tmdb.movies.details(550)`.

    One client is enough for a program: it keeps connections open, may be used by several threads, and goes on in a forked process with connections of its own.

    Args:
        credential: Your application's access token or API key; its form tells which. Without it, or either of the next two, the environment variables
            `TMDB_ACCESS_TOKEN` and `TMDB_API_KEY` are looked up.
        access_token: The API Read Access Token, a JWT.
        api_key: The v3 API key, 32 hexadecimal digits.
        user_access_token: A user's access token of v4, for what belongs to an account there.
        session_id: The session of a user, for what belongs to an account.
        guest_session_id: A guest session, for ratings without an account.
        language: The language of calls that name none, such as `de-DE`; TMDB's default is `en-US`.
        region: The region of calls that name none, such as `DE`.
        base_url: Where the API is, for a mirror or a test server. Without it the environment variable `TMDB_BASE_URL` is looked up; TMDB's own address is the
            default.
        proxy: The URL of a proxy to go through, where TMDB cannot be reached directly. Without it the usual variables such as `HTTPS_PROXY` are looked up.
        timeout: The seconds that each step of a call may take (to connect, to send, to wait for the next bytes, to wait for a free connection), an
            `httpx.Timeout` with one for each, or None to wait forever. By default 5 seconds to connect and 20 for anything else.
        deadline: The seconds that a call may take in all: the queue of the rate limit, every attempt, and the waits in between; None for no end. By default a
            minute, or twice the timeout if that is longer, from the moment that its first request leaves the queue. A transport of your own may hold a call up
            for one step more.
        headers: Headers to add to every request.
        retries: How calls that change nothing at TMDB are tried again after a lost connection, a timeout, or an answer that says to come back later; None for
            a single attempt. By default up to 3 attempts within 30 seconds.
        rate_limit: The limit on requests a second, which several clients may share; None for no limit. By default one of the client's own, of 40 a second,
            and none where `base_url` is on this machine or the transport is httpx's `MockTransport`.
        strict: Raise a `DecodeError` for an answer that is not of the shape that this version of the package knows. By default it is read as well as can be:
            what does not fit is kept as it came, and reported once to `on_drift` and the logger `tmdbkit`.
        on_drift: Is called with each place where an answer was of another shape, once per place and client.
        cache: Where answers that are the same for everybody are kept, for as long as TMDB allows it. By default nowhere.
        transport: An httpx transport to send requests with.
        http_client: An httpx client to send requests with, in place of one of our own. It stays open when this client is closed.

    Raises:
        InvalidArgumentError: A credential has the form of another kind, two are given, the base URL or the proxy is none, or an option is not allowed.
    """

    def __init__(
        self,
        credential: str | None = None,
        *,
        access_token: str | None = None,
        api_key: str | None = None,
        user_access_token: str | None = None,
        session_id: str | None = None,
        guest_session_id: str | None = None,
        language: str | None = None,
        region: str | None = None,
        base_url: str | None = None,
        proxy: str | None = None,
        timeout: Timeout | UnsetType = UNSET,
        deadline: float | UnsetType | None = UNSET,
        headers: Mapping[str, str] | None = None,
        retries: Retries | None = DEFAULT_RETRIES,
        rate_limit: RateLimit | UnsetType | None = UNSET,
        strict: bool = False,
        on_drift: Callable[[Drift], None] | None = None,
        cache: Cache | None = None,
        transport: httpx.BaseTransport | None = None,
        http_client: httpx.Client | None = None,
    ) -> None:
        base_url = _checked_base_url(base_url)
        super().__init__(
            sync_connections(http_client, transport, proxy),
            Credentials.of(
                credential,
                access_token=access_token,
                api_key=api_key,
                user_access_token=user_access_token,
                session_id=session_id,
                guest_session_id=guest_session_id,
            ),
            language=language,
            region=region,
            base_url=base_url,
            options={"timeout": timeout, "deadline": deadline, "headers": headers, "retries": retries},
            rate_limit=rate_limit,
            drift=None if strict else DriftLog(on_drift),
            cache=cache,
            transport=transport,
        )
        self._way_out = _WayOut(self._connections)
        self._cached_way_out = cache and cache.over(self._way_out)

    @cached_property
    def users(self) -> Users:
        """Logs users in and out: approvals, logins and guest sessions, each of which gives a client that acts for the user."""
        from .users import Users

        return Users(self)

    def request(self, operation: Operation[T], arguments: Mapping[str, Any], /, **options: Unpack[CallOptions]) -> Response[T]:
        """Send the request of an operation. The methods of the resources do this for you.

        Args:
            operation: The operation.
            arguments: Its arguments by name.
            **options: `timeout`, `deadline`, `retries` and `headers` of this call: see `CallOptions`.

        Raises:
            TMDBError: Anything that went wrong, by the classes of `tmdbkit.errors`.
        """
        call = self._call(operation, arguments, options)
        while True:
            try:
                with call.deadline:
                    outcome = self._outcome(call)
            except httpx.HTTPError as error:
                outcome = call.failed(error)
            if isinstance(outcome, Response):
                return outcome
            if isinstance(outcome, TMDBError):
                raise outcome
            sleep(outcome)

    def _outcome(self, call: Call[T]) -> Response[T] | TMDBError | float:
        """Send the request of a call once."""
        answer = self._cached_way_out.handle_request(call.request) if call.cached else self._way_out.send(call, call.request)
        body = Body.of(answer)
        try:
            for piece in body.pieces(answer):
                if call.deadline.left <= 0:
                    return call.late()
                if not body.take(piece):
                    break
        finally:
            answer.close()
        body.end()
        return call.outcome(answer, body)

    def close(self) -> None:
        """Close the connections, unless they belong to somebody else."""
        if self._owns_connections and (http := self._connections.leave()):
            http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()


class AsyncTMDB(_Client[httpx.AsyncClient], AsyncResources):
    """A client of TMDB's API whose methods are awaited, with asyncio. It takes what `TMDB` takes, with httpx's asynchronous client and transports.

    `transport="aiohttp"` sends requests with aiohttp, which is quicker where many are on their way at once. It needs the extra `tmdbkit[aiohttp]`.

    One client is enough for a program: it keeps connections open, and may be used by several tasks. Each event loop has connections of its own, which `close`
    closes for the loop that it is called in.
    """

    def __init__(
        self,
        credential: str | None = None,
        *,
        access_token: str | None = None,
        api_key: str | None = None,
        user_access_token: str | None = None,
        session_id: str | None = None,
        guest_session_id: str | None = None,
        language: str | None = None,
        region: str | None = None,
        base_url: str | None = None,
        proxy: str | None = None,
        timeout: Timeout | UnsetType = UNSET,
        deadline: float | UnsetType | None = UNSET,
        headers: Mapping[str, str] | None = None,
        retries: Retries | None = DEFAULT_RETRIES,
        rate_limit: RateLimit | UnsetType | None = UNSET,
        strict: bool = False,
        on_drift: Callable[[Drift], None] | None = None,
        cache: Cache | None = None,
        transport: httpx.AsyncBaseTransport | Literal["aiohttp"] | None = None,
        http_client: httpx.AsyncClient | None = None,
    ) -> None:
        base_url = _checked_base_url(base_url)
        super().__init__(
            async_connections(http_client, transport, proxy, base_url),
            Credentials.of(
                credential,
                access_token=access_token,
                api_key=api_key,
                user_access_token=user_access_token,
                session_id=session_id,
                guest_session_id=guest_session_id,
            ),
            language=language,
            region=region,
            base_url=base_url,
            options={"timeout": timeout, "deadline": deadline, "headers": headers, "retries": retries},
            rate_limit=rate_limit,
            drift=None if strict else DriftLog(on_drift),
            cache=cache,
            transport=transport,
        )
        self._way_out = _AsyncWayOut(self._connections)
        self._cached_way_out = cache and cache.over_async(self._way_out)

    @cached_property
    def users(self) -> AsyncUsers:
        """Logs users in and out: approvals, logins and guest sessions, each of which gives a client that acts for the user."""
        from .users import AsyncUsers

        return AsyncUsers(self)

    async def request(self, operation: Operation[T], arguments: Mapping[str, Any], /, **options: Unpack[CallOptions]) -> Response[T]:
        """Send the request of an operation, as `TMDB.request` does."""
        call = self._call(operation, arguments, options)
        while True:
            try:
                outcome = await self._outcome(call)
            except httpx.HTTPError as error:
                outcome = call.failed(error)
            except RuntimeError:
                if (foreign := self._connections.foreign()) is None:
                    raise
                outcome = foreign
            if isinstance(outcome, Response):
                return outcome
            if isinstance(outcome, TMDBError):
                raise outcome
            await sleep_awaited(outcome)

    async def _outcome(self, call: Call[T]) -> Response[T] | TMDBError | float:
        """Send the request of a call once."""
        answer = await (self._cached_way_out.handle_async_request(call.request) if call.cached else self._way_out.send(call, call.request))
        body = Body.of(answer)

        async def read() -> None:
            async with aclosing(body.pieces_awaited(answer)) as pieces:
                async for piece in pieces:
                    if not body.take(piece):
                        break

        try:
            await _in_time(call, read())
        finally:
            await answer.aclose()
        body.end()
        return call.outcome(answer, body)

    async def close(self) -> None:
        """Close the connections of this event loop, unless they belong to somebody else."""
        if self._owns_connections and (http := self._connections.leave()):
            await http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        await self.close()


class _WayOut(httpx.BaseTransport):
    """What a request passes on its way out: the rate limit, then its credentials, then the connections. A cache stands before it, and sees neither."""

    def __init__(self, connections: Connections[httpx.Client]) -> None:
        self._connections = connections

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self.send(request.extensions[CALL], request)

    def send(self, call: Call[Any], request: httpx.Request) -> httpx.Response:
        """Send a request of a call, when its turn comes."""
        with call.turn() as turn:
            while turn.wait:
                sleep(call.wait_for(turn))
        return self._connections.current().send(call.signed(request), stream=True, auth=None, follow_redirects=False)


class _AsyncWayOut(httpx.AsyncBaseTransport):
    """The same, for a client that is awaited."""

    def __init__(self, connections: Connections[httpx.AsyncClient]) -> None:
        self._connections = connections

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self.send(request.extensions[CALL], request)

    async def send(self, call: Call[Any], request: httpx.Request) -> httpx.Response:
        """Send a request of a call, when its turn comes."""
        with await call.turn_awaited() as turn:
            while turn.wait:
                await sleep_awaited(call.wait_for(turn))
        signed = call.signed(request)
        return await _in_time(call, self._connections.current().send(signed, stream=True, auth=None, follow_redirects=False))


async def _in_time(call: Call[Any], step: Coroutine[Any, Any, T]) -> T:
    """Await a step of a call, until its deadline.

    Raises:
        DeadlineError: The step took longer.
    """
    from asyncio import timeout

    scope = timeout(shortened(None, call.deadline.left))
    try:
        async with scope:
            return await step
    except TimeoutError:
        if not scope.expired():
            raise
    raise call.late()


async def sleep_awaited(seconds: float) -> None:
    """Wait as a task does."""
    import asyncio  # a client to call has no use for it

    await asyncio.sleep(seconds)


def _given(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that somebody gave."""
    return {name: value for name, value in settings.items() if not isinstance(value, UnsetType)}


def _checked_base_url(base_url: str | None) -> str:
    if base_url is None:
        base_url = os.environ.get("TMDB_BASE_URL") or BASE_URL
    try:
        parts = urlsplit(base_url)
        parts.port  # noqa: B018 - raises where it is no number
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc:
        raise InvalidArgumentError("base_url, or TMDB_BASE_URL, must be like 'https://api.themoviedb.org': a scheme and a host, perhaps a port and a path")
    return base_url.rstrip("/")


def _checked_rate_limit(rate_limit: RateLimit | UnsetType | None, base_url: str, transport: object) -> RateLimit | None:
    """The limit that was given; by default one of the client's own, unless its requests cannot leave this machine."""
    if isinstance(rate_limit, UnsetType):
        stays_here = isinstance(transport, httpx.MockTransport) or urlsplit(base_url).hostname in LOOPBACK
        return None if stays_here else RateLimit()
    if rate_limit is not None and not isinstance(rate_limit, RateLimit):
        raise InvalidArgumentError(f"rate_limit must be like RateLimit(per_second=40), or None for no limit; not {rate_limit!r}")
    return rate_limit
