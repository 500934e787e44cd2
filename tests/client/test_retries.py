"""Retries: which calls, when, how often, and the final error."""

from __future__ import annotations

import gzip
import logging
import pickle
import re
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tmdb_openapi.status_codes import STATUS_CODES

from tests.conftest import API_KEY, SESSION, TOKEN, USER_TOKEN, body_of
from tests.support.calls import operations
from tests.support.fake_clock import BOTH, FakeClock, Script, make_response
from tests.support.raw_server import breaks_off, http_response, raw_server, sends
from tmdbkit import TMDB, APIConnectionError, APITimeoutError, InvalidArgumentError, RateLimitError, Retries, ServerError, StatusError, TMDBError
from tmdbkit.transport.body import Body
from tmdbkit.transport.retries import (
    LEAST_WAIT,
    Attempts,
    check_retries,
    errors_of,
    is_refusal,
    is_transient,
    is_truncated,
    retry_after,
    status_code_of,
)
from tmdbkit.transport.retries import envelope as error_body

OK = make_response(200, {"success": True})
Run = Callable[..., Any]


def ask(tmdb: Any) -> Any:
    return tmdb.authentication.validate_key()


@pytest.fixture
def fake_clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    return FakeClock(monkeypatch)


def envelope(code: int) -> dict[str, object]:
    return {"success": False, "status_code": code, "status_message": "No."}


LOST = [
    *(httpx.ConnectError, httpx.ReadError, httpx.WriteError, httpx.CloseError, httpx.RemoteProtocolError, httpx.ProxyError),
    *(httpx.ConnectTimeout, httpx.ReadTimeout, httpx.WriteTimeout, httpx.PoolTimeout),
]


@BOTH
@pytest.mark.parametrize("lost", LOST)
def test_lost_connections_and_timeouts_are_retried(run: Run, lost: type[Exception], fake_clock: FakeClock) -> None:
    script = Script(lost("lost"), lost("lost"), OK)
    assert run(ask, transport=script.transport).success
    assert (len(script.requests), len(fake_clock.sleeps)) == (3, 2)


@BOTH
@pytest.mark.parametrize("broken", [httpx.DecodingError, httpx.TooManyRedirects, httpx.UnsupportedProtocol, httpx.LocalProtocolError])
def test_permanent_failures_are_not_retried(run: Run, broken: type[Exception], fake_clock: FakeClock) -> None:
    script = Script(broken("broken"))
    with pytest.raises(APIConnectionError) as caught:
        run(ask, transport=script.transport)
    assert (len(script.requests), caught.value.attempts, fake_clock.sleeps) == (1, 1, [])


@BOTH
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429, 500, 501, 502, 503, 504, 505, 511, 520, 522, 530, 531, 599])
@pytest.mark.parametrize("content", [b"", b"<html>", b'{"status_code": 999}', b'{"status_code": 1}'])
def test_without_a_status_code_the_http_status_decides_on_retries(run: Run, status: int, content: bytes, fake_clock: FakeClock) -> None:
    script = Script(make_response(status, content))
    with pytest.raises(StatusError) as caught:
        run(ask, transport=script.transport)
    assert len(script.requests) == caught.value.attempts == (3 if status in (429, 500, 502, 503, 504, 520, 522, 530) else 1)


@BOTH
@pytest.mark.parametrize("code", [code for code, entry in STATUS_CODES.items() if entry.error])
def test_a_status_code_outweighs_the_http_status(run: Run, code: int, fake_clock: FakeClock) -> None:
    entry = STATUS_CODES[code]
    for status in {entry.http_status, 500, 418} - {200}:
        script = Script(make_response(status, envelope(code)))
        with pytest.raises(StatusError):
            run(ask, transport=script.transport)
        assert len(script.requests) == (3 if entry.retry else 1)


def test_code_44_is_a_permanent_500(fake_clock: FakeClock) -> None:
    script = Script(make_response(500, envelope(44)))
    with pytest.raises(StatusError):
        TMDB(TOKEN, transport=script.transport).movies.details(550)
    assert len(script.requests) == 1


CHANGES: dict[str, Callable[[Any], Any]] = {
    "POST": lambda tmdb: tmdb.movies.add_rating(550, 8.5),
    "DELETE": lambda tmdb: tmdb.movies.delete_rating(550),
    "PUT": lambda tmdb: tmdb.v4_lists.update(1, name="name"),
    "POST that clears a list": lambda tmdb: tmdb.lists.clear(1, True),
    "GET /4/list/{id}/clear": lambda tmdb: tmdb.v4_lists.clear(1),
}


@BOTH
@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("step", [make_response(429), make_response(503), httpx.ReadTimeout("slow"), httpx.ConnectError("closed")], ids=repr)
def test_state_changing_calls_are_not_retried(run: Run, name: str, step: Any, fake_clock: FakeClock) -> None:
    script = Script(step)
    with pytest.raises(TMDBError) as caught:
        run(CHANGES[name], transport=script.transport, session_id=SESSION, user_access_token=USER_TOKEN)
    assert (len(script.requests), caught.value.attempts, fake_clock.sleeps) == (1, 1, [])  # type: ignore[attr-defined]


def test_only_safe_gets_are_retried() -> None:
    known = [operation for _, _, operation in operations().values()]
    assert all(operation.changes_state for operation in known if operation.method != "GET")
    changing = {operation.operation_id for operation in known if operation.method == "GET" and operation.changes_state}
    assert changing == {
        "authentication_create_guest_session",
        "authentication_create_request_token",
        "authentication_create_session_by_get",
        "authentication_create_session_with_login_by_get",
        "v4_lists_clear",
    }


@BOTH
def test_the_last_error_has_the_number_of_attempts(run: Run, fake_clock: FakeClock) -> None:
    script = Script(httpx.ConnectError("closed"), make_response(429, envelope(25)), make_response(503, envelope(9)))
    with pytest.raises(ServerError, match=r"HTTP 503, TMDB code 9: GET .*, 3 attempts\)") as caught:
        run(ask, transport=script.transport)
    assert caught.value.attempts == pickle.loads(pickle.dumps(caught.value)).attempts == 3
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    with pytest.raises(APITimeoutError, match=r", 2 attempts\)") as timed_out:
        run(ask, transport=Script(httpx.ReadTimeout("slow")).transport, retries=Retries(attempts=2))
    assert timed_out.value.attempts == 2
    assert isinstance(timed_out.value.__cause__, httpx.ReadTimeout)


@BOTH
def test_retries_can_be_disabled(run: Run, fake_clock: FakeClock) -> None:
    for options, action in (({"retries": None}, ask), ({}, lambda tmdb: ask(tmdb.with_options(retries=None)))):
        script = Script(make_response(503))
        with pytest.raises(ServerError) as caught:
            run(action, transport=script.transport, **options)
        assert (len(script.requests), caught.value.attempts, fake_clock.sleeps) == (1, 1, [])


@BOTH
def test_a_copy_inherits_or_overrides_retries(run: Run, fake_clock: FakeClock) -> None:
    for changed, expected in (({}, 2), ({"retries": Retries(attempts=5)}, 5)):
        script = Script(make_response(503))
        with pytest.raises(ServerError):
            run(lambda tmdb, changed=changed: ask(tmdb.with_options(**changed)), transport=script.transport, retries=Retries(attempts=2))
        assert len(script.requests) == expected


@BOTH
@pytest.mark.parametrize(("header", "least", "most"), [("2", 2, 2.5), ("1.5", 1.5, 2), ("0", LEAST_WAIT, 0.55), ("-5", LEAST_WAIT, 0.55)])
def test_retry_after_is_a_lower_bound_of_the_wait(run: Run, header: str, least: float, most: float, fake_clock: FakeClock) -> None:
    run(ask, transport=Script(make_response(429, envelope(25), [("Retry-After", header)]), OK).transport)
    assert len(fake_clock.sleeps) == 1
    assert least <= fake_clock.sleeps[0] <= most


def test_the_wait_is_never_zero() -> None:
    attempts = Attempts(Retries(), now=lambda: 0.0, draw=lambda: 0.0)
    assert attempts.wait_after(retryable=True, retry_after=0.0) == LEAST_WAIT > 0


@BOTH
@pytest.mark.parametrize(("seconds", "least", "most"), [(5, 3.5, 5.5), (-3600, LEAST_WAIT, 0.55)])
def test_retry_after_as_a_date_is_honoured(run: Run, seconds: float, least: float, most: float, fake_clock: FakeClock) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)
    run(ask, transport=Script(make_response(503, b"", [("Retry-After", moment)]), OK).transport)
    assert least <= fake_clock.sleeps[0] <= most


@BOTH
@pytest.mark.parametrize("header", [None, "", "soon", "nan", "inf", "9" * 400, "Mon, 01 Jan 2024 00:00:00 +99999999999999999"])
def test_without_a_valid_retry_after_the_wait_is_random(run: Run, header: str | None, fake_clock: FakeClock) -> None:
    run(ask, transport=Script(make_response(429, envelope(25), [("Retry-After", header)] if header is not None else []), OK).transport)
    assert 0 <= fake_clock.sleeps[0] <= 0.5


@BOTH
@pytest.mark.parametrize("header", ["31", "86400", "1e300", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_retry_after_beyond_the_budget_raises_immediately(run: Run, header: str, fake_clock: FakeClock) -> None:
    script = Script(make_response(429, envelope(25), [("Retry-After", header)]))
    with pytest.raises(RateLimitError) as caught:
        run(ask, transport=script.transport)
    assert (len(script.requests), caught.value.attempts, fake_clock.sleeps) == (1, 1, [])
    assert caught.value.retry_after is not None and caught.value.retry_after > 30


@BOTH
def test_no_request_starts_after_the_budget_is_spent(run: Run, fake_clock: FakeClock) -> None:
    def slow() -> httpx.Response:
        fake_clock.now += 4
        raise httpx.ReadTimeout("slow")

    script = Script(slow)
    with pytest.raises(APITimeoutError) as caught:
        run(ask, transport=script.transport, retries=Retries(attempts=100, base=0, budget=10))
    assert len(script.requests) == caught.value.attempts == 3


times = st.floats(0, 100)


@given(
    retries=st.builds(Retries, attempts=st.integers(1, 2000), base=times, cap=times, budget=times),
    failures=st.lists(st.tuples(times, st.none() | st.floats(0, 1e300), st.floats(0, 1)), max_size=30),
    skipped=st.sampled_from([0, 0, 0, 1500]),
)
def test_waits_are_within_their_bounds(retries: Retries, failures: list[tuple[float, float | None, float]], skipped: int) -> None:
    now = 0.0
    drawn = 0.0
    attempts = Attempts(retries, now=lambda: now, draw=lambda: drawn)
    attempts.start()
    attempts.made = skipped
    for taken, asked_for, number in failures:
        now, drawn = now + taken, number
        wait = attempts.wait_after(retryable=True, retry_after=asked_for)
        left = retries.budget - now
        if wait is None:
            asked = 0.0 if asked_for is None else max(asked_for, LEAST_WAIT)
            assert attempts.made >= retries.attempts or left <= 0 or asked > left
            return
        bound = min(retries.cap, retries.base * 2.0 ** min(attempts.made - 1, 64))
        least = 0.0 if asked_for is None else max(asked_for, LEAST_WAIT)
        assert least <= wait <= min(least + bound, left)
        assert attempts.made < retries.attempts
        now += wait
        attempts.start()


@given(made=st.integers(0, 20))
def test_waits_are_uniform_up_to_a_doubling_bound(made: int) -> None:
    waits = []
    for draw in (0.0, 0.25, 1.0):
        attempts = Attempts(Retries(attempts=100), now=lambda: 0.0, draw=lambda draw=draw: draw)  # type: ignore[misc]
        attempts.made = made
        waits.append(attempts.wait_after(retryable=True))
    bound = min(8.0, 0.5 * 2**made)
    assert waits == [0, bound / 4, bound]


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"base": -1}, {"cap": -0.1}, {"budget": float("nan")}])
def test_invalid_retry_settings_are_rejected(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentError, match=next(iter(wrong))):
        Retries(**wrong)


def test_a_number_as_retries_is_rejected() -> None:
    for wrong in (3, 0, False):
        with pytest.raises(InvalidArgumentError, match=r"Retries\(attempts=3\)"):
            TMDB(TOKEN, retries=wrong)  # type: ignore[arg-type]
        with pytest.raises(InvalidArgumentError, match=r"Retries\(attempts=3\)"):
            TMDB(TOKEN).with_options(retries=wrong)  # type: ignore[arg-type]


def test_retry_settings_are_immutable_values() -> None:
    assert Retries() == Retries(attempts=3, base=0.5, cap=8.0, budget=30.0)
    with pytest.raises(AttributeError):
        Retries().attempts = 5  # type: ignore[misc]


def test_each_attempt_sends_the_same_request(fake_clock: FakeClock) -> None:
    script = Script(make_response(503), httpx.ReadError("lost"), OK)
    TMDB(TOKEN, transport=script.transport, headers={"X-App": "one"}).authentication.validate_key(headers={"X-Run": "two"}, timeout=3)
    assert len({(str(request.url), str(request.headers), str(request.extensions["timeout"])) for request in script.requests}) == 1


@BOTH
def test_retries_log_no_secret(run: Run, fake_clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    script = Script(make_response(503), httpx.ConnectError("closed"), make_response(502))
    with caplog.at_level(logging.DEBUG), pytest.raises(ServerError) as caught:
        run(lambda tmdb: tmdb.movies.account_states(550), API_KEY, session_id=SESSION, transport=script.transport)
    assert all(API_KEY in str(request.url) and SESSION in str(request.url) for request in script.requests)
    text = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + str(vars(caught.value)) + caplog.text
    assert "ServerError, attempt 1: trying again in" in text
    assert "APIConnectionError, attempt 2: trying again in" in text
    assert API_KEY not in text and SESSION not in text


@BOTH
def test_a_call_succeeds_on_the_third_attempt(run: Run) -> None:
    with raw_server(breaks_off(), breaks_off(), sends(http_response(b'{"success": true}'))) as server:
        assert run(ask, base_url=server.url, retries=Retries(base=0.01)).success
    assert [request.split(b"\r\n")[0] for request in server.requests] == [b"GET /3/authentication HTTP/1.1"] * 3


def test_every_prefix_of_a_body_counts_as_truncated() -> None:
    """msgspec distinguishes truncation only by its message, so a bump needs this test."""
    body = body_of("movies/popular")
    assert all(is_truncated(body[:length]) for length in range(len(body) - 1))
    for other in (body, body + b" ", b"<html>", b'{"a": NaN}', b"[1]]", b"\xff", b'{"a": "\xff"}', b"{'a': 1}"):
        assert not is_truncated(other)


# Decisions, at their bounds


def attempts(*, draw: float = 0.0, **policy: Any) -> Attempts:
    return Attempts(Retries(**policy), now=lambda: 100.0, draw=lambda: draw)


def test_the_default_policy_is_three_attempts_within_half_a_minute() -> None:
    default = Attempts(now=lambda: 0.0, draw=lambda: 1.0)
    assert [default.wait_after(retryable=True) for _ in range(3)] == [0.5, 1.0, None]
    assert Attempts(now=lambda: 0.0, draw=lambda: 0.0).wait_after(retryable=True, retry_after=30.5) is None
    assert default.made == 3


def test_failures_count_whatever_is_decided() -> None:
    for none in (Attempts(None), attempts(attempts=1), attempts(attempts=9)):
        assert none.wait_after(retryable=False) is None
        assert none.made == 1


def test_a_retry_after_of_exactly_the_budget_is_awaited() -> None:
    assert attempts(budget=5).wait_after(retryable=True, retry_after=5) == 5
    assert attempts(budget=5).wait_after(retryable=True, retry_after=5.5) is None
    assert attempts(budget=5, draw=1.0, base=3).wait_after(retryable=True, retry_after=4) == 5


def test_a_budget_that_ends_exactly_now_allows_no_attempt() -> None:
    now = 0.0
    spent = Attempts(Retries(budget=5, base=0), now=lambda: now)
    spent.start()
    now = 4.0
    assert spent.wait_after(retryable=True) == 0
    spent.start()  # the budget counts from the first request
    now = 5.0
    assert spent.wait_after(retryable=True) is None


def test_a_wait_that_ends_exactly_at_the_deadline_is_not_awaited() -> None:
    assert attempts().wait_after(retryable=True, retry_after=4, within=4) is None
    assert attempts().wait_after(retryable=True, retry_after=4, within=4.5) == 4


def test_a_random_wait_doubles_64_times_at_most() -> None:
    many = attempts(attempts=9_999, draw=1.0, base=1e-18, cap=1e9, budget=1e9)
    many.made = 5_000
    assert many.wait_after(retryable=True) == pytest.approx(18.446744)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(None, None), ("2", 2.0), (" 2.5 ", 2.5), ("-2", 0.0), ("nan", None), ("inf", None), ("-inf", None), ("", None), ("soon", None)],
)
def test_retry_after_in_seconds(value: str | None, seconds: float | None) -> None:
    assert retry_after(value) == seconds


@pytest.mark.parametrize("zone", ["GMT", "+0000", "-0000", "+0200"])
def test_retry_after_as_a_date_is_utc_unless_it_names_a_zone(zone: str) -> None:
    moment = datetime.now(UTC) + timedelta(seconds=1000, hours=2 if zone == "+0200" else 0)
    seconds = retry_after(f"{moment:%a, %d %b %Y %H:%M:%S} {zone}")
    assert seconds is not None
    assert 990 < seconds <= 1000


# Bodies


def body_with(content: bytes, **headers: str) -> Body:
    body = Body(**headers)
    body.feed(content)
    body.close()
    return body


@pytest.mark.parametrize(
    ("status", "content", "expected"),
    [
        (200, b'{"page": 1}', False),
        (200, b'{"page": 1', True),
        (299, b'{"page": 1', True),
        (300, b'{"page": 1', False),
        (199, b'{"page": 1', False),
        (503, b"", True),
        (404, b"", False),
        (404, b'{"status_code": 9}', True),
        (503, b'{"status_code": 34}', False),
        (200, b'{"success": false, "status_code": 9}', True),
        (200, b'{"success": false, "status_code": 34}', False),
    ],
)
def test_which_responses_are_transient(status: int, content: bytes, expected: bool) -> None:
    assert is_transient(status, body_with(content)) is expected


def test_a_truncated_compressed_success_is_transient() -> None:
    packed = gzip.compress(b'{"page": 1}' * 50)
    assert is_transient(200, body_with(packed[:-9]))
    assert not is_transient(200, body_with(b"\x1f\x8bnot gzip, and truncated: {"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"success": false, "status_code": 34}', True),
        (b'{"status_code": 34}', True),
        (b'{"success": true, "status_code": 34}', False),
        (b'{"success": true, "status_code": 1}', False),
        (b'{"status_code": 1}', False),
        (b'{"success": false, "errors": ["page must be less than 500"]}', True),
        (b'{"success": false, "errors": []}', False),
        (b'{"success": false, "errors": [7]}', False),
        (b'{"success": false, "errors": "page"}', False),
        (b'{"errors": ["page"]}', False),
        (b'{"success": false}', False),
        (b'{"success": false, "status_code": true}', False),
        (b'{"success": false, "status_code": "34"}', False),
        (b'{"success": false, "status_code": 999999, "errors": ["page"]}', True),
        (b'["status_code"]', False),
        (b'{"status_code": 34', False),
        (b'\xef\xbb\xbf{"status_code": 34}', True),
    ],
)
def test_which_successes_are_refusals(content: bytes, expected: bool) -> None:
    assert is_refusal(content) is expected


@pytest.mark.parametrize(("size", "expected"), [(4096, True), (4097, False)])
def test_a_long_success_is_no_refusal(size: int, expected: bool) -> None:
    """It may have keys of the same name, and is not parsed twice."""
    content = b'{"status_code": 34}'
    assert is_refusal(content + b" " * (size - len(content))) is expected


def test_an_error_body_of_anything_but_an_object_is_empty() -> None:
    for content in (b"", b"[1]", b"null", b"<html>", b'"\xff"', b"[" * 100_000):
        assert error_body(content) == {}
    assert error_body(b'\xef\xbb\xbf{"status_code": 7}') == {"status_code": 7}


def test_the_listed_faults_of_an_error_are_texts() -> None:
    assert errors_of({"errors": ["a", 7, None, "b"]}) == ["a", "b"]
    assert errors_of({"errors": "a"}) == errors_of({}) == []


@pytest.mark.parametrize(("code", "expected"), [(7, 7), (0, 0), (True, None), ("7", None), (None, None), (7.0, None)])
def test_a_status_code_is_an_integer(code: Any, expected: int | None) -> None:
    assert status_code_of({"status_code": code}) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"a": -', True),
        (b'{"a": 1.', True),
        (b'{"a": 1e', True),
        (b'{"a": 1E', True),
        (b'{"a": 1E+', True),
        (b'{"a": x-', False),
        (b'\xef\xbb\xbf{"a": 1', True),
        (b'\xef\xbb\xbf{"a": 1}', False),
        (b'{"a": "\\ud83d"}', False),
        (b'{"a": "\\ud83d', True),
        (b'{"a": "\xed\xa0\xbd"}', False),
        (b"[" * 100_000, False),
        (b'["\\ud83d", ' + b"[" * 100_000, False),
        (b"", True),
    ],
)
def test_what_counts_as_truncated(content: bytes, expected: bool) -> None:
    assert is_truncated(content) is expected


@pytest.mark.parametrize("wrong", [3, "3", Retries])
def test_a_policy_is_retries_or_none(wrong: Any) -> None:
    expected = f"retries must be like Retries(attempts=3), or None for a single attempt; not {wrong!r}"
    with pytest.raises(InvalidArgumentError, match=f"^{re.escape(expected)}$"):
        check_retries(wrong)
    check_retries(None)
    check_retries(Retries())
