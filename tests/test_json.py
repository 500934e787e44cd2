"""From JSON to models and back: the wire's own types, and nothing lost."""

from __future__ import annotations

import datetime
import json

import attrs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmdbkit import decode, encode
from tmdbkit.runtime.models import Model
from tmdbkit.runtime.types import UNSET, Day, MillisecondTimestamp, Timestamp, UnsetType, UTCTimestamp


@attrs.define(kw_only=True, eq=False, repr=False, getstate_setstate=False)
class Moments(Model):
    __wire_names__ = {"with_slash": "with/slash"}

    day: Day
    nullable: datetime.date | None = None
    utc: UTCTimestamp | UnsetType = UNSET
    millis: MillisecondTimestamp | UnsetType = UNSET
    rfc: Timestamp | UnsetType = UNSET
    days: dict[str, list[Day]] | UnsetType = UNSET
    with_slash: str | UnsetType = UNSET


def round_trip(body: dict[str, object]) -> None:
    assert json.loads(encode(decode(json.dumps(body).encode(), Moments))) == {"nullable": None, **body}


def test_an_empty_day_is_none_and_is_written_empty_again() -> None:
    assert decode(b'{"day": ""}', Moments).day is None
    round_trip({"day": ""})
    round_trip({"day": "1999-10-15", "nullable": None, "days": {"DE": ["", "1999-10-15"]}})


@pytest.mark.parametrize("day", ["0", "1999-13-01", "1999-02-30", "19991015", "1999-W41-5", "1999-10-15T00:00:00", " 1999-10-15"])
def test_what_is_no_day_is_refused(day: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"\$\.day"):
        decode(json.dumps({"day": day}).encode(), Moments, strict=True)


def test_the_three_ways_to_write_a_moment_are_kept() -> None:
    body = {"day": "", "utc": "2024-12-26 01:02:55 UTC", "millis": "2013-02-14T00:00:00.000Z", "rfc": "2012-07-25T20:21:12Z"}
    moments = decode(json.dumps(body).encode(), Moments, strict=True)
    assert moments.utc == datetime.datetime(2024, 12, 26, 1, 2, 55, tzinfo=datetime.UTC)
    assert moments.millis == datetime.datetime(2013, 2, 14, tzinfo=datetime.UTC)
    round_trip(body)
    for moment in ("2020-07-29T01:19:00.568Z", "2020-07-29T01:19:00.000Z", "2020-07-29T01:19:00Z"):
        round_trip({"day": "", "rfc": moment})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("utc", "2024-12-26 01:02:55"),
        ("utc", "2024-12-26T01:02:55Z"),
        ("utc", "2024-13-26 01:02:55 UTC"),
        ("utc", 5),
        ("millis", "2013-02-14T00:00:00"),
        ("rfc", "2013-02-14"),
    ],
)
def test_a_moment_without_a_zone_or_of_another_form_is_refused(key: str, value: object) -> None:
    with pytest.raises(msgspec.ValidationError, match=rf"\$\.{key}"):
        decode(json.dumps({"day": "", key: value}).encode(), Moments, strict=True)


@pytest.mark.parametrize("text", ['{"day": "", "with/slash": "x"}', '{"day": "", "with\\/slash" : "x"}'])
def test_a_key_that_is_no_identifier_is_read_however_it_is_escaped(text: str) -> None:
    assert decode(text.encode(), Moments).with_slash == "x"


def test_a_value_that_looks_like_that_key_is_left_alone() -> None:
    text = json.dumps({"day": "", "with/slash": 'say "with/slash": and "with/slash"'})
    assert decode(text.encode(), Moments).with_slash == 'say "with/slash": and "with/slash"'


@given(st.text())
def test_no_text_is_changed_by_reading_and_writing_it(text: str) -> None:
    round_trip({"day": "", "with/slash": text})


@given(st.one_of(st.none(), st.dates()), st.datetimes(timezones=st.just(datetime.UTC)).map(lambda moment: moment.replace(microsecond=0)))
def test_every_day_and_moment_comes_back(day: datetime.date | None, moment: datetime.datetime) -> None:
    moments = Moments(day=day, utc=moment, millis=moment, rfc=moment)
    assert decode(encode(moments), Moments) == moments


def test_lists_and_maps_of_models_are_read_and_written() -> None:
    listed = decode(b'[{"day": ""}, {"day": "1999-10-15"}]', list[Moments])
    assert json.loads(encode(listed))[1]["day"] == "1999-10-15"
    assert json.loads(encode({"a": listed[0]})) == {"a": {"day": "", "nullable": None}}
