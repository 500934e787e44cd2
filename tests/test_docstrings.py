"""The examples in the docstrings of the package, executed against a fake.

An example knows the names of its module, those of `tmdbkit`, a client `tmdb`, and the `fake` that it talks to. A comment behind an expression is its value.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any, NamedTuple

import pytest

import tmdbkit
from tmdbkit.testing import FakeTMDB

from .conftest import ROOT

SOURCES = ROOT / "src"
CODE = re.compile(r"(?:for|with|async|await|import|from)\b.*:$|(?:[\w.]+ = )?[\w.]+\(.*\)")
"""A line of code, rather than of prose."""


class Example(NamedTuple):
    """An example of a docstring."""

    module: str
    name: str
    code: str


def examples_in(docstring: str) -> Iterator[str]:
    """The examples: indented blocks that a blank line separates from text that is not indented."""
    lines = [*inspect.cleandoc(docstring).splitlines(), ""]
    start = None
    for number, line in enumerate(lines):
        if start is None and line.startswith("    ") and number > 1 and not lines[number - 1] and not lines[number - 2].startswith(" "):
            start = number
        elif start is not None and line and not line.startswith("    "):
            yield dedent("\n".join(lines[start:number])).strip()
            start = None
    if start is not None:
        yield dedent("\n".join(lines[start:])).strip()


def all_examples() -> Iterator[Example]:
    for path in sorted((SOURCES / "tmdbkit").rglob("*.py")):
        module = ".".join(path.relative_to(SOURCES).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                for code in examples_in(ast.get_docstring(node) or ""):
                    if "├──" not in code:  # a tree of classes
                        yield Example(module, getattr(node, "name", "module"), code)


EXAMPLES = list(all_examples())


def run(code: str, namespace: dict[str, Any]) -> int:
    """Run an example, and return the number of values that it shows."""
    tree, lines, shown = ast.parse(code), code.splitlines(), 0

    class Values(ast.NodeTransformer):
        def visit_Expr(self, node: ast.Expr) -> ast.stmt:
            nonlocal shown
            comment = lines[(node.end_lineno or 0) - 1][node.end_col_offset or 0 :].strip()
            try:
                expected = ast.literal_eval(comment.removeprefix("#").strip())
            except (SyntaxError, ValueError):
                return node
            shown += 1
            check = ast.Assert(ast.Compare(node.value, [ast.Eq()], [ast.Constant(expected)]))
            return ast.copy_location(check, node)

    exec(compile(ast.fix_missing_locations(Values().visit(tree)), "<example>", "exec"), namespace)
    return shown


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{example.module}.{example.name}" for example in EXAMPLES])
def test_an_example_runs(example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    public = {name: getattr(tmdbkit, name) for name in tmdbkit.__all__}
    with FakeTMDB().active() as fake, fake.client(transport=fake.transport, session_id=fake.user.session_id) as tmdb:
        namespace = {**public, **vars(importlib.import_module(example.module)), "tmdb": tmdb, "fake": fake, "time": time, "__name__": "example"}
        run(example.code, namespace)
        for name in [name for name in namespace if name.startswith("test_")]:
            namespace[name](fake)


@pytest.mark.parametrize("path", sorted((SOURCES / "tmdbkit").rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCES)))
def test_code_in_a_docstring_is_indented(path: Path) -> None:
    """Ruff removes the indentation where nothing but code follows the first line: an example needs a sentence after it."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = [ast.get_docstring(node) or "" for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, documented)]
    assert [line for text in docstrings for line in text.splitlines() if CODE.match(line)] == []


def test_examples_are_found() -> None:
    assert len(EXAMPLES) > 25


def test_a_wrong_value_is_found() -> None:
    assert run("1 + 1  # 2\n'a'  # a remark", {}) == 1
    with pytest.raises(AssertionError):
        run("1 + 1  # 3", {})
