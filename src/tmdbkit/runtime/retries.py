"""How calls are tried again. This is imported when a client or a call gets a policy of its own."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import InvalidArgumentError
from .options import DefaultRetries

__all__ = ["Retries"]


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a call that changes nothing at TMDB is tried, and how long it waits in between.

    The n-th wait is drawn between 0 and `min(cap, base * 2**(n - 1))` seconds. Where TMDB sends `Retry-After`, the wait is that long, and what was drawn
    comes on top; a call that would have to wait beyond its budget fails at once.

    Attributes:
        attempts: How many requests a call sends at most, the first one among them.
        base: The longest first wait, in seconds.
        cap: The longest wait that is drawn, in seconds.
        budget: The seconds from the first request within which the last one may start. How long a request takes is the timeout's business.

    Raises:
        InvalidArgumentError: There is no attempt, or a time is negative.
    """

    attempts: int = DefaultRetries.attempts
    base: float = DefaultRetries.base
    cap: float = DefaultRetries.cap
    budget: float = DefaultRetries.budget

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise InvalidArgumentError(f"attempts must be an integer, 1 or more; not {self.attempts!r}")
        for name in ("base", "cap", "budget"):
            seconds = getattr(self, name)
            if not seconds >= 0:
                raise InvalidArgumentError(f"{name} must be a number of seconds, 0 or more; not {seconds!r}")
