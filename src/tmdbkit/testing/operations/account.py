"""What users rate and mark: ratings, favorites and watchlists, in v3, v4 and of guests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tmdb_openapi import models

from tmdbkit.testing.users import FakeUser
from tmdbkit.testing.world import World
from tmdbkit.testing.world.world import seasons_of

from .call import Call, Refused, Reply, page_of, project, responds
from .details import find
from .lists import first_day
from .rows import title_row

__all__: list[str] = []

Entry = dict[str, Any]

NO_PERMISSION = 3
NOT_FOUND = 34
NOTHING_TO_DELETE = 21
SUCCESS = {"success": True, "status_code": 1, "status_message": "Success."}
UPDATED = {"success": True, "status_code": 12, "status_message": "The item/record was updated successfully."}
DELETED = {"success": True, "status_code": 13, "status_message": "The item/record was deleted successfully."}


def _own(call: Call) -> FakeUser:
    """The user whose account the path names. In v3 TMDB goes by the session alone.

    Raises:
        Refused: It is another user's (3).
    """
    if "guest_session_id" in call.path:
        guest = call.users.guest(call.path["guest_session_id"])
        if guest is None:
            raise Refused(NO_PERMISSION)
        return guest
    if "account_object_id" in call.path and call.path["account_object_id"] != call.user.account_object_id:
        raise Refused(NO_PERMISSION)
    return call.user


@responds("account_me", "account_details")
def _details(call: Call) -> Entry:
    user = _own(call)
    return {
        "avatar": {"gravatar": {"hash": user.account_object_id}, "tmdb": {"avatar_path": None}},
        "id": user.account_id,
        "iso_639_1": "en",
        "iso_3166_1": "US",
        "name": "",
        "include_adult": False,
        "username": user.username,
    }


# Ratings


def _rated_key(call: Call) -> tuple[str, int]:
    kind = "movie" if call.operation.operation_id.startswith("movies") else "episode" if "episode" in call.operation.operation_id else "tv"
    return kind, find(call, kind).entry["id"]


@responds("movies_add_rating", "tv_series_add_rating", "tv_episodes_add_rating")
def _add_rating(call: Call) -> Reply:
    key, user = _rated_key(call), call.user
    known = key in user.ratings

    def rate() -> None:
        user.ratings.pop(key, None)
        user.ratings[key] = float(call.body["value"]), call.now

    call.users.write(call.now, rate)
    return Reply(201, UPDATED if known else SUCCESS)


@responds("movies_delete_rating", "tv_series_delete_rating", "tv_episodes_delete_rating")
def _delete_rating(call: Call) -> Entry:
    key, user = _rated_key(call), call.user
    if key not in user.ratings:
        raise Refused(NOTHING_TO_DELETE)
    call.users.write(call.now, lambda: user.ratings.pop(key, None) and None)
    return DELETED


# Marks


@responds("account_add_favorite")
def _add_favorite(call: Call) -> Any:
    return _mark(call, call.user.favorites, call.body["favorite"])


@responds("account_add_to_watchlist")
def _add_to_watchlist(call: Call) -> Any:
    return _mark(call, call.user.watchlist, call.body["watchlist"])


def _mark(call: Call, marks: dict[tuple[str, int], datetime], wanted: bool) -> Any:
    key = call.body["media_type"], call.body["media_id"]
    if call.world.get(*key) is None:
        raise Refused(NOT_FOUND)
    known = key in marks

    def change() -> None:
        marks.pop(key, None)
        if wanted:
            marks[key] = call.now

    call.users.write(call.now, change)
    return Reply(201, UPDATED if known else SUCCESS) if wanted else DELETED


# Lists of what was rated and marked


def _sorted(call: Call, kind: str, rows: list[tuple[Entry, Any, datetime]]) -> list[tuple[Entry, Any, datetime]]:
    name, _, direction = (call.query.get("sort_by") or "created_at.asc").partition(".")

    def key(row: tuple[Entry, Any, datetime]) -> Any:
        entry, _, time = row
        if name == "created_at":
            return time
        if name in ("release_date", "primary_release_date", "first_air_date"):
            return first_day(kind, entry)
        value = entry.get(name, "")
        return value.casefold() if isinstance(value, str) else value

    return sorted(rows, key=key, reverse=direction == "desc")


def _entries(call: Call, kind: str, marks: Mapping[tuple[str, int], Any]) -> list[tuple[Entry, Any, datetime]]:
    """The marked entries that are still there, each with its mark and time."""
    rows = []
    for (one, id_), mark in marks.items():
        entry = call.world.index(_episodes).get(id_) if kind == "episode" else call.world.get(kind, id_) if one == kind else None
        if one == kind and entry is not None:
            rows.append((entry, mark, mark[1] if isinstance(mark, tuple) else mark))
    return _sorted(call, kind, rows)


def _episodes(world: World) -> dict[int, Entry]:
    return {episode["id"]: episode for series in world.all("tv") for season in seasons_of(series) for episode in season["episodes"]}


def _kind_of(call: Call) -> str:
    name = call.operation.operation_id
    return "episode" if name.endswith("episodes") else "movie" if "movie" in name else "tv"


@responds(
    *("account_favorite_movies", "account_favorite_tv", "account_watchlist_movies", "account_watchlist_tv"),
    *("v4_account_favorite_movies", "v4_account_favorite_tv", "v4_account_watchlist_movies", "v4_account_watchlist_tv"),
)
def _marked(call: Call) -> Entry:
    user, kind = _own(call), _kind_of(call)
    marks = user.favorites if "favorite" in call.operation.operation_id else user.watchlist
    return page_of(call, _entries(call, kind, marks), lambda row: title_row(kind, row[0], call.language))


RATED_MODELS: dict[str, Any] = {"movie": models.RatedMovieRow, "tv": models.RatedTVRow}
V4_RATED_MODELS: dict[str, Any] = {"movie": models.V4RatedMovieRow, "tv": models.V4RatedTVRow}


@responds(
    *("account_rated_movies", "account_rated_tv", "account_rated_tv_episodes"),
    *("guest_sessions_rated_movies", "guest_sessions_rated_tv", "guest_sessions_rated_tv_episodes"),
    *("v4_account_rated_movies", "v4_account_rated_tv"),
)
def _rated(call: Call) -> Entry:
    user, kind = _own(call), _kind_of(call)
    is_v4 = call.operation.operation_id.startswith("v4")

    def make(row: tuple[Entry, tuple[float, datetime], datetime]) -> Entry:
        entry, (value, time), _ = row
        if kind == "episode":
            return project(entry, models.RatedEpisodeRow, rating=value)
        if is_v4:
            rating = {"created_at": f"{time:%Y-%m-%dT%H:%M:%S}.000Z", "value": value}
            return title_row(kind, entry, call.language, model=V4_RATED_MODELS[kind], account_rating=rating)
        return title_row(kind, entry, call.language, model=RATED_MODELS[kind], rating=value)

    return page_of(call, _entries(call, kind, user.ratings), make)


@responds("v4_account_recommended_movies", "v4_account_recommended_tv")
def _recommended(call: Call) -> Entry:
    """The titles that share genres with what the user rated 6 or better, or marked; without such, the popular ones."""
    user, kind = _own(call), _kind_of(call)
    liked = {id_ for (one, id_), (value, _) in user.ratings.items() if one == kind and value >= 6}
    liked |= {id_ for one, id_ in (*user.favorites, *user.watchlist) if one == kind}
    genres = {genre["id"] for id_ in liked if (entry := call.world.get(kind, id_)) for genre in entry["genres"]}
    rows = [one for one in call.world.all(kind) if one["id"] not in liked and not one["adult"]]
    score: Callable[[Entry], tuple[int, float]] = lambda one: (-len(genres & {genre["id"] for genre in one["genres"]}), -one["popularity"])  # noqa: E731
    return page_of(call, sorted(rows, key=score), lambda one: title_row(kind, one, call.language))
