"""Publishes the checked-out release to the index that `TWINE_*` variables or `~/.pypirc` name, completely or not at all."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

from generator.changes.diff import version_of
from generator.git import GitError, changed_files, git
from generator.paths import ROOT

from .build import Record, build
from .checks import ReleaseError, check_version, last_release
from .index import DeniedError, Index, IndexServerError
from .test import test

__all__ = ["main", "publish"]

NAME = "tmdbkit"
ATTEMPTS = 3
PAUSE = 1.0
"""Seconds before an upload is retried; twice as long before the third attempt."""


def check_release(root: Path) -> str:
    """Check that the tree is a release, without contacting an index.

    Returns:
        The version.

    Raises:
        ReleaseError: The tree differs from the commit, the commit has no tag of its version, or the version is too small for the changes.
    """
    if changed := changed_files(root):
        raise ReleaseError("\n".join(["the tree has uncommitted changes:", *changed[:10]]))
    version = version_of(root)
    if f"v{version}" not in git(root, "tag", "--points-at", "HEAD").split():
        raise ReleaseError(f"the commit is not tagged v{version}; `make release VERSION=...` makes a release, and `git checkout v...` goes to one")
    check_version(root, version, last_release(root, before="HEAD"))
    return version


def ready(root: Path) -> Record:
    """The tested build of the checked-out commit; it is built and tested now if it was not before.

    Raises:
        ReleaseError: The build or its tests failed, or its files were changed.
    """
    dist = root / "dist"
    record = Record.read(dist)
    if record is None or record.commit != git(root, "rev-parse", "HEAD"):
        print("building", flush=True)
        record = build(root, dist)
    return record if record.tested else test(root, dist)


def publish(index: Index, version: str, record: Record, dist: Path) -> bool:
    """Upload the files of a version that an index lacks; the wheel first, as installers prefer it.

    Args:
        index: The index.
        version: The version.
        record: The tested build.
        dist: The folder that holds it.

    Returns:
        Whether anything was uploaded: False if the index has all files.

    Raises:
        ReleaseError: The index has other files of this version.
        IndexServerError: The index failed; a note lists the files that it has now. The uploads of this run are withdrawn if the index permits it.
    """
    there = index.files(NAME, version)
    if others := sorted(name for name, sha256 in there.items() if record.sha256.get(name) != sha256):
        raise ReleaseError(f"{index} has another {NAME} {version}: {', '.join(others)}; a version is never replaced, so release a higher one")
    missing = [path for path in record.paths(dist) if path.name not in there]
    ours: set[str] = set()
    try:
        for path in missing:
            if upload(index, version, path, record.sha256[path.name]):
                ours.add(path.name)
    except (IndexServerError, KeyboardInterrupt) as failure:
        failure.add_note(withdraw_uploads(index, version, ours, record))
        raise
    if missing:
        verify(index, version, record)
    return bool(missing)


def upload(index: Index, version: str, path: Path, sha256: str) -> bool:
    """Upload a file, and retry transient failures.

    Returns:
        Whether this run brought the file to the index.

    Raises:
        IndexServerError: The index rejects the file.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            index.upload(path)
        except DeniedError:
            raise
        except IndexServerError as failure:
            # The response may have been lost, or another run was quicker.
            if index.files(NAME, version).get(path.name) == sha256:
                return failure.transient
            if not failure.transient or attempt == ATTEMPTS:
                raise
            print(f"{failure}; trying again", flush=True)
            time.sleep(PAUSE * attempt)
        else:
            break
    return True


def withdraw_uploads(index: Index, version: str, ours: set[str], record: Record) -> str:
    """Withdraw a version if the index has only uploads of this run, and report the files that it has then."""
    try:
        if ours and index.files(NAME, version).keys() <= ours:
            with suppress(IndexServerError):
                index.withdraw(NAME, version)
        there = index.files(NAME, version)
    except IndexServerError:
        return f"it does not list its files of {NAME} {version} now; `make publish` again adds the missing ones"
    if not there:
        return f"it has no file of {NAME} {version}"
    missing = sorted(record.sha256.keys() - there.keys())
    return f"it has {', '.join(sorted(there))} and not {', '.join(missing)}; `make publish` again adds the missing files"


def verify(index: Index, version: str, record: Record) -> None:
    """Check that the index lists the uploads with the hashes of the tested build.

    Raises:
        IndexServerError: The index does not list them.
    """
    for attempt in range(1, ATTEMPTS + 1):
        if index.files(NAME, version) == record.sha256:
            return
        time.sleep(PAUSE * attempt)
    raise IndexServerError(f"{index} took all files of {NAME} {version}, but does not list them with their hashes; check with `make publish` later")


def main(arguments: list[str] | None = None) -> int:
    """Run the command.

    Returns:
        0 if the release is on the index, now or already; 1 if it is rejected; 2 if no index is named, or no credentials for it; 3 if the index does not accept
        these; 4 if it cannot be reached; 5 if it fails; 130 if it was interrupted.
    """
    parser = argparse.ArgumentParser(prog="python -m generator.release.publish", description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="the tree that holds the release")
    root: Path = parser.parse_args(arguments).root.resolve()
    try:
        version = check_release(root)
        with closing(Index.from_environment()) as index:
            record = ready(root)
            new = publish(index, version, record, root / "dist")
    except (ReleaseError, GitError, KeyboardInterrupt) as error:
        print("\n".join([str(error) or "interrupted", *getattr(error, "__notes__", ())]), file=sys.stderr)
        return getattr(error, "status", 130)
    print(f"{NAME} {version} is {'published on' if new else 'already, as it is here, on'} {index}")
    print(f"{NAME}=={version} {' '.join(f'--hash=sha256:{sha256}' for sha256 in record.sha256.values())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
