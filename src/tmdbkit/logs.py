"""Keeps credentials out of httpx's log lines, which show the whole URL of every request."""

from __future__ import annotations

import logging
import re

import httpx

__all__ = ["redact_httpx_logs"]

_SECRETS = re.compile(r"(?<=[?&])(api_key|session_id|guest_session_id|request_token)=[^&#\s]*")


class _Redaction(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_redacted(argument) if isinstance(argument, httpx.URL) else argument for argument in record.args)
        return True


_REDACTION = _Redaction()


def redact_httpx_logs() -> None:
    """Hide the credentials of TMDB in the URLs that httpx logs. Doing it again changes nothing."""
    logging.getLogger("httpx").addFilter(_REDACTION)


def _redacted(url: httpx.URL) -> str:
    return _SECRETS.sub(r"\1=REDACTED", str(url))
