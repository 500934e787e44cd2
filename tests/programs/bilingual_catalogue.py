"""Write a catalogue of movies in two languages as a page of HTML: python bilingual_catalogue.py de ja page.html 129 194

The posters are stored beside it. Where a text is in another language than the reader's, the page says so.
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


def catalogue(tmdb: TMDB, folder: Path, movie_ids: Iterable[int], languages: tuple[str, str]) -> str:
    batch = tmdb.fetch_many(tmdb.movies.details, movie_ids, append_to_response=["translations", "images"])
    return "\n".join(entry(tmdb, folder, outcome.value, languages) for outcome in batch.in_order())


def entry(tmdb: TMDB, folder: Path, movie: MovieDetails, languages: tuple[str, str]) -> str:
    cells = "\n".join(column(tmdb, folder, movie, language) for language in languages)
    return f'<article id="movie-{movie.id}">\n{cells}\n</article>'


def column(tmdb: TMDB, folder: Path, movie: MovieDetails, language: str) -> str:
    texts = localize(movie, language, FALLBACK)
    poster = images.best(movie.images.posters, languages=[language, None, "en"])
    picture = ""
    if poster:
        stored = tmdb.images.download(images.poster_url(poster.file_path, width=300), folder)
        picture = f'<img src="{escape(stored.name)}" alt="">'
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
        page = catalogue(tmdb, Path(path).parent, map(int, movie_ids), (first, second))
    Path(path).write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
