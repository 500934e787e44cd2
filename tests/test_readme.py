"""The programs of the README, executed against a fake."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tmdbkit.testing import FakeTMDB

from .conftest import ROOT

BLOCKS = re.findall(r"(<!-- dask -->\n)?```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
PROGRAMS = [program for dask, program in BLOCKS if not dask]  # the one for Dask has a separate test, which starts a Redis


@pytest.mark.parametrize("program", PROGRAMS, ids=range(len(PROGRAMS)))
def test_a_program_runs(program: str, tmp_path: Path) -> None:
    (tmp_path / "test_program.py").write_text(program, encoding="utf-8")
    command = ["-m", "pytest", "-q", "-p", "no:asyncio", "test_program.py"] if "def test_" in program else ["test_program.py"]
    with FakeTMDB().serve() as server:
        environment = {
            **os.environ,
            "TMDB_ACCESS_TOKEN": server.fake.access_token,
            "TMDB_BASE_URL": server.base_url,
            "TMDB_EXPORTS_URL": server.base_url,
            "PYTHONWARNINGS": "error::DeprecationWarning",
        }
        ran = subprocess.run([sys.executable, *command], check=False, capture_output=True, text=True, timeout=120, cwd=tmp_path, env=environment)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout or "print(" not in program, "it printed nothing"


def test_the_readme_does_not_mention_the_generated_package() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(PROGRAMS) >= 8
    assert "from tmdb_openapi" not in text
    assert "import tmdb_openapi" not in text
