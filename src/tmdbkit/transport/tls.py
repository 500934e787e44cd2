"""TLS contexts, which take tens of milliseconds to make: one per setting and process, and none in the thread of an event loop."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from threading import Lock
from typing import Any

import httpx

from tmdbkit.runtime.errors import InvalidArgumentError

__all__ = ["TLS"]

ENVIRONMENT = ("SSL_CERT_FILE", "SSL_CERT_DIR")


class TLS:
    """How connections are secured.

    Args:
        verify: Whether certificates are verified; or a context with the caller's own CA, or with a client certificate.
        trust_env: Whether `SSL_CERT_FILE` and `SSL_CERT_DIR` are looked up.

    Raises:
        InvalidArgumentError: `verify` is neither a bool nor an `ssl.SSLContext`.
    """

    def __init__(self, verify: Any, *, trust_env: bool) -> None:
        if not isinstance(verify, (bool, ssl.SSLContext)):
            raise InvalidArgumentError(f"verify must be True, False or an ssl.SSLContext; not an object of type {type(verify).__name__}")
        self._verify, self._trust_env = bool(verify), trust_env
        self._context: ssl.SSLContext | None = verify if isinstance(verify, ssl.SSLContext) else None

    def context(self) -> ssl.SSLContext:
        """Return the context. The first time this takes tens of milliseconds.

        Raises:
            InvalidArgumentError: A variable of the environment names no certificates.
        """
        if self._context is not None:
            return self._context
        environment = tuple(os.environ.get(name) for name in ENVIRONMENT) if self._trust_env else ()
        with _LOCK:
            try:
                made = _context(self._verify, self._trust_env, environment)
            except OSError as error:  # an `ssl.SSLError` is one
                raise InvalidArgumentError(f"SSL_CERT_FILE or SSL_CERT_DIR names no certificates ({error}); trust_env=False ignores them") from None
        self._context = made
        return made

    async def context_async(self) -> ssl.SSLContext:
        """Return the context, which is made in another thread."""
        import asyncio  # the synchronous client does not need it

        if self._context is not None:
            return self._context
        return await asyncio.to_thread(self.context)


_LOCK = Lock()
"""Held while a context is created, so that concurrent calls wait for one instead of creating several."""


def _begin_in_child() -> None:
    """Replace the lock in a forked process: a thread of the parent may have held it."""
    global _LOCK  # noqa: PLW0603
    _LOCK = Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_in_child)


@lru_cache(maxsize=8)
def _context(verify: bool, trust_env: bool, environment: tuple[str | None, ...]) -> ssl.SSLContext:  # noqa: ARG001 - the environment is part of the key
    return httpx.create_ssl_context(verify=verify, trust_env=trust_env)
