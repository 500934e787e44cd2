"""Values that are of one of several types, told apart by a key or by their shape; and the hook that reads every type that msgspec does not know.

Generated code declares a union with `union`, which makes a marker class as those of `types` are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

__all__ = ["UnknownRow", "is_union", "read", "union"]


class UnknownRow:
    """A row of a kind that this version of the package does not know.

    Attributes:
        media_type: The kind, as TMDB calls it.
        data: The row as it came.
    """

    __slots__ = ("data", "media_type")

    def __init__(self, media_type: str, data: dict[str, Any]) -> None:
        self.media_type, self.data = media_type, data

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UnknownRow) and self.data == other.data

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"UnknownRow({self.data!r})"


class _Union(type):
    """The class of unions."""

    members: tuple[Any, ...]
    key: str | None
    kinds: Mapping[str, Any]

    def __instancecheck__(cls, value: object) -> bool:
        return True

    def read(cls, value: Any) -> Any:
        """The member that a value of JSON is: that of its kind, or without a kind the first whose shape it has.

        Raises:
            ValueError: It is none.
        """
        kind = cls.kind_of(value)
        if kind is not None and kind not in cls.kinds:
            raise ValueError(f"Invalid value {kind!r} of `{cls.key}`")
        reasons = []
        for member in cls.members if kind is None else (cls.kinds[kind],):
            if member is value is False:
                return False
            if member is False:
                continue
            try:
                return msgspec.convert(value, member, dec_hook=read)
            except msgspec.ValidationError as error:
                reasons.append(str(error))
        raise ValueError(reasons[0] if len(reasons) == 1 else f"Expected one of {', '.join(map(_name, cls.members))}")

    def kind_of(cls, value: Any) -> str | None:
        """What a value says that it is."""
        kind = value.get(cls.key) if isinstance(value, dict) and cls.key is not None else None
        return kind if isinstance(kind, str) else None


def union(name: str, *members: Any, key: str | None = None, kinds: Mapping[str, Any] | None = None) -> Any:
    """A type whose values are of one of several types.

    Args:
        name: Its name.
        members: The types; the constant False may be one.
        key: The key that tells the types apart.
        kinds: The type for each value of that key.
    """
    return _Union(name, (), {"members": members, "key": key, "kinds": kinds or {}})


def is_union(type_: object) -> bool:
    """Whether a type was made by `union`."""
    return isinstance(type_, _Union)


def read(type_: Any, value: Any) -> Any:
    """Read a value of a type that msgspec does not know: its hook."""
    try:
        return type_.read(value)
    except TypeError:  # a list or an object, which cannot be looked up
        raise ValueError(f"Expected `str`, got `{type(value).__name__}`") from None


def _name(member: Any) -> str:
    return "false" if member is False else str(member.__name__)
