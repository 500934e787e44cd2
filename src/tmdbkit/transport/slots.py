"""Connections of asynchronous calls that survive cancellation.

httpx 0.28.1 loses connections of a pool when calls are cancelled, and slows down with the number of calls. So our own connections are slots: transports
of a single connection each, and a damaged one is replaced. A custom client or transport is shielded instead.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from ssl import SSLError
from typing import Any, cast
from weakref import WeakKeyDictionary

import httpx

from .body import MOST_BYTES

__all__ = ["DETACHED_SECONDS", "ShieldedTransport", "SlotTransport"]

DETACHED_SECONDS = 5.0
"""The seconds that a request may continue after its call was cancelled, on connections that we cannot replace."""
SHIELDED_REQUESTS = 20
"""The maximum concurrent requests through a custom client or transport: above some ten, httpx gets slower with each."""
CLOSED = "the client was closed"

Make = Callable[[], Awaitable[httpx.AsyncBaseTransport]]
Trace = Callable[[str, Mapping[str, Any]], Awaitable[None]]


class SlotTransport(httpx.AsyncBaseTransport):
    """Up to N transports of a single connection; the most recently used one is used next.

    A transport with a cancelled or failed call, or with an unread body, is closed and replaced, so that no state of a cancelled call
    is reused. It belongs to one event loop.

    Args:
        make: Creates a transport of a single connection.
        limits: The maximum number of slots, of idle ones, and the seconds until an idle one expires.
    """

    def __init__(self, make: Make, limits: httpx.Limits) -> None:
        self._make = make
        self._most = limits.max_connections
        self._kept = limits.max_keepalive_connections
        self._in_use = 0
        self._closed = False
        self._expiry = limits.keepalive_expiry
        self._timer: asyncio.TimerHandle | None = None
        self._idle: deque[tuple[httpx.AsyncBaseTransport, float]] = deque()
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._closing: set[asyncio.Task[None]] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request in a free slot.

        Raises:
            httpx.PoolTimeout: No slot became free in time.
        """
        await self._acquire(request.extensions.get("timeout", {}).get("pool"))
        slot: httpx.AsyncBaseTransport | None = None
        try:
            slot = self._idle.pop()[0] if self._idle else await self._make()
            with _mapped_errors():
                response = await slot.handle_async_request(request)
        except BaseException:
            self._release(slot, is_sound=False)
            raise
        response.stream = _SlotStream(cast("httpx.AsyncByteStream", response.stream), self, slot)
        return response

    async def aclose(self) -> None:
        """Close all idle connections, and wait for closing ones."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        while self._idle:
            self._discard(self._idle.pop()[0])
        if self._closing:
            await asyncio.wait(self._closing)

    async def _acquire(self, timeout: float | None) -> None:
        """Wait for a free slot; waiters are served in order."""
        if self._most is None or (self._in_use < self._most and not self._waiters):
            self._in_use += 1
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(timeout):
                await waiter
        except BaseException as error:
            if waiter.done() and not waiter.cancelled():
                self._release(None, is_sound=False)  # the slot was assigned at the same time
            else:
                with suppress(ValueError):  # it was skipped in the meantime
                    self._waiters.remove(waiter)
            if isinstance(error, TimeoutError):
                raise httpx.PoolTimeout("no connection became free in time") from None
            raise

    def _release(self, slot: httpx.AsyncBaseTransport | None, *, is_sound: bool) -> None:
        """Release a slot, and wake the next waiter."""
        if slot is not None:
            if is_sound and not self._closed and (self._kept is None or len(self._idle) < self._kept or self._waiters):
                loop = asyncio.get_running_loop()
                self._idle.append((slot, loop.time()))
                if self._timer is None and self._expiry is not None:
                    self._timer = loop.call_later(self._expiry, self._expire, self._expiry)
            else:
                self._discard(slot)
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        self._in_use -= 1

    def _expire(self, expiry: float) -> None:
        """Close expired idle slots, and schedule the next expiry."""
        loop = asyncio.get_running_loop()
        while self._idle and self._idle[0][1] + expiry <= loop.time():
            self._discard(self._idle.popleft()[0])
        self._timer = loop.call_at(self._idle[0][1] + expiry, self._expire, expiry) if self._idle else None

    def _discard(self, slot: httpx.AsyncBaseTransport) -> None:
        """Close a slot in a separate task: the task that used it may be cancelled again."""
        task = asyncio.get_running_loop().create_task(_close(slot))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


class _SlotStream(httpx.AsyncByteStream):
    """The body of a response, which releases the slot when it is closed."""

    def __init__(self, stream: httpx.AsyncByteStream, slots: SlotTransport, slot: httpx.AsyncBaseTransport) -> None:
        self._stream, self._slots = stream, slots
        self._slot: httpx.AsyncBaseTransport | None = slot
        self._is_complete = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _mapped_errors():
            async for chunk in self._stream:
                yield chunk
        self._is_complete = True

    async def aclose(self) -> None:
        slot, self._slot = self._slot, None
        if slot is None:
            return
        is_closed = False
        try:
            await self._stream.aclose()
            is_closed = True
        finally:
            self._slots._release(slot, is_sound=self._is_complete and is_closed)


@contextmanager
def _mapped_errors() -> Iterator[None]:
    """Map TLS errors after the handshake, which httpcore does not map in asynchronous calls, to a read error: a rejected client certificate is one."""
    try:
        yield
    except SSLError as error:
        raise httpx.ReadError(str(error)) from error


async def _close(transport: httpx.AsyncBaseTransport) -> None:
    try:
        await transport.aclose()
    except Exception:  # noqa: BLE001 - it is broken, which is why it is closed
        return


class ShieldedTransport(httpx.AsyncBaseTransport):
    """Protects a custom pool from cancellation.

    A call in the queue is dropped when it is cancelled. A request that was sent continues in a separate task, for some seconds at most,
    and only then the next one starts. A request that waits for a connection of the pool continues to wait, because httpx loses connections at a cancellation,
    but is not sent. (Only httpx's own transports report when they send. Others may send a request that was cancelled afterwards.)

    Args:
        transport: The transport that sends through the pool.
        at_once: The maximum number of concurrent requests.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport, at_once: int = SHIELDED_REQUESTS) -> None:
        self._transport, self._at_once = transport, at_once
        self._permits: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
        self._tasks: set[asyncio.Task[httpx.Response]] = set()
        self._closed = False
        self._reports_steps: bool | None = None  # whether the transport calls the `trace` of a request; None until one was sent

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and read its response.

        Raises:
            httpx.PoolTimeout: The queue or the pool had no connection in time.
            httpx.ReadError: The transport was closed in the meantime.
        """
        loop = asyncio.get_running_loop()
        permits = self._permits.get(loop)
        if permits is None:
            permits = self._permits.setdefault(loop, asyncio.Semaphore(self._at_once))
        seconds = request.extensions.get("timeout", {}).get("pool")
        ends = None if seconds is None else loop.time() + seconds
        try:
            async with asyncio.timeout_at(ends):
                await permits.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("no connection became free in time") from None
        if self._closed:
            permits.release()
            raise httpx.ConnectError(CLOSED)
        gate = _Gate(request.extensions.get("trace"))
        task = loop.create_task(self._exchange(request, gate, None if ends is None else max(ends - loop.time(), 0.001)))
        self._tasks.add(task)

        def finished(task: asyncio.Task[httpx.Response]) -> None:
            permits.release()
            self._tasks.discard(task)
            if not task.cancelled():
                task.exception()  # the caller is gone

        task.add_done_callback(finished)
        try:
            if ends is not None and not (await asyncio.wait([task], timeout=ends - loop.time()))[0] and self._reports_steps and not gate.has_passed:
                self._leave(task, gate)
                raise httpx.PoolTimeout("no connection became free in time")
            await asyncio.wait([task])
        except asyncio.CancelledError:
            self._leave(task, gate)
            raise
        if task.cancelled():  # and not the task of the caller
            raise httpx.ReadError(CLOSED)
        return task.result()

    def _leave(self, task: asyncio.Task[httpx.Response], gate: _Gate) -> None:
        """Abandon a request: it is not sent any more, or ends in some seconds if it was sent."""
        gate.is_shut = True

        def end() -> None:
            if not self._reports_steps or gate.has_passed:
                task.cancel()
            else:
                wait()  # in the queue of httpx, where a connection would be lost

        def wait() -> None:
            timer = loop.call_later(DETACHED_SECONDS, end)
            task.add_done_callback(lambda _: timer.cancel())

        loop = asyncio.get_running_loop()
        wait()

    async def _exchange(self, request: httpx.Request, gate: _Gate, pool: float | None) -> httpx.Response:
        gate.check()
        extensions = request.extensions
        request.extensions = {**extensions, "trace": gate}
        if pool is not None:  # httpx can lose a connection when it ends a wait, so this ends it, when the transport reports the end of a wait
            wait = {True: None, False: pool, None: max(pool, DETACHED_SECONDS)}[self._reports_steps]
            request.extensions["timeout"] = {**extensions["timeout"], "pool": wait}
        try:
            with _mapped_errors():
                response = await self._transport.handle_async_request(request)
        finally:
            request.extensions = extensions  # it may be sent again
            if not self._reports_steps and not gate.is_shut:
                self._reports_steps = gate.has_passed
        if response.is_stream_consumed:
            return response
        chunks, size = list[bytes](), 0
        try:
            with _mapped_errors():
                async for chunk in cast("httpx.AsyncByteStream", response.stream):
                    chunks.append(chunk)
                    size += len(chunk)
                    if size > MOST_BYTES:
                        break
        finally:
            await response.aclose()
        return httpx.Response(
            response.status_code, headers=response.headers, stream=httpx.ByteStream(b"".join(chunks)), extensions=response.extensions, request=request
        )

    async def aclose(self) -> None:
        """Cancel running requests, and close the transport."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._transport.aclose()


class _Gate:
    """Prevents the sending of a request whose call was cancelled: a `trace` extension of httpx, which is called before every step.

    httpcore closes the connection of a failed step, and removes it from its pool.

    Args:
        trace: The original trace of the request.
    """

    def __init__(self, trace: Trace | None) -> None:
        self._trace, self.is_shut, self.has_passed = trace, False, False

    def check(self) -> None:
        """Raise `asyncio.CancelledError` if the call was cancelled."""
        if self.is_shut:
            raise asyncio.CancelledError

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        if event == "connection.connect_tcp.started" or event.endswith(".send_request_headers.started"):
            self.check()
        self.has_passed = True
        if self._trace is not None:
            await self._trace(event, info)
