"""Failures of a connection in words, with advice for those that have to do with where a program runs: its network, its authorities, its proxy."""

from __future__ import annotations

import re
import socket

import httpx

__all__ = ["description", "is_rejected_by_proxy", "links"]

UNTRUSTED = (
    "the certificate was not issued by an authority that this machine trusts; where a company or a proxy inspects TLS, give its CA: "
    "verify=ssl.create_default_context(cafile='ca.pem'), or the environment variable SSL_CERT_FILE"
)
BLOCKED = (
    "the name was not resolved: check the connection; in places where TMDB is blocked, proxy= goes through a proxy, base_url= to a mirror, "
    "and another DNS server may help"
)
REJECTED = "the proxy asks for another user and password, which stand before the host in proxy=, or in the environment variable that names the proxy"


def description(error: Exception, handled: BaseException | None = None) -> str:
    """Return a failure of a connection in words, with what to do about it. Some libraries leave the words to the cause.

    Args:
        error: The exception of the transport.
        handled: The exception that the caller handles, see `links`.
    """
    ours = links(error, handled)
    text = next(filter(None, map(str, ours)), "")
    if "CERTIFICATE_VERIFY_FAILED" in text:
        advice = UNTRUSTED
    elif is_rejected_by_proxy(error):
        advice = REJECTED
    else:
        advice = BLOCKED if any(isinstance(link, socket.gaierror) for link in ours) else ""
    return "; ".join(filter(None, (": ".join(filter(None, (type(error).__name__.lstrip("_"), text))), advice)))


def is_rejected_by_proxy(error: BaseException) -> bool:
    """Return whether a proxy rejects its user or password. Another attempt would fail as well, and after a few some companies lock the account."""
    return isinstance(error, httpx.ProxyError) and re.search(r"\b407\b|Invalid username", str(error)) is not None


def links(error: BaseException, handled: BaseException | None = None) -> list[BaseException]:
    """Return an exception with its causes and contexts, which may be a circle.

    Args:
        error: The exception.
        handled: The exception that the caller handled when the call began, which Python adds as the last context: it is not ours.
    """
    found = [error]
    for link in found:
        found += [other for other in (link.__cause__, link.__context__) if other is not None and other is not handled and other not in found]
    return found
