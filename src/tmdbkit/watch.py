"""`where_to_watch` and `certification`: what a title's parts say about one country."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, TypeAlias, cast

import attrs

from .images import LogoSize
from .images import logo_url as url_of_logo
from .runtime.errors import InvalidArgumentError
from .runtime.models import Model, NotAppended, models_in
from .vocabulary import ReleaseType, country_code

if TYPE_CHECKING:
    from tmdb_openapi.models.content_ratings import ContentRatings
    from tmdb_openapi.models.episode_details import EpisodeDetails
    from tmdb_openapi.models.movie_details import MovieDetails
    from tmdb_openapi.models.movie_release_dates import MovieReleaseDates
    from tmdb_openapi.models.season_details import SeasonDetails
    from tmdb_openapi.models.tv_series_details import TVSeriesDetails
    from tmdb_openapi.models.watch_providers import WatchProviders

    _Watchable: TypeAlias = MovieDetails | TVSeriesDetails | SeasonDetails | EpisodeDetails | WatchProviders
    _Certified: TypeAlias = MovieDetails | TVSeriesDetails | MovieReleaseDates | ContentRatings

__all__ = ["Certification", "Provider", "WatchOffers", "WayToWatch", "certification", "where_to_watch"]

WayToWatch: TypeAlias = Literal["flatrate", "free", "ads", "rent", "buy"]
"""How a provider offers a title: by subscription, free of charge, free with advertisements, to rent, to buy."""
WAYS: Final[tuple[WayToWatch, ...]] = ("flatrate", "free", "ads", "rent", "buy")

BY_WEIGHT = (ReleaseType.THEATRICAL, ReleaseType.THEATRICAL_LIMITED, ReleaseType.DIGITAL, ReleaseType.PHYSICAL, ReleaseType.TV, ReleaseType.PREMIERE)
"""The types of release whose certification counts first: that of the cinemas, and last that of a premiere, which often has none."""


@attrs.frozen
class Provider:
    """A watch provider.

    Attributes:
        id: Its id, which `discover` takes as `with_watch_providers`.
        name: Its name.
        logo_path: The path of its logo; None without one.
    """

    id: int
    name: str
    logo_path: str | None

    def logo_url(self, size: LogoSize | None = None, *, width: int | None = None) -> str | None:
        """The URL of the logo; None without one.

        Args:
            size: A size of logos, such as `w92`; by default `original`.
            width: In place of a size: the least width in pixels.

        Raises:
            InvalidArgumentError: There is no such size, or the width is not positive.
        """
        return url_of_logo(self.logo_path, size, width=width)


@attrs.frozen(kw_only=True)
class WatchOffers:
    """Where a title can be watched in a country. It is false where it cannot, and iterates over the ways and their providers.

    Attributes:
        country: The country, as ISO 3166-1 alpha-2.
        link: TMDB's page, which leads to the providers; None where nothing is offered.
        flatrate: The providers by subscription, most prominent first.
        free: Those free of charge.
        ads: Those free of charge, with advertisements.
        rent: Those that rent it.
        buy: Those that sell it.
        attribution: What an application shows beside the providers: TMDB requires that it names JustWatch, the source.
    """

    country: str
    link: str | None = None
    flatrate: tuple[Provider, ...] = ()
    free: tuple[Provider, ...] = ()
    ads: tuple[Provider, ...] = ()
    rent: tuple[Provider, ...] = ()
    buy: tuple[Provider, ...] = ()
    attribution: ClassVar[str] = "Source: JustWatch"

    def __bool__(self) -> bool:
        return any(providers for _, providers in self)

    def __iter__(self) -> Iterator[tuple[WayToWatch, tuple[Provider, ...]]]:
        return ((way, providers) for way in WAYS if (providers := self.by(way)))

    def by(self, way: WayToWatch) -> tuple[Provider, ...]:
        """The providers of one way.

        Args:
            way: `flatrate`, `free`, `ads`, `rent` or `buy`.

        Raises:
            InvalidArgumentError: It is another one.
        """
        if way not in WAYS:
            raise InvalidArgumentError(f"way must be one of {', '.join(WAYS)}; not {way!r}")
        return cast("tuple[Provider, ...]", getattr(self, way))

    @property
    def providers(self) -> tuple[Provider, ...]:
        """All providers, each once."""
        return tuple(dict.fromkeys(provider for _, providers in self for provider in providers))


@attrs.frozen(kw_only=True)
class Certification:
    """The certification of a title in a country. It is false where there is none, and its text is the rating.

    Attributes:
        country: The country, as ISO 3166-1 alpha-2.
        rating: The country's label, such as `16` or `TV-MA`; empty without one.
        descriptors: The reasons for it.
        all: All labels of the title in the country, the one in `rating` first: releases of a movie may differ.
    """

    country: str
    rating: str = ""
    descriptors: tuple[str, ...] = ()
    all: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rating)

    def __str__(self) -> str:
        return self.rating


def where_to_watch(title: _Watchable, country: str) -> WatchOffers:
    """Say where a title can be watched in a country. It sends no request.

        movie = tmdb.movies.details(550, append_to_response=["watch/providers"])
        for way, providers in where_to_watch(movie, "DE"):
            print(way, [provider.name for provider in providers])

    Args:
        title: Details with `watch/providers` appended; or the providers themselves, as from `tmdb.movies.watch_providers(550)`.
        country: ISO 3166-1 alpha-2, in upper or lower case, such as `DE`.

    Returns:
        The offers; empty if TMDB knows none in this country.

    Raises:
        InvalidArgumentError: There is no such country; for a familiar wrong code, such as `UK`, the message names the right one. Or it is no title.
        NotAppendedError: The providers were not appended.
    """
    code = country_code(country)
    holder: Any = title
    results = _results(holder, "watch_providers", {})
    if not isinstance(results, dict):
        raise InvalidArgumentError(f"where_to_watch needs details with 'watch/providers', or those providers; not {type(holder).__name__}")
    offers = cast("dict[str, Any]", results).get(code)
    if not isinstance(offers, Model):
        return WatchOffers(country=code)
    ways: dict[str, tuple[Provider, ...]] = {way: _providers(models_in(offers, way)) for way in WAYS}
    return WatchOffers(country=code, link=getattr(offers, "link", None) or None, **ways)


def _results(holder: Any, part: str, nothing: Any) -> Any:
    """The results of a part of a title, or of the part itself; nothing if the response has drifted, and None if it is no title."""
    if not hasattr(type(holder), part):
        return getattr(holder, "results", None)
    found: Any = getattr(holder, part)
    results = cast("Any", found).results if isinstance(found, (Model, NotAppended)) else None
    return results if isinstance(results, type(nothing)) else nothing


def _providers(rows: list[Any]) -> tuple[Provider, ...]:
    sound = [row for row in rows if row.provider_id.__class__ is int]
    ordered = sorted(sound, key=lambda row: row.display_priority if row.display_priority.__class__ is int else sys.maxsize)
    return tuple(Provider(row.provider_id, _text(row.provider_name), row.logo_path or None) for row in ordered)


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def certification(title: _Certified, country: str) -> Certification:
    """Say what certification a title has in a country. It sends no request.

        movie = tmdb.movies.details(550, append_to_response=["release_dates"])
        series = tmdb.tv_series.details(1399, append_to_response=["content_ratings"])
        print(certification(movie, "DE"), certification(series, "DE"))

    A movie has one for each release. That of the cinemas counts first, then that of digital and physical releases, and of the earliest in each.

    Args:
        title: Details of a movie with `release_dates`, or of a series with `content_ratings` appended; or one of these parts.
        country: ISO 3166-1 alpha-2, in upper or lower case, such as `DE`.

    Returns:
        The certification; empty if TMDB knows none in this country.

    Raises:
        InvalidArgumentError: There is no such country; for a familiar wrong code, such as `UK`, the message names the right one. Or it is no title.
        NotAppendedError: The part was not appended.
    """
    code = country_code(country)
    holder: Any = title
    part = next((name for name in ("release_dates", "content_ratings") if hasattr(type(holder), name)), None)
    results = _results(holder, part or "", [])
    if not isinstance(results, list) or (part is None and not _has_certifications(holder)):
        raise InvalidArgumentError(f"certification needs a movie's 'release_dates' or a series's 'content_ratings'; not {type(holder).__name__}")
    rows: list[Any] = results
    here = [row for row in rows if getattr(row, "iso_3166_1", None) == code]
    labels: list[tuple[str, tuple[str, ...]]] = []
    for row in here:
        if hasattr(type(row), "release_dates"):
            labels += [(_text(release.certification), _texts(release.descriptors)) for release in sorted(models_in(row, "release_dates"), key=_weight)]
        else:
            labels.append((_text(row.rating), _texts(row.descriptors)))
    labels = [label for label in labels if label[0]]
    if not labels:
        return Certification(country=code)
    rating, descriptors = labels[0]
    return Certification(country=code, rating=rating, descriptors=descriptors, all=tuple(dict.fromkeys(label for label, _ in labels)))


def _has_certifications(part: object) -> bool:
    from tmdb_openapi.models.content_ratings import ContentRatings
    from tmdb_openapi.models.movie_release_dates import MovieReleaseDates

    return isinstance(part, (ContentRatings, MovieReleaseDates))


def _texts(values: object) -> tuple[str, ...]:
    return tuple(value for value in values if isinstance(value, str)) if isinstance(values, list) else ()


def _weight(release: Any) -> tuple[int, str]:
    return BY_WEIGHT.index(release.type) if release.type in BY_WEIGHT else len(BY_WEIGHT), str(release.release_date)
