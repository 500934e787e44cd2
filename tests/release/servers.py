"""Real package indexes on loopback, and a faulty proxy to them."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseRequestHandler, TCPServer
from threading import Thread
from typing import Any

import httpx

USER, PASSWORD = "ci-of-tmdbkit", "pa55/word:of@the-index"
READER, READERS_PASSWORD = "reader-of-tmdbkit", "r3ad-only-pa55word"
ROOT_PASSWORD = "r00t-pa55word"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def process(command: list[str], url: str, log: Path) -> Iterator[None]:
    """Run a server during a block, which starts when the server responds."""
    with log.open("wb") as said, subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, env={**os.environ, "PYTHONWARNINGS": "ignore"}) as running:
        try:
            for _ in range(600):
                with contextlib.suppress(httpx.TransportError):
                    httpx.get(url)
                    break
                assert running.poll() is None, log.read_text()
                time.sleep(0.1)
            else:
                raise AssertionError(f"{command[0]} does not respond:\n{log.read_text()}")
            yield
        finally:
            running.terminate()


@dataclass
class PyPIServer:
    """A pypiserver: its URL, and the folder of its files."""

    url: str
    packages: Path

    @property
    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.packages.iterdir()}


@contextmanager
def pypiserver(folder: Path, *, authenticate: str, hashes: str = "sha256") -> Iterator[PyPIServer]:
    """Run a pypiserver that knows one user.

        Args:
            folder: For its files.
            authenticate: The actions that need the user's password, such as `update,download,list`.
    hashes: The algorithm of the hashes that it lists.
    """
    (packages := folder / "packages").mkdir()
    digest = base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()
    (folder / "htpasswd").write_text(f"{USER}:{{SHA}}{digest}\n", encoding="utf-8")
    port = free_port()
    command = [str(Path(sys.executable).with_name("pypi-server")), "run", "--interface", "127.0.0.1", "--port", str(port), "--backend", "simple-dir"]
    command += ["--passwords", str(folder / "htpasswd"), "--authenticate", authenticate, "--hash-algo", hashes, str(packages)]
    url = f"http://127.0.0.1:{port}/"
    with process(command, url, folder / "log"):
        yield PyPIServer(url, packages)


@contextmanager
def devpi(folder: Path) -> Iterator[str]:
    """Run a devpi where `USER` has the indexes `stable`, from which files cannot be removed, and `dev`; `READER` may only read them."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    programs = Path(sys.executable)
    initialize = [str(programs.with_name("devpi-init")), "--serverdir", str(folder / "data"), "--no-root-pypi", "--root-passwd", ROOT_PASSWORD]
    subprocess.run(initialize, check=True, capture_output=True, env={**os.environ, "PYTHONWARNINGS": "ignore"})
    serve = [str(programs.with_name("devpi-server")), "--serverdir", str(folder / "data"), "--host", "127.0.0.1", "--port", str(port)]
    with process(serve, f"{url}/+api", folder / "log"), httpx.Client(base_url=url) as client:

        def ask(method: str, path: str, session: str = "", **content: Any) -> Any:
            response = client.request(method, path, json=content, headers={"X-Devpi-Auth": session} if session else {})
            response.raise_for_status()
            return response.json().get("result")

        def log_in(user: str, password: str) -> str:
            session = ask("POST", "/+login", user=user, password=password)["password"]
            return base64.b64encode(f"{user}:{session}".encode()).decode()

        root = log_in("root", ROOT_PASSWORD)
        ask("PUT", f"/{USER}", root, password=PASSWORD)
        ask("PUT", f"/{READER}", root, password=READERS_PASSWORD)
        user = log_in(USER, PASSWORD)
        for name, volatile in (("stable", False), ("dev", True)):
            ask("PUT", f"/{USER}/{name}", user, bases=[], volatile=volatile, acl_upload=[USER])
        yield f"{url}/{USER}"


@dataclass
class Fault:
    """The faults of a proxy.

        Attributes:
    uploads: The first upload that fails; 0 for none.
    how: `502`: respond with it; `lost`: close the connection without forwarding; `unanswered`: forward, and drop the response.
    times: The number of failures.
    removes: Whether it forwards requests to remove a version.
    """

    uploads: int = 0
    how: str = "502"
    times: int = 100
    removes: bool = True
    seen: int = 0


@contextmanager
def faulty(url: str, fault: Fault) -> Iterator[str]:
    """Run a faulty proxy to an index; yields its URL."""
    target = httpx.URL(url)

    class Handler(BaseHTTPRequestHandler):
        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            removes = self.command == "DELETE" or b"remove_pkg" in body
            if removes and not fault.removes:
                self.send_error(403)
                return
            upload = self.command == "POST" and not removes
            fault.seen += upload
            breaks = upload and fault.uploads and fault.seen >= fault.uploads and fault.times > 0
            fault.times -= bool(breaks)
            if breaks and fault.how == "502":
                self.send_error(502)
            elif breaks and fault.how == "lost":
                self.close_connection = True
            else:
                connection = HTTPConnection(target.host, target.port)
                connection.request(self.command, self.path, body, dict(self.headers.items()))
                response = connection.getresponse()
                content = response.read()
                connection.close()
                if breaks:
                    self.close_connection = True
                    return
                self.send_response(response.status, response.reason)
                for name, value in response.getheaders():
                    if name.lower() not in ("transfer-encoding", "content-length", "connection"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        do_GET = do_POST = do_DELETE = forward  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        yield str(target.copy_with(port=port))


@contextmanager
def without_tls() -> Iterator[int]:
    """Run a server without TLS that responds to any bytes; yields its port."""

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1)
            self.request.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")

    with running(TCPServer(("127.0.0.1", 0), Handler)) as port:
        yield port


@contextmanager
def running(server: TCPServer) -> Iterator[int]:
    """Run a server in a thread; yields its port."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
