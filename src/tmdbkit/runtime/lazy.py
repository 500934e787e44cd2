"""Modules whose names are imported when they are first used (PEP 562)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from sys import modules
from typing import Any

__all__ = ["lazy_exports"]


def lazy_exports(module: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The `__getattr__` and `__dir__` of a module that re-exports names of other modules.

    Args:
        module: The `__name__` of the module.
        homes: For each name the module that it comes from, relative to the module, such as `.client`.
    """

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        value = getattr(import_module(homes[name], module), name)
        setattr(modules[module], name, value)
        return value

    return get, lambda: sorted({*vars(modules[module]), *homes})
