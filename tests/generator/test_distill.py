"""Distilling: removed, kept and rejected content."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.bundle import Spec
from generator.lint import lint
from generator.recordings.distill import FACTS, MAX_WORDS_OF_FACTS, Distiller, DistillError, main
from generator.recordings.exchanges import MISSING, Exchange
from tests.conftest import bundle, fixture_named, fixtures

from .sample_spec import A_MOVIE, MOVIE, edited, written

SENTENCE = "Nobody but the one who wrote this long sentence may say where it is printed again."
SECRET = "5ecre7-planted-by-the-test"


@cache
def distiller(rows: int = 2) -> Distiller:
    return Distiller(bundle(), rows)


def distil(exchange: Exchange, rows: int = 2, **options: Any) -> dict[str, Any]:
    return distiller(rows).fixture(exchange, **options).document


def exchange(name: str, **changed: Any) -> Exchange:
    """An exchange like the one of a fixture."""
    fixture = fixture_named(name)
    request, response = fixture["request"], copy.deepcopy(fixture["response"])
    recorded = Exchange(
        location="recordings.jsonl:1",
        method=request["method"],
        path=request["path"],
        status=response["status"],
        body=response["body"],
        query=dict(request["query"]),
        request_body=request["body"],
        headers=response["headers"],
        origin="wire",
        date="2026-08-16T12:00:00",
        source="somebody/something",
    )
    return replace(recorded, **changed)


def movie(**changed: Any) -> dict[str, Any]:
    return {**copy.deepcopy(fixture_named("movies/popular")["response"]["body"]["results"][0]), **changed}


def page(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"page": 1, "results": list(rows), "total_pages": 1, "total_results": len(rows)}


def results(recorded: Exchange, rows: int = 2) -> Any:
    return distil(recorded, rows)["response"]["body"]["results"]


def change(value: Any) -> dict[str, Any]:
    item = {"id": "65f000000000000000000001", "action": "updated", "time": "2024-03-01 12:00:00 UTC", "iso_639_1": "", "iso_3166_1": "", "value": value}
    return {"changes": [{"key": "anything", "items": [item]}]}


def value_left_of(value: Any) -> Any:
    body = distil(exchange("movies/changes", body=change(value)))["response"]["body"]
    return body["changes"][0]["items"][0]["value"]


class TestRemoved:
    @pytest.mark.parametrize("name", ["api_key", "session_id", "guest_session_id", "access_token", "a_parameter_that_the_spec_does_not_know"])
    def test_the_query_keeps_only_what_the_operation_declares(self, name: str) -> None:
        document = distil(exchange("movies/popular", query={"page": "1", name: SECRET}))
        assert document["request"]["query"] == {"page": "1"}
        assert SECRET not in json.dumps(document)

    def test_only_four_headers_are_kept(self) -> None:
        headers = {"Content-Type": "application/json", "ETag": 'W/"1"', "Set-Cookie": SECRET, "Authentication-Callback": SECRET, "Retry-After": "1"}
        assert distil(exchange("movies/popular", headers=headers))["response"]["headers"] == {
            "content-type": "application/json",
            "etag": 'W/"1"',
            "retry-after": "1",
        }

    def test_credentials_in_bodies_become_placeholders(self) -> None:
        login = {"username": SECRET, "password": SECRET, "request_token": SECRET}
        response = {"success": True, "expires_at": "2026-01-01 00:00:00 UTC", "request_token": SECRET}
        document = distil(exchange("authentication/create_session_with_login", request_body=login, body=response))
        assert document["request"]["body"] == {"username": "username", "password": "password", "request_token": "request-token"}
        assert document["response"]["body"] == {**response, "request_token": "request-token"}

    def test_a_credential_in_a_path_becomes_a_placeholder(self) -> None:
        other = copy.deepcopy(bundle())
        item = other["paths"]["/3/movie/popular"]["get"]
        item["parameters"] = [{"name": "guest_session_id", "in": "path", "required": True, "schema": {"type": "string"}}]
        other["paths"] = {"/3/guest_session/{guest_session_id}/rated": {"get": item}}
        recorded = exchange("movies/popular", path=f"/3/guest_session/{SECRET}/rated", query={})
        assert Distiller(other).fixture(recorded).document["request"]["path"] == "/3/guest_session/guest-session-id/rated"

    def test_an_undeclared_body_is_dropped(self) -> None:
        assert distil(exchange("movies/popular", request_body={"password": SECRET}))["request"]["body"] is None

    @pytest.mark.parametrize("place", ["homepage", "status", "imdb_id"])
    def test_a_repeated_credential_is_rejected(self, place: str) -> None:
        recorded = exchange("movies/details", query={"api_key": SECRET})
        recorded.body[place] = f"https://example.org/?key={SECRET}"
        with pytest.raises(DistillError, match="repeats a credential") as caught:
            distil(recorded)
        assert SECRET not in str(caught.value)

    def test_prose_is_replaced(self) -> None:
        body = distil(exchange("movies/details", body={**fixture_named("movies/details")["response"]["body"], "overview": SENTENCE, "tagline": "Short."}))
        assert body["response"]["body"]["overview"] == "The overview in our own words."
        assert body["response"]["body"]["tagline"] == "The tagline in our own words."

    @pytest.mark.parametrize("nothing", ["", " "])
    def test_empty_prose_is_kept(self, nothing: str) -> None:
        assert results(exchange("movies/popular", body=page(movie(overview=nothing))))[0]["overview"] == nothing

    def test_personal_data_is_replaced(self) -> None:
        review = {
            "author": "Jane D.",
            "author_details": {"name": "", "username": "janed", "avatar_path": "/jane.jpg", "rating": 7.5},
            "content": SENTENCE,
            "created_at": "2025-01-01T16:13:12.690Z",
            "id": "677569986234c1b46f61987d",
            "updated_at": "2025-01-01T16:13:12Z",
            "url": "https://www.themoviedb.org/review/677569986234c1b46f61987d",
        }
        nobody = {**review, "author_details": {**review["author_details"], "avatar_path": None, "rating": None}}
        left, left_of_nobody = results(exchange("movies/reviews", body={"id": 1, **page(review, nobody)}))
        assert left == {
            **review,
            "author": "A reviewer",
            "author_details": {"name": "", "username": "reviewer", "avatar_path": "/avatar.jpg", "rating": 7.5},
            "content": "The content in our own words.",
            "url": "https://www.example.org/reviewer",
        }
        assert left_of_nobody["author_details"]["avatar_path"] is None

    def test_long_texts_of_open_types_are_replaced(self) -> None:
        assert value_left_of(SENTENCE) == "The value in our own words."
        assert value_left_of("Two words") == "The value in our own words."
        assert value_left_of({"title": SENTENCE, "texts": [SENTENCE]}) == {"title": "The title in our own words.", "texts": ["The texts in our own words."]}

    def test_texts_of_open_types_count_as_prose(self) -> None:
        other = copy.deepcopy(bundle())
        del other["components"]["schemas"]["ChangeItem"]["properties"]["value"]["x-redact"]
        document = Distiller(other).fixture(exchange("movies/changes", body=change("Two words"))).document
        assert "Two words" not in json.dumps(document)


class TestKept:
    def test_facts_are_kept(self) -> None:
        row = movie(title="Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb", vote_average=8.1, release_date="1964-01-29")
        (left,) = results(exchange("movies/popular", body=page(row)))
        assert {**left, "overview": row["overview"]} == {**row, "genre_ids": left["genre_ids"]}

    @pytest.mark.parametrize(
        "value", [139, 7.5, True, None, "", "tt0137523", "/a.jpg", "2024-03-01", ["en", "de"], {"name": "Edward Norton", "person_id": 819}]
    )
    def test_facts_of_open_types_are_kept(self, value: Any) -> None:
        assert value_left_of(value) == value

    def test_the_source_is_recorded(self) -> None:
        document = distil(exchange("movies/popular"))
        assert (document["operation_id"], document["evidence"], document["source"]) == ("movies_popular", "wire", "somebody/something, 2026-08-16")
        document = distil(exchange("movies/popular", origin=""), evidence="capture", source="a file")
        assert (document["evidence"], document["source"]) == ("capture", "a file")

    def test_the_security_is_the_first_matching_alternative(self) -> None:
        assert distil(exchange("movies/account_states", query={}))["request"]["security"] == ["access_token", "session_id"]
        query = {"api_key": SECRET, "guest_session_id": SECRET}
        assert distil(exchange("movies/account_states", query=query))["request"]["security"] == ["api_key", "guest_session_id"]
        assert distil(exchange("movies/popular"), security=["api_key"])["request"]["security"] == ["api_key"]

    def test_a_failure_can_be_distilled(self) -> None:
        document = distil(exchange("movies/details.not_found"))
        assert (document["response"]["status"], document["response"]["body"]["status_code"]) == (404, 34)

    @pytest.mark.parametrize("fixture", fixtures(), ids=lambda fixture: fixture["name"])
    def test_distilling_a_fixture_changes_nothing(self, fixture: dict[str, Any]) -> None:
        document = distil(exchange(fixture["name"]), rows=10, security=fixture["request"]["security"])
        assert document["request"] == fixture["request"]
        assert document["response"] == fixture["response"]


class TestLists:
    def test_a_few_rows_are_kept_in_order(self) -> None:
        rows = [movie(id=number) for number in range(20)]
        assert [row["id"] for row in results(exchange("movies/popular", body=page(*rows)))] == [0, 1]
        assert [row["id"] for row in results(exchange("movies/popular", body=page(*rows)), rows=5)] == [0, 1, 2, 3, 4]

    @pytest.mark.parametrize(
        "rare",
        [{"poster_path": None}, {"overview": ""}, {"genre_ids": []}, {"vote_average": 7}, {"media_type": "movie"}],
        ids=["null", "empty text", "empty list", "other type", "other key"],
    )
    def test_a_row_with_another_shape_is_kept(self, rare: dict[str, Any]) -> None:
        common = movie(vote_average=7.5, poster_path="/a.jpg", overview=SENTENCE, genre_ids=[1])
        rows = [*({**common, "id": number} for number in range(19)), {**common, "id": 19, **rare}]
        assert [row["id"] for row in results(exchange("movies/popular", body=page(*rows)))] == [0, 19]

    def test_a_row_with_a_missing_key_is_kept(self) -> None:
        rows = [movie(id=number, softcore=False) for number in range(20)]
        del rows[12]["softcore"]
        assert [row["id"] for row in results(exchange("movies/popular", body=page(*rows)))] == [0, 12]

    def test_an_extra_row_is_kept_for_its_shape(self) -> None:
        rows = [movie(id=number, poster_path="/a.jpg", backdrop_path="/a.jpg") for number in range(20)]
        rows[7]["poster_path"] = rows[9]["backdrop_path"] = None
        assert [row["id"] for row in results(exchange("movies/popular", body=page(*rows)))] == [0, 7, 9]

    def test_nested_lists_are_trimmed(self) -> None:
        (row,) = results(exchange("movies/popular", body=page(movie(genre_ids=[1, 2, 3, 4]))))
        assert row["genre_ids"] == [1, 2]
        assert results(exchange("movies/popular", body=page())) == []

    def test_a_map_keeps_familiar_countries(self) -> None:
        provider = {"display_priority": 1, "logo_path": "/a.jpg", "provider_id": 8, "provider_name": "Netflix"}
        countries = {country: {"link": f"https://www.themoviedb.org/?{country}", "flatrate": [provider] * 9} for country in ("AD", "DE", "FR", "JP", "US")}
        countries["FR"]["rent"] = [provider]
        left = results(exchange("movies/watch_providers", body={"id": 1, "results": countries}))
        assert list(left) == ["DE", "FR", "US"]
        assert len(left["DE"]["flatrate"]) == 2


class TestRejected:
    def test_an_unknown_operation(self) -> None:
        with pytest.raises(DistillError, match="no operation of the spec matches GET /3/nowhere"):
            distil(exchange("movies/popular", path="/3/nowhere"))

    def test_an_unlisted_status(self) -> None:
        with pytest.raises(DistillError, match="no response with the status 418"):
            distil(exchange("movies/popular", status=418))

    @pytest.mark.parametrize(
        "body",
        [{}, [], None, MISSING, page(movie(id="one")), page({"id": 1}), {**page(), "a_key_that_the_spec_does_not_know": 1}],
        ids=["empty", "list", "null", "not JSON", "wrong type", "missing keys", "unknown key"],
    )
    def test_a_nonconforming_response(self, body: Any) -> None:
        with pytest.raises(DistillError, match=r"recordings.jsonl:1: movies_popular: the response (violates|is not JSON)"):
            distil(exchange("movies/popular", body=body))

    @pytest.mark.parametrize("body", [None, {}, {"value": 11}, MISSING])
    def test_a_nonconforming_request_body(self, body: Any) -> None:
        with pytest.raises(DistillError, match=r"the request (violates|is not JSON)"):
            distil(exchange("movies/add_rating", request_body=body))

    def test_an_unknown_level_of_evidence(self) -> None:
        with pytest.raises(DistillError, match="its evidence is '', not one of wire"):
            distil(exchange("movies/popular", origin=""))

    def test_an_unaccepted_security_scheme(self) -> None:
        with pytest.raises(DistillError, match="session_id does not authenticate it"):
            distil(exchange("movies/popular"), security=["session_id"])

    @pytest.mark.parametrize(
        "sentence",
        [SENTENCE, "誰にも知られずにこの長い文章を書いた人だけが、それをもう一度どこに印刷するかを決めてよいのです。", "x" * 400, SENTENCE.replace(" ", "\n")],
        ids=["English", "Japanese", "one long word", "lines"],
    )
    def test_an_unmarked_sentence(self, sentence: str) -> None:
        other = copy.deepcopy(bundle())
        del other["components"]["schemas"]["MovieRow"]["properties"]["overview"]["x-redact"]
        with pytest.raises(DistillError, match=r"\$\.results\[0\]\.overview: a text of \d+ words; mark it"):
            Distiller(other).fixture(exchange("movies/popular", body=page(movie(overview=sentence))))

    def test_a_name_with_too_many_words(self) -> None:
        with pytest.raises(DistillError, match="title: a text of"):
            distil(exchange("movies/popular", body=page(movie(title="word " * (MAX_WORDS_OF_FACTS + 1)))))

    def test_a_key_that_is_a_sentence(self) -> None:
        with pytest.raises(DistillError, match="a key is a text of"):
            distil(exchange("movies/changes", body=change({SENTENCE: 1})))

    def test_an_invalid_variant(self, tmp_path: Path) -> None:
        with pytest.raises(DistillError, match="the variant"):
            distiller().fixture(exchange("movies/popular")).write(tmp_path, "../elsewhere")
        assert list(tmp_path.iterdir()) == []


def test_distilling_is_deterministic(tmp_path: Path) -> None:
    paths = [Distiller(bundle()).fixture(exchange("movies/details.appended")).write(tmp_path / folder, "appended") for folder in ("one", "other")]
    assert paths[0] == tmp_path / "one" / "movies" / "details.appended.json"
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert [path.name for path in paths[0].parent.iterdir()] == ["details.appended.json"]


class TestTheCommand:
    def recordings(self, folder: Path, *exchanges: Exchange) -> str:
        path = folder / "recordings.jsonl"
        path.write_text("\n".join(json.dumps({key: value for key, value in vars(one).items() if key != "location"}) for one in exchanges), encoding="utf-8")
        return str(path)

    def test_the_best_conforming_exchange_is_used(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        recordings = self.recordings(
            tmp_path,
            exchange("movies/popular", origin="capture", body=page(movie(id=1))),
            exchange("movies/popular", body={"page": "one"}),
            exchange("movies/popular", body=page(movie(id=3))),
            exchange("movies/top_rated", body=page(movie(id=4))),
        )
        assert main([recordings, "--operation", "movies_popular", "--variant", "small", "--fixtures", str(tmp_path)]) == 0
        written = json.loads((tmp_path / "movies" / "popular.small.json").read_text(encoding="utf-8"))
        assert written["response"]["body"]["results"][0]["id"] == 3
        assert "popular.small.json" in capsys.readouterr().out

    def test_the_named_entry_is_used(self, tmp_path: Path) -> None:
        recordings = self.recordings(tmp_path, *(exchange("movies/popular", body=page(movie(id=number))) for number in range(12)))
        assert main([recordings, "--operation", "movies_popular", "--entry", "2", "--fixtures", str(tmp_path)]) == 0
        assert json.loads((tmp_path / "movies" / "popular.json").read_text(encoding="utf-8"))["response"]["body"]["results"][0]["id"] == 1

    def test_an_operation_without_a_fixture_gets_its_first(self, tmp_path: Path) -> None:
        spec = written(tmp_path, edited((A_MOVIE, "", "")))
        assert [finding.rule for finding in lint(spec)] == ["fixture-of-operation"]
        recordings = self.recordings(tmp_path, Exchange("", "GET", "/3/movie/550", 200, MOVIE, origin="wire"))
        assert main([recordings, "--operation", "movies_details", "--spec", str(spec.root), "--fixtures", str(tmp_path / "tests" / "fixtures")]) == 0
        assert lint(Spec(spec.root)) == []

    @pytest.mark.parametrize(
        ("recorded", "reason"),
        [
            (exchange("movies/popular", body={"page": "one"}), "violates the spec"),
            (exchange("movies/popular", path="/3/nowhere"), "no exchange of that operation"),
        ],
        ids=["nonconforming", "another operation"],
    )
    def test_a_rejected_exchange_writes_nothing(self, recorded: Exchange, reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = tmp_path / "fixtures"
        before = distiller().fixture(exchange("movies/popular")).write(folder).read_bytes()
        assert main([self.recordings(tmp_path, recorded), "--operation", "movies_popular", "--fixtures", str(folder)]) == 1
        assert reason in capsys.readouterr().err
        assert {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")} == {Path("movies/popular.json"): before}


def texts(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The paths of the texts in a JSON value."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from texts(item, (*path, key))


def planted(body: Any, path: tuple[str | int, ...], text: str) -> Any:
    body = copy.deepcopy(body)
    place = body
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = text
    return body


@cache
def marked() -> set[str]:
    """The names of properties that are marked everywhere."""
    schemas = [schema.get("properties", {}) for schema in bundle()["components"]["schemas"].values()]
    names = {name for properties in schemas for name, schema in properties.items() if "x-redact" in schema}
    return {name for name in names if all("x-redact" in properties[name] for properties in schemas if name in properties)}


EVERYWHERE = [(fixture["name"], path) for fixture in fixtures() for path in texts(fixture["response"]["body"])]
MARKED = [(name, path) for name, path in EVERYWHERE if path[-1] in marked()]
WORDS = st.text(st.characters(categories=["L"]), min_size=1, max_size=10)
PROPERTY = settings(deadline=None, max_examples=150, database=None, suppress_health_check=[HealthCheck.too_slow])


@PROPERTY
@given(place=st.sampled_from(MARKED), words=st.lists(WORDS, min_size=9, max_size=60))
def test_no_sentence_in_a_marked_property_survives(place: tuple[str, tuple[str | int, ...]], words: list[str]) -> None:
    name, path = place
    sentence = " ".join(words)
    recorded = exchange(name, body=planted(fixture_named(name)["response"]["body"], path, sentence))
    assert sentence not in json.dumps(distil(recorded, rows=10), ensure_ascii=False)


@PROPERTY
@given(place=st.sampled_from(EVERYWHERE), words=st.lists(WORDS, min_size=MAX_WORDS_OF_FACTS + 1, max_size=80))
def test_no_long_sentence_survives_anywhere(place: tuple[str, tuple[str | int, ...]], words: list[str]) -> None:
    name, path = place
    sentence = " ".join(words)
    try:
        document = distil(exchange(name, body=planted(fixture_named(name)["response"]["body"], path, sentence)), rows=10)
    except DistillError:
        return
    assert sentence not in json.dumps(document, ensure_ascii=False)


@PROPERTY
@given(place=st.sampled_from(EVERYWHERE), words=st.lists(WORDS, min_size=9, max_size=MAX_WORDS_OF_FACTS))
def test_a_sentence_of_middling_length_survives_only_as_a_fact(place: tuple[str, tuple[str | int, ...]], words: list[str]) -> None:
    name, path = place
    sentence = " ".join(words)
    try:
        document = distil(exchange(name, body=planted(fixture_named(name)["response"]["body"], path, sentence)), rows=10)
    except DistillError:
        return
    property_names = [key for key in path if isinstance(key, str)]
    assert sentence not in json.dumps(document, ensure_ascii=False) or property_names[-1] in FACTS
