"""Maps the schemas of the bundle to Python: annotations of models and arguments, and the parameter types that validate arguments."""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import NoneType
from typing import Any

from tmdbkit.runtime import types

from .references import name_of, references, resolve
from .text import snake_case

__all__ = ["WIRE_TYPES", "TypeMapper", "call"]

FORMS = {"country": "CountryCode(COUNTRY_CORRECTIONS)", "language": "LanguageCode()", "language-code": "LanguageCode(country=False)"}
"""The parameter types of strings with `x-form`."""
SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
WIRE_TYPES = {
    note.name: " | ".join("None" if class_ is NoneType else class_.__name__ for class_ in note.classes)
    for alias in vars(types).values()
    for note in getattr(alias, "__metadata__", ())
    if isinstance(note, types.WireType)
}
"""The wire types of `tmdbkit.runtime.types`, by the names of their schemas, as a type checker sees them."""


class TypeMapper:
    """Maps the schemas of a bundle to Python types.

    Args:
        bundle: The OpenAPI document.
    """

    def __init__(self, bundle: dict[str, Any]) -> None:
        self.bundle = bundle
        self.schemas: dict[str, Any] = bundle["components"]["schemas"]

    # Classification of schemas

    def is_model(self, name: str) -> bool:
        return "properties" in self.schemas[name]

    def is_union(self, name: str) -> bool:
        """Whether a schema is a union with at least one model."""
        members = self.schemas[name].get("anyOf", ())
        return any("$ref" in member for member in members)

    def is_of_models(self, name: str) -> bool:
        """Whether all members of a union are models."""
        return all("$ref" in member and self.is_model(name_of(member)) for member in self.schemas[name]["anyOf"])

    def is_vocabulary(self, name: str) -> bool:
        return bool(self.vocabulary(name))

    def vocabulary(self, name: str) -> list[str]:
        """The values of a vocabulary: all of a closed one, or the known ones of an open one."""
        schema = self.schemas[name]
        members = [schema, *schema.get("anyOf", ())]
        return next((list(member["enum"]) for member in members if "enum" in member), [])

    def is_form(self, name: str) -> bool:
        """Whether a schema is a string with a pattern, for requests: a `NewType` in Python."""
        return self.schemas[name].get("type") == "string" and "pattern" in self.schemas[name] and name not in WIRE_TYPES

    def forms(self) -> list[str]:
        """The names of such schemas."""
        return sorted(filter(self.is_form, self.schemas))

    def is_closed(self, name: str) -> bool:
        return "enum" in self.schemas[name]

    def components_of(self, names: Iterable[str]) -> set[str]:
        """The named schemas, and those that they refer to."""
        found: set[str] = set()
        waiting = set(names)
        while waiting:
            name = waiting.pop()
            waiting |= set(references(self.schemas[name])) - found - {name}
            found.add(name)
        return found

    def models_of(self, names: Iterable[str]) -> set[str]:
        """The models among the named schemas and those that they refer to."""
        return {name for name in self.components_of(names) if self.is_model(name) or self.is_union(name)}

    # Models

    def annotation(self, schema: dict[str, Any], *, prefix: str = "") -> str:
        """The annotation of a value in a response.

        Args:
            schema: The schema.
            prefix: The prefix of model names, such as `models.`.
        """
        if "$ref" in schema:
            name = name_of(schema)
            if self.is_model(name) or self.is_union(name):
                return prefix + name
            return name if name in WIRE_TYPES or self.is_vocabulary(name) else self.annotation(self.schemas[name], prefix=prefix)
        if "const" in schema:
            return f"Literal[{schema['const']!r}]"
        if "anyOf" in schema:
            return union(self.annotation(member, prefix=prefix) for member in schema["anyOf"])
        type_ = schema.get("type", [])
        if isinstance(type_, list):
            return union(self.annotation({**schema, "type": one}, prefix=prefix) for one in type_) if type_ else "Any"
        if type_ == "array":
            return f"list[{self.annotation(schema['items'], prefix=prefix)}]"
        if type_ == "object":
            return f"dict[str, {self.annotation(schema['additionalProperties'], prefix=prefix)}]"
        if type_ == "null":
            return "None"
        return "date" if schema.get("format") == "date" else SCALARS[type_]

    def field_annotation(self, schema: dict[str, Any]) -> str:
        """The annotation of a field. A union with a constant is expanded, as a constant is not a class at run time."""
        annotation = self.annotation(schema)
        for name in set(re.findall(r"\w+", annotation)) & self.schemas.keys():
            if self.is_union(name) and not self.tags(name) and not self.is_of_models(name):
                annotation = re.sub(rf"\b{name}\b", self.members(name), annotation)
        return annotation

    def members(self, name: str) -> str:
        """The members of a union."""
        return " | ".join([*map(self.annotation, self.schemas[name]["anyOf"]), *(["UnknownRow"] if self.tags(name) else [])])

    def classes(self, name: str) -> str:
        """The classes of the values of a union."""
        members = self.schemas[name]["anyOf"]
        return " | ".join(dict.fromkeys(type(member["const"]).__name__ if "const" in member else self.annotation(member) for member in members))

    def all_tags(self) -> list[str]:
        """The tags of rows that have a model."""
        return sorted({tag for name in self.schemas for tag in self.tags(name)})

    def described(self, schema: dict[str, Any]) -> str:
        """The description of a value: its own, or that of its type."""
        return str(resolve(self.bundle, schema).get("description", ""))

    def vocabularies(self) -> list[str]:
        """The names of the vocabularies."""
        return sorted(name for name in self.schemas if self.is_vocabulary(name))

    def imports(self, name: str) -> tuple[list[str], list[str]]:
        """The vocabularies and the models in the annotations of a model."""
        schema = self.schemas[name]
        text = " ".join(map(self.field_annotation, [*schema["properties"].values(), *schema.get("patternProperties", {}).values()]))
        words = set(re.findall(r"\w+", text)) - {name}
        models = (word for word in words if word in self.schemas and (self.is_model(word) or self.is_union(word)))
        return [word for word in self.vocabularies() if word in words], sorted(models)

    def tags(self, name: str) -> dict[str, str]:
        """The model for each value of the discriminator of a union."""
        mapping = self.schemas[name].get("discriminator", {}).get("mapping", {})
        return {tag: str(reference.rpartition("/")[2]) for tag, reference in mapping.items()}

    def aliases(self) -> dict[str, str]:
        """The annotations of type aliases, by name."""
        aliases = dict(WIRE_TYPES)
        for name in self.schemas:
            if self.is_union(name):
                aliases[name] = self.members(name)
            elif self.is_vocabulary(name):
                aliases[name] = f"Literal{self.vocabulary(name)}{'' if self.is_closed(name) else ' | str'}"
        return aliases

    # Arguments

    def argument_annotation(self, schema: dict[str, Any]) -> str:
        """The annotation of an argument."""
        if "$ref" in schema:
            name = name_of(schema)
            return name if self.is_vocabulary(name) or self.is_model(name) or self.is_form(name) else self.argument_annotation(self.schemas[name])
        if "const" in schema:
            return f"Literal[{schema['const']!r}]"
        if "anyOf" in schema:
            return union(self.argument_annotation(member) for member in schema["anyOf"])
        if schema.get("type") == "array":
            return f"Iterable[{(item := self.argument_annotation(schema['items']))}] | {item.removesuffix(' | None')}"
        if schema.get("format") == "date":
            return "date | str"
        if isinstance(schema["type"], list):
            return union(SCALARS.get(type_, "None") for type_ in schema["type"])
        return SCALARS[schema["type"]]

    def allowed(self, schema: dict[str, Any]) -> str:
        """A sentence that lists the allowed values of a closed vocabulary, after a space; empty for other schemas."""
        each = schema.get("type") == "array"
        schema = schema["items"] if each else schema
        names = [name_of(member) for member in schema.get("anyOf", [schema]) if "$ref" in member]
        values = ", ".join(f"`{value}`" for name in names if self.is_closed(name) for value in self.vocabulary(name))
        forms = "".join(f", or {self.schemas[name]['description']}" for name in names if self.is_form(name))
        return f" {'Each is one' if each else 'One'} of {values}{forms}." if values else ""

    def param_type(self, schema: dict[str, Any]) -> str:
        """The expression that creates the parameter type of an argument (see `tmdbkit.runtime.params`)."""
        if "$ref" in schema and self.is_closed(name_of(schema)):
            return f"Choice(*get_args({name_of(schema)}))"
        schema = resolve(self.bundle, schema)
        if "const" in schema:
            return call("Choice", repr(schema["const"]))
        if "properties" in schema:
            required = schema.get("required", [])
            fields = (f"{name!r}: ({self.param_type(value)}, {name in required})" for name, value in schema["properties"].items())
            return f"Object({{{', '.join(fields)}}})"
        if "anyOf" in schema:
            return call("Either", *map(self.param_type, schema["anyOf"]))
        type_ = schema["type"]
        if isinstance(type_, list):
            type_ = next(one for one in type_ if one != "null")
        if type_ == "array":
            options = keywords(schema, "minItems", "maxItems", uniqueItems="unique")
            nullable = "null" in resolve(self.bundle, schema["items"]).get("type", ())
            return call("List", self.param_type(schema["items"]), *options, *(["nullable=True"] if nullable else []))
        return scalar_type(schema, type_)


def scalar_type(schema: dict[str, Any], type_: str) -> str:
    """The expression that creates the parameter type of a number, a boolean, a date or a string."""
    if type_ == "integer":
        return call("Integer", *keywords(schema, "minimum", "maximum"))
    if type_ == "number":
        return call("Number", *keywords(schema, "minimum", "maximum", "multipleOf"))
    if type_ == "boolean":
        return "Boolean()"
    if "x-form" in schema:
        return FORMS[schema["x-form"]]
    if schema.get("format") == "date":
        return "Date()"
    described = keywords(schema, "description") if "pattern" in schema else []
    return call("Text", *keywords(schema, "minLength", "pattern"), *described)


def union(members: Iterable[str]) -> str:
    """Join annotations to a union, with None last."""
    written = list(members)
    others = dict.fromkeys(member.removesuffix(" | None") for member in written if member != "None")
    nullable = any(member == "None" or member.endswith(" | None") for member in written)
    return " | ".join([*others, *(["None"] if nullable else [])])


def call(name: str, *arguments: str) -> str:
    return f"{name}({', '.join(arguments)})"


def keywords(schema: dict[str, Any], *names: str, **renamed: str) -> list[str]:
    pairs = [(name, snake_case(name)) for name in names] + list(renamed.items())
    return [f"{name}={schema[key]!r}" for key, name in pairs if key in schema]
