"""Exceptions for error responses."""

from __future__ import annotations

from http import HTTPStatus

import httpx
from tmdb_openapi.status_codes import STATUS_CODES

from .auth.redaction import Redaction
from .runtime import errors
from .runtime.errors import StatusError
from .transport.retries import envelope, retry_after, status_code_of

__all__ = ["error_from_response"]

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
    "the user has to permit it: create a request token of v4, send the user to https://www.themoviedb.org/auth/access?request_token=..., "
    "and exchange it for an access token"
)


def error_from_response(response: httpx.Response, content: bytes, *, method: str, url: str, redaction: Redaction) -> StatusError:
    """Create the exception for a response with a status other than 2xx.

    TMDB's status code selects the class; without one, as from a proxy, the HTTP status does.

    Args:
        response: The response.
        content: Its body.
        method: The method of the request.
        url: The URL of the request, without credentials.
        redaction: Redacts the credentials of the request, also where the response echoes one.
    """
    body = envelope(content)
    status_code = status_code_of(body)
    known = STATUS_CODES.get(status_code) if status_code is not None else None
    message = body.get("status_message")
    listed = body.get("errors")
    kind = known.error if known and known.error else _by_http_status(response.status_code)
    if not isinstance(message, str) or not message:
        message = known.meaning if known else _phrase(response.status_code)
    if kind is errors.WritePermissionError:
        message = f"{message.rstrip('.')}: {HOW_TO_MAY_WRITE}"
    return kind(
        redaction.text(message),
        method=method,
        url=url,
        status_code=status_code,
        http_status=response.status_code,
        errors=tuple(redaction.text(item) for item in listed if isinstance(item, str)) if isinstance(listed, list) else (),
        headers=redaction.headers(response.headers),
        content=redaction.content(content),
        retry_after=retry_after(response.headers.get("Retry-After")),
    )


def _by_http_status(status: int) -> type[StatusError]:
    return BY_HTTP_STATUS.get(status, errors.ServerError if status >= 500 else StatusError)


def _phrase(status: int) -> str:
    try:
        return f"{HTTPStatus(status).phrase}, without a message of TMDB's"
    except ValueError:
        return "a response without a message of TMDB's"
