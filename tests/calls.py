"""Fixtures as calls: which method of which resource a fixture's request comes from, and with which arguments."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any
from urllib.parse import unquote

from tmdbkit.runtime.operations import BodyField, Operation, PathParameter
from tmdbkit.runtime.values import AnyOf, Boolean, Choice, Either, Integer, List, Number, Value, query_text

from .conftest import SECRETS, bundle


@cache
def operations() -> dict[str, tuple[str, str, Operation[Any]]]:
    """For each operation of the package, its tag, the name of its method, and itself."""
    found = {}
    for tag in bundle()["tags"]:
        module = import_module(f"tmdb_openapi.api.{tag['name']}")
        for name, value in vars(module).items():
            if isinstance(value, Operation):
                found[value.operation_id] = (tag["name"], name.lower(), value)
    return found


def argument_from(kind: Value, text: str) -> Any:
    """The argument that a query or a path writes as a text."""
    if isinstance(kind, Either):
        return int(text) if text.isdigit() else text
    if isinstance(kind, Integer):
        return int(text)
    if isinstance(kind, Number):
        return float(text)
    if isinstance(kind, Boolean):
        return text == "true"
    if isinstance(kind, Choice):
        return next(value for value in kind.values if text == query_text(value))
    if isinstance(kind, List) and kind.any_of and "|" in text:
        return AnyOf(*(argument_from(kind.item, item) for item in text.split("|")))
    if isinstance(kind, List):
        return [None if item == "null" else argument_from(kind.item, item) for item in text.split(",")]
    return text


def arguments_of(fixture: dict[str, Any]) -> dict[str, Any]:
    """The keyword arguments of the call that sends a fixture's request."""
    request, operation = fixture["request"], operations()[fixture["operation_id"]][2]
    segments = dict(zip(operation.path.split("/"), request["path"].split("/"), strict=True))
    given: dict[str, Any] = {}
    for argument in operation.arguments:
        if isinstance(argument, PathParameter):
            given[argument.name] = argument_from(argument.value, unquote(segments[f"{{{argument.wire_name}}}"]))
        elif isinstance(argument, BodyField):
            if argument.wire_name in (request["body"] or {}):
                given[argument.name] = request["body"][argument.wire_name]
        elif argument.wire_name in request["query"]:
            given[argument.name] = argument_from(argument.value, request["query"][argument.wire_name])
    return given


def credentials_of(fixture: dict[str, Any]) -> dict[str, str]:
    """Planted secrets for the credentials that a fixture's request was sent with."""
    return {name: SECRETS[name] for name in fixture["request"]["security"]}
