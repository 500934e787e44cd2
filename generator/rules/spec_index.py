"""The spec as its rules look at it: the parts of its files by kind, its operations, its fixtures, and what leads to what."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from jsonschema.exceptions import ValidationError
from openapi_spec_validator import OpenAPIV31SpecValidator

from generator.bundle import JSON, METHODS, Spec
from generator.load import Location, Mapping, Sequence

__all__ = ["GRAMMAR", "FixtureFile", "Node", "OperationNode", "SpecIndex"]


def _keys(leaves: str, **children: str) -> dict[str, str]:
    return {**dict.fromkeys(leaves.split(), ""), **children}


GRAMMAR: dict[str, dict[str, str]] = {
    "root": _keys("openapi security x-status-codes x-requests", info="info", servers="[server]", tags="[tag]", paths="{path item}", components="components"),
    "info": _keys("title version summary description", license="license"),
    "license": _keys("name identifier url"),
    "server": _keys("url description"),
    "tag": _keys("name description"),
    "components": _keys("", securitySchemes="{security scheme}"),
    "security scheme": _keys("type scheme bearerFormat in name description"),
    "path item": dict.fromkeys(METHODS, "operation"),
    "operation": _keys(
        "operationId tags summary description security deprecated x-changes-state x-undocumented",
        parameters="[parameter]",
        requestBody="request body",
        responses="{response}",
    ),
    "parameter": _keys("name in description required deprecated style explode x-any-of x-redact x-window", schema="schema"),
    "request body": _keys("description required", content="{media type}"),
    "response": _keys("description", content="{media type}"),
    "media type": _keys("", schema="schema", examples="{example}"),
    "example": _keys("summary description externalValue"),
    "schema": _keys(
        "type format const enum description required default nullable minimum maximum exclusiveMinimum exclusiveMaximum multipleOf"
        " minLength maxLength pattern minItems maxItems uniqueItems x-python-type x-redact",
        properties="{schema}",
        items="schema",
        additionalProperties="schema",
        anyOf="[schema]",
        allOf="[schema]",
        oneOf="[schema]",
        discriminator="discriminator",
    ),
    "discriminator": _keys("propertyName mapping"),
}
"""What each kind of part may hold: its keys, and the kind of part that stands there, alone, in a sequence `[]` or in a mapping `{}`.

This is the part of OpenAPI 3.1 that the spec uses; keys that a house rule forbids by name are among them.
"""

REFERENCE = {"schema": _keys("$ref description x-redact"), "parameter": _keys("$ref"), "response": _keys("$ref"), "path item": _keys("$ref")}
"""What may stand beside a reference in the place of a part."""

FOLDERS = {"schemas": "schema", "parameters": "parameter", "responses": "response"}


@dataclass(eq=False)
class Node:
    """A part of the spec, as it stands in its file.

    Attributes:
        kind: What it is: a key of `GRAMMAR`.
        value: What it holds.
        file: The file.
        slot: The key of the part around it under which it stands, such as `properties`; empty for what a file holds.
        name: Its own name or number there, such as `title`; that of the file for what a file holds.
        parent: The part around it, in the same file.
    """

    kind: str
    value: Mapping
    file: Path
    slot: str = ""
    name: str = ""
    parent: Node | None = field(default=None, repr=False)
    children: list[Node] = field(default_factory=list, repr=False)

    def at(self, key: str | None = None) -> Location:
        return self.value.at(key)

    @property
    def grammar(self) -> dict[str, str]:
        """The keys that may stand here."""
        return REFERENCE.get(self.kind, {}) if "$ref" in self.value else GRAMMAR[self.kind]

    @property
    def types(self) -> list[str]:
        """The types that a schema names."""
        names = self.value.get("type", [])
        return list(names) if isinstance(names, list) else [names]

    def child(self, slot: str, name: str = "") -> Node | None:
        return next((node for node in self.children if node.slot == slot and node.name == name), None)

    def around(self) -> Iterator[Node]:
        """It and all that it lies in, in the same file, from the inside."""
        yield self
        if self.parent:
            yield from self.parent.around()

    def within(self) -> Iterator[Node]:
        """It and all that it holds."""
        yield self
        for node in self.children:
            yield from node.within()


@dataclass(eq=False)
class OperationNode:
    """An operation, with its references followed.

    Attributes:
        path: The path as the root names it.
        method: The HTTP method.
        node: The operation itself.
        parameters: Its parameters.
        responses: Its responses by status.
        body: The schema of its request body, if it has one.
    """

    path: str
    method: str
    node: Node
    parameters: list[Node]
    responses: dict[str, Node]
    body: Node | None

    @property
    def operation_id(self) -> str:
        return str(self.node.value.get("operationId", ""))

    @property
    def tag(self) -> str:
        return str(next(iter(self.node.value.get("tags", ())), ""))

    @property
    def action(self) -> str:
        """What follows the tag in its id; empty where that does not begin with the tag."""
        return self.operation_id.removeprefix(f"{self.tag}_") if self.operation_id.startswith(f"{self.tag}_") else ""

    @property
    def names(self) -> set[str]:
        """The names of its parameters."""
        return {str(parameter.value.get("name")) for parameter in self.parameters}

    @property
    def path_names(self) -> set[str]:
        """The names of its path parameters."""
        return {str(parameter.value.get("name")) for parameter in self.parameters if parameter.value.get("in") == "path"}

    @property
    def successes(self) -> list[Node | None]:
        """The schemas of its responses of success; None where one has no JSON."""
        return [schema_of(response) for status, response in self.responses.items() if status.startswith("2")]

    @property
    def success(self) -> Node | None:
        """The schema of its success response."""
        return next(iter(self.successes), None)


@dataclass(eq=False)
class FixtureFile:
    """A fixture.

    Attributes:
        file: The file.
        name: Its path among the fixtures, such as `movies/details.appended`.
        location: The file as findings name it.
        value: What it holds; None where that is no exchange.
    """

    file: Path
    name: str
    location: Location
    value: dict[str, Any] | None

    @property
    def operation_id(self) -> str:
        return str((self.value or {}).get("operation_id"))

    @property
    def status(self) -> str:
        return str((self.value or {}).get("response", {}).get("status"))


class SpecIndex:
    """The parts of a spec.

    Args:
        spec: The spec.

    Raises:
        SpecError: The files of the spec do not make a document.
    """

    def __init__(self, spec: Spec) -> None:
        self.spec, self.bundle = spec, spec.bundle
        values = {path: spec.files[path] for path in sorted(spec.used)}
        self.tops = {path: _node(kind, value, path) for path, value in values.items() if isinstance(value, Mapping) and (kind := self.kind_of(path))}
        self.root = self.tops[spec.root / "openapi.yaml"]

    @cached_property
    def errors(self) -> list[tuple[list[str], ValidationError]]:
        """What openapi-spec-validator has against a bundle that has the form of a document, each with the keys of the part that it was looking at.

        What has a `validator` is about a schema that is no JSON Schema. Over such a schema the validator itself may stumble, so it is the last.
        """
        found: list[tuple[list[str], ValidationError]] = []
        try:
            for keys, error in self._errors():
                found.append((keys, error))
                if isinstance(error.validator, str):
                    break
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            found.append(([], ValidationError(f"openapi-spec-validator cannot read the bundle: {error!r}", validator="schema")))
        return found

    def _errors(self) -> Iterator[tuple[list[str], ValidationError]]:
        validator = OpenAPIV31SpecValidator(self.bundle)
        document = validator.schema_path
        registered: Any = validator.keyword_validators_registry
        if "paths" in self.bundle:
            for path, item in (document / "paths").items():
                yield from ((["paths", str(path)], error) for error in registered["path"](path, item))
        if "tags" in self.bundle:
            yield from ((["tags"], error) for error in registered["tags"](document / "tags"))
        if "schemas" in self.bundle["components"]:
            for name, schema in (document / "components" / "schemas").items():
                yield from ((["components", "schemas", str(name)], error) for error in registered["schema"](schema))

    def kind_of(self, path: Path) -> str:
        """The kind of what a file holds, which its place tells; empty for a file of another kind."""
        match path.relative_to(self.spec.root).parts:
            case ("openapi.yaml",):
                return "root"
            case ("paths", _, _):
                return "path item"
            case (folder, _):
                return FOLDERS.get(folder, "")
        return ""

    @cached_property
    def nodes(self) -> list[Node]:
        """All parts."""
        return [node for top in self.tops.values() for node in top.within()]

    def of(self, *kinds: str) -> list[Node]:
        """The parts of some kinds, but for references."""
        return [node for node in self.nodes if node.kind in kinds and "$ref" not in node.value]

    def resolve(self, node: Node) -> Node:
        """What a reference leads to; another part itself."""
        return self.tops.get(self.spec.target(node.value, str(node.value["$ref"])), node) if "$ref" in node.value else node

    @cached_property
    def operations(self) -> list[OperationNode]:
        """The operations, in the order of the root."""
        items = [(item.name, self.resolve(item)) for item in self.root.children if item.slot == "paths"]
        return [self._operation(path, node) for path, item in items for node in item.children]

    def _operation(self, path: str, node: Node) -> OperationNode:
        parameters = [self.resolve(child) for child in node.children if child.slot == "parameters"]
        responses = {child.name: self.resolve(child) for child in node.children if child.slot == "responses"}
        body = node.child("requestBody")
        return OperationNode(path, node.slot, node, parameters, responses, schema_of(body) if body else None)

    def operation(self, operation_id: str) -> OperationNode | None:
        return next((operation for operation in self.operations if operation.operation_id == operation_id), None)

    @cached_property
    def schemas(self) -> list[Node]:
        """What the files of schemas hold."""
        return [node for node in self.tops.values() if node.kind == "schema"]

    @cached_property
    def in_responses(self) -> set[Node]:
        """The parts that responses lead to."""
        return self._reach(node for node in self.nodes if node.kind == "response")

    @cached_property
    def in_requests(self) -> set[Node]:
        """The parts that requests lead to."""
        return self._reach(node for node in self.nodes if node.kind in ("parameter", "request body"))

    def _reach(self, starts: Iterable[Node]) -> set[Node]:
        found: set[Node] = set()
        waiting = list(starts)
        while waiting:
            if (node := waiting.pop()) not in found:
                found.add(node)
                waiting += [*node.children, self.resolve(node)]
        return found

    @cached_property
    def examples(self) -> list[tuple[Node, Node]]:
        """The examples, each with the schema that it is an example of."""
        pairs = ((node, node.parent.child("schema") if node.parent else None) for node in self.of("example"))
        return [(node, schema) for node, schema in pairs if schema]

    @cached_property
    def fixtures(self) -> list[FixtureFile]:
        """The fixtures, which lie beside the spec."""
        directory = self.spec.root.parent / "tests" / "fixtures"
        return [self._fixture(path, path.relative_to(directory).with_suffix("").as_posix()) for path in sorted(directory.rglob("*.json"))]

    def _fixture(self, path: Path, name: str) -> FixtureFile:
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            value = None
        sound = isinstance(value, dict) and isinstance(value.get("request"), dict) and isinstance(value.get("response"), dict)
        return FixtureFile(path, name, Location(self.spec.shown(path), 1), value if sound else None)


def schema_of(node: Node) -> Node | None:
    """The schema of the JSON of a response or of a request's body."""
    content = node.child("content", JSON)
    return content.child("schema") if content else None


def _node(kind: str, value: Mapping, file: Path, slot: str = "", name: str = "", parent: Node | None = None) -> Node:
    node = Node(kind, value, file, slot, name if parent else file.stem, parent)
    for key, held in node.grammar.items():
        for child_name, child in _held(held, value.get(key)):
            node.children.append(_node(held.strip("[]{}"), child, file, key, child_name, node))
    return node


def _held(held: str, value: Any) -> list[tuple[str, Mapping]]:
    """The parts that a key holds, with their names."""
    if held.startswith("[") and isinstance(value, Sequence):
        pairs = [(str(index), item) for index, item in enumerate(value)]
    elif held.startswith("{") and isinstance(value, Mapping):
        pairs = list(value.items())
    else:
        pairs = [("", value)] if held[:1] not in ("", "[", "{") else []
    return [(name, item) for name, item in pairs if isinstance(item, Mapping)]
