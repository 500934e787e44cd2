"""Models in other frameworks: pydantic, FastAPI, Django and Jinja templates, rich, and notebooks."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
from typing import Annotated, Any

import django
import httpx
import pytest
from django.conf import settings
from django.template import Context
from django.template import Template as DjangoTemplate
from fastapi import Body, FastAPI
from jinja2 import Environment
from pydantic import BaseModel, TypeAdapter, ValidationError
from rich.console import Console

from tmdbkit import UNSET, UnknownRow, decode, to_dict
from tmdbkit.models import (
    AccountStates,
    Genre,
    MovieCredits,
    MovieDetails,
    MoviePage,
    MovieRow,
    MultiSearchPage,
    MultiSearchRow,
    PersonRow,
    Rated,
    RequestToken,
    TrendingRow,
    TVRow,
)

from tests.conftest import body_of, bundle, fixture_named

MOVIE = decode(body_of("movies/details.appended"), MovieDetails)
BARE = decode(body_of("movies/details.fight_club"), MovieDetails)
PAGE = decode(body_of("movies/popular"), MoviePage)
ROWS = json.loads(body_of("search/multi.every_kind"))["results"]
PODCAST = {"media_type": "podcast", "id": 7}


# pydantic and FastAPI


class Shelf(BaseModel):
    """A pydantic model with our models as fields."""

    movie: MovieRow
    genres: list[Genre] = []
    seen: MultiSearchRow | None = None


class Client:
    """Calls an application in this process."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def get(self, path: str) -> httpx.Response:
        return asyncio.run(self._send("GET", path))

    def post(self, path: str, json: object) -> httpx.Response:
        return asyncio.run(self._send("POST", path, json=json))

    async def _send(self, method: str, path: str, **body: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self._app), base_url="http://app") as http:
            return await http.request(method, path, **body)


@pytest.fixture(scope="module")
def app() -> Client:
    app = FastAPI()

    @app.get("/movie")
    def movie() -> MovieDetails:
        return MOVIE

    @app.get("/bare")
    def bare() -> MovieDetails:
        return BARE

    @app.get("/rows")
    def rows() -> list[MovieRow]:
        return PAGE.results

    @app.get("/search")
    def search() -> MultiSearchPage:
        return decode(body_of("search/multi.every_kind"), MultiSearchPage)

    @app.get("/row")
    def row() -> MultiSearchRow:
        return UnknownRow(PODCAST)

    @app.get("/shelf")
    def shelf() -> Shelf:
        return Shelf(movie=PAGE.results[0])

    @app.post("/movie")
    def add(movie: Annotated[MovieRow, Body()]) -> str:
        return movie.title

    return Client(app)


def test_a_route_returns_the_json_of_tmdb(app: Client) -> None:
    assert app.get("/movie").json() == json.loads(body_of("movies/details.appended"))
    assert app.get("/bare").json() == fixture_named("movies/details.fight_club")["response"]["body"]
    assert app.get("/rows").json() == json.loads(body_of("movies/popular"))["results"]
    assert app.get("/search").json()["results"] == ROWS
    assert app.get("/row").json() == PODCAST
    assert app.get("/shelf").json()["movie"] == json.loads(body_of("movies/popular"))["results"][0]


def test_a_route_rejects_an_invalid_body(app: Client) -> None:
    row = to_dict(PAGE.results[0])
    assert app.post("/movie", json=row).json() == row["title"]
    assert app.post("/movie", json={**row, "brand_new": 1}).status_code == 200
    rejected = app.post("/movie", json={**row, "title": None})
    assert rejected.status_code == 422
    assert "$.title: expected str, got null" in rejected.text


def test_the_openapi_document_of_an_app_describes_the_models(app: Client) -> None:
    assert app.get("/docs").status_code == 200
    document = app.get("/openapi.json").json()
    components = document["components"]["schemas"]
    assert {"MovieDetails", "MovieCredits", "MovieRow", "Genre", "UnknownRow", "PersonRow", "MultiSearchPage", "Shelf"} <= components.keys()
    described = bundle()["components"]["schemas"]["MovieDetails"]
    ours = components["MovieDetails"]
    assert ours["description"] == described["description"]
    assert ours["properties"].keys() == described["properties"].keys()
    assert sorted(ours["required"]) == sorted(described["required"])
    assert ours["properties"]["budget"]["description"] == described["properties"]["budget"]["description"]
    assert ours["properties"]["credits"]["$ref"] == "#/components/schemas/MovieCredits"
    assert ours["properties"]["title"]["type"] == "string"
    for schema in components.values():
        for reference in references(schema):
            assert reference.rpartition("/")[2] in components


def references(schema: Any) -> list[str]:
    if isinstance(schema, dict):
        return [value for key, value in schema.items() if key == "$ref"] + [found for value in schema.values() for found in references(value)]
    return [found for item in schema for found in references(item)] if isinstance(schema, list) else []


def test_every_pydantic_schema_accepts_the_fixtures() -> None:
    import jsonschema

    for fixture, model in (("movies/details.appended", MovieDetails), ("movies/popular", MoviePage), ("search/multi.every_kind", MultiSearchPage)):
        schema = TypeAdapter(model).json_schema()
        jsonschema.validate(json.loads(body_of(fixture)), schema)
        assert schema == TypeAdapter(model).json_schema(mode="serialization")


@pytest.mark.parametrize("row", [*(row for row in ROWS if row["media_type"] != "collection"), PODCAST], ids=lambda row: row["media_type"])
@pytest.mark.parametrize("union", [MultiSearchRow, UnknownRow | TrendingRow, PersonRow | UnknownRow | TVRow | MovieRow])
def test_the_order_of_union_members_does_not_matter(union: Any, row: dict[str, Any]) -> None:
    kinds = {"movie": MovieRow, "tv": TVRow, "person": PersonRow}
    read = TypeAdapter(union).validate_python(row)
    assert type(read) is kinds.get(row["media_type"], UnknownRow)
    assert to_dict(read) == row


def test_an_invalid_row_with_a_known_tag_is_rejected() -> None:
    with pytest.raises(ValidationError, match="title"):
        TypeAdapter(MultiSearchRow).validate_python({"media_type": "movie", "id": 1})
    for row in ({"media_type": "movie"}, {}, {"media_type": 1}, 7, None):
        with pytest.raises(ValidationError, match="unknown tag"):
            TypeAdapter(UnknownRow).validate_python(row)


def test_a_pydantic_model_may_have_our_models_as_fields() -> None:
    row = next(row for row in ROWS if row["media_type"] == "movie")
    text = json.dumps({"movie": to_dict(PAGE.results[0]), "genres": [{"id": 1, "name": "Drama"}], "seen": row})
    shelf = Shelf.model_validate_json(text)
    assert (shelf.movie, shelf.genres, type(shelf.seen)) == (PAGE.results[0], [Genre(id=1, name="Drama")], MovieRow)
    assert json.loads(shelf.model_dump_json()) == shelf.model_dump() == json.loads(text)
    assert shelf.model_copy(deep=True) == shelf
    with pytest.raises(ValidationError, match="expected int, got string"):
        Shelf.model_validate({"movie": to_dict(PAGE.results[0]), "genres": [{"id": "1", "name": "Drama"}]})
    assert TypeAdapter(Rated).validate_python(False) is False
    assert TypeAdapter(AccountStates).validate_json('{"favorite": false, "watchlist": true, "rated": {"value": 8}}').rated.value == 8  # type: ignore[union-attr]


class Derived(Genre):
    """A user's subclass of a model."""


def test_a_subclass_of_a_model_works_in_pydantic() -> None:
    assert TypeAdapter(Derived).validate_python({"id": 1, "name": "a"}) == Derived(id=1, name="a")
    assert TypeAdapter(Derived).json_schema()["required"] == ["id", "name"]


def test_conflicting_component_names_show_no_private_package() -> None:
    class Genre(BaseModel):
        mine: int

    names = TypeAdapter(tuple[Genre, MovieDetails]).json_schema()["$defs"].keys()
    assert not any("tmdb_openapi" in name for name in names)
    assert any("tmdbkit__models__Genre" in name for name in names)


def test_a_dict_of_models_is_validated() -> None:
    page = TypeAdapter(MoviePage).validate_python({"page": 1, "results": PAGE.results, "total_pages": 1, "total_results": 3})
    assert page.results == PAGE.results
    with pytest.raises(ValidationError, match="key in JSON"):
        TypeAdapter(Genre).validate_python({None: 1})
    with pytest.raises(ValidationError, match=r"function-wrap\[MovieRow"):
        TypeAdapter(MultiSearchRow).validate_python(7)


def test_a_drifted_model_is_passed_on_unchanged() -> None:
    genre = decode(b'{"id": null, "new": 1}', Genre)
    adapter = TypeAdapter(Genre)
    assert adapter.validate_python(genre) is genre
    assert adapter.dump_python(genre) == {"id": None, "new": 1}


def test_only_pydantic_imports_pydantic() -> None:
    program = "import tmdbkit.models, sys; tmdbkit.models.MovieDetails; tmdbkit.decode(b'{\"id\": 1}', tmdbkit.models.Genre); print('pydantic' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


# Templates

TEMPLATE = (
    "[{{ movie.softcore }}|{{ movie.videos }}|{{ movie.videos.results }}|{% if movie.videos %}videos{% endif %}"
    "|{{ movie.title }}|{% if movie.credits %}cast{% endif %}]"
)
FILLED = "[||||Fight Club|cast]"


def movie_without_videos() -> MovieDetails:
    body = {key: value for key, value in json.loads(body_of("movies/details.appended")).items() if key not in ("videos", "softcore")}
    movie = decode(json.dumps(body).encode(), MovieDetails)
    assert movie.softcore is UNSET
    return movie


def test_a_django_template_renders_unset_as_empty() -> None:
    if not settings.configured:
        settings.configure(TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}])
        django.setup()
    assert DjangoTemplate(TEMPLATE).render(Context({"movie": movie_without_videos()})) == FILLED


def test_a_jinja_template_renders_unset_as_empty() -> None:
    assert Environment(autoescape=True).from_string(TEMPLATE).render(movie=movie_without_videos()) == FILLED


# Terminals and notebooks


def printed(value: object) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(value)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_rich_shows_set_fields_and_redacts_credentials() -> None:
    shown = printed(MOVIE)
    assert "budget=63000000" in shown
    assert "MovieCredits(" in shown
    assert "not requested" not in printed(BARE)
    assert "brand_new" in printed(decode(b'{"id": 1, "name": "a", "brand_new": 1}', Genre))
    assert "s3cret" not in printed(RequestToken(expires_at=None, request_token="s3cret", success=True))  # type: ignore[arg-type]


def test_a_page_is_a_table_in_a_notebook() -> None:
    page = decode(body_of("movies/popular"), MoviePage)
    page.results[0].title = "<script>alert(1)</script>"
    table = page._repr_html_()
    assert table.count("<tr>") == len(page.results) + 1
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in table
    assert "<script" not in table
    assert "page 1 of" in table
    for row in page.results[1:]:
        assert row.title in table
    mixed = decode(body_of("search/multi.every_kind"), MultiSearchPage)
    mixed.results.append(UnknownRow(PODCAST))
    assert mixed._repr_html_().count("<tr>") == len(mixed.results) + 1
    assert not any(name in table for name in ("<img", "http:", "https:", "src="))


def test_a_drifted_page_is_a_table() -> None:
    page: Any = decode(b'{"page": null, "results": [null, {"id": 1}, 7]}', MoviePage)
    assert "<table>" in page._repr_html_()
    assert "<table>" in decode(b'{"page": 1, "results": null}', MoviePage)._repr_html_()


def test_only_pages_are_tables() -> None:
    assert not hasattr(Genre(id=1, name="a"), "_repr_html_")
    assert not hasattr(MovieCredits(cast=[], crew=[]), "_repr_html_")
