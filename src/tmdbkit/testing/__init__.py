"""A fake TMDB for tests: a small, consistent world that needs no network, token or quota.

    from tmdbkit.testing import FakeTMDB

    fake = FakeTMDB()
    with fake.client() as tmdb:                             # in process, as an httpx transport
        tmdb.movies.details(550).title                      # "Fight Club"

    with fake.serve() as server:                            # over a real socket
        TMDB("eyJ.any.token", base_url=server.base_url)

pytest discovers the fixtures `fake_tmdb` and `fake_tmdb_session` automatically (`tmdbkit.testing.plugin`). `python -m tmdbkit.testing` serves the fake to any
program. `FakeTMDB` documents what it knows and keeps.

Submodules are imported on first use, because pytest imports this package in every run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tmdbkit.runtime.lazy import lazy_exports

if TYPE_CHECKING:
    from .clock import FakeClock
    from .fake import FakeTMDB
    from .faults import Fault
    from .requests import ReceivedRequest
    from .server import FakeTMDBServer
    from .transport import FakeTransport
    from .users import FakeUser, FakeUsers
    from .world.facts import (
        Credit,
        EpisodeFacts,
        ExternalIDs,
        Offers,
        Release,
        ReviewFacts,
        SeasonFacts,
        TitleFacts,
        TranslationFacts,
        VideoFacts,
    )

__all__ = [
    "Credit",
    "EpisodeFacts",
    "ExternalIDs",
    "FakeClock",
    "FakeTMDB",
    "FakeTMDBServer",
    "FakeTransport",
    "FakeUser",
    "FakeUsers",
    "Fault",
    "Offers",
    "ReceivedRequest",
    "Release",
    "ReviewFacts",
    "SeasonFacts",
    "TitleFacts",
    "TranslationFacts",
    "VideoFacts",
]

_FACTS = "Credit EpisodeFacts ExternalIDs Offers Release ReviewFacts SeasonFacts TitleFacts TranslationFacts VideoFacts"
_HOMES = {
    "FakeClock": ".clock",
    "FakeTMDB": ".fake",
    "FakeTMDBServer": ".server",
    "FakeTransport": ".transport",
    "FakeUser": ".users",
    "FakeUsers": ".users",
    "Fault": ".faults",
    "ReceivedRequest": ".requests",
    **dict.fromkeys(_FACTS.split(), ".world.facts"),
}

__getattr__, __dir__ = lazy_exports(__name__, _HOMES)
