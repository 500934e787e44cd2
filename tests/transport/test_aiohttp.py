"""An asynchronous client with aiohttp's transport behaves as one with httpx's own: the same calls, failures and secrets."""

from __future__ import annotations

import asyncio
import gc
import gzip
import logging
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from tests.conftest import API_KEY, SESSION, TOKEN, USER_TOKEN
from tests.support.raw_server import Act, RawServer, breaks_off, hangs, http_response, raw_server, resets, sends
from tmdbkit import APIConnectionError, APITimeoutError, AsyncTMDB, Cache, InvalidArgumentError, NotFoundError, Retries
from tmdbkit.transport.aiohttp import AiohttpTransport
from tmdbkit.transport.settings import DEFAULT_LIMITS
from tmdbkit.transport.tls import TLS


def client(server: RawServer, credential: str = API_KEY, **options: Any) -> AsyncTMDB:
    return AsyncTMDB(credential, base_url=server.url, transport="aiohttp", **{"retries": None, **options})


def details(tmdb: Any) -> Any:
    return tmdb.movies.raw.details(550)


@pytest.fixture(autouse=True)
def _nothing_is_left_open() -> Iterator[None]:
    """aiohttp warns about unclosed objects when they are collected, which is an error here."""
    yield
    gc.collect()


async def test_a_response_has_status_headers_and_body() -> None:
    with raw_server(sends(http_response(b'{"id": 550}', X_Twice="a", Content_Type="application/json;charset=utf-8"))) as server:
        async with client(server, TOKEN) as tmdb:
            response = await details(tmdb)
    assert (response.status_code, response.content) == (200, b'{"id": 550}')
    assert response.headers["x-twice"] == "a"
    head = server.requests[0].decode().lower()
    assert head.startswith("get /3/movie/550 http/1.1\r\n")
    assert f"\r\nauthorization: bearer {TOKEN.lower()}\r\n" in head
    assert head.count("user-agent:") == head.count("accept-encoding:") == head.count("accept:") == 1
    assert "user-agent: tmdbkit/" in head
    assert "content-" not in head
    assert head.endswith("\r\n\r\n")


async def test_an_error_response_raises_the_same_exception() -> None:
    with raw_server(sends(http_response(b'{"status_code": 34, "status_message": "Not here."}', "404 Not Found"))) as server:
        async with client(server) as tmdb:
            with pytest.raises(NotFoundError, match="Not here"):
                await details(tmdb)


async def test_a_compressed_body_is_read() -> None:
    body = gzip.compress(b'{"id": 550, "overview": "' + b"x" * 100_000 + b'"}')
    with raw_server(sends(http_response(body, Content_Encoding="gzip"))) as server:
        async with client(server) as tmdb:
            assert (await details(tmdb)).content == gzip.decompress(body)


async def test_a_body_in_chunks_is_read() -> None:
    with raw_server(sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n", b'{"id"\r\n6\r\n', b": 550}\r\n0\r\n\r\n")) as server:
        async with client(server) as tmdb:
            assert (await details(tmdb)).content == b'{"id": 550}'


async def test_one_connection_serves_many_calls() -> None:
    with raw_server(sends(http_response())) as server:
        async with client(server) as tmdb:
            for _ in range(5):
                await details(tmdb)
    assert (len(server.requests), server.connections) == (5, 1)


async def test_requests_arrive_unchanged() -> None:
    text = "".join(map(chr, range(32, 127))) + "ü ß 東京 🎬 %2F %zz +"
    with raw_server(sends(http_response())) as server:
        async with client(server) as tmdb:
            await tmdb.search.raw.movie(query=text, year=1999)
            await tmdb.movies.raw.details(550, append_to_response=["watch/providers", "credits"])
            await tmdb.movies.raw.add_rating(550, value=8.5, session_id=SESSION)
    query, appended = (dict(parse_qsl(urlsplit(request.split()[1].decode()).query)) for request in server.requests[:2])
    assert query == {"query": text, "year": "1999", "api_key": API_KEY}
    assert appended["append_to_response"] == "watch/providers,credits"
    head, _, body = server.requests[2].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /3/movie/550/rating?")
    assert head.lower().count(b"\r\ncontent-type:") == head.lower().count(b"\r\ncontent-type: application/json") == 1
    assert body == b'{"value":8.5}'


async def test_no_cookie_is_kept_for_the_next_call() -> None:
    with raw_server(sends(http_response(Set_Cookie="user=first; Path=/"))) as server:
        transport = AiohttpTransport(TLS(True, trust_env=True), DEFAULT_LIMITS)
        for _ in range(2):  # aiohttp's own jar takes no cookies of a host without a name
            await (await transport.handle_async_request(httpx.Request("GET", server.url.replace("127.0.0.1", "localhost")))).aread()
        await transport.aclose()
    assert b"cookie" not in server.requests[1].lower()


async def test_a_redirect_is_not_followed() -> None:
    with raw_server(sends(http_response(b"", "302 Found", Location="/elsewhere"))) as server:
        transport = AiohttpTransport(TLS(True, trust_env=True), DEFAULT_LIMITS)
        response = await transport.handle_async_request(httpx.Request("GET", server.url))
        await response.aread()
        await transport.aclose()
    assert (response.status_code, len(server.requests)) == (302, 1)


FAILURES: dict[str, tuple[Act, type[httpx.TransportError]]] = {
    "no answer": (breaks_off(), httpx.RemoteProtocolError),
    "a reset": (resets, httpx.ReadError),
    "no HTTP": (sends(b"220 smtp.example.org ready\r\n\r\n"), httpx.RemoteProtocolError),
    "a body that breaks off": (breaks_off(http_response(b'{"id": 550}')[:-3]), httpx.RemoteProtocolError),
    "a chunk that breaks off": (breaks_off(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n{"), httpx.RemoteProtocolError),
    "no chunk": (sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}{}{}\r\n"), httpx.RemoteProtocolError),
    "an endless header": (sends(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 20_000 + b"\r\nContent-Length: 2\r\n\r\n{}"), httpx.RemoteProtocolError),
}


@pytest.mark.parametrize(("act", "kind"), FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("credential", [API_KEY, TOKEN], ids=["key", "token"])
async def test_a_lost_connection_reveals_no_secret(act: Act, kind: type, credential: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with raw_server(act) as server:
        async with client(server, credential) as tmdb:
            with pytest.raises(APIConnectionError) as caught:
                await details(tmdb)
    assert not isinstance(caught.value, APITimeoutError)
    assert type(caught.value.__cause__) is kind
    text = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert credential not in text
    assert caught.value.__cause__ is None or caught.value.__cause__.__context__ is None
    assert len(server.requests) == 1


@pytest.mark.parametrize("chunks", [(), (b"HTTP/1.1 200 OK\r\n",), (http_response()[:-3],)], ids=["no answer", "a part of the head", "a part of the body"])
async def test_a_missing_response_is_a_timeout(chunks: tuple[bytes, ...]) -> None:
    with raw_server() as server:
        server.acts = [hangs(*chunks)]
        async with client(server, timeout=httpx.Timeout(5, read=0.1)) as tmdb:
            with pytest.raises(APITimeoutError, match="ReadTimeout"):
                await details(tmdb)


async def test_a_failed_connection_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_server() as server:
        pass
    async with client(server) as tmdb:
        with pytest.raises(APIConnectionError, match="ConnectError: ClientConnectorError: Connect call failed") as caught:
            await details(tmdb)
    assert not isinstance(caught.value, APITimeoutError)


async def test_a_slow_connection_is_a_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        for other in waiting:  # until the queue of the listener is full
            other.setblocking(False)
            other.connect_ex(address)
        async with AsyncTMDB(
            API_KEY, base_url=f"http://127.0.0.1:{address[1]}", transport="aiohttp", retries=None, timeout=httpx.Timeout(5, connect=0.1)
        ) as tmdb:
            with pytest.raises(APITimeoutError, match="ConnectTimeout") as caught:
                await details(tmdb)
        for other in waiting:
            other.close()
    assert API_KEY not in "".join(traceback.format_exception(caught.value))


async def test_the_timeout_of_the_pool_does_not_limit_a_new_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    look_up = socket.getaddrinfo

    def slow(*args: Any, **named: Any) -> Any:
        time.sleep(0.2)
        return look_up(*args, **named)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with raw_server(sends(http_response())) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        options: dict[str, Any] = {"transport": "aiohttp", "retries": None, "timeout": httpx.Timeout(5, pool=0.05)}
        async with AsyncTMDB(API_KEY, base_url=url, **options) as tmdb:
            assert (await details(tmdb)).status_code == 200


@pytest.mark.parametrize("changing", [False, True], ids=["reads", "changes"])
async def test_aiohttp_does_not_retry_by_itself(changing: bool) -> None:
    """By default aiohttp retries GET, PUT and DELETE."""

    def call(tmdb: Any) -> Any:
        return tmdb.movies.raw.delete_rating(550, session_id=SESSION) if changing else details(tmdb)

    with raw_server(sends(http_response()), breaks_off()) as server:
        async with client(server) as tmdb:
            await details(tmdb)
            with pytest.raises(APIConnectionError):
                await call(tmdb)
            assert len(server.requests) == 2
        if not changing:
            async with client(server, retries=Retries(base=0)) as tmdb:
                server.acts = [breaks_off(), breaks_off(), breaks_off(), sends(http_response())]
                assert (await call(tmdb)).status_code == 200
                assert len(server.requests) == 4


async def test_a_cancelled_call_leaves_no_connection(caplog: pytest.LogCaptureFixture) -> None:
    with raw_server() as server:
        server.acts = [hangs(), hangs(http_response()[:-3]), sends(http_response())]
        async with client(server) as tmdb:
            for number in (1, 2):
                task = asyncio.ensure_future(details(tmdb))
                while len(server.requests) < number:
                    await asyncio.sleep(0.005)
                await asyncio.sleep(0.02)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            assert (await details(tmdb)).status_code == 200
        gc.collect()
    assert {record.name for record in caplog.records if record.levelno >= logging.WARNING} <= {"tmdbkit"}


async def test_concurrent_calls_get_their_own_responses() -> None:
    with raw_server(sends(http_response())) as server:
        async with client(server) as tmdb:
            responses = await asyncio.gather(*(details(tmdb) for _ in range(150)))
    assert [response.content for response in responses] == [b'{"id": 550}'] * 150
    assert server.connections <= 100


async def test_a_large_body_is_not_buffered() -> None:
    sent = 0

    def floods(connection: socket.socket) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        connection.settimeout(0.3)
        try:
            while sent < 100_000_000:
                sent += connection.send(b"x" * 65536)
        except OSError:
            pass

    with raw_server(floods) as server:
        transport = AiohttpTransport(TLS(True, trust_env=True), DEFAULT_LIMITS)
        response = await transport.handle_async_request(httpx.Request("GET", server.url))
        chunks: AsyncIterator[bytes] = response.aiter_raw()
        assert len(await anext(chunks)) <= 65536
        await asyncio.sleep(0.5)
        await response.aclose()
        await transport.aclose()
    assert sent < 20_000_000


async def test_a_cache_works_with_aiohttp() -> None:
    with raw_server(sends(http_response(Cache_Control="public, max-age=1000"))) as server, Cache() as cache:
        async with client(server, cache=cache) as tmdb:
            assert [(await details(tmdb)).from_cache for _ in range(3)] == [False, True, True]
    assert len(server.requests) == 1


@pytest.mark.parametrize("scheme", ["http://", ""])
async def test_proxy_variables_are_honoured(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_server(sends(http_response())) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("http://", f"{scheme}me:word@"))
        async with AsyncTMDB(TOKEN, base_url="http://tmdb.invalid", transport="aiohttp", rate_limit=None) as tmdb:
            assert (await details(tmdb)).status_code == 200
        assert proxy.requests[0].startswith(b"GET http://tmdb.invalid/3/movie/550 HTTP/1.1\r\n")
        assert b"\r\nproxy-authorization: Basic bWU6d29yZA==\r\n" in proxy.requests[0].replace(b"Proxy-Authorization", b"proxy-authorization")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        with raw_server(sends(http_response())) as server:
            async with client(server) as tmdb:
                await details(tmdb)
            assert len(server.requests) == len(proxy.requests) == 1


def test_an_unsupported_proxy_is_rejected() -> None:
    with pytest.raises(InvalidArgumentError, match="http and https proxies only") as caught:
        AsyncTMDB(TOKEN, transport="aiohttp", proxy=f"socks5://me:{USER_TOKEN}@127.0.0.1:1080")
    assert USER_TOKEN not in str(caught.value)


def test_without_the_extra_the_error_names_it() -> None:
    code = """
import sys
sys.modules["aiohttp"] = None
from tmdbkit import AsyncTMDB
AsyncTMDB("0" * 32)
try:
    import tmdbkit.transport.aiohttp
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "the transport 'aiohttp' needs aiohttp: pip install 'tmdbkit[aiohttp]'\n"
