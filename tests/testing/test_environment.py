"""How a program that builds its own client is sent to a fake: by the environment."""

from __future__ import annotations

import pytest

from tests.conftest import TOKEN
from tmdbkit import TMDB, AsyncTMDB, InvalidArgumentError


@pytest.mark.parametrize("client", [TMDB, AsyncTMDB])
def test_the_environment_says_where_the_api_is(client: type[TMDB | AsyncTMDB], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMDB_BASE_URL", "http://127.0.0.1:8765/")
    assert "http://127.0.0.1:8765 " in repr(client(TOKEN))


def test_an_argument_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMDB_BASE_URL", "http://127.0.0.1:8765")
    assert "https://proxy.example " in repr(TMDB(TOKEN, base_url="https://proxy.example"))


def test_without_either_it_is_tmdbs_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "https://api.themoviedb.org " in repr(TMDB(TOKEN))
    monkeypatch.setenv("TMDB_BASE_URL", "")
    assert "https://api.themoviedb.org " in repr(TMDB(TOKEN))


def test_an_address_that_is_none_is_refused_wherever_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMDB_BASE_URL", "127.0.0.1:8765")
    with pytest.raises(InvalidArgumentError, match="TMDB_BASE_URL"):
        TMDB(TOKEN)
