"""What is logged: the places where TMDB's answers differ from what we know."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from ._version import __version__
from .runtime.drift import Drift, Report

__all__ = ["DriftLog", "logger"]

logger = logging.getLogger("tmdbkit")
logger.addHandler(logging.NullHandler())

_INDEX = re.compile(r"\[\d+\]")


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
