"""The clients: `TMDB` for synchronous code, `AsyncTMDB` for asyncio."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Coroutine, Iterable, Mapping
from functools import wraps
from inspect import iscoroutinefunction
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, Self, TypeVar, Unpack, cast, overload
from urllib.parse import urlsplit

import httpx
from tmdb_openapi.resources import AsyncResources, Resources

from . import clock
from ._version import __version__
from .auth.credentials import Credentials
from .auth.redaction import holds_credential, redact_logs, secrets_of_headers
from .call import Call, Endpoint, checked_options, merged
from .changed import AsyncChangeCalls, ChangeCalls
from .logs import DriftLog, set_up_logging
from .raw_calls import AsyncRawCalls, RawCalls
from .runtime.checks import check_flag
from .runtime.errors import InvalidArgumentError, TMDBError
from .runtime.lazy import cached_property
from .runtime.models import advance
from .runtime.operations import Operation
from .runtime.options import CallOptions, Timeout, forget
from .runtime.resources import Response
from .runtime.suggestions import WithSuggestions
from .runtime.types import UNSET, UnsetType
from .transport.body import Body, read, read_async
from .transport.connections import Connections
from .transport.deadline import within
from .transport.library import USER_AGENT
from .transport.own_clients import async_connections, sync_connections
from .transport.settings import ConnectionSettings
from .transport.stack import async_stack, sync_stack

if TYPE_CHECKING:
    from ssl import SSLContext

    from tmdb_openapi.types import TVSeriesPart

    from .auth.flows import AsyncUsers, Users
    from .batches import AsyncBatch, Batch
    from .downloads import AsyncImages, Images, Setup
    from .events import EventHook
    from .export_downloads import AsyncExports, Exports
    from .match import AsyncMatch, Match
    from .paging import AsyncPaginator, Paginator
    from .runtime.drift import Drift
    from .runtime.models import Page
    from .runtime.retries import Retries
    from .series import WholeSeries
    from .transport.cache import Cache
    from .transport.rate_limit import RateLimit

__all__ = ["BASE_URL", "TMDB", "AsyncTMDB"]

T = TypeVar("T")
P = ParamSpec("P")
PageT = TypeVar("PageT", bound="Page[Any]")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")

BASE_URL = "https://api.themoviedb.org"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
BASE_HEADERS = {"accept": "application/json", "accept-encoding": "gzip"}


def _without_frames(function: Callable[P, T]) -> Callable[P, T]:
    """Remove the frames of a function from its exceptions: its arguments contain credentials, which an error report with local variables would show."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except (TMDBError, ImportError) as error:
            raise error.with_traceback(None) from error.__cause__
        finally:
            del args, kwargs

    return call


class _Shared:
    """The state that a client and its copies share.

    Attributes:
        connections: The connections to the API.
        stack: The transport stack over them.
        endpoint: The settings of all calls.
        rate_limit: The rate limit, or None.
        cache: The cache, or None.
    """

    __slots__ = ("_connect", "_others", "cache", "connections", "endpoint", "rate_limit", "stack")

    def __init__(
        self, connect: Callable[[str], Any], connections: Any, stack: Any, endpoint: Endpoint, rate_limit: RateLimit | None, cache: Cache | None
    ) -> None:
        self.connections, self.stack, self.endpoint, self.rate_limit = connections, stack, endpoint, rate_limit
        self.cache = cache
        self._connect = connect
        self._others: dict[str, Any] = {}

    def connections_to(self, scheme: str) -> Any:
        """The connections to other servers, such as that of the images: those of the API, unless its URL has another scheme, with other proxies and no TLS."""
        if self.connections.given is not None or self.endpoint.base_url.startswith(f"{scheme}:"):
            return self.connections
        return self._others.get(scheme) or self._others.setdefault(scheme, self._connect(f"{scheme}://"))

    def close(self) -> list[Any]:
        """Mark the connections as closed, and return our own httpx clients, to close."""
        return [http for connections in (self.connections, *self._others.values()) if (http := connections.close())]


class _Environment:
    """What a client and its copies share, for each base URL: the given one, or else the one that the environment names at the call.

    So a client that was built before a test talks to the test's server, and to TMDB again after it.

    Args:
        base_url: The given base URL, or None.
        build: Builds what is shared for a base URL.
    """

    def __init__(self, base_url: str | None, build: Callable[[str], _Shared]) -> None:
        self._is_given, self._build = base_url is not None, build
        self._lock = Lock()
        self._latest = _named_base_url() if base_url is None else base_url
        self._built = {self._latest: build(_checked_base_url(self._latest))}

    def current(self) -> _Shared:
        """What is shared now.

        Raises:
            InvalidArgumentError: The environment names a base URL that is none.
        """
        if not self._is_given and (named := _named_base_url()) != self._latest:
            with self._lock:
                if named not in self._built:
                    self._built[named] = self._build(_checked_base_url(named))
                self._latest = named
        return self._built[self._latest]

    def all(self) -> list[_Shared]:
        """What was shared so far."""
        return list(self._built.values())


class _Client(WithSuggestions):
    """The base class of the clients: settings, and the preparation of calls."""

    def __init__(
        self,
        environment: _Environment,
        credentials: Credentials,
        *,
        language: str | None,
        region: str | None,
        options: Mapping[str, Any],
    ) -> None:
        self._environment = environment
        self._owns_connections = True
        self._given_credentials = credentials
        credentials.with_environment()  # a malformed one is rejected here, before the first call
        self._defaults = _checked_defaults({"language": language, "region": region})
        self._options = checked_options(_explicitly_set(options))
        redact_logs()
        set_up_logging()

    @property
    def _shared(self) -> _Shared:
        return self._environment.current()

    @property
    def _credentials(self) -> Credentials:
        return self._given_credentials.with_environment()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._shared.endpoint.base_url} ({', '.join(self._credentials.given) or 'without a credential'})>"

    def __reduce__(self) -> str:
        raise TypeError("a client cannot be pickled, because it contains credentials and connections: create one in each process")

    @_without_frames
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
        """Return a client with other settings that shares this one's connections and rate limit. Closing it has no effect.

        Args:
            user_access_token: A user's access token of v4, overriding the client's.
            session_id: The session of a user, overriding the client's.
            guest_session_id: A guest session, overriding the client's.
            language: The default language of calls; None for TMDB's default.
            region: The default region of calls; None for TMDB's default.
            timeout: The seconds that each step of a call may take, an `httpx.Timeout`, or None to wait forever.
            deadline: The seconds that a call may take in all; None for no end.
            headers: Headers to add to this client's.
            retries: How calls that change nothing are tried again; None for a single attempt.

        Raises:
            InvalidArgumentError: A session is blank, both kinds are given, or an option is not allowed.
        """
        other = self._copy(self._given_credentials.with_user(user_access_token).with_session(session_id=session_id, guest_session_id=guest_session_id))
        other._defaults = {**self._defaults, **_checked_defaults(_explicitly_set({"language": language, "region": region}))}
        options = _explicitly_set({"timeout": timeout, "deadline": deadline, "headers": headers, "retries": retries})
        other._options = merged(self._options, checked_options(options))
        return other

    def _copy(self, credentials: Credentials) -> Self:
        """Return a copy with other credentials."""
        other = type(self).__new__(type(self))
        other._environment, other._owns_connections = self._environment, False
        other._given_credentials, other._defaults, other._options = credentials, self._defaults, self._options
        return other

    def _download_setup(self) -> Setup:
        from .downloads import Setup

        shared = self._shared
        return Setup(shared.endpoint, shared.connections_to, self._options, [secret.reveal() for secret in self._credentials.given.values()])

    def _prepare(self, operation: Operation[T], arguments: Mapping[str, Any], options: CallOptions) -> Call[T]:
        defaults = {name: value for name, value in self._defaults.items() if value is not None and arguments.get(name) is None and operation.takes(name)}
        return Call(
            operation,
            {**arguments, **defaults} if defaults else arguments,
            merged(self._options, checked_options(options, (argument.name for argument in operation.arguments))) if options else self._options,
            credentials=self._credentials,
            endpoint=self._shared.endpoint,
        )


class TMDB(_Client, ChangeCalls, RawCalls, Resources):
    """A synchronous client of TMDB's API. Its resources are attributes, named after TMDB's groups: `tmdb.movies.details(550)`.

    One client is enough for a program: it keeps connections open, is thread-safe, and opens new connections in a forked process.

    Args:
        credential: Your application's access token or API key, distinguished by its form. Without it, or either of the next two, the environment variables
            `TMDB_ACCESS_TOKEN` and `TMDB_API_KEY` are used.
        access_token: The API Read Access Token, a JWT.
        api_key: The v3 API key, 32 hexadecimal digits.
        user_access_token: A user's access token of v4, for what belongs to an account there.
        session_id: The session of a user, for what belongs to an account.
        guest_session_id: A guest session, for ratings without an account.
        language: The language of calls that name none, such as `de-DE`; TMDB's default is `en-US`.
        region: The region of calls that name none, such as `DE`.
        base_url: Where the API is, for a mirror or a test server, with or without `/3` at its end. Without it the environment variable `TMDB_BASE_URL` is
            looked up at each call; TMDB's own address is the default.
        proxy: The URL of a proxy to go through, where TMDB cannot be reached directly. Without it the usual variables such as `HTTPS_PROXY` are looked up.
        timeout: The seconds that each step of a call may take (to connect, to send, to wait for the next bytes, to wait for a free connection), an
            `httpx.Timeout` with one for each, or None to wait forever. By default 5 seconds to connect and 20 for anything else.
        deadline: The seconds that a call may take in all: the queue of the rate limit, every attempt, and the waits in between; None for no end. By default a
            minute, or twice the timeout if that is longer, from the moment that its first request leaves the queue. It can be late by the
            decoding of one response; and with a `transport` or an `http_client` of your own by one step, such as headers that trickle, as nothing ends that.
        headers: Headers to add to every request.
        retries: How calls that change nothing at TMDB are tried again after a lost connection, a timeout, or a response that asks to come back later; None for
            a single attempt. By default up to 3 attempts within 30 seconds.
        rate_limit: The limit on requests a second, which several clients may share; None for no limit. By default one of the client's own, of 40 a second,
            and none where `base_url` is on this machine or the transport is httpx's `MockTransport`.
        on_event: Is called with each `tmdbkit.Event` of a call: start, request, response, retry, rate-limit wait, cache hit, drift, end. An exception in it is
            logged, and breaks no call.
        strict: Raise a `DecodeError` for a response that does not match the spec. By default it is read as well as can be:
            what does not fit is kept as it came, and reported once to `on_drift` and the logger `tmdbkit`.
        on_drift: Is called with each place where a response did not match the spec, once per place and client.
        cache: Where responses that are the same for every user are kept, for as long as TMDB allows it. By default nowhere.
        verify: Whether the certificate of the API is verified; or an `ssl.SSLContext`, with a CA or a client certificate of yours.
        trust_env: Whether the environment variables of proxies (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`) and certificates (`SSL_CERT_FILE`,
            `SSL_CERT_DIR`) are looked up.
        limits: How many connections there may be, an `httpx.Limits`. By default 100, of which 20 stay open for 5 seconds when they are idle. aiohttp keeps
            all of them open.
        user_agent: The name of your application, such as `my-app/1.0`, which stands behind our own in the header `User-Agent`.
        transport: An httpx transport to send requests with. Timeouts, deadline, retries, rate limit and cache stay; proxies, `verify` and `limits` are those of
            the transport. A credential in the query is in the URL that it gets: prefer the access token.
        http_client: An httpx client to send requests with, in place of one of our own. It stays open when this client is closed. What is said of a transport
            holds for it, too; its own timeout, headers, cookies, parameters and hooks count, its `auth` and redirects do not, and a hook
            that raises for a status hides TMDB's message.

    Raises:
        InvalidArgumentError: A credential has the form of another kind, two are given, the base URL or the proxy is none, or an option is not allowed.
    """

    @_without_frames
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
        retries: Retries | UnsetType | None = UNSET,
        rate_limit: RateLimit | UnsetType | None = UNSET,
        on_event: EventHook | None = None,
        strict: bool = False,
        on_drift: Callable[[Drift], None] | None = None,
        cache: Cache | None = None,
        verify: bool | SSLContext = True,
        trust_env: bool = True,
        limits: httpx.Limits | None = None,
        user_agent: str | None = None,
        transport: httpx.BaseTransport | None = None,
        http_client: httpx.Client | None = None,
    ) -> None:
        credentials = Credentials.of(
            credential,
            access_token=access_token,
            api_key=api_key,
            user_access_token=user_access_token,
            session_id=session_id,
            guest_session_id=guest_session_id,
        )

        def connect(url: str) -> Connections[Any]:
            return sync_connections(
                ConnectionSettings(http_client, transport, asynchronous=False, base_url=url, proxy=proxy, verify=verify, trust_env=trust_env, limits=limits)
            )

        def build(url: str) -> _Shared:
            connections = connect(url)
            limit, checked_cache = _checked_rate_limit(rate_limit, url, transport), _checked_cache(cache)
            endpoint = _endpoint(url, connections, user_agent, on_drift, on_event, strict=strict)
            return _Shared(connect, connections, sync_stack(connections, limit, checked_cache, holds_credential), endpoint, limit, checked_cache)

        environment = _Environment(base_url, build)
        options = {"timeout": timeout, "deadline": deadline, "headers": headers, "retries": retries}
        super().__init__(environment, credentials, language=language, region=region, options=options)

    @cached_property
    def users(self) -> Users[TMDB]:
        """Login and logout of users: approvals, logins and guest sessions, each of which returns a client for the user."""
        from .auth.flows import Users

        return Users(self)

    @cached_property
    def images(self) -> Images:
        """The images of TMDB: `download` stores one as a file. `tmdbkit.images` has their URLs."""
        from .downloads import Images

        return Images(self._download_setup)

    @cached_property
    def exports(self) -> Exports:
        """The daily id exports: `rows` reads one, `download` stores it. `tmdbkit.exports` has the files."""
        from .export_downloads import Exports

        return Exports(self._download_setup)

    @cached_property
    def match(self) -> Match:
        """Which `movie` or `series` a title, or the name of a file, means."""
        from .match import Match

        return Match(self)

    def whole_series(
        self,
        series_id: int,
        *,
        specials: bool = False,
        append_to_response: Iterable[TVSeriesPart] | TVSeriesPart | None = None,
        language: str | None = None,
        **options: Unpack[CallOptions],
    ) -> WholeSeries:
        """Get a series with all its seasons and episodes, in as few requests as 20 parts each allow: one for a series of up to 20 seasons.

            series = tmdb.whole_series(1399)
            for episode in series:
                print(episode.season_number, episode.episode_number, episode.name)

        Args:
            series_id: The id of the series.
            specials: Whether the specials belong to it, as season 0.
            append_to_response: Other parts of the series to append, such as `external_ids`. Each leaves room for one season less in the first request.
            language: The language of the texts, such as `de-DE`.
            **options: The options of each request: see `CallOptions`.

        Returns:
            The series: iterate over its episodes, or over `seasons`; `next_to_air()` is the next episode.

        Raises:
            InvalidArgumentError: An argument is invalid.
            NotFoundError: There is no such series.
            TMDBError: Any other failure, by the classes of `tmdbkit.errors`.
        """
        from .series import plan

        try:
            steps = plan(append_to_response, specials=specials)
            parts = next(steps)
            while True:
                parts = advance(steps, self.tv_series.details(series_id, append_to_response=parts, language=language, **options))
        except StopIteration as whole:
            return cast("WholeSeries", whole.value)
        finally:
            forget(options)  # they may contain a credential, which an error report with local variables would show

    def paginate(self, method: Callable[P, PageT], /, *args: P.args, **kwargs: P.kwargs) -> Paginator[PageT]:
        """Iterate over the rows of all pages of a list: at most the 500 pages that TMDB serves. It warns at the end if there are more.

            for movie in tmdb.paginate(tmdb.discover.movie, with_genres=[28]).take(100):
                print(movie.title)

        Args:
            method: A method that returns a page, such as `tmdb.movies.popular`.
            *args: Its arguments.
            **kwargs: Its arguments by name. `page` is the first page to request, 1 by default.

        Returns:
            The rows. `take(n)`, `pages()`, `with_duplicates()` and `beyond_500()` are its options, and `complete` says at the end whether all rows were seen.

        Raises:
            InvalidArgumentError: The method has no pages.
            TypeError: An argument is missing.
        """
        from .paging import Paginator

        try:
            return Paginator(method, args, kwargs)
        except (TMDBError, TypeError) as error:
            raise error.with_traceback(None) from None
        finally:
            del args, kwargs  # they may contain a credential, which an error report with local variables would show

    @overload
    def fetch_many(
        self, method: Callable[Concatenate[A, B, C, P], T], ids: Iterable[tuple[A, B, C]], /, *args: P.args, **kwargs: P.kwargs
    ) -> Batch[tuple[A, B, C], T]: ...
    @overload
    def fetch_many(
        self, method: Callable[Concatenate[A, B, P], T], ids: Iterable[tuple[A, B]], /, *args: P.args, **kwargs: P.kwargs
    ) -> Batch[tuple[A, B], T]: ...
    @overload
    def fetch_many(self, method: Callable[Concatenate[A, P], T], ids: Iterable[A], /, *args: P.args, **kwargs: P.kwargs) -> Batch[A, T]: ...
    def fetch_many(self, method: Callable[..., Any], ids: Iterable[Any], /, *args: Any, **kwargs: Any) -> Batch[Any, Any]:
        """Fetch many ids by one method, a few at once, each with an outcome: a value or an error.

            for outcome in tmdb.fetch_many(tmdb.movies.details, [550, 11, 603], append_to_response=["credits"]):
                print(outcome.id, outcome.error or outcome.value.title)

        Args:
            method: A method that takes an id, such as `tmdb.movies.details`, or several, such as `tmdb.tv_seasons.details`.
            ids: The ids; tuples for a method that takes several.
            *args: The arguments of the method after the ids.
            **kwargs: Its arguments by name.

        Returns:
            The outcomes, as they come. `in_order()`, `concurrency(n)`, `journal(path)` and `progress()` are its options.

        Raises:
            InvalidArgumentError: The method or the ids are none.
        """
        from .batches import Batch

        try:
            return Batch(method, ids, args, kwargs)
        except (TMDBError, TypeError) as error:
            raise error.with_traceback(None) from None
        finally:
            del args, kwargs  # they may contain a credential, which an error report with local variables would show

    def request(self, operation: Operation[T], arguments: Mapping[str, Any], /, **options: Unpack[CallOptions]) -> Response[T]:
        """Send the request of an operation. The methods of the resources call this.

        Args:
            operation: The operation.
            arguments: Its arguments by name.
            **options: The options of this call: see `CallOptions`.

        Raises:
            TMDBError: Any failure, by the classes of `tmdbkit.errors`.
        """
        try:
            call = self._prepare(operation, arguments, options)
        except (TMDBError, TypeError) as error:
            raise error.with_traceback(None) from None
        finally:
            del arguments, options  # they may contain a credential, which an error report with local variables would show
        wait = 0.0
        while True:
            try:
                if wait:
                    clock.sleep(wait)
                with call:
                    outcome = call.handle_response(*self._exchange(call))
            except (httpx.HTTPError, TMDBError) as error:
                outcome = call.handle_error(error)
            except BaseException as error:
                call.abort(error)
                raise
            if isinstance(outcome, Response):
                return outcome
            if isinstance(outcome, TMDBError):
                try:
                    raise outcome
                finally:
                    del outcome  # an exception and a frame that hold each other stay until the garbage collector runs
            wait = outcome

    def _exchange(self, call: Call[Any]) -> tuple[httpx.Response, Body]:
        response = self._shared.stack.handle_request(call.request)
        return response, read(response, call.deadline)

    def close(self) -> None:
        """Close the connections, unless they belong to another client."""
        for shared in self._environment.all() if self._owns_connections else ():
            for http in shared.close():
                http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()


class AsyncTMDB(_Client, AsyncChangeCalls, AsyncRawCalls, AsyncResources):
    """An asynchronous client of TMDB's API, for asyncio. It has the arguments of `TMDB`, with httpx's asynchronous client and transports.

    `transport="aiohttp"` sends requests with aiohttp, which is faster for many concurrent requests. It needs the extra `tmdbkit[aiohttp]`.

    One client is enough for a program: it keeps connections open, and tasks may share it. Each event loop has its own connections, which `close`
    closes for the current loop.
    """

    @_without_frames
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
        retries: Retries | UnsetType | None = UNSET,
        rate_limit: RateLimit | UnsetType | None = UNSET,
        on_event: EventHook | None = None,
        strict: bool = False,
        on_drift: Callable[[Drift], None] | None = None,
        cache: Cache | None = None,
        verify: bool | SSLContext = True,
        trust_env: bool = True,
        limits: httpx.Limits | None = None,
        user_agent: str | None = None,
        transport: httpx.AsyncBaseTransport | Literal["aiohttp"] | None = None,
        http_client: httpx.AsyncClient | None = None,
    ) -> None:
        credentials = Credentials.of(
            credential,
            access_token=access_token,
            api_key=api_key,
            user_access_token=user_access_token,
            session_id=session_id,
            guest_session_id=guest_session_id,
        )

        def connect(url: str) -> Connections[Any]:
            return async_connections(
                ConnectionSettings(http_client, transport, asynchronous=True, base_url=url, proxy=proxy, verify=verify, trust_env=trust_env, limits=limits)
            )

        def build(url: str) -> _Shared:
            connections = connect(url)
            limit, checked_cache = _checked_rate_limit(rate_limit, url, transport), _checked_cache(cache)
            endpoint = _endpoint(url, connections, user_agent, on_drift, on_event, strict=strict)
            return _Shared(connect, connections, async_stack(connections, limit, checked_cache, holds_credential), endpoint, limit, checked_cache)

        environment = _Environment(base_url, build)
        options = {"timeout": timeout, "deadline": deadline, "headers": headers, "retries": retries}
        super().__init__(environment, credentials, language=language, region=region, options=options)

    @cached_property
    def users(self) -> AsyncUsers[AsyncTMDB]:
        """Login and logout of users: approvals, logins and guest sessions, each of which returns a client for the user."""
        from .auth.flows import AsyncUsers

        return AsyncUsers(self)

    @cached_property
    def images(self) -> AsyncImages:
        """The images of TMDB: `download` stores one as a file. `tmdbkit.images` has their URLs."""
        from .downloads import AsyncImages

        return AsyncImages(self._download_setup)

    @cached_property
    def exports(self) -> AsyncExports:
        """The daily id exports: `rows` reads one, `download` stores it. `tmdbkit.exports` has the files."""
        from .export_downloads import AsyncExports

        return AsyncExports(self._download_setup)

    @cached_property
    def match(self) -> AsyncMatch:
        """Which `movie` or `series` a title, or the name of a file, means."""
        from .match import AsyncMatch

        return AsyncMatch(self)

    async def whole_series(
        self,
        series_id: int,
        *,
        specials: bool = False,
        append_to_response: Iterable[TVSeriesPart] | TVSeriesPart | None = None,
        language: str | None = None,
        **options: Unpack[CallOptions],
    ) -> WholeSeries:
        """Get a series with all its seasons and episodes, as `TMDB.whole_series` does."""
        from .series import plan

        try:
            steps = plan(append_to_response, specials=specials)
            parts = next(steps)
            while True:
                parts = advance(steps, await self.tv_series.details(series_id, append_to_response=parts, language=language, **options))
        except StopIteration as whole:
            return cast("WholeSeries", whole.value)
        finally:
            forget(options)  # they may contain a credential, which an error report with local variables would show

    def paginate(self, method: Callable[P, Coroutine[Any, Any, PageT]], /, *args: P.args, **kwargs: P.kwargs) -> AsyncPaginator[PageT]:
        """Iterate over the rows of all pages of a list, as `TMDB.paginate` does, with `async for`. Pages are requested ahead: see `read_ahead`."""
        from .paging import AsyncPaginator

        try:
            return AsyncPaginator(method, args, kwargs)
        except (TMDBError, TypeError) as error:
            raise error.with_traceback(None) from None
        finally:
            del args, kwargs  # they may contain a credential, which an error report with local variables would show

    @overload
    def fetch_many(
        self, method: Callable[Concatenate[A, B, C, P], Coroutine[Any, Any, T]], ids: Iterable[tuple[A, B, C]], /, *args: P.args, **kwargs: P.kwargs
    ) -> AsyncBatch[tuple[A, B, C], T]: ...
    @overload
    def fetch_many(
        self, method: Callable[Concatenate[A, B, P], Coroutine[Any, Any, T]], ids: Iterable[tuple[A, B]], /, *args: P.args, **kwargs: P.kwargs
    ) -> AsyncBatch[tuple[A, B], T]: ...
    @overload
    def fetch_many(
        self, method: Callable[Concatenate[A, P], Coroutine[Any, Any, T]], ids: Iterable[A], /, *args: P.args, **kwargs: P.kwargs
    ) -> AsyncBatch[A, T]: ...
    def fetch_many(self, method: Callable[..., Any], ids: Iterable[Any], /, *args: Any, **kwargs: Any) -> AsyncBatch[Any, Any]:
        """Fetch many ids by one method, as `TMDB.fetch_many` does, with `async for`."""
        from .batches import AsyncBatch

        try:
            return AsyncBatch(method, ids, args, kwargs)
        except (TMDBError, TypeError) as error:
            raise error.with_traceback(None) from None
        finally:
            del args, kwargs  # they may contain a credential, which an error report with local variables would show

    async def request(self, operation: Operation[T], arguments: Mapping[str, Any], /, **options: Unpack[CallOptions]) -> Response[T]:
        """Send the request of an operation, as `TMDB.request` does."""
        try:
            _check_asyncio()
            call = self._prepare(operation, arguments, options)
        except (TMDBError, TypeError) as error:
            raise error.with_traceback(None) from None
        finally:
            del arguments, options  # they may contain a credential, which an error report with local variables would show
        wait = 0.0
        while True:
            try:
                if wait:
                    await clock.sleep_async(wait)
                with call:
                    outcome = call.handle_response(*await within(call.deadline, self._exchange(call)))
            except (httpx.HTTPError, TMDBError) as error:
                outcome = call.handle_error(error)
            except RuntimeError as error:
                if (foreign := self._shared.connections.foreign()) is None:
                    call.abort(error)
                    raise
                outcome = call.handle_error(foreign)
            except BaseException as error:
                call.abort(error)
                raise
            if isinstance(outcome, Response):
                return outcome
            if isinstance(outcome, TMDBError):
                try:
                    raise outcome
                finally:
                    del outcome  # an exception and a frame that hold each other stay until the garbage collector runs
            wait = outcome

    async def _exchange(self, call: Call[Any]) -> tuple[httpx.Response, Body]:
        response = await self._shared.stack.handle_async_request(call.request)
        return response, await read_async(response)

    async def close(self) -> None:
        """Close the connections of this event loop, unless they belong to another client."""
        for shared in self._environment.all() if self._owns_connections else ():
            for http in shared.close():
                await http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        await self.close()


def _check_asyncio() -> None:
    """Raise outside an event loop of asyncio.

    Raises:
        TMDBError: There is none, as under trio.
    """
    from asyncio import get_running_loop

    try:
        get_running_loop()
    except RuntimeError:
        pass
    else:
        return
    raise TMDBError("AsyncTMDB needs an event loop of asyncio: under trio, call TMDB in a thread (trio.to_thread.run_sync)")


def _explicitly_set(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that are not `UNSET`."""
    return {name: value for name, value in settings.items() if not isinstance(value, UnsetType)}


def _checked_defaults(defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Check the default arguments of calls, here rather than at each call.

    Raises:
        InvalidArgumentError: One has another form than its parameter.
    """
    if any(value is not None for value in defaults.values()):
        from tmdb_openapi.parameters import LANGUAGE, REGION

        checks = {"language": LANGUAGE, "region": REGION}
        return {name: None if value is None else checks[name].serialize(value) for name, value in defaults.items()}
    return dict(defaults)


def _named_base_url() -> str:
    """The base URL that the environment names, or TMDB's."""
    return os.environ.get("TMDB_BASE_URL") or BASE_URL


def _checked_base_url(given: Any) -> str:
    base_url = given if isinstance(given, str) else ""
    try:
        parts = urlsplit(base_url)
        parts.port  # noqa: B018 - raises where it is no number
        httpx.URL(base_url)
    except (ValueError, httpx.InvalidURL):
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc:
        raise InvalidArgumentError("base_url, or TMDB_BASE_URL, must be like 'https://api.themoviedb.org': a scheme and a host, perhaps a port and a path")
    return re.sub(r"(/[34])?/*$", "", base_url)  # the paths of operations begin with the version


def _check_hook(name: str, hook: Any, argument: str) -> None:
    if hook is not None and (not callable(hook) or iscoroutinefunction(hook) or iscoroutinefunction(type(hook).__call__)):
        raise InvalidArgumentError(f"{name} must be a function that takes a {argument}, and is not awaited; not {hook!r}")


def _endpoint(
    base_url: str, connections: Connections[Any], user_agent: str | None, on_drift: Callable[[Drift], None] | None, hook: EventHook | None, *, strict: bool
) -> Endpoint:
    """Create the settings that all calls of a client share.

    Raises:
        InvalidArgumentError: The user agent is not a valid header, or a hook is invalid.
    """
    check_flag("strict", strict)
    _check_hook("on_event", hook, "tmdbkit.Event")
    _check_hook("on_drift", on_drift, "tmdbkit.Drift")
    if user_agent is not None and not isinstance(user_agent, str):
        raise InvalidArgumentError(f"user_agent must be a text, such as 'my-app/1.0'; not {user_agent!r}")
    ours = " ".join(filter(None, (f"tmdbkit/{__version__}", USER_AGENT, user_agent)))
    host = httpx.URL(base_url).netloc.decode("ascii")
    headers = checked_options({"headers": {"host": host, **BASE_HEADERS, "user-agent": ours}}).get("headers") or {}
    base_path = httpx.URL(base_url).raw_path.decode("ascii").rstrip("/")
    given = connections.given
    secrets = [*connections.secrets, *(() if given is None else secrets_of_headers(given.headers))]
    drift = None if strict else DriftLog(on_drift)
    return Endpoint(base_url, base_path, httpx.Headers(headers), connections.timeout.as_dict(), drift, hook, secrets, connections.is_ours)


def _checked_cache(cache: Any) -> Cache | None:
    if cache is None:
        return None
    from .transport.cache import Cache

    if isinstance(cache, Cache):
        return cache
    raise InvalidArgumentError(f"cache must be like Cache('tmdb.sqlite3'), or None for none; not {cache!r}")


def _checked_rate_limit(rate_limit: RateLimit | UnsetType | None, base_url: str, transport: object) -> RateLimit | None:
    """Return the given limit; by default a new one, unless requests cannot leave this machine."""
    stays_here = isinstance(transport, httpx.MockTransport) or urlsplit(base_url).hostname in LOOPBACK
    if rate_limit is None or (isinstance(rate_limit, UnsetType) and stays_here):
        return None
    from .transport.rate_limit import RateLimit

    if isinstance(rate_limit, UnsetType):
        return RateLimit()
    if not isinstance(rate_limit, RateLimit):
        raise InvalidArgumentError(f"rate_limit must be like RateLimit(per_second=40), or None for no limit; not {rate_limit!r}")
    return rate_limit
