"""Downloads of images, from a real server, with both clients."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import API_KEY, SESSION, TOKEN, USER_TOKEN
from tests.support.raw_server import Act, breaks_off, hangs, http_response, raw_server, sends
from tmdbkit import TMDB, APIConnectionError, APITimeoutError, AsyncTMDB, DeadlineError, DecodeError, InvalidArgumentError, NotFoundError, Retries, StatusError
from tmdbkit.errors import ServerError
from tmdbkit.partial_file import PartialFile
from tmdbkit.testing import FakeTMDB

CONTENT = bytes(range(256)) * 64
HALF = len(CONTENT) // 2
ETAG = '"abc"'
Download = Callable[..., Path]
QUICK = Retries(attempts=3, base=0)


def image(content: bytes = CONTENT, status: str = "200 OK", **headers: str) -> bytes:
    return http_response(content, status, **{"Content_Type": "image/jpeg", "ETag": ETAG, **headers})


def half(**headers: str) -> Act:
    """The first half of the image; then the connection breaks."""
    return breaks_off(image(**headers)[:-HALF])


def rest(start: int = HALF, **headers: str) -> Act:
    content_range = {"Content_Range": f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"}
    return sends(image(CONTENT[start:], "206 Partial Content", **{**content_range, **headers}))


@pytest.fixture(params=["sync", "async", "aiohttp"])
def download(request: pytest.FixtureRequest) -> Download:
    def run(url: str, path: Any, *, client: dict[str, Any] | None = None, **arguments: Any) -> Path:
        options: dict[str, Any] = {"credential": TOKEN, "retries": None, **(client or {})}
        if request.param == "sync":
            with TMDB(**options) as tmdb:
                return tmdb.images.download(url, path, **arguments)

        async def awaited() -> Path:
            async with AsyncTMDB(**options, transport="aiohttp" if request.param == "aiohttp" else None) as tmdb:
                return await tmdb.images.download(url, path, **arguments)

        return asyncio.run(awaited())

    return run


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def range_of(request: bytes) -> tuple[str | None, str | None]:
    found = [re.search(rf"\r\n{name}: ([^\r]*)".encode(), request, re.IGNORECASE) for name in ("range", "if-range")]
    first, second = (match and match[1].decode() for match in found)
    return first, second


def test_an_image_is_stored(download: Download, tmp_path: Path) -> None:
    with raw_server(sends(image())) as server:
        assert download(f"{server.url}/t/p/w500/a.jpg", tmp_path / "poster.jpg") == tmp_path / "poster.jpg"
        assert download(f"{server.url}/t/p/w500/a.jpg", str(tmp_path)) == tmp_path / "a.jpg"  # a folder
    assert names(tmp_path) == ["a.jpg", "poster.jpg"]
    assert {path.read_bytes() for path in tmp_path.iterdir()} == {CONTENT}
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o666 & ~current_umask()}


def current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_no_credential_is_sent(download: Download, tmp_path: Path) -> None:
    secrets = {"credential": None, "access_token": TOKEN, "user_access_token": USER_TOKEN, "session_id": SESSION, "headers": {"X-Secret": API_KEY}}
    with raw_server(sends(image())) as server:
        download(f"{server.url}/a.jpg", tmp_path, client=secrets)
    sent = server.requests[0].decode().lower()
    assert not any(secret.lower() in sent for secret in (TOKEN, USER_TOKEN, SESSION, API_KEY))
    assert "authorization" not in sent
    assert "user-agent: tmdbkit/" in sent


def test_a_custom_client_adds_no_credential(tmp_path: Path) -> None:
    with raw_server(sends(image())) as server:
        secret: dict[str, Any] = {
            "headers": {"Authorization": "Bearer secret"},
            "params": {"api_key": "secret"},
            "auth": ("a", "secret"),
            "cookies": {"a": "secret"},
        }
        with httpx.Client(**secret) as http:
            TMDB(TOKEN, http_client=http).images.download(f"{server.url}/a.jpg", tmp_path)

        async def awaited() -> None:
            async with httpx.AsyncClient(**secret) as http:
                await AsyncTMDB(TOKEN, http_client=http).images.download(f"{server.url}/b.jpg", tmp_path)

        asyncio.run(awaited())
    assert names(tmp_path) == ["a.jpg", "b.jpg"]
    assert not any(b"secret" in request or b"ookie" in request for request in server.requests)


def test_an_existing_file_is_replaced(download: Download, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"old")
    with raw_server(sends(image())) as server:
        download(f"{server.url}/a.jpg", tmp_path / "a.jpg")
    assert (tmp_path / "a.jpg").read_bytes() == CONTENT


def test_an_interrupted_download_leaves_the_old_file_and_is_continued(download: Download, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"old")
    with raw_server(half(), rest()) as server:
        with pytest.raises(APIConnectionError):
            download(f"{server.url}/a.jpg", tmp_path)
        assert (tmp_path / "a.jpg").read_bytes() == b"old"
        assert names(tmp_path) == ["a.jpg", "a.jpg.part", "a.jpg.part.json"]
        download(f"{server.url}/a.jpg", tmp_path)
    assert [range_of(request) for request in server.requests] == [(None, None), (f"bytes={HALF}-", ETAG)]
    assert (tmp_path / "a.jpg").read_bytes() == CONTENT
    assert names(tmp_path) == ["a.jpg"]


def test_a_retry_continues(download: Download, tmp_path: Path) -> None:
    with raw_server(half(), sends(http_response(b"", "503 Service Unavailable")), rest()) as server:
        download(f"{server.url}/a.jpg", tmp_path, client={"retries": QUICK})
    assert [range_of(request)[0] for request in server.requests] == [None, f"bytes={HALF}-", f"bytes={HALF}-"]
    assert (tmp_path / "a.jpg").read_bytes() == CONTENT


def test_another_image_is_not_joined_to_the_first(download: Download, tmp_path: Path) -> None:
    other = b"other" * 100
    with raw_server(half(), sends(image(other, ETag='"new"'))) as server:
        download(f"{server.url}/a.jpg", tmp_path, client={"retries": QUICK})
    assert range_of(server.requests[1]) == (f"bytes={HALF}-", ETAG)
    assert (tmp_path / "a.jpg").read_bytes() == other


def test_a_part_of_another_url_is_not_continued(download: Download, tmp_path: Path) -> None:
    with raw_server(half(), sends(image())) as server:
        with pytest.raises(APIConnectionError):
            download(f"{server.url}/w500/a.jpg", tmp_path)
        download(f"{server.url}/w780/a.jpg", tmp_path)
    assert range_of(server.requests[1]) == (None, None)
    assert (tmp_path / "a.jpg").read_bytes() == CONTENT


@pytest.mark.parametrize("headers", [{"ETag": 'W/"weak"'}, {"ETag": ""}])
def test_a_part_without_a_strong_validator_is_not_kept(download: Download, tmp_path: Path, headers: dict[str, str]) -> None:
    with raw_server(half(**headers), sends(image(**headers))) as server:
        with pytest.raises(APIConnectionError):
            download(f"{server.url}/a.jpg", tmp_path)
        assert names(tmp_path) == []
        download(f"{server.url}/a.jpg", tmp_path, client={"retries": QUICK})
    assert range_of(server.requests[1]) == (None, None)


def test_the_date_of_the_last_change_stands_in_for_the_etag(download: Download, tmp_path: Path) -> None:
    date = "Mon, 02 Nov 2026 10:00:00 GMT"
    with raw_server(half(ETag='W/"weak"', Last_Modified=date), rest()) as server:
        download(f"{server.url}/a.jpg", tmp_path, client={"retries": QUICK})
    assert range_of(server.requests[1]) == (f"bytes={HALF}-", date)
    assert (tmp_path / "a.jpg").read_bytes() == CONTENT


@pytest.mark.parametrize("wrong", [rest(HALF + 1), rest(Content_Range="none"), sends(http_response(b"", "416 Range Not Satisfiable"))])
def test_a_wrong_range_starts_again(download: Download, tmp_path: Path, wrong: Act) -> None:
    with raw_server(half(), wrong, sends(image())) as server:
        download(f"{server.url}/a.jpg", tmp_path, client={"retries": QUICK})
    assert [range_of(request)[0] for request in server.requests] == [None, f"bytes={HALF}-", None]
    assert (tmp_path / "a.jpg").read_bytes() == CONTENT


def test_too_large_an_image_is_rejected_by_its_length(download: Download, tmp_path: Path) -> None:
    with raw_server(sends(image())) as server, pytest.raises(DecodeError, match=f"has {len(CONTENT)} bytes, more than max_bytes=1000"):
        download(f"{server.url}/a.jpg", tmp_path, max_bytes=1000)
    assert names(tmp_path) == []


def test_too_large_an_image_without_a_length_is_rejected(download: Download, tmp_path: Path) -> None:
    head = b'HTTP/1.1 200 OK\r\netag: "abc"\r\ntransfer-encoding: chunked\r\n\r\n'
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(CONTENT), CONTENT) for _ in range(50))
    with raw_server(sends(head, chunks)) as server, pytest.raises(DecodeError, match="larger than max_bytes=100000"):
        download(f"{server.url}/a.jpg", tmp_path, max_bytes=100_000)
    assert names(tmp_path) == []


def test_a_total_in_a_range_counts(download: Download, tmp_path: Path) -> None:
    with raw_server(half(), rest(Content_Range=f"bytes {HALF}-{10**9 - 1}/{10**9}")) as server, pytest.raises(DecodeError, match="max_bytes=20000"):
        download(f"{server.url}/a.jpg", tmp_path, client={"retries": QUICK}, max_bytes=20_000)
    assert names(tmp_path) == []


def test_a_missing_image_is_not_found(download: Download, tmp_path: Path) -> None:
    with raw_server(sends(http_response(b"<html>", "404 Not Found"))) as server, pytest.raises(NotFoundError, match="there is no such image") as caught:
        download(f"{server.url}/a.jpg", tmp_path)
    assert (caught.value.http_status, caught.value.url, caught.value.attempts) == (404, f"{server.url}/a.jpg", 1)
    assert names(tmp_path) == []


def test_a_redirect_is_not_followed(download: Download, tmp_path: Path) -> None:
    with raw_server(sends(http_response(b"", "302 Found", Location="http://127.0.0.1:1/b.jpg"))) as server, pytest.raises(StatusError, match="does not follow"):
        download(f"{server.url}/a.jpg", tmp_path)
    assert len(server.requests) == 1


def test_a_failing_server_is_tried_again(download: Download, tmp_path: Path) -> None:
    with raw_server(sends(http_response(b"", "503 Service Unavailable"))) as server, pytest.raises(ServerError) as caught:
        download(f"{server.url}/a.jpg", tmp_path, client={"retries": QUICK})
    assert (caught.value.attempts, len(server.requests)) == (3, 3)


def test_a_server_that_cannot_be_reached_is_a_connection_error(download: Download, tmp_path: Path) -> None:
    with pytest.raises(APIConnectionError, match="the download failed: ConnectError"):
        download("http://127.0.0.1:1/a.jpg", tmp_path)
    assert names(tmp_path) == []


def test_a_silent_server_is_a_timeout(download: Download, tmp_path: Path) -> None:
    with raw_server(hangs()) as server, pytest.raises(APITimeoutError):
        download(f"{server.url}/a.jpg", tmp_path, client={"timeout": 0.1})


def test_the_deadline_ends_a_slow_body_which_can_be_continued(download: Download, tmp_path: Path) -> None:
    with raw_server(hangs(image()[:-HALF]), rest()) as server:
        with pytest.raises(DeadlineError):
            download(f"{server.url}/a.jpg", tmp_path, client={"deadline": 0.3, "retries": QUICK})
        download(f"{server.url}/a.jpg", tmp_path)
    assert range_of(server.requests[1]) == (f"bytes={HALF}-", ETAG)
    assert (tmp_path / "a.jpg").read_bytes() == CONTENT


def test_a_compressed_image_is_rejected(download: Download, tmp_path: Path) -> None:
    with raw_server(sends(image(Content_Encoding="br"))) as server, pytest.raises(DecodeError, match="unrequested encoding"):
        download(f"{server.url}/a.jpg", tmp_path)
    assert names(tmp_path) == []


def test_an_empty_image_is_rejected(download: Download, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"old")
    with raw_server(sends(image(b""))) as server, pytest.raises(DecodeError, match="the image is empty"):
        download(f"{server.url}/a.jpg", tmp_path)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.jpg", b"old")]


def test_a_page_of_html_is_no_image(download: Download, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"old")
    with (
        raw_server(sends(image(Content_Type="text/html; charset=utf-8"))) as server,
        pytest.raises(DecodeError, match="something else than an image: text/html"),
    ):
        download(f"{server.url}/a.jpg", tmp_path)
    assert names(tmp_path) == ["a.jpg"]
    assert (tmp_path / "a.jpg").read_bytes() == b"old"


@pytest.mark.parametrize("url", ["", "/a.jpg", "ftp://images.example/a.jpg", "https://user:secret@images.example/a.jpg", None, 7, "https://"])
def test_an_invalid_url_is_rejected(download: Download, tmp_path: Path, url: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="url must be the URL of an image") as caught:
        download(url, tmp_path)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("max_bytes", [0, -1, True, 1.5])
def test_an_invalid_limit_is_rejected(download: Download, tmp_path: Path, max_bytes: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="max_bytes must be"):
        download("https://images.example/a.jpg", tmp_path, max_bytes=max_bytes)


@pytest.mark.parametrize("url", ["https://images.example/", "https://images.example/..", "https://images.example/a%5Cb.jpg", "https://images.example/%2e%2e"])
def test_a_url_without_a_name_needs_a_file(download: Download, tmp_path: Path, url: str) -> None:
    with pytest.raises(InvalidArgumentError, match="no name for a file"):
        download(url, tmp_path)


@pytest.mark.parametrize("path", ["posters/", "posters/.."])
def test_a_folder_that_does_not_exist_is_no_file(download: Download, tmp_path: Path, path: str) -> None:
    with pytest.raises(InvalidArgumentError, match="a folder that exists"):
        download("http://127.0.0.1:1/a.jpg", f"{tmp_path}/nowhere/{path}")
    assert names(tmp_path) == []


def test_a_link_out_of_the_folder_is_not_followed(download: Download, tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside.jpg", tmp_path / "folder"
    outside.write_bytes(b"old")
    folder.mkdir()
    (folder / "a.jpg").symlink_to(outside)
    (folder / "b.jpg.part").symlink_to(outside)
    (folder / "c.jpg").symlink_to("../nowhere.jpg")
    for name in "abc":
        with pytest.raises(InvalidArgumentError, match="symbolic link"):
            download("http://127.0.0.1:1/x.jpg", folder / f"{name}.jpg")
    assert (outside.read_bytes(), names(tmp_path)) == (b"old", ["folder", "outside.jpg"])


def test_a_link_within_the_folder_is_followed(download: Download, tmp_path: Path) -> None:
    (tmp_path / "real.jpg").write_bytes(b"old")
    (tmp_path / "a.jpg").symlink_to("real.jpg")
    with raw_server(sends(image())) as server:
        assert download(f"{server.url}/a.jpg", tmp_path / "a.jpg") == (tmp_path / "real.jpg").resolve()
    assert (tmp_path / "a.jpg").is_symlink()
    assert (tmp_path / "real.jpg").read_bytes() == CONTENT


def test_a_missing_folder_is_an_oserror(download: Download, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        download("http://127.0.0.1:1/x.jpg", tmp_path / "missing" / "a.jpg")


def test_two_downloads_of_one_file_do_not_mix(tmp_path: Path) -> None:
    first = PartialFile(tmp_path / "a.jpg", "https://images.example/a.jpg")
    first.restart(ETAG)
    first.write(b"first")
    second = PartialFile(tmp_path / "a.jpg", "https://images.example/a.jpg")
    second.restart(ETAG)
    second.write(b"2nd")
    first.write(b" one")
    second.complete()
    assert (tmp_path / "a.jpg").read_bytes() == b"2nd"
    first.complete()
    assert (tmp_path / "a.jpg").read_bytes() == b"first one"
    assert names(tmp_path) == ["a.jpg"]


def test_many_threads_download_the_same_file(tmp_path: Path) -> None:
    with raw_server(sends(image())) as server, TMDB(TOKEN) as tmdb:
        threads = [threading.Thread(target=tmdb.images.download, args=(f"{server.url}/a.jpg", tmp_path)) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (tmp_path / "a.jpg").read_bytes() == CONTENT
    assert names(tmp_path) == ["a.jpg"]


@pytest.mark.parametrize("about", ["", "[]", "{", '{"source": 1}', '{"source": "URL", "validator": 7}'])
def test_a_damaged_note_starts_again(tmp_path: Path, about: str) -> None:
    with raw_server(sends(image())) as server, TMDB(TOKEN) as tmdb:
        url = f"{server.url}/a.jpg"
        (tmp_path / "a.jpg.part").write_bytes(b"rubbish")
        (tmp_path / "a.jpg.part.json").write_text(about.replace("URL", url), encoding="utf-8")
        tmdb.images.download(url, tmp_path)
    assert range_of(server.requests[0]) == (None, None)
    assert (tmp_path / "a.jpg").read_bytes() == CONTENT
    assert names(tmp_path) == ["a.jpg"]


async def test_a_cancelled_download_can_be_continued(tmp_path: Path) -> None:
    with raw_server(hangs(image()[:-HALF]), rest()) as server:
        async with AsyncTMDB(TOKEN) as tmdb:
            task = asyncio.create_task(tmdb.images.download(f"{server.url}/a.jpg", tmp_path))
            while not (tmp_path / "a.jpg.part").exists() or (tmp_path / "a.jpg.part").stat().st_size < HALF:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await tmdb.images.download(f"{server.url}/a.jpg", tmp_path)
    assert range_of(server.requests[1]) == (f"bytes={HALF}-", ETAG)
    assert (tmp_path / "a.jpg").read_bytes() == CONTENT


def test_a_killed_download_can_be_continued(tmp_path: Path) -> None:
    with raw_server(hangs(image()[:-HALF]), rest()) as server:
        code = f"from tmdbkit import TMDB; TMDB({TOKEN!r}).images.download({server.url + '/a.jpg'!r}, {str(tmp_path)!r})"
        with subprocess.Popen([sys.executable, "-c", code]) as process:
            while not (tmp_path / "a.jpg.part").exists() or (tmp_path / "a.jpg.part").stat().st_size < HALF:
                assert process.poll() is None
            process.kill()
        assert json.loads((tmp_path / "a.jpg.part.json").read_text()) == {"source": f"{server.url}/a.jpg", "validator": ETAG}
        with TMDB(TOKEN) as tmdb:
            tmdb.images.download(f"{server.url}/a.jpg", tmp_path)
    assert range_of(server.requests[1]) == (f"bytes={HALF}-", ETAG)
    assert (tmp_path / "a.jpg").read_bytes() == CONTENT


def test_images_have_their_own_connections_beside_an_api_of_another_scheme(tmp_path: Path) -> None:
    with raw_server(sends(image())) as server:
        tmdb = TMDB(TOKEN, base_url="https://api.example")
        tmdb.images.download(f"{server.url}/a.jpg", tmp_path)
        tmdb.with_options(timeout=1).images.download(f"{server.url}/b.jpg", tmp_path)
        assert server.connections == 1
        tmdb.close()
        with pytest.raises(Exception, match="closed"):
            tmdb.images.download(f"{server.url}/c.jpg", tmp_path)
    assert names(tmp_path) == ["a.jpg", "b.jpg"]


def test_a_mock_transport_serves_images(tmp_path: Path) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=CONTENT, headers={"content-encoding": "identity"}))
    TMDB(TOKEN, transport=transport).images.download("https://image.tmdb.org/t/p/w500/a.jpg", tmp_path)
    assert (tmp_path / "a.jpg").read_bytes() == CONTENT


def test_a_mirror_serves_images_of_tmdb(download: Download, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_server(sends(image())) as server:
        monkeypatch.setenv("TMDB_IMAGES_URL", f"{server.url}/mirror/")
        assert download("https://image.tmdb.org/t/p/w500/a.jpg", tmp_path).read_bytes() == CONTENT
    assert server.requests[0].startswith(b"GET /mirror/t/p/w500/a.jpg HTTP/1.1\r\n")


def test_a_mirror_serves_no_other_images(download: Download, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMDB_IMAGES_URL", "https://127.0.0.1:1")
    with raw_server(sends(image())) as server:
        assert download(f"{server.url}/a.jpg", tmp_path).read_bytes() == CONTENT


def test_a_mirror_without_a_scheme_is_rejected(download: Download, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMDB_IMAGES_URL", "mirror.example")
    with pytest.raises(InvalidArgumentError, match="url must be the URL of an image"):
        download("https://image.tmdb.org/t/p/w500/a.jpg", tmp_path)


@pytest.mark.parametrize(("suffix", "start"), [("jpg", b"\xff\xd8\xff"), ("png", b"\x89PNG\r\n"), ("svg", b"<svg ")])
def test_the_fixture_serves_images(fake_tmdb: FakeTMDB, suffix: str, start: bytes, tmp_path: Path) -> None:
    url = f"https://image.tmdb.org/t/p/original/abc.{suffix}"
    with TMDB() as tmdb, fake_tmdb.client() as other:
        stored = [tmdb.images.download(url, tmp_path / "one"), other.images.download(url, tmp_path / "other")]
        with pytest.raises(NotFoundError):
            tmdb.images.download("https://image.tmdb.org/t/p/w501/abc.jpg", tmp_path)
    assert all(path.read_bytes().startswith(start) for path in stored)


def test_a_part_with_another_name_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"kept")
    os.link(tmp_path / "other", tmp_path / "a.jpg.part")
    os.mkfifo(tmp_path / "b.jpg.part")
    with TMDB(TOKEN, transport=httpx.MockTransport(lambda _: httpx.Response(200, content=b"image"))) as tmdb:
        os.mkfifo(tmp_path / "c.jpg")
        for name in ("a.jpg", "b.jpg", "c.jpg"):
            with pytest.raises(InvalidArgumentError, match="is no file"):
                tmdb.images.download("https://image.tmdb.org/t/p/w500/a.jpg", tmp_path / name)
    assert (tmp_path / "other").read_bytes() == b"kept"
