"""The tracker of movies and series."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from tmdbkit.testing import FakeTMDB

PROGRAM = Path(__file__).with_name("tracker.py")


def run(path: Path) -> tuple[list[str], list[str]]:
    ran = subprocess.run([sys.executable, str(PROGRAM), str(path)], capture_output=True, text=True, check=True, timeout=60)
    return ran.stdout.splitlines(), ran.stderr.splitlines()


def test_a_run_tells_what_is_new_since_the_last_one(fake_tmdb: FakeTMDB, tmp_path: Path) -> None:
    today = fake_tmdb.clock.now().date()
    last_week, yesterday, next_week = today - timedelta(days=7), today - timedelta(days=1), today + timedelta(days=7)
    fake_tmdb.add_movie(title="Out Now", release_date=yesterday, imdb_id="tt9999999")
    announced = fake_tmdb.add_movie(title="Some Day")
    series = fake_tmdb.add_series(
        name="Weekly",
        seasons=[
            {"season_number": 1, "episodes": [{"name": name, "air_date": day} for name, day in (("One", last_week), ("Two", today), ("Three", next_week))]}
        ],
    )
    path = tmp_path / "following.json"
    pages = ["tv/1396", f"tv/{series}-weekly", "movie/550", f"movie/{announced}", "person/287", "tv/99999999"]
    follow = ["https://www.imdb.com/title/tt9999999/", *(f"https://www.themoviedb.org/{page}" for page in pages)]
    path.write_text(json.dumps({"since": str(today - timedelta(days=3)), "follow": follow}), encoding="utf-8")

    output, errors = run(path)
    assert output == [
        f"Out Now: new since {yesterday}",
        f"Weekly 1x02 Two: new since {today}",
        f"Weekly 1x03 Three: comes on {next_week}",
        "Some Day: no day is known",
        "https://www.themoviedb.org/person/287: a person cannot be followed",
    ]
    assert len(errors) == 1
    assert errors[0].startswith("https://www.themoviedb.org/tv/99999999: ")

    output, _ = run(path)
    assert output == [
        f"Weekly 1x03 Three: comes on {next_week}",
        "Some Day: no day is known",
        "https://www.themoviedb.org/person/287: a person cannot be followed",
    ]
