"""The derived parts of the bundle: errors, headers, URLs of documentation, and examples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from generator.references import resolve

from .sample_spec import A_MOVIE, DETAILS, MOVIE, OPENAPI, RATING, SAMPLE_SPEC, SEARCH, VIDEOS, Edit, edited, exchange, fixture, written

Part = dict[str, Any]
PAGE = "spec/parameters/page.yaml"
MOVIE_PATH, RATING_PATH, SEARCH_PATH = "/3/movie/{movie_id}", "/3/movie/{movie_id}/rating", "/3/search/multi"


def bundle_of(directory: Path, *edits: Edit) -> Part:
    return written(directory, edited(*edits)).bundle


def operation_of(directory: Path, path: str, method: str, *edits: Edit) -> Part:
    operation: Part = bundle_of(directory, *edits)["paths"][path][method]
    return operation


def examples_of(message: Part) -> dict[str, Part]:
    examples: dict[str, Part] = message["content"]["application/json"].get("examples", {})
    return examples


# Errors


@pytest.mark.parametrize(
    ("path", "method", "statuses"),
    [
        (MOVIE_PATH, "get", ["200", "400", "401", "404", "429"]),
        (RATING_PATH, "post", ["201", "400", "401", "404", "422", "429"]),
        (RATING_PATH, "delete", ["200", "401", "404", "429"]),
        (SEARCH_PATH, "get", ["200", "400", "401", "429"]),
    ],
)
def test_an_operation_has_the_errors_of_its_kind(tmp_path: Path, path: str, method: str, statuses: list[str]) -> None:
    assert list(operation_of(tmp_path, path, method)["responses"]) == statuses


def test_a_range_of_days_adds_422(tmp_path: Path) -> None:
    edit = ("spec/parameters/release_date_gte.yaml", "release_date.gte", "start_date")
    assert list(operation_of(tmp_path, SEARCH_PATH, "get", edit)["responses"]) == ["200", "400", "401", "422", "429"]


def test_a_required_parameter_adds_422(tmp_path: Path) -> None:
    edit = ("spec/parameters/release_date_gte.yaml", "in: query", "in: query\nrequired: true")
    assert list(operation_of(tmp_path, SEARCH_PATH, "get", edit)["responses"]) == ["200", "400", "401", "422", "429"]


def test_an_added_error_is_a_component(tmp_path: Path) -> None:
    bundle = bundle_of(tmp_path)
    reference = bundle["paths"][MOVIE_PATH]["get"]["responses"]["404"]
    assert reference == {"$ref": "#/components/responses/NotFound"}
    assert resolve(bundle, reference)["description"] == "The request is rejected."


def test_a_stated_error_stays_and_takes_its_place(tmp_path: Path) -> None:
    edits = [(RATING, "    '201':", "    '404': {$ref: ../../responses/Gone.yaml}\n    '201':"), ("spec/responses/Gone.yaml", "", "description: Gone.\n")]
    responses = operation_of(tmp_path, RATING_PATH, "post", *edits)["responses"]
    assert list(responses) == ["201", "400", "401", "404", "422", "429"]
    assert responses["404"] == {"$ref": "#/components/responses/Gone"}


# Headers


def test_a_cacheable_response_has_caching_headers(tmp_path: Path) -> None:
    response = operation_of(tmp_path, MOVIE_PATH, "get")["responses"]["200"]
    assert response["headers"] == {"Cache-Control": {"$ref": "#/components/headers/CacheControl"}, "ETag": {"$ref": "#/components/headers/ETag"}}


def test_stated_headers_stay(tmp_path: Path) -> None:
    stated = "description: The details.\n      headers: {Callback: {description: A page., schema: {type: string}}}"
    response = operation_of(tmp_path, MOVIE_PATH, "get", (DETAILS, "description: The details.", stated))["responses"]["200"]
    assert list(response["headers"]) == ["Callback", "Cache-Control", "ETag"]


@pytest.mark.parametrize(
    ("path", "method", "edits"),
    [
        (RATING_PATH, "post", []),
        (RATING_PATH, "delete", []),
        (MOVIE_PATH, "get", [(DETAILS, "  parameters:", "  x-changes-state: true\n  parameters:")]),
        (MOVIE_PATH, "get", [(DETAILS, "  parameters:", "  x-no-store: true\n  parameters:")]),
    ],
)
def test_other_responses_have_no_caching_headers(tmp_path: Path, path: str, method: str, edits: list[Edit]) -> None:
    responses = operation_of(tmp_path, path, method, *edits)["responses"]
    assert [status for status, response in responses.items() if "headers" in response] == []


# TMDB's documentation


def test_an_operation_has_the_url_of_its_documentation(tmp_path: Path) -> None:
    operation = operation_of(tmp_path, MOVIE_PATH, "get")
    assert operation["externalDocs"]["url"] == "https://tmdb.example/reference/movie-details"
    assert "x-reference" not in operation


def test_the_url_depends_on_the_version_of_the_api(tmp_path: Path) -> None:
    pages = "{'3': https://tmdb.example/reference/, '4': https://tmdb.example/v4/}"
    edits = [(OPENAPI, "{'3': https://tmdb.example/reference/}", pages), (OPENAPI, "  /3/movie/{movie_id}/videos:", "  /4/movie/{movie_id}/videos:")]
    assert operation_of(tmp_path, "/4/movie/{movie_id}/videos", "get", *edits)["externalDocs"]["url"] == "https://tmdb.example/v4/movie-videos"


def test_an_undocumented_operation_has_no_url(tmp_path: Path) -> None:
    assert "externalDocs" not in operation_of(tmp_path, SEARCH_PATH, "get")


def test_the_bundle_has_no_private_keys_of_the_root(tmp_path: Path) -> None:
    assert {"x-reference", "x-example-summaries"} & bundle_of(tmp_path).keys() == set()


# Examples


def test_a_fixture_is_an_example_of_its_response(tmp_path: Path) -> None:
    response = operation_of(tmp_path, MOVIE_PATH, "get")["responses"]["200"]
    assert examples_of(response) == {"default": {"summary": "The details", "value": MOVIE}}


def test_a_fixture_is_an_example_of_its_request(tmp_path: Path) -> None:
    operation = operation_of(tmp_path, RATING_PATH, "post")
    assert examples_of(operation["requestBody"]) == {"default": {"summary": "Rate a movie", "value": {"value": 8.5}}}


def test_variants_follow_the_default_by_name(tmp_path: Path) -> None:
    variants = [(fixture(f"movies/details.{variant}"), "", SAMPLE_SPEC[A_MOVIE]) for variant in ("page_2", "appended")]
    assert list(examples_of(operation_of(tmp_path, MOVIE_PATH, "get", *variants)["responses"]["200"])) == ["default", "appended", "page_2"]


@pytest.mark.parametrize(
    ("summaries", "summary"),
    [
        ("{}", "Page 2"),
        ("page_2: The second page\n", "The second page"),
        ("page_2: The second page\nmovies/details.page_2: The rest\n", "The rest"),
    ],
)
def test_an_example_has_a_summary(tmp_path: Path, summaries: str, summary: str) -> None:
    edits = [(fixture("movies/details.page_2"), "", SAMPLE_SPEC[A_MOVIE]), ("spec/example_summaries.yaml", "", summaries)]
    examples = examples_of(operation_of(tmp_path, MOVIE_PATH, "get", *edits)["responses"]["200"])
    assert examples["page_2"]["summary"] == summary


def test_a_failed_exchange_is_no_example(tmp_path: Path) -> None:
    unknown = exchange("movies_delete_rating", "/3/movie/0/rating", 404, {"status_code": 34, "status_message": "Unknown."})
    operation = operation_of(tmp_path, RATING_PATH, "delete", (fixture("movies/delete_rating.other"), "", unknown))
    assert list(examples_of(operation["responses"]["200"])) == ["default"]


def test_an_operation_without_a_fixture_has_no_example(tmp_path: Path) -> None:
    response = operation_of(tmp_path, MOVIE_PATH, "get", (A_MOVIE, "", ""))["responses"]["200"]
    assert examples_of(response) == {}


@pytest.mark.parametrize("content", ["{", "[]", '{"a": NaN}', '{"request": 7, "response": {}}'])
def test_a_broken_fixture_is_no_example(tmp_path: Path, content: str) -> None:
    response = operation_of(tmp_path, MOVIE_PATH, "get", (fixture("movies/details.broken"), "", content))["responses"]["200"]
    assert list(examples_of(response)) == ["default"]


# Examples of parameters


def parameter_of(bundle: Part, path: str, position: int) -> Part:
    return resolve(bundle, bundle["paths"][path]["get"]["parameters"][position])


def example_of_page(directory: Path, schema: str, *values: str) -> Any:
    """The example of a parameter that requests have these values of."""
    requests = [(fixture(f"search/multi.{n}"), "", exchange("search_multi", "/3/search/multi", 200, [], page=value)) for n, value in enumerate(values)]
    return parameter_of(
        bundle_of(directory, (fixture("search/multi"), "", ""), (PAGE, "{type: integer, minimum: 1, maximum: 500}", schema), *requests), SEARCH_PATH, 0
    ).get("example")


def test_a_parameter_of_the_path_has_the_value_of_a_request(tmp_path: Path) -> None:
    assert parameter_of(bundle_of(tmp_path), MOVIE_PATH, 0)["example"] == 550


@pytest.mark.parametrize(
    ("schema", "value", "example"),
    [
        ("{type: integer}", "2", 2),
        ("{type: number}", "7.5", 7.5),
        ("{type: boolean}", "false", False),
        ("{type: string}", "2", "2"),
        ("{type: array, items: {type: integer}}", "28,12", [28, 12]),
        ("{anyOf: [{type: integer}, {type: string}]}", "tt0137523", "tt0137523"),
        ("{$ref: ../schemas/MoviePart.yaml}", "videos", "videos"),
        ("{type: array, items: {type: integer}}", "28|12", None),
        ("{type: integer}", "two", None),
        ("{type: boolean}", "perhaps", None),
    ],
)
def test_a_parameter_has_the_value_of_a_request_by_its_type(tmp_path: Path, schema: str, value: str, example: object) -> None:
    assert json.dumps(example_of_page(tmp_path, schema, value)) == json.dumps(example)


def test_the_most_common_value_is_the_example(tmp_path: Path) -> None:
    assert example_of_page(tmp_path, "{type: integer}", "3", "1", "2", "1") == 1


def test_an_example_by_hand_stays(tmp_path: Path) -> None:
    bundle = bundle_of(tmp_path, (PAGE, "in: query\n", "in: query\nexample: 7\n"))
    assert parameter_of(bundle, SEARCH_PATH, 0)["example"] == 7


def test_a_parameter_of_one_operation_has_an_example_of_its_own(tmp_path: Path) -> None:
    own = "{name: page, in: query, description: The page., schema: {type: integer}}"
    edits = [(SEARCH, "{$ref: ../../parameters/page.yaml}", own), (VIDEOS, "movie_id.yaml}\n", f"movie_id.yaml}}\n    - {own}\n")]
    bundle = bundle_of(tmp_path, *edits)
    assert parameter_of(bundle, SEARCH_PATH, 0)["example"] == 2
    assert "example" not in parameter_of(bundle, "/3/movie/{movie_id}/videos", 1)


@pytest.mark.parametrize("marker", ["credential", "personal"])
def test_a_redacted_parameter_shows_no_value_of_a_request(tmp_path: Path, marker: str) -> None:
    bundle = bundle_of(tmp_path, (PAGE, "in: query\n", f"in: query\nx-redact: {marker}\n"))
    assert "example" not in parameter_of(bundle, SEARCH_PATH, 0)


def test_a_request_that_failed_is_no_example(tmp_path: Path) -> None:
    edits = [(name, "", json.dumps({**json.loads(text), "response": {"status": 404, "body": {}}})) for name, text in SAMPLE_SPEC.items() if "fixtures" in name]
    assert "example" not in parameter_of(bundle_of(tmp_path, *edits), MOVIE_PATH, 0)


# Determinism


def test_the_bundle_does_not_depend_on_the_order_of_files(tmp_path: Path) -> None:
    fixtures = {name: text for name, text in SAMPLE_SPEC.items() if name.startswith("tests/")}
    rest = {name: text for name, text in SAMPLE_SPEC.items() if name not in fixtures}
    first = written(tmp_path / "first", {**rest, **fixtures}).bundle
    second = written(tmp_path / "second", {**rest, **dict(reversed(fixtures.items()))}).bundle
    assert json.dumps(first) == json.dumps(second)
