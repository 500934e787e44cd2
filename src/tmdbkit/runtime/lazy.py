"""Modules whose names are imported when they are first used (PEP 562)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from sys import modules
from typing import Any

__all__ = ["lazy_exports"]


def lazy_exports(module: str, homes: Mapping[str, str], submodules: Iterable[str] = ()) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The `__getattr__` and `__dir__` of a module that re-exports names of other modules.

    Args:
        module: The `__name__` of the module.
        homes: For each name the module that it comes from, relative to the module, such as `.client`.
        submodules: The public modules of a package, which are imported in the same way.
    """
    public = (*homes, *submodules)

    def get(name: str) -> Any:
        if name not in public:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        value = getattr(import_module(homes[name], module), name) if name in homes else import_module(f".{name}", module)
        setattr(modules[module], name, value)
        return value

    def list_names() -> list[str]:
        dunders = [name for name in vars(modules[module]) if name.startswith("__") and name not in ("__getattr__", "__dir__")]
        return sorted([*dunders, *public])

    return get, list_names
