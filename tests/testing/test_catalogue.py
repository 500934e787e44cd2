"""Lookup of recorded exchanges, for the shapes of operations that the API has."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tmdbkit.runtime.operations import Operation, PathParameter, QueryParameter
from tmdbkit.runtime.params import Choice, Integer, List, Text
from tmdbkit.testing import FakeTMDB
from tmdbkit.testing.catalogue import Catalogue
from tmdbkit.testing.fixtures import Fixture

ID = PathParameter("series_id", Integer(minimum=0), required=True)
NUMBER = PathParameter("season_number", Integer(minimum=0), required=True)
PARTS = QueryParameter("append_to_response", List(Choice("credits", "images"), max_items=20))
PAGE = QueryParameter("page", Integer(minimum=1, maximum=500))
CREDENTIALS = ("access_token",)


def operation(operation_id: str, path: str, *arguments: Any) -> Operation[Any]:
    return Operation(operation_id, "GET", path, returns=lambda: dict, security=CREDENTIALS, arguments=arguments)


SEASON = operation("season", "/3/tv/{series_id}/season/{season_number}", ID, NUMBER, PARTS)
SEASON_CREDITS = operation("season_credits", "/3/tv/{series_id}/season/{season_number}/credits", ID, NUMBER)
SEARCH = operation("search", "/3/search/movie", QueryParameter("query", Text(min_length=1), required=True), PAGE)
FIND = operation("find", "/3/find/{external_id}", PathParameter("external_id", Text(), required=True), QueryParameter("external_source", Text(), required=True))
RATED = operation("rated", "/3/guest_session/{guest_session_id}/rated", PathParameter("guest_session_id", Text(), required=True, secret=True), PAGE)
COUNTRIES = operation("countries", "/3/configuration/countries", QueryParameter("language", Text()))


def catalogue(*fixtures: Fixture) -> Catalogue:
    return Catalogue([SEASON_CREDITS, SEASON, SEARCH, FIND, RATED, COUNTRIES], fixtures)


def fixture(of: Operation[Any], path: str, body: Any, status: int = 200, **query: str) -> Fixture:
    return Fixture("", of.operation_id, path, query, None, status, {}, body)


def found(known: Catalogue, of: Operation[Any], path: str, **query: str) -> Any:
    response = known.response(of, path, query, None, CREDENTIALS)
    return response and response.body


def page(number: int, *ids: int, total_pages: int = 3) -> dict[str, Any]:
    return {"page": number, "results": [{"id": id_} for id_ in ids], "total_pages": total_pages, "total_results": 50}


def test_a_nested_resource_is_looked_up_by_all_its_ids() -> None:
    known = catalogue(
        fixture(SEASON, "/3/tv/1/season/1", {"name": "1.1"}),
        fixture(SEASON, "/3/tv/2/season/1", {"name": "2.1"}),
        fixture(SEASON_CREDITS, "/3/tv/1/season/1/credits", {"id": 77, "cast": []}),
    )
    assert found(known, SEASON, "/3/tv/2/season/1") == {"name": "2.1"}
    assert found(known, SEASON, "/3/tv/1/season/2") is None
    assert found(known, SEASON_CREDITS, "/3/tv/2/season/1/credits") is not None
    assert found(known, SEASON_CREDITS, "/3/tv/2/season/2/credits") is None
    assert found(known, SEASON, "/3/tv/2/season/1", append_to_response="credits,images") == {"name": "2.1", "credits": {"cast": []}}


def test_a_search_without_a_recording_has_no_results() -> None:
    known = catalogue(fixture(SEARCH, "/3/search/movie", page(1, 1, 2), query="fincher"))
    assert found(known, SEARCH, "/3/search/movie", query="fincher") == page(1, 1, 2)
    assert found(known, SEARCH, "/3/search/movie", query="lynch") == {"page": 1, "results": [], "total_pages": 1, "total_results": 0}


def test_a_missing_required_query_parameter_is_422(fake: FakeTMDB, http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeTMDB, "_catalogue", catalogue(fixture(SEARCH, "/3/search/movie", page(1, 1, 2), query="fincher")))
    for query in ({}, {"query": ""}):
        response = http.get("/3/search/movie", params=query)
        assert (response.status_code, response.json()) == (422, {"errors": ["query must be provided"]})
    assert http.get("/3/search/movie", params={"query": "fincher"}).status_code == 200


def test_a_lookup_by_external_id_needs_its_recording() -> None:
    known = catalogue(fixture(FIND, "/3/find/tt1", {"movie_results": []}, external_source="imdb_id"))
    assert found(known, FIND, "/3/find/tt1", external_source="imdb_id") == {"movie_results": []}
    assert found(known, FIND, "/3/find/tt1", external_source="tvdb_id") is None
    assert found(known, FIND, "/3/find/tt2", external_source="imdb_id") is None


def test_a_credential_in_the_path_matches_any() -> None:
    known = catalogue(fixture(RATED, "/3/guest_session/REDACTED/rated", page(1, 1)))
    assert found(known, RATED, "/3/guest_session/9e575e55/rated") == page(1, 1)


def test_a_credential_in_the_path_is_redacted() -> None:
    route = catalogue().route("/3/guest_session/9e575e55/rated")
    assert route is not None
    assert route.redacted_path == "/3/guest_session/REDACTED/rated"


def test_a_response_may_be_an_array() -> None:
    known = catalogue(fixture(COUNTRIES, "/3/configuration/countries", [{"iso_3166_1": "DE"}]))
    assert found(known, COUNTRIES, "/3/configuration/countries") == [{"iso_3166_1": "DE"}]


def test_the_recording_with_the_most_similar_query_is_used() -> None:
    plain = fixture(COUNTRIES, "/3/configuration/countries", ["plain"])
    german = fixture(COUNTRIES, "/3/configuration/countries", ["german"], language="de-DE")
    for known in (catalogue(plain, german), catalogue(german, plain)):
        assert found(known, COUNTRIES, "/3/configuration/countries") == ["plain"]
        assert found(known, COUNTRIES, "/3/configuration/countries", language="de-DE") == ["german"]
        assert found(known, COUNTRIES, "/3/configuration/countries", language="fr-FR") == ["plain"]


def test_the_page_outweighs_the_rest_of_the_query() -> None:
    known = catalogue(
        fixture(SEARCH, "/3/search/movie", page(1, 1), query="x", language="de"), fixture(SEARCH, "/3/search/movie", page(2, 2), query="x", page="2")
    )
    assert found(known, SEARCH, "/3/search/movie", query="x", language="de", page="2") == page(2, 2)
    assert found(known, SEARCH, "/3/search/movie", query="x", page="3")["page"] == 3
    assert found(known, SEARCH, "/3/search/movie", query="x", page="4")["results"] == []


def test_a_recorded_error_is_used_by_its_status_code() -> None:
    error = {"success": False, "status_code": 34, "status_message": "as recorded"}
    known = catalogue(fixture(SEASON, "/3/tv/1/season/9", error, status=404))
    assert known.error_body(34) == error
    assert known.error_body(7) is None
    assert found(known, SEASON, "/3/tv/1/season/9") is None
