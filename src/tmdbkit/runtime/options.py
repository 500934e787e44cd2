"""Options of calls, beside the arguments of the operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict

if TYPE_CHECKING:
    from httpx import Timeout as _HTTPXTimeout

    from .retries import Retries

__all__ = ["CallOptions", "DefaultRetries", "HeldOptions", "Timeout", "forget"]

Timeout: TypeAlias = "float | _HTTPXTimeout | None"
"""Seconds, or an `httpx.Timeout`; None for no timeout."""


class DefaultRetries:
    """The default retry policy, and the defaults of `Retries`."""

    attempts = 3
    base = 0.5
    cap = 8.0
    budget = 30.0


class CallOptions(TypedDict, total=False):
    """The options of a call, which override the client's.

    Attributes:
        timeout: The maximum seconds of each step: to connect, to send, to wait for the next bytes of the response, and to wait for a free connection. Or an
            `httpx.Timeout` with one for each; None to wait forever.
        deadline: The maximum seconds of the whole call: the queue of the rate limit, every attempt, and the waits in between. None for no deadline.
        retries: The retry policy of calls that do not change state; None for a single attempt.
        headers: Headers to add to the request.
        no_cache: Whether to revalidate a cached response, however fresh it is.
        stale_if_error: Whether a response that the cache has may stand in for every failure that would be tried again; or its greatest age in seconds.
        extra_query: Query items that the operation has no argument for, as TMDB spells them: texts, numbers, bools, dates, and lists or `AnyOf` of them.
            Names of credentials, and of arguments of the operation, are refused.
        extra_body: Members of the JSON body that the operation has no argument for. Names are refused as in `extra_query`.
    """

    timeout: Timeout
    deadline: float | None
    retries: Retries | None
    headers: Mapping[str, str] | None
    no_cache: bool
    stale_if_error: bool | float
    extra_query: Mapping[str, Any] | None
    extra_body: Mapping[str, Any] | None


HARMLESS = {"timeout", "deadline", "retries", "no_cache", "stale_if_error"}
"""The options that contain no credential."""


class HeldOptions:
    """The options of calls to come. Its `repr` shows none, as they may contain a credential, which an error report with local variables would show.

    Args:
        options: The options.
    """

    __slots__ = ("_options",)

    def __init__(self, options: CallOptions) -> None:
        self._options = options.copy()

    def copy(self) -> CallOptions:
        """The options of one call."""
        return self._options.copy()


def forget(options: CallOptions) -> None:
    """Remove what may contain a credential from the options of a frame, which an error report with local variables would show."""
    held: dict[str, Any] = options  # type: ignore[assignment]
    for name in held.keys() - HARMLESS:  # a misspelled argument, too
        del held[name]
