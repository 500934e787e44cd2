"""The httpx client that a client sends through.

Our own one is created on first use, and again where the old connections are unusable: in a forked process, and in another event loop.
A custom client is used unchanged.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any, Generic, TypeVar
from weakref import ReferenceType, WeakKeyDictionary, ref

import httpx

from tmdbkit.runtime.errors import TMDBError

from .settings import ConnectionSettings

__all__ = ["DEFAULT_TIMEOUT", "Connections"]

H = TypeVar("H", httpx.Client, httpx.AsyncClient)

DEFAULT_TIMEOUT = httpx.Timeout(connect=5.0, read=20.0, write=20.0, pool=20.0)

UNSELECTING = ("host", "connection", "user-agent")
"""Headers that an httpx client adds to every request, and that do not affect responses."""

IMPORTED_LATE = ("encodings", "tmdbkit", "tmdb_openapi", "httpx", "httpcore", "h11", "hishel")
"""The packages with modules that calls import."""

_INHERITED: list[object] = []
"""Clients inherited across a fork. They are kept, because closing them would close connections of the parent."""


class Connections(Generic[H]):
    """The httpx client of a client and of its copies, in each event loop and process.

    Args:
        settings: The settings. Our own connections can be created again; custom ones cannot.
        make: Creates our own httpx client.
        scope: Returns the object to which the connections are bound, such as the event loop.

    Attributes:
        given: The custom httpx client, which stays open; None if it is ours.
        is_ours: Whether the connections are our own, and honour the request extension `target`.
        limits: The connection limits.
        secrets: The credentials of the proxies.
    """

    def __init__(self, settings: ConnectionSettings, make: Callable[[], H], scope: Callable[[], object]) -> None:
        self.given: H | None = settings.http_client
        self.is_ours, self.limits, self.secrets = settings.is_ours, settings.limits, settings.secrets
        self._make: Callable[[], H] = make
        self._scope = scope
        self._made: WeakKeyDictionary[Any, H] = WeakKeyDictionary()
        self._process = os.getpid()
        self._closed = False
        self._first: ReferenceType[Any] | None = None

    @property
    def timeout(self) -> httpx.Timeout:
        """The default timeout of calls."""
        return DEFAULT_TIMEOUT if self.given is None else self.given.timeout

    def current(self) -> H:
        """Return the httpx client for the current event loop and process.

        Raises:
            TMDBError: The client is closed, or was inherited across a fork and cannot be created again.
        """
        if self._closed or (self.given is not None and self.given.is_closed):
            raise TMDBError("this client is closed: make another one")
        if self._process != os.getpid():
            if not self.is_ours:
                raise TMDBError(
                    "this client has connections of the process that this one was forked from: make a client, with what it goes through, in each process"
                )
            _INHERITED.append(self._made)
            self._made, self._process = WeakKeyDictionary(), os.getpid()
        scope = self._scope()
        self._first = self._first or ref(scope)
        if self.given is not None:
            return self.given
        made = self._made.get(scope)
        if made is None:
            self._drop_those_of_closed_loops()
            made = self._made.setdefault(scope, self._make())
        return made

    def _drop_those_of_closed_loops(self) -> None:
        """Drop the clients of closed event loops. They cannot be awaited: their sockets close with the last reference."""
        for reference in self._made.keyrefs():  # a list, because other threads may add to it
            scope = reference()
            if scope is not None and getattr(scope, "is_closed", bool)():
                self._made.pop(scope, None)

    def foreign(self) -> TMDBError | None:
        """Return the error for custom connections that belong to another event loop, or None."""
        if self.is_ours or self._first is None or self._first() is self._scope():
            return None
        return TMDBError("this client has connections of another event loop: make a client, with what it goes through, in each")

    def changes(self, request: httpx.Request) -> bool:
        """Return whether a custom httpx client adds headers, cookies or parameters to a request, which may change the response.

        The connection headers of httpx and the user agent do not count.
        """
        if self.given is None:
            return False
        sent = self.given.build_request(request.method, request.url, headers=request.headers)  # the body does not matter
        if sent.url != request.url:
            return True
        return any(sent.headers.get_list(name) != request.headers.get_list(name) for name in sent.headers if name not in UNSELECTING)

    def close(self) -> H | None:
        """Mark as closed, and return our own httpx client to close, if any: for a custom transport also one without calls, which closes the transport."""
        was_closed, self._closed = self._closed, True
        if self._process != os.getpid():
            return None
        if not self._made and not was_closed and not self.is_ours and self.given is None:
            return self._make()
        return self._made.pop(self._scope(), None)


def _finish_imports() -> None:
    """Wait for the imports of other threads before a fork: they hold locks, which nobody would release in the child."""
    for name in list(sys.modules):
        if name.partition(".")[0] in IMPORTED_LATE:
            with suppress(ImportError):  # the other thread's import failed
                import_module(name)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_finish_imports)
