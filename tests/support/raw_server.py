"""A server on raw sockets that sends the bytes of a test."""

from __future__ import annotations

import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Act = Callable[[socket.socket], object]


def http_response(body: bytes = b'{"id": 550}', status: str = "200 OK", **headers: str) -> bytes:
    """The bytes of an HTTP response."""
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in {"Content_Length": str(len(body)), **headers}.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def sends(*chunks: bytes) -> Act:
    def act(connection: socket.socket) -> bool:
        for chunk in chunks:
            connection.sendall(chunk)
        return True

    return act


def breaks_off(*chunks: bytes) -> Act:
    def act(connection: socket.socket) -> None:
        sends(*chunks)(connection)

    return act


def hangs(*chunks: bytes) -> Act:
    """Sends chunks, and waits until the client disconnects."""

    def act(connection: socket.socket) -> None:
        sends(*chunks)(connection)
        while connection.recv(65536):
            pass

    return act


def resets(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class RawServer:
    """A server on loopback that performs one act per request, and repeats the last one.

    Attributes:
        requests: The bytes of the received requests.
        connections: The number of accepted connections.
        url: The base URL.
        port: The port.
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
