"""Redacts credentials from messages, causes of exceptions, and the logs of libraries."""

from __future__ import annotations

import json
import logging
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from urllib.parse import quote, quote_plus

import httpx
from tmdb_openapi.security import SECRET_HEADERS, SECRET_PATHS, SECRET_QUERY_ITEMS

from tmdbkit.runtime.lazy import cached_property
from tmdbkit.runtime.operations import REDACTED
from tmdbkit.transport.advice import links

__all__ = ["Redaction", "forget_variables", "holds_credential", "public_headers", "redact_logs", "secrets_of_headers"]

LEAST_LENGTH = 4
"""Shorter credentials would be found in any text."""

_LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpcore.socks")
# Patterns of credentials, compiled when the first record is redacted: most programs log none.
_SEGMENT = r"[^/?#\s'\"]+"
_PATHS = rf"({'|'.join(_SEGMENT.join(map(re.escape, re.split('{[^}]*}', path)[:-1])) for path in SECRET_PATHS)}){_SEGMENT}"
_ITEMS = rf"(?<=[?&])({'|'.join(SECRET_QUERY_ITEMS)})=[^&#\s'\"]*"
_HEADERS = rf"(?i)(b?'(?:{'|'.join(SECRET_HEADERS)}|location)', b?)('(?:[^'\\]|\\.)*'|\"[^\"]*\")"  # a redirect may repeat the URL


def secrets_of_headers(headers: httpx.Headers) -> list[str]:
    """Return the credentials in a caller's headers: their values, with and without the scheme."""
    values = [headers[name] for name in SECRET_HEADERS if name in headers]
    return [part for value in values for part in (value, value.partition(" ")[2])]


class Redaction:
    """Redacts the credentials of one call. As a context manager it redacts the logs of libraries.

    Args:
        secrets: The credentials, as texts.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = [secret for secret in secrets if len(secret) >= LEAST_LENGTH]

    def __enter__(self) -> None:
        self._token = _CURRENT.set(self)

    def __exit__(self, *_: object) -> None:
        try:  # noqa: SIM105 - each attempt comes here, and `suppress` takes longer than all of it
            _CURRENT.reset(self._token)
        except ValueError:
            pass  # a coroutine that is dropped with its event loop ends in another context

    @cached_property
    def _forms(self) -> list[str]:
        """The encodings of the credentials, longest first."""
        return sorted({form for secret in self._secrets for form in _forms(secret)}, key=len, reverse=True)

    def text(self, text: str) -> str:
        """Return a text without the credentials."""
        for form in self._forms:
            text = text.replace(form, REDACTED)
        return text

    def headers(self, headers: httpx.Headers) -> httpx.Headers:
        """Return headers without the credentials, and without those that hold others."""
        public = public_headers(headers)
        return httpx.Headers([(name.encode(public.encoding), self.text(value).encode(public.encoding)) for name, value in public.multi_items()])

    def found_in(self, content: bytes) -> bool:
        """Return whether a body contains one of the credentials."""
        return any(form.encode() in content for form in self._forms)

    def content(self, content: bytes) -> bytes:
        """Return a body without the credentials."""
        for form in self._forms:
            content = content.replace(form.encode(), REDACTED.encode())
        return content

    def cause(self, error: Exception, *, method: str, url: str, handled: BaseException | None = None) -> Exception | None:
        """Return an exception of a library as the cause of ours; None if it contains a credential.

        Its requests get the redacted URL, and its frames are removed, because their variables contain the request.

        Args:
            error: The exception.
            method: The method of the request.
            url: The redacted URL of the request.
            handled: The exception that the caller handles, see `links`.
        """
        ours = links(error, handled)
        for link in ours:
            link.__traceback__ = None
            if isinstance(link, httpx.RequestError):
                link.request = httpx.Request(method, url)
        shown = "".join(f"{link}{link!r}" for link in ours)
        return error if self.text(shown) == shown else None


def _forms(secret: str) -> Iterator[str]:
    """Yield the encodings of a text: plain, as quoted in URLs, forms, JSON, HTML and logs of bytes, and in base64."""
    from html import escape  # only failures and logs are redacted

    yield from (secret, secret.replace(" ", "+"), json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    yield from (escape(secret), repr(secret.encode())[2:-1])
    for quoted in (quote(secret, safe=""), quote(secret), quote_plus(secret)):
        yield from (quoted, re.sub("%..", lambda byte: byte[0].lower(), quoted))
        yield quote(quoted, safe="")
    yield from _forms_in_base64(secret.encode())


def _forms_in_base64(secret: bytes) -> Iterator[str]:
    """Yield the characters that a text always has in base64, wherever it begins in what is encoded: alone, after a user name, in a URL."""
    for before in range(3):
        first, last = -(-before * 8 // 6), (before + len(secret)) * 8 // 6  # the characters between are of the text alone
        for alphabet in (None, b"-_"):
            yield b64encode(bytes(before) + secret, alphabet).decode()[first:last]


def public_headers(headers: httpx.Headers) -> httpx.Headers:
    """Return headers without those that hold a credential."""
    secret = {name.encode() for name in SECRET_HEADERS}
    return httpx.Headers([(name, value) for name, value in headers.raw if name.lower() not in secret])  # bytes: not every server sends ASCII only


_CURRENT: ContextVar[Redaction | None] = ContextVar("redaction", default=None)
"""The redaction of the current call of this thread or task."""


class _LogRedaction(logging.Filter):
    """Redacts log records of libraries that belong to one of our calls and contain a credential. Leaves others unchanged."""

    def filter(self, record: logging.LogRecord) -> bool:
        redaction = _CURRENT.get()
        if redaction is not None:
            text = record.getMessage()
            redacted = _redacted(redaction.text(text))
            if redacted != text:
                record.msg, record.args = redacted, None
        return True


_LOG_REDACTION = _LogRedaction()


def holds_credential(content: bytes) -> bool:
    """Return whether a body repeats a credential of the current call of this thread or task."""
    redaction = _CURRENT.get()
    return redaction is not None and redaction.found_in(content)


def forget_variables(error: BaseException, handled: BaseException | None) -> None:
    """Clear the variables in the frames of an exception that is not ours: those of libraries contain the request and the proxy's password.

    The frames stay, without those of a cancellation.

    Args:
        error: The exception.
        handled: The exception that the caller handles, see `links`.
    """
    from traceback import clear_frames  # only failures need it

    for link in links(error, handled):
        if isinstance(link, Exception):
            clear_frames(link.__traceback__)
        else:
            link.__traceback__ = None


def redact_logs() -> None:
    """Redact the logs of httpx and httpcore for our calls. A second call has no effect."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_LOG_REDACTION)


def _redacted(text: str) -> str:
    text = re.sub(_ITEMS, rf"\1={REDACTED}", re.sub(_PATHS, rf"\1{REDACTED}", text))
    return re.sub(_HEADERS, rf"\1'{REDACTED}'", text)
