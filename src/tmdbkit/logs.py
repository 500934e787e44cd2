"""Observability: events for hooks, records of the logger `tmdbkit`, and reports on responses that differ from the spec.

The environment variable `TMDB_LOG`, with `debug` or `info`, shows the records on standard error without any setup of `logging`.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any

from . import clock
from ._version import __version__
from .runtime.decode import Report

if TYPE_CHECKING:
    from .events import Event, EventHook, EventKind
    from .runtime.drift import Drift

__all__ = ["DriftLog", "Events", "call_hook", "logger", "set_up_logging", "shortened"]

_IDS = count(1)

FIELDS = ("operation_id", "attempt", "wait", "http_status")


class _WithFields(logging.Filter):
    """Sets the structured fields of each record; None if one does not apply."""

    def filter(self, record: logging.LogRecord) -> bool:
        for name in FIELDS:
            record.__dict__.setdefault(name, None)
        return True


logger = logging.getLogger("tmdbkit")
logger.addHandler(logging.NullHandler())
logger.addFilter(_WithFields())

_ENVIRONMENT_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO}
MOST_PLACES = 1_000
"""The maximum number of paths that one client reports, so that a server with random keys cannot fill log and memory."""


LONGEST_TEXT = 200
"""The maximum length of a path or a value in a report, in characters."""


class DriftLog:
    """Reports mismatches between responses and the spec, once per path.

    Args:
        callback: Called with each mismatch, beside the log record.
    """

    def __init__(self, callback: Callable[[Drift], None] | None) -> None:
        self._callback = callback
        self._reported: set[Drift] = set()

    def of(self, operation_id: str, redact: Callable[[str], str] = str, emit: Callable[[Drift], None] | None = None) -> Report:
        """Return the report function for the responses of an operation.

        Args:
            operation_id: The id of the operation.
            redact: Removes the credentials of the call from a text: a page that repeats the request may have one as a key or a value.
            emit: Also called with each mismatch.
        """

        def report(path: str, expected: str, got: str) -> None:
            from .runtime.drift import Drift

            path, got = shortened(redact(path)), shortened(redact(got))
            drift = Drift(operation_id, path, expected, got)
            place = drift._replace(path=re.sub(r"\[\d+\]", "[]", path))
            if place not in self._reported and len(self._reported) < MOST_PLACES:
                self._reported.add(place)
                extra = {"operation_id": operation_id, "path": path}
                logger.warning("a response does not match the spec of tmdbkit %s: %s", __version__, drift, extra=extra)
                if emit:
                    emit(drift)
                if self._callback:
                    call_hook(self._callback, drift)
                if len(self._reported) == MOST_PLACES:
                    logger.warning("%d places do not match the spec: this client reports no more of them", MOST_PLACES)

        return report


def shortened(text: str) -> str:
    """Return a text of a report, limited in length: it may be a key or a value of any response."""
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"


def call_hook(hook: Callable[[Any], object], argument: object) -> None:
    """Call a user's hook. An exception in it is logged, and fails no call.

    Args:
        hook: The hook.
        argument: Its argument.
    """
    try:
        hook(argument)
    except Exception as error:
        extra = {"operation_id": getattr(argument, "operation_id", None)}
        logger.warning("a hook raised %s, which is ignored", type(error).__name__, exc_info=error, extra=extra)


def set_up_logging() -> None:
    """Log to standard error if `TMDB_LOG` is set, or to the handlers of the application. A second call has no effect."""
    level = _ENVIRONMENT_LEVELS.get(os.environ.get("TMDB_LOG", "").strip().lower())
    if level is None or logger.level == level:
        return
    logger.setLevel(level)
    if not any(isinstance(handler, logging.StreamHandler) for handler in logger.handlers):
        handler = logging.StreamHandler()
        handler.addFilter(lambda _: not logging.getLogger().handlers)  # where the application has set up `logging`, its handlers show the record
        handler.setFormatter(logging.Formatter("[%(asctime)s %(name)s %(levelname)s] %(message)s"))
        logger.addHandler(handler)


_EVENT_LEVELS = {"retry": logging.INFO, "rate_limit": logging.DEBUG, "request": logging.DEBUG, "response": logging.DEBUG, "cache_hit": logging.DEBUG}


class Events:
    """The events of one call.

    Args:
        hook: Called with each event, or None.
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
            kind: The type of the event.
            **details: The attributes of the `Event` that belong to it.
        """
        if kind == "request":
            self._attempt_started = clock.monotonic()
        level = _EVENT_LEVELS.get(kind)
        logs = level is not None and logger.isEnabledFor(level)
        if self._hook is None and not logs:
            return
        if kind in ("response", "cache_hit"):
            details["elapsed"] = clock.monotonic() - self._attempt_started
        elif kind == "end":
            details["elapsed"] = self.elapsed
        from .events import Event  # only for clients with a hook or logging

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
