"""Titles and people that a test adds, changes and removes; saving and loading a world."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from inspect import signature
from pathlib import Path
from typing import Any

import httpx
import pytest

from generator.validation import Validation
from tests.conftest import ROOT, SESSION, bundle
from tmdbkit import InvalidArgumentError
from tmdbkit.testing import FakeTMDB

from .tour import PARTS, URL, listed

FIXTURES = ROOT / "tests" / "fixtures"


def reader(fake: FakeTMDB) -> Callable[..., Any]:
    http = httpx.Client(transport=fake.transport, base_url=URL, headers={"Authorization": f"Bearer {fake.access_token}"})

    def get(path: str, **query: Any) -> Any:
        response = http.get(path, params=query or None)
        assert response.status_code == 200, (path, response.text)
        return response.json()

    return get


@pytest.fixture
def get(fake: FakeTMDB) -> Callable[..., Any]:
    return reader(fake)


@pytest.fixture
def ids(get: Callable[..., Any]) -> Callable[..., list[int]]:
    """The ids on all pages of a list."""

    def ids(path: str, **query: Any) -> list[int]:
        pages = get(path, **query)["total_pages"]
        return [row["id"] for page in range(1, pages + 1) for row in get(path, **{**query, "page": page})["results"]]

    return ids


@pytest.fixture
def movie(fake: FakeTMDB) -> int:
    return fake.add_movie(
        title="Zazu",
        original_title="Der Zazu",
        original_language="de",
        release_date="2024-05-01",
        runtime=99,
        genres=["Drama", "science fiction"],
        keywords=["hornbill"],
        overview="A bird.",
        budget=7,
        vote_average=8.5,
        vote_count=300,
        popularity=5000.0,
        imdb_id="tt7777777",
        external_ids={"wikidata_id": "Q7777777"},
        collection="The Zazu Collection",
        companies=["Zazu Pictures", "20th Century Fox"],
        countries=["DE", "US"],
        credits=[
            {"name": "Ann Example", "character": "Zazu"},
            {"name": "Brad Pitt", "character": "A Lion"},
            {"name": "Ann Example", "job": "Director"},
        ],
        alternative_titles=[{"iso_3166_1": "FR", "title": "Le Calao"}],
        translations=[{"iso_639_1": "fr", "iso_3166_1": "FR", "title": "Zazou", "overview": "Un oiseau."}],
        release_dates={"DE": [{"release_date": "2024-05-01", "certification": "12", "type": 3}], "US": [{"release_date": "2024-06-01", "type": 4}]},
        videos=[{"key": "abc", "name": "Trailer"}],
        watch_providers={"US": {"flatrate": ["Netflix", "Zazu Plus"]}},
        reviews=[{"author": "Critic", "content": "Good.", "rating": 8}],
    )


@pytest.fixture
def series(fake: FakeTMDB) -> int:
    pilot: Any = {
        "name": "Pilot",
        "air_date": "2024-05-01",
        "runtime": 50,
        "credits": [{"name": "Guest Example", "character": "A Guest"}, {"name": "Ann Example", "job": "Director"}],
    }
    return fake.add_series(
        name="Zazu and Friends",
        seasons=[
            {"season_number": 0, "episodes": [{"name": "A Special", "air_date": "2023-12-24"}]},
            {"season_number": 1, "episodes": [pilot, {"name": "Finale", "air_date": "2024-05-08", "episode_type": "finale"}]},
        ],
        genres=["Comedy"],
        networks=["Zazu TV"],
        created_by=["Ann Example"],
        popularity=5000.0,
        credits=[{"name": "Brad Pitt", "character": "A Lion"}],
        content_ratings={"US": "TV-G"},
        external_ids={"tvdb_id": 7777777},
    )


# Movies


def test_an_added_movie_is_found(movie: int, ids: Any, get: Any, fake: FakeTMDB) -> None:
    for query in ("zazu", "Der Zazu", "le calao", "zazou"):
        assert movie in ids("/3/search/movie", query=query), query
    assert movie in ids("/3/search/multi", query="zazu")
    for external_id, source in (("tt7777777", "imdb_id"), ("Q7777777", "wikidata_id")):
        assert [row["id"] for row in get(f"/3/find/{external_id}", external_source=source)["movie_results"]] == [movie]
    assert get("/3/movie/tt7777777")["id"] == movie
    assert fake.client().movies.details(movie).title == "Zazu"


def test_an_added_movie_is_discovered_and_listed(movie: int, ids: Any, get: Any) -> None:
    body = get(f"/3/movie/{movie}", append_to_response="keywords,watch/providers")
    (keyword,), company = body["keywords"]["keywords"], body["production_companies"][0]
    provider = body["watch/providers"]["results"]["US"]["flatrate"][1]["provider_id"]
    filters: list[dict[str, Any]] = [
        {"with_genres": "18,878"},
        {"with_keywords": keyword["id"]},
        {"with_companies": company["id"]},
        {"primary_release_year": 2024},
    ]
    filters += [{"watch_region": "US", "with_watch_providers": provider}, {"with_original_language": "de", "vote_average.gte": 8.4}, {"with_runtime.lte": 99}]
    for query in filters:
        assert movie in ids("/3/discover/movie", **query), query
    for path in ("/3/movie/popular", "/3/movie/top_rated", "/3/trending/movie/day", "/3/trending/all/week", "/3/movie/changes", "/3/movie/550/similar"):
        assert movie in ids(path), path
    assert ids("/3/movie/popular")[0] == movie
    assert ids(f"/3/keyword/{keyword['id']}/movies") == ids(f"/3/company/{company['id']}/movies") == [movie]
    assert "Zazu Plus" in [one["provider_name"] for one in get("/3/watch/providers/movie")["results"]]


def test_an_added_movie_has_its_details_and_parts(movie: int, get: Any) -> None:
    body = get(f"/3/movie/{movie}", append_to_response=",".join(PARTS["movie"].split()))
    assert (body["title"], body["original_title"], body["release_date"], body["runtime"], body["status"]) == ("Zazu", "Der Zazu", "2024-05-01", 99, "Released")
    assert [one["name"] for one in body["genres"]] == ["Drama", "Science Fiction"]
    assert [one["name"] for one in body["spoken_languages"]] == ["Deutsch"]
    assert [(one["name"], one["character"]) for one in body["credits"]["cast"]] == [("Ann Example", "Zazu"), ("Brad Pitt", "A Lion")]
    assert [(one["name"], one["job"], one["department"]) for one in body["credits"]["crew"]] == [("Ann Example", "Director", "Directing")]
    assert body["credits"]["cast"][1]["id"] == 287
    assert body["external_ids"]["imdb_id"] == body["imdb_id"] == "tt7777777"
    assert {one["iso_3166_1"] for one in body["release_dates"]["results"]} == {"DE", "US"}
    assert [one["content"] for one in body["reviews"]["results"]] == ["Good."]
    assert body["videos"]["results"][0]["key"] == "abc"
    assert body["images"]["posters"][0]["file_path"]
    assert get(f"/3/movie/{movie}", language="fr-FR")["title"] == "Zazou"
    schema = bundle()["paths"]["/3/movie/{movie_id}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert [*map(str, Validation(bundle()).violations(schema, body))] == []


def test_an_added_movie_is_in_its_collection(movie: int, get: Any, ids: Any) -> None:
    collection = get(f"/3/movie/{movie}")["belongs_to_collection"]
    assert collection["name"] == "The Zazu Collection"
    assert [one["id"] for one in get(f"/3/collection/{collection['id']}")["parts"]] == [movie]
    assert ids("/3/search/collection", query="zazu") == [collection["id"]]


def test_a_new_person_of_the_credits_is_a_person(movie: int, get: Any, ids: Any) -> None:
    (person,) = ids("/3/search/person", query="Ann Example")
    body = get(f"/3/person/{person}", append_to_response="combined_credits")
    assert (body["name"], body["known_for_department"]) == ("Ann Example", "Acting")
    assert [(one["id"], one["character"]) for one in body["combined_credits"]["cast"]] == [(movie, "Zazu")]
    assert [(one["id"], one["job"]) for one in body["combined_credits"]["crew"]] == [(movie, "Director")]
    assert movie in [one["id"] for one in get("/3/person/287/movie_credits")["cast"]]
    assert person in ids("/3/person/changes")
    assert person in ids("/3/person/popular")


def test_only_a_title_is_needed(fake: FakeTMDB, get: Any) -> None:
    movie, series, person = fake.add_movie(title="Bare"), fake.add_series(name="Bare"), fake.add_person(name="Bare")
    body = get(f"/3/movie/{movie}", append_to_response="credits,images")
    assert (body["release_date"], body["status"], body["runtime"], body["credits"]["cast"]) == ("", "Planned", None, [])
    assert get(f"/3/tv/{series}")["number_of_seasons"] == 0
    assert get(f"/3/person/{person}")["birthday"] is None
    paths = {"movie": "/3/movie/{movie_id}", "tv": "/3/tv/{series_id}", "person": "/3/person/{person_id}"}
    for kind, id_ in (("movie", movie), ("tv", series), ("person", person)):
        schema = bundle()["paths"][paths[kind]]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        assert [*map(str, Validation(bundle()).violations(schema, get(f"/3/{kind}/{id_}", append_to_response=",".join(PARTS[kind].split()[:20]))))] == []


def test_a_movie_can_lack_images(fake: FakeTMDB, get: Any) -> None:
    body = get(f"/3/movie/{fake.add_movie(title='Bare', no_images=True)}", append_to_response="images")
    assert (body["poster_path"], body["backdrop_path"], body["images"]) == (None, None, {"backdrops": [], "logos": [], "posters": []})


@pytest.mark.parametrize(
    ("given", "written"), [("2024-05-01", "2024-05-01"), (date(2024, 5, 1), "2024-05-01"), ("+30", "2027-02-09"), ("-1", "2027-01-09"), (None, "")]
)
def test_a_day_is_a_date_a_text_or_days_from_today(given: Any, written: str, fake: FakeTMDB, get: Any) -> None:
    fake.clock.set(datetime(2027, 1, 10, tzinfo=UTC))
    assert get(f"/3/movie/{fake.add_movie(title='Zazu', release_date=given)}")["release_date"] == written


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ({"genres": ["Dramma"]}, "genres must be among Action, .*; not 'Dramma'"),
        ({"release_date": "soon"}, "soon"),
        ({"release_date": "2024-13-01"}, "a day must be YYYY-MM-DD, .*, not '2024-13-01'"),
        ({"release_date": "+x"}, r"\+x"),
        ({"release_dates": {"DE": [{"release_date": "1.5.2024"}]}}, "1.5.2024"),
        ({"release_dates": {"DE": [{"certification": "12"}]}}, r"release_dates\['DE'\]\[0\] lacks 'release_date'"),
        ({"translations": [{"iso_639_1": "de", "iso_3166_1": "DE", "titel": "Zazu"}]}, r"translations\[0\] has no 'titel': its keys are iso_639_1, "),
        ({"watch_providers": {"DE": {"stream": ["Netflix"]}}}, r"watch_providers\['DE'\] has no 'stream'"),
        ({"external_ids": {"imdb": "tt1"}}, "external_ids has no 'imdb'"),
        ({"id": 0}, "id must be 1 or more, not 0"),
        ({"vote_average": 11}, "vote_average must be 0 to 10, not 11"),
        ({"runtime": -5}, "runtime must be 0 or more, not -5"),
        ({"alternative_titles": [{"iso_3166_1": "DE", "title": " "}]}, "alternative_titles: title must not be blank"),
    ],
)
def test_a_wrong_fact_is_refused(wrong: dict[str, Any], hint: str, fake: FakeTMDB, ids: Any) -> None:
    with pytest.raises(ValueError, match=hint):
        fake.add_movie(title="Zazu", credits=[{"name": "Ann Example", "character": "Zazu"}], **wrong)
    assert ids("/3/search/multi", query="zazu") == ids("/3/search/multi", query="Ann Example") == []


def test_a_wrong_fact_of_an_episode_is_refused(fake: FakeTMDB) -> None:
    with pytest.raises(ValueError, match=r"credits\[0\] has no 'nme'"):
        fake.add_series(name="Zork", seasons=[{"season_number": 1, "episodes": [{"name": "Pilot", "credits": [{"nme": "Ann"}]}]}])  # type: ignore[typeddict-item]
    with pytest.raises(ValueError, match="season_number must be 0 or more"):
        fake.add_series(name="Zork", seasons=[{"season_number": -1}])


WRONG = [
    5,
    "x",
    b"x",
    None,
    object(),
    [1],
    ["a"],
    {"a": 1},
    {1: 2},
    True,
    1.5,
    math.nan,
    math.inf,
    [None],
    [{"a": 1}],
    {"DE": 5},
    {"DE": [5]},
    [[]],
    -1,
    "",
    "\ud800",
]
FACTS = [(method, name) for method in ("add_movie", "add_series", "add_person") for name in signature(getattr(FakeTMDB, method)).parameters if name != "self"]


@pytest.mark.parametrize(("method", "name"), FACTS)
def test_a_fact_of_another_type_is_refused_by_its_name(method: str, name: str, fake: FakeTMDB) -> None:
    refusals: list[str] = []
    for value in WRONG:
        with refused(refusals):
            getattr(fake, method)(**{"name" if method != "add_movie" else "title": "Zazu", name: value})
    assert len(refusals) > len(WRONG) / 2
    assert [refusal for refusal in refusals if not re.search(rf"{name}|a day must be|surrogates", refusal)] == []


@contextmanager
def refused(refusals: list[str]) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        refusals.append(str(error))


@pytest.mark.parametrize(("day", "status"), [("+1", "Returning Series"), ("-1", "Ended")])
def test_a_series_goes_on_while_an_episode_is_to_come(day: str, status: str, fake: FakeTMDB, get: Any) -> None:
    number = fake.add_series(name="Zork", seasons=[{"season_number": 1, "episodes": [{"name": "Pilot", "air_date": day}]}])
    assert get(f"/3/tv/{number}")["status"] == status


def test_a_replaced_movie_is_as_if_it_were_new(movie: int, fake: FakeTMDB, get: Any, ids: Any) -> None:
    fake.add_movie(id=movie, title="Simba", genres=["Comedy"])
    body = get(f"/3/movie/{movie}", append_to_response="credits,changes")
    assert (body["title"], body["overview"], body["credits"]["cast"]) == ("Simba", "", [])
    assert ids("/3/search/movie", query="zazu") == ids("/3/discover/movie", with_genres="18", primary_release_year=2024, with_original_language="de") == []
    assert ids("/3/search/movie", query="simba") == [movie]
    assert movie not in [one["id"] for one in get("/3/person/287/movie_credits")["cast"]]
    (change,) = [one for one in body["changes"]["changes"] if one["key"] == "title"]
    assert [(one["action"], one["value"]) for one in change["items"]] == [("added", "Zazu"), ("updated", "Simba")]


def test_a_known_movie_can_be_replaced(fake: FakeTMDB, get: Any, ids: Any) -> None:
    assert fake.add_movie(id=550, title="Flight Club") == 550
    assert get("/3/movie/550")["title"] == "Flight Club"
    assert 550 not in ids("/3/search/movie", query="fight club")
    assert FakeTMDB().client().movies.details(550).title == "Fight Club"


# Series


def test_an_added_series_is_everywhere(series: int, ids: Any, get: Any) -> None:
    assert ids("/3/search/tv", query="zazu") == [series]
    assert [row["id"] for row in get("/3/find/7777777", external_source="tvdb_id")["tv_results"]] == [series]
    network = get(f"/3/tv/{series}")["networks"][0]
    for query in (
        {"with_networks": network["id"]},
        {"air_date.gte": "2024-05-08", "air_date.lte": "2024-05-08"},
        {"first_air_date_year": 2024, "with_genres": 35},
    ):
        assert series in ids("/3/discover/tv", **query), query
    for path in ("/3/tv/popular", "/3/trending/tv/day", "/3/tv/changes", "/3/tv/2316/similar"):
        assert series in ids(path), path
    assert get(f"/3/network/{network['id']}")["name"] == "Zazu TV"


def test_an_added_series_has_seasons_and_episodes(series: int, get: Any) -> None:
    body = get(f"/3/tv/{series}", append_to_response="season/1,aggregate_credits,content_ratings")
    assert (body["first_air_date"], body["last_air_date"], body["number_of_episodes"], body["number_of_seasons"]) == ("2024-05-01", "2024-05-08", 2, 1)
    assert [(one["season_number"], one["episode_count"], one["name"]) for one in body["seasons"]] == [(0, 1, "Specials"), (1, 2, "Season 1")]
    assert [(one["name"], one["episode_type"]) for one in body["season/1"]["episodes"]] == [("Pilot", "standard"), ("Finale", "finale")]
    assert [one["name"] for one in body["created_by"]] == ["Ann Example"]
    assert {(one["name"], one["total_episode_count"]) for one in body["aggregate_credits"]["cast"]} == {("Brad Pitt", 2), ("Guest Example", 1)}
    episode = get(f"/3/tv/{series}/season/1/episode/1", append_to_response="credits,images")
    assert (episode["guest_stars"][0]["name"], episode["crew"][0]["name"], episode["runtime"]) == ("Guest Example", "Ann Example", 50)
    creator = body["created_by"][0]
    rows = get(f"/3/person/{creator['id']}/tv_credits")["crew"]
    assert {one["job"] for one in rows if one["id"] == series} == {"Creator", "Director"}


def test_an_episode_of_an_added_series_can_be_rated(series: int, fake: FakeTMDB) -> None:
    with fake.client(session_id=SESSION) as tmdb:
        tmdb.tv_episodes.add_rating(series, 1, 2, value=9)
        assert [(one.show_id, one.rating) for one in tmdb.account.rated_tv_episodes(548).results] == [(series, 9.0)]


# People


def test_an_added_person_is_found(fake: FakeTMDB, get: Any, ids: Any) -> None:
    person = fake.add_person(
        name="Ann Example", also_known_as=["Анна"], birthday="1990-01-01", imdb_id="nm777", popularity=9000.0, external_ids={"tiktok_id": "ann"}
    )
    assert ids("/3/search/person", query="анна") == [person]
    assert [row["id"] for row in get("/3/find/ann", external_source="tiktok_id")["person_results"]] == [person]
    assert ids("/3/person/popular")[0] == ids("/3/trending/person/day")[0] == person
    assert get(f"/3/person/{person}")["birthday"] == "1990-01-01"


def test_an_added_person_is_the_one_of_the_credits(movie: int, fake: FakeTMDB, get: Any) -> None:
    person = fake.add_person(name="ann example", biography="An actor.")
    cast = get(f"/3/movie/{movie}/credits")["cast"]
    assert (cast[0]["id"], cast[0]["name"]) == (person, "ann example")
    assert get(f"/3/person/{person}")["biography"] == "An actor."


# Removing


def test_a_removed_title_is_gone(movie: int, series: int, fake: FakeTMDB, ids: Any, get: Any, http: httpx.Client) -> None:
    with fake.client(session_id=SESSION) as tmdb:
        tmdb.movies.add_rating(movie, value=9)
        list_id = tmdb.lists.create("A list").list_id
        tmdb.lists.add_movie(list_id, media_id=movie)
    collection = get(f"/3/movie/{movie}")["belongs_to_collection"]["id"]
    fake.remove("movie", movie)
    fake.remove("tv", series)
    for path in (f"/3/movie/{movie}", f"/3/movie/{movie}/credits", f"/3/tv/{series}", f"/3/tv/{series}/season/1", "/3/movie/tt7777777"):
        assert http.get(path).status_code == 404, path
    assert ids("/3/search/movie", query="zazu") == ids("/3/search/tv", query="zazu") == []
    assert {row["media_type"] for row in get("/3/search/multi", query="zazu")["results"]} == {"collection"}
    assert get("/3/find/tt7777777", external_source="imdb_id")["movie_results"] == get(f"/3/collection/{collection}")["parts"] == []
    assert not {movie, series} & {one["id"] for one in get("/3/person/287/combined_credits")["cast"]}
    assert get(f"/3/list/{list_id}")["items"] == []
    assert http.get("/3/account/1/rated/movies", params={"session_id": SESSION}).json()["total_results"] == 0
    assert movie in ids("/3/movie/changes")


def test_a_removed_person_is_in_no_credits(fake: FakeTMDB, get: Any, http: httpx.Client, ids: Any) -> None:
    credit = get("/3/movie/550/credits")["cast"][1]["credit_id"]
    fake.remove("person", 287)
    assert 287 not in [one["id"] for one in get("/3/movie/550/credits")["cast"]]
    assert http.get("/3/person/287").status_code == http.get(f"/3/credit/{credit}").status_code == 404
    assert 287 not in ids("/3/search/person", query="brad pitt")


def test_only_what_is_there_can_be_removed(fake: FakeTMDB) -> None:
    with pytest.raises(ValueError, match="there is no movie 999999999"):
        fake.remove("movie", 999_999_999)
    with pytest.raises(ValueError, match="kind must be"):
        fake.remove("company", 1)


# Saving


REQUESTS = [
    "/3/movie/550?append_to_response=credits,images,keywords,release_dates,reviews,similar,translations,videos,watch/providers,changes,alternative_titles",
    "/3/movie/550?language=de-DE",
    "/3/tv/1399?append_to_response=aggregate_credits,season/1,episode_groups,external_ids,screened_theatrically,content_ratings",
    "/3/person/287?append_to_response=combined_credits,images,tagged_images",
    "/3/search/multi?query=zazu",
    "/3/discover/movie?with_genres=18&sort_by=revenue.desc",
    "/3/discover/tv?with_status=3",
    "/3/find/tt0137523?external_source=imdb_id",
    "/3/trending/all/day",
    "/3/genre/movie/list?language=de",
    "/3/configuration/languages",
    "/3/watch/providers/movie?watch_region=DE",
    "/3/movie/changes",
    "/3/collection/10",
    "/3/company/711?append_to_response=images,movies",
    "/3/person/popular",
    "/3/certification/movie/list",
]


def saved(fake: FakeTMDB, folder: Path) -> FakeTMDB:
    fake.save(folder / "world.json")
    return FakeTMDB(folder / "world.json")


def test_a_saved_world_answers_alike(movie: int, series: int, fake: FakeTMDB, tmp_path: Path) -> None:
    fake.clock.set(datetime(2027, 1, 10, tzinfo=UTC))
    again = saved(fake, tmp_path)
    again.clock.set(datetime(2027, 1, 10, tzinfo=UTC))
    for path in [*REQUESTS, f"/3/movie/{movie}?append_to_response=credits,changes", f"/3/tv/{series}/season/1"]:
        assert reader(again)(path) == reader(fake)(path), path


def test_a_saved_world_has_what_the_users_did(fake: FakeTMDB, tmp_path: Path) -> None:
    with fake.client(session_id=SESSION) as tmdb:
        tmdb.movies.add_rating(550, value=9)
        tmdb.account.add_to_watchlist(548, media_type="tv", media_id=1399, watchlist=True)
        list_id = tmdb.lists.create("A list").list_id
        tmdb.lists.add_movie(list_id, media_id=550)
    again = saved(fake, tmp_path)
    ann = again.users.named("ann")
    assert ann is not None
    with again.client(session_id=ann.session_id) as tmdb:
        assert tmdb.movies.account_states(550).rated.value == 9
        assert [one.id for one in tmdb.account.watchlist_tv(548).results] == [1399]
        assert [one.id for one in tmdb.lists.details(list_id).items] == [550]
        assert tmdb.lists.create("Another").list_id > list_id


def test_a_saved_world_has_no_credentials(fake: FakeTMDB, tmp_path: Path) -> None:
    fake.client(session_id=SESSION).movies.add_rating(550, value=9)
    fake.users.add("bob", "a password")
    fake.save(tmp_path / "world.json")
    content = (tmp_path / "world.json").read_text(encoding="utf-8")
    users = [*fake.users, fake.users.add_guest()]
    secrets = [secret for user in users for secret in (user.session_id, user.access_token, user.guest_session_id) if secret]
    assert not [secret for secret in [*secrets, SESSION, "a password"] if secret in content]


def test_a_folder_that_does_not_exist_is_no_file_for_a_world(fake: FakeTMDB, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgumentError, match="a folder that exists"):
        fake.save(f"{tmp_path}/worlds/")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_what_was_there(fake: FakeTMDB, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "world.json"
    fake.save(file)
    before = file.read_bytes()

    def broken(self: Path, *arguments: Any, **options: Any) -> int:
        self.write_bytes(b"{")
        raise OSError("the disk is full")

    monkeypatch.setattr(Path, "write_text", broken)
    with pytest.raises(OSError, match="full"):
        fake.save(file)
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"world": 7}', '{"world": {}, "users": [], "lists": []}', "null", "[" * 99_999])
def test_what_save_has_not_written_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "world.json").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match="is no world that"):
        FakeTMDB(tmp_path / "world.json")
    with pytest.raises(OSError):
        FakeTMDB(tmp_path / "missing.json")


# Loading recordings


def test_the_recorded_fixtures_load(fake: FakeTMDB) -> None:
    before = {kind: {entry["id"] for entry in fake.world.all(kind)} for kind in ("movie", "tv", "person", "collection", "company", "network")}
    assert fake.load(FIXTURES) > 50
    get, validation = reader(fake), Validation(bundle())
    names = {"movie": "movie_id", "tv": "series_id", "person": "person_id", "collection": "collection_id", "company": "company_id", "network": "network_id"}
    new, known = 0, set[str]()
    for kind, name in names.items():
        schema = bundle()["paths"][f"/3/{kind}/{{{name}}}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        for entry in fake.world.all(kind):
            body = get(f"/3/{kind}/{entry['id']}", append_to_response=",".join(PARTS[kind].split()[:20]))
            assert [*map(str, validation.violations(schema, body))] == [], (kind, entry["id"])
            for path in {*listed(body)} - known:
                get(path)
                known.add(path)
            new += entry["id"] not in before[kind]
    assert new > 50


@pytest.mark.parametrize(("name", "path"), [("movies/details.json", "/3/movie"), ("tv_series/details.json", "/3/tv"), ("people/details.json", "/3/person")])
def test_recorded_details_are_the_details(name: str, path: str, fake: FakeTMDB, get: Any) -> None:
    recorded = json.loads((FIXTURES / name).read_bytes())["response"]["body"]
    assert fake.load(FIXTURES / name) == 1
    body = get(f"{path}/{recorded['id']}")
    own = recorded.keys() & {
        "title",
        "name",
        "overview",
        "popularity",
        "vote_count",
        "poster_path",
        "budget",
        "runtime",
        "birthday",
        "status",
        "genres",
        "homepage",
    }
    assert {key: body[key] for key in own} == {key: recorded[key] for key in own}


def test_lines_of_recordings_load(fake: FakeTMDB, tmp_path: Path, get: Any) -> None:
    details = {**get("/3/movie/550"), "id": 4_711_001, "title": "Recorded", "imdb_id": "tt4711001"}
    exchange = {"request": {"method": "GET", "path": "/3/movie/4711002?language=en"}, "response": {"status": 200, "body": {**details, "id": 4_711_002}}}
    page = {
        "operation_id": "movies_popular",
        "response": {"status": 200, "body": {"page": 1, "results": [{**get("/3/movie/popular")["results"][0], "id": 4_711_003}]}},
    }
    failed = {"operation_id": "movies_details", "response": {"status": 404, "body": {"status_code": 34}}}
    file = tmp_path / "recorded.jsonl"
    file.write_text("".join(f"{json.dumps(one)}\n" for one in (details, exchange, page, failed)), encoding="utf-8")
    assert fake.load(file) == 4
    assert [get(f"/3/movie/{id_}")["id"] for id_ in (4_711_001, 4_711_002, 4_711_003)] == [4_711_001, 4_711_002, 4_711_003]
    assert get("/3/find/tt4711001", external_source="imdb_id")["movie_results"][0]["title"] == "Recorded"


@pytest.mark.parametrize("broken", ["{", "[" * 99_999])
def test_what_cannot_be_read_adds_nothing(broken: str, fake: FakeTMDB, tmp_path: Path) -> None:
    details = {**reader(fake)("/3/movie/550"), "id": 4_711_001}
    (tmp_path / "a.json").write_text(json.dumps(details), encoding="utf-8")
    (tmp_path / "b.json").write_text(broken, encoding="utf-8")
    with pytest.raises(ValueError, match="neither JSON nor JSON lines"):
        fake.load(tmp_path)
    (tmp_path / "b.json").write_text('{"method": "GET", "path": "/3/movie/550", "body": {}}', encoding="utf-8")
    with pytest.raises(ValueError, match="object 1 is no recording of make record, and no body of details; it has method, path, body"):
        fake.load(tmp_path / "b.json")
    with pytest.raises(OSError):
        fake.load(tmp_path / "missing.json")
    assert fake.world.get("movie", 4_711_001) is None
