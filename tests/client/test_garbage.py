"""Calls leave nothing to the garbage collector: what a call held is freed when it ends, and memory does not wait for a collection."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterable, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tmdbkit import TMDB, AsyncTMDB, Retries, TMDBError, exports
from tmdbkit.call import Call
from tmdbkit.testing import FakeTMDB

TOKEN = "eyJ.any.token"


def answer(request: httpx.Request) -> httpx.Response:
    """TMDB, with a movie that drifts, one that does not exist, one that is no JSON, and one whose connection breaks."""
    match request.url.path:
        case "/3/movie/1":
            return httpx.Response(200, json={"id": 1, "title": "A title"})
        case "/3/movie/2":
            return httpx.Response(200, json={"id": 2, "title": 2})
        case "/3/movie/3":
            return httpx.Response(404, json={"success": False, "status_code": 34, "status_message": "The resource you requested could not be found."})
        case "/3/movie/4":
            return httpx.Response(200, content=b"{")
        case _:
            raise httpx.ConnectError("no route to host")


MOVIES = {"read": 1, "drifted": 2, "refused": 3, "undecodable": 4, "failed": 5}


@contextmanager
def no_collections() -> Iterator[Callable[[], int]]:
    """Switch the garbage collector off, and give a function that counts the calls and exceptions that are in memory since."""
    gc.collect()
    gc.disable()
    before = sum(isinstance(each, (Call, Exception)) for each in gc.get_objects())
    try:
        yield lambda: sum(isinstance(each, (Call, Exception)) for each in gc.get_objects()) - before
    finally:
        gc.enable()


@pytest.mark.parametrize("movie_id", MOVIES.values(), ids=MOVIES.keys())
def test_a_call_is_freed_when_it_ends(movie_id: int) -> None:
    with TMDB(TOKEN, transport=httpx.MockTransport(answer), retries=Retries(attempts=2, base=0.001)) as tmdb, no_collections() as calls:
        for _ in range(3):
            with suppress(TMDBError):
                tmdb.movies.details(movie_id)
        assert calls() == 0


@pytest.mark.parametrize("movie_id", MOVIES.values(), ids=MOVIES.keys())
async def test_an_asynchronous_call_is_freed_when_it_ends(movie_id: int) -> None:
    async with AsyncTMDB(TOKEN, transport=httpx.MockTransport(answer), retries=Retries(attempts=2, base=0.001)) as tmdb:
        with no_collections() as calls:
            for _ in range(3):
                with suppress(TMDBError):
                    await tmdb.movies.details(movie_id)
            assert calls() == 0


@pytest.mark.parametrize("transport", [None, "aiohttp"])
async def test_a_call_over_a_socket_is_freed_when_it_ends(transport: str | None) -> None:
    with FakeTMDB().serve() as server:
        async with AsyncTMDB(TOKEN, base_url=server.base_url, transport=transport) as tmdb:
            await tmdb.movies.details(550)
            with no_collections() as calls:
                await asyncio.gather(*(tmdb.movies.details(550) for _ in range(5)))
                assert calls() == 0


def break_off(_: int) -> None:
    raise LookupError


async def break_off_async(_: int) -> None:
    raise LookupError


FAILURES: dict[str, Callable[[TMDB, Path], object]] = {
    "a list": lambda tmdb, _: list(tmdb.paginate(tmdb.movies.popular)),
    "an image": lambda tmdb, folder: tmdb.images.download("https://image.tmdb.org/t/p/w500/a.jpg", folder),
    "an export": lambda tmdb, _: list(tmdb.exports.rows(exports.MOVIE_IDS)),
    "an approval": lambda tmdb, _: tmdb.users.request_approval(),
    "a batch": lambda tmdb, _: list(tmdb.fetch_many(break_off, [1]).concurrency(1)),
    "changes": lambda tmdb, _: list(tmdb.changed("movie", "2024-05-01", "2024-05-01")),
}
FAILURES_ASYNC: dict[str, Callable[[AsyncTMDB, Path], Awaitable[object]]] = {
    "a list": lambda tmdb, _: consumed(tmdb.paginate(tmdb.movies.popular)),
    "an image": lambda tmdb, folder: tmdb.images.download("https://image.tmdb.org/t/p/w500/a.jpg", folder),
    "an export": lambda tmdb, _: consumed(tmdb.exports.rows(exports.MOVIE_IDS)),
    "an approval": lambda tmdb, _: tmdb.users.request_approval(),
    "a batch": lambda tmdb, _: consumed(tmdb.fetch_many(break_off_async, [1])),
    "changes": lambda tmdb, _: consumed(tmdb.changed("movie", "2024-05-01", "2024-05-01")),
}


async def consumed(rows: AsyncIterable[object]) -> None:
    async for _ in rows:
        pass


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_freed_when_it_is_handled(name: str, tmp_path: Path) -> None:
    with TMDB(TOKEN, transport=httpx.MockTransport(answer), retries=None) as tmdb:
        for _ in range(2):  # the first one imports modules
            with no_collections() as left:
                with pytest.raises((TMDBError, LookupError)):
                    FAILURES[name](tmdb, tmp_path)
                found = left()
        assert found == 0


@pytest.mark.parametrize("name", FAILURES_ASYNC)
async def test_an_asynchronous_failure_is_freed_when_it_is_handled(name: str, tmp_path: Path) -> None:
    async with AsyncTMDB(TOKEN, transport=httpx.MockTransport(answer), retries=None) as tmdb:
        for _ in range(2):
            with no_collections() as left:
                with pytest.raises((TMDBError, LookupError)):
                    await FAILURES_ASYNC[name](tmdb, tmp_path)
                found = left()
        assert found == 0
