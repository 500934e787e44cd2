"""The pages of operations, models and vocabularies, from the bundle."""

from __future__ import annotations

import html
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from generator.bundle import Spec, json_schema, operations_of
from generator.references import name_of, references, resolve
from generator.surface import APISurface, Argument, Field, Method, response_of

from .markup import abbreviated, annotation_html, inline_html, plain, relative
from .samples import READER, Sample, Samples

__all__ = ["Page", "Reference"]

TEMPLATES = Path(__file__).parent / "templates"
EVIDENCE = {
    "wire": "Recordings of the live API confirm this operation.",
    "capture": "Files with real responses, perhaps older, confirm this operation; no verbatim recording does.",
    "official example": "TMDB's own example confirms this operation; no recording does.",
    "written fixture": "No recording confirms this operation. It follows TMDB's documentation, and similar operations.",
}
UNCOUNTED = "The evidence for this operation has not been counted yet."
COVERAGE_ROW = re.compile(
    r"\| `(?P<id>\w+)`.*?\| (?P<method>\w+) \| `.+?` \| (?P<fixtures>\d+) \| (?P<wire>\S+) \| (?P<capture>\S+) \| (?P<official>\S+) \| (?P<rests>[^|]+) \|"
)
LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "multipleOf": "in steps of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
}
CREDENTIALS = {
    "access_token": "an application's access token",
    "api_key": "an application's API key",
    "session_id": "a user's session",
    "guest_session_id": "a guest session",
    "user_access_token": "a user's access token of v4",
}
DEFAULT = re.compile(r"(?:^|[;,.] )(?:`(?P<code>[^`]+)`|(?P<word>[\w' ]+?)) by default(?=[;,.]|$)|by default (?P<after>[^;,.]+)")


@dataclass(frozen=True)
class Page:
    """A page of the site.

    Attributes:
        path: The path without a suffix, such as `reference/models/Genre`.
        title: The title in the navigation.
        summary: A line on its content.
        text: The page as Markdown.
    """

    path: str
    title: str
    summary: str
    text: str


class Reference:
    """The pages of a spec.

    Args:
        spec: The spec.
        coverage: The text of `spec/coverage.md`.
    """

    def __init__(self, spec: Spec, coverage: str) -> None:
        self.bundle = spec.bundle
        self.surface = APISurface(self.bundle)
        self.types = self.surface.types
        self.samples = Samples(spec, self.surface)
        self.coverage = {match["id"]: match.groupdict() for match in COVERAGE_ROW.finditer(coverage)}
        self._environment = Environment(loader=FileSystemLoader(TEMPLATES), trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined, autoescape=False)  # noqa: S701 - Markdown
        self._environment.filters.update(inline=inline_html, plain=plain, e=html.escape)

    def render(self, template: str, page: str, **context: Any) -> str:
        """Render a template for a page."""
        return self._environment.get_template(template).render(
            reference=self,
            to=lambda target: relative(page, target),
            annotation=lambda text: annotation_html(text, lambda name: self.link(page, name)),
            **context,
        )

    # Names and links

    @cached_property
    def groups(self) -> list[tuple[str, list[dict[str, Any]]]]:
        """The groups of tags, each with its tags."""
        tags = {tag["name"]: tag for tag in self.bundle["tags"]}
        return [(group["name"], [tags[name] for name in group["tags"]]) for group in self.bundle["x-tagGroups"]]

    @cached_property
    def operations(self) -> dict[str, tuple[str, Method]]:
        """The tag and the method of each operation."""
        return {method.operation_id: (tag, method) for tag, methods in self.surface.methods.items() for method in methods}

    @staticmethod
    def operation_page(tag: str, name: str) -> str:
        return f"reference/{tag}/{name}"

    def page_of(self, name: str) -> str:
        """The page of a model or a vocabulary, with an anchor; empty if it has none."""
        if name in self.documented:
            return f"reference/models/{name}"
        return f"reference/types#{name.lower()}" if name in self.aliases else ""

    def link(self, page: str, name: str) -> str:
        target = self.page_of(name)
        return relative(page, target) if target else ""

    @cached_property
    def documented(self) -> list[str]:
        """The models that have a page: those of responses, and the objects of requests."""
        return sorted({*self.surface.models, *self.surface.objects})

    @cached_property
    def aliases(self) -> dict[str, dict[str, Any]]:
        """The vocabularies and the other named types of `tmdbkit.types`, each with its schema."""
        import tmdbkit.types

        schemas = self.bundle["components"]["schemas"]
        return {name: schemas[name] for name in sorted(tmdbkit.types.__all__) if name in schemas and name not in self.documented}

    @cached_property
    def users(self) -> dict[str, list[str]]:
        """The operations that return or take each model, directly or inside another."""
        found: dict[str, list[str]] = defaultdict(list)
        for _, _, operation in operations_of(self.bundle):
            body = json_schema(operation["requestBody"]) if "requestBody" in operation else None
            for name in sorted(self.types.components_of(references([response_of(operation)[1], body or {}]))):
                found[name].append(operation["operationId"])
        return found

    @cached_property
    def holders(self) -> dict[str, list[str]]:
        """The models that have fields of each model."""
        found: dict[str, list[str]] = defaultdict(list)
        for name in self.documented:
            for used in dict.fromkeys(references(self.types.schemas[name])):
                found[used].append(name)
        return found

    # Pages

    def pages(self) -> Iterator[Page]:
        """All pages."""
        yield Page(
            "reference/index", "Overview", "Every operation by section, with its method and path.", self.render("operations.md.jinja", "reference/index")
        )
        for tag, methods in self.surface.methods.items():
            yield from (self._operation(tag, method) for method in methods)
        yield Page("reference/models", "Models", "Every model of a response.", self.render("models.md.jinja", "reference/models"))
        yield from map(self._model, self.documented)
        yield Page("reference/types", "Types", "The vocabularies of arguments and fields.", self.render("types.md.jinja", "reference/types"))

    def _operation(self, tag: str, method: Method) -> Page:
        page = self.operation_page(tag, method.name)
        operation = self.surface.operations[method.operation_id]
        sample = self.samples.by_operation[method.operation_id]
        evidence = self.coverage.get(method.operation_id)
        successes = {status: one for status, one in operation["responses"].items() if status.startswith("2")}
        text = self.render(
            "operation.md.jinja",
            page,
            tag=tag,
            method=method,
            operation=operation,
            sample=sample,
            successes=successes,
            example=next(filter(None, map(self._example, successes.values())), ""),
            evidence=evidence,
            why=EVIDENCE[evidence["rests"].partition(" (")[0]] if evidence else UNCOUNTED,
            models=self._shown_models(operation),
            form=self._form(method, sample),
            errors=self.errors(operation),
        )
        return Page(page, method.name, plain(method.summary), text)

    def _model(self, name: str) -> Page:
        page = f"reference/models/{name}"
        schema = self.types.schemas[name]
        text = self.render("model.md.jinja", page, name=name, schema=schema, used=[self.operations[one] for one in self.users[name]])
        return Page(page, name, plain(schema.get("description", "")), text)

    # Parts of pages

    def choices(self, name: str) -> list[Any]:
        """The values of a vocabulary."""
        schema = self.aliases[name]
        return list(self.types.vocabulary(name)) if self.types.is_vocabulary(name) else schema.get("enum", [])

    def fields(self, name: str) -> list[Field]:
        return self.surface.fields(name) if name in self.surface.models else self.surface.keys(name)

    def remarks(self, field: Field) -> str:
        """What is to be said of a field beside its type: its wire name, and when it is absent or null."""
        notes = []
        if field.wire_name and field.wire_name != field.name:
            notes.append(f"`{field.wire_name}` on the wire.")
        if "not_appended" in field.default:
            notes.append("Present if it was appended.")
        elif not field.required and field.wire_name:
            notes.append("May be absent.")
        return inline_html(" ".join([field.description, *notes]))

    def member_tags(self, name: str) -> list[tuple[str, str]]:
        """The members of a union, each with the value of the tag that selects it."""
        mapping = self.types.schemas[name].get("discriminator", {}).get("mapping", {})
        by_class = {reference.rpartition("/")[2]: tag for tag, reference in mapping.items()}
        return [(member, by_class.get(member, "")) for member in (name_of(one) for one in self.types.schemas[name]["anyOf"] if "$ref" in one)]

    def _shown_models(self, operation: dict[str, Any]) -> list[str]:
        """The models whose fields a page shows: that of the response, and those of its rows."""
        first = [name for name in references(response_of(operation)[1]) if name in self.surface.models]
        rows = [row[1] for name in first if not self.types.is_union(name) and (row := self.surface.row_of(name))]
        return list(dict.fromkeys([*first, *(row for row in rows if row in self.surface.models)]))

    @staticmethod
    def _example(response: dict[str, Any]) -> str:
        examples = response.get("content", {}).get("application/json", {}).get("examples", {})
        example = examples.get("default") or next(iter(examples.values()), None)
        return abbreviated(example["value"]) if example else ""

    def limits(self, argument: Argument) -> str:
        """The limits of an argument, as HTML: the range, the form, the choices, and the default."""
        schema = argument.schema
        outer = resolve(self.bundle, schema)
        inner = resolve(self.bundle, outer["items"]) if outer.get("type") == "array" else outer
        notes = [
            LIMITS[key].format(one[key])
            for one in ([outer, inner] if inner is not outer else [outer])
            for key in LIMITS
            if key in one and not (key == "minLength" and one[key] == 1)
        ]
        notes += [f"form: {inner['x-form']}"] if "x-form" in inner else []
        notes += ["a day"] if inner.get("format") == "date" else []
        values = inner.get("enum") or ([inner["const"]] if "const" in inner else [])
        if "$ref" in (outer.get("items") or schema) and (name := name_of(outer.get("items") or schema)) in self.aliases:
            values = self.choices(name)
        text = html.escape("; ".join(notes))
        if values:
            text += ("; " if text else "") + " ".join(f"<code>{html.escape(str(value))}</code>" for value in values)
        return text

    @staticmethod
    def default(argument: Argument) -> str:
        """The default at TMDB that a description names; empty without one."""
        if argument.required or not (match := DEFAULT.search(argument.description)):
            return ""
        return f"<code>{html.escape(match['code'])}</code>" if match["code"] else html.escape(plain(match["word"] or match["after"]))

    def description(self, argument: Argument) -> str:
        """A description without the choices, which have their own column."""
        return inline_html(argument.description.removesuffix(self.types.allowed(argument.schema)))

    def errors(self, operation: dict[str, Any]) -> list[tuple[str, str, list[tuple[str, str, str]]]]:
        """The errors of an operation: the status, its meaning, and TMDB's codes with their meanings and exceptions."""
        found = []
        for status, response in operation["responses"].items():
            if not status.startswith("2"):
                meaning = resolve(self.bundle, response)["description"]
                named = re.findall(r"\(code (\d+)\)", meaning)
                codes = [
                    (code, entry["meaning"], entry.get("error", ""))
                    for code, entry in self.bundle["x-status-codes"].items()
                    if str(entry["http_status"]) == status and (not named or code in named)
                ]
                found.append((status, meaning, codes))
        return found

    def credentials(self, method: Method) -> list[str]:
        """The alternatives of credentials of a method, in words."""
        return [" and ".join(CREDENTIALS[name] for name in alternative) for alternative in method.security]

    def _form(self, method: Method, sample: Sample) -> dict[str, Any]:
        """The form to try an operation: its inputs, and what its script needs."""
        inputs = [self._input(argument, sample) for argument in method.arguments]
        sessions = [name for name in CREDENTIALS if name in READER and any(name in one for one in method.security)]
        return {
            "inputs": [one for one in inputs if one["required"]],
            "optional": [one for one in inputs if not one["required"]],
            "sessions": [{"name": name, "value": READER[name] if name in sample.alternative else "", "label": CREDENTIALS[name]} for name in sessions],
            "writes": method.changes_state or method.http_method != "GET",
        }

    def _input(self, argument: Argument, sample: Sample) -> dict[str, Any]:
        schema = resolve(self.bundle, argument.schema)
        place = {"PathParameter": "path", "QueryParameter": "query", "BodyField": "body"}[argument.class_]
        value = READER.get(argument.name, sample.values.get(argument.name, "")) if argument.secret else sample.values.get(argument.name, "")
        if argument.name == "request_token":
            value = ""
        elif argument.name == "access_token":
            value = READER["user_access_token"]
        elif argument.name in ("account_id", "account_object_id"):
            value = sample.values[argument.name]
        if place == "body" and value != "":
            value = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value
        choices = schema.get("enum") or ([False, True] if schema.get("type") == "boolean" else [])
        if "$ref" in argument.schema and name_of(argument.schema) in self.aliases:
            choices = self.choices(name_of(argument.schema))
        texts = [("true" if one else "false") if isinstance(one, bool) else str(one) for one in choices]
        kind = schema.get("type") if isinstance(schema.get("type"), str) else "string"
        return {
            "name": argument.wire_name,
            "label": argument.name,
            "place": place,
            "kind": kind,
            "required": argument.required,
            "secret": argument.secret and kind == "string",
            "value": str(value),
            "choices": texts,
            "hint": "Create one with create_request_token first; it works once."
            if argument.name == "request_token"
            else "separated by commas"
            if kind == "array" and place == "query"
            else "",
        }
