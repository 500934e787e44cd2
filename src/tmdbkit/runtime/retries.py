"""The retry policy. Imported only for clients and calls with a custom policy."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import InvalidArgumentError
from .options import DefaultRetries

__all__ = ["Retries"]


@dataclass(frozen=True, slots=True)
class Retries:
    """The retry policy of calls that do not change state at TMDB.

    The n-th wait is random between 0 and `min(cap, base * 2**(n - 1))` seconds. With a `Retry-After` of TMDB, the wait is that long plus the
    random time; a call that would have to wait beyond its budget fails immediately.

    Attributes:
        attempts: The maximum number of requests, including the first one.
        base: The maximum of the first wait, in seconds.
        cap: The maximum of a random wait, in seconds.
        budget: The seconds from the first request within which the last one may start. The timeout limits the requests themselves.

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
