"""Completes the bundle with derived parts, so that no file of the spec repeats them.

Operations get their usual error responses, caching headers, the URL of their page in TMDB's documentation, and their fixtures as examples. Parameters get
examples from the requests of fixtures.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from .load import Location, parse_json
from .references import resolve

__all__ = ["CACHE_HEADERS", "ERRORS", "Completion", "FixtureFile", "expected_errors"]

JSON = "application/json"

ERRORS = {"400": "BadRequest", "401": "Unauthorized", "404": "NotFound", "422": "UnprocessableContent", "429": "TooManyRequests"}
"""The file of `responses/` for each derived status."""

CACHE_HEADERS = {"Cache-Control": "CacheControl", "ETag": "ETag"}
"""The file of `headers/` for each header of a cacheable response."""

OWN_KEYS = ("x-example-summaries", "x-reference")
"""Keys of the root that only this module reads."""


@dataclass(frozen=True)
class FixtureFile:
    """A fixture.

    Attributes:
        file: The file.
        name: The name, such as `movies/details.appended`.
        location: The file as findings show it.
        value: The content; None if it is not an exchange.
    """

    file: Path
    name: str
    location: Location
    value: dict[str, Any] | None

    @classmethod
    def read(cls, file: Path, name: str, display_path: Path) -> FixtureFile:
        """Read a file, valid or not."""
        try:
            value = parse_json(file.read_text(encoding="utf-8"))
        except ValueError:
            value = None
        valid = isinstance(value, dict) and isinstance(value.get("request"), dict) and isinstance(value.get("response"), dict)
        return cls(file, name, Location(display_path, 1), value if valid else None)

    @property
    def stem(self) -> str:
        """The name without the variant, such as `movies/details`."""
        return self.name.partition(".")[0]

    @property
    def variant(self) -> str:
        """The variant, such as `appended`; empty if the fixture has none."""
        return self.name.partition(".")[2]

    @property
    def operation_id(self) -> str:
        return str((self.value or {}).get("operation_id"))

    @property
    def status(self) -> str:
        return str((self.value or {}).get("response", {}).get("status"))


def expected_errors(parameters: list[dict[str, Any]], *, has_body: bool) -> Iterator[tuple[str, str]]:
    """The error statuses that follow from the shape of an operation, with the reasons.

    Args:
        parameters: Its parameters.
        has_body: Whether it has a request body.
    """
    names = {parameter.get("name") for parameter in parameters}
    yield from (("401", "needs a credential"), ("429", "can be called too often"))
    if any(parameter.get("in") == "path" for parameter in parameters):
        yield "404", "has a path parameter"
    causes = {
        "has pages": "page" in names,
        "appends parts": "append_to_response" in names,
        "takes a body": has_body,
        "takes a range of days": bool(names & {"start_date", "end_date"}),
        "requires a parameter": any(parameter.get("in") == "query" and parameter.get("required") for parameter in parameters),
    }
    for status, possible in (("400", (*causes,)[:4]), ("422", (*causes,)[2:])):
        if cause := next((one for one in possible if causes[one]), None):
            yield status, cause


class Completion:
    """Completes a document.

    Args:
        document: The document, without its components.
        components: The components by section and name.
        component: Adds the component of a section by its name, and returns the reference to it; None if the spec has no such file.
        fixtures: The fixtures.
    """

    def __init__(
        self,
        document: dict[str, Any],
        components: dict[str, dict[str, Any]],
        component: Callable[[str, str], str | None],
        fixtures: list[FixtureFile],
    ) -> None:
        self._document, self._components, self._component = document, components, component
        self._fixtures: dict[str, list[FixtureFile]] = defaultdict(list)
        for fixture in sorted(fixtures, key=lambda one: one.name):
            if fixture.value:
                self._fixtures[fixture.stem].append(fixture)
        self._summaries, self._pages = (_mapping(document.pop(key, None)) for key in OWN_KEYS)

    def complete(self) -> None:
        """Complete the document in place."""
        for path, method, operation in self._operations:
            self._add_errors(operation)
            self._add_cache_headers(method, operation)
            self._add_page(path, operation)
            self._add_examples(operation)
        self._add_examples_of_parameters()

    @cached_property
    def _operations(self) -> list[tuple[str, str, dict[str, Any]]]:
        items = [(path, item) for path, item in _mapping(self._document.get("paths")).items() if isinstance(item, dict)]
        operations = [(path, method, operation) for path, item in items for method, operation in item.items() if isinstance(operation, dict)]
        return [(path, method, operation) for path, method, operation in operations if isinstance(operation.get("responses"), dict)]

    def _resolved(self, value: Any) -> dict[str, Any]:
        """A value with its reference resolved; empty if it is not a mapping, or its reference leads to none: the rules report that later."""
        try:
            return resolve({"components": self._components}, _mapping(value))
        except (LookupError, TypeError, ValueError):
            return {}

    def _parameters(self, operation: dict[str, Any]) -> list[dict[str, Any]]:
        """The resolved parameters of an operation. A shared parameter is the same object in all operations."""
        parameters = operation.get("parameters")
        return [self._resolved(parameter) for parameter in parameters] if isinstance(parameters, list) else []

    def _add_errors(self, operation: dict[str, Any]) -> None:
        responses = operation["responses"]
        for status, _ in expected_errors(self._parameters(operation), has_body="requestBody" in operation):
            if status not in responses and (reference := self._component("responses", ERRORS[status])):
                responses[status] = {"$ref": reference}
        operation["responses"] = dict(sorted(responses.items()))

    def _add_cache_headers(self, method: str, operation: dict[str, Any]) -> None:
        if method != "get" or operation.get("x-changes-state") or operation.get("x-no-store"):
            return
        for response in _successes(operation).values():
            for name, file in CACHE_HEADERS.items():
                if reference := self._component("headers", file):
                    response["headers"] = {**_mapping(response.get("headers")), name: {"$ref": reference}}

    def _add_page(self, path: str, operation: dict[str, Any]) -> None:
        page = operation.pop("x-reference", None)
        if page and (folder := self._pages.get(path.split("/")[1])):
            operation["externalDocs"] = {"description": "TMDB's documentation of this operation.", "url": f"{folder}{page}"}

    def _fixtures_of(self, operation: dict[str, Any]) -> list[tuple[FixtureFile, dict[str, Any]]]:
        """The successful fixtures of an operation, each with its content."""
        tags = operation.get("tags")
        tag = str(tags[0]) if isinstance(tags, list) and tags else ""
        fixtures = self._fixtures[f"{tag}/{str(operation.get('operationId')).removeprefix(f'{tag}_')}"]
        return [(fixture, fixture.value) for fixture in fixtures if fixture.value and fixture.status.startswith("2")]

    def _add_examples(self, operation: dict[str, Any]) -> None:
        request, responses = _media_type(operation.get("requestBody")), _successes(operation)
        for fixture, exchange in self._fixtures_of(operation):
            response = responses.get(fixture.status, {})
            self._add_example(_media_type(response), fixture, exchange["response"], str(response.get("description")))
            self._add_example(request, fixture, exchange["request"], str(operation.get("summary")))

    def _add_example(self, media_type: dict[str, Any], fixture: FixtureFile, message: dict[str, Any], default: str) -> None:
        if "schema" in media_type and message.get("body") is not None:
            summary = self._summary(fixture) or default.removesuffix(".")
            media_type.setdefault("examples", {})[fixture.variant or "default"] = {"summary": summary, "value": message["body"]}

    def _summary(self, fixture: FixtureFile) -> str:
        """The summary of a fixture: by its name, by its variant, or the words of the variant. Empty for a fixture without a variant."""
        words = fixture.variant.replace("_", " ").capitalize()
        return str(self._summaries.get(fixture.name) or self._summaries.get(fixture.variant) or words)

    def _add_examples_of_parameters(self) -> None:
        """Give each parameter its most common value, unless it has an example or `x-redact`."""
        parameters: dict[int, dict[str, Any]] = {}
        values: dict[int, Counter[str]] = defaultdict(Counter)
        for path, _, operation in self._operations:
            requests = [exchange["request"] for _, exchange in self._fixtures_of(operation)]
            for parameter in self._parameters(operation):
                if not parameter.keys() & {"example", "x-redact"}:
                    parameters[id(parameter)] = parameter
                    values[id(parameter)].update(json.dumps(value) for request in requests if (value := self._value(path, parameter, request)) is not None)
        for key, found in values.items():
            if found:
                parameters[key]["example"] = json.loads(found.most_common(1)[0][0])

    def _value(self, path: str, parameter: dict[str, Any], request: dict[str, Any]) -> Any:
        """The typed value of a parameter in a request; None if it is absent or has another form."""
        name = str(parameter.get("name"))
        if parameter.get("in") == "path":
            slots, parts = path.split("/"), str(request.get("path")).split("/")
            text = next((part for slot, part in zip(slots, parts, strict=False) if slot == f"{{{name}}}"), None)
        else:
            text = _mapping(request.get("query")).get(name)
        return self._typed(str(text), parameter.get("schema")) if text is not None else None

    def _typed(self, text: str, schema: Any) -> Any:
        schema = self._resolved(schema)
        if "anyOf" in schema:
            return next((value for member in schema["anyOf"] if (value := self._typed(text, member)) is not None), None)
        match schema.get("type"):
            case "array":
                items = [self._typed(item, schema.get("items")) for item in text.split(",")]
                return items if "|" not in text and None not in items else None
            case "integer":
                return int(text) if re.fullmatch("-?[0-9]+", text) else None
            case "number":
                return json.loads(text) if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text) else None
            case "boolean":
                return {"true": True, "false": False}.get(text)
        return text


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _successes(operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The inline success responses of an operation, by status."""
    return {status: one for status, one in operation["responses"].items() if status.startswith("2") and isinstance(one, dict) and "$ref" not in one}


def _media_type(message: Any) -> dict[str, Any]:
    """The JSON content of a request body or a response; empty if there is none."""
    return _mapping(_mapping(_mapping(message).get("content")).get(JSON))
