"""Constants, fixtures and helpers that tests of several folders share."""

from __future__ import annotations

import gc
import json
import signal
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from generator.bundle import Spec
from generator.recordings.fixtures import read_fixtures
from tmdbkit.testing import clock as fake_clock

ROOT = Path(__file__).parent.parent
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJwbGFudGVkIn0.c2VjcmV0LW9mLXRoZS10ZXN0"
API_KEY = "0123456789abcdef0123456789abcdef"
SESSION = "5e551077" * 5
GUEST_SESSION = "9e575e55" * 4
USER_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.c2VjcmV0LW9mLWEtdXNlcg"
SECRETS = {"access_token": TOKEN, "user_access_token": USER_TOKEN, "api_key": API_KEY, "session_id": SESSION, "guest_session_id": GUEST_SESSION}


@cache
def fixtures() -> list[dict[str, Any]]:
    return read_fixtures(ROOT / "tests" / "fixtures")


@cache
def bundle() -> dict[str, Any]:
    return Spec((ROOT / "spec").resolve()).bundle


def fixture_named(name: str) -> dict[str, Any]:
    return next(fixture for fixture in fixtures() if fixture["name"] == name)


def body_of(name: str) -> bytes:
    return json.dumps(fixture_named(name)["response"]["body"]).encode()


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell makes programs in the background ignore it, and the programs that tests start and interrupt would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TMDB_ACCESS_TOKEN", "TMDB_API_KEY", "TMDB_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def pytest_collection_finish() -> None:
    """What is loaded by now stays, and need not be looked at in each collection of garbage, which many tests ask for."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _system_clock() -> Iterator[None]:
    """Let Python find the clients of fakes that a test left open: until then, all clients wait on the fake's clock, those of the next test as well."""
    before = len(fake_clock._INSTALLED)
    yield
    if len(fake_clock._INSTALLED) > before:
        gc.collect()
        assert len(fake_clock._INSTALLED) <= before
