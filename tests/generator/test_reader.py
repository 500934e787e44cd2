"""openapi-python-client decides the output: it follows the parsed document, and unparsed parts fail the run."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openapi_python_client.parser import GeneratorData
from openapi_python_client.schema.untrusted_string import UntrustedString

from generator import reader
from generator.reader import GenerationError, document_of, parse, read
from generator.render import write_package
from tests.conftest import bundle

PLANTED = "A planted text."


@pytest.fixture(scope="module")
def parsed() -> GeneratorData:
    return parse(bundle())


@pytest.fixture
def altered(parsed: GeneratorData, tmp_path: Path) -> Callable[[Callable[[GeneratorData], None]], Callable[[str], str]]:
    """Write the package of an altered parsed document; returns a reader of its modules."""

    def write(alter: Callable[[GeneratorData], None]) -> Callable[[str], str]:
        data = copy.deepcopy(parsed)
        alter(data)
        write_package(bundle(), tmp_path / "package", document_of(data))
        return lambda module: (tmp_path / "package" / f"{module}.py").read_text(encoding="utf-8")

    return write


def endpoint(data: GeneratorData, operation_id: str) -> Any:
    return next(one for collection in data.endpoint_collections_by_tag.values() for one in collection.endpoints if one.name == operation_id)


def model(data: GeneratorData, name: str) -> Any:
    return next(one for one in data.models if one.class_info.name == name)


def test_summaries_follow_the_parser(altered: Any) -> None:
    def alter(data: GeneratorData) -> None:
        endpoint(data, "movies_popular").summary = UntrustedString(PLANTED)

    assert altered(alter)("api/movies").count(PLANTED) == 2


def test_response_descriptions_follow_the_parser(altered: Any) -> None:
    def alter(data: GeneratorData) -> None:
        patterns = endpoint(data, "movies_popular").responses.patterns
        next(one for one in patterns if one.status_code.pattern == "200").data.description = UntrustedString(PLANTED)

    assert altered(alter)("api/movies").count(PLANTED) == 2


def test_a_removed_operation_is_not_written(altered: Any) -> None:
    def alter(data: GeneratorData) -> None:
        for collection in data.endpoint_collections_by_tag.values():
            collection.endpoints[:] = [one for one in collection.endpoints if one.name != "movies_popular"]

    written = altered(alter)("api/movies")
    assert "def popular(" not in written
    assert "def top_rated(" in written


def test_paths_and_methods_follow_the_parser(altered: Any) -> None:
    def alter(data: GeneratorData) -> None:
        endpoint(data, "movies_popular").path = UntrustedString("/3/movie/planted")
        endpoint(data, "movies_popular").method = "put"

    written = altered(alter)("api/movies")
    assert "/3/movie/planted" in written
    assert "Endpoint: `PUT /3/movie/planted`" in written


def test_required_parameters_follow_the_parser(altered: Any) -> None:
    def alter(data: GeneratorData) -> None:
        operation = endpoint(data, "movies_popular")
        operation.query_parameters[:] = [_evolved(one, required=one.name.get_untrusted_value() == "page") for one in operation.query_parameters[:2]]

    written = altered(alter)("api/movies")
    assert "def popular(self, page: int, *, language: str | None = None, **options" in written


def test_fields_follow_the_parser(altered: Any) -> None:
    def alter(data: GeneratorData) -> None:
        genre = model(data, "Genre")
        genre.optional_properties = [_evolved(one, required=False, description=UntrustedString(PLANTED)) for one in genre.required_properties]
        genre.required_properties = []
        genre.description = UntrustedString("Another description.")

    written = altered(alter)("models/genre")
    assert "name: str | UnsetType = UNSET" in written
    assert PLANTED in written
    assert "Another description." in written


def test_a_removed_property_is_not_written(altered: Any) -> None:
    def alter(data: GeneratorData) -> None:
        model(data, "Genre").required_properties.pop()

    assert len([line for line in altered(alter)("models/genre").splitlines() if (line.startswith("    ") and ": int" in line) or ": str" in line]) == 1


def _evolved(property_: Any, **changes: Any) -> Any:
    other = copy.copy(property_)
    for name, value in changes.items():
        object.__setattr__(other, name, value)
    return other


LOST = {
    "an operation": (lambda data: _drop(data, "movies_popular"), "did not read the operation movies_popular"),
    "a model": (lambda data: setattr(data, "models", [one for one in data.models if one.class_info.name != "Genre"]), "did not read the schema Genre"),
    "a property": (lambda data: model(data, "Genre").required_properties.pop(), "did not read the property name of Genre"),
    "a parameter": (lambda data: endpoint(data, "movies_popular").query_parameters.clear(), "did not read the parameter page of movies_popular"),
    "a body": (lambda data: endpoint(data, "movies_add_rating").bodies.clear(), "did not read the body of movies_add_rating"),
    "a response": (lambda data: endpoint(data, "movies_popular").responses.patterns.pop(0), "did not read the response 200 of movies_popular"),
}


def _drop(data: GeneratorData, operation_id: str) -> None:
    for collection in data.endpoint_collections_by_tag.values():
        collection.endpoints[:] = [one for one in collection.endpoints if one.name != operation_id]


@pytest.mark.slow
@pytest.mark.parametrize(("lose", "message"), LOST.values(), ids=LOST)
def test_a_part_that_is_not_parsed_fails_the_run(parsed: GeneratorData, monkeypatch: pytest.MonkeyPatch, lose: Callable[[Any], object], message: str) -> None:
    data = copy.deepcopy(parsed)
    lose(data)
    monkeypatch.setattr(reader, "parse", lambda _: data)
    with pytest.raises(GenerationError, match=message):
        read(bundle())


def test_an_invalid_openapi_document_fails_the_run() -> None:
    with pytest.raises(GenerationError, match="openapi-python-client"):
        read({"openapi": "3.1.0", "paths": {}})


HOSTILE = 'Ends """ here; \\N{BEL} \\x {{ 7 * 7 }} {% raw %} and in a quote"'


def test_texts_of_the_spec_are_escaped_in_docstrings(tmp_path: Path) -> None:
    def planted(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: HOSTILE if key in ("description", "summary") and isinstance(item, str) else planted(item) for key, item in value.items()}
        return [planted(item) for item in value] if isinstance(value, list) else value

    hostile = planted(bundle())
    write_package(hostile, tmp_path)
    written = list(tmp_path.rglob("*.py"))
    for path in written:
        documented = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        assert not any(node.value.startswith("Ends") and "{{ 7 * 7 }} {% raw %}" not in " ".join(node.value.split()) for node in documented), path
    assert len(written) > 200
