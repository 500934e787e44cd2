"""Display of models: as a line in a terminal, with rich, and as a table in a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

from .types import UNSET

if TYPE_CHECKING:
    from .models import Model

__all__ = ["html_table", "one_line", "rich_fields", "shortened"]

LINE = 79
"""The width of a line in a terminal."""
LONGEST_TEXT = 32
MOST_COLUMNS = 8
IDENTIFYING = ("media_type", "id", "title", "name", "username", "iso_3166_1", "iso_639_1", "page", "status_code", "total_results")
"""The identifying fields, which are shown first."""


def _fields(model: Model) -> Iterator[tuple[str, Any]]:
    """The fields that are set and not secret, identifying ones first."""
    from .models import NotAppended  # models import this module

    values = {field.name: getattr(model, field.name) for field in model.__attrs_attrs__ if field.repr}
    for name in (*(name for name in IDENTIFYING if name in values), *(name for name in values if name not in IDENTIFYING)):
        value = values[name]
        if value is not UNSET and not isinstance(value, NotAppended):
            yield name, value


def one_line(model: Model) -> str:
    """A model as a line: its class, identifying fields, and as many other fields as fit."""
    start, rest = f"{type(model).__name__}(", ", …)"
    shown: list[str] = []
    left = LINE - len(start) - len(rest)
    for name, value in _fields(model):
        text = f"{name}={_short(value)}"
        left -= _columns(text) + 2
        if left < 0:
            return f"{start}{', '.join(shown)}{rest if shown else '…)'}"
        shown.append(text)
    return f"{start}{', '.join(shown)})"


def _short(value: Any) -> str:
    if isinstance(value, str):
        return repr(shortened(value))
    if isinstance(value, list):
        classes = {type(item).__name__ for item in value}
        return f"<{len(value)} {classes.pop() if len(classes) == 1 else 'rows'}>" if value else "[]"
    if isinstance(value, dict):
        return f"{{{len(value)} keys}}" if value else "{}"
    if hasattr(value, "__attrs_attrs__"):
        return f"{type(value).__name__}(…)"
    text = str(value) if hasattr(value, "isoformat") else repr(value)
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def shortened(text: str) -> str:
    """Shorten a text to a part of a line."""
    return text if _columns(text) <= LONGEST_TEXT else f"{_cut(text, LONGEST_TEXT - 1)}…"


def _columns(text: str) -> int:
    """The width of a text in a terminal: two columns for a wide character."""
    return len(text) if text.isascii() else sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _cut(text: str, columns: int) -> str:
    while _columns(text) > columns:
        text = text[: -max(1, (_columns(text) - columns) // 2)]
    return text


def rich_fields(model: Model) -> Iterator[tuple[str, Any]]:
    """The fields that rich shows: every field that is set, and unknown keys."""
    yield from _fields(model)
    known = {model.__wire_names__.get(field.name, field.name) for field in model.__attrs_attrs__}
    if unknown := {key: value for key, value in (model.additional_properties or {}).items() if key not in known}:
        yield "additional_properties", unknown


def html_table(page: Any) -> str:
    """A page as an HTML table of its rows, without images and URLs, so that displaying it sends no request."""
    from .models import Model

    caption = escape(f"{type(page).__name__}: page {page.page} of {page.total_pages}, {page.total_results} results")
    results = getattr(page, page.__rows__)
    results = results if isinstance(results, list) else [results]  # a drifted page may contain anything
    rows = [dict(_fields(row)) if isinstance(row, Model) else getattr(row, "data", {"": row}) for row in results]
    names = [*dict.fromkeys(name for row in rows for name in row)][:MOST_COLUMNS]
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(f"<tr>{''.join(f'<td>{_cell(row.get(name))}</td>' for name in names)}</tr>" for row in rows)
    return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return escape(shortened(value) if isinstance(value, str) else _short(value))
