"""Advice for failures that have to do with where a program runs: names that are not resolved, and certificates that are not trusted."""

from __future__ import annotations

import socket

__all__ = ["advice"]

UNTRUSTED = (
    "the certificate was not issued by an authority that this machine trusts; where a company or a proxy inspects TLS, give its CA: "
    "verify=ssl.create_default_context(cafile='ca.pem'), or the environment variable SSL_CERT_FILE"
)
BLOCKED = (
    "the name was not resolved: check the connection; in places where TMDB is blocked, proxy= goes through a proxy, base_url= to a mirror, "
    "and another DNS server may help"
)


def advice(error: BaseException) -> str:
    """Return what to do about a failure of a connection, as the end of a message; empty without advice.

    Args:
        error: The exception of the transport.
    """
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return f"; {UNTRUSTED}"
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, socket.gaierror):
            return f"; {BLOCKED}"
        link = link.__cause__ or link.__context__
    return ""
