"""What a test says of a title or a person: the arguments of `FakeTMDB.add_movie`, `add_series` and `add_person` that have several fields."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache
from types import NoneType
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict, get_args, get_origin, get_type_hints, is_typeddict

from tmdbkit.runtime.types import union_members

__all__ = [
    "Credit",
    "Day",
    "EpisodeFacts",
    "ExternalIDs",
    "Offers",
    "Release",
    "ReviewFacts",
    "SeasonFacts",
    "TitleFacts",
    "TranslationFacts",
    "VideoFacts",
    "check",
]

Day: TypeAlias = str | date
"""A day: a date, `YYYY-MM-DD`, or days from today, such as `+30` or `-1`."""


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


BY_COUNTRY = ("release_dates", "watch_providers")
"""What has one, or a list, by country."""

LEAST = {"id": 1} | dict.fromkeys(("season_number", "runtime", "budget", "revenue", "popularity", "vote_average", "vote_count", "gender"), 0)
MOST = {"vote_average": 10, "gender": 3}
WORDS: dict[Any, str] = {str: "a text", int: "an integer", float: "a number", bool: "True or False", date: "a date", Sequence: "a list", Mapping: "a dict"}


def check(facts: Mapping[str, Any], method: Callable[..., Any]) -> None:
    """Check the facts of a title or a person.

    Args:
        facts: The facts by name.
        method: The method whose arguments they are.

    Raises:
        ValueError: A value is of another type than that of its argument, a number is out of range, a title or a name is blank, or facts have an unknown
            key or lack one.
    """
    for name, value in facts.items():
        _check_type(value, _hints(method)[name], name)
    _check_values(facts)


@cache  # a series has many episodes, and their texts are annotations to be read
def _hints(annotated: Any) -> dict[str, Any]:
    return get_type_hints(annotated, globals(), include_extras=True)


def _check_type(value: Any, hint: Any, place: str) -> None:
    choices = union_members(get_args(hint)[0] if get_origin(hint) is NotRequired else hint)
    if not any(_fits(value, choice, place) for choice in choices):
        allowed = " or ".join(_words(choice) for choice in choices if choice is not NoneType)
        raise ValueError(f"{place} must be {allowed}; not {value!r}")


def _fits(value: Any, hint: Any, place: str) -> bool:
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if hint in (int, float):
        return isinstance(value, (int, hint)) and not isinstance(value, bool) and math.isfinite(value)
    kind = Mapping if is_typeddict(hint) else get_origin(hint) or hint
    if not isinstance(value, kind) or (kind is Sequence and isinstance(value, (str, bytes))):
        return False
    if is_typeddict(hint):
        _check_keys(value, hint, place)
    elif kind is Mapping:
        for key, item in value.items():
            _check_type(key, str, f"a key of {place}")
            _check_type(item, get_args(hint)[1], f"{place}[{key!r}]")
    elif kind is Sequence:
        for number, item in enumerate(value):
            _check_type(item, get_args(hint)[0], f"{place}[{number}]")
    elif isinstance(value, str):
        value.encode()  # half of a surrogate pair is a ValueError
    return True


def _words(hint: Any) -> str:
    return f"one of {', '.join(get_args(hint))}" if get_origin(hint) is Literal else WORDS.get(get_origin(hint) or hint, "a dict")


def _check_keys(facts: Mapping[Any, Any], shape: Any, place: str) -> None:
    hints = _hints(shape)
    if unknown := [key for key in facts if key not in hints]:
        raise ValueError(f"{place} has no {unknown[0]!r}: its keys are {', '.join(hints)}")
    if missing := [key for key in hints if shape.__total__ and get_origin(hints[key]) is not NotRequired and key not in facts]:
        raise ValueError(f"{place} lacks {missing[0]!r}")
    for key, value in facts.items():
        _check_type(value, hints[key], f"{place}: {key}")


def _check_values(facts: Mapping[str, Any], place: str = "") -> None:
    for name, value in facts.items():
        if value is None:
            continue
        if name in LEAST and not LEAST[name] <= value <= MOST.get(name, value):
            raise ValueError(f"{place}{name} must be {LEAST[name]} {f'to {MOST[name]}' if name in MOST else 'or more'}, not {value}")
        if name in ("title", "name") and not value.strip() and place != "translations: ":
            raise ValueError(f"{place}{name} must not be blank")
        values = list(value.values()) if name in BY_COUNTRY else [value]
        for rows in values:
            for row in [rows] if isinstance(rows, Mapping) else rows if isinstance(rows, Sequence) else []:
                if isinstance(row, Mapping):
                    _check_values(row, f"{name}: ")
