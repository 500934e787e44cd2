"""The deadline of a call, sans-IO, for both clients."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, TypeVar

import httpx

from tmdbkit import clock
from tmdbkit.runtime.checks import is_seconds
from tmdbkit.runtime.errors import InvalidArgumentError

from .extensions import DEADLINE

__all__ = [
    "DEFAULT_DEADLINE",
    "LONGEST_TIMEOUT",
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

LONGEST_TIMEOUT = 1e9
"""The maximum timeout, in seconds; sockets reject much larger ones."""

DEFAULT_DEADLINE = 60.0
"""The default deadline, in seconds from the first request."""

_RUNNING: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


class DeadlinePassedError(httpx.ReadTimeout):
    """A step of a call hit the deadline of the call."""

    def __init__(self) -> None:
        super().__init__("the deadline of the call has passed")


class Deadline:
    """The deadline of one call.

    An explicit deadline counts from the start of the call. The default counts from the first request: thousands of calls may start at once, and most of
    their time is then spent in the queue of the rate limit.

    Args:
        seconds: The maximum seconds of the call; None for no deadline.
        from_first_request: Whether they count from the first request.

    Attributes:
        on_start: Called with the seconds when they begin to count.
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
        """The remaining seconds; infinite without a deadline, and 0 after it."""
        return max(self._ends - clock.monotonic(), 0.0)

    def check(self) -> None:
        """Raise after the deadline.

        Raises:
            DeadlinePassedError: The deadline has passed.
        """
        if self._ends <= clock.monotonic():
            raise DeadlinePassedError

    def __enter__(self) -> None:
        """Set the deadline for the connections of this thread, see `seconds_left`."""
        self._token = _RUNNING.set(self)

    def __exit__(self, *_: object) -> None:
        try:  # noqa: SIM105 - each attempt comes here, and `suppress` takes longer than all of it
            _RUNNING.reset(self._token)
        except ValueError:
            pass  # a coroutine that is dropped with its event loop ends in another context


def deadline_of(request: httpx.Request) -> Deadline:
    """Return the deadline of a request's call; an infinite one by default."""
    deadline: Deadline | None = request.extensions.get(DEADLINE)
    return Deadline(None) if deadline is None else deadline


def seconds_left() -> float:
    """Return the remaining seconds of this thread's call; infinite without a call or a deadline."""
    running = _RUNNING.get()
    return math.inf if running is None else running.left


def seconds_of(timeout: float | None) -> float:
    """Return a timeout as a number; None becomes infinite."""
    return math.inf if timeout is None else timeout


def shortened(timeout: float | None, left: float) -> float | None:
    """Return a timeout limited to the remaining seconds; None if it is endless."""
    seconds = min(seconds_of(timeout), left)
    return None if seconds > LONGEST_TIMEOUT else seconds


async def within(deadline: Deadline, attempt: Awaitable[T]) -> T:
    """Await an attempt of a call until the deadline. The attempt may start the deadline.

    Args:
        deadline: The deadline of the call.
        attempt: The awaitable.

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
    """Check a deadline argument.

    Raises:
        InvalidArgumentError: It is neither None nor a positive number.
    """
    if seconds is not None and not (is_seconds(seconds) and seconds > 0):
        raise InvalidArgumentError(f"deadline must be a number of seconds above 0, or None for no end; not {seconds!r}")


def check_timeout(timeout: Any) -> None:
    """Check a timeout argument.

    Raises:
        InvalidArgumentError: It is neither None, nor a number of seconds, nor an `httpx.Timeout`; or one of its steps is below 0.
    """
    steps = timeout.as_dict().values() if isinstance(timeout, httpx.Timeout) else (timeout,)
    for seconds in steps:
        if seconds is not None and not (is_seconds(seconds) and seconds >= 0):
            raise InvalidArgumentError(f"timeout must be a number of seconds, an httpx.Timeout with one for each step, or None for no end; not {timeout!r}")
