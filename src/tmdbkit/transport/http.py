"""The last layer of the stack: sends requests through an httpx client, with timeouts limited by the deadline.

A custom client adds its own headers, cookies and parameters. An asynchronous one is shielded from cancellation.
"""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from .connections import Connections
from .deadline import LONGEST_TIMEOUT, Deadline, seconds_of, shortened
from .extensions import DEADLINE, EMIT
from .settings import DEFAULT_LIMITS

__all__ = ["AsyncHTTPLayer", "HTTPLayer"]


class HTTPLayer(httpx.BaseTransport):
    """Sends requests through the httpx client of some connections, with timeouts limited by the deadline.

    Args:
        connections: The connections.
        bare: Whether to send requests as they are, without the headers, cookies and parameters of a custom client, which may be credentials.
    """

    def __init__(self, connections: Connections[httpx.Client], *, bare: bool = False) -> None:
        self._connections, self._bare = connections, bare

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        http = self._connections.current()
        if self._connections.given is not None and not self._bare:
            request.read()
            request = _with_settings_of(http, request)
        _start(request)
        return http.send(request, stream=True, auth=None, follow_redirects=False)


class AsyncHTTPLayer(httpx.AsyncBaseTransport):
    """`HTTPLayer` for asynchronous clients."""

    def __init__(self, connections: Connections[httpx.AsyncClient], *, bare: bool = False) -> None:
        self._connections, self._bare = connections, bare
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
        if not self._bare:
            await request.aread()
            request = _with_settings_of(http, request)
        _start(request)
        return await self._shield.handle_async_request(request)


class _Sender(httpx.AsyncBaseTransport):
    """A custom httpx client as a transport. Closing it does not close the client."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._http.send(request, stream=True, auth=None, follow_redirects=False)


def _start(request: httpx.Request) -> None:
    """Mark that a request is about to be sent, and limit its timeouts to the remaining seconds."""
    deadline: Deadline | None = request.extensions.get(DEADLINE)
    if deadline is not None:
        deadline.start()
        left = deadline.left
        timeout: Mapping[str, float | None] = request.extensions["timeout"]
        if max(map(seconds_of, timeout.values())) > min(left, LONGEST_TIMEOUT):
            request.extensions = {**request.extensions, "timeout": {step: shortened(seconds, left) for step, seconds in timeout.items()}}
    if emit := request.extensions.get(EMIT):
        emit("request")


def _with_settings_of(http: httpx.Client | httpx.AsyncClient, request: httpx.Request) -> httpx.Request:
    """Return a request with the headers, cookies and parameters of a custom httpx client."""
    content = request.content or None
    params = request.url.params if http.params else None  # httpx replaces the query of a URL by the client's parameters
    return http.build_request(request.method, request.url, params=params, headers=request.headers, content=content, extensions=dict(request.extensions))
