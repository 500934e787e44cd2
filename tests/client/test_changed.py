"""Changes over any range of days."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.conftest import TOKEN
from tmdbkit import TMDB, AsyncTMDB, ChangedID, IncompleteWarning, InvalidArgumentError, NotFoundError, ServerError
from tmdbkit.testing import FakeTMDB

TODAY = date(2024, 5, 31)
Read = Callable[..., tuple[list[Any], Any]]


def day(number: int) -> date:
    return TODAY - timedelta(days=number)


@pytest.fixture
def fake() -> Iterator[FakeTMDB]:
    fake = FakeTMDB()
    fake.clock.set(datetime(2024, 5, 31, 12, tzinfo=UTC))
    fake.world._changes.clear()  # only what a test does
    with fake.clock.installed():
        yield fake


def at(fake: FakeTMDB, days_ago: int, act: Callable[[], Any]) -> Any:
    """Do something on a day before today."""
    fake.clock.set(datetime(2024, 5, 31, 12, tzinfo=UTC) - timedelta(days=days_ago))
    try:
        return act()
    finally:
        fake.clock.set(datetime(2024, 5, 31, 12, tzinfo=UTC))


def edit(fake: FakeTMDB, movie: int, *days_ago: int) -> None:
    for number in sorted(days_ago, reverse=True):
        at(fake, number, lambda number=number: fake.add_movie(id=movie, title=f"Title of {number}", release_date="2020-01-01"))


@pytest.fixture(params=["sync", "async"])
def read(request: pytest.FixtureRequest, fake: FakeTMDB) -> Read:
    """Iterate, and return the ids and the iterable."""

    def run(*args: Any, transport: Any = None, stop: int | None = None, **arguments: Any) -> tuple[list[Any], Any]:
        options: dict[str, Any] = {"transport": transport or fake.transport, "retries": None}
        if request.param == "sync":
            with TMDB(TOKEN, **options) as tmdb:
                changes = tmdb.changed(*args, **arguments)
                found = []
                for changed in changes:
                    found.append(changed)
                    if len(found) == stop:
                        break
                return found, changes

        async def main() -> tuple[list[Any], Any]:
            async with AsyncTMDB(TOKEN, **options) as tmdb:
                changes = tmdb.changed(*args, **arguments)
                found = []
                async for changed in changes:
                    found.append(changed)
                    if len(found) == stop:
                        break
                return found, changes

        return asyncio.run(main())

    return run


def test_each_id_comes_once_with_its_latest_day(fake: FakeTMDB, read: Read) -> None:
    edit(fake, 1_000_001, 40, 20, 3)
    edit(fake, 1_000_002, 25)
    edit(fake, 1_000_003, 3)
    edit(fake, 1_000_004, 50, 1)
    found, changes = read("movie", day(45))
    assert [(changed.id, changed.day) for changed in found] == [(1_000_002, day(25)), (1_000_003, day(3)), (1_000_001, day(3)), (1_000_004, day(1))]
    assert found[0] == ChangedID(1_000_002, day(25), adult=False)
    assert changes.complete is True


def test_days_outside_the_range_do_not_count(fake: FakeTMDB, read: Read) -> None:
    edit(fake, 1_000_001, 10, 4)
    edit(fake, 1_000_002, 8)
    found, changes = read("movie", day(9), day(5))
    assert [(changed.id, changed.day) for changed in found] == [(1_000_002, day(8))]
    assert changes.next_day == day(4)


def test_all_pages_of_a_day_are_read(fake: FakeTMDB, read: Read) -> None:
    numbers = [1_000_000 + number for number in range(250)]
    for number in numbers:
        edit(fake, number, 2)
    found, _ = read("movie", day(3))
    assert sorted(changed.id for changed in found) == numbers
    assert [dict(request.query) for request in fake.requests] == [
        {"start_date": "2024-05-28", "end_date": "2024-05-28", "page": "1"},
        *({"start_date": "2024-05-29", "end_date": "2024-05-29", "page": str(page)} for page in (1, 2, 3)),
        *({"start_date": f"2024-05-{number}", "end_date": f"2024-05-{number}", "page": "1"} for number in (30, 31)),
    ]


def test_series_and_people(fake: FakeTMDB, read: Read) -> None:
    at(fake, 2, lambda: fake.add_series(id=1_000_001, name="A"))
    at(fake, 1, lambda: fake.add_person(id=1_000_002, name="B"))
    assert [(changed.id, changed.day) for changed in read("tv", day(5))[0]] == [(1_000_001, day(2))]
    assert [(changed.id, changed.day) for changed in read("person", "2024-05-26")[0]] == [(1_000_002, day(1))]


def test_removed_entries_are_among_them(fake: FakeTMDB, read: Read) -> None:
    at(fake, 2, lambda: fake.remove("movie", 550))
    assert read("movie", day(5))[0] == [ChangedID(550, day(2), None)]


def test_the_next_day_is_the_first_that_is_not_done(fake: FakeTMDB, read: Read) -> None:
    edit(fake, 1_000_001, 8)
    edit(fake, 1_000_002, 5)
    edit(fake, 1_000_003, 2)
    for stop, expected in ((1, day(8)), (2, day(5)), (3, day(2))):
        _, changes = read("movie", day(9), stop=stop)
        assert changes.next_day == expected
    assert read("movie", day(9))[1].next_day == TODAY  # which goes on
    assert read("movie", day(9), day(1))[1].next_day == TODAY
    assert read("movie", day(9), day(2))[1].next_day == day(1)


def test_a_reading_that_failed_is_not_done(fake: FakeTMDB, read: Read) -> None:
    edit(fake, 1_000_001, 8)
    requests = 0

    def failing(request: httpx.Request) -> httpx.Response:
        nonlocal requests
        requests += 1
        return httpx.Response(503) if requests > 5 else fake.transport.handle_request(request)

    with TMDB(TOKEN, transport=httpx.MockTransport(failing), retries=None) as tmdb:
        changes = tmdb.changed("movie", day(9))
        with pytest.raises(ServerError):
            list(changes)
        assert (changes.next_day, changes.complete) == (day(9), None)


def test_what_was_done_is_not_asked_for_again(fake: FakeTMDB, read: Read) -> None:
    edit(fake, 1_000_001, 8, 5)
    edit(fake, 1_000_002, 3)
    _, first = read("movie", day(9), day(4))
    fake.requests.clear()
    found, _ = read("movie", first.next_day)
    assert [changed.id for changed in found] == [1_000_002]
    assert {request.query["start_date"] for request in fake.requests} == {"2024-05-28", "2024-05-29", "2024-05-30", "2024-05-31"}


def test_a_day_beyond_the_page_limit_is_told(read: Read) -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        return httpx.Response(200, json={"page": page, "results": [{"id": page, "adult": False}], "total_pages": 501, "total_results": 50_100})

    with pytest.warns(IncompleteWarning, match="ids are missing") as warned:
        found, changes = read("movie", TODAY, transport=httpx.MockTransport(handle))
    assert [changed.id for changed in found] == list(range(1, 501))
    assert changes.complete is False
    assert [warning.filename for warning in warned] == [__file__]


MISTAKES: list[tuple[tuple[Any, ...], str]] = [
    (("movie", TODAY + timedelta(days=1)), "since must not be in the future; today, in UTC, is 2024-05-31"),
    (("movie", day(3), TODAY + timedelta(days=1)), "until must not be in the future"),
    (("movie", day(3), day(4)), "until must not be before since"),
    (("movie", "2024-5-1"), "since must be"),
    (("movie", "2024-05-32"), "since must be"),
    (("movie", day(3), 7), "until must be"),
    (("movies", day(3)), "kind must be one of 'movie', 'tv', 'person'"),
]


@pytest.mark.parametrize(("arguments", "problem"), MISTAKES)
def test_mistakes_are_rejected_before_a_request(fake: FakeTMDB, arguments: tuple[Any, ...], problem: str) -> None:
    with fake.client() as tmdb, pytest.raises(InvalidArgumentError, match=problem):
        tmdb.changed(*arguments)
    with pytest.raises(InvalidArgumentError, match=problem):
        fake.async_client().changed(*arguments)
    assert fake.requests == []


# The changes of an entry


@pytest.fixture(params=["sync", "async"])
def history(request: pytest.FixtureRequest, fake: FakeTMDB) -> Callable[..., Any]:
    def run(*args: Any) -> Any:
        if request.param == "sync":
            with fake.client() as tmdb:
                return tmdb.change_history(*args)

        async def main() -> Any:
            async with fake.async_client() as tmdb:
                return await tmdb.change_history(*args)

        return asyncio.run(main())

    return run


def test_the_history_of_an_entry_over_many_windows(fake: FakeTMDB, history: Callable[..., Any]) -> None:
    edit(fake, 1_000_001, 50, 31, 17, 3)
    changes = history("movie", 1_000_001, day(45))
    (titles,) = [change for change in changes if change.key == "title"]
    assert [item.value["title"] if isinstance(item.value, dict) else item.value for item in titles.items] == ["Title of 31", "Title of 17", "Title of 3"]
    assert [item.time.date() for item in titles.items] == [day(31), day(17), day(3)]
    windows = [(request.query["start_date"], request.query["end_date"]) for request in fake.requests]
    assert windows == [("2024-04-16", "2024-04-30"), ("2024-04-30", "2024-05-14"), ("2024-05-14", "2024-05-28"), ("2024-05-28", "2024-05-31")]


@pytest.mark.parametrize(("days", "requests"), [(0, 1), (13, 1), (14, 1), (15, 2), (28, 2), (29, 3)])
def test_a_window_has_fourteen_days(fake: FakeTMDB, history: Callable[..., Any], days: int, requests: int) -> None:
    history("movie", 550, day(days))
    assert len(fake.requests) == requests


def test_an_edit_on_the_border_of_two_windows_counts_once(fake: FakeTMDB, history: Callable[..., Any]) -> None:
    edit(fake, 1_000_001, 40, 14)
    changes = history("movie", 1_000_001, day(28))
    assert [len(change.items) for change in changes if change.key == "title"] == [1]


@pytest.mark.parametrize(("kind", "path"), [("tv", "/3/tv/1399/changes"), ("person", "/3/person/287/changes")])
def test_the_history_of_other_kinds(fake: FakeTMDB, history: Callable[..., Any], kind: str, path: str) -> None:
    assert history(kind, int(path.split("/")[3]), TODAY) == []
    assert fake.requests[0].path == path


@pytest.mark.parametrize("kind", ["season", "episode"])
def test_the_history_of_parts_of_series(fake: FakeTMDB, history: Callable[..., Any], kind: str) -> None:
    with fake.client() as tmdb:
        season = tmdb.tv_seasons.details(1399, 1)
    assert history(kind, season.id if kind == "season" else season.episodes[0].id, day(20)) == []
    assert fake.requests[-1].path.startswith(f"/3/tv/{kind}/")


def test_an_unknown_entry(history: Callable[..., Any]) -> None:
    with pytest.raises(NotFoundError):
        history("movie", 999_999_999, TODAY)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [(("movie", 550, day(-1)), "future"), (("movie", 550, day(3), day(4)), "before since"), (("list", 550, day(3)), "kind must be one of")],
)
def test_mistakes_of_a_history(fake: FakeTMDB, history: Callable[..., Any], arguments: tuple[Any, ...], problem: str) -> None:
    with pytest.raises(InvalidArgumentError, match=problem):
        history(*arguments)
    assert fake.requests == []
