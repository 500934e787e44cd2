"""Codecs: what each type reads, which mismatches it reports where, and what it writes."""

from __future__ import annotations

import datetime
import json
import re
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, get_args

import attrs
import pytest

from tmdbkit import UNSET, DecodeError, InvalidArgumentError, UnknownRow, decode, encode, to_dict
from tmdbkit.models import Genre, MovieRow, MovieSearchRow, TVRow
from tmdbkit.runtime import decode as decoder
from tmdbkit.runtime.codecs import Reading, codec_of, kind_of, member, name_of, serialize
from tmdbkit.runtime.decode import MismatchError, describe, ignore, read_body, reject
from tmdbkit.runtime.models import Model, keyed_by_pattern
from tmdbkit.types import Day, Timestamp, UnsetType

from tests.conftest import body_of


@attrs.define(kw_only=True, repr=False)
class Inner(Model):
    id: int
    day: Day | UnsetType = UNSET
    additional_properties: dict[str, Any] | None = None


@attrs.define(kw_only=True, repr=False)
class Patterns(Model):
    id: int
    by_a: dict[int, int] = keyed_by_pattern("a/{}")
    by_b: dict[int, Inner] = keyed_by_pattern("b/{}")
    additional_properties: dict[str, Any] | None = None


@attrs.define(kw_only=True, repr=False)
class Outer(Model):
    __wire_names__: ClassVar[dict[str, str]] = {"with_slash": "with/slash"}

    id: int
    day: Day | UnsetType = UNSET
    moment: Timestamp | UnsetType | None = UNSET
    number: float | UnsetType | None = UNSET
    numbers: list[float] | UnsetType = UNSET
    kind: Literal["a", "b"] | UnsetType = UNSET
    flag: Literal[False] | UnsetType = UNSET
    inner: Inner | UnsetType | None = UNSET
    either: Inner | bool | UnsetType = UNSET
    items: list[Inner] | UnsetType = UNSET
    groups: dict[str, list[Inner]] | UnsetType = UNSET
    days: dict[str, Day] | UnsetType = UNSET
    row: UnknownRow | UnsetType = UNSET
    with_slash: str | UnsetType = UNSET
    original_name: str | UnsetType = UNSET
    by_number: dict[int, Inner] = keyed_by_pattern("part/{}")
    additional_properties: dict[str, Any] | None = None


def read(body: Any, type_: Any = Outer) -> tuple[Any, list[tuple[str, str, str]]]:
    """Read a body tolerantly; returns the value and the reports."""
    reports: list[tuple[str, str, str]] = []
    return read_body(body if isinstance(body, bytes) else json.dumps(body).encode(), type_, lambda *report: reports.append(report)), reports


INNER = {"id": 1}
VALID: list[dict[str, Any]] = [
    {"day": ""},
    {"day": "1999-10-15"},
    {"moment": None},
    {"moment": "2013-02-14T00:00:00.000Z"},
    {"moment": "2013-02-14 00:00:00 UTC"},
    {"moment": "2013-02-14T00:00:00Z"},
    {"number": None},
    {"number": 1.5},
    {"number": 7},
    {"numbers": [1, 2.5]},
    {"kind": "b"},
    {"flag": False},
    {"inner": None},
    {"inner": INNER},
    {"inner": {"id": 1, "day": ""}},
    {"either": True},
    {"either": INNER},
    {"items": []},
    {"items": [INNER, {"id": 2, "day": "1999-10-15"}]},
    {"groups": {}},
    {"groups": {"x": [INNER], "y": []}},
    {"days": {"x": "", "y": "1999-10-15"}},
    {"row": {"media_type": "x"}},
    {"with/slash": "x"},
    {"part/3": INNER, "part/10": {"id": 2, "day": ""}},
]


@pytest.mark.parametrize("body", VALID, ids=str)
def test_a_valid_value_is_read_alike_by_both_passes(body: dict[str, Any]) -> None:
    body = {"id": 5, **body}
    fast, reports = read(body)
    assert reports == []
    assert decode(json.dumps(body), Outer, strict=True) == fast
    tolerant, reports = read({**body, "new": 1})
    assert reports == [("$.new", "no such key", "unknown key")]
    assert tolerant.additional_properties["new"] == 1
    assert to_dict(fast) == json.loads(encode(fast)) == body
    assert to_dict(tolerant) == {**body, "new": 1}
    del tolerant.additional_properties["new"]
    tolerant.additional_properties = tolerant.additional_properties or None
    assert tolerant == fast


@attrs.define(kw_only=True, repr=False)
class Tree(Model):
    day: Day
    child: Tree | None = None
    children: list[Tree] | UnsetType = UNSET
    additional_properties: dict[str, Any] | None = None


@attrs.define(kw_only=True, repr=False)
class Texts(Model):
    name: str
    original_name: str
    iso_639_1: str
    original_language: str
    site: str
    maybe: str | UnsetType = UNSET
    maybes: list[int | datetime.date] | UnsetType = UNSET
    additional_properties: dict[str, Any] | None = None


TEXTS = {"name": "a title", "original_name": "a title", "iso_639_1": "de", "original_language": "de", "site": "de"}


@pytest.mark.parametrize(
    ("type_", "body"),
    [
        *((Outer, {"id": 5, **body}) for body in VALID),
        (Tree, {"day": "", "child": {"day": "1999-10-15", "child": None}, "children": [{"day": "", "child": None}]}),
        (list[Texts], [TEXTS, {**TEXTS, "original_name": "another", "maybes": [1, "1999-10-15"]}]),
        (MovieRow | TVRow | UnknownRow, json.loads(body_of("movies/popular"))["results"][0] | {"media_type": "movie"}),
        (dict[str, Inner], {"a": {"id": 1, "day": ""}}),
    ],
    ids=str,
)
def test_a_valid_body_needs_no_second_pass(type_: Any, body: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tolerant = codec_of(type_).read(body, Reading(ignore))
    monkeypatch.setattr(decoder, "Reading", None)
    value = decode(json.dumps(body), type_, strict=True)
    assert value == tolerant
    assert json.loads(encode(value)) == body


@pytest.mark.parametrize("type_", [int | datetime.date, datetime.date | int, list[int] | datetime.date | int, str | datetime.date | int])
def test_a_union_of_plain_types_is_read_by_the_first_that_fits(type_: Any) -> None:
    day: Any = "1999-10-15" if str in get_args(type_) else datetime.date(1999, 10, 15)
    assert decode('[1, "1999-10-15"]', list[type_], strict=True) == [1, day]
    assert read(b'\xef\xbb\xbf[1, "1999-10-15"]', list[type_])[0] == [1, day]


def test_rows_share_equal_texts() -> None:
    one, other = decode(json.dumps([TEXTS, {**TEXTS, "site": "dea"}]), list[Texts], strict=True)
    assert one.name is one.original_name
    assert one.iso_639_1 is other.iso_639_1 is one.original_language
    long = decode(json.dumps([{**TEXTS, "iso_639_1": "deu-x"}] * 2), list[Texts], strict=True)
    assert long[0].iso_639_1 == "deu-x"
    assert long[0].iso_639_1 is not long[1].iso_639_1
    changed = decode(json.dumps({**TEXTS, "original_name": "ein Titel"}), Texts, strict=True)
    assert (changed.name, changed.original_name) == ("a title", "ein Titel")


@pytest.mark.parametrize("type_", [Inner, list[int], Any])
def test_a_byte_order_mark_is_reported_and_skipped(type_: Any) -> None:
    body = [1] if type_ == list[int] else INNER
    value, reports = read(b"\xef\xbb\xbf" + json.dumps(body).encode(), type_)
    assert to_dict([value]) == [body]
    assert reports == [("$", "JSON in UTF-8", "a byte-order mark before it")]


@pytest.mark.parametrize(("union", "expected"), [(MovieSearchRow, "MovieRow or TitledCollectionRow"), (MovieRow | TVRow | UnknownRow, "MovieRow or TVRow")])
@pytest.mark.parametrize(("value", "got"), [(7, "integer"), ("x", "string"), ([], "array")])
def test_a_row_that_is_no_object_is_reported(union: Any, expected: str, value: Any, got: str) -> None:
    assert read([value], list[union]) == ([value], [("$[0]", expected, got)])


def test_each_pattern_is_taken_out_of_a_body() -> None:
    body = {"id": 1, "a/1": 1, "a/2": 2, "b/1": INNER, "b/2": {"id": 2}}
    value = decode(json.dumps(body), Patterns, strict=True)
    assert (value.by_a, value.by_b) == ({1: 1, 2: 2}, {1: Inner(id=1), 2: Inner(id=2)})
    assert to_dict(value) == body
    assert read({**body, "a/1": "x", "b/2": {"id": "x"}, "b/3": {"id": "x"}}, Patterns)[1] == [("$['a/1']", "int", "string"), ("$['b/2'].id", "int", "string")]


def test_equal_mismatches_of_different_keys_are_each_reported() -> None:
    for body, places in (
        ({"id": 5, "day": 7, "inner": {"id": 1, "day": 7}, "row": 7}, ["$.day", "$.inner.day", "$.row"]),
        ({"id": 5, "inner": {"id": "x"}, "either": {"id": "x"}, "part/1": {"id": "x"}}, ["$.inner.id", "$.either.id", "$['part/1'].id"]),
        ({"id": 5, "items": [{"id": "x"}], "groups": {"a": [{"id": "x"}]}}, ["$.items[0].id", "$.groups.a[0].id"]),
    ):
        assert [path for path, _, _ in read(body)[1]] == places


def test_a_replaced_value_does_not_write_the_text_that_it_replaced() -> None:
    value, _ = read({"id": 5, "moment": "2013-02-14T00:00:00Z", "day": None})
    value.additional_properties["moment"] = "no moment"
    assert to_dict(value)["moment"] == "2013-02-14T00:00:00.000Z"
    value.additional_properties["moment"] = 7
    assert to_dict(value)["moment"] == "2013-02-14T00:00:00.000Z"
    value.additional_properties["moment"] = None
    assert to_dict(value)["moment"] == "2013-02-14T00:00:00.000Z"


def test_why_a_body_beside_a_large_number_is_no_json() -> None:
    with pytest.raises(DecodeError, match="^the content is not JSON: JSON has no NaN$"):
        decode('{"id": 1e999, "a": NaN}', Inner)
    with pytest.raises(DecodeError, match="^the content is not JSON: Extra data: line 1 column 15"):
        decode('{"id": 1e999} x', Inner)


def test_a_float_beside_a_large_number_stays_one() -> None:
    value, _ = read(b'{"id": 1e999, "day": 1.5}')
    assert (type(value.id), type(value.day)) == (Decimal, float)


@pytest.mark.parametrize(
    ("body", "report"),
    [
        ({"day": 7}, ("$.day", "Day", "integer")),
        ({"day": "x"}, ("$.day", "Day", "string")),
        ({"moment": "x"}, ("$.moment", "Timestamp", "string")),
        ({"number": "x"}, ("$.number", "float or null", "string")),
        ({"numbers": [1, None]}, ("$.numbers[1]", "float", "null")),
        ({"numbers": {}}, ("$.numbers", "list", "object")),
        ({"kind": "c"}, ("$.kind", "'a' or 'b'", "string")),
        ({"kind": None}, ("$.kind", "'a' or 'b'", "null")),
        ({"flag": True}, ("$.flag", "false", "boolean")),
        ({"flag": 0}, ("$.flag", "false", "integer")),
        ({"inner": []}, ("$.inner", "Inner", "array")),
        ({"inner": {}}, ("$.inner.id", "int", "missing")),
        ({"inner": {"id": 1, "new": 2}}, ("$.inner.new", "no such key", "unknown key")),
        ({"either": "x"}, ("$.either", "Inner or bool", "string")),
        ({"either": {"id": "x"}}, ("$.either.id", "int", "string")),
        ({"items": [INNER, {"id": None}]}, ("$.items[1].id", "int", "null")),
        ({"items": [INNER, 7]}, ("$.items[1]", "Inner", "integer")),
        ({"groups": []}, ("$.groups", "dict", "array")),
        ({"groups": {"x": [INNER], "y": [INNER, {"id": "z"}]}}, ("$.groups.y[1].id", "int", "string")),
        ({"groups": {"x y": 7}}, ("$.groups['x y']", "list", "integer")),
        ({"days": {"x": 7}}, ("$.days.x", "Day", "integer")),
        ({"row": 7}, ("$.row", "UnknownRow", "integer")),
        ({"with/slash": 7}, ("$['with/slash']", "str", "integer")),
        ({"part/3": 7}, ("$['part/3']", "Inner", "integer")),
        ({"part/3": {"id": "x"}}, ("$['part/3'].id", "int", "string")),
        ({"part/03": INNER}, ("$['part/03']", "no such key", "unknown key")),
        ({"part/": INNER}, ("$['part/']", "no such key", "unknown key")),
        ({"part/3x": INNER}, ("$['part/3x']", "no such key", "unknown key")),
    ],
    ids=str,
)
def test_a_mismatch_is_reported_at_its_place_and_kept(body: dict[str, Any], report: tuple[str, str, str]) -> None:
    body = {"id": 5, **body}
    value, reports = read(body)
    assert reports == [report]
    assert to_dict(value) == json.loads(encode(value)) == body
    with pytest.raises(DecodeError) as caught:
        decode(json.dumps(body), Outer, strict=True)
    assert caught.value.path == report[0]


def test_places_after_a_mismatch_are_right() -> None:
    """Each container leaves the place as it found it."""
    body = {
        "id": "x",
        "numbers": [None, None],
        "inner": {"id": None},
        "items": [{"id": None}, {"id": "x"}],
        "groups": {"x": [{"id": None}], "y": [{"new": 1}]},
        "days": {"x": 1, "y": None},
        "with/slash": 7,
        "part/3": {"id": None},
        "part/4": 7,
        "last": 1,
    }
    _, reports = read(body)
    assert reports == [
        ("$.id", "int", "string"),
        ("$.numbers[0]", "float", "null"),
        ("$.inner.id", "int", "null"),
        ("$.items[0].id", "int", "null"),
        ("$.items[1].id", "int", "string"),
        ("$.groups.x[0].id", "int", "null"),
        ("$.groups.y[0].id", "int", "missing"),
        ("$.groups.y[0].new", "no such key", "unknown key"),
        ("$.days.x", "Day", "integer"),
        ("$['with/slash']", "str", "integer"),
        ("$['part/3'].id", "int", "null"),
        ("$['part/4']", "Inner", "integer"),
        ("$.last", "no such key", "unknown key"),
    ]


def test_a_missing_key_is_reported_once_for_all_items() -> None:
    _, reports = read([{"new": 1}, {"new": 1}, {"id": None}], list[Inner])
    assert reports == [("$[0].id", "int", "missing"), ("$[0].new", "no such key", "unknown key"), ("$[2].id", "int", "null")]


def test_a_null_day_stays_null_until_it_is_changed() -> None:
    for body in ({"id": 5, "day": None}, {"id": 5, "day": None, "new": 1}):
        value, _ = read(body)
        assert value.day is None
        assert to_dict(value) == body
        value.day = datetime.date(2000, 1, 2)
        assert to_dict(value)["day"] == "2000-01-02"


@pytest.mark.parametrize("extra", [{}, {"new": 1}])
def test_an_unusual_text_of_a_moment_is_kept_until_it_is_changed(extra: dict[str, Any]) -> None:
    body = {"id": 5, "moment": "2013-02-14T00:00:00Z", **extra}
    value, _ = read(body)
    assert value.additional_properties == {"moment": "2013-02-14T00:00:00Z", **extra}
    assert to_dict(value) == body
    value.moment = datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC)
    assert to_dict(value)["moment"] == "2020-01-02T00:00:00.000Z"
    value.moment = None
    assert to_dict(value)["moment"] is None
    value.moment = UNSET
    assert to_dict(value) == {"id": 5, **extra}


def test_a_usual_text_of_a_moment_is_not_kept() -> None:
    for extra in ({}, {"new": 1}):
        value, _ = read({"id": 5, "moment": "2013-02-14T00:00:00.000Z", **extra})
        assert value.additional_properties == (extra or None)


@pytest.mark.parametrize(("number", "expected"), [(7, 7.0), (2**53, float(2**53)), (2**53 + 1, 2**53 + 1), (10**400, 10**400)])
def test_an_integer_becomes_a_float_if_they_are_equal(number: int, expected: Any) -> None:
    for extra in ({}, {"new": 1}):
        value, _ = read({"id": 5, "number": number, **extra})
        assert (value.number, type(value.number)) == (expected, type(expected))


# Types


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        (Any, "anything"),
        (int, "int"),
        (None, "null"),
        (float, "float"),
        (datetime.date, "date"),
        (Literal["a", 1, True], "'a' or 1 or true"),
        (list[int], "list"),
        (dict[str, int], "dict"),
        (int | None, "int or null"),
        (int | str, "int or str"),
        (Genre, "Genre"),
        (UnknownRow, "UnknownRow"),
        (MovieRow | TVRow, "MovieRow or TVRow"),
        (MovieRow | None, "MovieRow or null"),
    ],
)
def test_the_words_for_a_type(type_: Any, expected: str) -> None:
    assert codec_of(type_).expected == expected


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (Any, {"a": [1]}),
        (int, 1),
        (str, "a"),
        (bool, True),
        (float, 1.5),
        (list[int], [1]),
        (dict[str, int], {"a": 1}),
        (int | None, None),
        (int | str, "a"),
        (list[int] | str, [1]),
        (Literal["a", 1], 1),
        (Literal[True], True),
        (None, None),
        (Annotated[int, "a number"], 7),
        (Annotated[list[int], "numbers"], [7]),
    ],
)
def test_a_plain_type_is_read(type_: Any, value: Any) -> None:
    assert decode(json.dumps(value), type_, strict=True) == value
    assert read(value, type_) == (value, [])
    assert codec_of(type_).serialize(value) == value


@pytest.mark.parametrize(
    ("type_", "value", "got"),
    [
        (int, "1", "string"),
        (int, True, "boolean"),
        (int, 1.0, "number"),
        (str, None, "null"),
        (bool, 1, "integer"),
        (float, True, "boolean"),
        (int | None, "a", "string"),
        (int | str, 1.5, "number"),
        (Literal["a"], "b", "string"),
        (Literal[1], True, "boolean"),
        (Literal[True], 1, "integer"),
        (Literal[True], False, "boolean"),
        (None, 0, "integer"),
        (datetime.date, "x", "string"),
    ],
)
def test_another_value_of_a_plain_type_is_kept_and_reported(type_: Any, value: Any, got: str) -> None:
    assert read([value], list[type_]) == ([value], [("$[0]", codec_of(type_).expected, got)])
    with pytest.raises(DecodeError, match=re.escape(f"at $[0]: expected {codec_of(type_).expected}, got {got}")):
        decode(json.dumps([value]), list[type_], strict=True)


def test_a_date_is_read_from_its_text() -> None:
    assert decode('["1999-10-15"]', list[datetime.date], strict=True) == [datetime.date(1999, 10, 15)]
    assert decode('{"a": ["1999-10-15", null]}', dict[str, list[datetime.date | None]], strict=True) == {"a": [datetime.date(1999, 10, 15), None]}


def test_a_union_of_constants_of_several_models_needs_a_distinct_one() -> None:
    with pytest.raises(InvalidArgumentError, match=r"^Inner \| Genre is not a type for decoding: pass a model, a union of models, or a list or dict of them$"):
        decode("{}", Inner | Genre)
    with pytest.raises(InvalidArgumentError, match=r"^Union\[MovieRow, TVRow, int\] is not a type"):
        decode("{}", MovieRow | TVRow | int)
    with pytest.raises(InvalidArgumentError, match=r"^tuple\[int\] is not a type"):
        decode("[]", tuple[int])


@pytest.mark.parametrize(
    ("type_", "name"), [(Genre, "Genre"), (list[Genre], "list[Genre]"), (dict[str, Genre | None], "dict[str, Genre | None]"), (list, "list"), (None, "None")]
)
def test_the_name_of_a_type(type_: Any, name: str) -> None:
    assert name_of(type_) == name


@pytest.mark.parametrize(
    ("value", "kind"),
    [(None, "null"), (True, "boolean"), (1, "integer"), (1.5, "number"), ("", "string"), ([], "array"), ({}, "object"), (Decimal(1), "number out of range"), (b"", "bytes")],
)  # fmt: skip
def test_the_kind_of_a_value(value: Any, kind: str) -> None:
    assert kind_of(value) == kind


@pytest.mark.parametrize(
    ("key", "path"),
    [("title", "$.title"), ("é", "$['é']"), ("a b", "$['a b']"), ("it's", r"$['it\'s']"), ("a\\b", r"$['a\\b']"), ("", "$['']"), ("\ud800", r"$['\ud800']")],
)
def test_the_path_of_a_member(key: str, path: str) -> None:
    assert member("$", key) == path


# Bodies


def test_what_a_mismatch_says() -> None:
    assert describe("int", "null") == "expected int, got null"
    assert (describe("int", "missing"), describe("no such key", "unknown key")) == ("missing", "unknown key")
    with pytest.raises(MismatchError, match=r"^\$\.a: expected int, got null$") as caught:
        reject("$.a", "int", "null")
    assert (caught.value.path, caught.value.reason) == ("$.a", "expected int, got null")
    ignore("$.a", "int", "null")


def test_the_messages_of_decode() -> None:
    for content, type_, strict, expected in (
        (5, Inner, False, r"content must be bytes or text; not an object of type int"),
        ("{}", Inner, True, r"the content does not match Inner at \$\.id: missing"),
        ("[]", Inner, False, r"the content does not match Inner at \$: expected Inner, got array"),
        ("{", Inner, False, r"the content is not JSON: Input data was truncated"),
    ):
        with pytest.raises((InvalidArgumentError, DecodeError), match=f"^{expected}"):
            decode(content, type_, strict=strict)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ['"a\\ud83d"', '["a", "\\ud83d"]', '{"a": {"b": "\\udc00"}}', '{"\\ud83d": 1}'])
def test_an_unpaired_surrogate_is_kept_and_reported_once(text: str) -> None:
    value, reports = read(text.encode(), Any)
    assert value == json.loads(text)
    places = {'"a\\ud83d"': "$", '["a", "\\ud83d"]': "$[1]", '{"a": {"b": "\\udc00"}}': "$.a.b"}
    assert reports == ([(places[text], "text", "text with an unpaired surrogate")] if text in places else [])


def test_places_after_a_surrogate_are_right() -> None:
    body = b'{"id": "\\ud83d", "items": [{"id": "\\ud83d"}, {"id": "\\ud83d"}], "number": "x", "day": "\xed\xa0\xbd"}'
    _, reports = read(body)
    assert [(path, got) for path, _, got in reports] == [
        ("$.id", "text with an unpaired surrogate"),
        ("$.items[0].id", "text with an unpaired surrogate"),
        ("$.day", "text with an unpaired surrogate"),
        ("$.id", "string"),
        ("$.day", "string"),
        ("$.number", "string"),
        ("$.items[0].id", "string"),
    ]


@pytest.mark.parametrize(("digits", "type_"), [(3_999, int), (4_000, Decimal)])
def test_an_integer_of_very_many_digits_is_a_decimal(digits: int, type_: type) -> None:
    value, _ = read(b'{"id": ' + b"7" * digits + b', "number": 1e999}')
    assert type(value.id) is type_


def test_pattern_keys_are_found_behind_an_escaped_slash() -> None:
    for text in ('{"id": 5, "part/3": {"id": 1}}', '{"id": 5, "part\\/3": {"id": 1}}', '{"id": 5, "p\\u0061rt/3": {"id": 1}}'):
        value = decode(text, Outer, strict=True)
        assert value.by_number == {3: Inner(id=1)}
    assert decode('{"id": 5}', Outer, strict=True).by_number == {}


# Writing


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Inner(id=1), {"id": 1}),
        ([Inner(id=1)], [{"id": 1}]),
        (("a", 1), ["a", 1]),
        (frozenset({1}), [1]),
        ({1: "a", "b": UNSET}, {"1": "a"}),
        (datetime.date(2000, 1, 2), "2000-01-02"),
        (UnknownRow({"media_type": "x"}), {"media_type": "x"}),
        (Decimal("1.5"), Decimal("1.5")),
        (None, None),
    ],
)
def test_a_value_is_written(value: Any, expected: Any) -> None:
    assert serialize(value) == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (UNSET, "UNSET is the value of an absent key, and cannot be encoded"),
        ({True: 1}, "a key in JSON must be a text or a number, not True"),
        ({None: 1}, "a key in JSON must be a text or a number, not None"),
    ],
)
def test_why_a_value_cannot_be_written(value: Any, message: str) -> None:
    with pytest.raises(TypeError, match=f"^{message}$"):
        serialize(value)


def test_changed_values_of_another_type_are_written() -> None:
    value: Any = decode('{"id": 5}', Outer)
    value.day, value.items, value.days, value.inner, value.number = "soon", ("a",), 7, Genre(id=1, name="a"), None
    assert to_dict(value) == {"id": 5, "day": "soon", "items": ["a"], "days": 7, "inner": {"id": 1, "name": "a"}, "number": None}
