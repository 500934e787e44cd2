"""Bodies whose `Content-Encoding` does not say what they are, as caches between here and TMDB send them."""

from __future__ import annotations

import asyncio
import gzip
import json
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial

import httpx
import pytest

from tests.conftest import TOKEN, body_of
from tests.support.fake_clock import FakeClock
from tests.support.raw_server import Act, breaks_off, http_response, raw_server, sends
from tmdbkit import TMDB, AsyncTMDB, Cache, DecodeError, NotFoundError, Retries
from tmdbkit.transport.body import MOST_BYTES, Body, read, read_async
from tmdbkit.transport.deadline import Deadline, DeadlinePassedError

BODY = body_of("movies/details")
packed = partial(gzip.compress, mtime=0)  # without the time, which would change the names of tests
ONCE_MORE = Retries(attempts=2, budget=10)
READABLE = {
    "gzip of two members": sends(http_response(packed(BODY[:300]) + packed(BODY[300:]), Content_Encoding="gzip")),
    "gzip of many members, without a label": sends(http_response(b"".join(packed(BODY[at : at + 9]) for at in range(0, len(BODY), 9)))),
    "JSON after a byte-order mark": sends(http_response(b"\xef\xbb\xbf" + BODY)),
    "gzip of JSON after a byte-order mark": sends(http_response(packed(b"\xef\xbb\xbf" + BODY), Content_Encoding="gzip")),
    "gzip without Content-Encoding": sends(http_response(packed(BODY))),
    "gzip without a length": breaks_off(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + packed(BODY)),
    "gzip labelled identity": sends(http_response(packed(BODY), Content_Encoding="identity")),
    "gzip labelled deflate": sends(http_response(packed(BODY), Content_Encoding="deflate")),
    "zlib labelled deflate": sends(http_response(zlib.compress(BODY), Content_Encoding="deflate")),
    "plain JSON labelled gzip": sends(http_response(BODY, Content_Encoding="gzip")),
    "plain JSON labelled deflate": sends(http_response(BODY, Content_Encoding="deflate")),
    "plain JSON after white space, labelled gzip": sends(http_response(b"\n\n " + BODY, Content_Encoding="gzip")),
}


@pytest.mark.parametrize("transport", [None, "aiohttp"])
@pytest.mark.parametrize("act", READABLE.values(), ids=READABLE)
async def test_a_wrong_label_does_not_matter(act: Act, transport: str | None) -> None:
    with raw_server(act) as server:
        async with AsyncTMDB(TOKEN, base_url=server.url, transport=transport, retries=None) as tmdb:
            assert (await tmdb.movies.details(550)).title == json.loads(BODY)["title"]


@pytest.mark.parametrize("act", READABLE.values(), ids=READABLE)
def test_a_wrong_label_does_not_matter_to_a_synchronous_client(act: Act) -> None:
    with raw_server(act) as server, TMDB(TOKEN, base_url=server.url, retries=None, cache=Cache()) as tmdb:
        assert [tmdb.movies.details(550).title for _ in range(2)] == [json.loads(BODY)["title"]] * 2


def test_the_first_bytes_may_come_one_by_one() -> None:
    whole = packed(BODY)
    head, body = http_response(whole)[: -len(whole)], whole
    with raw_server(sends(head, body[:1], body[1:2], body[2:])) as server, TMDB(TOKEN, base_url=server.url, retries=None) as tmdb:
        assert tmdb.movies.details(550).title == json.loads(BODY)["title"]


@pytest.mark.parametrize("cut", [1, 8, 200])
@pytest.mark.parametrize("label", [{}, {"Content_Encoding": "gzip"}], ids=["without a label", "labelled"])
def test_a_compressed_body_that_breaks_off_is_asked_for_again(cut: int, label: dict[str, str]) -> None:
    broken, whole = http_response(packed(BODY)[:-cut], **label), http_response(packed(BODY), **label)
    with raw_server(sends(broken), sends(whole)) as server, TMDB(TOKEN, base_url=server.url, retries=ONCE_MORE) as tmdb:
        assert tmdb.movies.details(550).title == json.loads(BODY)["title"]
        assert len(server.requests) == 2


def test_json_that_breaks_off_without_a_length_is_asked_for_again() -> None:
    broken = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + BODY[:-100]

    with raw_server(breaks_off(broken), sends(http_response(BODY))) as server, TMDB(TOKEN, base_url=server.url, retries=ONCE_MORE) as tmdb:
        assert tmdb.movies.details(550).title == json.loads(BODY)["title"]


def test_gzip_whose_second_member_breaks_off_is_asked_for_again() -> None:
    broken, whole = (http_response((packed(BODY[:300]) + packed(BODY[300:]))[:end], Content_Encoding="gzip") for end in (-20, None))
    with raw_server(sends(broken), sends(whole)) as server, TMDB(TOKEN, base_url=server.url, retries=ONCE_MORE) as tmdb:
        assert tmdb.movies.details(550).title == json.loads(BODY)["title"]


@pytest.mark.parametrize("body", [b"\x1f\x8bnot gzip after all", b"\x1f", b"\x00\x01"])
def test_a_body_that_is_neither_is_rejected(body: bytes) -> None:
    with raw_server(sends(http_response(body))) as server, TMDB(TOKEN, base_url=server.url, retries=None) as tmdb, pytest.raises(DecodeError):
        tmdb.movies.details(550)


def test_a_refusal_under_200_is_not_kept_by_a_cache() -> None:
    refusal = http_response(json.dumps({"success": False, "status_code": 34, "status_message": "Not here."}).encode(), Cache_Control="max-age=600")
    good = http_response(BODY, Cache_Control="max-age=600")
    with raw_server(sends(refusal), sends(good)) as server, TMDB(TOKEN, base_url=server.url, retries=None, cache=Cache()) as tmdb:
        with pytest.raises(NotFoundError):
            tmdb.movies.details(550)
        assert tmdb.movies.details(550).title == json.loads(BODY)["title"]


# A body, chunk by chunk


def body_of_chunks(*chunks: bytes, encoding: str = "", length: str = "", most_bytes: int = MOST_BYTES) -> tuple[Body, list[bool]]:
    """Feed a body; also returns whether each chunk was followed by more reading."""
    body = Body(encoding, length, most_bytes=most_bytes)
    goes_on = [body.feed(chunk) for chunk in chunks]
    body.close()
    return body, goes_on


def facts(body: Body) -> tuple[bytes, str | None, bool]:
    return body.content, body.problem, body.truncated


PACKED = packed(b'{"a": 1}')
CUT = "compressed and truncated"


@pytest.mark.parametrize("encoding", ["", "identity", " GZIP ", "x-gzip", "deflate"])
@pytest.mark.parametrize("content", [PACKED, b'{"a": 1}', b'  [{"a": 1}]'])
def test_json_is_read_under_each_requested_encoding(encoding: str, content: bytes) -> None:
    body, _ = body_of_chunks(content, encoding=encoding)
    assert facts(body) == (b'{"a": 1}' if content is PACKED else content, None, False)


def test_the_last_read_of_a_compressed_body_ends_it() -> None:
    for end in range(len(PACKED)):
        body, _ = body_of_chunks(PACKED[:end], encoding="gzip")
        begun = body.content != b""
        assert (body.problem, body.truncated) == ((CUT, True) if begun and end > 2 else (None, False))
    body, _ = body_of_chunks(PACKED[:-1], PACKED[-1:], encoding="gzip")
    assert facts(body) == (b'{"a": 1}', None, False)


def test_a_body_of_one_byte_is_kept() -> None:
    for length in ("", "1"):
        assert facts(body_of_chunks(b"7", length=length)[0]) == (b"7", None, False)
    assert facts(body_of_chunks(b"", length="0")[0]) == (b"", None, False)
    assert facts(body_of_chunks()[0]) == (b"", None, False)


@pytest.mark.parametrize("length", ["", str(len(PACKED))])
def test_a_body_may_come_byte_by_byte(length: str) -> None:
    chunks = [PACKED[at : at + 1] for at in range(len(PACKED))]
    assert facts(body_of_chunks(*chunks, length=length)[0]) == (b'{"a": 1}', None, False)
    assert facts(body_of_chunks(b"\x1f", b"\x8b", length="2")[0]) == (b"", None, False)


def test_two_bytes_are_read_at_once() -> None:
    body = Body()
    body.feed(b"[]")
    assert body.content == b"[]"


def test_white_space_may_be_json_that_has_not_begun() -> None:
    assert facts(body_of_chunks(b"  ", b'{"a": 1}', encoding="gzip")[0]) == (b'  {"a": 1}', None, False)


def test_an_identical_body_of_anything_is_kept() -> None:
    assert facts(body_of_chunks(b"hello", encoding="identity")[0]) == (b"hello", None, False)


def test_an_unrequested_encoding_is_a_problem() -> None:
    body, goes_on = body_of_chunks(b'{"a": 1}', encoding="br")
    assert (goes_on, body.problem, body.truncated) == ([False], "in an unrequested encoding", False)


def test_what_is_no_gzip_is_a_problem() -> None:
    body, goes_on = body_of_chunks(b"\x1f\x8bnone", b"more", encoding="gzip")
    assert goes_on == [False, False]
    assert (body.problem or "").startswith("not what its Content-Encoding says (Error -3")
    assert (body.content, body.truncated) == (b"", False)


@pytest.mark.parametrize("content", [b'{"a": 1}', packed(b'{"a": 1}'), packed(b'{"a"') + packed(b": 1}")])
def test_a_body_may_be_as_large_as_allowed(content: bytes) -> None:
    assert facts(body_of_chunks(content, most_bytes=8)[0]) == (b'{"a": 1}', None, False)
    body, goes_on = body_of_chunks(content, b"more", most_bytes=7)
    assert (goes_on[0], body.problem, body.truncated) == (False, "larger than 7 bytes", False)
    assert len(body.content) <= 7


@pytest.mark.parametrize("before", [b"", PACKED], ids=["the first member", "the second"])
def test_a_bomb_is_decompressed_up_to_the_limit_only(before: bytes) -> None:
    bomb = before + packed(bytes(50_000_000))
    tracemalloc.start()
    body, goes_on = body_of_chunks(bomb, most_bytes=1_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (goes_on, body.problem) == ([False], "larger than 1000 bytes")
    assert peak < 1_000_000


@pytest.mark.parametrize("content", [b'{"a": 1}', b"[1] \n", PACKED])
def test_reading_goes_on_at_the_announced_length_if_the_body_ends_like_json(content: bytes) -> None:
    """The end of the response then lets the connection be used again."""
    assert body_of_chunks(content[:3], content[3:], length=str(len(content)))[1] == [True, True]


@pytest.mark.parametrize("content", [b'{"a": 1', b"hello", PACKED[:-1]])
def test_reading_ends_at_the_announced_length_if_the_body_does_not(content: bytes) -> None:
    assert body_of_chunks(content[:3], content[3:], length=str(len(content)))[1] == [True, False]


@pytest.mark.parametrize("length", ["", "-1", "x", "8, 8"])
def test_an_unknown_length_ends_nothing(length: str) -> None:
    assert body_of_chunks(b'{"a": 1', b"x", length=length)[1] == [True, True]


def test_headers_describe_the_body_of_a_response() -> None:
    headers = [("CONTENT-ENCODING", "gzip"), ("Content-Length", str(len(PACKED))), ("X-Other", "1")]
    body = Body.of(httpx.Response(200, headers=headers, stream=httpx.ByteStream(PACKED)))
    assert body.feed(PACKED[:-1])
    assert body.feed(PACKED[-1:])
    body.close()
    assert facts(body) == (b'{"a": 1}', None, False)
    short = Body.of(httpx.Response(200, headers={"Content-Length": "7"}, stream=httpx.ByteStream(b"")))
    assert not short.feed(b'{"a": 1')
    twice = Body.of(httpx.Response(200, headers=[("Content-Encoding", "gzip"), ("Content-Encoding", "br")], stream=httpx.ByteStream(b"")))
    assert twice.problem == "in an unrequested encoding"


class Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The chunks of a body, and whether it was closed."""

    def __init__(self, *chunks: bytes) -> None:
        self.chunks, self.read, self.is_closed = chunks, 0, False

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            self.read += 1
            yield chunk

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:
            yield chunk

    def close(self) -> None:
        self.is_closed = True

    async def aclose(self) -> None:
        self.is_closed = True


def read_sync(response: httpx.Response) -> Body:
    return read(response, Deadline(None))


def read_in_loop(response: httpx.Response) -> Body:
    return asyncio.run(read_async(response))


@pytest.mark.parametrize("reads", [read_sync, read_in_loop])
def test_a_body_is_read_to_its_end_and_closed(reads: Callable[[httpx.Response], Body]) -> None:
    stream = Stream(PACKED[:5], PACKED[5:-1])
    assert facts(reads(httpx.Response(200, stream=stream))) == (b'{"a": 1}', CUT, True)
    assert (stream.read, stream.is_closed) == (2, True)


@pytest.mark.parametrize("reads", [read_sync, read_in_loop])
def test_a_useless_body_is_not_read_further(reads: Callable[[httpx.Response], Body]) -> None:
    stream = Stream(b"{", b"}")
    assert reads(httpx.Response(200, headers={"Content-Encoding": "br"}, stream=stream)).problem
    assert (stream.read, stream.is_closed) == (1, True)


@pytest.mark.parametrize("reads", [read_sync, read_in_loop])
def test_a_body_in_memory_is_taken_as_it_is(reads: Callable[[httpx.Response], Body]) -> None:
    response = httpx.Response(200, headers={"Content-Encoding": "gzip"}, content=PACKED)
    assert facts(reads(response)) == (b'{"a": 1}', None, False)


@pytest.mark.parametrize("reads", [read_sync, read_in_loop])
def test_a_body_that_a_layer_has_read_is_not_read_again(reads: Callable[[httpx.Response], Body]) -> None:
    body, stream = Body(), Stream(b"{}")
    assert reads(httpx.Response(200, stream=stream, extensions={"tmdbkit.body": body})) is body
    assert stream.read == 0


def test_a_deadline_ends_the_body_and_closes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_clock, stream = FakeClock(monkeypatch), Stream(b"{", b"}")
    deadline = Deadline(5)
    fake_clock.now += 5
    with pytest.raises(DeadlinePassedError):
        read(httpx.Response(200, stream=stream), deadline)
    assert (stream.read, stream.is_closed) == (1, True)
