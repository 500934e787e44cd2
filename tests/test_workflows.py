"""The workflows of the forge: pinned, with minimal permissions, and with working scripts."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path
from typing import Any

import pytest

from generator.load import load

from .conftest import ROOT

FORGE = ROOT / ".github"
FILES = sorted(FORGE.rglob("*.yml"))
WORKFLOWS = {path.stem: load(path, path.relative_to(ROOT)) for path in FILES if path.parent.name == "workflows"}
JOBS = {f"{workflow}.{name}": job for workflow, document in WORKFLOWS.items() for name, job in document["jobs"].items()}
SCRIPTS = [step["run"] for job in JOBS.values() for step in job["steps"] if "run" in step]


def zizmor(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [Path(sysconfig.get_path("scripts")) / "zizmor", "--offline", "--persona=pedantic", "--strict-collection", "--no-ignores", folder]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def run(job: str, name: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a step of a job in a folder like a runner, with `folder/bin` first on the path."""
    (step,) = (step for step in JOBS[job]["steps"] if step.get("name") == name)
    shell = [sys.executable, "-c"] if step.get("shell") == "python" else ["bash", "-e", "-c"]
    files = {name: str(folder / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", **files, **variables}
    return subprocess.run([*shell, step["run"]], check=False, capture_output=True, text=True, cwd=folder, env=environment)


def program(folder: Path, name: str, script: str) -> None:
    """Put a program where `run` finds it."""
    (folder / "bin").mkdir(exist_ok=True)
    (folder / "bin" / name).write_text(f"#!/usr/bin/env bash\n{script}\n", encoding="utf-8")
    (folder / "bin" / name).chmod(0o755)


# Structure


def test_there_is_a_workflow_for_each_purpose() -> None:
    triggers = {name: set(document["on"]) for name, document in WORKFLOWS.items()}
    weekly = {"schedule", "workflow_dispatch"}
    assert triggers == {"test": {"push", "pull_request"}, "diff": {"pull_request"}, "release": {"push"}, "drift": weekly, "mutants": weekly}


def test_zizmor_finds_nothing() -> None:
    ran = zizmor(FORGE)
    assert ran.returncode == 0, ran.stdout
    assert {path.name for path in FILES} == set(re.findall(r"completed \S*?([\w.]+\.yml)", ran.stderr))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"actions/checkout@\w+ # \S+", "actions/checkout@v7"),
        ("          persist-credentials: false\n", ""),
        (r"permissions: \{\}", "permissions: write-all"),
        ("run: make check", "run: make check ${{ github.head_ref }}"),
    ],
)
def test_zizmor_finds_a_planted_problem(tmp_path: Path, old: str, new: str) -> None:
    shutil.copytree(FORGE, tmp_path / ".github")
    path = tmp_path / ".github" / "workflows" / "test.yml"
    text, count = re.subn(old, new, path.read_text(encoding="utf-8"), count=1)
    path.write_text(text, encoding="utf-8")
    assert count
    assert zizmor(tmp_path).returncode != 0


def test_jobs_have_timeouts() -> None:
    assert all(0 < job["timeout-minutes"] <= 60 for job in JOBS.values())


def test_workflows_have_concurrency_groups_of_their_own() -> None:
    assert all(document["concurrency"]["group"].startswith(name) for name, document in WORKFLOWS.items())


def test_job_permissions_are_minimal() -> None:
    assert all(document["permissions"] == {} for document in WORKFLOWS.values())
    writing = {name: job["permissions"] for name, job in JOBS.items() if job["permissions"] != {"contents": "read"}}
    assert writing == {"drift.report": {"issues": "write"}, "release.assets": {"contents": "write"}}
    assert not [step for name in writing for step in JOBS[name]["steps"] if "checkout" in step.get("uses", "")]


def test_secrets_are_limited_to_one_step() -> None:
    steps = {(name, step.get("name")): step for name, job in JOBS.items() for step in job["steps"] if "secrets." in json.dumps(step)}
    assert set(steps) == {("release.publish", "Publish"), ("drift.drift", "Ask TMDB")}
    assert (JOBS["release.publish"]["environment"], JOBS["drift.drift"]["environment"]) == ("release", "tmdb")


def test_workflow_make_targets_exist() -> None:
    targets = {
        target for script in SCRIPTS for words in re.findall(r"^make ([^>|&\n]+)", script, re.MULTILINE) for target in words.split() if "=" not in target
    }
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("$(READY)", ".venv/.ready")
    assert {"check", "test", "test-all", "diff", "drift", "mutants", "build", "publish"} <= targets
    assert sorted(targets - set(re.findall(r"^([\w./-]+):(?!=)", makefile, re.MULTILINE))) == []


def test_every_supported_python_is_tested() -> None:
    pythons = JOBS["test.test"]["strategy"]["matrix"]["python"]
    (oldest,) = re.findall(r'^requires-python = ">=(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert pythons[0] == oldest
    minors = [int(python.removeprefix("3.")) for python in pythons]
    assert minors == list(range(minors[0], minors[-1] + 1))


# Scripts


def test_a_pull_request_reports_its_changes(tmp_path: Path) -> None:
    program(tmp_path, "make", 'echo "$@"; echo "added    Movie.title: str"')
    assert run("diff.diff", "Compare with the branch that it goes to", tmp_path, GITHUB_BASE_REF="main").returncode == 0
    said = (tmp_path / "GITHUB_STEP_SUMMARY").read_text(encoding="utf-8")
    assert said == "What changes for users of main:\n```\ndiff SINCE=HEAD^1\nadded    Movie.title: str\n```\n"


def test_an_incomparable_pull_request_fails(tmp_path: Path) -> None:
    program(tmp_path, "make", "echo 'no such revision' >&2; exit 2")
    assert run("diff.diff", "Compare with the branch that it goes to", tmp_path).returncode == 2


@pytest.mark.parametrize(("exists", "created"), [("true", False), ("false", True)])
def test_a_release_has_the_description(tmp_path: Path, exists: str, created: bool) -> None:
    (tmp_path / "dist").mkdir()
    for name in ("tmdb-openapi.json", "tmdb-openapi.yaml", "tmdb-openapi-portable.json", "tmdbkit-1.0.0.tar.gz"):
        (tmp_path / "dist" / name).touch()
    program(tmp_path, "gh", f'echo "$@" >> gh.log; [ "$2" != view ] || {exists}')
    assert run("release.assets", "Attach", tmp_path, GITHUB_REF_NAME="v1.0.0").returncode == 0
    asked = (tmp_path / "gh.log").read_text(encoding="utf-8").splitlines()
    assert [line.partition(" --verify-tag")[0] for line in asked[1:-1]] == ["release create v1.0.0"] * created
    assert asked[-1] == "release upload v1.0.0 --clobber dist/tmdb-openapi-portable.json dist/tmdb-openapi.json dist/tmdb-openapi.yaml"


class TestDrift:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """A folder with a `gh` that records its arguments, and lists the issues in the variable ISSUES."""
        program(tmp_path, "gh", 'printf "%s|" "$@" >> gh.log; echo >> gh.log; [ "$1 $2" != "issue list" ] || printf "$ISSUES"')
        return tmp_path

    def report(self, folder: Path, **report: Any) -> subprocess.CompletedProcess[str]:
        """The steps of the first job."""
        (folder / "report.json").write_text(json.dumps(report), encoding="utf-8")
        program(folder, "make", f"cat report.json; exit {0 if report['ok'] else 2}")
        assert run("drift.drift", "Ask TMDB", folder).returncode == 0
        return run("drift.drift", "Read the reports", folder)

    def output(self, folder: Path) -> str:
        return (folder / "GITHUB_OUTPUT").read_text(encoding="utf-8")

    def asked(self, folder: Path, issues: str) -> list[list[str]]:
        """The calls of `gh` by the second job, given the existing issues."""
        assert run("drift.report", "Open an issue, or change the one that is open", folder, ISSUES=issues, TITLE='2 "places"; $(exit)').returncode == 0
        return [line.split("|")[:-1] for line in (folder / "gh.log").read_text(encoding="utf-8").splitlines()]

    def test_without_drift_there_is_no_issue(self, folder: Path) -> None:
        assert self.report(folder, ok=True, title="All is well", body="Nothing.").returncode == 0
        assert self.output(folder) == ""
        assert JOBS["drift.report"]["if"] == "needs.drift.outputs.title"

    def test_drift_has_a_title_and_a_body(self, folder: Path) -> None:
        assert self.report(folder, ok=False, title="2 places", body="é" * 70_000).returncode == 0
        assert self.output(folder) == "title=2 places\n"
        assert 50_000 < len((folder / "body.md").read_text(encoding="utf-8")) < 65_536

    def test_a_run_without_a_report_fails(self, folder: Path) -> None:
        program(folder, "make", "echo 'TMDB does not answer' >&2; exit 2")
        assert run("drift.drift", "Ask TMDB", folder).returncode == 1

    def test_the_official_description_is_reported_beside_drift(self, folder: Path) -> None:
        (folder / "upstream.json").write_text(json.dumps({"ok": False, "title": "A change", "body": "A key."}), encoding="utf-8")
        assert self.report(folder, ok=False, title="2 places", body="Gone.").returncode == 0
        assert self.output(folder) == "title=2 places; A change\n"
        assert (folder / "body.md").read_text(encoding="utf-8") == "## 2 places\n\nGone.\n## A change\n\nA key."

    def test_the_official_description_is_downloaded_and_compared(self, folder: Path) -> None:
        program(folder, "curl", 'printf "%s|" "$@" >> curl.log; echo "{}" > "${@: -2:1}"')
        program(folder, "make", 'printf "%s|" "$@"; exit 2')
        assert run("drift.drift", "Download TMDB's own description", folder, URLS="https://one.example/*.json https://two.example/4").returncode == 0
        assert [word for word in (folder / "curl.log").read_text(encoding="utf-8").split("|") if "example" in word] == [
            "https://one.example/*.json",
            "https://two.example/4",
        ]
        assert run("drift.drift", "Compare TMDB's own description", folder).returncode == 0
        assert (folder / "upstream.json").read_text(encoding="utf-8") == "upstream|OFFICIAL=official-0.json official-1.json |JSON=1|"

    @pytest.mark.parametrize(("urls", "said"), [("", "is not set"), ("https://gone.example/secret", "cannot be fetched")])
    def test_a_missing_official_description_fails_nothing(self, folder: Path, urls: str, said: str) -> None:
        program(folder, "curl", "exit 22")
        assert run("drift.drift", "Download TMDB's own description", folder, URLS=urls).returncode == 0
        assert run("drift.drift", "Compare TMDB's own description", folder).returncode == 0
        assert not (folder / "upstream.json").exists()
        assert said in (folder / "GITHUB_STEP_SUMMARY").read_text(encoding="utf-8")
        assert self.report(folder, ok=True, title="All is well", body="Nothing.").returncode == 0
        assert self.output(folder) == ""

    def test_an_official_description_that_cannot_be_compared_fails_nothing(self, folder: Path) -> None:
        (folder / "upstream.txt").write_text("official-0.json\n", encoding="utf-8")
        program(folder, "make", "echo 'not JSON' >&2; exit 2")
        assert run("drift.drift", "Compare TMDB's own description", folder).returncode == 0
        assert "cannot be compared" in (folder / "GITHUB_STEP_SUMMARY").read_text(encoding="utf-8")

    def test_an_open_issue_is_updated(self, folder: Path) -> None:
        _, *asked = self.asked(folder, "17\n")
        assert asked == [["issue", "edit", "17", "--title", '2 "places"; $(exit)', "--body-file", "body.md"]]

    def test_a_new_issue_is_opened(self, folder: Path) -> None:
        _, label, issue = self.asked(folder, "")
        assert label[:4] == ["label", "create", "drift", "--force"]
        assert issue == ["issue", "create", "--label", "drift", "--title", '2 "places"; $(exit)', "--body-file", "body.md"]


def test_pythons_of_the_matrix_the_classifiers_and_the_readme_agree() -> None:
    tested = JOBS["test.test"]["strategy"]["matrix"]["python"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    classified = [text.rpartition(" :: ")[2] for text in project["classifiers"] if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", text)]
    (named,) = re.findall(r"need Python (.*?), and make", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert tested == classified == re.findall(r"3\.\d+", named)
    assert project["requires-python"] == f">={tested[0]}"
