"""A fake, and plain httpx clients connected to it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.conftest import GUEST_SESSION, SESSION, TOKEN, USER_TOKEN
from tmdbkit.testing import FakeTMDB


@pytest.fixture
def fake() -> FakeTMDB:
    fake = FakeTMDB()
    fake.users.add("ann", session_id=SESSION, access_token=USER_TOKEN)
    fake.users.add_guest(GUEST_SESSION)
    return fake


@pytest.fixture
def anonymous(fake: FakeTMDB) -> Iterator[httpx.Client]:
    with httpx.Client(transport=fake.transport, base_url="https://api.themoviedb.org") as client:
        yield client


@pytest.fixture
def http(fake: FakeTMDB) -> Iterator[httpx.Client]:
    with httpx.Client(transport=fake.transport, base_url="https://api.themoviedb.org", headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        yield client
