"""Credentials and other secrets in the spec: owners, and positions in requests and responses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .bundle import json_schema, operations_of
from .references import resolve

__all__ = ["CREDENTIAL", "SECRET_HEADERS_OF_HTTP", "Security"]

CREDENTIAL = "credential"
"""The value of `x-redact` that marks a secret."""

SECRET_HEADERS_OF_HTTP = frozenset({"authorization", "cookie", "proxy-authorization", "set-cookie"})
"""Standard HTTP headers with credentials; the spec marks TMDB's."""


class Security:
    """The credentials of a bundle, and the positions of secrets.

    Args:
        bundle: The OpenAPI document.
    """

    def __init__(self, bundle: dict[str, Any]) -> None:
        self._bundle = bundle

    @cached_property
    def schemes(self) -> dict[str, dict[str, Any]]:
        """The security schemes, in the order of the spec."""
        return dict(self._bundle.get("components", {}).get("securitySchemes", {}))

    @cached_property
    def application(self) -> list[str]:
        """The credentials of an application: the schemes of the root."""
        accepted = {name for alternative in self._bundle.get("security", ()) for name in alternative}
        return [name for name in self.schemes if name in accepted]

    @cached_property
    def tokens(self) -> list[str]:
        """The credentials in the header `Authorization`."""
        return [name for name, scheme in self.schemes.items() if scheme.get("type") == "http"]

    @cached_property
    def alone(self) -> list[str]:
        """The credentials that suffice in a request: a token, or an application's key."""
        return [name for name in self.schemes if name in {*self.application, *self.tokens}]

    @cached_property
    def sessions(self) -> list[str]:
        """A user's credentials beside the application's. Calls take them as arguments."""
        return [name for name in self.schemes if name not in self.alone]

    @cached_property
    def session_forms(self) -> dict[str, str]:
        """The patterns of sessions that have a known form."""
        return {name: self.schemes[name]["x-pattern"] for name in self.sessions if "x-pattern" in self.schemes[name]}

    @cached_property
    def in_query(self) -> list[str]:
        """The credentials in the query."""
        return [name for name in self.schemes if name not in self.tokens]

    @cached_property
    def arguments(self) -> list[str]:
        """The names of secret parameters and of secret properties of request bodies."""
        return list(dict.fromkeys(name for _, _, operation in operations_of(self._bundle) for name in self._arguments_of(operation)))

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that always mean a credential: of schemes, and those that the spec marks everywhere."""
        marks: dict[str, set[str | None]] = defaultdict(set)
        for name, part in self._named():
            marks[name].add(resolve(self._bundle, part).get("x-redact"))
        return frozenset({*self.schemes, *(name for name, marked in marks.items() if marked == {CREDENTIAL})})

    @cached_property
    def query_items(self) -> list[str]:
        """The names of secret query parameters: credentials, marked parameters, and those of approval pages."""
        pages = {name for page in self.approval_pages.values() for name in parse_qs(urlsplit(page).query)}
        return sorted({*self.in_query, *pages, *(one["name"] for _, one in self._parameters("query") if one.get("x-redact") == CREDENTIAL)})

    @cached_property
    def headers(self) -> list[str]:
        """The lower-case names of secret headers: HTTP's own, and marked ones."""
        responses = (resolve(self._bundle, one) for _, _, operation in operations_of(self._bundle) for one in operation.get("responses", {}).values())
        headers = ((name, resolve(self._bundle, one)) for response in responses for name, one in response.get("headers", {}).items())
        marked = {name.lower() for name, one in headers if one.get("x-redact") == CREDENTIAL}
        return sorted(marked | SECRET_HEADERS_OF_HTTP)

    @cached_property
    def paths(self) -> list[str]:
        """The prefixes of paths that end with a secret, such as `/3/account/{account_id}`."""
        pages = (urlsplit(page).path for page in self.approval_pages.values())
        return sorted(self._secret_paths | {page for page in pages if page.endswith("}")})

    @cached_property
    def private_paths(self) -> list[str]:
        """The prefixes of paths whose responses no cache may share: for a user, with a secret, or state-changing."""
        private = {path for path, method, operation in operations_of(self._bundle) if self._is_private(method, operation)} | self._secret_paths
        return sorted(path for path in private if not any(path.startswith(f"{other}/") for other in private))

    @cached_property
    def approval_pages(self) -> dict[str, str]:
        """The approval pages, by the operation that creates the request token."""
        return {operation["operationId"]: operation[key] for _, _, operation in operations_of(self._bundle) if (key := "x-approval-page") in operation}

    def returns_credential(self, operation: dict[str, Any]) -> bool:
        """Whether the response of an operation contains a new credential."""
        responses = [resolve(self._bundle, response) for status, response in operation.get("responses", {}).items() if status.startswith("2")]
        bodies = [resolve(self._bundle, schema) for response in responses if (schema := json_schema(response))]
        return any(self.names & body.get("properties", {}).keys() for body in bodies)

    @cached_property
    def _secret_paths(self) -> set[str]:
        slots = ((path, f"{{{one['name']}}}") for path, one in self._parameters("path") if one.get("x-redact") == CREDENTIAL)
        return {path.partition(slot)[0] + slot for path, slot in slots}

    def _is_private(self, method: str, operation: dict[str, Any]) -> bool:
        if any(self._arguments_of(operation)) or self.returns_credential(operation):
            return True
        needs_a_user = all(alternative.keys() - set(self.application) for alternative in operation.get("security", ({},)))
        return method == "get" and (needs_a_user or bool(operation.get("x-changes-state") or operation.get("x-no-store")))

    def _arguments_of(self, operation: dict[str, Any]) -> Iterator[str]:
        for parameter in operation.get("parameters", ()):
            if (resolved := resolve(self._bundle, parameter)).get("x-redact") == CREDENTIAL:
                yield resolved["name"]
        body = json_schema(resolve(self._bundle, operation.get("requestBody", {})))
        properties = resolve(self._bundle, body).get("properties", {}) if body else {}
        yield from (name for name, schema in properties.items() if resolve(self._bundle, schema).get("x-redact") == CREDENTIAL)

    def _parameters(self, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """The parameters in the path or the query, each with the path of its operation."""
        for path, _, operation in operations_of(self._bundle):
            for parameter in operation.get("parameters", ()):
                resolved = resolve(self._bundle, parameter)
                if resolved.get("in") == place:
                    yield path, resolved

    def _named(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The parameters and properties, by name."""
        yield from ((one["name"], one) for place in ("path", "query") for _, one in self._parameters(place))
        for schema in self._bundle.get("components", {}).get("schemas", {}).values():
            yield from schema.get("properties", {}).items()
