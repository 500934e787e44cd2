"""The rate limit of a process, for both clients, which only sleep."""

from __future__ import annotations

import heapq
import math
import os
from threading import Lock
from typing import NoReturn, Self
from weakref import WeakSet

from tmdbkit import clock
from tmdbkit.runtime.checks import check_number

__all__ = ["LONGEST_PAUSE", "Permit", "RateLimit"]

LONGEST_PAUSE = 60.0
"""The maximum pause that one response may cause, in seconds."""


class RateLimit:
    """A limit on requests per second, shared by all threads, tasks and clients that use it.

    Every request reserves the next free time slot and waits for it, so requests are served in order, evenly spread. Unused slots are
    kept for a burst of requests. No second has more than `per_second + burst` requests; with the defaults that is 50, which
    TMDB's documentation names as its limit.

    A limit belongs to its process: it cannot be pickled, and a forked process has its own. `RedisRateLimit` is shared by processes.

    Args:
        per_second: The long-term number of requests per second.
        burst: How many may be sent at once after a pause.

    Raises:
        InvalidArgumentError: An argument is not positive.
    """

    def __init__(self, per_second: float = 40.0, *, burst: int = 10) -> None:
        check_number("per_second", per_second, is_above=True)
        check_number("burst", burst, least=1, is_whole=True)
        self.per_second, self.burst = per_second, burst
        self._interval = 1 / per_second
        self._kept = (burst - 1) * self._interval
        # The limit's clock stops during a pause: it is `_paused` behind, and the pause lasts until `_resume`.
        self._paused, self._resume = 0.0, -math.inf
        self._next = -math.inf
        self._returned: list[float] = []
        self._begin()
        _LIMITS.add(self)

    def __repr__(self) -> str:
        return f"RateLimit(per_second={self.per_second!r}, burst={self.burst!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a rate limit cannot be pickled: create one in each process, or a RedisRateLimit to share one budget")

    def _begin(self) -> None:
        """Create the objects that a forked process cannot inherit."""
        self._lock = Lock()

    def acquire(self, within: float = math.inf) -> Permit:
        """Reserve the next free time slot. The permit has to be used, by waiting for it, or released.

        Args:
            within: The maximum seconds to wait.

        Raises:
            TimeoutError: The next permit is later than that; nothing is reserved.
        """
        with self._lock:
            now = clock.monotonic()
            free = max(now, self._resume) - self._paused
            oldest = free - self._kept
            while self._returned:
                moment = heapq.heappop(self._returned)
                if moment >= oldest:
                    break
            else:
                moment = max(oldest, self._next)
                self._next = moment + self._interval
            due = max(moment, free)
            if due + self._paused - now > within:
                heapq.heappush(self._returned, moment)
                raise TimeoutError(f"the rate limit has no permit within {within:.3g} s")
        return Permit(self, moment, due)

    async def acquire_async(self, within: float = math.inf) -> Permit:
        """Reserve the next free time slot, as `acquire` does. A shared limit may have to request it."""
        return self.acquire(within)

    def release(self, permit: Permit) -> None:
        """Release an unused permit for the next caller."""
        with self._lock:
            heapq.heappush(self._returned, permit.moment)

    def pause(self, seconds: float) -> None:
        """Pause all callers after a 429: new ones and waiting ones. Permits keep their order and distance.

        Args:
            seconds: The duration from now; at most 60.
        """
        with self._lock:
            now = clock.monotonic()
            start, end = max(now, self._resume), now + min(seconds, LONGEST_PAUSE)
            if end > start:
                self._paused += end - start
                self._resume = end


class Permit:
    """A reserved time slot, as a context manager for the wait. It is released if the wait is interrupted.

        with RateLimit().acquire() as permit:
            while permit.wait:
                time.sleep(permit.wait)

    Attributes:
        moment: The time, on the clock of the limit.
    """

    __slots__ = ("_due", "_limit", "moment")

    def __init__(self, limit: RateLimit, moment: float, due: float) -> None:
        self._limit, self.moment, self._due = limit, moment, due

    @property
    def wait(self) -> float:
        """The remaining seconds. They may grow during the wait: see `RateLimit.pause`."""
        left = self._due + self._limit._paused - clock.monotonic()
        return left if left > 1e-6 else 0.0  # ignore rounding errors

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._limit.release(self)


_LIMITS: WeakSet[RateLimit] = WeakSet()


def _begin_in_child() -> None:
    """Replace the locks in a forked process: a thread of the parent may have held one."""
    for limit in _LIMITS:
        limit._begin()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_in_child)
