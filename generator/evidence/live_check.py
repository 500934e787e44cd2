"""Compares the live API with the spec, and reports new, missing and retyped keys.

    python -m generator.evidence.live_check [--base-url URL] [--tag movies] [--json]

README.md beside this file is the manual.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Any

from generator.bundle import Spec, json_schema
from generator.console import count_of, emit, printable, report_error
from generator.load import SpecError
from generator.paths import FIXTURES, SPEC
from generator.recordings.exchanges import Exchange
from generator.recordings.fixtures import read_fixtures
from generator.recordings.live import API, APIUnavailableError, Request
from generator.recordings.operations import Operations
from generator.recordings.redaction import SecretPattern
from generator.security import Security
from generator.validation import Validation, Violation
from tmdbkit.errors import TMDBError
from tmdbkit.runtime.codecs import kind_of, member
from tmdbkit.runtime.operations import APPEND_TO_RESPONSE

from .conformance import CONFORM, Checker

__all__ = ["Difference", "Failure", "Report", "SkippedRequest", "compare", "main", "requests_of"]


SECTIONS = {"New": ("new key", "new value"), "Gone": ("gone key", "gone operation"), "Changed": ("retyped", "null", "status", "unreadable")}
"""The kinds of differences, by the heading that reports them."""

PASSING = (404, 429)
"""Inconclusive statuses below 500: they concern one id, or are transient."""

WORD = re.compile(r"[\w &'./-]{1,40}")
"""The form of a word of a vocabulary."""


@dataclass(frozen=True)
class Difference:
    """A mismatch between responses and the spec.

    Attributes:
        operation_id: The operation.
        kind: One of those in `SECTIONS`.
        path: The JSON path, with `[]` for any index and `{}` for any key of a map.
        expected: The expectation of the spec.
        got: The kind of JSON, the status, or the word of a vocabulary in the response; never any other text of it.
        responses: The number of responses that show the mismatch.
        of: The number of responses of the operation.
        request: The first request whose response shows it.
    """

    operation_id: str
    kind: str
    path: str
    expected: str
    got: str
    responses: int
    of: int
    request: str

    def __str__(self) -> str:
        if self.kind == "gone operation":
            return f"{self.operation_id}: {self.got} to each of {self.of} requests, such as {self.request}"
        what = {"new key": self.got, "gone key": "missing"}.get(self.kind, f"expected {self.expected}, got {self.got}")
        return f"{self.operation_id}: {self.path}: {what} ({self.responses} of {self.of} responses, {self.request})"


@dataclass(frozen=True)
class Failure:
    """An inconclusive request: the id is gone, or TMDB failed."""

    operation_id: str
    request: str
    reason: str

    def __str__(self) -> str:
        return f"{self.operation_id}: {self.reason} ({self.request})"


@dataclass(frozen=True)
class SkippedRequest:
    """A request that was not sent, and the unset environment variables that it needs."""

    operation_id: str
    request: str
    needs: tuple[str, ...]


@dataclass
class Report:
    """The result of a run.

    Attributes:
        base_url: The base URL of the server.
        operations: The number of checked operations.
        requests: The number of sent requests.
        responses: The number of conclusive responses.
        drift: The mismatches between responses and the spec.
        unseen: Optional keys that fixtures of the same requests have, and that no response of the operation has any more.
        failures: Inconclusive requests.
        skipped: Requests that need unset environment variables.
    """

    base_url: str
    operations: int = 0
    requests: int = 0
    responses: int = 0
    drift: list[Difference] = field(default_factory=list)
    unseen: list[Difference] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    skipped: list[SkippedRequest] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The report in a line."""
        if not self.drift:
            return "TMDB responds as the spec says"
        operations = len({one.operation_id for one in self.drift})
        return f"TMDB's responses differ from the spec in {count_of(len(self.drift), 'place')} of {count_of(operations, 'operation')}"

    @property
    def summary(self) -> str:
        """The number of requests and responses, in a line."""
        responses, requests = count_of(self.responses, "response"), count_of(self.requests, "request")
        return f"{responses} to {requests} of {count_of(self.operations, 'operation')}, from {self.base_url}"

    def sections(self) -> Iterator[tuple[str, Sequence[object]]]:
        """The findings by heading; empty headings are omitted."""
        without: dict[tuple[str, ...], dict[str, None]] = {}
        for one in self.skipped:
            without.setdefault(one.needs, {})[one.operation_id] = None
        found: Mapping[str, Sequence[object]] = {
            **{heading: [one for one in self.drift if one.kind in kinds] for heading, kinds in SECTIONS.items()},
            "No longer seen (optional keys: not drift)": self.unseen,
            "Inconclusive": self.failures,
            "Skipped": [f"without {' and '.join(needs)}: {', '.join(operations)}" for needs, operations in without.items()],
        }
        return ((heading, items) for heading, items in found.items() if items)

    def to_text(self) -> str:
        """The report for a terminal."""
        parts = ["\n".join([heading, *(f"  {item}" for item in items)]) for heading, items in self.sections()]
        return "\n\n".join([*parts, f"{self.title}: {self.summary}"])

    def to_markdown(self) -> str:
        """The report as the body of an issue."""
        parts = ["\n".join([f"### {heading}", "", *(f"- {_code(str(item))}" for item in items)]) for heading, items in self.sections()]
        return "\n\n".join([f"{self.summary}.", *parts, ADVICE]) + "\n"

    def to_dict(self) -> dict[str, Any]:
        """The report as `--json` prints it."""
        return {"ok": not self.drift, "title": self.title, "body": self.to_markdown(), **asdict(self)}


ADVICE = "Where TMDB is right, change the schema under `spec/schemas/`, run `make generate`, and record the fixture anew with `make record`."


def _code(text: str) -> str:
    """A text as inline code of Markdown."""
    return f"`{text.replace('`', '')}`"


def requests_of(bundle: dict[str, Any], fixtures: Iterable[dict[str, Any]]) -> list[Request]:
    """The requests to send: those that `spec/requests.yaml` lists, and for an operation that it does not list yet, those of its fixtures.

    Args:
        bundle: The OpenAPI document.
        fixtures: The fixtures.

    Raises:
        ValueError: A listed request has no operation, or one that changes state.
    """
    operations = Operations(bundle)
    listed = [Request.of(operations, "GET", url) for url in bundle.get("x-requests", ())]
    read_only = {match.operation_id for match in operations.read_only}
    if changing := {request.match.operation_id for request in listed} - read_only:
        raise ValueError(f"{', '.join(sorted(changing))} changes state at TMDB; requests.yaml lists read-only requests only")
    missing = read_only - {request.match.operation_id for request in listed}
    successes = [fixture for fixture in fixtures if fixture["operation_id"] in missing and fixture["response"]["status"] < 300]
    return [*listed, *(Request.of_fixture(operations, fixture) for fixture in successes)]


Response = tuple[Request, Exchange]


def compare(api: API, requests: Iterable[Request], bundle: dict[str, Any], fixtures: Iterable[dict[str, Any]]) -> Report:
    """Send requests, and compare the responses with the spec.

    Args:
        api: The API to check.
        requests: The requests.
        bundle: The OpenAPI document.
        fixtures: Earlier responses.

    Raises:
        APIUnavailableError: The server does not respond, or all responses are inconclusive.
    """
    report, comparison = Report(api.base_url), _Comparison(bundle, [fixture for fixture in fixtures if fixture["evidence"] != "written"])
    groups: dict[str, list[Request]] = {}
    for request in requests:
        groups.setdefault(request.match.operation_id, []).append(request)
    for group in groups.values():
        responses, failures = _send_group(api, group, report)
        report.operations += 1
        if _is_gone(group[0], responses, failures):
            first, count = failures[0], len(failures)
            report.drift.append(Difference(first.operation_id, "gone operation", "$", "200", "404", count, count, first.request))
            continue
        drift = list(comparison.differences(responses))
        report.drift += drift
        report.unseen += comparison.unseen(responses, {one.path for one in drift})
        report.failures += failures
    if not report.responses:
        reasons = [*map(str, report.failures), *map(str, report.drift), "all requests need a user's credentials"]
        raise APIUnavailableError(f"no conclusive response from {api.base_url} to {count_of(report.requests, 'request')}: {reasons[0]}")
    return report


def _send_group(api: API, group: list[Request], report: Report) -> tuple[list[Response], list[Failure]]:
    """Send the requests of an operation."""
    responses: list[Response] = []
    failures: list[Failure] = []
    for request in group:
        if needs := api.missing(request):
            report.skipped.append(SkippedRequest(request.match.operation_id, request.redacted_url, tuple(needs)))
            continue
        report.requests += 1
        try:
            exchange = api.send(request)
        except TMDBError as error:
            failures.append(Failure(request.match.operation_id, request.redacted_url, type(error).__name__))
            continue
        if exchange.status in PASSING or exchange.status >= 500:
            failures.append(Failure(request.match.operation_id, request.redacted_url, f"HTTP {exchange.status}"))
        else:
            responses.append((request, exchange))
    report.responses += len(responses)
    return responses, failures


def _is_gone(request: Request, responses: list[Response], failures: list[Failure]) -> bool:
    """Whether an operation is gone: every request has a 404, which is more than one deleted id."""
    found = responses or not failures or any(failure.reason != "HTTP 404" for failure in failures)
    return not found and (len(failures) > 1 or "{" not in request.match.path)


class _Comparison:
    """Reports mismatches between responses and the spec.

    Args:
        bundle: The OpenAPI document.
        before: The fixtures, which hold earlier responses.
    """

    def __init__(self, bundle: dict[str, Any], before: list[dict[str, Any]]) -> None:
        self._before = before
        self._validation = Validation(bundle, known_words=True)
        self._pattern = SecretPattern(Security(bundle).names)
        self._checker = Checker(bundle, validation=self._validation)

    def differences(self, responses: list[Response]) -> Iterator[Difference]:
        """The mismatches of the responses of an operation, each path once."""
        found: dict[tuple[str, str], list[tuple[Request, str, str]]] = {}
        for request, exchange in responses:
            for what, path, expected, got in self._differences(request, exchange):
                found.setdefault((what, self._pattern.masked(path)), []).append((request, expected, got))
        for (what, path), places in found.items():
            urls = list(dict.fromkeys(request.redacted_url for request, _, _ in places))
            expected = " or ".join(sorted({expected for _, expected, _ in places}))
            got = " or ".join(sorted({got for _, _, got in places}))
            yield Difference(places[0][0].match.operation_id, what, path, expected, got, len(urls), len(responses), urls[0])
        yield from _missing_parts(responses)

    def _differences(self, request: Request, exchange: Exchange) -> Iterator[tuple[str, str, str, str]]:
        """The mismatches of a response: kind, path, expected and received value."""
        successes = [status for status in request.match.operation["responses"] if status.startswith("2")]
        if str(exchange.status) not in successes:
            yield "status", "$", " or ".join(successes), str(exchange.status)
            return
        faults = self._checker.faults(exchange, request.match)
        if of_schema := [violation for step, violation in faults if step == CONFORM]:
            yield from (_mismatch(violation, self._pattern) for violation in of_schema)
        elif faults:
            step, violation = faults[0]
            yield "unreadable", re.sub(r"\[\d+\]", "[]", violation.path), "a body that the client can read", f"a {step.replace('_', ' ')} failure"

    def unseen(self, responses: list[Response], reported: set[str]) -> Iterator[Difference]:
        """The optional keys that fixtures of the same requests have, and that no response has although it has the object around them.

        Args:
            responses: The responses of an operation.
            reported: The paths that are reported as drift already.
        """
        seen = {found for request, exchange in responses for found in self._keys(exchange.body, self._schema(request, exchange), "$")}
        for request, exchange in responses:
            for fixture in self._before:
                asked = fixture["request"]["path"], fixture["request"]["query"], fixture["response"]["status"]
                if asked != (request.path, request.query, exchange.status) or fixture["operation_id"] != request.match.operation_id:
                    continue
                for holder, key in self._keys(fixture["response"]["body"], self._schema(request, exchange), "$"):
                    path = member(holder, key)
                    if (holder, "") in seen and (holder, key) not in seen and path not in reported:
                        reported.add(path)
                        yield Difference(
                            request.match.operation_id, "gone key", path, "as before", "missing", len(responses), len(responses), request.redacted_url
                        )

    def _schema(self, request: Request, exchange: Exchange) -> dict[str, Any]:
        response = self._checker.response(request.match, exchange.status) or {}
        return json_schema(response) or {}

    def _keys(self, value: Any, schema: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
        """The described objects in a value: the path of each with an empty key, and with each known key."""
        schema = self._validation.schema_of(schema, value)
        if isinstance(value, list):
            for item in value:
                yield from self._keys(item, schema.get("items", {}), f"{path}[]")
        elif isinstance(value, dict) and "properties" in schema:
            yield path, ""
            for key, item in value.items():
                if key in schema["properties"]:
                    yield path, key
                    yield from self._keys(item, schema["properties"][key], member(path, key))
        elif isinstance(value, dict) and isinstance(others := schema.get("additionalProperties"), dict):
            for item in value.values():
                yield from self._keys(item, others, f"{path}.{{}}")


def _missing_parts(responses: list[Response]) -> Iterator[Difference]:
    """The requested parts that no response has."""
    asked: dict[str, list[Request]] = {}
    for request, _ in responses:
        for part in filter(None, request.query.get(APPEND_TO_RESPONSE, "").split(",")):
            asked.setdefault(part, []).append(request)
    for part, requests in asked.items():
        if not any(isinstance(exchange.body, dict) and part in exchange.body for _, exchange in responses):
            first, path = requests[0], member("$", part)
            yield Difference(first.match.operation_id, "gone key", path, "the appended part", "missing", len(requests), len(responses), first.redacted_url)


def _mismatch(violation: Violation, secrets: SecretPattern) -> tuple[str, str, str, str]:
    """The mismatch of a violation: kind, path, expected and received value."""
    path, value, got = violation.folded or violation.path, violation.value, kind_of(violation.value)
    match violation.keyword:
        case "":
            return "unreadable", path, "JSON", "something else"
        case "required":
            return "gone key", path, "a key", "missing"
        case "additionalProperties":
            return "new key", path, "no such key", got
    expected = violation.expected or "a known word"
    if value is None:
        return "null", path, expected, got
    if violation.keyword in ("enum", "const"):
        is_word = isinstance(value, str) and WORD.fullmatch(value) and not secrets.is_in(value)
        return "new value", path, expected, repr(value) if is_word else got
    return "retyped", path, expected, f"another {got}" if violation.keyword == "format" else got


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        0 if all responses conform to the spec; 1 if any differs; 2 if no request could be sent.
    """
    parser = argparse.ArgumentParser(prog="python -m generator.evidence.live_check", description="Compare the live API with the spec.")
    parser.add_argument("--base-url", metavar="URL", help="a server to use in place of the live API (default: TMDB_BASE_URL, or the live API)")
    parser.add_argument("--tag", action="append", default=[], help="check only operations of this tag; can be repeated")
    parser.add_argument("--json", action="store_true", help="print one JSON object, with the title and the body of an issue")
    options = parser.parse_args(arguments)
    try:
        bundle, fixtures = Spec(SPEC).bundle, read_fixtures(FIXTURES)
        requests = [request for request in requests_of(bundle, fixtures) if not options.tag or request.match.tag in options.tag]
        if unknown := sorted(set(options.tag) - {request.match.tag for request in requests}):
            parser.error(f"no request has the tag {', '.join(unknown)}")
        with closing(API(bundle, options.base_url)) as api:
            api.check()
            report = compare(api, requests, bundle, fixtures)
    except (APIUnavailableError, SpecError, ValueError) as error:
        report_error(parser.prog, error)
        return 2
    emit([json.dumps(report.to_dict(), indent=1)] if options.json else map(printable, report.to_text().split("\n")))
    return 1 if report.drift else 0


if __name__ == "__main__":
    sys.exit(main())
