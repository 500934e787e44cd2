"""The batch that survives outages, kills and Ctrl-C."""

from __future__ import annotations

import math
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from tmdbkit.testing import FakeTMDB

PROGRAM = Path(__file__).with_name("fetch_all.py")
GONE, COUNT, AT_ONCE, BREAKS = 99_999_999, 120, 10, 3


@pytest.fixture
def folder(fake_tmdb: FakeTMDB, tmp_path: Path) -> Path:
    ids = [fake_tmdb.add_movie(title=f"Movie {number}") for number in range(COUNT - 2)]
    (tmp_path / "ids.txt").write_text("\n".join(map(str, [550, GONE, *ids])), encoding="utf-8")
    return tmp_path


def start(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, str(PROGRAM), "ids.txt", "movies.jsonl"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder)


def finish(folder: Path) -> tuple[int, str]:
    output, errors = (process := start(folder)).communicate(timeout=60)
    assert f"{COUNT} of {COUNT}" in errors
    return process.returncode, output


def fetched(fake: FakeTMDB) -> Counter[str]:
    return Counter(request.path for request in fake.requests)


@pytest.mark.slow
@pytest.mark.parametrize(("signal_number", "status"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 1)])
def test_it_goes_on_where_it_was(signal_number: signal.Signals, status: int, folder: Path, fake_tmdb: FakeTMDB) -> None:
    draw, released = random.Random(14), threading.Event()
    goal = 0.0

    def hold(_: object) -> None:
        """Respond after the program has ended, once it has sent so many requests."""
        if len(fake_tmdb.requests) >= goal:
            released.wait(60)

    fake_tmdb.alter(hold)
    for _ in range(BREAKS):
        goal = len(fake_tmdb.requests) + draw.randrange(12, 20)
        released.clear()
        with start(folder) as process:
            while process.poll() is None and len(fake_tmdb.requests) < goal:
                time.sleep(0.001)
            process.send_signal(signal_number)
            _, errors = process.communicate(timeout=60)
        released.set()
        assert process.returncode == status
        assert errors.endswith("it goes on\n") == (signal_number is signal.SIGINT)
    goal = math.inf
    status, output = finish(folder)
    assert status == 0
    assert output.startswith("1 gone, ")
    assert output.endswith(f" of an earlier run, {COUNT - 1} there\n")
    assert len(fetched(fake_tmdb)) == COUNT
    assert len(fake_tmdb.requests) <= COUNT + BREAKS * AT_ONCE  # those on their way

    sent = len(fake_tmdb.requests)
    assert finish(folder) == (0, f"1 gone, {COUNT - 1} of an earlier run, {COUNT - 1} there\n")
    assert len(fake_tmdb.requests) == sent


def test_the_ids_are_those_of_the_daily_export(fake_tmdb: FakeTMDB, tmp_path: Path) -> None:
    popular = fake_tmdb.add_movie(title="Popular", popularity=99.0)
    output, _ = start(tmp_path).communicate(timeout=60)
    ids = (tmp_path / "ids.txt").read_text(encoding="utf-8").split()
    assert output == f"{len(ids)} there\n"
    assert {"155", "949", str(popular)} <= {*ids}
    assert "104" not in ids


def test_the_next_run_fetches_what_an_outage_left(folder: Path, fake_tmdb: FakeTMDB) -> None:
    ids = (folder / "ids.txt").read_text(encoding="utf-8").split()
    fake_tmdb.fail_next(status=503, path=f"/3/movie/{ids[0]}", times=3)
    fake_tmdb.fail_next(fault="disconnect", path=f"/3/movie/{ids[5]}", times=3)
    fake_tmdb.fail_next(status=200, body=b"<html>", path=f"/3/movie/{ids[7]}")
    assert finish(folder) == (1, f"1 gone, 2 left for the next run, {COUNT - 4} there, 1 unreadable\n")
    sent = len(fake_tmdb.requests)
    assert finish(folder) == (0, f"1 gone, {COUNT - 4} of an earlier run, {COUNT - 1} there\n")
    assert sorted(request.path for request in fake_tmdb.requests[sent:]) == sorted(f"/3/movie/{ids[place]}" for place in (0, 5, 7))

    world = FakeTMDB()
    world.load(folder / "movies.jsonl")
    with world.client() as tmdb:
        assert tmdb.movies.details(int(ids[7])).title == "Movie 5"
