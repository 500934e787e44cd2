"""The local server that every library calls."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx

from tests.bench import TOKEN, response_with, serve_requests, wire
from tmdbkit.testing import FakeTMDB

FIRST_DAY, ROWS_A_DAY, ROWS_A_PAGE = date(1980, 1, 1), 4, 20


def serve(listener: socket.socket, body_of: Callable[[str, str], bytes]) -> None:
    """Respond to each request with the body of its path and query."""

    def respond(request: bytes) -> bytes:
        path, _, query = request.split(b" ", 2)[1].decode().partition("?")
        return response_with(body_of(path, query))

    serve_requests(listener, respond)


def serve_bodies(listener: socket.socket, bodies: dict[str, bytes]) -> None:
    """Serve a movie, a page, a mixed page, and what tmdbapis asks for at its start."""
    names = ["", "/countries", "/jobs", "/languages", "/primary_translations", "/timezones"]
    paths = [*(f"/3/configuration{name}" for name in names), "/3/genre/movie/list", "/3/genre/tv/list"]
    with httpx.Client(transport=FakeTMDB().transport, base_url="https://api.themoviedb.org", headers={"Authorization": f"Bearer {TOKEN}"}) as http:
        by_path = {path: http.get(path).raise_for_status().content for path in paths}
    by_path |= {"/3/movie/popular": bodies["page"], "/3/search/multi": bodies["mixed"], "/3/movie/550": bodies["movie"]}
    serve(listener, lambda path, _: by_path[path])


def serve_pages(listener: socket.socket, row: dict[str, Any]) -> None:
    """Serve lists whose number of pages the path of the base URL says: `/100/3/discover/movie`. A list has four movies of each day."""

    def body_of(path: str, query: str) -> bytes:
        total = int(path.split("/")[1]) * ROWS_A_PAGE
        given = dict(parse_qsl(query))
        first = max(0, _row_of(given.get("primary_release_date.gte", "1870-01-01")))
        end = min(total, _row_of(given.get("primary_release_date.lte", "2100-01-01")) + ROWS_A_DAY)
        count, page = max(0, end - first), int(given["page"])
        numbers = range(first + (page - 1) * ROWS_A_PAGE, min(end, first + page * ROWS_A_PAGE))
        rows = [{**row, "id": number + 1, "release_date": str(FIRST_DAY + timedelta(number // ROWS_A_DAY))} for number in numbers]
        return wire({"page": page, "results": rows, "total_pages": -(-count // ROWS_A_PAGE), "total_results": count})

    serve(listener, body_of)


def _row_of(day: str) -> int:
    """The first row of a day."""
    return (date.fromisoformat(day) - FIRST_DAY).days * ROWS_A_DAY
