"""An origin server as a transport: it counts requests, sends cache headers, and revalidates responses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from email.utils import formatdate
from time import time
from typing import Any

import httpx
import pytest

from tmdbkit import Cache

PUBLIC = "public, max-age=6991"
URL = "https://api.themoviedb.org/3/movie/550"


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in chunks, as from the network; an exception among them breaks it off."""

    def __init__(self, *chunks: bytes | Exception) -> None:
        self.chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk


class Origin(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """An origin with headers like TMDB's. By default its body is JSON with the number of requests.

    Attributes:
        requests: The headers of the received requests.
        headers: The response headers beside `Date`, without those that are None.
        status: The HTTP status.
        body: The body; None for the JSON with the number of requests.
        tag: The ETag; a request with it in `If-None-Match` gets a 304.
    """

    def __init__(
        self, cache_control: str | None = PUBLIC, *, status: int = 200, body: Body | bytes | None = None, tag: str | None = 'W/"1"', **headers: Any
    ) -> None:
        self.requests: list[httpx.Headers] = []
        self.status, self.body, self.tag = status, body, tag
        self.headers: dict[str, str | None] = {"Cache-Control": cache_control, "Vary": "accept-encoding, Origin", "Content-Type": "application/json"}
        self.headers.update({name.replace("_", "-"): value for name, value in headers.items()})

    @property
    def request_count(self) -> int:
        return len(self.requests)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(httpx.Headers(request.headers))
        body = f'{{"count": {self.request_count}}}'.encode() if self.body is None else self.body
        headers = {"Date": formatdate(usegmt=True), "ETag": self.tag, **self.headers}
        sent = [(name, value) for name, value in headers.items() if value is not None]
        if self.tag is not None and request.headers.get("If-None-Match") == self.tag:
            return httpx.Response(304, headers=sent, stream=Body())
        return httpx.Response(self.status, headers=sent, stream=body if isinstance(body, Body) else Body(body[:5], body[5:]))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        return self.handle_request(request)


def past(seconds: float) -> str:
    """The HTTP date of a number of seconds ago."""
    return formatdate(time() - seconds, usegmt=True)


Fetch = Callable[..., httpx.Response]


def fetch_sync(cache: Cache, origin: Origin, url: str = URL, *, method: str = "GET", **headers: str) -> httpx.Response:
    """Send a request through a cache."""
    with httpx.Client(transport=cache.over(origin)) as client:
        return client.request(method, url, headers={name.replace("_", "-"): value for name, value in headers.items()})


def fetch_async(cache: Cache, origin: Origin, url: str = URL, *, method: str = "GET", **headers: str) -> httpx.Response:
    """Send a request through a cache, asynchronously, in a new event loop."""

    async def main() -> httpx.Response:
        async with httpx.AsyncClient(transport=cache.over_async(origin)) as client:
            return await client.request(method, url, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return asyncio.run(main())


BOTH = pytest.mark.parametrize("fetch", [fetch_sync, fetch_async], ids=["sync", "async"])


def from_cache(response: httpx.Response) -> bool:
    return bool(response.extensions["caching"]["from_cache"])
