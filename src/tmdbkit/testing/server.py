"""The fake as an HTTP server on loopback."""

from __future__ import annotations

import os
import socket
from threading import Event, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Self

import httpx

if TYPE_CHECKING:
    from .fake import FakeTMDB

try:
    import uvicorn
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send
except ImportError as error:
    raise ImportError("the fake server needs starlette and uvicorn: install tmdbkit[testing]") from error

__all__ = ["FakeTMDBServer"]

LOOPBACK = "127.0.0.1"
SECONDS_TO_STOP = 5


class FakeTMDBServer:
    """An HTTP server that serves a fake, for programs that build their own clients, run in other processes, or are not written in Python.

        with FakeTMDB().serve() as server:
            TMDB("eyJ.any.token", base_url=server.base_url)

    It listens on loopback only, and runs within the `with` statement.

    Attributes:
        fake: The fake that handles the requests; may be replaced at any time.
    """

    def __init__(self, fake: FakeTMDB, *, port: int = 0) -> None:
        self.fake = fake
        self._wanted_port = port
        self._socket: socket.socket | None = None

    def __repr__(self) -> str:
        return f"<FakeTMDBServer {self.base_url if self._socket else '(not running)'}>"

    @property
    def base_url(self) -> str:
        """The URL of the server, for a client's `base_url` or the environment variable `TMDB_BASE_URL`.

        Raises:
            RuntimeError: The server is not running.
        """
        if self._socket is None:
            raise RuntimeError("the server is not running: use it in a with statement")
        return f"http://{LOOPBACK}:{self._port}"

    def __enter__(self) -> Self:
        if self._socket is not None:
            raise RuntimeError("the server is running already")
        listener = _listen(self._wanted_port)
        self._port: int = listener.getsockname()[1]
        config = uvicorn.Config(
            self._app,
            interface="asgi3",
            lifespan="off",
            ws="none",
            http="h11",
            loop="asyncio",
            log_config=None,
            access_log=False,  # The log would contain the credentials of every query.
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=60,
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config)
        self._thread = Thread(target=self._server.run_until_stopped, args=(listener,), name="fake-tmdb", daemon=True)
        self._thread.start()
        self._server.startup_done.wait()
        if not self._server.started:
            listener.close()
            raise RuntimeError("the fake server did not start")
        self._socket = listener
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._server.should_exit = True
        self._thread.join(SECONDS_TO_STOP)
        self._socket = None

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        headers = httpx.Headers(request.headers.raw)
        response = self.fake.respond(request.method, scope["path"], scope["query_string"].decode("ascii"), headers, await request.body())
        await Response(response.content, response.status, response.headers)(scope, receive, send)


class _Server(uvicorn.Server):
    """A server with an event for the end of its startup, successful or not."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.startup_done = Event()

    def run_until_stopped(self, listener: socket.socket) -> None:
        try:
            self.run([listener])
        finally:
            self.startup_done.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.startup_done.set()


def _listen(port: int) -> socket.socket:
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it, each response would take 40 milliseconds.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # On Windows it would let two programs listen on one port.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener
