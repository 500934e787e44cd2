"""Trouble that a test orders: in process and over a socket, for synchronous and asynchronous clients."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.conftest import TOKEN
from tmdbkit import (
    TMDB,
    APIConnectionError,
    APITimeoutError,
    AsyncTMDB,
    AuthenticationError,
    DeadlineError,
    DecodeError,
    NotFoundError,
    RateLimitError,
    ServerError,
    TMDBError,
    clock,
)
from tmdbkit.testing import FakeTMDB, Fault

SOON = 0.3
"""The timeout of clients over a socket, in seconds."""

Call = Callable[[FakeTMDB], Any]
"""Details of a movie, as a client gets them of a fake in its own way."""


def in_process(fake: FakeTMDB) -> Any:
    with fake.client(retries=None) as tmdb:
        return tmdb.movies.details(550)


def in_process_async(fake: FakeTMDB) -> Any:
    return asyncio.run(details(fake.async_client(retries=None)))


def over_a_socket(fake: FakeTMDB) -> Any:
    with fake.serve() as server, TMDB(TOKEN, base_url=server.base_url, retries=None, timeout=SOON) as tmdb:
        return tmdb.movies.details(550)


def over_a_socket_async(fake: FakeTMDB) -> Any:
    with fake.serve() as server:
        return asyncio.run(details(AsyncTMDB(TOKEN, base_url=server.base_url, retries=None, timeout=SOON)))


def with_aiohttp(fake: FakeTMDB) -> Any:
    async def call(url: str) -> Any:  # the transport wants a running loop
        return await details(AsyncTMDB(TOKEN, base_url=url, retries=None, timeout=SOON, transport="aiohttp"))

    with fake.serve() as server:
        return asyncio.run(call(server.base_url))


async def details(tmdb: AsyncTMDB) -> Any:
    async with tmdb:
        return await tmdb.movies.details(550)


IN_PROCESS = [in_process, in_process_async]
SOCKETS = [over_a_socket, over_a_socket_async, with_aiohttp]
every_way = pytest.mark.parametrize("call", [*IN_PROCESS, *SOCKETS])


@contextmanager
def taking_less_than(seconds: float) -> Iterator[None]:
    start = time.perf_counter()
    yield
    assert time.perf_counter() - start < seconds


# Transfers


@every_way
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("timeout", APITimeoutError),
        ("disconnect", APIConnectionError),
        ("dns", APIConnectionError),
        ("cut", APIConnectionError),
        ("truncated_gzip", TMDBError),
    ],
)
def test_a_fault_raises_its_error(fault: Fault, error: type[TMDBError], call: Call, fake: FakeTMDB) -> None:
    fake.fail_next(fault=fault)
    with pytest.raises(error):
        call(fake)
    assert len(fake.requests) == 1
    assert call(fake).title == "Fight Club"


@every_way
@pytest.mark.parametrize("fault", ["unlabelled_gzip", "mislabelled_gzip"])
def test_a_wrong_label_of_a_compressed_body_is_understood(fault: Fault, call: Call, fake: FakeTMDB) -> None:
    fake.fail_next(fault=fault)
    assert call(fake).title == "Fight Club"


@pytest.mark.parametrize(
    ("fault", "labelled", "compressed"), [("unlabelled_gzip", False, True), ("mislabelled_gzip", True, False), ("truncated_gzip", True, True)]
)
def test_a_wrong_label_is_on_the_wire(fault: Fault, labelled: bool, compressed: bool, fake: FakeTMDB) -> None:
    fake.fail_next(fault=fault)
    with fake.serve() as server, httpx.stream("GET", f"{server.base_url}/3/movie/550", headers={"Authorization": f"Bearer {TOKEN}"}) as response:
        content = b"".join(response.iter_raw())
    assert ("content-encoding" in response.headers, content.startswith(b"\x1f\x8b")) == (labelled, compressed)
    assert int(response.headers["content-length"]) == len(content)


@every_way
@pytest.mark.parametrize("fault", ["slow", "trickle"])
def test_a_late_response_comes(fault: Fault, call: Call, fake: FakeTMDB) -> None:
    fake.fail_next(fault=fault, seconds=0.1)
    before = fake.clock.now()
    assert call(fake).title == "Fight Club"
    assert (fake.clock.now() - before).total_seconds() >= 0.09


@every_way
def test_a_response_can_be_too_late(call: Call, fake: FakeTMDB) -> None:
    fake.fail_next(fault="slow", seconds=1000)
    with pytest.raises(APITimeoutError):
        call(fake)


@pytest.mark.parametrize("call", IN_PROCESS)
@pytest.mark.parametrize(("fault", "seconds"), [("timeout", 0), ("slow", 1000), ("trickle", 1000), ("slow", 2)])
def test_nothing_waits_in_process(fault: Fault, seconds: float, call: Call, fake: FakeTMDB) -> None:
    fake.fail_next(fault=fault, seconds=seconds)
    with taking_less_than(0.5):
        try:
            call(fake)
        except TMDBError:
            assert seconds != 2


def test_a_wait_for_a_retry_takes_no_time(fake_tmdb: FakeTMDB) -> None:
    fake_tmdb.fail_next(429, retry_after=20)
    before = fake_tmdb.clock.now()
    with taking_less_than(5), TMDB() as tmdb:
        assert tmdb.movies.details(550).id == 550
    assert (fake_tmdb.clock.now() - before).total_seconds() >= 20


def test_a_deadline_runs_out_on_the_fakes_clock(fake_tmdb: FakeTMDB) -> None:
    fake_tmdb.fail_next(503, retry_after=20, times=10)
    with taking_less_than(5), TMDB() as tmdb, pytest.raises(TMDBError):
        tmdb.with_options(deadline=10).movies.details(550)


def test_a_lost_connection_is_retried(fake: FakeTMDB) -> None:
    fake.fail_next(fault="disconnect")
    with fake.client() as tmdb:
        assert tmdb.movies.details(550).id == 550
    assert len(fake.requests) == 2


def test_a_wait_of_a_client_in_process_takes_no_time(fake: FakeTMDB) -> None:
    fake.fail_next(429, retry_after=20)
    before = fake.clock.now()
    with taking_less_than(5), fake.client() as tmdb:
        assert tmdb.movies.details(550).id == 550
    fake.fail_next(429, retry_after=20)
    with taking_less_than(5):
        assert asyncio.run(details(fake.async_client())).id == 550
    assert (fake.clock.now() - before).total_seconds() >= 40


@pytest.mark.parametrize("fault", ["slow", "trickle"])
def test_a_late_response_to_the_fixture_takes_no_time(fault: Fault, fake_tmdb: FakeTMDB) -> None:
    fake_tmdb.fail_next(fault=fault, seconds=30, times=2)
    with taking_less_than(5), TMDB(deadline=40, retries=None) as tmdb:
        assert tmdb.movies.details(550).id == 550
        with pytest.raises(DeadlineError):
            tmdb.movies.details(550, deadline=20)


def test_clients_wait_in_real_time_when_no_fake_is_open(fake: FakeTMDB) -> None:
    real = clock.monotonic, clock.sleep, clock.sleep_async
    other, forgotten = FakeTMDB(), FakeTMDB().client()
    first, second = fake.client(), other.client()
    for one in (first, second):
        one.movies.details(550)
    first.close()
    clock.sleep(100)
    assert (other.clock.now() - fake.clock.now()).total_seconds() > 99
    second.close()
    assert clock.sleep is not real[1]
    del forgotten
    gc.collect()
    assert (clock.monotonic, clock.sleep, clock.sleep_async) == real


# Statuses


@every_way
def test_a_status_comes_with_tmdbs_code(call: Call, fake: FakeTMDB) -> None:
    for status, code, error in ((401, 7, AuthenticationError), (404, 34, NotFoundError), (500, 11, ServerError), (503, 9, ServerError)):
        fake.fail_next(status)
        with pytest.raises(error) as caught:
            call(fake)
        assert (caught.value.http_status, caught.value.status_code) == (status, code)


@every_way
def test_too_many_requests_say_when_to_retry(call: Call, fake: FakeTMDB) -> None:
    fake.fail_next(429, retry_after=7)
    with pytest.raises(RateLimitError) as caught:
        call(fake)
    assert (caught.value.status_code, caught.value.retry_after) == (25, 7)


@every_way
def test_a_proxy_answers_in_html(call: Call, fake: FakeTMDB) -> None:
    fake.fail_next(502, body=b"<html>Bad gateway</html>")
    with pytest.raises(ServerError) as caught:
        call(fake)
    assert (caught.value.http_status, caught.value.status_code) == (502, None)


# Whom it meets


def statuses(http: httpx.Client, *paths: str) -> list[int]:
    return [http.get(path).status_code for path in paths]


def test_trouble_meets_an_operation(fake: FakeTMDB, http: httpx.Client) -> None:
    fake.fail_next(503, operation="movies_details", times=2)
    assert statuses(http, "/3/tv/1399", "/3/movie/550", "/3/movie/550/credits", "/3/movie/11", "/3/movie/550") == [200, 503, 200, 503, 200]


def test_trouble_meets_a_path(fake: FakeTMDB, http: httpx.Client) -> None:
    fake.fail_next(503, path="/3/movie/550")
    fake.fail_next(500, path="/3/tv/{series_id}", times=2)
    assert statuses(http, "/3/movie/11", "/3/movie/550", "/3/movie/550", "/3/tv/1", "/3/tv/1399", "/3/tv/1399") == [200, 503, 200, 500, 500, 200]


def test_trouble_begins_after_some_requests(fake: FakeTMDB, http: httpx.Client) -> None:
    fake.fail_next(503, after=2)
    fake.fail_next(500, operation="movies_popular", after=1)
    assert statuses(http, *["/3/movie/popular"] * 2, *["/3/movie/550"] * 2) == [200, 500, 503, 200]


def test_troubles_of_one_request_come_in_order(fake: FakeTMDB, http: httpx.Client) -> None:
    fake.fail_next(503)
    fake.fail_next(500, path="/3/movie/550")
    fake.fail_next(429)
    assert statuses(http, *["/3/movie/550"] * 4) == [503, 500, 429, 200]


def test_trouble_for_nobody_is_refused(fake: FakeTMDB) -> None:
    for order in (fake.fail_next, lambda *arguments, **more: fake.alter(lambda body: None, **more)):
        with pytest.raises(ValueError, match="no operation 'movie_details': did you mean"):
            order(503, operation="movie_details")
        with pytest.raises(ValueError, match="TMDB has no path '/3/movies/550'"):
            order(503, path="/3/movies/550")
    with pytest.raises(ValueError, match="fault must be one of"):
        fake.fail_next(fault="flood")  # type: ignore[arg-type]
    for more in ({"status": 503}, {"code": 9}, {"retry_after": 1}, {"body": b""}):
        with pytest.raises(ValueError, match="not both"):
            fake.fail_next(fault="cut", **more)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="after and seconds 0 or more"):
        fake.fail_next(503, after=-1)
    with pytest.raises(ValueError, match="after and seconds 0 or more"):
        fake.fail_next(fault="slow", seconds=-1)


# Altered bodies


@every_way
def test_a_key_drifts(call: Call, fake: FakeTMDB) -> None:
    fake.alter(lambda body: body.update(title="Altered", brand_new=1), operation="movies_details")
    assert call(fake).title == "Altered"
    assert call(fake).title == "Altered"


def test_an_altered_body_is_drift_to_a_strict_client(fake: FakeTMDB) -> None:
    fake.alter(lambda body: body.update(title=None), path="/3/movie/550", times=1)
    with fake.client(strict=True) as tmdb:
        with pytest.raises(DecodeError):
            tmdb.movies.details(550)
        assert tmdb.movies.details(550).title == "Fight Club"


def test_a_media_type_is_unknown(fake: FakeTMDB) -> None:
    fake.alter(lambda body: body["results"][0].update(media_type="podcast"), path="/3/search/multi", after=1, times=1)
    with fake.client() as tmdb:
        types = [tmdb.search.multi("star").results[0].media_type for _ in range(3)]
    assert types[1] == "podcast"
    assert types[0] == types[2] != "podcast"


def test_an_alteration_can_take_a_part_out(fake: FakeTMDB, http: httpx.Client) -> None:
    fake.alter(lambda body: body.pop("title"), operation="movies_details", times=1)
    fake.alter(lambda body: body["genres"].pop(), operation="movies_details", times=1)
    body = http.get("/3/movie/550").json()
    assert (body["id"], "title" in body, [one["name"] for one in body["genres"]]) == (550, False, ["Drama"])
    fake.alter(lambda body: body["genres"], operation="movies_details", times=1)
    assert [one["name"] for one in http.get("/3/movie/550").json()] == ["Drama", "Thriller"]


def test_an_alteration_can_return_another_body(fake: FakeTMDB, http: httpx.Client) -> None:
    fake.alter(lambda body: [body["id"]], path="/3/movie/{movie_id}")
    fake.alter(lambda body: {"ids": body}, operation="movies_details")
    response = http.get("/3/movie/550")
    assert response.json() == {"ids": [550]}
    assert http.get("/3/movie/550", headers={"If-None-Match": response.headers["etag"]}).status_code == 304
    assert "ids" not in http.get("/3/movie/999999999").json()


def test_a_session_expires_while_the_application_runs(fake: FakeTMDB) -> None:
    with fake.client(session_id=fake.user.session_id) as tmdb:
        tmdb.movies.add_rating(550, value=9)
        fake.users.expire_sessions()
        with pytest.raises(AuthenticationError) as caught:
            tmdb.movies.account_states(550)
    assert caught.value.status_code == 3


async def test_asynchronous_calls_meet_trouble_once(fake: FakeTMDB) -> None:
    fake.fail_next(503, times=3)

    async def call(tmdb: AsyncTMDB) -> bool:
        try:
            await tmdb.movies.details(550)
        except ServerError:
            return False
        return True

    async with fake.async_client(retries=None) as tmdb:
        calls: list[Awaitable[bool]] = [call(tmdb) for _ in range(20)]
        assert sorted(await asyncio.gather(*calls)) == [False] * 3 + [True] * 17


def test_a_client_without_a_call_gives_the_clock_back_when_it_is_closed() -> None:
    fake = FakeTMDB()
    with fake.client():
        assert fake.clock.is_installed
    assert not fake.clock.is_installed

    async def main() -> None:
        async with fake.async_client():
            assert fake.clock.is_installed

    asyncio.run(main())
    assert not fake.clock.is_installed
