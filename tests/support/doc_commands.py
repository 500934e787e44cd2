"""The commands of the documentation: makes what those of a block of `tmdbkit --fake` print."""

from __future__ import annotations

import io
import os
import re
import shlex
import tempfile
from contextlib import chdir, redirect_stderr, redirect_stdout
from unittest import mock

from tmdbkit.cli import output
from tmdbkit.cli.app import run

BLOCK = re.compile(r"```console\n(\$ tmdbkit --fake .*?)```", re.DOTALL)
SECRET = re.compile(r"\b[0-9a-f]{40}\b")
ENVIRONMENT = {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "xterm"}


def output_of(command: str) -> str:
    """What a command prints in a terminal of 100 columns."""
    command, _, head = command.partition(" | head -")
    content = io.BytesIO()
    printed = io.TextIOWrapper(content, encoding="utf-8", write_through=True)
    with redirect_stdout(printed), redirect_stderr(printed), mock.patch.object(output, "is_terminal", return_value=not head):
        run(shlex.split(command)[1:])
    lines = content.getvalue().decode().splitlines()
    text = "".join(f"{line.rstrip()}\n" for line in (lines[: int(head)] if head else lines))
    return SECRET.sub("...", text)


def with_outputs(page: str) -> str:
    """A page with the outputs of its commands."""

    def block(found: re.Match[str]) -> str:
        commands = [line for line in found[1].splitlines() if line.startswith("$ ")]
        return "```console\n" + "".join(f"{command}\n{output_of(command[2:])}" for command in commands) + "```"

    kept = {name: value for name, value in os.environ.items() if not name.startswith("TMDB")}
    with tempfile.TemporaryDirectory() as folder, chdir(folder), mock.patch.dict(os.environ, {**kept, **ENVIRONMENT}, clear=True):
        return BLOCK.sub(block, page)
