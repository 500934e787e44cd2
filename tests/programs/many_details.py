"""Print the longest of the 500 most voted movies, whose details are fetched at once: python many_details.py"""

from __future__ import annotations

import asyncio
import sys

from tmdbkit import AsyncTMDB
from tmdbkit.models import MovieDetails

COUNT = 500


async def most_voted(tmdb: AsyncTMDB) -> list[MovieDetails]:
    rows = tmdb.paginate(tmdb.discover.movie, sort_by="vote_count.desc").take(COUNT)
    batch = tmdb.fetch_many(tmdb.movies.details, [row.id async for row in rows], append_to_response=["credits"])
    movies: list[MovieDetails] = []
    async for outcome in batch.concurrency(50).in_order():
        if outcome.error is None:
            movies.append(outcome.value)
        else:
            print(f"{outcome.id}: {outcome.error}", file=sys.stderr)
    return movies


def directors(movie: MovieDetails) -> str:
    return ", ".join(member.name for member in movie.credits.crew if member.job == "Director")


async def main() -> None:
    async with AsyncTMDB() as tmdb:
        movies = await most_voted(tmdb)
    print(len(movies), "movies")
    for movie in sorted(movies, key=lambda movie: movie.runtime or 0, reverse=True)[:3]:
        print(f"{movie.runtime} minutes: {movie.title} by {directors(movie)}")


if __name__ == "__main__":
    asyncio.run(main())
