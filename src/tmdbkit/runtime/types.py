"""Wire types that JSON lacks, and the value of absent keys.

`Day` is `date | None` and `Timestamp` is `datetime`, for type checkers and at run time. Their annotations contain the `WireType` that converts them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import Enum
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Final, Literal, TypeAlias, Union, get_args, get_origin

__all__ = ["UNSET", "Day", "Timestamp", "UnsetType", "WireType", "date_from_text", "union_members"]


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
"""The value of an absent key. It is falsy, and empty as text."""


def union_members(type_: Any) -> tuple[Any, ...]:
    """The members of a union, or else the type itself."""
    return get_args(type_) if get_origin(type_) in (Union, UnionType) else (type_,)


class WireType:
    """The wire format of a type that JSON lacks.

    Attributes:
        name: The name in the spec.
        parse: Parses the text on the wire; raises a `ValueError` for any other text.
        serialize: Creates the text on the wire.
        classes: The classes of the values.
        usual_form: The form of the texts that `serialize` returns, if a value may have several texts. A model keeps a text that it would not return.
    """

    __slots__ = ("classes", "name", "parse", "serialize", "usual_form")

    def __init__(
        self, name: str, parse: Callable[[str], Any], serialize: Callable[[Any], str], classes: tuple[type, ...], usual_form: re.Pattern[str] | None = None
    ) -> None:
        self.name, self.parse, self.serialize, self.classes, self.usual_form = name, parse, serialize, classes, usual_form


def date_from_text(text: str) -> date:
    """Parse a date of the form YYYY-MM-DD.

    Raises:
        ValueError: The text has another form, or is not a valid date.
    """
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        raise ValueError(f"not a day of the form YYYY-MM-DD: {text!r}")
    return date.fromisoformat(text)


@lru_cache(maxsize=4096)  # Every row of a page has a date, and dates repeat.
def _parse_day(text: str) -> date | None:
    return date_from_text(text) if text else None


def _serialize_day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


_USUAL_FORM = re.compile(r"\d{4}-\d\d-\d\d(?:T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z| (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d UTC)", re.ASCII)
_FORMS = re.compile(r"(.{10})(?:T([^ ]{8})(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})| ([^ ]{8})(?: UTC?)?)", re.ASCII)


def _parse_timestamp(text: str) -> datetime:
    if _USUAL_FORM.fullmatch(text):
        return datetime.fromisoformat(text) if len(text) == 24 else datetime.fromisoformat(text[:19]).replace(tzinfo=UTC, fold=1)
    if not (match := _FORMS.fullmatch(text)):
        raise ValueError(f"not a timestamp such as '2013-02-14T00:00:00.000Z' or '2024-12-26 01:02:55 UTC': {text!r}")
    day, time, fraction, zone, spaced_time = match.groups()
    date_from_text(day)
    written = f"{day}T{time or spaced_time}{fraction or ''}{zone or 'Z'}"
    if (time or spaced_time) >= "24" or written[13] != ":" or written[16] != ":":
        raise ValueError(f"no such time of day: {text!r}")
    return datetime.fromisoformat(written).astimezone(UTC).replace(fold=1 if text.endswith(" UTC") else 0)


def _serialize_timestamp(moment: datetime) -> str:
    """Serialize a timestamp in UTC: with milliseconds and `Z`, or with ` UTC` if `fold` is set, which has no other meaning in UTC."""
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    if moment.fold and not utc.microsecond:
        return f"{utc.isoformat(sep=' ', timespec='seconds')} UTC"
    return f"{utc.isoformat(timespec='microseconds' if utc.microsecond % 1000 else 'milliseconds')}Z"


Day: TypeAlias = Annotated[date | None, WireType("Day", _parse_day, _serialize_day, (date, type(None)))]
"""A date, or None for an empty string on the wire."""

Timestamp: TypeAlias = Annotated[datetime, WireType("Timestamp", _parse_timestamp, _serialize_timestamp, (datetime,), _USUAL_FORM)]
"""A timestamp with its time zone. On the wire it is `2013-02-14T00:00:00.000Z` or `2024-12-26 01:02:55 UTC`; encoding preserves the original format."""
