"""The fake's world: every operation answers for every entry, validly, and the responses fit together."""

from __future__ import annotations

import gzip
import re
from functools import cache
from importlib.resources import files
from typing import Any

import pytest

from generator.validation import Validation
from tests.conftest import bundle
from tmdbkit import decode
from tmdbkit.router import package_operations
from tmdbkit.testing import FakeTMDB

from .tour import READS, Tour, listed


@cache
def tour() -> Tour:
    return Tour()


@cache
def validation() -> Validation:
    return Validation(bundle())


def problems(operation_id: str, status: int, body: Any) -> list[str]:
    """What the spec says against a body."""
    operation = next(one for one in package_operations() if one.operation_id == operation_id)
    response = bundle()["paths"][operation.path][operation.method.lower()]["responses"][str(status)]
    return [str(one) for one in validation().violations(response["content"]["application/json"]["schema"], body)]


@cache
def answers(path: str) -> bool:
    return tour().http.get(path, headers=tour().own).status_code == 200


@pytest.mark.parametrize("operation_id", sorted(READS))
def test_every_entry_is_answered_as_the_spec_says(operation_id: str) -> None:
    operation, count = READS[operation_id], 0
    for path, query in tour().requests(operation):
        response = tour().http.get(path, params=query, headers=tour().own)
        assert response.status_code == 200, (path, response.text)
        body = response.json()
        assert problems(operation_id, 200, body) == [], path
        decode(response.content, operation.returns(), strict=True)
        unknown = [one for one in {*listed(body)} if not answers(one)]
        assert unknown == [], path
        count += 1
    assert count


def item(comment: str | None = None) -> dict[str, Any]:
    more = {} if comment is None else {"comment": comment}
    return {"items": [{"media_type": "movie", "media_id": 13, **more}]}


WRITES: list[tuple[str, Any]] = [
    ("account_add_favorite", {"media_type": "movie", "media_id": 13, "favorite": True}),
    ("account_add_to_watchlist", {"media_type": "tv", "media_id": 1396, "watchlist": True}),
    ("movies_add_rating", {"value": 7}),
    ("movies_delete_rating", None),
    ("tv_series_add_rating", {"value": 7}),
    ("tv_series_delete_rating", None),
    ("tv_episodes_add_rating", {"value": 7}),
    ("tv_episodes_delete_rating", None),
    ("lists_create", {"name": "Another"}),
    ("lists_add_movie", {"media_id": 13}),
    ("lists_remove_movie", {"media_id": 13}),
    ("lists_clear", None),
    ("v4_lists_create", {"name": "Another", "iso_639_1": "en"}),
    ("v4_lists_update", {"description": "New"}),
    ("v4_lists_add_items", item()),
    ("v4_lists_update_items", item("good")),
    ("v4_lists_remove_items", item()),
    ("v4_lists_clear", None),
    ("v4_lists_delete", None),
    ("lists_delete", None),
    ("authentication_create_guest_session", None),
    ("authentication_create_request_token", None),
    ("authentication_create_session_with_login", {"username": "reviewer", "password": "any", "request_token": "{token}"}),
    ("authentication_create_session", {"request_token": "{token}"}),
    ("authentication_create_session_with_login_by_get", {"username": "reviewer", "password": "any", "request_token": "{token}"}),
    ("authentication_create_session_by_get", {"request_token": "{token}"}),
    ("authentication_create_session_from_v4_token", {"access_token": "{user}"}),
    ("authentication_delete_session", {"session_id": "{session}"}),
    ("v4_auth_create_request_token", {}),
    ("v4_auth_create_access_token", {"request_token": "{v4}"}),
    ("v4_auth_delete_access_token", {"access_token": "{user}"}),
]
"""A write of each operation, each after those that it needs."""


def test_every_write_is_answered_as_the_spec_says() -> None:
    fake, http = (own := Tour()).fake, own.http
    by_id = {one.operation_id: one for one in package_operations()}
    assert sorted(name for name, _ in WRITES) == sorted(set(by_id) - set(READS))
    for name, given in WRITES:
        operation, session = by_id[name], {"session_id": fake.user.session_id}
        if name in ("v4_lists_delete", "lists_delete"):
            own.list_id = own.send("POST", "/4/list", {"name": "One to delete", "iso_639_1": "en"})["id"]
        texts = {"token": "", "v4": "", "user": fake.user.access_token, "session": fake.user.session_id}
        if given and "request_token" in given:
            texts["token"] = own.send("GET", "/3/authentication/token/new")["request_token"]
            texts["v4"] = own.send("POST", "/4/auth/request_token", {})["request_token"]
        body = {key: value.format(**texts) if isinstance(value, str) else value for key, value in (given or {}).items()}
        path = operation.path.format(account_id=548, movie_id=550, series_id=1399, season_number=1, episode_number=1, list_id=own.list_id)
        query = {**session, "confirm": "true"} if name == "lists_clear" else session if operation.path.startswith("/3") and "auth" not in path else {}
        if operation.method == "GET":
            query |= body
        content = None if given is None or operation.method == "GET" else body
        response = http.request(operation.method, path, params=query, json=content, headers=own.own)
        assert response.is_success, (name, response.text)
        assert problems(name, response.status_code, response.json()) == [], name
        decode(response.content, operation.returns(), strict=True)


def test_the_world_has_what_it_promises() -> None:
    world = FakeTMDB().world
    counts = {kind: len(list(world.all(kind))) for kind in ("movie", "tv", "person", "collection", "company", "network", "keyword")}
    assert counts["movie"] >= 40 and counts["tv"] == 15 and counts["person"] >= 100, counts
    assert all(counts.values())
    assert world.genres["movie"] and world.genres["tv"] and world.providers


def test_nobody_is_there_twice() -> None:
    for kind in ("person", "collection", "company", "network", "keyword"):
        names = [entry["name"].casefold() for entry in FakeTMDB().world.all(kind)]
        assert len(set(names)) == len(names), kind


def test_titles_credit_the_people_of_the_world() -> None:
    assert [one["id"] for one in tour().send("GET", "/3/movie/550/credits")["cast"]] == [819, 287, 1283]
    assert {550, 807} <= {one["id"] for one in tour().send("GET", "/3/person/287/movie_credits")["cast"]}


def test_the_operations_are_all_there() -> None:
    assert len({one.operation_id for one in package_operations()}) == 178


def test_the_data_of_the_package_is_small() -> None:
    content = files("tmdbkit.testing").joinpath("world", "world.json").read_bytes()
    assert len(gzip.compress(content)) < 300_000


def test_credits_are_the_same_from_both_sides() -> None:
    """The credits of titles, of people, and of credits by themselves."""
    of_titles, of_people = set(), set()
    for kind, ids in (("movie", "movie"), ("tv", "tv")):
        for entry in tour().fake.world.all(ids):
            whole = tour().send("GET", f"/3/{kind}/{entry['id']}", append_to_response="credits")
            of_titles |= {(kind, entry["id"], one["id"], one["credit_id"]) for part in ("cast", "crew") for one in whole["credits"][part]}
            of_titles |= {(kind, entry["id"], one["id"], one["credit_id"]) for one in whole.get("created_by", ())}
            for season in whole.get("seasons", ()):
                for episode in tour().send("GET", f"/3/tv/{entry['id']}/season/{season['season_number']}")["episodes"]:
                    of_titles |= {(kind, entry["id"], one["id"], one["credit_id"]) for part in ("guest_stars", "crew") for one in episode[part]}
    for person in tour().fake.world.all("person"):
        body = tour().send("GET", f"/3/person/{person['id']}/combined_credits")
        of_people |= {(one["media_type"], one["id"], person["id"], one["credit_id"]) for part in ("cast", "crew") for one in body[part]}
    assert of_titles == of_people
    for kind, id_, person, credit in sorted(of_titles):
        body = tour().send("GET", f"/3/credit/{credit}")
        assert (body["media_type"], body["media"]["id"], body["person"]["id"]) == (kind, id_, person)


PAGED = sorted(name for name, one in READS.items() if {"page", "total_pages"} & {*getattr(one.returns(), "__annotations__", ())} == {"page", "total_pages"})


@pytest.mark.parametrize("operation_id", PAGED)
def test_pages_have_true_totals(operation_id: str) -> None:
    path, query = next(tour().requests(READS[operation_id]))
    query.pop("append_to_response", None)
    first = tour().send("GET", path, **query)
    pages = [tour().send("GET", path, **{**query, "page": number}) for number in range(1, first["total_pages"] + 1)]
    key = "items" if "items" in first else "results"
    rows = [row for page in pages for row in page[key]]
    assert [page["page"] for page in pages] == ([0] * len(pages) if operation_id == "people_tagged_images" else list(range(1, len(pages) + 1)))
    assert {(page["total_pages"], page["total_results"]) for page in pages} == {(len(pages), len(rows))}
    names = [(row.get("media_type"), row.get("credit_id"), row["id"]) for row in rows]
    assert len(set(names)) == len(names)
    after = tour().send("GET", path, **{**query, "page": first["total_pages"] + 1})
    assert operation_id == "people_tagged_images" or after[key] == []
    size = 100 if operation_id.startswith("changes_") else 20
    assert all(len(page[key]) == size for page in pages[:-1])


def test_images_and_videos_have_the_form_of_tmdbs() -> None:
    for entry in tour().fake.world.all("movie"):
        body = tour().send("GET", f"/3/movie/{entry['id']}", append_to_response="images")
        paths = [one["file_path"] for listed_ in body["images"].values() for one in listed_ if isinstance(listed_, list)]
        assert all(re.fullmatch(r"/[0-9A-Za-z]{27}\.(jpg|png)", path) for path in paths)
        assert body["poster_path"] is None or body["poster_path"] in paths
