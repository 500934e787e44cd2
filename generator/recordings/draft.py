"""Drafts a new operation from responses of the live API: its path file, its schemas, its fixture, and its lines in the root.

    python -m generator.recordings.draft '/3/movie/{movie_id}/awards' 550 11 [--query category=sound] [--base-url URL]

What a person has to decide is marked with `# TODO(draft)`, which is a finding of `make lint-spec`. All files are written, or none. README.md beside this
file is the manual.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from generator.bundle import JSON, Spec, json_schema, name_of, operations_of, resolve
from generator.console import printable, report_error
from generator.files import write_texts
from generator.lint import lint
from generator.load import Finding, SpecError
from generator.paths import ROOT
from generator.rules.names import PATH, SNAKE_CASE
from generator.text import identifier
from tmdbkit.errors import InvalidArgumentError, MissingCredentialError, TMDBError

from .distill import EVIDENCE, Distiller, DistillError, shape_of
from .exchanges import Exchange
from .inference import PAGE, Part, Schemas, flow, mark, pascal_case, singular, words_of
from .live import API, APIUnavailableError, Request
from .operations import Operations
from .redaction import CREDENTIALS, is_repeated, looks_secret

__all__ = ["Draft", "DraftError", "draft", "main"]

FIXTURES, OPENAPI, REQUESTS = "tests/fixtures", "spec/openapi.yaml", "spec/requests.yaml"
MARK = "draft"
"""The rule of the lint that finds the marks."""


class DraftError(Exception):
    """An operation cannot be drafted; the message says why, and does not quote a response."""


@dataclass(frozen=True)
class Draft:
    """A drafted operation.

    Attributes:
        operation_id: The id of the operation.
        files: The new content of each file, by its path in the project.
        findings: The findings of the lint in these files, most of which are marks.
    """

    operation_id: str
    files: dict[str, str]
    findings: list[Finding]


@dataclass
class _Operation:
    """What is known of an operation before it is sent.

    Attributes:
        bundle: The OpenAPI document, without the operation.
        path: The path, with names of parameters in braces.
        query: The names of its query parameters.
        tag: Its tag; guessed if empty.
        action: Its action; guessed if empty.
    """

    bundle: dict[str, Any]
    path: str
    query: list[str]
    tag: str = ""
    action: str = ""

    def __post_init__(self) -> None:
        if not PATH.fullmatch(self.path):
            raise DraftError(f"{self.path} is not of the form /3/movie/{{movie_id}}/awards, with the names of ids in braces")
        for path, method, operation in operations_of(self.bundle):
            if path == self.path:
                raise DraftError(f"the spec has {method.upper()} {path} already: {operation['operationId']}")
        self._reject_other_names()
        self.tag, self.action = self.tag or self._tag(), self.action or self._action()
        for text in (self.tag, self.action):
            if not SNAKE_CASE.fullmatch(text):
                raise DraftError(f"{text!r} is not in snake_case")
        if any(operation["operationId"] == self.operation_id for _, _, operation in operations_of(self.bundle)):
            raise DraftError(f"the spec has an operation {self.operation_id} already; name this one with ACTION")

    @property
    def operation_id(self) -> str:
        return f"{self.tag}_{self.action}"

    @property
    def is_new_tag(self) -> bool:
        return self.tag not in {tag["name"] for tag in self.bundle["tags"]}

    @property
    def path_names(self) -> list[str]:
        """The names of the path parameters."""
        return re.findall(r"\{(\w+)\}", self.path)

    def _reject_other_names(self) -> None:
        """Reject a path whose parameters have other names than in the spec."""
        segments = self.path.split("/")
        for other in self.bundle["paths"]:
            for segment, theirs in zip(segments, other.split("/"), strict=False):
                if segment != theirs:
                    if segment[:1] == theirs[:1] == "{":
                        raise DraftError(f"the spec calls {segment} {theirs}, as in {other}")
                    break

    def _tag(self) -> str:
        """The tag of the paths that share the longest beginning; or TMDB's section in the plural."""
        shared = Counter({path: _common(self.path, path) for path in self.bundle["paths"]})
        longest = max(shared.values(), default=0)
        if longest > 2:
            tags = Counter(operation["tags"][0] for path, _, operation in operations_of(self.bundle) if shared[path] == longest)
            return str(tags.most_common(1)[0][0])
        version, section = self.path.split("/")[1:3]
        name = section if section.endswith("s") else f"{section[:-1]}ies" if section.endswith("y") else f"{section}s"
        return f"v4_{name}" if version == "4" else name

    def _action(self) -> str:
        """The words behind the last parameter; or `details`."""
        words = self.path.rpartition("}")[2].strip("/").split("/") if "{" in self.path else self.path.split("/")[3:]
        literals = [word for word in words if word]
        if (
            not literals
            and self.path.count("{") > 1
            and any(operation["operationId"] == f"{self.tag}_details" for _, _, operation in operations_of(self.bundle))
        ):
            literals = [[segment for segment in self.path.split("/") if segment[:1] != "{"][-1]]
        return "_".join(literals[:-1] if len(literals) > 1 and literals[-1] == "list" else literals) or "details"

    @property
    def owner(self) -> str:
        """The word for what the tag is about, as in names of schemas: that of its details, or the tag in the singular."""
        for _, _, operation in operations_of(self.bundle):
            if operation["operationId"] == f"{self.tag}_details":
                response = resolve(self.bundle, operation["responses"]["200"])
                if (schema := json_schema(response)) and "$ref" in schema and (name := name_of(schema)).endswith("Details"):
                    return name.removesuffix("Details")
        return pascal_case(singular(self.tag))

    def parameters(self, values: dict[str, str]) -> dict[str, Part]:
        """The parameters by name, each a reference to a file or an object.

        Args:
            values: A value of each, as sent.
        """
        known: dict[str, dict[str, Any]] = self.bundle["components"].get("parameters", {})
        found: dict[str, Part] = {}
        for place, names in (("path", self.path_names), ("query", self.query)):
            for name in names:
                file = identifier(name)
                if (known.get(file, {}).get("name"), known.get(file, {}).get("in")) == (name, place):
                    found[name] = Part({"$ref": f"../../parameters/{file}.yaml"})
                    continue
                type_ = {"type": "integer", "minimum": 0} if values[name].isdigit() else {"type": "string", "minLength": 1}
                about = f"TMDB's id of the {words_of(pascal_case(name.removesuffix('_id')))}." if name.endswith("_id") else f"The {name.replace('_', ' ')}."
                parameter = {"name": name, "in": place, **({"required": True} if place == "path" else {}), "description": about, "schema": type_}
                found[name] = Part(parameter, ("the description, and which values it takes",))
        return found


def draft(
    root: Path,
    api: API,
    path: str,
    ids: Sequence[str] = (),
    *,
    query: str = "",
    tag: str = "",
    action: str = "",
    evidence: str = "",
) -> Draft:
    """Draft an operation. Nothing is written.

    Args:
        root: The folder that holds `spec/` and `tests/fixtures/`.
        api: The API to ask.
        path: The path, with names of parameters in braces.
        ids: The values for them: `550` where there is one, `series_id=1399` for one of several. A name that comes again begins another request.
        query: The query of each request, as in a URL.
        tag: The tag, if the guessed one is wrong.
        action: The action, if the guessed one is wrong.
        evidence: How far the responses can be trusted; by default `wire` for the live API, and `written` for other servers.

    Raises:
        DraftError: The operation exists, an argument is not allowed, or a response cannot be used.
        SpecError: The spec cannot be read.
        APIUnavailableError: The server does not respond.
        OSError: A file cannot be read.
    """
    bundle = Spec(root / "spec", root, examples=False).bundle
    in_query = dict(parse_qsl(query, keep_blank_values=True))
    if secret := sorted(in_query.keys() & CREDENTIALS):
        raise DraftError(f"{secret[0]} is a credential; it comes from the environment, not from QUERY")
    operation = _Operation(bundle, path, list(in_query), tag, action)
    arguments = _arguments(operation.path_names, ids)
    exchanges = _ask(api, operation, arguments, in_query)
    first = exchanges[0]
    if operation.path_names == [] and len(exchanges) > 1:
        raise DraftError(f"{path} takes no id")
    schemas, is_page = Schemas(bundle), _is_page(first.body)
    if is_page and "page" not in in_query:
        operation.query.append("page")
    response = schemas.part([exchange.body for exchange in exchanges], "", _name(operation, is_page=is_page))
    values = {**arguments[0], "page": "1", **in_query}
    files = {f"spec/schemas/{file.name}.yaml": file.text for file in schemas.files}
    files[f"spec/paths/{operation.tag}/{operation.action}.yaml"] = _path_file(operation, values, response, is_page=is_page)
    requests = [_url(operation.path, each, in_query) for each in arguments]
    files[OPENAPI] = _with_path(operation, (root / OPENAPI).read_text(encoding="utf-8"))
    if (root / REQUESTS).exists():
        files[REQUESTS] = _with_requests(operation, (root / REQUESTS).read_text(encoding="utf-8"), requests)
    fixture = f"{FIXTURES}/{operation.tag}/{operation.action}.json"
    for file in (*files, fixture):
        if (root / file).exists() and file not in (OPENAPI, REQUESTS):
            raise DraftError(f"{file} exists already")
    richest = max(exchanges, key=lambda exchange: len(set(shape_of(exchange.body))))
    found = _tried(root, files, fixture, replace(richest, source=api.source), evidence or api.evidence, api.secrets)
    if any(is_repeated(text, api.secrets) for text in (*files, *files.values())):
        raise DraftError("a credential of the environment is in the response, or in what was given")
    return Draft(operation.operation_id, files, found)


def _arguments(names: Sequence[str], ids: Sequence[str]) -> list[dict[str, str]]:
    """The values of path parameters for each request."""
    requests: list[dict[str, str]] = [{}]
    for text in ids:
        name, is_named, value = text.rpartition("=")
        name = name if is_named else names[0] if len(names) == 1 else ""
        if name not in names:
            known = f"one of {', '.join(names)}" if names else "no ids: the path has none"
            raise DraftError(f"{text}: {'name it, as in ' + names[0] + '=' + value if names and not is_named else 'the path takes ' + known}")
        if name in requests[-1]:
            requests.append({})
        requests[-1][name] = value
    for request in requests:
        if missing := [name for name in names if name not in request]:
            raise DraftError(f"without a value for {' and '.join(missing)}; give one with {'ID=550' if len(names) == 1 else f'IDS={missing[0]}=1'}")
    return requests


def _url(path: str, arguments: dict[str, str], query: dict[str, str]) -> str:
    filled = re.sub(r"\{(\w+)\}", lambda slot: quote(arguments[slot[1]], safe=""), path)
    return f"{filled}?{urlencode(query, safe=',/|')}" if query else filled


def _ask(api: API, operation: _Operation, arguments: Sequence[dict[str, str]], query: dict[str, str]) -> list[Exchange]:
    """Send the requests, and return the responses, which are all successes in JSON.

    Raises:
        DraftError: One is not, or holds a key that looks like a credential.
    """
    described = [parameter.schema for parameter in operation.parameters({**arguments[0], **query}).values()]
    parameters = [{"$ref": f"#/components/parameters/{Path(one['$ref']).stem}"} if "$ref" in one else one for one in described]
    new = {"operationId": operation.operation_id, "tags": [operation.tag], "security": _default_security(operation.bundle)}
    item = {"get": {**new, "parameters": parameters, "responses": {"200": {}}}}
    operations = Operations({**operation.bundle, "paths": {**operation.bundle["paths"], operation.path: item}})
    exchanges = []
    for each in arguments:
        url = _url(operation.path, each, query)
        try:
            request = Request.of(operations, "GET", url)
            if request.match.path != operation.path:
                raise DraftError(f"{url} is {request.match.operation_id}: an id is a number, or a word that is no path")
            if missing := api.missing(request):
                raise DraftError(f"{url} needs {' and '.join(missing)}")
            exchange = api.send(request)
        except (InvalidArgumentError, MissingCredentialError, ValueError) as error:
            raise DraftError(str(error)) from None
        except TMDBError as error:
            raise DraftError(f"no response to {request.shown}: {type(error).__name__}") from None
        if exchange.status != 200:
            raise DraftError(f"TMDB responds to {request.shown} with HTTP {exchange.status}; a draft needs a success")
        if not isinstance(exchange.body, dict | list) or not exchange.body:
            raise DraftError(f"the response to {request.shown} is no JSON object or array with something in it")
        if any(looks_secret(key) for key in _keys(exchange.body)):
            raise DraftError(f"a key of the response to {request.shown} looks like a credential or an e-mail address; write this operation by hand")
        exchanges.append(exchange)
    if len({type(exchange.body) for exchange in exchanges}) > 1:
        raise DraftError("some responses are objects, and some are arrays")
    return exchanges


def _default_security(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    """The credentials that most operations accept, which the root states."""
    alternatives = [operation["security"] for _, _, operation in operations_of(bundle)]
    return max(alternatives, key=alternatives.count)


def _keys(value: Any) -> set[str]:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {*(value if isinstance(value, dict) else ())}.union(*map(_keys, items))


def _is_page(body: Any) -> bool:
    return isinstance(body, dict) and body.keys() >= PAGE


def _name(operation: _Operation, *, is_page: bool) -> str:
    """The name of a new schema for the response, or for the elements of one that is an array."""
    action = pascal_case(operation.action)
    if is_page:
        return f"{operation.owner}{pascal_case(singular(operation.action))}Page"
    return f"{operation.owner}{action}"


def _common(one: str, other: str) -> int:
    """How many segments two paths begin with alike."""
    pairs = list(zip(one.split("/"), other.split("/"), strict=False))
    return next((number for number, (left, right) in enumerate(pairs) if left != right), len(pairs))


def _position(new: str, paths: Sequence[str]) -> int:
    """Where a path belongs in a list: among those that share its longest beginning, in the order of the alphabet, and longer ones first."""
    longest = max((_common(new, path) for path in paths), default=0)
    near = [position for position, path in enumerate(paths) if _common(new, path) == longest]
    return next((position for position in near if f"{paths[position]}:" > f"{new}:"), near[-1] + 1 if near else 0)


# The files


def _path_file(operation: _Operation, values: dict[str, str], response: Part, *, is_page: bool) -> str:
    a_owner = f"{'an' if words_of(operation.owner)[0] in 'aeiou' else 'a'} {words_of(operation.owner)}"
    what = operation.action.replace("_", " ")
    of = f" of {a_owner}" if operation.path_names else f" of {words_of(pascal_case(operation.tag))}"
    lines = [
        "get:",
        mark("the id, guessed from the path; x-undocumented: true, where TMDB's documentation leaves it out", line=f"  operationId: {operation.operation_id}"),
        f"  tags: [{operation.tag}]",
        mark("say what it does", line=f"  summary: {'List' if is_page else 'Get'} the {what}{of}."),
    ]
    parameters = operation.parameters(values)
    question = "does it take language or another one?"
    lines += [mark(question, line="  parameters:")] if parameters else [f"  {mark('no parameter? ' + question)}"]
    lines += [mark(*parameter.doubts, line=f"    - {flow(parameter.schema)}") for parameter in parameters.values()]
    lines += [
        "  responses:",
        "    '200':",
        f"      description: The {what}.",
        "      content:",
        f"        {JSON}:",
        mark(*response.doubts, line=f"          schema: {flow(response.schema, '../../schemas/')}"),
        "          examples:",
        f"            default: {{externalValue: ../../../{FIXTURES}/{operation.tag}/{operation.action}.json#/response/body}}",
    ]
    errors = {"400": "BadRequest"} if "page" in operation.query else {}
    errors |= {"401": "Unauthorized"} | ({"404": "NotFound"} if operation.path_names else {}) | {"429": "TooManyRequests"}
    lines += [f"    '{status}': {{$ref: ../../responses/{name}.yaml}}" for status, name in errors.items()]
    return "\n".join(lines) + "\n"


def _with_path(operation: _Operation, text: str) -> str:
    """The root with a line for the path, and one for a new tag."""
    lines = text.splitlines()
    numbers = [number for number, line in enumerate(lines) if re.match(r"  /[34]/", line)]
    paths = [lines[number].strip().partition(": ")[0] for number in numbers]
    if not paths:
        raise DraftError(f"{OPENAPI} has no line for a path after which this one could stand")
    position = _position(operation.path, paths)
    at = numbers[position] if position < len(numbers) else numbers[-1] + 1
    lines.insert(at, f"  {operation.path}: {{$ref: paths/{operation.tag}/{operation.action}.yaml}}")
    if operation.is_new_tag:
        tags = {number: found[1] for number, line in enumerate(lines) if (found := re.match(r"  - \{name: (\w+),", line))}
        at = next((number for number, name in tags.items() if name > operation.tag), max(tags) + 1)
        about = words_of(pascal_case(operation.tag))
        lines.insert(at, mark("the description", line=f"  - {{name: {operation.tag}, description: {flow(f'{about[0].upper()}{about[1:]}.')}}}"))
    return "\n".join(lines) + "\n"


def _with_requests(operation: _Operation, text: str, urls: Sequence[str]) -> str:
    """What `make drift` asks, with the requests of the operation."""
    lines = text.splitlines()
    operations = Operations(operation.bundle)
    templates = {}
    for number, line in enumerate(lines):
        if line.startswith("- /") and (match := operations.match("GET", line[2:].partition("?")[0])):
            templates[number] = match.path
    new = [f"- {url}" for url in urls]
    numbers, paths = list(templates), list(templates.values())
    if operation.is_new_tag or not paths:
        lines += ["", f"# {operation.tag}", *new]
    else:
        position = _position(operation.path, paths)
        at = numbers[position] if position < len(numbers) and lines[numbers[position] - 1].startswith("- /") else numbers[position - 1] + 1
        lines[at:at] = new
    return "\n".join(lines) + "\n"


def _tried(root: Path, files: dict[str, str], fixture: str, exchange: Exchange, evidence: str, secrets: set[str]) -> list[Finding]:
    """Try the files on a copy of the spec: distil the fixture, which is added to them, and return the findings.

    Raises:
        DraftError: The response cannot become a fixture.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder).resolve()
        for part in ("spec", FIXTURES):
            shutil.copytree(root / part, copy / part)
        for file, text in files.items():
            (copy / file).parent.mkdir(parents=True, exist_ok=True)
            (copy / file).write_text(text, encoding="utf-8")
        try:
            distilled = Distiller(Spec(copy / "spec", copy, examples=False).bundle).fixture(exchange, evidence=evidence, secrets=secrets)
        except DistillError as error:
            raise DraftError(str(error)) from None
        files[fixture] = distilled.text
        (copy / fixture).parent.mkdir(parents=True, exist_ok=True)
        (copy / fixture).write_text(distilled.text, encoding="utf-8")
        return [finding for finding in lint(Spec(copy / "spec", copy)) if str(finding.location.path) in files]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        0 if the operation was drafted; 1 if it was refused; 2 if no request could be sent or file written.
    """
    parser = argparse.ArgumentParser(prog="python -m generator.recordings.draft", description="Draft a new operation from responses of the live API.")
    parser.add_argument("path", metavar="PATH", help="the path, with names of parameters in braces, such as /3/movie/{movie_id}/awards")
    parser.add_argument("ids", nargs="*", metavar="ID", help="values for the parameters: 550 11, or series_id=1399 season_number=1")
    parser.add_argument("--query", default="", help="the query of each request, such as category=sound&page=1")
    parser.add_argument("--method", default="GET", help="GET, and no other")
    parser.add_argument("--tag", default="", help="the tag (default: that of the paths beside it)")
    parser.add_argument("--action", default="", help="the action, which is the method's name (default: the words behind the last id)")
    parser.add_argument("--base-url", metavar="URL", help="a server to use in place of the live API (default: TMDB_BASE_URL, or the live API)")
    parser.add_argument("--evidence", default="", choices=EVIDENCE, help="how far the responses can be trusted (default: wire, and written for another server)")
    parser.add_argument("--root", type=Path, default=ROOT, help="the folder that holds spec/ and tests/fixtures/")
    options = parser.parse_args(arguments)
    root = options.root.resolve()
    try:
        if options.method.upper() != "GET":
            raise DraftError(f"only GET is drafted: {printable(options.method)} may change something at TMDB; describe it by hand, as CONTRIBUTING.md shows")
        with closing(API(options.base_url)) as api:
            api.check()
            drafted = draft(root, api, options.path, options.ids, query=options.query, tag=options.tag, action=options.action, evidence=options.evidence)
        write_texts({root / file: text for file, text in drafted.files.items()})
    except (DraftError, RecursionError) as error:
        report_error(parser.prog, error if isinstance(error, DraftError) else DraftError("the response is nested too deeply"))
        return 1
    except (APIUnavailableError, OSError, SpecError) as error:
        report_error(parser.prog, error)
        return 2
    _report(drafted)
    return 0


def _report(drafted: Draft) -> None:
    print("\n".join(f"wrote  {file}" for file in drafted.files))
    print("to decide:")
    print(
        "\n".join(
            printable(f"  {finding.location}: {finding.message if finding.rule == MARK else f'{finding.rule}: {finding.message}'}")
            for finding in drafted.findings
        )
    )
    print("take each mark off when it is decided; then run `make generate`")


if __name__ == "__main__":
    sys.exit(main())
