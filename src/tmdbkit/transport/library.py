"""The HTTP library: httpx. Objects of other libraries, or of the wrong type, are rejected by name."""

from __future__ import annotations

from typing import Any

import httpx

from tmdbkit.runtime.errors import InvalidArgumentError

__all__ = ["USER_AGENT", "check_http_client", "check_transport"]

USER_AGENT = f"python-httpx/{httpx.__version__}"


def check_http_client(value: Any, *, asynchronous: bool) -> None:
    """Check an `http_client` argument.

    Args:
        value: The object; None is allowed.
        asynchronous: Whether the client is an `AsyncTMDB`.

    Raises:
        InvalidArgumentError: It is not an httpx client, or one of the other type.
    """
    wanted, other = (httpx.AsyncClient, httpx.Client) if asynchronous else (httpx.Client, httpx.AsyncClient)
    if value is None or isinstance(value, wanted):
        return
    if isinstance(value, other):
        raise InvalidArgumentError(f"http_client is an httpx.{other.__name__}: {_owner(asynchronous)} needs an httpx.{wanted.__name__}")
    raise InvalidArgumentError(_refusal("http_client", value, f"httpx.{wanted.__name__}"))


def check_transport(value: Any, *, asynchronous: bool) -> None:
    """Check a `transport` argument.

    Args:
        value: The object; None is allowed.
        asynchronous: Whether the client is an `AsyncTMDB`.

    Raises:
        InvalidArgumentError: It is not an httpx transport, or one of the other type.
    """
    wanted, other = (httpx.AsyncBaseTransport, httpx.BaseTransport) if asynchronous else (httpx.BaseTransport, httpx.AsyncBaseTransport)
    if value is None or isinstance(value, wanted):
        return
    if isinstance(value, other):
        raise InvalidArgumentError(f"transport is an httpx.{other.__name__}: {_owner(asynchronous)} needs an httpx.{wanted.__name__}")
    if isinstance(value, str) and value == "aiohttp":
        raise InvalidArgumentError("the transport 'aiohttp' is for AsyncTMDB: aiohttp is asynchronous")
    also = " or 'aiohttp'" if asynchronous else ""
    raise InvalidArgumentError(_refusal("transport", value, f"httpx.{wanted.__name__}{also}"))


def _owner(asynchronous: bool) -> str:
    return "AsyncTMDB" if asynchronous else "TMDB"


def _refusal(name: str, value: Any, wanted: str) -> str:
    kind = type(value)
    if any(base.__module__.partition(".")[0] == "httpx2" for base in kind.__mro__):
        return f"{name} is an object of httpx2 ({kind.__name__}), and tmdbkit sends requests with httpx: give an {wanted}. Support for httpx2 is planned"
    return f"{name} must be an {wanted}; not an object of type {kind.__module__}.{kind.__qualname__}"
