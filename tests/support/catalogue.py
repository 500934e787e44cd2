"""A simulated TMDB with many movies or series, behind a real filter by date."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import date
from typing import Any
from urllib.parse import parse_qsl

import httpx

from tests.conftest import fixture_named


def template(row: dict[str, Any], key: str) -> str:
    """A row as JSON, with places for its id and its day."""
    rest = json.dumps({name: value for name, value in row.items() if name not in ("id", key)}).replace("%", "%%")
    return f'{{"id":%d,"{key}":"%s",{rest[1:]}'


PAGE = 20
MOST_PAGES = 500
MOVIE = {**fixture_named("movies/popular")["response"]["body"]["results"][0], "overview": ""}
SERIES = {**fixture_named("tv_series/popular")["response"]["body"]["results"][0], "overview": ""}
MOVIE_TEXT = template(MOVIE, "release_date")
SERIES_TEXT = template(SERIES, "first_air_date")


class Catalogue:
    """Answers `discover` like TMDB: by date, 20 rows a page, 500 pages at most.

    Args:
        days: The days of the entries, `YYYY-MM-DD`, or "" for one without; the ids are 1, 2 and so on.

    Attributes:
        requests: The queries of the requests, by the order of their arrival.
        shifts: The number of new entries on top before each request.
    """

    def __init__(self, days: Iterable[str], *, shifts: int = 0) -> None:
        self.entries = sorted((day, number) for number, day in enumerate(days, 1))
        self.days = [day for day, _ in self.entries]
        self.requests: list[dict[str, str]] = []
        self.shifts = shifts

    def respond(self, request: httpx.Request) -> httpx.Response:
        query = dict(parse_qsl(request.url.query.decode()))
        self.requests.append(query)
        movies = request.url.path.endswith("/movie")
        name, text = ("primary_release_date", MOVIE_TEXT) if movies else ("first_air_date", SERIES_TEXT)
        first, last = query.get(f"{name}.gte"), query.get(f"{name}.lte")
        undated = bisect_right(self.days, "")
        start = 0 if not first and not last else bisect_left(self.days, first) if first else undated
        end = bisect_right(self.days, last) if last else len(self.days)
        found = self.entries[start:end]
        if (first or last) and query.get("include_null_first_air_dates") == "true":
            found = self.entries[:undated] + found
        page, shift = int(query.get("page", 1)), self.shifts * (len(self.requests) - 1)
        if not 1 <= page <= MOST_PAGES:
            return httpx.Response(400, json={"success": False, "status_code": 22, "status_message": "Invalid page"})
        rows = found[max((page - 1) * PAGE - shift, 0) : max(page * PAGE - shift, 0)]
        total = len(found) + shift
        results = ",".join([text % (number, day) for day, number in rows])
        content = f'{{"page":{page},"results":[{results}],"total_pages":{-(-total // PAGE)},"total_results":{total}}}'
        return httpx.Response(200, content=content, headers={"content-type": "application/json;charset=utf-8"})

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self.respond)


def requests_of_a_bisection(days: list[str]) -> int:
    """The requests that halving the days takes, pages included, with the range of the days known."""
    ordinals = sorted(date.fromisoformat(day).toordinal() for day in days if day)

    def count(first: int, last: int) -> int:
        found = bisect_right(ordinals, last) - bisect_left(ordinals, first)
        pages = max(-(-found // PAGE), 1)
        if pages <= MOST_PAGES or first == last:
            return min(pages, MOST_PAGES)
        middle = (first + last) // 2
        return 1 + count(first, middle) + count(middle + 1, last)

    return count(ordinals[0], ordinals[-1])
