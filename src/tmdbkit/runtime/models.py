"""What generated models are: attrs classes with these bases."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, ClassVar

from .errors import NotAppendedError
from .types import UNSET

__all__ = ["NOT_APPENDED", "AppendableModel", "Model", "mark_requested"]

NOT_APPENDED: Any = UNSET
"""The default of an appended part, for which no value is typed: see `AppendableModel`."""


class Model:
    """An object of TMDB's wire.

    Attribute names are the wire's. Two objects are equal if they are of one class and hold the same. A key that was absent is `UNSET`, which is false.
    """

    __slots__ = ()
    __attrs_attrs__: ClassVar[tuple[Any, ...]]
    __hash__ = None  # type: ignore[assignment]
    __wire_names__: ClassVar[dict[str, str]] = {}
    """The wire's names of the attributes whose names differ, as they are no Python identifiers there."""

    def __eq__(self, other: object) -> bool:
        if self.__class__ is not other.__class__:
            return NotImplemented
        return all(_get(self, field.name) == _get(other, field.name) for field in self.__attrs_attrs__)

    def __repr__(self) -> str:
        values = ((field.name, _get(self, field.name)) for field in self.__attrs_attrs__ if field.repr)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in values if value is not UNSET)})"


class AppendableModel(Model):
    """The details of something, to which `append_to_response` appends parts.

    A part that the answer does not hold is no attribute: using it raises `NotAppendedError`, and `hasattr` says whether it is there.
    """

    __slots__ = ("_requested_parts",)
    __appended__: ClassVar[tuple[str, ...]] = ()
    """The names of the attributes that are appended parts."""

    _requested_parts: Collection[str]

    def __attrs_post_init__(self) -> None:
        for part in self.__appended__:
            if getattr(self, part) is UNSET:
                delattr(self, part)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name not in type(self).__appended__:
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)
            part = self.__wire_names__.get(name, name)
            requested = self._requested_parts if hasattr(self, "_requested_parts") else None
            raise NotAppendedError(part, None if requested is None else part in requested)


def mark_requested(model: object, parts: Collection[str]) -> None:
    """Tell a model which parts its request asked to append, so that it can say why one is not there."""
    if isinstance(model, AppendableModel):
        model._requested_parts = tuple(parts)


def _get(model: object, name: str) -> Any:
    return getattr(model, name, UNSET)
