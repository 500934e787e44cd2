"""Validates bodies by JSON Schema, strictly: an unknown key is a violation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tmdbkit.runtime.codecs import kind_of, member

from .references import resolve

__all__ = ["Validation", "Violation", "closed", "preview"]

BUNDLE = "urn:bundle"
NAMED = ("properties", "patternProperties", "$defs", "dependentSchemas")
"""Keywords whose keys are names, and whose values are schemas."""
VALUES = ("const", "default", "enum", "example", "examples")
"""Keywords that hold values, not schemas."""


@dataclass(frozen=True)
class Violation:
    """A difference between a body and the spec.

    Attributes:
        path: The JSON path, such as `$.results[3].id`; it may end with a missing or unknown key.
        reason: The message. It can quote the body.
        folded: The path with `[]` for any index and `{}` for any key of a map: `$.results[].id`; empty if no schema was involved.
        keyword: The violated keyword of JSON Schema, such as `required`; empty if there is none.
        expected: The type, constant or format that the spec demands.
        value: The value at the path; None if a key is missing.
    """

    path: str
    reason: str
    folded: str = field(default="", compare=False)
    keyword: str = field(default="", compare=False)
    expected: str = field(default="", compare=False)
    value: Any = field(default=None, compare=False, repr=False)
    schema: Any = field(default=None, compare=False, repr=False)
    """The closed schema that holds the keyword."""

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"

    @property
    def fault(self) -> tuple[Any, ...]:
        """The identity of the fault behind a violation: the schema, its keyword, and a missing or unknown key."""
        return id(self.schema), self.keyword, self.folded.rpartition(".")[2] if self.keyword in ("required", "additionalProperties") else ""

    @property
    def unquoted(self) -> str:
        """The reason without quotes from the body, which may hold credentials."""
        if self.keyword in ("required", "additionalProperties", "type"):
            return self.reason
        return f"expected {self.expected}, got {kind_of(self.value)}" if self.expected else f"does not match the spec's {self.keyword or 'schema'}"


class Validation:
    """Validates bodies against the closed schemas of a bundle.

    Args:
        bundle: The OpenAPI document.
        known_words: Whether an unlisted word of an open vocabulary is a violation.
    """

    def __init__(self, bundle: dict[str, Any], *, known_words: bool = False) -> None:
        self._bundle, self._known_words = bundle, known_words
        schemas = {name: closed(schema, known_words=known_words) for name, schema in bundle["components"]["schemas"].items()}
        self._places = {id(schema): place for name in schemas for place, schema in _parts(schemas[name], (name,))}
        resource = Resource.from_contents({"components": {**bundle["components"], "schemas": schemas}}, default_specification=DRAFT202012)
        self._registry = Registry().with_resource(BUNDLE, resource)
        self._validator = cache(self._make_validator)

    def violations(self, schema: dict[str, Any], body: Any) -> Iterator[Violation]:
        """All violations of a body.

        Args:
            schema: A schema of the bundle, or a reference to one.
            body: The body, parsed.
        """
        validator = self._validator(schema["$ref"]) if "$ref" in schema else self._new(_rebased(closed(schema, known_words=self._known_words)))
        for error in validator.iter_errors(body):
            yield from _violations(error)

    def place_of(self, violation: Violation) -> list[str | int] | None:
        """The keys from the schemas of the bundle to the violated keyword; None if no named schema holds it."""
        place = self._places.get(id(violation.schema))
        return None if place is None else [*place, "properties" if violation.keyword == "additionalProperties" else violation.keyword]

    def schema_of(self, schema: dict[str, Any], value: Any) -> dict[str, Any]:
        """The schema of a value, with references and alternatives resolved; keys beside a reference take precedence.

        Args:
            schema: A schema of the bundle.
            value: A parsed value. If it fits none of several alternatives, the result describes nothing.
        """
        while "$ref" in schema or "anyOf" in schema:
            if "$ref" in schema:
                schema = resolve(self._bundle, schema)
            else:
                fitting = (one for one in schema["anyOf"] if not any(self.violations(one, value)))
                schema = {**next(fitting, {}), **{key: item for key, item in schema.items() if key != "anyOf"}}
        return schema

    def _make_validator(self, reference: str) -> Any:
        return self._new({"$ref": f"{BUNDLE}{reference}"})

    def _new(self, schema: dict[str, Any]) -> Any:
        return _Validator(schema, registry=self._registry, format_checker=FormatChecker())


def closed(schema: Any, *, known_words: bool = False) -> Any:
    """A schema that allows no unnamed keys and, if `known_words`, no unlisted words of vocabularies. Maps stay maps."""
    if isinstance(schema, list):
        return [closed(item, known_words=known_words) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if known_words and {"type": "string"} in schema.get("anyOf", ()):
        words: dict[str, Any] = next((member for member in schema["anyOf"] if "enum" in member), {})
        return {**{key: value for key, value in schema.items() if key != "anyOf"}, **words}
    copy: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in NAMED:
            copy[keyword] = {name: closed(member, known_words=known_words) for name, member in value.items()}
        else:
            copy[keyword] = value if keyword in VALUES else closed(value, known_words=known_words)
    if "properties" in copy:
        copy.setdefault("additionalProperties", False)
    return copy


def _parts(schema: Any, place: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """The parts of a schema, each with the keys that lead to it."""
    if isinstance(schema, dict):
        yield place, schema
    items = schema.items() if isinstance(schema, dict) else enumerate(schema) if isinstance(schema, list) else ()
    for key, item in items:
        yield from _parts(item, (*place, key))


def preview(value: Any, limit: int = 60) -> str:
    """A JSON value for a message: containers as their type, long texts cut."""
    if isinstance(value, (list, dict)):
        return kind_of(value)
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else f"{text[:limit]}…"


def _rebased(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_rebased(item) for item in schema]
    if isinstance(schema, dict):
        return {key: f"{BUNDLE}{value}" if key == "$ref" else _rebased(value) for key, value in schema.items()}
    return schema


# Keywords that locate the faulty key more exactly than jsonschema's own


def _required(_validator: Any, required: list[str], instance: Any, _schema: Mapping[str, Any]) -> Iterator[ValidationError]:
    if isinstance(instance, dict):
        for name in required:
            if name not in instance:
                yield ValidationError("missing", path=[name])


def _additional_properties(validator: Any, additional: Any, instance: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
    if not isinstance(instance, dict) or additional is True:
        return
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for name, value in instance.items():
        if name in known or any(re.search(pattern, name) for pattern in patterns):
            continue
        if additional is False:
            yield ValidationError("unknown key", path=[name], instance=value)
        else:
            yield from validator.descend(value, additional, path=_KeyOfMap(name))


class _KeyOfMap(str):
    """A key of a map, which the spec does not name."""

    __slots__ = ()


def _is_integer(_checker: object, value: object) -> bool:
    """Whether a value is an integer. JSON Schema also accepts 7.0, which a client has to distinguish from 7."""
    return isinstance(value, int) and not isinstance(value, bool)


_Validator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {"required": _required, "additionalProperties": _additional_properties},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer),
)


# Conversion of jsonschema's errors


def _violations(error: ValidationError) -> Iterator[Violation]:
    """The violations behind an error of jsonschema.

    For a union these are the faults of the intended member: of those with the type and the tag of the body, the one with the fewest faults.
    """
    if not error.context:
        yield _violation(error, error.validator, " or ".join(_expected(error)), _reason(error))
        return
    members: dict[Any, list[ValidationError]] = {}
    for fault in error.context:
        members.setdefault(fault.relative_schema_path[0], []).append(fault)
    meant = [faults for faults in members.values() if not any(_is_of_another_kind(fault) for fault in faults)]
    if meant:
        for fault in min(meant, key=len):
            yield from _violations(fault)
    else:
        yield _none_meant([fault for faults in members.values() for fault in faults if _is_of_another_kind(fault)])


def _is_of_another_kind(fault: ValidationError) -> bool:
    """Whether a fault excludes a member of a union: the body has another type, constant or tag."""
    if fault.validator == "const":
        return not fault.relative_path or (len(fault.relative_path) == 1 and isinstance(fault.validator_value, str))
    return fault.validator == "type" and not fault.relative_path


def _none_meant(faults: list[ValidationError]) -> Violation:
    tags = [fault for fault in faults if fault.relative_path]
    faults = tags or faults
    expected = dict.fromkeys(name for fault in faults for name in _expected(fault))
    value = faults[0].instance
    keyword = "const" if any(fault.validator == "const" for fault in faults) else "type"
    got = preview(value) if keyword == "const" else kind_of(value)
    return _violation(faults[0], keyword, " or ".join(expected), f"expected {' or '.join(expected)}, got {got}")


def _violation(error: ValidationError, keyword: Any, expected: str, reason: str) -> Violation:
    folded = "$"
    for key in error.absolute_path:
        folded = f"{folded}[]" if isinstance(key, int) else f"{folded}.{{}}" if isinstance(key, _KeyOfMap) else member(folded, key)
    return Violation(error.json_path, reason, folded, str(keyword), expected, error.instance, error.schema)


def _expected(error: ValidationError) -> list[str]:
    value: Any = error.validator_value
    if error.validator == "const":
        return [preview(value)]
    if error.validator not in ("type", "format"):
        return []
    return value if isinstance(value, list) else [value]


def _reason(error: ValidationError) -> str:
    if error.validator == "type":
        return f"expected {' or '.join(_expected(error))}, got {kind_of(error.instance)}"
    if error.validator == "const":
        return f"expected {preview(error.validator_value)}, got {preview(error.instance)}"
    if error.validator == "format":
        return f"{preview(error.instance)} is not a {error.validator_value}"
    if error.validator == "pattern":
        return f"{preview(error.instance)} does not match the pattern of the spec"
    return error.message if len(error.message) <= 200 else f"{error.message[:200]}…"
