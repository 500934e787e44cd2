"""What a client tells of its calls while they are under way: events for hooks, and records for the logger `tmdbkit`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from . import clock
from .logs import call_hook, logger

if TYPE_CHECKING:
    from .runtime.decode import Drift

__all__ = ["Event", "EventHook", "EventKind", "Events"]

EventKind: TypeAlias = Literal["start", "rate_limit", "request", "response", "cache_hit", "retry", "drift", "end"]

_IDS = count(1)


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

_LEVELS = {"retry": logging.INFO, "rate_limit": logging.DEBUG, "request": logging.DEBUG, "response": logging.DEBUG, "cache_hit": logging.DEBUG}


class Events:
    """The events of one call.

    Args:
        hook: Is called with each event; None for none.
        operation_id: The id of the operation.
        method: The HTTP method.
        url: The URL, without credentials.

    Attributes:
        attempt: The number of the attempt, from 1.
        started: When the call started, in seconds.
    """

    __slots__ = ("_attempt_started", "_call_id", "_hook", "_method", "_operation_id", "_url", "attempt", "started")

    def __init__(self, hook: EventHook | None, operation_id: str, method: str, url: str) -> None:
        self._hook, self._operation_id, self._method, self._url = hook, operation_id, method, url
        self._call_id = next(_IDS)
        self.attempt = 1
        self.started = self._attempt_started = clock.monotonic()

    @property
    def elapsed(self) -> float:
        """The seconds since the call started."""
        return clock.monotonic() - self.started

    def __call__(self, kind: EventKind, **details: Any) -> None:
        """Report an event.

        Args:
            kind: What happened.
            **details: The attributes of the `Event` that belong to it.
        """
        if kind == "request":
            self._attempt_started = clock.monotonic()
        level = _LEVELS.get(kind)
        logs = level is not None and logger.isEnabledFor(level)
        if self._hook is None and not logs:
            return
        if kind in ("response", "cache_hit"):
            details["elapsed"] = clock.monotonic() - self._attempt_started
        elif kind == "end":
            details["elapsed"] = self.elapsed
        event = Event(kind=kind, call_id=self._call_id, operation_id=self._operation_id, method=self._method, url=self._url, attempt=self.attempt, **details)
        if logs and level is not None:
            _log(level, event)
        if self._hook is not None:
            call_hook(self._hook, event)


def _log(level: int, event: Event) -> None:
    match event.kind:
        case "retry":
            what = f"{type(event.error).__name__}, attempt {event.attempt}: trying again in {event.wait:.2f} s"
        case "rate_limit":
            what = f"waiting {event.wait:.2f} s for the rate limit"
        case "request":
            what = f"sending attempt {event.attempt}"
        case "cache_hit":
            what = f"HTTP {event.status_code} from the cache"
        case _:
            what = f"HTTP {event.status_code} in {event.elapsed:.3f} s"
    extra = {"operation_id": event.operation_id, "attempt": event.attempt, "wait": event.wait, "http_status": event.status_code}
    logger.log(level, "%s (%s %s)", what, event.method, event.url, extra=extra)
