"""The spec as one OpenAPI document: the bundle."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

from .completion import JSON, Completion, FixtureFile
from .files import package_version, write_text
from .load import Finding, Location, Mapping, Sequence, SpecError, load
from .references import resolve

__all__ = ["JSON", "METHODS", "NUMBERED_KEY", "Spec", "json_schema", "operations_of", "vocabulary_in", "write_bundle"]

METHODS = ("get", "put", "post", "delete")
"""The HTTP methods that TMDB knows."""

SUFFIXES = (".yaml", ".yml")
NUMBERED_KEY = re.compile(re.escape("^") + "([a-z]+)/" + re.escape("(0|[1-9][0-9]*)$"))
"""A pattern of keys that end with a number, such as `season/1`."""


@dataclass
class Spec:
    """The spec: its files, and the document that they form.

    Attributes:
        root: The folder that holds `openapi.yaml`.
        base: The folder to which paths in findings are relative.
    """

    root: Path
    base: Path = field(default_factory=Path.cwd)

    COMPONENTS = ("schemas", "parameters", "responses", "headers")

    def __post_init__(self) -> None:
        self.root, self.base = self.root.resolve(), self.base.resolve()

    @cached_property
    def files(self) -> dict[Path, Any]:
        """The content of each YAML file, by path.

        Raises:
            SpecError: A file is not YAML, or its name is not one for a file of the spec.
        """
        findings: list[Finding] = []
        files: dict[Path, Any] = {}
        for path in sorted(path for path in self.root.rglob("*") if self._is_part(path)):
            try:
                same = next((other for other in files if str(other).lower() == str(path).lower()), None)
                if path.suffix != ".yaml":
                    raise SpecError(Finding(Location(self.display_path(path), 1), "file-name", f"a file of the spec ends in .yaml, not in {path.suffix!r}"))
                if same:
                    reason = f"{self.display_path(same)} differs only in case, so some systems take both for one file"
                    raise SpecError(Finding(Location(self.display_path(path), 1), "file-name", reason))
                files[path] = load(path, self.display_path(path))
            except SpecError as error:
                findings.extend(error.findings)
        if findings:
            raise SpecError(*findings)
        return files

    def _is_part(self, path: Path) -> bool:
        """Whether a file is one of the spec, or should be."""
        return path.is_file() and not path.name.startswith(".") and (path.parent != self.root or path.suffix.lower() in SUFFIXES)

    def display_path(self, path: Path) -> Path:
        """A path for messages: relative to `base` if it is below that."""
        return path.relative_to(self.base) if path.is_relative_to(self.base) else path

    def file_of(self, value: Mapping | Sequence) -> Path:
        """The file that holds a mapping or sequence."""
        return self.base / value.location.path

    def target(self, value: Mapping | Sequence, reference: str) -> Path:
        """The target file of a reference in a mapping or sequence, whether it exists or not."""
        return Path(os.path.normpath(self.file_of(value).parent / reference))

    @cached_property
    def used(self) -> set[Path]:
        """The files that the root refers to, directly or indirectly."""
        self.bundle  # noqa: B018 - sets `_used`
        return self._used

    @cached_property
    def bundle(self) -> dict[str, Any]:
        """The spec as one document: path items are inlined, other files become components with the name of the file, and `Completion` adds what it derives.

        Raises:
            SpecError: A referenced file does not exist, or the files do not form a document.
        """
        self._used: set[Path] = set()
        self._inlined: list[Path] = []
        self._findings: list[Finding] = []
        self._missing: set[Path | None] = set()
        self._components: dict[str, dict[str, Any]] = {section: {} for section in self.COMPONENTS}
        path = self.root / "openapi.yaml"
        root = self.files.get(path)
        if not isinstance(root, Mapping):
            reason = "there is no such file" if root is None else "the file is not a mapping"
            raise SpecError(Finding(Location(self.display_path(path), 1), "file-exists", reason))
        self._used.add(path)
        document: dict[str, Any] = self.bundled(root)
        Completion(document, self._components, self._component_called, self.fixtures).complete()
        if isinstance(info := document.get("info"), dict):
            version = package_version(self.root.parent) or "0"  # a copy of the spec alone has no package
            document["info"] = {"title": info.pop("title", None), "version": version, **info}
        if self._findings:
            raise SpecError(*self._findings)
        security = document.get("security", [])
        for _, _, operation in operations_of(document):
            operation.setdefault("security", security)
        components = document.setdefault("components", {})
        for section, members in self._components.items():
            if members and isinstance(components, dict):
                components[section] = dict(sorted(members.items()))
        return document

    @cached_property
    def fixtures(self) -> list[FixtureFile]:
        """The fixtures beside the spec."""
        directory = self.root.parent / "tests" / "fixtures"
        paths = sorted(directory.rglob("*.json"))
        return [FixtureFile.read(path, path.relative_to(directory).with_suffix("").as_posix(), self.display_path(path)) for path in paths]

    def locate(self, keys: Iterable[str | int]) -> Location:
        """The location of a part of the bundle in the files, or of the nearest enclosing part.

        Args:
            keys: The keys from the root of the bundle to the part.
        """
        keys = list(keys)
        if keys[:1] == ["components"] and len(keys) > 2 and keys[1] in self.COMPONENTS:
            value, keys = self.files.get(self.root / str(keys[1]) / f"{keys[2]}.yaml"), keys[3:]
        else:
            value = self.files[self.root / "openapi.yaml"]
        return self.locate_below(value, keys)

    def locate_below(self, value: Any, keys: Iterable[str | int]) -> Location:
        """The location of a part of a value of the files, or of the nearest enclosing part. References are followed."""
        location: Location = getattr(value, "location", Location(self.display_path(self.root / "openapi.yaml"), 1))
        for key in keys:
            hops = 0
            while isinstance(value, Mapping) and key not in value and "$ref" in value and (hops := hops + 1) < len(self.files):
                value = self.files.get(self.target(value, str(value["$ref"])))
                location = getattr(value, "location", location)
            if isinstance(value, Mapping) and key in value:
                location, value = value.at(str(key)), value[str(key)]
            elif isinstance(value, Sequence) and isinstance(key, int) and key < len(value):
                location, value = value.at(key), value[key]
            else:
                break
        return location

    def bundled(self, value: Any) -> Any:
        """Bundle a part of a file: resolve its references."""
        if isinstance(value, Sequence):
            return [self.bundled(item) for item in value]
        if not isinstance(value, Mapping):
            return value
        if "$ref" in value:
            return self._reference(value)
        return {key: self._discriminator(item) if key == "discriminator" else self.bundled(item) for key, item in value.items()}

    def _reference(self, value: Mapping) -> Any:
        target = self._target(value, "$ref")
        siblings = {key: self.bundled(item) for key, item in value.items() if key != "$ref"}
        if target is None:
            return siblings
        if component := self._component(target):
            return {"$ref": component, **siblings}
        if target in self._inlined:
            self._findings.append(Finding(value.at("$ref"), "reference", f"{value['$ref']} refers to itself"))
            return siblings
        self._used.add(target)
        self._inlined.append(target)
        inlined = self.bundled(self.files[target])
        self._inlined.pop()
        return {**inlined, **siblings} if isinstance(inlined, dict) else inlined

    def _target(self, value: Mapping, key: str) -> Path | None:
        """The file that a key of a mapping refers to; a missing file is a finding."""
        reference = value[key]
        target = self.target(value, reference) if isinstance(reference, str) else None
        if target is None or target not in self.files:
            if target not in self._missing:  # once, however often it is referred to
                self._missing.add(target)
                self._findings.append(Finding(value.at(key), "reference", f"{reference} is not a file of the spec{self._similar(target)}"))
            return None
        return target

    def _similar(self, target: Path | None) -> str:
        """The file whose name is most like that of a missing one, as a question; empty if there is none."""
        beside = {path.name.lower(): path.name for path in self.files if target and path.parent == target.parent}
        close = get_close_matches(target.name.lower(), beside, 1) if target else []
        return "".join(f"; did you mean {beside[name]}?" for name in close)

    def _component(self, target: Path) -> str | None:
        """The reference to the component of a file; None if the folder holds no components."""
        section = target.parent.name
        if target.parent.parent != self.root or section not in self.COMPONENTS:
            return None
        if target not in self._used:
            self._used.add(target)
            self._components[section][target.stem] = {}
            self._components[section][target.stem] = self.bundled(self.files[target])
        return f"#/components/{section}/{target.stem}"

    def _component_called(self, section: str, name: str) -> str | None:
        """The reference to the component of a section by its name; None if there is no such file."""
        path = self.root / section / f"{name}.yaml"
        return self._component(path) if path in self.files else None

    def _discriminator(self, value: Any) -> Any:
        """Bundle a discriminator, whose mapping names files: `movie: MovieRow.yaml`. A property named `discriminator` is bundled like any other."""
        mapping = value.get("mapping") if isinstance(value, Mapping) else None
        if not isinstance(mapping, Mapping) or "propertyName" not in value:
            return self.bundled(value)
        references = {}
        for tag in mapping:
            if target := self._target(mapping, tag):
                references[tag] = self._component(target)
                if references[tag] is None:
                    self._findings.append(Finding(mapping.at(tag), "reference", f"{mapping[tag]} is not a schema"))
        return {**{key: self.bundled(item) for key, item in value.items() if key != "mapping"}, "mapping": references}


def write_bundle(path: Path, bundle: dict[str, Any]) -> None:
    """Write a bundle as JSON.

    Raises:
        OSError: The file cannot be written.
    """
    write_text(path, json.dumps(bundle, indent=1, ensure_ascii=False) + "\n")


def operations_of(bundle: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The operations of a bundle in the order of the spec, each with its path and its method."""
    paths = bundle.get("paths")
    for path, item in paths.items() if isinstance(paths, dict) else ():
        if isinstance(item, dict):
            yield from ((path, method, item[method]) for method in item if method in METHODS and isinstance(item[method], dict))


def vocabulary_in(bundle: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    """The values of a closed vocabulary, also where it is a member of a union."""
    schema = resolve(bundle, schema)
    return list(schema.get("enum") or next((words for member in schema.get("anyOf", ()) if (words := vocabulary_in(bundle, member))), ()))


def json_schema(message: dict[str, Any]) -> dict[str, Any] | None:
    """The schema of the JSON in a request body or a response; None if it has no JSON."""
    schema: dict[str, Any] | None = message.get("content", {}).get(JSON, {}).get("schema")
    return schema
