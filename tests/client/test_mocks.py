"""Libraries that mock or record requests work with our clients as with httpx's own."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
import vcr
from pytest_httpx import HTTPXMock

from tests.client.test_secrets import SOUGHT
from tests.conftest import API_KEY, SESSION, body_of
from tests.support.raw_server import http_response, raw_server, sends
from tmdbkit import TMDB, AsyncTMDB, NotFoundError

URL = "https://api.themoviedb.org/3/movie/popular"
BODY = json.loads(body_of("movies/popular"))
KINDS = pytest.mark.parametrize("kind", ["sync", "async"])


def ask(kind: str, call: Any, **options: Any) -> Any:
    if kind == "sync":
        with TMDB(API_KEY, **options) as tmdb:
            return call(tmdb)

    async def main() -> Any:
        async with AsyncTMDB(API_KEY, **options) as tmdb:
            return await call(tmdb)

    return asyncio.run(main())


def popular(tmdb: Any) -> Any:
    return tmdb.movies.popular(page=2)


@KINDS
def test_respx_mocks_calls(kind: str) -> None:
    with respx.mock(assert_all_called=True) as router:
        # respx matches the request on the wire, which has the credential.
        route = router.get(URL, params={"page": "2", "api_key": API_KEY}).respond(json=BODY)
        assert ask(kind, popular).page == BODY["page"]
        assert route.call_count == 1
        router.get(path="/3/movie/0").respond(404, json={"status_code": 34, "status_message": "No."})
        with pytest.raises(NotFoundError):
            ask(kind, lambda tmdb: tmdb.movies.details(0))


@KINDS
def test_pytest_httpx_mocks_calls(kind: str, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=f"{URL}?page=2", json=BODY)
    assert ask(kind, popular).page == BODY["page"]
    (request,) = httpx_mock.get_requests()
    assert request.extensions["tmdbkit.operation_id"] == "movies_popular"
    assert request.extensions["target"] == f"/3/movie/popular?page=2&api_key={API_KEY}".encode()


@KINDS
def test_pytest_httpx_mocks_failures(kind: str, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_exception(httpx.ConnectError("lost"))
    httpx_mock.add_response(url=f"{URL}?page=2", json=BODY)
    assert ask(kind, popular).page == BODY["page"]
    assert len(httpx_mock.get_requests()) == 2


@KINDS
def test_vcrpy_records_no_secret(kind: str, tmp_path: Path) -> None:
    cassette = tmp_path / "cassette.yaml"
    recorder = vcr.VCR(filter_headers=["authorization"], decode_compressed_response=True)
    responses = [http_response(body_of("movies/popular")), http_response(b'{"id": 550, "favorite": true, "rated": false, "watchlist": true}')]

    def call(tmdb: Any) -> Any:
        if kind == "sync":
            return tmdb.movies.popular(page=2), tmdb.movies.account_states(550)

        async def both() -> Any:
            return await tmdb.movies.popular(page=2), await tmdb.movies.account_states(550)

        return both()

    with raw_server(*map(sends, responses)) as server:
        options = {"base_url": server.url, "session_id": SESSION, "rate_limit": None}
        with recorder.use_cassette(str(cassette), record_mode="all"):
            recorded = ask(kind, call, **options)
        assert len(server.requests) == 2
        assert f"api_key={API_KEY}".encode() in server.requests[0]
    with recorder.use_cassette(str(cassette), record_mode="none"):  # the server is gone
        assert ask(kind, call, **options) == recorded
    written = cassette.read_text()
    assert "/3/movie/550/account_states\n" in written
    assert not SOUGHT.search(written)


@KINDS
def test_mock_transport_mocks_calls(kind: str) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=BODY, request=request))
    assert ask(kind, popular, transport=transport).page == BODY["page"]
    if kind == "sync":
        with httpx.Client(transport=transport) as http:
            assert ask(kind, popular, http_client=http).page == BODY["page"]
