"""Recorded traffic: reading it, and telling which operation of the spec an exchange belongs to."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

__all__ = ["Exchange", "Operations", "OperationMatch", "RecordingError", "read_recordings"]

MISSING = object()
"""Stands for a body that is not JSON."""


class RecordingError(Exception):
    """A file of recordings cannot be read; the message names the file and the line."""


@dataclass
class Exchange:
    """A request and its answer.

    Attributes:
        place: Where it was recorded: the file and the line or entry.
        origin: How far it can be trusted, such as `wire`; empty where the recording does not say.
        body: The answer's body, parsed; `MISSING` where it is not JSON.
    """

    place: str
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


@dataclass(frozen=True)
class OperationMatch:
    """The operation that an exchange belongs to.

    Attributes:
        operation: The operation of the bundle.
        method: The HTTP method, in capitals.
        path: The path, with names of parameters in braces.
        arguments: The path parameters as they stood in the path.
    """

    operation: dict[str, Any]
    method: str
    path: str
    arguments: dict[str, str]

    @property
    def operation_id(self) -> str:
        return str(self.operation["operationId"])


class Operations:
    """The operations of a bundle, to be found by method and path."""

    def __init__(self, bundle: dict[str, Any]) -> None:
        self._bundle = bundle

    @cached_property
    def _routes(self) -> list[tuple[str, re.Pattern[str], str, dict[str, Any]]]:
        """Literal paths before those with parameters, as `/3/movie/latest` is not the movie of the id `latest`."""
        routes = []
        for path, item in sorted(self._bundle["paths"].items(), key=lambda pair: (pair[0].count("{"), pair[0])):
            for method, operation in item.items():
                segments = {name: _segment(schema) for name, schema in self._path_schemas(operation)}
                pattern = re.compile(re.sub(r"\\\{(\w+)\\\}", lambda slot: f"(?P<{slot[1]}>{segments[slot[1]]})", re.escape(path)))
                routes.append((method.upper(), pattern, path, operation))
        return routes

    def _path_schemas(self, operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        for parameter in operation.get("parameters", ()):
            if "$ref" in parameter:
                parameter = self._bundle["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]
            if parameter["in"] == "path":
                yield parameter["name"], parameter["schema"]

    def match(self, method: str, path: str) -> OperationMatch | None:
        """The operation of a request, if the spec has it."""
        for known_method, pattern, template, operation in self._routes:
            if known_method == method.upper() and (found := pattern.fullmatch(path)):
                return OperationMatch(operation, known_method, template, {name: unquote(value) for name, value in found.groupdict().items()})
        return None


def _segment(schema: dict[str, Any]) -> str:
    """The segments of a path that a parameter may be: `/3/movie/changes` is no movie."""
    if "anyOf" in schema:
        return "|".join(_segment(member) for member in schema["anyOf"])
    if schema["type"] == "integer":
        return "[0-9]+"
    return str(schema.get("pattern", "[^/]+")).removeprefix("^").removesuffix("$")


def read_recordings(path: Path) -> Iterator[Exchange]:
    """The exchanges of a file: JSON lines, plain or gzipped, or HAR.

    Raises:
        RecordingError: The file is missing, or a part of it is neither.
    """
    try:
        content = path.read_bytes()
        text = (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise RecordingError(f"{path}: {error}") from None
    if path.name.removesuffix(".gz").endswith(".har"):
        yield from _har(path, text)
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield _line(f"{path}:{number}", json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise RecordingError(f"{path}:{number}: not an exchange: {type(error).__name__}: {error}") from None


def _line(place: str, recorded: dict[str, Any]) -> Exchange:
    return Exchange(
        place=place,
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
        entries = json.loads(text)["log"]["entries"]
    except (ValueError, KeyError, TypeError) as error:
        raise RecordingError(f"{path}: not HAR: {type(error).__name__}: {error}") from None
    for number, entry in enumerate(entries, 1):
        place = f"{path}: entry {number}"
        try:
            request, response = entry["request"], entry["response"]
            url = urlsplit(request["url"])
            yield Exchange(
                place=place,
                method=request["method"],
                path=url.path,
                status=response["status"],
                body=_json(_har_content(response["content"])),
                query=dict(parse_qsl(url.query, keep_blank_values=True)),
                request_body=_json(request["postData"]["text"]) if request.get("postData", {}).get("text") else None,
                headers={header["name"].lower(): header["value"] for header in response.get("headers", ())},
                date=entry.get("startedDateTime", ""),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise RecordingError(f"{place}: not an exchange: {type(error).__name__}: {error}") from None


def _har_content(content: dict[str, Any]) -> str:
    text = str(content.get("text", ""))
    return base64.b64decode(text).decode() if content.get("encoding") == "base64" else text


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return MISSING
