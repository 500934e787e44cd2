"""Parameter types: validate arguments, and serialize them for a request.

Each type rejects what TMDB would reject, or silently ignore: `serialize` raises a `ValueError` with the reason, and `description` states the allowed values.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any, Generic, Protocol, TypeVar

from .suggestions import close
from .types import date_from_text

__all__ = [
    "LANGUAGE_FORM",
    "AnyOf",
    "Boolean",
    "Choice",
    "CountryCode",
    "Date",
    "Either",
    "Integer",
    "LanguageCode",
    "List",
    "Number",
    "Object",
    "ParamType",
    "Text",
    "query_text",
]


MOST_DIGITS = 18
"""The maximum length of an integer that is given as a text."""

T_co = TypeVar("T_co", covariant=True)


class ParamType(Protocol):
    """A parameter type."""

    @property
    def description(self) -> str:
        """The allowed values, as a phrase that completes "must be"."""
        ...

    def serialize(self, value: Any) -> Any:
        """Return the JSON value of an argument; `query_text` turns it into text for a query or a path.

        Raises:
            ValueError: The argument is invalid; the message is empty if `description` suffices.
        """


class Integer:
    """An integer, optionally within a range."""

    def __init__(self, *, minimum: int | None = None, maximum: int | None = None) -> None:
        self.minimum, self.maximum = minimum, maximum

    @property
    def description(self) -> str:
        return f"an integer{_range(self.minimum, self.maximum)}"

    def serialize(self, value: Any) -> int:
        if isinstance(value, bool):
            raise ValueError
        if isinstance(value, str):  # as from routes and CSV
            if not value.isascii() or not value.isdecimal() or len(value) > MOST_DIGITS:
                raise ValueError
            number = int(value)
        else:
            number = _index(value)
        _check_range(number, self.minimum, self.maximum)
        return number


class Number:
    """A number, optionally within a range and in steps."""

    def __init__(self, *, minimum: float | None = None, maximum: float | None = None, multiple_of: float | None = None) -> None:
        self.minimum, self.maximum, self.multiple_of = minimum, maximum, multiple_of

    @property
    def description(self) -> str:
        steps = "" if self.multiple_of is None else f" in steps of {self.multiple_of}"
        return f"a number{_range(self.minimum, self.maximum)}{steps}"

    def serialize(self, value: Any) -> float:
        if isinstance(value, (bool, str, bytes)):
            raise ValueError
        try:
            number = float(value)
        except (TypeError, OverflowError):
            raise ValueError from None
        if not math.isfinite(number) or (self.multiple_of and number % self.multiple_of):
            raise ValueError
        _check_range(number, self.minimum, self.maximum)
        return number


class Boolean:
    """True or False."""

    description = "True or False"

    def serialize(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError
        return value


class Text:
    """A text, optionally with a minimum length and a pattern."""

    def __init__(self, *, min_length: int = 0, pattern: str | None = None, description: str | None = None) -> None:
        self.min_length, self.pattern, self._description = min_length, pattern, description

    @property
    def description(self) -> str:
        if self._description:
            return self._description
        if self.pattern:
            return f"a text that matches {self.pattern}"
        return "a text that is not blank" if self.min_length else "a text"

    def serialize(self, value: Any) -> str:
        if not isinstance(value, str) or len(value) < self.min_length or (self.min_length and not value.strip()):
            raise ValueError
        if self.pattern and not re.fullmatch(self.pattern, value, re.ASCII):
            raise ValueError
        return value


DAY_FORM = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Date:
    """A day: a `datetime.date`, or a text of the form YYYY-MM-DD. Of a `datetime.datetime`, the day counts."""

    description = "a datetime.date, or a text of the form 'YYYY-MM-DD'"

    def serialize(self, value: Any) -> str:
        if isinstance(value, str):
            if not DAY_FORM.fullmatch(value):
                raise ValueError
            return date_from_text(value).isoformat()
        if not isinstance(value, date):
            raise ValueError
        return (value.date() if isinstance(value, datetime) else value).isoformat()


LANGUAGE_FORM = re.compile(r"([a-z]{2})(?:[-_]([a-z]{2}))?", re.ASCII | re.IGNORECASE)


class LanguageCode:
    """A language as ISO 639-1, with or without a country. Only its form is checked, and its case mended: TMDB has its own, such as `cn` and `xx`."""

    def __init__(self, *, country: bool = True) -> None:
        self.country = country

    @property
    def description(self) -> str:
        return f"a language like 'de'{' or' if self.country else ', not'} 'de-DE'"

    def serialize(self, value: Any) -> str:
        match = LANGUAGE_FORM.fullmatch(value) if isinstance(value, str) else None
        if match is None or (match[2] and not self.country):
            raise ValueError
        return f"{match[1].lower()}-{match[2].upper()}" if match[2] else match[1].lower()


class CountryCode:
    """A country as ISO 3166-1 alpha-2, in any case. Only its form is checked, and a familiar wrong code is rejected.

    Args:
        corrections: The country that each familiar wrong code means.
    """

    description = "a country like 'DE', ISO 3166-1 alpha-2"

    def __init__(self, corrections: Mapping[str, str]) -> None:
        self.corrections = corrections

    def serialize(self, value: Any) -> str:
        code = value.upper() if isinstance(value, str) else ""
        if meant := self.corrections.get(code):
            raise ValueError(f"not {value!r}: did you mean {meant!r}?")
        if len(code) != 2 or not code.isascii() or not code.isalpha():
            raise ValueError
        return code


class Choice:
    """One of a closed set of values."""

    def __init__(self, *values: str | int) -> None:
        self.values = values

    @property
    def description(self) -> str:
        return f"{'one of ' if len(self.values) > 1 else ''}{', '.join(map(repr, self.values))}"

    def serialize(self, value: Any) -> str | int:
        for allowed in self.values:
            if type(value) is type(allowed) and value == allowed:
                return allowed
        meant = close(value, [str(allowed) for allowed in self.values]) if isinstance(value, str) else None
        raise ValueError(f"not {value!r}: did you mean {meant!r}?" if meant else "")


class AnyOf(Generic[T_co]):
    """Values for a filter that matches any of them. Given a list, the filter matches only what has them all.

    Args:
        values: The values.
    """

    def __init__(self, *values: T_co) -> None:
        self.values = values

    def __repr__(self) -> str:
        return f"AnyOf({', '.join(map(repr, self.values))})"


class List:
    """A list of values, separated by commas in a query, or by bars for `AnyOf`. None becomes `null` where it is allowed."""

    def __init__(
        self, item: ParamType, *, min_items: int = 0, max_items: int | None = None, unique: bool = False, nullable: bool = False, any_of: bool = False
    ) -> None:
        self.item, self.min_items, self.max_items, self.unique, self.nullable, self.any_of = item, min_items, max_items, unique, nullable, any_of

    @property
    def description(self) -> str:
        at_most = "" if self.max_items is None else f" of at most {self.max_items}"
        return f"a list{' or AnyOf(...)' if self.any_of else ''}{at_most}, each {self.item.description}{' or None' if self.nullable else ''}"

    def serialize(self, value: Any) -> list[Any] | str:
        if self.any_of and isinstance(value, AnyOf):
            return "|".join(map(query_text, self._serialize_items(value.values)))
        if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
            return self._serialize_items([value])
        return self._serialize_items(list(value))

    def _serialize_items(self, items: Collection[Any]) -> list[Any]:
        if len(items) < self.min_items:
            raise ValueError("the list is empty")
        if self.max_items is not None and len(items) > self.max_items:
            raise ValueError(f"{len(items)} were given")
        if self.unique and (repeated := next((item for item in items if list(items).count(item) > 1), None)) is not None:
            raise ValueError(f"{repeated!r} was given twice")
        return [self._serialize_item(item) for item in items]

    def _serialize_item(self, item: Any) -> Any:
        if item is None and self.nullable:
            return None
        try:
            serialized = self.item.serialize(item)
        except ValueError as error:
            raise ValueError(f"{item!r} is not allowed{f': {error}' if (str(error)) else ''}".replace(f": not {item!r}: ", "; ")) from None
        if isinstance(serialized, str) and ("," in serialized or "|" in serialized):
            raise ValueError(f"{item!r} contains a comma or a bar; pass several values as several items")
        return serialized


class Either:
    """A value of one of several types."""

    def __init__(self, *types: ParamType) -> None:
        self.types = types

    @property
    def description(self) -> str:
        return ", or ".join(type_.description for type_ in self.types)

    def serialize(self, value: Any) -> Any:
        for type_ in self.types:
            try:
                return type_.serialize(value)
            except ValueError:
                continue
        raise ValueError


class Object:
    """A mapping with fixed keys, for a request body.

    Args:
        fields: The type of each key's value, and whether the key is required.
    """

    def __init__(self, fields: Mapping[str, tuple[ParamType, bool]]) -> None:
        self.fields = fields

    @property
    def description(self) -> str:
        return f"a mapping with {', '.join(f'{name} ({type_.description})' for name, (type_, _) in self.fields.items())}"

    def serialize(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise ValueError
        if unknown := sorted(map(str, value.keys() - self.fields.keys())):
            raise ValueError(f"{unknown[0]!r} is no key of it")
        serialized = {}
        for name, (type_, required) in self.fields.items():
            if value.get(name) is not None:
                serialized[name] = type_.serialize(value[name])
            elif required:
                raise ValueError(f"{name} is missing")
        return serialized


def query_text(value: Any) -> str:
    """Convert a serialized value to text for a query or a path."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(map(query_text, value))
    if isinstance(value, float):
        return f"{value:g}" if value.is_integer() else repr(value)
    return str(value)


def _range(minimum: float | None, maximum: float | None) -> str:
    if maximum is None:
        return "" if minimum is None else f", {minimum} or more"
    return f" of at most {maximum}" if minimum is None else f" from {minimum} to {maximum}"


def _index(value: Any) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise ValueError from None


def _check_range(number: float, minimum: float | None, maximum: float | None) -> None:
    if (minimum is not None and number < minimum) or (maximum is not None and number > maximum):
        raise ValueError
