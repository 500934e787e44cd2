"""The notebook: its cells run in order, and show what is expected."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tmdbkit.testing import FakeTMDB

NOTEBOOK = Path(__file__).with_name("director.ipynb")
CELLS = ["".join(cell["source"]) for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]


def split(cell: str) -> tuple[str, str | None]:
    """The statements of a cell, and the last expression, which a notebook shows."""
    tree = ast.parse(cell)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    return ast.unparse(tree), None if last is None else ast.unparse(last)


def test_the_cells_show_what_they_found(fake_tmdb: FakeTMDB) -> None:
    names: dict[str, Any] = {}
    shown: list[Any] = []
    for statements, expression in map(split, CELLS):
        exec(statements, names)
        if expression:
            shown.append(eval(expression, names))
    names["tmdb"].close()
    people, titles, mean, rows, genres, poster, languages = shown
    assert "<table" in people._repr_html_()
    assert "David Fincher" in people._repr_html_()
    assert titles == ["Fight Club", "Se7en"]
    assert mean == 133.0
    assert rows == [(date(1999, 10, 15), "Fight Club", 8.438), (date(1995, 9, 22), "Se7en", 8.4)]
    assert genres == [("Drama", 11), ("Action", 7), ("Thriller", 7)]
    assert poster == "https://image.tmdb.org/t/p/w342/q3255R6d2TWAoDgypdT8zHASyxZ.jpg"
    assert languages == ["French"]
    assert len(fake_tmdb.requests) == 7


@pytest.mark.slow
@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_the_cells_are_typed(checker: str, tmp_path: Path) -> None:
    program = tmp_path / "notebook.py"
    lines = [f"{statements}\nprint({expression})" if expression else statements for statements, expression in map(split, CELLS)]
    program.write_text("# pyright: strict\n" + "\n".join(lines), encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", checker, *(["--strict"] if checker == "mypy" else []), str(program)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout
