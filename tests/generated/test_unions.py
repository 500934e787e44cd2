"""Unions: which member a row is, by its tag or by its keys."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, ClassVar, Literal, get_args

import attrs
import pytest
from pydantic import TypeAdapter, ValidationError

from tmdbkit import UNSET, DecodeError, UnknownRow, decode, to_dict
from tmdbkit.models import MovieRow, MovieSearchRow, TitledCollectionRow
from tmdbkit.runtime import unions
from tmdbkit.runtime.decode import read_body
from tmdbkit.runtime.models import Model
from tmdbkit.runtime.unions import is_untagged, tagged, tags_of, untagged
from tmdbkit.types import UnsetType

from tests.conftest import body_of


@attrs.define(kw_only=True, repr=False)
class Cat(Model):
    kind: str | UnsetType = UNSET
    name: str
    lives: int
    additional_properties: dict[str, Any] | None = None


@attrs.define(kw_only=True, repr=False)
class Dog(Model):
    __wire_names__: ClassVar[dict[str, str]] = {}

    kind: str | UnsetType = UNSET
    name: str
    owner: str | UnsetType = UNSET
    additional_properties: dict[str, Any] | None = None


@attrs.define(kw_only=True, repr=False)
class Fish(Model):
    kind: Literal["fish"] | UnsetType = UNSET
    name: str
    additional_properties: dict[str, Any] | None = None


Tagged = Cat | Dog | UnknownRow
Untagged = Cat | Fish


@pytest.fixture(autouse=True)
def _registered() -> None:
    unions._TAGS.pop(frozenset(get_args(Tagged)), None)
    unions._UNTAGGED.discard(frozenset(get_args(Untagged)))
    tagged(Tagged, "kind", {"cat": Cat, "tiger": Cat, "dog": Dog})
    untagged(Untagged)


def read(body: Any, union: Any) -> tuple[Any, list[tuple[str, str, str]]]:
    reports: list[tuple[str, str, str]] = []
    return read_body(json.dumps(body).encode(), union, lambda *report: reports.append(report)), reports


@pytest.mark.parametrize(("tag", "model"), [("cat", Cat), ("tiger", Cat), ("dog", Dog)])
def test_a_registered_tag_decides(tag: str, model: type[Model]) -> None:
    body = {"kind": tag, "name": "a", **({"lives": 9} if model is Cat else {})}
    for row in (decode(json.dumps(body), Tagged, strict=True), read({**body, "new": 1}, Tagged)[0]):
        assert (type(row), row.kind) == (model, tag)  # type: ignore[attr-defined]
    assert to_dict(decode(json.dumps(body), Tagged)) == body


def test_an_unregistered_tag_is_an_unknown_row_and_reported() -> None:
    row, reports = read({"kind": "bird", "name": "a"}, Tagged)
    assert (type(row), row.tag, row.media_type, row.data) == (UnknownRow, "kind", "bird", {"kind": "bird", "name": "a"})
    assert reports == [("$.kind", "one of cat, tiger, dog", "'bird'")]
    with pytest.raises(DecodeError, match=r"at \$\.kind: expected one of cat, tiger, dog, got 'bird'") as caught:
        decode(b'{"kind": "bird", "name": "a"}', Tagged, strict=True)
    assert caught.value.path == "$.kind"


@pytest.mark.parametrize(("length", "shown"), [(40, f"'{'x' * 40}'"), (41, f"'{'x' * 40}…'")])
def test_a_tag_is_shown_up_to_its_fortieth_character(length: int, shown: str) -> None:
    assert [got for _, _, got in read({"kind": "x" * length}, Tagged)[1]] == [shown]


@pytest.mark.parametrize("tag", [{}, {"kind": None}, {"kind": 7}])
@pytest.mark.parametrize(
    ("keys", "model"),
    [
        ({"name": "a", "lives": 9}, Cat),
        ({"name": "a"}, Dog),
        ({"name": "a", "owner": "b"}, Dog),
        ({"lives": 9}, Cat),
        ({"owner": "b"}, Dog),
        ({"name": "a", "lives": 9, "new": 1}, Cat),
    ],
)
def test_without_a_tag_the_keys_decide(tag: dict[str, Any], keys: dict[str, Any], model: type[Model]) -> None:
    row, _ = read({**tag, **keys}, Tagged)
    assert type(row) is model
    assert to_dict(row) == {**tag, **keys}


@pytest.mark.parametrize(
    ("body", "model"),
    [
        ({"kind": "fish", "name": "a", "lives": 9}, Cat),
        ({"kind": "fish", "name": "a"}, Fish),
        ({"name": "a"}, Fish),
        ({"lives": 9}, Cat),
        ({"name": "a", "lives": None}, Cat),
        ({"name": 7}, Fish),
    ],
)
def test_a_union_without_a_tag_is_decided_by_keys_alone(body: dict[str, Any], model: type[Model]) -> None:
    row, _ = read(body, Untagged)
    assert type(row) is model
    assert to_dict(row) == body


def test_rows_of_a_search_for_movies_need_no_tag() -> None:
    (movie, *_) = json.loads(body_of("search/movie"))["results"]
    movie.pop("media_type", None)
    assert type(decode(json.dumps(movie), MovieSearchRow)) is MovieRow
    collection = {
        "adult": False,
        "backdrop_path": None,
        "id": 1,
        "title": "a",
        "original_title": "a",
        "original_language": "en",
        "overview": "",
        "poster_path": None,
    }
    assert type(decode(json.dumps({**collection, "media_type": "collection"}), MovieSearchRow)) is TitledCollectionRow


def test_only_the_very_union_is_registered() -> None:
    assert tags_of((UnknownRow, Dog, Cat)) == ("kind", {"cat": Cat, "tiger": Cat, "dog": Dog})
    assert tags_of((Cat, Dog)) is None
    assert (is_untagged((Fish, Cat)), is_untagged((Fish, Dog)), is_untagged((Cat, Dog, UnknownRow))) == (True, False, False)


@pytest.mark.parametrize("body", [[1], "text", None, 7])
@pytest.mark.parametrize(("union", "expected"), [(Tagged, "Cat or Dog"), (Untagged, "Cat or Fish")])
def test_a_row_that_is_no_object_is_kept_and_reported(body: Any, union: Any, expected: str) -> None:
    rows, reports = read([body], list[union])
    assert rows == [body]
    assert [(path, words) for path, words, _ in reports] == [("$[0]", expected)]


def test_the_repr_of_an_unknown_row() -> None:
    assert repr(UnknownRow({"media_type": "podcast", "id": 7})) == "UnknownRow(media_type='podcast', 2 keys)"
    assert repr(UnknownRow({"kind": "bird"}, "kind")) == "UnknownRow(kind='bird', 1 keys)"


def test_pydantic_validates_an_unknown_row() -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(UnknownRow)
    row = adapter.validate_python({"media_type": "podcast"})
    assert (type(row), row.data) == (UnknownRow, {"media_type": "podcast"})
    for known in ({"media_type": "movie"}, {"media_type": 7}, 7):
        with pytest.raises(ValidationError, match="not a row with an unknown tag"):
            adapter.validate_python(known)


def test_a_model_that_is_imported_alone_registers_its_union() -> None:
    program = (
        "from tmdb_openapi.models.movie_search_row import MovieSearchRow; from tmdb_openapi.models.trending_row import TrendingRow; "
        "from typing import get_args; from tmdbkit.runtime.unions import is_untagged, tags_of; "
        "print(is_untagged(get_args(MovieSearchRow)), tags_of(get_args(TrendingRow))[0])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "True media_type\n"
