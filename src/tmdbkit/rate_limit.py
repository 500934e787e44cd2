"""How many requests a second leave this process: decided here alone, for both clients, which only sleep."""

from __future__ import annotations

import heapq
import math
from threading import Lock
from time import monotonic

from .runtime.errors import InvalidArgumentError

__all__ = ["RateLimit", "Turn"]


class RateLimit:
    """A limit on the requests a second, shared by all threads, tasks and clients that it is given to.

    Every request reserves the next free moment and waits for it, so requests go in the order in which they came, evenly spread. Moments that nobody used are
    kept for a while: so many requests may follow each other at once. In no second do more than `per_second + burst` leave; with the defaults that is 50, which
    TMDB's documentation names as its limit.

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
        self._next = -math.inf
        self._returned: list[float] = []
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"RateLimit(per_second={self.per_second!r}, burst={self.burst!r})"

    def reserve(self) -> Turn:
        """Reserve the next free moment. It has to be used, by waiting as long as it says, or given back."""
        with self._lock:
            now = monotonic()
            oldest = now - self._kept
            while self._returned:
                moment = heapq.heappop(self._returned)
                if moment >= oldest:
                    break
            else:
                moment = max(oldest, self._next)
                self._next = moment + self._interval
        return Turn(self, moment, moment - now if moment > now else 0.0)

    async def reserve_async(self) -> Turn:
        """Reserve the next free moment, awaited."""
        return self.reserve()

    def pause(self, seconds: float) -> None:
        """Let nobody go before some seconds have passed."""
        with self._lock:
            self._next = max(self._next, monotonic() + seconds)

    def give_back(self, turn: Turn) -> None:
        """Let somebody else have a turn that is not used: who comes next takes it, and nobody waits for a call that was cancelled."""
        with self._lock:
            heapq.heappush(self._returned, turn.moment)


class Turn:
    """A moment that was reserved, as a context to wait in: `with limit.reserve() as seconds`. It is given back if waiting is interrupted.

    Attributes:
        moment: When it is, on the limit's clock.
        wait: The seconds until then, as they were when it was reserved.
    """

    __slots__ = ("_limit", "moment", "wait")

    def __init__(self, limit: RateLimit, moment: float, wait: float) -> None:
        self._limit, self.moment, self.wait = limit, moment, wait

    def __enter__(self) -> float:
        return self.wait

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._limit.give_back(self)
