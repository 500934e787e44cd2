"""The coverage command: evidence for each operation, conforming recordings, and atomic writes."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from generator.__main__ import digest
from generator.evidence import coverage
from generator.evidence.conformance import Checker
from generator.evidence.coverage import Coverage, Covered, Recorded, as_markdown, as_text, cover
from generator.recordings.exchanges import RecordingError
from tests.conftest import ROOT, bundle
from tests.conftest import fixtures as all_fixtures
from tmdbkit.runtime.models import Model
from tmdbkit.runtime.operations import Operation

# A spec of three operations


@attrs.define(kw_only=True, repr=False)
class Row(Model):
    id: int
    additional_properties: dict[str, Any] | None = None


@attrs.define(kw_only=True, repr=False)
class Forgetful(Row):
    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value + 1 if name == "id" else value)


ROW = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
ERROR = {"type": "object", "required": ["status_code"], "properties": {"status_code": {"type": "integer"}}}


def response(name: str) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}


def operation(name: str, tag: str, **others: Any) -> dict[str, Any]:
    return {"operationId": name, "tags": [tag], "responses": {"200": response("Row"), "401": response("Error")}, **others}


DOCUMENT: dict[str, Any] = {
    "tags": [{"name": "rows"}, {"name": "cells"}],
    "paths": {
        "/3/rows": {"get": operation("rows_list", "rows"), "post": operation("rows_add", "rows", **{"x-undocumented": True})},
        "/3/cells": {"get": operation("cells_list", "cells")},
    },
    "components": {"schemas": {"Row": ROW, "Error": ERROR}},
}


def recorded(origin: str, body: Any = None, path: str = "/3/rows", method: str = "GET", status: int = 200) -> dict[str, Any]:
    return {"method": method, "path": path, "status": status, "body": {"id": 1} if body is None else body, "origin": origin}


def fixture(operation_id: str, evidence: str | None) -> dict[str, Any]:
    return {"operation_id": operation_id, "name": "a/b"} | ({"evidence": evidence} if evidence else {})


OUTDATED: dict[str, Any] = {"id": 1, "removed": True}

Count = Callable[..., Coverage]


@pytest.fixture
def count(tmp_path: Path) -> Count:
    """Count the evidence for the operations of the small spec."""

    def count(*exchanges: dict[str, Any], fixtures: tuple[dict[str, Any], ...] = (), model: type[Model] = Row) -> Coverage:
        file = tmp_path / "recorded.jsonl"
        file.write_text("\n".join(map(json.dumps, exchanges)), encoding="utf-8")
        client: Operation[Any] = Operation("rows_list", "GET", "/3/rows", returns=lambda: model, security=())
        return cover(DOCUMENT, fixtures, file, Checker(DOCUMENT, lambda tag, name: client))

    return count


def rows(coverage: Coverage) -> Covered:
    return next(operation for operation in coverage.operations if operation.operation_id == "rows_list")


# Counting


def test_recordings_are_counted_by_operation_and_origin(count: Count) -> None:
    found = count(
        recorded("wire"), recorded("wire", OUTDATED), recorded("capture"), recorded("docs-example", {}), recorded("wire", path="/3/cells"), recorded("wire", {})
    )
    assert rows(found).recordings == {"wire": Recorded(1, 3, 3), "capture": Recorded(1, 1, 1), "docs-example": Recorded(0, 1, 1)}
    assert {operation.operation_id: sum(one.all for one in operation.recordings.values()) for operation in found.operations} == {
        "rows_list": 5,
        "rows_add": 0,
        "cells_list": 1,
    }


def test_a_recording_with_several_faults_counts_once(count: Count) -> None:
    assert rows(count(recorded("wire", {"id": None, "a": 1, "b": 2}), recorded("wire"))).recordings == {"wire": Recorded(1, 2, 2)}


def test_a_round_trip_failure_does_not_conform(count: Count) -> None:
    assert rows(count(recorded("wire"), model=Forgetful)).recordings == {"wire": Recorded(0, 1, 1)}


def test_an_operation_with_recorded_errors_only_is_marked(count: Count) -> None:
    error = recorded("wire", {"status_code": 7}, status=401)
    assert rows(count(error)).recordings == {"wire": Recorded(1, 1, 0)}
    assert rows(count(error)).rests_on_errors
    assert not rows(count(error, recorded("wire"))).rests_on_errors
    assert not rows(count(recorded("wire", {}, status=401), fixtures=(fixture("rows_list", "wire"),))).rests_on_errors


def test_the_fixtures_of_an_operation_are_counted(count: Count) -> None:
    found = count(recorded("wire"), fixtures=(fixture("rows_list", "wire"), fixture("rows_list", None), fixture("cells_list", "capture")))
    assert {operation.operation_id: operation.fixtures for operation in found.operations} == {
        "cells_list": ("capture",),
        "rows_add": (),
        "rows_list": ("wire", "written"),
    }


def test_exchanges_without_operation_or_origin_are_counted(count: Count) -> None:
    found = count(recorded("wire"), recorded("capture", path="/3/unheard"), recorded("rumour"), recorded(""))
    assert (found.unmatched, found.unknown, rows(found).recordings) == (1, 2, {"wire": Recorded(1, 1, 1)})
    assert "1 exchange of the recordings is of no operation of the spec." in as_text(found)
    assert "2 exchanges of the recordings are without an origin that counts as evidence, and left out." in as_text(found)


# Ranking


@pytest.mark.parametrize(
    ("exchanges", "evidence", "expected"),
    [
        (["docs-example", "capture", "wire"], [], "wire"),
        (["docs-example", "capture"], [], "capture"),
        (["docs-example"], ["written"], "docs-example"),
        (["docs-example"], ["wire"], "docs-example"),
        (["wire"], ["written"], "wire"),
        (["outdated wire", "capture"], ["wire"], "capture"),
        (["outdated wire"], ["written", "capture", "docs-example"], "capture"),
        (["outdated wire"], ["written"], "written"),
        (["outdated wire"], [None], "written"),
        (["outdated wire"], ["a rumour"], "written"),
        (["outdated wire"], [], "nothing"),
    ],
)
def test_the_best_evidence_counts(count: Count, exchanges: list[str], evidence: list[str | None], expected: str) -> None:
    found = count(
        *(recorded(origin.removeprefix("outdated "), OUTDATED if origin.startswith("outdated") else None) for origin in exchanges),
        fixtures=tuple(fixture("rows_list", one) for one in evidence),
    )
    assert rows(found).evidence == expected


# The tables


@pytest.fixture
def small(count: Count) -> Coverage:
    return count(
        recorded("wire"),
        recorded("wire", OUTDATED),
        recorded("capture", {"status_code": 7}, method="POST", status=401),
        fixtures=(fixture("rows_list", "wire"), fixture("rows_add", "written"), fixture("cells_list", "written")),
    )


def test_the_summary_has_a_row_for_each_section(small: Coverage) -> None:
    assert as_text(small).splitlines() == [
        "section  operations  fixtures  conforming  wire  capture  official example  written fixture",
        "rows              2         2         2/3     1        1                 -                -",
        "cells             1         1           -     -        -                 -                1",
        "all               3         3         2/3     1        1                 -                1",
        "",
        "The columns from wire on count the operations that rest on each.",
        "Conforming recordings by origin: 1/2 wire, 1/1 capture.",
        "1 operation is not in TMDB's documentation.",
        "1 operation is recorded with errors only.",
    ]


def test_the_document_has_a_line_for_each_operation(small: Coverage) -> None:
    document = as_markdown(small)
    assert (
        "| section | operations | fixtures | conforming | wire | capture | official example | written fixture |\n|---|---:|---:|---:|---:|---:|---:|---:|\n"
        in document
    )
    assert "\n| rows | 2 | 2 | 2/3 | 1 | 1 | - | - |\n" in document
    assert "\n| **all** | **3** | **3** | **2/3** | **1** | **1** | **-** | **1** |\n" in document
    assert document.endswith(
        """\

## rows

| operation | method | path | fixtures | wire | capture | official example | rests on |
|---|---|---|---:|---:|---:|---:|---|
| `rows_add` (undocumented) | POST | `/3/rows` | 1 | - | 1/1 | - | capture (errors only) |
| `rows_list` | GET | `/3/rows` | 1 | 1/2 | - | - | wire |

## cells

| operation | method | path | fixtures | wire | capture | official example | rests on |
|---|---|---|---:|---:|---:|---:|---|
| `cells_list` | GET | `/3/cells` | 1 | - | - | - | written fixture |
"""
    )


def test_the_summary_counts_operations_without_evidence(count: Count) -> None:
    lines = as_text(count(recorded("wire"))).splitlines()
    assert lines[0].endswith("  nothing")
    assert lines[3].split() == ["all", "3", "0", "1/1", "1", "-", "-", "-", "2"]


# As a command


@attrs.frozen
class Ran:
    status: int
    out: str
    err: str
    document: Path


Run = Callable[..., Ran]

KEYWORDS = recorded("wire", {"id": 550, "keywords": []}, path="/3/movie/550/keywords")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command on exchanges, or on the content of a file; `before` is the previous content of the output."""

    class SpecReadOnce:
        def __init__(self, root: Path) -> None:
            self.bundle = bundle()

    monkeypatch.setattr(coverage, "Spec", SpecReadOnce)
    (tmp_path / "docs").mkdir()
    document = tmp_path / "docs" / "coverage.md"
    document.write_text("before", encoding="utf-8")

    def run(*recorded: Any, name: str = "recorded.jsonl") -> Ran:
        file = tmp_path / name
        content = recorded[0] if recorded and isinstance(recorded[0], bytes) else "\n".join(map(json.dumps, recorded)).encode()
        file.write_bytes(content)
        status = coverage.main([str(file), "--output", str(document)])
        return Ran(status, *capsys.readouterr(), document)

    return run


def left(ran: Ran) -> list[str]:
    return [path.name for path in ran.document.parent.iterdir()]


def test_the_coverage_table_is_written(run: Run) -> None:
    ran = run(KEYWORDS)
    assert (ran.status, ran.err, left(ran)) == (0, "", ["coverage.md"])
    text = ran.document.read_text(encoding="utf-8")
    ids = [operation["operationId"] for item in bundle()["paths"].values() for operation in item.values()]
    assert sorted(re.findall(r"^\| `(\w+)`", text, re.MULTILINE)) == sorted(ids)
    assert next(line for line in ran.out.splitlines() if line.startswith("all ")).split()[:4] == ["all", str(len(ids)), str(len(all_fixtures())), "1/1"]
    assert ran.out.endswith(f"\n\nwritten: {ran.document}\n")
    assert re.search(r"^\| `movies_keywords` \| GET \| `/3/movie/\{movie_id\}/keywords` \| \d+ \| 1/1 \| - \| - \| wire \|$", text, re.MULTILINE)
    assert text.count("(undocumented)") == sum(bool(operation.get("x-undocumented")) for item in bundle()["paths"].values() for operation in item.values())


def test_the_document_reveals_nothing_of_the_recording(run: Run, tmp_path: Path) -> None:
    ran = run({**KEYWORDS, "source": "a/secret-source", "date": "2026-08-16"}, name="secret-name.jsonl")
    text = ran.document.read_text(encoding="utf-8")
    assert ran.status == 0
    assert not [word for word in ("secret", "2026", "550", str(tmp_path), str(ROOT)) if word in text]


@pytest.mark.parametrize("seed", ["0", "4711"])
def test_the_document_is_deterministic(run: Run, tmp_path: Path, seed: str) -> None:
    exchanges = (
        KEYWORDS,
        recorded("capture", {"id": 550, "keywords": [], "old": 1}, path="/3/movie/550/keywords"),
        recorded("wire", {}, path="/3/configuration"),
    )
    expected = run(*exchanges).document.read_bytes()
    (other := tmp_path / "elsewhere").mkdir()
    (other / "b.jsonl.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, reversed(exchanges))).encode()))
    command = [sys.executable, "-m", "generator.evidence.coverage", str(other / "b.jsonl.gz"), "--output", str(other / "b.md")]
    ran = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "ascii"}, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert (other / "b.md").read_bytes() == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "recorded.jsonl: the recording is empty"),
        (b"\n \n", "recorded.jsonl: the recording is empty"),
        (gzip.compress(b""), "recorded.jsonl: the recording is empty"),
        (json.dumps(KEYWORDS).encode() + b"\n{", "recorded.jsonl:2: not an exchange"),
        (gzip.compress(json.dumps(KEYWORDS).encode(), mtime=0)[:-9], "recorded.jsonl: "),
        (json.dumps({**KEYWORDS, "origin": ""}).encode(), "no exchange states its level of evidence: `origin` must be wire, capture, docs-example"),
        (json.dumps({**KEYWORDS, "path": "/3/unheard"}).encode(), "no exchange matches an operation of the spec"),
    ],
    ids=["empty", "blank", "empty gzip", "broken line", "cut off", "no origin", "no operation"],
)
def test_a_recording_without_evidence_keeps_the_document(run: Run, content: bytes, message: str) -> None:
    ran = run(content)
    assert (ran.status, ran.out, left(ran)) == (2, "", ["coverage.md"])
    assert ran.err.startswith("python -m generator.evidence.coverage: ")
    assert message in ran.err
    assert ran.err.count("\n") == 1
    assert ran.document.read_text(encoding="utf-8") == "before"


def test_a_missing_recording_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"missing\.jsonl: No such file or directory"):
        cover(DOCUMENT, [], tmp_path / "missing.jsonl")


@pytest.mark.parametrize("failing", ["write_text", "replace"])
def test_a_failed_write_keeps_the_document(run: Run, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    def fail(path: Path, *arguments: Any, **others: Any) -> None:
        path.touch()  # like a full disk, it leaves a partial file
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, failing, fail)
        ran = run(KEYWORDS)
    assert (ran.status, ran.out, left(ran)) == (2, "", ["coverage.md"])
    assert ran.err.endswith("coverage.md: No space left on device; the previous file stays\n")
    assert ran.document.read_text(encoding="utf-8") == "before"


def test_a_missing_folder_is_an_error(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(KEYWORDS)
    assert coverage.main([str(tmp_path / "recorded.jsonl"), "--output", str(tmp_path / "nowhere" / "coverage.md")]) == 2
    assert "No such file or directory" in capsys.readouterr().err


def test_without_a_recording_make_shows_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        coverage.main([])
    assert caught.value.code == 2
    assert "FILE" in capsys.readouterr().err


# The document in the spec's folder


def test_markdown_in_spec_is_not_hashed(tmp_path: Path) -> None:
    (tmp_path / "paths").mkdir()
    (tmp_path / "paths" / "a.yaml").write_text("a: 1\n", encoding="utf-8")
    before = digest(tmp_path, "*.yaml"), digest(tmp_path)
    (tmp_path / "coverage.md").write_text("counts", encoding="utf-8")
    assert digest(tmp_path, "*.yaml") == before[0]
    assert digest(tmp_path) != before[1]
    (tmp_path / "paths" / "a.yaml").write_text("a: 2\n", encoding="utf-8")
    assert digest(tmp_path, "*.yaml") != before[0]
