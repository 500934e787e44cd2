"""The cache: which responses it stores, for how long, and its behaviour with a damaged store."""

from __future__ import annotations

import asyncio
import gzip
import logging
import multiprocessing
import random
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from time import time
from typing import Any

import httpx
import pytest

from tests.conftest import API_KEY, GUEST_SESSION, SECRETS, SESSION, TOKEN
from tests.support.fake_origin import BOTH, PUBLIC, URL, Body, Fetch, Origin, fetch_async, fetch_sync, from_cache, past
from tmdbkit import Cache, InvalidArgumentError
from tmdbkit.transport import cache_layer, cache_store


@pytest.fixture
def cache() -> Iterator[Cache]:
    with Cache() as cache:
        yield cache


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "responses.sqlite3"


def bytes_of(path: Path) -> bytes:
    """The bytes of a store: its file and SQLite's auxiliary files."""
    return b"".join(file.read_bytes() for file in sorted(path.parent.iterdir()) if file.is_file())


# Storing and freshness


@BOTH
def test_a_fresh_response_is_served_from_the_cache(cache: Cache, fetch: Fetch) -> None:
    origin = Origin()
    first, second = fetch(cache, origin), fetch(cache, origin)
    assert (origin.request_count, from_cache(first), from_cache(second)) == (1, False, True)
    assert second.json() == first.json() == {"count": 1}
    assert {**second.headers, "age": "0"} == {**first.headers, "age": "0"}
    assert second.headers["age"] in ("0", "1")


@BOTH
def test_a_stale_response_is_revalidated_by_its_etag(cache: Cache, fetch: Fetch) -> None:
    origin = Origin(Date=past(7000))
    fetch(cache, origin)
    origin.headers |= {"Date": past(0), "X-New": "yes"}
    confirmed, later = fetch(cache, origin), fetch(cache, origin)
    assert [request.get("If-None-Match") for request in origin.requests] == [None, 'W/"1"']
    assert confirmed.status_code == later.status_code == 200
    assert confirmed.json() == later.json() == {"count": 1}
    assert confirmed.extensions["caching"] == {"from_cache": True, "revalidated": True, "stored": False}
    assert later.headers["x-new"] == "yes"


@BOTH
def test_a_changed_response_replaces_the_old_one(cache: Cache, fetch: Fetch) -> None:
    origin = Origin("public, max-age=0")
    fetch(cache, origin)
    origin.tag = 'W/"2"'
    assert fetch(cache, origin).json() == {"count": 2}
    assert fetch(cache, origin).json() == {"count": 2}
    assert [request.get("If-None-Match") for request in origin.requests] == [None, 'W/"1"', 'W/"2"']


@BOTH
@pytest.mark.parametrize("cache_control", ["no-store", "private", "private, max-age=60", "no-store, public, max-age=60"])
def test_no_store_responses_are_not_stored(path: Path, fetch: Fetch, cache_control: str) -> None:
    origin = Origin(cache_control)
    with Cache(path) as cache:
        fetch(cache, origin)
        assert fetch(cache, origin).json() == {"count": 2}
    assert "If-None-Match" not in origin.requests[1]
    assert b'count":' not in bytes_of(path)


@BOTH
@pytest.mark.parametrize("cache_control", ["no-cache", "public, no-cache, max-age=60", "max-age=0, must-revalidate", None])
def test_no_cache_responses_are_revalidated_every_time(cache: Cache, fetch: Fetch, cache_control: str | None) -> None:
    origin = Origin(cache_control)
    assert [fetch(cache, origin).json()["count"] for _ in range(3)] == [1, 1, 1]
    assert [request.get("If-None-Match") for request in origin.requests] == [None, 'W/"1"', 'W/"1"']


@BOTH
def test_the_age_header_counts(cache: Cache, fetch: Fetch) -> None:
    origin = Origin(Age="7000")
    fetch(cache, origin)
    assert fetch(cache, origin).json() == {"count": 1}
    assert origin.request_count == 2
    origin.headers["Age"] = "6000"
    fetch(cache, origin)
    assert 6000 <= int(fetch(cache, origin).headers["Age"]) <= 6001
    assert origin.request_count == 3


@BOTH
@pytest.mark.parametrize("date", [None, "yesterday", "Fri, 01 Jan 2999 00:00:00 GMT", "Mon, 01 Jan 99999 00:00:00 GMT"])
def test_a_response_without_a_valid_date_ages_from_its_receipt(cache: Cache, fetch: Fetch, date: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    origin = Origin(Date=date)
    with monkeypatch.context() as patch:
        patch.setattr(cache_layer, "time", lambda: time() - 7000)
        fetch(cache, origin)
    fetch(cache, origin)
    assert origin.request_count == 2
    fetch(cache, origin)
    assert origin.request_count == 2


@BOTH
def test_a_304_without_a_date_is_new(cache: Cache, fetch: Fetch) -> None:
    origin = Origin(Date=past(7000), Age="7000")
    fetch(cache, origin)
    origin.headers |= {"Date": None, "Age": None}
    for _ in range(3):
        assert from_cache(fetch(cache, origin))
    assert origin.request_count == 2


@BOTH
def test_an_unusable_response_is_not_stored(path: Path, fetch: Fetch) -> None:
    with Cache(path) as cache:
        assert [fetch(cache, Origin(None, tag=None)).json() for _ in range(2)] == [{"count": 1}] * 2
        assert b'count":' not in bytes_of(path)


@BOTH
def test_request_cache_control_is_honoured(path: Path, fetch: Fetch) -> None:
    origin = Origin()
    with Cache(path) as cache:
        fetch(cache, origin, Cache_Control="no-store")
        assert not path.exists()
        fetch(cache, origin)
        assert fetch(cache, origin, Cache_Control="no-cache").json() == {"count": 2}
        assert origin.requests[-1]["If-None-Match"] == 'W/"1"'
        assert fetch(cache, origin, Cache_Control="no-store").json() == {"count": 4}


@BOTH
def test_each_url_has_its_own_entry(cache: Cache, fetch: Fetch) -> None:
    origin = Origin()
    urls = [URL, f"{URL}?language=de-DE", f"{URL}?language=en-US", "https://api.themoviedb.org/3/movie/551", "http://127.0.0.1/3/movie/550"]
    for _ in range(2):
        assert [fetch(cache, origin, url).json()["count"] for url in urls] == [1, 2, 3, 4, 5]


@BOTH
def test_content_codings_have_separate_entries(cache: Cache, fetch: Fetch) -> None:
    origin = Origin("no-cache", body=gzip.compress(b'{"count": 1}'), Content_Encoding="gzip")
    fetch(cache, origin, Accept_Encoding="gzip")
    origin.body, origin.headers["Content-Encoding"] = b'{"count": 2}', None
    assert fetch(cache, origin, Accept_Encoding="identity").content == b'{"count": 2}'
    assert fetch(cache, origin, Accept_Encoding="gzip").content == b'{"count": 1}'


@BOTH
@pytest.mark.parametrize(
    ("vary", "kept"), [("Origin", True), ("Accept-Encoding,ORIGIN", True), (None, True), ("", True), ("*", False), ("Authorization", False)]
)
def test_a_response_with_an_unsupported_vary_is_not_stored(cache: Cache, fetch: Fetch, vary: str | None, kept: bool) -> None:
    origin = Origin(Vary=vary)
    assert [fetch(cache, origin).json()["count"] for _ in range(2)] == [1, 1 if kept else 2]


@BOTH
@pytest.mark.parametrize("status", [200, 404])
def test_cacheable_statuses_are_stored(cache: Cache, fetch: Fetch, status: int) -> None:
    origin = Origin(status=status)
    assert [fetch(cache, origin).status_code for _ in range(2)] == [status, status]
    assert origin.request_count == 1


@BOTH
@pytest.mark.parametrize("status", [201, 206, 301, 400, 401, 403, 405, 410, 422, 429, 500, 501, 503])
def test_transient_and_credential_errors_are_not_stored(cache: Cache, fetch: Fetch, status: int) -> None:
    origin = Origin(status=status)
    assert [fetch(cache, origin).status_code for _ in range(2)] == [status, status]
    assert [request.get("If-None-Match") for request in origin.requests] == [None, None]


@BOTH
def test_an_error_response_keeps_the_entry(cache: Cache, fetch: Fetch) -> None:
    origin = Origin("no-cache")
    fetch(cache, origin)
    origin.status, origin.tag = 503, 'W/"2"'
    assert fetch(cache, origin).status_code == 503
    origin.status, origin.tag = 200, 'W/"1"'
    assert fetch(cache, origin).json() == {"count": 1}


@BOTH
def test_a_compressed_body_is_stored_unchanged(path: Path, fetch: Fetch) -> None:
    body = gzip.compress(b'{"overview": "' + b"x" * 1000 + b'"}')
    origin = Origin(body=body, Content_Encoding="gzip", Content_Length=str(len(body)))
    with Cache(path) as cache:
        first, second = fetch(cache, origin), fetch(cache, origin)
    assert first.content == second.content == gzip.decompress(body)
    assert (second.headers["Content-Encoding"], second.headers["Content-Length"]) == ("gzip", str(len(body)))
    assert body in bytes_of(path)
    assert origin.request_count == 1


WHOLE = b'{"count": 1}'


@BOTH
@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (WHOLE[:-1], {"Content_Length": str(len(WHOLE))}),
        (WHOLE[:-1], {}),
        (WHOLE + b"}", {}),
        (b"", {}),
        (b"<html>Log in to the hotel's network</html>", {}),
        (gzip.compress(WHOLE, mtime=0)[:-12], {"Content_Encoding": "gzip"}),
        (b"[" * 100_000, {}),
        (b'{"count": "\xff\xfe"}', {}),
        (b"\xff\xfe{\x00}\x00", {}),
        (WHOLE, {"Content_Encoding": "a-coding-nobody-knows", "Content_Length": "14"}),
    ],
)
def test_a_truncated_body_is_not_stored(cache: Cache, fetch: Fetch, body: bytes, headers: dict[str, str]) -> None:
    origin = Origin(body=body, **headers)
    fetch(cache, origin)
    origin.body, origin.headers = WHOLE, Origin().headers
    assert fetch(cache, origin).content == WHOLE
    assert origin.request_count == 2


@BOTH
def test_a_connection_lost_within_a_body_is_raised(cache: Cache, fetch: Fetch, caplog: pytest.LogCaptureFixture) -> None:
    origin = Origin(body=Body(WHOLE, httpx.RemoteProtocolError("peer closed connection")))
    with pytest.raises(httpx.RemoteProtocolError, match="peer closed"):
        fetch(cache, origin)
    origin.body = WHOLE
    fetch(cache, origin)
    assert (origin.request_count, caplog.messages) == (2, [])


def test_a_partially_read_body_is_not_stored(cache: Cache) -> None:
    origin = Origin(body=Body(WHOLE, b" ", b" "))
    with httpx.Client(transport=cache.over(origin)) as client:
        for _ in range(2):
            with client.stream("GET", URL) as response:
                assert next(response.iter_raw()) == WHOLE
    assert origin.request_count == 2


async def test_a_body_with_a_cancelled_reader_is_not_stored(cache: Cache) -> None:
    origin = Origin(body=Body(WHOLE, b" ", b" "))
    async with httpx.AsyncClient(transport=cache.over_async(origin)) as client:

        async def read(begun: asyncio.Event) -> None:
            async with client.stream("GET", URL) as response:
                async for _ in response.aiter_raw():
                    begun.set()
                    await asyncio.sleep(60)

        for _ in range(2):
            begun = asyncio.Event()
            task = asyncio.ensure_future(read(begun))
            await begun.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
    assert origin.request_count == 2


@BOTH
@pytest.mark.parametrize("failure", [httpx.ConnectError("refused"), httpx.ReadTimeout("too slow"), ValueError("a bug"), sqlite3.OperationalError("not ours")])
def test_exceptions_below_the_cache_are_raised_unchanged(cache: Cache, fetch: Fetch, failure: Exception, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Origin):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            raise failure

    fetch(cache, Origin("max-age=0"))
    with pytest.raises(type(failure)) as caught:
        fetch(cache, Broken())
    assert caught.value is failure
    assert caplog.messages == []


# Privacy


@BOTH
@pytest.mark.parametrize(
    ("url", "headers"),
    [
        (URL, {"Authorization": f"Bearer {TOKEN}"}),
        (URL, {"Cookie": f"session={SESSION}"}),
        (f"{URL}?api_key={API_KEY}", {}),
        (f"{URL}?language=de&session_id={SESSION}", {}),
        (f"{URL}?guest_session_id={GUEST_SESSION}", {}),
        (f"{URL}?request_token={SESSION}", {}),
        (f"https://api.themoviedb.org/3/guest_session/{GUEST_SESSION}/rated/movies", {}),
        ("https://api.themoviedb.org/3/account/21000001", {}),
        ("https://api.themoviedb.org/4/account/4bc8892a017a3c0a92001001/lists", {}),
        (f"{URL}/account_states", {}),
        ("https://api.themoviedb.org/3/authentication", {}),
        ("https://api.themoviedb.org/3/authentication/token/new", {}),
    ],
)
def test_credential_dependent_responses_are_not_stored(path: Path, fetch: Fetch, url: str, headers: dict[str, str]) -> None:
    origin = Origin()
    with Cache(path) as cache:
        assert [fetch(cache, origin, url, **headers).json()["count"] for _ in range(2)] == [1, 2]
    assert not path.exists()


@BOTH
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD"])
def test_only_get_responses_are_stored(path: Path, fetch: Fetch, method: str) -> None:
    origin = Origin()
    with Cache(path) as cache:
        fetch(cache, origin, method=method)
    assert not path.exists()


@BOTH
def test_only_selecting_request_headers_are_stored(path: Path, fetch: Fetch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    origin = Origin("no-cache", Set_Cookie=f"sid={SESSION}")
    with Cache(path) as cache:
        for _ in range(3):
            assert fetch(cache, origin, X_Proxy_Key=TOKEN, Proxy_Authorization=f"Basic {API_KEY}").json() == {"count": 1}
        written = bytes_of(path)
    assert b"accept-encoding" in written
    for secret in (*SECRETS.values(), "sid="):
        assert secret.encode() not in written
        assert not any(secret in record.getMessage() for record in caplog.records if record.name.startswith("hishel"))


# The store


def test_a_store_is_readable_by_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    with Cache("~/a/b/responses.sqlite3") as cache, Cache("here.sqlite3") as other, Cache() as memory:
        assert list(tmp_path.iterdir()) == []
        for each in (cache, other, memory):
            fetch_sync(each, Origin())
        assert {str(file.relative_to(tmp_path)): file.stat().st_mode & 0o777 for file in tmp_path.rglob("*") if file.is_file()} == {
            "a/b/responses.sqlite3": 0o600,
            "here.sqlite3": 0o600,
        }
        assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
        assert repr(cache) == f"Cache('{tmp_path}/a/b/responses.sqlite3')"
        assert repr(memory) == "Cache()"


def test_a_file_outlives_its_cache(path: Path) -> None:
    origin = Origin()
    for cache in (Cache(path), Cache(path), Cache(path)):
        fetch_sync(cache, origin)
        cache.close()
    assert origin.request_count == 1
    memory = Cache()
    for _ in range(2):
        fetch_sync(memory, origin)
        assert from_cache(fetch_sync(memory, origin))
        memory.close()
    assert origin.request_count == 3


def test_sync_and_async_clients_share_a_cache(path: Path) -> None:
    origin = Origin()
    with Cache(path) as cache:
        for fetch in (fetch_async, fetch_sync, fetch_async, fetch_sync):
            assert fetch(cache, origin).json() == {"count": 1}


def test_closing_a_client_leaves_the_cache_open_for_others(cache: Cache) -> None:
    origin = Origin()
    transport = cache.over(origin)
    with httpx.Client(transport=transport) as client:
        client.get(URL)
    assert cache._store.get(bytes.fromhex(cache_layer.key_of(client.build_request("GET", URL)))) is not None


@pytest.mark.parametrize("path", ["", ".", "new/"])
def test_a_directory_is_rejected_as_a_store(path: str) -> None:
    with pytest.raises(InvalidArgumentError, match="path must be that of a file"):
        Cache(path)


@pytest.mark.parametrize("size", [0, -1, 999_999])
def test_a_tiny_store_is_rejected(size: int) -> None:
    with pytest.raises(InvalidArgumentError, match="1000000 or more"):
        Cache(max_size=size)


@pytest.mark.parametrize("where", ["file", "memory"])
def test_a_full_store_evicts_the_least_recently_validated(path: Path, where: str, caplog: pytest.LogCaptureFixture) -> None:
    origin = Origin("no-cache", body=b'"' + b"x" * 50_000 + b'"')
    with Cache(path if where == "file" else None, max_size=1_000_000) as cache:
        for number in range(50):
            fetch_sync(cache, origin, f"{URL}?n={number}")
            fetch_sync(cache, origin, f"{URL}?n=0")
            assert where == "memory" or path.stat().st_size <= 1_000_000
        kept = {number for number in range(50) if from_cache(fetch_sync(cache, Origin("no-cache"), f"{URL}?n={number}", Cache_Control="max-age=9"))}
        assert {0, 45, 46, 47, 48, 49} <= kept
        assert 10 <= len(kept) <= 20
    assert caplog.messages == []


def test_a_response_larger_than_a_tenth_of_the_store_is_not_stored(caplog: pytest.LogCaptureFixture) -> None:
    origin = Origin(body=b'"' + b"x" * 200_000 + b'"')
    with Cache(max_size=1_000_000) as cache:
        assert [len(fetch_sync(cache, origin).content) for _ in range(2)] == [200_002, 200_002]
    assert (origin.request_count, caplog.messages) == (2, [])


# Damage


def filled(path: Path, responses: int = 12) -> Origin:
    """Fill a store with responses, and return their origin."""
    origin = Origin(body=b'{"title": "' + b"x" * 3000 + b'"}')
    with Cache(path) as cache:
        for number in range(responses):
            fetch_sync(cache, origin, f"{URL}?n={number}")
    return origin


def garbage_after_the_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100] + random.Random(1).randbytes(50_000))


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 + 77])


def zeros(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100] + bytes(path.stat().st_size - 100))


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(";".join(statements))


def an_older_version(path: Path) -> None:
    change(path, "PRAGMA user_version = 0")


def no_table(path: Path) -> None:
    change(path, "DROP TABLE responses")


def other_columns(path: Path) -> None:
    change(path, "DROP TABLE responses", "CREATE TABLE responses (url TEXT PRIMARY KEY, body TEXT)")


BROKEN = [garbage_after_the_header, truncated, zeros, an_older_version, no_table, other_columns]
WHEN = [(breaking, when) for breaking in BROKEN for when in ("before", "in between") if (breaking, when) != (an_older_version, "in between")]


@BOTH
@pytest.mark.parametrize(("breaking", "when"), WHEN, ids=[f"{breaking.__name__}-{when}" for breaking, when in WHEN])
def test_an_unreadable_store_is_replaced(path: Path, fetch: Fetch, breaking: Any, when: str, caplog: pytest.LogCaptureFixture) -> None:
    origin = filled(path)
    with Cache(path) as cache:
        if when == "in between":
            assert from_cache(fetch(cache, origin, f"{URL}?n=11"))
        breaking(path)
        broken = path.read_bytes()
        responses = [fetch(cache, origin, f"{URL}?n={number}") for _ in range(2) for number in range(12)]
    assert {response.content for response in responses} == {origin.body}
    assert all(from_cache(response) for response in responses[12:])
    (warning,) = caplog.messages
    assert re.fullmatch(rf"the cache {path} cannot be read \(.+\): it is set aside as {path}.unreadable, and a new one is created", warning)
    aside = Path(f"{path}.unreadable")
    assert aside.read_bytes() == broken or when == "in between"
    assert sorted(path.parent.iterdir()) == [path, aside]
    assert path.stat().st_mode & 0o777 == 0o600


@BOTH
@pytest.mark.parametrize(
    "content",
    [b"my notes\n" * 100, b"\0" * 5_000, b"{}", random.Random(1).randbytes(50_000), b"SQLite format 3\0" + bytes(80), b"SQLite format 3\0"],
    ids=["notes", "zeros", "JSON", "random bytes", "a header alone", "the start of a header"],
)
def test_a_file_that_is_not_a_cache_is_left_alone(path: Path, fetch: Fetch, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    origin = Origin()
    with Cache(path) as cache:
        assert [from_cache(fetch(cache, origin)) for _ in range(2)] == [False, False]
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]
    assert caplog.messages == [
        f"the cache {path} is not a file of a cache, and stays as it is; name another path, or remove it: TMDB is asked for what it does not have"
    ]


def test_a_database_of_another_program_is_left_alone(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.parent.mkdir()
    change(path, "CREATE TABLE notes (text)", "INSERT INTO notes VALUES ('mine')")
    content = path.read_bytes()
    with Cache(path) as cache:
        fetch_sync(cache, Origin())
    assert path.read_bytes() == content
    assert "a database of another program" in caplog.text


def test_every_folder_that_is_created_is_private(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "c" / "cache.sqlite3"
    filled(path, 1)
    assert {part.name: part.stat().st_mode & 0o777 for part in (path, *path.parents) if part.is_relative_to(tmp_path) and part != tmp_path} == {
        **dict.fromkeys("abc", 0o700),
        path.name: 0o600,
    }


def test_a_cache_that_others_may_read_is_named_once(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    filled(path, 1)
    assert caplog.messages == []
    path.chmod(0o644)
    with Cache(path) as cache:
        for _ in range(2):
            fetch_sync(cache, Origin())
            cache.close()
    assert caplog.messages == [f"other users of this machine may read the cache {path}: chmod 600 makes it private"]
    assert path.stat().st_mode & 0o777 == 0o644


ROWS = {
    "an answer of other bytes": "UPDATE responses SET response = randomblob(3000)",
    "an answer with a wrong byte": "UPDATE responses SET response = CAST(substr(response, 1, 400) || 'y' || substr(response, 402) AS BLOB)",
    "an empty answer": "UPDATE responses SET response = x''",
    "an answer that is a text": "UPDATE responses SET response = 'text'",
    "an answer that is a number": "UPDATE responses SET response = 5",
    "a digest that is a text": "UPDATE responses SET digest = 'text'",
    "another answer's bytes": "UPDATE responses SET response = (SELECT response FROM responses ORDER BY rowid DESC)",
}


@BOTH
@pytest.mark.parametrize("what", ROWS)
def test_a_damaged_row_is_a_miss(path: Path, fetch: Fetch, what: str, caplog: pytest.LogCaptureFixture) -> None:
    origin = filled(path, 2)
    change(path, ROWS[what])
    with Cache(path) as cache:
        responses = [fetch(cache, origin, f"{URL}?n=0") for _ in range(3)]
    assert {response.content for response in responses} == {origin.body}
    assert [from_cache(response) for response in responses] == [False, True, True]
    assert caplog.messages == [f"the cache {path} holds a damaged response: TMDB is asked for what it does not have"]


def test_a_row_with_invalid_content_is_a_miss(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    origin = filled(path, 1)
    for content in (b"\xc0", b"\x91\x01", b"\xff" * 20):
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("UPDATE responses SET response = ?, digest = ?", (content, cache_store._digest(content)))
        with Cache(path) as cache:
            assert [from_cache(fetch_sync(cache, origin, f"{URL}?n=0")) for _ in range(2)] == [False, True]
    assert len(caplog.messages) == 3


def test_a_corrupted_store_never_serves_wrong_responses(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    origin = filled(path, 8)
    whole, dice = path.read_bytes(), random.Random(550)
    for _ in range(50):
        broken = bytearray(whole)
        for _ in range(dice.choice([1, 3, 30])):
            start = dice.choice([dice.randrange(0, 200), dice.randrange(len(broken))])
            broken[start : start + 8] = dice.randbytes(dice.choice([0, 1, 8]))
        path.write_bytes(broken[: dice.choice([None, None, dice.randrange(len(broken))])])
        caplog.clear()
        with Cache(path) as cache:
            for turn in range(4):
                responses = [fetch_sync(cache, origin, f"{URL}?n={number}") for number in range(8)]
                assert {response.content for response in responses} == {origin.body}, turn
            assert all(from_cache(response) for response in responses) or re.search("another program|not a file of a cache", caplog.text)
        assert len(caplog.messages) <= 3


def test_a_file_replaced_by_another_process_is_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(path, 1)
    garbage_after_the_header(path)
    origin = filled(path.with_name("new"), 1)
    prepare = cache_store.Store._prepare

    def prepare_late(store: cache_store.Store, connection: sqlite3.Connection) -> None:
        if path.with_name("new").exists():
            path.with_name("new").replace(path)
        prepare(store, connection)

    monkeypatch.setattr(cache_store.Store, "_prepare", prepare_late)
    with Cache(path) as cache:
        assert [from_cache(fetch_sync(cache, origin, f"{URL}?n=0")) for _ in range(2)] == [False, True]
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("statements", "whose"),
    [
        (["CREATE TABLE entries (id BLOB)"], "it is a database of another program"),
        (["CREATE TABLE responses (key BLOB PRIMARY KEY, digest BLOB, response BLOB)"], "it is a database of another program"),
        ([f"PRAGMA application_id = {cache_store.APPLICATION_ID}", "PRAGMA user_version = 99"], "it is of a newer version of tmdbkit"),
    ],
)
def test_a_foreign_database_is_not_touched(path: Path, statements: list[str], whose: str, caplog: pytest.LogCaptureFixture) -> None:
    path.parent.mkdir()
    change(path, *statements)
    before = path.read_bytes()
    with Cache(path) as cache:
        assert [fetch_sync(cache, Origin()).json() for _ in range(3)] == [{"count": 1}] * 3
    assert path.read_bytes() == before
    assert caplog.messages == [f"the cache {path} cannot be used ({whose}): TMDB is asked for what it does not have"]


@BOTH
def test_an_invalid_path_is_logged_once(tmp_path: Path, fetch: Fetch, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    origin = Origin()
    with Cache(tmp_path / "file" / "responses.sqlite3") as cache:
        assert [fetch(cache, origin).json()["count"] for _ in range(3)] == [1, 2, 3]
    (warning,) = caplog.messages
    assert re.search(r"cannot be used \(.*(File exists|Not a directory)", warning)


def test_an_unreadable_and_unmovable_file_is_logged_once(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Path(f"{path}.unreadable", "taken").mkdir(parents=True)
    filled(path, 1)
    garbage_after_the_header(path)
    with Cache(path) as cache:
        assert [fetch_sync(cache, Origin()).json() for _ in range(3)] == [{"count": 1}] * 3
    reason = f"[Errno 21] Is a directory: '{path}' -> '{path}.unreadable'"
    assert caplog.messages == [
        f"the cache {path} cannot be read (database disk image is malformed) nor set aside ({reason}): TMDB is asked for what it does not have"
    ]


@BOTH
@pytest.mark.parametrize("what", ["removed", "replaced", "its directory removed"])
def test_a_deleted_file_is_created_again(path: Path, fetch: Fetch, what: str, caplog: pytest.LogCaptureFixture) -> None:
    origin = Origin()
    with Cache(path) as cache:
        fetch(cache, origin)
        if what == "replaced":
            filled(path.with_name("other"), 3)
            path.with_name("other").replace(path)
            assert from_cache(fetch(cache, origin, f"{URL}?n=2"))
        else:
            path.unlink()
        if what == "its directory removed":
            path.parent.rmdir()
        assert [from_cache(fetch(cache, origin)) for _ in range(2)] == [False, True]
        assert path.exists()
    assert (origin.request_count, caplog.messages) == (2, [])


def test_a_locked_store_is_bypassed(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    origin = filled(path, 1)
    with Cache(path) as cache, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert not from_cache(fetch_sync(cache, origin, f"{URL}?n=0"))
        other.execute("COMMIT")
        assert from_cache(fetch_sync(cache, origin, f"{URL}?n=0"))
    assert caplog.messages == [f"the cache {path} cannot be used (database is locked): TMDB is asked for what it does not have"]


FULL_DISK = """
import logging, resource, sys
from tests.support.fake_origin import Origin, URL, fetch_async, fetch_sync, from_cache
from tmdbkit import Cache
logging.basicConfig()
origin = Origin(body=b'"' + b"x" * 9000 + b'"')
with Cache(sys.argv[1]) as cache:
    fetch_sync(cache, origin)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, resource.RLIM_INFINITY))
    for fetch in (fetch_sync, fetch_async):
        for number in range(40):
            assert fetch(cache, origin, f"{URL}?n={number}").content == origin.body
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    fetch_sync(cache, origin, f"{URL}?last")
    assert from_cache(fetch_sync(cache, origin, f"{URL}?last"))
"""


def test_a_full_disk_fails_no_call(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL_DISK, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"WARNING:tmdbkit:the cache \S+ cannot be used \((disk I/O error|database or disk is full)\): .+\n", done.stderr)


# Threads and processes


def test_threads_share_a_cache(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def body(number: int) -> bytes:
        return b'{"n": %d, "x": "%s"}' % (number, b"x" * 1000)

    class Numbered(Origin):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            self.requests.append(request.headers)
            return httpx.Response(200, headers={"Cache-Control": PUBLIC}, stream=Body(body(int(request.url.params["n"]))))

    origin = Numbered()
    with Cache(path) as cache, ThreadPoolExecutor(8) as pool, httpx.Client(transport=cache.over(origin)) as client:

        def ask(seed: int) -> None:
            dice = random.Random(seed)
            for _ in range(50):
                number = dice.randrange(40)
                assert client.get(URL, params={"n": number}).content == body(number)

        list(pool.map(ask, range(8)))
        assert all(from_cache(client.get(URL, params={"n": number})) for number in range(40))
    assert 40 <= origin.request_count <= 100
    assert caplog.messages == []


PROCESS = """
import logging, sys
from tests.support.fake_origin import Origin, URL, fetch_sync, from_cache
from tmdbkit import Cache
logging.basicConfig()
origin, hits = Origin(body=b'"' + b"x" * 5000 + b'"'), 0
with Cache(sys.argv[1]) as cache:
    for turn in range(4):
        for number in range(20):
            response = fetch_sync(cache, origin, f"{URL}?n={number}")
            assert response.content == origin.body
            hits += from_cache(response)
print(hits)
"""


@pytest.mark.parametrize("before", ["no file", "a damaged one"])
def test_processes_share_a_file(path: Path, before: str) -> None:
    if before == "a damaged one":
        filled(path, 1)
        garbage_after_the_header(path)
    running = [subprocess.Popen([sys.executable, "-c", PROCESS, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    ends = [process.communicate() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], ends
    assert all(int(hits) >= 50 for hits, _ in ends)
    told = "".join(messages for _, messages in ends)
    assert not re.search(r"cannot be used \((?!database is locked)", told), told  # where the disk is slow, a process gives up after 0.2 s
    assert (told.count("set aside") >= 1) is (before == "a damaged one")


def test_a_forked_process_reopens_the_file(path: Path) -> None:
    origin = Origin()
    with Cache(path) as cache:
        fetch_sync(cache, origin)
        mine = cache._store._connection
        assert mine is not None
        context = multiprocessing.get_context("fork")

        def child() -> None:
            assert from_cache(fetch_sync(cache, origin))
            assert cache._store._connection is not mine
            assert mine.execute("SELECT 550").fetchone() == (550,)  # closing it would touch the other process's transaction
            fetch_sync(cache, origin, f"{URL}?n=1")
            cache.close()

        process = context.Process(target=child)
        process.start()
        process.join()
        assert process.exitcode == 0
        assert from_cache(fetch_sync(cache, origin, f"{URL}?n=1"))
        assert cache._store._connection is mine


# The extra


def test_only_a_cache_needs_the_extra() -> None:
    code = """
import sys
sys.modules["hishel"] = None
from tmdbkit import *
from tmdbkit import TMDB, Cache
TMDB("0" * 32).close()
try:
    Cache()
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "a cache needs hishel: pip install 'tmdbkit[cache]'\n"
