"""The last layer of the stack: the httpx client that sends a request, and the connections behind it.

An httpx client of our own is made when it is first needed, and again where the connections of the old one are of no use: in a forked process, and in another
event loop. It sends through transports of our own, one for each proxy that may be gone through:

- synchronous: a pool whose every step ends with the deadline of the call;
- asynchronous: slots of a single connection each, which survive cancellation; or aiohttp.

A client or a transport of the caller's is used as it is. An asynchronous one is shielded from cancellation.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Mapping
from typing import Any, Generic, Literal, TypeVar
from weakref import ReferenceType, WeakKeyDictionary, ref

import httpx

from tmdbkit.runtime.errors import InvalidArgumentError, TMDBError

from .deadline import Deadline, shortened
from .extensions import DEADLINE, EMIT
from .library import check_http_client, check_transport
from .tls import TLS

__all__ = ["DEFAULT_LIMITS", "DEFAULT_TIMEOUT", "AsyncHTTPLayer", "Connections", "HTTPLayer", "async_connections", "sync_connections"]

H = TypeVar("H", httpx.Client, httpx.AsyncClient)
T = TypeVar("T")

DEFAULT_TIMEOUT = httpx.Timeout(connect=5.0, read=20.0, write=20.0, pool=20.0)
DEFAULT_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=5.0)

UNSELECTING = ("host", "connection", "user-agent")
"""Headers that an httpx client adds to every request, and that no response hangs on."""

_INHERITED: list[object] = []
"""Clients inherited across a fork. They are kept, as closing them would end connections that the other process uses."""


class Connections(Generic[H]):
    """The httpx client of a client and of its copies.

    Args:
        given: An httpx client of the caller's, which stays open.
        make: Makes one of our own.
        remakes: Whether ours may be made again: not where it has a transport of the caller's.
        scope: Returns what the connections are bound to.
        limits: How many connections there may be.

    Attributes:
        given: The httpx client of the caller's; None where it is ours.
        timeout: The timeout of calls that name none.
        is_ours: Whether the connections are made here, and send the request extension `target`.
        limits: How many connections there may be.
    """

    def __init__(self, given: H | None, make: Callable[[], H], *, remakes: bool, scope: Callable[[], object], limits: httpx.Limits) -> None:
        self.given: H | None = given
        self._make: Callable[[], H] = make
        self._remakes, self._scope = given is None and remakes, scope
        self._made: WeakKeyDictionary[Any, H] = WeakKeyDictionary()
        self._process = os.getpid()
        self._closed = False
        self._first: ReferenceType[Any] | None = None
        self.is_ours = self._remakes
        self.limits = limits
        self.timeout = DEFAULT_TIMEOUT if given is None else given.timeout

    def current(self) -> H:
        """Return the httpx client to use here and now.

        Raises:
            TMDBError: The client is closed, or was inherited across a fork and cannot be made again.
        """
        if self._closed or (self.given is not None and self.given.is_closed):
            raise TMDBError("this client is closed: make another one")
        if self._process != os.getpid():
            if not self._remakes:
                raise TMDBError(
                    "this client has connections of the process that this one was forked from: make a client, with what it goes through, in each process"
                )
            _INHERITED.append(self._made)
            self._made, self._process = WeakKeyDictionary(), os.getpid()
        scope = self._scope()
        self._first = self._first or ref(scope)
        if self.given is not None:
            return self.given
        made = self._made.get(scope)
        if made is None:
            self._drop_those_of_closed_loops()
            made = self._made.setdefault(scope, self._make())
        return made

    def _drop_those_of_closed_loops(self) -> None:
        """Drop what keeps its event loop, and with it itself, for good. Nothing can be awaited there: the sockets are closed with the last reference."""
        for reference in self._made.keyrefs():  # a list, as other threads may add to it
            scope = reference()
            if scope is not None and getattr(scope, "is_closed", bool)():
                self._made.pop(scope, None)

    def foreign(self) -> TMDBError | None:
        """Return the error for connections that failed as they belong to another event loop, and cannot be made again; None where that is not so."""
        if self._remakes or self._first is None or self._first() is self._scope():
            return None
        return TMDBError("this client has connections of another event loop: make a client, with what it goes through, in each")

    def changes(self, request: httpx.Request) -> bool:
        """Return whether an httpx client of the caller's adds headers, cookies or parameters to a request, so that the response may be one of its own.

        What httpx adds for the connection does not count, nor the name of the program.
        """
        if self.given is None:
            return False
        sent = self.given.build_request(request.method, request.url, headers=request.headers)  # the body does not matter
        if sent.url != request.url:
            return True
        return any(sent.headers.get_list(name) != request.headers.get_list(name) for name in sent.headers if name not in UNSELECTING)

    def close(self) -> H | None:
        """Mark as closed, and return the httpx client to close, where it is ours."""
        self._closed = True
        return self._made.pop(self._scope(), None) if self._process == os.getpid() else None


class HTTPLayer(httpx.BaseTransport):
    """Sends requests through the httpx client of some connections, no step longer than the deadline of the call allows."""

    def __init__(self, connections: Connections[httpx.Client]) -> None:
        self._connections = connections

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        http = self._connections.current()
        if self._connections.given is not None:
            request.read()
            request = _with_settings_of(http, request)
        _start(request)
        return http.send(request, stream=True, auth=None, follow_redirects=False)


class AsyncHTTPLayer(httpx.AsyncBaseTransport):
    """`HTTPLayer` for asynchronous clients."""

    def __init__(self, connections: Connections[httpx.AsyncClient]) -> None:
        self._connections = connections
        self._shield: httpx.AsyncBaseTransport | None = None
        given = connections.given
        if given is not None:
            from .slots import SHIELDED_REQUESTS, ShieldedTransport

            at_once = SHIELDED_REQUESTS if connections.limits is DEFAULT_LIMITS else connections.limits.max_connections or SHIELDED_REQUESTS
            self._shield = ShieldedTransport(_Sender(given), at_once)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        http = self._connections.current()
        if self._shield is None:
            _start(request)
            return await http.send(request, stream=True, auth=None, follow_redirects=False)
        await request.aread()
        request = _with_settings_of(http, request)
        _start(request)
        return await self._shield.handle_async_request(request)


class _Sender(httpx.AsyncBaseTransport):
    """An httpx client of the caller's as a transport. Closing it does not close the client."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._http.send(request, stream=True, auth=None, follow_redirects=False)


def _start(request: httpx.Request) -> None:
    """Mark that a request is about to be sent, and shorten its timeouts to what is left of the deadline."""
    deadline: Deadline | None = request.extensions.get(DEADLINE)
    if deadline is not None:
        deadline.start()
        left = deadline.left
        timeout: Mapping[str, float | None] = request.extensions["timeout"]
        request.extensions = {**request.extensions, "timeout": {step: shortened(seconds, left) for step, seconds in timeout.items()}}
    if emit := request.extensions.get(EMIT):
        emit("request")


def _with_settings_of(http: httpx.Client | httpx.AsyncClient, request: httpx.Request) -> httpx.Request:
    """Return a request with the headers, cookies and parameters that an httpx client of the caller's adds to its own."""
    content = request.content or None
    return http.build_request(request.method, request.url, headers=request.headers, content=content, extensions=dict(request.extensions))


class _ThreadScope:
    """The scope of connections that every thread may use."""


def sync_connections(
    given: httpx.Client | None,
    transport: httpx.BaseTransport | None,
    *,
    base_url: str,
    proxy: str | None,
    verify: Any,
    trust_env: bool,
    limits: httpx.Limits | None,
) -> Connections[httpx.Client]:
    """Return the connections of a synchronous client.

    Args:
        given: An httpx client of the caller's.
        transport: A transport of the caller's.
        base_url: Where the API is.
        proxy: The proxy to go through.
        verify: Whether certificates are verified, or a TLS context.
        trust_env: Whether the environment names proxies and certificates.
        limits: How many connections there may be; None for the default.

    Raises:
        InvalidArgumentError: An argument is not allowed, or excludes another one.
    """
    check_http_client(given, asynchronous=False)
    check_transport(transport, asynchronous=False)
    tls, limits = _check(given, transport, proxy, verify, trust_env, limits)
    secure = base_url.startswith("https:")

    def pool(url: str | None) -> httpx.BaseTransport:
        from .pool import PoolTransport

        checked = _checked_proxy(url)
        return PoolTransport(_tls_for(checked, tls, secure=secure).context(), limits, checked)

    def make() -> httpx.Client:
        if transport is not None:
            return _HTTPClient(transport=transport, timeout=DEFAULT_TIMEOUT, trust_env=False)
        default, mounts = _routes(pool, proxy, base_url, trust_env)
        return _HTTPClient(transport=default, mounts=mounts, timeout=DEFAULT_TIMEOUT, trust_env=False)

    return Connections(given, make, remakes=transport is None, scope=lambda: _ThreadScope, limits=limits)


def async_connections(
    given: httpx.AsyncClient | None,
    transport: httpx.AsyncBaseTransport | Literal["aiohttp"] | None,
    *,
    base_url: str,
    proxy: str | None,
    verify: Any,
    trust_env: bool,
    limits: httpx.Limits | None,
) -> Connections[httpx.AsyncClient]:
    """Return the connections of an asynchronous client.

    Args:
        given: An httpx client of the caller's.
        transport: A transport of the caller's, or `aiohttp`.
        base_url: Where the API is.
        proxy: The proxy to go through.
        verify: Whether certificates are verified, or a TLS context.
        trust_env: Whether the environment names proxies and certificates.
        limits: How many connections there may be; None for the default.

    Raises:
        InvalidArgumentError: An argument is not allowed, or excludes another one.
        ImportError: aiohttp is asked for and not installed.
    """
    check_http_client(given, asynchronous=True)
    custom = None if transport == "aiohttp" else transport
    check_transport(custom, asynchronous=True)
    tls, limits = _check(given, transport, proxy, verify, trust_env, limits)
    secure = base_url.startswith("https:")
    from asyncio import get_running_loop  # the synchronous client does not need it

    if transport == "aiohttp":
        from .aiohttp import AiohttpTransport

        def route(url: str | None) -> httpx.AsyncBaseTransport:
            checked = _checked_proxy(url, socks=False)
            return AiohttpTransport(_tls_for(checked, tls, secure=secure), limits, proxy=checked)

        _routes(route, proxy, base_url, trust_env)  # to refuse a proxy now
    else:
        from .slots import SlotTransport

        def route(url: str | None) -> httpx.AsyncBaseTransport:
            checked = _checked_proxy(url)
            used = _tls_for(checked, tls, secure=secure)
            single = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=limits.keepalive_expiry)

            async def slot() -> httpx.AsyncBaseTransport:
                context = await used.context_async()
                if checked is None:
                    return httpx.AsyncHTTPTransport(verify=context, limits=single)
                from .pool import AsyncPoolTransport

                return AsyncPoolTransport(context, single, checked)

            return SlotTransport(slot, limits)

    def make() -> httpx.AsyncClient:
        default: httpx.AsyncBaseTransport
        if custom is not None:
            used = custom
            if not isinstance(custom, httpx.MockTransport):
                from .slots import ShieldedTransport

                used = ShieldedTransport(custom)
            return _AsyncHTTPClient(transport=used, timeout=DEFAULT_TIMEOUT, trust_env=False)
        default, mounts = _routes(route, proxy, base_url, trust_env)
        if transport == "aiohttp" and not mounts:
            return _DirectHTTPClient(default)
        return _AsyncHTTPClient(transport=default, mounts=mounts, timeout=DEFAULT_TIMEOUT, trust_env=False)

    return Connections(given, make, remakes=custom is None, scope=get_running_loop, limits=limits)


def _check(given: object, transport: object, proxy: str | None, verify: object, trust_env: bool, limits: object) -> tuple[TLS, httpx.Limits]:
    custom = None if transport == "aiohttp" else transport
    is_ours = given is None and custom is None
    if (given is not None and transport is not None) or (proxy is not None and not is_ours):
        raise InvalidArgumentError("give one of transport, http_client and proxy: an httpx client or a transport has a proxy of its own")
    if verify is not True and not is_ours:
        raise InvalidArgumentError("give verify to the httpx client or the transport: their connections are their own")
    if limits is not None and not isinstance(limits, httpx.Limits):
        raise InvalidArgumentError(f"limits must be like httpx.Limits(max_connections=20), or None for the default; not {limits!r}")
    if isinstance(limits, httpx.Limits) and limits.max_connections is not None and limits.max_connections < 1:
        raise InvalidArgumentError(f"limits must allow one connection or more: max_connections is {limits.max_connections}")
    if limits is not None and custom is not None:
        raise InvalidArgumentError("give limits to the transport: its connections are its own")
    _checked_proxy(proxy, socks=transport != "aiohttp")
    return TLS(verify, trust_env=trust_env), DEFAULT_LIMITS if limits is None else limits


def _checked_proxy(url: str | None, *, socks: bool = True) -> httpx.Proxy | None:
    if url is None:
        return None
    from .proxies import check_proxy

    return check_proxy(url, socks=socks)


def _tls_for(proxy: httpx.Proxy | None, tls: TLS, *, secure: bool) -> TLS:
    """Return how the connections through a proxy are secured. Where none is, a stand-in that trusts no certificate takes no time to make."""
    if secure or (proxy is not None and proxy.url.scheme == "https"):
        return tls
    return TLS(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), trust_env=False)


def _routes(make: Callable[[str | None], T], proxy: str | None, base_url: str, trust_env: bool) -> tuple[T, dict[str, T | None]]:
    """Return the transport of requests that no pattern matches, and those of the others by their patterns."""
    if proxy is not None:
        return make(proxy), {}
    from .proxies import environment_proxies

    proxies = environment_proxies(base_url.partition(":")[0]) if trust_env else {}
    return make(None), {pattern: None if url is None else make(url) for pattern, url in proxies.items()}


class _NoCookies(httpx.Cookies):
    """A jar that keeps no cookie: what a response to one user sets must not be sent with the request of another."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Leave the cookies of a response where they are."""


_NO_COOKIES = _NoCookies()


class _WithoutCookies:
    """What our own httpx clients have in common: they keep no cookies."""

    @property
    def cookies(self) -> httpx.Cookies:
        return _NO_COOKIES

    @cookies.setter
    def cookies(self, cookies: object) -> None:
        """Leave the jar as it is."""


class _HTTPClient(_WithoutCookies, httpx.Client):
    """An httpx client of our own."""


class _AsyncHTTPClient(_WithoutCookies, httpx.AsyncClient):
    """An asynchronous httpx client of our own."""


class _DirectHTTPClient(_AsyncHTTPClient):
    """An asynchronous httpx client of one transport, which it calls at once: aiohttp's own instrumentations see what those of httpx would."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        super().__init__(transport=transport, timeout=DEFAULT_TIMEOUT, trust_env=False)
        self._direct = transport

    async def send(self, request: httpx.Request, **_: Any) -> httpx.Response:
        return await self._direct.handle_async_request(request)
