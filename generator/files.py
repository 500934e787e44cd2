"""Files and folders: listing, hashing, and replacing them as a whole or not at all."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["VERSION_FILE", "digest", "files", "new_folder", "package_version", "replace_folder", "write_text"]

VERSION_FILE = "src/tmdbkit/_version.py"


def files(directory: Path, pattern: str = "*") -> list[Path]:
    """The files below a folder whose names match a pattern, relative to it, without Python's caches."""
    found = (path.relative_to(directory) for path in directory.rglob(pattern) if path.is_file())
    return sorted(path for path in found if "__pycache__" not in path.parts)


def digest(directory: Path, pattern: str = "*") -> str:
    """Hash the names and contents of the files below a folder. The pattern for the spec is `*.yaml`, because its prose is no input."""
    total = hashlib.sha256()
    for path in files(directory, pattern):
        total.update(f"{path}\0{hashlib.sha256((directory / path).read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def write_text(path: Path, text: str) -> None:
    """Write a file atomically: if it fails, the previous content stays.

    Raises:
        OSError: The file cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        unfinished.write_text(text, encoding="utf-8", newline="\n")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Create a folder on the same disk as the target, for `replace_folder`; removed at the end if it still exists."""
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as folder:
        (new := Path(folder) / target.name).mkdir()
        yield new


def replace_folder(target: Path, new: Path) -> None:
    """Replace a folder with a new one; on failure the old one stays.

    Raises:
        OSError: The folder cannot be replaced.
    """
    if target.exists():
        target.rename(old := new.with_name("replaced"))
        try:
            new.rename(target)
        except OSError:
            old.rename(target)
            raise
        shutil.rmtree(old)
    else:
        new.rename(target)


def package_version(root: Path) -> str:
    """The version of the package in a tree; empty if the tree has none."""
    path = root / VERSION_FILE
    found = re.search(r'^__version__ = "(.+)"$', path.read_text(encoding="utf-8"), re.MULTILINE) if path.is_file() else None
    return found[1] if found else ""
