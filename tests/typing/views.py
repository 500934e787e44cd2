"""What the types of images and vocabulary promise, and mistakes that mypy has to find."""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

from tmdbkit import TMDB, AsyncTMDB, LocalizedText, Provider, WholeSeries, certification, images, localize, models, where_to_watch
from tmdbkit.vocabulary import MovieGenre, ReleaseType, TVStatus, country_name, genre_name


def pictures(tmdb: TMDB) -> None:
    movie = tmdb.movies.details(550, append_to_response=["images"])
    assert_type(images.poster_url(movie.poster_path, "w500"), str | None)
    assert_type(images.poster_url("/a.jpg", width=300), str)
    assert_type(images.backdrop_url("/a.jpg", "w1280", configuration=tmdb.configuration.details()), str)
    assert_type(images.best(movie.images.posters, languages=["de", None], width=300), models.ImageFile | None)
    assert_type(images.best(tmdb.companies.images(1).logos), models.LogoImage | None)
    assert_type(images.best(tmdb.people.tagged_images(287).results), models.TaggedImage | None)
    assert_type(tmdb.images.download("https://image.tmdb.org/t/p/w500/a.jpg", Path("a.jpg"), max_bytes=10**6), Path)
    size: images.PosterSize = "w342"
    images.poster_url("/a.jpg", size)
    images.poster_url("/a.jpg", "w300")  # type: ignore[call-overload]
    images.profile_url("/a.jpg", "w500")  # type: ignore[call-overload]
    images.best(movie.images.posters, languages="de").nothing  # type: ignore[union-attr]
    tmdb.images.download(movie.poster_path, "a.jpg")  # type: ignore[arg-type]


async def pictures_awaited(tmdb: AsyncTMDB) -> None:
    assert_type(await tmdb.images.download("https://image.tmdb.org/t/p/w500/a.jpg", "posters"), Path)


def words(tmdb: TMDB) -> None:
    tmdb.discover.movie(with_genres=[MovieGenre.DRAMA], with_release_type=[ReleaseType.DIGITAL])
    tmdb.discover.tv(with_status=[TVStatus.ENDED])
    assert_type(MovieGenre(18).label, str)
    assert_type(genre_name(18), str | None)
    assert_type(country_name("de"), str)


def views(tmdb: TMDB) -> None:
    movie = tmdb.movies.details(550, append_to_response=["translations", "watch/providers", "release_dates"])
    series = tmdb.tv_series.details(1399, append_to_response=["translations", "watch/providers", "content_ratings"])
    assert_type(localize(movie, "ja-JP", "de").title, LocalizedText)
    assert_type(localize(series, "de").overview.language, str | None)
    title: str = localize(tmdb.people.details(287, append_to_response=["translations"]), "de").name
    print(title)
    assert_type(where_to_watch(movie, "DE").flatrate, tuple[Provider, ...])
    for way, providers in where_to_watch(series, "DE"):
        print(way, [provider.logo_url("w92") for provider in providers])
    assert_type(certification(movie, "DE").rating, str)
    assert_type(certification(series, "DE").all, tuple[str, ...])
    where_to_watch(movie, "DE").by("stream")  # type: ignore[arg-type]
    where_to_watch(movie, "DE").rent[0].logo_url("w301")  # type: ignore[arg-type]
    where_to_watch(movie)  # type: ignore[call-arg]
    localize(tmdb.movies.popular().results[0], "de")  # type: ignore[arg-type]
    certification(tmdb.people.details(287), "DE")  # type: ignore[arg-type]


def whole(tmdb: TMDB) -> None:
    series = tmdb.whole_series(1399, specials=True, append_to_response=["external_ids"], language="de", timeout=5)
    assert_type(series, WholeSeries)
    assert_type(list(series), list[models.SeasonEpisode])
    assert_type(series.seasons, tuple[models.SeasonDetails, ...])
    assert_type(series.next_to_air(), models.SeasonEpisode | None)
    assert_type(series.aired("2026-01-20", after="2026-01-01"), list[models.SeasonEpisode])
    assert_type(tmdb.whole_series(1399, append_to_response="external_ids"), WholeSeries)
    tmdb.whole_series(1399, append_to_response="release_dates")  # type: ignore[arg-type]
    assert_type(series.details, models.TVSeriesDetails)
    tmdb.whole_series(1399, append_to_response=["release_dates"])  # type: ignore[list-item]
    tmdb.whole_series(1399, True)  # type: ignore[call-arg]


async def whole_awaited(tmdb: AsyncTMDB) -> None:
    assert_type(await tmdb.whole_series(1399), WholeSeries)
