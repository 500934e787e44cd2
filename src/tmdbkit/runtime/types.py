"""The types of TMDB's wire that JSON does not have, and the value of an absent key.

`Day` is `date | None` and `Timestamp` is `datetime`, for type checkers and at run time. Their annotation holds the `WireType` that reads and writes them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import Enum
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, TypeAlias

__all__ = ["UNSET", "Day", "Timestamp", "UnsetType", "WireType", "date_from_text"]


class UnsetType(Enum):
    """The type of `UNSET`."""

    UNSET = "UNSET"

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __str__(self) -> str:
        """Nothing, as a template shows it."""
        return ""

    def __format__(self, format_spec: str) -> str:
        return format("", format_spec)


UNSET: Final = UnsetType.UNSET
"""The value of a key that TMDB left out. It is false, and empty as text."""


class WireType:
    """How a value that JSON has no type for is written on the wire.

    Attributes:
        name: The name, as the spec has it.
        parse: Reads the text of the wire. Raises a `ValueError` for any other text.
        serialize: Writes the text of the wire.
        classes: The classes of the values.
        one_text: Whether each value has one text. Where it may have others, a model keeps one that `serialize` would not write.
    """

    __slots__ = ("classes", "name", "one_text", "parse", "serialize")

    def __init__(self, name: str, parse: Callable[[str], Any], serialize: Callable[[Any], str], classes: tuple[type, ...], *, one_text: bool = True) -> None:
        self.name, self.parse, self.serialize, self.classes, self.one_text = name, parse, serialize, classes, one_text


def date_from_text(text: str) -> date:
    """The day that a text of the form YYYY-MM-DD names.

    Raises:
        ValueError: The text has another form, or there is no such day.
    """
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        raise ValueError(f"not a day of the form YYYY-MM-DD: {text!r}")
    return date.fromisoformat(text)


@lru_cache(maxsize=4096)  # Every row of a page has a day, and the same days come again and again.
def _parse_day(text: str) -> date | None:
    return date_from_text(text) if text else None


def _serialize_day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


_FORMS = re.compile(r"(.{10})(?:T([^ ]{8})(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})| ([^ ]{8})(?: UTC?)?)", re.ASCII)


def _parse_timestamp(text: str) -> datetime:
    if len(text) == 24 and text[10] == "T" and text[11:13] < "24" and text[4] + text[7] + text[13] + text[16] + text[19] + text[23] == "--::.Z":
        return datetime.fromisoformat(text)
    if not (match := _FORMS.fullmatch(text)):
        raise ValueError(f"not a moment such as '2013-02-14T00:00:00.000Z' or '2024-12-26 01:02:55 UTC': {text!r}")
    day, time, fraction, zone, spaced_time = match.groups()
    date_from_text(day)
    written = f"{day}T{time or spaced_time}{fraction or ''}{zone or 'Z'}"
    if (time or spaced_time) >= "24" or written[13] != ":" or written[16] != ":":
        raise ValueError(f"no such time of day: {text!r}")
    return datetime.fromisoformat(written).astimezone(UTC).replace(fold=1 if text.endswith(" UTC") else 0)


def _serialize_timestamp(moment: datetime) -> str:
    """The text of a moment in UTC: with milliseconds and `Z`, or with ` UTC` if `fold` says so, which has no other meaning in UTC."""
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    if moment.fold and not utc.microsecond:
        return f"{utc.isoformat(sep=' ', timespec='seconds')} UTC"
    return f"{utc.isoformat(timespec='microseconds' if utc.microsecond % 1000 else 'milliseconds')}Z"


Day: TypeAlias = Annotated[date | None, WireType("Day", _parse_day, _serialize_day, (date, type(None)))]
"""A day, or None where the wire has an empty string."""

Timestamp: TypeAlias = Annotated[datetime, WireType("Timestamp", _parse_timestamp, _serialize_timestamp, (datetime,), one_text=False)]
"""A moment with its time zone. The wire writes it as `2013-02-14T00:00:00.000Z` or as `2024-12-26 01:02:55 UTC`; either is written as it came."""
