"""The code of the documentation, executed: each program of a page, each command, and each example of a docstring."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .conftest import ROOT
from .support.doc_programs import Program, is_printed, programs_of, run

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PROGRAMS = [program for page in PAGES for program in programs_of(page, ROOT) if program.mark != "dask"]  # that one has a test of its own, with a Redis


@pytest.mark.parametrize("program", PROGRAMS, ids=[f"{program.page}:{program.line}" for program in PROGRAMS])
def test_a_program_runs(program: Program, tmp_path: Path) -> None:
    ran = run(program, tmp_path)
    assert ran.status == 0, ran.printed + ran.errors
    if program.output is not None:
        assert is_printed(program.output, ran.printed), ran.printed
    assert ran.printed or "print(" not in program.code, "it printed nothing"


@pytest.mark.parametrize("page", PAGES, ids=[page.relative_to(ROOT).as_posix() for page in PAGES])
def test_a_page_does_not_mention_the_generated_package(page: Path) -> None:
    assert not re.search(r"(?:from|import) tmdb_openapi", page.read_text(encoding="utf-8"))
