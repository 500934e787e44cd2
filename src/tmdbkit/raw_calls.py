"""The way out: requests that the spec does not describe yet. `tmdb.get(path)` and so on, and the call options `extra_query` and `extra_body`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Literal, TypeAlias, TypeVar, Unpack
from urllib.parse import unquote

from tmdb_openapi.security import (
    APPLICATION,
    SECRET_PATHS,
    SECRET_QUERY_ITEMS,
    SESSION_ID_OR_GUEST_SESSION_ID,
    TOKENS,
    USER_ACCESS_TOKEN,
)

from .auth.redaction import Redaction
from .runtime.errors import InvalidArgumentError
from .runtime.operations import APPEND_TO_RESPONSE, BodyField, Operation, PathParameter, PreparedRequest, QueryParameter
from .runtime.options import CallOptions, forget
from .runtime.params import AnyOf, Text, query_text
from .runtime.resources import AsyncClient, Client
from .runtime.types import UNSET

__all__ = ["AsyncRawCalls", "RawCalls", "RawOperation", "extend", "refuse_credentials"]

T = TypeVar("T")
_Method: TypeAlias = Literal["GET", "POST", "PUT", "DELETE"]
_Members: TypeAlias = "Mapping[str, Any] | None"

OF_A_USER = {"3": SESSION_ID_OR_GUEST_SESSION_ID, "4": USER_ACCESS_TOKEN}
"""The credentials of a user, by version of the API."""
SECRET_FIELDS = TOKENS.union(SECRET_QUERY_ITEMS)
OF_THE_CLIENT = ("language", "region")
"""The arguments that a client has defaults for."""
_PATH = re.compile(r"/[34](?:/[^/?#]+)+", re.ASCII)
_SCALARS = (str, bool, int, float, date)


class RawOperation(Operation[Any]):
    """An operation made from a path, which returns JSON as it is."""

    __slots__ = ()

    def secrets(self, given: Mapping[str, Any]) -> list[str]:
        """The credentials among the arguments, as texts; those within a member of the body, too."""
        return [*super().secrets(given), *(text for value in given.values() if isinstance(value, _Member) for text in _secrets_within(value.json))]


def _secrets_within(value: Any) -> Iterator[str]:
    """The values of JSON that have the name of a credential."""
    if isinstance(value, Mapping):
        yield from (item for name, item in value.items() if name in SECRET_FIELDS and isinstance(item, str))
        value = [*value.values()]
    for item in value if isinstance(value, (list, tuple)) else ():
        yield from _secrets_within(item)


class _QueryValue:
    """The type of a query item: what has an obvious text."""

    description = "a text, a number, a bool, a date, or a list or an AnyOf of them"

    def __init__(self, *, split: bool = False) -> None:
        self.split = split

    def serialize(self, value: Any) -> str | list[str]:
        items = value.values if isinstance(value, AnyOf) else value if isinstance(value, (list, tuple)) else (value,)
        if not all(isinstance(item, _SCALARS) or (item is None and items is value) for item in items):
            raise ValueError(f"not an object of type {type(value).__name__}")
        text = ("|" if isinstance(value, AnyOf) else ",").join(map(query_text, items))
        return text.split(",") if self.split else text


class _BodyValue:
    """The type of a member of a body: JSON."""

    description = "JSON: None, a text, a number, a bool, or a list or dict of them"

    def serialize(self, value: Any) -> Any:
        try:
            json.dumps(value.json, allow_nan=False)
        except (TypeError, ValueError):
            raise ValueError(f"not an object of type {type(value.json).__name__}") from None
        return value.json


class _Member:
    """The value of a member of a body, which may be None."""

    def __init__(self, value: Any) -> None:
        self.json = value

    def __repr__(self) -> str:
        return f"an object of type {type(self.json).__name__}"

    def __str__(self) -> str:
        return str(self.json)


_SEGMENT = PathParameter("each part of the path", Text(min_length=1), secret=True)


def _raw_operation(method: _Method, path: str, query: _Members, body: _Members, *, user: bool) -> tuple[RawOperation, dict[str, Any]]:
    """Make an operation, and its arguments.

    A path that the spec knows keeps what the spec says of it: whether it changes state, and its credentials.

    Raises:
        InvalidArgumentError: The path is none, or leads elsewhere; or the query or the body is not allowed.
    """
    if user.__class__ is not bool:
        raise InvalidArgumentError(f"user must be True or False; not {user!r}")
    segments = _segments(path)
    template, secret, known = _known(method, segments)
    parameters: list[PathParameter | QueryParameter | BodyField] = []
    arguments: dict[str, Any] = {}
    for number, (placeholder, segment) in enumerate(zip(template, segments, strict=True)):
        if placeholder.startswith("{"):
            name = f"part {number + 1} of the path"
            parameters.append(PathParameter(name, Text(min_length=1), required=True, wire_name=placeholder[1:-1], secret=number in secret))
            arguments[name] = segment
    for name, value in _checked_query(query).items():
        parameters.append(QueryParameter(name, _QueryValue(split=name == APPEND_TO_RESPONSE)))
        arguments[name] = value
    if known is not None:
        parameters += [QueryParameter(name, _QueryValue()) for name in OF_THE_CLIENT if known.takes(name) and name not in arguments]
    if body is not None and method == "GET":
        raise InvalidArgumentError("a GET has no body")
    for name, value in _checked_names("body", body).items():
        parameters.append(BodyField(f"body[{name!r}]", _BodyValue(), wire_name=name, secret=name in SECRET_FIELDS))
        arguments[f"body[{name!r}]"] = _Member(value)
    operation = RawOperation(
        known.operation_id if known is not None else f"raw_{method.lower()}",
        method,
        "/" + "/".join(template),
        returns=_json,
        security=OF_A_USER[segments[0]] if user else APPLICATION if known is None else tuple("+".join(sorted(each)) for each in known.security),
        changes_state=known is not None and known.changes_state,
        session_parts=() if known is None or user else known.session_parts,
        arguments=tuple(parameters),
    )
    return operation, arguments


def _json() -> Any:
    return Any


def _segments(path: Any) -> list[str]:
    """The segments of a path, unescaped."""
    if not isinstance(path, str) or not _PATH.fullmatch(path):
        hint = "; give what follows '?' as query={...}" if isinstance(path, str) and "?" in path else ""
        raise InvalidArgumentError(f"path must be like '/3/movie/550': it starts with /3/ or /4/, and has neither a host nor a query{hint}")
    return [_SEGMENT.serialize(_decoded(segment)) for segment in path.split("/")[1:]]


def _known(method: _Method, segments: list[str]) -> tuple[list[str], set[int], Operation[Any] | None]:
    """The path with names in braces, the positions of its secret segments, and the operation that the spec has for it."""
    from .router import route  # it imports all operations

    secret = set(_secret_segments(segments))
    found = route("/" + "/".join(segments))
    if found is None:
        return [f"{{{number}}}" for number in range(len(segments))], secret, None
    like = next(iter(found.operations.values()))
    template = like.path.split("/")[1:]
    secret |= {template.index(f"{{{argument.wire_name}}}") for argument in like.arguments if isinstance(argument, PathParameter) and argument.secret}
    return template, secret, found.operations.get(method)


def _decoded(segment: str) -> str:
    try:
        return unquote(segment, errors="strict")
    except UnicodeDecodeError:
        raise InvalidArgumentError("path has escapes that are not UTF-8") from None


def _secret_segments(segments: list[str]) -> Iterator[int]:
    """The positions of the segments that the spec calls secret, by what stands before them."""
    for prefix in SECRET_PATHS:
        *before, _ = prefix.split("/")[1:]
        if segments[: len(before)] == before and len(segments) > len(before):
            yield len(before)


def _checked_names(what: str, given: Any) -> dict[str, Any]:
    if given is None or given is UNSET:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(name, str) and name for name in given):
        raise InvalidArgumentError(f"{what} must be a dict with names as keys; not an object of type {type(given).__name__}")
    return dict(given)


def _checked_query(given: Any, what: str = "query") -> dict[str, Any]:
    items = _checked_names(what, given)
    for name in sorted(items.keys() & set(SECRET_QUERY_ITEMS)):
        raise InvalidArgumentError(f"{what} must not contain {name}: {_instead_of(name)}")
    return items


def _instead_of(name: str) -> str:
    """What to do instead of giving a credential by hand."""
    users = {part for alternatives in OF_A_USER.values() for one in alternatives for part in one.split("+")}
    if name in users.union(APPLICATION):
        asked = "" if name in APPLICATION else "; get(..., user=True) asks for it"
        return f"give it to the client, TMDB({name}=...) or with_options, which sends and redacts it{asked}"
    return "tmdb.users logs a user in; a post has it in its body"


def extend(prepared: PreparedRequest, operation: Operation[Any], options: CallOptions) -> None:
    """Add `extra_query` and `extra_body` to a request.

    Raises:
        InvalidArgumentError: A name is one of a credential, or of an argument of the operation; or a value is not allowed.
    """
    own = {argument.wire_name: argument.name for argument in operation.arguments}
    query = _checked_query(options.get("extra_query"), "extra_query")
    body = _checked_names("extra_body", options.get("extra_body"))
    for name in sorted(body.keys() & SECRET_FIELDS):
        raise InvalidArgumentError(f"extra_body must not contain {name}: {_instead_of(name)}")
    if body and operation.method == "GET":
        raise InvalidArgumentError("extra_body is for operations with a body: a GET has none")
    for what, items in (("extra_query", query), ("extra_body", body)):
        for name in items.keys() & own.keys():
            raise InvalidArgumentError(f"{what} must not contain {name!r}, which is an argument: pass {own[name]}=...")
    for name, value in query.items():
        if value is not None:
            text = query_text(QueryParameter(f"extra_query[{name!r}]", _QueryValue()).serialize(value))
            prepared.query[name] = prepared.redacted_query[name] = text
    if body:
        members = {name: BodyField(f"extra_body[{name!r}]", _BodyValue()).serialize(_Member(value)) for name, value in body.items()}
        prepared.body = {**(prepared.body or {}), **members}


def refuse_credentials(url: str, redaction: Redaction) -> None:
    """Check that a URL, which messages show, contains no credential of the client.

    Raises:
        InvalidArgumentError: It does.
    """
    if any(redaction.found_in(text.encode()) for text in (url, unquote(url))):
        raise InvalidArgumentError("the path or the query contains a credential of the client, which sends it itself: leave it out")


class RawCalls:
    """Requests by path, for what the spec does not describe yet."""

    def get(self: Client, path: str, *, query: _Members = None, user: bool = False, **options: Unpack[CallOptions]) -> Any:
        """Send a GET to a path of TMDB, and return its JSON as it is: what TMDB adds tomorrow can be used today.

        Credentials, rate limit, retries, cache and errors are those of any call. A path that tmdbkit knows keeps its credentials, and is not retried if it
        changes state, such as `/4/list/1/clear`; the client's `language` and `region` are added to it.

            tmdb.get("/3/movie/550", query={"language": "de-DE"})["title"]   # "Fight Club"

        Args:
            path: The path, such as `/3/movie/550`.
            query: The query: texts, numbers, bools, dates, and lists or `AnyOf` of them. None omits an item. No credential: the client has it.
            user: Whether to send the user's credential of the client: its session, and for v4 its user access token. By default only paths that are known to
                take one get it. Such a response is not cached.
            **options: The options of this call: see `CallOptions`.

        Returns:
            The JSON: dicts, lists, texts, numbers, bools and None.

        Raises:
            InvalidArgumentError: The path is none of TMDB's API, or the query contains a credential; nothing was sent.
            MissingCredentialError: The client lacks the credential.
            TMDBError: Any other failure, by the classes of `tmdbkit.errors`.
        """
        try:
            return _send(self, "GET", path, query, None, user, options)
        finally:
            del path, query  # they may contain a credential, which an error report with local variables would show

    def post(self: Client, path: str, *, body: _Members = None, query: _Members = None, user: bool = False, **options: Unpack[CallOptions]) -> Any:
        """Send a POST to a path of TMDB, once, and return its JSON as it is.

        Args:
            path: The path, such as `/3/movie/550/rating`.
            body: The members of the JSON body. Those with the name of a credential are redacted in messages.
            query: The query, as in `get`.
            user: Whether to send the user's credential, as in `get`.
            **options: The options of this call: see `CallOptions`.

        Returns:
            The JSON, as in `get`.

        Raises:
            InvalidArgumentError: The path is none of TMDB's API, or an argument is not allowed; nothing was sent.
            MissingCredentialError: The client lacks the credential.
            TMDBError: Any other failure, by the classes of `tmdbkit.errors`.
        """
        try:
            return _send(self, "POST", path, query, body, user, options)
        finally:
            del path, body, query  # they may contain a credential, which an error report with local variables would show

    def put(self: Client, path: str, *, body: _Members = None, query: _Members = None, user: bool = False, **options: Unpack[CallOptions]) -> Any:
        """Send a PUT to a path of TMDB, once, as `post` does."""
        try:
            return _send(self, "PUT", path, query, body, user, options)
        finally:
            del path, body, query  # they may contain a credential, which an error report with local variables would show

    def delete(self: Client, path: str, *, body: _Members = None, query: _Members = None, user: bool = False, **options: Unpack[CallOptions]) -> Any:
        """Send a DELETE to a path of TMDB, once, as `post` does."""
        try:
            return _send(self, "DELETE", path, query, body, user, options)
        finally:
            del path, body, query  # they may contain a credential, which an error report with local variables would show


class AsyncRawCalls:
    """Requests by path, for asynchronous clients."""

    async def get(self: AsyncClient, path: str, *, query: _Members = None, user: bool = False, **options: Unpack[CallOptions]) -> Any:
        """Send a GET to a path of TMDB, as `TMDB.get` does."""
        try:
            return await _send_async(self, "GET", path, query, None, user, options)
        finally:
            del path, query  # they may contain a credential, which an error report with local variables would show

    async def post(self: AsyncClient, path: str, *, body: _Members = None, query: _Members = None, user: bool = False, **options: Unpack[CallOptions]) -> Any:
        """Send a POST to a path of TMDB, as `TMDB.post` does."""
        try:
            return await _send_async(self, "POST", path, query, body, user, options)
        finally:
            del path, body, query  # they may contain a credential, which an error report with local variables would show

    async def put(self: AsyncClient, path: str, *, body: _Members = None, query: _Members = None, user: bool = False, **options: Unpack[CallOptions]) -> Any:
        """Send a PUT to a path of TMDB, as `TMDB.put` does."""
        try:
            return await _send_async(self, "PUT", path, query, body, user, options)
        finally:
            del path, body, query  # they may contain a credential, which an error report with local variables would show

    async def delete(self: AsyncClient, path: str, *, body: _Members = None, query: _Members = None, user: bool = False, **options: Unpack[CallOptions]) -> Any:
        """Send a DELETE to a path of TMDB, as `TMDB.delete` does."""
        try:
            return await _send_async(self, "DELETE", path, query, body, user, options)
        finally:
            del path, body, query  # they may contain a credential, which an error report with local variables would show


def _send(client: Client, method: _Method, path: str, query: _Members, body: _Members, user: bool, options: CallOptions) -> Any:
    try:
        operation, arguments = _without_frames(method, path, query, body, user=user)
        return client.request(operation, arguments, **options).parsed
    finally:
        del path, query, body  # they may contain a credential, which an error report with local variables would show
        arguments = {}
        forget(options)


async def _send_async(client: AsyncClient, method: _Method, path: str, query: _Members, body: _Members, user: bool, options: CallOptions) -> Any:
    try:
        operation, arguments = _without_frames(method, path, query, body, user=user)
        return (await client.request(operation, arguments, **options)).parsed
    finally:
        del path, query, body  # they may contain a credential, which an error report with local variables would show
        arguments = {}
        forget(options)


def _without_frames(method: _Method, path: str, query: _Members, body: _Members, *, user: bool) -> tuple[RawOperation, dict[str, Any]]:
    try:
        return _raw_operation(method, path, query, body, user=user)
    except InvalidArgumentError as error:
        raise error.with_traceback(None) from None
    finally:
        del path, query, body
