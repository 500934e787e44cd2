"""aiohttp as the transport of an asynchronous client: several times as many requests as httpx's own transport when many are in flight."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextvars import ContextVar
from ssl import SSLContext
from typing import cast

import httpx

try:
    import aiohttp
    from httpx_aiohttp import AiohttpTransport
except ImportError as error:
    raise ImportError("the transport 'aiohttp' needs httpx-aiohttp: pip install 'tmdbkit[aiohttp]'") from error

from .extensions import TARGET
from .tls import TLS

__all__ = ["aiohttp_transport"]

# The first that fits counts. httpx-aiohttp reports most failures of a connection as timeouts, and leaves some unmapped.
_ERRORS: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout),
    (aiohttp.ServerTimeoutError, httpx.ReadTimeout),
    (aiohttp.ClientProxyConnectionError, httpx.ProxyError),
    (aiohttp.ClientHttpProxyError, httpx.ProxyError),
    (aiohttp.ClientConnectorError, httpx.ConnectError),
    (aiohttp.ClientOSError, httpx.ReadError),
    (aiohttp.InvalidURL, httpx.UnsupportedProtocol),
    (aiohttp.ClientError, httpx.RemoteProtocolError),
)

_TARGET: ContextVar[str | None] = ContextVar("target", default=None)
"""The path and query that the request of this task sends, in place of those of its URL."""


def aiohttp_transport(tls: TLS, limits: httpx.Limits, *, proxy: httpx.Proxy | None = None) -> httpx.AsyncBaseTransport:
    """Return a transport of aiohttp's. It belongs to the event loop that it is first used in.

    Args:
        tls: How connections are secured.
        limits: How many connections there may be.
        proxy: The proxy to go through, of HTTP; None for none.
    """
    return _Transport(tls, limits, proxy)


async def _send(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Send a request of a session: a middleware of aiohttp's.

    The target is put on the wire here, below what aiohttp tells its traces. And a connection that fails is an exception of httpx's from here on, as aiohttp
    would send a GET, PUT or DELETE again after one of its own, whatever it changes at TMDB.
    """
    if target := _TARGET.get():
        path, _, query = target.partition("?")
        request.url = request.url.build(scheme=request.url.scheme, authority=request.url.raw_authority, path=path, query_string=query, encoded=True)
    try:
        return await handler(request)
    except aiohttp.ClientError as error:
        failure = _httpx_error(error)
    raise failure


class _Transport(httpx.AsyncBaseTransport):
    """A transport of aiohttp's whose failures are those of httpx's own, and show no URL, as that may hold a credential."""

    def __init__(self, tls: TLS, limits: httpx.Limits, proxy: httpx.Proxy | None) -> None:
        self._tls, self._limits, self._proxy = tls, limits, proxy
        self._transport: AiohttpTransport | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()  # a body that was not read would be sent in chunks, and that of a GET as well
        transport = self._transport or self._made(await self._tls.context_async())
        target = request.extensions.get(TARGET)
        token = _TARGET.set(None if target is None else target.decode("ascii"))
        try:
            response = await transport.handle_async_request(request)
        except (httpx.TransportError, aiohttp.ClientError) as error:
            failure = _httpx_error(error)
        else:
            response.stream = _Stream(response)
            return response
        finally:
            _TARGET.reset(token)
        raise failure  # here, where no other exception is being handled

    def _made(self, context: SSLContext) -> AiohttpTransport:
        if self._transport is None:  # another task may have been quicker
            self._transport = AiohttpTransport(verify=context, client=lambda: self._session(context))
        return self._transport

    def _session(self, context: SSLContext) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(ssl=context, limit=self._limits.max_connections or 0, keepalive_timeout=self._limits.keepalive_expiry)
        return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), middlewares=(_send,), proxy=self._proxy_url())

    def _proxy_url(self) -> str | None:
        if self._proxy is None:
            return None
        username, password = self._proxy.auth or ("", "")
        return str(self._proxy.url.copy_with(username=username, password=password)) if username else str(self._proxy.url)

    async def aclose(self) -> None:
        if self._transport is not None:
            await self._transport.aclose()


class _Stream(httpx.AsyncByteStream):
    def __init__(self, response: httpx.Response) -> None:
        self._stream = cast("httpx.AsyncByteStream", response.stream)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._stream:
                yield chunk
        except (httpx.TransportError, aiohttp.ClientError) as error:
            failure = _httpx_error(error)
        else:
            return
        raise failure

    async def aclose(self) -> None:
        await self._stream.aclose()


def _httpx_error(error: Exception) -> Exception:
    cause = error if isinstance(error, aiohttp.ClientError) else error.__cause__
    for theirs, ours in _ERRORS:
        if isinstance(cause, theirs):
            return ours(": ".join(filter(None, (type(cause).__name__, _reason(cause)))))
    return error


def _reason(cause: Exception) -> str | None:
    if isinstance(cause, aiohttp.ClientConnectorCertificateError):
        return str(cause.certificate_error)
    if isinstance(cause, aiohttp.ClientConnectorError):
        return cause.strerror
    return os.strerror(cause.errno) if isinstance(cause, OSError) and cause.errno else None
