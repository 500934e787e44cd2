"""Decoding and encoding: wire types, unusual keys, and lossless round trips."""

from __future__ import annotations

import copy
import datetime
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
from typing import Any, ClassVar, get_args

import attrs
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmdbkit import TMDB, UNSET, DecodeError, InvalidArgumentError, NotAppendedError, UnknownRow, decode, encode, to_dict
from tmdbkit.models import (
    AccountStates,
    Genre,
    MovieDetails,
    MoviePage,
    MovieRow,
    MultiSearchPage,
    MultiSearchRow,
    PersonRow,
    TitledCollectionRow,
    TVRow,
    Video,
)
from tmdbkit.runtime.codecs import COMPILING
from tmdbkit.runtime.decode import read_body
from tmdbkit.runtime.models import Model, keyed_by_pattern
from tmdbkit.types import Day, Timestamp, UnsetType

from tests.conftest import TOKEN, body_of


@attrs.define(kw_only=True, repr=False)
class Moments(Model):
    __wire_names__: ClassVar[dict[str, str]] = {"with_slash": "with/slash", "class_": "class"}

    day: Day
    nullable: datetime.date | None = None
    moment: Timestamp | UnsetType = UNSET
    ended: Timestamp | UnsetType | None = UNSET
    days: dict[str, list[Day]] | UnsetType = UNSET
    number: float | UnsetType = UNSET
    with_slash: str | UnsetType = UNSET
    class_: str | UnsetType = UNSET
    anything: Any | UnsetType = UNSET
    additional_properties: dict[str, Any] | None = None


@attrs.define(kw_only=True, repr=False)
class Season(Model):
    season_number: int
    air_date: Day
    additional_properties: dict[str, Any] | None = None


@attrs.define(kw_only=True, repr=False)
class Series(Model):
    id: int
    appended_seasons: dict[int, Season] = keyed_by_pattern("season/{}")
    additional_properties: dict[str, Any] | None = None


@attrs.define(kw_only=True, repr=False)
class Company(Model):
    name: str
    parent: Company | None = None
    branches: list[Company] | UnsetType = UNSET
    additional_properties: dict[str, Any] | None = None


def decode_with_reports(content: bytes, type_: Any) -> tuple[Any, list[tuple[str, str, str]]]:
    """Decode a body tolerantly; returns the value and the reports."""
    reports: list[tuple[str, str, str]] = []
    return read_body(content, type_, lambda *report: reports.append(report)), reports


def round_trip(body: dict[str, object]) -> None:
    assert json.loads(encode(decode(json.dumps(body).encode(), Moments))) == {"nullable": None, **body}


# The wire's own types


def test_an_empty_day_round_trips() -> None:
    assert decode(b'{"day": ""}', Moments).day is None
    round_trip({"day": ""})
    round_trip({"day": "1999-10-15", "nullable": None, "days": {"DE": ["", "1999-10-15"]}})


@pytest.mark.parametrize("day", ["0", "1999-13-01", "1999-02-30", "19991015", "1999-W41-5", "1999-10-15T00:00:00", " 1999-10-15"])
def test_an_invalid_day_is_rejected(day: str) -> None:
    with pytest.raises(DecodeError, match=r"at \$\.day: expected Day, got string") as caught:
        decode(json.dumps({"day": day}).encode(), Moments, strict=True)
    assert caught.value.path == "$.day"


@pytest.mark.parametrize("field", ["moment", "ended"])
@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2013-02-14T00:00:00.000Z", datetime.datetime(2013, 2, 14, tzinfo=datetime.UTC)),
        ("2018-06-09T17:51:53.079Z", datetime.datetime(2018, 6, 9, 17, 51, 53, 79000, tzinfo=datetime.UTC)),
        ("2012-07-25T20:21:12Z", datetime.datetime(2012, 7, 25, 20, 21, 12, tzinfo=datetime.UTC)),
        ("2020-07-29T01:19:00.5Z", datetime.datetime(2020, 7, 29, 1, 19, 0, 500000, tzinfo=datetime.UTC)),
        ("2020-07-29T01:19:00.568123Z", datetime.datetime(2020, 7, 29, 1, 19, 0, 568123, tzinfo=datetime.UTC)),
        ("2020-07-29T01:19:00.568123456Z", datetime.datetime(2020, 7, 29, 1, 19, 0, 568123, tzinfo=datetime.UTC)),
        ("2020-07-29T01:19:00.000+00:00", datetime.datetime(2020, 7, 29, 1, 19, tzinfo=datetime.UTC)),
        ("2020-07-29T03:19:00+02:00", datetime.datetime(2020, 7, 29, 1, 19, tzinfo=datetime.UTC)),
        ("2024-12-26 01:02:55 UTC", datetime.datetime(2024, 12, 26, 1, 2, 55, tzinfo=datetime.UTC)),
        ("2021-10-02 00:00:13 UT", datetime.datetime(2021, 10, 2, 0, 0, 13, tzinfo=datetime.UTC)),
        ("2018-06-09 17:51:53", datetime.datetime(2018, 6, 9, 17, 51, 53, tzinfo=datetime.UTC)),
    ],
)
def test_every_timestamp_format_round_trips(field: str, text: str, moment: datetime.datetime) -> None:
    body = {"day": "", field: text}
    for moments in (decode(json.dumps(body), Moments, strict=True), decode(json.dumps({**body, "drifted": 1}), Moments)):
        found = getattr(moments, field)
        assert found == moment
        assert found.tzinfo is not None
        assert pickle.loads(pickle.dumps(moments)) == attrs.evolve(moments) == copy.deepcopy(moments) == moments
        assert json.loads(encode(attrs.evolve(moments)))[field] == text
    round_trip(body)


def test_utc_timestamps_share_one_time_zone_object() -> None:
    body = {"day": "", "moment": "2013-02-14T00:00:00.000Z", "ended": "2024-12-26 01:02:55 UTC"}
    moments = decode(json.dumps(body), Moments, strict=True)
    assert (moments.moment.tzinfo, moments.ended.tzinfo) == (datetime.UTC, datetime.UTC)
    assert moments.moment.tzinfo is moments.ended.tzinfo


def test_a_changed_timestamp_is_encoded() -> None:
    moments = decode(b'{"day": "", "moment": "2012-07-25T20:21:12Z"}', Moments)
    moments.moment = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    assert json.loads(encode(moments))["moment"] == "2026-01-02T01:04:05.000Z"
    moments.moment = UNSET
    assert "moment" not in json.loads(encode(moments))


@pytest.mark.parametrize(
    "value",
    [
        "2024-13-26 01:02:55 UTC",
        "2024-02-30T00:00:00.000Z",
        "2013-02-14T24:00:00.000Z",
        "2013-02-14 24:00:00 UTC",
        "2013-02-14T00:00:00",
        "2020-07-29t01:19:00.000z",
        "2020-07-29 01:19:00Z",
        "2024-W52-4 01:02:55 UTC",
        "2024-12-26 01:02:55 CET",
        "2024-12-26 01.02.55 UTC",
        "2013-02-14",
        "",
        5,
    ],
)
def test_an_invalid_timestamp_is_drift(value: object) -> None:
    content = json.dumps({"day": "", "moment": value}).encode()
    with pytest.raises(DecodeError) as caught:
        decode(content, Moments, strict=True)
    assert caught.value.path == "$.moment"
    moments, reports = decode_with_reports(content, Moments)
    assert moments.moment == value
    assert [path for path, _, _ in reports] == ["$.moment"]
    round_trip({"day": "", "moment": value})


@given(st.one_of(st.none(), st.dates()), st.datetimes(timezones=st.just(datetime.UTC)))
def test_days_and_timestamps_round_trip(day: datetime.date | None, moment: datetime.datetime) -> None:
    moments = Moments(day=day, moment=moment, ended=moment.replace(fold=1, microsecond=0))
    assert decode(encode(moments), Moments, strict=True) == moments


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_round_trip(number: float) -> None:
    body = {"day": "", "number": number, "anything": [number]}
    moments = decode(json.dumps(body).encode(), Moments, strict=True)
    assert to_dict(moments) == {"nullable": None, **body}
    assert json.loads(encode(moments)) == {"nullable": None, **body}


def test_numbers_decode_as_float_where_exact() -> None:
    assert type(decode(b'{"day": "", "number": 7}', Moments).number) is float
    assert type(decode(b'{"day": "", "number": 9007199254740993}', Moments).number) is int


@pytest.mark.parametrize("content", [b'{"number": 1e400} x', b'{"number": 1e400, "day": NaN}', b'{"number": 1e400, "day": Infinity}', b'{"number": 1e400'])
def test_invalid_json_beside_a_large_number_is_rejected(content: bytes) -> None:
    with pytest.raises(DecodeError, match="not JSON"):
        decode(content, Moments)
    tmdb = TMDB(TOKEN, transport=httpx.MockTransport(lambda _: httpx.Response(200, content=content)), retries=None)
    with pytest.raises(DecodeError, match="not JSON"):
        tmdb.movies.popular()


def test_a_number_beyond_float_affects_one_value() -> None:
    content = b'{"nullable":null,"day":"","number":1E+400,"anything":[-1E+999,1.5]}'
    moments, reports = decode_with_reports(content, Moments)
    assert reports == [("$.number", "float", "number out of range")]
    assert moments.day is None
    assert json.loads(encode(moments), parse_float=str) == json.loads(content, parse_float=str)


# Keys


@pytest.mark.parametrize("text", ['{"day": "", "with/slash": "x"}', '{"day": "", "with\\/slash" : "x"}', '{"day": "", "w\\u0069th/slash": "x"}'])
def test_an_escaped_key_that_is_no_identifier_is_decoded(text: str) -> None:
    assert decode(text.encode(), Moments, strict=True).with_slash == "x"


def test_a_python_keyword_has_a_renamed_attribute() -> None:
    assert decode(b'{"day": "", "class": "x"}', Moments, strict=True).class_ == "x"
    round_trip({"day": "", "class": "x"})


def test_a_value_equal_to_a_renamed_key_is_unchanged() -> None:
    text = json.dumps({"day": "", "with/slash": 'say "with/slash": and "with/slash"'})
    assert decode(text.encode(), Moments).with_slash == 'say "with/slash": and "with/slash"'


@given(st.text())
def test_texts_round_trip(text: str) -> None:
    round_trip({"day": "", "with/slash": text})


SEASONS = {"id": 1, "season/1": {"season_number": 1, "air_date": "2011-04-17"}, "season/10": {"season_number": 10, "air_date": ""}}


@pytest.mark.parametrize("text", [json.dumps(SEASONS), json.dumps(SEASONS).replace("/", "\\/")])
def test_pattern_keys_are_a_map_by_number(text: str) -> None:
    series = decode(text.encode(), Series, strict=True)
    assert {number: season.season_number for number, season in series.appended_seasons.items()} == {1: 1, 10: 10}
    assert series.appended_seasons[1].air_date == datetime.date(2011, 4, 17)
    assert to_dict(series) == SEASONS
    assert series == decode(encode(series), Series)


def test_drift_below_a_pattern_key_is_reported_at_its_path() -> None:
    body = {**SEASONS, "season/1": {"season_number": None, "air_date": ""}, "season/x": 1, "season/01": 1}
    series, reports = decode_with_reports(json.dumps(body).encode(), Series)
    assert reports == [
        ("$['season/1'].season_number", "int", "null"),
        ("$['season/x']", "no such key", "unknown key"),
        ("$['season/01']", "no such key", "unknown key"),
    ]
    assert to_dict(series) == body
    assert not decode(b'{"id": 1}', Series).appended_seasons


def test_the_last_of_repeated_keys_wins() -> None:
    assert decode(b'{"id": 1, "name": "a", "id": 2}', Genre, strict=True).id == 2


def test_a_body_with_very_many_equal_keys_is_decoded() -> None:
    content = b"{" + b'"id": 1, ' * 70_000 + b'"name": "a"}'
    assert decode(content, Genre, strict=True) == Genre(id=1, name="a")


def test_a_model_may_be_recursive() -> None:
    body = {"name": "a", "parent": {"name": "b", "parent": None}, "branches": [{"name": "c", "parent": {"name": "d", "parent": None}, "branches": []}]}
    company = decode(json.dumps(body).encode(), Company, strict=True)
    assert isinstance(company.parent, Company)
    assert company.branches[0].parent == Company(name="d")  # type: ignore[index]
    assert to_dict(company) == body
    with pytest.raises(DecodeError, match=r"\$\.branches\[0\]\.parent\.name: expected str, got null"):
        decode(json.dumps(body).replace('"d"', "null").encode(), Company, strict=True)


# Strict and tolerant


@pytest.mark.parametrize(
    ("content", "path", "reason"),
    [
        (b'{"id": 1, "name": "a", "new": 1}', "$.new", "unknown key"),
        (b'{"id": "1", "name": "a"}', "$.id", "expected int, got string"),
        (b'{"id": 1}', "$.name", "missing"),
        (b'{"id": true, "name": "a"}', "$.id", "expected int, got boolean"),
        (b'{"id": 1.0, "name": "a"}', "$.id", "expected int, got number"),
        (b"[]", "$", "expected Genre, got array"),
        (b"{", None, "not JSON"),
        (b"", None, "not JSON"),
    ],
)
def test_strict_decoding_rejects_drift(content: bytes, path: str | None, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason) as caught:
        decode(content, Genre, strict=True)
    assert caught.value.path == path
    assert isinstance(caught.value, ValueError)


def test_tolerant_decoding_keeps_drift() -> None:
    genre: Any = decode(b'{"id": "1", "new": [1]}', Genre)
    assert (genre.id, genre.name, genre.additional_properties) == ("1", UNSET, {"new": [1]})
    assert to_dict(genre) == {"id": "1", "new": [1]}


def test_text_is_decoded_like_bytes() -> None:
    assert decode('{"id": 1, "name": "Fantasía"}', Genre) == Genre(id=1, name="Fantasía")


@pytest.mark.parametrize(
    ("type_", "shown"),
    [(set, "set"), (set[MovieRow], r"set\[MovieRow\]"), ([MovieRow], "MovieRow"), (Genre | MovieRow, r"Genre \| MovieRow"), (object, "object")],
)
def test_an_unsupported_type_is_rejected(type_: Any, shown: str) -> None:
    with pytest.raises(InvalidArgumentError, match=f"^[^.]*{shown}[^.]* is not a type for decoding") as caught:
        decode(b"1", type_)
    assert "tmdb_openapi" not in str(caught.value)


@pytest.mark.parametrize("content", [None, 5, [1], object()])
def test_only_bytes_and_text_are_decoded(content: Any) -> None:
    assert decode(bytearray(b'{"id": 1, "name": "Drama"}'), Genre) == Genre(id=1, name="Drama")
    with pytest.raises(InvalidArgumentError, match="content must be bytes or text"):
        decode(content, Genre)


ROWS = json.loads(body_of("search/multi.every_kind"))["results"]


@pytest.mark.parametrize("union", [MultiSearchRow, MovieRow | TVRow | PersonRow | UnknownRow, MovieRow | TVRow | PersonRow, MovieRow | UnknownRow])
def test_a_custom_union_is_decoded_like_those_of_the_spec(union: Any) -> None:
    for row in ROWS:
        known = {"movie": MovieRow, "tv": TVRow, "person": PersonRow, "collection": TitledCollectionRow}[row["media_type"]]
        read = decode(json.dumps(row), union)
        assert type(read) is (known if known in get_args(union) else UnknownRow if UnknownRow in get_args(union) else dict)
        assert to_dict(read) == row


def test_a_union_is_decoded_in_a_fresh_process() -> None:
    program = (
        "from tmdbkit import decode; from tmdbkit.models import MovieRow, TVRow, UnknownRow; "
        'print(decode(\'{"media_type": "x"}\', MovieRow | TVRow | UnknownRow).media_type)'
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "x\n"


def test_unknown_rows_and_plain_values_are_decoded() -> None:
    assert decode(b'[{"media_type": "x"}]', list[UnknownRow]) == [UnknownRow({"media_type": "x"})]
    assert decode(b'[1, "a"]', list[int | str], strict=True) == [1, "a"]
    with pytest.raises(DecodeError, match="expected int or str, got null"):
        decode(b"[null]", list[int | str], strict=True)


def test_messages_name_types_as_annotations_do() -> None:
    with pytest.raises(DecodeError, match=r"does not match list\[MovieRow\] at \$: expected list, got object"):
        decode(b"{}", list[MovieRow], strict=True)
    with pytest.raises(DecodeError, match=r"does not match MovieRow \| TVRow \| UnknownRow at \$"):
        decode(b"[]", MovieRow | TVRow | UnknownRow, strict=True)


def test_invalid_unicode_is_not_json() -> None:
    with pytest.raises(DecodeError, match="not JSON"):
        decode('"\ud800"', Genre)
    with pytest.raises(DecodeError, match="not JSON"):
        decode(b'"\xff"', Genre)


def test_threads_compile_a_type_concurrently() -> None:
    program = """
import json, sys, threading
from tmdbkit import decode
from tmdbkit.models import TVSeriesDetails
sys.setswitchinterval(1e-6)
content, start, read = sys.stdin.buffer.read(), threading.Barrier(24), []
def work():
    start.wait()
    read.append(decode(content, TVSeriesDetails, strict=True))
threads = [threading.Thread(target=work) for _ in range(24)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert len(read) == 24 and all(one == read[0] for one in read)
"""
    for _ in range(3):
        subprocess.run([sys.executable, "-c", program], input=body_of("tv_series/details.appended"), check=True)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process cannot be forked here")
def test_a_process_forked_during_compilation_decodes() -> None:
    @attrs.define(kw_only=True, repr=False)
    class Fresh(Model):
        id: int
        name: str
        additional_properties: dict[str, Any] | None = None

    held, forked = threading.Event(), threading.Event()

    def compile_something() -> None:
        with COMPILING.lock:
            held.set()
            forked.wait(30)

    thread = threading.Thread(target=compile_something)
    thread.start()
    held.wait(30)
    child = os.fork()
    if not child:
        signal.alarm(20)
        os._exit(decode(b'{"id": 1, "name": "a"}', Fresh, strict=True).name != "a")
    forked.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_repeated_mismatches_are_one_report() -> None:
    row = json.loads(body_of("movies/popular"))["results"][0]
    rows = [{**row, "title": None, "new": index} for index in range(1_000)]
    page, reports = decode_with_reports(json.dumps({"page": 1, "results": rows, "total_pages": 1, "total_results": 1_000}).encode(), MoviePage)
    assert reports == [("$.results[0].title", "str", "null"), ("$.results[0].new", "no such key", "unknown key")]
    assert to_dict(page)["results"] == rows


def test_reports_per_body_are_bounded() -> None:
    body = {"id": 1, "name": "a", **{f"new_{index}": index for index in range(5_000)}}
    genre, reports = decode_with_reports(json.dumps(body).encode(), Genre)
    assert len(reports) == 100
    assert to_dict(genre) == body


@pytest.mark.parametrize("rows", [[None] * 2_000, [7] * 2_000, [{"id": 1}] * 2_000], ids=["null", "a number", "few keys"])
def test_each_invalid_row_is_reported(rows: list[Any]) -> None:
    page, reports = decode_with_reports(json.dumps({"page": 1, "results": rows, "total_pages": 1, "total_results": 1}).encode(), MoviePage)
    assert to_dict(page)["results"] == rows
    assert all(path.startswith("$.results[0]") for path, _, _ in reports)
    assert 0 < len(reports) < 20


def test_a_long_tag_is_shortened_in_a_report() -> None:
    page = {"page": 1, "results": [{"media_type": "x" * 500}], "total_pages": 1, "total_results": 1}
    _, reports = decode_with_reports(json.dumps(page).encode(), MultiSearchPage)
    assert len(reports) == 1
    assert len(reports[0][2]) < 60


def test_a_different_constant_is_rejected() -> None:
    with pytest.raises(DecodeError, match=r"\$\.rated: expected RatedValue or false, got boolean"):
        decode(b'{"favorite": true, "watchlist": false, "rated": true}', AccountStates, strict=True)
    row = json.loads(body_of("movies/popular"))["results"][0]
    with pytest.raises(DecodeError, match=r"\$\.media_type: expected 'movie', got string"):
        decode(json.dumps({**row, "media_type": "tv"}).encode(), MovieRow, strict=True)


# Writing


def test_lists_and_maps_of_models_round_trip() -> None:
    listed = decode(b'[{"day": ""}, {"day": "1999-10-15"}]', list[Moments])
    assert json.loads(encode(listed))[1]["day"] == "1999-10-15"
    assert json.loads(encode({"a": listed[0]})) == {"a": {"day": "", "nullable": None}}
    assert to_dict({"a": listed}) == {"a": [{"day": "", "nullable": None}, {"day": "1999-10-15", "nullable": None}]}
    assert to_dict(UnknownRow({"media_type": "podcast"})) == {"media_type": "podcast"}
    assert to_dict(({"b"}, datetime.date(2000, 1, 1))) == [["b"], "2000-01-01"]
    for write in (encode, to_dict):
        with pytest.raises(TypeError, match="object"):
            write(object())


def test_unset_is_omitted_at_any_depth() -> None:
    movie = decode(body_of("movies/details.fight_club"), MovieDetails)
    assert to_dict({"a": UNSET, "b": movie.videos, 7: [1]}) == {"7": [1]} == json.loads(encode({"a": UNSET, "b": movie.videos, 7: [1]}))
    for write in (encode, to_dict):
        with pytest.raises(NotAppendedError, match="videos"):
            write(movie.videos)
        with pytest.raises(NotAppendedError, match="videos"):
            write([movie.videos])
        with pytest.raises(TypeError, match="UNSET"):
            write([UNSET])
        with pytest.raises(TypeError, match="key in JSON"):
            write({None: 1})


def test_to_dict_returns_a_copy() -> None:
    body = {"id": 1, "name": "a", "new": {"deep": [1]}}
    genre = decode(json.dumps(body).encode(), Genre)
    written = to_dict(genre)
    written["new"]["deep"].append(2)
    written["name"] = "b"
    assert to_dict(genre) == body
    row = decode(json.dumps({"day": "", "anything": {"deep": [1]}}).encode(), Moments)
    to_dict(row)["anything"]["deep"].append(2)
    assert row.anything == {"deep": [1]}


def test_changes_are_encoded() -> None:
    page = decode(json.dumps({"day": None, "new": 1}).encode(), Moments)
    assert to_dict(page) == {"day": None, "nullable": None, "new": 1}
    page.day = datetime.date(1999, 10, 15)
    page.nullable = datetime.date(2000, 1, 1)
    page.additional_properties = {"newer": 2}
    assert to_dict(page) == {"day": "1999-10-15", "nullable": "2000-01-01", "newer": 2}
    video = decode(json.dumps(json.loads(body_of("movies/videos"))["results"][0]).encode(), Video)
    video.published_at = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    assert to_dict(video)["published_at"] == "2020-01-01T00:00:00.000Z"


def test_changes_of_an_unknown_row_are_encoded() -> None:
    row = UnknownRow({"media_type": "podcast", "id": 1})
    row.data["media_type"] = "radio"
    assert (row.media_type, to_dict(row)) == ("radio", {"media_type": "radio", "id": 1})


def test_unknown_keys_count_in_comparisons() -> None:
    one, same, other = (decode(text, Genre) for text in (b'{"id": 1, "name": "a", "new": 1}', b'{"id": 1, "name": "a", "new": 1}', b'{"id": 1, "name": "a"}'))
    assert one == same
    assert one != other
