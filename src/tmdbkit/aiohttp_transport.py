"""aiohttp as what an asynchronous client sends requests with: several times as many of them as httpx's own transport when many are on their way at once."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import cast
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

try:
    import aiohttp
    from httpx_aiohttp import AiohttpTransport
except ImportError as error:
    raise ImportError("the transport 'aiohttp' needs httpx-aiohttp: pip install 'tmdbkit[aiohttp]'") from error

from .runtime.errors import InvalidArgumentError

__all__ = ["aiohttp_transport"]

MOST_CONNECTIONS, KEPT_FOR = 100, 5.0  # seconds; both as httpx's own transport has them

# The first that fits counts. httpx-aiohttp tells most of the failures of a connection as a timeout, and some not at all.
KINDS: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout),
    (aiohttp.ServerTimeoutError, httpx.ReadTimeout),
    (aiohttp.ClientProxyConnectionError, httpx.ProxyError),
    (aiohttp.ClientHttpProxyError, httpx.ProxyError),
    (aiohttp.ClientConnectorError, httpx.ConnectError),
    (aiohttp.ClientOSError, httpx.ReadError),
    (aiohttp.InvalidURL, httpx.UnsupportedProtocol),
    (aiohttp.ClientError, httpx.RemoteProtocolError),
)


def aiohttp_transport(url: str, *, proxy: str | None = None) -> httpx.AsyncBaseTransport:
    """A transport of aiohttp's. It belongs to the event loop that it is first used in.

    Args:
        url: Where the API is.
        proxy: The URL of a proxy to go through. Without it the usual variables such as `HTTPS_PROXY` are looked up.

    Raises:
        InvalidArgumentError: The proxy is not one of HTTP.
    """
    proxy = proxy or _usual_proxy(url)
    if proxy is not None and urlsplit(proxy).scheme not in ("http", "https"):
        raise InvalidArgumentError("the transport 'aiohttp' goes through proxies of http and https only: use another proxy, or httpx's own transport")

    def session() -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(ssl=transport.ssl_context, limit=MOST_CONNECTIONS, keepalive_timeout=KEPT_FOR)
        session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), proxy=proxy)
        # aiohttp sends a GET, PUT or DELETE again whose connection fails, whatever it changes at TMDB. There is no public way to say no.
        session._retry_connection = False
        return session

    transport = AiohttpTransport(client=session)
    return _Transport(transport)


class _Transport(httpx.AsyncBaseTransport):
    """A transport of aiohttp's whose failures are those of httpx's own, and tell no URL, as that may hold a credential."""

    def __init__(self, transport: AiohttpTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()  # a body that was not read would be sent in chunks, and that of a GET as well
        try:
            answer = await self._transport.handle_async_request(request)
        except (httpx.TransportError, aiohttp.ClientError) as error:
            failure = _as_httpx_tells(error)
        else:
            answer.stream = _Stream(answer)
            return answer
        raise failure  # here, where no other exception is being handled

    async def aclose(self) -> None:
        await self._transport.aclose()


class _Stream(httpx.AsyncByteStream):
    def __init__(self, answer: httpx.Response) -> None:
        self._stream = cast("httpx.AsyncByteStream", answer.stream)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._stream:
                yield piece
        except (httpx.TransportError, aiohttp.ClientError) as error:
            failure = _as_httpx_tells(error)
        else:
            return
        raise failure

    async def aclose(self) -> None:
        await self._stream.aclose()


def _as_httpx_tells(error: Exception) -> Exception:
    cause = error if isinstance(error, aiohttp.ClientError) else error.__cause__
    for theirs, ours in KINDS:
        if isinstance(cause, theirs):
            return ours(": ".join(filter(None, (type(cause).__name__, _reason(cause)))))
    return error


def _reason(cause: Exception) -> str | None:
    if isinstance(cause, aiohttp.ClientConnectorError):
        return cause.strerror
    return os.strerror(cause.errno) if isinstance(cause, OSError) and cause.errno else None


def _usual_proxy(url: str) -> str | None:
    """The proxy that the environment names for a URL."""
    parts, proxies = urlsplit(url), getproxies()
    proxy = None if proxy_bypass(parts.netloc) else proxies.get(parts.scheme) or proxies.get("all")
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy
