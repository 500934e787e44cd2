"""The fake over real sockets."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import enumerate as threads

import httpx
import pytest

from tests.conftest import API_KEY, SESSION, TOKEN
from tmdbkit import TMDB, AsyncTMDB, NotFoundError, RateLimitError
from tmdbkit.testing import FakeTMDB, FakeTMDBServer


def test_the_server_and_the_transport_send_the_same(fake: FakeTMDB) -> None:
    with fake.serve() as server, TMDB(TOKEN, base_url=server.base_url) as tmdb:
        movie = tmdb.movies.details(550, append_to_response=["credits", "watch/providers"])
    assert movie == fake.client().movies.details(550, append_to_response=["credits", "watch/providers"])
    assert fake.requests[0].credentials["access_token"].reveal() == TOKEN


async def test_concurrent_asynchronous_calls(fake: FakeTMDB) -> None:
    with fake.serve() as server:
        async with AsyncTMDB(API_KEY, base_url=server.base_url) as tmdb:
            movies = await asyncio.gather(*(tmdb.movies.details(550) for _ in range(20)))
    assert {movie.title for movie in movies} == {"Fight Club"}
    assert len(fake.requests) == 20


def test_request_bodies_and_error_statuses_are_transferred(fake: FakeTMDB) -> None:
    with fake.serve() as server, TMDB(TOKEN, base_url=server.base_url, session_id=SESSION, retries=None) as tmdb:
        assert tmdb.movies.raw.add_rating(550, value=8.5).status_code == 201
        with pytest.raises(NotFoundError):
            tmdb.movies.details(999999999)
        fake.fail_next(status=429, retry_after=2)
        with pytest.raises(RateLimitError) as caught:
            tmdb.movies.details(550)
    assert caught.value.retry_after == 2
    assert fake.requests[0].body == {"value": 8.5}


def test_a_304_has_no_body(fake: FakeTMDB) -> None:
    with fake.serve() as server, httpx.Client(base_url=server.base_url, params={"api_key": API_KEY}) as client:
        tag = client.get("/3/movie/550").headers["ETag"]
        response = client.get("/3/movie/550", headers={"If-None-Match": tag})
        assert (response.status_code, response.content) == (304, b"")
        assert client.get("/3/movie/550").status_code == 200


def test_escapes_in_the_url_are_decoded_as_by_the_transport(fake: FakeTMDB) -> None:
    path, query = "/3/movie/%35%35%30", {"language": "zh-CN", "x": "a b&c/ü"}
    with fake.serve() as server:
        for client in (httpx.Client(base_url=server.base_url), httpx.Client(base_url="http://127.0.0.1", transport=fake.transport)):
            with client:
                assert client.get(path, params={"api_key": API_KEY, **query}).json()["id"] == 550
    assert fake.requests[0].path == fake.requests[1].path == "/3/movie/550"
    assert fake.requests[0].query == fake.requests[1].query == query


def test_each_server_has_its_own_loopback_port(fake: FakeTMDB) -> None:
    with fake.serve() as first, fake.serve() as second:
        assert first.base_url.startswith("http://127.0.0.1:")
        assert first.base_url != second.base_url
        assert first.base_url in repr(first)


def test_the_server_listens_on_the_requested_port(fake: FakeTMDB) -> None:
    with fake.serve() as server:
        port = httpx.URL(server.base_url).port
        assert port is not None
        with pytest.raises(OSError, match="in use"), fake.serve(port=port):
            pass
    with fake.serve(port=port) as again:
        assert again.base_url == f"http://127.0.0.1:{port}"


def test_the_server_stops_with_the_with_statement(fake: FakeTMDB) -> None:
    with httpx.Client() as kept_open:
        with fake.serve() as server:
            url = f"{server.base_url}/3/movie/550"
            assert kept_open.get(url).status_code == 401
        assert not [thread for thread in threads() if thread.name == "fake-tmdb"]
        for _ in range(2):
            with pytest.raises(httpx.TransportError):
                kept_open.get(url)


def test_the_server_stops_when_the_test_fails(fake: FakeTMDB) -> None:
    with pytest.raises(ZeroDivisionError), fake.serve():
        raise ZeroDivisionError
    assert not [thread for thread in threads() if thread.name == "fake-tmdb"]


def test_a_server_can_be_restarted(fake: FakeTMDB) -> None:
    server = fake.serve()
    for _ in range(2):
        with server, TMDB(TOKEN, base_url=server.base_url) as tmdb:
            assert tmdb.movies.details(550).id == 550


def test_a_running_server_cannot_be_started_again(fake: FakeTMDB) -> None:
    with fake.serve() as server:
        with pytest.raises(RuntimeError, match="running already"), server:
            pass
        assert httpx.get(f"{server.base_url}/3/movie/550").status_code == 401


def test_a_stopped_server_has_no_base_url(fake: FakeTMDB) -> None:
    server = fake.serve()
    with pytest.raises(RuntimeError, match="with statement"):
        _ = server.base_url
    assert repr(server) == "<FakeTMDBServer (not running)>"


def test_servers_are_independent() -> None:
    fakes = FakeTMDB(), FakeTMDB()
    with fakes[0].serve() as first, TMDB(TOKEN, base_url=first.base_url) as tmdb:
        with fakes[1].serve() as second, TMDB(TOKEN, base_url=second.base_url, retries=None) as other:
            fakes[1].fail_next(status=429)
            assert tmdb.movies.details(550).id == 550
            with pytest.raises(RateLimitError):
                other.movies.details(550)
        assert tmdb.movies.details(550).id == 550
    assert [len(fake.requests) for fake in fakes] == [2, 1]


def test_the_fake_of_a_running_server_can_be_replaced(fake: FakeTMDB) -> None:
    with FakeTMDBServer(FakeTMDB()) as server, TMDB(TOKEN, base_url=server.base_url) as tmdb:
        tmdb.movies.details(550)
        server.fake = fake
        tmdb.movies.popular()
    assert [request.operation_id for request in fake.requests] == ["movies_popular"]


def test_threads_are_served_concurrently(fake: FakeTMDB) -> None:
    with fake.serve() as server, TMDB(TOKEN, base_url=server.base_url, rate_limit=None) as tmdb, ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(lambda number: tmdb.movies.popular(page=number).page, range(1, 101)))
    assert pages == list(range(1, 101))
    assert len(fake.requests) == 100


def test_another_process_is_served(fake: FakeTMDB) -> None:
    program = "import tmdbkit; print(tmdbkit.TMDB().movies.details(550).title)"
    with fake.serve() as server:
        environment = {"TMDB_BASE_URL": server.base_url, "TMDB_ACCESS_TOKEN": TOKEN}
        result = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert result.stdout == "Fight Club\n"


def test_the_server_logs_no_request(fake: FakeTMDB, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), fake.serve() as server:
        httpx.get(f"{server.base_url}/3/movie/550", params={"api_key": API_KEY})
    logged = [record.getMessage() for record in caplog.records if record.name.startswith("uvicorn")]
    assert logged
    assert not [message for message in logged if API_KEY in message or "/3/movie" in message]


def test_only_the_server_needs_the_extra() -> None:
    program = """
import sys
sys.modules["starlette"] = sys.modules["uvicorn"] = None
from tmdbkit.testing import FakeTMDB
fake = FakeTMDB()
print(fake.client().movies.details(550).title)
try:
    fake.serve()
except ImportError as error:
    print(error)
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "Fight Club\nthe fake server needs starlette and uvicorn: install tmdbkit[testing]\n"
