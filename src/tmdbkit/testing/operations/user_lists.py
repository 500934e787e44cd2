"""The lists of users, in v3 and v4."""

from __future__ import annotations

from typing import Any

from tmdb_openapi import models

from tmdbkit.testing.lists import UserList
from tmdbkit.testing.world.images import object_id

from .account import DELETED, SUCCESS, UPDATED
from .call import Call, Refused, Reply, natural, page_of, project, responds
from .lists import first_day
from .rows import title_row

__all__: list[str] = []

Entry = dict[str, Any]
Key = tuple[str, int]

DUPLICATE = 8
INVALID = 18
NOTHING_TO_DELETE = 21
NOT_CONFIRMED = 29
NOT_FOUND = 34
NO_WRITE_PERMISSION = 36
NOT_ALLOWED = 38
PRIVATE = 39
NOTHING_TO_UPDATE = 40
CREATED = {"success": True, "status_code": 1, "status_message": "The item/record was created successfully."}


def _visible(call: Call) -> UserList:
    """The list that the path names.

    Raises:
        Refused: There is none (34), or it is private and another's (39).
    """
    found = call.users.lists.get(call.number("list_id"))
    if found is None:
        raise Refused(NOT_FOUND)
    if not found.public and found.owner is not call.account:
        raise Refused(PRIVATE)
    return found


def _own(call: Call) -> UserList:
    """The list that the path names, of the user.

    Raises:
        Refused: There is none (34), or it is another's (38).
    """
    found = call.users.lists.get(call.number("list_id"))
    if found is None:
        raise Refused(NOT_FOUND)
    if found.owner is not call.user:
        raise Refused(NOT_ALLOWED)
    return found


def _rows(call: Call, found: UserList, sort_by: str) -> list[tuple[str, Entry]]:
    """The items that are still there, in order."""
    rows = [(kind, entry) for kind, id_ in found.items if (entry := call.world.get(kind, id_))]
    name, _, direction = sort_by.partition(".")

    def key(row: tuple[str, Entry]) -> Any:
        kind, entry = row
        if name in ("primary_release_date", "release_date"):
            return first_day(kind, entry)
        if name == "title":
            return (entry.get("title") or entry["name"]).casefold()
        return entry.get(name, 0)

    if name == "original_order":
        return rows if direction != "desc" else rows[::-1]
    return sorted(rows, key=key, reverse=direction == "desc")


# v3


@responds("lists_create")
def _create(call: Call) -> Reply:
    body = call.body
    if body.get("description") == "":
        raise Refused(0, errors=["Invalid description"])
    created = call.users.lists.create(call.user, body["name"], call.now, description=body.get("description") or "", iso_639_1=body.get("language") or "en")
    return Reply(201, {**CREATED, "list_id": created.id})


@responds("lists_details")
def _details(call: Call) -> Entry:
    found = _visible(call)
    rows = _rows(call, found, "original_order.asc")
    page = page_of(call, rows, lambda row: title_row(row[0], row[1], call.language, media_type=True))
    summary = {**found.summary(), "created_by": found.owner.username, "items": page.pop("results"), "item_count": len(rows), **page}
    return project(summary, models.ListDetails)


@responds("lists_check_item_status")
def _check_item_status(call: Call) -> Entry:
    found = _visible(call)
    return {"id": found.id, "item_present": ("movie", natural(call.query["movie_id"])) in found.items}


@responds("lists_add_movie")
def _add_movie(call: Call) -> Reply:
    found, key = _own(call), ("movie", call.body["media_id"])
    if call.world.get(*key) is None:
        raise Refused(NOT_FOUND)
    if key in found.items:
        raise Refused(DUPLICATE)
    _change(call, found, lambda: found.items.setdefault(key, None) and None)
    return Reply(201, UPDATED)


@responds("lists_remove_movie")
def _remove_movie(call: Call) -> Entry:
    found, key = _own(call), ("movie", call.body["media_id"])
    if key not in found.items:
        raise Refused(NOTHING_TO_DELETE)
    _change(call, found, lambda: found.items.pop(key, None) and None)
    return DELETED


@responds("lists_clear")
def _clear(call: Call) -> Reply:
    found = _own(call)
    if call.query["confirm"] != "true":
        raise Refused(NOT_CONFIRMED)
    _change(call, found, found.items.clear)
    return Reply(201, UPDATED)


@responds("lists_delete")
def _delete(call: Call) -> Reply:
    found = _own(call)
    call.users.write(call.now, lambda: call.users.lists.delete(found.id))
    return Reply(201, UPDATED)


@responds("account_lists")
def _lists_of_account(call: Call) -> Entry:
    return page_of(call, call.users.lists.of(call.user), lambda one: project(one.summary(), models.AccountListSummary))


def _change(call: Call, found: UserList, apply: Any) -> None:
    def change() -> None:
        apply()
        found.updated_at = call.now

    call.users.write(call.now, change)


# v4


def _fields(body: Entry) -> dict[str, Any]:
    """The fields of a list in a body. TMDB ignores a visibility that is a boolean."""
    fields = {name: body[name] for name in ("description", "iso_639_1", "iso_3166_1", "sort_by") if body.get(name) is not None}
    if body.get("public") in (0, 1) and not isinstance(body["public"], bool):
        fields["public"] = bool(body["public"])
    return fields


@responds("v4_lists_create")
def _create_v4(call: Call) -> Reply:
    created = call.users.lists.create(call.user, call.body["name"], call.now, **_fields(call.body))
    return Reply(201, {**CREATED, "id": created.id})


@responds("v4_lists_update")
def _update_v4(call: Call) -> Reply:
    found = _own(call)
    fields = _fields(call.body) | ({"name": call.body["name"]} if call.body.get("name") else {})
    if not fields:
        raise Refused(NOTHING_TO_UPDATE)
    _change(call, found, lambda: vars(found).update(fields))
    return Reply(201, UPDATED)


@responds("v4_lists_delete")
def _delete_v4(call: Call) -> Entry:
    found = _own(call)
    call.users.write(call.now, lambda: call.users.lists.delete(found.id))
    return DELETED


@responds("v4_lists_clear")
def _clear_v4(call: Call) -> Entry:
    found = _own(call)
    deleted = len(found.items)
    _change(call, found, found.items.clear)
    return {**SUCCESS, "id": found.id, "items_deleted": deleted}


@responds("v4_lists_details")
def _details_v4(call: Call) -> Entry:
    found = _visible(call)
    rows = _rows(call, found, call.query.get("sort_by") or found.sort_by)
    entries = [entry for _, entry in rows]
    rated = [one["vote_average"] for one in entries if one["vote_count"]]
    owner = found.owner
    return {
        "average_rating": round(sum(rated) / len(rated), 5) if rated else 0.0,
        "backdrop_path": entries[0]["backdrop_path"] if entries else None,
        "comments": {f"{kind}:{id_}": comment for (kind, id_), comment in found.items.items()},
        "created_by": {"avatar_path": None, "gravatar_hash": owner.account_object_id, "id": owner.account_object_id, "name": "", "username": owner.username},
        "description": found.description,
        "id": found.id,
        "iso_3166_1": found.iso_3166_1,
        "iso_639_1": found.iso_639_1,
        "item_count": len(rows),
        "name": found.name,
        "object_ids": {f"{kind}:{id_}": object_id("item", found.id, kind, id_) for kind, id_ in found.items},
        "poster_path": None,
        "public": found.public,
        "revenue": sum(one.get("revenue", 0) for one in entries),
        "runtime": sum(one.get("runtime") or 0 for one in entries),
        "sort_by": found.sort_by,
        **page_of(call, rows, lambda row: title_row(row[0], row[1], call.language, media_type=True)),
    }


@responds("v4_lists_add_items", "v4_lists_update_items", "v4_lists_remove_items")
def _change_items(call: Call) -> Entry:
    found = _own(call)
    action = call.operation.operation_id.removeprefix("v4_lists_").removesuffix("_items")
    results = []
    known: dict[Key, str | None] = dict(found.items)
    changed: dict[Key, str | None] = {}
    for item in call.body["items"]:
        key = item["media_type"], item["media_id"]
        row: Entry = {"media_type": key[0], "media_id": key[1], "success": True}
        if action == "add" and (key in known or call.world.get(*key) is None):
            row |= {"success": False, "error": ["Media has already been taken" if key in known else "Media not found"]}
        elif action != "add" and key not in known:
            row["success"] = False
        elif action == "remove":
            del known[key]
            changed[key] = None
        else:
            known[key] = changed[key] = item["comment"] if action == "update" else None
        results.append(row)

    def change() -> None:
        # Other writes may have come before, while this one was not to be seen yet.
        for key, comment in changed.items():
            if action == "remove":
                found.items.pop(key, None)
            elif action == "add":
                found.items.setdefault(key, comment)
            elif key in found.items:
                found.items[key] = comment

    _change(call, found, change)
    return {**SUCCESS, "results": results}


@responds("v4_lists_item_status")
def _item_status(call: Call) -> Entry:
    try:
        found = _visible(call)
    except Refused:
        # TMDB does not say that there is a private list.
        raise Refused(NOT_FOUND) from None
    media_type, media_id = call.query["media_type"], natural(call.query["media_id"])
    if media_id is None or (media_type, media_id) not in found.items:
        raise Refused(NOT_FOUND)
    return {**SUCCESS, "id": found.id, "media_id": media_id, "media_type": media_type}


SORT_NUMBERS = {"original_order.asc": 1, "original_order.desc": 2, "vote_average.asc": 3, "vote_average.desc": 4}


@responds("v4_account_lists")
def _lists_of_account_v4(call: Call) -> Entry:
    if call.path["account_object_id"] != call.user.account_object_id:
        raise Refused(3)

    def make(one: UserList) -> Entry:
        entries = [entry for _, entry in _rows(call, one, "original_order.asc")]
        rated = [entry["vote_average"] for entry in entries if entry["vote_count"]]
        return {
            "account_object_id": one.owner.account_object_id,
            "adult": 0,
            "average_rating": round(sum(rated) / len(rated), 5) if rated else 0.0,
            "backdrop_path": entries[0]["backdrop_path"] if entries else None,
            "created_at": f"{one.created_at:%Y-%m-%d %H:%M:%S} UTC",
            "description": one.description,
            "featured": 0,
            "id": one.id,
            "iso_3166_1": one.iso_3166_1,
            "iso_639_1": one.iso_639_1,
            "name": one.name,
            "number_of_items": len(entries),
            "poster_path": None,
            "public": int(one.public),
            "revenue": sum(entry.get("revenue", 0) for entry in entries),
            "runtime": str(sum(entry.get("runtime") or 0 for entry in entries)),
            "sort_by": SORT_NUMBERS.get(one.sort_by, 1),
            "updated_at": f"{one.updated_at:%Y-%m-%d %H:%M:%S} UTC",
        }

    return page_of(call, call.users.lists.of(call.user), make)
