"""Resolution of `$ref`."""

from __future__ import annotations

from typing import Any

import pytest

from generator.references import references, resolve

DOCUMENT: dict[str, Any] = {
    "paths": {"/a/~b": {"get": {"summary": "Get it."}}},
    "components": {
        "schemas": {
            "Genre": {"type": "object", "description": "A genre."},
            "Alias": {"$ref": "#/components/schemas/Genre"},
            "One": {"$ref": "#/components/schemas/Other"},
            "Other": {"$ref": "#/components/schemas/One"},
            "List": [],
        }
    },
}
GENRE = DOCUMENT["components"]["schemas"]["Genre"]


def reference(name: str, **siblings: Any) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}", **siblings}


def test_a_reference_resolves_to_its_target() -> None:
    assert resolve(DOCUMENT, reference("Genre")) is GENRE


def test_a_reference_to_a_reference_resolves() -> None:
    assert resolve(DOCUMENT, reference("Alias")) is GENRE


def test_keys_beside_a_reference_take_precedence() -> None:
    assert resolve(DOCUMENT, reference("Genre", description="The first genre.")) == {"type": "object", "description": "The first genre."}


def test_other_values_are_unchanged() -> None:
    assert resolve(DOCUMENT, GENRE) is GENRE


def test_escaped_keys_resolve() -> None:
    assert resolve(DOCUMENT, {"$ref": "#/paths/~1a~1~0b/get"}) == {"summary": "Get it."}


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (reference("Missing"), KeyError),
        (reference("List"), TypeError),
        (reference("One"), ValueError),
        ({"$ref": "other.json#/components/schemas/Genre"}, ValueError),
    ],
    ids=["missing", "not an object", "circular", "elsewhere"],
)
def test_an_unresolvable_reference_raises(value: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        resolve(DOCUMENT, value)


def test_nested_references_are_found() -> None:
    assert list(references({"items": [reference("Genre"), {"anyOf": [reference("Alias")]}]})) == ["Genre", "Alias"]
