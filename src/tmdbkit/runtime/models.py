"""What generated models are: attrs classes with these bases."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any, ClassVar, TypeVar, get_type_hints

from .errors import NotAppendedError
from .types import UNSET

__all__ = ["NOT_APPENDED", "AppendableModel", "Model", "SparseModel", "appendable", "fields_of", "keep_as_came", "mark_requested"]

NOT_APPENDED: Any = UNSET
"""The default of an appended part, for which no value is typed: see `AppendableModel`."""


class Model:
    """An object of TMDB's wire.

    Attribute names are the wire's. Two objects are equal if they are of one class and hold the same. A key that was absent is `UNSET`, which is false.
    """

    __slots__ = ("_as_came",)
    __attrs_attrs__: ClassVar[tuple[Any, ...]]
    __hash__ = None  # type: ignore[assignment]
    __wire_names__: ClassVar[dict[str, str]] = {}
    """The wire's names of the attributes whose names differ, as they are no Python identifiers there."""

    _as_came: dict[str, Any]
    """Keys of an answer that no attribute can hold, with their values; there only where an answer had any."""

    def __eq__(self, other: object) -> bool:
        if self.__class__ is not other.__class__:
            return NotImplemented
        return all(_get(self, field.name) == _get(other, field.name) for field in self.__attrs_attrs__)

    def __repr__(self) -> str:
        values = ((field.name, _get(self, field.name)) for field in self.__attrs_attrs__ if field.repr)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in values if value is not UNSET)})"


class SparseModel(Model):
    """A model with keys that may be absent.

    Their defaults stand in the class, and not in each object: msgspec asks an object for every key that did not come, and an empty slot would answer with an
    exception each time. So these attributes have no slots.
    """

    def __init_subclass__(cls) -> None:
        for field in vars(cls).get("__attrs_attrs__", ()):
            if field.default is UNSET:
                setattr(cls, field.name, UNSET)


class AppendableModel(Model):
    """The details of something, to which `append_to_response` appends parts.

    A part that the answer does not hold is no attribute: using it raises `NotAppendedError`, and `hasattr` says whether it is there.
    """

    __appended__: ClassVar[tuple[str, ...]] = ()
    """The names of the attributes that are appended parts."""

    _requested_parts: Collection[str] | None

    def __attrs_post_init__(self) -> None:
        held = vars(self)
        for part in self.__appended__:
            if held.get(part) is UNSET:
                del held[part]
        held["_requested_parts"] = None


M = TypeVar("M", bound=AppendableModel)


class _Part:
    """Stands in a class for a part; objects that hold the part hold it in its place."""

    def __init__(self, wire_name: str) -> None:
        self.wire_name = wire_name

    def __get__(self, model: AppendableModel | None, owner: type[AppendableModel]) -> Any:
        if model is None:
            return self
        if "_requested_parts" not in model.__dict__:  # msgspec is still making it, and asks what is missing
            return UNSET
        requested = model._requested_parts
        raise NotAppendedError(self.wire_name, None if requested is None else self.wire_name in requested)


def appendable(model: type[M]) -> type[M]:
    """Let a model with parts say of each why it is not there. Decorates the class that attrs made."""
    for name in model.__appended__:
        setattr(model, name, _Part(model.__wire_names__.get(name, name)))
    return model


def mark_requested(model: object, parts: Collection[str]) -> list[str]:
    """Tell a model which parts its request asked to append, so that it can say why one is not there.

    Returns:
        The parts that were asked for and are not there.
    """
    if not isinstance(model, AppendableModel):
        return []
    model._requested_parts = tuple(parts)
    names = {model.__wire_names__.get(name, name): name for name in model.__appended__}
    return [part for part in parts if names[part] not in vars(model)]


@cache
def fields_of(model: Any) -> dict[str, tuple[str, Any, bool]]:
    """The fields of a model by their wire names: the attribute's name, its type, and whether it may be absent."""
    hints = get_type_hints(model, include_extras=True)
    names: list[tuple[str, bool]] = [(field.name, field.default is UNSET) for field in model.__attrs_attrs__]
    return {model.__wire_names__.get(name, name): (name, hints[name], optional) for name, optional in names}


def keep_as_came(model: Model, keys: dict[str, Any]) -> None:
    """Keep keys of an answer that no attribute can hold."""
    if keys:
        model._as_came = keys


def _get(model: object, name: str) -> Any:
    return getattr(model, name, UNSET)
