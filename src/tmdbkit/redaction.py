"""Credentials, kept out of everything that is told: messages, causes of exceptions, and what the libraries below us log."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from functools import cached_property
from urllib.parse import quote

import httpx

from .runtime.operations import REDACTED

__all__ = ["Redaction", "redact_logs"]

LEAST_LENGTH = 4
"""Shorter credentials would be found in any text."""

_LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpcore.socks")
_SECRET_SEGMENTS = re.compile(r"(?<=/account/)[^/?#\s'\"]+|(?<=/guest_session/)(?!new\b)[^/?#\s'\"]+|(?<=/authenticate/)[^/?#\s'\"]+")
_SECRET_ITEMS = re.compile(r"(?<=[?&])(api_key|session_id|guest_session_id|request_token|username|password)=[^&#\s'\"]*")
_SECRET_HEADERS = re.compile(
    r"(b?'(?:authorization|authentication-callback|cookie|location|proxy-authorization|set-cookie)', b?)('(?:[^'\\]|\\.)*'|\"[^\"]*\")", re.IGNORECASE
)


class Redaction:
    """The credentials of one call, and how to keep them out of what is told of it.

    Args:
        secrets: The credentials, as texts.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = [secret for secret in secrets if len(secret) >= LEAST_LENGTH]

    @cached_property
    def _forms(self) -> list[str]:
        """The forms that they may be told in, the longest first."""
        return sorted({form for secret in self._secrets for form in (secret, quote(secret, safe=""))}, key=len, reverse=True)

    def text(self, text: str) -> str:
        """A text without the credentials."""
        for form in self._forms:
            text = text.replace(form, REDACTED)
        return text

    def content(self, content: bytes) -> bytes:
        """A body without the credentials."""
        for form in self._forms:
            content = content.replace(form.encode(), REDACTED.encode())
        return content

    def cause(self, error: Exception, *, method: str, url: str) -> Exception | None:
        """An exception of a library below us, to be told as the cause of ours; None where it tells a credential.

        Its requests show the URL that may be shown, and its frames are dropped, as their variables hold what was sent.
        """
        links: list[BaseException] = [error]
        for link in links:
            link.__traceback__ = None
            if isinstance(link, httpx.RequestError):
                link.request = httpx.Request(method, url)
            links += [other for other in (link.__cause__, link.__context__) if other is not None and other not in links]
        told = "".join(f"{link}{link!r}" for link in links)
        return error if self.text(told) == told else None


class _LogRedaction(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _redacted(record.getMessage()), None
        return True


_LOG_REDACTION = _LogRedaction()


def redact_logs() -> None:
    """Hide the credentials of TMDB in what httpx and httpcore log. Doing it again changes nothing."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_LOG_REDACTION)


def _redacted(text: str) -> str:
    text = _SECRET_ITEMS.sub(rf"\1={REDACTED}", _SECRET_SEGMENTS.sub(REDACTED, text))
    return _SECRET_HEADERS.sub(rf"\1'{REDACTED}'", text)
