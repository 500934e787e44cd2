"""The pages have the outputs that their commands print, and the page of the command line has one of every command."""

from __future__ import annotations

import re
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


def test_every_command_has_an_output_on_the_page() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    shown = {found[1] for block in BLOCK.finditer(page) for found in re.finditer(r"^\$ tmdbkit (?:--fake )?(\w+)", block[1], re.MULTILINE)}
    assert shown == set(COMMANDS)
