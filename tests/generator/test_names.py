"""Wire names that are no names of Python, or are taken: they are described as they are, and the package is one that works."""

from __future__ import annotations

import copy
import importlib
import json
import pickle
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import httpx
import pydantic
import pytest

from generator.changes.bundles import changes
from generator.render import write_package
from generator.strict_models import write_contract
from generator.text import argument_name, attribute_name, identifier
from tests.conftest import ROOT, TOKEN, bundle
from tmdbkit import TMDB, DecodeError, decode, encode
from tmdbkit.runtime.models import Page, Part

NAMES = {
    "my-key": "my_key",
    "3d": "field_3d",
    "class": "class_",
    "self": "self_",
    "a/b": "a_b",
    "_key": "_key",
    "__class__": "field_class__",
    "key[]": "key",
    "-": "field_",
    "größe": "gr_e",
    "myKey": "myKey",
    "additional_properties": "additional_properties_",
    "is_no_op": "is_no_op_",
    "NOTHING": "NOTHING_",
    "date": "date_",
    "str": "str_",
    "Genre": "Genre_",
    "_repr_html_": "_repr_html__",
    "count": "count_",
    "index": "index_",
    "it's {}": "it_s",
    "options": "options",
    "type": "type",
}
ARGUMENTS = {
    "my-key": "my_key",
    "3d": "field_3d",
    "class": "class_",
    "self": "self_",
    "a/b": "a_b",
    "options": "options_",
    "timeout": "timeout_",
    "deadline": "deadline_",
    "retries": "retries_",
    "headers": "headers_",
    "no_cache": "no_cache_",
    "stale_if_error": "stale_if_error_",
    "extra_query": "extra_query_",
    "extra_body": "extra_body_",
    "ADD_RATING": "ADD_RATING_",
    "operation": "operation",
    "arguments": "arguments",
    "models": "models",
    "date": "date",
    "x.y": "x_y",
}


def described() -> dict[str, Any]:
    """The bundle, where a genre has such keys, and a rating takes such arguments in the query and in the body."""
    described = copy.deepcopy(bundle())
    schemas = described["components"]["schemas"]
    schemas["Genre"]["properties"] |= {name: {"type": "string"} for name in NAMES}
    schemas["Genre"]["required"] += [name for position, name in enumerate(NAMES) if position % 2]
    rating = described["paths"]["/3/movie/{movie_id}/rating"]["post"]
    rating["parameters"] += [{"name": name, "in": "query", "schema": {"type": "string"}} for name in list(ARGUMENTS)[::2]]
    schemas["RatingRequest"]["properties"] |= {name: {"type": "string"} for name in list(ARGUMENTS)[1::2]}
    schemas["ListItemReference"]["properties"] |= {name: {"type": "string"} for name in ("my-key", "class")}
    return described


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[types.ModuleType]:
    """The package that is generated of it, under another name."""
    folder = tmp_path_factory.mktemp("names")
    (folder / "openapi.json").write_text(json.dumps(described()))
    write_package(described(), folder / "odd_openapi")
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(folder)
        yield importlib.import_module("odd_openapi")


@pytest.fixture
def genre(package: types.ModuleType) -> Any:
    return importlib.import_module(f"{package.__name__}.models").Genre


WIRE = {"id": 1, "name": "Drama", **{name: f"text of {name}" for name in NAMES}}


@pytest.mark.parametrize(("wire_name", "name"), NAMES.items())
def test_a_key_has_an_attribute(wire_name: str, name: str) -> None:
    assert attribute_name(wire_name, ["Genre"]) == name
    assert name.isidentifier()


@pytest.mark.parametrize(("wire_name", "name"), ARGUMENTS.items())
def test_a_parameter_has_an_argument(wire_name: str, name: str) -> None:
    assert argument_name(wire_name) == name
    assert name.isidentifier()


def test_what_models_have_themselves_is_taken() -> None:
    own = {name for model in (Page, Part) for name in dir(model) if not name.startswith("__")}
    assert [name for name in own if attribute_name(name, ()) == name] == []


@pytest.mark.parametrize("strict", [False, True])
def test_objects_are_read_and_written_with_such_keys(genre: Any, strict: bool) -> None:
    read = decode(json.dumps(WIRE), genre, strict=strict)
    assert {name: getattr(read, name) for name in NAMES.values()} == {name: f"text of {wire_name}" for wire_name, name in NAMES.items()}
    assert json.loads(encode(read)) == WIRE
    assert read.additional_properties is None


def test_a_tolerant_reading_keeps_what_does_not_fit(genre: Any) -> None:
    drifted = {**WIRE, "class": 7, "brand-new": 1, "my-key": None}
    read = decode(json.dumps(drifted), genre)
    assert (read.class_, read.my_key, read.additional_properties) == (7, None, {"brand-new": 1})
    assert json.loads(encode(read)) == drifted


def test_a_strict_reading_names_the_key_of_the_wire(genre: Any) -> None:
    with pytest.raises(DecodeError, match=r"\$\['my-key'\]: expected str, got integer"):
        decode(json.dumps({**WIRE, "my-key": 7}), genre, strict=True)


def test_models_are_made_changed_and_copied_by_the_names_of_attributes(genre: Any) -> None:
    made = genre(id=1, name="Drama", **{name: f"text of {wire_name}" for wire_name, name in NAMES.items()})
    assert made == decode(json.dumps(WIRE), genre)
    assert json.loads(encode(attrs.evolve(made, class_="another", _key="other"))) == {**WIRE, "class": "another", "_key": "other"}
    assert copy.deepcopy(made) == made == pickle.loads(pickle.dumps(made))


def test_pydantic_knows_the_keys_of_the_wire(genre: Any) -> None:
    adapter = pydantic.TypeAdapter(genre)
    assert adapter.json_schema(mode="validation")["properties"].keys() == WIRE.keys()
    assert adapter.dump_python(adapter.validate_python(WIRE)) == WIRE
    with pytest.raises(pydantic.ValidationError, match="a/b"):
        adapter.validate_python({**WIRE, "a/b": 7})


def test_arguments_are_sent_under_the_names_of_the_wire(package: types.ModuleType) -> None:
    movies = importlib.import_module(f"{package.__name__}.api.movies").Movies
    sent: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(201, json={"success": True, "status_code": 1, "status_message": "Success."})

    with TMDB(TOKEN, session_id="0" * 40, transport=httpx.MockTransport(handle)) as tmdb:
        movies(tmdb).add_rating(550, 8, timeout=5, **{name: f"text of {wire_name}" for wire_name, name in ARGUMENTS.items()})
    given = {name: f"text of {name}" for name in ARGUMENTS}
    body = json.loads(sent[0].content)
    assert body == {"value": 8, **{name: given[name] for name in list(ARGUMENTS)[1::2]}}
    assert {name: sent[0].url.params[name] for name in list(ARGUMENTS)[::2]} == {name: given[name] for name in list(ARGUMENTS)[::2]}


def test_keys_of_a_request_object_are_those_of_the_wire(package: types.ModuleType) -> None:
    reference = importlib.import_module(f"{package.__name__}.types").ListItemReference
    assert {"my-key", "class", "media_id", "media_type"} == reference.__required_keys__ | reference.__optional_keys__
    assert {"my-key", "class"} == reference.__optional_keys__


@pytest.mark.slow
@pytest.mark.parametrize("checker", [["mypy", "--strict", "--follow-imports=silent"], ["pyright"]])
def test_checkers_accept_the_package(package: types.ModuleType, checker: list[str]) -> None:
    folder = Path(str(package.__file__)).parent
    files = [folder / "models" / "genre.py", folder / "api" / "movies.py", folder / "types.py"]
    run = subprocess.run([sys.executable, "-m", *checker, *map(str, files)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


def test_strict_models_have_such_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_contract(described(), tmp_path / "odd_contract")
    monkeypatch.syspath_prepend(tmp_path)
    strict = importlib.import_module("odd_contract.models").Genre
    strict.model_validate_json(json.dumps(WIRE), strict=True)
    with pytest.raises(pydantic.ValidationError):
        strict.model_validate_json(json.dumps({**WIRE, "my-key": 7}), strict=True)
    with pytest.raises(pydantic.ValidationError):
        strict.model_validate_json(json.dumps({**WIRE, "my_key": "unknown"}), strict=True)


def test_a_comparison_names_attributes() -> None:
    found = {change.text for change in changes(bundle(), described())}
    assert "field `Genre.class_` added: `str`" in found
    assert "optional parameter `timeout_` of `movies.add_rating` added: `str`" in found
    assert {change.text for change in changes(described(), bundle())} >= {"field `Genre.my_key` removed"}


def test_names_of_python_stay_as_they_are() -> None:
    names = {name for schema in bundle()["components"]["schemas"].values() for name in schema.get("properties", ())}
    assert {name for name in names if identifier(name) != name} == {"watch/providers"}
