"""The bases of generated models, and the placeholders of parts that were not appended.

The module for display is imported on first use.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Generator, Sequence
from functools import cache
from inspect import get_annotations
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NoReturn, SupportsIndex, TypeVar, overload

import attrs

from .errors import DecodeError, InvalidArgumentError, NotAppendedError
from .suggestions import WithSuggestions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Sequence as Rows

    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema
else:
    Rows = Generic  # `Page` is registered as a sequence: with it as a base, each page would have another metaclass than other models

__all__ = [
    "PAGE_KEYS",
    "ROWS_KEYS",
    "Field",
    "Model",
    "NotAppended",
    "Page",
    "Part",
    "advance",
    "fields_of",
    "is_appended",
    "keyed_by_pattern",
    "mark_requested",
    "models_in",
    "not_appended",
    "rows_of",
]

T = TypeVar("T")
RowT = TypeVar("RowT", covariant=True)  # noqa: PLC0105 - it is that of any page

ADDITIONAL_PROPERTIES = "additional_properties"
PATTERN = "pattern"


class Model(WithSuggestions):  # noqa: PLW1641 - what can be changed has no hash
    """A JSON object of TMDB.

    Attributes have the names of the wire, except names that are invalid in Python or reserved: `class` is `class_`. An absent key is `UNSET`, which is falsy.
    Two objects are equal if they have the same class and values.
    """

    __slots__ = ()
    __attrs_attrs__: ClassVar[tuple[Any, ...]]
    __wire_names__: ClassVar[dict[str, str]] = {}
    """The names on the wire of attributes that have another name."""

    additional_properties: dict[str, Any] | None
    """Keys that this version of the package does not know, as they came, and days that came as null; None without one."""

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        class_: Any = type(self)
        values = _values_of(class_)
        return bool(values(self) == values(other))

    def __repr__(self) -> str:
        from .display import one_line

        return one_line(self)

    def __rich_repr__(self) -> Iterator[tuple[str, Any]]:
        from .display import rich_fields

        yield from rich_fields(self)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from .pydantic_schema import model_schema

        return model_schema(cls, handler)


class Part(Model):
    """A model that `append_to_response` can append. It is truthy, even if empty, unless it is a page: a sequence, such as the recommendations, of its rows."""

    __slots__ = ()

    def __bool__(self) -> bool:
        """Return True: the placeholder of a part that was not appended is falsy."""
        return True


PAGE_KEYS = frozenset({"page", "total_pages", "total_results"})
"""The properties of a page, beside its rows."""
ROWS_KEYS = ("results", "items")
"""The property that has the rows of a page."""


class Page(Model, Rows[RowT]):
    """A page of a list: a sequence of its rows, displayed as a table in notebooks.

    `for row in page`, `len(page)`, `page[0]` and `row in page` mean its rows. Like any sequence, a page without rows is falsy; `is_appended` says whether one
    was appended.

    Attributes:
        page: The page number, from 1.
        total_pages: The number of pages. TMDB serves the first 500.
        total_results: The number of rows of all pages. It can change between requests.
    """

    __slots__ = ()
    __rows__: ClassVar[str] = ROWS_KEYS[0]
    """The attribute that has the rows."""

    page: int
    total_pages: int
    total_results: int

    def __iter__(self) -> Iterator[RowT]:
        return iter(rows_of(self))

    def __len__(self) -> int:
        return len(rows_of(self))

    def __bool__(self) -> bool:
        return bool(rows_of(self))

    @overload
    def __getitem__(self, index: SupportsIndex, /) -> RowT: ...
    @overload
    def __getitem__(self, index: slice, /) -> list[RowT]: ...
    def __getitem__(self, index: SupportsIndex | slice, /) -> RowT | list[RowT]:
        return rows_of(self)[index]

    def __contains__(self, row: object, /) -> bool:
        return row in rows_of(self)

    def __reversed__(self) -> Iterator[RowT]:
        return reversed(rows_of(self))

    def index(self, value: Any, start: int = 0, stop: int = sys.maxsize, /) -> int:
        """The place of the first row that equals a value.

        Args:
            value: A row.
            start: The place to begin at.
            stop: The place to end before.

        Raises:
            ValueError: There is none.
        """
        return rows_of(self).index(value, start, stop)

    def count(self, value: Any, /) -> int:
        """The number of rows that equal a value."""
        return rows_of(self).count(value)

    def _repr_html_(self) -> str:
        from .display import html_table

        return html_table(self)


if not TYPE_CHECKING:  # type checkers see it as a base
    Sequence.register(Page)


def rows_of(page: Page[RowT]) -> list[RowT]:
    """The rows of a page; none if the page has drifted and they are no list."""
    rows = getattr(page, page.__rows__)
    return rows if isinstance(rows, list) else []


def models_in(holder: object, name: str, *, required: bool = False) -> list[Any]:
    """The models in a list of a response. What else has drifted into the list is left out.

    Args:
        holder: The model that has the list.
        name: The attribute.
        required: Whether no list is an error; by default it is an empty one.

    Raises:
        DecodeError: There is no list, and it is required.
        NotAppendedError: The holder is a part that was not appended.
    """
    found = getattr(holder, name) if isinstance(holder, (Model, NotAppended)) else None
    if isinstance(found, list):
        return [item for item in found if isinstance(item, Model)]
    if required:
        raise DecodeError(f"the response has no list {name!r}", path=f"$.{name}")
    return []


def advance(plan: Generator[Any, T, Any], response: T) -> Any:
    """Send a response to the plan of a helper, and return its next step. A `DecodeError` has no frames, whose variables contain the response."""
    try:
        return plan.send(response)
    except DecodeError as error:
        raise error.with_traceback(None) from None
    finally:
        del response


class NotAppended:
    """The placeholder of a part that was not appended. It is falsy, and its use raises `NotAppendedError`.

    Attributes:
        part: The name of the part in `append_to_response`.
        requested: Whether the part was requested; None if unknown, as for an object that did not come from a client.
        needs_session: Whether the part needs a user's session.
    """

    __slots__ = ("needs_session", "part", "requested")

    part: str
    requested: bool | None
    needs_session: bool

    def __init__(self, part: str, requested: bool | None = None, needs_session: bool = False) -> None:
        for name, value in (("part", part), ("requested", requested), ("needs_session", needs_session)):
            object.__setattr__(self, name, value)

    def __bool__(self) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NotAppended) and self.part == other.part

    def __hash__(self) -> int:
        return hash(self.part)

    def __repr__(self) -> str:
        return f"<{self.error}>"

    def __str__(self) -> str:
        """Nothing, as a template shows it."""
        return ""

    def __format__(self, format_spec: str) -> str:
        return format("", format_spec)

    def __reduce__(self) -> tuple[Any, ...]:
        return NotAppended, (self.part, self.requested, self.needs_session)

    @property
    def error(self) -> NotAppendedError:
        """The exception that its use raises."""
        return NotAppendedError(self.part, self.requested, needs_session=self.needs_session)

    def _refuse(self, *_: object) -> NoReturn:
        raise self.error

    __getattr__ = __setattr__ = __delattr__ = _refuse
    __iter__ = __len__ = __getitem__ = __setitem__ = __delitem__ = __contains__ = __reversed__ = _refuse


@cache
def _placeholder(part: str, requested: bool | None, needs_session: bool) -> NotAppended:
    return NotAppended(part, requested, needs_session)


def not_appended(part: str, *, needs_session: bool = False) -> Any:
    """The default of an appended part.

    Args:
        part: The name of the part in `append_to_response`.
        needs_session: Whether the part needs a user's session.
    """
    return _placeholder(part, None, needs_session)


def is_appended(model: Model, part: str) -> bool:
    """Whether a model has an appended part.

    Args:
        model: A model of details, such as `MovieDetails`.
        part: The name of the part in `append_to_response`, such as `"watch/providers"` or `season(1)`; or of its attribute, such as `"watch_providers"`.

    Raises:
        InvalidArgumentError: The model has no such part.
    """
    class_: Any = type(model)
    if not isinstance(part, str):
        raise InvalidArgumentError(f"part must be a text, such as 'credits'; not an object of type {type(part).__name__}")
    if numbered := _numbered_part(class_, part):
        return numbered[1] in getattr(model, numbered[0])
    parts = _parts_of(class_)
    name = parts.get(part, part)
    if name not in parts.values():
        known = f"one of {', '.join(parts)}" if parts else "a part of a model that has parts"
        raise InvalidArgumentError(f"part must be {known}; {class_.__name__} has no part {part!r}")
    return isinstance(getattr(model, name), Model)


def mark_requested(model: object, parts: Collection[str]) -> list[str]:
    """Mark the placeholders of a model whose parts the request asked for.

    Args:
        model: The decoded response.
        parts: The requested parts.

    Returns:
        The requested parts that are missing, except those that need a user's session, and numbered ones: a program may ask for more seasons than there are.
    """
    missing = []
    class_: Any = type(model)
    for part, name in _parts_of(class_).items():
        value = getattr(model, name)
        if isinstance(value, NotAppended):
            setattr(model, name, _placeholder(part, part in parts, value.needs_session))
            if part in parts and not value.needs_session:
                missing.append(part)
    return missing


def _numbered_part(model: Any, part: str) -> tuple[str, int] | None:
    """The attribute of a numbered part such as `season/1`, and the number; None for another part."""
    for field in getattr(model, "__attrs_attrs__", ()):
        if pattern := field.metadata.get(PATTERN):
            start, _, end = pattern.partition("{}")
            number = part.removeprefix(start).removesuffix(end)
            if part == f"{start}{number}{end}" and number.isdecimal() and number.isascii():
                return field.name, int(number)
    return None


@cache
def _parts_of(model: Any) -> dict[str, str]:
    """The attribute names of the appended parts, by the names of the parts."""
    return {field.default.part: field.name for field in getattr(model, "__attrs_attrs__", ()) if isinstance(field.default, NotAppended)}


def keyed_by_pattern(pattern: str) -> Any:
    """A field for all keys of a pattern, as a map by number: `season/1` and `season/2` of the pattern `season/{}` are 1 and 2.

    Args:
        pattern: The keys, with `{}` for the number.
    """
    return attrs.field(factory=dict, metadata={PATTERN: pattern})


class Field:
    """A field of a model.

    Attributes:
        name: The name of the attribute.
        wire_name: The key on the wire; for keys of a pattern, the pattern.
        type_: The annotation, resolved.
        default: The value of an absent key; `attrs.NOTHING` if the key is required.
        by_pattern: Whether the field is for all keys of a pattern.
    """

    __slots__ = ("by_pattern", "default", "name", "type_", "wire_name")

    def __init__(self, name: str, wire_name: str, type_: Any, default: Any, *, by_pattern: bool) -> None:
        self.name, self.wire_name, self.type_, self.default, self.by_pattern = name, wire_name, type_, default, by_pattern

    @property
    def required(self) -> bool:
        """Whether the key is required."""
        return self.default is attrs.NOTHING

    @property
    def matching(self) -> re.Pattern[str]:
        """The keys of a pattern, with the number as the group."""
        start, _, end = self.wire_name.partition("{}")
        return re.compile(f"{re.escape(start)}(0|[1-9][0-9]*){re.escape(end)}", re.ASCII)


@cache
def _values_of(model: Any) -> Callable[[Any], Any]:
    """A getter of the attributes to compare. attrs would compile an `__eq__` for each imported model."""
    return attrgetter(*(field.name for field in model.__attrs_attrs__ if field.eq))


def _types_of(model: Any) -> dict[str, Any]:
    """The types of the attributes of a model. `get_type_hints` returns the same, but takes four times as long."""
    types: dict[str, Any] = {}
    for class_ in reversed(model.__mro__):
        if "__attrs_attrs__" in vars(class_):
            names = vars(sys.modules[class_.__module__])
            annotations = get_annotations(class_)
            types |= {name: eval(type_, names) if isinstance(type_, str) else type_ for name, type_ in annotations.items()}  # noqa: S307 - our own text
    return types


@cache
def fields_of(model: Any) -> tuple[Field, ...]:
    """The fields of a model with keys on the wire."""
    types = _types_of(model)
    return tuple(
        Field(
            field.name,
            field.metadata.get(PATTERN) or model.__wire_names__.get(field.name, field.name),
            types[field.name],
            field.default,
            by_pattern=PATTERN in field.metadata,
        )
        for field in model.__attrs_attrs__
        if field.name != ADDITIONAL_PROPERTIES
    )
