"""What programs know without a request."""

from __future__ import annotations

import pickle

import pytest
from tmdb_openapi.vocabulary import COUNTRY_CORRECTIONS

from tests.conftest import bundle
from tmdbkit import AnyOf, InvalidArgumentError
from tmdbkit.testing import FakeTMDB
from tmdbkit.vocabulary import (
    COUNTRIES,
    LANGUAGES,
    MovieGenre,
    ReleaseType,
    TVGenre,
    TVStatus,
    TVType,
    country_code,
    country_name,
    genre_name,
    language_name,
)


def labels(names: type[TVStatus | TVType]) -> list[str]:
    return [name.label for name in sorted(names)]


def test_the_tables_are_those_that_tmdb_answers() -> None:
    with FakeTMDB().client() as tmdb:
        assert {genre.value: genre.label for genre in MovieGenre} == {genre.id: genre.name for genre in tmdb.genres.movie().genres}
        assert {genre.value: genre.label for genre in TVGenre} == {genre.id: genre.name for genre in tmdb.genres.tv().genres}
        assert {country.iso_3166_1: country.english_name for country in tmdb.configuration.countries()} == COUNTRIES
        assert {language.iso_639_1: language.english_name for language in tmdb.configuration.languages()} == LANGUAGES


def test_the_numbers_of_statuses_are_the_places_in_the_schemas() -> None:
    schemas = bundle()["components"]["schemas"]
    assert labels(TVStatus) == schemas["TVSeriesStatus"]["anyOf"][0]["enum"]
    assert labels(TVType) == schemas["TVSeriesType"]["anyOf"][0]["enum"]


def test_genres_and_statuses_are_arguments() -> None:
    fake = FakeTMDB()
    with fake.client() as tmdb:
        tmdb.discover.movie(with_genres=[MovieGenre.SCIENCE_FICTION], with_release_type=AnyOf(ReleaseType.DIGITAL, ReleaseType.PHYSICAL), region="DE")
        tmdb.discover.tv(with_status=[TVStatus.ENDED], with_type=[TVType.MINISERIES])
    movies, series = (request.query for request in fake.requests)
    assert (movies["with_genres"], movies["with_release_type"]) == ("878", "4|5")
    assert (series["with_status"], series["with_type"]) == ("3", "2")


def test_a_number_has_a_name() -> None:
    assert MovieGenre(878) is MovieGenre.SCIENCE_FICTION
    assert (MovieGenre(878).label, MovieGenre(878) == 878) == ("Science Fiction", True)
    assert f"{MovieGenre.DRAMA}" == str(MovieGenre.DRAMA) == "18"
    assert pickle.loads(pickle.dumps(TVGenre.KIDS)) is TVGenre.KIDS


def test_a_genre_is_known_by_its_id() -> None:
    assert [genre_name(number) for number in (28, 10765, 1)] == ["Action", "Sci-Fi & Fantasy", None]


@pytest.mark.parametrize("given", ["DE", "de", "De", " de "])
def test_a_country_is_written_in_any_case(given: str) -> None:
    assert (country_code(given), country_name(given)) == ("DE", "Germany")


@pytest.mark.parametrize(
    ("given", "meant"), [("UK", "GB"), ("uk", "GB"), ("USA", "US"), ("ja", "JP"), ("Germany", "DE"), ("united kingdom", "GB"), ("Austira", "AT")]
)
def test_a_wrong_country_is_rejected_with_the_right_one(given: str, meant: str) -> None:
    with pytest.raises(InvalidArgumentError, match=f"not {given!r}; .* is {meant!r}$"):
        country_code(given)


@pytest.mark.parametrize("given", ["", "ZZ", "D", "1", None, 49])
def test_what_is_no_country_is_rejected(given: object) -> None:
    with pytest.raises(InvalidArgumentError, match=r"country must be ISO 3166-1 alpha-2, such as 'DE'; not [^;]*$"):
        country_code(given)  # type: ignore[arg-type]


def test_no_correction_hides_a_country() -> None:
    assert not COUNTRY_CORRECTIONS.keys() & COUNTRIES.keys()


def test_a_language_has_a_name() -> None:
    assert [language_name(code) for code in ("de", "pt-BR", "ZH", "xx", "qq", None)] == ["German", "Portuguese", "Mandarin", "No Language", None, None]
