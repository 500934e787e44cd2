"""The fake over real sockets."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
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


def test_a_server_listens_on_ipv6(fake: FakeTMDB) -> None:
    with FakeTMDBServer(fake, host="::1") as server, TMDB(TOKEN, base_url=server.base_url) as tmdb:
        assert server.base_url.startswith("http://[::1]:")
        assert tmdb.movies.details(550).title == "Fight Club"


def test_an_empty_host_is_this_machine_only(fake: FakeTMDB) -> None:
    with FakeTMDBServer(fake, host="") as server:
        assert server.base_url.startswith("http://127.0.0.1:")


def test_the_server_listens_on_the_requested_port(fake: FakeTMDB) -> None:
    with fake.serve() as server:
        port = httpx.URL(server.base_url).port
        assert port is not None
        with pytest.raises(OSError, match="in use"), fake.serve(port=port):
            pass
    with fake.serve(port=port) as again:
        assert again.base_url == f"http://127.0.0.1:{port}"


def fakes_served() -> set[int | None]:
    """The threads of servers, those of the session's fixtures among them."""
    return {thread.ident for thread in threads() if thread.name == "fake-tmdb"}


def test_the_server_stops_with_the_with_statement(fake: FakeTMDB) -> None:
    before = fakes_served()
    with httpx.Client() as kept_open:
        with fake.serve() as server:
            url = f"{server.base_url}/3/movie/550"
            assert kept_open.get(url).status_code == 401
        assert fakes_served() == before
        for _ in range(2):
            with pytest.raises(httpx.TransportError):
                kept_open.get(url)


def test_the_server_stops_when_the_test_fails(fake: FakeTMDB) -> None:
    before = fakes_served()
    with pytest.raises(ZeroDivisionError), fake.serve():
        raise ZeroDivisionError
    assert fakes_served() == before


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


def test_the_server_logs_no_request(fake: FakeTMDB, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    with caplog.at_level(logging.DEBUG), fake.serve() as server:
        httpx.get(f"{server.base_url}/3/movie/550", params={"api_key": API_KEY})
    said = "".join([*(record.getMessage() for record in caplog.records if not record.name.startswith("http")), *capfd.readouterr()])
    assert API_KEY not in said
    assert "/3/movie" not in said


def test_browsers_may_call_it(fake: FakeTMDB) -> None:
    with fake.serve() as server, httpx.Client(base_url=server.base_url, headers={"Origin": "https://app.example"}) as browser:
        headers = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type,traceparent"}
        preflight = browser.options("/3/movie/550/rating", headers=headers)
        assert preflight.status_code == 204
        assert preflight.headers["access-control-allow-origin"] == "*"
        assert "POST" in preflight.headers["access-control-allow-methods"]
        assert {"authorization", "content-type", "traceparent"} <= {
            name.strip().lower() for name in preflight.headers["access-control-allow-headers"].split(",")
        }
        for response in (
            browser.get("/3/movie/550", params={"api_key": API_KEY}),
            browser.get("/3/movie/550"),
            browser.get("/3/movie/0", params={"api_key": API_KEY}),
        ):
            assert response.headers["access-control-allow-origin"] == "*"
            assert "ETag" in response.headers["access-control-expose-headers"]
    assert [request.method for request in fake.requests] == ["GET"] * 3


def test_head_has_no_body(fake: FakeTMDB) -> None:
    with fake.serve() as server, httpx.Client(base_url=server.base_url, params={"api_key": API_KEY}) as client:
        head, get = client.head("/3/movie/550"), client.get("/3/movie/550")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", get.headers["etag"])
    assert head.headers["content-length"] == str(len(get.content))


def test_a_body_may_come_in_chunks(fake: FakeTMDB) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"value":'
        yield b" 8.5}"

    with fake.serve() as server, httpx.Client(base_url=server.base_url, params={"api_key": API_KEY}) as client:
        for _ in range(2):
            response = client.post("/3/movie/550/rating", params={"session_id": fake.user.session_id}, content=chunks())
    assert (response.status_code, fake.user.ratings["movie", 550][0]) == (201, 8.5)


@pytest.mark.parametrize("size", ["-1", "many", "FFFFFFFF"])
def test_an_impossible_chunk_is_refused(size: str, fake: FakeTMDB) -> None:
    with fake.serve() as server, socket.create_connection(("127.0.0.1", httpx.URL(server.base_url).port or 0), timeout=5) as connection:
        connection.sendall(f"POST /3/movie/550/rating HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{size}\r\n".encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_a_connection_that_ends_says_so(fake: FakeTMDB) -> None:
    with fake.serve() as server, httpx.Client(base_url=server.base_url, params={"api_key": API_KEY}) as client:
        last = client.get("/3/movie/550", headers={"Connection": "close"})
        assert (last.headers["connection"], client.get("/3/movie/550").headers.get("connection")) == ("close", None)


@pytest.mark.parametrize("length", ["-1", "many", str(1 << 40)])
def test_an_impossible_length_is_refused(length: str, fake: FakeTMDB) -> None:
    with fake.serve() as server, socket.create_connection(("127.0.0.1", httpx.URL(server.base_url).port or 0), timeout=5) as connection:
        connection.sendall(f"POST /3/movie/550/rating HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_the_index_shows_ids_and_titles(fake: FakeTMDB) -> None:
    number = fake.add_movie(title="<Zazu> & Co.")
    with fake.serve() as server:
        known = httpx.get(server.base_url).json()
        page = httpx.get(server.base_url, headers={"Accept": "text/html,*/*;q=0.8"})
    assert {"id": 550, "title": "Fight Club"} in known["movies"]
    assert {"id": 1399, "name": "Game of Thrones"} in known["series"]
    assert page.headers["content-type"] == "text/html;charset=utf-8"
    assert f"{number}<td>&lt;Zazu&gt; &amp; Co." in page.text
    assert "not endorsed or certified by TMDB" in page.text
    assert fake.requests == []


@pytest.fixture
def command() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tmdbkit.testing", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        yield process
        process.kill()


def test_the_command_serves_until_it_is_interrupted(command: subprocess.Popen[str]) -> None:
    assert command.stdout is not None
    serving, *exports, session = (command.stdout.readline() for _ in range(6))
    variables = dict(line.removeprefix("export ").strip().split("=") for line in exports)
    base_url = variables["TMDB_BASE_URL"]
    assert f" at {base_url}. " in serving
    assert variables == {"TMDB_BASE_URL": base_url, "TMDB_ACCESS_TOKEN": "eyJ.fake.token", "TMDB_IMAGES_URL": base_url, "TMDB_EXPORTS_URL": base_url}
    with TMDB(TOKEN, base_url=base_url, session_id=session.split()[-1]) as tmdb:
        assert tmdb.movies.details(550).title == "Fight Club"
        assert tmdb.movies.add_rating(550, value=8).success
    command.send_signal(signal.SIGINT)
    assert command.wait(10) == 0
    assert command.stdout.read() == "stopped\n"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [(["--port", "99999999"], "cannot listen"), (["--world", "missing.json"], "cannot be read"), (["--world", __file__], "is no world")],
)
def test_the_command_says_what_is_wrong(arguments: list[str], problem: str) -> None:
    result = subprocess.run([sys.executable, "-m", "tmdbkit.testing", *arguments], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (2, "")
    assert problem in result.stderr
    assert "Traceback" not in result.stderr


def test_the_command_says_that_the_port_is_taken(fake: FakeTMDB) -> None:
    with fake.serve() as server:
        port = str(httpx.URL(server.base_url).port)
        result = subprocess.run([sys.executable, "-m", "tmdbkit.testing", "--port", port], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert f"127.0.0.1:{port}" in result.stderr
