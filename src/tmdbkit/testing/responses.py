"""The fake's responses: statuses, headers and bodies as TMDB sends them."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import md5
from typing import Any, NamedTuple

from tmdb_openapi.status_codes import STATUS_CODES

from tmdbkit.runtime.encode import encode

__all__ = ["FakeResponse", "default_code", "envelope"]

JSON = "application/json;charset=utf-8"
PUBLIC = "public, max-age=3600"
PRIVATE = "max-age=0, private, must-revalidate"

CORS = {"access-control-allow-origin": "*", "access-control-expose-headers": "ETag, Cache-Control, Retry-After, Authentication-Callback"}
"""The headers by which browsers let pages of other sites read a response."""

DEFAULT_CODES = {401: 7, 404: 34}
"""TMDB's default status code for HTTP statuses that several codes share."""


class FakeResponse(NamedTuple):
    """A response that the fake is about to send.

    Attributes:
        status: The HTTP status.
        headers: The headers, with names in lower case.
        content: The body.
        fault: The fault of the transfer that the transport or the server plays; None without one.
        seconds: How long a slow or a trickling transfer takes.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    fault: str | None = None
    seconds: float = 0

    @classmethod
    def preflight(cls, headers: str | None) -> FakeResponse:
        """Build the response to a preflight request of a browser, which allows everything.

        Args:
            headers: The names of the headers that the page wants to send.
        """
        allowed = {
            **CORS,
            "access-control-allow-methods": "GET, HEAD, POST, PUT, DELETE, OPTIONS",
            "access-control-allow-headers": headers or "Accept, Authorization, Cache-Control, Content-Type, If-None-Match",
            "access-control-max-age": "86400",
        }
        return cls(204, allowed, b"")

    @classmethod
    def of(cls, status: int, body: object, *, headers: Mapping[str, str] | None = None) -> FakeResponse:
        """Build a response with a JSON body, or with the given bytes.

        Args:
            status: The HTTP status.
            body: A model, dicts and lists, or bytes.
            headers: Headers to add; they override the default ones.
        """
        content = body if isinstance(body, bytes) else encode(body)
        return cls(status, {"content-type": JSON, **CORS, **{name.lower(): value for name, value in (headers or {}).items()}}, content)

    def with_cache_headers(self, *, private: bool) -> FakeResponse:
        """Return the response with `Cache-Control`, `Vary` and `ETag` headers.

        Args:
            private: Whether the body may contain a user's data.
        """
        cache_control = PRIVATE if private else self.headers.get("cache-control", PUBLIC)
        tag = f'W/"{md5(self.content, usedforsecurity=False).hexdigest()}"'
        return self._replace(headers={**self.headers, "cache-control": cache_control, "vary": "Origin", "etag": tag})

    def conditional(self, if_none_match: str | None) -> FakeResponse:
        """Return a 304 without a body if `If-None-Match` names the ETag of this response, and the response itself otherwise."""
        tag = self.headers.get("etag")
        if tag is None or if_none_match is None:
            return self
        requested = {name.strip().removeprefix("W/") for name in if_none_match.split(",")}
        if not requested & {"*", tag.removeprefix("W/")}:
            return self
        return FakeResponse(304, {name: value for name, value in self.headers.items() if name != "content-type"}, b"")


def envelope(code: int) -> dict[str, Any]:
    """The body of TMDB's status responses.

    Args:
        code: TMDB's status code.
    """
    return {"success": STATUS_CODES[code].error is None, "status_code": code, "status_message": STATUS_CODES[code].meaning}


def default_code(status: int) -> int:
    """TMDB's usual status code for an HTTP status.

    Raises:
        ValueError: TMDB has no code for this HTTP status.
    """
    if status in DEFAULT_CODES:
        return DEFAULT_CODES[status]
    for code, known in STATUS_CODES.items():
        if known.http_status == status:
            return code
    raise ValueError(f"TMDB has no status code for HTTP status {status}: pass code or body")
