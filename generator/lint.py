"""Checks the spec: its structure, the house rules of `spec/README.md`, and its examples.

`python -m generator.lint` prints findings as `file:line: rule: message` and exits with status 1 if there are any; `--rules` lists the rules. Findings
that may only be consequences of others appear once those are fixed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection
from pathlib import Path

from .bundle import Spec
from .load import Finding, Location, SpecError
from .paths import SPEC
from .rules import RULES, Rule, document, files, fixtures, name_of, operations, schemas
from .rules.spec_index import SpecIndex

__all__ = ["lint", "main", "report"]

MOST_FINDINGS = 20
"""The maximum number of printed findings."""
FIRST: list[list[Rule]] = [
    [document.known_keyword, document.text_key, files.path_form, files.reference, schemas.acyclic, schemas.no_all_of_or_one_of],
    [document.not_empty, document.boolean_schema, document.structure],
    [operations.tag],
    [operations.operation_id, files.path_file, operations.parameter_name, operations.parameter_place],
]
"""Stages before most rules: keys and references, the structure of OpenAPI, names of operations."""
LAST: list[list[Rule]] = [
    [files.unused_file, document.consistency],
    [
        fixtures.fixture_of_operation,
        fixtures.valid_body,
        fixtures.fixture_without_secrets,
        fixtures.fixture_request,
        fixtures.parameter_example,
        fixtures.example_summary,
    ],
]
"""Stages after most rules: consequences of other faults, and fixtures."""


def lint(spec: Spec) -> list[Finding]:
    """The findings, in the order of files and lines.

    One fault breaks many rules. So the rules run in stages, up to the first one with findings, and a line has at most one finding.
    """
    try:
        index = SpecIndex(spec)
    except SpecError as error:
        return sorted(error.findings)
    staged = {function for stage in (*FIRST, *LAST) for function in stage}
    for stage in (*FIRST, [function for function in RULES if function not in staged], *LAST):
        findings: dict[Location, Finding] = {}
        for function in stage:
            for location, message in function(index):
                findings.setdefault(location, Finding(location, name_of(function), message))
        if findings:
            return sorted(findings.values())
    return []


def report(findings: Collection[Finding]) -> str:
    """The first findings, as lines."""
    rest = [f"... and {len(findings) - MOST_FINDINGS} more"] if len(findings) > MOST_FINDINGS else []
    return "\n".join([*map(str, list(findings)[:MOST_FINDINGS]), *rest])


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
        print(report(findings))
        print(f"{len(findings)} finding{'s' * (len(findings) > 1)}", file=sys.stderr)
        return 1
    index = SpecIndex(spec)
    print(f"no findings in {len(index.operations)} operations, {len(index.schemas)} schemas, {len(index.fixtures)} fixtures")
    return 0


if __name__ == "__main__":
    sys.exit(main())
