"""The integrations of OpenTelemetry and Sentry see our calls without credentials."""

from __future__ import annotations

import asyncio
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
import sentry_sdk
from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sentry_sdk.integrations.aiohttp import AioHttpIntegration
from sentry_sdk.integrations.httpx import HttpxIntegration

from tests.client.test_secrets import ACCOUNT, CALLS, CREDENTIALS, PASSWORD, PROXY_PASSWORD, REQUEST_TOKEN, SOUGHT, USERNAME
from tests.conftest import API_KEY, GUEST_SESSION, SESSION, TOKEN, USER_TOKEN, body_of
from tests.support.raw_server import http_response, raw_server, sends
from tmdbkit import TMDB, AsyncTMDB, Cache, Retries, TMDBError

pytestmark = pytest.mark.filterwarnings("ignore:.*_by_get is deprecated")

MOVIE = http_response(body_of("movies/details.fight_club"), Cache_Control="public, max-age=1000", Content_Type="application/json")
REFUSED = http_response(b'{"success": false, "status_code": 34, "status_message": "Not here."}', "404 Not Found")
BUSY = http_response(b"{}", "503 Service Unavailable", Retry_After="0")
STATE = http_response(b'{"id": 550, "favorite": true, "rated": false, "watchlist": true}')

KINDS = ("sync", "async", "aiohttp")


def run(kind: str, calls: Callable[[Any], Any], url: str, credential: str, **options: Any) -> None:
    """Make calls with a client; error responses are expected."""
    settings = {"session_id": SESSION, "user_access_token": USER_TOKEN, "base_url": url, "retries": Retries(base=0), **options}

    async def main() -> None:
        async with AsyncTMDB(credential, transport="aiohttp" if kind == "aiohttp" else None, **settings) as tmdb:
            for call in calls(tmdb):
                with suppress(TMDBError):
                    await call()

    if kind != "sync":
        asyncio.run(main())
        return
    with TMDB(credential, **settings) as tmdb:
        for call in calls(tmdb):
            with suppress(TMDBError):
                call()


def movie_and_state(tmdb: Any) -> list[Callable[[], Any]]:
    return [lambda: tmdb.movies.details(550), lambda: tmdb.movies.details(550), lambda: tmdb.movies.account_states(550)]


SCENES: dict[str, tuple[list[bytes], dict[str, Any], int]] = {
    "plain": ([MOVIE, MOVIE, STATE], {}, 3),
    "cached": ([MOVIE, STATE], {"cache": True}, 2),
    "retried": ([BUSY, MOVIE, BUSY, BUSY, MOVIE, BUSY, STATE], {}, 7),
    "refused": ([REFUSED], {}, 3),
}


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instrumentors = [HTTPXClientInstrumentor(), AioHttpClientInstrumentor()]
    for instrumentor in instrumentors:
        instrumentor.instrument(tracer_provider=provider)
    try:
        yield exporter
    finally:
        for instrumentor in instrumentors:
            instrumentor.uninstrument()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scene", SCENES)
@CREDENTIALS
def test_opentelemetry_has_a_span_for_each_request(
    spans: InMemorySpanExporter, kind: str, scene: str, credential: str, caplog: pytest.LogCaptureFixture
) -> None:
    responses, options, requests = SCENES[scene]
    caplog.set_level(logging.DEBUG)
    with raw_server(*map(sends, responses)) as server, Cache() as cache:
        run(kind, movie_and_state, server.url, credential, **({**options, "cache": cache} if options else {}))
        assert len(server.requests) == requests
        if credential == API_KEY:
            assert all(f"api_key={API_KEY}".encode() in request.split(b"\r\n")[0] for request in server.requests)
        assert f"session_id={SESSION}".encode() in server.requests[-1].split(b"\r\n")[0]
    finished = spans.get_finished_spans()
    assert len(finished) == requests
    assert all("/3/movie/550" in span.to_json() for span in finished)
    for told in (*(span.to_json() for span in finished), caplog.text):
        assert not SOUGHT.search(told), told


@pytest.mark.parametrize("kind", KINDS)
def test_spans_contain_no_credential(spans: InMemorySpanExporter, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """In the query, in the path, in the body, and repeated by the server."""
    caplog.set_level(logging.DEBUG)
    echo = http_response(
        json.dumps({"status_code": 34, "status_message": f"No {SESSION} {API_KEY}"}).encode(),
        "404 Not Found",
        Location=f"https://example.org/?session_id={SESSION}",
        Authentication_Callback=f"https://www.themoviedb.org/authenticate/{REQUEST_TOKEN}",
        Set_Cookie="session=planted-cookie-of-an-answer",
    )
    with raw_server(sends(echo)) as server:
        run(kind, lambda tmdb: [lambda call=call: call(tmdb) for name, call in CALLS.items() if "wait" not in name], server.url, API_KEY)
        sent = b"".join(server.requests)
        assert all(secret.encode() in sent for secret in (GUEST_SESSION, REQUEST_TOKEN, USERNAME, str(ACCOUNT), PASSWORD[:7]))
    assert spans.get_finished_spans()
    for told in (*(span.to_json() for span in spans.get_finished_spans()), caplog.text):
        assert not SOUGHT.search(told), told


class Envelopes(sentry_sdk.Transport):
    """A transport that keeps Sentry's envelopes."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def capture_envelope(self, envelope: Any) -> None:
        self.sent.append(envelope.serialize().decode())


@pytest.fixture
def sentry() -> Iterator[Envelopes]:
    envelopes = Envelopes()
    with sentry_sdk.new_scope():
        sentry_sdk.init(
            dsn="http://public@127.0.0.1/1",
            transport=envelopes,
            traces_sample_rate=1.0,
            include_local_variables=True,
            default_integrations=True,
            auto_enabling_integrations=False,
            integrations=[HttpxIntegration(), AioHttpIntegration()],
            event_scrubber=None,
        )
        try:
            yield envelopes
        finally:
            sentry_sdk.get_client().close(timeout=0)
            sentry_sdk.get_global_scope().set_client(None)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scene", SCENES)
@CREDENTIALS
def test_sentry_events_contain_no_credential(sentry: Envelopes, kind: str, scene: str, credential: str) -> None:
    responses, options, _ = SCENES[scene]
    with raw_server(*map(sends, responses)) as server, Cache() as cache, sentry_sdk.start_transaction(name="test"):
        run(kind, movie_and_state, server.url, credential, **({**options, "cache": cache} if options else {}))
        sentry_sdk.capture_message("done")  # with the breadcrumbs so far
    sentry_sdk.flush()
    told = "\n".join(sentry.sent)
    assert "/3/movie/550" in told
    assert not SOUGHT.search(told), SOUGHT.search(told)


@pytest.mark.parametrize("kind", KINDS)
@CREDENTIALS
@pytest.mark.parametrize("lost", [False, True], ids=["refused", "lost"])
def test_frames_in_sentry_contain_no_credential(sentry: Envelopes, kind: str, credential: str, lost: bool) -> None:
    with raw_server(sends(REFUSED)) as server:
        url = server.url
        if not lost:
            report(kind, url, credential)
    if lost:
        report(kind, url, credential)
    (told,) = [sent for sent in sentry.sent if '"exception"' in sent]
    assert '"vars"' in told
    assert not SOUGHT.search(told), SOUGHT.search(told)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "sync"])
@CREDENTIALS
async def test_frames_of_a_cancelled_call_contain_no_credential(kind: str, credential: str) -> None:
    transport: Any = "aiohttp" if kind == "aiohttp" else None
    with raw_server(lambda connection: connection.recv(1)) as server:
        async with AsyncTMDB(credential, transport=transport, session_id=SESSION, base_url=server.url, retries=None) as tmdb:
            with pytest.raises(TimeoutError) as caught:
                async with asyncio.timeout(0.2):
                    await tmdb.movies.account_states(550)
    check_frames(caught.value)


def check_frames(error: BaseException) -> None:
    """Check the local variables of all frames, except those of the tests."""
    for link in filter(None, (error, error.__cause__, error.__context__)):
        for frame in traceback.TracebackException.from_exception(link, capture_locals=True).stack:
            shown = f"{frame.filename} {frame.name} {frame.locals}"
            assert "/tests/" in frame.filename or not SOUGHT.search(shown), shown


class JobTimeoutError(Exception):
    """What a job queue raises from its signal handler, within any step of a call."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("proxied", [False, True], ids=["direct", "proxied"])
@CREDENTIALS
def test_frames_of_a_foreign_exception_contain_no_credential(kind: str, proxied: bool, credential: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise JobTimeoutError

    monkeypatch.setattr("h11.Connection.send", interrupted)
    monkeypatch.setattr("aiohttp.TCPConnector.connect", interrupted)
    with raw_server(sends(MOVIE)) as server:
        through = {"proxy": server.url.replace("//", f"//{USERNAME}:{PROXY_PASSWORD}@")} if proxied else {}
        with pytest.raises(JobTimeoutError) as caught:
            run(kind, movie_and_state, "https://api.themoviedb.org" if proxied else server.url, credential, **through)
    check_frames(caught.value)
    assert any(frame.name in ("_send_event", "_connect_and_send_request", "_request") for frame in traceback.extract_tb(caught.value.__traceback__))


def test_frames_of_a_custom_transport_keep_their_variables() -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        found = request.url.path
        raise KeyError(found)

    with TMDB(TOKEN, transport=httpx.MockTransport(broken)) as tmdb, pytest.raises(KeyError) as caught:
        tmdb.movies.details(550)
    frame = traceback.TracebackException.from_exception(caught.value, capture_locals=True).stack[-1]
    assert (frame.locals or {})["found"] == "'/3/movie/550'"


MINE = {"Authorization": f"Bearer {TOKEN}"}
INVALID: dict[str, Callable[[Any], Any]] = {
    "an option": lambda tmdb: tmdb.movies.account_states(550, session_id=SESSION, headers=MINE, deadline=-1),
    "an unknown option": lambda tmdb: tmdb.movies.account_states(550, session_id=SESSION, headers=MINE, unknown=1),
    "a header": lambda tmdb: tmdb.movies.raw.details(550, headers={"Authorization": f"{TOKEN}\n"}),
    "headers of a copy": lambda tmdb: tmdb.with_options(session_id=SESSION, headers={"Authorization": f"{TOKEN}\n"}),
    "a session": lambda tmdb: tmdb.with_options(session_id=SESSION, guest_session_id=GUEST_SESSION),
    "a credential": lambda tmdb: type(tmdb)(f"{TOKEN}!"),
    "a proxy": lambda tmdb: type(tmdb)(TOKEN, session_id=SESSION, headers=MINE, proxy=f"ftp://{USERNAME}:{PASSWORD}@127.0.0.1"),
    "a timeout": lambda tmdb: type(tmdb)(TOKEN, session_id=SESSION, headers=MINE, timeout="long"),
}


def failure(kind: str, call: Callable[[Any], Any], url: str) -> BaseException:
    """Make a call that fails, and return its exception."""
    settings: dict[str, Any] = {"session_id": SESSION, "base_url": url, "retries": None}

    async def main() -> None:
        async with AsyncTMDB(API_KEY, transport="aiohttp" if kind == "aiohttp" else None, **settings) as tmdb:
            await call(tmdb)

    def act() -> None:
        if kind != "sync":
            asyncio.run(main())
        else:
            with TMDB(API_KEY, **settings) as tmdb:
                call(tmdb)

    with pytest.raises((TMDBError, TypeError)) as caught:
        act()
    return caught.value


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("invalid", INVALID)
def test_frames_of_a_rejected_argument_contain_no_credential(kind: str, invalid: str) -> None:
    check_frames(failure(kind, INVALID[invalid], "http://127.0.0.1:9"))


@pytest.mark.parametrize("kind", KINDS)
def test_frames_contain_no_header_of_the_call(kind: str) -> None:
    with raw_server(sends(REFUSED)) as server:
        check_frames(failure(kind, lambda tmdb: tmdb.movies.details(550, headers=MINE), server.url))


def report(kind: str, url: str, credential: str) -> None:
    """Report the failure of a call, as an application does."""
    settings: dict[str, Any] = {"session_id": SESSION, "user_access_token": USER_TOKEN, "base_url": url, "retries": None}

    async def main() -> None:
        async with AsyncTMDB(credential, transport="aiohttp" if kind == "aiohttp" else None, **settings) as tmdb:
            try:
                await tmdb.movies.account_states(550)
            except TMDBError as error:
                text_of(error)

    def text_of(error: TMDBError) -> None:
        # The frames of the test itself know the credential.
        del_frames = error.__traceback__
        assert del_frames is not None
        error.__traceback__ = del_frames.tb_next
        sentry_sdk.capture_exception(error)

    if kind != "sync":
        asyncio.run(main())
    else:
        with TMDB(credential, **settings) as tmdb:
            try:
                tmdb.movies.account_states(550)
            except TMDBError as error:
                text_of(error)
    sentry_sdk.flush()


def test_a_transport_without_target_gets_the_credential_in_the_url() -> None:
    """It has to: such a transport sends the URL."""
    seen: list[httpx.Request] = []
    transport = httpx.MockTransport(lambda request: seen.append(request) or httpx.Response(200, content=b'{"success": true}'))
    with TMDB(API_KEY, transport=transport) as tmdb:
        tmdb.authentication.validate_key()
    assert seen[0].url.params["api_key"] == API_KEY
    with TMDB(TOKEN, transport=transport) as tmdb:
        tmdb.authentication.validate_key()
    assert not seen[1].url.query


def test_log_records_of_other_clients_are_unchanged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    TMDB(TOKEN)
    with raw_server(sends(http_response())) as server:
        httpx.get(f"{server.url}/?session_id=theirs&api_key=theirs")
    (record,) = [record for record in caplog.records if record.name == "httpx"]
    assert "session_id=theirs&api_key=theirs" in record.getMessage()
    assert record.args, "the record was not touched"
