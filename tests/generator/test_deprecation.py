"""What the spec calls deprecated: methods and arguments warn at the line of the caller, and docstrings, checkers and comparisons know it."""

from __future__ import annotations

import asyncio
import copy
import importlib
import inspect
import json
import subprocess
import sys
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pydantic
import pytest

from generator.changes.bundles import changes, listed_changes
from generator.render import write_package
from generator.strict_models import write_contract
from tests.conftest import ROOT, TOKEN, body_of, bundle
from tmdbkit import TMDB, AsyncTMDB, InvalidArgumentError

PACKAGE = "deprecating_openapi"


def described() -> dict[str, Any]:
    """The bundle, where one of each kind is deprecated."""
    described = copy.deepcopy(bundle())
    popular = described["paths"]["/3/movie/popular"]["get"]
    popular |= {"deprecated": True, "description": "TMDB will switch it off. Use `discover.movie`."}
    playing = described["paths"]["/3/movie/now_playing"]["get"]
    playing["parameters"] += [{"name": "area", "in": "query", "deprecated": True, "description": "A country. Use `region`.", "schema": {"type": "string"}}]
    schemas = described["components"]["schemas"]
    schemas["CreateListRequest"]["properties"]["iso"] = {"type": "string", "deprecated": True, "description": "Use `language`."}
    schemas["Genre"]["properties"]["name"] |= {"deprecated": True, "description": "The name. Use `label`."}
    return described


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the package that is generated of it."""
    folder = tmp_path_factory.mktemp("deprecation")
    (folder / "openapi.json").write_text(json.dumps(described()))
    write_package(described(), folder / PACKAGE)
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(folder)
        yield folder


def resource(tag: str, client: TMDB | AsyncTMDB) -> Any:
    """A resource of that package."""
    prefix = "Async" if isinstance(client, AsyncTMDB) else ""
    return getattr(importlib.import_module(f"{PACKAGE}.api.{tag}"), f"{prefix}{tag.capitalize()}")(client)


def answer(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=body_of("movies/popular"))


@pytest.fixture
def movies(package: Path) -> Iterator[Any]:
    with TMDB(TOKEN, transport=httpx.MockTransport(answer)) as tmdb:
        yield resource("movies", tmdb)


@pytest.fixture
def async_movies(package: Path) -> Any:
    return resource("movies", AsyncTMDB(TOKEN, transport=httpx.MockTransport(answer)))


def line() -> int:
    """The line of the test that calls this."""
    frame = inspect.currentframe()
    assert frame
    assert frame.f_back
    return frame.f_back.f_lineno


def assert_warned(caught: list[warnings.WarningMessage], message: str, at: int) -> None:
    assert [(str(one.message), one.category, one.filename, one.lineno) for one in caught] == [(message, DeprecationWarning, __file__, at)]


@pytest.fixture
def caught() -> Iterator[list[warnings.WarningMessage]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield caught


def test_a_deprecated_method_warns_at_the_line_of_the_caller(movies: Any, caught: list[warnings.WarningMessage]) -> None:
    page = movies.popular(page=1)
    assert_warned(caught, "Movies.popular is deprecated. Use `discover.movie`.", line() - 1)
    assert page.page == 1


def test_its_raw_view_warns_there_too(movies: Any, caught: list[warnings.WarningMessage]) -> None:
    for _ in range(2):  # the first look-up makes the method
        caught.clear()
        response = movies.raw.popular(page=1)
        assert_warned(caught, "Movies.popular is deprecated. Use `discover.movie`.", line() - 1)
        assert response.parsed.page == 1


@pytest.mark.parametrize("raw", [False, True])
async def test_an_asynchronous_one_warns_where_it_is_called(async_movies: Any, caught: list[warnings.WarningMessage], raw: bool) -> None:
    call = async_movies.raw.popular if raw else async_movies.popular
    task = asyncio.ensure_future(call(page=1))
    assert_warned(caught, "AsyncMovies.popular is deprecated. Use `discover.movie`.", line() - 1)
    assert (await task).status_code == 200 if raw else (await task).page == 1
    assert len(caught) == 1


def test_a_deprecated_argument_warns_where_it_is_given(movies: Any, caught: list[warnings.WarningMessage]) -> None:
    movies.now_playing(area="DE")
    assert_warned(caught, "the argument area of Movies.now_playing is deprecated. Use `region`.", line() - 1)
    caught.clear()
    movies.raw.now_playing(area="DE")
    assert_warned(caught, "the argument area of Movies.now_playing is deprecated. Use `region`.", line() - 1)


def test_no_other_call_warns(movies: Any, caught: list[warnings.WarningMessage]) -> None:
    movies.now_playing()
    movies.now_playing(area=None, region="DE")
    movies.raw.now_playing(page=2)
    movies.top_rated()
    assert caught == []


async def test_asynchronous_calls_warn_of_arguments(async_movies: Any, caught: list[warnings.WarningMessage]) -> None:
    await async_movies.now_playing(area="DE")
    assert_warned(caught, "the argument area of AsyncMovies.now_playing is deprecated. Use `region`.", line() - 1)


def test_a_deprecated_property_of_a_body_is_such_an_argument(package: Path, caught: list[warnings.WarningMessage]) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(201, content=body_of("lists/create")))
    with TMDB(TOKEN, session_id="0" * 40, transport=transport) as tmdb:
        resource("lists", tmdb).create("name", iso="de")
    assert_warned(caught, "the argument iso of Lists.create is deprecated. Use `language`.", line() - 1)


def test_a_warning_that_is_an_error_sends_nothing_and_shows_no_argument(package: Path) -> None:
    planted = "planted-" + "0" * 32
    with TMDB(TOKEN, transport=httpx.MockTransport(lambda _: pytest.fail("sent"))) as tmdb, warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DeprecationWarning) as raised:
            tmdb.authentication.create_session_by_get(planted)
    frames = traceback.TracebackException.from_exception(raised.value, capture_locals=True).stack
    assert planted not in str([frame.locals for frame in frames if frame.filename != __file__])


def test_a_call_that_fails_behind_the_warning_shows_no_argument(caught: list[warnings.WarningMessage]) -> None:
    planted = "planted-" + "0" * 32
    with TMDB(TOKEN, transport=httpx.MockTransport(lambda _: httpx.Response(500))) as tmdb, pytest.raises(InvalidArgumentError) as raised:
        tmdb.authentication.create_session_with_login_by_get(planted, planted, "")
    frames = traceback.TracebackException.from_exception(raised.value, capture_locals=True).stack
    assert planted not in str([frame.locals for frame in frames if frame.filename != __file__])


def test_the_sessions_by_get_are_deprecated(caught: list[warnings.WarningMessage]) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body_of("authentication/create_session_by_get")))
    with TMDB(TOKEN, transport=transport) as tmdb:
        tmdb.authentication.create_session_by_get("token")
    assert_warned(caught, "Authentication.create_session_by_get is deprecated. Use the POST, `create_session`.", line() - 1)


def test_methods_keep_what_they_are(movies: Any, async_movies: Any) -> None:
    for view in (movies, movies.raw):
        assert view.popular.__name__ == "popular"
        assert view.popular.__deprecated__ == "Use `discover.movie`."
        assert list(inspect.signature(view.popular).parameters) == ["language", "page", "region", "options"]
    if sys.version_info >= (3, 12):
        assert inspect.iscoroutinefunction(async_movies.popular)
        assert inspect.iscoroutinefunction(async_movies.raw.popular)


def test_docstrings_say_it(movies: Any) -> None:
    assert "Deprecated. TMDB will switch it off. Use `discover.movie`." in " ".join(movies.popular.__doc__.split())
    assert "area: Deprecated. A country. Use `region`." in movies.now_playing.__doc__
    source = inspect.getsource(importlib.import_module(f"{PACKAGE}.models.genre"))
    assert '"""Deprecated. The name. Use `label`."""' in source


def test_pydantic_describes_it(package: Path) -> None:
    genre = importlib.import_module(f"{PACKAGE}.models").Genre
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        adapter = pydantic.TypeAdapter(genre)
        assert adapter.validate_python({"id": 1, "name": "Drama"}).name == "Drama"
    assert adapter.json_schema()["properties"]["name"]["deprecated"] is True
    assert "deprecated" not in adapter.json_schema()["properties"]["id"]


def test_strict_models_do_not_warn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_contract(described(), tmp_path / "deprecating_contract")
    monkeypatch.syspath_prepend(tmp_path)
    genre = importlib.import_module("deprecating_contract.models").Genre.model_validate_json('{"id": 1, "name": "Drama"}', strict=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert genre.name == "Drama"


PROGRAM = f"""
from {PACKAGE}.api.movies import AsyncMovies, Movies
from tmdbkit.runtime.resources import Response
from {PACKAGE}.models import MoviePage

async def use(movies: Movies, async_movies: AsyncMovies) -> None:
    movies.popular(page=1)
    response: Response[MoviePage] = movies.raw.popular(page=1)
    await async_movies.popular(page=1)
    awaited: Response[MoviePage] = await async_movies.raw.popular(page=1)
    page: MoviePage = movies.top_rated(page=1)
"""


@pytest.mark.slow
def test_mypy_reports_the_uses(package: Path) -> None:
    assert reported(package, ["mypy", "--strict", "--enable-error-code=deprecated", "--no-error-summary"]) == [7, 8, 9, 10]


def test_pyright_reports_the_uses(package: Path) -> None:
    settings = {"include": ["program.py"], "reportDeprecated": "error", "pythonVersion": "3.11", "extraPaths": [str(package), str(ROOT / "src")]}
    (package / "pyrightconfig.json").write_text(json.dumps(settings))
    assert reported(package, ["pyright", "--project", str(package / "pyrightconfig.json")]) == [7, 8, 9, 10]


def reported(package: Path, checker: list[str]) -> list[int]:
    """The lines of a program in which a checker reports a deprecation; it reports nothing else."""
    (package / "program.py").write_text(PROGRAM)
    files = [] if checker[0] == "pyright" else ["program.py"]
    run = subprocess.run([sys.executable, "-m", *checker, *files], cwd=package, capture_output=True, text=True, check=False)
    found = [text for text in run.stdout.splitlines() if "error" in text and "program.py:" in text]
    assert all("deprecated" in text for text in found), run.stdout
    return [int(text.split("program.py:")[1].partition(":")[0]) for text in found]


def test_a_deprecation_is_compatible() -> None:
    found = changes(bundle(), described())
    reported = [text for text in listed_changes(found) if "deprecated" in text]
    assert reported == [
        "compatible  operation `movies.popular` is now deprecated",
        "compatible  field `Genre.name` is now deprecated",
    ]
    back = [text for text in listed_changes(changes(described(), bundle())) if "deprecated" in text]
    assert back == [text.replace("is now", "is no longer") for text in reported]


def test_a_deprecated_parameter_is_compatible() -> None:
    before = described()
    parameters = before["paths"]["/3/movie/now_playing"]["get"]["parameters"]
    parameters[-1] = {key: value for key, value in parameters[-1].items() if key != "deprecated"}
    assert "compatible  parameter `area` of `movies.now_playing` is now deprecated" in listed_changes(changes(before, described()))
