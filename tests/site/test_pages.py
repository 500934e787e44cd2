"""The pages of the site, before they are rendered."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import re
import shlex
import warnings
from functools import cache
from html import unescape
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

import tmdbkit
from generator.bundle import Spec
from generator.changes.public import MODULES
from generator.paths import FIXTURES, SPEC
from generator.site.build import Site, problems
from generator.site.markup import MOST_JSON, abbreviated, relative
from generator.site.reference import Page, Reference
from generator.site.samples import READER, Sample, sample_world
from tests.conftest import bundle
from tmdbkit.cli.app import run

PUBLIC = [name for name in MODULES if name.startswith("tmdbkit") and name != "tmdbkit.types"]  # types have a page of their own
OPERATIONS = {operation["operationId"]: operation for item in bundle()["paths"].values() for operation in item.values() if isinstance(operation, dict)}


@cache
def site() -> Site:
    return Site()


@cache
def samples() -> dict[str, Sample]:
    return site().reference.samples.by_operation


def page_of(operation_id: str) -> Page:
    tag, method = site().reference.operations[operation_id]
    return site().pages[f"reference/{tag}/{method.name}"]


# Operations


def test_every_operation_has_a_page() -> None:
    assert len(OPERATIONS) >= 178
    for operation_id, operation in OPERATIONS.items():
        assert operation["tags"][0] in page_of(operation_id).path


@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_the_page_of_an_operation_is_complete(operation_id: str) -> None:
    text, operation = page_of(operation_id).text, OPERATIONS[operation_id]
    _, method = site().reference.operations[operation_id]
    assert f"<code>{method.path}</code>" in text
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        f"## {title}" for title in ("Call", "Try it", "Arguments", "Response", "Errors", "Credentials", "What it rests on")
    ]
    assert re.findall(r'^=== "(.+)"', text, re.MULTILINE) == ["Python", "Python, async", "curl", "Command line"]
    for argument in method.arguments:
        assert f"<td><code>{argument.name}</code>" in text
        assert f'name="{argument.wire_name}" data-place' in text
    assert all(f"<tr><td>{status}</td>" in text for status in operation["responses"] if not status.startswith("2"))
    assert operation.get("externalDocs", {}).get("url", "") in text
    if any("examples" in content for response in operation["responses"].values() for content in response.get("content", {}).values()):
        example = json.loads(re.search(r"### Example\n\n```json\n(.*?)\n```", text, re.DOTALL)[1])
        assert example is not None


@pytest.mark.parametrize(
    ("operation_id", "expected"),
    [
        ("movies_details", "<code>credits</code>"),
        ("movies_add_rating", "at least 0.5; at most 10; in steps of 0.5"),
        ("discover_movie", "default: <code>popularity.desc</code>"),
        ("discover_movie", "as <code>vote_average.gte</code>"),
        ("movies_popular", "In the query; default: 1; at least 1; at most 500"),
        ("search_multi", "<code>media_type: person</code>"),
        ("v4_lists_create", "a user's access token of v4"),
        ("account_me", "TMDB's documentation does not have this operation."),
        ("movies_details", "Recordings of the live API confirm this operation."),
        ("movies_add_rating", "https://developer.themoviedb.org/reference/movie-add-rating"),
        ("movies_details", '<strong>34</strong> There is no such resource. <a href="../python/errors.html#notfounderror">'),
    ],
)
def test_a_page_of_an_operation_says(operation_id: str, expected: str) -> None:
    assert expected in page_of(operation_id).text


def environment_of(sample: Sample, fake: Any) -> dict[str, str]:
    """The variables that a sample reads."""
    version = 4 if sample.method.path.startswith("/4/") else 3
    reader = next(user for user in fake.users if user.username == READER["username"])
    return {
        "TMDB_SESSION_ID": READER["session_id"],
        "TMDB_GUEST_SESSION_ID": READER["guest_session_id"],
        "TMDB_USER_ACCESS_TOKEN": READER["user_access_token"],
        "TMDB_REQUEST_TOKEN": fake.users.issue_request_token(version, fake.clock.now())[0],
        "TMDB_ACCOUNT_ID": str(reader.account_id),
        "TMDB_ACCOUNT_OBJECT_ID": reader.account_object_id,
        "TMDB_USERNAME": READER["username"],
        "TMDB_PASSWORD": READER["password"],
    }


@pytest.mark.slow
@pytest.mark.parametrize("operation_id", OPERATIONS)
@pytest.mark.parametrize("tab", ["Python", "Python, async"])
def test_a_sample_runs(operation_id: str, tab: str, monkeypatch: pytest.MonkeyPatch) -> None:
    block = re.search(rf'^=== "{tab}"\n\n    ```python\n(.*?)\n    ```', page_of(operation_id).text, re.DOTALL | re.MULTILINE)[1]
    program = re.sub("^    ", "", block, flags=re.MULTILINE)
    fake, printed = sample_world(), io.StringIO()
    sample = samples()[operation_id]
    if not sample.in_world:
        fake.load(FIXTURES)
    for name, value in environment_of(sample, fake).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TMDB_ACCESS_TOKEN", fake.access_token)
    # The programs run as they stand, but in process: the clients get the transport of the fake.
    for name, client in (("TMDB", fake.client), ("AsyncTMDB", fake.async_client)):
        monkeypatch.setattr(tmdbkit, name, client)
    with contextlib.redirect_stdout(printed), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        exec(compile(program, operation_id, "exec"), {"__name__": "__main__"})
    (request,) = fake.requests
    assert bool(warned) == bool(sample.method.deprecated)
    assert request.method == sample.method.http_method
    assert printed.getvalue() or sample.row


@pytest.mark.slow
@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_a_curl_line_is_answered(operation_id: str) -> None:
    sample, fake = samples()[operation_id], sample_world()
    if not sample.in_world:
        fake.load(FIXTURES)
    block = re.search(r"^    ```bash\n(.*?)\n    ```", page_of(operation_id).text, re.DOTALL | re.MULTILINE)[1]
    variables = {**environment_of(sample, fake), "TMDB_ACCESS_TOKEN": fake.access_token}
    words = iter(shlex.split(re.sub(r"\$(\w+)", lambda match: variables[match[1]], block.replace("\\\n", " "))))
    method, url, headers, body = "GET", "", [], ""
    assert next(words) == "curl"
    for word in words:
        match word:
            case "-X":
                method = next(words)
            case "-H":
                headers.append(tuple(next(words).split(": ")))
            case "-d":
                body = next(words)
            case _:
                url = word
    assert url.startswith("https://api.themoviedb.org/")
    parts = urlsplit(url)
    response = fake.respond(method, parts.path, parts.query, httpx.Headers(headers), body.encode())
    assert response.status < 300, response.content
    assert method == sample.method.http_method


@pytest.mark.slow
@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_a_command_line_is_answered(operation_id: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    sample, fake = samples()[operation_id], sample_world()
    if not sample.in_world:
        fake.load(FIXTURES)
    block = re.search(r'^=== "Command line"\n\n    ```bash\n(.*?)\n    ```', page_of(operation_id).text, re.DOTALL | re.MULTILINE)[1]
    for name, value in {**environment_of(sample, fake), "TMDB_ACCESS_TOKEN": fake.access_token}.items():
        monkeypatch.setenv(name, value)
    comment, line = block.splitlines()
    assert all(os.environ[name] for name in re.findall("TMDB_[A-Z_]+", comment))
    name, *words = shlex.split(line)
    assert name == "tmdbkit"
    with fake.serve() as server:
        assert run([*words, "--base-url", server.base_url, "--yes"]) == 0, capsys.readouterr().err
    (request,) = fake.requests
    assert request.method == sample.method.http_method


def test_an_operation_that_neither_the_world_nor_the_evidence_has_yet_gets_a_page() -> None:
    spec = Spec(SPEC)
    get = spec.bundle["paths"].pop("/3/movie/{movie_id}/keywords")
    spec.bundle["paths"]["/3/movie/{movie_id}/awards"] = get
    get["get"]["operationId"] = "movies_awards"
    reference = Reference(spec, "")
    assert not reference.samples.by_operation["movies_awards"].in_world
    (page,) = (page for page in reference.pages() if page.path == "reference/movies/awards")
    assert "has not been counted yet" in page.text
    assert "tmdb.movies.awards()" in page.text


# Models and types


def test_every_model_has_a_page() -> None:
    for name in {*tmdbkit.models.__all__} - {"UnknownRow"}:
        page = site().pages[f"reference/models/{name}"]
        if hasattr(getattr(tmdbkit.models, name), "__attrs_attrs__"):
            fields = [one.name for one in getattr(tmdbkit.models, name).__attrs_attrs__ if one.name != "additional_properties"]
            assert all(f"<tr><td><code>{field}</code></td>" in page.text for field in fields)


def test_models_and_operations_are_linked_both_ways() -> None:
    assert '<a href="../models/MovieDetails.html">MovieDetails</a>' in page_of("movies_details").text
    assert '<a href="../movies/details.html">' in site().pages["reference/models/MovieDetails"].text
    assert '<a href="Genre.html">Genre</a>' in site().pages["reference/models/MovieDetails"].text
    assert '<a href="MovieDetails.html">MovieDetails</a>' in site().pages["reference/models/Genre"].text


def test_every_type_is_listed() -> None:
    text = site().pages["reference/types"].text
    documented = {*re.findall("^## (.+)$", text, re.MULTILINE)} | {path.rpartition("/")[2] for path in site().pages if "/models/" in path}
    assert {*tmdbkit.types.__all__} - {*tmdbkit.__all__} - documented == set()


# Python


@pytest.mark.parametrize("module", PUBLIC)
def test_every_public_name_has_an_entry(module: str) -> None:
    entries = {
        name for path, page in site().pages.items() if path.startswith("reference/python/") for name in re.findall(r"^## (\w+) \{", page.text, re.MULTILINE)
    }
    loaded = importlib.import_module(module)
    names = {name for name in loaded.__all__ if not isinstance(getattr(loaded, name), ModuleType)}
    assert names
    assert names - entries == set()


def test_errors_are_a_tree() -> None:
    lines = [line for line in site().pages["reference/python/errors"].text.splitlines() if re.match(" *- ", line)]
    depths = {re.search(r"`(\w+)`", line)[1]: (len(line) - len(line.lstrip())) // 4 for line in lines}
    assert {*depths} == {name for name in tmdbkit.errors.__all__ if isinstance(getattr(tmdbkit.errors, name), type)}
    assert (depths["TMDBError"], depths["StatusError"], depths["NotFoundError"], depths["SessionError"]) == (0, 1, 2, 3)


# The whole


def test_llms_has_a_line_for_each_page() -> None:
    lines = re.findall(r"^- \[.+?\]\((.+?)\.html\): .+$", site().llms(), re.MULTILINE)
    assert sorted(lines) == sorted(site().pages)


def test_every_document_of_the_project_is_a_page() -> None:
    for path in (
        "README.md",
        "CONTRIBUTING.md",
        "docs/architecture.md",
        "spec/README.md",
        "generator/README.md",
        "generator/tour/README.md",
        "spec/coverage.md",
    ):
        assert Path(path) in site().documents


def test_a_relative_url() -> None:
    assert relative("reference/movies/details", "reference/models/Genre") == "../models/Genre.html"
    assert relative("index", "reference/types#timewindow") == "reference/types.html#timewindow"
    assert relative("a/b", "a/c") == "c.html"


def test_an_example_is_short() -> None:
    text = abbreviated({"results": [{"id": place, "title": "x" * 500} for place in range(20)]})
    assert len(text) < MOST_JSON
    assert json.loads(text)["results"][-1] == "… 18 more"


def test_faults_of_a_built_site_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<a href="b.html#there">1</a><a href="b.html#here">2</a><a href="c.html">3</a><img src="https://example.org/x.png">')
    (tmp_path / "b.html").write_text('<p id="there">' + "x" * 150_000)
    assert [unescape(problem) for problem in problems(tmp_path)] == [
        "a.html: loads https://example.org/x.png from outside",
        "a.html: links to b.html#here, which has no such anchor",
        "a.html: links to c.html, which does not exist",
        "b.html: has 150014 bytes, more than 150000",
    ]
