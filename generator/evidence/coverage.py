"""Counts the evidence for each operation of the spec: its fixtures, and the recorded exchanges that conform.

    python -m generator.evidence.coverage FILE [--output PATH]

It writes `spec/coverage.md` and prints the summary. A recording conforms if `conformance.py` finds no fault with it, by the schema, in decoding, or after the
round trip.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generator.bundle import Spec, operations_of
from generator.console import printable, ratio, report_error
from generator.files import write_text
from generator.load import SpecError
from generator.paths import FIXTURES, SPEC
from generator.recordings.exchanges import RecordingError
from generator.recordings.fixtures import read_fixtures

from .conformance import Checker, Report

__all__ = ["Coverage", "Covered", "Recorded", "as_markdown", "as_text", "cover", "main"]

DOCUMENT = SPEC / "coverage.md"

ORIGINS = {"wire": "wire", "capture": "capture", "docs-example": "official example"}
"""The origins of recordings that count as evidence, best first, and their names in the tables."""

WRITTEN, NOTHING = "written", "nothing"
EVIDENCE = {**ORIGINS, WRITTEN: "written fixture", NOTHING: "nothing"}
"""The kinds of evidence, best first, and their names in the tables."""


@dataclass(frozen=True)
class Recorded:
    """The results for the recorded responses of an operation.

    Attributes:
        conforming: How many passed every step.
        all: How many were checked.
        successes: How many are successes with a body.
    """

    conforming: int
    all: int
    successes: int

    def __str__(self) -> str:
        return ratio(self.conforming, self.all)


NONE = Recorded(0, 0, 0)


@dataclass(frozen=True)
class Covered:
    """The evidence for an operation.

    Attributes:
        undocumented: Whether TMDB's documentation lacks the operation.
        fixtures: The source of each fixture: an origin, or `written`.
        recordings: The results by origin; origins without recordings are omitted.
    """

    tag: str
    operation_id: str
    method: str
    path: str
    undocumented: bool = False
    fixtures: tuple[str, ...] = ()
    recordings: dict[str, Recorded] = field(default_factory=dict)

    @property
    def evidence(self) -> str:
        """The best origin of a conforming recording; without one, the best source of a fixture."""
        conforming = [origin for origin, recorded in self.recordings.items() if recorded.conforming]
        return min(conforming or self.fixtures, key=list(EVIDENCE).index, default=NOTHING)

    @property
    def rests_on_errors(self) -> bool:
        """Whether the evidence consists of recorded errors only, which do not show a success."""
        recorded = self.recordings.get(self.evidence, NONE)
        return recorded.conforming > 0 and not recorded.successes


@dataclass(frozen=True)
class Coverage:
    """The evidence for all operations.

    Attributes:
        tags: The tags in the order of the spec.
        unmatched: The number of exchanges without an operation in the spec.
        unknown: The number of exchanges skipped because their origin is no evidence.
    """

    tags: tuple[str, ...]
    operations: tuple[Covered, ...]
    unmatched: int = 0
    unknown: int = 0

    def of(self, tag: str) -> list[Covered]:
        """The operations of a tag."""
        return [operation for operation in self.operations if operation.tag == tag]


def cover(bundle: dict[str, Any], fixtures: Iterable[dict[str, Any]], file: Path, checker: Checker | None = None) -> Coverage:
    """Count the evidence for the operations of a spec.

    Args:
        bundle: The OpenAPI document.
        fixtures: The fixtures. One without a source counts as written.
        file: The recording.
        checker: Checks the recording; by default against the bundle and the generated client.

    Raises:
        RecordingError: The file cannot be read, or holds no usable evidence.
    """
    checker = checker or Checker(bundle)
    reports = {origin: checker.run(file, origins=[origin]) for origin in ORIGINS}
    counted = {origin: _recorded(report) for origin, report in reports.items()}
    origins = reports["wire"].origins  # each run counts those of the whole file
    _require_evidence(file, origins, counted)
    kinds: dict[str, list[str]] = {}
    for fixture in fixtures:
        evidence = fixture.get("evidence")
        kinds.setdefault(fixture["operation_id"], []).append(evidence if evidence in ORIGINS else WRITTEN)
    operations = [
        Covered(
            tag=operation["tags"][0],
            operation_id=operation["operationId"],
            method=method.upper(),
            path=path,
            undocumented=bool(operation.get("x-undocumented")),
            fixtures=tuple(kinds.get(operation["operationId"], ())),
            recordings={origin: of[operation["operationId"]] for origin, of in counted.items() if operation["operationId"] in of},
        )
        for path, method, operation in operations_of(bundle)
    ]
    declared = [tag["name"] for tag in bundle.get("tags", ())]
    return Coverage(
        tags=tuple(dict.fromkeys([*declared, *sorted(operation.tag for operation in operations)])),
        operations=tuple(sorted(operations, key=lambda operation: operation.operation_id)),
        unmatched=sum(one.count for report in reports.values() for one in report.unmatched),
        unknown=sum(count for origin, count in origins.items() if origin not in ORIGINS),
    )


def _recorded(report: Report) -> dict[str, Recorded]:
    """The results for the recordings of each operation."""
    faulty = Counter(operation_id for operation_id, _ in {(problem.operation_id, problem.location) for problem in report.problems})
    return {tally.operation_id: Recorded(tally.bodies - faulty[tally.operation_id], tally.bodies, tally.successes) for tally in report.operations}


def _require_evidence(file: Path, origins: Counter[str], counted: dict[str, dict[str, Recorded]]) -> None:
    """Check that a recording has usable evidence.

    Raises:
        RecordingError: The recording holds no usable evidence.
    """
    if not origins:
        raise RecordingError(f"{file}: the recording is empty")
    if not any(origin in ORIGINS for origin in origins):
        raise RecordingError(f"{file}: no exchange states its level of evidence: `origin` must be {', '.join(ORIGINS)}")
    if not any(counted.values()):
        raise RecordingError(f"{file}: no exchange matches an operation of the spec")


# The tables

Table = list[list[str]]
"""Rows of cells; the first row has the headings."""


def _summary(coverage: Coverage) -> Table:
    """A row for each section, and one for all."""
    kinds = [kind for kind in EVIDENCE if kind != NOTHING or any(operation.evidence == NOTHING for operation in coverage.operations)]
    rows = [["section", "operations", "fixtures", "conforming", *(EVIDENCE[kind] for kind in kinds)]]
    for name, operations in [*((tag, coverage.of(tag)) for tag in coverage.tags), ("all", list(coverage.operations))]:
        recordings = [recorded for operation in operations for recorded in operation.recordings.values()]
        resting = Counter(operation.evidence for operation in operations)
        rows.append(
            [
                name,
                str(len(operations)),
                str(sum(len(operation.fixtures) for operation in operations)),
                ratio(sum(recorded.conforming for recorded in recordings), sum(recorded.all for recorded in recordings)),
                *(str(resting[kind] or "-") for kind in kinds),
            ]
        )
    return rows


def _notes(coverage: Coverage) -> Iterator[str]:
    """The sentences that complete the summary."""
    yield "The columns from wire on count the operations that rest on each."
    recorded = {origin: [operation.recordings.get(origin, NONE) for operation in coverage.operations] for origin in ORIGINS}
    shares = {origin: ratio(sum(one.conforming for one in of), sum(one.all for one in of)) for origin, of in recorded.items()}
    yield f"Conforming recordings by origin: {', '.join(f'{share} {ORIGINS[origin]}' for origin, share in shares.items() if share != '-')}."
    undocumented = sum(operation.undocumented for operation in coverage.operations)
    if undocumented:
        yield f"{_operations(undocumented)} not in TMDB's documentation."
    if errors := sum(operation.rests_on_errors for operation in coverage.operations):
        yield f"{_operations(errors)} recorded with errors only."
    if coverage.unmatched:
        yield f"{_exchanges(coverage.unmatched)} of no operation of the spec."
    if coverage.unknown:
        yield f"{_exchanges(coverage.unknown)} without an origin that counts as evidence, and left out."


def _operations(count: int) -> str:
    return f"{count} {'operation is' if count == 1 else 'operations are'}"


def _exchanges(count: int) -> str:
    return f"{count} {'exchange of the recordings is' if count == 1 else 'exchanges of the recordings are'}"


def as_text(coverage: Coverage) -> str:
    """The summary, for a terminal."""
    table = _summary(coverage)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ["  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]) for row in table]
    return "\n".join([*lines, "", *_notes(coverage)]).rstrip()


INTRODUCTION = """\
# What the spec rests on

`make coverage RECORDINGS=file` writes this file: do not edit it. The recordings are data of third parties and no part of this project; this file holds counts.

- **fixtures** are the project's own examples under `tests/fixtures/`.
- **conforming** counts the recorded responses in which neither the spec nor the client finds a fault, of all that were checked: valid against the schema,
  without unknown keys, decoded in strict mode, and unchanged by the round trip ([conformance](../generator/evidence/conformance.md)).
- **wire** is a verbatim recording of the live API. **capture** is a file that holds a real response, whose request was inferred; some are old, and do not
  conform because TMDB's responses have changed. **official example** repeats TMDB's documentation, which contradicts the wire in places.
- An operation **rests on** the best of these that conforms; if no recording conforms, on the best source of its fixtures. **written fixture** means that no
  recording confirms it: the fixture was written after TMDB's documentation and after similar operations. *errors only* means that no success was recorded.
"""


def as_markdown(coverage: Coverage) -> str:
    """The document: the summary by section, and below it the operations of each."""
    parts = [INTRODUCTION, "## By section\n", _markdown(_summary(coverage), bold_last=True)]
    if notes := list(_notes(coverage)):
        parts.append(" ".join(notes) + "\n")
    for tag in coverage.tags:
        if operations := coverage.of(tag):
            parts += [f"## {tag}\n", _markdown([["operation", "method", "path", "fixtures", *ORIGINS.values(), "rests on"], *map(_row, operations)], left=3)]
    return "\n".join(parts)


def _row(operation: Covered) -> list[str]:
    return [
        f"`{operation.operation_id}`{' (undocumented)' if operation.undocumented else ''}",
        operation.method,
        f"`{operation.path}`",
        str(len(operation.fixtures)),
        *(str(operation.recordings.get(origin, NONE)) for origin in ORIGINS),
        f"{EVIDENCE[operation.evidence]}{' (errors only)' if operation.rests_on_errors else ''}",
    ]


def _markdown(table: Table, *, left: int = 1, bold_last: bool = False) -> str:
    """A table in Markdown.

    Args:
        table: Its cells.
        left: How many columns are aligned to the left; if there are several, so is the last.
        bold_last: Whether the last row is set in bold.
    """
    head, *rows = table
    texts = {*range(left), *([len(head) - 1] if left > 1 else [])}
    rule = "|".join("---" if index in texts else "---:" for index in range(len(head)))
    if bold_last:
        rows[-1] = [f"**{cell}**" for cell in rows[-1]]
    lines = [f"| {' | '.join(row)} |" for row in (head, *rows)]
    return "\n".join([lines[0], f"|{rule}|", *lines[1:], ""])


class UnwritableError(Exception):
    """The table cannot be written; the previous file stays."""


def _write(path: Path, text: str) -> None:
    """Write the table.

    Raises:
        UnwritableError: The file cannot be written.
    """
    try:
        write_text(path, text)
    except OSError as error:
        raise UnwritableError(f"{_shown(path)}: {error.strerror or error}; the previous file stays") from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        0 if the table is written; 2 if the recording or the spec cannot be used, or the file cannot be written: the previous file stays.
    """
    parser = argparse.ArgumentParser(prog="python -m generator.evidence.coverage", description="Count the evidence for each operation of the spec.")
    parser.add_argument("file", type=Path, metavar="FILE", help="recorded exchanges with their origins: JSON lines, plain or gzipped")
    parser.add_argument("--output", type=Path, default=DOCUMENT, metavar="PATH", help="the file to write (default: spec/coverage.md)")
    options = parser.parse_args(arguments)
    output: Path = options.output
    try:
        coverage = cover(Spec(SPEC).bundle, read_fixtures(FIXTURES), options.file)
        _write(output, as_markdown(coverage))
    except (RecordingError, SpecError, UnwritableError) as error:
        report_error(parser.prog, error)
        return 2
    print(f"{as_text(coverage)}\n\n{printable(f'written: {_shown(output)}')}")
    return 0


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


if __name__ == "__main__":
    sys.exit(main())
