"""Mutation tests: `make mutants`, or `python -m tests.mutants [NAME ...]`.

mutmut changes one thing at a time in the modules whose mistakes leak, hang or lie, and runs the tests that reach the changed function. A change that no test
notices survives. The report names each, as a diff; a part of which less than `BOUND` was noticed fails the run.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import chdir
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
WORK = ROOT / ".mutants"
"""Where mutmut works, with a folder for each part, and where the report is written."""

BOUND = 0.9
"""The least share of mutants that tests have to notice."""

OUTCOMES = {0: "survived", 1: "killed", 3: "killed", 5: "no tests", 33: "no tests", 24: "timeout", -24: "timeout", 152: "timeout", -9: "timeout", -11: "crash"}
"""What an exit status of pytest, or the signal that ended it, says of a mutant. Any other is a failure of the run."""
LONGEST_TRIAL = 120
NOTICED = {"killed", "timeout", "crash"}


class Part(NamedTuple):
    """Modules of `tmdbkit`, and the tests that state their behaviour."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


PARTS = {
    "retries": Part(("transport/retries",), ("client/test_retries",)),
    "rate-limit": Part(("transport/rate_limit", "transport/throttle"), ("transport/test_rate_limit",)),
    "deadlines": Part(("transport/deadline",), ("client/test_deadlines",)),
    "redaction": Part(("auth/redaction",), ("client/test_redaction",)),
    "bodies": Part(("transport/body",), ("client/test_encodings",)),
    "decode": Part(("runtime/decode", "runtime/codecs"), ("generated/test_codecs", "generated/test_decode", "generated/test_unions")),
    "drift": Part(("runtime/drift", "logs"), ("client/test_events",)),
    "params": Part(("runtime/params", "runtime/operations"), ("generated/test_params",)),
    "unions": Part(("runtime/unions",), ("generated/test_unions",)),
}

CONFIGURATION = """\
[mutmut]
source_paths = src
only_mutate =
    {modules}
do_not_mutate_patterns = [^_a-z]cast[(]
pytest_add_cli_args = -pno:cacheprovider
    -mnot slow
    -Wignore::pytest.PytestAssertRewriteWarning
    -ptests.support.forgetful
pytest_add_cli_args_test_selection =
    {tests}
also_copy = tests
timeout_constant = 5
timeout_multiplier = 3
track_dependencies = false
use_git_change_detection = false
use_setproctitle = false
"""


class Result(NamedTuple):
    """What became of the mutants of a part."""

    outcomes: dict[str, str]
    """The outcome of each mutant, by its name."""

    diffs: dict[str, str]
    """What each mutant changed that no test noticed."""

    seconds: float

    @property
    def noticed(self) -> int:
        return sum(outcome in NOTICED for outcome in self.outcomes.values())

    @property
    def is_enough(self) -> bool:
        return self.noticed >= BOUND * len(self.outcomes) > 0


def prepare(folder: Path, part: Part) -> None:
    """Make a folder in which mutmut finds the modules and tests of a part, and nothing of an earlier run."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "mutants").mkdir(parents=True)
    for name in ("src", "tests", "pyproject.toml"):
        (folder / name).symlink_to(ROOT / name)
    for name in ("generated", "generator", "spec"):  # the tests read them
        (folder / "mutants" / name).symlink_to(ROOT / name)
    modules = "\n    ".join(f"src/tmdbkit/{module}.py" for module in part.modules)
    tests = "\n    ".join(f"tests/{test}.py" for test in part.tests)
    (folder / "setup.cfg").write_text(CONFIGURATION.format(modules=modules, tests=tests), encoding="utf-8")


def run(name: str) -> Result:
    """Try the mutants of a part."""
    part, folder, started = PARTS[name], WORK / name, time.monotonic()
    prepare(folder, part)
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", "1"]
    with (folder / "log.txt").open("w", encoding="utf-8") as log:
        ran = subprocess.run(
            command, cwd=folder, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False
        )
    if ran.returncode:
        sys.exit(f"mutmut ended with {ran.returncode} for {name}: see {folder / 'log.txt'}")
    outcomes = outcomes_of(folder, part)
    for mutant in run_once(folder, outcomes):
        outcomes[mutant] = try_alone(folder, part, mutant)
    return Result(outcomes, diffs_of(folder, outcomes), time.monotonic() - started)


def outcomes_of(folder: Path, part: Part) -> dict[str, str]:
    """Read the outcome of each mutant, which mutmut stores as an exit status of pytest."""
    files = [folder / "mutants" / f"src/tmdbkit/{module}.py.meta" for module in part.modules]
    stored = [json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"] for file in files]
    return {mutant: OUTCOMES.get(status, f"failed with {status}") for statuses in stored for mutant, status in statuses.items()}


def run_once(folder: Path, outcomes: dict[str, str]) -> list[str]:
    """Return the unnoticed mutants in functions that at most one test reached: what runs during an import is done before the other tests."""
    stats = json.loads((folder / "mutants" / "mutmut-stats.json").read_text(encoding="utf-8"))["tests_by_mangled_function_name"]
    return [mutant for mutant, outcome in outcomes.items() if outcome not in NOTICED and len(stats.get(mutant.rpartition("__mutmut_")[0], ())) <= 1]


def try_alone(folder: Path, part: Part, mutant: str) -> str:
    """Run all tests of a part on a mutant, in a new process."""
    tests = [f"tests/{test}.py" for test in part.tests]
    environment = {**os.environ, "MUTANT_UNDER_TEST": mutant, "PYTHONPATH": "src", "PYTHONDONTWRITEBYTECODE": "1", "PY_IGNORE_IMPORTMISMATCH": "1"}
    command = [sys.executable, "-m", "pytest", "--rootdir=.", "-xq", "-pno:cacheprovider", "-mnot slow", *tests]
    try:
        ran = subprocess.run(
            command, cwd=folder / "mutants", env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=LONGEST_TRIAL
        )
    except subprocess.TimeoutExpired:
        return "timeout"
    return "killed" if ran.returncode else "survived"


def diffs_of(folder: Path, outcomes: dict[str, str]) -> dict[str, str]:
    """Return what each unnoticed mutant changed."""
    from mutmut.configuration import reset_config
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    with chdir(folder):  # which mutmut takes its configuration from
        reset_config()
        diffs = {mutant: get_diff_for_mutant(mutant) for mutant, outcome in outcomes.items() if outcome not in NOTICED}
    return {mutant: "\n".join(line for line in diff.splitlines() if not line.startswith(("---", "+++"))) for mutant, diff in diffs.items()}


def report(results: dict[str, Result]) -> str:
    """Describe the results, as Markdown."""
    lines = ["| part | mutants | noticed | share | minutes |", "|---|---|---|---|---|"]
    for name, result in results.items():
        total, noticed = len(result.outcomes), result.noticed
        share = f"{noticed / total:.1%}" if total else "none"
        lines.append(f"| {name} | {total} | {noticed} | {share}{'' if result.is_enough else f', **below {BOUND:.0%}**'} | {result.seconds / 60:.1f} |")
    for name, result in results.items():
        lines += ["", f"## {name}: {len(result.diffs)} unnoticed"]
        for mutant, diff in result.diffs.items():
            lines += ["", f"`{mutant}`: {result.outcomes[mutant]}", "", "```diff", diff.strip(), "```"]
    return "\n".join([*lines, ""])


def main(names: list[str]) -> int:
    if unknown := sorted(set(names) - set(PARTS)):
        sys.exit(f"unknown: {', '.join(unknown)}; the parts are {', '.join(PARTS)}")
    results: dict[str, Result] = {}
    for name in names or PARTS:
        results[name] = run(name)
        text = report(results)
        (WORK / "report.md").write_text(text, encoding="utf-8")
        print(text.splitlines()[len(results) + 1], flush=True)
    low = [name for name, result in results.items() if not result.is_enough]
    print(f"the mutants that no test noticed: {(WORK / 'report.md').relative_to(ROOT)}")
    if low:
        print(f"too few mutants were noticed in {', '.join(low)}: write a test for what they change, or delete the code that no test needs")
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
