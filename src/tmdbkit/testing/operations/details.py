"""Details of titles, people and so on, and their parts: `GET /3/movie/{movie_id}`, `/3/movie/{movie_id}/credits` and their like."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from tmdb_openapi import models

from tmdbkit.runtime.models import NotAppended, fields_of
from tmdbkit.runtime.operations import Operation
from tmdbkit.testing.world import World
from tmdbkit.testing.world.images import object_id
from tmdbkit.testing.world.world import CreditRecord, seasons_of

from .call import ENGLISH, Call, Refused, keys_of, page_of, project, responds
from .changes import changes_of
from .rows import collection_row, first_air_date, genre_names, movie_row, person_row, title_row, translated

__all__ = ["Found", "find"]

Entry = dict[str, Any]
Part = Callable[[Call, "Found"], Any]

NOT_FOUND = 34
TOO_MANY_PARTS = 27


class Found(NamedTuple):
    """What a path names.

    Attributes:
        kind: `movie`, `tv`, `season`, `episode`, `person`, `collection`, `company` or `network`.
        entry: The entry; for a season or an episode, that of it.
        series: The series, for a season or an episode.
    """

    kind: str
    entry: Entry
    series: Entry


PATHS = {
    "/3/movie/{movie_id}": "movie",
    "/3/tv/{series_id}": "tv",
    "/3/tv/{series_id}/season/{season_number}": "season",
    "/3/tv/{series_id}/season/{season_number}/episode/{episode_number}": "episode",
    "/3/person/{person_id}": "person",
    "/3/collection/{collection_id}": "collection",
    "/3/company/{company_id}": "company",
    "/3/network/{network_id}": "network",
}
"""The kinds by the paths of their details."""

PARTS: dict[tuple[str, str], Part] = {}
"""What makes each part, by kind and name. Other parts are as the entry has them."""


def part(kinds: str, *names: str) -> Callable[[Part], Part]:
    """Decorate the function that makes parts of these kinds."""

    def register(make: Part) -> Part:
        PARTS.update({(kind, name): make for kind in kinds.split() for name in names})
        return make

    return register


def find(call: Call, kind: str) -> Found:
    """The entry that a path names.

    Raises:
        Refused: There is none (34).
    """
    if kind in ("season", "episode"):
        series = find(call, "tv").entry
        season = series.get(f"season/{call.number('season_number')}")
        if season is None:
            raise Refused(NOT_FOUND)
        if kind == "season":
            return Found(kind, season, series)
        number = call.number("episode_number")
        episode = next((one for one in season["episodes"] if one["episode_number"] == number), None)
        if episode is None:
            raise Refused(NOT_FOUND)
        return Found(kind, episode, series)
    (name,) = call.path.keys() & {path.rpartition("{")[2].rstrip("}") for path in PATHS if PATHS[path] == kind}
    if kind == "movie" and call.path[name].startswith("tt"):
        entry = call.world.index(_movies_by_imdb_id).get(call.path[name])
    else:
        entry = call.world.get(kind, call.number(name))
    if entry is None:
        raise Refused(NOT_FOUND)
    return Found(kind, entry, entry)


def _movies_by_imdb_id(world: World) -> dict[str | None, Entry]:
    return {entry["imdb_id"]: entry for entry in world.all("movie") if entry["imdb_id"]}


def details(call: Call, found: Found) -> Entry:
    """The body of details, with the parts that the call asks for."""
    body = DETAILS[found.kind](call, found)
    known = parts_of(call.operation)
    for name in call.parts:
        if name in known or (found.kind == "tv" and name.startswith("season/") and name in found.entry):
            appended = make_part(call, found, name, appended=True)
            if appended is not None:
                body[name] = appended
    return body


@cache
def parts_of(operation: Operation[Any]) -> frozenset[str]:
    """The parts of the response of an operation."""
    model: Any = operation.returns()
    return frozenset(field.wire_name for field in fields_of(model) if isinstance(field.default, NotAppended))


def make_part(call: Call, found: Found, name: str, *, appended: bool) -> Any:
    """The body of a part, or None if it needs a session and there is none."""
    if name == "account_states" and appended and call.account is None:
        return None
    if name.startswith("season/"):
        season = Found("season", found.entry[name], found.entry)
        return DETAILS["season"](call, season)
    make = PARTS.get((found.kind, name))
    return make(call, found) if make else found.entry.get(name)


# Details by kind


def _movie(call: Call, found: Found) -> Entry:
    entry = translated(found.entry, call.language)
    return project(entry, models.MovieDetails, genres=genre_names(call.world, "movie", entry["genres"], call.language))


def _tv(call: Call, found: Found) -> Entry:
    entry = translated(found.entry, call.language)
    regular = [season for season in seasons_of(entry) if season["season_number"]]
    episodes = [episode for season in regular for episode in season["episodes"]]
    today = call.now.date().isoformat()
    aired = [one for one in episodes if one["air_date"] and one["air_date"] <= today]
    coming = [one for one in episodes if one["air_date"] and one["air_date"] > today]
    return project(
        entry,
        models.TVSeriesDetails,
        genres=genre_names(call.world, "tv", entry["genres"], call.language),
        created_by=[project(person, models.TVCreator, credit_id=credit["credit_id"]) for person, credit in call.world.people(entry["created_by"])],
        episode_run_time=entry.get("episode_run_time", []),
        first_air_date=first_air_date(entry),
        last_air_date=max((one["air_date"] for one in aired), default=None),
        last_episode_to_air=_episode_summary(call, max(aired, key=_place_on_air)) if aired else None,
        next_episode_to_air=_episode_summary(call, min(coming, key=_place_on_air)) if coming else None,
        number_of_episodes=len(episodes),
        number_of_seasons=len(regular),
        seasons=[project(translated(season, call.language), models.SeasonSummary, episode_count=len(season["episodes"])) for season in seasons_of(entry)],
    )


def _place_on_air(episode: Entry) -> tuple[str, int, int]:
    return episode["air_date"], episode["season_number"], episode["episode_number"]


def _episode_summary(call: Call, episode: Entry) -> Entry:
    return project(translated(episode, call.language), models.EpisodeSummary)


def _season(call: Call, found: Found) -> Entry:
    season = translated(found.entry, call.language)
    return project(season, models.SeasonDetails, episodes=[_episode_of_season(call, one) for one in season["episodes"]])


def _episode_of_season(call: Call, episode: Entry) -> Entry:
    return project(translated(episode, call.language), models.SeasonEpisode, **_people_of_episode(call, episode))


def _people_of_episode(call: Call, episode: Entry) -> dict[str, Any]:
    return {
        "crew": [_crew_member(models.TVCrewMember, *one) for one in call.world.people(episode["crew"])],
        "guest_stars": [_cast_member(models.TVCastMember, *one) for one in call.world.people(episode["guest_stars"])],
    }


def _episode(call: Call, found: Found) -> Entry:
    return project(translated(found.entry, call.language), models.EpisodeDetails, **_people_of_episode(call, found.entry))


def _person(call: Call, found: Found) -> Entry:
    return project(translated(found.entry, call.language), models.PersonDetails)


def _collection(call: Call, found: Found) -> Entry:
    id_ = found.entry["id"]
    parts = [one for one in call.world.all("movie") if one["belongs_to_collection"] and one["belongs_to_collection"]["id"] == id_]
    parts.sort(key=lambda one: one["release_date"] or "9")
    row = collection_row(found.entry, call.language)
    return project({**found.entry, **row}, models.CollectionDetails, parts=[movie_row(one, call.language, media_type=True) for one in parts])


def _company(call: Call, found: Found) -> Entry:
    del call
    return project(found.entry, models.CompanyDetails)


def _network(call: Call, found: Found) -> Entry:
    del call
    return project(found.entry, models.NetworkDetails)


DETAILS = {
    "movie": _movie,
    "tv": _tv,
    "season": _season,
    "episode": _episode,
    "person": _person,
    "collection": _collection,
    "company": _company,
    "network": _network,
}


# Parts


@part("movie tv season episode person", "changes")
def _changes(call: Call, found: Found) -> Entry:
    return changes_of(call, found.kind, found.entry["id"])


@part("movie tv episode", "account_states")
def _account_states(call: Call, found: Found) -> Entry:
    return call.user.states(found.kind, found.entry["id"])


@part("season", "account_states")
def _season_account_states(call: Call, found: Found) -> Entry:
    user = call.user
    return {
        "results": [
            {"id": one["id"], "episode_number": one["episode_number"], "rated": user.states("episode", one["id"])["rated"]} for one in found.entry["episodes"]
        ]
    }


@part("movie", "alternative_titles")
def _alternative_titles(call: Call, found: Found) -> Entry:
    country = call.query.get("country", "").upper()
    return {"titles": [one for one in found.entry["alternative_titles"]["titles"] if not country or one["iso_3166_1"] == country]}


@part("movie", "credits")
def _movie_credits(call: Call, found: Found) -> Entry:
    credits_ = found.entry["credits"]
    return {
        "cast": [_cast_member(models.MovieCastMember, *one) for one in call.world.people(credits_["cast"])],
        "crew": [_crew_member(models.MovieCrewMember, *one) for one in call.world.people(credits_["crew"])],
    }


@part("tv", "credits")
def _tv_credits(call: Call, found: Found) -> Entry:
    credits_ = found.entry["credits"]
    return {
        "cast": [_cast_member(models.TVCastMember, *one) for one in call.world.people(credits_["cast"])],
        "crew": [_crew_member(models.TVCrewMember, *one) for one in call.world.people(credits_["crew"])],
    }


@part("season", "credits")
def _season_credits(call: Call, found: Found) -> Entry:
    crew = {one["credit_id"]: one for episode in found.entry["episodes"] for one in episode["crew"]}
    return {
        **_tv_credits(call, found._replace(entry=found.series)),
        "crew": [_crew_member(models.TVCrewMember, *one) for one in call.world.people([*crew.values()])],
    }


@part("episode", "credits")
def _episode_credits(call: Call, found: Found) -> Entry:
    return {**_tv_credits(call, found._replace(entry=found.series)), **_people_of_episode(call, found.entry)}


@part("tv", "aggregate_credits")
def _aggregate_credits(call: Call, found: Found) -> Entry:
    return _aggregated(call, found.entry, [episode for season in seasons_of(found.entry) if season["season_number"] for episode in season["episodes"]])


@part("season", "aggregate_credits")
def _season_aggregate_credits(call: Call, found: Found) -> Entry:
    return _aggregated(call, found.series, found.entry["episodes"])


def _aggregated(call: Call, series: Entry, episodes: list[Entry]) -> Entry:
    """Credits with the number of episodes: the cast of the series in all of them, guests and crew in theirs."""
    cast = [(one, len(episodes)) for one in series["credits"]["cast"]] + [(one, 1) for episode in episodes for one in episode["guest_stars"]]
    crew = [(one, len(episodes)) for one in series["credits"]["crew"]] + [(one, 1) for episode in episodes for one in episode["crew"]]
    people = call.world
    return {
        "cast": [
            project(person, models.AggregateCastMember, roles=roles, total_episode_count=sum(one["episode_count"] for one in roles), order=order)
            for order, (person, roles) in enumerate(_known_people(people, _totals(cast, "character")))
        ],
        "crew": [
            project(
                person,
                models.AggregateCrewMember,
                jobs=jobs,
                department=people.department(jobs[0]["job"]),
                total_episode_count=sum(one["episode_count"] for one in jobs),
            )
            for person, jobs in _known_people(people, _totals(crew, "job"))
        ],
    }


def _known_people(world: World, totals: Mapping[int, list[dict[str, Any]]]) -> Iterable[tuple[Entry, list[dict[str, Any]]]]:
    return ((person, rows) for id_, rows in totals.items() if (person := world.get("person", id_)))


def _totals(credits_: list[tuple[Mapping[str, Any], int]], name: str) -> dict[int, list[dict[str, Any]]]:
    """The roles or jobs by person, each with the number of its episodes."""
    found: dict[int, dict[str, dict[str, Any]]] = {}
    for credit, count in credits_:
        roles = found.setdefault(credit["id"], {})
        role = roles.setdefault(credit[name], {"credit_id": credit["credit_id"], name: credit[name], "episode_count": 0})
        role["episode_count"] += count
    return {id_: list(roles.values()) for id_, roles in found.items()}


def _cast_member(model: Any, person: Entry, credit: Mapping[str, Any]) -> Entry:
    return project(person, model, **{key: value for key, value in credit.items() if key != "id"})


def _crew_member(model: Any, person: Entry, credit: Mapping[str, Any]) -> Entry:
    return project(person, model, credit_id=credit["credit_id"], department=credit["department"], job=credit["job"])


@part("movie tv season episode person collection", "images")
def _images(call: Call, found: Found) -> Entry:
    wanted = _image_languages(call)
    return {key: [one for one in listed if wanted is None or (one["iso_639_1"] or "null") in wanted] for key, listed in found.entry["images"].items()}


def _image_languages(call: Call) -> set[str] | None:
    """The languages of images to show; None for all."""
    if included := call.query.get("include_image_language"):
        return {one.partition("-")[0].strip() for one in included.split(",")}
    language = call.query.get("language")
    return {language.partition("-")[0]} if language else None


@part("movie tv season episode", "videos")
def _videos(call: Call, found: Found) -> Entry:
    if included := call.query.get("include_video_language"):
        wanted = {one.partition("-")[0].strip() for one in included.split(",")}
    else:
        wanted = {call.language.partition("-")[0]}
    return {"results": [one for one in found.entry["videos"]["results"] if one["iso_639_1"] in wanted]}


@part("movie tv", "lists")
def _lists(call: Call, found: Found) -> Entry:
    listed = call.users.lists.with_item(found.kind, found.entry["id"])
    model = models.ListSummary
    more = {"list_type": "movie"} if found.kind == "movie" else {}
    return page_of(call, listed, lambda one: project(one.summary(), model, **more))


@part("movie tv", "recommendations")
def _recommendations(call: Call, found: Found) -> Entry:
    return page_of(call, _related(call, found, genres=1, keywords=3), lambda one: title_row(found.kind, one, call.language, media_type=True))


@part("movie tv", "similar")
def _similar(call: Call, found: Found) -> Entry:
    return page_of(call, _related(call, found, genres=3, keywords=2), lambda one: title_row(found.kind, one, call.language))


def _related(call: Call, found: Found, *, genres: int, keywords: int) -> list[Entry]:
    """The titles that share genres or keywords, the nearest first."""

    def traits(entry: Entry) -> tuple[set[int], set[int]]:
        listed = entry["keywords"].get("keywords") or entry["keywords"].get("results") or []
        return {one["id"] for one in entry["genres"]}, {one["id"] for one in listed}

    own_genres, own_keywords = traits(found.entry)
    scores = []
    for other in call.world.all(found.kind):
        if other["id"] == found.entry["id"] or other["adult"]:
            continue
        its_genres, its_keywords = traits(other)
        if score := genres * len(own_genres & its_genres) + keywords * len(own_keywords & its_keywords):
            scores.append((-score, -other["popularity"], other["id"], other))
    return [one for *_, one in sorted(scores, key=lambda one: one[:3])]


@part("movie", "releases")
def _releases(call: Call, found: Found) -> Entry:
    del call
    return {
        "countries": [
            {
                "certification": country["release_dates"][0]["certification"],
                "descriptors": country["release_dates"][0]["descriptors"],
                "iso_3166_1": country["iso_3166_1"],
                "primary": index == 0,
                "release_date": country["release_dates"][0]["release_date"][:10],
            }
            for index, country in enumerate(found.entry["release_dates"]["results"])
            if country["release_dates"]
        ]
    }


@part("movie tv", "reviews")
def _reviews(call: Call, found: Found) -> Entry:
    code = call.language.partition("-")[0]
    listed = [one for one in found.entry["reviews"]["results"] if one.get("iso_639_1", "en") == code]
    return page_of(call, listed, lambda one: project(one, models.Review))


@part("movie", "trailers")
def _trailers(call: Call, found: Found) -> Entry:
    videos = [one for one in _videos(call, found)["results"] if one["site"] == "YouTube" and one["type"] == "Trailer"]
    return {"quicktime": [], "youtube": [{"name": one["name"], "size": "HD", "source": one["key"], "type": one["type"]} for one in videos]}


@part("movie tv season episode person collection", "translations")
def _translations(call: Call, found: Found) -> Entry:
    def named(translation: Mapping[str, Any]) -> dict[str, Any]:
        language = call.world.language(translation["iso_639_1"])
        return {"name": language["name"], "english_name": language["english_name"], **translation}

    return {"translations": [named(one) for one in found.entry["translations"]["translations"]]}


@part("tv", "episode_groups")
def _episode_groups(call: Call, found: Found) -> Entry:
    groups = [one for one in call.world.episode_groups.values() if one["series"] == found.entry["original_name"] or one["series"] == found.entry["name"]]
    return {"results": [project(_episode_group(call, one), models.EpisodeGroupSummary) for one in groups]}


@part("tv", "screened_theatrically")
def _screened_theatrically(call: Call, found: Found) -> Entry:
    del call
    listed = []
    for one in found.entry["screened_theatrically"]["results"]:
        season = found.entry.get(f"season/{one['season_number']}", {"episodes": []})
        listed += [
            {"id": episode["id"], "episode_number": one["episode_number"], "season_number": one["season_number"]}
            for episode in season["episodes"]
            if episode["episode_number"] == one["episode_number"]
        ]
    return {"results": listed}


@part("episode", "watch/providers")
def _episode_watch_providers(call: Call, found: Found) -> Entry:
    season = Found("season", found.series[f"season/{found.entry['season_number']}"], found.series)
    return dict(make_part(call, season, "watch/providers", appended=True))


# Parts of people


def _credit_rows(call: Call, found: Found, kinds: tuple[str, ...], *, media_type: bool) -> Entry:
    rows: dict[str, list[Entry]] = {"cast": [], "crew": []}
    for record in call.world.credits_of(found.entry["id"]):
        if record.kind not in kinds:
            continue
        type_ = "cast" if record.type_ == "cast" else "crew"
        rows[type_].append(_credit_row(call, record, type_, media_type=media_type))
    return rows


CREDIT_MODELS: dict[tuple[str, str], Any] = {
    ("movie", "cast"): models.MovieCastCredit,
    ("movie", "crew"): models.MovieCrewCredit,
    ("tv", "cast"): models.TVCastCredit,
    ("tv", "crew"): models.TVCrewCredit,
}


def _credit_row(call: Call, record: CreditRecord, type_: str, *, media_type: bool) -> Entry:
    credit = {key: value for key, value in record.credit.items() if key != "id"}
    if record.kind == "tv":
        days = [one["air_date"] for one in record.episodes if one["air_date"]]
        credit |= {"episode_count": len(record.episodes), "first_credit_air_date": min(days, default=first_air_date(record.entry) or None)}
    return title_row(record.kind, record.entry, call.language, media_type=media_type, model=CREDIT_MODELS[record.kind, type_], **credit)


@part("person", "movie_credits")
def _person_movie_credits(call: Call, found: Found) -> Entry:
    return _credit_rows(call, found, ("movie",), media_type=False)


@part("person", "tv_credits")
def _person_tv_credits(call: Call, found: Found) -> Entry:
    return _credit_rows(call, found, ("tv",), media_type=False)


@part("person", "combined_credits")
def _person_combined_credits(call: Call, found: Found) -> Entry:
    return _credit_rows(call, found, ("movie", "tv"), media_type=True)


@part("person", "tagged_images")
def _tagged_images(call: Call, found: Found) -> Entry:
    """The backdrops of the titles of a person. TMDB ignores the page and says 0."""
    rows: list[Entry] = []
    for record in call.world.credits_of(found.entry["id"]):
        media = title_row(record.kind, record.entry, call.language, media_type=True)
        tagged = [one for one in record.entry["images"]["backdrops"] if one["iso_639_1"] is None]
        rows += [
            {**one, "id": object_id("tagged", found.entry["id"], one["file_path"]), "image_type": "backdrop", "media": media, "media_type": record.kind}
            for one in tagged[:1]
        ]
    unique = list({one["id"]: one for one in rows}.values())
    return {"page": 0, "results": unique[:20], "total_pages": 1, "total_results": len(unique)}


# Parts of companies


@part("company", "movies")
def _company_movies(call: Call, found: Found) -> Entry:
    made = [one for one in call.world.all("movie") if any(company["id"] == found.entry["id"] for company in one["production_companies"])]
    return page_of(call, sorted(made, key=lambda one: -one["popularity"]), lambda one: movie_row(one, call.language))


# The operations


def _respond(path: str, kind: str) -> Callable[[Call], Any]:
    def respond(call: Call) -> Any:
        found = find(call, kind)
        name = call.operation.path.removeprefix(path).removeprefix("/")
        if not name:
            return details(call, found)
        body = make_part(call, found, name, appended=False)
        if body is None:
            raise Refused(NOT_FOUND)
        model: Any = call.operation.returns()
        return {"id": found.entry["id"], **body} if "id" in keys_of(model) else body

    return respond


def _unknown(call: Call) -> Any:
    """An operation that is newer than the world."""
    del call
    raise Refused(NOT_FOUND)


def respond_to(operation_path: str) -> Callable[[Call], Any]:
    """The function that responds to an operation of details or of a part.

    Args:
        operation_path: The path of the operation.
    """
    path = max((path for path in PATHS if operation_path == path or operation_path.startswith(f"{path}/")), key=len, default=None)
    return _respond(path, PATHS[path]) if path else _unknown


@responds("movies_latest", "tv_series_latest", "people_latest")
def _latest(call: Call) -> Entry:
    kind = {"movies_latest": "movie", "tv_series_latest": "tv", "people_latest": "person"}[call.operation.operation_id]
    entry = max(call.world.all(kind), key=lambda one: int(one["id"]))
    return DETAILS[kind](call._replace(query={"language": ENGLISH}), Found(kind, entry, entry))


@responds("tv_episode_groups_details")
def _episode_group_details(call: Call) -> Entry:
    group = call.world.episode_groups.get(call.path["tv_episode_group_id"])
    if group is None:
        raise Refused(NOT_FOUND)
    return _episode_group(call, group)


def _episode_group(call: Call, group: Entry) -> Entry:
    series = next((one for one in call.world.all("tv") if group["series"] in (one["name"], one["original_name"])), None)
    sections = []
    for section in group["groups"]:
        rows: list[Entry] = []
        for number, index in section["episodes"]:
            season = (series or {}).get(f"season/{number}", {"episodes": []})
            rows += [project(one, models.GroupedEpisode, order=len(rows)) for one in season["episodes"] if one["episode_number"] == index]
        sections.append({"id": object_id(group["id"], section["name"]), "locked": False, "name": section["name"], "order": section["order"], "episodes": rows})
    network = group.get("network")
    return {
        "description": group.get("description", ""),
        "episode_count": sum(len(one["episodes"]) for one in sections),
        "group_count": len(sections),
        "groups": sections,
        "id": group["id"],
        "name": group["name"],
        "network": call.world.summary_of_network(network) if network else None,
        "type": group["type"],
    }


@responds("credits_details")
def _credit_details(call: Call) -> Entry:
    record = call.world.credits.get(call.path["credit_id"])
    person = record and call.world.get("person", record.credit["id"])
    if record is None or person is None:
        raise Refused(NOT_FOUND)
    character = {"character": record.credit["character"]} if "character" in record.credit else {}
    media = title_row(record.kind, record.entry, call.language, media_type=True, **character)
    if record.kind == "tv":
        few = len(record.episodes) < 4
        media["episodes"] = [project(one, models.EpisodeRow, media_type="tv_episode") for one in record.episodes] if few else []
        media["seasons"] = [] if few else [_season_row(record.entry, one) for one in seasons_of(record.entry) if one["season_number"]]
    return {
        "credit_type": record.type_,
        "department": "Acting" if character else record.credit["department"],
        "job": "Actor" if character else record.credit["job"],
        "media": {**media, **character},
        "media_type": record.kind,
        "id": record.credit_id,
        "person": person_row(call.world, person, call.language, media_type=True, known_for=False),
    }


def _season_row(series: Entry, season: Entry) -> Entry:
    return project(season, models.SeasonRow, media_type="tv_season", show_id=series["id"], episode_count=len(season["episodes"]))


@responds("reviews_details")
def _review_details(call: Call) -> Entry:
    for kind in ("movie", "tv"):
        for entry in call.world.all(kind):
            for review in entry["reviews"]["results"]:
                if review["id"] == call.path["review_id"]:
                    title = entry.get("title") or entry["name"]
                    media = {"media_id": entry["id"], "media_title": title, "media_type": kind}
                    return project(review, models.ReviewDetails, iso_639_1=review.get("iso_639_1", "en"), **media)
    raise Refused(NOT_FOUND)
