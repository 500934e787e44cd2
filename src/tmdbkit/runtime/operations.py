"""An operation of the API as data: what it takes, where that goes in a request, and what it answers.

Generated code declares one `Operation` per operation of the spec; a resource's methods hand their arguments to it by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from .errors import InvalidArgumentError
from .types import UNSET, date_from_text
from .values import Value, query_text

__all__ = ["BodyField", "Operation", "PathParameter", "PreparedRequest", "QueryParameter"]

T = TypeVar("T")

APPEND_TO_RESPONSE = "append_to_response"
REDACTED = "REDACTED"


class _Argument:
    """An argument of an operation.

    Attributes:
        name: What a method calls it.
        value: What it may be.
        required: Whether it has to be given.
        wire_name: What TMDB calls it.
        secret: Whether it is a credential, which no message may show.
    """

    __slots__ = ("name", "required", "secret", "value", "wire_name")

    def __init__(self, name: str, value: Value, *, required: bool = False, wire_name: str | None = None, secret: bool = False) -> None:
        self.name, self.value, self.required, self.wire_name, self.secret = name, value, required, wire_name or name, secret

    def write(self, argument: Any) -> Any:
        """What the request holds for an argument.

        Raises:
            InvalidArgumentError: The argument is not allowed.
        """
        try:
            return self.value.write(argument)
        except ValueError as error:
            reason = "" if self.secret else str(error) or f"not {argument!r}"
            raise InvalidArgumentError(f"{self.name} must be {self.value.expected}" + (reason and f"; {reason}")) from None


class PathParameter(_Argument):
    """An argument that is a segment of the path."""

    __slots__ = ()

    def write(self, argument: Any) -> str:
        """The segment of the path for an argument.

        Raises:
            InvalidArgumentError: The argument is not allowed, or would leave its segment.
        """
        text = query_text(super().write(argument))
        # TMDB's edge decodes the path once and then resolves dot segments: such a value would reach another operation, even when escaped.
        if not text.strip() or ".." in text or text == "." or any(character in "/\\?#%" or not character.isprintable() for character in text):
            shown = "" if self.secret else f", not {argument!r}"
            raise InvalidArgumentError(f"{self.name} must be one segment of a path, without '/', '..', '?' or '#'{shown}")
        return text


class QueryParameter(_Argument):
    """An argument that is an item of the query."""

    __slots__ = ()


class BodyField(_Argument):
    """An argument that is a property of the request's JSON body."""

    __slots__ = ()


class PreparedRequest:
    """A request without a base URL and an application's credential.

    Attributes:
        method: The HTTP method.
        path: The path, escaped.
        redacted_path: The path with credentials hidden, for messages.
        query: The items of the query, as texts.
        redacted_query: The items of the query with credentials hidden, for messages.
        body: The body to be sent as JSON, or None.
        parts: The parts that append_to_response asks for.
    """

    __slots__ = ("body", "method", "parts", "path", "query", "redacted_path", "redacted_query")

    def __init__(
        self,
        method: str,
        path: str,
        redacted_path: str,
        query: dict[str, str],
        redacted_query: dict[str, str],
        body: dict[str, Any] | None,
        parts: tuple[str, ...],
    ) -> None:
        self.method, self.path, self.redacted_path, self.query = method, path, redacted_path, query
        self.redacted_query, self.body, self.parts = redacted_query, body, parts


@cache
def _alternatives(security: tuple[str, ...]) -> tuple[frozenset[str], ...]:
    """Alternatives of credentials as sets. Hundreds of operations share a few."""
    return tuple(frozenset(alternative.split("+")) for alternative in security)


class Operation(Generic[T]):
    """One operation of the API.

    Attributes:
        operation_id: Its name in the spec, such as `movies_details`.
        method: The HTTP method.
        path: The path, with names of path parameters in braces.
        returns: Imports and returns the type of a successful answer.
        arguments: What it takes.
        windows: Pairs of arguments that are the first and the last day of a range, and how many days it may span.
        changes_state: Whether it changes something at TMDB, so that it must not be repeated unasked.
        security: The alternatives of credentials that it accepts, each a set of the spec's security schemes.
        session_parts: The parts of `append_to_response` that need a session. Where it accepts one, it has no use for it but for these.
    """

    __slots__ = ("arguments", "changes_state", "method", "operation_id", "path", "returns", "security", "session_parts", "windows")

    def __init__(
        self,
        operation_id: str,
        method: str,
        path: str,
        *,
        returns: Callable[[], type[T]],
        security: tuple[str, ...] = ("access_token", "api_key"),
        changes_state: bool = False,
        windows: tuple[tuple[str, str, int], ...] = (),
        session_parts: tuple[str, ...] = (),
        arguments: tuple[PathParameter | QueryParameter | BodyField, ...] = (),
    ) -> None:
        self.operation_id, self.method, self.path = operation_id, method, path
        self.returns, self.arguments = returns, arguments
        self.changes_state = changes_state or method != "GET"
        self.windows, self.session_parts = windows, session_parts
        self.security = _alternatives(security)

    def takes(self, name: str) -> bool:
        """Whether it has an argument of this name."""
        return any(argument.name == name for argument in self.arguments)

    def secrets(self, given: Mapping[str, Any]) -> list[str]:
        """The arguments of a call that are credentials, as texts."""
        values = (given.get(argument.name) for argument in self.arguments if argument.secret)
        return [str(value) for value in values if value is not None and value is not UNSET]

    def __repr__(self) -> str:
        return f"<Operation {self.operation_id}: {self.method} {self.path}>"

    def prepare(self, given: Mapping[str, Any]) -> PreparedRequest:
        """Check the arguments of a call and write them into a request.

        Args:
            given: The arguments by name; None stands for one that was not given.

        Raises:
            InvalidArgumentError: An argument is missing or not allowed.
        """
        path = redacted_path = self.path
        query: dict[str, str] = {}
        redacted_query: dict[str, str] = {}
        body: dict[str, Any] = {}
        parts: tuple[str, ...] = ()
        for argument in self.arguments:
            value = given.get(argument.name)
            if value is None or value is UNSET:
                if argument.required:
                    raise InvalidArgumentError(f"{argument.name} must be given: {argument.value.expected}")
                continue
            written = argument.write(value)
            if isinstance(argument, PathParameter):
                slot = f"{{{argument.wire_name}}}"
                path = path.replace(slot, quote(written, safe=""))
                redacted_path = redacted_path.replace(slot, REDACTED if argument.secret else quote(written, safe=""))
            elif isinstance(argument, BodyField):
                body[argument.wire_name] = written
            elif written != []:
                query[argument.wire_name] = query_text(written)
                redacted_query[argument.wire_name] = REDACTED if argument.secret else query[argument.wire_name]
                if argument.name == APPEND_TO_RESPONSE:
                    parts = tuple(written)
        for first, last, days in self.windows:
            if first in query and last in query and not 0 <= (date_from_text(query[last]) - date_from_text(query[first])).days <= days:
                raise InvalidArgumentError(f"{last} must be at most {days} days after {first}, and not before it; not {query[last]} after {query[first]}")
        has_body = any(isinstance(argument, BodyField) for argument in self.arguments)
        return PreparedRequest(self.method, path, redacted_path, query, redacted_query, body if has_body else None, parts)
