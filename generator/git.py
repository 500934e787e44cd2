"""Reads git: commits, tags, and the files of a revision."""

from __future__ import annotations

import os
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

from packaging.version import InvalidVersion, Version

__all__ = ["GitError", "changed_files", "clean_commit", "export", "git", "is_shallow", "releases", "tracked_files"]


class GitError(Exception):
    """A git command failed; the message names it and says why.

    Attributes:
        status: The exit status of the command that needed git.
    """

    status = 1


def git(root: Path, *arguments: str) -> str:
    """Run git in a repository, and return what it prints.

    Raises:
        GitError: The command failed, or git is not installed.
    """
    return os.fsdecode(_run(root, *arguments)).rstrip("\n")


def _run(root: Path, *arguments: str) -> bytes:
    try:
        run = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=False)  # noqa: S607 - the git on the PATH
    except FileNotFoundError:
        raise GitError("git is not installed") from None
    if run.returncode:
        raise GitError(f"git {arguments[0]}: {(run.stderr or run.stdout).decode(errors='replace').strip()}")
    return run.stdout


def is_shallow(root: Path) -> bool:
    """Whether the clone lacks a part of its history."""
    return git(root, "rev-parse", "--is-shallow-repository") == "true"


def releases(root: Path, *, before: str | None = None) -> dict[Version, str]:
    """The tags of versions, such as `v1.2.3`, in the history of the checked-out commit.

    Args:
        root: The repository.
        before: Leave out the tags of this commit and of its descendants.
    """
    found = {}
    for tag in git(root, "tag", "--list", "v*", "--merged", "HEAD", *(["--no-contains", before] if before else [])).split():
        try:
            found[Version(tag)] = tag
        except InvalidVersion:
            continue
    return found


def clean_commit(root: Path) -> str | None:
    """The checked-out commit; None if the tree differs from it, or is no repository."""
    return None if not (root / ".git").exists() or changed_files(root) else git(root, "rev-parse", "HEAD")


def changed_files(root: Path) -> list[str]:
    """The files that differ from the commit, and the untracked ones, as `git status` lists them."""
    return git(root, "status", "--porcelain").splitlines()


def tracked_files(root: Path) -> set[str] | None:
    """The files that git tracks; None if the tree is no repository."""
    return set(git(root, "ls-files", "-z").split("\0")) if (root / ".git").exists() else None


def export(root: Path, commit: str, paths: list[str], folder: Path) -> None:
    """Write files of a commit into a folder, without checking the commit out.

    Args:
        root: The repository.
        commit: The commit.
        paths: The files and folders to write.
        folder: The folder to write into.

    Raises:
        GitError: The commit lacks one of them.
    """
    with tarfile.open(fileobj=BytesIO(_run(root, "archive", "--format=tar", commit, "--", *paths))) as tar:
        for member in tar:
            if content := tar.extractfile(member):
                (folder / member.name).parent.mkdir(parents=True, exist_ok=True)
                (folder / member.name).write_bytes(content.read())
