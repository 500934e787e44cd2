"""What a test says of a title or a person: the arguments of `FakeTMDB.add_movie`, `add_series` and `add_person` that have several fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, TypedDict

__all__ = ["Credit", "Day", "EpisodeFacts", "ExternalIDs", "Offers", "Release", "ReviewFacts", "SeasonFacts", "TitleFacts", "TranslationFacts", "VideoFacts"]

Day = str
"""A day as `YYYY-MM-DD`, or as days from today: `+30` or `-1`."""


class Credit(TypedDict):
    """A member of the cast, with a character, or of the crew, with a job. A name that the world does not know is added to its people."""

    name: str
    character: NotRequired[str]
    job: NotRequired[str]


class TitleFacts(TypedDict):
    """An alternative title, of a country."""

    iso_3166_1: str
    title: str
    type: NotRequired[str]


class TranslationFacts(TypedDict):
    """The texts in a language. A movie and a collection have a title; a series, a season, an episode and a person have a name."""

    iso_639_1: str
    iso_3166_1: str
    title: NotRequired[str]
    name: NotRequired[str]
    overview: NotRequired[str]
    tagline: NotRequired[str]
    homepage: NotRequired[str]
    biography: NotRequired[str]


class Release(TypedDict):
    """A release of a movie in a country. The type is 1 (premiere), 2 (limited), 3 (cinemas), 4 (digital), 5 (physical) or 6 (TV)."""

    release_date: Day
    certification: NotRequired[str]
    type: NotRequired[int]
    note: NotRequired[str]


class Offers(TypedDict, total=False):
    """The names of the providers that have a title in a country, by the kind of offer."""

    flatrate: Sequence[str]
    free: Sequence[str]
    ads: Sequence[str]
    rent: Sequence[str]
    buy: Sequence[str]


class VideoFacts(TypedDict):
    """A video at YouTube."""

    key: str
    name: str
    type: NotRequired[str]
    iso_639_1: NotRequired[str]
    iso_3166_1: NotRequired[str]
    published_at: NotRequired[str]
    official: NotRequired[bool]
    size: NotRequired[int]


class ReviewFacts(TypedDict):
    """A review."""

    author: str
    content: str
    username: NotRequired[str]
    rating: NotRequired[float | None]
    created_at: NotRequired[str]


class ExternalIDs(TypedDict, total=False):
    """The ids at other sites."""

    imdb_id: str | None
    wikidata_id: str | None
    facebook_id: str | None
    instagram_id: str | None
    twitter_id: str | None
    tiktok_id: str | None
    youtube_id: str | None
    tvdb_id: int | None


class EpisodeFacts(TypedDict):
    """An episode. Its number is its place in the season."""

    name: str
    id: NotRequired[int]
    air_date: NotRequired[Day | None]
    overview: NotRequired[str]
    runtime: NotRequired[int | None]
    episode_type: NotRequired[Literal["standard", "finale", "mid_season"]]
    vote_average: NotRequired[float]
    vote_count: NotRequired[int]
    credits: NotRequired[Sequence[Credit]]
    external_ids: NotRequired[ExternalIDs]
    translations: NotRequired[Sequence[TranslationFacts]]


class SeasonFacts(TypedDict):
    """A season. Season 0 has the specials."""

    season_number: int
    id: NotRequired[int]
    name: NotRequired[str]
    overview: NotRequired[str]
    air_date: NotRequired[Day | None]
    episodes: NotRequired[Sequence[EpisodeFacts]]
    external_ids: NotRequired[ExternalIDs]
    translations: NotRequired[Sequence[TranslationFacts]]
    watch_providers: NotRequired[Mapping[str, Offers]]
