"""Transport arguments of a client, and arguments of the wrong type."""

from __future__ import annotations

import asyncio
import copy
import gzip
import pickle
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import httpx
import pytest

import tmdbkit
from tests.conftest import API_KEY, GUEST_SESSION, SESSION, TOKEN, body_of
from tests.support.fake_clock import BOTH, FakeClock, Script, make_response
from tests.support.fake_origin import Body, Origin, past
from tests.support.raw_server import http_response, raw_server, sends
from tmdbkit import (
    TMDB,
    APIConnectionError,
    AsyncTMDB,
    Cache,
    DeadlineError,
    Event,
    InvalidArgumentError,
    NotFoundError,
    RateLimit,
    Retries,
    ServerError,
    TMDBError,
)

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
    (TMDB, {"transport": "aiohttp"}, "the transport 'aiohttp' is for AsyncTMDB"),
    (TMDB, {"transport": "requests"}, r"transport must be an httpx\.BaseTransport; not an object of type builtins\.str"),
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


@BOTH
def test_parameters_of_a_custom_client_are_added_to_those_of_the_call(run: Any) -> None:
    """httpx's client replaces the query of a URL by its own parameters."""
    script = Script(make_response(200, body_of("movies/popular")))
    kind = httpx.Client if run.__name__ == "run_sync" else httpx.AsyncClient
    http = kind(transport=script.transport, params={"team": "a b", "page": "1"})
    run(lambda tmdb: tmdb.movies.popular(page=3, region="DE"), API_KEY, http_client=http)
    (request,) = script.requests
    assert dict(request.url.params) == {"team": "a b", "page": "3", "region": "DE", "api_key": API_KEY}


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


@BOTH
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda tmdb: tmdb.discover.movie(with_watch_providers=[8]), "with_watch_providers has no effect without watch_region"),
        (lambda tmdb: tmdb.discover.tv(with_watch_monetization_types=["flatrate"]), "with_watch_monetization_types has no effect without watch_region"),
        (lambda tmdb: tmdb.discover.movie(certification="R"), "certification has no effect without certification_country"),
        (lambda tmdb: tmdb.discover.movie(certification_lte="R"), "certification_lte has no effect without certification_country"),
        (lambda tmdb: tmdb.movies.details(550, language="german"), "language must be a language like 'de' or 'de-DE'; not 'german'"),
        (lambda tmdb: tmdb.movies.popular(region="UK"), "not 'UK': did you mean 'GB'"),
        (lambda tmdb: tmdb.discover.movie(with_origin_country=["Germany"]), "'Germany' is not allowed"),
        (lambda tmdb: tmdb.movies.account_states(550, session_id=TOKEN), "session_id has the form of an access token"),
        (lambda tmdb: tmdb.movies.account_states(550, session_id=GUEST_SESSION), "session_id has the form of a guest_session_id"),
        (lambda tmdb: tmdb.movies.account_states(550, guest_session_id=SESSION), "guest_session_id has the form of a session_id"),
        (lambda tmdb: tmdb.movies.details(550, append_to_response=["watch_providers"]), "did you mean 'watch/providers'"),
    ],
)
def test_what_tmdb_would_ignore_is_rejected_before_a_request(run: Any, call: Any, message: str) -> None:
    script = Script(POPULAR)
    with pytest.raises(InvalidArgumentError) as caught:
        run(call, transport=script.transport)
    assert message in str(caught.value)
    assert not any(secret in str(caught.value) for secret in (TOKEN, SESSION, GUEST_SESSION))
    assert script.requests == []


@BOTH
def test_what_goes_together_is_sent(run: Any) -> None:
    script = Script(POPULAR)
    run(lambda tmdb: tmdb.discover.movie(with_watch_providers=8, watch_region="de", with_origin_country="us", language="PT_br"), transport=script.transport)
    assert dict(script.requests[0].url.params) == {"with_watch_providers": "8", "watch_region": "DE", "with_origin_country": "US", "language": "pt-BR"}


@BOTH
def test_ids_may_be_digits_in_a_text(run: Any) -> None:
    script = Script(make_response(200, body_of("movies/details")))
    run(lambda tmdb: tmdb.movies.details("550"), transport=script.transport)
    assert script.requests[0].url.path == "/3/movie/550"


@pytest.mark.parametrize("client", [TMDB, AsyncTMDB])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"language": "german"}, "language must be a language"),
        ({"language": 5}, "language must be a language"),
        ({"region": "Germany"}, "region must be a country"),
        ({"region": "uk"}, "did you mean 'GB'"),
        ({"session_id": TOKEN}, "pass it as user_access_token"),
        ({"access_token": f"Bearer {TOKEN}"}, "access_token begins with the word Bearer, which the client adds: leave it off"),
        ({"user_access_token": f"bearer {TOKEN}"}, "leave it off"),
        ({"strict": "no"}, "strict must be True or False; not 'no'"),
        ({"timeout": "5"}, "timeout must be a number of seconds"),
        ({"deadline": "5"}, "deadline must be a number of seconds"),
        ({"cache": "tmdb.sqlite3"}, "cache must be like Cache"),
        ({"proxy": "foo bar"}, "proxy must be like"),
        ({"proxy": "http://proxy:99999"}, "proxy must be like"),
    ],
)
def test_settings_are_checked_when_the_client_is_created(client: type[TMDB | AsyncTMDB], options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        client(**options)
    assert message in str(caught.value)
    assert TOKEN not in str(caught.value)


def test_the_word_bearer_is_named_in_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMDB_ACCESS_TOKEN", f"Bearer {TOKEN}")
    with pytest.raises(InvalidArgumentError, match="leave it off"):
        TMDB()


@pytest.mark.parametrize("form", ["foo bar", "http://[::1", "http://proxy:99999", "http://pro xy:3128"])
def test_a_malformed_proxy_of_the_environment_is_named(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", form)
    with pytest.raises(InvalidArgumentError, match="HTTPS_PROXY must be like") as caught:
        TMDB(TOKEN).movies.popular()
    assert form not in str(caught.value)


@pytest.mark.parametrize("base_url", ["https://tmdb.test/api/3", "https://tmdb.test/api/4/", "https://tmdb.test/api//", "https://tmdb.test/api"])
def test_the_version_at_the_end_of_a_base_url_is_understood(base_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(POPULAR)
    TMDB(TOKEN, base_url=base_url, transport=script.transport).movies.popular()
    monkeypatch.setenv("TMDB_BASE_URL", base_url)
    TMDB(TOKEN, transport=script.transport).movies.popular()
    assert [str(request.url) for request in script.requests] == ["https://tmdb.test/api/3/movie/popular"] * 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Cache(max_size="1e6"), "max_size must be an integer of bytes"),  # type: ignore[arg-type]
        (lambda: Cache(max_size=float("nan")), "max_size must be an integer of bytes"),  # type: ignore[arg-type]
        (lambda: Cache(5), "path must be that of a file"),  # type: ignore[arg-type]
        (lambda: RateLimit("40"), "per_second must be a number above 0; not '40'"),  # type: ignore[arg-type]
        (lambda: RateLimit(burst=1.5), "burst must be an integer, 1 or more"),  # type: ignore[arg-type]
        (lambda: Retries(attempts="3"), "attempts must be an integer, 1 or more"),  # type: ignore[arg-type]
        (lambda: Retries(attempts=True), "attempts must be an integer, 1 or more"),
        (lambda: Retries(budget="30"), "budget must be a number of seconds, 0 or more"),  # type: ignore[arg-type]
    ],
)
def test_settings_of_another_type_are_rejected_by_name(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        make()
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("get", "message"),
    [
        (lambda tmdb: tmdb.movie, "'TMDB' object has no attribute 'movie'. Did you mean 'movies'?"),
        (lambda tmdb: tmdb.tv, "Did you mean 'tv_series'?"),
        (lambda tmdb: tmdb.search.movies, "'Search' object has no attribute 'movies'. Did you mean 'movie'?"),
        (lambda tmdb: tmdb.movies.raw.detail, "Did you mean 'details'?"),
        (lambda tmdb: tmdb.users.logn, "Did you mean 'login'?"),
        (lambda tmdb: tmdb.movies.popular().results[0].titel, "'MovieRow' object has no attribute 'titel'. Did you mean 'title'?"),
        (lambda _: tmdbkit.MovieRow, "module 'tmdbkit' has no attribute 'MovieRow'. It is in tmdbkit.models"),
        (lambda _: tmdbkit.NotFound, "Did you mean 'NotFoundError'?"),
        (lambda _: tmdbkit.models.MovieDetail, "Did you mean 'MovieDetails'?"),
        (lambda tmdb: tmdb.zzz, "'TMDB' object has no attribute 'zzz'"),
    ],
)
def test_an_unknown_name_says_what_was_probably_meant(get: Any, message: str) -> None:
    tmdb = TMDB(TOKEN, transport=Script(POPULAR).transport)
    with pytest.raises(AttributeError) as caught:
        get(tmdb)
    assert str(caught.value).endswith(message)
    shown = traceback.format_exception_only(caught.value)[-1].strip()
    assert shown == f"AttributeError: {caught.value}", "Python adds no second hint"


def test_an_unknown_name_is_none_for_getattr_and_hasattr() -> None:
    tmdb = TMDB(TOKEN, transport=Script(POPULAR).transport)
    row = tmdb.movies.popular().results[0]
    assert getattr(tmdb, "movie", None) is getattr(row, "titel", None) is getattr(tmdbkit, "MovieRow", None) is None
    assert copy.deepcopy(row) == copy.copy(row) == pickle.loads(pickle.dumps(row)) == row


def test_without_an_event_loop_of_asyncio_a_call_says_so() -> None:
    """As under trio, which drives a coroutine itself."""
    events: list[Event] = []
    call = AsyncTMDB(TOKEN, on_event=events.append).movies.popular()
    with pytest.raises(TMDBError, match="AsyncTMDB needs an event loop of asyncio"):
        call.send(None)
    assert events == []  # no start without an end


UNSENDABLE: dict[str, Callable[[TMDB], Any]] = {
    "a query by hand": lambda tmdb: tmdb.get("/3/new", query={"a": "\ud800"}),
    "a name of a query": lambda tmdb: tmdb.get("/3/new", query={"\ud800": 1}),
    "a body by hand": lambda tmdb: tmdb.post("/3/new", body={"a": [{"b": "\ud800"}]}),
    "an extra item": lambda tmdb: tmdb.movies.details(550, extra_query={"a": "\ud800"}),
    "a title": lambda tmdb: tmdb.search.movie("\ud800"),
    "a match": lambda tmdb: tmdb.match.movie("\ud800"),
    "a long title": lambda tmdb: tmdb.search.movie("a" * 100_000),
    "a long path": lambda tmdb: tmdb.get("/3/" + "a" * 100_000),
    "a deadline": lambda tmdb: tmdb.movies.details(550, deadline=10**400),
    "a timeout": lambda tmdb: tmdb.movies.details(550, timeout=10**400),
    "a kind of changes": lambda tmdb: tmdb.changed([], "2024-01-01"),  # type: ignore[arg-type]
    "a kind of history": lambda tmdb: tmdb.change_history({}, 1, "2024-01-01"),  # type: ignore[arg-type]
    "parts": lambda tmdb: tmdb.whole_series(1, append_to_response=5),  # type: ignore[arg-type]
    "a place": lambda tmdb: tmdb.images.download("https://image.tmdb.org/a.jpg", "a\0b"),
    "no place": lambda tmdb: tmdb.images.download("https://image.tmdb.org/a.jpg", None),  # type: ignore[arg-type]
    "a URL": lambda tmdb: tmdb.images.download("https://image.tmdb.org/\ud800.jpg", "a.jpg"),
    "a base URL": lambda tmdb: tmdb.exports.download(tmdbkit.exports.MOVIE_IDS, "a", day="2024-01-01", base_url=5),  # type: ignore[arg-type]
    "a redirect": lambda tmdb: tmdb.users.request_approval(redirect_to=[]),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("call", UNSENDABLE.values(), ids=UNSENDABLE)
def test_what_cannot_be_sent_is_refused(call: Callable[[TMDB], Any]) -> None:
    script = Script()
    with TMDB(TOKEN, transport=script.transport) as tmdb, pytest.raises(InvalidArgumentError):
        call(tmdb)
