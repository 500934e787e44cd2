"""Unions of models, how their members are told apart, and rows of a kind that has no model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, get_args

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

__all__ = ["UnknownRowBase", "is_untagged", "tagged", "tags_of", "untagged"]

_TAGS: dict[frozenset[Any], tuple[str, Mapping[str, Any]]] = {}
_UNTAGGED: set[frozenset[Any]] = set()


def tagged(union: Any, tag: str, models: Mapping[str, Any]) -> None:
    """Say how the models of a union are told apart.

    Args:
        union: The union, which has an `UnknownRow` for other kinds.
        tag: The key that names the kind of a row.
        models: The model of each kind.
    """
    _TAGS[frozenset(get_args(union))] = tag, models


def tags_of(members: tuple[Any, ...]) -> tuple[str, Mapping[str, Any]] | None:
    """The key that tells the members of a union of the spec apart, and the model of each kind; None for any other union."""
    return _TAGS.get(frozenset(members))


def untagged(union: Any) -> None:
    """Say that no key tells the models of a union apart: an object is the first of them, or else the one that its keys look like.

    Args:
        union: The union.
    """
    _UNTAGGED.add(frozenset(get_args(union)))


def is_untagged(members: tuple[Any, ...]) -> bool:
    """Whether no key tells the members of a union of the spec apart."""
    return frozenset(members) in _UNTAGGED


class UnknownRowBase:
    """The base of the generated `UnknownRow`.

    Attributes:
        data: The row as it came.
        tag: The key that names the kind.
    """

    __slots__ = ()
    known_kinds: ClassVar[frozenset[str]] = frozenset()
    """The kinds that have a model."""

    data: dict[str, Any]
    tag: str

    if TYPE_CHECKING:

        def __init__(self, data: dict[str, Any], tag: str = "media_type") -> None: ...

    @property
    def media_type(self) -> str:
        """The kind, as TMDB calls it."""
        kind = self.data.get(self.tag)
        return kind if isinstance(kind, str) else ""

    def __repr__(self) -> str:
        from .display import shortened

        return f"{type(self).__name__}({self.tag}={shortened(self.media_type)!r}, {len(self.data)} keys)"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from .pydantic_schema import unknown_row_schema

        return unknown_row_schema(cls, handler)
