"""The site as readers see it: built, and opened in Chromium."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from generator.site.build import Site, SiteError, build
from generator.site.reference import Page

pytestmark = pytest.mark.slow


def test_the_site_opens_without_a_problem(tmp_path: Path) -> None:
    from tests import browse  # needs what `make test-all` installs

    output = build(tmp_path / "site")
    assert (output / "llms.txt").is_file()
    assert asyncio.run(browse.check(output, step=5)) == []  # `make docs-check` opens every page


def test_a_broken_link_fails_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "# Broken\n\n[nowhere](nowhere.md), [no anchor](index.md#nowhere)\n"
    pages = {"index": Page("index", "Home", "A page.", "# Home\n"), "broken": Page("broken", "Broken", "A broken page.", text)}
    monkeypatch.setattr(Site, "pages", pages)
    monkeypatch.setattr(Site, "navigation", [{page.title: f"{page.path}.md"} for page in pages.values()])
    with pytest.raises(SiteError, match=r"broken\.md:3"):
        build(tmp_path / "site")
