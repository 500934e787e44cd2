"""`tmdb.images.download`, and downloads of other files. The state of a download is sans-IO, and both clients share it; they only send, read and sleep."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast
from urllib.parse import unquote

import httpx
from tmdb_openapi.vocabulary import IMAGE_BASE_URL

from . import clock
from .auth.redaction import Redaction, forget_variables
from .exceptions import BY_HTTP_STATUS
from .partial_file import PartialFile, replaceable
from .runtime.checks import check_number, checked_path
from .runtime.errors import (
    APIConnectionError,
    APITimeoutError,
    DeadlineError,
    DecodeError,
    InvalidArgumentError,
    NotFoundError,
    ServerError,
    StatusError,
    TMDBError,
)
from .runtime.options import CallOptions
from .runtime.types import UNSET
from .transport.advice import description
from .transport.body import MOST_DIGITS
from .transport.connections import Connections
from .transport.deadline import Deadline, DeadlinePassedError, within
from .transport.extensions import DEADLINE
from .transport.http import AsyncHTTPLayer, HTTPLayer
from .transport.retries import TRANSIENT_STATUSES, Attempts, is_transient_error, retry_after

if TYPE_CHECKING:
    from .call import Endpoint

__all__ = ["MOST_BYTES", "AsyncImages", "Download", "Images", "Kind", "Setup", "checked", "download", "download_async"]

MOST_BYTES = 64 * 1024 * 1024
"""The default limit of an image, in bytes. The largest known ones of TMDB have some 30 million."""
DEFAULT_DEADLINE = 300.0
"""The seconds that a download may take by default, from its first request."""
_Path: TypeAlias = "str | os.PathLike[str]"
_CONTENT_RANGE = re.compile(rf"bytes (\d{{1,{MOST_DIGITS}}})-(\d{{1,{MOST_DIGITS}}})/(\d{{1,{MOST_DIGITS}}}|\*)", re.ASCII)


class Setup:
    """What a download takes from its client.

    Args:
        endpoint: The settings of all calls of the client.
        connect: Returns the connections for a scheme.
        options: The options of its calls.
        secrets: Its credentials, which no message shows.
    """

    def __init__(self, endpoint: Endpoint, connect: Callable[[str], Connections[Any]], options: CallOptions, secrets: list[str]) -> None:
        self.connect = connect
        self.user_agent = endpoint.headers["user-agent"]
        self.timeout = httpx.Timeout(options["timeout"]).as_dict() if "timeout" in options else endpoint.timeout
        self.options, self.redaction, self.is_ours = options, Redaction([*secrets, *endpoint.secrets]), endpoint.is_ours


class Kind(NamedTuple):
    """A kind of file.

    Attributes:
        noun: What messages call it.
        accept: The header `Accept`.
        example: An example of its URL, as an expression.
        start: The bytes that each begins with.
        encodings: The values of `Content-Encoding` that leave the file as it is.
    """

    noun: str
    accept: str
    example: str
    start: bytes = b""
    encodings: tuple[str, ...] = ("", "identity")


IMAGE = Kind("image", "image/*", "poster_url(movie.poster_path, 'w500')")


class _IncompleteError(Exception):
    """The body ended before the announced length, or the server sent another range: another attempt may succeed."""


class Download:
    """The state of one download.

    Args:
        setup: What it takes from the client.
        url: The URL.
        path: The file, or the folder to put it into.
        max_bytes: The limit of the file.
        kind: What it is.

    Raises:
        InvalidArgumentError: The URL is none, the path is a link out of its folder, or the limit is not positive.
        OSError: The folder does not exist or cannot be written to.
    """

    def __init__(self, setup: Setup, url: str, path: _Path, max_bytes: int, kind: Kind = IMAGE) -> None:
        self._setup, self._most, self._kind, self._handled = setup, max_bytes, kind, sys.exception()
        check_number("max_bytes", max_bytes, least=1, is_whole=True)
        self._url = _checked_url(url, kind)
        if setup.redaction.found_in(unquote(str(self._url)).encode()) or setup.redaction.found_in(str(self._url).encode()):
            raise InvalidArgumentError("the URL contains a credential of the client, which other servers must not get: leave it out")
        self._source = _mirrored(self._url, kind)
        self.target = _checked_target(path, self._url)
        self._file = PartialFile(self.target, str(self._url))
        self._expected: int | None = None
        options = setup.options
        self._attempts = Attempts(options.get("retries", UNSET))
        self.deadline = Deadline(options["deadline"]) if "deadline" in options else Deadline(DEFAULT_DEADLINE, from_first_request=True)

    def request(self) -> httpx.Request:
        """The next request: of the whole file, or of what is missing. It has no credential, and no header of the client but the user agent."""
        self._attempts.start()
        headers = {"accept": self._kind.accept, "accept-encoding": "identity", "user-agent": self._setup.user_agent}
        if self._file.size and self._file.validator:
            headers |= {"range": f"bytes={self._file.size}-", "if-range": self._file.validator}
        return httpx.Request("GET", self._source, headers=headers, extensions={"timeout": self._setup.timeout, DEADLINE: self.deadline})

    def connections(self, request: httpx.Request) -> Connections[Any]:
        """The connections for a request."""
        return self._setup.connect(request.url.scheme)

    def begin(self, response: httpx.Response) -> None:
        """Read the head of a response.

        Raises:
            StatusError: The server sent an error, or a redirect, which is not followed.
            DecodeError: The file is larger than the limit, in an encoding, or a page of HTML.
        """
        length = response.headers.get("content-length", "")
        self._expected = int(length) if length.isascii() and length.isdecimal() and len(length) <= MOST_DIGITS else None
        if response.headers.get("content-encoding", "identity").strip().lower() not in self._kind.encodings and not response.is_stream_consumed:
            raise self._unusable(f"the {self._kind.noun} is in an unrequested encoding", response)
        if response.status_code == 206 and self._file.size:
            match = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
            if match is None or int(match[1]) != self._file.size:
                self._file.restart(None)
                raise _IncompleteError("the server sent another range than requested")
            total = int(match[3]) if match[3] != "*" else int(match[2]) + 1
            self._expected = total
        elif response.status_code == 200:
            self._file.restart(_validator(response))
        elif response.status_code == 416 and self._file.size:
            self._file.restart(None)
            raise _IncompleteError("the server has no such range")
        else:
            raise self._refused(response)
        if response.headers.get("content-type", "").strip().lower().startswith("text/html"):  # from a proxy or a firewall
            raise self._something_else(response)
        if self._expected is not None and self._expected > self._most:
            self._file.restart(None)
            raise self._unusable(f"the {self._kind.noun} has {self._expected} bytes, more than max_bytes={self._most}", response)

    def feed(self, response: httpx.Response, chunk: bytes) -> None:
        """Add a chunk.

        Raises:
            DecodeError: The file is larger than the limit, or something else.
            DeadlinePassedError: The deadline has passed.
        """
        self.deadline.check()
        if self._file.size + len(chunk) > self._most:
            self._file.restart(None)
            raise self._unusable(f"the {self._kind.noun} is larger than max_bytes={self._most}", response)
        start = self._kind.start
        if self._file.size < len(start) and not chunk.startswith(start[self._file.size : self._file.size + len(chunk)]):
            raise self._something_else(response)
        self._file.write(chunk)

    def end(self, response: httpx.Response) -> Path:
        """Put the complete file in its place, and return its path.

        Raises:
            DecodeError: It is empty.
        """
        if self._expected is not None and self._expected != self._file.size and not response.is_stream_consumed:
            problem = f"{self._file.size} of {self._expected} bytes came"
            if self._file.size > self._expected:
                self._file.restart(None)
            raise _IncompleteError(problem)
        if not self._file.size:
            raise self._unusable(f"the {self._kind.noun} is empty", response)
        self._file.complete()
        return self.target

    def handle_error(self, error: Exception) -> TMDBError | float:
        """Handle a failure.

        Returns:
            The exception to raise, or the seconds to wait before the next attempt.
        """
        url, redaction = str(self._url), self._setup.redaction
        failure: TMDBError
        pause = None
        if isinstance(error, DeadlinePassedError) or self.deadline.left <= 0:
            failure, retryable = DeadlineError("the deadline of the download has passed", method="GET", url=url), False
        elif isinstance(error, httpx.TimeoutException):
            failure, retryable = APITimeoutError(f"no response in time: {type(error).__name__}", method="GET", url=url), True
        elif isinstance(error, StatusError):
            failure, retryable, pause = error, error.http_status in TRANSIENT_STATUSES, error.retry_after
        elif isinstance(error, TMDBError):
            failure, retryable = error, False
        else:
            message = redaction.text(f"the download failed: {description(error, self._handled)}")
            failure = APIConnectionError(message, method="GET", url=url)
            retryable = isinstance(error, _IncompleteError) or is_transient_error(error)
        wait = self._attempts.wait_after(retryable=retryable, retry_after=pause, within=self.deadline.left)
        if wait is not None:
            return wait
        self._file.leave()
        if isinstance(failure, (APIConnectionError, StatusError)):
            failure.attempts = self._attempts.made
        return failure.with_traceback(None)

    def abort(self, error: BaseException) -> None:
        """Keep what a later download can continue, and clear the variables of a foreign exception, as `Call.abort` does."""
        if self._setup.is_ours or not isinstance(error, Exception):
            forget_variables(error, self._handled)
        self._file.leave()

    def _refused(self, response: httpx.Response) -> StatusError:
        status = response.status_code
        if response.is_redirect:
            message = "the server redirects to another address, which a download does not follow"
        else:
            noun = self._kind.noun
            message = {404: f"there is no such {noun}", 403: f"there is no such {noun}, or it is not public"}.get(status, f"the server sent no {noun}")
        # These servers have no codes: their status is all they say.
        by_status: dict[int, type[StatusError]] = {**BY_HTTP_STATUS, 404: NotFoundError}
        return by_status.get(status, ServerError if status >= 500 else StatusError)(
            message,
            method="GET",
            url=str(self._url),
            status_code=None,
            http_status=status,
            headers=self._setup.redaction.headers(response.headers),
            retry_after=retry_after(response.headers.get("Retry-After")),
        )

    def _something_else(self, response: httpx.Response) -> DecodeError:
        self._file.restart(None)
        return self._unusable(f"the server sent something else than an {self._kind.noun}: {response.headers.get('content-type', 'of no type')}", response)

    def _unusable(self, message: str, response: httpx.Response) -> DecodeError:
        headers = self._setup.redaction.headers(response.headers)
        return DecodeError(message, method="GET", url=str(self._url), path=None, http_status=response.status_code, content=b"", headers=headers)


def checked(setup: Setup, url: str, path: _Path, max_bytes: int, kind: Kind = IMAGE) -> Download:
    """Make a download. The exception for an argument has no frames, whose variables contain the URL: it may have a password.

    Raises:
        InvalidArgumentError: An argument is not allowed.
    """
    try:
        return Download(setup, url, path, max_bytes, kind)
    except InvalidArgumentError as error:
        raise error.with_traceback(None) from None
    finally:
        del url


class Images:
    """The images of TMDB: `tmdb.images`. Their URLs are in `tmdbkit.images`."""

    def __init__(self, setup: Callable[[], Setup]) -> None:
        self._setup = setup

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def download(self, url: str, path: _Path, *, max_bytes: int = MOST_BYTES) -> Path:
        """Download an image into a file.

        The file appears when it is complete. An attempt that broke off leaves `name.part`, which the next download of the same URL continues, if the image is
        still the same. The request has no credential. The client's `timeout`, `deadline` (by default 300 seconds) and `retries` hold; its rate limit does not,
        because images come from another server. The environment variable `TMDB_IMAGES_URL` names a mirror of it, such as a fake.

        Args:
            url: The URL, such as `poster_url(movie.poster_path, "w500")`.
            path: The file, which is replaced if it exists; or a folder, where it gets the name that it has in the URL.
            max_bytes: The largest size, in bytes; by default 64 MiB.

        Returns:
            The path of the file.

        Raises:
            InvalidArgumentError: The URL is none, the path is a symbolic link out of its folder, or the limit is not positive.
            NotFoundError: There is no such image.
            StatusError: The server sent another error, or a redirect.
            APIConnectionError: No complete response arrived; `APITimeoutError` and `DeadlineError`, not in time.
            DecodeError: The image is larger than `max_bytes`, or the server sent something else, such as HTML.
            OSError: The file cannot be written.
        """
        try:
            job = checked(self._setup(), url, path, max_bytes)
        finally:
            del url
        return download(job)


class AsyncImages:
    """The images of TMDB: `tmdb.images` of an `AsyncTMDB`. Their URLs are in `tmdbkit.images`."""

    def __init__(self, setup: Callable[[], Setup]) -> None:
        self._setup = setup

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    async def download(self, url: str, path: _Path, *, max_bytes: int = MOST_BYTES) -> Path:
        """Download an image into a file, as `Images.download` does. A cancelled download can be continued, too."""
        try:
            job = checked(self._setup(), url, path, max_bytes)
        finally:
            del url
        return await download_async(job)


def download(job: Download) -> Path:
    """Carry out a download.

    Raises:
        TMDBError: It failed.
        OSError: The file cannot be written.
    """
    wait = 0.0
    while True:
        try:
            if wait:
                clock.sleep(wait)
            return _attempt(job)
        except (httpx.HTTPError, TMDBError, _IncompleteError) as error:
            outcome = job.handle_error(error)
        except BaseException as error:
            job.abort(error)
            raise
        if isinstance(outcome, TMDBError):
            try:
                raise outcome
            finally:
                del outcome  # an exception and a frame that hold each other stay until the garbage collector runs
        wait = outcome


def _attempt(job: Download) -> Path:
    request = job.request()
    with job.deadline:
        response = HTTPLayer(job.connections(request), bare=True).handle_request(request)
        try:
            job.begin(response)
            for chunk in _chunks(response):
                job.feed(response, chunk)
        finally:
            response.close()
    return job.end(response)


async def download_async(job: Download) -> Path:
    """Carry out a download, as `download` does."""
    wait = 0.0
    while True:
        try:
            if wait:
                await clock.sleep_async(wait)
            return await within(job.deadline, _attempt_async(job))
        except (httpx.HTTPError, TMDBError, _IncompleteError) as error:
            outcome = job.handle_error(error)
        except BaseException as error:
            job.abort(error)
            raise
        if isinstance(outcome, TMDBError):
            try:
                raise outcome
            finally:
                del outcome  # an exception and a frame that hold each other stay until the garbage collector runs
        wait = outcome


async def _attempt_async(job: Download) -> Path:
    request = job.request()
    response = await AsyncHTTPLayer(job.connections(request), bare=True).handle_async_request(request)
    try:
        job.begin(response)
        async for chunk in _chunks_async(response):
            job.feed(response, chunk)
    finally:
        await response.aclose()
    return job.end(response)


def _chunks(response: httpx.Response) -> Iterator[bytes]:
    return iter((response.content,) if response.is_stream_consumed else cast("httpx.SyncByteStream", response.stream))


async def _chunks_async(response: httpx.Response) -> AsyncIterator[bytes]:
    if response.is_stream_consumed:
        yield response.content
        return
    async for chunk in cast("httpx.AsyncByteStream", response.stream):
        yield chunk


def _validator(response: httpx.Response) -> str | None:
    """What identifies the image in `If-Range`: a strong ETag, or else the date of its last change."""
    etag: str = response.headers.get("etag", "")
    date: str | None = response.headers.get("last-modified")
    return etag if etag.startswith('"') else date


def _checked_url(given: object, kind: Kind) -> httpx.URL:
    try:
        url = httpx.URL(given if isinstance(given, str) else "")
    except (httpx.InvalidURL, UnicodeEncodeError):
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host or url.userinfo:
        shown = given if isinstance(given, str) and "@" not in given else type(given).__name__
        raise InvalidArgumentError(f"url must be the URL of an {kind.noun}, such as {kind.example}; not {shown!r}")
    return url.copy_with(fragment=None)


def _mirrored(url: httpx.URL, kind: Kind) -> httpx.URL:
    """Where a file is requested: an image of TMDB's at the mirror that `TMDB_IMAGES_URL` names, if it names one."""
    mirror = os.environ.get("TMDB_IMAGES_URL")
    return _checked_url(mirror.rstrip("/") + url.raw_path.decode(), kind) if mirror and url.host == httpx.URL(IMAGE_BASE_URL).host else url


def _checked_target(given: _Path, url: httpx.URL) -> Path:
    path = checked_path("path", given)
    if path.is_dir():
        name = url.path.rpartition("/")[2]
        if name in ("", ".", "..") or "\\" in name or not name.isprintable():
            raise InvalidArgumentError(f"the URL has no name for a file in the folder {path}: name the file")
        path /= name
    elif path.name in ("", ".."):
        raise InvalidArgumentError(f"path must be the path of a file, or a folder that exists; not {os.fspath(given)!r}")
    return replaceable(path)
