"""From TMDB's JSON to models and back, without loss.

`decode` is msgspec's strict decoder with the wire's own types added (see `types`). `encode` is its inverse, directed by the annotations of the models, as None
is `""` in one place of the wire and null in another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, TypeAlias, TypeVar, Union, cast, get_args, get_origin

import msgspec

from .drift import read_tolerantly
from .models import Model, fields_of
from .types import UNSET, Day, Milliseconds, Timestamp, UnsetType, UTCTimestamp, write_timestamp  # type: ignore[attr-defined]
from .unions import UnknownRow, is_union, read

__all__ = ["decode", "encode", "place_of", "to_dict"]

T = TypeVar("T")
_Writer: TypeAlias = Callable[[Any], Any]
_MARKERS: Any = (Day, Timestamp, UTCTimestamp)
_COLON = re.compile(rb"\s*:")


def decode(content: bytes, type_: type[T], *, strict: bool = False, parts: Collection[str] | None = None) -> T:
    """Build an object of a type from JSON. Keys that the type does not know are passed over where all else fits: this is the quickest way.

    Args:
        content: JSON in UTF-8.
        type_: A model, or a list or dict of models.
        strict: Refuse what is not of this type. By default it is read as well as can be, and what does not fit is kept as it came.
        parts: The parts that were asked for, where that is known: it saves the search for those whose names are no identifiers.

    Raises:
        msgspec.DecodeError: The content is not JSON.
        msgspec.ValidationError: The content is not of this type, and this is strict; `place_of` reads the place off it.
    """
    renamed = content
    wire_names: Mapping[str, str] = getattr(type_, "__wire_names__", {})
    for name, wire_name in wire_names.items():
        if parts is None or wire_name in parts:
            renamed = _renamed(renamed, wire_name, name)
    try:
        return _decoder(cast("Any", type_)).decode(renamed)  # type: ignore[no-any-return]
    except msgspec.ValidationError:
        if strict:
            raise
        return read_tolerantly(msgspec.json.decode(content), type_, _tell_nobody)  # type: ignore[no-any-return]


def place_of(error: Exception) -> tuple[str | None, str]:
    """Where a body differs from its type, as a JSON path, and how; without a path where it is not JSON at all."""
    reason, *places = str(error).split(" - at `")
    if not isinstance(error, msgspec.ValidationError):
        return None, str(error)
    return "$" + "".join(place.removesuffix("`").removeprefix("$") for place in reversed(places)), reason  # the innermost comes first


def encode(value: object) -> bytes:
    """The JSON that a model, or a list or dict of models, was or could have been decoded from.

    Args:
        value: The model.

    Returns:
        JSON in UTF-8. Keys that were absent are absent, and a `Day` that is None is `""` again.
    """
    return msgspec.json.encode(_write_any(value))


def to_dict(model: Model) -> dict[str, Any]:
    """A model as plain dicts, lists, texts and numbers, as the wire has them.

    Args:
        model: The model.

    Returns:
        What `json.loads(encode(model))` would return.
    """
    return _write_model(model)


@cache
def _decoder(type_: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type_, dec_hook=read)


def _tell_nobody(path: str, expected: str, got: str) -> None:
    pass


def _renamed(content: bytes, wire_name: str, name: str) -> bytes:
    """JSON in which a key with a slash, which may be escaped, has another name.

    A text that holds the key is left alone: there, the quotes around it are escaped, and no colon follows. One search finds that there is nothing to do.
    """
    head, tail = (part.encode() for part in wire_name.split("/"))
    pieces = content.split(b'/%b"' % tail)
    for index, piece in enumerate(pieces[:-1]):
        start = piece.removesuffix(b"\\").removesuffix(b'"%b' % head)
        is_key = len(start) < len(piece) - len(head) and not start.endswith(b"\\") and _COLON.match(pieces[index + 1])
        pieces[index] = b'%b"%b"' % (start, name.encode()) if is_key else b'%b/%b"' % (piece, tail)
    return b"".join(pieces)


def _write_model(model: Model) -> dict[str, Any]:
    wire: dict[str, Any] = {}
    for name, wire_name, write in _writers(cast("Any", type(model))):
        value = getattr(model, name, UNSET)
        if value is not UNSET:
            wire[wire_name] = write(value)
    wire.update(getattr(model, "_as_came", {}))
    return wire


@cache
def _writers(model: Any) -> list[tuple[str, str, _Writer]]:
    return [(name, wire_name, _writer(type_)) for wire_name, (name, type_, _) in fields_of(model).items()]


def _writer(type_: Any) -> _Writer:
    """How values of an annotated type are written."""
    if type_ in _MARKERS:
        return _where(type_.write, (date, NoneType) if type_ is Day else datetime)
    origin, arguments = get_origin(type_), get_args(type_)
    if is_union(type_):
        return _write_any
    if origin is Annotated:
        return _where(_write_milliseconds, datetime) if Milliseconds in arguments else _writer(arguments[0])
    if origin is list:
        write = _writer(arguments[0])
        return _where(lambda values: [write(value) for value in values], list)
    if origin is dict:
        write = _writer(arguments[1])
        return _where(lambda values: {key: write(value) for key, value in values.items()}, dict)
    if origin in (Union, UnionType):
        return _union_writer([argument for argument in arguments if argument not in (NoneType, UnsetType)], nullable=NoneType in arguments)
    return _write_any


def _where(write: _Writer, types: type | tuple[type, ...]) -> _Writer:
    """A writer for values of some types, which leaves others as they are: an answer that drifted holds what came."""
    return lambda value: write(value) if isinstance(value, types) else _write_any(value)


def _union_writer(members: list[Any], *, nullable: bool) -> _Writer:
    if len(members) > 1:
        return _write_any
    write = _writer(members[0])
    return (lambda value: None if value is None else write(value)) if nullable else write


def _write_any(value: Any) -> Any:
    """Write a value by what it is, where its annotation says no more than that."""
    if isinstance(value, Model):
        return _write_model(value)
    if isinstance(value, UnknownRow):
        return value.data
    if isinstance(value, list):
        return [_write_any(item) for item in value]
    if isinstance(value, dict):
        return {key: _write_any(item) for key, item in value.items()}
    return value.isoformat() if isinstance(value, date) else value


def _write_milliseconds(value: datetime) -> str:
    return write_timestamp(value, "milliseconds")
