"""What the types of matches, links, changes, exports and raw calls promise, and mistakes that mypy has to find."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any, assert_type

from tmdbkit import (
    TMDB,
    AsyncTMDB,
    ChangedID,
    ChangedIDs,
    ExternalLink,
    MovieMatch,
    ParsedName,
    SeriesMatch,
    TMDBLink,
    exports,
    links,
    models,
    parse_name,
    parse_url,
)


def matches(tmdb: TMDB) -> None:
    (movie, *_) = tmdb.match.movie("Heat", year=1995, language="de-DE")
    assert_type(movie, MovieMatch)
    assert_type(movie.release_date, datetime.date | None)
    (series, *_) = tmdb.match.series("the.office.us.s02e03", timeout=5)
    assert_type(series, SeriesMatch)
    assert_type(series.season_number, int | None)
    assert_type(parse_name("Heat"), ParsedName)
    assert_type(parse_url("https://www.themoviedb.org/movie/550"), TMDBLink | ExternalLink)
    assert_type(links.movie(550), str)
    tmdb.match.movie("Heat", year="1995")  # type: ignore[arg-type]
    tmdb.match.movie("Heat", yaer=1995)  # type: ignore[call-arg]
    links.movie("550")  # type: ignore[arg-type]


def found_by_link(tmdb: TMDB) -> models.FindResults | None:
    link = parse_url("https://www.imdb.com/title/tt0137523/")
    return tmdb.find.by_id(link.external_id, link.external_source) if isinstance(link, ExternalLink) else None


def changes(tmdb: TMDB) -> None:
    changed = tmdb.changed("movie", since=datetime.date(2024, 1, 1), until="2024-02-01")
    assert_type(changed, ChangedIDs)
    for one in changed:
        assert_type(one, ChangedID)
        assert_type(one.day, datetime.date)
    assert_type(changed.next_day, datetime.date)
    assert_type(tmdb.change_history("tv", 1399, "2024-01-01"), list[models.Change])
    tmdb.changed("movies", since="2024-01-01")  # type: ignore[arg-type]
    tmdb.changed("movie")  # type: ignore[call-arg]


def ids(tmdb: TMDB) -> None:
    for movie in tmdb.exports.rows(exports.MOVIE_IDS):
        assert_type(movie, exports.MovieExportRow)
        assert_type(movie.original_title, str)
    assert_type(next(exports.read("keywords.json.gz", exports.KEYWORD_IDS)).name, str)
    assert_type(tmdb.exports.download(exports.PERSON_IDS, Path(), day="2024-05-01"), Path)
    next(tmdb.exports.rows(exports.TV_SERIES_IDS)).original_title  # type: ignore[attr-defined]
    tmdb.exports.rows("movie_ids")  # type: ignore[arg-type]


def raw(tmdb: TMDB) -> None:
    assert_type(tmdb.get("/3/movie/550/new", query={"page": 1}, user=True, timeout=5), Any)
    tmdb.post("/3/new", body={"value": 1})
    assert_type(tmdb.movies.details(550, extra_query={"new": [1]}), models.MovieDetails)
    tmdb.get("/3/new", body={})  # type: ignore[call-arg]
    tmdb.movies.details(550, extra_query="a=b")  # type: ignore[arg-type]


async def awaited(tmdb: AsyncTMDB) -> None:
    assert_type(await tmdb.match.movie("Heat"), list[MovieMatch])
    assert_type(await tmdb.match.series("Dark"), list[SeriesMatch])
    async for one in tmdb.changed("person", since="2024-01-01"):
        assert_type(one, ChangedID)
    assert_type(await tmdb.change_history("person", 287, "2024-01-01"), list[models.Change])
    async for person in tmdb.exports.rows(exports.PERSON_IDS):
        assert_type(person, exports.PersonExportRow)
    assert_type(await tmdb.get("/3/new"), Any)
    await tmdb.delete("/3/new")
