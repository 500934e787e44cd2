"""The fake's record of received requests."""

from __future__ import annotations

import pytest

from tests.conftest import API_KEY, SESSION, TOKEN
from tmdbkit.testing import FakeTMDB


def test_requests_are_recorded_in_order(fake: FakeTMDB) -> None:
    tmdb = fake.client()
    tmdb.movies.popular(page=2)
    tmdb.movies.details(550, append_to_response=["credits", "watch/providers"], language="de-DE")
    assert [request.operation_id for request in fake.requests] == ["movies_popular", "movies_details"]
    assert [request.path for request in fake.requests] == ["/3/movie/popular", "/3/movie/550"]
    assert fake.requests[1].query == {"append_to_response": "credits,watch/providers", "language": "de-DE"}


def test_a_request_has_its_body_and_headers(fake: FakeTMDB) -> None:
    fake.client(session_id=SESSION, headers={"X-Test": "yes"}).movies.add_rating(550, value=8.5)
    request = fake.requests[0]
    assert (request.method, request.body) == ("POST", {"value": 8.5})
    assert request.headers["x-test"] == "yes"


def test_a_rejected_request_is_recorded(anonymous, fake: FakeTMDB) -> None:
    anonymous.get("/3/nothing")
    assert (fake.requests[0].path, fake.requests[0].operation_id, fake.requests[0].body) == ("/3/nothing", None, None)


def test_a_body_that_nests_too_deep_is_refused(http, fake: FakeTMDB) -> None:
    response = http.post("/3/movie/550/rating", params={"session_id": SESSION}, content=b"[" * 99_999)
    assert response.status_code == 400
    with pytest.raises(ValueError, match="recursion"):
        _ = fake.requests[0].body


def test_a_body_that_is_not_json_is_kept_as_bytes(http, fake: FakeTMDB) -> None:
    http.post("/3/movie/550/rating", content=b"{")
    assert fake.requests[0].content == b"{"
    with pytest.raises(ValueError, match="truncated"):
        _ = fake.requests[0].body


def test_credentials_are_separate_from_the_query(fake: FakeTMDB) -> None:
    fake.client(api_key=API_KEY, session_id=SESSION).movies.account_states(550)
    request = fake.requests[0]
    assert request.query == {}
    assert {name: secret.reveal() for name, secret in request.credentials.items()} == {"api_key": API_KEY, "session_id": SESSION}


def test_credentials_are_redacted_in_reprs(fake: FakeTMDB) -> None:
    fake.client(api_key=API_KEY, session_id=SESSION).movies.account_states(550)
    fake.client(access_token=TOKEN).authentication.delete_session(SESSION)
    shown = f"{fake!r} {fake.requests!r} {[request.credentials for request in fake.requests]} {[request.headers for request in fake.requests]}"
    assert not [secret for secret in (API_KEY, SESSION, TOKEN) if secret in shown]
    assert "<ReceivedRequest GET /3/movie/550/account_states>" in shown
