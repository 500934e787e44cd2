"""The OpenAPI description as the assets of a release: in JSON and YAML, and a portable one in OpenAPI 3.0.3.

Many generators of other languages stumble over OpenAPI 3.1 and over unions. The portable description accepts every response that the other one accepts,
and says as much about it as they compile; what has no keyword there stands in its descriptions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial
from typing import Any

import yaml

from generator.references import name_of, references, resolve

__all__ = ["assets", "portable"]

Schema = dict[str, Any]

SAME = {
    *("type", "nullable", "format", "enum", "description", "required", "deprecated", "discriminator"),
    *("minimum", "maximum", "multipleOf", "minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems"),
}
"""The keywords that OpenAPI 3.0 has with the same meaning."""


def assets(description: bytes) -> dict[str, bytes]:
    """The assets of a release, by file name.

    Args:
        description: The OpenAPI description of the wheel, in JSON.

    Raises:
        ValueError: The description has something for which the portable one has no rule.
    """
    document = json.loads(description)
    return {
        "tmdb-openapi.json": description,
        "tmdb-openapi.yaml": yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=160).encode(),
        "tmdb-openapi-portable.json": (json.dumps(portable(document), indent=1, ensure_ascii=False) + "\n").encode(),
    }


class _Dumper(yaml.CSafeDumper):
    """Writes YAML that means the same in 1.1 and 1.2: it quotes texts such as `1e3` and `0o7`, which are numbers in 1.2 only."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", text, style="'" if text[:1] in set("+-.0123456789") else None)


_Dumper.add_representer(str, _Dumper.represent_text)


def portable(document: dict[str, Any]) -> dict[str, Any]:
    """Translate a description from OpenAPI 3.1 to OpenAPI 3.0.3.

    Raises:
        ValueError: It has something for which there is no rule.
    """
    return _Translation(document).document


class _Translation:
    """Translates a description.

    Args:
        source: The description in OpenAPI 3.1.

    Attributes:
        document: The description in OpenAPI 3.0.3.
    """

    def __init__(self, source: dict[str, Any]) -> None:
        self.resolve = partial(resolve, source)
        self.schemas: dict[str, Schema] = source["components"]["schemas"]
        info = {key: value for key, value in source["info"].items() if key != "summary"}
        if identifier := info.get("license", {}).get("identifier"):
            info["license"] = {"name": info["license"]["name"], "url": f"https://spdx.org/licenses/{identifier}.html"}
        paths = self.part(source["paths"])
        components = {**self.part(source["components"]), "schemas": {}}
        waiting = [paths, components]
        while waiting:
            for name in set(references(waiting.pop())) & self.schemas.keys() - components["schemas"].keys():
                waiting.append(self.schema(self.schemas[name]))
                components["schemas"][name] = waiting[-1]
        components["schemas"] = dict(sorted(components["schemas"].items()))
        self.document = {**source, "openapi": "3.0.3", "info": info, "paths": paths, "components": components}

    def part(self, value: Any) -> Any:
        """Translate the schemas in a part of the description that is no schema itself."""
        if isinstance(value, list):
            return [self.part(item) for item in value]
        if not isinstance(value, dict):
            return value
        translated = {key: item if key in ("example", "examples", "schema") else self.part(item) for key, item in value.items()}
        if "schema" in value:
            schema = self.schema(value["schema"])
            translated["schema"] = as_text(schema) if "in" in value else schema
            if "in" in value and "oneOf" in schema and "example" in value:
                translated["example"] = str(value["example"])
        return translated

    def schema(self, schema: Schema) -> Schema:
        """Translate a schema."""
        if "$ref" in schema:
            return self.reference(schema)
        if "anyOf" in schema:
            return self.union(schema)
        translated: Schema = {}
        for key, value in schema.items():
            translated |= self.keyword(key, value)
        if patterns := schema.get("patternProperties"):
            held = " and ".join(f"`{name_of(value)}` under keys that match `{pattern}`" for pattern, value in patterns.items())
            translated["description"] = f"{schema['description']} It may hold {held}."
        return without_ambiguous_properties(translated)

    def reference(self, schema: Schema) -> Schema:
        """Translate a reference and the keywords beside it, which OpenAPI 3.0 does not have there."""
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        target = self.resolve(schema)
        if self.is_text(target):
            return self.schema({**{key: value for key, value in target.items() if key != "pattern"}, **beside})
        if "nullable" in beside:
            return {**self.schema(target), **beside}
        return {**beside, "allOf": [{"$ref": schema["$ref"]}]} if beside else schema

    def keyword(self, key: str, value: Any) -> Schema:
        """Translate a keyword of a schema."""
        if key == "type" and isinstance(value, list):
            type_, *others = (type_ for type_ in value if type_ != "null")
            if others:
                raise ValueError(f"type: {value} has no rule in {__name__}; write it as anyOf")
            return {"type": type_, "nullable": True}
        if key in SAME or key.startswith("x-"):
            return {key: value}
        match key:
            case "const":
                return {} if isinstance(value, bool) else {"enum": [value]}  # an enumeration of booleans compiles in few languages
            case "properties":
                return {key: {name: self.schema(property_) for name, property_ in value.items()}}
            case "items" | "additionalProperties":
                return {key: self.schema(value)}
            case "patternProperties":
                return {}
        raise ValueError(f"{key} has no rule in {__name__}")

    def union(self, schema: Schema) -> Schema:
        """Translate a union."""
        members = [member for member in schema["anyOf"] if member != {"type": "null"}]
        beside = {key: value for key, value in schema.items() if key != "anyOf"}
        if len(members) < len(schema["anyOf"]):
            beside["nullable"] = True
        if len(members) == 1:
            return self.schema({**members[0], **beside})
        if self.is_text({"anyOf": members}):
            values = [f"`{value}`" for member in members for value in member.get("enum", ())]
            if values:
                beside["description"] = f"{schema['description']} Known are {', '.join(values)}."
            return {"type": "string", **beside}
        if "discriminator" not in schema and all(self.types(member) == {"object"} for member in members):
            return {**beside, **merged([self.schema(self.resolve(member)) for member in members])}
        return {**beside, "oneOf": [self.schema(member) for member in members]}

    def types(self, schema: Schema) -> set[str]:
        """The types of the values of a schema, without null."""
        schema = self.resolve(schema)
        if "anyOf" in schema:
            return set().union(*map(self.types, schema["anyOf"]))
        types = schema.get("type", ["any"])
        return {types} - {"null"} if isinstance(types, str) else set(types) - {"null"}

    def is_text(self, schema: Schema) -> bool:
        """Whether a schema is of any texts, which needs no name: an open vocabulary, for example."""
        return self.types(schema) == {"string"} and "enum" not in schema


def as_text(schema: Schema) -> Schema:
    """The schema of a parameter, whose values are all texts in a URL, without unions of scalars."""
    if "oneOf" in schema:
        return {**{key: value for key, value in schema.items() if key != "oneOf"}, "type": "string"}
    return {**schema, "items": as_text(schema["items"])} if "items" in schema else schema


def without_ambiguous_properties(schema: Schema) -> Schema:
    """Leave out properties such as `_id` beside `id`, as both have the same name in camelCase."""
    properties = schema.get("properties", {})
    if not (ambiguous := {name for name in properties if name.startswith("_") and name.lstrip("_") in properties}):
        return schema
    kept = {name: property_ for name, property_ in properties.items() if name not in ambiguous}
    required = [name for name in schema.get("required", ()) if name not in ambiguous]
    return {**{key: value for key, value in schema.items() if key != "required"}, **({"required": required} if required else {}), "properties": kept}


def merged(schemas: Iterable[Schema]) -> Schema:
    """A schema of objects that accepts everything that one of several accepts, for a union without a discriminator.

    Raises:
        ValueError: A property has several types.
    """
    first, *others = schemas
    properties: dict[str, Schema] = dict(first["properties"])
    required = first.get("required", [])
    for other in others:
        required = [name for name in required if name in other.get("required", ())]
        for name, property_ in other["properties"].items():
            before = properties.setdefault(name, property_)
            if "enum" in before and before["type"] == property_.get("type"):
                properties[name] = {"type": before["type"], "enum": list(dict.fromkeys([*before["enum"], *property_.get("enum", ())]))}
            elif {**before, "description": ""} != {**property_, "description": ""}:
                raise ValueError(f"{name} has several types in a union without a discriminator")
    return {"type": "object", **({"required": required} if required else {}), "properties": properties}
