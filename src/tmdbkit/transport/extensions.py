"""The names of the request extensions that the layers of the transport stack read.

`httpx.Request.extensions` is a dict that travels with a request. Requests of other clients have none of these, and every layer
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
"""The maximum age in seconds of a stale response that may replace a failure; absent if none may."""

AUTHORIZATION: Final = "tmdbkit.authorization"
"""The `Authorization` that the authentication layer adds. Layers below do not see this extension."""

DEADLINE: Final = "tmdbkit.deadline"
"""The `Deadline` of the call."""

EMIT: Final = "tmdbkit.emit"
"""A function that reports an event of the call: see `tmdbkit.events`."""

BODY: Final = "tmdbkit.body"
"""A response extension: its `Body`, if a layer has read it."""

TARGET: Literal["target"] = "target"
"""httpx's own extension: the path and query on the wire, in place of those of the URL."""
