"""What users write is read again, as a plain model says, or is refused as TMDB refuses it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.conftest import API_KEY, GUEST_SESSION, SESSION, TOKEN, USER_TOKEN
from tmdbkit.testing import FakeTMDB, FakeUser

from .tour import URL

MOVIES, SERIES, EPISODES = [550, 603, 999_999_999], [1399, 1396, 999_999_999], [1, 2, 99]
TITLES = [*(("movie", one) for one in MOVIES), *(("tv", one) for one in SERIES)]
STEPS = 2_000

steps = Counter[str]()
"""The calls of the random test, by method."""


# The model: what each person rated and marked, and the lists


@dataclass
class Person:
    """What a person did: the values of ratings by title, and the marked titles, in order."""

    ratings: dict[tuple[str, Any], float] = field(default_factory=dict)
    favorite: list[tuple[str, int]] = field(default_factory=list)
    watchlist: list[tuple[str, int]] = field(default_factory=list)


@dataclass
class ListOf:
    """A list of a person: what it has, each with a comment."""

    owner: str
    name: str
    public: bool = True
    items: dict[tuple[str, int], str | None] = field(default_factory=dict)


who = st.sampled_from(["ann", "bob"])
raters = st.sampled_from(["ann", "bob", "guest"])
titles = st.sampled_from(TITLES)
rateable = st.sampled_from([*TITLES, *(("episode", (1399, 1, one)) for one in EPISODES)])
versions = st.sampled_from([3, 4])
marks = st.sampled_from(["favorite", "watchlist"])
places = st.integers(0, 5)


class Users(RuleBasedStateMachine):
    """Two users and a guest write and read at random."""

    @initialize()
    def start(self) -> None:
        self.fake = FakeTMDB()
        self.http = httpx.Client(transport=self.fake.transport, base_url=URL)
        self.users: dict[str, FakeUser] = {"ann": self.fake.users.add("ann"), "bob": self.fake.users.add("bob"), "guest": self.fake.users.add_guest()}
        self.people = {name: Person() for name in self.users}
        self.lists: dict[int, ListOf] = {}
        self.deleted: list[int] = []

    def teardown(self) -> None:
        if hasattr(self, "http"):
            self.http.close()

    def call(self, name: str, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, int | None, Any]:
        """The status, TMDB's code and the body of a call of somebody."""
        steps[method] += 1
        user = self.users[name]
        headers = {"Authorization": f"Bearer {user.access_token if path.startswith('/4') else TOKEN}"}
        if path.startswith("/3"):
            query |= {"guest_session_id": user.guest_session_id} if user.guest_session_id else {"session_id": user.session_id}
        response = self.http.request(method, path, params=query, json=body, headers=headers)
        answer = response.json()
        return response.status_code, answer.get("status_code"), answer

    def read(self, name: str, path: str, **query: Any) -> Any:
        status, _, body = self.call(name, "GET", path, **query)
        assert status == 200, (path, body)
        return body

    def list_at(self, place: int) -> int:
        """The id of one of the lists, of a deleted one, or of none."""
        known = [*self.lists, *self.deleted[:1], 999_999]
        return known[place % len(known)]

    # Ratings and marks

    @rule(name=raters, title=rateable, value=st.integers(1, 20).map(lambda one: one / 2))
    def rate(self, name: str, title: tuple[str, Any], value: float) -> None:
        ratings = self.people[name].ratings
        status = self.call(name, "POST", f"{path_of(title)}/rating", {"value": value})[:2]
        if not exists(title):
            assert status == (404, 34)
            return
        assert status == (201, 12 if title in ratings else 1)
        ratings.pop(title, None)
        ratings[title] = value

    @rule(name=raters, title=rateable)
    def take_back_a_rating(self, name: str, title: tuple[str, Any]) -> None:
        status = self.call(name, "DELETE", f"{path_of(title)}/rating")[:2]
        had = self.people[name].ratings.pop(title, None)
        assert status == ((404, 34) if not exists(title) else (200, 21) if had is None else (200, 13))

    @rule(name=who, mark=marks, title=titles, wanted=st.booleans())
    def mark(self, name: str, mark: str, title: tuple[str, int], wanted: bool) -> None:
        marked: list[tuple[str, int]] = getattr(self.people[name], mark)
        status = self.call(name, "POST", f"/3/account/1/{mark}", {"media_type": title[0], "media_id": title[1], mark: wanted})[:2]
        if not exists(title):
            assert status == (404, 34)
            return
        assert status == ((201, 12 if title in marked else 1) if wanted else (200, 13))
        if title in marked:
            marked.remove(title)
        if wanted:
            marked.append(title)

    @rule(name=raters, title=rateable, appended=st.booleans())
    def see_the_states(self, name: str, title: tuple[str, Any], appended: bool) -> None:
        if not exists(title):
            return
        body = (
            self.read(name, path_of(title), append_to_response="account_states")["account_states"]
            if appended
            else self.read(name, f"{path_of(title)}/account_states")
        )
        person = self.people[name]
        assert body["rated"] == ({"value": person.ratings[title]} if title in person.ratings else False)
        if title[0] != "episode":
            assert (body["favorite"], body["watchlist"]) == (title in person.favorite, title in person.watchlist)

    @rule(name=raters)
    def see_the_states_of_a_season(self, name: str) -> None:
        ratings = self.people[name].ratings
        for row in self.read(name, "/3/tv/1399/season/1/account_states")["results"]:
            title = ("episode", (1399, 1, row["episode_number"]))
            assert row["rated"] == ({"value": ratings[title]} if title in ratings else False)

    @rule(name=raters, kind=st.sampled_from(["movie", "tv", "episode"]), version=versions, newest_first=st.booleans())
    def see_what_was_rated(self, name: str, kind: str, version: int, newest_first: bool) -> None:
        expected = [(title[1], value) for title, value in self.people[name].ratings.items() if title[0] == kind]
        order = {"sort_by": "created_at.desc"} if newest_first else {}
        plural = {"movie": "movies", "tv": "tv", "episode": "tv/episodes"}[kind]
        if version == 4 and name != "guest" and kind != "episode":
            rows = self.read(name, f"/4/account/{self.users[name].account_object_id}/{kind}/rated", **order)["results"]
            found = [(row["id"], row["account_rating"]["value"]) for row in rows]
        else:
            path = f"/3/guest_session/{self.users[name].guest_session_id}/rated" if name == "guest" else "/3/account/1/rated"
            rows = self.read(name, f"{path}/{plural}", **order)["results"]
            found = [((row["show_id"], row["season_number"], row["episode_number"]) if kind == "episode" else row["id"], row["rating"]) for row in rows]
        assert found == (expected[::-1] if newest_first else expected)

    @rule(name=who, mark=marks, kind=st.sampled_from(["movie", "tv"]), version=versions)
    def see_what_was_marked(self, name: str, mark: str, kind: str, version: int) -> None:
        if version == 4:
            path = f"/4/account/{self.users[name].account_object_id}/{kind}/{'favorites' if mark == 'favorite' else mark}"
        else:
            path = f"/3/account/1/{mark}/{'movies' if kind == 'movie' else 'tv'}"
        assert [row["id"] for row in self.read(name, path)["results"]] == [id_ for one, id_ in getattr(self.people[name], mark) if one == kind]

    # Lists

    @rule(name=who, title=st.sampled_from(["One", "Two"]), version=versions, public=st.booleans())
    def create_a_list(self, name: str, title: str, version: int, public: bool) -> None:
        if len(self.lists) > 4:
            return
        if version == 3:
            status, _, body = self.call(name, "POST", "/3/list", {"name": title, "description": "A list.", "language": "en"})
        else:
            status, _, body = self.call(name, "POST", "/4/list", {"name": title, "iso_639_1": "en", "public": int(public)})
        assert status == 201
        self.lists[body["list_id" if version == 3 else "id"]] = ListOf(name, title, version == 3 or public)

    @rule(name=who, place=places, version=versions)
    def delete_a_list(self, name: str, place: int, version: int) -> None:
        id_ = self.list_at(place)
        status = self.call(name, "DELETE", f"/{version}/list/{id_}")[:2]
        if refusal := self.refused(name, id_):
            assert status == refusal
            return
        assert status == ((201, 12) if version == 3 else (200, 13))
        del self.lists[id_]
        self.deleted.append(id_)

    @rule(name=who, place=places, title=st.sampled_from(["Three", None]), public=st.sampled_from([0, 1, True, None]))
    def update_a_list(self, name: str, place: int, title: str | None, public: int | None) -> None:
        id_ = self.list_at(place)
        body = {key: value for key, value in (("name", title), ("public", public)) if value is not None}
        status = self.call(name, "PUT", f"/4/list/{id_}", body)[:2]
        visibility = None if isinstance(public, bool) else public
        if refusal := self.refused(name, id_):
            assert status == refusal
        elif title is None and visibility is None:
            assert status == (200, 40)
        else:
            assert status == (201, 12)
            self.lists[id_].name = title or self.lists[id_].name
            self.lists[id_].public = self.lists[id_].public if visibility is None else bool(visibility)

    @rule(name=who, place=places, movie=st.sampled_from(MOVIES), add=st.booleans())
    def change_an_item_in_v3(self, name: str, place: int, movie: int, add: bool) -> None:
        id_, key = self.list_at(place), ("movie", movie)
        status = self.call(name, "POST", f"/3/list/{id_}/{'add_item' if add else 'remove_item'}", {"media_id": movie})[:2]
        if refusal := self.refused(name, id_):
            assert status == refusal
        elif add and not exists(key):
            assert status == (404, 34)
        elif add:
            assert status == ((403, 8) if key in self.lists[id_].items else (201, 12))
            self.lists[id_].items.setdefault(key, None)
        else:
            assert status == ((200, 13) if key in self.lists[id_].items else (200, 21))
            self.lists[id_].items.pop(key, None)

    @rule(
        name=who,
        place=places,
        keys=st.lists(titles, min_size=1, max_size=3),
        action=st.sampled_from(["POST", "PUT", "DELETE"]),
        comment=st.sampled_from(["good", "bad"]),
    )
    def change_items_in_v4(self, name: str, place: int, keys: list[tuple[str, int]], action: str, comment: str) -> None:
        id_ = self.list_at(place)
        items = [{"media_type": kind, "media_id": title, **({} if action == "DELETE" else {"comment": comment})} for kind, title in keys]
        status, code, body = self.call(name, action, f"/4/list/{id_}/items", {"items": items})
        if refusal := self.refused(name, id_):
            assert (status, code) == refusal
            return
        mine, successes = self.lists[id_].items, []
        for key in keys:
            successes.append(exists(key) and key not in mine if action == "POST" else key in mine)
            if successes[-1] and action == "DELETE":
                del mine[key]
            elif successes[-1]:
                mine[key] = None if action == "POST" else comment
        assert [row["success"] for row in body["results"]] == successes
        assert (status, body["success"]) == (200, True)

    @rule(name=who, place=places, version=versions, confirm=st.sampled_from(["true", "false", None]))
    def clear_a_list(self, name: str, place: int, version: int, confirm: str | None) -> None:
        id_ = self.list_at(place)
        if version == 3:
            status, code, body = self.call(name, "POST", f"/3/list/{id_}/clear", **({"confirm": confirm} if confirm else {}))
        else:
            status, code, body = self.call(name, "GET", f"/4/list/{id_}/clear")
        refusal = self.refused(name, id_)
        if version == 3 and confirm is None:
            assert (status, code) in ((400, 29), refusal)
        elif refusal:
            assert (status, code) == refusal
        elif version == 3 and confirm != "true":
            assert (status, code) == (400, 29)
        else:
            assert (status, code) == ((201, 12) if version == 3 else (200, 1))
            assert version == 3 or body["items_deleted"] == len(self.lists[id_].items)
            self.lists[id_].items.clear()

    @rule(name=who, place=places, version=versions)
    def see_a_list(self, name: str, place: int, version: int) -> None:
        id_ = self.list_at(place)
        status, code, body = self.call(name, "GET", f"/{version}/list/{id_}")
        known = self.lists.get(id_)
        if known is None:
            assert (status, code) == (404, 34)
        elif not known.public and known.owner != name:
            assert (status, code) == (401, 39)
        else:
            rows = body["items" if version == 3 else "results"]
            assert [(row["media_type"], row["id"]) for row in rows] == list(known.items)
            assert (body["name"], body["item_count"]) == (known.name, len(known.items))
            if version == 4:
                assert body["comments"] == {f"{kind}:{title}": comment for (kind, title), comment in known.items.items()}
                assert (body["public"], body["created_by"]["username"]) == (known.public, known.owner)

    @rule(name=who, place=places, title=titles, version=versions)
    def see_whether_a_list_has_it(self, name: str, place: int, title: tuple[str, int], version: int) -> None:
        id_ = self.list_at(place)
        query = {"movie_id": title[1]} if version == 3 else {"media_type": title[0], "media_id": title[1]}
        status, code, body = self.call(name, "GET", f"/{version}/list/{id_}/item_status", **query)
        known = self.lists.get(id_)
        hidden = known is not None and not known.public and known.owner != name
        if known is None or (hidden and version == 4):
            assert (status, code) == (404, 34)
        elif hidden:
            assert (status, code) == (401, 39)
        elif version == 3:
            assert body["item_present"] == (("movie", title[1]) in known.items)
        else:
            assert (status, code) == ((200, 1) if title in known.items else (404, 34))

    @rule(name=who, version=versions)
    def see_ones_lists(self, name: str, version: int) -> None:
        path = "/3/account/1/lists" if version == 3 else f"/4/account/{self.users[name].account_object_id}/lists"
        rows = self.read(name, path)["results"]
        count = "item_count" if version == 3 else "number_of_items"
        expected = [(id_, one.name, len(one.items)) for id_, one in self.lists.items() if one.owner == name]
        assert [(row["id"], row["name"], row[count]) for row in rows] == expected[::-1]

    @rule(title=titles)
    def see_the_lists_of_a_title(self, title: tuple[str, int]) -> None:
        if exists(title):
            rows = self.read("ann", f"{path_of(title)}/lists")["results"]
            assert [row["id"] for row in rows] == [id_ for id_, one in self.lists.items() if one.public and title in one.items]

    def refused(self, name: str, id_: int) -> tuple[int, int] | None:
        """The refusal of a write to a list; None if it is allowed."""
        if id_ not in self.lists:
            return 404, 34
        return None if self.lists[id_].owner == name else (401, 38)


def exists(title: tuple[str, Any]) -> bool:
    return title[1] != 999_999_999 and title != ("episode", (1399, 1, 99))


def path_of(title: tuple[str, Any]) -> str:
    kind, id_ = title
    return "/3/tv/{}/season/{}/episode/{}".format(*id_) if kind == "episode" else f"/3/{kind}/{id_}"


def test_random_writes_and_reads_agree_with_a_model() -> None:
    steps.clear()
    few = settings(max_examples=50, stateful_step_count=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Users, settings=few)
    assert steps.total() >= STEPS
    assert min(steps.values()) > 50, steps


# Refusals


def codes(response: httpx.Response) -> tuple[int, int]:
    return response.status_code, response.json()["status_code"]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def ann(http: httpx.Client) -> Any:
    """Calls of the user ann, with her session in v3 and her token in v4."""

    def call(method: str, path: str, body: Any = None, **query: Any) -> httpx.Response:
        query |= {} if path.startswith("/4") else {"session_id": SESSION}
        return http.request(method, path, params=query, json=body, headers=bearer(USER_TOKEN if path.startswith("/4") else TOKEN))

    return call


@pytest.fixture
def private(ann: Any) -> int:
    """A private list of ann."""
    id_: int = ann("POST", "/4/list", {"name": "Private", "iso_639_1": "en", "public": 0}).json()["id"]
    return id_


def test_what_needs_a_session_is_refused_without_one_with_code_3(http: httpx.Client) -> None:
    for method, path in (("GET", "/3/account"), ("POST", "/3/movie/550/rating"), ("GET", "/3/movie/550/account_states"), ("POST", "/3/list")):
        assert codes(http.request(method, path, json={"value": 5, "name": "x"} if method == "POST" else None)) == (401, 3), path


@pytest.mark.parametrize("session", [TOKEN, USER_TOKEN, API_KEY, GUEST_SESSION, "another"])
def test_anything_else_as_a_session_is_refused_with_code_3(session: str, http: httpx.Client) -> None:
    for method, path in (("GET", "/3/account"), ("POST", "/3/movie/550/rating"), ("GET", "/3/account/1/lists")):
        response = http.request(method, path, params={"session_id": session}, json={"value": 5} if method == "POST" else None)
        assert codes(response) == (401, 3), path


@pytest.mark.parametrize("guest", [TOKEN, USER_TOKEN, SESSION, "another"])
def test_anything_else_as_a_guest_session_is_refused_with_code_3(guest: str, http: httpx.Client) -> None:
    assert codes(http.get(f"/3/guest_session/{guest}/rated/movies")) == (401, 3)
    assert codes(http.post("/3/movie/550/rating", params={"guest_session_id": guest}, json={"value": 5})) == (401, 3)


def test_a_guest_has_no_account(http: httpx.Client) -> None:
    for path in ("/3/account", "/3/account/1/favorite/movies", "/3/account/1/lists"):
        assert codes(http.get(path, params={"guest_session_id": GUEST_SESSION})) == (401, 3), path
    response = http.post("/3/account/1/favorite", params={"guest_session_id": GUEST_SESSION}, json={"media_type": "movie", "media_id": 550, "favorite": True})
    assert codes(response) == (401, 3)


def test_a_missing_or_malformed_key_is_refused_with_code_7(anonymous: httpx.Client) -> None:
    for options in ({}, {"params": {"api_key": "short"}}, {"params": {"api_key": TOKEN}}, {"headers": bearer(API_KEY)}, {"headers": bearer("")}):
        assert codes(anonymous.get("/3/movie/550", **options)) == (401, 7), options
    assert anonymous.get("/3/movie/550", params={"api_key": API_KEY}).status_code == 200


def test_a_duplicate_in_a_list_is_refused_with_code_8(ann: Any, private: int) -> None:
    assert codes(ann("POST", f"/3/list/{private}/add_item", {"media_id": 550})) == (201, 12)
    assert codes(ann("POST", f"/3/list/{private}/add_item", {"media_id": 550})) == (403, 8)
    again = ann("POST", f"/4/list/{private}/items", {"items": [{"media_type": "movie", "media_id": 550}]}).json()
    assert (again["success"], again["results"][0]["success"]) == (True, False)


def test_removing_what_is_not_there_is_code_21(ann: Any, private: int) -> None:
    assert codes(ann("POST", f"/3/list/{private}/remove_item", {"media_id": 550})) == (200, 21)
    assert codes(ann("DELETE", "/3/movie/550/rating")) == (200, 21)


def test_a_page_of_a_user_outside_1_to_500_is_code_22(ann: Any) -> None:
    assert codes(ann("GET", "/3/account/1/rated/movies", page=501)) == (400, 22)


def test_clearing_a_list_must_be_confirmed_or_is_code_29(ann: Any, private: int) -> None:
    ann("POST", f"/3/list/{private}/add_item", {"media_id": 550})
    for confirm in ({}, {"confirm": ""}, {"confirm": "false"}, {"confirm": "1"}):
        assert codes(ann("POST", f"/3/list/{private}/clear", **confirm)) == (400, 29)
    assert len(ann("GET", f"/3/list/{private}").json()["items"]) == 1
    assert codes(ann("POST", f"/3/list/{private}/clear", confirm="true")) == (201, 12)
    assert ann("GET", f"/3/list/{private}").json()["items"] == []


def test_an_unknown_list_or_title_is_code_34(ann: Any, private: int) -> None:
    assert codes(ann("GET", "/3/list/1")) == codes(ann("GET", "/4/list/1")) == codes(ann("DELETE", "/3/list/1")) == (404, 34)
    assert codes(ann("POST", f"/3/list/{private}/add_item", {"media_id": 999_999_999})) == (404, 34)
    assert codes(ann("POST", "/3/account/1/favorite", {"media_type": "tv", "media_id": 550, "favorite": True})) == (404, 34)


def test_a_write_in_v4_with_an_applications_token_is_code_36(http: httpx.Client, private: int) -> None:
    for method, path in (("POST", "/4/list"), ("PUT", f"/4/list/{private}"), ("DELETE", f"/4/list/{private}"), ("GET", f"/4/list/{private}/clear")):
        body = None if method in ("GET", "DELETE") else {"name": "x", "iso_639_1": "en"}
        assert codes(http.request(method, path, json=body)) == (401, 36), (method, path)


def test_anothers_list_cannot_be_changed_with_code_38(http: httpx.Client, fake: FakeTMDB, private: int) -> None:
    session, token = {"session_id": fake.user.session_id}, bearer(fake.user.access_token)
    assert codes(http.post(f"/3/list/{private}/add_item", params=session, json={"media_id": 550})) == (401, 38)
    assert codes(http.delete(f"/3/list/{private}", params=session)) == (401, 38)
    assert codes(http.put(f"/4/list/{private}", json={"name": "Mine"}, headers=token)) == (401, 38)
    assert codes(http.get(f"/4/list/{private}/clear", headers=token)) == (401, 38)


def test_a_private_list_is_shown_to_its_owner_only_or_is_code_39(http: httpx.Client, fake: FakeTMDB, ann: Any, private: int) -> None:
    for version in (3, 4):
        assert ann("GET", f"/{version}/list/{private}").status_code == 200
        assert codes(http.get(f"/{version}/list/{private}")) == (401, 39)
    assert codes(http.get(f"/3/list/{private}", params={"session_id": fake.user.session_id})) == (401, 39)
    assert codes(http.get(f"/4/list/{private}", headers=bearer(fake.user.access_token))) == (401, 39)


def test_a_private_list_keeps_its_items_to_itself(http: httpx.Client, ann: Any, private: int) -> None:
    ann("POST", f"/3/list/{private}/add_item", {"media_id": 550})
    query = {"media_type": "movie", "media_id": 550}
    assert ann("GET", f"/4/list/{private}/item_status", **query).status_code == 200
    assert codes(http.get(f"/4/list/{private}/item_status", params=query)) == (404, 34)
    assert http.get("/3/movie/550/lists").json()["total_results"] == 0


def test_a_list_that_becomes_public_is_seen_by_all(http: httpx.Client, ann: Any, private: int) -> None:
    assert codes(http.get(f"/4/list/{private}")) == (401, 39)
    ann("PUT", f"/4/list/{private}", {"public": 1})
    assert http.get(f"/4/list/{private}").status_code == 200


def test_an_update_without_fields_is_code_40(ann: Any, private: int) -> None:
    for body in ({}, {"unknown": 1}, {"public": True}):
        assert codes(ann("PUT", f"/4/list/{private}", body)) == (200, 40)


def test_an_account_of_v4_is_the_token_owners(http: httpx.Client, fake: FakeTMDB) -> None:
    for what in ("lists", "movie/rated", "tv/favorites", "movie/watchlist", "movie/recommendations"):
        path = f"/4/account/{fake.user.account_object_id}/{what}"
        assert codes(http.get(path, headers=bearer(USER_TOKEN))) == (401, 3)
        assert http.get(path, headers=bearer(fake.user.access_token)).status_code == 200


# Lists


def test_a_list_is_one_in_both_versions(ann: Any) -> None:
    id_ = ann("POST", "/3/list", {"name": "A list", "description": "Good ones.", "language": "de"}).json()["list_id"]
    items = [{"media_type": "tv", "media_id": 1399, "comment": "ignored"}, {"media_type": "movie", "media_id": 550}]
    assert ann("POST", f"/4/list/{id_}/items", {"items": items}).json()["success"]
    comment = {"items": [{"media_type": "tv", "media_id": 1399, "comment": "good"}]}
    assert ann("GET", f"/4/list/{id_}").json()["comments"] == {"tv:1399": None, "movie:550": None}
    ann("PUT", f"/4/list/{id_}/items", comment)
    body = ann("GET", f"/4/list/{id_}").json()
    assert body["comments"] == {"tv:1399": "good", "movie:550": None}
    assert (body["name"], body["description"], body["iso_639_1"], body["public"]) == ("A list", "Good ones.", "de", True)
    assert (body["runtime"], body["revenue"]) == (139, 100853753)
    assert [row["id"] for row in ann("GET", f"/3/list/{id_}").json()["items"]] == [1399, 550]


@pytest.mark.parametrize(
    ("sort_by", "expected"),
    [
        ("original_order.asc", [603, 1399, 550]),
        ("original_order.desc", [550, 1399, 603]),
        ("title.asc", [550, 1399, 603]),
        ("release_date.desc", [1399, 550, 603]),
        ("primary_release_date.asc", [603, 550, 1399]),
    ],
)
def test_the_order_of_a_list_is_its_own_or_the_calls(sort_by: str, expected: list[int], ann: Any) -> None:
    id_ = ann("POST", "/4/list", {"name": "A list", "iso_639_1": "en"}).json()["id"]
    items = [{"media_type": "movie", "media_id": 603}, {"media_type": "tv", "media_id": 1399}, {"media_type": "movie", "media_id": 550}]
    ann("POST", f"/4/list/{id_}/items", {"items": items})
    assert [row["id"] for row in ann("GET", f"/4/list/{id_}", sort_by=sort_by).json()["results"]] == expected
    ann("PUT", f"/4/list/{id_}", {"sort_by": sort_by})
    body = ann("GET", f"/4/list/{id_}").json()
    assert ([row["id"] for row in body["results"]], body["sort_by"]) == (expected, sort_by)


def test_a_long_list_has_pages(ann: Any, fake: FakeTMDB) -> None:
    id_ = ann("POST", "/4/list", {"name": "A list", "iso_639_1": "en"}).json()["id"]
    movies = [entry["id"] for entry in fake.world.all("movie")]
    ann("POST", f"/4/list/{id_}/items", {"items": [{"media_type": "movie", "media_id": one} for one in movies]})
    for version, key in ((3, "items"), (4, "results")):
        pages = [ann("GET", f"/{version}/list/{id_}", page=page).json() for page in (1, 2, 3)]
        assert [row["id"] for page in pages for row in page[key]] == movies
        assert {page["total_results"] for page in pages} == {len(movies)}


# Time


def test_a_write_becomes_visible_after_the_delay(ann: Any, fake: FakeTMDB, private: int) -> None:
    fake.users.delay = timedelta(seconds=10)
    assert codes(ann("POST", "/3/movie/550/rating", {"value": 9})) == (201, 1)
    ann("POST", "/3/account/1/favorite", {"media_type": "movie", "media_id": 550, "favorite": True})
    for movie in (550, 603):
        ann("POST", f"/4/list/{private}/items", {"items": [{"media_type": "movie", "media_id": movie}]})
    seen = lambda: (ann("GET", "/3/movie/550/account_states").json()["rated"], ann("GET", f"/4/list/{private}").json()["item_count"])  # noqa: E731
    assert seen() == (False, 0)
    fake.clock.advance(9)
    assert seen() == (False, 0)
    fake.clock.advance(2)
    assert seen() == ({"value": 9.0}, 2)
    assert ann("GET", "/3/movie/550/account_states").json()["favorite"]


def test_a_request_token_expires(http: httpx.Client, fake: FakeTMDB) -> None:
    for path, minutes in (("/3/authentication/token/new", 60), ("/4/auth/request_token", 15)):
        for late in (False, True):
            token = http.request("GET" if "/3" in path else "POST", path, json=None if "/3" in path else {}).json()["request_token"]
            fake.clock.advance(timedelta(minutes=minutes, seconds=1 if late else -10))
            response = http.post("/3/authentication/session/new" if "/3" in path else "/4/auth/access_token", json={"request_token": token})
            assert (response.status_code, response.json().get("status_code")) == (401, 33) if late else response.status_code == 200


def test_an_unused_guest_session_expires_after_a_day(http: httpx.Client, fake: FakeTMDB) -> None:
    used, unused = (http.get("/3/authentication/guest_session/new").json()["guest_session_id"] for _ in range(2))
    rate = lambda guest: http.post("/3/movie/550/rating", params={"guest_session_id": guest}, json={"value": 5}).json()["status_code"]  # noqa: E731
    assert rate(used) == 1
    fake.clock.advance(timedelta(hours=25))
    assert (rate(used), rate(unused)) == (12, 3)
    assert http.get(f"/3/guest_session/{used}/rated/movies").json()["total_results"] == 1
    assert codes(http.get(f"/3/guest_session/{unused}/rated/movies")) == (401, 3)


def test_a_users_approval_can_be_withdrawn(ann: Any, fake: FakeTMDB) -> None:
    assert ann("GET", "/3/account").status_code == ann("POST", "/4/list", {"name": "A list", "iso_639_1": "en"}).status_code - 1 == 200
    fake.users.expire_sessions("ann")
    assert codes(ann("GET", "/3/account")) == (401, 3)
    assert codes(ann("POST", "/4/list", {"name": "A list", "iso_639_1": "en"})) == (401, 35)


def test_a_rating_counts_from_its_last_time(ann: Any, fake: FakeTMDB) -> None:
    for movie in (550, 603, 550):
        ann("POST", f"/3/movie/{movie}/rating", {"value": 7})
        fake.clock.advance(60)
    assert [row["id"] for row in ann("GET", "/3/account/1/rated/movies").json()["results"]] == [603, 550]
    rows = ann("GET", f"/4/account/{fake.users.named('ann').account_object_id}/movie/rated", sort_by="title.asc").json()["results"]
    assert [row["id"] for row in rows] == [550, 603]


def test_recommendations_are_what_the_user_has_not_rated(ann: Any, fake: FakeTMDB) -> None:
    ann("POST", "/3/movie/603/rating", {"value": 10})
    rows = ann("GET", f"/4/account/{fake.users.named('ann').account_object_id}/movie/recommendations").json()["results"]
    assert 603 not in [row["id"] for row in rows]
    assert 878 in rows[0]["genre_ids"]
