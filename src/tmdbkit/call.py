"""The state of one API call, sans-IO: the request, and the handling of the response. Both clients share it, and only send, read and sleep."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache, partial
from string import ascii_letters, digits
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, cast
from urllib.parse import urlencode

import httpx
from tmdb_openapi.security import APPLICATION_CREDENTIALS, SESSIONS, TOKENS

from .auth.credentials import Credentials
from .auth.redaction import Redaction, forget_variables, secrets_of_headers
from .logs import DriftLog, Events, shortened
from .raw_calls import RawOperation, extend, refuse_credentials
from .runtime.checks import check_flag, is_seconds
from .runtime.errors import APIConnectionError, APITimeoutError, DeadlineError, DecodeError, InvalidArgumentError, StatusError, TMDBError
from .runtime.operations import Operation
from .runtime.options import CallOptions
from .runtime.resources import Response
from .runtime.suggestions import close
from .runtime.types import UNSET
from .transport.advice import description
from .transport.authentication import Authorization
from .transport.body import Body
from .transport.deadline import DEFAULT_DEADLINE, Deadline, DeadlinePassedError, check_deadline, check_timeout, seconds_of
from .transport.extensions import ATTEMPT, AUTHORIZATION, DEADLINE, EMIT, OPERATION_ID, SHAREABLE, STALE_IF_ERROR
from .transport.retries import Attempts, check_retries, is_refusal, is_transient, is_transient_error

if TYPE_CHECKING:
    from .events import EventHook

__all__ = ["Call", "Endpoint", "checked_options", "merged"]

T = TypeVar("T")
_Failure: TypeAlias = APIConnectionError | StatusError | DecodeError

KEPT_OF_A_BROKEN_BODY = 65_536
LONGEST_URL = 60_000
"""The length of path and query, in characters. httpx refuses URLs of 65,536, and TMDB much shorter ones."""
NO_UNICODE = "an argument has half of a surrogate pair, which is no Unicode text and cannot be sent"
_NOTHING = httpx.ByteStream(b"")
"""The body of a request without one, so that httpx need not encode anything."""
_OF_HEADER_NAMES = frozenset("!#$%&'*+.^_`|~-" + ascii_letters + digits)
"""The allowed characters in header names."""


class Endpoint:
    """The settings that all calls of a client share.

    Attributes:
        base_url: The base URL of the API.
        base_path: The path in it, without a slash at the end.
        headers: The headers of every request.
        timeout: The default timeout of calls, in seconds by step.
        drift: Reports responses that differ from the spec; None if they are errors.
        hook: Called with each event, or None.
        secrets: The credentials of intermediaries, such as a proxy.
        is_ours: Whether the connections are our own.
    """

    __slots__ = ("base_path", "base_url", "drift", "headers", "hook", "is_ours", "secrets", "timeout")

    def __init__(
        self,
        base_url: str,
        base_path: str,
        headers: httpx.Headers,
        timeout: Mapping[str, float | None],
        drift: DriftLog | None,
        hook: EventHook | None,
        secrets: Sequence[str],
        is_ours: bool,
    ) -> None:
        self.base_url, self.base_path, self.headers, self.timeout = base_url, base_path, headers, timeout
        self.drift, self.hook, self.secrets, self.is_ours = drift, hook, secrets, is_ours


class Call(Generic[T]):
    """One call of an operation.

    Args:
        operation: The operation.
        arguments: Its arguments by name.
        options: The options of the call.
        credentials: The credentials of the client.
        endpoint: The settings that all calls of the client share.

    Attributes:
        deadline: The deadline of the call.
        request: The request, without a credential: the authentication layer adds what its extension `AUTHORIZATION` holds.

    Raises:
        InvalidArgumentError: An argument or an option is not allowed.
        MissingCredentialError: The client lacks a credential that the operation needs.
    """

    def __init__(self, operation: Operation[T], arguments: Mapping[str, Any], options: CallOptions, *, credentials: Credentials, endpoint: Endpoint) -> None:
        prepared = operation.prepare(arguments)
        is_extended = options.get("extra_query") is not None or options.get("extra_body") is not None
        if is_extended:
            extend(prepared, operation, options)
        sessions = {name: arguments.get(name) for name in SESSIONS if not operation.takes(name)}
        path = _checked_path(prepared.redacted_path, prepared.redacted_query)
        _check_body(prepared.body)
        secrets = {name: secret.reveal() for name, secret in credentials.choose(operation, sessions, prepared.parts).items()}
        private = operation.secrets(arguments)
        self._operation, self._parts, self._is_ours, self._handled = operation, prepared.parts, endpoint.is_ours, sys.exception()
        self._attempts = Attempts(None if operation.changes_state else options.get("retries", UNSET))
        self._url = endpoint.base_url + path
        self._events = Events(endpoint.hook, operation.operation_id, operation.method, self._url)
        in_query = {name: secret for name, secret in secrets.items() if name not in TOKENS}
        token = next((secret for name, secret in secrets.items() if name in TOKENS), None)
        is_redacted = bool(in_query) or prepared.redacted_path != prepared.path or prepared.redacted_query != prepared.query
        target = (endpoint.base_path + _checked_path(prepared.path, {**prepared.query, **in_query})).encode("ascii") if is_redacted else None
        timeout = httpx.Timeout(options["timeout"]).as_dict() if "timeout" in options else endpoint.timeout
        if "deadline" in options:
            self.deadline = Deadline(options["deadline"])
        else:
            self.deadline = Deadline(max(DEFAULT_DEADLINE, 2 * max(map(seconds_of, timeout.values()))), from_first_request=True)
        headers = endpoint.headers
        more = options.get("headers") or {}
        if options.get("no_cache"):
            more = {"cache-control": "no-cache", **more}
        if more:
            headers = headers.copy()
            headers.update(more)
        given = [secret.reveal() for secret in credentials.given.values()]
        if is_extended or isinstance(operation, RawOperation):
            refuse_credentials(self._url, Redaction(given))
        self._redaction = Redaction([*private, *secrets.values(), *given, *endpoint.secrets, *(secrets_of_headers(headers) if more else ())])
        # What the call holds must not hold the call: as a cycle, all of it would stay until the garbage collector runs.
        events, attempts = self._events, self._attempts
        emit_drift = lambda drift: events("drift", drift=drift)  # noqa: E731
        self._report = None if endpoint.drift is None else endpoint.drift.of(operation.operation_id, self._redaction.text, emit_drift)
        extensions: dict[str, Any] = {
            "timeout": timeout,
            OPERATION_ID: operation.operation_id,
            SHAREABLE: not operation.changes_state and not private and secrets.keys() <= APPLICATION_CREDENTIALS,
            DEADLINE: self.deadline,
            AUTHORIZATION: Authorization({} if token is None else {"authorization": f"Bearer {token}"}, target),
            EMIT: partial(_emit, events, attempts),
        }
        if stale := options.get("stale_if_error"):
            extensions[STALE_IF_ERROR] = math.inf if stale is True else stale
        if prepared.body is None and operation.method == "GET":
            self.request = httpx.Request("GET", _parsed(self._url), headers=headers, stream=_NOTHING, extensions=extensions)
        else:
            self.request = httpx.Request(operation.method, self._url, headers=headers, json=prepared.body, extensions=extensions)
        self._events("start")

    def __enter__(self) -> None:
        """Begin an attempt: set the deadline for the connections of this thread, and redact the logs of libraries."""
        self._events.attempt = self._attempts.made + 1
        self.request.extensions[ATTEMPT] = self._events.attempt
        self.deadline.__enter__()
        self._redaction.__enter__()

    def __exit__(self, *_: object) -> None:
        """End an attempt."""
        self._redaction.__exit__()
        self.deadline.__exit__()

    def handle_response(self, response: httpx.Response, body: Body) -> Response[T] | TMDBError | float:
        """Handle a response.

        Args:
            response: The response.
            body: Its body, read to the end.

        Returns:
            The result of the call, the exception to raise, or the seconds to wait before a retry.
        """
        caching = response.extensions.get("caching") or {}
        from_cache = bool(caching.get("from_cache"))
        self._events("cache_hit" if from_cache else "response", status_code=response.status_code)
        if not response.is_success or is_refusal(body.content):
            from .exceptions import error_from_response  # with TMDB's table of status codes

            refusal = error_from_response(response, body.content, method=self._operation.method, url=self._url, redaction=self._redaction)
            return self._fail(refusal, retryable=is_transient(response.status_code, body), retry_after=refusal.retry_after)
        content = body.content
        if body.problem:
            broken = self._undecodable(f"the response is {body.problem}", response, content[:KEPT_OF_A_BROKEN_BODY])
            return self._fail(broken, retryable=is_transient(response.status_code, body))
        self.deadline.check()
        decoded = Response(
            status_code=response.status_code,
            headers=response.headers,
            content=content,
            method=self._operation.method,
            url=self._url,
            type_=self._operation.returns(),
            from_cache=from_cache,
            parts=self._parts,
            report=self._report,
        )
        decoded.attempts = self._attempts.made + 1
        failure: DecodeError | None = None
        try:
            decoded.parsed  # noqa: B018 - whether a body is complete shows only when it is decoded
        except DecodeError as error:
            failure = error
            failure.__traceback__ = None
        if failure is not None:
            if is_transient(response.status_code, body) and (wait := self._wait_after(failure, retryable=True)) is not None:
                return wait
            # An intermediary may echo the request: neither the exception nor the response may contain its credentials.
            decoded.content, decoded.headers = self._redaction.content(content), self._redaction.headers(response.headers)
            failure = self._undecodable(failure.message, response, content, path=failure.path)
        self.deadline.check()
        decoded.elapsed = timedelta(seconds=self._events.elapsed)
        self._events("end", status_code=response.status_code, error=failure)
        return decoded

    def handle_error(self, error: httpx.HTTPError | TMDBError) -> TMDBError | float:
        """Handle a failure.

        Args:
            error: The exception.

        Returns:
            The exception to raise, or the seconds to wait before a retry.
        """
        method, url = self._operation.method, self._url
        if isinstance(error, TMDBError):
            if isinstance(error, DeadlineError):
                error.attempts = self._attempts.made  # it waited for a permit of the rate limit
            return self._ended(error)
        if isinstance(error, DeadlinePassedError) or self.deadline.left <= 0:
            late = DeadlineError("the deadline of the call has passed", method=method, url=url)
            late.attempts = self._attempts.made + 1
            return self._ended(late)
        if isinstance(error, httpx.TimeoutException):
            failure: APIConnectionError = APITimeoutError(f"no response in time: {type(error).__name__}", method=method, url=url)
        else:
            message = self._redaction.text(f"no response from TMDB: {description(error, self._handled)}")
            failure = APIConnectionError(message, method=method, url=url)
        failure.__cause__ = self._redaction.cause(error, method=method, url=url, handled=self._handled)
        return self._fail(failure, retryable=is_transient_error(error))

    def abort(self, error: BaseException) -> None:
        """Report that the call ends with a foreign exception, and clear its variables. Those of a custom transport stay, for the author of its bug.

        Args:
            error: The exception.
        """
        if self._is_ours or not isinstance(error, Exception):
            forget_variables(error, self._handled)
        self._events("end", error=error)

    def _fail(self, failure: _Failure, *, retryable: bool, retry_after: float | None = None) -> TMDBError | float:
        wait = self._wait_after(failure, retryable=retryable, retry_after=retry_after)
        return self._ended(failure) if wait is None else wait

    def _wait_after(self, failure: _Failure, *, retryable: bool, retry_after: float | None = None) -> float | None:
        """Return the seconds to wait before a retry, or None."""
        wait = self._attempts.wait_after(retryable=retryable, retry_after=retry_after, within=self.deadline.left)
        failure.attempts = self._attempts.made
        if wait is not None:
            self._events("retry", wait=wait, error=failure, status_code=getattr(failure, "http_status", None))
        return wait

    def _ended(self, error: TMDBError) -> TMDBError:
        """Return the exception to raise, without frames: their variables contain the request."""
        error.__traceback__ = None
        self._events("end", error=error, status_code=getattr(error, "http_status", None))
        return error

    def _undecodable(self, message: str, response: httpx.Response, content: bytes, path: str | None = None) -> DecodeError:
        return DecodeError(
            self._redaction.text(message),
            method=self._operation.method,
            url=self._url,
            path=None if path is None else shortened(self._redaction.text(path)),
            http_status=response.status_code,
            content=self._redaction.content(content),
            headers=self._redaction.headers(response.headers),
        )


def _emit(events: Events, attempts: Attempts, kind: Any, **details: Any) -> None:
    """Report an event of a layer of the transport stack."""
    if kind == "request":
        attempts.start()
    events(kind, **details)


def _checked_path(path: str, query: Mapping[str, str]) -> str:
    """Return a path with its query, checked: that its texts are Unicode, and that it has a length that HTTP libraries take.

    Raises:
        InvalidArgumentError: It cannot be sent. The message does not contain the text.
    """
    try:
        encoded = f"{path}?{urlencode(query)}" if query else path
    except UnicodeEncodeError:
        encoded = ""
    if not encoded:
        raise InvalidArgumentError(NO_UNICODE)
    if len(encoded) > LONGEST_URL:
        raise InvalidArgumentError(f"the arguments make a URL of more than {LONGEST_URL} characters, which cannot be sent")
    return encoded


def _check_body(body: Mapping[str, Any] | None) -> None:
    """Check that the texts of a body are Unicode.

    Raises:
        InvalidArgumentError: One is not. The message does not contain the text.
    """
    try:
        is_unicode = body is None or bool(json.dumps(body, ensure_ascii=False).encode())
    except UnicodeEncodeError:
        is_unicode = False
    if not is_unicode:
        raise InvalidArgumentError(NO_UNICODE)


@lru_cache(maxsize=512)
def _parsed(url: str) -> httpx.URL:
    """Parse the URL of a GET, cached: parsing takes as long as the rest of a request, and programs repeat requests. No URL contains a credential."""
    return httpx.URL(url)


def checked_options(options: Mapping[str, Any], names: Iterable[str] = ()) -> CallOptions:
    """Check the options of a client or a call.

    Args:
        options: The options.
        names: The arguments of the operation, for a message.

    Raises:
        TypeError: One is unknown.
        InvalidArgumentError: One is not allowed.
    """
    for name in options.keys() - CallOptions.__annotations__.keys():
        meant = close(name, known := [*names, *CallOptions.__annotations__])
        hint = f"did you mean {meant!r}?" if meant else f"it has {', '.join(known)}"
        raise TypeError(f"{name!r} is neither an argument of this operation nor an option: {hint}")
    if "retries" in options:
        check_retries(options["retries"])
    if "deadline" in options:
        check_deadline(options["deadline"])
    check_flag("no_cache", options.get("no_cache", False))
    stale = options.get("stale_if_error", False)
    if not isinstance(stale, bool) and not (is_seconds(stale) and stale >= 0):
        raise InvalidArgumentError(f"stale_if_error must be True, False or a number of seconds, 0 or more; not {stale!r}")
    if "timeout" in options:
        check_timeout(options["timeout"])
    # Lower case, because header names are case-insensitive.
    return cast("CallOptions", {**options, "headers": _checked_headers(options["headers"])} if options.get("headers") is not None else options)


def _checked_headers(headers: Any) -> dict[str, str]:
    if not isinstance(headers, Mapping):
        raise InvalidArgumentError(f"headers must be a dict of names and values, or None; not an object of type {type(headers).__name__}")
    for name, value in headers.items():
        if not isinstance(name, str) or not name or not set(name) <= _OF_HEADER_NAMES:
            raise InvalidArgumentError("headers has a name that HTTP does not allow: names have letters, digits and '-'")
        if not isinstance(value, str) or not (value.isascii() and value.replace("\t", " ").isprintable()):
            raise InvalidArgumentError(f"the header {name} has a value that HTTP does not allow: it must be visible ASCII")
    return {name.lower(): value for name, value in headers.items()}


def merged(options: CallOptions, others: CallOptions) -> CallOptions:
    """Return options overridden by others, with merged headers."""
    return {**options, **others, "headers": {**(options.get("headers") or {}), **(others.get("headers") or {})}}
