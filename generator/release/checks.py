"""Preconditions of a release, and the environment of its steps."""

from __future__ import annotations

import os
from pathlib import Path

from generator.changes.diff import DiffError, compare
from generator.git import is_shallow, releases

__all__ = ["ReleaseError", "check_version", "environment", "last_release"]


class ReleaseError(Exception):
    """A step of a release failed; the message says why, and what to do.

    Attributes:
        status: The exit status of the command.
    """

    status = 1


def environment(**variables: str) -> dict[str, str]:
    """The environment of builds and tests: without credentials of an index, and without a date (hatchling then gives all files the same).

    Args:
        variables: Additional variables.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TWINE_") and name != "SOURCE_DATE_EPOCH"}
    return inherited | variables


def last_release(root: Path, *, before: str | None = None) -> str | None:
    """The tag of the highest version in the history of the checked-out commit.

    Args:
        root: The tree.
        before: Leave out the tags of this commit and of its descendants.

    Raises:
        ReleaseError: The clone is shallow, so the last release is unknown.
    """
    if is_shallow(root):
        raise ReleaseError("the clone is shallow, so the last release is not known; run `git fetch --unshallow --tags`")
    found = releases(root, before=before)
    return found[max(found)] if found else None


def check_version(root: Path, version: str, since: str | None) -> None:
    """Check that the version of a tree is large enough for the changes.

    Raises:
        ReleaseError: The version is too small, or cannot be checked.
    """
    if not since:
        return
    try:
        comparison = compare(root, since)
    except DiffError as error:
        raise ReleaseError(f"the changes since {since} are not known: {error}") from None
    if not comparison.sufficient:
        raise ReleaseError(f"{version} is too small for the changes since {since}: it has to be {comparison.smallest} at least; `make diff` says why")
