"""The crawl to Parquet."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from tmdbkit.testing import FakeTMDB

ADDED = 10_300


@pytest.mark.slow
def test_more_than_10_000_movies_are_in_the_file(
    fake_tmdb: FakeTMDB, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import pyarrow.parquet as pq

    from . import crawl

    start = date(1960, 1, 1)
    for number in range(ADDED):
        fake_tmdb.add_movie(title=f"Movie {number}", id=5_000_000 + number, release_date=start + timedelta(days=number % 3650))
    path = str(tmp_path / "movies.parquet")
    monkeypatch.setattr(sys, "argv", ["crawl.py", "1960", "1969", path])
    assert crawl.main() == 0
    assert capsys.readouterr().out == "10301 movies with 16 columns\n"
    rows = pq.read_table(path).to_pylist()
    assert {row["id"] for row in rows} == {539, *range(5_000_000, 5_000_000 + ADDED)}
    assert next(row for row in rows if row["id"] == 539)["release_date"] == date(1960, 6, 22)
