"""Retries: which failures are retried, and after which wait. Sans-IO, for both clients."""

from __future__ import annotations

import json
import math
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import random
from typing import TYPE_CHECKING, Any

import httpx
import msgspec

from tmdbkit import clock
from tmdbkit.runtime.decode import SURROGATE
from tmdbkit.runtime.errors import InvalidArgumentError
from tmdbkit.runtime.options import DefaultRetries
from tmdbkit.runtime.types import UNSET, UnsetType

from .advice import is_rejected_by_proxy

if TYPE_CHECKING:
    from tmdbkit.runtime.retries import Retries

    from .body import Body

__all__ = [
    "TRANSIENT_ERRORS",
    "Attempts",
    "check_retries",
    "envelope",
    "errors_of",
    "is_refusal",
    "is_transient",
    "is_transient_error",
    "is_transient_refusal",
    "is_truncated",
    "retry_after",
    "status_code_of",
]

TRANSIENT_STATUSES = frozenset({429, 500, 502, 503, 504, *range(520, 531)})
"""The HTTP statuses of transient failures. Those from 520 on are sent by content delivery networks that cannot reach the origin."""
TRANSIENT_ERRORS = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError, httpx.ProxyError)
MOST_BYTES_OF_A_REFUSAL = 4096
LEAST_WAIT = 0.05
"""The minimum wait for `Retry-After: 0`."""
TRUNCATED = "truncated"
"""The word in msgspec's message for JSON that ends too early; `tests/client/test_retries.py` pins it."""

CUT_NUMBERS = (b"-", b"+", b".", b"e", b"E")
"""The possible ends of a truncated number."""


class Attempts:
    """The attempts of one call.

    Args:
        retries: The policy; None for one attempt only, `UNSET` for the default.
        now: Returns the time, in seconds.
        draw: Returns a random number from 0 to 1.

    Attributes:
        made: The number of failed attempts.
    """

    __slots__ = ("_draw", "_now", "_retries", "_started", "made")

    def __init__(self, retries: Retries | UnsetType | None = UNSET, *, now: Callable[[], float] | None = None, draw: Callable[[], float] = random) -> None:
        self._retries = DefaultRetries if isinstance(retries, UnsetType) else retries
        self._now, self._draw = now or clock.monotonic, draw
        self._started: float | None = None
        self.made = 0

    def start(self) -> None:
        """Mark that a request is about to be sent. The budget counts from the first one, without the queue of the rate limit."""
        if self._started is None:
            self._started = self._now()

    def wait_after(self, *, retryable: bool, retry_after: float | None = None, within: float = math.inf) -> float | None:
        """Count a failed attempt, and decide on a retry.

        Args:
            retryable: Whether the failure is transient.
            retry_after: The seconds of `Retry-After`, or None.
            within: The remaining seconds until the deadline of the call.

        Returns:
            The seconds to wait before the next attempt, or None.
        """
        self.made += 1
        retries = self._retries
        if retries is None or not retryable or self.made >= retries.attempts:
            return None
        now = self._now()
        left = retries.budget - (now - (now if self._started is None else self._started))
        least = 0.0 if retry_after is None else max(retry_after, LEAST_WAIT)
        if left <= 0 or least > left:
            return None
        drawn = self._draw() * min(retries.cap, math.ldexp(retries.base, min(self.made - 1, 64)))
        wait = min(least + drawn, left)
        return wait if wait < within else None


def is_transient(http_status: int, body: Body) -> bool:
    """Return whether a response is a transient failure: a transient error response, or a truncated success.

    Args:
        http_status: The HTTP status.
        body: The complete body.
    """
    content = body.content
    if 200 <= http_status < 300 and not is_refusal(content):
        return body.truncated if body.problem else is_truncated(content)
    return is_transient_refusal(http_status, status_code_of(envelope(content)))


def is_transient_error(error: Exception) -> bool:
    """Return whether a failure of a connection is transient."""
    return isinstance(error, TRANSIENT_ERRORS) and not is_rejected_by_proxy(error)


def is_transient_refusal(http_status: int, status_code: int | None) -> bool:
    """Return whether an error response is transient. TMDB's status code decides if it is known, otherwise the HTTP status."""
    from tmdb_openapi.status_codes import STATUS_CODES

    known = STATUS_CODES.get(status_code or 0)
    return known.retry if known and known.error else http_status in TRANSIENT_STATUSES


def is_refusal(content: bytes) -> bool:
    """Return whether the body of a success is an error of TMDB, which some mirrors and caches pass on with status 200."""
    if len(content) > MOST_BYTES_OF_A_REFUSAL or not (b"status_code" in content or b"errors" in content):
        return False
    from tmdb_openapi.status_codes import STATUS_CODES

    body = envelope(content)
    if body.get("success") is True:
        return False
    known = STATUS_CODES.get(status_code_of(body) or 0)
    return known.error is not None if known else body.get("success") is False and bool(errors_of(body))


def errors_of(envelope: Mapping[str, Any]) -> list[str]:
    """Return the faults of the request that an error response lists."""
    listed = envelope.get("errors")
    return [item for item in listed if isinstance(item, str)] if isinstance(listed, list) else []


def envelope(content: bytes) -> dict[str, Any]:
    """Return the JSON object in the body of an error response; an empty one if it is not TMDB's."""
    try:
        body = msgspec.json.decode(content.removeprefix(BOM_UTF8))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def status_code_of(envelope: Mapping[str, Any]) -> int | None:
    """Return TMDB's status code in an error body, or None."""
    code = envelope.get("status_code")
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def is_truncated(content: bytes) -> bool:
    """Return whether a body is truncated JSON."""
    content = content.removeprefix(BOM_UTF8)
    try:
        msgspec.json.decode(content, type=msgspec.Raw)
    except msgspec.DecodeError as error:
        if SURROGATE.search(content) and _is_json(content):
            return False
        # msgspec reports a truncated number as malformed; with one more digit only the rest is missing.
        return TRUNCATED in str(error) or (content.endswith(CUT_NUMBERS) and is_truncated(content + b"0"))
    except (UnicodeDecodeError, RecursionError):
        return False
    return False


def _is_json(content: bytes) -> bool:
    with suppress(ValueError, RecursionError):
        json.loads(content)
        return True
    return False


def retry_after(value: str | None) -> float | None:
    """Parse a `Retry-After` header, with seconds or a date; None if it is invalid."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except (ValueError, OverflowError):
            return None
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def check_retries(retries: Any) -> None:
    """Check a retry policy argument.

    Raises:
        InvalidArgumentError: It is neither None nor `Retries`.
    """
    if retries is None:
        return
    from tmdbkit.runtime.retries import Retries

    if not isinstance(retries, Retries):
        raise InvalidArgumentError(f"retries must be like Retries(attempts=3), or None for a single attempt; not {retries!r}")
