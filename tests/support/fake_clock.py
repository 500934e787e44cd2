"""Time that passes only while a client waits, and clients of both kinds behind one way to call them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from typing import Any

import httpx
import pytest

from tests.conftest import TOKEN
from tmdbkit import TMDB, AsyncTMDB, clock


class Pauses(list[float]):
    """The pauses that clients made. Each takes no time, and moves their clocks. What is to happen after so many of them stands in `then`."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.then: dict[int, Callable[[], None]] = {}
        patch.setattr(clock, "monotonic", lambda: self.now)
        patch.setattr(clock, "sleep", self.pause)
        patch.setattr(clock, "sleep_async", self.pause_awaited)

    def pause(self, seconds: float) -> None:
        self.append(seconds)
        self.now += seconds
        self.then.get(len(self), lambda: None)()

    async def pause_awaited(self, seconds: float) -> None:
        self.pause(seconds)


Step = httpx.Response | Exception | Callable[[], httpx.Response]


class Script:
    """A transport that goes through steps, and repeats the last one."""

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


Asking = Callable[[Any], Any]


def run_sync(asking: Asking, credential: str = TOKEN, **options: Any) -> Any:
    """What a call of a client returns."""
    with TMDB(credential, **options) as tmdb:
        return asking(tmdb)


def run_async(asking: Asking, credential: str = TOKEN, **options: Any) -> Any:
    """The same of a client that is awaited."""

    async def main() -> Any:
        async with AsyncTMDB(credential, **options) as tmdb:
            return await asking(tmdb)

    return asyncio.run(main())


BOTH = pytest.mark.parametrize("run", [run_sync, run_async], ids=["sync", "async"])


def answer(status: int, body: object = b"", headers: Iterable[tuple[str, str]] = ()) -> httpx.Response:
    return httpx.Response(status, content=body if isinstance(body, bytes) else json.dumps(body).encode(), headers=dict(headers))
