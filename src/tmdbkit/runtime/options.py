"""What any call may be given beside the arguments of its operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypedDict

from .errors import InvalidArgumentError

if TYPE_CHECKING:
    from httpx import Timeout as _HTTPXTimeout

__all__ = ["CallOptions", "Retries", "Timeout"]

Timeout: TypeAlias = "float | _HTTPXTimeout | None"
"""Seconds, or httpx's own object; None waits forever."""


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

    attempts: int = 3
    base: float = 0.5
    cap: float = 8.0
    budget: float = 30.0

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise InvalidArgumentError(f"attempts must be an integer, 1 or more; not {self.attempts!r}")
        for name in ("base", "cap", "budget"):
            seconds = getattr(self, name)
            if not seconds >= 0:
                raise InvalidArgumentError(f"{name} must be a number of seconds, 0 or more; not {seconds!r}")


class CallOptions(TypedDict, total=False):
    """The options of a call, which stand in place of the client's.

    Attributes:
        timeout: The seconds that each step may take: to connect, to send, to wait for the next bytes of the answer, and to wait for a free connection. Or an
            `httpx.Timeout` with one for each; None to wait forever.
        deadline: The seconds that the call may take in all: the queue of the rate limit, every attempt, and the waits in between. None for no end.
        retries: How a call that changes nothing at TMDB is tried again; None for a single attempt.
        headers: Headers to add to the request.
        no_cache: Whether TMDB has to confirm what the cache has, however fresh it is.
        stale_if_error: Whether a response that the cache has may stand in where TMDB cannot be reached or fails; or its greatest age in seconds.
    """

    timeout: Timeout
    deadline: float | None
    retries: Retries | None
    headers: Mapping[str, str] | None
    no_cache: bool
    stale_if_error: bool | float
