"""Output for a terminal or a log."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable

__all__ = ["emit", "printable"]


def printable(line: str) -> str:
    """A line that cannot steer a terminal or break a log, whatever was recorded."""
    return "".join(character if character.isprintable() else character.encode("unicode_escape").decode() for character in line)


def emit(lines: Iterable[str]) -> None:
    """Print lines, whatever the encoding of the output: a log may have one of its own."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.stdout.write("\n".join(lines) + "\n")
