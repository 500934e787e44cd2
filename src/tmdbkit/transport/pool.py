"""httpcore's connection pools as httpx transports.

httpx's own transports accept no network backend, which a deadline of a synchronous call needs; and with a proxy they send the request extension `target`
in the CONNECT request as well. The pools below are the same, with both fixed.

Instrumentations and mocks (OpenTelemetry, vcrpy, pytest-httpx) replace a method of httpx's own transports. If one has, requests go through a transport of
httpx's, so that it sees them. Then slow headers can delay a synchronous deadline. A request with a `target` never goes there with a proxy.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain, zip_longest
from ssl import MemoryBIO, SSLContext, SSLEOFError, SSLError, SSLWantReadError, SSLZeroReturnError
from threading import Thread
from types import FunctionType
from typing import Any, TypeVar, cast

import httpcore
import httpx

from tmdbkit import clock

from .deadline import seconds_left, seconds_of, shortened
from .extensions import TARGET

__all__ = ["AsyncPoolTransport", "PoolTransport", "is_replaced"]

T = TypeVar("T")

TLS_RECORD = 16_384
"""The bytes to read at once within TLS."""

_ERRORS: dict[type[Exception], type[httpx.TransportError]] = {
    httpcore.ConnectTimeout: httpx.ConnectTimeout,
    httpcore.ReadTimeout: httpx.ReadTimeout,
    httpcore.WriteTimeout: httpx.WriteTimeout,
    httpcore.PoolTimeout: httpx.PoolTimeout,
    httpcore.ConnectError: httpx.ConnectError,
    httpcore.ReadError: httpx.ReadError,
    httpcore.WriteError: httpx.WriteError,
    httpcore.ProxyError: httpx.ProxyError,
    httpcore.UnsupportedProtocol: httpx.UnsupportedProtocol,
    httpcore.LocalProtocolError: httpx.LocalProtocolError,
    httpcore.RemoteProtocolError: httpx.RemoteProtocolError,
}


class PoolTransport(httpx.BaseTransport):
    """A connection pool for synchronous calls, whose steps end with the deadline of the call.

    Args:
        tls: The TLS context.
        limits: The connection limits.
        proxy: The proxy, or None.
    """

    def __init__(self, tls: SSLContext, limits: httpx.Limits, proxy: httpx.Proxy | None = None) -> None:
        self._make_stand_in = partial(httpx.HTTPTransport, verify=tls, limits=limits, proxy=proxy)
        self._stand_in: httpx.HTTPTransport | None = None
        self._proxied = proxy is not None
        options = _options(tls, limits)
        backend = _Backend()
        if proxy is None:
            self._pool = httpcore.ConnectionPool(**options, network_backend=backend)
        elif proxy.url.scheme.startswith("socks"):
            self._pool = httpcore.SOCKSProxy(_proxy_url(proxy), proxy_auth=proxy.raw_auth, **options, network_backend=backend)
        else:
            self._pool = httpcore.HTTPProxy(_proxy_url(proxy), **_proxy_options(proxy, tls), **options, network_backend=backend)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, on an idle connection if there is one."""
        if is_replaced(httpx.HTTPTransport.handle_request) and not (self._proxied and TARGET in request.extensions):
            self._stand_in = self._stand_in or self._make_stand_in()
            return self._stand_in.handle_request(request)
        with _mapped_errors():
            response = self._pool.handle_request(_core_request(request))
        return _response(response, _Stream(response))

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()
        if self._stand_in is not None:
            self._stand_in.close()


class AsyncPoolTransport(httpx.AsyncBaseTransport):
    """A connection pool through a proxy, for asynchronous calls.

    Args:
        tls: The TLS context.
        limits: The connection limits.
        proxy: The proxy.
    """

    def __init__(self, tls: SSLContext, limits: httpx.Limits, proxy: httpx.Proxy) -> None:
        self._make_stand_in = partial(httpx.AsyncHTTPTransport, verify=tls, limits=limits, proxy=proxy)
        self._stand_in: httpx.AsyncHTTPTransport | None = None
        options = _options(tls, limits)
        self._pool: httpcore.AsyncConnectionPool
        if proxy.url.scheme.startswith("socks"):
            self._pool = httpcore.AsyncSOCKSProxy(_proxy_url(proxy), proxy_auth=proxy.raw_auth, **options)
        else:
            self._pool = httpcore.AsyncHTTPProxy(_proxy_url(proxy), **_proxy_options(proxy, tls), **options)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, on an idle connection if there is one."""
        if is_replaced(httpx.AsyncHTTPTransport.handle_async_request) and TARGET not in request.extensions:
            self._stand_in = self._stand_in or self._make_stand_in()
            return await self._stand_in.handle_async_request(request)
        with _mapped_errors():
            response = await self._pool.handle_async_request(_core_request(request))
        return _response(response, _AsyncStream(response))

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()
        if self._stand_in is not None:
            await self._stand_in.aclose()


def is_replaced(function: Callable[..., object]) -> bool:
    """Return whether another library has replaced a function of httpx.

    Args:
        function: The current function.
    """
    return type(function) is not FunctionType or function.__module__.partition(".")[0] != "httpx" or hasattr(function, "__wrapped__")


class _Stream(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with _mapped_errors():
            yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class _AsyncStream(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _mapped_errors():
            async for chunk in self._response.aiter_stream():
                yield chunk

    async def aclose(self) -> None:
        await self._response.aclose()


@contextmanager
def _mapped_errors() -> Iterator[None]:
    """Map exceptions of httpcore to those of httpx with the same names, and those of socksio, which httpcore does not map, to a proxy error."""
    try:
        yield
    except tuple(_ERRORS) as error:
        raise next(ours for theirs, ours in _ERRORS.items() if isinstance(error, theirs))(str(error)) from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] == "socksio":
            raise httpx.ProxyError(str(error)) from error
        raise


def _core_request(request: httpx.Request) -> httpcore.Request:
    extensions = dict(request.extensions)
    url = request.url
    target = extensions.pop(TARGET, url.raw_path)
    return httpcore.Request(
        request.method,
        httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=target),
        headers=request.headers.raw,
        content=request.stream,
        extensions=extensions,
    )


def _response(response: httpcore.Response, stream: _Stream | _AsyncStream) -> httpx.Response:
    return httpx.Response(response.status, headers=response.headers, stream=stream, extensions=dict(response.extensions))


def _options(tls: SSLContext, limits: httpx.Limits) -> dict[str, Any]:
    return {
        "ssl_context": tls,
        "max_connections": limits.max_connections,
        "max_keepalive_connections": limits.max_keepalive_connections,
        "keepalive_expiry": limits.keepalive_expiry,
    }


def _proxy_url(proxy: httpx.Proxy) -> httpcore.URL:
    return httpcore.URL(scheme=proxy.url.raw_scheme, host=proxy.url.raw_host, port=proxy.url.port, target=proxy.url.raw_path)


def _proxy_options(proxy: httpx.Proxy, tls: SSLContext) -> dict[str, Any]:
    secured = {"proxy_ssl_context": tls} if proxy.url.scheme == "https" else {}
    return {"proxy_auth": proxy.raw_auth, "proxy_headers": proxy.headers.raw, **secured}


class _Backend(httpcore.NetworkBackend):
    """The network backend of synchronous calls, whose steps end with the deadline."""

    def __init__(self) -> None:
        self._backend, self._family = httpcore.SyncBackend(), socket.AF_UNSPEC

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of a host that responds. Each gets a share of the remaining time; the family of the last success is tried first."""
        ends = clock.monotonic() + min(seconds_of(timeout), seconds_left())
        addresses = list(dict.fromkeys((family, address[0]) for family, _, _, _, address in _look_up(host, port, ends)))
        first = self._family if any(family == self._family for family, _ in addresses) else addresses[0][0]
        same, others = ([pair for pair in addresses if (pair[0] == first) is wanted] for wanted in (True, False))
        candidates = [pair for pair in chain.from_iterable(zip_longest(same, others)) if pair]
        for left, (family, address) in zip(range(len(candidates), 0, -1), candidates, strict=True):
            share = (ends - clock.monotonic()) / left
            try:
                stream = self._backend.connect_tcp(str(address), port, shortened(None, max(share, 0.001)), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if left == 1:
                    raise
            else:
                self._family = cast("socket.AddressFamily", family)
                return _NetworkStream(stream)
        raise httpcore.ConnectError(f"{host} has no address")


def _look_up(host: str, port: int, ends: float) -> list[Any]:
    """Resolve a host with `socket.getaddrinfo`, in time: a look-up cannot be interrupted, so it runs in a thread, and may be abandoned.

    Raises:
        httpcore.ConnectError: The host does not exist.
        httpcore.ConnectTimeout: The look-up takes too long.
    """
    found, failures = list[Any](), list[Exception]()

    def look_up(flags: int = 0) -> None:
        try:
            found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags))
        except (OSError, UnicodeError) as error:
            failures.append(error)

    look_up(socket.AI_NUMERICHOST)
    if found:
        return found
    failures.clear()
    thread = Thread(target=look_up, daemon=True)
    try:
        thread.start()
    except RuntimeError:  # there are no more threads, as at the end of a program
        look_up()
    else:
        thread.join(shortened(None, max(ends - clock.monotonic(), 0.001)))
    if failures:
        failure = httpcore.ConnectError(str(failures[0]))
        failure.__context__ = failures[0]  # httpcore's pool drops a cause
        raise failure
    if thread.is_alive():
        raise httpcore.ConnectTimeout(f"the name {host} was not found in time")
    return found


class _NetworkStream(httpcore.NetworkStream):
    """A connection whose steps end with the deadline of the current call."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _within(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _within(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None) -> httpcore.NetworkStream:
        if self.get_extra_info("ssl_object") is not None:
            try:
                return _TLSWithinTLS(self, ssl_context, server_hostname, timeout)
            except BaseException:
                self.close()
                raise
        return _NetworkStream(self._stream.start_tls(ssl_context, server_hostname, _within(timeout, httpcore.ConnectTimeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _TLSWithinTLS(httpcore.NetworkStream):
    """A TLS connection through an https proxy. httpcore's own reads a whole record in one step, however slowly it arrives.

    Args:
        stream: The TLS connection to the proxy.
        tls: The TLS context.
        server_hostname: The name of the server.
        timeout: The timeout of each step of the handshake, in seconds.
    """

    def __init__(self, stream: httpcore.NetworkStream, tls: SSLContext, server_hostname: str | None, timeout: float | None) -> None:
        self._stream, self._received, self._to_send = stream, MemoryBIO(), MemoryBIO()
        self._tls = tls.wrap_bio(self._received, self._to_send, server_hostname=server_hostname)
        self._exchange(self._tls.do_handshake, timeout, httpcore.ConnectError)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        def read() -> bytes:
            try:
                return self._tls.read(max_bytes)
            except (SSLZeroReturnError, SSLEOFError):
                return b""

        return self._exchange(read, timeout, httpcore.ReadError)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._exchange(lambda: self._tls.write(buffer), timeout, httpcore.WriteError)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._tls if info == "ssl_object" else self._stream.get_extra_info(info)

    def _exchange(self, act: Callable[[], T], timeout: float | None, failure: type[httpcore.NetworkError]) -> T:
        """Act, with as many steps on the connection to the proxy as it takes."""
        while True:
            try:
                result = act()
            except SSLWantReadError:
                self._send(timeout)
            except SSLError as error:
                raise failure(str(error)) from error
            else:
                self._send(timeout)
                return result
            if received := self._stream.read(TLS_RECORD, timeout):
                self._received.write(received)
            else:
                self._received.write_eof()

    def _send(self, timeout: float | None) -> None:
        if encrypted := self._to_send.read():
            self._stream.write(encrypted, timeout)


def _within(timeout: float | None, late: type[httpcore.TimeoutException]) -> float | None:
    """Return a timeout limited by the deadline of the call.

    Raises:
        httpcore.TimeoutException: The deadline has passed.
    """
    left = seconds_left()
    if left <= 0:
        raise late("the deadline of the call has passed")
    return shortened(timeout, left)
