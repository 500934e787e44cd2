"""What a client tells a hook of its calls while they are under way."""

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
    """Something that happened in a call.

    The kinds, in the order of a call:

    - `start`: the call begins.
    - `rate_limit`: it waits for the rate limit, for `wait` seconds.
    - `request`: a request is about to be sent.
    - `response`: a response came; `status_code` says which, `elapsed` how long the attempt took.
    - `cache_hit`: the response came from the cache, without a request or after TMDB confirmed it.
    - `retry`: the attempt failed with `error`, and there will be another one in `wait` seconds.
    - `drift`: the response is not what this version of the package expects, see `drift`.
    - `end`: the call is over; `error` is what it raises, `elapsed` how long it took in all.

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
