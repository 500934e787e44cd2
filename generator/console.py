"""Output for a terminal or a log."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable

__all__ = ["count_of", "emit", "printable", "ratio", "report_error"]


def printable(line: str) -> str:
    """A line without control characters: recorded text must not steer a terminal or break a log."""
    return "".join(character if character.isprintable() else character.encode("unicode_escape").decode() for character in line)


def emit(lines: Iterable[str]) -> None:
    """Print lines; the encoding of the output may lack some characters, as that of a log may."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.stdout.write("\n".join(lines) + "\n")


def report_error(command: str, error: BaseException) -> None:
    """Print an error to standard error, each line after the name of the command."""
    sys.stderr.writelines(f"{command}: {printable(line)}\n" for line in str(error).splitlines())


def count_of(count: int, noun: str) -> str:
    """A number with its noun: `1 body`, `2 bodies`."""
    plural = "bodies" if noun == "body" else f"{noun}s"
    return f"{count} {noun if count == 1 else plural}"


def ratio(part: int, whole: int) -> str:
    """A part of a whole: `3/4`, or `-` without a whole."""
    return f"{part}/{whole}" if whole else "-"
