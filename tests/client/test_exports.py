"""Daily id exports: rows, days, downloads from real servers, damage."""

from __future__ import annotations

import asyncio
import gzip
import json
import pickle
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import API_KEY, SESSION, TOKEN, USER_TOKEN
from tests.support.raw_server import breaks_off, http_response, raw_server, sends
from tmdbkit import (
    TMDB,
    UNSET,
    APIConnectionError,
    AsyncTMDB,
    DecodeError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    Retries,
    ServerError,
    clock,
    exports,
)
from tmdbkit.exports import KEYWORD_IDS, MOVIE_IDS, ExportFile, MovieExportRow, NamedExportRow, export_url, read
from tmdbkit.testing import FakeTMDB
from tmdbkit.testing.clock import FakeClock

DAY = date(2024, 5, 1)
NOW = datetime(2024, 5, 10, 9, tzinfo=UTC)
NAMES = [
    *("movie_ids", "tv_series_ids", "person_ids", "collection_ids", "tv_network_ids", "keyword_ids", "production_company_ids"),
    *("adult_movie_ids", "adult_tv_series_ids", "adult_person_ids"),
]
Run = Callable[..., Any]


def compressed(*rows: Any) -> bytes:
    return gzip.compress("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows).encode(), mtime=0)


KEYWORDS = [{"id": number, "name": f"keyword {number}"} for number in range(3000)]
CONTENT = compressed(*KEYWORDS)
GONE = sends(http_response(b"<Error/>", "403 Forbidden"))


def served(content: bytes = CONTENT, status: str = "200 OK", **headers: str) -> bytes:
    return http_response(content, status, **{"Content_Type": "application/gzip", "ETag": '"abc"', **headers})


def dates_of(requests: list[bytes]) -> list[str]:
    return [re.findall(rb"_ids_(\d\d_\d\d_\d{4})\.json\.gz", request)[0].decode() for request in requests]


@pytest.fixture(params=["sync", "async", "aiohttp"])
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    """Call `rows`, as a list, or `download`."""

    def act(method: str, *args: Any, client: dict[str, Any] | None = None, **arguments: Any) -> Any:
        options: dict[str, Any] = {"credential": TOKEN, "retries": None, **(client or {})}
        if request.param == "sync":
            with TMDB(**options) as tmdb:
                result = getattr(tmdb.exports, method)(*args, **arguments)
                return list(result) if method == "rows" else result

        async def awaited() -> Any:
            async with AsyncTMDB(**{"transport": "aiohttp" if request.param == "aiohttp" else None, **options}) as tmdb:
                result = getattr(tmdb.exports, method)(*args, **arguments)
                return [row async for row in result] if method == "rows" else await result

        return asyncio.run(awaited())

    today = FakeClock()
    today.set(NOW)
    with today.installed():
        yield act


# Files and rows


def test_there_are_ten_files() -> None:
    assert [file.name for file in exports.FILES] == NAMES


def test_the_url_has_the_day_as_tmdb_writes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMDB_EXPORTS_URL", raising=False)
    assert export_url(MOVIE_IDS, DAY) == "https://files.tmdb.org/p/exports/movie_ids_05_01_2024.json.gz"
    assert export_url(KEYWORD_IDS, "2024-12-31", base_url="http://mirror/x/") == "http://mirror/x/p/exports/keyword_ids_12_31_2024.json.gz"
    monkeypatch.setenv("TMDB_EXPORTS_URL", "http://localhost:8000")
    assert export_url(MOVIE_IDS, DAY) == "http://localhost:8000/p/exports/movie_ids_05_01_2024.json.gz"


@pytest.mark.parametrize("file", exports.FILES, ids=NAMES)
def test_every_file_is_read_from_the_world(file: ExportFile[Any]) -> None:
    fake = FakeTMDB()
    fake.add_movie(title="Adult", adult=True)
    fake.add_series(name="Adult", adult=True)
    fake.add_person(name="Adult", adult=True)
    with fake.client() as tmdb:
        rows = list(tmdb.exports.rows(file))
    assert rows
    assert {type(row) for row in rows} == {file.row}
    assert fake.requests == [] or all(not request.credentials for request in fake.requests)


def test_rows_are_typed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(compressed({"adult": False, "id": 550, "original_title": "Fight Club", "popularity": 61.4, "video": False}))
    (row,) = read(tmp_path / "a", MOVIE_IDS)
    assert row == MovieExportRow(id=550, original_title="Fight Club", popularity=61.4, adult=False, video=False)
    assert pickle.loads(pickle.dumps(row)) == row


@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_the_last_line_may_end_without_a_break(tmp_path: Path, end: str) -> None:
    (tmp_path / "a").write_bytes(gzip.compress(b'{"id":1,"name":"a"}\r\n\n{"id":2,"name":"b"}' + end.encode()))
    assert list(read(tmp_path / "a", KEYWORD_IDS)) == [NamedExportRow(1, "a"), NamedExportRow(2, "b")]


def test_rows_across_chunks(tmp_path: Path) -> None:
    rows = [{"id": number, "name": "ä" * (number % 977)} for number in range(5000)]
    (tmp_path / "a").write_bytes(compressed(*rows))
    assert [(row.id, row.name) for row in read(str(tmp_path / "a"), KEYWORD_IDS)] == [(row["id"], row["name"]) for row in rows]


def test_rows_that_drift_are_kept(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(compressed({"id": 1, "name": None}, {"id": 2}, {"id": 3, "name": "c", "new": [1]}))
    assert list(read(tmp_path / "a", KEYWORD_IDS)) == [NamedExportRow(1, None), NamedExportRow(2, UNSET), NamedExportRow(3, "c")]  # type: ignore[arg-type]


ODD_ROWS = {
    "a byte-order mark": (b'\xef\xbb\xbf{"id":1,"name":"a"}', NamedExportRow(1, "a")),
    "half a surrogate pair": (b'{"id":1,"name":"a\\ud83d"}', NamedExportRow(1, "a\ud83d")),
    "a byte that is no UTF-8": (b'{"id":1,"name":"caf\xe9"}', NamedExportRow(1, "caf\ufffd")),
    "a number beyond a float": (b'{"id":1,"name":1e999}', NamedExportRow(1, Decimal("1E+999"))),  # type: ignore[arg-type]
}


@pytest.mark.parametrize(("line", "row"), ODD_ROWS.values(), ids=ODD_ROWS)
def test_one_odd_value_spoils_no_other_row(tmp_path: Path, line: bytes, row: NamedExportRow) -> None:
    (tmp_path / "a").write_bytes(gzip.compress(line + b'\n{"id":2,"name":"b"}\n'))
    assert list(read(tmp_path / "a", KEYWORD_IDS)) == [row, NamedExportRow(2, "b")]


DAMAGE = {
    "truncated": (CONTENT[:-2000], "damaged or incomplete after row"),
    "flipped": (CONTENT[:3000] + b"\0\0\0\0" + CONTENT[3004:], "damaged or incomplete"),
    "a wrong checksum": (CONTENT[:-8] + b"\0" * 8, "damaged or incomplete.*CRC"),
    "HTML": (b"<!doctype html><title>Log in</title>", "Not a gzipped file"),
    "plain JSON": (b'{"id": 1, "name": "a"}\n', "Not a gzipped file"),
    "empty": (b"", "is empty"),
    "a line that is no JSON": (compressed({"id": 1, "name": "a"}, "nonsense"), "row 2: "),
    "a line that is nested too deeply": (gzip.compress(b'{"id":1,"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"), "row 1: "),
    "a line that is no object": (compressed(*KEYWORDS[:20], "[1]"), "row 21: it is no JSON object"),
    "an endless line": (gzip.compress(b" " * (6 << 20)), "a line is longer than"),
}


@pytest.mark.parametrize(("content", "problem"), DAMAGE.values(), ids=DAMAGE.keys())
def test_damage_is_an_error(tmp_path: Path, content: bytes, problem: str) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(DecodeError, match=problem):
        list(read(tmp_path / "a", KEYWORD_IDS))


def test_a_file_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(read(tmp_path / "a", KEYWORD_IDS))


def test_a_million_rows_take_at_most_32_mib(tmp_path: Path) -> None:
    line = '{"adult":false,"id":%d,"original_title":"Film %d","popularity":1.5,"video":false}\n'
    with gzip.open(tmp_path / "a", "wt", compresslevel=1) as file:
        for start in range(0, 1_000_000, 10_000):
            file.write("".join(line % (number, number) for number in range(start, start + 10_000)))
    script = (
        "import resource, sys; from tmdbkit import exports\n"
        "def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "rows = exports.read(sys.argv[1], exports.MOVIE_IDS); next(rows); before = peak()\n"
        "print(sum(1 for _ in rows) + 1, peak() - before)"
    )
    count, kibibytes = subprocess.check_output([sys.executable, "-c", script, str(tmp_path / "a")], text=True).split()
    assert int(count) == 1_000_000
    assert int(kibibytes) <= 32 * 1024


# Days


def test_the_newest_day_is_found_by_going_back(run: Run, tmp_path: Path) -> None:
    with raw_server(GONE, sends(http_response(b"", "404 Not Found")), sends(served())) as server:
        path = run("download", KEYWORD_IDS, tmp_path, base_url=server.url)
    assert dates_of(server.requests) == ["05_10_2024", "05_09_2024", "05_08_2024"]
    assert path == tmp_path / "keyword_ids_05_08_2024.json.gz"
    assert path.read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == [path.name]


def test_before_eight_the_newest_is_that_of_yesterday(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW - timedelta(hours=2))
    with raw_server(sends(served())) as server:
        assert len(run("rows", KEYWORD_IDS, base_url=server.url)) == 3000
    assert dates_of(server.requests) == ["05_09_2024"]


def test_after_a_week_without_an_export_there_is_none(run: Run, tmp_path: Path) -> None:
    with raw_server(GONE) as server, pytest.raises(NotFoundError, match=r"no export keyword_ids of the 7 days before 2024-05-11"):
        run("download", KEYWORD_IDS, tmp_path, base_url=server.url)
    assert len(server.requests) == 7
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["nowhere", "notes.txt"])
def test_the_folder_of_rows_is_a_folder(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InvalidArgumentError, match=f"folder must be a folder that exists; not '.*{name}'"):
        run("rows", MOVIE_IDS, folder=tmp_path / name, base_url="http://127.0.0.1:1")
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [("notes.txt", "mine")]


def test_a_missing_day_is_an_error(run: Run) -> None:
    with raw_server(GONE) as server, pytest.raises(NotFoundError, match=r"no export movie_ids of 2024-01-01.*90 days") as caught:
        run("rows", MOVIE_IDS, day=date(2024, 1, 1), base_url=server.url)
    assert len(server.requests) == 1
    assert caught.value.http_status == 404


def test_other_failures_are_not_taken_for_a_missing_day(run: Run) -> None:
    with raw_server(sends(http_response(b"", "500 Internal Server Error"))) as server, pytest.raises(ServerError):
        run("rows", MOVIE_IDS, base_url=server.url)
    assert len(server.requests) == 1
    blocked = sends(http_response(b"<html>", "403 Forbidden", Content_Type="text/html"))
    with raw_server(blocked) as server, pytest.raises(PermissionDeniedError):
        run("rows", MOVIE_IDS, base_url=server.url)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"day": date(2024, 5, 11)}, "future"),
        ({"day": "2024-13-01"}, "day must be"),
        ({"day": 20240510}, "day must be"),
        ({"file": "movie_ids"}, "file must be"),
        ({"base_url": "ftp://x"}, "url must be the URL of an export"),
        ({"max_bytes": 0}, "max_bytes"),
    ],
)
def test_mistakes_are_rejected_before_a_request(run: Run, arguments: dict[str, Any], problem: str) -> None:
    with raw_server(sends(served())) as server, pytest.raises(InvalidArgumentError, match=problem):
        run("rows", **{"file": MOVIE_IDS, "base_url": server.url, **arguments})
    assert server.requests == []


# Downloads


def test_no_credential_is_sent(run: Run) -> None:
    secrets = {"credential": None, "access_token": TOKEN, "user_access_token": USER_TOKEN, "session_id": SESSION, "headers": {"X-Secret": API_KEY}}
    with raw_server(sends(served())) as server:
        assert run("rows", KEYWORD_IDS, base_url=server.url, client=secrets)[0] == NamedExportRow(0, "keyword 0")
    sent = server.requests[0].decode().lower()
    assert not any(secret.lower() in sent for secret in (TOKEN, USER_TOKEN, SESSION, API_KEY))
    assert "authorization" not in sent


def test_a_client_without_a_credential_can_load_exports(run: Run) -> None:
    with raw_server(sends(served())) as server:
        assert len(run("rows", KEYWORD_IDS, base_url=server.url, client={"credential": None})) == 3000


def test_an_interrupted_download_is_continued(run: Run, tmp_path: Path) -> None:
    half = len(CONTENT) // 2
    rest = served(CONTENT[half:], "206 Partial Content", Content_Range=f"bytes {half}-{len(CONTENT) - 1}/{len(CONTENT)}")
    with raw_server(breaks_off(served()[: half - len(CONTENT)]), sends(rest)) as server:
        with pytest.raises(APIConnectionError):
            run("rows", KEYWORD_IDS, folder=tmp_path, base_url=server.url)
        assert [row.id for row in run("rows", KEYWORD_IDS, folder=tmp_path, base_url=server.url)] == [row["id"] for row in KEYWORDS]
    assert f"range: bytes={half}-".encode() in server.requests[1].lower()
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [CONTENT]


def test_a_retry_continues(run: Run) -> None:
    half = len(CONTENT) // 2
    rest = served(CONTENT[half:], "206 Partial Content", Content_Range=f"bytes {half}-{len(CONTENT) - 1}/{len(CONTENT)}")
    with raw_server(breaks_off(served()[: half - len(CONTENT)]), sends(rest)) as server:
        assert len(run("rows", KEYWORD_IDS, base_url=server.url, client={"retries": Retries(base=0)})) == 3000


def test_a_complete_file_is_not_loaded_again(run: Run, tmp_path: Path) -> None:
    with raw_server(sends(served())) as server:
        for _ in range(2):
            assert len(run("rows", KEYWORD_IDS, folder=tmp_path, base_url=server.url)) == 3000
    assert len(server.requests) == 1


def test_a_damaged_file_is_loaded_again_the_next_time(run: Run, tmp_path: Path) -> None:
    with raw_server(sends(served(CONTENT[:-100])), sends(served())) as server:
        with pytest.raises(DecodeError, match="incomplete"):
            run("rows", KEYWORD_IDS, folder=tmp_path, base_url=server.url)
        assert len(run("rows", KEYWORD_IDS, folder=tmp_path, base_url=server.url)) == 3000


@pytest.mark.parametrize("body", [b"<!doctype html><title>Log in</title>", b"<", b'{"id": 1}\n'])
def test_something_else_is_not_stored(run: Run, tmp_path: Path, body: bytes) -> None:
    with raw_server(sends(http_response(body, Content_Type="text/html"))) as server, pytest.raises(DecodeError, match=r"something else.*text/html"):
        run("download", KEYWORD_IDS, tmp_path, base_url=server.url)
    assert list(tmp_path.iterdir()) == []


def test_a_declared_gzip_encoding_is_that_of_the_file(run: Run, tmp_path: Path) -> None:
    with raw_server(sends(served(Content_Encoding="gzip"))) as server:
        assert run("download", KEYWORD_IDS, tmp_path / "k.gz", base_url=server.url).read_bytes() == CONTENT


def test_a_file_beyond_the_limit_is_rejected(run: Run, tmp_path: Path) -> None:
    with raw_server(sends(served())) as server, pytest.raises(DecodeError, match="max_bytes=1000"):
        run("download", KEYWORD_IDS, tmp_path, base_url=server.url, max_bytes=1000)
    assert list(tmp_path.iterdir()) == []


def test_an_abandoned_iteration_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    fake = FakeTMDB()
    with fake.client() as tmdb:
        rows = tmdb.exports.rows(KEYWORD_IDS)
        next(rows)
        assert list(tmp_path.iterdir())
        rows.close()  # type: ignore[attr-defined]

    async def cancelled() -> None:
        async with fake.async_client() as tmdb:
            async for _ in tmdb.exports.rows(KEYWORD_IDS):
                raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
    assert list(tmp_path.iterdir()) == []


def test_the_fixture_serves_exports(fake_tmdb: FakeTMDB) -> None:
    fake_tmdb.clock.set(datetime(2027, 1, 10, 12, tzinfo=UTC))
    with TMDB() as tmdb:
        assert 550 in {row.id for row in tmdb.exports.rows(MOVIE_IDS)}
        with pytest.raises(InvalidArgumentError, match="today, in UTC, is 2027-01-10"):
            next(tmdb.exports.rows(MOVIE_IDS, day="2027-01-11"))
