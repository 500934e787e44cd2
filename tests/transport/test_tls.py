"""TLS: trusted authorities, and errors."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from tests.conftest import TOKEN, body_of
from tests.support.raw_server import RawServer, http_response, raw_server, sends
from tmdbkit import TMDB, APIConnectionError, AsyncTMDB, InvalidArgumentError
from tmdbkit.transport import tls

OK = http_response(body_of("movies/popular"))


class Authority:
    """A certificate authority for the test, and a server with its certificate."""

    def __init__(self, server: RawServer, ca: trustme.CA) -> None:
        self.ca = ca
        self.url = server.url.replace("http://127.0.0.1", "https://localhost")
        self.context = context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert("localhost").configure_cert(context)
        converse = server.converse

        def secured(connection: Any) -> None:
            try:
                converse(context.wrap_socket(connection, server_side=True))
            except (ssl.SSLError, OSError):
                connection.close()  # the client does not trust it

        server.converse = secured  # type: ignore[method-assign]

    def require_client_certificate(self) -> None:
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.ca.configure_trust(self.context)

    def trusting(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        self.ca.configure_trust(context)
        return context


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def authority(ca: trustme.CA) -> Iterator[Authority]:
    with raw_server(sends(OK)) as server:
        yield Authority(server, ca)


def popular(kind: str, url: str, **options: Any) -> Any:
    settings = {"base_url": url, "retries": None, "rate_limit": None, **options}
    if kind == "sync":
        with TMDB(TOKEN, **settings) as tmdb:
            return tmdb.movies.popular()

    async def main() -> Any:
        async with AsyncTMDB(TOKEN, transport="aiohttp" if kind == "aiohttp" else None, **settings) as tmdb:
            return await tmdb.movies.popular()

    return asyncio.run(main())


ALL = pytest.mark.parametrize("kind", ["sync", "async", "aiohttp"])


@ALL
def test_an_unknown_authority_is_rejected_with_advice(kind: str, authority: Authority) -> None:
    with pytest.raises(APIConnectionError, match=r"CERTIFICATE_VERIFY_FAILED.*verify=ssl\.create_default_context\(cafile=.*SSL_CERT_FILE"):
        popular(kind, authority.url)


@ALL
def test_a_custom_context_is_used(kind: str, authority: Authority) -> None:
    assert popular(kind, authority.url, verify=authority.trusting()).results


@ALL
def test_a_client_certificate_is_sent(kind: str, authority: Authority) -> None:
    authority.require_client_certificate()
    context = authority.trusting()
    authority.ca.issue_cert("me@example.org").configure_cert(context)
    assert popular(kind, authority.url, verify=context).results


@ALL
def test_a_missing_client_certificate_is_a_connection_error(kind: str, authority: Authority) -> None:
    """With TLS 1.3, the server rejects it after the handshake."""
    authority.require_client_certificate()
    with pytest.raises(APIConnectionError):
        popular(kind, authority.url, verify=authority.trusting())


async def test_a_missing_client_certificate_of_a_custom_client_is_a_connection_error(authority: Authority) -> None:
    authority.require_client_certificate()
    async with httpx.AsyncClient(verify=authority.trusting()) as http, AsyncTMDB(TOKEN, base_url=authority.url, retries=None, http_client=http) as tmdb:
        with pytest.raises(APIConnectionError):
            await tmdb.movies.popular()


@ALL
def test_verification_can_be_disabled(kind: str, authority: Authority) -> None:
    assert popular(kind, authority.url, verify=False).results


@ALL
def test_ssl_cert_file_is_honoured_with_trust_env(kind: str, authority: Authority, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "ca.pem"
    authority.ca.cert_pem.write_to_path(file)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    assert popular(kind, authority.url).results
    with pytest.raises(APIConnectionError):
        popular(kind, authority.url, trust_env=False)


@ALL
@pytest.mark.parametrize("content", [None, "no certificate"], ids=["missing", "other"])
def test_an_unusable_ssl_cert_file_is_named(kind: str, content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(InvalidArgumentError, match=r"SSL_CERT_FILE .*names no certificates \(.*trust_env=False"):
        popular(kind, "https://127.0.0.1:9")


@pytest.mark.parametrize("transport", [None, "aiohttp"])
async def test_concurrent_calls_create_one_context(transport: Any, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def create(**_: Any) -> ssl.SSLContext:
        made.append(threading.get_ident())
        time.sleep(0.05)
        return authority.trusting()

    tls._context.cache_clear()
    monkeypatch.setattr("tmdbkit.transport.tls.httpx.create_ssl_context", create)
    async with AsyncTMDB(TOKEN, base_url=authority.url, rate_limit=None, transport=transport) as tmdb:
        await asyncio.gather(*(tmdb.movies.popular(page=page) for page in range(1, 21)), return_exceptions=True)
    tls._context.cache_clear()
    assert len(made) == 1


@ALL
def test_no_context_is_created_in_an_event_loop_thread(kind: str, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    create = httpx.create_ssl_context

    def noted(*args: Any, **named: Any) -> ssl.SSLContext:
        if not isinstance(args[0] if args else named.get("verify"), ssl.SSLContext):
            made.append(threading.get_ident())
        return create(*args, **named)

    monkeypatch.setattr("tmdbkit.transport.tls.httpx.create_ssl_context", noted)
    monkeypatch.setattr("tmdbkit.transport.tls._context", lambda verify, trust_env, _: noted(verify=verify, trust_env=trust_env))
    popular(kind, authority.url, verify=False)
    assert len(made) == 1
    assert (made[0] == threading.get_ident()) is (kind == "sync")


@pytest.mark.parametrize("verify", ["ca.pem", None, 1, b""])
def test_an_invalid_verify_argument_is_rejected(verify: Any) -> None:
    for client in (TMDB, AsyncTMDB):
        with pytest.raises(InvalidArgumentError, match=r"verify must be True, False or an ssl\.SSLContext"):
            client(TOKEN, verify=verify)
