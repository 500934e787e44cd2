"""Prints responses: a table for people, tab-separated text for pipes, and JSON."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, get_args, get_origin

import click
import msgspec

from tmdbkit.runtime.encode import encode, to_dict
from tmdbkit.runtime.models import Field, Model, Page, fields_of, rows_of
from tmdbkit.runtime.suggestions import hint
from tmdbkit.runtime.types import union_members

from .settings import Settings

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = ["check_fields", "is_terminal", "print_json", "print_response", "print_rows"]

Row = dict[str, Any]

COLUMNS = (
    *("way", "media_type", "id", "title", "name", "english_name", "original_title", "character", "job", "release_date", "first_air_date", "air_date", "day"),
    *("season_number", "episode_number", "episode_count", "known_for_department", "vote_average", "vote_count", "author", "rating", "value"),
    *("iso_3166_1", "iso_639_1", "certification", "type", "site", "key", "file_path", "width", "height"),
    *("provider_id", "provider_name", "display_priority", "adult"),
)
"""The columns of a table, in order. Rows that have fewer than two of them show all of their scalars, and those that have fewer than two scalars show all."""
MOST_COLUMNS = 7
MOST_ROWS = 20
"""The rows of a list within an object. JSON has all of them."""
LEAST_WIDTH = 10
"""The characters of a text that a column shows in a narrow terminal; columns without that much room are left out."""
GAP = 3
"""The characters between two columns."""
NOTHING = "-"
NAMES = ("name", "english_name", "title", "iso_3166_1", "id")
"""What stands for an object in a single cell: the first of these that it has."""
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
IN_JSON = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def is_terminal() -> bool:
    """Whether the standard output is a terminal."""
    return sys.stdout.isatty()


# Types: what a response can have, before it is requested.


def _items(type_: Any) -> list[Any]:
    """The types of the items of lists and dicts among the members of a union; other members stay."""
    found: list[Any] = []
    for member in union_members(type_):
        origin, arguments = get_origin(member), get_args(member)
        found += _items(arguments[-1]) if origin in (list, dict) and arguments else [member]
    return found


def _models(type_: Any) -> list[Any]:
    return [member for member in _items(type_) if isinstance(member, type) and issubclass(member, Model)]


def _rows_field(class_: Any) -> Field | None:
    """The field with the rows of a page, or of an object that has nothing beside them but an id."""
    is_model = isinstance(class_, type) and issubclass(class_, Model)
    if not is_model:
        return None
    fields = fields_of(class_)
    if issubclass(class_, Page):
        return next(field for field in fields if field.name == class_.__rows__)
    others = [field for field in fields if field.wire_name != "id"]
    is_one_list = len(others) == 1 and get_origin(others[0].type_) is list and _models(others[0].type_)
    return others[0] if is_one_list else None


def check_fields(type_: Any, fields: Iterable[str]) -> None:
    """Check the option `--fields`.

    Raises:
        click.UsageError: The response has no such field.
    """
    rows = _rows_field(type_)
    top = _models(type_ if rows is None else rows.type_)
    for path in fields:
        models: list[Any] = top
        is_open = not top  # a list of texts has no fields, and what a map of the API's own keys has is not known
        for name in path.split("."):
            known: dict[str, Any] = {}
            patterns: list[Field] = []
            for model in models:
                for field in fields_of(model):
                    if field.by_pattern:
                        patterns.append(field)
                    else:
                        known[field.wire_name] = known[field.wire_name] | field.type_ if field.wire_name in known else field.type_
            found = [known[name]] if name in known else [get_args(field.type_)[1] for field in patterns if field.matching.fullmatch(name)]
            if not found and not is_open:
                within = f" in {path!r}" if path != name else ""
                raise click.UsageError(f"--fields: no field {name!r}{within}{hint(name, known)}")
            is_open = is_open or any(get_origin(member) is dict or member is Any for type_ in found for member in union_members(type_))
            models = [model for type_ in found for model in _models(type_)]


# Values


def _rows_of(response: Any) -> list[Any] | None:
    """The rows of a response, as models or plain values; None if it is no list."""
    if isinstance(response, Page):
        return rows_of(response)
    if isinstance(response, list):
        return response
    field = _rows_field(type(response))
    rows = None if field is None else getattr(response, field.name)
    return rows if isinstance(rows, list) else None


def _at(data: Any, path: Sequence[str]) -> Any:
    """The value at a path; a list of values where the path goes through a list."""
    if not path:
        return data
    if isinstance(data, list):
        return [_at(item, path) for item in data]
    return _at(data.get(path[0]), path[1:]) if isinstance(data, dict) else None


def _selected(data: Any, fields: Iterable[str]) -> Any:
    return {field: _at(data, field.split(".")) for field in fields} if fields else data


def _cell(value: Any) -> str:
    """The text of a value in a table, in one line."""
    if value is None or value in ("", [], {}):
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"
    if isinstance(value, list):
        return ", ".join(map(_cell, value))
    if isinstance(value, dict):
        return next((_cell(value[name]) for name in NAMES if value.get(name)), ", ".join(f"{_cell(key)}: {_cell(item)}" for key, item in value.items()))
    return CONTROLS.sub(" ", str(value)).strip() or NOTHING


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, (list, dict))


def _columns(rows: Sequence[Any], fields: Sequence[str]) -> list[str]:
    """The columns of a table."""
    if fields:
        return list(fields)
    scalars = dict.fromkeys(name for row in rows if isinstance(row, dict) for name, value in row.items() if _is_scalar(value))
    names = scalars if len(scalars) > 1 else dict.fromkeys(name for row in rows if isinstance(row, dict) for name in row)
    usual = [name for name in COLUMNS if name in scalars]
    if "title" in usual or "name" in usual:
        usual = [name for name in usual if name not in ("original_title", "english_name")]
    return (usual if len(usual) > 1 else list(names))[:MOST_COLUMNS]


# Printing


def _write(content: bytes) -> None:
    """Write to the standard output, in UTF-8 whatever the encoding of the terminal is."""
    sys.stdout.flush()
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:
        sys.stdout.write(content.decode())
    else:
        buffer.write(content)
    sys.stdout.flush()


def _line(text: str) -> None:
    _write(f"{text}\n".encode(errors="replace"))


def _json(value: Any) -> bytes:
    """JSON in which no character can control a terminal."""
    text = encode(value).decode()
    return IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode()


def print_json(value: Any) -> None:
    """Print JSON, indented."""
    _write(msgspec.json.format(_json(value), indent=2) + b"\n")


def _print_line(value: Any) -> None:
    _write(_json(value) + b"\n")


def print_response(settings: Settings, response: Any) -> None:
    """Print a response as the options say."""
    rows = _rows_of(response)
    if settings.json and not (settings.fields and rows is not None):
        print_json(_selected(to_dict(response), settings.fields))
    elif rows is not None:
        print_rows(settings, rows)
        if (
            isinstance(response, Page)
            and response.total_pages.__class__ is int
            and response.total_pages > 1
            and is_terminal()
            and not (settings.json or settings.jsonl)
        ):
            click.echo(f"Page {response.page} of {response.total_pages:,}, {response.total_results:,} results. --all reads all of them.", err=True)
    elif settings.jsonl:
        _print_line(_selected(to_dict(response), settings.fields))
    else:
        _print_object(settings, to_dict(response))


def _print_object(settings: Settings, data: Any) -> None:
    """Print an object: its values, and a table for each list in it."""
    if not isinstance(data, dict):
        _line(_cell(data))
        return
    if settings.fields:
        _print_pairs([(field, _cell(value)) for field, value in _selected(data, settings.fields).items()])
        return
    pairs, tables = _parts(data)
    if pairs:
        _print_pairs(pairs)
    for title, rows in tables:
        _print_title(title)
        _print_table(rows[:MOST_ROWS], _columns(rows, ()))
        if len(rows) > MOST_ROWS:
            click.echo(f"{title}: {len(rows) - MOST_ROWS:,} more; --json has them.", err=True)


def _parts(data: Row, prefix: str = "") -> tuple[list[tuple[str, str]], list[tuple[str, list[Row]]]]:
    """What to show of an object: its values, and its lists of objects, by name. Short objects stand in one cell."""
    pairs: list[tuple[str, str]] = []
    tables: list[tuple[str, list[Row]]] = []
    for key, value in data.items():
        name = f"{prefix}{_cell(key)}"
        if isinstance(value, dict) and any(isinstance(item, (list, dict)) for item in value.values()):
            inner_pairs, inner_tables = _parts(value, f"{name}.")
            pairs += [pair for pair in inner_pairs if pair[0] != f"{name}.id"]
            tables += inner_tables
        elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value) and not _is_short(value):
            tables.append((name, value))
        else:
            pairs.append((name, _cell(value)))
    return pairs, tables


def _is_short(rows: list[Row]) -> bool:
    """Whether the rows are little more than names, such as genres, and fit into one cell."""
    return all(sum(map(_is_scalar, row.values())) <= 4 and any(row.get(name) for name in NAMES[:3]) for row in rows)


def print_rows(settings: Settings, rows: Iterable[Any]) -> None:
    """Print rows: lines of JSON and of text as they come, the others at the end."""
    if settings.jsonl:
        for row in rows:
            _print_line(_selected(to_dict(row), settings.fields))
    elif settings.json:
        print_json([_selected(to_dict(row), settings.fields) for row in rows])
    elif is_terminal():
        data: list[Row] = []
        try:
            for row in rows:
                data.append(_row(to_dict(row)))  # noqa: PERF401 - one by one, as the rest may not come
        finally:  # what came before a failure or Ctrl-C is shown
            if data:
                _print_table(data, _columns(data, settings.fields))
        if not data:
            click.echo("Nothing found.", err=True)
    else:
        _stream(map(_row, map(to_dict, rows)), settings.fields)


def _row(data: Any) -> Row:
    return data if isinstance(data, dict) else {"value": data}


def _stream(rows: Iterator[Row], fields: Sequence[str]) -> None:
    """Print rows as tab-separated lines, under a line with the names. The first rows decide on the columns."""
    first: list[Row] = []
    columns: list[str] = []
    try:
        first.extend(islice(rows, MOST_ROWS))
    finally:  # what came before a failure or Ctrl-C is printed
        if first:
            columns = _columns(first, fields)
            _line("\t".join(map(_cell, columns)))
            for row in first:
                _print_cells(row, columns)
    for row in rows:
        _print_cells(row, columns)


def _print_cells(row: Row, columns: Sequence[str]) -> None:
    _line("\t".join(_cell(_at(row, _path(row, column))) for column in columns))


def _path(row: Row, column: str) -> list[str]:
    return [column] if column in row else column.split(".")


def _print_pairs(pairs: Sequence[tuple[str, str]]) -> None:
    if not is_terminal():
        for name, text in pairs:
            _line(f"{name}\t{text}")
        return
    table = _table()
    if _console().width < max(len(name) for name, _ in pairs) + GAP + LEAST_WIDTH:
        table.add_column(overflow="fold")
        _show(table, ([f"{name}: {text}"] for name, text in pairs))
        return
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    _show(table, pairs)


def _print_title(title: str) -> None:
    if is_terminal():
        _show_text(f"\n{title}")
    else:
        _line(f"\n{title}")


def _print_table(rows: Sequence[Row], columns: Sequence[str]) -> None:
    if not is_terminal():
        _stream(iter(rows), columns)
        return
    from rich import box

    table = _table(box=box.SIMPLE_HEAD, show_header=True)
    room = _console().width
    texts: list[list[str]] = []
    hidden: list[str] = []
    for column in columns:
        values = [_at(row, _path(row, column)) for row in rows]
        cells = [*map(_cell, values)]
        is_number = all(value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)) for value in values)
        widest = max(map(len, cells), default=0)
        least = max(len(column), widest if is_number else min(widest, LEAST_WIDTH))  # half a number would be another one
        room -= least + (GAP if texts else 0)
        if texts and (hidden or room < 0):
            hidden.append(_cell(column))
            continue
        texts.append(cells)
        table.add_column(_cell(column), justify="right" if is_number else "left", no_wrap=least >= widest)
    _show(table, zip(*texts, strict=True), no_wrap=True, overflow="ellipsis")
    if hidden:
        click.echo(f"The terminal is too narrow for {', '.join(hidden)}.", err=True)


def _table(**options: Any) -> Table:
    from rich.table import Table

    return Table(**{"box": None, "show_header": False, "show_edge": False, "pad_edge": False, **options})


def _console() -> Console:
    from rich.console import Console

    colors: Any = None if os.environ.get("NO_COLOR") else "auto"
    width, height = shutil.get_terminal_size()  # rich takes a dumb terminal for one of 80 columns
    return Console(file=sys.stdout, width=width, height=height, highlight=False, markup=False, emoji=False, color_system=colors)


def _show(table: Table, rows: Iterable[Sequence[str]], **options: Any) -> None:
    """Print a table in the width of the terminal. Texts are shown as they are, and not as markup."""
    from rich.text import Text

    for row in rows:
        table.add_row(*(Text(text, **options) for text in row))
    _console().print(table)


def _show_text(text: str) -> None:
    from rich.text import Text

    _console().print(Text(text, style="bold"))
