"""A pytest plugin with the fixture `fake_tmdb`. pytest loads it where tmdbkit is installed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .fake import FakeTMDB
    from .server import FakeTMDBServer

__all__ = ["fake_tmdb"]


@pytest.fixture(scope="session")
def _fake_tmdb_server() -> Iterator[FakeTMDBServer]:
    """One server for the whole run, because starting and stopping it takes longer than most tests."""
    from .fake import FakeTMDB

    with FakeTMDB().serve() as server:
        yield server


@pytest.fixture
def fake_tmdb(_fake_tmdb_server: FakeTMDBServer) -> Iterator[FakeTMDB]:
    """A `tmdbkit.testing.FakeTMDB` that every client of the code under test talks to, including those in other processes.

    `TMDB_BASE_URL` and `TMDB_ACCESS_TOKEN` name a server on loopback and a token that it accepts. So the code under test must build its client during the
    test, and without a `base_url`. Every test gets a new fake.

        def test_my_app(fake_tmdb):
            fake_tmdb.fail_next(status=503, times=3)  # the client makes three attempts
            with pytest.raises(MyAppError):
                my_app.title_of(550)
    """
    from .fake import FakeTMDB

    fake = FakeTMDB()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMDB_BASE_URL", _fake_tmdb_server.base_url)
        patch.setenv("TMDB_ACCESS_TOKEN", fake.access_token)
        patch.delenv("TMDB_API_KEY", raising=False)
        for name in ("NO_PROXY", "no_proxy"):
            patch.setenv(name, ",".join(filter(None, (os.environ.get(name), "127.0.0.1"))))
        _fake_tmdb_server.fake = fake
        yield fake
        # Threads and tasks that outlive the test must not reach the next test's fake.
        _fake_tmdb_server.fake = FakeTMDB()
