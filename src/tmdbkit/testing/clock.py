"""The time of the fake, which a test can set, and the waits of clients, which take no time while it is installed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Lock

from tmdbkit import clock

__all__ = ["FakeClock"]


class FakeClock:
    """A clock that a test sets and advances.

    It follows the system's clock until `set` stops it. Where the fake is active (the fixture `fake_tmdb`, `FakeTMDB.active`), clients wait on it as well: for a
    retry, a rate limit or a deadline. Such a wait advances the clock, and takes no time.

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

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Let clients wait on this clock, and take its day for today."""
        before = clock.monotonic, clock.now, clock.sleep, clock.sleep_async
        clock.monotonic, clock.now, clock.sleep, clock.sleep_async = self._monotonic, self.now, self._sleep, self._sleep_async
        try:
            yield
        finally:
            clock.monotonic, clock.now, clock.sleep, clock.sleep_async = before

    def _monotonic(self) -> float:
        return time.monotonic() + self._slept

    def _sleep(self, seconds: float) -> None:
        self.advance(seconds)

    async def _sleep_async(self, seconds: float) -> None:
        import asyncio  # the synchronous client does not need it

        self.advance(seconds)
        await asyncio.sleep(0)
