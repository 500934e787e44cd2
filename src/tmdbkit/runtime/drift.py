"""Reading answers that are not of the shape that the spec says, as TMDB changes its wire without notice.

The fast way to read is msgspec's, which refuses a body for one null in one row. `read_tolerantly` reads what it refused: it builds the same objects, keeps what
does not fit as it came, and tells of each place. Nothing of a JSON body is lost, and nothing is raised.
"""

from __future__ import annotations

from collections.abc import Callable
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias, Union, cast, get_args, get_origin

import msgspec

from .models import Model, fields_of, keep_as_came
from .types import UNSET, Day, UnsetType
from .unions import UnknownRow, is_union, read

__all__ = ["Drift", "Report", "read_tolerantly"]

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
