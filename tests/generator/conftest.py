"""A server for the maintainers' commands."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.conftest import GUEST_SESSION, SESSION, TOKEN, USER_TOKEN
from tests.support.recorded_tmdb import RecordedTMDB
from tmdbkit.testing import FakeTMDB, FakeTMDBServer

USER = {
    "TMDB_SESSION_ID": SESSION,
    "TMDB_GUEST_SESSION_ID": GUEST_SESSION,
    "TMDB_USER_ACCESS_TOKEN": USER_TOKEN,
    "TMDB_ACCOUNT_ID": "987654321",
    "TMDB_ACCOUNT_OBJECT_ID": "0123456789abcdef01234567",
}


@pytest.fixture(scope="module")
def _server() -> Iterator[FakeTMDBServer]:
    with FakeTMDB().serve() as server:
        yield server


@pytest.fixture
def server(_server: FakeTMDBServer, monkeypatch: pytest.MonkeyPatch) -> FakeTMDBServer:
    """A server with a new fake, which sends recorded responses, and an environment with the application's token only."""
    for name in [name for name in os.environ if name.startswith("TMDB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TMDB_ACCESS_TOKEN", TOKEN)
    _server.fake = RecordedTMDB(account_object_id=USER["TMDB_ACCOUNT_OBJECT_ID"])
    return _server


@pytest.fixture
def as_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that also has all of a user's credentials."""
    for name, value in USER.items():
        monkeypatch.setenv(name, value)
