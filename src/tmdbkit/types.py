"""The types of arguments and fields: TMDB's vocabularies, the objects of requests, days and moments, and `UNSET`."""

from __future__ import annotations

from tmdb_openapi import types as _types
from tmdb_openapi.types import *  # noqa: F403

from .runtime.types import UNSET, Day, Timestamp, UnsetType

__all__ = ["UNSET", "Day", "Timestamp", "UnsetType"]
__all__ += _types.__all__
