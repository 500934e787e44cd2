"""The names of the request extensions that the layers of the transport stack read.

`httpx.Request.extensions` is a dict that travels with a request. A request that was not made by a client of this package has none of these, and every layer
works without them.
"""

from __future__ import annotations

from typing import Final, Literal

__all__ = ["ATTEMPT", "AUTHORIZATION", "BODY", "DEADLINE", "EMIT", "OPERATION_ID", "SHAREABLE", "STALE_IF_ERROR", "TARGET"]

OPERATION_ID: Final = "tmdbkit.operation_id"
"""The id of the operation, such as `movies_details`: instrumentations may name spans after it."""

ATTEMPT: Final = "tmdbkit.attempt"
"""The number of the attempt, from 1."""

SHAREABLE: Final = "tmdbkit.shareable"
"""Whether the response is the same for every user, so that a cache may keep it."""

STALE_IF_ERROR: Final = "tmdbkit.stale_if_error"
"""The greatest age in seconds of a cached response that may stand in for a failure; absent where none may."""

AUTHORIZATION: Final = "tmdbkit.authorization"
"""What the authentication layer adds, as an `Authorization`. No layer below it sees this extension."""

DEADLINE: Final = "tmdbkit.deadline"
"""The `Deadline` of the call."""

EMIT: Final = "tmdbkit.emit"
"""A function that reports an event of the call: see `tmdbkit.events`."""

BODY: Final = "tmdbkit.body"
"""Of a response: its `Body`, where a layer has read it to see whether it is complete."""

TARGET: Literal["target"] = "target"
"""httpx's own: the path and query that go on the wire, in place of those of the URL."""
