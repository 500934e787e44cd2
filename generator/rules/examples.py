"""Rules for examples, which are fixtures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from generator.bundle import pointer_keys
from generator.load import Location, SpecError, load
from generator.validation import Validation

from .registry import Problem, rule
from .spec_index import FixtureFile, Node, OperationNode, SpecIndex, schema_of

__all__ = ["example", "example_is_fixture", "fixture_without_secrets", "fixtures"]


@rule
def example(index: SpecIndex) -> Iterator[Problem]:
    """An example is valid against its schema, and so are the bodies of every fixture; a key that the schema does not know is an error."""
    validation = Validation(index.bundle) if index.schemas else None
    seen: set[tuple[Path, str, Node]] = set()
    for file, pointer, body, schema in bodies(index):
        if validation and (file, pointer, schema) not in seen:
            seen.add((file, pointer, schema))
            names = pointer_keys(pointer)
            for violation in validation.violations(index.spec.bundled(schema.value), body):
                path = "".join(["$", *(f".{name}" for name in names), violation.path.removeprefix("$")])
                yield line_in(index, file, [*names, *keys_of(violation.path)]), f"{path}: {violation.reason}"


def bodies(index: SpecIndex) -> Iterator[tuple[Path, str, Any, Node]]:
    """The bodies to validate: the file, the JSON pointer, the body, and the schema."""
    for node, schema in index.examples:
        if "externalValue" in node.value:
            file, _, pointer = node.value["externalValue"].partition("#")
            yield index.spec.target(node.value, file), pointer, index.spec.bundled(node.value)["value"], schema
    for fixture in index.fixtures:
        if fixture.value and (operation := index.operation(fixture.operation_id)):
            response = operation.responses.get(fixture.status)
            for part, of_body in (("request", operation.body), ("response", response and schema_of(response))):
                if of_body and "body" in fixture.value[part]:
                    yield fixture.file, f"/{part}/body", fixture.value[part]["body"], of_body


def keys_of(path: str) -> list[str | int]:
    """The keys in a JSON path such as `$.results[3].id`."""
    found = re.findall(r"\.([^.\[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]", path)
    return [int(number) if number else name or re.sub(r"\\(.)", r"\1", quoted) for name, number, quoted in found]


def line_in(index: SpecIndex, file: Path, keys: Iterable[str | int]) -> Location:
    """The location of a value in a JSON file, which is also YAML."""
    shown = index.spec.shown(file)
    try:
        return index.spec.locate_below(load(file, shown), keys)
    except SpecError:
        return Location(shown, 1)


@rule
def fixtures(index: SpecIndex) -> Iterator[Problem]:
    """Each operation has a fixture, and each fixture an operation that states its status. One of success is an example of that response in the spec."""
    known = {operation.operation_id: operation for operation in index.operations}
    pointed = {context_of(index, node) for node in index.of("example")}
    for fixture in index.fixtures:
        if fixture.value is None:
            yield fixture.location, "the fixture is not a JSON object with operation_id, request and response"
        elif (operation := known.get(fixture.operation_id)) is None:
            yield line_in(index, fixture.file, ["operation_id"]), f"there is no operation {fixture.operation_id!r}"
        else:
            yield from ((line_in(index, fixture.file, keys), fault) for keys, fault in faults_of_fixture(fixture, operation, pointed))
    with_fixture = {fixture.operation_id for fixture in index.fixtures}
    for operation in index.operations:
        if operation.operation_id not in with_fixture:
            yield operation.node.at("operationId"), f"{operation.operation_id} has no fixture under tests/fixtures/"


def faults_of_fixture(fixture: FixtureFile, operation: OperationNode, pointed: set[tuple[str, str, Path, str]]) -> Iterator[tuple[list[str], str]]:
    """The mismatches between a fixture and its operation: the keys, and the fault."""
    stem = f"{operation.tag}/{operation.action}"
    if fixture.name.partition(".")[0] != stem:
        yield ["operation_id"], f"a fixture of {operation.operation_id} is called {stem}.json or {stem}.<variant>.json"
    if fixture.status not in operation.responses:
        yield ["response", "status"], f"{operation.operation_id} does not state the status {fixture.status}"
    elif fixture.status.startswith("2") and (operation.operation_id, fixture.status, fixture.file, "/response/body") not in pointed:
        yield ["operation_id"], f"the response {fixture.status} of {operation.operation_id} does not point at this fixture's #/response/body"


def context_of(index: SpecIndex, example: Node) -> tuple[str, str, Path, str]:
    """The context of an example: its operation and status, or empty texts; the file, and the JSON pointer."""
    around = {node.kind: node for node in example.around()}
    operation, response = around.get("operation"), around.get("response")
    file, _, pointer = str(example.value.get("externalValue", "")).partition("#")
    target = index.spec.target(example.value, file)
    return str(operation.value.get("operationId")) if operation else "", response.name if operation and response else "", target, pointer


@rule
def example_is_fixture(index: SpecIndex) -> Iterator[Problem]:
    """An example is a fixture of its operation and status under `tests/fixtures/`, pointed at by `externalValue`."""
    files = {fixture.file: fixture for fixture in index.fixtures}
    for node in index.of("example"):
        operation_id, status, file, _ = context_of(index, node)
        fixture = files.get(file)
        if "externalValue" not in node.value:
            yield node.at(), "the example has no externalValue"
        elif fixture is None:
            yield node.at("externalValue"), f"{node.value['externalValue']} is not a fixture under tests/fixtures/"
        elif operation_id not in ("", fixture.operation_id):
            yield node.at("externalValue"), f"the fixture belongs to {fixture.operation_id}, not to {operation_id}"
        elif status not in ("", fixture.status):
            yield node.at("externalValue"), f"the fixture has the status {fixture.status}, not {status}"


@rule
def fixture_without_secrets(index: SpecIndex) -> Iterator[Problem]:
    """A fixture has no header that holds a secret, and no credential in its query: the names of those that were sent are enough."""
    secret = {("response", "headers"): {*index.security.headers}, ("request", "query"): {*index.security.in_query}}
    for fixture in index.fixtures:
        for keys, names in secret.items():
            part = (fixture.value or {}).get(keys[0], {}).get(keys[1]) or {}
            yield from ((line_in(index, fixture.file, [*keys, name]), f"{name!r} holds a credential") for name in part if name.lower() in names)
