"""Reads the facts of an OpenAPI document: operations, parameters, bodies, statuses, and the keys of responses with their types.

It reads TMDB's own description and this project's bundle alike. `spec/upstream.json`, the state, has the facts of TMDB's description at the last comparison,
and none of its sentences.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generator.bundle import JSON, operations_of
from generator.files import write_text
from generator.load import parse_json
from generator.paths import SPEC
from generator.references import name_of, resolve, target_of
from tmdbkit.runtime.codecs import member

__all__ = [
    "ANYTHING",
    "STATE",
    "Key",
    "OfficialDescriptionError",
    "Operation",
    "facts_of",
    "json_types",
    "key_of",
    "parent_of",
    "read_official",
    "read_state",
    "version_of",
    "write_state",
]

STATE = SPEC / "upstream.json"

ANYTHING = "anything"
"""The type of a schema that states none."""

UNKNOWN_TYPE = "?"
"""The type of a key whose type the state lacks; it matches any other."""

DATES = ("date", "date-time")
"""The formats that count as types."""

CODE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?|(movie|tv):\d+|\d+")
"""The keys of maps that TMDB's description spells out, after one example: countries and ids."""

LITERAL_KEYS, ANY_KEYS = "{}", "{*}"
"""The keys of a map in a path: spelled out in the text, or `additionalProperties`."""


class OfficialDescriptionError(Exception):
    """A text is not an OpenAPI document that can be compared, or the state cannot be used."""


@dataclass
class Key:
    """A key of a body.

    Attributes:
        types: Its JSON types.
        words: The values of its enumeration; empty without one.
        holders: The schema of each place that describes it, by place: `MovieDetails.title`, `MovieDetails.genres[]`.
    """

    types: set[str] = field(default_factory=set)
    words: list[str] = field(default_factory=list)
    holders: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def type(self) -> str:
        """The types as a text: `null or string`."""
        return " or ".join(sorted(self.types))

    def to_json(self) -> Any:
        return {"type": self.type, "enum": self.words} if self.words else self.type

    @classmethod
    def from_json(cls, value: Any) -> Key:
        type_, words = (value["type"], value["enum"]) if isinstance(value, dict) else (value, [])
        return cls(set(type_.split(" or ")), words)


@dataclass
class Operation:
    """The facts of an operation.

    Attributes:
        method: GET, POST, PUT or DELETE.
        path: The path with the version: `/3/movie/{movie_id}`.
        id: The `operationId`; empty without one.
        parameters: The parameters by place and name (`query page`), each with `type`, and `enum` and `required` where stated.
        body: The keys of the request's body by JSON path; empty without a body.
        statuses: The statuses of the responses.
        response: The keys of the successful response by JSON path, with `[]` for any index, and `{}` or `{*}` for any key of a map.
        unknown: The parts that the state lacks; they are not compared.
    """

    method: str
    path: str
    id: str = ""
    parameters: dict[str, dict[str, Any]] = field(default_factory=dict)
    body: dict[str, Key] = field(default_factory=dict)
    statuses: list[str] = field(default_factory=list)
    response: dict[str, Key] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The identity of the operation, without the names of parameters, which may change: `GET /3/movie/{}`."""
        return key_of(self.name)

    @property
    def name(self) -> str:
        """The operation for a reader: `GET /3/movie/{movie_id}`."""
        return f"{self.method} {self.path}"


def key_of(name: str) -> str:
    """The key of an operation: `GET /3/movie/{}` for `GET /3/movie/{movie_id}`."""
    return re.sub("{[^}]*}", "{}", name)


def version_of(operation: Operation) -> str:
    """The version of the API: `3` or `4`."""
    return operation.path.split("/")[1]


def parent_of(path: str) -> str:
    """The path of the object or array that holds a key: `$.a` for `$.a.b` and `$.a[]`, and nothing for `$`."""
    return "" if path == "$" else re.sub(r"(\[\]|\.\{\*?\}|\.\w+|\['([^'\\]|\\.)*'\])$", "", path)


# Reading a document


def read_official(path: Path) -> dict[str, Operation]:
    """The facts of a text that was downloaded from TMDB, by key.

    Raises:
        OfficialDescriptionError: The file cannot be read, or is not an OpenAPI document in JSON.
    """
    try:
        document = parse_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OfficialDescriptionError(f"{path}: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        raise OfficialDescriptionError(f"{path}: not JSON; download TMDB's OpenAPI description, not the page that shows it") from None
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3."):
        raise OfficialDescriptionError(f"{path}: not an OpenAPI description: it has no `openapi: 3.x`")
    try:
        operations = facts_of(document)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise OfficialDescriptionError(f"{path}: not an OpenAPI description that can be read: {type(error).__name__}: {error}") from None
    if not operations:
        raise OfficialDescriptionError(f"{path}: describes no operation")
    return operations


def facts_of(document: dict[str, Any]) -> dict[str, Operation]:
    """The facts of an OpenAPI document, by key.

    Args:
        document: The document; its references lead nowhere else.

    Raises:
        KeyError, TypeError, ValueError: It is malformed.
    """
    reader = _Reader(document)
    operations = (reader.operation(path, method, value) for path, method, value in operations_of(document))
    return {operation.key: operation for operation in operations}


def json_types(document: dict[str, Any], schema: dict[str, Any]) -> set[str]:
    """The JSON types of the values of a schema; a date is a string."""
    keys: dict[str, Key] = {}
    _Reader(document).read(schema, "$", "", keys, ())
    return {"string" if type_ in DATES else type_ for type_ in keys["$"].types}


class _Reader:
    """Reads the parts of a document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    def operation(self, path: str, method: str, value: dict[str, Any]) -> Operation:
        parameters = {}
        for described in (*self._document["paths"][path].get("parameters", ()), *value.get("parameters", ())):
            one = resolve(self._document, described)
            parameters[f"{one['in']} {one['name']}"] = self._parameter(one)
        responses = value.get("responses", {})
        successes = sorted(status for status in responses if status.startswith("2"))
        return Operation(
            method=method.upper(),
            path=path,
            id=value.get("operationId", ""),
            parameters=parameters,
            body=self._body(value.get("requestBody", {})),
            statuses=sorted(responses),
            response=self._body(responses[successes[0]]) if successes else {},
        )

    def _parameter(self, value: dict[str, Any]) -> dict[str, Any]:
        keys: dict[str, Key] = {}
        self.read(value.get("schema", {}), "$", "", keys, ())
        type_ = f"array of {keys['$[]'].type}" if keys["$"].types == {"array"} and "$[]" in keys else keys["$"].type
        words = keys["$"].words or keys.get("$[]", keys["$"]).words
        return {"type": type_, **({"enum": words} if words else {}), **({"required": True} if value.get("required") else {})}

    def _body(self, message: dict[str, Any]) -> dict[str, Key]:
        keys: dict[str, Key] = {}
        content = resolve(self._document, message).get("content", {})
        if schema := content.get(JSON, next(iter(content.values()), {})).get("schema"):
            self.read(schema, "$", "", keys, ())
        return keys

    def read(self, schema: dict[str, Any], path: str, place: str, keys: dict[str, Key], within: tuple[str, ...]) -> None:
        """Note the key at a path, and those below it.

        Args:
            schema: Its schema.
            path: The JSON path.
            place: The position of the schema in a named one: `MovieDetails.title`.
            keys: The keys found so far.
            within: The references that led here; one that returns ends the path.
        """
        key = keys.setdefault(path, Key())
        if place:
            key.holders.setdefault(place, schema)
        while "$ref" in schema:
            if schema["$ref"] in within:
                key.types.add(ANYTHING)
                return
            within = (*within, schema["$ref"])
            place = name_of(schema)
            schema = {**target_of(self._document, schema["$ref"]), **{name: value for name, value in schema.items() if name != "$ref"}}
        schema = self._merged(schema)
        members = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
        for one in members:
            self.read(one, path, "", keys, within)
        types = _types(schema)
        key.types |= types if types != {ANYTHING} or not members else set()
        words = [*schema.get("enum", ()), *([schema["const"]] if "const" in schema else ())]
        key.words += [str(word) for word in words if word is not None and str(word) not in key.words]
        self._read_below(schema, path, place, keys, within)

    def _read_below(self, schema: dict[str, Any], path: str, place: str, keys: dict[str, Key], within: tuple[str, ...]) -> None:
        for name, value in schema.get("properties", {}).items():
            below = f"{path}.{LITERAL_KEYS}" if CODE.fullmatch(name) else member(path, name)
            self.read(value, below, f"{place}.{name}", keys, within)
        if isinstance(others := schema.get("additionalProperties"), dict):
            self.read(others, f"{path}.{ANY_KEYS}", f"{place}.{ANY_KEYS}", keys, within)
        if schema.get("items"):
            self.read(schema["items"], f"{path}[]", f"{place}[]", keys, within)

    def _merged(self, schema: dict[str, Any]) -> dict[str, Any]:
        """A schema, merged with its `allOf`."""
        for one in (self._merged(resolve(self._document, value)) for value in schema.get("allOf", ())):
            schema = {**one, **schema, "properties": {**one.get("properties", {}), **schema.get("properties", {})}}
        return schema


def _types(schema: dict[str, Any]) -> set[str]:
    """The JSON types that a schema states, and the formats that count as such."""
    stated = schema.get("type")
    types = set(stated if isinstance(stated, list) else [stated] if stated else [])
    if not types:
        types = {"object"} if schema.get("properties") else {"array"} if schema.get("items") else {ANYTHING}
    return {schema["format"] if type_ == "string" and schema.get("format") in DATES else type_ for type_ in types}


# The state


def read_state(path: Path) -> tuple[dict[str, str], dict[str, Operation]]:
    """The day on which each version was last compared, and the operations by key.

    Raises:
        OfficialDescriptionError: The file cannot be used.
    """
    try:
        state = parse_json(path.read_text(encoding="utf-8"))
        operations = [_operation(name, facts) for name, facts in state["operations"].items()]
        return dict(state["compared"]), {operation.key: operation for operation in operations}
    except FileNotFoundError:
        return {}, {}
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise OfficialDescriptionError(f"{path}: cannot be used ({error}); restore it, or remove it and compare anew with ACCEPT=1") from None


def _operation(name: str, facts: dict[str, Any]) -> Operation:
    method, path = name.split(" ")
    bodies = {part: {at: Key.from_json(value) for at, value in facts.get(part, {}).items()} for part in ("body", "response")}
    return Operation(
        method, path, facts.get("id", ""), facts.get("parameters", {}), statuses=facts.get("statuses", []), unknown=facts.get("unknown", []), **bodies
    )


def write_state(path: Path, compared: dict[str, str], operations: Iterable[Operation]) -> None:
    """Write the state atomically: if it fails, the previous one stays.

    Raises:
        OSError: The file cannot be written.
    """
    ordered = sorted(operations, key=lambda one: (one.path, one.method))
    state = {"compared": dict(sorted(compared.items())), "operations": {one.name: _facts(one) for one in ordered}}
    write_text(path, "".join(_lines(state, "", 3)) + "\n")


def _facts(operation: Operation) -> dict[str, Any]:
    facts = {
        "id": operation.id,
        "parameters": operation.parameters,
        "body": {path: key.to_json() for path, key in operation.body.items()},
        "statuses": operation.statuses,
        "response": {path: key.to_json() for path, key in operation.response.items()},
        "unknown": operation.unknown,
    }
    return {name: value for name, value in facts.items() if value}


def _lines(value: Any, indent: str, depth: int) -> Iterator[str]:
    """A value as JSON, with a line for each fact."""
    if depth < 0 or not isinstance(value, dict):
        yield json.dumps(value, ensure_ascii=False)
        return
    yield "{"
    for index, (name, item) in enumerate(value.items()):
        yield f"{',' if index else ''}\n{indent} {json.dumps(name, ensure_ascii=False)}: "
        yield from _lines(item, f"{indent} ", depth - 1)
    yield f"\n{indent}}}"
