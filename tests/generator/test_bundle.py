"""Loading of YAML 1.2 with line numbers, and bundling."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from generator.bundle import Spec, operations_of
from generator.load import Finding, Location, Mapping, Sequence, SpecError, load

from .sample_spec import DETAILS, SAMPLE_SPEC, Edit, edited, schema, written

SMALL = """\
info: {title: Small, version: '1'}
security: [{key: []}]
paths:
  /one: {$ref: paths/one.yaml}
"""
ONE = """\
get:
  operationId: one
  parameters:
    - {$ref: ../parameters/page.yaml}
  responses:
    '200':
      content:
        application/json:
          schema: {$ref: ../schemas/One.yaml}
"""
FILES = {
    "spec/openapi.yaml": SMALL,
    "spec/paths/one.yaml": ONE,
    "spec/parameters/page.yaml": "name: page\nin: query\n",
    "spec/schemas/One.yaml": "type: object\nproperties:\n  two: {$ref: Two.yaml, description: Another.}\n  more: {type: array, items: {$ref: One.yaml}}\n",
    "spec/schemas/Two.yaml": "type: string\n",
}


def loaded(directory: Path, text: str | bytes) -> Any:
    file = directory / "file.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(file, Path("file.yaml"))


def findings_of(spec: Spec) -> list[str]:
    with pytest.raises(SpecError) as caught:
        spec.bundle
    return sorted(map(str, caught.value.findings))


def small(directory: Path, **files: str) -> Spec:
    """A small spec with additional or replaced files; `paths__one` is `paths/one.yaml`."""
    return written(directory, {**FILES, **{f"spec/{name.replace('__', '/')}.yaml": text for name, text in files.items()}})


# Scalars


@pytest.mark.parametrize(
    "text", ["no", "NO", "yes", "on", "off", "y", "2024-12-26", "2024-12-26 01:02:55 UTC", "1_000", "1:30", "0b11", "3.1.0", "1.2.3", ".inf", "-.", "truee"]
)
def test_scalars_of_yaml_1_1_are_texts(tmp_path: Path, text: str) -> None:
    assert loaded(tmp_path, f"key: {text}") == {"key": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[(text, True) for text in ("true", "True", "TRUE")],
        *[(text, False) for text in ("false", "False", "FALSE")],
        *[(text, None) for text in ("null", "Null", "NULL", "~", "")],
        *[("7", 7), ("-7", -7), ("+7", 7), ("012", 12), ("0o14", 12), ("0x1F", 31)],
        *[("1.5", 1.5), (".5", 0.5), ("1.", 1.0), ("1e3", 1000.0), ("-1.5E-1", -0.15)],
        *[("'7'", "7"), ('"no"', "no"), ("''", ""), ("!!str 7", "7"), ("!!int '7'", 7)],
    ],
)
def test_scalars_of_yaml_1_2_are_resolved(tmp_path: Path, text: str, value: object) -> None:
    read = loaded(tmp_path, f"key: {text}")["key"]
    assert read == value
    assert type(read) is type(value)


def test_keys_are_texts(tmp_path: Path) -> None:
    assert list(loaded(tmp_path, "200: a\nno: b\nnull: c\n1.5: d\n")) == ["200", "no", "null", "1.5"]


# Lines


def test_mappings_and_sequences_know_their_lines(tmp_path: Path) -> None:
    value = loaded(tmp_path, "# A comment.\none: 1\ntwo:\n  - a\n  - {b: 2,\n     c: 3}\nthree:\n  four: >-\n    folded\n    text\n  five: 5\n")
    assert isinstance(value, Mapping)
    assert isinstance(value["two"], Sequence)
    assert [str(place) for place in (value.at(), value.at("one"), value.at("two"), value.at("three"), value.at("nowhere"))] == [
        *("file.yaml:2", "file.yaml:2", "file.yaml:3", "file.yaml:7", "file.yaml:2"),
    ]
    assert [value["two"].at(0).line, value["two"].at(1).line, value["two"][1].at("c").line] == [4, 5, 6]
    assert [value["three"].at("four").line, value["three"].at("five").line] == [8, 11]


def test_findings_have_the_format_of_compilers() -> None:
    assert str(Finding(Location(Path("spec/a.yaml"), 7), "rule", "what is wrong")) == "spec/a.yaml:7: rule: what is wrong"


# Invalid YAML


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("a: 1\nb: 2\na: 3\n", "file.yaml:3: yaml: the key 'a' is repeated"),
        ("a:\n  b: {c: 1, c: 2}\n", "file.yaml:2: yaml: the key 'c' is repeated"),
        ("a: 1\n1: b\n'1': c\n", "file.yaml:3: yaml: the key '1' is repeated"),
        ("a: 1\n? [b]\n: c\n", "file.yaml:2: yaml: a key is a collection"),
        ("a: 1\nb: !thing c\n", "file.yaml:2: yaml: the tag !thing is not supported"),
        ("a: 1\nb: !!timestamp 2024-12-26\n", "file.yaml:2: yaml: the tag tag:yaml.org,2002:timestamp is not supported"),
        ("a: !!int seven\n", "file.yaml:1: yaml: 'seven' is not int"),
        ("a: &itself\n  b: *itself\n", "file.yaml:1: yaml: the value contains itself"),
        ("a: *nowhere\n", "file.yaml:1: yaml: found undefined alias"),
        ("a: 1\nb: [2\nc: 3\n", "file.yaml:3: yaml: did not find expected ',' or ']'"),
        ("a: description: b\n", "file.yaml:1: yaml: a second colon: quote a text that contains `: `"),
        ("a: 1\n---\nb: 2\n", "file.yaml:2: yaml: but found another document"),
        ("", "file.yaml:1: yaml: the file is empty"),
        ("# Only a comment.\n", "file.yaml:1: yaml: the file is empty"),
        (b"a: \xff\n", "file.yaml:1: yaml: the file is not UTF-8"),
        ("a: \x07\n", "file.yaml:1: yaml: control characters are not allowed"),
    ],
)
def test_an_invalid_file_is_reported_with_its_line(tmp_path: Path, text: str | bytes, finding: str) -> None:
    with pytest.raises(SpecError) as caught:
        loaded(tmp_path, text)
    assert str(caught.value) == finding


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"^gone\.yaml:1: file-exists: there is no such file$"):
        load(tmp_path / "gone.yaml", Path("gone.yaml"))


def test_an_anchor_may_be_used_twice(tmp_path: Path) -> None:
    assert loaded(tmp_path, "a: &it {b: 1}\nc: *it\n") == {"a": {"b": 1}, "c": {"b": 1}}


def test_all_invalid_files_are_reported(tmp_path: Path) -> None:
    assert findings_of(small(tmp_path, schemas__Two="a: 1\na: 2\n", paths__one="[")) == [
        "spec/paths/one.yaml:2: yaml: did not find expected node content",
        "spec/schemas/Two.yaml:2: yaml: the key 'a' is repeated",
    ]


# The bundle


def test_files_become_components_and_path_items_are_inlined(tmp_path: Path) -> None:
    assert small(tmp_path).bundle == {
        "info": {"title": "Small", "version": "1"},
        "security": [{"key": []}],
        "paths": {
            "/one": {
                "get": {
                    "operationId": "one",
                    "parameters": [{"$ref": "#/components/parameters/page"}],
                    "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/One"}}}}},
                    "security": [{"key": []}],
                }
            }
        },
        "components": {
            "schemas": {
                "One": {
                    "type": "object",
                    "properties": {
                        "two": {"$ref": "#/components/schemas/Two", "description": "Another."},
                        "more": {"type": "array", "items": {"$ref": "#/components/schemas/One"}},
                    },
                },
                "Two": {"type": "string"},
            },
            "parameters": {"page": {"name": "page", "in": "query"}},
        },
    }


def test_the_version_is_that_of_the_package(tmp_path: Path) -> None:
    assert written(tmp_path, SAMPLE_SPEC).bundle["info"] == {"title": "A small API", "version": "1.2.3"}


def test_components_are_sorted_by_name(tmp_path: Path) -> None:
    assert list(written(tmp_path, SAMPLE_SPEC).bundle["components"]["schemas"]) == sorted(
        Path(file).stem for file in SAMPLE_SPEC if file.startswith("spec/schemas/")
    )


def test_the_bundle_is_plain_json(tmp_path: Path) -> None:
    bundle = written(tmp_path, SAMPLE_SPEC).bundle
    assert json.loads(json.dumps(bundle)) == bundle
    assert '"$ref": "../' not in json.dumps(bundle)


def test_a_file_that_is_no_component_is_inlined(tmp_path: Path) -> None:
    assert written(tmp_path, SAMPLE_SPEC).bundle["x-status-codes"]["1"] == {"http_status": 200, "meaning": "Success."}


def test_an_operation_keeps_its_own_security(tmp_path: Path) -> None:
    bundle = written(tmp_path, SAMPLE_SPEC).bundle
    security = {operation["operationId"]: operation["security"] for _, _, operation in operations_of(bundle)}
    assert security["movies_details"] == [{"access_token": []}, {"api_key": []}]
    assert security["movies_add_rating"] == [{"access_token": [], "session_id": []}, {"api_key": [], "session_id": []}]
    assert bundle["security"] == [{"access_token": []}, {"api_key": []}]


def test_a_discriminator_mapping_points_to_components(tmp_path: Path) -> None:
    row = written(tmp_path, SAMPLE_SPEC).bundle["components"]["schemas"]["SearchRow"]
    assert row["discriminator"] == {
        "propertyName": "media_type",
        "mapping": {"movie": "#/components/schemas/MovieRow", "person": "#/components/schemas/PersonRow"},
    }


def test_a_discriminator_mapping_includes_its_schemas(tmp_path: Path) -> None:
    union = "anyOf: [{$ref: Two.yaml}]\ndiscriminator: {propertyName: kind, mapping: {three: Three.yaml}}\n"
    spec = small(tmp_path, schemas__One=union, schemas__Three="type: object\n")
    assert spec.bundle["components"]["schemas"]["Three"] == {"type": "object"}
    assert spec.root / "schemas" / "Three.yaml" in spec.used


def test_a_property_may_be_called_discriminator(tmp_path: Path) -> None:
    spec = small(tmp_path, schemas__One="properties:\n  discriminator: {$ref: Two.yaml}\n")
    assert spec.bundle["components"]["schemas"]["One"]["properties"] == {"discriminator": {"$ref": "#/components/schemas/Two"}}


def test_used_files_are_those_reachable_from_the_root(tmp_path: Path) -> None:
    spec = small(tmp_path, schemas__Three="type: string\n")
    assert spec.files.keys() - spec.used == {spec.root / "schemas" / "Three.yaml"}


@pytest.mark.parametrize(
    ("edit", "finding"),
    [
        ((DETAILS, "MovieDetails.yaml", "Movie.yaml"), "spec/paths/movies/details.yaml:24: reference: ../../schemas/Movie.yaml is not a file of the spec"),
        (
            (DETAILS, "MovieDetails.yaml", "MovieDetails.yaml#/properties/id"),
            "spec/paths/movies/details.yaml:24: reference: ../../schemas/MovieDetails.yaml#/properties/id is not a file",
        ),
        (
            (DETAILS, "../../schemas/MovieDetails.yaml", "'#/components/schemas/MovieDetails'"),
            "spec/paths/movies/details.yaml:24: reference: #/components/schemas/MovieDetails is not a file",
        ),
        ((DETAILS, "{$ref: ../../schemas/MovieDetails.yaml}", "{$ref: 7}"), "spec/paths/movies/details.yaml:24: reference: 7 is not a file of the spec"),
        ((schema("SearchRow"), "movie: MovieRow.yaml", "movie: MovieRow"), "spec/schemas/SearchRow.yaml:8: reference: MovieRow is not a file of the spec"),
        (
            (schema("SearchRow"), "movie: MovieRow.yaml", "movie: ../status_codes.yaml"),
            "spec/schemas/SearchRow.yaml:8: reference: ../status_codes.yaml is not a schema",
        ),
        (
            ("spec/status_codes.yaml", "# Comments do no harm.", "0: {$ref: status_codes.yaml}"),
            "spec/status_codes.yaml:1: reference: status_codes.yaml refers to itself",
        ),
    ],
)
def test_a_broken_reference_is_reported_with_its_line(tmp_path: Path, edit: Edit, finding: str) -> None:
    (found,) = findings_of(written(tmp_path, edited(edit)))
    assert found.startswith(finding)


def test_all_broken_references_are_reported(tmp_path: Path) -> None:
    assert findings_of(small(tmp_path, paths__one=ONE.replace("One.yaml", "Un.yaml").replace("page.yaml", "pages.yaml"))) == [
        "spec/paths/one.yaml:4: reference: ../parameters/pages.yaml is not a file of the spec; did you mean page.yaml?",
        "spec/paths/one.yaml:9: reference: ../schemas/Un.yaml is not a file of the spec; did you mean One.yaml?",
    ]


@pytest.mark.parametrize(("text", "reason"), [("- 7\n", "the file is not a mapping"), ("7\n", "the file is not a mapping")])
def test_a_root_must_be_a_mapping(tmp_path: Path, text: str, reason: str) -> None:
    assert findings_of(small(tmp_path, openapi=text)) == [f"spec/openapi.yaml:1: file-exists: {reason}"]


def test_a_spec_may_have_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = small(tmp_path).bundle
    monkeypatch.chdir(tmp_path)
    assert Spec(Path("spec")).bundle == bundle
    assert str(Spec(Path("spec")).locate(["paths", "/one"])) == "spec/openapi.yaml:4"


def test_files_outside_the_base_are_shown_in_full(tmp_path: Path) -> None:
    small(tmp_path)
    assert Spec(tmp_path / "spec", tmp_path / "paths").locate([]).path == tmp_path / "spec" / "openapi.yaml"


# From the bundle back to the files


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ([], "spec/openapi.yaml:1"),
        (["tags", 1], "spec/openapi.yaml:11"),
        (["tags", 1, "name"], "spec/openapi.yaml:11"),
        (["paths", "/3/movie/{movie_id}"], "spec/openapi.yaml:15"),
        (["paths", "/3/movie/{movie_id}", "get", "summary"], "spec/paths/movies/details.yaml:5"),
        (["paths", "/3/movie/{movie_id}", "get", "parameters", 0], "spec/paths/movies/details.yaml:7"),
        (["paths", "/3/movie/{movie_id}", "get", "parameters", 0, "name"], "spec/parameters/movie_id.yaml:1"),
        (["paths", "/3/movie/{movie_id}", "get", "parameters", 0, "schema", "anyOf", 1, "pattern"], "spec/parameters/movie_id.yaml:8"),
        (["paths", "/3/movie/{movie_id}", "get", "security"], "spec/paths/movies/details.yaml:1"),
        (["components", "schemas", "MovieDetails"], "spec/schemas/MovieDetails.yaml:1"),
        (["components", "schemas", "MovieDetails", "required", 2], "spec/schemas/MovieDetails.yaml:3"),
        (["components", "schemas", "MovieDetails", "properties", "videos", "properties", "results"], "spec/schemas/Videos.yaml:6"),
        (["components", "schemas", "MovieDetails", "properties", "status", "anyOf", 0, "nothing"], "spec/schemas/MovieStatus.yaml:1"),
        (["paths", "/3/movie/{movie_id}", "get", "responses", "404"], "spec/paths/movies/details.yaml:19"),
        (["components", "schemas", "Nothing"], "spec/openapi.yaml:1"),
        (["components", "securitySchemes", "api_key"], "spec/openapi.yaml:22"),
        (["nothing", "at", "all"], "spec/openapi.yaml:1"),
    ],
)
def test_locate_maps_the_bundle_to_files(tmp_path: Path, keys: list[str | int], place: str) -> None:
    assert str(written(tmp_path, SAMPLE_SPEC).locate(keys)) == place


def test_circular_references_are_reported(tmp_path: Path) -> None:
    spec = small(tmp_path, schemas__One="$ref: Two.yaml\n", schemas__Two="$ref: One.yaml\n")
    assert spec.locate(["components", "schemas", "One", "properties"]).path.parent == Path("spec/schemas")
