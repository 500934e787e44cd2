"""TMDB's own lists: popular, trending, now playing, of a keyword, and so on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tmdb_openapi import models

from tmdbkit.testing.world.world import seasons_of

from .call import Call, Refused, page_of, project, responds
from .rows import first_air_date, movie_row, person_row, title_row, tv_row

Entry = dict[str, Any]

NOT_FOUND = 34
MIN_VOTES = 200
NOW_PLAYING = 10
DAYS_ON_AIR = 7


def _listed(call: Call, kind: str) -> list[Entry]:
    """The entries of a kind that lists show, the most popular first."""
    return sorted((one for one in call.world.all(kind) if not one["adult"]), key=lambda one: (-one["popularity"], one["id"]))


@responds("movies_popular", "tv_series_popular")
def _popular(call: Call) -> Entry:
    kind = "movie" if call.operation.operation_id == "movies_popular" else "tv"
    return page_of(call, _listed(call, kind), lambda one: title_row(kind, one, call.language))


@responds("people_popular")
def _popular_people(call: Call) -> Entry:
    return page_of(call, _listed(call, "person"), lambda one: person_row(call.world, one, call.language))


@responds("movies_top_rated", "tv_series_top_rated")
def _top_rated(call: Call) -> Entry:
    kind = "movie" if call.operation.operation_id == "movies_top_rated" else "tv"
    rows = [one for one in _listed(call, kind) if one["vote_count"] >= MIN_VOTES]
    return page_of(call, sorted(rows, key=lambda one: -one["vote_average"]), lambda one: title_row(kind, one, call.language))


@responds("movies_now_playing")
def _now_playing(call: Call) -> Entry:
    today = call.now.date().isoformat()
    released = sorted((one for one in _listed(call, "movie") if one["release_date"] and one["release_date"] <= today), key=lambda one: one["release_date"])
    rows = released[: -NOW_PLAYING - 1 : -1]
    dates = {"maximum": today, "minimum": rows[-1]["release_date"] if rows else today}
    return page_of(call, rows, lambda one: movie_row(one, call.language), dates=dates)


@responds("movies_upcoming")
def _upcoming(call: Call) -> Entry:
    today = call.now.date()
    rows = sorted((one for one in _listed(call, "movie") if one["release_date"] > today.isoformat()), key=lambda one: one["release_date"])
    tomorrow = (today + timedelta(days=1)).isoformat()
    dates = {"maximum": rows[-1]["release_date"] if rows else tomorrow, "minimum": tomorrow}
    return page_of(call, rows, lambda one: movie_row(one, call.language), dates=dates)


@responds("tv_series_airing_today", "tv_series_on_the_air")
def _on_the_air(call: Call) -> Entry:
    today = call.now.date()
    days = 0 if call.operation.operation_id == "tv_series_airing_today" else DAYS_ON_AIR
    last = (today + timedelta(days=days)).isoformat()
    rows = [
        one
        for one in _listed(call, "tv")
        if any(episode["air_date"] and today.isoformat() <= episode["air_date"] <= last for season in seasons_of(one) for episode in season["episodes"])
    ]
    return page_of(call, rows, lambda one: tv_row(one, call.language))


@responds("trending_all", "trending_movie", "trending_tv", "trending_person")
def _trending(call: Call) -> Entry:
    if call.path["time_window"] not in ("day", "week"):
        raise Refused(NOT_FOUND)
    name = call.operation.operation_id.removeprefix("trending_")
    kinds = ("movie", "tv", "person") if name == "all" else (name,)
    rows = [(kind, one) for kind in kinds for one in _listed(call, kind)]
    rows.sort(key=lambda row: -row[1]["popularity"])

    def make(row: tuple[str, Entry]) -> Entry:
        kind, entry = row
        if kind == "person":
            return person_row(call.world, entry, call.language, media_type=True)
        return title_row(kind, entry, call.language, media_type=True)

    return page_of(call, rows, make)


@responds("genres_movie", "genres_tv")
def _genres(call: Call) -> Entry:
    code = call.language.partition("-")[0]
    genres = call.world.genres[call.operation.operation_id.removeprefix("genres_")]
    return {"genres": [{"id": one["id"], "name": one.get("names", {}).get(code) or one["name"]} for one in genres]}


def _keyword(call: Call) -> Entry:
    found = call.world.get("keyword", call.number("keyword_id"))
    if found is None:
        raise Refused(NOT_FOUND)
    return found


@responds("keywords_details")
def _keyword_details(call: Call) -> Entry:
    return project(_keyword(call), models.Keyword)


@responds("keywords_movies")
def _movies_of_keyword(call: Call) -> Entry:
    id_ = _keyword(call)["id"]
    include_adult = call.query.get("include_adult") == "true"
    tagged = [one for one in call.world.all("movie") if any(keyword["id"] == id_ for keyword in one["keywords"]["keywords"])]
    rows = sorted((one for one in tagged if include_adult or not one["adult"]), key=lambda one: -one["popularity"])
    return {"id": id_, **page_of(call, rows, lambda one: movie_row(one, call.language))}


# Configuration


@responds("configuration_details")
def _configuration(call: Call) -> Entry:
    sizes = {"poster": "w92 w154 w185 w342 w500 w780", "backdrop": "w300 w780 w1280", "logo": "w45 w92 w154 w185 w300 w500", "profile": "w45 w185 h632"}
    sizes["still"] = "w92 w185 w300"
    images = {f"{kind}_sizes": [*text.split(), "original"] for kind, text in sizes.items()}
    del call
    base = "image.tmdb.org/t/p/"
    change_keys = "adult also_known_as biography birthday budget cast crew deathday genres homepage images name overview plot_keywords release_dates"
    change_keys += " runtime season status title videos"
    return {"images": {"base_url": f"http://{base}", "secure_base_url": f"https://{base}", **images}, "change_keys": change_keys.split()}


def _configured(name: str) -> Callable[[Call], Any]:
    return lambda call: call.world.configuration[name]


for _name in ("countries", "jobs", "languages", "primary_translations", "timezones"):
    responds(f"configuration_{_name}")(_configured(_name))


@responds("certifications_movie", "certifications_tv")
def _certifications(call: Call) -> Entry:
    return {"certifications": call.world.configuration["certifications"][call.operation.operation_id.removeprefix("certifications_")]}


@responds("watch_providers_movie", "watch_providers_tv")
def _watch_providers(call: Call) -> Entry:
    kind = call.operation.operation_id.removeprefix("watch_providers_")
    region = call.query.get("watch_region", "").upper()
    rows = []
    for one in call.world.providers.values():
        if one.get(kind, True) and (not region or region in one["priorities"]):
            offer = call.world.offer(one["name"], region)
            offer["display_priority"] = one["priorities"].get(region, min(one["priorities"].values(), default=0))
            rows.append({"display_priorities": one["priorities"], **offer})
    return {"results": sorted(rows, key=lambda row: row["display_priority"])}


@responds("watch_providers_regions")
def _watch_provider_regions(call: Call) -> Entry:
    regions = {region for one in call.world.providers.values() for region in one["priorities"]}
    return {"results": [one for one in call.world.configuration["countries"] if one["iso_3166_1"] in regions]}


def aired_in(series: Entry, first: str, last: str) -> bool:
    """Whether an episode of a series aired in a range of days."""
    return any(first <= (episode["air_date"] or "") <= last for season in seasons_of(series) for episode in season["episodes"])


def first_day(kind: str, entry: Entry) -> str:
    """The first day of a title: of its release, or on air; empty if unknown."""
    return str(entry["release_date"]) if kind == "movie" else first_air_date(entry)
