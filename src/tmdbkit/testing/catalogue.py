"""Finds the answer to a request among recorded exchanges, and composes what was not recorded from what was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from tmdbkit.runtime.operations import APPEND_TO_RESPONSE, REDACTED, Operation, PathParameter, QueryParameter
from tmdbkit.runtime.values import Choice, List

from .fixtures import Fixture, package_fixtures, package_operations

__all__ = ["Catalogue", "Recorded", "Route", "package_catalogue", "permits"]

AnyOperation: TypeAlias = Operation[Any]


class Route(NamedTuple):
    """What a path leads to.

    Attributes:
        operations: The operations there, by HTTP method.
        shown_path: The path without credentials.
    """

    operations: Mapping[str, AnyOperation]
    shown_path: str


class Recorded(NamedTuple):
    """An answer as it was recorded, or as composed from what was."""

    status: int
    headers: Mapping[str, str]
    body: Any


class Catalogue:
    """Recorded exchanges, to be found by a request.

    An exchange answers the requests of its path and its required query items; a credential in a path does not count. Of several, the one is taken whose page,
    body and other query items are most like the request's.
    """

    def __init__(self, operations: Iterable[AnyOperation], fixtures: Iterable[Fixture]) -> None:
        self._operations = {operation.operation_id: operation for operation in operations}
        self._routes: dict[str, dict[str, AnyOperation]] = defaultdict(dict)
        self._answers: dict[str, dict[tuple[str, ...], list[Fixture]]] = {operation_id: {} for operation_id in self._operations}
        self._known: set[str] = set()
        self._other_paths: dict[str, str] = {}
        self._refusals: dict[int, Any] = {}
        # Literal paths before those with parameters: /3/movie/latest is not the movie of the id `latest`.
        for operation in sorted(self._operations.values(), key=lambda operation: operation.path.count("{")):
            self._routes[operation.path][operation.method] = operation
        for fixture in fixtures:
            self._keep(fixture)

    def _keep(self, fixture: Fixture) -> None:
        operation = self._operations[fixture.operation_id]
        if fixture.status >= 400:
            if isinstance(fixture.body, dict) and isinstance(code := fixture.body.get("status_code"), int):
                self._refusals.setdefault(code, fixture.body)
            return
        path = _without_secrets(operation, fixture.path)
        self._answers[operation.operation_id].setdefault(_key(operation, path, fixture.query), []).append(fixture)
        self._known.update(_resources(operation, path))
        if other := _path_by_imdb_id(operation, path, fixture.body):
            self._other_paths[other] = path

    def route(self, path: str) -> Route | None:
        """What a path leads to; None when TMDB has no such path."""
        for template, operations in self._routes.items():
            if _matches(template, path):
                slots = _secret_slots(next(iter(operations.values())))
                return Route(operations, "/".join(REDACTED if slot in slots else segment for slot, segment in _segments(template, path)))
        return None

    def refusal(self, code: int) -> Any:
        """What TMDB said when it refused something with a code of its own; None when that was not recorded."""
        return self._refusals.get(code)

    def find(self, operation: AnyOperation, path: str, query: Mapping[str, str], body: Any, credentials: Collection[str]) -> Recorded | None:
        """The answer to a request.

        Args:
            operation: The operation that it is a request of.
            path: Its path.
            query: Its query.
            body: Its body.
            credentials: The names of the credentials that it carries.

        Returns:
            The answer; None when there is no such resource, as far as was recorded.
        """
        path = _without_secrets(operation, path)
        for resource in _resources(operation, path):
            if resource in self._other_paths:
                path = self._other_paths[resource] + path.removeprefix(resource)
        found = self._recorded(operation, path, query, body)
        if found is None or not isinstance(found.body, dict):
            return found
        answer = _page(found.body, query) if operation.takes("page") else found.body
        if parts := _parts(operation):
            answer = {name: value for name, value in answer.items() if name not in parts}
            for part in query.get(APPEND_TO_RESPONSE, "").split(","):
                if part in parts and (appended := self._part(operation, part, path, query, credentials)) is not None:
                    answer[part] = appended
        return found._replace(body=answer)

    def _recorded(self, operation: AnyOperation, path: str, query: Mapping[str, str], body: Any) -> Recorded | None:
        answers = self._answers[operation.operation_id]
        if same := answers.get(_key(operation, path, query)):
            return _answer(_most_alike(same, query, body))
        others = [fixture for fixtures in answers.values() for fixture in fixtures]
        if any(path == other_path for other_path, *_ in answers):
            return _nothing_found(others[0].body)
        resources = _resources(operation, path)
        if others and resources and resources[-1] != path and resources[-1] in self._known:
            borrowed = _answer(_most_alike(others, query, body))
            return borrowed._replace(body=_with_id(borrowed.body, resources[-1].rpartition("/")[2]))
        return None

    def _part(self, operation: AnyOperation, part: str, path: str, query: Mapping[str, str], credentials: Collection[str]) -> Any:
        """An appended part: from an answer that it was appended to, or else what its own operation answers, whose id is not repeated."""
        own = self._routes.get(f"{operation.path}/{part}", {}).get("GET")
        if own is not None and not permits(own, credentials):
            return None
        whole = self._answers[operation.operation_id].get(_key(operation, path, query), ())
        if appended := [fixture for fixture in whole if part in fixture.body]:
            body = _most_alike(appended, query, None).body[part]
            return _page(body, query) if own is not None and own.takes("page") else body
        answer = None if own is None else self.find(own, f"{path}/{part}", query, None, credentials)
        return None if answer is None else {name: value for name, value in answer.body.items() if name != "id"}


@cache
def package_catalogue() -> Catalogue:
    """The catalogue of the fixtures that come with the package."""
    return Catalogue(package_operations(), package_fixtures())


def permits(operation: AnyOperation, credentials: Collection[str]) -> bool:
    """Whether a request that carries these credentials may use an operation. Nobody can tell a user's access token from an application's."""
    carried = {*credentials, *(["user_access_token"] if "access_token" in credentials else [])}
    return any(alternative <= carried for alternative in operation.security)


def _segments(template: str, path: str) -> zip[tuple[str, str]]:
    return zip(template.split("/"), path.split("/"), strict=True)


def _matches(template: str, path: str) -> bool:
    if template.count("/") != path.count("/"):
        return False
    return all(segment if slot.startswith("{") else slot == segment for slot, segment in _segments(template, path))


def _secret_slots(operation: AnyOperation) -> set[str]:
    return {f"{{{argument.wire_name}}}" for argument in operation.arguments if isinstance(argument, PathParameter) and argument.secret}


def _without_secrets(operation: AnyOperation, path: str) -> str:
    slots = _secret_slots(operation)
    return "/".join(slot if slot in slots else segment for slot, segment in _segments(operation.path, path))


def _resources(operation: AnyOperation, path: str) -> list[str]:
    """The paths of the things that a path names, from the outermost: /3/tv/1399 and /3/tv/1399/season/1 of /3/tv/1399/season/1/images."""
    segments = path.split("/")
    slots = operation.path.split("/")
    return ["/".join(segments[: place + 1]) for place, slot in enumerate(slots) if slot.startswith("{") and segments[place] != slot]


def _key(operation: AnyOperation, path: str, query: Mapping[str, str]) -> tuple[str, ...]:
    required = (argument for argument in operation.arguments if isinstance(argument, QueryParameter) and argument.required and not argument.secret)
    return path, *(query.get(argument.wire_name, "") for argument in required)


def _path_by_imdb_id(operation: AnyOperation, path: str, body: Any) -> str | None:
    """The path by which TMDB finds a thing as well, when its id may be an IMDb id."""
    resources = _resources(operation, path)
    imdb_id = body.get("imdb_id") if isinstance(body, dict) else None
    if not resources or resources[-1] != path or not isinstance(imdb_id, str):
        return None
    slot = operation.path.rpartition("/")[2]
    for argument in operation.arguments:
        if isinstance(argument, PathParameter) and f"{{{argument.wire_name}}}" == slot:
            try:
                argument.value.write(imdb_id)
            except ValueError:
                return None
    return f"{path.rpartition('/')[0]}/{imdb_id}"


def _parts(operation: AnyOperation) -> tuple[str, ...]:
    """The parts that an operation can append."""
    for argument in operation.arguments:
        if argument.name == APPEND_TO_RESPONSE and isinstance(argument.value, List) and isinstance(argument.value.item, Choice):
            return tuple(map(str, argument.value.item.values))
    return ()


def _most_alike(fixtures: Sequence[Fixture], query: Mapping[str, str], body: Any) -> Fixture:
    """The fixture whose request is most like this one; the first of equals."""

    def likeness(fixture: Fixture) -> tuple[bool, bool, bool, int]:
        others = [name for name in fixture.query if name not in ("page", APPEND_TO_RESPONSE)]
        agreeing = sum(1 if query.get(name) == fixture.query[name] else -1 for name in others)
        same_parts = fixture.query.get(APPEND_TO_RESPONSE) == query.get(APPEND_TO_RESPONSE)
        return fixture.query.get("page", "1") == query.get("page", "1"), fixture.request_body == body, same_parts, agreeing

    return max(fixtures, key=likeness)


def _answer(fixture: Fixture) -> Recorded:
    return Recorded(fixture.status, fixture.headers, fixture.body)


def _page(body: Any, query: Mapping[str, str]) -> Any:
    """A page of a list under the number that was asked for: without rows when it lies beyond the end, as TMDB answers it."""
    if not isinstance(body, dict) or not {"page", "results", "total_pages"} <= body.keys():
        return body
    page = int(query.get("page", "1"))
    if page == body["page"] or body["page"] == 0:  # tagged_images says 0 whatever was asked for
        return body
    return {**body, "page": page, "results": [] if page > body["total_pages"] else body["results"]}


def _nothing_found(body: Any) -> Recorded | None:
    """What a search answers that finds nothing."""
    if not isinstance(body, dict) or not {"page", "results", "total_pages", "total_results"} <= body.keys():
        return None
    return Recorded(200, {}, {**body, "page": 1, "results": [], "total_pages": 1, "total_results": 0})


def _with_id(body: Any, text: str) -> Any:
    if not isinstance(body, dict) or not isinstance(body.get("id"), int) or not text.isdecimal():
        return body
    return {**body, "id": int(text)}
