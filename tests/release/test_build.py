"""`make build`: reproducible, from tracked files only, as a whole or not at all."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

from generator.git import git
from generator.release import build
from generator.release.build import Record
from generator.release.checks import ReleaseError
from generator.release.contents import read
from generator.release.test import lowest_versions
from generator.release.test import test_lowest as run_with_lowest

from .conftest import VERSION


def run_build(root: Path, *, umask: int, **variables: str) -> dict[str, str]:
    """Build like `make build`, and return the hashes."""
    command = [sys.executable, "-m", "generator.release.build", "--root", str(root)]
    ran = subprocess.run(command, env={**os.environ, **variables}, umask=umask, capture_output=True, text=True, check=False, cwd=root)
    assert ran.returncode == 0, ran.stderr
    record = Record.read(root / "dist")
    assert record is not None
    return record.sha256 | record.assets


@pytest.mark.slow
def test_builds_are_reproducible(released: Path, clone: Path, tmp_path: Path) -> None:
    expected = Record.read(released / "dist")
    assert expected is not None
    for path in clone.rglob("*.py"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        path.chmod(0o600)
    one = run_build(clone, umask=0o077, TZ="Asia/Kolkata", LC_ALL="C", PYTHONHASHSEED="1", USER="somebody", SOURCE_DATE_EPOCH="1700000000")
    assert one == expected.sha256 | expected.assets
    git(clone, "archive", "--output", str(tmp_path / "archive.tar"), "HEAD")
    archive = tmp_path / "elsewhere" / "a folder"
    with tarfile.open(tmp_path / "archive.tar") as tar:
        tar.extractall(archive, filter="data")
    other = run_build(archive, umask=0o002, TZ="America/Lima", LC_ALL="C.UTF-8", PYTHONHASHSEED="2", USER="root")
    assert other == expected.sha256 | expected.assets


def test_tree_and_sdist_build_the_same_wheel(released: Path, wheel: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(released)]
    subprocess.run(command, check=True, capture_output=True)
    assert (tmp_path / wheel.name).read_bytes() == wheel.read_bytes()


def test_the_wheel_and_dist_contain_the_same_description(released: Path, wheel: Path) -> None:
    content = (released / "dist" / "tmdb-openapi.json").read_bytes()
    assert read(wheel)["tmdb_openapi/openapi.json"] == content
    assert json.loads(content)["info"]["version"] == VERSION


def test_dist_contains_the_description_as_yaml(released: Path) -> None:
    described = yaml.load((released / "dist" / "tmdb-openapi.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    assert described == json.loads((released / "dist" / "tmdb-openapi.json").read_text(encoding="utf-8"))


def test_dist_contains_the_portable_description(released: Path) -> None:
    described = json.loads((released / "dist" / "tmdb-openapi-portable.json").read_text(encoding="utf-8"))
    assert (described["openapi"], described["info"]["version"]) == ("3.0.3", VERSION)


def test_dist_contains_what_the_record_names(released: Path) -> None:
    record = Record.read(released / "dist")
    assert record is not None
    assert list(record.assets) == ["tmdb-openapi.json", "tmdb-openapi.yaml", "tmdb-openapi-portable.json"]
    assert {path.name for path in (released / "dist").iterdir()} == {*record.sha256, *record.assets, ".record.json"}


def test_a_build_with_changes_has_no_commit(released: Path, clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    readme = clone / "README.md"
    readme.write_text(readme.read_text(encoding="utf-8").replace("# tmdbkit", "# tmdbkit, changed", 1), encoding="utf-8")
    assert build.main(["--root", str(clone)]) == 0
    before, record = Record.read(released / "dist"), Record.read(clone / "dist")
    assert before is not None
    assert record is not None
    assert (before.commit, before.tested) == (git(clone, "rev-parse", "HEAD"), False)
    assert (record.commit, record.tested) == (None, False)
    printed = capsys.readouterr().out
    assert record.assets == before.assets
    assert all(f"dist/{name}" in printed for name in record.assets)
    for name, sha256 in record.sha256.items():
        assert sha256 != before.sha256[name]
        assert f"dist/{name}" in printed
        assert sha256 in printed
    assert "files in tmdb_openapi/models" in printed


def test_untracked_files_are_not_built(clone: Path) -> None:
    before = sorted((clone / "dist").iterdir())
    (clone / "src" / "tmdbkit" / "scratch.py").touch()
    with pytest.raises(ReleaseError, match=r"src/tmdbkit/scratch\.py: git does not track it"):
        build.build(clone, clone / "dist")
    assert sorted((clone / "dist").iterdir()) == before
    assert [line for line in git(clone, "status", "--porcelain").splitlines() if "scratch" not in line] == []


def test_a_failed_build_keeps_dist(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = Record.read(clone / "dist")
    (clone / "pyproject.toml").write_text("[project]\nname = 3\n", encoding="utf-8")
    assert build.main(["--root", str(clone)]) == 1
    assert "the build failed" in capsys.readouterr().err
    assert before is not None
    assert Record.read(clone / "dist") == before


@pytest.mark.parametrize("name", ["*.whl", "tmdb-openapi.yaml"])
def test_a_changed_file_in_dist_is_rejected(clone: Path, name: str) -> None:
    (path,) = (clone / "dist").glob(name)
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(ReleaseError, match="is not what was built"):
        Record.read(clone / "dist")
    assert "tested" in json.loads((clone / "dist" / ".record.json").read_text(encoding="utf-8"))


def test_the_lowest_version_of_each_dependency_is_read(tmp_path: Path) -> None:
    project = tmp_path / "pyproject.toml"
    project.write_text('[project]\ndependencies = ["attrs>=24.2", "httpx>=0.28.1,<0.29"]\n[project.optional-dependencies]\ncache = ["hishel[httpx]>=2,<3"]\n')
    assert lowest_versions(tmp_path) == {"attrs": "==24.2", "httpx": "==0.28.1", "hishel": "==2"}
    project.write_text('[project]\ndependencies = ["attrs<25"]\n[project.optional-dependencies]\n')
    with pytest.raises(ReleaseError, match="no lowest version of attrs"):
        lowest_versions(tmp_path)


@pytest.mark.slow
def test_the_contract_tests_pass_with_the_lowest_versions(released: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_with_lowest(released, released / "dist")
    assert re.search(r"^\d{4,} passed in", capsys.readouterr().out, re.MULTILINE)
