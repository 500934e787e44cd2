"""Crawl the movies of some years into a Parquet file: python crawl.py 1990 1999 movies.parquet

It needs pyarrow. A list of more than 10,000 movies is read in windows of days. The status is 1 if TMDB did not serve all.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date
from itertools import islice

import pyarrow as pa
import pyarrow.parquet as pq

from tmdbkit import TMDB, Paginator, to_rows
from tmdbkit.models import MoviePage

AT_ONCE = 1000


def tables(movies: Paginator[MoviePage]) -> Iterator[pa.Table]:
    """The movies as tables: a table takes less memory than its rows."""
    rest = iter(movies)
    while rows := to_rows(islice(rest, AT_ONCE)):
        yield pa.Table.from_pylist(rows)


def main() -> int:
    first, last, path = sys.argv[1:]
    with TMDB() as tmdb:
        movies = tmdb.paginate(tmdb.discover.movie, primary_release_date_gte=date(int(first), 1, 1), primary_release_date_lte=date(int(last), 12, 31))
        movies = movies.beyond_500()
        table = pa.concat_tables([*tables(movies)] or [pa.Table.from_pylist([])], promote_options="default")
    pq.write_table(table, path)
    print(table.num_rows, "movies with", table.num_columns, "columns")
    return 0 if movies.complete else 1


if __name__ == "__main__":
    sys.exit(main())
