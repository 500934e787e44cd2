"""Compares TMDB's own OpenAPI description with its state at the last comparison, and advises on each change.

    python -m generator.evidence.upstream FILE [FILE ...] [--accept] [--json]

README.md beside this file is the manual.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from generator.bundle import Spec
from generator.console import count_of, emit, printable, report_error
from generator.files import write_text
from generator.load import SpecError
from generator.paths import SPEC

from .differences import DOCUMENT, REASONS, Own, Reasons, document
from .official import (
    ANY_KEYS,
    LITERAL_KEYS,
    STATE,
    UNKNOWN_TYPE,
    Key,
    OfficialDescriptionError,
    Operation,
    parent_of,
    read_official,
    read_state,
    version_of,
    write_state,
)

__all__ = ["Change", "Report", "compare", "main"]

NEW, GONE, CHANGED = "New", "Gone", "Changed"

KNOWN = "record it as known with ACCEPT=1"


@dataclass(frozen=True)
class Change:
    """A change of the official description.

    Attributes:
        heading: `New`, `Gone` or `Changed`.
        operation: The operation as the official description has it: `GET /3/movie/{movie_id}`.
        operation_id: Its id in this spec; empty if this spec does not have it.
        what: What changed.
        advice: The recommended action.
    """

    heading: str
    operation: str
    operation_id: str
    what: str
    advice: str

    def __str__(self) -> str:
        return f"{self.operation_id or self.operation}: {self.what}: {self.advice}"


@dataclass
class Report:
    """The result of a comparison.

    Attributes:
        operations: The number of operations in the official description.
        compared: The versions of the API that it describes, and the day on which each was last compared; empty if never.
        changes: What changed since.
    """

    operations: int
    compared: dict[str, str]
    changes: list[Change] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The report in a line."""
        if not self.changes:
            return "TMDB's own description is unchanged since the last comparison"
        return f"TMDB's own description has {count_of(len(self.changes), 'change')} in {count_of(len({one.operation for one in self.changes}), 'operation')}"

    @property
    def summary(self) -> str:
        """What was compared, in a line."""
        days = " and ".join(f"v{version} {f'of {day}' if day else 'for the first time'}" for version, day in self.compared.items())
        return f"{count_of(self.operations, 'operation')}, compared with {days}"

    def sections(self) -> Iterator[tuple[str, list[Change]]]:
        """The changes by heading; empty headings are omitted."""
        for heading in (NEW, GONE, CHANGED):
            if changes := [one for one in self.changes if one.heading == heading]:
                yield heading, changes

    def to_text(self) -> str:
        """The report for a terminal."""
        parts = ["\n".join([heading, *(f"  {one}" for one in changes)]) for heading, changes in self.sections()]
        return "\n\n".join([*parts, f"{self.title}: {self.summary}"])

    def to_markdown(self) -> str:
        """The report as the body of an issue."""
        parts = ["\n".join([f"### {heading}", "", *(f"- {_line(one)}" for one in changes)]) for heading, changes in self.sections()]
        return "\n\n".join([f"{self.summary}.", *parts]) + "\n"

    def to_dict(self) -> dict[str, Any]:
        """The report as `--json` prints it."""
        return {"ok": not self.changes, "title": self.title, "body": self.to_markdown(), **asdict(self)}


def _line(change: Change) -> str:
    """A change in Markdown."""
    code = f"{change.operation_id or change.operation}: {change.what}".replace("`", "'")
    return f"`{printable(code)}`: {printable(change.advice)}"


@dataclass(frozen=True)
class _Found:
    """A change of an operation, without advice.

    Attributes:
        heading: `New`, `Gone` or `Changed`.
        part: `id`, `parameter`, `body`, `status` or `response`.
        name: The name of the parameter, the path of the key, or the status.
        what: What changed.
        whole: Whether the whole part is new or gone, not just a value of its enumeration.
    """

    heading: str
    part: str
    name: str
    what: str
    whole: bool = False


def compare(before: dict[str, Operation], after: dict[str, Operation], compared: dict[str, str], spec: Spec, own: Own) -> Report:
    """Compare an official description with the stored state.

    Args:
        before: The operations of the state, by key.
        after: The operations of the text, by key. Versions of the API that it does not describe are not compared.
        compared: The day on which each version was last compared.
        spec: This spec, whose files the advice names.
        own: Its operations and keys.
    """
    versions = sorted(set(map(version_of, after.values())))
    report, advisor = Report(len(after), {version: compared.get(version, "") for version in versions}), _Advisor(spec, own)
    before = {key: operation for key, operation in before.items() if version_of(operation) in versions}
    new, gone = {key: after[key] for key in after if key not in before}, {key: before[key] for key in before if key not in after}
    same = [(before[key], operation) for key, operation in after.items() if key in before]
    ids = {operation.id: key for key, operation in new.items() if operation.id}
    for key, old in list(gone.items()):
        if old.id in ids and "id" not in old.unknown:
            moved = new.pop(ids[old.id])
            report.changes.append(advisor.moved(gone.pop(key), moved))
            same.append((old, moved))
    report.changes += map(advisor.new_operation, new.values())
    report.changes += map(advisor.gone_operation, gone.values())
    report.changes += [advisor.change(now, found) for was, now in same for found in _changes(was, now)]
    return report


def _changes(was: Operation, now: Operation) -> Iterator[_Found]:
    """The changes of an operation, except in parts that the state lacks."""
    if "id" not in was.unknown and was.id != now.id:
        yield _Found(CHANGED, "id", now.id, f"operationId {was.id} is now {now.id}")
    yield from _of_parameters(was.parameters, now.parameters)
    if "body" not in was.unknown:
        yield from _of_keys("body", was.body, now.body)
    if "statuses" not in was.unknown:
        yield from (_Found(NEW, "status", status, f"status {status}", whole=True) for status in now.statuses if status not in was.statuses)
        yield from (_Found(GONE, "status", status, f"status {status}", whole=True) for status in was.statuses if status not in now.statuses)
    if "response" not in was.unknown:
        yield from _of_keys("response", was.response, now.response)


def _of_parameters(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> Iterator[_Found]:
    for name, now in after.items():
        if (was := before.get(name)) is None:
            yield _Found(NEW, "parameter", name, f"parameter {name} ({now['type']}{', required' if now.get('required') else ''})", whole=True)
            continue
        if was["type"] != now["type"]:
            yield _Found(CHANGED, "parameter", name, f"parameter {name}: {was['type']} is now {now['type']}")
        if was.get("required", False) != now.get("required", False):
            yield _Found(CHANGED, "parameter", name, f"parameter {name} is {'now' if now.get('required') else 'no longer'} required")
        yield from _of_words("parameter", name, f"parameter {name}", was.get("enum", []), now.get("enum", []))
    yield from (_Found(GONE, "parameter", name, f"parameter {name}", whole=True) for name in before if name not in after)


def _of_keys(part: str, before: dict[str, Key], after: dict[str, Key]) -> Iterator[_Found]:
    """The changes of a body. If a key is new or gone with everything below it, only the top is reported."""
    prefix = "body " if part == "body" else ""
    for heading, keys, others in ((NEW, after, before), (GONE, before, after)):
        for path, key in keys.items():
            if path not in others and (path == "$" or parent_of(path) in others):
                below = sum(other.startswith((f"{path}.", f"{path}[")) for other in keys)
                yield _Found(heading, part, path, f"{prefix}{path} ({key.type}{f', with {below} below' if below else ''})", whole=True)
    for path, now in after.items():
        if (was := before.get(path)) is None:
            continue
        if was.types != now.types and UNKNOWN_TYPE not in was.types:
            yield _Found(CHANGED, part, path, f"{prefix}{path}: {was.type} is now {now.type}")
        yield from _of_words(part, path, f"{prefix}{path}", was.words, now.words)


def _of_words(part: str, name: str, label: str, was: Sequence[str], now: Sequence[str]) -> Iterator[_Found]:
    """The changes of an enumeration; one that appears or goes as a whole is one change."""
    if bool(was) != bool(now):
        yield _Found(CHANGED, part, name, f"{label} is {'now one of ' + ', '.join(map(repr, now)) if now else 'no longer an enumeration'}")
        return
    for heading, words, others in ((NEW, now, was), (GONE, was, now)):
        if found := [repr(word) for word in words if word not in others]:
            yield _Found(heading, part, name, f"{label}: {', '.join(found)}")


class _Advisor:
    """Advises on a change.

    Args:
        spec: This spec, whose files it names.
        own: The same as operations and keys.
    """

    def __init__(self, spec: Spec, own: Own) -> None:
        self._spec, self._own = spec, own

    def new_operation(self, operation: Operation) -> Change:
        if ours := self._own.operations.get(operation.key):
            advice = f"{self._file(ours)} describes it already: compare, and {KNOWN}"
        else:
            advice = f"describe it with make draft PATH={operation.path}{' ID=...' if '{' in operation.path else ''}, or {KNOWN}"
        return self._change(NEW, operation, f"operation {operation.id}", advice)

    def gone_operation(self, operation: Operation) -> Change:
        advice = f"this spec does not have it: {KNOWN}"
        if ours := self._own.operations.get(operation.key):
            check = f"check with make drift TAG={self._tag(ours)} whether TMDB still responds"
            advice = f"{check}; if so, {KNOWN}; if not, mark it `deprecated` in {self._file(ours)}, or remove it"
        return self._change(GONE, operation, f"operation {operation.id}", advice)

    def moved(self, was: Operation, now: Operation) -> Change:
        ours = self._own.operations.get(was.key) or self._own.operations.get(now.key)
        advice = f"check which of the two paths works, and compare with {self._file(ours)} and spec/openapi.yaml; then {KNOWN}" if ours else KNOWN
        return Change(CHANGED, now.name, ours.id if ours else "", f"operation {now.id} was {was.name}", advice)

    def change(self, operation: Operation, found: _Found) -> Change:
        """A change with advice."""
        ours = self._own.operations.get(operation.key)
        if ours is None:
            advice = f"this spec does not have the operation: {KNOWN}"
        elif found.part == "id":
            advice = f"nothing to do: {KNOWN}"
        else:
            advice = self._advice(ours, found)
        return self._change(found.heading, operation, found.what, advice)

    def _advice(self, ours: Operation, found: _Found) -> str:
        """The advice on a part of an operation: nothing to do if this spec agrees already."""
        place, has = self._place(ours, found)
        check = f"check with {self._record(ours)} what TMDB sends"
        if found.whole and has == (found.heading == NEW):
            return f"{place} {'has' if has else 'does not have'} it{' already' if has else ''}: {KNOWN}"
        if not has and found.heading != NEW:
            return f"{place} does not have it: {KNOWN}"
        if found.part in ("parameter", "body"):
            return f"{'compare with' if has else 'add it to'} {place}, or {KNOWN}"
        return f"{check}, and {'compare with' if has else 'add it to'} {place}; or {KNOWN}"

    def _place(self, ours: Operation, found: _Found) -> tuple[str, bool]:
        """The file to look at, and whether it has the parameter, key or status."""
        file = self._file(ours)
        if found.part == "parameter":
            return file, found.name in ours.parameters or found.name in self._own.credentials
        if found.part == "status":
            return file, found.name in ours.statuses
        keys = ours.body if found.part == "body" else ours.response
        if key := keys.get(found.name) or keys.get(_any(found.name)):
            return _files(key.holders) or file, True
        beside = [place for path, key in keys.items() if path != "$" and parent_of(path) == _any(parent_of(found.name)) for place in key.holders]
        return _files(beside) or file, False

    def _change(self, heading: str, operation: Operation, what: str, advice: str) -> Change:
        ours = self._own.operations.get(operation.key)
        return Change(heading, operation.name, ours.id if ours else "", what, advice)

    def _file(self, ours: Operation) -> str:
        """The file of an operation."""
        return str(self._spec.locate(["paths", ours.path, ours.method.lower(), "operationId"]).path)

    def _tag(self, ours: Operation) -> str:
        return str(self._own.value(ours)["tags"][0])

    def _record(self, ours: Operation) -> str:
        tag = self._tag(ours)
        return f"make record ONLY={tag}/{ours.id.removeprefix(f'{tag}_')}{' CHANGES_STATE=1' if ours.method != 'GET' else ''}"


def _any(path: str) -> str:
    """A path of the official description as this spec has it: it does not spell out the keys of maps."""
    return path.replace(LITERAL_KEYS, ANY_KEYS)


def _files(places: Iterable[str]) -> str:
    """The files of the schemas of some places; the first three of many."""
    files = list(dict.fromkeys(f"spec/schemas/{re.split('[.[]', place)[0]}.yaml" for place in places))
    return " or ".join(files[:3])


def accept(state: Path, before: dict[str, Operation], after: dict[str, Operation], compared: dict[str, str], today: str) -> None:
    """Record an official description as known.

    Raises:
        OSError: The state cannot be written; the previous one stays.
    """
    versions = set(map(version_of, after.values()))
    kept = [operation for operation in before.values() if version_of(operation) not in versions]
    write_state(state, {**compared, **dict.fromkeys(versions, today)}, [*kept, *after.values()])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        0 if nothing changed, or the changes were accepted; 1 if something changed; 2 if a file cannot be used.
    """
    parser = argparse.ArgumentParser(prog="python -m generator.evidence.upstream", description="Compare TMDB's own OpenAPI description with its state.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="the text, in JSON; v3 and v4 are one or two files")
    parser.add_argument("--accept", action="store_true", help="record the text as known: write spec/upstream.json and spec/differences.md")
    parser.add_argument("--json", action="store_true", help="print one JSON object, with the title and the body of an issue")
    options = parser.parse_args(arguments)
    try:
        after = {key: operation for file in options.files for key, operation in read_official(file).items()}
        compared, before = read_state(STATE)
        spec = Spec(SPEC, SPEC.parent)
        report = compare(before, after, compared, spec, Own(spec.bundle, Reasons.read(REASONS).paths))
        if options.accept:
            accept(STATE, before, after, compared, datetime.now(UTC).date().isoformat())
            write_text(DOCUMENT, document(spec.bundle, STATE, REASONS)[0])
    except (OfficialDescriptionError, OSError, SpecError) as error:
        report_error(parser.prog, error)
        return 2
    emit([json.dumps(report.to_dict(), indent=1)] if options.json else map(printable, report.to_text().split("\n")))
    if options.accept and not options.json:
        emit(["recorded as known: spec/upstream.json and spec/differences.md"])
    return 1 if report.changes and not options.accept else 0


if __name__ == "__main__":
    sys.exit(main())
