"""Three validators of the spec agree, on every fixture and on thousands of mutated bodies."""

from __future__ import annotations

import random

import pytest

from tests.conftest import fixtures
from tests.support.mutations import mutated
from tests.support.validators import Fixture, response_schema, client_accepts, schema_accepts, strict_model_accepts, strict_type

MUTATIONS = 30
"""For each fixture."""
SUCCESSES = [fixture for fixture in fixtures() if fixture["response"]["status"] < 300]


def test_there_are_mutations_enough() -> None:
    assert len(SUCCESSES) * MUTATIONS >= 2_000


@pytest.mark.parametrize("fixture", SUCCESSES, ids=lambda fixture: fixture["name"])
def test_validators_agree(fixture: Fixture) -> None:
    schema, rng = response_schema(fixture), random.Random(fixture["name"])
    type_ = strict_type(schema)
    for number in range(MUTATIONS):
        body = fixture["response"]["body"] if number == 0 else mutated(fixture["response"]["body"], rng, count=1)
        verdicts = {"schema": schema_accepts(schema, body), "strict model": strict_model_accepts(type_, body), "client": client_accepts(fixture, body)}
        assert len(set(verdicts.values())) == 1, (verdicts, body)
