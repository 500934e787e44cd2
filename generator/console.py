"""Output for a terminal or a log."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable

__all__ = ["count_of", "emit", "printable", "ratio", "report_error"]


def printable(line: str) -> str:
    """Remove control characters from a line, so that recorded text cannot control a terminal or split a log line."""
    return "".join(character if character.isprintable() else character.encode("unicode_escape").decode() for character in line)


def emit(lines: Iterable[str]) -> None:
    """Print lines, with replacements for characters that the output's encoding lacks."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.stdout.write("\n".join(lines) + "\n")


def report_error(command: str, error: BaseException) -> None:
    """Print an error to standard error, each line after the name of the command."""
    sys.stderr.writelines(f"{command}: {printable(line)}\n" for line in str(error).splitlines())


def count_of(count: int, noun: str) -> str:
    """A count with its noun: `1 body`, `2 bodies`."""
    plural = "bodies" if noun == "body" else f"{noun}s"
    return f"{count} {noun if count == 1 else plural}"


def ratio(part: int, whole: int) -> str:
    """A fraction: `3/4`, or `-` if the denominator is 0."""
    return f"{part}/{whole}" if whole else "-"
