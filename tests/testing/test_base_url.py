"""The environment variable `TMDB_BASE_URL`, which points programs to a fake."""

from __future__ import annotations

import pytest

from tests.conftest import TOKEN
from tmdbkit import TMDB, AsyncTMDB, InvalidArgumentError


@pytest.mark.parametrize("client", [TMDB, AsyncTMDB])
def test_the_environment_sets_the_base_url(client: type[TMDB | AsyncTMDB], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMDB_BASE_URL", "http://127.0.0.1:8765/")
    assert "http://127.0.0.1:8765 " in repr(client(TOKEN))


def test_the_argument_overrides_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMDB_BASE_URL", "http://127.0.0.1:8765")
    assert "https://proxy.example " in repr(TMDB(TOKEN, base_url="https://proxy.example"))


def test_the_default_is_tmdb(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "https://api.themoviedb.org " in repr(TMDB(TOKEN))
    monkeypatch.setenv("TMDB_BASE_URL", "")
    assert "https://api.themoviedb.org " in repr(TMDB(TOKEN))


def test_an_invalid_url_in_the_environment_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMDB_BASE_URL", "127.0.0.1:8765")
    with pytest.raises(InvalidArgumentError, match="TMDB_BASE_URL"):
        TMDB(TOKEN)
