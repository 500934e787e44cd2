"""How many requests a second leave this process: decided here alone, for both clients, which only sleep."""

from __future__ import annotations

import heapq
import math
import os
from threading import Lock
from time import monotonic
from typing import NoReturn, Self
from weakref import WeakSet

from .runtime.errors import InvalidArgumentError

__all__ = ["LONGEST_PAUSE", "RateLimit", "Turn"]

LONGEST_PAUSE = 60.0
"""The seconds that one answer of TMDB's may hold back everybody."""


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
        """Make what a process cannot take over from the one that it was forked from."""
        self._lock = Lock()

    def reserve(self, within: float = math.inf) -> Turn:
        """Reserve the next free moment. It has to be used, by waiting as long as it says, or given back.

        Args:
            within: The seconds that the caller can wait.

        Raises:
            TimeoutError: The next free moment is later than that; nothing is reserved.
        """
        with self._lock:
            now = monotonic()
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
                raise TimeoutError(f"the rate limit has no turn within {within:.3g} s")
        return Turn(self, moment, due)

    async def reserve_async(self, within: float = math.inf) -> Turn:
        """Reserve the next free moment, as `reserve` does. A limit that others share may have to ask for it first."""
        return self.reserve(within)

    def give_back(self, turn: Turn) -> None:
        """Let somebody else have a turn that is not used: who comes next takes it, and nobody waits for a call that was cancelled."""
        with self._lock:
            heapq.heappush(self._returned, turn.moment)

    def pause(self, seconds: float) -> None:
        """Hold everybody back, as TMDB asks with a 429: those who come, and those who are waiting. Turns keep their order and their distance.

        Args:
            seconds: How long, from now on; at most 60.
        """
        with self._lock:
            now = monotonic()
            start, end = max(now, self._resume), now + min(seconds, LONGEST_PAUSE)
            if end > start:
                self._paused += end - start
                self._resume = end


class Turn:
    """A moment that was reserved, as a context to wait in. It is given back if waiting is interrupted.

        with limit.reserve() as turn:
            while turn.wait:
                sleep(turn.wait)

    Attributes:
        moment: Which one it is, on the limit's clock.
    """

    __slots__ = ("_due", "_limit", "moment")

    def __init__(self, limit: RateLimit, moment: float, due: float) -> None:
        self._limit, self.moment, self._due = limit, moment, due

    @property
    def wait(self) -> float:
        """The seconds until then. They may become more while one waits: see `RateLimit.pause`."""
        left = self._due + self._limit._paused - monotonic()
        return left if left > 1e-6 else 0.0  # what rounding leaves is no wait

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._limit.give_back(self)


_LIMITS: WeakSet[RateLimit] = WeakSet()


def _begin_in_child() -> None:
    """Another thread may have held a lock when the process was forked. In the new process nobody would ever release it."""
    for limit in _LIMITS:
        limit._begin()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_in_child)
