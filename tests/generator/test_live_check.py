"""`make drift`: new, missing and retyped keys of the live API, and no false alarms."""

from __future__ import annotations

import copy
import json
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from typing import Any

import attrs
import pytest

from generator.evidence import live_check as drift
from generator.evidence.live_check import requests_of
from generator.recordings import live
from generator.recordings.live import Request
from generator.recordings.operations import Operations
from tests.conftest import ROOT, TOKEN, bundle, fixture_named, fixtures
from tests.support.fake_clock import FakeClock
from tests.support.raw_server import breaks_off, http_response, raw_server
from tmdbkit.testing import FakeTMDB, FakeTMDBServer

SENTENCE = "Nobody but the one who wrote this sentence may say where it is printed again"


@attrs.frozen
class Ran:
    """The result of a run of the command."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.out))


Run = Callable[..., Ran]


@pytest.fixture
def run(server: FakeTMDBServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command on the server."""

    class SpecReadOnce:
        def __init__(self, root: Any) -> None:
            self.bundle = bundle()

    monkeypatch.setattr(drift, "Spec", SpecReadOnce)

    def run(*options: str) -> Ran:
        status = drift.main(["--base-url", server.base_url, *options])
        return Ran(status, *capsys.readouterr())

    return run


@pytest.fixture
def fake(server: FakeTMDBServer) -> FakeTMDB:
    return server.fake


def body(name: str) -> Any:
    return copy.deepcopy(fixture_named(name)["response"]["body"])


def changed(name: str, /, **keys: Any) -> Any:
    """The response of a fixture with other values; `...` leaves a key out."""
    return {key: value for key, value in {**body(name), **keys}.items() if value is not ...}


def with_row(name: str, /, **keys: Any) -> Any:
    """The response of a fixture, with other values in its first row."""
    page = body(name)
    page["results"][0] = {key: value for key, value in {**page["results"][0], **keys}.items() if value is not ...}
    return page


def list_one(fake: FakeTMDB) -> None:
    """A list that no fixture has."""
    fake.add("GET", "/4/list/1", body("v4_lists/details"))


# Requests


def test_every_read_only_operation_is_listed() -> None:
    listed = {Request.of(Operations(bundle()), "GET", url).match.operation_id for url in bundle()["x-requests"]}
    assert listed == {match.operation_id for match in Operations(bundle()).read_only}


def test_no_request_is_listed_twice() -> None:
    assert len(bundle()["x-requests"]) == len(set(bundle()["x-requests"]))


def test_state_changing_requests_are_never_sent(run: Run, fake: FakeTMDB, as_user: None) -> None:
    run()
    asked = {request.operation_id for request in fake.requests}
    assert asked == {match.operation_id for match in Operations(bundle()).read_only}
    assert not asked & {
        "authentication_create_guest_session",
        "authentication_create_request_token",
        "authentication_create_session_by_get",
        "authentication_create_session_with_login_by_get",
        "v4_lists_clear",
    }
    assert {request.method for request in fake.requests} == {"GET"}


@pytest.mark.parametrize("url", ["/4/list/1/clear", "/3/authentication/token/new"])
def test_a_listed_state_changing_request_is_rejected(url: str) -> None:
    with pytest.raises(ValueError, match="changes state at TMDB"):
        requests_of({**bundle(), "x-requests": [url]}, ())


def test_a_listed_request_without_an_operation_is_rejected() -> None:
    with pytest.raises(ValueError, match="no operation of the spec matches GET /3/nowhere"):
        requests_of({**bundle(), "x-requests": ["/3/nowhere"]}, ())


def test_an_unlisted_operation_sends_the_requests_of_its_fixtures() -> None:
    requests = requests_of({**bundle(), "x-requests": ["/3/movie/550/keywords"]}, fixtures())
    assert [request.redacted_url for request in requests if request.match.operation_id == "movies_keywords"] == ["/3/movie/550/keywords"]
    assert [request.redacted_url for request in requests if request.match.operation_id == "movies_reviews"] == [
        "/3/movie/218/reviews?language=en&page=1",
        "/3/movie/550/reviews",
        "/3/movie/218/reviews?language=de-DE",
    ]
    assert {request.match.operation_id for request in requests} == {match.operation_id for match in Operations(bundle()).read_only}


def test_requests_with_missing_credentials_are_skipped(run: Run, fake: FakeTMDB) -> None:
    list_one(fake)
    ran = run("--json")
    needs = {(one["operation_id"], *one["needs"]) for one in ran.json["skipped"]}
    assert {operation_id.partition("_")[0] for operation_id, *_ in needs} == {"account", "guest", "movies", "tv", "v4"}
    assert ("movies_account_states", "TMDB_SESSION_ID") in needs
    assert ("account_lists", "TMDB_SESSION_ID", "TMDB_ACCOUNT_ID") in needs
    assert ("guest_sessions_rated_tv", "TMDB_GUEST_SESSION_ID") in needs
    assert ("v4_account_lists", "TMDB_USER_ACCESS_TOKEN", "TMDB_ACCOUNT_OBJECT_ID") in needs
    asked = {request.operation_id for request in fake.requests}
    assert asked | {operation_id for operation_id, *_ in needs} == {match.operation_id for match in Operations(bundle()).read_only}
    assert not asked & {operation_id for operation_id, *_ in needs}
    assert (ran.status, ran.json["ok"]) == (0, True)


def test_a_guest_session_suffices(run: Run, fake: FakeTMDB, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMDB_GUEST_SESSION_ID", "9e575e55")
    run("--tag", "tv_episodes")
    (request,) = [request for request in fake.requests if request.path == "/3/tv/1396/season/1/episode/1/account_states"]
    assert request.credentials.keys() == {"access_token", "guest_session_id"}


# Findings


def test_a_conforming_server_has_no_drift(run: Run, fake: FakeTMDB, as_user: None) -> None:
    list_one(fake)
    ran = run("--json")
    assert (ran.status, ran.err) == (0, "")
    report = ran.json
    assert {key: report[key] for key in ("ok", "title", "drift", "unseen", "failures", "skipped")} == {
        "ok": True,
        "title": "TMDB responds as the spec says",
        "drift": [],
        "unseen": [],
        "failures": [],
        "skipped": [],
    }
    assert (report["operations"], report["requests"]) == (len(Operations(bundle()).read_only), len(bundle()["x-requests"]))
    assert report["responses"] == report["requests"]


def plant_six(fake: FakeTMDB) -> None:
    """Plant six types of drift."""
    fake.add("GET", "/3/movie/popular", with_row("movies/popular", mood=SENTENCE), query={"page": "1"})
    fake.add("GET", "/3/person/62", changed("people/details", popularity=...))
    fake.add("GET", "/3/network/{network_id}", changed("networks/details", id="49"))
    fake.add("GET", "/3/company/1", changed("companies/details.lucasfilm", name=None))
    fake.add("GET", "/3/search/multi", with_row("search/multi", media_type="music"), query={"query": "Jobs"})
    fake.add("GET", "/3/configuration/jobs", {"success": False, "status_code": 34, "status_message": SENTENCE}, status=404)


SIX = [
    ("companies_details", "null", "$.name", "string", "null", 1, 3, "/3/company/1"),
    ("configuration_jobs", "gone operation", "$", "200", "404", 1, 1, "/3/configuration/jobs"),
    ("movies_popular", "new key", "$.results[].mood", "no such key", "string", 1, 2, "/3/movie/popular?page=1"),
    ("networks_details", "retyped", "$.id", "integer", "string", 2, 2, "/3/network/49"),
    ("people_details", "gone key", "$.popularity", "a key", "missing", 1, 3, "/3/person/62"),
    (
        "search_multi",
        "new value",
        "$.results[].media_type",
        '"movie" or "tv" or "person" or "collection"',
        "'music'",
        1,
        2,
        "/3/search/multi?query=Jobs&page=1&include_adult=false",
    ),
]


def test_drift_of_six_types_is_reported(run: Run, fake: FakeTMDB, as_user: None) -> None:
    list_one(fake)
    plant_six(fake)
    ran = run("--json")
    assert ran.status == 1
    assert sorted(tuple(one.values()) for one in ran.json["drift"]) == SIX
    assert (ran.json["unseen"], ran.json["failures"]) == ([], [])
    assert ran.json["title"] == "TMDB's responses differ from the spec in 6 places of 6 operations"


def test_the_text_report(run: Run, server: FakeTMDBServer, as_user: None) -> None:
    list_one(server.fake)
    plant_six(server.fake)
    (multi_search,) = (
        f"{operation_id}: {path}: expected {expected}, got {got} (1 of 2 responses, {request})"
        for operation_id, _, path, expected, got, _, _, request in SIX
        if operation_id == "search_multi"
    )
    asked = len(bundle()["x-requests"])
    assert run().out.splitlines() == [
        "New",
        "  movies_popular: $.results[].mood: string (1 of 2 responses, /3/movie/popular?page=1)",
        f"  {multi_search}",
        "",
        "Gone",
        "  configuration_jobs: 404 to each of 1 requests, such as /3/configuration/jobs",
        "  people_details: $.popularity: missing (1 of 3 responses, /3/person/62)",
        "",
        "Changed",
        "  companies_details: $.name: expected string, got null (1 of 3 responses, /3/company/1)",
        "  networks_details: $.id: expected integer, got string (2 of 2 responses, /3/network/49)",
        "",
        (
            "TMDB's responses differ from the spec in 6 places of 6 operations: "
            f"{asked - 1} responses to {asked} requests of 147 operations, from {server.base_url}"
        ),
    ]


def test_the_json_has_title_and_body_for_an_issue(run: Run, fake: FakeTMDB) -> None:
    plant_six(fake)
    first, second = run("--json", "--tag", "search", "--tag", "people"), run("--json", "--tag", "search", "--tag", "people")
    assert first.out == second.out
    assert list(first.json) == [
        *("ok", "title", "body", "base_url", "operations", "requests", "responses"),
        *("drift", "unseen", "failures", "skipped"),
    ]
    assert "### Gone\n\n- `people_details: $.popularity: missing (1 of 3 responses, /3/person/62)`\n" in first.json["body"]
    assert "make generate" in first.json["body"]


@pytest.mark.parametrize(
    ("response", "found"),
    [
        (changed("people/latest", birthday="soon"), ("retyped", "$.birthday", "another string")),
        (changed("people/latest", known_for_department="Catering"), ("new value", "$.known_for_department", "'Catering'")),
        (changed("people/latest", known_for_department=SENTENCE), ("new value", "$.known_for_department", "string")),
        (changed("people/latest", known_for_department=TOKEN), ("new value", "$.known_for_department", "string")),
        (changed("people/latest", **{TOKEN: 1}), ("new key", "$['…']", "integer")),
        (b"<html>", ("unreadable", "$", "something else")),
        ([], ("retyped", "$", "array")),
        (b"null", ("null", "$", "null")),
    ],
    ids=["form", "word", "sentence for a word", "token for a word", "token for a key", "HTML", "array", "null"],
)
def test_a_mismatch_does_not_quote_the_response(run: Run, fake: FakeTMDB, response: Any, found: tuple[str, ...]) -> None:
    fake.add("GET", "/3/person/latest", response)
    ran = run("--json", "--tag", "people")
    assert [(one["kind"], one["path"], one["got"]) for one in ran.json["drift"]] == [found]
    assert SENTENCE not in ran.out
    assert TOKEN not in ran.out


def test_the_same_drift_in_many_rows_is_one_finding(run: Run, fake: FakeTMDB) -> None:
    response = body("movies/watch_providers")
    assert len(response["results"]) > 1
    for country in response["results"].values():
        country["since"] = "2026-01-01"
    fake.add("GET", "/3/movie/157336/watch/providers", response)
    (one,) = run("--json", "--tag", "movies").json["drift"]
    assert (one["path"], one["responses"], one["of"]) == ("$.results.{}.since", 1, 2)


def test_a_missing_appended_part_is_drift(run: Run, fake: FakeTMDB) -> None:
    response = body("collections/details.appended")
    del response["translations"]
    fake.add("GET", "/3/collection/10", response, query={"append_to_response": "images,translations"})
    (one,) = run("--json", "--tag", "collections").json["drift"]
    assert (one["kind"], one["path"], one["expected"]) == ("gone key", "$.translations", "the appended part")


@pytest.mark.parametrize("status", [301, 401, 403, 410, 422])
def test_a_status_other_than_success_is_drift(run: Run, fake: FakeTMDB, status: int) -> None:
    fake.add("GET", "/3/trending/all/{time_window}", {"status_message": SENTENCE}, status=status)
    ran = run("--json", "--tag", "trending")
    assert [(one["kind"], one["expected"], one["got"], one["responses"]) for one in ran.json["drift"]] == [("status", "200", str(status), 2)]
    assert SENTENCE not in ran.out


def test_an_operation_with_404_only_is_gone(run: Run, fake: FakeTMDB) -> None:
    fake.add("GET", "/3/movie/{movie_id}/lists", {}, status=404)
    assert [(one["operation_id"], one["kind"]) for one in run("--json", "--tag", "movies").json["drift"]] == [("movies_lists", "gone operation")]


def test_a_missing_optional_key_is_reported_without_drift(run: Run, fake: FakeTMDB) -> None:
    fake.add("GET", "/3/movie/{movie_id}/keywords", changed("movies/keywords.fight_club", id=...))
    ran = run("--json", "--tag", "movies")
    assert (ran.status, ran.json["drift"]) == (0, [])
    assert [(one["operation_id"], one["path"], one["request"]) for one in ran.json["unseen"]] == [("movies_keywords", "$.id", "/3/movie/550/keywords")]
    assert "No longer seen" in run("--tag", "movies").out


def test_a_missing_optional_key_of_rows_is_unseen(run: Run, fake: FakeTMDB) -> None:
    page = body("search/multi")
    for row in page["results"]:
        row.pop("softcore", None)
    fake.add("GET", "/3/search/multi", page)
    before = [row for name in ("search/multi", "search/multi.arrow") for row in body(name)["results"]]
    assert any("softcore" in row for row in before)
    ran = run("--json", "--tag", "search")
    assert (ran.status, [(one["operation_id"], one["path"]) for one in ran.json["unseen"]]) == (0, [("search_multi", "$.results[].softcore")])


def test_a_key_in_one_of_the_responses_is_not_missing(run: Run, fake: FakeTMDB) -> None:
    fake.add("GET", "/3/movie/550/keywords", changed("movies/keywords.fight_club", id=...))
    assert run("--json", "--tag", "movies").json["unseen"] == []


# Inconclusive runs


def test_inconclusive_responses_are_no_drift(run: Run, fake: FakeTMDB, monkeypatch: pytest.MonkeyPatch) -> None:
    FakeClock(monkeypatch)
    fake.add("GET", "/3/company/3/images", {}, status=404)
    fake.add("GET", "/3/company/25/images", {}, status=503)
    fake.add("GET", "/3/company/25", {}, status=429)
    ran = run("--json", "--tag", "companies")
    assert (ran.status, ran.json["drift"]) == (0, [])
    assert [(one["request"], one["reason"]) for one in ran.json["failures"]] == [
        ("/3/company/25?append_to_response=movies,alternative_names,images", "HTTP 429"),
        ("/3/company/3/images", "HTTP 404"),
        ("/3/company/25/images", "HTTP 503"),
    ]
    assert "Inconclusive\n  companies_details: HTTP 429 " in run("--tag", "companies").out


def test_without_a_credential_no_request_is_sent(run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("TMDB_ACCESS_TOKEN")
    assert drift.main([]) == 2
    assert "TMDB_ACCESS_TOKEN" in capsys.readouterr().err


def test_a_local_server_needs_no_credential(run: Run, fake: FakeTMDB, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMDB_ACCESS_TOKEN")
    assert run("--tag", "genres").status == 0


def test_remote_requests_share_one_rate_limit(server: FakeTMDBServer, as_user: None) -> None:
    with closing(live.API(bundle(), "https://api.example.org")) as api:
        requests = [Request.of(Operations(bundle()), "GET", url) for url in ("/3/configuration", "/3/account", "/4/account/{account_object_id}/lists")]
        (limit,) = {api._client_for(request)._shared.rate_limit for request in requests}
        assert limit is not None
        assert limit.per_second == 40


def test_the_environment_sets_the_server(run: Run, server: FakeTMDBServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMDB_BASE_URL", server.base_url)
    assert drift.main(["--tag", "genres"]) == 0
    assert {request.operation_id for request in server.fake.requests} == {"authentication_validate_key", "genres_movie", "genres_tv"}


def test_a_rejected_credential_is_reported_after_one_request(run: Run, fake: FakeTMDB) -> None:
    fake.fail_next(status=401, code=7)
    ran = run()
    assert (ran.status, ran.out, len(fake.requests)) == (2, "", 1)
    assert "does not accept the credential: HTTP 401, TMDB code 7" in ran.err
    assert TOKEN not in ran.err


@pytest.mark.parametrize("url", ["ftp://example.org", "http://[", "http://user:secret@127.0.0.1"])
def test_an_invalid_base_url_is_rejected(server: FakeTMDBServer, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert drift.main(["--base-url", url]) == 2
    err = capsys.readouterr().err
    assert "base_url" in err
    assert "secret" not in err


def test_a_server_that_does_not_respond_is_reported(server: FakeTMDBServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    FakeClock(monkeypatch)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        assert drift.main(["--base-url", url]) == 2
    assert f"no response from {url} (APIConnectionError)" in capsys.readouterr().err


def test_a_lost_network_ends_the_run(server: FakeTMDBServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    FakeClock(monkeypatch)
    with raw_server(breaks_off(http_response(b"{}", Connection="close")), breaks_off()) as hanging_up:
        assert drift.main(["--base-url", hanging_up.url]) == 2
    assert f"no response from {hanging_up.url} to 3 requests in a row" in capsys.readouterr().err


def test_a_run_without_a_response_is_an_error(run: Run, fake: FakeTMDB) -> None:
    fake.add("GET", "/3/genre/movie/list", {}, status=429)
    fake.add("GET", "/3/genre/tv/list", {}, status=404)
    ran = run("--tag", "genres")
    assert (ran.status, ran.out) == (2, "")
    assert "to 2 requests: genres_movie: HTTP 429 (/3/genre/movie/list?language=en)" in ran.err


def test_a_server_with_404_only_is_an_error(run: Run, fake: FakeTMDB) -> None:
    for path in ("/3/certification/movie/list", "/3/certification/tv/list"):
        fake.add("GET", path, b"<html>", status=404)
    ran = run("--tag", "certifications")
    assert (ran.status, ran.out) == (2, "")
    assert "to 2 requests: certifications_movie: 404 to each of 1 requests" in ran.err


def test_a_run_with_skipped_requests_only_is_an_error(run: Run) -> None:
    ran = run("--tag", "account")
    assert (ran.status, ran.out) == (2, "")
    assert "to 0 requests: all requests need a user's credentials" in ran.err


def test_an_unknown_tag_is_rejected(run: Run) -> None:
    with pytest.raises(SystemExit) as caught:
        run("--tag", "movie")
    assert caught.value.code == 2


def test_the_command_runs(server: FakeTMDBServer) -> None:
    command = [sys.executable, "-m", "generator.evidence.live_check", "--base-url", server.base_url, "--tag", "certifications", "--json"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr, json.loads(ran.stdout)["ok"]) == (0, "", True)
