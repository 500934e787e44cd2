"""`spec/differences.md` says where this spec and TMDB's own description differ, with the reasons that are written down, and nothing that is out of date."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from generator.evidence import differences as module
from generator.evidence.differences import DOCUMENT, Difference, Own, Reasons, differences
from generator.evidence.official import OfficialDescriptionError, facts_of, write_state
from generator.paths import SPEC
from tests.generator.sample_spec import SAMPLE_SPEC, Edit, edited, written

Text = dict[str, Any]


def parameter(name: str, place: str = "query", **schema: Any) -> Text:
    return {"name": name, "in": place, "schema": schema or {"type": "string"}, **({"required": True} if place == "path" else {})}


def responding(status: str, schema: Text, *parameters: Text, **others: Any) -> Text:
    return {"parameters": list(parameters), "responses": {status: {"content": {"application/json": {"schema": schema}}}}, **others}


MOVIE_ID = parameter("movie_id", "path", type=["string", "integer"])
STATUS = {"type": "object", "properties": {"status_code": {"type": "integer"}, "status_message": {"type": "string"}}}
VALUE = {"content": {"application/json": {"schema": {"type": "object", "properties": {"value": {"type": "number"}}}}}}
MOVIE = {"id": "integer", "title": "string", "release_date": "string", "status": "string", "watch/providers": "string"}

PATHS: Text = {
    "/3/movie/{movie_id}": {
        "get": responding(
            "200",
            {
                "type": "object",
                "properties": {
                    **{name: {"type": kind} for name, kind in MOVIE.items()},
                    "homepage": {},
                    "names": {"type": "object", "additionalProperties": {"type": "string"}},
                },
            },
            MOVIE_ID,
            parameter("append_to_response", type="array", items={"type": "string", "enum": ["videos"]}),
        )
    },
    "/3/movie/{movie_id}/rating": {"post": responding("201", STATUS, MOVIE_ID, requestBody=VALUE), "delete": responding("200", STATUS, MOVIE_ID)},
    "/3/movie/{movie_id}/videos": {
        "get": responding(
            "200", {"type": "object", "properties": {"id": {"type": "integer"}, "results": {"type": "array", "items": {"type": "string"}}}}, MOVIE_ID
        )
    },
    "/3/search/multi": {
        "get": responding(
            "200",
            {
                "type": "array",
                "items": {"type": "object", "properties": {"media_type": {"type": "string"}, "id": {"type": "integer"}, "rated": {"type": "boolean"}}},
            },
            parameter("page", type="integer"),
            parameter("release_date.gte", type="string", format="date"),
        )
    },
}
"""An official description that says what the sample spec says, but for null and absence."""

Change = tuple[str, str, str]
"""A path and method of the text, what stands there, and what shall."""


def compare(tmp_path: Path, *edits: Edit, paths: Text = PATHS, reasons: dict[str, Any] | None = None) -> list[Difference]:
    """The differences but for null and absence."""
    known = Reasons(reasons or {})
    own = Own(written(tmp_path, edited(*edits)).bundle, known.paths)
    return [one for one in differences(facts_of({"paths": paths}), own, known) if one.kind not in ("null", "absent")]


def with_response(path: str, schema: Text) -> Text:
    """The text, with another response of a GET."""
    operation = PATHS[path]["get"]
    return {**PATHS, path: {"get": {**operation, "responses": {"200": {"content": {"application/json": {"schema": schema}}}}}}}


def with_parameters(path: str, *parameters: Text) -> Text:
    return {**PATHS, path: {"get": {**PATHS[path]["get"], "parameters": list(parameters)}}}


# What differs


def test_texts_that_say_the_same_do_not_differ(tmp_path: Path) -> None:
    assert compare(tmp_path) == []


def test_an_operation_that_only_one_has(tmp_path: Path) -> None:
    paths = {**PATHS, "/3/job/list": {"get": responding("200", STATUS)}}
    del paths["/3/search/multi"]
    assert compare(tmp_path, paths=paths) == [
        Difference("operation", "GET /3/search/multi", ("search_multi",), "", "GET /3/search/multi"),
        Difference("missing_operation", "GET /3/job/list", ("GET /3/job/list",), "GET /3/job/list", ""),
    ]


def test_another_path(tmp_path: Path) -> None:
    paths = {path.replace("/3/search/multi", "/3/multi"): item for path, item in PATHS.items()}
    assert compare(tmp_path, paths=paths, reasons={"paths": {"GET /3/multi": "GET /3/search/multi"}}) == [
        Difference("path", "search_multi", ("search_multi",), "GET /3/multi", "GET /3/search/multi")
    ]


def test_another_body_and_status(tmp_path: Path) -> None:
    opaque = {"content": {"application/json": {"schema": {"type": "object", "properties": {"RAW_BODY": {"type": "string"}}}}}}
    rating = {**PATHS["/3/movie/{movie_id}/rating"], "post": responding("200", STATUS, MOVIE_ID, requestBody=opaque)}
    assert compare(tmp_path, paths={**PATHS, "/3/movie/{movie_id}/rating": rating}) == [
        Difference("body", "movies_add_rating", ("movies_add_rating",), "RAW_BODY", "RatingRequest"),
        Difference("status", "movies_add_rating", ("movies_add_rating",), "200", "201"),
    ]


def test_other_parameters(tmp_path: Path) -> None:
    search = with_parameters("/3/search/multi", parameter("page"), parameter("session_id"), parameter("region"))
    assert compare(tmp_path, paths=search) == [
        Difference("credential", "search_multi query session_id", ("search_multi",), "string", "`session_id` in `security`"),
        Difference("parameter", "search_multi query release_date.gte", ("search_multi",), "", "string (date)"),
        Difference("missing_parameter", "search_multi query region", ("search_multi",), "string", ""),
        Difference("parameter_type", "search_multi query page", ("search_multi",), "string", "integer"),
    ]


def test_a_parameter_with_other_words(tmp_path: Path) -> None:
    path = "/3/movie/{movie_id}"
    details = with_parameters(path, MOVIE_ID, parameter("append_to_response", type="string", enum=["videos", ""]))
    assert compare(tmp_path, paths=details) == [
        Difference("parameter_type", "movies_details query append_to_response", ("movies_details",), "one of videos, (empty)", "array of MoviePart")
    ]


def test_keys_that_only_one_has(tmp_path: Path) -> None:
    videos = {"type": "object", "properties": {"id": {"type": "integer"}, "quick": {"type": "object", "properties": {"id": {"type": "integer"}}}}}
    assert compare(tmp_path, paths=with_response("/3/movie/{movie_id}/videos", videos)) == [
        Difference("key", "Videos.results", ("movies_videos",), "", "array of string"),
        Difference("missing_key", "movies_videos $.quick", ("movies_videos",), "object", ""),
    ]


def test_keys_without_a_type(tmp_path: Path) -> None:
    videos = {"type": "object", "properties": {"id": {}, "results": {"type": "array", "items": {}}}}
    assert compare(tmp_path, paths=with_response("/3/movie/{movie_id}/videos", videos)) == [
        Difference("untyped", "Videos.id", ("movies_videos",), "no type", "integer"),
        Difference("untyped", "Videos.results[]", ("movies_videos",), "an array of nothing", "string"),
    ]


def test_an_object_without_keys(tmp_path: Path) -> None:
    assert compare(tmp_path, paths=with_response("/3/movie/{movie_id}/videos", {"type": "object"})) == [
        Difference("untyped", "Videos.id", ("movies_videos",), "an object without keys", "integer"),
        Difference("untyped", "Videos.results", ("movies_videos",), "an object without keys", "array of string"),
    ]


def test_keys_with_another_type(tmp_path: Path) -> None:
    videos = {"type": "object", "properties": {"id": {"type": "string"}, "results": {"type": "array", "items": {"type": "integer"}}}}
    assert compare(tmp_path, paths=with_response("/3/movie/{movie_id}/videos", videos)) == [
        Difference("type", "Videos.id", ("movies_videos",), "string", "integer"),
        Difference("type", "Videos.results[]", ("movies_videos",), "integer", "string"),
    ]


def test_a_map_of_countries(tmp_path: Path) -> None:
    path = "/3/movie/{movie_id}"
    movie = PATHS[path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    names = {"type": "object", "properties": {"DE": {"type": "string"}, "CA-QC": {"type": "string"}}}
    assert compare(tmp_path, paths=with_response(path, {**movie, "properties": {**movie["properties"], "names": names}})) == [
        Difference("map", "Names", ("movies_details",), "an object with literal keys", "map to string")
    ]


def test_a_part_that_is_appended_is_no_difference(tmp_path: Path) -> None:
    known = Reasons({})
    found = differences(facts_of({"paths": PATHS}), Own(written(tmp_path, SAMPLE_SPEC).bundle), known)
    assert {one.subject for one in found if one.kind == "absent"} == {
        "MovieDetails.homepage",
        "MovieDetails.names",
        "MovieDetails.watch/providers",
        "MovieRow.rated",
        "Videos.id",
    }
    assert {one.subject for one in found if one.kind == "null"} == {"MovieDetails.title", "MovieDetails.status"}


# Reasons


def test_a_reason_that_names_the_difference_is_preferred() -> None:
    reasons = Reasons({"null": {"*.title": "pattern", "MovieDetails.title": "exact", "Row.a[]": "item"}})
    assert [reasons.of("null", subject) for subject in ("MovieDetails.title", "Row.title", "Row.a[]", "Row.name")] == ["exact", "pattern", "item", ""]
    assert reasons.of("absent", "Row.title") == ""
    assert reasons.unused == []


def test_an_unknown_kind_is_rejected() -> None:
    with pytest.raises(OfficialDescriptionError, match="no kind of difference is called nul"):
        Reasons({"nul": {}})


# The command


class Project:
    def __init__(self, root: Path) -> None:
        written(root, SAMPLE_SPEC)
        self.spec = root / "spec"
        write_state(self.spec / "upstream.json", {"3": "2026-01-01"}, facts_of({"paths": {**PATHS, "/3/search/multi": {}}}).values())

    def reasons(self, text: str) -> None:
        (self.spec / "differences.toml").write_text(text, encoding="utf-8")

    @property
    def document(self) -> str:
        return (self.spec / "differences.md").read_text(encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path)
    for name, path in (("SPEC", ""), ("STATE", "upstream.json"), ("DOCUMENT", "differences.md"), ("REASONS", "differences.toml")):
        monkeypatch.setattr(module, name, project.spec / path)
    return project


def test_the_document_is_written_once(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.reasons('[notes]\nOperations = "A note."\n[operation]\n"GET /3/search/*" = "a | reason"\n')
    assert module.main(["--check"]) == 1
    assert not (project.spec / "differences.md").exists()
    assert module.main([]) == 0
    assert "| `search_multi` | - | `GET /3/search/multi` | a \\| reason |" in project.document
    assert "\n## Operations\n\nA note.\n\n" in project.document
    assert module.main([]) == module.main(["--check"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "spec/differences.md is not what the spec says; run `make generate`",
        "spec/differences.md is updated",
        "spec/differences.md is what the spec says",
        "spec/differences.md is what the spec says",
    ]


@pytest.mark.parametrize("text", ['[operation]\n"GET /3/gone" = "x"', '[paths]\n"GET /3/gone" = "GET /3/search/multi"'])
def test_a_reason_without_a_difference_fails_the_check(project: Project, capsys: pytest.CaptureFixture[str], text: str) -> None:
    project.reasons(text)
    assert module.main([]) == 0
    assert module.main(["--check"]) == 1
    assert "'GET /3/gone': remove the reason" in capsys.readouterr().out


@pytest.mark.parametrize(("text", "message"), [("[operation", "differences.toml: "), ('[notes]\nNothing = "x"', "no section is called Nothing")])
def test_broken_reasons_are_rejected(project: Project, capsys: pytest.CaptureFixture[str], text: str, message: str) -> None:
    project.reasons(text)
    assert module.main([]) == 2
    assert message in capsys.readouterr().err


# The committed document


def test_the_document_cites_existing_files() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (DOCUMENT, SPEC / "differences.toml")]
    assert not [found for text in texts for found in re.findall(r"tmdb-facts|\b[AB] ?\d+\b", text)]
    links = re.findall(r"\]\(([^)]+)\)", texts[0])
    assert links
    assert all((SPEC / link).exists() for link in links)
