"""The fake as an httpx transport."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from .fake import FakeTMDB

__all__ = ["FakeTransport"]


class FakeTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport that passes requests to a fake, for synchronous and asynchronous clients."""

    def __init__(self, fake: FakeTMDB) -> None:
        self._fake = fake

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Handle a request of a synchronous client."""
        request.read()
        return self._response(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Handle a request of an asynchronous client."""
        await request.aread()
        return self._response(request)

    def _response(self, request: httpx.Request) -> httpx.Response:
        response = self._fake.respond(request.method, request.url.path, request.url.query.decode("ascii"), request.headers, request.content)
        return httpx.Response(response.status, headers=response.headers, content=response.content)
