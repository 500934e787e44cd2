"""`tmdb.fetch_many`: an outcome for each id, a bounded number at once, the journal, progress, and how it is left."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import io
import json
import os
import random
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from tqdm import tqdm

from tests.conftest import ROOT, SESSION, TOKEN, body_of
from tmdbkit import (
    TMDB,
    APIConnectionError,
    AsyncTMDB,
    DecodeError,
    InvalidArgumentError,
    MissingCredentialError,
    NotAppendedError,
    NotFoundError,
    Outcome,
    Progress,
    ServerError,
)
from tmdbkit.models import MovieDetails
from tmdbkit.testing import FakeTMDB

Fetch = Callable[..., "list[Outcome[Any, Any]]"]
MOVIE = json.loads(body_of("movies/details"))
NOT_FOUND = {"success": False, "status_code": 34, "status_message": "The resource you requested could not be found."}


class Server:
    """Sends the details of any movie but what a test says.

    Attributes:
        responses: Statuses or bodies by id.
        requests: The ids, by the order of the requests.
        at_once: The number of requests on their way, and the largest one.
    """

    def __init__(self, **responses: Any) -> None:
        self.responses = responses
        self.requests: list[int] = []
        self.now = self.most = 0
        self.lock = threading.Lock()

    def respond(self, request: httpx.Request) -> httpx.Response:
        number = int(request.url.path.split("/")[3])
        with self.lock:
            self.requests.append(number)
        found = self.responses.get(f"id_{number}", {**MOVIE, "id": number})
        if isinstance(found, Exception):
            raise found
        if found == 404:
            return httpx.Response(404, json=NOT_FOUND)
        if isinstance(found, int):
            return httpx.Response(found, json={"success": False, "status_code": 11, "status_message": "Internal error."})
        return httpx.Response(200, **({"content": found} if isinstance(found, bytes) else {"json": found}))

    def slowly(self, request: httpx.Request) -> httpx.Response:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.005)
        with self.lock:
            self.now -= 1
        return self.respond(request)

    async def slowly_async(self, request: httpx.Request) -> httpx.Response:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.005)
        self.now -= 1
        return self.respond(request)


@pytest.fixture(params=["sync", "async"])
def fetch(request: pytest.FixtureRequest) -> Fetch:
    """Fetch details of movies: `fetch(server, ids, then=options, **kwargs)`."""

    def run(
        server: Server, ids: Any, *, then: Callable[[Any], Any] = lambda batch: batch, slowly: bool = False, client: dict[str, Any] | None = None, **kwargs: Any
    ) -> list[Outcome[Any, Any]]:
        options: dict[str, Any] = {"retries": None, "rate_limit": None, **(client or {})}
        if request.param == "sync":
            with TMDB(TOKEN, transport=httpx.MockTransport(server.slowly if slowly else server.respond), **options) as tmdb:
                return list(then(tmdb.fetch_many(tmdb.movies.details, ids, **kwargs)))

        async def awaited() -> list[Outcome[Any, Any]]:
            async with AsyncTMDB(TOKEN, transport=httpx.MockTransport(server.slowly_async if slowly else server.respond), **options) as tmdb:
                return [outcome async for outcome in then(tmdb.fetch_many(tmdb.movies.details, ids, **kwargs))]

        return asyncio.run(awaited())

    return run


def ids_of(outcomes: list[Outcome[Any, Any]]) -> list[Any]:
    return [outcome.id for outcome in outcomes]


# Outcomes


def test_each_id_has_an_outcome(fetch: Fetch) -> None:
    server = Server()
    outcomes = fetch(server, range(1, 51))
    assert sorted(ids_of(outcomes)) == sorted(server.requests) == [*range(1, 51)]
    assert all(isinstance(outcome.value, MovieDetails) and outcome.value.id == outcome.id for outcome in outcomes)
    assert {(outcome.error, outcome.from_journal) for outcome in outcomes} == {(None, False)}


def test_a_404_and_a_decode_error_and_an_outage_are_outcomes(fetch: Fetch) -> None:
    server = Server(id_2=404, id_3=b"<html>", id_4=503, id_5=httpx.ConnectError("refused"))
    outcomes = {outcome.id: outcome for outcome in fetch(server, [1, 2, 3, 4, 5])}
    kinds = {number: type(outcome.error) for number, outcome in outcomes.items()}
    assert kinds == {1: type(None), 2: NotFoundError, 3: DecodeError, 4: ServerError, 5: APIConnectionError}
    assert all(outcome.error.__traceback__ is None for outcome in outcomes.values() if outcome.error)
    with pytest.raises(NotFoundError):
        outcomes[2].value
    assert repr(outcomes[2]).startswith("<Outcome 2: <NotFoundError")


def test_an_invalid_id_is_an_outcome(fetch: Fetch) -> None:
    outcomes = {outcome.id: outcome for outcome in fetch(Server(), [1, -1, "a/b"])}
    assert [type(outcomes[number].error) for number in (1, -1, "a/b")] == [type(None), InvalidArgumentError, InvalidArgumentError]


def test_what_no_id_can_help_is_raised(fetch: Fetch) -> None:
    with pytest.raises(MissingCredentialError):
        list(TMDB().fetch_many(TMDB().movies.details, [1, 2, 3]))
    with pytest.raises(TypeError, match="langage"):
        fetch(Server(), [1, 2, 3], langage="de")


def test_an_error_of_the_ids_is_raised(fetch: Fetch) -> None:
    def ids() -> Iterator[int]:
        yield 1
        raise LookupError("the database is gone")

    with pytest.raises(LookupError, match="the database is gone"):
        fetch(Server(), ids())


def test_ids_of_several_parts_are_tuples() -> None:
    fake = FakeTMDB()
    with fake.client() as tmdb:
        seasons = {outcome.id: outcome.value for outcome in tmdb.fetch_many(tmdb.tv_seasons.details, [(1399, 1), (1399, 2)], language="en-US")}
        assert {number: season.season_number for number, season in seasons.items()} == {(1399, 1): 1, (1399, 2): 2}
        episodes = list(tmdb.fetch_many(tmdb.tv_episodes.details, [(1399, 1, 2)]))
        assert [(outcome.id, outcome.value.episode_number) for outcome in episodes] == [((1399, 1, 2), 2)]
        firsts = list(tmdb.fetch_many(tmdb.tv_seasons.details, [1399, 1396], 1).in_order())
        assert [(outcome.id, outcome.value.season_number) for outcome in firsts] == [(1399, 1), (1396, 1)]


def test_arguments_that_are_iterators_serve_each_id(fetch: Fetch) -> None:
    parts = iter(["credits"])
    outcomes = fetch(Server(), [1, 2], append_to_response=parts)
    for outcome in outcomes:
        with pytest.raises(NotAppendedError, match="TMDB did not send"):
            outcome.value.credits.cast


def test_no_ids_take_no_request(fetch: Fetch) -> None:
    server = Server()
    assert fetch(server, []) == []
    assert server.requests == []


@pytest.mark.parametrize("ids", ["550", b"550", 550, None])
def test_ids_are_a_list(ids: Any) -> None:
    with FakeTMDB().client() as tmdb, pytest.raises(InvalidArgumentError, match="fetch_many takes a list of ids"):
        tmdb.fetch_many(tmdb.movies.details, ids)


async def test_asynchronous_ids_are_collected_first() -> None:
    tmdb = FakeTMDB().async_client()
    rows = tmdb.paginate(tmdb.movies.popular)
    with pytest.raises(InvalidArgumentError, match="collect them first"):
        tmdb.fetch_many(tmdb.movies.details, rows)  # type: ignore[call-overload]


async def test_a_method_of_the_other_client_is_rejected() -> None:
    fake = FakeTMDB()
    with fake.client() as tmdb:
        asynchronous = fake.async_client()
        with pytest.raises(InvalidArgumentError, match=r"Movies\.details is an asynchronous method"):
            tmdb.fetch_many(asynchronous.movies.details, [550])
        with pytest.raises(InvalidArgumentError, match=r"Movies\.details is an asynchronous method"):
            tmdb.fetch_many(asynchronous.movies.raw.details, [550])
        with pytest.raises(InvalidArgumentError, match=r"Movies\.details is a synchronous method"):
            asynchronous.fetch_many(tmdb.movies.details, [550])  # type: ignore[call-overload]
    assert fake.requests == []


def test_a_batch_shows_no_argument() -> None:
    with FakeTMDB().client() as tmdb:
        batch = tmdb.fetch_many(tmdb.movies.account_states, [550], session_id=SESSION)
        assert SESSION not in f"{batch!r} {vars(batch)!r}"
        assert repr(batch) == "<Batch of Movies.account_states>"
        of_user = tmdb.fetch_many(partial(tmdb.movies.account_states, session_id=SESSION), [550])
        assert SESSION not in f"{of_user!r} {vars(of_user)!r}"
        with pytest.raises(InvalidArgumentError, match="takes a method"):
            tmdb.fetch_many(None, [550])  # type: ignore[call-overload]


# How many at once, and in which order


@pytest.mark.parametrize("at_once", [1, 3, 10])
def test_no_more_calls_are_on_their_way_than_allowed(fetch: Fetch, at_once: int) -> None:
    server = Server()
    fetch(server, range(60), slowly=True, then=lambda batch: batch.concurrency(at_once))
    assert server.most == at_once


def test_ids_are_taken_as_they_are_needed(fetch: Fetch) -> None:
    taken: list[int] = []

    def ids() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    with TMDB(TOKEN, transport=httpx.MockTransport(Server().respond), rate_limit=None) as tmdb:
        batch = tmdb.fetch_many(tmdb.movies.details, ids()).concurrency(5)
        for count, _ in enumerate(batch, 1):
            assert len(taken) <= count + 10
            if count == 20:
                break
    assert len(taken) <= 30


@pytest.mark.parametrize("calls", [0, 101, 1.5, True])
def test_concurrency_is_a_number(calls: Any) -> None:
    with FakeTMDB().client() as tmdb, pytest.raises(InvalidArgumentError, match="calls must be an integer, 1 to 100"):
        tmdb.fetch_many(tmdb.movies.details, []).concurrency(calls)


def test_outcomes_come_in_order_if_asked_for(fetch: Fetch) -> None:
    numbers = random.Random(0).sample(range(1000), 60)
    server = Server(**{f"id_{numbers[7]}": 404})
    outcomes = fetch(server, numbers, slowly=True, then=lambda batch: batch.in_order())
    assert ids_of(outcomes) == numbers
    assert isinstance(outcomes[7].error, NotFoundError)


async def test_outcomes_come_as_they_can() -> None:
    first = asyncio.Event()

    async def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/1"):
            await first.wait()
        return httpx.Response(200, json=MOVIE)

    async with AsyncTMDB(TOKEN, transport=httpx.MockTransport(respond), rate_limit=None) as tmdb:
        order = []
        async for outcome in tmdb.fetch_many(tmdb.movies.details, range(1, 31)).concurrency(3):
            order.append(outcome.id)
            if len(order) == 29:
                first.set()
    assert order[-1] == 1
    assert sorted(order) == [*range(1, 31)]


async def test_the_first_one_holds_up_a_bounded_number_in_order() -> None:
    first, requested = asyncio.Event(), []

    async def respond(request: httpx.Request) -> httpx.Response:
        requested.append(request.url.path)
        if request.url.path.endswith("/1"):
            await first.wait()
        return httpx.Response(200, json=MOVIE)

    async with AsyncTMDB(TOKEN, transport=httpx.MockTransport(respond), rate_limit=None) as tmdb:
        batch = tmdb.fetch_many(tmdb.movies.details, range(1, 101)).concurrency(4).in_order()
        task = asyncio.create_task(_collected(batch))
        for _ in range(300):
            await asyncio.sleep(0)
        assert len(requested) <= 16
        first.set()
        assert await task == [*range(1, 101)]


async def _collected(batch: Any) -> list[Any]:
    return [outcome.id async for outcome in batch]


def test_threads_have_the_context_of_the_caller() -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")
    variable.set("the caller's")
    with TMDB(TOKEN) as tmdb:
        assert [outcome.value for outcome in tmdb.fetch_many(lambda _: variable.get(), [1, 2])] == ["the caller's"] * 2


# How it is left


def test_a_break_ends_the_threads() -> None:
    server = Server()
    before = threading.active_count()
    with TMDB(TOKEN, transport=httpx.MockTransport(server.slowly), rate_limit=None) as tmdb:
        for _ in tmdb.fetch_many(tmdb.movies.details, range(1000)):
            break
        assert threading.active_count() == before
        requests = len(server.requests)
        time.sleep(0.05)
        assert len(server.requests) == requests < 50


async def test_a_break_cancels_the_tasks() -> None:
    cancelled: list[str] = []

    async def respond(request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/0"):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.append(request.url.path)
                raise
        return httpx.Response(200, json=MOVIE)

    async with AsyncTMDB(TOKEN, transport=httpx.MockTransport(respond), rate_limit=None) as tmdb:
        async for outcome in tmdb.fetch_many(tmdb.movies.details, range(1000)).concurrency(5):
            assert outcome.id == 0
            for _ in range(50):
                await asyncio.sleep(0)
            break
        gc.collect()
        for _ in range(50):
            await asyncio.sleep(0)
        assert len(cancelled) == 5
        assert len(asyncio.all_tasks()) == 1


async def test_a_cancellation_cancels_the_tasks() -> None:
    started, cancelled = asyncio.Event(), []

    async def respond(request: httpx.Request) -> httpx.Response:
        started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(request.url.path)
            raise
        raise AssertionError

    async with AsyncTMDB(TOKEN, transport=httpx.MockTransport(respond), rate_limit=None) as tmdb:
        task = asyncio.create_task(_collected(tmdb.fetch_many(tmdb.movies.details, range(1000)).concurrency(5)))
        await started.wait()
        for _ in range(50):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(cancelled) == 5
        assert len(asyncio.all_tasks()) == 1


INTERRUPTED = """
import sys
from tmdbkit import TMDB
with TMDB("0" * 32, base_url=sys.argv[1], rate_limit=None) as tmdb:
    try:
        for outcome in tmdb.fetch_many(tmdb.movies.details, range(1, 1000)).journal(sys.argv[2]):
            print(outcome.id, flush=True)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


def test_ctrl_c_ends_a_batch_whose_calls_hang(tmp_path: Path) -> None:
    from tests.support.raw_server import hangs, http_response, raw_server, sends

    answers = sends(http_response(json.dumps(MOVIE).encode()))
    with raw_server(*[answers] * 3, hangs()) as server:
        command = [sys.executable, "-c", INTERRUPTED, server.url, str(tmp_path / "journal")]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout
        for _ in range(3):
            assert process.stdout.readline().strip().isdecimal()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=15)  # a call would take 20 seconds
    assert (out, err, process.returncode) == ("interrupted\n", "", 0)
    lines = (tmp_path / "journal").read_text().splitlines()
    assert len([json.loads(line) for line in lines]) == 4


# Progress


def test_progress_is_reported(fetch: Fetch, tmp_path: Path) -> None:
    seen: list[Progress] = []
    fetch(Server(id_2=404), [1, 2], then=lambda batch: batch.journal(tmp_path / "journal"))
    fetch(Server(id_4=500), [1, 2, 3, 4], then=lambda batch: batch.progress(seen.append).journal(tmp_path / "journal").in_order())
    assert seen == [(1, 4, 0, 1), (2, 4, 1, 2), (3, 4, 1, 2), (4, 4, 2, 2)]
    fetch(Server(), iter([1]), then=lambda batch: batch.progress(seen.append))
    assert seen[-1] == Progress(done=1, total=None, failed=0, from_journal=0)


def test_a_bar_shows_the_progress(fetch: Fetch, capsys: pytest.CaptureFixture[str]) -> None:
    fetch(Server(), range(30), then=lambda batch: batch.progress())
    assert "30/30" in capsys.readouterr().err


def test_a_bar_needs_its_extra(fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with pytest.raises(ImportError, match=r"tmdbkit\[progress\]"):
        fetch(Server(), [1], then=lambda batch: batch.progress())


def test_a_batch_has_a_length_if_its_ids_have_one() -> None:
    with FakeTMDB().client() as tmdb:
        bar = tqdm(tmdb.fetch_many(tmdb.movies.details, [550, 11]), file=io.StringIO())
        assert (bar.total, len(list(bar))) == (2, 2)
        assert bool(tmdb.fetch_many(tmdb.movies.details, []))
        with pytest.raises(TypeError, match="pass a list"):
            len(tmdb.fetch_many(tmdb.movies.details, iter([550])))


# The journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "movies.jsonl"


def journalled(path: Path) -> Callable[[Any], Any]:
    return lambda batch: batch.journal(path).in_order()


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_journal_has_a_line_for_each_outcome(fetch: Fetch, path: Path) -> None:
    fetch(Server(id_2=404, id_3=b"<html>"), [1, 2, 3], then=journalled(path))
    head, *outcomes = lines_of(path)
    assert head == {"journal": 1, "call": "Movies.details()"}
    by_id = {line["id"]: line for line in outcomes}
    assert by_id[1] == {"id": 1, "model": "MovieDetails", "value": {**MOVIE, "id": 1}}
    assert by_id[2]["error"]["type"] == "NotFoundError"
    assert by_id[2]["error"]["status_code"] == 34
    assert by_id[3]["error"]["type"] == "DecodeError"


def test_an_outcome_is_written_before_the_next_one_is_awaited(path: Path) -> None:
    with TMDB(TOKEN, transport=httpx.MockTransport(Server().respond), rate_limit=None) as tmdb:
        for outcome in tmdb.fetch_many(tmdb.movies.details, range(20)).journal(path):
            assert outcome.id in [line["id"] for line in lines_of_whole(path)]  # other threads are writing lines


def test_values_and_404s_are_not_fetched_again(fetch: Fetch, path: Path) -> None:
    server = Server(id_2=404, id_3=b"<html>", id_4=503, id_5=httpx.ConnectError("refused"))
    fetch(server, [1, 2, 3, 4, 5], then=journalled(path))
    server = Server()
    outcomes = fetch(server, [1, 2, 3, 4, 5, 6], then=journalled(path))
    assert sorted(server.requests) == [3, 4, 5, 6]
    assert ids_of(outcomes) == [1, 2, 3, 4, 5, 6]
    assert [outcome.from_journal for outcome in outcomes] == [True, True, False, False, False, False]
    assert outcomes[0].value.title == MOVIE["title"]
    error = outcomes[1].error
    assert isinstance(error, NotFoundError)
    assert (error.status_code, error.http_status, error.message, error.method) == (34, 404, NOT_FOUND["status_message"], "GET")
    server = Server()
    assert all(outcome.from_journal for outcome in fetch(server, [1, 2, 3, 4, 5, 6], then=journalled(path)))
    assert server.requests == []


def test_an_id_that_failed_later_is_fetched_again(fetch: Fetch, path: Path) -> None:
    fetch(Server(), [1], then=journalled(path))
    with path.open("a", encoding="utf-8") as file:
        file.write('{"id":1,"error":{"type":"ServerError","message":"failed"}}\n')
    server = Server()
    fetch(server, [1], then=journalled(path))
    assert server.requests == [1]


def test_ids_keep_their_types(path: Path) -> None:
    fake = FakeTMDB()
    with fake.client() as tmdb:
        first = list(tmdb.fetch_many(tmdb.movies.details, [550, "tt0137523"]).journal(path).in_order())
        again = list(tmdb.fetch_many(tmdb.movies.details, ["tt0137523", 550, "550"]).journal(path).in_order())
        assert [(outcome.id, outcome.from_journal) for outcome in again] == [("tt0137523", True), (550, True), ("550", False)]
        assert again[1].value == first[0].value
        episodes = path.with_name("episodes")
        for is_known in (False, True):
            (outcome,) = tmdb.fetch_many(tmdb.tv_episodes.details, [(1399, 1, 2)]).journal(episodes)
            assert (outcome.id, outcome.from_journal, outcome.value.episode_number) == ((1399, 1, 2), is_known, 2)


def test_a_part_that_was_not_requested_says_so_from_the_journal(path: Path) -> None:
    with FakeTMDB().client() as tmdb:
        for _ in range(2):
            (outcome,) = tmdb.fetch_many(tmdb.movies.details, [550], append_to_response=["credits"]).journal(path)
            assert outcome.value.credits.cast
            with pytest.raises(NotAppendedError) as caught:
                outcome.value.videos.results
            assert caught.value.requested is False
    assert outcome.from_journal


def test_ids_of_any_form_leave_a_journal_that_can_be_read(fetch: Fetch, path: Path) -> None:
    ids = [10**30, "cut \ud83d", ',"value":', -1, "a\nb"]
    for _ in range(2):
        outcomes = fetch(Server(), ids, then=journalled(path))
        assert ids_of(outcomes) == ids
        assert all(outcome.error for outcome in outcomes[1:])


def test_texts_with_half_a_surrogate_come_back(fetch: Fetch, path: Path) -> None:
    body = json.dumps({**MOVIE, "title": "cut \ud83d", "tagline": ',"value":'}).encode()
    fetch(Server(id_1=body), [1], then=journalled(path))
    (outcome,) = fetch(Server(), [1], then=journalled(path))
    assert (outcome.from_journal, outcome.value.title, outcome.value.tagline) == (True, "cut \ud83d", ',"value":')


def test_a_torn_last_line_is_cut(fetch: Fetch, path: Path) -> None:
    fetch(Server(), [1, 2, 3], then=journalled(path))
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    kept = sum(map(len, lines[:-1]))
    for length in (kept, kept + 1, kept + 9, len(whole) // 2 + kept // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        server = Server()
        fetch(server, [1, 2, 3], then=journalled(path))
        assert len(server.requests) == 1
        assert sorted(json.dumps(line) for line in lines_of(path)) == sorted(json.dumps(json.loads(line)) for line in lines)


def test_a_torn_first_line_is_cut(fetch: Fetch, path: Path) -> None:
    fetch(Server(), [], then=journalled(path))
    head = path.read_bytes()
    for length in range(len(head)):
        path.write_bytes(head[:length])
        fetch(Server(), [], then=journalled(path))
        assert path.read_bytes() == head


@pytest.mark.parametrize("content", ["notes", "notes\n", '{"id": 1}\n', "[]\n", '{"journal": 2, "call": "Movies.details()"}\n'])
def test_a_file_that_is_no_journal_stays_as_it_is(fetch: Fetch, path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidArgumentError, match="journal"):
        fetch(Server(), [1], then=journalled(path))
    assert path.read_text(encoding="utf-8") == content


def test_a_damaged_line_is_named(fetch: Fetch, path: Path) -> None:
    fetch(Server(), [1, 2, 3], then=journalled(path))
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([*lines[:2], "?" + lines[2], lines[3]]), encoding="utf-8")
    with pytest.raises(InvalidArgumentError, match="line 3 is no outcome"):
        fetch(Server(), [1], then=journalled(path))


@pytest.mark.parametrize("other", [{"language": "de-DE"}, {"append_to_response": ["credits"]}])
def test_a_journal_is_of_one_call(fetch: Fetch, path: Path, other: dict[str, Any]) -> None:
    fetch(Server(), [1], then=journalled(path), language="en-US", timeout=5)
    fetch(Server(), [1], then=journalled(path), language="en-US", timeout=9)
    with pytest.raises(InvalidArgumentError, match=r"of another method, or of other arguments: Movies\.details\(language='en-US'\); not Movies\.details\("):
        fetch(Server(), [1], then=journalled(path), **other)


@pytest.mark.parametrize("client", [{"language": "de-DE"}, {"language": "en-US"}])
def test_a_journal_is_of_one_language_whoever_names_it(fetch: Fetch, path: Path, client: dict[str, str]) -> None:
    fetch(Server(), [1], then=journalled(path), client=client)
    assert [outcome.from_journal for outcome in fetch(Server(), [1], then=journalled(path), language=client["language"])] == [True]
    with pytest.raises(InvalidArgumentError, match=r"not Movies\.details\(language='fr-FR'\)"):
        fetch(Server(), [1], then=journalled(path), client={"language": "fr-FR"})
    with pytest.raises(InvalidArgumentError, match=r"not Movies\.details\(\)"):
        fetch(Server(), [1], then=journalled(path))


def test_a_default_that_the_method_does_not_take_is_not_of_the_call(fetch: Fetch, path: Path) -> None:
    fetch(Server(), [1], then=journalled(path), client={"region": "DE"})
    assert [outcome.from_journal for outcome in fetch(Server(), [1], then=journalled(path))] == [True]


def test_a_journal_is_of_one_extra_query(fetch: Fetch, path: Path) -> None:
    fetch(Server(), [1], then=journalled(path), extra_query={"new": 1, "api_key": "of-a-user"})
    assert lines_of(path)[0]["call"] == "Movies.details(extra_query={'new': 1})"
    with pytest.raises(InvalidArgumentError, match=r"not Movies\.details\(extra_query=\{'new': 2\}\)"):
        fetch(Server(), [1], then=journalled(path), extra_query={"new": 2})


@pytest.mark.parametrize("parts", ["credits", ("credits",), {"credits"}], ids=["text", "tuple", "set"])
def test_the_same_parts_are_the_same_call(fetch: Fetch, path: Path, parts: Any) -> None:
    fetch(Server(), [1], then=journalled(path), append_to_response=["credits"])
    (again,) = fetch(Server(), [1], then=journalled(path), append_to_response=parts, language=None)
    assert again.from_journal
    with pytest.raises(NotAppendedError, match="TMDB did not send 'credits', although append_to_response requested it"):
        again.value.credits.cast


def test_the_arguments_of_a_partial_are_of_the_call(path: Path) -> None:
    fake = FakeTMDB()
    with fake.client() as tmdb:
        in_german = partial(tmdb.movies.details, language="de-DE", session_id=fake.user.session_id)
        list(tmdb.fetch_many(in_german, [550]).journal(path))
        assert lines_of(path)[0]["call"] == "Movies.details(language='de-DE')"
        assert [outcome.from_journal for outcome in tmdb.fetch_many(tmdb.movies.details, [550], language="de-DE").journal(path)] == [True]


def test_synchronous_and_asynchronous_batches_share_a_journal(path: Path) -> None:
    fake = FakeTMDB()
    with fake.client() as tmdb:
        list(tmdb.fetch_many(tmdb.movies.details, [550]).journal(path))

    async def awaited() -> list[bool]:
        async with fake.async_client() as tmdb:
            return [outcome.from_journal async for outcome in tmdb.fetch_many(tmdb.movies.details, [550]).journal(path)]

    assert asyncio.run(awaited()) == [True]


def test_a_journal_has_no_credential(path: Path) -> None:
    fake = FakeTMDB()
    user = fake.user.session_id
    with fake.client() as tmdb:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        outcomes = list(tmdb.fetch_many(tmdb.movies.account_states, [550, 0], session_id=user).journal(path))
        assert {type(outcome.error) for outcome in outcomes} == {type(None), NotFoundError}
        list(tmdb.fetch_many(tmdb.movies.details, [550], headers=headers).journal(path.with_name("other")))
        for method in (tmdb.guest_sessions.rated_movies, tmdb.account.details, tmdb.v4_auth.create_access_token, tmdb.v4_account.lists):
            with pytest.raises(InvalidArgumentError, match="no journal is kept"):
                list(tmdb.fetch_many(method, ["id"]).journal(path.with_name("secret")))
        with pytest.raises(InvalidArgumentError, match="no journal keeps a RequestToken: it has a credential"):
            list(tmdb.fetch_many(lambda _: tmdb.authentication.create_request_token(), [1]).journal(path.with_name("secret")))
    written = b"".join(file.read_bytes() for file in path.parent.iterdir())
    for secret in (user, TOKEN, fake.access_token):
        assert secret.encode() not in written


def test_a_journal_has_no_response_that_repeats_a_credential(path: Path) -> None:
    def repeat(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"id": 1, "request": f"{request.url} {request.headers['authorization']} {request.headers.get('cookie')}"})

    with TMDB(TOKEN, transport=httpx.MockTransport(repeat)) as tmdb:
        batch = tmdb.fetch_many(tmdb.movies.details, [1], headers={"Cookie": "planted-cookie"}).journal(path)
        (outcome,) = batch
        assert outcome.error is None
    assert lines_of(path)[1:] == []
    assert TOKEN not in path.read_text()


def test_an_outcome_shows_no_id_that_is_a_credential() -> None:
    with FakeTMDB().client() as tmdb:
        (outcome,) = tmdb.fetch_many(tmdb.guest_sessions.rated_movies, ["planted-guest-session"])
    assert outcome.id == "planted-guest-session"
    assert "planted" not in repr(outcome)


@pytest.mark.parametrize("place", [None, 5, b"a", "", "new/", "a\0b", "\ud800", Path("a\0"), 1.5], ids=repr)
def test_a_journal_has_a_path(place: Any) -> None:
    with FakeTMDB().client() as tmdb, pytest.raises(InvalidArgumentError, match="path must be the path of a file"):
        tmdb.fetch_many(tmdb.movies.details, [550]).journal(place)


def test_progress_takes_a_function() -> None:
    with FakeTMDB().client() as tmdb, pytest.raises(InvalidArgumentError, match="progress takes a function"):
        tmdb.fetch_many(tmdb.movies.details, [550]).progress(5)  # type: ignore[arg-type]


def test_a_journal_keeps_models(path: Path) -> None:
    with FakeTMDB().client() as tmdb:
        with pytest.raises(InvalidArgumentError, match="a journal keeps models only; the method returned an object of type Response"):
            list(tmdb.fetch_many(tmdb.movies.raw.details, [550]).journal(path))
        with pytest.raises(InvalidArgumentError, match="needs ids that are numbers, texts, or tuples"):
            list(tmdb.fetch_many(lambda _: tmdb.movies.details(550), [1.5]).journal(path.with_name("other")))


def test_a_journal_follows_no_link(fetch: Fetch, path: Path) -> None:
    target = path.with_name("target")
    path.symlink_to(target)
    with pytest.raises(InvalidArgumentError, match="is a symbolic link"):
        fetch(Server(), [1], then=journalled(path))
    assert not target.exists()


def test_a_journal_is_a_file(fetch: Fetch, path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(InvalidArgumentError, match="is no file"):
        fetch(Server(), [1], then=journalled(path))


def test_a_journal_has_the_permissions_that_the_umask_leaves(fetch: Fetch, path: Path) -> None:
    before = os.umask(0o077)
    try:
        fetch(Server(), [1], then=journalled(path))
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_batches_do_not_share_a_journal_at_a_time(path: Path) -> None:
    with FakeTMDB().client() as tmdb:
        running = iter(tmdb.fetch_many(tmdb.movies.details, [550, 11]).journal(path))
        next(running)
        with pytest.raises(InvalidArgumentError, match="in use by another batch"):
            list(tmdb.fetch_many(tmdb.movies.details, [550]).journal(path))
        assert len(list(running)) == 1
        assert len(list(tmdb.fetch_many(tmdb.movies.details, [550]).journal(path))) == 1


def test_a_full_disk_ends_the_batch_and_tears_no_line(fetch: Fetch, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch(Server(), [1], then=journalled(path))
    before, real, calls = path.read_bytes(), os.write, list[int]()

    def write(descriptor: int, data: Any) -> int:
        calls.append(descriptor)
        if len(calls) % 2 == 0:
            raise OSError(28, "No space left on device")
        return real(descriptor, data[:10])

    with monkeypatch.context() as patched:
        patched.setattr("tmdbkit.journal.os.write", write)
        with pytest.raises(OSError, match="No space left"):
            fetch(Server(), [1, 2, 3], then=journalled(path))
    assert path.read_bytes() == before
    assert len(fetch(Server(), [1, 2, 3], then=journalled(path))) == 3


def test_the_fake_loads_a_journal(path: Path) -> None:
    movie = {**MOVIE, "id": 9_000_001, "title": "Zazu"}
    with TMDB(TOKEN, transport=httpx.MockTransport(Server(id_9000001=movie, id_2=404).respond), rate_limit=None) as tmdb:
        list(tmdb.fetch_many(tmdb.movies.details, [9_000_001, 2]).journal(path))
    fake = FakeTMDB()
    assert fake.load(path) == 1
    with fake.client() as tmdb:
        assert tmdb.movies.details(9_000_001).title == "Zazu"


def test_the_fake_loads_a_journal_whose_last_line_is_torn(path: Path) -> None:
    with FakeTMDB().client() as tmdb:
        list(tmdb.fetch_many(tmdb.movies.details, [550, 603]).journal(path))
    content = path.read_bytes()
    for cut in (1, 20, 200):
        path.write_bytes(content[:-cut])
        assert FakeTMDB().load(path) == 1


KILLED = """
import asyncio
import sys
from tmdbkit import TMDB, AsyncTMDB

url, journal, kind, count = sys.argv[1:]

def show(outcome):
    print(outcome.id, outcome.from_journal, flush=True)

async def main():
    async with AsyncTMDB("0" * 32, base_url=url, rate_limit=None) as tmdb:
        async for outcome in tmdb.fetch_many(tmdb.movies.details, range(int(count))).journal(journal):
            show(outcome)

if kind == "async":
    asyncio.run(main())
else:
    with TMDB("0" * 32, base_url=url, rate_limit=None) as tmdb:
        for outcome in tmdb.fetch_many(tmdb.movies.details, range(int(count))).journal(journal):
            show(outcome)
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_killed_batch_fetches_nothing_twice_and_misses_nothing(path: Path, kind: str) -> None:
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    count, requested = 300, list[int]()
    body = json.dumps(MOVIE).encode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            requested.append(int(self.path.split("/")[3].partition("?")[0]))
            is_missing = requested[-1] % 10 == 0
            content = json.dumps(NOT_FOUND).encode() if is_missing else body
            self.send_response(404 if is_missing else 200)
            self.send_header("content-type", "application/json;charset=utf-8")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    draw = random.Random(kind)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    command = [sys.executable, "-c", KILLED, f"http://127.0.0.1:{server.server_port}", str(path), kind, str(count)]
    try:
        for kill in range(21):
            recorded = {line["id"] for line in lines_of_whole(path)}
            earlier = len(requested)
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
            assert process.stdout
            if kill < 20:
                fresh = 0
                goal = draw.randint(0, 13)
                for line in process.stdout:
                    fresh += line.endswith("False\n")
                    if fresh >= goal:
                        break
                process.kill()
            out = process.communicate(timeout=60)[0]
            assert recorded.isdisjoint(requested[earlier:])
    finally:
        server.shutdown()
        server.server_close()
    assert process.returncode == 0
    assert sorted(int(line.split()[0]) for line in out.splitlines()) == [*range(count)]
    journal = [line["id"] for line in lines_of(path)[1:]]
    assert sorted(journal) == [*range(count)]
    assert len(requested) <= count + 20 * 10  # those on their way at a kill


def lines_of_whole(path: Path) -> list[dict[str, Any]]:
    """The outcomes of a journal that a kill may have torn."""
    if not path.exists():
        return []
    return [line for text in path.read_bytes().splitlines(keepends=True) if text.endswith(b"\n") and "id" in (line := json.loads(text))]
