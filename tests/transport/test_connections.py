"""Connections: reuse, reconnection, address families, proxies, threads and event loops."""

from __future__ import annotations

import asyncio
import gc
import os
import pickle
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpcore
import httpx
import pytest

from tests.conftest import ROOT, TOKEN, body_of
from tests.support.fake_clock import BOTH
from tests.support.raw_server import RawServer, http_response, raw_server, resets, sends
from tmdbkit import TMDB, APIConnectionError, APITimeoutError, AsyncTMDB, DeadlineError, InvalidArgumentError, TMDBError
from tmdbkit.testing import FakeTMDB, FakeTMDBServer
from tmdbkit.transport import pool, proxies

POPULAR = http_response(body_of("movies/popular"), Set_Cookie="who=planted; Path=/")

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
"""Event loops that are closed leave sockets that nothing can close any more: Python warns when it finds them."""


@pytest.fixture(autouse=True)
def found() -> Iterator[None]:
    """Collect unclosed connections before the next test."""
    yield
    gc.collect()


@pytest.fixture
def server() -> Iterator[FakeTMDBServer]:
    with FakeTMDBServer(FakeTMDB()) as started:
        yield started


@pytest.fixture
def raw() -> Iterator[RawServer]:
    """A server that has one response to everything, and counts its connections."""
    with raw_server(sends(POPULAR)) as opened:
        yield opened


def test_a_connection_is_reused(raw: RawServer) -> None:
    with TMDB(TOKEN, base_url=raw.url) as tmdb:
        for client in (tmdb, tmdb, tmdb.with_options(language="de")):
            client.movies.popular()
    assert raw.connections == 1


async def test_the_async_client_behaves_the_same(raw: RawServer) -> None:
    async with AsyncTMDB(TOKEN, base_url=raw.url) as tmdb:
        for client in (tmdb, tmdb, tmdb.with_options(language="de")):
            await client.movies.popular()
    assert raw.connections == 1


def test_cookies_are_not_sent_back(raw: RawServer) -> None:
    with TMDB(TOKEN, base_url=raw.url) as tmdb:
        tmdb.movies.popular()
        tmdb.movies.popular()
    assert not any(b"cookie" in head.lower() for head in raw.requests)


def run_again(tmdb: Any) -> None:
    response = tmdb.movies.popular()
    if asyncio.iscoroutine(response):
        asyncio.run(response)


def ask(transport: Any, url: str) -> object:
    if transport == "sync":
        return TMDB(TOKEN, base_url=url, retries=None).movies.popular()
    return asyncio.run(AsyncTMDB(TOKEN, base_url=url, retries=None, transport=transport).movies.popular())  # type: ignore[arg-type]


@pytest.mark.parametrize("transport", ["sync", None, "aiohttp"])
def test_a_lost_connection_has_the_words_of_its_cause(transport: Any) -> None:
    """Asynchronous connections of httpx have them in the cause only."""
    with raw_server(resets) as server, pytest.raises(APIConnectionError, match=r"ReadError: .*Connection reset by peer"):
        ask(transport, server.url)


@BOTH
def test_a_closed_client_raises(run: Any, raw: RawServer) -> None:
    kept: list[Any] = []

    def action(tmdb: Any) -> Any:
        kept.append(tmdb)
        return tmdb.movies.popular()

    run(action, base_url=raw.url)
    with pytest.raises(TMDBError, match="closed: make another one"):
        run_again(kept[0])


def test_threads_share_a_client(server: FakeTMDBServer) -> None:
    with TMDB(TOKEN, base_url=server.base_url) as tmdb, ThreadPoolExecutor(8) as pool:
        titles = list(pool.map(lambda _: tmdb.movies.details(550).title, range(64)))
    assert titles == ["Fight Club"] * 64


def test_an_async_client_outlives_its_event_loop(server: FakeTMDBServer) -> None:
    tmdb = AsyncTMDB(TOKEN, base_url=server.base_url)

    async def main() -> str:
        title = (await tmdb.movies.details(550)).title
        await tmdb._shared.connections.current().aclose()  # so that the loop leaves no open socket
        return title

    assert [asyncio.run(main()) for _ in range(3)] == ["Fight Club"] * 3


@pytest.mark.parametrize("make", [lambda: {"transport": httpx.AsyncHTTPTransport()}, lambda: {"http_client": httpx.AsyncClient()}])
def test_a_custom_transport_of_another_event_loop_raises(server: FakeTMDBServer, make: Any) -> None:
    def twice(tmdb: AsyncTMDB) -> None:
        async def main() -> str:
            return (await tmdb.movies.details(550)).title

        assert asyncio.run(main()) == "Fight Club"
        with pytest.raises(TMDBError, match="connections of another event loop: make a client"):
            asyncio.run(main())

    twice(AsyncTMDB(TOKEN, base_url=server.base_url, **make()))
    gc.collect()  # closes the connections of the first loop


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="open files are not listed here")  # noqa: PTH112
@pytest.mark.parametrize("transport", [None, "aiohttp"])
def test_connections_of_closed_event_loops_are_dropped(server: FakeTMDBServer, transport: Any) -> None:
    tmdb = AsyncTMDB(TOKEN, base_url=server.base_url, transport=transport, rate_limit=None)

    def opened() -> int:
        gc.collect()
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208

    async def main() -> str:
        return (await tmdb.movies.details(550)).title

    asyncio.run(main())
    before = opened()
    for _ in range(20):
        asyncio.run(main())
    assert opened() < before + 10
    assert len(tmdb._shared.connections._made) == 1


def test_a_transport_without_a_loop_works_in_any() -> None:
    tmdb = AsyncTMDB(TOKEN, transport=httpx.MockTransport(lambda _: httpx.Response(200, content=body_of("movies/popular"))))

    async def main() -> int:
        return len((await tmdb.movies.popular()).results)

    assert asyncio.run(main()) == asyncio.run(main()) > 0


def test_event_loops_in_threads_share_an_async_client(server: FakeTMDBServer) -> None:
    tmdb = AsyncTMDB(TOKEN, base_url=server.base_url)

    async def main() -> str:
        titles = [(await tmdb.movies.details(550)).title for _ in range(5)]
        await tmdb._shared.connections.current().aclose()
        return titles[0]

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: asyncio.run(main()), range(8))) == {"Fight Club"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process cannot be forked here")
def test_a_forked_process_opens_its_own_connections(server: FakeTMDBServer) -> None:
    program = """
        import os, sys
        import httpx
        from tmdbkit import TMDB, TMDBError

        url, token = sys.argv[1:]
        tmdb = TMDB(token, base_url=url)
        given = TMDB(token, base_url=url, http_client=httpx.Client())
        for client in (tmdb, given):
            assert client.movies.details(550).title == "Fight Club"
        child = os.fork()
        for _ in range(20):
            assert tmdb.movies.details(550).title == "Fight Club"
        if child:
            assert given.movies.details(550).title == "Fight Club"
            assert os.waitpid(child, 0)[1] == 0
            print("both processes are done")
        else:
            try:
                given.movies.details(550)
            except TMDBError as error:
                assert "in each process" in str(error), error
                tmdb.close()
                os._exit(0)
            os._exit(1)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), server.base_url, TOKEN],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout == "both processes are done\n", done.stderr


def test_a_client_cannot_be_pickled() -> None:
    for client in (TMDB(TOKEN), AsyncTMDB(TOKEN)):
        with pytest.raises(TypeError, match="create one in each process"):
            pickle.dumps(client)


@pytest.fixture
def two_families(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float]]:
    """The host tmdb.test has an unresponsive IPv6 address and 127.0.0.1; returns the attempts with their timeouts."""
    tried: list[tuple[str, float]] = []
    connect = httpcore.SyncBackend.connect_tcp

    def connect_tcp(self: Any, host: str, port: int, timeout: float | None = None, *rest: Any) -> httpcore.NetworkStream:
        assert timeout is not None
        tried.append((host, timeout))
        if host == "2001:db8::1":
            time.sleep(timeout)
            raise httpcore.ConnectTimeout("swallowed")
        return connect(self, host, port, timeout, *rest)

    look_up = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, *rest: Any, **named: Any) -> list[Any]:
        if host != "tmdb.test":
            return look_up(host, port, *rest, **named)
        return [(socket.AF_INET6, 1, 6, "", ("2001:db8::1", port, 0, 0)), (socket.AF_INET, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect_tcp)
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return tried


def test_an_unresponsive_address_is_tried_last_afterwards(two_families: list[tuple[str, float]], raw: RawServer) -> None:
    with TMDB(TOKEN, base_url=f"http://tmdb.test:{raw.port}", timeout=1, retries=None) as tmdb:
        tmdb.movies.popular()
        connection = tmdb._shared.connections.current()._transport._pool.connections[0]  # type: ignore[attr-defined]
        connection.close()
        tmdb.movies.popular()
    assert [host for host, _ in two_families] == ["2001:db8::1", "127.0.0.1", "127.0.0.1"]
    assert 0.3 < two_families[0][1] <= 0.5, "half of the second, as there are two addresses"


def test_a_host_with_unresponsive_addresses_times_out(two_families: list[tuple[str, float]], monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET6, 1, 6, "", ("2001:db8::1", 80, 0, 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with TMDB(TOKEN, base_url="http://tmdb.test", timeout=0.3, retries=None) as tmdb, pytest.raises(TimeoutError):
        tmdb.movies.popular()
    assert [host for host, _ in two_families] == ["2001:db8::1"]


@pytest.mark.parametrize("host", ["tmdb.invalid", "t" * 64 + ".invalid"])
def test_an_unknown_host_is_an_error(host: str) -> None:
    with TMDB(TOKEN, base_url=f"http://{host}", retries=None) as tmdb, pytest.raises(APIConnectionError, match="ConnectError"):
        tmdb.movies.popular()


@pytest.mark.parametrize(("options", "expected"), [({"deadline": 0.3}, DeadlineError), ({"timeout": 0.3}, APITimeoutError)])
def test_a_dns_lookup_ends_in_time(options: Any, expected: type[TMDBError], monkeypatch: pytest.MonkeyPatch) -> None:
    look_up, over = socket.getaddrinfo, threading.Event()

    def getaddrinfo(host: str, *rest: Any, **named: Any) -> list[Any]:
        if host == "tmdb.test" and not named.get("flags"):
            over.wait(30)
        return look_up(host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    started = time.monotonic()
    with TMDB(TOKEN, base_url="http://tmdb.test", retries=None) as tmdb, pytest.raises(expected):
        tmdb.movies.popular(**options)
    assert time.monotonic() - started < 5
    over.set()


def test_a_dns_lookup_needs_no_thread(raw: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    class NoThread:
        def __init__(self, **_: Any) -> None: ...

        def start(self) -> None:
            raise RuntimeError("can't start new thread")

        def is_alive(self) -> bool:
            return False

    with TMDB(TOKEN, base_url=raw.url.replace("127.0.0.1", "localhost"), retries=None) as tmdb:
        monkeypatch.setattr(pool, "Thread", NoThread)
        assert tmdb.movies.popular().results


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_ipv6_works() -> None:
    with raw_server(sends(POPULAR), host="::1") as opened, TMDB(TOKEN, base_url=opened.url) as tmdb:
        assert tmdb.movies.popular().results
    assert opened.connections == 1


@BOTH
def test_a_proxy_password_is_used_but_not_revealed(run: Any, raw: RawServer) -> None:
    proxy = raw.url.replace("http://", "http://user:planted-password@")
    shown: list[str] = []

    def action(tmdb: Any) -> Any:
        shown.append(repr(tmdb) + repr(vars(tmdb)))
        return tmdb.movies.popular()

    assert run(action, base_url="http://api.themoviedb.test", proxy=proxy, rate_limit=None).results
    assert raw.requests[0].startswith(b"GET http://api.themoviedb.test/3/movie/popular HTTP/1.1")
    assert b"Proxy-Authorization: Basic " in raw.requests[0]
    assert "planted" not in shown[0]


@BOTH
def test_a_proxy_of_the_environment_is_used(run: Any, raw: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", raw.url)
    assert run(lambda tmdb: tmdb.movies.popular(), base_url="http://api.themoviedb.test", rate_limit=None).results
    assert raw.requests[0].startswith(b"GET http://api.themoviedb.test/3/movie/popular")


@pytest.mark.parametrize("proxy", ["proxy.example.org:3128", "ftp://planted", "", "http://user:planted-password@proxy:port"])
def test_an_invalid_proxy_is_rejected_without_its_url(proxy: str) -> None:
    for client in (TMDB, AsyncTMDB, partial(AsyncTMDB, transport="aiohttp")):
        with pytest.raises(InvalidArgumentError, match="proxy must be like") as caught:
            client(TOKEN, proxy=proxy)
        assert "planted" not in str(caught.value)


def test_a_socks_proxy_without_socksio_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "find_spec", lambda _: None)
    with pytest.raises(InvalidArgumentError, match=r"httpx\[socks\]"):
        TMDB(TOKEN, proxy="socks5://127.0.0.1:1080")


def test_conflicting_transports_are_rejected() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200))
    with pytest.raises(InvalidArgumentError, match="one of"):
        TMDB(TOKEN, proxy="http://127.0.0.1:3128", transport=transport)
    with pytest.raises(InvalidArgumentError, match="one of"):
        AsyncTMDB(TOKEN, proxy="http://127.0.0.1:3128", http_client=httpx.AsyncClient())
    with pytest.raises(InvalidArgumentError, match="one of"):
        AsyncTMDB(TOKEN, transport="aiohttp", http_client=httpx.AsyncClient())
