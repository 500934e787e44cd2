"""Rows of lists, made from entries, in the language of the call."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from tmdb_openapi import models

from .call import ENGLISH, project

if TYPE_CHECKING:
    from tmdbkit.testing.world import World
    from tmdbkit.testing.world.world import CreditRecord

__all__ = ["collection_row", "genre_names", "movie_row", "person_row", "title_row", "translated", "tv_row"]

Entry = dict[str, Any]

TITLES = ("title", "name")
TEXTS = ("overview", "tagline", "biography", "homepage")
NUMBER_KNOWN_FOR = 3


def translated(entry: Entry, language: str) -> Entry:
    """An entry with the texts of a language.

    As TMDB does: without a translation the title stays, while an overview, a tagline and a biography are empty.
    """
    if language == ENGLISH or "translations" not in entry:
        return entry
    code, _, country = language.partition("-")
    if code == "en":
        return entry
    found = [one for one in entry["translations"]["translations"] if one["iso_639_1"] == code]
    best: Mapping[str, Any] = next((one for one in found if one["iso_3166_1"] == country), found[0] if found else {"data": {}})
    data = best["data"]
    changed: Entry = {}
    for key in TITLES:
        if key in entry and "place_of_birth" not in entry:
            own = entry.get(f"original_{key}") if entry.get("original_language") == code else None
            changed[key] = data.get(key) or own or entry[key]
    for key in TEXTS:
        if key in entry:
            changed[key] = data.get(key) or (entry[key] if key == "homepage" else "")
    if posters := [one["file_path"] for one in entry.get("images", {}).get("posters", ()) if one["iso_639_1"] == code]:
        changed["poster_path"] = posters[0]
    return {**entry, **changed}


def genre_names(world: World, kind: str, genres: list[dict[str, Any]], language: str) -> list[dict[str, Any]]:
    """Genres with their names in a language; in English where the world does not know it."""
    code = language.partition("-")[0]
    known = {one["id"]: one.get("names", {}).get(code) for one in world.genres[kind]} if code != "en" else {}
    return [{"id": one["id"], "name": known.get(one["id"]) or one["name"]} for one in genres]


@cache
def _title_model(kind: str) -> Any:
    return models.MovieRow if kind == "movie" else models.TVRow


def title_row(kind: str, entry: Entry, language: str, *, media_type: bool = False, model: Any = None, **more: Any) -> dict[str, Any]:
    """A row of a movie or a series.

    Args:
        kind: `movie` or `tv`.
        entry: The entry.
        language: The language of the texts.
        media_type: Whether the row says what it is.
        model: The model of the row, if it has more keys.
        more: The values of these keys.
    """
    localized = translated(entry, language)
    if kind == "tv":
        more.setdefault("first_air_date", first_air_date(entry))
    if media_type:
        more["media_type"] = kind
    return project(localized, model or _title_model(kind), genre_ids=[genre["id"] for genre in entry["genres"]], **more)


def movie_row(entry: Entry, language: str, **more: Any) -> dict[str, Any]:
    """A row of a movie."""
    return title_row("movie", entry, language, **more)


def tv_row(entry: Entry, language: str, **more: Any) -> dict[str, Any]:
    """A row of a series."""
    return title_row("tv", entry, language, **more)


def first_air_date(series: Entry) -> str:
    """The first air date of a series: stated, or that of its first regular episode; empty if unknown."""
    if "first_air_date" in series:
        return series["first_air_date"] or ""
    return min(air_dates(series), default="")


def air_dates(series: Entry) -> list[str]:
    """The air dates of the regular episodes of a series."""
    return [
        episode["air_date"]
        for key, season in series.items()
        if key.startswith("season/") and key != "season/0"
        for episode in season["episodes"]
        if episode["air_date"]
    ]


def person_row(world: World, entry: Entry, language: str, *, media_type: bool = False, known_for: bool = True) -> dict[str, Any]:
    """A row of a person.

    Args:
        world: The world.
        entry: The person.
        language: The language of the texts of `known_for`.
        media_type: Whether the row says what it is.
        known_for: Whether the row has the titles that the person is known for.
    """
    more: dict[str, Any] = {}
    if known_for:
        more["known_for"] = [title_row(one.kind, one.entry, language, media_type=True) for one in best_known(world, entry["id"])]
    if media_type:
        more["media_type"] = "person"
    return project(entry, models.PersonRow, **more)


def best_known(world: World, person_id: int) -> list[CreditRecord]:
    """The most popular titles of a person, each once."""
    records = {(one.kind, one.entry["id"]): one for one in reversed(world.credits_of(person_id))}
    return sorted(records.values(), key=lambda one: -one.entry["popularity"])[:NUMBER_KNOWN_FOR]


def collection_row(entry: Entry, language: str, *, titled: bool = False) -> dict[str, Any]:
    """A row of a collection, with `name`; or with `title`, as lists of several kinds have it."""
    localized = translated({**entry, "title": entry["name"]}, language)
    name = localized["title"]
    if titled:
        return project(localized, models.TitledCollectionRow, title=name, original_title=entry["original_name"], media_type="collection")
    return project(localized, models.CollectionRow, name=name)
