"""The conformance command: differences between recorded traffic, the spec and the client."""

from __future__ import annotations

import base64
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, ClassVar

import attrs
import pytest

from generator.evidence import conformance
from generator.evidence.conformance import Checker, Report
from generator.recordings.operations import client_operation
from tests.conftest import ROOT, bundle
from tmdbkit.runtime.models import Model
from tmdbkit.runtime.operations import Operation
from tmdbkit.runtime.types import WireType

KEYWORDS = {"id": 550, "keywords": [{"id": 825, "name": "support group"}, {"id": 851, "name": "dual identity"}]}
NOT_FOUND = {"success": False, "status_code": 34, "status_message": "The resource you requested could not be found."}
VALID_KEY = {"success": True, "status_code": 1, "status_message": "Success."}
TOKEN = {"success": True, "expires_at": "2026-12-26 01:02:55 UTC", "request_token": "0123"}


def exchange(path: str, body: Any, status: int = 200, **others: Any) -> dict[str, Any]:
    return {"method": "GET", "path": path, "status": status, "body": body, **others}


def keywords(first: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    rows = [KEYWORDS["keywords"][0], first if first is not None else KEYWORDS["keywords"][1]]  # type: ignore[index]
    return exchange("/3/movie/550/keywords", {**KEYWORDS, "keywords": rows, **changes})


def har(*entries: tuple[str, int, dict[str, Any]]) -> str:
    return json.dumps(
        {
            "log": {
                "entries": [
                    {"request": {"method": "GET", "url": f"https://api.themoviedb.org{path}?api_key=0"}, "response": {"status": status, "content": content}}
                    for path, status, content in entries
                ]
            }
        }
    )


@attrs.frozen
class Ran:
    """The result of a run of the command."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return [line.strip() for line in self.out.splitlines()]

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.out))

    def rows(self) -> dict[str, list[str]]:
        """The table: the cells of an operation."""
        table = self.out.split("\n\n")[0].splitlines()[1:]
        return {cells[0]: cells[1:] for cells in (line.lstrip("! ").split() for line in table) if len(cells) > 1}


Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command on exchanges, or on the content of a file."""

    class SpecReadOnce:
        def __init__(self, root: Path) -> None:
            self.bundle = bundle()

    monkeypatch.setattr(conformance, "Spec", SpecReadOnce)

    def run(*recorded: Any, options: tuple[str, ...] = (), name: str = "recorded.jsonl") -> Ran:
        file = tmp_path / name
        content = recorded[0] if recorded and isinstance(recorded[0], (str, bytes)) else "\n".join(map(json.dumps, recorded))
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        status = conformance.main([str(file), *options])
        return Ran(status, *capsys.readouterr())

    return run


# Conforming traffic


def test_conforming_traffic_passes(run: Run) -> None:
    ran = run(keywords(), keywords(), exchange("/3/movie/0/keywords", NOT_FOUND, 404), exchange("/3/authentication", VALID_KEY))
    assert (ran.status, ran.err) == (0, "")
    assert ran.rows() == {"authentication_validate_key": ["1", "1/1", "1/1", "1/1"], "movies_keywords": ["3", "3/3", "2/2", "2/2"]}
    assert ran.lines[-1] == "ok: 4 bodies of 2 operations: 4/4 conform, 3/3 decode, 3/3 survive the round trip"


def test_an_operation_with_errors_only_has_nothing_to_decode(run: Run) -> None:
    assert run(exchange("/3/movie/0/keywords", NOT_FOUND, 404)).rows() == {"movies_keywords": ["1", "1/1", "-", "-"]}


def test_the_table_is_aligned_and_ordered_by_tag(run: Run) -> None:
    ran = run(keywords(), exchange("/3/authentication", VALID_KEY))
    assert ran.out.splitlines()[:5] == [
        "                               bodies  conform  decode  round trip",
        "authentication",
        "  authentication_validate_key       1      1/1     1/1         1/1",
        "movies",
        "  movies_keywords                   1      1/1     1/1         1/1",
    ]


def test_numbers_are_equal_as_numbers(run: Run) -> None:
    line = '{"method": "GET", "path": "/3/movie/550/images", "status": 200, "body": {"id": 550, "backdrops": [], "logos": [], "posters": [%s]}}'
    image = '{"aspect_ratio": 2, "height": 1, "iso_639_1": null, "iso_3166_1": null, "file_path": "/a.jpg", "vote_average": 7%s, "vote_count": 1, "width": 2}'
    assert run("\n".join(line % (image % zero) for zero in ("", ".0", ".00"))).status == 0


# Violations


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        (
            keywords({"id": 851, "name": "x", "surprise": []}),
            {"conform     $.keywords[1].surprise: unknown key"},
        ),
        (
            keywords({"id": 851, "name": None}),
            {"conform     $.keywords[1].name: expected string, got null", "decode      $.keywords[1].name: expected str, got null"},
        ),
        (
            keywords({"id": "851", "name": "x"}),
            {"conform     $.keywords[1].id: expected integer, got string", "decode      $.keywords[1].id: expected int, got string"},
        ),
        (
            keywords({"id": 851}),
            {"conform     $.keywords[1].name: missing", "decode      $.keywords[1].name: missing"},
        ),
        (
            keywords({"id": 851.0, "name": "x"}),
            {"conform     $.keywords[1].id: expected integer, got number", "decode      $.keywords[1].id: expected int, got number"},
        ),
        (
            exchange(
                "/3/movie/upcoming",
                {"dates": {"maximum": "2026-02-30", "minimum": "2026-01-01"}, "page": 1, "results": [], "total_pages": 0, "total_results": 0},
            ),
            {'conform     $.dates.maximum: "2026-02-30" is not a date', "decode      $.dates.maximum: "},
        ),
        (
            exchange("/3/authentication/token/new", {**TOKEN, "expires_at": "2026-12-26 25:02:55 UTC"}),
            {"conform     $.expires_at: ", "decode      $.expires_at: "},
        ),
        (exchange("/3/movie/550/keywords", NOT_FOUND, 418), {"conform     $: the spec lists no status 418, only 200, 401, 404, 429"}),
        (exchange("/3/movie/550/keywords", {"status_code": 34}, 404), {"conform     $.status_message: missing", "conform     $.success: missing"}),
        (exchange("/3/movie/550/keywords", None), {"conform     $: expected object, got null", "decode      $: expected MovieKeywords, got null"}),
        (exchange("/3/movie/550/keywords", "down"), {"conform     $: expected object, got string", "decode      $: expected MovieKeywords, got string"}),
    ],
    ids=["unknown key", "null", "type", "missing key", "float", "date", "moment", "status", "error", "null body", "string body"],
)
def test_a_violation_has_its_path(run: Run, recorded: dict[str, Any], expected: set[str]) -> None:
    ran = run(keywords(), recorded)
    found = [line for line in ran.lines if line.startswith(("conform ", "decode ", "round trip "))]
    assert ran.status == 1
    assert len(found) == len(expected)
    assert all(any(line.startswith(start) for start in expected) for line in found)
    assert all(line.endswith("(recorded.jsonl:2)") for line in found)
    assert "failed: 2 bodies" in ran.lines[-1]
    assert f", {len(expected)} violation{'s' if len(expected) > 1 else ''}" in ran.lines[-1]


def test_a_success_with_an_unlisted_status_is_decoded(run: Run) -> None:
    ran = run({**keywords(), "status": 203})
    assert ran.status == 1
    assert ran.rows() == {"movies_keywords": ["1", "0/1", "1/1", "1/1"]}


def test_nonconforming_operations_are_marked(run: Run) -> None:
    ran = run(keywords({"id": 851}), exchange("/3/authentication", VALID_KEY))
    assert [line[0] for line in ran.out.splitlines()[1:5]] == ["a", " ", "m", "!"]


def test_equal_violations_are_one_line(run: Run) -> None:
    row = {"id": None, "name": "x"}
    ran = run(keywords(), keywords(keywords=[KEYWORDS["keywords"][0], row, row]), keywords(keywords=[row]))  # type: ignore[index]
    found = [line for line in ran.lines if line.startswith("conform ")]
    assert found == ["conform     $.keywords[].id: expected integer, got null  (3 times, first recorded.jsonl:2, $.keywords[1].id)"]
    assert ", 5 violations" in ran.lines[-1]  # three by the spec, two by the client, which stops at the first


def test_a_key_is_shown_by_its_wire_name(run: Run) -> None:
    body = {"id": 550, "results": {"DE": {"link": "x", "flatrate": [{"provider_id": None}]}}}
    found = [line for line in run(exchange("/3/movie/550/watch/providers", body)).lines if line.startswith("conform ")]
    assert any(line.startswith("conform     $.results.DE.flatrate[0].provider_id: expected integer, got null") for line in found)


def test_unmatched_requests_are_listed(run: Run) -> None:
    unknown = [exchange(f"/3/unheard/{number}", {}) for number in (1, 2)]
    ran = run(keywords(), *unknown, {**exchange("/3/unheard/of", {}), "method": "post"}, exchange("/3/movie/x/keywords", KEYWORDS))
    assert ran.status == 1
    start = ran.lines.index("No operation of the spec")
    assert ran.lines[start + 1 : start + 4] == [
        "GET /3/movie/x/keywords  (recorded.jsonl:5)",
        "POST /3/unheard/of  (recorded.jsonl:4)",
        "GET /3/unheard/{}  (2 times, first recorded.jsonl:2)",
    ]
    assert ran.lines[-1].endswith("4 exchanges of no operation of the spec")


def test_a_credential_in_an_unknown_path_is_not_printed(run: Run) -> None:
    ran = run(exchange("/3/guests/9e575e559e575e559e575e559e575e55/rated", {}))
    assert "9e575e55" not in ran.out
    assert "GET /3/guests/{}/rated" in ran.out


# Filters


def test_a_tag_filters_operations(run: Run) -> None:
    recorded = keywords(), exchange("/3/authentication", "broken"), exchange("/3/unheard/of", {})
    assert run(*recorded).status == 1
    ran = run(*recorded, options=("--tag", "movies"))
    assert (ran.status, list(ran.rows())) == (0, ["movies_keywords"])
    assert ran.lines[-1].endswith("(skipped: 2 of other tags)")
    assert list(run(*recorded, options=("--tag", "movies", "--tag", "authentication")).rows()) == ["authentication_validate_key", "movies_keywords"]


def test_an_origin_filters_exchanges(run: Run) -> None:
    recorded = {**keywords(), "origin": "wire"}, {**keywords({}), "origin": "capture"}, keywords({})
    ran = run(*recorded, options=("--origin", "wire"))
    assert (ran.status, ran.rows()) == (0, {"movies_keywords": ["1", "1/1", "1/1", "1/1"]})
    assert ran.lines[-1].endswith("(skipped: 2 of another origin)")
    assert run(*recorded, options=("--origin", "wire", "--origin", "capture")).rows()["movies_keywords"][0] == "2"


def test_an_unknown_tag_is_an_error(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(keywords(), options=("--tag", "movie"))
    assert caught.value.code == 2
    assert "the spec has no tag movie; it has account, authentication" in capsys.readouterr().err


# Files


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_an_empty_file_fails(run: Run, content: str) -> None:
    ran = run(content)
    assert ran.status == 1
    assert ran.lines[0].startswith("failed: nothing to check in ")


def test_a_run_without_a_checked_exchange_fails(run: Run) -> None:
    ran = run({**keywords(), "origin": "capture"}, options=("--origin", "wire"))
    assert ran.status == 1
    assert ran.lines[-1].endswith("(skipped: 1 of another origin); its origins: capture")
    assert run(exchange("/3/unheard/of", {}), options=("--tag", "movies")).status == 1
    assert run(har(), name="empty.har").status == 1


def test_an_invalid_line_is_the_only_output(run: Run) -> None:
    ran = run(f"{json.dumps(keywords())}\n{{\n", options=("--json",))
    assert (ran.status, ran.out) == (2, "")
    assert "recorded.jsonl:2: not an exchange" in ran.err


def test_a_missing_file_is_named(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert conformance.main([str(tmp_path / "nowhere.jsonl")]) == 2
    assert "nowhere.jsonl: No such file" in capsys.readouterr().err


def test_an_invalid_spec_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(conformance, "SPEC", tmp_path)
    assert conformance.main([str(tmp_path)]) == 2
    assert "openapi.yaml" in capsys.readouterr().err


def test_gzip_is_read(run: Run) -> None:
    assert run(gzip.compress(json.dumps(keywords()).encode()), name="recorded.jsonl.gz").status == 0


def test_har_bodies_are_read(run: Run) -> None:
    text = json.dumps(KEYWORDS)
    encoded = {"text": base64.b64encode(text.encode()).decode(), "encoding": "base64"}
    recorded = har(("/3/movie/550/keywords", 200, {"text": text}), ("/3/movie/550/keywords", 200, encoded))
    for content, name in ((recorded, "a.har"), (gzip.compress(recorded.encode()), "a.har.gz")):
        ran = run(content, name=name)
        assert (ran.status, ran.rows()) == (0, {"movies_keywords": ["2", "2/2", "2/2", "2/2"]})


def test_a_violation_in_har_has_its_entry(run: Run) -> None:
    encoded = {"text": base64.b64encode(b'{"id": 550, "keywords": [{"id": 1}]}').decode(), "encoding": "base64"}
    ran = run(har(("/3/authentication", 200, {"text": json.dumps(VALID_KEY)}), ("/3/movie/550/keywords", 200, encoded)), name="a.har")
    assert ran.status == 1
    assert "conform     $.keywords[0].name: missing  (a.har: entry 2)" in ran.lines


# Junk

DEEP = ("[" * 900 + "]" * 900, "[" * 100_000, '{"id":' * 450 + "1" + "}" * 450)
JUNK = (
    "",
    "<html>502</html>",
    "null",
    '"text"',
    "5",
    "1e400",
    "[]",
    '{"id": 1e400, "keywords": []}',
    '"\ud800',
    '{"\\ud800": "\\u001b[31m"}',
    '{"\\u009b31m\\u007f": 1}',
    "NaN",
    *DEEP,
)


@pytest.mark.parametrize("status", [200, 404, 500])
@pytest.mark.parametrize("junk", JUNK, ids=[junk[:12] or "nothing" for junk in JUNK])
def test_arbitrary_bodies_are_checked(run: Run, junk: str, status: int) -> None:
    ran = run(har(("/3/movie/550/keywords", status, {"text": junk}), ("/3/authentication", 200, {"text": json.dumps(VALID_KEY)})), name="a.har")
    assert ran.status == 1
    assert ran.rows()["movies_keywords"][:2] == ["1", "0/1"]
    assert ran.rows()["authentication_validate_key"] == ["1", "1/1", "1/1", "1/1"]
    assert ran.out.replace("\n", "").isprintable()


def test_a_body_that_is_not_json_is_shown(run: Run) -> None:
    ran = run(har(("/3/movie/550/keywords", 200, {"text": "<html>\n502"}), ("/3/movie/550/keywords", 200, {})), name="a.har")
    assert 'conform     $: not readable as JSON: "<html>\\n502"  (a.har: entry 1)' in ran.lines
    assert "decode      $: no body  (a.har: entry 2)" in ran.lines


# For machines


def test_json_agrees_with_the_text(run: Run) -> None:
    recorded = keywords(), keywords({"id": 851}), exchange("/3/unheard/1", {}), exchange("/3/unheard/2", {}), {**keywords(), "origin": "else"}
    options = "--origin", ""
    text, ran = run(*recorded, options=options), run(*recorded, options=(*options, "--json"))
    report = ran.json
    assert (text.status, ran.status) == (1, 1)
    file = report.pop("file")
    assert file.endswith("recorded.jsonl")
    assert report == {
        "ok": False,
        "exchanges": 4,
        "skipped": {"origin": 1, "tag": 0},
        "totals": {"bodies": 2, "conform": 1, "successes": 2, "decoded": 1, "survived": 1},
        "operations": [
            {
                "tag": "movies",
                "operation_id": "movies_keywords",
                "method": "GET",
                "path": "/3/movie/{movie_id}/keywords",
                "bodies": 2,
                "conform": 1,
                "successes": 2,
                "decoded": 1,
                "survived": 1,
            }
        ],
        "violations": [
            {"operation_id": "movies_keywords", "step": "conform", "location": f"{file}:2", "path": "$.keywords[1].name", "reason": "missing"},
            {
                "operation_id": "movies_keywords",
                "step": "decode",
                "location": f"{file}:2",
                "path": "$.keywords[1].name",
                "reason": "missing",
            },
        ],
        "unmatched": [{"method": "GET", "path": "/3/unheard/{}", "count": 2, "location": f"{file}:3"}],
    }
    assert text.rows() == {"movies_keywords": ["2", "1/2", "1/2", "1/2"]}
    for violation in report["violations"]:
        assert f"{violation['path']}: {violation['reason']}  (recorded.jsonl:2)" in text.out


def test_json_of_a_passing_run(run: Run) -> None:
    ran = run(keywords(), options=("--json",))
    assert (ran.status, ran.json["ok"], ran.json["violations"], ran.json["unmatched"]) == (0, True, [], [])


@pytest.mark.parametrize("content", ["", json.dumps(exchange("/3/x", {"\ud800": 1}))])
def test_the_json_output_is_valid_for_any_recording(run: Run, content: str) -> None:
    assert run(content, options=("--json",)).json["ok"] is False


# Any spec, any client


@attrs.define(kw_only=True, repr=False)
class Row(Model):
    id: int
    name: str | None
    additional_properties: dict[str, Any] | None = None


def lost(_: str) -> Any:
    raise LookupError("no shelf")


@attrs.define(kw_only=True, repr=False)
class Forgetful(Row):
    name: Annotated[str, WireType("Forgetful", str, lambda _: "two", (str,))]


@attrs.define(kw_only=True, repr=False)
class Broken(Row):
    name: Annotated[str, WireType("Broken", lost, str, (str,))]


@attrs.define(kw_only=True, repr=False)
class Renamed(Model):
    __wire_names__: ClassVar[dict[str, str]] = {"watch_providers": "watch/providers"}

    id: int
    watch_providers: Row
    additional_properties: dict[str, Any] | None = None


ROW: dict[str, Any] = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "integer"}, "name": {"type": ["string", "null"]}},
}
SCHEMAS: dict[str, Any] = {
    "Row": ROW,
    "Rows": {"type": "array", "items": {"$ref": "#/components/schemas/Row"}},
    "RowsByName": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Row"}},
    "Node": {"type": "object", "properties": {"child": {"$ref": "#/components/schemas/Node"}}},
    "Renamed": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, "watch/providers": {"$ref": "#/components/schemas/Row"}}},
}


def check(tmp_path: Path, schema: str, model: Any, *bodies: Any, status: int = 200, responses: dict[str, Any] | None = None, known: bool = True) -> Report:
    """Check responses of an operation, with a spec and a client for the test."""
    response = {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}
    operation = {"operationId": "rows_list", "tags": ["rows"], "responses": responses or {"200": response}}
    document = {"paths": {"/3/rows": {"get": operation}}, "components": {"schemas": SCHEMAS, "responses": {"Response": response}}}
    client: Operation[Any] = Operation("rows_list", "GET", "/3/rows", returns=lambda: model, security=())
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(json.dumps(exchange("/3/rows", body, status)) for body in bodies), encoding="utf-8")
    return Checker(document, lambda tag, name: client if known and (tag, name) == ("rows", "rows_list") else None).run(file)


def found(report: Report) -> list[tuple[str, str, str]]:
    return [(problem.step, problem.path, problem.reason) for problem in report.problems]


ONE = {"id": 1, "name": "one"}


@pytest.mark.parametrize(("schema", "model", "body"), [("Row", Row, ONE), ("Rows", list[Row], [ONE]), ("RowsByName", dict[str, Row], {"a b": ONE})])
def test_objects_lists_and_maps_are_decoded(tmp_path: Path, schema: str, model: Any, body: Any) -> None:
    report = check(tmp_path, schema, model, body)
    assert report.ok
    assert report.total("survived") == 1


def test_a_violation_in_a_list_has_its_path(tmp_path: Path) -> None:
    assert found(check(tmp_path, "Rows", list[Row], [ONE, {"id": "x", "name": None}])) == [
        ("conform", "$[1].id", "expected integer, got string"),
        ("decode", "$[1].id", "expected int, got string"),
    ]


def test_a_change_by_the_client_is_a_round_trip_violation(tmp_path: Path) -> None:
    report = check(tmp_path, "Rows", list[Forgetful], [ONE])
    assert found(report) == [("round_trip", "$[0].name", '"one" became "two"')]
    assert [(tally.conform, tally.decoded, tally.survived) for tally in report.operations] == [(1, 1, 0)]


def test_the_round_trip_distinguishes_true_from_one() -> None:
    differences = conformance._differences({"a": True, "b": [1, 2], "c": 7}, {"a": 1, "b": [1], "c": 7.0, "d": None}, "$")
    assert [str(difference) for difference in differences] == ["$.a: true became 1", "$.b: 2 items became 1", "$.d: did not exist before"]


def test_a_failing_client_is_a_finding(tmp_path: Path) -> None:
    report = check(tmp_path, "Rows", list[Broken], [ONE], [])
    assert found(report) == [("decode", "$", "the client fails with LookupError: no shelf")]
    assert report.total("decoded") == 1


def test_a_deeply_nested_body_is_a_finding(tmp_path: Path) -> None:
    body: dict[str, Any] = {}
    for _ in range(300):
        body = {"child": body}
    report = check(tmp_path, "Node", Row, body, {})
    assert ("conform", "$", "nested too deeply to check") in found(report)
    assert report.total("conform") == 1


def test_an_operation_missing_from_the_client_is_a_finding(tmp_path: Path) -> None:
    assert found(check(tmp_path, "Row", Row, ONE, known=False)) == [("decode", "$", "the client has no such operation: run `make generate`")]
    assert client_operation("no_such_tag", "no_such_tag_details") is None
    assert client_operation("movies", "movies_no_such_method") is None


def test_the_client_has_every_operation_of_the_spec() -> None:
    operations = [operation for item in bundle()["paths"].values() for operation in item.values()]
    assert all(client_operation(operation["tags"][0], operation["operationId"]) for operation in operations)


def test_a_path_uses_wire_names(tmp_path: Path) -> None:
    report = check(tmp_path, "Renamed", Renamed, {"id": 1, "watch/providers": {"id": None, "name": None}})
    assert [path for _, path, _ in found(report)] == ["$['watch/providers'].id"] * 2


@pytest.mark.parametrize("key", ["200", "2XX", "default"])
def test_statuses_may_be_classes_default_or_shared(tmp_path: Path, key: str) -> None:
    assert check(tmp_path, "Row", Row, ONE, responses={key: {"$ref": "#/components/responses/Response"}}).ok


def test_a_response_without_a_body_conforms_if_the_spec_has_none(tmp_path: Path) -> None:
    assert check(tmp_path, "Row", Row, None, status=204, responses={"204": {"description": "Done."}}).ok
    report = check(tmp_path, "Row", Row, {}, status=204, responses={"204": {"description": "Done."}})
    assert found(report) == [("conform", "$", "the spec says that there is no body")]


# As a command


def test_the_command_runs(tmp_path: Path) -> None:
    file = tmp_path / "recorded.jsonl"
    file.write_text(json.dumps(keywords({"id": 1, "name": "x", "größe": 1})), encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    ran = subprocess.run([sys.executable, "-m", "generator.evidence.conformance", file], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert "conform     $.keywords[1]['gr\\xf6\\xdfe']: unknown key  (recorded.jsonl:1)" in ran.stdout
