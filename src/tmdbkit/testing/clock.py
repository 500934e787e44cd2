"""The time of the fake, which a test can set, and the waits of clients, which take no time while it is installed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Lock, RLock
from typing import Any

from tmdbkit import clock

__all__ = ["FakeClock"]


class FakeClock:
    """A clock that a test sets and advances.

    It follows the system's clock until `set` stops it. While the fake is active (the fixture `fake_tmdb`, `FakeTMDB.active`), and while a client of
    `FakeTMDB.client` or `async_client` is open, all clients of the process wait on it as well: for a retry, a rate limit, a deadline or an approval.
    Such a wait advances the clock, and takes no time. Of several clocks, they wait on the latest.

        fake.clock.set(datetime(2027, 1, 10, tzinfo=UTC))
        fake.clock.advance(timedelta(days=1))
    """

    def __init__(self) -> None:
        self._offset = timedelta()
        self._stopped_at: datetime | None = None
        self._slept = 0.0
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"<FakeClock {self.now():%Y-%m-%d %H:%M:%S} UTC>"

    def now(self) -> datetime:
        """The time, in UTC."""
        return (self._stopped_at or datetime.now(UTC)) + self._offset

    def set(self, now: datetime) -> None:
        """Set the time, and stop the clock: from now on only `advance` and waits move it.

        Args:
            now: The time, with a time zone.

        Raises:
            ValueError: It has no time zone.
        """
        if now.tzinfo is None:
            raise ValueError("now must have a time zone, such as datetime(2027, 1, 10, tzinfo=UTC)")
        self._stopped_at, self._offset = now.astimezone(UTC), timedelta()

    def advance(self, by: timedelta | float) -> None:
        """Advance the time.

        Args:
            by: A timedelta, or seconds; 0 or more.

        Raises:
            ValueError: It is negative.
        """
        step = by if isinstance(by, timedelta) else timedelta(seconds=by)
        if step < timedelta():
            raise ValueError(f"by must be 0 or more, not {by}")
        with self._lock:
            self._offset += step
            self._slept += step.total_seconds()

    @property
    def is_installed(self) -> bool:
        """Whether clients wait on this clock."""
        return _latest() is self

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Let clients wait on this clock, and take its day for today."""
        remove = self.install()
        try:
            yield
        finally:
            remove()

    def install(self) -> Callable[[], None]:
        """Let clients wait on this clock until the returned function is called, which may be called again."""
        token = object()
        with _LOCK:
            if not _INSTALLED:
                _SYSTEM[:] = [clock.monotonic, clock.now, clock.sleep, clock.sleep_async]
                clock.monotonic, clock.now, clock.sleep, clock.sleep_async = _monotonic, _now, _sleep, _sleep_async
            _INSTALLED[token] = self

        def remove() -> None:
            with _LOCK:
                if _INSTALLED.pop(token, None) and not _INSTALLED:
                    clock.monotonic, clock.now, clock.sleep, clock.sleep_async = _SYSTEM

        return remove


_LOCK = RLock()
"""Reentrant, because the collector may close a client anywhere."""
_INSTALLED: dict[object, FakeClock] = {}
_SYSTEM: list[Any] = []


def _latest() -> FakeClock | None:
    with _LOCK:
        return next(reversed(_INSTALLED.values()), None)


def _monotonic() -> float:
    latest = _latest()
    return time.monotonic() + (latest._slept if latest else 0)


def _now() -> datetime:
    latest = _latest()
    return latest.now() if latest else datetime.now(UTC)


def _sleep(seconds: float) -> None:
    if latest := _latest():
        latest.advance(seconds)


async def _sleep_async(seconds: float) -> None:
    import asyncio  # the synchronous client does not need it

    _sleep(seconds)
    await asyncio.sleep(0)
