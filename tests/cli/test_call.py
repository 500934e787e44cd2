"""`tmdbkit call`: every operation of the spec."""

from __future__ import annotations

import gzip
import shlex
from typing import Any

import pytest

from tests.conftest import ROOT, fixtures
from tests.support.calls import arguments_of, operations
from tmdbkit import decode, to_dict
from tmdbkit.cli.operations import cli_example, described, tags
from tmdbkit.cli.settings import secret_variable
from tmdbkit.runtime.operations import PathParameter
from tmdbkit.testing import FakeTMDB

from .conftest import Command

EXAMPLES = {one["operation_id"]: one for one in reversed(fixtures()) if one["response"]["status"] < 300 and one["operation_id"] in operations()}


class _Recording(FakeTMDB):
    """Keeps the last response."""

    content = b""

    def respond(self, *args: Any, **kwargs: Any) -> Any:
        response = super().respond(*args, **kwargs)
        self.content = response.content
        return response


LOGOUTS = {"authentication_delete_session", "v4_auth_delete_access_token"}
"""The operations after which the fake knows its user no more."""


def loaded() -> _Recording:
    fake = _Recording()
    fake.load(ROOT / "tests" / "fixtures")
    return fake


@pytest.fixture(scope="module")
def shared() -> _Recording:
    return loaded()


@pytest.fixture
def recorded(shared: _Recording, request: pytest.FixtureRequest) -> _Recording:
    operation_id = request.node.callspec.params.get("operation_id") if hasattr(request.node, "callspec") else None
    return loaded() if operation_id in LOGOUTS else shared


@pytest.fixture
def fake(recorded: _Recording) -> _Recording:
    return recorded


def test_each_operation_has_an_example() -> None:
    assert len(EXAMPLES) == len(operations()) == sum(len(described(tag)) for tag in tags()) == 178


@pytest.mark.parametrize("operation_id", sorted(EXAMPLES))
def test_an_operation_prints_what_the_client_decodes(operation_id: str, cli: Command, recorded: _Recording) -> None:
    tag, action, operation = operations()[operation_id]
    words = shlex.split(cli_example(described(tag)[action], arguments_of(EXAMPLES[operation_id])))
    assert words[:3] == ["tmdbkit", "call", f"{tag}.{action}"]
    ran = cli(*words[1:], "--json")
    assert ran.code == 0, ran.err
    assert all(line.startswith("tmdbkit: warning: ") for line in ran.err.splitlines())
    sent = recorded.requests[-1]
    assert sent.method == operation.method
    content = recorded.content
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    assert ran.json == to_dict(decode(content, operation.returns()))


@pytest.mark.parametrize("tag", sorted(tags()))
def test_help_names_every_argument_that_is_not_secret(tag: str, cli: Command) -> None:
    for one in described(tag).values():
        ran = cli("call", one.name, "--help")
        assert ran.code == 0
        for argument in one.operation.arguments:
            assert one.texts[argument.name]
            name = f"--{argument.name.replace('_', '-')}" if not isinstance(argument, PathParameter) else argument.name.upper()
            shown = ran.out.replace(f"TMDB_{argument.name.upper()}", "")
            assert (name in shown) is not argument.secret, (one.name, argument.name)
            assert (secret_variable(argument.name) in ran.out) is argument.secret


def test_a_tag_lists_its_actions(cli: Command) -> None:
    ran = cli("call", "reviews")
    assert ran.code == 0
    assert "details" in ran.out


def test_names_of_tmdb_are_options_too(cli: Command) -> None:
    ran = cli("call", "discover.movie", "--vote_average.gte", "8.4", "--jsonl", "--fields", "id")
    assert ran.code == 0
    assert '{"id":550}' in ran.out.splitlines()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["call", "movies.detials", "550"], "Did you mean 'movies.details'?"),
        (["call", "movie.detials", "550"], "Did you mean 'movies.details'?"),
        (["call", "movies.details"], "Missing argument 'MOVIE_ID'"),
        (["call", "movies.details", "x y"], "must be an integer"),
        (["call", "movies.details", "9" * 30], "must be an integer"),
        (["call", "discover.movie", "--sort-by", "popularity"], "did you mean"),
        (["call", "discover.movie", "--with-genres", "18,"], "--with-genres"),
        (["call", "search.movie"], "Missing option '--query'"),
        (["call", "movies.popular", "--page", "2", "--all"], "not both"),
        (["call", "lists.clear", "1"], "confirm is required"),
        (["call", "v4_lists.add_items", "1", "--items", "{"], "--items"),
        (["call", "v4_lists.add_items", "1", "--items", "[" * 99_999], "--items"),
        (["call", "movies.add_rating", "550", "--value", "1_0"], "must be a number"),
        (["call", "movies.add_rating", "550", "--value", "٣"], "must be a number"),
        (["call", "discover.movie", "--certification", "R"], "without certification_country"),
    ],
)
def test_bad_input_sends_nothing(arguments: list[str], message: str, cli: Command, recorded: _Recording) -> None:
    before = len(recorded.requests)
    ran = cli(*arguments)
    assert ran.code == 2
    assert message in ran.err
    assert ran.err.count("\n") == 1
    assert len(recorded.requests) == before
