"""The world of the fake: movies, series, people and what they name, as data."""

from __future__ import annotations

from .world import World

__all__ = ["World"]
