"""The clock and sleeps of the package, in one module, so that tests can replace them."""

from __future__ import annotations

import time
from datetime import UTC, datetime

__all__ = ["monotonic", "now", "sleep", "sleep_async"]


def monotonic() -> float:
    """Return the seconds of a monotonic clock."""
    return time.monotonic()


def now() -> datetime:
    """Return the time, in UTC, in which TMDB's days begin."""
    return datetime.now(UTC)


def sleep(seconds: float) -> None:
    """Block this thread.

    Args:
        seconds: The duration.
    """
    time.sleep(seconds)


async def sleep_async(seconds: float) -> None:
    """Suspend this task.

    Args:
        seconds: The duration.
    """
    import asyncio  # the synchronous client does not need it

    await asyncio.sleep(seconds)
