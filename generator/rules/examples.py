"""Examples and fixtures, which are the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from generator.bundle import pointer_keys
from generator.load import Location, SpecError, load
from generator.rules.spec_index import FixtureFile, Node, OperationNode, Survey, schema_of
from generator.validation import Validation

from .registry import Problem, rule

__all__ = ["example", "example_is_fixture", "fixtures"]


@rule
def example(survey: Survey) -> Iterator[Problem]:
    """An example is valid against its schema, and so are the bodies of every fixture; a key that the schema does not know is an error."""
    validation = Validation(survey.bundle) if survey.schemas else None
    seen: set[tuple[Path, str, Node]] = set()
    for file, pointer, body, schema in bodies(survey):
        if validation and (file, pointer, schema) not in seen:
            seen.add((file, pointer, schema))
            names = pointer_keys(pointer)
            for violation in validation.violations(survey.spec.resolve(schema.value), body):
                path = "".join(["$", *(f".{name}" for name in names), violation.path.removeprefix("$")])
                yield line_in(survey, file, [*names, *keys_of(violation.path)]), f"{path}: {violation.reason}"


def bodies(survey: Survey) -> Iterator[tuple[Path, str, Any, Node]]:
    """The bodies to be validated: their file, the JSON pointer to them, themselves, and their schema."""
    for node, schema in survey.examples:
        if "externalValue" in node.value:
            file, _, pointer = node.value["externalValue"].partition("#")
            yield survey.spec.target(node.value, file), pointer, survey.spec.resolve(node.value)["value"], schema
    for fixture in survey.fixtures:
        if fixture.value and (operation := survey.operation(fixture.operation_id)):
            answer = operation.answers.get(fixture.status)
            for part, of_body in (("request", operation.body), ("response", answer and schema_of(answer))):
                if of_body and "body" in fixture.value[part]:
                    yield fixture.file, f"/{part}/body", fixture.value[part]["body"], of_body


def keys_of(path: str) -> list[str | int]:
    """The keys that a JSON path names, such as `$.results[3].id`."""
    found = re.findall(r"\.([^.\[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]", path)
    return [int(number) if number else name or re.sub(r"\\(.)", r"\1", quoted) for name, number, quoted in found]


def line_in(survey: Survey, file: Path, keys: Iterable[str | int]) -> Location:
    """Where a value stands in a JSON file, which is YAML, too."""
    shown = survey.spec.shown(file)
    try:
        return survey.spec.locate_below(load(file, shown), keys)
    except SpecError:
        return Location(shown, 1)


@rule
def fixtures(survey: Survey) -> Iterator[Problem]:
    """Each operation has a fixture, and each fixture an operation that states its status. One of success is an example of that answer in the spec."""
    known = {operation.operation_id: operation for operation in survey.operations}
    pointed = {place_of(survey, node) for node in survey.of("example")}
    for fixture in survey.fixtures:
        if fixture.value is None:
            yield fixture.location, "the fixture is no JSON object with operation_id, request and response"
        elif (operation := known.get(fixture.operation_id)) is None:
            yield line_in(survey, fixture.file, ["operation_id"]), f"there is no operation {fixture.operation_id!r}"
        else:
            yield from ((line_in(survey, fixture.file, keys), fault) for keys, fault in faults_of_fixture(fixture, operation, pointed))
    with_fixture = {fixture.operation_id for fixture in survey.fixtures}
    for operation in survey.operations:
        if operation.operation_id not in with_fixture:
            yield operation.node.at("operationId"), f"{operation.operation_id} has no fixture under tests/fixtures/"


def faults_of_fixture(fixture: FixtureFile, operation: OperationNode, pointed: set[tuple[str, str, Path, str]]) -> Iterator[tuple[list[str], str]]:
    """What is wrong with how a fixture and its operation belong together: where, and what."""
    place = f"{operation.tag}/{operation.action}"
    if fixture.name.partition(".")[0] != place:
        yield ["operation_id"], f"a fixture of {operation.operation_id} is called {place}.json or {place}.<variant>.json"
    if fixture.status not in operation.answers:
        yield ["response", "status"], f"{operation.operation_id} does not state the status {fixture.status}"
    elif fixture.status.startswith("2") and (operation.operation_id, fixture.status, fixture.file, "/response/body") not in pointed:
        yield ["operation_id"], f"the answer {fixture.status} of {operation.operation_id} does not point at this fixture's #/response/body"


def place_of(survey: Survey, example: Node) -> tuple[str, str, Path, str]:
    """Where an example stands and leads: the id of the operation and the status of the answer, empty outside of them; the file, and the JSON pointer."""
    around = {node.kind: node for node in example.around()}
    operation, answer = around.get("operation"), around.get("response")
    file, _, pointer = str(example.value.get("externalValue", "")).partition("#")
    target = survey.spec.target(example.value, file)
    return str(operation.value.get("operationId")) if operation else "", answer.name if operation and answer else "", target, pointer


@rule
def example_is_fixture(survey: Survey) -> Iterator[Problem]:
    """An example is a fixture of its operation and status under `tests/fixtures/`, pointed at by `externalValue`."""
    files = {fixture.file: fixture for fixture in survey.fixtures}
    for node in survey.of("example"):
        operation_id, status, file, _ = place_of(survey, node)
        fixture = files.get(file)
        if "externalValue" not in node.value:
            yield node.at(), "the example is no externalValue"
        elif fixture is None:
            yield node.at("externalValue"), f"{node.value['externalValue']} is no fixture under tests/fixtures/"
        elif operation_id not in ("", fixture.operation_id):
            yield node.at("externalValue"), f"the fixture is one of {fixture.operation_id}, not of {operation_id}"
        elif status not in ("", fixture.status):
            yield node.at("externalValue"), f"the fixture has the status {fixture.status}, not {status}"
