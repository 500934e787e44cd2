"""The exceptions of this package.

    TMDBError
    ├── InvalidArgumentError          an argument is invalid; no request was sent (also a ValueError)
    ├── MissingCredentialError        the call needs a credential that the client does not have
    ├── NotAppendedError              a part that was not appended was used (also an AttributeError)
    ├── ApprovalTimeoutError          the user did not approve a request token in time (also a TimeoutError)
    ├── RateLimitUnavailableError     the Redis of a shared rate limit does not respond; no request was sent
    ├── APIConnectionError            no response arrived
    │   └── APITimeoutError           ... in time
    │       └── DeadlineError         ... before the deadline of the call
    ├── DecodeError                   a response is not JSON, or does not match the spec (also a ValueError)
    └── StatusError                   TMDB sent an error response
        ├── AuthenticationError       the application's or the user's credential is rejected
        │   ├── SessionError          ... the user's session
        │   └── RequestTokenError     ... the request token: expired, unknown, or not approved yet
        ├── PermissionDeniedError     the credential lacks the permission
        │   └── WritePermissionError  ... to write, because the user did not permit it
        ├── NotFoundError             the resource does not exist
        ├── ValidationError           TMDB rejected the values
        ├── ConflictError             the entry already exists
        ├── RateLimitError            too many requests
        ├── UnsupportedError          TMDB has no such service, method or format
        └── ServerError               TMDB failed

Messages, reprs and attributes hold no credential: URLs, headers and bodies are redacted before they get here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

__all__ = [
    "APIConnectionError",
    "APITimeoutError",
    "ApprovalTimeoutError",
    "AuthenticationError",
    "ConflictError",
    "DeadlineError",
    "DecodeError",
    "InvalidArgumentError",
    "MissingCredentialError",
    "NotAppendedError",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitError",
    "RateLimitUnavailableError",
    "RequestTokenError",
    "ServerError",
    "SessionError",
    "StatusError",
    "TMDBError",
    "UnsupportedError",
    "ValidationError",
    "WritePermissionError",
]

REQUEST_ID_HEADERS = ("x-amz-cf-id", "x-request-id", "x-amzn-requestid")


class TMDBError(Exception):
    """The base class of all exceptions of this package."""


class InvalidArgumentError(TMDBError, ValueError):
    """An argument is invalid; no request was sent. The message names the allowed values."""


class MissingCredentialError(TMDBError):
    """The call needs a credential that the client lacks; the message explains how to get one."""


class RateLimitUnavailableError(TMDBError):
    """The Redis of a `RedisRateLimit` is unreachable, does not respond in time, or rejects the command. No request was sent."""


class NotAppendedError(TMDBError, AttributeError):
    """A part was used that was not appended. Check with `tmdbkit.is_appended(model, part)`.

    Attributes:
        part: The name of the part in `append_to_response`.
        requested: Whether the part was requested; None if unknown, as for an object that did not come from a client.
        needs_session: Whether the part needs a user's session.
    """

    def __init__(self, part: str, requested: bool | None, *, needs_session: bool = False) -> None:
        if requested:
            message = f"TMDB did not send {part!r}, although append_to_response requested it"
        else:
            message = f"{part!r} was not {'appended' if requested is None else 'requested'}; add it to append_to_response"
        super().__init__(f"{message}. It needs a user's session: give session_id or guest_session_id" if needs_session else message)
        self.part = part
        self.requested = requested
        self.needs_session = needs_session

    def __reduce__(self) -> tuple[object, ...]:
        return partial(type(self), needs_session=self.needs_session), (self.part, self.requested)


class ApprovalTimeoutError(TMDBError, TimeoutError):
    """The user did not approve a request token in time: before the deadline, or before the token expired.

    Attributes:
        expired: Whether the request token has expired, so that the user has to approve another one. Otherwise `wait` may be called again.
    """

    def __init__(self, message: str, *, expired: bool) -> None:
        super().__init__(message)
        self.expired = expired

    def __reduce__(self) -> tuple[object, ...]:
        return partial(type(self), expired=self.expired), self.args


class _RequestError(TMDBError):
    """An error that belongs to one request.

    Attributes:
        method: The HTTP method of the request.
        url: The URL of the request, without credentials.
        attempts: The number of requests of the call; a `DecodeError` does not count them.
    """

    attempts = 1

    def __init__(self, message: str, *, method: str, url: str) -> None:
        super().__init__(message)
        self.message = message
        self.method = method
        self.url = url

    def __str__(self) -> str:
        return f"{self.message} ({self.method} {self.url}{self._tried()})"

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self}>"

    def _tried(self) -> str:
        return f", {self.attempts} attempts" if self.attempts > 1 else ""

    def __reduce__(self) -> tuple[object, ...]:
        return _restore, (type(self), self.args, self.__dict__)


def _restore(cls: type[_RequestError], args: tuple[object, ...], state: dict[str, object]) -> _RequestError:
    error = cls.__new__(cls, *args)
    error.__dict__.update(state)
    return error


class APIConnectionError(_RequestError):
    """No response arrived: name resolution or the connection failed, or the connection was closed; `attempts` is the number of attempts."""


class APITimeoutError(APIConnectionError, TimeoutError):
    """No response arrived within the timeout."""


class DeadlineError(APITimeoutError):
    """The call missed its deadline: in the queue of the rate limit, between two attempts, or during a request."""


class _Body:
    """The body of a response, which may contain a user's data: it is masked in `repr`, and excluded from pickles."""

    __slots__ = ("content",)

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __repr__(self) -> str:
        return f"<{len(self.content)} bytes>"

    def __reduce__(self) -> tuple[object, ...]:
        return _Body, (b"",)


class _ResponseError(_RequestError):
    """An error with a response.

    Attributes:
        headers: The headers of the response, except those with a credential.
    """

    def __init__(self, message: str, *, method: str, url: str, headers: Mapping[str, str] | None, content: bytes) -> None:
        super().__init__(message, method=method, url=url)
        self.headers = {name.lower(): value for name, value in (headers or {}).items()}
        self._body = _Body(content)

    @property
    def content(self) -> bytes:
        """The body of the response, as far as it was read. Empty after pickling."""
        return self._body.content

    @property
    def request_id(self) -> str | None:
        """TMDB's id of the request, for a report; None without one."""
        return next((self.headers[name] for name in REQUEST_ID_HEADERS if name in self.headers), None)


class DecodeError(_ResponseError, ValueError):
    """A 2xx response is not JSON, or does not match the spec; or `tmdbkit.decode` got such content.

    Without a request, the attributes of the request are empty, and `http_status` is None.

    Attributes:
        path: The JSON path of the mismatch; None if the content is not JSON.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str | None,
        method: str = "",
        url: str = "",
        http_status: int | None = None,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, method=method, url=url, headers=headers, content=content)
        self.http_status = http_status
        self.path = path

    def __str__(self) -> str:
        return super().__str__() if self.method else self.message


class StatusError(_ResponseError):
    """An error response of TMDB, or of an intermediary. A plain `StatusError` did not come from TMDB, or has no known code.

    Attributes:
        http_status: The HTTP status, such as 404.
        status_code: TMDB's status code, such as 34; None if the response has none, as from a proxy.
        message: TMDB's message, or the meaning of the status.
        errors: The faults of the request, if TMDB lists them.
        retry_after: The seconds of the header `Retry-After`, if present.
        attempts: The number of requests of the call: more than one after retries, see `tmdbkit.Retries`.
    """

    def __init__(
        self,
        message: str,
        *,
        method: str,
        url: str,
        status_code: int | None,
        http_status: int,
        errors: tuple[str, ...] = (),
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, method=method, url=url, headers=headers, content=content)
        self.http_status = http_status
        self.status_code = status_code
        self.errors = errors
        self.retry_after = retry_after

    def __str__(self) -> str:
        code = "" if self.status_code is None else f", TMDB code {self.status_code}"
        details = "".join(f"; {error}" for error in self.errors)
        return f"{self.message}{details} (HTTP {self.http_status}{code}: {self.method} {self.url}{self._tried()})"


class AuthenticationError(StatusError):
    """The application's or the user's credential is missing, wrong, suspended or disabled."""


class SessionError(AuthenticationError):
    """The user's session is rejected or unknown: create a new one."""


class RequestTokenError(AuthenticationError):
    """The request token has expired or is unknown (code 33), or the user has not approved it yet (code 41)."""


class PermissionDeniedError(StatusError):
    """The credential lacks the permission for this operation."""


class WritePermissionError(PermissionDeniedError):
    """The token is read-only: the user has to approve a request token, which becomes an access token with write permission."""


class NotFoundError(StatusError):
    """There is no such resource. It is TMDB's own word, by its status code: a 404 of a proxy or a mirror is a plain `StatusError`."""


class ValidationError(StatusError):
    """TMDB rejected the values."""


class ConflictError(StatusError):
    """The entry already exists."""


class RateLimitError(StatusError):
    """Too many requests; `retry_after` has the seconds to wait, if TMDB sent them."""


class UnsupportedError(StatusError):
    """TMDB has no such service, method or format."""


class ServerError(StatusError):
    """TMDB, or a proxy in front of it, failed."""


def _show_at_home() -> None:
    """Set the module of the exceptions to the public one, for tracebacks."""
    for name in __all__:
        globals()[name].__module__ = "tmdbkit"


_show_at_home()
