"""Says whether the spec is sound: its structure, the house rules of `spec/README.md`, and its examples.

`python -m generator.lint` prints findings as `file:line: rule: message` and exits with status 1 if there are any; `--rules` lists the rules.
"""

from __future__ import annotations

import argparse
import keyword
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from openapi_spec_validator import OpenAPIV31SpecValidator

from tmdbkit.runtime import errors, types

from .python import identifier, snake_case
from .source import METHODS, Finding, Location, Mapping, Sequence, Spec, SpecError, load, pointer_keys
from .survey import JSON, FixtureFile, Node, OperationNode, Survey, schema_of
from .validation import Validation

__all__ = ["RULES", "Problem", "Rule", "lint", "main", "name_of"]

ROOT = Path(__file__).parent.parent
Problem = tuple[Location, str]
Rule = Callable[[Survey], Iterator[Problem]]
RULES: list[Rule] = []
"""All rules: each a function named after the rule, whose docstring says it, and which yields where it is broken and how."""

SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
PASCAL_CASE = re.compile(r"[A-Z][A-Za-z0-9]*")
PATH = re.compile(r"/[34](/[a-z0-9_]+|/\{[a-z0-9_]+\})+")
PARAMETER_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z]+)?")

APPEND_TO_RESPONSE = "append_to_response"
MAX_PARTS = 20
APPLICATION = ("access_token", "api_key")
ODD_PROPERTY = "watch/providers"
"""The one property whose name is no identifier."""

TAKEN_ACTIONS = ("raw", "unset")
"""Names that a resource's class or module has for itself, in small letters."""
TAKEN_ARGUMENTS = ("self", "timeout", "headers")
"""Arguments that every method has."""
TAKEN_PROPERTIES = ("Any", "Literal", "attrs", "bool", "date", "datetime", "dict", "float", "int", "list", "str")
"""Names that annotations need in a model's class."""
TAKEN_SCHEMAS = (
    *("Any", "AnyOf", "AppendableModel", "AsyncResource", "BodyField", "Boolean", "Choice", "Date", "Integer", "Iterable", "List", "Literal", "Mapping"),
    *("Model", "Number", "Operation", "PathParameter", "QueryParameter", "Resource", "Response", "Text", "Timeout"),
)
"""Names that the templates import, beside those of `tmdbkit.runtime.types`."""

RANGES = {
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems"),
}
FORMATS = {"date": "string", "date-time": "string", "int64": "integer"}
REDACTIONS = ("prose", "personal", "credential")


def rule(function: Rule) -> Rule:
    """Register a rule."""
    RULES.append(function)
    return function


def name_of(function: Rule) -> str:
    return function.__name__.replace("_", "-")


def lint(spec: Spec) -> list[Finding]:
    """What is wrong with a spec, in the order of its files."""
    try:
        survey = Survey(spec)
    except SpecError as error:
        return sorted(error.findings)
    broken = findings_of(survey, structure)
    others = (known_keyword, boolean_schema) if broken else [function for function in RULES if function is not structure]
    return sorted(broken | findings_of(survey, *others))


def findings_of(survey: Survey, *rules: Rule) -> set[Finding]:
    """What some rules find."""
    return {Finding(place, name_of(function), message) for function in rules for place, message in function(survey)}


# The document


@rule
def structure(survey: Survey) -> Iterator[Problem]:
    """The bundle has the form of an OpenAPI 3.1 document, and its schemas that of JSON Schema. While it has not, most other rules do not look."""
    malformed = list(OpenAPIV31SpecValidator.schema_validator.iter_errors(survey.bundle))
    for error in malformed:
        cause = cause_of(error)
        yield survey.spec.locate(cause.absolute_path), shortened(cause.message)
    if not malformed and not any(isinstance(error.validator, str) for _, error in survey.errors):
        return
    meta = Draft202012Validator(Draft202012Validator.META_SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for node in survey.nodes:
        if node.kind == "schema" and (node.parent is None or node.parent.kind != "schema"):
            for cause in map(cause_of, meta.iter_errors(node.value)):
                yield survey.spec.locate_below(node.value, cause.absolute_path), shortened(cause.message)


@rule
def consistency(survey: Survey) -> Iterator[Problem]:
    """The bundle is an OpenAPI 3.1 document in the eyes of openapi-spec-validator, beyond its form."""
    for keys, error in survey.errors:
        method = next((method for method in METHODS if f"'{method}'" in error.message), "")
        yield survey.spec.locate([*keys, method]), shortened(error.message)


def cause_of(error: ValidationError) -> ValidationError:
    """The error that most likely explains another."""
    while error.context and (deeper := best_match(error.context)):
        error = deeper
    return error


def shortened(message: str, limit: int = 200) -> str:
    """A message of jsonschema, which begins with the value that is wrong, however long that is."""
    return message if len(message) <= limit else f"{message[: limit // 4]} … {message[-limit * 3 // 4 :]}"


@rule
def known_keyword(survey: Survey) -> Iterator[Problem]:
    """Every key is one that this spec uses, and has a value: `{description: One, two}` would hold a key `two` without one."""
    for node in survey.nodes:
        for key, value in node.value.items():
            if key not in node.grammar:
                yield node.at(key), f"{key!r} cannot stand beside $ref" if "$ref" in node.value else f"{key!r} is no key of a part of this kind: {node.kind}"
            elif value is None and key != "const":
                yield node.at(key), f"{key!r} has no value"


@rule
def boolean_schema(survey: Survey) -> Iterator[Problem]:
    """A schema is never `true` or `false`, which openapi-python-client cannot read; `{}` accepts anything."""
    for node in survey.nodes:
        for key, held in node.grammar.items():
            if held.strip("[]{}") == "schema":
                value = node.value.get(key)
                values = value.values() if held[0] == "{" and isinstance(value, Mapping) else value if isinstance(value, list) else [value]
                if any(isinstance(schema, bool) for schema in values):
                    yield node.at(key), f"{key!r} holds a boolean in the place of a schema"


@rule
def not_empty(survey: Survey) -> Iterator[Problem]:
    """There is something to look at: operations, schemas, examples. A scan of nothing is a failure."""
    for kind, found in (("operations", survey.operations), ("schemas", survey.schemas), ("examples", survey.examples)):
        if not found:
            yield survey.root.at(), f"the spec has no {kind}"


# Files


@rule
def unused_file(survey: Survey) -> Iterator[Problem]:
    """The root refers to every YAML file, directly or through others."""
    for path in survey.spec.files.keys() - survey.spec.used:
        yield Location(survey.spec.shown(path), 1), "nothing refers to this file"


@rule
def file_name(survey: Survey) -> Iterator[Problem]:
    """A file lies where its kind lies and is named as its kind is: schemas and responses in PascalCase, others in snake_case."""
    for path in survey.spec.used:
        kind, place = survey.kind_of(path), Location(survey.spec.shown(path), 1)
        if not kind and path.parent != survey.spec.root:
            yield place, "files lie in paths/<tag>/, schemas/, parameters/ and responses/"
        elif not (PASCAL_CASE if kind in ("schema", "response") else SNAKE_CASE).fullmatch(path.stem):
            yield place, f"{path.stem!r} is not in {'PascalCase' if kind in ('schema', 'response') else 'snake_case'}"


@rule
def schema_name(survey: Survey) -> Iterator[Problem]:
    """The name of a schema can be a class and, in snake_case, a module: it is not taken, and differs from others in more than its capitals."""
    modules: dict[str, str] = {}
    for node in survey.schemas:
        module = snake_case(node.name)
        if node.name in TAKEN_SCHEMAS or (node.name in types.__all__ and node.value.get("x-python-type") != node.name):
            yield node.at(), f"generated code needs the name {node.name!r} for itself"
        if keyword.iskeyword(module):
            yield node.at(), f"the module of {node.name!r} would be called {module!r}, which is a keyword of Python"
        if module in modules:
            yield node.at(), f"{node.name!r} and {modules[module]!r} would be one module"
        modules.setdefault(module, node.name)


@rule
def reference(survey: Survey) -> Iterator[Problem]:
    """A reference leads to a file of the kind that stands in its place, and a file is not a mere reference."""
    for node in survey.nodes:
        if "$ref" in node.value:
            kind = survey.kind_of(survey.spec.target(node.value, node.value["$ref"]))
            if node.parent is None:
                yield node.at("$ref"), "the file is a mere reference to another"
            elif kind != node.kind:
                yield node.at("$ref"), f"{node.value['$ref']} leads to a {kind or 'file of no kind'}, not to a {node.kind}"


@rule
def path_file(survey: Survey) -> Iterator[Problem]:
    """Each path begins with the version, and refers to a file of its own at `paths/<tag>/`, named after the action where there is one operation."""
    items = [node for node in survey.root.children if node.slot == "paths"]
    uses = Counter(survey.resolve(item) for item in items)
    for item in items:
        if not PATH.fullmatch(item.name):
            yield survey.spec.locate(["paths", item.name]), f"{item.name!r} is not of the form /3/name/{{parameter}}"
        if "$ref" not in item.value:
            yield survey.spec.locate(["paths", item.name]), f"{item.name} is not a reference to a file"
        elif uses[survey.resolve(item)] > 1:
            yield item.at("$ref"), f"{item.value['$ref']} is the file of another path, too"
    for operation in survey.operations:
        file, alone = operation.node.file, operation.node.parent and len(operation.node.parent.children) == 1
        if file == survey.root.file:
            continue
        if file.parent.name != operation.tag:
            yield operation.node.at("tags"), f"an operation with the tag {operation.tag!r} lies in paths/{operation.tag}/"
        elif alone and operation.action and file.stem != operation.action:
            yield operation.node.at("operationId"), f"the file of {operation.operation_id} is called {operation.action}.yaml"


# Operations


@rule
def operation_id(survey: Survey) -> Iterator[Problem]:
    """`operationId` is `<tag>_<action>` in snake_case and unique; an operation has one tag. The action can be a method."""
    uses = Counter(operation.operation_id for operation in survey.operations)
    for operation in survey.operations:
        place, name = operation.node.at("operationId"), operation.operation_id
        if len(operation.node.value.get("tags", ())) != 1:
            yield operation.node.at("tags"), "an operation has one tag"
        elif not operation.action or not SNAKE_CASE.fullmatch(name):
            yield place, f"{name!r} is not of the form {operation.tag}_<action>, in snake_case"
        elif keyword.iskeyword(operation.action) or operation.action in TAKEN_ACTIONS:
            yield place, f"no method can be called {operation.action!r}"
        if uses[name] > 1:
            yield place, f"{name!r} is the id of another operation, too"


@rule
def tag(survey: Survey) -> Iterator[Problem]:
    """The root declares each tag, in snake_case, and each tag has an operation."""
    declared = {str(node.value.get("name")): node for node in survey.root.children if node.slot == "tags"}
    used = {operation.tag for operation in survey.operations}
    for name, node in declared.items():
        if not SNAKE_CASE.fullmatch(name):
            yield node.at("name"), f"{name!r} is not in snake_case"
        if name not in used:
            yield node.at("name"), f"no operation has the tag {name!r}"
    for operation in survey.operations:
        if operation.tag and operation.tag not in declared:
            yield operation.node.at("tags"), f"the root does not declare the tag {operation.tag!r}"


@rule
def summary(survey: Survey) -> Iterator[Problem]:
    """An operation has a summary: one line that ends in a full stop."""
    for operation in survey.operations:
        if "summary" not in operation.node.value:
            yield operation.node.at(), "the operation has no summary"
        elif fault := fault_of_text(operation.node.value["summary"]):
            yield operation.node.at("summary"), f"the summary {fault}"
        elif "\n" in operation.node.value["summary"]:
            yield operation.node.at("summary"), "the summary has more than one line"


@rule
def description(survey: Survey) -> Iterator[Problem]:
    """Schemas, parameters, answers, tags and security schemes are described. A description is whole sentences; beside a `pattern`, a phrase for messages."""
    for node in survey.nodes:
        if "description" in node.value:
            if fault := fault_of_text(node.value["description"], phrase="pattern" in node.value and "x-python-type" not in node.value):
                yield node.at("description"), f"the description {fault}"
        elif "$ref" not in node.value and (node.kind in ("parameter", "response", "tag", "security scheme") or (node.kind == "schema" and not node.parent)):
            yield node.at(), f"the {node.kind} has no description"


def fault_of_text(text: str, *, phrase: bool = False) -> str:
    """What is wrong with a text; empty if nothing is."""
    if not text.strip():
        return "is blank"
    if text != text.strip() or "  " in text:
        return "has spaces around it or two in a row"
    if text.endswith(".") == phrase:
        return "ends with a full stop, but is a phrase" if phrase else "does not end with a full stop"
    return ""


@rule
def path_parameters(survey: Survey) -> Iterator[Problem]:
    """The path parameters of an operation are those of its path; the others stand in the query."""
    for operation in survey.operations:
        expected = set(re.findall(r"\{([^}]*)\}", operation.path))
        for name in expected - operation.path_names:
            yield operation.node.at("parameters"), f"{operation.operation_id} does not declare {name!r}, which its path has"
        for name in operation.path_names - expected:
            yield operation.node.at("parameters"), f"{operation.operation_id} declares {name!r}, which its path does not have"
    for node in survey.of("parameter"):
        if node.value["in"] not in ("path", "query"):
            yield node.at("in"), f"the client sends no parameters in a {node.value['in']}"


@rule
def parameter_name(survey: Survey) -> Iterator[Problem]:
    """A parameter is named in snake_case; in the query perhaps with a suffix such as `.gte`."""
    for node in survey.of("parameter"):
        pattern = PARAMETER_NAME if node.value["in"] == "query" else SNAKE_CASE
        if not pattern.fullmatch(node.value["name"]):
            yield node.at("name"), f"{node.value['name']!r} is no name of a parameter in the {node.value['in']}"


@rule
def list_parameter(survey: Survey) -> Iterator[Problem]:
    """A parameter that takes several values is written with commas between them: `style: form, explode: false`."""
    for node in survey.of("parameter"):
        schema = node.child("schema")
        if schema and "array" in types_of(survey.resolve(schema)) and (node.value.get("style"), node.value.get("explode")) != ("form", False):
            yield node.at("schema"), f"the list {node.value['name']!r} needs style: form and explode: false"


@rule
def argument_name(survey: Survey) -> Iterator[Problem]:
    """What an operation takes (parameters, properties of its body, the user's credentials) can be arguments of one method: their names are free and differ."""
    for operation in survey.operations:
        body = survey.resolve(operation.body).value.get("properties", ()) if operation.body else ()
        names = [*(str(node.value["name"]) for node in operation.parameters), *body, *user_credentials(operation.node)]
        for name, uses in Counter(identifier(name) for name in names).items():
            if uses > 1:
                yield operation.node.at(), f"{operation.operation_id} would take {name!r} twice"
            if keyword.iskeyword(name) or name in TAKEN_ARGUMENTS:
                yield operation.node.at(), f"{operation.operation_id} cannot have an argument {name!r}"


def user_credentials(node: Node) -> list[str]:
    """The user's credentials that an operation accepts."""
    return list({name: None for alternative in node.value.get("security", ()) for name in alternative if name not in APPLICATION})


@rule
def security(survey: Survey) -> Iterator[Problem]:
    """Credentials are stated: in the root, and where an operation differs. Each alternative has one that stands alone: a bearer token or the API key."""
    components = survey.root.child("components")
    schemes = {node.name: node.value for node in components.children} if components else {}
    alone = {name for name, scheme in schemes.items() if name in APPLICATION or scheme.get("type") == "http"}
    default = survey.root.value.get("security")
    if not default:
        yield survey.root.at("security"), "the root states no credentials"
    for node in [survey.root, *(operation.node for operation in survey.operations if "security" in operation.node.value)]:
        alternatives = node.value.get("security", Sequence())
        if node is not survey.root and alternatives in ([], default):
            yield node.at("security"), "this is what the root says; leave it out" if alternatives else "the operation states no credentials"
        for index, alternative in enumerate(alternatives):
            yield from ((alternatives.at(index), fault) for fault in faults_of_alternative(alternative, set(schemes), alone))
            if alternative in alternatives[:index]:
                yield alternatives.at(index), "this alternative stands twice"


def faults_of_alternative(alternative: dict[str, Any], known: set[str], alone: set[str]) -> Iterator[str]:
    """What is wrong with the credentials that are accepted together."""
    yield from (f"there is no security scheme {name!r}" for name in alternative if name not in known)
    if known >= alternative.keys() and len(alone & alternative.keys()) != 1:
        yield f"one of {', '.join(sorted(alone))} has to be there, not {len(alone & alternative.keys())}"


@rule
def errors_listed(survey: Survey) -> Iterator[Problem]:
    """An operation states its errors: 401 and 429 always, 404 with a path parameter, 400 with `page`, 422 with a body or a range of days."""
    for operation in survey.operations:
        for status, cause in expected_errors(operation):
            if status not in operation.answers:
                yield operation.node.at("responses"), f"{operation.operation_id} {cause} and does not state {status}"


def expected_errors(operation: OperationNode) -> Iterator[tuple[str, str]]:
    """The statuses that an operation has to state, and why."""
    yield from (("401", "needs a credential"), ("429", "can be called too often"))
    if operation.path_names:
        yield "404", "has a path parameter"
    if "page" in operation.names:
        yield "400", "has pages"
    if operation.body or operation.names & {"start_date", "end_date"}:
        yield "422", "takes a body" if operation.body else "takes a range of days"


@rule
def error_answer(survey: Survey) -> Iterator[Problem]:
    """An answer has a status of three digits; one that is no success is a file of `responses/`, which belongs to one status."""
    statuses: dict[Node, str] = {}
    for operation in survey.operations:
        for node in operation.node.children:
            if node.slot != "responses":
                continue
            place = survey.spec.locate_below(operation.node.value, ["responses", node.name])
            if not re.fullmatch("[1-5][0-9][0-9]", node.name):
                yield place, f"{node.name!r} is no status: the client needs exact ones"
            elif not node.name.startswith("2") and "$ref" not in node.value:
                yield place, f"the answer {node.name} is not a reference to a file of responses/"
            elif not node.name.startswith("2") and statuses.setdefault(survey.resolve(node), node.name) != node.name:
                yield place, f"{node.value['$ref']} is the answer {statuses[survey.resolve(node)]} elsewhere"


@rule
def named_answer(survey: Survey) -> Iterator[Problem]:
    """An operation has an answer of success, in JSON, whose schema has a name, or is an array of one that has; several successes share it."""
    for operation in survey.operations:
        schemas = operation.successes
        place = operation.node.at("responses")
        if not schemas:
            yield place, f"{operation.operation_id} has no answer of success"
        elif not all(schemas):
            yield place, f"{operation.operation_id} has an answer of success without a schema of {JSON}"
        elif any(survey.spec.resolve(schema.value) != survey.spec.resolve(schemas[0].value) for schema in schemas if schema and schemas[0]):
            yield place, f"{operation.operation_id} has successes that differ"
        for schema in filter(None, schemas):
            items = schema.child("items") if schema.value.get("type") == "array" else schema
            if items is None or "$ref" not in items.value:
                yield schema.at(), "the answer has a schema without a name; give it a file under schemas/"


@rule
def named_body(survey: Survey) -> Iterator[Problem]:
    """The body of a request is required, and an object with a name."""
    for node in survey.of("request body"):
        schema = schema_of(node)
        if node.value.get("required") is not True:
            yield node.at("required"), "a body is required: true"
        if schema is None or "$ref" not in schema.value or "properties" not in survey.resolve(schema).value:
            yield node.at(), f"the body has no schema of {JSON} that is an object with a file under schemas/"


@rule
def media_type(survey: Survey) -> Iterator[Problem]:
    """A body is `application/json` and nothing else."""
    for node in survey.of("media type"):
        if node.name != JSON and node.parent:
            yield survey.spec.locate_below(node.parent.value, ["content", node.name]), f"{node.name} is not {JSON}"


@rule
def appended_parts(survey: Survey) -> Iterator[Problem]:
    """What `append_to_response` takes are properties of the answer, not required, each what the part's own operation answers; at most 20, each once."""
    for operation in survey.operations:
        for parameter in operation.parameters:
            if parameter.value["name"] == APPEND_TO_RESPONSE and operation.success:
                yield from faults_of_parts(survey, operation, parameter, survey.resolve(operation.success))


def faults_of_parts(survey: Survey, operation: OperationNode, parameter: Node, details: Node) -> Iterator[Problem]:
    """What is wrong with the parts that can be appended to the details of something."""
    schema = parameter.child("schema")
    items = schema.child("items") if schema else None
    vocabulary = survey.resolve(items) if items else None
    if schema is None or vocabulary is None or "enum" not in vocabulary.value:
        yield parameter.at("schema"), f"{APPEND_TO_RESPONSE} takes a list of a vocabulary"
        return
    if (schema.value.get("maxItems"), schema.value.get("uniqueItems")) != (MAX_PARTS, True):
        yield schema.at(), f"{APPEND_TO_RESPONSE} has maxItems: {MAX_PARTS} and uniqueItems: true"
    parts = vocabulary.value["enum"]
    required = details.value.get("required", ())
    own = {name: survey.operation(f"{operation.tag}_{identifier(name)}") for name in [*parts, *details.value.get("properties", ())]}
    for index, part in enumerate(parts):
        node = details.child("properties", part)
        place = parts.at(index) if isinstance(parts, Sequence) else vocabulary.at()
        if node is None:
            yield place, f"{details.name} has no property {part!r}"
        elif part in required:
            yield place, f"{details.name} requires {part!r}, which is only there when it was asked for"
        elif (answering := own[part]) and not same_schema(survey, answering.success, node):
            yield survey.spec.locate_below(details.value, ["properties", part]), f"{part!r} is not what {answering.operation_id} answers"
    for node in details.children:
        answering = own.get(node.name)
        if node.slot == "properties" and node.name not in (*parts, *required) and answering and same_schema(survey, answering.success, node):
            yield vocabulary.at("enum"), f"{node.name!r} is not among the parts, but {details.name} has it and {answering.operation_id} answers it"


def same_schema(survey: Survey, one: Node | None, other: Node | None) -> bool:
    """Whether two schemas are the same file."""
    return bool(one and other and "$ref" in one.value and "$ref" in other.value and survey.resolve(one) is survey.resolve(other))


# Schemas


def types_of(node: Node) -> list[str]:
    """The types that a schema names."""
    value = node.value.get("type", [])
    return list(value) if isinstance(value, list) else [value]


@rule
def inline_object(survey: Survey) -> Iterator[Problem]:
    """An object is a file of `schemas/` and has `type: object` with either its properties or, as a map, `additionalProperties`."""
    for node in survey.of("schema"):
        if "object" in types_of(node) or node.value.keys() & {"properties", "additionalProperties"}:
            if node.parent:
                yield node.at(), "an object is declared inline; give it a file under schemas/"
            elif node.value.get("type") != "object":
                yield node.at("type"), "an object has type: object"
            elif ("properties" in node.value) == ("additionalProperties" in node.value):
                yield node.at(), "an object has either properties or, as a map, additionalProperties"


@rule
def no_all_of(survey: Survey) -> Iterator[Problem]:
    """Schemas are not merged by `allOf`, and unions are `anyOf`: what an object holds stands in one file."""
    for node in survey.of("schema"):
        for key in ("allOf", "oneOf"):
            if key in node.value:
                yield node.at(key), f"{key} is not used here; {'write the properties out' if key == 'allOf' else 'use anyOf'}"


@rule
def named_union(survey: Survey) -> Iterator[Problem]:
    """A union has a file of its own, but for that with null; unions in parameters and in error answers need none."""
    for node in survey.of("schema"):
        members = [member for member in node.value.get("anyOf", ()) if member != {"type": "null"}]
        if "anyOf" in node.value and len(node.value["anyOf"]) < 2:
            yield node.at("anyOf"), "a union has two members or more"
        elif len(members) > 1 and node.parent and node.parent.kind == "schema" and not is_argument(node):
            yield node.at("anyOf"), "a union is declared inline; give it a file under schemas/"


def is_argument(node: Node) -> bool:
    """Whether a part lies in a parameter."""
    return any(around.kind == "parameter" for around in node.around())


@rule
def tagged_union(survey: Survey) -> Iterator[Problem]:
    """A discriminator's mapping leads from tags to members of the union; each has the property, and if that is a constant, it is the tag."""
    for node in survey.of("discriminator"):
        union, mapping, name = node.parent, node.value.get("mapping"), node.value["propertyName"]
        members = [survey.resolve(child) for child in union.children if child.slot == "anyOf"] if union else []
        if not isinstance(mapping, Mapping) or not mapping:
            yield node.at(), "a discriminator has a mapping from tags to files"
            continue
        for label, file in mapping.items():
            member = survey.tops.get(survey.spec.target(mapping, file))
            held = member.child("properties", name) if member else None
            if member not in members:
                yield mapping.at(label), f"{file} is no member of the union"
            elif held is None:
                yield mapping.at(label), f"{file} has no property {name!r}"
            elif held.value.get("const", label) != label:
                yield mapping.at(label), f"{file} has the constant {held.value['const']!r} as {name!r}, not {label!r}"


@rule
def typed(survey: Survey) -> Iterator[Problem]:
    """A schema states its type, or is a reference, a union or a constant. One that accepts anything says why."""
    for node in survey.of("schema"):
        if not node.value.keys() & {"type", "anyOf", "allOf", "oneOf", "const"}:
            if node.value.keys() - {"description", "x-redact"}:
                yield node.at(), "the schema has no type"
            elif "description" not in node.value:
                yield node.at(), "the schema accepts anything and does not say why"


@rule
def nullable(survey: Survey) -> Iterator[Problem]:
    """What can be null is `type: [string, 'null']` or `anyOf: [{$ref: X.yaml}, {type: 'null'}]`, never `nullable` or a nullable enum."""
    for node in survey.of("schema"):
        names = node.value.get("type")
        if "nullable" in node.value:
            yield node.at("nullable"), "nullable is OpenAPI 3.0; name null among the types"
        elif isinstance(names, list) and names[1:] != ["null"]:
            yield node.at("type"), "several types are one type and 'null', in this order"
        elif names == "null" and not is_last_member(node):
            yield node.at("type"), "null alone stands only at the end of anyOf"
        elif isinstance(names, list) and "enum" in node.value:
            yield node.at("enum"), "an enum is not nullable; name it, and use anyOf with null"
        elif is_nullable_scalar(node):
            yield node.at("anyOf"), "a plain type that can be null is written type: [X, 'null']"


def is_last_member(node: Node) -> bool:
    return bool(node.parent and node.slot == "anyOf" and node.name == str(len(node.parent.value["anyOf"]) - 1))


def is_nullable_scalar(node: Node) -> bool:
    """Whether a schema is a union of null and of a plain type."""
    members = node.value.get("anyOf", [])
    return (
        len(members) == 2
        and {"type": "null"} in members
        and any(member.get("type") not in (None, "null", "array") for member in members if "const" not in member)
    )


@rule
def required_exists(survey: Survey) -> Iterator[Problem]:
    """What an object requires is among its properties, and named once."""
    for node in survey.of("schema"):
        required = node.value.get("required", Sequence())
        for index, name in enumerate(required):
            if name not in node.value.get("properties", ()):
                yield required.at(index), f"{name!r} is required, but no property"


@rule
def property_name(survey: Survey) -> Iterator[Problem]:
    """A property can be an attribute: its name is an identifier (but `watch/providers`), no keyword, without an underscore in front, and not taken."""
    for node in survey.of("schema"):
        for name in node.value.get("properties", ()):
            place = survey.spec.locate_below(node.value, ["properties", name])
            attribute = identifier(name) if name == ODD_PROPERTY else name
            if not attribute.isidentifier() or keyword.iskeyword(attribute):
                yield place, f"{name!r} is no identifier of Python"
            elif attribute.startswith("_"):
                yield place, f"{name!r} begins with an underscore, which attrs takes off"
            elif attribute in TAKEN_PROPERTIES:
                yield place, f"annotations need the name {name!r} for itself"
            elif attribute != name and attribute in node.value["properties"]:
                yield place, f"{name!r} and {attribute!r} would be one attribute"


@rule
def open_vocabulary(survey: Survey) -> Iterator[Problem]:
    """TMDB's vocabularies are open: in answers, an enum is `anyOf: [{type: string, enum: [...]}, {type: string}]`. A closed one is for requests only."""
    for node in survey.of("schema"):
        if "enum" in node.value and node in survey.answered and not is_open(node):
            yield node.at("enum"), "a closed enum in an answer; put it into anyOf beside {type: string}"


@rule
def named_vocabulary(survey: Survey) -> Iterator[Problem]:
    """An enum stands in a schema of its own, and is a list of different texts."""
    for node in survey.of("schema"):
        if "enum" in node.value:
            values = node.value["enum"]
            if node.parent and not is_open(node):
                yield node.at("enum"), "an enum is declared inline; give it a file under schemas/"
            if not all(isinstance(value, str) for value in values) or node.value.get("type") != "string":
                yield node.at("enum"), "an enum is of texts, and has type: string"
            elif len(set(values)) < len(values):
                yield node.at("enum"), f"{Counter(values).most_common(1)[0][0]!r} stands twice"


def is_open(node: Node) -> bool:
    """Whether an enum is the known part of an open vocabulary with a name."""
    union = node.parent
    return bool(union and union.parent is None and node.slot == "anyOf" and node.name == "0" and union.value["anyOf"][1:] == [{"type": "string"}])


@rule
def constant(survey: Survey) -> Iterator[Problem]:
    """A constant is a text, which is a tag, or `false`; its type stands beside it."""
    for node in survey.of("schema"):
        if "const" in node.value:
            value = node.value["const"]
            expected = "string" if isinstance(value, str) else "boolean" if value is False else None
            if expected is None or node.value.get("type") != expected:
                yield node.at("const"), f"the constant {value!r} is not a text with type: string, or false with type: boolean"


@rule
def known_format(survey: Survey) -> Iterator[Problem]:
    """A format is one that the generators read: `date` and `date-time` of a string, `int64` of an integer."""
    for node in survey.of("schema"):
        if "format" in node.value and FORMATS.get(node.value["format"]) not in types_of(node):
            yield node.at("format"), f"{node.value['format']!r} is no format of {' or '.join(types_of(node)) or 'this'}"


@rule
def no_range_in_answers(survey: Survey) -> Iterator[Problem]:
    """Answers carry no ranges and no patterns: they belong to requests. The form of a quirk type (`x-python-type`) may have a pattern."""
    for node in survey.of("schema"):
        if node in survey.answered and "x-python-type" not in node.value:
            for key in RANGES & node.value.keys():
                yield node.at(key), f"{key} in an answer"


@rule
def no_default(survey: Survey) -> Iterator[Problem]:
    """There is no `default`: a client would send it. The description says it."""
    for node in survey.of("schema"):
        if "default" in node.value:
            yield node.at("default"), "a client would send the default; say it in the description"


@rule
def extension(survey: Survey) -> Iterator[Problem]:
    """`x-python-type` names a type of `tmdbkit.runtime.types`, in a file of `schemas/`; `x-redact` is `prose`, `personal` or `credential`."""
    for node in survey.nodes:
        type_, redact = node.value.get("x-python-type"), node.value.get("x-redact")
        if type_ is not None and (type_ not in types.__all__ or node.parent):
            yield (
                node.at("x-python-type"),
                f"{type_!r} is no type of tmdbkit.runtime.types" if type_ not in types.__all__ else "a quirk has a file under schemas/",
            )
        if redact is not None and redact not in REDACTIONS:
            yield node.at("x-redact"), f"{redact!r} is not one of {', '.join(REDACTIONS)}"


# Examples


@rule
def example(survey: Survey) -> Iterator[Problem]:
    """An example is valid against its schema, and so are the bodies of every fixture; a key that the schema does not know is an error."""
    validation = Validation(survey.bundle) if survey.schemas else None
    seen: set[tuple[Path, str, Node]] = set()
    for file, pointer, body, schema in bodies(survey):
        if validation and (file, pointer, schema) not in seen:
            seen.add((file, pointer, schema))
            names = pointer_keys(pointer)
            for violation in validation.violations(survey.spec.resolve(schema.value), body):
                path = "".join(["$", *(f".{name}" for name in names), violation.path.removeprefix("$")])
                yield line_in(survey, file, [*names, *keys_of(violation.path)]), f"{path}: {violation.reason}"


def bodies(survey: Survey) -> Iterator[tuple[Path, str, Any, Node]]:
    """The bodies to be validated: their file, the JSON pointer to them, themselves, and their schema."""
    for node, schema in survey.examples:
        if "externalValue" in node.value:
            file, _, pointer = node.value["externalValue"].partition("#")
            yield survey.spec.target(node.value, file), pointer, survey.spec.resolve(node.value)["value"], schema
    for fixture in survey.fixtures:
        if fixture.value and (operation := survey.operation(fixture.operation_id)):
            answer = operation.answers.get(fixture.status)
            for part, of_body in (("request", operation.body), ("response", answer and schema_of(answer))):
                if of_body and "body" in fixture.value[part]:
                    yield fixture.file, f"/{part}/body", fixture.value[part]["body"], of_body


def keys_of(path: str) -> list[str | int]:
    """The keys that a JSON path names, such as `$.results[3].id`."""
    found = re.findall(r"\.([^.\[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]", path)
    return [int(number) if number else name or re.sub(r"\\(.)", r"\1", quoted) for name, number, quoted in found]


def line_in(survey: Survey, file: Path, keys: Iterable[str | int]) -> Location:
    """Where a value stands in a JSON file, which is YAML, too."""
    shown = survey.spec.shown(file)
    try:
        return survey.spec.locate_below(load(file, shown), keys)
    except SpecError:
        return Location(shown, 1)


@rule
def fixtures(survey: Survey) -> Iterator[Problem]:
    """Each operation has a fixture, and each fixture an operation that states its status. One of success is an example of that answer in the spec."""
    known = {operation.operation_id: operation for operation in survey.operations}
    pointed = {place_of(survey, node) for node in survey.of("example")}
    for fixture in survey.fixtures:
        if fixture.value is None:
            yield fixture.location, "the fixture is no JSON object with operation_id, request and response"
        elif (operation := known.get(fixture.operation_id)) is None:
            yield line_in(survey, fixture.file, ["operation_id"]), f"there is no operation {fixture.operation_id!r}"
        else:
            yield from ((line_in(survey, fixture.file, keys), fault) for keys, fault in faults_of_fixture(fixture, operation, pointed))
    with_fixture = {fixture.operation_id for fixture in survey.fixtures}
    for operation in survey.operations:
        if operation.operation_id not in with_fixture:
            yield operation.node.at("operationId"), f"{operation.operation_id} has no fixture under tests/fixtures/"


def faults_of_fixture(fixture: FixtureFile, operation: OperationNode, pointed: set[tuple[str, str, Path, str]]) -> Iterator[tuple[list[str], str]]:
    """What is wrong with how a fixture and its operation belong together: where, and what."""
    place = f"{operation.tag}/{operation.action}"
    if fixture.name.partition(".")[0] != place:
        yield ["operation_id"], f"a fixture of {operation.operation_id} is called {place}.json or {place}.<variant>.json"
    if fixture.status not in operation.answers:
        yield ["response", "status"], f"{operation.operation_id} does not state the status {fixture.status}"
    elif fixture.status.startswith("2") and (operation.operation_id, fixture.status, fixture.file, "/response/body") not in pointed:
        yield ["operation_id"], f"the answer {fixture.status} of {operation.operation_id} does not point at this fixture's #/response/body"


def place_of(survey: Survey, example: Node) -> tuple[str, str, Path, str]:
    """Where an example stands and leads: the id of the operation and the status of the answer, empty outside of them; the file, and the JSON pointer."""
    around = {node.kind: node for node in example.around()}
    operation, answer = around.get("operation"), around.get("response")
    file, _, pointer = str(example.value.get("externalValue", "")).partition("#")
    target = survey.spec.target(example.value, file)
    return str(operation.value.get("operationId")) if operation else "", answer.name if operation and answer else "", target, pointer


@rule
def example_is_fixture(survey: Survey) -> Iterator[Problem]:
    """An example is a fixture of its operation and status under `tests/fixtures/`, pointed at by `externalValue`."""
    files = {fixture.file: fixture for fixture in survey.fixtures}
    for node in survey.of("example"):
        operation_id, status, file, _ = place_of(survey, node)
        fixture = files.get(file)
        if "externalValue" not in node.value:
            yield node.at(), "the example is no externalValue"
        elif fixture is None:
            yield node.at("externalValue"), f"{node.value['externalValue']} is no fixture under tests/fixtures/"
        elif operation_id not in ("", fixture.operation_id):
            yield node.at("externalValue"), f"the fixture is one of {fixture.operation_id}, not of {operation_id}"
        elif status not in ("", fixture.status):
            yield node.at("externalValue"), f"the fixture has the status {fixture.status}, not {status}"


# TMDB's status codes


@rule
def status_codes(survey: Survey) -> Iterator[Problem]:
    """`x-status-codes` has integers, each with an HTTP status, a meaning, and for a failure the exception of `tmdbkit.runtime.errors`; `retry` is true."""
    codes = survey.root.value.get("x-status-codes")
    if isinstance(codes, Mapping) and "$ref" in codes:
        codes = survey.spec.files[survey.spec.target(codes, codes["$ref"])]
    if not isinstance(codes, Mapping):
        yield survey.root.at("x-status-codes"), "TMDB's status codes are not there"
        return
    for code, entry in codes.items():
        if not code.isdigit():
            yield codes.at(code), f"{code!r} is no integer"
        faults = faults_of_code(entry) if isinstance(entry, Mapping) else ["it has no http_status and meaning"]
        yield from ((codes.at(code), f"{code}: {fault}") for fault in faults)


def faults_of_code(entry: Mapping) -> Iterator[str]:
    """What is wrong with what is said of a status code."""
    yield from (f"{key!r} says nothing here" for key in entry if key not in ("http_status", "meaning", "error", "retry"))
    status, error = entry.get("http_status"), entry.get("error")
    if status not in set(HTTPStatus):
        yield f"{status!r} is no HTTP status"
    elif (status >= HTTPStatus.BAD_REQUEST) != (error is not None):
        yield "a failure has an error, and a success none"
    if fault := fault_of_text(str(entry.get("meaning") or "")):
        yield f"the meaning {fault}"
    kind = getattr(errors, str(error), None) if error in errors.__all__ else None
    if error is not None and not (isinstance(kind, type) and issubclass(kind, errors.StatusError)):
        yield f"{error!r} is no StatusError of tmdbkit.runtime.errors"
    if entry.get("retry", True) is not True or ("retry" in entry and error is None):
        yield "retry is true, and only for a failure"


# The command


def main(arguments: list[str] | None = None) -> int:
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m generator.lint", description=__doc__)
    parser.add_argument("--spec", type=Path, default=ROOT / "spec", help="the folder that holds openapi.yaml")
    parser.add_argument("--rules", action="store_true", help="list the rules")
    options = parser.parse_args(arguments)
    if options.rules:
        print("\n".join(f"{name_of(function)}: {function.__doc__}" for function in RULES))
        return 0
    spec = Spec(options.spec)
    if findings := lint(spec):
        print("\n".join(map(str, findings)))
        print(f"{len(findings)} finding{'s' * (len(findings) > 1)}", file=sys.stderr)
        return 1
    survey = Survey(spec)
    print(f"spec is sound: {len(survey.operations)} operations, {len(survey.schemas)} schemas, {len(survey.examples)} examples")
    return 0


if __name__ == "__main__":
    sys.exit(main())
