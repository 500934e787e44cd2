"""The reference of the package, from its docstrings, which griffe reads."""

from __future__ import annotations

import html
import importlib
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from types import FunctionType, ModuleType
from typing import Any

import griffe

from generator.paths import ROOT

from .markup import inline_html, plain, relative
from .reference import Page

__all__ = ["HOMES", "PythonAPI"]

CLIENTS = ("TMDB", "AsyncTMDB", "Response")
OPTIONS = ("AnyOf", "Cache", "CallOptions", "RateLimit", "RedisRateLimit", "Retries", "UNSET", "UnsetType", "season")
FAKE = "FakeTMDB"

HOMES = {
    "clients": ("Clients", "tmdbkit", "The clients, and what their calls return."),
    "options": ("Options", "tmdbkit", "Options of clients and calls."),
    "helpers": ("Helpers", "tmdbkit", "Pages, batches, texts, offers, and other helpers."),
    "errors": ("Errors", "tmdbkit.errors", "The exceptions, as a tree."),
    "images": ("Images", "tmdbkit.images", "URLs and sizes of images."),
    "links": ("Links", "tmdbkit.links", "Links to pages of TMDB and of other sites."),
    "exports": ("Exports", "tmdbkit.exports", "The daily files of ids."),
    "vocabulary": ("Vocabulary", "tmdbkit.vocabulary", "Names and values that TMDB uses."),
    "fake": ("The fake TMDB", "tmdbkit.testing", "A small TMDB for tests, and how to steer it."),
    "otel": ("OpenTelemetry", "tmdbkit.otel", "Spans for calls."),
    "testing": ("Around the fake", "tmdbkit.testing", "Its server, users and clock, and the facts of titles that a test adds."),
    "pytest": ("Fixtures of pytest", "tmdbkit.testing.plugin", "The fixtures that pytest finds once tmdbkit is installed."),
}
"""The pages: for each its title, its module and its summary. `tmdbkit` and `tmdbkit.testing` have several."""


class PythonAPI:
    """The pages of the package's public names.

    Args:
        link: The page of a model or a vocabulary by its name, with an anchor; empty if it has none.
    """

    def __init__(self, link: Callable[[str], str]) -> None:
        self._packages = {
            name: griffe.load(name, search_paths=[ROOT / "src", ROOT / "generated"], docstring_parser="google", resolve_aliases=False)
            for name in ("tmdbkit", "tmdb_openapi")
        }
        self._link = link
        self._top = set(public_names("tmdbkit"))
        self.homes = {name: f"reference/python/{key}#{name.lower()}" for key in reversed(HOMES) for name in self.names(key)}

    def names(self, key: str) -> list[str]:
        """The names on a page."""
        _, module, _ = HOMES[key]
        names = public_names(module)
        if module == "tmdbkit.testing":
            return [name for name in names if (name == FAKE) == (key == "fake")]
        if module != "tmdbkit":
            return names
        errors = set(public_names("tmdbkit.errors"))
        groups = {"clients": CLIENTS, "options": OPTIONS}
        rest = [name for name in names if name not in (*CLIENTS, *OPTIONS) and name not in errors]
        return [name for name in groups.get(key, rest) if name in names]

    def pages(self) -> Iterator[Page]:
        """The pages."""
        for key, (title, module, summary) in HOMES.items():
            page = f"reference/python/{key}"
            head = f"---\ntitle: {title}\ndescription: {summary}\n---\n\n# {title}\n\n{summary} Import from `{module}`.\n"
            tree = self._tree() if key == "errors" else ""
            entries = [self._entry(page, name, self._object(module, name)) for name in self.names(key)]
            yield Page(page, title, summary, "\n".join([head, tree, *entries]))

    def _object(self, module: str, name: str) -> Any:
        """A public name, where it is defined."""
        value = getattr(importlib.import_module(module), name)
        home = getattr(value, "__module__", None) if isinstance(value, (type, FunctionType)) else None
        return self._by_path(f"{home or module}.{name}")

    def _by_path(self, path: str) -> Any:
        package, _, rest = path.partition(".")
        found: Any = self._packages[package]
        for part in rest.split("."):
            found = found.members[part]
        return self._by_path(found.target_path) if found.is_alias else found

    # Entries

    def _entry(self, page: str, name: str, one: Any) -> str:
        parts = [f"## {name} {{ #{name.lower()} }}\n"]
        if one.is_function:
            parts += [self._signature(name, one)]
        elif one.is_class:
            init = self._member(one, "__init__")
            parts += [self._signature(name, init)] if init is not None else []
        parts += [self._docstring(page, one)]
        if one.is_class:
            attributes = [(key, member) for key, member in self._members(one) if member.is_attribute]
            if attributes and not any(section.kind is griffe.DocstringSectionKind.attributes for section in self._sections(one)):
                rows = [(f"<code>{key}</code>", self._type(member), self._summary(member)) for key, member in attributes]
                parts += [_table(f"Attributes of {name}", ("Attribute", "Type", "What it is"), rows)]
            for key, member in self._members(one):
                if member.is_function:
                    parts += [
                        f"### {name}.{key} {{ #{name.lower()}.{key.lower()} }}\n",
                        self._signature(f"{name}.{key}", member),
                        self._docstring(page, member),
                    ]
        return "\n".join(parts)

    def _members(self, one: Any) -> Iterator[tuple[str, Any]]:
        """The public members of a class and of those bases that are ours, except resources, which have pages of their own."""
        seen: set[str] = set()
        for class_ in self._with_bases(one):
            for key, member in class_.members.items():
                if not key.startswith("_") and key not in seen and not member.is_alias and (member.is_function or (member.is_attribute and member.docstring)):
                    seen.add(key)
                    yield key, member

    def _with_bases(self, one: Any) -> Iterator[Any]:
        yield one
        for base in one.bases:
            path = getattr(getattr(base, "left", base), "canonical_path", "") or ""
            if path.startswith("tmdbkit.") and path != one.path:
                yield from self._with_bases(self._by_path(path))

    def _member(self, one: Any, name: str) -> Any:
        return next((class_.members[name] for class_ in self._with_bases(one) if name in class_.members), None)

    def _signature(self, name: str, one: Any) -> str:
        if not one.is_function:
            return ""
        if any("property" in str(decorator.value) for decorator in one.decorators):
            return f"```python\n{name}: {one.returns}\n```\n"
        parameters: list[str] = []
        star = False
        for parameter in one.parameters:
            if parameter.name == "self" or parameter.name == "cls":
                continue
            kind = parameter.kind.name if parameter.kind else ""
            if kind == "keyword_only" and not star:
                parameters, star = [*parameters, "*"], True
            prefix = {"var_positional": "*", "var_keyword": "**"}.get(kind, "")
            star = star or kind == "var_positional"
            annotation = f": {parameter.annotation}" if parameter.annotation is not None else ""
            default = f" = {parameter.default}" if parameter.default is not None and not prefix else ""
            parameters.append(f"{prefix}{parameter.name}{annotation}{default}")
        returns = f" -> {one.returns}" if one.returns is not None and one.name != "__init__" else ""
        keyword = "async " if "async" in one.labels else ""
        line = f"{keyword}{name}({', '.join(parameters)}){returns}"
        if len(line) > 88 and parameters:
            line = f"{keyword}{name}(\n" + "".join(f"    {one},\n" for one in parameters) + f"){returns}"
        return f"```python\n{line}\n```\n"

    @staticmethod
    def _type(one: Any) -> str:
        annotation = getattr(one, "annotation", None)
        return f"<code>{html.escape(str(annotation))}</code>" if annotation is not None else ""

    @staticmethod
    def _summary(one: Any) -> str:
        return inline_html(one.docstring.value.partition("\n\n")[0]) if one.docstring else ""

    @staticmethod
    def _sections(one: Any) -> list[Any]:
        return one.docstring.parse("google", warnings=False) if one.docstring else []

    def _docstring(self, page: str, one: Any) -> str:
        parts = []
        for section in self._sections(one):
            kind = section.kind
            if kind is griffe.DocstringSectionKind.text:
                parts.append(self._linked(page, section.value))
            elif kind in TITLES:
                titles = TITLES[kind]
                rows = [
                    (
                        f"<code>{html.escape(getattr(item, 'name', None) or str(item.annotation or ''))}</code>" if titles[1] else "",
                        inline_html(item.description),
                    )
                    for item in section.value
                ]
                if titles[1]:
                    parts.append(_table(f"{titles[0]}: {one.path}", titles, rows))
                else:
                    parts.append(f"<p><strong>{titles[0]}</strong>: {' '.join(text for _, text in rows)}</p>")
            elif kind is griffe.DocstringSectionKind.admonition:
                parts.append(f'!!! note "{section.title}"\n\n{textwrap.indent(section.value.description, "    ")}')
            elif kind is griffe.DocstringSectionKind.examples:
                parts.append("\n".join(text if isinstance(text, str) else str(text) for _, text in section.value))
        return "\n\n".join(parts) + "\n"

    def _linked(self, page: str, text: str) -> str:
        """A text of a docstring as Markdown: its code blocks are Python, and names of ours are links."""
        blocks = re.split(r"((?:^    .*\n?|^\n(?=    ))+)", text, flags=re.MULTILINE)
        parts = []
        for block in blocks:
            if block.startswith("    ") or block.lstrip("\n").startswith("    "):
                parts.append(f"\n```python\n{textwrap.dedent(block).strip()}\n```\n")
            else:
                parts.append(re.sub(r"`([A-Za-z_]\w*)`", lambda match: self._name(page, match[1]), block.replace("<", "&lt;")))
        return "".join(parts)

    def _name(self, page: str, name: str) -> str:
        target = (self.homes.get(name) if name != name.lower() or name in self._top else "") or self._link(name)
        return f"[`{name}`]({relative(page, target).replace('.html', '.md')})" if target else f"`{name}`"

    def _tree(self) -> str:
        """The exceptions as nested lists."""
        module = importlib.import_module("tmdbkit.errors")
        classes = [one for name in module.__all__ if isinstance(one := getattr(module, name), type)]

        def below(parent: type | None, depth: int) -> Iterator[str]:
            for one in classes:
                if next((base for base in one.__mro__[1:] if base in classes), None) is parent:
                    summary = plain((one.__doc__ or "").strip().partition("\n")[0])
                    yield f"{'    ' * depth}- [`{one.__name__}`](#{one.__name__.lower()}): {summary}"
                    yield from below(one, depth + 1)

        return "\n".join(below(None, 0)) + "\n"


TITLES: dict[Any, tuple[str, str]] = {
    griffe.DocstringSectionKind.parameters: ("Argument", "What it is"),
    griffe.DocstringSectionKind.attributes: ("Attribute", "What it is"),
    griffe.DocstringSectionKind.raises: ("Raises", "When"),
    griffe.DocstringSectionKind.returns: ("Returns", ""),
    griffe.DocstringSectionKind.yields: ("Yields", ""),
}


def public_names(module: str) -> list[str]:
    """The public names of a module, without those of submodules."""
    loaded = importlib.import_module(module)
    return [name for name in loaded.__all__ if not isinstance(getattr(loaded, name), ModuleType)]


def _table(label: str, titles: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col">{title}</th>' for title in titles)
    body = "\n".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    table = f'<table class="fields">\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>'
    return f'<div class="table-scroll" tabindex="0" role="region" aria-label="{html.escape(label)}">\n{table}\n</div>\n'
