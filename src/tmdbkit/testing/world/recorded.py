"""Takes recorded responses into the world."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from . import entries
from .world import KINDS, World

__all__ = ["learn", "records_of"]

Entry = dict[str, Any]

DETAILS = {
    "movies_details": "movie",
    "tv_series_details": "tv",
    "people_details": "person",
    "collections_details": "collection",
    "companies_details": "company",
    "networks_details": "network",
    "keywords_details": "keyword",
    "movies_latest": "movie",
    "tv_series_latest": "tv",
    "people_latest": "person",
}
PARTS = {"movies": "movie", "tv_series": "tv", "people": "person", "collections": "collection", "companies": "company", "networks": "network"}
"""The kinds of entries by tag: the other operations of these tags answer with a part of one."""
STORED_PARTS = {
    "movie": {"alternative_titles", "credits", "external_ids", "images", "keywords", "release_dates", "reviews", "translations", "videos", "watch_providers"},
    "tv": {
        *("alternative_titles", "content_ratings", "credits", "external_ids", "images", "keywords", "reviews"),
        *("screened_theatrically", "translations", "videos", "watch_providers"),
    },
    "person": {"external_ids", "images", "translations"},
    "collection": {"images", "translations"},
    "company": {"alternative_names", "images"},
    "network": {"alternative_names", "images"},
}
BUILDERS: dict[str, Any] = {
    "movie": entries.movie,
    "tv": entries.series,
    "person": entries.person,
    "collection": entries.collection,
    "company": entries.company,
    "network": entries.network,
    "keyword": dict,
}
NAMED_KEYS = (
    *("id", "name", "original_name", "gender", "known_for_department", "profile_path", "popularity", "adult"),
    *("logo_path", "origin_country", "poster_path", "backdrop_path"),
)
"""What details say of the people, companies and so on that they name."""
DERIVED = {"account_states", "aggregate_credits", "changes", "combined_credits", "episode_groups", "lists", "movie_credits", "movies", "recommendations"}
DERIVED |= {"releases", "similar", "tagged_images", "trailers", "tv_credits", "additional_properties"}
"""Parts that the world makes of other entries."""


def records_of(path: Path) -> Iterator[Mapping[str, Any]]:
    """The recordings of a file, of the files of a folder, or of the lines of a file.

    Raises:
        OSError: It cannot be read.
        ValueError: It has no JSON, or something else than objects.
    """
    if path.is_dir():
        for file in sorted(path.rglob("*.json")):
            yield from records_of(file)
        return
    content = path.read_bytes()
    try:
        listed: Any = [msgspec.json.decode(content)]
    except (msgspec.DecodeError, RecursionError):
        try:
            lines = [line for line in content.splitlines() if line.strip()]
            if b'"journal"' in lines[0] and not content.endswith(b"\n"):
                lines.pop()  # the batch was killed while it wrote
            listed = list(map(msgspec.json.decode, lines))
        except (msgspec.DecodeError, RecursionError) as error:
            raise ValueError(f"{path} has neither JSON nor JSON lines: {error}") from None
    for record in listed:
        if not isinstance(record, dict):
            raise ValueError(f"{path} must have objects: recordings, or bodies of details")
        if "journal" not in record and "error" not in record:  # those lines of a journal have no value
            yield record


def learn(world: World, record: Mapping[str, Any], *, now: datetime) -> bool:
    """Add what a recording has to a world.

    Args:
        world: The world.
        record: A recording, or a body of details.
        now: The time of the changes.

    Returns:
        Whether it had something for the world.
    """
    if "response" not in record:
        # A body of details, or a line of a journal with one.
        body = record.get("value", record)
        kind = _kind_of(body) if isinstance(body, dict) else None
        return kind is not None and _put(world, kind, body, now)
    response = record["response"]
    body = response.get("body")
    if response.get("status", 0) >= 300 or not isinstance(body, dict):
        return False
    operation_id = str(record.get("operation_id") or _operation_id(record))
    if operation_id in DETAILS:
        return _put(world, DETAILS[operation_id], body, now)
    tag, action = next(((tag, operation_id.removeprefix(f"{tag}_")) for tag in PARTS if operation_id.startswith(f"{tag}_")), ("", ""))
    if tag and action in STORED_PARTS[PARTS[tag]] and isinstance(body.get("id"), int):
        known = world.get(PARTS[tag], body["id"])
        part = action.replace("watch_providers", "watch/providers")
        return known is not None and _put(world, PARTS[tag], {**known, part: {key: value for key, value in body.items() if key != "id"}}, now)
    rows = body.get("results") or []
    added = [_put_row(world, row, now) for row in rows if isinstance(row, dict)]
    return any(added)


def _operation_id(record: Mapping[str, Any]) -> str | None:
    from tmdbkit.router import route  # the operations are imported only where a recording does not name its own

    request = record.get("request", {})
    found = route(str(request.get("path", "")).partition("?")[0])
    operation = found.operations.get(str(request.get("method", "GET"))) if found else None
    return operation.operation_id if operation else None


def _kind_of(body: Mapping[str, Any]) -> str | None:
    """What a body of details is, by its keys."""
    if "title" in body and "runtime" in body:
        return "movie"
    if "name" in body and "number_of_seasons" in body:
        return "tv"
    if "name" in body and "also_known_as" in body:
        return "person"
    return "collection" if "name" in body and "parts" in body else None


def _put_row(world: World, row: Mapping[str, Any], now: datetime) -> bool:
    """Add an entry for a row of a list, unless the world has it."""
    kind = row.get("media_type") or ("movie" if "title" in row else "tv" if "first_air_date" in row else "person" if "known_for_department" in row else None)
    if kind not in ("movie", "tv", "person") or not isinstance(row.get("id"), int) or world.get(kind, row["id"]):
        return False
    given = {key: value for key, value in row.items() if key not in ("genre_ids", "known_for", "media_type", "rating", "account_rating")}
    if kind != "person":
        genres = {one["id"]: {"id": one["id"], "name": one["name"]} for one in world.genres[kind]}
        given["genres"] = [genres[id_] for id_ in row.get("genre_ids", ()) if id_ in genres]
    return _put(world, kind, given, now)


def _put(world: World, kind: str, body: Mapping[str, Any], now: datetime) -> bool:
    """Add recorded details, over what the world knows of the entry, and whatever they name."""
    if not isinstance(body.get("id"), int):
        return False
    known = world.get(kind, body["id"]) or {}
    given = {**known, **{key: value for key, value in body.items() if key not in DERIVED}}
    if kind == "tv":
        # Seasons that the recording has in full replace those that were made up.
        given = {key: value for key, value in given.items() if not (key == "seasons" and not value)}
    for key in ("videos", "reviews", "watch/providers"):
        if isinstance(given.get(key), dict):
            given[key] = {"results": given[key].get("results", [])}
    world.put(kind, BUILDERS[kind](given), now=now)
    _put_named(world, kind, given, now)
    return True


def _put_named(world: World, kind: str, body: Mapping[str, Any], now: datetime) -> None:
    """Add what details name: an id that is listed anywhere can be asked for."""
    named: list[tuple[str, Mapping[str, Any]]] = []
    named += [("company", one) for one in body.get("production_companies", ())]
    named += [("network", one) for one in body.get("networks", ())]
    named += [("person", one) for one in body.get("created_by", ())]
    named += [("keyword", one) for one in _keywords(body)]
    if body.get("belongs_to_collection"):
        named.append(("collection", body["belongs_to_collection"]))
    for listed in _credits(body):
        named += [("person", one) for one in listed]
    named += [("movie", one) for one in body.get("parts", ()) if kind == "collection"]
    for one_kind, one in named:
        if one_kind == "movie":
            _put_row(world, {**one, "media_type": "movie"}, now)
        elif one_kind in KINDS and world.get(one_kind, one["id"]) is None:
            world.put(one_kind, BUILDERS[one_kind]({key: one[key] for key in NAMED_KEYS if key in one}), now=now)


def _keywords(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    part = body.get("keywords") or {}
    return part.get("keywords") or part.get("results") or []


def _credits(body: Mapping[str, Any]) -> Iterator[list[Mapping[str, Any]]]:
    part = body.get("credits") or {}
    yield from (part.get("cast", []), part.get("crew", []))
    for key, season in body.items():
        if key.startswith("season/"):
            for episode in season.get("episodes", ()):
                yield from (episode.get("guest_stars", []), episode.get("crew", []))
