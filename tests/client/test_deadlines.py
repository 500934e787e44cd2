"""Deadlines and the other options of a call."""

from __future__ import annotations

import asyncio
import contextvars
import math
import re
import threading
import time
from typing import Any

import httpx
import pytest

from tests.conftest import TOKEN, body_of
from tests.support.fake_clock import BOTH, FakeClock, Script, make_response
from tests.support.raw_server import hangs, http_response, raw_server, sends
from tmdbkit import TMDB, AsyncTMDB, DeadlineError, InvalidArgumentError, RateLimit, Retries, ServerError
from tmdbkit.runtime import resources
from tmdbkit.transport.deadline import Deadline, DeadlinePassedError, deadline_of, seconds_left, shortened, within

POPULAR = make_response(200, body_of("movies/popular"))


@pytest.fixture
def fake_clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    return FakeClock(monkeypatch)


def popular(**options: Any) -> Any:
    return lambda tmdb: tmdb.movies.popular(**options)


@BOTH
def test_a_retry_beyond_the_deadline_is_not_awaited(run: Any, fake_clock: FakeClock) -> None:
    script = Script(make_response(503, headers=[("Retry-After", "4")]))
    with pytest.raises(ServerError) as caught:
        run(popular(), transport=script.transport, deadline=10.0, retries=Retries(attempts=9, base=0))
    assert caught.value.attempts == len(script.requests) == 3
    assert fake_clock.sleeps == [4, 4]


@BOTH
def test_a_queue_beyond_the_deadline_fails_at_once(run: Any, fake_clock: FakeClock) -> None:
    limit = RateLimit(1, burst=1)
    script = Script(POPULAR)
    for _ in range(5):
        limit.acquire()
    with pytest.raises(DeadlineError, match="no permit before the deadline"):
        run(popular(deadline=3), transport=script.transport, rate_limit=limit)
    assert (script.requests, fake_clock.sleeps) == ([], [])
    assert run(popular(deadline=6), transport=script.transport, rate_limit=limit).results
    assert fake_clock.sleeps == [5]


@BOTH
def test_by_default_the_deadline_excludes_the_queue(run: Any, fake_clock: FakeClock) -> None:
    limit = RateLimit(1, burst=1)
    for _ in range(500):
        limit.acquire()
    assert run(popular(), transport=Script(POPULAR).transport, rate_limit=limit).results
    assert fake_clock.sleeps == [500]


@BOTH
def test_the_default_deadline_is_a_minute_or_twice_the_timeout(run: Any, fake_clock: FakeClock) -> None:
    retries = Retries(attempts=99, base=0, budget=10_000)
    for timeout, last in ((5, 50), (100, 190), (None, 970)):
        fake_clock.sleeps.clear()
        script = Script(*[make_response(503, headers=[("Retry-After", "10")])] * 97, POPULAR)
        options: dict[str, Any] = {"timeout": timeout, "retries": retries}
        if timeout is None:
            assert run(popular(**options), transport=script.transport).results
        else:
            with pytest.raises(ServerError):
                run(popular(**options), transport=script.transport)
        assert sum(fake_clock.sleeps) == last


@BOTH
def test_timeouts_shrink_to_the_remaining_time(run: Any, fake_clock: FakeClock) -> None:
    for script, left in ((Script(POPULAR), 10), (Script(make_response(503, headers=[("Retry-After", "4")]), POPULAR), 6)):
        run(popular(deadline=10, timeout=30, retries=Retries(base=0)), transport=script.transport)
        assert script.requests[-1].extensions["timeout"]["read"] == left


def slow_transport(seconds: float) -> httpx.BaseTransport:
    class Slow(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, stream=Drip())

    class Drip(httpx.SyncByteStream):
        def __iter__(self) -> Any:
            while True:
                time.sleep(seconds)
                yield b" "

    return Slow()


def test_a_custom_transport_is_stopped_at_the_next_chunk() -> None:
    started = time.monotonic()
    with pytest.raises(DeadlineError):
        TMDB(TOKEN, transport=slow_transport(0.05), deadline=0.3).movies.popular()
    assert time.monotonic() - started < 10


def test_deadlines_of_threads_are_independent() -> None:
    took: dict[float, float] = {}
    tmdb = TMDB(TOKEN, transport=slow_transport(0.02))

    def call(deadline: float) -> None:
        started = time.monotonic()
        with pytest.raises(DeadlineError):
            tmdb.movies.popular(deadline=deadline)
        took[deadline] = time.monotonic() - started

    threads = [threading.Thread(target=call, args=(deadline,)) for deadline in (0.2, 1.2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert took[0.2] < 1.2 <= took[1.2]


async def test_a_cancelled_task_raises_no_deadline_error() -> None:
    async def never(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(60)
        raise AssertionError

    async with AsyncTMDB(TOKEN, transport=httpx.MockTransport(never), deadline=30) as tmdb:
        task = asyncio.create_task(tmdb.movies.popular())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(0.05):
                await tmdb.movies.popular()
        assert not isinstance(caught.value, DeadlineError), "the caller's own timeout stays the caller's"


async def test_a_dropped_call_raises_nothing_in_another_context() -> None:
    with raw_server(hangs()) as server:
        async with AsyncTMDB(TOKEN, base_url=server.url) as tmdb:
            call = tmdb.movies.popular()
            contextvars.copy_context().run(call.send, None)
            call.close()  # as when an event loop is dropped with its tasks


@pytest.mark.parametrize("options", [{"timeout": 1e12}, {"deadline": 1e12}, {"timeout": None, "deadline": None}])
def test_a_timeout_may_be_endless(options: Any) -> None:
    with raw_server(sends(http_response(body_of("movies/popular")))) as server, TMDB(TOKEN, base_url=server.url) as tmdb:
        assert tmdb.movies.popular(**options).results


@pytest.mark.parametrize("deadline", [0, -1, float("nan"), "5", True])
def test_an_invalid_deadline_is_rejected(deadline: Any) -> None:
    for client in (TMDB, AsyncTMDB):
        expected = f"^deadline must be a number of seconds above 0, or None for no end; not {deadline!r}$"
        with pytest.raises(InvalidArgumentError, match=expected):
            client(TOKEN, deadline=deadline)
    with pytest.raises(InvalidArgumentError, match="deadline must be"):
        TMDB(TOKEN).with_options(deadline=deadline)
    with pytest.raises(InvalidArgumentError, match="deadline must be"):
        TMDB(TOKEN).movies.popular(deadline=deadline)


@BOTH
def test_the_retries_of_a_call_override_the_clients(run: Any, fake_clock: FakeClock) -> None:
    for options, attempts in (({}, 3), ({"retries": None}, 1), ({"retries": Retries(attempts=5)}, 5)):
        script = Script(make_response(503))
        with pytest.raises(ServerError) as caught:
            run(popular(**options), transport=script.transport)
        assert caught.value.attempts == len(script.requests) == attempts
        with pytest.raises(InvalidArgumentError, match="retries must be like"):
            run(popular(retries=3), transport=script.transport)


@BOTH
def test_an_unknown_option_is_an_error_that_names_the_known_ones(run: Any) -> None:
    script = Script(POPULAR)
    with pytest.raises(TypeError, match=r"'lanugage' is neither an argument.*: did you mean 'language'\?"):
        run(popular(lanugage="de"), transport=script.transport)
    with pytest.raises(TypeError, match=r"'zz' is neither an argument.*: it has language, .*timeout, deadline, retries, headers"):
        run(popular(zz="de"), transport=script.transport)
    assert script.requests == []


@pytest.mark.parametrize("headers", [{"X-Trace": "planted\r\nX: 1"}, {"X-Trace": "planted\u00fc"}, {"X Trace": "1"}, {"": "1"}, {"X-Trace": 7}, {7: "1"}])
def test_an_invalid_header_is_rejected_without_its_value(headers: Any) -> None:
    script = Script(POPULAR)
    with TMDB(TOKEN, transport=script.transport) as tmdb:
        for call in (lambda: tmdb.movies.popular(headers=headers), lambda: tmdb.with_options(headers=headers), lambda: TMDB(TOKEN, headers=headers)):
            with pytest.raises(InvalidArgumentError, match="HTTP does not allow") as caught:
                call()
            assert "planted" not in str(caught.value)
    assert script.requests == []


@BOTH
def test_the_deadline_includes_decoding(run: Any, fake_clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    read = resources.read_body

    def slowly(*args: Any) -> Any:
        fake_clock.now += 3
        return read(*args)

    monkeypatch.setattr(resources, "read_body", slowly)
    assert run(popular(deadline=4), transport=Script(POPULAR).transport).results
    with pytest.raises(DeadlineError):
        run(popular(deadline=2), transport=Script(POPULAR).transport)


# The deadline of one call


def test_a_deadline_counts_down_to_zero(fake_clock: FakeClock) -> None:
    deadline = Deadline(5)
    assert deadline.left == 5
    fake_clock.now += 4
    assert deadline.left == 1
    fake_clock.now += 3
    assert deadline.left == 0


def test_a_deadline_has_passed_when_it_ends_exactly_now(fake_clock: FakeClock) -> None:
    deadline = Deadline(5)
    fake_clock.now += 4.5
    deadline.check()
    fake_clock.now += 0.5
    with pytest.raises(DeadlinePassedError, match=r"^the deadline of the call has passed$"):
        deadline.check()


def test_a_deadline_from_the_first_request_counts_from_there_once(fake_clock: FakeClock) -> None:
    deadline, started = Deadline(5, from_first_request=True), list[float]()
    assert deadline.left == math.inf
    deadline.on_start = started.append
    fake_clock.now += 100
    deadline.start()
    fake_clock.now += 2
    deadline.start()
    assert (deadline.left, started) == (3, [5])


def test_other_deadlines_are_not_started_again(fake_clock: FakeClock) -> None:
    for seconds in (5, None):
        deadline, started = Deadline(seconds), list[float]()
        deadline.on_start = started.append
        fake_clock.now += 2
        deadline.start()
        assert (deadline.left, started) == (3 if seconds else math.inf, [])


def test_a_deadline_without_a_listener_starts(fake_clock: FakeClock) -> None:
    deadline = Deadline(5, from_first_request=True)
    deadline.start()
    assert deadline.left == 5


def test_a_request_without_a_deadline_has_an_endless_one(fake_clock: FakeClock) -> None:
    deadline, request = Deadline(5), httpx.Request("GET", "https://api.themoviedb.org/3/movie/550")
    assert deadline_of(request).left == math.inf
    deadline_of(request).check()
    request.extensions["tmdbkit.deadline"] = deadline
    assert deadline_of(request) is deadline


def test_a_thread_knows_the_seconds_of_its_innermost_call(fake_clock: FakeClock) -> None:
    assert seconds_left() == math.inf
    with Deadline(5):
        with Deadline(2):
            assert seconds_left() == 2
        assert seconds_left() == 5
        fake_clock.now += 6
        assert seconds_left() == 0
    assert seconds_left() == math.inf


@pytest.mark.parametrize(
    ("timeout", "left", "expected"), [(5, 3, 3), (3, 5, 3), (None, 3, 3), (3, math.inf, 3), (None, math.inf, None), (1e9, math.inf, 1e9), (1e9 + 1, 2e9, None)]
)
def test_a_timeout_is_shortened_to_the_seconds_left(timeout: float | None, left: float, expected: float | None) -> None:
    assert shortened(timeout, left) == expected


async def test_an_attempt_starts_the_deadline_that_ends_it() -> None:
    deadline = Deadline(0.05, from_first_request=True)

    async def attempt() -> None:
        deadline.start()
        await asyncio.sleep(60)

    with pytest.raises(DeadlinePassedError):
        await within(deadline, attempt())
    assert deadline.on_start is None


async def test_an_attempt_within_the_deadline_returns_its_result() -> None:
    deadline = Deadline(30, from_first_request=True)

    async def attempt() -> str:
        deadline.start()
        await asyncio.sleep(0)
        return "done"

    assert await within(deadline, attempt()) == "done"
    assert deadline.on_start is None


async def test_a_timeout_error_of_the_attempt_is_its_own() -> None:
    async def attempt() -> None:
        raise TimeoutError("mine")

    deadline = Deadline(30)
    with pytest.raises(TimeoutError, match="mine"):
        await within(deadline, attempt())
    assert deadline.on_start is None


@pytest.mark.parametrize("wrong", [-1, float("nan"), "5", True, httpx.Timeout(5, read=-1), httpx.Timeout(5, pool="1")])  # type: ignore[arg-type]
def test_an_invalid_timeout_is_rejected(wrong: Any) -> None:
    shown = f"timeout must be a number of seconds, an httpx.Timeout with one for each step, or None for no end; not {wrong!r}"
    with pytest.raises(InvalidArgumentError, match=f"^{re.escape(shown)}$"):
        TMDB(TOKEN, timeout=wrong)


@pytest.mark.parametrize("timeout", [0, 0.5, 5, None, httpx.Timeout(5, read=None), httpx.Timeout(0)])
def test_a_valid_timeout_is_accepted(timeout: Any) -> None:
    TMDB(TOKEN, timeout=timeout).close()


@pytest.mark.parametrize("deadline", [0.5, 5, None])
def test_a_valid_deadline_is_accepted(deadline: Any) -> None:
    TMDB(TOKEN, deadline=deadline).close()
