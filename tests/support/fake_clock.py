"""A clock that advances only while a client sleeps, and one way to call synchronous and asynchronous clients."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from typing import Any

import httpx
import pytest

from tests.conftest import TOKEN
from tmdbkit import TMDB, AsyncTMDB, clock


class FakeClock:
    """A clock whose sleeps take no time.

    Attributes:
        now: The time of the monotonic clock, in seconds.
        sleeps: The sleeps so far, in seconds.
        then: Callbacks by the number of sleeps after which they run.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.sleeps: list[float] = []
        self.then: dict[int, Callable[[], None]] = {}
        patch.setattr(clock, "monotonic", lambda: self.now)
        patch.setattr(clock, "sleep", self.sleep)
        patch.setattr(clock, "sleep_async", self.sleep_async)

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds
        self.then.get(len(self.sleeps), lambda: None)()

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)


Step = httpx.Response | Exception | Callable[[], httpx.Response]


class Script:
    """A transport that responds with a sequence of steps, and repeats the last one."""

    def __init__(self, *steps: Step) -> None:
        self.steps, self.requests = steps, list[httpx.Request]()
        self.transport = httpx.MockTransport(self._handle)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        step = self.steps[min(len(self.requests), len(self.steps) - 1)]
        self.requests.append(request)
        if isinstance(step, Exception):
            raise step
        if isinstance(step, httpx.Response):
            return httpx.Response(step.status_code, headers=step.headers, content=step.content)
        return step()


Action = Callable[[Any], Any]


def run_sync(action: Action, credential: str = TOKEN, **options: Any) -> Any:
    """Run an action with a synchronous client, and return its result."""
    with TMDB(credential, **options) as tmdb:
        return action(tmdb)


def run_async(action: Action, credential: str = TOKEN, **options: Any) -> Any:
    """Run an action with an asynchronous client, and return its result."""

    async def main() -> Any:
        async with AsyncTMDB(credential, **options) as tmdb:
            return await action(tmdb)

    return asyncio.run(main())


BOTH = pytest.mark.parametrize("run", [run_sync, run_async], ids=["sync", "async"])


def make_response(status: int, body: object = b"", headers: Iterable[tuple[str, str]] = ()) -> httpx.Response:
    return httpx.Response(status, content=body if isinstance(body, bytes) else json.dumps(body).encode(), headers=dict(headers))
