"""The body of an answer, read piece by piece and never beyond a limit."""

from __future__ import annotations

import zlib
from collections.abc import AsyncGenerator, Iterator
from typing import Self, cast

import httpx

__all__ = ["MOST_BYTES", "Body"]

MOST_BYTES = 32 * 1024 * 1024
"""The most bytes that an answer may have once it is decompressed. The largest known answer of TMDB's has under two million."""

_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


class Body:
    """A body that arrives in pieces, perhaps compressed. A few bytes that would grow to gigabytes grow to the limit and no further.

    Args:
        encoding: The `Content-Encoding` header.
        length: The `Content-Length` header.
        most_bytes: The most bytes that the body may have.

    Attributes:
        problem: What is wrong with the body; None where nothing is.
    """

    def __init__(self, encoding: str = "", length: str = "", *, most_bytes: int = MOST_BYTES) -> None:
        self.problem: str | None = None
        self._left = int(length) if length.isdecimal() else None
        self._most_bytes = most_bytes
        self._read = bytearray()
        encoding = encoding.strip().lower()
        self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB) if encoding in ("gzip", "x-gzip", "deflate") else None
        if self._inflate is None and encoding not in ("", "identity"):
            self.problem = "in an encoding that was not asked for"

    @property
    def content(self) -> bytes:
        """What was read so far, decompressed."""
        return bytes(self._read)

    @classmethod
    def of(cls, answer: httpx.Response) -> Self:
        """The body of an answer, of which nothing was taken yet."""
        return cls() if answer.is_stream_consumed else cls(answer.headers.get("Content-Encoding", ""), answer.headers.get("Content-Length", ""))

    def pieces(self, answer: httpx.Response) -> Iterator[bytes]:
        """What comes of an answer, as it comes. That of a transport in memory came before, and is decompressed."""
        return iter((answer.content,) if answer.is_stream_consumed else cast("httpx.SyncByteStream", answer.stream))

    async def pieces_awaited(self, answer: httpx.Response) -> AsyncGenerator[bytes, None]:
        """The same, awaited."""
        if answer.is_stream_consumed:
            yield answer.content
            return
        async for piece in cast("httpx.AsyncByteStream", answer.stream):
            yield piece

    def take(self, piece: bytes) -> bool:
        """Take the next piece of what came.

        Returns:
            Whether to go on. Not where there is no use in more; and not where the length that was told is reached and the body does not end as JSON does: what
            belongs to it may follow, and a connection that is closed before its answer has ended is not used again.
        """
        if self._left is not None:
            self._left -= len(piece)
        if self._inflate is not None and self.problem is None:
            try:
                piece = self._inflate.decompress(piece, self._most_bytes - len(self._read) + 1)
            except zlib.error as error:
                self.problem = f"not what its Content-Encoding says ({error})"
        if self.problem is None:
            if len(self._read) + len(piece) > self._most_bytes:
                self.problem = f"larger than {self._most_bytes} bytes"
            else:
                self._read += piece
        return self.problem is None and (self._left != 0 or self._ends_well())

    def end(self) -> None:
        """Note that everything came."""
        if self._inflate is not None and self.problem is None and self._read and not self._inflate.eof:
            self.problem = "compressed, and breaks off"

    def _ends_well(self) -> bool:
        return (self._inflate is None or self._inflate.eof) and self._read.rstrip().endswith((b"}", b"]"))
