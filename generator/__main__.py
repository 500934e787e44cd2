"""Regenerates `generated/` from `spec/`: lint, bundle, generate, format, lock. With `--check` it compares instead of writing."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .bundle import Spec, write_bundle
from .changes.bundles import changes, listed_changes
from .files import digest, files, new_folder, replace_folder
from .lint import lint, report
from .load import SpecError
from .paths import ROOT
from .reader import GenerationError
from .render import TEMPLATES, write_package
from .strict_models import write_contract
from .text import excerpt

__all__ = ["generate", "main"]

TOOLS = ("openapi-python-client", "datamodel-code-generator", "ruff")
RUFF = ["--isolated", "--no-cache", "--quiet", "--target-version=py311", "--line-length=120"]
LOCK = "lock.json"
SHOWN_CHANGES = 40


def generate(root: Path, directory: Path, report_step: Callable[[str], None]) -> dict[str, Any]:
    """Write the content of `generated/` into an empty folder.

    Args:
        root: The folder that holds `spec/` and `tests/fixtures/`.
        directory: The folder to write into.
        report_step: Called with the name of each step.

    Returns:
        The bundle.

    Raises:
        SpecError: The spec has findings.
        GenerationError: A generator failed, lost a part of the spec, or has another version than the pinned one.
    """
    tools = pinned_tools(ROOT / "pyproject.toml")
    spec = Spec((root / "spec").resolve(), root.resolve())
    report_step("lint the spec")
    if findings := lint(spec):
        raise SpecError(*findings)
    report_step("bundle it")
    bundle = spec.bundle
    write_bundle(directory / "openapi.json", bundle)
    report_step("write the client package (openapi-python-client) and the contract models (datamodel-code-generator)")
    with ThreadPoolExecutor() as pool:
        contract = pool.submit(write_contract, bundle, directory / "tmdb_contract")
        write_package(bundle, directory / "tmdb_openapi")
        contract.result()
    report_step("format")
    ruff("check", "--fix", "--select=F401,F811,I,UP", str(directory))
    ruff("format", str(directory))
    lock = {
        "tools": tools,
        "inputs": {"spec": digest(spec.root, "*.yaml"), "templates": digest(TEMPLATES), "fixtures": digest(root / "tests" / "fixtures")},
    }
    (directory / LOCK).write_text(json.dumps(lock, indent=1) + "\n", encoding="utf-8")
    return bundle


def pinned_tools(pyproject: Path) -> dict[str, str]:
    """The tools whose output is committed, and their versions.

    Raises:
        GenerationError: A tool has another version than `pyproject.toml` pins, or the file cannot be read.
    """
    try:
        groups = tomllib.loads(pyproject.read_text(encoding="utf-8")).get("dependency-groups", {})
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise GenerationError(f"{pyproject.name}: {error}") from None
    pins = {name: pin for name, _, pin in (requirement.partition("==") for requirement in groups.get("dev", ())) if pin}
    for tool in TOOLS:
        if (installed := version(tool)) != (pin := pins.get(tool, "no version")):
            advice = "run `make lock` if the pin is new, `make clean` if it is not, and try again"
            raise GenerationError(f"{tool} {installed} is installed, and {pyproject.name} pins {pin}: {advice}")
    return {tool: pins[tool] for tool in TOOLS}


def bumps(before: Path, after: Path) -> Iterator[str]:
    """The tools whose version differs between two generated folders."""
    old = tools_of(before)
    yield from (f"{tool} {old[tool]} => {pin}" for tool, pin in tools_of(after).items() if old.get(tool, pin) != pin)


def tools_of(directory: Path) -> dict[str, str]:
    """The versions of the tools that wrote a folder; empty if its lock cannot be read."""
    try:
        return dict(json.loads((directory / LOCK).read_text(encoding="utf-8"))["tools"])
    except (OSError, ValueError, LookupError, TypeError):
        return {}


def ruff(*arguments: str) -> None:
    """Run ruff.

    Raises:
        GenerationError: ruff failed.
    """
    run = subprocess.run([sys.executable, "-m", "ruff", arguments[0], *RUFF, *arguments[1:]], capture_output=True, text=True, check=False)
    if run.returncode:
        raise GenerationError(f"ruff {arguments[0]}: {excerpt(run.stdout + run.stderr, first=8)}")


def differing(one: Path, other: Path) -> Iterator[str]:
    """The files in which two folders differ, and how."""
    left, right = set(files(one)), set(files(other))
    yield from (f"missing: {path}" for path in sorted(right - left))
    yield from (f"not generated: {path}" for path in sorted(left - right))
    yield from (f"differs: {path}" for path in sorted(left & right) if (one / path).read_bytes() != (other / path).read_bytes())


def main(arguments: list[str] | None = None) -> int:
    """Run the command, and return the exit status: 1 if the spec has findings, a generator failed, or `--check` found a difference."""
    parser = argparse.ArgumentParser(prog="python -m generator", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the existing files instead of writing")
    parser.add_argument("--root", type=Path, default=ROOT, help="the folder that holds spec/ and generated/")
    options = parser.parse_args(arguments)
    root: Path = options.root.resolve()
    target, start = root / "generated", time.perf_counter()
    try:
        with new_folder(target) as new:
            bundle = generate(root, new, lambda step: print(f"  {step}", flush=True))
            if options.check:
                return report_check([*bumps(target, new), *differing(target, new)], time.perf_counter() - start)
            found = [*bumps(target, new), *report_changes(target / "openapi.json", bundle)]
            written = len(list(differing(target, new)))
            replace_folder(target, new)
    except (SpecError, GenerationError) as error:
        print(f"{report(error.findings) if isinstance(error, SpecError) else error}\n{target.name}/ is unchanged.", file=sys.stderr)
        return 1
    print("\n".join(found))
    print(f"generated/ is up to date: {written} files changed, {time.perf_counter() - start:.1f} s")
    return 0


def report_check(differences: list[str], seconds: float) -> int:
    if differences:
        print("\n".join(differences))
        print("generated/ is not what the spec generates; run `make generate`")
        return 1
    print(f"generated/ is what the spec generates, {seconds:.1f} s")
    return 0


def report_changes(before: Path, after: dict[str, Any]) -> list[str]:
    """The lines that report what changed for users."""
    if not before.exists():
        return ["everything is new"]
    found = listed_changes(changes(json.loads(before.read_text(encoding="utf-8")), after))
    rest = [f"... and {len(found) - SHOWN_CHANGES} more"] if len(found) > SHOWN_CHANGES else []
    return ["for users:", *(f"  {line}" for line in [*found[:SHOWN_CHANGES], *rest])] if found else ["nothing changed for users"]


if __name__ == "__main__":
    sys.exit(main())
