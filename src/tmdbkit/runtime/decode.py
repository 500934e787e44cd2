"""The decoder of response bodies, for the client, the tests and the tools.

TMDB changes its wire format without notice. So a body that is exactly of its type is decoded fast, and any other tolerantly, which loses no data and
reports each mismatch. A strict decoder rejects the first of them.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from decimal import Decimal
from functools import cache
from math import isfinite
from typing import Any, NoReturn, TypeVar, overload

import msgspec

from .codecs import COMPILING, MISSING, UNKNOWN_KEY, Codec, ModelCodec, Reading, Report, codec_of, kind_of, name_of
from .errors import DecodeError, InvalidArgumentError

__all__ = ["SURROGATE", "MismatchError", "Report", "decode", "describe", "ignore", "parse", "read_body", "reject"]

T = TypeVar("T")

MOST_DIGITS = 4_000
"""Python's limit on the digits of an integer."""


def describe(expected: str, got: str) -> str:
    """Describe a mismatch."""
    return got if got in (MISSING, UNKNOWN_KEY) else f"expected {expected}, got {got}"


class MismatchError(ValueError):
    """A body does not match its type, for a strict decoder."""

    def __init__(self, path: str, expected: str, got: str) -> None:
        self.path, self.reason = path, describe(expected, got)
        super().__init__(f"{path}: {self.reason}")


def reject(path: str, expected: str, got: str) -> NoReturn:
    """Raise for a mismatch: the report function of a strict decoder."""
    raise MismatchError(path, expected, got)


@overload
def decode(content: bytes | str, type_: type[T], *, strict: bool = False) -> T: ...
@overload
def decode(content: bytes | str, type_: object, *, strict: bool = False) -> Any: ...  # a union is no type to a checker
def decode(content: bytes | str, type_: Any, *, strict: bool = False) -> Any:
    """Build an object of a type from JSON.

    Args:
        content: JSON, as text or UTF-8 bytes.
        type_: A model of `tmdbkit.models`, a union of models, or a list or dict of them.
        strict: Reject unknown keys, values of a wrong type, and missing keys. By default unknown keys are kept in `additional_properties`, other values as
            they are, and a missing key is `UNSET`.

    Raises:
        InvalidArgumentError: The content is neither bytes nor text, or the type is none that can be decoded.
        DecodeError: The content is not JSON, or is of another kind altogether, such as null for an object; or, if strict, does not match the type.
    """
    given: Any = content
    if not isinstance(given, (bytes, bytearray, str)):
        raise InvalidArgumentError(f"content must be bytes or text; not an object of type {type(given).__name__}")
    try:
        codec_of(type_)
    except TypeError as error:
        refusal = str(error)
    else:
        refusal = ""
    if refusal:
        raise InvalidArgumentError(refusal)
    try:
        return read_body(bytes(given) if isinstance(given, bytearray) else given, type_, reject if strict else ignore)
    except MismatchError as mismatch:
        path, reason = mismatch.path, f"the content does not match {name_of(type_)} at {mismatch}"
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        path, reason = None, f"the content is not JSON: {error}"
    raise DecodeError(reason, path=path)  # here, outside the handlers, whose exceptions contain parts of the content


def read_body(content: bytes | str, type_: Any, report: Report) -> Any:
    """Build an object from a body, tolerantly.

    Args:
        content: The body.
        type_: The type.
        report: Called with each mismatch, in the order of the fields. Its exceptions propagate.

    Returns:
        An object of the type, with unexpected values unchanged.

    Raises:
        msgspec.DecodeError: The body is not JSON.
        MismatchError: The body is of another kind altogether, such as null for an object.
    """
    codec = codec_of(type_)
    content = content.encode() if isinstance(content, str) else content
    if content.startswith(BOM_UTF8):
        report("$", "JSON in UTF-8", "a byte-order mark before it")
        content = content.removeprefix(BOM_UTF8)
    try:
        return _read_fast(content, codec)
    except ValueError as error:
        if isinstance(error, (msgspec.DecodeError, UnicodeDecodeError)) and not isinstance(error, msgspec.ValidationError):
            if not SURROGATE.search(content):
                raise
            failure: ValueError | None = error
        else:
            failure = None
    reading = Reading(report)
    if failure is None:
        value = _parse(content)
    else:
        try:
            value = _parse_with_json(content)
        except ValueError:
            raise failure from None
        _report_surrogates(value, reading)
    if codec.container is not None and value.__class__ is not codec.container:
        raise MismatchError("$", codec.expected, kind_of(value))
    return codec.read(value, reading)


def _parse(content: bytes) -> Any:
    """Parse JSON. A number beyond the range of a float, or an integer beyond Python's limit of digits, becomes a `Decimal`."""
    try:
        return msgspec.json.decode(content)
    except msgspec.ValidationError:
        pass
    return _parse_with_json(content)


def _parse_with_json(content: bytes) -> Any:
    """Parse JSON, also with unpaired surrogates."""
    try:
        return json.loads(content, parse_float=_number, parse_int=_integer, parse_constant=_no_constant)
    except ValueError as error:
        reason = str(error)
    raise msgspec.DecodeError(reason)


def parse(content: bytes) -> Any:
    """Parse JSON as tolerantly as `read_body`: with a byte-order mark, unpaired surrogates, and numbers of any size.

    Raises:
        msgspec.DecodeError: It is not JSON.
        UnicodeDecodeError: It is not UTF-8.
        RecursionError: It is nested too deeply.
    """
    content = content.removeprefix(BOM_UTF8)
    try:
        return _parse(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        if not SURROGATE.search(content):
            raise
    return _parse_with_json(content)


SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")
"""A surrogate, escaped or in bytes. A text that was cut in the middle of a pair ends with one, which msgspec rejects."""


def _report_surrogates(value: Any, reading: Reading) -> None:
    """Report texts with an unpaired surrogate. They are kept unchanged."""
    if isinstance(value, str):
        if not _is_encodable(value):
            reading.mismatch("text", "text with an unpaired surrogate")
    elif isinstance(value, (list, dict)):
        position = reading.position
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            reading.trail.append(key)
            reading.position = position.below(key if isinstance(key, str) else None)
            _report_surrogates(item, reading)
            reading.trail.pop()
        reading.position = position


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"JSON has no {name}")


def _number(text: str) -> float | Decimal:
    number = float(text)
    return number if isfinite(number) else Decimal(text)


def _integer(text: str) -> int | Decimal:
    return int(text) if len(text) < MOST_DIGITS else Decimal(text)


def _read_fast(content: bytes, codec: Codec) -> Any:
    by_pattern: list[tuple[str, int, Any]] = []
    try:
        twin = _decoder(codec).decode(content)
    except msgspec.ValidationError:  # keys by pattern are unknown to the twin
        if not isinstance(codec, ModelCodec) or not any(start in content for start in codec.starts_of_patterns):
            raise
        content, by_pattern = _without_patterns(content, codec)
        twin = _decoder(codec).decode(content)
    model = twin if (build := codec.build) is None else build(twin)
    for name, number, value in by_pattern:
        getattr(model, name)[number] = value
    return model


def _without_patterns(content: bytes, codec: ModelCodec) -> tuple[bytes, list[tuple[str, int, Any]]]:
    """Remove the pattern keys from a body; also return their decoded values, with attribute and number."""
    members = _MEMBERS.decode(content)
    found: list[tuple[str, int, Any]] = []
    for name, _, matching, item in codec.patterns:
        matches = [match for match in map(matching.fullmatch, members) if match]
        found += [(name, int(match[1]), _read_fast(bytes(members.pop(match[0])), item)) for match in matches]
    return msgspec.json.encode(members), found


_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])


@cache
def _decoder(codec: Codec) -> msgspec.json.Decoder[Any]:
    with COMPILING.lock:  # msgspec inspects a type on first use, which two threads must not do concurrently
        return msgspec.json.Decoder(codec.twin)


def ignore(path: str, expected: str, got: str) -> None:
    """A report function without effect."""
