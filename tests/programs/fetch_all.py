"""Fetch many movies, whatever happens: python fetch_all.py ids.txt movies.jsonl

Without a file of ids it makes one of the popular movies, from TMDB's newest daily export. It may be killed, interrupted by Ctrl-C, or meet an outage: start it
again, and it goes on. Its status is 0 when nothing is left to fetch.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from tmdbkit import TMDB, DecodeError, NotFoundError, Progress, exports

LEAST_POPULARITY = 40


def show(progress: Progress) -> None:
    print(f"\r{progress.done} of {progress.total}", end="", file=sys.stderr, flush=True)


def ids_in(tmdb: TMDB, path: Path) -> list[int]:
    if not path.exists():
        ids = [row.id for row in tmdb.exports.rows(exports.MOVIE_IDS) if row.popularity >= LEAST_POPULARITY]
        part = path.with_suffix(".part")
        part.write_text("\n".join(map(str, ids)), encoding="utf-8")
        part.replace(path)  # complete, or not there
    return [int(text) for text in path.read_text(encoding="utf-8").split()]


def main() -> int:
    ids_path, journal_path = sys.argv[1:]
    counts: Counter[str] = Counter()
    with TMDB() as tmdb:
        ids = ids_in(tmdb, Path(ids_path))
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
