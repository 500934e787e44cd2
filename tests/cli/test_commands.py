"""The commands for people."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import API_KEY, SESSION, TOKEN
from tmdbkit.cli import main, output
from tmdbkit.cli.settings import Settings
from tmdbkit.testing import FakeTMDB

from .conftest import Command


def test_movie_appends_parts(cli: Command) -> None:
    ran = cli("movie", "550", "--append", "credits", "--json")
    assert (ran.json["title"], ran.json["credits"]["cast"][1]["name"]) == ("Fight Club", "Brad Pitt")


def test_series_shows_a_season(cli: Command) -> None:
    assert cli("series", "1399", "--season", "1", "--json").json["season_number"] == 1
    assert cli("series", "1399", "--json").json["name"] == "Game of Thrones"


def test_the_parts_of_a_season_are_its_own(cli: Command, fake: FakeTMDB) -> None:
    assert cli("series", "1399", "--season", "1", "--append", "keywords").code == 2
    assert fake.requests == []
    assert cli("series", "1399", "--append", "keywords").code == 0


def test_person(cli: Command) -> None:
    assert cli("person", "287", "--json").json["name"] == "Brad Pitt"


def test_search(cli: Command) -> None:
    assert cli("search", "fight club", "--jsonl", "--fields", "id,title").out == '{"id":550,"title":"Fight Club"}\n'
    assert cli("search", "fight club", "--kind", "person", "--year", "1999").code == 2


def test_discover_knows_genres_by_name(cli: Command, fake: FakeTMDB) -> None:
    ran = cli("discover", "movie", "--genre", "drama", "--year", "1999", "--sort", "vote_average.desc", "--jsonl", "--fields", "id")
    assert ran.out == '{"id":550}\n'
    assert dict(fake.requests[-1].query) == {"with_genres": "18", "primary_release_year": "1999", "sort_by": "vote_average.desc"}


def test_genres_are_words_of_a_shell(cli: Command, fake: FakeTMDB) -> None:
    for genre, sent in (("science-fiction", "878"), ("Science Fiction", "878"), ("tv movie|drama", "10770|18"), ("drama,878", "18,878")):
        assert cli("discover", "movie", "--genre", genre).code == 0
        assert fake.requests[-1].query["with_genres"] == sent
    assert cli("discover", "series", "--genre", "action-adventure").code == 0
    assert fake.requests[-1].query["with_genres"] == "10759"


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (("discover", "movie", "--genre", "darma"), "Did you mean 'drama'"),
        (("movie", "550", "--fields", "titel"), "no field 'titel'. Did you mean 'title'?"),
        (("movie", "550", "--fields", "genres.nmae"), "no field 'nmae' in 'genres.nmae'. Did you mean 'name'?"),
        (("trending",), "Did you mean 'call trending'?"),
        (("movies.add_rating", "550"), "Did you mean 'call movies.add_rating'?"),
    ],
)
def test_an_unknown_name_is_refused(arguments: tuple[str, ...], meant: str, cli: Command, fake: FakeTMDB) -> None:
    ran = cli(*arguments)
    assert ran.code == 2
    assert meant in ran.err
    assert fake.requests == []


def test_where(cli: Command) -> None:
    assert cli("where", "550", "--country", "de", "--json").json["flatrate"][0]["name"] == "Disney Plus"
    assert "'GB'" in cli("where", "550", "--country", "UK").err


def test_a_country_that_there_is_not_sends_nothing(cli: Command, fake: FakeTMDB) -> None:
    assert cli("where", "550", "--country", "XX").code == 2
    assert fake.requests == []


def test_an_id_is_checked_as_its_resource_has_it(cli: Command, fake: FakeTMDB) -> None:
    assert cli("where", "tt0137523", "--country", "DE").code == 0
    fake.requests.clear()
    assert "must be an integer, 0 or more; not 'tt0137523'" in cli("where", "tt0137523", "--country", "DE", "--series").err
    assert "must be an integer, 0 or more; not 'tt0137523'" in cli("image", "tt0137523", "--person").err
    assert fake.requests == []


def test_a_network_has_no_parts(cli: Command, fake: FakeTMDB, tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("49\n")
    ran = cli("fetch", "networks", str(tmp_path / "ids.txt"), "--append", "images")
    assert (ran.code, "'--append'" in ran.err) == (2, True)
    assert fake.requests == []


def test_image_prints_the_path(cli: Command, tmp_path: Path) -> None:
    target = tmp_path / "Plakat ß 电影.jpg"
    ran = cli("image", "550", "--size", "w500", "-o", str(target))
    assert (ran.code, ran.out) == (0, f"{target}\n")
    assert target.stat().st_size > 0


def test_a_wrong_size_is_refused(cli: Command, fake: FakeTMDB) -> None:
    assert cli("image", "550", "--size", "w501").code == 2
    assert cli("image", "550", "-o", "/nowhere/x.jpg").code == 2
    assert fake.requests == []


@pytest.mark.parametrize("command", [["image", "550"], ["export", "movie"]])
def test_what_is_no_file_is_not_replaced(command: list[str], cli: Command, fake: FakeTMDB, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "folder" / "pipe")
    (tmp_path / "folder" / "link").symlink_to("/dev/null")
    for name in ("pipe", "link"):
        ran = cli(*command, "-o", str(tmp_path / "folder" / name))
        assert (ran.code, ran.out) == (2, "")
        assert "a device or a pipe" in ran.err
    assert (tmp_path / "folder" / "pipe").is_fifo()
    assert (tmp_path / "folder" / "link").is_symlink()
    assert fake.requests == []


@pytest.mark.parametrize("command", [["image", "550"], ["export", "movie"]])
def test_a_folder_that_does_not_exist_is_not_written_as_a_file(command: list[str], cli: Command, fake: FakeTMDB, tmp_path: Path) -> None:
    ran = cli(*command, "-o", f"{tmp_path}/posters/")
    assert (ran.code, ran.out) == (2, "")
    assert f"the folder '{tmp_path}/posters' does not exist" in ran.err
    assert list(tmp_path.iterdir()) == []
    assert fake.requests == []


def test_an_export_into_a_folder_replaces_no_pipe(cli: Command, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "movie_ids.jsonl")
    assert cli("export", "movie", "-o", str(tmp_path)).code == 2
    assert (tmp_path / "movie_ids.jsonl").is_fifo()


def test_export_writes_lines(cli: Command, tmp_path: Path) -> None:
    target = tmp_path / "ids.jsonl"
    assert cli("export", "movie", "-o", str(target)).code == 0
    rows = [json.loads(line) for line in target.read_text().splitlines()]
    assert {"id": 550, "original_title": "Fight Club"}.items() <= rows[0].items()
    assert [path.name for path in tmp_path.iterdir()] == ["ids.jsonl"]


def test_a_failed_export_leaves_the_old_file(cli: Command, fake: FakeTMDB, tmp_path: Path) -> None:
    target = tmp_path / "ids.jsonl"
    target.write_text("old")
    assert cli("export", "movie", "-o", str(target), "--day", "2001-01-01").code == 4
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["ids.jsonl"]


def test_changes_have_days(cli: Command) -> None:
    rows = [json.loads(line) for line in cli("changes", "movie", "--jsonl").out.splitlines()]
    assert rows
    assert all(row.keys() == {"id", "day", "adult"} for row in rows)


def test_fetch_continues_its_journal(cli: Command, fake: FakeTMDB, tmp_path: Path) -> None:
    ids, journal = tmp_path / "ids.txt", tmp_path / "movies.jsonl"
    ids.write_text('550\n{"id": 11}\n')
    assert cli("fetch", "movies", str(ids), "--journal", str(journal)).code == 0
    sent = len(fake.requests)
    ran = cli("fetch", "movies", str(ids), "--journal", str(journal), "--jsonl", "--fields", "id")
    assert (ran.code, sorted(ran.out.split())) == (0, ['{"id":11}', '{"id":550}'])
    assert "2 of 2 fetched, 2 of them earlier" in ran.err
    assert len(fake.requests) == sent


def test_fetch_with_a_journal_prints_fields(cli: Command, tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("550\n")
    assert cli("fetch", "movies", str(tmp_path / "ids.txt"), "--journal", str(tmp_path / "journal"), "--fields", "title").out == '{"title":"Fight Club"}\n'


@pytest.mark.parametrize(("journal", "message"), [("-", "--journal needs a file"), ("nowhere/journal", "--journal: the folder 'nowhere' does not exist")])
def test_a_journal_is_a_file_in_a_folder_that_exists(journal: str, message: str, cli: Command, fake: FakeTMDB, tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("550\n")
    ran = cli("fetch", "movies", str(tmp_path / "ids.txt"), "--journal", journal)
    assert (ran.code, message in ran.err, fake.requests) == (2, True, [])


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["movie", "550", "--fields", "title,credits.cast.name"], "credits"),
        (["movie", "550", "--append", "images", "--fields", "watch/providers.results"], "watch/providers"),
        (["series", "1399", "--fields", "season/1.name"], "season/1"),
        (["series", "1399", "--season", "1", "--json", "--fields", "aggregate_credits"], "aggregate_credits"),
        (["call", "people.details", "287", "--fields", "movie_credits"], "movie_credits"),
    ],
)
def test_a_field_of_a_part_needs_the_part(arguments: list[str], part: str, cli: Command, fake: FakeTMDB) -> None:
    ran = cli(*arguments)
    assert (ran.code, fake.requests) == (2, [])
    assert f"--fields: '{part}' is a part, which --append-to-response {part} adds" in ran.err
    assert cli(*arguments, "--append-to-response", f"images,{part}").code == 0


def test_fetch_names_what_is_not_found(cli: Command, tmp_path: Path) -> None:
    ids = tmp_path / "ids.txt"
    ids.write_text("550\n424242\n")
    ran = cli("fetch", "movies", str(ids), "--fields", "id")
    assert (ran.code, ran.out) == (4, '{"id":550}\n')
    assert "1 not found (424242)" in ran.err


@pytest.mark.parametrize("line", ["ten", "[" * 99_999])
def test_fetch_refuses_a_line_without_an_id(line: str, cli: Command, fake: FakeTMDB, tmp_path: Path) -> None:
    ids = tmp_path / "ids.txt"
    ids.write_text(f"550\n{line}\n")
    ran = cli("fetch", "movies", str(ids))
    assert ran.code == 2
    assert "line 2" in ran.err
    assert fake.requests == []


def test_login_prints_the_environment(cli: Command) -> None:
    assert cli("login").out.startswith("export TMDB_SESSION_ID=")
    assert "export TMDB_ACCOUNT_OBJECT_ID=" in cli("login", "--v4").out


@pytest.mark.parametrize("arguments", [["movie", "550", "--jsonl"], ["--jsonl", "movie", "550"]])
def test_options_stand_before_or_after_the_command(arguments: list[str], cli: Command) -> None:
    assert cli(*arguments).json["id"] == 550


def test_the_words_of_a_search_need_no_quotes(cli: Command) -> None:
    assert cli("search", "fight", "club", "--kind", "movie", "--jsonl", "--fields", "id").out == '{"id":550}\n'


def test_fields_go_through_lists(cli: Command) -> None:
    assert cli("movie", "550", "--json", "--fields", "title,genres.name").json == {"title": "Fight Club", "genres.name": ["Drama", "Thriller"]}


def test_fields_go_into_appended_seasons(cli: Command) -> None:
    assert cli("series", "1399", "--append", "season/1", "--jsonl", "--fields", "season/1.name").out == '{"season/1.name":"Season 1"}\n'
    assert "no field 'season/01'" in cli("series", "1399", "--append", "season/1", "--fields", "season/01.name").err
    assert "no field 'nmae' in 'season/1.nmae'. Did you mean 'name'?" in cli("series", "1399", "--append", "season/1", "--fields", "season/1.nmae").err


def test_all_reads_every_page(cli: Command) -> None:
    rows = cli("discover", "movie", "--all", "--jsonl").out.splitlines()
    assert len(rows) > 20


def test_help_says_that_parts_are_choices(cli: Command) -> None:
    assert "--append, --append-to-response CHOICE,..." in cli("series", "--help").out
    assert "--append-to-response CHOICE,..." in cli("call", "tv_series.details", "--help").out


def test_completion_takes_the_options_of_every_command(cli: Command) -> None:
    assert cli("completion", "bash", "--fake").code == 0
    assert cli("completion", "bash", "--json").code == 2


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str, cli: Command) -> None:
    assert "_TMDBKIT_COMPLETE" in cli("completion", shell).out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("tmdbkit mov", ["movie"]),
        ("tmdbkit call reviews.d", ["reviews.details"]),
        ("tmdbkit call reviews.details --la", ["--language"]),
        ("tmdbkit discover movie --sort vote_av", ["vote_average.asc", "vote_average.desc"]),
        ("tmdbkit movie 550 --append credits,vid", ["credits,videos"]),
        ("tmdbkit series 1399 --append keyw", ["keywords"]),
        ("tmdbkit series 1399 --season 1 --append keyw", [""]),
        ("tmdbkit series 1399 --season 1 --append aggr", ["aggregate_credits"]),
        ("tmdbkit fetch movies ids.txt --append keyw", ["keywords"]),
        ("tmdbkit discover movie --genre dra", ["drama"]),
        ("tmdbkit discover movie --genre drama,sci", ["drama,science-fiction"]),
        ("tmdbkit discover series --genre drama|act", ["drama|action-adventure"]),
        ("tmdbkit fetch movies id", ["id"]),
        ("tmdbkit export movie -o id", ["id"]),
        ("tmdbkit movie --token-file to", ["to"]),
    ],
)
def test_completion(words: str, expected: list[str], live: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_TMDBKIT_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    assert [line.partition(",")[2] for line in live().out.splitlines()] == expected


@pytest.mark.parametrize(("shell", "current"), [("zsh", "3"), ("fish", "--sort=revenue.d")])
def test_a_value_behind_an_equals_sign_keeps_its_option(shell: str, current: str, live: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_TMDBKIT_COMPLETE", f"{shell}_complete")
    monkeypatch.setenv("COMP_WORDS", "tmdbkit discover movie --sort=revenue.d")
    monkeypatch.setenv("COMP_CWORD", current)
    assert "--sort=revenue.desc" in live().out


# Tables


def test_a_pipe_gets_tabs(cli: Command) -> None:
    assert cli("search", "fight club", "--fields", "id,title,poster_path").out.startswith("id\ttitle\tposter_path\n550\tFight Club\t/")


def test_rows_that_are_little_but_a_list_show_the_list(cli: Command) -> None:
    header, row = cli("call", "movies.release_dates", "550").out.splitlines()[:2]
    assert header == "iso_3166_1\trelease_dates"
    assert row.startswith("BR\tcertification: 18, ")


def test_providers_show_the_id_that_discover_takes(cli: Command) -> None:
    assert cli("call", "watch_providers.movie", "--watch-region", "DE").out.startswith("provider_id\tprovider_name\tdisplay_priority\n8\tNetflix\t0\n")


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("width", [1, 10, 40, 200])
def test_a_table_fits_the_terminal(width: int, cli: Command, monkeypatch: pytest.MonkeyPatch, fake: FakeTMDB) -> None:
    from rich.cells import cell_len

    fake.add_movie(title="千と千尋の神隠し", release_date="2001-07-20")
    monkeypatch.setenv("COLUMNS", str(width))
    ran = cli("search", "千と千尋", "--fields", "id,title,release_date,poster_path")
    assert ran.code == 0
    assert max(map(cell_len, ran.out.splitlines())) <= max(width, 10)
    assert ("千と千尋の神隠し" in ran.out) is (width == 200)


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("width", [20, 30, 40])
def test_details_have_their_values_in_a_narrow_terminal(width: int, cli: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    ran = cli("movie", "550", "--append", "credits")
    assert "1999-10-15" in ran.out
    assert "tt0137523" in ran.out
    assert max(map(len, ran.out.splitlines())) <= width


@pytest.mark.usefixtures("terminal")
def test_a_dumb_terminal_has_a_width(cli: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "dumb")
    assert max(map(len, cli("search", "star").out.splitlines())) == 40


@pytest.mark.usefixtures("terminal")
def test_null_is_a_dash(cli: Command) -> None:
    assert re.search(r"^homepage +- *$", cli("movie", "550").out, re.MULTILINE)


@pytest.mark.usefixtures("terminal")
def test_texts_are_neither_markup_nor_control_characters(cli: Command, fake: FakeTMDB) -> None:
    fake.add_movie(title="[red]Zazu[/] \x1b[31m\x9b31m", release_date="2024-05-01")
    out = cli("search", "zazu").out
    assert "[red]Zazu[/]" in out
    assert "\x1b" not in out
    assert "\x9b" not in cli("search", "zazu", "--json").out


@pytest.mark.parametrize("is_terminal", [True, False])
@pytest.mark.parametrize("value", ["text", {"\x1bb": [{}]}, [{"\x1bc": 1, "d": 2, "e": 3, "f": 4, "g": 5}], {"\x1bh": 1}])
def test_names_are_no_control_characters(value: Any, is_terminal: bool, cli: Command, fake: FakeTMDB, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "is_terminal", lambda: is_terminal)
    monkeypatch.setenv("NO_COLOR", "1")
    fake.alter(lambda body: {**body, "\x1ba": value})
    ran = cli("movie", "550")
    assert ran.code == 0
    assert len(ran.out.splitlines()) > 26
    assert "\x1b" not in ran.out


# Credentials and failures


def test_no_credential(live: Command) -> None:
    ran = live("movie", "550")
    assert (ran.code, ran.out) == (3, "")
    assert "set TMDB_ACCESS_TOKEN or TMDB_API_KEY" in ran.err


@pytest.mark.parametrize("option", ["--api-key", "--access-token", "--token", "--session-id", "--password"])
def test_a_credential_is_no_argument(option: str, live: Command) -> None:
    ran = live("movie", "550", f"{option}={API_KEY}")
    assert ran.code == 2
    assert "credentials are no arguments" in ran.err
    assert API_KEY not in ran.err


@pytest.mark.parametrize("secret", [TOKEN, API_KEY, SESSION])
@pytest.mark.parametrize("before", [[], ["movie"], ["movie", "550"], ["call"], ["--token-file"], ["--base-url"], ["movie", "550", "--fields"]])
@pytest.mark.parametrize("debug", ["", "1"])
def test_a_secret_in_the_wrong_place_is_not_echoed(before: list[str], secret: str, debug: str, live: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMDBKIT_DEBUG", debug)
    ran = live(*before, secret)
    assert ran.code != 0
    assert secret not in ran.out + ran.err


def test_a_malformed_credential(live: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMDB_ACCESS_TOKEN", "hunter2hunter2")
    ran = live("movie", "550")
    assert ran.code == 3
    assert "hunter2" not in ran.err


def test_a_rejected_credential(live: Command, monkeypatch: pytest.MonkeyPatch, fake: FakeTMDB) -> None:
    with fake.serve() as server:
        monkeypatch.setenv("TMDB_BASE_URL", server.base_url)
        monkeypatch.setenv("TMDB_ACCESS_TOKEN", fake.user.access_token)
        monkeypatch.setenv("TMDB_SESSION_ID", "0" * 40)
        ran = live("call", "movies.account_states", "550")
    assert ran.code == 3
    assert ran.err.endswith("; check TMDB_ACCESS_TOKEN or TMDB_API_KEY, and TMDB_SESSION_ID, which 'tmdbkit login' replaces\n")


@pytest.mark.parametrize(("code", "hint"), [(7, "; check TMDB_ACCESS_TOKEN or TMDB_API_KEY"), (30, ""), (31, "")])
def test_a_rejected_user_is_not_blamed_on_the_application(code: int, hint: str, cli: Command, fake: FakeTMDB) -> None:
    fake.fail_next(code=code)
    ran = cli("call", "movies.details", "550")
    assert ran.code == 3
    assert ran.err.endswith(f"api.themoviedb.org/3/movie/550){hint}\n")


def test_a_token_file(live: Command, monkeypatch: pytest.MonkeyPatch, fake: FakeTMDB, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    with fake.serve() as server:
        assert live("movie", "550", "--jsonl", "--base-url", server.base_url, "--token-file", str(tmp_path / "token")).json["id"] == 550


def test_no_connection(live: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMDB_ACCESS_TOKEN", TOKEN)
    monkeypatch.setattr("tmdbkit.clock.sleep", lambda seconds: None)
    ran = live("movie", "550", "--base-url", "http://127.0.0.1:1")
    assert ran.code == 6
    assert ran.err.count("\n") == 1


def test_not_found(cli: Command) -> None:
    ran = cli("movie", "424242")
    assert ran.code == 4
    assert ran.err.startswith("tmdbkit: ")
    assert "Traceback" not in ran.err


def test_a_write_asks_on_the_live_api(live: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMDB_ACCESS_TOKEN", TOKEN)
    monkeypatch.setenv("TMDB_SESSION_ID", SESSION)
    ran = live("call", "movies.add_rating", "550", "--value", "9")
    assert ran.code == 2
    assert "--yes" in ran.err


def test_a_command_without_the_extra(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import sys

    for name in [name for name in sys.modules if name.startswith(("click", "tmdbkit.cli."))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "click", None)
    assert main(["--help"]) == 1
    assert capsys.readouterr().err == 'tmdbkit: the command line needs an extra: pip install "tmdbkit[cli]"\n'


def test_a_journal_of_another_kind_is_an_error_alone(cli: Command, tmp_path: Path) -> None:
    ids, journal = tmp_path / "ids.txt", tmp_path / "journal.jsonl"
    ids.write_text("10\n")
    assert cli("fetch", "collections", str(ids), "--journal", str(journal)).code == 0
    ran = cli("fetch", "movies", str(ids), "--journal", str(journal))
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["export", "cars"], 2, "Invalid value for 'KIND': 'cars' is not one of"),
        (["completion", "cmd"], 2, "Invalid value for 'SHELL'"),
        (["fetch", "movies", "missing"], 2, "Invalid value for 'FILE': File 'missing' does not exist"),
        (["fetch", "movies", "."], 2, "'FILE'"),
        (["movie", "550", "--token-file", "missing"], 2, "'--token-file'"),
        (["serve", "--world", "missing"], 2, "'--world'"),
        (["serve", "--host", "192.0.2.1", "--port", "81"], 1, "cannot listen at 192.0.2.1, port 81: "),
        (["changes", "--since", "today"], 2, "must be a day of the form 'YYYY-MM-DD'; not 'today'"),
        (["changes", "--since", "2026-02-30"], 2, "must be a day of the form 'YYYY-MM-DD'; day is out of range for month"),
        (["movie", "fight club"], 2, "not 'fight club'. 'tmdbkit search' finds ids. See 'tmdbkit movie --help'"),
        (["where", "fight club", "--country", "DE"], 2, "not 'fight club'. 'tmdbkit search' finds ids. See 'tmdbkit where --help'"),
        (["call", "account.rated_movies"], 2, "set TMDB_ACCOUNT_ID, which 'tmdbkit call account.me --fields id' prints"),
        (["call", "v4_account.lists"], 2, "set TMDB_ACCOUNT_OBJECT_ID, which 'tmdbkit login --v4' prints"),
        (["login", "--timeout", "inf"], 2, "'--timeout'"),
    ],
)
def test_an_error_names_the_option(arguments: list[str], code: int, message: str, live: Command) -> None:
    ran = live(*arguments)
    assert (ran.code, ran.out) == (code, "")
    assert message in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("option", "variable"),
    [("--session-id", "TMDB_SESSION_ID"), ("--password", "TMDB_PASSWORD"), ("--access-token", "TMDB_ACCESS_TOKEN or"), ("--user-access-token", "TMDB_USER_")],
)
def test_a_credential_has_a_variable(option: str, variable: str, live: Command) -> None:
    assert f": set {variable}" in live("movie", "550", option, "secret").err


@pytest.mark.parametrize(
    ("status", "body", "code", "hint"),
    [
        (422, {"errors": ["page must be less"]}, 1, None),
        (404, None, 4, "check the id"),
        (404, b"<html>", 7, "check --base-url"),
        (302, b"", 7, "check --base-url"),
        (429, None, 5, "wait"),
    ],
)
def test_a_hint_fits_its_error(status: int, body: Any, code: int, hint: str | None, cli: Command, fake: FakeTMDB, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tmdbkit.clock.sleep", lambda seconds: None)
    fake.fail_next(status, body=body, times=9)
    ran = cli("movie", "550")
    assert ran.code == code
    assert (ran.err.strip().endswith(")")) is (hint is None)
    assert hint is None or f"; {hint}" in ran.err


def test_a_pipe_gets_the_rows_before_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    def rows() -> Iterator[dict[str, int]]:
        yield {"id": 550}
        raise OSError

    with pytest.raises(OSError):
        output.print_rows(Settings(), rows())
    assert capsys.readouterr().out == "id\n550\n"


def test_a_rate_limit_says_how_long_to_wait(cli: Command, fake: FakeTMDB) -> None:
    fake.fail_next(429, retry_after=3600)
    assert "wait 3,600 seconds" in cli("movie", "550").err


def test_an_export_has_no_id_to_check(cli: Command) -> None:
    assert "check the id" not in cli("export", "movie", "--day", "2001-01-01").err


def test_a_token_file_of_bytes_is_no_credential(live: Command, tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"\x80\xfe\x00")
    ran = live("movie", "550", "--token-file", str(tmp_path / "token"))
    assert ran.code == 3
    assert "codec" not in ran.err


def test_the_fake_has_no_base_url(cli: Command) -> None:
    ran = cli("--base-url", "http://127.0.0.1:9", "movie", "550")
    assert (ran.code, "no effect with --fake" in ran.err) == (2, True)


def test_a_file_of_json_that_is_missing_is_a_wrong_command(cli: Command) -> None:
    ran = cli("call", "v4_lists.add_items", "1", "--items", "@nofile")
    assert (ran.code, "--items" in ran.err, "nofile" in ran.err) == (2, True, True)


def test_a_table_shows_whole_numbers(cli: Command, terminal: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert "1891" in cli("search", "star").out


@pytest.mark.parametrize(("width", "shown"), [(20, ["media_type", "id"]), (50, ["media_type", "id", "title", "release_date"])])
def test_a_narrow_terminal_gets_fewer_columns(width: int, shown: list[str], cli: Command, terminal: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    ran = cli("search", "star")
    assert ran.out.splitlines()[0].split() == shown
    assert ran.err.strip().startswith("The terminal is too narrow for ")
    assert ran.err.strip().endswith("vote_average, vote_count, adult.")
    assert re.search(r"^movie +1891", ran.out, re.MULTILINE)


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, httpx.ConnectError("no route to host")], ids=["Ctrl-C", "failure"])
def test_a_table_has_the_rows_before_an_interruption(interruption: Any, cli: Command, terminal: None, fake: FakeTMDB, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(30):
        fake.add_movie(title=f"Film {number:02}", release_date="2001-01-01")
    respond = fake.respond

    def only_the_first_page(method: str, path: str, query: str, *rest: Any) -> Any:
        if "page=2" in query:
            raise interruption
        return respond(method, path, query, *rest)

    monkeypatch.setattr(fake, "respond", only_the_first_page)
    ran = cli("search", "film", "--kind", "movie", "--all")
    assert ran.code == (130 if interruption is KeyboardInterrupt else 6)
    assert ran.out.count("Film ") == 20
