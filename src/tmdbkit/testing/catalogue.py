"""Looks up the recorded response to a request, and composes one from other recordings where there is none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from tmdb_openapi.security import TOKENS

from tmdbkit.runtime.models import PAGE_KEYS
from tmdbkit.runtime.operations import APPEND_TO_RESPONSE, REDACTED, Operation, PathParameter, QueryParameter
from tmdbkit.runtime.params import List

from .fixtures import Fixture, package_fixtures, package_operations

__all__ = ["Catalogue", "RecordedResponse", "Route", "is_authorized", "package_catalogue"]

AnyOperation: TypeAlias = Operation[Any]


class Route(NamedTuple):
    """A path of the API.

    Attributes:
        operations: The operations of the path, by HTTP method.
        redacted_path: The path without credentials.
    """

    operations: Mapping[str, AnyOperation]
    redacted_path: str


class RecordedResponse(NamedTuple):
    """A response as recorded, or composed from recordings."""

    status: int
    headers: Mapping[str, str]
    body: Any


class Catalogue:
    """Recorded exchanges, looked up by request.

    A request matches the exchanges with the same path, credentials aside, and the same required query parameters. Of several, the one with the most similar
    page, body and remaining query wins.
    """

    def __init__(self, operations: Iterable[AnyOperation], fixtures: Iterable[Fixture]) -> None:
        self._operations = {operation.operation_id: operation for operation in operations}
        self._routes: dict[str, dict[str, AnyOperation]] = defaultdict(dict)
        self._recordings: dict[str, dict[tuple[str, ...], list[Fixture]]] = {operation_id: {} for operation_id in self._operations}
        self._known_resources: set[str] = set()
        self._paths_by_imdb_id: dict[str, str] = {}
        self._error_bodies: dict[int, Any] = {}
        # Literal paths before those with parameters: /3/movie/latest is not the movie with the id `latest`.
        for operation in sorted(self._operations.values(), key=lambda operation: operation.path.count("{")):
            self._routes[operation.path][operation.method] = operation
        for fixture in fixtures:
            self._add(fixture)

    def _add(self, fixture: Fixture) -> None:
        operation = self._operations[fixture.operation_id]
        if fixture.status >= 400:
            if isinstance(fixture.body, dict) and isinstance(code := fixture.body.get("status_code"), int):
                self._error_bodies.setdefault(code, fixture.body)
            return
        path = _without_secrets(operation, fixture.path)
        self._recordings[operation.operation_id].setdefault(_key(operation, path, fixture.query), []).append(fixture)
        self._known_resources.update(_resources(operation, path))
        if other := _path_by_imdb_id(operation, path, fixture.body):
            self._paths_by_imdb_id[other] = path

    def route(self, path: str) -> Route | None:
        """Look up a path; None when TMDB has no such path."""
        for template, operations in self._routes.items():
            if _matches(template, path):
                placeholders = _secret_placeholders(next(iter(operations.values())))
                return Route(operations, "/".join(REDACTED if placeholder in placeholders else segment for placeholder, segment in _segments(template, path)))
        return None

    def error_body(self, code: int) -> Any:
        """The recorded body of an error response with this TMDB status code; None when none was recorded."""
        return self._error_bodies.get(code)

    def response(self, operation: AnyOperation, path: str, query: Mapping[str, str], body: Any, credentials: Collection[str]) -> RecordedResponse | None:
        """Look up or compose the response to a request.

        Args:
            operation: The operation that the request calls.
            path: The path of the request.
            query: The query of the request.
            body: The body of the request.
            credentials: The names of the credentials that the request carries.

        Returns:
            The response; None when no recording has this resource.
        """
        path = _without_secrets(operation, path)
        for resource in _resources(operation, path):
            if resource in self._paths_by_imdb_id:
                path = self._paths_by_imdb_id[resource] + path.removeprefix(resource)
        found = self._find(operation, path, query, body)
        if found is None or not isinstance(found.body, dict):
            return found
        response = _requested_page(found.body, query) if operation.takes("page") else found.body
        if operation.takes(APPEND_TO_RESPONSE):
            response = {name: value for name, value in response.items() if not _is_part(operation, name)}
            for part in query.get(APPEND_TO_RESPONSE, "").split(","):
                if _is_part(operation, part) and (appended := self._part(operation, part, path, query, credentials)) is not None:
                    response[part] = appended
        return found._replace(body=response)

    def _find(self, operation: AnyOperation, path: str, query: Mapping[str, str], body: Any) -> RecordedResponse | None:
        recordings = self._recordings[operation.operation_id]
        if same := recordings.get(_key(operation, path, query)):
            return _recorded_response(_best_match(same, query, body))
        others = [fixture for fixtures in recordings.values() for fixture in fixtures]
        if any(path == other_path for other_path, *_ in recordings):
            return _empty_page(others[0].body)
        resources = _resources(operation, path)
        if others and resources and resources[-1] != path and resources[-1] in self._known_resources:
            borrowed = _recorded_response(_best_match(others, query, body))
            return borrowed._replace(body=_with_id(borrowed.body, resources[-1].rpartition("/")[2]))
        return None

    def _part(self, operation: AnyOperation, part: str, path: str, query: Mapping[str, str], credentials: Collection[str]) -> Any:
        """An appended part: from a recording with the part appended, or else the response of the part's own operation without the id."""
        route = self.route(f"{path}/{part}")
        own = route.operations.get("GET") if route else None
        if own is not None and not is_authorized(own, credentials):
            return None
        whole = self._recordings[operation.operation_id].get(_key(operation, path, query), ())
        if appended := [fixture for fixture in whole if part in fixture.body]:
            body = _best_match(appended, query, None).body[part]
            return _requested_page(body, query) if own is not None and own.takes("page") else body
        response = None if own is None else self.response(own, f"{path}/{part}", query, None, credentials)
        if response is None or own is None or own.path.endswith("}"):
            return response and response.body
        return {name: value for name, value in response.body.items() if name != "id"}


@cache
def package_catalogue() -> Catalogue:
    """The catalogue of the packaged fixtures."""
    return Catalogue(package_operations(), package_fixtures())


def is_authorized(operation: AnyOperation, credentials: Collection[str]) -> bool:
    """Whether a request with these credentials may call an operation. A user's access token has the same form as an application's."""
    carried = {*credentials, *(TOKENS if TOKENS & {*credentials} else ())}
    return any(alternative <= carried for alternative in operation.security)


def _segments(template: str, path: str) -> zip[tuple[str, str]]:
    return zip(template.split("/"), path.split("/"), strict=True)


def _matches(template: str, path: str) -> bool:
    if template.count("/") != path.count("/"):
        return False
    return all(segment if placeholder.startswith("{") else placeholder == segment for placeholder, segment in _segments(template, path))


def _secret_placeholders(operation: AnyOperation) -> set[str]:
    return {f"{{{argument.wire_name}}}" for argument in operation.arguments if isinstance(argument, PathParameter) and argument.secret}


def _without_secrets(operation: AnyOperation, path: str) -> str:
    placeholders = _secret_placeholders(operation)
    return "/".join(placeholder if placeholder in placeholders else segment for placeholder, segment in _segments(operation.path, path))


def _resources(operation: AnyOperation, path: str) -> list[str]:
    """The paths of the resources that a path contains, from the outermost: /3/tv/1399 and /3/tv/1399/season/1 for /3/tv/1399/season/1/images."""
    segments = path.split("/")
    slots = operation.path.split("/")
    return ["/".join(segments[: index + 1]) for index, slot in enumerate(slots) if slot.startswith("{") and segments[index] != slot]


def _key(operation: AnyOperation, path: str, query: Mapping[str, str]) -> tuple[str, ...]:
    required = (argument for argument in operation.arguments if isinstance(argument, QueryParameter) and argument.required and not argument.secret)
    return path, *(query.get(argument.wire_name, "") for argument in required)


def _path_by_imdb_id(operation: AnyOperation, path: str, body: Any) -> str | None:
    """The same resource's path with its IMDb id, if the operation accepts one."""
    resources = _resources(operation, path)
    imdb_id = body.get("imdb_id") if isinstance(body, dict) else None
    if not resources or resources[-1] != path or not isinstance(imdb_id, str):
        return None
    placeholder = operation.path.rpartition("/")[2]
    for argument in operation.arguments:
        if isinstance(argument, PathParameter) and f"{{{argument.wire_name}}}" == placeholder:
            try:
                argument.type.serialize(imdb_id)
            except ValueError:
                return None
    return f"{path.rpartition('/')[0]}/{imdb_id}"


def _is_part(operation: AnyOperation, name: str) -> bool:
    """Whether an operation can append a part of this name."""
    for argument in operation.arguments:
        if argument.name == APPEND_TO_RESPONSE and isinstance(argument.type, List):
            try:
                argument.type.item.serialize(name)
            except ValueError:
                return False
            return True
    return False


def _best_match(fixtures: Sequence[Fixture], query: Mapping[str, str], body: Any) -> Fixture:
    """The fixture with the most similar request; the first of equals."""

    def score(fixture: Fixture) -> tuple[bool, bool, bool, int]:
        others = [name for name in fixture.query if name not in ("page", APPEND_TO_RESPONSE)]
        agreeing = sum(1 if query.get(name) == fixture.query[name] else -1 for name in others)
        same_parts = fixture.query.get(APPEND_TO_RESPONSE) == query.get(APPEND_TO_RESPONSE)
        return fixture.query.get("page", "1") == query.get("page", "1"), fixture.request_body == body, same_parts, agreeing

    return max(fixtures, key=score)


def _recorded_response(fixture: Fixture) -> RecordedResponse:
    return RecordedResponse(fixture.status, fixture.headers, fixture.body)


def _requested_page(body: Any, query: Mapping[str, str]) -> Any:
    """A list under the requested page number, without rows when that lies beyond the last page, as TMDB sends it."""
    if not isinstance(body, dict) or not body.keys() >= PAGE_KEYS:
        return body
    page = int(query.get("page", "1"))
    if page == body["page"] or body["page"] == 0:  # tagged_images always says 0
        return body
    return {**body, "page": page, "results": [] if page > body["total_pages"] else body["results"]}


def _empty_page(body: Any) -> RecordedResponse | None:
    """The response to a search without results."""
    if not isinstance(body, dict) or not body.keys() >= PAGE_KEYS:
        return None
    return RecordedResponse(200, {}, {**body, "page": 1, "results": [], "total_pages": 1, "total_results": 0})


def _with_id(body: Any, text: str) -> Any:
    if not isinstance(body, dict) or not isinstance(body.get("id"), int) or not text.isdecimal():
        return body
    return {**body, "id": int(text)}
