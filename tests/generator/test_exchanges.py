"""Reading of recordings, and matching of exchanges to operations."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from generator.recordings.exchanges import MISSING, Exchange, RecordingError, read_recordings
from generator.recordings.operations import Operations

LINE = {"method": "GET", "path": "/3/movie/550", "status": 200, "body": {"id": 550}}


def written(folder: Path, content: str | bytes, name: str = "recorded.jsonl") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(folder: Path, content: str | bytes, name: str = "recorded.jsonl") -> list[Exchange]:
    return list(read_recordings(written(folder, content, name)))


def har(content: dict[str, Any] | None = None, **changes: Any) -> str:
    request = {"method": "GET", "url": "https://api.themoviedb.org/3/movie/550?language=de&region="}
    response = {"status": 200, "headers": [{"name": "ETag", "value": "x"}], "content": {"text": '{"id": 550}'} if content is None else content}
    entry = {"startedDateTime": "2026-01-02T03:04:05Z", "request": request, "response": response, **changes}
    return json.dumps({"log": {"entries": [entry]}})


# JSON lines


def test_a_line_is_an_exchange_with_its_location(tmp_path: Path) -> None:
    line = {**LINE, "query": {"page": 2}, "headers": {"etag": "x"}, "origin": "wire", "date": "2026-01-02", "source": "a test", "request_body": {"value": 7}}
    (exchange,) = read(tmp_path, f"\n{json.dumps(line)}\n")
    assert exchange == Exchange(
        location=f"{tmp_path}/recorded.jsonl:2",
        method="GET",
        path="/3/movie/550",
        status=200,
        body={"id": 550},
        query={"page": "2"},
        request_body={"value": 7},
        headers={"etag": "x"},
        origin="wire",
        date="2026-01-02",
        source="a test",
    )


def test_a_line_needs_only_method_path_and_status(tmp_path: Path) -> None:
    (exchange,) = read(tmp_path, '{"method": "DELETE", "path": "/3/x", "status": 200, "query": null, "headers": null, "origin": null}')
    assert (exchange.body, exchange.query, exchange.headers, exchange.origin, exchange.content) == (None, {}, {}, "", None)


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\x0c"])
def test_only_a_newline_ends_a_line(tmp_path: Path, separator: str) -> None:
    text = json.dumps({**LINE, "body": "one#two"}, ensure_ascii=False).replace("#", separator if separator != "\x0c" else "\\f")
    assert [exchange.body for exchange in read(tmp_path, text)] == [f"one{separator}two"]


@pytest.mark.parametrize("content", [b"%s\r\n%s\r\n", b"\xef\xbb\xbf%s\n%s"], ids=["CRLF", "BOM"])
def test_bom_and_crlf_are_accepted(tmp_path: Path, content: bytes) -> None:
    line = json.dumps(LINE).encode()
    assert len(read(tmp_path, content % (line, line))) == 2


@pytest.mark.parametrize("name", ["recorded.jsonl.gz", "recorded.jsonl", "recorded"])
def test_gzip_is_detected_by_content(tmp_path: Path, name: str) -> None:
    assert len(read(tmp_path, gzip.compress(json.dumps(LINE).encode()), name)) == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not an exchange"),
        ("[]", "not a JSON object"),
        ('"text"', "not a JSON object"),
        ("{}", "it has no 'method'"),
        ('{"method": "GET", "path": "/3/x"}', "it has no 'status'"),
        ('{"method": "GET", "path": "/3/x", "status": "200"}', "'status' is '200'"),
        ('{"method": "GET", "path": "/3/x", "status": true}', "'status' is True"),
        ('{"method": "GET", "path": null, "status": 200}', "'path' is None"),
        ('{"method": 1, "path": "/3/x", "status": 200}', "'method' is 1"),
        ('{"method": "GET", "path": "/3/x", "status": 200, "query": [1]}', "not an exchange"),
        ('{"method": "GET", "path": "/3/x", "status": 200, "body": NaN}', "NaN is not JSON"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_an_invalid_line_is_named(tmp_path: Path, line: str, reason: str) -> None:
    exchanges = read_recordings(written(tmp_path, f"{json.dumps(LINE)}\n\n{line}\n"))
    assert next(exchanges).status == 200
    with pytest.raises(RecordingError) as caught:
        next(exchanges)
    assert str(caught.value).startswith(f"{tmp_path}/recorded.jsonl:3: ")
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe", gzip.compress(b"{}", mtime=0)[:-9], gzip.compress(json.dumps(LINE).encode(), mtime=0)[:10] + b"\xff" * 20],
    ids=["no UTF-8", "cut gzip", "corrupt gzip"],
)
def test_an_unreadable_file_is_named(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(RecordingError, match=r"recorded\.jsonl: "):
        read(tmp_path, content)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"nowhere\.jsonl: No such file"):
        list(read_recordings(tmp_path / "nowhere.jsonl"))


# HAR


def test_a_har_entry_is_an_exchange_with_its_location(tmp_path: Path) -> None:
    (exchange,) = read(tmp_path, har(), "recorded.har")
    assert exchange == Exchange(
        location=f"{tmp_path}/recorded.har: entry 1",
        method="GET",
        path="/3/movie/550",
        status=200,
        body={"id": 550},
        query={"language": "de", "region": ""},
        headers={"etag": "x"},
        date="2026-01-02T03:04:05Z",
        content=b'{"id": 550}',
    )


@pytest.mark.parametrize("name", ["recorded.har.gz", "recorded.HAR", "recorded.har"])
def test_har_may_be_gzipped(tmp_path: Path, name: str) -> None:
    assert [exchange.status for exchange in read(tmp_path, gzip.compress(har().encode()), name)] == [200]


def test_base64_content_is_decoded(tmp_path: Path) -> None:
    content = {"text": base64.b64encode('{"name": "Amélie"}'.encode()).decode(), "encoding": "base64"}
    assert read(tmp_path, har(content), "a.har")[0].body == {"name": "Amélie"}


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"text": None},
        {"text": ""},
        {"text": "<html>"},
        {"text": "NaN"},
        {"text": "[" * 100_000},
        {"text": '"\ud800'},
        {"text": base64.b64encode(b"\x89PNG\xff").decode(), "encoding": "base64"},
    ],
    ids=["nothing", "null", "empty", "HTML", "NaN", "deep", "half a character", "image"],
)
def test_a_body_that_is_not_json_is_missing(tmp_path: Path, content: dict[str, Any]) -> None:
    (exchange,) = read(tmp_path, har(content), "a.har")
    assert exchange.body is MISSING
    assert exchange.content is not None


def test_har_request_bodies_are_read(tmp_path: Path) -> None:
    request = {"method": "POST", "url": "https://api.themoviedb.org/3/movie/550/rating", "postData": {"text": '{"value": 7}'}}
    assert read(tmp_path, har(request=request), "a.har")[0].request_body == {"value": 7}
    assert read(tmp_path, har(request={**request, "postData": None}), "a.har")[0].request_body is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"log": {}}', '{"log": {"entries": null}}', '{"log": {"entries": {}}}', "[" * 100_000])
def test_invalid_har_is_rejected(tmp_path: Path, content: str) -> None:
    with pytest.raises(RecordingError, match=r"a\.har: not HAR: "):
        read(tmp_path, content, "a.har")


@pytest.mark.parametrize("changes", [{"request": None}, {"response": {}}, {"response": {"status": 200, "content": {"text": "a", "encoding": "base64"}}}])
def test_an_invalid_har_entry_is_named(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(RecordingError, match=r"a\.har: entry 1: not an exchange: "):
        read(tmp_path, har(**changes), "a.har")


# Operations


def operation(name: str, *parameters: Any) -> dict[str, Any]:
    return {"operationId": name, "parameters": list(parameters)}


def in_path(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "schema": schema}


MOVIE = in_path("movie_id", {"type": "integer"})
OPERATIONS = Operations(
    {
        "paths": {
            "/3/movie/{movie_id}": {"get": operation("movie", {"$ref": "#/components/parameters/movie_id"}), "parameters": [], "summary": "A movie."},
            "/3/movie/latest": {"get": operation("latest")},
            "/3/movie/{movie_id}/rating": {"post": operation("rate", MOVIE), "delete": operation("unrate", MOVIE)},
            "/3/trending/{window}": {"get": operation("trending", in_path("window", {"$ref": "#/components/schemas/Window"}))},
            "/3/find/{id}": {"get": operation("find", in_path("id", {"type": "string"}), {"name": "id", "in": "query", "schema": {"type": "integer"}})},
            "/3/find/known": {"get": operation("known")},
            "/3/person/{id}": {"get": operation("person", in_path("id", {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^nm[0-9]+$"}]}))},
            "/3/collection/{id}": {"get": operation("collection", in_path("id", {"type": "integer"}))},
        },
        "components": {"parameters": {"movie_id": MOVIE}, "schemas": {"Window": {"enum": ["day", "week"]}}},
    }
)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/3/movie/550", "movie"),
        ("get", "/3/movie/550", "movie"),
        ("GET", "/3/movie/latest", "latest"),
        ("GET", "/3/movie/changes", None),
        ("GET", "/3/movie/550/", None),
        ("PUT", "/3/movie/550", None),
        ("POST", "/3/movie/550/rating", "rate"),
        ("DELETE", "/3/movie/550/rating", "unrate"),
        ("GET", "/3/movie/550/rating", None),
        ("GET", "/3/trending/week", "trending"),
        ("GET", "/3/trending/year", None),
        ("GET", "/3/find/tt0137523", "find"),
        ("GET", "/3/find/known", "known"),
        ("GET", "/3/person/nm0000093", "person"),
        ("GET", "/3/person/287", "person"),
        ("GET", "/3/person/popular", None),
        ("GET", "/3/collection/10", "collection"),
        ("GET", "/3/collection/ten", None),
        ("GET", "/3/movie/{movie_id}", "movie"),
        ("GET", "/3/movie/{other}", None),
    ],
)
def test_an_exchange_matches_its_operation(method: str, path: str, expected: str | None) -> None:
    found = OPERATIONS.match(method, path)
    assert (found and found.operation_id) == expected


def test_path_arguments_are_extracted() -> None:
    found = OPERATIONS.match("get", "/3/find/a%20b")
    assert found is not None
    assert (found.method, found.path, found.arguments) == ("GET", "/3/find/{id}", {"id": "a b"})


def test_a_read_only_operation_is_an_unmarked_get_without_a_new_credential() -> None:
    def get(operation_id: str, schema: dict[str, Any], **others: Any) -> dict[str, Any]:
        responses = {"200": {"content": {"application/json": {"schema": schema}}}, "404": {"$ref": "#/components/responses/NotFound"}}
        return {"operationId": operation_id, "tags": ["a"], "responses": responses, **others}

    bundle = {
        "paths": {
            "/3/movie/{movie_id}": {"get": get("details", {"$ref": "#/components/schemas/Details"}), "delete": get("delete", {})},
            "/3/jobs": {"get": get("jobs", {"type": "array", "items": {"type": "string"}})},
            "/3/token/new": {"get": get("new_token", {"$ref": "#/components/schemas/Token"})},
            "/3/list/clear": {"get": get("clear", {}, **{"x-changes-state": True})},
        },
        "components": {
            "schemas": {"Details": {"properties": {"id": {}}}, "Token": {"properties": {"request_token": {"x-redact": "credential"}}}},
            "responses": {"NotFound": {}},
        },
    }
    assert [match.operation_id for match in Operations(bundle).read_only] == ["details", "jobs"]
