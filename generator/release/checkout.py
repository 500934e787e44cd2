"""What git and the tree say about the source that is released."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from packaging.version import InvalidVersion, Version

from generator.changes.diff import VERSION_FILE, DiffError, compare, version_of

__all__ = [
    "VERSION_FILE",
    "ReleaseError",
    "changed_files",
    "commit",
    "environment",
    "git",
    "last_release",
    "refuse_too_small",
    "tracked_files",
    "version_of",
]


class ReleaseError(Exception):
    """A step of a release cannot be done; the message says why, and what to do.

    Attributes:
        status: The exit status of the command.
    """

    status = 1


def environment(**variables: str) -> dict[str, str]:
    """The environment for what is built and tested: it is told no password of an index, and no date (then hatchling gives all files the same).

    Args:
        variables: What it is told besides.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TWINE_") and name != "SOURCE_DATE_EPOCH"}
    return inherited | variables


def git(root: Path, *arguments: str) -> str:
    """What a git command prints.

    Raises:
        ReleaseError: It failed.
    """
    ran = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise ReleaseError(f"git {arguments[0]}: {(ran.stderr or ran.stdout).strip()}")
    return ran.stdout.rstrip()


def commit(root: Path) -> str | None:
    """The commit that is checked out, if the tree holds it and nothing else."""
    return None if not (root / ".git").exists() or changed_files(root) else git(root, "rev-parse", "HEAD")


def changed_files(root: Path) -> list[str]:
    """The files that differ from the commit, and those that git neither tracks nor ignores, as git shows them."""
    return git(root, "status", "--porcelain").splitlines()


def tracked_files(root: Path) -> set[str] | None:
    """The files that git tracks, or None where the tree did not come by git."""
    return set(git(root, "ls-files", "-z").split("\0")) if (root / ".git").exists() else None


def last_release(root: Path, *, before: str | None = None) -> str | None:
    """The tag of the highest version that led to the commit that is checked out.

    Args:
        root: The tree.
        before: Leave out the tags of this commit, and of what came after it.

    Raises:
        ReleaseError: The clone has not the whole history, so nobody knows.
    """
    if git(root, "rev-parse", "--is-shallow-repository") == "true":
        raise ReleaseError("the clone is shallow, so the last release is not known; run `git fetch --unshallow --tags`")
    tags = git(root, "tag", "--list", "v*", "--merged", "HEAD", *(["--no-contains", before] if before else [])).split()
    versions = {}
    for tag in tags:
        try:
            versions[Version(tag.removeprefix("v"))] = tag
        except InvalidVersion:
            continue
    return versions[max(versions)] if versions else None


def refuse_too_small(root: Path, version: str, since: str | None) -> None:
    """See that a tree's version is large enough for what changed.

    Raises:
        ReleaseError: It is not, or nobody can say.
    """
    if not since:
        return
    try:
        comparison = compare(root, since)
    except DiffError as error:
        raise ReleaseError(f"what changed since {since} is not known: {error}") from None
    if not comparison.sufficient:
        raise ReleaseError(f"{version} is too small for what changed since {since}: it has to be {comparison.smallest} at least; `make diff` says why")
