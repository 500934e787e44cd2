"""What the programs of the documentation import, imported once: each is forked from a process that has this module."""

import tmdbkit.models
from tmdbkit.testing import FakeTMDB

with FakeTMDB().client() as tmdb:
    tmdb.movies.details(550, append_to_response=["credits", "images", "watch/providers"])
    tmdb.discover.movie()
    tmdb.search.multi("dark")
tmdbkit.models.TVSeriesDetails
