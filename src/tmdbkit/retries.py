"""When a call is tried again, and how long it waits before that: decided here alone, for both clients, which only sleep."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import random
from time import monotonic
from typing import Any

import httpx
from tmdb_openapi.status_codes import STATUS_CODES

from .runtime.errors import InvalidArgumentError, StatusError
from .runtime.options import Retries

__all__ = ["Attempts", "check_retries", "passes_by_itself"]

TRANSIENT_STATUSES = frozenset({429, 500, 502, 503, 504})
TRANSIENT_FAILURES = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError, httpx.ProxyError)
LEAST_WAIT = 0.05
"""What is waited at least where TMDB answers with `Retry-After: 0`."""


class Attempts:
    """The attempts of one call.

    Args:
        retries: The policy; None for one attempt only.
        clock: What tells the time, in seconds.
        draw: What draws a number from 0 to 1.

    Attributes:
        made: How many requests were sent and have failed.
    """

    __slots__ = ("_clock", "_draw", "_retries", "_started", "made")

    def __init__(self, retries: Retries | None, *, clock: Callable[[], float] | None = None, draw: Callable[[], float] = random) -> None:
        self._retries, self._clock, self._draw = retries, clock or monotonic, draw
        self._started: float | None = None
        self.made = 0

    def start(self) -> None:
        """Note that a request is about to be sent; the budget counts from the first one, and not from the time spent in the queue of the rate limit."""
        if self._started is None:
            self._started = self._clock()

    def wait_after(self, *, transient: bool, retry_after: float | None = None, within: float = math.inf) -> float | None:
        """The seconds to wait before the request is sent again, now that it has failed; None where it has to stay at that.

        Args:
            transient: Whether the failure passes by itself.
            retry_after: The seconds that TMDB asks to wait, where it does.
            within: The seconds that are left until the deadline of the call.
        """
        self.made += 1
        retries = self._retries
        if retries is None or not transient or self.made >= retries.attempts:
            return None
        now = self._clock()
        left = retries.budget - (now - (now if self._started is None else self._started))
        least = 0.0 if retry_after is None else max(retry_after, LEAST_WAIT)
        if left <= 0 or least > left:
            return None
        drawn = self._draw() * min(retries.cap, math.ldexp(retries.base, min(self.made - 1, 64)))
        wait = min(least + drawn, left)
        return wait if wait < within else None


def passes_by_itself(failure: httpx.HTTPError | StatusError) -> bool:
    """Whether what went wrong may go well a moment later. TMDB's own code decides where it is known, else the HTTP status."""
    if isinstance(failure, httpx.HTTPError):
        return isinstance(failure, TRANSIENT_FAILURES)
    known = None if failure.status_code is None else STATUS_CODES.get(failure.status_code)
    if known and known.error:
        return known.retry
    return failure.http_status in TRANSIENT_STATUSES


def check_retries(retries: Any) -> None:
    """See that a policy that somebody gave is one.

    Raises:
        InvalidArgumentError: It is neither None nor `Retries`.
    """
    if retries is not None and not isinstance(retries, Retries):
        raise InvalidArgumentError(f"retries must be like Retries(attempts=3), or None for a single attempt; not {retries!r}")
