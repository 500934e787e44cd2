"""Texts in the reader's language."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Sequence
from typing import Any

import pytest

from tmdbkit import InvalidArgumentError, NotAppendedError, decode, localize, to_dict
from tmdbkit.models import MovieDetails
from tmdbkit.testing import FakeTMDB
from tmdbkit.texts import LocalizedText


def translation(language: str, **texts: str) -> Any:
    code, _, country = language.partition("-")
    return {"iso_639_1": code, "iso_3166_1": country, **texts}


def movie(*translations: Any, title: str = "Original", language: str = "en") -> MovieDetails:
    """A movie with these translations only."""
    with FakeTMDB().client() as tmdb:
        details = to_dict(tmdb.movies.details(550, append_to_response=["translations"]))
    empty = {"title": "", "overview": "", "tagline": "", "homepage": "", "runtime": 0}
    rows = [{"iso_639_1": row["iso_639_1"], "iso_3166_1": row["iso_3166_1"], "name": "", "english_name": "", "data": {**empty, **row}} for row in translations]
    details |= {"title": title, "original_title": title, "original_language": language, "translations": {"translations": rows}}
    return decode(json.dumps(details), MovieDetails)


def found(text: LocalizedText) -> tuple[str, str | None]:
    return str(text), text.language


@pytest.fixture(scope="module")
def fight_club() -> MovieDetails:
    with FakeTMDB().client() as tmdb:
        return tmdb.movies.details(550, append_to_response=["translations"])


def test_a_text_is_in_the_first_language_that_has_it(fight_club: MovieDetails) -> None:
    texts = localize(fight_club, "ja-JP", "de", "en-US")
    assert found(texts.title) == ("ファイト・クラブ", "ja-JP")
    assert texts.overview.language == "ja-JP"
    assert texts.tagline.language == "en-US"
    assert texts.name == texts.title


def test_each_text_has_its_own_language() -> None:
    texts = localize(movie(translation("it-IT", title="Italiano"), translation("de-DE", overview="Deutsch", tagline="Spruch")), "it", "de")
    assert [found(text) for text in (texts.title, texts.overview, texts.tagline)] == [("Italiano", "it-IT"), ("Deutsch", "de-DE"), ("Spruch", "de-DE")]


def test_a_country_falls_back_to_others_of_the_language(fight_club: MovieDetails) -> None:
    texts = localize(fight_club, "pt-BR", "en")
    assert found(texts.title) == ("Clube da Luta", "pt-BR")
    assert texts.overview.language == "pt-PT"
    assert localize(fight_club, "de-AT").overview.language == "de-DE"
    assert localize(fight_club, "es-MX").overview.language == "es-ES"


def test_a_translation_without_a_country_is_of_the_language() -> None:
    translated = movie(translation("pt", overview="Qualquer"))
    assert found(localize(translated, "pt-BR").overview) == ("Qualquer", "pt")
    assert found(localize(movie(translation("pt-AO", overview="AO"), translation("pt-PT", overview="PT")), "pt-BR").overview) == ("PT", "pt-PT")


@pytest.mark.parametrize(("language", "home"), [("en", "en-US"), ("ja", "ja-JP"), ("fr", "fr-FR")])
def test_a_language_without_a_country_means_its_home_first(language: str, home: str) -> None:
    translated = movie(translation(f"{language}-CA", overview="other"), translation(home, overview="home"), language="xx")
    assert found(localize(translated, language).overview) == ("home", home)


@pytest.mark.parametrize("written", ["pt-BR", "pt_br", "PT-br"])
def test_a_language_is_written_in_any_case(fight_club: MovieDetails, written: str) -> None:
    assert localize(fight_club, written).title.language == "pt-BR"


def test_a_title_in_its_own_language_is_the_original_one(fight_club: MovieDetails) -> None:
    assert found(localize(fight_club, "en-US", "de").title) == ("Fight Club", "en")
    british = movie(translation("en-US", title=""), translation("en-GB", title="British"))
    assert found(localize(british, "en-US").title) == ("Original", "en")
    assert found(localize(british, "en-GB").title) == ("British", "en-GB")


def test_a_title_that_no_language_has_is_the_original_one(fight_club: MovieDetails) -> None:
    texts = localize(fight_club, "fi", "sv-SE")
    assert found(texts.title) == ("Fight Club", "en")


def test_another_text_that_no_language_has_is_empty(fight_club: MovieDetails) -> None:
    texts = localize(fight_club, "fi")
    assert [found(text) for text in (texts.overview, texts.tagline, texts.biography, texts.homepage)] == [("", None)] * 4
    assert not texts.overview


def test_blank_texts_do_not_count() -> None:
    assert found(localize(movie(translation("de-DE", overview="  "), translation("it-IT", overview=" Qui ")), "de", "it").overview) == ("Qui", "it-IT")


def test_people_series_seasons_episodes_and_collections_have_texts() -> None:
    fake = FakeTMDB()
    series_id = fake.add_series(
        name="Original",
        translations=[translation("de-DE", name="Serie")],
        seasons=[
            {
                "season_number": 1,
                "translations": [translation("de-DE", name="Staffel", overview="Inhalt")],
                "episodes": [{"name": "Pilot", "air_date": "2024-05-01", "translations": [translation("de-DE", name="Folge")]}],
            }
        ],
    )
    with fake.client() as tmdb:
        person = tmdb.people.details(287, append_to_response=["translations"])
        series = tmdb.tv_series.details(series_id, append_to_response=["translations"])
        season = tmdb.tv_seasons.details(series_id, 1, append_to_response=["translations"])
        episode = tmdb.tv_episodes.details(series_id, 1, 1, append_to_response=["translations"])
        collection = tmdb.collections.details(10, append_to_response=["translations"])
    assert localize(person, "ja").name.language == "ja-JP"
    assert localize(person, "es", "de").biography.language == "de-DE"
    assert found(localize(person, "fi").name) == ("Brad Pitt", None)
    assert found(localize(series, "de").name) == ("Serie", "de-DE")
    assert found(localize(season, "de").name) == ("Staffel", "de-DE")
    assert found(localize(season, "fi").name) == (season.name, None)
    assert found(localize(episode, "de").name) == ("Folge", "de-DE")
    assert localize(collection, "fi").name == (collection.original_name or collection.name)


def test_a_text_is_a_str() -> None:
    text = LocalizedText("Title", "de-DE")
    assert text == "Title"
    assert json.dumps(text) == '"Title"'
    for copied in (copy.deepcopy(text), pickle.loads(pickle.dumps(text))):
        assert found(copied) == ("Title", "de-DE")


def test_translations_must_be_appended() -> None:
    with FakeTMDB().client() as tmdb, pytest.raises(NotAppendedError, match="add it to append_to_response"):
        localize(tmdb.movies.details(550), "de")


@pytest.mark.parametrize("languages", [[], ["german"], ["de-DEU"], [""], [None], ["zh-Hans-CN"]])
def test_an_invalid_language_is_rejected(fight_club: MovieDetails, languages: Sequence[Any]) -> None:
    with pytest.raises(InvalidArgumentError, match="language"):
        localize(fight_club, *languages)


def test_what_has_no_translations_is_rejected() -> None:
    with FakeTMDB().client() as tmdb, pytest.raises(InvalidArgumentError, match="not MovieRow"):
        localize(tmdb.movies.popular().results[0], "de")  # type: ignore[arg-type]
