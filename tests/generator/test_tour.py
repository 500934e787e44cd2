"""`make tour`: visits every operation of a user, records it without secrets, and leaves the account as it was, wherever it is interrupted."""

from __future__ import annotations

import copy
import json
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from generator.evidence.conformance import Checker
from generator.recordings import live
from generator.recordings.operations import Operations
from generator.tour import __main__ as command
from generator.tour import report, undo, walk
from generator.tour.report import Report, user_operations
from generator.tour.steps import LOGOUT, STEPS, UNDOS, Approve, Step, visited
from generator.tour.values import MissingValueError, fill, matches
from tests.conftest import API_KEY, ROOT, TOKEN, bundle
from tmdbkit.testing import FakeTMDB

USERNAME, NAME, ACCOUNT_ID, GRAVATAR = "janedoe77", "Jane Planted-Doe", 98765432, "5ca1ab1e" * 4
BASE_URL = "http://127.0.0.1:1"
THEN = datetime(2026, 1, 2, tzinfo=UTC)


@attrs.frozen
class Ran:
    status: int
    out: str
    err: str


class Crash(BaseException):
    """The process is gone: no code of the tour runs from here on, but the file of what is left."""


class Trip:
    """Interrupts the fake at a request, before or after it is handled.

    Attributes:
        at: The number of the request, from 1.
        seen: The number of requests so far.
    """

    def __init__(self, fake: FakeTMDB, monkeypatch: pytest.MonkeyPatch) -> None:
        self._respond = fake.respond
        self.at, self.seen, self.how, self.handled = 0, 0, KeyboardInterrupt, False
        monkeypatch.setattr(fake, "respond", self)

    def set(self, at: int, how: type[BaseException], *, handled: bool) -> None:
        self.at, self.seen, self.how, self.handled = at, 0, how, handled

    def __call__(self, *arguments: Any) -> Any:
        self.seen += 1
        if self.at and (self.seen == self.at or (self.seen > self.at and self.how is Crash)):
            if self.handled and self.seen == self.at:
                self._respond(*arguments)
            raise self.how
        return self._respond(*arguments)


@pytest.fixture
def fake() -> FakeTMDB:
    """A fake whose user has rated, marked and listed things."""
    fake = FakeTMDB()
    user = fake.user
    user.username, user.account_id = USERNAME, ACCOUNT_ID
    popular = {kind: [one for one in fake.world.all(kind) if not one["adult"]] for kind in ("movie", "tv")}
    for rows in popular.values():
        rows.sort(key=lambda one: (-one["popularity"], one["id"]))
    for kind, rows in popular.items():
        user.ratings[kind, rows[0]["id"]] = (6.5, THEN)
        user.favorites[kind, rows[1]["id"]] = THEN
        user.watchlist[kind, rows[2]["id"]] = THEN
    for number, public in enumerate((True, False)):
        one = fake.users.lists.create(user, f"Planted evenings {number}", THEN, description="A planted description.", public=public)
        one.items["movie", popular["movie"][0]["id"]] = "A planted comment."
    fake.alter(lambda body: body.update(name=NAME, avatar={**body["avatar"], "gravatar": {"hash": GRAVATAR}}), operation="account_me")
    fake.alter(lambda body: body.update(name=NAME, avatar={**body["avatar"], "gravatar": {"hash": GRAVATAR}}), operation="account_details")
    return fake


@pytest.fixture
def run(fake: FakeTMDB, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run the tour on the fake in process."""

    class SpecReadOnce:
        def __init__(self, root: Path) -> None:
            self.bundle = bundle()

    for name in ("TMDB_ACCESS_TOKEN", "TMDB_API_KEY", "TMDB_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TMDB_ACCESS_TOKEN", TOKEN)
    monkeypatch.setenv("YES", "1")
    monkeypatch.setattr(command, "Spec", SpecReadOnce)
    monkeypatch.setattr(command, "_http_client", lambda recorder: httpx.Client(transport=fake.transport, event_hooks={"response": [recorder]}))
    monkeypatch.setattr(undo, "ROUNDS", 1)

    def run(*arguments: str, base_url: str = BASE_URL) -> Ran:
        with fake.clock.installed():
            status = command.main([*arguments, "--base-url", base_url, "--out", str(tmp_path), "--undo-file", str(tmp_path / "undo.json")])
        return Ran(status, *capsys.readouterr())

    return run


@pytest.fixture
def uncompared(monkeypatch: pytest.MonkeyPatch) -> None:
    """No comparison with the spec: it takes most of the time."""
    monkeypatch.setattr(command, "check", lambda *_: Report())


def guests_have_rated(fake: FakeTMDB) -> bool:
    return any(guest.ratings for guest in fake.users._sessions["guest_session_id"].values())


def open_logins(fake: FakeTMDB) -> set[str]:
    issued = {text for name in ("session_id", "user_access_token") for text in fake.users._sessions[name]}
    return issued - fake.users._revoked - {fake.user.session_id, fake.user.access_token}


# What it visits


def test_every_operation_of_a_user_is_visited() -> None:
    assert user_operations(bundle()) - visited() == set()
    assert visited() - user_operations(bundle()) == set()
    assert len(visited()) == 62


@pytest.mark.parametrize("path", ["/3/account/{account_id}/devices", "/3/movie/{movie_id}/seen"])
def test_a_new_operation_of_a_user_is_missed_by_name(path: str) -> None:
    tag = "account" if "account" in path else "movies"
    operation = {"operationId": f"{tag}_new", "tags": [tag], "security": [{"api_key": [], "session_id": []}]}
    changed = {**bundle(), "paths": {**bundle()["paths"], path: {"get": operation}}}
    assert user_operations(changed) - visited() == {f"{tag}_new"}


def test_every_change_has_its_undoing() -> None:
    steps = [step for step in (*STEPS, *LOGOUT) if isinstance(step, Step | Approve)]
    assert {step.leaves for step in steps} - {""} == UNDOS.keys()
    settled = {step.settles for step in steps if isinstance(step, Step)} - {""}
    assert UNDOS.keys() - settled == {"refused list"}


def test_a_complete_run_conforms_and_leaves_everything_as_it_was(run: Callable[..., Ran], fake: FakeTMDB, tmp_path: Path) -> None:
    before = fake.users.saved()
    with fake.serve() as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "_http_client", lambda recorder: httpx.Client(event_hooks={"response": [recorder]}))
        ran = run(base_url=server.base_url)
    assert (ran.status, ran.err) == (0, "")
    assert "proved: 59 operations of 62" in ran.out
    assert "everything is as it was before" in ran.out
    assert "not visited" not in ran.out
    assert fake.users.saved() == before
    assert not guests_have_rated(fake)
    assert open_logins(fake) == set()
    assert [path.name for path in tmp_path.iterdir()] == ["exchanges.jsonl"]
    recorded = Checker(bundle()).run(tmp_path / "exchanges.jsonl")
    assert recorded.ok
    assert {tally.operation_id for tally in recorded.operations} == visited()


def test_delayed_writes_are_waited_for(run: Callable[..., Ran], fake: FakeTMDB) -> None:
    before = fake.users.saved()
    fake.users.delay = timedelta(seconds=2)
    ran = run()
    assert ran.status == 0, ran.out
    fake.clock.advance(10)
    fake.users.settle(fake.clock.now())
    assert fake.users.saved() == before


def test_an_api_key_alone_visits_version_3(run: Callable[..., Ran], fake: FakeTMDB, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fake.users.saved()
    monkeypatch.delenv("TMDB_ACCESS_TOKEN")
    monkeypatch.setenv("TMDB_API_KEY", API_KEY)
    ran = run()
    assert ran.status == 0, ran.out
    assert "v4_account_lists: no account object id is known" in ran.out
    assert "v4_auth_create_request_token: v4_auth_create_request_token needs your application's access token" in ran.out
    assert fake.users.saved() == before


# What it says


def test_a_difference_from_the_spec_is_reported_by_operation_and_path(run: Callable[..., Ran], fake: FakeTMDB) -> None:
    fake.alter(lambda body: body["results"][0].update(vote_count="many", surprise=USERNAME), operation="account_rated_movies")
    ran = run()
    assert ran.status == 1
    assert "the spec is wrong, or incomplete:\n  account_rated_movies\n" in ran.out
    assert "vote_count: " in ran.out.partition("the spec is wrong")[2]
    assert "surprise: " in ran.out
    assert USERNAME not in ran.out


def test_a_write_that_is_not_read_back_is_reported(run: Callable[..., Ran], fake: FakeTMDB) -> None:
    fake.alter(lambda body: body.update(favorite=False), operation="movies_account_states")
    ran = run()
    assert ran.status == 1
    assert "movies_account_states: the body does not show what the tour wrote" in ran.out


def test_another_refusal_than_expected_is_reported(run: Callable[..., Ran], fake: FakeTMDB) -> None:
    fake.fail_next(code=3, operation="lists_remove_movie")
    ran = run()
    assert ran.status == 1
    assert "lists_remove_movie: refused with HTTP 401, code 3" in ran.out


def test_a_spec_without_a_status_is_reported(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    changed = copy.deepcopy(bundle())
    del Operations(changed).named("movies_add_rating").operation["responses"]["404"]
    monkeypatch.setattr(sys.modules[__name__], "bundle", lambda: changed)
    ran = run()
    assert ran.status == 1
    assert "  movies_add_rating\n    $: the spec lists no status 404, only 201" in ran.out


def test_what_it_cannot_scrub_is_not_recorded(run: Callable[..., Ran], fake: FakeTMDB, tmp_path: Path) -> None:
    fake.alter(lambda body: body.update(status_message=f"Thanks, {USERNAME}."), operation="movies_add_rating")
    ran = run()
    assert ran.status == 1
    assert "not recorded:\n  movies_add_rating: it repeats a credential" in ran.out
    assert USERNAME not in (tmp_path / "exchanges.jsonl").read_text(encoding="utf-8")


def test_the_browser_opens_the_approval_page_of_the_live_api(run: Callable[..., Ran], fake: FakeTMDB, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    fake.users.auto_approve = False

    def approve(url: str) -> None:
        opened.append(url)
        fake.users.approve()

    monkeypatch.setattr(live, "BASE_URL", BASE_URL)
    monkeypatch.setattr(walk.webbrowser, "open", approve)
    ran = run()
    assert ran.status == 0, ran.out
    assert [url.partition("?")[0].rpartition("/")[0] for url in opened] == ["https://www.themoviedb.org/authenticate", "https://www.themoviedb.org/auth"]
    assert all(url in ran.out for url in opened)


def test_a_denied_approval_ends_the_tour(run: Callable[..., Ran], fake: FakeTMDB, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fake.users.saved()
    issue = fake.users.issue_request_token

    def issue_and_deny(version: int, now: datetime) -> Any:
        text, token = issue(version, now)
        if version == 4:
            token.state = "denied"
        return text, token

    monkeypatch.setattr(fake.users, "issue_request_token", issue_and_deny)
    ran = run()
    assert ran.status == 1
    assert "stopped: there is no approval" in ran.out
    assert fake.users.saved() == before
    assert open_logins(fake) == set()


# It asks


def test_it_does_not_begin_without_a_terminal(run: Callable[..., Ran], fake: FakeTMDB, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("YES")
    monkeypatch.setattr(sys, "stdin", open("/dev/null", encoding="utf-8"))  # noqa: PTH123, SIM115
    ran = run()
    sys.stdin.close()
    assert ran.status == 2
    assert "YES=1 says yes" in ran.err
    assert [one.operation_id for one in fake.requests] == ["authentication_validate_key"]


@pytest.mark.parametrize(("answer", "status"), [("", 2), ("n", 2), ("yes", 0), ("Y", 0)])
def test_it_begins_after_a_yes(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, answer: str, status: int, uncompared: None) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    asked: list[str] = []
    monkeypatch.delenv("YES")
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or answer)
    assert run().status == status
    assert asked == ["Begin? [y/N] "]


def test_a_rejected_credential_ends_it(run: Callable[..., Ran], fake: FakeTMDB) -> None:
    fake.fail_next(code=7)
    assert run().status == 2


# Secrets


def test_recordings_output_and_file_hold_no_secret(run: Callable[..., Ran], fake: FakeTMDB, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files: list[str] = []
    written = undo.Ledger._write

    def write(ledger: Any, left: Any) -> None:
        written(ledger, left)
        if ledger.path.exists():
            files.append(ledger.path.read_text(encoding="utf-8"))
            assert stat.S_IMODE(ledger.path.stat().st_mode) == 0o600

    monkeypatch.setattr(undo.Ledger, "_write", write)
    ran = run()
    assert ran.status == 0
    users = fake.users
    request_tokens = set(users._request_tokens)
    credentials = {text for sessions in users._sessions.values() for text in sessions} | {TOKEN, fake.user.account_object_id, str(ACCOUNT_ID)}
    lists = {str(one.id) for one in users.lists.of(fake.user)}
    personal = {USERNAME, NAME, GRAVATAR, "Planted", "planted"}
    recorded = (tmp_path / "exchanges.jsonl").read_text(encoding="utf-8")
    assert len(credentials) > 8 and len(files) > 30
    for text in credentials | personal | request_tokens | lists:
        assert text not in recorded
        assert not any(text in file for file in files) or text in lists
    for text in credentials | personal:
        assert text not in ran.out + ran.err
    rows = [row for line in recorded.splitlines() if "/account" in json.loads(line)["path"] for row in (json.loads(line)["body"] or {}).get("results", ())]
    touched = {id_ for _, id_ in (*fake.user.ratings, *fake.user.favorites, *fake.user.watchlist)}
    assert rows
    assert not touched & {row["id"] for row in rows}


# Interruptions


@pytest.fixture
def trip(fake: FakeTMDB, monkeypatch: pytest.MonkeyPatch) -> Trip:
    return Trip(fake, monkeypatch)


def length(run: Callable[..., Ran], trip: Trip) -> int:
    trip.set(0, KeyboardInterrupt, handled=False)
    assert run().status == 0
    return trip.seen


def every_step(run: Callable[..., Ran], trip: Trip, how: type[BaseException], *, stride: int) -> list[tuple[int, bool]]:
    """The interruptions to try: at each request, before and after it was handled."""
    count = length(run, trip)
    assert count > 140
    return [(at, handled) for at in range(2, count + 1) for handled in (False, True) if (2 * at + handled) % stride == 0]


def interrupt(run: Callable[..., Ran], fake: FakeTMDB, trip: Trip, tmp_path: Path, *, stride: int) -> None:
    before = fake.users.saved()
    for at, handled in every_step(run, trip, KeyboardInterrupt, stride=stride):
        trip.set(at, KeyboardInterrupt, handled=handled)
        ran = run()
        assert ran.status == 130, (at, handled)
        assert fake.users.saved() == before, (at, handled, ran.out)
        assert not guests_have_rated(fake), (at, handled, ran.out)
        assert not (tmp_path / "undo.json").exists(), (at, handled, ran.out)


def crash(run: Callable[..., Ran], fake: FakeTMDB, trip: Trip, tmp_path: Path, *, stride: int) -> None:
    before = fake.users.saved()
    left = 0
    for at, handled in every_step(run, trip, Crash, stride=stride):
        trip.set(at, Crash, handled=handled)
        with pytest.raises(Crash):
            run()
        left += fake.users.saved() != before
        trip.set(0, Crash, handled=False)
        ran = run("--undo")
        assert ran.status == 0, (at, handled, ran.out)
        assert fake.users.saved() == before, (at, handled, ran.out)
        assert not (tmp_path / "undo.json").exists(), (at, handled, ran.out)
    assert left


def test_ctrl_c_puts_everything_back(run: Callable[..., Ran], fake: FakeTMDB, trip: Trip, tmp_path: Path, uncompared: None) -> None:
    interrupt(run, fake, trip, tmp_path, stride=23)


def test_the_next_run_undoes_what_a_crash_left(run: Callable[..., Ran], fake: FakeTMDB, trip: Trip, tmp_path: Path, uncompared: None) -> None:
    crash(run, fake, trip, tmp_path, stride=23)


@pytest.mark.slow
def test_ctrl_c_at_every_step_puts_everything_back(run: Callable[..., Ran], fake: FakeTMDB, trip: Trip, tmp_path: Path, uncompared: None) -> None:
    interrupt(run, fake, trip, tmp_path, stride=1)


@pytest.mark.slow
def test_the_next_run_undoes_what_a_crash_at_every_step_left(run: Callable[..., Ran], fake: FakeTMDB, trip: Trip, tmp_path: Path, uncompared: None) -> None:
    crash(run, fake, trip, tmp_path, stride=1)


def at_request(fake: FakeTMDB, trip: Trip, run: Callable[..., Ran], operation_id: str) -> int:
    """The number of the first request of an operation."""
    del fake.requests[:]
    length(run, trip)
    return next(number for number, one in enumerate(fake.requests, 1) if one.operation_id == operation_id)


def test_a_second_ctrl_c_says_where_the_file_is(run: Callable[..., Ran], fake: FakeTMDB, trip: Trip, tmp_path: Path, uncompared: None) -> None:
    before = fake.users.saved()
    at = at_request(fake, trip, run, "movies_add_rating")
    trip.set(at + 1, KeyboardInterrupt, handled=True)
    respond = trip._respond

    def interrupt_again(*arguments: Any) -> Any:
        if trip.seen > at + 1:
            raise KeyboardInterrupt
        return respond(*arguments)

    trip._respond = interrupt_again
    ran = run()
    assert ran.status == 130
    assert f"what is left to undo stands in {tmp_path / 'undo.json'}" in ran.out
    trip._respond = respond
    assert fake.users.saved() != before
    trip.set(0, KeyboardInterrupt, handled=False)
    again = run()
    assert again.status == 0
    assert "an earlier tour left this behind" in again.out
    assert "cannot be undone from here: the session" in again.out
    assert fake.users.saved() == before


def crashed(run: Callable[..., Ran], fake: FakeTMDB, trip: Trip, operation_id: str) -> None:
    """Let a run crash after the first request of an operation."""
    trip.set(at_request(fake, trip, run, operation_id), Crash, handled=True)
    with pytest.raises(Crash):
        run()
    trip.set(0, Crash, handled=False)


def test_another_account_undoes_nothing(run: Callable[..., Ran], fake: FakeTMDB, trip: Trip, tmp_path: Path, uncompared: None) -> None:
    before = fake.users.saved()
    crashed(run, fake, trip, "lists_add_movie")
    user, fake.users.default = fake.users.default, fake.users.add("another")
    ran = run("--undo")
    assert ran.status == 1
    assert "this is not the account of the earlier tour" in ran.out
    assert (tmp_path / "undo.json").exists()
    fake.users.default = user
    assert run("--undo").status == 0
    del fake.users._users["another"]
    assert fake.users.saved() == before


def test_a_file_of_another_server_or_a_broken_one_is_kept(run: Callable[..., Ran], fake: FakeTMDB, trip: Trip, tmp_path: Path, uncompared: None) -> None:
    crashed(run, fake, trip, "account_add_favorite")
    elsewhere = run(base_url="http://127.0.0.1:2")
    assert elsewhere.status == 2
    assert f"left behind on {BASE_URL}" in elsewhere.err
    (tmp_path / "undo.json").write_text('{"left": 1}')
    broken = run()
    assert broken.status == 2
    assert "cannot be read" in broken.err
    assert (tmp_path / "undo.json").exists()


def test_a_lost_server_leaves_the_file(run: Callable[..., Ran], fake: FakeTMDB, tmp_path: Path, uncompared: None) -> None:
    before = fake.users.saved()
    fake.fail_next(fault="disconnect", times=1000, after=60)
    ran = run()
    assert ran.status == 1
    assert "stopped: no response from" in ran.out
    assert (tmp_path / "undo.json").exists()
    fake._troubles.clear()
    assert run("--undo").status == 0
    assert fake.users.saved() == before


def test_a_killed_process_is_undone_by_the_next(run: Callable[..., Ran], fake: FakeTMDB, tmp_path: Path) -> None:
    script = """
import os, sys
from generator.tour import __main__ as command
from generator.tour.walk import Recorder
keep = Recorder.__call__
def kill(self, response):
    keep(self, response)
    if response.request.url.path.endswith("/items"):
        os._exit(9)
Recorder.__call__ = kill
command.main(sys.argv[1:])
"""
    before = fake.users.saved()
    with fake.serve() as server, pytest.MonkeyPatch.context() as patch:
        arguments = ["--base-url", server.base_url, "--out", str(tmp_path), "--undo-file", str(tmp_path / "undo.json")]
        killed = subprocess.run([sys.executable, "-c", script, *arguments], cwd=ROOT, capture_output=True, check=False, timeout=60)
        assert killed.returncode == 9, killed
        assert fake.users.saved() != before
        patch.setattr(command, "_http_client", lambda recorder: httpx.Client(event_hooks={"response": [recorder]}))
        patch.setattr(undo, "ROUNDS", 200_000)
        assert run("--undo", base_url=server.base_url).status == 0
    assert fake.users.saved() == before


def test_ctrl_c_undoes_writes_that_are_not_visible_yet(run: Callable[..., Ran], fake: FakeTMDB, trip: Trip, uncompared: None) -> None:
    before = fake.users.saved()
    for operation_id in ("movies_add_rating", "account_add_to_watchlist", "lists_add_movie", "v4_lists_add_items"):
        at = at_request(fake, trip, run, operation_id)
        for handled in (False, True):
            fake.users.delay = timedelta(seconds=5)
            trip.set(at, KeyboardInterrupt, handled=handled)
            assert run().status == 130
            fake.clock.advance(60)
            fake.users.settle(fake.clock.now())
            assert fake.users.saved() == before, (operation_id, handled)
            fake.users.delay = timedelta()


# Values


def test_a_slot_becomes_its_value() -> None:
    known = {"movie": 550, "tag": "x"}
    assert fill({"id": "{movie}", "of:{movie}": ["tour {tag}"]}, known) == {"id": 550, "of:550": ["tour x"]}
    assert fill("{list}", known, partly=True) == "{list}"
    with pytest.raises(MissingValueError, match="no list is known"):
        fill("{list}", known)


def test_a_pattern_matches_what_holds_it() -> None:
    assert matches({"rows": [{"id": 1}]}, {"rows": [{"id": 2}, {"id": 1, "more": 0}]})
    assert not matches({"rows": [{"id": 3}]}, {"rows": [{"id": 2}]})
    assert not matches({"rated": False}, {"rated": 0})


def test_a_reason_does_not_quote_the_body() -> None:
    violation = report.Violation("$.results[3].iso_639_1", "'secret' is too short", keyword="minLength")
    assert report._text("conform", violation) == "$.results[].iso_639_1: does not match the spec's minLength"
