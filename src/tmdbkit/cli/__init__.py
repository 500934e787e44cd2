"""The command line, `tmdbkit`. It needs the extra `cli`: click, and rich for tables.

Starting it costs little: a module that sends requests, or shows a table, is imported by the command that needs it.
"""

from __future__ import annotations

import sys

__all__ = ["main"]

HOW_TO_INSTALL = 'tmdbkit: the command line needs an extra: pip install "tmdbkit[cli]"'


def main(arguments: list[str] | None = None) -> int:
    """Run a command, and return its exit code.

    Args:
        arguments: The arguments after the name of the program; by default those of the process.
    """
    try:
        from .app import run

        return run(arguments)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("click", "rich"):
            raise
        print(HOW_TO_INSTALL, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
