"""Writes models as the JSON that they were decoded from."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from .codecs import serialize

__all__ = ["encode", "to_dict"]


def encode(value: object) -> bytes:
    """The JSON of a model, or of a list or dict of models.

    Args:
        value: The model, list or dict.

    Returns:
        JSON in UTF-8. Keys that were absent are absent, and so are parts that were not appended; unknown keys are there, and a `Day` that is None is `""`.
    """
    json_value = serialize(value)
    try:
        return _ENCODER.encode(json_value)
    except UnicodeEncodeError:
        return _escaped(json_value)


def _escaped(value: Any) -> bytes:
    """JSON with its texts in ASCII, so that one can hold half of a surrogate pair."""
    if isinstance(value, dict):
        return b"{" + b",".join(_escaped(key) + b":" + _escaped(item) for key, item in value.items()) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(map(_escaped, value)) + b"]"
    return json.dumps(value).encode() if isinstance(value, str) else _ENCODER.encode(value)


_ENCODER = msgspec.json.Encoder(decimal_format="number")


def to_dict(value: object) -> Any:
    """A model, or a list or dict of models, as plain dicts, lists, texts and numbers, as the wire has them.

    Args:
        value: The model, list or dict.

    Returns:
        What `json.loads(encode(value))` would return. It may be changed without changing the value.
    """
    return serialize(value)
