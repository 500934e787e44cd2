"""Writes `spec/differences.md`: the differences between this spec and TMDB's own description.

    python -m generator.evidence.differences [--check]

It compares `spec/upstream.json`, the state of that description, with the bundle; the reasons are in `spec/differences.toml`.
README.md beside this file is the manual.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from generator.bundle import Spec, json_schema, operations_of, vocabulary_in
from generator.console import count_of, emit, report_error
from generator.files import write_text
from generator.load import SpecError
from generator.paths import SPEC
from generator.references import name_of, resolve
from tmdbkit.runtime.codecs import member
from tmdbkit.runtime.operations import APPEND_TO_RESPONSE

from .official import (
    ANY_KEYS,
    ANYTHING,
    LITERAL_KEYS,
    STATE,
    UNKNOWN_TYPE,
    Key,
    OfficialDescriptionError,
    Operation,
    facts_of,
    json_types,
    key_of,
    parent_of,
    read_state,
    version_of,
)

__all__ = ["DOCUMENT", "REASONS", "Difference", "Own", "Reasons", "as_markdown", "differences", "main"]

DOCUMENT, REASONS = SPEC / "differences.md", SPEC / "differences.toml"

SHOWN = 4
"""The number of operations that a row names."""

KINDS = {
    "operation": "operations that only this spec has",
    "missing_operation": "operations that only the official description has",
    "path": "other paths",
    "body": "other bodies of requests",
    "status": "other statuses of success",
    "credential": "credentials moved out of the parameters",
    "parameter": "parameters added",
    "missing_parameter": "parameters left out",
    "parameter_type": "parameters with other types",
    "key": "keys that are missing in the official description",
    "untyped": "keys without a type in the official description",
    "type": "keys with other types",
    "map": "objects that are maps",
    "missing_key": "keys left out",
    "null": "keys that may be null",
    "absent": "keys that may be absent",
}
"""The kinds of differences, and how the summary names them."""


@dataclass(frozen=True)
class Difference:
    """A difference between this spec and the official description.

    Attributes:
        kind: One of `KINDS`.
        subject: What differs: `movies_details query page`, or `MovieDetails.title`.
        operations: The operations in which it does.
        official: What the official description says; empty if nothing.
        ours: What this spec says; empty if nothing.
        reason: The reason; empty if none is recorded.
    """

    kind: str
    subject: str
    operations: tuple[str, ...]
    official: str
    ours: str
    reason: str = ""


class Reasons:
    """The reasons for differences, from a TOML file.

    Args:
        tables: A table for each kind, from subjects to reasons; `*` in a subject stands for anything.
    """

    def __init__(self, tables: dict[str, Any]) -> None:
        self.notes: dict[str, str] = tables.get("notes", {})
        self.paths: dict[str, str] = {own: official for official, own in tables.get("paths", {}).items()}
        self._tables: dict[str, dict[str, str]] = {kind: tables.get(kind, {}) for kind in KINDS}
        self._used: set[tuple[str, str]] = set()
        if unknown := sorted(tables.keys() - KINDS.keys() - {"notes", "paths"}):
            raise OfficialDescriptionError(f"{REASONS.name}: no kind of difference is called {', '.join(unknown)}")

    @classmethod
    def read(cls, path: Path) -> Reasons:
        """Read the reasons.

        Raises:
            OfficialDescriptionError: The file cannot be read.
        """
        try:
            return cls(tomllib.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return cls({})
        except (OSError, ValueError) as error:
            raise OfficialDescriptionError(f"{path}: {error}") from None

    def of(self, kind: str, subject: str) -> str:
        """The reason for a difference; one that names it is preferred to a pattern."""
        table = self._tables[kind]
        for pattern in [subject] if subject in table else table:
            if pattern == subject or re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), subject):
                self._used.add((kind, pattern))
                return table[pattern]
        return ""

    @property
    def unused(self) -> list[str]:
        """The reasons that apply to no difference."""
        return [f"[{kind}] {subject!r}" for kind, table in self._tables.items() for subject in table if (kind, subject) not in self._used]


class Own:
    """This spec, as the official description is read.

    Args:
        bundle: The OpenAPI document.
        moved: Official names of operations (`GET /4/{list_id}`), by our own.
    """

    def __init__(self, bundle: dict[str, Any], moved: dict[str, str] | None = None) -> None:
        self.bundle = bundle
        self._moved = {key_of(own): key_of(official) for own, official in (moved or {}).items()}
        self.operations = {self._moved.get(key, key): operation for key, operation in facts_of(bundle).items()}
        self._values = {f"{method.upper()} {path}": value for path, method, value in operations_of(bundle)}

    def value(self, operation: Operation) -> dict[str, Any]:
        """An operation as the bundle has it."""
        return self._values[operation.name]

    def appended(self, operation: Operation) -> set[str]:
        """The paths of the parts that can be appended to a response."""
        for parameter in self.value(operation).get("parameters", ()):
            if (parameter := resolve(self.bundle, parameter))["name"] == APPEND_TO_RESPONSE:
                schema = resolve(self.bundle, parameter["schema"])
                return {member("$", word) for word in vocabulary_in(self.bundle, schema.get("items", schema))}
        return set()

    @cached_property
    def _parts(self) -> set[str]:
        """The places of the parts that can be appended: `MovieDetails.credits`."""
        paths = ((operation, path) for operation in self.operations.values() for path in self.appended(operation))
        return {place for operation, path in paths for place in operation.response.get(path, Key()).holders}

    def response(self, operation: Operation) -> dict[str, Key]:
        """The keys of a response without the parts that are appended."""
        parts = [path for path, key in operation.response.items() if key.holders.keys() & self._parts]
        return {path: key for path, key in operation.response.items() if not any(_is_within(path, part) for part in parts)}

    def is_required(self, place: str) -> bool:
        """Whether a key is always there: one of an array or a map counts as such."""
        holder, _, name = place.partition(".")
        schema = self.bundle.get("components", {}).get("schemas", {}).get(holder, {})
        return name not in schema.get("properties", {}) or name in schema.get("required", ())

    @cached_property
    def credentials(self) -> dict[str, str]:
        """The parameters that are credentials, as `query session_id`, and the names of their security schemes."""
        schemes = self.bundle.get("components", {}).get("securitySchemes", {})
        return {f"{scheme['in']} {scheme['name']}": name for name, scheme in schemes.items() if scheme["type"] == "apiKey"}

    def label(self, schema: dict[str, Any]) -> str:
        """What a schema says, in a few words."""
        if "$ref" in schema:
            return name_of(schema)
        if "const" in schema:
            return f'"{schema["const"]}"' if isinstance(schema["const"], str) else json.dumps(schema["const"])
        if members := schema.get("anyOf"):
            return " or ".join(dict.fromkeys(map(self.label, members)))
        stated = schema.get("type", ANYTHING)
        types = [
            f"{type_} ({schema['format']})" if "format" in schema and type_ != "null" else type_ for type_ in ([stated] if isinstance(stated, str) else stated)
        ]
        if "items" in schema:
            types[0] = f"array of {self.label(schema['items'])}"
        elif isinstance(others := schema.get("additionalProperties"), dict):
            types[0] = f"map to {self.label(others)}"
        return " or ".join(types)


def _is_within(path: str, part: str) -> bool:
    return path == part or (path.startswith(part) and path[len(part)] in ".[")


# Comparing


def differences(official: dict[str, Operation], own: Own, reasons: Reasons) -> list[Difference]:
    """The differences between this spec and the official description, those of a kind together.

    Args:
        official: The operations of the official description, by key.
        own: This spec.
        reasons: The reasons that are known.
    """
    found: dict[tuple[str, str, str, str], dict[str, None]] = {}
    for kind, subject, operation, was, ours in [*_operations(official, own), *_keys(official, own)]:
        found.setdefault((kind, subject, was, ours), {})[operation] = None
    compared = [Difference(kind, subject, tuple(operations), was, ours, reasons.of(kind, subject)) for (kind, subject, was, ours), operations in found.items()]
    return sorted(compared, key=lambda one: (list(KINDS).index(one.kind), one.subject.lower(), one.operations))


Found = tuple[str, str, str, str, str]
"""A kind, a subject, an operation, and what the official description and this spec say."""


def _operations(official: dict[str, Operation], own: Own) -> Iterator[Found]:
    """The differences of operations but for their responses."""
    for key, operation in own.operations.items():
        if key not in official:
            yield "operation", operation.name, operation.id, "", operation.name
    for key, theirs in official.items():
        if (ours := own.operations.get(key)) is None:
            yield "missing_operation", theirs.name, theirs.name, theirs.name, ""
            continue
        if theirs.key != ours.key:
            yield "path", ours.id, ours.id, theirs.name, ours.name
        yield from _of_body(theirs, ours, own)
        if "statuses" not in theirs.unknown and _successes(theirs) != _successes(ours):
            yield "status", ours.id, ours.id, " or ".join(_successes(theirs)), " or ".join(_successes(ours))
        yield from _of_parameters(theirs, ours, own)


def _of_body(theirs: Operation, ours: Operation, own: Own) -> Iterator[Found]:
    if "body" not in theirs.unknown and theirs.body.keys() != ours.body.keys():
        schema = json_schema(own.value(ours).get("requestBody", {}))
        said = ", ".join(path.removeprefix("$.") for path in theirs.body if path != "$")
        yield "body", ours.id, ours.id, said, own.label(schema) if schema else ""


def _successes(operation: Operation) -> list[str]:
    return [status for status in operation.statuses if status.startswith("2")]


def _of_parameters(theirs: Operation, ours: Operation, own: Own) -> Iterator[Found]:
    values = {f"{one['in']} {one['name']}": one for one in (resolve(own.bundle, value) for value in own.value(ours).get("parameters", ()))}
    for name, stated in theirs.parameters.items():
        subject = f"{ours.id} {name}"
        if name not in ours.parameters:
            scheme = own.credentials.get(name)
            yield "credential" if scheme else "missing_parameter", subject, ours.id, _said(stated), f"`{scheme}` in `security`" if scheme else ""
        elif _comparable(stated) != _comparable(ours.parameters[name]):
            yield "parameter_type", subject, ours.id, _said(stated), _stated(own, values[name], ours.parameters[name])
    for name in ours.parameters.keys() - theirs.parameters.keys():
        yield "parameter", f"{ours.id} {name}", ours.id, "", _stated(own, values[name], ours.parameters[name])


def _comparable(parameter: dict[str, Any]) -> tuple[str, frozenset[str], bool]:
    return parameter["type"], frozenset(parameter.get("enum", ())), parameter.get("required", False)


def _said(parameter: dict[str, Any]) -> str:
    """What the official description says of a parameter."""
    words = parameter.get("enum")
    kind = f"one of {', '.join(word or '(empty)' for word in words)}" if words else parameter["type"]
    return f"{kind}, required" if parameter.get("required") else kind


def _stated(own: Own, value: dict[str, Any], parameter: dict[str, Any]) -> str:
    """What this spec says of a parameter."""
    label = own.label(value.get("schema", {}))
    return f"{label}, required" if parameter.get("required") else label


def _keys(official: dict[str, Operation], own: Own) -> Iterator[Found]:
    """The differences of responses."""
    for key, ours in own.operations.items():
        response, theirs = own.response(ours), official.get(key)
        yield from _of_claims(ours, response, own)
        if theirs is None or "response" in theirs.unknown:
            continue
        for path, one in response.items():
            yield from _of_key(path, one, theirs, ours, own)
        known = {path.replace(ANY_KEYS, LITERAL_KEYS): one for path, one in response.items()}
        for path, one in theirs.response.items():
            parent = known.get(parent_of(path).replace(ANY_KEYS, LITERAL_KEYS))
            if path.replace(ANY_KEYS, LITERAL_KEYS) not in known and parent and ANYTHING not in parent.types:
                yield "missing_key", f"{ours.id} {path}", ours.id, one.type.replace(UNKNOWN_TYPE, ""), ""


def _of_key(path: str, key: Key, theirs: Operation, ours: Operation, own: Own) -> Iterator[Found]:
    """The differences of a key of a response."""
    said = _official_key(theirs, path)
    if said is None:
        yield from _of_unknown_key(path, key, theirs, ours, own)
        return
    for place, schema in key.holders.items():
        kinds = json_types(own.bundle, schema) - {"null"}
        if path.endswith(ANY_KEYS) and _official_path(theirs, path).endswith(LITERAL_KEYS):
            yield "map", place.removesuffix(f".{ANY_KEYS}"), ours.id, "an object with literal keys", own.label({"additionalProperties": schema})
        if ANYTHING in said.types and kinds != {ANYTHING}:
            yield "untyped", place, ours.id, "no type", own.label(schema)
        elif not said.types & {ANYTHING, UNKNOWN_TYPE} and said.types - {"null"} != kinds:
            yield "type", place, ours.id, said.type, own.label(schema)


def _of_unknown_key(path: str, key: Key, theirs: Operation, ours: Operation, own: Own) -> Iterator[Found]:
    """The differences of a key that the official description lacks; none below a key that it lacks or does not type."""
    parent = _official_key(theirs, parent_of(path))
    if parent is None or ANYTHING in parent.types:
        return
    siblings = any(parent_of(other) == _official_path(theirs, parent_of(path)) for other in theirs.response)
    for place, schema in key.holders.items():
        if not siblings:
            yield "untyped", place, ours.id, "an array of nothing" if path.endswith("[]") else "an object without keys", own.label(schema)
        elif "const" not in schema or own.is_required(place):  # a tag that not every list of such rows has
            yield "key", place, ours.id, "", own.label(schema)


def _official_path(operation: Operation, path: str) -> str:
    """The path of the official description: it spells the keys of maps out."""
    literal = path.replace(ANY_KEYS, LITERAL_KEYS)
    return literal if literal in operation.response else path


def _official_key(operation: Operation, path: str) -> Key | None:
    return operation.response.get(_official_path(operation, path))


def _of_claims(ours: Operation, response: dict[str, Key], own: Own) -> Iterator[Found]:
    """The keys that may be null or absent, which the official description never states."""
    for key in response.values():
        for place, schema in key.holders.items():
            if "null" in schema.get("type", ()) or {"type": "null"} in schema.get("anyOf", ()):
                yield "null", place, ours.id, "", own.label(schema)
            if not own.is_required(place):
                yield "absent", place, ours.id, "", own.label(schema)


# The document

INTRODUCTION = """\
# Differences from the official description

`make generate` writes this file: do not edit it. It compares this spec with the facts of TMDB's own OpenAPI description ([upstream.json](upstream.json)), and
takes the reasons from [differences.toml](differences.toml).

The official description has no component schemas, no null and one error response, and requires no key of a response. So this list leaves out statements
that are new here; it has each statement in which both differ, and each operation, parameter and key that only one of them has. It also has the keys that
may be null or absent, which the official description does not state. The tables have our operation ids, `<tag>_<action>`; all official ones were renamed.
A row applies wherever its schema is used.

*recorded* is a verbatim recording of the live API, of 2025 or later; *captured* a file with a real response, maybe older; *documented* an example in
TMDB's documentation, the weakest evidence. The counts are occurrences. *by analogy* and *inferred* mean that no recording shows it.
[coverage.md](coverage.md) lists the evidence for each operation.
"""

SECTIONS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "Operations": ("", ("operation", "missing_operation", "path"), ("operation", "official", "ours")),
    "Bodies of requests": ("", ("body",), ("operations", "official", "ours")),
    "Statuses": ("", ("status",), ("operations", "official", "ours")),
    "Credentials": (
        "A credential is no parameter here: `security` states which each operation takes.",
        ("credential",),
        ("parameter", "operations", "official", "ours"),
    ),
    "Parameters": ("", ("parameter", "missing_parameter", "parameter_type"), ("parameter", "operations", "official", "ours")),
    "Keys that are missing in the official description": ("In the named operations; others may have them.", ("key",), ("schema", "keys", "operations")),
    "Keys without a type in the official description": (
        "Keys below these are not listed again: the official description has none of them.",
        ("untyped",),
        ("schema", "keys", "official", "operations"),
    ),
    "Keys with other types": (
        "A number that is written `7` at times and `7.5` at others is a number; the official description often made it an integer after one example.",
        ("type",),
        ("schema", "keys", "official", "operations"),
    ),
    "Maps": ("The official description spells out the keys of one example: countries, or ids.", ("map",), ("schema", "keys", "operations")),
    "Keys of the official description that are left out": ("", ("missing_key",), ("operation", "keys", "official")),
    "May be null": ("`ImagePath` and `Day` may be null wherever they stand.", ("null",), ("schema", "keys")),
    "May be absent": ("Besides the parts that are appended.", ("absent",), ("schema", "keys")),
}
"""The sections: what introduces each, the kinds it lists, and its columns beside the reason."""


def as_markdown(found: Sequence[Difference], official: dict[str, Operation], compared: dict[str, str], own: Own, notes: dict[str, str]) -> str:
    """The document.

    Args:
        found: The differences.
        official: The operations of the official description.
        compared: The day on which each version was last compared.
        own: This spec.
        notes: What to add to a section, by its heading.
    """
    counts = Counter(map(version_of, official.values()))
    days = " and ".join(f"v{version} ({count_of(counts[version], 'operation')}) on {day}" for version, day in compared.items())
    parts = [INTRODUCTION, f"Last compared: {days}, with {count_of(len(own.operations), 'operation')} of this spec.\n", _summary(found)]
    parts += _not_compared(official)
    for heading, (introduction, kinds, columns) in SECTIONS.items():
        if rows := [one for one in found if one.kind in kinds]:
            parts += [f"## {heading}\n", *(f"{text}\n" for text in (introduction, notes.get(heading, "")) if text), _table(columns, rows)]
    return "\n".join(parts)


def _summary(found: Sequence[Difference]) -> str:
    counts = Counter({kind: len({one.subject for one in found if one.kind == kind}) for kind in KINDS})
    rows = [[KINDS[kind], str(count)] for kind, count in counts.items() if count]
    return _markdown([["differences", "number"], *rows, ["**all**", f"**{sum(counts.values())}**"]])


def _not_compared(official: dict[str, Operation]) -> Iterator[str]:
    """The parts of the official description that were not available."""
    parts: dict[str, list[str]] = {}
    for operation in official.values():
        for part in operation.unknown:
            parts.setdefault(part, []).append(operation.name)
    if parts:
        yield "Not compared, because they were not available: " + "; ".join(f"{_part(part)} of {_listed(names)}" for part, names in parts.items()) + ".\n"


def _part(name: str) -> str:
    return {"id": "the id", "body": "the request's body", "statuses": "the statuses", "response": "the response's keys"}[name]


def _listed(names: Sequence[str], limit: int = SHOWN) -> str:
    """Names as inline code; the first few of many."""
    rest = f" and {len(names) - limit} more" if len(names) > limit + 1 else ""
    return ", ".join(f"`{name}`" for name in (names[:limit] if rest else names)) + rest


Rows = list[list[str]]


def _table(columns: Sequence[str], found: Iterable[Difference]) -> str:
    """The table of a section. Differences that differ in one cell only share a row."""
    rows: dict[tuple[str, ...], dict[str, None]] = {}
    folded = next(name for name in ("keys", "operations", "operation") if name in columns)
    for one in found:
        cells = _cells(one)
        names = cells.pop(folded)
        kept = (*(cells[column] for column in columns if column != folded), one.reason or "-")
        rows.setdefault(kept, {}).update(dict.fromkeys(names))
    table: Rows = [[*columns, "why"]]
    for kept, names in rows.items():
        row = list(kept)
        row.insert(columns.index(folded), ", ".join(names) if folded == "keys" else _listed(list(names)))
        table.append([_escaped(cell) or "-" for cell in row])
    return _markdown(table)


def _cells(one: Difference) -> dict[str, Any]:
    """The cells that a difference can have, by column."""
    schema, _, key = one.subject.partition(".")
    name = one.subject.partition(" ")[2]
    cells = {
        "official": one.official,
        "ours": one.ours,
        "operations": _listed(one.operations),
        "schema": f"`{schema}`",
        "parameter": f"`{name.rpartition(' ')[2]}`",
    }
    if one.kind in ("operation", "missing_operation", "path"):
        cells |= {"official": f"`{one.official}`" if one.official else "", "ours": f"`{one.ours}`" if one.ours else ""}
    if one.kind == "missing_key":
        cells["operation"] = f"`{one.operations[0]}`"
        return cells | {"keys": [f"`{name}`"]}
    name = f"`{key or schema}`"
    if one.kind in ("key", "untyped", "type", "map", "null", "absent"):
        return cells | {"keys": [name if one.kind == "absent" else f"{name} ({one.ours})"]}
    return cells | {"operations": one.operations, "operation": one.operations}


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|")


def _markdown(table: Rows) -> str:
    head, *rows = table
    return "\n".join([f"| {' | '.join(head)} |", f"|{'|'.join('---' for _ in head)}|", *(f"| {' | '.join(row)} |" for row in rows), ""])


def document(bundle: dict[str, Any], state: Path, reasons_file: Path) -> tuple[str, list[str]]:
    """The document, and the reasons for which there is no difference.

    Raises:
        OfficialDescriptionError: The state or the reasons cannot be used.
    """
    compared, official = read_state(state)
    reasons = Reasons.read(reasons_file)
    own = Own(bundle, reasons.paths)
    found = differences(official, own, reasons)
    if unknown := sorted(reasons.notes.keys() - SECTIONS.keys()):
        raise OfficialDescriptionError(f"{reasons_file.name}: no section is called {', '.join(unknown)}")
    stale = [f"[paths] {name!r}" for name in reasons.paths.values() if key_of(name) not in official]
    return as_markdown(found, official, compared, own, reasons.notes), [*reasons.unused, *stale]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        0 if the document is written or up to date; with `--check`, 1 if it is not, or a reason applies to no difference; 2 if an input cannot be used.
    """
    parser = argparse.ArgumentParser(prog="python -m generator.evidence.differences", description="Write spec/differences.md.")
    parser.add_argument("--check", action="store_true", help="compare with the existing file instead of writing")
    options = parser.parse_args(arguments)
    try:
        text, unused = document(Spec(SPEC).bundle, STATE, REASONS)
        is_current = DOCUMENT.exists() and DOCUMENT.read_text(encoding="utf-8") == text
        if not is_current and not options.check:
            write_text(DOCUMENT, text)
    except (OfficialDescriptionError, OSError, SpecError) as error:
        report_error(parser.prog, error)
        return 2
    found = [f"spec/{REASONS.name}: no difference is {subject}: remove the reason" for subject in unused]
    if not is_current:
        found.append("spec/differences.md is not what the spec says; run `make generate`" if options.check else "spec/differences.md is updated")
    emit(found or ["spec/differences.md is what the spec says"])
    return 1 if options.check and found else 0


if __name__ == "__main__":
    sys.exit(main())
