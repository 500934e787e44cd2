"""Reading answers that are not of the shape that the spec says, as TMDB changes its wire without notice.

The fast way to read is msgspec's, which refuses a body for one null in one row, and passes over keys that it does not know. `read_answer` looks for such keys
and gives whatever differs to `read_tolerantly`, which builds the same objects, keeps what does not fit as it came, and tells of each place. Nothing is lost.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias, Union, cast, get_args, get_origin

import msgspec

from .models import Model, fields_of, keep_as_came
from .types import UNSET, Day, UnsetType
from .unions import UnknownRow, is_union, read

__all__ = ["Drift", "Report", "read_answer", "read_tolerantly"]

_Day: Any = Day


class Drift(NamedTuple):
    """A place where an answer was not of the shape that this version of the package knows.

    Attributes:
        operation_id: The operation that was called, such as `movies_details`.
        path: The place, as a JSON path such as `$.results[3].title`.
        expected: What should stand there, such as `str`.
        got: What stands there: a kind of JSON such as `null`, a value that is not known, `missing`, or `unknown key`.
    """

    operation_id: str
    path: str
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{self.operation_id} {self.path}: expected {self.expected}, got {self.got}"


Report: TypeAlias = Callable[[str, str, str], None]
"""Is told the path, what was expected, and what came."""


def read_answer(content: bytes, type_: Any, report: Report) -> Any:
    """Build an object of a type from an answer that need not be of its shape.

    Args:
        content: The body.
        type_: The type that it should be of.
        report: Is told of each place that differs.

    Returns:
        An object of the type; what does not fit is in it as it came.

    Raises:
        msgspec.DecodeError: The body is not JSON, or one of its objects has a key twice, so that nobody can tell what it says.
    """
    value = msgspec.json.decode(content)
    count = _counter(type_) or _count
    try:
        known: int | None = count(value)
    except LookupError:
        known = None
    # As many keys as were found stand in the text, or a key stands there twice; or the text is written unusually, and has to be read to tell.
    stand = content.count(b'":')
    if known != stand and known != stand - content.count(b'\\":'):
        json.loads(content, object_pairs_hook=_without_repetition)
    if known is not None:
        names: dict[str, str] = {wire_name: name for name, wire_name in getattr(type_, "__wire_names__", {}).items()}
        renamed = {names.get(key, key): item for key, item in value.items()} if names and isinstance(value, dict) else value
        try:
            return msgspec.convert(renamed, type_, dec_hook=read)
        except msgspec.ValidationError:
            pass
    return read_tolerantly(value, type_, report)


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise msgspec.DecodeError(f"the key {max(keys, key=keys.count)!r} stands twice in one object")
    return found


@cache
def _counter(type_: Any) -> Callable[[Any], int] | None:
    """What counts the keys in a value of a type, and raises a LookupError for one that the type does not know; None where a type's values have no keys."""
    origin, arguments = get_origin(type_), get_args(type_)
    if origin is Annotated:
        return _counter(arguments[0])
    if origin in (Union, UnionType):
        return next((counter for argument in arguments if (counter := _counter(argument))), None)
    if is_union(type_):
        return _union_counter(type_)
    if origin is list and (item_counter := _counter(arguments[0])):
        return lambda value: sum(map(item_counter, value)) if type(value) is list else 0
    if origin is dict:
        value_counter = _counter(arguments[1]) or _no_keys
        return lambda value: len(value) + sum(map(value_counter, value.values())) if type(value) is dict else 0
    if isinstance(type_, type) and issubclass(type_, Model):
        return _model_counter(type_)
    return _count if type_ is Any else None


def _model_counter(model: Any) -> Callable[[Any], int]:
    known = fields_of(model).keys()
    inner: list[tuple[str, Callable[[Any], int]]] | None = None

    def counter(value: Any) -> int:
        nonlocal inner
        if type(value) is not dict:
            return 0
        if not value.keys() <= known:
            raise LookupError
        if inner is None:  # found late, as a model may hold itself
            inner = [(wire_name, counter) for wire_name, (_, type_, _) in fields_of(model).items() if (counter := _counter(type_))]
        found = len(value)
        for wire_name, count in inner:
            if item := value.get(wire_name):
                found += count(item)
        return found

    return counter


def _union_counter(type_: Any) -> Callable[[Any], int]:
    members = [_counter(member) or _no_keys for member in type_.members if member is not False]
    kinds = {kind: _counter(member) or _no_keys for kind, member in type_.kinds.items()}

    def counter(value: Any) -> int:
        kind = type_.kind_of(value)
        if kind is not None:
            return kinds.get(kind, _count)(value)
        for count in members:
            try:
                return count(value)
            except LookupError:
                continue
        raise LookupError

    return counter


def _no_keys(_: Any) -> int:
    return 0


def _count(value: Any) -> int:
    """The keys in a value of any shape."""
    if isinstance(value, dict):
        return len(value) + sum(map(_count, value.values()))
    return sum(map(_count, value)) if isinstance(value, list) else 0


def read_tolerantly(value: Any, type_: Any, report: Report) -> Any:
    """Build an object of a type from JSON that need not be of its shape.

    Args:
        value: The body, parsed.
        type_: The type that it should be of.
        report: Is told of each place that differs.

    Returns:
        An object of the type; what does not fit is in it as it came. A body of another kind altogether is returned as it came.
    """
    return _read(value, type_, "$", report)


def _read(value: Any, type_: Any, path: str, report: Report) -> Any:
    origin, arguments = get_origin(type_), get_args(type_)
    if origin in (Union, UnionType):
        return _read_optional(value, arguments, path, report)
    if is_union(type_):
        return _read_union(value, type_, path, report)
    if origin is list and isinstance(value, list):
        return [_read(item, arguments[0], f"{path}[{index}]", report) for index, item in enumerate(value)]
    if origin is dict and isinstance(value, dict):
        return {key: _read(item, arguments[1], f"{path}.{key}", report) for key, item in value.items()}
    if isinstance(type_, type) and issubclass(type_, Model) and isinstance(value, dict):
        return _read_model(value, type_, path, report)
    try:
        return msgspec.convert(value, type_, dec_hook=read)
    except msgspec.ValidationError:
        report(path, _name(type_), _kind(value))
        return value


def _read_optional(value: Any, members: tuple[Any, ...], path: str, report: Report) -> Any:
    if value is None and NoneType in members:
        return None
    others = [member for member in members if member not in (NoneType, UnsetType)]
    return _read(value, others[0] if len(others) == 1 else Union[tuple(others)], path, report)  # noqa: UP007


def _read_union(value: Any, type_: Any, path: str, report: Report) -> Any:
    kind = type_.kind_of(value)
    if kind is not None and kind not in type_.kinds:
        report(f"{path}.{type_.key}", f"one of {', '.join(type_.kinds)}", repr(kind))
        return UnknownRow(kind, value)
    if kind is not None:
        return _read(value, type_.kinds[kind], path, report)
    if isinstance(value, dict):
        models = [member for member in type_.members if member is not False]
        fitting = (model for model in models if _fits(value, model))
        return _read(value, next(fitting, None) or max(models, key=lambda model: len(value.keys() & fields_of(model).keys())), path, report)
    if value is not False or False not in type_.members:
        report(path, type_.__name__, _kind(value))
    return value


def _fits(value: Any, type_: Any) -> bool:
    try:
        msgspec.convert(value, type_, dec_hook=read)
    except msgspec.ValidationError:
        return False
    return True


def _read_model(value: dict[str, Any], model: type[Model], path: str, report: Report) -> Any:
    made = model.__new__(model)
    fields = fields_of(cast("Any", model))
    for wire_name, (name, type_, optional) in fields.items():
        if wire_name in value:
            found = _read(value[wire_name], type_, f"{path}.{wire_name}", report)
        else:
            found = UNSET
            if not optional:
                report(f"{path}.{wire_name}", _name(type_), "missing")
        object.__setattr__(made, name, found)
    for wire_name in value:
        if wire_name not in fields:
            report(f"{path}.{wire_name}", "no such key", "unknown key")
    # An attribute cannot tell a null from an empty day, and unknown keys have none.
    keep_as_came(made, {key: item for key, item in value.items() if key not in fields or (item is None and fields[key][1] is _Day)})
    if post_init := getattr(made, "__attrs_post_init__", None):
        post_init()
    return made


def _name(type_: Any) -> str:
    origin, arguments = get_origin(type_), get_args(type_)
    if origin is Annotated:
        return _name(arguments[0])
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_name(argument) for argument in arguments if argument is not UnsetType))
    if origin is Literal:
        return " or ".join(map(repr, arguments))
    return "null" if type_ is NoneType else getattr(origin or type_, "__name__", str(type_))


def _kind(value: Any) -> str:
    kinds = {NoneType: "null", bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return kinds[type(value)]
