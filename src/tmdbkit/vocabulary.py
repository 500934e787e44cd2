"""TMDB's vocabularies, without a request: genres, release types, statuses, departments, countries and languages.

Where TMDB has numbers, there is an `IntEnum` with a `label`, which arguments take as it is:

    tmdb.discover.movie(with_genres=[MovieGenre.SCIENCE_FICTION], with_release_type=AnyOf(ReleaseType.DIGITAL, ReleaseType.PHYSICAL))
    MovieGenre(878).label   # "Science Fiction"

Names are in English; `tmdb.genres.movie(language="de")` has those of other languages.
"""

from __future__ import annotations

from difflib import get_close_matches

from tmdb_openapi.vocabulary import (
    COUNTRIES,
    COUNTRY_CORRECTIONS,
    DEPARTMENTS,
    LANGUAGES,
    MOVIE_STATUSES,
    VIDEO_TYPES,
    MovieGenre,
    ReleaseType,
    TVGenre,
    TVStatus,
    TVType,
)

from .runtime.errors import InvalidArgumentError

__all__ = [
    "COUNTRIES",
    "DEPARTMENTS",
    "LANGUAGES",
    "MOVIE_STATUSES",
    "VIDEO_TYPES",
    "MovieGenre",
    "ReleaseType",
    "TVGenre",
    "TVStatus",
    "TVType",
    "country_code",
    "country_name",
    "genre_name",
    "language_name",
]

_GENRES = {int(genre): genre.label for genres in (MovieGenre, TVGenre) for genre in genres}
_CODES = {name.casefold(): code for code, name in COUNTRIES.items()}


def country_code(country: str) -> str:
    """Check the code of a country.

    Args:
        country: ISO 3166-1 alpha-2, in upper or lower case, such as `DE` or `de`.

    Returns:
        The code in upper case, as TMDB writes it.

    Raises:
        InvalidArgumentError: There is no such country. For a familiar wrong code, such as `UK` or `USA`, and for a name, the message has the right one.
    """
    if not isinstance(country, str):
        raise InvalidArgumentError(f"country must be ISO 3166-1 alpha-2, such as 'DE'; not {country!r}")
    code = country.strip().upper()
    if code in COUNTRIES:
        return code
    meant = COUNTRY_CORRECTIONS.get(code) or _CODES.get(country.strip().casefold())
    if meant is None and (close := get_close_matches(country.strip().casefold(), _CODES, 1, 0.8)):
        meant = _CODES[close[0]]
    hint = f"; {COUNTRIES[meant]} is {meant!r}" if meant else ""
    raise InvalidArgumentError(f"country must be ISO 3166-1 alpha-2, such as 'DE'; not {country!r}{hint}")


def country_name(country: str) -> str:
    """The name of a country in English.

    Args:
        country: ISO 3166-1 alpha-2, in upper or lower case.

    Returns:
        The name, such as `Germany`.

    Raises:
        InvalidArgumentError: There is no such country.
    """
    return COUNTRIES[country_code(country)]


def language_name(language: str | None) -> str | None:
    """The name of a language in English.

    Args:
        language: ISO 639-1, such as `de`, or with a country, such as `de-AT`; in upper or lower case. None as an image without text has it.

    Returns:
        The name, such as `German`; None for None, and where TMDB has no such language.
    """
    return None if language is None else LANGUAGES.get(language.replace("_", "-").partition("-")[0].lower())


def genre_name(genre_id: int) -> str | None:
    """The name of a genre of movies or TV series in English.

    Args:
        genre_id: The id, as in the `genre_ids` of rows.

    Returns:
        The name, such as `Drama`; None for an id that TMDB did not have when this version was made.
    """
    return _GENRES.get(genre_id)
