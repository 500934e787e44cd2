"""Where a title can be watched, and which certification it has, in one country."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tmdbkit import TMDB, Certification, InvalidArgumentError, NotAppendedError, certification, where_to_watch
from tmdbkit.models import CountryReleaseDates, MovieDetails, MovieReleaseDates, ReleaseDate, TVSeriesDetails
from tmdbkit.testing import FakeTMDB


@pytest.fixture(scope="module")
def tmdb() -> TMDB:
    return FakeTMDB().client()


@pytest.fixture(scope="module")
def movie(tmdb: TMDB) -> MovieDetails:
    return tmdb.movies.details(550, append_to_response=["watch/providers", "release_dates"])


@pytest.fixture(scope="module")
def series(tmdb: TMDB) -> TVSeriesDetails:
    return tmdb.tv_series.details(1399, append_to_response=["watch/providers", "content_ratings"])


def releases(*given: tuple[int, str, str]) -> MovieReleaseDates:
    """Releases in Germany: type, day, certification."""
    rows = [
        ReleaseDate(
            certification=label,
            descriptors=["violence"] if label else [],
            iso_639_1="",
            note="",
            type=type_,
            release_date=datetime.fromisoformat(f"{day}T00:00Z"),
        )
        for type_, day, label in given
    ]
    return MovieReleaseDates(results=[CountryReleaseDates(iso_3166_1="DE", release_dates=rows)])


def test_offers_have_the_five_ways(movie: MovieDetails) -> None:
    offers = where_to_watch(movie, "US")
    row = movie.watch_providers.results["US"]
    assert dict(offers).keys() == {"flatrate", "ads", "rent", "buy"}
    for way in ("flatrate", "free", "ads", "rent", "buy"):
        rows = getattr(row, way) or []
        assert {provider.id for provider in getattr(offers, way)} == {found.provider_id for found in rows}
        assert offers.by(way) == getattr(offers, way)  # type: ignore[arg-type]
    assert offers.link == row.link
    assert offers.country == "US"
    assert offers


def test_providers_have_a_name_and_a_logo(movie: MovieDetails) -> None:
    provider = where_to_watch(movie, "de").rent[0]
    assert provider.name == provider.name.strip() != ""
    assert provider.logo_path
    assert provider.logo_url("w92") == f"https://image.tmdb.org/t/p/w92{provider.logo_path}"
    assert provider.logo_url(width=100) == f"https://image.tmdb.org/t/p/w154{provider.logo_path}"


def test_providers_come_by_their_priority_and_once(movie: MovieDetails) -> None:
    offers = where_to_watch(movie, "DE")
    rows = movie.watch_providers.results["DE"].rent or []
    assert [provider.id for provider in offers.rent] == [row.provider_id for row in sorted(rows, key=lambda row: row.display_priority)]
    assert len(offers.providers) == len({provider.id for provider in offers.providers})
    assert {*offers.rent, *offers.buy} <= {*offers.providers}


def test_offers_name_their_source(movie: MovieDetails) -> None:
    assert "JustWatch" in where_to_watch(movie, "DE").attribution


def test_a_country_without_offers_is_empty(movie: MovieDetails) -> None:
    offers = where_to_watch(movie, "nz")
    assert not offers
    assert (list(offers), offers.link, offers.providers, offers.country) == ([], None, (), "NZ")


def test_the_part_alone_is_enough(tmdb: TMDB, movie: MovieDetails) -> None:
    assert where_to_watch(tmdb.movies.watch_providers(550), "DE") == where_to_watch(movie, "DE")
    assert certification(tmdb.movies.release_dates(550), "DE") == certification(movie, "DE")
    assert certification(tmdb.tv_series.content_ratings(1399), "DE").rating == "16"


def test_series_seasons_and_episodes_have_offers(tmdb: TMDB, series: TVSeriesDetails) -> None:
    assert where_to_watch(series, "US")
    season = tmdb.tv_seasons.details(1399, 1, append_to_response=["watch/providers"])
    assert where_to_watch(season, "US").country == "US"


def test_an_unknown_way_is_rejected(movie: MovieDetails) -> None:
    with pytest.raises(InvalidArgumentError, match="one of flatrate, free, ads, rent, buy"):
        where_to_watch(movie, "DE").by("stream")  # type: ignore[arg-type]


def test_movies_and_series_have_certifications(movie: MovieDetails, series: TVSeriesDetails) -> None:
    assert [str(certification(movie, country)) for country in ("DE", "gb", "US", "IT", "NZ")] == ["18", "18", "R", "", ""]
    assert [str(certification(series, country)) for country in ("DE", "us", "JP")] == ["16", "TV-MA", ""]
    assert not certification(movie, "IT")
    assert certification(movie, "NZ") == Certification(country="NZ")


def test_the_certification_of_the_cinemas_counts_first() -> None:
    title = releases((1, "2020-01-01", "18"), (4, "2020-01-02", "12"), (3, "2020-02-01", " 16 "), (3, "2024-02-01", "6"), (2, "2019-01-01", "0"))
    found = certification(title, "DE")
    assert (found.rating, found.descriptors, found.all) == ("16", ("violence",), ("16", "6", "0", "12", "18"))


def test_a_release_without_a_certification_does_not_count() -> None:
    assert certification(releases((3, "2020-01-01", " "), (5, "2021-01-01", "12"), (9, "2018-01-01", "18")), "DE").all == ("12", "18")
    assert not certification(releases((3, "2020-01-01", "")), "DE")


@pytest.mark.parametrize("view", [where_to_watch, certification])
def test_a_familiar_wrong_country_is_rejected_with_the_right_one(movie: MovieDetails, view: Callable[..., Any]) -> None:
    with pytest.raises(InvalidArgumentError, match="United Kingdom is 'GB'"):
        view(movie, "UK")
    with pytest.raises(InvalidArgumentError, match="country must be ISO 3166-1 alpha-2"):
        view(movie, "ZZ")


@pytest.mark.parametrize("view", [where_to_watch, certification])
def test_the_part_must_be_appended(tmdb: TMDB, view: Callable[..., Any]) -> None:
    with pytest.raises(NotAppendedError):
        view(tmdb.movies.details(550), "DE")


@pytest.mark.parametrize("view", [where_to_watch, certification])
def test_what_is_no_title_is_rejected(tmdb: TMDB, view: Callable[..., Any]) -> None:
    others_with_results = tmdb.movies.videos(550), tmdb.movies.reviews(550), tmdb.movies.popular(), tmdb.watch_providers.movie()
    for other in (tmdb.genres.movie(), *others_with_results, None, 550):
        with pytest.raises(InvalidArgumentError, match="needs"):
            view(other, "DE")
