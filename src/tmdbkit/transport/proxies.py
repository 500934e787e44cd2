"""Proxies: the one that a caller names, and those of the environment, with the meaning that `httpx.Client()` gives them."""

from __future__ import annotations

import ipaddress
from base64 import b64encode
from importlib.util import find_spec
from urllib.parse import unquote
from urllib.request import getproxies

import httpx

from tmdbkit.runtime.errors import InvalidArgumentError

__all__ = ["check_proxy", "check_socks", "environment_proxies", "secrets_of_proxies"]

SCHEMES = ("http", "https", "all")


def check_proxy(name: str, url: str) -> httpx.Proxy:
    """Return a proxy as httpx has it.

    Args:
        name: What a message calls it: the argument, or the variable of the environment.
        url: The URL of the proxy.

    Raises:
        InvalidArgumentError: It is no URL of a proxy, or of one that needs a package which is not installed. The message does not show it, as it may hold a
            password.
    """
    try:
        checked = httpx.Proxy(url)
    except (ValueError, TypeError, httpx.InvalidURL):
        checked = None
    if checked is None:
        raise InvalidArgumentError(
            f"{name} must be like 'http://127.0.0.1:3128', or with https or socks5: a scheme and a host, perhaps a port, a user and a password"
        )
    if _is_socks(checked) and find_spec("socksio") is None:
        raise InvalidArgumentError(f"{name} names a SOCKS proxy, which needs socksio: pip install 'httpx[socks]'")
    return checked


def check_socks(proxy: httpx.Proxy | None, *, aiohttp: bool) -> None:
    """Check that the transport goes through a proxy.

    Args:
        proxy: The proxy; None for none.
        aiohttp: Whether the transport is aiohttp's.

    Raises:
        InvalidArgumentError: It does not.
    """
    if aiohttp and proxy is not None and _is_socks(proxy):
        raise InvalidArgumentError("the transport 'aiohttp' goes through proxies of http and https only: use another proxy, or httpx's own transport")


def environment_proxies(scheme: str) -> dict[str, httpx.Proxy | None]:
    """Return the proxies that the environment names, by the patterns that httpx's `mounts` take.

    Args:
        scheme: The scheme of the URL that is requested. A proxy for another scheme is left out.

    Returns:
        The proxy for each pattern; None for hosts that are reached directly.

    Raises:
        InvalidArgumentError: A variable has what `httpx.Client()` refuses, even if no request of this client would be affected.
    """
    settings = getproxies()
    excluded = [entry.strip() for entry in settings.get("no", "").split(",")]
    if "*" in excluded:
        return {}
    named = {name: check_proxy(f"{name.upper()}_PROXY", _url(settings[name])) for name in SCHEMES if settings.get(name)}
    direct = {_pattern(entry): None for entry in excluded if entry}
    name = scheme if scheme in named else "all"
    return {f"{name}://": named[name], **direct} if name in named else {}


def secrets_of_proxies(proxy: str | None) -> list[str]:
    """Return the credentials that the environment and the caller give for proxies: each password, as it stands in the URL, as it is, and as it is sent.

    Args:
        proxy: The URL of the proxy that the caller named.
    """
    settings = getproxies()
    secrets = []
    for url in filter(None, (proxy, *map(settings.get, SCHEMES))):
        userinfo = _url(str(url)).partition("://")[2].partition("/")[0].rpartition("@")[0]
        username, _, password = userinfo.partition(":")
        if userinfo:
            secrets += [password or username, unquote(password or username)]
            secrets.append(b64encode(f"{unquote(username)}:{unquote(password)}".encode()).decode().rstrip("="))
    return secrets


def _is_socks(proxy: httpx.Proxy) -> bool:
    return proxy.url.scheme.startswith("socks")


def _url(proxy: str) -> str:
    return proxy if "://" in proxy else f"http://{proxy}"


def _pattern(entry: str) -> str:
    """Return the pattern of an entry of `NO_PROXY`: of a name and all below it, or of an address.

    Raises:
        InvalidArgumentError: httpx can make no URL of it.
    """
    pattern = entry if "://" in entry else f"all://{_host(entry)}"
    try:
        httpx.URL(pattern).host  # noqa: B018 - raises where it is none
    except (httpx.InvalidURL, ValueError):
        pattern = ""
    if not pattern:
        raise InvalidArgumentError(
            f"NO_PROXY has an entry that httpx refuses: {entry.rpartition('@')[2]!r}. An entry is a host or a domain, an IPv4 address, an IPv6 address without "
            "brackets, or a URL such as 'http://[::1]:8080'; trust_env=False ignores the variable"
        )
    return pattern


def _host(entry: str) -> str:
    try:
        address = ipaddress.ip_address(entry.partition("/")[0])
    except ValueError:
        return entry if entry.lower() == "localhost" else f"*{entry}"
    return f"[{entry}]" if address.version == 6 else entry
