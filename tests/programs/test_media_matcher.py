"""The matcher of a media server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tmdbkit.testing import FakeTMDB

PROGRAM = Path(__file__).with_name("media_matcher.py")


def test_files_are_matched(fake_tmdb: FakeTMDB) -> None:
    files = ["/films/Heat.1995.1080p.mkv", "/tv/the.office.us.s02e03.mkv", "Amelie.2001.avi", "qqqq zzzz.mkv"]
    ran = subprocess.run([sys.executable, str(PROGRAM), *files], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.splitlines() == [
        "/films/Heat.1995.1080p.mkv\thttps://www.themoviedb.org/movie/949\tHeat (1995) [tmdbid-949].mkv",
        "/tv/the.office.us.s02e03.mkv\thttps://www.themoviedb.org/tv/2316\tThe Office S02E03 [tmdbid-2316].mkv",
        "Amelie.2001.avi\thttps://www.themoviedb.org/movie/194\tAmélie (2001) [tmdbid-194].avi",
        "qqqq zzzz.mkv\t?",
    ]
    assert all("authorization" in request.headers for request in fake_tmdb.requests)
