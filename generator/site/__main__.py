"""Builds the site, and serves it beside a fake TMDB: `python -m generator.site [--serve]`."""

from __future__ import annotations

import argparse
import sys
import time

from generator.console import report_error

from .build import OUTPUT, SiteError, build
from .serve import serve

__all__ = ["main"]

PORT = 8080


def main(arguments: list[str] | None = None) -> int:
    """Build the site, and return the exit status: 1 if it has a fault."""
    parser = argparse.ArgumentParser(prog="python -m generator.site", description="Builds the documentation site.")
    parser.add_argument("--serve", action="store_true", help="serve the site beside a fake TMDB, until interrupted")
    parser.add_argument("--port", type=int, default=PORT, help=f"the port of the site; by default {PORT}")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    try:
        output = build()
    except SiteError as error:
        report_error("docs", error)
        return 1
    print(f"{output.relative_to(OUTPUT.parent)}: {len(list(output.rglob('*.html')))} pages in {time.monotonic() - started:.0f} s")
    if options.serve:
        with serve(output, port=options.port) as server:
            print(f"The site is at {server.url}, and a fake TMDB at {server.fake_url}", flush=True)
            server.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
