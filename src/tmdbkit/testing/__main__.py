"""Serves a fake TMDB: `python -m tmdbkit.testing`, for any program in any language, and for browsers."""

from __future__ import annotations

import argparse
import sys

from .fake import FakeTMDB
from .server import LOOPBACK, FakeTMDBServer

__all__ = ["main"]

DEFAULT_PORT = 8000


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted, and return the exit status: 2 if the port or the file is no good."""
    parser = argparse.ArgumentParser(prog="python -m tmdbkit.testing", description="Serves a fake TMDB on this machine.")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help=f"the port to listen on, 0 for any free one; by default {DEFAULT_PORT}")
    parser.add_argument("--host", default=LOOPBACK, help=f"the address to listen on; by default {LOOPBACK}, this machine only")
    parser.add_argument("--world", metavar="FILE", help="a world that FakeTMDB.save wrote; by default that of the package")
    options = parser.parse_args(arguments)
    try:
        fake = FakeTMDB(options.world)
    except (OSError, ValueError) as error:
        print(f"the world cannot be read: {error}", file=sys.stderr)
        return 2
    try:
        with FakeTMDBServer(fake, host=options.host, port=options.port) as server:
            print(f"A fake TMDB serves {fake.world} at {server.base_url}. Programs in another terminal use it with:")
            for name, value in server.environment.items():
                print(f"export {name}={value}")
            print(f"Session of the user {fake.user.username!r}: {fake.user.session_id}", flush=True)
            server.wait()
    except (OSError, OverflowError) as error:
        print(f"the server cannot listen on {options.host}:{options.port}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
