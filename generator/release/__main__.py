"""Cuts a release: sets the version, writes the changelog from its fragments, commits and tags, all or nothing."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from packaging.version import Version

from generator.bundle import write_bundle
from generator.files import VERSION_FILE
from generator.git import GitError, changed_files, git
from generator.paths import ROOT

from .build import build
from .checks import ReleaseError, check_version, last_release

__all__ = ["cut", "main"]


def cut(root: Path, version: str) -> None:
    """Make the commit and the tag of a release on top of the checked-out commit.

    Args:
        root: The tree.
        version: The version, as three numbers.

    Raises:
        ReleaseError: The version cannot be released. The tree and the tags are unchanged.
    """
    if not re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", version):
        raise ReleaseError(f"{version!r} is not a version of three numbers, such as 1.2.3")
    if changed := changed_files(root):
        raise ReleaseError("\n".join(["commit first; the tree has uncommitted changes:", *changed[:10]]))
    tag, since = f"v{version}", last_release(root)
    if git(root, "tag", "--list", tag):
        raise ReleaseError(f"the tag {tag} exists already")
    if since and Version(version) <= Version(since):
        raise ReleaseError(f"{version} is not above {since}, the last release")
    if not any((root / "changelog.d").glob("*.*.md")):
        raise ReleaseError("changelog.d/ has no entry for this release; its README.md says how to add one")
    with worktree(root) as tree:
        set_version(tree, version)
        check_version(tree, version, since)
        towncrier = [sys.executable, "-m", "towncrier", "build", "--yes", "--version", version, "--date", datetime.now(UTC).date().isoformat()]
        ran = subprocess.run(towncrier, cwd=tree, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise ReleaseError(f"the changelog cannot be written:\n{(ran.stdout + ran.stderr).strip()}")
        build(tree, tree / "dist")
        git(tree, "commit", "--all", "--quiet", "--message", f"Release {version}")
        git(tree, "tag", "--annotate", tag, "--message", f"tmdbkit {version}")
        try:
            git(root, "merge", "--ff-only", "--quiet", tag)
        except GitError:
            git(root, "tag", "--delete", tag)
            raise


def set_version(root: Path, version: str) -> None:
    """Set the version of a tree, in the package and in the bundle, as `make generate` would."""
    (root / VERSION_FILE).write_text(f'__version__ = "{version}"\n', encoding="utf-8")
    bundle = json.loads((path := root / "generated" / "openapi.json").read_text(encoding="utf-8"))
    bundle["info"]["version"] = version
    write_bundle(path, bundle)


@contextmanager
def worktree(root: Path) -> Iterator[Path]:
    """A temporary second work tree of the checked-out commit."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        git(root, "worktree", "add", "--detach", "--quiet", str(tree))
        try:
            yield tree
        finally:
            git(root, "worktree", "remove", "--force", str(tree))


def main(arguments: list[str] | None = None) -> int:
    """Run the command, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m generator.release", description=__doc__)
    parser.add_argument("version", help="the version to release, such as 1.2.3")
    parser.add_argument("--root", type=Path, default=ROOT, help="the tree to release")
    options = parser.parse_args(arguments)
    try:
        cut(options.root.resolve(), options.version)
    except (ReleaseError, GitError) as error:
        print(f"{error}\nnothing was changed", file=sys.stderr)
        return error.status
    print(f"v{options.version} is committed and tagged; look at it, push it (git push --follow-tags), and run `make publish`")
    return 0


if __name__ == "__main__":
    sys.exit(main())
