"""Our own httpx clients: their transports, without cookies.

There is one transport for each proxy:

- synchronous: a pool whose steps end with the deadline of the call;
- asynchronous: slots of a single connection each, which survive cancellation; or aiohttp.

A custom transport is used unchanged. An asynchronous one is shielded from cancellation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import httpx

from .connections import DEFAULT_TIMEOUT, Connections
from .settings import ConnectionSettings

__all__ = ["async_connections", "sync_connections"]

T = TypeVar("T")


def sync_connections(settings: ConnectionSettings) -> Connections[httpx.Client]:
    """Return the connections of a synchronous client.

    Args:
        settings: What the caller says of them.
    """

    def pool(proxy: httpx.Proxy | None) -> httpx.BaseTransport:
        from .pool import PoolTransport

        return PoolTransport(settings.tls(proxy).context(), settings.limits, proxy)

    def make() -> httpx.Client:
        if settings.transport is not None:
            return _HTTPClient(transport=settings.transport, timeout=DEFAULT_TIMEOUT, trust_env=False)
        default, mounts = _routes(pool, settings)
        return _HTTPClient(transport=default, mounts=mounts, timeout=DEFAULT_TIMEOUT, trust_env=False)

    return Connections(settings, make, scope=lambda: _AnyThread)


def async_connections(settings: ConnectionSettings) -> Connections[httpx.AsyncClient]:
    """Return the connections of an asynchronous client.

    Args:
        settings: What the caller says of them.

    Raises:
        ImportError: aiohttp is requested, but not installed.
    """
    from asyncio import get_running_loop  # the synchronous client does not need it

    route = _aiohttp_route(settings) if settings.uses_aiohttp else _slots_route(settings)

    def make() -> httpx.AsyncClient:
        if settings.transport is not None:
            used = settings.transport
            if not isinstance(used, httpx.MockTransport):
                from .slots import ShieldedTransport

                used = ShieldedTransport(used)
            return _AsyncHTTPClient(transport=used, timeout=DEFAULT_TIMEOUT, trust_env=False)
        default, mounts = _routes(route, settings)
        if settings.uses_aiohttp and not mounts:
            return _DirectHTTPClient(default)
        return _AsyncHTTPClient(transport=default, mounts=mounts, timeout=DEFAULT_TIMEOUT, trust_env=False)

    return Connections(settings, make, scope=get_running_loop)


def _aiohttp_route(settings: ConnectionSettings) -> Callable[[httpx.Proxy | None], httpx.AsyncBaseTransport]:
    from .aiohttp import AiohttpTransport

    return lambda proxy: AiohttpTransport(settings.tls(proxy), settings.limits, proxy=proxy)


def _slots_route(settings: ConnectionSettings) -> Callable[[httpx.Proxy | None], httpx.AsyncBaseTransport]:
    from .slots import SlotTransport

    single = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=settings.limits.keepalive_expiry)

    def route(proxy: httpx.Proxy | None) -> httpx.AsyncBaseTransport:
        tls = settings.tls(proxy)

        async def slot() -> httpx.AsyncBaseTransport:
            context = await tls.context_async()
            if proxy is None:
                return httpx.AsyncHTTPTransport(verify=context, limits=single)
            from .pool import AsyncPoolTransport

            return AsyncPoolTransport(context, single, proxy)

        return SlotTransport(slot, settings.limits)

    return route


def _routes(make: Callable[[httpx.Proxy | None], T], settings: ConnectionSettings) -> tuple[T, dict[str, T | None]]:
    """Return the default transport, and other transports by URL pattern."""
    return make(settings.proxy), {pattern: None if proxy is None else make(proxy) for pattern, proxy in settings.proxies.items()}


class _AnyThread:
    """The scope of connections for all threads."""


class _NoCookies(httpx.Cookies):
    """A jar that keeps no cookie, because a cookie of one user must not be sent with another's request."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Ignore the cookies of a response."""


_NO_COOKIES = _NoCookies()


class _WithoutCookies:
    """A mixin of our own httpx clients: they keep no cookies."""

    @property
    def cookies(self) -> httpx.Cookies:
        return _NO_COOKIES

    @cookies.setter
    def cookies(self, cookies: object) -> None:
        """Keep the jar."""


class _HTTPClient(_WithoutCookies, httpx.Client):
    """Our own httpx client."""


class _AsyncHTTPClient(_WithoutCookies, httpx.AsyncClient):
    """Our own asynchronous httpx client."""


class _DirectHTTPClient(_AsyncHTTPClient):
    """An asynchronous httpx client that calls its only transport directly: aiohttp's instrumentations see its requests."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        super().__init__(transport=transport, timeout=DEFAULT_TIMEOUT, trust_env=False)
        self._direct = transport

    async def send(self, request: httpx.Request, **_: Any) -> httpx.Response:
        return await self._direct.handle_async_request(request)
