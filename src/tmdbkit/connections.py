"""The connections that calls go through: httpx's.

A client that is called has two additions, which one that is awaited has from asyncio and anyio. It ends a call at its deadline, however slowly bytes trickle
in. And it tries a host's addresses of both families in turn, so that one that does not answer costs a part of the time to connect and not all of it.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from itertools import chain, zip_longest
from ssl import SSLContext
from time import monotonic
from typing import Any, Generic, Literal, TypeVar
from weakref import ReferenceType, WeakKeyDictionary, ref

import httpcore
import httpx

from .deadlines import seconds_left, seconds_of, shortened
from .runtime.errors import InvalidArgumentError, TMDBError

__all__ = ["Connections", "async_connections", "sync_connections"]

H = TypeVar("H", httpx.Client, httpx.AsyncClient)

DEFAULT_TIMEOUT = httpx.Timeout(connect=5.0, read=20.0, write=20.0, pool=20.0)

_INHERITED: list[object] = []
"""What a forked process has of the one that it was forked from, kept open: the sockets are the other's."""


class Connections(Generic[H]):
    """The httpx client of a client and its copies.

    One of our own is made when it is first needed, and again where the old one's connections are of no use: in a forked process, and in another event loop.

    Args:
        given: An httpx client of the caller's, which stays open.
        make: Makes one of our own.
        remakes: Whether ours may be made again: not where it has a transport of the caller's, whose connections are not ours.
        place: What an httpx client's connections are bound to.
    """

    def __init__(self, given: H | None, make: Callable[[], H], *, remakes: bool, place: Callable[[], object]) -> None:
        self._given: H | None = given
        self._make: Callable[[], H] = make
        self._remakes, self._place = given is None and remakes, place
        self._made: WeakKeyDictionary[Any, H] = WeakKeyDictionary()
        self._process = os.getpid()
        self._closed = False
        self._first: ReferenceType[Any] | None = None

    def current(self) -> H:
        """The httpx client to use here and now.

        Raises:
            TMDBError: The client is closed, or this process was forked from the one whose connections it has and cannot make again.
        """
        if self._closed or (self._given is not None and self._given.is_closed):
            raise TMDBError("this client is closed: make another one")
        if self._process != os.getpid():
            if not self._remakes:
                raise TMDBError(
                    "this client has connections of the process that this one was forked from: make a client, with what it goes through, in each process"
                )
            _INHERITED.append(self._made)
            self._made, self._process = WeakKeyDictionary(), os.getpid()
        place = self._place()
        self._first = self._first or ref(place)
        if self._given is not None:
            return self._given
        if place not in self._made:
            self._made.setdefault(place, self._make())
        return self._made[place]

    def foreign(self) -> TMDBError | None:
        """What to raise where the connections failed as they belong to another event loop, and are not ours to make again; None where that is not so."""
        if self._remakes or self._first is None or self._first() is self._place():
            return None
        return TMDBError("this client has connections of another event loop: make a client, with what it goes through, in each")

    def leave(self) -> H | None:
        """Note that nobody will call any more; returns the httpx client to close, where it is ours."""
        self._closed = True
        return self._made.pop(self._place(), None) if self._process == os.getpid() else None


class _Anywhere:
    """What connections are bound to that may be used by any thread."""


def sync_connections(given: httpx.Client | None, transport: httpx.BaseTransport | None, proxy: str | None) -> Connections[httpx.Client]:
    """The connections of a client that is called.

    Raises:
        InvalidArgumentError: More than one of the arguments is given, or the proxy is no URL.
    """
    _check(given, transport, proxy)

    def make() -> httpx.Client:
        http = _without_cookies(httpx.Client(transport=transport, proxy=proxy, timeout=DEFAULT_TIMEOUT))
        if transport is None:
            # httpx has no public way to give its transports a network backend, nor to leave cookies out; that is why so few versions of it are allowed.
            for made in filter(None, (http._transport, *http._mounts.values())):
                made._pool._network_backend = _Backend()  # type: ignore[attr-defined]
        return http

    return Connections(given, make, remakes=transport is None, place=lambda: _Anywhere)


def async_connections(
    given: httpx.AsyncClient | None, transport: httpx.AsyncBaseTransport | Literal["aiohttp"] | None, proxy: str | None, base_url: str
) -> Connections[httpx.AsyncClient]:
    """The connections of a client that is awaited.

    Raises:
        InvalidArgumentError: More than one of the arguments is given, or the proxy is no URL, or none that aiohttp can go through.
        ImportError: aiohttp is asked for and not installed.
    """
    _check(given, transport, proxy)
    from asyncio import get_running_loop  # a client to call has no use for it

    if transport == "aiohttp":
        from .aiohttp_transport import aiohttp_transport

        first = [aiohttp_transport(base_url, proxy=proxy)]  # made now, to tell what is wrong with it

        def make() -> httpx.AsyncClient:
            made = first.pop() if first else aiohttp_transport(base_url, proxy=proxy)
            return _without_cookies(httpx.AsyncClient(transport=made, timeout=DEFAULT_TIMEOUT))

    else:

        def make() -> httpx.AsyncClient:
            return _without_cookies(httpx.AsyncClient(transport=transport, proxy=proxy, timeout=DEFAULT_TIMEOUT))

    return Connections(given, make, remakes=transport in (None, "aiohttp"), place=get_running_loop)


def _check(given: object, transport: object, proxy: str | None) -> None:
    ways = [given, transport, None if transport == "aiohttp" else proxy]
    if sum(way is not None for way in ways) > 1:
        raise InvalidArgumentError("give one of transport, http_client and proxy: an httpx client or a transport has a proxy of its own")
    if proxy is not None:
        try:
            scheme = httpx.Proxy(proxy).url.scheme
        except (ValueError, TypeError, httpx.InvalidURL):
            pass
        else:
            if scheme.startswith("socks") and find_spec("socksio") is None:
                raise InvalidArgumentError("a SOCKS proxy needs socksio: pip install 'httpx[socks]'")
            return
        raise InvalidArgumentError(
            "proxy must be like 'http://127.0.0.1:3128', or with https or socks5: a scheme and a host, perhaps a port, a user and a password"
        )


class _NoCookies(httpx.Cookies):
    """A jar that keeps no cookie: what one user's answer sets is not to be sent with another user's request."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Leave the cookies of an answer where they are."""


def _without_cookies(http: H) -> H:
    http._cookies = _NoCookies()
    return http


class _Backend(httpcore.SyncBackend):
    """A network for calls with a deadline."""

    def __init__(self) -> None:
        self._family = socket.AF_UNSPEC

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of a host that answers. Each gets its share of the time left; the family that answered last is asked first."""
        ends = monotonic() + min(seconds_of(timeout), seconds_left())
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        addresses = list(dict.fromkeys((family, address[0]) for family, _, _, _, address in found))
        first = self._family if any(family == self._family for family, _ in addresses) else addresses[0][0]
        same, others = ([pair for pair in addresses if (pair[0] == first) is wanted] for wanted in (True, False))
        turns = [pair for pair in chain.from_iterable(zip_longest(same, others)) if pair]
        for left, (family, address) in zip(range(len(turns), 0, -1), turns, strict=True):
            share = (ends - monotonic()) / left
            try:
                stream = super().connect_tcp(str(address), port, max(share, 0.001), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if left == 1:
                    raise
            else:
                self._family = family
                return _Stream(stream)
        raise httpcore.ConnectError(f"{host} has no address")


class _Stream(httpcore.NetworkStream):
    """A connection whose every step ends with the deadline of the call that it is used for."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _within(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _within(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _within(timeout, httpcore.ConnectTimeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _within(timeout: float | None, late: type[httpcore.TimeoutException]) -> float | None:
    """A timeout that does not go beyond the deadline."""
    left = seconds_left()
    if left <= 0:
        raise late("the call's deadline has passed")
    return shortened(timeout, left)
