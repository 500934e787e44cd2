"""Serves the site beside a fake TMDB, so that "Try it" works."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from .samples import sample_world

__all__ = ["SiteServer", "serve"]

LOOPBACK = "127.0.0.1"
WORLD = "/assets/world.js"


class SiteServer:
    """A running server of the site.

    Attributes:
        url: The URL of the site.
        fake_url: The URL of the fake.
    """

    def __init__(self, url: str, fake_url: str, thread: Thread) -> None:
        self.url, self.fake_url, self._thread = url, fake_url, thread

    def wait(self) -> None:
        """Block until the program is interrupted."""
        with suppress(KeyboardInterrupt):
            while self._thread.is_alive():
                self._thread.join(1)


@contextmanager
def serve(folder: Path, *, port: int = 0) -> Iterator[SiteServer]:
    """Serve a built site, with a fake beside it.

    Args:
        folder: The folder with the HTML.
        port: The port of the site; 0 for any free one, as for the fake.
    """
    fake = sample_world()
    with fake.serve() as fake_server:
        world = f"window.tmdbFake = {json.dumps({'url': fake_server.base_url, 'token': fake.access_token})};\n".encode()
        server = _Server((LOOPBACK, port), partial(_Handler, world, directory=str(folder)))
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="site", daemon=True)
        thread.start()
        try:
            yield SiteServer(f"http://{LOOPBACK}:{server.server_address[1]}", fake_server.base_url, thread)
        finally:
            server.shutdown()
            server.server_close()


class _Server(ThreadingHTTPServer):
    """A server that says nothing of browsers that leave."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(SimpleHTTPRequestHandler):
    """Serves files, and the address of the fake."""

    protocol_version = "HTTP/1.1"

    def __init__(self, world: bytes, *arguments: Any, **options: Any) -> None:
        self._world = world
        super().__init__(*arguments, **options)

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != WORLD:
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript")
        self.send_header("Content-Length", str(len(self._world)))
        self.end_headers()
        self.wfile.write(self._world)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base class names it
        """Log nothing."""
