"""Parameter types: validation and serialization of arguments."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmdbkit import UNSET, InvalidArgumentError
from tmdbkit.runtime.operations import BodyField, Operation, PathParameter, QueryParameter
from tmdbkit.runtime.params import (
    AnyOf,
    Boolean,
    Choice,
    CountryCode,
    Date,
    Either,
    Integer,
    LanguageCode,
    List,
    Number,
    Object,
    ParamType,
    Text,
    query_text,
)


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
    ("given", "expected"),
    [("de", "de"), ("DE", "de"), ("de-DE", "de-DE"), ("de_DE", "de-DE"), ("DE-de", "de-DE"), ("pt_br", "pt-BR"), ("cn", "cn"), ("xx", "xx")],
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
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (None, "null"),
        (7.0, "7"),
        (7.5, "7.5"),
        (1234567.5, "1234567.5"),
        (["en", None], "en,null"),
        ([1, 2], "1,2"),
        ("é", "é"),
    ],
)
def test_query_text(value: Any, text: str) -> None:
    assert query_text(value) == text


def test_descriptions_complete_a_sentence() -> None:
    assert Integer(minimum=1, maximum=500).description == "an integer from 1 to 500"
    assert Integer(minimum=0).description == "an integer, 0 or more"
    assert Integer(maximum=3).description == "an integer of at most 3"
    assert Either(Integer(), Text(pattern="x", description="an IMDb id")).description == "an integer, or an IMDb id"
    assert List(Choice("a", "b"), max_items=20, nullable=True).description == "a list of at most 20, each one of 'a', 'b' or None"


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        (Integer(), "an integer"),
        (Number(), "a number"),
        (Number(minimum=0.5, maximum=10, multiple_of=0.5), "a number from 0.5 to 10 in steps of 0.5"),
        (Boolean(), "True or False"),
        (Text(), "a text"),
        (Text(min_length=1), "a text that is not blank"),
        (Text(pattern="tt.*"), "a text that matches tt.*"),
        (Date(), "a datetime.date, or a text of the form 'YYYY-MM-DD'"),
        (LanguageCode(), "a language like 'de' or 'de-DE'"),
        (LanguageCode(country=False), "a language like 'de', not 'de-DE'"),
        (CountryCode({}), "a country like 'DE', ISO 3166-1 alpha-2"),
        (Choice("a"), "'a'"),
        (Choice("a", 1), "one of 'a', 1"),
        (List(Text()), "a list, each a text"),
        (List(Integer(), any_of=True), "a list or AnyOf(...), each an integer"),
        (Either(Integer(), Text(), Date()), "an integer, or a text, or a datetime.date, or a text of the form 'YYYY-MM-DD'"),
        (Object({"id": (Integer(), True), "note": (Text(), False)}), "a mapping with id (an integer), note (a text)"),
    ],
)
def test_the_description_of_each_type(type_: ParamType, expected: str) -> None:
    assert type_.description == expected


def reason_of(type_: ParamType, value: Any) -> str:
    """The reason for which a type rejects a value."""
    with pytest.raises(ValueError) as caught:
        type_.serialize(value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        (Integer(), "9" * 18, 10**18 - 1),
        (Integer(minimum=1, maximum=3), 1, 1),
        (Integer(minimum=1, maximum=3), 3, 3),
        (Number(minimum=1, maximum=3), 1, 1.0),
        (Number(minimum=1, maximum=3), 3, 3.0),
        (Number(), Fraction(1, 4), 0.25),
        (Number(), Decimal("0.5"), 0.5),
        (Boolean(), True, True),
        (Boolean(), False, False),
        (Text(), "", ""),
        (Text(), " ", " "),
        (Text(min_length=2), "ab", "ab"),
        (Text(pattern=r"tt\d+"), "tt1", "tt1"),
        (LanguageCode(country=False), "DE", "de"),
        (Choice("a", 1), 1, 1),
        (Choice("a", "b"), "b", "b"),
        (List(Text(), min_items=1), ["a"], ["a"]),
        (List(Text(), max_items=2), ["a", "b"], ["a", "b"]),
        (List(Text(), unique=True), ["a", "b"], ["a", "b"]),
        (List(Text(), nullable=True), ["a", None], ["a", None]),
        (List(Text()), ("a", "b"), ["a", "b"]),
        (List(Integer(), any_of=True), AnyOf(1, 2), "1|2"),
        (List(Integer(), any_of=True), [1, 2], [1, 2]),
        (List(Integer()), range(1, 3), [1, 2]),
        (Either(Integer(), Text()), "7", 7),
        (Either(Integer(), Text()), "x", "x"),
        (Object({"id": (Integer(), True), "note": (Text(), False)}), {"id": 1}, {"id": 1}),
        (Object({"id": (Integer(), True), "note": (Text(), False)}), {"id": "1", "note": None}, {"id": 1}),
        (Object({"id": (Integer(), True), "note": (Text(), False)}), {"id": 0, "note": ""}, {"id": 0, "note": ""}),
    ],
)
def test_what_each_type_accepts(type_: ParamType, value: Any, expected: Any) -> None:
    found = type_.serialize(value)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("type_", "value", "reason"),
    [
        (Integer(), True, ""),
        (Integer(), 1.0, ""),
        (Integer(minimum=1), 0, ""),
        (Integer(maximum=3), "4", ""),
        (Number(), True, ""),
        (Number(), "1", ""),
        (Number(), b"1", ""),
        (Number(), math.inf, ""),
        (Number(), 10**400, ""),
        (Number(multiple_of=0.5), 0.75, ""),
        (Boolean(), 1, ""),
        (Text(min_length=2), "a", ""),
        (Text(min_length=1), " ", ""),
        (Text(pattern="tt.*"), "x tt1", ""),
        (Text(pattern=r"tt\d+"), "tt१", ""),
        (Text(), 5, ""),
        (CountryCode({"UK": "GB"}), "uk", "not 'uk': did you mean 'GB'?"),
        (Choice("a", 1), "7", ""),
        (Choice(1), True, ""),
        (Choice("credits"), "credit", "not 'credit': did you mean 'credits'?"),
        (Choice("credits"), "zzz", ""),
        (List(Text(), min_items=1), [], "the list is empty"),
        (List(Text(), max_items=2), ["a", "b", "c"], "3 were given"),
        (List(Integer()), ["x"], "'x' is not allowed"),
        (List(Integer()), [None], "None is not allowed"),
        (List(Choice("credits")), ["credit"], "'credit' is not allowed; did you mean 'credits'?"),
        (List(Object({"id": (Integer(), True)})), [{}], "{} is not allowed: id is missing"),
        (List(Text()), ["a,b"], "'a,b' contains a comma or a bar; pass several values as several items"),
        (List(Text()), ["a|b"], "'a|b' contains a comma or a bar; pass several values as several items"),
        (List(Text()), AnyOf("a"), "AnyOf('a') is not allowed"),
        (Either(Integer(), Boolean()), "x", ""),
        (Object({"id": (Integer(), True)}), {"id": None}, "id is missing"),
        (Object({"id": (Integer(), True)}), {"id": 1, "other": 2}, "'other' is no key of it"),
        (Object({"id": (Integer(), True)}), [("id", 1)], ""),
    ],
)
def test_why_each_type_rejects_a_value(type_: ParamType, value: Any, reason: str) -> None:
    assert reason_of(type_, value) == reason


def test_a_repeated_item_of_a_list_is_named() -> None:
    type_ = List(Text(), unique=True)
    assert reason_of(type_, ["a", "b", "c", "b", "a"]) == "'a' was given twice"
    assert reason_of(type_, ["a", "b", "b"]) == "'b' was given twice"
    assert List(Text()).serialize(["a", "a"]) == ["a", "a"]
    assert List(Object({"id": (Integer(), True)}), unique=True).serialize([{"id": 1}, {"id": 2}]) == [{"id": 1}, {"id": 2}]


def test_a_type_restricts_nothing_by_default() -> None:
    assert Text().serialize("") == ""
    assert List(Text()).serialize([]) == []
    assert Integer().serialize(-(10**30)) == -(10**30)
    assert Number(multiple_of=0.5).serialize(7.5) == 7.5
    assert reason_of(List(Text()), [None]) == "None is not allowed"


def test_the_repr_of_any_of() -> None:
    assert repr(AnyOf(28, "x")) == "AnyOf(28, 'x')"


# Operations


LIST_ID = PathParameter("list_id", Integer(minimum=1), required=True)
SHOW = Operation(
    "lists_show",
    "GET",
    "/3/list/{list_id}/{guest}",
    returns=lambda: dict,
    security=("access_token", "api_key+session_id"),
    windows=(("first.day", "last.day", 14),),
    requires=(("with_providers", "region.code"),),
    session_parts=("states",),
    arguments=(
        LIST_ID,
        PathParameter("guest", Text(), secret=True),
        QueryParameter("language", LanguageCode()),
        QueryParameter("session_id", Text(), secret=True),
        QueryParameter("append_to_response", List(Choice("credits", "images"))),
        QueryParameter("first_day", Date(), wire_name="first.day"),
        QueryParameter("last_day", Date(), wire_name="last.day"),
        QueryParameter("with_providers", Integer()),
        QueryParameter("region_code", CountryCode({}), wire_name="region.code"),
    ),
)


def test_a_request_has_each_argument_in_its_place() -> None:
    prepared = SHOW.prepare(
        {"list_id": 7, "guest": "planted guest", "language": "DE", "session_id": "planted", "append_to_response": ["credits", "images"], "first_day": None}
    )
    assert (prepared.method, prepared.path, prepared.redacted_path) == ("GET", "/3/list/7/planted%20guest", "/3/list/7/REDACTED")
    assert prepared.query == {"language": "de", "session_id": "planted", "append_to_response": "credits,images"}
    assert prepared.redacted_query == {"language": "de", "session_id": "REDACTED", "append_to_response": "credits,images"}
    assert (prepared.body, prepared.parts) == (None, ("credits", "images"))


def test_an_operation_changes_nothing_and_needs_nothing_unless_it_says_so() -> None:
    for method, changes in (("GET", False), ("POST", True), ("PUT", True), ("DELETE", True)):
        operation = Operation("lists_show", method, "/3/list", returns=lambda: dict, security=("access_token", "api_key+session_id"))
        assert operation.changes_state is changes
        assert operation.security == (frozenset({"access_token"}), frozenset({"api_key", "session_id"}))
        assert (operation.arguments, operation.windows, operation.requires, operation.session_parts) == ((), (), (), ())


def test_an_empty_list_is_omitted() -> None:
    prepared = SHOW.prepare({"list_id": 7, "guest": "x", "append_to_response": []})
    assert (prepared.query, prepared.redacted_query, prepared.parts) == ({}, {}, ())


def test_unset_stands_for_an_omitted_argument() -> None:
    assert SHOW.prepare({"list_id": 7, "guest": "x", "language": UNSET, "session_id": None}).query == {}


def test_a_segment_is_escaped() -> None:
    operation = Operation("find", "GET", "/3/find/{id}", returns=lambda: dict, security=(), arguments=(PathParameter("id", Text()),))
    prepared = operation.prepare({"id": "é:&=+ xX"})
    assert prepared.path == prepared.redacted_path == "/3/find/%C3%A9%3A%26%3D%2B%20xX"


def test_a_body_holds_the_fields_that_are_given() -> None:
    operation = Operation(
        "create", "POST", "/3/list", returns=lambda: dict, security=(), arguments=(BodyField("name_", Text(), wire_name="name"), BodyField("public", Boolean()))
    )
    assert operation.prepare({"name_": "a"}).body == {"name": "a"}
    assert operation.prepare({"public": False}).body == {"public": False}
    assert operation.prepare({}).body == {}
    assert (operation.changes_state, SHOW.changes_state) == (True, False)
    assert Operation("clear", "GET", "/3/clear", returns=lambda: dict, security=(), changes_state=True).changes_state


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"guest": "x"}, "list_id is required: an integer, 1 or more"),
        ({"list_id": None, "guest": "x"}, "list_id is required: an integer, 1 or more"),
        ({"list_id": 0}, "list_id must be an integer, 1 or more; not 0"),
        ({"list_id": 1, "language": "german"}, "language must be a language like 'de' or 'de-DE'; not 'german'"),
        ({"list_id": 1, "session_id": 5}, "session_id must be a text"),
        ({"list_id": 1, "guest": "a/b"}, "guest must be one segment of a path, without '/', '..', '?' or '#'"),
        ({"list_id": 1, "append_to_response": ["credit"]}, "append_to_response must be a list, each one of 'credits', 'images'; 'credit' is not allowed; did you mean 'credits'?"),
        ({"list_id": 1, "first_day": "2024-01-15", "last_day": "2024-01-30"}, "last.day must be at most 14 days after first.day, and not before it; not 2024-01-30 after 2024-01-15"),
        ({"list_id": 1, "first_day": "2024-01-15", "last_day": "2024-01-14"}, "last.day must be at most 14 days after first.day, and not before it; not 2024-01-14 after 2024-01-15"),
        ({"list_id": 1, "with_providers": 8}, "with_providers has no effect without region_code: pass both"),
    ],
)  # fmt: skip
def test_the_message_of_an_invalid_argument(given: dict[str, Any], expected: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        SHOW.prepare(given)
    assert str(caught.value) == expected


@pytest.mark.parametrize("last", ["2024-01-15", "2024-01-29"])
def test_a_range_of_days_may_be_as_long_as_allowed(last: str) -> None:
    assert SHOW.prepare({"list_id": 1, "guest": "x", "first_day": "2024-01-15", "last_day": last}).query["last.day"] == last


@pytest.mark.parametrize("given", [{"first_day": "2024-01-15"}, {"last_day": "2024-01-15"}, {"with_providers": 8, "region_code": "de"}, {"region_code": "de"}])
def test_arguments_that_stand_alone(given: dict[str, Any]) -> None:
    assert len(SHOW.prepare({"list_id": 1, "guest": "x", **given}).query) == len(given)


def test_a_segment_names_what_it_rejects() -> None:
    with pytest.raises(InvalidArgumentError, match=r"^id must be one segment of a path, without '/', '\.\.', '\?' or '#', not 'a#'$"):
        PathParameter("id", Text()).serialize("a#")


def test_an_operation_knows_its_arguments_and_credentials() -> None:
    assert (SHOW.takes("language"), SHOW.takes("lang")) == (True, False)
    assert SHOW.secrets({"guest": "planted", "session_id": UNSET, "language": "de"}) == ["planted"]
    assert SHOW.secrets({"session_id": 7}) == ["7"]
    assert SHOW.security == (frozenset({"access_token"}), frozenset({"api_key", "session_id"}))
    assert (SHOW.session_parts, SHOW.returns()) == (("states",), dict)
    assert repr(SHOW) == "<Operation lists_show: GET /3/list/{list_id}/{guest}>"
