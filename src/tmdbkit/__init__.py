"""A typed Python client for The Movie Database.

    from tmdbkit import TMDB

    with TMDB() as tmdb:
        movie = tmdb.movies.details(550, append_to_response=["credits"])

This product uses the TMDB API but is not endorsed or certified by TMDB.

Nothing is imported before it is used: `import tmdbkit` alone costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._version import __version__ as __version__
from .runtime.lazy import lazy_exports

if TYPE_CHECKING:
    from .client import TMDB, AsyncTMDB
    from .events import Event
    from .runtime.drift import Drift
    from .runtime.errors import (
        APIConnectionError,
        APITimeoutError,
        ApprovalTimeoutError,
        AuthenticationError,
        ConflictError,
        DeadlineError,
        DecodeError,
        InvalidArgumentError,
        MissingCredentialError,
        NotAppendedError,
        NotFoundError,
        PermissionDeniedError,
        RateLimitError,
        RateLimitUnavailableError,
        RequestTokenError,
        ServerError,
        SessionError,
        StatusError,
        TMDBError,
        UnsupportedError,
        ValidationError,
        WritePermissionError,
    )
    from .runtime.json import decode, encode, to_dict
    from .runtime.options import CallOptions, Retries
    from .runtime.resources import Response
    from .runtime.types import UNSET, UnsetType
    from .runtime.unions import UnknownRow
    from .runtime.values import AnyOf
    from .transport.cache import Cache
    from .transport.rate_limit import RateLimit
    from .transport.redis import RedisRateLimit

__all__ = [
    "TMDB",
    "UNSET",
    "APIConnectionError",
    "APITimeoutError",
    "AnyOf",
    "ApprovalTimeoutError",
    "AsyncTMDB",
    "AuthenticationError",
    "Cache",
    "CallOptions",
    "ConflictError",
    "DeadlineError",
    "DecodeError",
    "Drift",
    "Event",
    "InvalidArgumentError",
    "MissingCredentialError",
    "NotAppendedError",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimit",
    "RateLimitError",
    "RateLimitUnavailableError",
    "RedisRateLimit",
    "RequestTokenError",
    "Response",
    "Retries",
    "ServerError",
    "SessionError",
    "StatusError",
    "TMDBError",
    "UnknownRow",
    "UnsetType",
    "UnsupportedError",
    "ValidationError",
    "WritePermissionError",
    "decode",
    "encode",
    "to_dict",
]

_HOMES = {
    ".transport.cache": ("Cache",),
    ".client": ("TMDB", "AsyncTMDB"),
    ".events": ("Event",),
    ".transport.rate_limit": ("RateLimit",),
    ".transport.redis": ("RedisRateLimit",),
    ".runtime.drift": ("Drift",),
    ".runtime.json": ("decode", "encode", "to_dict"),
    ".runtime.options": ("CallOptions", "Retries"),
    ".runtime.resources": ("Response",),
    ".runtime.types": ("UNSET", "UnsetType"),
    ".runtime.unions": ("UnknownRow",),
    ".runtime.values": ("AnyOf",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__getattr__, __dir__ = lazy_exports(__name__, {name: _HOME_OF.get(name, ".runtime.errors") for name in __all__})
