"""The pages have the outputs that their commands print, and the page of the command line names every command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.doc_commands import BLOCK, with_outputs
from tmdbkit.cli.app import COMMANDS

PAGES = [page for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))] if BLOCK.search(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_the_outputs_are_those_of_the_commands(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert with_outputs(text) == text


def test_every_command_has_an_example() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"tmdbkit {name}" not in page and f"tmdbkit --fake {name}" not in page] == []
