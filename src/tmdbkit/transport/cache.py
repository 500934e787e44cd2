"""The cache of a client: a store, and hishel's HTTP cache over it, see `cache_store` and `cache_layer`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from tmdbkit.runtime.checks import check_number, checked_path
from tmdbkit.runtime.errors import InvalidArgumentError

if TYPE_CHECKING:
    import httpx

__all__ = ["Cache"]

LEAST_SIZE = 1_000_000


def _names_file(path: object) -> bool:
    """Whether a path can be that of a file."""
    try:
        return not os.path.isdir(checked_path("path", path).expanduser())  # noqa: PTH112 - False where it cannot be told
    except InvalidArgumentError:
        return False


class Cache:
    """A cache of TMDB's public responses, which keeps them as long as TMDB permits, and then revalidates them: `TMDB(cache=Cache("tmdb.sqlite3"))`.

    Several clients, threads, event loops and processes may share one cache. It never contains credentials or a user's data. A file that is damaged,
    full or inaccessible fails no call: the client sends the request, and logs a warning.

    Args:
        path: The file of the cache. It is created if missing, readable by its owner only, as are the directories that are created for it. A damaged
            cache is renamed to `<path>.unreadable`; any other file is left alone, and a warning says so. Without a path, the cache is in memory.
        max_size: The bytes that the file or the memory may grow to. When they are used up, the half of the responses that came or were confirmed first goes.

    Raises:
        InvalidArgumentError: The path is empty or a directory, or the size is below a million bytes.
        ImportError: The extra is not installed: `pip install 'tmdbkit[cache]'`.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, *, max_size: int = 100_000_000) -> None:
        if path is not None and not _names_file(path):
            raise InvalidArgumentError(f"path must be that of a file, or None to keep responses in memory; not {path!r}")
        check_number("max_size", max_size, least=LEAST_SIZE, is_whole=True, unit="bytes")
        from . import cache_layer  # needs hishel, which is an extra
        from .cache_store import Store

        self._layer = cache_layer
        self._store = Store(None if path is None else Path(path).expanduser().absolute(), max_size)

    def __repr__(self) -> str:
        return f"Cache({'' if self._store.path is None else repr(str(self._store.path))})"

    def over(
        self,
        transport: httpx.BaseTransport,
        changes: Callable[[httpx.Request], bool] | None = None,
        holds_credential: Callable[[bytes], bool] | None = None,
    ) -> httpx.BaseTransport:
        """Return the cache layer over a transport. Closing it closes that transport, but not the cache.

        Args:
            transport: The transport.
            changes: Whether a layer below changes a request before sending, which then bypasses the cache. None if no layer does.
            holds_credential: Whether a body or headers repeat a credential of the current request; they are not stored. None if nothing can.
        """
        return self._layer.CachingTransport(transport, self._store, changes, holds_credential)

    def over_async(
        self,
        transport: httpx.AsyncBaseTransport,
        changes: Callable[[httpx.Request], bool] | None = None,
        holds_credential: Callable[[bytes], bool] | None = None,
    ) -> httpx.AsyncBaseTransport:
        """Return the cache layer over an asynchronous transport, with the arguments of `over`."""
        return self._layer.AsyncCachingTransport(transport, self._store, changes, holds_credential)

    def close(self) -> None:
        """Close the file, or clear the memory. Clients with this cache reopen it."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()
