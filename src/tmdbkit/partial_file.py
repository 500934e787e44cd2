"""A file that arrives in chunks: it stands beside its target until it is complete, and a later attempt goes on where it broke off."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
import tempfile
from pathlib import Path
from typing import Any

from .runtime.errors import InvalidArgumentError

try:
    import fcntl as _fcntl
except ImportError:  # Windows has none
    _LOCKS: Any = None
else:
    _LOCKS = _fcntl

__all__ = ["PartialFile", "replaceable"]

NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
OPEN = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | NO_FOLLOW


class PartialFile:
    """A file `name.part` that becomes `name` when it is complete, with `name.part.json`, which says what it is a part of.

    A second writer of the same target gets a temporary file of its own, which it does not leave behind.

    Args:
        target: The file to make.
        source: The URL that it comes from. A part of another one is not continued.

    Attributes:
        size: The bytes so far.
        validator: The ETag or date of what the bytes are a part of; None if a later attempt cannot continue them.
    """

    def __init__(self, target: Path, source: str) -> None:
        self._target, self._source = target, source
        self._part = target.with_name(f"{target.name}.part")
        self._about = target.with_name(f"{target.name}.part.json")
        self.size = 0
        self.validator: str | None = None
        self._descriptor, self._is_shared = self._open()
        if self._is_shared:
            self.validator = self._stored_validator()
            self.size = os.fstat(self._descriptor).st_size if self.validator else 0
        if not self.size:
            self.restart(None)

    def _open(self) -> tuple[int, bool]:
        """Open and lock the part; a temporary file if another writer has it."""
        while _LOCKS is not None:
            try:
                descriptor = os.open(self._part, OPEN, 0o666)
            except OSError as error:
                if error.errno in (errno.ELOOP, errno.EMLINK):
                    raise InvalidArgumentError(f"{self._part} is a symbolic link, which a download does not follow") from None
                raise
            about = os.fstat(descriptor)
            if not stat.S_ISREG(about.st_mode) or about.st_nlink > 1:
                os.close(descriptor)
                raise InvalidArgumentError(f"{self._part} is no file, or a file with other names, which a download does not write to")
            try:
                _LOCKS.flock(descriptor, _LOCKS.LOCK_EX | _LOCKS.LOCK_NB)
                if self._part.is_file() and os.path.samestat(os.fstat(descriptor), self._part.lstat()):
                    return descriptor, True
            except OSError:
                os.close(descriptor)
                break
            os.close(descriptor)  # another writer has completed it meanwhile
        descriptor, name = tempfile.mkstemp(suffix=".part", prefix=f"{self._target.name}.", dir=self._target.parent)
        self._part = Path(name)
        with contextlib.suppress(OSError, AttributeError):
            os.fchmod(descriptor, 0o666 & ~_umask())
        return descriptor, False

    def _stored_validator(self) -> str | None:
        try:
            with os.fdopen(os.open(self._about, os.O_RDONLY | NO_FOLLOW), encoding="utf-8") as file:
                about = json.load(file)
        except (OSError, ValueError):
            return None
        validator = about.get("validator") if isinstance(about, dict) and about.get("source") == self._source else None
        return validator if isinstance(validator, str) and validator else None

    def restart(self, validator: str | None) -> None:
        """Drop the bytes so far.

        Args:
            validator: The ETag or date of what follows, with which a later attempt may continue it; None if it may not.
        """
        os.ftruncate(self._descriptor, 0)
        self.size, self.validator = 0, validator
        if not self._is_shared:
            return
        if validator is None:
            self._about.unlink(missing_ok=True)
            return
        descriptor, name = tempfile.mkstemp(suffix=".part.json", prefix=f"{self._target.name}.", dir=self._target.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"source": self._source, "validator": validator}, file)
        Path(name).replace(self._about)

    def write(self, chunk: bytes) -> None:
        """Add bytes."""
        os.lseek(self._descriptor, self.size, os.SEEK_SET)
        left = memoryview(chunk)
        while left:
            written = os.write(self._descriptor, left)
            self.size, left = self.size + written, left[written:]

    def complete(self) -> None:
        """Replace the target by the file."""
        os.ftruncate(self._descriptor, self.size)
        if _LOCKS is None:
            os.close(self._descriptor)
        self._part.replace(self._target)
        if self._is_shared:
            self._about.unlink(missing_ok=True)
        if _LOCKS is not None:
            os.close(self._descriptor)

    def leave(self) -> None:
        """End without completing the file: keep what a later attempt can continue."""
        keeps = self._is_shared and self.validator is not None and self.size > 0
        if not keeps:
            self._part.unlink(missing_ok=True)
            if self._is_shared:
                self._about.unlink(missing_ok=True)
        os.close(self._descriptor)


def replaceable(path: Path) -> Path:
    """The file that a complete one may replace: of a link, the file in the same folder that it names.

    Raises:
        InvalidArgumentError: The path is a device, a pipe, or a link out of its folder.
    """
    if path.exists() and not path.is_file():
        raise InvalidArgumentError(f"{path} is no file, but a device or a pipe, which a download does not replace")
    if path.is_symlink():
        folder, resolved = path.parent.resolve(), path.resolve()
        if folder not in resolved.parents:
            raise InvalidArgumentError(f"{path} is a symbolic link out of its folder, which a download does not follow")
        return resolved
    return path


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
