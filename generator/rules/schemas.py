"""Rules for the contents of schemas."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from generator.bundle import NUMBERED_KEY
from generator.load import Location, Mapping, Sequence
from generator.security import CREDENTIAL
from generator.text import attribute_by_pattern, attribute_name

from .operations import is_list, same_names
from .registry import Problem, rule
from .spec_index import Node, SpecIndex

__all__ = [
    "acyclic",
    "constant",
    "extension",
    "form",
    "inline_object",
    "known_format",
    "named_union",
    "named_vocabulary",
    "no_all_of_or_one_of",
    "no_default",
    "no_range_in_responses",
    "nullable",
    "open_vocabulary",
    "property_name",
    "required_exists",
    "tagged_union",
    "typed",
]

RANGES = {
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems"),
}
FORMATS = {"date": "string", "int64": "integer"}
FORMS = ("country", "language", "language-code")
REDACTIONS = ("prose", "personal", CREDENTIAL)
UNREADABLE = re.compile(r'["\\\x00-\x1f]')
MARKS = {"x-any-of", "x-changes-state", "x-no-store", "x-undocumented", "x-unpaged"}
"""Extensions whose only value is true."""


@rule
def inline_object(index: SpecIndex) -> Iterator[Problem]:
    """An object is a file of `schemas/` and has `type: object` with either its properties or, as a map, `additionalProperties`."""
    for node in index.of("schema"):
        if "object" in node.types or node.value.keys() & {"properties", "additionalProperties"}:
            if node.parent:
                yield node.at(), "an object is declared inline; give it a file under schemas/"
            elif node.value.get("type") != "object":
                yield node.at("type"), "an object has type: object"
            elif ("properties" in node.value) == ("additionalProperties" in node.value):
                yield node.at(), "an object has either properties or, as a map, additionalProperties"
            for pattern in node.value.get("patternProperties", ()):
                if not NUMBERED_KEY.fullmatch(pattern):
                    yield index.spec.locate_below(node.value, ["patternProperties", pattern]), "a pattern of keys is of the form ^word/(0|[1-9][0-9]*)$"


@rule
def no_all_of_or_one_of(index: SpecIndex) -> Iterator[Problem]:
    """Schemas do not use `allOf` or `oneOf`: one file has all properties of an object, and unions are `anyOf`."""
    for node in index.of("schema"):
        for key in ("allOf", "oneOf"):
            if key in node.value:
                yield node.at(key), f"{key} is not used here; {'write the properties out' if key == 'allOf' else 'use anyOf'}"


@rule
def acyclic(index: SpecIndex) -> Iterator[Problem]:
    """A union is not a member of itself, directly or through other unions."""
    members = {node: [child for child in node.children if child.slot == "anyOf" and "$ref" in child.value] for node in index.schemas}
    for union, own in members.items():
        waiting = [(child, child) for child in own]
        seen = set()
        while waiting:
            child, first = waiting.pop()
            if (target := index.resolve(child)) is union:
                yield first.at("$ref"), f"the union {union.name} is a member of itself"
                break
            if target not in seen:
                seen.add(target)
                waiting += [(other, first) for other in members.get(target, ())]


@rule
def named_union(index: SpecIndex) -> Iterator[Problem]:
    """A union has its own file, except one with null only, and those in parameters."""
    for node in index.of("schema"):
        members = [member for member in node.value.get("anyOf", ()) if member != {"type": "null"}]
        if "anyOf" in node.value and len(node.value["anyOf"]) < 2:
            yield node.at("anyOf"), "a union has two members or more"
        elif len(members) > 1 and node.parent and node.parent.kind == "schema" and not is_argument(node):
            yield node.at("anyOf"), "a union is declared inline; give it a file under schemas/"


def is_argument(node: Node) -> bool:
    """Whether a part lies in a parameter."""
    return any(around.kind == "parameter" for around in node.around())


@rule
def tagged_union(index: SpecIndex) -> Iterator[Problem]:
    """A discriminator maps tags to members of the union. Each member has the property; if it is a constant, it equals the tag."""
    tagged, others = set[Node](), list[tuple[Location, Node, str]]()
    for node in index.of("discriminator"):
        union, mapping, name = node.parent, node.value.get("mapping"), node.value["propertyName"]
        members = [index.resolve(child) for child in union.children if child.slot == "anyOf"] if union else []
        if not isinstance(mapping, Mapping) or not mapping:
            yield node.at(), "a discriminator has a mapping from tags to files"
            continue
        for label, file in mapping.items():
            member = index.tops.get(index.spec.target(mapping, file))
            held = member.child("properties", name) if member else None
            if member not in members:
                yield mapping.at(label), f"{file} is not a member of the union"
            elif held is None:
                yield mapping.at(label), f"{file} has no property {name!r}"
            elif held.value.get("const", label) == label:
                tagged.add(held)
            else:
                others.append((mapping.at(label), held, label))
    for location, held, label in others:
        # A constant that is no tag of any union is at fault itself.
        yield location if held in tagged else held.at("const"), f"{held.file.name} has the constant {held.value['const']!r} as {held.name!r}, not {label!r}"


@rule
def typed(index: SpecIndex) -> Iterator[Problem]:
    """A schema has a type, or is a reference, a union or a constant; an array has items. A schema that accepts anything explains why."""
    for node in index.of("schema"):
        if "array" in node.types and "items" not in node.value:
            yield node.at("type"), "an array states its items"
        elif not node.value.keys() & {"type", "anyOf", "allOf", "oneOf", "const"}:
            if node.value.keys() - {"description", "x-redact"}:
                yield node.at(), "the schema has no type"
            elif "description" not in node.value:
                yield node.at(), "the schema accepts anything without a description"


@rule
def nullable(index: SpecIndex) -> Iterator[Problem]:
    """A nullable schema is `type: [string, 'null']` or `anyOf: [{$ref: X.yaml}, {type: 'null'}]`, never `nullable` or a nullable enum."""
    for node in index.of("schema"):
        names = node.value.get("type")
        if "nullable" in node.value:
            yield node.at("nullable"), "nullable is OpenAPI 3.0; name null among the types"
        elif isinstance(names, list) and names[1:] != ["null"]:
            yield node.at("type"), "several types are one type and 'null', in this order"
        elif names == "null" and not is_last_member(node):
            yield node.at("type"), "null alone stands only at the end of anyOf"
        elif isinstance(names, list) and "enum" in node.value:
            yield node.at("enum"), "an enum is not nullable; name it, and use anyOf with null"
        elif is_nullable_scalar(node):
            yield node.at("anyOf"), "a plain type that can be null is written type: [X, 'null']"


def is_last_member(node: Node) -> bool:
    return bool(node.parent and node.slot == "anyOf" and node.name == str(len(node.parent.value["anyOf"]) - 1))


def is_nullable_scalar(node: Node) -> bool:
    """Whether a schema is a union of null and of a plain type."""
    members = node.value.get("anyOf", [])
    return (
        len(members) == 2
        and {"type": "null"} in members
        and any(member.get("type") not in (None, "null", "array") for member in members if "const" not in member)
    )


@rule
def required_exists(index: SpecIndex) -> Iterator[Problem]:
    """Required keys are among the properties, each once."""
    for node in index.of("schema"):
        required = node.value.get("required", Sequence())
        for position, name in enumerate(required):
            if name not in node.value.get("properties", ()):
                close = "".join(f"; did you mean {other!r}?" for other in get_close_matches(str(name), node.value.get("properties", ()), 1))
                yield required.at(position), f"{name!r} is required, but no property{close}"


@rule
def property_name(index: SpecIndex) -> Iterator[Problem]:
    """The name of a property has no quotes, backslashes or control characters, and the properties of an object become different attributes."""
    schemas = [node.name for node in index.schemas]
    for node in index.of("schema"):
        properties = node.value.get("properties", Mapping())
        for name in properties:
            if not name:
                yield properties.at(name), "the property has no name"
            elif UNREADABLE.search(name):
                yield properties.at(name), f"{name!r} has a quote, a backslash or a control character, which msgspec cannot read in a key"
        patterns = [attribute_by_pattern(pattern) for pattern in node.value.get("patternProperties", ())]
        for attribute, same in same_names([*properties, *patterns], lambda name: attribute_name(name, schemas)):
            why = "would be the same attribute" if len({attribute_name(name, schemas) for name in same}) == 1 else "differ in capitals only"
            yield properties.at(same[-1]), f"{' and '.join(map(repr, same))} {why}: {attribute}"


@rule
def open_vocabulary(index: SpecIndex) -> Iterator[Problem]:
    """TMDB's vocabularies are open: in responses, an enum is `anyOf: [{type: string, enum: [...]}, {type: string}]`. A closed one is for requests only."""
    for node in index.of("schema"):
        if "enum" in node.value and node in index.in_responses and not is_open(node):
            yield node.at("enum"), "a closed enum in a response; put it into anyOf beside {type: string}"


@rule
def named_vocabulary(index: SpecIndex) -> Iterator[Problem]:
    """An enum has its own schema, and different values of one type: strings, or integers if it is closed."""
    for node in index.of("schema"):
        if "enum" in node.value:
            values, kind = node.value["enum"], str if is_open(node) or node.value.get("type") != "integer" else int
            if node.parent and not is_open(node):
                yield node.at("enum"), "an enum is declared inline; give it a file under schemas/"
            if any(type(value) is not kind for value in values) or node.value.get("type") not in ("string", "integer"):
                yield node.at("enum"), "an enum is of texts with type: string, or of integers with type: integer"
            else:
                yield from ((values.at(position), f"{value!r} is repeated") for position, value in enumerate(values) if value in values[:position])


def is_open(node: Node) -> bool:
    """Whether an enum is the known part of an open vocabulary with a name."""
    union = node.parent
    return bool(union and union.parent is None and node.slot == "anyOf" and node.name == "0" and union.value["anyOf"][1:] == [{"type": "string"}])


@rule
def constant(index: SpecIndex) -> Iterator[Problem]:
    """A constant states its type. In a response it is a tag, which is a string, or `false`; requests may have others."""
    kinds = {str: "string", bool: "boolean", int: "integer"}
    for node in index.of("schema"):
        if "const" in node.value:
            value = node.value["const"]
            if (kind := kinds.get(type(value))) is None or node.value.get("type") != kind:
                yield node.at("const"), f"the constant {value!r} has no type: {kind}" if kind else f"{value!r} is not a constant"
            elif node in index.in_responses and not isinstance(value, str) and value is not False:
                yield node.at("const"), f"{value!r} is neither a tag nor false"


@rule
def known_format(index: SpecIndex) -> Iterator[Problem]:
    """A format is `date` of a string or `int64` of an integer. A timestamp is `Timestamp.yaml`, because TMDB writes it in two formats."""
    for node in index.of("schema"):
        if node.value.get("format") == "date-time":
            yield node.at("format"), "refer to Timestamp.yaml, which describes TMDB's two formats of timestamps"
        elif "format" in node.value and FORMATS.get(node.value["format"]) not in node.types:
            yield node.at("format"), f"{node.value['format']!r} is not a format of {' or '.join(node.types) or 'this'}"


@rule
def form(index: SpecIndex) -> Iterator[Problem]:
    """`x-form` is `country`, `language` or `language-code`, of a string with its pattern in a request."""
    for node in index.of("schema"):
        if "x-form" in node.value and (
            node.value["x-form"] not in FORMS or "string" not in node.types or "pattern" not in node.value or node in index.in_responses
        ):
            yield node.at("x-form"), f"x-form is one of {', '.join(FORMS)}, of a string with a pattern in a request"


@rule
def no_range_in_responses(index: SpecIndex) -> Iterator[Problem]:
    """Responses have no ranges and no patterns, except the patterns of wire types: they belong to requests."""
    for node in index.of("schema"):
        if node in index.in_responses and not node.is_wire_type:
            for key in RANGES & node.value.keys():
                yield node.at(key), f"{key} in a response"


@rule
def no_default(index: SpecIndex) -> Iterator[Problem]:
    """There is no `default`, which a client would send; the description states it."""
    for node in index.of("schema"):
        if "default" in node.value:
            yield node.at("default"), "a client would send the default; state it in the description"


@rule
def extension(index: SpecIndex) -> Iterator[Problem]:
    """An extension has a value that the README of the spec allows."""
    for node in index.nodes:
        redact = node.value.get("x-redact")
        if redact is not None and redact not in REDACTIONS:
            yield node.at("x-redact"), f"{redact!r} is not one of {', '.join(REDACTIONS)}"
        for key in MARKS & node.value.keys():
            if node.value[key] is not True:
                yield node.at(key), f"{key} is true, or absent"
    for node in index.of("parameter"):
        if "x-any-of" in node.value and not is_list(index, node):
            yield node.at("x-any-of"), "only a list can be an any-of"
