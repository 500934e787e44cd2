"""Names and docstrings of generated Python."""

from __future__ import annotations

import keyword
import re
import textwrap
from collections.abc import Collection, Iterable

from tmdbkit.runtime.options import CallOptions

__all__ = ["argument_name", "attribute_by_pattern", "attribute_name", "docstring", "excerpt", "identifier", "listed", "prose", "snake_case"]

WIDTH = 120
TAKEN_ARGUMENTS = {"self", "options", *CallOptions.__annotations__}
"""Arguments that every method has."""
TAKEN_ATTRIBUTES = {
    *("self", "NOTHING", "additional_properties", "is_no_op", "_is_protocol", "_repr_html_"),  # of models, and of the `__init__` that attrs writes
    *("Any", "Day", "Literal", "Timestamp", "UNSET", "UnsetType", "attrs", "keyed_by_pattern", "not_appended"),  # in the class of a model
    *("bool", "date", "datetime", "dict", "float", "int", "list", "property", "str"),
}


def snake_case(name: str) -> str:
    """`TVExternalIDs` as `tv_external_ids`, and `multipleOf` as `multiple_of`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z](?!\b))", "_", name).lower()


def identifier(wire_name: str, taken: Collection[str] = ()) -> str:
    """A wire name as a Python identifier.

    `my-key` becomes `my_key`, `class` and what is taken `class_`, and `3d` `field_3d`: an attribute that begins with an underscore would be private.
    """
    name = re.sub(r"[^0-9A-Za-z_]+", "_", re.sub(r"^[^0-9A-Za-z_]+|[^0-9A-Za-z_]+$", "", wire_name))
    if not re.match("_?[A-Za-z]|_[0-9]", name):
        name = f"field_{name.lstrip('_')}"
    return f"{name}_" if keyword.iskeyword(name) or name in taken else name


def attribute_name(wire_name: str, schemas: Collection[str]) -> str:
    """The attribute of a model for a property.

    Args:
        wire_name: The name of the property.
        schemas: The names of the schemas, which annotations need.
    """
    return identifier(wire_name, TAKEN_ATTRIBUTES | set(schemas))


def attribute_by_pattern(pattern: str) -> str:
    """The attribute of a model for all keys of a pattern: `appended_seasons` for `season/N`."""
    return f"appended_{pattern.removeprefix('^').partition('/')[0]}s"


def argument_name(wire_name: str) -> str:
    """The argument of a method for a parameter, or for a property of the body. One in capitals could be the constant of an operation."""
    return identifier(wire_name, {wire_name} if wire_name.isupper() else TAKEN_ARGUMENTS)


def excerpt(text: str, *, last: int = 0, first: int = 0) -> str:
    """The first or last lines of a tool's output, which may be a traceback."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    if len(lines) <= (first or last):
        return "\n".join(lines)
    return "\n".join([*lines[:first], "..."] if first else ["...", *lines[-last:]])


def prose(text: str, indent: int = 0, *, hanging: int = 0) -> str:
    """Wrap a text to lines that fit their indentation; the second and later ones may hang further."""
    safe = " ".join(text.split()).replace("\\", "\\\\").replace('"""', "'''")
    return textwrap.fill(safe, WIDTH - indent, subsequent_indent=" " * hanging, break_long_words=False, break_on_hyphens=False)


def listed(title: str, items: list[tuple[str, str]], indent: int) -> str:
    """A section of a docstring in Google's style."""
    lines = [prose(f"{name}: {text}", indent + 4, hanging=4) for name, text in items]
    return f"{title}:\n" + textwrap.indent("\n".join(lines), "    ") if lines else ""


def docstring(sections: Iterable[str], indent: int) -> str:
    """Join sections to a docstring."""
    body = "\n\n".join(section for section in sections if section)
    body += " " if body.endswith('"') else ""
    several = "\n" in body or len(body) + indent + 6 > WIDTH
    return textwrap.indent(f'"""{body}\n"""' if several else f'"""{body}"""', " " * indent, lambda line: bool(line.strip()))
