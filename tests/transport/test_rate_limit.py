"""The rate limit: throughput, order, and the release of permits."""

from __future__ import annotations

import asyncio
import copy
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import TOKEN
from tests.support.budget import most_in_a_second
from tests.support.fake_clock import BOTH, FakeClock, Script, make_response
from tmdbkit import TMDB, AsyncTMDB, DeadlineError, Event, InvalidArgumentError, RateLimit, RateLimitError, Retries, TMDBError, clock
from tmdbkit.transport import rate_limit
from tmdbkit.transport.rate_limit import Permit
from tmdbkit.transport.throttle import RateLimitTransport

OK = make_response(200, {"success": True})


def ask(tmdb: Any) -> Any:
    return tmdb.authentication.validate_key()


@pytest.fixture
def fake_clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    return FakeClock(monkeypatch)


def test_a_burst_is_followed_by_the_rate(fake_clock: FakeClock) -> None:
    limit = RateLimit(per_second=10, burst=3)
    for _ in range(2):
        assert [round(limit.acquire().wait, 9) for _ in range(6)] == [0, 0, 0, 0.1, 0.2, 0.3]
        fake_clock.now += 60


def test_a_sequential_caller_below_the_rate_never_waits(fake_clock: FakeClock) -> None:
    limit = RateLimit()
    for _ in range(500):
        assert limit.acquire().wait == 0
        fake_clock.now += 0.0250001


def test_a_sequential_caller_reaches_the_rate(fake_clock: FakeClock) -> None:
    limit, start = RateLimit(), fake_clock.now
    for number in range(400):
        fake_clock.now += limit.acquire().wait + (0.1 if number % 10 == 0 else 0.001)
    assert 400 / (fake_clock.now - start) >= 39.9


@given(st.lists(st.tuples(st.sampled_from(["call", "call", "call", "cancel", "pause"]), st.floats(0, 0.3)), max_size=150), st.integers(1, 10))
def test_no_second_exceeds_rate_and_burst(steps: list[tuple[str, float]], burst: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        fake_clock = FakeClock(patch)
        limit = RateLimit(per_second=20, burst=burst)
        permits, moments = list[Permit](), list[float]()
        for what, passed in steps:
            for _ in range(round(passed / 0.01) if passed > 0.15 else 0):
                fake_clock.now += 0.01
                moments += [fake_clock.now for permit in permits if not permit.wait]
                permits = [permit for permit in permits if permit.wait]
            if what == "cancel" and permits:
                limit.release(permits.pop(len(permits) // 2))
            elif what == "pause":
                limit.pause(passed)
            else:
                permits.append(limit.acquire())
        moments += [fake_clock.now + permit.wait for permit in permits]
        assert not moments or most_in_a_second([round(moment, 6) for moment in moments]) <= 20 + burst


def test_waiters_are_served_in_order(fake_clock: FakeClock) -> None:
    limit = RateLimit()
    waits = [limit.acquire().wait for _ in range(200)]
    assert waits == sorted(waits)
    assert waits[-1] == pytest.approx((200 - 10) / 40)


def test_a_released_permit_goes_to_the_next_waiter(fake_clock: FakeClock) -> None:
    limit = RateLimit(per_second=10, burst=1)
    permits = [limit.acquire() for _ in range(5)]
    limit.release(permits[3])
    limit.release(permits[2])
    assert [round(limit.acquire().wait, 9) for _ in range(3)] == [0.2, 0.3, 0.5]


def test_a_timeout_takes_no_permit(fake_clock: FakeClock) -> None:
    limit = RateLimit(per_second=10, burst=1)
    limit.acquire(within=0)
    for _ in range(3):
        with pytest.raises(TimeoutError, match=r"within 0\.05 s"):
            limit.acquire(within=0.05)
    assert limit.acquire(within=0.11).wait == pytest.approx(0.1)


def test_a_pause_delays_new_callers(fake_clock: FakeClock) -> None:
    limit = RateLimit(per_second=10, burst=2)
    limit.pause(5)
    assert [round(limit.acquire().wait, 9) for _ in range(4)] == [5, 5, 5.1, 5.2]
    fake_clock.now += 60
    assert [round(limit.acquire().wait, 9) for _ in range(3)] == [0, 0, 0.1]


def test_a_pause_delays_waiters_in_order(fake_clock: FakeClock) -> None:
    limit = RateLimit(per_second=10, burst=1)
    permits = [limit.acquire() for _ in range(4)]
    fake_clock.now += 0.15
    limit.pause(5)
    assert [round(permit.wait, 9) for permit in permits] == [4.85, 4.95, 5.05, 5.15]
    limit.release(permits[2])
    assert [round(limit.acquire().wait, 9) for _ in range(2)] == [5.05, 5.25]


def test_the_longest_of_overlapping_pauses_counts(fake_clock: FakeClock) -> None:
    limit = RateLimit(per_second=10, burst=1)
    for seconds in (2, 3, 1, 0, -1, float("nan")):
        limit.pause(seconds)
    assert limit.acquire().wait == pytest.approx(3)
    fake_clock.now += 1
    limit.pause(3)
    assert limit.acquire().wait == pytest.approx(3.1)


def test_a_pause_lasts_a_minute_at_most(fake_clock: FakeClock) -> None:
    limit = RateLimit()
    limit.pause(86400)
    assert limit.acquire().wait == pytest.approx(60)


def test_a_pause_that_ends_exactly_now_delays_nobody(fake_clock: FakeClock) -> None:
    limit = RateLimit(per_second=10, burst=1)
    limit.pause(5)
    fake_clock.now += 5
    permit = limit.acquire(within=0)
    assert permit.wait == 0
    limit.pause(0)
    assert permit.wait == 0
    limit.pause(2)
    assert permit.wait == 2


def test_a_wait_of_exactly_the_time_allowed_is_granted(fake_clock: FakeClock) -> None:
    limit = RateLimit(per_second=0.5, burst=1)
    limit.pause(4)
    assert limit.acquire(within=4).wait == 4
    with pytest.raises(TimeoutError, match=r"^the rate limit has no permit within 5 s$"):
        limit.acquire(within=5)
    assert limit.acquire(within=6).wait == 6


def test_a_released_permit_of_the_oldest_moment_kept_is_used(fake_clock: FakeClock) -> None:
    limit = RateLimit(per_second=0.5, burst=3)
    permit = limit.acquire()
    assert permit.moment == fake_clock.now - 4
    limit.release(permit)
    assert limit.acquire().moment == permit.moment


def test_the_clock_of_a_new_limit_is_that_of_the_process(fake_clock: FakeClock) -> None:
    assert RateLimit(burst=1).acquire().moment == fake_clock.now


@BOTH
@pytest.mark.parametrize(("header", "pause"), [("7", 7), (None, 1), ("soon", 1), ("0", 0), ("86400", 60)])
def test_a_429_pauses_the_limit(run: Callable[..., Any], fake_clock: FakeClock, header: str | None, pause: float) -> None:
    limit = RateLimit()
    busy = make_response(429, b"", [] if header is None else [("Retry-After", header)])
    with pytest.raises(RateLimitError):
        run(ask, transport=Script(busy).transport, rate_limit=limit, retries=None)
    assert limit.acquire().wait == pause


@BOTH
@pytest.mark.parametrize("status", [200, 428, 503])
def test_no_other_status_pauses_the_limit(run: Callable[..., Any], fake_clock: FakeClock, status: int) -> None:
    limit = RateLimit()
    with suppress(TMDBError):
        run(ask, transport=Script(make_response(status, {"success": True}, [("Retry-After", "7")])).transport, rate_limit=limit, retries=None)
    assert limit.acquire().wait == 0


@BOTH
def test_a_wait_is_an_event(run: Callable[..., Any], fake_clock: FakeClock) -> None:
    limit, events = RateLimit(per_second=0.5, burst=1), list[Event]()
    limit.acquire()
    run(ask, transport=Script(OK).transport, rate_limit=limit, on_event=events.append)
    assert [(event.kind, event.wait) for event in events if event.kind not in ("start", "request", "response", "end")] == [("rate_limit", 2)]


@BOTH
def test_a_wait_until_exactly_the_deadline_is_awaited(run: Callable[..., Any], fake_clock: FakeClock) -> None:
    for deadline, requests in ((2, 1), (2.5, 1), (1.5, 0)):
        limit, script = RateLimit(per_second=0.5, burst=1), Script(OK)
        limit.acquire()
        with suppress(DeadlineError):
            run(ask, transport=script.transport, rate_limit=limit, deadline=deadline)
        assert len(script.requests) == requests
        fake_clock.sleeps.clear()


NO_PERMIT = "the rate limit has no permit before the deadline"


@BOTH
def test_a_call_without_a_permit_names_its_request(run: Callable[..., Any], fake_clock: FakeClock) -> None:
    limit = RateLimit(per_second=0.5, burst=1)
    limit.acquire()
    with pytest.raises(DeadlineError, match=NO_PERMIT) as caught:
        run(ask, transport=Script(OK).transport, rate_limit=limit, deadline=1)
    assert (caught.value.message, caught.value.method, caught.value.url) == (NO_PERMIT, "GET", "https://api.themoviedb.org/3/authentication")


@BOTH
@pytest.mark.parametrize(("taken", "deadline", "sent"), [(2, 1, 0), (0, 1, 1), (0, 3, 2)])
def test_an_error_of_the_queue_has_the_number_of_requests(run: Callable[..., Any], fake_clock: FakeClock, taken: int, deadline: float, sent: int) -> None:
    limit = RateLimit(per_second=0.5, burst=1)
    for _ in range(taken):
        limit.acquire()
    script = Script(*[httpx.Response(503)] * 3)
    with pytest.raises(DeadlineError, match=NO_PERMIT) as caught:
        run(ask, transport=script.transport, rate_limit=limit, deadline=deadline, retries=Retries(attempts=5, base=0))
    assert (caught.value.attempts, len(script.requests)) == (sent, sent)


@BOTH
def test_a_pause_beyond_the_deadline_ends_the_wait(run: Callable[..., Any], fake_clock: FakeClock) -> None:
    limit, script = RateLimit(per_second=0.5, burst=1), Script(OK)
    limit.acquire()
    fake_clock.then[1] = lambda: limit.pause(30)
    with pytest.raises(DeadlineError, match=NO_PERMIT) as caught:
        run(ask, transport=script.transport, rate_limit=limit, deadline=10)
    assert (caught.value.message, caught.value.method, caught.value.url) == (NO_PERMIT, "GET", "https://api.themoviedb.org/3/authentication")
    assert (fake_clock.sleeps, script.requests) == ([2], [])


def test_a_request_of_another_client_needs_no_extensions(fake_clock: FakeClock) -> None:
    limit = RateLimit(per_second=0.5, burst=1)
    transport = RateLimitTransport(Script(OK).transport, limit)
    for _ in range(2):
        assert transport.handle_request(httpx.Request("GET", "https://api.themoviedb.org/3/movie/550")).status_code == 200
    assert fake_clock.sleeps == [2]


@BOTH
def test_a_pause_delays_waiting_calls(run: Callable[..., Any], fake_clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = RateLimit(per_second=1, burst=1)
    limit.acquire()
    paused: list[float] = []

    def pause_once(seconds: float) -> None:
        if not paused:
            limit.pause(30)
        paused.append(seconds)
        fake_clock.now += seconds

    async def pause_once_async(seconds: float) -> None:
        pause_once(seconds)

    monkeypatch.setattr(clock, "sleep", pause_once)
    monkeypatch.setattr(clock, "sleep_async", pause_once_async)
    start = fake_clock.now
    run(ask, transport=Script(OK).transport, rate_limit=limit)
    assert paused == pytest.approx([1, 30])
    assert fake_clock.now - start == pytest.approx(31)


def test_a_permit_released_too_late_is_lost(fake_clock: FakeClock) -> None:
    limit = RateLimit(per_second=10, burst=1)
    permits = [limit.acquire() for _ in range(3)]
    limit.release(permits[1])
    fake_clock.now += 10
    assert [round(limit.acquire().wait, 9) for _ in range(3)] == [0, 0.1, 0.2]


@BOTH
def test_every_attempt_needs_a_permit(run: Callable[..., Any], fake_clock: FakeClock) -> None:
    script = Script(make_response(503, b"", [("Retry-After", "0")]), OK)
    run(ask, transport=script.transport, rate_limit=RateLimit(per_second=0.5, burst=1))
    assert len(script.requests) == 2
    assert sum(fake_clock.sleeps) == pytest.approx(2)


@BOTH
def test_the_queue_does_not_count_against_the_retry_budget(run: Callable[..., Any], fake_clock: FakeClock) -> None:
    limit = RateLimit(per_second=1, burst=1)
    for _ in range(100):
        limit.acquire()
    script = Script(make_response(503), OK)
    assert run(ask, transport=script.transport, rate_limit=limit).success
    assert fake_clock.sleeps[0] == pytest.approx(100)


@BOTH
def test_a_client_and_its_copies_share_one_limit(run: Callable[..., Any], fake_clock: FakeClock) -> None:
    script = Script(OK)
    limit = RateLimit(per_second=10, burst=1)
    for _ in range(3):
        run(lambda tmdb: ask(tmdb.with_options(language="de-DE")), transport=script.transport, rate_limit=limit)
    assert list(fake_clock.sleeps) == pytest.approx([0.1, 0.1])
    tmdb = TMDB(TOKEN)
    assert tmdb.with_options(timeout=3)._shared.rate_limit is tmdb._shared.rate_limit is not None
    assert TMDB(TOKEN)._shared.rate_limit is not tmdb._shared.rate_limit


@BOTH
def test_the_limit_can_be_off(run: Callable[..., Any], fake_clock: FakeClock) -> None:
    run(ask, transport=Script(OK).transport, rate_limit=None)
    tmdb = TMDB(TOKEN, transport=Script(OK).transport, rate_limit=None)
    for _ in range(200):
        ask(tmdb)
    assert fake_clock.sleeps == []


def test_the_default_rate_is_forty_a_second(fake_clock: FakeClock) -> None:
    moments: list[float] = []

    def handle(_: httpx.Request) -> httpx.Response:
        moments.append(fake_clock.now)
        return httpx.Response(200, json={"success": True})

    class Elsewhere(httpx.BaseTransport):
        """A custom transport, which might reach TMDB."""

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            return handle(request)

    tmdb = TMDB(TOKEN, transport=Elsewhere())
    for _ in range(410):
        ask(tmdb)
    assert moments[-1] - moments[0] == pytest.approx(10)
    assert most_in_a_second([round(moment, 6) for moment in moments]) <= 51  # 50, and one on the edge


def test_threads_share_the_limit_evenly() -> None:
    moments: list[float] = []

    def handle(_: httpx.Request) -> httpx.Response:
        moments.append(time.monotonic())
        return httpx.Response(200, json={"success": True})

    tmdb = TMDB(TOKEN, transport=httpx.MockTransport(handle), rate_limit=RateLimit(per_second=200, burst=1))
    start = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: ask(tmdb), range(50)))
    assert len(moments) == 50
    assert max(moments) - start >= 49 / 200
    assert max(moments) - start < 1.5


def test_each_thread_gets_its_own_permit() -> None:
    limit, barrier = RateLimit(per_second=1000, burst=1), threading.Barrier(8)

    def acquire(_: int) -> list[float]:
        barrier.wait()
        return [limit.acquire().moment for _ in range(500)]

    with ThreadPoolExecutor(8) as pool:
        moments = [moment for found in pool.map(acquire, range(8)) for moment in found]
    assert len(set(moments)) == 4000


async def test_tasks_share_the_limit_evenly() -> None:
    async with AsyncTMDB(TOKEN, transport=Script(OK).transport, rate_limit=RateLimit(per_second=200, burst=1)) as tmdb:
        start = time.monotonic()
        await asyncio.gather(*(ask(tmdb) for _ in range(50)))
        assert 49 / 200 <= time.monotonic() - start < 1.5


async def test_cancelled_waiters_delay_no_other() -> None:
    script = Script(OK)
    async with AsyncTMDB(TOKEN, transport=script.transport, rate_limit=RateLimit(per_second=20, burst=1)) as tmdb:
        tasks = [asyncio.ensure_future(ask(tmdb)) for _ in range(1000)]
        await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert sum(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes) >= 999
        start = time.monotonic()
        await ask(tmdb)
        assert time.monotonic() - start < 0.3


def test_an_interrupted_thread_releases_its_permit(fake_clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    limit = RateLimit(per_second=10, burst=1)
    tmdb = TMDB(TOKEN, transport=Script(OK).transport, rate_limit=limit)
    ask(tmdb)
    with monkeypatch.context() as patch:
        patch.setattr(clock, "sleep", interrupted)
        with pytest.raises(KeyboardInterrupt):
            ask(tmdb)
    assert limit.acquire().wait == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"per_second": 0}, "per_second must be a number above 0; not 0"),
        ({"per_second": -1}, "per_second must be a number above 0; not -1"),
        ({"per_second": float("inf")}, "per_second must be a number above 0; not inf"),
        ({"per_second": float("nan")}, "per_second must be a number above 0; not nan"),
        ({"burst": 0}, "burst must be an integer, 1 or more; not 0"),
        ({"burst": 1.5}, "burst must be an integer, 1 or more; not 1.5"),
    ],
)
def test_an_invalid_limit_is_rejected(wrong: dict[str, Any], expected: str) -> None:
    with pytest.raises(InvalidArgumentError, match=f"^{expected}$"):
        RateLimit(**wrong)


def test_a_number_as_rate_limit_is_rejected() -> None:
    with pytest.raises(InvalidArgumentError, match="RateLimit"):
        TMDB(TOKEN, rate_limit=40)  # type: ignore[arg-type]


def test_the_repr_of_a_limit() -> None:
    assert repr(RateLimit()) == "RateLimit(per_second=40.0, burst=10)"
    assert rate_limit.__all__ == ["LONGEST_PAUSE", "Permit", "RateLimit"]


def test_a_limit_cannot_be_pickled() -> None:
    for copying in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match=r"^a rate limit cannot be pickled: create one in each process, or a RedisRateLimit to share one budget$"):
            copying(RateLimit())


FORK = """
import os, signal, threading
from tmdbkit import RateLimit

limit, held = RateLimit(per_second=1e6), threading.Event()

def hold():
    with limit._lock:
        held.set()
        threading.Event().wait()

limit.acquire()
threading.Thread(target=hold, daemon=True).start()
held.wait()
child = os.fork()
if not child:
    signal.alarm(10)
    limit.acquire()
    limit.pause(0.001)
    os._exit(0)
print(os.waitpid(child, 0)[1], flush=True)
os._exit(0)
"""


def test_a_fork_with_a_held_lock_does_not_hang() -> None:
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORK]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert (ran.stdout.strip(), ran.stderr) == ("0", "")


def test_loopback_clients_have_no_default_limit() -> None:
    assert TMDB(TOKEN)._shared.rate_limit is not None
    assert TMDB(TOKEN, transport=httpx.HTTPTransport())._shared.rate_limit is not None
    assert TMDB(TOKEN, base_url="https://proxy.example.org/tmdb")._shared.rate_limit is not None
    for options in (
        {"transport": httpx.MockTransport(lambda _: httpx.Response(200))},
        {"base_url": "http://127.0.0.1:8080"},
        {"base_url": "http://[::1]:8080"},
    ):
        assert TMDB(TOKEN, **options)._shared.rate_limit is None  # type: ignore[arg-type]
    limit = RateLimit()
    assert TMDB(TOKEN, base_url="http://localhost", rate_limit=limit)._shared.rate_limit is limit
