"""The page of the command line has the outputs that its commands print, and names every command."""

from __future__ import annotations

from tmdbkit.cli.app import COMMANDS

from .docs import PAGE, made


def test_the_outputs_are_those_of_the_commands() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert made(page) == page


def test_every_command_has_an_example() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"tmdbkit {name}" not in page and f"tmdbkit --fake {name}" not in page] == []
