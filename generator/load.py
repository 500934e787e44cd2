"""Loads YAML with line numbers, and strict JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

__all__ = ["Finding", "Location", "Mapping", "Sequence", "SpecError", "load", "parse_json"]


@dataclass(frozen=True, order=True)
class Location:
    """A line of a file of the spec."""

    path: Path
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, order=True)
class Finding:
    """A violation of a rule in the spec: the location, the rule, and a message."""

    location: Location
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.location}: {self.rule}: {self.message}"


class SpecError(Exception):
    """The spec is invalid; `findings` lists the reasons."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = findings


class Mapping(dict[str, Any]):
    """A mapping of a YAML file, with the locations of the mapping and its keys."""

    location: Location
    key_locations: dict[str, Location]
    other_keys: frozenset[str] = frozenset()
    """The keys that are not strings in YAML, such as the number `200`."""

    def at(self, key: str | None = None) -> Location:
        """The location of a key, or of the mapping itself."""
        return self.location if key is None else self.key_locations.get(key, self.location)


class Sequence(list[Any]):
    """A sequence of a YAML file, with the locations of the sequence and its items."""

    location: Location
    item_locations: list[Location]

    def at(self, index: int) -> Location:
        """The location of an item."""
        return self.item_locations[index]


class _Loader(yaml.CSafeLoader):
    """Resolves plain scalars by the core schema of YAML 1.2: `no` is a string (and Norway), and so is a date."""


TAG = "tag:yaml.org,2002:"
_Loader.yaml_implicit_resolvers = {}
for _name, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(f"{TAG}{_name}", re.compile(f"^(?:{_pattern})$"), _first)
_SCALARS: dict[str, Callable[[str], Any]] = {
    f"{TAG}null": lambda _: None,
    f"{TAG}bool": lambda text: text.lower() == "true",
    f"{TAG}int": lambda text: int(text, 0) if text[:2] in ("0o", "0x") else int(text),
    f"{TAG}float": float,
    f"{TAG}str": str,
}


def load(path: Path, display_path: Path) -> Any:
    """Read a YAML file.

    Args:
        path: The file.
        display_path: The path that findings show.

    Raises:
        SpecError: The file is missing or not YAML, or a mapping repeats a key.
    """
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
    except FileNotFoundError:
        raise SpecError(Finding(Location(display_path, 1), "file-exists", "there is no such file")) from None
    except UnicodeDecodeError:
        raise SpecError(Finding(Location(display_path, 1), "yaml", "the file is not UTF-8")) from None
    except yaml.YAMLError as error:
        raise SpecError(_fault(path.read_text(encoding="utf-8").splitlines(), display_path, error)) from None
    if node is None:
        raise SpecError(Finding(Location(display_path, 1), "yaml", "the file is empty"))
    return _construct(node, display_path, ())


def _fault(lines: list[str], display_path: Path, error: yaml.YAMLError) -> Finding:
    """The finding for an error of YAML; a common one in plain words."""
    mark = getattr(error, "problem_mark", None)
    number = mark.line + 1 if mark else 1
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    line = "".join(lines[number - 1 : number])
    if conflict := next((position for position, text in enumerate(lines, 1) if text.startswith("<<<<<<< ")), None):
        number, reason = conflict, "an unresolved merge conflict"
    elif "\t" in line[: len(line) - len(line.lstrip())]:
        reason = "the line is indented with a tab; YAML allows only spaces"
    elif reason == "mapping values are not allowed in this context":
        reason = "a second colon: quote a text that contains `: `"
    return Finding(Location(display_path, number), "yaml", reason)


def _construct(node: yaml.Node, display_path: Path, above: tuple[yaml.Node, ...]) -> Any:
    location = Location(display_path, node.start_mark.line + 1)
    if node in above:
        raise SpecError(Finding(location, "yaml", "the value contains itself"))
    if isinstance(node, yaml.MappingNode):
        mapping = Mapping()
        mapping.location, mapping.key_locations = location, {}
        mapping.other_keys = frozenset(str(key.value) for key, _ in node.value if key.tag != f"{TAG}str")
        for key_node, value_node in node.value:
            location = Location(display_path, key_node.start_mark.line + 1)
            if not isinstance(key_node, yaml.ScalarNode):
                raise SpecError(Finding(location, "yaml", "a key is a collection"))
            key = str(key_node.value)
            if key in mapping:
                raise SpecError(Finding(location, "yaml", f"the key {key!r} is repeated"))
            mapping[key] = _construct(value_node, display_path, (*above, node))
            mapping.key_locations[key] = location
        return mapping
    if isinstance(node, yaml.SequenceNode):
        sequence = Sequence(_construct(item, display_path, (*above, node)) for item in node.value)
        sequence.location = location
        sequence.item_locations = [Location(display_path, item.start_mark.line + 1) for item in node.value]
        return sequence
    if node.tag not in _SCALARS:
        raise SpecError(Finding(location, "yaml", f"the tag {node.tag} is not supported"))
    try:
        return _SCALARS[node.tag](node.value)
    except ValueError:
        raise SpecError(Finding(location, "yaml", f"{node.value!r} is not {node.tag.removeprefix(TAG)}")) from None


def parse_json(text: str) -> Any:
    """Parse JSON, without the `NaN` and `Infinity` that Python accepts.

    Raises:
        ValueError: The text is not JSON.
    """
    return json.loads(text, parse_constant=_reject_constant)


def _reject_constant(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")
