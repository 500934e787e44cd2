"""The clients: one to call, one to await."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from time import sleep
from types import TracebackType
from typing import Any, Generic, Literal, Self, TypeVar
from urllib.parse import urlsplit

import httpx
from tmdb_openapi.resources import AsyncResources, Resources

from ._version import __version__
from .answers import error_of
from .cache import Cache
from .credentials import Credentials
from .logs import DriftLog, logger, redact_httpx_logs
from .rate_limit import RateLimit
from .retries import Attempts, Retries, passes_by_itself
from .runtime.drift import Drift
from .runtime.errors import APIConnectionError, APITimeoutError, InvalidArgumentError
from .runtime.operations import Operation
from .runtime.resources import Response, Timeout
from .runtime.types import UNSET, UnsetType

__all__ = ["BASE_URL", "DEFAULT_TIMEOUT", "TMDB", "AsyncTMDB"]

T = TypeVar("T")
H = TypeVar("H", httpx.Client, httpx.AsyncClient)

BASE_URL = "https://api.themoviedb.org"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
DEFAULT_RETRIES = Retries()
DEFAULT_TIMEOUT = httpx.Timeout(connect=5.0, read=20.0, write=20.0, pool=20.0)
SESSIONS = ("session_id", "guest_session_id")
TOKENS = {"access_token", "user_access_token"}
USER_AGENT = f"tmdbkit/{__version__} python-httpx/{httpx.__version__}"
NO_WAIT = nullcontext(0.0)


class _Call(Generic[T]):
    """A call on its way: the request that it sends, and what becomes of the answer."""

    def __init__(
        self, client: _Client[Any], operation: Operation[T], arguments: Mapping[str, Any], timeout: Timeout, headers: Mapping[str, str] | None
    ) -> None:
        defaults = {name: value for name, value in client._defaults.items() if arguments.get(name) is None and operation.takes(name)}
        prepared = operation.prepare({**arguments, **defaults})
        sessions = {name: arguments.get(name) for name in SESSIONS if not operation.takes(name)}
        secrets = client._credentials.choose(operation, sessions)
        self._secrets = secrets
        secret_arguments = any(argument.secret and arguments.get(argument.name) is not None for argument in operation.arguments)
        self.public = not operation.changes_state and secrets.keys() <= {"access_token", "api_key"} and not secret_arguments
        query = prepared.query
        sent = {"Accept": "application/json", "User-Agent": USER_AGENT, **client._headers, **(headers or {})}
        wait = client._timeout if isinstance(timeout, UnsetType) else timeout
        self.operation, self.method, self.parts = operation, prepared.method, prepared.parts
        self.attempts = Attempts(None if operation.changes_state else client._retries)
        self.rate_limit = client._rate_limit
        self.report = None if client._drift is None else client._drift.of(operation.operation_id)
        self.shown_url = f"{client._base_url}{prepared.redacted_path}" + (f"?{httpx.QueryParams(prepared.redacted_query)}" if prepared.query else "")
        self.request = client._http.build_request(
            prepared.method,
            f"{client._base_url}{prepared.path}",
            params=query or None,
            json=prepared.body,
            headers=sent,
            timeout=httpx.USE_CLIENT_DEFAULT if isinstance(wait, UnsetType) else wait,
            extensions={"tmdbkit": self},
        )

    def signed(self, request: httpx.Request) -> httpx.Request:
        self.attempts.start()
        query = {name: secret.reveal() for name, secret in self._secrets.items() if name not in TOKENS}
        tokens = [(b"Authorization", f"Bearer {secret.reveal()}".encode()) for name, secret in self._secrets.items() if name in TOKENS]
        return httpx.Request(
            request.method,
            request.url.copy_merge_params(query) if query else request.url,
            headers=[*request.headers.raw, *tokens],
            stream=request.stream,
            extensions={"timeout": request.extensions["timeout"]},
        )

    def turn(self) -> AbstractContextManager[float]:
        """The seconds until a request may be sent, as a context to wait in."""
        return NO_WAIT if self.rate_limit is None else self.rate_limit.reserve()

    def outcome(self, answer: httpx.Response) -> Response[T] | float:
        """What the call returns for an answer; or the seconds to wait before the request is sent again.

        Raises:
            StatusError: TMDB refuses the request, and it has to stay at that.
        """
        if answer.is_success:
            return Response(
                status_code=answer.status_code,
                headers=answer.headers,
                content=answer.content,
                method=self.method,
                url=self.shown_url,
                type_=self.operation.returns(),
                from_cache=bool((answer.extensions.get("caching") or {}).get("from_cache")),
                parts=self.parts,
                report=self.report,
            )
        refusal = error_of(answer, method=self.method, url=self.shown_url)
        wait = self.attempts.wait_after(transient=passes_by_itself(refusal), retry_after=refusal.retry_after)
        if wait is None:
            refusal.attempts = self.attempts.made
            raise refusal
        self._tell(type(refusal).__name__, wait)
        return wait

    def wait_after(self, error: httpx.HTTPError) -> float:
        """The seconds to wait before the request is sent again, as no answer came.

        Raises:
            APIConnectionError: It has to stay at that.
        """
        wait = self.attempts.wait_after(transient=passes_by_itself(error))
        if wait is None:
            failure = self._failure(error)
            failure.attempts = self.attempts.made
            raise failure from error
        self._tell(type(error).__name__, wait)
        return wait

    def _failure(self, error: httpx.HTTPError) -> APIConnectionError:
        if isinstance(error, httpx.TimeoutException):
            return APITimeoutError(f"TMDB did not answer in time: {type(error).__name__}", method=self.method, url=self.shown_url)
        return APIConnectionError(f"no answer from TMDB: {type(error).__name__}: {error}", method=self.method, url=self.shown_url)

    def _tell(self, reason: str, wait: float) -> None:
        logger.info("%s, attempt %d: trying again in %.2f s (%s %s)", reason, self.attempts.made, wait, self.method, self.shown_url)


class _Client(Generic[H]):
    """What both clients share: their settings."""

    _http: H
    _wire: Any
    _owns_http: bool

    def __init__(
        self,
        credentials: Credentials,
        *,
        language: str | None,
        region: str | None,
        base_url: str | None,
        timeout: Timeout,
        headers: Mapping[str, str] | None,
        retries: Retries | None,
        rate_limit: RateLimit | UnsetType | None,
        drift: DriftLog | None,
        cache: Cache | None,
        transport: object,
    ) -> None:
        self._cache = cache
        self._credentials = credentials
        self._defaults = {name: value for name, value in (("language", language), ("region", region)) if value is not None}
        self._base_url = _checked_base_url(base_url)
        self._timeout = timeout
        self._headers = dict(headers or {})
        self._retries = _checked_retries(retries)
        self._rate_limit = _checked_rate_limit(rate_limit, self._base_url, transport)
        self._drift = drift
        redact_httpx_logs()

    def __repr__(self) -> str:
        given = [name for name, value in self._credentials._asdict().items() if value is not None]
        return f"<{type(self).__name__} {self._base_url} ({', '.join(given) or 'without a credential'})>"

    def with_options(
        self,
        *,
        user_access_token: str | None = None,
        session_id: str | None = None,
        guest_session_id: str | None = None,
        language: str | UnsetType | None = UNSET,
        region: str | UnsetType | None = UNSET,
        timeout: Timeout = UNSET,
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
            timeout: Seconds, an `httpx.Timeout`, or None to wait forever.
            headers: Headers to add to this client's.
            retries: How calls that change nothing are tried again; None for a single attempt.

        Raises:
            InvalidArgumentError: A session is blank, both kinds are given, or retries are none.
        """
        other = type(self).__new__(type(self))
        other._http, other._owns_http, other._base_url = self._http, False, self._base_url
        other._credentials = self._credentials.with_user(user_access_token).with_session(session_id=session_id, guest_session_id=guest_session_id)
        changed = {name: value for name, value in (("language", language), ("region", region)) if not isinstance(value, UnsetType)}
        other._defaults = {name: value for name, value in {**self._defaults, **changed}.items() if value is not None}
        other._timeout = self._timeout if isinstance(timeout, UnsetType) else timeout
        other._headers = {**self._headers, **(headers or {})}
        other._retries = self._retries if isinstance(retries, UnsetType) else _checked_retries(retries)
        other._rate_limit = self._rate_limit
        other._drift = self._drift
        other._cache, other._wire = self._cache, self._wire
        return other


class TMDB(_Client[httpx.Client], Resources):
    """A client of TMDB's API. Its resources are attributes, named after TMDB's own groups: `tmdb.movies.details(550)`.

    One client is enough for a program: it keeps connections open and may be used by several threads.

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
        base_url: Where the API is, for a proxy or a test server. Without it the environment variable `TMDB_BASE_URL` is looked up; TMDB's own address is the
            default.
        timeout: Seconds, an `httpx.Timeout`, or None to wait forever. By default 5 seconds to connect and 20 for anything else.
        headers: Headers to add to every request.
        retries: How calls that change nothing at TMDB are tried again after a lost connection, a timeout, or an answer that says to come back later; None for
            a single attempt. By default up to 3 attempts within 30 seconds.
        rate_limit: The limit on requests a second, which several clients may share; None for no limit. By default one of the client's own, of 40 a second,
            and none where `base_url` is on this machine or the transport is httpx's `MockTransport`.
        strict: Raise a `DecodeError` for an answer that is not of the shape that this version of the package knows. By default it is read as well as can be:
            what does not fit is kept as it came, and reported once to `on_drift` and the logger `tmdbkit`.
        on_drift: Is called with each place where an answer was of another shape, once per place and client.
        transport: An httpx transport to send requests with.
        http_client: An httpx client to send requests with, in place of one of our own. It stays open when this client is closed.

    Raises:
        InvalidArgumentError: A credential has the form of another kind, two are given, or the base URL is none.
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
        timeout: Timeout = UNSET,
        headers: Mapping[str, str] | None = None,
        retries: Retries | None = DEFAULT_RETRIES,
        rate_limit: RateLimit | UnsetType | None = UNSET,
        strict: bool = False,
        on_drift: Callable[[Drift], None] | None = None,
        cache: Cache | None = None,
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
        drift = None if strict else DriftLog(on_drift)
        super().__init__(
            credentials,
            language=language,
            region=region,
            base_url=base_url,
            timeout=timeout,
            headers=headers,
            retries=retries,
            rate_limit=rate_limit,
            drift=drift,
            cache=cache,
            transport=transport,
        )
        _refuse_both(transport, http_client)
        self._owns_http = http_client is None
        self._http = http_client or httpx.Client(transport=transport, timeout=DEFAULT_TIMEOUT)
        self._wire = _Wire(self._http)

    def request(
        self, operation: Operation[T], arguments: Mapping[str, Any], /, *, timeout: Timeout = UNSET, headers: Mapping[str, str] | None = None
    ) -> Response[T]:
        """Send the request of an operation. The methods of the resources do this for you.

        Args:
            operation: The operation.
            arguments: Its arguments by name.
            timeout: The seconds that this call may wait for the server, in place of the client's.
            headers: Headers to add to the request.

        Raises:
            TMDBError: Anything that went wrong, by the classes of `tmdbkit.errors`.
        """
        call = _Call(self, operation, arguments, timeout, headers)
        while True:
            try:
                way = self._cache.over(self._wire) if self._cache and call.public else self._wire
                answer = way.handle_request(call.request)
                try:
                    answer.read()
                finally:
                    answer.close()
                outcome = call.outcome(answer)
            except httpx.HTTPError as error:
                outcome = call.wait_after(error)
            if isinstance(outcome, Response):
                return outcome
            sleep(outcome)

    def close(self) -> None:
        """Close the connections, unless they belong to somebody else."""
        if self._owns_http:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()


class AsyncTMDB(_Client[httpx.AsyncClient], AsyncResources):
    """A client of TMDB's API whose methods are awaited. It takes what `TMDB` takes, with httpx's asynchronous client and transports.

    One client is enough for an event loop: it keeps connections open and may be used by several tasks.
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
        timeout: Timeout = UNSET,
        headers: Mapping[str, str] | None = None,
        retries: Retries | None = DEFAULT_RETRIES,
        rate_limit: RateLimit | UnsetType | None = UNSET,
        strict: bool = False,
        on_drift: Callable[[Drift], None] | None = None,
        cache: Cache | None = None,
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
        drift = None if strict else DriftLog(on_drift)
        super().__init__(
            credentials,
            language=language,
            region=region,
            base_url=base_url,
            timeout=timeout,
            headers=headers,
            retries=retries,
            rate_limit=rate_limit,
            drift=drift,
            cache=cache,
            transport=transport,
        )
        _refuse_both(transport, http_client)
        self._owns_http = http_client is None
        if transport == "aiohttp":
            from .aiohttp_transport import aiohttp_transport

            transport = aiohttp_transport(self._base_url)
        self._http = http_client or httpx.AsyncClient(transport=transport, timeout=DEFAULT_TIMEOUT)
        self._wire = _AsyncWire(self._http)

    async def request(
        self, operation: Operation[T], arguments: Mapping[str, Any], /, *, timeout: Timeout = UNSET, headers: Mapping[str, str] | None = None
    ) -> Response[T]:
        """Send the request of an operation, as `TMDB.request` does."""
        call = _Call(self, operation, arguments, timeout, headers)
        while True:
            try:
                way = self._cache.over_async(self._wire) if self._cache and call.public else self._wire
                answer = await way.handle_async_request(call.request)
                try:
                    await answer.aread()
                finally:
                    await answer.aclose()
                outcome = call.outcome(answer)
            except httpx.HTTPError as error:
                outcome = call.wait_after(error)
            if isinstance(outcome, Response):
                return outcome
            await sleep_awaited(outcome)

    async def close(self) -> None:
        """Close the connections, unless they belong to somebody else."""
        if self._owns_http:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        await self.close()


class _Wire(httpx.BaseTransport):
    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        call: _Call[Any] = request.extensions["tmdbkit"]
        with call.turn() as wait:
            if wait:
                sleep(wait)
        return self._http.send(call.signed(request), stream=True)


class _AsyncWire(httpx.AsyncBaseTransport):
    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        call: _Call[Any] = request.extensions["tmdbkit"]
        with call.turn() as wait:
            if wait:
                await sleep_awaited(wait)
        return await self._http.send(call.signed(request), stream=True)


def _checked_base_url(base_url: str | None) -> str:
    if base_url is None:
        base_url = os.environ.get("TMDB_BASE_URL") or BASE_URL
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc:
        raise InvalidArgumentError("base_url, or TMDB_BASE_URL, must be like 'https://api.themoviedb.org': a scheme and a host, perhaps a port and a path")
    return base_url.rstrip("/")


async def sleep_awaited(seconds: float) -> None:
    """Wait as a task does."""
    import asyncio  # a client to call has no use for it

    await asyncio.sleep(seconds)


def _checked_retries(retries: Retries | None) -> Retries | None:
    if retries is not None and not isinstance(retries, Retries):
        raise InvalidArgumentError(f"retries must be like Retries(attempts=3), or None for a single attempt; not {retries!r}")
    return retries


def _checked_rate_limit(rate_limit: RateLimit | UnsetType | None, base_url: str, transport: object) -> RateLimit | None:
    """The limit that was given; by default one of the client's own, unless its requests cannot leave this machine."""
    if isinstance(rate_limit, UnsetType):
        stays_here = isinstance(transport, httpx.MockTransport) or urlsplit(base_url).hostname in LOOPBACK
        return None if stays_here else RateLimit()
    if rate_limit is not None and not isinstance(rate_limit, RateLimit):
        raise InvalidArgumentError(f"rate_limit must be like RateLimit(per_second=40), or None for no limit; not {rate_limit!r}")
    return rate_limit


def _refuse_both(transport: object, http_client: object) -> None:
    if transport is not None and http_client is not None:
        raise InvalidArgumentError("give one of transport and http_client: an httpx client has a transport of its own")
