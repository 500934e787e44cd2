"""Tests the wheel in dist/ as users install it: in an empty environment, without this tree on the path.

The quick starts of the README run against the embedded server with the dependencies of the wheel alone; the contract tests run with the test tools added.
With `--lowest` the contract tests run with the lowest version of every dependency that pyproject.toml names, of the extras too.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from types import MappingProxyType

from packaging.requirements import Requirement

from generator.paths import ROOT
from tmdbkit.testing import FakeTMDB

from .build import Record
from .checks import ReleaseError, environment

__all__ = ["Environment", "lowest_versions", "main", "quick_starts", "test", "test_lowest"]

TEST_TOOLS = ("jsonschema", "pydantic", "pytest", "pytest-asyncio", "pyyaml", "referencing")


class Environment:
    """An empty virtual environment in a folder.

    Args:
        folder: The folder to create.
        root: The tree whose lock file pins the versions of other packages.
        pins: The versions of packages that are not taken from it.
    """

    def __init__(self, folder: Path, root: Path, pins: Mapping[str, str] = MappingProxyType({})) -> None:
        self.folder = folder
        venv.create(folder)
        self.python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
        self._constraints = folder / "constraints.txt"
        locked = re.findall(r"^([\w.-]+)(==[^\\\n]+)", (root / "requirements" / "dev.txt").read_text(encoding="utf-8"), re.MULTILINE)
        of_the_tools = {} if pins else dict(locked)  # old versions need other versions of their own dependencies
        self._constraints.write_text("\n".join(f"{name}{version}" for name, version in {**of_the_tools, **pins}.items()), encoding="utf-8")

    def install(self, *arguments: str, **variables: str) -> None:
        """Install packages with pip.

        Args:
            arguments: The packages, and options of pip.
            variables: Additional environment variables.

        Raises:
            ReleaseError: pip failed.
        """
        pip = [sys.executable, "-m", "pip", "--python", str(self.python), "--disable-pip-version-check", "--quiet"]
        self._run([*pip, "install", "--constraint", str(self._constraints), *arguments], "pip", variables)

    def run(self, *arguments: str, what: str, **variables: str) -> str:
        """Run Python isolated from other packages and from the current folder.

        Args:
            arguments: The arguments of Python.
            what: The name of the step, for the message.
            variables: Additional environment variables.

        Returns:
            The output.

        Raises:
            ReleaseError: The step failed.
        """
        return self._run([str(self.python), "-I", "-W", "error", *arguments], what, variables)

    def _run(self, command: list[str], what: str, variables: dict[str, str]) -> str:
        ran = subprocess.run(command, cwd=self.folder, env=environment(**variables), capture_output=True, text=True, check=False)
        if ran.returncode:
            raise ReleaseError(f"{what} failed:\n{(ran.stdout + ran.stderr).strip()}")
        return ran.stdout


def lowest_versions(root: Path) -> dict[str, str]:
    """The lowest version of each dependency in pyproject.toml, of those of extras too, as a specifier by name.

    Raises:
        ReleaseError: A dependency names none.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = {}
    for text in (*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())):
        requirement = Requirement(text)
        lowest = [specifier.version for specifier in requirement.specifier if specifier.operator == ">="]
        if len(lowest) != 1:
            raise ReleaseError(f"pyproject.toml names no lowest version of {requirement.name}")
        found[requirement.name] = f"=={lowest[0]}"
    return found


def quick_starts(root: Path) -> list[str]:
    """The quick starts of the README."""
    return re.findall(r"<!-- quick start.*?-->\n```python\n(.*?)```", (root / "README.md").read_text(encoding="utf-8"), re.DOTALL)


def run_quick_starts(installed: Environment, root: Path) -> None:
    """Run the quick starts of the README against the embedded server.

    Raises:
        ReleaseError: A quick start failed, or there is none.
    """
    programs = quick_starts(root)
    if not programs:
        raise ReleaseError("README.md: no quick start found")
    script = installed.folder / "quick_start.py"
    with FakeTMDB().serve() as server:
        for program in programs:
            script.write_text(program, encoding="utf-8")
            printed = installed.run(str(script), what="a quick start", TMDB_BASE_URL=server.base_url, TMDB_ACCESS_TOKEN=server.fake.access_token)
            if "Fight Club" not in printed:
                raise ReleaseError(f"a quick start printed unexpected output:\n{printed}")


def run_contract_tests(installed: Environment, root: Path) -> str:
    """Run the contract tests in a folder with their files from the tree, except the packages.

    Returns:
        The closing line of pytest.

    Raises:
        ReleaseError: A test failed, or a module was not imported from the wheel.
    """
    folder = installed.folder / "tree"
    for name in ("generator", "spec", "tests"):
        shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(root / "generated" / "tmdb_contract", folder / "tmdb_contract")
    shutil.copy(root / "pyproject.toml", folder)
    return installed.run(str(root / "generator" / "release" / "contract_tests.py"), str(folder), what="the contract tests").splitlines()[-1]


def test(root: Path, dist: Path) -> Record:
    """Test the wheel in a folder, and record that it passed.

    Raises:
        ReleaseError: There is no wheel, or a test failed.
    """
    record = Record.read(dist)
    if record is None:
        raise ReleaseError(f"nothing is built in {dist}; run `make build`")
    wheel, _ = record.paths(dist)
    with tempfile.TemporaryDirectory() as folder:
        installed = Environment(Path(folder) / "venv", root)
        print(f"installing {wheel.name} into an empty environment", flush=True)
        installed.install(str(wheel))
        print("running the quick starts of the README", flush=True)
        run_quick_starts(installed, root)
        print("running the contract tests (about 20 seconds)", flush=True)
        installed.install(*TEST_TOOLS)
        print(run_contract_tests(installed, root))
    record.write(dist, tested=True)
    return record


def test_lowest(root: Path, dist: Path) -> None:
    """Run the contract tests on the wheel in a folder, with the lowest version of every dependency.

    Raises:
        ReleaseError: There is no wheel, or a test failed.
    """
    record = Record.read(dist)
    if record is None:
        raise ReleaseError(f"nothing is built in {dist}; run `make build`")
    wheel, _ = record.paths(dist)
    pins = lowest_versions(root)
    with tempfile.TemporaryDirectory() as folder:
        installed = Environment(Path(folder) / "venv", root, pins)
        print(f"installing {wheel.name} with {', '.join(f'{name} {version[2:]}' for name, version in sorted(pins.items()))}", flush=True)
        extras = ",".join(sorted(tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]))
        installed.install(f"{wheel}[{extras}]", *TEST_TOOLS)
        print("running the contract tests (about 20 seconds)", flush=True)
        print(run_contract_tests(installed, root))


def main(arguments: list[str] | None = None) -> int:
    """Run the command, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m generator.release.test", description="Test the wheel in dist/ in an empty environment.")
    parser.add_argument("--root", type=Path, default=ROOT, help="the tree that holds dist/ and the tests")
    parser.add_argument("--lowest", action="store_true", help="install the lowest version of every dependency")
    options = parser.parse_args(arguments)
    root: Path = options.root.resolve()
    try:
        if options.lowest:
            test_lowest(root, root / "dist")
            return 0
        test(root, root / "dist")
    except ReleaseError as error:
        print(error, file=sys.stderr)
        return error.status
    print("the wheel in dist/ is tested")
    return 0


if __name__ == "__main__":
    sys.exit(main())
