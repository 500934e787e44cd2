"""A fake TMDB for tests. It serves recorded responses and needs no network, token or quota.

    from tmdbkit.testing import FakeTMDB

    fake = FakeTMDB()
    with fake.client() as tmdb:                             # in process, as an httpx transport
        tmdb.movies.details(550).title                      # "Fight Club"

    with fake.serve() as server:                            # over a real socket; needs tmdbkit[testing]
        TMDB("eyJ.any.token", base_url=server.base_url)

pytest discovers the fixture `fake_tmdb` automatically (`tmdbkit.testing.plugin`). `FakeTMDB` documents which responses the fake sends.

Submodules are imported on first use, because pytest imports this package in every run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tmdbkit.runtime.lazy import lazy_exports

if TYPE_CHECKING:
    from .fake import FakeTMDB
    from .requests import ReceivedRequest
    from .server import FakeTMDBServer
    from .transport import FakeTransport
    from .users import FakeUsers

__all__ = ["FakeTMDB", "FakeTMDBServer", "FakeTransport", "FakeUsers", "ReceivedRequest"]

_HOMES = {"FakeTMDB": ".fake", "FakeTMDBServer": ".server", "FakeTransport": ".transport", "FakeUsers": ".users", "ReceivedRequest": ".requests"}

__getattr__, __dir__ = lazy_exports(__name__, _HOMES)
