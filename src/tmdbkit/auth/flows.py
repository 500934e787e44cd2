"""Login flows: from an approval or a login to a client for the user, and logout.

Each flow is written once, as a generator that yields the requests to send and the seconds to wait, and returns the result. `Users` and
`AsyncUsers` differ only in how they execute the steps. Nothing is stored: read the session from the `users` of the user's client to keep it.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Generator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeAlias, TypeVar, Unpack
from urllib.parse import quote, urlsplit

import httpx
from tmdb_openapi.api import authentication, v4_auth
from tmdb_openapi.security import APPROVAL_PAGES

from tmdbkit import clock
from tmdbkit.runtime.errors import (
    APIConnectionError,
    ApprovalTimeoutError,
    AuthenticationError,
    DecodeError,
    InvalidArgumentError,
    MissingCredentialError,
    RateLimitError,
    RequestTokenError,
    SessionError,
    StatusError,
    TMDBError,
)
from tmdbkit.runtime.operations import Operation
from tmdbkit.runtime.options import CallOptions
from tmdbkit.runtime.resources import Response
from tmdbkit.runtime.suggestions import WithSuggestions
from tmdbkit.transport.advice import links
from tmdbkit.transport.retries import is_transient_refusal

from .credentials import Credentials, Secret, credential_text
from .redaction import public_headers

__all__ = ["Approval", "AsyncApproval", "AsyncUsers", "Users"]

T = TypeVar("T")


class _Bound(Protocol):
    """The part of a client that a flow uses: its credentials, and a copy with a user's."""

    _given_credentials: Credentials

    @property
    def _credentials(self) -> Credentials: ...

    def _copy(self, credentials: Credentials) -> Self: ...


class _Client(_Bound, Protocol):
    def request(self, operation: Operation[T], arguments: Mapping[str, Any], /, **options: Unpack[CallOptions]) -> Response[T]: ...


class _AsyncClient(_Bound, Protocol):
    async def request(self, operation: Operation[T], arguments: Mapping[str, Any], /, **options: Unpack[CallOptions]) -> Response[T]: ...


B = TypeVar("B", bound=_Bound)
C = TypeVar("C", bound=_Client)
AC = TypeVar("AC", bound=_AsyncClient)
A = TypeVar("A", bound="_Approval[Any]")

# TMDB's own codes; `tmdb_openapi.status_codes` has what they mean.
DENIED = 16
NO_SESSION = 17
NOT_APPROVED = 41

PENDING = {NO_SESSION, NOT_APPROVED}
ABOUT_THE_TOKEN = {
    DENIED: "the user has denied the request token",
    NO_SESSION: "the user has not approved the request token yet, or has denied it",
}
"""The meanings of TMDB's codes in the exchange of a request token, where they differ from the general ones."""

DEADLINE = 300.0
INTERVAL = 2.0
LONGEST_INTERVAL = 5
"""The maximum factor by which the poll interval grows."""
GROWTH = 1.2
LONGEST_REQUEST = 20.0
"""The maximum deadline of a poll, so that none hangs: another one follows."""
SHORTEST_REQUEST = 1.0
"""The minimum deadline of the last poll, so that it is not sent in vain."""

LOST = "a response was lost: if the user had approved the request token by then, it is used up, and the user has to approve another one"

NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, RateLimitError)
"""Failures that prove that TMDB has not exchanged the request token."""

NO_PLACES = {"data", "file", "javascript", "vbscript"}


class _Call(NamedTuple):
    """A step: send the request of an operation."""

    operation: Operation[Any]
    arguments: Mapping[str, Any]
    options: CallOptions


Steps: TypeAlias = Generator[_Call | float, Any, T]
"""The steps of a flow: it yields requests to send, and seconds to wait."""


class _Version(NamedTuple):
    """The approval flow of one version of the API.

    Attributes:
        name: The version.
        make: The operation that creates a request token.
        life: The lifetime of the request token.
        exchange: The operation that exchanges the approved token.
        gives: The resulting credentials, by the client's names for them. The first is required, the others are optional.
    """

    name: str
    make: Operation[Any]
    life: timedelta
    exchange: Operation[Any]
    gives: Mapping[str, str]


V3 = _Version(
    "v3",
    authentication.CREATE_REQUEST_TOKEN,
    timedelta(minutes=60),
    authentication.CREATE_SESSION,
    {"session_id": "session_id"},
)
V4 = _Version(
    "v4",
    v4_auth.CREATE_REQUEST_TOKEN,
    timedelta(minutes=15),
    v4_auth.CREATE_ACCESS_TOKEN,
    {"user_access_token": "access_token", "account_object_id": "account_id"},
)


class _Approval(Generic[B]):
    """The base class of approvals."""

    def __init__(self, client: B, version: _Version, request_token: str, *, url: str, expires_at: datetime | None, left: timedelta | None) -> None:
        self.expires_at = expires_at
        self._client, self._version = client, version
        self._request_token, self._url = Secret(request_token), Secret(url)
        self._expires = math.inf if left is None else clock.monotonic() + left.total_seconds()

    @property
    def url(self) -> str:
        """The URL to send the user to. It contains the request token."""
        return self._url.reveal()

    @property
    def request_token(self) -> str:
        """The request token, to continue in another process: see `Users.approval`."""
        return self._request_token.reveal()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._version.name}" + (f" until {self.expires_at}>" if self.expires_at else ">")

    def __reduce__(self) -> str:
        raise TypeError("an approval cannot be pickled: store its request_token, and restore it with users.approval or users.v4_approval")

    def _finished(self) -> Steps[B]:
        return _exchanged(self._client, self._version, self.request_token)

    def _wait(self, deadline: float, interval: float) -> Steps[B]:
        if not 0 <= deadline < math.inf:
            raise InvalidArgumentError(f"deadline must be a number of seconds, 0 or more; not {deadline!r}")
        if not 0 < interval < math.inf:
            raise InvalidArgumentError(f"interval must be a number of seconds above 0; not {interval!r}")
        ends, pause = clock.monotonic() + deadline, interval
        failure: TMDBError | None = None
        lost = False
        while clock.monotonic() < self._expires:
            try:
                options: CallOptions = {"deadline": min(max(ends - clock.monotonic(), SHORTEST_REQUEST), LONGEST_REQUEST)}
                return (yield from _exchanged(self._client, self._version, self.request_token, options))
            except RequestTokenError as error:
                if error.status_code not in PENDING:
                    if lost:
                        error.message = f"{error.message.rstrip('.')}; {LOST}"
                    raise
                failure, least = error, 0.0
            except (APIConnectionError, StatusError) as error:
                if isinstance(error, StatusError) and not is_transient_refusal(error.http_status, error.status_code):
                    raise
                failure, least = error, getattr(error, "retry_after", None) or 0.0
                lost = lost or not isinstance(error.__cause__ or error, NOTHING_SENT)
            left = ends - clock.monotonic()
            if left <= 0 or least > left:
                raise _not_in_time(f"the user did not approve the request token within {deadline:g} seconds", lost, expired=False) from failure
            yield max(min(max(pause, least), left, self._expires - clock.monotonic()), 0.0)
            pause = min(pause * GROWTH, interval * LONGEST_INTERVAL)
        raise _not_in_time("the request token expired before the user approved it; request another approval", lost, expired=True) from failure


class Approval(_Approval[C]):
    """A request token that awaits the user's approval.

    Send the user to `url`. Then call `wait`; or, in a web application, `finish` when the user returns to `redirect_to`.

    Attributes:
        expires_at: The expiry of the token; None if unknown.
    """

    def wait(self, *, deadline: float = DEADLINE, interval: float = INTERVAL) -> C:
        """Wait until the user has approved the request token, and exchange it.

        The client polls TMDB at growing intervals. Transient failures (a lost connection, a failure of TMDB's, too many requests) do not end the
        wait; a rejected token does. In v3, TMDB does not distinguish a denied token from a pending one.

        Args:
            deadline: The seconds to wait at most, 0 or more. The last request may take another second. Each has a deadline of at most 20 seconds, whatever the
                client's is.
            interval: The seconds between the first two requests; it grows up to five times that. Where TMDB asks for a longer pause, it is kept.

        Returns:
            A client for the user, on the same connections: with a session for v3, and with the user's access token for v4.

        Raises:
            InvalidArgumentError: An argument is invalid; nothing was sent.
            ApprovalTimeoutError: The user did not approve in time. The wait may be repeated, unless the token has expired.
            RequestTokenError: TMDB no longer accepts the token: it has expired, was denied, or is used up.
            TMDBError: Any other failure, by the classes of `tmdbkit.errors`.

        Endpoint: `POST /3/authentication/session/new`, or `POST /4/auth/access_token`
        """
        return _take(self._client, self._wait(deadline, interval))

    def finish(self) -> C:
        """Exchange the request token, which the user has approved.

        This uses up the token, maybe even if the response is lost; another attempt shows it.

        Returns:
            A client for the user, on the same connections: with a session for v3, and with the user's access token for v4.

        Raises:
            RequestTokenError: The user has not approved the token (`status_code` 41, or 17 for v3), or TMDB no longer accepts it.
            TMDBError: Any other failure, by the classes of `tmdbkit.errors`.

        Endpoint: `POST /3/authentication/session/new`, or `POST /4/auth/access_token`
        """
        return _take(self._client, self._finished())


class AsyncApproval(_Approval[AC]):
    """A request token that awaits the user's approval: `Approval` for asynchronous clients.

    Attributes:
        expires_at: The expiry of the token; None if unknown.
    """

    async def wait(self, *, deadline: float = DEADLINE, interval: float = INTERVAL) -> AC:
        """Wait until the user has approved the request token, and exchange it, as `Approval.wait` does. It may be cancelled."""
        return await _take_async(self._client, self._wait(deadline, interval))

    async def finish(self) -> AC:
        """Exchange the request token, which the user has approved, as `Approval.finish` does."""
        return await _take_async(self._client, self._finished())


class _Users(WithSuggestions, Generic[B]):
    """The base class of `Users` and `AsyncUsers`."""

    def __init__(self, client: B) -> None:
        self._client = client

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    @property
    def session_id(self) -> str:
        """The session of the client's user, to store and pass to `with_options` later.

        Raises:
            MissingCredentialError: The client has none.
        """
        return self._credential("session_id", "request_approval, login or convert_access_token gives a client with one")

    @property
    def guest_session_id(self) -> str:
        """The client's guest session, to store and pass to `with_options` later.

        Raises:
            MissingCredentialError: The client has none.
        """
        return self._credential("guest_session_id", "guest_session gives a client with one")

    @property
    def user_access_token(self) -> str:
        """The access token of the client's user, to store and pass to `with_options` later.

        Raises:
            MissingCredentialError: The client has none.
        """
        return self._credential("user_access_token", "request_v4_approval gives a client with one")

    @property
    def account_object_id(self) -> str:
        """The user's account in v4, which the methods of `v4_account` take.

        Raises:
            MissingCredentialError: The client does not know it: TMDB sends it only with a new access token.
        """
        return self._credential("account_object_id", "TMDB sends it only with a new access token, so store both")

    def _credential(self, name: str, hint: str) -> str:
        secret = self._client._credentials.given.get(name)
        if secret is None:
            raise MissingCredentialError(f"this client has no {name}; {hint}")
        return secret.reveal()

    def _requested(self, kind: type[A], version: _Version, redirect_to: str | None) -> Steps[A]:
        in_the_body = version.make.takes("redirect_to")
        to = None if redirect_to is None else _checked_redirect(redirect_to)
        response = yield from _send(version.make, {"redirect_to": to} if in_the_body else {})
        request_token = _text_of(response, "request_token")
        now, ends = datetime.now(UTC), getattr(response.parsed, "expires_at", None)
        expires_at = ends if isinstance(ends, datetime) else now + version.life
        # A new token has not expired, whatever the local clock says.
        left = expires_at - now if expires_at > now else version.life
        url = _url(version, request_token) + ("" if to is None or in_the_body else f"?redirect_to={quote(to, safe='')}")
        return kind(self._client, version, request_token, url=url, expires_at=expires_at, left=left)

    def _resumed(self, kind: type[A], version: _Version, request_token: str, expires_at: datetime | None) -> A:
        token = credential_text("request_token", request_token)
        if expires_at is not None and expires_at.tzinfo is None:
            raise InvalidArgumentError("expires_at must have a time zone, as the expires_at of an approval has")
        left = None if expires_at is None else expires_at - datetime.now(UTC)
        return kind(self._client, version, token, url=_url(version, token), expires_at=expires_at, left=left)

    def _logged_in(self, username: str, password: str) -> Steps[B]:
        given = {"username": username, "password": password}
        # Invalid arguments are rejected before a token is created in vain.
        authentication.CREATE_SESSION_WITH_LOGIN.prepare({**given, "request_token": "none yet"})
        request_token = _text_of((yield from _send(V3.make, {})), "request_token")
        yield from _send(authentication.CREATE_SESSION_WITH_LOGIN, {**given, "request_token": request_token})
        return (yield from _exchanged(self._client, V3, request_token))

    def _guest_session(self) -> Steps[B]:
        response = yield from _send(authentication.CREATE_GUEST_SESSION, {})
        return _bound(self._client, response, {"guest_session_id": "guest_session_id"})

    def _converted(self) -> Steps[B]:
        kept = {"user_access_token": self.user_access_token}
        if account := self._client._credentials.given.get("account_object_id"):
            kept["account_object_id"] = account.reveal()
        response = yield from _send(authentication.CREATE_SESSION_FROM_V4_TOKEN, {"access_token": self.user_access_token})
        return _bound(self._client, response, V3.gives, **kept)

    def _logged_out(self) -> Steps[None]:
        given = self._client._credentials.given
        deletions: list[tuple[Operation[Any], str, Secret | None]] = [
            (authentication.DELETE_SESSION, "session_id", given.get("session_id")),
            (v4_auth.DELETE_ACCESS_TOKEN, "access_token", given.get("user_access_token")),
        ]
        if not any(secret for _, _, secret in deletions):
            guest = "; a guest session cannot be deleted: TMDB deletes it after a day without use" if "guest_session_id" in given else ""
            raise MissingCredentialError(f"logout needs a client with a user's session or access token{guest}")
        failure: TMDBError | None = None
        for operation, name, secret in deletions:
            if secret is not None:
                try:
                    response = yield from _send(operation, {name: secret.reveal()})
                    if getattr(response.parsed, "success", None) is False:
                        raise _not_deleted(response, name)
                except TMDBError as error:
                    # The other one is deleted anyway, and a failure of either is raised.
                    failure = failure or error
        if failure:
            raise failure


class Users(_Users[C]):
    """Logs users in and out. Each login returns a new client for the user, on the same connections.

    With the user's approval, on TMDB's site:

        approval = tmdb.users.request_approval()
        print("Please approve at", approval.url)
        user = approval.wait(deadline=300)
        user.account.me()

    Nothing is stored. Store `user.users.session_id` with your other secrets; `tmdb.with_options(session_id=...)` restores the client.
    """

    def request_approval(self, *, redirect_to: str | None = None) -> Approval[C]:
        """Create a request token of v3, for a user to approve. It becomes a session.

        Args:
            redirect_to: The URL to which TMDB sends the user afterwards, with http or https, or with the scheme of an application.

        Returns:
            The approval, which the user has to give within 60 minutes.

        Raises:
            InvalidArgumentError: An argument is invalid; nothing was sent.
            TMDBError: Any other failure, by the classes of `tmdbkit.errors`.

        Endpoint: `GET /3/authentication/token/new`
        """
        return _take(self._client, self._requested(Approval[C], V3, redirect_to))

    def request_v4_approval(self, *, redirect_to: str | None = None) -> Approval[C]:
        """Create a request token of v4, for a user to approve. It becomes a user's access token.

        Args:
            redirect_to: The URL to which TMDB sends the user afterwards, with http or https, or with the scheme of an application.

        Returns:
            The approval, which the user has to give within 15 minutes.

        Raises:
            InvalidArgumentError: An argument is invalid; nothing was sent.
            MissingCredentialError: The client has no access token of the application; nothing was sent.
            TMDBError: Any other failure, by the classes of `tmdbkit.errors`.

        Endpoint: `POST /4/auth/request_token`
        """
        return _take(self._client, self._requested(Approval[C], V4, redirect_to))

    def approval(self, request_token: str, *, expires_at: datetime | None = None) -> Approval[C]:
        """Restore the approval of an existing request token of v3, such as in another process. Sends no request.

        Args:
            request_token: The `request_token` of the approval.
            expires_at: Its `expires_at`, an aware datetime. Without it, `wait` polls until its deadline.

        Raises:
            InvalidArgumentError: The token is blank, or `expires_at` has no time zone.
        """
        return self._resumed(Approval[C], V3, request_token, expires_at)

    def v4_approval(self, request_token: str, *, expires_at: datetime | None = None) -> Approval[C]:
        """Restore the approval of an existing request token of v4, such as in another process. Sends no request.

        Args:
            request_token: The `request_token` of the approval.
            expires_at: Its `expires_at`, an aware datetime. Without it, `wait` polls until its deadline.

        Raises:
            InvalidArgumentError: The token is blank, or `expires_at` has no time zone.
        """
        return self._resumed(Approval[C], V4, request_token, expires_at)

    def login(self, username: str, password: str) -> C:
        """Create a session with a user's name and password. Prefer `request_approval`, which needs neither.

        Args:
            username: The user's name at TMDB.
            password: The user's password.

        Returns:
            A client with the session.

        Raises:
            InvalidArgumentError: The name or the password is blank; nothing was sent.
            AuthenticationError: The name or the password is wrong, or the account may not log in.
            TMDBError: Any other failure, by the classes of `tmdbkit.errors`.

        Endpoint: `GET /3/authentication/token/new`, `POST /3/authentication/token/validate_with_login`, `POST /3/authentication/session/new`
        """
        try:
            return _take(self._client, self._logged_in(username, password))
        finally:
            del username, password  # an error report with local variables would show them

    def guest_session(self) -> C:
        """Create a guest session, which can rate without an account.

        Create one for each end user. TMDB deletes a session that is unused for a day.

        Returns:
            A client with the guest session.

        Raises:
            TMDBError: A failure, by the classes of `tmdbkit.errors`.

        Endpoint: `GET /3/authentication/guest_session/new`
        """
        return _take(self._client, self._guest_session())

    def convert_access_token(self) -> C:
        """Create a session of v3 from the client's v4 access token.

        Returns:
            A client with both.

        Raises:
            MissingCredentialError: This client has no access token of a user; nothing was sent.
            TMDBError: Any other failure, by the classes of `tmdbkit.errors`.

        Endpoint: `POST /3/authentication/session/convert/4`
        """
        return _take(self._client, self._converted())

    def logout(self) -> None:
        """Delete the client's session and user access token. TMDB rejects them afterwards.

        If the client has both, a failure to delete one does not keep the other. A guest session cannot be deleted.

        Raises:
            MissingCredentialError: This client has neither; nothing was sent.
            TMDBError: One was not deleted, by the classes of `tmdbkit.errors`.

        Endpoint: `DELETE /3/authentication/session`, `DELETE /4/auth/access_token`
        """
        _take(self._client, self._logged_out())


class AsyncUsers(_Users[AC]):
    """Logs users in and out: `Users` for asynchronous clients."""

    async def request_approval(self, *, redirect_to: str | None = None) -> AsyncApproval[AC]:
        """Create a request token of v3, for a user to approve, as `Users.request_approval` does."""
        return await _take_async(self._client, self._requested(AsyncApproval[AC], V3, redirect_to))

    async def request_v4_approval(self, *, redirect_to: str | None = None) -> AsyncApproval[AC]:
        """Create a request token of v4, for a user to approve, as `Users.request_v4_approval` does."""
        return await _take_async(self._client, self._requested(AsyncApproval[AC], V4, redirect_to))

    def approval(self, request_token: str, *, expires_at: datetime | None = None) -> AsyncApproval[AC]:
        """Restore the approval of a request token of v3, as `Users.approval` does. Not a coroutine."""
        return self._resumed(AsyncApproval[AC], V3, request_token, expires_at)

    def v4_approval(self, request_token: str, *, expires_at: datetime | None = None) -> AsyncApproval[AC]:
        """Restore the approval of a request token of v4, as `Users.v4_approval` does. Not a coroutine."""
        return self._resumed(AsyncApproval[AC], V4, request_token, expires_at)

    async def login(self, username: str, password: str) -> AC:
        """Create a session with a user's name and password, as `Users.login` does."""
        try:
            return await _take_async(self._client, self._logged_in(username, password))
        finally:
            del username, password

    async def guest_session(self) -> AC:
        """Create a guest session, as `Users.guest_session` does."""
        return await _take_async(self._client, self._guest_session())

    async def convert_access_token(self) -> AC:
        """Create a session of v3 from the client's v4 access token, as `Users.convert_access_token` does."""
        return await _take_async(self._client, self._converted())

    async def logout(self) -> None:
        """Delete the client's session and user access token, as `Users.logout` does."""
        await _take_async(self._client, self._logged_out())


def _take(client: _Client, steps: Steps[T]) -> T:
    """Execute the steps of a flow."""
    step: Any = None
    failure: TMDBError
    handled = sys.exception()
    try:
        step = next(steps)
        while True:
            if isinstance(step, _Call):
                try:
                    step = client.request(step.operation, step.arguments, **step.options)
                except TMDBError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(step)
            else:
                clock.sleep(step)
                step = next(steps)
    except StopIteration as end:
        result: T = end.value
        return result
    except TMDBError as error:
        failure = error
    finally:
        del step, steps  # they contain tokens, which an error report with local variables would show
    try:
        raise _without_frames(failure, handled)
    finally:
        del failure  # an exception and a frame that hold each other stay until the garbage collector runs


async def _take_async(client: _AsyncClient, steps: Steps[T]) -> T:
    """Execute the steps of a flow, asynchronously."""
    step: Any = None
    failure: TMDBError
    handled = sys.exception()
    try:
        step = next(steps)
        while True:
            if isinstance(step, _Call):
                try:
                    step = await client.request(step.operation, step.arguments, **step.options)
                except TMDBError as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(step)
            else:
                await clock.sleep_async(step)
                step = next(steps)
    except StopIteration as end:
        result: T = end.value
        return result
    except TMDBError as error:
        failure = error
    finally:
        del step, steps
    try:
        raise _without_frames(failure, handled)
    finally:
        del failure  # an exception and a frame that hold each other stay until the garbage collector runs


def _without_frames(failure: TMDBError, handled: BaseException | None) -> TMDBError:
    """Remove the frames of the flow from an exception: their variables contain tokens and passwords."""
    for link in links(failure, handled):
        link.__traceback__ = None
    return failure


def _send(operation: Operation[T], arguments: Mapping[str, Any], options: CallOptions | None = None) -> Steps[Response[T]]:
    """Yield a request, and return the typed response."""
    response: Response[T] = yield _Call(operation, arguments, options or {})
    return response


def _exchanged(client: B, version: _Version, request_token: str, options: CallOptions | None = None) -> Steps[B]:
    """Exchange a request token for a client that acts for the user."""
    try:
        response = yield from _send(version.exchange, {"request_token": request_token}, options)
    except AuthenticationError as error:
        if error.status_code in ABOUT_THE_TOKEN:
            raise _about_the_token(error, ABOUT_THE_TOKEN[error.status_code]) from error
        raise
    return _bound(client, response, version.gives)


def _text_of(response: Response[Any], name: str) -> str:
    """Return a field that the flow requires.

    Raises:
        DecodeError: TMDB did not send it.
    """
    text = getattr(response.parsed, name, None)
    if isinstance(text, str) and text.strip():
        return text
    message = f"the response has no {name}"
    raise DecodeError(message, method=response.method, url=response.url, path=f"$.{name}", http_status=response.status_code)


def _bound(client: B, response: Response[Any], gives: Mapping[str, str], **kept: str) -> B:
    """Return a client for a user with the new credentials, without those of the current user."""
    credential, *more = gives
    given = {credential: _text_of(response, gives[credential])}
    for name in more:
        if isinstance(value := getattr(response.parsed, gives[name], None), str):
            given[name] = value
    return client._copy(client._given_credentials.of_user(**kept, **given))


def _url(version: _Version, request_token: str) -> str:
    """Where the user approves a request token."""
    return APPROVAL_PAGES[version.make.operation_id].format(request_token=quote(request_token, safe=""))


def _about_the_token(error: StatusError, meaning: str) -> RequestTokenError:
    """Convert an error response about a session or a device to one about the request token."""
    about = RequestTokenError(
        f"{error.message.rstrip('.')}: {meaning}",
        method=error.method,
        url=error.url,
        status_code=error.status_code,
        http_status=error.http_status,
        errors=error.errors,
        headers=error.headers,
        content=error.content,
        retry_after=error.retry_after,
    )
    about.attempts = error.attempts
    return about


def _not_in_time(message: str, lost: bool, *, expired: bool) -> ApprovalTimeoutError:
    return ApprovalTimeoutError(f"{message}; {LOST}" if lost else message, expired=expired)


def _not_deleted(response: Response[Any], name: str) -> SessionError:
    return SessionError(
        f"TMDB did not delete the {name}",
        method=response.method,
        url=response.url,
        status_code=getattr(response.parsed, "status_code", None) or None,
        http_status=response.status_code,
        headers=public_headers(response.headers),
    )


def _checked_redirect(redirect_to: str) -> str:
    """Check a URL to send the user to.

    Raises:
        InvalidArgumentError: It is invalid. The message does not contain it, as it may contain private data.
    """
    given: object = redirect_to
    try:
        parts = urlsplit(given if isinstance(given, str) else "")
        found = bool(parts.hostname if parts.scheme in ("http", "https") else parts.scheme) and parts.scheme not in NO_PLACES
        found = found and redirect_to.isprintable() and " " not in redirect_to and redirect_to[len(parts.scheme) :].startswith(":/")
    except ValueError:
        found = False
    if not found:
        raise InvalidArgumentError("redirect_to must be an absolute URL, such as 'https://www.example.org/approved', or 'myapp://approved' for an application")
    return redirect_to
