"""Scrubs and records the exchanges, and says what of the spec they prove, and what they contradict."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from generator.bundle import operations_of
from generator.console import count_of
from generator.evidence.conformance import CONFORM, Checker
from generator.files import write_text
from generator.recordings.distill import Distiller, DistillError
from generator.recordings.exchanges import MISSING, Exchange
from generator.recordings.operations import OperationMatch, Operations
from generator.security import Security
from generator.validation import Violation

__all__ = ["RECORDING", "TAGS", "Report", "check", "user_operations"]

RECORDING = "exchanges.jsonl"
TAGS = frozenset({"account", "authentication", "guest_sessions", "lists", "v4_account", "v4_auth", "v4_lists"})
"""The tags of which every operation is a user's."""


def user_operations(bundle: dict[str, Any]) -> set[str]:
    """The ids of the operations of a user: those of `TAGS`, and all that need a user's credential."""
    application = set(Security(bundle).application)
    return {
        operation["operationId"]
        for _, _, operation in operations_of(bundle)
        if operation["tags"][0] in TAGS or all(alternative.keys() - application for alternative in operation.get("security", ({},)))
    }


@dataclass
class Report:
    """What the exchanges say about the spec.

    Attributes:
        proved: The number of successes of each operation that conforms.
        refused: The number of refusals of each operation that conforms.
        differences: The differences from the spec, each with its count, by operation.
        recorded: The scrubbed exchanges.
        withheld: Why exchanges were not recorded.
    """

    proved: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    differences: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    recorded: list[Exchange] = field(default_factory=list)
    withheld: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether all exchanges conform, and were recorded."""
        return not self.differences and not self.withheld

    def write(self, directory: Path) -> Path:
        """Write the scrubbed exchanges as JSON lines, which `make conformance`, `make coverage` and the distiller read.

        Raises:
            OSError: The file cannot be written.
        """
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / RECORDING
        write_text(path, "".join(json.dumps(_line(one), ensure_ascii=False) + "\n" for one in self.recorded))
        return path

    def lines(self, expected: Collection[str], skipped: Mapping[str, str]) -> Iterator[str]:
        """The report for people.

        Args:
            expected: The ids of the operations of a user.
            skipped: Why operations were not called, by their ids.
        """
        called = self.proved.keys() | self.refused.keys() | self.differences.keys()
        proved = sorted(self.proved.keys() - self.differences.keys())
        yield f"proved: {count_of(len(proved), 'operation')} of {len(expected)}, by {count_of(sum(self.proved[one] for one in proved), 'successful call')}"
        yield from (f"  {one}: {self.proved[one]}" + (f", and {count_of(self.refused[one], 'refusal')}" if self.refused[one] else "") for one in proved)
        if only_refused := sorted(called - self.proved.keys() - self.differences.keys()):
            yield "only refused, as the spec says:"
            yield from (f"  {one}: {self.refused[one]}" for one in only_refused)
        if self.differences:
            yield "the spec is wrong, or incomplete:"
            for operation, found in sorted(self.differences.items()):
                yield f"  {operation}"
                yield from (f"    {text}" + (f"  ({count} times)" if count > 1 else "") for text, count in found.items())
        if self.withheld:
            yield "not recorded:"
            yield from (f"  {one}" for one in self.withheld)
        if missed := sorted(set(expected) - called):
            yield "not visited:"
            yield from (f"  {one}: {skipped.get(one, 'the tour did not come so far')}" for one in missed)


def check(bundle: dict[str, Any], exchanges: Sequence[Exchange], secrets: Collection[str], own: Collection[Any]) -> Report:
    """Compare exchanges with the spec and the client, and scrub them.

    Args:
        bundle: The OpenAPI document.
        exchanges: The exchanges as they came.
        secrets: Known credentials.
        own: The ids of the titles and lists of the tour. Rows about others are the user's, and are not recorded.
    """
    report, checker, operations, distiller = Report(), Checker(bundle), Operations(bundle), Distiller(bundle)
    matched = [(one, match) for one in exchanges if (match := operations.match(one.method, one.path))]
    for exchange, match in matched:
        found = checker.faults(exchange, match)
        for step, violation in found:
            report.differences[match.operation_id][_text(step, violation)] += 1
        if not found:
            (report.proved if exchange.status < 300 else report.refused)[match.operation_id] += 1
    known = set(secrets)
    for last in (False, True):  # what the first pass finds in one exchange, another may repeat
        for exchange, match in matched:
            try:
                scrubbed = distiller.scrubbed(_without_others(exchange, match, own), known)
            except (DistillError, RecursionError) as error:
                if last:
                    report.withheld.append(f"{match.operation_id}: {error}")
            else:
                if last and not _is_repeated(scrubbed, report.recorded):
                    report.recorded.append(scrubbed)
    return report


def _text(step: str, violation: Violation) -> str:
    """A difference, without quotes from the body."""
    if step != CONFORM:
        reason = f"the client does not read it ({step.replace('_', ' ')})"
    elif violation.keyword:
        reason = violation.unquoted
    else:
        reason = violation.reason.partition(": ")[0]  # what follows quotes the body
    path = re.sub(r"\[[0-9]+\]", "[]", violation.path)
    return f"{path}: {reason}"


def _without_others(exchange: Exchange, match: OperationMatch, own: Collection[Any]) -> Exchange:
    """An exchange without the rows about what the user had before."""
    if match.tag not in ("account", "v4_account") or not isinstance(exchange.body, dict) or not isinstance(exchange.body.get("results"), list):
        return exchange
    rows = [row for row in exchange.body["results"] if isinstance(row, dict) and (row.get("id") in own or row.get("show_id") in own)]
    return replace(exchange, body={**exchange.body, "results": rows, "total_pages": 1, "total_results": len(rows)})


def _is_repeated(exchange: Exchange, recorded: Sequence[Exchange]) -> bool:
    """Whether an exchange is the same as the last, as when the client polls."""
    return bool(recorded) and {**_line(recorded[-1]), "date": ""} == {**_line(exchange), "date": ""}


def _line(exchange: Exchange) -> dict[str, Any]:
    return {
        "method": exchange.method,
        "path": exchange.path,
        "query": exchange.query,
        "request_body": exchange.request_body,
        "status": exchange.status,
        "headers": exchange.headers,
        "body": None if exchange.body is MISSING else exchange.body,
        "origin": exchange.origin,
        "source": exchange.source,
        "date": exchange.date,
    }
