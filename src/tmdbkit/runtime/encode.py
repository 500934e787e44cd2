"""Encoding of models to their original JSON."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from .codecs import serialize

__all__ = ["encode", "to_dict"]


def encode(value: object) -> bytes:
    """Encode a model, or a list or dict of models, as JSON.

    Args:
        value: The model, list or dict.

    Returns:
        JSON in UTF-8, without absent keys and parts that were not appended, with unknown keys, and with `""` for a `Day` that is None.
    """
    json_value = serialize(value)
    try:
        return _ENCODER.encode(json_value)
    except UnicodeEncodeError:
        return _escaped(json_value)


def _escaped(value: Any) -> bytes:
    """Encode as JSON in ASCII, which can contain unpaired surrogates."""
    if isinstance(value, dict):
        return b"{" + b",".join(_escaped(key) + b":" + _escaped(item) for key, item in value.items()) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(map(_escaped, value)) + b"]"
    return json.dumps(value).encode() if isinstance(value, str) else _ENCODER.encode(value)


_ENCODER = msgspec.json.Encoder(decimal_format="number")


def to_dict(value: object) -> Any:
    """Convert a model, or a list or dict of models, to plain dicts, lists, texts and numbers.

    Args:
        value: The model, list or dict.

    Returns:
        The same as `json.loads(encode(value))`, independent of the value.
    """
    return serialize(value)
