"""Rules for fixtures, which are the examples of the spec."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from generator.bundle import operations_of
from generator.completion import FixtureFile
from generator.load import Location, Mapping, SpecError, load, parse_json
from generator.validation import Validation, Violation

from .registry import Problem, rule
from .spec_index import Node, SpecIndex, schema_of
from .texts import fault_of_text

__all__ = ["example_summary", "fixture_of_operation", "fixture_request", "fixture_without_secrets", "parameter_example", "valid_body"]


@rule
def valid_body(index: SpecIndex) -> Iterator[Problem]:
    """The bodies of every fixture are valid against their schemas; a key that the schema does not know is an error."""
    validation = Validation(index.bundle)
    for same in faults_of_bodies(index, validation).values():
        file, path, violation = same[0]
        location, place = line_in(index, file, keys_of(path)), validation.place_of(violation)
        count = len({file for file, *_ in same})
        if count > 1 and place:
            key = f"{keys_of(path)[-1]!r}: " if violation.keyword in ("required", "additionalProperties") else ""
            yield index.spec.locate(["components", "schemas", *place]), f"{key}{violation.reason} in {count} fixtures, such as {location}"
        else:
            yield location, f"{path}: {violation.reason}{f' ({len(same)} times)' if len(same) > 1 else ''}"


def faults_of_bodies(index: SpecIndex, validation: Validation) -> dict[Any, list[tuple[Path, str, Violation]]]:
    """The violations of fixtures, by the fault of the schema or fixture: the file, the JSON path, and the violation."""
    found: dict[Any, list[tuple[Path, str, Violation]]] = {}
    for fixture in index.fixtures:
        if fixture.value and (operation := index.operation(fixture.operation_id)):
            response = operation.responses.get(fixture.status)
            for part, schema in (("request", operation.body), ("response", response and schema_of(response))):
                if schema and "body" in fixture.value[part]:
                    for violation in validation.violations(index.spec.bundled(schema.value), fixture.value[part]["body"]):
                        path = f"$.{part}.body{violation.path.removeprefix('$')}"
                        found.setdefault(violation.fault, []).append((fixture.file, path, violation))
    return found


def keys_of(path: str) -> list[str | int]:
    """The keys in a JSON path such as `$.results[3].id`."""
    found = re.findall(r"\.([^.\[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]", path)
    return [int(number) if number else name or re.sub(r"\\(.)", r"\1", quoted) for name, number, quoted in found]


def line_in(index: SpecIndex, file: Path, keys: Iterable[str | int]) -> Location:
    """The location of a value in a JSON file, which is also YAML."""
    display_path = index.spec.display_path(file)
    try:
        return index.spec.locate_below(load(file, display_path), keys)
    except SpecError:
        return Location(display_path, 1)


@rule
def fixture_of_operation(index: SpecIndex) -> Iterator[Problem]:
    """Each operation has a fixture. Each fixture has the name of its operation, which states the status."""
    known = {operation.operation_id: operation for operation in index.operations}
    for fixture in index.fixtures:
        if fixture.value is None:
            yield fault_of_file(fixture)
        elif (operation := known.get(fixture.operation_id)) is None:
            yield line_in(index, fixture.file, ["operation_id"]), f"there is no operation {fixture.operation_id!r}"
        elif fixture.stem != (stem := f"{operation.tag}/{operation.action}"):
            yield line_in(index, fixture.file, ["operation_id"]), f"a fixture of {fixture.operation_id} is called {stem}.json or {stem}.<variant>.json"
        elif fixture.status not in operation.responses:
            yield line_in(index, fixture.file, ["response", "status"]), f"{fixture.operation_id} does not state the status {fixture.status}"
    with_fixture = {fixture.operation_id for fixture in index.fixtures}
    for operation in index.operations:
        if operation.operation_id not in with_fixture:
            yield operation.node.at("operationId"), f"{operation.operation_id} has no fixture under tests/fixtures/"


def fault_of_file(fixture: FixtureFile) -> Problem:
    """The finding for a file that is not a fixture."""
    try:
        parse_json(fixture.file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        return Location(fixture.location.path, error.lineno), f"the fixture is not JSON: {error.msg}"
    except ValueError as error:
        return fixture.location, f"the fixture is not JSON: {error}"
    return fixture.location, "the fixture is not a JSON object with operation_id, request and response"


@rule
def fixture_request(index: SpecIndex) -> Iterator[Problem]:
    """The request of a fixture has the method and the path of its operation, parameters that this has, and credentials of the spec."""
    known = {operation.operation_id: operation for operation in index.operations}
    sent = {name for fixture in index.fixtures if fixture.value for name in fixture.value["request"].get("query") or ()}
    for fixture in index.fixtures:
        if fixture.value is None or (operation := known.get(fixture.operation_id)) is None:
            continue
        request, path = fixture.value["request"], "[^/]+".join(map(re.escape, re.split(r"\{[^}]*\}", operation.path)))
        if str(request.get("method")).lower() != operation.method:
            yield line_in(index, fixture.file, ["request", "method"]), f"{operation.operation_id} is a {operation.method.upper()}"
        if not re.fullmatch(path, str(request.get("path"))):
            yield line_in(index, fixture.file, ["request", "path"]), f"the path of {operation.operation_id} is {operation.path}"
        for name in (request.get("query") or {}).keys() - operation.names - {*index.security.in_query}:
            parameters = {str(node.value["name"]): node for node in operation.parameters if node.value["name"] not in sent}
            if close := get_close_matches(name, parameters, 1):  # that of the spec is misspelt, as no fixture has it
                yield parameters[close[0]].at("name"), f"no fixture has {close[0]!r}, and {fixture.name} has {name!r}: one of them is misspelt"
            else:
                yield line_in(index, fixture.file, ["request", "query", name]), f"{operation.operation_id} has no parameter {name!r}"
        for name in {*request.get("security", ())} - index.security.schemes.keys():
            yield line_in(index, fixture.file, ["request", "security"]), f"there is no security scheme {name!r}"


@rule
def example_summary(index: SpecIndex) -> Iterator[Problem]:
    """`x-example-summaries` has phrases, by the variant or the full name of a fixture."""
    summaries = index.extension("x-example-summaries") or Mapping()
    names = {name for fixture in index.fixtures for name in (fixture.name, fixture.variant)}
    for name, text in summaries.items():
        if name not in names:
            yield summaries.at(name), f"no fixture has the variant or name {name!r}"
        elif fault := fault_of_text(str(text), phrase=True):
            yield summaries.at(name), f"the summary {fault}"


@rule
def fixture_without_secrets(index: SpecIndex) -> Iterator[Problem]:
    """A fixture has no secret header, and no credential in its query: it names the credentials that were sent."""
    secret = {("response", "headers"): {*index.security.headers}, ("request", "query"): {*index.security.in_query}}
    for fixture in index.fixtures:
        for keys, names in secret.items():
            part = (fixture.value or {}).get(keys[0], {}).get(keys[1]) or {}
            yield from ((line_in(index, fixture.file, [*keys, name]), f"{name!r} holds a credential") for name in part if name.lower() in names)


@rule
def parameter_example(index: SpecIndex) -> Iterator[Problem]:
    """Each parameter has a valid example: its own, or a value from a fixture. A parameter with `x-redact` has its own, a placeholder."""
    validation = Validation(index.bundle) if index.schemas else None
    for parameter in index.of("parameter"):
        schema = parameter.child("schema")
        found = parameter.value.get("example", example_in(index, parameter))
        if found is None:
            reason = "values of fixtures are not used with x-redact" if "x-redact" in parameter.value else "no fixture has it in its request"
            yield parameter.at(), f"{parameter.value['name']!r} needs an example: {reason}"
        elif validation and schema:
            for violation in validation.violations(index.spec.bundled(schema.value), found):
                yield parameter.at("example"), f"the example {found!r}: {violation.reason}"


def example_in(index: SpecIndex, parameter: Node) -> Any:
    """The example of a parameter in the bundle."""
    if parameter.parent is None:
        return index.bundle["components"]["parameters"][parameter.name].get("example")
    operation = parameter.parent.value
    described = next(one for _, _, one in operations_of(index.bundle) if one.get("operationId") == operation.get("operationId"))
    return described["parameters"][int(parameter.name)].get("example")
