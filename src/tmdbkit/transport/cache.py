"""The cache that a client may have: a store, and hishel's HTTP cache over it, see `cache_store` and `cache_layer`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from tmdbkit.runtime.errors import InvalidArgumentError

if TYPE_CHECKING:
    import httpx

__all__ = ["Cache"]

LEAST_SIZE = 1_000_000


class Cache:
    """Keeps TMDB's public responses for as long as TMDB allows it, and asks whether they are still the same after that: `TMDB(cache=Cache("tmdb.sqlite3"))`.

    Several clients, threads, event loops and processes may share one cache. It never holds a credential, nor what belongs to a user. A file that is damaged,
    full or out of reach fails no call: what it does not have is asked of TMDB, and a warning is logged.

    Args:
        path: The file to keep responses in. It is made if it is missing, for its owner alone, and so is its directory. A file that cannot be read is set aside
            as `<path>.unreadable`. Without a path, responses are kept in memory.
        max_size: The bytes that the file or the memory may grow to. When they are used up, the half of the responses that came or were confirmed first goes.

    Raises:
        InvalidArgumentError: The path is empty or a directory, or the size is below a million bytes.
        ImportError: The extra is not installed: `pip install 'tmdbkit[cache]'`.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, *, max_size: int = 100_000_000) -> None:
        if path is not None and (not os.fspath(path) or os.path.isdir(Path(path).expanduser())):  # noqa: PTH112 - False where it cannot be told
            raise InvalidArgumentError(f"path must be that of a file, or None to keep responses in memory; not {os.fspath(path)!r}")
        if max_size < LEAST_SIZE:
            raise InvalidArgumentError(f"max_size must be a number of bytes, {LEAST_SIZE} or more; not {max_size!r}")
        from . import cache_layer  # needs hishel, which is an extra
        from .cache_store import Store

        self._layer = cache_layer
        self._store = Store(None if path is None else Path(path).expanduser().absolute(), max_size)

    def __repr__(self) -> str:
        return f"Cache({'' if self._store.path is None else repr(str(self._store.path))})"

    def over(self, transport: httpx.BaseTransport, changes: Callable[[httpx.Request], bool] | None = None) -> httpx.BaseTransport:
        """Return the cache layer over a transport. Closing it closes that transport, and not the cache.

        Args:
            transport: The transport.
            changes: Tells whether a layer below changes a request before it is sent: such a request passes the cache by. None where no layer does.
        """
        return self._layer.CachingTransport(transport, self._store, changes)

    def over_async(self, transport: httpx.AsyncBaseTransport, changes: Callable[[httpx.Request], bool] | None = None) -> httpx.AsyncBaseTransport:
        """Return the cache layer over an asynchronous transport; it takes what `over` takes."""
        return self._layer.AsyncCachingTransport(transport, self._store, changes)

    def close(self) -> None:
        """Close the file; what is kept in memory is forgotten. Clients that still have this cache open it again."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()
