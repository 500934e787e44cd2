"""What the fake serves beside the API: a page of what it knows, and the daily id exports."""

from __future__ import annotations

import difflib
import gzip
import json
import re
from datetime import date, datetime, timedelta
from html import escape
from typing import TYPE_CHECKING

import attrs
from tmdb_openapi.exports import DAYS_KEPT, FILES, READY_HOUR

from tmdbkit.router import package_operations

from .responses import FakeResponse

if TYPE_CHECKING:
    from .fake import FakeTMDB

__all__ = ["operation_ids", "page", "similar_operations", "similar_paths"]

EXPORT = re.compile(r"/p/exports/(?P<name>[a-z_]+_ids)_(?P<month>\d\d)_(?P<day>\d\d)_(?P<year>\d{4})\.json\.gz")
EXPORT_KINDS = {
    "movie_ids": ("movie", False),
    "adult_movie_ids": ("movie", True),
    "tv_series_ids": ("tv", False),
    "adult_tv_series_ids": ("tv", True),
    "person_ids": ("person", False),
    "adult_person_ids": ("person", True),
    "collection_ids": ("collection", None),
    "tv_network_ids": ("network", None),
    "keyword_ids": ("keyword", None),
    "production_company_ids": ("company", None),
}
LISTED = {"movies": ("movie", "title"), "series": ("tv", "name"), "people": ("person", "name"), "collections": ("collection", "name")}


def page(fake: FakeTMDB, path: str, accept: str) -> FakeResponse | None:
    """The response to a path beside the API; None for another."""
    if path == "/":
        return _index(fake, accept)
    if match := EXPORT.fullmatch(path):
        return _export(fake, match)
    return None


def _index(fake: FakeTMDB, accept: str) -> FakeResponse:
    """What the world has: a page for a browser, else JSON."""
    known = {name: [{"id": entry["id"], key: entry[key]} for entry in fake.world.all(kind)] for name, (kind, key) in LISTED.items()}
    if "text/html" not in accept:
        return FakeResponse.of(200, known)
    sections = []
    for name, (kind, key) in LISTED.items():
        rows = "".join(f"<tr><td>{one['id']}<td>{escape(one[key])}" for one in known[name])
        sections.append(f"<h2>{name.capitalize()} <small>/3/{kind}/{{id}}</small></h2><table>{rows}</table>")
    style = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}td:first-child{text-align:right;padding-right:1rem}"
    html = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>A fake TMDB</title>'
        f"<style>:root{{color-scheme:light dark}}{style}</style><h1>A fake TMDB</h1>"
        "<p>This server answers as the API of TMDB does, from a small world of its own. Any well-formed credential will do: send "
        f"<code>Authorization: Bearer {escape(fake.access_token)}</code>.</p>"
        "<p>This product uses the TMDB API but is not endorsed or certified by TMDB.</p>"
        f"{''.join(sections)}</html>"
    )
    return FakeResponse.of(200, html.encode(), headers={"content-type": "text/html;charset=utf-8"})


def _export(fake: FakeTMDB, match: re.Match[str]) -> FakeResponse | None:
    """A daily export of ids: one JSON object in each line, compressed. Those of a day come at 8 in the morning, and stay for three months."""
    found = EXPORT_KINDS.get(match["name"])
    try:
        day = date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        return None
    now = fake.clock.now()
    if found is None or not _is_there(day, now):
        return FakeResponse.of(403, b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", headers={"content-type": "application/xml"})
    kind, adult = found
    keys = [field.name for field in attrs.fields(next(file.row for file in FILES if file.name == match["name"]))]
    rows = [{key: entry[key] for key in keys} for entry in fake.world.all(kind) if adult is None or entry["adult"] == adult]
    lines = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
    return FakeResponse.of(200, gzip.compress(lines.encode(), mtime=0), headers={"content-type": "application/gzip"})


def _is_there(day: date, now: datetime) -> bool:
    newest = now.date() if now.hour >= READY_HOUR else now.date() - timedelta(days=1)
    return newest - timedelta(days=DAYS_KEPT) <= day <= newest


def operation_ids() -> set[str]:
    """The ids of all operations."""
    return {operation.operation_id for operation in package_operations()}


def similar_operations(operation_id: str) -> str:
    """A hint at the operations with a similar id."""
    return _hint(operation_id, sorted(operation_ids()))


def similar_paths(path: str) -> str:
    """A hint at the operations with a similar path."""
    return _hint(path, sorted({operation.path for operation in package_operations()}))


def _hint(given: str, known: list[str]) -> str:
    near = difflib.get_close_matches(given, known, 2)
    return f"did you mean {' or '.join(map(repr, near))}?" if near else f"there are {len(known)}, such as {known[0]!r}"
