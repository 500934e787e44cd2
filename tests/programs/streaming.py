"""Tell where movies and series can be watched in a country, and from what age: python streaming.py de "Fight Club" "Breaking Bad"

A title that TMDB knows as both, a movie and a series, is the one that is more like it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from tmdbkit import TMDB, InvalidArgumentError, MovieMatch, SeriesMatch, WatchOffers, certification, where_to_watch
from tmdbkit.models import MovieDetails, TVSeriesDetails
from tmdbkit.vocabulary import country_name

WORDS = {"flatrate": "subscription", "free": "free", "ads": "free, with ads", "rent": "to rent", "buy": "to buy"}


def find(tmdb: TMDB, title: str) -> MovieDetails | TVSeriesDetails | None:
    found: list[MovieMatch | SeriesMatch] = [*tmdb.match.movie(title, limit=1), *tmdb.match.series(title, limit=1)]
    match max(found, key=lambda candidate: candidate.score, default=None):
        case MovieMatch(id=movie_id):
            return tmdb.movies.details(movie_id, append_to_response=["watch/providers", "release_dates"])
        case SeriesMatch(id=series_id):
            return tmdb.tv_series.details(series_id, append_to_response=["watch/providers", "content_ratings"])
        case None:
            return None


def report(found: MovieDetails | TVSeriesDetails, country: str) -> Iterator[str]:
    title = found.title if isinstance(found, MovieDetails) else found.name
    age = certification(found, country)
    yield f"{title}{f' ({age})' if age else ''}"
    offers = where_to_watch(found, country)
    for way, providers in offers:
        yield f"  {WORDS[way]}: {', '.join(provider.name for provider in providers)}"
    if offers:
        yield f"  {offers.link}"
    else:
        yield f"  nowhere in {country_name(country)}"


def main() -> None:
    country, *titles = sys.argv[1:]
    with TMDB() as tmdb:
        for title in titles:
            found = find(tmdb, title)
            for line in [f"{title}?"] if found is None else report(found, country):
                print(line)
    print(WatchOffers.attribution)


if __name__ == "__main__":
    try:
        main()
    except InvalidArgumentError as error:
        sys.exit(str(error))
