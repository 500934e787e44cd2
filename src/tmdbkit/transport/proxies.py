"""Proxies: the one that a caller names, and those of the environment, with the meaning that `httpx.Client()` gives them."""

from __future__ import annotations

import ipaddress
from importlib.util import find_spec
from urllib.request import getproxies

import httpx

from tmdbkit.runtime.errors import InvalidArgumentError

__all__ = ["check_proxy", "environment_proxies"]


def check_proxy(proxy: str, *, socks: bool = True) -> httpx.Proxy:
    """Return a proxy as httpx has it.

    Args:
        proxy: The URL of the proxy.
        socks: Whether the transport goes through SOCKS proxies.

    Raises:
        InvalidArgumentError: It is no URL of a proxy, or of one that cannot be used. The message does not show it, as it may hold a password.
    """
    try:
        checked = httpx.Proxy(proxy)
    except (ValueError, TypeError, httpx.InvalidURL):
        checked = None
    if checked is None:
        raise InvalidArgumentError(
            "proxy must be like 'http://127.0.0.1:3128', or with https or socks5: a scheme and a host, perhaps a port, a user and a password"
        )
    if checked.url.scheme.startswith("socks"):
        if not socks:
            raise InvalidArgumentError("the transport 'aiohttp' goes through proxies of http and https only: use another proxy, or httpx's own transport")
        if find_spec("socksio") is None:
            raise InvalidArgumentError("a SOCKS proxy needs socksio: pip install 'httpx[socks]'")
    return checked


def environment_proxies(scheme: str) -> dict[str, str | None]:
    """Return the proxies that the environment names, by the patterns that httpx's `mounts` take.

    Args:
        scheme: The scheme of the URL that is requested. A proxy for another scheme is left out.

    Returns:
        The URL of the proxy for each pattern; None for hosts that are reached directly.
    """
    settings = getproxies()
    excluded = [entry.strip() for entry in settings.get("no", "").split(",")]
    name = scheme if settings.get(scheme) else "all"
    proxy = settings.get(name)
    if not proxy or "*" in excluded:
        return {}
    patterns: dict[str, str | None] = {f"{name}://": proxy if "://" in proxy else f"http://{proxy}"}
    patterns.update((_pattern(entry), None) for entry in excluded if entry)
    return patterns


def _pattern(entry: str) -> str:
    """Return the pattern of an entry of `NO_PROXY`: of a name and all below it, or of an address."""
    if "://" in entry:
        return entry
    try:
        address = ipaddress.ip_address(entry.partition("/")[0])
    except ValueError:
        return f"all://{entry}" if entry.lower() == "localhost" else f"all://*{entry}"
    return f"all://[{entry}]" if address.version == 6 else f"all://{entry}"
