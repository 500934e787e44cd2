"""Records fixtures from the live API: short lists, placeholders for prose, and no credentials.

    python -m generator.recordings.record [--base-url URL] [movies/details 'movies/credits*' movies/details.heat=/3/movie/949]

vcrpy records the traffic in memory; `distill.py` decides what to keep. README.md beside this file is the manual.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from vcr import VCR  # type: ignore[import-untyped]
from vcr.persisters.filesystem import CassetteNotFoundError  # type: ignore[import-untyped]

from generator.bundle import Spec
from generator.console import printable, report_error
from generator.load import SpecError
from generator.paths import FIXTURES, SPEC
from generator.security import Security
from tmdbkit.errors import InvalidArgumentError, MissingCredentialError, TMDBError

from .distill import EVIDENCE, HEADERS, Distiller, DistillError
from .exchanges import Exchange, parsed
from .fixtures import read_fixtures
from .live import API, APIUnavailableError, Request
from .operations import Operations

__all__ = ["Recorder", "RejectedError", "Target", "main", "select"]


USUAL_ROWS = 3
"""The usual maximum length of lists in fixtures. Longer lists in an existing fixture are intended, and keep their length."""


@dataclass(frozen=True)
class Target:
    """A fixture to record.

    Attributes:
        name: The name, such as `movies/details.appended`.
        request: The request.
        fixture: The current content; None if the fixture is new.
    """

    name: str
    request: Request
    fixture: dict[str, Any] | None = None


class RejectedError(Exception):
    """A fixture cannot be recorded; the message says why, and does not quote the response."""


class _Memory:
    """Keeps cassettes off the disk."""

    @staticmethod
    def load_cassette(*_: object, **__: object) -> None:
        raise CassetteNotFoundError

    @staticmethod
    def save_cassette(*_: object, **__: object) -> None:
        pass


class Recorder:
    """Records fixtures.

    Args:
        api: The API to record from.
        bundle: The OpenAPI document.
        directory: The folder of the fixtures.
        evidence: How far the recording can be trusted; by default `wire` for the live API, and `written` for other servers.
    """

    def __init__(self, api: API, bundle: dict[str, Any], directory: Path, *, evidence: str = "") -> None:
        self._api, self._directory = api, directory
        self._distiller = Distiller(bundle)
        self._evidence = evidence or api.evidence
        self._vcr = VCR(
            record_mode="all",
            decode_compressed_response=True,
            filter_query_parameters=Security(bundle).in_query,
            before_record_request=_without_headers,
            before_record_response=_with_few_headers,
        )
        self._vcr.register_persister(_Memory)

    def record(self, target: Target) -> bool:
        """Record a fixture, and write it if it changed.

        Args:
            target: The fixture; the environment has all that its request needs.

        Returns:
            Whether it was written.

        Raises:
            RejectedError: There is no response, or it cannot become the fixture.
            APIUnavailableError: The server no longer responds.
            OSError: The fixture cannot be written; the previous content stays.
        """
        exchange, before = self._exchange(target), target.fixture
        longest = _longest(before["response"]["body"]) if before else 0
        try:
            distilled = self._distiller.fixture(
                exchange,
                evidence=self._evidence,
                security=before["request"]["security"] if before else (),
                secrets=self._api.secrets,
                rows=longest if longest > USUAL_ROWS else None,
            )
        except DistillError as error:
            raise RejectedError(str(error).removeprefix(f"{target.name}: ")) from None
        if before:
            if distilled.document["request"] != before["request"]:
                raise RejectedError("its request has parameters that the operation does not accept; correct it first")
            distilled.document["request"] = before["request"]  # in its own order
            if distilled.document["response"] == before["response"] and EVIDENCE.index(before["evidence"]) <= EVIDENCE.index(self._evidence):
                return False
        distilled.write(self._directory, target.name.partition(".")[2])
        return True

    def _exchange(self, target: Target) -> Exchange:
        """Send the request, and return the last exchange on the wire: the client may have retried."""
        with _without_logs(), self._vcr.use_cassette("in memory") as cassette:
            try:
                self._api.send(target.request)
            except (InvalidArgumentError, MissingCredentialError) as error:
                raise RejectedError(str(error)) from None
            except TMDBError as error:
                raise RejectedError(f"no response: {type(error).__name__}") from None
        request, response = cassette.requests[-1], cassette.responses[-1]
        status = response["status"]["code"]
        expected = target.fixture["response"]["status"] if target.fixture else 200
        if status != expected:
            raise RejectedError(f"TMDB responds with HTTP {status}, and the fixture has {expected}")
        url = urlsplit(request.uri)
        return Exchange(
            location=target.name,
            method=request.method,
            path=url.path.removeprefix(urlsplit(self._api.base_url).path),
            status=status,
            body=parsed(response["body"]["string"]),
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            request_body=parsed(request.body) if request.body else None,
            headers={name: values[0] for name, values in response["headers"].items()},
            date=datetime.now(UTC).isoformat(),
            source=self._api.source,
        )


def _without_headers(request: Any) -> Any:
    request.headers = {}
    return request


def _with_few_headers(response: dict[str, Any]) -> dict[str, Any]:
    response["headers"] = {name: values for name, values in response["headers"].items() if name.lower() in HEADERS}
    return response


@contextmanager
def _without_logs() -> Iterator[None]:
    """Disable logging: vcrpy and httpcore log whole responses, unredacted."""
    before = logging.root.manager.disable
    logging.disable()
    try:
        yield
    finally:
        logging.disable(before)


def _longest(value: Any) -> int:
    """The length of the longest list in a JSON value."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return max([len(value) if isinstance(value, list) else 0, *map(_longest, items)])


def select(names: Sequence[str], fixtures: Sequence[dict[str, Any]], operations: Operations, *, changes_state: bool = False) -> list[Target]:
    """The fixtures to record.

    Args:
        names: Names of fixtures, with `*` as a wildcard; or `name=path` of a new one. By default all that came from TMDB and can be requested again: not those
            written by hand, those that show a rejected credential, or those that repeat the request of another. An operation without a fixture gets one.
        fixtures: The existing fixtures.
        operations: The operations of the spec.
        changes_state: Whether to record a fixture whose request changes state at TMDB, if it is named in full.

    Raises:
        ValueError: A name matches no fixture or one that changes state, or is no name for a new one.
    """
    matching = [fixture for fixture in fixtures if fixture["name"] in names or operations.match(fixture["request"]["method"], fixture["request"]["path"])]
    targets = {fixture["name"]: Target(fixture["name"], Request.of_fixture(operations, fixture), fixture) for fixture in matching}
    read_only = [target for target in targets.values() if operations.is_read_only(target.request.match)]
    unrecorded, without_path = _unrecorded(fixtures, operations)
    if not names:
        first = {_request_key(target): target for target in reversed(read_only)}
        return [*(target for target in read_only if _is_from_tmdb(target) and first[_request_key(target)] is target), *unrecorded]
    read_only += unrecorded
    found: dict[str, Target] = {}
    for name in names:
        if "=" in name:
            selected = [_new(name, targets, operations)]
        elif name in targets:
            selected = [targets[name]]
            if targets[name] not in read_only and not changes_state:
                raise ValueError(f"{name} changes state at TMDB, perhaps permanently; record it with --changes-state")
        elif not (selected := [target for target in read_only if fnmatchcase(target.name, name)]):
            if name in without_path:
                raise ValueError(f"{name} is new, and its request is unknown: state it, as in {name}={without_path[name]}")
            raise ValueError(f"no read-only fixture is called {name}")
        found |= {target.name: target for target in selected}
    return list(found.values())


def _unrecorded(fixtures: Sequence[dict[str, Any]], operations: Operations) -> tuple[list[Target], dict[str, str]]:
    """The fixtures of operations that have none; and the names of those whose requests cannot be guessed, with the paths of the spec."""
    recorded = {fixture["operation_id"] for fixture in fixtures}
    requests = [fixture["request"]["path"] for fixture in fixtures if fixture["response"]["status"] < 400]
    targets, without_path = [], {}
    for match in operations.read_only:
        if match.operation_id not in recorded:
            name = f"{match.tag}/{match.operation_id.removeprefix(f'{match.tag}_')}"
            if url := operations.url_for(match, requests):
                targets.append(Target(name, Request.of(operations, "GET", url)))
            else:
                without_path[name] = match.path
    return targets, without_path


def _is_from_tmdb(target: Target) -> bool:
    return target.fixture is not None and target.fixture["evidence"] != "written" and target.fixture["response"]["status"] != 401


def _request_key(target: Target) -> str:
    """The identity of a request, including the types of its credentials."""
    request = target.request
    return json.dumps([request.match.method, request.path, dict(request.query), request.users()])


def _new(text: str, targets: dict[str, Target], operations: Operations) -> Target:
    """A new fixture.

    Raises:
        ValueError: The fixture exists, or the name does not fit its operation.
    """
    name, _, url = text.partition("=")
    request = Request.of(operations, "GET", url)
    stem = f"{request.match.tag}/{request.match.operation_id.removeprefix(f'{request.match.tag}_')}"
    if name in targets:
        raise ValueError(f"the fixture {name} exists; name it alone to record it again")
    if name.partition(".")[0] != stem:
        raise ValueError(f"a fixture of {url} is called {stem} or {stem}.<variant>, not {name}")
    if not operations.is_read_only(request.match):
        raise ValueError(f"{request.match.operation_id} changes state at TMDB; write its fixture by hand, and then record it with --changes-state")
    return Target(name, request)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        0 if every fixture was recorded or is unchanged; 1 if one was rejected, or there was nothing to record; 2 if no request could be sent or file written.
    """
    parser = argparse.ArgumentParser(prog="python -m generator.recordings.record", description="Record fixtures from the live API.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a fixture, such as movies/details or 'movies/*'; NAME=PATH for a new one (default: all)")
    parser.add_argument("--base-url", metavar="URL", help="a server to use in place of the live API (default: TMDB_BASE_URL, or the live API)")
    parser.add_argument("--changes-state", action="store_true", help="also record fixtures that change state at TMDB, if they are named in full")
    parser.add_argument("--evidence", default="", choices=EVIDENCE, help="how far the responses can be trusted (default: wire, and written for another server)")
    parser.add_argument("--spec", type=Path, default=SPEC, help="the folder of the spec")
    parser.add_argument("--fixtures", type=Path, default=FIXTURES, help="the folder of the fixtures")
    options = parser.parse_args(arguments)
    try:
        bundle = Spec(options.spec).bundle
        targets = select(options.names, read_fixtures(options.fixtures), Operations(bundle), changes_state=options.changes_state)
        with closing(API(bundle, options.base_url)) as api:
            api.check()
            counts = _record(Recorder(api, bundle, options.fixtures, evidence=options.evidence), api, targets)
    except (APIUnavailableError, OSError, SpecError, ValueError) as error:
        report_error(parser.prog, error)
        return 2
    print(", ".join(f"{count} {what}" for what, count in counts.items() if count) or "nothing to record")
    if counts["recorded"]:
        print("run `make generate`: the description shows the fixtures as examples")
    return 1 if counts["rejected"] or not counts["recorded"] + counts["unchanged"] else 0


def _record(recorder: Recorder, api: API, targets: Sequence[Target]) -> Counter[str]:
    """Record fixtures one by one, and print the result of each."""
    counts: Counter[str] = Counter()
    for target in targets:
        reason = ""
        try:
            if missing := api.missing(target.request):
                outcome, reason = "not asked", f": without {' and '.join(missing)}"
            else:
                outcome = "recorded" if recorder.record(target) else "unchanged"
        except RejectedError as error:
            outcome, reason = "rejected", f": {error}"
        counts[outcome] += 1
        print(printable(f"{outcome:<9}  {target.name}{reason}"), flush=True)
    return counts


if __name__ == "__main__":
    sys.exit(main())
