"""Writes what the programs and the commands of the documentation print into their blocks of text.

python -m tests.doc_outputs PAGE...
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.doc_commands import with_outputs
from tests.support.doc_programs import is_printed, programs_of, run


def main(pages: Sequence[str]) -> int:
    """Run the programs and the commands of the pages, and return the number of programs that failed."""
    failed = 0
    for page in map(Path, pages):
        page.write_text(with_outputs(page.read_text(encoding="utf-8")), encoding="utf-8")
        for program in programs_of(page.resolve(), Path.cwd()):
            if program.mark in ("dask", "redis"):
                continue
            with TemporaryDirectory() as folder:
                ran = run(program, Path(folder))
            place = f"{program.page}:{program.line}"
            if ran.status != 0:
                failed += 1
                print(f"{place}: failed\n{ran.printed}{ran.errors}")
            elif program.output is None:
                print(f"{place}:\n{ran.printed}")
            elif not is_printed(program.output, ran.printed):
                text, shown = page.read_text(encoding="utf-8"), f"{program.code}```\n\n```text\n"
                assert text.count(f"{shown}{program.output}```") == 1, place
                page.write_text(text.replace(f"{shown}{program.output}```", f"{shown}{ran.printed.rstrip()}\n```"), encoding="utf-8")
                print(f"{place}: written\n{ran.printed}")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
