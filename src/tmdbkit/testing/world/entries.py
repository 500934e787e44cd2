"""Builds entries of the world in the form of TMDB's own details, with every part that is stored appended.

A builder completes what it is given: a few facts of a test, or the details that somebody recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from .images import image, image_path, images, logo, object_id

if TYPE_CHECKING:
    from .world import World

__all__ = ["collection", "company", "day", "movie", "movie_from_facts", "network", "person", "person_from_facts", "season", "series", "series_from_facts"]

Entry = dict[str, Any]

TITLE_IMAGES = {"backdrops": "backdrop", "logos": "logo", "posters": "poster"}
OFFERS = ("flatrate", "free", "ads", "rent", "buy")
MOVIE_ID_SITES = ("imdb_id", "wikidata_id", "facebook_id", "instagram_id", "twitter_id")
TV_ID_SITES = ("imdb_id", "freebase_mid", "freebase_id", "tvdb_id", "tvrage_id", "wikidata_id", "facebook_id", "instagram_id", "twitter_id")
SEASON_ID_SITES = ("freebase_mid", "freebase_id", "tvdb_id", "tvrage_id", "wikidata_id")
EPISODE_ID_SITES = ("imdb_id", *SEASON_ID_SITES)
PERSON_ID_SITES = (
    *("freebase_mid", "freebase_id", "imdb_id", "tvrage_id", "wikidata_id"),
    *("facebook_id", "instagram_id", "tiktok_id", "twitter_id", "youtube_id"),
)


def day(value: str | date | None, today: date) -> str | None:
    """A day as TMDB writes it.

    Args:
        value: A date, `YYYY-MM-DD`, or days from today: `+30`, `-1`; None or an empty text for an unknown day.
        today: Today.

    Raises:
        ValueError: It is neither.
    """
    if not value:
        return None
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    try:
        if value[0] in "+-" and value[1:].isdecimal():
            return (today + timedelta(days=int(value))).isoformat()
        return date.fromisoformat(value).isoformat()
    except (ValueError, OverflowError):
        raise ValueError(f"a day must be YYYY-MM-DD, or days from today such as +30, not {value!r}") from None


# Movies


def movie_from_facts(world: World, facts: Mapping[str, Any], today: date) -> Entry:
    """The entry of a movie, from the arguments of `FakeTMDB.add_movie`."""
    given = dict(facts)
    released = day(given.pop("release_date", None), today)
    releases = given.pop("release_dates", None)
    countries = list(given.pop("countries", ()))
    if releases is None and released:
        releases = {country: [{"release_date": released, "type": 3}] for country in countries or ["US"]}
    entry: Entry = {
        **_title_from_facts(world, "movie", given, countries, keywords="keywords", alternative="titles", title="title"),
        "title": given["title"],
        "original_title": given.get("original_title") or given["title"],
        "release_date": released or "",
        "belongs_to_collection": world.summary_of_collection(given["collection"]) if given.get("collection") else None,
        "imdb_id": given.get("imdb_id"),
        "external_ids": _external_ids(given, MOVIE_ID_SITES),
        "release_dates": {
            "results": [{"iso_3166_1": country, "release_dates": [_release(one, today) for one in ones]} for country, ones in sorted((releases or {}).items())]
        },
        **{name: given[name] for name in ("budget", "revenue", "runtime", "video", "status") if name in given},
    }
    return movie(entry, today)


def movie(given: Mapping[str, Any], today: date | None = None) -> Entry:
    """A movie, completed.

    Args:
        given: What is known, in the form of `MovieDetails`: at least `id` and `title`.
        today: Today, which decides whether it is released.
    """
    language = given.get("original_language") or "en"
    entry = {
        "belongs_to_collection": None,
        "budget": 0,
        "imdb_id": None,
        "original_title": given["title"],
        "release_date": "",
        "revenue": 0,
        "runtime": None,
        "status": _movie_status(given.get("release_date"), today or datetime.now(UTC).date()),
        "video": False,
        "release_dates": {"results": []},
        "alternative_titles": {"titles": []},
        "keywords": {"keywords": []},
        **_title("movie", language),
        **given,
    }
    entry["release_date"] = entry["release_date"] or ""
    entry.setdefault("external_ids", {site: entry["imdb_id"] if site == "imdb_id" else None for site in MOVIE_ID_SITES})
    return _with_images(_with_primary_translation(entry, "title", given), "movie")


def _movie_status(released: str | None, today: date) -> str:
    return "Released" if released and released <= today.isoformat() else "Post Production" if released else "Planned"


def _release(release: Mapping[str, Any], today: date) -> dict[str, Any]:
    return {
        "certification": release.get("certification", ""),
        "descriptors": [],
        "iso_639_1": "",
        "note": release.get("note", ""),
        "release_date": f"{day(release['release_date'], today)}T00:00:00.000Z",
        "type": release.get("type", 3),
    }


# Series


def series_from_facts(world: World, facts: Mapping[str, Any], today: date) -> Entry:
    """The entry of a series, from the arguments of `FakeTMDB.add_series`."""
    given = dict(facts)
    countries = list(given.pop("countries", ()))
    id_ = given["id"]
    entry: Entry = {
        **_title_from_facts(world, "tv", given, countries, keywords="results", alternative="results", title="name"),
        "name": given["name"],
        "original_name": given.get("original_name") or given["name"],
        "origin_country": countries,
        "created_by": [_credit(world, ("tv", id_, "creator"), name) for name in given.get("created_by", ())],
        "networks": [world.summary_of_network(name) for name in given.get("networks", ())],
        "external_ids": _external_ids(given, TV_ID_SITES),
        "content_ratings": {
            "results": [{"descriptors": [], "iso_3166_1": country, "rating": rating} for country, rating in sorted(given.get("content_ratings", {}).items())]
        },
        "screened_theatrically": {"results": list(given.get("screened_theatrically", ()))},
        **{name: given[name] for name in ("in_production", "status", "type") if name in given},
    }
    if "first_air_date" in given:
        entry["first_air_date"] = day(given["first_air_date"], today) or ""
    for facts_of_season in given.get("seasons", ()):
        number = facts_of_season["season_number"]
        entry[f"season/{number}"] = _season_from_facts(world, id_, facts_of_season, today, bare=bool(given.get("no_images")))
    if "in_production" not in entry:
        episodes = [episode for key, one in entry.items() if key.startswith("season/") for episode in one["episodes"]]
        entry["in_production"] = any((one.get("air_date") or "") >= today.isoformat() for one in episodes)
    return series(entry)


def series(given: Mapping[str, Any]) -> Entry:
    """A series, completed.

    Args:
        given: What is known, in the form of `TVSeriesDetails`: at least `id` and `name`. Seasons are under `season/1` and so on, in the form of
            `SeasonDetails`; those that `seasons` lists alone are made up from there.
    """
    language = given.get("original_language") or "en"
    entry = {
        "created_by": [],
        "in_production": False,
        "networks": [],
        "origin_country": [],
        "original_name": given["name"],
        "status": "Returning Series" if given.get("in_production") else "Ended",
        "type": "Scripted",
        "content_ratings": {"results": []},
        "screened_theatrically": {"results": []},
        "alternative_titles": {"results": []},
        "keywords": {"results": []},
        "external_ids": dict.fromkeys(TV_ID_SITES),
        **_title("tv", language),
        **given,
    }
    for summary in entry.pop("seasons", ()):
        if f"season/{summary['season_number']}" not in entry:
            episodes = [{"episode_number": number + 1} for number in range(summary.get("episode_count") or 0)]
            entry[f"season/{summary['season_number']}"] = {**summary, "episodes": episodes}
    for key in [key for key in entry if key.startswith("season/")]:
        entry[key] = season(entry, entry[key])
    return _with_images(_with_primary_translation(entry, "name", given), "tv")


def _season_from_facts(world: World, series_id: int, given: Mapping[str, Any], today: date, *, bare: bool) -> Entry:
    number = given["season_number"]
    episodes = []
    for index, facts in enumerate(given.get("episodes", ()), start=1):
        place = (series_id, number, index)
        credits_ = facts.get("credits", ())
        episode = {
            **{key: value for key, value in facts.items() if key not in ("credits", "translations", "air_date", "external_ids")},
            "episode_number": index,
            "air_date": day(facts.get("air_date"), today),
            "crew": [_credit(world, ("episode", *place), one["name"], job=one["job"]) for one in credits_ if "job" in one],
            "guest_stars": [
                {**_credit(world, ("episode", *place), one["name"], character=one["character"]), "order": 500 + order}
                for order, one in enumerate(one for one in credits_ if "character" in one)
            ],
        }
        if "external_ids" in facts:
            episode["external_ids"] = {**dict.fromkeys(EPISODE_ID_SITES), **facts["external_ids"]}
        if "translations" in facts:
            episode["translations"] = {"translations": [_translation(one, ("name", "overview")) for one in facts["translations"]]}
        if bare:
            episode["still_path"] = None
        episodes.append(episode)
    season_ = {key: value for key, value in given.items() if key not in ("episodes", "translations", "watch_providers", "external_ids")}
    season_["air_date"] = day(given["air_date"], today) if "air_date" in given else next((one["air_date"] for one in episodes if one["air_date"]), None)
    season_["episodes"] = episodes
    if "external_ids" in given:
        season_["external_ids"] = {**dict.fromkeys(SEASON_ID_SITES), **given["external_ids"]}
    if "translations" in given:
        season_["translations"] = {"translations": [_translation(one, ("name", "overview")) for one in given["translations"]]}
    if "watch_providers" in given:
        season_["watch/providers"] = _offers(world, "tv", series_id, given["watch_providers"])
    if bare:
        season_["poster_path"] = None
    return season_


def season(series_: Mapping[str, Any], given: Mapping[str, Any]) -> Entry:
    """A season, completed.

    Args:
        series_: Its series.
        given: What is known, in the form of `SeasonDetails`.
    """
    series_id, number = series_["id"], given["season_number"]
    poster = image("poster", "season", series_id, number)
    entry = {
        "_id": object_id("season", series_id, number),
        "air_date": None,
        "id": made_up_id("season", series_id, number),
        "name": f"Season {number}" if number else "Specials",
        "networks": series_["networks"],
        "overview": "",
        "poster_path": poster["file_path"],
        "vote_average": 0.0,
        "external_ids": dict.fromkeys(SEASON_ID_SITES),
        "videos": {"results": []},
        **given,
    }
    entry.setdefault("images", {"posters": [{**poster, "file_path": entry["poster_path"]}] if entry["poster_path"] else []})
    entry.setdefault("watch/providers", {"results": series_["watch/providers"]["results"]})
    entry["episodes"] = [_episode(series_id, number, index, one) for index, one in enumerate(given.get("episodes", ()), start=1)]
    return _with_primary_translation(entry, "name", given)


def _episode(series_id: int, number: int, index: int, given: Mapping[str, Any]) -> Entry:
    index = given.get("episode_number", index)
    still = image("still", "episode", series_id, number, index)
    entry = {
        "air_date": None,
        "crew": [],
        "episode_number": index,
        "episode_type": "standard",
        "guest_stars": [],
        "id": made_up_id("episode", series_id, number, index),
        "name": f"Episode {index}",
        "overview": "",
        "production_code": "",
        "runtime": None,
        "still_path": still["file_path"],
        "vote_average": 0.0,
        "vote_count": 0,
        "external_ids": dict.fromkeys(EPISODE_ID_SITES),
        "videos": {"results": []},
        **given,
        "season_number": number,
        "show_id": series_id,
    }
    entry.setdefault("images", {"stills": [{**still, "file_path": entry["still_path"]}] if entry["still_path"] else []})
    return _with_primary_translation(entry, "name", given)


# People


def person_from_facts(world: World, facts: Mapping[str, Any], today: date) -> Entry:
    """The entry of a person, from the arguments of `FakeTMDB.add_person`."""
    del world
    given = dict(facts)
    translations = given.pop("translations", ())
    bare = given.pop("no_images", False)
    entry = {
        **given,
        "birthday": day(given.get("birthday"), today),
        "deathday": day(given.get("deathday"), today),
        "also_known_as": list(given.get("also_known_as", ())),
        "external_ids": _external_ids(given, PERSON_ID_SITES),
        "translations": {"translations": [_translation(one, ("biography", "name")) for one in translations]},
    }
    if bare:
        entry["profile_path"] = None
    return person(entry)


def person(given: Mapping[str, Any]) -> Entry:
    """A person, completed.

    Args:
        given: What is known, in the form of `PersonDetails`: at least `id` and `name`.
    """
    profile = image("profile", "person", given["id"])
    entry = {
        "adult": False,
        "also_known_as": [],
        "biography": "",
        "birthday": None,
        "deathday": None,
        "gender": 0,
        "homepage": None,
        "imdb_id": None,
        "known_for_department": None,
        "original_name": given["name"],
        "place_of_birth": None,
        "popularity": 0.5,
        "profile_path": profile["file_path"],
        **given,
    }
    entry.setdefault("external_ids", {site: entry["imdb_id"] if site == "imdb_id" else None for site in PERSON_ID_SITES})
    entry.setdefault("images", {"profiles": [{**profile, "file_path": entry["profile_path"]}] if entry["profile_path"] else []})
    primary = {"biography": entry["biography"], "name": "", "primary": True}
    translations = [one for one in given.get("translations", {}).get("translations", ()) if one["iso_639_1"] != "en"]
    entry["translations"] = {"translations": [_named("en", "US", primary), *(_with_default(one, primary=False) for one in translations)]}
    return entry


def _with_default(translation: Mapping[str, Any], **defaults: Any) -> dict[str, Any]:
    return {**translation, "data": {**defaults, **translation["data"]}}


# What titles name


def collection(given: Mapping[str, Any]) -> Entry:
    """A collection, completed: at least `id` and `name`."""
    id_, bare = given["id"], given.get("no_images")
    entry = {
        "adult": False,
        "original_language": "en",
        "original_name": given["name"],
        "overview": "",
        "poster_path": None if bare else image_path("poster", "collection", id_, None, None),
        "backdrop_path": None if bare else image_path("backdrop", "collection", id_, None, None),
        **{key: value for key, value in given.items() if key not in ("translations", "no_images", "parts")},
    }
    translations = given.get("translations", ())
    listed = (
        translations["translations"] if isinstance(translations, Mapping) else [_translation(one, ("title", "overview", "homepage")) for one in translations]
    )
    primary = {"title": "", "overview": entry["overview"], "homepage": ""}
    entry["translations"] = {"translations": [_named("en", "US", primary), *(one for one in listed if one["iso_639_1"] != "en")]}
    if "images" not in entry:
        files = images("collection", id_, kinds={"backdrops": "backdrop", "posters": "poster"}, languages=[] if bare else [(None, None)])
        entry["images"] = files
    return entry


def company(given: Mapping[str, Any]) -> Entry:
    """A company, completed: at least `id` and `name`."""
    entry = _organization("company", given)
    return {"description": "", "parent_company": None, **entry}


def network(given: Mapping[str, Any]) -> Entry:
    """A network, completed: at least `id` and `name`."""
    return _organization("network", given)


def _organization(kind: str, given: Mapping[str, Any]) -> Entry:
    id_ = given["id"]
    entry = {
        "headquarters": "",
        "homepage": "",
        "logo_path": None if given.get("no_images") else image_path("logo", kind, id_),
        "origin_country": "",
        **{key: value for key, value in given.items() if key not in ("alternative_names", "no_images", "parent", "movies")},
    }
    names = given.get("alternative_names", ())
    listed = names["results"] if isinstance(names, Mapping) else [{"name": name, "type": ""} for name in names]
    entry["alternative_names"] = {"results": listed}
    entry.setdefault("images", {"logos": [{**logo(kind, id_), "file_path": entry["logo_path"]}] if entry["logo_path"] else []})
    return entry


# What titles have in common


def _title_from_facts(
    world: World, kind: str, given: Mapping[str, Any], countries: list[str], *, keywords: str, alternative: str, title: str
) -> dict[str, Any]:
    id_ = given["id"]
    texts = (title, "overview", "tagline", "homepage")
    credits_ = given.get("credits", ())
    cast = [one for one in credits_ if "character" in one]
    entry: Entry = {
        **{
            name: given[name]
            for name in ("id", "adult", "homepage", "original_language", "overview", "popularity", "tagline", "vote_average", "vote_count")
            if name in given
        },
        "genres": [world.genre("tv" if kind == "tv" else "movie", name) for name in given.get("genres", ())],
        "origin_country": countries,
        "production_companies": [world.summary_of_company(name) for name in given.get("companies", ())],
        "production_countries": [world.production_country(code) for code in countries],
        "spoken_languages": [world.language(code) for code in given.get("spoken_languages", (given.get("original_language", "en"),))],
        "keywords": {keywords: [world.keyword(name) for name in given.get("keywords", ())]},
        "alternative_titles": {alternative: [{"type": "", **one} for one in given.get("alternative_titles", ())]},
        "credits": {
            "cast": [
                {**_credit(world, (kind, id_), one["name"], character=one["character"]), "order": order, "cast_id": order + 1} for order, one in enumerate(cast)
            ],
            "crew": [_credit(world, (kind, id_), one["name"], job=one["job"]) for one in credits_ if "job" in one],
        },
        "translations": {"translations": [_translation(one, texts) for one in given.get("translations", ())]},
        "videos": {"results": [_video(kind, id_, one) for one in given.get("videos", ())]},
        "watch/providers": _offers(world, kind, id_, given.get("watch_providers", {})),
        "reviews": {"results": [_review(kind, id_, index, one) for index, one in enumerate(given.get("reviews", ()))]},
    }
    if kind == "tv":
        entry["languages"] = [one["iso_639_1"] for one in entry["spoken_languages"]]
    if given.get("no_images"):
        entry |= {"poster_path": None, "backdrop_path": None}
    return entry


def _title(kind: str, language: str) -> dict[str, Any]:
    """The defaults that movies and series share."""
    entry: Entry = {
        "adult": False,
        "genres": [],
        "homepage": "",
        "origin_country": [],
        "original_language": language,
        "overview": "",
        "popularity": 1.0,
        "production_companies": [],
        "production_countries": [],
        "softcore": False,
        "spoken_languages": [],
        "tagline": "",
        "vote_average": 0.0,
        "vote_count": 0,
        "credits": {"cast": [], "crew": []},
        "reviews": {"results": []},
        "videos": {"results": []},
        "watch/providers": {"results": {}},
    }
    if kind == "tv":
        entry["languages"] = []
    return entry


def _with_images(entry: Entry, kind: str) -> Entry:
    """An entry with its images, and with the paths of a poster and a backdrop, unless it has them."""
    id_ = entry["id"]
    if "images" not in entry:
        bare = entry.get("poster_path", "") is None and entry.get("backdrop_path", "") is None
        languages: list[tuple[str | None, str | None]] = [(None, None)]
        seen = {(entry["original_language"], None), ("en", "US")}
        seen |= {(one["iso_639_1"], one["iso_3166_1"]) for one in entry["translations"]["translations"][:4]}
        languages += sorted(seen, key=lambda one: (one[0] != "en", str(one)))
        files = images(kind, id_, kinds=TITLE_IMAGES, languages=[] if bare else languages)
        entry["images"] = {**files, "logos": [one for one in files["logos"] if one["iso_639_1"] == "en"][:1]}
    for key, path in (("posters", "poster_path"), ("backdrops", "backdrop_path")):
        if path not in entry:
            preferred = [one for one in entry["images"][key] if one["iso_639_1"] == ("en" if key == "posters" else None)]
            entry[path] = next((one["file_path"] for one in preferred or entry["images"][key]), None)
    return entry


def _with_primary_translation(entry: Entry, name: str, given: Mapping[str, Any]) -> Entry:
    """An entry whose translations begin with the English one, that its own texts are."""
    # TMDB leaves the title of a translation empty where it is the original one.
    original = entry.get(f"original_{name}", entry[name])
    data = {name: "" if entry[name] == original else entry[name], "overview": entry["overview"]}
    if "tagline" in entry:
        data |= {"homepage": entry["homepage"], "tagline": entry["tagline"]}
    defaults: dict[str, Any] = {}
    if "budget" in entry:
        data["runtime"] = entry["runtime"] or 0
        defaults = {"runtime": 0}
    listed = [_with_default(one, **defaults) for one in given.get("translations", {}).get("translations", ()) if one["iso_639_1"] != "en"]
    entry["translations"] = {"translations": [_named("en", "US", data), *listed]}
    return entry


def _named(language: str, country: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """A translation. The responses add the names of its language."""
    return {"iso_3166_1": country, "iso_639_1": language, "data": dict(data)}


def _translation(given: Mapping[str, Any], texts: Iterable[str]) -> dict[str, Any]:
    data = {text: given.get(text, given.get("name" if text == "title" else "title", "") if text in ("title", "name") else "") for text in texts}
    return _named(given["iso_639_1"], given["iso_3166_1"], data)


def _external_ids(given: Mapping[str, Any], sites: Iterable[str]) -> dict[str, Any]:
    known = {"imdb_id": given.get("imdb_id"), **given.get("external_ids", {})}
    return {site: known.get(site) for site in sites}


def _credit(world: World, place: tuple[object, ...], name: str, *, character: str | None = None, job: str | None = None) -> dict[str, Any]:
    """A credit: the person by id, and what the person did."""
    person_id = world.person_id(name, department="Acting" if character is not None else None if job is None else world.department(job))
    credit = {"id": person_id, "credit_id": object_id(*place, person_id, character if character is not None else job)}
    if character is not None:
        return {**credit, "character": character}
    return credit if job is None else {**credit, "department": world.department(job), "job": job}


def _video(kind: str, id_: int, given: Mapping[str, Any]) -> dict[str, Any]:
    published = given.get("published_at") or "2020-01-01"
    return {
        "iso_639_1": given.get("iso_639_1", "en"),
        "iso_3166_1": given.get("iso_3166_1", "US"),
        "name": given["name"],
        "key": given["key"],
        "site": "YouTube",
        "size": given.get("size", 1080),
        "type": given.get("type", "Trailer"),
        "official": given.get("official", True),
        "published_at": published if "T" in published else f"{published}T00:00:00.000Z",
        "id": object_id("video", kind, id_, given["key"]),
    }


def _review(kind: str, id_: int, index: int, given: Mapping[str, Any]) -> dict[str, Any]:
    username = given.get("username") or given["author"].lower().replace(" ", "_")
    review_id = object_id("review", kind, id_, index, username)
    created = given.get("created_at") or "2021-01-01T12:00:00.000Z"
    return {
        "author": given["author"],
        "author_details": {"name": given["author"], "username": username, "avatar_path": None, "rating": given.get("rating")},
        "content": given["content"],
        "created_at": created,
        "id": review_id,
        "updated_at": created,
        "url": f"https://www.themoviedb.org/review/{review_id}",
    }


def _offers(world: World, kind: str, id_: int, given: Mapping[str, Mapping[str, Iterable[str]]]) -> dict[str, Any]:
    page = f"https://www.themoviedb.org/{kind}/{id_}/watch?locale="
    return {
        "results": {
            country: {"link": f"{page}{country}", **{offer: [world.offer(name, country) for name in offers[offer]] for offer in OFFERS if offers.get(offer)}}
            for country, offers in sorted(given.items())
        }
    }


def made_up_id(*parts: object) -> int:
    """An id for what has none: beyond TMDB's own."""
    return 20_000_000 + int(object_id(*parts)[:6], 16)
