"""A server as a transport: it counts requests, says how long its answers last, and tells callers who have them that they are still the same."""

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
    """A body as it comes from the network: in pieces, and broken off by an exception among them."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self.pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


class Origin(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers with a body, which is JSON that counts the answers by default, and headers like TMDB's.

    Attributes:
        requests: The headers of the requests that came.
        headers: What is sent beside `Date`; a header that is None is not sent.
        status: The HTTP status.
        body: The body; None for one that counts.
        tag: The body's tag, which makes the answer a 304 for who names it.
    """

    def __init__(
        self, cache_control: str | None = PUBLIC, *, status: int = 200, body: Body | bytes | None = None, tag: str | None = 'W/"1"', **headers: Any
    ) -> None:
        self.requests: list[httpx.Headers] = []
        self.status, self.body, self.tag = status, body, tag
        self.headers: dict[str, str | None] = {"Cache-Control": cache_control, "Vary": "accept-encoding, Origin", "Content-Type": "application/json"}
        self.headers.update({name.replace("_", "-"): value for name, value in headers.items()})

    @property
    def asked(self) -> int:
        return len(self.requests)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(httpx.Headers(request.headers))
        body = f'{{"answer": {self.asked}}}'.encode() if self.body is None else self.body
        headers = {"Date": formatdate(usegmt=True), "ETag": self.tag, **self.headers}
        sent = [(name, value) for name, value in headers.items() if value is not None]
        if self.tag is not None and request.headers.get("If-None-Match") == self.tag:
            return httpx.Response(304, headers=sent, stream=Body())
        return httpx.Response(self.status, headers=sent, stream=body if isinstance(body, Body) else Body(body[:5], body[5:]))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        return self.handle_request(request)


def past(seconds: float) -> str:
    """The moment so many seconds ago as a header tells it."""
    return formatdate(time() - seconds, usegmt=True)


Ask = Callable[..., httpx.Response]


def ask_sync(cache: Cache, origin: Origin, url: str = URL, *, method: str = "GET", **headers: str) -> httpx.Response:
    """The answer to a request that goes through a cache."""
    with httpx.Client(transport=cache.over(origin)) as client:
        return client.request(method, url, headers={name.replace("_", "-"): value for name, value in headers.items()})


def ask_async(cache: Cache, origin: Origin, url: str = URL, *, method: str = "GET", **headers: str) -> httpx.Response:
    """The same, awaited, in an event loop of its own."""

    async def main() -> httpx.Response:
        async with httpx.AsyncClient(transport=cache.over_async(origin)) as client:
            return await client.request(method, url, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return asyncio.run(main())


BOTH = pytest.mark.parametrize("ask", [ask_sync, ask_async], ids=["sync", "async"])


def from_cache(response: httpx.Response) -> bool:
    return bool(response.extensions["caching"]["from_cache"])
