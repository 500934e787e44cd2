"""A demo of both clients: `python -m tmdbkit.testing.demo`, or `make demo`.

It calls the live API if `TMDB_ACCESS_TOKEN` or `TMDB_API_KEY` is set, and a fake TMDB otherwise.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

from tmdbkit import TMDB, AsyncTMDB, NotFoundError, TMDBError
from tmdbkit.models import MovieDetails, MoviePage, RequestToken, TVSeriesDetails

from .fake import FakeTMDB

__all__ = ["main"]

FIGHT_CLUB = 550
GAME_OF_THRONES = 1399
NO_MOVIE = 999_999_999


def main() -> int:
    """Run the demo, and return the exit status: 1 if a call fails."""
    live = os.environ.get("TMDB_ACCESS_TOKEN") or os.environ.get("TMDB_API_KEY")
    try:
        if live:
            print("Calling the live API, as a credential is set.\n")
            run(TMDB, AsyncTMDB)
        else:
            with FakeTMDB().serve() as server:
                print(f"Calling a fake TMDB at {server.base_url}, a small world of its own.")
                print("Set TMDB_ACCESS_TOKEN to call the live API instead.\n")
                token, url = server.fake.access_token, server.base_url
                run(lambda: TMDB(token, base_url=url), lambda: AsyncTMDB(token, base_url=url))
    except TMDBError as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1
    print("\nThis product uses the TMDB API but is not endorsed or certified by TMDB.")
    return 0


def run(client: Callable[[], TMDB], async_client: Callable[[], AsyncTMDB]) -> None:
    """Call TMDB with both clients, and print the results."""
    with client() as tmdb, timed("one call after another"):
        show_movie(tmdb.movies.details(FIGHT_CLUB, append_to_response=["credits", "keywords"]))
        show_series(tmdb.tv_series.details(GAME_OF_THRONES))
        show_popular(tmdb.movies.popular(page=1))
        show_token(tmdb.authentication.create_request_token())
        try:
            tmdb.movies.details(NO_MOVIE)
        except NotFoundError as error:
            print(f"A movie that does not exist\n    {type(error).__name__}: {error}\n")
    asyncio.run(run_async(async_client()))


async def run_async(tmdb: AsyncTMDB) -> None:
    """Make the same calls with the asynchronous client, concurrently."""
    async with tmdb:
        with timed("the same calls, concurrently"):
            movie, series, page, token = await asyncio.gather(
                tmdb.movies.details(FIGHT_CLUB, append_to_response=["credits"]),
                tmdb.tv_series.details(GAME_OF_THRONES),
                tmdb.movies.popular(page=1),
                tmdb.authentication.create_request_token(),
            )
        print(f"    {movie.title} with {movie.credits.cast[0].name}, {series.name}, {len(page.results)} popular movies,", end=" ")
        print(f"a request token until {token.expires_at:%H:%M} UTC")


def show_movie(movie: MovieDetails) -> None:
    print(f"{movie.title} ({year(movie.release_date)})")
    line("genres", ", ".join(genre.name for genre in movie.genres))
    line("runtime", f"{movie.runtime} minutes")
    line("earned", f"{movie.revenue:,} dollars, on a budget of {movie.budget:,}")
    for member in movie.credits.cast[:3]:
        line("with", f"{member.name} as {member.character}")
    for worker in movie.credits.crew[:2]:
        line("made by", f"{worker.name}, {worker.job}")
    print()


def show_series(series: TVSeriesDetails) -> None:
    print(f"{series.name} ({year(series.first_air_date)} to {year(series.last_air_date)})")
    line("created by", ", ".join(creator.name for creator in series.created_by))
    line("on", ", ".join(network.name for network in series.networks))
    line("length", f"{series.number_of_episodes} episodes in {series.number_of_seasons} seasons, {series.status.lower()}")
    if series.last_episode_to_air:
        episode = series.last_episode_to_air
        line("last episode", f"{episode.name}, season {episode.season_number}, {episode.air_date}")
    print()


def show_popular(page: MoviePage) -> None:
    print(f"Popular movies, page {page.page} of {page.total_pages:,}")
    for row in page.results:
        votes = f", {row.vote_average:.1f} of 10 by {row.vote_count:,} votes" if row.vote_count else ""
        line(str(row.release_date or "no date yet"), f"{row.title}{votes}")
    print()


def show_token(token: RequestToken) -> None:
    print("A request token, for a user to approve")
    line("good until", f"{token.expires_at:%Y-%m-%d %H:%M} UTC")
    print()


def line(name: str, value: str) -> None:
    print(f"    {name:<14}{value}")


def year(day: date | None) -> str:
    return str(day.year) if day else "?"


@contextmanager
def timed(what: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    print(f"({what}: {(time.perf_counter() - start) * 1000:.0f} ms)")


if __name__ == "__main__":
    sys.exit(main())
