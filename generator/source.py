"""The spec as it is written: YAML files that know their lines, and the one document that they make together."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

__all__ = ["Finding", "Location", "Mapping", "Sequence", "Spec", "SpecError"]


@dataclass(frozen=True, order=True)
class Location:
    """A place in a file of the spec."""

    path: Path
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, order=True)
class Finding:
    """Something that is wrong with the spec: where, by which rule, and what."""

    location: Location
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.location}: {self.rule}: {self.message}"


class SpecError(Exception):
    """The spec cannot be used; `findings` says why."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = findings


class Mapping(dict[str, Any]):
    """A mapping of a YAML file that knows where it and its keys stand."""

    location: Location
    key_locations: dict[str, Location]

    def at(self, key: str | None = None) -> Location:
        """Where a key stands, or the mapping itself."""
        return self.location if key is None else self.key_locations.get(key, self.location)


class Sequence(list[Any]):
    """A sequence of a YAML file that knows where it stands."""

    location: Location


class _Loader(yaml.CSafeLoader):
    """Reads scalars as YAML 1.2 does: `no` is a text (and Norway), a date is a text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] in ("null", "int", "float")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
for _word in ("true", "false"):
    _Loader.add_implicit_resolver("tag:yaml.org,2002:bool", __import__("re").compile(r"^(?:true|false)$"), [_word[0]])


def load(path: Path, shown: Path) -> Any:
    """Read a YAML file.

    Args:
        path: The file.
        shown: Its path as findings shall name it.

    Raises:
        SpecError: The file is missing or is not YAML, or a mapping has a key twice.
    """
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
    except FileNotFoundError:
        raise SpecError(Finding(Location(shown, 1), "file-exists", "there is no such file")) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise SpecError(Finding(Location(shown, mark.line + 1 if mark else 1), "yaml", getattr(error, "problem", None) or str(error))) from None
    if node is None:
        raise SpecError(Finding(Location(shown, 1), "yaml", "the file is empty"))
    return _construct(node, shown)


def _construct(node: yaml.Node, shown: Path) -> Any:
    location = Location(shown, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        mapping = Mapping()
        mapping.location, mapping.key_locations = location, {}
        for key_node, value_node in node.value:
            key, place = str(key_node.value), Location(shown, key_node.start_mark.line + 1)
            if key in mapping:
                raise SpecError(Finding(place, "yaml", f"the key {key!r} stands twice"))
            mapping[key] = _construct(value_node, shown)
            mapping.key_locations[key] = place
        return mapping
    if isinstance(node, yaml.SequenceNode):
        sequence = Sequence(_construct(item, shown) for item in node.value)
        sequence.location = location
        return sequence
    loader = _Loader("")
    try:
        return loader.construct_object(node)
    finally:
        loader.dispose()


@dataclass
class Spec:
    """The spec: its files, and the document that they make together.

    Attributes:
        root: The folder that holds `openapi.yaml`.
        base: What paths in findings are relative to.
    """

    root: Path
    base: Path = field(default_factory=Path.cwd)

    COMPONENTS = ("schemas", "parameters", "responses")

    @cached_property
    def files(self) -> dict[Path, Any]:
        """What each YAML file holds, by its path."""
        paths = sorted(self.root.rglob("*.yaml"))
        findings: list[Finding] = []
        files: dict[Path, Any] = {}
        for path in paths:
            try:
                files[path] = load(path, self.shown(path))
            except SpecError as error:
                findings.extend(error.findings)
        if findings:
            raise SpecError(*findings)
        return files

    def shown(self, path: Path) -> Path:
        """A path as findings name it."""
        return path.relative_to(self.base) if path.is_relative_to(self.base) else path

    @cached_property
    def used(self) -> set[Path]:
        """The files that the root refers to, directly or through others."""
        self.bundle  # noqa: B018 - made while bundling
        return self._used

    @cached_property
    def bundle(self) -> dict[str, Any]:
        """The spec as one document: path items and examples are put in place, and other files become components named after them.

        Raises:
            SpecError: A file that is referred to does not exist, or lies where no component lies.
        """
        self._used: set[Path] = set()
        self._components: dict[str, dict[str, Any]] = {kind: {} for kind in self.COMPONENTS}
        path = self.root / "openapi.yaml"
        if path not in self.files:
            raise SpecError(Finding(Location(self.shown(path), 1), "file-exists", "there is no such file"))
        self._used.add(path)
        document: dict[str, Any] = self._resolve(self.files[path], path)
        security = document.pop("security", [])
        for item in document["paths"].values():
            for operation in item.values():
                operation.setdefault("security", security)
        components = document.setdefault("components", {})
        for kind, members in self._components.items():
            if members:
                components[kind] = dict(sorted(members.items()))
        return document

    def _resolve(self, value: Any, path: Path) -> Any:
        if isinstance(value, Mapping):
            if "externalValue" in value:
                return self._example(value, path)
            if "$ref" in value:
                return self._reference(value, path)
            return {key: self._resolve(item, path) for key, item in value.items()}
        return [self._resolve(item, path) for item in value] if isinstance(value, Sequence) else value

    def _reference(self, value: Mapping, path: Path) -> Any:
        target = (path.parent / value["$ref"]).resolve()
        if target not in self.files:
            raise SpecError(Finding(value.at("$ref"), "reference", f"{value['$ref']} is no file of the spec"))
        siblings = {key: self._resolve(item, path) for key, item in value.items() if key != "$ref"}
        kind = target.parent.name
        first_use = target not in self._used
        self._used.add(target)
        if target.parent.parent != self.root or kind not in self.COMPONENTS:
            return {**self._resolve(self.files[target], target), **siblings}
        if first_use:
            self._components[kind][target.stem] = {}
            self._components[kind][target.stem] = self._resolve(self.files[target], target)
        return {"$ref": f"#/components/{kind}/{target.stem}", **siblings}

    def _example(self, value: Mapping, path: Path) -> dict[str, Any]:
        file, _, pointer = value["externalValue"].partition("#")
        target = (path.parent / file).resolve()
        try:
            example: Any = json.loads(target.read_text(encoding="utf-8"))
            for key in filter(None, pointer.split("/")):
                example = example[key]
        except FileNotFoundError:
            raise SpecError(Finding(value.at("externalValue"), "reference", f"there is no file {file}")) from None
        except (ValueError, KeyError, TypeError):
            raise SpecError(Finding(value.at("externalValue"), "reference", f"{value['externalValue']} does not lead to a JSON value")) from None
        return {**{key: item for key, item in value.items() if key != "externalValue"}, "value": example}
