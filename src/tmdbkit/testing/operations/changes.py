"""Changes: the ids that changed in a range of days, and the changes of an entry."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tmdbkit.testing.world.images import object_id

from .call import Call, Refused, page_of, responds

__all__ = ["changes_of"]

RANGE_TOO_LONG = 20
INVALID_DATE = 23
NOT_FOUND = 34
MAX_DAYS = 14
PAGE_SIZE = 100


def _range(call: Call) -> tuple[date, date]:
    """The days of the call, by default yesterday and today.

    Raises:
        Refused: A day is malformed (23), or the range is longer than 14 days (20).
    """
    first, last = call.day("start_date"), call.day("end_date")
    today = call.now.date()
    try:
        if first is None:
            first = (last or today + timedelta(days=1)) - timedelta(days=1 if last else 2)
        if last is None:
            last = min(first + timedelta(days=MAX_DAYS), max(today + timedelta(days=1), first))
    except OverflowError:
        raise Refused(INVALID_DATE) from None
    if not 0 <= (last - first).days <= MAX_DAYS:
        raise Refused(RANGE_TOO_LONG)
    return first, last


@responds("changes_movie", "changes_tv", "changes_person")
def _changed(call: Call) -> dict[str, Any]:
    kind = call.operation.operation_id.removeprefix("changes_")
    first, last = _range(call)
    rows = []
    for id_, records in call.world.changed(kind):
        times = [record.time for record in records if first <= record.time.date() <= last]
        if times:
            entry = call.world.get(kind, id_)
            rows.append((max(times), {"id": id_, "adult": entry["adult"] if entry else None, **({"softcore": False} if entry and kind != "person" else {})}))
    rows.sort(key=lambda row: (row[0], row[1]["id"]), reverse=True)
    return page_of(call, rows, lambda row: row[1], size=PAGE_SIZE)


def changes_of(call: Call, kind: str, id_: int) -> dict[str, Any]:
    """The changes of an entry within the days of the call, by key. Seasons and episodes have those that `series` recorded for them: none."""
    first, last = _range(call)
    by_key: dict[str, list[dict[str, Any]]] = {}
    for record in call.world.changes(kind, id_) if kind in ("movie", "tv", "person") else ():
        if first <= record.time.date() <= last:
            item: dict[str, Any] = {
                "id": object_id("change", kind, id_, record.time, record.key),
                "action": record.action,
                "time": f"{record.time:%Y-%m-%d %H:%M:%S} UTC",
                "iso_639_1": "en" if record.key in ("title", "name", "overview", "tagline", "biography") else "",
                "iso_3166_1": "US" if record.key in ("title", "name", "overview", "tagline", "biography") else "",
            }
            if record.action != "deleted":
                item["value"] = record.value
            if record.action in ("updated", "deleted") and record.original_value is not None:
                item["original_value"] = record.original_value
            by_key.setdefault(record.key, []).append(item)
    return {"changes": [{"key": key, "items": items} for key, items in by_key.items()]}


@responds("tv_seasons_changes", "tv_episodes_changes")
def _changes_by_id(call: Call) -> dict[str, Any]:
    kind = "season" if call.operation.operation_id == "tv_seasons_changes" else "episode"
    id_ = call.number("season_id" if kind == "season" else "episode_id")
    if id_ not in call.world.index(_seasons_and_episodes)[kind]:
        raise Refused(NOT_FOUND)
    return changes_of(call, kind, id_)


def _seasons_and_episodes(world: Any) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {"season": set(), "episode": set()}
    for series in world.all("tv"):
        for key, season in series.items():
            if key.startswith("season/"):
                found["season"].add(season["id"])
                found["episode"] |= {episode["id"] for episode in season["episodes"]}
    return found
