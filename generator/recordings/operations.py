"""Maps a method and a path to the operation of the spec, and this to one that a client can send."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from typing import Any
from urllib.parse import quote, unquote

from generator.bundle import json_schema, operations_of
from generator.references import resolve
from generator.security import CREDENTIAL, Security
from tmdbkit.runtime.operations import BodyField, Operation, PathParameter, QueryParameter

__all__ = ["OperationMatch", "Operations", "Verbatim", "client_operation", "common_segments"]


@dataclass(frozen=True)
class OperationMatch:
    """The operation of an exchange.

    Attributes:
        operation: The operation of the bundle.
        method: The HTTP method, in capitals.
        path: The path, with names of parameters in braces.
        arguments: The values of the path parameters, unquoted.
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


class Verbatim:
    """A parameter type that sends values unchanged: recordings and requests of the spec have them as on the wire."""

    description = "as the spec says"

    def serialize(self, value: Any) -> Any:
        return value


class Operations:
    """Finds the operations of a bundle by method and path."""

    def __init__(self, bundle: dict[str, Any]) -> None:
        self._bundle, self._security = bundle, Security(bundle)

    @cached_property
    def _routes(self) -> list[tuple[str, re.Pattern[str], str, dict[str, Any]]]:
        """The patterns of paths, literal ones first: `/3/movie/latest` is not the movie with the id `latest`."""
        routes = []
        for path, method, operation in sorted(operations_of(self._bundle), key=lambda found: (found[0].count("{"), found[0])):
            parameters = [self._resolve(parameter) for parameter in operation.get("parameters", ())]
            segments = {parameter["name"]: self._segment(parameter["schema"]) for parameter in parameters if parameter["in"] == "path"}
            routes.append((method.upper(), _pattern(path, segments), path, operation))
        return routes

    def _segment(self, schema: dict[str, Any]) -> str:
        """The pattern of a path parameter: `/3/movie/changes` is not a movie."""
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
        return resolve(self._bundle, value)

    def match(self, method: str, path: str) -> OperationMatch | None:
        """The operation of a request; None if the spec has none."""
        for known_method, pattern, template, operation in self._routes:
            if known_method == method.upper() and (found := pattern.fullmatch(path)):
                return OperationMatch(operation, known_method, template, {name: unquote(value) for name, value in found.groupdict().items()})
        return None

    def named(self, operation_id: str) -> OperationMatch:
        """The operation with an id.

        Raises:
            KeyError: The spec has none.
        """
        for method, _, path, operation in self._routes:
            if operation["operationId"] == operation_id:
                return OperationMatch(operation, method, path, {})
        raise KeyError(operation_id)

    def sendable(self, match: OperationMatch) -> Operation[Any]:
        """An operation for the client to send, made from the spec alone: that of the generated package may be older, or missing."""
        operation, arguments = match.operation, list[PathParameter | QueryParameter | BodyField]()
        for described in map(self._resolve, operation.get("parameters", ())):
            class_ = PathParameter if described["in"] == "path" else QueryParameter
            arguments.append(class_(described["name"], Verbatim(), required=bool(described.get("required")), secret=described.get("x-redact") == CREDENTIAL))
        if "requestBody" in operation:
            body = self._resolve(json_schema(self._resolve(operation["requestBody"])) or {})
            for name, described in body.get("properties", {}).items():
                secret = self._resolve(described).get("x-redact") == CREDENTIAL
                arguments.append(BodyField(name, Verbatim(), required=name in body.get("required", ()), secret=secret))
        return Operation(
            match.operation_id,
            match.method,
            match.path,
            returns=lambda: Any,
            security=tuple("+".join(alternative) for alternative in operation.get("security", ())),
            changes_state=bool(operation.get("x-changes-state")),
            arguments=tuple(arguments),
        )

    def url_for(self, match: OperationMatch, requests: Iterable[str]) -> str | None:
        """A path of an operation, with ids from other requests; None if they have none for it, or it needs a query.

        Args:
            match: The operation.
            requests: Paths of requests. What `make drift` asks precedes them.
        """
        parameters = [self._resolve(parameter) for parameter in match.operation.get("parameters", ())]
        names = {parameter["name"] for parameter in parameters if parameter["in"] == "path"}
        if any(parameter.get("required") for parameter in parameters if parameter["in"] == "query"):
            return None
        others = (self.match("GET", url.partition("?")[0]) for url in (*self._bundle.get("x-requests", ()), *requests))
        fitting = [other for other in others if other and names <= other.arguments.keys()]
        nearest = max(fitting, key=lambda other: common_segments(other.path, match.path), default=None)
        return match.path.format_map({name: quote(value, safe="{}") for name, value in nearest.arguments.items()}) if nearest else None

    @property
    def read_only(self) -> list[OperationMatch]:
        """The read-only operations, in the order of the spec."""
        order = list(self._bundle["paths"])
        found = (OperationMatch(operation, method, path, {}) for method, _, path, operation in self._routes)
        return sorted(filter(self.is_read_only, found), key=lambda match: order.index(match.path))

    def is_read_only(self, match: OperationMatch) -> bool:
        """Whether an operation is read-only: an unmarked GET whose response holds no new token or session."""
        return match.method == "GET" and not match.operation.get("x-changes-state") and not self._security.returns_credential(match.operation)


def common_segments(one: str, other: str) -> int:
    """How many segments two paths begin with alike."""
    pairs = list(zip(one.split("/"), other.split("/"), strict=False))
    return next((number for number, (left, right) in enumerate(pairs) if left != right), len(pairs))


def _pattern(path: str, segments: dict[str, str]) -> re.Pattern[str]:
    """The pattern of a path of the spec. It also matches unfilled parameters as in TMDB's documentation: `/3/movie/{movie_id}`."""

    def slot(found: re.Match[str]) -> str:
        name = found[1]
        return f"(?P<{name}>{segments.get(name, '[^/]+')}|{re.escape(f'{{{name}}}')})"

    return re.compile(re.sub(r"\\\{(\w+)\\\}", slot, re.escape(path)))


@cache
def client_operation(tag: str, operation_id: str) -> Operation[Any] | None:
    """The client's operation with this id; None if the generated package lacks it."""
    try:
        module = import_module(f"tmdb_openapi.api.{tag}")
    except ModuleNotFoundError:
        return None
    return next((value for value in vars(module).values() if isinstance(value, Operation) and value.operation_id == operation_id), None)
