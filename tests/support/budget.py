"""Processes that share one budget: their rate and the cost of a permit. `python -m tests.support.budget [SECONDS]` measures."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from typing import NamedTuple

from tmdbkit import RateLimit, RedisRateLimit


class Grants(NamedTuple):
    """The permits of one process.

    Attributes:
        moments: The scheduled times, by the clock of Redis.
        sent: The times of use, by the clock of this machine, which is the same.
        cpu: The processor time, in seconds.
    """

    moments: list[float]
    sent: list[float]
    cpu: float


def by_threads(limit: RedisRateLimit, number: int, until: float) -> tuple[list[float], list[float]]:
    moments, sent = list[float](), list[float]()

    def call(_: int) -> None:
        while True:
            try:
                permit = limit.acquire(until - time.time())
            except TimeoutError:
                return
            sent.append(time.time())
            moments.append(permit.moment)

    with ThreadPoolExecutor(number) as pool:
        list(pool.map(call, range(number)))
    return moments, sent


def by_tasks(limit: RedisRateLimit, number: int, until: float) -> tuple[list[float], list[float]]:
    moments, sent = list[float](), list[float]()

    async def call() -> None:
        while True:
            try:
                permit = await limit.acquire_async(until - time.time())
            except TimeoutError:
                return
            sent.append(time.time())
            moments.append(permit.moment)

    async def main() -> None:
        await asyncio.gather(*(call() for _ in range(number)))

    asyncio.run(main())
    return moments, sent


CALLERS = {"threads": by_threads, "tasks": by_tasks}


def work(url: str, callers: str, number: int, seconds: float, start: Barrier, results: Queue[Grants]) -> None:
    """Use every permit that the budget grants."""
    limit = RedisRateLimit(url)
    start.wait(60)
    before = time.process_time()
    moments, sent = CALLERS[callers](limit, number, time.time() + seconds)
    results.put(Grants(moments, sent, time.process_time() - before))


def share(url: str, processes: Sequence[tuple[str, int]], seconds: float) -> list[Grants]:
    """Let processes share a budget, each with a number of threads or tasks."""
    context = get_context("spawn")
    start, results = context.Barrier(len(processes)), context.Queue()
    started = [context.Process(target=work, args=(url, callers, number, seconds, start, results)) for callers, number in processes]
    for process in started:
        process.start()
    found = [results.get(timeout=60 + seconds) for _ in started]
    for process in started:
        process.join()
    return found


def most_in_a_second(moments: list[float]) -> int:
    return max(sum(start <= moment <= start + 1 for moment in moments) for start in moments)


def cost(act: Callable[[], object], times: int) -> float:
    """The minimum duration, in microseconds."""

    def once() -> float:
        start = time.perf_counter()
        for _ in range(times):
            act()
        return (time.perf_counter() - start) / times * 1e6

    return min(once() for _ in range(5))


async def cost_async(limit: RedisRateLimit, times: int) -> float:
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(times):
            await limit.acquire_async()
        best = min(best, (time.perf_counter() - start) / times * 1e6)
    return best


def measure(seconds: float) -> None:
    from .redis_servers import redis_server

    with redis_server() as url:
        for processes in ([("threads", 1)] * 4, [("threads", 1), ("threads", 1), ("threads", 20), ("tasks", 1000)]):
            found = share(url, processes, seconds)
            sent = sorted(moment for grants in found for moment in grants.sent)
            within = sum(moment < sent[0] + seconds for moment in sent)
            print(", ".join(f"{number} {callers}" for callers, number in processes))
            print(f"  {within / seconds:.1f} a second, at most {most_in_a_second(sent)} in one; by process {[len(grants.sent) for grants in found]}; ", end="")
            print(f"cpu {sum(grants.cpu for grants in found):.2f} s")
        fast = {"per_second": 1e9, "burst": 1000}
        here, shared = RateLimit(**fast), RedisRateLimit(url, name="cost", **fast)
        awaited = asyncio.run(cost_async(shared, 1000))
        print(f"a permit: here {cost(here.acquire, 10000):.1f} us, shared {cost(shared.acquire, 1000):.0f} us, awaited {awaited:.0f} us")


if __name__ == "__main__":
    measure(float(sys.argv[1]) if len(sys.argv) > 1 else 8.0)
