"""The list of a user's in v4."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

from tmdbkit.testing import FakeTMDB

PROGRAM = Path(__file__).with_name("v4_list.py")
MOVIE, SERIES, PERSON, NOWHERE = (f"https://www.themoviedb.org/{page}" for page in ("movie/550-fight-club", "tv/1399", "person/287", "movie/99999999"))
LIST = ["Rainy days: 2 titles, 139 minutes", "  Fight Club (1999): do not talk about it", "  Game of Thrones (2011)"]


def start(folder: Path, *lines: str) -> subprocess.Popen[str]:
    (folder / "films.txt").write_text("\n".join(lines), encoding="utf-8")
    command = [sys.executable, str(PROGRAM), "Rainy days", "films.txt"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder)


def run(folder: Path, *lines: str) -> tuple[list[str], list[str]]:
    output, errors = start(folder, *lines).communicate(timeout=60)
    return output.splitlines(), errors.splitlines()


def test_the_user_approves_once(fake_tmdb: FakeTMDB, tmp_path: Path) -> None:
    output, errors = run(tmp_path, f"{MOVIE} do not talk about it", SERIES, PERSON, NOWHERE)
    assert output[0].startswith("Please approve at https://www.themoviedb.org/auth/access?request_token=")
    assert output[1:] == LIST
    assert errors == [f"{PERSON}: no movie or series of TMDB", "movie 99999999: Media not found"]
    assert stat.S_IMODE((tmp_path / "user.json").stat().st_mode) == 0o600
    assert run(tmp_path, SERIES) == (LIST, ["tv 1399: Media has already been taken"])

    fake_tmdb.users.expire_sessions()
    output, _ = run(tmp_path, SERIES)
    assert output[0].startswith("Please approve at ")
    assert output[1:] == LIST


def test_a_user_may_deny(fake_tmdb: FakeTMDB, tmp_path: Path) -> None:
    fake_tmdb.users.auto_approve = False
    with start(tmp_path, MOVIE) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("Please approve at ")
        fake_tmdb.users.deny()
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert output == ""
    assert errors.startswith("not approved: ")
    assert not (tmp_path / "user.json").exists()
