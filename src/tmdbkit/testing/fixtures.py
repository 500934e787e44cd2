"""The recorded exchanges that the fake answers from, and the operations that they are of."""

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
        name: The file that it was kept in, such as `movies/details.appended`.
        operation_id: The operation.
        path: The path of the request.
        query: The query of the request, without credentials.
        request_body: The JSON body of the request.
        status: The HTTP status of the answer.
        headers: The headers of the answer.
        body: The JSON body of the answer.
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
    def of(cls, record: Mapping[str, Any]) -> Fixture:
        """The fixture that a file holds."""
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
    """The fixtures that come with the package, the one without a variant before its variants."""
    content = files("tmdb_openapi").joinpath("fixtures.json").read_bytes()
    return tuple(map(Fixture.of, msgspec.json.decode(content)))


@cache
def package_operations() -> tuple[Operation[Any], ...]:
    """Every operation of the generated package."""
    modules = [import_module(f"{tmdb_openapi.api.__name__}.{module.name}") for module in pkgutil.iter_modules(tmdb_openapi.api.__path__)]
    return tuple(value for module in modules for value in vars(module).values() if isinstance(value, Operation))
