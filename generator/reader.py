"""Reads the bundle with openapi-python-client, which decides what is generated. `surface.py` adds what it does not parse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError

from .bundle import json_schema, operations_of
from .references import name_of, resolve
from .text import excerpt

__all__ = ["Document", "GenerationError", "Model", "Operation", "Property", "config_of", "described_in", "document_of", "parse", "read"]


class GenerationError(Exception):
    """The package cannot be generated."""


@dataclass(frozen=True)
class Property:
    """A property of a model, or a parameter of an operation."""

    wire_name: str
    required: bool
    description: str


@dataclass(frozen=True)
class Operation:
    """An operation.

    Attributes:
        body: The name of the model of the request body; empty without a body.
        statuses: The description of the response for each status.
    """

    operation_id: str
    method: str
    path: str
    summary: str
    description: str
    path_parameters: tuple[Property, ...]
    query_parameters: tuple[Property, ...]
    body: str
    statuses: dict[str, str]


@dataclass(frozen=True)
class Model:
    """A model, with its properties in the order of the spec."""

    name: str
    description: str
    properties: tuple[Property, ...]


@dataclass(frozen=True)
class Document:
    """The operations and models of a bundle.

    Attributes:
        data: The result of openapi-python-client, for its templates.
    """

    operations: tuple[Operation, ...]
    models: dict[str, Model]
    data: GeneratorData | None = None


def read(bundle: dict[str, Any]) -> Document:
    """Read a bundle with openapi-python-client.

    Raises:
        GenerationError: It did not read a part of the bundle.
    """
    data = parse(bundle)
    document = document_of(data)
    errors = [error for collection in data.endpoint_collections_by_tag.values() for error in collection.parse_errors]
    problems = [f"{error.header}: {error.detail}" for error in (*data.errors, *errors)]
    if problems := [*problems, *_lost(described_in(bundle), document)]:
        raise GenerationError(excerpt("\n".join(f"openapi-python-client: {' '.join(problem.split())}" for problem in problems), first=8))
    return document


def parse(bundle: dict[str, Any]) -> GeneratorData:
    """Parse a bundle with openapi-python-client.

    Raises:
        GenerationError: openapi-python-client does not accept the document.
    """
    parsed = GeneratorData.from_dict(json.loads(json.dumps(bundle)), config=config_of(Path()))
    if isinstance(parsed, GeneratorError):
        raise GenerationError(f"openapi-python-client: {parsed.header}: {parsed.detail}")
    return parsed


def config_of(directory: Path) -> Config:
    """The settings of openapi-python-client, for a package in a folder."""
    return Config.from_sources(ConfigFile(), MetaType.NONE, directory / "openapi.json", "utf-8", True, directory)


def document_of(data: GeneratorData) -> Document:
    """The document that openapi-python-client parsed."""
    operations = (_operation(endpoint) for collection in data.endpoint_collections_by_tag.values() for endpoint in collection.endpoints)
    models = (Model(str(model.class_info.name), _text(model.description), tuple(_properties_of(model))) for model in data.models)
    return Document(tuple(operations), {model.name: model for model in models}, data)


def _operation(endpoint: Any) -> Operation:
    return Operation(
        operation_id=str(endpoint.name),
        method=endpoint.method.upper(),
        path=_text(endpoint.path),
        summary=_text(endpoint.summary),
        description=_text(endpoint.description),
        path_parameters=tuple(map(_property, endpoint.path_parameters)),
        query_parameters=tuple(map(_property, endpoint.query_parameters)),
        body=next((str(body.prop.class_info.name) for body in endpoint.bodies), ""),
        statuses={str(response.status_code.pattern): _text(response.data.description) for response in endpoint.responses.patterns},
    )


def _properties_of(model: Any) -> Iterator[Property]:
    properties = {_text(one.name): one for one in (*model.required_properties, *model.optional_properties)}
    for name in map(_text, model.data.properties or ()):
        if name in properties:
            yield _property(properties[name])


def _property(property_: Any) -> Property:
    return Property(_text(property_.name), property_.required, _text(property_.description))


def _text(text: Any) -> str:
    """A text of the spec, unwrapped: openapi-python-client wraps texts to have templates escape them."""
    return "" if text is None else str(text.get_untrusted_value() if hasattr(text, "get_untrusted_value") else text)


def described_in(bundle: dict[str, Any]) -> Document:
    """Read a bundle without openapi-python-client: to find the parts that it loses, and to compare bundles that it may not accept."""
    operations = (_described(bundle, path, method, operation) for path, method, operation in operations_of(bundle))
    models = {}
    for name, schema in bundle["components"]["schemas"].items():
        if "properties" in schema:
            required = schema.get("required", ())
            properties = (Property(one, one in required, value.get("description", "")) for one, value in schema["properties"].items())
            models[name] = Model(name, schema.get("description", ""), tuple(properties))
    return Document(tuple(operations), models)


def _described(bundle: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> Operation:
    parameters = [resolve(bundle, one) for one in operation.get("parameters", ())]
    read = {
        place: tuple(Property(one["name"], one.get("required", False), one.get("description", "")) for one in parameters if one["in"] == place)
        for place in ("path", "query")
    }
    body = json_schema(operation.get("requestBody", {}))
    statuses = {status: response.get("description", "") for status, response in operation["responses"].items()}
    texts = operation["summary"], operation.get("description", "")
    return Operation(operation["operationId"], method.upper(), path, *texts, read["path"], read["query"], name_of(body) if body else "", statuses)


def _lost(described: Document, found: Document) -> Iterator[str]:
    """The parts of a bundle that openapi-python-client did not read."""
    for name, model in described.models.items():
        if name in found.models:
            yield from (f"did not read the property {one} of {name}" for one in _missing(model.properties, found.models[name].properties))
        else:
            yield f"did not read the schema {name}"
    operations = {operation.operation_id: operation for operation in found.operations}
    for operation in described.operations:
        if other := operations.get(operation.operation_id):
            lost = [f"parameter {one}" for one in _missing(operation.path_parameters, other.path_parameters)]
            lost += [f"parameter {one}" for one in _missing(operation.query_parameters, other.query_parameters)]
            lost += ["body"] if operation.body and not other.body else []
            lost += [f"response {status}" for status in operation.statuses if status not in other.statuses]
            yield from (f"did not read the {what} of {operation.operation_id}" for what in lost)
        else:
            yield f"did not read the operation {operation.operation_id}"


def _missing(described: tuple[Property, ...], found: tuple[Property, ...]) -> list[str]:
    names = {one.wire_name for one in found}
    return [one.wire_name for one in described if one.wire_name not in names]
