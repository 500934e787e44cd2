"""Quirks of the wire that applications met: strict clients read them, and nothing of them is lost."""

from __future__ import annotations

import copy
import datetime
import json
from typing import Any

import attrs
import httpx
import pytest

from tmdbkit import TMDB, UNSET, AnyOf, DecodeError, InvalidArgumentError, NotAppendedError, decode, encode, is_appended, season
from tmdbkit.models import (
    EpisodeDetails,
    Genre,
    MovieRow,
    MovieSearchPage,
    PersonDetails,
    SeasonDetails,
    TitledCollectionRow,
    TVSeriesDetails,
)

from tests.conftest import TOKEN, body_of, fixture_named


def client(fixture: str, seen: list[httpx.Request] | None = None) -> TMDB:
    """A strict client that gets the response of a fixture."""

    def handle(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        response = fixture_named(fixture)["response"]
        return httpx.Response(response["status"], json=response["body"])

    return TMDB(TOKEN, transport=httpx.MockTransport(handle), strict=True)


def test_moments_of_videos_and_reviews_come_in_several_forms() -> None:
    videos = client("movies/videos.utc").movies.videos(47964)
    assert [video.published_at for video in videos.results] == [
        datetime.datetime(2024, 7, 5, 19, 1, 8, tzinfo=datetime.UTC),
        datetime.datetime(2021, 10, 2, 0, 0, 13, tzinfo=datetime.UTC),
    ]
    reviews = client("movies/reviews.utc").movies.reviews(218)
    assert reviews.results[0].created_at == datetime.datetime(2018, 6, 9, 17, 51, 53, tzinfo=datetime.UTC)
    assert reviews.results[0].updated_at == datetime.datetime(2021, 6, 23, 15, 58, 9, 421000, tzinfo=datetime.UTC)
    assert json.loads(encode(reviews)) == fixture_named("movies/reviews.utc")["response"]["body"]


def test_a_search_for_movies_finds_a_collection_among_them() -> None:
    page = client("search/movie.collection").search.movie("ring")
    assert [type(row) for row in page.results] == [MovieRow, TitledCollectionRow]
    assert json.loads(encode(page)) == fixture_named("search/movie.collection")["response"]["body"]


def test_a_row_that_drifted_is_of_the_class_that_its_keys_look_like() -> None:
    body = copy.deepcopy(fixture_named("search/movie.collection")["response"]["body"])
    body["results"][0] |= {"title": None, "brand_new": 1}
    body["results"][1]["overview"] = None
    page = decode(json.dumps(body), MovieSearchPage)
    assert [type(row) for row in page.results] == [MovieRow, TitledCollectionRow]
    assert json.loads(encode(page)) == body


def test_releases_and_trailers_are_appended() -> None:
    seen: list[httpx.Request] = []
    movie = client("movies/details.appended", seen).movies.details(550, append_to_response=["releases", "trailers"])
    assert seen[0].url.params["append_to_response"] == "releases,trailers"
    assert movie.releases.countries[0].certification == "R"
    assert movie.trailers.youtube[0].source == "SUXWAEX2jlg"


def series(*parts: Any) -> TVSeriesDetails:
    return client("tv_series/details.seasons").tv_series.details(1399, append_to_response=parts)


def test_seasons_are_appended_by_number() -> None:
    seen: list[httpx.Request] = []
    found = client("tv_series/details.seasons", seen).tv_series.details(1399, append_to_response=[season(1), "season/2"])  # type: ignore[list-item]
    assert seen[0].url.params["append_to_response"] == "season/1,season/2"
    assert list(found.appended_seasons) == [1, 2]
    assert isinstance(found.appended_seasons[1], SeasonDetails)
    assert found.appended_seasons[1].episodes[0].episode_number == 1
    assert (is_appended(found, season(1)), is_appended(found, "season/3"), is_appended(found, "credits")) == (True, False, False)
    assert json.loads(encode(attrs.evolve(found))) == fixture_named("tv_series/details.seasons")["response"]["body"]


def test_a_series_without_appended_seasons_has_none() -> None:
    found = client("tv_series/details").tv_series.details(1668)
    assert found.appended_seasons == {}
    assert found.seasons
    with pytest.raises(NotAppendedError):
        found.credits.cast


@pytest.mark.parametrize("strict", [False, True])
def test_a_series_may_have_fewer_seasons_than_were_requested(strict: bool) -> None:
    reports: list[Any] = []
    body = {key: value for key, value in fixture_named("tv_series/details.seasons")["response"]["body"].items() if key != "season/2"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=body))
    tmdb = TMDB(TOKEN, transport=transport, on_drift=reports.append, strict=strict)
    found = tmdb.tv_series.details(1399, append_to_response=[season(number) for number in range(1, 21)])
    assert (list(found.appended_seasons), reports) == ([1], [])


def test_a_season_takes_a_number_from_0_on() -> None:
    assert [season(0), season(12)] == ["season/0", "season/12"]
    for number in (-1, True, 1.0, "1", None):
        with pytest.raises(InvalidArgumentError, match="number must be an integer, 0 or more"):
            season(number)  # type: ignore[arg-type]


@pytest.mark.parametrize("part", ["season/", "season/01", "season/-1", "season/1/images", "season/1/episode/1", "seasons/1", "season/١"])
def test_an_invalid_season_is_rejected(part: str) -> None:
    with pytest.raises(InvalidArgumentError, match="or `season/` and the number of a season"):
        series(part)


def test_more_than_twenty_parts_are_rejected() -> None:
    with pytest.raises(InvalidArgumentError, match="at most 20"):
        series(*map(season, range(21)))


def test_what_lesser_known_things_lack_is_absent_or_null() -> None:
    movie = client("movies/details.obscure").movies.details(99999, language="de-DE")
    assert (movie.homepage, movie.runtime, movie.release_date, movie.video) == (None, None, None, None)
    credits = client("people/movie_credits.no_video").people.movie_credits(31)
    assert (credits.cast[0].video, credits.cast[0].character, credits.crew[0].video) == (None, None, None)
    episode = client("tv_episodes/details.untyped").tv_episodes.details(40, 1, 3)
    assert (episode.episode_type, episode.production_code) == (UNSET, None)
    assert client("tv_seasons/details.untyped").tv_seasons.details(40, 1).episodes[0].episode_type is UNSET


def test_a_genre_without_a_translation_has_no_name_in_the_list() -> None:
    genres = client("genres/movie.untranslated").genres.movie(language="ca").genres
    assert [genre.name for genre in genres] == [None, "Aventura"]


def test_what_older_responses_lack_is_absent() -> None:
    credits = client("people/tv_credits.unreleased").people.tv_credits(11701)
    assert [credit.first_credit_air_date for credit in [*credits.cast, *credits.crew]] == [None, UNSET]
    assert series(season(1), season(2)).created_by[0].original_name is UNSET
    data = client("people/translations.biographies").people.translations(3000002).translations[0].data
    assert (data.name, data.primary) == (UNSET, UNSET)
    edit = client("movies/changes.every_kind").movies.changes(550).changes[0].items[0]
    assert (edit.iso_639_1, edit.iso_3166_1) == (UNSET, UNSET)
    page = client("guest_sessions/rated_tv_episodes").guest_sessions.rated_tv_episodes("guest-session-id")
    assert [(episode.episode_type, episode.runtime) for episode in page.results] == [("standard", 59), (UNSET, UNSET)]


def test_watch_providers_of_an_episode_are_appended() -> None:
    episode = client("tv_episodes/details.appended").tv_episodes.details(1396, 1, 1, append_to_response=["watch/providers"])
    assert list(episode.watch_providers.results) == ["US"]


@pytest.mark.parametrize("day", ["", None, "1999-10-15"])
@pytest.mark.parametrize(
    ("fixture", "model", "key"),
    [
        ("people/details", PersonDetails, "birthday"),
        ("people/details", PersonDetails, "deathday"),
        ("tv_episodes/details", EpisodeDetails, "air_date"),
        ("tv_seasons/details", SeasonDetails, "air_date"),
        ("tv_series/details", TVSeriesDetails, "last_air_date"),
    ],
)
def test_every_day_that_is_not_known_is_empty_or_null(fixture: str, model: type[Any], key: str, day: str | None) -> None:
    body = fixture_named(fixture)["response"]["body"] | {key: day}
    details = decode(json.dumps(body), model, strict=True)
    assert getattr(details, key) == (datetime.date.fromisoformat(day) if day else None)
    assert json.loads(encode(details)) == body


@pytest.mark.parametrize("day", ["", None, "1999-10-15"])
def test_a_day_that_is_not_known_is_empty_or_null_and_stays_so(day: str | None) -> None:
    body = json.loads(body_of("search/movie.collection"))
    body["results"][0]["release_date"] = day
    page = decode(json.dumps(body), MovieSearchPage, strict=True)
    row = page.results[0]
    assert isinstance(row, MovieRow)
    assert row.release_date == (datetime.date.fromisoformat(day) if day else None)
    assert json.loads(encode(page)) == body


def test_orders_that_public_code_uses_are_accepted() -> None:
    seen: list[httpx.Request] = []
    client("discover/movie", seen).discover.movie(sort_by="release_date.desc", with_genres=AnyOf(28, 12))
    assert seen[0].url.params["sort_by"] == "release_date.desc"


@pytest.mark.parametrize("half", ["\\ud83c", "\\udf0a", "\\ud83cx", "\\ud83c\\ud83c", "\ud83c"], ids=["high", "low", "before a text", "two", "in bytes"])
@pytest.mark.parametrize("text", ['{{"id": 1, "name": "A genre {}"}}', '{{"id": 1, "name": "x", "new {}": ["{}"]}}'], ids=["value", "unknown key"])
def test_half_a_surrogate_pair_is_kept_and_reported(text: str, half: str) -> None:
    """Texts that were cut in the middle of a pair: `json.loads` reads them."""
    content = text.format(half, half).encode("utf-8", "surrogatepass")
    reports: list[str] = []
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=b'{"genres": [' + content + b"]}"))
    genres = TMDB(TOKEN, transport=transport, on_drift=lambda drift: reports.append(drift.path)).genres.movie()
    whole = json.loads(content.decode("utf-8", "surrogatepass"))
    assert genres.genres[0].name == whole["name"]
    assert reports[0].startswith("$.genres[0]")
    assert json.loads(encode(genres)) == {"genres": [whole]}
    with pytest.raises(DecodeError, match="unpaired surrogate"):
        TMDB(TOKEN, transport=transport, strict=True).genres.movie()


def test_a_whole_surrogate_pair_is_a_character() -> None:
    assert decode(b'{"id": 1, "name": "\\ud83c\\udf0a"}', Genre, strict=True).name == "\U0001f30a"


@pytest.mark.parametrize("content", [b'{"id": 1, "name": "\\ud83c', b'{"id": 1, "name": "\\ud83c"', b'{"id": 1, "name": "\xe9\\ud83c"}', b"\\ud83c"])
def test_invalid_json_with_half_a_surrogate_pair_is_rejected(content: bytes) -> None:
    with pytest.raises(DecodeError, match="not JSON"):
        decode(content, Genre)
