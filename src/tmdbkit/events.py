"""Events of calls, for hooks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from .runtime.drift import Drift

__all__ = ["Event", "EventHook", "EventKind"]

EventKind: TypeAlias = Literal["start", "rate_limit", "request", "response", "cache_hit", "retry", "drift", "end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event of a call.

    The kinds, in the order of a call:

    - `start`: the call begins.
    - `rate_limit`: the call waits `wait` seconds for the rate limit.
    - `request`: a request is about to be sent.
    - `response`: a response arrived, with `status_code`; `elapsed` is the duration of the attempt.
    - `cache_hit`: the response came from the cache, without a request or after revalidation.
    - `retry`: the attempt failed with `error`; the next one follows in `wait` seconds.
    - `drift`: the response does not match the spec, see `drift`.
    - `end`: the call is over; `error` is its exception, `elapsed` its total duration.

    Attributes:
        kind: What happened.
        call_id: A number that all events of one call have.
        operation_id: The id of the operation, such as `movies_details`.
        method: The HTTP method.
        url: The URL, without credentials.
        attempt: The number of the attempt, from 1.
        status_code: The HTTP status, where there is one.
        elapsed: The seconds that the attempt, or the call, took.
        wait: The seconds that the call waits now.
        error: Why the attempt, or the call, failed.
        drift: The place where the response differs.
    """

    kind: EventKind
    call_id: int
    operation_id: str
    method: str
    url: str
    attempt: int
    status_code: int | None = None
    elapsed: float | None = None
    wait: float | None = None
    error: BaseException | None = None
    drift: Drift | None = None


EventHook: TypeAlias = Callable[[Event], object]
