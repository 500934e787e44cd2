"""What a new version of the spec changes for users, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .package import Surface

__all__ = ["changes", "surface"]


def surface(bundle: dict[str, Any]) -> dict[str, str]:
    """What users of the package see, as names and what each is: methods, their arguments, and the attributes of models."""
    package = Surface(bundle)
    seen: dict[str, str] = {}
    for tag, methods in package.methods.items():
        for method in methods:
            seen[f"{tag}.{method.name}()"] = f"-> {method.returns}"
            for argument in [*method.positional, *method.optional]:
                seen[f"{tag}.{method.name}({argument.name})"] = argument.declaration.removeprefix(f"{argument.name}: ")
    for model in package.models:
        schema = package.python.schemas[model]
        if package.python.is_union(model):
            seen[model] = " | ".join(package.python.annotation(member) for member in schema["anyOf"])
            continue
        seen[model] = "a model"
        for name, value in schema["properties"].items():
            optional = "" if name in schema.get("required", ()) else " | UnsetType"
            seen[f"{model}.{name}"] = f"{package.python.annotation(value)}{optional}"
    for name in package.python.vocabularies():
        seen[f"types.{name}"] = ", ".join(map(repr, package.python.vocabulary(name)))
    return seen


def whole(name: str) -> str:
    """What a name is a part of: the method of an argument, the model of an attribute."""
    if name.endswith("()") or name.startswith("types."):
        return name
    return f"{name.partition('(')[0]}()" if name.endswith(")") else name.partition(".")[0]


def changes(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    """What users of one bundle's package find changed in another's, a line each."""
    old, new = surface(before), surface(after)
    yield from (f"added    {name}: {new[name]}" for name in new if name not in old and (whole(name) == name or whole(name) in old))
    yield from (f"removed  {name}: {old[name]}" for name in old if name not in new and (whole(name) == name or whole(name) in new))
    yield from (f"changed  {name}: {old[name]} => {new[name]}" for name in new if name in old and old[name] != new[name])
