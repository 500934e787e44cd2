"""How many requests a second leave this process. Both clients share these decisions, and only sleep."""

from __future__ import annotations

import heapq
import math
import os
from threading import Lock
from typing import NoReturn, Self
from weakref import WeakSet

from tmdbkit import clock
from tmdbkit.runtime.errors import InvalidArgumentError

__all__ = ["LONGEST_PAUSE", "Permit", "RateLimit"]

LONGEST_PAUSE = 60.0
"""The longest pause of all callers that one response may cause, in seconds."""


class RateLimit:
    """A limit on the requests a second, shared by all threads, tasks and clients that it is given to.

    Every request reserves the next free moment and waits for it, so requests go in the order in which they came, evenly spread. Moments that nobody used are
    kept for a while: so many requests may follow each other at once. In no second do more than `per_second + burst` leave; with the defaults that is 50, which
    TMDB's documentation names as its limit.

    A limit belongs to its process: it is not pickled, and a forked process has one of its own. `RedisRateLimit` is shared by processes.

    Args:
        per_second: How many requests a second are sent in the long run.
        burst: How many may be sent at once after a pause.

    Raises:
        InvalidArgumentError: An argument is not positive.
    """

    def __init__(self, per_second: float = 40.0, *, burst: int = 10) -> None:
        if not 0 < per_second < math.inf:
            raise InvalidArgumentError(f"per_second must be a number above 0; not {per_second!r}")
        if burst < 1:
            raise InvalidArgumentError(f"burst must be an integer, 1 or more; not {burst!r}")
        self.per_second, self.burst = per_second, burst
        self._interval = 1 / per_second
        self._kept = (burst - 1) * self._interval
        # The limit's clock stands still in a pause: it is `_paused` behind, and the pause lasts until `_resume`.
        self._paused, self._resume = 0.0, -math.inf
        self._next = -math.inf
        self._returned: list[float] = []
        self._begin()
        _LIMITS.add(self)

    def __repr__(self) -> str:
        return f"RateLimit(per_second={self.per_second!r}, burst={self.burst!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a rate limit is not to be pickled: make one in each process, a RedisRateLimit where they share one budget")

    def _begin(self) -> None:
        """Make what a forked process cannot inherit."""
        self._lock = Lock()

    def acquire(self, within: float = math.inf) -> Permit:
        """Reserve the next free moment. The permit has to be used, by waiting as long as it says, or released.

        Args:
            within: The seconds that the caller can wait.

        Raises:
            TimeoutError: The next free moment is later than that; nothing is reserved.
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
        """Reserve the next free moment, as `acquire` does. A limit that others share may have to ask for it first."""
        return self.acquire(within)

    def release(self, permit: Permit) -> None:
        """Release an unused permit: the next caller takes it, and no one waits for a call that was cancelled."""
        with self._lock:
            heapq.heappush(self._returned, permit.moment)

    def pause(self, seconds: float) -> None:
        """Pause all callers, as TMDB asks with a 429: new ones, and those that wait already. Permits keep their order and their distance.

        Args:
            seconds: How long, from now on; at most 60.
        """
        with self._lock:
            now = clock.monotonic()
            start, end = max(now, self._resume), now + min(seconds, LONGEST_PAUSE)
            if end > start:
                self._paused += end - start
                self._resume = end


class Permit:
    """A reserved moment, as a context to wait in. It is released if the wait is interrupted.

        with limit.acquire() as permit:
            while permit.wait:
                sleep(permit.wait)

    Attributes:
        moment: The moment, on the clock of the limit.
    """

    __slots__ = ("_due", "_limit", "moment")

    def __init__(self, limit: RateLimit, moment: float, due: float) -> None:
        self._limit, self.moment, self._due = limit, moment, due

    @property
    def wait(self) -> float:
        """The seconds until then. They may become more while one waits: see `RateLimit.pause`."""
        left = self._due + self._limit._paused - clock.monotonic()
        return left if left > 1e-6 else 0.0  # what rounding leaves is no wait

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._limit.release(self)


_LIMITS: WeakSet[RateLimit] = WeakSet()


def _begin_in_child() -> None:
    """Replace the locks of a forked process: another thread may have held one, and would never release it here."""
    for limit in _LIMITS:
        limit._begin()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_in_child)
