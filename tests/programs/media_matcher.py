"""Match the files of a media library to TMDB, as a media server does: python media_matcher.py FILE...

It prints a line for each file: the title with the year, TMDB's id, and the name that the file should have.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import PurePath

from tmdbkit import TMDB, MovieMatch, SeriesMatch, links, parse_name

LEAST_SCORE = 0.6


def match(tmdb: TMDB, path: str) -> MovieMatch | SeriesMatch | None:
    """The title that a file has, if TMDB knows one that is like it."""
    name = parse_name(path)
    is_episode = name.season_number is not None or name.episode_number is not None
    found: list[MovieMatch] | list[SeriesMatch] = tmdb.match.series(path, limit=1) if is_episode else tmdb.match.movie(path, limit=1)
    return next((candidate for candidate in found if candidate.score >= LEAST_SCORE), None)


def line_of(path: str, found: MovieMatch | SeriesMatch | None) -> str:
    suffix = PurePath(path).suffix
    match found:
        case MovieMatch(release_date=day):
            return f"{path}\t{links.movie(found.id)}\t{found.title} ({day.year if day else 'unknown'}) [tmdbid-{found.id}]{suffix}"
        case SeriesMatch(season_number=season, episode_number=episode):
            numbers = f"S{1 if season is None else season:02}" + ("" if episode is None else f"E{episode:02}")
            return f"{path}\t{links.tv(found.id)}\t{found.name} {numbers} [tmdbid-{found.id}]{suffix}"
        case None:
            return f"{path}\t?"


def main(paths: Iterable[str]) -> None:
    with TMDB() as tmdb:
        for path in paths:
            print(line_of(path, match(tmdb, path)))


if __name__ == "__main__":
    main(sys.argv[1:])
