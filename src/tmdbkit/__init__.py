"""A typed Python client for The Movie Database.

    from tmdbkit import TMDB

    with TMDB() as tmdb:
        movie = tmdb.movies.details(550, append_to_response=["credits"])

This product uses the TMDB API but is not endorsed or certified by TMDB.

Submodules are imported on first use, so `import tmdbkit` alone is cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._version import __version__ as __version__
from .runtime.lazy import lazy_exports

if TYPE_CHECKING:
    from . import errors as errors
    from . import exports as exports
    from . import images as images
    from . import links as links
    from . import models as models
    from . import testing as testing
    from . import types as types
    from . import vocabulary as vocabulary
    from .batches import AsyncBatch, Batch, Outcome, Progress
    from .changed import AsyncChangedIDs, ChangedID, ChangedIDs
    from .client import TMDB, AsyncTMDB
    from .events import Event
    from .links import ExternalLink, TMDBLink, parse_url
    from .match import MovieMatch, SeriesMatch
    from .models import UnknownRow
    from .names import ParsedName, parse_name
    from .paging import AsyncPaginator, Paginator
    from .parts import season
    from .runtime.decode import decode
    from .runtime.drift import Drift
    from .runtime.encode import encode, to_dict
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
    from .runtime.models import is_appended
    from .runtime.options import CallOptions
    from .runtime.paging import IncompleteWarning
    from .runtime.params import AnyOf
    from .runtime.resources import Response
    from .runtime.retries import Retries
    from .runtime.types import UNSET, UnsetType
    from .series import WholeSeries
    from .tables import to_rows
    from .texts import LocalizedText, LocalizedTexts, localize
    from .transport.cache import Cache
    from .transport.rate_limit import RateLimit
    from .transport.redis import RedisRateLimit
    from .watch import Certification, Provider, WatchOffers, certification, where_to_watch

__all__ = [
    "TMDB",
    "UNSET",
    "APIConnectionError",
    "APITimeoutError",
    "AnyOf",
    "ApprovalTimeoutError",
    "AsyncBatch",
    "AsyncChangedIDs",
    "AsyncPaginator",
    "AsyncTMDB",
    "AuthenticationError",
    "Batch",
    "Cache",
    "CallOptions",
    "Certification",
    "ChangedID",
    "ChangedIDs",
    "ConflictError",
    "DeadlineError",
    "DecodeError",
    "Drift",
    "Event",
    "ExternalLink",
    "IncompleteWarning",
    "InvalidArgumentError",
    "LocalizedText",
    "LocalizedTexts",
    "MissingCredentialError",
    "MovieMatch",
    "NotAppendedError",
    "NotFoundError",
    "Outcome",
    "Paginator",
    "ParsedName",
    "PermissionDeniedError",
    "Progress",
    "Provider",
    "RateLimit",
    "RateLimitError",
    "RateLimitUnavailableError",
    "RedisRateLimit",
    "RequestTokenError",
    "Response",
    "Retries",
    "SeriesMatch",
    "ServerError",
    "SessionError",
    "StatusError",
    "TMDBError",
    "TMDBLink",
    "UnknownRow",
    "UnsetType",
    "UnsupportedError",
    "ValidationError",
    "WatchOffers",
    "WholeSeries",
    "WritePermissionError",
    "certification",
    "decode",
    "encode",
    "is_appended",
    "localize",
    "parse_name",
    "parse_url",
    "season",
    "to_dict",
    "to_rows",
    "where_to_watch",
]

_HOMES = {
    ".transport.cache": ("Cache",),
    ".changed": ("AsyncChangedIDs", "ChangedID", "ChangedIDs"),
    ".batches": ("AsyncBatch", "Batch", "Outcome", "Progress"),
    ".client": ("TMDB", "AsyncTMDB"),
    ".events": ("Event",),
    ".links": ("ExternalLink", "TMDBLink", "parse_url"),
    ".match": ("MovieMatch", "SeriesMatch"),
    ".models": ("UnknownRow",),
    ".names": ("ParsedName", "parse_name"),
    ".paging": ("AsyncPaginator", "Paginator"),
    ".parts": ("season",),
    ".transport.rate_limit": ("RateLimit",),
    ".transport.redis": ("RedisRateLimit",),
    ".runtime.decode": ("decode",),
    ".runtime.drift": ("Drift",),
    ".runtime.encode": ("encode", "to_dict"),
    ".runtime.models": ("is_appended",),
    ".runtime.options": ("CallOptions",),
    ".runtime.paging": ("IncompleteWarning",),
    ".runtime.resources": ("Response",),
    ".runtime.retries": ("Retries",),
    ".runtime.types": ("UNSET", "UnsetType"),
    ".runtime.params": ("AnyOf",),
    ".series": ("WholeSeries",),
    ".tables": ("to_rows",),
    ".texts": ("LocalizedText", "LocalizedTexts", "localize"),
    ".watch": ("Certification", "Provider", "WatchOffers", "certification", "where_to_watch"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

if not TYPE_CHECKING:  # with these visible, a type checker would accept any name
    _MODULES = ("errors", "exports", "images", "links", "models", "testing", "types", "vocabulary")
    _HOME_OF |= {name: ".runtime.errors" for name in __all__ if name not in _HOME_OF}
    __getattr__, __dir__ = lazy_exports(__name__, _HOME_OF, _MODULES, elsewhere=("models", "types", "vocabulary"))
