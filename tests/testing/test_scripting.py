"""Responses and failures that a test gives the fake."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.conftest import SESSION
from tmdbkit import NotFoundError, RateLimitError, ServerError, StatusError, TMDBError, to_dict
from tmdbkit.testing import FakeTMDB


def test_only_the_next_request_fails(fake: FakeTMDB) -> None:
    fake.fail_next(status=429, retry_after=1)
    tmdb = fake.client(retries=None)
    with pytest.raises(RateLimitError) as caught:
        tmdb.movies.details(550)
    assert (caught.value.http_status, caught.value.status_code, caught.value.retry_after) == (429, 25, 1)
    assert tmdb.movies.details(550).id == 550


def test_a_failure_has_no_retry_after_by_default(fake: FakeTMDB) -> None:
    fake.fail_next(429)
    with pytest.raises(RateLimitError) as caught:
        fake.client(retries=None).movies.details(550)
    assert caught.value.retry_after is None
    assert "Retry-After" not in caught.value.headers


def test_failures_queue(fake: FakeTMDB) -> None:
    fake.fail_next(status=503, times=2)
    fake.fail_next(status=429)
    tmdb = fake.client(retries=None)
    for expected in (ServerError, ServerError, RateLimitError):
        with pytest.raises(expected):
            tmdb.movies.details(550)
    assert tmdb.movies.details(550).id == 550


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"status": 401}, (401, 7)),
        ({"status": 404}, (404, 34)),
        ({"status": 500}, (500, 11)),
        ({"code": 46}, (503, 46)),
        ({"code": 37}, (404, 37)),
        ({"status": 502, "code": 9}, (502, 9)),
    ],
)
def test_status_and_code_imply_each_other(given: dict[str, int], expected: tuple[int, int], fake: FakeTMDB) -> None:
    fake.fail_next(**given)
    with pytest.raises(StatusError) as caught:
        fake.client(retries=None).movies.details(550)
    assert (caught.value.http_status, caught.value.status_code) == expected


def test_a_failure_with_bytes_is_html(fake: FakeTMDB) -> None:
    fake.fail_next(status=520, body=b"<html>Bad gateway</html>")
    with pytest.raises(ServerError) as caught:
        fake.client(retries=None).movies.details(550)
    assert (caught.value.http_status, caught.value.status_code, caught.value.content) == (520, None, b"<html>Bad gateway</html>")
    assert caught.value.headers["content-type"] == "text/html"


def test_a_failure_can_have_any_body(fake: FakeTMDB) -> None:
    fake.fail_next(status=422, body={"errors": ["query must be provided"]})
    with pytest.raises(StatusError) as caught:
        fake.client().movies.details(550)
    assert caught.value.errors == ("query must be provided",)


def test_a_failure_precedes_the_credential_check(anonymous: httpx.Client, fake: FakeTMDB) -> None:
    fake.fail_next(status=503)
    assert [anonymous.get("/3/nothing").status_code for _ in range(2)] == [503, 401]


@pytest.mark.parametrize(
    ("given", "hint"), [({}, "pass a status"), ({"code": 99}, "no code 99"), ({"status": 520}, "520"), ({"status": 500, "times": 0}, "times")]
)
def test_invalid_arguments_of_fail_next_are_rejected(given: dict[str, int], hint: str, fake: FakeTMDB) -> None:
    with pytest.raises(ValueError, match=hint):
        fake.fail_next(**given)


def test_a_model_can_be_added_as_a_response(fake: FakeTMDB) -> None:
    tmdb = fake.client()
    movie = tmdb.movies.details(550)
    movie.id, movie.title = 11, "Star Wars"
    with pytest.raises(NotFoundError):
        tmdb.movies.details(4_711_000)
    fake.add("GET", "/3/movie/4711000", movie)
    assert tmdb.movies.details(4_711_000).title == "Star Wars"
    assert tmdb.movies.details(550).title == "Fight Club"


def test_an_added_response_overrides_the_recorded_one(fake: FakeTMDB) -> None:
    tmdb = fake.client()
    body = {**to_dict(tmdb.movies.popular()), "results": []}
    fake.add("get", "/3/movie/popular", body)
    assert tmdb.movies.popular().results == []
    assert tmdb.movies.popular(page=7).page == 1


def test_an_added_response_can_depend_on_the_query(fake: FakeTMDB) -> None:
    tmdb = fake.client()
    fake.add("GET", "/3/movie/popular", {**to_dict(tmdb.movies.popular()), "page": 7, "results": []}, query={"page": "7"})
    assert tmdb.movies.popular(page=7, language="de").results == []
    assert tmdb.movies.popular(page=2).results != []


def test_the_latest_added_response_wins(fake: FakeTMDB) -> None:
    for reason in ("first", "second"):
        fake.add("GET", "/3/movie/550", {"status_message": reason}, status=400)
    with pytest.raises(StatusError, match="second"):
        fake.client().movies.details(550)


def test_a_segment_in_braces_matches_any(fake: FakeTMDB) -> None:
    tmdb = fake.client()
    fake.add("GET", "/3/movie/{movie_id}", tmdb.movies.details(550))
    assert tmdb.movies.details(11).id == 550
    assert tmdb.movies.credits(550).cast


@pytest.mark.parametrize(
    ("method", "path", "hint"),
    [
        ("GET", "/3/tomorrow", "TMDB has no path '/3/tomorrow'"),
        ("GET", "/3/movies/550", "did you mean"),
        ("GET", "/3/movie/550/", "TMDB has no path"),
        ("PUT", "/3/movie/550", "TMDB has no PUT /3/movie/550: only GET"),
        ("GET", "/3/movie/550/rating", "only DELETE and POST"),
    ],
)
def test_a_path_without_an_operation_cannot_be_added(method: str, path: str, hint: str, fake: FakeTMDB) -> None:
    with pytest.raises(ValueError, match=hint):
        fake.add(method, path, {"new": True})


def test_added_headers_are_sent(http: httpx.Client, fake: FakeTMDB) -> None:
    fake.add("GET", "/3/movie/550", {"new": True}, headers={"X-New": "yes"})
    response = http.get("/3/movie/550")
    assert response.json() == {"new": True}
    assert response.headers["x-new"] == "yes"
    assert response.headers["etag"]


def test_bytes_are_sent_unchanged(http: httpx.Client, fake: FakeTMDB) -> None:
    fake.add("GET", "/3/movie/550", b"{", headers={"Content-Type": "text/html"})
    response = http.get("/3/movie/550")
    assert (response.content, response.headers["content-type"]) == (b"{", "text/html")


def test_an_added_response_requires_a_credential(anonymous: httpx.Client, http: httpx.Client, fake: FakeTMDB) -> None:
    fake.add("GET", "/3/movie/11", {})
    fake.add("POST", "/3/movie/550/rating", {}, status=201)
    assert anonymous.get("/3/movie/11").status_code == 401
    assert http.post("/3/movie/550/rating", json={"value": 1}).status_code == 401
    assert http.post("/3/movie/550/rating", json={"value": 1}, params={"session_id": SESSION}).json() == {}


@pytest.mark.parametrize("path", ["3/movie/550", "https://api.themoviedb.org/3/movie/550", "/3/movie/popular?page=2"])
def test_a_path_that_can_never_match_is_rejected(path: str, fake: FakeTMDB) -> None:
    with pytest.raises(ValueError, match="path must be like"):
        fake.add("GET", path, {})


def test_fakes_are_independent(fake: FakeTMDB) -> None:
    other = FakeTMDB()
    other.fail_next(500)
    other.add("GET", "/3/movie/550", {}, status=404)
    assert fake.client().movies.details(550).title == "Fight Club"
    assert other.requests == []


def test_threads_share_a_fake(fake: FakeTMDB) -> None:
    fake.fail_next(status=503, times=10)
    tmdb = fake.client(retries=None)

    def call(_: int) -> bool:
        try:
            return bool(tmdb.movies.details(550, append_to_response=["credits"]).credits.cast)
        except TMDBError:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(call, range(100))) == [False] * 10 + [True] * 90
    assert len(fake.requests) == 100
