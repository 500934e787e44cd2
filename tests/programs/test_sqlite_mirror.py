"""The mirror in SQLite: killed and restarted at random points, it equals the undisturbed one."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tmdbkit.testing import FakeTMDB

PROGRAM = Path(__file__).with_name("sqlite_mirror.py")
KILLS, DAYS = 20, 12


def start(path: Path, fake: FakeTMDB) -> subprocess.Popen[str]:
    """The program, in a process of its own, on the fake that the environment names."""
    first_day = str(fake.clock.now().date() - timedelta(days=DAYS))
    return subprocess.Popen([sys.executable, str(PROGRAM), str(path), first_day], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ)


def finish(path: Path, fake: FakeTMDB) -> None:
    output, errors = (process := start(path, fake)).communicate(timeout=60)
    assert process.returncode == 0, errors
    assert output.endswith("movies\n")


def killed_after(requests: int, path: Path, fake: FakeTMDB) -> bool:
    """Start the program, and kill it once the fake has received this many requests. Returns whether it was killed before its end."""
    goal = len(fake.requests) + requests
    with start(path, fake) as process:
        while process.poll() is None and len(fake.requests) < goal:
            time.sleep(0.001)
        process.kill()
    return process.returncode == -9


def content(path: Path) -> tuple[Any, Any]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT * FROM movie ORDER BY id").fetchall(), database.execute("SELECT * FROM state").fetchall()


def change(fake: FakeTMDB) -> None:
    """Today there are a new movie, an edited one and a removed one."""
    fake.add_movie(title="New")
    fake.add_movie(id=550, title="Edited")
    fake.remove("movie", 346)


@pytest.mark.slow
def test_a_killed_mirror_equals_an_undisturbed_one(fake_tmdb: FakeTMDB, tmp_path: Path) -> None:
    undisturbed, old = tmp_path / "undisturbed", tmp_path / "old"
    finish(old, fake_tmdb)
    change(fake_tmdb)
    finish(undisturbed, fake_tmdb)
    mirrors = [tmp_path / f"disturbed {number}" for number in range(KILLS)]
    draw, kills = random.Random(14), 0
    while kills < KILLS:
        disturbed = mirrors.pop()
        while kills < KILLS and killed_after(draw.randrange(1, 40), disturbed, fake_tmdb):
            kills += 1
        finish(disturbed, fake_tmdb)
        assert content(disturbed) == content(undisturbed)
    finish(old, fake_tmdb)
    (movies, _), (kept, _) = content(undisturbed), content(old)
    assert set(movies) <= set(kept)
    titles = {id_: title for id_, title, _ in kept}
    assert titles[550] == "Edited"
    assert "New" in titles.values()
    assert 346 not in titles
