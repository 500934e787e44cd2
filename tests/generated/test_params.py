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
from tmdbkit.runtime.params import Boolean, Choice, Date, Either, Integer, List, Number, Text, query_text


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
    with pytest.raises(ValueError):
        Date().serialize(datetime.datetime(2024, 2, 1, 12))  # noqa: DTZ001


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
