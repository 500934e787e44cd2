"""The calls that send the requests of fixtures: the resource, the method and the arguments."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from generator.recordings import live
from tests.conftest import SECRETS, bundle
from tmdbkit.runtime.operations import Operation


@cache
def operations() -> dict[str, tuple[str, str, Operation[Any]]]:
    """The operations of the package by id, each with its tag and the name of its method."""
    found = {}
    for tag in bundle()["tags"]:
        module = import_module(f"tmdb_openapi.api.{tag['name']}")
        for name, value in vars(module).items():
            if isinstance(value, Operation):
                found[value.operation_id] = (tag["name"], name.lower(), value)
    return found


def arguments_of(fixture: dict[str, Any]) -> dict[str, Any]:
    """The keyword arguments of the call that sends a fixture's request."""
    request = fixture["request"]
    return live.arguments_of(operations()[fixture["operation_id"]][2], request["path"], request["query"], request["body"])


def credentials_of(fixture: dict[str, Any]) -> dict[str, str]:
    """Planted secrets for the credentials of a fixture's request."""
    return {name: SECRETS[name] for name in fixture["request"]["security"]}
