"""The fake: its stubs, its received requests, and how it picks a response."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx
import msgspec
from tmdb_openapi.security import APPLICATION_CREDENTIALS
from tmdb_openapi.status_codes import STATUS_CODES

from tmdbkit.client import BASE_URL, TMDB, AsyncTMDB
from tmdbkit.runtime.operations import APPEND_TO_RESPONSE, BodyField, Operation, QueryParameter
from tmdbkit.runtime.params import List, ParamType

from .catalogue import Catalogue, is_authorized, package_catalogue
from .requests import ReceivedRequest
from .responses import FakeResponse, default_code, envelope
from .transport import FakeTransport
from .users import FakeUsers

if TYPE_CHECKING:
    from .server import FakeTMDBServer

__all__ = ["FakeTMDB"]

# TMDB's status codes; `tmdb_openapi.status_codes` has their meanings.
NO_PERMISSION = 3
INVALID_KEY = 7
INVALID_VALUES = 18
INVALID_PAGE = 22
TOO_MANY_PARTS = 27
NOT_FOUND = 34
METHOD_NOT_ALLOWED = 42


class _Stub(NamedTuple):
    """A response that a test has set with `FakeTMDB.add`."""

    method: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    response: FakeResponse

    def matches(self, request: ReceivedRequest) -> bool:
        segments = request.path.split("/")
        return (
            request.method == self.method
            and len(segments) == len(self.path)
            and all(_is_placeholder(expected) or expected == segment for expected, segment in zip(self.path, segments, strict=True))
            and self.query.items() <= request.query.items()
        )


class FakeTMDB:
    """A fake TMDB for tests. It serves recorded responses, and supports several clients, threads and servers at once.

    A recorded request gets its recorded response. For other requests the fake composes one that programs can be tested on:

    - An id exists if any recording has it; a movie also has its IMDb id. Any other id is a 404 with TMDB's code 34.
    - Details contain exactly the parts that `append_to_response` names, without unknown parts, and without parts that need a session when there is none.
    - A sub-resource without a recording comes from another id, with the right id filled in: the keywords of one movie may be those of another. Details never
      come from another id.
    - A page without a recording has the rows of a recorded page, or no rows beyond `total_pages`. Lists are shorter than TMDB's; `total_pages` and
      `total_results` are as recorded.
    - Other query parameters only choose between recordings: the fake neither translates nor filters.
    - The fake stores nothing but login state: it accepts a rating, but `account_states` stays as recorded.

    It rejects what TMDB rejects: a missing or malformed credential (401), an unknown method (405), a page outside 1..500, more than 20 parts, an invalid body
    (400), a user's operation without a session (401). It accepts any well-formed credential that was not deleted. `FakeUsers` approves and denies the request
    tokens that the fake issues.

    Attributes:
        users: The users, who approve request tokens on TMDB's site.
        requests: The received requests, in order.
        access_token: An access token that the fake accepts, like any other well-formed one.
    """

    access_token = "eyJ.fake.token"  # noqa: S105

    def __init__(self) -> None:
        self.requests: list[ReceivedRequest] = []
        self.users = FakeUsers()
        self._failures: deque[FakeResponse] = deque()
        self._stubs: list[_Stub] = []
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"<FakeTMDB: {len(self.requests)} requests>"

    @property
    def transport(self) -> FakeTransport:
        """An httpx transport, synchronous and asynchronous, that sends every request to this fake."""
        return FakeTransport(self)

    def client(self, **options: Any) -> TMDB:
        """A client that talks to this fake in process, without a rate limit.

        Args:
            options: Options of `TMDB`. Without a credential among them, the client uses `access_token`.
        """
        return TMDB(**self._options(options))

    def async_client(self, **options: Any) -> AsyncTMDB:
        """An asynchronous client that talks to this fake in process, without a rate limit.

        Args:
            options: Options of `AsyncTMDB`. Without a credential among them, the client uses `access_token`.
        """
        return AsyncTMDB(**self._options(options))

    def _options(self, options: dict[str, Any]) -> dict[str, Any]:
        credential = {} if options.keys() & {"credential", *APPLICATION_CREDENTIALS} else {"credential": self.access_token}
        return {"transport": self.transport, "base_url": BASE_URL, "rate_limit": None, **credential, **options}

    def serve(self, *, port: int = 0) -> FakeTMDBServer:
        """An HTTP server on loopback that serves this fake, for use in a `with` statement. Needs the extra `tmdbkit[testing]`.

        Args:
            port: The port to listen on; 0 for any free port.

        Raises:
            ImportError: The extra is not installed.
        """
        from .server import FakeTMDBServer

        return FakeTMDBServer(self, port=port)

    def add(
        self, method: str, path: str, body: object, *, status: int = 200, query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        """Set the response to a request. It takes precedence over recorded ones; the credential is still checked.

            movie = fake.client().movies.details(550)
            movie.id, movie.title = 11, "Star Wars"
            fake.add("GET", "/3/movie/11", movie)

        Args:
            method: The HTTP method.
            path: The path, such as `/3/movie/11`; a segment in braces, as in `/3/movie/{movie_id}`, matches any.
            body: A model, dicts or lists, sent as JSON; or bytes, sent unchanged.
            status: The HTTP status.
            query: Query parameters that the request must have, among others. Of several matching responses, the fake sends the one added last.
            headers: Headers to add; they override the fake's.

        Raises:
            ValueError: The path does not start with a slash, or contains a query.
        """
        if not path.startswith("/") or "?" in path:
            raise ValueError(f"path must be like '/3/movie/550', without a host and a query, not {path!r}")
        response = FakeResponse.of(status, body, headers=headers)
        with self._lock:
            self._stubs.insert(0, _Stub(method.upper(), tuple(path.split("/")), dict(query or {}), response))

    def fail_next(
        self, status: int | None = None, *, code: int | None = None, retry_after: float | str | None = None, times: int = 1, body: object = None
    ) -> None:
        """Let the next request fail, whatever it asks for. Several calls queue their failures.

        The client retries transient failures: to see the exception, let every attempt fail, or build the client with `retries=None`.

        Args:
            status: The HTTP status, such as 429; by default the usual one for the code.
            code: TMDB's status code, such as 25; by default the usual one for the HTTP status.
            retry_after: The value of the header `Retry-After`: seconds, or an HTTP date. By default the header is absent.
            times: The number of requests that fail.
            body: The body in place of TMDB's own: a model, dicts or lists; or bytes, sent as HTML, as the proxies in front of TMDB do.

        Raises:
            ValueError: Neither status nor code is given, TMDB has no such code, or times is less than 1.
        """
        if times < 1:
            raise ValueError(f"times must be 1 or more, not {times}")
        if code is not None and code not in STATUS_CODES:
            raise ValueError(f"TMDB has no code {code}: its codes are {', '.join(map(str, STATUS_CODES))}")
        if status is None:
            if code is None:
                raise ValueError("pass a status, such as 429, or one of TMDB's codes, such as 25")
            status = STATUS_CODES[code].http_status
        if body is None:
            body = self._error_body(default_code(status) if code is None else code)
        headers = {} if retry_after is None else {"retry-after": str(retry_after)}
        if isinstance(body, bytes):
            headers["content-type"] = "text/html"
        with self._lock:
            self._failures.extend([FakeResponse.of(status, body, headers=headers)] * times)

    def respond(self, method: str, path: str, query: str, headers: httpx.Headers, content: bytes) -> FakeResponse:
        """Handle a request. The transport and the server call this.

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
            redacted_path=route.redacted_path if route else None,
            secret_items=[argument.wire_name for argument in operation.arguments if argument.secret] if operation else [],
        )
        with self._lock:
            self.requests.append(request)
            failure = self._failures.popleft() if self._failures else None
            stub = next((stub for stub in self._stubs if stub.matches(request)), None)
        if failure:
            return failure
        if error := self._check_credentials(request, operation):
            return error
        if stub:
            response = stub.response
        elif operation is None:
            return self._error(NOT_FOUND if route is None else METHOD_NOT_ALLOWED)
        else:
            response = self._check_values(request, operation) or self._recorded_response(request, operation)
        if method != "GET" or response.status != 200 or (operation and operation.changes_state):
            return response
        return response.with_cache_headers(private=bool(request.credentials.keys() - APPLICATION_CREDENTIALS) or _needs_user_token(operation)).conditional(
            headers.get("If-None-Match")
        )

    @property
    def _catalogue(self) -> Catalogue:
        return package_catalogue()

    def _check_credentials(self, request: ReceivedRequest, operation: Operation[Any] | None) -> FakeResponse | None:
        if not request.credentials.keys() & APPLICATION_CREDENTIALS:
            return self._error(INVALID_KEY)
        if operation is not None and not is_authorized(operation, request.credentials.keys()):
            return self._error(NO_PERMISSION)
        code = self.users.check(request.credentials)
        return None if code is None else self._error(code)

    def _check_values(self, request: ReceivedRequest, operation: Operation[Any]) -> FakeResponse | None:
        missing = [
            argument.wire_name
            for argument in operation.arguments
            if isinstance(argument, QueryParameter) and argument.required and not request.query.get(argument.wire_name)
        ]
        if missing:
            return FakeResponse.of(422, {"errors": [f"{name} must be provided" for name in missing]})
        types = {argument.name: argument.type for argument in operation.arguments}
        if "page" in types and not _is_valid_page(request.query.get("page", "1"), types["page"]):
            return self._error(INVALID_PAGE)
        if isinstance(parts := types.get(APPEND_TO_RESPONSE), List) and request.query.get(APPEND_TO_RESPONSE, "").count(",") >= (parts.max_items or math.inf):
            return self._error(TOO_MANY_PARTS)
        return None if _is_valid_body(request, operation) else self._error(INVALID_VALUES)

    def _recorded_response(self, request: ReceivedRequest, operation: Operation[Any]) -> FakeResponse:
        body = request.body if any(isinstance(argument, BodyField) for argument in operation.arguments) else None
        issued = self.users.handle(operation.operation_id, body or request.query)
        if isinstance(issued, int):
            return self._error(issued)
        found = self._catalogue.response(operation, request.path, request.query, body, request.credentials.keys())
        if found is None:
            return self._error(NOT_FOUND)
        if issued is None:
            return FakeResponse.of(found.status, found.body, headers=found.headers)
        return FakeResponse.of(found.status, {**found.body, **issued.body}, headers={**found.headers, **issued.headers})

    def _error(self, code: int) -> FakeResponse:
        return FakeResponse.of(STATUS_CODES[code].http_status, self._error_body(code))

    def _error_body(self, code: int) -> Any:
        return self._catalogue.error_body(code) or envelope(code)


def _needs_user_token(operation: Operation[Any] | None) -> bool:
    return operation is not None and not any(alternative & APPLICATION_CREDENTIALS for alternative in operation.security)


def _is_placeholder(segment: str) -> bool:
    return segment.startswith("{") and segment.endswith("}")


def _is_valid_page(text: str, type_: ParamType) -> bool:
    try:
        type_.serialize(int(text) if text.isascii() and text.isdigit() else text)
    except ValueError:
        return False
    return True


def _is_valid_body(request: ReceivedRequest, operation: Operation[Any]) -> bool:
    """Whether the operation accepts the body. Unknown fields are ignored, as TMDB ignores them."""
    fields = [argument for argument in operation.arguments if isinstance(argument, BodyField)]
    if not fields:
        return True
    try:
        body = request.body
        if not isinstance(body, dict):
            return False
        for field in fields:
            if field.wire_name in body:
                field.type.serialize(body[field.wire_name])
            elif field.required:
                return False
    except (ValueError, msgspec.DecodeError):
        return False
    return True
