"""The example of the guide for Dask: worker processes fetch a list of ids under one budget."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.support.budget import most_in_a_second
from tests.support.redis_servers import redis_server
from tmdbkit import to_dict
from tmdbkit.testing import FakeTMDB

IDS = range(1000, 1100)
GONE = 999_999_999


class TimedTMDB(FakeTMDB):
    """A fake that records the times of its requests."""

    def __init__(self) -> None:
        super().__init__()
        self.moments: list[float] = []

    def respond(self, *request: Any) -> Any:
        self.moments.append(time.monotonic())
        return super().respond(*request)


@pytest.mark.slow
def test_dask_workers_share_one_budget(tmp_path: Path) -> None:
    (example,) = re.findall(r"<!-- dask -->\n```python\n(.*?)```", (ROOT / "docs/guides/rate-limits.md").read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "example.py").write_text(example, encoding="utf-8")
    (tmp_path / "ids.txt").write_text("\n".join(map(str, [*IDS, GONE])), encoding="utf-8")
    fake = TimedTMDB()
    movie = to_dict(FakeTMDB().client().movies.details(550))
    for number in IDS:
        fake.add("GET", f"/3/movie/{number}", {**movie, "id": number})
    with redis_server(password="correct-horse") as url, fake.serve() as server:
        environment = {
            **os.environ,
            "REDIS_URL": url,
            "TMDB_ACCESS_TOKEN": fake.access_token,
            "TMDB_BASE_URL": server.base_url,
            "PYTHONWARNINGS": "error",
            "TMPDIR": str(tmp_path),
        }
        command = [sys.executable, "example.py"]
        ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120, cwd=tmp_path, env=environment)
    assert ran.returncode == 0, ran.stderr
    assert [row and row["id"] for row in map(json.loads, ran.stdout.splitlines())] == [*IDS, None]
    assert sorted(request.path for request in fake.requests) == sorted(f"/3/movie/{number}" for number in [*IDS, GONE])
    assert fake.moments[-1] - fake.moments[0] > (len(fake.moments) - 10) / 40 - 0.1
    assert most_in_a_second(fake.moments) <= 75  # 50, and some that a busy machine sent late; without a shared budget, all 101
