"""Requests for every operation and every entry of the fake's world, and the ids that responses list."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import httpx

from tmdbkit.router import package_operations
from tmdbkit.runtime.operations import Operation
from tmdbkit.testing import FakeTMDB
from tmdbkit.testing.world.world import seasons_of

URL = "https://api.themoviedb.org"
LANGUAGES = ("en-US", "de-DE", "ja-JP")

PARTS = {
    "movie": "account_states alternative_titles changes credits external_ids images keywords lists recommendations release_dates releases reviews similar"
    " trailers translations videos watch/providers",
    "tv": "account_states aggregate_credits alternative_titles changes content_ratings credits episode_groups external_ids images keywords lists"
    " recommendations reviews screened_theatrically similar translations videos watch/providers season/0 season/1",
    "season": "account_states aggregate_credits changes credits external_ids images translations videos watch/providers",
    "episode": "account_states changes credits external_ids images translations videos",
    "person": "changes combined_credits external_ids images latest movie_credits tagged_images translations tv_credits",
    "collection": "images translations",
    "company": "alternative_names images movies",
    "network": "alternative_names images",
}
"""All parts by the name of what has them. Those that do not exist are ignored, as TMDB ignores them."""

READS = {one.operation_id: one for one in package_operations() if one.method == "GET" and not one.changes_state}
DETAILS = {"movie_id": "movie", "series_id": "tv", "season_number": "season", "episode_number": "episode", "person_id": "person"}
DETAILS |= {"collection_id": "collection", "company_id": "company", "network_id": "network"}


class Tour:
    """A fake whose user has rated, marked and listed something, and a client of it."""

    def __init__(self) -> None:
        self.fake = fake = FakeTMDB()
        self.user, self.guest = fake.user, fake.users.add_guest()
        self.http = httpx.Client(transport=fake.transport, base_url=URL)
        self.own = {"Authorization": f"Bearer {self.user.access_token}"}
        session = {"session_id": self.user.session_id}
        for kind, id_ in (("movie", 550), ("tv", 1399), ("tv", "1399/season/1/episode/1")):
            for credential in (session, {"guest_session_id": self.guest.guest_session_id}):
                self.send("POST", f"/3/{kind}/{id_}/rating", {"value": 8.5}, **credential)
        for name in ("favorite", "watchlist"):
            for kind, id_ in (("movie", 550), ("tv", 1399)):
                self.send("POST", f"/3/account/1/{name}", {"media_type": kind, "media_id": id_, name: True}, **session)
        self.list_id = self.send("POST", "/4/list", {"name": "A list", "iso_639_1": "en"})["id"]
        items = [{"media_type": "movie", "media_id": 550}, {"media_type": "tv", "media_id": 1399}]
        self.send("POST", f"/4/list/{self.list_id}/items", {"items": items})

    def send(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The body of a success."""
        response = self.http.request(method, path, params=query, json=body, headers=self.own)
        assert response.status_code < 300, (method, path, query, response.text)
        return response.json()

    def requests(self, operation: Operation[Any]) -> Iterator[tuple[str, dict[str, str]]]:
        """The requests of an operation: for every entry in turn in one of the languages, and for details with all parts in all of them."""
        query = self._query(operation)
        paths = list(self._paths(operation.path))
        kind = DETAILS.get(operation.path.rpartition("{")[2].rstrip("}"))
        if kind is None or not operation.path.endswith("}"):
            languages = itertools.cycle(LANGUAGES)
            yield from ((path, {**query, "language": language}) for path, language in zip(paths, languages, strict=False))
            return
        for path, language in itertools.product(paths, LANGUAGES):
            yield path, {**query, "language": language, "append_to_response": ",".join(PARTS[kind].split())}

    def _query(self, operation: Operation[Any]) -> dict[str, str]:
        query = {"session_id": self.user.session_id}
        if operation.path.startswith("/3/search"):
            query["query"] = "s"
        if operation.path.startswith("/3/find"):
            query["external_source"] = "imdb_id"
        if operation.path.endswith("item_status"):
            query |= {"movie_id": "550", "media_id": "550", "media_type": "movie"}
        return query

    def _paths(self, path: str) -> Iterator[str]:
        world = self.fake.world
        if "{season_number}" in path:
            for series in world.all("tv"):
                for season in seasons_of(series):
                    filled = path.replace("{series_id}", str(series["id"])).replace("{season_number}", str(season["season_number"]))
                    if "{episode_number}" in path:
                        yield from (filled.replace("{episode_number}", str(one["episode_number"])) for one in season["episodes"])
                    else:
                        yield filled
        elif name := re.search(r"\{(\w+)\}", path):
            yield from (path.replace(name[0], str(id_)) for id_ in self.ids(name[1]))
        else:
            yield path

    def ids(self, name: str) -> list[Any]:
        """What a parameter of a path can be."""
        world = self.fake.world
        seasons = [season for series in world.all("tv") for season in seasons_of(series)]
        match name:
            case "keyword_id" | "movie_id" | "series_id" | "person_id" | "collection_id" | "company_id" | "network_id":
                return [one["id"] for one in world.all({"keyword_id": "keyword", **DETAILS}[name])]
            case "season_id":
                return [one["id"] for one in seasons]
            case "episode_id":
                return [one["id"] for season in seasons for one in season["episodes"]]
            case "credit_id":
                return list(world.credits)
            case "review_id":
                return [one["id"] for kind in ("movie", "tv") for entry in world.all(kind) for one in entry["reviews"]["results"]]
            case "tv_episode_group_id":
                return list(world.episode_groups)
            case "external_id":
                return [entry["external_ids"]["imdb_id"] for kind in ("movie", "tv", "person") for entry in world.all(kind) if entry["external_ids"]["imdb_id"]]
        known = {"time_window": ["day", "week"], "guest_session_id": [self.guest.guest_session_id], "list_id": [self.list_id]}
        known |= {"account_id": [self.user.account_id], "account_object_id": [self.user.account_object_id]}
        return known[name]


def listed(body: Any, key: str = "") -> Iterator[str]:
    """The paths of what a body lists: of its rows, and of what they name."""
    if isinstance(body, list):
        for item in body:
            yield from listed(item, key)
    elif isinstance(body, dict):
        if path := _path_of(body, key):
            yield path
        if re.fullmatch("[0-9a-f]{24}", str(body.get("credit_id", ""))):
            yield f"/3/credit/{body['credit_id']}"
        for name, value in body.items():
            yield from listed(value, name)


PLACES = {"cast": "person", "crew": "person", "guest_stars": "person", "created_by": "person", "person": "person", "parts": "movie"}
PLACES |= {"production_companies": "company", "networks": "network", "network": "network", "parent_company": "company"}
PLACES |= {"belongs_to_collection": "collection", "keywords": "keyword"}


def _path_of(row: dict[str, Any], key: str) -> str | None:
    """The path of the details of a row, by its keys, or by the place where it stands."""
    if "author_details" in row:
        return f"/3/review/{row['id']}"
    if "id" not in row or row.keys() & {"credit_type", "image_type", "media_id"}:
        return None
    if "show_id" in row and "episode_number" in row:
        return f"/3/tv/{row['show_id']}/season/{row['season_number']}/episode/{row['episode_number']}"
    if "show_id" in row:
        return f"/3/tv/{row['show_id']}/season/{row['season_number']}"
    if row.get("media_type") in ("movie", "tv", "person", "collection"):
        return f"/3/{row['media_type']}/{row['id']}"
    if "original_title" in row:
        return f"/3/movie/{row['id']}"
    if "first_air_date" in row:
        return f"/3/tv/{row['id']}"
    if "known_for_department" in row:
        return f"/3/person/{row['id']}"
    kind = PLACES.get(key)
    return f"/3/{kind}/{row['id']}" if kind and isinstance(row["id"], int) else None
