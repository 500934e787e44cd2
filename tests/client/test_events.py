"""Observability of a call: events, log records, request extensions, spans, and the attributes of a raw response."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from collections.abc import Iterator
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
from tmdbkit import TMDB, Cache, DecodeError, Drift, Event, InvalidArgumentError, NotFoundError, RateLimit, Retries, ServerError, TMDBError
from tmdbkit._version import __version__
from tmdbkit.logs import DriftLog, Events, call_hook, logger, set_up_logging, shortened
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

    class Awaited:
        async def __call__(self, event: Event) -> None: ...

    for hook in (awaited, Awaited()):
        with pytest.raises(InvalidArgumentError, match="is not awaited"):
            TMDB(API_KEY, on_event=hook)


# Records


@pytest.fixture
def own_logger() -> Iterator[logging.Logger]:
    """The logger of the package, whose handlers and level are restored."""
    handlers, level = list(logger.handlers), logger.level
    yield logger
    for handler in set(logger.handlers) - set(handlers):
        logger.removeHandler(handler)
    logger.setLevel(level)


@pytest.mark.parametrize(("value", "level"), [("debug", logging.DEBUG), (" INFO ", logging.INFO), ("", logging.NOTSET), ("loud", logging.NOTSET)])
def test_the_environment_sets_level_and_handler_once(own_logger: logging.Logger, monkeypatch: pytest.MonkeyPatch, value: str, level: int) -> None:
    monkeypatch.setenv("TMDB_LOG", value)
    own_logger.setLevel(logging.NOTSET)
    before = list(own_logger.handlers)
    for _ in range(2):
        set_up_logging()
    assert own_logger.level == level
    assert len(own_logger.handlers) - len(before) == (1 if level else 0)


def test_another_level_gets_no_second_handler(own_logger: logging.Logger, monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("info", "debug"):
        monkeypatch.setenv("TMDB_LOG", value)
        set_up_logging()
    assert own_logger.level == logging.DEBUG
    assert [type(handler) for handler in own_logger.handlers].count(logging.StreamHandler) == 1


def test_without_the_variable_nothing_is_set_up(own_logger: logging.Logger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMDB_LOG", raising=False)
    before = (list(own_logger.handlers), own_logger.level)
    set_up_logging()
    assert (own_logger.handlers, own_logger.level) == before


def test_a_shown_line_has_time_name_and_level(own_logger: logging.Logger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMDB_LOG", "debug")
    set_up_logging()
    (handler,) = (handler for handler in own_logger.handlers if type(handler) is logging.StreamHandler)
    record = logging.makeLogRecord({"name": "tmdbkit", "levelname": "INFO", "msg": "sent %s", "args": ("x",)})
    assert re.fullmatch(r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ tmdbkit INFO\] sent x", handler.format(record))
    with monkeypatch.context() as patch:
        patch.setattr(logging.getLogger(), "handlers", [])
        assert handler.filter(record)
        patch.setattr(logging.getLogger(), "handlers", [logging.NullHandler()])
        assert not handler.filter(record)


def test_a_record_keeps_the_fields_that_it_has(caplog: pytest.LogCaptureFixture) -> None:
    logger.warning("one", extra={"operation_id": "movies_details", "wait": 2})
    (record,) = caplog.records
    assert [getattr(record, name) for name in ("operation_id", "attempt", "wait", "http_status")] == ["movies_details", None, 2, None]


def test_the_line_of_each_event(caplog: pytest.LogCaptureFixture, fake_clock: FakeClock) -> None:
    caplog.set_level(logging.DEBUG, "tmdbkit")
    events = Events(None, "movies_details", "GET", "https://x.example/3/movie/550")
    events("start")
    events("rate_limit", wait=1.5)
    events("request")
    fake_clock.now += 0.25
    events("response", status_code=503)
    events.attempt = 2
    events("retry", error=OSError("lost"), wait=2.0, status_code=503)
    events("cache_hit", status_code=200)
    events("end", status_code=200)
    where = "(GET https://x.example/3/movie/550)"
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("DEBUG", f"waiting 1.50 s for the rate limit {where}"),
        ("DEBUG", f"sending attempt 1 {where}"),
        ("DEBUG", f"HTTP 503 in 0.250 s {where}"),
        ("INFO", f"OSError, attempt 2: trying again in 2.00 s {where}"),
        ("DEBUG", f"HTTP 200 from the cache {where}"),
    ]
    fields: list[Any] = caplog.records
    assert [(record.operation_id, record.attempt, record.wait, record.http_status) for record in fields] == [
        ("movies_details", 1, 1.5, None),
        ("movies_details", 1, None, None),
        ("movies_details", 1, None, 503),
        ("movies_details", 2, 2.0, 503),
        ("movies_details", 2, None, 200),
    ]


def test_events_measure_attempt_and_call(fake_clock: FakeClock) -> None:
    seen: list[Event] = []
    events = Events(seen.append, "movies_details", "GET", "https://x.example")
    fake_clock.now += 1
    events("request")
    fake_clock.now += 2
    events("response", status_code=200)
    fake_clock.now += 4
    assert events.elapsed == 7
    events("cache_hit", status_code=200)
    events("end", status_code=200)
    assert [(event.kind, event.elapsed) for event in seen] == [("request", None), ("response", 2), ("cache_hit", 6), ("end", 7)]
    assert {(event.operation_id, event.method, event.url, event.attempt) for event in seen} == {("movies_details", "GET", "https://x.example", 1)}


def test_each_call_has_an_id_of_its_own() -> None:
    seen: list[Event] = []
    for _ in range(2):
        Events(seen.append, "movies_details", "GET", "https://x.example")("start")
    assert seen[0].call_id != seen[1].call_id


def test_a_failing_hook_is_named_with_its_operation(caplog: pytest.LogCaptureFixture) -> None:
    error = ZeroDivisionError("planted")

    def broken(_: object) -> None:
        raise error

    call_hook(broken, Drift("movies_details", "$", "str", "null"))
    call_hook(broken, "no event")
    fields: list[Any] = caplog.records
    assert [(record.getMessage(), record.operation_id, record.levelname) for record in fields] == [
        ("a hook raised ZeroDivisionError, which is ignored", "movies_details", "WARNING"),
        ("a hook raised ZeroDivisionError, which is ignored", None, "WARNING"),
    ]
    assert caplog.records[0].exc_info and caplog.records[0].exc_info[1] is error


@pytest.mark.parametrize(("length", "shown"), [(200, "x" * 200), (201, "x" * 200 + "…"), (0, "")])
def test_a_long_text_of_a_report_is_shortened(length: int, shown: str) -> None:
    assert shortened("x" * length) == shown


def test_a_report_is_redacted_shortened_and_counted_once(caplog: pytest.LogCaptureFixture) -> None:
    drifts, emitted = list[Drift](), list[Drift]()
    report = DriftLog(drifts.append).of("movies_popular", lambda text: text.replace("planted", "REDACTED"), emitted.append)
    for index in range(3):
        report(f"$.results[{index}].planted", "str", f"'planted{'x' * 300}'")
    report("$.results[0].planted", "int", "null")
    got = f"'REDACTED{'x' * 191}…"
    assert drifts == emitted == [Drift("movies_popular", "$.results[0].REDACTED", "str", got), Drift("movies_popular", "$.results[0].REDACTED", "int", "null")]
    fields: list[Any] = caplog.records
    assert [(record.operation_id, record.path) for record in fields] == [("movies_popular", "$.results[0].REDACTED")] * 2
    assert caplog.messages[1] == f"a response does not match the spec of tmdbkit {__version__}: movies_popular $.results[0].REDACTED: expected int, got null"


def test_a_client_reports_a_thousand_places(caplog: pytest.LogCaptureFixture) -> None:
    drifts: list[Drift] = []
    log = DriftLog(drifts.append)
    for index in range(1_002):
        log.of("movies_popular")(f"$.key_{index}", "no such key", "unknown key")
    assert [drift.path for drift in drifts] == [f"$.key_{index}" for index in range(1_000)]
    assert len(caplog.messages) == 1_001
    assert caplog.messages[-1] == "1000 places do not match the spec: this client reports no more of them"


def test_a_report_needs_no_listener(caplog: pytest.LogCaptureFixture) -> None:
    DriftLog(None).of("movies_popular")("$.page", "int", "missing")
    assert caplog.messages == [f"a response does not match the spec of tmdbkit {__version__}: movies_popular $.page: missing"]


@pytest.mark.parametrize("got", ["missing", "unknown key"])
def test_a_drift_as_text(got: str) -> None:
    assert str(Drift("movies_details", "$.title", "str", got)) == f"movies_details $.title: {got}"
    assert str(Drift("movies_details", "$.title", "str", "null")) == "movies_details $.title: expected str, got null"
