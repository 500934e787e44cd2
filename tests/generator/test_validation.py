"""Validation of bodies: exact paths and messages."""

from __future__ import annotations

from typing import Any

import pytest

from generator.validation import Validation, closed

TEXT = {"type": "string"}
NULLABLE_ROW = {"anyOf": [{"$ref": "#/components/schemas/Row"}, {"type": "null"}]}
SCHEMAS: dict[str, Any] = {
    "Row": {"type": "object", "required": ["id", "name"], "properties": {"id": {"type": "integer"}, "name": {"type": ["string", "null"]}}},
    "Day": {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "const": ""}]},
    "Movie": {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "movie"}, "title": TEXT, "day": {"$ref": "#/components/schemas/Day"}}},
    "Person": {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "person"}, "name": TEXT}},
    "Either": {"oneOf": [{"$ref": "#/components/schemas/Movie"}, {"$ref": "#/components/schemas/Person"}]},
    "Page": {
        "type": "object",
        "required": ["results"],
        "properties": {
            "results": {"type": "array", "items": {"$ref": "#/components/schemas/Row"}},
            "either": {"type": "array", "items": {"$ref": "#/components/schemas/Either"}},
            "row": NULLABLE_ROW,
            "day": {"$ref": "#/components/schemas/Day"},
            "moment": {"type": "string", "pattern": "^[0-9-]+T[0-9:.]+Z$"},
            "rated": {"anyOf": [{"$ref": "#/components/schemas/Row"}, {"const": False}]},
            "countries": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Row"}},
            "watch/providers": {"$ref": "#/components/schemas/Row"},
            "word": {"anyOf": [{"type": "string", "enum": ["a"]}, TEXT]},
            "anything": {},
        },
    },
}
ROW = {"id": 1, "name": "one"}
VALIDATION = Validation({"components": {"schemas": SCHEMAS}})


def violations(body: Any, schema: str = "Page") -> list[str]:
    return [str(violation) for violation in VALIDATION.violations({"$ref": f"#/components/schemas/{schema}"}, body)]


def test_a_conforming_body_has_no_violation() -> None:
    body = {
        "results": [ROW, {"id": 2, "name": None}],
        "either": [{"kind": "movie", "title": "x", "day": ""}, {"kind": "person"}],
        "row": None,
        "day": "1999-10-15",
        "moment": "2013-02-14T00:00:00.000Z",
        "rated": False,
        "countries": {"DE": ROW, "x-y": ROW},
        "watch/providers": ROW,
        "word": "new",
        "anything": {"at": ["all"]},
    }
    assert violations(body) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"results": [ROW, {**ROW, "surprise": 1}]}, "$.results[1].surprise: unknown key"),
        ({"surprise": 1}, "$.surprise: unknown key"),
        ({"additionalProperties": 1}, "$.additionalProperties: unknown key"),
        ({"results": [{"id": 1}]}, "$.results[0].name: missing"),
        ({"results": [{"id": None, "name": "x"}]}, "$.results[0].id: expected integer, got null"),
        ({"results": [{"id": True, "name": "x"}]}, "$.results[0].id: expected integer, got boolean"),
        ({"results": [{"id": 1, "name": 5}]}, "$.results[0].name: expected string or null, got integer"),
        ({"results": [[]]}, "$.results[0]: expected object, got array"),
        ({"results": {}}, "$.results: expected array, got object"),
        ({"row": {"id": 1.5, "name": "x"}}, "$.row.id: expected integer, got number"),
        ({"row": 5}, "$.row: expected object or null, got integer"),
        ({"day": "1999-02-30"}, '$.day: "1999-02-30" is not a date'),
        ({"day": "19990215"}, '$.day: "19990215" is not a date'),
        ({"day": None}, '$.day: expected string or "", got null'),
        ({"moment": "2013-02-14 00:00:00 UTC"}, '$.moment: "2013-02-14 00:00:00 UTC" does not match the pattern of the spec'),
        ({"rated": True}, "$.rated: expected object or false, got true"),
        ({"rated": 0}, "$.rated: expected object or false, got 0"),
        ({"countries": {"DE": {**ROW, "id": "1"}}}, "$.countries.DE.id: expected integer, got string"),
        ({"countries": {"it's": {"name": None}}}, r"$.countries['it\'s'].id: missing"),
        ({"watch/providers": {**ROW, "x": 1}}, "$['watch/providers'].x: unknown key"),
        ({"word": None}, "$.word: expected string, got null"),
        ({"either": [{"kind": "movie", "title": 5}]}, "$.either[0].title: expected string, got integer"),
        ({"either": [{"kind": "movie", "day": "x"}]}, '$.either[0].day: "x" is not a date'),
        ({"either": [{"kind": "network"}]}, '$.either[0].kind: expected "movie" or "person", got "network"'),
        ({"either": [{"kind": {}}]}, '$.either[0].kind: expected "movie" or "person", got object'),
        ({"either": ["movie"]}, "$.either[0]: expected object, got string"),
    ],
)
def test_a_violation_has_its_exact_path(change: dict[str, Any], expected: str) -> None:
    assert violations({"results": [], **change}) == [expected]


def test_violations_in_union_members_are_found() -> None:
    assert violations({"results": [], "row": {"id": "1", "name": "x", "b": 1, "c": 1}}) == [
        "$.row.id: expected integer, got string",
        "$.row.b: unknown key",
        "$.row.c: unknown key",
    ]


@pytest.mark.parametrize(("body", "kind"), [(None, "null"), ("x", "string"), ([], "array"), (1, "integer"), (1.5, "number"), (False, "boolean")])
def test_a_body_of_another_type_is_one_violation(body: Any, kind: str) -> None:
    assert violations(body) == [f"$: expected object, got {kind}"]


def test_an_inline_schema_is_accepted() -> None:
    schema = {"anyOf": [{"$ref": "#/components/schemas/Row"}, {"type": "object", "required": ["errors"], "properties": {"errors": {"type": "array"}}}]}
    assert list(VALIDATION.violations(schema, {"errors": []})) == []
    assert [str(violation) for violation in VALIDATION.violations(schema, {"errors": [], "x": 1})] == ["$.x: unknown key"]


def test_integers_have_no_decimal_point() -> None:
    assert violations({"id": 7.0, "name": None}, "Row") == ["$.id: expected integer, got number"]


def test_a_long_value_is_shortened_in_the_message() -> None:
    (violation,) = violations({"results": [], "day": "x" * 10_000})
    assert len(violation) < 100


def test_objects_are_closed_unlike_maps() -> None:
    assert closed({"type": "object", "properties": {"a": {"type": "object"}}}) == {
        "type": "object",
        "properties": {"a": {"type": "object"}},
        "additionalProperties": False,
    }
    for schema in ({"type": "object"}, {"type": "object", "additionalProperties": TEXT}, {"properties": {}, "additionalProperties": True}):
        assert closed(schema) == schema


def test_properties_may_be_named_like_keywords() -> None:
    validation = Validation({"components": {"schemas": {"Odd": {"properties": {"properties": {"type": "object"}, "const": TEXT, "$defs": TEXT}}}}})
    assert list(validation.violations({"$ref": "#/components/schemas/Odd"}, {"properties": {"x": 1}, "const": "a", "$defs": "b"})) == []
    assert closed({"const": {"properties": {}}}) == {"const": {"properties": {}}}


def test_pattern_keys_are_accepted() -> None:
    schema = {"properties": {"id": {}}, "patternProperties": {"^x-": TEXT}}
    assert [str(violation) for violation in VALIDATION.violations(schema, {"id": 1, "x-a": "", "x-b": 1, "y": 1})] == [
        "$['x-b']: expected string, got integer",
        "$.y: unknown key",
    ]


@pytest.mark.parametrize(
    ("body", "folded", "keyword", "unquoted"),
    [
        ({"results": [ROW, {"id": "secret", "name": None}]}, "$.results[].id", "type", "expected integer, got string"),
        ({"results": [{"name": None}]}, "$.results[].id", "required", "missing"),
        ({"results": [], "countries": {"DE": {**ROW, "new": "secret"}}}, "$.countries.{}.new", "additionalProperties", "unknown key"),
        ({"results": [], "watch/providers": {**ROW, "id": None}}, "$['watch/providers'].id", "type", "expected integer, got null"),
        ({"results": [], "either": [{"kind": "secret"}]}, "$.either[].kind", "const", 'expected "movie" or "person", got string'),
        ({"results": [], "moment": "secret"}, "$.moment", "pattern", "does not match the spec's pattern"),
    ],
)
def test_a_violation_has_an_unquoted_form(body: Any, folded: str, keyword: str, unquoted: str) -> None:
    (violation,) = VALIDATION.violations({"$ref": "#/components/schemas/Page"}, body)
    assert (violation.folded, violation.keyword, violation.unquoted) == (folded, keyword, unquoted)


def test_known_words_rejects_unlisted_words() -> None:
    strict = Validation({"components": {"schemas": SCHEMAS}}, known_words=True)
    page = {"$ref": "#/components/schemas/Page"}
    assert list(strict.violations(page, {"results": [], "word": "a"})) == []
    (violation,) = strict.violations(page, {"results": [], "word": "b"})
    assert (violation.path, violation.keyword, violation.value) == ("$.word", "enum", "b")
    assert list(VALIDATION.violations(page, {"results": [], "word": "b"})) == []


def test_schema_of_selects_the_matching_alternative() -> None:
    assert VALIDATION.schema_of(NULLABLE_ROW, ROW) == SCHEMAS["Row"]
    assert VALIDATION.schema_of(NULLABLE_ROW, None) == {"type": "null"}
    assert VALIDATION.schema_of({**NULLABLE_ROW, "x-redact": "prose"}, ROW) == {**SCHEMAS["Row"], "x-redact": "prose"}
    assert VALIDATION.schema_of(NULLABLE_ROW, 7) == {}
