"""The site as readers see it: built, and opened in Chromium."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from generator.site.build import Site, SiteError, build
from generator.site.reference import Page

pytestmark = pytest.mark.slow


def test_the_site_builds_in_a_minute_and_opens_without_a_problem(tmp_path: Path) -> None:
    from tests import browse  # needs what `make test-all` installs

    started = time.monotonic()
    output = build(tmp_path / "site")
    assert time.monotonic() - started < 60
    assert (output / "llms.txt").is_file()
    assert asyncio.run(browse.check(output)) == []


def test_a_broken_link_fails_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = Site.pages.func

    def with_a_broken_link(site: Site) -> dict[str, Page]:
        return {**pages(site), "broken": Page("broken", "Broken", "A broken page.", "# Broken\n\n[nowhere](nowhere.md), [no anchor](index.md#nowhere)\n")}

    monkeypatch.setattr(Site, "pages", property(with_a_broken_link))
    with pytest.raises(SiteError, match=r"broken\.md:3"):
        build(tmp_path / "site")
