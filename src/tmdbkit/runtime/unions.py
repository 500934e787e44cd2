"""Values that are of one of several types, told apart by a key or by their shape; and the hooks that read every type that msgspec does not know.

Generated code declares a union with `union`, which makes a marker class as those of `types` are. There are two ways to read: strictly, and as a client reads,
for which a row of an unknown kind is an `UnknownRow`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

__all__ = ["UnknownRow", "is_union", "read", "read_strictly", "union"]


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
        """The member that a value of JSON is, or an `UnknownRow`.

        Raises:
            ValueError: It is of a known kind, but not of its shape.
        """
        kind = cls.kind_of(value)
        if kind is not None and kind not in cls.kinds:
            return UnknownRow(kind, value)
        return cls.build(value, kind, read)

    def read_strictly(cls, value: Any) -> Any:
        """The member that a value of JSON is.

        Raises:
            ValueError: It is none.
        """
        kind = cls.kind_of(value)
        if kind is not None and kind not in cls.kinds:
            raise ValueError(f"Invalid value {kind!r} of `{cls.key}`")
        return cls.build(value, kind, read_strictly)

    def kind_of(cls, value: Any) -> str | None:
        """What a value says that it is."""
        kind = value.get(cls.key) if isinstance(value, dict) and cls.key is not None else None
        return kind if isinstance(kind, str) else None

    def build(cls, value: Any, kind: str | None, hook: Callable[[Any, Any], Any]) -> Any:
        """The member of a known kind; without a kind, the first whose shape the value has."""
        reasons = []
        for member in cls.members if kind is None else (cls.kinds[kind],):
            if member is value is False:
                return False
            if member is False:
                continue
            try:
                return msgspec.convert(value, member, dec_hook=hook)
            except msgspec.ValidationError as error:
                reasons.append(str(error))
        raise ValueError(reasons[0] if len(reasons) == 1 else f"Expected one of {', '.join(map(_name, cls.members))}")


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
    """Read a value of a type that msgspec does not know, as a client does."""
    return type_.read(value)


def read_strictly(type_: Any, value: Any) -> Any:
    """Read a value of a type that msgspec does not know, where nothing unknown is let pass."""
    return type_.read_strictly(value)


def _name(member: Any) -> str:
    return "false" if member is False else str(member.__name__)
