"""Three validators of the spec agree, on every fixture and on thousands of mutated bodies."""

from __future__ import annotations

import random

import pytest

from tests.conftest import fixture_named, fixtures
from tests.support.mutations import mutated
from tests.support.validators import Fixture, response_schema, client_accepts, schema_accepts, strict_model_accepts, strict_type

MUTATIONS = 30
"""For each fixture."""
SUCCESSES = [fixture for fixture in fixtures() if fixture["response"]["status"] < 300]


@pytest.mark.parametrize("fixture", SUCCESSES, ids=lambda fixture: fixture["name"])
def test_validators_agree(fixture: Fixture) -> None:
    schema, rng = response_schema(fixture), random.Random(fixture["name"])
    type_ = strict_type(schema)
    for number in range(MUTATIONS):
        body = fixture["response"]["body"] if number == 0 else mutated(fixture["response"]["body"], rng, count=1)
        verdicts = {"schema": schema_accepts(schema, body), "strict model": strict_model_accepts(type_, body), "client": client_accepts(fixture, body)}
        assert len(set(verdicts.values())) == 1, (verdicts, body)


def test_some_mutations_conform_and_some_do_not() -> None:
    fixture, rng = fixture_named("movies/details"), random.Random(1)
    schema = response_schema(fixture)
    assert {schema_accepts(schema, mutated(fixture["response"]["body"], rng, count=1)) for _ in range(MUTATIONS)} == {True, False}
