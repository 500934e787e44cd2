"""500 details at once."""

from __future__ import annotations

import pytest

from tmdbkit.testing import FakeTMDB

from . import many_details


async def test_the_longest_of_500_movies_are_printed(fake_tmdb: FakeTMDB, capsys: pytest.CaptureFixture[str]) -> None:
    longest = fake_tmdb.add_movie(title="The Longest", runtime=300, vote_count=500, credits=[{"name": name, "job": "Director"} for name in ("Ann", "Bob")])
    for number in range(480):
        fake_tmdb.add_movie(title=f"Movie {number}", runtime=60, vote_count=499 - number)
    fake_tmdb.fail_next(status=503, path="/3/movie/238")  # a retry
    fake_tmdb.fail_next(status=503, path="/3/movie/346", times=3)  # an outage
    await many_details.main()
    output, errors = capsys.readouterr()
    assert output.splitlines() == [
        "499 movies",
        "300 minutes: The Longest by Ann, Bob",
        "175 minutes: The Godfather by Francis Ford Coppola",
        "170 minutes: Heat by Michael Mann",
    ]
    assert errors.startswith("346: ")
    assert errors.count("\n") == 1
    fake_tmdb.assert_requested("GET", f"/3/movie/{longest}", times=1)
