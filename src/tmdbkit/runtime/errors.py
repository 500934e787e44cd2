"""The exceptions of this package.

    TMDBError
    ├── InvalidArgumentError          refused here, before a request was sent (also a ValueError)
    ├── MissingCredentialError        the call needs a credential that the client does not have
    ├── NotAppendedError              a part that was not appended was used (also an AttributeError)
    ├── ApprovalTimeoutError          the user did not approve a request token in time (also a TimeoutError)
    ├── RateLimitUnavailableError     the Redis that keeps a shared rate limit does not answer; no request was sent
    ├── APIConnectionError            no answer came
    │   └── APITimeoutError           ... in time
    │       └── DeadlineError         ... before the deadline of the call
    ├── DecodeError                   a response is not JSON, or does not match the spec (also a ValueError)
    └── StatusError                   TMDB refused the request
        ├── AuthenticationError       the application's or the user's credential is not accepted
        │   ├── SessionError          ... the user's session
        │   └── RequestTokenError     ... the request token: expired, unknown, or not approved yet
        ├── PermissionDeniedError     the credential is accepted, but not for this
        │   └── WritePermissionError  ... because the user never allowed this token to write
        ├── NotFoundError             there is no such resource
        ├── ValidationError           the values sent are refused
        ├── ConflictError             the entry exists already
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
    """The root of every exception that this package raises."""


class InvalidArgumentError(TMDBError, ValueError):
    """An argument was refused before a request was sent; the message says what is allowed."""


class MissingCredentialError(TMDBError):
    """The call needs a credential that was not given; the message says how to get and give one."""


class RateLimitUnavailableError(TMDBError):
    """The Redis that keeps a `RedisRateLimit` cannot be reached, does not answer in time, or refuses. The request was not sent."""


class NotAppendedError(TMDBError, AttributeError):
    """A part was used that was not appended. `tmdbkit.is_appended(model, part)` tells beforehand, and so does the part itself, which is false.

    Attributes:
        part: The part's name, as `append_to_response` takes it.
        requested: Whether the part was requested; None when that is not known, as for an object that did not come from a client.
        needs_session: Whether TMDB sends the part only to a user's session.
    """

    def __init__(self, part: str, requested: bool | None, *, needs_session: bool = False) -> None:
        if requested:
            message = f"TMDB did not send {part!r}, although append_to_response asked for it"
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
        attempts: How many requests the call sent; a `DecodeError` does not count them.
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
    """No answer came: the name was not resolved, the connection failed or was closed; `attempts` says how often it was tried."""


class APITimeoutError(APIConnectionError, TimeoutError):
    """No answer came within the timeout."""


class DeadlineError(APITimeoutError):
    """The call was given up at its deadline: while it waited for the rate limit, between two attempts, or for TMDB."""


class _Body:
    """The body of an answer, which may hold what belongs to a user: it shows itself to nobody by accident, and does not go into a pickle."""

    __slots__ = ("content",)

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __repr__(self) -> str:
        return f"<{len(self.content)} bytes>"

    def __reduce__(self) -> tuple[object, ...]:
        return _Body, (b"",)


class _AnswerError(_RequestError):
    """An error that belongs to an answer.

    Attributes:
        headers: The headers of the answer, but for those that hold a credential.
    """

    def __init__(self, message: str, *, method: str, url: str, headers: Mapping[str, str] | None, content: bytes) -> None:
        super().__init__(message, method=method, url=url)
        self.headers = {name.lower(): value for name, value in (headers or {}).items()}
        self._body = _Body(content)

    @property
    def content(self) -> bytes:
        """The answer as it came, as far as it was read. A copy that was pickled does not have it."""
        return self._body.content

    @property
    def request_id(self) -> str | None:
        """What names this request to TMDB, for a report; None where the answer has nothing of the kind."""
        return next((self.headers[name] for name in REQUEST_ID_HEADERS if name in self.headers), None)


class DecodeError(_AnswerError, ValueError):
    """A response came with a 2xx status that is not JSON, or that does not match the spec; or `tmdbkit.decode` was given such content.

    What belongs to a request is empty, and `http_status` is None, where the content did not come from a client.

    Attributes:
        path: The place of the mismatch, as a JSON path; None when the content is not JSON at all.
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


class StatusError(_AnswerError):
    """TMDB refused the request, or what stands before it did: without a class of its own, the response did not come from TMDB.

    Attributes:
        http_status: The HTTP status, such as 404.
        status_code: TMDB's own code, such as 34; None when the answer had none, as from a proxy.
        message: What TMDB said, or what the status means.
        errors: What is wrong with the values sent, where TMDB lists it.
        retry_after: The seconds that TMDB asks to wait, where it says so.
        attempts: How many requests the call sent: more than one if it was tried again, see `tmdbkit.Retries`.
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
    """The user's session is denied or not found: create a new one."""


class RequestTokenError(AuthenticationError):
    """The request token has expired or is unknown (code 33), or the user has not approved it yet (code 41)."""


class PermissionDeniedError(StatusError):
    """The credential is accepted, but not for this."""


class WritePermissionError(PermissionDeniedError):
    """The token may only read: the user has to approve a request token, which gives an access token that may write."""


class NotFoundError(StatusError):
    """There is no such resource."""


class ValidationError(StatusError):
    """TMDB refused the values sent."""


class ConflictError(StatusError):
    """The entry exists already."""


class RateLimitError(StatusError):
    """Too many requests were sent; `retry_after` says how long to wait, where TMDB does."""


class UnsupportedError(StatusError):
    """TMDB has no such service, method or format."""


class ServerError(StatusError):
    """TMDB, or a proxy before it, failed."""


def _show_at_home() -> None:
    """Let tracebacks name the exceptions by the place that users import them from."""
    for name in __all__:
        globals()[name].__module__ = "tmdbkit"


_show_at_home()
