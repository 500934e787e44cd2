"""Mistakes that mypy has to find: each line ends in the comment that names them, and an unused comment is an error."""

from __future__ import annotations

from tmdbkit import (
    TMDB,
    AsyncTMDB,
    decode,
    models,
)

tmdb = TMDB()
tmdb.movies.details(550, append_to_response=["credit"])  # type: ignore[list-item]
tmdb.movies.details(550, append_to_response="credit")  # type: ignore[arg-type]
tmdb.tv_series.details(1396, append_to_response=["season/1"])  # type: ignore[list-item]
tmdb.movies.details(550, "credits")  # type: ignore[call-arg]
tmdb.movies.details(None)  # type: ignore[arg-type]
tmdb.movies.details(550, langage="de")  # type: ignore[call-arg]
tmdb.movies.popular(page="2")  # type: ignore[arg-type]
tmdb.movies.add_rating(550)  # type: ignore[call-arg]
tmdb.movies.details(550).titel  # type: ignore[attr-defined]
tmdb.movies.details(550).titel = "x"  # type: ignore[attr-defined]
tmdb.movies.details(550).credits.casts  # type: ignore[attr-defined]
models.Genre(id=1)  # type: ignore[call-arg]
decode(b"{}", models.Genre).nam  # type: ignore[attr-defined]
tmdb.tv_series.details(1396).release_date  # type: ignore[attr-defined]
tmdb.authentication.create_session_by_get("token")  # type: ignore[deprecated]
tmdb.authentication.raw.create_session_by_get("token")  # type: ignore[deprecated]
AsyncTMDB().authentication.create_session_by_get("token")  # type: ignore[deprecated, unused-coroutine]
AsyncTMDB().authentication.raw.create_session_by_get("token")  # type: ignore[deprecated, unused-coroutine]
tmdb.persons  # type: ignore[attr-defined]
tmdb.trending.all("month")  # type: ignore[arg-type]
tmdb.find.by_id("tt0137523", "imdb")  # type: ignore[arg-type]
tmdb.discover.movie(sort_by="popularity")  # type: ignore[arg-type]
tmdb.discover.movie(with_genres="28,12")  # type: ignore[arg-type]
tmdb.search.movie()  # type: ignore[call-arg]
tmdb.v4_lists.create("name", "en", public=True)  # type: ignore[arg-type]
tmdb.v4_lists.add_items(1, [{"media_type": "movie"}])  # type: ignore[typeddict-item]
