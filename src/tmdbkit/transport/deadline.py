"""The time that a call may take in all. Both clients share these decisions."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, TypeVar

import httpx

from tmdbkit import clock
from tmdbkit.runtime.errors import InvalidArgumentError

from .extensions import DEADLINE

__all__ = [
    "DEFAULT_DEADLINE",
    "Deadline",
    "DeadlinePassedError",
    "check_deadline",
    "check_timeout",
    "deadline_of",
    "seconds_left",
    "seconds_of",
    "shortened",
    "within",
]

T = TypeVar("T")

DEFAULT_DEADLINE = 60.0
"""The seconds of a call from its first request on, where no other deadline was set."""

_RUNNING: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


class DeadlinePassedError(httpx.ReadTimeout):
    """A step of a call was ended by the deadline of the call."""

    def __init__(self) -> None:
        super().__init__("the deadline of the call has passed")


class Deadline:
    """The end of one call.

    A deadline that was set counts from the start of the call. The default counts from the first request: thousands of calls may be started at once, and most of
    their time is then spent in the queue of the rate limit.

    Args:
        seconds: The seconds that the call may take; None for no end.
        from_first_request: Whether they count from the first request.

    Attributes:
        on_start: Is called with the seconds when they begin to count.
    """

    __slots__ = ("_ends", "_seconds", "_token", "on_start")

    def __init__(self, seconds: float | None, *, from_first_request: bool = False) -> None:
        self._seconds = math.inf if seconds is None else seconds
        self._ends = math.inf if from_first_request else clock.monotonic() + self._seconds
        self.on_start: Callable[[float], None] | None = None

    def start(self) -> None:
        """Mark that a request is about to be sent."""
        if self._ends == math.inf and self._seconds != math.inf:
            self._ends = clock.monotonic() + self._seconds
            if self.on_start is not None:
                self.on_start(self._seconds)

    @property
    def left(self) -> float:
        """The seconds until the end; infinite without one, and 0 after it."""
        return max(self._ends - clock.monotonic(), 0.0)

    def check(self) -> None:
        """Raise where the end has come.

        Raises:
            DeadlinePassedError: The deadline has passed.
        """
        if self._ends <= clock.monotonic():
            raise DeadlinePassedError

    def __enter__(self) -> None:
        """Let the connections that this thread uses see the deadline, with `seconds_left`."""
        self._token = _RUNNING.set(self)

    def __exit__(self, *_: object) -> None:
        _RUNNING.reset(self._token)


def deadline_of(request: httpx.Request) -> Deadline:
    """Return the end of the call that a request belongs to; one that never comes where there is none."""
    deadline: Deadline | None = request.extensions.get(DEADLINE)
    return Deadline(None) if deadline is None else deadline


def seconds_left() -> float:
    """Return the seconds that are left of the call that this thread makes; infinite without a call or an end."""
    running = _RUNNING.get()
    return math.inf if running is None else running.left


def seconds_of(timeout: float | None) -> float:
    """Return a timeout as a number; None, which never ends, is infinite."""
    return math.inf if timeout is None else timeout


def shortened(timeout: float | None, left: float) -> float | None:
    """Return a timeout that does not go beyond the seconds that are left."""
    seconds = min(seconds_of(timeout), left)
    return None if seconds == math.inf else seconds


async def within(deadline: Deadline, attempt: Awaitable[T]) -> T:
    """Await an attempt of a call, until its deadline. It may start the deadline.

    Args:
        deadline: The end of the call.
        attempt: What to await.

    Raises:
        DeadlinePassedError: The attempt took longer, and was cancelled.
    """
    from asyncio import get_running_loop, timeout  # the synchronous client does not need it

    scope = timeout(shortened(None, deadline.left))
    deadline.on_start = lambda seconds: scope.reschedule(get_running_loop().time() + seconds)
    try:
        async with scope:
            return await attempt
    except TimeoutError:
        if not scope.expired():
            raise
    finally:
        deadline.on_start = None
    raise DeadlinePassedError


def check_deadline(seconds: Any) -> None:
    """Check a deadline that a caller gave.

    Raises:
        InvalidArgumentError: It is neither None nor a positive number.
    """
    if seconds is not None and (isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds > 0):
        raise InvalidArgumentError(f"deadline must be a number of seconds above 0, or None for no end; not {seconds!r}")


def check_timeout(timeout: Any) -> None:
    """Check a timeout that a caller gave.

    Raises:
        InvalidArgumentError: It is neither None, nor a number of seconds, nor an `httpx.Timeout`; or one of its steps is below 0.
    """
    steps = timeout.as_dict().values() if isinstance(timeout, httpx.Timeout) else (timeout,)
    for seconds in steps:
        if seconds is not None and (isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds >= 0):
            raise InvalidArgumentError(f"timeout must be a number of seconds, an httpx.Timeout with one for each step, or None for no end; not {timeout!r}")
