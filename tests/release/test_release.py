"""`make release`: version, changelog, commit and tag, as a whole or not at all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.version import Version

from generator.changes.diff import version_of
from generator.git import git
from generator.release.__main__ import main
from generator.release.checks import last_release

from .conftest import VERSION, break_users, commit_all

NUMBERS = Version(VERSION).release
NEXT = f"{NUMBERS[0]}.{NUMBERS[1]}.{NUMBERS[2] + 1}"


def state(root: Path) -> tuple[str, ...]:
    """The state that a release may change."""
    git(root, "worktree", "prune")
    return git(root, "for-each-ref"), git(root, "rev-parse", "HEAD"), git(root, "status", "--porcelain"), git(root, "worktree", "list"), version_of(root)


def assert_rejected(root: Path, version: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = state(root)
    assert main([version, "--root", str(root)]) == 1
    assert re.search(message, capsys.readouterr().err)
    assert state(root) == before


@pytest.mark.slow
def test_a_release_is_a_tagged_commit(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (clone / "changelog.d" / "12.fixed.md").write_text("Something works.\n", encoding="utf-8")
    commit_all(clone)
    before, bundle = git(clone, "rev-parse", "HEAD"), (clone / "generated/openapi.json").read_text(encoding="utf-8")
    assert main([NEXT, "--root", str(clone)]) == 0
    assert "make publish" in capsys.readouterr().out
    assert git(clone, "tag", "--points-at", "HEAD").split() == [f"v{NEXT}"]
    assert git(clone, "cat-file", "-t", f"v{NEXT}") == "tag"
    assert git(clone, "rev-parse", "HEAD^") == before
    assert git(clone, "log", "-1", "--format=%s") == f"Release {NEXT}"
    assert git(clone, "symbolic-ref", "--short", "HEAD") == "main"
    assert (version_of(clone), last_release(clone), last_release(clone, before="HEAD")) == (NEXT, f"v{NEXT}", f"v{VERSION}")
    assert (git(clone, "status", "--porcelain"), len(git(clone, "worktree", "list").splitlines())) == ("", 1)
    assert re.search(
        rf"<!-- releases -->\n\n## {NEXT} \(\d{{4}}-\d\d-\d\d\)\n(.*\n)+?### Fixed\n\n- Something works\. \(#12\)\n", (clone / "CHANGELOG.md").read_text()
    )
    assert [path.name for path in (clone / "changelog.d").iterdir()] == ["README.md"]
    assert (clone / "generated/openapi.json").read_text(encoding="utf-8") == bundle.replace(f'"version": "{VERSION}"', f'"version": "{NEXT}"')


@pytest.mark.slow
def test_the_first_release_needs_no_comparison(clone: Path) -> None:
    git(clone, "tag", "--delete", f"v{VERSION}")
    git(clone, "commit", "--quiet", "--allow-empty", "--message", "More")
    assert main([VERSION, "--root", str(clone)]) == 0
    assert git(clone, "tag", "--points-at", "HEAD") == f"v{VERSION}"


def test_an_invalid_version_is_rejected(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for version in ("1", "1.2", "1.2.3.4", "v1.2.3", "1.2.3rc1", "1.02.3", "1.2.x", "1.2.3\n", ""):
        assert_rejected(clone, version, "is not a version of three numbers", capsys)


def test_a_changed_tree_is_rejected(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (clone / "README.md").write_text("changed", encoding="utf-8")
    assert_rejected(clone, NEXT, r"commit first(.|\n)* M README\.md", capsys)


def test_a_released_version_is_rejected(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert_rejected(clone, VERSION, f"the tag v{VERSION} exists already", capsys)


def test_a_lower_version_is_rejected(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(clone, "tag", "v3.0.0")
    assert_rejected(clone, "2.9.9", r"2\.9\.9 is not above v3\.0\.0", capsys)


def test_a_shallow_clone_is_rejected(clone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(clone, "commit", "--quiet", "--allow-empty", "--message", "More")
    git(tmp_path, "clone", "--quiet", "--depth", "1", clone.as_uri(), "shallow")
    assert_rejected(tmp_path / "shallow", NEXT, "the clone is shallow", capsys)


@pytest.mark.slow
def test_a_version_that_is_too_small_is_rejected(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    break_users(clone)
    assert_rejected(clone, NEXT, rf"{re.escape(NEXT)} is too small for the changes since v{re.escape(VERSION)}: it has to be \d+\.\d+\.0 at least", capsys)


def test_a_release_without_changelog_fragments_is_rejected(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (clone / "changelog.d").glob("*.*.md"):
        path.unlink()
    commit_all(clone)
    assert_rejected(clone, NEXT, "has no entry for this release", capsys)


def test_an_unknown_fragment_type_changes_nothing(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (clone / "changelog.d" / "12.feature.md").write_text("Something works.\n", encoding="utf-8")
    commit_all(clone)
    assert_rejected(clone, NEXT, r"the changelog cannot be written(.|\n)*12\.feature\.md", capsys)


@pytest.mark.slow
def test_a_failed_build_changes_nothing(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (clone / "src" / "tmdbkit" / "notes.txt").touch()
    commit_all(clone)
    assert_rejected(clone, NEXT, r"tmdbkit/notes\.txt: not expected here", capsys)


@pytest.mark.slow
def test_a_failed_commit_leaves_no_tag(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = clone / ".git" / "index.lock"
    lock.touch()
    before = git(clone, "for-each-ref"), git(clone, "rev-parse", "HEAD")
    assert main([NEXT, "--root", str(clone)]) == 1
    assert "git merge: " in capsys.readouterr().err
    lock.unlink()
    assert (git(clone, "for-each-ref"), git(clone, "rev-parse", "HEAD"), git(clone, "status", "--porcelain")) == (*before, "")
