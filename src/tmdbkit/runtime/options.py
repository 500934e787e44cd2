"""What any call may be given beside the arguments of its operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias, TypedDict

if TYPE_CHECKING:
    from httpx import Timeout as _HTTPXTimeout

    from .retries import Retries

__all__ = ["CallOptions", "DefaultRetries", "Timeout"]

Timeout: TypeAlias = "float | _HTTPXTimeout | None"
"""Seconds, or httpx's own object; None waits forever."""


class DefaultRetries:
    """How a call is tried again where no `Retries` were given, and what those have where nothing else was said."""

    attempts = 3
    base = 0.5
    cap = 8.0
    budget = 30.0


class CallOptions(TypedDict, total=False):
    """The options of a call, which stand in place of the client's.

    Attributes:
        timeout: The seconds that each step may take: to connect, to send, to wait for the next bytes of the answer, and to wait for a free connection. Or an
            `httpx.Timeout` with one for each; None to wait forever.
        deadline: The seconds that the call may take in all: the queue of the rate limit, every attempt, and the waits in between. None for no end.
        retries: How a call that changes nothing at TMDB is tried again; None for a single attempt.
        headers: Headers to add to the request.
        no_cache: Whether TMDB has to confirm what the cache has, however fresh it is.
        stale_if_error: Whether a response that the cache has may stand in for every failure that would be tried again; or its greatest age in seconds.
    """

    timeout: Timeout
    deadline: float | None
    retries: Retries | None
    headers: Mapping[str, str] | None
    no_cache: bool
    stale_if_error: bool | float
