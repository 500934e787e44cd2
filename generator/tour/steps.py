"""The steps of the tour, as data: what it calls, in order, what it expects, and how each change is undone.

`{movie}` in an argument stands for a value that the walk knows by then, such as the id of the movie that it chose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

__all__ = [
    "ANY",
    "APPLICATION",
    "CREDENTIALS",
    "GUEST",
    "LOGIN",
    "LOGOUT",
    "SECRETS",
    "SESSION",
    "STEPS",
    "TOKEN",
    "UNDOS",
    "Approve",
    "Choose",
    "Step",
    "Undo",
    "Without",
    "visited",
]

APPLICATION, SESSION, TOKEN, GUEST, GUEST_AS_SESSION, MADE_UP = "application", "session", "token", "guest", "guest as session", "made-up session"
"""Whose credentials a step sends."""

CREDENTIALS: dict[str, Mapping[str, str]] = {
    APPLICATION: {},
    SESSION: {"session_id": "{session}"},
    TOKEN: {"user_access_token": "{token}"},
    GUEST: {"guest_session_id": "{guest}"},
    GUEST_AS_SESSION: {"session_id": "{guest}"},
    MADE_UP: {"session_id": "{made_up}"},
}
"""The credentials of each, as options of the client."""

SECRETS = frozenset({"session", "second_session", "token", "guest", "account_id", "account_object_id"})
"""The values that never stand in a file."""

ANY = (0,)
"""Any refusal: TMDB's code for it is not known."""

NOTHING_TO_DELETE, DUPLICATE, INVALID, INVALID_PAGE, NOT_CONFIRMED, NOT_FOUND, PRIVATE, NOTHING_TO_UPDATE = 21, 8, 18, 22, 29, 34, 39, 40
NO_PERMISSION = 3


class Without(NamedTuple):
    """An expectation of a list: no element matches the pattern."""

    pattern: Any


@dataclass(frozen=True)
class Step:
    """A call of the tour.

    Attributes:
        operation: The id of the operation.
        by: Whose credentials it sends.
        arguments: The arguments by their names on the wire.
        shows: What the body holds: the keys of a dict, the elements of a list.
        refused: The codes with which TMDB may refuse the call; empty if it accepts it.
        keeps: Names for values of the body, for later steps.
        leaves: The change that it makes: a name in `UNDOS`.
        settles: The change that it undoes.
    """

    operation: str
    by: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    shows: Any = None
    refused: tuple[int, ...] = ()
    keeps: Mapping[str, str] = field(default_factory=dict)
    leaves: str = ""
    settles: str = ""


@dataclass(frozen=True)
class Approve:
    """The user approves a request token in the browser.

    Attributes:
        version: The version of the API.
        operations: The operations that this calls.
        leaves: The login that it makes: a name in `UNDOS`.
    """

    version: int
    operations: tuple[str, ...]
    leaves: str


@dataclass(frozen=True)
class Choose:
    """The walk chooses a title that the user has neither rated nor marked.

    Attributes:
        keeps: The name for its id.
        popular: The operation that lists candidates.
        states: The operations that show whether a candidate is untouched, with their arguments.
    """

    keeps: str
    popular: str
    states: tuple[tuple[str, Mapping[str, Any]], ...]


class Undo(NamedTuple):
    """How a change is undone.

    Attributes:
        what: The change, for people.
        operation: The id of the operation.
        by: Whose credentials it sends.
        arguments: The arguments by their names on the wire.
        name: The name of a list, by which it is found if its id is not known.
    """

    what: str
    operation: str
    by: str
    arguments: Mapping[str, Any]
    name: str = ""

    @property
    def is_login(self) -> bool:
        """Whether it ends a session or a token, which other undoing may need."""
        return self.by == APPLICATION


MOVIE = {"movie_id": "{movie}"}
SERIES = {"series_id": "{series}"}
SEASON = {**SERIES, "season_number": 1}
EPISODE = {**SEASON, "episode_number": 1}
ACCOUNT = {"account_id": "{account_id}"}
OBJECT = {"account_object_id": "{account_object_id}"}
LATEST = {"sort_by": "created_at.desc"}
LIST = {"list_id": "{list}"}
V4_LIST = {"list_id": "{v4_list}"}
MOVIE_ITEM = {"media_type": "movie", "media_id": "{movie}"}
SERIES_ITEM = {"media_type": "tv", "media_id": "{series}"}
NOBODY = {"username": "nobody-{tag}", "password": "wrong-{tag}", "request_token": "{made_up}"}
UNKNOWN = 999_999_999

RATABLE: dict[str, tuple[str, Mapping[str, Any]]] = {"movies": ("movie", MOVIE), "tv_series": ("series", SERIES), "tv_episodes": ("episode", EPISODE)}
RATED = {"movies": "rated_movies", "tv_series": "rated_tv", "tv_episodes": "rated_tv_episodes"}
MARKS = {"favorite": "account_add_favorite", "watchlist": "account_add_to_watchlist"}
LIST_NAME, V4_LIST_NAME, REFUSED_LIST_NAME = "tmdbkit tour {tag}", "tmdbkit tour {tag} (v4)", "tmdbkit tour {tag} (refused)"

UNDOS = {
    "session": Undo("the session", "authentication_delete_session", APPLICATION, {"session_id": "{session}"}),
    "second session": Undo("the converted session", "authentication_delete_session", APPLICATION, {"session_id": "{second_session}"}),
    "token": Undo("the user's access token", "v4_auth_delete_access_token", APPLICATION, {"access_token": "{token}"}),
    **{
        f"{by} {what}": Undo(f"the {who}'s rating of the {what}", f"{tag}_delete_rating", by, arguments)
        for by, who in ((SESSION, "user"), (GUEST, "guest"))
        for tag, (what, arguments) in RATABLE.items()
    },
    **{
        f"{mark} {kind}": Undo(f"the entry {mark} of the {kind}", operation, SESSION, {**ACCOUNT, "media_type": kind, "media_id": title, mark: False})
        for mark, operation in MARKS.items()
        for kind, title in (("movie", "{movie}"), ("tv", "{series}"))
    },
    "list": Undo(f"the list {LIST_NAME!r}", "lists_delete", SESSION, LIST, LIST_NAME),
    "v4 list": Undo(f"the list {V4_LIST_NAME!r}", "v4_lists_delete", TOKEN, V4_LIST, V4_LIST_NAME),
    "refused list": Undo(f"the list {REFUSED_LIST_NAME!r}", "lists_delete", SESSION, {"list_id": "{refused_list}"}, REFUSED_LIST_NAME),
}
"""The undoing of each change, by name."""


def _ratings(by: str, tag: str, *, read: list[Step]) -> list[Step]:
    """A rating by a user or a guest: given, changed, read, refused, and deleted."""
    what, arguments = RATABLE[tag]
    left = f"{by} {what}"
    states = f"{tag}_account_states"
    return [
        Step(f"{tag}_add_rating", by, {**arguments, "value": 7}, leaves=left),
        Step(f"{tag}_add_rating", by, {**arguments, "value": 8.5}, leaves=left),
        Step(states, by, arguments, shows={"rated": {"value": 8.5}}),
        *read,
        Step(f"{tag}_add_rating", by, {**arguments, "value": 11}, refused=(INVALID,), leaves=left),
        Step(f"{tag}_delete_rating", by, arguments, settles=left),
        Step(states, by, arguments, shows={"rated": False}),
        Step(f"{tag}_delete_rating", by, arguments, refused=(NOTHING_TO_DELETE, NOT_FOUND)),
    ]


def _rated_by_user(tag: str) -> list[Step]:
    name = RATED[tag]
    key = {"movies": {"id": "{movie}"}, "tv_series": {"id": "{series}"}, "tv_episodes": {"show_id": "{series}"}}[tag]
    read = [Step(f"account_{name}", SESSION, {**ACCOUNT, **LATEST}, shows={"results": [{**key, "rating": 8.5}]})]
    if tag == "tv_episodes":
        read.append(Step("tv_seasons_account_states", SESSION, SEASON, shows={"results": [{"episode_number": 1, "rated": {"value": 8.5}}]}))
    else:
        read.append(Step(f"v4_account_{name}", TOKEN, {**OBJECT, **LATEST}, shows={"results": [{**key, "account_rating": {"value": 8.5}}]}))
    return _ratings(SESSION, tag, read=read)


def _rated_by_guest(tag: str) -> list[Step]:
    return _ratings(GUEST, tag, read=[Step(f"guest_sessions_{RATED[tag]}", APPLICATION, {"guest_session_id": "{guest}"})])


def _marks(kind: str, title: str, states: str, arguments: Mapping[str, Any], rows: str) -> list[Step]:
    """A favorite and an entry of the watchlist: set, read in v3 and v4, and removed."""
    steps = []
    for mark, operation in MARKS.items():
        body = {**ACCOUNT, "media_type": kind, "media_id": title}
        left = f"{mark} {kind}"
        steps += [
            Step(operation, SESSION, {**body, mark: True}, leaves=left),
            Step(operation, SESSION, {**body, mark: True}, leaves=left),
            Step(states, SESSION, arguments, shows={mark: True}),
            Step(f"account_{mark}_{rows}", SESSION, {**ACCOUNT, **LATEST}, shows={"results": [{"id": title}]}),
            Step(f"v4_account_{mark}_{rows}", TOKEN, {**OBJECT, **LATEST}, shows={"results": [{"id": title}]}),
            Step(operation, SESSION, {**body, mark: False}, settles=left),
            Step(states, SESSION, arguments, shows={mark: False}),
            Step(operation, SESSION, {**body, "media_id": UNKNOWN, mark: False}, refused=(NOT_FOUND,)),
        ]
    return steps


LOGIN: dict[str, tuple[Step | Approve, ...]] = {
    SESSION: (
        Approve(3, ("authentication_create_request_token", "authentication_create_session"), leaves="session"),
        Step("account_me", SESSION, keeps={"account_id": "id"}),
    ),
    TOKEN: (Approve(4, ("v4_auth_create_request_token", "v4_auth_create_access_token"), leaves="token"),),
}
"""The steps that log in."""

STEPS: list[Step | Approve | Choose] = [
    # Credentials, and what TMDB refuses of them
    Step("authentication_validate_key", APPLICATION, shows={"success": True}),
    Step("authentication_create_session_with_login", APPLICATION, NOBODY, refused=ANY),
    Step("authentication_create_session_with_login_by_get", APPLICATION, NOBODY, refused=ANY),
    Step("authentication_create_session", APPLICATION, {"request_token": "{made_up}"}, refused=ANY),
    Step("authentication_create_session_by_get", APPLICATION, {"request_token": "{made_up}"}, refused=ANY),
    Step("authentication_delete_session", APPLICATION, {"session_id": "{made_up}"}, refused=ANY),
    Step("authentication_create_session_from_v4_token", APPLICATION, {"access_token": "{made_up}"}, refused=ANY),
    Step("v4_auth_create_access_token", APPLICATION, {"request_token": "{made_up}"}, refused=ANY),
    Step("v4_auth_delete_access_token", APPLICATION, {"access_token": "{made_up}"}, refused=ANY),
    Step("account_me", MADE_UP, refused=(NO_PERMISSION,)),
    # The user
    *LOGIN[SESSION],
    *LOGIN[TOKEN],
    Step("account_details", SESSION, ACCOUNT, shows={"id": "{account_id}"}),
    Choose("movie", "movies_popular", (("movies_account_states", {"movie_id": "{candidate}"}),)),
    Choose(
        "series",
        "tv_series_popular",
        (
            ("tv_series_account_states", {"series_id": "{candidate}"}),
            ("tv_episodes_account_states", {"series_id": "{candidate}", "season_number": 1, "episode_number": 1}),
        ),
    ),
    # Ratings and marks
    Step("account_rated_movies", SESSION, {**ACCOUNT, "page": 501}, refused=(INVALID_PAGE,)),
    Step("movies_add_rating", SESSION, {"movie_id": UNKNOWN, "value": 7}, refused=(NOT_FOUND,)),
    *_rated_by_user("movies"),
    *_rated_by_user("tv_series"),
    *_rated_by_user("tv_episodes"),
    *_marks("movie", "{movie}", "movies_account_states", MOVIE, "movies"),
    *_marks("tv", "{series}", "tv_series_account_states", SERIES, "tv"),
    Step("v4_account_recommended_movies", TOKEN, OBJECT),
    Step("v4_account_recommended_tv", TOKEN, OBJECT),
    # A guest
    Step("authentication_create_guest_session", APPLICATION, keeps={"guest": "guest_session_id"}),
    Step("account_me", GUEST_AS_SESSION, refused=ANY),
    *_rated_by_guest("movies"),
    *_rated_by_guest("tv_series"),
    *_rated_by_guest("tv_episodes"),
    # Lists of v3. The page of the account's lists may not begin with the new one.
    Step("lists_create", SESSION, {"name": REFUSED_LIST_NAME, "description": ""}, refused=ANY, leaves="refused list"),
    Step("lists_create", SESSION, {"name": LIST_NAME, "description": "Made by a program, and deleted in a moment."}, keeps={"list": "list_id"}, leaves="list"),
    Step("account_lists", SESSION, ACCOUNT),
    Step("lists_add_movie", SESSION, {**LIST, "media_id": "{movie}"}),
    Step("lists_details", APPLICATION, LIST, shows={"name": LIST_NAME, "items": [{"id": "{movie}"}]}),
    Step("lists_check_item_status", APPLICATION, {**LIST, "movie_id": "{movie}"}, shows={"item_present": True}),
    Step("lists_add_movie", SESSION, {**LIST, "media_id": "{movie}"}, refused=(DUPLICATE,)),
    Step("lists_remove_movie", SESSION, {**LIST, "media_id": "{movie}"}),
    Step("lists_check_item_status", APPLICATION, {**LIST, "movie_id": "{movie}"}, shows={"item_present": False}),
    Step("lists_remove_movie", SESSION, {**LIST, "media_id": "{movie}"}, refused=(NOTHING_TO_DELETE, NOT_FOUND)),
    Step("lists_add_movie", SESSION, {**LIST, "media_id": "{movie}"}),
    Step("lists_clear", SESSION, {**LIST, "confirm": "false"}, refused=(NOT_CONFIRMED,)),
    Step("lists_clear", SESSION, {**LIST, "confirm": "true"}),
    Step("lists_details", APPLICATION, LIST, shows={"items": Without({})}),
    Step("lists_delete", SESSION, LIST, settles="list"),
    Step("lists_details", APPLICATION, LIST, refused=(NOT_FOUND,)),
    # Lists of v4
    Step("v4_lists_create", TOKEN, {"name": V4_LIST_NAME, "iso_639_1": "en", "public": 0}, keeps={"v4_list": "id"}, leaves="v4 list"),
    Step("v4_account_lists", TOKEN, OBJECT),
    Step("v4_lists_details", APPLICATION, V4_LIST, refused=(PRIVATE,)),
    Step("v4_lists_add_items", TOKEN, {**V4_LIST, "items": [MOVIE_ITEM, SERIES_ITEM]}, shows={"results": [{**MOVIE_ITEM, "success": True}]}),
    Step("v4_lists_details", TOKEN, V4_LIST, shows={"results": [{"id": "{movie}"}, {"id": "{series}"}], "public": False}),
    Step("v4_lists_add_items", TOKEN, {**V4_LIST, "items": [MOVIE_ITEM]}, shows={"results": [{**MOVIE_ITEM, "success": False}]}),
    Step("v4_lists_update_items", TOKEN, {**V4_LIST, "items": [{**MOVIE_ITEM, "comment": "A comment."}]}, shows={"results": [{"success": True}]}),
    Step("v4_lists_details", TOKEN, V4_LIST, shows={"comments": {"movie:{movie}": "A comment."}}),
    Step("v4_lists_item_status", TOKEN, {**V4_LIST, **MOVIE_ITEM}, shows={"media_id": "{movie}"}),
    Step("v4_lists_remove_items", TOKEN, {**V4_LIST, "items": [MOVIE_ITEM]}, shows={"results": [{**MOVIE_ITEM, "success": True}]}),
    Step("v4_lists_item_status", TOKEN, {**V4_LIST, **MOVIE_ITEM}, refused=(NOT_FOUND,)),
    Step("v4_lists_update", TOKEN, V4_LIST, refused=(NOTHING_TO_UPDATE,)),
    Step("v4_lists_update", TOKEN, {**V4_LIST, "description": "Made by a program.", "public": 1}),
    Step("v4_lists_details", TOKEN, V4_LIST, shows={"description": "Made by a program.", "public": True}),
    Step("v4_lists_clear", TOKEN, V4_LIST),
    Step("v4_lists_details", TOKEN, V4_LIST, shows={"results": Without({})}),
    Step("v4_lists_delete", TOKEN, V4_LIST, settles="v4 list"),
    Step("v4_lists_details", TOKEN, V4_LIST, refused=(NOT_FOUND,)),
]
"""All steps but those that log out."""

LOGOUT: list[Step] = [
    Step(
        "authentication_create_session_from_v4_token", APPLICATION, {"access_token": "{token}"}, keeps={"second_session": "session_id"}, leaves="second session"
    ),
    Step("authentication_delete_session", APPLICATION, {"session_id": "{second_session}"}, settles="second session"),
    Step("v4_auth_delete_access_token", APPLICATION, {"access_token": "{token}"}, settles="token"),
    Step("authentication_delete_session", APPLICATION, {"session_id": "{session}"}, settles="session"),
    Step("account_me", SESSION, refused=(NO_PERMISSION,)),
]
"""The steps that log out, when all else is undone."""


def visited() -> set[str]:
    """The ids of the operations that the tour visits."""
    single = {step.operation for step in (*STEPS, *LOGOUT) if isinstance(step, Step)}
    return single.union(*(step.operations for step in STEPS if isinstance(step, Approve)))
