"""Observability of a call: events, log records, request extensions, spans, and the attributes of a raw response."""

from __future__ import annotations

import logging
import subprocess
import sys
from datetime import timedelta
from typing import Any

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.client.test_secrets import SOUGHT
from tests.conftest import API_KEY, SESSION, body_of
from tests.support.fake_clock import BOTH, FakeClock, Script, make_response
from tests.support.fake_origin import Origin
from tmdbkit import TMDB, Cache, DecodeError, Event, InvalidArgumentError, NotFoundError, RateLimit, Retries, ServerError, TMDBError
from tmdbkit.otel import SpanHook

POPULAR = make_response(200, body_of("movies/popular"), [("X-Request-Id", "r-1")])
BUSY = make_response(503, b"{}", [("Retry-After", "2")])
REFUSED = make_response(404, {"status_code": 34, "status_message": "No."})


def popular(tmdb: Any) -> Any:
    return tmdb.movies.raw.popular()


@pytest.fixture
def fake_clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    return FakeClock(monkeypatch)


@BOTH
def test_a_call_emits_events_in_order(run: Any, fake_clock: FakeClock) -> None:
    events: list[Event] = []
    run(popular, transport=Script(BUSY, POPULAR).transport, on_event=events.append, retries=Retries(base=0))
    assert [(event.kind, event.attempt, event.status_code, event.wait) for event in events] == [
        ("start", 1, None, None),
        ("request", 1, None, None),
        ("response", 1, 503, None),
        ("retry", 1, 503, 2),
        ("request", 2, None, None),
        ("response", 2, 200, None),
        ("end", 2, 200, None),
    ]
    assert {(event.operation_id, event.method, event.url) for event in events} == {("movies_popular", "GET", "https://api.themoviedb.org/3/movie/popular")}
    assert len({event.call_id for event in events}) == 1
    assert isinstance(events[3].error, ServerError)
    assert events[-1].elapsed == 2
    assert events[-1].error is None


@BOTH
def test_the_rate_limit_wait_emits_an_event(run: Any, fake_clock: FakeClock) -> None:
    events: list[Event] = []
    limit = RateLimit(1, burst=1)
    limit.acquire()
    run(popular, transport=Script(POPULAR).transport, on_event=events.append, rate_limit=limit)
    assert [(event.kind, event.wait) for event in events[:3]] == [("start", None), ("rate_limit", 1), ("request", None)]


@BOTH
def test_a_cache_hit_emits_an_event(run: Any) -> None:
    events: list[Event] = []
    with Cache() as cache:
        for _ in range(2):
            run(lambda tmdb: tmdb.movies.raw.details(550), transport=Origin(), cache=cache, on_event=events.append)
    kinds = [event.kind for event in events if event.kind != "drift"]
    assert kinds == ["start", "request", "response", "end", "start", "cache_hit", "end"]


@BOTH
def test_an_exception_of_a_call_is_in_its_event(run: Any) -> None:
    events: list[Event] = []
    with pytest.raises(NotFoundError) as caught:
        run(popular, transport=Script(REFUSED).transport, on_event=events.append)
    assert (events[-1].kind, events[-1].error, events[-1].status_code) == ("end", caught.value, 404)


@BOTH
def test_a_cancellation_emits_the_end_event(run: Any) -> None:
    events: list[Event] = []
    with pytest.raises(ZeroDivisionError):
        run(popular, transport=Script(ZeroDivisionError()).transport, on_event=events.append)
    assert events[-1].kind == "end"
    assert isinstance(events[-1].error, ZeroDivisionError)


@BOTH
def test_drift_emits_an_event(run: Any) -> None:
    events: list[Event] = []
    run(popular, transport=Script(make_response(200, {"page": "one"})).transport, on_event=events.append)
    drifts = [event.drift for event in events if event.kind == "drift"]
    assert ("movies_popular", "$.page") in [(drift.operation_id, drift.path) for drift in drifts if drift]


@BOTH
def test_an_exception_in_a_hook_is_logged(run: Any, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("planted")

    page = run(lambda tmdb: tmdb.movies.popular(), transport=Script(make_response(200, {"page": "one"})).transport, on_event=broken, on_drift=broken)
    assert page.page == "one"
    assert "a hook raised ZeroDivisionError, which is ignored" in caplog.messages


@BOTH
def test_events_contain_no_credential(run: Any) -> None:
    events: list[Event] = []
    for step in (make_response(200, {"id": 550}), REFUSED, httpx.ConnectError(f"no {API_KEY}")):
        try:
            run(
                lambda tmdb: tmdb.movies.account_states(550),
                API_KEY,
                session_id=SESSION,
                transport=Script(step).transport,
                on_event=events.append,
                retries=None,
            )
        except TMDBError:
            continue
    assert len({event.call_id for event in events}) == 3
    assert not SOUGHT.search(f"{events!r}")


@BOTH
def test_log_records_have_structured_fields(run: Any, fake_clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "tmdbkit")
    run(popular, transport=Script(BUSY, POPULAR).transport, retries=Retries(base=0))
    records: list[Any] = [record for record in caplog.records if record.name == "tmdbkit"]
    assert [(record.levelname, record.operation_id, record.attempt, record.wait, record.http_status) for record in records] == [
        ("DEBUG", "movies_popular", 1, None, None),
        ("DEBUG", "movies_popular", 1, None, 503),
        ("INFO", "movies_popular", 1, 2, 503),
        ("DEBUG", "movies_popular", 2, None, None),
        ("DEBUG", "movies_popular", 2, None, 200),
    ]
    assert "ServerError, attempt 1: trying again in 2.00 s (GET https://api.themoviedb.org/3/movie/popular)" in caplog.messages


@BOTH
def test_every_log_record_has_the_fields(run: Any, fake_clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    """This includes the records of failing hooks and of drift."""
    caplog.set_level(logging.DEBUG, "tmdbkit")

    def fails(_: object) -> None:
        raise ValueError

    strange = make_response(200, {"page": "one", "results": [], "total_pages": 1, "total_results": 1})
    run(popular, transport=Script(strange).transport, on_event=fails, on_drift=fails)
    lines = [logging.Formatter("%(operation_id)s %(attempt)s %(wait)s %(http_status)s").format(record) for record in caplog.records if record.name == "tmdbkit"]
    assert {line.split("\n")[0] for line in lines} == {
        "movies_popular None None None",
        "movies_popular 1 None None",
        "movies_popular 1 None 200",
    }


@pytest.mark.parametrize(("level", "shown"), [("debug", ["DEBUG", "INFO"]), ("INFO", ["INFO"]), ("", []), ("loud", [])])
def test_the_environment_enables_logging(level: str, shown: list[str]) -> None:
    code = """
import httpx
from tmdbkit import TMDB, Retries
answers = iter([httpx.Response(503), httpx.Response(200, content=b'{"success": true}')])
with TMDB("0" * 32, transport=httpx.MockTransport(lambda _: next(answers)), retries=Retries(base=0)) as tmdb:
    tmdb.authentication.validate_key()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"TMDB_LOG": level, "PYTHONPATH": ":".join(sys.path)})
    assert [name for name in ("DEBUG", "INFO") if f" tmdbkit {name}] " in done.stderr] == shown
    assert bool(done.stderr) is bool(shown)


def test_an_application_that_has_set_up_logging_shows_each_record_once() -> None:
    code = """
import logging
import httpx
from tmdbkit import TMDB
logging.basicConfig(format="%(name)s: %(message)s")
with TMDB("0" * 32, transport=httpx.MockTransport(lambda _: httpx.Response(200, content=b'{"success": true}'))) as tmdb:
    tmdb.authentication.validate_key()
"""
    environment = {"TMDB_LOG": "debug", "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert [line.partition(" (")[0].partition(" in ")[0] for line in done.stderr.splitlines()] == ["tmdbkit: sending attempt 1", "tmdbkit: HTTP 200"]


@BOTH
def test_a_raw_response_has_the_facts_of_its_call(run: Any, fake_clock: FakeClock) -> None:
    response = run(popular, transport=Script(BUSY, POPULAR).transport, retries=Retries(base=0))
    assert (response.attempts, response.elapsed, response.request_id, response.from_cache) == (2, timedelta(seconds=2), "r-1", False)


@BOTH
def test_request_extensions_name_operation_and_attempt(run: Any, fake_clock: FakeClock) -> None:
    script = Script(BUSY, POPULAR)
    run(popular, transport=script.transport)
    assert [(request.extensions["tmdbkit.operation_id"], request.extensions["tmdbkit.attempt"]) for request in script.requests] == [
        ("movies_popular", 1),
        ("movies_popular", 2),
    ]
    assert not any("authorization" in name for request in script.requests for name in request.extensions)


@BOTH
def test_a_truncated_body_is_retried(run: Any, fake_clock: FakeClock) -> None:
    events: list[Event] = []
    script = Script(make_response(200, body_of("movies/popular")[:-7]), POPULAR)
    assert run(lambda tmdb: tmdb.movies.popular(), transport=script.transport, on_event=events.append).results
    assert len(script.requests) == 2
    assert isinstance(next(event.error for event in events if event.kind == "retry"), DecodeError)


@BOTH
def test_a_write_with_a_truncated_response_is_not_retried(run: Any) -> None:
    script = Script(make_response(200, b'{"success": tr'))
    with pytest.raises(DecodeError):
        run(lambda tmdb: tmdb.movies.add_rating(550, 8.5), session_id=SESSION, transport=script.transport)
    assert len(script.requests) == 1


@pytest.mark.parametrize("content", [b"<html>Welcome</html>", b'{"page": NaN}', b"[1]]"])
@BOTH
def test_a_complete_body_that_is_not_json_is_not_retried(run: Any, content: bytes) -> None:
    script = Script(make_response(200, content))
    with pytest.raises(DecodeError):
        run(lambda tmdb: tmdb.movies.popular(), transport=script.transport)
    assert len(script.requests) == 1


@pytest.fixture
def spans() -> tuple[InMemorySpanExporter, TracerProvider]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return exporter, provider


@BOTH
def test_a_span_is_named_after_the_operation(run: Any, fake_clock: FakeClock, spans: Any) -> None:
    exporter, provider = spans
    tracer = provider.get_tracer("test")
    inside: list[trace.Span] = []
    script = Script(BUSY, lambda: inside.append(trace.get_current_span()) or httpx.Response(200, content=POPULAR.content))  # type: ignore[func-returns-value]
    with tracer.start_as_current_span("outer") as outer:
        run(popular, API_KEY, transport=script.transport, on_event=SpanHook(provider), retries=Retries(base=0))
        assert trace.get_current_span() is outer
    span = exporter.get_finished_spans()[0]
    assert (span.name, span.kind, span.parent.span_id) == ("movies_popular", trace.SpanKind.CLIENT, outer.get_span_context().span_id)
    assert inside[0].get_span_context() == span.get_span_context(), "requests are below it"
    assert [(event.name, dict(event.attributes or {})) for event in span.events] == [("retry", {"attempt": 1, "wait": 2, "error.type": "ServerError"})]
    assert (span.attributes["http.response.status_code"], span.attributes["http.request.resend_count"]) == (200, 1)
    assert not SOUGHT.search(span.to_json())


@BOTH
def test_a_span_of_a_failed_call_has_error_status(run: Any, spans: Any) -> None:
    exporter, provider = spans
    hook = SpanHook(provider)
    with pytest.raises(NotFoundError):
        run(popular, transport=Script(REFUSED).transport, on_event=hook)
    (span,) = exporter.get_finished_spans()
    assert (span.status.status_code, span.attributes["error.type"]) == (trace.StatusCode.ERROR, "NotFoundError")
    assert hook._open == {}


def test_an_invalid_hook_is_rejected() -> None:
    with pytest.raises(InvalidArgumentError, match="on_event must be a function"):
        TMDB(API_KEY, on_event=42)  # type: ignore[arg-type]

    async def awaited(event: Event) -> None: ...

    with pytest.raises(InvalidArgumentError, match="is not awaited"):
        TMDB(API_KEY, on_event=awaited)
