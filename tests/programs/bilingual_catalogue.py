"""Write a catalogue of movies in two languages as a page of HTML: python bilingual_catalogue.py de ja page.html 129 194

Where a text is in another language than the reader's, the page says so, as its `lang` does.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from html import escape
from pathlib import Path

from tmdbkit import TMDB, LocalizedText, images, localize
from tmdbkit.models import MovieDetails
from tmdbkit.vocabulary import language_name

FALLBACK = "en-US"


def catalogue(tmdb: TMDB, movie_ids: Iterable[int], languages: tuple[str, str]) -> str:
    batch = tmdb.fetch_many(tmdb.movies.details, movie_ids, append_to_response=["translations", "images"])
    return "\n".join(entry(outcome.value, languages) for outcome in batch.in_order())


def entry(movie: MovieDetails, languages: tuple[str, str]) -> str:
    cells = "\n".join(column(movie, language) for language in languages)
    return f'<article id="movie-{movie.id}">\n{cells}\n</article>'


def column(movie: MovieDetails, language: str) -> str:
    texts = localize(movie, language, FALLBACK)
    poster = images.best(movie.images.posters, languages=[language, None, "en"])
    url = images.poster_url(poster.file_path if poster else movie.poster_path, width=300)
    picture = f'<img src="{escape(url)}" alt="">' if url else ""
    return f"<section>{picture}<h2>{tagged(texts.title, language)}</h2><p>{tagged(texts.overview, language)}</p></section>"


def tagged(text: LocalizedText, language: str) -> str:
    """The text with its language, and a remark if that is not the reader's."""
    if not text.language:
        return escape(text)
    is_other = text.language.partition("-")[0] != language.partition("-")[0]
    remark = f" <small>({language_name(text.language) or text.language})</small>" if is_other else ""
    return f'<span lang="{text.language}">{escape(text)}</span>{remark}'


def main() -> None:
    first, second, path, *movie_ids = sys.argv[1:]
    with TMDB() as tmdb:
        Path(path).write_text(catalogue(tmdb, map(int, movie_ids), (first, second)), encoding="utf-8")


if __name__ == "__main__":
    main()
