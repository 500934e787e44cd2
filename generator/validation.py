"""JSON Schema, strictly: a key that the spec does not know is an error, too."""

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

from .bundle import resolve

__all__ = ["Validation", "Violation", "closed", "shown"]

BUNDLE = "urn:bundle"
NAMED = ("properties", "patternProperties", "$defs", "dependentSchemas")
"""Keywords that hold schemas under names, which are no keywords."""
VALUES = ("const", "default", "enum", "example", "examples")
"""Keywords that hold values, which are no schemas."""


@dataclass(frozen=True)
class Violation:
    """Where a body differs from the spec, and how.

    Attributes:
        path: The place, as a JSON path such as `$.results[3].id`. A key that is missing or unknown is a place, too.
        reason: What is wrong there. It can quote the body.
        folded: The place with `[]` for any index and `{}` for any key of a map: `$.results[].id`. Empty where the schema was not what found it.
        keyword: The keyword of JSON Schema that the body breaks, such as `required`; empty where it is none.
        expected: What the spec says of a type, a constant or a format.
        value: What stands there; nothing where a key is missing.
    """

    path: str
    reason: str
    folded: str = field(default="", compare=False)
    keyword: str = field(default="", compare=False)
    expected: str = field(default="", compare=False)
    value: Any = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"

    @property
    def unquoted(self) -> str:
        """The reason without a word of the body, which may be a credential."""
        if self.keyword in ("required", "additionalProperties", "type"):
            return self.reason
        return f"expected {self.expected}, got {kind_of(self.value)}" if self.expected else f"not what the spec says by {self.keyword or 'its schema'}"


class Validation:
    """Validates bodies against the schemas of a bundle, which know every key.

    Args:
        bundle: The OpenAPI document.
        known_words: Whether a word that an open vocabulary does not list is a violation, too.
    """

    def __init__(self, bundle: dict[str, Any], *, known_words: bool = False) -> None:
        self._bundle, self._known_words = bundle, known_words
        schemas = {name: closed(schema, known_words=known_words) for name, schema in bundle["components"]["schemas"].items()}
        resource = Resource.from_contents({"components": {**bundle["components"], "schemas": schemas}}, default_specification=DRAFT202012)
        self._registry = Registry().with_resource(BUNDLE, resource)
        self._validator = cache(self._make_validator)

    def violations(self, schema: dict[str, Any], body: Any) -> Iterator[Violation]:
        """What is wrong with a body, all of it.

        Args:
            schema: A schema of the bundle, or a reference to one.
            body: The body, parsed.
        """
        validator = self._validator(schema["$ref"]) if "$ref" in schema else self._new(_rebased(closed(schema, known_words=self._known_words)))
        for error in validator.iter_errors(body):
            yield from _violations(error)

    def schema_of(self, schema: dict[str, Any], value: Any) -> dict[str, Any]:
        """The schema that describes a value, behind references and alternatives; what stands beside those goes before what they say.

        Args:
            schema: A schema of the bundle.
            value: A value, parsed. Where it fits none of several alternatives, nothing describes it.
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
    """A schema whose objects have no keys but those that it names, and, if asked for, whose vocabularies have no other words. What is a map stays one."""
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


def shown(value: Any, limit: int = 60) -> str:
    """A JSON value in a message: containers by their kind, texts up to a length."""
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


# Keywords that say more exactly than jsonschema's own which key is at fault


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
    """A key that the spec does not name, as it is one of a map."""

    __slots__ = ()


def _is_integer(_checker: object, value: object) -> bool:
    """7.0 is an integer in JSON Schema, but a client has to tell it from 7."""
    return isinstance(value, int) and not isinstance(value, bool)


_Validator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {"required": _required, "additionalProperties": _additional_properties},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer),
)


# From jsonschema's errors to ours


def _violations(error: ValidationError) -> Iterator[Violation]:
    """What an error of jsonschema comes down to.

    One of a union leads to what is wrong in the member that was meant: of those that are of the body's kind and have its tag, the one with the fewest faults.
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
    """Whether a fault says that a member of a union was not meant: the body is of another type, or a constant or a tag of it is another."""
    if fault.validator == "const":
        return not fault.relative_path or (len(fault.relative_path) == 1 and isinstance(fault.validator_value, str))
    return fault.validator == "type" and not fault.relative_path


def _none_meant(faults: list[ValidationError]) -> Violation:
    tags = [fault for fault in faults if fault.relative_path]
    faults = tags or faults
    expected = dict.fromkeys(name for fault in faults for name in _expected(fault))
    value = faults[0].instance
    keyword = "const" if any(fault.validator == "const" for fault in faults) else "type"
    got = shown(value) if keyword == "const" else kind_of(value)
    return _violation(faults[0], keyword, " or ".join(expected), f"expected {' or '.join(expected)}, got {got}")


def _violation(error: ValidationError, keyword: Any, expected: str, reason: str) -> Violation:
    folded = "$"
    for key in error.absolute_path:
        folded = f"{folded}[]" if isinstance(key, int) else f"{folded}.{{}}" if isinstance(key, _KeyOfMap) else member(folded, key)
    return Violation(error.json_path, reason, folded, str(keyword), expected, error.instance)


def _expected(error: ValidationError) -> list[str]:
    value: Any = error.validator_value
    if error.validator == "const":
        return [shown(value)]
    if error.validator not in ("type", "format"):
        return []
    return value if isinstance(value, list) else [value]


def _reason(error: ValidationError) -> str:
    if error.validator == "type":
        return f"expected {' or '.join(_expected(error))}, got {kind_of(error.instance)}"
    if error.validator == "const":
        return f"expected {shown(error.validator_value)}, got {shown(error.instance)}"
    if error.validator == "format":
        return f"{shown(error.instance)} is no {error.validator_value}"
    return error.message if len(error.message) <= 200 else f"{error.message[:200]}…"
