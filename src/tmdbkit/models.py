"""The models of TMDB's responses, such as `MovieDetails`. A model is imported on first use.

Each is an attrs class. `tmdbkit.decode` creates one from JSON, and `tmdbkit.encode` and `tmdbkit.to_dict` return the original JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tmdb_openapi.models import __all__ as __all__  # noqa: PLC0414

if TYPE_CHECKING:
    from tmdb_openapi.models import *  # noqa: F403
else:
    from .runtime.lazy import lazy_exports

    __getattr__, __dir__ = lazy_exports(__name__, dict.fromkeys(__all__, "tmdb_openapi.models"))
