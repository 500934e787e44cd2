"""TMDB's daily id exports: every id of a kind, with a name and little more.

    from tmdbkit import exports

    for row in tmdb.exports.rows(exports.MOVIE_IDS):
        print(row.id, row.original_title, row.popularity)

`tmdb.exports` downloads them; `read` reads a file that you have.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Generator, Iterator
from datetime import date
from itertools import chain
from typing import Any, BinaryIO, TypeVar

import attrs
import msgspec
from tmdb_openapi.exports import (
    ADULT_MOVIE_IDS,
    ADULT_PERSON_IDS,
    ADULT_TV_SERIES_IDS,
    BASE_URL,
    COLLECTION_IDS,
    FILES,
    KEYWORD_IDS,
    MOVIE_IDS,
    PATH,
    PERSON_IDS,
    PRODUCTION_COMPANY_IDS,
    TV_NETWORK_IDS,
    TV_SERIES_IDS,
    MovieExportRow,
    NamedExportRow,
    PersonExportRow,
    TVExportRow,
)

from .runtime.checks import checked_day, checked_path
from .runtime.decode import parse
from .runtime.errors import DecodeError, InvalidArgumentError
from .runtime.exports import ExportFile
from .runtime.types import UNSET

__all__ = [
    "ADULT_MOVIE_IDS",
    "ADULT_PERSON_IDS",
    "ADULT_TV_SERIES_IDS",
    "COLLECTION_IDS",
    "FILES",
    "KEYWORD_IDS",
    "MOVIE_IDS",
    "PERSON_IDS",
    "PRODUCTION_COMPANY_IDS",
    "TV_NETWORK_IDS",
    "TV_SERIES_IDS",
    "ExportFile",
    "MovieExportRow",
    "NamedExportRow",
    "PersonExportRow",
    "TVExportRow",
    "export_url",
    "read",
]

RowT = TypeVar("RowT")

CHUNK = 256 * 1024
LONGEST_LINE = 4 * 1024 * 1024
DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)


def export_url(file: ExportFile[Any], day: date | str, *, base_url: str | None = None) -> str:
    """The URL of the export of a day.

    Args:
        file: The file, such as `MOVIE_IDS`.
        day: The day, a date or `YYYY-MM-DD`.
        base_url: Where the exports are; by default what the environment variable `TMDB_EXPORTS_URL` names, or else TMDB's own `https://files.tmdb.org`.

    Raises:
        InvalidArgumentError: The file or the day is none.
    """
    if base_url is not None and not isinstance(base_url, str):
        raise InvalidArgumentError(f"base_url must be a URL, such as {BASE_URL!r}; not an object of type {type(base_url).__name__}")
    day, base_url = checked_day("day", day), base_url or os.environ.get("TMDB_EXPORTS_URL") or BASE_URL
    return base_url.rstrip("/") + PATH.format(name=checked_file(file).name, year=f"{day.year:04}", month=f"{day.month:02}", day=f"{day.day:02}")


def checked_file(file: Any) -> ExportFile[Any]:
    """Check that this is one of the files.

    Raises:
        InvalidArgumentError: It is none.
    """
    if not isinstance(file, ExportFile):
        raise InvalidArgumentError(f"file must be one of tmdbkit.exports, such as MOVIE_IDS; not {file!r}")
    return file


def read(path: str | os.PathLike[str], file: ExportFile[RowT]) -> Iterator[RowT]:
    """Read an export row by row. A million rows take a few megabytes of memory.

    A row that lacks a column has `UNSET` there, and one with a value of another type, or a number of any size, has that value. U+FFFD stands in
    place of a byte that is no UTF-8. Columns that tmdbkit does not know are left out.

    Args:
        path: The file, gzipped as TMDB has it.
        file: What it is, such as `MOVIE_IDS`.

    Returns:
        An iterator over the rows.

    Raises:
        DecodeError: While it reads: the file is damaged, incomplete, or no export.
        OSError: The file cannot be opened.
    """
    return chain.from_iterable(batches(path, file))


def batches(path: str | os.PathLike[str], file: ExportFile[RowT]) -> Generator[list[RowT], None, None]:
    """Read an export as `read` does, in lists of some thousand rows."""
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(checked_file(file).row)
    with checked_path("path", path).open("rb") as raw:
        if not raw.peek(1):
            raise DecodeError(f"the export of {file.name} is empty", path=None)
        yield from _batches(raw, decoder, file)


def _batches(raw: BinaryIO, decoder: msgspec.json.Decoder[Any], file: ExportFile[Any]) -> Iterator[list[Any]]:
    count, left = 0, b""
    with gzip.GzipFile(fileobj=raw) as stream:
        while True:
            chunk, problem = b"", ""
            try:
                chunk = stream.read(CHUNK)
            except DAMAGED as error:
                problem = f"the export of {file.name} is damaged or incomplete after row {count}: {error}"
            if problem:
                raise DecodeError(problem, path=None)
            lines, end, rest = (left + chunk if chunk else left + b"\n").rpartition(b"\n")
            left = rest if end else lines + rest
            if len(left) > LONGEST_LINE:
                raise DecodeError(f"the export of {file.name} is no file of rows: a line is longer than {LONGEST_LINE} bytes, after row {count}", path=None)
            if end and lines.strip():
                rows = _decoded(lines, decoder, file, count)
                count += len(rows)
                yield rows
            if not chunk:
                return


def _decoded(lines: bytes, decoder: msgspec.json.Decoder[Any], file: ExportFile[Any], count: int) -> list[Any]:
    try:
        return decoder.decode_lines(lines)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    return [_tolerantly(line, file, count + number) for number, line in enumerate(filter(bytes.strip, lines.split(b"\n")), 1)]


def _tolerantly(line: bytes, file: ExportFile[Any], number: int) -> Any:
    """Read a row that does not match."""
    try:
        found = parse(line.decode("utf-8", "replace").encode())
        reason = "it is no JSON object"
    except (msgspec.DecodeError, RecursionError) as error:
        found, reason = None, str(error)
    if not isinstance(found, dict):
        raise DecodeError(f"the export of {file.name} has another row than expected: row {number}: {reason}", path=None)
    return file.row(**{field.name: found.get(field.name, UNSET) for field in attrs.fields(file.row)})
