"""The second layer of the stack: requests wait for the rate limit, and a 429 pauses all clients that share it."""

from __future__ import annotations

import httpx

from tmdbkit import clock
from tmdbkit.runtime.errors import DeadlineError

from .deadline import Deadline, deadline_of
from .extensions import EMIT
from .rate_limit import Permit, RateLimit
from .retries import retry_after

__all__ = ["AsyncRateLimitTransport", "RateLimitTransport"]

DEFAULT_PAUSE = 1.0
"""The pause after a 429 without `Retry-After`, in seconds."""


class RateLimitTransport(httpx.BaseTransport):
    """Sends each request with a permit of a rate limit.

    Args:
        transport: The next layer.
        limit: The limit.
    """

    def __init__(self, transport: httpx.BaseTransport, limit: RateLimit) -> None:
        self._transport, self._limit = transport, limit

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Wait for a permit, and send the request.

        Raises:
            DeadlineError: There is no permit before the deadline of the call.
        """
        deadline = deadline_of(request)
        try:
            acquired = self._limit.acquire(deadline.left)
        except TimeoutError:
            acquired = None
        with _checked(acquired, request) as permit:
            while permit.wait:
                clock.sleep(_wait(permit, deadline, request))
        return _noted(self._transport.handle_request(request), self._limit)

    def close(self) -> None:
        """Close the next layer."""
        self._transport.close()


class AsyncRateLimitTransport(httpx.AsyncBaseTransport):
    """`RateLimitTransport` for asynchronous clients."""

    def __init__(self, transport: httpx.AsyncBaseTransport, limit: RateLimit) -> None:
        self._transport, self._limit = transport, limit

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Wait for a permit, and send the request, as `RateLimitTransport.handle_request` does."""
        deadline = deadline_of(request)
        try:
            acquired = await self._limit.acquire_async(deadline.left)
        except TimeoutError:
            acquired = None
        with _checked(acquired, request) as permit:
            while permit.wait:
                await clock.sleep_async(_wait(permit, deadline, request))
        return _noted(await self._transport.handle_async_request(request), self._limit)

    async def aclose(self) -> None:
        """Close the next layer."""
        await self._transport.aclose()


def _checked(permit: Permit | None, request: httpx.Request) -> Permit:
    if permit is None:
        raise DeadlineError("the rate limit has no permit before the deadline", method=request.method, url=str(request.url))
    return permit


def _wait(permit: Permit, deadline: Deadline, request: httpx.Request) -> float:
    """Return the seconds to wait. A pause may have made them more than are left."""
    wait = permit.wait
    if wait > deadline.left:
        _checked(None, request)
    if emit := request.extensions.get(EMIT):
        emit("rate_limit", wait=wait)
    return wait


def _noted(response: httpx.Response, limit: RateLimit) -> httpx.Response:
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        seconds = retry_after(response.headers.get("Retry-After"))
        limit.pause(DEFAULT_PAUSE if seconds is None else seconds)
    return response
