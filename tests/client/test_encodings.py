"""Bodies whose `Content-Encoding` does not say what they are, as caches between here and TMDB send them."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest

from tests.conftest import TOKEN, body_of
from tests.support.raw_server import Act, breaks_off, http_response, raw_server, sends
from tmdbkit import TMDB, AsyncTMDB, Cache, DecodeError, NotFoundError, Retries

BODY = body_of("movies/details")
ONCE_MORE = Retries(attempts=2, budget=10)
READABLE = {
    "gzip of two members": sends(http_response(gzip.compress(BODY[:300]) + gzip.compress(BODY[300:]), Content_Encoding="gzip")),
    "gzip of many members, without a label": sends(http_response(b"".join(gzip.compress(BODY[at : at + 9]) for at in range(0, len(BODY), 9)))),
    "JSON after a byte-order mark": sends(http_response(b"\xef\xbb\xbf" + BODY)),
    "gzip of JSON after a byte-order mark": sends(http_response(gzip.compress(b"\xef\xbb\xbf" + BODY), Content_Encoding="gzip")),
    "gzip without Content-Encoding": sends(http_response(gzip.compress(BODY))),
    "gzip without a length": breaks_off(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + gzip.compress(BODY)),
    "gzip labelled identity": sends(http_response(gzip.compress(BODY), Content_Encoding="identity")),
    "gzip labelled deflate": sends(http_response(gzip.compress(BODY), Content_Encoding="deflate")),
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
    packed = gzip.compress(BODY)
    head, body = http_response(packed)[: -len(packed)], packed
    with raw_server(sends(head, body[:1], body[1:2], body[2:])) as server, TMDB(TOKEN, base_url=server.url, retries=None) as tmdb:
        assert tmdb.movies.details(550).title == json.loads(BODY)["title"]


@pytest.mark.parametrize("cut", [1, 8, 200])
@pytest.mark.parametrize("label", [{}, {"Content_Encoding": "gzip"}], ids=["without a label", "labelled"])
def test_a_compressed_body_that_breaks_off_is_asked_for_again(cut: int, label: dict[str, str]) -> None:
    broken, whole = http_response(gzip.compress(BODY)[:-cut], **label), http_response(gzip.compress(BODY), **label)
    with raw_server(sends(broken), sends(whole)) as server, TMDB(TOKEN, base_url=server.url, retries=ONCE_MORE) as tmdb:
        assert tmdb.movies.details(550).title == json.loads(BODY)["title"]
        assert len(server.requests) == 2


def test_json_that_breaks_off_without_a_length_is_asked_for_again() -> None:
    broken = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + BODY[:-100]

    with raw_server(breaks_off(broken), sends(http_response(BODY))) as server, TMDB(TOKEN, base_url=server.url, retries=ONCE_MORE) as tmdb:
        assert tmdb.movies.details(550).title == json.loads(BODY)["title"]


def test_gzip_whose_second_member_breaks_off_is_asked_for_again() -> None:
    broken, whole = (http_response((gzip.compress(BODY[:300]) + gzip.compress(BODY[300:]))[:end], Content_Encoding="gzip") for end in (-20, None))
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
