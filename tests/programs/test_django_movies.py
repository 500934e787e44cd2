"""The site with Django passes its own tests, in a process of its own, as Django's settings are global."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_the_site_passes_its_tests() -> None:
    command = [sys.executable, "-W", "error", "-m", "django", "test", "--settings=django_movies", "--pythonpath=.", "--pattern=*_tests.py", "."]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, cwd=Path(__file__).parent)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "Ran 4 tests" in ran.stderr
