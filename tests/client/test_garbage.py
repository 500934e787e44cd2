"""Calls leave nothing to the garbage collector: what a call held is freed when it ends, and memory does not wait for a collection."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import httpx
import pytest

from tmdbkit import TMDB, AsyncTMDB, Retries, TMDBError
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
    """Switch the garbage collector off, and give a function that counts the calls in memory."""
    gc.collect()
    gc.disable()
    try:
        yield lambda: sum(isinstance(each, Call) for each in gc.get_objects())
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
