"""The types of TMDB's wire that JSON does not have, and the value of an absent key.

`Day` is `date | None` and the timestamps are `datetime`, for type checkers and at run time. Their annotation holds the `WireType` that reads and writes them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import Enum
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, TypeAlias

from msgspec import Meta, ValidationError, convert

__all__ = ["UNSET", "Day", "MillisecondTimestamp", "Timestamp", "UTCTimestamp", "UnsetType", "WireType", "date_from_text"]


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
    """

    __slots__ = ("classes", "name", "parse", "serialize")

    def __init__(self, name: str, parse: Callable[[str], Any], serialize: Callable[[Any], str], classes: tuple[type, ...]) -> None:
        self.name, self.parse, self.serialize, self.classes = name, parse, serialize, classes


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


def _is_day_and_time(text: str, between: str) -> bool:
    """Whether a text begins like `2012-07-25T20:21:12`: a form that is read quickly, and written as it came."""
    return text[4] == text[7] == "-" and text[10] == between and text[13] == text[16] == ":" and text[11:13] < "24"


def _parse_utc(text: str) -> datetime:
    if len(text) != 23 or not text.endswith(" UTC") or not _is_day_and_time(text, " "):
        raise ValueError(f"not a moment of the form 'YYYY-MM-DD HH:MM:SS UTC': {text!r}")
    return datetime.fromisoformat(f"{text[:19]}+00:00")


def _serialize_utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ', timespec='seconds')} UTC"


_Aware = Annotated[datetime, Meta(tz=True)]

# Whether milliseconds of zero are written is remembered as `fold`, which means nothing in a zone that never changes: it marks what is not usual for the type.


def _parse_milliseconds(text: str) -> datetime:
    if len(text) == 24 and text[19] == "." and text[23] == "Z" and _is_day_and_time(text, "T"):
        return datetime.fromisoformat(text)
    moment = _parse_rfc3339(text)
    return _as_it_came(moment if "." in text else moment.replace(fold=1), text, _serialize_milliseconds)


def _serialize_milliseconds(moment: datetime) -> str:
    return _rfc3339(moment, "seconds" if moment.fold else "milliseconds")


def _parse_timestamp(text: str) -> datetime:
    if len(text) == 24 and text[19] == "." and text[23] == "Z" and _is_day_and_time(text, "T"):
        moment = datetime.fromisoformat(text)
        return moment if moment.microsecond else moment.replace(fold=1)
    return _as_it_came(_parse_rfc3339(text), text, _serialize_timestamp)


def _serialize_timestamp(moment: datetime) -> str:
    return _rfc3339(moment, "milliseconds" if moment.fold else "seconds")


def _parse_rfc3339(text: str) -> datetime:
    try:
        return convert(text, _Aware)
    except ValidationError as error:
        raise ValueError(str(error)) from None


def _rfc3339(moment: datetime, timespec: str) -> str:
    aware = moment if moment.tzinfo else moment.astimezone(UTC)
    if aware.microsecond:
        timespec = "microseconds" if aware.microsecond % 1000 else "milliseconds"
    return aware.isoformat(timespec=timespec).replace("+00:00", "Z")


def _as_it_came(moment: datetime, text: str, serialize: Callable[[datetime], str]) -> datetime:
    """A moment that is written as it came.

    Raises:
        ValueError: It is not: the text is kept instead.
    """
    if serialize(moment) != text:
        raise ValueError(f"not written as TMDB writes moments: {text!r}")
    return moment


Day: TypeAlias = Annotated[date | None, WireType("Day", _parse_day, _serialize_day, (date, type(None)))]
"""A day, or None where the wire has an empty string."""

UTCTimestamp: TypeAlias = Annotated[datetime, WireType("UTCTimestamp", _parse_utc, _serialize_utc, (datetime,))]
"""A moment that the wire writes as `2024-12-26 01:02:55 UTC`."""

Timestamp: TypeAlias = Annotated[datetime, WireType("Timestamp", _parse_timestamp, _serialize_timestamp, (datetime,))]
"""A moment that the wire writes as `2012-07-25T20:21:12Z`, with milliseconds or without."""

MillisecondTimestamp: TypeAlias = Annotated[datetime, WireType("MillisecondTimestamp", _parse_milliseconds, _serialize_milliseconds, (datetime,))]
"""A moment that the wire writes as `2013-02-14T00:00:00.000Z`, always with milliseconds."""
