"""The journal of `tmdb.fetch_many`: a JSON line for each outcome, by which a batch that was killed goes on.

The first line names the call. The others have the `id`, and either the `model` and its `value` as TMDB sent it, or the `error`.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import Any, TypeAlias

from . import models
from .runtime.decode import decode
from .runtime.encode import encode
from .runtime.errors import DecodeError, InvalidArgumentError, NotFoundError, TMDBError
from .runtime.models import ADDITIONAL_PROPERTIES, Model, mark_requested

try:
    import fcntl as _fcntl
except ImportError:  # Windows has none
    _LOCKS: Any = None
else:
    _LOCKS = _fcntl

__all__ = ["Journal", "described_call"]

Key: TypeAlias = "int | str | tuple[int | str, ...]"

OPEN = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
VERSION = 1


_VALUE = b',"value":'


class Journal:
    """An open journal. Only one process at a time may have it open.

    Args:
        path: The file. It is made if there is none, with the permissions that the umask leaves.
        call: The name of the method and its arguments, without credentials: a journal is of one call.
        parts: The parts that the call appends.
        holds_credential: Whether a line repeats a credential, as the page of a firewall may. It is not written. None if nothing can.

    Raises:
        InvalidArgumentError: The file is a link, no file, no journal, of another call, or in use.
        OSError: It cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str], call: str, parts: tuple[str, ...] = (), holds_credential: Callable[[bytes], bool] | None = None) -> None:
        self._path, self._parts, self._holds_credential = Path(path), parts, holds_credential
        self._lock = Lock()
        self._places: dict[Key, tuple[int, int]] = {}
        descriptor = self._open()
        self._descriptor: int | None = descriptor
        try:
            first = json.dumps({"journal": VERSION, "call": call}).encode() + b"\n"
            self._size = self._index(descriptor, first)
            if not self._size:
                self._append(first)
        except BaseException:
            self.close()
            raise

    def __repr__(self) -> str:
        return f"<Journal {self._path}: {len(self._places)} outcomes>"

    def _open(self) -> int:
        try:
            descriptor = os.open(self._path, OPEN, 0o666)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.EMLINK):
                raise InvalidArgumentError(f"{self._path} is a symbolic link, which a journal does not follow") from None
            raise
        problem = ""
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            problem = "is no file"
        elif _LOCKS is not None:
            try:
                _LOCKS.flock(descriptor, _LOCKS.LOCK_EX | _LOCKS.LOCK_NB)
            except OSError:
                problem = "is in use by another batch"
        if problem:
            os.close(descriptor)
            raise InvalidArgumentError(f"{self._path} {problem}")
        return descriptor

    def _index(self, descriptor: int, first: bytes) -> int:
        """Find the lines, cut a torn last one, and return the size."""
        start = 0
        with open(descriptor, "rb", closefd=False) as file:
            for number, line in enumerate(file):
                if not line.endswith(b"\n") and (number or first.startswith(line)):
                    os.ftruncate(descriptor, start)  # a kill tore it
                    return start
                try:
                    found = _without_value(line)
                    if not number:
                        self._check(found, json.loads(first))
                    else:
                        self._places.pop(key := _key(found["id"]), None)  # a later line of an id replaces an earlier one
                        if "model" in found or found["error"]["type"] == NotFoundError.__name__:
                            self._places[key] = start, len(line)
                except (ValueError, KeyError, TypeError, RecursionError) as error:
                    if isinstance(error, InvalidArgumentError):
                        raise
                    raise InvalidArgumentError(f"{self._path} is no journal, or was damaged: line {number + 1} is no outcome") from None
                start += len(line)
        return start

    def _check(self, found: Mapping[str, Any], first: Mapping[str, Any]) -> None:
        if found["journal"] != first["journal"]:
            raise InvalidArgumentError(f"{self._path} is a journal of version {found['journal']}, which this version of tmdbkit cannot read")
        if found["call"] != first["call"]:
            raise InvalidArgumentError(f"{self._path} is the journal of another method, or of other arguments: {found['call']}; not {first['call']}")

    def get(self, key: Key) -> Any:
        """The value or the `NotFoundError` of an id, of this run or an earlier one; None if it has to be fetched."""
        place = self._places.get(key)
        if place is None or self._descriptor is None:
            return None
        line = _read(self._descriptor, *place)
        about = _without_value(line)
        if "model" not in about:
            return _not_found(**about["error"])
        try:
            value = decode(_value_of(line), _model(about["model"]))
        except (DecodeError, ValueError, KeyError):  # no value, or none that this version can read: it is fetched again
            return None
        mark_requested(value, self._parts)
        return value

    def add(self, key: Key, outcome: object) -> None:
        """Write an outcome. After `close` it has no effect.

        Args:
            key: The id.
            outcome: The model, or the exception.

        Raises:
            InvalidArgumentError: The outcome is no model, or one with a credential.
            OSError: It cannot be written.
        """
        if not _is_key(key):
            raise InvalidArgumentError(f"a journal needs ids that are numbers, texts, or tuples of these; not {key!r}")
        start = b'{"id":' + json.dumps(key).encode()
        if isinstance(outcome, TMDBError):
            is_final = type(outcome) is NotFoundError
            line = start + b',"error":' + json.dumps(_described(outcome)).encode() + b"}\n"
        else:
            is_final = True
            line = start + f',"model":"{_checked_name(outcome)}","value":'.encode() + encode(outcome) + b"}\n"
        if self._holds_credential and self._holds_credential(line):
            logging.getLogger("tmdbkit").warning("a response repeats a credential, and is not in the journal %s", self._path)
            return
        with self._lock:
            if self._descriptor is None:
                return
            place = self._size, len(line)
            self._append(line)
            if is_final:
                self._places[key] = place

    def _append(self, line: bytes) -> None:
        """Write a line at once: a kill leaves it whole, or torn at the end, which is cut when the journal is opened again."""
        left = memoryview(line)
        try:
            while left and self._descriptor is not None:
                left = left[os.write(self._descriptor, left) :]
        except BaseException:
            if self._descriptor is not None:
                os.ftruncate(self._descriptor, self._size)  # other threads may still write
            raise
        self._size += len(line)

    def close(self) -> None:
        """Close it. What comes later is not written."""
        with self._lock:
            if self._descriptor is not None:
                os.close(self._descriptor)
            self._descriptor = None


def _without_value(line: bytes) -> Any:
    """A line without its value, which is last as we write it."""
    head, separator, _ = line.partition(_VALUE)
    return json.loads(head + b"}" if separator else line)


def _key(found: Any) -> Any:
    return tuple(found) if isinstance(found, list) else found


def _value_of(line: bytes) -> bytes:
    _, separator, value = line.partition(_VALUE)
    return value.rstrip()[:-1] if separator else json.dumps(json.loads(line)["value"]).encode()


def _not_found(*, message: str = "", method: str = "", url: str = "", status_code: int | None = None, http_status: int = 404, **_: Any) -> NotFoundError:
    return NotFoundError(message, method=method, url=url, status_code=status_code, http_status=http_status)


def _read(descriptor: int, start: int, length: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(descriptor, length, start)
    os.lseek(descriptor, start, os.SEEK_SET)  # Windows; what is appended goes to the end nevertheless
    return os.read(descriptor, length)


def _is_key(key: object) -> bool:
    parts = key if isinstance(key, tuple) else (key,)
    return all(part.__class__ in (int, str) for part in parts)


def _described(error: TMDBError) -> dict[str, Any]:
    described = {"type": type(error).__name__, "message": getattr(error, "message", str(error))}
    return described | {name: value for name in ("method", "url", "status_code", "http_status", "path") if (value := getattr(error, name, None)) is not None}


def _model(name: str) -> type[Any]:
    if name not in models.__all__:
        raise InvalidArgumentError(f"the journal has a model that this version of tmdbkit does not have: {name}")
    found: type[Any] = getattr(models, name)
    return found


def _checked_name(value: object) -> str:
    """The name of a model.

    Raises:
        InvalidArgumentError: It is no model, or has a credential.
    """
    name = type(value).__name__
    if not isinstance(value, Model) or name not in models.__all__:
        raise InvalidArgumentError(f"a journal keeps models only; the method returned an object of type {name}")
    if any(not field.repr and field.name != ADDITIONAL_PROPERTIES for field in value.__attrs_attrs__):
        raise InvalidArgumentError(f"no journal keeps a {name}: it has a credential")
    return name


def described_call(name: str, arguments: Mapping[str, Any]) -> str:
    """A call in words: its method and the arguments that shape its responses.

    Args:
        name: The name of the method.
        arguments: The arguments, without credentials.
    """
    return f"{name}({', '.join(f'{key}={_normal(value)}' for key, value in sorted(arguments.items()))})"


def _normal(value: Any) -> str:
    """The same text for equal arguments in every process."""
    if isinstance(value, (set, frozenset)):
        return f"{{{', '.join(sorted(map(_normal, value)))}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_normal, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key!r}: {_normal(item)}' for key, item in sorted(value.items()))}}}"
    return value.isoformat() if hasattr(value, "isoformat") else repr(value)
