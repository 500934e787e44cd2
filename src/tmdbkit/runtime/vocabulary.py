"""The base class of TMDB's numbered vocabularies."""

from __future__ import annotations

from enum import IntEnum
from typing import Self

__all__ = ["NumberedName"]


class NumberedName(IntEnum):
    """A number of TMDB's with its name, such as a genre. It is an `int`, so arguments and comparisons take it as it is.

    Attributes:
        label: The name in English, such as `Science Fiction`.
    """

    label: str

    def __new__(cls, number: int, label: str = "") -> Self:
        """Create a member from its number and name."""
        member = int.__new__(cls, number)
        member._value_ = number
        member.label = label
        return member
