"""The httpx client that a client sends through.

One of our own is made when it is first needed, and again where the connections of the old one are of no use: in a forked process, and in another event loop.
A client of the caller's is used as it is.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Generic, TypeVar
from weakref import ReferenceType, WeakKeyDictionary, ref

import httpx

from tmdbkit.runtime.errors import TMDBError

from .settings import ConnectionSettings

__all__ = ["DEFAULT_TIMEOUT", "Connections"]

H = TypeVar("H", httpx.Client, httpx.AsyncClient)

DEFAULT_TIMEOUT = httpx.Timeout(connect=5.0, read=20.0, write=20.0, pool=20.0)

UNSELECTING = ("host", "connection", "user-agent")
"""Headers that an httpx client adds to every request, and that no response hangs on."""

_INHERITED: list[object] = []
"""Clients inherited across a fork. They are kept, as closing them would end connections that the other process uses."""


class Connections(Generic[H]):
    """The httpx client of a client and of its copies, in each event loop and process.

    Args:
        settings: What the caller says of them. Connections that are ours may be made again; those of the caller's may not.
        make: Makes an httpx client of our own.
        scope: Returns what the connections are bound to.

    Attributes:
        given: The httpx client of the caller's, which stays open; None where it is ours.
        is_ours: Whether the connections are made here, and send the request extension `target`.
        limits: How many connections there may be.
        secrets: The credentials of the proxies that they may go through.
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
        """The timeout of calls that name none."""
        return DEFAULT_TIMEOUT if self.given is None else self.given.timeout

    def current(self) -> H:
        """Return the httpx client to use here and now.

        Raises:
            TMDBError: The client is closed, or was inherited across a fork and cannot be made again.
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
        """Drop what keeps its event loop, and with it itself, for good. Nothing can be awaited there: the sockets are closed with the last reference."""
        for reference in self._made.keyrefs():  # a list, as other threads may add to it
            scope = reference()
            if scope is not None and getattr(scope, "is_closed", bool)():
                self._made.pop(scope, None)

    def foreign(self) -> TMDBError | None:
        """Return the error for connections that failed as they belong to another event loop, and cannot be made again; None where that is not so."""
        if self.is_ours or self._first is None or self._first() is self._scope():
            return None
        return TMDBError("this client has connections of another event loop: make a client, with what it goes through, in each")

    def changes(self, request: httpx.Request) -> bool:
        """Return whether an httpx client of the caller's adds headers, cookies or parameters to a request, so that the response may be one of its own.

        What httpx adds for the connection does not count, nor the name of the program.
        """
        if self.given is None:
            return False
        sent = self.given.build_request(request.method, request.url, headers=request.headers)  # the body does not matter
        if sent.url != request.url:
            return True
        return any(sent.headers.get_list(name) != request.headers.get_list(name) for name in sent.headers if name not in UNSELECTING)

    def close(self) -> H | None:
        """Mark as closed, and return the httpx client to close, where it is ours."""
        self._closed = True
        return self._made.pop(self._scope(), None) if self._process == os.getpid() else None
