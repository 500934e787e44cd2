"""A pytest plugin: the fixtures `fake_tmdb` and `fake_tmdb_session`, and a guard before the real TMDB. pytest loads it where tmdbkit is installed."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .fake import FakeTMDB
    from .server import FakeTMDBServer

__all__ = ["fake_tmdb", "fake_tmdb_session"]

DOMAINS = ("themoviedb.org", "tmdb.org")
OPTION = "--live-tmdb"
MARKER = "live_tmdb"


class _Guard:
    """Fails a test that looks up a host of TMDB."""

    def __init__(self) -> None:
        self.allowed = False
        self._getaddrinfo = socket.getaddrinfo

    def install(self) -> None:
        socket.getaddrinfo = self._checked

    def remove(self) -> None:
        if socket.getaddrinfo == self._checked:
            socket.getaddrinfo = self._getaddrinfo

    def _checked(self, host: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
        if not self.allowed and any(name == domain or name.endswith(f".{domain}") for domain in DOMAINS):
            pytest.fail(f"a test would have called the real TMDB at {name}: use the fixture fake_tmdb, mark the test {MARKER}, or pass {OPTION}", pytrace=False)
        return self._getaddrinfo(host, *arguments, **options)


_GUARD = pytest.StashKey[_Guard]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that lets tests call TMDB."""
    parser.getgroup("tmdbkit").addoption(OPTION, action="store_true", help="let every test call the real TMDB")


def pytest_configure(config: pytest.Config) -> None:
    """Install the guard."""
    config.addinivalue_line("markers", f"{MARKER}: the test may call the real TMDB")
    if not config.getoption(OPTION):
        guard = config.stash[_GUARD] = _Guard()
        guard.install()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the guard."""
    if guard := config.stash.get(_GUARD, None):
        guard.remove()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Let a marked test pass the guard."""
    guard = item.config.stash.get(_GUARD, None)
    if guard is None:
        return (yield)
    guard.allowed = item.get_closest_marker(MARKER) is not None
    try:
        return (yield)
    finally:
        guard.allowed = False


@pytest.fixture(scope="session")
def _fake_tmdb_server() -> Iterator[FakeTMDBServer]:
    """One server for the whole run, because starting and stopping it takes longer than most tests."""
    from .fake import FakeTMDB

    with FakeTMDB().serve() as server:
        yield server


@pytest.fixture
def fake_tmdb(_fake_tmdb_server: FakeTMDBServer) -> Iterator[FakeTMDB]:
    """A new `tmdbkit.testing.FakeTMDB` that every client without a `base_url` of its own talks to, including those in other processes.

    It may have been built before the test: a client looks up `TMDB_BASE_URL` and `TMDB_ACCESS_TOKEN` when it calls. Clients wait on `fake_tmdb.clock`, which
    takes no time.

        def test_my_app(fake_tmdb):
            fake_tmdb.fail_next(status=503, times=3)  # the client makes three attempts
            with TMDB() as tmdb, pytest.raises(ServerError):
                tmdb.movies.details(550)
    """
    from .fake import FakeTMDB, environment

    fake = _fake_tmdb_server.fake = FakeTMDB()
    with fake.clock.installed(), environment(_fake_tmdb_server):
        yield fake
    # Threads and tasks that outlive the test must not reach the next test's fake.
    _fake_tmdb_server.fake = FakeTMDB()


@pytest.fixture(scope="session")
def fake_tmdb_session() -> Iterator[FakeTMDB]:
    """Like `fake_tmdb`, but one for the whole run: for fixtures that are expensive to build. Its state and its requests add up.

    A test that uses both talks to `fake_tmdb`.
    """
    from .fake import FakeTMDB

    with FakeTMDB().active() as fake:
        yield fake
