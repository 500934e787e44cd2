"""Three validators of the spec: JSON Schema, the strict models of datamodel-code-generator, and the client's models."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Union

import pydantic
from tmdb_contract import models as strict

from generator.validation import Validation
from tests.conftest import bundle
from tests.support.calls import operations
from tmdbkit import DecodeError, decode

Fixture = dict[str, Any]


@cache
def validation() -> Validation:
    return Validation(bundle())


@cache
def _spec_operations() -> dict[str, Any]:
    return {operation["operationId"]: operation for item in bundle()["paths"].values() for operation in item.values()}


def response_schema(fixture: Fixture) -> dict[str, Any]:
    response = _spec_operations()[fixture["operation_id"]]["responses"][str(fixture["response"]["status"])]
    if "$ref" in response:
        response = bundle()["components"]["responses"][response["$ref"].rpartition("/")[2]]
    schema: dict[str, Any] = response["content"]["application/json"]["schema"]
    return schema


def strict_type(schema: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return getattr(strict, schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return Union[tuple(strict_type(member) for member in schema["anyOf"])]  # noqa: UP007
    return list[strict_type(schema["items"])]  # type: ignore[misc]


def schema_accepts(schema: dict[str, Any], body: Any) -> bool:
    return next(iter(validation().violations(schema, body)), None) is None


@cache
def _adapter(type_: Any) -> pydantic.TypeAdapter[Any]:
    return pydantic.TypeAdapter(type_)


def strict_model_accepts(type_: Any, body: Any) -> bool:
    try:
        _adapter(type_).validate_json(json.dumps(body), strict=True)
    except pydantic.ValidationError:
        return False
    return True


def client_accepts(fixture: Fixture, body: Any) -> bool:
    """Whether a strict client decodes a body."""
    try:
        decode(json.dumps(body).encode(), operations()[fixture["operation_id"]][2].returns(), strict=True)
    except DecodeError:
        return False
    return True
