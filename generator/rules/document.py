"""Rules for the bundle as a whole: an OpenAPI 3.1 document of known parts."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource

from generator.bundle import METHODS
from generator.load import Mapping

from .registry import Problem, rule
from .spec_index import SpecIndex

__all__ = ["boolean_schema", "consistency", "known_keyword", "not_empty", "one_server", "structure", "text_key"]


@rule
def structure(index: SpecIndex) -> Iterator[Problem]:
    """The bundle has the structure of an OpenAPI 3.1 document, and its schemas that of JSON Schema."""
    malformed = list(document_validator().iter_errors(index.bundle))
    for error in malformed:
        cause = cause_of(error)
        yield index.spec.locate(cause.absolute_path), message_of(cause)
    of_schemas = [] if malformed else [(keys, error) for keys, error in index.errors if isinstance(error.validator, str)]
    if malformed or of_schemas:
        yield from list(faults_of_schemas(index)) or ((index.spec.locate(keys), message_of(error)) for keys, error in of_schemas)


def faults_of_schemas(index: SpecIndex) -> Iterator[Problem]:
    """The faults of schemas that are not JSON Schema."""
    meta = Draft202012Validator(Draft202012Validator.META_SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for node in index.nodes:
        if node.kind == "schema" and (node.parent is None or node.parent.kind != "schema"):
            for cause in map(cause_of, meta.iter_errors(node.value)):
                yield index.spec.locate_below(node.value, cause.absolute_path), message_of(cause)


@cache
def document_validator() -> Draft202012Validator:
    """openapi-spec-validator's schema of a document, with anchors resolved once instead of at every step."""
    schema: dict[str, Any] = OpenAPIV31SpecValidator.schema_validator.schema
    registry: Registry[Any] = Registry().with_resource(schema["$id"], Resource.from_contents(schema)).crawl()
    return Draft202012Validator({"$ref": schema["$id"]}, registry=registry)


def cause_of(error: ValidationError) -> ValidationError:
    """The error that most likely explains another."""
    while error.context and (deeper := best_match(error.context)):
        error = deeper
    return error


def message_of(error: ValidationError, limit: int = 200) -> str:
    """Jsonschema's message, shortened: it quotes the whole invalid value."""
    if isinstance(error.instance, list) and None in error.instance and [*error.absolute_path][-1:] == ["type"]:
        return "quote the type null: 'null'"
    message = error.message
    return message if len(message) <= limit else f"{message[: limit // 4]} … {message[-limit * 3 // 4 :]}"


@rule
def consistency(index: SpecIndex) -> Iterator[Problem]:
    """The bundle passes openapi-spec-validator, which checks more than the structure."""
    for keys, error in index.errors:
        method = next((method for method in METHODS if f"'{method}'" in error.message), "")
        yield index.spec.locate([*keys, method]), message_of(error)


@rule
def known_keyword(index: SpecIndex) -> Iterator[Problem]:
    """Every key is one that this spec uses, and has a value: `{description: One, two}` would hold a key `two` without one."""
    for node in index.nodes:
        for key, value in node.value.items():
            if key not in node.grammar:
                close = "".join(f"; did you mean {name!r}?" for name in get_close_matches(key, node.grammar, 1))
                yield (
                    node.at(key),
                    f"{key!r} cannot stand beside $ref" if "$ref" in node.value else f"{key!r} is not a key of the {node.kind}{close}",
                )
            elif value is None and key != "const":
                yield node.at(key), f"{key!r} has no value"


@rule
def text_key(index: SpecIndex) -> Iterator[Problem]:
    """A key is a string: a status is quoted. Only TMDB's own status codes are numbers."""
    parts = [node.value for node in index.nodes]
    for value in [*parts, *(item for part in parts for item in part.values())]:
        for key in getattr(value, "other_keys", ()):
            yield value.at(key), f"the key {key} is not a string in YAML; quote it: '{key}'"


@rule
def one_server(index: SpecIndex) -> Iterator[Problem]:
    """The root has one server, the client's default; users choose another with `base_url`."""
    servers = index.root.value.get("servers", [])
    for server in servers[1:]:
        yield server.at(), "a second server: the client uses one, and users choose another with base_url"


@rule
def boolean_schema(index: SpecIndex) -> Iterator[Problem]:
    """A schema is never `true` or `false`, which openapi-python-client cannot read; `{}` accepts anything."""
    for node in index.nodes:
        for key, held in node.grammar.items():
            if held.strip("[]{}") == "schema":
                value = node.value.get(key)
                values = value.values() if held[0] == "{" and isinstance(value, Mapping) else value if isinstance(value, list) else [value]
                if any(isinstance(schema, bool) for schema in values):
                    yield node.at(key), f"{key!r} has a boolean in place of a schema"


@rule
def not_empty(index: SpecIndex) -> Iterator[Problem]:
    """The spec has operations, schemas and fixtures. An empty spec is an error."""
    if missing := [kind for kind in ("operations", "schemas", "fixtures") if not getattr(index, kind)]:
        yield index.root.at(), f"the spec has no {', '.join(missing[:-1])}{' or ' if missing[1:] else ''}{missing[-1]}"
