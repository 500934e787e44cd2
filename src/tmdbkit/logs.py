"""The log: mismatches between responses and the spec."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from ._version import __version__
from .runtime.decode import Drift, Report

__all__ = ["DriftLog", "logger"]

logger = logging.getLogger("tmdbkit")
logger.addHandler(logging.NullHandler())

MOST_PLACES = 1_000
"""The most places that one client reports: a server that makes up its keys fills neither log nor memory."""

_INDEX = re.compile(r"\[\d+\]")


class DriftLog:
    """Reports mismatches between responses and the spec, once for each place.

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
            if place not in self._told and len(self._told) < MOST_PLACES:
                self._told.add(place)
                logger.warning("a response does not match the spec of tmdbkit %s: %s", __version__, drift)
                if self._callback:
                    self._callback(drift)

        return report
