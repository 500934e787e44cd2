"""`tmdb.whole_series`: a series with all its seasons and episodes, in as few requests as TMDB's limit of 20 parts allows."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from .parts import season
from .runtime.checks import checked_day
from .runtime.errors import InvalidArgumentError
from .runtime.models import models_in

if TYPE_CHECKING:
    from tmdb_openapi.models.season_details import SeasonDetails
    from tmdb_openapi.models.season_episode import SeasonEpisode
    from tmdb_openapi.models.tv_series_details import TVSeriesDetails
    from tmdb_openapi.types import SeasonPart, TVSeriesPart

    Parts: TypeAlias = Sequence[TVSeriesPart | SeasonPart]

__all__ = ["WholeSeries", "plan"]

MOST_PARTS = 20
SPECIALS = 0


@attrs.frozen(repr=False)
class WholeSeries:
    """A series with its seasons. It iterates over the episodes, across seasons, and `len` is their number.

    Attributes:
        details: The details of the series.
        seasons: The seasons with their episodes, by number; season 0 has the specials, if they were asked for.
        missing: The numbers of seasons that the details list and TMDB did not send.
    """

    details: TVSeriesDetails
    seasons: tuple[SeasonDetails, ...]
    missing: tuple[int, ...] = ()

    def __iter__(self) -> Iterator[SeasonEpisode]:
        return (episode for found in self.seasons for episode in sorted(models_in(found, "episodes"), key=_place))

    def __len__(self) -> int:
        return sum(len(models_in(found, "episodes")) for found in self.seasons)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"<WholeSeries {self.details.name!r}: {len(self.seasons)} seasons, {len(self)} episodes>"

    def season(self, number: int) -> SeasonDetails | None:
        """The season with a number; None without one.

        Args:
            number: The number; 0 for the specials.
        """
        return next((found for found in self.seasons if found.season_number == number), None)

    def episode(self, season_number: int, episode_number: int) -> SeasonEpisode | None:
        """The episode with these numbers; None without one.

        Args:
            season_number: The number of its season; 0 for the specials.
            episode_number: Its number in the season.
        """
        found = self.season(season_number)
        return next((episode for episode in (models_in(found, "episodes") if found else ()) if episode.episode_number == episode_number), None)

    def aired(self, today: date | str | None = None, *, after: date | str | None = None) -> list[SeasonEpisode]:
        """The episodes that have aired, the first one first.

        Args:
            today: The last day that counts; by default today, where this program runs.
            after: Leave out the episodes of this day and of those before it, such as the day of the last look.
        """
        last, before = _day("today", today), date.min if after is None else _day("after", after)
        return sorted((episode for episode in self if isinstance(episode.air_date, date) and before < episode.air_date <= last), key=_moment)

    def next_to_air(self, today: date | str | None = None) -> SeasonEpisode | None:
        """The episode that airs next, today's included; None if no day is known.

        Args:
            today: The first day that counts; by default today, where this program runs. Days of episodes are those of the country of the series.
        """
        first = _day("today", today)
        return min((episode for episode in self if isinstance(episode.air_date, date) and episode.air_date >= first), key=_moment, default=None)


def plan(parts: Iterable[TVSeriesPart] | TVSeriesPart | None, *, specials: bool) -> Generator[Parts, TVSeriesDetails, WholeSeries]:
    """Yield the parts of each request for a series, take its details, and return the whole series.

    The first request does not know how many seasons there are, and asks for as many as fit: TMDB leaves out those that do not exist. So most series take one.

    Args:
        parts: Other parts to append, one or more.
        specials: Whether the specials belong to it.

    Raises:
        InvalidArgumentError: There are more than 20 parts.
    """
    given: object = () if parts is None else parts
    items: list[Any] = [given] if isinstance(given, str) or not isinstance(given, Iterable) else [*given]
    if not all(isinstance(item, str) for item in items):
        raise InvalidArgumentError(f"append_to_response must be a list of parts, such as ['external_ids']; not {parts!r}")
    others: list[TVSeriesPart | SeasonPart] = list(dict.fromkeys(items))
    if len(others) > MOST_PARTS:
        raise InvalidArgumentError(f"append_to_response must be a list of at most {MOST_PARTS} parts; not {len(others)}")
    start = SPECIALS if specials else SPECIALS + 1
    details = yield [*others, *map(season, range(start, start + MOST_PARTS - len(others)))]
    found = _seasons(details)
    listed = {row.season_number for row in models_in(details, "seasons", required=True) if row.season_number.__class__ is int and row.season_number >= SPECIALS}
    wanted = sorted(listed - (set() if specials else {SPECIALS}))
    left = [number for number in wanted if number not in found]
    for first in range(0, len(left), MOST_PARTS):
        found |= _seasons((yield [*map(season, left[first : first + MOST_PARTS])]))
    return WholeSeries(details, tuple(found[number] for number in sorted(found)), tuple(number for number in wanted if number not in found))


def _seasons(details: TVSeriesDetails) -> dict[int, SeasonDetails]:
    """The appended seasons by number. What has drifted, and has no episodes, is missing."""
    return {number: found for number, found in details.appended_seasons.items() if isinstance(getattr(found, "episodes", None), list)}


def _day(name: str, given: date | str | None) -> date:
    return datetime.now().astimezone().date() if given is None else checked_day(name, given)


def _place(episode: SeasonEpisode) -> tuple[int, int]:
    return _number(episode.season_number), _number(episode.episode_number)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _moment(episode: SeasonEpisode) -> tuple[date, bool, int, int]:
    """Episodes of one day come by their numbers, and specials last."""
    return episode.air_date if isinstance(episode.air_date, date) else date.max, episode.season_number == SPECIALS, *_place(episode)
