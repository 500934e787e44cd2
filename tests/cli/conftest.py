"""Runs commands in this process, on a fake."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tmdbkit.cli import output
from tmdbkit.cli.app import run
from tmdbkit.cli.settings import SECRET_VARIABLES, Settings
from tmdbkit.testing import FakeTMDB


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Ran]


@pytest.fixture(autouse=True)
def _no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRET_VARIABLES.values():
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def fake() -> FakeTMDB:
    return FakeTMDB()


@pytest.fixture
def cli(fake: FakeTMDB, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command on the fake."""

    def call(*arguments: str) -> Ran:
        return Ran(run(list(arguments), Settings(fake)), *capsys.readouterr())

    return call


@pytest.fixture
def live(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command as a user does."""

    def call(*arguments: str) -> Ran:
        return Ran(run(list(arguments)), *capsys.readouterr())

    return call


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prints tables, 100 characters wide and without colours."""
    monkeypatch.setattr(output, "is_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
