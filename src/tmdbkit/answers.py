"""What TMDB says when it refuses a request, as an exception."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpx
import msgspec
from tmdb_openapi.status_codes import STATUS_CODES

from .redaction import Redaction
from .runtime import errors
from .runtime.errors import StatusError

__all__ = ["error_of"]

BY_HTTP_STATUS: dict[int, type[StatusError]] = {
    400: errors.ValidationError,
    401: errors.AuthenticationError,
    403: errors.PermissionDeniedError,
    404: errors.NotFoundError,
    405: errors.UnsupportedError,
    406: errors.UnsupportedError,
    409: errors.ConflictError,
    422: errors.ValidationError,
    429: errors.RateLimitError,
    501: errors.UnsupportedError,
}

HOW_TO_MAY_WRITE = (
    "the user has to allow it: create a request token of v4, send the user to https://www.themoviedb.org/auth/access?request_token=..., "
    "and exchange it for an access token"
)


def error_of(answer: httpx.Response, content: bytes, *, method: str, url: str, redaction: Redaction) -> StatusError:
    """The exception for an answer whose status is not 2xx.

    TMDB's own code decides on the class; without one, as in an answer of a proxy, the HTTP status does.

    Args:
        answer: The answer.
        content: Its body.
        method: The method of the request.
        url: The URL of the request, without credentials.
        redaction: What keeps the credentials of the request out of what is told, also where the answer repeats one.
    """
    body = _envelope(content)
    code = body.get("status_code")
    status_code = code if isinstance(code, int) and not isinstance(code, bool) else None
    known = STATUS_CODES.get(status_code) if status_code is not None else None
    message = body.get("status_message")
    listed = body.get("errors")
    kind = known.error if known and known.error else _by_http_status(answer.status_code)
    if not isinstance(message, str) or not message:
        message = known.meaning if known else _phrase(answer.status_code)
    if kind is errors.WritePermissionError:
        message = f"{message.rstrip('.')}: {HOW_TO_MAY_WRITE}"
    return kind(
        redaction.text(message),
        method=method,
        url=url,
        status_code=status_code,
        http_status=answer.status_code,
        errors=tuple(redaction.text(item) for item in listed if isinstance(item, str)) if isinstance(listed, list) else (),
        headers={name: redaction.text(value) for name, value in answer.headers.items()},
        content=redaction.content(content),
        retry_after=retry_after(answer.headers.get("Retry-After")),
    )


def retry_after(value: str | None) -> float | None:
    """The seconds that a `Retry-After` header asks to wait: it has seconds, or a date; None where it has neither."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except (ValueError, OverflowError):
            return None
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _envelope(content: bytes) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _by_http_status(status: int) -> type[StatusError]:
    return BY_HTTP_STATUS.get(status, errors.ServerError if status >= 500 else StatusError)


def _phrase(status: int) -> str:
    try:
        return f"{HTTPStatus(status).phrase}, without a message of TMDB's"
    except ValueError:
        return "an answer without a message of TMDB's"
