"""The credentials that the fake accepts."""

from __future__ import annotations

import httpx
import pytest

from tests.conftest import API_KEY, GUEST_SESSION, SESSION, TOKEN
from tmdbkit import AuthenticationError
from tmdbkit.testing import FakeTMDB


def test_no_credential_is_401_with_code_7(anonymous: httpx.Client) -> None:
    for path in ("/3/movie/550", "/3/authentication", "/3/movie/999999999", "/3/nothing"):
        response = anonymous.get(path)
        assert (response.status_code, response.json()["status_code"], response.json()["success"]) == (401, 7, False), path


def test_an_access_token_is_accepted_as_bearer(anonymous: httpx.Client) -> None:
    for scheme in ("Bearer", "bearer"):
        assert anonymous.get("/3/movie/550", headers={"Authorization": f"{scheme} {TOKEN}"}).status_code == 200


def test_an_api_key_is_accepted_in_the_query(anonymous: httpx.Client) -> None:
    assert anonymous.get("/3/movie/550", params={"api_key": API_KEY}).status_code == 200


@pytest.mark.parametrize("token", [API_KEY, "nonsense", "eyJ.only", "", "."])
def test_a_malformed_access_token_is_401_with_code_7(token: str, anonymous: httpx.Client) -> None:
    response = anonymous.get("/3/movie/550", headers={"Authorization": f"Bearer {token}"})
    assert (response.status_code, response.json()["status_code"]) == (401, 7)


def test_an_access_token_under_another_scheme_is_401_with_code_7(anonymous: httpx.Client) -> None:
    for value in (TOKEN, f"Basic {TOKEN}", f"Token {TOKEN}"):
        assert anonymous.get("/3/movie/550", headers={"Authorization": value}).json()["status_code"] == 7


@pytest.mark.parametrize("key", [TOKEN, API_KEY[:-1], f"{API_KEY}0", "g" * 32, ""])
def test_a_malformed_api_key_is_401_with_code_7(key: str, anonymous: httpx.Client) -> None:
    response = anonymous.get("/3/movie/550", params={"api_key": key})
    assert (response.status_code, response.json()["status_code"]) == (401, 7)


@pytest.mark.parametrize(("method", "path"), [("GET", "/3/movie/550/account_states"), ("POST", "/3/movie/550/rating"), ("DELETE", "/3/tv/1399/rating")])
def test_a_users_operation_without_a_session_is_401_with_code_3(method: str, path: str, http: httpx.Client) -> None:
    for params in ({}, {"session_id": ""}):
        response = http.request(method, path, params=params)
        assert (response.status_code, response.json()["status_code"]) == (401, 3)


@pytest.mark.parametrize("session", [{"session_id": SESSION}, {"guest_session_id": GUEST_SESSION}], ids=["user", "guest"])
def test_a_users_operation_accepts_a_session(session: dict[str, str], http: httpx.Client) -> None:
    assert http.get("/3/movie/550/account_states", params=session).json()["id"] == 550


def test_a_session_alone_is_401_with_code_7(anonymous: httpx.Client) -> None:
    assert anonymous.get("/3/movie/550/account_states", params={"session_id": SESSION}).json()["status_code"] == 7


def test_a_client_of_the_fake_has_an_accepted_credential(fake: FakeTMDB) -> None:
    assert fake.client().authentication.validate_key().success
    assert list(fake.requests[0].credentials) == ["access_token"]


def test_a_client_of_the_fake_can_have_another_credential(fake: FakeTMDB) -> None:
    fake.client(api_key=API_KEY).movies.details(550)
    fake.client(credential=API_KEY).movies.details(550)
    assert [list(request.credentials) for request in fake.requests] == [["api_key"], ["api_key"]]
    with pytest.raises(AuthenticationError):
        fake.client(access_token="nonsense").movies.details(550)


def test_a_client_of_the_fake_ignores_the_environment(fake: FakeTMDB, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMDB_ACCESS_TOKEN", TOKEN)
    monkeypatch.setenv("TMDB_BASE_URL", "http://127.0.0.1:9")
    tmdb = fake.client()
    assert tmdb.movies.details(550).id == 550
    assert "api.themoviedb.org" in repr(tmdb)
    assert fake.requests[0].credentials["access_token"].reveal() == fake.access_token
