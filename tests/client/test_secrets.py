"""Secrecy: tests cause every kind of failure with planted credentials, and search all output for them."""

from __future__ import annotations

import asyncio
import base64
import html
import json
import logging
import pickle
import re
import ssl
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus

import httpx
import pytest
from tmdb_openapi.status_codes import STATUS_CODES

from tests.client.test_hostile import CASES, hostile_server, raw_response
from tests.conftest import API_KEY, GUEST_SESSION, ROOT, SESSION, TOKEN, USER_TOKEN, body_of
from tests.support.raw_server import raw_server, sends
from tmdbkit import TMDB, AsyncTMDB, Cache, DecodeError, Drift, InvalidArgumentError, StatusError, TMDBError, exports
from tmdbkit.testing import FakeTMDB

pytestmark = pytest.mark.filterwarnings("ignore:.*_by_get is deprecated")

REQUEST_TOKEN = "7e9e57705e0" * 3 + "7e9e577"
PASSWORD = "planted pass/word&more"
USERNAME = "planted-user"
ACCOUNT = 87654321
ACCOUNT_OBJECT = "4bc8892a017a3c0z92000002"
NEW_SESSION = "6e75e551" * 5
PROXY_PASSWORD = "planted-proxy-password"
COOKIE = "planted-cookie-of-an-answer"
PLANTED = (
    *(TOKEN, USER_TOKEN, API_KEY, SESSION, GUEST_SESSION, REQUEST_TOKEN, PASSWORD, USERNAME),
    *(str(ACCOUNT), ACCOUNT_OBJECT, NEW_SESSION, PROXY_PASSWORD, COOKIE),
)


def forms(secret: str) -> Iterator[str]:
    """The forms of a secret in output."""
    yield from (secret, quote(secret, safe=""), quote(secret), quote(secret, safe="").replace("%2F", "%2f"), quote_plus(secret), secret.replace(" ", "+"))
    yield from (json.dumps(secret)[1:-1], html.escape(secret), base64.b64encode(secret.encode()).decode().rstrip("="))


def in_base64(text: str) -> Iterator[str]:
    """What the long words of a text are in base64, wherever it begins."""
    for word in re.findall(r"[A-Za-z0-9_+/-]{12,}", text):
        for start in range(4):
            run = word[start:].translate(str.maketrans("-_", "+/"))
            yield base64.b64decode(run[: len(run) // 4 * 4], validate=False).decode("latin-1")


SOUGHT = re.compile("|".join(re.escape(form) for secret in PLANTED for form in sorted(set(forms(secret)))))


def first_change(tmdb: Any, **options: Any) -> Any:
    """The first id that changed, of either kind of client."""
    changes = tmdb.changed("movie", "2024-01-01", **options)
    options.clear()
    return next(iter(changes)) if hasattr(changes, "__iter__") else anext(aiter(changes))


# Every part of a request that carries a credential: the query, the Authorization header, the path, and the body.
CALLS: dict[str, Callable[[Any], Any]] = {
    "an application's": lambda tmdb: tmdb.movies.popular(),
    "a session": lambda tmdb: tmdb.movies.account_states(550),
    "a session of the call": lambda tmdb: tmdb.movies.account_states(550, guest_session_id=GUEST_SESSION),
    "a user's token": lambda tmdb: tmdb.v4_lists.update(1, name="mine"),
    "an account": lambda tmdb: tmdb.account.favorite_movies(ACCOUNT),
    "an account of v4": lambda tmdb: tmdb.v4_account.lists(ACCOUNT_OBJECT),
    "a guest session in the path": lambda tmdb: tmdb.guest_sessions.rated_movies(GUEST_SESSION),
    "a request token": lambda tmdb: tmdb.authentication.create_session(REQUEST_TOKEN),
    "a password": lambda tmdb: tmdb.authentication.create_session_with_login(USERNAME, PASSWORD, REQUEST_TOKEN),
    "a password in the query": lambda tmdb: tmdb.authentication.create_session_with_login_by_get(USERNAME, PASSWORD, REQUEST_TOKEN),
    "a session to delete": lambda tmdb: tmdb.authentication.delete_session(SESSION),
    "a login": lambda tmdb: tmdb.users.login(USERNAME, PASSWORD),
    "an approval": lambda tmdb: tmdb.users.approval(REQUEST_TOKEN).wait(deadline=0.2, interval=0.1),
    "an approval of v4": lambda tmdb: tmdb.users.v4_approval(REQUEST_TOKEN).finish(),
    "an end": lambda tmdb: tmdb.users.logout(),
    "a known path": lambda tmdb: tmdb.get(f"/3/account/{ACCOUNT}/favorite/movies"),
    "a new path": lambda tmdb: tmdb.get(f"/3/guest_session/{GUEST_SESSION}/new", user=True),
    "a body by hand": lambda tmdb: tmdb.post("/3/new", body={"request_token": REQUEST_TOKEN, "password": PASSWORD}),
    "an extra item": lambda tmdb: tmdb.movies.account_states(550, extra_query={"new": 1}),
    "a match with a header": lambda tmdb: tmdb.match.movie("Heat [tmdbid-949]", headers={"Cookie": COOKIE}),
    "a match without an id": lambda tmdb: tmdb.match.series("Dark", headers={"Cookie": COOKIE}),
    "a history with a header": lambda tmdb: tmdb.change_history("movie", 550, "2024-01-01", headers={"Cookie": COOKIE}),
    "changes with a header": lambda tmdb: first_change(tmdb, headers={"Cookie": COOKIE}),
    "a rejected path": lambda tmdb: tmdb.get(f"/3/new?session_id={SESSION}"),
    "a rejected query": lambda tmdb: tmdb.get("/3/new", query={"api_key": API_KEY, "note": SESSION}),
    "a rejected extra item": lambda tmdb: tmdb.movies.details(550, extra_query={"session_id": SESSION}),
    "a rejected extra member": lambda tmdb: tmdb.movies.add_rating(550, 8, extra_body={"password": PASSWORD}),
}

HEADERS = {
    "Set-Cookie": f"session={COOKIE}",
    "Authentication-Callback": f"https://www.themoviedb.org/authenticate/{REQUEST_TOKEN}",
}


def refusing(status: int, code: int | None) -> httpx.MockTransport:
    """A TMDB that rejects a request, and echoes it."""

    def handle(request: httpx.Request) -> httpx.Response:
        sent = [str(request.url), unquote_plus(str(request.url)), str(request.headers.get("authorization")), request.content.decode()]
        body = {"success": False, "status_message": f"No: {' '.join(sent)}", "errors": sent, **({} if code is None else {"status_code": code})}
        return httpx.Response(status, json=body, headers={**HEADERS, "Location": str(request.url), "X-Echo": str(request.headers.get("authorization"))})

    return httpx.MockTransport(handle)


class Output:
    """All output of a client: logs, warnings, and the exceptions that it raises."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self.errors: list[BaseException] = []
        self.others: list[str] = []
        self._caplog = caplog

    def texts(self) -> Iterator[str]:
        yield self._caplog.text
        for record in self._caplog.records:
            yield f"{record.msg!r} {record.args!r} {vars(record)!r}"
        yield from self.others
        links, seen = list(self.errors), set[int]()
        for link in links:
            if id(link) not in seen:
                seen.add(id(link))
                yield from self.of(link)
                links += [other for other in (link.__cause__, link.__context__) if other is not None]

    @staticmethod
    def of(error: BaseException) -> Iterator[str]:
        yield f"{error} {error!r} {error.args!r} {getattr(error, '__notes__', '')}"
        for name, value in vars(error).items():
            yield f"{name} {value!r} {vars(value)!r}" if hasattr(value, "__dict__") else f"{name} {value!r}"
        yield "".join(traceback.format_exception(error))
        if isinstance(error, TMDBError):
            yield pickle.dumps(error).decode("latin-1")
        if isinstance(error, (httpx.RequestError, httpx.HTTPStatusError)):
            yield f"{error.request!r} {error.request.headers!r} {error.request.url!s}"

    def frames(self) -> Iterator[str]:
        """The local variables in the frames of the exceptions, except frames of tests."""
        for error in self.errors:
            for summary in traceback.TracebackException.from_exception(error, capture_locals=True).stack:
                if "/tests/" not in summary.filename:
                    yield f"{summary.filename} {summary.name} {summary.locals}"

    def assert_nothing_planted(self, what: str) -> None:
        for text in self.texts():
            for form in (text, *in_base64(text)):
                found = SOUGHT.search(form)
                assert not found, f"{what}: {found[0]} in {text}" if found else ""


@pytest.fixture
def output(caplog: pytest.LogCaptureFixture) -> Iterator[Output]:
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        output = Output(caplog)
        yield output
        output.others += [str(warning.message) for warning in warned]
    output.assert_nothing_planted("afterwards")


SETTINGS: dict[str, Any] = {"user_access_token": USER_TOKEN, "session_id": SESSION, "retries": None, "rate_limit": None, "deadline": 5}


def fail(
    output: Output, call: Callable[[Any], Any], *, is_async: bool, credential: str = API_KEY, http_client: dict[str, Any] | None = None, **options: Any
) -> None:
    """Make a call that fails, perhaps through an httpx client with arguments of its own, and keep what is output of it."""
    settings = {**SETTINGS, **options}

    async def main() -> None:
        http = nullcontext() if http_client is None else httpx.AsyncClient(**http_client)
        async with http as given, AsyncTMDB(credential, http_client=given, **settings) as tmdb:
            output.others.append(f"{tmdb!r} {vars(tmdb)!r} {tmdb.users!r} {vars(tmdb.users)!r}")
            await call(tmdb)

    try:
        if is_async:
            asyncio.run(main())
        else:
            with nullcontext() if http_client is None else httpx.Client(**http_client) as given, TMDB(credential, http_client=given, **settings) as tmdb:
                output.others.append(f"{tmdb!r} {vars(tmdb)!r} {tmdb.users!r} {vars(tmdb.users)!r}")
                call(tmdb)
    except TMDBError as error:
        output.errors.append(error)


BOTH = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
CREDENTIALS = pytest.mark.parametrize("credential", [API_KEY, TOKEN], ids=["api key", "access token"])


@BOTH
@CREDENTIALS
@pytest.mark.parametrize("name", CALLS)
def test_errors_that_echo_the_request_reveal_nothing(output: Output, name: str, credential: str, is_async: bool) -> None:
    for status, code in [(302, None), (401, 7), (401, 36), (404, 34), (422, 41), (429, 25), (500, 11), (502, None)]:
        fail(output, CALLS[name], is_async=is_async, credential=credential, transport=refusing(status, code))
    assert len(output.errors) >= 7


def portal(request: httpx.Request) -> httpx.Response:
    """A captive portal, which responds with 200 and echoes the request."""
    sent = [str(request.url), unquote_plus(str(request.url)), str(request.headers.get("authorization")), request.content.decode()]
    html = f"<html><body>Welcome. You asked for {' '.join(sent)}</body></html>"
    return httpx.Response(200, text=html, headers={**HEADERS, "X-Echo": " ".join(sent[:3]), "Content-Type": "text/html"})


@BOTH
@CREDENTIALS
@pytest.mark.parametrize("name", CALLS)
def test_a_captive_portal_that_echoes_the_request_reveals_nothing(output: Output, name: str, credential: str, is_async: bool) -> None:
    fail(output, CALLS[name], is_async=is_async, credential=credential, transport=httpx.MockTransport(portal))
    fail(output, CALLS[name], is_async=is_async, credential=credential, transport=refusing(401, 7))
    assert len(output.errors) == 2
    for text in output.frames():
        assert not SOUGHT.search(text), text


REJECTED: dict[str, Callable[..., Any]] = {
    "paginate": lambda tmdb, **secret: tmdb.paginate(5, **secret),
    "a first page": lambda tmdb, **secret: tmdb.paginate(tmdb.movies.popular, page="x", **secret),
    "fetch_many": lambda tmdb, **secret: tmdb.fetch_many(5, [1], **secret),
    "ids": lambda tmdb, **secret: tmdb.fetch_many(tmdb.movies.details, 5, **secret),
    "parts": lambda tmdb, **secret: tmdb.whole_series(1399, append_to_response=5, **secret),
    "a blank name": lambda tmdb, **secret: tmdb.match.movie(" ", **secret),
    "a year": lambda tmdb, **secret: tmdb.match.series("Heat", year="x", **secret),
    "a kind": lambda tmdb, **secret: tmdb.changed("x", "2024-01-01", **secret),
    "a kind of history": lambda tmdb, **secret: tmdb.change_history("x", 1, "2024-01-01", **secret),
    "a day": lambda tmdb, **secret: tmdb.changed("movie", "x", **secret),
    "a day of history": lambda tmdb, **secret: tmdb.change_history("movie", 1, "x", **secret),
    "a path": lambda tmdb, **secret: tmdb.get("x", **secret),
    "a query": lambda tmdb, **secret: tmdb.get("/3/x", query=5, **secret),
    "a body": lambda tmdb, **secret: tmdb.post("/3/x", body=5, **secret),
}


@BOTH
@pytest.mark.parametrize("name", REJECTED)
def test_a_rejected_argument_of_a_helper_leaves_no_credential_in_a_frame(output: Output, name: str, is_async: bool) -> None:
    fail(output, lambda tmdb: REJECTED[name](tmdb, headers={"Authorization": f"Bearer {TOKEN}"}), is_async=is_async, transport=refusing(500, 11))
    (error,) = output.errors
    assert isinstance(error, InvalidArgumentError)
    for text in output.frames():
        assert not SOUGHT.search(text), text


def echoing_json(request: httpx.Request, wrap: Callable[[str], Any]) -> httpx.Response:
    """A page of movies in which an intermediary repeats the request, in many forms."""
    sent = f"{request.url} {request.extensions.get('target')} {request.headers.get('authorization')}"
    echoes = [
        sent,
        quote(sent),
        base64.b64encode(sent.encode()).decode(),
        base64.urlsafe_b64encode(f"me:{sent}".encode()).decode(),
        quote(quote(sent, safe=""), safe=""),
    ]
    page = json.loads(body_of("movies/popular"))
    page["results"] = [{**page["results"][0], **wrap(echo)} for echo in echoes]
    return httpx.Response(200, json=page, headers={"Cache-Control": "public, max-age=600", "X-Echo": quote(sent)})


ECHOES: dict[str, Callable[[str], Any]] = {
    "a value": lambda echo: {"vote_count": echo},
    "a key": lambda echo: {echo: 1},
    "a key below": lambda echo: {"new": {echo: [{echo: echo}]}},
    "a text": lambda echo: {"title": echo},
}


@BOTH
@CREDENTIALS
@pytest.mark.parametrize("echo", ECHOES)
def test_a_page_that_repeats_the_request_reveals_nothing_in_reports(output: Output, echo: str, credential: str, is_async: bool, tmp_path: Path) -> None:
    """Neither in drift reports, events and logs, nor in the path of an exception, nor in the file of a cache."""
    reports: list[object] = []
    transport = httpx.MockTransport(lambda request: echoing_json(request, ECHOES[echo]))
    for strict in (False, True):
        options: dict[str, Any] = {"credential": credential, "transport": transport, "strict": strict, "on_event": reports.append, "retries": None}
        options |= {"cache": Cache(tmp_path / "cache.sqlite3"), "on_drift": reports.append}

        async def main(options: dict[str, Any] = options) -> None:
            async with AsyncTMDB(**options) as tmdb:
                await tmdb.movies.popular()

        try:
            asyncio.run(main()) if is_async else TMDB(**options).movies.popular()
        except DecodeError as error:
            output.errors.append(error)
        options["cache"].close()
    output.others += [f"{report!r} {report}" for report in reports]
    output.others += [path.read_bytes().decode("latin-1") for path in tmp_path.iterdir()]
    assert reports
    assert bool(output.errors) is (echo != "a text")


def test_what_a_report_quotes_is_short() -> None:
    reports: list[Drift] = []
    page = json.loads(body_of("movies/popular"))
    page["results"][0] |= {"k" * 10_000: 1, "new": {"v": "x" * 10_000}}
    TMDB(TOKEN, transport=httpx.MockTransport(lambda _: httpx.Response(200, json=page)), on_drift=reports.append).movies.popular()
    assert reports
    assert max(len(str(report)) for report in reports) < 500


@BOTH
def test_a_raw_response_of_a_captive_portal_reveals_nothing(output: Output, is_async: bool) -> None:
    async def main() -> Any:
        async with AsyncTMDB(API_KEY, transport=httpx.MockTransport(portal), **SETTINGS) as tmdb:
            return await tmdb.movies.raw.account_states(550)

    raw = asyncio.run(main()) if is_async else TMDB(API_KEY, transport=httpx.MockTransport(portal), **SETTINGS).movies.raw.account_states(550)
    with pytest.raises(DecodeError, match="not JSON"):
        raw.parsed
    shown = f"{raw!r} {vars(raw)!r} {raw.headers!r} {raw.content!r} {pickle.dumps(raw).decode('latin-1')}"
    assert "REDACTED" in shown
    assert not any(secret in shown for secret in (API_KEY, SESSION))


@BOTH
def test_no_status_code_reveals_a_secret(output: Output, is_async: bool) -> None:
    for code, entry in STATUS_CODES.items():
        if entry.error:
            transport = refusing(max(entry.http_status, 400), code)
            fail(output, CALLS["a session"], is_async=is_async, transport=transport)
    assert len(output.errors) == sum(entry.error is not None for entry in STATUS_CODES.values())


@BOTH
@pytest.mark.parametrize("case", CASES)
def test_hostile_responses_reveal_nothing(output: Output, case: str, is_async: bool) -> None:
    with hostile_server(CASES[case][0]) as server:
        fail(output, CALLS["a session of the call"], is_async=is_async, base_url=server.url, deadline=0.5)
    assert len(output.errors) == 1


@BOTH
@pytest.mark.parametrize("name", CALLS)
def test_truncated_responses_reveal_nothing(output: Output, name: str, is_async: bool) -> None:
    made = json.dumps({"success": True, "session_id": NEW_SESSION, "request_token": NEW_SESSION, "access_token": NEW_SESSION, "guest_session_id": NEW_SESSION})
    for content in (made[:-1].encode(), made.encode() + b"\xff", made[:-1].encode() + b', "success": NaN}', b"[" * 100_000):
        with hostile_server(lambda content=content: [raw_response(content, b"Set-Cookie: " + COOKIE.encode())]) as server:
            fail(output, CALLS[name], is_async=is_async, base_url=server.url)
    assert len(output.errors) >= 4 or name == "an approval"


@BOTH
@CREDENTIALS
def test_connection_failures_reveal_nothing(output: Output, is_async: bool, credential: str) -> None:
    with raw_server() as door:
        closed = door.port
    call = CALLS["a session"]
    for base_url in (f"http://127.0.0.1:{closed}", "http://tmdb.invalid"):
        fail(output, call, is_async=is_async, credential=credential, base_url=base_url)
    with raw_server(sends(raw_response(body_of("movies/popular")))) as door:
        fail(output, call, is_async=is_async, credential=credential, base_url=f"https://127.0.0.1:{door.port}")
        fail(
            output,
            call,
            is_async=is_async,
            credential=credential,
            proxy=f"http://{USERNAME}:{PROXY_PASSWORD}@127.0.0.1:{closed}",
            base_url="http://tmdb.invalid",
        )
        fail(
            output,
            call,
            is_async=is_async,
            credential=credential,
            proxy=f"http://{USERNAME}:{PROXY_PASSWORD}@127.0.0.1:{door.port}",
            base_url="https://tmdb.invalid",
        )
    assert len(output.errors) == 5
    for text in output.frames():
        assert not SOUGHT.search(text), text


PROXY_SECRET = "planted p@ss/w'ord&more"
BASIC = base64.b64encode(f"{USERNAME}:{PROXY_SECRET}".encode()).decode()
PROXY_SOUGHT = re.compile("|".join(re.escape(form) for form in {*forms(PROXY_SECRET), BASIC.rstrip("=")}))


def echoing(status: str, form: str) -> bytes:
    """A response of a proxy that echoes the received password in its status line, headers and body."""
    echo = f"Basic {BASIC} {form}"
    body = json.dumps({"status_message": f"No: {echo}", "errors": [echo, html.escape(echo)]}).encode()
    return raw_response(body, b"X-Echo: " + echo.encode(), b"Proxy-Authenticate: Basic realm=" + echo.encode(), status=f"{status} {echo}".encode())


@pytest.mark.parametrize("kind", ["sync", "async", "aiohttp"])
@pytest.mark.parametrize("given", ["argument", "environment", "environment of a client of the caller's"])
@pytest.mark.parametrize("base_url", ["http://tmdb.invalid", "https://tmdb.invalid"])
@pytest.mark.parametrize("status", ["407", "502", "200"])
def test_an_echoed_proxy_password_is_redacted(output: Output, monkeypatch: pytest.MonkeyPatch, kind: str, given: str, base_url: str, status: str) -> None:
    for form in set(forms(PROXY_SECRET)):
        with raw_server(sends(echoing(status, form))) as server:
            proxy = f"http://{USERNAME}:{quote(PROXY_SECRET, safe='')}@{server.url.removeprefix('http://')}"
            options: dict[str, Any] = {"base_url": base_url, "strict": True}
            if given == "argument":
                options["proxy"] = proxy
            else:
                monkeypatch.setenv("ALL_PROXY", proxy)
            if given.endswith("caller's"):
                options["http_client"] = {}
            elif kind == "aiohttp":
                options["transport"] = "aiohttp"
            fail(output, CALLS["an application's"], is_async=kind != "sync", **options)
        assert BASIC.encode() in server.requests[0]
    assert len(output.errors) == len(set(forms(PROXY_SECRET)))
    for error in output.errors:
        shown = f"{getattr(error, 'content', b'').decode('utf-8', 'replace')} {getattr(error, 'headers', '')} {getattr(error, 'errors', '')}"
        assert not PROXY_SOUGHT.search(shown), shown
    for text in (*output.texts(), *output.frames()):
        assert not PROXY_SOUGHT.search(text), text


@pytest.mark.parametrize("name", ["Proxy-Authorization", "Authorization", "Cookie"])
def test_an_echoed_credential_header_is_redacted(name: str) -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(407, json={"status_message": f"No: {request.headers[name]}, {BASIC}"}, headers={"X-Echo": request.headers[name]})

    transport, headers = httpx.MockTransport(handle), {name: f"Basic {BASIC}"}
    with httpx.Client(transport=transport, headers=headers) as http:
        for tmdb in (TMDB(API_KEY, transport=transport, headers=headers), TMDB(API_KEY, http_client=http)):
            with pytest.raises(StatusError, match="No: REDACTED, REDACTED") as caught:
                tmdb.movies.popular()
            assert BASIC not in f"{' '.join(Output.of(caught.value))} {caught.value.content!r}"


@BOTH
def test_messages_of_a_transport_are_redacted(output: Output, is_async: bool) -> None:
    """A custom transport may raise any message, and chain any exception."""

    def handle(request: httpx.Request) -> httpx.Response:
        try:
            raise ssl.SSLError(f"no trust in {request.url}")
        except ssl.SSLError as error:
            raise httpx.ConnectError(f"could not send {request.headers['authorization']} to {request.url}", request=request) from error

    fail(output, CALLS["a session"], is_async=is_async, credential=TOKEN, transport=httpx.MockTransport(handle))
    assert "could not send Bearer REDACTED to" in str(output.errors[0])


@BOTH
def test_invalid_arguments_reveal_nothing(output: Output, is_async: bool) -> None:
    calls: list[Callable[[Any], Any]] = [
        lambda tmdb: tmdb.authentication.create_session_with_login(USERNAME, "", REQUEST_TOKEN),
        lambda tmdb: tmdb.authentication.create_session_with_login("", PASSWORD, REQUEST_TOKEN),
        lambda tmdb: tmdb.authentication.create_session_with_login(USERNAME, [PASSWORD], REQUEST_TOKEN),
        lambda tmdb: tmdb.authentication.create_session([REQUEST_TOKEN]),
        lambda tmdb: tmdb.guest_sessions.rated_movies(GUEST_SESSION + "/.."),
        lambda tmdb: tmdb.v4_account.lists(ACCOUNT_OBJECT + "?"),
        lambda tmdb: tmdb.movies.account_states(550, session_id=SESSION + " ", guest_session_id=GUEST_SESSION),
        lambda tmdb: tmdb.with_options(session_id=f"{SESSION}\n{SESSION}"),
        lambda tmdb: tmdb.with_options(headers={"Authorization": f"Bearer {TOKEN}\n"}),
        lambda tmdb: TMDB(f"{API_KEY}x"),
        lambda tmdb: TMDB(access_token=API_KEY),
        lambda tmdb: TMDB(API_KEY, access_token=TOKEN),
        lambda tmdb: TMDB(API_KEY, base_url=f"http://{USERNAME}:{PROXY_PASSWORD}@127.0.0.1"),
        lambda tmdb: TMDB(API_KEY, proxy=f"ftp://{USERNAME}:{PROXY_PASSWORD}@127.0.0.1"),
        lambda tmdb: tmdb.users.login(USERNAME, ""),
        lambda tmdb: tmdb.users.login(" ", PASSWORD),
        lambda tmdb: tmdb.users.approval(f"{REQUEST_TOKEN} {REQUEST_TOKEN}"),
    ]
    for call in calls:
        fail(output, call, is_async=is_async, transport=httpx.MockTransport(lambda _: httpx.Response(500)))
    assert len(output.errors) == len(calls)


@BOTH
def test_successful_calls_reveal_nothing(output: Output, is_async: bool) -> None:
    fake = FakeTMDB()
    from tmdbkit.testing import FakeTMDBServer

    async def main() -> None:
        async with AsyncTMDB(TOKEN, base_url=server.base_url) as tmdb:
            user = await (await tmdb.users.request_approval(redirect_to="https://example.org")).wait()
            shown(user, await user.account.me(), await tmdb.authentication.create_guest_session(), await tmdb.movies.raw.details(550))

    def shown(user: Any, *responses: Any) -> None:
        secrets.append(user.users.session_id)
        secrets.append(responses[1].guest_session_id)
        output.others.append(f"{user!r} {vars(user)!r} {responses!r}")

    secrets: list[str] = []
    with FakeTMDBServer(fake) as server:
        if is_async:
            asyncio.run(main())
        else:
            with TMDB(TOKEN, base_url=server.base_url) as tmdb:
                user = tmdb.users.request_approval(redirect_to="https://example.org").wait()
                shown(user, user.account.me(), tmdb.authentication.create_guest_session(), tmdb.movies.raw.details(550))
    for text in output.texts():
        assert not any(secret in text for secret in secrets)


def test_clients_credentials_and_approvals_cannot_be_pickled() -> None:
    tmdb = TMDB(TOKEN, **SETTINGS)
    for thing in (tmdb, tmdb.with_options(language="de"), AsyncTMDB(API_KEY), tmdb._credentials, tmdb.users.approval(REQUEST_TOKEN), tmdb.users):
        with pytest.raises(TypeError):
            pickle.dumps(thing)


def test_no_fixture_contains_a_well_formed_credential() -> None:
    kinds = re.compile(r"eyJ[\w-]{6,}|\b[0-9a-f]{32}\b|\b[0-9a-f]{40}\b")
    for path in (ROOT / "tests" / "fixtures").rglob("*.json"):
        text = re.sub(r'"etag": ".*"', "", path.read_text(encoding="utf-8"))
        assert not (found := kinds.search(text)), f"{path}: {found}"


REFUSED: dict[str, Callable[[TMDB], Any]] = {
    "a misspelled argument": lambda tmdb: tmdb.movies.account_states(550, sesion_id=SESSION),
    "a misspelled argument of a helper": lambda tmdb: tmdb.whole_series(1, sesion_id=SESSION),
    "base64 in a query": lambda tmdb: tmdb.get("/3/new", query={"a": base64.b64encode(TOKEN.encode()).decode()}),
    "a name of a header": lambda tmdb: tmdb.movies.details(550, headers={f"Authorization: Bearer {TOKEN}": ""}),
    "the URL of an image": lambda tmdb: tmdb.images.download(f"https://image.tmdb.org/a.jpg?a={quote(TOKEN)}", "a.jpg"),
    "a password of an image": lambda tmdb: tmdb.images.download(f"https://user:{PROXY_PASSWORD}@image.tmdb.org/a.jpg", "a.jpg"),
    "a password in half a URL": lambda tmdb: tmdb.images.download(f"https://user:{PROXY_PASSWORD}@[::::/a.jpg", "a.jpg"),
    "a password of exports": lambda tmdb: tmdb.exports.download(
        exports.MOVIE_IDS, "a", day="2024-01-01", base_url=f"https://user:{PROXY_PASSWORD}@files.tmdb.org"
    ),
    "a guest's journal": lambda tmdb: list(tmdb.fetch_many(tmdb.guest_sessions.rated_movies, [GUEST_SESSION]).journal("a")),
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED)
def test_a_refused_argument_is_in_no_message_and_no_frame(call: Callable[[TMDB], Any]) -> None:
    with TMDB(TOKEN, transport=refusing(401, 7)) as tmdb, pytest.raises((TMDBError, TypeError)) as caught:
        call(tmdb)
    assert SOUGHT.search(f"{caught.value} {caught.value!r}") is None
    for frame, _ in traceback.walk_tb(caught.value.__traceback__):
        if frame.f_code.co_filename != __file__:
            assert SOUGHT.search(repr(frame.f_locals)) is None, frame.f_code.co_name


def test_a_credential_within_a_member_of_a_body_is_redacted() -> None:
    with TMDB(TOKEN, transport=refusing(401, 7)) as tmdb, pytest.raises(StatusError) as caught:
        tmdb.post("/3/new", body={"login": [{"request_token": REQUEST_TOKEN, "password": PASSWORD}]})
    assert SOUGHT.search(f"{caught.value} {vars(caught.value)!r} {caught.value.content!r}") is None
