"""Lazy values: the names of a module (PEP 562), and cached attributes of an object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.machinery import PathFinder
from sys import modules
from typing import Any, Generic, TypeVar, overload

from .suggestions import hint

__all__ = ["cached_property", "lazy_exports"]

T = TypeVar("T")


def lazy_exports(
    module: str, homes: Mapping[str, str], submodules: Iterable[str] = (), elsewhere: Iterable[str] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The `__getattr__` and `__dir__` of a module that re-exports names of other modules.

    Args:
        module: The `__name__` of the module.
        homes: The defining module of each name, relative to the module, such as `.client`.
        submodules: The public modules of a package, which are imported on first use as well.
        elsewhere: Modules that may have a name that is sought here, for the message.
    """
    public = (*homes, *submodules)

    def hint_elsewhere(name: str, public: Iterable[str]) -> str:
        package = vars(modules[module]).get("__path__")
        if name.startswith("_") or (package and PathFinder.find_spec(f"{module}.{name}", package)):
            return ""  # `from . import name` looks here first
        for other in elsewhere:
            if name in getattr(import_module(f".{other}", module), "__all__", ()):
                return f". It is in {module}.{other}"
        return hint(name, public)

    def get(name: str) -> Any:
        if name not in public:
            raise AttributeError(
                f"module {module!r} has no attribute {name!r}{hint_elsewhere(name, public)}", obj=modules[module]
            )  # without `name`, Python adds no hint of its own
        value = getattr(import_module(homes[name], module), name) if name in homes else import_module(f".{name}", module)
        setattr(modules[module], name, value)
        return value

    def list_names() -> list[str]:
        dunders = [name for name in vars(modules[module]) if name.startswith("__") and name not in ("__getattr__", "__dir__")]
        return sorted([*dunders, *public])

    return get, list_names


class cached_property(Generic[T]):  # noqa: N801 - the name that it has in functools
    """`functools.cached_property` without a lock.

    In Python 3.11, the original holds one lock for all objects while it computes: threads block each other, and a process that is forked meanwhile deadlocks.
    Without a lock, two threads may compute a value concurrently; the last one wins.

    Args:
        compute: Computes the value.
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute, self.__doc__ = compute, compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> cached_property[T]: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> T: ...
    def __get__(self, instance: object | None, owner: type | None = None) -> cached_property[T] | T:
        if instance is None:
            return self
        value = self._compute(instance)
        instance.__dict__[self._name] = value
        return value
