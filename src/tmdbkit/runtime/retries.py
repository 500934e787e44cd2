"""The retry policy. Imported only for clients and calls with a custom policy."""

from __future__ import annotations

from dataclasses import dataclass

from .checks import check_number
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
        check_number("attempts", self.attempts, least=1, is_whole=True)
        for name in ("base", "cap", "budget"):
            check_number(name, getattr(self, name), unit="seconds")
