"""The checked transport arguments of a client: whether the connections are our own, their transport, and their proxies."""

from __future__ import annotations

import ssl
from typing import Any
from urllib.request import getproxies

import httpx

from tmdbkit.runtime.checks import check_flag
from tmdbkit.runtime.errors import InvalidArgumentError

from .library import check_http_client, check_transport
from .tls import TLS

__all__ = ["DEFAULT_LIMITS", "ConnectionSettings"]

DEFAULT_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=5.0)


class ConnectionSettings:
    """The transport arguments of a client.

    Args:
        http_client: A custom httpx client.
        transport: A custom transport; or `aiohttp`, for an asynchronous client.
        asynchronous: Whether the client is an `AsyncTMDB`.
        base_url: The base URL of the API.
        proxy: The proxy.
        verify: Whether certificates are verified, or a TLS context.
        trust_env: Whether to use proxies and certificates of the environment.
        limits: How many connections there may be; None for the default.

    Attributes:
        http_client: A custom httpx client; None if it is ours.
        transport: A transport of the caller's; None where it is ours.
        uses_aiohttp: Whether our own transport is aiohttp's.
        is_ours: Whether the connections are made here.
        limits: The connection limits.
        proxy: The proxy of requests that no pattern matches; None for none.
        proxies: The proxy of the others by their patterns, as httpx's `mounts` take them; None for hosts that are reached directly.
        secrets: The credentials of the proxies.

    Raises:
        InvalidArgumentError: An argument or a variable of the environment is not allowed, or excludes another one.
    """

    def __init__(
        self,
        http_client: Any,
        transport: Any,
        *,
        asynchronous: bool,
        base_url: str,
        proxy: str | None,
        verify: Any,
        trust_env: bool,
        limits: Any,
    ) -> None:
        self.uses_aiohttp = asynchronous and isinstance(transport, str) and transport == "aiohttp"
        self.http_client: Any = http_client
        self.transport: Any = None if self.uses_aiohttp else transport
        check_http_client(http_client, asynchronous=asynchronous)
        check_transport(self.transport, asynchronous=asynchronous)
        self.is_ours = http_client is None and self.transport is None
        if (http_client is not None and transport is not None) or (proxy is not None and not self.is_ours):
            raise InvalidArgumentError("pass only one of transport, http_client and proxy: a custom httpx client or transport has its own proxy")
        if verify is not True and not self.is_ours:
            raise InvalidArgumentError("pass verify to the custom httpx client or transport, which makes its own connections")
        if limits is not None and not isinstance(limits, httpx.Limits):
            raise InvalidArgumentError(f"limits must be like httpx.Limits(max_connections=20), or None for the default; not {limits!r}")
        if isinstance(limits, httpx.Limits) and limits.max_connections is not None and limits.max_connections < 1:
            raise InvalidArgumentError(f"limits must allow one connection or more: max_connections is {limits.max_connections}")
        if limits is not None and (self.transport is not None or (http_client is not None and not asynchronous)):
            raise InvalidArgumentError("pass limits to the custom httpx client or transport, which makes its own connections")
        check_flag("trust_env", trust_env)
        self.limits = DEFAULT_LIMITS if limits is None else limits
        self._tls, self._secure = TLS(verify, trust_env=trust_env), base_url.startswith("https:")
        self.proxy: httpx.Proxy | None = None
        self.proxies: dict[str, httpx.Proxy | None] = {}
        self.secrets: list[str] = []
        if proxy is not None or getproxies():
            self._choose_proxies(proxy, base_url.partition(":")[0] if trust_env and self.is_ours else None)

    def _choose_proxies(self, proxy: str | None, scheme: str | None) -> None:
        from .proxies import check_proxy, check_socks, environment_proxies, secrets_of_proxies  # most programs use none

        if proxy is not None:
            self.proxy = check_proxy("proxy", proxy)
        elif scheme is not None:
            self.proxies = environment_proxies(scheme)
        for used in (self.proxy, *self.proxies.values()):
            check_socks(used, aiohttp=self.uses_aiohttp)
        self.secrets = secrets_of_proxies(proxy)

    def tls(self, proxy: httpx.Proxy | None) -> TLS:
        """Return the TLS context of connections through a proxy. Without TLS it is a stand-in that trusts no certificate, which is cheap to create."""
        if self._secure or (proxy is not None and proxy.url.scheme == "https"):
            return self._tls
        return TLS(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), trust_env=False)
