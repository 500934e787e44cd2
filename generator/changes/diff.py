"""Reports the changes for users since a release, whether they break programs, and the version that they demand.

The command compares the work tree with a revision: operations, parameters, models and fields by their bundles, handwritten code by its public names. The exit
status is 2 if nothing could be compared; and with `--check` 1 if the version in `src/tmdbkit/_version.py` is too small for a breaking change.

While the major version is 0, a breaking change demands the next minor version, and any other change the next patch.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import tomllib
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from generator.files import VERSION_FILE, digest, files, package_version
from generator.git import GitError, export, git, is_shallow, releases
from generator.paths import ROOT

from .bundles import Change, changes, listed_changes
from .public import PACKAGES, public_changes

__all__ = ["Comparison", "DiffError", "NoHistoryError", "compare", "main", "version_of"]

BUNDLE, LOCK, PROJECT = "generated/openapi.json", "generated/lock.json", "pyproject.toml"
SHIPPED = [f"{folder}/{package}" for package, folder in PACKAGES.items()]
UNSHALLOW = "with `git fetch --unshallow --tags`"


class DiffError(Exception):
    """The work tree cannot be compared with the revision; the message says why."""


class NoHistoryError(DiffError):
    """The clone lacks the history that would show the last release."""


@dataclass(frozen=True)
class Comparison:
    """The result of comparing the work tree with a revision.

    Attributes:
        base: The revision compared with; None before the first release.
        base_version: The version of that revision.
        version: The version of the work tree.
        changes: The changes for users, breaking ones first.
        ships_other: Whether the files of the package or the metadata of the project differ.
    """

    base: str | None
    base_version: str | None
    version: str
    changes: tuple[Change, ...] = ()
    ships_other: bool = False

    @property
    def breaking(self) -> bool:
        """Whether users have to change their programs."""
        return any(change.breaking for change in self.changes)

    @cached_property
    def bump(self) -> str:
        """The part of the version to raise: `none`, `patch`, `minor` or `major`."""
        stable = Version(self.base_version or "0").major > 0
        if self.breaking:
            return "major" if stable else "minor"
        if self.changes and stable:
            return "minor"
        return "patch" if self.changes or self.ships_other else "none"

    @property
    def smallest(self) -> str:
        """The smallest sufficient version. After a pre-release this is the release that it leads to."""
        if self.base_version is None:
            return self.version
        base = Version(self.base_version)
        if self.bump == "none" or base.is_prerelease:
            return base.base_version
        numbers = {"major": (base.major + 1, 0, 0), "minor": (base.major, base.minor + 1, 0), "patch": (base.major, base.minor, base.micro + 1)}
        return ".".join(map(str, numbers[self.bump]))

    @property
    def sufficient(self) -> bool:
        """Whether the version of the work tree is at least the smallest sufficient one, or a pre-release of it."""
        return Version(Version(self.version).base_version) >= Version(self.smallest)


def compare(root: Path, since: str | None = None) -> Comparison:
    """Compare the work tree, with uncommitted changes, with a revision. Neither is changed.

    Args:
        root: The folder of the repository.
        since: Any revision that git knows; by default the highest release in the history, by its tag `v1.2.3`.

    Raises:
        NoHistoryError: The clone is shallow and has no release, or the folder is no repository.
        DiffError: There is no such revision, it has no package, or the work tree is incomplete.
    """
    root = root.resolve()
    version = version_of(root)
    if (base := last_release(root) if since is None else since) is None:
        return Comparison(None, None, version)
    if not is_generated(root):
        raise DiffError("generated/ is not what spec/ generates; run `make generate` first")
    with tempfile.TemporaryDirectory(prefix="tmdbkit-diff-") as folder:
        extract(root, base, before := Path(folder))
        old, new = (json.loads((side / BUNDLE).read_text(encoding="utf-8")) for side in (before, root))
        found = changes(old, new)
        if ships_other := shipped(before) != shipped(root):
            try:
                found += public_changes(before, root, {change.subject for change in found})
            except SyntaxError as error:
                raise DiffError(f"{error.filename}:{error.lineno}: {error.msg}") from None
        return Comparison(base, version_of(before), version, tuple(sorted(found, key=lambda change: not change.breaking)), ships_other)


def last_release(root: Path) -> str | None:
    """The tag of the last release in the history of the work tree, or None.

    Raises:
        NoHistoryError: The clone lacks the history.
    """
    try:
        if Path(git(root, "rev-parse", "--show-toplevel")) != root:
            raise NoHistoryError(f"{root} is not the root of a git repository")
        found = {version: tag for version, tag in releases(root).items() if not version.is_prerelease}
    except GitError as error:
        raise NoHistoryError(str(error)) from None
    if found:
        return found[max(found)]
    if is_shallow(root):
        raise NoHistoryError(f"this clone is shallow, and its history holds no release; fetch it {UNSHALLOW}")
    return None


def extract(root: Path, revision: str, folder: Path) -> None:
    """Write the compared files of a revision into a folder.

    Raises:
        DiffError: There is no such revision, or it holds no package.
    """
    try:
        commit = git(root, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    except GitError:
        more = f"; this clone is shallow: fetch what it lacks {UNSHALLOW}" if is_shallow(root) else ""
        raise DiffError(f"there is no revision {revision!r} here{more}") from None
    try:
        export(root, commit, [BUNDLE, PROJECT, *SHIPPED], folder)
    except GitError as error:
        raise DiffError(f"{revision} holds no package that could be compared: {error}") from None


def is_generated(root: Path) -> bool:
    """Whether `generated/` was generated from the current spec."""
    lock = json.loads(path.read_text(encoding="utf-8")) if (path := root / LOCK).is_file() else {}
    return bool(lock) and lock["inputs"]["spec"] == digest(root / "spec", "*.yaml")


def version_of(root: Path) -> str:
    """The version of the package in a folder.

    Raises:
        DiffError: The folder has no version.
    """
    try:
        return str(Version(package_version(root)))
    except InvalidVersion:
        raise DiffError(f"{VERSION_FILE} holds no version") from None


def shipped(root: Path) -> dict[str, Any]:
    """The files of the package in a folder, without its version, and the metadata of the project."""
    contents: dict[str, Any] = {f"{folder}/{path}": (root / folder / path).read_bytes() for folder in SHIPPED for path in files(root / folder)}
    contents.pop(VERSION_FILE)
    return {**contents, PROJECT: tomllib.loads((root / PROJECT).read_text(encoding="utf-8"))["project"]}


def verdict(comparison: Comparison, *, tolerated: bool) -> str:
    """The closing line: whether the version is large enough."""
    breaking = sum(change.breaking for change in comparison.changes)
    counts = f"since {comparison.base}: {breaking} breaking and {len(comparison.changes) - breaking} compatible changes"
    if comparison.bump == "none" and comparison.sufficient:
        return f"{counts}; version {comparison.version} needs no bump"
    needed = f"{counts}; a {comparison.bump} bump is needed, to {comparison.smallest} at least"
    if comparison.sufficient:
        return f"{needed}: version {comparison.version} will do"
    return f"{needed}, {'before the next release' if tolerated else f'in {VERSION_FILE}: version {comparison.version} is too small'}"


def as_json(comparison: Comparison) -> dict[str, Any]:
    names = ("base", "base_version", "version", "bump", "smallest", "sufficient")
    return {name: getattr(comparison, name) for name in names} | {"changes": [asdict(change) for change in comparison.changes]}


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit status: 2 if nothing could be compared, with `--check` 1 if the version is too small for a breaking change."""
    parser = argparse.ArgumentParser(prog="python -m generator.changes.diff", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--since", metavar="REVISION", help="the revision to compare with; by default the last release")
    parser.add_argument("--check", action="store_true", help="fail if a breaking change lacks its bump, but not if nothing can be compared")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--root", type=Path, default=ROOT, help="the folder of the repository")
    options = parser.parse_args(arguments)
    try:
        comparison = compare(options.root, options.since)
    except NoHistoryError as error:
        print(f"nothing was compared: {error}", file=sys.stderr)
        return 0 if options.check else 2
    except DiffError as error:
        print(error, file=sys.stderr)
        return 2
    tolerated = options.check and not comparison.breaking
    if options.json:
        print(json.dumps(as_json(comparison), indent=1, ensure_ascii=False))
    elif comparison.base is None:
        print(f"there is no release yet (no tag such as v{comparison.version}): nothing to compare with")
    else:
        print("\n".join([*listed_changes(comparison.changes), verdict(comparison, tolerated=tolerated)]))
    return 1 if options.check and comparison.breaking and not comparison.sufficient else 0


if __name__ == "__main__":
    sys.exit(main())
