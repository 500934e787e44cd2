"""Exceptions for error responses."""

from __future__ import annotations

from http import HTTPStatus

import httpx
from tmdb_openapi.security import APPROVAL_PAGES
from tmdb_openapi.status_codes import STATUS_CODES

from .auth.redaction import Redaction
from .runtime import errors
from .runtime.errors import StatusError
from .runtime.foreign import BETWEEN, described
from .transport.retries import envelope, errors_of, retry_after, status_code_of

__all__ = ["error_from_response"]

# Not 404: programs delete data for a `NotFoundError`, so only TMDB's own code says that.
BY_HTTP_STATUS: dict[int, type[StatusError]] = {
    400: errors.ValidationError,
    401: errors.AuthenticationError,
    403: errors.PermissionDeniedError,
    405: errors.UnsupportedError,
    406: errors.UnsupportedError,
    409: errors.ConflictError,
    422: errors.ValidationError,
    429: errors.RateLimitError,
    501: errors.UnsupportedError,
}

HOW_TO_MAY_WRITE = (
    f"the user has to permit it: create a request token of v4, send the user to {APPROVAL_PAGES['v4_auth_create_request_token']}, "
    "and exchange it for an access token"
)


def error_from_response(response: httpx.Response, content: bytes, *, method: str, url: str, redaction: Redaction) -> StatusError:
    """Return the exception for an error response.

    TMDB's own code decides on the class, or else the HTTP status. What does not come from TMDB, such as the page of a proxy, says nothing about a resource or a
    credential of TMDB's: it is a plain `StatusError`, unless it is about too many requests or a failure of the server.

    Args:
        response: The response.
        content: Its body.
        method: The method of the request.
        url: The URL of the request, without credentials.
        redaction: Redacts the credentials of the request, also where the response echoes one.
    """
    body = envelope(content)
    status_code, listed = status_code_of(body), errors_of(body)
    known = STATUS_CODES.get(status_code) if status_code is not None else None
    message = body.get("status_message")
    if not isinstance(message, str) or not message:
        message = known.meaning if known else _phrase(response.status_code)
    if known and known.error:
        error_class = known.error
    elif message is body.get("status_message") or listed or status_code is not None:
        error_class = _by_http_status(response.status_code)
    else:
        error_class = _by_status_of_others(response.status_code)
        what = described(content, response.headers.get("content-type"))
        message = f"{message}: {what} came in place of TMDB's answer, {BETWEEN}"
    if error_class is errors.WritePermissionError:
        message = f"{message.rstrip('.')}: {HOW_TO_MAY_WRITE}"
    return error_class(
        redaction.text(message),
        method=method,
        url=url,
        status_code=status_code,
        http_status=response.status_code,
        errors=tuple(map(redaction.text, listed)),
        headers=redaction.headers(response.headers),
        content=redaction.content(content),
        retry_after=retry_after(response.headers.get("Retry-After")),
    )


def _by_status_of_others(status: int) -> type[StatusError]:
    return errors.RateLimitError if status == HTTPStatus.TOO_MANY_REQUESTS else errors.ServerError if status >= 500 else StatusError


def _by_http_status(status: int) -> type[StatusError]:
    if status < 300:  # an error response that an intermediary passed on as a success
        return errors.ValidationError
    return BY_HTTP_STATUS.get(status, errors.ServerError if status >= 500 else StatusError)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"HTTP status {status}"
