"""The store of a cache: an SQLite file, or memory. Failures of the file raise nothing: the cache is then empty."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from hashlib import blake2b
from itertools import count
from pathlib import Path
from stat import S_IRWXG, S_IRWXO
from threading import RLock, local
from time import monotonic
from typing import Any, NamedTuple, TypeVar
from weakref import WeakSet

import msgspec

from tmdbkit.logs import logger

__all__ = ["CachedResponse", "Store"]

R = TypeVar("R")

APPLICATION_ID = 0x746D6462  # "tmdb": identifies our files
VERSION = 1  # of the table, and of the format of a response
BUSY = 0.2
"""The seconds to wait for another process that writes to the file."""
FORK_WAIT = 1.0
"""The maximum seconds that a fork waits for other threads in SQLite: file access may hang."""
LARGEST_SHARE = 10
"""Responses larger than a tenth of the store are not stored."""
UNREADABLE = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT)

_FORKED: list[sqlite3.Connection] = []
"""Connections of the parent process. They are not closed here, which would release the parent's locks."""


class CachedResponse(NamedTuple):
    """A stored response.

    Attributes:
        url: The URL of the request, without credentials.
        selecting_headers: The request headers that select among responses.
        status_code: The HTTP status.
        headers: The headers, with lower-case names.
        body: The body, compressed as received.
    """

    url: str
    selecting_headers: dict[str, list[str]]
    status_code: int
    headers: dict[str, list[str]]
    body: bytes


class _OlderVersionError(sqlite3.DatabaseError):
    sqlite_errorcode = sqlite3.SQLITE_FORMAT


class Store:
    """A thread-safe store of responses by key.

    Args:
        path: The file; None for memory.
        max_size: The maximum size, in bytes.
    """

    def __init__(self, path: Path | None, max_size: int) -> None:
        self.path, self._max_size = path, max_size
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, ...] | None = None
        self._told = self._warned = False
        self._lock = RLock()  # a log handler may fork, or use this store
        self._number = next(_NUMBERS)
        _STORES.add(self)

    def _begin_in_child(self, *, is_sound: bool) -> None:
        """Continue in a forked process; with a new connection if a thread of the parent was using the old one."""
        self._lock = RLock()
        if not is_sound and self._connection is not None:
            _FORKED.append(self._connection)
            self._connection = None

    def get(self, key: bytes) -> CachedResponse | None:
        """Return the response of a key, or None."""
        row = self._try(lambda connection: connection.execute("SELECT digest, response FROM responses WHERE key = ?", (key,)).fetchone())
        if row is None:
            return None
        digest, packed = row
        if isinstance(packed, bytes) and digest == _digest(packed):
            with suppress(msgspec.DecodeError):
                return msgspec.msgpack.decode(packed, type=CachedResponse)
        self._tell("holds a damaged response")
        return None

    def set(self, key: bytes, response: CachedResponse) -> None:
        """Store a response under a key."""
        packed = msgspec.msgpack.encode(response)
        if len(packed) * LARGEST_SHARE > self._max_size:
            return
        row = (key, _digest(packed), packed)

        def insert(connection: sqlite3.Connection) -> None:
            try:
                connection.execute("INSERT OR REPLACE INTO responses VALUES (?, ?, ?)", row)
            except sqlite3.OperationalError as error:
                if _code(error) != sqlite3.SQLITE_FULL:
                    raise
                connection.execute(
                    "DELETE FROM responses WHERE rowid IN (SELECT rowid FROM responses ORDER BY rowid LIMIT (SELECT count(*) / 2 + 1 FROM responses))"
                )
                connection.execute("INSERT OR REPLACE INTO responses VALUES (?, ?, ?)", row)

        self._try(insert)

    def remove(self, key: bytes) -> None:
        """Remove the response of a key."""
        self._try(lambda connection: connection.execute("DELETE FROM responses WHERE key = ?", (key,)))

    def close(self) -> None:
        """Close the file; it is reopened on the next use."""
        with self._lock:
            self._disconnect()

    def __del__(self) -> None:
        lock = _DYING
        is_held = lock.acquire(timeout=FORK_WAIT)
        try:
            self._disconnect()
        finally:
            if is_held:
                lock.release()

    def _try(self, work: Callable[[sqlite3.Connection], R]) -> R | None:
        """Run a function on the store; None if the store fails, which fails no call."""
        with self._lock:
            try:
                return work(self._open())
            except (sqlite3.Error, OSError) as error:
                if self.path is not None and _code(error) in UNREADABLE:
                    if _is_ours(self.path):
                        self._set_aside(self.path, error)
                    else:
                        self._tell("is not a file of a cache, and stays as it is; name another path, or remove it")
                else:
                    self._tell(f"cannot be used ({error})")
                return None

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None:
            if self._file == _identity(self.path):
                return self._connection
            self._disconnect()  # the file was removed, or replaced by another process
        if self.path is not None:
            _make_folders(self.path.parent)
            with suppress(FileExistsError):  # closing an existing file would release this process's locks on it
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL, 0o600))
        self._file = _identity(self.path)
        self._connection = sqlite3.connect(self.path or ":memory:", timeout=BUSY, isolation_level=None, check_same_thread=False)
        try:
            self._prepare(self._connection)
        except sqlite3.Error:
            self._disconnect()
            raise
        if self.path is not None:
            self._warn_if_others_may_read(self.path)
        return self._connection

    def _warn_if_others_may_read(self, path: Path) -> None:
        mode = path.stat().st_mode
        if os.name == "posix" and mode & (S_IRWXG | S_IRWXO) and not self._warned:
            self._warned = True
            logger.warning("other users of this machine may read the cache %s: chmod 600 makes it private", path)

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA synchronous = OFF")  # a file that a power cut damages is replaced
        connection.execute("PRAGMA cell_size_check = ON")
        (page_size,) = connection.execute("PRAGMA page_size").fetchone()
        connection.execute(f"PRAGMA max_page_count = {self._max_size // page_size}")
        owner, version, tables = connection.execute(
            "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_master) FROM pragma_application_id, pragma_user_version"
        ).fetchone()
        if owner == tables == 0:
            connection.execute("BEGIN IMMEDIATE")  # another process may be doing the same
            connection.execute("CREATE TABLE IF NOT EXISTS responses (key BLOB PRIMARY KEY, digest BLOB NOT NULL, response BLOB NOT NULL)")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
            connection.execute("COMMIT")
        elif owner != APPLICATION_ID:
            raise sqlite3.DatabaseError("it is a database of another program")
        elif version > VERSION:
            raise sqlite3.DatabaseError("it is of a newer version of tmdbkit")
        elif version < VERSION:
            raise _OlderVersionError("it is of an older version of tmdbkit")

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if self._file is not None and self._file[0] != os.getpid():
            _FORKED.append(connection)
        else:
            connection.close()

    def _set_aside(self, path: Path, error: Exception) -> None:
        """Rename an unreadable file, so that a new one can be created."""
        opened = self._file
        self._disconnect()
        if opened != _identity(path):  # another process was quicker
            return
        try:
            Path(f"{path}-journal").unlink(missing_ok=True)
            path.replace(f"{path}.unreadable")
        except OSError as failure:
            self._tell(f"cannot be read ({error}) nor set aside ({failure})")
        else:
            logger.warning("the cache %s cannot be read (%s): it is set aside as %s.unreadable, and a new one is created", path, error, path)

    def _tell(self, what: str) -> None:
        """Log the problem of the store, once."""
        if not self._told:
            self._told = True
            logger.warning("the cache %s %s: TMDB is asked for what it does not have", self.path or "in memory", what)


_STORES: WeakSet[Store] = WeakSet()
_NUMBERS = count()
_DYING = RLock()
"""Held while an unreferenced store is closed, because a fork does not find it among the others."""


class _Held(local):
    """The locks of a forking thread: the lock of dying stores, if acquired, and the acquired locks of stores."""

    def __init__(self) -> None:
        self.dying: list[Any] = []
        self.stores: list[tuple[Store, Any]] = []


_HELD = _Held()


def _before_fork() -> None:
    """Wait until no other thread is in SQLite, whose locks would never be released in the child, and block all threads until the fork."""
    until = monotonic() + FORK_WAIT
    if _DYING.acquire(timeout=FORK_WAIT):
        _HELD.dying.append(_DYING)
    for store in sorted(_STORES, key=lambda store: store._number):  # one order for all threads that fork
        lock = store._lock
        if lock.acquire(timeout=max(until - monotonic(), 0)):
            _HELD.stores.append((store, lock))


def _after_fork() -> None:
    """Release the locks after a fork."""
    stores, _HELD.stores = _HELD.stores, []
    dying, _HELD.dying = _HELD.dying, []
    for lock in [*dying, *(lock for _, lock in stores)]:
        lock.release()


def _begin_in_child() -> None:
    """Replace the locks in a forked process: a thread of the parent may have held one."""
    global _DYING  # noqa: PLW0603
    _DYING = RLock()
    stores, _HELD.stores, _HELD.dying = _HELD.stores, [], []
    sound = {store._number for store, _ in stores}
    for store in list(_STORES):
        store._begin_in_child(is_sound=store._number in sound)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_begin_in_child)


def _make_folders(folder: Path) -> None:
    """Make a folder and those above it, for this user only. `mkdir` would give the mode to the last one only."""
    if not folder.exists():
        _make_folders(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _is_ours(path: Path) -> bool:
    """Return whether a file has the header of one that this module created."""
    with suppress(OSError), path.open("rb") as file:
        header = file.read(72)
        return header.startswith(b"SQLite format 3\0") and header[68:72] == APPLICATION_ID.to_bytes(4, "big")
    return False


def _code(error: Exception) -> int:
    """SQLite's primary code of an error; 0 for other errors."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _digest(packed: bytes) -> bytes:
    return blake2b(packed, digest_size=16).digest()


def _identity(path: Path | None) -> tuple[int, ...] | None:
    """The identity of a file in this process, which differs from that of a replaced file, and in the parent process; None without a file."""
    if path is None:
        return None
    try:
        status = path.stat()
    except OSError:
        return None
    return os.getpid(), status.st_dev, status.st_ino
