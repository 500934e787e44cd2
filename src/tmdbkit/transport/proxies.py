"""Proxies: the `proxy` argument, and those of the environment, with the same meaning as for `httpx.Client()`."""

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


def check_proxy(name: str, url: str, *, is_used: bool = True) -> httpx.Proxy:
    """Create an httpx proxy.

    Args:
        name: The name in messages: the argument, or the environment variable.
        url: The URL of the proxy.
        is_used: Whether the client goes through it. httpx rejects one without a host, or with an impossible port, only then.

    Raises:
        InvalidArgumentError: The URL is invalid, or needs a package that is not installed. The message does not contain it, as it may contain a
            password.
    """
    try:
        checked = httpx.Proxy(url)
    except (ValueError, TypeError, httpx.InvalidURL):
        checked = None
    if checked is None or (is_used and not (is_host(checked.url.host) and 0 < (checked.url.port or 1) < 65536)):
        raise InvalidArgumentError(
            f"{name} must be like 'http://127.0.0.1:3128', or with https or socks5: a scheme and a host, perhaps a port, a user and a password"
        )
    if _is_socks(checked) and find_spec("socksio") is None:
        raise InvalidArgumentError(f"{name} names a SOCKS proxy, which needs socksio: pip install 'httpx[socks]'")
    return checked


def is_host(host: str) -> bool:
    """Return whether a text may be a host."""
    return bool(host) and not any(character.isspace() or character in "%/\\" for character in host)


def check_socks(proxy: httpx.Proxy | None, *, aiohttp: bool) -> None:
    """Check that the transport supports a proxy.

    Args:
        proxy: The proxy, or None.
        aiohttp: Whether the transport is aiohttp's.

    Raises:
        InvalidArgumentError: The transport does not support it.
    """
    if aiohttp and proxy is not None and _is_socks(proxy):
        raise InvalidArgumentError("the transport 'aiohttp' supports http and https proxies only: use another proxy, or httpx's own transport")


def environment_proxies(scheme: str) -> dict[str, httpx.Proxy | None]:
    """Return the proxies of the environment, by the patterns of httpx's `mounts`.

    Args:
        scheme: The scheme of requested URLs. Proxies for other schemes are omitted.

    Returns:
        The proxy for each pattern; None for hosts without a proxy.

    Raises:
        InvalidArgumentError: `httpx.Client()` rejects a variable, even if it does not affect this client.
    """
    settings = getproxies()
    excluded = [entry.strip() for entry in settings.get("no", "").split(",")]
    if "*" in excluded:
        return {}
    direct = {_pattern(entry): None for entry in excluded if entry}
    urls = {name: _url(settings[name]) for name in SCHEMES if settings.get(name)}
    used = scheme if scheme in urls else "all"
    named = {name: check_proxy(f"{name.upper()}_PROXY", url, is_used=name == used) for name, url in urls.items() if f"{name}://" not in direct}
    if used not in urls:
        return {}
    return {f"{used}://": named.get(used), **direct}


def secrets_of_proxies(proxy: str | None) -> list[str]:
    """Return the credentials of proxies in the environment and the argument: each password as in the URL, decoded, and as sent.

    Args:
        proxy: The URL of the `proxy` argument.
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
    """Return the pattern of an entry of `NO_PROXY`: of a name and its subdomains, or of an address.

    Raises:
        InvalidArgumentError: httpx rejects it.
    """
    pattern = entry if "://" in entry else f"all://{_host(entry)}"
    try:
        httpx.URL(pattern).host  # noqa: B018 - raises where it is none
    except (httpx.InvalidURL, ValueError):
        pattern = ""
    if not pattern:
        raise InvalidArgumentError(
            f"NO_PROXY has an entry that httpx rejects: {entry.rpartition('@')[2]!r}. An entry is a host or a domain, an IPv4 address, an IPv6 address without "
            "brackets, or a URL such as 'http://[::1]:8080'; trust_env=False ignores the variable"
        )
    return pattern


def _host(entry: str) -> str:
    try:
        address = ipaddress.ip_address(entry.partition("/")[0])
    except ValueError:
        return entry if entry.lower() == "localhost" else f"*{entry}"
    return f"[{entry}]" if address.version == 6 else entry
