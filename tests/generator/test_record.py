"""`make record`: fixtures keep the shape of TMDB's responses, without credentials, prose and personal data."""

from __future__ import annotations

import base64
import copy
import gzip
import json
import logging
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import attrs
import pytest

from generator.bundle import Spec
from generator.files import VERSION_FILE
from generator.lint import lint
from generator.recordings import live, record
from generator.recordings.fixtures import read_fixtures
from generator.recordings.operations import Operations
from generator.recordings.record import select
from tests.conftest import API_KEY, ROOT, SESSION, USER_TOKEN, bundle, fixture_named, fixtures
from tests.generator.sample_spec import OPENAPI, SAMPLE_SPEC, VIDEOS, edited, schema, written
from tests.support.fake_clock import FakeClock
from tmdbkit.testing import FakeTMDB, FakeTMDBServer

SENTENCE = "Nobody but the one who wrote this long sentence may say where it is printed again."


@attrs.frozen
class Ran:
    """The result of a run of the command."""

    status: int
    out: str
    err: str

    def outcomes(self) -> dict[str, str]:
        """The result for each fixture."""
        return {name: outcome for outcome, name in re.findall(r"^(recorded|unchanged|rejected|not asked) +([^:\s]+)", self.out, re.MULTILINE)}


Run = Callable[..., Ran]


@pytest.fixture
def fake(server: FakeTMDBServer) -> FakeTMDB:
    return server.fake


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A copy of the fixtures."""
    return Path(shutil.copytree(ROOT / "tests" / "fixtures", tmp_path / "tests" / "fixtures"))


@pytest.fixture
def run(server: FakeTMDBServer, directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Record fixtures of the copy from the server."""

    class SpecReadOnce:
        def __init__(self, root: Path) -> None:
            self.bundle = bundle()

    monkeypatch.setattr(record, "Spec", SpecReadOnce)

    def run(*arguments: str) -> Ran:
        status = record.main([*arguments, "--base-url", server.base_url, "--fixtures", str(directory)])
        return Ran(status, *capsys.readouterr())

    return run


def contents(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def changed_files(directory: Path) -> set[str]:
    before, after = contents(ROOT / "tests" / "fixtures"), contents(directory)
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def read(directory: Path, name: str) -> dict[str, Any]:
    return dict(json.loads((directory / f"{name}.json").read_text(encoding="utf-8")))


def body(name: str) -> Any:
    return copy.deepcopy(fixture_named(name)["response"]["body"])


def review(**changes: Any) -> dict[str, Any]:
    return {**body("reviews/details"), **changes}


# Recording


def test_only_named_fixtures_are_recorded(run: Run, directory: Path) -> None:
    ran = run("movies/details", "movies/credits*")
    assert ran.outcomes() == dict.fromkeys(("movies/details", "movies/credits", "movies/credits.fight_club", "movies/credits.language"), "recorded")
    assert (ran.status, ran.err) == (0, "")
    assert "4 recorded\nrun `make generate`" in ran.out
    assert changed_files(directory) == {f"{name}.json" for name in ran.outcomes()}


@pytest.mark.slow
def test_recording_again_changes_nothing(run: Run, directory: Path, tmp_path: Path, as_user: None) -> None:
    names = [fixture["name"] for fixture in fixtures() if fixture["operation_id"] in {match.operation_id for match in Operations(bundle()).read_only}]
    ran = run(*names)
    outcomes = ran.outcomes()
    rejected = {name for name, outcome in outcomes.items() if outcome == "rejected"}
    assert rejected == {"authentication/validate_key.unauthorized", "movies/details.unauthorized", "v4_lists/details.private"}
    assert changed_files(directory) == {f"{name}.json" for name, outcome in outcomes.items() if outcome == "recorded"}
    assert sum(outcome == "recorded" for outcome in outcomes.values()) > 250
    shutil.copytree(ROOT / "spec", tmp_path / "spec")
    (tmp_path / VERSION_FILE).parent.mkdir(parents=True)
    shutil.copy(ROOT / VERSION_FILE, tmp_path / VERSION_FILE)
    assert lint(Spec(tmp_path / "spec", tmp_path)) == []
    before = contents(directory)
    again = run(*names).outcomes()
    assert {name for name, outcome in again.items() if outcome != "unchanged"} == rejected
    assert contents(directory) == before


def test_a_recording_states_its_origin(run: Run, directory: Path) -> None:
    before = read(directory, "movies/similar")
    assert before["request"]["security"] == ["api_key"]
    run("movies/similar")
    after = read(directory, "movies/similar")
    assert after["request"] == before["request"]
    assert after["evidence"] == "written"
    assert re.fullmatch(r"own recording of a server other than TMDB's, \d{4}-\d\d-\d\d", after["source"])


def test_the_live_api_is_wire_evidence(run: Run, directory: Path, server: FakeTMDBServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BASE_URL", server.base_url)
    run("people/movie_credits.unreleased")
    after = read(directory, "people/movie_credits.unreleased")
    assert after["evidence"] == "wire"
    assert re.fullmatch(r"own recording, \d{4}-\d\d-\d\d", after["source"])


def test_evidence_can_be_set_for_a_proxy(run: Run, directory: Path) -> None:
    run("movies/keywords", "--evidence", "wire")
    assert read(directory, "movies/keywords")["evidence"] == "wire"


def test_an_unchanged_fixture_is_rewritten_only_for_better_evidence(run: Run, directory: Path) -> None:
    assert run("genres/tv").outcomes() == {"genres/tv": "recorded"}
    before = contents(directory)
    assert run("genres/tv").outcomes() == {"genres/tv": "unchanged"}
    assert contents(directory) == before
    assert run("genres/tv", "--evidence", "wire").outcomes() == {"genres/tv": "recorded"}
    assert run("genres/tv").outcomes() == {"genres/tv": "unchanged"}


def test_lists_keep_the_length_of_the_fixture(run: Run, fake: FakeTMDB, directory: Path) -> None:
    row = body("movies/popular")["results"][0]
    page = {"page": 1, "results": [{**row, "id": number} for number in range(20)], "total_pages": 500, "total_results": 10000}
    fake.add("GET", "/3/movie/popular", page)
    run("movies/popular")
    assert len(read(directory, "movies/popular")["response"]["body"]["results"]) == 2
    before = len(body("certifications/movie")["certifications"]["US"])
    assert before > 2
    certificate = body("certifications/movie")["certifications"]["US"][0]
    fake.add("GET", "/3/certification/movie/list", {"certifications": {"US": [{**certificate, "order": number} for number in range(20)]}})
    run("certifications/movie")
    assert len(read(directory, "certifications/movie")["response"]["body"]["certifications"]["US"]) == before


def test_prose_and_personal_data_are_replaced(run: Run, fake: FakeTMDB, directory: Path) -> None:
    author = {"name": "Jane Doe", "username": "janedoe", "avatar_path": "/jane.jpg", "rating": 7.5}
    fake.add("GET", "/3/review/{review_id}", review(author="janedoe", content=SENTENCE, author_details=author, url="https://www.themoviedb.org/u/janedoe"))
    assert run("reviews/details").outcomes() == {"reviews/details": "recorded"}
    written = (directory / "reviews/details.json").read_text(encoding="utf-8")
    assert "jane" not in written.lower()
    assert SENTENCE not in written


def test_a_compressed_response_is_read(run: Run, fake: FakeTMDB, directory: Path) -> None:
    fake.add("GET", "/3/genre/tv/list", gzip.compress(json.dumps({"genres": [{"id": 7, "name": "Gardening"}]}).encode()), headers={"Content-Encoding": "gzip"})
    assert run("genres/tv").status == 0
    written = read(directory, "genres/tv")["response"]
    assert written["body"] == {"genres": [{"id": 7, "name": "Gardening"}]}
    assert "content-encoding" not in written["headers"]


def test_the_last_of_several_attempts_is_recorded(run: Run, fake: FakeTMDB, monkeypatch: pytest.MonkeyPatch) -> None:
    FakeClock(monkeypatch)

    def record_after(*statuses: int) -> dict[str, str]:
        for status in statuses:
            fake.fail_next(status=status)
        return run("genres/tv").outcomes()

    fake.add("GET", "/3/authentication", {}, status=404)  # the first request takes a failure from the queue
    assert record_after(404, 503, 503) == {"genres/tv": "recorded"}
    assert record_after(404, 503, 503, 503) == {"genres/tv": "rejected"}


def test_a_new_fixture_is_recorded_from_a_path(run: Run, directory: Path) -> None:
    ran = run("movies/keywords.interstellar=/3/movie/157336/keywords", "search/tv.paged=/3/search/tv?query=Breaking+Bad&page=2")
    assert ran.status == 0
    assert changed_files(directory) == {"movies/keywords.interstellar.json", "search/tv.paged.json"}
    assert read(directory, "search/tv.paged")["request"] == {
        "method": "GET",
        "path": "/3/search/tv",
        "query": {"query": "Breaking Bad", "page": "2"},
        "security": ["access_token"],
        "body": None,
    }


# New operations


@pytest.fixture
def new_operation(tmp_path: Path, fake: FakeTMDB) -> Path:
    """A spec with an operation that neither the client nor a fixture has."""
    clips = SAMPLE_SPEC[VIDEOS].replace("videos", "clips").replace("Videos", "Clips")
    edits = [
        ("spec/paths/movies/clips.yaml", "", clips),
        (schema("Clips"), "", SAMPLE_SPEC[schema("Videos")]),
        (OPENAPI, "  /3/search", "  /3/movie/{movie_id}/clips: {$ref: paths/movies/clips.yaml}\n  /3/search"),
    ]
    written(tmp_path / "new", edited(*edits))
    fake.add("GET", "/3/movie/{movie_id}/clips", {"id": 550, "results": ["Trailer"]}, new=True)
    return tmp_path / "new"


@pytest.mark.parametrize("name", ["movies/clips", "movies/clip*", "movies/clips=/3/movie/11/clips"])
def test_a_new_operation_is_recorded(server: FakeTMDBServer, new_operation: Path, name: str) -> None:
    folders = ["--spec", str(new_operation / "spec"), "--fixtures", str(new_operation / "tests/fixtures")]
    assert record.main([name, "--base-url", server.base_url, *folders]) == 0
    recorded = read(new_operation / "tests/fixtures", "movies/clips")
    assert recorded["request"]["path"] == ("/3/movie/11/clips" if "=" in name else "/3/movie/550/clips"), "the id of another fixture"
    assert recorded["response"]["body"] == {"id": 550, "results": ["Trailer"]}
    assert lint(Spec(new_operation / "spec", new_operation)) == []


def test_a_fixture_of_no_operation_does_not_hinder_others() -> None:
    stray = {**fixture_named("genres/tv"), "name": "genres/gone"}
    stray["request"] = {**stray["request"], "path": "/3/genre/gone"}
    assert [target.name for target in select(["genres/tv"], [stray, *fixtures()], Operations(bundle()))] == ["genres/tv"]
    with pytest.raises(ValueError, match="no operation of the spec matches GET /3/genre/gone"):
        select(["genres/gone"], [stray, *fixtures()], Operations(bundle()))


def test_an_operation_without_a_fixture_is_selected_by_default() -> None:
    known = [fixture for fixture in fixtures() if fixture["operation_id"] not in ("movies_credits", "search_movie")]
    new = {target.name: target.request.path for target in select([], known, Operations(bundle())) if target.fixture is None}
    assert new == {"movies/credits": "/3/movie/550/credits"}, "no words to search for can be guessed"


def test_a_request_that_cannot_be_guessed_has_to_be_named() -> None:
    known = [fixture for fixture in fixtures() if fixture["operation_id"] != "search_movie"]
    with pytest.raises(ValueError, match="search/movie is new, and its request is unknown: state it, as in search/movie=/3/search/movie"):
        select(["search/movie"], known, Operations(bundle()))


# Selection


def selected(*names: str, **options: Any) -> list[str]:
    return [target.name for target in select(names, fixtures(), Operations(bundle()), **options)]


def test_the_default_selection() -> None:
    names = selected()
    kept = {fixture["name"]: fixture for fixture in fixtures() if fixture["name"] in names}
    assert len(kept) == len(names) > 200
    assert {fixture["request"]["method"] for fixture in kept.values()} == {"GET"}
    assert "written" not in {fixture["evidence"] for fixture in kept.values()}
    assert {fixture["response"]["status"] for fixture in kept.values()} == {200, 404}
    assert "people/latest" in names
    assert "people/latest.no_department" not in names, "it asks the same as another one, and would become it"
    assert not any(name.startswith("authentication/create") for name in names)


def test_a_pattern_selects_no_state_changing_request() -> None:
    assert "lists/details" in selected("lists/*", changes_state=True)
    assert "lists/clear" not in selected("lists/*", changes_state=True)


@pytest.mark.parametrize("name", ["lists/clear", "v4_lists/clear", "authentication/create_request_token", "movies/add_rating"])
def test_a_state_changing_request_needs_its_name_and_an_option(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} changes state at TMDB, perhaps permanently; record it with --changes-state"):
        selected(name)
    assert selected(name, changes_state=True) == [name]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("movies/detail", "no read-only fixture is called movies/detail"),
        ("movies/details=/3/movie/11", "the fixture movies/details exists"),
        ("movies/credits.heat=/3/movie/949", "a fixture of /3/movie/949 is called movies/details or movies/details.<variant>"),
        ("movies/details.heat=/3/nowhere", "no operation of the spec matches GET /3/nowhere"),
        ("v4_lists/clear.other=/4/list/10/clear", "v4_lists_clear changes state at TMDB; write its fixture by hand"),
    ],
)
def test_an_invalid_name_is_rejected_before_any_request(run: Run, fake: FakeTMDB, directory: Path, name: str, reason: str) -> None:
    ran = run("movies/keywords", name)
    assert (ran.status, ran.out) == (2, "")
    assert reason in ran.err
    assert (fake.requests, changed_files(directory)) == ([], set())


def test_requests_with_missing_credentials_are_skipped(run: Run, fake: FakeTMDB) -> None:
    ran = run("account/details", "genres/tv")
    assert ran.outcomes() == {"account/details": "not asked", "genres/tv": "recorded"}
    assert "account/details: without TMDB_SESSION_ID and TMDB_ACCOUNT_ID" in ran.out
    assert run("account/details").status == 1, "nothing was recorded"


def test_user_and_application_tokens_are_distinguished(run: Run, fake: FakeTMDB, monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    assert run("v4_auth/delete_access_token", "--changes-state").outcomes() == {"v4_auth/delete_access_token": "not asked"}
    monkeypatch.setenv("TMDB_USER_ACCESS_TOKEN", USER_TOKEN)
    run("v4_auth/delete_access_token", "--changes-state")
    assert fake.requests[-1].body == {"access_token": USER_TOKEN}


def test_without_a_credential_no_request_is_sent(run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("TMDB_ACCESS_TOKEN")
    assert record.main(["genres/tv"]) == 2
    assert "TMDB_ACCESS_TOKEN" in capsys.readouterr().err


# Rejections


def rejection(run: Run, directory: Path, name: str) -> str:
    """The reason why a fixture is rejected, while another one is recorded."""
    ran = run(name, "genres/tv")
    assert ran.outcomes() == {name: "rejected", "genres/tv": "recorded"}
    assert (ran.status, changed_files(directory)) == (1, {"genres/tv.json"})
    return next(line for line in ran.out.splitlines() if line.startswith("rejected"))


def test_an_unknown_key_is_rejected(run: Run, fake: FakeTMDB, directory: Path) -> None:
    fake.add("GET", "/3/review/{review_id}", review(mood="janedoe"))
    reason = rejection(run, directory, "reviews/details")
    assert "reviews_details: the response violates the spec: $.mood: unknown key; describe it under spec/ first, with x-redact" in reason
    assert "janedoe" not in reason


def test_all_that_the_spec_lacks_is_told_at_once(run: Run, fake: FakeTMDB, directory: Path) -> None:
    fake.add("GET", "/3/review/{review_id}", review(mood="janedoe", length=7, id=8))
    reason = rejection(run, directory, "reviews/details")
    assert all(part in reason for part in ("$.id: expected string, got integer", "$.mood: unknown key", "$.length: unknown key"))


@pytest.mark.parametrize(
    "text",
    [
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzb21lYm9keSJ9.c2lnbmF0dXJl",
        "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0",
        "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "https://example.org/?session_id=0f1e2d3c4b5a69788796a5b4c3d2e1f001234567",
        "kX9vTq2LmZ8wRb4NcY7sJh3GdF6pAe1U_zQ5",
        "k9vtq2lmz8wrb4ncy7sjh3gdf6pae1uzq5",
        "jane.doe@example.org",
    ],
)
@pytest.mark.parametrize("place", ["value", "key"])
def test_an_unmarked_text_like_a_credential_is_rejected(run: Run, fake: FakeTMDB, directory: Path, text: str, place: str) -> None:
    if place == "value":
        fake.add("GET", "/3/review/{review_id}", review(media_title=text))
        assert "$.media_title: a text looks like a credential" in rejection(run, directory, "reviews/details")
    else:
        fake.add("GET", "/3/certification/movie/list", {"certifications": {text: []}})
        assert "$.certifications: a key looks like a credential" in rejection(run, directory, "certifications/movie")
    assert text not in "".join(map(str, contents(directory).values()))


@pytest.mark.parametrize("form", [str, quote, lambda secret: base64.b64encode(f"user:{secret}".encode()).decode(), lambda secret: json.dumps({"is": secret})])
def test_an_echoed_credential_is_rejected(run: Run, fake: FakeTMDB, directory: Path, form: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMDB_PASSWORD", 'pass "word"/é')
    fake.add("GET", "/3/review/{review_id}", review(media_title=form('pass "word"/é')))
    assert "it repeats a credential where the spec marks none" in rejection(run, directory, "reviews/details")


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (review(id=7), "$.id: expected string, got integer"),
        (review(created_at="yesterday evening"), "$.created_at: does not match the spec's pattern"),
        (review(media_title=SENTENCE * 9), "$.media_title: a text of 136 words"),
        (b"<html>" + SENTENCE.encode(), "the response is not JSON"),
        (b"[" * 100_000, "the response is not JSON"),
    ],
    ids=["type", "format", "sentence", "HTML", "deep"],
)
def test_an_invalid_response_is_rejected_without_quoting_it(run: Run, fake: FakeTMDB, directory: Path, response: Any, reason: str) -> None:
    fake.add("GET", "/3/review/{review_id}", response)
    line = rejection(run, directory, "reviews/details")
    assert reason in line
    assert "yesterday" not in line
    assert "Nobody" not in line


@pytest.mark.parametrize("status", [401, 404, 429, 500])
def test_a_response_with_another_status_is_rejected(run: Run, fake: FakeTMDB, directory: Path, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    FakeClock(monkeypatch)
    fake.add("GET", "/3/review/{review_id}", {"status_message": SENTENCE}, status=status)
    assert f"TMDB responds with HTTP {status}, and the fixture has 200" in rejection(run, directory, "reviews/details")


def test_a_failed_write_keeps_the_fixture(run: Run, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    ran = run("genres/tv")
    assert (ran.status, changed_files(directory)) == (2, set())
    assert "No space left on device" in ran.err


# Credentials

PLANTED = {
    "TMDB_ACCESS_TOKEN": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhcHAifQ.cGxhbnRlZC1hcHAtdG9rZW4",
    "TMDB_SESSION_ID": "planted/session+id?&=%",
    "TMDB_GUEST_SESSION_ID": "planted-guest-session",
    "TMDB_USER_ACCESS_TOKEN": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.cGxhbnRlZC11c2VyLXRva2Vu",
    "TMDB_ACCOUNT_ID": "987654321",
    "TMDB_ACCOUNT_OBJECT_ID": "fedcba987654321001234567",
    "TMDB_REQUEST_TOKEN": "planted-request-token",
    "TMDB_USERNAME": "planted-username",
    "TMDB_PASSWORD": 'planted "pass" & wörd',
}
ANSWERED = {
    "session_id": "answered-session-id",
    "guest_session_id": "answered-guest-session-id",
    "request_token": "answered-request-token",
    "access_token": "answered-access-token",
    "account_id": "abcdef0123456789abcdef99",
    "username": "answered-username",
    "name": "Answered Name",
    "hash": "a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5",
    "avatar": "/answered-avatar.jpg",
    "numeric account": "123454321",
    "cookie": "answered-cookie",
    "callback": "answered-callback",
    "header": "answered-header",
    "prose": "Answered prose of somebody who wrote it.",
}


def plant(fake: FakeTMDB) -> list[str]:
    """Have the server send credentials and personal data everywhere; returns the fixtures to record."""
    user = fake.users.add("planted", session_id=PLANTED["TMDB_SESSION_ID"], access_token=PLANTED["TMDB_USER_ACCESS_TOKEN"])
    user.account_object_id = PLANTED["TMDB_ACCOUNT_OBJECT_ID"]
    fake.users.add_guest(PLANTED["TMDB_GUEST_SESSION_ID"])
    headers = {
        "Set-Cookie": f"session={ANSWERED['cookie']}",
        "Authentication-Callback": f"https://www.themoviedb.org/authenticate/{ANSWERED['callback']}",
        "X-Something": ANSWERED["header"],
    }

    def add(method: str, path: str, name: str, /, **changes: Any) -> str:
        fake.add(method, path, {**body(name), **changes}, headers=headers, status=fixture_named(name)["response"]["status"])
        return name

    avatar = {"gravatar": {"hash": ANSWERED["hash"]}, "tmdb": {"avatar_path": ANSWERED["avatar"]}}
    creator = {
        "avatar_path": ANSWERED["avatar"],
        "gravatar_hash": ANSWERED["hash"],
        "id": ANSWERED["account_id"],
        "name": ANSWERED["name"],
        "username": ANSWERED["username"],
    }
    owned = {**body("v4_account/lists")["results"][0], "account_object_id": ANSWERED["account_id"], "description": ANSWERED["prose"]}
    return [
        add("GET", "/3/authentication/token/new", "authentication/create_request_token", request_token=ANSWERED["request_token"]),
        add("GET", "/3/authentication/guest_session/new", "authentication/create_guest_session", guest_session_id=ANSWERED["guest_session_id"]),
        add("POST", "/3/authentication/session/new", "authentication/create_session", session_id=ANSWERED["session_id"]),
        add("GET", "/3/authentication/session/new", "authentication/create_session_by_get", session_id=ANSWERED["session_id"]),
        add("POST", "/3/authentication/session/convert/4", "authentication/create_session_from_v4_token", session_id=ANSWERED["session_id"]),
        add("POST", "/3/authentication/token/validate_with_login", "authentication/create_session_with_login", request_token=ANSWERED["request_token"]),
        add(
            "GET",
            "/3/authentication/token/validate_with_login",
            "authentication/create_session_with_login_by_get",
            request_token=ANSWERED["request_token"],
        ),
        add("DELETE", "/3/authentication/session", "authentication/delete_session"),
        add(
            "POST",
            "/4/auth/access_token",
            "v4_auth/create_access_token",
            access_token=ANSWERED["access_token"],
            account_id=ANSWERED["account_id"],
        ),
        add("POST", "/4/auth/request_token", "v4_auth/create_request_token", request_token=ANSWERED["request_token"]),
        add("DELETE", "/4/auth/access_token", "v4_auth/delete_access_token"),
        add(
            "GET",
            "/3/account/{account_id}",
            "account/details",
            id=int(ANSWERED["numeric account"]),
            username=ANSWERED["username"],
            name=ANSWERED["name"],
            avatar=avatar,
        ),
        add("GET", "/3/guest_session/{guest_session_id}/rated/movies", "guest_sessions/rated_movies"),
        add("GET", "/4/account/{account_object_id}/lists", "v4_account/lists", results=[owned]),
        add("GET", "/4/list/82963", "v4_lists/details", created_by=creator, description=ANSWERED["prose"]),
        add("GET", "/3/movie/{movie_id}/account_states", "movies/account_states"),
        add("POST", "/3/movie/{movie_id}/rating", "movies/add_rating"),
    ]


def disguises(secret: str) -> Iterator[str]:
    """The encodings of a secret."""
    yield from (
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
    )
    for before in (b"", b"x", b"xx"):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(before + secret.encode())[4:-4].decode()


def test_no_planted_credential_is_written(
    run: Run,
    fake: FakeTMDB,
    directory: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name, value in PLANTED.items():
        monkeypatch.setenv(name, value)
    for folder in ("temporary", "here"):
        (tmp_path / folder).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.chdir(tmp_path / "here")
    names = plant(fake)
    with caplog.at_level(logging.DEBUG):
        ran = run(*names, "--changes-state", "--evidence", "wire")
    sent = " ".join(f"{request.path} {request.headers} {request.query} {request.credentials} {request.content.decode()}" for request in fake.requests)
    revealed = {secret.reveal() for request in fake.requests for secret in request.credentials.values()}
    assert all(value in revealed or value in sent or json.dumps(value, ensure_ascii=False)[1:-1] in sent for value in PLANTED.values()), "all were really sent"
    assert ran.outcomes().keys() == set(names)
    assert "rejected" not in ran.outcomes().values()
    assert changed_files(directory) == {f"{name}.json" for name, outcome in ran.outcomes().items() if outcome == "recorded"}
    assert len(changed_files(directory)) >= len(names) - 2, "the responses are those of the fixtures, but for two that are of the wire already"
    assert [path for path in tmp_path.rglob("*") if path.is_file() and not path.is_relative_to(directory)] == []
    logged = "\n".join(f"{entry.getMessage()} {entry.__dict__}" for entry in caplog.records)
    everything = "\n".join([ran.out, ran.err, logged, *(content.decode() for content in contents(tmp_path).values())])
    leaked = {name for name, secret in (PLANTED | ANSWERED).items() for form in disguises(secret) if form in everything}
    assert leaked == set()


@pytest.mark.parametrize("secret", [*PLANTED.values(), ANSWERED["cookie"]])
def test_the_search_finds_every_encoding(secret: str) -> None:
    for encoded in (secret, quote(secret), json.dumps({"a": secret}), base64.b64encode(b"name:" + secret.encode()).decode()):
        assert any(form in encoded for form in disguises(secret))


def test_error_messages_do_not_quote_credentials(run: Run, fake: FakeTMDB, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    for name, value in PLANTED.items():
        monkeypatch.setenv(name, value)
    fake.add("GET", "/3/account/{account_id}", {**body("account/details"), PLANTED["TMDB_PASSWORD"]: 1})
    fake.add("GET", "/3/review/{review_id}", review(created_at=PLANTED["TMDB_SESSION_ID"]))
    fake.add("GET", "/3/guest_session/{guest_session_id}/rated/tv", {"success": False, "status_message": PLANTED["TMDB_GUEST_SESSION_ID"]}, status=401)
    with caplog.at_level(logging.DEBUG):
        ran = run("account/details", "reviews/details", "guest_sessions/rated_tv")
    assert set(ran.outcomes().values()) == {"rejected"}
    output = ran.out + ran.err + caplog.text
    assert {name for name, secret in PLANTED.items() for form in disguises(secret) if form in output} == set()


def test_cassettes_contain_no_credentials(run: Run, fake: FakeTMDB, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[str] = []

    def keep(path: str, cassette: dict[str, Any], serializer: Any) -> None:
        kept.append(f"{cassette['responses']} {[(request.uri, dict(request.headers), request.body) for request in cassette['requests']]}")

    monkeypatch.setattr(record._Memory, "save_cassette", staticmethod(keep))
    monkeypatch.delenv("TMDB_ACCESS_TOKEN")
    monkeypatch.setenv("TMDB_API_KEY", API_KEY)
    monkeypatch.setenv("TMDB_SESSION_ID", SESSION)
    fake.add("GET", "/3/movie/550/account_states", body("movies/account_states"), headers={"Set-Cookie": "planted", "X-Something": "planted"})
    assert run("movies/account_states").outcomes() == {"movies/account_states": "recorded"}
    assert fake.requests[-1].credentials.keys() == {"api_key", "session_id"}
    (cassette,) = kept
    assert "/3/movie/550/account_states" in cassette
    assert [text for text in (API_KEY, SESSION, "planted", "User-Agent") if text.lower() in cassette.lower()] == []


def test_logging_is_restored(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    run("genres/tv")
    with caplog.at_level(logging.INFO):
        logging.getLogger("afterwards").info("heard")
    assert "heard" in caplog.text


def test_the_command_runs(server: FakeTMDBServer, directory: Path) -> None:
    command = [sys.executable, "-m", "generator.recordings.record", "genres/tv", "--base-url", server.base_url, "--fixtures", str(directory)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert changed_files(directory) == {"genres/tv.json"}
    assert read_fixtures(directory)
