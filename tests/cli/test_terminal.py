"""The program in a real terminal, and at the end of pipes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pexpect
import pytest

from tests.conftest import TOKEN
from tmdbkit.testing import FakeTMDB

PROGRAM = [sys.executable, "-m", "tmdbkit.cli"]
pytestmark = pytest.mark.slow


@pytest.fixture
def fake() -> FakeTMDB:
    fake = FakeTMDB()
    for number in range(400):
        fake.add_movie(title=f"Film {number}", release_date="2001-01-01")
    return fake


@pytest.fixture
def environment(fake: FakeTMDB) -> Iterator[dict[str, str]]:
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


def test_a_table_has_the_width_of_a_resized_terminal(environment: dict[str, str], fake: FakeTMDB) -> None:
    requested, resized = Event(), Event()

    def hold(body: Any) -> Any:
        requested.set()
        assert resized.wait(30)
        return body

    fake.alter(hold, times=1)
    terminal = spawned(["discover", "movie", "--all"], {**environment, "NO_COLOR": "1"}, 120)
    assert requested.wait(30)
    terminal.setwinsize(30, 50)
    resized.set()
    text = terminal.read()
    terminal.close()
    assert terminal.exitstatus == 0
    rows = [line for line in text.splitlines() if "Film" in line]
    assert len(rows) == 400
    assert max(map(len, rows)) <= 50


BAR = "━"


def test_a_table_begins_below_the_progress_bar(environment: dict[str, str]) -> None:
    terminal = spawned(["discover", "movie", "--all", "--fields", "title"], environment)
    text = terminal.read()
    terminal.close()
    assert terminal.exitstatus == 0
    after = text[text.rindex(BAR) :]
    assert "title" not in text[: text.rindex(BAR)]
    assert after.index("\n") < after.index("title") < after.index("Film 399")
    assert "\x1b[?25l" not in text  # a program that is killed would leave a terminal without a cursor


@pytest.mark.parametrize("columns", [30, 100])
def test_the_progress_bar_fits_a_terminal_that_is_not_the_output(columns: int, environment: dict[str, str], tmp_path: Path) -> None:
    command = " ".join([*PROGRAM, "discover", "movie", "--all", "--jsonl", ">", str(tmp_path / "rows.jsonl")])
    terminal = pexpect.spawn("sh", ["-c", command], env={**environment, "NO_COLOR": "1"}, encoding="utf-8", timeout=30, dimensions=(30, columns))
    lines = re.split(r"[\r\n]+|\x1b\[[?\w]*", terminal.read())
    terminal.close()
    assert terminal.exitstatus == 0
    assert any(BAR in line for line in lines)
    assert max(map(len, lines)) <= columns
    assert len((tmp_path / "rows.jsonl").read_text(encoding="utf-8").splitlines()) > 400


def test_a_resized_progress_bar(environment: dict[str, str], tmp_path: Path) -> None:
    ids = tmp_path / "ids.txt"
    ids.write_text("".join(f"{number}\n" for number in range(1, 20_000)))
    terminal = spawned(["fetch", "movies", str(ids), "--journal", str(tmp_path / "journal.jsonl")], {**environment, "NO_COLOR": "1"}, 120)
    terminal.expect(r"\d+/19999")
    terminal.setwinsize(30, 40)
    terminal.expect("(?s)" + r"\d+/19999.*" * 6)
    terminal.sendintr()
    lines = re.split(r"[\r\n]+|\x1b\[[?\w]*", (terminal.after + terminal.read()).replace("^C", ""))
    terminal.close()
    assert terminal.exitstatus == 130
    assert max(len(line) for line in lines[len(lines) // 2 :] if "/19999" in line) <= 40


def test_a_dumb_terminal_gets_no_progress_bar(environment: dict[str, str]) -> None:
    terminal = spawned(["discover", "movie", "--all", "--fields", "title"], {**environment, "TERM": "dumb"}, 40)
    text = terminal.read()
    terminal.close()
    assert terminal.exitstatus == 0
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 40


@pytest.fixture
def installed(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The environment, with the program in its path."""
    program = tmp_path / "tmdbkit"
    program.write_text(f'#!/bin/sh\nexec {" ".join(PROGRAM)} "$@"\n')
    program.chmod(0o755)
    return {**environment, "PATH": f"{tmp_path}{os.pathsep}{environment['PATH']}"}


def test_a_shell_completes(installed: dict[str, str]) -> None:
    script = """
        eval "$(tmdbkit completion bash)"
        for line in "mov" "call reviews.d" "movie --append credits,vid" "discover movie --genre sci" "movie $TMDB_ACCESS_TOKEN --fi"; do
            COMP_WORDS=(tmdbkit $line) COMPREPLY=()
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _tmdbkit_completion tmdbkit
            printf "%s\n" "${COMPREPLY[@]}"
        done
    """
    ran = subprocess.run(["bash", "-c", script], env=installed, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["movie", "reviews.details", "credits,videos", "science-fiction", "--fields"]
    assert ran.stderr == ""


def test_bash_completes_a_value_behind_an_equals_sign(installed: dict[str, str]) -> None:
    shell = pexpect.spawn("bash", ["--norc", "--noprofile"], env={**installed, "PS1": "$ "}, encoding="utf-8", timeout=30)
    shell.sendline('eval "$(tmdbkit completion bash)"')
    shell.send("tmdbkit discover movie --year=1999 --sort=revenue.d\t")
    shell.expect_exact("--sort=revenue.desc ")
    shell.close(force=True)


def test_fish_gets_whole_values(environment: dict[str, str]) -> None:
    """Values with commas, which the script of click would cut."""
    script = subprocess.run([*PROGRAM, "completion", "fish"], env=environment, capture_output=True, text=True, check=True).stdout
    assert 'string split --max 1 "," $completion' in script


def test_another_terminal_uses_the_served_fake(environment: dict[str, str]) -> None:
    server = spawned(["serve", "--port", "0"], environment)
    server.expect("until Ctrl-C")
    exports = "\n".join(line for line in server.before.splitlines() if line.startswith("export "))
    rated = " ".join([*PROGRAM, "call", "movies.add_rating", "550", "--value", "9", "--jsonl", "--fields", "success"])
    read = " ".join([*PROGRAM, "call", "movies.account_states", "550", "--jsonl", "--fields", "rated.value"])
    script = f"unset TMDB_BASE_URL TMDB_ACCESS_TOKEN\n{exports}\n{rated} && {read}"
    ran = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, check=True)
    server.sendintr()
    ended = server.read().replace("^C", "")
    server.close()
    assert list(map(json.loads, ran.stdout.splitlines())) == [{"success": True}, {"rated.value": 9}]
    assert server.exitstatus == 0
    assert ended.splitlines()[1:] == []


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
