"""Draws the picture of the README: `docs/at-work.svg`, a small program and what it prints, and what `python -m tmdbkit` prints.

python -m tests.picture
"""

from __future__ import annotations

import io
import os
import re
from contextlib import redirect_stdout
from unittest import mock

from rich.console import Console
from rich.syntax import Syntax
from rich.text import Text

from tests.conftest import ROOT
from tmdbkit.testing import FakeTMDB, demo

PICTURE = ROOT / "docs" / "at-work.svg"
WIDTH = 104
PROGRAM = """\
from tmdbkit import TMDB, where_to_watch

with TMDB() as tmdb:
    movie = tmdb.movies.details(550, append_to_response=["credits", "watch/providers"])
    print(movie.title, movie.release_date, movie.credits.cast[0].character)
    print([provider.name for provider in where_to_watch(movie, "DE").flatrate])
"""


def printed_by(program: str) -> str:
    """What a program prints about the fake."""
    output = io.StringIO()
    with FakeTMDB().active(), redirect_stdout(output):
        exec(compile(program, "movie.py", "exec"), {})
    return output.getvalue()


def printed_by_the_demo() -> str:
    """What `python -m tmdbkit` prints without a token."""
    output = io.StringIO()
    with mock.patch.dict("os.environ"), redirect_stdout(output):
        for name in ("TMDB_ACCESS_TOKEN", "TMDB_API_KEY"):
            os.environ.pop(name, None)
        demo.main()
    return output.getvalue()


def draw() -> str:
    """The picture, as SVG."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor", no_color=False, legacy_windows=False)
    prompt = Text("$ ", style="bold green")
    console.print(prompt + Text("cat movie.py"))
    console.print(Syntax(PROGRAM.rstrip(), "python", theme="monokai", background_color="default"))
    console.print(prompt + Text("python movie.py"))
    console.print(Text(printed_by(PROGRAM)))
    console.print(prompt + Text("python -m tmdbkit"))
    console.print(Text(printed_by_the_demo().rstrip()))
    picture = console.export_svg(title="tmdbkit", unique_id="tmdbkit")
    # rich asks a foreign host for its fonts
    return re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL).replace("Fira Code,", "ui-monospace, Menlo, Consolas,")


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
