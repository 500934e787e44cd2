"""What the types of pages, `paginate` and `fetch_many` promise, and mistakes that mypy has to find."""

# pyright: strict

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, assert_type

from tmdbkit import TMDB, AsyncBatch, AsyncPaginator, AsyncTMDB, Batch, Paginator, Progress, TMDBError, models


def pages(tmdb: TMDB) -> list[str]:
    page = tmdb.movies.popular()
    assert_type(page[0], models.MovieRow)
    assert_type(page[:2], list[models.MovieRow])
    assert_type(len(page), int)
    for row in tmdb.lists.details(1):
        assert_type(row, models.MediaRow)
    if not page:
        print("no rows")
    return [row.title for row in page]


def paginate(tmdb: TMDB) -> list[models.MovieRow]:
    movies = tmdb.paginate(tmdb.discover.movie, with_genres=[28], page=2)
    assert_type(movies, Paginator[models.MoviePage])
    for row in movies.take(100).with_duplicates().beyond_500():
        assert_type(row, models.MovieRow)
    assert_type([row.title for row in movies], list[str])
    assert_type(next(iter(movies)), models.MovieRow)
    assert_type((movies.complete, movies.without_date, len(movies)), tuple[bool, int | None, int])
    for page in tmdb.paginate(tmdb.movies.upcoming, language="de").take(10).pages():
        assert_type(page, models.DatedMoviePage)
    for found in tmdb.paginate(tmdb.search.multi, "x"):
        assert_type(found, models.MultiSearchRow)
    rows: Iterable[models.ChangedRow] = tmdb.paginate(tmdb.changes.movie, start_date="2026-01-01")
    print(rows)
    tmdb.paginate(tmdb.discover.movie, with_genre=[28])  # type: ignore[call-arg]
    tmdb.paginate(tmdb.discover.movie, with_genres="28")  # type: ignore[arg-type]
    tmdb.paginate(tmdb.search.movie)  # type: ignore[call-arg]
    tmdb.paginate(tmdb.movies.details, 550)  # type: ignore[type-var]
    tmdb.paginate(tmdb.movies.popular).take("1")  # type: ignore[arg-type]
    return list(movies)


async def paginate_awaited(tmdb: AsyncTMDB) -> None:
    series = tmdb.paginate(tmdb.discover.tv, with_status=[3]).take(100).read_ahead(2)
    assert_type(series, AsyncPaginator[models.TVPage])
    async for row in series:
        assert_type(row, models.TVRow)
    assert_type([row.name async for row in series], list[str])
    async for page in series.pages():
        assert_type(page, models.TVPage)
    assert_type(await series.counted(), AsyncPaginator[models.TVPage])
    tmdb.paginate(tmdb.discover.tv, with_statuses=[3])  # type: ignore[call-arg]


def report(progress: Progress) -> None:
    assert_type(progress.total, int | None)


def fetch(tmdb: TMDB) -> None:
    batch = tmdb.fetch_many(tmdb.movies.details, [550, 11], append_to_response=["credits"])
    assert_type(batch, Batch[int, models.MovieDetails])
    for outcome in batch.concurrency(5).in_order().journal("movies.jsonl").progress(report):
        assert_type(outcome.id, int)
        assert_type(outcome.error, TMDBError | None)
        if outcome.error is None:
            assert_type(outcome.value.credits.cast[0].character, str)
    seasons, episodes = [(1399, number) for number in range(9)], [(1399, 1, number) for number in range(9)]
    for season in tmdb.fetch_many(tmdb.tv_seasons.details, seasons, language="de"):
        assert_type((season.id, season.value), tuple[tuple[int, int], models.SeasonDetails])
    for episode in tmdb.fetch_many(tmdb.tv_episodes.details, episodes):
        assert_type((episode.id, episode.value), tuple[tuple[int, int, int], models.EpisodeDetails])
    for first in tmdb.fetch_many(tmdb.tv_seasons.details, [1399, 1396], season_number=1):
        assert_type(first.value, models.SeasonDetails)
    for popular in tmdb.fetch_many(tmdb.movies.details, (row.id for row in tmdb.movies.popular())):
        assert_type(popular.value, models.MovieDetails)
    tmdb.fetch_many(tmdb.movies.details, [550], append_to_response=["credit"])  # type: ignore[call-overload]
    tmdb.fetch_many(tmdb.movies.details, [550], langage="de")  # type: ignore[call-overload]
    tmdb.fetch_many(tmdb.movies.details, [None])  # type: ignore[call-overload]
    tmdb.fetch_many(tmdb.movies.details, [(550, 1)])  # type: ignore[call-overload]


async def fetch_awaited(tmdb: AsyncTMDB, ids: list[int]) -> dict[int, str]:
    batch = tmdb.fetch_many(tmdb.movies.details, ids)
    assert_type(batch, AsyncBatch[int, models.MovieDetails])
    async for season in tmdb.fetch_many(tmdb.tv_seasons.details, [(number, number) for number in ids]).in_order():
        assert_type((season.id, season.value.name), tuple[tuple[int, int], str])
    return {outcome.id: outcome.value.title async for outcome in batch if not outcome.error}


def rows(tmdb: TMDB) -> list[dict[str, Any]]:
    from tmdbkit import to_rows

    assert_type(to_rows(tmdb.movies.popular()), list[dict[str, Any]])
    to_rows(tmdb.paginate(tmdb.movies.popular).take(100))
    to_rows(outcome.value for outcome in tmdb.fetch_many(tmdb.movies.details, [550]))
    to_rows(550)  # type: ignore[arg-type]
    return to_rows([tmdb.movies.details(550)])
