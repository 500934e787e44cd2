"""Parameter types: validation and serialization of arguments."""

from __future__ import annotations

import datetime
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmdbkit import InvalidArgumentError
from tmdbkit.runtime.operations import PathParameter
from tmdbkit.runtime.params import Boolean, Choice, CountryCode, Date, Either, Integer, LanguageCode, List, Number, Text, query_text


@given(st.integers())
def test_an_integer_is_accepted_exactly_within_its_range(number: int) -> None:
    page = Integer(minimum=1, maximum=500)
    if 1 <= number <= 500:
        assert page.serialize(number) == number
    else:
        with pytest.raises(ValueError):
            page.serialize(number)


@given(st.floats())
def test_a_rating_is_accepted_exactly_in_its_steps(number: float) -> None:
    rating = Number(minimum=0.5, maximum=10, multiple_of=0.5)
    if math.isfinite(number) and 0.5 <= number <= 10 and (number * 2).is_integer():
        assert rating.serialize(number) == number
    else:
        with pytest.raises(ValueError):
            rating.serialize(number)


@pytest.mark.parametrize(
    "type_", [Integer(), Number(), Boolean(), Text(min_length=1), Date(), Choice("a", "b"), List(Text())], ids=lambda type_: type(type_).__name__
)
@pytest.mark.parametrize("junk", [object(), {}, b"bytes", 1j, type], ids=["object", "dict", "bytes", "complex", "class"])
def test_junk_is_rejected(type_: Any, junk: Any) -> None:
    if isinstance(type_, List) and junk == {}:
        assert type_.serialize(junk) == []
        return
    with pytest.raises(ValueError):
        type_.serialize(junk)


@given(st.text())
def test_an_accepted_path_parameter_stays_in_its_segment(text: str) -> None:
    parameter = PathParameter("credit_id", Text(min_length=1))
    try:
        written = parameter.serialize(text)
    except InvalidArgumentError:
        return
    assert written == text
    assert written.strip()
    assert not set(written) & set("/\\?#%")
    assert ".." not in written


@pytest.mark.parametrize("value", ["", " ", ".", "..", "a/b", "a\\b", "a?b", "a#b", "%2e%2e", "a\x00b", "a\nb"])
def test_a_path_parameter_rejects_other_segments(value: str) -> None:
    with pytest.raises(InvalidArgumentError, match="credit_id must be"):
        PathParameter("credit_id", Text()).serialize(value)


def test_a_message_does_not_repeat_a_secret_argument() -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        PathParameter("guest_session_id", Text(), secret=True).serialize("planted/secret")
    assert "planted" not in str(caught.value)


def test_numbers_of_other_libraries_are_accepted() -> None:
    class Index:
        def __index__(self) -> int:
            return 7

    assert Integer(minimum=1).serialize(Index()) == 7


def test_dates_are_serialized_for_tmdb() -> None:
    assert Date().serialize(datetime.date(2024, 2, 1)) == Date().serialize("2024-02-01") == "2024-02-01"
    assert Date().serialize(datetime.datetime(2024, 2, 1, 23, 59, tzinfo=datetime.UTC)) == "2024-02-01"
    for invalid in ("2024-02-30", "1.2.2024", 20240201, "2024-02-01T12:00:00"):
        with pytest.raises(ValueError):
            Date().serialize(invalid)


@pytest.mark.parametrize(("text", "number"), [("550", 550), ("0", 0), ("007", 7)])
def test_digits_in_a_text_are_an_integer(text: str, number: int) -> None:
    assert Integer(minimum=0).serialize(text) == number


@pytest.mark.parametrize("text", ["", " 550", "5.5", "-1", "+1", "1e3", "0x10", "५५०", "5_0", "9" * 19, b"550", True, 550.0])
def test_other_texts_are_not(text: Any) -> None:
    with pytest.raises(ValueError):
        Integer(minimum=0).serialize(text)


def test_one_value_is_taken_for_a_list_of_one() -> None:
    assert List(Integer(), any_of=True).serialize(28) == List(Integer()).serialize("28") == [28]
    assert List(Choice("credits", "images")).serialize("credits") == ["credits"]
    with pytest.raises(ValueError, match="'credits,images' is not allowed"):
        List(Choice("credits", "images")).serialize("credits,images")


@pytest.mark.parametrize(
    ("given", "expected"), [("de", "de"), ("DE", "de"), ("de-DE", "de-DE"), ("de_DE", "de-DE"), ("DE-de", "de-DE"), ("cn", "cn"), ("xx", "xx")]
)
def test_the_case_of_a_language_is_mended(given: str, expected: str) -> None:
    assert LanguageCode().serialize(given) == expected


@pytest.mark.parametrize("given", ["", " ", "d", "deu", "german", "de-DEU", "de-", "zh-Hans", "es-419", "de-DE ", "de,en", "dé", 5, None])
def test_a_language_of_another_form_is_rejected(given: Any) -> None:
    with pytest.raises(ValueError):
        LanguageCode().serialize(given)
    with pytest.raises(ValueError):
        LanguageCode(country=False).serialize("de-DE")


def test_a_country_is_two_letters_and_no_familiar_wrong_code() -> None:
    type_ = CountryCode({"UK": "GB", "USA": "US"})
    assert [type_.serialize(code) for code in ("DE", "de", "Gb")] == ["DE", "DE", "GB"]
    for wrong, hint in (("uk", "did you mean 'GB'"), ("USA", "did you mean 'US'"), ("Germany", ""), ("D", ""), ("49", ""), ("ÖÄ", ""), ("", ""), (49, "")):
        with pytest.raises(ValueError) as caught:
            type_.serialize(wrong)
        assert hint in str(caught.value)


def test_a_choice_says_what_was_probably_meant() -> None:
    with pytest.raises(ValueError, match="did you mean 'watch/providers'"):
        List(Choice("watch/providers", "credits")).serialize(["watch_providers"])


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), (False, "false"), (None, "null"), (7.0, "7"), (7.5, "7.5"), (["en", None], "en,null"), ([1, 2], "1,2"), ("é", "é")]
)
def test_query_text(value: Any, text: str) -> None:
    assert query_text(value) == text


def test_descriptions_complete_a_sentence() -> None:
    assert Integer(minimum=1, maximum=500).description == "an integer from 1 to 500"
    assert Integer(minimum=0).description == "an integer, 0 or more"
    assert Integer(maximum=3).description == "an integer of at most 3"
    assert Either(Integer(), Text(pattern="x", description="an IMDb id")).description == "an integer, or an IMDb id"
    assert List(Choice("a", "b"), max_items=20, nullable=True).description == "a list of at most 20, each one of 'a', 'b' or None"
