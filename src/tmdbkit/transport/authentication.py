"""The third layer of the stack: adds credentials to requests, so that no layer above sees them.

Credentials in the query or the path travel in httpx's request extension `target`, which sets the request target on the wire: the URL of the request, and thus
the logs of httpx, spans and breadcrumbs, do not contain them.
"""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from .extensions import AUTHORIZATION, TARGET

__all__ = ["AsyncAuthTransport", "AuthTransport", "Authorization", "authorize"]


class Authorization:
    """The credentials of one request. Masked in `repr`.

    Attributes:
        headers: The headers to add.
        target: The path and query to send; None if they are those of the URL.
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
        honours_target: Whether the next layer honours the request extension `target`. Otherwise the URL gets the credentials.
    """

    def __init__(self, transport: httpx.BaseTransport, *, honours_target: bool) -> None:
        self._transport, self._honours_target = transport, honours_target

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a copy of the request with its credentials."""
        return self._transport.handle_request(authorize(request, honours_target=self._honours_target))

    def close(self) -> None:
        """Close the next layer."""
        self._transport.close()


class AsyncAuthTransport(httpx.AsyncBaseTransport):
    """`AuthTransport` for asynchronous clients."""

    def __init__(self, transport: httpx.AsyncBaseTransport, *, honours_target: bool) -> None:
        self._transport, self._honours_target = transport, honours_target

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a copy of the request with its credentials."""
        return await self._transport.handle_async_request(authorize(request, honours_target=self._honours_target))

    async def aclose(self) -> None:
        """Close the next layer."""
        await self._transport.aclose()


def authorize(request: httpx.Request, *, honours_target: bool) -> httpx.Request:
    """Return a copy of a request with its credentials.

    Args:
        request: The request, with the extension `AUTHORIZATION`; returned unchanged without it.
        honours_target: Whether the next layer honours the extension `target`; otherwise the URL gets its content.
    """
    authorization: Authorization | None = request.extensions.get(AUTHORIZATION)
    if authorization is None:
        return request
    extensions = {name: value for name, value in request.extensions.items() if name != AUTHORIZATION}
    url = request.url
    if authorization.target is not None:
        if honours_target:
            extensions[TARGET] = authorization.target
        else:
            url = url.copy_with(raw_path=authorization.target)
    authorized = httpx.Request(request.method, url, headers=request.headers, stream=request.stream, extensions=extensions)
    for name, value in authorization.headers.items():
        authorized.headers[name] = value
    return authorized
