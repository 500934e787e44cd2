"""What an entry of TMDB's table of status codes is."""

from __future__ import annotations

from typing import NamedTuple

from .errors import StatusError

__all__ = ["StatusCode"]


class StatusCode(NamedTuple):
    """One of TMDB's own status codes.

    Attributes:
        http_status: The HTTP status that usually carries it.
        meaning: What it means.
        error: The exception that stands for it; None where the request succeeded.
        retry: Whether the failure passes by itself.
        nothing_happened: Whether it is called a success although nothing was changed.
    """

    http_status: int
    meaning: str
    error: type[StatusError] | None = None
    retry: bool = False
    nothing_happened: bool = False
