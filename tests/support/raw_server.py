"""A server on raw sockets, which sends what a test says."""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Act = Callable[[socket.socket], object]


def response(body: bytes = b'{"id": 550}', status: str = "200 OK", **headers: str) -> bytes:
    """A response, as it goes over the wire."""
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in {"Content_Length": str(len(body)), **headers}.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def sends(*pieces: bytes) -> Act:
    def act(connection: socket.socket) -> bool:
        for piece in pieces:
            connection.sendall(piece)
        return True

    return act


def breaks_off(*pieces: bytes) -> Act:
    def act(connection: socket.socket) -> None:
        sends(*pieces)(connection)

    return act


def hangs(*pieces: bytes) -> Act:
    """Sends something, and no more until the client goes away."""

    def act(connection: socket.socket) -> None:
        sends(*pieces)(connection)
        while connection.recv(65536):
            pass

    return act


def resets(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class RawServer:
    """A server on this machine that does as it is told, one act per request and the last one again and again.

    Attributes:
        requests: What came.
        connections: How many connections were made.
        url: Where it is.
        port: Its port.
    """

    def __init__(self, *acts: Act, host: str = "127.0.0.1") -> None:
        self.acts, self.requests, self.connections = list(acts), list[bytes](), 0
        self.listener = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.converse, args=(connection,), daemon=True).start()

    def converse(self, connection: socket.socket) -> None:
        with connection, suppress(ConnectionError):
            while received := connection.recv(65536):
                head, _, body = received.partition(b"\r\n\r\n")
                length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
                while length and len(body) < int(length[1]):
                    more = connection.recv(65536)
                    received, body = received + more, body + more
                act = self.acts[min(len(self.requests), len(self.acts) - 1)]
                self.requests.append(received)
                if not act(connection):
                    return


@contextmanager
def raw_server(*acts: Act, host: str = "127.0.0.1") -> Iterator[RawServer]:
    server = RawServer(*acts, host=host)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.listener.shutdown(socket.SHUT_RDWR)
        server.listener.close()
        thread.join()
