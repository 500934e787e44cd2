"""Where to stream."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tmdbkit.testing import FakeTMDB

PROGRAM = Path(__file__).with_name("streaming.py")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(PROGRAM), *arguments], capture_output=True, text=True, check=False, timeout=60)


def test_movies_and_series_have_offers_and_an_age(fake_tmdb: FakeTMDB) -> None:
    fake_tmdb.add_movie(title="Nowhere To Be Seen")
    ran = run("de", "Fight Club", "Breaking Bad", "Nowhere To Be Seen", "qqqq zzzz")
    assert ran.stdout.splitlines() == [
        "Fight Club (18)",
        "  subscription: Disney Plus",
        "  to rent: Apple TV Store, Amazon Video, Google Play Movies",
        "  to buy: Apple TV Store, Amazon Video, Google Play Movies",
        "  https://www.themoviedb.org/movie/550/watch?locale=DE",
        "Breaking Bad (16)",
        "  subscription: Netflix",
        "  to buy: Apple TV Store, Amazon Video",
        "  https://www.themoviedb.org/tv/1396/watch?locale=DE",
        "Nowhere To Be Seen",
        "  nowhere in Germany",
        "qqqq zzzz?",
        "Source: JustWatch",
    ]


def test_a_familiar_wrong_country_is_explained(fake_tmdb: FakeTMDB) -> None:
    ran = run("uk", "Fight Club")
    assert ran.returncode == 1
    assert ran.stderr == "country must be ISO 3166-1 alpha-2, such as 'DE'; not 'uk'; United Kingdom is 'GB'\n"
    assert fake_tmdb.requests
