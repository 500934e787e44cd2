"""The commands of the documentation: makes what those of a block print.

Of the commands that take `--fake`, those with it are run, so that none asks TMDB. `tmdbkit serve` runs in a process of its own until it serves. A command
that ends with `<Tab>` prints what a shell is offered.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from contextlib import chdir, redirect_stderr, redirect_stdout
from unittest import mock

from tmdbkit.cli import output
from tmdbkit.cli.app import run
from tmdbkit.cli.settings import COMPLETE

BLOCK = re.compile(r"```console\n(\$ tmdbkit (?:--fake |serve|completion |\S[^\n]*<Tab>\n).*?)```", re.DOTALL)
SECRET = re.compile(r"\b[0-9a-f]{40}\b")
ENVIRONMENT = {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "xterm"}
PORT = 8000
TAB = "<Tab>"


def output_of(command: str) -> str:
    """What a command prints in a terminal of 100 columns."""
    if command.endswith(TAB):
        return _offered(command.removesuffix(TAB))
    if command == "tmdbkit serve":
        return SECRET.sub("...", _served())
    command, _, head = command.partition(" | head -")
    content = io.BytesIO()
    printed = io.TextIOWrapper(content, encoding="utf-8", write_through=True)
    with redirect_stdout(printed), redirect_stderr(printed), mock.patch.object(output, "is_terminal", return_value=not head):
        run(shlex.split(command)[1:])
    lines = content.getvalue().decode().splitlines()
    text = "".join(f"{line.rstrip()}\n" for line in (lines[: int(head)] if head else lines))
    return SECRET.sub("...", text)


def _offered(line: str) -> str:
    """What a shell is offered when the user presses Tab at the end of a line."""
    words = shlex.split(line)
    with mock.patch.dict(os.environ, {COMPLETE: "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - (not line.endswith(" ")))}):
        offered = output_of("tmdbkit")
    return "".join(f"{choice.partition(',')[2]}\n" for choice in offered.splitlines())


def _served() -> str:
    """What `tmdbkit serve` prints until it serves. It takes any free port and says that of the default, which may be in use here."""
    command = [sys.executable, "-m", "tmdbkit.cli", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        announced = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        exports, _ = process.communicate(timeout=30)
    return re.sub(r"(?<=127\.0\.0\.1:)\d+", str(PORT), exports + announced)


def with_outputs(page: str) -> str:
    """A page with the outputs of its commands."""

    def block(found: re.Match[str]) -> str:
        commands = [line for line in found[1].splitlines() if line.startswith("$ ")]
        return "```console\n" + "".join(f"{command}\n{output_of(command[2:])}" for command in commands) + "```"

    kept = {name: value for name, value in os.environ.items() if not name.startswith("TMDB")}
    with tempfile.TemporaryDirectory() as folder, chdir(folder), mock.patch.dict(os.environ, {**kept, **ENVIRONMENT}, clear=True):
        return BLOCK.sub(block, page)
