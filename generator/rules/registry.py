"""The list of rules, and what one is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from generator.load import Location

from .spec_index import SpecIndex

__all__ = ["RULES", "Problem", "Rule", "name_of", "rule"]

Problem = tuple[Location, str]
Rule = Callable[[SpecIndex], Iterator[Problem]]
RULES: list[Rule] = []
"""All rules: each a function named after the rule, whose docstring says it, and which yields where it is broken and how."""


def rule(function: Rule) -> Rule:
    """Register a rule."""
    RULES.append(function)
    return function


def name_of(function: Rule) -> str:
    return function.__name__.replace("_", "-")
