"""The client package: openapi-python-client reads the bundle, and our templates decide what it writes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError

from .python import Python, docstring, identifier, listed, name_of, prose, references, snake_case

__all__ = ["Argument", "GenerationError", "Method", "Surface", "answer_of", "write_package"]

TEMPLATES = Path(__file__).parent / "templates"
APPLICATION = ("access_token", "api_key", "user_access_token")
APPEND_TO_RESPONSE = "append_to_response"
BODY = "BodyField"
UNKNOWN_ROW = "UnknownRow"
PAGE = {"page", "results", "total_pages", "total_results"}
"""The properties of a page."""
JSON = "application/json"


class GenerationError(Exception):
    """The package cannot be generated from this bundle."""


@dataclass
class Argument:
    """An argument of a method."""

    name: str
    annotation: str
    description: str
    required: bool = False
    place: str = ""
    kind: str = ""
    wire_name: str = ""
    secret: bool = False
    schema: dict[str, Any] = field(default_factory=dict)

    @property
    def declaration(self) -> str:
        return f"{self.name}: {self.annotation}" if self.required else f"{self.name}: {self.annotation} | None = None"

    @property
    def expression(self) -> str:
        options = [f"{key}={value!r}" for key, value in (("required", self.required), ("secret", self.secret)) if value]
        options += [f"wire_name={self.wire_name!r}"] if self.wire_name != self.name else []
        return f"{self.place}({', '.join([repr(self.name), self.kind, *options])})"


@dataclass
class Method:
    """A method of a resource: an operation of the bundle."""

    name: str
    operation_id: str
    http_method: str
    path: str
    summary: str
    description: str
    answer: str
    returns: str
    statuses: list[str]
    security: list[list[str]]
    changes_state: bool
    windows: list[tuple[str, str, int]]
    session_parts: list[str]
    arguments: list[Argument] = field(default_factory=list)

    @property
    def constant(self) -> str:
        return self.name.upper()

    @cached_property
    def credentials(self) -> list[Argument]:
        """The user's credentials, which a call may give in place of the client's."""
        names = dict.fromkeys(name for alternative in self.security for name in alternative if name not in APPLICATION)
        return [Argument(name, "str", "In place of the client's own.") for name in names]

    @cached_property
    def positional(self) -> list[Argument]:
        return [argument for argument in self.arguments if argument.required]

    @cached_property
    def optional(self) -> list[Argument]:
        return [argument for argument in self.arguments if not argument.required] + self.credentials

    @property
    def parameters(self) -> str:
        """The parameters of the method's signature behind `self`."""
        optional = [argument.declaration for argument in self.optional]
        return ", ".join([*(argument.declaration for argument in self.positional), *(["*", *optional] if optional else []), "**options: Unpack[CallOptions]"])

    @property
    def passed(self) -> str:
        """What the method hands on."""
        return ", ".join([self.constant, "options", *(f"{argument.name}={argument.name}" for argument in self.positional + self.optional)])

    def docstring(self, *, indent: int = 8) -> str:
        arguments = [(argument.name, argument.description) for argument in self.positional + self.optional]
        arguments += [("**options", "`timeout`, `deadline`, `retries` and `headers` of this call: see `tmdbkit.CallOptions`.")]
        errors = [("InvalidArgumentError", "An argument is not allowed; nothing was sent.")] if self.arguments else []
        errors += [("MissingCredentialError", "The client has no user's session, and none was given.")] if self.credentials else []
        errors += [("NotFoundError", "There is no such resource.")] if "404" in self.statuses else []
        errors += [("TMDBError", "Any other failure, by the classes of `tmdbkit.errors`.")]
        endpoint = f"Endpoint: `{self.http_method} {self.path}`"
        returns = "Returns:\n    " + prose(self.answer, indent + 4, hanging=4)
        sections = [self.summary, prose(self.description, indent), listed("Args", arguments, indent), returns, listed("Raises", errors, indent), endpoint]
        return docstring(sections, indent)


class Package(Project):
    """A package of ours, written with openapi-python-client's machinery."""

    def __init__(self, bundle: dict[str, Any], directory: Path) -> None:
        source = directory / "openapi.json"
        config = Config.from_sources(ConfigFile(), MetaType.NONE, source, "utf-8", True, directory)
        parsed = GeneratorData.from_dict(json.loads(json.dumps(bundle)), config=config)
        if isinstance(parsed, GeneratorError):
            raise GenerationError(f"openapi-python-client: {parsed.header}: {parsed.detail}")
        super().__init__(openapi=parsed, config=config, custom_template_path=TEMPLATES)
        self.surface = Surface(bundle)
        self.env.globals.update(
            python=self.surface.python,
            models=sorted([*self.surface.models, *([UNKNOWN_ROW] if self.surface.python.all_kinds() else [])]),
            schemas=self.surface.python.schemas,
            default_security=[["access_token"], ["api_key"]],
            prose=prose,
            docstring=docstring,
        )
        self.env.filters.update(snake_case=snake_case, identifier=identifier, class_name=class_name)

    def write(self) -> None:
        """Write the package.

        Raises:
            GenerationError: openapi-python-client lost something on the way.
        """
        surface = self.surface
        if problems := list(self.lost()):
            raise GenerationError("\n".join(problems))
        self.render("package_init", "__init__")
        self.render("types", "types", objects=surface.objects)
        self.render("status_codes", "status_codes", status_codes=surface.bundle["x-status-codes"])
        self.render("resources", "resources", tags=surface.tags())
        self.render("models_init", "models/__init__")
        no_ops = [code for code, entry in surface.bundle["x-status-codes"].items() if entry.get("nothing_happened")]
        for name in surface.models:
            template = "union" if surface.python.is_union(name) else "model"
            context = {"schema": surface.python.schemas[name], "parts": surface.parts.get(name, []), "session_parts": surface.session_parts.get(name, [])}
            self.render(template, f"models/{snake_case(name)}", name=name, bases=surface.bases(name), no_ops=no_ops, **context)
        if kinds := surface.python.all_kinds():
            self.render("unknown_row", "models/unknown_row", kinds=kinds)
        self.render("api_init", "api/__init__")
        for tag, methods in surface.methods.items():
            self.render("api", f"api/{tag}", tag=tag, description=surface.tags()[tag], methods=methods, vocabularies=surface.vocabularies(methods))
        (self.package_dir / "py.typed").write_text("")

    def lost(self) -> Iterator[str]:
        """What openapi-python-client did not read, or not understand."""
        yield from (f"{error.header}: {error.detail}" for error in self._get_errors())
        models = {str(model.class_info.name) for model in self.openapi.models}
        for name in self.surface.models:
            if self.surface.python.is_model(name) and name not in models:
                yield f"openapi-python-client did not read the schema {name}"
        endpoints = {str(endpoint.name): endpoint for tagged in self.openapi.endpoint_collections_by_tag.values() for endpoint in tagged.endpoints}
        for method in chain.from_iterable(self.surface.methods.values()):
            if not (endpoint := endpoints.get(method.operation_id)):
                yield f"the operation {method.operation_id} has no method"
                continue
            read = {parameter.name.get_untrusted_value() for parameter in [*endpoint.path_parameters, *endpoint.query_parameters]}
            for argument in method.arguments:
                if argument.place != BODY and argument.wire_name not in read:
                    yield f"openapi-python-client did not read the parameter {argument.wire_name} of {method.operation_id}"

    def render(self, template: str, module: str, **context: Any) -> None:
        target = self.package_dir / f"{module}.py"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(self.env.get_template(f"{template}.py.jinja").render(**context), encoding="utf-8")


class Surface:
    """What users of the package see of a bundle: the methods of the resources, the models, and the vocabularies.

    Args:
        bundle: The OpenAPI document.
    """

    def __init__(self, bundle: dict[str, Any]) -> None:
        self.bundle, self.python = bundle, Python(bundle)
        self.operations = {operation["operationId"]: operation for item in bundle["paths"].values() for operation in item.values()}
        self.methods: dict[str, list[Method]] = {}
        for path, item in bundle["paths"].items():
            for http_method, operation in item.items():
                self.methods.setdefault(operation["tags"][0], []).append(self.method(http_method.upper(), path, operation))
        for methods in self.methods.values():
            methods.sort(key=details_first)
        answers = [answer_of(operation)[1] for operation in self.operations.values()]
        self.models = sorted(self.python.models_of(references(answers)))

    def tags(self) -> dict[str, str]:
        descriptions = {tag["name"]: tag["description"] for tag in self.bundle["tags"]}
        return {tag: descriptions[tag] for tag in sorted(self.methods)}

    def vocabularies(self, methods: list[Method]) -> list[str]:
        """The vocabularies that the signatures of methods name."""
        words = {word for method in methods for argument in method.arguments for word in re.findall(r"\w+", argument.annotation)}
        return [name for name in [*self.python.vocabularies(), *self.objects] if name in words]

    @cached_property
    def parts(self) -> dict[str, list[str]]:
        """The parts that append_to_response adds, by the model that they are appended to."""
        found: dict[str, list[str]] = {}
        for operation in self.operations.values():
            for parameter in map(self.parameter, operation.get("parameters", ())):
                if parameter["name"] == APPEND_TO_RESPONSE:
                    found[name_of(answer_of(operation)[1])] = self.python.resolve(parameter["schema"]["items"])["enum"]
        return found

    @cached_property
    def session_parts(self) -> dict[str, list[str]]:
        """The parts for which a session is needed, by the model that they are appended to."""
        found: dict[str, list[str]] = {}
        for path, item in self.bundle["paths"].items():
            for operation in item.values():
                if parts := list(self.session_parts_of(path, operation)):
                    found[name_of(answer_of(operation)[1])] = parts
        return found

    def bases(self, name: str) -> str:
        """The base classes of a model."""
        properties = self.python.schemas[name].get("properties", {})
        is_part = any(name in references(self.python.schemas[model]["properties"][part]) for model, parts in self.parts.items() for part in parts)
        return ", ".join([*(["Page"] if properties.keys() >= PAGE else []), *(["Part"] if is_part else [])]) or "Model"

    @cached_property
    def objects(self) -> list[str]:
        """The objects that a request's body holds in its properties."""
        requests = [operation["requestBody"] for operation in self.operations.values() if "requestBody" in operation]
        bodies = [self.python.resolve(request["content"][JSON]["schema"]) for request in requests]
        return sorted({name for body in bodies for name in references(body["properties"]) if self.python.is_model(name)})

    def parameter(self, parameter: dict[str, Any]) -> dict[str, Any]:
        return self.python.parameters[name_of(parameter)] if "$ref" in parameter else parameter

    def method(self, http_method: str, path: str, operation: dict[str, Any]) -> Method:
        """The method of an operation."""
        answer, schema = answer_of(operation)
        return Method(
            name=operation["operationId"].removeprefix(f"{operation['tags'][0]}_"),
            operation_id=operation["operationId"],
            http_method=http_method,
            path=path,
            summary=operation["summary"],
            description=operation.get("description", ""),
            answer=answer,
            returns=self.python.annotation(schema, prefix="models."),
            statuses=list(operation["responses"]),
            security=[list(alternative) for alternative in operation["security"]],
            changes_state=operation.get("x-changes-state", False),
            windows=list(self.windows(operation)),
            session_parts=list(self.session_parts_of(path, operation)),
            arguments=[*self.parameter_arguments(operation), *self.body_arguments(operation)],
        )

    def windows(self, operation: dict[str, Any]) -> Iterator[tuple[str, str, int]]:
        """The ranges of days that an operation takes."""
        for parameter in map(self.parameter, operation.get("parameters", ())):
            if window := parameter.get("x-window"):
                yield window["from"], parameter["name"], window["days"]

    def session_parts_of(self, path: str, operation: dict[str, Any]) -> Iterator[str]:
        """The parts that an operation may append for which a session is needed, as their own operations say."""
        for parameter in map(self.parameter, operation.get("parameters", ())):
            if parameter["name"] == APPEND_TO_RESPONSE:
                for part in self.python.resolve(parameter["schema"]["items"])["enum"]:
                    own = self.bundle["paths"].get(f"{path}/{part}", {}).get("get")
                    if own and all(alternative.keys() - APPLICATION for alternative in own["security"]):
                        yield part

    def parameter_arguments(self, operation: dict[str, Any]) -> Iterator[Argument]:
        for parameter in map(self.parameter, operation.get("parameters", ())):
            place = "PathParameter" if parameter["in"] == "path" else "QueryParameter"
            yield self.argument(parameter["name"], parameter["schema"], parameter, place, required=parameter.get("required", False))

    def body_arguments(self, operation: dict[str, Any]) -> Iterator[Argument]:
        if "requestBody" in operation:
            schema = self.python.resolve(operation["requestBody"]["content"][JSON]["schema"])
            for name, value in schema["properties"].items():
                yield self.argument(name, value, value, BODY, required=name in schema.get("required", ()))

    def argument(self, wire_name: str, schema: dict[str, Any], described: dict[str, Any], place: str, *, required: bool) -> Argument:
        annotation, kind = self.python.argument_annotation(schema), self.python.kind(schema)
        if described.get("x-any-of"):
            annotation, kind = f"{annotation} | AnyOf[{annotation.removeprefix('Iterable[')}", f"{kind.removesuffix(')')}, any_of=True)"
        return Argument(
            name=identifier(wire_name),
            annotation=annotation,
            description=described.get("description") or self.python.resolve(schema).get("description") or f"The {wire_name.replace('_', ' ')}.",
            required=required,
            place=place,
            kind=kind,
            wire_name=wire_name,
            secret=described.get("x-redact") == "credential",
            schema=schema,
        )


def answer_of(operation: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """What an operation answers when it succeeds: its description and its schema."""
    response = next(response for status, response in operation["responses"].items() if status.startswith("2"))
    return response["description"], response["content"][JSON]["schema"]


def details_first(method: Method) -> tuple[bool, str]:
    """The order of methods: details first, as one looks for them there, then by name."""
    return not method.operation_id.endswith("_details"), method.operation_id


def class_name(tag: str) -> str:
    """`tv_series` as `TVSeries`."""
    return "".join("TV" if word == "tv" else word.capitalize() for word in tag.split("_"))


def write_package(bundle: dict[str, Any], directory: Path) -> None:
    """Write the client package of a bundle into a folder.

    Raises:
        GenerationError: The bundle holds something that cannot be generated.
    """
    Package(bundle, directory).write()
