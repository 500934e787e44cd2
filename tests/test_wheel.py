"""The built wheel, installed where nothing else is, runs the quick start of the README."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tmdbkit.testing import FakeTMDB

from .conftest import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    return built


def quick_starts() -> list[str]:
    return re.findall(r"<!-- quick start.*?-->\n```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)


def test_the_wheel_holds_the_packages_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"tmdbkit", "tmdb_openapi"}
    for name in ("tmdbkit/py.typed", "tmdb_openapi/py.typed", "tmdb_openapi/fixtures.json", "tmdb_openapi/models/movie_details.py"):
        assert name in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if name.endswith((".yaml", ".pyc")) or "contract" in name]


def test_an_empty_environment_with_the_wheel_runs_the_quick_starts(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--constraint", str(constraints(tmp_path)), str(wheel)]
    subprocess.run(install, check=True, capture_output=True, cwd=tmp_path)
    starts = quick_starts()
    assert len(starts) == 2
    with FakeTMDB().serve() as server:
        for number, code in enumerate(starts):
            script = tmp_path / f"start_{number}.py"
            script.write_text(code, encoding="utf-8")
            environment = {**os.environ, "TMDB_BASE_URL": server.base_url, "TMDB_ACCESS_TOKEN": server.fake.access_token, "PYTHONWARNINGS": "error"}
            ran = subprocess.run([str(python), str(script)], check=False, capture_output=True, text=True, cwd=tmp_path, env=environment)
            assert ran.returncode == 0, ran.stderr
            assert ran.stderr == ""
            assert "Fight Club" in ran.stdout


def constraints(folder: Path) -> Path:
    """The versions of the lock, without hashes, as pip wants them for a wheel that has none."""
    locked = re.findall(r"^[\w.-]+==[^ ;\\]+", (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8"), re.MULTILINE)
    path = folder / "constraints.txt"
    path.write_text("\n".join(locked), encoding="utf-8")
    return path
