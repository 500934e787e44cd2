"""Schemas of models for pydantic and FastAPI. Only pydantic imports this module, through the hooks of the models."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from types import NoneType, UnionType
from typing import Annotated, Any, NotRequired, Union, get_args, get_origin

from pydantic import ConfigDict, Field, GetCoreSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, PydanticCustomError, core_schema
from typing_extensions import TypedDict  # pydantic takes no other before Python 3.12, and brings this one

from .codecs import UNKNOWN_KEY, Reading, codec_of
from .decode import describe
from .encode import to_dict
from .errors import TMDBError
from .models import fields_of
from .types import UnsetType, WireType

__all__ = ["model_schema", "unknown_row_schema"]

TAG = "media_type"
MOST_MISMATCHES = 5
"""The maximum number of mismatches in an error message."""


def model_schema(model: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
    """Create the schema of a model.

    It accepts objects of the model, and dicts, which may contain such objects, like a client: unknown keys are kept, and values that do not
    match the spec are rejected. It serializes them to TMDB's JSON. The JSON schema is that of a `TypedDict` with the keys of the wire.
    """

    def validate(value: Any, _: object) -> Any:
        if isinstance(value, model):
            return value
        mismatches: list[str] = []

        def report(path: str, expected: str, got: str) -> None:
            if got != UNKNOWN_KEY:
                mismatches.append(f"{path}: {describe(expected, got)}")

        try:
            instance = codec_of(model).read(to_dict(value), Reading(report))
        except (TypeError, TMDBError) as error:
            raise PydanticCustomError("tmdb_mismatch", "not a {model}: {mismatches}", {"model": model.__name__, "mismatches": str(error)}) from None
        if mismatches:
            raise PydanticCustomError("tmdb_mismatch", "not a {model}: {mismatches}", {"model": model.__name__, "mismatches": _listed(mismatches)})
        return instance

    validate.__name__ = validate.__qualname__ = model.__name__  # which is how an error of a union names it
    schema = handler.generate_schema(_wire_dict(model))
    return core_schema.no_info_wrap_validator_function(validate, schema, serialization=_as_the_wire_has_it())


def unknown_row_schema(unknown_row: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
    """Create the schema of rows with an unknown tag. It rejects known tags, so that the order of a union does not matter."""

    def validate(value: Any, _: object) -> Any:
        if isinstance(value, unknown_row):
            return value
        tag = value.get(TAG) if isinstance(value, dict) else None
        if not isinstance(tag, str) or tag in unknown_row.known_tags:
            raise PydanticCustomError("tmdb_mismatch", "not a row with an unknown tag")
        return unknown_row(value)

    validate.__name__ = validate.__qualname__ = unknown_row.__name__
    schema = handler.generate_schema(_unknown_row_dict(unknown_row))
    return core_schema.no_info_wrap_validator_function(validate, schema, serialization=_as_the_wire_has_it())


def _as_the_wire_has_it() -> Any:
    return core_schema.plain_serializer_function_ser_schema(to_dict)


def _listed(mismatches: list[str]) -> str:
    more = len(mismatches) - MOST_MISMATCHES
    return "; ".join(mismatches[:MOST_MISMATCHES]) + (f"; and {more} more" if more > 0 else "")


@cache
def _wire_dict(model: Any) -> Any:
    """The `TypedDict` of a model's JSON object."""
    described = _components(model).get(model.__name__, {})
    keys: dict[str, Any] = {}
    for field in fields_of(model):
        if not field.by_pattern:
            schema = described.get("properties", {}).get(field.wire_name, {})
            type_: Any = Annotated[_wire_type(model, field.type_), Field(description=schema.get("description"), deprecated=schema.get("deprecated"))]
            keys[field.wire_name] = type_ if field.required else NotRequired[type_]
    return _typed_dict(model, keys, described.get("description") or model.__doc__)


@cache
def _unknown_row_dict(unknown_row: Any) -> Any:
    return _typed_dict(unknown_row, {TAG: str}, unknown_row.__doc__.partition("\n")[0])


def _typed_dict(class_: Any, keys: dict[str, Any], description: str) -> Any:
    """A `TypedDict` with the name of a class, which is the name of its component in a JSON schema."""
    dict_type = TypedDict(class_.__name__, keys)  # type: ignore[misc]
    dict_type.__module__, dict_type.__doc__ = "tmdbkit.models", description  # which is in the name of the component where another has the same name
    dict_type.__pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[attr-defined]
    return dict_type


def _wire_type(model: Any, type_: Any) -> Any:
    """The type of a value in JSON."""
    origin, arguments = get_origin(type_), get_args(type_)
    if origin is Annotated:
        wire_type = next(argument for argument in arguments if isinstance(argument, WireType))
        schema = _components(model)[wire_type.name]
        return Annotated[str, WithJsonSchema({key: value for key, value in schema.items() if not key.startswith("x-")})]
    if origin in (Union, UnionType):
        members = [_wire_type(model, member) for member in arguments if member is not UnsetType]
        return Union[tuple(None if member is NoneType else member for member in members)]  # noqa: UP007
    if origin is list:
        return list[_wire_type(model, arguments[0])]  # type: ignore[misc]
    return dict[str, _wire_type(model, arguments[1])] if origin is dict else type_  # type: ignore[misc]


def _components(model: Any) -> dict[str, Any]:
    """The schemas of the OpenAPI description for a model or its base class."""
    modules = [base.__module__ for base in model.__mro__ if ".models." in base.__module__]
    return _components_of(modules[0].partition(".")[0]) if modules else {}


@cache
def _components_of(package: str) -> dict[str, Any]:
    """The schemas of the OpenAPI description in a generated package; in the work tree the file is beside the package."""
    folder = files(package)
    shipped = folder.joinpath("openapi.json")
    text = (shipped if shipped.is_file() else folder.joinpath("..", "openapi.json")).read_text(encoding="utf-8")
    schemas: dict[str, Any] = json.loads(text)["components"]["schemas"]
    return schemas
