"""Sends requests to the live API through the client, for `make drift` and `make record`.

A `Request` holds no credentials. `API` takes them from the environment when it sends the request: see `variable`.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import httpx
from tmdb_openapi.security import APPLICATION_CREDENTIALS, TOKENS

from generator.security import Security
from tmdbkit import TMDB, RateLimit
from tmdbkit.client import BASE_URL, LOOPBACK
from tmdbkit.errors import APIConnectionError, AuthenticationError, InvalidArgumentError, MissingCredentialError, StatusError, TMDBError
from tmdbkit.runtime.operations import BodyField, Operation, PathParameter

from .exchanges import Exchange, parsed
from .operations import OperationMatch, Operations

__all__ = ["API", "APIUnavailableError", "Request", "variable"]

(USER_TOKEN,) = TOKENS - APPLICATION_CREDENTIALS
FAILURES_IN_A_ROW = 3
"""The number of consecutive requests without a response that end the run."""


def variable(name: str) -> str:
    """The environment variable that holds an argument or a user's credential: `TMDB_SESSION_ID` of `session_id`.

    A token is always a user's, which some operations revoke: the application's token must never be sent in its place.
    """
    return f"TMDB_{(USER_TOKEN if name in TOKENS else name).upper()}"


class APIUnavailableError(Exception):
    """The API cannot be used: there is no credential, or the server rejects it or does not respond. The message says what to do."""


@dataclass(frozen=True)
class Request:
    """A request without credentials.

    Attributes:
        match: The operation of the spec.
        operation: The same, for the client to send.
        path: The path, with placeholders for credentials.
        security: The credentials to send, by the names of the spec's schemes; by default the fewest sufficient ones.
    """

    match: OperationMatch
    operation: Operation[Any]
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    security: Collection[str] | None = None

    @classmethod
    def of(cls, operations: Operations, method: str, url: str, **others: Any) -> Request:
        """The request of a URL.

        Args:
            operations: The operations of the spec.
            method: The HTTP method.
            url: The path, perhaps with a query, such as `/3/movie/550?language=de`.
            others: Other attributes; a query here overrides that of the URL.

        Raises:
            ValueError: The spec has no such operation.
        """
        path, _, query = url.partition("?")
        match = operations.match(method, path)
        if match is None:
            raise ValueError(f"no operation of the spec matches {method} {path}")
        return cls(match, operations.sendable(match), path, **{"query": dict(parse_qsl(query, keep_blank_values=True)), **others})

    @classmethod
    def of_fixture(cls, operations: Operations, fixture: Mapping[str, Any]) -> Request:
        """The request of a fixture.

        Raises:
            ValueError: The spec has no such operation.
        """
        request = fixture["request"]
        return cls.of(operations, request["method"], request["path"], query=request["query"], body=request["body"], security=request["security"])

    @property
    def redacted_url(self) -> str:
        """The path and the query, without credentials."""
        secret = {f"{{{argument.wire_name}}}" for argument in self.operation.arguments if argument.secret}
        segments = zip(self.operation.path.split("/"), self.path.split("/"), strict=True)
        path = "/".join(slot if slot in secret else segment for slot, segment in segments)
        query = {name: value for name, value in self.query.items() if f"{{{name}}}" not in secret}
        return f"{path}?{urlencode(query, safe=',/|{}')}" if query else path

    def users(self) -> list[list[str]]:
        """The alternatives of user credentials, beside the application's: shortest first, and otherwise in the order of the spec."""
        alternatives = self.operation.security if self.security is None else (frozenset(self.security),)
        return sorted((sorted(alternative - APPLICATION_CREDENTIALS) for alternative in alternatives), key=len)


class API:
    """TMDB's API, or another server, with the credentials from the environment.

    Args:
        bundle: The OpenAPI document.
        base_url: The base URL; by default `TMDB_BASE_URL`, or that of the live API. A server on this machine gets a made-up token if the environment has none.
        http_client: The httpx client to send requests with.

    Attributes:
        base_url: The base URL.
        client: The client with the application's credentials.

    Raises:
        APIUnavailableError: There is no credential, or it or the base URL is malformed.
    """

    def __init__(self, bundle: dict[str, Any], base_url: str | None = None, http_client: httpx.Client | None = None) -> None:
        security = Security(bundle)
        application = {f"TMDB_{name.upper()}" for name in security.application}
        self._environment = application | {variable(name) for name in (*security.schemes, *security.arguments)}
        self.base_url = (base_url or os.environ.get("TMDB_BASE_URL") or BASE_URL).rstrip("/")
        try:
            stays_here = urlsplit(self.base_url).hostname in LOOPBACK
        except ValueError:
            raise APIUnavailableError(f"the base_url must be like {BASE_URL}: a scheme and a host") from None
        made_up = "eyJ.made.up" if stays_here and not any(map(os.environ.get, application)) else None
        # All clients keep to one limit. vcrpy undoes these two encodings and no other, and sees the whole URL only of an httpx client that is not tmdbkit's.
        self._http = http_client or httpx.Client()
        self._options: dict[str, Any] = {
            "base_url": self.base_url,
            "rate_limit": None if stays_here else RateLimit(),
            "headers": {"Accept-Encoding": "gzip, deflate"},
            "http_client": self._http,
        }
        try:
            self.client = TMDB(made_up, **self._options)
        except InvalidArgumentError as error:
            self._http.close()
            raise APIUnavailableError(str(error)) from None
        self._clients: dict[tuple[str, ...], TMDB] = {(): self.client}
        self._in_a_row = 0

    @property
    def is_live(self) -> bool:
        """Whether this is TMDB's own server."""
        return self.base_url == BASE_URL

    @property
    def evidence(self) -> str:
        """How far its responses can be trusted: `wire` from the live API, `written` from another server."""
        return "wire" if self.is_live else "written"

    @property
    def source(self) -> str:
        """What a fixture says about where it is from."""
        return "own recording" if self.is_live else "own recording of a server other than TMDB's"

    @property
    def secrets(self) -> set[str]:
        """The credentials in the environment."""
        return {value for name in self._environment if (value := os.environ.get(name))}

    def check(self) -> None:
        """Check that the server accepts the credential.

        Raises:
            APIUnavailableError: The server rejects it or does not respond, or there is no credential.
        """
        try:
            self.client.authentication.raw.validate_key()
        except MissingCredentialError as error:
            raise APIUnavailableError(str(error)) from None
        except AuthenticationError as error:
            raise APIUnavailableError(f"{self.base_url} does not accept the credential: HTTP {error.http_status}, TMDB code {error.status_code}") from None
        except APIConnectionError as error:
            raise APIUnavailableError(
                f"no response from {self.base_url} ({type(error).__name__}); without a network, set the base URL of another server"
            ) from None
        except TMDBError:
            pass  # another failure of this one operation says nothing about the others

    def missing(self, request: Request) -> list[str]:
        """The unset environment variables that a request needs."""
        return min((self._lacking(request, users) for users in request.users()), key=len)

    def _lacking(self, request: Request, users: list[str]) -> list[str]:
        names = [*users, *(argument.wire_name for argument in request.operation.arguments if argument.secret)]
        return [name for name in dict.fromkeys(map(variable, names)) if not os.environ.get(name)]

    def send(self, request: Request) -> Exchange:
        """Send a request, and return the exchange, even if the response is an error.

        Args:
            request: The request; `missing` returned nothing for it.

        Raises:
            APIConnectionError: No response arrived.
            APIUnavailableError: Several requests in a row had no response.
            InvalidArgumentError: The client rejects an argument.
            MissingCredentialError: The request needs the application's access token, and only an API key is set.
        """
        secrets = [argument for argument in request.operation.arguments if argument.secret]
        arguments = {**_arguments(request), **{argument.name: os.environ[variable(argument.wire_name)] for argument in secrets}}
        try:
            response: Any = self._client_for(request).request(request.operation, arguments)
            status = response.status_code
        except StatusError as error:
            response, status = error, error.http_status
        except APIConnectionError:
            self._in_a_row += 1
            if self._in_a_row == FAILURES_IN_A_ROW:
                raise APIUnavailableError(f"no response from {self.base_url} to {FAILURES_IN_A_ROW} requests in a row") from None
            raise
        self._in_a_row = 0
        return Exchange(
            location=request.redacted_url,
            method=request.match.method,
            path=request.path,
            status=status,
            body=parsed(response.content),
            query=dict(request.query),
            request_body=request.body,
            headers=dict(response.headers),
            date=datetime.now(UTC).isoformat(),
            content=response.content,
        )

    def _client_for(self, request: Request) -> TMDB:
        """The client with the user credentials of a request."""
        users = tuple(next(users for users in request.users() if not self._lacking(request, users)))
        if users not in self._clients:
            credentials: dict[str, Any] = {name: os.environ[variable(name)] for name in users}
            if token := credentials.get(USER_TOKEN):  # instead of the application's, which many operations accept as well
                self._clients[users] = TMDB(token, user_access_token=token, **self._options)
            else:
                self._clients[users] = self.client.with_options(**credentials)
        return self._clients[users]

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            client.close()
        self._http.close()


def _arguments(request: Request) -> dict[str, Any]:
    """The arguments in a request, as they are on the wire, including credentials."""
    segments = dict(zip(request.operation.path.split("/"), request.path.split("/"), strict=True))
    arguments: dict[str, Any] = {}
    for argument in request.operation.arguments:
        if isinstance(argument, PathParameter):
            arguments[argument.name] = unquote(segments[f"{{{argument.wire_name}}}"])
        else:
            arguments[argument.name] = ((request.body or {}) if isinstance(argument, BodyField) else request.query).get(argument.wire_name)
    return arguments
