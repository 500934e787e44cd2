"""What arguments may be: the kinds that the spec's schemas become."""

from __future__ import annotations

import datetime
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmdbkit import InvalidArgumentError
from tmdbkit.runtime.operations import PathParameter
from tmdbkit.runtime.values import Boolean, Choice, Date, Either, Integer, List, Number, Text, query_text


@given(st.integers())
def test_an_integer_is_accepted_exactly_within_its_range(number: int) -> None:
    page = Integer(minimum=1, maximum=500)
    if 1 <= number <= 500:
        assert page.write(number) == number
    else:
        with pytest.raises(ValueError):
            page.write(number)


@given(st.floats())
def test_a_rating_is_accepted_exactly_in_its_steps(number: float) -> None:
    rating = Number(minimum=0.5, maximum=10, multiple_of=0.5)
    if math.isfinite(number) and 0.5 <= number <= 10 and (number * 2).is_integer():
        assert rating.write(number) == number
    else:
        with pytest.raises(ValueError):
            rating.write(number)


@pytest.mark.parametrize(
    "kind", [Integer(), Number(), Boolean(), Text(min_length=1), Date(), Choice("a", "b"), List(Text())], ids=lambda kind: type(kind).__name__
)
@pytest.mark.parametrize("junk", [object(), {}, b"bytes", 1j, type], ids=["object", "dict", "bytes", "complex", "class"])
def test_junk_is_refused_whatever_it_is(kind: Any, junk: Any) -> None:
    if isinstance(kind, List) and junk == {}:
        assert kind.write(junk) == []
        return
    with pytest.raises(ValueError):
        kind.write(junk)


@given(st.text())
def test_whatever_a_path_parameter_accepts_stays_in_its_segment(text: str) -> None:
    parameter = PathParameter("credit_id", Text(min_length=1))
    try:
        written = parameter.write(text)
    except InvalidArgumentError:
        return
    assert written == text
    assert written.strip()
    assert not set(written) & set("/\\?#%")
    assert ".." not in written


@pytest.mark.parametrize("value", ["", " ", ".", "..", "a/b", "a\\b", "a?b", "a#b", "%2e%2e", "a\x00b", "a\nb"])
def test_a_path_parameter_refuses_what_would_leave_its_segment(value: str) -> None:
    with pytest.raises(InvalidArgumentError, match="credit_id must be"):
        PathParameter("credit_id", Text()).write(value)


def test_a_secret_argument_is_not_repeated_in_a_message() -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        PathParameter("guest_session_id", Text(), secret=True).write("planted/secret")
    assert "planted" not in str(caught.value)


def test_numbers_of_other_libraries_count_as_numbers() -> None:
    class Index:
        def __index__(self) -> int:
            return 7

    assert Integer(minimum=1).write(Index()) == 7


def test_dates_are_written_as_tmdb_reads_them() -> None:
    assert Date().write(datetime.date(2024, 2, 1)) == Date().write("2024-02-01") == "2024-02-01"
    with pytest.raises(ValueError):
        Date().write(datetime.datetime(2024, 2, 1, 12))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), (False, "false"), (None, "null"), (7.0, "7"), (7.5, "7.5"), (["en", None], "en,null"), ([1, 2], "1,2"), ("é", "é")]
)
def test_values_are_written_into_a_query_as_tmdb_reads_them(value: Any, text: str) -> None:
    assert query_text(value) == text


def test_expectations_read_as_sentences() -> None:
    assert Integer(minimum=1, maximum=500).expected == "an integer from 1 to 500"
    assert Integer(minimum=0).expected == "an integer, 0 or more"
    assert Integer(maximum=3).expected == "an integer of at most 3"
    assert Either(Integer(), Text(pattern="x", description="an IMDb id")).expected == "an integer, or an IMDb id"
    assert List(Choice("a", "b"), max_items=20, nullable=True).expected == "a list of at most 20, each one of 'a', 'b' or None"
