"""A repository like this one with a built release, and clones of it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from generator.changes.diff import version_of
from generator.git import git
from generator.release.build import build
from tests.conftest import ROOT

VERSION = version_of(ROOT)
GIT_OF_NOBODY = {
    **{f"GIT_{who}_{what}": "nobody@example.invalid" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without the user's git settings, index settings and passwords."""
    for name, value in GIT_OF_NOBODY.items():
        monkeypatch.setenv(name, value)
    for name in [name for name in os.environ if name.startswith("TWINE_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("SIMPLE_INDEX_URL", raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


def sources() -> list[str]:
    """The files of this tree, including untracked ones; all files without git."""
    if (ROOT / ".git").exists():
        names = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
        return [name for name in names if (ROOT / name).is_file()]
    paths = [path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file()]
    return [str(path) for path in paths if not any(part.startswith(".") or part in ("dist", "__pycache__") for part in path.parts[:-1])]


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of this tree with one commit, tagged as a release and built in dist/."""
    root = tmp_path_factory.mktemp("released") / "tmdbkit"
    for name in sources():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    with pytest.MonkeyPatch.context() as environment:
        for name, value in GIT_OF_NOBODY.items():
            environment.setenv(name, value)
        git(root, "init", "--quiet", "--initial-branch", "main")
        commit_all(root)
        git(root, "tag", f"v{VERSION}")
        build(root, root / "dist")
    return root


@pytest.fixture
def clone(released: Path, tmp_path: Path) -> Path:
    """A clone of the released repository, with its dist/."""
    root = tmp_path / "tmdbkit"
    git(tmp_path, "clone", "--quiet", str(released), str(root))
    shutil.copytree(released / "dist", root / "dist")
    return root


@pytest.fixture
def wheel(released: Path) -> Path:
    return next((released / "dist").glob("*.whl"))


@pytest.fixture
def sdist(released: Path) -> Path:
    return next((released / "dist").glob("*.tar.gz"))


def commit_all(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "A change")


def break_users(root: Path) -> None:
    """Commit a breaking change: rename a method."""
    source = root / "src" / "tmdbkit" / "transport" / "rate_limit.py"
    before = source.read_text(encoding="utf-8")
    assert "def acquire(" in before
    source.write_text(before.replace("def acquire(", "def take("), encoding="utf-8")
    commit_all(root)
