"""Compares the public names of two source trees, as griffe reads them.

griffe finds breaking changes of parameters. It ignores annotations and additions, and considers every module without an underscore public; so this module
compares names, annotations and base classes.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import griffe
from griffe import BreakageKind

from .annotations import breaks, read_type
from .bundles import Change

__all__ = ["MODULES", "public_changes"]

PACKAGES = {"tmdbkit": "src", "tmdb_openapi": "generated"}
MODULES = (
    "tmdbkit",
    "tmdbkit.errors",
    "tmdbkit.exports",
    "tmdbkit.images",
    "tmdbkit.links",
    "tmdbkit.vocabulary",
    "tmdbkit.types",
    "tmdbkit.otel",
    "tmdbkit.testing",
    "tmdbkit.testing.plugin",
    "tmdb_openapi.models",
    "tmdb_openapi.types",
)
"""The modules that users import from, beside those of `tmdb_openapi.api`. A name that several of them export is reported under the first. `tmdbkit.models` and
`tmdbkit.types` re-export those of `tmdb_openapi`."""
RESOURCES = "tmdb_openapi.api"
PARAMETERS = {
    BreakageKind.PARAMETER_REMOVED: "{what} removed",
    BreakageKind.PARAMETER_ADDED_REQUIRED: "required {what} added: `{new.annotation}`",
    BreakageKind.PARAMETER_CHANGED_REQUIRED: "{what} is now required",
    BreakageKind.PARAMETER_MOVED: "{what} is at another position",
    BreakageKind.PARAMETER_CHANGED_KIND: "{what} is now {new.kind.value}, was {old.kind.value}",
    BreakageKind.PARAMETER_CHANGED_DEFAULT: "{what} is now `{new.default}` if omitted, was `{old.default}`",
}

Member: TypeAlias = griffe.Object | griffe.Alias
Found: TypeAlias = tuple[str, str, bool]
"""The changed name, the change in words, and whether it is breaking."""


class AttributesSetTogether(griffe.Extension):
    """A griffe extension that finds attributes assigned in one statement: `self.method, self.url = method, url`."""

    def on_class_members(self, *, node: ast.AST | griffe.ObjectNode, cls: griffe.Class, **_: Any) -> None:
        """Add the attributes to a class."""
        functions = [each for each in getattr(node, "body", ()) if isinstance(each, ast.FunctionDef) and each.name == "__init__"]
        for target in (target for function in functions for each in ast.walk(function) if isinstance(each, ast.Assign) for target in each.targets):
            for item in target.elts if isinstance(target, ast.Tuple) else ():
                if isinstance(item, ast.Attribute) and isinstance(item.value, ast.Name) and item.value.id == "self" and item.attr not in cls.members:
                    cls.set_member(item.attr, griffe.Attribute(item.attr, lineno=item.lineno))


class Public:
    """The public names of the packages below a folder.

    Args:
        root: The folder that holds `src/` and `generated/`.

    Raises:
        SyntaxError: A handwritten file is not valid Python; griffe would skip it.

    Attributes:
        packages: The packages, as griffe read them.
        members: The objects and their members, by public name.
        homes: The one public name under which an object is reported, by its path in the source.
    """

    def __init__(self, root: Path) -> None:
        for path in (root / PACKAGES["tmdbkit"]).rglob("*.py"):
            ast.parse(path.read_bytes(), str(path.relative_to(root)))
        extensions = griffe.load_extensions(AttributesSetTogether())
        loader = griffe.GriffeLoader(search_paths=[root / folder for folder in PACKAGES.values()], extensions=extensions, allow_inspection=False)
        self.packages = [loader.load(package) for package in PACKAGES]
        loader.resolve_aliases(implicit=False)
        self.members: dict[str, Member] = {}
        for package in self.packages:
            for module in (module for module in modules_of(package) if module.path in MODULES or module.path.startswith(f"{RESOURCES}.")):
                names = [name for name in module.members if not name.startswith("_")] if module.exports is None else module.exports
                self.members |= {f"{module.path}.{name}": target_of(module.members[str(name)]) for name in names if str(name) in module.members}
        self.homes: dict[str, str] = {}
        for name, member in self.members.items():
            self.homes.setdefault(member.path, name)
        for name in self.homes.values():
            if isinstance(class_ := self.members[name], griffe.Class):
                self.members |= {f"{name}.{each}": target_of(member) for each, member in class_.all_members.items() if self._is_reported(class_, each, member)}

    def _is_reported(self, class_: griffe.Class, name: str, member: Member) -> bool:
        """Whether a member is reported under a public class: it is public itself, and not inherited from another public class."""
        if member.inherited and any(name in base.all_members for base in class_.mro() if base.path in self.homes):
            return False
        if name.startswith("__"):
            return isinstance(target_of(member), griffe.Function) and (name == "__init__" or not (hasattr(object, name) or name.endswith("post_init__")))
        return not name.startswith("_")

    def names_of(self, function: Member) -> list[str]:
        """The public names of a function."""
        return [name for name, member in self.members.items() if member.path == function.path]

    def ancestors(self, class_: griffe.Class) -> set[str]:
        """The base classes of a class that are public or builtin."""
        line = class_.mro()
        bases = {str(base) for each in (class_, *line) for base in each.bases}
        return {self.homes[each.path] for each in line if each.path in self.homes} | {base for base in bases if hasattr(builtins, base)}


def public_changes(before: Path, after: Path, reported: Collection[str]) -> list[Change]:
    """The changes of public names from one source tree to another, in a stable order.

    Args:
        before: The folder with `src/` and `generated/` of the earlier revision.
        after: The folder of the later revision.
        reported: Subjects to skip, because the comparison of the bundles reported them.

    Raises:
        SyntaxError: A handwritten file is not valid Python.
    """
    old, new = Public(before), Public(after)
    found = [*_names(old, new), *_types(old, new), *_parameters(old, new)]
    return list(
        dict.fromkeys(Change(text, breaking, display_name(name)) for name, text, breaking in found if not {display_name(name), resource_of(name)} & {*reported})
    )


def _names(old: Public, new: Public) -> Iterator[Found]:
    """Removed and added names; members of a removed or added class are skipped."""
    for these, others, what in ((old.members, new.members, "removed"), (new.members, old.members, "added")):
        for name in these:
            whole = name.rpartition(".")[0]
            if name not in others and (whole in others or whole not in these):
                yield name, f"`{display_name(name)}` {what}", what == "removed"


def _types(old: Public, new: Public) -> Iterator[Found]:
    """Names whose kind of object, type or base classes changed."""
    for name, was in old.members.items():
        now = new.members.get(name) if old.homes.get(was.path, name) == name else None
        match was, now:
            case griffe.Function(), griffe.Function():
                yield from _function(name, was, now)
            case griffe.Attribute(), griffe.Attribute():
                yield from _retyped(name, f"`{display_name(name)}` is now {{}}, was {{}}", was.annotation, now.annotation, given=False)
            case griffe.Class(), griffe.Class():
                before, after = old.ancestors(was), new.ancestors(now)
                yield from ((name, f"`{display_name(name)}` no longer derives from `{base}`", True) for base in sorted(before - after))
                yield from ((name, f"`{display_name(name)}` now derives from `{base}`", False) for base in sorted(after - before))
            case griffe.Object(), griffe.Object():
                yield name, f"`{display_name(name)}` changed from {was.kind.value} to {now.kind.value}", True


def _function(name: str, was: griffe.Function, now: griffe.Function) -> Iterator[Found]:
    what = f"`{display_name(name)}`"
    yield from _retyped(name, f"{what} now returns {{}}, returned {{}}", was.returns, now.returns, given=False)
    if "async" in was.labels ^ now.labels:
        yield name, f"{what} {'is now a coroutine' if 'async' in now.labels else 'is no longer a coroutine'}", True
    for parameter in (parameter for parameter in now.parameters if not parameter.name.startswith("_")):
        called = f"parameter `{parameter.name}` of {what}"
        if parameter.name in was.parameters:
            before = was.parameters[parameter.name]
            yield from _retyped(name, f"{called} now takes {{}}, took {{}}", before.annotation, parameter.annotation, given=True)
            if before.required and not parameter.required:
                yield name, f"{called} is now optional", False
        elif not parameter.required:
            yield name, f"optional {called} added: `{parameter.annotation}`", False


def _retyped(name: str, text: str, was: Any, now: Any, *, given: bool) -> Iterator[Found]:
    """A changed annotation, if both sides have one. A return type of None may change: no program uses the value."""
    if was is not None and now is not None and str(was) != str(now):
        before, after = read_type(str(was)), read_type(str(now))
        if before != after:
            breaking = breaks(before, after, given=given, read=not given and str(was) != "None")
            yield name, text.format(f"`{now}`", f"`{was}`"), breaking


def _parameters(old: Public, new: Public) -> Iterator[Found]:
    """The breaking changes of parameters that griffe finds."""
    for before, after in zip(old.packages, new.packages, strict=True):
        for breakage in griffe.find_breaking_changes(before, after):
            parameter = getattr(breakage.old_value or breakage.new_value, "name", "_")
            if breakage.kind in PARAMETERS and not parameter.startswith("_"):
                for name in new.names_of(breakage.obj):
                    what = f"parameter `{parameter}` of `{display_name(name)}`"
                    yield name, PARAMETERS[breakage.kind].format(what=what, old=breakage.old_value, new=breakage.new_value), True


def modules_of(module: Member) -> Iterator[Member]:
    """A module and its submodules."""
    yield module
    for each in module.modules.values():
        if not each.is_alias:
            yield from modules_of(each)


def target_of(member: Member) -> Member:
    """The target of an alias; the alias itself if it leads to another library."""
    try:
        return member.final_target if isinstance(member, griffe.Alias) else member
    except griffe.AliasResolutionError:
        return member


def display_name(name: str) -> str:
    """The name to report: `movies.popular` for a method of any of the four classes of a resource, the class for its `__init__`."""
    for pattern, text in ((rf"{RESOURCES}\.(\w+)\.\w+\.(\w+)", r"\1.\2"), (r"tmdb_openapi\.(?:models|types)\.(.+)", r"\1"), (r"(.+)\.__init__", r"\1")):
        if found := re.fullmatch(pattern, name):
            return found.expand(text)
    return name


def resource_of(name: str) -> str:
    """The resource that a name belongs to; empty if there is none."""
    found = re.match(rf"(?:{re.escape(RESOURCES)}|tmdbkit\.(?:Async)?TMDB)\.(\w+)", name)
    return found[1] if found else ""
