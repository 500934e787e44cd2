"""`localize`: the texts of a title or person in the reader's language. TMDB answers with an empty text where it has no translation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import attrs

from .languages import Language
from .runtime.errors import InvalidArgumentError
from .runtime.models import models_in

if TYPE_CHECKING:
    from tmdb_openapi.models.collection_details import CollectionDetails
    from tmdb_openapi.models.episode_details import EpisodeDetails
    from tmdb_openapi.models.movie_details import MovieDetails
    from tmdb_openapi.models.person_details import PersonDetails
    from tmdb_openapi.models.season_details import SeasonDetails
    from tmdb_openapi.models.tv_series_details import TVSeriesDetails

    _Localizable: TypeAlias = MovieDetails | TVSeriesDetails | SeasonDetails | EpisodeDetails | PersonDetails | CollectionDetails

__all__ = ["LocalizedText", "LocalizedTexts", "localize"]

HOME_COUNTRIES = {"en": "US", "ja": "JP", "ko": "KR", "zh": "CN"}
"""The country that a language without one means first, where it is not the code of the language in upper case."""
TITLES = ("title", "name")
ORIGINAL_TITLES = ("original_title", "original_name")


class LocalizedText(str):
    """A text with the language that it is in. It is a `str`, and empty where there is none.

    Attributes:
        language: The language as TMDB writes it, such as `pt-PT`; without a country for an original title; None where it is not known, or the text is empty.
    """

    __slots__ = ("language",)
    language: str | None

    def __new__(cls, text: str = "", language: str | None = None) -> Self:
        """Create a text."""
        made = super().__new__(cls, text)
        made.language = language
        return made

    def __reduce__(self) -> tuple[type[LocalizedText], tuple[str, str | None]]:
        return LocalizedText, (str(self), self.language)


@attrs.frozen(kw_only=True)
class LocalizedTexts:
    """The texts of a title or person, each in the first language that has it.

    Attributes:
        title: The title of a movie, or the name of anything else.
        overview: The overview of a title.
        tagline: The tagline of a movie or series.
        biography: The biography of a person.
        homepage: The URL of the homepage in that language.
    """

    title: LocalizedText
    overview: LocalizedText
    tagline: LocalizedText
    biography: LocalizedText
    homepage: LocalizedText

    @property
    def name(self) -> LocalizedText:
        """The title: series, seasons, episodes, people and collections have a name."""
        return self.title


def localize(model: _Localizable, *languages: str) -> LocalizedTexts:
    """Choose the texts of a title or person by language. It sends no request.

        movie = tmdb.movies.details(550, append_to_response=["translations"])
        texts = localize(movie, "pt-BR", "en")
        print(texts.overview, texts.overview.language)   # … pt-PT

    A language with a country falls back to others of the same language: `pt-BR` to `pt-PT`, and then to any `pt`. TMDB has no translated title where it is the
    original one; so in its own language a movie has its original title. A title that no language has is the original one; other texts are then empty.

    Args:
        model: Details with `translations` appended: of a movie, a series, a season, an episode, a person or a collection.
        *languages: The reader's languages, best first, such as `ja-JP` or `de`; one or more.

    Returns:
        The texts; each knows its language.

    Raises:
        NotAppendedError: The translations were not appended.
        InvalidArgumentError: A language has another form, there is none, or the model has no translations.
    """
    if not hasattr(type(model), "translations"):
        raise InvalidArgumentError(f"localize needs the details of something with translations, not {type(model).__name__}")
    if not languages:
        raise InvalidArgumentError("localize needs a language or more, such as 'de' or 'pt-BR'")
    wanted = [Language.parse(language) for language in languages]
    translations = [one for one in models_in(model.translations, "translations") if isinstance(one.iso_639_1, str)]
    original = _original(model)

    def text(*names: str, own: LocalizedText | None = None) -> LocalizedText:
        for language in wanted:
            for translated in _candidates(translations, language, _getter(names), own):
                if translated:
                    return translated
        return LocalizedText()

    title = text(*TITLES, own=original) or original or LocalizedText(_first(model, TITLES))
    return LocalizedTexts(title=title, overview=text("overview"), tagline=text("tagline"), biography=text("biography"), homepage=text("homepage"))


def _candidates(translations: Sequence[Any], language: Language, text_of: Callable[[Any], str], original: LocalizedText | None) -> Iterator[LocalizedText]:
    """The texts of a language, best first: of its country, the original one if that is in the language, of its home country, of any country."""
    same = [
        (translation, Language(translation.iso_639_1, country if isinstance(country := translation.iso_3166_1, str) else "")) for translation in translations
    ]
    same = [(translation, found) for translation, found in same if found.code == language.code]
    yield from (LocalizedText(text_of(translation), str(found)) for translation, found in same if found.country == language.country)
    if original is not None and original.language == language.code:
        yield original
    home = HOME_COUNTRIES.get(language.code, language.code.upper())
    same.sort(key=lambda pair: pair[1].country != home)
    yield from (LocalizedText(text_of(translation), str(found)) for translation, found in same)


def _getter(names: tuple[str, ...]) -> Callable[[Any], str]:
    return lambda translation: _first(getattr(translation, "data", None), names)


def _first(holder: object, names: tuple[str, ...]) -> str:
    """The first text of a model that is not blank; empty without one."""
    return next((text.strip() for name in names if isinstance(text := getattr(holder, name, None), str) and text.strip()), "")


def _original(model: object) -> LocalizedText | None:
    """The original title, in its language; None without one, as of a season."""
    text, language = _first(model, ORIGINAL_TITLES), getattr(model, "original_language", None)
    return LocalizedText(text, language if isinstance(language, str) and language else None) if text else None
