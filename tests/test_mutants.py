"""The table, the bound and the report of `make mutants`."""

from __future__ import annotations

import pytest

from .conftest import ROOT
from .mutants import PARTS, Result, main, report

FOUND = Result({"a": "killed", "b": "timeout", "c": "survived", "d": "no tests"}, {"c": "-x\n+y", "d": "-1\n+2"}, 90)


def test_each_part_names_modules_and_tests() -> None:
    for part in PARTS.values():
        assert part.modules and part.tests
        assert [module for module in part.modules if not (ROOT / "src" / "tmdbkit" / f"{module}.py").is_file()] == []
        assert [test for test in part.tests if not (ROOT / "tests" / f"{test}.py").is_file()] == []
    modules = [module for part in PARTS.values() for module in part.modules]
    assert len(modules) == len(set(modules))


@pytest.mark.parametrize(("noticed", "expected"), [(10, True), (9, True), (8, False), (0, False)])
def test_nine_of_ten_mutants_have_to_be_noticed(noticed: int, expected: bool) -> None:
    outcomes = {str(number): "killed" if number < noticed else "survived" for number in range(10)}
    assert Result(outcomes, {}, 0).is_enough is expected


def test_a_part_without_mutants_is_not_enough() -> None:
    assert not Result({}, {}, 0).is_enough


def test_the_report_has_shares_and_diffs() -> None:
    lines = report({"retries": FOUND}).splitlines()
    assert lines[2] == "| retries | 4 | 2 | 50.0%, **below 90%** | 1.5 |"
    assert lines[4] == "## retries: 2 unnoticed"
    assert lines[6:11] == ["`c`: survived", "", "```diff", "-x", "+y"]


def test_an_unknown_part_is_named() -> None:
    with pytest.raises(SystemExit, match="unknown: nothing; the parts are retries, "):
        main(["nothing", "retries"])
