"""Unions of models, the tags of their members, and rows with unknown tags."""

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
    """Register the tag of a union.

    Args:
        union: The union, which includes `UnknownRow`.
        tag: The key that holds the tag.
        models: The model for each tag.
    """
    _TAGS[frozenset(get_args(union))] = tag, models


def tags_of(members: tuple[Any, ...]) -> tuple[str, Mapping[str, Any]] | None:
    """The tag key of a union of the spec, and the model for each tag; None for any other union."""
    return _TAGS.get(frozenset(members))


def untagged(union: Any) -> None:
    """Register a union without a tag: an object is the first member if it fits, or else the one with the most similar keys.

    Args:
        union: The union.
    """
    _UNTAGGED.add(frozenset(get_args(union)))


def is_untagged(members: tuple[Any, ...]) -> bool:
    """Whether a union of the spec has no tag."""
    return frozenset(members) in _UNTAGGED


class UnknownRowBase:
    """The base of the generated `UnknownRow`.

    Attributes:
        data: The JSON object of the row.
        tag: The key that holds the tag.
    """

    __slots__ = ()
    known_tags: ClassVar[frozenset[str]] = frozenset()
    """The tags with a model."""

    data: dict[str, Any]
    tag: str

    if TYPE_CHECKING:

        def __init__(self, data: dict[str, Any], tag: str = "media_type") -> None: ...

    @property
    def media_type(self) -> str:
        """The tag, TMDB's name for the type of row."""
        tag = self.data.get(self.tag)
        return tag if isinstance(tag, str) else ""

    def __repr__(self) -> str:
        from .display import shortened

        return f"{type(self).__name__}({self.tag}={shortened(self.media_type)!r}, {len(self.data)} keys)"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from .pydantic_schema import unknown_row_schema

        return unknown_row_schema(cls, handler)
