"""Drift: unannounced changes of TMDB break no call, lose no data, and are reported once."""

from __future__ import annotations

import copy
import itertools
import json
import logging
import random
from typing import Any

import httpx
import pytest

from tmdbkit import TMDB, UNSET, DecodeError, Drift, NotAppendedError, UnknownRow, decode, encode
from tmdbkit.models import MoviePage

from tests.support.calls import arguments_of, credentials_of, operations
from tests.conftest import TOKEN, fixture_named, fixtures
from tests.support.mutations import mutated

pytestmark = pytest.mark.filterwarnings("ignore:.*_by_get is deprecated")

CASES = 10_000 // len(fixtures()) + 1
"""For each fixture."""


def client_for(body: Any, reports: list[Drift] | None = None, *, strict: bool = False, **options: str) -> TMDB:
    credential = {} if options else {"access_token": TOKEN}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=json.dumps(body)))
    return TMDB(**credential, **options, transport=transport, strict=strict, on_drift=None if reports is None else reports.append)


@pytest.mark.parametrize("fixture", [fixture for fixture in fixtures() if fixture["response"]["status"] < 300], ids=lambda fixture: fixture["name"])
def test_drifted_responses_lose_nothing(fixture: dict[str, Any]) -> None:
    tag, method, _ = operations()[fixture["operation_id"]]
    rng = random.Random(fixture["name"])
    for _ in range(CASES):
        body, reports = mutated(fixture["response"]["body"], rng, count=3), []
        parsed = getattr(getattr(client_for(body, reports, **credentials_of(fixture)), tag), method)(**arguments_of(fixture))
        written = json.loads(encode(parsed))
        assert written == body
        rejected = None
        try:
            getattr(getattr(client_for(body, strict=True, **credentials_of(fixture)), tag), method)(**arguments_of(fixture))
        except DecodeError as error:
            rejected = error.path
        assert rejected == (reports[0].path if reports else None), "a strict client rejects the mismatch that a tolerant one reports first"


def popular(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = copy.deepcopy(fixture_named("movies/popular")["response"]["body"])
    body["results"][0].update(changes)
    return body


def test_an_unexpected_null_affects_one_value() -> None:
    reports: list[Drift] = []
    page = client_for(popular(title=None), reports).movies.popular()
    assert page.results[0].title is None
    assert page.results[0].id == popular()["results"][0]["id"]
    assert page.results[1].title
    assert reports == [Drift("movies_popular", "$.results[0].title", "str", "null")]


@pytest.mark.parametrize(
    ("changes", "place", "reason"),
    [
        ({"title": None}, "$.results[0].title", "expected str, got null"),
        ({"genre_ids": [18, "x"]}, "$.results[0].genre_ids[1]", "expected int, got string"),
        ({"brand new": 1}, "$.results[0]['brand new']", "unknown key"),
        ({"release_date": "2007-04-00"}, "$.results[0].release_date", "expected Day, got string"),
    ],
)
def test_a_strict_client_names_the_place(changes: dict[str, Any], place: str, reason: str) -> None:
    with pytest.raises(DecodeError) as caught:
        client_for(popular(**changes), strict=True).movies.popular()
    assert caught.value.path == place
    assert f"the response does not match the spec at {place}: {reason}" in str(caught.value)


def test_a_missing_key_is_unset() -> None:
    reports: list[Drift] = []
    body = popular(brand_new=[1, 2])
    del body["results"][0]["title"]
    page = client_for(body, reports).movies.popular()
    assert page.results[0].title is UNSET
    assert json.loads(encode(page)) == body
    assert {(drift.path, drift.got) for drift in reports} == {("$.results[0].title", "missing"), ("$.results[0].brand_new", "unknown key")}


def test_a_null_day_is_none_and_stays_null() -> None:
    body = popular(release_date=None)
    page = client_for(body).movies.popular()
    assert page.results[0].release_date is None
    assert json.loads(encode(page)) == body


def test_a_value_of_another_type_is_kept() -> None:
    page = client_for(popular(vote_count="many", genre_ids=[18, "x"], release_date="2007-04-00")).movies.popular()
    row: Any = page.results[0]
    assert (row.vote_count, row.genre_ids, row.release_date) == ("many", [18, "x"], "2007-04-00")


def test_the_language_xx_is_accepted() -> None:
    """In 2025 TMDB began to send `xx` for images without a language."""
    reports: list[Drift] = []
    body = copy.deepcopy(fixture_named("movies/images")["response"]["body"])
    image = next(image for kind in ("backdrops", "logos", "posters") for image in body[kind])
    image["iso_639_1"] = "xx"
    assert json.loads(encode(client_for(body, reports).movies.images(550))) == body
    assert reports == []


def test_a_row_with_an_unknown_tag_is_an_unknown_row() -> None:
    reports: list[Drift] = []
    body = copy.deepcopy(fixture_named("search/multi")["response"]["body"])
    body["results"][0] = {"media_type": "podcast", "id": 7, "title": "A podcast"}
    found = client_for(body, reports).search.multi("fight")
    row = found.results[0]
    assert isinstance(row, UnknownRow)
    assert (row.media_type, row.data["title"]) == ("podcast", "A podcast")
    assert not isinstance(found.results[1], UnknownRow)
    assert json.loads(encode(found)) == body
    assert [(drift.path, drift.got) for drift in reports] == [("$.results[0].media_type", "'podcast'")]
    with pytest.raises(DecodeError, match="podcast") as caught:
        client_for(body, strict=True).search.multi("fight")
    assert caught.value.path == "$.results[0].media_type"


def test_a_row_without_a_tag_is_identified_by_its_keys() -> None:
    body = copy.deepcopy(fixture_named("search/multi.every_kind")["response"]["body"])
    kinds = [type(row) for row in client_for(body).search.multi("fight").results]
    assert len(set(kinds)) == 4
    for row in body["results"]:
        if row["media_type"] in ("movie", "tv"):
            del row["media_type"]
    assert [type(row) for row in client_for(body).search.multi("fight").results] == kinds


def test_an_ignored_append_to_response_is_reported() -> None:
    """For hours in 2024 TMDB sent details without the requested parts."""
    reports: list[Drift] = []
    body = fixture_named("movies/details.fight_club")["response"]["body"]
    movie = client_for(body, reports).movies.details(550, append_to_response=["credits", "watch/providers"])
    assert [drift.path for drift in reports] == ["$.credits", "$['watch/providers']"]
    with pytest.raises(NotAppendedError, match="TMDB did not send 'credits'"):
        movie.credits.cast


@pytest.mark.parametrize("body", [None, "text", 7, [], [1]])
def test_a_body_of_another_kind_altogether_is_a_decode_error(body: Any) -> None:
    for content_type in (MoviePage, dict[str, MoviePage]):
        with pytest.raises(DecodeError, match=r"at \$: expected"):
            decode(json.dumps(body), content_type)
    with pytest.raises(DecodeError, match=r"at \$: expected MoviePage, got") as caught:
        client_for(body, []).movies.popular()
    assert caught.value.path == "$"


@pytest.mark.parametrize("body", [None, "text", 7, {}, {"DE": "Germany"}])
def test_another_kind_in_place_of_a_list_is_a_decode_error(body: Any) -> None:
    with pytest.raises(DecodeError, match=r"at \$: expected list, got"):
        client_for(body, []).configuration.countries()


def test_a_byte_order_mark_is_skipped_and_reported() -> None:
    reports: list[Drift] = []
    content = b"\xef\xbb\xbf" + json.dumps(popular()).encode()
    tmdb = TMDB(TOKEN, transport=httpx.MockTransport(lambda _: httpx.Response(200, content=content)), on_drift=reports.append)
    assert tmdb.movies.popular().page == 1
    assert [str(drift) for drift in reports] == ["movies_popular $: expected JSON in UTF-8, got a byte-order mark before it"]
    with pytest.raises(DecodeError):
        decode(content, MoviePage, strict=True)


def test_reports_per_client_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    reports: list[Drift] = []
    tmdb = TMDB(
        TOKEN,
        transport=httpx.MockTransport(lambda _: httpx.Response(200, json=popular(**{f"new_{next(numbers)}": 1 for _ in range(90)}))),
        on_drift=reports.append,
    )
    numbers = itertools.count()
    for _ in range(20):
        tmdb.movies.popular()
    assert len(reports) == 1_000
    assert [record.getMessage() for record in caplog.records if "no more" in record.getMessage()] == [
        "1000 places do not match the spec: this client reports no more of them"
    ]


def test_each_path_is_reported_once_per_client(caplog: pytest.LogCaptureFixture) -> None:
    reports: list[Drift] = []
    body = popular(title=None)
    body["results"][1]["title"] = None
    tmdb = client_for(body, reports)
    with caplog.at_level(logging.WARNING, "tmdbkit"):
        for client in (tmdb, tmdb, tmdb.with_options(language="de")):
            client.movies.popular()
        tmdb.movies.top_rated()
    assert [(drift.operation_id, drift.path) for drift in reports] == [("movies_popular", "$.results[0].title"), ("movies_top_rated", "$.results[0].title")]
    assert [record.getMessage().rpartition(": ")[2] for record in caplog.records] == ["expected str, got null"] * 2
