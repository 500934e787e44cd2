"""Exceptions: transport failures and error responses, without secrets."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from tmdb_openapi.status_codes import STATUS_CODES

import tmdbkit
from tests.conftest import API_KEY, SESSION, TOKEN, body_of
from tests.support.raw_server import breaks_off, hangs, raw_server
from tmdbkit import (
    TMDB,
    APIConnectionError,
    APITimeoutError,
    AsyncTMDB,
    AuthenticationError,
    DecodeError,
    NotFoundError,
    RateLimitError,
    Retries,
    ServerError,
    StatusError,
    TMDBError,
    ValidationError,
)


def refusing(status: int, content: bytes | dict[str, object], headers: dict[str, str] | None = None, *, strict: bool = False) -> TMDB:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return TMDB(
        api_key=API_KEY,
        session_id=SESSION,
        strict=strict,
        retries=None,
        transport=httpx.MockTransport(lambda _: httpx.Response(status, content=body, headers=headers)),
    )


def envelope(code: int) -> dict[str, object]:
    return {"success": False, "status_code": code, "status_message": f"TMDB's words on {code}."}


@pytest.mark.parametrize("code", [code for code, entry in STATUS_CODES.items() if entry.error])
def test_each_status_code_raises_its_exception(code: int) -> None:
    entry = STATUS_CODES[code]
    assert entry.error is not None
    with pytest.raises(entry.error) as caught:
        refusing(entry.http_status if entry.http_status >= 400 else 400, envelope(code)).tv_series.details(0)
    error = caught.value
    assert type(error) is entry.error
    assert (error.status_code, error.http_status) == (code, entry.http_status)
    assert error.message.startswith(f"TMDB's words on {code}")
    assert error.url == "https://api.themoviedb.org/3/tv/0"


def test_the_table_has_all_47_codes() -> None:
    assert list(STATUS_CODES) == list(range(1, 48))


@pytest.mark.parametrize(
    ("status", "expected"),
    [(400, "ValidationError"), (401, "AuthenticationError"), (403, "PermissionDeniedError"), (404, "StatusError"), (405, "UnsupportedError")]
    + [
        (409, "ConflictError"),
        (418, "StatusError"),
        (422, "ValidationError"),
        (429, "RateLimitError"),
        (500, "ServerError"),
        (502, "ServerError"),
        (599, "ServerError"),
    ],
)
def test_without_a_code_that_is_known_the_http_status_decides(status: int, expected: str) -> None:
    for content in (b'{"errors": ["name must be given"]}', b'{"status_message": "No."}', b'{"status_code": 999, "success": false}'):
        with pytest.raises(StatusError) as caught:
            refusing(status, content).movies.popular()
        assert type(caught.value).__name__ == expected
        assert (caught.value.http_status, caught.value.content) == (status, content)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 406, 407, 409, 410, 418, 422, 451])
@pytest.mark.parametrize(
    ("content", "shape"),
    [
        (b"<html><h1>Not Found</h1></html>", "HTML"),
        (b"\n<!DOCTYPE html>", "HTML"),
        (b"", "an empty body"),
        (b'{"message": "no Route matched with those values"}', "JSON of another kind"),
        (b"404 page not found", "text"),
        (b"null", "text"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary data"),
    ],
)
def test_what_does_not_come_from_tmdb_says_nothing_about_a_resource_or_a_credential(status: int, content: bytes, shape: str) -> None:
    """A program that deletes what is not found must not delete it because a mirror is gone."""
    with pytest.raises(StatusError, match=f"{shape}( \\(.*\\))? came in place of TMDB's answer, from something between") as caught:
        refusing(status, content).movies.details(550)
    assert type(caught.value) is StatusError
    assert (caught.value.status_code, caught.value.http_status, caught.value.content) == (None, status, content)


@pytest.mark.parametrize(
    "body",
    [
        {"status_code": 404, "status_message": "Not Found"},
        {"status_message": "no such route"},
        {"errors": ["no Route matched"]},
        {"success": False, "status_code": 999, "status_message": "Gone fishing."},
    ],
)
def test_only_a_code_of_tmdb_says_that_something_does_not_exist(body: dict[str, object]) -> None:
    with pytest.raises(StatusError) as caught:
        refusing(404, body).movies.details(550)
    assert type(caught.value) is StatusError


@pytest.mark.parametrize(
    ("content", "content_type", "expected"),
    [
        (
            b"<!DOCTYPE html><style>p {}</style><title>Access denied</title> by\n Foo",
            "text/html; charset=utf-8",
            "HTML (Content-Type text/html; charset=utf-8, 'Access denied by Foo')",
        ),
        (b"upstream is asleep", "text/plain", "text (Content-Type text/plain, 'upstream is asleep')"),
        (b"x" * 100, None, f"text (without a Content-Type, '{'x' * 60}…')"),
        (b"\x89PNG\r\n\x1a\n\0\0", "image/png", "binary data (Content-Type image/png)"),
        ('{"id": 550}'.encode("utf-16"), "application/json", "binary data (Content-Type application/json)"),
        (b" \n", "application/json", "an empty body"),
    ],
)
def test_a_body_that_is_no_json_is_named_for_what_it_is(content: bytes, content_type: str | None, expected: str) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    with pytest.raises(DecodeError) as caught:
        refusing(200, content, headers).movies.details(550)
    assert f"the response is not JSON but {expected}" in str(caught.value)
    assert ("from something between here and TMDB" in str(caught.value)) is (content_type or "").startswith("text/html")


@pytest.mark.parametrize(("status", "expected"), [(429, RateLimitError), (500, ServerError), (502, ServerError), (530, ServerError)])
def test_rate_limits_and_server_errors_are_classified_by_the_status_from_any_sender(status: int, expected: type[StatusError]) -> None:
    for content in (b"<html>", b"", b'{"message": "slow down"}'):
        with pytest.raises(expected):
            refusing(status, content).movies.popular()


@pytest.mark.parametrize(
    ("body", "expected", "message"),
    [
        ({"success": False, "status_code": 34, "status_message": "The resource you requested could not be found."}, NotFoundError, "could not be found"),
        ({"status_code": 7, "status_message": "Invalid API key.", "success": False}, AuthenticationError, "Invalid API key"),
        ({"status_code": 34, "status_message": "Not here."}, NotFoundError, "Not here"),
        ({"errors": ["Invalid description"], "success": False, "list_id": None}, ValidationError, "Invalid description"),
    ],
)
def test_a_refusal_that_is_handed_on_as_a_success_is_a_refusal(body: dict[str, object], expected: type[StatusError], message: str) -> None:
    for tmdb in (refusing(200, body), refusing(200, body, strict=True)):
        with pytest.raises(expected, match=message) as caught:
            tmdb.movies.details(550)
        assert caught.value.http_status == 200
    if "errors" in body:
        assert caught.value.errors == ("Invalid description",)


def test_a_transient_refusal_that_is_handed_on_as_a_success_is_tried_again() -> None:
    bodies = iter([{"success": False, "status_code": 43, "status_message": "TMDB's words."}, json.loads(body_of("movies/details"))])
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=next(bodies)))
    assert TMDB(TOKEN, transport=transport, retries=Retries(attempts=2)).movies.details(550).title


@pytest.mark.parametrize(("code", "no_op"), [(1, False), (12, False), (13, False), (21, True), (40, True)])
def test_a_no_op_success_is_visible(code: int, no_op: bool) -> None:
    body = {"success": True, "status_code": code, "status_message": "TMDB's words."}
    response = refusing(200, body).movies.add_rating(550, 8)
    assert (response.is_no_op, STATUS_CODES[code].no_op, response.status_code) == (no_op, no_op, code)


@pytest.mark.parametrize("header", ["X-Amz-Cf-Id", "x-request-id"])
def test_an_error_has_the_request_id(header: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        refusing(404, envelope(34), {header: "abc=="}).movies.popular()
    assert caught.value.request_id == "abc=="
    with pytest.raises(DecodeError) as undecoded:
        refusing(200, b"<html>", {header: "abc=="}).movies.popular()
    assert undecoded.value.request_id == undecoded.value.headers[header.lower()] == "abc=="
    with pytest.raises(NotFoundError) as without:
        refusing(404, envelope(34)).movies.popular()
    assert without.value.request_id is None


def test_an_error_lists_the_errors_of_the_body() -> None:
    with pytest.raises(tmdbkit.ValidationError, match="name must be given") as caught:
        refusing(422, {"errors": ["name must be given"]}).movies.popular()
    assert caught.value.errors == ("name must be given",)


def test_a_read_only_token_error_explains_how_to_get_a_write_token() -> None:
    with pytest.raises(tmdbkit.WritePermissionError, match="auth/access"):
        refusing(401, envelope(36)).movies.popular()


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [("7", 7, 7), ("0", 0, 0), ("1.5", 1.5, 1.5), ("-3", 0, 0), ("in 90 seconds", 80, 91)],
)
def test_retry_after_may_be_seconds_or_a_date(header: str, low: float, high: float) -> None:
    if header == "in 90 seconds":
        header = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    with pytest.raises(tmdbkit.RateLimitError) as caught:
        refusing(429, envelope(25), {"Retry-After": header}).movies.popular()
    assert caught.value.retry_after is not None
    assert low <= caught.value.retry_after <= high


@pytest.mark.parametrize("header", ["soon", "", "nan", "inf", "Mon, 01 Jan 2024 00:00:00 +99999999999999999", "9" * 400])
def test_an_invalid_retry_after_is_none(header: str) -> None:
    with pytest.raises(tmdbkit.RateLimitError) as caught:
        refusing(429, envelope(25), {"Retry-After": header}).movies.popular()
    assert caught.value.retry_after is None


@pytest.mark.parametrize("content", [b"<html>not json</html>", b"", b'{"page": 1', b"\xff\xfe", b'{"page": "x", "a": "\xff"}', b"[" * 100_000])
@pytest.mark.parametrize("strict", [False, True])
def test_a_body_that_is_not_json_is_a_decode_error(content: bytes, strict: bool) -> None:
    with pytest.raises(DecodeError) as caught:
        refusing(200, content, strict=strict).movies.popular()
    assert caught.value.content == content
    assert caught.value.__cause__ is caught.value.__context__ is None, "theirs hold parts of the body"


@pytest.mark.parametrize("content", [b'"text"', b"null", b"[]", b'{"page": 1}'])
def test_an_unexpected_body_is_a_decode_error_of_a_strict_client(content: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        refusing(200, content, strict=True).movies.popular()
    assert caught.value.content == content
    assert caught.value.__cause__ is caught.value.__context__ is None, "theirs hold parts of the body"


def test_a_decode_error_has_the_path() -> None:
    content = b'{"page": 1, "results": [{"adult": "no"}], "total_pages": 1, "total_results": 1}'
    with pytest.raises(DecodeError, match=r"at \$\.results\[0\]\.adult: expected bool, got string") as caught:
        refusing(200, content, strict=True).movies.popular()
    assert caught.value.path == "$.results[0].adult"


def test_a_raw_response_keeps_unparsable_bytes() -> None:
    response = refusing(200, b'{"page": "one"}', {"X-Trace": "abc"}, strict=True).movies.raw.popular()
    assert (response.status_code, response.content, response.headers["x-trace"]) == (200, b'{"page": "one"}', "abc")
    with pytest.raises(DecodeError):
        response.parsed


def assert_hides_secrets(error: BaseException) -> None:
    text = "".join(traceback.format_exception(error)) + repr(error) + str(vars(error))
    cause = error.__cause__
    while cause is not None:
        text += f"{cause!r}{cause}"
        cause = cause.__cause__
    assert not any(secret in text for secret in (TOKEN, API_KEY, SESSION))


def failures() -> Iterator[tuple[str, type[TMDBError]]]:
    with raw_server() as server:
        closed = server.url
    yield closed, APIConnectionError
    with raw_server(breaks_off(b"")) as server:
        yield server.url, APIConnectionError
    with raw_server(breaks_off(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")) as server:
        yield server.url, APIConnectionError
    with raw_server(hangs()) as server:
        yield server.url, APITimeoutError
    with raw_server(breaks_off(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>")) as server:
        yield server.url, ServerError


def test_transport_failures_are_mapped_to_our_exceptions() -> None:
    for url, expected in failures():
        with TMDB(api_key=API_KEY, session_id=SESSION, base_url=url, timeout=0.5, retries=None) as tmdb, pytest.raises(expected) as caught:
            tmdb.movies.account_states(550)
        assert caught.value.url == f"{url}/3/movie/550/account_states"
        assert (caught.value.__cause__ is not None) == (expected is not ServerError)
        assert_hides_secrets(caught.value)


async def test_the_async_client_behaves_the_same() -> None:
    for url, expected in failures():
        async with AsyncTMDB(api_key=API_KEY, session_id=SESSION, base_url=url, timeout=0.5, retries=None) as tmdb:
            with pytest.raises(expected) as caught:
                await tmdb.movies.account_states(550)
        assert (caught.value.__cause__ is not None) == (expected is not ServerError)
        assert_hides_secrets(caught.value)


def test_a_timeout_error_is_also_the_builtin_one() -> None:
    with raw_server(hangs()) as server, TMDB(TOKEN, base_url=server.url, retries=None) as tmdb, pytest.raises(TimeoutError):
        tmdb.movies.popular(timeout=0.2)


def test_a_redirect_is_not_followed_with_the_credential() -> None:
    seen: list[httpx.URL] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request.url)
        return httpx.Response(302, headers={"Location": "https://elsewhere.example/"})

    with pytest.raises(StatusError) as caught:
        TMDB(TOKEN, transport=httpx.MockTransport(handle)).movies.popular()
    assert (caught.value.http_status, len(seen)) == (302, 1)


def test_httpx_logs_contain_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(NotFoundError):
        refusing(404, envelope(34)).movies.account_states(550)
    assert "account_states?api_key=REDACTED&session_id=REDACTED" in caplog.text.replace(
        "session_id=REDACTED&api_key=REDACTED", "api_key=REDACTED&session_id=REDACTED"
    )
    assert API_KEY not in caplog.text
    assert SESSION not in caplog.text


@pytest.mark.filterwarnings("ignore:.*_by_get is deprecated")
def test_secrets_in_urls_are_redacted_in_messages_and_logs(caplog: pytest.LogCaptureFixture) -> None:
    tmdb = refusing(401, envelope(30))
    calls = [
        lambda: tmdb.guest_sessions.rated_movies("planted-guest"),
        lambda: tmdb.account.details(987654321),
        lambda: tmdb.authentication.create_session_by_get("planted-token"),
        lambda: tmdb.authentication.create_session_with_login_by_get("planted-name", "planted-password", "planted-token"),
        lambda: tmdb.authentication.create_session_with_login("planted-name", "planted-password", "planted-token"),
    ]
    for call in calls:
        with caplog.at_level(logging.DEBUG), pytest.raises(StatusError) as caught:
            call()
        text = f"{caught.value!r} {caught.value.url} {caplog.text}"
        assert "planted" not in text
        assert "987654321" not in text
    assert "/3/guest_session/REDACTED/rated/movies" in caplog.text


def test_exceptions_can_be_pickled_and_copied() -> None:
    with pytest.raises(NotFoundError) as caught:
        refusing(404, envelope(34)).movies.details(550)
    for error in (pickle.loads(pickle.dumps(caught.value)), copy.copy(caught.value)):
        assert type(error) is NotFoundError
        assert (str(error), error.status_code, error.http_status) == (str(caught.value), 34, 404)


def test_every_exception_derives_from_tmdb_error() -> None:
    names = [name for name in tmdbkit.__all__ if name.endswith("Error")]
    assert len(names) == 22
    for name in names:
        error = getattr(tmdbkit, name)
        assert issubclass(error, TMDBError)
        assert error.__module__ == "tmdbkit"
