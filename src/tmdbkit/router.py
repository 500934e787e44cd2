"""Finds the operation of a request."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

import tmdb_openapi.api

from tmdbkit.runtime.operations import REDACTED, Operation, PathParameter

__all__ = ["Route", "package_operations", "route"]


class Route(NamedTuple):
    """A path of the API.

    Attributes:
        operations: The operations of the path, by HTTP method.
        parameters: The parameters in the path, by TMDB's names.
        redacted_path: The path without credentials.
    """

    operations: Mapping[str, Operation[Any]]
    parameters: Mapping[str, str]
    redacted_path: str


@cache
def package_operations() -> tuple[Operation[Any], ...]:
    """Every operation of the generated package."""
    modules = [import_module(f"{tmdb_openapi.api.__name__}.{module.name}") for module in pkgutil.iter_modules(tmdb_openapi.api.__path__)]
    return tuple(value for module in modules for value in vars(module).values() if isinstance(value, Operation))


class _Node:
    """The continuations of a path, by segment, and the operations of the path."""

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.operations: dict[str, Operation[Any]] = {}


@cache
def _tree() -> _Node:
    root = _Node()
    for operation in package_operations():
        node = root
        for segment in operation.path.split("/"):
            node = node.children.setdefault("{}" if segment.startswith("{") else segment, _Node())
        node.operations[operation.method] = operation
    return root


def _nodes(node: _Node, segments: list[str]) -> Iterator[_Node]:
    """The nodes of a path. Literal segments go before parameters: /3/movie/latest is not the movie with the id `latest`."""
    if not segments:
        yield node
        return
    for key in (segments[0], "{}"):
        if child := node.children.get(key):
            yield from _nodes(child, segments[1:])


def route(path: str) -> Route | None:
    """Find the operations of a path.

    Args:
        path: The path, unescaped, with a number, or with the name in braces, for each parameter.

    Returns:
        The route; None if TMDB has no such path.
    """
    segments = path.split("/")
    node = next((node for node in _nodes(_tree(), segments) if node.operations), None)
    if node is None:
        return None
    operation = next(iter(node.operations.values()))
    names = {segment[1:-1]: value for segment, value in zip(operation.path.split("/"), segments, strict=True) if segment.startswith("{")}
    secret = {argument.wire_name for argument in operation.arguments if isinstance(argument, PathParameter) and argument.secret}
    redacted = operation.path
    for name, value in names.items():
        redacted = redacted.replace(f"{{{name}}}", REDACTED if name in secret else value)
    return Route(node.operations, names, redacted)
