"""What is new or gone in TMDB's own description is reported once, with what to do; what is recorded as known is not reported again."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from generator.evidence import upstream
from generator.evidence.official import STATE, facts_of, read_state, write_state
from tests.generator.sample_spec import SAMPLE_SPEC, written

Text = dict[str, Any]


def parameter(name: str, place: str = "query", **schema: Any) -> Text:
    return {"name": name, "in": place, "schema": schema or {"type": "string"}, **({"required": True} if place == "path" else {})}


def responding(operation_id: str, status: str = "200", **properties: Any) -> Text:
    schema = {"type": "object", "properties": properties}
    return {"operationId": operation_id, "responses": {status: {"content": {"application/json": {"schema": schema}}}}}


TEXT: Text = {
    "openapi": "3.1.0",
    "info": {"title": "tmdb-api", "version": "3"},
    "paths": {
        "/3/movie/{id}": {
            "get": {
                **responding(
                    "movie-details",
                    id={"type": "integer", "example": 550},
                    title={"type": "string", "description": "A sentence of TMDB's."},
                    genres={"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
                    providers={"type": "object", "properties": {"AD": {"type": "object", "properties": {"link": {"type": "string"}}}}},
                ),
                "parameters": [parameter("id", "path", type="integer"), parameter("order", type="string", enum=["up", "down"])],
            }
        },
        "/3/movie/{id}/videos": {"get": responding("movie-videos", results={"type": "array", "items": {"type": "string"}})},
        "/3/movie/{id}/rating": {"post": responding("movie-add-rating", "201", success={"type": "boolean"})},
    },
}
"""An official description of three operations, all of which the sample spec has."""

MOVIE, VIDEOS, RATING = TEXT["paths"]
DETAILS = "spec/paths/movies/details.yaml"


class Project:
    """A project with the sample spec, and the texts that its maintainer downloads."""

    def __init__(self, root: Path) -> None:
        written(root, SAMPLE_SPEC)
        self.root, self.state, self.text = root, root / "spec" / "upstream.json", root / "official.json"

    def download(self, text: Text | str) -> None:
        self.text.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")

    def run(self, *options: str) -> int:
        return upstream.main([str(self.text), *options])


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project that knows the text."""
    project = Project(tmp_path)
    for name, path in (("SPEC", ""), ("STATE", "upstream.json"), ("DOCUMENT", "differences.md"), ("REASONS", "differences.toml")):
        monkeypatch.setattr(upstream, name, tmp_path / "spec" / path)
    write_state(project.state, {"3": "2026-01-01"}, facts_of(TEXT).values())
    return project


Report = Callable[[Text], list[str]]


@pytest.fixture
def report(project: Project, capsys: pytest.CaptureFixture[str]) -> Report:
    """The lines about a text, without the summary; advice that returns is shortened."""

    def lines(text: Text) -> list[str]:
        project.download(text)
        status = project.run()
        printed = capsys.readouterr().out.split("\n\n")
        found = [line.strip() for part in printed[:-1] for line in part.splitlines()]
        assert status == bool(found)
        return [line.replace("record it as known with ACCEPT=1", "ACCEPT").replace("check with make record ONLY=", "RECORD ") for line in found]

    return lines


def changed(change: Callable[[Text], Any]) -> Text:
    """The text, changed."""
    text = copy.deepcopy(TEXT)
    change(text["paths"])
    return text


def properties(paths: Text, path: str = MOVIE) -> Text:
    """The keys of the response of a GET."""
    found: Text = paths[path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["properties"]
    return found


# What is reported


def test_a_text_that_did_not_change_is_reported_in_a_line(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.download(TEXT)
    assert project.run() == 0
    assert capsys.readouterr().out == "TMDB's own description is unchanged since the last comparison: 3 operations, compared with v3 of 2026-01-01\n"


def test_prose_examples_and_order_are_not_compared(report: Report) -> None:
    def reword(paths: Text) -> None:
        paths[MOVIE]["get"]["summary"] = "Another sentence."
        properties(paths)["title"] = {"description": "Another one.", "type": "string", "default": ""}
        paths[MOVIE]["get"]["parameters"].reverse()
        paths[MOVIE] = paths.pop(MOVIE)

    assert report(changed(reword)) == []


def test_a_new_operation_is_to_be_drafted(report: Report) -> None:
    awards = {"/3/movie/{id}/awards": {"get": responding("movie-awards")}, "/3/awards": {"get": responding("awards")}}
    assert report(changed(lambda paths: paths.update(awards))) == [
        "New",
        "GET /3/movie/{id}/awards: operation movie-awards: describe it with make draft PATH=/3/movie/{id}/awards ID=..., or ACCEPT",
        "GET /3/awards: operation awards: describe it with make draft PATH=/3/awards, or ACCEPT",
    ]


def test_a_new_operation_that_the_spec_has_is_to_be_compared(report: Report) -> None:
    assert report(changed(lambda paths: paths.update({"/3/search/multi": {"get": responding("search-multi")}}))) == [
        "New",
        "search_multi: operation search-multi: spec/paths/search/multi.yaml describes it already: compare, and ACCEPT",
    ]


def test_a_gone_operation_is_to_be_asked(report: Report) -> None:
    heading, line = report(changed(lambda paths: paths.pop(VIDEOS)))
    assert heading == "Gone"
    assert line.startswith("movies_videos: operation movie-videos: check with make drift TAG=movies whether TMDB still responds; if so, ACCEPT; if not, ")
    assert line.endswith("mark it `deprecated` in spec/paths/movies/videos.yaml, or remove it")


def test_an_operation_that_moved_is_one_change(report: Report) -> None:
    heading, line = report(changed(lambda paths: paths.update({"/3/movie/{id}/films": paths.pop(VIDEOS)})))
    assert heading == "Changed"
    assert line.startswith("movies_videos: operation movie-videos was GET /3/movie/{id}/videos: check which of the two paths works, and compare with ")
    assert line.endswith("spec/paths/movies/videos.yaml and spec/openapi.yaml; then ACCEPT")


def test_another_operation_id_needs_nothing(report: Report) -> None:
    assert report(changed(lambda paths: paths[VIDEOS]["get"].update(operationId="clips"))) == [
        "Changed",
        "movies_videos: operationId movie-videos is now clips: nothing to do: ACCEPT",
    ]


def test_another_name_of_a_path_parameter_is_no_other_operation(report: Report) -> None:
    assert report(changed(lambda paths: paths.update({"/3/movie/{movie_id}/videos": paths.pop(VIDEOS)}))) == []


def test_a_new_parameter_is_to_be_added(report: Report) -> None:
    assert report(changed(lambda paths: paths[MOVIE]["get"]["parameters"].append(parameter("mood")))) == [
        "New",
        f"movies_details: parameter query mood (string): add it to {DETAILS}, or ACCEPT",
    ]


def test_a_new_parameter_that_the_spec_has_is_known(report: Report) -> None:
    assert report(changed(lambda paths: paths[MOVIE]["get"]["parameters"].append(parameter("append_to_response")))) == [
        "New",
        f"movies_details: parameter query append_to_response (string): {DETAILS} has it already: ACCEPT",
    ]


def test_a_gone_parameter(report: Report) -> None:
    assert report(changed(lambda paths: paths[MOVIE]["get"]["parameters"].pop())) == [
        "Gone",
        f"movies_details: parameter query order: {DETAILS} does not have it: ACCEPT",
    ]


def test_a_parameter_with_another_type(report: Report) -> None:
    assert report(changed(lambda paths: paths[MOVIE]["get"]["parameters"].__setitem__(1, {**parameter("order", type="integer"), "required": True}))) == [
        "Changed",
        f"movies_details: parameter query order: string is now integer: {DETAILS} does not have it: ACCEPT",
        f"movies_details: parameter query order is now required: {DETAILS} does not have it: ACCEPT",
        f"movies_details: parameter query order is no longer an enumeration: {DETAILS} does not have it: ACCEPT",
    ]


def test_the_words_of_an_enumeration(report: Report) -> None:
    assert report(changed(lambda paths: paths[MOVIE]["get"]["parameters"][1]["schema"].update(enum=["up", "", "sideways"]))) == [
        "New",
        f"movies_details: parameter query order: '', 'sideways': add it to {DETAILS}, or ACCEPT",
        "Gone",
        f"movies_details: parameter query order: 'down': {DETAILS} does not have it: ACCEPT",
    ]


def test_a_new_key_is_to_be_recorded(report: Report) -> None:
    assert report(changed(lambda paths: properties(paths).update(mood={"type": "string"}, homepage={"type": "string"}))) == [
        "New",
        "movies_details: $.mood (string): RECORD movies/details what TMDB sends, and add it to spec/schemas/MovieDetails.yaml; or ACCEPT",
        "movies_details: $.homepage (string): spec/schemas/MovieDetails.yaml has it already: ACCEPT",
    ]


def test_of_a_new_object_only_the_top_is_reported(report: Report) -> None:
    award = {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}}
    (_, line) = report(changed(lambda paths: properties(paths).update(awards=award, awards_count={})))[:2]
    assert line.startswith("movies_details: $.awards (array, with 2 below): RECORD ")


@pytest.mark.parametrize("name", ["watch/providers", "a.b", "it's", "a[]", "1"])
def test_a_new_key_may_have_any_name(report: Report, name: str) -> None:
    (_, line) = report(changed(lambda paths: properties(paths, VIDEOS).update({name: {"type": "string"}})))
    assert line.startswith("movies_videos: $")


def test_a_gone_key(report: Report) -> None:
    assert report(changed(lambda paths: (properties(paths).pop("title"), properties(paths).pop("genres")))) == [
        "Gone",
        "movies_details: $.title (string): RECORD movies/details what TMDB sends, and compare with spec/schemas/MovieDetails.yaml; or ACCEPT",
        "movies_details: $.genres (array, with 2 below): spec/schemas/MovieDetails.yaml does not have it: ACCEPT",
    ]


def test_a_key_with_another_type(report: Report) -> None:
    assert report(changed(lambda paths: properties(paths, VIDEOS)["results"].update(items={"type": ["integer", "null"]}))) == [
        "Changed",
        "movies_videos: $.results[]: string is now integer or null: RECORD movies/videos what TMDB sends, and compare with spec/schemas/Videos.yaml; or ACCEPT",
    ]


def test_another_country_is_no_other_key(report: Report) -> None:
    def emigrate(paths: Text) -> None:
        countries = properties(paths)["providers"]["properties"]
        countries["ZW"] = countries["CA-QC"] = countries.pop("AD")

    assert report(changed(emigrate)) == []


def test_another_status_and_a_body(report: Report) -> None:
    body = {"content": {"application/json": {"schema": {"type": "object", "properties": {"value": {"type": "number"}}}}}}
    post = {**responding("movie-add-rating", "200", success={"type": "boolean"}), "requestBody": body}
    assert report(changed(lambda paths: paths[RATING].update(post=post))) == [
        "New",
        "movies_add_rating: body $ (object, with 1 below): spec/paths/movies/rating.yaml has it already: ACCEPT",
        "movies_add_rating: status 200: RECORD movies/add_rating CHANGES_STATE=1 what TMDB sends, and add it to spec/paths/movies/rating.yaml; or ACCEPT",
        "Gone",
        "movies_add_rating: status 201: RECORD movies/add_rating CHANGES_STATE=1 what TMDB sends, and compare with spec/paths/movies/rating.yaml; or ACCEPT",
    ]


def test_references_are_followed(report: Report) -> None:
    text = changed(lambda paths: properties(paths, VIDEOS).update(results={"$ref": "#/components/schemas/Results"}))
    text["components"] = {
        "schemas": {"Results": {"type": "array", "items": {"allOf": [{"$ref": "#/components/schemas/Result"}]}}, "Result": {"type": "string"}}
    }
    assert report(text) == []


def test_a_schema_within_itself_ends(report: Report) -> None:
    text = changed(lambda paths: properties(paths, VIDEOS).update(similar={"$ref": "#/components/schemas/Video"}))
    text["components"] = {"schemas": {"Video": {"type": "object", "properties": {"similar": {"$ref": "#/components/schemas/Video"}}}}}
    (_, line) = report(text)
    assert line.startswith("movies_videos: $.similar (object, with 1 below): ")


def test_what_the_state_does_not_know_is_not_reported(project: Project, report: Report) -> None:
    (videos,) = (one for one in facts_of(TEXT).values() if one.path == VIDEOS)
    videos.response, videos.statuses, videos.unknown = {}, [], ["response", "statuses"]
    write_state(project.state, {"3": "2026-01-01"}, [*(one for one in facts_of(TEXT).values() if one.path != VIDEOS), videos])
    assert report(TEXT) == []


def test_a_text_of_one_version_says_nothing_of_the_other(project: Project, report: Report) -> None:
    four = {"openapi": "3.0.0", "paths": {"/4/list": {"post": responding("list-create")}}}
    write_state(project.state, {"3": "2026-01-01", "4": "2026-01-01"}, [*facts_of(TEXT).values(), *facts_of(four).values()])
    assert report(TEXT) == []
    assert [line.partition(": ")[2] for line in report({**four, "paths": {"/4/other": {"post": responding("other")}}})] == [
        "",
        "operation other: describe it with make draft PATH=/4/other, or ACCEPT",
        "",
        "operation list-create: this spec does not have it: ACCEPT",
    ]


def test_json_is_fit_for_an_issue(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.download(changed(lambda paths: properties(paths).update({"a`b": {"type": "string"}})))
    assert project.run("--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["ok"], found["title"]) == (False, "TMDB's own description has 1 change in 1 operation")
    assert found["body"].startswith(
        "3 operations, compared with v3 of 2026-01-01.\n\n### New\n\n- `movies_details: $['a'b'] (string)`: check with make record "
    )
    (change,) = found["changes"]
    assert (change["heading"], change["operation"], change["operation_id"]) == ("New", "GET /3/movie/{id}", "movies_details")


# What cannot be compared


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<!doctype html>", "not JSON; download TMDB's OpenAPI description, not the page that shows it"),
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not an OpenAPI description: it has no `openapi: 3.x`"),
        ('{"swagger": "2.0", "paths": {}}', "not an OpenAPI description: it has no `openapi: 3.x`"),
        ('{"openapi": "3.1.0", "paths": {}}', "describes no operation"),
        ('{"openapi": "3.1.0", "paths": {"/3/a": {"get": {"parameters": [{}]}}}}', "not an OpenAPI description that can be read: KeyError: 'in'"),
        ('{"openapi": "3.1.0", "paths": {"/3/a": {"get": {"responses": {"200": []}}}}}', "not an OpenAPI description that can be read"),
        ('{"openapi": "3.1.0", "paths": {"/3/a": {"get": {"requestBody": {"$ref": "b.json"}}}}}', "b.json is not in this file"),
        ('{"openapi": "3.1.0", "paths": {"/3/a": {"get": {"requestBody": {"$ref": "#/a"}}}}, "a": {"$ref": "#/a"}}', "#/a refers to itself"),
    ],
)
def test_another_file_is_rejected(project: Project, capsys: pytest.CaptureFixture[str], text: str, message: str) -> None:
    project.download(text)
    before = project.state.read_bytes()
    assert project.run("--accept") == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert message in printed.err
    assert "Traceback" not in printed.err
    assert project.state.read_bytes() == before


def test_a_missing_file_is_rejected(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert project.run() == 2
    assert "official.json: No such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize("state", ["{", "[]", '{"compared": {}, "operations": {"GET": {}}}'])
def test_a_broken_state_is_rejected(project: Project, capsys: pytest.CaptureFixture[str], state: str) -> None:
    project.state.write_text(state, encoding="utf-8")
    project.download(TEXT)
    assert project.run("--accept") == 2
    assert "restore it, or remove it and compare anew with ACCEPT=1" in capsys.readouterr().err
    assert project.state.read_text(encoding="utf-8") == state


# What is recorded as known


def test_accepted_changes_are_not_reported_again(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.download(changed(lambda paths: (paths.pop(VIDEOS), properties(paths).update(mood={"type": "string", "enum": ["calm"]}))))
    assert project.run() == 1
    assert project.run("--accept") == 0
    assert capsys.readouterr().out.endswith("recorded as known: spec/upstream.json and spec/differences.md\n")
    assert project.run() == 0
    assert read_state(project.state)[0] == {"3": datetime.now(UTC).date().isoformat()}


def test_accepting_writes_the_differences(project: Project) -> None:
    project.download(TEXT)
    assert project.run("--accept") == 0
    assert "| `search_multi` | - | `GET /3/search/multi` | - |" in (project.root / "spec" / "differences.md").read_text(encoding="utf-8")


def test_accepting_one_version_keeps_the_other(project: Project) -> None:
    project.download({"openapi": "3.1.0", "paths": {"/4/list": {"post": responding("list-create")}}})
    assert project.run("--accept") == 0
    compared, operations = read_state(project.state)
    assert compared.keys() == {"3", "4"}
    assert {operation.path for operation in operations.values()} == {MOVIE, VIDEOS, RATING, "/4/list"}


def test_without_a_state_all_is_new(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.state.unlink()
    project.download(TEXT)
    assert project.run() == 1
    assert capsys.readouterr().out.endswith("has 3 changes in 3 operations: 3 operations, compared with v3 for the first time\n")
    assert not project.state.exists()
    assert project.run("--accept") == 0
    assert project.run() == 0


def test_the_state_is_written_whole_or_not_at_all(project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    before = project.state.read_bytes()
    project.download(changed(lambda paths: paths.pop(VIDEOS)))

    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        assert project.run("--accept") == 2
    assert "No space left on device" in capsys.readouterr().err
    assert project.state.read_bytes() == before
    assert sorted(path.name for path in project.state.parent.glob("*upstream*")) == ["upstream.json"]


def test_the_state_holds_no_sentence(project: Project) -> None:
    project.download(TEXT)
    assert project.run("--accept") == 0
    assert "sentence" not in project.state.read_text(encoding="utf-8")


def test_the_committed_state_holds_facts_only(tmp_path: Path) -> None:
    compared, operations = read_state(STATE)
    assert set(compared) == {"3", "4"}
    assert len(operations) > 150
    write_state(tmp_path / "again.json", compared, operations.values())
    assert (tmp_path / "again.json").read_bytes() == STATE.read_bytes()
    assert not [line for line in STATE.read_text(encoding="utf-8").splitlines() if ". " in line or line.rstrip().endswith('."')]
