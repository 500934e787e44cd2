"""Operations of the API as data: arguments, their place in the request, and the response type.

Generated code declares one `Operation` per operation of the spec; the methods of a resource pass it their arguments by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from .errors import InvalidArgumentError
from .params import ParamType, query_text
from .types import UNSET, date_from_text

__all__ = ["BodyField", "Operation", "PathParameter", "PreparedRequest", "QueryParameter"]

T = TypeVar("T")

APPEND_TO_RESPONSE = "append_to_response"
REDACTED = "REDACTED"


class _Argument:
    """An argument of an operation.

    Attributes:
        name: The name in the method's signature.
        type: The type, which validates and serializes the argument.
        required: Whether it is required.
        wire_name: TMDB's name.
        secret: Whether it is a credential; messages redact credentials.
    """

    __slots__ = ("name", "required", "secret", "type", "wire_name")

    def __init__(self, name: str, type_: ParamType, *, required: bool = False, wire_name: str | None = None, secret: bool = False) -> None:
        self.name, self.type, self.required, self.wire_name, self.secret = name, type_, required, wire_name or name, secret

    def serialize(self, argument: Any) -> Any:
        """Validate an argument, and return its value in the request.

        Raises:
            InvalidArgumentError: The argument is invalid.
        """
        try:
            return self.type.serialize(argument)
        except ValueError as error:
            reason = "" if self.secret else str(error) or f"not {argument!r}"
        raise InvalidArgumentError(f"{self.name} must be {self.type.description}" + (reason and f"; {reason}"))  # here: the frames of the handled one have it


class PathParameter(_Argument):
    """An argument in a segment of the path."""

    __slots__ = ()

    def serialize(self, argument: Any) -> str:
        """Validate an argument, and return its path segment, unescaped.

        Raises:
            InvalidArgumentError: The argument is invalid, or is not a single path segment.
        """
        text = query_text(super().serialize(argument))
        # TMDB's edge decodes the path once and then resolves dot segments: such a value would reach another operation, even when escaped.
        if not text.strip() or ".." in text or text == "." or any(character in "/\\?#%" or not character.isprintable() for character in text):
            shown = "" if self.secret else f", not {argument!r}"
            raise InvalidArgumentError(f"{self.name} must be one segment of a path, without '/', '..', '?' or '#'{shown}")
        return text


class QueryParameter(_Argument):
    """An argument in the query."""

    __slots__ = ()


class BodyField(_Argument):
    """An argument in the JSON body of the request."""

    __slots__ = ()


class PreparedRequest:
    """A request without the base URL and the application's credential.

    Attributes:
        method: The HTTP method.
        path: The path, escaped.
        redacted_path: The path with redacted credentials, for messages.
        query: The query.
        redacted_query: The query with redacted credentials, for messages.
        body: The JSON body, or None.
        parts: The parts in `append_to_response`.
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
    """Alternative credentials as sets; cached, because most operations share a few alternatives."""
    return tuple(frozenset(alternative.split("+")) for alternative in security)


class Operation(Generic[T]):
    """One operation of the API.

    Attributes:
        operation_id: The `operationId` in the spec, such as `movies_details`.
        method: The HTTP method.
        path: The path, with names of path parameters in braces.
        returns: Imports and returns the type of a successful response.
        arguments: The arguments.
        requires: Arguments that TMDB ignores without another one, with that one, by their wire names.
        windows: Date ranges: the arguments with the first and the last day, and the maximum number of days.
        changes_state: Whether the operation changes state at TMDB. The client does not retry such calls.
        security: The accepted alternatives of credentials, each a set of the spec's security schemes.
        session_parts: The parts of `append_to_response` that need a session; without them the operation does not use its session.
    """

    __slots__ = ("arguments", "changes_state", "method", "operation_id", "path", "requires", "returns", "security", "session_parts", "windows")

    def __init__(
        self,
        operation_id: str,
        method: str,
        path: str,
        *,
        returns: Callable[[], type[T]],
        security: tuple[str, ...],
        changes_state: bool = False,
        windows: tuple[tuple[str, str, int], ...] = (),
        requires: tuple[tuple[str, str], ...] = (),
        session_parts: tuple[str, ...] = (),
        arguments: tuple[PathParameter | QueryParameter | BodyField, ...] = (),
    ) -> None:
        self.operation_id, self.method, self.path = operation_id, method, path
        self.returns, self.arguments = returns, arguments
        self.changes_state = changes_state or method != "GET"
        self.windows, self.requires, self.session_parts = windows, requires, session_parts
        self.security = _alternatives(security)

    def takes(self, name: str) -> bool:
        """Whether the operation has an argument with this name."""
        return any(argument.name == name for argument in self.arguments)

    def secrets(self, given: Mapping[str, Any]) -> list[str]:
        """The credentials among the arguments of a call, as texts."""
        values = (given.get(argument.name) for argument in self.arguments if argument.secret)
        return [str(value) for value in values if value is not None and value is not UNSET]

    def __repr__(self) -> str:
        return f"<Operation {self.operation_id}: {self.method} {self.path}>"

    def _check_together(self, query: Mapping[str, str]) -> None:
        """Check the arguments that depend on each other.

        Raises:
            InvalidArgumentError: A range of days is too long, or an argument has no effect without another one.
        """
        for first, last, days in self.windows:
            if first in query and last in query and not 0 <= (date_from_text(query[last]) - date_from_text(query[first])).days <= days:
                raise InvalidArgumentError(f"{last} must be at most {days} days after {first}, and not before it; not {query[last]} after {query[first]}")
        for name, other in self.requires:
            if name in query and other not in query:
                names = {argument.wire_name: argument.name for argument in self.arguments}
                raise InvalidArgumentError(f"{names[name]} has no effect without {names[other]}: pass both")

    def prepare(self, given: Mapping[str, Any]) -> PreparedRequest:
        """Validate the arguments of a call, and build the request.

        Args:
            given: The arguments by name; None stands for an omitted one.

        Raises:
            InvalidArgumentError: An argument is missing or invalid.
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
                    raise InvalidArgumentError(f"{argument.name} is required: {argument.type.description}")
                continue
            serialized = argument.serialize(value)
            if isinstance(argument, PathParameter):
                placeholder = f"{{{argument.wire_name}}}"
                path = path.replace(placeholder, quote(serialized, safe=""))
                redacted_path = redacted_path.replace(placeholder, REDACTED if argument.secret else quote(serialized, safe=""))
            elif isinstance(argument, BodyField):
                body[argument.wire_name] = serialized
            elif serialized != []:
                query[argument.wire_name] = query_text(serialized)
                redacted_query[argument.wire_name] = REDACTED if argument.secret else query[argument.wire_name]
                if argument.name == APPEND_TO_RESPONSE:
                    parts = tuple(serialized)
        self._check_together(query)
        has_body = any(isinstance(argument, BodyField) for argument in self.arguments)
        return PreparedRequest(self.method, path, redacted_path, query, redacted_query, body if has_body else None, parts)
