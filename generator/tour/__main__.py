"""Walks a maintainer with an account through every operation of a user, and puts everything back.

    python -m generator.tour [--base-url URL] [--out FOLDER] [--undo]

README.md beside this file is the manual.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from generator.bundle import Spec
from generator.console import emit, printable, report_error
from generator.load import SpecError
from generator.paths import ROOT, SPEC
from generator.recordings.live import API, APIUnavailableError

from .report import check, user_operations
from .steps import LOGOUT, SECRETS, STEPS
from .undo import Ledger, LedgerError
from .walk import Recorder, StoppedError, Walk

__all__ = ["main"]

DIRECTORY = ROOT / "tour"
INTERRUPTED = 130


class _RefusedError(Exception):
    """The maintainer does not want to; the message says what that means."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        0 if everything conforms and is put back; 1 if something differs, fails or is not put back; 2 if the tour did not begin; 130 after Ctrl-C.
    """
    parser = argparse.ArgumentParser(prog="python -m generator.tour", description="Call every operation of a user, with an account, and put everything back.")
    parser.add_argument("--base-url", metavar="URL", help="a server to use in place of the live API (default: TMDB_BASE_URL, or the live API)")
    parser.add_argument("--out", type=Path, default=DIRECTORY, metavar="FOLDER", help="where to record the exchanges (default: %(default)s)")
    parser.add_argument("--undo", action="store_true", help="only undo what an earlier tour left")
    parser.add_argument("--undo-file", type=Path, default=DIRECTORY / "undo.json", metavar="FILE", help="what is left to undo (default: %(default)s)")
    options = parser.parse_args(arguments)
    recorder = Recorder()
    try:
        bundle = Spec(SPEC).bundle
        with closing(API(bundle, options.base_url, _http_client(recorder))) as api:
            api.check()
            recorder.exchanges.clear()
            ledger = Ledger.read(options.undo_file, api.base_url)
            walk = Walk(api, bundle, recorder, ledger, _say)
            return _run(walk, ledger, bundle, recorder, api.secrets, options)
    except (APIUnavailableError, LedgerError, OSError, SpecError, _RefusedError) as error:
        report_error(parser.prog, error)
        return 2


def _run(walk: Walk, ledger: Ledger, bundle: dict[str, Any], recorder: Recorder, secrets: set[str], options: argparse.Namespace) -> int:
    if ledger.left:
        _say(f"an earlier tour left this behind ({ledger.path}):")
        for undo in ledger.left.values():
            _say(f"  {undo.what}")
        _ask("Undo it now, with a new approval?", f"the tour does not begin before; {ledger.path} stays")
        status = _guarded(walk.recover, walk, ledger)
        if status or ledger.left:
            return status or 1
        recorder.exchanges.clear()
    if options.undo:
        _say("nothing is left to undo")
        return 0
    _describe(len(user_operations(bundle)), options.out)
    _ask("Begin?", "nothing was done")
    status = _guarded(walk.run, walk, ledger)
    own = [walk.values[name] for name in ("movie", "series", "list", "v4_list") if name in walk.values]
    secrets = secrets | {str(value) for name, value in walk.values.items() if name in SECRETS}
    report = check(bundle, recorder.exchanges, secrets, own)
    lines = [f"{len(report.recorded)} exchanges recorded: {report.write(options.out)}", *report.lines(user_operations(bundle), walk.skipped)]
    if walk.failures:
        lines += ["not as expected:", *(f"  {failure}" for failure in walk.failures)]
    lines.append("everything is as it was before" if not ledger.left else f"NOT everything is as it was before: run this again, or see {ledger.path}")
    emit(map(printable, lines))
    return status or int(bool(walk.failures or ledger.left) or not report.ok)


def _guarded(go: Callable[[], None], walk: Walk, ledger: Ledger) -> int:
    """Run a part of the tour, and undo what it leaves, also after Ctrl-C.

    Returns:
        0 if it came to its end, 1 if it could not go on, 130 after Ctrl-C.
    """
    status = 0
    try:
        try:
            go()
        except StoppedError as error:
            _say(f"stopped: {error}")
            status = 1
        except KeyboardInterrupt:
            _say("interrupted: undoing what is left; Ctrl-C again stops that, too")
            status = INTERRUPTED
        walk.undo()
    except StoppedError as error:
        _say(f"stopped: {error}")
        status = status or 1
    except KeyboardInterrupt:
        status = INTERRUPTED
    if ledger.left:
        _say(f"what is left to undo stands in {ledger.path}; the next run begins with it")
    return status


def _describe(operations: int, out: Path) -> None:
    _say(f"The tour calls the {operations} operations of a user, in about {len(STEPS) + len(LOGOUT) + 20} requests and some minutes. It:")
    _say("- asks you to approve it in the browser twice, for the versions 3 and 4 of the API, and logs out at the end;")
    _say("- rates and marks one movie, one series and its first episode, which you have neither rated nor marked, and takes that back;")
    _say("- creates lists called `tmdbkit tour ...`, and deletes them; a guest session rates the same titles, and expires within a day;")
    _say("- touches nothing that was there before, and undoes what it did, also after Ctrl-C; after a crash, the next run does;")
    _say(f"- records the exchanges, without credentials and personal data, in {out}.")


def _ask(question: str, otherwise: str) -> None:
    """Ask a question.

    Raises:
        _RefusedError: The answer is not yes, or there is nobody to ask.
    """
    if os.environ.get("YES") == "1":
        return
    if not sys.stdin.isatty():
        raise _RefusedError(f"{question} There is no terminal to ask on; YES=1 says yes. {otherwise}")
    try:
        answer = input(f"{question} [y/N] ")
    except (EOFError, KeyboardInterrupt):
        answer = ""
    if answer.strip().lower() not in ("y", "yes"):
        raise _RefusedError(otherwise)


def _http_client(recorder: Recorder) -> httpx.Client:
    return httpx.Client(event_hooks={"response": [recorder]})


def _say(line: str) -> None:
    print(printable(line), flush=True)


if __name__ == "__main__":
    sys.exit(main())
