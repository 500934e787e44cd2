"""Builds the wheel, the sdist and the OpenAPI description into dist/, and checks their contents. Builds are reproducible."""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, replace
from io import StringIO
from pathlib import Path, PurePosixPath

from twine.commands.check import check as twine_check

from generator.files import new_folder, replace_folder, write_text
from generator.git import GitError, clean_commit, tracked_files
from generator.paths import ROOT

from .checks import ReleaseError, environment
from .contents import DESCRIPTION, problems, read
from .openapi import assets

__all__ = ["Record", "build", "main"]


@dataclass(frozen=True)
class Record:
    """The record of the files in a dist folder, stored as `.record.json`.

    Attributes:
        commit: The commit of the build; None if the tree differed from it.
        sha256: The hashes of what goes to an index, by file name, the wheel first.
        assets: The hashes of what goes to the page of the release: the OpenAPI description.
        tested: Whether the wheel passed its tests.
    """

    commit: str | None
    sha256: dict[str, str]
    assets: dict[str, str]
    tested: bool = False

    @classmethod
    def read(cls, dist: Path) -> Record | None:
        """Read the record of a folder; None if it has none.

        Raises:
            ReleaseError: The files differ from those that were built.
        """
        try:
            record = cls(**json.loads((dist / ".record.json").read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (TypeError, ValueError):
            raise ReleaseError(f"{dist / '.record.json'} cannot be read; run `make build`") from None
        for name, sha256 in (record.sha256 | record.assets).items():
            if not (dist / name).exists() or digest_of(dist / name) != sha256:
                raise ReleaseError(f"{dist / name} is not what was built; run `make build`")
        return record

    def write(self, dist: Path, *, tested: bool = False) -> None:
        """Write the record into a folder."""
        write_text(dist / ".record.json", json.dumps(asdict(replace(self, tested=tested)), indent=1) + "\n")

    def paths(self, dist: Path) -> list[Path]:
        """The wheel and the sdist."""
        return [dist / name for name in self.sha256]


def build(root: Path, dist: Path) -> Record:
    """Build the sdist of a tree, the wheel from the sdist and the assets from the wheel, and replace the contents of a folder with them.

    Args:
        root: The tree.
        dist: The folder. It is unchanged if a step fails.

    Raises:
        ReleaseError: The build failed, or its contents are wrong.
    """
    built_from = clean_commit(root)
    with new_folder(dist) as new:
        command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(new), str(root)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
        if ran.returncode:
            raise ReleaseError(f"the build failed:\n{(ran.stdout + ran.stderr).strip()}")
        archives = [wheel, _] = [*new.glob("*.whl"), *new.glob("*.tar.gz")]
        found = [f"{archive.name}: {problem}" for archive in archives for problem in problems(archive)]
        if (tracked := tracked_files(root)) is not None:
            names = read(archives[1]).keys() - tracked - {"PKG-INFO"}
            found += [f"{archives[1].name}: {name}: git does not track it; add it, or remove it" for name in sorted(names)]
        if found:
            raise ReleaseError("\n".join(found))
        with redirect_stdout(StringIO()) as said:
            if twine_check([str(archive) for archive in archives], strict=True):
                raise ReleaseError(said.getvalue().strip())
        try:
            written = assets(read(wheel)[DESCRIPTION])
        except ValueError as error:
            raise ReleaseError(f"the OpenAPI description: {error}") from None
        for name, content in written.items():
            (new / name).write_bytes(content)
        record = Record(built_from, {path.name: digest_of(path) for path in archives}, {name: digest_of(new / name) for name in written})
        record.write(new)
        replace_folder(dist, new)
    return record


def digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main(arguments: list[str] | None = None) -> int:
    """Run the command, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m generator.release.build", description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="the tree to build")
    root: Path = parser.parse_args(arguments).root.resolve()
    try:
        record = build(root, root / "dist")
    except (ReleaseError, GitError) as error:
        print(error, file=sys.stderr)
        return error.status
    for path in record.paths(root / "dist"):
        print(f"\n{path.relative_to(root)}, {path.stat().st_size:,} bytes, sha256 {record.sha256[path.name]}")
        folders = Counter(str(PurePosixPath(name).parent) for name in read(path))
        print("\n".join(f"  {count:>4} {'file' if count == 1 else 'files'} in {folder}" for folder, count in sorted(folders.items())))
    for name, sha256 in record.assets.items():
        print(f"\ndist/{name}, {(root / 'dist' / name).stat().st_size:,} bytes, sha256 {sha256}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
