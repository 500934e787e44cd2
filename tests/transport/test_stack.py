"""The layers of the transport stack, each over httpx's `MockTransport`, and the stack of a client."""

from __future__ import annotations

import ast
import asyncio
import re
import sys
from importlib import import_module
from typing import Any

import httpx
import pytest

from tests.conftest import API_KEY, ROOT, TOKEN
from tests.support.fake_clock import FakeClock
from tmdbkit import TMDB, AsyncTMDB, Cache, DeadlineError, RateLimit, TMDBError
from tmdbkit.transport.authentication import AsyncAuthTransport, Authorization, AuthTransport
from tmdbkit.transport.body import read
from tmdbkit.transport.cache_layer import CachingTransport
from tmdbkit.transport.deadline import Deadline
from tmdbkit.transport.extensions import AUTHORIZATION, DEADLINE, SHAREABLE, STALE_IF_ERROR
from tmdbkit.transport.http import AsyncHTTPLayer, HTTPLayer
from tmdbkit.transport.throttle import AsyncRateLimitTransport, RateLimitTransport

URL = "https://api.themoviedb.org/3/movie/550"


class Recorder:
    """A mock transport that records requests, for synchronous and asynchronous layers."""

    def __init__(self, *responses: httpx.Response) -> None:
        self.requests: list[httpx.Request] = []
        self.responses = list(responses) or [httpx.Response(200)]
        self.transport = httpx.MockTransport(self._handle)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.responses[min(len(self.requests), len(self.responses)) - 1]


def send(layer: Any, **extensions: Any) -> httpx.Response:
    request = httpx.Request("GET", URL, extensions=extensions)
    if isinstance(layer, httpx.BaseTransport):
        return layer.handle_request(request)
    return asyncio.run(layer.handle_async_request(request))


def layers(sync: Any, awaited: Any, *args: Any, **named: Any) -> list[tuple[Any, Recorder]]:
    recorders = [Recorder(), Recorder()]
    return [(kind(recorder.transport, *args, **named), recorder) for kind, recorder in zip((sync, awaited), recorders, strict=True)]


def test_the_authentication_layer_sets_the_target() -> None:
    authorization = Authorization({"authorization": f"Bearer {TOKEN}"}, f"/3/movie/550?api_key={API_KEY}".encode())
    for layer, recorder in layers(AuthTransport, AsyncAuthTransport, honours_target=True):
        send(layer, **{AUTHORIZATION: authorization, "mine": 1})
        (sent,) = recorder.requests
        assert str(sent.url) == URL
        assert sent.extensions == {"mine": 1, "target": authorization.target}
        assert sent.headers["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in repr(authorization)
    assert API_KEY not in repr(authorization)


def test_the_authentication_layer_can_set_the_url() -> None:
    authorization = Authorization({}, f"/3/movie/550?api_key={API_KEY}".encode())
    for layer, recorder in layers(AuthTransport, AsyncAuthTransport, honours_target=False):
        send(layer, **{AUTHORIZATION: authorization})
        assert str(recorder.requests[0].url) == f"{URL}?api_key={API_KEY}"
        assert "target" not in recorder.requests[0].extensions


def test_the_authentication_layer_does_not_change_the_original_request() -> None:
    recorder = Recorder()
    request = httpx.Request("GET", URL, extensions={AUTHORIZATION: Authorization({"authorization": "Bearer x"}, b"/secret")})
    AuthTransport(recorder.transport, honours_target=True).handle_request(request)
    assert "authorization" not in request.headers
    assert "target" not in request.extensions


def test_layers_pass_on_foreign_requests() -> None:
    for layer, recorder in (
        *layers(AuthTransport, AsyncAuthTransport, honours_target=True),
        *layers(RateLimitTransport, AsyncRateLimitTransport, RateLimit()),
    ):
        assert send(layer).status_code == 200
        assert len(recorder.requests) == 1


def test_the_rate_limit_layer_waits_for_a_permit(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_clock = FakeClock(monkeypatch)
    for layer, _ in layers(RateLimitTransport, AsyncRateLimitTransport, RateLimit(2, burst=1)):
        send(layer)
        send(layer)
    assert fake_clock.sleeps == [0.5, 0.5, 0.5]


def test_the_rate_limit_layer_sends_nothing_after_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    FakeClock(monkeypatch)
    limit = RateLimit(1, burst=1)
    limit.acquire()
    for layer, recorder in layers(RateLimitTransport, AsyncRateLimitTransport, limit):
        with pytest.raises(DeadlineError, match="no permit before the deadline"):
            send(layer, **{DEADLINE: Deadline(0.5)})
        assert recorder.requests == []


@pytest.mark.parametrize(("header", "pause"), [({"Retry-After": "7"}, 7), ({}, 1), ({"Retry-After": "soon"}, 1)])
def test_a_429_pauses_the_shared_limit(header: dict[str, str], pause: int, monkeypatch: pytest.MonkeyPatch) -> None:
    FakeClock(monkeypatch)
    for kind in (RateLimitTransport, AsyncRateLimitTransport):
        limit = RateLimit(1000)
        recorder = Recorder(httpx.Response(429, headers=header))
        assert send(kind(recorder.transport, limit)).status_code == 429  # type: ignore[arg-type]
        assert limit.acquire().wait == pytest.approx(pause)


def test_unshareable_requests_bypass_the_cache() -> None:
    responses = [httpx.Response(200, headers={"Cache-Control": "max-age=100"}, json={"count": number}) for number in range(3)]
    recorder = Recorder(*responses)
    with Cache() as cache:
        layer = cache.over(recorder.transport)
        assert isinstance(layer, CachingTransport)
        for _ in range(2):
            send(layer, **{SHAREABLE: False}).read()
        assert len(recorder.requests) == 2
        for _ in range(2):
            send(layer, **{SHAREABLE: True}).read()
        assert len(recorder.requests) == 3


def test_the_cache_layer_serves_a_stale_response() -> None:
    kept = httpx.Response(200, headers={"Cache-Control": "no-cache"}, json={"answer": 1})
    failures = [httpx.Response(503), httpx.Response(522), httpx.Response(200, content=b'{"answer": ')]
    recorder = Recorder(kept, *failures, *failures)
    with Cache() as cache:
        layer = cache.over(recorder.transport)
        send(layer).read()
        for _ in failures:
            response = send(layer, **{STALE_IF_ERROR: 60})
            assert (response.status_code, response.read()) == (200, b'{"answer":1}')
        found = [send(layer, **{STALE_IF_ERROR: 0}) for _ in failures]
    assert [(response.status_code, read(response, Deadline(None)).content) for response in found] == [(503, b""), (522, b""), (200, b'{"answer": ')]


def stack(client: Any) -> list[type]:
    """The layers of a client, from the outermost one."""
    found, layer = [], client._shared.stack
    while True:
        found.append(type(layer))
        layer = getattr(layer, "next_transport", None) or getattr(layer, "_transport", None)
        if layer is None:
            return found


def test_the_order_of_the_stack() -> None:
    for client, rate, auth, http in (
        (TMDB, RateLimitTransport, AuthTransport, HTTPLayer),
        (AsyncTMDB, AsyncRateLimitTransport, AsyncAuthTransport, AsyncHTTPLayer),
    ):
        assert stack(client(TOKEN)) == [rate, auth, http]
        assert stack(client(TOKEN, rate_limit=None)) == [auth, http]
        with Cache() as cache:
            assert [each.__name__.removeprefix("Async") for each in stack(client(TOKEN, cache=cache))] == [
                "CachingTransport",
                "RateLimitTransport",
                "AuthTransport",
                "HTTPLayer",
            ]


async def test_a_closed_client_raises_through_the_stack() -> None:
    tmdb = AsyncTMDB(TOKEN)
    await tmdb.close()
    with pytest.raises(TMDBError, match="closed"):
        await tmdb.movies.popular()


PRIVATE = re.compile(r"(?<!self)(?<!cls)\._(transport|mounts|pool|cookies|retry_connection|connections|network_backend|client|session)\b")


def test_no_private_name_of_a_dependency_is_used() -> None:
    found = [
        f"{path.name}: {line.strip()}"
        for path in (ROOT / "src" / "tmdbkit").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if PRIVATE.search(line) or re.search(r"(import|from) (httpx|httpcore|aiohttp)\._", line)
    ]
    assert found == []


def names_in_use() -> dict[str, set[str]]:
    """The names that the package uses of each of its dependencies, without their exceptions."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "src" / "tmdbkit").rglob("*.py"):
        modules: dict[str, str] = {}
        used: list[tuple[str, str]] = []
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        for node in nodes:
            if isinstance(node, ast.Import):
                modules |= {(name.asname or name.name).partition(".")[0]: name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                used += [(node.module, name.name) for name in node.names]
        used += [
            (modules[node.value.id], node.attr)
            for node in nodes
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules
        ]
        for module, name in used:
            root = module.partition(".")[0]
            if root not in sys.stdlib_module_names and root not in ("tmdbkit", "tmdb_openapi"):
                value = None if root == "PyInstaller" else getattr(import_module(module), name, None)
                if not (isinstance(value, type) and issubclass(value, BaseException)):
                    found.setdefault(root, set()).add(name)
    return found


def test_the_names_used_of_each_dependency_are_in_the_table() -> None:
    """So that an upgrade of one is checked by what the package uses of it."""
    table = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").partition("## Checks for the upgrade")[2]
    rows = {cells[1].strip(): cells[2] for line in table.splitlines() if len(cells := line.split("|")) > 3}
    missing = {}
    for dependency, names in names_in_use().items():
        row = next((cell for title, cell in rows.items() if re.search(rf"\b{dependency}\b", title)), "")
        missing[dependency] = sorted(name for name in names if not re.search(rf"\b{name}\b", row))
    assert not any(missing.values()), missing
    assert {"httpx", "httpcore", "aiohttp", "hishel", "redis", "msgspec", "attrs", "click"} <= missing.keys()
