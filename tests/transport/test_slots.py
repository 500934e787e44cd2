"""Connection slots of asynchronous calls: cancellations and deadlines neither reuse nor lose a connection."""

from __future__ import annotations

import asyncio
import itertools
import random
import socket
import ssl
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest

from tests.conftest import TOKEN, body_of
from tests.support.raw_server import breaks_off, hangs, http_response, raw_server, sends
from tmdbkit import APIConnectionError, APITimeoutError, AsyncTMDB, DeadlineError
from tmdbkit.transport.slots import ShieldedTransport, SlotTransport
from tmdbkit.transport.tls import TLS

OK = http_response(body_of("movies/popular"))
TEN = httpx.Limits(max_connections=10)


class Slot(httpx.AsyncBaseTransport):
    """A single-connection transport whose requests wait for a gate."""

    made: list[Slot]

    def __init__(self, gate: asyncio.Event | None = None) -> None:
        self.gate, self.closed, self.requests = gate, False, 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert not self.closed
        self.requests += 1
        if self.gate is not None:
            await self.gate.wait()
        if request.url.path == "/fails":
            raise httpx.ReadError("lost")
        return httpx.Response(200, stream=Chunks())

    async def aclose(self) -> None:
        self.closed = True


class Chunks(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"{"
        yield b"}"


class Slots:
    """A slot transport, and the slots that it created."""

    def __init__(self, most: int, kept: int | None = None, gate: asyncio.Event | None = None) -> None:
        self.made: list[Slot] = []

        async def make() -> Slot:
            self.made.append(Slot(gate))
            return self.made[-1]

        self.transport = SlotTransport(make, httpx.Limits(max_connections=most, max_keepalive_connections=kept))

    async def get(self, path: str = "/", pool: float | None = None) -> bytes:
        request = httpx.Request("GET", f"http://tmdb.test{path}", extensions={"timeout": {"pool": pool}})
        response = await self.transport.handle_async_request(request)
        try:
            return await response.aread()
        finally:
            await response.aclose()


async def test_the_slot_used_last_is_used_next() -> None:
    gate = asyncio.Event()
    slots = Slots(5, gate=gate)
    tasks = [asyncio.create_task(slots.get()) for _ in range(3)]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(*tasks)
    for _ in range(10):
        await slots.get()
    assert sorted(slot.requests for slot in slots.made) == [1, 1, 11]


async def test_slots_are_bounded_and_callers_queue() -> None:
    gate, order = asyncio.Event(), list[int]()
    slots = Slots(2, gate=gate)

    async def get(number: int) -> None:
        await slots.get()
        order.append(number)

    tasks = [asyncio.create_task(get(number)) for number in range(6)]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(*tasks)
    assert len(slots.made) == 2
    assert order == sorted(order)


async def test_a_failed_or_cancelled_slot_is_replaced() -> None:
    gate = asyncio.Event()
    slots = Slots(1, gate=gate)
    task = asyncio.create_task(slots.get())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.set()
    with pytest.raises(httpx.ReadError):
        await slots.get("/fails")
    assert await slots.get() == b"{}"
    await slots.transport.aclose()
    assert [slot.closed for slot in slots.made] == [True, True, True]


async def test_a_slot_with_an_unread_body_is_replaced() -> None:
    slots = Slots(1)
    response = await slots.transport.handle_async_request(httpx.Request("GET", "http://tmdb.test/"))
    await response.aclose()
    await slots.get()
    assert len(slots.made) == 2


async def test_cancelled_or_late_waiters_leave_the_queue() -> None:
    gate = asyncio.Event()
    slots = Slots(1, gate=gate)
    first = asyncio.create_task(slots.get())
    await asyncio.sleep(0)
    waiting = [asyncio.create_task(slots.get()) for _ in range(5)]
    with pytest.raises(httpx.PoolTimeout):
        await slots.get(pool=0.01)
    for task in waiting[::2]:
        task.cancel()
    gate.set()
    results = await asyncio.gather(first, *waiting, return_exceptions=True)
    assert [result == b"{}" for result in results] == [True, False, True, False, True, False]
    assert await slots.get() == b"{}"
    assert len(slots.made) == 1


async def test_a_waiter_cancelled_during_handover_passes_its_slot_on() -> None:
    gate = asyncio.Event()
    slots = Slots(1, gate=gate)
    first = asyncio.create_task(slots.get())
    await asyncio.sleep(0)
    second = asyncio.create_task(slots.get())
    await asyncio.sleep(0)
    gate.set()
    await first  # its slot is assigned to the second waiter, which has not run yet
    second.cancel()
    with suppress(asyncio.CancelledError):
        await second
    assert await asyncio.wait_for(slots.get(), 5) == b"{}"


async def test_idle_slots_are_bounded() -> None:
    gate = asyncio.Event()
    slots = Slots(10, kept=2, gate=gate)
    tasks = [asyncio.create_task(slots.get()) for _ in range(10)]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(*tasks)
    await asyncio.sleep(0)
    assert sum(not slot.closed for slot in slots.made) == 2


@asynccontextmanager
async def client(kind: str, url: str) -> AsyncIterator[AsyncTMDB]:
    options: dict[str, Any] = {"base_url": url, "rate_limit": None, "retries": None}
    if kind == "own client":
        async with httpx.AsyncClient(limits=TEN) as http, AsyncTMDB(TOKEN, http_client=http, **options) as tmdb:
            yield tmdb
        return
    transport = {"default": None, "aiohttp": "aiohttp", "own transport": httpx.AsyncHTTPTransport(limits=TEN)}[kind]
    async with AsyncTMDB(TOKEN, transport=transport, limits=None if kind == "own transport" else TEN, **options) as tmdb:  # type: ignore[arg-type]
        yield tmdb


ALL = pytest.mark.parametrize("kind", ["default", "aiohttp", "own client", "own transport"])


@ALL
async def test_cancellations_and_deadlines_lose_no_connection(kind: str) -> None:
    """A pool that loses connections hangs here: the ten concurrent calls at the end need all ten."""
    draw = random.Random(kind)
    arrived, all_there = itertools.count(1), threading.Event()
    outcomes: dict[str, int] = {"cancelled": 0, "late": 0, "done": 0}

    async def cancelled(tmdb: AsyncTMDB) -> None:
        task = asyncio.ensure_future(tmdb.movies.popular())
        await asyncio.sleep(draw.random() * 0.02)
        outcomes["cancelled" if task.cancel() else "done"] += 1
        with suppress(asyncio.CancelledError):
            await task

    async def late(tmdb: AsyncTMDB) -> None:
        try:
            await tmdb.movies.popular(deadline=draw.random() * 0.01 + 1e-6)
            outcomes["done"] += 1
        except DeadlineError:
            outcomes["late"] += 1

    with raw_server(sends(OK)) as server:
        async with client(kind, server.url) as tmdb:
            for act in (cancelled, late):
                for _ in range(6):
                    await asyncio.gather(*(act(tmdb) for _ in range(50)))
            assert outcomes["cancelled"] > 50 < outcomes["late"]
            await asyncio.sleep(0.1)  # shielded requests are done

            def together(connection: Any) -> bool:
                if next(arrived) >= 10:
                    all_there.set()
                if not all_there.wait(20):  # until there are ten concurrent requests
                    return False
                connection.sendall(OK)
                return True

            server.acts[:] = [together]
            async with asyncio.timeout(30):
                pages = await asyncio.gather(*(tmdb.movies.popular() for _ in range(10)))
    assert all(page.results for page in pages)


async def test_a_cancelled_call_is_shielded_once_sent() -> None:
    entered, gate = list[str](), asyncio.Event()

    class Pool(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            entered.append(request.url.path)
            await gate.wait()
            entered.append(f"{request.url.path} done")
            return httpx.Response(200, stream=Chunks())

    shielded = ShieldedTransport(Pool(), at_once=1)
    sent, waiting = (asyncio.create_task(shielded.handle_async_request(httpx.Request("GET", f"http://tmdb.test/{name}"))) for name in ("sent", "waiting"))
    await asyncio.sleep(0.01)
    for task in (sent, waiting):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert entered == ["/sent"]
    third = asyncio.create_task(shielded.handle_async_request(httpx.Request("GET", "http://tmdb.test/third")))
    await asyncio.sleep(0.01)
    assert entered == ["/sent"], "the permit is not free before what was sent is done"
    gate.set()
    assert await (await third).aread() == b"{}"
    assert entered == ["/sent", "/sent done", "/third", "/third done"]
    await shielded.aclose()


async def test_a_shielded_request_is_bounded_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tmdbkit.transport.slots.DETACHED_SECONDS", 0.02)
    never = httpx.MockTransport(lambda _: asyncio.Event().wait())  # type: ignore[arg-type, return-value]
    shielded = ShieldedTransport(never, at_once=1)
    for _ in range(3):  # each needs the permit of the previous one
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(shielded.handle_async_request(httpx.Request("GET", "http://tmdb.test/")), 0.1)
    await shielded.aclose()


@ALL
async def test_a_broken_body_is_a_lost_connection(kind: str) -> None:
    with raw_server(breaks_off(OK[:-5]), sends(OK)) as server:
        async with client(kind, server.url) as tmdb:
            with pytest.raises(APIConnectionError):
                await tmdb.movies.popular()
            assert (await tmdb.movies.popular()).results


async def test_a_tls_context_is_created_once_in_another_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []

    def create(**_: Any) -> ssl.SSLContext:
        threads.append(threading.get_ident())
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    monkeypatch.setattr(httpx, "create_ssl_context", create)
    tls = TLS(True, trust_env=False)
    monkeypatch.setattr("tmdbkit.transport.tls._context", lambda verify, *_: create(verify=verify))
    contexts = {await tls.context_async() for _ in range(5)}
    assert len(contexts) == len(threads) == 1
    assert threads[0] != threading.get_ident()


@asynccontextmanager
async def given(kind: str, url: str, most: int = 100, **options: Any) -> AsyncIterator[AsyncTMDB]:
    """A client with a custom httpx client or transport."""
    settings: dict[str, Any] = {"base_url": url, "rate_limit": None, "retries": None, **options}
    limits = httpx.Limits(max_connections=most)
    if kind == "own client":
        async with httpx.AsyncClient(limits=limits) as http, AsyncTMDB(TOKEN, http_client=http, **settings) as tmdb:
            yield tmdb
    else:
        async with AsyncTMDB(TOKEN, transport=httpx.AsyncHTTPTransport(limits=limits), **settings) as tmdb:
            yield tmdb


GIVEN = pytest.mark.parametrize("kind", ["own client", "own transport"])


@GIVEN
async def test_a_write_cancelled_before_sending_is_not_sent(kind: str) -> None:
    """The request gets a connection of httpx's pool after its call was cancelled."""
    go = threading.Event()

    def waits(connection: Any) -> bool:
        go.wait(20)
        connection.sendall(OK)
        return True

    with raw_server(waits, sends(OK)) as server:
        async with given(kind, server.url, 1, session_id="a-session") as tmdb:
            busy = asyncio.create_task(tmdb.movies.popular())
            await asyncio.sleep(0.1)
            writes = [asyncio.create_task(tmdb.movies.add_rating(550, 8.5)) for _ in range(3)]
            await asyncio.sleep(0.1)
            for write in writes:
                write.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await write
            go.set()
            assert (await busy).results
            for _ in range(3):  # the only connection is not lost
                assert (await asyncio.wait_for(tmdb.movies.popular(), 5)).results
    assert [request[:4] for request in server.requests] == [b"GET "] * 4


async def test_a_custom_trace_gets_every_event() -> None:
    events: list[str] = []

    async def trace(event: str, info: object) -> None:
        events.append(event)

    with raw_server(sends(OK)) as server:
        shielded = ShieldedTransport(httpx.AsyncHTTPTransport())
        request = httpx.Request("GET", server.url, extensions={"trace": trace})
        await shielded.handle_async_request(request)
        await shielded.aclose()
    assert request.extensions == {"trace": trace}
    assert {"connection.connect_tcp.started", "http11.send_request_headers.started", "http11.response_closed.complete"} <= set(events)


@GIVEN
@pytest.mark.parametrize("most", [1, 100])
async def test_waiting_for_a_permit_or_connection_times_out(kind: str, most: int) -> None:
    with raw_server(hangs()) as server:
        async with given(kind, server.url, most) as tmdb:
            busy = [asyncio.create_task(tmdb.movies.popular()) for _ in range(20)]
            async with asyncio.timeout(10):
                while (sent := len(server.requests)) < min(most, 20):
                    await asyncio.sleep(0.05)
            async with asyncio.timeout(3):
                with pytest.raises(APITimeoutError, match="PoolTimeout"):
                    await tmdb.movies.popular(timeout=0.2)
            for task in busy:
                task.cancel()
            await asyncio.gather(*busy, return_exceptions=True)
    assert len(server.requests) == sent == min(most, 20)


@pytest.mark.parametrize("kind", ["own transport", "aiohttp"])
async def test_closing_a_client_fails_running_calls(kind: str) -> None:
    with raw_server(hangs()) as server:
        tmdb = {
            "own transport": lambda: AsyncTMDB(TOKEN, transport=httpx.AsyncHTTPTransport(), base_url=server.url, rate_limit=None, retries=None),
            "aiohttp": lambda: AsyncTMDB(TOKEN, transport="aiohttp", limits=TEN, base_url=server.url, rate_limit=None, retries=None),
        }[kind]()
        running = [asyncio.create_task(tmdb.movies.popular()) for _ in range(40)]
        await asyncio.sleep(0.2)
        running[0].cancel()
        await tmdb.close()
        async with asyncio.timeout(5):
            results = await asyncio.gather(*running, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert {type(result) for result in results[1:]} == {APIConnectionError}


async def test_idle_connections_expire() -> None:
    """The connection in use stays: calls take the most recently used one."""
    lock, open_now, all_there = threading.Lock(), [0], threading.Barrier(10)

    def together(connection: Any) -> bool:
        with suppress(threading.BrokenBarrierError):
            all_there.wait(5)
        connection.sendall(OK)
        with lock:
            open_now[0] += 1
        gone = connection.recv(1, socket.MSG_PEEK) == b""  # until the next request, or the end
        with lock:
            open_now[0] -= gone
        all_there.abort()
        return not gone

    limits = httpx.Limits(max_connections=10, keepalive_expiry=0.3)
    with raw_server(together) as server:
        async with AsyncTMDB(TOKEN, base_url=server.url, rate_limit=None, retries=None, limits=limits) as tmdb:
            await asyncio.gather(*(tmdb.movies.popular() for _ in range(10)))
            await asyncio.sleep(0.1)
            assert open_now == [10]
            await asyncio.sleep(0.8)
            assert open_now == [0]
            assert (await tmdb.movies.popular()).results
