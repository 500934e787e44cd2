"""Proxies: environment variables mean the same as for `httpx.Client()`, and no proxy sees another's credential."""

from __future__ import annotations

import asyncio
import gc
import os
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import httpx
import pytest
import socksio
import trustme

from tests.conftest import API_KEY, body_of
from tests.support.raw_server import RawServer, http_response, raw_server, sends
from tmdbkit import TMDB, APIConnectionError, AsyncTMDB, DeadlineError, InvalidArgumentError, Retries

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
"""httpcore leaves a connection to a proxy of SOCKS that does not let it through to the garbage collector: Python warns when it finds it."""


@pytest.fixture(autouse=True)
def found() -> Iterator[None]:
    """Let Python find it before another test begins."""
    yield
    gc.collect()


OK = http_response(body_of("movies/popular"))
KINDS = ("sync", "async", "aiohttp")
SOCKS_KINDS = pytest.mark.parametrize("kind", ["sync", "async"])


def client(kind: str, base_url: str, **options: Any) -> TMDB | AsyncTMDB:
    settings = {"base_url": base_url, "retries": None, "rate_limit": None, **options}
    return TMDB(API_KEY, **settings) if kind == "sync" else AsyncTMDB(API_KEY, transport="aiohttp" if kind == "aiohttp" else None, **settings)


def popular(kind: str, base_url: str, **options: Any) -> Any:
    tmdb = client(kind, base_url, **options)
    if isinstance(tmdb, TMDB):
        with tmdb:
            return tmdb.movies.popular()

    async def main() -> Any:
        async with tmdb:
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
    "NO_PROXY with IPv6 in brackets": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "[::1]"}, "http://[::1]:9"),
    "NO_PROXY with IPv6 in brackets and a port": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "[::1]:9"}, "http://[::1]:9"),
    "NO_PROXY with a network of IPv6": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "::1/128"}, "http://[::1]:9"),
    "NO_PROXY with IPv6 in a URL": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "http://[::1]"}, "http://[::1]:9"),
    "NO_PROXY with IPv6 and a port in a URL": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "all://[::1]:9"}, "http://[::1]:9"),
    "NO_PROXY with IPv6 and another port in a URL": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "all://[::1]:8080"}, "http://[::1]:9"),
    "NO_PROXY with IPv6 written at length": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "0:0:0:0:0:0:0:1"}, "http://[::1]:9"),
    "NO_PROXY with an address and a port": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "127.0.0.2:9"}, "http://127.0.0.2:9"),
    "NO_PROXY with an address and its network": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "127.0.0.2/32"}, "http://127.0.0.2:9"),
    "NO_PROXY with an asterisk and a domain": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "*.tmdb.invalid"}, "http://api.tmdb.invalid"),
    "NO_PROXY with a port that is no number": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "tmdb.invalid:http"}, "http://tmdb.invalid"),
    "NO_PROXY with a name that cannot be one": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "\u00e9.invalid"}, "http://tmdb.invalid"),
    "NO_PROXY with a path": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "tmdb.invalid/3"}, "http://tmdb.invalid"),
    "NO_PROXY with a whole scheme": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "http://"}, "http://tmdb.invalid"),
    "NO_PROXY with every scheme": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "all://"}, "http://tmdb.invalid"),
    "NO_PROXY with every scheme, against ALL_PROXY": ({"ALL_PROXY": "http://PROXY", "NO_PROXY": "all://"}, "http://tmdb.invalid"),
    "NO_PROXY * with an entry that is none": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "[::1],*"}, "http://tmdb.invalid"),
    "NO_PROXY that is none, without a proxy": ({"NO_PROXY": "[::1]"}, "http://tmdb.invalid"),
    "no_proxy in small letters goes before": ({"HTTP_PROXY": "http://PROXY", "no_proxy": "tmdb.invalid", "NO_PROXY": "x"}, "http://tmdb.invalid"),
    "a proxy that is none": ({"HTTP_PROXY": "http://[::1"}, "http://tmdb.invalid"),
    "a proxy that is none for another scheme": ({"HTTPS_PROXY": "ftp://127.0.0.1", "HTTP_PROXY": "http://PROXY"}, "http://tmdb.invalid"),
    "a proxy without a host for another scheme": ({"HTTPS_PROXY": "http://", "HTTP_PROXY": "http://PROXY"}, "http://tmdb.invalid"),
    "a proxy with an impossible port for another scheme": ({"HTTPS_PROXY": "http://127.0.0.1:99999"}, "http://tmdb.invalid"),
    "a proxy that is none, and NO_PROXY with its whole scheme": ({"HTTPS_PROXY": "ftp://127.0.0.1", "NO_PROXY": "https://"}, "https://tmdb.invalid"),
    "a proxy that is none for a scheme that NO_PROXY excludes": (
        {"HTTPS_PROXY": "ftp://127.0.0.1", "HTTP_PROXY": "http://PROXY", "NO_PROXY": "https://"},
        "http://tmdb.invalid",
    ),
    "a proxy that is none, and NO_PROXY *": ({"HTTP_PROXY": "ftp://127.0.0.1", "NO_PROXY": "*"}, "http://tmdb.invalid"),
    "ALL_PROXY of SOCKS": ({"ALL_PROXY": "socks5://PROXY"}, "http://tmdb.invalid"),
    "ALL_PROXY of SOCKS, where names are looked up there": ({"ALL_PROXY": "socks5h://PROXY"}, "http://tmdb.invalid"),
    "ALL_PROXY of an older SOCKS": ({"ALL_PROXY": "socks4://PROXY"}, "http://tmdb.invalid"),
    "ALL_PROXY of SOCKS where the scheme has its own": ({"ALL_PROXY": "socks5://127.0.0.1:9", "HTTP_PROXY": "http://PROXY"}, "http://tmdb.invalid"),
    "NO_PROXY against SOCKS": ({"ALL_PROXY": "socks5://PROXY", "NO_PROXY": "tmdb.invalid"}, "http://tmdb.invalid"),
    "NO_PROXY with a port": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "tmdb.invalid:80"}, "http://tmdb.invalid"),
    "NO_PROXY with a port that is asked for": ({"HTTP_PROXY": "http://PROXY", "NO_PROXY": "tmdb.invalid:9"}, "http://tmdb.invalid:9"),
    "NO_PROXY without a proxy": ({"NO_PROXY": "example.org"}, "http://tmdb.invalid"),
}

SOCKS = ("ALL_PROXY of SOCKS", "ALL_PROXY of SOCKS, where names are looked up there", "NO_PROXY against SOCKS")
"""Those that aiohttp does not go through."""


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    return monkeypatch


def goes_through(proxy: RawServer, ask: Any) -> bool:
    """Return whether a request goes through a proxy."""
    before = len(proxy.requests)
    with suppress(httpx.TransportError, APIConnectionError, socksio.ProtocolError):
        ask()
    return len(proxy.requests) > before


def is_refused(make: Callable[[], object]) -> bool:
    """Return whether a client is refused when it is made."""
    try:
        make()
    except InvalidArgumentError as error:
        return "_PROXY " in str(error)  # the name of the variable
    except (httpx.InvalidURL, ValueError, ImportError):
        return True
    return False


@pytest.mark.parametrize("form", FORMS)
def test_proxy_variables_match_httpx(form: str, environment: pytest.MonkeyPatch) -> None:
    variables, url = FORMS[form]
    with raw_server(sends(OK)) as proxy:
        for name, value in variables.items():
            environment.setenv(name, value.replace("PROXY", proxy.url.removeprefix("http://")))

        wanted: object = "refused"
        if not is_refused(lambda: httpx.Client(verify=False)):
            with httpx.Client(verify=False) as http:
                wanted = goes_through(proxy, lambda: http.get(url))
        found: dict[str, object] = {}
        kinds = [kind for kind in KINDS if not (kind == "aiohttp" and form in SOCKS)]
        for kind in kinds:
            made = partial(client, kind, url, verify=False)
            found[kind] = "refused" if is_refused(made) else goes_through(proxy, partial(popular, kind, url, verify=False))
    assert found == dict.fromkeys(kinds, wanted)


@pytest.mark.parametrize(
    ("form", "wanted"),
    [
        ("HTTP_PROXY for http", True),
        ("NO_PROXY with the host", False),
        ("NO_PROXY with IPv6", False),
        ("NO_PROXY with a network of IPv6", "refused"),
        ("NO_PROXY with IPv6 in brackets", "refused"),
        ("NO_PROXY with IPv6 in a URL", False),
        ("a proxy that is none for another scheme", "refused"),
    ],
)
def test_proxy_examples_have_both_results(form: str, wanted: object, environment: pytest.MonkeyPatch) -> None:
    """Some go through the proxy, some do not, and some are refused: otherwise the test above could not fail."""
    variables, url = FORMS[form]
    with raw_server(sends(OK)) as proxy:
        for name, value in variables.items():
            environment.setenv(name, value.replace("PROXY", proxy.url.removeprefix("http://")))
        made = partial(client, "sync", url, verify=False)
        assert ("refused" if is_refused(made) else goes_through(proxy, partial(popular, "sync", url))) == wanted


def test_an_invalid_no_proxy_entry_is_named(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("NO_PROXY", "localhost, http://me:planted@[::1]:x")
    with pytest.raises(InvalidArgumentError, match=r"NO_PROXY has an entry that httpx rejects: '\[::1\]:x'.*without brackets.*trust_env=False") as caught:
        TMDB(API_KEY)
    assert "planted" not in str(caught.value)
    TMDB(API_KEY, trust_env=False)


def test_proxy_variables_are_read_once(environment: pytest.MonkeyPatch) -> None:
    with raw_server(sends(OK)) as proxy:
        environment.setenv("HTTP_PROXY", proxy.url)
        with TMDB(API_KEY, base_url="http://tmdb.invalid", rate_limit=None, retries=None) as tmdb:
            environment.setenv("HTTP_PROXY", "http://127.0.0.1:9")
            assert goes_through(proxy, tmdb.movies.popular)


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
        with suppress(ssl.SSLError), server_tls.wrap_socket(connection, server_side=True) as secured:  # one that the client does not trust is closed
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


@contextmanager
def secured(proxy: RawServer, trusting: ssl.SSLContext, pause: float = 0) -> Iterator[str]:
    """A proxy with TLS in front of another: its URL. With a pause, each byte that comes back takes as long."""
    ca, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(tls)
    ca.configure_trust(trusting)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=relay, args=(listener.accept()[0],), daemon=True).start()

    def relay(accepted: socket.socket) -> None:
        with suppress(OSError), tls.wrap_socket(accepted, server_side=True) as client, socket.create_connection(("127.0.0.1", proxy.port)) as server:
            while True:
                source = select.select([client, server], [], [])[0][0]
                received = source.recv(1 if pause and source is server else 65_536)
                if not received:
                    return
                (client if source is server else server).sendall(received)
                time.sleep(pause if source is server else 0)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"https://localhost:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@pytest.mark.parametrize("kind", KINDS)
def test_a_proxy_with_tls_is_used(kind: str, environment: pytest.MonkeyPatch) -> None:
    with tunnel() as (proxy, url, trusting), secured(proxy, trusting) as secure:
        assert popular(kind, url, proxy=secure, verify=trusting).results
        connect, request = proxy.requests[:2]
    assert API_KEY.encode() not in connect
    assert API_KEY.encode() in request


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_server_behind_a_proxy_with_tls_is_verified(kind: str, environment: pytest.MonkeyPatch) -> None:
    """With aiohttp, too; but asyncio of Python 3.11 fails on its own way to the reason."""
    only_proxy = ssl.create_default_context()
    with (
        tunnel() as (proxy, url, _),
        secured(proxy, only_proxy) as secure,
        pytest.raises(APIConnectionError, match=r"CERTIFICATE_VERIFY_FAILED.*SSL_CERT_FILE"),
    ):
        popular(kind, url, proxy=secure, verify=only_proxy)


@pytest.mark.parametrize("kind", KINDS)
def test_a_deadline_holds_through_a_proxy_with_tls(kind: str, environment: pytest.MonkeyPatch) -> None:
    """A TLS record that trickles is one read of the connection in it."""
    with tunnel() as (proxy, url, trusting), secured(proxy, trusting, pause=0.05) as secure:
        started = time.monotonic()
        with pytest.raises(DeadlineError):
            popular(kind, url, proxy=secure, verify=trusting, deadline=2)
        assert time.monotonic() - started < 5


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("status", "attempts", "advice"), [("407 No me:planted", 1, "; the proxy asks for another user and password"), ("502 Bad Gateway", 3, "")]
)
def test_a_proxy_that_rejects_its_password_is_asked_once(kind: str, status: str, attempts: int, advice: str, environment: pytest.MonkeyPatch) -> None:
    """Some companies lock an account after a few attempts."""
    with raw_server(sends(http_response(b"", status))) as proxy:
        with pytest.raises(APIConnectionError) as caught:
            popular(kind, "https://tmdb.invalid", proxy=proxy.url.replace("//", "//me:planted@"), retries=Retries(base=0))
        assert len(proxy.requests) == caught.value.attempts == attempts
    assert f"{status.replace('planted', 'REDACTED')}{advice}" in str(caught.value)


@SOCKS_KINDS
def test_a_socks_proxy_that_rejects_its_password_is_asked_once(kind: str, environment: pytest.MonkeyPatch) -> None:
    def rejects(connection: socket.socket) -> None:
        connection.sendall(b"\x05\x02")
        assert b"planted" in connection.recv(65_536)
        connection.sendall(b"\x01\x01")

    with raw_server(rejects) as proxy:
        with pytest.raises(APIConnectionError, match="ProxyError: Invalid username/password; the proxy asks for another user and password"):
            popular(kind, "http://tmdb.invalid", proxy=proxy.url.replace("http://", "socks5://me:planted@"), retries=Retries(base=0))
        assert len(proxy.requests) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_an_http_proxy_gets_the_full_target(kind: str, environment: pytest.MonkeyPatch) -> None:
    with raw_server(sends(OK)) as proxy:
        popular(kind, "http://tmdb.invalid/mirror", proxy=proxy.url)
    assert proxy.requests[0].startswith(f"GET http://tmdb.invalid/mirror/3/movie/popular?api_key={API_KEY} HTTP/1.1\r\n".encode())


def test_an_invalid_proxy_variable_is_rejected_without_its_password(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HTTPS_PROXY", "ftp://me:planted@127.0.0.1")
    with pytest.raises(InvalidArgumentError, match="HTTPS_PROXY must be like") as caught:
        TMDB(API_KEY)
    assert "planted" not in str(caught.value)


def socks(then: Callable[[socket.socket], object]) -> Callable[[socket.socket], None]:
    """A proxy of SOCKS 5 that lets everyone through, and then does as it is told."""

    def act(connection: socket.socket) -> None:
        connection.sendall(b"\x05\x00")
        assert b"\x0ctmdb.invalid\x00\x50" in connection.recv(65_536)
        connection.sendall(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50")
        while connection.recv(65_536):
            then(connection)

    return act


@SOCKS_KINDS
def test_a_socks_proxy_is_used(kind: str, environment: pytest.MonkeyPatch) -> None:
    with raw_server(socks(sends(OK))) as proxy:
        assert popular(kind, "http://tmdb.invalid", proxy=proxy.url.replace("http://", "socks5://")).results


def test_aiohttp_rejects_a_socks_proxy(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    with pytest.raises(InvalidArgumentError, match="http and https proxies only"):
        client("aiohttp", "http://tmdb.invalid")


def drips(connection: socket.socket) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 100:
        connection.sendall(bytes((byte,)))
        time.sleep(0.05)


@SOCKS_KINDS
def test_a_deadline_holds_through_a_socks_proxy(kind: str, environment: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    steps: dict[str, Callable[[socket.socket], object]] = {
        "it says nothing": lambda connection: over.wait(30),
        "it says nothing to the second question": lambda connection: (connection.sendall(b"\x05\x00"), over.wait(30)),
        "headers trickle": socks(drips),
    }
    for step, act in steps.items():
        with raw_server(act) as proxy:
            started = time.monotonic()
            with pytest.raises(DeadlineError):
                popular(kind, "http://tmdb.invalid", proxy=proxy.url.replace("http://", "socks5://"), deadline=0.4)
            assert time.monotonic() - started < 3, step
            over.set()
        over.clear()


@SOCKS_KINDS
def test_an_invalid_socks_reply_is_a_connection_error(kind: str, environment: pytest.MonkeyPatch) -> None:
    with raw_server(sends(b"\x05")) as proxy, pytest.raises(APIConnectionError, match="ProxyError"):
        popular(kind, "http://tmdb.invalid", proxy=proxy.url.replace("http://", "socks5://"))
