"""The program in a real terminal, and at the end of pipes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from tests.conftest import TOKEN
from tmdbkit.testing import FakeTMDB

PROGRAM = [sys.executable, "-m", "tmdbkit.cli"]
pytestmark = pytest.mark.slow


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    fake = FakeTMDB()
    for number in range(400):
        fake.add_movie(title=f"Film {number}", release_date="2001-01-01")
    with fake.serve() as server:
        kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")}
        yield {**kept, "TERM": "xterm-256color", "TMDB_BASE_URL": server.base_url, "TMDB_ACCESS_TOKEN": TOKEN}


def spawned(arguments: list[str], environment: dict[str, str], columns: int = 80) -> pexpect.spawn:
    return pexpect.spawn(PROGRAM[0], [*PROGRAM[1:], *arguments], env=environment, encoding="utf-8", timeout=30, dimensions=(30, columns))


@pytest.mark.parametrize("columns", [60, 120])
def test_a_table_has_the_width_of_the_terminal(columns: int, environment: dict[str, str]) -> None:
    terminal = spawned(["search", "film"], {**environment, "NO_COLOR": "1"}, columns)
    lines = terminal.read().splitlines()
    terminal.close()
    assert terminal.exitstatus == 0
    assert max(map(len, lines)) <= columns
    assert "\x1b[" not in "".join(lines)


def test_a_resized_terminal(environment: dict[str, str]) -> None:
    terminal = spawned(["discover", "movie", "--all"], {**environment, "NO_COLOR": "1"}, 120)
    terminal.setwinsize(30, 50)
    text = terminal.read()
    terminal.close()
    assert terminal.exitstatus == 0
    rows = [line for line in text.splitlines() if "Film" in line and "\r" not in line]
    assert rows
    assert max(map(len, rows)) <= 120


def test_ctrl_c_in_the_middle_of_all(environment: dict[str, str]) -> None:
    terminal = spawned(["discover", "movie", "--all", "--jsonl"], environment)
    terminal.expect("Film")
    terminal.sendintr()
    text = terminal.read()
    terminal.close()
    assert "Traceback" not in text
    assert terminal.exitstatus == 130


@pytest.mark.parametrize("arguments", ["discover movie --all --jsonl", "discover movie --all", "movie 550 --append credits,images", "--help"])
def test_a_closed_pipe_is_quiet(arguments: str, environment: dict[str, str]) -> None:
    with subprocess.Popen([*PROGRAM, *arguments.split()], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.read(1)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode in (0, 141)


def test_help_imports_no_client() -> None:
    code = "import sys; from tmdbkit.cli import main; main(['--help']); print(sorted({'httpx', 'rich', 'msgspec', 'attrs'} & sys.modules.keys()))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.splitlines()[-1] == "[]"


def test_a_full_disk(environment: dict[str, str]) -> None:
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run([*PROGRAM, "movie", "550", "--json"], env=environment, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert ran.returncode == 1
    assert ran.stderr.count("\n") == 1


def test_closed_streams(environment: dict[str, str]) -> None:
    command = f"{sys.executable} -m tmdbkit.cli movie 550 --json >&- <&-"
    ran = subprocess.run(["sh", "-c", command], env=environment, stderr=subprocess.PIPE, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_ctrl_c_ends_a_fetch_that_can_be_continued(environment: dict[str, str], tmp_path: Path) -> None:
    ids, journal = tmp_path / "ids.txt", tmp_path / "journal.jsonl"
    ids.write_text("".join(f"{number}\n" for number in range(1, 20_000)))
    terminal = spawned(["fetch", "movies", str(ids), "--journal", str(journal)], environment)
    terminal.expect(r"\d+/19999")
    terminal.sendintr()
    text = terminal.read()
    terminal.close()
    assert terminal.exitstatus == 130
    assert "Traceback" not in text
    ids.write_text("550\n")
    ran = subprocess.run([*PROGRAM, "fetch", "movies", str(ids), "--journal", str(journal)], env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0
