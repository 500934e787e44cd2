"""The requests that the fake received."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import msgspec
from tmdb_openapi.security import APPLICATION_CREDENTIALS, QUERY_CREDENTIALS, TOKENS

from tmdbkit.auth.credentials import Credentials, Secret
from tmdbkit.runtime.errors import InvalidArgumentError
from tmdbkit.runtime.operations import REDACTED

__all__ = ["ReceivedRequest", "explain_missing"]

(APPLICATION_TOKEN,) = TOKENS & APPLICATION_CREDENTIALS
"""The name of any token: a user's token has the same form as an application's."""


@dataclass(frozen=True, eq=False, repr=False)
class ReceivedRequest:
    """A request that the fake received.

    Attributes:
        method: The HTTP method.
        path: The path, unescaped.
        query: The query without credentials.
        operation_id: The operation that the request calls, such as `movies_details`; None for an unknown path or method.
        credentials: The well-formed credentials of the request, under the client's names for them: `access_token`, `api_key`, `session_id`,
            `guest_session_id`. `reveal()` returns the text of one.
        headers: The headers, with case-insensitive names.
        content: The body, in bytes.
    """

    method: str
    path: str
    query: Mapping[str, str]
    operation_id: str | None
    credentials: Mapping[str, Secret]
    headers: httpx.Headers
    content: bytes
    _redacted_path: str
    _secret_items: frozenset[str]

    @classmethod
    def of(
        cls,
        method: str,
        path: str,
        query: str,
        headers: httpx.Headers,
        content: bytes,
        *,
        operation_id: str | None,
        redacted_path: str | None = None,
        secret_items: Collection[str] = (),
    ) -> ReceivedRequest:
        """Build the record of a request.

        Args:
            method: The HTTP method.
            path: The path, unescaped.
            query: The query, escaped.
            headers: The headers.
            content: The body.
            operation_id: The operation, if there is one.
            redacted_path: The path without credentials, if it holds any.
            secret_items: The names of query parameters to redact.
        """
        items = dict(parse_qsl(query, keep_blank_values=True))
        texts = {name: items.pop(name) for name in items.keys() & QUERY_CREDENTIALS}
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            texts[APPLICATION_TOKEN] = token.strip()
        credentials = {name: Secret(text) for name, text in texts.items() if _well_formed(name, text)}
        return cls(method, path, items, operation_id, credentials, headers, content, redacted_path or path, frozenset(secret_items))

    @property
    def body(self) -> Any:
        """The body as JSON, or None when there is none.

        Raises:
            ValueError: The body is not JSON.
        """
        try:
            return msgspec.json.decode(self.content) if self.content else None
        except RecursionError as error:
            raise ValueError(str(error)) from None

    @property
    def shown_path(self) -> str:
        """The path without credentials, for messages."""
        return self._redacted_path

    def __repr__(self) -> str:
        shown = {name: REDACTED if name in self._secret_items else value for name, value in self.query.items()}
        query = f"?{urlencode(shown, safe=',/')}" if shown else ""
        return f"<ReceivedRequest {self.method} {self._redacted_path}{query}>"


def _well_formed(name: str, text: str) -> bool:
    """Whether a credential has the form of its type: TMDB rejects a key sent as a token, and a token sent as a key."""
    if name not in APPLICATION_CREDENTIALS:
        return bool(text.strip())
    try:
        return name in Credentials.of(text).given
    except InvalidArgumentError:
        return False


NEAREST = 3


def explain_missing(received: Sequence[ReceivedRequest], method: str, path: str, query: Mapping[str, str], body: Any, times: int | None) -> str | None:
    """Why an expected request is not among the received ones, with the nearest; None if it is.

    Args:
        received: The received requests.
        method: The expected method.
        path: The expected path; a segment in braces matches any.
        query: Expected parameters of the query.
        body: The expected body; None for any.
        times: The expected number; None for at least one.
    """
    differences = [(list(_differences(request, method, path, query, body)), request) for request in received]
    count = sum(not different for different, _ in differences)
    if count == times or (times is None and count):
        return None
    items = f"?{urlencode(query, safe=',/')}" if query else ""
    expected = f"{method} {path}{items}" + (f" with the body {body!r}" if body is not None else "")
    lines = [f"expected {expected} {'at least once' if times is None else f'{times} times'}; it came {count} times"]
    if not received:
        lines.append("no request came")
    for different, request in sorted(differences, key=lambda one: len(one[0]))[:NEAREST]:
        lines.append(f"  {request!r}" + "".join(f"\n    {one}" for one in different))
    return "\n".join(lines)


def _differences(request: ReceivedRequest, method: str, path: str, query: Mapping[str, str], body: Any) -> Iterator[str]:
    if request.method != method:
        yield f"method: expected {method}, got {request.method}"
    expected, got = path.split("/"), request.path.split("/")
    if len(expected) != len(got) or any(one != other and not one.startswith("{") for one, other in zip(expected, got, strict=False)):
        yield f"path: expected {path}, got {request.shown_path}"
    for name, value in query.items():
        if request.query.get(name) != str(value):
            yield (
                f"query: expected {name}={value}, got {name}={request.query[name]}"
                if name in request.query
                else f"query: expected {name}={value}, got no {name}"
            )
    if body is not None:
        try:
            sent = request.body
        except ValueError:
            sent = request.content
        if sent != body:
            yield f"body: expected {body!r}, got {sent!r}"
