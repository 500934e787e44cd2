"""Fetch many movies, whatever happens: python fetch_all.py ids.txt movies.jsonl

It may be killed, interrupted by Ctrl-C, or meet an outage: start it again, and it goes on. Its status is 0 when nothing is left to fetch.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from tmdbkit import TMDB, DecodeError, NotFoundError, Progress


def show(progress: Progress) -> None:
    print(f"\r{progress.done} of {progress.total}", end="", file=sys.stderr, flush=True)


def main() -> int:
    ids_path, journal_path = sys.argv[1:]
    ids = [int(text) for text in Path(ids_path).read_text(encoding="utf-8").split()]
    counts: Counter[str] = Counter()
    with TMDB() as tmdb:
        batch = tmdb.fetch_many(tmdb.movies.details, ids, append_to_response=["credits"])
        for outcome in batch.journal(journal_path).progress(show):
            match outcome.error:
                case None:
                    counts["there"] += 1
                    counts["of an earlier run"] += outcome.from_journal
                case NotFoundError():
                    counts["gone"] += 1
                case DecodeError():
                    counts["unreadable"] += 1
                case _:
                    counts["left for the next run"] += 1
    print(", ".join(f"{count} {name}" for name, count in sorted((+counts).items())))
    return 1 if counts["unreadable"] or counts["left for the next run"] else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("\ninterrupted: start it again, and it goes on")
