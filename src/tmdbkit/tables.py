"""`to_rows`: models as flat dicts, for pandas, polars, pyarrow, SQL and CSV."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from types import NoneType
from typing import Any, NamedTuple

from .runtime.errors import InvalidArgumentError
from .runtime.models import Model, NotAppended, Page, fields_of
from .runtime.types import UNSET, union_members
from .runtime.unions import UnknownRowBase

__all__ = ["to_rows"]


def to_rows(models: Iterable[Model | UnknownRowBase]) -> list[dict[str, Any]]:
    """Convert models to flat dicts with the same keys, for `pandas.DataFrame`, `polars.DataFrame`, `pyarrow.Table.from_pylist` and others.

    Objects within a model have columns of their own: `belongs_to_collection.name`. Lists stay lists, of values or of dicts. Dates and timestamps are
    Python's. What is absent is None. The columns are those of the models, whatever the rows have, so that the rows of two pages have the same ones. A part
    has columns only if a row has it appended. Unknown keys are left out.

    Args:
        models: A page, or an iterable of models, such as those of `paginate`.

    Returns:
        A dict for each model, with the columns in the same order.

    Raises:
        InvalidArgumentError: It is a single model, or has something else than models.
    """
    given: object = models
    if (isinstance(given, Model) and not isinstance(given, Page)) or not isinstance(given, Iterable):
        raise InvalidArgumentError(f"to_rows takes a page, or models in a list or another iterable; not an object of type {type(given).__name__}")
    found = [_flat(model) for model in models]
    columns = dict.fromkeys(name for row in found for name in row)
    empty = dict.fromkeys(columns)
    return [{**empty, **row} for row in found]


class _Column(NamedTuple):
    """A field of a model: its name, the class of an object that it has the columns of, and whether it is a part."""

    name: str
    model: Any
    is_part: bool


@cache
def _columns(class_: Any) -> tuple[_Column, ...]:
    return tuple(_Column(field.name, _model_in(field.type_), isinstance(field.default, NotAppended) or field.by_pattern) for field in fields_of(class_))


def _model_in(type_: Any) -> type[Model] | None:
    """The model that a field has, if it has no other object."""
    others = [member for member in union_members(type_) if member not in (NoneType, type(UNSET))]
    return others[0] if len(others) == 1 and isinstance(others[0], type) and issubclass(others[0], Model) else None


def _flat(model: Model | UnknownRowBase) -> dict[str, Any]:
    row: dict[str, Any] = {}
    if isinstance(model, Model):
        _add(row, type(model), model, "")
    elif isinstance(model, UnknownRowBase):
        for name, value in _data(model).items():
            row[name] = _plain(value)
    else:
        raise InvalidArgumentError(f"to_rows takes models; not an object of type {type(model).__name__}")
    return row


def _add(row: dict[str, Any], class_: Any, model: Model | None, prefix: str) -> None:
    """Add the columns of a model; those of its class, all None, if there is no model."""
    for name, inner, is_part in _columns(class_):
        value = None if model is None else getattr(model, name)
        if is_part and not _is_there(value):
            continue
        if inner is not None and not _is_recursive(inner):
            _add(row, inner, value if isinstance(value, inner) else None, f"{prefix}{name}.")
        else:
            row[prefix + name] = _plain(value)


@cache
def _is_recursive(class_: Any, above: tuple[Any, ...] = ()) -> bool:
    return class_ in above or any(_is_recursive(inner, (*above, class_)) for _, inner, is_part in _columns(class_) if inner and not is_part)


def _plain(value: Any) -> Any:
    """A value with Python's own types."""
    if isinstance(value, Model):
        class_: Any = type(value)
        return {name: _plain(getattr(value, name)) for name, _, is_part in _columns(class_) if not is_part or _is_there(getattr(value, name))}
    if isinstance(value, UnknownRowBase):
        return _plain(_data(value))
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return None if value is UNSET or isinstance(value, NotAppended) else value


def _is_there(part: object) -> bool:
    """Whether a part was appended: a model, or a map of models that is not empty."""
    return isinstance(part, Model) or bool(part)


def _data(row: UnknownRowBase) -> dict[str, Any]:
    data: dict[str, Any] = getattr(row, "data", {})
    return data
