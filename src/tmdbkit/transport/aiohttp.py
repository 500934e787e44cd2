"""aiohttp as the transport of an asynchronous client: several times as many requests as httpx's own transport when many are in flight."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar

import httpx

try:
    import aiohttp
    from yarl import URL
except ImportError as error:
    raise ImportError("the transport 'aiohttp' needs aiohttp: pip install 'tmdbkit[aiohttp]'") from error

from .extensions import TARGET
from .tls import TLS

__all__ = ["AiohttpTransport"]

CHUNK = 65_536
"""The maximum size of a chunk of a body."""

# The first match counts.
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

_TARGET: ContextVar[bytes | None] = ContextVar("target", default=None)
"""The path and query that the request of this task sends instead of those of its URL."""


class AiohttpTransport(httpx.AsyncBaseTransport):
    """A transport that sends with aiohttp. It belongs to the event loop of its first use.

    Its exceptions are those of httpx's own transport, without URLs, which may contain credentials. It keeps no cookies, and follows no redirects.

    Args:
        tls: The TLS context.
        limits: The connection limits.
        proxy: The proxy to go through, of HTTP; None for none.
    """

    def __init__(self, tls: TLS, limits: httpx.Limits, proxy: httpx.Proxy | None = None) -> None:
        self._tls, self._limits, self._proxy = tls, limits, proxy
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        session = self._session
        if session is None:
            context = await self._tls.context_async()
            session = self._session = self._session or self._open(context)  # another task may have been quicker
        timeout = request.extensions.get("timeout", {})
        connect, pool = timeout.get("connect"), timeout.get("pool")
        token = _TARGET.set(request.extensions.get(TARGET))
        try:
            with _UnlessClosed(self._is_closed):
                response = await session.request(
                    request.method,
                    URL(str(request.url), encoded=True),
                    headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw],
                    data=request.read() or None,
                    allow_redirects=False,
                    # aiohttp's `connect` covers the wait for a free connection and the making of one.
                    timeout=aiohttp.ClientTimeout(
                        sock_connect=connect, sock_read=timeout.get("read"), connect=None if connect is None or pool is None else connect + pool
                    ),
                )
        except aiohttp.ClientError as error:
            failure = _httpx_error(error)
        else:
            extensions = {"http_version": b"HTTP/1.1", "reason_phrase": (response.reason or "").encode("ascii", "replace")}
            return httpx.Response(response.status, headers=response.raw_headers, stream=_Stream(response, self._is_closed), extensions=extensions)
        finally:
            _TARGET.reset(token)
        raise failure  # here, where no other exception is being handled

    def _open(self, tls: object) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(ssl=tls, limit=self._limits.max_connections or 0, keepalive_timeout=self._limits.keepalive_expiry)  # type: ignore[arg-type]
        return aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), middlewares=(_send,), proxy=self._proxy_url(), auto_decompress=False
        )

    def _proxy_url(self) -> str | None:
        if self._proxy is None:
            return None
        username, password = self._proxy.auth or ("", "")
        return str(self._proxy.url.copy_with(username=username, password=password)) if username else str(self._proxy.url)

    async def aclose(self) -> None:
        """Close all connections."""
        self._closed = True
        if self._session is not None:
            await self._session.close()

    def _is_closed(self) -> bool:
        return self._closed


class _UnlessClosed:
    """Converts aiohttp's exceptions for a closed session to httpx's, including the cancellation of a waiting request.

    Args:
        is_closed: Tells whether the session is closed.
    """

    __slots__ = ("_cancellations", "_is_closed", "_task")

    def __init__(self, is_closed: Callable[[], bool]) -> None:
        self._is_closed = is_closed

    def __enter__(self) -> None:
        self._task = asyncio.current_task()
        self._cancellations = self._task.cancelling() if self._task else 0

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: object) -> None:
        if not isinstance(error, (asyncio.CancelledError, RuntimeError)) or not self._is_closed():
            return
        if isinstance(error, asyncio.CancelledError) and self._task and self._task.cancelling() > self._cancellations:
            return
        raise httpx.ReadError("the client was closed") from None


async def _send(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Send a request of a session: an aiohttp client middleware.

    It sets the target here, below aiohttp's traces. And it converts connection errors to httpx's exceptions, because aiohttp
    would retry a GET, PUT or DELETE after one of its own, whatever it changes at TMDB.
    """
    if target := _TARGET.get():
        path, _, query = target.decode("ascii").partition("?")
        request.url = URL.build(scheme=request.url.scheme, authority=request.url.raw_authority, path=path, query_string=query, encoded=True)
    try:
        return await handler(request)
    except aiohttp.ClientError as error:
        failure = _httpx_error(error)
    raise failure


class _Stream(httpx.AsyncByteStream):
    def __init__(self, response: aiohttp.ClientResponse, is_closed: Callable[[], bool]) -> None:
        self._response, self._is_closed = response, is_closed

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            with _UnlessClosed(self._is_closed):
                chunk = await self._response.content.read(CHUNK)
        except aiohttp.ClientError as error:
            failure = _httpx_error(error)
        else:
            if chunk:
                return chunk
            raise StopAsyncIteration
        raise failure

    async def aclose(self) -> None:
        self._response.release()  # a connection with an unread body is closed


def _httpx_error(error: aiohttp.ClientError) -> httpx.TransportError:
    kind = next(ours for theirs, ours in _ERRORS if isinstance(error, theirs))
    failure = kind(": ".join(filter(None, (type(error).__name__, _reason(error)))))
    if isinstance(error, aiohttp.ClientConnectorError):
        failure.__cause__ = error.os_error  # it tells whether a name could not be resolved
    return failure


def _reason(error: Exception) -> str | None:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return str(error.certificate_error)
    if isinstance(error, aiohttp.ClientConnectorError):
        return error.strerror
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"{error.status} {error.message}"
    return os.strerror(error.errno) if isinstance(error, OSError) and error.errno else None
