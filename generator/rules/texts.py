"""Rules for summaries and descriptions."""

from __future__ import annotations

from collections.abc import Iterator

from .registry import Problem, rule
from .spec_index import SpecIndex

__all__ = ["deprecation", "description", "fault_of_text", "summary"]

DESCRIBED = ("header", "parameter", "response", "security scheme", "tag")
"""The kinds of parts that need a description, beside the schemas of files."""


@rule
def summary(index: SpecIndex) -> Iterator[Problem]:
    """An operation has a summary: one line that ends in a full stop."""
    for operation in index.operations:
        if "summary" not in operation.node.value:
            yield operation.node.at(), "the operation has no summary"
        elif fault := fault_of_text(operation.node.value["summary"]):
            yield operation.node.at("summary"), f"the summary {fault}"
        elif "\n" in operation.node.value["summary"]:
            yield operation.node.at("summary"), "the summary has more than one line"


@rule
def description(index: SpecIndex) -> Iterator[Problem]:
    """Schemas, parameters, responses, headers, tags and credentials have descriptions: sentences, or beside a `pattern` without `x-form` a phrase."""
    for node in index.nodes:
        if "description" in node.value:
            if fault := fault_of_text(node.value["description"], phrase="pattern" in node.value and "x-form" not in node.value and not node.is_wire_type):
                yield node.at("description"), f"the description {fault}"
        elif "$ref" not in node.value and (node.kind in DESCRIBED or (node.kind == "schema" and not node.parent)):
            yield node.at(), f"the {node.kind} has no description"


@rule
def deprecation(index: SpecIndex) -> Iterator[Problem]:
    """Operations, properties and optional parameters can have `deprecated: true`. Their descriptions end with a sentence that names the replacement."""
    for node in index.nodes:
        if "deprecated" in node.value:
            if node.value["deprecated"] is not True:
                yield node.at("deprecated"), "deprecated is true, or absent"
            elif node.kind == "schema" and node.slot != "properties":
                yield node.at("deprecated"), "only operations, parameters and properties can be deprecated"
            elif node.value.get("required") is True:
                yield node.at("deprecated"), "a parameter that is required cannot be deprecated; the operation can"
            elif "description" not in node.value:
                yield node.at("deprecated"), f"the {node.kind if node.kind != 'schema' else 'property'} has no description that names its replacement"


def fault_of_text(text: str, *, phrase: bool = False) -> str:
    """The fault of a text; empty if it has none."""
    if not text.strip():
        return "is blank"
    if text != text.strip() or "  " in text:
        return "has spaces around it or two in a row"
    if text.endswith(".") == phrase:
        return "ends with a full stop, but is a phrase" if phrase else "does not end with a full stop"
    return ""
