"""The files below a folder, and one hash of them."""

from __future__ import annotations

import hashlib
from pathlib import Path

__all__ = ["digest", "files"]


def files(directory: Path, pattern: str = "*") -> list[Path]:
    """The files below a folder whose names match a pattern, relative to it, without what Python leaves behind."""
    found = (path.relative_to(directory) for path in directory.rglob(pattern) if path.is_file())
    return sorted(path for path in found if "__pycache__" not in path.parts)


def digest(directory: Path, pattern: str = "*") -> str:
    """One hash of the files below a folder whose names match a pattern, and of these names. Of the spec it is `*.yaml`: prose beside it is no input."""
    total = hashlib.sha256()
    for path in files(directory, pattern):
        total.update(f"{path}\0{hashlib.sha256((directory / path).read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()
