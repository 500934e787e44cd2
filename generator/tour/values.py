"""Values with slots, such as `{movie}`, and patterns of what a body holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .steps import Without

__all__ = ["MissingValueError", "fill", "matches", "slots"]

SLOT = re.compile(r"\{(\w+)\}")


class MissingValueError(LookupError):
    """A slot has no value, because an earlier step failed."""


def fill(value: Any, known: Mapping[str, Any], *, partly: bool = False) -> Any:
    """Fill the slots of a value. A text that is one slot becomes its value, of whatever type.

    Args:
        value: A value like JSON.
        known: The values of the slots.
        partly: Whether slots without a value stay.

    Raises:
        MissingValueError: A slot has no value.
    """
    if isinstance(value, Without):
        return Without(fill(value.pattern, known, partly=partly))
    if isinstance(value, Mapping):
        return {fill(key, known, partly=partly): fill(item, known, partly=partly) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [fill(item, known, partly=partly) for item in value]
    if not isinstance(value, str):
        return value
    if missing := [] if partly else sorted(slots(value) - known.keys()):
        raise MissingValueError(f"no {missing[0].replace('_', ' ')} is known")
    if (whole := SLOT.fullmatch(value)) and whole[1] in known:
        return known[whole[1]]
    return SLOT.sub(lambda slot: str(known.get(slot[1], slot[0])), value)


def slots(value: Any) -> set[str]:
    """The names of the slots in a value."""
    return set(SLOT.findall(str(value)))


def matches(pattern: Any, value: Any) -> bool:
    """Whether a body holds what a pattern shows: the keys of a dict, the elements of a list in any order.

    Args:
        pattern: The pattern; None matches anything.
        value: The body, or a part of it.
    """
    if pattern is None:
        return True
    if isinstance(pattern, Without):
        return isinstance(value, list) and not any(matches(pattern.pattern, item) for item in value)
    if isinstance(pattern, Mapping):
        return isinstance(value, dict) and all(key in value and matches(item, value[key]) for key, item in pattern.items())
    if isinstance(pattern, list):
        return isinstance(value, list) and all(any(matches(item, one) for one in value) for item in pattern)
    return bool(value == pattern) and isinstance(value, bool) == isinstance(pattern, bool)
