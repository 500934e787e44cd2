"""Rules for the locations, names and uses of files."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator

from generator.load import Location, Mapping
from generator.text import snake_case
from tmdbkit.runtime import types

from .names import PASCAL_CASE, PATH, SNAKE_CASE, TAKEN_SCHEMAS
from .registry import Problem, rule
from .spec_index import Node, SpecIndex

__all__ = ["draft", "file_name", "path_file", "path_form", "reference", "schema_name", "unused_file"]


@rule
def unused_file(index: SpecIndex) -> Iterator[Problem]:
    """The root refers to every YAML file, directly or through others."""
    for path in index.spec.files.keys() - index.spec.used:
        yield Location(index.spec.display_path(path), 1), "no file refers to this file"


@rule
def draft(index: SpecIndex) -> Iterator[Problem]:
    """No mark of `make draft` is left: remove each `# TODO(draft)` once it is decided."""
    for path in index.spec.files:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if found := re.search(r"# TODO\(draft\):?\s*(.*)", line):
                yield Location(index.spec.display_path(path), number), found[1] or "to be decided"


@rule
def file_name(index: SpecIndex) -> Iterator[Problem]:
    """A file is in the folder of its kind, and its name has the form of its kind: schemas, responses and headers in PascalCase, others in snake_case."""
    forms = {"schema": PASCAL_CASE, "response": PASCAL_CASE, "header": PASCAL_CASE}
    for path in index.spec.used:
        kind, location = index.kind_of(path), Location(index.spec.display_path(path), 1)
        if not kind and path.parent != index.spec.root:
            yield location, "files lie in paths/<tag>/, schemas/, parameters/, responses/ and headers/"
        elif not forms.get(kind, SNAKE_CASE).fullmatch(path.stem):
            yield location, f"no {kind or 'file'} is called {path.stem!r}"


@rule
def schema_name(index: SpecIndex) -> Iterator[Problem]:
    """The name of a schema is free as the name of a class and, in snake_case, of a module."""
    for node in index.schemas:
        module = snake_case(node.name)
        if node.name in TAKEN_SCHEMAS or (node.name in types.__all__ and not node.is_wire_type):
            yield node.at(), f"generated code uses the name {node.name!r}"
        if keyword.iskeyword(module):
            yield node.at(), f"the module of {node.name!r} would be called {module!r}, which is a Python keyword"


@rule
def reference(index: SpecIndex) -> Iterator[Problem]:
    """A reference leads to a file of the expected kind, and no file is a mere reference."""
    for node in index.nodes:
        if "$ref" in node.value:
            target = index.spec.target(node.value, node.value["$ref"])
            kind = index.kind_of(target)
            if node.parent is None:
                yield node.at("$ref"), "the file is a mere reference to another"
            elif kind != node.kind and (kind or target.parent == index.spec.root):  # `file_name` reports a file in a wrong folder
                yield node.at("$ref"), f"{node.value['$ref']} leads to {f'a {kind}' if kind else 'another kind of file'}, not to a {node.kind}"


@rule
def path_form(index: SpecIndex) -> Iterator[Problem]:
    """A path has the version, lower-case words and parameters: `/3/movie/{movie_id}`."""
    paths = index.root.value.get("paths")
    for path in paths if isinstance(paths, Mapping) else ():
        if not PATH.fullmatch(path):
            yield index.spec.locate(["paths", path]), f"{path!r} is not of the form /3/name/{{parameter}}"


@rule
def path_file(index: SpecIndex) -> Iterator[Problem]:
    """A path refers to its own file in `paths/<tag>/`, which is named after the action if it has one operation."""
    referring: dict[Node, list[Node]] = {}
    for item in (node for node in index.root.children if node.slot == "paths"):
        if "$ref" not in item.value:
            yield index.spec.locate(["paths", item.name]), f"{item.name} is not a reference to a file"
        else:
            referring.setdefault(index.resolve(item), []).append(item)
    for target, same in referring.items():
        own = next((item for item in same if item.name.endswith(f"/{target.name}")), same[0])
        yield from ((item.at("$ref"), f"{item.value['$ref']} is also the file of {own.name}") for item in same if item is not own)
    for operation in index.operations:
        file, alone = operation.node.file, operation.node.parent and len(operation.node.parent.children) == 1
        if file == index.root.file:
            continue
        if file.parent.name != operation.tag:
            yield operation.node.at("tags"), f"an operation with the tag {operation.tag!r} lies in paths/{operation.tag}/"
        elif alone and operation.action and file.stem != operation.action:
            yield operation.node.at("operationId"), f"the file of {operation.operation_id} is called {operation.action}.yaml"
