"""Recorded traffic, and readers of its files."""

from __future__ import annotations

import base64
import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from generator.load import parse_json

__all__ = ["MISSING", "Exchange", "RecordingError", "parsed", "read_recordings"]

MISSING = object()
"""Marks a body that is not JSON."""


class RecordingError(Exception):
    """A recording cannot be read; the message names the file and the line or entry."""


@dataclass
class Exchange:
    """A request and its response.

    Attributes:
        location: The position in the recording: the file and the line or entry.
        origin: The level of evidence, such as `wire`; empty if unknown.
        body: The parsed body of the response; `MISSING` if it is not JSON.
        content: The bytes of that body; None if only the parsed form was recorded.
    """

    location: str
    method: str
    path: str
    status: int
    body: Any
    query: dict[str, str] = field(default_factory=dict)
    request_body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    origin: str = ""
    date: str = ""
    source: str = ""
    content: bytes | None = None


def read_recordings(path: Path) -> Iterator[Exchange]:
    """The exchanges of a file: JSON lines, or HAR if its name ends in `.har`; plain or gzipped.

    Raises:
        RecordingError: The file is missing, or a part of it is invalid.
    """
    try:
        content = path.read_bytes()
        text = (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("utf-8-sig")
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror or error}") from None
    except (EOFError, zlib.error, UnicodeDecodeError) as error:
        raise RecordingError(f"{path}: {error}") from None
    if path.name.lower().removesuffix(".gz").endswith(".har"):
        yield from _har(path, text)
        return
    for number, line in enumerate(text.split("\n"), 1):  # not splitlines: JSON may contain an unescaped U+2028
        if line.strip():
            yield _checked(f"{path}:{number}", _line, line)


def _checked(location: str, read: Callable[[str, Any], Exchange], recorded: Any) -> Exchange:
    """Read an exchange.

    Raises:
        RecordingError: The line or entry is not an exchange.
    """
    try:
        exchange = read(location, recorded)
        for name, type_ in (("method", str), ("path", str), ("status", int)):
            if type(getattr(exchange, name)) is not type_:
                raise TypeError(f"{name!r} is {getattr(exchange, name)!r}")
    except RecursionError:
        raise RecordingError(f"{location}: nested too deeply") from None
    except KeyError as error:
        raise RecordingError(f"{location}: not an exchange: it has no {error}") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise RecordingError(f"{location}: not an exchange: {error}") from None
    return exchange


def _line(location: str, line: str) -> Exchange:
    recorded = parse_json(line)
    if not isinstance(recorded, dict):
        raise TypeError("not a JSON object")
    return Exchange(
        location=location,
        method=recorded["method"],
        path=recorded["path"],
        status=recorded["status"],
        body=recorded.get("body"),
        query={name: str(value) for name, value in (recorded.get("query") or {}).items()},
        request_body=recorded.get("request_body"),
        headers=recorded.get("headers") or {},
        origin=recorded.get("origin") or "",
        date=recorded.get("date") or "",
        source=recorded.get("source") or "",
    )


def _har(path: Path, text: str) -> Iterator[Exchange]:
    try:
        entries = parse_json(text)["log"]["entries"]
        if not isinstance(entries, list):
            raise TypeError("'entries' is not a list")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise RecordingError(f"{path}: not HAR: {type(error).__name__}: {error}") from None
    for number, entry in enumerate(entries, 1):
        yield _checked(f"{path}: entry {number}", _entry, entry)


def _entry(location: str, entry: dict[str, Any]) -> Exchange:
    request, response = entry["request"], entry["response"]
    url = urlsplit(request["url"])
    content = _har_content(response["content"])
    sent = (request.get("postData") or {}).get("text")
    return Exchange(
        location=location,
        method=request["method"],
        path=url.path,
        status=response["status"],
        body=parsed(content),
        query=dict(parse_qsl(url.query, keep_blank_values=True)),
        request_body=parsed(sent.encode("utf-8", "surrogatepass")) if sent else None,
        headers={header["name"].lower(): header["value"] for header in response.get("headers", ())},
        date=entry.get("startedDateTime", ""),
        content=content,
    )


def _har_content(content: dict[str, Any]) -> bytes:
    text = str(content.get("text") or "")
    return base64.b64decode(text) if content.get("encoding") == "base64" else text.encode("utf-8", "surrogatepass")


def parsed(content: bytes) -> Any:
    """A body parsed as JSON; `MISSING` if it is not JSON."""
    try:
        return parse_json(content.decode())
    except (ValueError, RecursionError):
        return MISSING
