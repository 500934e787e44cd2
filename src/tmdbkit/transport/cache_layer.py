"""hishel's HTTP cache on our store of responses. hishel decides on storing, freshness and revalidation (RFC 9111)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from email.utils import formatdate, parsedate_to_datetime
from hashlib import blake2b
from time import time
from typing import cast
from uuid import UUID

import httpx
import msgspec
from tmdb_openapi.security import PRIVATE_PATHS, SECRET_HEADERS, SECRET_QUERY_ITEMS

try:
    from hishel import AsyncBaseStorage, BaseStorage, CacheOptions, Entry, Headers, Request, Response
    from hishel.httpx import AsyncCacheTransport, CacheTransport
except ImportError as error:
    raise ImportError("a cache needs hishel: pip install 'tmdbkit[cache]'") from error

from .body import read, read_async
from .cache_store import CachedResponse, Store
from .deadline import deadline_of
from .extensions import BODY, SHAREABLE, STALE_IF_ERROR
from .retries import TRANSIENT_ERRORS, is_refusal, is_transient

__all__ = ["AsyncCachingTransport", "CachingTransport"]

# Without these options hishel ignores every caching header, and keeps responses forever. Shared: private responses are not stored.
RFC = CacheOptions(shared=True)
STORED_STATUSES = (200, 404)
"""The other statuses are transient, or depend on the credential."""
SELECTING = ("accept", "accept-encoding", "accept-language", "origin")
"""Request headers that select among responses to a URL. Each combination has its own entry: TMDB's weak tags are the same for all of them."""
LASTING = {"cache-control", "etag", "expires", "last-modified"}
UNSTORED_HEADERS = {"age", *SECRET_HEADERS}
PRIVATE_HEADERS = [name for name in SECRET_HEADERS if not name.startswith("proxy-")]
"""Headers of a request by which TMDB knows who asks. A proxy's credential is not for TMDB."""

_PRIVATE = re.compile(
    rf"({'|'.join('[^/?#]+'.join(map(re.escape, re.split('{[^}]*}', path))) for path in PRIVATE_PATHS)})(?![^/?#])|[?&]({'|'.join(SECRET_QUERY_ITEMS)})="
)


class CachingTransport(CacheTransport):
    """The first layer of the stack: responds from a store if possible, and otherwise sends the request to the next layer.

    The response extension `caching` has the result: `from_cache`, `revalidated`, `stored`. A request with the extension `SHAREABLE` set to False bypasses it,
    as does one that a custom httpx client changes. If the extension `STALE_IF_ERROR` permits it, a stale response replaces every transient failure;
    a truncated response is such a failure, so the body is read here, and becomes the extension `BODY` of the response.

    Args:
        transport: The next layer.
        store: The store of responses.
        changes: Tells whether a layer below changes a request before it is sent, so that neither its key nor `is_shareable` are right; None where none does.
        holds_credential: Tells whether a response repeats a credential of its request, as a firewall's may, and is not stored; None where none can.
    """

    def __init__(
        self,
        transport: httpx.BaseTransport,
        store: Store,
        changes: Callable[[httpx.Request], bool] | None = None,
        holds_credential: Callable[[bytes], bool] | None = None,
    ) -> None:
        super().__init__(transport, _Storage(store, holds_credential), RFC)
        self._store, self._changes = store, changes

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response to a request, from the store or from the next layer."""
        if not is_shareable(request) or (self._changes and self._changes(request)):
            return self.next_transport.handle_request(request)
        key = key_of(request)
        request.extensions["caching"] = {"key": key}
        if STALE_IF_ERROR not in request.extensions:
            return super().handle_request(request)
        try:
            response = super().handle_request(request)
            body = response.extensions[BODY] = read(response, deadline_of(request))
        except TRANSIENT_ERRORS:
            if stale := _stale(self._store, key, request):
                return stale
            raise
        if is_transient(response.status_code, body) and (stale := _stale(self._store, key, request)):
            return stale
        return response

    def close(self) -> None:
        """Close the next layer. The store stays open, as others may use it."""
        self.next_transport.close()


class AsyncCachingTransport(AsyncCacheTransport):
    """`CachingTransport` for asynchronous clients."""

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        store: Store,
        changes: Callable[[httpx.Request], bool] | None = None,
        holds_credential: Callable[[bytes], bool] | None = None,
    ) -> None:
        super().__init__(transport, _AsyncStorage(store, holds_credential), RFC)
        self._store, self._changes = store, changes

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response to a request, from the store or from the next layer."""
        if not is_shareable(request) or (self._changes and self._changes(request)):
            return await self.next_transport.handle_async_request(request)
        key = key_of(request)
        request.extensions["caching"] = {"key": key}
        if STALE_IF_ERROR not in request.extensions:
            return await super().handle_async_request(request)
        try:
            response = await super().handle_async_request(request)
            body = response.extensions[BODY] = await read_async(response)
        except TRANSIENT_ERRORS:
            if stale := await asyncio.to_thread(_stale, self._store, key, request):
                return stale
            raise
        if is_transient(response.status_code, body) and (stale := await asyncio.to_thread(_stale, self._store, key, request)):
            return stale
        return response

    async def aclose(self) -> None:
        """Close the next layer. The store stays open, as others may use it."""
        await self.next_transport.aclose()


def is_shareable(request: httpx.Request) -> bool:
    """Return whether the response to a request may be shared: its extension permits it, and it contains no credential."""
    if not request.extensions.get(SHAREABLE, True):
        return False
    if request.method != "GET" or any(name in request.headers for name in PRIVATE_HEADERS):
        return False
    if "no-store" in request.headers.get("cache-control", "").lower():
        return False
    return _PRIVATE.search(str(request.url)) is None


def key_of(request: httpx.Request) -> str:
    """Return the key of the response to a request: a UUID in hexadecimal digits, as hishel uses UUIDs."""
    parts = (str(request.url), *(request.headers.get(name, "") for name in SELECTING))
    return blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


class _Storage(BaseStorage):
    def __init__(self, store: Store, holds_credential: Callable[[bytes], bool] | None) -> None:
        super().__init__()
        self._store, self._holds_credential = store, holds_credential

    def get_entries(self, key: str) -> list[Entry]:
        return [_entry(key, cached, iter([cached.body])) for cached in _get(self._store, key)]

    def create_entry(self, request: Request, response: Response, key: str, *, ttl: float | None = None, tti: float | None = None) -> Entry:  # noqa: ARG002
        def saving(stream: Iterator[bytes]) -> Iterator[bytes]:
            body = []
            for chunk in stream:
                body.append(chunk)
                yield chunk
            _save(self._store, key, request, response, body, self._holds_credential)

        return Entry(UUID(key), request, replace(response, stream=saving(cast("Iterator[bytes]", response.stream))))

    def update_headers(self, id: UUID, headers: Headers) -> None:  # noqa: A002
        _refresh(self._store, id, headers)

    def remove_entry(self, id: UUID) -> None:  # noqa: A002
        self._store.remove(id.bytes)


class _AsyncStorage(AsyncBaseStorage):
    """`_Storage` for asynchronous clients; accesses the file in other threads."""

    def __init__(self, store: Store, holds_credential: Callable[[bytes], bool] | None) -> None:
        super().__init__()
        self._store, self._holds_credential = store, holds_credential

    async def get_entries(self, key: str) -> list[Entry]:
        return [_entry(key, cached, _once(cached.body)) for cached in await asyncio.to_thread(_get, self._store, key)]

    async def create_entry(self, request: Request, response: Response, key: str, *, ttl: float | None = None, tti: float | None = None) -> Entry:  # noqa: ARG002
        async def saving(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
            body = []
            async for chunk in stream:
                body.append(chunk)
                yield chunk
            await asyncio.to_thread(_save, self._store, key, request, response, body, self._holds_credential)

        return Entry(UUID(key), request, replace(response, stream=saving(cast("AsyncIterator[bytes]", response.stream))))

    async def update_headers(self, id: UUID, headers: Headers) -> None:  # noqa: A002
        await asyncio.to_thread(_refresh, self._store, id, headers)

    async def remove_entry(self, id: UUID) -> None:  # noqa: A002
        await asyncio.to_thread(self._store.remove, id.bytes)


def _get(store: Store, key: str) -> list[CachedResponse]:
    cached = store.get(UUID(key).bytes)
    return [] if cached is None else [cached]


def _stale(store: Store, key: str, request: httpx.Request) -> httpx.Response | None:
    """Return a stale response that may replace a failure, up to the age that the request permits."""
    for cached in _get(store, key):
        age = time() - parsedate_to_datetime(cached.headers["date"][0]).timestamp()
        if age <= request.extensions[STALE_IF_ERROR]:
            headers = [(name, value) for name, values in cached.headers.items() for value in values]
            caching = {"from_cache": True, "revalidated": False, "stored": False}
            return httpx.Response(cached.status_code, headers=headers, stream=httpx.ByteStream(cached.body), extensions={"caching": caching})
    return None


def _entry(key: str, cached: CachedResponse, body: Iterator[bytes] | AsyncIterator[bytes]) -> Entry:
    return Entry(UUID(key), Request("GET", cached.url, Headers(cached.selecting_headers)), Response(cached.status_code, Headers(cached.headers), body))


def _save(store: Store, key: str, request: Request, response: Response, chunks: list[bytes], holds_credential: Callable[[bytes], bool] | None = None) -> None:
    """Store a response that was read completely."""
    headers, body = _lists(response.headers), b"".join(chunks)
    varies = {name.strip().lower() for value in headers.get("vary", ()) for name in value.split(",")} - {""}
    if response.status_code in STORED_STATUSES and headers.keys() & LASTING and varies <= {*SELECTING} and (content := _whole(headers, body)) is not None:
        if holds_credential and holds_credential(b"\n".join((content, *(value.encode() for values in headers.values() for value in values)))):
            return
        selecting = {name: values for name, values in _lists(request.headers).items() if name in SELECTING}
        store.set(UUID(key).bytes, CachedResponse(request.url, selecting, response.status_code, _dated(headers), body))


def _refresh(store: Store, number: UUID, headers: Headers) -> None:
    """Update the headers of a stored response after its revalidation."""
    fresh = _lists(headers)
    for cached in _get(store, number.hex):
        if fresh.get("date") == cached.headers["date"] and "age" not in fresh:
            del fresh["date"]  # TMDB sent no date
        store.set(number.bytes, cached._replace(headers=_dated(fresh)))


def _dated(headers: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The headers to store, with a valid `Date`: hishel computes the age from it alone, and considers a response without one always new."""
    now, age = time(), 0.0
    with suppress(KeyError, ValueError, OverflowError):
        age = now - parsedate_to_datetime(headers["date"][0]).timestamp()
    with suppress(KeyError, ValueError):
        age = max(age, min(float(headers["age"][0]), now))
    stored = {name: values for name, values in headers.items() if name not in UNSTORED_HEADERS}
    return {**stored, "date": [formatdate(now - max(age, 0.0), usegmt=True)]}


def _whole(headers: Mapping[str, list[str]], body: bytes) -> bytes | None:
    """Return the content of a complete body, which has the announced length, and is JSON; None for any other."""
    if headers.get("content-length", [str(len(body))]) != [str(len(body))]:
        return None
    coding = {"content-encoding": ", ".join(headers.get("content-encoding", ()))}
    try:
        content = httpx.Response(200, headers=coding, content=body).content
        content.decode()  # msgspec does not check the texts of a `Raw`
        msgspec.json.decode(content, type=msgspec.Raw)
    except (httpx.DecodingError, msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    return None if is_refusal(content) else content


def _lists(headers: Headers) -> dict[str, list[str]]:
    return {name: headers.get_list(name) or [] for name in headers}


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body
