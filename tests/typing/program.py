"""A user's program, which mypy and pyright read: every resource, sync and async, and what the types promise."""

from __future__ import annotations

import datetime
from typing import assert_type

from tmdb_openapi import models
from tmdb_openapi.types import MoviePart

from tmdbkit import TMDB, AsyncTMDB, NotFoundError, Response


def authenticate(tmdb: TMDB) -> str:
    token = tmdb.authentication.create_request_token()
    assert_type(token.expires_at, datetime.datetime)
    guest = tmdb.authentication.create_guest_session()
    session = tmdb.authentication.create_session(token.request_token)
    assert_type(tmdb.authentication.delete_session(session.session_id), models.SessionDeletion)
    return guest.guest_session_id


def look(tmdb: TMDB) -> list[str]:
    parts: list[MoviePart] = ["credits", "images"]
    movie = tmdb.movies.details(550, append_to_response=parts, include_image_language=["en", None])
    assert_type(movie, models.MovieDetails)
    assert_type(movie.release_date, datetime.date | None)
    assert_type(movie.credits.cast[0].character, str)
    assert_type(movie.watch_providers.results["DE"].link, str)
    providers = movie.watch_providers.results["DE"].flatrate or []
    series = tmdb.tv_series.details(1396, append_to_response=["aggregate_credits"], language="de-DE")
    assert_type(series.aggregate_credits.cast[0].total_episode_count, int)
    if series.next_episode_to_air:
        assert_type(series.next_episode_to_air.episode_number, int)
    states = tmdb.movies.account_states(550, session_id="session")
    if states.rated:
        assert_type(states.rated.value, float)
    if movie.status == "Released":
        return [provider.provider_name for provider in providers]
    return [row.title for row in tmdb.movies.popular(page=2).results]


def write(tmdb: TMDB) -> None:
    assert_type(tmdb.movies.add_rating(550, 8.5), models.StatusResponse)
    tmdb.with_options(session_id="session", timeout=60).tv_series.add_rating(1396, 9, timeout=5, headers={"X-Trace": "1"})


def raw(tmdb: TMDB) -> models.MovieDetails | None:
    try:
        response = tmdb.movies.raw.details("tt0137523", timeout=None)
    except NotFoundError as error:
        assert_type(error.status_code, int | None)
        return None
    assert_type(response, Response[models.MovieDetails])
    assert_type(response.content, bytes)
    assert_type(response.headers["etag"], str)
    return response.parsed


async def wait() -> None:
    async with AsyncTMDB(api_key="0" * 32) as tmdb:
        movie = await tmdb.movies.details(550)
        assert_type(movie, models.MovieDetails)
        page = await tmdb.tv_series.top_rated(page=1)
        assert_type(page.results[0].first_air_date, datetime.date | None)
        changes = await tmdb.tv_series.raw.changes(1396, start_date=datetime.date(2024, 1, 1), end_date="2024-01-08")
        assert_type(changes.parsed, models.Changes)
        await tmdb.authentication.raw.validate_key()
