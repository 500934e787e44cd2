"""Details: languages, translations, images, seasons, and the lists that hang on a title."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tmdbkit.testing import FakeTMDB


@pytest.fixture
def get(http: httpx.Client) -> Any:
    def get(path: str, **query: str) -> Any:
        response = http.get(path, params=query)
        assert response.status_code == 200, response.text
        return response.json()

    return get


# Languages


def test_details_are_in_the_language(get: Any) -> None:
    english, german, japanese = (get("/3/movie/129", **({"language": one} if one else {})) for one in ("", "de-DE", "ja-JP"))
    assert (english["title"], japanese["title"]) == ("Spirited Away", "千と千尋の神隠し")
    assert german["title"] not in (english["title"], "")
    assert len({one["overview"] for one in (english, german, japanese)}) == 3
    assert [one["original_title"] for one in (english, german, japanese)] == ["千と千尋の神隠し"] * 3
    names = {one["id"]: one["name"] for one in get("/3/genre/movie/list", language="de")["genres"]}
    assert names[35] == "Komödie"
    assert get("/3/movie/194", language="de-DE")["genres"][0] == {"id": 35, "name": "Komödie"}


def test_a_language_without_a_translation_has_no_overview(get: Any) -> None:
    english, finnish = get("/3/movie/550"), get("/3/movie/550", language="fi-FI")
    assert english["overview"]
    assert (finnish["title"], finnish["overview"], finnish["tagline"]) == ("Fight Club", "", "")
    assert get("/3/tv/1399", language="fi-FI")["overview"] == ""


def test_a_title_in_its_own_language_is_the_original_one(fake: FakeTMDB, get: Any) -> None:
    id_ = fake.add_movie(title="The Castle", original_title="Das Schloss", original_language="de", overview="A castle.")
    body = get(f"/3/movie/{id_}", language="de-DE")
    assert (body["title"], body["overview"]) == ("Das Schloss", "")


def test_countries_of_one_language_differ(get: Any) -> None:
    listed = {(one["iso_639_1"], one["iso_3166_1"]): one["data"] for one in get("/3/movie/680/translations")["translations"]}
    for country in ("BR", "PT"):
        body = get("/3/movie/680", language=f"pt-{country}")
        assert body["overview"] == listed["pt", country]["overview"]
    assert listed["pt", "BR"] != listed["pt", "PT"]
    assert get("/3/movie/680", language="pt")["overview"] in (listed["pt", "BR"]["overview"], listed["pt", "PT"]["overview"])


def test_the_translations_are_those_of_the_languages(fake: FakeTMDB, get: Any) -> None:
    for kind, name in (("movie", "title"), ("tv", "name")):
        for entry in fake.world.all(kind):
            path = f"/3/{kind}/{entry['id']}"
            for one in get(f"{path}/translations")["translations"]:
                body = get(path, language=f"{one['iso_639_1']}-{one['iso_3166_1']}")
                assert body["overview"] == one["data"]["overview"]
                assert one["data"][name] in ("", body[name])
                assert one["name"] and one["english_name"]


def test_lists_are_in_the_language(get: Any) -> None:
    for path in ("/3/movie/popular", "/3/trending/movie/week", "/3/movie/11/similar", "/3/collection/10", "/3/person/287/movie_credits"):
        english, german = (get(path, **query) for query in ({}, {"language": "de-DE"}))
        key = next(key for key in ("results", "parts", "cast") if key in english)
        assert [row["id"] for row in english[key]] == [row["id"] for row in german[key]]
        assert [row["title"] for row in english[key]] != [row["title"] for row in german[key]], path


# Images


def test_images_are_of_every_language_by_default(get: Any) -> None:
    languages = {one["iso_639_1"] for one in get("/3/movie/550/images")["posters"]}
    assert {None, "en", "de"} <= languages


@pytest.mark.parametrize(
    ("query", "languages"),
    [
        ({"language": "de"}, {"de"}),
        ({"language": "de-DE"}, {"de"}),
        ({"include_image_language": "en,null"}, {"en", None}),
        ({"include_image_language": "null"}, {None}),
        ({"language": "de-DE", "include_image_language": "de,null"}, {"de", None}),
        ({"include_image_language": "xx"}, set()),
    ],
)
def test_images_are_of_the_languages(query: dict[str, str], languages: set[str | None], get: Any) -> None:
    images = get("/3/movie/550/images", **query)
    assert {one["iso_639_1"] for one in images["posters"]} == languages
    assert get("/3/movie/550", append_to_response="images", **query)["images"] == {key: value for key, value in images.items() if key != "id"}


def test_the_poster_is_of_the_language(get: Any) -> None:
    german = get("/3/movie/550", language="de-DE")["poster_path"]
    assert german in [one["file_path"] for one in get("/3/movie/550/images", include_image_language="de")["posters"]]
    assert german != get("/3/movie/550")["poster_path"]


def test_videos_are_of_the_language(fake: FakeTMDB, get: Any) -> None:
    videos: Any = [{"key": "a", "name": "English"}, {"key": "b", "name": "Deutsch", "iso_639_1": "de", "iso_3166_1": "DE"}]
    path = f"/3/movie/{fake.add_movie(title='Zazu', videos=videos)}/videos"
    assert [one["key"] for one in get(path)["results"]] == ["a"]
    assert [one["key"] for one in get(path, language="de-DE")["results"]] == ["b"]
    assert [one["key"] for one in get(path, include_video_language="en,de")["results"]] == ["a", "b"]


# Series


def test_seasons_are_appended_in_full(get: Any) -> None:
    body = get("/3/tv/1399", append_to_response="season/1,season/8,season/99", language="de-DE")
    assert "season/99" not in body
    for number in (1, 8):
        assert body[f"season/{number}"] == get(f"/3/tv/1399/season/{number}", language="de-DE")


def test_a_series_counts_its_seasons_and_episodes(get: Any) -> None:
    body = get("/3/tv/1399")
    assert (body["number_of_seasons"], body["number_of_episodes"]) == (8, 73)
    assert {one["season_number"]: one["episode_count"] for one in body["seasons"] if one["season_number"]} == {
        1: 10,
        2: 10,
        3: 10,
        4: 10,
        5: 10,
        6: 10,
        7: 7,
        8: 6,
    }
    assert (body["first_air_date"], body["last_air_date"], body["next_episode_to_air"]) == ("2011-04-17", "2019-05-19", None)
    assert (body["last_episode_to_air"]["season_number"], body["last_episode_to_air"]["episode_number"]) == (8, 6)


def test_the_next_episode_depends_on_the_day(fake: FakeTMDB, get: Any) -> None:
    fake.clock.set(datetime(2013, 4, 1, tzinfo=UTC))
    body = get("/3/tv/1399")
    assert body["last_episode_to_air"]["season_number"] == 3
    assert body["next_episode_to_air"]["air_date"] > "2013-04-01"
    assert body["last_air_date"] <= "2013-04-01"


def test_an_episode_is_the_same_in_its_season(get: Any) -> None:
    season = get("/3/tv/1399/season/1")
    for episode in season["episodes"]:
        alone = get(f"/3/tv/1399/season/1/episode/{episode['episode_number']}")
        assert {key: alone[key] for key in ("id", "name", "air_date", "overview", "crew", "guest_stars")} == {
            key: episode[key] for key in alone if key in ("id", "name", "air_date", "overview", "crew", "guest_stars")
        }


def test_an_unknown_season_or_episode_is_404(http: httpx.Client) -> None:
    for path in ("/3/tv/1399/season/99", "/3/tv/1399/season/1/episode/99", "/3/tv/1399/season/x", "/3/tv/1399/season/99/images"):
        assert (http.get(path).status_code, http.get(path).json()["status_code"]) == (404, 34), path


def test_an_episode_group_has_the_episodes_of_its_series(get: Any, fake: FakeTMDB) -> None:
    listed = [group["id"] for series in fake.world.all("tv") for group in get(f"/3/tv/{series['id']}/episode_groups")["results"]]
    assert sorted(listed) == sorted(fake.world.episode_groups)
    for id_ in listed:
        body = get(f"/3/tv/episode_group/{id_}")
        assert sum(len(group["episodes"]) for group in body["groups"]) == body["episode_count"] > 0


# Lists


def test_related_titles_share_genres(get: Any) -> None:
    for path in ("/3/movie/603/similar", "/3/movie/603/recommendations", "/3/tv/1399/similar", "/3/tv/1399/recommendations"):
        rows = get(path)["results"]
        assert rows
        genres = {one["id"] for one in get(path.rpartition("/")[0])["genres"]}
        assert genres & set(rows[0]["genre_ids"])
        assert int(path.split("/")[3]) not in [row["id"] for row in rows]
    assert get("/3/movie/603/similar")["results"][0]["id"] == 604


def test_trending_is_by_popularity(get: Any, http: httpx.Client) -> None:
    for what in ("all", "movie", "tv", "person"):
        rows = get(f"/3/trending/{what}/day")["results"]
        assert [row["popularity"] for row in rows] == sorted((row["popularity"] for row in rows), reverse=True)
        assert {row["media_type"] for row in rows} <= ({"movie", "tv", "person"} if what == "all" else {what})
    assert http.get("/3/trending/movie/year").status_code == 404


def test_popular_and_top_rated_are_in_order(get: Any) -> None:
    for kind in ("movie", "tv"):
        popular, top = get(f"/3/{kind}/popular")["results"], get(f"/3/{kind}/top_rated")["results"]
        assert [row["popularity"] for row in popular] == sorted((row["popularity"] for row in popular), reverse=True)
        assert [row["vote_average"] for row in top] == sorted((row["vote_average"] for row in top), reverse=True)


def test_upcoming_movies_come_out_and_play(fake: FakeTMDB, get: Any) -> None:
    id_ = fake.add_movie(title="Zazu", release_date="+3")
    assert id_ in [row["id"] for row in get("/3/movie/upcoming")["results"]]
    assert id_ not in [row["id"] for row in get("/3/movie/now_playing")["results"]]
    fake.clock.advance(timedelta(days=4))
    assert id_ not in [row["id"] for row in get("/3/movie/upcoming")["results"]]
    body = get("/3/movie/now_playing")
    assert id_ in [row["id"] for row in body["results"]]
    assert all(body["dates"]["minimum"] <= row["release_date"] <= body["dates"]["maximum"] for row in body["results"])


def test_series_on_the_air_are_listed(fake: FakeTMDB, get: Any) -> None:
    id_ = fake.add_series(name="Zazu", seasons=[{"season_number": 1, "episodes": [{"name": "Pilot", "air_date": "+3"}]}])
    listed = lambda: [id_ in [row["id"] for row in get(f"/3/tv/{name}")["results"]] for name in ("airing_today", "on_the_air")]  # noqa: E731
    assert listed() == [False, True]
    fake.clock.advance(timedelta(days=3))
    assert listed() == [True, True]
    fake.clock.advance(timedelta(days=1))
    assert listed() == [False, False]


def test_the_latest_has_the_highest_id(fake: FakeTMDB, get: Any) -> None:
    added = {"movie": fake.add_movie(title="Zazu"), "tv": fake.add_series(name="Zazu"), "person": fake.add_person(name="Zazu")}
    assert {kind: get(f"/3/{kind}/latest")["id"] for kind in added} == added


def test_known_for_are_titles_of_the_person(get: Any) -> None:
    for row in get("/3/person/popular")["results"]:
        credited = get(f"/3/person/{row['id']}/combined_credits")
        assert {one["id"] for one in row["known_for"]} <= {one["id"] for part in ("cast", "crew") for one in credited[part]}


def test_aggregate_credits_count_the_episodes(get: Any) -> None:
    cast = get("/3/tv/1399/aggregate_credits")["cast"]
    assert all(one["total_episode_count"] == sum(role["episode_count"] for role in one["roles"]) for one in cast)
    assert cast[0]["total_episode_count"] == 73
    guests = {one["id"] for one in get("/3/tv/1399/season/1/episode/1")["guest_stars"]}
    assert guests and guests <= {one["id"] for one in cast}


def test_an_alternative_title_is_of_a_country(get: Any) -> None:
    everything = get("/3/movie/11/alternative_titles")["titles"]
    assert get("/3/movie/11/alternative_titles", country="DE")["titles"] == [one for one in everything if one["iso_3166_1"] == "DE"] != []


# Changes


def test_a_change_is_in_its_window(fake: FakeTMDB, get: Any, http: httpx.Client) -> None:
    fake.clock.set(datetime(2027, 1, 10, 12, tzinfo=UTC))
    id_ = fake.add_movie(title="Zazu")
    fake.clock.set(datetime(2027, 1, 20, 12, tzinfo=UTC))
    fake.add_movie(id=id_, title="Zazu Returns")
    listed = lambda **query: id_ in [row["id"] for row in get("/3/movie/changes", **query)["results"]]  # noqa: E731
    assert listed()
    assert listed(start_date="2027-01-10", end_date="2027-01-11")
    assert not listed(start_date="2027-01-12", end_date="2027-01-18")
    body = get(f"/3/movie/{id_}/changes", start_date="2027-01-20", end_date="2027-01-21")
    (title,) = [one for one in body["changes"] if one["key"] == "title"]
    assert [(one["action"], one["value"], one["original_value"]) for one in title["items"]] == [("updated", "Zazu Returns", "Zazu")]
    assert title["items"][0]["time"] == "2027-01-20 12:00:00 UTC"
    assert get(f"/3/movie/{id_}/changes", start_date="2027-01-12", end_date="2027-01-18") == {"changes": []}
    for kind in ("movie", "tv", "person"):
        response = http.get(f"/3/{kind}/changes", params={"start_date": "2027-01-01", "end_date": "2027-01-16"})
        assert (response.status_code, response.json()["status_code"]) == (422, 20)
        response = http.get(f"/3/{kind}/changes", params={"start_date": "soon"})
        assert (response.status_code, response.json()["status_code"]) == (400, 23)


def test_something_changed_on_each_of_the_last_days(get: Any, fake: FakeTMDB) -> None:
    today = fake.clock.now().date()
    for days in range(1, 14):
        day = (today - timedelta(days=days)).isoformat()
        assert get("/3/movie/changes", start_date=day, end_date=day)["total_results"]


def test_an_export_has_a_line_for_each_entry(http: httpx.Client, fake: FakeTMDB) -> None:
    fake.clock.set(datetime(2027, 1, 10, 9, tzinfo=UTC))
    adult = fake.add_movie(title="Zazu", adult=True)
    names = {"movie_ids": "movie", "tv_series_ids": "tv", "person_ids": "person", "collection_ids": "collection", "tv_network_ids": "network"}
    names |= {"keyword_ids": "keyword", "production_company_ids": "company"}
    for name, kind in names.items():
        rows = [json.loads(line) for line in gzip.decompress(http.get(f"/p/exports/{name}_01_10_2027.json.gz").content).splitlines()]
        assert [row["id"] for row in rows] == [one["id"] for one in fake.world.all(kind) if one["id"] != adult], name
    assert set(rows[0]) == {"id", "name"}
    rows = [json.loads(line) for line in gzip.decompress(http.get("/p/exports/adult_movie_ids_01_10_2027.json.gz").content).splitlines()]
    assert [row["id"] for row in rows] == [adult]
    for missing in ("movie_ids_01_11_2027", "movie_ids_01_10_2026", "nothing_ids_01_10_2027"):
        assert http.get(f"/p/exports/{missing}.json.gz").status_code == 403


# Headers


def test_head_has_the_headers_of_get(http: httpx.Client) -> None:
    for path in ("/3/movie/550", "/3/movie/popular", "/3/search/movie?query=dune"):
        got, head = http.get(path), http.head(path)
        assert (head.status_code, head.headers["etag"], head.headers["content-type"]) == (200, got.headers["etag"], got.headers["content-type"])
        assert head.content == b"", path


def test_the_etag_changes_with_the_world(fake: FakeTMDB, http: httpx.Client) -> None:
    tags = [http.get("/3/movie/popular").headers["etag"] for _ in range(2)]
    fake.add_movie(title="Zazu", popularity=1e6)
    tags.append(http.get("/3/movie/popular").headers["etag"])
    assert tags[0] == tags[1] != tags[2]
    assert http.get("/3/movie/popular", headers={"If-None-Match": tags[0]}).status_code == 200
    assert http.get("/3/movie/popular", headers={"If-None-Match": tags[2]}).status_code == 304
