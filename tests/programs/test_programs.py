"""Programs have only what a user would write: public modules, and no line for a type checker."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
PROGRAMS = sorted(path for path in FOLDER.glob("*.py") if not re.match(r"test_|__init__", path.name))
PUBLIC = {"tmdbkit", "tmdbkit.models", "tmdbkit.testing", "tmdbkit.types", "tmdbkit.vocabulary"}


def test_there_are_twelve() -> None:
    assert len([*PROGRAMS, *FOLDER.glob("*.ipynb")]) == 13  # one is the tests of another


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_needs_public_modules_only(path: Path) -> None:
    imported = {node.module for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ImportFrom) and node.module}
    assert {module for module in imported if module.startswith(("tmdbkit", "tmdb_openapi"))} <= PUBLIC


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_has_no_line_for_a_type_checker(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"type: ignore|pyright:|\bcast\(|\bAny\b|\bTYPE_CHECKING\b|noqa", text) == []
