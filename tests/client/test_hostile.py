"""A server that misbehaves in many ways.

Each call ends with one of our exceptions, in time and in little memory, and the next one works.
"""

from __future__ import annotations

import gzip
import json
import socket
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import repeat
from typing import Any

import httpx
import pytest

from tests.conftest import API_KEY, SESSION, TOKEN, body_of
from tests.support.fake_clock import Action, run_async, run_sync
from tests.support.raw_server import RawServer, hangs, raw_server, sends
from tmdbkit import (
    TMDB,
    APIConnectionError,
    DeadlineError,
    DecodeError,
    ServerError,
    StatusError,
    TMDBError,
    certification,
    changed,
    localize,
    where_to_watch,
)
from tmdbkit.images import best
from tmdbkit.runtime.models import Model
from tmdbkit.transport.body import MOST_BYTES

DEADLINE = 1.0
GOOD = body_of("movies/account_states")
DEEP = b"[" * 200_000


def raw_response(body: bytes, *headers: bytes, status: bytes = b"200 OK", length: object = None) -> bytes:
    content_length = str(len(body) if length is None else length).encode()
    return b"\r\n".join((b"HTTP/1.1 %b" % status, b"Content-Type: application/json", b"Content-Length: %b" % content_length, *headers, b"", body))


@cache
def bomb() -> bytes:
    """A quarter of a megabyte that decompresses to a quarter of a gigabyte."""
    packer = zlib.compressobj(wbits=31)
    block = bytes(1 << 20)
    return b"".join(packer.compress(block) for _ in range(1 << 8)) + packer.flush()


def dripped(content: bytes, every: float = 0.05) -> Iterator[bytes]:
    for byte in content:
        time.sleep(every)
        yield bytes((byte,))


Script = Callable[[], Iterator[bytes] | list[bytes]]
"""What the server sends to the first request; the connection is closed behind it."""

HOLD = b""
"""Stands for a connection that is left open without another byte."""

CASES: dict[str, tuple[Script, type[TMDBError]]] = {
    "no byte, and closes": (list, APIConnectionError),
    "no byte, and holds": (lambda: [HOLD], DeadlineError),
    "not HTTP": (lambda: [b"220 smtp.example.org ESMTP\r\n"], APIConnectionError),
    "half of a status line": (lambda: [b"HTTP/1.1 20"], APIConnectionError),
    "headers without an end": (lambda: repeat(b"X-Header: " + b"x" * 1000 + b"\r\n", 1000), APIConnectionError),
    "headers that drip": (lambda: dripped(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000), DeadlineError),
    "a body that drips": (lambda: yield_from(raw_response(b"", length=1000), dripped(b" " * 1000)), DeadlineError),
    "chunks that drip": (lambda: yield_from(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", dripped(b"1\r\n \r\n" * 500, 0.01)), DeadlineError),
    "endless informational responses": (lambda: (time.sleep(0.01) or b"HTTP/1.1 102 Processing\r\n\r\n" for _ in repeat(None)), DeadlineError),
    "a truncated body": (lambda: [raw_response(GOOD[:20], length=len(GOOD))], APIConnectionError),
    "a truncated body, and holds": (lambda: [raw_response(GOOD[:20], length=len(GOOD)), HOLD], DeadlineError),
    "a length that is too small": (lambda: [raw_response(GOOD, length=len(GOOD) - 5), HOLD], DecodeError),
    "a length that is no number": (lambda: [raw_response(GOOD, length="many")], APIConnectionError),
    "a negative length": (lambda: [raw_response(GOOD, length=-5)], APIConnectionError),
    "two lengths": (lambda: [raw_response(GOOD, b"Content-Length: 3")], APIConnectionError),
    "a chunk without a size": (lambda: [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"], APIConnectionError),
    "a chunk that breaks off": (lambda: [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"], APIConnectionError),
    "a gzip bomb": (lambda: [raw_response(bomb(), b"Content-Encoding: gzip")], DecodeError),
    "a gzip bomb in an error": (lambda: [raw_response(bomb(), b"Content-Encoding: gzip", status=b"500 Oops")], ServerError),
    "a body without an end": (lambda: yield_from(b"HTTP/1.1 200 OK\r\n\r\n", repeat(b" " * 65_536)), DecodeError),
    "gzip that breaks off": (lambda: [raw_response(gzip.compress(GOOD)[:-12], b"Content-Encoding: gzip")], DecodeError),
    "gzip that is none": (lambda: [raw_response(b"nothing of the kind", b"Content-Encoding: gzip")], DecodeError),
    "an encoding that was not asked for": (lambda: [raw_response(GOOD, b"Content-Encoding: br")], DecodeError),
    "invalid UTF-8": (lambda: [raw_response(b'{"id": 1, "favorite": "\xff\xfe"}')], DecodeError),
    "another encoding of text": (lambda: [raw_response(GOOD.decode().encode("utf-16"))], DecodeError),
    "deeply nested": (lambda: [raw_response(DEEP)], DecodeError),
    "deeply nested, and closed": (lambda: [raw_response(DEEP + b"]" * len(DEEP))], DecodeError),
    "deeply nested in an error": (lambda: [raw_response(DEEP, status=b"500 Oops")], ServerError),
    "NaN": (lambda: [raw_response(b'{"id": NaN, "favorite": true, "rated": false, "watchlist": true}')], DecodeError),
    "Infinity": (lambda: [raw_response(b'{"id": 1, "rated": {"value": -Infinity}}')], DecodeError),
    "two bodies": (lambda: [raw_response(GOOD + GOOD)], DecodeError),
    "nothing": (lambda: [raw_response(b"")], DecodeError),
    "a page of a proxy": (lambda: [raw_response(b"<html>Welcome</html>")], DecodeError),
    "a redirect to itself": (lambda: [raw_response(b"", b"Location: /3/movie/550/account_states", status=b"302 Found")], StatusError),
    "a redirect to another host": (lambda: [raw_response(b"", b"Location: http://localhost:9/", status=b"307 Temporary Redirect")], StatusError),
    "a status that is none": (lambda: [raw_response(GOOD, status=b"999 What")], StatusError),
}


def yield_from(first: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from others


@contextmanager
def hostile_server(script: Script) -> Iterator[RawServer]:
    """A server that answers the first request as it is told, and the others well."""

    def misbehave(connection: socket.socket) -> None:
        for chunk in script():
            if chunk == HOLD:
                hangs()(connection)
            else:
                connection.sendall(chunk)

    with raw_server(misbehave, sends(raw_response(GOOD))) as server:
        yield server


def ask(tmdb: Any, **options: Any) -> Any:
    return tmdb.movies.account_states(550, **options)


def calling_twice() -> tuple[Action, dict[str, Any]]:
    """An action that makes a failing call and another one, and a dict for its results."""
    found: dict[str, Any] = {}

    def note(started: float, error: TMDBError) -> None:
        found.update(error=error, seconds=time.monotonic() - started)

    def action(tmdb: Any) -> Any:
        started = time.monotonic()
        if not hasattr(tmdb, "__aenter__"):
            try:
                ask(tmdb, retries=None)
            except TMDBError as error:
                note(started, error)
            return ask(tmdb)

        async def awaited() -> Any:
            try:
                await ask(tmdb, retries=None)
            except TMDBError as error:
                note(started, error)
            return await ask(tmdb)

        return awaited()

    return action, found


def run_aiohttp(action: Action, credential: str, **options: Any) -> Any:
    return run_async(action, credential, transport="aiohttp", **options)


ALL = pytest.mark.parametrize("run", [run_sync, run_async, run_aiohttp], ids=["sync", "async", "aiohttp"])


@pytest.mark.slow
@ALL
@pytest.mark.parametrize("case", CASES)
def test_a_hostile_response_is_one_of_our_exceptions(run: Any, case: str) -> None:
    script, expected = CASES[case]
    bomb()  # made in time
    action, found = calling_twice()
    with hostile_server(script) as server:
        state = run(action, API_KEY, session_id=SESSION, base_url=server.url, deadline=DEADLINE)
        assert state.id == json.loads(GOOD)["id"]
    # aiohttp notices at once that the body is longer than its length.
    assert isinstance(found["error"], (expected, APIConnectionError) if run is run_aiohttp else expected), repr(found["error"])
    assert found["seconds"] < DEADLINE + 5, "and not until the server lets go"
    assert SESSION not in repr(found["error"])
    if issubclass(expected, StatusError):
        assert len(server.requests) == 2


@ALL
@pytest.mark.parametrize("case", ["a gzip bomb", "a gzip bomb in an error", "a body without an end", "headers without an end"])
def test_an_endless_response_takes_little_memory(run: Any, case: str) -> None:
    script, _ = CASES[case]
    chunks = script()
    prepared = chunks if isinstance(chunks, list) else None
    action, _ = calling_twice()
    with hostile_server((lambda: prepared) if prepared else script) as server:
        tracemalloc.start()
        try:
            run(action, API_KEY, session_id=SESSION, base_url=server.url, deadline=30)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 4 * MOST_BYTES


def test_a_transient_hostile_response_is_retried() -> None:
    for case in ("a truncated body", "not HTTP", "no byte, and closes"):
        with hostile_server(CASES[case][0]) as server:
            assert run_sync(ask, API_KEY, session_id=SESSION, base_url=server.url, deadline=10).id == json.loads(GOOD)["id"]
            assert len(server.requests) == 2


# Helpers over responses that have drifted

ROW = {
    "id": 1,
    "title": "Heat",
    "original_title": "Heat",
    "name": "Heat",
    "original_name": "Heat",
    "popularity": 1.5,
    "release_date": "1995-01-01",
    "first_air_date": "1995-01-01",
    "origin_country": ["US"],
    "adult": False,
    "key": "title",
    "items": [{"id": "a", "time": "2024-01-01 00:00:00 UTC"}],
    "season_number": 1,
    "show_id": 3,
}
EPISODE = {"season_number": 1, "episode_number": 1, "air_date": "2099-01-01"}
PROVIDER = {"provider_id": 1, "provider_name": "a", "display_priority": 1}
RELEASE = {"certification": "16", "type": 3, "release_date": "2024-01-01T00:00:00.000Z", "descriptors": ["a"]}
TRANSLATION = {"iso_639_1": "de", "iso_3166_1": "DE", "data": {"title": "a", "name": "b"}}
SOUND: dict[str, Any] = {
    "page": 1,
    "total_pages": 1,
    "total_results": 1,
    "id": 1,
    "name": "a",
    "title": "a",
    "results": [ROW],
    "changes": [ROW],
    "seasons": [ROW],
    "movie_results": [ROW],
    "tv_results": [],
    "tv_episode_results": [ROW],
    "season/1": {"season_number": 1, "episodes": [EPISODE]},
    "watch/providers": {"results": {"DE": {"link": "a", "flatrate": [PROVIDER]}}},
    "release_dates": {"results": [{"iso_3166_1": "DE", "release_dates": [RELEASE, RELEASE]}]},
    "content_ratings": {"results": [{"iso_3166_1": "DE", "rating": "16", "descriptors": []}]},
    "translations": {"translations": [TRANSLATION]},
    "alternative_titles": {"titles": [{"title": "a"}], "results": [{"title": "a"}]},
    "images": {"posters": [{"file_path": "/a.jpg", "width": 1, "height": 1, "vote_average": 1.0, "vote_count": 1, "iso_639_1": "de"}] * 2},
}
OTHERS: list[Any] = [None, -1, 1.5, "x", [42], [], {"a": 1}]


def drifted(value: Any) -> Iterator[Any]:
    """A value with each of its parts removed, and replaced by others of every kind."""
    if isinstance(value, (dict, list)):
        for place in value if isinstance(value, dict) else range(len(value)):
            for other in (*OTHERS, *drifted(value[place])):
                copy: Any = value.copy()
                copy[place] = other
                yield copy
            if isinstance(value, dict):
                yield {key: item for key, item in value.items() if key != place}


def whole(tmdb: TMDB) -> object:
    series = tmdb.whole_series(1)
    return repr(series), list(series), series.aired(), series.next_to_air(), series.episode(1, 1)


def views(tmdb: TMDB) -> object:
    movie = tmdb.movies.details(1, append_to_response=["watch/providers", "release_dates", "translations", "images"])
    series = tmdb.tv_series.details(1, append_to_response=["content_ratings"])
    images = movie.images.posters if isinstance(movie.images, Model) and isinstance(movie.images.posters, list) else []
    return (
        *(localize(movie, "de"), where_to_watch(movie, "DE"), certification(movie, "DE"), certification(series, "DE")),
        best(images, languages=["de"], width=1),
    )


HELPERS: dict[str, tuple[Callable[[TMDB], object], set[str]]] = {
    "match.movie": (lambda tmdb: tmdb.match.movie("Nothing like it", year=1995), {"results", "alternative_titles", "translations"}),
    "match.movie by id": (lambda tmdb: tmdb.match.movie("Heat {imdb-tt0113277}"), {"movie_results"}),
    "match.series": (lambda tmdb: tmdb.match.series("Heat (US) S01E02"), {"results"}),
    "match.series by id": (lambda tmdb: tmdb.match.series("Heat {imdb-tt0113277}"), {"tv_results", "tv_episode_results"}),
    "changed": (lambda tmdb: list(tmdb.changed("movie", "2024-01-01", "2024-01-01")), {"results", "total_pages"}),
    "change_history": (lambda tmdb: tmdb.change_history("movie", 1, "2024-01-01", "2024-01-02"), {"changes"}),
    "whole_series": (whole, {"seasons", "season/1"}),
    "views": (views, {"watch/providers", "release_dates", "content_ratings", "translations", "images"}),
}


@pytest.mark.filterwarnings("ignore::tmdbkit.IncompleteWarning")
@pytest.mark.parametrize(("call", "keys"), HELPERS.values(), ids=HELPERS)
def test_helpers_take_any_response(call: Callable[[TMDB], object], keys: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changed, "MOST_PAGES", 2)
    content = b""
    with TMDB(TOKEN, transport=httpx.MockTransport(lambda _: httpx.Response(200, content=content)), retries=None) as tmdb:
        outcomes = set()
        for body in ({}, *drifted({key: SOUND[key] for key in keys})):
            content = json.dumps({**SOUND, **body}).encode()
            try:
                call(tmdb)
                outcomes.add("value")
            except TMDBError as error:
                outcomes.add(type(error).__name__)
    assert "value" in outcomes
    assert outcomes <= {"value", "DecodeError"}


@pytest.mark.parametrize("status", [200, 302, 404, 503])
def test_headers_need_not_be_ascii(status: int) -> None:
    headers = [(b"X-Title", "Änderung".encode()), (b"Server", b"\xff")]
    transport = httpx.MockTransport(lambda _: httpx.Response(status, headers=headers, content=b"<html>"))
    with TMDB(TOKEN, transport=transport, retries=None) as tmdb, pytest.raises((DecodeError, StatusError)) as caught:
        tmdb.movies.details(550)
    assert caught.value.headers["x-title"]


def test_a_length_of_any_size_is_no_number() -> None:
    headers, stream = {"Content-Length": "9" * 5000}, httpx.ByteStream(b'{"id":550}')
    with TMDB(TOKEN, transport=httpx.MockTransport(lambda _: httpx.Response(200, headers=headers, stream=stream))) as tmdb:
        assert tmdb.movies.details(550).id == 550
