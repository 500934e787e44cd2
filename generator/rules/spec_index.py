"""An index of the spec for the rules: the parts of its files by kind, its operations, its fixtures, and the references between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from jsonschema.exceptions import ValidationError
from openapi_spec_validator import OpenAPIV31SpecValidator

from generator.bundle import METHODS, Spec
from generator.completion import JSON
from generator.load import Location, Mapping, Sequence
from generator.references import name_of
from generator.security import Security
from generator.type_mapper import WIRE_TYPES

__all__ = ["GRAMMAR", "Node", "OperationNode", "SpecIndex"]


def _keys(leaves: str, **children: str) -> dict[str, str]:
    return {**dict.fromkeys(leaves.split(), ""), **children}


GRAMMAR: dict[str, dict[str, str]] = {
    "root": _keys(
        "openapi security externalDocs x-example-summaries x-exports x-reference x-requests x-status-codes x-tagGroups x-vocabulary",
        info="info",
        servers="[server]",
        tags="[tag]",
        paths="{path item}",
        components="components",
    ),
    "info": _keys("title summary description termsOfService", contact="contact", license="license"),
    "contact": _keys("name url"),
    "license": _keys("name identifier url"),
    "server": _keys("url description"),
    "tag": _keys("name x-displayName description"),
    "components": _keys("", securitySchemes="{security scheme}"),
    "security scheme": _keys("type scheme bearerFormat in name description x-pattern"),
    "path item": dict.fromkeys(METHODS, "operation"),
    "operation": _keys(
        "operationId tags summary description security deprecated x-approval-page x-changes-state x-date-range x-no-store x-reference x-undocumented x-unpaged",
        parameters="[parameter]",
        requestBody="request body",
        responses="{response}",
    ),
    "parameter": _keys("name in description required deprecated style explode example x-any-of x-redact x-requires x-window", schema="schema"),
    "request body": _keys("description required", content="{media type}"),
    "response": _keys("description", headers="{header}", content="{media type}"),
    "header": _keys("description required example x-redact", schema="schema"),
    "media type": _keys("", schema="schema"),
    "schema": _keys(
        "type format const enum description required default nullable minimum maximum exclusiveMinimum exclusiveMaximum multipleOf"
        " minLength maxLength pattern minItems maxItems uniqueItems deprecated x-form x-redact",
        properties="{schema}",
        patternProperties="{schema}",
        items="schema",
        additionalProperties="schema",
        anyOf="[schema]",
        allOf="[schema]",
        oneOf="[schema]",
        discriminator="discriminator",
    ),
    "discriminator": _keys("propertyName mapping"),
}
"""The keys of each kind of part, and the kind of part in them: single, in a sequence `[]`, or in a mapping `{}`.

This is the part of OpenAPI 3.1 that the spec uses; keys that a house rule forbids by name are among them.
"""

REFERENCE = {"schema": _keys("$ref description deprecated x-redact"), **{kind: _keys("$ref") for kind in ("parameter", "response", "header", "path item")}}
"""The keys allowed beside a reference in place of a part."""

FOLDERS = {"schemas": "schema", "parameters": "parameter", "responses": "response", "headers": "header"}


@dataclass(eq=False)
class Node:
    """A part of the spec in its file.

    Attributes:
        kind: The kind: a key of `GRAMMAR`.
        value: The content.
        file: The file.
        slot: The key of the parent that holds the part, such as `properties`; empty at the top of a file.
        name: The name or number in that slot, such as `title`; at the top of a file its name.
        parent: The enclosing part in the same file.
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
        """The allowed keys."""
        return REFERENCE.get(self.kind, {}) if "$ref" in self.value else GRAMMAR[self.kind]

    @property
    def types(self) -> list[str]:
        """The types that a schema names."""
        names = self.value.get("type", [])
        return list(names) if isinstance(names, list) else [names]

    @property
    def is_wire_type(self) -> bool:
        """Whether it is the schema of a type of `tmdbkit.runtime.types`, which are known by their names: texts of some form."""
        return not self.parent and self.name in WIRE_TYPES and {type_ for node in self.within() for type_ in node.types} <= {"string", "null"}

    def child(self, slot: str, name: str = "") -> Node | None:
        return next((node for node in self.children if node.slot == slot and node.name == name), None)

    def around(self) -> Iterator[Node]:
        """The part and its ancestors in the same file, innermost first."""
        yield self
        if self.parent:
            yield from self.parent.around()

    def within(self) -> Iterator[Node]:
        """The part and its descendants."""
        yield self
        for node in self.children:
            yield from node.within()


@dataclass(eq=False)
class OperationNode:
    """An operation with resolved references.

    Attributes:
        path: The path in the root.
        method: The HTTP method.
        node: The operation itself.
        parameters: Its parameters.
        responses: Its responses by status, with those that the bundle adds.
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
        """The id without the tag; empty if the id does not begin with the tag."""
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
        """The schemas of its success responses; None for one without JSON."""
        return [schema_of(response) for status, response in self.responses.items() if status.startswith("2")]

    @property
    def success(self) -> Node | None:
        """The schema of its success response."""
        return next(iter(self.successes), None)


class SpecIndex:
    """An index of the parts of a spec.

    Args:
        spec: The spec.

    Raises:
        SpecError: The files of the spec do not form a document.
    """

    def __init__(self, spec: Spec) -> None:
        self.spec, self.bundle, self.fixtures = spec, spec.bundle, spec.fixtures
        values = {path: spec.files[path] for path in sorted(spec.used)}
        self.tops = {path: _node(kind, value, path) for path, value in values.items() if isinstance(value, Mapping) and (kind := self.kind_of(path))}
        self.root = self.tops[spec.root / "openapi.yaml"]

    @cached_property
    def security(self) -> Security:
        """The credentials and secrets of the bundle."""
        return Security(self.bundle)

    @cached_property
    def errors(self) -> list[tuple[list[str], ValidationError]]:
        """The errors of openapi-spec-validator for a well-formed bundle, each with the keys of the validated part.

        An error with a `validator` concerns a schema that is not JSON Schema. The validator itself may fail on such a schema, so it is the last.
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
        """The kind of part in a file, by its path; empty for other files."""
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
        """The parts of some kinds, without references."""
        return [node for node in self.nodes if node.kind in kinds and "$ref" not in node.value]

    def resolve(self, node: Node) -> Node:
        """The target of a reference; any other part itself."""
        return self.tops.get(self.spec.target(node.value, str(node.value["$ref"])), node) if "$ref" in node.value else node

    @cached_property
    def operations(self) -> list[OperationNode]:
        """The operations, in the order of the root."""
        items = [(item.name, self.resolve(item)) for item in self.root.children if item.slot == "paths"]
        return [self._operation(path, node) for path, item in items for node in item.children]

    def _operation(self, path: str, node: Node) -> OperationNode:
        parameters = [self.resolve(child) for child in node.children if child.slot == "parameters"]
        responses = {child.name: self.resolve(child) for child in node.children if child.slot == "responses"}
        for status, response in self.bundle["paths"][path][node.slot]["responses"].items():
            if status not in responses and (added := self.tops.get(self.spec.root / "responses" / f"{name_of(response)}.yaml")):
                responses[status] = added
        body = node.child("requestBody")
        return OperationNode(path, node.slot, node, parameters, responses, schema_of(body) if body else None)

    def extension(self, name: str) -> Any:
        """The value of an extension of the root, which may be a file of its own; None if it is absent."""
        value = self.root.value.get(name)
        return self.spec.files[self.spec.target(value, value["$ref"])] if isinstance(value, Mapping) and "$ref" in value else value

    def operation(self, operation_id: str) -> OperationNode | None:
        return next((operation for operation in self.operations if operation.operation_id == operation_id), None)

    @cached_property
    def schemas(self) -> list[Node]:
        """The schemas at the top of files."""
        return [node for node in self.tops.values() if node.kind == "schema"]

    @cached_property
    def in_responses(self) -> set[Node]:
        """The parts reachable from responses."""
        found: set[Node] = set()
        waiting = [node for node in self.nodes if node.kind == "response"]
        while waiting:
            if (node := waiting.pop()) not in found:
                found.add(node)
                waiting += [*node.children, self.resolve(node)]
        return found


def schema_of(node: Node) -> Node | None:
    """The JSON schema of a response or a request body."""
    content = node.child("content", JSON)
    return content.child("schema") if content else None


def _node(kind: str, value: Mapping, file: Path, slot: str = "", name: str = "", parent: Node | None = None) -> Node:
    node = Node(kind, value, file, slot, name if parent else file.stem, parent)
    for key, held in node.grammar.items():
        for child_name, child in _held(held, value.get(key)):
            node.children.append(_node(held.strip("[]{}"), child, file, key, child_name, node))
    return node


def _held(held: str, value: Any) -> list[tuple[str, Mapping]]:
    """The parts in a key, with their names."""
    if held.startswith("[") and isinstance(value, Sequence):
        pairs = [(str(index), item) for index, item in enumerate(value)]
    elif held.startswith("{") and isinstance(value, Mapping):
        pairs = list(value.items())
    else:
        pairs = [("", value)] if held[:1] not in ("", "[", "{") else []
    return [(name, item) for name, item in pairs if isinstance(item, Mapping)]
