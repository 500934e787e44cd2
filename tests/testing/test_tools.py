"""Tools and clients of others use the fake as they use TMDB: schemathesis, tmdbsimple, themoviedb, tmdbapis and PyInstaller."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import requests.adapters

from tests.conftest import API_KEY, ROOT
from tmdbkit.router import package_operations
from tmdbkit.testing import FakeTMDB

from .tour import Tour

pytestmark = pytest.mark.slow

SCRIPTS = Path(sysconfig.get_path("scripts"))


# schemathesis

SCHEMATHESIS = """
seed = 13
continue-on-failure = true
color = false
workers = 1
warnings = false

[generation]
max-examples = 5
no-shrink = true

[phases.stateful]
# What a write does to the next read is compared with a model in test_state.py.
enabled = false

[checks.negative_data_rejection]
# TMDB ignores parameters, parts and fields that it does not know or cannot read, and so does the fake.
enabled = false

[[operations]]
# A schema cannot say that a range of days is no longer than 14; else the response is a 422 with code 20.
include-path-regex = "/changes$"
checks.positive_data_acceptance.enabled = false

[[operations]]
# TMDB refuses an empty description with a 422; the spec allows it, because the report of that is from 2021.
include-operation-id = "lists_create"
checks.positive_data_acceptance.enabled = false
"""
"""Everything else is checked: documented statuses, content types, headers and bodies, credentials, methods, and that valid requests are accepted."""


def settings_of(tour: Tour) -> str:
    """The settings of schemathesis with the user's credentials and with ids of the world, which most requests have."""
    lists = [tour.send("POST", "/4/list", {"name": f"List {number}", "iso_639_1": "en", "public": number % 2})["id"] for number in range(20)]
    ids: dict[str, list[Any]] = {"list_id": lists, "season_number": [0, 1, 2], "episode_number": [1, 2, 3]}
    for name in {name for one in package_operations() for name in re.findall(r"\{(\w+)\}", one.path)} - ids.keys():
        ids[name] = tour.ids(name)[:50]
    given = {"access_token": {"bearer": tour.fake.access_token}, "user_access_token": {"bearer": tour.user.access_token}}
    given |= {"session_id": {"api_key": tour.user.session_id}, "guest_session_id": {"api_key": tour.guest.guest_session_id}}
    lines = [f"[dictionaries.{name}]\nvalues = {json.dumps(values)}" for name, values in ids.items()]
    lines += [f'[parameters."path.{name}"]\ndictionary = "{name}"\nprobability = 0.7' for name in ids]
    lines += [f'[auth.openapi.{scheme}]\n{kind} = "{text}"' for scheme, one in given.items() for kind, text in one.items()]
    return "\n".join([SCHEMATHESIS, *lines])


def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    tour = Tour()
    (tmp_path / "schemathesis.toml").write_text(settings_of(tour), encoding="utf-8")
    with tour.fake.serve() as server:
        command = [
            SCRIPTS / "st",
            "run",
            ROOT / "generated" / "openapi.json",
            "--url",
            server.base_url,
            "--report",
            "json",
            "--report-json-path",
            "report.json",
        ]
        ran = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path, timeout=600)
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (report["failures"], report["errors"], ran.returncode) == ([], [], 0), ran.stdout[-20_000:]
    assert report["operations"]["tested"] == 178
    assert {one.operation_id for one in tour.fake.requests if one.operation_id} == {one.operation_id for one in package_operations()}


# Clients of others. They are imported where they are used: the environment of the other tests does not have them.

OFFICIAL = "https://api.themoviedb.org"


class ToFake(requests.adapters.HTTPAdapter):
    """Sends requests for TMDB to a server of the fake."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self._base_url = base_url

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        request.url = str(request.url).replace(OFFICIAL, self._base_url)
        return super().send(request, *arguments, **options)


@pytest.fixture
def fake() -> Iterator[FakeTMDB]:
    """A fake that got forty calls or more."""
    fake = FakeTMDB()
    yield fake
    assert len(fake.requests) >= 40
    assert all(one.operation_id for one in fake.requests)


@pytest.fixture
def base_url(fake: FakeTMDB) -> Iterator[str]:
    with fake.serve() as server:
        yield server.base_url


@pytest.fixture
def session(base_url: str) -> Iterator[requests.Session]:
    """Connections of clients that have no option for the URL of TMDB."""
    with requests.Session() as session:
        session.mount(OFFICIAL, ToFake(base_url))
        yield session


def titles(rows: Any) -> list[str]:
    return [row["title"] if "title" in row else row["name"] for row in rows]


def test_tmdbsimple_makes_a_tour(session: requests.Session, fake: FakeTMDB, monkeypatch: pytest.MonkeyPatch) -> None:
    import tmdbsimple

    monkeypatch.setattr(tmdbsimple, "REQUESTS_SESSION", session)
    monkeypatch.setattr(tmdbsimple, "API_KEY", API_KEY)

    search = tmdbsimple.Search()
    (found,) = search.movie(query="fight club")["results"]
    assert (found["id"], found["title"]) == (550, "Fight Club")
    assert titles(search.tv(query="Breaking Bad")["results"]) == ["Breaking Bad"]
    assert titles(search.person(query="Brad Pitt")["results"]) == ["Brad Pitt"]
    assert "Star Wars Collection" in titles(search.collection(query="star wars")["results"])
    assert {row["media_type"] for row in search.multi(query="star wars")["results"]} >= {"movie", "collection"}

    movie = tmdbsimple.Movies(found["id"])
    details = movie.info(append_to_response="credits,images,watch/providers", language="de-DE")
    assert (details["original_title"], details["runtime"]) == ("Fight Club", 139)
    cast = movie.credits()["cast"]
    assert [one["id"] for one in cast] == [one["id"] for one in details["credits"]["cast"]]
    assert 550 in [one["id"] for one in tmdbsimple.People(cast[0]["id"]).movie_credits()["cast"]]
    assert tmdbsimple.People(287).info()["name"] == "Brad Pitt"
    assert movie.external_ids()["imdb_id"] == "tt0137523"
    assert titles(tmdbsimple.Find("tt0137523").info(external_source="imdb_id")["movie_results"]) == ["Fight Club"]
    assert movie.images()["posters"] == details["images"]["posters"] or movie.images()["posters"]
    assert movie.release_dates()["results"] and movie.keywords()["keywords"] and movie.translations()["translations"]
    assert movie.watch_providers()["results"] == details["watch/providers"]["results"]
    assert 550 not in [row["id"] for row in movie.recommendations()["results"]]
    genre = next(one["id"] for one in tmdbsimple.Genres().movie_list()["genres"] if one["name"] == "Drama")
    assert all(genre in row["genre_ids"] for row in tmdbsimple.Discover().movie(with_genres=genre, sort_by="vote_count.desc")["results"])
    assert tmdbsimple.Movies().popular()["page"] == 1
    season = tmdbsimple.TV_Seasons(1399, 1).info()
    assert tmdbsimple.TV(1399).info()["name"] == "Game of Thrones"
    assert tmdbsimple.TV_Episodes(1399, 1, 1).info()["name"] == season["episodes"][0]["name"]
    with pytest.raises(requests.HTTPError, match="404"):
        tmdbsimple.Movies(999_999_999).info()

    authentication = tmdbsimple.Authentication()
    token = authentication.token_new()["request_token"]
    authentication.token_validate_with_login(username="reviewer", password="any", request_token=token)
    session_id = authentication.session_new(request_token=token)["session_id"]
    account = tmdbsimple.Account(session_id)
    assert account.info()["username"] == "reviewer"
    movie.rating(session_id=session_id, value=8.5)
    assert movie.account_states(session_id=session_id)["rated"] == {"value": 8.5}
    assert [(row["id"], row["rating"]) for row in account.rated_movies()["results"]] == [(550, 8.5)]
    movie.rating_delete(session_id=session_id)
    assert account.rated_movies()["results"] == []
    account.favorite(media_type="tv", media_id=1399, favorite=True)
    assert titles(account.favorite_tv()["results"]) == ["Game of Thrones"]
    account.watchlist(media_type="movie", media_id=550, watchlist=True)
    assert titles(account.watchlist_movies()["results"]) == ["Fight Club"]

    own = tmdbsimple.Lists(session_id=session_id)
    own.id = own.list_create(name="Mine", description="A list.")["list_id"]
    own.add_item(media_id=550)
    assert (own.item_status(movie_id=550)["item_present"], titles(own.info()["items"])) == (True, ["Fight Club"])
    own.remove_item(media_id=550)
    assert own.info()["items"] == []
    own.list_clear(confirm=True)
    own.list_delete()
    assert account.lists()["results"] == []

    guest = authentication.guest_session_new()["guest_session_id"]
    tmdbsimple.TV_Episodes(1399, 1, 1).rating(guest_session_id=guest, value=7)
    assert [row["rating"] for row in tmdbsimple.GuestSessions(guest).rated_tv_episodes()["results"]] == [7]
    assert authentication.session_delete(session_id=session_id)["success"]
    with pytest.raises(requests.HTTPError, match="401"):
        account.info()


def test_themoviedb_makes_a_tour(base_url: str) -> None:
    import themoviedb

    tmdb = themoviedb.TMDb(api_key=API_KEY)
    tmdb._config.host = base_url  # it has no option for it

    search = tmdb.search()
    (found,) = search.movies("fight club").results
    assert (found.id, found.title) == (550, "Fight Club")
    assert [one.name for one in search.tv("Breaking Bad").results] == ["Breaking Bad"]
    assert [one.name for one in search.people("Brad Pitt").results] == ["Brad Pitt"]
    assert "Star Wars Collection" in [one.name for one in search.collections("star wars").results]
    assert search.companies("pixar").results and search.keywords("fight").results
    assert {one.media_type.value for one in search.multi("brad").results} >= {"person"}  # it does not know collections

    movie = tmdb.movie(550)
    details = movie.details(append_to_response="credits,images,release_dates,translations,videos,watch/providers")
    assert (details.original_title, details.runtime, details.release_date.year) == ("Fight Club", 139, 1999)
    assert [one.id for one in movie.credits().cast] == [one.id for one in details.credits.cast]
    assert movie.external_ids().imdb_id == "tt0137523"
    assert movie.keywords().keywords and movie.images().posters and movie.release_dates().results
    assert movie.translations().translations and movie.watch_providers().results
    assert 550 not in [one.id for one in [*movie.recommendations().results, *movie.similar().results]]
    assert [one.title for one in tmdb.find().by_imdb("tt0137523").movie_results] == ["Fight Club"]
    assert tmdb.movies().popular().page == tmdb.movies().top_rated().page == tmdb.movies().upcoming().page == 1
    assert tmdb.movies().latest().id and tmdb.tvs().latest().id
    (genre,) = [one.id for one in tmdb.genres().movie().genres if one.name == "Drama"]
    assert all(genre in one.genre_ids for one in tmdb.discover().movie(with_genres=str(genre)).results)
    assert tmdb.discover().tv(with_networks="49").results
    assert tmdb.trending().movie_daily().results and tmdb.trending().tv_weekly().results

    series = tmdb.tv(1399)
    assert (series.details().name, series.external_ids().tvdb_id) == ("Game of Thrones", 121361)
    season = tmdb.season(1399, 1).details()
    assert tmdb.episode(1399, 1, 1).details().name == season.episodes[0].name
    assert series.aggregate_credits().cast and series.content_ratings().results
    person = tmdb.person(287)
    assert (person.details().name, 550 in [one.id for one in person.movie_credits().cast]) == ("Brad Pitt", True)
    assert tmdb.collection(10).details().parts and tmdb.company(508).details().name
    with pytest.raises(themoviedb.exceptions.TMDbHTTPError, match="404"):
        tmdb.movie(999_999_999).details()

    authentication = tmdb.authentication()
    token = authentication.create_token().request_token
    authentication.create_session_with_login("reviewer", "any", token)
    session_id = authentication.create_session(token).session_id
    assert authentication.delete_session(session_id).success
    guest = authentication.create_guest_session().guest_session_id
    assert tmdb.guest(guest).rated_movies().results == []


def test_tmdbapis_makes_a_tour(session: requests.Session, fake: FakeTMDB) -> None:
    import tmdbapis

    tmdb = tmdbapis.TMDbAPIs(API_KEY, v4_access_token=fake.access_token, session=session)

    (found,) = tmdb.movie_search("fight club")
    assert (found.id, found.title) == (550, "Fight Club")
    assert [one.name for one in tmdb.tv_search("Breaking Bad")] == ["Breaking Bad"]
    assert [one.name for one in tmdb.people_search("Brad Pitt")] == ["Brad Pitt"]
    assert "Star Wars Collection" in [one.name for one in tmdb.collection_search("star wars")]
    assert list(tmdb.company_search("pixar")) and list(tmdb.keyword_search("fight"))
    assert [one.title for one in tmdb.find_by_id(imdb_id="tt0137523").movie_results] == ["Fight Club"]

    movie = tmdb.movie(550)
    assert (movie.original_title, movie.runtime, movie.release_date.year, movie.imdb_id) == ("Fight Club", 139, 1999, "tt0137523")
    assert "Brad Pitt" in [one.name for one in movie.cast]
    assert movie.posters and movie.keywords and movie.release_dates and movie.translations and movie.watch_providers
    series = tmdb.tv_show(1399)
    assert (series.name, series.tvdb_id, len(series.seasons)) == ("Game of Thrones", 121361, len(fake.client().tv_series.details(1399).seasons))
    season = tmdb.tv_season(1399, 1)
    assert tmdb.tv_episode(1399, 1, 1).name == season.episodes[0].name
    person = tmdb.person(287)
    assert (person.name, 550 in [one.movie.id for one in person.movie_cast]) == ("Brad Pitt", True)
    assert tmdb.collection(10).movies and tmdb.company(508).name and tmdb.network(49).name
    (genre,) = [one for one in tmdb.movie_genres() if one.name == "Drama"]
    assert all(genre.id in [other.id for other in one.genres] for one in tmdb.discover_movies(with_genres=genre.id, sort_by="vote_count.desc"))
    assert [list(one)[:1] for one in (tmdb.popular_movies(), tmdb.top_rated_movies(), tmdb.popular_tv(), tmdb.popular_people())]
    assert list(tmdb.trending("movie", "day")) and tmdb.movie_certifications() and tmdb.movie_providers()
    with pytest.raises(tmdbapis.NotFound):
        tmdb.movie(999_999_999)

    assert "request_token=" in tmdb.v4_authenticate()
    tmdb.v4_approved()
    assert tmdb.account().username == "reviewer"
    movie.rate(8.5)
    assert [one.id for one in tmdb.rated_movies()] == [550]
    assert fake.user.ratings["movie", 550][0] == 8.5
    movie.delete_rating()
    assert list(tmdb.rated_movies()) == []
    series.mark_as_favorite()
    assert [one.id for one in tmdb.favorite_tv_shows()] == [1399]
    movie.add_to_watchlist()
    assert [one.id for one in tmdb.movie_watchlist()] == [550]
    movie.remove_from_watchlist()
    assert list(tmdb.movie_watchlist(v3=True)) == []

    own = tmdb.create_list("Mine", "en", description="A list.")
    own.add_items([movie, series])
    own.reload()
    assert ([one.id for one in own], own.has_item(movie), own.name) == ([550, 1399], True, "Mine")
    own.update(name="Ours")
    own.reload()
    assert own.name == "Ours"
    own.remove_items([series])
    own.clear()
    assert [one.id for one in tmdb.created_lists()] == [own.id]
    own.delete()
    assert list(tmdb.created_lists()) == []
    tmdb.logout()


# PyInstaller

UNUSED = "aiohttp dask distributed django hishel hypothesis mypy opentelemetry pandas polars pyarrow pydantic pytest redis sentry_sdk setuptools".split()
"""What the environment of the tests has, and that of such a program has not. Freezing it as well would take twice as long."""

PROGRAM = """
from tmdbkit.testing import FakeTMDB

fake = FakeTMDB()
with fake.client() as tmdb:
    print(tmdb.movies.details(550, append_to_response=["credits"]).credits.cast[0].character)
with fake.active():
    from tmdbkit import TMDB

    print([row.name for row in TMDB().search.tv("Breaking Bad").results])
"""


def test_a_frozen_program_has_the_world(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    command = [sys.executable, "-m", "PyInstaller", "--log-level", "WARN", *(f"--exclude-module={name}" for name in UNUSED), "program.py"]
    subprocess.run(command, check=True, cwd=tmp_path, env={**os.environ, "PYINSTALLER_CONFIG_DIR": str(tmp_path / "cache")})
    shutil.copytree(tmp_path / "dist" / "program", tmp_path / "elsewhere")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "TMDB"))}
    ran = subprocess.run([tmp_path / "elsewhere" / "program"], check=False, capture_output=True, text=True, cwd=tmp_path / "elsewhere", env=environment)
    assert (ran.stdout.splitlines(), ran.stderr, ran.returncode) == (["Narrator", "['Breaking Bad']"], "", 0)
