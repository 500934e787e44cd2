"""Discover: lists by filters. A comma between values means all of them, a bar any of them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from tmdbkit.testing.world.entries import OFFERS
from tmdbkit.testing.world.world import seasons_of

from .call import Call, page_of, responds
from .lists import aired_in, first_day
from .rows import title_row

__all__: list[str] = []

Entry = dict[str, Any]
Test = Callable[[Entry], bool]

STATUSES = ("Returning Series", "Planned", "In Production", "Ended", "Canceled", "Pilot")
TYPES = ("Documentary", "News", "Miniseries", "Reality", "Scripted", "Talk Show", "Video")
"""The numbers of `with_status` and `with_type` are places in these."""

LOWEST, HIGHEST = "0000-00-00", "9999-99-99"


@responds("discover_movie", "discover_tv")
def _discover(call: Call) -> Entry:
    kind = call.operation.operation_id.removeprefix("discover_")
    tests = list(_movie_tests(call) if kind == "movie" else _tv_tests(call))
    tests += _title_tests(call, kind)
    rows = [one for one in call.world.all(kind) if all(test(one) for test in tests)]
    return page_of(call, _sorted(call, kind, rows), lambda one: title_row(kind, one, call.language))


def _sorted(call: Call, kind: str, rows: list[Entry]) -> list[Entry]:
    name, _, direction = (call.query.get("sort_by") or "popularity.desc").partition(".")

    def key(entry: Entry) -> Any:
        if name in ("primary_release_date", "release_date", "first_air_date"):
            return first_day(kind, entry)
        value = entry.get(name, "")
        return value.casefold() if isinstance(value, str) else value

    rows.sort(key=lambda one: one["id"])
    return sorted(rows, key=key, reverse=direction != "asc")


def _ids(rows: Iterable[dict[str, Any]], key: str = "id") -> set[str]:
    return {str(one[key]) for one in rows}


def _all_or_any(wanted: str, of: Callable[[Entry], set[str]]) -> Test:
    """A test of values with commas (all) or bars (any)."""
    if "|" in wanted:
        return lambda entry: bool(set(wanted.split("|")) & of(entry))
    return lambda entry: set(filter(None, wanted.split(","))) <= of(entry)


def _none_of(unwanted: str, of: Callable[[Entry], set[str]]) -> Test:
    return lambda entry: not set(unwanted.replace("|", ",").split(",")) & of(entry)


def _between(call: Call, name: str, of: Callable[[Entry], Any], convert: Callable[[str], Any] = float) -> Iterable[Test]:
    """The tests of `name.gte` and `name.lte`. TMDB ignores what is malformed."""
    for suffix, fits in (("gte", operator.ge), ("lte", operator.le)):
        text = call.query.get(f"{name}.{suffix}")
        if not text:
            continue
        with suppress(ValueError):
            limit = convert(text)
            yield lambda entry, fits=fits, limit=limit: of(entry) is not None and fits(of(entry), limit)  # type: ignore[misc]


def _title_tests(call: Call, kind: str) -> Iterable[Test]:
    query = call.query
    if query.get("include_adult") != "true":
        yield lambda entry: not entry["adult"]
    yield from _between(call, "vote_average", lambda entry: entry["vote_average"])
    yield from _between(call, "vote_count", lambda entry: entry["vote_count"])
    yield from _between(call, "with_runtime", _runtime)
    having: dict[str, Callable[[Entry], set[str]]] = {
        "genres": lambda entry: _ids(entry["genres"]),
        "companies": lambda entry: _ids(entry["production_companies"]),
        "keywords": lambda entry: _ids(entry["keywords"].get("keywords") or entry["keywords"].get("results") or ()),
        "networks": lambda entry: _ids(entry.get("networks", ())),
        "origin_country": lambda entry: set(entry["origin_country"]),
        "original_language": lambda entry: {entry["original_language"]},
        "cast": lambda entry: _ids(entry["credits"]["cast"]),
        "crew": lambda entry: _ids(entry["credits"]["crew"]),
        "people": lambda entry: _ids([*entry["credits"]["cast"], *entry["credits"]["crew"]]),
    }
    for name, of in having.items():
        if wanted := query.get(f"with_{name}"):
            yield _all_or_any(wanted, of)
        if unwanted := query.get(f"without_{name}"):
            yield _none_of(unwanted, of)
    if region := query.get("watch_region", "").upper():
        yield from _offer_tests(call, region)
    del kind


def _offer_tests(call: Call, region: str) -> Iterable[Test]:
    """The tests of providers. TMDB ignores them without `watch_region`."""
    kinds = set((call.query.get("with_watch_monetization_types") or "|".join(OFFERS)).replace(",", "|").split("|"))

    def providers(entry: Entry) -> set[str]:
        offers = entry["watch/providers"]["results"].get(region, {})
        return {str(one["provider_id"]) for offer in kinds for one in offers.get(offer, ())}

    if call.query.get("with_watch_monetization_types"):
        yield lambda entry: bool(providers(entry))
    if wanted := call.query.get("with_watch_providers"):
        yield _all_or_any(wanted, providers)
    if unwanted := call.query.get("without_watch_providers"):
        yield _none_of(unwanted, providers)


def _runtime(entry: Entry) -> int | None:
    if "runtime" in entry:
        return entry["runtime"]  # type: ignore[no-any-return]
    runtimes = [episode["runtime"] for season in seasons_of(entry) for episode in season["episodes"] if episode["runtime"]]
    return max(runtimes, default=None)


def _movie_tests(call: Call) -> Iterable[Test]:
    query = call.query
    if query.get("include_video") != "true":
        yield lambda entry: not entry["video"]
    if year := query.get("primary_release_year"):
        yield lambda entry: entry["release_date"][:4] == year
    yield from _between(call, "primary_release_date", lambda entry: entry["release_date"] or None, str)
    region = call.region
    types = set(filter(None, query.get("with_release_type", "").replace(",", "|").split("|")))

    def releases(entry: Entry) -> list[str]:
        found = [
            one["release_date"][:10]
            for country in entry["release_dates"]["results"]
            if region in (None, country["iso_3166_1"])
            for one in country["release_dates"]
            if not types or str(one["type"]) in types
        ]
        return found if found or region or types else [entry["release_date"]] if entry["release_date"] else []

    low, high = query.get("release_date.gte") or LOWEST, query.get("release_date.lte") or HIGHEST
    if types or (low, high) != (LOWEST, HIGHEST):
        yield lambda entry: any(low <= day <= high for day in releases(entry))
    if any_year := query.get("year"):
        yield lambda entry: any(day[:4] == any_year for day in [entry["release_date"], *releases(entry)])
    if country := query.get("certification_country", "").upper():
        yield from _certification_tests(call, country)


def _certification_tests(call: Call, country: str) -> Iterable[Test]:
    """The tests of certifications, by their order in the country. TMDB ignores them without `certification_country`."""
    known = {one["certification"]: one["order"] for one in call.world.configuration["certifications"]["movie"].get(country, ())}

    def certification(entry: Entry) -> str | None:
        releases = next((one["release_dates"] for one in entry["release_dates"]["results"] if one["iso_3166_1"] == country), ())
        return next((one["certification"] for one in releases if one["certification"]), None)

    if wanted := call.query.get("certification"):
        yield lambda entry: certification(entry) in wanted.split("|")
    yield from _between(call, "certification", lambda entry: known.get(certification(entry) or ""), lambda text: known.get(text, -1))


def _tv_tests(call: Call) -> Iterable[Test]:
    query = call.query
    if year := query.get("first_air_date_year"):
        yield lambda entry: first_day("tv", entry)[:4] == year
    yield from _between(call, "first_air_date", lambda entry: first_day("tv", entry) or None, str)
    low, high = query.get("air_date.gte"), query.get("air_date.lte")
    if low or high:
        yield lambda entry: aired_in(entry, low or "0000", high or HIGHEST)
    if query.get("include_null_first_air_dates") != "true":
        yield lambda entry: bool(first_day("tv", entry))
    if query.get("screened_theatrically") == "true":
        yield lambda entry: bool(entry["screened_theatrically"]["results"])
    for name, names in (("status", STATUSES), ("type", TYPES)):
        if wanted := query.get(f"with_{name}"):
            allowed = {names[int(number)] for number in wanted.replace(",", "|").split("|") if number.isdecimal() and int(number) < len(names)}
            yield lambda entry, name=name, allowed=allowed: entry[name] in allowed  # type: ignore[misc]
