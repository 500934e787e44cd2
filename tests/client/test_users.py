"""Users: approvals, logins, guest sessions and logout, with both clients. Every test is written once, for a synchronous client."""

from __future__ import annotations

import asyncio
import inspect
import logging
import pickle
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import API_KEY, SESSION, TOKEN, USER_TOKEN, bundle
from tests.support.fake_clock import FakeClock, Script, make_response
from tests.support.raw_server import hangs, raw_server
from tmdbkit import (
    TMDB,
    APIConnectionError,
    ApprovalTimeoutError,
    AsyncTMDB,
    AuthenticationError,
    DecodeError,
    InvalidArgumentError,
    MissingCredentialError,
    RateLimit,
    RateLimitError,
    RequestTokenError,
    SessionError,
    StatusError,
    TMDBError,
    ValidationError,
)
from tmdbkit.auth import flows
from tmdbkit.runtime.resources import AsyncResource
from tmdbkit.testing import FakeTMDB

PLANTED = "planted"
REQUEST_TOKEN = "planted-request-token"
JWT = "eyJplanted.request.token"


class Called:
    """A synchronous wrapper of an asynchronous object: runs each method to completion in a loop."""

    def __init__(self, target: Any, loop: asyncio.AbstractEventLoop) -> None:
        self.__dict__.update(_target=target, _loop=loop)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._target, name)
        return (lambda *args, **options: self._result(value(*args, **options))) if inspect.ismethod(value) else self._result(value)

    def __repr__(self) -> str:
        return repr(self._target)

    def _result(self, value: Any) -> Any:
        if inspect.isawaitable(value):
            value = self._loop.run_until_complete(value)
        return Called(value, self._loop) if isinstance(value, (AsyncTMDB, AsyncResource, flows.AsyncUsers, flows.AsyncApproval)) else value


Connect = Callable[..., Any]


@pytest.fixture(params=["sync", "async"])
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """A factory of clients: synchronous ones, or wrapped asynchronous ones."""
    opened: list[Any] = []

    def make(credential: str | None = TOKEN, **options: Any) -> Any:
        opened.append(TMDB(credential, **options) if request.param == "sync" else Called(AsyncTMDB(credential, **options), loop))
        return opened[-1]

    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        yield make
        for client in opened:
            client.close()


@pytest.fixture
def fake_clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    return FakeClock(monkeypatch)


@pytest.fixture
def fake() -> FakeTMDB:
    fake = FakeTMDB()
    fake.users.auto_approve = False
    fake.users.add("ada", "password", session_id=SESSION, access_token=USER_TOKEN)
    return fake


@pytest.fixture
def tmdb(connect: Connect, fake: FakeTMDB) -> Any:
    return connect(transport=fake.transport, rate_limit=None)


def operation_ids(fake: FakeTMDB) -> list[str | None]:
    return [request.operation_id for request in fake.requests]


def refusal(status: int, code: int, **headers: str) -> httpx.Response:
    return make_response(status, {"success": False, "status_code": code, "status_message": f"TMDB's words on {code}."}, list(headers.items()))


SESSION_MADE = make_response(200, {"success": True, "session_id": SESSION})
NOT_YET = refusal(422, 41)
BUSY = refusal(429, 25, **{"Retry-After": "7"})


# Approval


def test_an_approved_request_token_becomes_a_session(tmdb: Any, fake: FakeTMDB) -> None:
    approval = tmdb.users.request_approval()
    assert approval.url == f"https://www.themoviedb.org/authenticate/{approval.request_token}"
    assert timedelta(minutes=59) < approval.expires_at - datetime.now(UTC) <= timedelta(minutes=60)
    with pytest.raises(RequestTokenError, match="not approved the request token yet, or has denied it") as caught:
        approval.finish()
    assert (caught.value.status_code, caught.value.http_status) == (17, 401)
    fake.users.approve()
    user = approval.finish()
    user.account.me()
    assert fake.requests[-1].credentials["session_id"].reveal() == user.users.session_id
    assert operation_ids(fake) == ["authentication_create_request_token"] + ["authentication_create_session"] * 2 + ["account_me"]
    with pytest.raises(RequestTokenError) as used_up:
        approval.finish()
    assert used_up.value.status_code == 33


def test_an_approved_v4_request_token_becomes_an_access_token(tmdb: Any, fake: FakeTMDB) -> None:
    approval = tmdb.users.request_v4_approval(redirect_to="https://www.example.org/approved")
    assert fake.requests[-1].body == {"redirect_to": "https://www.example.org/approved"}
    assert approval.url == f"https://www.themoviedb.org/auth/access?request_token={approval.request_token}"
    assert timedelta(minutes=14) < approval.expires_at - datetime.now(UTC) <= timedelta(minutes=15)
    with pytest.raises(RequestTokenError) as caught:
        approval.finish()
    assert (caught.value.status_code, caught.value.http_status) == (41, 422)
    fake.users.approve()
    user = approval.finish()
    user.v4_account.lists(user.users.account_object_id)
    assert fake.requests[-1].credentials["access_token"].reveal() == user.users.user_access_token
    assert fake.requests[-1].path == f"/4/account/{user.users.account_object_id}/lists"


def test_redirect_to_is_part_of_the_approval_url(tmdb: Any, fake: FakeTMDB) -> None:
    approval = tmdb.users.request_approval(redirect_to="https://www.example.org/approved?state=a%20b&next=/ü")
    _, _, redirect_to = approval.url.partition("?redirect_to=")
    assert redirect_to == "https%3A%2F%2Fwww.example.org%2Fapproved%3Fstate%3Da%2520b%26next%3D%2F%C3%BC"
    assert fake.requests[-1].query == {}
    assert tmdb.users.request_approval(redirect_to="myapp://approved").url.endswith("?redirect_to=myapp%3A%2F%2Fapproved")
    assert tmdb.users.request_approval(redirect_to="org.example.app:/approved").url.endswith("?redirect_to=org.example.app%3A%2Fapproved")


BAD_REDIRECTS = [
    "",
    "/planted",
    "planted.org",
    "//planted.org",
    "https://",
    "https:///planted",
    "https:/planted",
    "https://[::planted",
    "https://planted.org/a b",
    "https://planted.org/\n",
    " https://planted.org/",
    "mailto:a@planted.org",
    "javascript:planted(1)",
    "javascript://%0aplanted(1)",
    "data:text/html,planted",
    "file:///planted",
]


@pytest.mark.parametrize("redirect_to", BAD_REDIRECTS)
def test_an_invalid_redirect_to_is_rejected_without_its_value(redirect_to: str, tmdb: Any, fake: FakeTMDB) -> None:
    for request in (tmdb.users.request_approval, tmdb.users.request_v4_approval):
        with pytest.raises(InvalidArgumentError, match=r"redirect_to must be an absolute URL, such as 'https://www\.example\.org/approved'") as caught:
            request(redirect_to=redirect_to)
        assert PLANTED not in str(caught.value)
    assert fake.requests == []


def test_an_approval_continues_in_another_process(connect: Connect, tmdb: Any, fake: FakeTMDB) -> None:
    for request, resume, ask in (("request_approval", "approval", "account_me"), ("request_v4_approval", "v4_approval", "v4_account_lists")):
        first = getattr(tmdb.users, request)()
        stored, until = first.request_token, first.expires_at
        elsewhere = connect(transport=fake.transport)
        sent = len(fake.requests)
        approval = getattr(elsewhere.users, resume)(stored, expires_at=until)
        assert (approval.url, approval.expires_at, len(fake.requests)) == (first.url, until, sent)
        fake.users.approve(stored)
        user = approval.finish()
        user.account.me() if ask == "account_me" else user.v4_account.lists(user.users.account_object_id)
        assert operation_ids(fake)[-1] == ask


def test_an_invalid_stored_request_token_is_rejected(tmdb: Any, fake: FakeTMDB) -> None:
    for resume in (tmdb.users.approval, tmdb.users.v4_approval):
        for token in ("", "  ", "two words", "a\nb"):
            with pytest.raises(InvalidArgumentError, match="request_token is blank, or holds a space"):
                resume(token)
        with pytest.raises(InvalidArgumentError, match="time zone"):
            resume(REQUEST_TOKEN, expires_at=datetime(2026, 1, 1))  # noqa: DTZ001
    assert fake.requests == []


def test_v4_needs_the_access_token_of_the_application(connect: Connect, fake: FakeTMDB) -> None:
    with pytest.raises(MissingCredentialError, match="an API key does not suffice"):
        connect(API_KEY, transport=fake.transport).users.request_v4_approval()
    assert fake.requests == []


# Waiting


def test_wait_polls_at_growing_intervals(tmdb: Any, fake: FakeTMDB, fake_clock: FakeClock) -> None:
    for request, poll in (("request_approval", "authentication_create_session"), ("request_v4_approval", "v4_auth_create_access_token")):
        approval = getattr(tmdb.users, request)()
        fake_clock.sleeps.clear()
        fake_clock.then = {3: fake.users.approve}
        user = approval.wait()
        assert fake_clock.sleeps == pytest.approx([2.0, 2.4, 2.88])
        assert operation_ids(fake)[-4:] == [poll] * 4
        assert user.users.session_id if poll.endswith("session") else user.users.user_access_token


def test_the_poll_interval_grows_fivefold(tmdb: Any, fake: FakeTMDB, fake_clock: FakeClock) -> None:
    approval = tmdb.users.request_approval()
    fake_clock.then = {20: fake.users.approve}
    approval.wait(interval=0.5)
    assert fake_clock.sleeps[0] == 0.5
    assert all(earlier <= later for earlier, later in pairwise(fake_clock.sleeps))
    assert max(fake_clock.sleeps) == fake_clock.sleeps[-1] == 2.5


def test_wait_returns_immediately_after_an_approval(tmdb: Any, fake: FakeTMDB, fake_clock: FakeClock) -> None:
    approval = tmdb.users.request_approval()
    fake.users.approve()
    assert approval.wait().users.session_id
    assert fake_clock.sleeps == []


def test_wait_can_be_repeated_after_its_deadline(tmdb: Any, fake: FakeTMDB, fake_clock: FakeClock) -> None:
    approval = tmdb.users.request_approval()
    with pytest.raises(ApprovalTimeoutError, match=r"the user did not approve the request token within 30 seconds$") as caught:
        approval.wait(deadline=30)
    assert isinstance(caught.value, (TMDBError, TimeoutError))
    assert not caught.value.expired
    assert isinstance(caught.value.__cause__, RequestTokenError)
    assert sum(fake_clock.sleeps) == pytest.approx(30)
    fake.users.approve()
    assert approval.wait(deadline=30).users.session_id


def test_a_zero_deadline_polls_once(tmdb: Any, fake: FakeTMDB, fake_clock: FakeClock) -> None:
    approval = tmdb.users.request_v4_approval()
    with pytest.raises(ApprovalTimeoutError, match="within 0 seconds"):
        approval.wait(deadline=0)
    assert (operation_ids(fake).count("v4_auth_create_access_token"), fake_clock.sleeps) == (1, [])


@pytest.mark.parametrize(
    "arguments", [{"deadline": value} for value in (-1, float("nan"), float("inf"))] + [{"interval": value} for value in (0, -1, float("nan"))]
)
def test_invalid_arguments_of_wait_are_rejected(arguments: dict[str, float], tmdb: Any, fake: FakeTMDB) -> None:
    with pytest.raises(InvalidArgumentError, match=f"{next(iter(arguments))} must be a number of seconds"):
        tmdb.users.approval(REQUEST_TOKEN).wait(**arguments)
    assert fake.requests == []


def test_a_denied_v4_token_ends_the_wait(tmdb: Any, fake: FakeTMDB, fake_clock: FakeClock) -> None:
    approval = tmdb.users.request_v4_approval()
    fake_clock.then = {2: fake.users.deny}
    with pytest.raises(RequestTokenError) as caught:
        approval.wait()
    assert (caught.value.status_code, len(fake_clock.sleeps)) == (33, 2)


def test_a_denied_v3_token_looks_pending(tmdb: Any, fake: FakeTMDB, fake_clock: FakeClock) -> None:
    approval = tmdb.users.request_approval()
    fake.users.deny()
    with pytest.raises(ApprovalTimeoutError) as caught:
        approval.wait(deadline=10)
    assert "or has denied it" in str(caught.value.__cause__)


@pytest.mark.parametrize("resume", ["approval", "v4_approval"])
def test_a_denied_device_ends_the_wait(resume: str, connect: Connect, fake_clock: FakeClock) -> None:
    script = Script(NOT_YET, refusal(401, 16))
    with pytest.raises(RequestTokenError, match="the user has denied the request token") as caught:
        getattr(connect(transport=script.transport).users, resume)(REQUEST_TOKEN).wait()
    assert (caught.value.status_code, len(script.requests)) == (16, 2)


@pytest.mark.parametrize("request_approval", ["request_approval", "request_v4_approval"])
def test_an_expired_token_ends_the_wait(request_approval: str, tmdb: Any, fake: FakeTMDB, fake_clock: FakeClock) -> None:
    approval = getattr(tmdb.users, request_approval)()
    fake_clock.then = {1: fake.users.expire}
    with pytest.raises(RequestTokenError) as caught:
        approval.wait()
    assert (caught.value.status_code, len(fake_clock.sleeps)) == (33, 1)


def test_wait_does_not_poll_after_the_expiry(tmdb: Any, fake: FakeTMDB, fake_clock: FakeClock) -> None:
    for request, minutes in (("request_approval", 60), ("request_v4_approval", 15)):
        approval = getattr(tmdb.users, request)()
        fake_clock.sleeps.clear()
        with pytest.raises(ApprovalTimeoutError, match="the request token expired before the user approved it; request another approval") as caught:
            approval.wait(deadline=7200)
        assert caught.value.expired
        assert sum(fake_clock.sleeps) == pytest.approx(minutes * 60, abs=1)
        sent = len(fake.requests)
        with pytest.raises(ApprovalTimeoutError):
            approval.wait()
        assert len(fake.requests) == sent


def test_a_stored_token_that_has_expired_is_not_sent(tmdb: Any, fake: FakeTMDB, fake_clock: FakeClock) -> None:
    approval = tmdb.users.approval(REQUEST_TOKEN, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(ApprovalTimeoutError) as caught:
        approval.wait()
    assert (caught.value.expired, fake.requests) == (True, [])


@pytest.mark.parametrize("expires_at", ["2016-08-26 17:04:39 UTC", "soon", None])
def test_a_wrong_clock_does_not_end_the_wait(expires_at: str | None, connect: Connect, fake_clock: FakeClock) -> None:
    token = make_response(200, {"success": True, "request_token": REQUEST_TOKEN, **({"expires_at": expires_at} if expires_at else {})})
    script = Script(token, NOT_YET, NOT_YET, SESSION_MADE)
    approval = connect(transport=script.transport).users.request_approval()
    assert approval.expires_at.tzinfo is not None
    assert approval.wait().users.session_id == SESSION


@pytest.mark.parametrize("resume", ["approval", "v4_approval"])
def test_transient_failures_do_not_end_the_wait(resume: str, connect: Connect, fake_clock: FakeClock) -> None:
    made = SESSION_MADE if resume == "approval" else make_response(200, {"success": True, "access_token": USER_TOKEN, "account_id": "planted"})
    failures = [httpx.ConnectError("closed"), httpx.ReadTimeout("slow"), make_response(502, b"<html>"), refusal(503, 46), refusal(504, 24), BUSY]
    script = Script(NOT_YET, *failures, made)
    getattr(connect(transport=script.transport).users, resume)(REQUEST_TOKEN).wait()
    assert len(script.requests) == len(failures) + 2
    assert fake_clock.sleeps[-1] == 7.0
    assert all(pause < 7 for pause in fake_clock.sleeps[:-1])


def test_wait_honours_retry_after(connect: Connect, fake_clock: FakeClock) -> None:
    script = Script(BUSY)
    with pytest.raises(ApprovalTimeoutError, match="within 10 seconds") as caught:
        connect(transport=script.transport).users.approval(REQUEST_TOKEN).wait(deadline=10)
    assert isinstance(caught.value.__cause__, RateLimitError)
    assert (len(script.requests), fake_clock.sleeps) == (2, [7.0])


def test_a_lost_session_response_is_reported(connect: Connect, fake_clock: FakeClock) -> None:
    for loss in (httpx.ReadError("closed"), make_response(504, b"")):
        script = Script(NOT_YET, loss, refusal(401, 33))
        with pytest.raises(RequestTokenError, match=r"TMDB's words on 33; a response was lost: .* it is used up") as refused:
            connect(transport=script.transport).users.approval(REQUEST_TOKEN).wait()
        assert refused.value.status_code == 33
        with pytest.raises(ApprovalTimeoutError, match=r"within 30 seconds; a response was lost"):
            connect(transport=Script(loss, refusal(401, 17)).transport).users.approval(REQUEST_TOKEN).wait(deadline=30)
    for failure in (BUSY, httpx.ConnectError("closed"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("busy")):
        with pytest.raises(RequestTokenError, match=r"TMDB's words on 33\. \(HTTP"):
            connect(transport=Script(failure, refusal(401, 33)).transport).users.approval(REQUEST_TOKEN).wait()


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (refusal(401, 7), AuthenticationError),
        (refusal(500, 44), ValidationError),
        (refusal(404, 34), StatusError),
        (make_response(200, b"<html>"), DecodeError),
    ],
)
def test_permanent_failures_end_the_wait(step: httpx.Response, expected: type[TMDBError], connect: Connect, fake_clock: FakeClock) -> None:
    script = Script(NOT_YET, step)
    with pytest.raises(expected) as caught:
        connect(transport=script.transport).users.approval(REQUEST_TOKEN).wait()
    assert not isinstance(caught.value, (RequestTokenError, ApprovalTimeoutError))
    assert len(script.requests) == 2


def test_finish_reports_a_lost_response(connect: Connect) -> None:
    script = Script(httpx.ReadError("closed"))
    with pytest.raises(APIConnectionError):
        connect(transport=script.transport).users.approval(REQUEST_TOKEN).finish()
    assert len(script.requests) == 1


def test_wait_obeys_the_rate_limit(connect: Connect, fake: FakeTMDB, fake_clock: FakeClock) -> None:
    tmdb = connect(transport=fake.transport, rate_limit=RateLimit(per_second=0.1, burst=1))
    approval = tmdb.users.request_approval()
    fake_clock.then = {4: fake.users.approve}
    user = approval.wait(interval=1)
    assert sum(fake_clock.sleeps) == pytest.approx(30)
    user.account.me()
    assert sum(fake_clock.sleeps) == pytest.approx(40)


def test_a_hanging_request_ends_with_the_deadline(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows, "SHORTEST_REQUEST", 0.2)
    with raw_server(hangs()) as server:
        started = time.monotonic()
        with pytest.raises(ApprovalTimeoutError, match=r"within 0\.1 seconds; a response was lost"):
            connect(base_url=server.url).users.approval(REQUEST_TOKEN).wait(deadline=0.1)
        assert time.monotonic() - started < 10


def test_wait_bounds_the_timeout_of_its_requests(connect: Connect, fake_clock: FakeClock) -> None:
    script = Script(NOT_YET)
    with pytest.raises(ApprovalTimeoutError):
        connect(transport=script.transport, timeout=None).users.approval(REQUEST_TOKEN).wait(deadline=30, interval=8)
    assert [request.extensions["timeout"]["read"] for request in script.requests] == pytest.approx([20, 20, 12.4, 1, 1])


async def test_an_async_wait_can_be_cancelled(fake: FakeTMDB) -> None:
    async with fake.async_client(transport=fake.transport) as tmdb:
        approval = await tmdb.users.request_approval()
        waiting = asyncio.create_task(approval.wait(interval=60))
        while operation_ids(fake)[-1] != "authentication_create_session":
            await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        fake.users.approve()
        assert (await approval.wait()).users.session_id


def test_a_wait_can_be_interrupted(fake: FakeTMDB, fake_clock: FakeClock) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with fake.client(transport=fake.transport) as tmdb:
        approval = tmdb.users.request_approval()
        fake_clock.then = {2: interrupt}
        with pytest.raises(KeyboardInterrupt):
            approval.wait()
        fake.users.approve()
        assert approval.wait().users.session_id


@pytest.mark.parametrize("request_approval", ["request_approval", "request_v4_approval"])
def test_wait_works_over_a_real_connection(request_approval: str, connect: Connect, fake: FakeTMDB) -> None:
    with fake.serve() as server:
        approval = getattr(connect(base_url=server.base_url).users, request_approval)(redirect_to="https://www.example.org/approved")

        def approve_while_it_waits() -> None:
            while len(fake.requests) < 3:
                time.sleep(0.001)
            fake.users.approve(approval.request_token)

        approving = threading.Thread(target=approve_while_it_waits)
        approving.start()
        user = approval.wait(deadline=30, interval=0.02)
        approving.join()
        user.users.logout()
    assert len(operation_ids(fake)) > 4
    assert operation_ids(fake)[-1] in ("authentication_delete_session", "v4_auth_delete_access_token")


# Login, guest sessions, conversion


def test_login_with_name_and_password(tmdb: Any, fake: FakeTMDB) -> None:
    user = tmdb.users.login("ada", "password")
    user.account.me()
    assert operation_ids(fake) == [
        "authentication_create_request_token",
        "authentication_create_session_with_login",
        "authentication_create_session",
        "account_me",
    ]
    assert fake.requests[1].body["username"] == "ada"
    assert fake.requests[-1].credentials["session_id"].reveal() == user.users.session_id


@pytest.mark.parametrize(("username", "password"), [("ada", "planted wrong"), ("planted nobody", "right")])
def test_a_wrong_login_error_has_no_password(username: str, password: str, tmdb: Any, fake: FakeTMDB) -> None:
    with pytest.raises(AuthenticationError) as caught:
        tmdb.users.login(username, password)
    assert caught.value.status_code == 30
    assert PLANTED not in text_of(caught.value)
    assert len(fake.requests) == 2


@pytest.mark.parametrize(("username", "password", "name"), [("", "planted", "username"), (" ", "planted", "username"), ("planted", "", "password")])
def test_a_blank_name_or_password_is_rejected(username: str, password: str, name: str, tmdb: Any, fake: FakeTMDB) -> None:
    with pytest.raises(InvalidArgumentError, match=f"{name} must be a text that is not blank") as caught:
        tmdb.users.login(username, password)
    assert PLANTED not in text_of(caught.value)
    assert fake.requests == []


def test_a_login_with_a_rejected_token_is_a_request_token_error(connect: Connect) -> None:
    token = make_response(200, {"success": True, "expires_at": "2026-01-01 00:00:00 UTC", "request_token": REQUEST_TOKEN})
    script = Script(token, make_response(200, {"success": False, "request_token": REQUEST_TOKEN}), refusal(401, 17))
    with pytest.raises(RequestTokenError):
        connect(transport=script.transport).users.login("ada", "password")


def test_a_guest_session_can_rate(tmdb: Any, fake: FakeTMDB) -> None:
    guest, other = tmdb.users.guest_session(), tmdb.users.guest_session()
    assert guest.users.guest_session_id != other.users.guest_session_id
    guest.movies.add_rating(550, 8.5)
    assert fake.requests[-1].credentials["guest_session_id"].reveal() == guest.users.guest_session_id
    guest.guest_sessions.rated_movies(guest.users.guest_session_id)
    sent = len(fake.requests)
    with pytest.raises(MissingCredentialError, match="a guest session cannot be deleted: TMDB deletes it after a day without use"):
        guest.users.logout()
    assert len(fake.requests) == sent


def test_a_v4_access_token_converts_to_a_v3_session(tmdb: Any, fake: FakeTMDB) -> None:
    approval = tmdb.users.request_v4_approval()
    fake.users.approve()
    user = approval.finish()
    both = user.users.convert_access_token()
    assert fake.requests[-1].body == {"access_token": user.users.user_access_token}
    assert both.users.user_access_token == user.users.user_access_token
    assert both.users.account_object_id == user.users.account_object_id
    both.account.me()
    assert fake.requests[-1].credentials["session_id"].reveal() == both.users.session_id
    both.v4_account.lists(both.users.account_object_id)
    assert fake.requests[-1].credentials["access_token"].reveal() == user.users.user_access_token
    rebuilt = tmdb.with_options(user_access_token=user.users.user_access_token).users.convert_access_token()
    with pytest.raises(MissingCredentialError):
        rebuilt.users.account_object_id


def test_conversion_requires_an_access_token(tmdb: Any, fake: FakeTMDB) -> None:
    with pytest.raises(MissingCredentialError, match="no user_access_token; request_v4_approval gives"):
        tmdb.users.convert_access_token()
    assert fake.requests == []


@pytest.mark.parametrize("content", [b"{}", b'{"success": false}', b"[]", b"null", b'{"session_id": null}', b'{"session_id": ""}', b'{"session_id": 7}'])
def test_a_response_without_the_token_is_a_decode_error(content: bytes, connect: Connect) -> None:
    with pytest.raises(DecodeError) as caught:
        connect(transport=Script(make_response(200, content)).transport).users.approval(REQUEST_TOKEN).finish()
    assert caught.value.path == ("$.session_id" if content.startswith(b"{") else "$")
    for name in ("request_approval", "request_v4_approval", "guest_session"):
        with pytest.raises(DecodeError):
            getattr(connect(transport=Script(make_response(200, content)).transport).users, name)()


def test_an_access_token_without_an_account_is_kept(connect: Connect) -> None:
    script = Script(make_response(200, {"success": True, "access_token": USER_TOKEN}))
    user = connect(transport=script.transport).users.v4_approval(JWT).finish()
    assert user.users.user_access_token == USER_TOKEN
    with pytest.raises(MissingCredentialError, match="so store both"):
        user.users.account_object_id


# The user's client


def test_a_user_client_shares_settings_and_connections(connect: Connect, fake: FakeTMDB) -> None:
    before = connect(transport=fake.transport, language="de-DE", session_id=SESSION, user_access_token=USER_TOKEN)
    user = before.users.login("ada", "password")
    assert user.users.session_id != SESSION
    with pytest.raises(MissingCredentialError):
        user.users.user_access_token
    user.movies.popular()
    assert fake.requests[-1].query == {"language": "de-DE"}
    assert before.users.session_id == SESSION
    guest = user.users.guest_session()
    with pytest.raises(MissingCredentialError, match=r"no session_id; request_approval, login or convert_access_token gives"):
        guest.users.session_id
    user.close()
    before.movies.popular()


def test_a_stored_session_restores_the_client(connect: Connect, tmdb: Any, fake: FakeTMDB) -> None:
    stored = tmdb.users.login("ada", "password").users.session_id
    guest = tmdb.users.guest_session().users.guest_session_id
    elsewhere = connect(transport=fake.transport)
    user = elsewhere.with_options(session_id=stored)
    assert user.users.session_id == stored
    user.account.me()
    assert elsewhere.with_options(guest_session_id=guest).users.guest_session_id == guest
    user.users.logout()
    with pytest.raises(AuthenticationError):
        user.account.me()


def test_another_users_token_clears_the_account(tmdb: Any, fake: FakeTMDB) -> None:
    approval = tmdb.users.request_v4_approval()
    fake.users.approve()
    user = approval.finish()
    assert user.with_options(language="de").users.account_object_id == user.users.account_object_id
    with pytest.raises(MissingCredentialError):
        user.with_options(user_access_token=USER_TOKEN).users.account_object_id


def test_a_client_without_a_user_has_no_session_to_store(tmdb: Any) -> None:
    for name in ("session_id", "guest_session_id", "user_access_token", "account_object_id"):
        with pytest.raises(MissingCredentialError, match=f"this client has no {name}"):
            getattr(tmdb.users, name)


# Logging out


def test_logout_deletes_the_session(tmdb: Any, fake: FakeTMDB) -> None:
    user = tmdb.users.login("ada", "password")
    user.users.logout()
    assert fake.requests[-1].body == {"session_id": user.users.session_id}
    for call in (user.account.me, user.users.logout):
        with pytest.raises(AuthenticationError):
            call()
    tmdb.movies.popular()


def test_logout_deletes_access_token_and_session(tmdb: Any, fake: FakeTMDB) -> None:
    approval = tmdb.users.request_v4_approval()
    fake.users.approve()
    both = approval.finish().users.convert_access_token()
    both.users.logout()
    assert operation_ids(fake)[-2:] == ["authentication_delete_session", "v4_auth_delete_access_token"]
    assert fake.requests[-1].body == {"access_token": both.users.user_access_token}
    assert fake.requests[-1].credentials["access_token"].reveal() == TOKEN
    for call in (both.account.me, lambda: both.v4_account.lists(both.users.account_object_id), both.users.convert_access_token):
        with pytest.raises(AuthenticationError):
            call()


def test_logout_deletes_the_session_even_if_the_token_fails(connect: Connect) -> None:
    deleted = make_response(200, {"success": True, "status_code": 13, "status_message": "Deleted."})
    for steps, expected in (((refusal(404, 37), deleted), SessionError), ((make_response(200, {"success": True}), refusal(503, 46)), StatusError)):
        script = Script(*steps)
        with pytest.raises(expected):
            connect(transport=script.transport, session_id=SESSION, user_access_token=USER_TOKEN).users.logout()
        assert [request.url.path for request in script.requests] == ["/3/authentication/session", "/4/auth/access_token"]


def test_an_undeleted_session_is_reported(connect: Connect) -> None:
    script = Script(make_response(200, {"success": False}))
    with pytest.raises(SessionError, match="TMDB did not delete the session_id") as caught:
        connect(transport=script.transport, session_id=SESSION).users.logout()
    assert (caught.value.http_status, caught.value.status_code) == (200, None)


def test_logout_requires_a_login(tmdb: Any, fake: FakeTMDB) -> None:
    with pytest.raises(MissingCredentialError, match=r"logout needs a client with a user's session or access token$"):
        tmdb.users.logout()
    assert fake.requests == []


# Secrets


def text_of(error: BaseException) -> str:
    """The text of an error, its causes and their tracebacks."""
    text, seen, links = "", set(), [error]
    while links:
        link = links.pop()
        if id(link) not in seen:
            seen.add(id(link))
            text += f"{link}{link!r}{link.args}{getattr(link, '__notes__', '')}{''.join(traceback.format_exception(link))}"
            links += [other for other in (link.__cause__, link.__context__) if other is not None]
    return text


def test_login_flows_reveal_no_secret(connect: Connect, fake: FakeTMDB, caplog: pytest.LogCaptureFixture) -> None:
    shown: list[Any] = []
    secrets: list[str] = [TOKEN, "planted name", "planted password", "planted-state"]
    fake.users.add("planted name", "planted password")
    with fake.serve() as server, caplog.at_level(logging.DEBUG):
        tmdb = connect(base_url=server.base_url)
        for request in (tmdb.users.request_approval, tmdb.users.request_v4_approval):
            approval = request(redirect_to="https://www.example.org/approved?state=planted-state")
            secrets.append(approval.request_token)
            for attempt in (approval.finish, lambda approval=approval: approval.wait(deadline=0.1, interval=0.02)):
                with pytest.raises(TMDBError) as caught:
                    attempt()
                shown.append(text_of(caught.value))
            shown += [approval, vars(approval)]
            fake.users.approve()
            user = approval.finish()
            with pytest.raises(TMDBError) as caught:
                approval.finish()
            shown += [text_of(caught.value), user, vars(user), user.users, vars(user.users), pickle.dumps(caught.value)]
        both, logged_in, guest = user.users.convert_access_token(), tmdb.users.login("planted name", "planted password"), tmdb.users.guest_session()
        secrets += [both.users.user_access_token, both.users.account_object_id, both.users.session_id, logged_in.users.session_id, guest.users.guest_session_id]
        both.v4_account.lists(both.users.account_object_id)
        guest.guest_sessions.rated_movies(guest.users.guest_session_id)
        for client in (both, logged_in):
            client.users.logout()
            for call in (client.users.logout, client.account.me):
                with pytest.raises(TMDBError) as caught:
                    call()
                shown.append(text_of(caught.value))
        shown += [both, vars(both), guest, vars(guest), fake, fake.users, fake.requests]
    everything = f"{shown} {caplog.text} {[vars(record) for record in caplog.records]}"
    assert "httpcore.http11" in {record.name for record in caplog.records}
    assert "(b'authentication-callback', b'redacted')" in caplog.text.lower()
    assert [secret for secret in secrets if secret in everything] == []


def test_a_rejected_token_or_session_is_redacted(connect: Connect) -> None:
    for step in (refusal(401, 17), refusal(401, 33), refusal(503, 46), httpx.ReadError("closed")):
        tmdb = connect(transport=Script(step).transport, session_id="planted-session", user_access_token="eyJplanted.user.token", retries=None)
        calls = [tmdb.users.approval(REQUEST_TOKEN).finish, tmdb.users.v4_approval(JWT).finish, tmdb.users.logout, tmdb.users.convert_access_token]
        calls += [tmdb.account.me, lambda tmdb=tmdb: tmdb.users.approval(REQUEST_TOKEN).wait(deadline=0)]
        for call in calls:
            with pytest.raises(TMDBError) as caught:
                call()
            assert PLANTED not in text_of(caught.value)
            assert PLANTED.encode() not in pickle.dumps(caught.value)


def test_neither_an_approval_nor_a_client_can_be_pickled(fake: FakeTMDB) -> None:
    with fake.client(session_id=SESSION) as tmdb:
        for client in (tmdb, AsyncTMDB(TOKEN)):
            with pytest.raises(TypeError):
                pickle.dumps(client)
            with pytest.raises(TypeError, match=r"an approval cannot be pickled: store its request_token"):
                pickle.dumps(client.users.approval(REQUEST_TOKEN))


def test_an_error_of_a_wait_can_be_pickled(fake: FakeTMDB) -> None:
    with fake.client() as tmdb, pytest.raises(ApprovalTimeoutError) as caught:
        tmdb.users.request_approval().wait(deadline=0)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again), again.expired) == (ApprovalTimeoutError, str(caught.value), False)


def test_login_flows_write_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "TMPDIR"):
        monkeypatch.setenv(variable, str(tmp_path))
    with FakeTMDB().client() as tmdb:
        tmdb.users.request_approval().wait().users.logout()
    assert list(tmp_path.rglob("*")) == []


def test_no_resource_is_named_users() -> None:
    assert "users" not in {tag["name"] for tag in bundle()["tags"]}


def test_reprs_of_login_flows(fake: FakeTMDB) -> None:
    with fake.client() as tmdb:
        assert repr(tmdb.users) == "<Users>"
        assert repr(AsyncTMDB(TOKEN).users) == "<AsyncUsers>"
        moment = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
        assert repr(tmdb.users.v4_approval(JWT, expires_at=moment)) == "<Approval of v4 until 2026-11-24 12:30:00+00:00>"
        assert repr(tmdb.users.approval(REQUEST_TOKEN)) == "<Approval of v3>"
