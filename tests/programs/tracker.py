"""Tell what is new of the movies and series that somebody follows: python tracker.py following.json

The file has the addresses of their pages at TMDB or IMDb, and the day of the last run: {"since": "2026-11-20", "follow": ["https://www.themoviedb.org/tv/456"]}
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tmdbkit import TMDB, ExternalLink, TMDBError, TMDBLink, parse_url


def news(tmdb: TMDB, link: TMDBLink | ExternalLink, since: date, today: date) -> Iterator[str]:
    match link:
        case TMDBLink(kind="movie", id=movie_id):
            yield from news_of_movie(tmdb, movie_id, since, today)
        case TMDBLink(kind="tv" | "season" | "episode", id=series_id):
            yield from news_of_series(tmdb, series_id, since, today)
        case TMDBLink(kind=kind):
            yield f"{link.url}: a {kind} cannot be followed"
        case ExternalLink(external_id=external_id, external_source=external_source):
            found = tmdb.find.by_id(external_id, external_source)
            for movie in found.movie_results:
                yield from news_of_movie(tmdb, movie.id, since, today)
            for series in found.tv_results:
                yield from news_of_series(tmdb, series.id, since, today)


def news_of_movie(tmdb: TMDB, movie_id: int, since: date, today: date) -> Iterator[str]:
    movie = tmdb.movies.details(movie_id)
    if movie.release_date is None:
        yield f"{movie.title}: no day is known"
    elif movie.release_date > today:
        yield f"{movie.title}: comes on {movie.release_date}"
    elif movie.release_date > since:
        yield f"{movie.title}: new since {movie.release_date}"


def news_of_series(tmdb: TMDB, series_id: int, since: date, today: date) -> Iterator[str]:
    series = tmdb.whole_series(series_id)
    for episode in series.aired(today, after=since):
        yield f"{series.details.name} {episode.season_number}x{episode.episode_number:02} {episode.name}: new since {episode.air_date}"
    if upcoming := series.next_to_air(today + timedelta(days=1)):
        yield f"{series.details.name} {upcoming.season_number}x{upcoming.episode_number:02} {upcoming.name}: comes on {upcoming.air_date}"


def main() -> None:
    path = Path(sys.argv[1])
    state = json.loads(path.read_text(encoding="utf-8"))
    since, today = date.fromisoformat(state["since"]), datetime.now(UTC).date()
    with TMDB() as tmdb:
        for address in state["follow"]:
            try:
                for line in news(tmdb, parse_url(address), since, today):
                    print(line)
            except TMDBError as error:
                print(f"{address}: {error}", file=sys.stderr)
    path.write_text(json.dumps(state | {"since": str(today)}), encoding="utf-8")


if __name__ == "__main__":
    main()
