"""Names and docstrings of generated Python."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

__all__ = ["docstring", "identifier", "listed", "prose", "snake_case"]

WIDTH = 120


def snake_case(name: str) -> str:
    """`TVExternalIDs` as `tv_external_ids`, and `multipleOf` as `multiple_of`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z](?!\b))", "_", name).lower()


def identifier(wire_name: str) -> str:
    """A wire name as a Python identifier."""
    return re.sub(r"\W", "_", wire_name)


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
