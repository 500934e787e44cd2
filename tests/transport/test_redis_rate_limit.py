"""The rate limit that processes share through a real Redis."""

from __future__ import annotations

import asyncio
import copy
import gc
import math
import pickle
import signal
import socket
import subprocess
import sys
import time
import traceback
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count, pairwise
from typing import Any

import pytest
import redis
import redis.asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import TOKEN
from tests.support.budget import most_in_a_second, share
from tests.support.fake_clock import BOTH, Script, make_response
from tests.support.redis_servers import free_port, redis_server
from tmdbkit import TMDB, InvalidArgumentError, RateLimit, RateLimitUnavailableError, RedisRateLimit, TMDBError, clock
from tmdbkit.transport import redis as redis_module
from tmdbkit.transport.rate_limit import Permit

OK = make_response(200, {"success": True})
NUMBERS = count()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with redis_server() as url:
        yield url


@pytest.fixture
def limits(url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., RedisRateLimit]:
    """A factory of limits on a new budget, whose threads end soon."""
    monkeypatch.setattr(redis_module, "IDLE", 0.02)
    name = f"budget {next(NUMBERS)}"

    def limit(per_second: float = 40.0, **options: Any) -> RedisRateLimit:
        return RedisRateLimit(url, **{"per_second": per_second, "name": name, **options})

    return limit


def patiently(condition: Callable[[], object], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.002)


def use_up(limit: RedisRateLimit) -> float:
    """Take the burst of a budget; returns the time of the next permit."""
    for _ in range(limit.burst):
        permit = limit.acquire()
    return permit.moment + limit._interval


def next_moment(limit: RedisRateLimit) -> float:
    """The time of the next permit in Redis, after the limit has released its permits, long before the permit that it waited for."""
    patiently(lambda: limit._thread is None, seconds=limit._interval / 2)
    return limit._ask("acquire")[0]


def ask(limit: RedisRateLimit, action: str, argument: float, now: float) -> tuple[float, float]:
    """The response of Redis at a given time."""
    reply: Any = limit._script(keys=limit._keys, args=[action, limit._settings, limit._interval, limit._kept, argument, now])
    moment, wait = map(float, reply)
    return moment, wait


@pytest.mark.slow
def test_four_processes_share_one_budget(url: str) -> None:
    found = share(url, [("threads", 1), ("threads", 1), ("threads", 20), ("tasks", 500)], 5)
    moments = sorted(moment for grants in found for moment in grants.moments)
    sent = sorted(moment for grants in found for moment in grants.sent)
    assert (len(moments) - 1) / (moments[-1] - moments[0]) == pytest.approx(40, rel=0.05)
    assert sum(moment < sent[0] + 5 for moment in sent) == pytest.approx(5 * 40, rel=0.05)
    assert min(later - earlier for earlier, later in pairwise(moments)) > 0.025 - 1e-6
    assert most_in_a_second(moments) <= 41
    assert all(sent > moment for grants in found for moment, sent in zip(grants.moments, grants.sent, strict=True))
    assert most_in_a_second(sent) <= 55  # 50, and some that a busy machine sent late
    assert min(len(grants.moments) for grants in found) >= 0.75 * len(moments) / 4


ACTIONS = st.sampled_from(["acquire", "acquire", "acquire", "acquire", "release", "pause"])


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 0.3), ACTIONS, st.floats(0, 1)), max_size=60), st.sampled_from([20.0, 30.0]), st.integers(1, 10))
def test_redis_and_local_limits_have_the_same_schedule(url: str, steps: list[tuple[float, str, float]], per_second: float, burst: int) -> None:
    limit, shared = RateLimit(per_second, burst=burst), RedisRateLimit(url, per_second=per_second, burst=burst, name=f"schedule {next(NUMBERS)}")
    now, permits = 1.7e9, []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "monotonic", lambda: now)
        for passed, action, argument in steps:
            now += passed if passed > 0.15 else 0
            if action == "acquire":
                permits.append(limit.acquire())
                moment, wait = ask(shared, action, 0, now)
                assert permits[-1].moment == moment
                assert permits[-1].wait == pytest.approx(wait, abs=2e-6)
            elif action == "release" and permits:
                permit = permits.pop(int(argument * (len(permits) - 1)))
                limit.release(permit)
                ask(shared, action, permit.moment, now)
            elif action == "pause":
                limit.pause(argument)
                ask(shared, action, argument, now)


def test_a_clock_set_back_causes_no_delay(limits: Callable[..., RedisRateLimit]) -> None:
    limit, now = limits(10, burst=1), 1.7e9
    for passed in (0, 0, -3600, 0.1, -86400, 0.3):
        now += passed
        ask(limit, "acquire", 0, now)
    waits = [ask(limit, "acquire", 0, now)[1] for _ in range(2)]
    assert waits == pytest.approx([0.2, 0.3], abs=1e-5)


def test_a_permit_of_a_lost_budget_is_not_released(url: str, limits: Callable[..., RedisRateLimit]) -> None:
    limit, now = limits(10, burst=1), 1.7e9
    lost = [ask(limit, "acquire", 0, now)[0] for _ in range(100)][-1]
    redis.Redis.from_url(url).delete(*limit._keys)
    ask(limit, "acquire", 0, now)
    ask(limit, "release", lost, now)
    assert ask(limit, "acquire", 0, now)[1] == pytest.approx(0.1, abs=1e-5)


def test_the_name_identifies_the_budget(limits: Callable[..., RedisRateLimit]) -> None:
    first, second, another = limits(0.2).acquire(), limits(0.2).acquire(), limits(0.2, name="another").acquire()
    assert second.moment - first.moment == pytest.approx(5, abs=1e-5)
    assert 0 < another.moment - first.moment < 5


def test_conflicting_settings_of_a_budget_are_rejected(url: str, limits: Callable[..., RedisRateLimit]) -> None:
    limit = limits(1000)
    limit.release(limit.acquire())
    limit.acquire()
    other = limits(500)
    with pytest.raises(InvalidArgumentError, match=r"per_second=1000\.0, burst=10, and this limit has per_second=500\.0, burst=10: all who share"):
        other.acquire()
    client = redis.Redis.from_url(url)
    patiently(lambda: not client.exists(*limit._keys))
    other.acquire()


@BOTH
def test_clients_wait_for_permits(run: Callable[..., Any], limits: Callable[..., RedisRateLimit]) -> None:
    script, limit = Script(OK), limits(20, burst=1)

    def call(tmdb: Any) -> Any:
        if isinstance(tmdb, TMDB):
            return [tmdb.authentication.validate_key() for _ in range(5)]
        return asyncio.gather(*(tmdb.authentication.validate_key() for _ in range(5)))

    start = time.monotonic()
    run(call, transport=script.transport, rate_limit=limit)
    assert time.monotonic() - start > 4 / 20 - 0.005
    assert len(script.requests) == 5


async def test_tasks_and_threads_are_served_in_order(limits: Callable[..., RedisRateLimit]) -> None:
    limit, waiting = limits(100, burst=1), list[asyncio.Future[Permit]]()
    await limit.acquire_async()
    limit.pause(1)
    for number in range(15):
        waiting.append(asyncio.ensure_future(limit.acquire_async() if number % 5 else asyncio.to_thread(limit.acquire)))
        while len(limit._queue) <= number and not waiting[0].done():
            await asyncio.sleep(0.001)
    moments = [permit.moment for permit in await asyncio.gather(*waiting)]
    assert moments == sorted(moments)


async def test_a_cancelled_task_releases_its_permit(limits: Callable[..., RedisRateLimit]) -> None:
    limit = limits(0.1)
    expected = use_up(limit)
    task = asyncio.ensure_future(limit.acquire_async())
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert next_moment(limit) == pytest.approx(expected, abs=1e-5)


async def test_a_permit_granted_during_cancellation_is_released(limits: Callable[..., RedisRateLimit]) -> None:
    limit = limits(0.1)
    expected = limit.acquire().moment + 10
    task = asyncio.ensure_future(limit.acquire_async())
    await asyncio.sleep(0)
    patiently(lambda: not limit._queue)  # the permit is granted, but the loop has not run yet
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert next_moment(limit) == pytest.approx(expected, abs=1e-5)


async def test_cancelled_tasks_delay_no_other(limits: Callable[..., RedisRateLimit]) -> None:
    limit = limits(0.1)
    expected = use_up(limit)
    tasks = [asyncio.ensure_future(limit.acquire_async()) for _ in range(1000)]
    await asyncio.sleep(0.1)
    for task in tasks:
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {asyncio.CancelledError}
    assert next_moment(limit) == pytest.approx(expected, abs=1e-5)


def test_an_interrupted_thread_releases_its_permit(limits: Callable[..., RedisRateLimit]) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    limit = limits(0.1)
    expected = use_up(limit)
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(KeyboardInterrupt):
            limit.acquire()
    finally:
        signal.signal(signal.SIGALRM, before)
    assert next_moment(limit) == pytest.approx(expected, abs=1e-5)


def test_a_timeout_releases_the_permit(limits: Callable[..., RedisRateLimit]) -> None:
    limit = limits(0.1)
    expected = use_up(limit)
    with pytest.raises(TimeoutError):
        limit.acquire(within=0.1)
    with pytest.raises(TimeoutError):
        asyncio.run(limit.acquire_async(within=0.1))
    assert next_moment(limit) == pytest.approx(expected, abs=1e-5)


def test_an_unused_permit_is_released(limits: Callable[..., RedisRateLimit]) -> None:
    limit = limits(0.1)
    expected = limit.acquire().moment + 10
    with pytest.raises(LookupError), limit.acquire():
        raise LookupError
    assert next_moment(limit) == pytest.approx(expected, abs=1e-5)


def test_a_pause_applies_to_all_who_share_the_budget(url: str, limits: Callable[..., RedisRateLimit]) -> None:
    limit, other = limits(1, burst=1), limits(1, burst=1)
    other.acquire()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(limit.acquire)
        patiently(lambda: limit._queue)
        start = time.monotonic()
        limit.pause(0.5)
        patiently(lambda: redis.Redis.from_url(url).hget(limit._keys[0], "paused") not in (None, b"0"))
        assert not waiting.done()
        assert other._ask("acquire")[1] + time.monotonic() - start > 0.5
        waiting.result()
        assert time.monotonic() - start > 0.5 + 0.5  # half of the second may have passed


def test_a_pause_is_bounded(url: str, limits: Callable[..., RedisRateLimit]) -> None:
    limit = limits()
    for seconds in (0, -1, math.nan):
        limit.pause(seconds)
    limit.acquire(within=20)
    limit.pause(86400)
    with pytest.raises(TimeoutError):
        limit.acquire(within=0.1)
    assert 45_000 < redis.Redis.from_url(url).pttl(limit._keys[0]) < 62_000


def test_a_flushed_script_is_loaded_again(url: str, limits: Callable[..., RedisRateLimit]) -> None:
    limit = limits()
    limit.acquire()
    redis.Redis.from_url(url).script_flush()
    limit.acquire()


def test_calls_fail_without_redis_and_recover() -> None:
    port = free_port()
    with redis_server(port=port) as url:
        limit = RedisRateLimit(url)
        limit.acquire()
    for act in (limit.acquire, lambda: asyncio.run(limit.acquire_async())):
        start = time.monotonic()
        with pytest.raises(RateLimitUnavailableError, match=rf"the rate limit at Redis 127\.0\.0\.1:{port}/0 cannot be asked: ConnectionError"):
            act()
        assert time.monotonic() - start < 5
    with redis_server(port=port):
        limit.acquire()
    with redis_server(port=port):  # the connection that the limit has is to the other one
        limit.acquire()


@BOTH
def test_no_request_is_sent_without_redis(run: Callable[..., Any]) -> None:
    script = Script(OK)
    limit = RedisRateLimit(f"redis://127.0.0.1:{free_port()}")
    with pytest.raises(RateLimitUnavailableError):
        run(lambda tmdb: tmdb.authentication.validate_key(), transport=script.transport, rate_limit=limit)
    assert not script.requests


async def test_an_unresponsive_redis_fails_calls_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        limit = RedisRateLimit(f"redis://127.0.0.1:{silent.getsockname()[1]}?socket_timeout=0.3")
        start = time.monotonic()
        outcomes = await asyncio.gather(*(limit.acquire_async() for _ in range(50)), return_exceptions=True)
        assert time.monotonic() - start < 6  # one timeout per call would make it 15
    assert {type(outcome) for outcome in outcomes} == {RateLimitUnavailableError}
    assert len({id(outcome) for outcome in outcomes}) == 50
    assert isinstance(outcomes[0].__cause__, redis.TimeoutError)


def test_the_default_redis_timeout_is_two_seconds(limits: Callable[..., RedisRateLimit]) -> None:
    options = limits()._script.registered_client.connection_pool.connection_kwargs
    assert (options["socket_timeout"], options["socket_connect_timeout"]) == (2, 2)


def test_a_failed_pause_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    limit = RedisRateLimit(f"redis://127.0.0.1:{free_port()}")
    limit.pause(1)
    patiently(lambda: caplog.records)
    assert "was lost: the rate limit at Redis 127.0.0.1" in caplog.text


def test_the_password_is_redacted() -> None:
    with redis_server(password="correct-horse") as url:
        RedisRateLimit(url).acquire()
        limit = RedisRateLimit(url.replace("correct", "battery"))
        with pytest.raises(RateLimitUnavailableError, match="AuthenticationError") as caught:
            limit.acquire()
    shown = f"{limit!r} {limit!s} {''.join(traceback.format_exception(caught.value))}"
    assert "horse" not in shown
    for copying in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="create one in each process"):
            copying(limit)


@pytest.mark.parametrize(
    "wrong",
    [
        "http://:horse@127.0.0.1",
        "127.0.0.1:6379",
        "redis://:a/horse@127.0.0.1",
        "redis://:horse@127.0.0.1?foo=1",
        "redis://:horse@127.0.0.1?socket_timeout=None",
        "",
    ],
)
def test_an_invalid_redis_url_is_rejected_without_its_text(wrong: str) -> None:
    with pytest.raises(InvalidArgumentError, match="redis://host:6379/0") as caught:
        RedisRateLimit(wrong)
    assert "horse" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("wrong", [{"per_second": 0}, {"burst": 0}, {"name": ""}, {"name": "{a}"}])
def test_an_invalid_limit_is_rejected(url: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentError, match=next(iter(wrong))):
        RedisRateLimit(url, **wrong)


def test_a_custom_redis_client_needs_a_timeout(url: str) -> None:
    client = redis.Redis.from_url(url, socket_timeout=1, decode_responses=True)
    limit = RedisRateLimit(client, name="own client")
    limit.acquire()
    with pytest.raises(InvalidArgumentError, match=r"is in use with per_second=40\.0, burst=10"):
        RedisRateLimit(client, name="own client", burst=1).acquire()
    with pytest.raises(InvalidArgumentError, match="socket_timeout"):
        RedisRateLimit(redis.Redis.from_url(url, socket_timeout=None))
    for wrong in (redis.asyncio.Redis.from_url(url), 6379, None):
        with pytest.raises(InvalidArgumentError, match=r"redis must be a URL, a redis\.Redis or a redis\.RedisCluster; not a "):
            RedisRateLimit(wrong)  # type: ignore[arg-type]


def test_a_cluster_is_supported() -> None:
    with redis_server("--cluster-enabled", "yes") as url:
        node = redis.Redis.from_url(url)
        node.execute_command("CLUSTER", "ADDSLOTS", *range(16384))
        patiently(lambda: node.cluster("info")["cluster_state"] == "ok")
        cluster = redis.RedisCluster.from_url(url)
        limit = RedisRateLimit(cluster, per_second=0.2)
        limit.acquire()
        permit = limit.acquire()
        limit.release(permit)
        assert limit.acquire().moment == permit.moment
        limit.release(permit)
        patiently(lambda: len(node.keys()) == 2)
        cluster.disconnect_connection_pools()
        assert repr(limit) == "<RedisRateLimit 'tmdbkit' at cluster: per_second=0.2, burst=10>"


FORK = """
import os, signal, sys
from tmdbkit import RedisRateLimit

limit = RedisRateLimit(sys.argv[1], per_second=20, burst=1, name="fork")
moments = [limit.acquire().moment]
read, write = os.pipe()
with limit._changed:
    child = os.fork()
    if not child:
        signal.alarm(10)
        os.write(write, b" ".join(str(limit.acquire().moment).encode() for _ in range(3)))
        os._exit(0)
moments += [limit.acquire().moment for _ in range(3)]
os.waitpid(child, 0)
print(*moments, os.read(read, 1000).decode())
"""


def test_a_forked_process_shares_the_budget(url: str) -> None:
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORK, url]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    moments = sorted(map(float, ran.stdout.split()))
    assert len(moments) == 7, ran.stderr
    assert min(later - earlier for earlier, later in pairwise(moments)) > 0.05 - 1e-5


def test_an_idle_limit_has_no_thread(limits: Callable[..., RedisRateLimit]) -> None:
    limit = limits()
    limit.acquire()
    thread = limit._thread
    patiently(lambda: thread and not thread.is_alive())
    limit.acquire()  # another one starts
    gone = weakref.ref(limit)
    del limit
    patiently(lambda: (gc.collect(), gone() is None)[1])


WITHOUT_REDIS = """
import sys
sys.modules["redis"] = None
from tmdbkit import *
try:
    RedisRateLimit("redis://127.0.0.1")
except ImportError as error:
    print(error)
"""


def test_without_the_extra_the_message_names_it() -> None:
    ran = subprocess.run([sys.executable, "-c", WITHOUT_REDIS], capture_output=True, text=True, check=True)
    assert ran.stdout == "RedisRateLimit needs redis: install tmdbkit[redis]\n"


def test_redis_errors_are_our_exceptions() -> None:
    assert issubclass(RateLimitUnavailableError, TMDBError)
    assert not issubclass(RateLimitUnavailableError, InvalidArgumentError)
    assert TMDB(TOKEN, rate_limit=RedisRateLimit("redis://127.0.0.1"))._shared.rate_limit is not None
