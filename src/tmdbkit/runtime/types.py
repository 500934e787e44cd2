"""The types of TMDB's wire that Python and msgspec do not know by themselves.

A type checker sees `Day` as `date | None`, and the timestamps as `datetime`. At run time the others are marker classes: `decode` reads values of
that type with `read`, and `encode` writes them with `write`. A `MillisecondTimestamp` is left to msgspec, and only written our way.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from msgspec import UNSET, Meta, UnsetType, ValidationError, convert

__all__ = ["UNSET", "Day", "MillisecondTimestamp", "Timestamp", "UTCTimestamp", "UnsetType"]

if TYPE_CHECKING:
    Day: TypeAlias = date | None
    MillisecondTimestamp: TypeAlias = datetime
    Timestamp: TypeAlias = datetime
    UTCTimestamp: TypeAlias = datetime
else:

    class _Marker(type):
        """Lets msgspec, which checks what a hook returns, take whatever `read` made: None and dates are no instances of a marker."""

        def __instancecheck__(cls, value: object) -> bool:
            return True

    class Day(metaclass=_Marker):
        """A day, or None where the wire has an empty string."""

        @staticmethod
        @lru_cache(maxsize=4096)  # Every row of a page has a day, and few days are rare.
        def read(value: Any) -> date | None:
            """The day that the wire's text names."""
            return date_from_text(value) if value != "" else None

        @staticmethod
        def write(value: date | None) -> str:
            """The wire's text for a day."""
            return "" if value is None else value.isoformat()

    class UTCTimestamp(metaclass=_Marker):
        """A moment that the wire writes as `2024-12-26 01:02:55 UTC`."""

        @staticmethod
        def read(value: Any) -> datetime:
            """The moment that the wire's text names."""
            if not isinstance(value, str) or len(value) != 23 or value[10] != " " or not value.endswith(" UTC"):
                raise ValueError(f"not a moment of the form 'YYYY-MM-DD HH:MM:SS UTC': {value!r}")
            return datetime.fromisoformat(f"{value[:19]}+00:00")

        @staticmethod
        def write(value: datetime) -> str:
            """The wire's text for a moment."""
            return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ', timespec='seconds')} UTC"

    _Aware = Annotated[datetime, Meta(tz=True)]

    class Timestamp(metaclass=_Marker):
        """A moment that the wire writes as `2012-07-25T20:21:12Z`, with milliseconds or without.

        Milliseconds of zero are remembered as `fold`, which means nothing in UTC, so that they are written again.
        """

        @staticmethod
        def read(value: Any) -> datetime:
            """The moment that the wire's text names."""
            try:
                moment = convert(value, _Aware)
            except ValidationError as error:
                raise ValueError(str(error)) from None  # a hook's ValueError is what msgspec adds the place to
            return moment.replace(fold=1) if "." in value and not moment.microsecond else moment

        @staticmethod
        def write(value: datetime) -> str:
            """The wire's text for a moment."""
            return write_timestamp(value, "milliseconds" if value.microsecond or value.fold else "seconds")

    class Milliseconds:
        """Marks a timestamp that the wire writes with milliseconds even where they are zero."""

    MillisecondTimestamp = Annotated[_Aware, Milliseconds]


def date_from_text(value: Any) -> date:
    """The day that a text of the form YYYY-MM-DD names.

    Raises:
        ValueError: The text has another form, or there is no such day.
    """
    if not isinstance(value, str) or len(value) != 10 or value[4] != "-" or value[7] != "-":
        raise ValueError(f"not a day of the form YYYY-MM-DD: {value!r}")
    return date.fromisoformat(value)


def write_timestamp(value: datetime, timespec: str) -> str:
    """A moment as RFC 3339 in UTC, such as `2013-02-14T00:00:00.000Z`."""
    return value.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")
