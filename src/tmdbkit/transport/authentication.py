"""The third layer of the stack: a request gets its credentials here, so that no layer above sees one.

What TMDB takes in the query or the path travels in httpx's request extension `target`, which decides what goes on the wire: the URL of the request, and with it
the logs of httpx, spans and breadcrumbs, stay free of it.
"""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from .extensions import AUTHORIZATION, TARGET

__all__ = ["AsyncAuthTransport", "AuthTransport", "Authorization", "authorize"]


class Authorization:
    """What authorizes one request. It is masked in `repr`.

    Attributes:
        headers: The headers to add.
        target: The path and query that go on the wire; None where they are those of the URL.
    """

    __slots__ = ("headers", "target")

    def __init__(self, headers: Mapping[str, str], target: bytes | None) -> None:
        self.headers, self.target = headers, target

    def __repr__(self) -> str:
        return "<Authorization>"


class AuthTransport(httpx.BaseTransport):
    """Adds the credentials that the request extension `AUTHORIZATION` holds.

    Args:
        transport: The next layer.
        honours_target: Whether the next layer sends the request extension `target`. Otherwise the URL has to hold the credentials.
    """

    def __init__(self, transport: httpx.BaseTransport, *, honours_target: bool) -> None:
        self._transport, self._honours_target = transport, honours_target

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request with its credentials. The request itself stays as it is."""
        return self._transport.handle_request(authorize(request, honours_target=self._honours_target))

    def close(self) -> None:
        """Close the next layer."""
        self._transport.close()


class AsyncAuthTransport(httpx.AsyncBaseTransport):
    """`AuthTransport` for asynchronous clients."""

    def __init__(self, transport: httpx.AsyncBaseTransport, *, honours_target: bool) -> None:
        self._transport, self._honours_target = transport, honours_target

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request with its credentials. The request itself stays as it is."""
        return await self._transport.handle_async_request(authorize(request, honours_target=self._honours_target))

    async def aclose(self) -> None:
        """Close the next layer."""
        await self._transport.aclose()


def authorize(request: httpx.Request, *, honours_target: bool) -> httpx.Request:
    """Return a copy of a request that has its credentials.

    Args:
        request: The request, whose extension `AUTHORIZATION` holds them; without the extension it is returned as it is.
        honours_target: Whether the extension `target` is sent; otherwise the URL gets what it holds.
    """
    authorization: Authorization | None = request.extensions.get(AUTHORIZATION)
    if authorization is None:
        return request
    headers = httpx.Headers(request.headers)
    for name, value in authorization.headers.items():
        headers[name] = value
    extensions = {name: value for name, value in request.extensions.items() if name != AUTHORIZATION}
    url = request.url
    if authorization.target is not None:
        if honours_target:
            extensions[TARGET] = authorization.target
        else:
            url = url.copy_with(raw_path=authorization.target)
    return httpx.Request(request.method, url, headers=headers, stream=request.stream, extensions=extensions)
