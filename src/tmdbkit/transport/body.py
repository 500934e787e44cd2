"""The body of a response, read chunk by chunk up to a limit."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Self, cast

import httpx

from .deadline import Deadline
from .extensions import BODY

__all__ = ["MOST_BYTES", "Body", "read", "read_async"]

MOST_BYTES = 32 * 1024 * 1024
"""The maximum size of a decompressed body, in bytes. The largest known response of TMDB has less than two million."""

_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


MOST_DIGITS = 18
"""The digits of a length that can be one. Python reads no integers of 5,000."""
_GZIP = b"\x1f\x8b"
"""How a body in gzip begins. No JSON does."""


class Body:
    """A body that arrives in chunks, perhaps compressed. It is decompressed up to the limit only.

    A cache between here and TMDB may lose or invent a `Content-Encoding`: what begins like gzip is decompressed without one, and what begins like JSON is not,
    whatever the header says.

    Args:
        encoding: The `Content-Encoding` header.
        length: The `Content-Length` header.
        most_bytes: The maximum size of the body, in bytes.

    Attributes:
        problem: The problem of the body, or None.
        truncated: Whether the body is compressed and truncated.
    """

    def __init__(self, encoding: str = "", length: str = "", *, most_bytes: int = MOST_BYTES) -> None:
        self.problem: str | None = None
        self.truncated = False
        self._left = int(length) if length.isdecimal() and len(length) <= MOST_DIGITS else None
        self._most_bytes = most_bytes
        self._read = bytearray()
        self._encoding = encoding.strip().lower()
        self._start: bytes | None = b""
        self._inflate: zlib._Decompress | None = None
        if self._encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            self.problem = "in an unrequested encoding"

    @property
    def content(self) -> bytes:
        """The bytes so far, decompressed."""
        return bytes(self._read)

    @classmethod
    def of(cls, response: httpx.Response) -> Self:
        """Return the unread body of a response."""
        if response.is_stream_consumed:
            return cls()
        found: dict[bytes, list[str]] = {b"content-encoding": [], b"content-length": []}
        for name, value in response.headers.raw:
            if (values := found.get(name.lower())) is not None:
                values.append(value.decode("latin-1"))
        return cls(*map(", ".join, found.values()))

    def feed(self, chunk: bytes) -> bool:
        """Add the next chunk from the wire.

        Args:
            chunk: The bytes.

        Returns:
            Whether to continue reading. False if more is useless, or if the announced length is reached and the body does not end like JSON: the rest
            of the body may follow, and a connection that is closed before its response has ended is not used again.
        """
        if self._left is not None:
            self._left -= len(chunk)
        if self._start is not None:
            chunk = self._begin(chunk)
        if self._inflate is None:
            self._add(chunk)
        elif self.problem is None:
            try:
                self._decompress(chunk, self._inflate)
            except zlib.error as error:
                self.problem = f"not what its Content-Encoding says ({error})"
        return self.problem is None and (self._left != 0 or self._ends_well())

    @property
    def _most_left(self) -> int:
        """How much may be decompressed: one byte more than allowed shows that a body is too large."""
        return self._most_bytes - len(self._read) + 1

    def _decompress(self, chunk: bytes, inflate: zlib._Decompress) -> None:
        self._add(inflate.decompress(chunk, self._most_left))
        while inflate.eof and inflate.unused_data.startswith(_GZIP) and self.problem is None:  # gzip may have several members
            chunk, inflate = inflate.unused_data, zlib.decompressobj(_GZIP_OR_ZLIB)
            self._add(inflate.decompress(chunk, self._most_left))
        self._inflate = inflate

    def _add(self, content: bytes) -> None:
        if self.problem is None:
            if len(self._read) + len(content) > self._most_bytes:
                self.problem = f"larger than {self._most_bytes} bytes"
            else:
                self._read += content

    def _begin(self, chunk: bytes) -> bytes:
        """Look at the first two bytes, and return what is to be read; nothing while there are fewer."""
        start = cast("bytes", self._start) + chunk
        if len(start) < 2 and self._left != 0:
            self._start = start
            return b""
        self._start = None
        is_like_json = start.lstrip()[:1] in (b"", b"{", b"[")
        if start.startswith(_GZIP) or (self._encoding not in ("", "identity") and not is_like_json):
            self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
        return start

    def close(self) -> None:
        """Mark the end of the body."""
        self._read += self._start or b""
        if self._inflate is not None and self.problem is None and self._read and not self._inflate.eof:
            self.problem, self.truncated = "compressed and truncated", True

    def _ends_well(self) -> bool:
        return (self._inflate is None or self._inflate.eof) and self._read.rstrip().endswith((b"}", b"]"))


def read(response: httpx.Response, deadline: Deadline) -> Body:
    """Read the body of a response, unless a layer of the stack has read it, and close the response.

    Args:
        response: The response.
        deadline: The deadline of the call.

    Raises:
        DeadlinePassedError: The deadline passed within the body.
        httpx.TransportError: The body broke off.
    """
    if (done := response.extensions.get(BODY)) is not None:
        return cast("Body", done)
    body = Body.of(response)
    try:
        for chunk in _chunks(response):
            deadline.check()
            if not body.feed(chunk):
                break
    finally:
        response.close()
    body.close()
    return body


async def read_async(response: httpx.Response) -> Body:
    """Read the body of a response, unless a layer of the stack has read it, and close the response. The caller sets the deadline.

    Args:
        response: The response.

    Raises:
        httpx.TransportError: The body broke off.
    """
    if (done := response.extensions.get(BODY)) is not None:
        return cast("Body", done)
    body = Body.of(response)
    try:
        if response.is_stream_consumed:
            body.feed(response.content)
        else:
            async for chunk in cast("httpx.AsyncByteStream", response.stream):
                if not body.feed(chunk):
                    break
    finally:
        await response.aclose()
    body.close()
    return body


def _chunks(response: httpx.Response) -> Iterator[bytes]:
    """Yield the chunks of a body. A body in memory is already decompressed."""
    return iter((response.content,) if response.is_stream_consumed else cast("httpx.SyncByteStream", response.stream))
