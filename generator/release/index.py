"""A client of package indexes: lists the files of a version, uploads a file, and removes a version."""

from __future__ import annotations

import argparse
import configparser
import hashlib
import logging
import os
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import requests
import urllib3
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from requests.adapters import HTTPAdapter
from twine.exceptions import NonInteractive, TwineException, UnreachableRepositoryURLDetected
from twine.package import PackageFile
from twine.settings import Settings
from twine.utils import DEFAULT_CONFIG_FILE, DEFAULT_REPOSITORY, TEST_REPOSITORY, get_config

from .checks import ReleaseError

__all__ = ["ConfigurationError", "DeniedError", "Index", "IndexServerError", "UnreachableError"]

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
TIMEOUT = (10.0, 60.0)
"""Timeouts for a connection and for a response, in seconds."""


class ConfigurationError(ReleaseError):
    """No index is configured, or no credentials for it."""

    status = 2


class IndexServerError(ReleaseError):
    """The index failed a request.

    Attributes:
        transient: Whether the failure is transient.
    """

    status = 5

    def __init__(self, message: str, *, transient: bool = False) -> None:
        super().__init__(message)
        self.transient = transient


class DeniedError(IndexServerError):
    """The index rejects the credentials, or does not permit the request."""

    status = 3


class UnreachableError(IndexServerError):
    """The index did not respond."""

    status = 4


class Index:
    """A package index.

    Args:
        settings: The upload URL and the credentials, as twine reads them.
        simple_url: The URL of its simple API, which lists its files. By default `simple/` below the upload URL, or `+simple/` for devpi.
    """

    def __init__(self, settings: Settings, simple_url: str | None = None) -> None:
        self._repository = settings.create_repository()
        self._session = self._repository.session
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _RetryAdapter())
        self.url = self._repository.url
        self._simple_url = simple_url and simple_url.rstrip("/") + "/"
        self._is_devpi = False
        for name in ("twine", "urllib3"):  # their failures are reported here
            logging.getLogger(name).setLevel(logging.ERROR)

    @classmethod
    def from_environment(cls) -> Index:
        """The index that the `TWINE_*` variables or `~/.pypirc` name. There is no default, not even the public index.

        Raises:
            ConfigurationError: The index is missing or malformed, or has no credentials.
        """
        return cls(_settings(), os.environ.get("SIMPLE_INDEX_URL"))

    def __str__(self) -> str:
        return f"the index at {_shown(self.url)}"

    def close(self) -> None:
        """Close the connections."""
        self._repository.close()

    def files(self, name: str, version: str) -> dict[str, str]:
        """The files of a version on the index, and their SHA-256.

        Raises:
            IndexServerError: The index does not list them.
        """
        url = f"{self._simple}{name}/"
        response = self._request("GET", url)
        # Some indexes redirect requests for unknown projects to the public one.
        if response.status_code == requests.codes.not_found or (response.is_redirect and not _same_host(url, response.headers["location"])):
            return {}
        self._check(response)
        found = {}
        for href, sha256 in _links(response):
            filename = unquote(urlsplit(href).path.rpartition("/")[2])
            if _version_of(filename) == version:
                found[filename] = sha256 or self._hash_of(urljoin(url, href))
        return found

    def upload(self, path: Path) -> None:
        """Upload a file.

        Raises:
            IndexServerError: The index rejected it.
        """
        try:
            self._check(self._repository.upload(PackageFile.from_filename(str(path), None), max_redirects=1))
        except requests.RequestException as error:
            raise self._unreachable(error) from None

    def withdraw(self, name: str, version: str) -> None:
        """Request the removal of a version, as devpi and pypiserver support it. `files` shows the result.

        Raises:
            IndexServerError: The index rejected the request.
        """
        if self._is_devpi:
            self._check(self._request("DELETE", self._below(f"{name}/{version}")))
        else:
            self._check(self._request("POST", self.url, data={":action": "remove_pkg", "name": name, "version": version}))

    @cached_property
    def _simple(self) -> str:
        """The URL of the simple API, as configured or discovered: without it a version could be replaced."""
        url = self._simple_url or self._below("simple/")
        root = self._request("GET", url)
        self._is_devpi = "x-devpi-api-version" in root.headers
        if self._is_devpi and not self._simple_url:
            url = self._below("+simple/")
            root = self._request("GET", url)
        if root.is_redirect or root.status_code in (requests.codes.not_found, requests.codes.method_not_allowed):
            raise IndexServerError(f"{self} has no simple API at {_shown(url)}; set SIMPLE_INDEX_URL to its URL")
        self._check(root)
        return url

    def _below(self, path: str) -> str:
        return f"{self.url.rstrip('/')}/{path}"

    def _hash_of(self, url: str) -> str:
        """The hash of a file on an index that does not state it. Another server gets no password."""
        response = self._request("GET", url, **({} if _same_host(self.url, url) else {"auth": lambda request: request}))
        self._check(response)
        return hashlib.sha256(response.content).hexdigest()

    def _request(self, method: str, url: str, **options: Any) -> requests.Response:
        try:
            return self._session.request(method, url, allow_redirects=False, headers={"Accept": ACCEPT}, **options)
        except requests.RequestException as error:
            raise self._unreachable(error) from None

    def _unreachable(self, error: requests.RequestException) -> UnreachableError:
        return UnreachableError(f"{self} cannot be reached: {_reason(error)}", transient=not isinstance(error, requests.exceptions.SSLError))

    def _check(self, response: requests.Response) -> None:
        """Raise an exception for an error response."""
        said = f"{response.status_code} {response.reason}"
        if response.is_redirect:
            elsewhere = _shown(urljoin(response.url, response.headers["location"]))
            raise IndexServerError(f"{self} redirects to {elsewhere} ({said}); name that index if you mean it")
        if response.status_code == requests.codes.unauthorized:
            raise DeniedError(f"{self} does not accept the user name and the password ({said})")
        if response.status_code == requests.codes.forbidden:
            raise DeniedError(f"{self} denies the request ({said}): the password is wrong, or the user has no permission")
        if not response.ok:
            raise IndexServerError(f"{self} failed ({said})", transient=response.status_code >= 500)


class _RetryAdapter(HTTPAdapter):
    """Sets a timeout, and retries safe requests."""

    def __init__(self) -> None:
        retry = urllib3.Retry(2, allowed_methods=["GET"], status_forcelist=[502, 503, 504], backoff_factor=0.2, raise_on_status=False)
        super().__init__(max_retries=retry)

    def send(self, *arguments: Any, **options: Any) -> requests.Response:
        return super().send(*arguments, **{**options, "timeout": TIMEOUT})


def _settings() -> Settings:
    """Twine's settings from the environment and `~/.pypirc`. Messages quote neither: both may contain a password."""
    parser = argparse.ArgumentParser()
    Settings.register_argparse_arguments(parser)
    options = parser.parse_args(["--non-interactive", "--disable-progress-bar"])
    try:
        if not options.repository_url and not os.environ.get("TWINE_REPOSITORY"):
            options.repository = _only_index()
        settings = Settings.from_argparse(options)
        config = settings.repository_config
        parts = urlsplit(config["repository"] or "")
        if parts.username:
            config["username"], config["password"] = config.get("username") or unquote(parts.username), config.get("password") or unquote(parts.password or "")
            config["repository"] = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        _ = settings.username, settings.password
    except NonInteractive:
        raise ConfigurationError("there are no credentials for the index; set TWINE_USERNAME and TWINE_PASSWORD, or put them into ~/.pypirc") from None
    except (UnreachableRepositoryURLDetected, ValueError):
        raise ConfigurationError("the URL of the index is not one of http or https") from None
    except (TwineException, configparser.Error, KeyError, OSError):
        raise ConfigurationError(f"{DEFAULT_CONFIG_FILE} cannot be read, or has no section with a repository for the TWINE_REPOSITORY") from None
    return settings


def _only_index() -> str:
    """The name of the one index of our own that `~/.pypirc` lists."""
    public = (DEFAULT_REPOSITORY, TEST_REPOSITORY)
    names = [name for name, config in get_config(DEFAULT_CONFIG_FILE).items() if config.get("repository") not in public]
    if len(names) != 1:
        known = f"; it lists {', '.join(names)}" if names else ""
        raise ConfigurationError(f"no index is named; set TWINE_REPOSITORY_URL, or TWINE_REPOSITORY to a section of {DEFAULT_CONFIG_FILE}{known}")
    return names[0]


class _Anchors(HTMLParser):
    """Collects the links of an HTML page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a" and (href := dict(attrs).get("href")):
            self.found.append(href)


def _links(response: requests.Response) -> list[tuple[str, str | None]]:
    """The files on a page of the simple API, JSON or HTML, each with its SHA-256 if the page states it."""
    if "json" in response.headers.get("content-type", ""):
        return [(file["url"], file["hashes"].get("sha256")) for file in response.json()["files"]]
    anchors = _Anchors()
    anchors.feed(response.text)
    split = [urldefrag(href) for href in anchors.found]
    return [(url, fragment.removeprefix("sha256=") if fragment.startswith("sha256=") else None) for url, fragment in split]


def _version_of(filename: str) -> str | None:
    """The version of a wheel or an sdist by its name; None for other files."""
    parse = parse_wheel_filename if filename.endswith(".whl") else parse_sdist_filename
    try:
        return str(parse(filename)[1])
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None


def _same_host(url: str, other: str) -> bool:
    """Whether a second URL, absolute or relative to the first, is on the same server."""
    return urlsplit(urljoin(url, other))[:2] == urlsplit(url)[:2]


def _shown(url: str) -> str:
    """A URL without credentials, query and fragment."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _reason(error: BaseException) -> str:
    """The reason of a failed request, from the lowest layer, whose messages contain no URL."""
    while causes := [cause for cause in (getattr(error, "reason", None), *error.args, error.__context__) if isinstance(cause, BaseException)]:
        error = causes[0]
    if isinstance(error, TimeoutError | urllib3.exceptions.TimeoutError):
        return "it did not respond in time"
    return getattr(error, "strerror", None) or type(error).__name__
