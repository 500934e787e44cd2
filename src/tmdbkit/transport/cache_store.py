"""The store of a cache: an SQLite file, or memory. Whatever happens to the file, nothing is raised: the cache is then empty."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from hashlib import blake2b
from itertools import count
from pathlib import Path
from threading import RLock, local
from time import monotonic
from typing import Any, NamedTuple, TypeVar
from weakref import WeakSet

import msgspec

from tmdbkit.logs import logger

__all__ = ["CachedResponse", "Store"]

R = TypeVar("R")

APPLICATION_ID = 0x746D6462  # "tmdb": tells our files from those of other programs
VERSION = 1  # of the table, and of the packed form of a response
BUSY = 0.2
"""The seconds to wait for another process that writes to the file."""
FORK_WAIT = 1.0
"""The most seconds that a fork waits for what other threads do in SQLite: a file may hang."""
LARGEST_SHARE = 10
"""A response that would fill more than a tenth of the store is not kept."""
UNREADABLE = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT)

_FORKED: list[sqlite3.Connection] = []
"""Connections of the process that this one was forked from. They are not closed here, which would release the other's locks."""


class CachedResponse(NamedTuple):
    """A response as it is kept.

    Attributes:
        url: The URL that was asked, without credentials.
        asked: Those headers of the request that select among several responses.
        status_code: The HTTP status.
        headers: The headers, by their names in lower case.
        body: The body as it came, compressed if it was.
    """

    url: str
    asked: dict[str, list[str]]
    status_code: int
    headers: dict[str, list[str]]
    body: bytes


class _OlderVersionError(sqlite3.DatabaseError):
    sqlite_errorcode = sqlite3.SQLITE_FORMAT


class Store:
    """Responses by key, for use by any thread.

    Args:
        path: The file; None for memory.
        max_size: The bytes that it may grow to.
    """

    def __init__(self, path: Path | None, max_size: int) -> None:
        self.path, self._max_size = path, max_size
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, ...] | None = None
        self._told = False
        self._lock = RLock()  # a handler of our log records may fork, or ask this store
        self._number = next(_NUMBERS)
        _STORES.add(self)

    def _begin_in_child(self, *, is_sound: bool) -> None:
        """Go on in a forked process; with another connection where a thread that is not here was using this one."""
        self._lock = RLock()
        if not is_sound and self._connection is not None:
            _FORKED.append(self._connection)
            self._connection = None

    def get(self, key: bytes) -> CachedResponse | None:
        """Return the response of a key; None where there is none that can be read."""
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
        """Keep a response in place of the one that has this key."""
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
        """Forget the response of a key."""
        self._try(lambda connection: connection.execute("DELETE FROM responses WHERE key = ?", (key,)))

    def close(self) -> None:
        """Close the file; it is opened again when it is needed."""
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
        """Run some work on the store; None where the store fails, which no call notices."""
        with self._lock:
            try:
                return work(self._open())
            except (sqlite3.Error, OSError) as error:
                if self.path is not None and _code(error) in UNREADABLE:
                    self._set_aside(self.path, error)
                else:
                    self._tell(f"cannot be used ({error})")
                return None

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None:
            if self._file == _identity(self.path):
                return self._connection
            self._disconnect()  # the file was removed, or replaced by another process
        if self.path is not None:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(FileExistsError):  # closing a file that is there would release the locks that this process has on it
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL, 0o600))
        self._file = _identity(self.path)
        self._connection = sqlite3.connect(self.path or ":memory:", timeout=BUSY, isolation_level=None, check_same_thread=False)
        try:
            self._prepare(self._connection)
        except sqlite3.Error:
            self._disconnect()
            raise
        return self._connection

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
        """Rename a file that cannot be read, and make room for a new one."""
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
            logger.warning("the cache %s cannot be read (%s): it is set aside as %s.unreadable, and a new one is begun", path, error, path)

    def _tell(self, what: str) -> None:
        """Log what is wrong with the store, once."""
        if not self._told:
            self._told = True
            logger.warning("the cache %s %s: TMDB is asked for what it does not have", self.path or "in memory", what)


_STORES: WeakSet[Store] = WeakSet()
_NUMBERS = count()
_DYING = RLock()
"""Held while a store that nobody has any more is closed: a fork does not find it among the others."""


class _Held(local):
    """What a thread that forks has taken: the lock of dying stores, if it is held, and the stores whose locks are held, with these."""

    def __init__(self) -> None:
        self.dying: list[Any] = []
        self.stores: list[tuple[Store, Any]] = []


_HELD = _Held()


def _before_fork() -> None:
    """Wait until no other thread is in SQLite, whose own locks would never be released in the forked process; and keep all out until it is there."""
    until = monotonic() + FORK_WAIT
    if _DYING.acquire(timeout=FORK_WAIT):
        _HELD.dying.append(_DYING)
    for store in sorted(_STORES, key=lambda store: store._number):  # one order for all threads that fork
        lock = store._lock
        if lock.acquire(timeout=max(until - monotonic(), 0)):
            _HELD.stores.append((store, lock))


def _after_fork() -> None:
    """Let other threads go on."""
    stores, _HELD.stores = _HELD.stores, []
    dying, _HELD.dying = _HELD.dying, []
    for lock in [*dying, *(lock for _, lock in stores)]:
        lock.release()


def _begin_in_child() -> None:
    """Replace the locks of a forked process: another thread may have held one, and would never release it here."""
    global _DYING  # noqa: PLW0603
    _DYING = RLock()
    stores, _HELD.stores, _HELD.dying = _HELD.stores, [], []
    sound = {store._number for store, _ in stores}
    for store in list(_STORES):
        store._begin_in_child(is_sound=store._number in sound)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_begin_in_child)


def _code(error: Exception) -> int:
    """SQLite's primary code of an error; 0 where it is not SQLite's."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _digest(packed: bytes) -> bytes:
    return blake2b(packed, digest_size=16).digest()


def _identity(path: Path | None) -> tuple[int, ...] | None:
    """What tells a file from another one of the same name, and this process from the one that it was forked from; None without a file."""
    if path is None:
        return None
    try:
        status = path.stat()
    except OSError:
        return None
    return os.getpid(), status.st_dev, status.st_ino
