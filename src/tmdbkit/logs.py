"""What is logged: the places where TMDB's answers differ from what we know; and what is not: credentials in the URLs that httpx logs."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

import httpx

from ._version import __version__
from .runtime.drift import Drift, Report

__all__ = ["DriftLog", "redact_httpx_logs"]

logger = logging.getLogger("tmdbkit")
logger.addHandler(logging.NullHandler())

_INDEX = re.compile(r"\[\d+\]")
_SECRET_SEGMENTS = re.compile(r"(?<=/account/)[^/?#]+|(?<=/guest_session/)(?!new\b)[^/?#]+")
_SECRETS = re.compile(r"(?<=[?&])(api_key|session_id|guest_session_id|request_token|username|password)=[^&#\s]*")


class _Redaction(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_redacted(argument) if isinstance(argument, httpx.URL) else argument for argument in record.args)
        return True


_REDACTION = _Redaction()


def redact_httpx_logs() -> None:
    """Hide the credentials of TMDB in the URLs that httpx logs. Doing it again changes nothing."""
    logging.getLogger("httpx").addFilter(_REDACTION)


def _redacted(url: httpx.URL) -> str:
    return _SECRETS.sub(r"\1=REDACTED", _SECRET_SEGMENTS.sub("REDACTED", str(url)))


class DriftLog:
    """Tells of each place where answers differ from what we know once.

    Args:
        callback: Is called with each, beside the log record.
    """

    def __init__(self, callback: Callable[[Drift], None] | None) -> None:
        self._callback = callback
        self._told: set[Drift] = set()

    def of(self, operation_id: str) -> Report:
        """What takes the reports on one operation's answers."""

        def report(path: str, expected: str, got: str) -> None:
            drift = Drift(operation_id, path, expected, got)
            place = drift._replace(path=_INDEX.sub("[]", path))
            if place not in self._told:
                self._told.add(place)
                logger.warning("TMDB's answer differs from what tmdbkit %s knows: %s", __version__, drift)
                if self._callback:
                    self._callback(drift)

        return report
