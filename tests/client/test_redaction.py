"""The redaction of one call: what it finds, in which forms, and what it leaves alone."""

from __future__ import annotations

import asyncio
import base64
import contextvars
import json
import logging
import socket
import traceback
from collections.abc import Callable
from contextlib import suppress
from html import escape
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote, quote_plus

import httpx
import pytest

from tests.conftest import API_KEY, SESSION, TOKEN
from tmdbkit import TMDB, APIConnectionError
from tmdbkit.auth.redaction import Redaction, holds_credential, public_headers, redact_logs, secrets_of_headers
from tmdbkit.transport.pool import PoolTransport

SECRET = 'Pä ss/w"ord&<é>\\'
URL = "https://api.themoviedb.org/3/movie/550"


def test_a_longer_secret_is_tried_before_one_that_it_contains() -> None:
    for secrets in (["abcd", "abcdefgh"], ["abcdefgh", "abcd"]):
        assert Redaction(secrets).text("abcdefgh, abcd") == "REDACTED, REDACTED"
        assert Redaction(secrets).content(b"abcdefgh, abcd") == b"REDACTED, REDACTED"


def test_secrets_of_four_characters_or_more_are_found() -> None:
    redaction = Redaction(["abc", "wxyz", ""])
    assert redaction.text("abc wxyz") == "abc REDACTED"
    assert (redaction.found_in(b"abc"), redaction.found_in(b"-wxyz-")) == (False, True)


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        SECRET.replace(" ", "+"),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        escape(SECRET),
        repr(SECRET.encode())[2:-1],
        quote(SECRET),
        quote(SECRET, safe=""),
        "P%c3%a4%20ss%2fw%22ord%26%3c%c3%a9%3e%5c",
        quote_plus(SECRET),
        quote(quote(SECRET, safe=""), safe=""),
        quote(quote(SECRET), safe=""),
        quote(quote_plus(SECRET), safe=""),
    ],
)
def test_each_form_of_a_secret_is_redacted_as_a_whole(form: str) -> None:
    redaction = Redaction([SECRET])
    assert redaction.text(f"before {form} after {form}") == "before REDACTED after REDACTED"
    assert redaction.content(f"before {form} after".encode()) == b"before REDACTED after"
    assert redaction.found_in(f"before {form} after".encode())


@pytest.mark.parametrize("secret", ["planted-secret", "planted-secret-7", "planted-secret-77", "~~~???>>>~~~???"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", ["", "u", "us", "use", "user:"])
@pytest.mark.parametrize("after", ["", "@host", "@a/", "?"])
def test_a_secret_in_base64_is_redacted_wherever_it_begins(secret: str, encode: object, before: str, after: str) -> None:
    text = encode(f"{before}{secret}{after}".encode()).decode()  # type: ignore[operator]
    redacted = Redaction([secret]).text(text)
    head, found, tail = redacted.partition("REDACTED")
    assert found
    # No more than the characters that other bytes share stays of the secret: at most one at each end.
    assert len(head) <= (len(before) * 8 + 5) // 6 and len(tail.rstrip("=")) <= (len(after) * 8 + 5) // 6 + 1


def test_other_texts_stay_unchanged() -> None:
    redaction = Redaction([SECRET, TOKEN])
    assert redaction.text("HTTP 404, no such movie") == "HTTP 404, no such movie"
    assert redaction.content(b'{"id": 550}') == b'{"id": 550}'
    assert not redaction.found_in(b'{"id": 550}')


def test_headers_lose_credentials_and_keep_the_rest() -> None:
    headers = httpx.Headers([("Authorization", "Bearer other"), ("X-Echo", f"a {TOKEN} b"), ("Via", "one"), ("Via", "two")])
    assert Redaction([TOKEN]).headers(headers).multi_items() == [("x-echo", "a REDACTED b"), ("via", "one"), ("via", "two")]
    assert public_headers(headers).multi_items() == [("x-echo", f"a {TOKEN} b"), ("via", "one"), ("via", "two")]


def test_a_credential_of_a_header_is_one_with_and_without_its_scheme() -> None:
    assert secrets_of_headers(httpx.Headers({"authorization": f"Bearer {TOKEN}", "accept": "a b"})) == [f"Bearer {TOKEN}", TOKEN]
    assert secrets_of_headers(httpx.Headers({"authorization": "Digest a b"})) == ["Digest a b", "a b"]
    assert secrets_of_headers(httpx.Headers({"accept": "a b"})) == []


# Causes


def chain(*errors: BaseException, by: str) -> BaseException:
    """Link errors, each the cause or the context of the one before it, and give each a frame."""
    for error in errors:
        with suppress(type(error)):
            raise error
    for error, other in pairwise(errors):
        setattr(error, by, other)
    return errors[0]


@pytest.mark.parametrize("by", ["__cause__", "__context__"])
@pytest.mark.parametrize("planted", [0, 1, 2])
def test_a_cause_with_a_credential_in_any_link_is_dropped(by: str, planted: int) -> None:
    errors = [httpx.ConnectError("refused"), OSError("refused"), ValueError("refused")]
    errors[planted].args = (f"refused {TOKEN}",)
    assert Redaction([TOKEN]).cause(chain(*errors, by=by), method="GET", url=URL) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("by", ["__cause__", "__context__"])
def test_each_link_of_a_cause_loses_its_frames_and_its_request(by: str) -> None:
    request = httpx.Request("GET", f"{URL}?api_key={API_KEY}", headers={"authorization": TOKEN})
    errors = [httpx.ConnectError("refused", request=request), OSError("refused"), httpx.ReadError("cut", request=request)]
    error = chain(*errors, by=by)
    assert Redaction([TOKEN, API_KEY]).cause(error, method="POST", url=URL) is error  # type: ignore[arg-type]
    assert [link.__traceback__ for link in errors] == [None, None, None]
    for link in (errors[0], errors[2]):
        assert (link.request.method, str(link.request.url), "authorization" in link.request.headers) == ("POST", URL, False)  # type: ignore[attr-defined]
    assert "".join(traceback.format_exception(error)).count("refused") == 2


def test_a_cause_may_be_a_circle() -> None:
    one, two = OSError("one"), OSError("two")
    one.__context__, two.__context__ = two, one
    assert Redaction([TOKEN]).cause(one, method="GET", url=URL) is one


CALLS: dict[str, Callable[[TMDB, Path], object]] = {
    "call": lambda tmdb, _: tmdb.movies.details(550),
    "login": lambda tmdb, _: tmdb.users.login("reviewer", "a password"),
    "download": lambda tmdb, path: tmdb.images.download("http://127.0.0.1:9/a.jpg", path / "a.jpg"),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("failure", [httpx.ReadError("cut"), ValueError("a bug")], ids=["lost", "foreign"])
def test_an_exception_that_the_caller_handles_is_left_alone(name: str, failure: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise failure

    def find() -> None:
        wanted = "theirs.invalid"
        raise httpx.ConnectError("of the caller", request=httpx.Request("GET", f"http://{wanted}/")) from socket.gaierror()

    monkeypatch.setattr(PoolTransport, "handle_request", fail)
    with TMDB(TOKEN, base_url="http://127.0.0.1:9", retries=None) as tmdb:
        try:
            find()
        except httpx.ConnectError as error:
            handled = error
            with pytest.raises((APIConnectionError, ValueError)) as caught:
                CALLS[name](tmdb, tmp_path)
    assert "resolved" not in str(caught.value)
    assert str(handled.request.url) == "http://theirs.invalid/"
    frame = traceback.TracebackException.from_exception(handled, capture_locals=True).stack[-1]
    assert (frame.name, (frame.locals or {})["wanted"]) == ("find", "'theirs.invalid'")


def test_a_credential_that_only_the_repr_of_a_cause_shows_counts() -> None:
    class HiddenError(Exception):
        def __str__(self) -> str:
            return "hidden"

    class SilentError(Exception):
        def __repr__(self) -> str:
            return "silent"

    for error in (HiddenError(TOKEN), SilentError(TOKEN)):
        assert Redaction([TOKEN]).cause(error, method="GET", url=URL) is None


# Logs


LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpcore.socks")


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> pytest.LogCaptureFixture:
    for name in LOGGERS:
        monkeypatch.setattr(logging.getLogger(name), "filters", [])
    redact_logs()
    caplog.set_level(logging.DEBUG)
    return caplog


@pytest.mark.parametrize("name", LOGGERS)
def test_a_line_of_a_library_is_logged_without_the_credential(logged: pytest.LogCaptureFixture, name: str) -> None:
    with Redaction([TOKEN]):
        logging.getLogger(name).info("sent %s", TOKEN)
        logging.getLogger(name).info("sent %s", "nothing")
    assert [(record.getMessage(), record.args) for record in logged.records] == [("sent REDACTED", None), ("sent nothing", ("nothing",))]


def test_lines_of_other_calls_are_left_alone(logged: pytest.LogCaptureFixture) -> None:
    with Redaction([TOKEN]):
        pass
    logging.getLogger("httpx").info("sent %s", TOKEN)
    assert logged.messages == [f"sent {TOKEN}"]


def test_a_second_call_of_redact_logs_has_no_effect() -> None:
    redact_logs()
    before = list(logging.getLogger("httpx").filters)
    redact_logs()
    assert logging.getLogger("httpx").filters == before


@pytest.mark.parametrize(
    ("line", "redacted"),
    [
        (f"GET {URL}?api_key=anything&language=de#x", f"GET {URL}?api_key=REDACTED&language=de#x"),
        (f"GET {URL}?language=de&session_id=anything", f"GET {URL}?language=de&session_id=REDACTED"),
        ("GET /3/guest_session/anything/rated/movies?page=1", "GET /3/guest_session/REDACTED/rated/movies?page=1"),
        ("[(b'Authorization', b'Bearer it\\'s'), (b'Via', b'x')]", "[(b'Authorization', b'REDACTED'), (b'Via', b'x')]"),
        ("[('LOCATION', \"https://else.where/?q\"), ('Via', 'x')]", "[('LOCATION', 'REDACTED'), ('Via', 'x')]"),
        ("[(b'Vary', b'Authorization')]", "[(b'Vary', b'Authorization')]"),
    ],
)
def test_a_line_loses_what_holds_credentials_of_others(logged: pytest.LogCaptureFixture, line: str, redacted: str) -> None:
    with Redaction([]):
        logging.getLogger("httpcore.http11").debug("%s", line)
    assert logged.messages == [redacted]


def test_redactions_may_be_nested() -> None:
    with Redaction([TOKEN]):
        with Redaction([SESSION]):
            assert (holds_credential(TOKEN.encode()), holds_credential(SESSION.encode())) == (False, True)
        assert (holds_credential(TOKEN.encode()), holds_credential(SESSION.encode())) == (True, False)
    assert not holds_credential(TOKEN.encode())


def test_a_redaction_may_end_in_another_context() -> None:
    """As that of a coroutine that its event loop drops."""
    redaction = Redaction([TOKEN])
    contextvars.copy_context().run(redaction.__enter__)
    redaction.__exit__(None)
    assert not holds_credential(TOKEN.encode())


def test_tasks_have_redactions_of_their_own() -> None:
    async def call(own: str, other: str) -> tuple[bool, bool]:
        with Redaction([own]):
            await asyncio.sleep(0)
            return holds_credential(own.encode()), holds_credential(other.encode())

    async def main() -> list[tuple[bool, bool]]:
        return await asyncio.gather(call(TOKEN, SESSION), call(SESSION, TOKEN))

    assert asyncio.run(main()) == [(True, False)] * 2
