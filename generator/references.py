"""Resolves `$ref` in an OpenAPI document. In the files of the spec, `bundle.Spec` and `rules.spec_index` follow references to files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["name_of", "references", "resolve", "target_of"]


def resolve(document: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """Resolve a reference: the target itself, or a copy with the keys beside the reference. Any other value is returned unchanged.

    Raises:
        KeyError, TypeError: The target does not exist.
        ValueError: The target is in another document, or the reference leads back to itself.
    """
    followed: set[str] = set()
    while "$ref" in value:
        if (reference := value["$ref"]) in followed:
            raise ValueError(f"{reference} refers to itself")
        followed.add(reference)
        siblings = {key: item for key, item in value.items() if key != "$ref"}
        value = {**target_of(document, reference), **siblings} if siblings else target_of(document, reference)
    return value


def target_of(document: dict[str, Any], reference: str) -> dict[str, Any]:
    """The part of a document that a reference such as `#/components/schemas/Genre` points to, which may be a reference itself.

    Raises:
        KeyError, TypeError: There is no such part.
        ValueError: It is in another document.
    """
    if not reference.startswith("#/"):
        raise ValueError(f"{reference} is not in this file")
    part: Any = document
    for key in reference.removeprefix("#/").split("/"):
        part = part[key.replace("~1", "/").replace("~0", "~")]
    if not isinstance(part, dict):
        raise TypeError(f"{reference} is not an object")
    return part


def name_of(reference: dict[str, Any]) -> str:
    """The name of the component that a reference points to."""
    return str(reference["$ref"].rpartition("/")[2])


def references(value: Any) -> Iterator[str]:
    """The names of the components that a part of a document refers to."""
    if isinstance(value, dict):
        if "$ref" in value:
            yield name_of(value)
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)
