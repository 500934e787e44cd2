"""The packaged fixtures and the operations of the generated package."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any, NamedTuple

import msgspec
import tmdb_openapi.api

from tmdbkit.runtime.operations import Operation

__all__ = ["Fixture", "package_fixtures", "package_operations"]


class Fixture(NamedTuple):
    """A recorded exchange.

    Attributes:
        name: The name of its file, such as `movies/details.appended`.
        operation_id: The operation.
        path: The path of the request.
        query: The query of the request, without credentials.
        request_body: The JSON body of the request.
        status: The HTTP status of the response.
        headers: The headers of the response.
        body: The JSON body of the response.
    """

    name: str
    operation_id: str
    path: str
    query: Mapping[str, str]
    request_body: Any
    status: int
    headers: Mapping[str, str]
    body: Any

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Fixture:
        """Build a fixture from the content of its file."""
        request, response = record["request"], record["response"]
        return cls(
            name=record["name"],
            operation_id=record["operation_id"],
            path=request["path"],
            query=request.get("query") or {},
            request_body=request.get("body"),
            status=response["status"],
            headers=response.get("headers") or {},
            body=response["body"],
        )


@cache
def package_fixtures() -> tuple[Fixture, ...]:
    """The packaged fixtures, each followed by its variants."""
    content = files("tmdb_openapi").joinpath("fixtures.json").read_bytes()
    return tuple(map(Fixture.from_record, msgspec.json.decode(content)))


@cache
def package_operations() -> tuple[Operation[Any], ...]:
    """Every operation of the generated package."""
    modules = [import_module(f"{tmdb_openapi.api.__name__}.{module.name}") for module in pkgutil.iter_modules(tmdb_openapi.api.__path__)]
    return tuple(value for module in modules for value in vars(module).values() if isinstance(value, Operation))
