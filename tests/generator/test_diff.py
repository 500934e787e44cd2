"""`make diff` in real repositories: the compared revision, the demanded version, and the exit status."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from generator.changes.bundles import Change
from generator.changes.diff import Comparison, DiffError, NoHistoryError, compare, main
from generator.files import digest
from tests.conftest import ROOT
from tests.generator.sample_packages import tree
from tests.generator.sample_spec import SAMPLE_SPEC, written

BREAKING, COMPATIBLE = Change("a breaking change", True), Change("a compatible change", False)


class Repository:
    """A git repository with a project such as this one.

    Args:
        root: Its folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def git(self, *arguments: str) -> str:
        names = ["-c", "user.name=A Maintainer", "-c", "user.email=maintainer@example.org", "-c", "init.defaultBranch=main"]
        run = subprocess.run(["git", "-C", str(self.root), *names, *arguments], capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        return run.stdout.strip()

    def commit(self, *tags: str) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "A change")
        for tag in tags:
            self.git("tag", tag)
        return self.git("rev-parse", "HEAD")

    def release(self, version: str) -> None:
        self.set_version(version)
        self.commit(f"v{version}")

    def set_version(self, version: str) -> None:
        (self.root / "src/tmdbkit/_version.py").write_text(f'__version__ = "{version}"\n')

    def edit(self, edit: Callable[[Any], object]) -> None:
        """Change the bundle only."""
        path = self.root / "generated/openapi.json"
        edit(bundle := json.loads(path.read_text(encoding="utf-8")))
        path.write_text(json.dumps(bundle), encoding="utf-8")

    def replace(self, file: str, old: str, new: str) -> None:
        text = (self.root / file).read_text(encoding="utf-8")
        assert text.count(old) == 1
        (self.root / file).write_text(text.replace(old, new), encoding="utf-8")

    def clone(self, *options: str) -> Repository:
        target = self.root.with_name("clone")
        self.git("clone", "--quiet", *options, f"file://{self.root}", str(target))
        return Repository(target)


def break_users(bundle: Any) -> None:
    bundle["components"]["schemas"]["StatusResponse"]["properties"]["status_code"] = {"type": ["integer", "null"]}


def help_users(bundle: Any) -> None:
    bundle["components"]["schemas"]["Videos"]["properties"]["total"] = {"type": "integer"}


NULLABLE = "breaking    field `StatusResponse.status_code` may now be null"
ADDED = "compatible  field `Videos.total` added: `int`"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project without any history."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:  # a hook that runs these tests names its own repository
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    project = tree(tmp_path / "project")
    bundle = written(project, SAMPLE_SPEC).bundle
    (project / "generated/openapi.json").write_text(json.dumps(bundle), encoding="utf-8")
    (project / "generated/lock.json").write_text(json.dumps({"inputs": {"spec": digest(project / "spec", "*.yaml")}}))
    (project / "pyproject.toml").write_text('[project]\nname = "tmdbkit"\ndependencies = ["httpx>=0.28"]\n\n[tool.ruff]\nline-length = 160\n')
    return project


@pytest.fixture
def repository(project: Path) -> Repository:
    """The project before its first release."""
    repository = Repository(project)
    repository.git("init", "--quiet")
    repository.set_version("1.0.0")
    repository.commit()
    return repository


@pytest.fixture
def released(repository: Repository) -> Repository:
    """The project after the release of 1.0.0."""
    repository.git("tag", "v1.0.0")
    return repository


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command on a repository; returns its exit status and its output."""

    def run(repository: Repository, *arguments: str) -> tuple[int, str, str]:
        status = main(["--root", str(repository.root), *arguments])
        return status, *capsys.readouterr()

    return run


Run = Callable[..., tuple[int, str, str]]


def test_the_uncommitted_work_tree_is_compared_with_the_last_release(released: Repository, run: Run) -> None:
    released.edit(break_users)
    before = released.git("status", "--porcelain"), released.git("for-each-ref"), released.git("worktree", "list"), released.git("stash", "list")
    status, out, _ = run(released)
    assert out.splitlines() == [
        NULLABLE,
        "since v1.0.0: 1 breaking and 0 compatible changes; a major bump is needed, to 2.0.0 at least, in src/tmdbkit/_version.py: version 1.0.0 is too small",
    ]
    assert status == 0
    after = released.git("status", "--porcelain"), released.git("for-each-ref"), released.git("worktree", "list"), released.git("stash", "list")
    assert before == after


def test_no_change_demands_no_bump(released: Repository, run: Run) -> None:
    assert run(released) == (0, "since v1.0.0: 0 breaking and 0 compatible changes; version 1.0.0 needs no bump\n", "")


def test_the_last_release_is_the_highest_ancestor_tag(released: Repository) -> None:
    released.edit(help_users)
    released.commit("v1.10.0", "v1.11.0rc1", "vendored", "v", "1.12.0")
    released.commit("v1.9.0")
    released.git("switch", "--quiet", "--create", "next")
    released.commit("v2.0.0")
    released.git("switch", "--quiet", "main")
    assert compare(released.root).base == "v1.10.0"


@pytest.mark.parametrize("revision", ["v1.0.0", "HEAD~1", "main~1", "topic", "{commit}", "HEAD@{{1}}"])
def test_any_revision_can_be_compared(released: Repository, revision: str) -> None:
    released.git("branch", "topic")
    commit = released.git("rev-parse", "HEAD")
    released.edit(help_users)
    released.commit("v1.1.0")
    comparison = compare(released.root, revision.format(commit=commit[:10]))
    assert [change.text for change in comparison.changes] == ["field `Videos.total` added: `int`"]
    assert compare(released.root).changes == ()


@pytest.mark.parametrize("revision", ["v9.9.9", "", "--help", "HEAD~99", "HEAD:src", "a b", "v1.0.0\nv1.0.0"])
def test_an_unknown_revision_is_an_error(released: Repository, run: Run, revision: str) -> None:
    assert run(released, f"--since={revision}") == (2, "", f"there is no revision {revision!r} here\n")


def test_a_revision_without_the_package_is_an_error(released: Repository, run: Run) -> None:
    released.git("switch", "--quiet", "--orphan", "before")
    released.commit()
    released.git("switch", "--quiet", "main")
    status, out, error = run(released, "--since", "before")
    assert (status, out) == (2, "")
    assert error.startswith("before holds no package that could be compared: git archive: ")


def test_without_a_release_the_check_passes(repository: Repository, run: Run) -> None:
    repository.edit(break_users)
    for arguments in ((), ("--check",)):
        assert run(repository, *arguments) == (0, "there is no release yet (no tag such as v1.0.0): nothing to compare with\n", "")
    status, out, _ = run(repository, "--json")
    first = {"base": None, "base_version": None, "version": "1.0.0", "bump": "none", "smallest": "1.0.0", "sufficient": True, "changes": []}
    assert (status, json.loads(out)) == (0, first)


def test_a_shallow_clone_without_a_release_passes(released: Repository, run: Run) -> None:
    released.commit()
    clone = released.clone("--depth=1")
    with pytest.raises(NoHistoryError):
        compare(clone.root)
    for arguments, status in (((), 2), (("--check",), 0)):
        assert run(clone, *arguments) == (
            status,
            "",
            "nothing was compared: this clone is shallow, and its history holds no release; fetch it with `git fetch --unshallow --tags`\n",
        )
    status, _, error = run(clone, "--since=v1.0.0")
    assert (status, error) == (2, "there is no revision 'v1.0.0' here; this clone is shallow: fetch what it lacks with `git fetch --unshallow --tags`\n")
    clone.git("fetch", "--quiet", "--unshallow", "--tags")
    assert compare(clone.root).base == "v1.0.0"


def test_a_shallow_clone_with_the_release_is_compared(released: Repository) -> None:
    released.commit()
    clone = released.clone("--depth=1", "--branch=v1.0.0")
    clone.edit(break_users)
    assert [change.breaking for change in compare(clone.root).changes] == [True]


@pytest.mark.parametrize("around", [False, True], ids=["no repository", "within another repository"])
def test_a_folder_outside_git_passes(released: Repository, run: Run, around: bool) -> None:
    copy = Repository(tree(released.root / "copy" if around else released.root.with_name("copy")))
    copy.set_version("1.0.0")
    for arguments, expected in (((), 2), (("--check",), 0), (("--since=HEAD",), 2)):
        status, out, error = run(copy, *arguments)
        assert (status, out) == (expected, "")
        assert error


def test_missing_git_is_reported(released: Repository, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert run(released) == (2, "", "nothing was compared: git is not installed\n")


@pytest.mark.parametrize(
    ("edits", "version", "checked"),
    [
        ([], "1.0.0", 0),
        ([help_users], "1.0.0", 0),
        ([help_users], "1.0.1", 0),
        ([help_users], "1.1.0", 0),
        ([break_users], "1.0.0", 1),
        ([break_users], "1.9.0", 1),
        ([break_users, help_users], "2.0.0", 0),
        ([break_users], "2.0.0.dev1", 0),
        ([break_users], "3.1.4", 0),
    ],
)
def test_only_a_check_fails_for_a_version_that_is_too_small(
    released: Repository, run: Run, edits: list[Callable[[Any], None]], version: str, checked: int
) -> None:
    for edit in edits:
        released.edit(edit)
    released.set_version(version)
    assert [run(released, *arguments)[0] for arguments in ((), ("--check", "--json"))] == [0, checked]


def test_a_check_reports_the_next_version(released: Repository, run: Run) -> None:
    released.edit(help_users)
    assert run(released, "--check")[1].splitlines() == [
        ADDED,
        "since v1.0.0: 0 breaking and 1 compatible changes; a minor bump is needed, to 1.1.0 at least, before the next release",
    ]


@pytest.mark.parametrize(
    ("base", "changes", "other", "bump", "smallest"),
    [
        ("1.4.2", [BREAKING, COMPATIBLE], True, "major", "2.0.0"),
        ("1.4.2", [COMPATIBLE], True, "minor", "1.5.0"),
        ("1.4.2", [], True, "patch", "1.4.3"),
        ("1.4.2", [], False, "none", "1.4.2"),
        ("0.4.2", [BREAKING, COMPATIBLE], True, "minor", "0.5.0"),
        ("0.4.2", [COMPATIBLE], True, "patch", "0.4.3"),
        ("0.4.2", [], True, "patch", "0.4.3"),
        ("0.4.2", [], False, "none", "0.4.2"),
        ("2.0.0rc1", [BREAKING], True, "major", "2.0.0"),
        ("1.4", [COMPATIBLE], True, "minor", "1.5.0"),
    ],
)
def test_the_bump_follows_semantic_versioning(base: str, changes: list[Change], other: bool, bump: str, smallest: str) -> None:
    comparison = Comparison("v" + base, base, smallest, tuple(changes), other)
    assert (comparison.bump, comparison.smallest, comparison.sufficient) == (bump, smallest, True)
    assert replace(comparison, version=f"{smallest}rc1").sufficient
    assert replace(comparison, version="10.0.0").sufficient
    assert not replace(comparison, version="0.4.1").sufficient


def test_json_agrees_with_the_output(released: Repository, run: Run) -> None:
    released.edit(break_users)
    released.edit(help_users)
    assert json.loads(run(released, "--json")[1]) == {
        "base": "v1.0.0",
        "base_version": "1.0.0",
        "version": "1.0.0",
        "bump": "major",
        "smallest": "2.0.0",
        "sufficient": False,
        "changes": [
            {"text": "field `StatusResponse.status_code` may now be null", "breaking": True, "subject": "StatusResponse.status_code"},
            {"text": "field `Videos.total` added: `int`", "breaking": False, "subject": "Videos.total"},
        ],
    }


def test_invisible_changes_demand_a_patch(released: Repository) -> None:
    (released.root / "spec/README.md").write_text("Prose beside the spec.\n")
    (released.root / "src/tmdbkit/__pycache__").mkdir()
    (released.root / "src/tmdbkit/__pycache__/client.pyc").write_bytes(b"compiled")
    released.replace("pyproject.toml", "line-length = 160", "line-length = 120")
    assert compare(released.root).bump == "none"
    released.replace("pyproject.toml", "httpx>=0.28", "httpx>=0.29")
    assert compare(released.root).bump == "patch"
    released.git("checkout", "--quiet", ".")
    released.replace("src/tmdbkit/hidden.py", "helper(", "help(")
    comparison = compare(released.root)
    assert (comparison.bump, comparison.changes) == ("patch", ())


def test_handwritten_code_is_compared(released: Repository, run: Run) -> None:
    released.replace("src/tmdbkit/__init__.py", ', "encode"]', "]")
    released.replace("src/tmdbkit/client.py", "wait: float | None = None", "wait: float | None = None, strict: bool = False")
    status, out, _ = run(released)
    assert status == 0
    assert out.splitlines()[:-1] == ["breaking    `tmdbkit.encode` removed", "compatible  optional parameter `strict` of `tmdbkit.TMDB` added: `bool`"]


def test_outdated_generated_files_are_an_error(released: Repository, run: Run) -> None:
    released.replace("spec/schemas/Names.yaml", "Names by country.", "Other words.")
    assert run(released) == (2, "", "generated/ is not what spec/ generates; run `make generate` first\n")
    (released.root / "generated/lock.json").unlink()
    assert run(released) == (2, "", "generated/ is not what spec/ generates; run `make generate` first\n")


def test_invalid_python_is_an_error(released: Repository, run: Run) -> None:
    released.replace("src/tmdbkit/client.py", "class TMDB(", "klass TMDB(")
    assert run(released)[::2] == (2, "src/tmdbkit/client.py:13: invalid syntax\n")


@pytest.mark.parametrize("text", ['__version__ = "next"\n', "", None])
def test_a_work_tree_without_a_version_is_an_error(released: Repository, run: Run, text: str | None) -> None:
    path = released.root / "src/tmdbkit/_version.py"
    path.unlink() if text is None else path.write_text(text)
    assert run(released) == (2, "", "src/tmdbkit/_version.py holds no version\n")
    with pytest.raises(DiffError):
        compare(released.root)


@pytest.mark.slow
def test_an_edit_of_the_spec_is_reported_once(tmp_path: Path) -> None:
    for name in ("generated", "spec", "src", "tests/fixtures"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    copy = Repository(tmp_path)
    copy.git("init", "--quiet")
    copy.commit("v0.0.1")
    copy.replace("spec/openapi.yaml", "  /3/movie/latest: {$ref: paths/movies/latest.yaml}\n", "")
    for file in ("spec/paths/movies/latest.yaml", "tests/fixtures/movies/latest.json"):
        (tmp_path / file).unlink()
    copy.replace("spec/schemas/MovieDetails.yaml", "budget: {type: integer", "budget: {type: [integer, 'null']")
    for module in ("generator", "generator.changes.diff"):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run([sys.executable, "-m", module, "--root", str(tmp_path)], capture_output=True, text=True, check=False, cwd=ROOT, env=environment)
        assert done.returncode == 0, done.stderr
        assert [line.strip() for line in done.stdout.splitlines() if "breaking  " in line or "compatible  " in line] == [
            "breaking    operation `movies.latest` removed",
            "breaking    field `MovieDetails.budget` may now be null",
        ]


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (["check"], "-m generator.changes.diff --check"),
        (["diff"], "-m generator.changes.diff"),
        (["diff", "SINCE=main@{1 day ago}", "JSON=1"], '-m generator.changes.diff --since="main@{1 day ago}" --json'),
    ],
)
def test_make_diff(command: list[str], line: str) -> None:
    run = subprocess.run(["make", "--dry-run", *command], capture_output=True, text=True, check=True, cwd=ROOT)
    assert [each for each in run.stdout.splitlines() if each.strip().endswith(line)]
