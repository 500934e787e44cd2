"""`tmdb.exports`: the daily id exports, downloaded and read. Which days to try is sans-IO; both clients only download."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import nullcontext, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

from tmdb_openapi.exports import DAYS_KEPT, READY_HOUR

from . import clock
from .downloads import Download, Kind, Setup, checked, download, download_async
from .exports import batches, checked_file, export_url
from .runtime.checks import checked_day, checked_path
from .runtime.errors import DecodeError, InvalidArgumentError, NotFoundError, PermissionDeniedError, StatusError
from .runtime.exports import ExportFile

__all__ = ["AsyncExports", "Exports"]

RowT = TypeVar("RowT")

MOST_BYTES = 1024 * 1024 * 1024
DAYS_BACK = 7
"""How many days are tried for the newest export."""
EXPORT = Kind(
    "export", "application/gzip, application/octet-stream;q=0.9, */*;q=0.1", "export_url(MOVIE_IDS, date(2024, 5, 1))", b"\x1f\x8b", ("", "identity", "gzip")
)
_Path = str | os.PathLike[str]


def _attempts(
    setup: Callable[[], Setup], file: ExportFile[Any], path: _Path, day: date | str | None, base_url: str | None, max_bytes: int
) -> Iterator[Download | Path]:
    """Yield the downloads to try until one succeeds, or the path of a file that is there already.

    Raises:
        InvalidArgumentError: An argument is not allowed.
        NotFoundError: There is no export.
    """
    checked_file(file)
    place = checked_path("path", path)
    now = clock.now()
    newest = now.date() if now.hour >= READY_HOUR else now.date() - timedelta(days=1)
    days = [newest - timedelta(days=back) for back in range(DAYS_BACK)] if day is None else [checked_day("day", day)]
    if days[0] > now.date():
        raise InvalidArgumentError(f"day must not be in the future; today, in UTC, is {now.date()}, not {days[0]}")
    url = ""
    for tried in days:
        url = export_url(file, tried, base_url=base_url)
        stored = place / url.rpartition("/")[2]
        if place.is_dir() and stored.is_file():
            yield stored
            return
        yield checked(setup(), url, path, max_bytes, EXPORT)
    of = f"of {days[0]}" if day is not None else f"of the {DAYS_BACK} days before {days[0] + timedelta(days=1)}"
    message = f"there is no export {file.name} {of}: TMDB makes one a day by {READY_HOUR}:00 UTC, and keeps it for {DAYS_KEPT} days"
    raise NotFoundError(message, method="GET", url=url, status_code=None, http_status=404)


def _checked_folder(given: _Path) -> Path:
    """Check that a folder exists: the path of another one would be that of the file to write, or to replace.

    Raises:
        InvalidArgumentError: It does not.
    """
    folder = checked_path("folder", given)
    if not folder.is_dir():
        raise InvalidArgumentError(f"folder must be a folder that exists; not {str(folder)!r}")
    return folder


def _is_missing(error: StatusError) -> bool:
    """Whether this says that there is no such file: a page of HTML comes from a proxy or a firewall, which knows nothing of it."""
    return "html" not in (error.headers.get("content-type") or "").lower()


class Exports:
    """The daily id exports of TMDB: `tmdb.exports`. Their files and rows are in `tmdbkit.exports`."""

    def __init__(self, setup: Callable[[], Setup]) -> None:
        self._setup = setup

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def download(self, file: ExportFile[Any], path: _Path, *, day: date | str | None = None, base_url: str | None = None, max_bytes: int = MOST_BYTES) -> Path:
        """Download an export.

        The file appears when it is complete; one that broke off is continued. The request has no credential. The client's `timeout`, `deadline` (by default
        300 seconds) and `retries` hold.

        Args:
            file: The file, such as `exports.MOVIE_IDS`.
            path: The file to write, which is replaced if it exists; or a folder, where it gets TMDB's name. A file with that name is complete, and
                not loaded again.
            day: The day, a date or `YYYY-MM-DD`; by default the newest: those of a day come by 8:00 UTC, and up to a week before is tried.
            base_url: Where the exports are; by default what the environment variable `TMDB_EXPORTS_URL` names, or else `https://files.tmdb.org`.
            max_bytes: The largest size, in bytes; by default 1 GiB.

        Returns:
            The path of the file.

        Raises:
            InvalidArgumentError: An argument is not allowed, or the day is in the future.
            NotFoundError: There is no such export.
            StatusError: The server sent another error, or a redirect.
            APIConnectionError: No complete response arrived; `APITimeoutError` and `DeadlineError`, not in time.
            DecodeError: The server sent something else, such as HTML, or more than `max_bytes`.
            OSError: The file cannot be written.

        Endpoint: `GET https://files.tmdb.org/p/exports/{name}_MM_DD_YYYY.json.gz`
        """
        attempts = _attempts(self._setup, file, path, day, base_url, max_bytes)
        try:
            job = next(attempts)
        except InvalidArgumentError as error:
            raise error.with_traceback(None) from None
        finally:
            del base_url  # it may have a password, which an error report with local variables would show
        while isinstance(job, Download):
            try:
                return download(job)
            except (NotFoundError, PermissionDeniedError) as error:
                if not _is_missing(error):
                    raise
            job = next(attempts)
        return job

    def rows(
        self, file: ExportFile[RowT], *, day: date | str | None = None, folder: _Path | None = None, base_url: str | None = None, max_bytes: int = MOST_BYTES
    ) -> Iterator[RowT]:
        """Iterate over the rows of an export, which is downloaded first. A million rows take a few megabytes of memory.

            from tmdbkit import exports

            for row in tmdb.exports.rows(exports.MOVIE_IDS):
                print(row.id, row.original_title, row.popularity)

        Args:
            file: The file, such as `exports.MOVIE_IDS`.
            day: The day, as in `download`.
            folder: The folder where the file is kept, and found the next time; by default it is temporary.
            base_url: Where the exports are, as in `download`.
            max_bytes: The largest size of the file, in bytes; by default 1 GiB.

        Returns:
            An iterator over the rows. The first one downloads the file.

        Raises:
            InvalidArgumentError: An argument is not allowed, or the folder does not exist.
            DecodeError: While it reads: the file is damaged, or no export.
            TMDBError: As in `download`.
        """
        with tempfile.TemporaryDirectory() if folder is None else nullcontext(_checked_folder(folder)) as place:
            path = self.download(file, place, day=day, base_url=base_url, max_bytes=max_bytes)
            try:
                for batch in batches(path, file):
                    yield from batch
            except DecodeError:
                path.unlink(missing_ok=True)  # the next time it is loaded again
                raise


class AsyncExports:
    """The daily id exports of TMDB: `tmdb.exports` of an `AsyncTMDB`. Their files and rows are in `tmdbkit.exports`."""

    def __init__(self, setup: Callable[[], Setup]) -> None:
        self._setup = setup

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    async def download(
        self, file: ExportFile[Any], path: _Path, *, day: date | str | None = None, base_url: str | None = None, max_bytes: int = MOST_BYTES
    ) -> Path:
        """Download an export, as `Exports.download` does."""
        attempts = _attempts(self._setup, file, path, day, base_url, max_bytes)
        try:
            job = next(attempts)
        except InvalidArgumentError as error:
            raise error.with_traceback(None) from None
        finally:
            del base_url  # it may have a password, which an error report with local variables would show
        while isinstance(job, Download):
            try:
                return await download_async(job)
            except (NotFoundError, PermissionDeniedError) as error:
                if not _is_missing(error):
                    raise
            job = next(attempts)
        return job

    async def rows(
        self, file: ExportFile[RowT], *, day: date | str | None = None, folder: _Path | None = None, base_url: str | None = None, max_bytes: int = MOST_BYTES
    ) -> AsyncIterator[RowT]:
        """Iterate over the rows of an export, as `Exports.rows` does. Threads read the file."""
        with tempfile.TemporaryDirectory() if folder is None else nullcontext(_checked_folder(folder)) as place:
            path = await self.download(file, place, day=day, base_url=base_url, max_bytes=max_bytes)
            lists = batches(path, file)
            try:
                while batch := await asyncio.to_thread(next, lists, None):
                    for row in batch:
                        yield row
            except DecodeError:
                path.unlink(missing_ok=True)  # the next time it is loaded again
                raise
            finally:
                with suppress(ValueError):  # after a cancellation, a thread may still be reading
                    lists.close()
