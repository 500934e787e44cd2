"""Recorded traffic: reading it, and telling which operation of the spec an exchange belongs to."""

from __future__ import annotations

import base64
import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from .redaction import CREDENTIALS

__all__ = ["MISSING", "Exchange", "OperationMatch", "Operations", "RecordingError", "parsed", "read_recordings"]

MISSING = object()
"""Stands for a body that is not JSON."""

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class RecordingError(Exception):
    """A file of recordings cannot be read; the message names the file and the line or entry."""


@dataclass
class Exchange:
    """A request and its answer.

    Attributes:
        place: Where it was recorded: the file and the line or entry.
        origin: How far it can be trusted, such as `wire`; empty where the recording does not say.
        body: The answer's body, parsed; `MISSING` where it is not JSON.
        content: The answer's body as it came; None where only its parsed form was recorded.
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
    content: bytes | None = None


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

    @property
    def tag(self) -> str:
        return str(self.operation["tags"][0])


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
                if method in METHODS:
                    segments = {parameter["name"]: self._segment(parameter["schema"]) for parameter in self._path_parameters(item, operation)}
                    routes.append((method.upper(), _pattern(path, segments), path, operation))
        return routes

    def _path_parameters(self, item: dict[str, Any], operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for parameter in (*item.get("parameters", ()), *operation.get("parameters", ())):
            resolved = self._resolve(parameter)
            if resolved["in"] == "path":
                yield resolved

    def _segment(self, schema: dict[str, Any]) -> str:
        """The segments of a path that a parameter may be: `/3/movie/changes` is no movie."""
        schema = self._resolve(schema)
        for union in ("anyOf", "oneOf"):
            if union in schema:
                return "|".join(map(self._segment, schema[union]))
        if "const" in schema or "enum" in schema:
            return "|".join(re.escape(str(value)) for value in schema.get("enum", [schema.get("const")]))
        if schema.get("type") == "integer":
            return "-?[0-9]+"
        return str(schema.get("pattern", "[^/]+")).removeprefix("^").removesuffix("$")

    def _resolve(self, value: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in value:
            target: Any = self._bundle
            for key in value["$ref"].removeprefix("#/").split("/"):
                target = target[key]
            value = target
        return value

    def match(self, method: str, path: str) -> OperationMatch | None:
        """The operation of a request, if the spec has it."""
        for known_method, pattern, template, operation in self._routes:
            if known_method == method.upper() and (found := pattern.fullmatch(path)):
                return OperationMatch(operation, known_method, template, {name: unquote(value) for name, value in found.groupdict().items()})
        return None

    @property
    def reading(self) -> list[OperationMatch]:
        """The operations that only read, in the order of the spec."""
        order = list(self._bundle["paths"])
        found = (OperationMatch(operation, method, path, {}) for method, _, path, operation in self._routes)
        return sorted(filter(self.only_reads, found), key=lambda match: order.index(match.path))

    def only_reads(self, match: OperationMatch) -> bool:
        """Whether an operation changes nothing at TMDB: a GET that is not marked, and whose answer is no new token or session."""
        answers = [self._resolve(answer) for status, answer in match.operation["responses"].items() if status.startswith("2")]
        bodies = [self._resolve(media["schema"]) for answer in answers for media in answer.get("content", {}).values()]
        makes_a_credential = any(CREDENTIALS & body.get("properties", {}).keys() for body in bodies)
        return match.method == "GET" and not match.operation.get("x-changes-state") and not makes_a_credential


def _pattern(path: str, segments: dict[str, str]) -> re.Pattern[str]:
    """What a path of the spec matches. Where TMDB's documentation leaves a parameter as it is, as in `/3/movie/{movie_id}`, that matches, too."""

    def slot(found: re.Match[str]) -> str:
        name = found[1]
        return f"(?P<{name}>{segments.get(name, '[^/]+')}|{re.escape(f'{{{name}}}')})"

    return re.compile(re.sub(r"\\\{(\w+)\\\}", slot, re.escape(path)))


def read_recordings(path: Path) -> Iterator[Exchange]:
    """The exchanges of a file: JSON lines, or HAR if its name ends in `.har`; plain or gzipped.

    Raises:
        RecordingError: The file is missing, or a part of it is neither.
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
    for number, line in enumerate(text.split("\n"), 1):  # not splitlines: JSON may hold U+2028 and the like as they are
        if line.strip():
            yield _checked(f"{path}:{number}", _line, line)


def _checked(place: str, read: Callable[[str, Any], Exchange], recorded: Any) -> Exchange:
    """Read an exchange.

    Raises:
        RecordingError: It is none.
    """
    try:
        exchange = read(place, recorded)
        for name, type_ in (("method", str), ("path", str), ("status", int)):
            if type(getattr(exchange, name)) is not type_:
                raise TypeError(f"{name!r} is {getattr(exchange, name)!r}")
    except RecursionError:
        raise RecordingError(f"{place}: nested too deeply") from None
    except KeyError as error:
        raise RecordingError(f"{place}: not an exchange: it has no {error}") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise RecordingError(f"{place}: not an exchange: {error}") from None
    return exchange


def _line(place: str, line: str) -> Exchange:
    recorded = _parse(line)
    if not isinstance(recorded, dict):
        raise TypeError("not a JSON object")
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
        entries = _parse(text)["log"]["entries"]
        if not isinstance(entries, list):
            raise TypeError("'entries' is no list")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise RecordingError(f"{path}: not HAR: {type(error).__name__}: {error}") from None
    for number, entry in enumerate(entries, 1):
        yield _checked(f"{path}: entry {number}", _entry, entry)


def _entry(place: str, entry: dict[str, Any]) -> Exchange:
    request, response = entry["request"], entry["response"]
    url = urlsplit(request["url"])
    content = _har_content(response["content"])
    sent = (request.get("postData") or {}).get("text")
    return Exchange(
        place=place,
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
    """A body as JSON; `MISSING` where it is none."""
    try:
        return _parse(content.decode())
    except (ValueError, RecursionError):
        return MISSING


def _parse(text: str) -> Any:
    """Read JSON, and JSON only: Python alone would take `NaN`, too."""
    return json.loads(text, parse_constant=_refuse)


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
