"""From a method and a path to the operation of the spec, and on to that of the client."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from typing import Any
from urllib.parse import unquote

from generator.bundle import METHODS
from tmdbkit.runtime.operations import Operation

from .redaction import CREDENTIALS

__all__ = ["OperationMatch", "Operations", "client_operation"]


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


@cache
def client_operation(tag: str, operation_id: str) -> Operation[Any] | None:
    """The client's operation of this name, if the generated package has it."""
    try:
        module = import_module(f"tmdb_openapi.api.{tag}")
    except ModuleNotFoundError:
        return None
    return next((value for value in vars(module).values() if isinstance(value, Operation) and value.operation_id == operation_id), None)
