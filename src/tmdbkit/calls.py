"""A call on its way: what it sends, and what becomes of the answer. Decided here alone, for both clients, which only send, read and sleep."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Generic, Self, TypeVar, cast
from urllib.parse import urlencode

import httpx

from ._version import __version__
from .answers import error_of
from .bodies import Body
from .credentials import SESSIONS, Credentials
from .deadlines import DEFAULT_DEADLINE, Deadline, check_deadline, seconds_of, shortened
from .logs import DriftLog, logger
from .rate_limit import RateLimit, Turn
from .redaction import Redaction
from .retries import Attempts, check_retries, passes_by_itself
from .runtime.errors import APIConnectionError, APITimeoutError, DeadlineError, DecodeError, InvalidArgumentError, RateLimitError, StatusError, TMDBError
from .runtime.operations import Operation
from .runtime.options import CallOptions
from .runtime.resources import Response

__all__ = ["CALL", "Call", "checked_options", "merged"]

T = TypeVar("T")

CALL: Final = "tmdbkit"
"""The extension of a request that holds its call."""

TOKENS = {"access_token", "user_access_token"}
OF_THE_APPLICATION = {"access_token", "api_key"}
USER_AGENT = f"tmdbkit/{__version__} python-httpx/{httpx.__version__}"
DEFAULT_PAUSE = 1.0
"""The seconds that all who share a limit pause after a 429 that does not say how long."""

KEPT_OF_A_BROKEN_BODY = 65_536
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")


class _Now:
    """The turn of a call that no limit holds back."""

    wait = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


NOW = _Now()


class Call(Generic[T]):
    """One call of an operation.

    Args:
        operation: The operation.
        arguments: Its arguments by name.
        options: Its options.
        http: The httpx client whose settings its request takes.
        credentials: The client's credentials.
        base_url: Where the API is.
        rate_limit: The limit on requests; None for none.
        drift: What is told of answers that differ; None where that is an error.
        cached: Whether there is a cache to keep answers that are the same for everybody.

    Attributes:
        deadline: Its end.
        cached: Whether it goes by way of the cache. Then its request holds no credential, and `signed` adds them behind the cache.
        request: What is sent.

    Raises:
        InvalidArgumentError: An argument or an option is not allowed.
        MissingCredentialError: What the operation needs is not there.
    """

    def __init__(
        self,
        operation: Operation[T],
        arguments: Mapping[str, Any],
        options: CallOptions,
        *,
        http: httpx.Client | httpx.AsyncClient,
        credentials: Credentials,
        base_url: str,
        rate_limit: RateLimit | None,
        drift: DriftLog | None,
        cached: bool,
    ) -> None:
        prepared = operation.prepare(arguments)
        sessions = {name: arguments.get(name) for name in SESSIONS if not operation.takes(name)}
        secrets = {name: secret.reveal() for name, secret in credentials.choose(operation, sessions, prepared.parts).items()}
        private = operation.secrets(arguments)
        self._redaction = Redaction([*private, *secrets.values(), *(secret.reveal() for secret in credentials if secret)])
        self._query = {name: secret for name, secret in secrets.items() if name not in TOKENS}
        token = next((secret for name, secret in secrets.items() if name in TOKENS), None)
        self._authorization = {} if token is None else {"authorization": f"Bearer {token}"}
        self._operation, self._parts, self._rate_limit = operation, prepared.parts, rate_limit
        self._attempts = Attempts(None if operation.changes_state else options.get("retries"))
        self._report = None if drift is None else drift.of(operation.operation_id)
        self._url = f"{base_url}{prepared.redacted_path}" + (f"?{urlencode(prepared.redacted_query)}" if prepared.query else "")
        self.cached = cached and not operation.changes_state and not private and secrets.keys() <= OF_THE_APPLICATION
        query = prepared.query if self.cached else {**prepared.query, **self._query}
        headers = {"accept": "application/json", "accept-encoding": "gzip", "user-agent": USER_AGENT, **(options.get("headers") or {})}
        self.request = http.build_request(
            operation.method,
            f"{base_url}{prepared.path}" + (f"?{urlencode(query)}" if query else ""),
            json=prepared.body,
            headers=headers if self.cached else {**headers, **self._authorization},
            timeout=options.get("timeout", httpx.USE_CLIENT_DEFAULT),
        )
        self._timeout: dict[str, float | None] = self.request.extensions["timeout"]
        if self.cached:
            self.request.extensions[CALL] = self
        if "deadline" in options:
            self.deadline = Deadline(options["deadline"])
        else:
            self.deadline = Deadline(max(DEFAULT_DEADLINE, 2 * max(map(seconds_of, self._timeout.values()))), from_first_request=True)

    def turn(self) -> Turn | _Now:
        """The turn of the rate limit, as a context to wait in.

        Raises:
            DeadlineError: There is none before the deadline.
        """
        try:
            return NOW if self._rate_limit is None else self._rate_limit.reserve(self.deadline.left)
        except TimeoutError:
            pass
        raise self._queued()

    async def turn_awaited(self) -> Turn | _Now:
        """The same, for a client that is awaited."""
        try:
            return NOW if self._rate_limit is None else await self._rate_limit.reserve_async(self.deadline.left)
        except TimeoutError:
            pass
        raise self._queued()

    def wait_for(self, turn: Turn | _Now) -> float:
        """The seconds to wait for a turn, which may become more.

        Raises:
            DeadlineError: They are more than are left.
        """
        if turn.wait > self.deadline.left:
            raise self._queued()
        return turn.wait

    def _queued(self) -> DeadlineError:
        return DeadlineError("the rate limit has no turn before the deadline", method=self._operation.method, url=self._url)

    def signed(self, request: httpx.Request) -> httpx.Request:
        """The request as it goes out now: with its credentials, and with no step longer than the call may still take."""
        self._attempts.start()
        self.deadline.start()
        left = self.deadline.left
        timeout = {step: shortened(seconds, left) for step, seconds in self._timeout.items()}
        if not self.cached:
            request.extensions["timeout"] = timeout
            return request
        headers = request.headers.copy()
        headers.update(self._authorization)
        url = request.url.copy_merge_params(self._query) if self._query else request.url
        return httpx.Request(request.method, url, headers=headers, stream=request.stream, extensions={"timeout": timeout})

    def outcome(self, answer: httpx.Response, body: Body) -> Response[T] | TMDBError | float:
        """What the call returns for an answer, or raises; or the seconds to wait before the request is sent again."""
        if answer.is_success and body.problem:
            return DecodeError(
                f"TMDB's answer is {body.problem}",
                method=self._operation.method,
                url=self._url,
                path=None,
                http_status=answer.status_code,
                content=body.content[:KEPT_OF_A_BROKEN_BODY],
                headers=answer.headers,
            )
        if answer.is_success:
            caching = answer.extensions.get("caching") or {}
            return Response(
                status_code=answer.status_code,
                headers=answer.headers,
                content=body.content,
                method=self._operation.method,
                url=self._url,
                type_=self._operation.returns(),
                from_cache=bool(caching.get("from_cache")),
                parts=self._parts,
                report=self._report,
            )
        refusal = error_of(answer, body.content, method=self._operation.method, url=self._url, redaction=self._redaction)
        if isinstance(refusal, RateLimitError) and self._rate_limit is not None:
            self._rate_limit.pause(DEFAULT_PAUSE if refusal.retry_after is None else refusal.retry_after)
        return self._after(refusal, transient=passes_by_itself(refusal), retry_after=refusal.retry_after)

    def failed(self, error: httpx.HTTPError) -> TMDBError | float:
        """What the call raises as no answer came; or the seconds to wait before the request is sent again."""
        method, url = self._operation.method, self._url
        if self.deadline.left <= 0:
            return self.late()
        if isinstance(error, httpx.TimeoutException):
            failure: APIConnectionError = APITimeoutError(f"TMDB did not answer in time: {type(error).__name__}", method=method, url=url)
        else:
            failure = APIConnectionError(self._redaction.text(f"no answer from TMDB: {type(error).__name__}: {error}"), method=method, url=url)
        failure.__cause__ = self._redaction.cause(error, method=method, url=url)
        return self._after(failure, transient=passes_by_itself(error))

    def late(self) -> DeadlineError:
        """What the call raises as its deadline has passed."""
        late = DeadlineError("the call was given up at its deadline", method=self._operation.method, url=self._url)
        late.attempts = self._attempts.made + 1
        return late

    def _after(self, failure: APIConnectionError | StatusError, *, transient: bool, retry_after: float | None = None) -> TMDBError | float:
        wait = self._attempts.wait_after(transient=transient, retry_after=retry_after, within=self.deadline.left)
        failure.attempts = self._attempts.made
        if wait is None:
            return failure
        logger.info("%s, attempt %d: trying again in %.2f s (%s %s)", type(failure).__name__, failure.attempts, wait, failure.method, failure.url)
        return wait


def checked_options(options: Mapping[str, Any]) -> CallOptions:
    """Options that somebody gave to a client or a call.

    Raises:
        TypeError: One is unknown.
        InvalidArgumentError: One is not allowed.
    """
    for name in options.keys() - CallOptions.__annotations__.keys():
        raise TypeError(f"{name!r} is neither an argument of this operation nor an option: timeout, deadline, retries, headers")
    if "retries" in options:
        check_retries(options["retries"])
    if "deadline" in options:
        check_deadline(options["deadline"])
    headers = options.get("headers") or {}
    for name, value in headers.items():
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
            raise InvalidArgumentError(f"headers has a name that HTTP does not allow: {name!r}")
        if not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):
            raise InvalidArgumentError(f"the header {name} has a value that HTTP does not allow: it must be visible ASCII")
    # In small letters, so that one header is one name.
    return cast("CallOptions", {**options, "headers": {name.lower(): value for name, value in headers.items()}} if headers else options)


def merged(options: CallOptions, others: CallOptions) -> CallOptions:
    """Options with others over them; headers are added."""
    return {**options, **others, "headers": {**(options.get("headers") or {}), **(others.get("headers") or {})}}
