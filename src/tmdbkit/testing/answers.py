"""What the fake sends: statuses, headers and bodies in TMDB's manner."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import md5
from typing import Any, NamedTuple

from tmdb_openapi.status_codes import STATUS_CODES

from tmdbkit.runtime.encode import encode

__all__ = ["Answer", "code_for", "envelope"]

JSON = "application/json;charset=utf-8"
PUBLIC = "public, max-age=3600"
PRIVATE = "max-age=0, private, must-revalidate"

USUAL_CODES = {401: 7, 404: 34}
"""TMDB's own code where an HTTP status stands for several; otherwise the first that the table of codes has."""


class Answer(NamedTuple):
    """An answer on its way."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @classmethod
    def of(cls, status: int, body: object, *, headers: Mapping[str, str] | None = None) -> Answer:
        """An answer whose body is JSON, or is sent as it is if it is bytes.

        Args:
            status: The HTTP status.
            body: A model, dicts and lists, or bytes.
            headers: Headers to add, in place of ours of the same name.
        """
        content = body if isinstance(body, bytes) else encode(body)
        return cls(status, {"content-type": JSON, **{name.lower(): value for name, value in (headers or {}).items()}}, content)

    def cacheable(self, *, private: bool) -> Answer:
        """The answer with what caches need: how long it lasts, and a tag to ask whether it is still the same.

        Args:
            private: Whether it may hold what belongs to a user.
        """
        lasting = PRIVATE if private else self.headers.get("cache-control", PUBLIC)
        tag = f'W/"{md5(self.content, usedforsecurity=False).hexdigest()}"'
        return self._replace(headers={**self.headers, "cache-control": lasting, "vary": "Origin", "etag": tag})

    def unless_same(self, if_none_match: str | None) -> Answer:
        """A 304 without a body if the tag of this answer is one of those that the request names."""
        tag = self.headers.get("etag")
        if tag is None or if_none_match is None:
            return self
        named = {name.strip().removeprefix("W/") for name in if_none_match.split(",")}
        if not named & {"*", tag.removeprefix("W/")}:
            return self
        return Answer(304, {name: value for name, value in self.headers.items() if name != "content-type"}, b"")


def envelope(code: int) -> dict[str, Any]:
    """TMDB's own report on a request.

    Args:
        code: TMDB's code.
    """
    return {"success": STATUS_CODES[code].error is None, "status_code": code, "status_message": STATUS_CODES[code].meaning}


def code_for(status: int) -> int:
    """TMDB's own code that usually comes with an HTTP status.

    Raises:
        ValueError: TMDB has none.
    """
    if status in USUAL_CODES:
        return USUAL_CODES[status]
    for code, known in STATUS_CODES.items():
        if known.http_status == status:
            return code
    raise ValueError(f"TMDB has no code of its own for HTTP status {status}: give one as code, or a body")
