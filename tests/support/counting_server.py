"""A server that counts its connections."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Self

from tests.conftest import body_of


class CountingServer:
    """A server on loopback that counts its connections, and responds to every request."""

    def __init__(self, family: socket.AddressFamily = socket.AF_INET, port: int = 0) -> None:
        self.connections, self.heads = 0, list[bytes]()
        self._listener = socket.create_server(("::1" if family == socket.AF_INET6 else "127.0.0.1", port), family=family)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        body = body_of("movies/popular")
        with connection, suppress(ConnectionError):
            while head := connection.recv(65_536):
                self.heads.append(head)
                connection.sendall(b"HTTP/1.1 200 OK\r\nSet-Cookie: who=planted; Path=/\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
