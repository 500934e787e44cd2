"""Drafts a new operation from responses of the live API: its path file, its schemas, its fixture, and its lines in the root.

    python -m generator.recordings.draft '/3/movie/{movie_id}/awards' 550 11 [--query category=sound] [--base-url URL]

`# TODO(draft)` marks the decisions for a person; `make lint-spec` reports each mark. All files are written, or none. README.md beside this file is the manual.
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

from generator.bundle import JSON, Spec, json_schema, operations_of
from generator.console import printable, report_error
from generator.files import VERSION_FILE, write_texts
from generator.lint import lint
from generator.load import Finding, SpecError
from generator.paths import ROOT
from generator.references import name_of, resolve
from generator.rules.names import PATH, SNAKE_CASE
from generator.security import Security
from generator.text import identifier
from tmdbkit.errors import InvalidArgumentError, MissingCredentialError, TMDBError

from .distill import EVIDENCE, Distiller, DistillError, shape_of
from .exchanges import Exchange
from .inference import PAGE, Part, Schemas, flow, mark, pascal_case, singular, words_of
from .live import API, APIUnavailableError, Request
from .operations import Operations, common_segments
from .redaction import SecretPattern, is_repeated

__all__ = ["Draft", "DraftError", "Plan", "draft", "main"]

FIXTURES, OPENAPI, REQUESTS = "tests/fixtures", "spec/openapi.yaml", "spec/requests.yaml"
MARK = "draft"
"""The rule of the lint that finds the marks."""


class DraftError(Exception):
    """An operation cannot be drafted; the message says why, and does not quote a response."""


@dataclass(frozen=True)
class Draft:
    """A drafted operation.

    Attributes:
        files: The new content of each file, by its path in the project.
        findings: The findings of the lint in these files, most of which are marks.
    """

    files: dict[str, str]
    findings: list[Finding]


@dataclass
class Plan:
    """The requests to send, and the names of the operation.

    Args:
        root: The folder that holds `spec/` and `tests/fixtures/`.
        path: The path, with names of parameters in braces.
        ids: Their values: `550` for a single parameter, `series_id=1399` for one of several. A repeated name begins another request.
        query: The query of each request, as in a URL.
        tag: The tag; by default that of the paths beside it.
        action: The action; by default the words behind the last parameter.

    Raises:
        DraftError: The operation exists, or an argument is not allowed.
        SpecError: The spec cannot be read.
    """

    root: Path
    path: str
    ids: Sequence[str] = ()
    query: str = ""
    tag: str = ""
    action: str = ""

    def __post_init__(self) -> None:
        if not PATH.fullmatch(self.path) or any(segment.isdigit() for segment in self.path.split("/")[2:]):
            raise DraftError(f"{self.path} is not of the form /3/movie/{{movie_id}}/awards, with the names of ids in braces")
        self.bundle = Spec(self.root / "spec", self.root).bundle
        self._operations = list(operations_of(self.bundle))
        for path, method, operation in self._operations:
            if path == self.path:
                raise DraftError(f"the spec has {method.upper()} {path} already: {operation['operationId']}")
        self._reject_other_names()
        self.tag, self.action = self.tag or self._tag(), self.action or self._action()
        for text in (self.tag, self.action):
            if not SNAKE_CASE.fullmatch(text):
                raise DraftError(f"{text!r} is not in snake_case")
        self._reject_existing()
        self.in_query = dict(parse_qsl(self.query, keep_blank_values=True))
        names = Security(self.bundle).names
        if secret := sorted(self.in_query.keys() & names):
            raise DraftError(f"{secret[0]} is a credential; it comes from the environment, not from QUERY")
        self.secrets = SecretPattern(names)
        if any(map(self.secrets.is_in, (*self.ids, self.query))):
            raise DraftError("an id or the query looks like a credential or an e-mail address")
        self.arguments = _arguments(self.path_names, self.ids)

    @property
    def path_file(self) -> str:
        return f"spec/paths/{self.tag}/{self.action}.yaml"

    @property
    def fixture(self) -> str:
        return f"{FIXTURES}/{self.tag}/{self.action}.json"

    @property
    def urls(self) -> list[str]:
        """The path and the query of each request."""
        query = f"?{urlencode(self.in_query, safe=',/|')}" if self.in_query else ""
        return [self.path.format_map({name: quote(value, safe="") for name, value in each.items()}) + query for each in self.arguments]

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

    def _reject_existing(self) -> None:
        """Reject an operation whose id or files are taken."""
        if any(operation["operationId"] == self.operation_id for _, _, operation in self._operations):
            raise DraftError(f"the spec has an operation {self.operation_id} already; choose another name with ACTION")
        for file in (self.path_file, self.fixture):
            if (self.root / file).exists():
                raise DraftError(f"{file} exists already")

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
        shared = Counter({path: common_segments(self.path, path) for path in self.bundle["paths"]})
        longest = max(shared.values(), default=0)
        if longest > 2:
            tags = Counter(operation["tags"][0] for path, _, operation in self._operations if shared[path] == longest)
            return str(tags.most_common(1)[0][0])
        version, section = self.path.split("/")[1:3]
        name = section if section.endswith("s") else f"{section[:-1]}ies" if section.endswith("y") else f"{section}s"
        return f"v4_{name}" if version == "4" else name

    def _action(self) -> str:
        """The words behind the last parameter; or `details`."""
        words = self.path.rpartition("}")[2].strip("/").split("/") if "{" in self.path else self.path.split("/")[3:]
        literals = [word for word in words if word]
        if not literals and self.path.count("{") > 1 and any(operation["operationId"] == f"{self.tag}_details" for _, _, operation in self._operations):
            literals = [[segment for segment in self.path.split("/") if segment[:1] != "{"][-1]]
        return "_".join(literals[:-1] if len(literals) > 1 and literals[-1] == "list" else literals) or "details"

    @property
    def owner(self) -> str:
        """The subject of the tag in names of schemas: from its details, or the tag in the singular."""
        for _, _, operation in self._operations:
            if operation["operationId"] == f"{self.tag}_details":
                response = resolve(self.bundle, operation["responses"]["200"])
                if (schema := json_schema(response)) and "$ref" in schema and (name := name_of(schema)).endswith("Details"):
                    return name.removesuffix("Details")
        return pascal_case(singular(self.tag))

    def parameters(self, *, is_page: bool) -> dict[str, Part]:
        """The parameters by name, each a reference to a file or an object.

        Args:
            is_page: Whether the response is one page of several.
        """
        values = {**self.arguments[0], **({"page": "1"} if is_page else {}), **self.in_query}
        known: dict[str, dict[str, Any]] = self.bundle["components"].get("parameters", {})
        found: dict[str, Part] = {}
        for place, names in (("path", self.path_names), ("query", [name for name in values if name not in self.path_names])):
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


def draft(plan: Plan, api: API, *, evidence: str = "") -> Draft:
    """Send the requests, and draft the operation in memory.

    Args:
        plan: The requests and the names.
        api: The API.
        evidence: How far the responses can be trusted; by default `wire` for the live API, and `written` for other servers.

    Raises:
        DraftError: A response cannot be used.
        APIUnavailableError: The server does not respond.
        OSError: A file cannot be read.
    """
    exchanges = _send(api, plan)
    bodies = [exchange.body for exchange in exchanges]
    is_page, is_list = isinstance(bodies[0], dict) and bodies[0].keys() >= PAGE, isinstance(bodies[0], list)
    action = pascal_case(singular(plan.action) if is_page or is_list else plan.action)
    schemas = Schemas(plan.bundle)
    response = schemas.part(bodies, "", f"{plan.owner}{action}{'Page' if is_page else ''}")
    files = {f"spec/schemas/{file.name}.yaml": file.text for file in schemas.files}
    if existing := next((file for file in files if (plan.root / file).exists()), None):
        raise DraftError(f"{existing} exists already, and nothing refers to it")
    files[plan.path_file] = _path_file(plan, response, is_page=is_page)
    files[OPENAPI] = _with_path(plan, (plan.root / OPENAPI).read_text(encoding="utf-8"))
    if (plan.root / REQUESTS).exists():
        asked = [exchange.location for exchange in exchanges]
        files[REQUESTS] = _with_requests(plan, (plan.root / REQUESTS).read_text(encoding="utf-8"), asked)
    richest = max(exchanges, key=lambda exchange: len(set(shape_of(exchange.body))))
    findings = _try(plan, files, replace(richest, source=api.source), evidence or api.evidence, api.secrets)
    if any(is_repeated(text, api.secrets) for text in (*files, *files.values())):
        raise DraftError("a credential of the environment is in the response or in an argument")
    return Draft(files, findings)


def _arguments(names: Sequence[str], ids: Sequence[str]) -> list[dict[str, str]]:
    """The values of path parameters for each request."""
    requests: list[dict[str, str]] = [{}]
    for text in ids:
        named, is_named, value = text.rpartition("=")
        name = named if is_named else names[0] if len(names) == 1 else ""
        if name not in names:
            raise DraftError(f"{text} matches no parameter of the path: {', '.join(f'{name}=…' for name in names) or 'it has none'}")
        if name in requests[-1]:
            requests.append({})
        requests[-1][name] = value
    for request in requests:
        if missing := [name for name in names if name not in request]:
            raise DraftError(f'no value for {" and ".join(missing)}; give one with ID=550, or IDS="{missing[0]}=550 …"')
    return requests


def _send(api: API, plan: Plan) -> list[Exchange]:
    """Send the requests, and return the responses.

    Raises:
        DraftError: A response is not a success in JSON, or has a key that looks like a credential.
    """
    described = [parameter.schema for parameter in plan.parameters(is_page=False).values()]
    parameters = [{"$ref": f"#/components/parameters/{Path(one['$ref']).stem}"} if "$ref" in one else one for one in described]
    new = {"operationId": plan.operation_id, "tags": [plan.tag], "security": plan.bundle["security"], "parameters": parameters, "responses": {"200": {}}}
    operations = Operations({**plan.bundle, "paths": {**plan.bundle["paths"], plan.path: {"get": new}}})
    exchanges = []
    for url in plan.urls:
        try:
            if (match := operations.match("GET", url.partition("?")[0])) is None or match.path != plan.path:
                raise DraftError(f"{url} is not {plan.path} by the parameters that the spec has{f', but {match.path}' if match else ''}")
            request = Request.of(operations, "GET", url)
            if missing := api.missing(request):
                raise DraftError(f"{url} needs {' and '.join(missing)}")
            exchange = api.send(request)
        except (InvalidArgumentError, MissingCredentialError, ValueError) as error:
            raise DraftError(str(error)) from None
        except TMDBError as error:
            raise DraftError(f"no response to {request.redacted_url}: {type(error).__name__}") from None
        if exchange.status != 200:
            raise DraftError(f"TMDB responds to {request.redacted_url} with HTTP {exchange.status}; a draft needs a success")
        if not isinstance(exchange.body, dict | list) or not exchange.body:
            raise DraftError(f"the response to {request.redacted_url} is not a JSON object or array, or is empty")
        if any(plan.secrets.is_in(key) for key in _keys(exchange.body)):
            raise DraftError(f"a key of the response to {request.redacted_url} looks like a credential or an e-mail address; write this operation by hand")
        exchanges.append(exchange)
    if len({type(exchange.body) for exchange in exchanges}) > 1:
        raise DraftError("some responses are objects, and some are arrays")
    return exchanges


def _keys(value: Any) -> set[str]:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {*(value if isinstance(value, dict) else ())}.union(*map(_keys, items))


def _line_for(new: str, lines: dict[int, str], end: str = "") -> int:
    """The number of the line where a path belongs: among the paths with the longest common beginning, in alphabetical order.

    Args:
        new: The path.
        lines: The other paths, by their lines.
        end: A suffix for the comparison: with a colon, `/3/movie/{movie_id}` sorts after the paths below it.
    """
    longest = max(common_segments(new, path) for path in lines.values())
    near = [number for number, path in lines.items() if common_segments(new, path) == longest]
    return next((number for number in near if f"{lines[number]}{end}" > f"{new}{end}"), near[-1] + 1)


# The files


def _path_file(plan: Plan, response: Part, *, is_page: bool) -> str:
    a_owner = f"{'an' if words_of(plan.owner)[0] in 'aeiou' else 'a'} {words_of(plan.owner)}"
    what = plan.action.replace("_", " ")
    of = f" of {a_owner}" if plan.path_names else f" of {words_of(pascal_case(plan.tag))}"
    lines = [
        "get:",
        mark("the id, guessed from the path", line=f"  operationId: {plan.operation_id}"),
        f"  tags: [{plan.tag}]",
        mark("or x-reference, the last part of the URL of TMDB's page", line="  x-undocumented: true"),
        mark("say what it does", line=f"  summary: {'List' if is_page else 'Get'} the {what}{of}."),
    ]
    parameters = plan.parameters(is_page=is_page)
    question = "more parameters, such as language?"
    lines += [mark(question, line="  parameters:")] if parameters else [f"  {mark(question)}"]
    lines += [mark(*parameter.doubts, line=f"    - {flow(parameter.schema)}") for parameter in parameters.values()]
    lines += [
        "  responses:",
        "    '200':",
        f"      description: The {what}.",
        "      content:",
        f"        {JSON}:",
        mark(*response.doubts, line=f"          schema: {flow(response.schema, '../../schemas/')}"),
    ]
    return "\n".join(lines) + "\n"


def _with_path(plan: Plan, text: str) -> str:
    """The root with a line for the path, and one for a new tag."""
    lines = text.splitlines()
    paths = {number: found[1] for number, line in enumerate(lines) if (found := re.match(r"  (/[34]/\S+): ", line))}
    if not paths:
        raise DraftError(f"{OPENAPI} has no line for a path beside which this one could stand")
    lines.insert(_line_for(plan.path, paths, ":"), f"  {plan.path}: {{$ref: paths/{plan.tag}/{plan.action}.yaml}}")
    if plan.is_new_tag:
        tags = {number: found[1] for number, line in enumerate(lines) if (found := re.match(r"  - \{name: ([a-z][a-z0-9_]*),", line))}
        at = next((number for number, name in tags.items() if name > plan.tag), max(tags) + 1)
        about = words_of(pascal_case(plan.tag))
        about = f"{about[0].upper()}{about[1:]}"
        lines.insert(at, mark("the description, and the group in x-tagGroups", line=f"  - {{name: {plan.tag}, x-displayName: {about}, description: {about}.}}"))
    return "\n".join(lines) + "\n"


def _with_requests(plan: Plan, text: str, urls: Sequence[str]) -> str:
    """The requests of `make drift`, with those of the plan."""
    lines = text.splitlines()
    operations = Operations(plan.bundle)
    templates = {}
    for number, line in enumerate(lines):
        if line.startswith("- /") and (match := operations.match("GET", line[2:].partition("?")[0])):
            templates[number] = match.path
    new = [f"- {url}" for url in urls]
    if plan.is_new_tag or not templates:
        lines += ["", f"# {plan.tag}", *new]
    else:
        at = _line_for(plan.path, templates)
        lines[at:at] = new
    return "\n".join(lines) + "\n"


def _try(plan: Plan, files: dict[str, str], exchange: Exchange, evidence: str, secrets: set[str]) -> list[Finding]:
    """Try the files on a copy of the spec: distil the fixture, which is added to them, and return the findings.

    Raises:
        DraftError: The response cannot become a fixture.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder).resolve()
        for part in ("spec", FIXTURES):
            shutil.copytree(plan.root / part, copy / part)
        if (plan.root / VERSION_FILE).exists():
            (copy / VERSION_FILE).parent.mkdir(parents=True)
            shutil.copy(plan.root / VERSION_FILE, copy / VERSION_FILE)
        for file, text in files.items():
            (copy / file).parent.mkdir(parents=True, exist_ok=True)
            (copy / file).write_text(text, encoding="utf-8")
        try:
            distilled = Distiller(Spec(copy / "spec", copy).bundle).fixture(exchange, evidence=evidence, secrets=secrets)
        except DistillError as error:
            raise DraftError(str(error)) from None
        files[plan.fixture] = distilled.text
        (copy / plan.fixture).parent.mkdir(parents=True, exist_ok=True)
        (copy / plan.fixture).write_text(distilled.text, encoding="utf-8")
        return [finding for finding in lint(Spec(copy / "spec", copy)) if str(finding.location.path) in files]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        0 if the operation was drafted; 1 if it cannot be; 2 if no request could be sent or file written.
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
        plan = Plan(root, options.path, options.ids, options.query, options.tag, options.action)
        with closing(API(plan.bundle, options.base_url)) as api:
            api.check()
            drafted = draft(plan, api, evidence=options.evidence)
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
    print("remove each mark once it is decided, then run `make generate`")


if __name__ == "__main__":
    sys.exit(main())
