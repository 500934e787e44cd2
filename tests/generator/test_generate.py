"""The generator: deterministic output, written as a whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from generator import __main__ as command
from generator.files import VERSION_FILE
from generator.reader import GenerationError
from generator.render import write_package
from tests.conftest import ROOT, bundle


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Path]:
    """A copy of the generator's inputs, without generated files."""
    shutil.copytree(ROOT / "spec", tmp_path / "spec")
    shutil.copytree(ROOT / "tests" / "fixtures", tmp_path / "tests" / "fixtures")
    (tmp_path / VERSION_FILE).parent.mkdir(parents=True)
    shutil.copy(ROOT / VERSION_FILE, tmp_path / VERSION_FILE)
    yield tmp_path
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")], "something was left behind"


def contents(directory: Path) -> dict[str, bytes]:
    return {str(path): (directory / path).read_bytes() for path in command.files(directory)}


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_committed_files_are_what_the_spec_generates(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--check"]) == 0, capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("seed", ["0", "4711"])
def test_the_output_is_deterministic(copy: Path, seed: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "generator", "--root", str(copy)], check=True, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True
    )
    assert contents(copy / "generated") == contents(ROOT / "generated")


def test_an_invalid_spec_keeps_the_output(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(ROOT / "generated", copy / "generated")
    before = contents(copy / "generated")
    for old, new, named in (
        ("type: object", "type: [object", "spec/schemas/Genre.yaml:"),
        ("type: object\n", "type: object\nproprties: {}\n", "spec/schemas/Genre.yaml:2:"),
    ):
        shutil.copy(ROOT / "spec/schemas/Genre.yaml", copy / "spec/schemas/Genre.yaml")
        edit(copy / "spec/schemas/Genre.yaml", old, new)
        assert command.main(["--root", str(copy)]) == 1
        out = capsys.readouterr().err
        assert named in out
        assert "generated/ is unchanged" in out
        assert contents(copy / "generated") == before


@pytest.mark.slow
def test_a_failing_generator_keeps_the_output(copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(ROOT / "generated", copy / "generated")
    before = contents(copy / "generated")

    def fail(*_: Any) -> None:
        raise GenerationError("planted")

    for name in ("write_package", "write_contract", "ruff"):
        with monkeypatch.context() as patched:
            patched.setattr(command, name, fail)
            assert command.main(["--root", str(copy)]) == 1
        assert "planted" in capsys.readouterr().err
        assert contents(copy / "generated") == before


@pytest.mark.slow
def test_check_lists_differing_files(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(ROOT / "generated", copy / "generated")
    (copy / "generated/tmdb_openapi/models/genre.py").write_text("# edited by hand\n")
    (copy / "generated/tmdb_openapi/models/video.py").unlink()
    (copy / "generated/by_hand.py").write_text("")
    edit(copy / "generated/lock.json", f'"ruff": "{version("ruff")}"', '"ruff": "0.0.1"')
    before = contents(copy / "generated")
    assert command.main(["--check", "--root", str(copy)]) == 1
    out = capsys.readouterr().out
    assert f"ruff 0.0.1 => {version('ruff')}" in out
    assert "differs: lock.json" in out
    assert "differs: tmdb_openapi/models/genre.py" in out
    assert "missing: tmdb_openapi/models/video.py" in out
    assert "not generated: by_hand.py" in out
    assert "run `make generate`" in out
    assert contents(copy / "generated") == before


@pytest.mark.parametrize("tool", command.TOOLS)
@pytest.mark.parametrize("arguments", [[], ["--check"]])
def test_another_tool_version_is_an_error(
    tmp_path: Path, tool: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "version", lambda name: "0.0.1" if name == tool else version(name))
    assert command.main([*arguments, "--root", str(tmp_path)]) == 1
    assert f"{tool} 0.0.1 is installed, and pyproject.toml pins {version(tool)}: run `make lock`" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("pyproject", "reason"),
    [
        ('[dependency-groups]\ndev = ["openapi-python-client", "ruff==0.1"]\n', r"openapi-python-client .* is installed, and pyproject\.toml pins no version"),
        ("", r"pins no version"),
        ("<<<<<<< HEAD\n", r"pyproject\.toml: .*line 1"),
    ],
)
def test_missing_pins_are_an_error(tmp_path: Path, pyproject: str, reason: str) -> None:
    (tmp_path / "pyproject.toml").write_text(pyproject, encoding="utf-8")
    with pytest.raises(GenerationError, match=reason):
        command.pinned_tools(tmp_path / "pyproject.toml")


@pytest.mark.parametrize("lock", ["", "[]", "{}", '{"tools": 1}', None])
def test_an_unreadable_lock_has_no_tools(tmp_path: Path, lock: str | None) -> None:
    if lock is not None:
        (tmp_path / "lock.json").write_text(lock, encoding="utf-8")
    assert list(command.bumps(tmp_path, ROOT / "generated")) == []


@pytest.mark.slow
def test_a_run_removes_stale_files(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(ROOT / "generated", copy / "generated")
    (copy / "generated/by_hand.py").write_text("")
    edit(copy / "spec/schemas/Keyword.yaml", "properties:\n", "properties:\n  weight: {type: number}\n")
    assert command.main(["--root", str(copy)]) == 0
    assert not (copy / "generated/by_hand.py").exists()
    assert "for users:\n  compatible  field `Keyword.weight` added: `float`\n" in capsys.readouterr().out
    assert "weight: float | UnsetType = UNSET" in (copy / "generated/tmdb_openapi/models/keyword.py").read_text()


def test_a_schema_that_openapi_python_client_cannot_read_fails_the_run(tmp_path: Path) -> None:
    broken = json.loads(json.dumps(bundle()))
    broken["components"]["schemas"]["Genre"]["properties"]["id"] = {"type": "integer", "default": "not a number"}
    with pytest.raises(GenerationError):
        write_package(broken, tmp_path)


def test_every_generated_file_has_a_header() -> None:
    checked = 0
    for path in (ROOT / "generated").rglob("*.py"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith("# Generated by `make generate` from "), path
        checked += 1
    assert checked > 80
