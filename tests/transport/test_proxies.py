"""Proxies: environment variables mean the same as for `httpx.Client()`, and no proxy sees another's credential."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import trustme

from tests.conftest import API_KEY, body_of
from tests.support.raw_server import RawServer, http_response, raw_server, sends
from tmdbkit import TMDB, APIConnectionError, AsyncTMDB, InvalidArgumentError

OK = http_response(body_of("movies/popular"))
KINDS = ("sync", "async", "aiohttp")


def popular(kind: str, base_url: str, **options: Any) -> Any:
    settings = {"base_url": base_url, "retries": None, "rate_limit": None, **options}
    if kind == "sync":
        with TMDB(API_KEY, **settings) as tmdb:
            return tmdb.movies.popular()

    async def main() -> Any:
        async with AsyncTMDB(API_KEY, transport="aiohttp" if kind == "aiohttp" else None, **settings) as tmdb:
            return await tmdb.movies.popular()

    return asyncio.run(main())


# Variables, and the requested URL. PROXY stands for the address of a proxy; no other server is listening.
FORMS: dict[str, tuple[dict[str, str], str]] = {
    "no variable": ({}, "http://tmdb.invalid"),
    "HTTP_PROXY for http": ({"HTTP_PROXY": "http://PROXY"}, "http://tmdb.invalid"),
    "http_proxy in small letters": ({"http_proxy": "http://PROXY"}, "http://tmdb.invalid"),
    "HTTP_PROXY without a scheme": ({"HTTP_PROXY": "PROXY"}, "http://tmdb.invalid"),
    "HTTP_PROXY for https": ({"HTTP_PROXY": "http://PROXY"}, "https://tmdb.invalid"),
    "HTTPS_PROXY for https": ({"HTTPS_PROXY": "http://PROXY"}, "https://tmdb.invalid"),
    "HTTPS_PROXY for http": ({"HTTPS_PROXY": "http://PROXY"}, "http://tmdb.invalid"),
    "ALL_PROXY for http": ({"ALL_PROXY": "http://PROXY"}, "http://tmdb.invalid"),
    "ALL_PROXY for https": ({"ALL_PROXY": "http://PROXY"}, "https://tmdb.invalid"),
    "a scheme's own goes before ALL_PROXY": ({"ALL_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://PROXY"}, "http://tmdb.invalid"),
    "ALL_PROXY where another scheme has its own": ({"ALL_PROXY": "http://PROXY", "HTTPS_PROXY": "http://127.0.0.1:9"}, "http://tmdb.invalid"),
    "an empty variable": ({"HTTP_PROXY": ""}, "http://tmdb.invalid"),
    "NO_PROXY with the host": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "tmdb.invalid"}, "http://tmdb.invalid"),
    "NO_PROXY with the domain": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "tmdb.invalid"}, "http://api.tmdb.invalid"),
    "NO_PROXY with the end of a name": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "mdb.invalid"}, "http://tmdb.invalid"),
    "NO_PROXY with a dot, for the host": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": ".tmdb.invalid"}, "http://tmdb.invalid"),
    "NO_PROXY with a dot, for the domain": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": ".tmdb.invalid"}, "http://api.tmdb.invalid"),
    "NO_PROXY with others": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "example.org, example.com"}, "http://tmdb.invalid"),
    "NO_PROXY as a list": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "example.org , tmdb.invalid"}, "http://tmdb.invalid"),
    "NO_PROXY *": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "*"}, "http://tmdb.invalid"),
    "NO_PROXY with * among others": ({"ALL_PROXY": "http://PROXY", "NO_PROXY": "example.org,*"}, "http://tmdb.invalid"),
    "NO_PROXY in another case": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "TMDB.invalid"}, "http://tmdb.invalid"),
    "NO_PROXY with an address": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "127.0.0.2"}, "http://127.0.0.2:9"),
    "NO_PROXY with another address": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "127.0.0.3"}, "http://127.0.0.2:9"),
    "NO_PROXY with a network, which is no host": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "127.0.0.0/8"}, "http://127.0.0.2:9"),
    "NO_PROXY with IPv6": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "::1"}, "http://[::1]:9"),
    "NO_PROXY localhost": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "localhost"}, "http://localhost:9"),
    "NO_PROXY localhost, for a host in it": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "localhost"}, "http://tmdb.localhost:9"),
    "NO_PROXY with a scheme": ({"ALL_PROXY": "http://PROXY", "NO_PROXY": "http://tmdb.invalid"}, "http://tmdb.invalid"),
    "NO_PROXY with another scheme": ({"ALL_PROXY": "http://PROXY", "NO_PROXY": "https://tmdb.invalid"}, "http://tmdb.invalid"),
    "NO_PROXY with a port": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "tmdb.invalid:80"}, "http://tmdb.invalid"),
    "NO_PROXY with a port that is asked for": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "tmdb.invalid:9"}, "http://tmdb.invalid:9"),
    "NO_PROXY without a proxy": ({"NO_PROXY": "example.org"}, "http://tmdb.invalid"),
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    return monkeypatch


def goes_through(proxy: RawServer, ask: Any) -> str | bool:
    """Return whether a request goes through a proxy, or the error that it raises."""
    before = len(proxy.requests)
    try:
        ask()
    except (httpx.TransportError, APIConnectionError):
        pass
    except (httpx.InvalidURL, ValueError) as error:
        return type(error).__name__
    return len(proxy.requests) > before


@pytest.mark.parametrize("form", FORMS)
def test_proxy_variables_match_httpx(form: str, environment: pytest.MonkeyPatch) -> None:
    variables, url = FORMS[form]
    with raw_server(sends(OK)) as proxy:
        for name, value in variables.items():
            environment.setenv(name, value.replace("PROXY", proxy.url.removeprefix("http://")))

        def plainly() -> None:
            with httpx.Client(verify=False) as http:
                http.get(url)

        wanted = goes_through(proxy, plainly)
        found = {kind: goes_through(proxy, lambda kind=kind: popular(kind, url, verify=False)) for kind in KINDS}
    assert found == dict.fromkeys(KINDS, wanted)


def test_proxy_examples_have_both_results(environment: pytest.MonkeyPatch) -> None:
    """Some examples use the proxy and some do not: otherwise the test above could not fail."""
    outcomes = set()
    for form in ("HTTP_PROXY for http", "NO_PROXY with the host"):
        variables, url = FORMS[form]
        with raw_server(sends(OK)) as proxy, pytest.MonkeyPatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value.replace("PROXY", proxy.url.removeprefix("http://")))
            outcomes.add(goes_through(proxy, lambda url=url: popular("sync", url)))
    assert outcomes == {True, False}


@pytest.mark.parametrize("kind", KINDS)
def test_trust_env_false_ignores_the_environment(kind: str, environment: pytest.MonkeyPatch) -> None:
    with raw_server(sends(OK)) as proxy:
        environment.setenv("ALL_PROXY", proxy.url)
        assert not goes_through(proxy, lambda: popular(kind, "http://tmdb.invalid", trust_env=False))
        assert goes_through(proxy, lambda: popular(kind, "http://tmdb.invalid"))


@contextmanager
def tunnel() -> Iterator[tuple[RawServer, str, ssl.SSLContext]]:
    """A proxy that opens every tunnel to one server with TLS."""
    ca = trustme.CA()
    server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("tmdb.invalid").configure_cert(server_tls)
    trusting = ssl.create_default_context()
    ca.configure_trust(trusting)

    def opened(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        with server_tls.wrap_socket(connection, server_side=True) as secured:
            while received := secured.recv(65_536):
                proxy.requests.append(received)
                secured.sendall(OK)

    with raw_server(opened) as proxy:
        yield proxy, "https://tmdb.invalid", trusting


@pytest.mark.parametrize("kind", KINDS)
def test_a_tunnel_proxy_never_sees_the_credential(kind: str, environment: pytest.MonkeyPatch) -> None:
    """httpx also sends the extension `target` in the CONNECT request, where it is wrong and unencrypted."""
    with tunnel() as (proxy, url, trusting):
        assert popular(kind, url, proxy=proxy.url, verify=trusting).results
        connect, request = proxy.requests[:2]
    assert connect.startswith(b"CONNECT tmdb.invalid:443 HTTP/1.1\r\n")
    assert API_KEY.encode() not in connect
    assert request.startswith(f"GET /3/movie/popular?api_key={API_KEY} HTTP/1.1\r\n".encode())


@pytest.mark.parametrize("kind", KINDS)
def test_an_http_proxy_gets_the_full_target(kind: str, environment: pytest.MonkeyPatch) -> None:
    with raw_server(sends(OK)) as proxy:
        popular(kind, "http://tmdb.invalid/mirror", proxy=proxy.url)
    assert proxy.requests[0].startswith(f"GET http://tmdb.invalid/mirror/3/movie/popular?api_key={API_KEY} HTTP/1.1\r\n".encode())


def test_an_invalid_proxy_variable_is_rejected_without_its_password(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HTTPS_PROXY", "ftp://me:planted@127.0.0.1")
    with TMDB(API_KEY) as tmdb, pytest.raises(InvalidArgumentError, match="proxy must be like") as caught:
        tmdb.movies.popular()
    assert "planted" not in str(caught.value)
