"""Discover, against a plain filter over the details of every title."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tmdbkit.testing import FakeTMDB

from .tour import URL

Title = dict[str, Any]
Query = dict[str, str]

PARTS = {"movie": "credits,keywords,release_dates,watch/providers", "tv": "credits,keywords,screened_theatrically,watch/providers"}
STATUSES = ("Returning Series", "Planned", "In Production", "Ended", "Canceled", "Pilot")
TYPES = ("Documentary", "News", "Miniseries", "Reality", "Scripted", "Talk Show", "Video")
CERTIFICATIONS = ("NR", "G", "PG", "PG-13", "R", "NC-17")
"""Those of the US, in their order."""


@cache
def http() -> httpx.Client:
    fake = FakeTMDB()
    fake.add_movie(title="An Adult Movie", adult=True, release_date="2001-01-01", genres=["Drama"])
    fake.add_movie(title="A Video", video=True, release_date="2002-02-02", genres=["Drama"])
    fake.add_series(name="An Adult Series", adult=True, first_air_date="2003-03-03")
    fake.add_series(name="A Series without a Date", genres=["Drama"])
    return httpx.Client(transport=fake.transport, base_url=URL, headers={"Authorization": f"Bearer {fake.access_token}"})


def get(path: str, **query: Any) -> Any:
    response = http().get(path, params=query)
    assert response.status_code == 200, response.text
    return response.json()


def discover(kind: str, **query: str) -> list[int]:
    """The ids on all pages."""
    first = get(f"/3/discover/{kind}", **query)
    rows = [row["id"] for page in range(1, first["total_pages"] + 1) for row in get(f"/3/discover/{kind}", **{**query, "page": page})["results"]]
    assert first["total_results"] == len(rows)
    return rows


@cache
def titles(kind: str) -> dict[int, Title]:
    """The details of every title, with those parts that filters look at, and for series with all seasons."""
    listed = discover(kind, include_adult="true", **({"include_video": "true"} if kind == "movie" else {"include_null_first_air_dates": "true"}))
    found = {id_: get(f"/3/{kind}/{id_}", append_to_response=PARTS[kind]) for id_ in listed}
    for id_, title in found.items():
        if kind == "tv":
            title["episodes"] = [episode for season in title["seasons"] for episode in get(f"/3/tv/{id_}/season/{season['season_number']}")["episodes"]]
    return found


def ids(rows: list[Title]) -> set[str]:
    return {str(row["id"]) for row in rows}


def keywords(title: Title) -> set[str]:
    return ids(title["keywords"].get("keywords", []) + title["keywords"].get("results", []))


def fits(wanted: str, has: set[str]) -> bool:
    return bool(has & set(wanted.split("|"))) if "|" in wanted else has >= set(wanted.split(","))


def lacks(unwanted: str, has: set[str]) -> bool:
    return not has & set(unwanted.replace("|", ",").split(","))


def providers(title: Title, query: Query) -> set[str]:
    offers = title["watch/providers"]["results"].get(query["watch_region"], {})
    kinds = query.get("with_watch_monetization_types", "flatrate|free|ads|rent|buy").split("|")
    return {str(one["provider_id"]) for kind in kinds for one in offers.get(kind, [])}


def runtime(title: Title) -> int | None:
    """The runtime of a movie, or of the longest episode."""
    return title["runtime"] if "runtime" in title else max((one["runtime"] for one in title["episodes"] if one["runtime"]), default=None)


def releases(title: Title, query: Query) -> list[str]:
    """The days of the releases that the query means; the primary one where the title has no other."""
    types = query.get("with_release_type")
    found = [
        one["release_date"][:10]
        for country in title["release_dates"]["results"]
        if query.get("region", country["iso_3166_1"]) == country["iso_3166_1"]
        for one in country["release_dates"]
        if types is None or str(one["type"]) in types.split("|")
    ]
    return found if found or types or "region" in query else list(filter(None, [title["release_date"]]))


def certification(title: Title) -> str | None:
    country = next((one for one in title["release_dates"]["results"] if one["iso_3166_1"] == "US"), {"release_dates": []})
    return next((one["certification"] for one in country["release_dates"] if one["certification"]), None)


def rank(text: str | None) -> int | None:
    return CERTIFICATIONS.index(text) if text in CERTIFICATIONS else None


def within(value: Any, low: Any, high: Any) -> bool:
    return value is not None and (low is None or value >= low) and (high is None or value <= high)


def number(text: str | None) -> float | None:
    return None if text is None else float(text)


def day(kind: str, title: Title) -> str | None:
    return title["release_date" if kind == "movie" else "first_air_date"] or None


def expected(kind: str, query: Query) -> set[int]:
    return {id_ for id_, title in titles(kind).items() if passes(kind, title, query)}


def passes(kind: str, title: Title, query: Query) -> bool:
    sets: dict[str, Callable[[Title], set[str]]] = {
        "genres": lambda one: ids(one["genres"]),
        "companies": lambda one: ids(one["production_companies"]),
        "keywords": keywords,
        "networks": lambda one: ids(one.get("networks", [])),
        "origin_country": lambda one: set(one["origin_country"]),
        "original_language": lambda one: {one["original_language"]},
        "cast": lambda one: ids(one["credits"]["cast"]),
        "crew": lambda one: ids(one["credits"]["crew"]),
        "people": lambda one: ids(one["credits"]["cast"] + one["credits"]["crew"]),
    }
    if "watch_region" in query:
        sets["watch_providers"] = lambda one: providers(one, query)
        if "with_watch_monetization_types" in query and not providers(title, query):
            return False
    tests = [fits(query[f"with_{name}"], of(title)) for name, of in sets.items() if f"with_{name}" in query]
    tests += [lacks(query[f"without_{name}"], of(title)) for name, of in sets.items() if f"without_{name}" in query]
    tests.append(query.get("include_adult") == "true" or not title["adult"])
    tests += [within(title[name], number(query.get(f"{name}.gte")), number(query.get(f"{name}.lte"))) for name in ("vote_average", "vote_count")]
    if query.keys() & {"with_runtime.gte", "with_runtime.lte"}:
        tests.append(within(runtime(title), number(query.get("with_runtime.gte")), number(query.get("with_runtime.lte"))))
    tests += _of_movie(title, query) if kind == "movie" else _of_series(title, query)
    return all(tests)


def _of_movie(title: Title, query: Query) -> list[bool]:
    days = releases(title, query)
    tests = [query.get("include_video") == "true" or not title["video"]]
    if query.keys() & {"primary_release_date.gte", "primary_release_date.lte"}:
        tests.append(within(day("movie", title), query.get("primary_release_date.gte"), query.get("primary_release_date.lte")))
    if query.keys() & {"release_date.gte", "release_date.lte", "with_release_type"}:
        tests.append(any(within(one, query.get("release_date.gte"), query.get("release_date.lte")) for one in days))
    if "primary_release_year" in query:
        tests.append(title["release_date"][:4] == query["primary_release_year"])
    if "year" in query:
        tests.append(query["year"] in [one[:4] for one in [title["release_date"], *days]])
    if "certification_country" in query:
        if "certification" in query:
            tests.append(certification(title) in query["certification"].split("|"))
        if query.keys() & {"certification.gte", "certification.lte"}:
            tests.append(within(rank(certification(title)), rank(query.get("certification.gte")), rank(query.get("certification.lte"))))
    return tests


def _of_series(title: Title, query: Query) -> list[bool]:
    first = day("tv", title)
    tests = [query.get("include_null_first_air_dates") == "true" or first is not None]
    if query.keys() & {"first_air_date.gte", "first_air_date.lte"}:
        tests.append(within(first, query.get("first_air_date.gte"), query.get("first_air_date.lte")))
    if query.keys() & {"air_date.gte", "air_date.lte"}:
        tests.append(any(within(one["air_date"], query.get("air_date.gte"), query.get("air_date.lte")) for one in title["episodes"]))
    if "first_air_date_year" in query:
        tests.append((first or "")[:4] == query["first_air_date_year"])
    if query.get("screened_theatrically") == "true":
        tests.append(bool(title["screened_theatrically"]["results"]))
    if "with_status" in query:
        tests.append(title["status"] in [STATUSES[int(one)] for one in query["with_status"].split("|")])
    if "with_type" in query:
        tests.append(title["type"] in [TYPES[int(one)] for one in query["with_type"].split("|")])
    return tests


# What filters can ask for: the ids of the world, and some that nothing has

days = st.dates(date(1920, 1, 1), date(2028, 1, 1)).map(str)
years = st.integers(1900, 2028).map(str)


def values(kind: str, of: Callable[[Title], set[str]]) -> st.SearchStrategy[str]:
    known = sorted({one for title in titles(kind).values() for one in of(title)})
    few = st.lists(st.sampled_from([*known, *known, "99999999"]), min_size=1, max_size=3, unique=True)
    return st.builds(lambda separator, chosen: separator.join(chosen), st.sampled_from([",", "|"]), few)


@cache
def filters(kind: str) -> dict[str, st.SearchStrategy[str]]:
    scores, counts, minutes = st.floats(0, 10).map(lambda one: f"{one:.1f}"), st.integers(0, 40_000).map(str), st.integers(0, 240).map(str)
    genres, companies, words = (
        values(kind, lambda one: ids(one["genres"])),
        values(kind, lambda one: ids(one["production_companies"])),
        values(kind, keywords),
    )
    offered = values(kind, lambda one: providers(one, {"watch_region": "US"}))
    numbers = lambda most: st.lists(st.integers(0, most).map(str), min_size=1, max_size=2, unique=True).map("|".join)  # noqa: E731
    both = {
        "include_adult": st.sampled_from(["true", "false"]),
        "with_genres": genres,
        "without_genres": genres,
        "with_companies": companies,
        "without_companies": companies,
        "with_keywords": words,
        "without_keywords": words,
        "with_origin_country": values(kind, lambda one: set(one["origin_country"])),
        "with_original_language": values(kind, lambda one: {one["original_language"]}),
        "watch_region": st.sampled_from(["US", "DE", "XX"]),
        "with_watch_providers": offered,
        "without_watch_providers": offered,
        "with_watch_monetization_types": st.lists(st.sampled_from(["flatrate", "free", "ads", "rent", "buy"]), min_size=1, unique=True).map("|".join),
        **{f"vote_average.{end}": scores for end in ("gte", "lte")},
        **{f"vote_count.{end}": counts for end in ("gte", "lte")},
        **{f"with_runtime.{end}": minutes for end in ("gte", "lte")},
    }
    if kind == "tv":
        return {
            **both,
            "include_null_first_air_dates": st.sampled_from(["true", "false"]),
            "with_networks": values(kind, lambda one: ids(one["networks"])),
            "with_status": numbers(5),
            "with_type": numbers(6),
            "first_air_date_year": years,
            "screened_theatrically": st.sampled_from(["true", "false"]),
            **{f"{name}.{end}": days for name in ("air_date", "first_air_date") for end in ("gte", "lte")},
        }
    return {
        **both,
        "include_video": st.sampled_from(["true", "false"]),
        "with_cast": values(kind, lambda one: ids(one["credits"]["cast"])),
        "with_crew": values(kind, lambda one: ids(one["credits"]["crew"])),
        "with_people": values(kind, lambda one: ids(one["credits"]["cast"] + one["credits"]["crew"])),
        "region": st.sampled_from(["US", "DE", "XX"]),
        "with_release_type": numbers(6),
        "year": years,
        "primary_release_year": years,
        "certification_country": st.just("US"),
        "certification": st.lists(st.sampled_from(CERTIFICATIONS), min_size=1, max_size=2, unique=True).map("|".join),
        **{f"certification.{end}": st.sampled_from(CERTIFICATIONS) for end in ("gte", "lte")},
        **{f"{name}.{end}": days for name in ("release_date", "primary_release_date") for end in ("gte", "lte")},
    }


def queries(kind: str) -> st.SearchStrategy[Query]:
    """Some filters at once; few, as many would leave nothing."""
    names = st.lists(st.sampled_from(sorted(filters(kind))), min_size=1, max_size=3, unique=True)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: filters(kind)[name] for name in chosen}))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(query=st.deferred(lambda: queries("movie")))
@example(query={"with_release_type": "4", "region": "DE", "release_date.gte": "2000-01-01"})
@example(query={"certification_country": "US", "certification.lte": "PG-13"})
def test_movies_pass_the_filters(query: Query) -> None:
    assert set(discover("movie", **query)) == expected("movie", query)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(query=st.deferred(lambda: queries("tv")))
@example(query={"air_date.gte": "2010-01-01", "air_date.lte": "2012-12-31"})
def test_series_pass_the_filters(query: Query) -> None:
    assert set(discover("tv", **query)) == expected("tv", query)


@pytest.mark.parametrize("kind", ["movie", "tv"])
def test_each_filter_alone_has_an_effect(kind: str) -> None:
    """A filter that the fake ignored would pass the property where nothing differs."""
    plain = set(titles(kind))
    differing = {
        "include_adult": {"include_adult": "true"},
        "with_original_language": {"with_original_language": "ko"},
        "with_origin_country": {"with_origin_country": "DE"},
        "vote_average.gte": {"vote_average.gte": "8.3"},
        "with_runtime.lte": {"with_runtime.lte": "30"},
        "with_watch_monetization_types": {"watch_region": "US", "with_watch_monetization_types": "flatrate"},
    }
    for name, query in differing.items():
        found = expected(kind, query)
        assert found and found != plain, name


@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize("name", "original_title popularity primary_release_date release_date revenue title vote_average vote_count".split())
def test_movies_are_in_order(name: str, direction: str) -> None:
    in_order("movie", {"primary_release_date": "release_date"}.get(name, name), f"{name}.{direction}", descending=direction == "desc")


@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize("name", "first_air_date name original_name popularity vote_average vote_count".split())
def test_series_are_in_order(name: str, direction: str) -> None:
    in_order("tv", name, f"{name}.{direction}", descending=direction == "desc")


def in_order(kind: str, key: str, sort_by: str, *, descending: bool) -> None:
    values = [titles(kind)[id_][key] for id_ in discover(kind, sort_by=sort_by)]
    values = [one.casefold() if isinstance(one, str) else one for one in values]
    assert len(values) > 10
    assert values == sorted(values, reverse=descending)


def test_the_most_popular_come_first() -> None:
    for kind in ("movie", "tv"):
        assert discover(kind) == discover(kind, sort_by="popularity.desc")


def test_a_region_alone_hides_nothing() -> None:
    assert discover("movie", region="DE") == discover("movie")


def test_providers_are_ignored_without_a_region() -> None:
    assert discover("movie", with_watch_providers="8", with_watch_monetization_types="flatrate") == discover("movie")


def test_certifications_are_ignored_without_a_country() -> None:
    assert discover("movie", certification="R") == discover("movie")


def test_titles_are_in_the_language() -> None:
    rows = get("/3/discover/movie", with_original_language="de", language="de-DE")["results"]
    assert "Das Leben der Anderen" in {row["title"] for row in rows}
