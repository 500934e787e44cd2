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

import pytest

from tests.conftest import API_KEY, SESSION, body_of
from tests.support.fake_clock import Action, run_async, run_sync
from tests.support.raw_server import RawServer, hangs, raw_server, sends
from tmdbkit import APIConnectionError, DeadlineError, DecodeError, ServerError, StatusError, TMDBError
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
