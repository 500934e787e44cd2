"""How long a call may take in all: decided here alone, for both clients."""

from __future__ import annotations

import math
from contextvars import ContextVar
from time import monotonic
from typing import Any

from .runtime.errors import InvalidArgumentError

__all__ = ["DEFAULT_DEADLINE", "Deadline", "check_deadline", "seconds_left", "seconds_of", "shortened"]

DEFAULT_DEADLINE = 60.0
"""The seconds of a call from its first request on, where nothing else was said."""

_RUNNING: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


class Deadline:
    """The end of one call.

    A deadline that somebody set counts from the start of the call. The default counts from the first request: thousands of calls may be started at once, and
    most of their time is then spent in the queue of the rate limit.

    Args:
        seconds: The seconds that the call may take; None for no end.
        from_first_request: Whether they count from the first request.
    """

    __slots__ = ("_ends", "_seconds", "_token")

    def __init__(self, seconds: float | None, *, from_first_request: bool = False) -> None:
        self._seconds = math.inf if seconds is None else seconds
        self._ends = math.inf if from_first_request else monotonic() + self._seconds

    def start(self) -> None:
        """Note that a request is about to be sent."""
        if self._ends == math.inf:
            self._ends = monotonic() + self._seconds

    @property
    def left(self) -> float:
        """The seconds until the end; infinite without one, and 0 after it."""
        return max(self._ends - monotonic(), 0.0)

    def __enter__(self) -> None:
        """Let connections of this thread see the deadline, with `seconds_left`."""
        self._token = _RUNNING.set(self)

    def __exit__(self, *_: object) -> None:
        _RUNNING.reset(self._token)


def seconds_left() -> float:
    """The seconds that are left of the call that this thread is at; infinite without a call or an end."""
    running = _RUNNING.get()
    return math.inf if running is None else running.left


def seconds_of(timeout: float | None) -> float:
    """A timeout as a number; one that never ends is infinite."""
    return math.inf if timeout is None else timeout


def shortened(timeout: float | None, left: float) -> float | None:
    """A timeout that does not go beyond the seconds that are left."""
    seconds = min(seconds_of(timeout), left)
    return None if seconds == math.inf else seconds


def check_deadline(seconds: Any) -> None:
    """See that a deadline that somebody gave is one.

    Raises:
        InvalidArgumentError: It is neither None nor a positive number.
    """
    if seconds is not None and (isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds > 0):
        raise InvalidArgumentError(f"deadline must be a number of seconds above 0, or None for no end; not {seconds!r}")
