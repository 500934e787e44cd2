"""The programs of the documentation: reads them from Markdown, and runs each against a fake of its own.

A block of Python is a program. A line such as `app.py`: above a block names the file that it is, for the other programs of the page. A block of text right
below a program is what it prints, where `…` stands for anything.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import runpy
import sys
import warnings
from pathlib import Path
from typing import NamedTuple

import pytest

from tmdbkit.testing import FakeTMDB

BLOCK = re.compile(
    r"(?:^`(?P<name>[^`\n]+)`:\n\n)?(?:^<!-- (?P<mark>[^>]*) -->\n)?^```(?P<kind>\w+)[^\n]*\n(?P<code>.*?)^```$(?:\n\n^```text\n(?P<output>.*?)^```$)?",
    re.DOTALL | re.MULTILINE,
)
TIMEOUT = 60


class Program(NamedTuple):
    """A block of code.

    Attributes:
        page: The page, relative to the root.
        line: The line of its first code.
        code: The code.
        name: The file that it is.
        mark: The comment above it.
        output: What it prints, or None.
        files: The other files of the page, by name.
    """

    page: str
    line: int
    code: str
    name: str | None
    mark: str
    output: str | None
    files: dict[str, str]

    @property
    def is_a_test(self) -> bool:
        return re.search(r"^(?:async )?def test_|^ +def test_", self.code, re.MULTILINE) is not None


class Ran(NamedTuple):
    """How a program ended."""

    status: int | None
    printed: str
    errors: str


def programs_of(page: Path, root: Path) -> list[Program]:
    """The programs of a page, in order."""
    text = page.read_text(encoding="utf-8")
    blocks = list(BLOCK.finditer(text))
    files = {block["name"]: block["code"] for block in blocks if block["name"]}
    return [
        Program(
            page.relative_to(root).as_posix(),
            text.count("\n", 0, block.start("code")) + 1,
            block["code"],
            block["name"],
            block["mark"] or "",
            block["output"],
            files,
        )
        for block in blocks
        if block["kind"] == "python"
    ]


def run(program: Program, folder: Path, **environment: str) -> Ran:
    """Run a program in a folder, in a process of its own that is forked from one that has imported tmdbkit."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "tests.support.warm"])
    for name, text in program.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    path = folder / (program.name or ("test_program.py" if program.is_a_test else "program.py"))
    path.write_text(program.code, encoding="utf-8")
    process = context.Process(target=_execute, args=(path, environment, program.is_a_test))
    process.start()
    process.join(TIMEOUT)
    if process.exitcode is None:
        process.kill()
        process.join()
    printed, errors = (path.with_suffix(suffix).read_text(encoding="utf-8") for suffix in (".stdout", ".stderr"))
    return Ran(process.exitcode, printed, errors)


def _execute(path: Path, environment: dict[str, str], is_a_test: bool) -> None:
    """What the forked process does."""
    for stream, suffix in ((1, ".stdout"), (2, ".stderr")):
        os.dup2(os.open(path.with_suffix(suffix), os.O_CREAT | os.O_WRONLY | os.O_TRUNC), stream)
    sys.stdout, sys.stderr = open(1, "w", encoding="utf-8", closefd=False), open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    os.chdir(path.parent)
    os.environ.update(environment)
    sys.path.insert(0, str(path.parent))
    sys.argv = [path.name]
    if is_a_test:
        sys.exit(int(pytest.main(["-q", "-p", "no:asyncio", "-p", "no:cacheprovider", path.name])))
    warnings.simplefilter("error", DeprecationWarning)
    with FakeTMDB().active():
        runpy.run_path(path.name, run_name="__main__")


def is_printed(output: str, printed: str) -> bool:
    """Whether a program printed what the page shows."""
    return re.fullmatch(re.escape(output.strip()).replace("…", ".*"), printed.strip(), re.DOTALL) is not None
