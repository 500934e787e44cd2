"""Runs recorded traffic against the spec and the client: does the spec describe it, and does the client read it?

    python -m generator.evidence.conformance FILE [--origin wire] [--tag movies] [--json]

conformance.md beside this file is its manual.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from generator.bundle import JSON, Spec, operations_of
from generator.console import count_of, emit, printable, ratio, report_error
from generator.load import SpecError
from generator.paths import SPEC
from generator.recordings.exchanges import MISSING, Exchange, RecordingError, read_recordings
from generator.recordings.operations import OperationMatch, Operations, client_operation
from generator.references import resolve
from generator.validation import Validation, Violation, preview
from tmdbkit import encode
from tmdbkit.runtime.codecs import UNKNOWN_KEY, member
from tmdbkit.runtime.decode import MismatchError, read_body, reject
from tmdbkit.runtime.operations import Operation

__all__ = ["Checker", "Problem", "Report", "Tally", "Unmatched", "main"]

CONFORM, DECODE, ROUND_TRIP = "conform", "decode", "round_trip"
TOO_DEEP = Violation("$", "nested too deeply to check")


@dataclass
class Tally:
    """The results for the recorded bodies of an operation.

    Attributes:
        bodies: The number of checked bodies.
        conform: How many conform to the spec.
        successes: How many have a 2xx status, for which the client has a model.
        decoded: How many of these the client decodes; unknown keys are ignored.
        survived: How many of these are unchanged by decoding and encoding.
    """

    tag: str
    operation_id: str
    method: str
    path: str
    bodies: int = 0
    conform: int = 0
    successes: int = 0
    decoded: int = 0
    survived: int = 0

    @property
    def has_failures(self) -> bool:
        """Whether any body fails a check."""
        return self.conform < self.bodies or self.decoded < self.successes or self.survived < self.successes


@dataclass(frozen=True)
class Problem:
    """A violation in a recorded body.

    Attributes:
        operation_id: The operation.
        step: The step that found it: `conform`, `decode` or `round_trip`.
        location: The position of the exchange in the recording.
        path: The JSON path in the body.
        reason: The message.
    """

    operation_id: str
    step: str
    location: str
    path: str
    reason: str


@dataclass
class Unmatched:
    """Requests without an operation in the spec.

    Attributes:
        path: The path, with `{}` in place of ids.
        count: The number of requests.
        location: The position of the first in the recording.
    """

    method: str
    path: str
    count: int
    location: str


@dataclass
class Report:
    """The result of a run.

    Attributes:
        file: The recording.
        exchanges: The number of checked exchanges.
        skipped_origin: The number skipped because of their origin.
        skipped_tag: The number skipped because of their tag.
        origins: The number of exchanges of each origin in the file.
    """

    file: Path
    exchanges: int = 0
    skipped_origin: int = 0
    skipped_tag: int = 0
    origins: Counter[str] = field(default_factory=Counter)
    operations: list[Tally] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unmatched: list[Unmatched] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether at least one exchange was checked, and none failed."""
        return self.exchanges > 0 and not self.problems and not self.unmatched and not any(tally.has_failures for tally in self.operations)

    def total(self, name: str) -> int:
        """The sum over all operations."""
        return sum(getattr(tally, name) for tally in self.operations)

    def to_dict(self) -> dict[str, Any]:
        """The report as `--json` prints it."""
        return {
            "ok": self.ok,
            "file": str(self.file),
            "exchanges": self.exchanges,
            "skipped": {"origin": self.skipped_origin, "tag": self.skipped_tag},
            "totals": {name: self.total(name) for name in ("bodies", "conform", "successes", "decoded", "survived")},
            "operations": [asdict(tally) for tally in self.operations],
            "violations": [asdict(problem) for problem in self.problems],
            "unmatched": [asdict(unmatched) for unmatched in self.unmatched],
        }


class Checker:
    """Checks exchanges against a bundle and a client.

    Args:
        bundle: The OpenAPI document.
        find: Finds the client's operation by tag and operation ID.
        validation: Validates bodies; by default as strictly as the spec says.
    """

    def __init__(
        self, bundle: dict[str, Any], find: Callable[[str, str], Operation[Any] | None] = client_operation, validation: Validation | None = None
    ) -> None:
        self._bundle, self._find = bundle, find
        self._operations = Operations(bundle)
        self._validation = validation or Validation(bundle)

    @property
    def tags(self) -> list[str]:
        """The tags of the spec."""
        return sorted({tag for _, _, operation in operations_of(self._bundle) for tag in operation.get("tags", ())})

    def run(self, file: Path, *, origins: Sequence[str] = (), tags: Sequence[str] = ()) -> Report:
        """Check the exchanges of a file.

        Args:
            file: The recording.
            origins: Check only exchanges of these origins.
            tags: Check only exchanges of operations of these tags.

        Raises:
            RecordingError: The file cannot be read.
        """
        report = Report(file)
        tallies: dict[str, Tally] = {}
        unmatched: dict[tuple[str, str], Unmatched] = {}
        for exchange in read_recordings(file):
            report.origins[exchange.origin] += 1
            if origins and exchange.origin not in origins:
                report.skipped_origin += 1
                continue
            match = self._operations.match(exchange.method, exchange.path)
            tag = match.tag if match else ""
            if tags and tag not in tags:
                report.skipped_tag += 1
                continue
            report.exchanges += 1
            if match:
                tally = tallies.setdefault(match.operation_id, Tally(tag, match.operation_id, match.method, match.path))
                report.problems += self._check(exchange, match, tally)
            else:
                key = exchange.method.upper(), _without_ids(exchange.path)
                unmatched.setdefault(key, Unmatched(*key, 0, exchange.location)).count += 1
        report.operations = sorted(tallies.values(), key=lambda tally: (tally.tag, tally.operation_id))
        report.problems.sort(key=lambda problem: (tallies[problem.operation_id].tag, problem.operation_id))
        report.unmatched = sorted(unmatched.values(), key=lambda one: (one.path, one.method))
        return report

    def _check(self, exchange: Exchange, match: OperationMatch, tally: Tally) -> list[Problem]:
        """Check an exchange, and count the result."""
        found = self.faults(exchange, match)
        steps = {step for step, _ in found}
        tally.bodies += 1
        tally.conform += CONFORM not in steps
        if self._has_model(exchange, match):
            tally.successes += 1
            tally.decoded += DECODE not in steps
            tally.survived += not steps & {DECODE, ROUND_TRIP}
        return [Problem(match.operation_id, step, exchange.location, violation.path, violation.reason) for step, violation in found]

    def faults(self, exchange: Exchange, match: OperationMatch) -> list[tuple[str, Violation]]:
        """The violations of a response, each with the step that found it: `conform`, `decode` or `round_trip`."""
        found = [(CONFORM, violation) for violation in self._differences_from_spec(exchange, match)]
        return [*found, *self._failures(exchange, match)] if self._has_model(exchange, match) else found

    def _has_model(self, exchange: Exchange, match: OperationMatch) -> bool:
        """Whether the client has a model for a response."""
        response = self.response(match, exchange.status)
        return 200 <= exchange.status < 300 and (response is None or JSON in response.get("content", {}))

    def response(self, match: OperationMatch, status: int) -> dict[str, Any] | None:
        """The response object of the spec for a status; None if it lists none."""
        responses = match.operation["responses"]
        response = next((responses[key] for key in (str(status), f"{status // 100}XX", "default") if key in responses), None)
        return None if response is None else resolve(self._bundle, response)

    def _differences_from_spec(self, exchange: Exchange, match: OperationMatch) -> list[Violation]:
        """The differences between a response and the spec."""
        response = self.response(match, exchange.status)
        if response is None:
            return [Violation("$", f"the spec lists no status {exchange.status}, only {', '.join(match.operation['responses'])}")]
        if JSON not in response.get("content", {}):
            return [] if exchange.body is None or exchange.content == b"" else [Violation("$", "the spec says that there is no body")]
        if exchange.body is MISSING:
            return [_not_json(exchange)]
        try:
            return list(self._validation.violations(response["content"][JSON]["schema"], exchange.body))
        except RecursionError:
            return [TOO_DEEP]

    def _failures(self, exchange: Exchange, match: OperationMatch) -> Iterator[tuple[str, Violation]]:
        """The failures of the client to decode a response, or to encode it again unchanged."""
        operation = self._find(match.tag, match.operation_id)
        if operation is None:
            yield DECODE, Violation("$", "the client has no such operation: run `make generate`")
            return
        if exchange.body is MISSING:
            yield DECODE, _not_json(exchange)
            return
        step, model = DECODE, None
        try:
            model = operation.returns()
            content = json.dumps(exchange.body).encode() if exchange.content is None else exchange.content
            decoded = read_body(content, model, _reject_mismatch)
            step = ROUND_TRIP
            for violation in _differences(exchange.body, json.loads(encode(decoded)), "$"):
                yield step, violation
        except MismatchError as mismatch:
            yield step, Violation(mismatch.path, mismatch.reason)
        except msgspec.DecodeError as error:
            yield step, Violation("$", str(error))
        except RecursionError:
            yield step, TOO_DEEP
        except Exception as error:  # noqa: BLE001 - any failure of the client is a finding, and the run continues
            yield step, Violation("$", f"the client fails with {type(error).__name__}: {error}")


def _reject_mismatch(path: str, expected: str, got: str) -> None:
    """Raise for a mismatch, as the callback of the client's decoder. Ignores unknown keys, which the check against the spec reports."""
    if got != UNKNOWN_KEY:
        reject(path, expected, got)


def _without_ids(path: str) -> str:
    """A path with `{}` for placeholders and for segments with digits, except the first: some ids are credentials."""
    return re.sub(r"(?<=.)/(?:[^/]*[0-9][^/]*|\{\w+\})(?=/|$)", "/{}", path)


def _not_json(exchange: Exchange) -> Violation:
    content = (exchange.content or b"").decode(errors="replace")
    return Violation("$", f"not readable as JSON: {preview(content)}" if content else "no body")


def _differences(before: Any, after: Any, path: str) -> Iterator[Violation]:
    """The differences between two JSON values. Numbers compare as numbers: `7` equals `7.0`."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name, value in before.items():
            if name in after:
                yield from _differences(value, after[name], member(path, name))
            else:
                yield Violation(member(path, name), "lost")
        yield from (Violation(member(path, name), "did not exist before") for name in after if name not in before)
    elif isinstance(before, list) and isinstance(after, list):
        if len(before) != len(after):
            yield Violation(path, f"{len(before)} items became {len(after)}")
        for index, (one, other) in enumerate(zip(before, after, strict=False)):
            yield from _differences(one, other, f"{path}[{index}]")
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield Violation(path, f"{preview(before)} became {preview(after)}")


# For people


def _text(report: Report) -> Iterator[str]:
    """The lines of a report."""
    if report.operations:
        yield from _table(report.operations)
        yield ""
    if report.problems:
        yield "Violations"
        yield from _violations(report)
        yield ""
    if report.unmatched:
        yield "No operation of the spec"
        for unmatched in report.unmatched:
            yield f"  {unmatched.method} {unmatched.path}  ({_where(unmatched.count, _short(unmatched.location, report))})"
        yield ""
    yield _verdict(report)


def _table(operations: list[Tally]) -> Iterator[str]:
    """The counts, in aligned columns; operations that fail are marked."""
    headings = ("", "bodies", "conform", "decode", "round trip")
    width = max(len(tally.operation_id) for tally in operations)
    tag = None

    def row(first: str, *others: str) -> str:
        cells = (other.rjust(len(heading)) for heading, other in zip(headings[1:], others, strict=True))
        return "  ".join([first.ljust(width + 2), *cells]).rstrip()

    yield row(*headings)
    for tally in operations:
        if tally.tag != tag:
            tag = tally.tag
            yield tag
        yield row(
            f"{'!' if tally.has_failures else ' '} {tally.operation_id}",
            str(tally.bodies),
            ratio(tally.conform, tally.bodies),
            ratio(tally.decoded, tally.successes),
            ratio(tally.survived, tally.successes),
        )


def _violations(report: Report) -> Iterator[str]:
    """The violations by operation; those that differ only in the index of an item are one line."""
    folded: dict[tuple[str, str, str, str], list[Problem]] = {}
    for problem in report.problems:
        key = problem.operation_id, problem.step, re.sub(r"\[\d+\]", "[]", problem.path), problem.reason
        folded.setdefault(key, []).append(problem)
    shown_operation = None
    for (operation_id, step, folded_path, reason), problems in folded.items():
        if operation_id != shown_operation:
            shown_operation = operation_id
            yield f"  {operation_id}"
        first, count = problems[0], len(problems)
        path = first.path if count == 1 else folded_path
        location = _short(first.location, report) + (f", {first.path}" if path != first.path else "")
        yield f"    {step.replace('_', ' '):<10}  {path}: {reason}  ({_where(count, location)})"


def _verdict(report: Report) -> str:
    """The closing line."""
    word = "ok" if report.ok else "failed"
    skipped = [f"{report.skipped_origin} of another origin"] * bool(report.skipped_origin)
    skipped += [f"{report.skipped_tag} of other tags"] * bool(report.skipped_tag)
    aside = f" (skipped: {', '.join(skipped)})" if skipped else ""
    if not report.exchanges:
        origins = f"; its origins: {', '.join(sorted(filter(None, report.origins))) or 'none'}" if report.skipped_origin else ""
        return f"{word}: nothing to check in {report.file}{aside}{origins}"
    bodies, successes = report.total("bodies"), report.total("successes")
    counts = [
        f"{ratio(report.total('conform'), bodies)} conform",
        f"{ratio(report.total('decoded'), successes)} decode",
        f"{ratio(report.total('survived'), successes)} survive the round trip",
    ]
    unmatched = sum(one.count for one in report.unmatched)
    counts += [count_of(len(report.problems), "violation")] * bool(report.problems)
    counts += [f"{count_of(unmatched, 'exchange')} of no operation of the spec"] * bool(unmatched)
    return f"{word}: {count_of(bodies, 'body')} of {count_of(len(report.operations), 'operation')}: {', '.join(counts)}{aside}"


def _where(count: int, first: str) -> str:
    return first if count == 1 else f"{count} times, first {first}"


def _short(location: str, report: Report) -> str:
    """A position in the recording, without the folder."""
    return location.removeprefix(f"{report.file.parent}/")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        0 if every checked exchange conforms; 1 if one fails, or none was checked; 2 if the file or the spec cannot be read.
    """
    parser = argparse.ArgumentParser(prog="python -m generator.evidence.conformance", description="Run recorded traffic against the spec and the client.")
    parser.add_argument("file", type=Path, metavar="FILE", help="JSON lines (.jsonl) or HAR (.har), plain or gzipped")
    parser.add_argument("--origin", action="append", default=[], help="check only exchanges of this origin; can be repeated")
    parser.add_argument("--tag", action="append", default=[], help="check only operations of this tag; can be repeated")
    parser.add_argument("--json", action="store_true", help="print one JSON object, for machines")
    options = parser.parse_args(arguments)
    try:
        checker = Checker(Spec(SPEC).bundle)
        if unknown := sorted(set(options.tag) - set(checker.tags)):
            parser.error(f"the spec has no tag {', '.join(unknown)}; it has {', '.join(checker.tags)}")
        report = checker.run(options.file, origins=options.origin, tags=options.tag)
    except (RecordingError, SpecError) as error:
        report_error(parser.prog, error)
        return 2
    emit([json.dumps(report.to_dict(), indent=1)] if options.json else map(printable, _text(report)))
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
