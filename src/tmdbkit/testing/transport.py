"""The fake as an httpx transport."""

from __future__ import annotations

import socket
import weakref
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from .clock import FakeClock
    from .fake import FakeTMDB
    from .responses import FakeResponse

__all__ = ["FakeTransport"]

CHUNKS = 50
"""In how many pieces a trickling body comes."""


class FakeTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport that passes requests to a fake, for synchronous and asynchronous clients. No transfer takes time but that of `FakeTMDB.clock`."""

    def __init__(self, fake: FakeTMDB, *, installs_clock: bool = False) -> None:
        """Build a transport.

        Args:
            fake: The fake.
            installs_clock: Whether clients wait on the clock of the fake while the transport is open.
        """
        self._fake = fake
        self._remove = weakref.finalize(self, fake.clock.install()) if installs_clock else None

    def close(self) -> None:
        """Close the transport."""
        if self._remove:
            self._remove()

    async def aclose(self) -> None:
        """Close the transport."""
        self.close()

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
        if request.method == "HEAD" and response.fault is None:
            return httpx.Response(response.status, headers={**response.headers, "content-length": str(len(response.content))})
        if response.fault is None and "content-encoding" in response.headers:
            # The client decodes it, as it does over a socket; `content` would be decoded here.
            return httpx.Response(response.status, headers=response.headers, stream=httpx.ByteStream(response.content))
        if response.fault is None:
            return httpx.Response(response.status, headers=response.headers, content=response.content)
        return self._disturbed(response, request)

    def _disturbed(self, response: FakeResponse, request: httpx.Request) -> httpx.Response:
        limit = request.extensions.get("timeout", {}).get("read")
        if response.fault in ("timeout", "slow"):
            if limit is not None and (response.fault == "timeout" or response.seconds >= limit):
                self._fake.clock.advance(limit)
                raise httpx.ReadTimeout("timed out", request=request)
            if response.fault == "timeout":
                raise httpx.ReadTimeout("the client has no timeout, and would wait forever", request=request)
            self._fake.clock.advance(response.seconds)
            return httpx.Response(response.status, headers=response.headers, content=response.content)
        if response.fault == "dns":
            error = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            raise httpx.ConnectError(str(error), request=request) from error
        if response.fault == "disconnect":
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.", request=request)
        headers = {**response.headers, "content-length": str(len(response.content))}
        return httpx.Response(response.status, headers=headers, stream=_Stream(response, self._fake.clock, request))


class _Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that trickles, or that breaks off."""

    def __init__(self, response: FakeResponse, clock: FakeClock, request: httpx.Request) -> None:
        self._response, self._clock, self._request = response, clock, request

    def __iter__(self) -> Iterator[bytes]:
        content = self._response.content
        if self._response.fault == "cut":
            yield content[: len(content) // 2]
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body", request=self._request)
        size = max(1, len(content) // CHUNKS)
        for start in range(0, len(content), size):
            self._clock.advance(self._response.seconds / CHUNKS)
            yield content[start : start + size]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in iter(self):
            yield chunk
