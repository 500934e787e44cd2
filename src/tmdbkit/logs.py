"""The logger of this package, and the reports on responses that differ from the spec.

The environment variable `TMDB_LOG`, with `debug` or `info`, shows the records on standard error without any setup of `logging`.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable
from typing import Any

from ._version import __version__
from .runtime.decode import Drift, Report

__all__ = ["DriftLog", "call_hook", "log_as_the_environment_says", "logger"]

logger = logging.getLogger("tmdbkit")
logger.addHandler(logging.NullHandler())

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO}
MOST_PLACES = 1_000
"""The most places that one client reports: a server that makes up its keys fills neither log nor memory."""


class DriftLog:
    """Reports mismatches between responses and the spec, once for each place.

    Args:
        callback: Is called with each, beside the log record.
    """

    def __init__(self, callback: Callable[[Drift], None] | None) -> None:
        self._callback = callback
        self._told: set[Drift] = set()

    def of(self, operation_id: str, emit: Callable[[Drift], None] | None = None) -> Report:
        """Return what takes the reports on the responses of one operation.

        Args:
            operation_id: The id of the operation.
            emit: Is called with each place, too.
        """

        def report(path: str, expected: str, got: str) -> None:
            drift = Drift(operation_id, path, expected, got)
            place = drift._replace(path=re.sub(r"\[\d+\]", "[]", path))
            if place not in self._told and len(self._told) < MOST_PLACES:
                self._told.add(place)
                extra = {"operation_id": operation_id, "path": path}
                logger.warning("a response does not match the spec of tmdbkit %s: %s", __version__, drift, extra=extra)
                if emit:
                    emit(drift)
                if self._callback:
                    call_hook(self._callback, drift)

        return report


def call_hook(hook: Callable[[Any], object], argument: object) -> None:
    """Call a hook of the caller's. An exception in it is logged, and breaks no call.

    Args:
        hook: The hook.
        argument: What it takes.
    """
    try:
        hook(argument)
    except Exception as error:
        logger.warning("a hook raised %s, which is ignored", type(error).__name__, exc_info=error)


def log_as_the_environment_says() -> None:
    """Show the records of this package on standard error where `TMDB_LOG` asks for it. A second call changes nothing."""
    level = LEVELS.get(os.environ.get("TMDB_LOG", "").strip().lower())
    if level is None or logger.level == level:
        return
    logger.setLevel(level)
    if not any(isinstance(handler, logging.StreamHandler) for handler in logger.handlers):
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("[%(asctime)s %(name)s %(levelname)s] %(message)s"))
        logger.addHandler(handler)
