"""Recognition of credentials, without TMDB's facts, and of known ones in any encoding."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.recordings.redaction import SecretPattern, is_repeated, texts
from generator.security import Security
from tests.conftest import API_KEY, GUEST_SESSION, SESSION, TOKEN, USER_TOKEN, bundle, fixtures

SECRETS = SecretPattern(Security(bundle()).names)
PROPERTY = settings(deadline=None, max_examples=200, database=None)


@pytest.mark.parametrize(
    "secret",
    [
        TOKEN,
        USER_TOKEN,
        API_KEY,
        SESSION,
        GUEST_SESSION,
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiIifQ",
        "jane.doe+tmdb@mail.example.org",
        "kX9vTq2LmZ8-wRb4NcY7sJh3GdF6p_Ae1U-zQ5",
    ],
)
@pytest.mark.parametrize("around", ["{}", "Bearer {}", "https://example.org/?key={}&page=1", "/path/{}/rated", "({})"])
def test_credentials_are_recognised_anywhere_in_a_text(secret: str, around: str) -> None:
    text = around.format(secret)
    assert SECRETS.is_in(text)
    assert secret not in SECRETS.masked(text)


@pytest.mark.parametrize(
    "fact",
    [
        "/wFUkS5cnMf3I8ysIPWzIXpTsuR7.jpg",
        "52542282760ee313280017f9",
        "https://www.20thcenturystudios.com/movies/a-good-day-to-die-hard",
        "https://www.disneyplus.com/browse/entity-3c3c0f8b-9d3d-4f0e-8a1c-0d9e8f7a6b5c",
        "https://www.example.org/movies/Indiana-Jones-and-the-Dial-of-Destiny-2023",
        "dQw4w9WgXcQ",
        "2013-02-14T00:00:00.000Z",
        "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch",
        "M*A*S*H @ 20",
        "The Password is Courage",
        "",
    ],
)
def test_facts_are_not_recognised_as_credentials(fact: str) -> None:
    assert not SECRETS.is_in(fact)
    assert SECRETS.masked(fact) == fact


def test_no_fixture_contains_a_credential() -> None:
    for fixture in fixtures():
        assert [text for text in texts([fixture["request"], fixture["response"]["body"]]) if SECRETS.is_in(text)] == []


@PROPERTY
@given(
    secret=st.text(st.characters(codec="utf-8", exclude_characters="\n"), min_size=8, max_size=40), before=st.binary(max_size=4), after=st.binary(max_size=4)
)
def test_a_known_credential_is_found_in_any_encoding(secret: str, before: bytes, after: bytes) -> None:
    wrapped = before + secret.encode() + after
    for written in (
        secret,
        f"a {secret} b",
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps({"key": secret}),
        base64.b64encode(wrapped).decode(),
        base64.urlsafe_b64encode(wrapped).decode(),
    ):
        assert is_repeated({"rows": [{"text": written}]}, [secret])
        assert is_repeated({written: None}, [secret])


def test_a_number_can_be_a_known_credential() -> None:
    assert is_repeated({"id": 987654321}, ["987654321"])


def test_short_credentials_are_not_searched() -> None:
    assert not is_repeated({"id": 548}, ["548", ""])


@pytest.mark.parametrize("text", ["https://example.org/?page=1&session_id=abc", '{"request_token": "abc"}', "API_KEY = abc"])
def test_a_credential_by_name_may_be_short(text: str) -> None:
    assert SECRETS.is_in(text)
    assert "abc" not in SECRETS.masked(text)
