"""Suggestions for names that do not exist."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

__all__ = ["WithSuggestions", "close", "hint"]

LEAST_LIKENESS = 0.6
MOST_NAMES = 12
"""The maximum number of names that a message lists."""


def close(name: str, names: Iterable[str]) -> str | None:
    """Return the name that was probably meant, or None.

    Args:
        name: The unknown name.
        names: The known ones.
    """
    from difflib import get_close_matches

    by_letters = {"".join(filter(str.isalnum, known)).lower(): known for known in names}
    letters = "".join(filter(str.isalnum, name)).lower()
    found = get_close_matches(letters, by_letters, 1, LEAST_LIKENESS) or sorted((known for known in by_letters if known.startswith(letters)), key=len)
    return by_letters[found[0]] if letters and found else None


def hint(name: str, names: Iterable[str]) -> str:
    """Return the end of a message about an unknown name: the probable one, or all if they are few.

    Args:
        name: The unknown name.
        names: The known ones.
    """
    known = sorted(known for known in names if not known.startswith("_"))
    if meant := close(name, known):
        return f". Did you mean {meant!r}?"
    return f". It has {', '.join(known)}" if 0 < len(known) <= MOST_NAMES else ""


class WithSuggestions:
    """A base class whose objects say which attribute was probably meant. A type checker does not see that they look any up."""

    __slots__ = ()

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise AttributeError(
                f"{type(self).__name__!r} object has no attribute {name!r}{_hint_of(type(self), name)}", obj=self
            )  # without `name`, Python adds no hint of its own


@lru_cache(maxsize=1024)  # templates ask every row of a page for the same names
def _hint_of(class_: type, name: str) -> str:
    return "" if name.startswith("_") else hint(name, dir(class_))
