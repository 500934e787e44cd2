"""The API surface of the package: the methods of resources, the models, and the vocabularies.

openapi-python-client decides which of them exist, with names, summaries and descriptions (`reader.py`). This module adds the facts that it does not parse, and
the annotations of `type_mapper.py`: see README.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tmdbkit.runtime.models import PAGE_KEYS, ROWS_KEYS
from tmdbkit.runtime.operations import APPEND_TO_RESPONSE

from .bundle import NUMBERED_KEY, json_schema, operations_of, vocabulary_in
from .reader import Document, GenerationError, Operation, Property, described_in
from .references import name_of, references, resolve
from .security import CREDENTIAL, Security
from .text import argument_name, attribute_by_pattern, attribute_name, docstring, listed, prose
from .type_mapper import TypeMapper, call

__all__ = ["UNKNOWN_ROW", "APISurface", "Argument", "Field", "Method", "class_name", "response_of"]

BODY = "BodyField"
UNKNOWN_ROW = "UnknownRow"
"""The class of union rows with an unknown tag."""


@dataclass
class Argument:
    """An argument of a method."""

    name: str
    annotation: str
    description: str
    required: bool = False
    class_: str = ""
    param_type: str = ""
    wire_name: str = ""
    secret: bool = False
    schema: dict[str, Any] = field(default_factory=dict)
    constant: str = ""
    """The constant of a shared parameter; empty for a parameter of one operation."""
    deprecated: str = ""
    """The replacement; empty unless deprecated."""

    @property
    def declaration(self) -> str:
        return f"{self.name}: {self.annotation}" if self.required else f"{self.name}: {self.annotation} | None = None"

    @property
    def reference(self) -> str:
        """The expression by which an operation refers to the argument."""
        return f"parameters.{self.constant}" if self.constant else self.expression

    @property
    def expression(self) -> str:
        """The expression that creates the argument."""
        options = [f"{key}={value!r}" for key, value in (("required", self.required), ("secret", self.secret)) if value]
        options += [f"wire_name={self.wire_name!r}"] if self.wire_name != self.name else []
        return f"{self.class_}({', '.join([repr(self.name), self.param_type, *options])})"


@dataclass
class Method:
    """A method of a resource: an operation of the bundle."""

    name: str
    operation_id: str
    http_method: str
    path: str
    summary: str
    description: str
    response: str
    returns: str
    statuses: list[str]
    security: list[list[str]]
    security_constant: str
    """The constant that holds the alternatives of credentials."""
    credentials: list[Argument]
    """The user credentials that a call may pass in place of the client's."""
    changes_state: bool
    windows: list[tuple[str, str, int]]
    requires: list[tuple[str, str]]
    session_parts: list[str]
    paging: str = ""
    """The decorator that says how its pages differ from others'; empty if they do not."""
    deprecated: str = ""
    arguments: list[Argument] = field(default_factory=list)

    @property
    def constant(self) -> str:
        return self.name.upper()

    @cached_property
    def positional(self) -> list[Argument]:
        return [argument for argument in self.arguments if argument.required]

    @cached_property
    def optional(self) -> list[Argument]:
        return [argument for argument in self.arguments if not argument.required] + self.credentials

    @property
    def deprecation(self) -> str:
        """The decorator of a deprecated method, or of one with deprecated arguments; empty for any other."""
        if self.deprecated:
            return call("@deprecated", repr(self.deprecated))
        messages = [f"{argument.name}={argument.deprecated!r}" for argument in self.arguments if argument.deprecated]
        return call("@deprecated_arguments", *messages) if messages else ""

    @property
    def secrets(self) -> list[str]:
        """The names of the arguments that are credentials."""
        return [argument.name for argument in self.arguments if argument.secret] + [argument.name for argument in self.credentials]

    @property
    def parameters(self) -> str:
        """The parameters in the signature after `self`."""
        optional = [argument.declaration for argument in self.optional]
        return ", ".join([*(argument.declaration for argument in self.positional), *(["*", *optional] if optional else []), "**options: Unpack[CallOptions]"])

    @property
    def passed(self) -> str:
        """The arguments that the method passes on."""
        return ", ".join([self.constant, "options", *(f"{argument.name}={argument.name}" for argument in self.positional + self.optional)])

    def docstring(self, *, indent: int = 8) -> str:
        arguments = [(argument.name, marked(argument.description, deprecated=argument.deprecated)) for argument in self.positional + self.optional]
        arguments += [("**options", "The options of this call, such as `timeout`, `no_cache` and `extra_query`: see `tmdbkit.CallOptions`.")]
        errors = [("InvalidArgumentError", "An argument is not allowed; nothing was sent.")] if self.arguments else []
        errors += [("MissingCredentialError", "The client has no user's session, and none was given.")] if self.credentials else []
        errors += [("NotFoundError", "There is no such resource.")] if "404" in self.statuses else []
        errors += [("TMDBError", "Any other failure, by the classes of `tmdbkit.errors`.")]
        endpoint = f"Endpoint: `{self.http_method} {self.path}`"
        returns = "Returns:\n    " + prose(self.response, indent + 4, hanging=4)
        sections = [
            prose(self.summary, indent),
            prose(marked(self.description, deprecated=self.deprecated), indent),
            listed("Args", arguments, indent),
            returns,
            listed("Raises", errors, indent),
            endpoint,
        ]
        return docstring(sections, indent)


@dataclass
class Field:
    """A field of a model, or a key of a request object. One that holds all keys of a pattern has no wire name."""

    name: str
    wire_name: str
    annotation: str
    required: bool
    description: str
    default: str = ""

    @property
    def described(self) -> tuple[str, str]:
        """The wire name and the description."""
        return self.wire_name, self.description


class APISurface:
    """The API surface of a bundle, as users of the package see it.

    Args:
        bundle: The OpenAPI document.
        document: The result of openapi-python-client; by default, as in comparisons, the bundle is read without it.
    """

    def __init__(self, bundle: dict[str, Any], document: Document | None = None) -> None:
        self.bundle, self.types, self.security = bundle, TypeMapper(bundle), Security(bundle)
        self.document = document or described_in(bundle)
        self.operations = {operation["operationId"]: operation for _, _, operation in operations_of(bundle)}
        self.methods: dict[str, list[Method]] = {}
        for operation in self.document.operations:
            self.methods.setdefault(self.operations[operation.operation_id]["tags"][0], []).append(self.method(operation))
        for methods in self.methods.values():
            methods.sort(key=details_first)
        responses = [response_of(operation)[1] for operation in self.operations.values()]
        self.models = sorted(self.types.models_of(references(responses)))

    def tags(self) -> dict[str, str]:
        descriptions = {tag["name"]: tag["description"] for tag in self.bundle["tags"]}
        return {tag: descriptions[tag] for tag in sorted(self.methods)}

    def vocabularies(self, methods: list[Method]) -> list[str]:
        """The vocabularies in the signatures of methods."""
        words = {word for method in methods for argument in method.arguments for word in re.findall(r"\w+", argument.annotation)}
        return [name for name in [*self.types.vocabularies(), *self.types.forms(), *self.objects] if name in words]

    @cached_property
    def parts(self) -> dict[str, list[str]]:
        """The parts that `append_to_response` adds, by the model that holds them."""
        found: dict[str, list[str]] = {}
        for operation in self.operations.values():
            for parameter in self.parameters(operation):
                if parameter["name"] == APPEND_TO_RESPONSE:
                    found[name_of(response_of(operation)[1])] = vocabulary_in(self.bundle, parameter["schema"]["items"])
        return found

    @cached_property
    def session_parts(self) -> dict[str, list[str]]:
        """The parts that need a session, by the model that holds them."""
        found: dict[str, list[str]] = {}
        for path, _, operation in operations_of(self.bundle):
            if parts := list(self.session_parts_of(path, operation)):
                found[name_of(response_of(operation)[1])] = parts
        return found

    def bases(self, name: str) -> str:
        """The base classes of a model."""
        row = self.row_of(name)
        is_part = any(name in references(self.types.schemas[model]["properties"][part]) for model, parts in self.parts.items() for part in parts)
        return ", ".join([*([f"Page[{row[1]}]"] if row else []), *(["Part"] if is_part else [])]) or "Model"

    def row_of(self, name: str) -> tuple[str, str] | None:
        """The attribute with the rows of a page, and the type of a row; None for a model that is no page."""
        properties = self.types.schemas[name].get("properties", {})
        rows = [key for key in ROWS_KEYS if properties.get(key, {}).get("type") == "array"]
        return (rows[0], self.types.field_annotation(properties[rows[0]]["items"])) if properties.keys() >= PAGE_KEYS and rows else None

    @cached_property
    def shared_parameters(self) -> list[Argument]:
        """The parameters that several operations share."""
        arguments = (argument for methods in self.methods.values() for method in methods for argument in method.arguments if argument.constant)
        return sorted({argument.constant: argument for argument in arguments}.values(), key=lambda argument: argument.constant)

    @cached_property
    def requirements(self) -> dict[str, list[list[str]]]:
        """The alternatives of credentials, by constant: the accepted user credentials, and whether they are optional."""
        found: dict[str, list[list[str]]] = {}
        for method in (method for methods in self.methods.values() for method in methods):
            if found.setdefault(method.security_constant, method.security) != method.security:
                raise GenerationError(f"{method.operation_id}: other operations with the same users' credentials have them in other alternatives")
        return dict(sorted(found.items()))

    @cached_property
    def objects(self) -> list[str]:
        """The objects in the properties of request bodies."""
        schemas = [json_schema(operation["requestBody"]) for operation in self.operations.values() if "requestBody" in operation]
        bodies = [resolve(self.bundle, schema) for schema in schemas if schema]
        return sorted({name for body in bodies for name in references(body["properties"]) if self.types.is_model(name)})

    def parameters(self, operation: dict[str, Any]) -> list[dict[str, Any]]:
        """The parameters of an operation."""
        return [resolve(self.bundle, parameter) for parameter in operation.get("parameters", ())]

    def method(self, operation: Operation) -> Method:
        """The method of an operation."""
        described = self.operations[operation.operation_id]
        status = next(status for status in operation.statuses if status.startswith("2"))
        security = [list(alternative) for alternative in described["security"]]
        sessions = dict.fromkeys(name for alternative in security for name in alternative if name in self.security.sessions)
        return Method(
            name=operation.operation_id.removeprefix(f"{described['tags'][0]}_"),
            operation_id=operation.operation_id,
            http_method=operation.method,
            path=operation.path,
            summary=operation.summary,
            description=operation.description,
            response=operation.statuses[status],
            returns=self.types.annotation(response_of(described)[1], prefix="models."),
            statuses=list(operation.statuses),
            security=security,
            security_constant=self.security_constant(security),
            credentials=[Argument(name, "str", "In place of the client's own.") for name in sessions],
            changes_state=described.get("x-changes-state", False),
            deprecated=deprecation_of(described, operation.description),
            windows=list(self.windows(described)),
            requires=[(one["name"], one["x-requires"]) for one in self.parameters(described) if "x-requires" in one],
            session_parts=list(self.session_parts_of(operation.path, described)),
            paging=paging_of(described),
            arguments=[*self.parameter_arguments(operation, described), *self.body_arguments(operation)],
        )

    def security_constant(self, security: list[list[str]]) -> str:
        """The constant that holds alternatives of credentials."""
        keys = self.security.application
        names = list(dict.fromkeys(name for alternative in security for name in alternative))
        of_users = [name for name in names if name not in keys]
        if not of_users:
            return "APPLICATION" if {*names} == {*keys} else "_OR_".join(names).upper()
        is_optional = any({*alternative} <= {*keys} for alternative in security)
        return f"{'OPTIONAL_' if is_optional else ''}{'_OR_'.join(of_users).upper()}"

    def fields(self, name: str) -> list[Field]:
        """The fields of a response model."""
        parts, session_parts = self.parts.get(name, ()), self.session_parts.get(name, ())
        fields = []
        for one, schema in self.properties(name):
            annotation, default = self.types.field_annotation(schema), ""
            is_secret = resolve(self.bundle, schema).get("x-redact") == CREDENTIAL
            if one.wire_name in parts:
                session = ", needs_session=True" if one.wire_name in session_parts else ""
                default = f"not_appended({one.wire_name!r}{session})"
            elif not one.required:
                annotation, default = f"{annotation} | UnsetType", "UNSET"
            attribute = attribute_name(one.wire_name, self.types.schemas)
            options = [f"alias={attribute!r}"] if attribute.startswith("_") else []  # attrs would strip the underscore
            options += ["repr=False"] if is_secret else []
            if options:
                default = call("attrs.field", *([f"default={default}"] if default else []), *options)
            fields.append(Field(attribute, one.wire_name, annotation, one.required, self.description(one, schema), default))
        return [*fields, *self.fields_by_pattern(name)]

    @staticmethod
    def wire_names(fields: list[Field]) -> dict[str, str]:
        """The wire names of the fields that have another name."""
        return {field.name: field.wire_name for field in fields if field.wire_name not in ("", field.name)}

    def fields_by_pattern(self, name: str) -> Iterator[Field]:
        """The fields that hold all keys of a pattern, as a map by number: `season/1` is an `appended_seasons[1]`."""
        for pattern, schema in self.types.schemas[name].get("patternProperties", {}).items():
            word = re.sub(NUMBERED_KEY, r"\1", pattern)
            annotation = f"dict[int, {self.types.field_annotation(schema)}]"
            yield Field(attribute_by_pattern(pattern), "", annotation, False, self.types.described(schema), f'keyed_by_pattern("{word}/{{}}")')

    def keys(self, name: str) -> list[Field]:
        """The keys of an object in a request body."""
        return [
            Field(
                attribute_name(one.wire_name, self.types.schemas),
                one.wire_name,
                self.types.argument_annotation(schema),
                one.required,
                self.description(one, schema) or f"The {one.wire_name.replace('_', ' ')}.",
            )
            for one, schema in self.properties(name)
        ]

    def properties(self, name: str) -> Iterator[tuple[Property, dict[str, Any]]]:
        """The properties of a model, each with its schema."""
        schemas = self.types.schemas[name]["properties"]
        for one in self.document.models[name].properties:
            yield one, schemas[one.wire_name]

    @staticmethod
    def description(one: Property, schema: dict[str, Any]) -> str:
        """The description of a property: its own, which openapi-python-client drops beside a reference, or that of its schema."""
        text = str(schema["description"]) if "$ref" in schema and "description" in schema else one.description
        return marked(text, deprecated=schema.get("deprecated", False))

    def windows(self, operation: dict[str, Any]) -> Iterator[tuple[str, str, int]]:
        """The date ranges that an operation accepts."""
        for parameter in self.parameters(operation):
            if window := parameter.get("x-window"):
                yield window["from"], parameter["name"], window["days"]

    def session_parts_of(self, path: str, operation: dict[str, Any]) -> Iterator[str]:
        """The parts of an operation that need a session, by the security of their own operations."""
        for parameter in self.parameters(operation):
            if parameter["name"] == APPEND_TO_RESPONSE:
                for part in vocabulary_in(self.bundle, parameter["schema"]["items"]):
                    own = self.bundle["paths"].get(f"{path}/{part}", {}).get("get")
                    if own and all(alternative.keys() & {*self.security.sessions} for alternative in own["security"]):
                        yield part

    def parameter_arguments(self, operation: Operation, described: dict[str, Any]) -> Iterator[Argument]:
        parameters = {parameter["name"]: parameter for parameter in self.parameters(described)}
        shared = {resolve(self.bundle, one)["name"]: name_of(one).upper() for one in described.get("parameters", ()) if "$ref" in one}
        for class_, properties in (("PathParameter", operation.path_parameters), ("QueryParameter", operation.query_parameters)):
            for one in properties:
                parameter = parameters[one.wire_name]
                yield self.argument(one.wire_name, parameter["schema"], parameter, class_, required=one.required, constant=shared.get(one.wire_name, ""))

    def body_arguments(self, operation: Operation) -> Iterator[Argument]:
        if operation.body:
            for one, schema in self.properties(operation.body):
                yield self.argument(one.wire_name, schema, schema, BODY, required=one.required)

    def argument(self, wire_name: str, schema: dict[str, Any], described: dict[str, Any], class_: str, *, required: bool, constant: str = "") -> Argument:
        annotation, param_type = self.types.argument_annotation(schema), self.types.param_type(schema)
        if described.get("x-any-of"):
            items, _, one = annotation.rpartition("] | ")
            annotation, param_type = f"{items}] | AnyOf[{items.removeprefix('Iterable[')}] | {one}", f"{param_type.removesuffix(')')}, any_of=True)"
        description = described.get("description") or resolve(self.bundle, schema).get("description") or f"The {wire_name.replace('_', ' ')}."
        return Argument(
            name=argument_name(wire_name),
            annotation=annotation,
            description=f"{description}{self.types.allowed(schema)}",
            required=required,
            class_=class_,
            param_type=param_type,
            wire_name=wire_name,
            secret=resolve(self.bundle, described).get("x-redact") == CREDENTIAL,
            schema=schema,
            constant=constant,
            deprecated=deprecation_of(described, description),
        )


def deprecation_of(described: dict[str, Any], description: str) -> str:
    """The replacement of a deprecated part, which is the last sentence of its description; empty unless deprecated."""
    return re.split(r"(?<=\.)\s+", description.strip())[-1] if described.get("deprecated") else ""


def paging_of(described: dict[str, Any]) -> str:
    """The decorator of a method whose operation ignores `page`, or whose rows have dates to filter by; empty for any other."""
    if described.get("x-unpaged"):
        return "@unpaged"
    names = described.get("x-date-range", {})
    return call("@dated", *(repr(argument_name(names[key])) for key in ("from", "to", "undated") if key in names)) if names else ""


def marked(description: str, *, deprecated: object) -> str:
    """A description, which begins with "Deprecated." for a deprecated part."""
    return f"Deprecated. {description}" if deprecated else description


def response_of(operation: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The success response of an operation: its description and its schema."""
    response = next(response for status, response in operation["responses"].items() if status.startswith("2"))
    return response["description"], json_schema(response) or {}


def details_first(method: Method) -> tuple[bool, str]:
    """The sort key of methods: details first, then by name."""
    return not method.operation_id.endswith("_details"), method.operation_id


def class_name(tag: str) -> str:
    """`tv_series` as `TVSeries`."""
    return "".join("TV" if word == "tv" else word.capitalize() for word in tag.split("_"))
