"""What the fake refuses, and the headers of its responses."""

from __future__ import annotations

import httpx
import pytest

from tests.conftest import SESSION
from tmdbkit import NotAppendedError, to_dict
from tmdbkit.testing import FakeTMDB

MOVIE_PARTS = (
    "account_states,alternative_titles,changes,credits,external_ids,images,keywords,lists,recommendations,release_dates,reviews,similar,translations,videos,"
    "watch/providers"
)


def test_an_unknown_id_is_404_with_code_34(http: httpx.Client) -> None:
    for path in ("/3/movie/999999999", "/3/movie/999999999/credits", "/3/tv/0", "/3/movie/abc", "/3/movie/tt9999999"):
        response = http.get(path)
        assert (response.status_code, response.json()["status_code"], response.json()["success"]) == (404, 34, False), path


def test_an_unknown_path_is_404_with_code_34(http: httpx.Client) -> None:
    for path in ("/3", "/3/movie", "/3/movie/550/", "/3/movie/550/nothing", "/3/movie/550/credits/1", "/5/movie/550"):
        response = http.get(path)
        assert (response.status_code, response.json()["status_code"]) == (404, 34), path


def test_an_unknown_method_is_405_with_code_42(http: httpx.Client) -> None:
    for method, path in (("POST", "/3/movie/550"), ("GET", "/3/movie/550/rating"), ("DELETE", "/3/movie/latest"), ("PUT", "/3/authentication")):
        response = http.request(method, path)
        assert (response.status_code, response.json()["status_code"]) == (405, 42), path
    assert http.get("/3/movie/550/rating").headers["allow"] == "DELETE, POST"


def test_a_literal_path_precedes_an_id(fake: FakeTMDB) -> None:
    fake.client().movies.latest()
    assert fake.requests[0].operation_id == "movies_latest"


def test_a_movie_is_found_by_its_imdb_id(fake: FakeTMDB) -> None:
    tmdb = fake.client()
    assert tmdb.movies.details("tt0137523").id == 550
    assert tmdb.movies.credits("tt0137523").id == 550
    assert tmdb.movies.details("tt0137523", append_to_response=["credits"]).credits == tmdb.movies.details(550, append_to_response=["credits"]).credits


def test_a_series_is_not_found_by_an_imdb_id(http: httpx.Client) -> None:
    assert http.get("/3/tv/tt0944947").status_code == 404


def test_details_have_no_parts_by_default(fake: FakeTMDB) -> None:
    movie = fake.client().movies.details(550)
    assert not set(to_dict(movie)) & set(MOVIE_PARTS.split(","))
    with pytest.raises(NotAppendedError):
        _ = movie.credits.cast


def test_details_have_exactly_the_requested_parts(http: httpx.Client) -> None:
    plain = http.get("/3/movie/550").json()
    whole = http.get("/3/movie/550", params={"append_to_response": "credits,watch/providers,images"}).json()
    assert set(whole) - set(plain) == {"credits", "watch/providers", "images"}
    assert whole["credits"]["cast"]
    assert "id" not in whole["credits"]
    assert set(whole["watch/providers"]) == {"results"}


def test_an_unknown_part_is_ignored(http: httpx.Client) -> None:
    for parts in ("nonsense", "credits,nonsense", "belongs_to_collection", ",,", ""):
        response = http.get("/3/movie/550", params={"append_to_response": parts})
        assert response.status_code == 200
        assert "nonsense" not in response.json()
    assert http.get("/3/movie/550", params={"append_to_response": "title"}).json()["title"] == "Fight Club"


def test_a_part_that_needs_a_session_is_absent_without_one(http: httpx.Client) -> None:
    assert "account_states" not in http.get("/3/movie/550", params={"append_to_response": "account_states"}).json()
    assert "account_states" in http.get("/3/movie/550", params={"append_to_response": "account_states", "session_id": SESSION}).json()


def test_more_than_20_parts_are_400_with_code_27(http: httpx.Client) -> None:
    twenty = ["credits"] * 20
    assert http.get("/3/movie/550", params={"append_to_response": ",".join(twenty)}).status_code == 200
    response = http.get("/3/movie/550", params={"append_to_response": ",".join([*twenty, "images"])})
    assert (response.status_code, response.json()["status_code"]) == (400, 27)


def test_a_page_outside_1_to_500_is_400_with_code_22(http: httpx.Client) -> None:
    assert http.get("/3/movie/popular", params={"page": "500"}).status_code == 200
    for page in ("0", "501", "-1", "abc", "1.5", "", "٣"):
        response = http.get("/3/movie/popular", params={"page": page})
        assert (response.status_code, response.json()["status_code"]) == (400, 22), page


def test_a_page_is_ignored_by_an_operation_without_pages(http: httpx.Client) -> None:
    assert http.get("/3/movie/550", params={"page": "0"}).status_code == 200


def test_a_malformed_page_is_ignored_by_the_parts_of_details(http: httpx.Client) -> None:
    expected = http.get("/3/movie/550", params={"append_to_response": "similar"}).json()
    for page in ("0", "-1", "abc", "", "9" * 5000):
        assert http.get("/3/movie/550", params={"append_to_response": "similar", "page": page}).json() == expected, page


def test_a_malformed_value_of_a_filter_does_no_harm(http: httpx.Client) -> None:
    for name in ("with_runtime.lte", "vote_average.gte", "with_status", "certification.gte", "air_date.gte", "year", "with_genres", "sort_by", "watch_region"):
        for kind in ("movie", "tv"):
            for text in ("null", "", ",", "|", "-1", "9" * 5000, "nan"):
                assert http.get(f"/3/discover/{kind}", params={name: text, "certification_country": "US"}).status_code == 200, (name, text)


def test_a_day_at_the_end_of_the_calendar_is_400_with_code_23(http: httpx.Client) -> None:
    for query in ({"start_date": "9999-12-31"}, {"end_date": "0001-01-01"}):
        response = http.get("/3/movie/changes", params=query)
        assert (response.status_code, response.json()["status_code"]) == (400, 23), query


def test_an_unknown_query_item_is_ignored(http: httpx.Client) -> None:
    assert http.get("/3/movie/550", params={"foo": "bar"}).json() == http.get("/3/movie/550").json()


@pytest.mark.parametrize(
    "content", [b"{", b"", b"7", b"[]", b"{}", b'{"value": "8"}', b'{"value": 0}', b'{"value": 10.5}', b'{"value": 7.3}', b'{"value": null}']
)
def test_an_invalid_body_is_400_with_code_18(content: bytes, http: httpx.Client) -> None:
    response = http.post("/3/movie/550/rating", params={"session_id": SESSION}, content=content)
    assert (response.status_code, response.json()["status_code"], response.json()["success"]) == (400, 18, False)


def test_an_unknown_field_is_ignored(http: httpx.Client) -> None:
    assert http.post("/3/movie/550/rating", params={"session_id": SESSION}, json={"value": 8, "comment": "good"}).status_code == 201


def test_a_whole_number_may_have_a_point(fake: FakeTMDB, http: httpx.Client) -> None:
    response = http.post("/3/account/1/favorite", params={"session_id": SESSION}, content=b'{"media_type": "movie", "media_id": 550.0, "favorite": true}')
    assert response.status_code == 201
    rows = http.get("/3/account/1/favorite/movies", params={"session_id": SESSION}).json()["results"]
    assert [row["id"] for row in rows] == [550]


def test_what_is_optional_may_be_null(http: httpx.Client) -> None:
    response = http.post("/3/list", params={"session_id": SESSION}, json={"name": "Mine", "description": None, "language": None})
    assert http.get(f"/3/list/{response.json()['list_id']}").json()["iso_639_1"] == "en"


def test_a_body_of_optional_fields_may_be_missing(http: httpx.Client) -> None:
    assert http.post("/4/auth/request_token").json()["success"] is True
    assert http.post("/4/auth/request_token", content=b"[]").status_code == 400


def test_a_rating_of_an_unknown_movie_is_404(http: httpx.Client) -> None:
    assert http.post("/3/movie/999999999/rating", params={"session_id": SESSION}, json={"value": 8}).json()["status_code"] == 34


def test_a_session_can_be_created_and_deleted(fake: FakeTMDB) -> None:
    authentication = fake.client().authentication
    token = authentication.create_request_token().request_token
    session = authentication.create_session(token).session_id
    assert authentication.delete_session(session).success


async def test_an_asynchronous_client_gets_the_same_response(fake: FakeTMDB) -> None:
    with fake.client() as tmdb:
        movie = tmdb.movies.details(550, append_to_response=["credits"])
    async with fake.async_client() as tmdb:
        assert await tmdb.movies.details(550, append_to_response=["credits"]) == movie


def test_a_response_is_cacheable_json(http: httpx.Client) -> None:
    headers = http.get("/3/movie/550").headers
    assert headers["content-type"] == "application/json;charset=utf-8"
    assert headers["cache-control"].startswith("public, max-age=")
    assert headers["etag"].startswith('W/"')
    assert headers["vary"] == "Origin"


def test_a_response_to_a_user_is_private(http: httpx.Client) -> None:
    assert "private" in http.get("/3/movie/550/account_states", params={"session_id": SESSION}).headers["cache-control"]
    assert "private" in http.get("/3/movie/550", params={"session_id": SESSION, "append_to_response": "account_states"}).headers["cache-control"]


def test_an_error_is_json_without_cache_headers(http: httpx.Client) -> None:
    response = http.get("/3/movie/999999999")
    assert response.headers["content-type"] == "application/json;charset=utf-8"
    assert not {"etag", "cache-control"} & set(response.headers)


def test_an_unchanged_response_is_304_without_a_body(http: httpx.Client) -> None:
    tag = http.get("/3/movie/550").headers["etag"]
    for tags in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        response = http.get("/3/movie/550", headers={"If-None-Match": tags})
        assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", tag), tags


def test_a_different_response_has_a_different_etag(http: httpx.Client) -> None:
    tag = http.get("/3/movie/550").headers["etag"]
    response = http.get("/3/movie/550", params={"append_to_response": "credits"}, headers={"If-None-Match": tag})
    assert response.status_code == 200
    assert response.headers["etag"] != tag


def test_changing_a_model_does_not_change_the_recordings(fake: FakeTMDB) -> None:
    fake.client().movies.details(550).title = "Spoiled"
    assert FakeTMDB().client().movies.details(550).title == "Fight Club"
