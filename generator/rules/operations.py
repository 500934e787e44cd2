"""Rules for the names, parameters and responses of operations."""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from generator.completion import ERRORS, JSON, expected_errors
from generator.load import Mapping, Sequence
from generator.security import Security
from generator.text import argument_name as name_of_argument
from generator.text import identifier
from tmdbkit.runtime.operations import APPEND_TO_RESPONSE

from .names import PATH_PARAMETER, SNAKE_CASE, TAKEN_ACTIONS
from .registry import Problem, rule
from .spec_index import Node, OperationNode, SpecIndex, schema_of

__all__ = [
    "appended_parts",
    "argument_name",
    "credential_marked",
    "error_response",
    "errors_listed",
    "is_list",
    "list_parameter",
    "media_type",
    "named_body",
    "named_response",
    "official_page",
    "operation_id",
    "parameter_name",
    "parameter_place",
    "path_parameters",
    "same_names",
    "security",
    "security_scheme",
    "tag",
    "tag_group",
    "window",
]

MAX_PARTS = 20
PLAIN = ("string", "integer", "number", "boolean")


@rule
def operation_id(index: SpecIndex) -> Iterator[Problem]:
    """`operationId` is `<tag>_<action>` in snake_case, and unique. The action is free as the name of a method."""
    named: dict[str, list[Node]] = {}
    for operation in index.operations:
        location, name = operation.node.at("operationId"), operation.operation_id
        if operation.node not in (same := named.setdefault(name, [])):
            same.append(operation.node)
        if not operation.action or not SNAKE_CASE.fullmatch(name):
            yield location, f"{name!r} is not of the form {operation.tag}_<action>, in snake_case"
        elif keyword.iskeyword(operation.action) or operation.action in TAKEN_ACTIONS:
            yield location, f"a method cannot be called {operation.action!r}"
    for name, same in named.items():
        own = next((node for node in same if name.endswith(f"_{node.file.stem}")), same[0])
        for node in (node for node in same if node is not own):
            yield node.at("operationId"), f"{name!r} is also the id of the operation at {own.at('operationId')}"


@rule
def tag(index: SpecIndex) -> Iterator[Problem]:
    """An operation has one tag. The root declares each tag, in snake_case, and each tag has an operation."""
    declared = {str(node.value.get("name")): node for node in index.root.children if node.slot == "tags"}
    undeclared = {operation.tag: operation for operation in reversed(index.operations) if operation.tag and operation.tag not in declared}
    used = {operation.tag for operation in index.operations}
    for name, node in declared.items():
        if not SNAKE_CASE.fullmatch(name):
            yield node.at("name"), f"{name!r} is not in snake_case"
        elif name not in used:
            meant = next(iter(get_close_matches(name, undeclared, 1)), None)
            undeclared.pop(meant or "", None)
            yield node.at("name"), f"no operation has the tag {name!r}" + (f"; did you mean {meant!r}?" if meant else "")
    for name, operation in undeclared.items():
        close = "".join(f"; did you mean {other!r}?" for other in get_close_matches(name, declared, 1))
        yield operation.node.at("tags"), f"the root does not declare the tag {name!r}{close}"
    for operation in index.operations:
        if len(operation.node.value.get("tags", ())) != 1:
            yield operation.node.at("tags"), "an operation has one tag"


@rule
def tag_group(index: SpecIndex) -> Iterator[Problem]:
    """Each tag has a display name, and belongs to one group of `x-tagGroups`."""
    groups = index.root.value.get("x-tagGroups", Sequence())
    grouped = Counter(str(name) for group in groups for name in group.get("tags", ()))
    tags = {str(node.value.get("name")): node for node in index.root.children if node.slot == "tags"}
    for group in groups:
        for position, name in enumerate(group.get("tags", ())):
            if name not in tags:
                meant = next(iter(get_close_matches(str(name), tags.keys() - grouped.keys(), 1)), None)
                grouped[meant or ""] += 1
                yield group["tags"].at(position), f"there is no tag {name!r}" + (f"; did you mean {meant!r}?" if meant else "")
    for name, node in tags.items():
        if "x-displayName" not in node.value:
            yield node.at(), f"the tag {name!r} has no x-displayName"
        if grouped[name] != 1:
            yield node.at("name"), f"the tag {name!r} is in {grouped[name]} groups of x-tagGroups"


@rule
def official_page(index: SpecIndex) -> Iterator[Problem]:
    """An operation has either `x-reference`, the name of its page in TMDB's documentation, or `x-undocumented`."""
    for operation in index.operations:
        if ("x-reference" in operation.node.value) == ("x-undocumented" in operation.node.value):
            yield operation.node.at("x-reference"), f"{operation.operation_id} needs either x-reference or x-undocumented"


@rule
def path_parameters(index: SpecIndex) -> Iterator[Problem]:
    """The path parameters of an operation are those of its path."""
    fitting, others = set[Node](), list[tuple[OperationNode, Node]]()
    declared = {name for operation in index.operations for name in operation.path_names}
    for operation in index.operations:
        expected = names_in(operation.path)
        in_path = [node for node in operation.parameters if node.value["in"] == "path"]
        fitting |= {node for node in in_path if node.value["name"] in expected}
        surplus = [(operation, node) for node in in_path if node.value["name"] not in expected]
        others += surplus
        for name in expected - operation.path_names if not surplus else ():
            yield operation.node.at("parameters"), f"{operation.operation_id} does not declare {name!r}, which its path has"
    for operation, node in others:
        name, strange = node.value["name"], names_in(operation.path) - declared
        if node in fitting and strange:  # a name that no operation declares is at fault itself
            yield index.spec.locate(["paths", operation.path]), f"no operation declares {min(strange)!r}; did you mean {name!r}?"
        else:  # and so is a parameter that fits no path
            location = operation.node.at("parameters") if node in fitting else node.at("name")
            yield location, f"{operation.operation_id} declares {name!r}, which its path does not have"


def names_in(path: str) -> set[str]:
    """The names of parameters in a path."""
    return set(re.findall(r"\{([^}]*)\}", path))


@rule
def parameter_place(index: SpecIndex) -> Iterator[Problem]:
    """A parameter is in the path or in the query."""
    for node in index.of("parameter"):
        if node.value["in"] not in ("path", "query"):
            yield node.at("in"), f"the client sends no parameters in a {node.value['in']}"


@rule
def parameter_name(index: SpecIndex) -> Iterator[Problem]:
    """A parameter has a name. That of a path parameter, which TMDB does not see, has letters, digits and `_`, and no digit first."""
    for node in index.of("parameter"):
        name = node.value["name"]
        if not name:
            yield node.at("name"), "the parameter has no name"
        elif node.value["in"] == "path" and not PATH_PARAMETER.fullmatch(name):
            yield node.at("name"), f"{name!r} is not a name for a parameter of a path: choose one of letters, digits and _"


@rule
def list_parameter(index: SpecIndex) -> Iterator[Problem]:
    """A parameter with several values separates them with commas: `style: form, explode: false`."""
    for node in index.of("parameter"):
        if is_list(index, node) and (node.value.get("style"), node.value.get("explode")) != ("form", False):
            yield node.at("schema"), f"the list {node.value['name']!r} needs style: form and explode: false"


def is_list(index: SpecIndex, parameter: Node) -> bool:
    """Whether a parameter takes several values."""
    schema = parameter.child("schema")
    return schema is not None and "array" in index.resolve(schema).types


@rule
def window(index: SpecIndex) -> Iterator[Problem]:
    """`x-window` is on the last day of a range: `from` names the parameter of the first day, and `days` is the maximum span."""
    windows = [node for node in index.of("parameter") if "x-window" in node.value]
    malformed = [node for node in windows if not is_window(node.value["x-window"])]
    for node in malformed:
        yield node.at("x-window"), "x-window has from, the name of a parameter, and days, a number"
    fitting, others = set[Node](), list[tuple[OperationNode, Node]]()
    for operation in index.operations:
        days = {str(node.value["name"]) for node in operation.parameters if is_day(index, node)}
        for node in (node for node in operation.parameters if node in windows and node not in malformed):
            if {str(node.value["x-window"]["from"]), str(node.value["name"])} <= days:
                fitting.add(node)
            else:
                others.append((operation, node))
    for operation, node in others:
        location = operation.node.at("parameters") if node in fitting else node.at("x-window")  # a window that fits no operation is at fault itself
        first, last = node.value["x-window"]["from"], node.value["name"]
        yield location, f"{operation.operation_id} has {last!r}, but no days {first!r} and {last!r}"


@rule
def session_pattern(index: SpecIndex) -> Iterator[Problem]:
    """`x-pattern` of a security scheme is a regular expression, of an `apiKey`."""
    for node in index.of("security scheme"):
        if "x-pattern" in node.value and (node.value.get("type") != "apiKey" or not is_pattern(node.value["x-pattern"])):
            yield node.at("x-pattern"), "x-pattern is a regular expression, of an apiKey"


def is_pattern(value: Any) -> bool:
    try:
        re.compile(value)
    except (re.error, TypeError):
        return False
    return True


@rule
def requires(index: SpecIndex) -> Iterator[Problem]:
    """`x-requires` names a query parameter of the same operation, without which TMDB ignores this one."""
    for operation in index.operations:
        names = {str(node.value["name"]) for node in operation.parameters if node.value.get("in") == "query"}
        for node in operation.parameters:
            if "x-requires" in node.value and (node.value["x-requires"] not in names or node.value["x-requires"] == node.value["name"]):
                yield (
                    node.at("x-requires"),
                    f"{operation.operation_id} has no other query parameter {node.value['x-requires']!r}, which {node.value['name']!r} requires",
                )


def is_window(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"from", "days"} and type(value["days"]) is int and value["days"] > 0


@rule
def date_range(index: SpecIndex) -> Iterator[Problem]:
    """`x-date-range` names parameters of its operation: `from` and `to` are days, and `undated`, which may be absent, is a boolean."""
    for operation in index.operations:
        if (value := operation.node.value.get("x-date-range")) is None:
            continue
        types = {str(node.value["name"]): "date" if is_day(index, node) else _type_of(index, node) for node in operation.parameters}
        wanted = {"from": "date", "to": "date", "undated": "boolean"}
        if not isinstance(value, dict) or not {"from", "to"} <= value.keys() <= wanted.keys():
            yield operation.node.at("x-date-range"), "x-date-range has from, to, and perhaps undated: names of parameters"
            continue
        for key, name in value.items():
            if types.get(str(name)) != wanted[key]:
                kind = "a day" if wanted[key] == "date" else "a boolean"
                yield operation.node.at("x-date-range"), f"{operation.operation_id} has no parameter {str(name)!r} that is {kind}"


def _type_of(index: SpecIndex, parameter: Node) -> Any:
    schema = parameter.child("schema")
    return None if schema is None else index.resolve(schema).value.get("type")


def is_day(index: SpecIndex, parameter: Node) -> bool:
    """Whether a parameter takes a day."""
    schema = parameter.child("schema")
    return schema is not None and index.resolve(schema).value.get("format") == "date"


@rule
def argument_name(index: SpecIndex) -> Iterator[Problem]:
    """Parameters, body properties and user credentials of an operation become arguments with different names."""
    for operation in index.operations:
        body = index.resolve(operation.body).value.get("properties", ()) if operation.body else ()
        accepted = {name for alternative in operation.node.value.get("security", ()) for name in alternative}
        names = [*(str(node.value["name"]) for node in operation.parameters), *body, *(name for name in index.security.sessions if name in accepted)]
        for argument, same in same_names(names, name_of_argument):
            yield (
                operation.node.at("parameters"),
                f"{operation.operation_id} would take the argument {argument!r} {len(same)} times: for {', '.join(map(repr, same))}",
            )


def same_names(names: Iterable[str], identifier_of: Callable[[str], str]) -> Iterator[tuple[str, list[str]]]:
    """The identifiers that several wire names share, ignoring case, each with those names."""
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(identifier_of(name).lower(), []).append(name)
    yield from ((identifier_of(same[0]), same) for same in found.values() if len(same) > 1)


@rule
def security(index: SpecIndex) -> Iterator[Problem]:
    """The root states the credentials, and so does an operation that differs. Each alternative has exactly one that suffices alone: a token, or the API key."""
    default = index.root.value.get("security")
    if not default:
        yield index.root.at("security"), "the root states no credentials"
        return
    for node in [index.root, *(operation.node for operation in index.operations if "security" in operation.node.value)]:
        alternatives = node.value.get("security", Sequence())
        if node is not index.root and alternatives in ([], default):
            yield node.at("security"), "this repeats the root; remove it" if alternatives else "the operation states no credentials"
        for position, alternative in enumerate(alternatives):
            yield from ((alternatives.at(position), fault) for fault in faults_of_alternative(alternative, index.security))
            if alternative in alternatives[:position]:
                yield alternatives.at(position), "this alternative is repeated"


def faults_of_alternative(alternative: dict[str, Any], known: Security) -> Iterator[str]:
    """The faults of an alternative of credentials."""
    yield from (f"there is no security scheme {name!r}" for name in alternative if name not in known.schemes)
    if known.schemes.keys() >= alternative.keys() and (found := len(alternative.keys() & {*known.alone})) != 1:
        yield f"one of {', '.join(known.alone)} is required, not {found}"


@rule
def security_scheme(index: SpecIndex) -> Iterator[Problem]:
    """A credential is a bearer token, or a query parameter of the same name: the client sends no others."""
    for node in index.of("security scheme"):
        scheme = {key: node.value.get(key) for key in ("type", "scheme", "in", "name")}
        if scheme not in (
            {"type": "http", "scheme": "bearer", "in": None, "name": None},
            {"type": "apiKey", "scheme": None, "in": "query", "name": node.name},
        ):
            yield node.at(), f"{node.name} is neither a bearer token nor {node.name!r} in the query"


@rule
def credential_marked(index: SpecIndex) -> Iterator[Problem]:
    """A part with the name of a credential or of a secret argument has `x-redact` wherever it occurs."""
    names = {*index.security.schemes, *index.security.arguments}
    for node in index.nodes:
        is_named = node.kind == "parameter" or (node.kind == "schema" and node.slot == "properties")
        name = node.value.get("name") if node.kind == "parameter" else node.name
        if is_named and name in names and "x-redact" not in index.resolve(node).value.keys() | node.value.keys():
            yield node.at(), f"{name!r} is a credential elsewhere; mark it with x-redact"


@rule
def errors_listed(index: SpecIndex) -> Iterator[Problem]:
    """An operation has its errors. The bundle adds those that follow from its parameters and its body, such as 404 with a path parameter."""
    missing = set()
    for operation in index.operations:
        for status, cause in expected_errors([node.value for node in operation.parameters], has_body=operation.body is not None):
            stated = operation.node.child("responses", status)
            if status not in operation.responses and status not in missing:
                missing.add(status)
                yield operation.node.at("responses"), f"{operation.operation_id} {cause}, and there is no responses/{ERRORS[status]}.yaml"
            elif stated and index.resolve(stated).file == index.spec.root / "responses" / f"{ERRORS[status]}.yaml":
                location = index.spec.locate_below(operation.node.value, ["responses", status])
                yield location, f"the bundle adds {status} to an operation that {cause}; remove it"


@rule
def error_response(index: SpecIndex) -> Iterator[Problem]:
    """A response has a status of three digits. An error is a file in `responses/`, for one status."""
    statuses = {node: status for status, name in ERRORS.items() if (node := index.tops.get(index.spec.root / "responses" / f"{name}.yaml"))}
    for operation in index.operations:
        for node in operation.node.children:
            if node.slot != "responses":
                continue
            location = index.spec.locate_below(operation.node.value, ["responses", node.name])
            if not re.fullmatch("[1-5][0-9][0-9]", node.name):
                yield location, f"{node.name!r} is not a status: the client needs exact statuses"
            elif not node.name.startswith("2") and "$ref" not in node.value:
                yield location, f"the response {node.name} is not a reference to a file of responses/"
            elif not node.name.startswith("2") and statuses.setdefault(index.resolve(node), node.name) != node.name:
                yield location, f"{node.value['$ref']} is the response {statuses[index.resolve(node)]} elsewhere"


@rule
def named_response(index: SpecIndex) -> Iterator[Problem]:
    """An operation has a success response in JSON with a named schema, or an array of one. Several successes have the same schema."""
    for operation in index.operations:
        schemas = operation.successes
        location = operation.node.at("responses")
        own = [node for node in operation.node.children if node.slot == "responses" and "$ref" not in node.value]
        if not schemas and not own:  # `error_response` reports an inline response with another status
            yield location, f"{operation.operation_id} has no success response"
        elif not all(schemas) and all(is_json(node) for response in own for node in response.children if node.slot == "content"):
            yield location, f"{operation.operation_id} has a success response without a schema of {JSON}"
        elif any(index.spec.bundled(schema.value) != index.spec.bundled(schemas[0].value) for schema in schemas if schema and schemas[0]):
            yield location, f"{operation.operation_id} has different success responses"
        yield from (
            (schema.at(), "the response has a schema without a name; give it a file under schemas/") for schema in schemas if schema and not is_named(schema)
        )


def is_named(schema: Node) -> bool:
    """Whether a schema has a file, or is an array of such a schema or of a plain type."""
    items = schema.child("items") if schema.value.get("type") == "array" else schema
    return items is not None and ("$ref" in items.value or (items is not schema and items.value.get("type") in PLAIN))


@rule
def named_body(index: SpecIndex) -> Iterator[Problem]:
    """A request body is a named object. It is required, unless none of its properties is."""
    for node in index.of("request body"):
        schema = schema_of(node)
        body = index.resolve(schema).value if schema else Mapping()
        if schema is None or "$ref" not in schema.value or "properties" not in body:
            yield node.at(), f"the body has no schema of {JSON} that is an object with a file under schemas/"
        elif node.value.get("required") is not True and (body.get("required") or "required" not in node.value):
            yield node.at("required"), "the body needs required: true"


@rule
def media_type(index: SpecIndex) -> Iterator[Problem]:
    """A body is `application/json` only."""
    for node in index.of("media type"):
        if not is_json(node) and node.parent:
            yield index.spec.locate_below(node.parent.value, ["content", node.name]), f"{node.name} is not {JSON}"


def is_json(node: Node) -> bool:
    """Whether a media type is JSON."""
    return node.name == JSON


@rule
def appended_parts(index: SpecIndex) -> Iterator[Problem]:
    """The values of `append_to_response` are optional properties of the response, with the types of their operations; at most 20 in a request, each once."""
    for operation in index.operations:
        for parameter in operation.parameters:
            if parameter.value["name"] == APPEND_TO_RESPONSE and operation.success:
                yield from faults_of_parts(index, operation, parameter, index.resolve(operation.success))


def faults_of_parts(index: SpecIndex, operation: OperationNode, parameter: Node, details: Node) -> Iterator[Problem]:
    """The faults of the parts of an operation."""
    schema = parameter.child("schema")
    items = schema.child("items") if schema else None
    alternatives = [index.resolve(one) for one in (items, *(items.children if items else ())) if one]
    vocabulary = next((one for one in alternatives if "enum" in one.value), None)
    if vocabulary and not all(isinstance(part, str) for part in vocabulary.value["enum"]):
        return
    if schema is None or vocabulary is None:
        yield parameter.at("schema"), f"{APPEND_TO_RESPONSE} takes a list of a vocabulary"
        return
    yield from faults_of_patterns(alternatives, details)
    if (schema.value.get("maxItems"), schema.value.get("uniqueItems")) != (MAX_PARTS, True):
        yield schema.at(), f"{APPEND_TO_RESPONSE} has maxItems: {MAX_PARTS} and uniqueItems: true"
    parts = {str(part): position for position, part in enumerate(vocabulary.value["enum"])}
    required = details.value.get("required", ())
    responses = {name: index.operation(f"{operation.tag}_{identifier(name)}") for name in [*parts, *details.value.get("properties", ())]}
    for part, position in parts.items():
        location, node, part_operation = vocabulary.value["enum"].at(position), details.child("properties", part), responses[part]
        if node is None:
            yield location, f"{details.name} has no property {part!r}"
        elif part in required:
            yield location, f"{details.name} requires {part!r}, which is absent unless requested"
        elif part_operation and part_operation.success and not same_schema(index, part_operation.success, node):
            yield index.spec.locate_below(details.value, ["properties", part]), f"{part!r} is not what {part_operation.operation_id} returns"
    unknown = [part for part in parts if details.child("properties", part) is None]
    for node in details.children if not unknown else ():
        part_operation = responses.get(node.name)
        if node.slot == "properties" and node.name not in (*parts, *required) and part_operation and same_schema(index, part_operation.success, node):
            yield vocabulary.at("enum"), f"{node.name!r} is not among the parts, but {details.name} has it and {part_operation.operation_id} returns it"


def faults_of_patterns(parts: list[Node], details: Node) -> Iterator[Problem]:
    """The faults of parts with a number in their name: their pattern has to be that of the keys."""
    for part in parts:
        if part.value.get("pattern") not in (None, *details.value.get("patternProperties", ())):
            yield part.at("pattern"), f"{details.name} has no patternProperties of this pattern"


def same_schema(index: SpecIndex, one: Node | None, other: Node | None) -> bool:
    """Whether two schemas are the same file."""
    return bool(one and other and "$ref" in one.value and "$ref" in other.value and index.resolve(one) is index.resolve(other))
