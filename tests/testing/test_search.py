"""Search, and find by the ids of other sites."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tmdbkit.testing import FakeTMDB

EMPTY = {"movie_results": [], "person_results": [], "tv_results": [], "tv_episode_results": [], "tv_season_results": []}


@pytest.fixture
def search(http: httpx.Client) -> Any:
    """The ids that a search finds."""

    def search(what: str, query: str, **more: str) -> list[int]:
        response = http.get(f"/3/search/{what}", params={"query": query, **more})
        assert response.status_code == 200, response.text
        return [row["id"] for row in response.json()["results"]]

    return search


@pytest.mark.parametrize(
    ("what", "query", "id_"),
    [
        ("movie", "Fight Club", 550),
        ("movie", "fight club", 550),
        ("movie", "  FIGHT   club ", 550),
        ("movie", "fight", 550),
        ("movie", "fig clu", 550),
        ("movie", "Das Leben der Anderen", 582),
        ("movie", "千と千尋の神隠し", 129),
        ("movie", "Der mit dem Fight Club", None),
        ("movie", "El club de la lucha", 550),
        ("movie", "Krieg der Sterne", 11),
        ("movie", "amelie", 194),
        ("movie", "Amélie", 194),
        ("movie", "AMÉLIE POULAIN", 194),
        ("movie", "fabuleux destin d'amelie", 194),
        ("tv", "Game of Thrones", 1399),
        ("tv", "casa de papel", 71446),
        ("tv", "money heist", 71446),
        ("tv", "kvallsvakt", 213904),
        ("person", "Brad Pitt", 287),
        ("person", "pitt brad", 287),
        ("collection", "Star Wars", 10),
        ("movie", "zzzz", None),
        ("movie", "!!!", None),
    ],
)
def test_a_name_is_found_by_its_words(what: str, query: str, id_: int | None, search: Any) -> None:
    found = search(what, query)
    assert found[0] == id_ if id_ else found == []


def test_companies_and_keywords_are_found_by_name(http: httpx.Client, fake: FakeTMDB) -> None:
    for what in ("company", "keyword"):
        for entry in fake.world.all(what):
            response = http.get(f"/3/search/{what}", params={"query": entry["name"]}).json()
            assert entry["id"] in [row["id"] for row in response["results"]], entry["name"]


def test_the_exact_name_comes_first(search: Any) -> None:
    assert search("movie", "Alien") == [348, 679]
    assert search("movie", "Dune") == [438631, 841, 693134]


def test_movies_of_one_name_differ_by_year(search: Any) -> None:
    assert set(search("movie", "Heat")) == {949, 27579}
    for name in ("primary_release_year", "year"):
        assert search("movie", "Heat", **{name: "1995"}) == [949]
        assert search("movie", "Heat", **{name: "1986"}) == [27579]
        assert search("movie", "Heat", **{name: "2001"}) == []


def test_year_counts_the_releases_of_every_country(fake: FakeTMDB, search: Any) -> None:
    releases: Any = {"US": [{"release_date": "2024-12-24"}], "DE": [{"release_date": "2025-01-09"}]}
    id_ = fake.add_movie(title="Zazu", release_date="2024-12-24", release_dates=releases)
    assert search("movie", "Zazu", year="2025") == [id_]
    assert search("movie", "Zazu", primary_release_year="2025") == []


def test_series_differ_by_the_year_of_the_first_episode(search: Any) -> None:
    assert search("tv", "Game of Thrones", first_air_date_year="2011") == [1399]
    assert search("tv", "Game of Thrones", first_air_date_year="2013") == []
    assert search("tv", "Game of Thrones", year="2013") == [1399]
    assert search("tv", "Game of Thrones", year="2010") == [1399], "a special aired then"
    assert search("tv", "Game of Thrones", year="2020") == []


def test_adult_titles_need_a_flag(fake: FakeTMDB, search: Any) -> None:
    movie = fake.add_movie(title="Zazu", adult=True)
    series = fake.add_series(name="Zazu", adult=True)
    person = fake.add_person(name="Zazu Zulu", adult=True)
    for what, id_ in (("movie", movie), ("tv", series), ("person", person)):
        assert search(what, "Zazu") == search(what, "Zazu", include_adult="false") == []
        assert search(what, "Zazu", include_adult="true") == [id_]
    assert search("multi", "Zazu") == []
    assert sorted(search("multi", "Zazu", include_adult="true")) == sorted([movie, series, person])


def test_a_search_answers_in_the_language(http: httpx.Client) -> None:
    def title(language: str) -> str:
        return http.get("/3/search/movie", params={"query": "Das Boot", "language": language}).json()["results"][0]["title"]

    rows = http.get("/3/search/movie", params={"query": "The Lives of Others", "language": "de-DE"}).json()["results"]
    assert rows[0]["title"] == rows[0]["original_title"] == "Das Leben der Anderen"
    assert title("en-US") == "Das Boot"


def test_multi_finds_all_kinds(http: httpx.Client) -> None:
    rows = http.get("/3/search/multi", params={"query": "star"}).json()["results"]
    assert {"movie", "collection"} <= {row["media_type"] for row in rows}
    rows = http.get("/3/search/multi", params={"query": "brad pitt"}).json()["results"]
    assert (rows[0]["media_type"], rows[0]["id"]) == ("person", 287)
    assert {row["media_type"] for row in rows[0]["known_for"]} <= {"movie", "tv"}
    assert 550 in [row["id"] for row in rows[0]["known_for"]]


def test_a_search_needs_a_query(http: httpx.Client) -> None:
    for params in ({}, {"query": ""}):
        response = http.get("/3/search/movie", params=params)
        assert (response.status_code, response.json()["errors"]) == (422, ["query must be provided"])


# Find


@pytest.mark.parametrize(
    ("external_id", "source", "place", "id_"),
    [
        ("tt0137523", "imdb_id", "movie_results", 550),
        ("tt0944947", "imdb_id", "tv_results", 1399),
        ("nm0000093", "imdb_id", "person_results", 287),
        ("121361", "tvdb_id", "tv_results", 1399),
        ("Q23572", "wikidata_id", "tv_results", 1399),
        ("GameOfThrones", "facebook_id", "tv_results", 1399),
        ("gameofthrones", "instagram_id", "tv_results", 1399),
        ("GameOfThrones", "twitter_id", "tv_results", 1399),
    ],
)
def test_an_id_of_another_site_is_found(external_id: str, source: str, place: str, id_: int, http: httpx.Client) -> None:
    body = http.get(f"/3/find/{external_id}", params={"external_source": source}).json()
    assert [row["id"] for row in body[place]] == [id_]
    assert {name: rows for name, rows in body.items() if name != place} == {name: [] for name in EMPTY if name != place}


def test_every_external_id_is_found(http: httpx.Client, fake: FakeTMDB) -> None:
    places = {"movie": "movie_results", "tv": "tv_results", "person": "person_results"}
    sources = ("imdb_id", "tvdb_id", "wikidata_id", "facebook_id", "instagram_id", "twitter_id", "tiktok_id", "youtube_id")
    seen = set()
    for kind, place in places.items():
        for entry in fake.world.all(kind):
            ids = http.get(f"/3/{kind}/{entry['id']}/external_ids").json()
            for source in sources:
                if ids.get(source):
                    seen.add(source)
                    body = http.get(f"/3/find/{ids[source]}", params={"external_source": source}).json()
                    assert entry["id"] in [row["id"] for row in body[place]], (source, ids[source])
    assert {"imdb_id", "tvdb_id", "wikidata_id", "facebook_id", "instagram_id", "twitter_id"} <= seen


def test_an_unknown_id_of_another_site_finds_nothing(http: httpx.Client) -> None:
    for source in ("imdb_id", "tvdb_id", "tiktok_id", "youtube_id"):
        response = http.get("/3/find/tt9999999", params={"external_source": source})
        assert (response.status_code, response.json()) == (200, EMPTY)


def test_seasons_and_episodes_are_found(http: httpx.Client, fake: FakeTMDB) -> None:
    episode: Any = {"name": "Pilot", "air_date": "2024-05-01", "external_ids": {"imdb_id": "tt7654321", "tvdb_id": 77}}
    season: Any = {"season_number": 1, "episodes": [episode], "external_ids": {"tvdb_id": 77}}
    id_ = fake.add_series(name="Zazu", seasons=[season], external_ids={"tvdb_id": 77}, imdb_id="tt1234567")
    body = http.get("/3/find/77", params={"external_source": "tvdb_id"}).json()
    assert [len(body[place]) for place in ("tv_results", "tv_season_results", "tv_episode_results")] == [1, 1, 1]
    assert (body["tv_season_results"][0]["show_id"], body["tv_season_results"][0]["season_number"]) == (id_, 1)
    episode_row = http.get("/3/find/tt7654321", params={"external_source": "imdb_id"}).json()["tv_episode_results"][0]
    assert (episode_row["show_id"], episode_row["season_number"], episode_row["episode_number"], episode_row["media_type"]) == (id_, 1, 1, "tv_episode")


def test_an_id_of_every_site_is_found(http: httpx.Client, fake: FakeTMDB) -> None:
    ids: Any = {"imdb_id": "nm77", "wikidata_id": "Q77", "facebook_id": "f", "instagram_id": "i", "twitter_id": "t", "tiktok_id": "k", "youtube_id": "y"}
    id_ = fake.add_person(name="Zazu", external_ids=ids)
    for source, external_id in ids.items():
        body = http.get(f"/3/find/{external_id}", params={"external_source": source}).json()
        assert [row["id"] for row in body["person_results"]] == [id_], source


def test_find_answers_in_the_language(http: httpx.Client) -> None:
    row = http.get("/3/find/tt0405094", params={"external_source": "imdb_id", "language": "de-DE"}).json()["movie_results"][0]
    assert (row["title"], row["media_type"]) == ("Das Leben der Anderen", "movie")


def test_an_unknown_site_is_refused(http: httpx.Client) -> None:
    assert http.get("/3/find/tt0137523").status_code == 422
    response = http.get("/3/find/tt0137523", params={"external_source": "myspace_id"})
    assert (response.status_code, response.json()["status_code"]) == (422, 5)
