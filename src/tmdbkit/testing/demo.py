"""A demo: `python -m tmdbkit`. It calls the live API if `TMDB_ACCESS_TOKEN` or `TMDB_API_KEY` is set, and otherwise a fake TMDB in its own process."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import date

from tmdbkit import TMDB, AsyncTMDB, NotFoundError, TMDBError, where_to_watch
from tmdbkit.models import MovieDetails, MovieRow, PersonRow, TitledCollectionRow, TVRow

from .fake import FakeTMDB

__all__ = ["main"]

FIGHT_CLUB = 550
GAME_OF_THRONES = 1399
NO_MOVIE = 999_999_999


def main() -> int:
    """Run the demo, and return the exit status: 1 if a call fails."""
    try:
        if os.environ.get("TMDB_ACCESS_TOKEN") or os.environ.get("TMDB_API_KEY"):
            print("These calls go to the live API, as a credential is set.\n")
            run(TMDB(), AsyncTMDB())
        else:
            print("These calls go to the fake TMDB that tmdbkit brings for tests: no network, no token.\n")
            fake = FakeTMDB()
            run(fake.client(), fake.async_client())
    except TMDBError as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1
    print("\nThis product uses the TMDB API but is not endorsed or certified by TMDB.")
    return 0


def run(client: TMDB, async_client: AsyncTMDB) -> None:
    """Call TMDB with both clients, and print the results."""
    with client as tmdb:
        print('tmdb.movies.details(550, append_to_response=["credits", "watch/providers"])')
        show_movie(tmdb.movies.details(FIGHT_CLUB, append_to_response=["credits", "watch/providers"]))

        print('\ntmdb.search.multi("dark")')
        for row in tmdb.search.multi("dark").results[:5]:
            match row:
                case MovieRow():
                    line("movie", f"{row.title} ({year(row.release_date)})")
                case TVRow():
                    line("series", f"{row.name} ({year(row.first_air_date)})")
                case PersonRow():
                    line("person", row.name)
                case TitledCollectionRow():
                    line("collection", row.title)
                case _:
                    line(row.media_type, "")

        print("\ntmdb.movies.details(999_999_999)")
        try:
            tmdb.movies.details(NO_MOVIE)
        except NotFoundError as error:
            line("NotFoundError", error.message)
    asyncio.run(run_async(async_client))


async def run_async(client: AsyncTMDB) -> None:
    """Make two calls at once."""
    async with client as tmdb:
        print("\nawait asyncio.gather(tmdb.tv_series.details(1399), tmdb.movies.popular())")
        series, popular = await asyncio.gather(tmdb.tv_series.details(GAME_OF_THRONES), tmdb.movies.popular())
    line("series", f"{series.name}, {series.number_of_episodes} episodes in {series.number_of_seasons} seasons")
    line("popular", ", ".join(row.title for row in popular.results[:4]))


def show_movie(movie: MovieDetails) -> None:
    line("title", f"{movie.title} ({year(movie.release_date)}), {movie.runtime} minutes")
    for member in movie.credits.cast[:3]:
        line("cast", f"{member.name} as {member.character}")
    offers = where_to_watch(movie, "DE")
    for way, providers in offers:
        line(f"{way} in DE", ", ".join(provider.name for provider in providers))
    line("", offers.attribution)


def line(name: str, value: str) -> None:
    print(f"    {name:<15}{value}")


def year(day: date | None) -> str:
    return str(day.year) if day else "?"
