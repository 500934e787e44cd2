"""The list of rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from generator.load import Location

from .spec_index import SpecIndex

__all__ = ["RULES", "Problem", "Rule", "name_of", "rule"]

Problem = tuple[Location, str]
Rule = Callable[[SpecIndex], Iterator[Problem]]
RULES: list[Rule] = []
"""All rules. A rule is a function that states the rule in its docstring, and yields the location and description of each violation."""


def rule(function: Rule) -> Rule:
    """Register a rule."""
    RULES.append(function)
    return function


def name_of(function: Rule) -> str:
    return function.__name__.replace("_", "-")
