"""Codecs: decoding and encoding of values by their annotated types.

A codec decodes in two ways. The fast one lets msgspec decode JSON into twins, `msgspec.Struct` classes that have the fields of the models and reject any
other key, and builds models from them; it rejects a body that is not exactly of its type. The tolerant one accepts any JSON, keeps unexpected values,
and reports each mismatch. Both build the same objects.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from threading import RLock
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, cast, get_args, get_origin

import msgspec

from .lazy import cached_property
from .models import Field, Model, NotAppended, fields_of
from .types import UnsetType, WireType, date_from_text
from .unions import UnknownRowBase, is_untagged, tags_of

__all__ = ["COMPILING", "MISSING", "UNKNOWN_KEY", "Codec", "Reading", "Report", "codec_of", "kind_of", "member", "name_of", "serialize"]

Report: TypeAlias = Callable[[str, str, str], None]
"""Called with the JSON path, the expected type, and the received value."""

MOST_REPORTS = 100
"""The maximum number of reported mismatches per body."""
LONGEST_TAG = 40
LONGEST_CODE = 3
"""The maximum length of codes of languages and countries."""
ORIGINAL = "original_"
MISSING = "missing"
UNKNOWN_KEY = "unknown key"

_KINDS = {
    NoneType: "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
    Decimal: "number out of range",
}


def kind_of(value: Any) -> str:
    """The JSON type of a value."""
    return _KINDS.get(type(value), type(value).__name__)


def member(path: str, key: str) -> str:
    """The JSON path of a member of the object at a path."""
    if key.isidentifier() and key.isascii():
        return f"{path}.{key}"
    escaped = key.replace("\\", "\\\\").replace("'", r"\'").encode(errors="backslashreplace").decode()
    return f"{path}['{escaped}']"


_Mismatch: TypeAlias = tuple[str | None, str, str]


class _Position:
    """A position in a body, the same for all items of a list or map, and the reports on it."""

    __slots__ = ("_below", "reported")

    def __init__(self) -> None:
        self._below: dict[str | None, _Position] = {}
        self.reported: set[_Mismatch] = set()

    def below(self, key: str | None) -> _Position:
        """The position of a key, or of the items for None."""
        if (position := self._below.get(key)) is None:
            position = self._below[key] = _Position()
        return position


class Reading:
    """The state of one tolerant pass over a body.

    Attributes:
        trail: The keys and indices of the current value.
        position: Its position.
    """

    __slots__ = ("_left", "_report", "position", "trail")

    def __init__(self, report: Report) -> None:
        self.trail: list[str | int] = []
        self.position = _Position()
        self._report, self._left = report, MOST_REPORTS

    def mismatch(self, expected: str, got: str, key: str | None = None) -> None:
        """Report a mismatch: once for all items of a list or map, at most `MOST_REPORTS` per body.

        Args:
            expected: The expected type.
            got: The received value.
            key: The key in the current object, if the mismatch concerns one.
        """
        if not self._left or (mismatch := (key, expected, got)) in self.position.reported:
            return
        self.position.reported.add(mismatch)
        self._left -= 1
        path = "$"
        for step in self.trail if key is None else (*self.trail, key):
            path = f"{path}[{step}]" if isinstance(step, int) else member(path, step)
        self._report(path, expected, got)


class Codec:
    """Decodes and encodes values of one type. The base class is for any JSON.

    Attributes:
        expected: The type, in words.
        classes: The classes whose values need no conversion.
        wire_type: The wire type, if the values are formatted texts on the wire.
        container: `dict` or `list` for the types of objects and arrays.
    """

    container: type | None = None
    expected = "anything"
    classes: frozenset[type] = frozenset()
    wire_type: WireType | None = None

    @property
    def twin(self) -> Any:
        """The type that msgspec decodes."""
        return Any

    @property
    def build(self) -> Callable[[Any], Any] | None:
        """A function that builds a value from the twin; None if the twin is the value. It raises a `ValueError` for an invalid value."""
        return None

    def read(self, value: Any, reading: Reading) -> Any:  # noqa: ARG002
        """Build a value from parsed JSON, tolerantly."""
        return value

    def serialize(self, value: Any) -> Any:
        """Convert a value, of the type or not, to serializable JSON."""
        return serialize(value)


class _Scalar(Codec):
    def __init__(self, class_: type) -> None:
        self._class, self.classes = class_, frozenset([class_])
        self.expected = "null" if class_ is NoneType else class_.__name__

    @property
    def twin(self) -> Any:
        return self._class

    def read(self, value: Any, reading: Reading) -> Any:
        if value.__class__ not in self.classes:
            reading.mismatch(self.expected, kind_of(value))
        return value


class _Float(Codec):
    """A number. An integer that no float equals stays one."""

    expected = "float"
    classes = frozenset([float])

    @property
    def twin(self) -> Any:
        return int | float

    @property
    def build(self) -> Callable[[Any], Any]:
        return _as_float

    def read(self, value: Any, reading: Reading) -> Any:
        if value.__class__ is int:
            return _as_float(value)
        if value.__class__ is not float:
            reading.mismatch(self.expected, kind_of(value))
        return value


def _as_float(value: float) -> float:
    if value.__class__ is float:
        return value
    try:
        number = float(value)
    except OverflowError:
        return value
    return number if number == value else value


class _Constant(Codec):
    """One of several constants."""

    def __init__(self, values: tuple[Any, ...]) -> None:
        self._values = values
        self.expected = " or ".join(repr(value) if isinstance(value, str) else str(value).lower() for value in values)
        self._is_bool = any(isinstance(value, bool) for value in values)  # msgspec has no such constants

    @property
    def twin(self) -> Any:
        return bool if self._is_bool else Literal[self._values]

    @property
    def build(self) -> Callable[[Any], Any] | None:
        return self._build if self._is_bool else None

    def _build(self, value: Any) -> Any:
        if value not in self._values:
            raise ValueError(f"not {self.expected}")
        return value

    def read(self, value: Any, reading: Reading) -> Any:
        if not any(value.__class__ is constant.__class__ and value == constant for constant in self._values):
            reading.mismatch(self.expected, kind_of(value))
        return value


class _Text(Codec):
    """A type that is a formatted text on the wire."""

    def __init__(self, wire_type: WireType) -> None:
        self.wire_type, self.expected = wire_type, wire_type.name
        self._wire_type: WireType = wire_type
        self.may_be_null = NoneType in wire_type.classes

    @property
    def twin(self) -> Any:
        return str | None if self.may_be_null else str

    @property
    def build(self) -> Callable[[Any], Any]:
        return self._build_or_null if self.may_be_null else self._wire_type.parse

    def _build_or_null(self, value: str | None) -> Any:
        return None if value is None else self._wire_type.parse(value)

    def read(self, value: Any, reading: Reading) -> Any:
        if value is None and self.may_be_null:
            return None
        if isinstance(value, str):
            with suppress(ValueError):
                return self._wire_type.parse(value)
        reading.mismatch(self.expected, kind_of(value))
        return value

    def serialize(self, value: Any) -> Any:
        return self._wire_type.serialize(value) if isinstance(value, self._wire_type.classes) else serialize(value)


_DATE = WireType("date", date_from_text, date.isoformat, (date,))


class _List(Codec):
    container = list
    expected = "list"

    def __init__(self, item: Codec) -> None:
        self._item = item

    @property
    def twin(self) -> Any:
        return list[self._item.twin]  # type: ignore[name-defined]

    @property
    def build(self) -> Callable[[Any], Any] | None:
        build = self._item.build
        return None if build is None else lambda values: list(map(build, values))

    def read(self, value: Any, reading: Reading) -> Any:
        if value.__class__ is not list:
            reading.mismatch(self.expected, kind_of(value))
            return value
        read, trail, classes, position = self._item.read, reading.trail, self._item.classes, reading.position
        items: list[Any] = []
        reading.position = position.below(None)
        trail.append(0)
        for index, item in enumerate(value):
            trail[-1] = index
            items.append(item if item.__class__ in classes else read(item, reading))
        trail.pop()
        reading.position = position
        return items

    def serialize(self, value: Any) -> Any:
        return [self._item.serialize(item) for item in value] if isinstance(value, list) else serialize(value)


class _Map(Codec):
    container = dict
    expected = "dict"

    def __init__(self, item: Codec) -> None:
        self._item = item

    @property
    def twin(self) -> Any:
        return dict[str, self._item.twin]  # type: ignore[name-defined]

    @property
    def build(self) -> Callable[[Any], Any] | None:
        build = self._item.build
        return None if build is None else lambda values: {key: build(value) for key, value in values.items()}

    def read(self, value: Any, reading: Reading) -> Any:
        if value.__class__ is not dict:
            reading.mismatch(self.expected, kind_of(value))
            return value
        read, trail, position, items = self._item.read, reading.trail, reading.position, {}
        reading.position = position.below(None)
        trail.append("")
        for key, item in value.items():
            trail[-1] = key
            items[key] = read(item, reading)
        trail.pop()
        reading.position = position
        return items

    def serialize(self, value: Any) -> Any:
        return {key: self._item.serialize(item) for key, item in value.items()} if isinstance(value, dict) else serialize(value)


class _Optional(Codec):
    """A type, or null."""

    def __init__(self, other: Codec) -> None:
        self._other, self.expected, self.wire_type = other, f"{other.expected} or null", other.wire_type
        self.classes = other.classes and other.classes | {NoneType}

    @property
    def twin(self) -> Any:
        return self._other.twin | None

    @property
    def build(self) -> Callable[[Any], Any] | None:
        build = self._other.build
        return None if build is None else lambda value: None if value is None else build(value)

    def read(self, value: Any, reading: Reading) -> Any:
        if value is None:
            return None
        if self.classes and value.__class__ not in self.classes and not (value.__class__ is int and float in self.classes):
            reading.mismatch(self.expected, kind_of(value))
            return value
        return self._other.read(value, reading)

    def serialize(self, value: Any) -> Any:
        return None if value is None else self._other.serialize(value)


class _Compiled(Codec):
    """A codec whose twin is created on first use.

    A type may be recursive. The twin of an inner value cannot be a part of the outer twin: msgspec leaves it as dicts, which are converted when
    the model is built.
    """

    _compiled: tuple[Any, Callable[[Any], Any]] | None = None

    def _compile(self) -> tuple[Any, Callable[[Any], Any]]:
        """Create the twin, and the builder of values."""
        raise NotImplementedError

    def _twin_and_build(self) -> tuple[Any, Callable[[Any], Any]]:
        if self._compiled is None:
            with COMPILING.lock:
                if self in COMPILING.begun:
                    return Any, self._build_inner
                if self._compiled is None:
                    COMPILING.begun.append(self)
                    try:
                        self._compiled = self._compile()
                    finally:
                        COMPILING.begun.pop()
        return self._compiled

    def _build_inner(self, value: Any) -> Any:
        twin, build = self._twin_and_build()
        with COMPILING.lock:  # msgspec inspects a type on first use, which two threads must not do concurrently
            found = msgspec.convert(value, twin)
        return build(found)

    @property
    def twin(self) -> Any:
        return self._twin_and_build()[0]

    @property
    def build(self) -> Callable[[Any], Any]:
        return self._twin_and_build()[1]


class _Compiling:
    """The state of compilation, by one thread at a time."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.begun: list[_Compiled] = []


COMPILING = _Compiling()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=COMPILING.__init__)  # type: ignore[misc]  # the thread that held the lock is not in the child


class _Either(_Compiled):
    """A union of at most one model with scalars and lists."""

    def __init__(self, members: list[Codec]) -> None:
        self._model = next((member for member in members if isinstance(member, ModelCodec)), None)
        self._others = [member for member in members if member is not self._model]
        self.expected = " or ".join(member.expected for member in members)

    def _compile(self) -> tuple[Any, Callable[[Any], Any]]:
        build_model = self._model.build if self._model else None

        def build(value: Any) -> Any:
            if build_model and isinstance(value, msgspec.Struct):
                return build_model(value)
            for other in self._others:
                if (other.classes and value.__class__ not in other.classes) or other.container not in (None, value.__class__):
                    continue
                with suppress(TypeError, ValueError):  # a parser of texts may get any value
                    return other.build(value) if other.build else value
            raise ValueError(f"not {self.expected}")

        return Union[tuple(member.twin for member in (self._model, *self._others) if member)], build  # noqa: UP007

    def read(self, value: Any, reading: Reading) -> Any:
        if self._model and value.__class__ is dict:
            return self._model.read(value, reading)
        for other in self._others:
            found: list[str] = []
            item = other.read(value, Reading(lambda *reported, found=found: found.extend(reported)))
            if not found:
                return item
        reading.mismatch(self.expected, kind_of(value))
        return value


class _Untagged(_Compiled):
    """A union of models without a tag. The twin is that of the first, the most frequent one; the others are identified by their keys."""

    container = dict

    def __init__(self, members: tuple[Any, ...]) -> None:
        self._models = tuple(cast("ModelCodec", codec_of(model)) for model in members)
        self.expected = " or ".join(model.expected for model in self._models)

    def _compile(self) -> tuple[Any, Callable[[Any], Any]]:
        return self._models[0].twin, self._models[0].build

    def read(self, value: Any, reading: Reading) -> Any:
        if value.__class__ is not dict:
            reading.mismatch(self.expected, kind_of(value))
            return value
        return _likeliest(self._models, frozenset(value)).read(value, reading)


@lru_cache(maxsize=1024)
def _likeliest(models: tuple[ModelCodec, ...], keys: frozenset[str]) -> ModelCodec:
    """The model that best matches the keys of an object."""
    return max(models, key=lambda model: model.likeness(keys))


class _Tagged(_Compiled):
    """A union of models with a tag; or a row with an unknown tag."""

    container = dict

    def __init__(self, members: tuple[Any, ...]) -> None:
        self._unknown_row = next((member for member in members if issubclass(member, UnknownRowBase)), None)
        self._tag_field, models = tags_of(members) or _constants_of([member for member in members if member is not self._unknown_row])
        self._by_tag = {tag: cast("ModelCodec", codec_of(model)) for tag, model in models.items()}
        self._models = tuple(dict.fromkeys(self._by_tag.values()))
        self.expected = " or ".join(model.expected for model in self._models)

    def _compile(self) -> tuple[Any, Callable[[Any], Any]]:
        builds = dict(codec.compile_tagged(self._tag_field, tag) for tag, codec in self._by_tag.items())
        return Union[tuple(builds)], lambda twin: builds[twin.__class__](twin)  # noqa: UP007

    def read(self, value: Any, reading: Reading) -> Any:
        if value.__class__ is not dict:
            reading.mismatch(self.expected, kind_of(value))
            return value
        tag = value.get(self._tag_field)
        if tag.__class__ is not str:
            return _likeliest(self._models, frozenset(value)).read(value, reading)
        if tag in self._by_tag:
            return self._by_tag[tag].read(value, reading)
        reading.mismatch(f"one of {', '.join(self._by_tag)}", repr(tag if len(tag) <= LONGEST_TAG else f"{tag[:LONGEST_TAG]}…"), self._tag_field)
        return self._unknown_row(value, self._tag_field) if self._unknown_row else value


def _constants_of(models: list[Any]) -> tuple[str, dict[str, Any]]:
    """The tag of models by their constants, and the model for each value."""
    constants = []
    for model in models:
        types = {field.wire_name: _present(field.type_) for field in fields_of(model)}
        constants.append({name: get_args(type_)[0] for name, type_ in types.items() if get_origin(type_) is Literal})
    for name in constants[0]:
        if len({found.get(name) for found in constants} - {None}) == len(models):
            return name, {found[name]: model for found, model in zip(constants, models, strict=True)}
    raise _no_codec(" | ".join(model.__name__ for model in models))


class _UnknownRow(Codec):
    """A row with any tag."""

    container = dict

    def __init__(self, unknown_row: type[UnknownRowBase]) -> None:
        self._unknown_row, self.expected = unknown_row, unknown_row.__name__

    @property
    def twin(self) -> Any:
        return dict[str, Any]

    @property
    def build(self) -> Callable[[Any], Any]:
        return self._unknown_row

    def read(self, value: Any, reading: Reading) -> Any:
        if value.__class__ is dict:
            return self._unknown_row(value)
        reading.mismatch(self.expected, kind_of(value))
        return value


class ModelCodec(_Compiled):
    """A model."""

    container = dict

    def __init__(self, model: Any) -> None:
        self.model, self.expected = model, model.__name__

    @cached_property
    def _fields(self) -> list[tuple[Field, Codec]]:
        return [(field, codec_of(_present(field.type_))) for field in fields_of(self.model) if not field.by_pattern]

    @cached_property
    def patterns(self) -> list[tuple[str, str, re.Pattern[str], Codec]]:
        """The fields for keys of a pattern: the attribute, the pattern, its regular expression, and the codec of a value."""
        by_pattern = [field for field in fields_of(self.model) if field.by_pattern]
        return [(field.name, field.wire_name, field.matching, codec_of(get_args(field.type_)[1])) for field in by_pattern]

    @cached_property
    def starts_of_patterns(self) -> list[bytes]:
        """The possible prefixes of pattern keys in JSON: with a slash, or with an escaped one."""
        starts = ['"' + pattern.partition("{}")[0] for _, pattern, _, _ in self.patterns]
        return [form.encode() for start in starts for form in dict.fromkeys((start, start.replace("/", "\\/")))]

    # Fast decoding

    def _compile(self) -> tuple[Any, Callable[[Any], Any]]:
        return self.compile_tagged(None, None)

    @cache  # noqa: B019 (codecs live as long as their models)
    def compile_tagged(self, tag_field: str | None, tag: str | None) -> tuple[Any, Callable[[Any], Any]]:
        """Create the twin for a tagged union, and the builder of the model.

        The builder is compiled from text, as attrs compiles `__init__`: a loop over the fields would take three times as long.
        """
        fields: list[Any] = []
        scope: dict[str, Any] = {"new": self.model.__new__, "class_": self.model, "tag": tag, "intern": sys.intern, "NoneType": NoneType, "keep": _keep}
        lines = ["def build(twin):", " model = new(class_)", " model.additional_properties = None", *(f" model.{name} = {{}}" for name, *_ in self.patterns)]
        for field, codec in self._fields:
            if field.wire_name == tag_field:
                lines.append(f" model.{field.name} = tag")
                continue
            fields.append((field.name, codec.twin) if field.required else (field.name, codec.twin, field.default))
            building = self._building(field, codec, scope)
            lines += [f" value = twin.{field.name}", f" model.{field.name} = {building}"] if building else [f" model.{field.name} = twin.{field.name}"]
            if isinstance(codec, _Text) and codec.may_be_null:
                lines += [" if value is None:", f"  keep(model, {field.wire_name!r}, None)"]
            if codec.wire_type and codec.wire_type.usual_form:
                scope |= {f"is_usual_{field.name}": codec.wire_type.usual_form.fullmatch, f"serialize_{field.name}": codec.wire_type.serialize}
                lines += [
                    f" if value.__class__ is str and not is_usual_{field.name}(value) and serialize_{field.name}(model.{field.name}) != value:",
                    f"  keep(model, {field.wire_name!r}, value)",
                ]
        exec("\n".join([*lines, " return model"]), scope)  # noqa: S102
        renamed = {field.name: field.wire_name for field, _ in self._fields}
        options: Any = {"rename": renamed, "tag_field": tag_field, "tag": tag}
        twin = msgspec.defstruct(self.model.__name__, fields, kw_only=True, forbid_unknown_fields=True, gc=False, **options)
        return twin, scope["build"]

    def _building(self, field: Field, codec: Codec, scope: dict[str, Any]) -> str:
        """The expression that builds a field from `value`; empty if `value` is the result. Adds the names that it uses to the scope."""
        if codec.classes == {str} and field.required:
            # Rows share equal texts: codes of languages and countries, and titles equal to the original ones.
            other = field.name.removeprefix(ORIGINAL)
            if other != field.name and any(one.name == other for one, _ in self._fields):
                return f"twin.{other} if value == twin.{other} else value"
            return f"value if len(value) > {LONGEST_CODE} else intern(value)" if _holds_code(field.name) else ""
        build = codec.build
        if build is None:
            return ""
        scope[f"build_{field.name}"], scope[f"default_{field.name}"] = build, field.default
        as_they_are = [] if field.required else [f"value is default_{field.name}"]
        as_they_are += [f"value.__class__ is {class_.__name__}" for class_ in codec.classes]
        built = f"build_{field.name}(value)"
        return f"value if {' or '.join(as_they_are)} else {built}" if as_they_are else built

    # Tolerant decoding

    @cached_property
    def _readers(self) -> list[tuple[str, Any, _Mismatch | None, frozenset[type], Codec, Callable[[Any, Any], None]]]:
        """For each field: key, default, report on its absence, classes that need no conversion, codec, and setter."""
        readers: list[Any] = []
        for field, codec in self._fields:
            default, missing = (_UNSET, (field.wire_name, codec.expected, MISSING)) if field.required else (field.default, None)
            readers.append((field.wire_name, default, missing, codec.classes, codec, getattr(self.model, field.name).__set__))
        return readers

    @cached_property
    def _wire_names(self) -> frozenset[str]:
        return frozenset(field.wire_name for field, _ in self._fields)

    @cached_property
    def _required(self) -> frozenset[str]:
        return frozenset(field.wire_name for field, _ in self._fields if field.required)

    def likeness(self, keys: frozenset[str]) -> tuple[int, int]:
        """The similarity of an object's keys to this model: fewer missing or unknown keys first, then more known ones."""
        known = len(keys & self._wire_names)
        return known - len(keys) - len(self._required - keys), known

    def read(self, value: Any, reading: Reading) -> Any:
        if value.__class__ is not dict:
            reading.mismatch(self.expected, kind_of(value))
            return value
        model, found, trail, position = self.model.__new__(self.model), 0, reading.trail, reading.position
        additional: dict[str, Any] = {}
        reported = position.reported
        for wire_name, default, missing, classes, codec, set_ in self._readers:
            if wire_name not in value:
                if missing and missing not in reported:
                    reading.mismatch(codec.expected, MISSING, wire_name)
                set_(model, default)
                continue
            found += 1
            item = value[wire_name]
            if item.__class__ not in classes:
                if item is None and codec.__class__ is _Text:
                    additional[wire_name] = None  # None may also represent a text on the wire: see `serialize`
                trail.append(wire_name)
                reading.position = position.below(wire_name)
                text, item = item, codec.read(item, reading)
                reading.position = position
                trail.pop()
                if text.__class__ is str and codec.wire_type and codec.wire_type.usual_form and codec.serialize(item) != text:
                    additional[wire_name] = text
            set_(model, item)
        for name, *_ in self.patterns:
            setattr(model, name, {})
        if found < len(value):
            additional |= self._read_others(model, value, reading)
        model.additional_properties = additional or None
        return model

    def _read_others(self, model: Any, value: dict[str, Any], reading: Reading) -> dict[str, Any]:
        """Read the keys without a field, and return those that match no pattern."""
        unknown = {}
        for wire_name, item in value.items():
            if wire_name not in self._wire_names and not self._read_by_pattern(model, wire_name, item, reading):
                reading.mismatch("no such key", UNKNOWN_KEY, wire_name)
                unknown[wire_name] = item
        return unknown

    def _read_by_pattern(self, model: Any, wire_name: str, item: Any, reading: Reading) -> bool:
        for name, _, matching, codec in self.patterns:
            if match := matching.fullmatch(wire_name):
                position = reading.position
                reading.trail.append(wire_name)
                reading.position = position.below(name)
                getattr(model, name)[int(match[1])] = codec.read(item, reading)
                reading.position = position
                reading.trail.pop()
                return True
        return False

    # Encoding

    @cached_property
    def _writers(self) -> list[tuple[str, str, Codec]]:
        return [(field.name, field.wire_name, codec) for field, codec in self._fields]

    def serialize(self, value: Any) -> Any:
        if value.__class__ is not self.model:
            return serialize(value)
        wire: dict[str, Any] = {}
        additional = value.additional_properties or {}
        for name, wire_name, codec in self._writers:
            item = getattr(value, name)
            if item.__class__ in _PLAIN and not codec.wire_type:
                wire[wire_name] = item
            elif item is _UNSET or item.__class__ is NotAppended:
                continue
            elif wire_name in additional and _stands_for(additional[wire_name], item, codec):
                wire[wire_name] = additional[wire_name]
            else:
                wire[wire_name] = codec.serialize(item)
        for name, pattern, _, codec in self.patterns:
            wire |= {pattern.format(number): codec.serialize(item) for number, item in getattr(value, name).items()}
        return wire | {key: serialize(item) for key, item in additional.items() if key not in self._wire_names}


def _keep(model: Any, wire_name: str, text: str | None) -> None:
    """Keep the original text or null of a field if encoding would change it."""
    model.additional_properties = {**(model.additional_properties or {}), wire_name: text}


def _stands_for(kept: Any, value: Any, codec: Codec) -> bool:
    """Whether the original text of a field still represents its value, which the user may have changed."""
    if kept is None or value is None or codec.wire_type is None:
        return kept is value
    with suppress(ValueError):
        return isinstance(kept, str) and codec.wire_type.parse(kept) == value
    return False


def _holds_code(name: str) -> bool:
    """Whether a field with this name has the code of a language or country."""
    return name.startswith("iso_") or name.endswith("language")


_UNSET = UnsetType.UNSET
_PLAIN = frozenset([str, int, float, bool, NoneType])


def _present(type_: Any) -> Any:
    """A type without `UnsetType`."""
    members = get_args(type_) if get_origin(type_) in (Union, UnionType) else ()
    if UnsetType not in members:
        return type_
    return Union[tuple(member for member in members if member is not UnsetType)]  # noqa: UP007


def codec_of(type_: Any) -> Codec:
    """Return the codec of an annotated type.

    Raises:
        TypeError: The type is not supported.
    """
    try:
        return _codec_of(type_)
    except TypeError as error:
        try:
            hash(type_)
        except TypeError:
            raise _no_codec(type_) from None
        raise error from None


@cache
def _codec_of(type_: Any) -> Codec:
    origin, arguments = get_origin(type_), get_args(type_)
    if origin is not None:
        return _generic_codec(type_, origin, arguments)
    if type_ is Any:
        return Codec()
    if type_ is float:
        return _Float()
    if type_ is date:
        return _Text(_DATE)
    if type_ in (str, int, bool, None, NoneType):
        return _Scalar(type_ or NoneType)
    if isinstance(type_, type) and issubclass(type_, Model):
        return ModelCodec(type_)
    if isinstance(type_, type) and issubclass(type_, UnknownRowBase):
        return _UnknownRow(type_)
    raise _no_codec(type_)


def _generic_codec(type_: Any, origin: Any, arguments: tuple[Any, ...]) -> Codec:
    if origin is Annotated:
        wire_type = next((argument for argument in arguments if isinstance(argument, WireType)), None)
        return _Text(wire_type) if wire_type else codec_of(arguments[0])
    if origin is Literal:
        return _Constant(arguments)
    if origin in (Union, UnionType):
        return _union_codec(arguments)
    if origin is list:
        return _List(codec_of(arguments[0]))
    if origin is dict:
        return _Map(codec_of(arguments[1]))
    raise _no_codec(type_)


def name_of(type_: Any) -> str:
    """A type as an annotation, without module names."""
    return type_.__name__ if isinstance(type_, type) and get_origin(type_) is None else re.sub(r"\b(?:\w+\.)+(?=\w)", "", str(type_))


def _no_codec(type_: Any) -> TypeError:
    return TypeError(f"{name_of(type_)} is not a type for decoding: pass a model, a union of models, or a list or dict of them")


def _union_codec(members: tuple[Any, ...]) -> Codec:
    if NoneType in members:
        codec = codec_of(Union[tuple(member for member in members if member is not NoneType)])  # noqa: UP007
        return codec if isinstance(codec, _Text) and codec.may_be_null else _Optional(codec)
    models = [member for member in members if isinstance(member, type) and issubclass(member, (Model, UnknownRowBase))]
    if len(models) > 1:
        if len(models) < len(members):
            raise _no_codec(Union[members])  # noqa: UP007
        return _Untagged(members) if is_untagged(members) else _Tagged(members)
    return _Either([codec_of(member) for member in members])


def serialize(value: Any) -> Any:
    """Convert a value of any type to serializable JSON."""
    if isinstance(value, Model):
        return codec_of(cast("Any", type(value))).serialize(value)
    if isinstance(value, UnknownRowBase):
        return serialize(value.data)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [serialize(item) for item in value]
    if isinstance(value, dict):
        return {_key(key): serialize(item) for key, item in value.items() if item is not _UNSET and not isinstance(item, NotAppended)}
    if isinstance(value, NotAppended):
        raise value.error
    if value is _UNSET:
        raise TypeError("UNSET is the value of an absent key, and cannot be encoded")
    if isinstance(value, date):
        return value.isoformat()
    return value if value.__class__ in _PLAIN or isinstance(value, Decimal) else msgspec.to_builtins(value)


def _key(key: Any) -> str:
    if isinstance(key, bool) or not isinstance(key, (str, int)):
        raise TypeError(f"a key in JSON must be a text or a number, not {key!r}")
    return key if isinstance(key, str) else str(key)
