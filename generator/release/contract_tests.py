"""Runs the contract tests in the current environment, and checks that the packages under test are installed there. `release.test` starts this script."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

import pytest


def main(folder: Path) -> int:
    """Run the tests in a folder with `tests/` and their imports, except the packages under test, and return the exit status."""
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    status = pytest.main(["-p", "no:cacheprovider", "tests/generated/test_contract.py"])
    installed = Path(sysconfig.get_path("purelib"))
    modules = {name: Path(module.__file__ or "") for name, module in sys.modules.items() if name.partition(".")[0] in ("tmdbkit", "tmdb_openapi")}
    elsewhere = [f"{name} came from {path}" for name, path in modules.items() if not path.is_relative_to(installed)]
    if elsewhere or not modules:
        print("\n".join(elsewhere or ["the packages under test were not imported"]))
        return 1
    return int(status)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
