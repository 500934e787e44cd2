"""The fake: what it was told to answer, what it was asked, and how it decides."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx
import msgspec
from tmdb_openapi.status_codes import STATUS_CODES

from tmdbkit.client import BASE_URL, TMDB, AsyncTMDB
from tmdbkit.runtime.operations import APPEND_TO_RESPONSE, BodyField, Operation, QueryParameter

from .answers import Answer, code_for, envelope
from .catalogue import Catalogue, package_catalogue, permits
from .requests import ReceivedRequest
from .transport import FakeTransport
from .users import FakeUsers

if TYPE_CHECKING:
    from .server import FakeTMDBServer

__all__ = ["FakeTMDB"]

# TMDB's own codes; `tmdb_openapi.status_codes` has what they mean.
NO_PERMISSION = 3
INVALID_KEY = 7
INVALID_VALUES = 18
INVALID_PAGE = 22
TOO_MANY_PARTS = 27
NOT_FOUND = 34
NO_SUCH_METHOD = 42

APPLICATION = {"access_token", "api_key"}
MOST_PARTS = 20
LAST_PAGE = 500


class _Addition(NamedTuple):
    """An answer that the user of the fake has given."""

    method: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    answer: Answer

    def answers(self, request: ReceivedRequest) -> bool:
        segments = request.path.split("/")
        return (
            request.method == self.method
            and len(segments) == len(self.path)
            and all(_is_slot(known) or known == segment for known, segment in zip(self.path, segments, strict=True))
            and self.query.items() <= request.query.items()
        )


class FakeTMDB:
    """A TMDB for tests. It answers from recorded exchanges, and may be used by several clients, threads and servers at once.

    What was recorded is answered as it was. What was not, is composed so that a program can be tested on it:

    - An id is known if something was recorded of it; a movie may be asked for by its IMDb id as well. Anything else is a 404 with TMDB's code 34.
    - Details hold exactly the parts that `append_to_response` names. A part that TMDB does not know is left out, as is one that needs a session without one.
    - What was not recorded of a known id is taken from another one's, under the right id: `movies.keywords` of one movie may be the keywords of another. Only
      details are never another's.
    - A page that was not recorded has the rows of one that was; one beyond `total_pages` has none. Lists are shorter than TMDB's, while `total_pages` and
      `total_results` are the recorded ones.
    - Other query items choose between recordings and change nothing: there is no translation and no filter.
    - Nothing is kept but what users log in with: a rating is accepted, and `account_states` stays as it was recorded.

    It refuses what TMDB refuses: a missing or malformed credential (401), an unknown method (405), a page outside 1..500, more than 20 parts and a body that is
    not what the operation takes (400), a user's operation without a session (401). Any credential of the right form is accepted, unless it was deleted; what
    becomes of the request tokens that the fake makes, the user says: see `FakeUsers`.

    Attributes:
        users: What users do on TMDB's site, such as to approve a request token.
        requests: What was asked, in order.
        access_token: An access token that the fake accepts, like any other of its form.
    """

    access_token = "eyJ.fake.token"  # noqa: S105

    def __init__(self) -> None:
        self.requests: list[ReceivedRequest] = []
        self.users = FakeUsers()
        self._failures: deque[Answer] = deque()
        self._additions: list[_Addition] = []
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"<FakeTMDB: {len(self.requests)} requests>"

    @property
    def transport(self) -> FakeTransport:
        """A transport for httpx clients, synchronous and asynchronous, that reaches nothing but this fake."""
        return FakeTransport(self)

    def client(self, **options: Any) -> TMDB:
        """A client that talks to this fake, in process, and without a rate limit.

        Args:
            options: What `TMDB` takes. A credential is given unless one is among them.
        """
        return TMDB(**self._options(options))

    def async_client(self, **options: Any) -> AsyncTMDB:
        """An asynchronous client that talks to this fake, in process, and without a rate limit.

        Args:
            options: What `AsyncTMDB` takes. A credential is given unless one is among them.
        """
        return AsyncTMDB(**self._options(options))

    def _options(self, options: dict[str, Any]) -> dict[str, Any]:
        credential = {} if options.keys() & {"credential", *APPLICATION} else {"access_token": self.access_token}
        return {"transport": self.transport, "base_url": BASE_URL, "rate_limit": None, **credential, **options}

    def serve(self, *, port: int = 0) -> FakeTMDBServer:
        """A real HTTP server on loopback that answers as this fake, to be used in a `with` statement. It needs the extra `tmdbkit[testing]`.

        Args:
            port: The port to listen on; by default the system chooses a free one.

        Raises:
            ImportError: The extra is not installed.
        """
        from .server import FakeTMDBServer

        return FakeTMDBServer(self, port=port)

    def add(
        self, method: str, path: str, body: object, *, status: int = 200, query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        """Answer a request as the test wants it, in place of a recorded answer. The credential is checked all the same.

            movie = fake.client().movies.details(550)
            movie.id, movie.title = 11, "Star Wars"
            fake.add("GET", "/3/movie/11", movie)

        Args:
            method: The HTTP method.
            path: The path, such as `/3/movie/11`; a segment in braces, as in `/3/movie/{movie_id}`, stands for any.
            body: A model, or dicts and lists, to be sent as JSON; or bytes, to be sent as they are.
            status: The HTTP status.
            query: Items that the query has to hold, among others. Of several answers to a request, the one added last is sent.
            headers: Headers to add, in place of the fake's of the same name.

        Raises:
            ValueError: The path does not start with a slash.
        """
        if not path.startswith("/") or "?" in path:
            raise ValueError(f"path must be like '/3/movie/550', without a host and a query, not {path!r}")
        answer = Answer.of(status, body, headers=headers)
        with self._lock:
            self._additions.insert(0, _Addition(method.upper(), tuple(path.split("/")), dict(query or {}), answer))

    def fail_next(
        self, status: int | None = None, *, code: int | None = None, retry_after: float | str | None = None, times: int = 1, body: object = None
    ) -> None:
        """Answer the next request with a failure, whatever it is. Failures of several calls follow each other.

        Mind that a client tries again what passes by itself: let all of its attempts fail, or give it `retries=None`, to see the exception.

        Args:
            status: The HTTP status, such as 429; by default the one that usually carries the code.
            code: TMDB's own code, such as 25; by default the one that usually comes with the status.
            retry_after: What the header `Retry-After` says: seconds, or a date as HTTP writes it. By default there is none.
            times: How many requests fail.
            body: What to send in place of TMDB's report on the failure: a model, dicts and lists; or bytes, to be sent as HTML, as proxies before TMDB do.

        Raises:
            ValueError: Neither status nor code is given, TMDB has no such code, or times is less than 1.
        """
        if times < 1:
            raise ValueError(f"times must be 1 or more, not {times}")
        if code is not None and code not in STATUS_CODES:
            raise ValueError(f"TMDB has no code {code}: its codes are {', '.join(map(str, STATUS_CODES))}")
        if status is None:
            if code is None:
                raise ValueError("give a status, such as 429, or a code of TMDB's, such as 25")
            status = STATUS_CODES[code].http_status
        if body is None:
            body = self._report(code_for(status) if code is None else code)
        headers = {} if retry_after is None else {"retry-after": str(retry_after)}
        if isinstance(body, bytes):
            headers["content-type"] = "text/html"
        with self._lock:
            self._failures.extend([Answer.of(status, body, headers=headers)] * times)

    def answer(self, method: str, path: str, query: str, headers: httpx.Headers, content: bytes) -> Answer:
        """Answer a request. Transport and server do this for you.

        Args:
            method: The HTTP method.
            path: The path, unescaped.
            query: The query, escaped.
            headers: The headers.
            content: The body.
        """
        route = self._catalogue.route(path)
        operation = route.operations.get(method) if route else None
        request = ReceivedRequest.of(
            method,
            path,
            query,
            headers,
            content,
            operation_id=operation.operation_id if operation else None,
            shown_path=route.shown_path if route else None,
            secret_items=[argument.wire_name for argument in operation.arguments if argument.secret] if operation else [],
        )
        with self._lock:
            self.requests.append(request)
            failure = self._failures.popleft() if self._failures else None
            addition = next((addition for addition in self._additions if addition.answers(request)), None)
        if failure:
            return failure
        if refusal := self._refuse_credentials(request, operation):
            return refusal
        if addition:
            answer = addition.answer
        elif operation is None:
            return self._refusal(NOT_FOUND if route is None else NO_SUCH_METHOD)
        else:
            answer = self._refuse_values(request, operation) or self._recorded(request, operation)
        if method != "GET" or answer.status != 200 or (operation and operation.changes_state):
            return answer
        return answer.cacheable(private=bool(request.credentials.keys() - APPLICATION) or _is_a_users(operation)).unless_same(headers.get("If-None-Match"))

    @property
    def _catalogue(self) -> Catalogue:
        return package_catalogue()

    def _refuse_credentials(self, request: ReceivedRequest, operation: Operation[Any] | None) -> Answer | None:
        if not request.credentials.keys() & APPLICATION:
            return self._refusal(INVALID_KEY)
        if operation is not None and not permits(operation, request.credentials.keys()):
            return self._refusal(NO_PERMISSION)
        code = self.users.refuse(request.credentials)
        return None if code is None else self._refusal(code)

    def _refuse_values(self, request: ReceivedRequest, operation: Operation[Any]) -> Answer | None:
        missing = [
            argument.wire_name
            for argument in operation.arguments
            if isinstance(argument, QueryParameter) and argument.required and not request.query.get(argument.wire_name)
        ]
        if missing:
            return Answer.of(422, {"errors": [f"{name} must be provided" for name in missing]})
        if operation.takes("page") and not _is_page(request.query.get("page", "1")):
            return self._refusal(INVALID_PAGE)
        if operation.takes(APPEND_TO_RESPONSE) and request.query.get(APPEND_TO_RESPONSE, "").count(",") >= MOST_PARTS:
            return self._refusal(TOO_MANY_PARTS)
        return None if _is_body(request, operation) else self._refusal(INVALID_VALUES)

    def _recorded(self, request: ReceivedRequest, operation: Operation[Any]) -> Answer:
        body = request.body if any(isinstance(argument, BodyField) for argument in operation.arguments) else None
        made = self.users.answer(operation.operation_id, body or request.query)
        if isinstance(made, int):
            return self._refusal(made)
        found = self._catalogue.find(operation, request.path, request.query, body, request.credentials.keys())
        if found is None:
            return self._refusal(NOT_FOUND)
        if made is None:
            return Answer.of(found.status, found.body, headers=found.headers)
        return Answer.of(found.status, {**found.body, **made.body}, headers={**found.headers, **made.headers})

    def _refusal(self, code: int) -> Answer:
        return Answer.of(STATUS_CODES[code].http_status, self._report(code))

    def _report(self, code: int) -> Any:
        return self._catalogue.refusal(code) or envelope(code)


def _is_a_users(operation: Operation[Any] | None) -> bool:
    return operation is not None and all("user_access_token" in alternative for alternative in operation.security)


def _is_slot(segment: str) -> bool:
    return segment.startswith("{") and segment.endswith("}")


def _is_page(text: str) -> bool:
    return text.isascii() and text.isdigit() and 1 <= int(text) <= LAST_PAGE


def _is_body(request: ReceivedRequest, operation: Operation[Any]) -> bool:
    """Whether the body is what the operation takes. What it does not take is ignored, as TMDB does."""
    fields = [argument for argument in operation.arguments if isinstance(argument, BodyField)]
    if not fields:
        return True
    try:
        body = request.body
        if not isinstance(body, dict):
            return False
        for field in fields:
            if field.wire_name in body:
                field.value.write(body[field.wire_name])
            elif field.required:
                return False
    except (ValueError, msgspec.DecodeError):
        return False
    return True
