"""The calls that send the requests of fixtures: the resource, the method and the arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any
from urllib.parse import unquote

from tests.conftest import SECRETS, bundle
from tmdbkit.runtime.operations import BodyField, Operation, PathParameter
from tmdbkit.runtime.params import AnyOf, Boolean, Choice, Either, Integer, List, Number, ParamType, query_text


@cache
def operations() -> dict[str, tuple[str, str, Operation[Any]]]:
    """The operations of the package by id, each with its tag and the name of its method."""
    found = {}
    for tag in bundle()["tags"]:
        module = import_module(f"tmdb_openapi.api.{tag['name']}")
        for name, value in vars(module).items():
            if isinstance(value, Operation):
                found[value.operation_id] = (tag["name"], name.lower(), value)
    return found


def arguments_of(fixture: dict[str, Any]) -> dict[str, Any]:
    """The keyword arguments of the call that sends a fixture's request."""
    request = fixture["request"]
    return dict(_arguments(operations()[fixture["operation_id"]][2], request["path"], request["query"], request["body"] or {}))


def _arguments(operation: Operation[Any], path: str, query: Mapping[str, str], body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    segments = dict(zip(operation.path.split("/"), path.split("/"), strict=True))
    for argument in operation.arguments:
        if isinstance(argument, PathParameter):
            yield argument.name, _argument(argument.type, unquote(segments[f"{{{argument.wire_name}}}"]))
        elif isinstance(argument, BodyField):
            if argument.wire_name in body:
                yield argument.name, body[argument.wire_name]
        elif argument.wire_name in query:
            yield argument.name, _argument(argument.type, query[argument.wire_name])


def _argument(type_: ParamType, text: str) -> Any:
    """Parse a text from a query or a path into an argument. Invalid text is returned unchanged, so that the client rejects it."""
    if isinstance(type_, Either):
        return int(text) if text.isdigit() else text
    if isinstance(type_, Integer | Number):
        try:
            return int(text) if isinstance(type_, Integer) else float(text)
        except ValueError:
            return text
    if isinstance(type_, Boolean):
        return text == "true"
    if isinstance(type_, Choice):
        return next((value for value in type_.values if text == query_text(value)), text)
    if isinstance(type_, List) and type_.any_of and "|" in text:
        return AnyOf(*(_argument(type_.item, item) for item in text.split("|")))
    if isinstance(type_, List):
        return [None if item == "null" else _argument(type_.item, item) for item in text.split(",")]
    return text


def credentials_of(fixture: dict[str, Any]) -> dict[str, str]:
    """Planted secrets for the credentials of a fixture's request."""
    return {name: SECRETS[name] for name in fixture["request"]["security"]}
