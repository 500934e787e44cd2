"""`tmdb.paginate`: all rows once, the limits of TMDB, options, windows of days, reading ahead."""

from __future__ import annotations

import asyncio
import gc
import io
import operator
import random
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from rich.progress import track
from tqdm import tqdm
from tqdm.asyncio import tqdm_asyncio

from tests.conftest import SESSION, TOKEN
from tests.support.catalogue import MOVIE, Catalogue, requests_of_a_bisection
from tmdbkit import TMDB, AsyncTMDB, IncompleteWarning, InvalidArgumentError, NotFoundError
from tmdbkit.models import DatedMoviePage, MovieRow
from tmdbkit.testing import FakeTMDB

Paginate = Callable[..., Any]


def days(count: int, *, seed: int = 0, first: date = date(1900, 1, 1)) -> list[str]:
    """Days that become more frequent, as the releases of movies do."""
    draw = random.Random(seed)
    span = (date(2026, 12, 31) - first).days
    return [(first + timedelta(days=int(span * draw.random() ** 0.25))).isoformat() for _ in range(count)]


class Read:
    """What an iteration read: the rows or pages, and the paginator after it."""

    def __init__(self, items: list[Any], paginator: Any, warned: list[str]) -> None:
        self.items, self.paginator, self.warned = items, paginator, warned

    @property
    def ids(self) -> list[int]:
        return [row.id for row in self.items]


@pytest.fixture(params=["sync", "async"])
def read(request: pytest.FixtureRequest) -> Paginate:
    """Read everything: `read(transport, "discover.movie", with_options, *args, **kwargs)`."""

    def run(
        transport: httpx.MockTransport, name: str, *args: Any, then: Callable[[Any], Any] = lambda rows: rows, by_page: bool = False, **kwargs: Any
    ) -> Read:
        find = operator.attrgetter(name)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            if request.param == "sync":
                with TMDB(TOKEN, transport=transport) as tmdb:
                    paginator = then(tmdb.paginate(find(tmdb), *args, **kwargs))
                    items = list(paginator.pages() if by_page else paginator)
            else:

                async def awaited() -> tuple[list[Any], Any]:
                    async with AsyncTMDB(TOKEN, transport=transport) as tmdb:
                        paginator = then(tmdb.paginate(find(tmdb), *args, **kwargs))
                        return [item async for item in (paginator.pages() if by_page else paginator)], paginator

                items, paginator = asyncio.run(awaited())
        assert all(warning.filename == __file__ for warning in caught if warning.category is IncompleteWarning)
        return Read(items, paginator, [str(warning.message) for warning in caught])

    return run


@contextmanager
def client_of(catalogue: Catalogue) -> Iterator[TMDB]:
    with TMDB(TOKEN, transport=catalogue.transport) as tmdb:
        yield tmdb


# Rows and pages


def test_it_reads_all_rows_in_order(read: Paginate) -> None:
    catalogue = Catalogue(days(95))
    found = read(catalogue.transport, "discover.movie", with_genres=[28], language="de-DE")
    assert found.ids == [number for _, number in catalogue.entries]
    assert all(isinstance(row, MovieRow) for row in found.items)
    assert found.paginator.complete
    assert found.warned == []
    assert [query["page"] for query in catalogue.requests] == ["1", "2", "3", "4", "5"]
    assert {(query["with_genres"], query["language"]) for query in catalogue.requests} == {("28", "de-DE")}


def test_positional_arguments_belong_to_the_method(read: Paginate) -> None:
    paths = []

    def respond(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        return httpx.Response(200, json={"page": 1, "results": [MOVIE], "total_pages": 1, "total_results": 1})

    assert len(read(httpx.MockTransport(respond), "movies.similar", 550).items) == 1
    assert paths == ["/3/movie/550/similar"]


def test_a_list_without_rows_takes_one_request(read: Paginate) -> None:
    catalogue = Catalogue([])
    found = read(catalogue.transport, "discover.movie")
    assert (found.items, found.paginator.complete, len(catalogue.requests)) == ([], True, 1)


def test_pages_come_as_they_are(read: Paginate) -> None:
    body = {"dates": {"minimum": "2026-01-01", "maximum": "2026-02-01"}, "total_pages": 3, "total_results": 41}
    rows = [[MOVIE], [{**MOVIE, "id": 2}, MOVIE], []]

    def respond(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        return httpx.Response(200, json={**body, "page": page, "results": rows[page - 1]})

    found = read(httpx.MockTransport(respond), "movies.upcoming", by_page=True)
    assert [(page.page, len(page)) for page in found.items] == [(1, 1), (2, 2), (3, 0)]
    assert all(isinstance(page, DatedMoviePage) for page in found.items)
    assert found.paginator.pages().complete


@pytest.mark.parametrize(("rows", "requests"), [(0, 0), (1, 1), (20, 1), (21, 2), (60, 3), (95, 5), (1000, 5)])
def test_take_requests_no_more_pages_than_it_needs(read: Paginate, rows: int, requests: int) -> None:
    catalogue = Catalogue(days(95))
    found = read(catalogue.transport, "discover.movie", then=lambda paginator: paginator.take(rows))
    assert found.ids == [number for _, number in catalogue.entries][:rows]
    assert len(catalogue.requests) == requests
    assert found.paginator.complete is (rows >= 95)


def test_pages_end_with_the_last_row_that_take_needs(read: Paginate) -> None:
    catalogue = Catalogue(days(95))
    found = read(catalogue.transport, "discover.movie", then=lambda paginator: paginator.take(30), by_page=True)
    assert [page.page for page in found.items] == [1, 2]


def test_page_is_the_first_page_to_request(read: Paginate) -> None:
    catalogue = Catalogue(days(95))
    found = read(catalogue.transport, "discover.movie", page=4)
    assert found.ids == [number for _, number in catalogue.entries][60:]
    assert [query["page"] for query in catalogue.requests] == ["4", "5"]
    assert found.paginator.complete


def test_rows_that_move_to_the_next_page_come_once(read: Paginate) -> None:
    one_at_a_time: dict[str, Any] = {"then": lambda paginator: getattr(paginator, "read_ahead", lambda _: paginator)(0)}
    catalogue = Catalogue(days(95), shifts=3)
    found = read(catalogue.transport, "discover.movie", **one_at_a_time)
    assert sorted(found.ids) == list(range(1, 96))
    again = read(Catalogue(days(95), shifts=3).transport, "discover.movie", then=lambda paginator: one_at_a_time["then"](paginator).with_duplicates())
    assert len(again.items) > 95
    assert set(again.ids) == set(found.ids)


def test_rows_of_two_kinds_may_have_the_same_id(read: Paginate) -> None:
    rows = [{**MOVIE, "media_type": "movie"}, {"media_type": "podcast", "id": MOVIE["id"]}, {"media_type": "podcast"}, {**MOVIE, "media_type": "movie"}]
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"page": 1, "results": rows, "total_pages": 1, "total_results": 4}))
    assert [row.media_type for row in read(transport, "search.multi", "x").items] == ["movie", "podcast", "podcast"]


def test_each_iteration_reads_again() -> None:
    catalogue = Catalogue(days(25))
    with client_of(catalogue) as tmdb:
        paginator = tmdb.paginate(tmdb.discover.movie)
        assert len(list(paginator)) == len(list(paginator)) == 25


def test_options_do_not_change_the_paginator_they_are_of() -> None:
    with client_of(Catalogue(days(25))) as tmdb:
        paginator = tmdb.paginate(tmdb.discover.movie)
        assert len(list(paginator.take(3))) == 3
        assert len(list(paginator)) == 25
        assert len(list(paginator.take(3).with_duplicates())) == 3


def test_functions_that_take_a_page_are_methods() -> None:
    catalogue = Catalogue(days(25))
    with client_of(catalogue) as tmdb:

        def mine(**kwargs: Any) -> Any:
            return tmdb.discover.movie(language="de", **kwargs)

        assert len(list(tmdb.paginate(partial(tmdb.discover.movie, language="de")))) == 25
        assert len(list(tmdb.paginate(partial(tmdb.discover.movie, language="de"), page=2))) == 5
        assert len(list(tmdb.paginate(mine))) == 25
    assert all(query["language"] == "de" for query in catalogue.requests)


@pytest.mark.parametrize("kind", ["v3", "v4"])
def test_lists_of_users_have_pages(kind: str) -> None:
    fake = FakeTMDB()
    movies = [fake.add_movie(title=f"Movie {number}") for number in range(45)]
    with fake.client() as tmdb:
        if kind == "v3":
            user = tmdb.with_options(session_id=fake.user.session_id)
            number = user.lists.create("Best of").list_id
            for movie in movies:
                user.lists.add_movie(number, movie)
            rows = tmdb.paginate(tmdb.lists.details, number)
        else:
            mine = tmdb.with_options(user_access_token=fake.user.access_token)
            number = mine.v4_lists.create("Best of", "en", public=1).id
            mine.v4_lists.add_items(number, [{"media_type": "movie", "media_id": movie} for movie in movies])
            rows = tmdb.paginate(tmdb.v4_lists.details, number)
        assert sorted(row.id for row in rows) == sorted(movies)
        assert rows.complete


# The end


def test_it_ends_at_the_pages_that_tmdb_serves(read: Paginate) -> None:
    catalogue = Catalogue(days(10_030))
    found = read(catalogue.transport, "discover.movie", page=495)
    assert len(found.items) == 120
    assert catalogue.requests[-1]["page"] == "500"
    assert not found.paginator.complete
    (text,) = found.warned
    assert "the list has 10,030 results" in text
    for hint in ("narrower filters", ".beyond_500()", "daily id exports"):
        assert hint in text


def test_500_pages_are_complete(read: Paginate) -> None:
    found = read(Catalogue(days(10_000)).transport, "discover.movie", page=499)
    assert (len(found.items), found.paginator.complete, found.warned) == (40, True, [])


def test_what_take_leaves_out_needs_no_warning(read: Paginate) -> None:
    found = read(Catalogue(days(10_030)).transport, "discover.movie", then=lambda paginator: paginator.take(30))
    assert (len(found.items), found.paginator.complete, found.warned) == (30, False, [])


def test_a_break_is_not_complete() -> None:
    with client_of(Catalogue(days(95))) as tmdb:
        paginator = tmdb.paginate(tmdb.discover.movie)
        list(paginator)
        assert paginator.complete
        for _ in paginator:
            break
        assert not paginator.complete


def test_an_error_ends_the_iteration(read: Paginate) -> None:
    catalogue = Catalogue(days(95))

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.params["page"] == "3":
            return httpx.Response(404, json={"success": False, "status_code": 34, "status_message": "Not found"})
        return catalogue.respond(request)

    with pytest.raises(NotFoundError):
        read(httpx.MockTransport(respond), "discover.movie")


PAGES_THAT_CONTRADICT: dict[str, Callable[[int], dict[str, Any]]] = {
    "another page": lambda _: {"page": 1},
    "no rows": lambda _: {"results": None},
    "no rows in the middle": lambda page: {"results": []} if page == 2 else {},
    "a number of pages that is a text": lambda _: {"total_pages": "3"},
    "no number of pages": lambda _: {"total_pages": None},
    "no more pages than none": lambda page: {"total_pages": 0} if page == 2 else {},
    "more results than fit": lambda _: {"total_pages": 1},
}


@pytest.mark.parametrize("drift", PAGES_THAT_CONTRADICT.values(), ids=PAGES_THAT_CONTRADICT)
def test_a_list_that_contradicts_itself_is_not_complete(read: Paginate, drift: Callable[[int], dict[str, Any]]) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        rows = [{"id": number} for number in range(page * 20, page * 20 + 20)]
        return httpx.Response(200, json={"page": page, "results": rows, "total_pages": 3, "total_results": 60} | drift(page))

    found = read(httpx.MockTransport(respond), "movies.popular")
    assert not found.paginator.complete
    (text,) = found.warned
    assert "rows may be missing" in text


@pytest.mark.parametrize(("gone", "complete"), [(0, True), (12, False)])
def test_a_list_that_loses_rows_while_it_is_read_is_not_complete(gone: int, complete: bool, read: Paginate) -> None:
    """Rows before the place where it is read leave the list, and others move to a page that was read."""
    rows = [{**MOVIE, "id": number} for number in range(1, 101)]

    def handle(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        left = rows if page == 1 else rows[gone:]
        return httpx.Response(200, json={"page": page, "results": left[20 * page - 20 : 20 * page], "total_pages": 5, "total_results": len(left)})

    found = read(httpx.MockTransport(handle), "movies.popular")
    assert len(found.ids) == 100 - gone
    assert found.paginator.complete is complete
    assert [f"results left the list while it was read ({gone})" in text for text in found.warned] == [True] * (not complete)


def test_a_drifted_page_ends_the_list(read: Paginate) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"page": 1, "results": None, "total_pages": "2"}))
    assert read(transport, "discover.movie").items == []


# Arguments


@pytest.mark.parametrize("name", ["companies.movies", "people.tagged_images", "movies.details"])
def test_methods_without_pages_are_rejected(name: str) -> None:
    with FakeTMDB().client() as tmdb, pytest.raises(InvalidArgumentError, match=f"{name.split('.')[1]} has no pages"):
        tmdb.paginate(operator.attrgetter(name)(tmdb), 1)


def test_a_method_that_returns_no_page_is_rejected() -> None:
    with FakeTMDB().client() as tmdb, pytest.raises(InvalidArgumentError, match="returned no page"):
        list(tmdb.paginate(tmdb.movies.raw.popular))  # type: ignore[type-var]


def test_something_else_than_a_method_is_rejected() -> None:
    with FakeTMDB().client() as tmdb, pytest.raises(InvalidArgumentError, match="takes a method that returns a page"):
        tmdb.paginate(550)  # type: ignore[arg-type]


async def test_a_method_of_the_other_client_is_rejected() -> None:
    fake = FakeTMDB()
    asynchronous = fake.async_client()
    with fake.client() as tmdb:
        with pytest.raises(InvalidArgumentError, match=r"Movies\.popular is an asynchronous method"):
            tmdb.paginate(asynchronous.movies.popular)  # type: ignore[type-var]
        with pytest.raises(InvalidArgumentError, match=r"Movies\.popular is a synchronous method"):
            asynchronous.paginate(tmdb.movies.popular)  # type: ignore[arg-type]
    assert fake.requests == []


@pytest.mark.parametrize("page", [0, -1, 501, 1.0, True, "first"])
def test_the_first_page_is_a_number_of_a_page(page: Any) -> None:
    with FakeTMDB().client() as tmdb, pytest.raises(InvalidArgumentError, match="page must be an integer, 1 to 500"):
        tmdb.paginate(tmdb.movies.popular, page=page)


def test_a_missing_argument_is_named_and_no_other_one_is_shown() -> None:
    with FakeTMDB().client() as tmdb, pytest.raises(TypeError, match="missing a required argument: 'account_id'") as caught:
        tmdb.paginate(tmdb.account.rated_movies, session_id=SESSION)  # type: ignore[call-arg]
    frames = []
    traceback = caught.tb
    while traceback:
        frames.append(repr(traceback.tb_frame.f_locals) if "tmdbkit" in traceback.tb_frame.f_code.co_filename else "")
        traceback = traceback.tb_next  # type: ignore[assignment]
    assert SESSION not in "".join(frames)


@pytest.mark.parametrize("rows", [-1, 1.5, True, "1"])
def test_take_takes_a_number(rows: Any) -> None:
    with FakeTMDB().client() as tmdb, pytest.raises(InvalidArgumentError, match="rows must be an integer, 0 or more"):
        tmdb.paginate(tmdb.movies.popular).take(rows)


@pytest.mark.parametrize("pages", [-1, 51, True])
async def test_read_ahead_takes_a_number(pages: Any) -> None:
    async with FakeTMDB().async_client() as tmdb:
        with pytest.raises(InvalidArgumentError, match="pages must be an integer, 0 to 50"):
            tmdb.paginate(tmdb.movies.popular).read_ahead(pages)


def test_beyond_500_gives_up_where_the_days_have_no_effect() -> None:
    """As behind a mirror that drops the filter: halving the days would never end."""
    catalogue = Catalogue(days(30_000))

    def drop_days(request: httpx.Request) -> httpx.Response:
        query = {name: value for name, value in request.url.params.items() if "date" not in name}
        return catalogue.respond(httpx.Request("GET", request.url.copy_with(params=query)))

    with TMDB(TOKEN, transport=httpx.MockTransport(drop_days), rate_limit=None) as tmdb:
        paginator = tmdb.paginate(tmdb.discover.movie).beyond_500()
        with pytest.warns(IncompleteWarning, match="has as many results as all days"):
            found = {row.id for row in paginator}
    assert paginator.complete is False
    assert len(found) == 10_000
    assert len(catalogue.requests) < 600


def test_beyond_500_is_for_lists_with_dates() -> None:
    with FakeTMDB().client() as tmdb:
        with pytest.raises(InvalidArgumentError, match="not for Movies"):
            tmdb.paginate(tmdb.movies.popular).beyond_500()
        with pytest.raises(InvalidArgumentError, match="begins with the first page"):
            tmdb.paginate(tmdb.discover.movie, page=2).beyond_500()


def test_a_paginator_shows_no_argument() -> None:
    with FakeTMDB().client() as tmdb:
        for method in (tmdb.account.rated_movies, partial(tmdb.account.rated_movies, session_id=SESSION)):
            paginator = tmdb.paginate(method, 1, session_id=SESSION)
            assert SESSION not in f"{paginator!r} {paginator.pages()!r} {vars(paginator)!r}"
            assert repr(paginator) == "<Paginator of Account.rated_movies>"


def test_the_days_of_a_partial_are_kept() -> None:
    catalogue = Catalogue(days(20_000))
    wanted = {number for day, number in catalogue.entries if day >= "1990-01-01"}
    with client_of(catalogue) as tmdb:
        since = partial(tmdb.discover.movie, primary_release_date_gte="1990-01-01")
        assert {row.id for row in tmdb.paginate(since).beyond_500()} == wanted


# The length


def test_the_length_takes_no_request_of_its_own() -> None:
    catalogue = Catalogue(days(95))
    with client_of(catalogue) as tmdb:
        paginator = tmdb.paginate(tmdb.discover.movie)
        assert bool(paginator)
        assert len(catalogue.requests) == 0
        assert (len(paginator), operator.length_hint(paginator), len(paginator.pages())) == (95, 95, 5)
        assert len(catalogue.requests) == 1
        assert len(list(paginator)) == 95
        assert len(catalogue.requests) == 5


@pytest.mark.parametrize(
    ("count", "then", "kwargs", "rows", "pages"),
    [
        (95, lambda rows: rows.take(30), {}, 30, 2),
        (95, lambda rows: rows.take(0), {}, 0, 0),
        (95, lambda rows: rows.take(300), {}, 95, 5),
        (95, lambda rows: rows, {"page": 4}, 35, 2),
        (0, lambda rows: rows, {}, 0, 0),
        (10_030, lambda rows: rows, {}, 10_000, 500),
        (10_030, lambda rows: rows, {"page": 500}, 20, 1),
        (10_030, lambda rows: rows.beyond_500(), {}, 10_030, 502),
    ],
)
async def test_the_length_is_what_will_come(count: int, then: Callable[[Any], Any], kwargs: dict[str, Any], rows: int, pages: int) -> None:
    catalogue = Catalogue(days(count))
    with client_of(catalogue) as tmdb:
        paginator = then(tmdb.paginate(tmdb.discover.movie, **kwargs))
        assert (len(paginator), len(paginator.pages())) == (rows, pages)
    async with AsyncTMDB(TOKEN, transport=catalogue.transport) as asynchronous:
        counted = await then(asynchronous.paginate(asynchronous.discover.movie, **kwargs)).counted()
        assert (len(counted), len(counted.pages())) == (rows, pages)


def test_the_length_is_known_while_rows_are_read() -> None:
    catalogue = Catalogue(days(95))
    with client_of(catalogue) as tmdb:
        paginator = tmdb.paginate(tmdb.discover.movie)
        assert [len(paginator) for _ in paginator] == [95] * 95
    assert len(catalogue.requests) == 5


async def test_the_length_of_an_asynchronous_one_is_known_when_it_is_counted() -> None:
    catalogue = Catalogue(days(95))
    async with AsyncTMDB(TOKEN, transport=catalogue.transport) as tmdb:
        paginator = tmdb.paginate(tmdb.discover.movie)
        with pytest.raises(TypeError, match="counted"):
            len(paginator)
        assert operator.length_hint(paginator, 7) == 7
        assert len(await paginator.counted()) == 95
        assert len([row async for row in paginator]) == 95
    assert len(catalogue.requests) == 5


def test_a_progress_bar_of_rich_has_a_total() -> None:
    with client_of(Catalogue(days(95))) as tmdb:
        assert len(list(track(tmdb.paginate(tmdb.discover.movie), disable=True))) == 95


def test_a_progress_bar_of_tqdm_has_a_total() -> None:
    with client_of(Catalogue(days(95))) as tmdb:
        bar = tqdm(tmdb.paginate(tmdb.discover.movie).take(50), file=io.StringIO())
        assert bar.total == 50
        assert len(list(bar)) == 50


async def test_a_progress_bar_of_tqdm_has_a_total_asynchronously() -> None:
    async with AsyncTMDB(TOKEN, transport=Catalogue(days(95)).transport) as tmdb:
        bar = tqdm_asyncio(await tmdb.paginate(tmdb.discover.movie).counted(), file=io.StringIO())
        assert bar.total == 95
        assert len([row async for row in bar]) == 95


async def test_no_page_is_read_ahead_of_its_rows_if_asked_for() -> None:
    catalogue = Catalogue(days(95))
    async with AsyncTMDB(TOKEN, transport=catalogue.transport) as tmdb:
        async for _ in tmdb.paginate(tmdb.discover.movie).read_ahead(0):
            await asyncio.sleep(0)
            assert len(catalogue.requests) == 1
            break


# Windows of days


@pytest.mark.slow
def test_200000_movies_arrive_once_with_the_requests_of_a_bisection() -> None:
    every_day = days(200_000)
    catalogue = Catalogue(every_day)
    with client_of(catalogue) as tmdb:
        paginator = tmdb.paginate(tmdb.discover.movie, with_genres=[28]).beyond_500()
        ids = [row.id for row in paginator]
    assert len(ids) == 200_000
    assert set(ids) == set(range(1, 200_001))
    assert (paginator.complete, paginator.without_date) == (True, 0)
    assert len(catalogue.requests) <= 1.01 * requests_of_a_bisection(every_day)
    assert {query["with_genres"] for query in catalogue.requests} == {"28"}


@pytest.mark.parametrize("name", ["discover.movie", "discover.tv"])
def test_windows_come_newest_first(read: Paginate, name: str) -> None:
    catalogue = Catalogue(days(12_000))
    found = read(catalogue.transport, name, then=lambda paginator: paginator.beyond_500())
    assert sorted(found.ids) == list(range(1, 12_001))
    assert (found.paginator.complete, found.warned) == (True, [])
    key = "primary_release_date" if name == "discover.movie" else "first_air_date"
    ends = [query.get(f"{key}.lte", "9999") for query in catalogue.requests if f"{key}.gte" in query or f"{key}.lte" in query]
    assert ends == sorted(ends, reverse=True)


def test_windows_come_oldest_first_in_that_order(read: Paginate) -> None:
    catalogue = Catalogue(days(15_000))
    found = read(catalogue.transport, "discover.movie", sort_by="primary_release_date.asc", then=lambda paginator: paginator.beyond_500())
    assert found.ids == [number for _, number in catalogue.entries]


def test_a_list_that_fits_is_not_cut(read: Paginate) -> None:
    catalogue = Catalogue([*days(95), "", ""])
    found = read(catalogue.transport, "discover.movie", then=lambda paginator: paginator.beyond_500())
    assert (len(found.items), found.paginator.complete, found.paginator.without_date, len(catalogue.requests)) == (97, True, 0, 5)


def test_the_caller_s_days_are_kept(read: Paginate) -> None:
    catalogue = Catalogue(days(20_000))
    wanted = {number for day, number in catalogue.entries if "1990-01-01" <= day <= "2020-12-31"}
    assert len(wanted) > 10_000
    found = read(
        catalogue.transport,
        "discover.movie",
        primary_release_date_gte="1990-01-01",
        primary_release_date_lte=date(2020, 12, 31),
        then=lambda paginator: paginator.beyond_500(),
    )
    assert set(found.ids) == wanted
    assert len(found.ids) == len(wanted)
    assert found.paginator.complete
    assert min(query["primary_release_date.gte"] for query in catalogue.requests) == "1990-01-01"
    assert max(query["primary_release_date.lte"] for query in catalogue.requests) == "2020-12-31"


@pytest.mark.parametrize("bound", ["primary_release_date_gte", "primary_release_date_lte"])
def test_one_end_may_be_open(read: Paginate, bound: str) -> None:
    catalogue = Catalogue([*days(16_000), "", "1700-01-01", "2199-01-01"])
    wanted = {number for day, number in catalogue.entries if day and (day >= "1990-01-01" if bound.endswith("gte") else day <= "1990-01-01")}
    found = read(catalogue.transport, "discover.movie", **{bound: "1990-01-01"}, then=lambda paginator: paginator.beyond_500())
    assert set(found.ids) == wanted
    assert (found.paginator.complete, found.paginator.without_date) == (True, 0)


def test_rows_without_a_date_are_counted(read: Paginate) -> None:
    catalogue = Catalogue([*days(12_000), *[""] * 345])
    found = read(catalogue.transport, "discover.movie", then=lambda paginator: paginator.beyond_500())
    assert len(found.items) == 12_000
    assert (found.paginator.complete, found.paginator.without_date) == (False, 345)
    (text,) = found.warned
    assert "345 results without a date" in text


def test_series_without_a_first_day_are_counted_and_not_repeated(read: Paginate) -> None:
    catalogue = Catalogue([*days(12_000), *[""] * 11_000])
    found = read(catalogue.transport, "discover.tv", include_null_first_air_dates=True, then=lambda paginator: paginator.beyond_500())
    assert (len(found.items), found.paginator.without_date) == (12_000, 11_000)
    assert len(catalogue.requests) < 700


def test_a_day_that_does_not_fit_is_named(read: Paginate) -> None:
    catalogue = Catalogue([*days(2_000), *["2024-01-01"] * 10_030])
    found = read(catalogue.transport, "discover.movie", then=lambda paginator: paginator.beyond_500())
    on_that_day = sum(day == "2024-01-01" for day, _ in catalogue.entries)
    assert len(found.items) == 12_030 - (on_that_day - 10_000)
    assert not found.paginator.complete
    (text,) = found.warned
    assert f"2024-01-01 has {on_that_day:,} results" in text
    assert "narrower filters" in text
    assert ".beyond_500()" not in text


def test_windows_have_pages(read: Paginate) -> None:
    found = read(Catalogue(days(12_000)).transport, "discover.movie", then=lambda paginator: paginator.beyond_500(), by_page=True)
    assert sum(map(len, found.items)) == 12_000


def test_take_ends_within_windows(read: Paginate) -> None:
    catalogue = Catalogue(days(12_000))
    found = read(catalogue.transport, "discover.movie", then=lambda paginator: paginator.beyond_500().take(100))
    assert (len(found.items), found.paginator.complete, found.warned) == (100, False, [])
    assert len(catalogue.requests) < 30


# Reading ahead


class Slow:
    """A transport whose responses wait until they are let go.

    Attributes:
        waiting: The pages that wait, in the order of the requests.
        cancelled: The pages whose request was cancelled.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.waiting: dict[int, asyncio.Event] = {}
        self.cancelled: list[int] = []
        self.transport = httpx.MockTransport(self.respond)

    async def respond(self, request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        self.waiting[page] = asyncio.Event()
        try:
            await self.waiting[page].wait()
        except asyncio.CancelledError:
            self.cancelled.append(page)
            raise
        finally:
            del self.waiting[page]
        return self.catalogue.respond(request)

    async def settle(self) -> list[int]:
        """The pages that wait when nothing else can happen."""
        for _ in range(50):
            await asyncio.sleep(0)
        return [*self.waiting]


@pytest.mark.parametrize("ahead", [0, 1, 2, 4, 9])
async def test_it_requests_a_bounded_number_of_pages_at_once(ahead: int) -> None:
    slow = Slow(Catalogue(days(195)))
    async with AsyncTMDB(TOKEN, transport=slow.transport) as tmdb:
        paginator = tmdb.paginate(tmdb.discover.movie).read_ahead(ahead)
        rows: list[int] = []

        async def consume() -> None:
            async for row in paginator:
                rows.append(row.id)  # noqa: PERF401 - what came so far counts

        task = asyncio.create_task(consume())
        assert await slow.settle() == [1]
        slow.waiting[1].set()
        assert await slow.settle() == [*range(2, 2 + max(ahead, 1))]
        assert len(rows) == 20
        while waiting := await slow.settle():
            assert len(waiting) <= max(ahead, 1)
            slow.waiting[waiting[-1]].set()  # the last one first
        await task
    assert rows == [number for _, number in slow.catalogue.entries]


async def test_a_break_cancels_what_was_requested_ahead() -> None:
    slow = Slow(Catalogue(days(195)))
    async with AsyncTMDB(TOKEN, transport=slow.transport) as tmdb:

        async def consume() -> None:
            async for _ in tmdb.paginate(tmdb.discover.movie):
                assert await slow.settle() == [2, 3, 4, 5]
                break

        task = asyncio.create_task(consume())
        await slow.settle()
        slow.waiting[1].set()
        await task
        gc.collect()
        assert await slow.settle() == []
        assert len(asyncio.all_tasks()) == 1
    assert not slow.waiting


async def test_a_cancelled_iteration_leaves_no_task() -> None:
    slow = Slow(Catalogue(days(195)))
    async with AsyncTMDB(TOKEN, transport=slow.transport) as tmdb:

        async def consume() -> None:
            async for _ in tmdb.paginate(tmdb.discover.movie):
                pass

        task = asyncio.create_task(consume())
        await slow.settle()
        slow.waiting[1].set()
        assert await slow.settle() == [2, 3, 4, 5]
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await slow.settle(), sorted(slow.cancelled), len(asyncio.all_tasks())) == ([], [2, 3, 4, 5], 1)


async def test_the_error_of_a_page_comes_after_the_rows_before_it() -> None:
    catalogue = Catalogue(days(195))

    async def respond(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        if page == 3:
            return httpx.Response(404, json={"success": False, "status_code": 34, "status_message": "Not found"})
        for _ in range(page):
            await asyncio.sleep(0)
        return catalogue.respond(request)

    rows: list[int] = []

    async def consume(tmdb: AsyncTMDB) -> None:
        async for row in tmdb.paginate(tmdb.discover.movie):
            rows.append(row.id)  # noqa: PERF401 - what came so far counts

    async with AsyncTMDB(TOKEN, transport=httpx.MockTransport(respond)) as tmdb:
        with pytest.raises(NotFoundError):
            await consume(tmdb)
        assert len(asyncio.all_tasks()) == 1
    assert rows == [number for _, number in catalogue.entries[:40]]


async def test_it_reads_over_real_sockets() -> None:
    fake = FakeTMDB()
    with fake.serve() as server:
        async with AsyncTMDB(TOKEN, base_url=server.base_url) as tmdb:
            ids = [row.id async for row in tmdb.paginate(tmdb.discover.movie)]
        with TMDB(TOKEN, base_url=server.base_url) as synchronous:
            assert [row.id for row in synchronous.paginate(synchronous.discover.movie)] == ids
    assert len(ids) == len(set(ids)) > 20
