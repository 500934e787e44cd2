"""Rules for the daily id exports."""

from __future__ import annotations

import re
from collections.abc import Iterator

from generator.load import Mapping

from .registry import Problem, rule
from .spec_index import SpecIndex

__all__ = ["exports"]

ALL = {"base_url", "path", "ready_hour", "days_kept", "rows", "files"}
PLACEHOLDERS = ("{name}", "{month}", "{day}", "{year}")
TYPES = ("integer", "string", "number", "boolean")


@rule
def exports(index: SpecIndex) -> Iterator[Problem]:
    """`x-exports` has a base URL, a path with the name and the day, rows of columns with plain types, and files that name one of the rows."""
    known = index.extension("x-exports")
    if known is None:
        return
    if not isinstance(known, Mapping) or known.keys() != ALL or not isinstance(known["rows"], Mapping) or not isinstance(known["files"], Mapping):
        yield index.root.at("x-exports"), f"the exports have other keys than {', '.join(sorted(ALL))}"
        return
    if not re.fullmatch(r"https://[^\s/]+", str(known["base_url"])):
        yield known.at("base_url"), "the base URL is no https URL without a path"
    if not all(str(known["path"]).count(placeholder) == 1 for placeholder in PLACEHOLDERS):
        yield known.at("path"), f"the path has not each of {', '.join(PLACEHOLDERS)} once"
    for key in ("ready_hour", "days_kept"):
        if known[key].__class__ is not int or known[key] < 0:
            yield known.at(key), f"{key} is not a whole number"
    yield from faults_of_rows(known["rows"])
    for name, file in known["files"].items():
        if not re.fullmatch(r"[a-z_]+_ids", name) or not isinstance(file, Mapping) or file.get("row") not in known["rows"] or not file.get("description"):
            yield known["files"].at(name), f"{name} is not a name like movie_ids with one of the rows and a description"


def faults_of_rows(rows: Mapping) -> Iterator[Problem]:
    """The faults of the rows."""
    for name, row in rows.items():
        columns = row.get("columns") if isinstance(row, Mapping) else None
        if not isinstance(columns, Mapping) or not row.get("description") or not re.fullmatch(r"(?:[A-Z][A-Za-z]+)Row", name):
            yield rows.at(name), f"{name} is not a name like MovieExportRow with a description and columns"
            continue
        for column, schema in columns.items():
            if not isinstance(schema, Mapping) or schema.get("type") not in TYPES or not schema.get("description"):
                yield columns.at(column), f"the column {column} has neither one of the types {', '.join(TYPES)} nor a description"
