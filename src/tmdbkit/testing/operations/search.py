"""Search, and find by the id of another site."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from tmdb_openapi import models

from tmdbkit.testing.world import World
from tmdbkit.testing.world.world import seasons_of

from .call import Call, Refused, page_of, project, responds
from .lists import first_day
from .rows import collection_row, person_row, title_row

__all__: list[str] = []

Entry = dict[str, Any]
UNKNOWN_SOURCE = 5


def words_of(text: str) -> list[str]:
    """The words of a text, without case, accents and punctuation."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"\w+", "".join(character for character in plain if not unicodedata.combining(character)))


def _names(world: World, kind: str) -> list[tuple[Entry, str]]:
    """The names of each entry, one a line, as words with a space before each."""
    return [(entry, "\n".join("".join(f" {word}" for word in words_of(name)) for name in _names_of(kind, entry))) for entry in world.all(kind)]


def _names_of(kind: str, entry: Entry) -> Iterable[str]:
    key = "title" if kind == "movie" else "name"
    yield entry[key]
    if original := entry.get(f"original_{key}"):
        yield original
    if kind in ("movie", "tv"):
        alternative = entry["alternative_titles"]
        yield from (one["title"] for one in alternative.get("titles") or alternative.get("results") or ())
        yield from (one["data"].get(key) or "" for one in entry["translations"]["translations"])
    elif kind == "person":
        yield from entry["also_known_as"]
    elif kind == "collection":
        yield from (one["data"].get("title") or "" for one in entry["translations"]["translations"])


INDEXES = {kind: (lambda world, kind=kind: _names(world, kind)) for kind in ("movie", "tv", "person", "collection", "company", "keyword")}


def _matches(call: Call, kind: str) -> list[Entry]:
    """The entries that match the query: exact names first, then by popularity. Each word of the query begins a word of one name."""
    query = [f" {word}" for word in words_of(call.query["query"])]
    include_adult = call.query.get("include_adult") == "true"
    found = []
    for entry, names in call.world.index(INDEXES[kind]) if query else ():
        if (entry.get("adult") and not include_adult) or query[0] not in names:
            continue
        if fitting := [name for name in names.split("\n") if all(word in name for word in query)]:
            found.append(("".join(query) not in fitting, -entry.get("popularity", 0), entry["id"], entry))
    return [entry for *_, entry in sorted(found, key=lambda one: one[:3])]


def _in_year(call: Call, kind: str, entry: Entry) -> bool:
    """Whether a title is of the years of the call: its own year, or for `year` also that of another release, or of an episode."""
    first = first_day(kind, entry)[:4]
    strict = call.query.get("primary_release_year" if kind == "movie" else "first_air_date_year")
    if strict and first != strict:
        return False
    year = call.query.get("year")
    if not year or first == year:
        return True
    if kind == "movie":
        return any(one["release_date"][:4] == year for country in entry["release_dates"]["results"] for one in country["release_dates"])
    return any((episode["air_date"] or "")[:4] == year for season in seasons_of(entry) for episode in season["episodes"])


@responds("search_movie", "search_tv")
def _search_titles(call: Call) -> Entry:
    kind = call.operation.operation_id.removeprefix("search_")
    rows = [one for one in _matches(call, kind) if _in_year(call, kind, one)]
    return page_of(call, rows, lambda one: title_row(kind, one, call.language))


@responds("search_person")
def _search_person(call: Call) -> Entry:
    return page_of(call, _matches(call, "person"), lambda one: person_row(call.world, one, call.language))


@responds("search_collection")
def _search_collection(call: Call) -> Entry:
    return page_of(call, _matches(call, "collection"), lambda one: collection_row(one, call.language))


@responds("search_company")
def _search_company(call: Call) -> Entry:
    return page_of(call, _matches(call, "company"), lambda one: project({**one, "origin_country": one["origin_country"] or ""}, models.CompanySummary))


@responds("search_keyword")
def _search_keyword(call: Call) -> Entry:
    return page_of(call, _matches(call, "keyword"), lambda one: project(one, models.Keyword))


@responds("search_multi")
def _search_multi(call: Call) -> Entry:
    query = words_of(call.query["query"])
    rows = [(kind, one) for kind in ("movie", "tv", "person", "collection") for one in _matches(call, kind)]

    def rank(row: tuple[str, Entry]) -> tuple[bool, float]:
        kind, entry = row
        return query not in [words_of(name) for name in _names_of(kind, entry)], -entry.get("popularity", 0)

    def make(row: tuple[str, Entry]) -> Entry:
        kind, entry = row
        if kind == "person":
            return person_row(call.world, entry, call.language, media_type=True)
        if kind == "collection":
            return collection_row(entry, call.language, titled=True)
        return title_row(kind, entry, call.language, media_type=True)

    return page_of(call, sorted(rows, key=rank), make)


# Find


def _external_ids(world: World) -> dict[tuple[str, str], list[tuple[str, Entry, Entry]]]:
    """What each id of another site names: its kind, the entry, and the series of a season or an episode."""
    found: dict[tuple[str, str], list[tuple[str, Entry, Entry]]] = {}

    def add(kind: str, entry: Entry, series: Entry) -> None:
        for site, id_ in {"imdb_id": entry.get("imdb_id"), **entry["external_ids"]}.items():
            if id_:
                found.setdefault((site, str(id_)), []).append((kind, entry, series))

    for kind in ("movie", "tv", "person"):
        for entry in world.all(kind):
            add(kind, entry, entry)
    for series in world.all("tv"):
        for season in seasons_of(series):
            add("season", season, series)
            for episode in season["episodes"]:
                add("episode", episode, series)
    return found


@responds("find_by_id")
def _find(call: Call) -> Entry:
    source = call.query["external_source"]
    if source not in ("imdb_id", "facebook_id", "instagram_id", "tvdb_id", "tiktok_id", "twitter_id", "wikidata_id", "youtube_id"):
        raise Refused(UNKNOWN_SOURCE)
    results: dict[str, list[Entry]] = {"movie": [], "person": [], "tv": [], "episode": [], "season": []}
    for kind, entry, series in call.world.index(_external_ids).get((source, call.path["external_id"]), ()):
        if kind == "person":
            row = person_row(call.world, entry, call.language, media_type=True)
        elif kind == "season":
            row = project(entry, models.SeasonRow, media_type="tv_season", show_id=series["id"], episode_count=len(entry["episodes"]))
        elif kind == "episode":
            row = project(entry, models.EpisodeRow, media_type="tv_episode")
        else:
            row = title_row(kind, entry, call.language, media_type=True)
        results[kind].append(row)
    names = {"movie": "movie", "person": "person", "tv": "tv", "episode": "tv_episode", "season": "tv_season"}
    return {f"{name}_results": results[kind] for kind, name in names.items()}
