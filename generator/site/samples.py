"""A sample call of each operation, whose arguments the packaged world of the fake knows.

The arguments are those of a fixture. Ids that the world lacks are replaced with ones that it has, which are found by trying. Texts that are secret stand in
environment variables.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import httpx

from generator.bundle import Spec
from generator.references import resolve
from generator.surface import APISurface, Argument, Method, response_of
from tmdbkit.cli.operations import cli_example, described, tags
from tmdbkit.cli.settings import secret_variable
from tmdbkit.runtime.operations import APPEND_TO_RESPONSE
from tmdbkit.testing import FakeTMDB

__all__ = ["ENVIRONMENT", "READER", "Sample", "Samples", "sample_world"]

READER = {
    "session_id": "5e55" * 10,
    "guest_session_id": "9e57" * 8,
    "user_access_token": "eyJ.reader.token",
    "username": "reader",
    "password": "password",
}
"""The credentials of the reader of the documentation in the sample world."""

ENVIRONMENT = {
    "session_id": "TMDB_SESSION_ID",
    "guest_session_id": "TMDB_GUEST_SESSION_ID",
    "user_access_token": "TMDB_USER_ACCESS_TOKEN",
    "access_token": "TMDB_ACCESS_TOKEN",
}
"""The environment variable of each credential in a sample."""

MOST_COLUMNS = 96
MOST_PARTS = 2
PREFERRED_PARTS = ("credits", "images", "videos")
"""The parts that samples append where they can: everybody knows them."""
ENTRIES = (
    "/3/movie/603?append_to_response=credits,keywords,reviews,similar",
    "/3/tv/1396?append_to_response=episode_groups,keywords,reviews",
    "/3/tv/1396/season/1",
)
"""The entries of the world whose ids are tried."""


def sample_world() -> FakeTMDB:
    """A fake with a user, the reader, who has a list and some ratings and marks; and with a guest, who has ratings, too."""
    fake = FakeTMDB()
    user = fake.users.add(READER["username"], session_id=READER["session_id"], access_token=READER["user_access_token"])
    fake.users.add_guest(READER["guest_session_id"])
    with fake.client(session_id=user.session_id) as tmdb:
        list_ = tmdb.lists.create(name="Sunday evenings", description="Films for a Sunday evening.")
        tmdb.lists.add_movie(list_.list_id, 603)
        for favorite in (True, False):
            mark = tmdb.account.add_favorite if favorite else tmdb.account.add_to_watchlist
            mark(user.account_id, "movie", 603, True)
            mark(user.account_id, "tv", 1396, True)
        tmdb.movies.add_rating(603, 9)
        tmdb.tv_series.add_rating(1396, 9.5)
        tmdb.tv_episodes.add_rating(1396, 1, 1, 8.5)
    with fake.client(guest_session_id=READER["guest_session_id"]) as tmdb:
        tmdb.movies.add_rating(603, 8)
        tmdb.tv_series.add_rating(1396, 9)
        tmdb.tv_episodes.add_rating(1396, 1, 1, 8)
    fake.requests.clear()
    return fake


@dataclass
class Sample:
    """A sample call.

    Attributes:
        method: The method.
        alternative: The credentials that it uses.
        values: The value of each given argument on the wire: a text for one in the path or the query, JSON for one in the body.
        row: The attribute of a page with its rows; empty for no page.
        label: An attribute of the rows, or of the response, to print; empty if there is no good one.
        in_world: Whether the sample world has a response.
    """

    method: Method
    alternative: list[str]
    values: dict[str, Any] = field(default_factory=dict)
    row: str = ""
    label: str = ""
    in_world: bool = True

    @property
    def tag(self) -> str:
        return self.method.operation_id.removesuffix(f"_{self.method.name}")

    @property
    def user_credentials(self) -> list[str]:
        """The credentials of a user that the call needs."""
        return [name for name in self.alternative if name not in ("access_token", "api_key")]

    def variable(self, argument: Argument) -> str:
        """The environment variable with the value of a secret text; empty for another argument."""
        if not argument.secret or argument.schema.get("type") == "integer":
            return ""
        return f"TMDB_USER_{argument.name.upper()}" if argument.name in ("access_token", "api_key") else f"TMDB_{argument.name.upper()}"

    def arguments(self) -> Iterator[str]:
        """The arguments in Python."""
        for argument in self.method.arguments:
            if argument.name in self.values:
                variable = self.variable(argument)
                value = f'os.environ["{variable}"]' if variable else _literal(_typed(self.values[argument.name], argument))
                yield value if argument.required and argument.class_ == "PathParameter" else f"{argument.name}={value}"

    def python(self, *, asynchronous: bool = False) -> str:
        """The call as a program."""
        options = ", ".join(f'{name}=os.environ["{ENVIRONMENT[name]}"]' for name in self.user_credentials)
        call = self._call(f"tmdb.{self.tag}.{self.method.name}", indent=28 + 4 * asynchronous)
        client, wait, with_ = ("AsyncTMDB", "await ", "async with") if asynchronous else ("TMDB", "", "with")
        name = "page" if self.row else "response"
        lines = [f"{with_} {client}({options}) as tmdb:", f"    {name} = {wait}{call}"]
        if self.row:
            lines += [f"    for row in {name}.{self.row}:", f"        print({'row.' + self.label if self.label else 'row'})"]
        else:
            lines += [f"    print({f'{name}.{self.label}' if self.label else name})"]
        imports = ["asyncio"] * asynchronous + ["os"] * any("os.environ" in line for line in lines)
        if asynchronous:
            lines = ["async def main() -> None:", *(f"    {line}" for text in lines for line in text.splitlines()), "", "", "asyncio.run(main())"]
        return "\n".join(
            [*(f"import {one}" for one in imports), *([""] if imports else []), f"from tmdbkit import {client}", *([""] * (1 + asynchronous)), *lines]
        )

    def _call(self, function: str, *, indent: int) -> str:
        """The call: in one line if that is short enough, or else with a line for each argument."""
        arguments = list(self.arguments())
        line = f"{function}({', '.join(arguments)})"
        return line if len(line) + indent <= MOST_COLUMNS else f"{function}(\n" + "".join(f"        {one},\n" for one in arguments) + "    )"

    def wire(self, secrets: dict[str, str] | None = None) -> tuple[str, dict[str, str], dict[str, Any]]:
        """The path, the query and the body.

        Args:
            secrets: The values of secret arguments, by name; by default they refer to environment variables of a shell.
        """
        path, query, body = self.method.path, {}, {}
        for argument in self.method.arguments:
            if argument.name not in self.values:
                continue
            value, variable = self.values[argument.name], self.variable(argument)
            if variable:
                value = secrets.get(argument.name, value) if secrets is not None else f"${variable}"
            if argument.class_ == "PathParameter":
                path = path.replace(f"{{{argument.wire_name}}}", str(value))
            elif argument.class_ == "QueryParameter":
                query[argument.wire_name] = str(value)
            else:
                body[argument.wire_name] = value
        return path, query, body

    def curl(self) -> str:
        """The call as a command of curl."""
        path, query, body = self.wire()
        token = "user_access_token" if "user_access_token" in self.alternative else "access_token"
        query |= {name: f"${ENVIRONMENT[name]}" for name in self.user_credentials if name != "user_access_token"}
        text = f"?{urlencode(query, safe='$,|:/')}" if query else ""
        lines = [f'curl "https://api.themoviedb.org{path}{text}"']
        if self.method.http_method != "GET":
            lines[0] = lines[0].replace("curl", f"curl -X {self.method.http_method}", 1)
        lines.append(f'-H "Authorization: Bearer ${ENVIRONMENT[token]}"')
        if body:
            encoded = json.dumps(body, ensure_ascii=False)
            quoted = '"' + encoded.replace('"', '\\"') + '"' if "$" in encoded else f"'{encoded}'"
            lines += ['-H "Content-Type: application/json"', f"-d {quoted}"]
        return " \\\n  ".join(lines)

    def command_line(self) -> str:
        """The call as a command of tmdbkit; empty for an operation that the client does not have yet."""
        known = described(self.tag).get(self.method.name) if self.tag in tags() else None
        if known is None:
            return ""
        given = {argument.name: _typed(self.values[argument.name], argument) for argument in self.method.arguments if argument.name in self.values}
        secrets = [secret_variable(argument.name) for argument in self.method.arguments if argument.secret and argument.name in given]
        variables = dict.fromkeys(["TMDB_ACCESS_TOKEN", *(ENVIRONMENT[name] for name in self.user_credentials), *secrets])
        return f"# reads {', '.join(variables)}\n{cli_example(known, given)}"


class Samples:
    """The samples of the operations of a spec.

    Args:
        spec: The spec.
        surface: The API surface of its bundle.
    """

    def __init__(self, spec: Spec, surface: APISurface) -> None:
        self._spec, self._surface = spec, surface
        self._known: dict[str, Any] = {}

    @cached_property
    def _world(self) -> FakeTMDB:
        return sample_world()

    @cached_property
    def by_operation(self) -> dict[str, Sample]:
        """The sample of each operation.

        The world may lack a new operation: then its sample is the fixture's request, and `in_world` is False.
        """
        reader = next(user for user in self._world.users if user.username == READER["username"])
        list_id = next(iter(self._world.users.lists.of(reader))).id
        self._known = {"account_id": reader.account_id, "account_object_id": reader.account_object_id, "list_id": list_id, **READER}
        order = {id_: place for place, id_ in enumerate(self._surface.operations)}
        methods = [method for methods in self._surface.methods.values() for method in methods]
        first = sorted(methods, key=lambda method: (method.name != "details", method.http_method != "GET" or method.changes_state, order[method.operation_id]))
        found = {method.operation_id: self._sample(method) for method in first}
        return {id_: found[id_] for id_ in order}

    def _sample(self, method: Method) -> Sample:
        operation = self._surface.operations[method.operation_id]
        for values in self._candidates(method):
            sample = Sample(method, alternative_of(method), values)
            if self._succeeds(sample):
                self._known |= {one.name: values[one.name] for one in method.arguments if one.class_ == "PathParameter" and one.name not in self._known}
                sample.row, sample.label = self._printed(operation)
                return sample
        return Sample(method, alternative_of(method), next(self._candidates(method)), *self._printed(operation), in_world=False)

    def _candidates(self, method: Method) -> Iterator[dict[str, Any]]:
        """Values of the arguments, best first."""
        fixtures = [dict(self._of_fixture(method, one.value)) for one in self._fixtures(method.operation_id) if one.value] or [{}]
        required = {argument.name for argument in method.arguments if argument.required}
        ids = [argument.name for argument in method.arguments if argument.required and argument.name.endswith("_id")]
        for values in fixtures:
            known = {name: value for name, value in self._known.items() if name in values}
            yield values | known
        for values in fixtures:
            kept = {name: value for name, value in values.items() if name in required}
            yield kept
            known = {name: value for name, value in self._known.items() if name in kept}
            yield kept | known
            for id_ in self._ids:
                yield kept | known | {ids[-1]: id_} if ids else kept

    def _fixtures(self, operation_id: str) -> list[Any]:
        found = [one for one in self._spec.fixtures if one.operation_id == operation_id and one.status.startswith("2")]
        return sorted(found or [one for one in self._spec.fixtures if one.operation_id == operation_id], key=lambda one: (one.variant != "", one.name))

    @staticmethod
    def _of_fixture(method: Method, exchange: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        request = exchange["request"]
        in_path = dict(zip(method.path.split("/"), request["path"].split("/"), strict=True))
        for argument in method.arguments:
            if argument.class_ == "PathParameter":
                yield argument.name, in_path[f"{{{argument.wire_name}}}"]
            elif argument.class_ == "QueryParameter" and argument.wire_name in request["query"]:
                value = request["query"][argument.wire_name]
                yield argument.name, Samples._parts(method, value) if argument.wire_name == APPEND_TO_RESPONSE else value
            elif argument.class_ == "BodyField" and argument.wire_name in (request["body"] or {}):
                yield argument.name, request["body"][argument.wire_name]

    @staticmethod
    def _parts(method: Method, value: str) -> str:
        """A few parts of those that a fixture appends, without those that need a session."""
        parts = [part for part in value.split(",") if part not in method.session_parts]
        return ",".join(sorted(parts, key=lambda part: part not in PREFERRED_PARTS)[:MOST_PARTS])

    @cached_property
    def _ids(self) -> list[str]:
        """Ids in responses of the world."""
        found: dict[str, None] = {}
        for path in ENTRIES:
            response = self._world.respond("GET", *path.partition("?")[::2], httpx.Headers({"authorization": f"Bearer {self._world.access_token}"}), b"")
            found |= dict.fromkeys(map(str, _ids_in(json.loads(response.content))))
        return list(found)

    def _succeeds(self, sample: Sample) -> bool:
        """Whether the world answers a call, or would with a token of its user's approval, which works only once."""
        path, query, body = sample.wire(READER)
        fake = sample_world() if sample.method.changes_state or sample.method.http_method != "GET" else self._world
        values = dict(READER)
        for argument in sample.method.arguments:
            if argument.name == "request_token":
                token, _ = fake.users.issue_request_token(4 if sample.method.path.startswith("/4/") else 3, fake.clock.now())
                (body if argument.class_ == "BodyField" else query)[argument.wire_name] = token
            elif argument.name == "access_token":
                body[argument.wire_name] = READER["user_access_token"]
        token = READER["user_access_token"] if "user_access_token" in sample.alternative else fake.access_token
        query |= {name: values[name] for name in sample.user_credentials if name != "user_access_token"}
        headers = httpx.Headers({"authorization": f"Bearer {token}", "content-type": "application/json"})
        response = fake.respond(sample.method.http_method, path, urlencode(query), headers, json.dumps(body).encode() if body else b"")
        return response.status < 300

    def _printed(self, operation: dict[str, Any]) -> tuple[str, str]:
        """What a sample prints: the attribute with the rows of a page, and an attribute of a row or of the response."""
        schema = response_of(operation)[1]
        if "$ref" not in schema:
            return "", ""
        name = schema["$ref"].rpartition("/")[2]
        row = self._surface.row_of(name) if name in self._surface.models and not self._surface.types.is_union(name) else None
        shown = row[1] if row else name
        fields = {one.name for one in self._surface.fields(shown)} if shown in self._surface.models and not self._surface.types.is_union(shown) else set()
        schema = resolve(self._surface.bundle, schema)
        label = next((one for one in ("title", "name", "file_path", "author") if one in fields), "")
        return (row[0], label) if row else ("", label)


def alternative_of(method: Method) -> list[str]:
    """The credentials of a sample: the first alternative, and an access token in place of a key."""
    return next((one for one in method.security if "api_key" not in one), method.security[0])


def _ids_in(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, item in value.items():
            if (key == "id" or key.endswith("_id")) and isinstance(item, (int, str)):
                yield item
            yield from _ids_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _ids_in(item)


def _typed(value: Any, argument: Argument) -> Any:
    """The Python value of an argument for its value on the wire."""
    if argument.class_ == "BodyField" or not isinstance(value, str):
        return value
    return _of_type(value, argument.schema)


def _of_type(text: str, schema: dict[str, Any]) -> Any:
    for one in schema.get("anyOf", ()):
        if one.get("type") == "integer" and re.fullmatch("-?[0-9]+", text):
            return int(text)
    kind = schema.get("type")
    match kind:
        case "array":
            return [_of_type(item, schema["items"]) for item in re.split("[,|]", text)]
        case "integer":
            return int(text)
        case "number":
            return json.loads(text)
        case "boolean":
            return text == "true"
        case ["string", "null"] if text == "null":
            return None
    return text


def _literal(value: Any) -> str:
    """A value as a Python literal, in double quotes."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_literal(key)}: {_literal(item)}' for key, item in value.items())}}}"
    return repr(value)
