"""What the fake answers from what was recorded."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.conftest import SECRETS, SESSION, fixtures
from tests.support.calls import operations
from tmdbkit import NotAppendedError, to_dict
from tmdbkit.testing import FakeTMDB
from tmdbkit.testing.catalogue import _without_secrets


def first_of_each_request() -> list[dict[str, Any]]:
    """The fixtures that succeed. Of several answers to one request, such as what is latest, the fake gives the first."""
    found: dict[str, dict[str, Any]] = {}
    for fixture in fixtures():
        if fixture["response"]["status"] < 400:
            request = fixture["request"]
            path = _without_secrets(operations()[fixture["operation_id"]][2], request["path"])
            found.setdefault(json.dumps([request["method"], path, request["query"], request["body"]], sort_keys=True), fixture)
    return list(found.values())


RECORDED = first_of_each_request()
MOVIE_PARTS = (
    "account_states,alternative_titles,changes,credits,external_ids,images,keywords,lists,recommendations,release_dates,reviews,similar,translations,videos,"
    "watch/providers"
)
MADE_ANEW = {"request_token", "guest_session_id", "expires_at"}


def test_the_package_holds_fixtures(fake: FakeTMDB) -> None:
    assert len(RECORDED) > 50
    assert fake.client().movies.details(550).title == "Fight Club"


@pytest.mark.parametrize("fixture", RECORDED, ids=lambda fixture: fixture["name"])
def test_what_was_recorded_is_answered_as_it_was(fixture: dict[str, Any], fake: FakeTMDB) -> None:
    request = fixture["request"]
    secrets = {name: SECRETS[name] for name in request["security"]}
    token = secrets.pop("access_token", None) or secrets.pop("user_access_token", None)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with httpx.Client(transport=fake.transport) as client:
        url = f"https://api.themoviedb.org{request['path']}"
        answer = client.request(request["method"], url, params={**request["query"], **secrets}, json=request["body"], headers=headers)
    assert answer.status_code == fixture["response"]["status"]
    body, recorded = answer.json(), fixture["response"]["body"]
    if fixture["operation_id"].endswith(("create_request_token", "create_guest_session")):
        made = MADE_ANEW & body.keys()
        assert made == MADE_ANEW & recorded.keys()
        assert all(body[name] != recorded[name] for name in made)
        body, recorded = ({name: value for name, value in item.items() if name not in made} for item in (body, recorded))
    assert body == recorded
    assert fake.requests[0].operation_id == fixture["operation_id"]


def test_an_unknown_id_is_404_with_code_34(http: httpx.Client) -> None:
    for path in ("/3/movie/999999999", "/3/movie/999999999/credits", "/3/tv/0", "/3/movie/abc", "/3/movie/tt9999999"):
        answer = http.get(path)
        assert (answer.status_code, answer.json()["status_code"], answer.json()["success"]) == (404, 34, False), path


def test_an_unknown_path_is_404_with_code_34(http: httpx.Client) -> None:
    for path in ("/", "/3", "/3/movie", "/3/movie/550/", "/3/movie/550/nothing", "/3/movie/550/credits/1", "/5/movie/550"):
        answer = http.get(path)
        assert (answer.status_code, answer.json()["status_code"]) == (404, 34), path


def test_a_method_that_a_path_does_not_have_is_405_with_code_42(http: httpx.Client) -> None:
    for method, path in (("POST", "/3/movie/550"), ("GET", "/3/movie/550/rating"), ("DELETE", "/3/movie/latest"), ("PUT", "/3/authentication")):
        answer = http.request(method, path)
        assert (answer.status_code, answer.json()["status_code"]) == (405, 42), path


def test_a_path_without_parameters_is_no_id(fake: FakeTMDB) -> None:
    fake.client().movies.latest()
    assert fake.requests[0].operation_id == "movies_latest"


def test_a_movie_is_found_by_its_imdb_id(fake: FakeTMDB) -> None:
    tmdb = fake.client()
    assert tmdb.movies.details("tt0137523").id == 550
    assert tmdb.movies.credits("tt0137523").id == 550
    assert tmdb.movies.details("tt0137523", append_to_response=["credits"]).credits == tmdb.movies.details(550, append_to_response=["credits"]).credits


def test_a_series_is_not_found_by_an_imdb_id(http: httpx.Client) -> None:
    assert http.get("/3/tv/tt0944947").status_code == 404


def test_what_was_not_recorded_of_a_known_id_is_another_ones_under_the_right_id(fake: FakeTMDB) -> None:
    assert [fixture for fixture in RECORDED if fixture["request"]["path"] == "/3/tv/1399/content_ratings"] == []
    ratings = fake.client().tv_series.content_ratings(1399)
    assert ratings.id == 1399
    assert ratings.results


def test_details_are_never_another_ones(http: httpx.Client) -> None:
    assert http.get("/3/movie/13/account_states", params={"session_id": SESSION}).status_code == 200
    assert http.get("/3/movie/13").status_code == 404


def test_details_have_no_part_that_was_not_asked_for(fake: FakeTMDB) -> None:
    movie = fake.client().movies.details(550)
    assert not set(to_dict(movie)) & set(MOVIE_PARTS.split(","))
    with pytest.raises(NotAppendedError):
        _ = movie.credits.cast


def test_details_recorded_with_parts_are_answered_without_them(http: httpx.Client) -> None:
    assert [fixture["name"] for fixture in RECORDED if fixture["request"]["path"] == "/3/tv/1399" and not fixture["request"]["query"]] == []
    plain = http.get("/3/tv/1399").json()
    whole = http.get("/3/tv/1399", params={"append_to_response": "images"}).json()
    assert set(whole) - set(plain) == {"images"}
    assert not {"credits", "content_ratings"} & set(plain)


def test_details_have_exactly_the_parts_that_were_asked_for(http: httpx.Client) -> None:
    plain = http.get("/3/movie/550").json()
    whole = http.get("/3/movie/550", params={"append_to_response": "credits,watch/providers,images"}).json()
    assert set(whole) - set(plain) == {"credits", "watch/providers", "images"}
    assert whole["credits"]["cast"]
    assert "id" not in whole["credits"]
    assert set(whole["watch/providers"]) == {"results"}


def test_a_part_that_was_not_recorded_with_the_details_is_what_its_own_operation_answers(http: httpx.Client) -> None:
    whole = http.get("/3/movie/47964", params={"append_to_response": "credits,keywords"}).json()
    alone = http.get("/3/movie/47964/credits").json()
    assert alone.pop("id") == 47964
    assert whole["credits"] == alone
    assert set(whole["keywords"]) == {"keywords"}


def test_every_part_of_every_recorded_movie_and_series_can_be_appended(fake: FakeTMDB) -> None:
    tmdb = fake.client(session_id=SESSION)
    movies = tmdb.movies.details(47964, append_to_response=MOVIE_PARTS.split(","))  # type: ignore[arg-type]
    assert set(MOVIE_PARTS.split(",")) <= set(to_dict(movies))
    series = tmdb.tv_series.details(1396, append_to_response=["aggregate_credits", "content_ratings", "screened_theatrically", "watch/providers"])
    assert series.aggregate_credits.cast


def test_an_unknown_part_is_ignored(http: httpx.Client) -> None:
    for parts in ("nonsense", "credits,nonsense", "belongs_to_collection", ",,", ""):
        answer = http.get("/3/movie/550", params={"append_to_response": parts})
        assert answer.status_code == 200
        assert "nonsense" not in answer.json()
    assert http.get("/3/movie/550", params={"append_to_response": "title"}).json()["title"] == "Fight Club"


def test_a_part_that_needs_a_session_is_left_out_without_one(http: httpx.Client) -> None:
    assert "account_states" not in http.get("/3/movie/550", params={"append_to_response": "account_states"}).json()
    assert "account_states" in http.get("/3/movie/550", params={"append_to_response": "account_states", "session_id": SESSION}).json()


def test_more_than_20_parts_are_400_with_code_27(http: httpx.Client) -> None:
    twenty = ["credits"] * 20
    assert http.get("/3/movie/550", params={"append_to_response": ",".join(twenty)}).status_code == 200
    answer = http.get("/3/movie/550", params={"append_to_response": ",".join([*twenty, "images"])})
    assert (answer.status_code, answer.json()["status_code"]) == (400, 27)


def test_the_page_of_an_appended_list_can_be_asked_for(http: httpx.Client) -> None:
    reviews = http.get("/3/movie/550", params={"append_to_response": "reviews", "page": 2}).json()["reviews"]
    assert (reviews["page"], reviews["results"]) == (2, [])


def test_a_recorded_page_is_answered_as_it_was(fake: FakeTMDB) -> None:
    tmdb = fake.client()
    first, second = tmdb.movies.popular(), tmdb.movies.popular(page=2)
    assert (first.page, second.page) == (1, 2)
    assert {row.id for row in first.results} != {row.id for row in second.results}


def test_a_page_that_was_not_recorded_has_the_rows_of_one_that_was(fake: FakeTMDB) -> None:
    tmdb = fake.client()
    page, recorded = tmdb.movies.popular(page=7), tmdb.movies.popular()
    assert page.page == 7
    assert page.total_pages == recorded.total_pages
    assert page.results == recorded.results


def test_a_first_page_is_answered_when_only_a_later_one_was_recorded(fake: FakeTMDB) -> None:
    assert not any(fixture["name"].startswith("movies/top_rated") and fixture["response"]["body"]["page"] == 1 for fixture in RECORDED)
    page = fake.client().movies.top_rated()
    assert page.page == 1
    assert page.results


def test_a_page_beyond_the_last_has_no_rows(fake: FakeTMDB) -> None:
    page = fake.client().movies.reviews(550, page=2)
    assert (page.page, page.total_pages, page.results) == (2, 1, [])
    assert page.total_results > 0


def test_a_page_outside_1_to_500_is_400_with_code_22(http: httpx.Client) -> None:
    assert http.get("/3/movie/popular", params={"page": "500"}).status_code == 200
    for page in ("0", "501", "-1", "abc", "1.5", "", "٣"):
        answer = http.get("/3/movie/popular", params={"page": page})
        assert (answer.status_code, answer.json()["status_code"]) == (400, 22), page


def test_a_page_is_ignored_where_there_are_none(http: httpx.Client) -> None:
    assert http.get("/3/movie/550", params={"page": "0"}).status_code == 200


def test_an_unknown_query_item_is_ignored(http: httpx.Client) -> None:
    assert http.get("/3/movie/550", params={"foo": "bar"}).json() == http.get("/3/movie/550").json()


def test_a_rating_answers_what_was_recorded(fake: FakeTMDB) -> None:
    tmdb = fake.client(session_id=SESSION)
    added, deleted = tmdb.movies.raw.add_rating(550, value=8.5), tmdb.movies.raw.delete_rating(550)
    assert (added.status_code, added.parsed.success, added.parsed.status_code) == (201, True, 1)
    assert (deleted.status_code, deleted.parsed.success, deleted.parsed.status_code) == (200, True, 13)
    assert tmdb.movies.add_rating(550, value=3).success


@pytest.mark.parametrize(
    "content", [b"{", b"", b"7", b"[]", b"{}", b'{"value": "8"}', b'{"value": 0}', b'{"value": 10.5}', b'{"value": 7.3}', b'{"value": null}']
)
def test_a_body_that_is_not_what_the_operation_takes_is_400_with_code_18(content: bytes, http: httpx.Client) -> None:
    answer = http.post("/3/movie/550/rating", params={"session_id": SESSION}, content=content)
    assert (answer.status_code, answer.json()["status_code"], answer.json()["success"]) == (400, 18, False)


def test_a_field_that_the_operation_does_not_take_is_ignored(http: httpx.Client) -> None:
    assert http.post("/3/movie/550/rating", params={"session_id": SESSION}, json={"value": 8, "comment": "good"}).status_code == 201


def test_a_rating_of_an_unknown_movie_is_404(http: httpx.Client) -> None:
    assert http.post("/3/movie/999999999/rating", params={"session_id": SESSION}, json={"value": 8}).json()["status_code"] == 34


def test_a_session_can_be_made_and_ended(fake: FakeTMDB) -> None:
    authentication = fake.client().authentication
    token = authentication.create_request_token().request_token
    session = authentication.create_session(token).session_id
    assert authentication.delete_session(session).success


async def test_an_asynchronous_client_gets_the_same_answers(fake: FakeTMDB) -> None:
    with fake.client() as tmdb:
        movie = tmdb.movies.details(550, append_to_response=["credits"])
    async with fake.async_client() as tmdb:
        assert await tmdb.movies.details(550, append_to_response=["credits"]) == movie


def test_an_answer_is_json_that_may_be_cached(http: httpx.Client) -> None:
    headers = http.get("/3/movie/550").headers
    assert headers["content-type"] == "application/json;charset=utf-8"
    assert headers["cache-control"].startswith("public, max-age=")
    assert headers["etag"].startswith('W/"')
    assert headers["vary"] == "Origin"


def test_an_answer_to_a_user_may_not_be_shared_between_users(http: httpx.Client) -> None:
    assert "private" in http.get("/3/movie/550/account_states", params={"session_id": SESSION}).headers["cache-control"]
    assert "private" in http.get("/3/movie/550", params={"session_id": SESSION, "append_to_response": "account_states"}).headers["cache-control"]


def test_a_refusal_is_json_that_may_not_be_cached(http: httpx.Client) -> None:
    answer = http.get("/3/movie/999999999")
    assert answer.headers["content-type"] == "application/json;charset=utf-8"
    assert not {"etag", "cache-control"} & set(answer.headers)


def test_an_answer_that_has_not_changed_is_304_without_a_body(http: httpx.Client) -> None:
    tag = http.get("/3/movie/550").headers["etag"]
    for named in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        answer = http.get("/3/movie/550", headers={"If-None-Match": named})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag), named


def test_an_answer_that_differs_has_another_tag(http: httpx.Client) -> None:
    tag = http.get("/3/movie/550").headers["etag"]
    answer = http.get("/3/movie/550", params={"append_to_response": "credits"}, headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert answer.headers["etag"] != tag


def test_what_the_fake_answers_cannot_be_spoiled_by_its_users(fake: FakeTMDB) -> None:
    fake.client().movies.details(550).title = "Spoiled"
    assert FakeTMDB().client().movies.details(550).title == "Fight Club"
