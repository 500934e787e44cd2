"""The transport stack of a client: cache → rate limit → authentication → HTTP. A disabled layer is absent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx

from .authentication import AsyncAuthTransport, AuthTransport
from .connections import Connections
from .http import AsyncHTTPLayer, HTTPLayer

if TYPE_CHECKING:
    from .cache import Cache
    from .rate_limit import RateLimit

__all__ = ["async_stack", "sync_stack"]


def sync_stack(
    connections: Connections[httpx.Client], rate_limit: RateLimit | None, cache: Cache | None, holds_credential: Callable[[bytes], bool] | None = None
) -> httpx.BaseTransport:
    """Return the stack of a synchronous client.

    Args:
        connections: The connections of the last layer.
        rate_limit: The rate limit, or None.
        cache: The cache, or None.
        holds_credential: Whether a body repeats a credential of the current call, so that the cache does not store it.
    """
    stack: httpx.BaseTransport = AuthTransport(HTTPLayer(connections), honours_target=connections.is_ours)
    if rate_limit is not None:
        from .throttle import RateLimitTransport

        stack = RateLimitTransport(stack, rate_limit)
    return stack if cache is None else cache.over(stack, connections.changes, holds_credential)


def async_stack(
    connections: Connections[httpx.AsyncClient], rate_limit: RateLimit | None, cache: Cache | None, holds_credential: Callable[[bytes], bool] | None = None
) -> httpx.AsyncBaseTransport:
    """Return the stack of an asynchronous client.

    Args:
        connections: The connections of the last layer.
        rate_limit: The rate limit, or None.
        cache: The cache, or None.
        holds_credential: Whether a body repeats a credential of the current call, so that the cache does not store it.
    """
    stack: httpx.AsyncBaseTransport = AsyncAuthTransport(AsyncHTTPLayer(connections), honours_target=connections.is_ours)
    if rate_limit is not None:
        from .throttle import AsyncRateLimitTransport

        stack = AsyncRateLimitTransport(stack, rate_limit)
    return stack if cache is None else cache.over_async(stack, connections.changes, holds_credential)
