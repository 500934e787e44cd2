"""Entries of TMDB's table of status codes."""

from __future__ import annotations

from typing import NamedTuple

from .errors import StatusError

__all__ = ["StatusCode"]


class StatusCode(NamedTuple):
    """One of TMDB's status codes.

    Attributes:
        http_status: Its usual HTTP status.
        meaning: Its meaning.
        error: Its exception; None for a success.
        retry: Whether the failure is transient.
        no_op: Whether it is a success that changed nothing.
    """

    http_status: int
    meaning: str
    error: type[StatusError] | None = None
    retry: bool = False
    no_op: bool = False
