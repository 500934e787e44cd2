"""The fake as an HTTP server on loopback, with the standard library alone."""

from __future__ import annotations

import select
import socket
import struct
import sys
import time
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast
from urllib.parse import unquote, urlsplit

import httpx

if TYPE_CHECKING:
    from .fake import FakeTMDB
    from .responses import FakeResponse

__all__ = ["FakeTMDBServer"]

LOOPBACK = "127.0.0.1"
SECONDS_TO_STOP = 5
SECONDS_BETWEEN_CHECKS = 0.05
SECONDS_IDLE = 60
CHUNKS = 50
MAX_BODY = 1 << 20
MAX_LINE = 1 << 12


class FakeTMDBServer:
    """An HTTP server that serves a fake, for programs that build their own clients, run in other processes, or are not written in Python.

        from tmdbkit.testing import FakeTMDB

        with FakeTMDB().serve() as server:
            TMDB("eyJ.any.token", base_url=server.base_url)

    It runs within the `with` statement. Pages of browsers may call it: it has the headers that this needs.

    Attributes:
        fake: The fake that handles the requests; may be replaced at any time.
    """

    def __init__(self, fake: FakeTMDB, *, host: str = LOOPBACK, port: int = 0) -> None:
        """Build a server.

        Args:
            fake: The fake.
            host: The name or address to listen on, of IPv4 or IPv6; by default this machine only.
            port: The port to listen on; 0 for any free port.
        """
        self.fake = fake
        self._host, self._wanted_port = host or LOOPBACK, port  # an empty host would be every address of the machine
        self._server: _Server | None = None

    def __repr__(self) -> str:
        return f"<FakeTMDBServer {self.base_url if self._server else '(not running)'}>"

    @property
    def base_url(self) -> str:
        """The URL of the server, for a client's `base_url` or the environment variable `TMDB_BASE_URL`.

        Raises:
            RuntimeError: The server is not running.
        """
        if self._server is None:
            raise RuntimeError("the server is not running: use it in a with statement")
        return f"http://{f'[{self._host}]' if ':' in self._host else self._host}:{self._server.server_address[1]}"

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables with which programs use the server: for the API, for images and for daily exports.

        Raises:
            RuntimeError: The server is not running.
        """
        url = self.base_url
        return {"TMDB_BASE_URL": url, "TMDB_ACCESS_TOKEN": self.fake.access_token, "TMDB_IMAGES_URL": url, "TMDB_EXPORTS_URL": url}

    def __enter__(self) -> Self:
        if self._server is not None:
            raise RuntimeError("the server is running already")
        self._server = _Server((self._host, self._wanted_port), self)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": SECONDS_BETWEEN_CHECKS}, name="fake-tmdb", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.stop()
            self._thread.join(SECONDS_TO_STOP)

    def wait(self) -> None:
        """Block until the server stops, or the program is interrupted."""
        while self._thread.is_alive():
            self._thread.join(1)


class _Server(ThreadingHTTPServer):
    """A server with a thread for each connection."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self, address: tuple[str, int], owner: FakeTMDBServer) -> None:
        self.owner = owner
        self.stopping = Event()
        self.connections: set[socket.socket] = set()
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # The base class looks up the name of the host, which can take seconds.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that leave; show any other error."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        """Stop listening, and end the connections."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _length(text: str, base: int, most: int) -> int:
    """A length in a request.

    Raises:
        ValueError: It is no number, or out of range.
    """
    length = int(text, base)
    if not 0 <= length <= most:
        raise ValueError
    return length


class _Handler(BaseHTTPRequestHandler):
    """Passes the requests of a connection to the fake."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = SECONDS_IDLE

    @property
    def _server(self) -> _Server:
        return cast("_Server", self.server)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base class names it
        """Log nothing: a line would have the credentials of the query."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._respond
        raise AttributeError(name)

    def _respond(self) -> None:
        try:
            content = self._read_body()
        except ValueError:
            self.close_connection = True
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        url = urlsplit(self.path)
        headers = httpx.Headers(list(self.headers.items()))
        response = self._server.owner.fake.respond(self.command, unquote(url.path), url.query, headers, content)
        if response.fault:
            self._disturb(response)
        else:
            self._send(response, response.content)

    def _read_body(self) -> bytes:
        """The body of the request.

        Raises:
            ValueError: It is too long, or its length is malformed.
        """
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(_length(self.headers.get("Content-Length") or "0", 10, MAX_BODY))
        content = b""
        while size := _length(self.rfile.readline(MAX_LINE).decode("latin-1").partition(";")[0], 16, MAX_BODY - len(content)):
            content += self.rfile.read(size)
            self.rfile.readline(MAX_LINE)
        while self.rfile.readline(MAX_LINE).strip():  # trailers
            pass
        return content

    def _send(self, response: FakeResponse, content: bytes) -> None:
        """Send a response in one piece: in several, each would wait for the acknowledgement of the one before."""
        self.wfile.write(self._head(response) + (b"" if self.command == "HEAD" else content))

    def _head(self, response: FakeResponse) -> bytes:
        try:
            phrase = HTTPStatus(response.status).phrase
        except ValueError:
            phrase = ""
        lines = [f"HTTP/1.1 {response.status} {phrase}", *(f"{name}: {value}" for name, value in response.headers.items())]
        if response.status not in (204, 304):
            lines.append(f"content-length: {len(response.content)}")
        if self.close_connection:
            lines.append("connection: close")
        return "\r\n".join([*lines, f"date: {self.date_time_string()}", "", ""]).encode("latin-1")

    def _disturb(self, response: FakeResponse) -> None:
        match response.fault:
            case "slow":
                if self._wait(response.seconds):
                    self._send(response, response.content)
                return
            case "trickle":
                self._trickle(response)
                return
            case "cut":
                self.wfile.write(self._head(response) + response.content[: len(response.content) // 2])
            case "timeout":
                self._wait(None)
        self.close_connection = True
        with suppress(OSError):
            if response.fault in ("disconnect", "dns"):
                # The client sees a reset, and no orderly end.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def _trickle(self, response: FakeResponse) -> None:
        self.wfile.write(self._head(response))
        size = max(1, len(response.content) // CHUNKS)
        for start in range(0, len(response.content), size):
            if not self._wait(response.seconds / CHUNKS):
                return
            self.wfile.write(response.content[start : start + size])

    def _wait(self, seconds: float | None) -> bool:
        """Wait, for good if seconds is None. Returns whether the client and the server are still there.

        Where clients wait on the fake's clock, a wait advances it, and takes no time.
        """
        clock = self._server.owner.fake.clock
        if seconds is not None and clock.is_installed:
            clock.advance(seconds)
            return True
        end = time.monotonic() + seconds if seconds is not None else None
        while not self._server.stopping.is_set():
            left = SECONDS_BETWEEN_CHECKS if end is None else min(SECONDS_BETWEEN_CHECKS, end - time.monotonic())
            if left <= 0:
                return True
            readable, _, _ = select.select([self.connection], [], [], left)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                return False
            if readable:
                time.sleep(max(0, left))
        return False
