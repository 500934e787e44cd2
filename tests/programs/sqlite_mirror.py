"""Keep a mirror of TMDB's movies in SQLite: python sqlite_mirror.py movies.sqlite3 2024-01-01

It can be killed at any time, and goes on where it was: each movie and the day to go on from are stored in one transaction.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing

from tmdbkit import TMDB, NotFoundError, encode

SCHEMA = """
CREATE TABLE IF NOT EXISTS movie (id INTEGER PRIMARY KEY, title TEXT NOT NULL, details BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS state (next_day TEXT NOT NULL);
"""


def update(database: sqlite3.Connection, tmdb: TMDB, first_day: str) -> None:
    database.executescript(SCHEMA)
    (stored,) = database.execute("SELECT max(next_day) FROM state").fetchone()
    changes = tmdb.changed("movie", since=stored or first_day)
    for changed in changes:
        try:
            movie = tmdb.movies.details(changed.id)
        except NotFoundError:
            movie = None  # TMDB has removed it
        with database:
            if movie is None:
                database.execute("DELETE FROM movie WHERE id = ?", [changed.id])
            else:
                database.execute("INSERT OR REPLACE INTO movie VALUES (?, ?, ?)", [movie.id, movie.title, encode(movie)])
            go_on_from(database, str(changes.next_day))
    with database:
        go_on_from(database, str(changes.next_day))


def go_on_from(database: sqlite3.Connection, day: str) -> None:
    database.execute("DELETE FROM state")
    database.execute("INSERT INTO state VALUES (?)", [day])


def main() -> None:
    path, first_day = sys.argv[1:]
    with closing(sqlite3.connect(path)) as database, TMDB() as tmdb:
        update(database, tmdb, first_day)
        (count,) = database.execute("SELECT count(*) FROM movie").fetchone()
        print(count, "movies")


if __name__ == "__main__":
    main()
