"""The OpenAPI description that a release brings: nothing of ours in it, in three files, and one of them for OpenAPI 3.0."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import OpenAPIV30SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from generator.bundle import operations_of
from generator.release.openapi import assets, portable
from hatch_build import published
from tests.conftest import fixtures

from .conftest import description, portable_description, released

OF_OPENAPI_31 = {"const", "patternProperties", "examples", "$defs", "if", "prefixItems", "unevaluatedProperties"}
"""Keywords of schemas that OpenAPI 3.0 does not have."""


def keys(value: Any) -> Iterator[str]:
    """The keys in a description outside its examples."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from keys(item if key not in ("example", "examples") else None)
    for item in value if isinstance(value, list) else ():
        yield from keys(item)


def schemas(value: Any) -> Iterator[dict[str, Any]]:
    """The schemas in a description, and what else is a mapping."""
    if isinstance(value, dict):
        yield value
        for key, item in value.items():
            yield from schemas(item if key not in ("example", "examples") else None)
    for item in value if isinstance(value, list) else ():
        yield from schemas(item)


def document(*, parameters: list[Any] | None = None, **components: Any) -> dict[str, Any]:
    """A description of one operation that answers with the schema `Answer`."""
    response = {"description": "It.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "One", "version": "1", "summary": "One.", "license": {"name": "MIT", "identifier": "MIT"}},
        "paths": {"/one": {"get": {"parameters": parameters or [], "responses": {"200": response}}}},
        "components": {"schemas": components},
    }


def translated(schema: dict[str, Any], **others: Any) -> Any:
    """A schema, translated as a property."""
    answer = {"type": "object", "properties": {"it": schema}}
    return portable(document(Answer=answer, **others))["components"]["schemas"]["Answer"]["properties"]["it"]


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def row(kind: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, "media_type": {"type": "string", "const": kind}, **properties}}


# What is published


def test_the_description_has_the_version_of_the_package() -> None:
    bundle = {"openapi": "3.1.0", "info": {"title": "One", "version": "3"}, "paths": {}}
    assert published(bundle, "1.2.3")["info"] == {"title": "One", "version": "1.2.3"}
    assert bundle["info"]["version"] == "3"


def test_no_file_has_a_key_of_our_generator() -> None:
    for document in (description(), portable_description()):
        found = {key for key in keys(document) if key.startswith("x-")}
        assert (
            {"x-changes-state", "x-exports", "x-status-codes", "x-undocumented", "x-vocabulary"}
            <= found
            <= {*("x-changes-state", "x-displayName", "x-exports", "x-status-codes", "x-tagGroups", "x-undocumented", "x-vocabulary")}
        )


def test_status_codes_name_no_exception() -> None:
    assert description()["x-status-codes"]["9"] == {"http_status": 503, "meaning": "The service is offline for now.", "retry": True}


def test_examples_are_published_as_they_are() -> None:
    bundle = document(Answer={"type": "object", "x-redact": "prose", "properties": {"value": {"type": "string", "x-redact": "prose"}}})
    content = bundle["paths"]["/one"]["get"]["responses"]["200"]["content"]["application/json"]
    content["examples"] = {"default": {"value": {"x-redact": 1}}}
    found = published(bundle, "1")
    assert found["components"]["schemas"]["Answer"] == {"type": "object", "properties": {"value": {"type": "string"}}}
    assert found["paths"]["/one"]["get"]["responses"]["200"]["content"]["application/json"]["examples"] == content["examples"]


def test_yaml_says_the_same() -> None:
    assert yaml.load(released()["tmdb-openapi.yaml"], yaml.CSafeLoader) == description()


@pytest.mark.parametrize("text", ["1e3", "0o17", "+1", "-.5", ".5", "2026-01-01", "yes", "null", "5256c89f19c2956ff6046d47"])
def test_texts_that_look_like_numbers_are_quoted(text: str) -> None:
    assert (
        f"title: '{text}'".encode()
        in assets(f'{{"title": "{text}", "info": {{}}, "paths": {{}}, "components": {{"schemas": {{}}}}}}'.encode())["tmdb-openapi.yaml"]
    )


def test_the_npm_lock_pins_by_hash_and_names_no_registry() -> None:
    folder = Path(__file__).parent
    pins = json.loads((folder / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in pins.values())
    packages = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert {f"node_modules/{name}" for name in pins} <= packages.keys()
    assert [name for name, package in packages.items() if name and ("resolved" in package or "integrity" not in package)] == []


# The portable description


def test_the_portable_description_is_valid() -> None:
    assert portable_description()["openapi"] == "3.0.3"
    assert list(OpenAPIV30SpecValidator(portable_description()).iter_errors()) == []


def test_the_portable_description_has_no_keyword_of_openapi_3_1() -> None:
    found = portable_description()
    assert OF_OPENAPI_31 & set(keys({"paths": found["paths"], "schemas": found["components"]["schemas"]})) - {"examples"} == set()
    assert [schema for schema in schemas(found["components"]["schemas"]) if "anyOf" in schema or isinstance(schema.get("type"), list)] == []


def test_the_portable_description_has_every_operation_and_parameter() -> None:
    one, other = (
        [(path, method, operation["operationId"]) for path, method, operation in operations_of(document)]
        for document in (description(), portable_description())
    )
    assert one == other
    assert description()["components"]["parameters"].keys() == portable_description()["components"]["parameters"].keys()


def test_the_portable_description_validates_every_fixture() -> None:
    found = portable_description()
    registry = Registry().with_resource("urn:portable", Resource(contents=found, specification=DRAFT4))
    operations = {operation["operationId"]: (path, method) for path, method, operation in operations_of(found)}
    errors, checked = {}, 0
    for fixture in fixtures():
        path, method = operations[fixture["operation_id"]]
        operation = f"urn:portable#/paths/{path.replace('~', '~0').replace('/', '~1')}/{method}"
        status = str(fixture["response"]["status"])
        response = found["paths"][path][method]["responses"][status]
        at = f"urn:portable{response['$ref']}" if "$ref" in response else f"{operation}/responses/{status}"
        bodies = [(f"{at}/content/application~1json/schema", fixture["response"]["body"])]
        if fixture["request"]["body"] is not None:
            bodies.append((f"{operation}/requestBody/content/application~1json/schema", fixture["request"]["body"]))
        for reference, body in bodies:
            checked += 1
            if error := next(OAS30Validator({"$ref": reference}, registry=registry).iter_errors(body), None):
                errors[fixture["name"]] = f"{error.json_path}: {error.message[:100]}"
    assert errors == {}
    assert checked > 350


def test_the_portable_description_rejects_another_type() -> None:
    registry = Registry().with_resource("urn:portable", Resource(contents=portable_description(), specification=DRAFT4))
    validator = OAS30Validator({"$ref": "urn:portable#/components/schemas/Genre"}, registry=registry)
    assert list(validator.iter_errors({"id": 18, "name": "Drama"})) == []
    assert [error.message for error in validator.iter_errors({"id": "18", "name": "Drama"})] == ["'18' is not of type 'integer'"]


def test_null_beside_a_type_is_nullable() -> None:
    assert translated({"type": ["string", "null"], "description": "It."}) == {"type": "string", "nullable": True, "description": "It."}


def test_a_constant_is_an_enumeration_of_one() -> None:
    assert translated({"type": "string", "const": "movie"}) == {"type": "string", "enum": ["movie"]}


def test_a_constant_boolean_is_a_boolean() -> None:
    assert translated({"type": "boolean", "const": False}) == {"type": "boolean"}


def test_an_open_vocabulary_is_a_text_whose_description_has_the_words() -> None:
    word = {"description": "A word.", "anyOf": [{"type": "string", "enum": ["a", "b"]}, {"type": "string"}]}
    assert translated(ref("Word"), Word=word) == {"type": "string", "description": "A word. Known are `a`, `b`."}
    nullable = {"description": "Null without one.", "anyOf": [ref("Word"), {"type": "null"}]}
    assert translated(nullable, Word=word) == {"type": "string", "nullable": True, "description": "Null without one. Known are `a`, `b`."}


def test_a_closed_vocabulary_stays_a_component() -> None:
    assert translated(ref("Word"), Word={"type": "string", "enum": ["a", "b"]}) == ref("Word")


def test_a_wire_type_is_a_text() -> None:
    day = {"description": "A day.", "anyOf": [{"type": "string", "format": "date"}, {"type": "string", "const": ""}, {"type": "null"}]}
    assert translated(ref("Day"), Day=day) == {"type": "string", "nullable": True, "description": "A day."}
    moment = {"type": "string", "pattern": "^T$", "description": "A moment."}
    assert translated(ref("Timestamp"), Timestamp=moment) == {"type": "string", "description": "A moment."}


def test_an_object_or_null_is_a_nullable_object() -> None:
    schema = {"description": "Null without one.", "anyOf": [ref("Row"), {"type": "null"}]}
    expected = {"type": "object", "nullable": True, "description": "Null without one.", "properties": {"id": {"type": "integer"}}}
    assert translated(schema, Row={"type": "object", "description": "A row.", "properties": {"id": {"type": "integer"}}}) == expected


def test_a_description_beside_a_reference_is_kept() -> None:
    assert translated({**ref("Row"), "description": "It."}, Row=row("movie")) == {"description": "It.", "allOf": [ref("Row")]}


def test_a_tagged_union_is_one_of_its_members() -> None:
    discriminator = {"propertyName": "media_type", "mapping": {"movie": "#/components/schemas/Movie", "tv": "#/components/schemas/TV"}}
    union = {"anyOf": [ref("Movie"), ref("TV")], "discriminator": discriminator}
    found = portable(document(Answer=union, Movie=row("movie"), TV=row("tv")))["components"]["schemas"]
    assert found["Answer"] == {"oneOf": [ref("Movie"), ref("TV")], "discriminator": discriminator}
    assert found["Movie"]["properties"]["media_type"] == {"type": "string", "enum": ["movie"]}


def test_a_union_without_tags_is_one_object() -> None:
    title = {"type": "string", "description": "The title."}
    found = portable(document(Answer={"anyOf": [ref("Movie"), ref("Row")]}, Movie=row("movie", title=title), Row=row("collection")))["components"]["schemas"]
    media_type = {"type": "string", "enum": ["movie", "collection"]}
    assert found == {"Answer": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, "media_type": media_type, "title": title}}}


def test_a_union_of_different_properties_has_no_rule() -> None:
    with pytest.raises(ValueError, match="title has several types"):
        portable(document(Answer={"anyOf": [ref("One"), ref("Other")]}, One=row("a", title={"type": "string"}), Other=row("b", title={"type": "integer"})))


def test_an_object_or_a_boolean_is_one_of_them() -> None:
    assert translated({"anyOf": [ref("Row"), {"type": "boolean", "const": False}]}, Row=row("movie")) == {"oneOf": [ref("Row"), {"type": "boolean"}]}


def test_keys_by_pattern_are_described() -> None:
    series = {"type": "object", "description": "A series.", "properties": {"id": {"type": "integer"}}, "patternProperties": {"^season/[0-9]$": ref("Season")}}
    found = portable(document(Answer=series, Season=row("tv_season")))["components"]["schemas"]
    assert found == {
        "Answer": {
            "type": "object",
            "description": "A series. It may hold `Season` under keys that match `^season/[0-9]$`.",
            "properties": {"id": {"type": "integer"}},
        }
    }


def test_properties_of_one_name_in_camel_case_are_one() -> None:
    answer = {"type": "object", "required": ["_id", "id"], "properties": {"_id": {"type": "string"}, "id": {"type": "integer"}}}
    found = portable(document(Answer=answer))["components"]["schemas"]["Answer"]
    assert found == {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}


def test_a_parameter_of_several_types_is_a_text() -> None:
    schema = {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^tt[0-9]+$"}]}
    parameter = {"name": "movie_id", "in": "path", "required": True}
    found = portable(document(Answer=row("movie"), parameters=[{**parameter, "schema": schema, "example": 550}]))
    assert found["paths"]["/one"]["get"]["parameters"] == [{**parameter, "schema": {"type": "string"}, "example": "550"}]


def test_components_that_nothing_uses_are_left_out() -> None:
    assert set(portable(document(Answer=row("movie"), Unused=row("tv")))["components"]["schemas"]) == {"Answer"}


def test_the_licence_has_a_url() -> None:
    assert portable(document(Answer=row("movie")))["info"] == {
        "title": "One",
        "version": "1",
        "license": {"name": "MIT", "url": "https://spdx.org/licenses/MIT.html"},
    }


@pytest.mark.parametrize("schema", [{"type": ["string", "integer", "null"]}, {"type": "string", "contentEncoding": "base64"}])
def test_a_keyword_without_a_rule_is_reported(schema: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"has no rule in generator\.release\.openapi"):
        translated(schema)
