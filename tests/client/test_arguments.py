"""Transport arguments of a client, and arguments of the wrong type."""

from __future__ import annotations

import asyncio
import gzip
import socket
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import httpx
import pytest

from tests.conftest import API_KEY, SESSION, TOKEN, body_of
from tests.support.fake_clock import BOTH, FakeClock, Script, make_response
from tests.support.fake_origin import Body, Origin, past
from tests.support.raw_server import http_response, raw_server, sends
from tmdbkit import TMDB, APIConnectionError, AsyncTMDB, Cache, DeadlineError, InvalidArgumentError, NotFoundError, ServerError, TMDBError

POPULAR = make_response(200, body_of("movies/popular"))


def details(**options: Any) -> Any:
    return lambda tmdb: tmdb.movies.raw.details(550, **options)


@BOTH
def test_the_user_agent_ends_with_the_application_name(run: Any) -> None:
    script = Script(POPULAR)
    run(lambda tmdb: tmdb.movies.popular(), transport=script.transport, user_agent="my-app/1.0 (me@example.org)")
    (agent,) = script.requests[0].headers.get_list("user-agent")
    assert agent.startswith("tmdbkit/")
    assert agent.endswith(" my-app/1.0 (me@example.org)")


@pytest.mark.parametrize("name", ["two\nlines", 42])
def test_an_invalid_application_name_is_rejected(name: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"user_agent|user-agent"):
        TMDB(TOKEN, user_agent=name)


@pytest.mark.parametrize("transport", [None, "aiohttp"])
async def test_limits_bound_the_number_of_connections(transport: Any) -> None:
    with raw_server(sends(http_response(body_of("movies/popular")))) as server:
        async with AsyncTMDB(TOKEN, base_url=server.url, transport=transport, rate_limit=None, limits=httpx.Limits(max_connections=3)) as tmdb:
            await asyncio.gather(*(tmdb.movies.popular() for _ in range(30)))
    assert server.connections == 3


def test_limits_of_a_synchronous_client_apply_across_threads() -> None:
    lock, open_now, most = threading.Lock(), 0, 0

    def counted(connection: socket.socket) -> bool:
        nonlocal open_now, most
        with lock:
            open_now += 1
            most = max(most, open_now)
        time.sleep(0.005)
        with lock:
            open_now -= 1
        connection.sendall(http_response(body_of("movies/popular")))
        return True

    with (
        raw_server(counted) as server,
        TMDB(TOKEN, base_url=server.url, rate_limit=None, limits=httpx.Limits(max_connections=2)) as tmdb,
        ThreadPoolExecutor(8) as pool,
    ):
        assert len(list(pool.map(lambda _: tmdb.movies.popular(), range(24)))) == 24
    assert most == 2


@BOTH
def test_no_cache_revalidates_a_fresh_response(run: Any) -> None:
    origin = Origin()
    with Cache() as cache:
        for options, asked in (({}, 1), ({}, 1), ({"no_cache": True}, 2), ({}, 2)):
            run(details(**options), transport=origin, cache=cache)
            assert origin.request_count == asked
    assert origin.requests[1]["If-None-Match"] == origin.tag


def breaking_off(body: Body | bytes, **headers: str) -> Callable[[], httpx.Response]:
    """A response whose body ends too early: the connection says so, or the encoding, or only the JSON."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda: httpx.Response(200, headers=named, stream=body if isinstance(body, Body) else Body(body))


BEGINNING = b'{"id": 550, "title": "Fig'
FAILURES: dict[str, Any] = {
    "429": make_response(429),
    "500": make_response(500),
    "503 and TMDB's code": make_response(503, {"status_code": 9}),
    "400 and a code that passes": make_response(400, {"status_code": 24}),
    "520": make_response(520, b"<html>"),
    "522": make_response(522),
    "530": make_response(530),
    "lost": httpx.ConnectError("lost"),
    "late": httpx.ReadTimeout("late"),
    "closed": httpx.RemoteProtocolError("closed"),
    "a proxy's": httpx.ProxyError("away"),
    "lost in the body": breaking_off(Body(BEGINNING, httpx.ReadError("lost"))),
    "closed in the body": breaking_off(Body(BEGINNING, httpx.RemoteProtocolError("closed"))),
    "late in the body": breaking_off(Body(BEGINNING, httpx.ReadTimeout("late"))),
    "the beginning of JSON": breaking_off(BEGINNING),
    "the beginning of JSON in gzip": breaking_off(gzip.compress(BEGINNING), Content_Encoding="gzip"),
    "the beginning of gzip": breaking_off(gzip.compress(BEGINNING)[:-12], Content_Encoding="gzip"),
}
NO_FAILURES: dict[str, Any] = {
    "404": make_response(404, {"status_code": 34}),
    "500 that does not pass": make_response(500, {"status_code": 44}),
    "501": make_response(501),
    "not JSON": make_response(200, b"<html>"),
    "not HTTP as we speak it": httpx.LocalProtocolError("ours"),
}


@BOTH
@pytest.mark.parametrize("failure", FAILURES)
def test_stale_if_error_serves_a_stale_response(run: Any, failure: str) -> None:
    origin, failing = Origin(Date=past(8000)), Script(FAILURES[failure])
    with Cache() as cache:
        fresh = run(details(), transport=origin, cache=cache)
        stale = run(details(stale_if_error=True), transport=failing.transport, cache=cache)
        assert (stale.content, stale.from_cache, stale.attempts) == (fresh.content, True, 1)
        assert run(details(stale_if_error=9000), transport=failing.transport, cache=cache).from_cache
        for options in ({}, {"stale_if_error": False}, {"stale_if_error": 7000}):
            with pytest.raises(TMDBError):
                run(lambda tmdb, options=options: tmdb.movies.details(550, **options), transport=failing.transport, cache=cache, retries=None)


@BOTH
@pytest.mark.parametrize("failure", FAILURES)
def test_failures_that_allow_a_stale_response_are_retried(run: Any, failure: str, monkeypatch: pytest.MonkeyPatch) -> None:
    FakeClock(monkeypatch)
    script = Script(FAILURES[failure])
    with pytest.raises(TMDBError):
        run(lambda tmdb: tmdb.movies.details(550), transport=script.transport)
    assert len(script.requests) == 3


@BOTH
@pytest.mark.parametrize("failure", NO_FAILURES)
def test_a_permanent_failure_gets_no_stale_response(run: Any, failure: str) -> None:
    script = Script(NO_FAILURES[failure])
    with Cache() as cache:
        run(details(), transport=Origin(Date=past(8000)), cache=cache)
        with pytest.raises(TMDBError):
            run(lambda tmdb: tmdb.movies.details(550, stale_if_error=True), transport=script.transport, cache=cache)
    assert len(script.requests) == 1


@BOTH
def test_stale_if_error_prefers_the_fresh_response(run: Any) -> None:
    body = gzip.compress(b'{"id": 550}')
    origin = Origin(Content_Encoding="gzip", body=Body(body[:9], body[9:]))
    with Cache() as cache:
        for from_cache in (False, True):
            raw = run(details(stale_if_error=True), transport=origin, cache=cache)
            assert (raw.content, raw.from_cache) == (b'{"id": 550}', from_cache)
    assert origin.request_count == 1


@BOTH
def test_stale_if_error_keeps_the_deadline(run: Any) -> None:
    with raw_server(lambda connection: [connection.sendall(chunk) or time.sleep(0.05) for chunk in (b"HTTP/1.1 200 OK\r\n\r\n", *[b" "] * 100)]) as server:
        started = time.monotonic()
        with Cache() as cache, pytest.raises(DeadlineError):
            run(details(stale_if_error=True), base_url=server.url, cache=cache, deadline=0.5)
        assert time.monotonic() - started < 3


@BOTH
def test_stale_if_error_does_not_hide_client_errors(run: Any) -> None:
    with Cache() as cache:
        with pytest.raises(ServerError):
            run(details(stale_if_error=True), transport=Script(make_response(503)).transport, cache=cache, retries=None)
        run(details(), transport=Origin(Date=past(8000)), cache=cache)
        with pytest.raises(NotFoundError):
            run(details(stale_if_error=True), transport=Script(make_response(404, {"status_code": 34})).transport, cache=cache)


@pytest.mark.parametrize("options", [{"no_cache": 1}, {"stale_if_error": -1}, {"stale_if_error": "yes"}, {"stale_if_error": float("nan")}])
def test_cache_options_are_validated(options: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="must be True"):
        details(**options)(TMDB(TOKEN, transport=Script(POPULAR).transport))


def test_verify_and_limits_are_rejected_with_a_custom_transport() -> None:
    transport = Script(POPULAR).transport
    for options in ({"verify": False}, {"limits": httpx.Limits()}):
        for client in (TMDB, AsyncTMDB):
            with pytest.raises(InvalidArgumentError, match="makes its own connections"):
                client(TOKEN, transport=transport, **options)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match=r"limits must be like httpx\.Limits"):
        TMDB(TOKEN, limits=5)  # type: ignore[arg-type]


@pytest.fixture
def httpx2(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A stand-in for httpx2, whose objects look like httpx's."""
    module: Any = ModuleType("httpx2")
    for name in ("Client", "AsyncClient", "HTTPTransport", "AsyncHTTPTransport"):
        setattr(module, name, type(name, (), {"__module__": "httpx2._client"}))
    monkeypatch.setitem(sys.modules, "httpx2", module)
    return module


def test_httpx2_objects_are_rejected_with_an_explanation(httpx2: Any) -> None:
    for client, name, argument in (
        (TMDB, "Client", "http_client"),
        (TMDB, "HTTPTransport", "transport"),
        (AsyncTMDB, "AsyncClient", "http_client"),
        (AsyncTMDB, "AsyncHTTPTransport", "transport"),
    ):
        with pytest.raises(InvalidArgumentError, match=rf"{argument} is an object of httpx2 \({name}\).*Support for httpx2 is planned"):
            client(TOKEN, **{argument: getattr(httpx2, name)()})


WRONG: list[tuple[Any, dict[str, Any], str]] = [
    (TMDB, {"timeout": "5"}, "timeout must be a number of seconds, an httpx"),
    (TMDB, {"timeout": -1}, "timeout must be"),
    (TMDB, {"timeout": httpx.Timeout(5, read=-1)}, "timeout must be"),
    (TMDB, {"headers": [("X-Trace", "1")]}, "headers must be a dict"),
    (TMDB, {"trust_env": "no"}, "trust_env must be True or False"),
    (TMDB, {"base_url": 42}, "base_url, or TMDB_BASE_URL, must be like"),
    (TMDB, {"on_drift": 42}, r"on_drift must be a function that takes a tmdbkit\.Drift"),
    (TMDB, {"proxy": 42}, "proxy must be like"),
    (TMDB, {"verify": "ca.pem"}, r"verify must be True, False or an ssl\.SSLContext"),
    (TMDB, {"http_client": httpx.Client(), "limits": httpx.Limits(max_connections=3)}, "pass limits to the custom httpx client"),
    (TMDB, {"http_client": httpx.Client}, r"http_client must be an httpx\.Client; not an object of type builtins\.type"),
    (TMDB, {"transport": httpx.Client()}, r"transport must be an httpx\.BaseTransport; not an object of type httpx\.Client"),
    (AsyncTMDB, {"http_client": httpx.Client()}, r"http_client is an httpx\.Client: AsyncTMDB needs an httpx\.AsyncClient"),
    (TMDB, {"http_client": httpx.AsyncClient()}, r"http_client is an httpx\.AsyncClient: TMDB needs an httpx\.Client"),
    (AsyncTMDB, {"transport": httpx.HTTPTransport()}, r"transport is an httpx\.BaseTransport: AsyncTMDB needs an httpx\.AsyncBaseTransport"),
    (TMDB, {"transport": httpx.AsyncHTTPTransport()}, r"transport is an httpx\.AsyncBaseTransport: TMDB needs an httpx\.BaseTransport"),
    (TMDB, {"http_client": 42}, r"http_client must be an httpx\.Client; not an object of type builtins\.int"),
    (AsyncTMDB, {"http_client": 42}, r"http_client must be an httpx\.AsyncClient; not an object of type builtins\.int"),
    (TMDB, {"transport": "aiohttp"}, r"transport must be an httpx\.BaseTransport; not an object of type builtins\.str"),
    (AsyncTMDB, {"transport": "requests"}, r"transport must be an httpx\.AsyncBaseTransport or 'aiohttp'; not"),
]


@pytest.mark.parametrize(("client", "options", "message"), WRONG)
def test_arguments_of_the_wrong_type_are_rejected_by_name(client: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidArgumentError, match=message):
        client(TOKEN, **options)


@BOTH
def test_a_custom_transport_gets_timeouts(run: Any) -> None:
    script = Script(httpx.ReadError("lost"))
    with pytest.raises(APIConnectionError):
        run(lambda tmdb: tmdb.movies.add_rating(550, 8.5), session_id=SESSION, transport=script.transport)
    assert len(script.requests) == 1
    assert script.requests[0].extensions["timeout"] == {"connect": 5, "read": 20, "write": 20, "pool": 20}


def test_the_auth_of_a_custom_client_is_not_used() -> None:
    seen: list[httpx.Request] = []
    transport = httpx.MockTransport(lambda request: seen.append(request) or httpx.Response(200, content=b'{"success": true}'))
    with httpx.Client(transport=transport, auth=("me", "mine")) as http:
        TMDB(TOKEN, http_client=http).authentication.validate_key()
    assert seen[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_a_custom_client_keeps_its_headers_hooks_and_cookies() -> None:
    seen: list[httpx.Request] = []
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=b'{"success": true}'))
    hooks = {"request": [seen.append]}
    with httpx.Client(transport=transport, headers={"X-Mine": "1", "User-Agent": "mine"}, cookies={"my": "cookie"}, event_hooks=hooks) as http:
        TMDB(API_KEY, http_client=http).authentication.validate_key()
    assert (seen[0].headers["x-mine"], seen[0].headers["cookie"]) == ("1", "my=cookie")
    assert seen[0].headers["user-agent"].startswith("tmdbkit/")
    assert seen[0].headers.get_list("host") == ["api.themoviedb.org"]


# The environment


@pytest.mark.parametrize("client", [TMDB, AsyncTMDB])
def test_the_environment_is_looked_up_at_each_call(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    built_early = client()
    assert "https://api.themoviedb.org (without a credential)" in repr(built_early)
    with monkeypatch.context() as during:
        during.setenv("TMDB_BASE_URL", "http://127.0.0.1:8765/")
        during.setenv("TMDB_ACCESS_TOKEN", TOKEN)
        assert "http://127.0.0.1:8765 (access_token)" in repr(built_early)
        during.setenv("TMDB_BASE_URL", "nonsense")
        with pytest.raises(InvalidArgumentError, match="TMDB_BASE_URL"):
            repr(built_early)
    assert "https://api.themoviedb.org (without a credential)" in repr(built_early)


def test_given_settings_precede_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    tmdb = TMDB(API_KEY, base_url="https://mirror.example").with_options(session_id="session")
    monkeypatch.setenv("TMDB_BASE_URL", "http://127.0.0.1:8765")
    monkeypatch.setenv("TMDB_ACCESS_TOKEN", TOKEN)
    assert "https://mirror.example (api_key, session_id)" in repr(tmdb)


def test_a_client_of_a_user_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMDB_ACCESS_TOKEN", TOKEN)
    user = TMDB().with_options(session_id="session")
    assert "(access_token, session_id)" in repr(user)
    monkeypatch.delenv("TMDB_ACCESS_TOKEN")
    monkeypatch.setenv("TMDB_API_KEY", API_KEY)
    assert "(api_key, session_id)" in repr(user)
