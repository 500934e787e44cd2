"""A plugin of pytest for `tests.mutants`: each test begins with empty caches.

A mutant of what fills a cache would otherwise change nothing, and only the first test that fills it would count as one that reaches it.
"""

from __future__ import annotations

import sys

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    modules = [module for name, module in list(sys.modules.items()) if name.partition(".")[0] == "tmdbkit"]
    values = [value for module in modules for value in vars(module).values()]
    values += [member for value in values if isinstance(value, type) for member in vars(value).values()]
    for value in values:
        if clear := getattr(value, "cache_clear", None):
            clear()
