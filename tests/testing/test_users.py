"""Users of the fake, and the tokens and sessions that it issues."""

from __future__ import annotations

import httpx
import pytest

from tests.conftest import GUEST_SESSION, SESSION, TOKEN, USER_TOKEN
from tmdbkit import AuthenticationError, RequestTokenError, SessionError
from tmdbkit.testing import FakeTMDB

NEW_SESSION = "/3/authentication/session/new"
NEW_ACCESS_TOKEN = "/4/auth/access_token"


def codes(response: httpx.Response) -> tuple[int, int | None]:
    return response.status_code, response.json().get("status_code")


def test_request_tokens_are_approved_automatically_by_default(fake: FakeTMDB) -> None:
    tmdb = fake.client()
    assert tmdb.users.request_approval().finish().account.me().id
    fake.users.auto_approve = False
    with pytest.raises(RequestTokenError):
        tmdb.users.request_approval().finish()


def test_request_tokens_are_unique(http: httpx.Client) -> None:
    responses = [http.get("/3/authentication/token/new") for _ in range(3)]
    tokens = [response.json()["request_token"] for response in responses]
    assert len(set(tokens)) == 3


def test_a_request_token_comes_with_its_approval_page(http: httpx.Client) -> None:
    response = http.get("/3/authentication/token/new")
    assert response.headers["Authentication-Callback"] == f"https://www.themoviedb.org/authenticate/{response.json()['request_token']}"


def test_guest_sessions_are_unique(http: httpx.Client) -> None:
    assert len({http.get("/3/authentication/guest_session/new").json()["guest_session_id"] for _ in range(3)}) == 3


def test_issued_tokens_have_no_cache_headers(http: httpx.Client) -> None:
    for path in ("/3/authentication/token/new", "/3/authentication/guest_session/new"):
        assert not {"etag", "cache-control"} & http.get(path).headers.keys()


def test_a_request_token_waits_for_the_user(http: httpx.Client, fake: FakeTMDB) -> None:
    fake.users.auto_approve = False
    tokens = [http.get("/3/authentication/token/new").json()["request_token"] for _ in range(2)]
    tokens += [http.post("/4/auth/request_token", json={}).json()["request_token"] for _ in range(2)]
    responses = [http.post(NEW_SESSION if index < 2 else NEW_ACCESS_TOKEN, json={"request_token": token}) for index, token in enumerate(tokens)]
    assert [codes(response) for response in responses] == [(401, 17)] * 2 + [(422, 41)] * 2
    assert codes(http.get(NEW_SESSION, params={"request_token": tokens[0]})) == (401, 17)
    fake.users.approve(tokens[0])
    fake.users.approve()
    responses = [http.post(NEW_SESSION if index < 2 else NEW_ACCESS_TOKEN, json={"request_token": token}) for index, token in enumerate(tokens)]
    assert [response.status_code for response in responses] == [200, 401, 422, 200]


def test_a_denied_request_token_is_rejected(http: httpx.Client, fake: FakeTMDB) -> None:
    token = http.get("/3/authentication/token/new").json()["request_token"]
    fake.users.deny()
    assert codes(http.post(NEW_SESSION, json={"request_token": token})) == (401, 17)
    token = http.post("/4/auth/request_token", json={}).json()["request_token"]
    fake.users.deny(token)
    assert codes(http.post(NEW_ACCESS_TOKEN, json={"request_token": token})) == (401, 33)


def test_an_unusable_request_token_is_rejected(http: httpx.Client, fake: FakeTMDB) -> None:
    for make, use, other in (("GET /3/authentication/token/new", NEW_SESSION, NEW_ACCESS_TOKEN), ("POST /4/auth/request_token", NEW_ACCESS_TOKEN, NEW_SESSION)):
        method, path = make.split()
        tokens = [http.request(method, path, json=None if method == "GET" else {}).json()["request_token"] for _ in range(2)]
        assert codes(http.post(other, json={"request_token": tokens[0]})) == (401, 33)
        assert [http.post(use, json={"request_token": tokens[0]}).status_code for _ in range(2)] == [200, 401]
        fake.users.expire()
        assert codes(http.post(use, json={"request_token": tokens[1]})) == (401, 33)
        with pytest.raises(ValueError, match="used already"):
            fake.users.approve(tokens[0])


def test_only_issued_request_tokens_can_be_approved(fake: FakeTMDB) -> None:
    for decide in (fake.users.approve, fake.users.deny, fake.users.expire):
        with pytest.raises(ValueError, match="no such request token"):
            decide()
        with pytest.raises(ValueError, match="no such request token") as caught:
            decide("planted")
        assert "planted" not in str(caught.value)


def test_only_users_of_the_fake_can_log_in(fake: FakeTMDB) -> None:
    fake.users.auto_approve = False
    users = fake.client().users
    fake.users.add("ada", "right")
    assert users.login("ada", "right").account.me().username == "ada"
    assert users.login("ann", "anything").account.me().username == "ann"
    for name, password in (("ada", "wrong"), ("anybody", "anything"), ("ada", "Right")):
        with pytest.raises(AuthenticationError) as caught:
            users.login(name, password)
        assert caught.value.status_code == 30
    assert "right" not in repr(fake.users)
    with pytest.raises(ValueError, match="there is a user 'ada' already"):
        fake.users.add("ada")


def test_a_login_needs_a_valid_request_token(http: httpx.Client, fake: FakeTMDB) -> None:
    token = http.get("/3/authentication/token/new").json()["request_token"]
    login = {"username": "ann", "password": "right", "request_token": token}
    response = http.post("/3/authentication/token/validate_with_login", json=login)
    assert response.json()["request_token"] == token
    fake.users.expire()
    assert codes(http.post("/3/authentication/token/validate_with_login", json=login)) == (401, 33)
    assert codes(http.get("/3/authentication/token/validate_with_login", params=login)) == (401, 33)


def test_deleted_sessions_and_tokens_are_rejected(fake: FakeTMDB) -> None:
    user = fake.client(session_id=SESSION, user_access_token=USER_TOKEN)
    user.account.me()
    user.authentication.delete_session(SESSION)
    with pytest.raises(AuthenticationError) as caught:
        user.account.me()
    assert caught.value.status_code == 3
    with pytest.raises(SessionError):
        user.authentication.delete_session(SESSION)
    user.v4_auth.delete_access_token(USER_TOKEN)
    for call in (lambda: user.v4_lists.create("List", "en"), user.users.convert_access_token, lambda: user.v4_auth.delete_access_token(USER_TOKEN)):
        with pytest.raises(AuthenticationError) as caught:
            call()
        assert caught.value.status_code == 35


def test_expired_sessions_are_rejected(fake: FakeTMDB) -> None:
    tmdb = fake.client(session_id=fake.user.session_id, user_access_token=fake.user.access_token)
    assert tmdb.account.me().username == fake.user.username
    fake.users.expire_sessions()
    with pytest.raises(AuthenticationError) as caught:
        tmdb.account.me()
    assert caught.value.status_code == 3
    assert fake.client(session_id=SESSION).account.me().username == "ann"
    with pytest.raises(ValueError, match="no user 'bob'"):
        fake.users.expire_sessions("bob")


def test_tokens_of_another_issuer_are_rejected(http: httpx.Client, fake: FakeTMDB) -> None:
    assert codes(http.post(NEW_SESSION, json={"request_token": "any"})) == (401, 33)
    assert codes(http.post(NEW_ACCESS_TOKEN, json={"request_token": "any"})) == (401, 33)
    assert codes(http.post("/3/authentication/session/convert/4", json={"access_token": "any"})) == (401, 35)
    for session in ("any", GUEST_SESSION, TOKEN, USER_TOKEN):
        assert codes(http.get("/3/account", params={"session_id": session})) == (401, 3)
    assert codes(http.get("/3/movie/550/account_states", params={"guest_session_id": SESSION})) == (401, 3)
    assert codes(http.post("/4/list", json={"name": "A list", "iso_639_1": "en"})) == (401, 36)
    assert codes(http.get(f"/4/account/{fake.user.account_object_id}/lists")) == (401, 3)


def test_a_request_token_is_of_the_user_who_approved_it(fake: FakeTMDB) -> None:
    approval = fake.client().users.request_approval()
    fake.users.approve(username="ann")
    assert approval.finish().account.me().username == "ann"
    v4 = fake.client().users.request_v4_approval()
    fake.users.approve(username="ann")
    assert v4.finish().users.account_object_id == fake.users.named("ann").account_object_id


def test_each_fake_has_its_own_users(fake: FakeTMDB) -> None:
    token = fake.client().users.request_approval().request_token
    with pytest.raises(ValueError, match="no such request token"):
        FakeTMDB().users.approve(token)


def test_the_browser_can_be_replaced_by_an_approval(fake_tmdb: FakeTMDB, monkeypatch: pytest.MonkeyPatch) -> None:
    import webbrowser

    from tmdbkit import TMDB

    def application() -> str:
        with TMDB() as tmdb:
            approval = tmdb.users.request_approval()
            webbrowser.open(approval.url)
            return approval.wait(deadline=5, interval=0.01).account.me().username

    fake_tmdb.users.auto_approve = False
    monkeypatch.setattr(webbrowser, "open", lambda url: fake_tmdb.users.approve())
    assert application()
    assert TOKEN not in repr(fake_tmdb.requests)
