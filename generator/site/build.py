"""Builds the site: writes its pages as Markdown, lets Zensical render them, and checks the result."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cached_property
from html import escape
from html.parser import HTMLParser
from os.path import normpath, relpath
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

from generator.bundle import Spec
from generator.paths import ROOT, SPEC

from .figures import figures_page
from .markup import plain
from .python_api import HOMES, PythonAPI
from .reference import Page, Reference

__all__ = ["OUTPUT", "Site", "SiteError", "build", "problems"]

OUTPUT = ROOT / ".site"
HERE = Path(__file__).parent
MOST_BYTES = 150_000
TITLES = {
    "CONTRIBUTING": "Contributing",
    "CHANGELOG": "Changelog",
    "SECURITY": "Security",
    "spec/README": "The spec",
    "generator/README": "The generator",
    "docs/architecture": "Architecture and decisions",
    "spec/coverage": "Coverage by operation",
    "spec/differences": "Differences from the official text",
}
"""The titles in the navigation of documents whose own is another."""

LINK = re.compile(r"(!?\[(?:[^\[\]]|\[[^\]]*\])*\])\(([^()\s]+)\)")
FENCE = re.compile(r"(^ *```.*?^ *```$)", re.DOTALL | re.MULTILINE)
SOURCE = re.compile(r'(<img\b[^>]*\bsrc=")([^"]+)(")')


class SiteError(Exception):
    """The site cannot be built."""


class Site:
    """The pages of the site, and its navigation."""

    def __init__(self) -> None:
        self.coverage = (SPEC / "coverage.md").read_text(encoding="utf-8")
        self.reference = Reference(Spec(SPEC), self.coverage)
        self.python = PythonAPI(self.reference.page_of)

    @cached_property
    def documents(self) -> dict[Path, str]:
        """The documents of the repository that become pages: the path of each page, without a suffix, by the file relative to the root."""
        found = {Path("README.md"): "index"}
        for path in sorted((ROOT / "docs").rglob("*.md")):
            found[path.relative_to(ROOT)] = path.relative_to(ROOT / "docs").with_suffix("").as_posix()
        found[Path("docs/architecture.md")] = "maintainers/architecture"
        for name in ("CONTRIBUTING", "CHANGELOG", "SECURITY"):
            found[Path(f"{name}.md")] = f"maintainers/{name.lower()}"
        found[Path("spec/README.md")] = "maintainers/spec"
        for name in ("coverage", "differences"):
            found[Path(f"spec/{name}.md")] = f"evidence/{name}"
        for path in sorted([*(ROOT / "generator").rglob("*.md"), *(ROOT / "changelog.d").glob("README.md")]):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[path.relative_to(ROOT)] = "maintainers/" + "-".join(part for part in parts if part != "README")
        return {path: page for path, page in found.items() if (ROOT / path).exists()}

    @cached_property
    def attachments(self) -> list[Path]:
        """The images and data that documents link to."""
        return sorted(path.relative_to(ROOT) for path in (ROOT / "docs").rglob("*") if path.suffix in (".json", ".png", ".svg"))

    @cached_property
    def pages(self) -> dict[str, Page]:
        """All pages by path."""
        differences = (SPEC / "differences.md").read_text(encoding="utf-8")
        pages = [*map(self._document, self.documents), *self.reference.pages(), *self.python.pages(), figures_page(self.coverage, differences)]
        return {page.path: page for page in pages}

    def _document(self, file: Path) -> Page:
        page = self.documents[file]
        text = (ROOT / file).read_text(encoding="utf-8")
        parts = FENCE.split(text)
        text = "".join(part if place % 2 else self._relinked(part, file, page) for place, part in enumerate(parts))
        heading = re.search(r"^# (.+)$", text, re.MULTILINE)
        title = TITLES.get(file.with_suffix("").as_posix()) or (plain(heading[1]) if heading else page.rpartition("/")[2].replace("-", " ").capitalize())
        first = next((line for line in re.split(r"\n\s*\n", FENCE.sub("", text)) if re.match(r"[A-Za-z*\[`]", line.strip())), title)
        return Page(page, title, plain(re.sub(LINK, lambda match: match[1].strip("![]"), first))[:200], text)

    def _relinked(self, text: str, file: Path, page: str) -> str:
        """A text whose links into the repository lead to pages. A link to a file that is no page becomes its words."""

        def relink(match: re.Match[str]) -> str:
            label, (target, hash_, anchor) = match[1], match[2].partition("#")
            if not target or re.match("[a-z]+:", target):
                return match[0]
            url = self._url(target, file, page)
            return f"{label}({url}{hash_}{anchor})" if url else label.lstrip("!").strip("[]")

        text = LINK.sub(relink, text)
        return SOURCE.sub(lambda match: match[1] + (self._url(match[2], file, page) or match[2]) + match[3], text)

    def _url(self, target: str, file: Path, page: str) -> str:
        """The URL on a page of a file that a document links to; empty if the file is no part of the site."""
        path = Path(normpath(file.parent / unquote(target)))
        here = Path(page).parent
        if path in self.documents:
            return relpath(self.documents[path] + ".md", here)
        if path in self.attachments:
            return relpath(path.relative_to("docs"), here)
        if (ROOT / path).exists():
            return ""
        return relpath(path.relative_to("docs"), here) if path.is_relative_to("docs") else target  # to a generated page, or a broken one, which the check finds

    # Navigation

    @cached_property
    def navigation(self) -> list[dict[str, Any]]:
        """The navigation, in the form of MkDocs."""
        paths = list(self.documents.values())
        guides = [path for path in paths if path.startswith("guides/")]
        manuals = [path for path in paths if path.startswith("maintainers/")]
        first = ["maintainers/contributing", "maintainers/architecture", "maintainers/spec", "maintainers/generator"]
        others = [path for path in paths if "/" not in path and path not in ("index", "tutorial") and not path.startswith("moving")]
        reference: list[Any] = ["reference/index.md"]
        reference += [
            {
                group: [
                    {tag["x-displayName"]: [self._entry(f"reference/{tag['name']}/{one.name}") for one in self.reference.surface.methods[tag["name"]]]}
                    for tag in tags
                ]
            }
            for group, tags in self.reference.groups
        ]
        python = [self._entry(f"reference/python/{name}") for name in HOMES]
        return [
            {"Home": "index.md"},
            *([{"Tutorial": "tutorial.md"}] if "tutorial" in paths else []),
            *([{"Guides": [*map(self._entry, self._ordered(guides)), *(self._entry(path) for path in paths if path.startswith("moving"))]}] if guides else []),
            *map(self._entry, others),
            {"Operations": reference},
            {"Python": [*python, self._entry("reference/models"), self._entry("reference/types")]},
            {"How true it is": [self._entry(path) for path in ("evidence/coverage", "evidence/differences", "evidence/figures")]},
            {"For maintainers": [self._entry(path) for path in [*first, *(path for path in manuals if path not in first)] if path in manuals]},
        ]

    def _ordered(self, guides: list[str]) -> list[str]:
        """The guides in the order of the links in the lists and tables of their index."""
        index = "\n".join(re.findall(r"^[|*-].*", self.pages["guides/index"].text, re.MULTILINE)) if "guides/index" in guides else ""
        order = ["guides/index", *(f"guides/{name}" for name in re.findall(r"\]\((?:\./)?([\w-]+)\.md", index))]
        return sorted(guides, key=lambda path: (order.index(path) if path in order else len(order), path))

    def _entry(self, path: str) -> dict[str, str]:
        return {self.pages[path].title: f"{path}.md"}

    # Output

    def write(self, folder: Path) -> None:
        """Write the pages, and the settings of Zensical."""
        shutil.rmtree(folder, ignore_errors=True)
        docs = folder / "docs"
        for page in self.pages.values():
            (docs / page.path).parent.mkdir(parents=True, exist_ok=True)
            (docs / f"{page.path}.md").write_text(page.text, encoding="utf-8")
        for file in self.attachments:
            target = docs / file.relative_to("docs")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, target)
        shutil.copytree(HERE / "assets", docs / "assets")
        (docs / "llms.txt").write_text(self.llms(), encoding="utf-8")
        (docs / "robots.txt").write_text("User-agent: *\nAllow: /\n", encoding="utf-8")
        settings = yaml.safe_load((HERE / "zensical.yml").read_text(encoding="utf-8"))
        settings["nav"] = self.navigation
        settings["theme"]["custom_dir"] = str(HERE / "overrides")
        (folder / "mkdocs.yml").write_text(yaml.safe_dump(settings, sort_keys=False, allow_unicode=True), encoding="utf-8")

    def llms(self) -> str:
        """The index of the site for programs that read it."""
        sections: dict[str, list[Page]] = {"Guides": [], "Operations": [], "Python": [], "Models": [], "For maintainers": [], "Evidence": []}
        homes = {"evidence": "Evidence", "maintainers": "For maintainers"}
        for page in self.pages.values():
            top, _, rest = page.path.partition("/")
            if top == "reference":
                name = "Models" if rest.startswith(("models", "types")) else "Python" if rest.startswith("python/") else "Operations"
            else:
                name = homes.get(top, "Guides")
            sections[name].append(page)
        lines = ["# tmdbkit", "", "> A typed Python client for The Movie Database. One page per operation and per model.", ""]
        for name, pages in sections.items():
            lines += [f"## {name}", ""]
            for page in pages:
                title = page.path.removeprefix("reference/").replace("/", ".") if name == "Operations" else page.title
                lines.append(f"- [{title}]({page.path}.html): {page.summary}")
            lines.append("")
        return "\n".join(lines)


def build(folder: Path = OUTPUT) -> Path:
    """Build the site, and return the folder with its HTML.

    Raises:
        SiteError: Zensical fails, or the result has a fault.
    """
    site = Site()
    site.write(folder)
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict", "--config-file", str(folder / "mkdocs.yml")]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder)
    if ran.returncode:
        raise SiteError(_warnings(ran.stdout + ran.stderr))
    output = folder / "html"
    if found := list(problems(output, site)):
        raise SiteError("\n".join(found))
    return output


def _warnings(text: str) -> str:
    """The warnings in Zensical's output, each with its place, or else the end of the output."""
    lines = re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()
    found = [f"{match[1]}: {before.strip()}" for before, line in itertools.pairwise(lines) if (match := re.search(r"╭─\[ (.+?) \]", line))]
    return "\n".join(found or lines[-20:])


class _Links(HTMLParser):
    """The links of a page, the addresses that it loads, and its anchors."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.anchors |= {value for key in ("id", "name") if (value := values.get(key))}
        if tag == "a" and (url := values.get("href")):
            self.links.append(url)
        for key in ("src", "href", "poster", "data"):
            if (
                (url := values.get(key))
                and tag in ("link", "script", "img", "iframe", "source", "video", "object")
                and values.get("rel") not in ("canonical", "prev", "next")
            ):
                self.loads.append(url)


def problems(output: Path, site: Site | None = None) -> Iterator[str]:
    """The faults of a built site: broken links and anchors, loads from outside, pages that are missing or too heavy."""
    pages = {path.relative_to(output).as_posix(): _read(path) for path in sorted(output.rglob("*.html"))}
    files = {path.relative_to(output).as_posix() for path in output.rglob("*") if path.is_file()}
    if site:
        yield from (f"{page}: was not built" for page in site.pages if f"{page}.html" not in pages)
    for page, found in pages.items():
        if (size := (output / page).stat().st_size) > MOST_BYTES:
            yield f"{page}: has {size} bytes, more than {MOST_BYTES}"
        yield from (f"{page}: loads {url} from outside" for url in found.loads if re.match("(?:[a-z]+:)?//", url))
        if page == "404.html":  # its links are absolute
            continue
        for url in dict.fromkeys([*found.links, *found.loads]):
            if re.match("[a-z]+:|//", url):
                continue
            target, _, anchor = unquote(url).partition("#")
            path = normpath(f"{page.rpartition('/')[0]}/{target}").lstrip("/") if target else page
            path = f"{path}/index.html".removeprefix("./") if f"{path}/index.html".removeprefix("./") in files else path
            if path not in files:
                yield f"{page}: links to {escape(url)}, which does not exist"
            elif anchor and path in pages and anchor not in pages[path].anchors:
                yield f"{page}: links to {escape(url)}, which has no such anchor"


def _read(path: Path) -> _Links:
    reader = _Links()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader
