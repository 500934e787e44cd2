"""Checks the spec: its structure, the house rules of `spec/README.md`, and its examples.

`python -m generator.lint` prints findings as `file:line: rule: message` and exits with status 1 if there are any; `--rules` lists the rules.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .bundle import Spec
from .load import Finding, SpecError
from .paths import SPEC
from .rules import RULES, Rule, name_of
from .rules.document import boolean_schema, known_keyword, structure
from .rules.spec_index import SpecIndex

__all__ = ["lint", "main"]


def lint(spec: Spec) -> list[Finding]:
    """The findings of all rules, in the order of files and lines."""
    try:
        index = SpecIndex(spec)
    except SpecError as error:
        return sorted(error.findings)
    first = (structure, boolean_schema)
    broken = findings_of(index, *first)
    others = [known_keyword] if broken else [function for function in RULES if function not in first]
    return sorted(broken | findings_of(index, *others))


def findings_of(index: SpecIndex, *rules: Rule) -> set[Finding]:
    """Run rules, and return their findings."""
    return {Finding(location, name_of(function), message) for function in rules for location, message in function(index)}


def main(arguments: list[str] | None = None) -> int:
    """Run the command, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m generator.lint", description=__doc__)
    parser.add_argument("--spec", type=Path, default=SPEC, help="the folder that holds openapi.yaml")
    parser.add_argument("--rules", action="store_true", help="list the rules")
    options = parser.parse_args(arguments)
    if options.rules:
        print("\n".join(f"{name_of(function)}: {function.__doc__}" for function in RULES))
        return 0
    spec = Spec(options.spec)
    if findings := lint(spec):
        print("\n".join(map(str, findings)))
        print(f"{len(findings)} finding{'s' * (len(findings) > 1)}", file=sys.stderr)
        return 1
    index = SpecIndex(spec)
    print(f"no findings in {len(index.operations)} operations, {len(index.schemas)} schemas, {len(index.fixtures)} fixtures")
    return 0


if __name__ == "__main__":
    sys.exit(main())
