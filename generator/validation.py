"""JSON Schema, strictly: a key that the spec does not know is an error, too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError, best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

__all__ = ["Validation", "Violation", "closed"]

BUNDLE = "urn:bundle"


@dataclass(frozen=True)
class Violation:
    """Where a body differs from the spec, and how.

    Attributes:
        path: The place, as a JSON path such as `$.results[3].id`.
        reason: What is wrong there.
    """

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


class Validation:
    """Validates bodies against the schemas of a bundle, which know every key.

    Args:
        bundle: The OpenAPI document.
    """

    def __init__(self, bundle: dict[str, Any]) -> None:
        schemas = {name: closed(schema) for name, schema in bundle["components"]["schemas"].items()}
        resource = Resource.from_contents({"components": {**bundle["components"], "schemas": schemas}}, default_specification=DRAFT202012)
        self._registry = Registry().with_resource(BUNDLE, resource)
        self._validator = cache(self._make_validator)

    def violations(self, schema: dict[str, Any], body: Any) -> Iterator[Violation]:
        """What is wrong with a body.

        Args:
            schema: A schema of the bundle, or a reference to one.
            body: The body, parsed.
        """
        if "$ref" in schema:
            validator = self._validator(schema["$ref"])
        else:
            validator = self._new(_rebased(closed(schema)))
        for error in validator.iter_errors(body):
            yield _violation(error)

    def _make_validator(self, reference: str) -> Draft202012Validator:
        return self._new({"$ref": f"{BUNDLE}{reference}"})

    def _new(self, schema: dict[str, Any]) -> Draft202012Validator:
        return Draft202012Validator(schema, registry=self._registry, format_checker=FormatChecker())


def closed(schema: Any) -> Any:
    """A schema whose objects have no keys but those that it names. What is a map stays one."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {key: closed(value) for key, value in schema.items()}
    if "properties" in copy and not isinstance(copy["properties"], list):
        copy.setdefault("additionalProperties", False)
    return copy


def _rebased(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_rebased(item) for item in schema]
    if isinstance(schema, dict):
        return {key: f"{BUNDLE}{value}" if key == "$ref" else _rebased(value) for key, value in schema.items()}
    return schema


def _violation(error: ValidationError) -> Violation:
    while error.context:
        deeper = best_match(error.context)
        if deeper is None:
            break
        error = deeper
    return Violation(error.json_path, _reason(error))


def _reason(error: ValidationError) -> str:
    if error.validator == "type":
        expected = error.validator_value
        return f"expected {' or '.join(expected) if isinstance(expected, list) else expected}, got {_kind(error.instance)}"
    return error.message if len(error.message) <= 200 else f"{error.message[:200]}…"


def _kind(value: Any) -> str:
    kinds = {type(None): "null", bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return kinds.get(type(value), type(value).__name__)
