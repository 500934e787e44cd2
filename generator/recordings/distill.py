"""Distils fixtures from recorded exchanges: short lists, facts, the shape, placeholders for prose, and no credentials.

The spec decides what is kept. A text marked with `x-redact` is replaced; an unmarked text may have a few words, or belong to one of the properties in `FACTS`;
any other text is an error, so that a gap in the spec never lets a sentence of TMDB's contributors into a fixture. Query parameters are kept if the operation
declares them, headers if `HEADERS` lists them. The result must contain no known credential, and nothing that looks like one. Error messages do not quote the
exchange.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from generator.bundle import Spec, json_schema
from generator.files import write_text
from generator.load import SpecError
from generator.paths import FIXTURES, SPEC
from generator.references import resolve
from generator.security import CREDENTIAL, Security
from generator.validation import Validation

from .exchanges import MISSING, Exchange, RecordingError, read_recordings
from .operations import OperationMatch, Operations
from .redaction import SecretPattern, is_repeated, texts

__all__ = ["EVIDENCE", "FACTS", "MAX_WORDS", "DistillError", "Distiller", "Fixture", "count_words", "main", "shape_of"]


EVIDENCE = ("wire", "capture", "docs-example", "written")
"""The levels of evidence, best first."""

HEADERS = ("content-type", "cache-control", "etag", "retry-after")

FACTS = frozenset(
    {"character", "department", "descriptors", "errors", "job", "name", "original_name", "original_title", "provider_name", "status_message", "title"}
)
"""Properties that hold names or TMDB's own messages: facts, which may be longer than `MAX_WORDS`."""

MAX_WORDS, MAX_WORDS_OF_FACTS = 8, 40

MIN_NAME = 5
"""The minimum length of personal data to search for as a word."""
MOST_VIOLATIONS = 10
"""The most violations of a body that a message names."""

REPEATS = "it repeats a credential where the spec marks none"

ACCOUNT, ACCOUNT_OBJECT = "548", "4bc8892a017a3c0f92001001"
"""Made-up ids of an account in v3 and in v4."""

FAMILIAR = ("US", "DE")
"""Countries to keep in a long list or map."""


class DistillError(Exception):
    """An exchange cannot become a fixture; the message says why."""


@dataclass(frozen=True)
class Fixture:
    """A fixture.

    Attributes:
        tag: The tag of the operation.
        action: The id of the operation without the tag.
        document: The content of the file.
    """

    tag: str
    action: str
    document: dict[str, Any]

    def write(self, directory: Path, variant: str = "") -> Path:
        """Write the fixture into a folder.

        Args:
            directory: The folder, such as `tests/fixtures`.
            variant: Distinguishes fixtures of one operation, such as `not_found`.

        Raises:
            DistillError: The variant is not a simple name.
        """
        if variant and not re.fullmatch(r"[a-z][a-z0-9_]*", variant):
            raise DistillError(f"the variant {variant!r} is not made of small letters, digits and underscores")
        path = directory / self.tag / f"{self.action}{'.' if variant else ''}{variant}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, self.text)
        return path

    @property
    def text(self) -> str:
        """The content of the file as JSON."""
        return json.dumps(self.document, indent=2, ensure_ascii=False) + "\n"


class Distiller:
    """Makes fixtures from exchanges.

    Args:
        bundle: The OpenAPI document.
        rows: How many elements of a list, or keys of a map, to keep; one more is kept if it shows another shape.
    """

    def __init__(self, bundle: dict[str, Any], rows: int = 2) -> None:
        self._bundle = bundle
        self._rows = rows
        self._operations = Operations(bundle)
        self._validation, self._secrets = Validation(bundle), Security(bundle)
        self._pattern = SecretPattern(self._secrets.names)

    def fixture(
        self,
        exchange: Exchange,
        *,
        evidence: str = "",
        source: str = "",
        security: Sequence[str] = (),
        secrets: Collection[str] = (),
        rows: int | None = None,
    ) -> Fixture:
        """Distil an exchange.

        Args:
            exchange: The recorded exchange.
            evidence: The level of evidence; by default that of the exchange.
            source: The source; by default that of the exchange, with its date.
            security: The security schemes in use; by default the first alternative that covers the credentials in the query.
            secrets: Known credentials, beside those in the exchange.
            rows: Exactly how many elements of a list to keep, instead of the distiller's number.

        Raises:
            DistillError: The exchange matches no operation or contradicts the spec, or holds a text that is neither marked nor a fact, or an unmarked
                possible credential.
        """
        match = self._operations.match(exchange.method, exchange.path)
        if match is None:
            raise DistillError(f"{exchange.location}: no operation of the spec matches {exchange.method} {self._pattern.masked(exchange.path)}")
        walk = _Walk(self._validation, self._secrets.names, rows or self._rows, 0 if rows else 1, set(secrets))
        try:
            return self._fixture(exchange, match, evidence, source, security, walk)
        except RecursionError:
            reason = "the exchange is nested too deeply"
        except DistillError as error:
            reason = REPEATS if is_repeated(str(error), walk.secrets) else self._pattern.masked(str(error))
        raise DistillError(f"{exchange.location}: {match.operation_id}: {reason}")

    def _fixture(self, exchange: Exchange, match: OperationMatch, evidence: str, source: str, security: Sequence[str], walk: _Walk) -> Fixture:
        path, query = self._path(match, walk), self._query(exchange, match, walk)
        request_schema, response_schema = self._schemas(exchange, match)
        document = {
            "operation_id": match.operation_id,
            "evidence": _evidence(evidence or exchange.origin),
            "source": source or ", ".join(filter(None, (exchange.source or "own recording", exchange.date[:10]))),
            "request": {
                "method": match.method,
                "path": path,
                "query": query,
                "security": self._security(exchange, match, security),
                "body": None if request_schema is None else self._body("the request", exchange.request_body, request_schema, walk),
            },
            "response": {
                "status": exchange.status,
                "headers": _headers(exchange.headers),
                "body": self._body("the response", exchange.body, response_schema, walk),
            },
        }
        self._reject_secrets(document, walk.secrets)
        return Fixture(match.tag, match.operation_id.removeprefix(f"{match.tag}_"), document)

    def scrubbed(self, exchange: Exchange, known: set[str]) -> Exchange:
        """The whole exchange, with placeholders where a fixture has them. It need not conform to the spec.

        Args:
            exchange: The recorded exchange, of an operation of the spec.
            known: Known credentials and personal data. Those that the spec marks in this exchange are added.

        Raises:
            DistillError: It has a credential or personal data in an unmarked place, or a text that looks like a credential.
        """
        match = self._operations.match(exchange.method, exchange.path)
        if match is None:
            raise DistillError(f"no operation of the spec matches {exchange.method} {self._pattern.masked(exchange.path)}")
        walk = _Walk(self._validation, self._secrets.names, sys.maxsize, 0, set(), whole=True)
        request, response = match.operation.get("requestBody"), self._response(exchange, match)
        scrubbed = replace(
            exchange,
            path=self._path(match, walk),
            query=self._query(exchange, match, walk),
            request_body=request and walk.value(exchange.request_body, json_schema(self._component(request)) or {}, _Position("the request")),
            headers=_headers(exchange.headers),
            body=exchange.body if exchange.body is MISSING else walk.value(exchange.body, response, _Position("$")),
            content=None,
        )
        known |= walk.secrets | walk.personal
        request_texts = {"path": scrubbed.path, "query": scrubbed.query, "body": scrubbed.request_body}
        self._reject_suspicious_texts(request_texts, "the request")
        self._reject_suspicious_texts(scrubbed.body, "$")
        if is_repeated([request_texts, scrubbed.body, scrubbed.headers], known) or _names([request_texts, scrubbed.body], known):
            raise DistillError(REPEATS)
        return scrubbed

    def _parameters(self, match: OperationMatch, place: str) -> Iterator[dict[str, Any]]:
        for parameter in match.operation.get("parameters", ()):
            resolved = self._component(parameter)
            if resolved["in"] == place:
                yield {**resolved["schema"], **resolved}

    def _path(self, match: OperationMatch, walk: _Walk) -> str:
        redacted = {parameter["name"]: parameter["x-redact"] for parameter in self._parameters(match, "path") if "x-redact" in parameter}
        values = {name: walk.text(value, _Position("the path", name, redacted.get(name))) for name, value in match.arguments.items()}
        return re.sub(r"\{(\w+)\}", lambda slot: values[slot[1]], match.path)

    def _query(self, exchange: Exchange, match: OperationMatch, walk: _Walk) -> dict[str, str]:
        """The query parameters that the operation declares: TMDB ignores others, and credentials are not declared."""
        declared = {parameter["name"]: parameter.get("x-redact") for parameter in self._parameters(match, "query")}
        walk.secrets |= {value for name, value in exchange.query.items() if name in self._secrets.names and not declared.get(name)}
        kept = {name: value for name, value in exchange.query.items() if name in declared}
        return {name: walk.text(value, _Position("the query", name, marker)) if (marker := declared[name]) else value for name, value in kept.items()}

    def _security(self, exchange: Exchange, match: OperationMatch, security: Sequence[str]) -> list[str]:
        alternatives = [list(alternative) for alternative in match.operation.get("security", ())] or [[]]
        if security:
            if list(security) not in alternatives:
                raise DistillError(f"{' with '.join(security)} does not authenticate it")
            return list(security)
        used = exchange.query.keys() & {*self._secrets.in_query}
        return next((alternative for alternative in alternatives if used <= set(alternative)), alternatives[0])

    def _schemas(self, exchange: Exchange, match: OperationMatch) -> tuple[dict[str, Any] | None, dict[str, Any]]:
        """The schemas of the request body, if any, and of the response body."""
        if str(exchange.status) not in match.operation["responses"]:
            raise DistillError(f"the spec knows no response with the status {exchange.status}")
        request = match.operation.get("requestBody")
        return request and json_schema(self._component(request)), self._response(exchange, match)

    def _response(self, exchange: Exchange, match: OperationMatch) -> dict[str, Any]:
        """The schema of the response; one that describes nothing if the spec has none."""
        return json_schema(self._component(match.operation["responses"].get(str(exchange.status), {}))) or {}

    def _body(self, what: str, body: Any, schema: dict[str, Any], walk: _Walk) -> Any:
        """The distilled body; it is valid before and after."""
        self._reject_violations(what, body, schema)
        distilled = walk.value(body, schema, _Position("$"))
        self._reject_violations(f"the distilled form of {what}", distilled, schema)
        return distilled

    def _reject_violations(self, what: str, body: Any, schema: dict[str, Any]) -> None:
        if body is MISSING:
            raise DistillError(f"{what} is not JSON")
        faults = {violation.fault: violation for violation in reversed([*self._validation.violations(schema, body)])}
        if violations := [*reversed(faults.values())]:
            hint = "; describe it under spec/ first, with x-redact where it is prose, personal or a credential"
            unknown = any(violation.keyword == "additionalProperties" for violation in violations)
            listed = "; ".join(f"{violation.path}: {violation.unquoted}" for violation in violations[:MOST_VIOLATIONS])
            rest = f"; and {len(violations) - MOST_VIOLATIONS} more" if len(violations) > MOST_VIOLATIONS else ""
            raise DistillError(f"{what} violates the spec: {listed}{rest}{hint * unknown}")

    def _reject_secrets(self, document: dict[str, Any], secrets: set[str]) -> None:
        """Reject an exchange with a credential in an unmarked place."""
        if is_repeated(document, secrets):
            raise DistillError(REPEATS)
        self._reject_suspicious_texts(document["request"], "the request")
        self._reject_suspicious_texts(document["response"]["body"], "$")

    def _reject_suspicious_texts(self, value: Any, path: str) -> None:
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, item in items:
            if isinstance(key, str) and self._pattern.is_in(key):
                raise DistillError(f"{path}: a key looks like a credential or an e-mail address")
            self._reject_suspicious_texts(item, f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}")
        if isinstance(value, str) and self._pattern.is_in(value):
            raise DistillError(f"{path}: a text looks like a credential or an e-mail address; if it is one, mark its place under spec/ with x-redact first")

    def _component(self, value: dict[str, Any]) -> dict[str, Any]:
        return resolve(self._bundle, value)


@dataclass(frozen=True)
class _Position:
    """The position of a value.

    Attributes:
        path: The JSON path.
        name: The property that holds the value, directly or in an array.
        marker: The `x-redact` that applies.
        free: Whether the spec leaves the type of the value open.
    """

    path: str
    name: str = ""
    marker: str | None = None
    free: bool = False


@dataclass
class _Walk:
    """Walks a body along its schema, and builds the distilled body.

    Attributes:
        names: The names of credentials.
        rows: How many elements of a list to keep.
        more: How many more to keep if they show another shape.
        secrets: The known credentials, and those found on the way.
        whole: Whether unmarked long texts get placeholders, instead of being rejected.
        personal: The personal data found on the way.
    """

    validation: Validation
    names: Collection[str]
    rows: int
    more: int
    secrets: set[str]
    whole: bool = False
    personal: set[str] = field(default_factory=set)

    def value(self, value: Any, schema: dict[str, Any], position: _Position) -> Any:
        schema = self.validation.schema_of(schema, value)
        free = not schema.keys() & {"type", "const", "enum"}
        position = replace(position, marker=schema.get("x-redact") or position.marker or ("prose" if free else None), free=free)
        if isinstance(value, dict):
            return self._object(value, schema, position)
        if isinstance(value, list):
            kept = _choose(
                value, self.rows, self.more, _first_of_each(FAMILIAR, [item.get("iso_3166_1") if isinstance(item, dict) else None for item in value])
            )
            return [self.value(value[index], schema.get("items", {}), replace(position, path=f"{position.path}[{index}]")) for index in kept]
        if isinstance(value, str):
            return self.text(value, position)
        if isinstance(value, int | float) and not isinstance(value, bool) and position.marker in {"personal", CREDENTIAL}:
            if position.marker == "personal":
                return 1
            self.secrets |= {str(value)} - {ACCOUNT}
            return int(ACCOUNT)
        return value

    def _object(self, value: dict[str, Any], schema: dict[str, Any], position: _Position) -> dict[str, Any]:
        properties, others = schema.get("properties", {}), schema.get("additionalProperties")
        keys = list(value)
        if isinstance(others, dict):
            keys = [keys[index] for index in _choose(list(value.values()), self.rows, self.more, _first_of_each(FAMILIAR, keys))]
        for key in value.keys() - properties.keys():
            if count_words(key) > MAX_WORDS:
                raise DistillError(f"{position.path}: a key is a text of {count_words(key)} words")
        schemas = {key: properties.get(key, others if isinstance(others, dict) else {}) for key in keys}
        return {key: self.value(value[key], schemas[key], replace(position, path=f"{position.path}.{key}", name=key)) for key in keys}

    def text(self, text: str, position: _Position) -> str:
        """Sanitise a text: keep empty texts, short texts and facts; replace marked texts; reject others."""
        if not text.strip():
            return text
        if position.marker == CREDENTIAL or position.name in self.names:
            placeholder = _placeholder(text, position.name)
            self.secrets |= {text} - {placeholder}
            return placeholder
        if position.marker == "personal":
            self.personal |= {text} - {_placeholder_person(text)}
            return _placeholder_person(text)
        if position.marker == "prose" and not (position.free and _is_fact(text, position.name)):
            return _placeholder_prose(position.name)
        if (words := count_words(text)) > (MAX_WORDS_OF_FACTS if position.name in FACTS else MAX_WORDS):
            if self.whole:
                return _placeholder_prose(position.name)
            raise DistillError(f"{position.path}: a text of {words} words; mark it with x-redact in the spec, or add {position.name!r} to FACTS in {__name__}")
        return text


def _evidence(evidence: str) -> str:
    if evidence not in EVIDENCE:
        raise DistillError(f"its evidence is {evidence!r}, not one of {', '.join(EVIDENCE)}")
    return evidence


def _headers(headers: dict[str, str]) -> dict[str, str]:
    lower = {name.lower(): value for name, value in headers.items()}
    return {name: lower[name] for name in HEADERS if name in lower}


def _names(value: Any, known: Collection[str]) -> bool:
    """Whether a JSON value has known data as a word of its own. Short data is a word by chance."""
    words = [re.escape(text) for text in known if len(text) >= MIN_NAME]
    return bool(words) and re.search(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)", "\n".join(texts(value)), re.IGNORECASE) is not None


def count_words(text: str) -> int:
    """Estimate the number of words: some scripts have no spaces, so a long text without spaces is not one word."""
    unspaced = re.findall(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]", text)
    return max(len(text.split()), len(text) // 20) + len(unspaced) // 3


def _is_fact(text: str, name: str) -> bool:
    """Whether a text of an open type is a name, an id, a path, a date or a code."""
    return count_words(text) <= MAX_WORDS and (name in FACTS or re.fullmatch(r"[\x21-\x7e]+", text) is not None)


def _placeholder_prose(name: str) -> str:
    return f"The {name.replace('_', ' ')} in our own words."


def _placeholder(text: str, name: str) -> str:
    """A made-up credential, in the form that the spec demands."""
    if text.isdecimal():
        return ACCOUNT
    return ACCOUNT_OBJECT if re.fullmatch(r"[0-9a-f]{24}", text) else name.replace("_", "-")


def _placeholder_person(text: str) -> str:
    """A made-up value in place of a personal one."""
    if text.startswith("/"):
        return "/avatar.jpg"
    if text.startswith(("http:", "https:")):
        return "https://www.example.org/reviewer"
    if text.isdecimal():
        return "1"
    return "A reviewer" if " " in text.strip() else "reviewer"


def _first_of_each(wanted: Iterable[str], found: list[Any]) -> list[int]:
    return [found.index(item) for item in wanted if item in found]


def _choose(elements: list[Any], rows: int, more: int, first: list[int]) -> list[int]:
    """The indexes of the elements to keep: the given ones or the first, then repeatedly the one that adds the most new paths and types."""
    if len(elements) <= rows:
        return list(range(len(elements)))
    shapes = [set(shape_of(element)) for element in elements]
    paths = [{path for path, _ in shape} for shape in shapes]
    everywhere = set().union(*paths)
    for shape, own in zip(shapes, paths, strict=True):
        shape |= {(path, "absent") for path in everywhere - own}
    chosen = first[:rows] or [0]
    while len(chosen) < rows + more:
        seen = set().union(*(shapes[index] for index in chosen))
        best = max(set(range(len(elements))) - set(chosen), key=lambda index: (len(shapes[index] - seen), -index))
        if len(chosen) >= rows and shapes[best] <= seen:
            break
        chosen.append(best)
    return sorted(chosen)


def shape_of(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The paths in a value, each with the type of its value."""
    if isinstance(value, dict | list) and value:
        items = value.items() if isinstance(value, dict) else (("[]", item) for item in value)
        yield path, type(value).__name__
        for key, item in items:
            yield from shape_of(item, f"{path}.{key}")
    else:
        kind = type(value).__name__
        yield path, f"empty {kind}" if value in ("", [], {}) else kind


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m generator.recordings.distill", description="Make a fixture from a recorded exchange.")
    parser.add_argument("recordings", type=Path, help="JSON lines, plain or gzipped, or HAR")
    parser.add_argument("--operation", required=True, help="the id of the operation, such as movies_details")
    parser.add_argument("--entry", type=int, help="the line or the HAR's entry (default: the first usable one, by evidence)")
    parser.add_argument("--variant", default="", help="distinguishes fixtures of one operation, such as not_found")
    parser.add_argument("--rows", type=int, default=2, help="how many elements of a list to keep (default: %(default)s)")
    parser.add_argument("--evidence", default="", choices=EVIDENCE, help="how far the recording can be trusted, if it does not say so itself")
    parser.add_argument("--security", default="", help="the security schemes in use, such as access_token,session_id")
    parser.add_argument("--spec", type=Path, default=SPEC, help="the folder of the spec")
    parser.add_argument("--fixtures", type=Path, default=FIXTURES, help="the folder of the fixtures")
    options = parser.parse_args(arguments)
    try:
        bundle = Spec(options.spec.resolve()).bundle
        distiller, operations = Distiller(bundle, options.rows), Operations(bundle)
        found = [exchange for exchange in read_recordings(options.recordings) if _is_of(operations, exchange, options.operation, options.entry)]
        fixture = _first_usable(distiller, found, options.evidence, [name for name in options.security.split(",") if name])
        path = fixture.write(options.fixtures, options.variant)
    except (DistillError, RecordingError, SpecError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{path}: {path.stat().st_size} bytes, {fixture.document['evidence']} of {fixture.document['source']}")
    return 0


def _is_of(operations: Operations, exchange: Exchange, operation_id: str, entry: int | None) -> bool:
    match = operations.match(exchange.method, exchange.path)
    return match is not None and match.operation_id == operation_id and (entry is None or exchange.location.endswith((f":{entry}", f": entry {entry}")))


def _first_usable(distiller: Distiller, exchanges: list[Exchange], evidence: str, security: list[str]) -> Fixture:
    """The fixture of the best usable exchange; successes precede failures."""
    reasons = []
    for exchange in sorted(exchanges, key=lambda one: (one.status >= 400, EVIDENCE.index(one.origin) if one.origin in EVIDENCE else 0)):
        try:
            return distiller.fixture(exchange, evidence=evidence, security=security)
        except DistillError as error:
            reasons.append(str(error))
    raise DistillError("\n".join(reasons) or "no exchange of that operation is among the recordings")


if __name__ == "__main__":
    sys.exit(main())
