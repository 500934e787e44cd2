"""Advice for failures that have to do with where a program runs: names that are not resolved, and certificates that are not trusted."""

from __future__ import annotations

import socket

__all__ = ["advice", "links"]

UNTRUSTED = (
    "the certificate was not issued by an authority that this machine trusts; where a company or a proxy inspects TLS, give its CA: "
    "verify=ssl.create_default_context(cafile='ca.pem'), or the environment variable SSL_CERT_FILE"
)
BLOCKED = (
    "the name was not resolved: check the connection; in places where TMDB is blocked, proxy= goes through a proxy, base_url= to a mirror, "
    "and another DNS server may help"
)


def advice(error: BaseException, handled: BaseException | None = None) -> str:
    """Return what to do about a failure of a connection, as the end of a message; empty without advice.

    Args:
        error: The exception of the transport.
        handled: The exception that the caller handles, see `links`.
    """
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return f"; {UNTRUSTED}"
    return f"; {BLOCKED}" if any(isinstance(link, socket.gaierror) for link in links(error, handled)) else ""


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
