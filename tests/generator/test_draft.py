"""`make draft` writes a new operation from responses: what it saw, in the words of the spec, with marks for what a person has to decide; or nothing."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml

from generator.bundle import Spec
from generator.lint import lint
from generator.recordings import draft
from tests.conftest import ROOT, TOKEN, fixture_named
from tests.generator.sample_spec import OPENAPI, edited, schema, written
from tmdbkit.testing import FakeTMDB, FakeTMDBServer

AWARDS = "/3/movie/{movie_id}/awards"
SENTENCE = "Nobody but the one who wrote this long sentence may say where it is printed again."
MAIL, JWT = "jane.doe@example.org", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzb21lYm9keSJ9.c2lnbmF0dXJl"
MORE = """\
  genres: {type: array, items: {$ref: Genre.yaml}}
  overview: {type: string, x-redact: prose}
  poster_path: {$ref: ImagePath.yaml}
  updated_at: {$ref: Timestamp.yaml}
  avatar_path: {$ref: ImagePath.yaml, x-redact: personal}
  username: {type: string, x-redact: personal}
  watch/providers"""
TIMESTAMP = r"""
type: string
description: A moment.
pattern: '^\d{4}-\d\d-\d\d(T[0-9:.]+Z| [0-9:]+ UTC)$'
"""


@attrs.frozen
class Ran:
    """What a run of the command gave."""

    status: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def fake(server: FakeTMDBServer) -> FakeTMDB:
    return server.fake


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a small spec and its fixtures."""
    edits = [
        (schema("MovieDetails"), "  watch/providers", MORE),
        (schema("Genre"), "", "type: object\ndescription: A genre.\nrequired: [id, name]\nproperties:\n  id: {type: integer}\n  name: {type: string}\n"),
        (schema("ImagePath"), "", "type: [string, 'null']\ndescription: The path of an image.\n"),
        (schema("Timestamp"), "", TIMESTAMP.lstrip()),
    ]
    written(tmp_path / "project", edited(*edits))
    return tmp_path / "project"


@pytest.fixture
def run(server: FakeTMDBServer, project: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Drafts an operation from the server."""

    def run(*arguments: str) -> Ran:
        status = draft.main([*arguments, "--base-url", server.base_url, "--root", str(project)])
        return Ran(status, *capsys.readouterr())

    return run


@pytest.fixture
def drafted(run: Run, fake: FakeTMDB, project: Path) -> Callable[..., dict[str, Any]]:
    """Drafts the awards of movies from bodies, and gives the new schemas."""

    def drafted(*bodies: Any) -> dict[str, Any]:
        before = set((project / "spec/schemas").iterdir())
        for number, body in enumerate(bodies, 1):
            fake.add("GET", f"/3/movie/{number}/awards", body, new=True)
        ran = run(AWARDS, *map(str, range(1, len(bodies) + 1)))
        assert ran.status == 0, ran.err
        return {path.stem: yaml.safe_load(path.read_text()) for path in set((project / "spec/schemas").iterdir()) - before}

    return drafted


def contents(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def read(project: Path, file: str) -> str:
    return (project / file).read_text(encoding="utf-8")


def fixture(project: Path, name: str) -> Any:
    return json.loads(read(project, f"tests/fixtures/{name}.json"))


def properties(**values: Any) -> dict[str, Any]:
    """An object with one award."""
    return {"id": 1, "awards": [values]}


# What is written


def test_a_draft_is_sound_but_for_its_marks(run: Run, fake: FakeTMDB, project: Path) -> None:
    fake.add("GET", "/3/movie/550/awards", properties(name="Best Sound", year=2000, place={"city": "Berlin", "at": 7}), new=True)
    ran = run(AWARDS, "550")
    assert ran.status == 0
    findings = lint(Spec(project / "spec", project))
    assert {finding.rule for finding in findings} == {"draft"}
    assert all(f"{finding.location}: {finding.message}" in ran.out for finding in findings)
    for path in (project / "spec").rglob("*.yaml"):
        path.write_text(re.sub(r"(^|  )# TODO\(draft\).*\n", lambda mark: "" if not mark[1] else "\n", path.read_text(), flags=re.MULTILINE))
    assert lint(Spec(project / "spec", project)) == []


def test_the_files_are_listed(run: Run, fake: FakeTMDB) -> None:
    fake.add("GET", "/3/movie/550/awards", properties(name="Best Sound"), new=True)
    assert re.findall(r"^wrote  (.+)$", run(AWARDS, "550").out, re.MULTILINE) == [
        "spec/schemas/MovieAward.yaml",
        "spec/schemas/MovieAwards.yaml",
        "spec/paths/movies/awards.yaml",
        "spec/openapi.yaml",
        "tests/fixtures/movies/awards.json",
    ]


def test_the_path_file(run: Run, fake: FakeTMDB, project: Path) -> None:
    fake.add("GET", "/3/movie/550/awards", properties(name="Best Sound"), new=True)
    run(AWARDS, "550")
    operation = yaml.safe_load(read(project, "spec/paths/movies/awards.yaml"))["get"]
    assert (operation["operationId"], operation["x-undocumented"]) == ("movies_awards", True)
    assert list(operation["responses"]) == ["200"], "what every operation has is not written"
    assert operation["parameters"] == [{"$ref": "../../parameters/movie_id.yaml"}]
    assert operation["responses"]["200"]["content"]["application/json"]["schema"] == {"$ref": "../../schemas/MovieAwards.yaml"}


def test_the_root_has_a_line_in_its_place(run: Run, fake: FakeTMDB, project: Path) -> None:
    fake.add("GET", "/3/movie/550/awards", properties(name="Best Sound"), new=True)
    run(AWARDS, "550")
    assert re.findall(r"^  (/\S+):", read(project, OPENAPI), re.MULTILINE) == [
        "/3/movie/{movie_id}/awards",
        "/3/movie/{movie_id}",
        "/3/movie/{movie_id}/rating",
        "/3/movie/{movie_id}/videos",
        "/3/search/multi",
    ]


def test_the_fixture_is_the_response_that_shows_most(run: Run, fake: FakeTMDB, project: Path) -> None:
    fake.add("GET", "/3/movie/1/awards", {"id": 1, "awards": []}, new=True)
    fake.add("GET", "/3/movie/2/awards", properties(name="Best Sound"), new=True)
    run(AWARDS, "1", "2")
    written = fixture(project, "movies/awards")
    assert (written["evidence"], written["request"]["path"]) == ("written", "/3/movie/2/awards")
    assert written["response"]["body"] == {"id": 1, "awards": [{"name": "Best Sound"}]}


def test_plain_values(drafted: Callable[..., dict[str, Any]]) -> None:
    first = properties(count=7, large=2**40, score=7.5, mixed=7, won=True, note="")
    second = properties(count=8, large=1, score=7, mixed="x", won=None, note="no")
    assert drafted(first, second)["MovieAward"]["properties"] == {
        "count": {"type": "integer"},
        "large": {"type": "integer", "format": "int64"},
        "mixed": {"description": "One of several types: integer, string."},
        "note": {"type": "string"},
        "score": {"type": "number"},
        "won": {"type": ["boolean", "null"]},
    }


def test_quirks_of_the_wire_are_recognised(drafted: Callable[..., dict[str, Any]]) -> None:
    first = properties(day="1999-10-15", at="2018-06-09T17:51:53.079Z", logo="/abc.png", plain="yesterday")
    second = properties(day="", at="2018-06-09 17:51:53 UTC", logo=None, plain="1999-10-15")
    assert drafted(first, second)["MovieAward"]["properties"] == {
        "at": {"$ref": "Timestamp.yaml"},
        "day": {"$ref": "Day.yaml"},
        "logo": {"$ref": "ImagePath.yaml"},
        "plain": {"type": "string"},
    }


def test_null_beside_a_reference(drafted: Callable[..., dict[str, Any]]) -> None:
    schemas = drafted(properties(at="2018-06-09 17:51:53 UTC"), properties(at=None))
    assert schemas["MovieAward"]["properties"]["at"] == {"anyOf": [{"$ref": "Timestamp.yaml"}, {"type": "null"}]}


def test_a_known_property_is_what_it_is_elsewhere(drafted: Callable[..., dict[str, Any]]) -> None:
    assert drafted(properties(overview="Short."))["MovieAward"]["properties"] == {"overview": {"type": "string", "x-redact": "prose"}}


def test_one_key_of_a_user_makes_no_user(drafted: Callable[..., dict[str, Any]]) -> None:
    schemas = drafted(properties(username="janedoe", city="Berlin"))
    assert schemas["MovieAward"]["properties"] == {"city": {"type": "string"}, "username": {"type": "string", "x-redact": "personal"}}


def test_a_map_by_country(drafted: Callable[..., dict[str, Any]]) -> None:
    schemas = drafted({"id": 1, "places": {"DE": {"won": 1}, "US": {"won": 2, "lost": 3}}})
    assert schemas["MovieAwards"]["properties"]["places"] == {"$ref": "MovieAwardPlacesByCountry.yaml"}
    assert schemas["MovieAwardPlacesByCountry"]["additionalProperties"] == {"$ref": "CountryMovieAwardPlaces.yaml"}
    assert schemas["CountryMovieAwardPlaces"]["required"] == ["won"]


def test_a_map_by_ids(drafted: Callable[..., dict[str, Any]]) -> None:
    schemas = drafted({"id": 1, "comments": {"movie:550": "", "tv:1399": None}})
    assert schemas["MovieAwards"]["properties"]["comments"] == {"$ref": "MovieAwardCommentsMap.yaml"}
    assert schemas["MovieAwardCommentsMap"]["additionalProperties"] == {"type": ["string", "null"]}


def test_keys_that_were_absent_are_not_required(drafted: Callable[..., dict[str, Any]], project: Path) -> None:
    schemas = drafted(properties(name="Best Sound", year=2000), properties(name="Best Film"))
    assert schemas["MovieAward"]["required"] == ["name"]
    lines = read(project, schema("MovieAward")).splitlines()
    assert "required: [name]  # TODO(draft): required? each was seen in 2 of 2" in lines
    assert "  year: {type: integer}  # TODO(draft): seen in 1 of 2; null never seen, once" in lines


def test_what_was_not_seen_is_asked(drafted: Callable[..., dict[str, Any]], project: Path) -> None:
    drafted({"id": 1, "prizes": [], "jury": None, "place": {}})
    assert read(project, schema("MovieAwards")).splitlines()[-4:] == [
        "  id: {type: integer}",
        "  jury: {description: Null wherever it was seen.}  # TODO(draft): only null seen, once",
        "  place: {description: An object of keys not seen yet.}  # TODO(draft): what can it hold?",
        "  prizes: {type: array, items: {description: Not seen yet.}}  # TODO(draft): null never seen, once; no element seen, once",
    ]


def test_rows_of_several_kinds_are_asked_about(drafted: Callable[..., dict[str, Any]], project: Path) -> None:
    drafted({"id": 1, "awards": [{"media_type": "movie", "jury": 1}, {"media_type": "tv", "jury": 2}]})
    assert "a union, with a name for each?" in read(project, schema("MovieAwards"))


# What exists already


def test_a_known_schema_is_taken_under_its_own_key(drafted: Callable[..., dict[str, Any]]) -> None:
    schemas = drafted({"id": 1, "genres": [{"id": 1, "name": "Drama"}], "category": {"id": 1, "name": "Sound"}})
    assert schemas["MovieAwards"]["properties"]["genres"] == {"type": "array", "items": {"$ref": "Genre.yaml"}}
    assert schemas["MovieAwards"]["properties"]["category"] == {"$ref": "MovieAwardCategory.yaml"}


@pytest.mark.parametrize(
    ("recorded", "path", "expected"),
    [
        ("movies/popular", "/3/movie/cheered", "MoviePage"),
        ("tv_series/popular", "/3/tv/cheered", "TVPage"),
        ("movies/credits", "/3/movie/{movie_id}/crowd", "MovieCredits"),
        ("movies/watch_providers", "/3/movie/{movie_id}/watch/deals", "WatchProviders"),
    ],
)
def test_a_response_like_another_is_of_the_same_schema(
    server: FakeTMDBServer, tmp_path: Path, recorded: str, path: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draft, "lint", lambda spec: [])
    for folder in ("spec", "tests/fixtures"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    server.fake.add("GET", path, fixture_named(recorded)["response"]["body"], new=True)
    assert draft.main([path, *(["550"] if "{" in path else []), "--base-url", server.base_url, "--root", str(tmp_path)]) == 0
    (new,) = {path.relative_to(tmp_path) for path in tmp_path.glob("spec/*/**/*.yaml")} - {path.relative_to(ROOT) for path in ROOT.glob("spec/*/**/*.yaml")}
    assert f"schemas/{expected}.yaml" in read(tmp_path, str(new))
    assert f"- {path.replace('{movie_id}', '550')}\n" in read(tmp_path, "spec/requests.yaml")


# What is asked


def test_a_path_with_several_ids(run: Run, fake: FakeTMDB, project: Path) -> None:
    fake.add("GET", "/3/tv/1399/season/1/moods", [{"mood": "grim"}], new=True)
    fake.add("GET", "/3/tv/1396/season/2/moods", [{"mood": None}], new=True)
    ids = ["series_id=1399", "season_number=1", "series_id=1396", "season_number=2"]
    assert run("/3/tv/{series_id}/season/{season_number}/moods", *ids, "--tag", "tv_seasons").status == 0
    assert [request.path for request in fake.requests[1:]] == ["/3/tv/1399/season/1/moods", "/3/tv/1396/season/2/moods"]
    operation = yaml.safe_load(read(project, "spec/paths/tv_seasons/moods.yaml"))["get"]
    assert [parameter["name"] for parameter in operation["parameters"]] == ["series_id", "season_number"]
    assert operation["responses"]["200"]["content"]["application/json"]["schema"] == {"type": "array", "items": {"$ref": "../../schemas/TVSeasonMood.yaml"}}


def test_a_query(run: Run, fake: FakeTMDB, project: Path) -> None:
    fake.add("GET", "/3/movie/550/awards", properties(name="Best Sound"), query={"category": "sound", "page": "2"}, new=True)
    assert run(AWARDS, "550", "--query", "category=sound&page=2").status == 0
    parameters = yaml.safe_load(read(project, "spec/paths/movies/awards.yaml"))["get"]["parameters"]
    assert parameters[1:] == [
        {"name": "category", "in": "query", "description": "The category.", "schema": {"type": "string", "minLength": 1}},
        {"$ref": "../../parameters/page.yaml"},
    ]
    assert fixture(project, "movies/awards")["request"]["query"] == {"category": "sound", "page": "2"}


def test_a_page_takes_a_page(run: Run, fake: FakeTMDB, project: Path) -> None:
    fake.add("GET", "/3/movie/550/awards", {"page": 1, "results": [{"prize": "Best Sound"}], "total_pages": 1, "total_results": 1}, new=True)
    assert run(AWARDS, "550").status == 0
    assert {"$ref": "../../parameters/page.yaml"} in yaml.safe_load(read(project, "spec/paths/movies/awards.yaml"))["get"]["parameters"]
    assert yaml.safe_load(read(project, schema("MovieAwardPage")))["properties"]["results"]["items"] == {"$ref": "MovieAwardRow.yaml"}


def test_a_new_tag_is_declared(run: Run, fake: FakeTMDB, project: Path) -> None:
    fake.add("GET", "/3/award/7", {"id": 7, "name": "Best Sound"}, new=True)
    assert run("/3/award/{award_id}", "7").status == 0
    assert [tag["name"] for tag in yaml.safe_load(read(project, OPENAPI))["tags"]] == ["awards", "movies", "search"]
    assert yaml.safe_load(read(project, "spec/paths/awards/details.yaml"))["get"]["operationId"] == "awards_details"


def test_tag_and_action_can_be_given(run: Run, fake: FakeTMDB, project: Path) -> None:
    fake.add("GET", "/3/movie/550/awards", properties(name="Best Sound"), new=True)
    assert run(AWARDS, "550", "--tag", "search", "--action", "prizes").status == 0
    assert yaml.safe_load(read(project, "spec/paths/search/prizes.yaml"))["get"]["operationId"] == "search_prizes"


# Redaction


def test_prose_and_secrets_are_replaced(drafted: Callable[..., dict[str, Any]], project: Path) -> None:
    schemas = drafted(properties(speech=SENTENCE, contact=MAIL, key=JWT))
    assert schemas["MovieAward"]["properties"] == {
        "contact": {"type": "string", "x-redact": "credential"},
        "key": {"type": "string", "x-redact": "credential"},
        "speech": {"type": "string", "x-redact": "prose"},
    }
    everything = b"".join(contents(project).values()).decode()
    assert [text for text in (SENTENCE, MAIL, JWT) if text in everything] == []
    assert fixture(project, "movies/awards")["response"]["body"]["awards"] == [{"contact": "contact", "key": "key", "speech": "The speech in our own words."}]


def test_what_a_user_is_called_is_replaced(drafted: Callable[..., dict[str, Any]], project: Path) -> None:
    drafted(properties(username="janedoe", avatar_path="/jane.jpg", city="Janestown", mail=MAIL))
    assert "jane" not in b"".join(contents(project).values()).decode().lower()


# Rejected drafts


def rejection(run: Run, project: Path, *arguments: str) -> str:
    """The reason why a draft is rejected; nothing is written."""
    before = contents(project)
    ran = run(*arguments)
    assert (ran.status, ran.out) == (1, "")
    assert contents(project) == before
    return ran.err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["/3/movie/550/awards"], "/3/movie/550/awards is not of the form /3/movie/{movie_id}/awards"),
        (["/3/movie/{movie_id}/videos", "550"], "the spec has GET /3/movie/{movie_id}/videos already: movies_videos"),
        (["/3/movie/{id}/awards", "550"], "the spec calls {id} {movie_id}, as in /3/movie/{movie_id}"),
        ([AWARDS], "no value for movie_id"),
        ([AWARDS, "person_id=31"], "person_id=31 matches no parameter of the path: movie_id=…"),
        ([AWARDS, "550", "--method", "POST"], "only GET is drafted"),
        ([AWARDS, "550", "--query", "session_id=1"], "session_id is a credential; it comes from the environment"),
        ([AWARDS, "550", "--query", f"as={MAIL}"], "looks like a credential"),
        ([AWARDS, "550", "--action", "videos"], "the spec has an operation movies_videos already"),
        ([AWARDS, "550", "--action", "Best-Of"], "'Best-Of' is not in snake_case"),
    ],
)
def test_invalid_arguments_are_rejected_before_any_request(run: Run, fake: FakeTMDB, project: Path, arguments: list[str], reason: str) -> None:
    assert reason in rejection(run, project, *arguments)
    assert fake.requests == []


@pytest.mark.parametrize(
    ("id_", "reason"),
    [
        ("404", "TMDB responds to /3/movie/404/awards with HTTP 404"),
        ("1", "is not a JSON object or array, or is empty"),
        ("2", "is not a JSON object or array, or is empty"),
        ("3", "a key of the response to /3/movie/3/awards looks like a credential"),
        ("4", "it repeats a credential where the spec marks none"),
        ("nobody", "/3/movie/nobody/awards is not /3/movie/{movie_id}/awards by the parameters that the spec has"),
    ],
)
def test_a_response_that_cannot_be_used_is_rejected(run: Run, fake: FakeTMDB, project: Path, id_: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMDB_SESSION_ID", "planted_name")
    for number, body in enumerate(({}, b"<html>", {"awards": {MAIL: 1}}, {"planted_name": 1}), 1):
        fake.add("GET", f"/3/movie/{number}/awards", body, new=True)
    error = rejection(run, project, AWARDS, id_)
    assert reason in error
    assert [text for text in (MAIL, "planted_name", TOKEN) if text in error] == []


def test_a_credential_in_a_response_that_is_no_fixture_is_rejected(run: Run, fake: FakeTMDB, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMDB_SESSION_ID", "planted_name")
    fake.add("GET", "/3/movie/1/awards", {"planted_name": 1}, new=True)
    fake.add("GET", "/3/movie/2/awards", {"best": 1, "worst": 2, "other": 3}, new=True)
    assert "a credential of the environment is in the response" in rejection(run, project, AWARDS, "1", "2")


def test_objects_and_arrays_do_not_mix(run: Run, fake: FakeTMDB, project: Path) -> None:
    fake.add("GET", "/3/movie/1/awards", [1], new=True)
    fake.add("GET", "/3/movie/2/awards", {"id": 2}, new=True)
    assert "some responses are objects, and some are arrays" in rejection(run, project, AWARDS, "1", "2")


@pytest.mark.parametrize("file", [schema("MovieAward"), "spec/paths/movies/awards.yaml", "tests/fixtures/movies/awards.json"])
def test_no_file_is_overwritten(run: Run, fake: FakeTMDB, project: Path, file: str) -> None:
    fake.add("GET", "/3/movie/550/awards", properties(name="Best Sound"), new=True)
    (project / file).write_text("type: string\n" if file.endswith("yaml") else "{}")
    assert f"{file} exists already" in rejection(run, project, AWARDS, "550")


@pytest.mark.parametrize("failing", range(5))
def test_a_failed_write_leaves_nothing(run: Run, fake: FakeTMDB, project: Path, failing: int, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.add("GET", "/3/award/7", {"id": 7, "place": {"city": "Berlin"}}, new=True)
    replaced, real = [], Path.replace

    def replace(self: Path, target: Path) -> Path:
        if len(replaced) == failing:
            raise OSError(28, "No space left on device")
        replaced.append(target)
        return real(self, target)

    before, folders = contents(project), set(project.rglob("*"))
    monkeypatch.setattr(Path, "replace", replace)
    ran = run("/3/award/{award_id}", "7")
    assert (ran.status, ran.out) == (2, "")
    assert "No space left on device" in ran.err
    assert (contents(project), set(project.rglob("*"))) == (before, folders)


def test_without_a_credential_no_request_is_sent(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("TMDB_ACCESS_TOKEN", raising=False)
    monkeypatch.delenv("TMDB_API_KEY", raising=False)
    monkeypatch.delenv("TMDB_BASE_URL", raising=False)
    assert draft.main([AWARDS, "550", "--root", str(project)]) == 2
    assert "TMDB_ACCESS_TOKEN" in capsys.readouterr().err
