"""The time, and how to wait: one place for all that measures or sleeps, so that tests can replace both."""

from __future__ import annotations

import time

__all__ = ["monotonic", "sleep", "sleep_async"]


def monotonic() -> float:
    """Return the seconds of a clock that never goes back."""
    return time.monotonic()


def sleep(seconds: float) -> None:
    """Block this thread.

    Args:
        seconds: How long.
    """
    time.sleep(seconds)


async def sleep_async(seconds: float) -> None:
    """Suspend this task.

    Args:
        seconds: How long.
    """
    import asyncio  # the synchronous client does not need it

    await asyncio.sleep(seconds)
