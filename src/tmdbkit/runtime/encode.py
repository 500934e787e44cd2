"""Writes models as the JSON that they were decoded from."""

from __future__ import annotations

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
    return _ENCODER.encode(serialize(value))


_ENCODER = msgspec.json.Encoder(decimal_format="number")


def to_dict(value: object) -> Any:
    """A model, or a list or dict of models, as plain dicts, lists, texts and numbers, as the wire has them.

    Args:
        value: The model, list or dict.

    Returns:
        What `json.loads(encode(value))` would return. It may be changed without changing the value.
    """
    return serialize(value)
