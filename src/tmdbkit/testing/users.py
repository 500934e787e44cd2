"""The users of the fake: their credentials, what they rate and mark, and their lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from secrets import token_hex
from threading import RLock
from typing import Any

from tmdb_openapi.security import SESSIONS, TOKENS

from tmdbkit.auth.credentials import Secret

from .lists import UserLists

__all__ = ["FakeUser", "FakeUsers"]

# TMDB's status codes; `tmdb_openapi.status_codes` has their meanings.
NO_PERMISSION = 3
SESSION_DENIED = 17
TOKEN_EXPIRED = 33
INVALID_TOKEN = 35
NO_WRITE_PERMISSION = 36
NOT_APPROVED = 41

PENDING, APPROVED, DENIED, USED = "pending", "approved", "denied", "used"

V3_LIFE = timedelta(minutes=60)
V4_LIFE = timedelta(minutes=15)
FIRST_ACCOUNT_ID = 548
DEFAULT_USERNAME = "reviewer"

Key = tuple[str, int]
"""What a user rates or marks: `movie`, `tv` or `episode`, and its id."""


class FakeUser:
    """A user of the fake.

    Attributes:
        username: The user's name.
        account_id: The id of the account in v3.
        account_object_id: The id of the account in v4.
        session_id: A session of the user; empty for a guest.
        access_token: An access token of the user, with the permission to write; empty for a guest.
        guest_session_id: The session of a guest; empty for others.
        expires_at: When the session of a guest expires who has not used it yet; None if it does not.
        ratings: The ratings, oldest first, each with its value and time.
        favorites: The favorites, oldest first, each with its time.
        watchlist: The watchlist, oldest first, each with its time.
    """

    def __init__(self, username: str, account_id: int, *, password: str | None = None, guest: bool = False) -> None:
        self.username, self.account_id = username, account_id
        self.account_object_id = sha1(f"account:{account_id}".encode(), usedforsecurity=False).hexdigest()[:24]
        self.session_id = "" if guest else token_hex(20)
        self.access_token = "" if guest else new_access_token()
        self.guest_session_id = token_hex(16) if guest else ""
        self.expires_at: datetime | None = None
        self.ratings: dict[Key, tuple[float, datetime]] = {}
        self.favorites: dict[Key, datetime] = {}
        self.watchlist: dict[Key, datetime] = {}
        self._password = password

    def __repr__(self) -> str:
        return f"<FakeUser {self.account_id}: {len(self.ratings)} ratings, {len(self.favorites)} favorites, {len(self.watchlist)} on the watchlist>"

    def accepts(self, password: str) -> bool:
        """Whether a password is the user's. A user without one accepts any."""
        return self._password is None or password == self._password

    def states(self, kind: str, id_: int) -> dict[str, Any]:
        """The user's `account_states` of a title or an episode.

        Args:
            kind: `movie`, `tv` or `episode`.
            id_: Its id.
        """
        key = (kind, id_)
        rating = self.ratings.get(key)
        return {"favorite": key in self.favorites, "rated": {"value": rating[0]} if rating else False, "watchlist": key in self.watchlist}


@dataclass
class RequestToken:
    """A request token: the version of the API, the expiry, the state, and the user who approved it."""

    version: int
    expires_at: datetime
    state: str
    user: FakeUser | None = None

    def is_usable(self, version: int, now: datetime) -> bool:
        """Whether this version of the API still accepts the token."""
        return self.version == version and self.state != USED and now < self.expires_at


@dataclass
class _Write:
    visible_at: datetime
    apply: Callable[[], None] = field(compare=False)


class FakeUsers:
    """The users of a fake: their decisions on TMDB's site, and the tokens and sessions that the fake issues to them.

    There is one user from the beginning, `FakeTMDB.user`; `add` adds others. A request token is approved when it is issued, unless `auto_approve` is False:
    then `approve` and `deny` play the user.

        with fake.client() as tmdb:
            fake.users.auto_approve = False
            approval = tmdb.users.request_approval()
            fake.users.approve()
            user = approval.finish()

    A request token works once, until it expires. The fake accepts only sessions and users' access tokens that it has issued, and that were neither deleted nor
    expired.

    Attributes:
        auto_approve: Whether request tokens are approved when they are issued. Default: True.
        delay: How long a write stays invisible to reads, as TMDB sometimes takes some seconds. Default: no time.
        lists: The lists of all users.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.auto_approve = True
        self.delay = timedelta()
        self.lists = UserLists()
        self._now = now
        self._users: dict[str, FakeUser] = {}
        self._request_tokens: dict[str, RequestToken] = {}
        self._sessions: dict[str, dict[str, FakeUser]] = {name: {} for name in (*SESSIONS, *TOKENS)}
        self._revoked: set[str] = set()
        self._writes: list[_Write] = []
        self.lock = RLock()
        self.default = self.add(DEFAULT_USERNAME)

    def __repr__(self) -> str:
        return f"<FakeUsers: {len(self._users)} users>"

    def __iter__(self) -> Iterator[FakeUser]:
        """The users, without guests."""
        return iter(tuple(self._users.values()))

    def add(self, username: str, password: str | None = None, *, session_id: str | None = None, access_token: str | None = None) -> FakeUser:
        """Add a user.

        Args:
            username: The user's name.
            password: The user's password for logins; by default any is right.
            session_id: The user's session; by default a new one.
            access_token: The user's access token; by default a new one.

        Returns:
            The user, with a session and an access token.

        Raises:
            ValueError: There is a user of this name.
        """
        with self.lock:
            if username in self._users:
                raise ValueError(f"there is a user {username!r} already")
            user = self._users[username] = FakeUser(username, FIRST_ACCOUNT_ID + len(self._users), password=password)
            user.session_id, user.access_token = session_id or user.session_id, access_token or user.access_token
            self._sessions["session_id"][user.session_id] = user
            self._sessions["user_access_token"][user.access_token] = user
            return user

    def add_guest(self, guest_session_id: str | None = None) -> FakeUser:
        """Add a guest, who has a guest session.

        Args:
            guest_session_id: The guest session; by default a new one.
        """
        with self.lock:
            guest = FakeUser("guest", 0, guest=True)
            guest.guest_session_id = guest_session_id or guest.guest_session_id
            self._sessions["guest_session_id"][guest.guest_session_id] = guest
            return guest

    def approve(self, request_token: str | None = None, *, username: str | None = None) -> None:
        """Approve a request token, as a user does on TMDB's site.

        Args:
            request_token: The request token; by default the latest.
            username: The user; by default the first.

        Raises:
            ValueError: The fake did not issue the token, it was used already, or there is no such user.
        """
        with self.lock:
            token = self._unused(request_token)
            token.user, token.state = self._user(username), APPROVED

    def deny(self, request_token: str | None = None) -> None:
        """Deny a request token, as a user does on TMDB's site.

        Args:
            request_token: The request token; by default the latest.

        Raises:
            ValueError: The fake did not issue the token, or it was used already.
        """
        with self.lock:
            self._unused(request_token).state = DENIED

    def expire(self, request_token: str | None = None) -> None:
        """Expire a request token now, instead of after 60 minutes, or 15 in v4.

        Args:
            request_token: The request token; by default the latest.

        Raises:
            ValueError: The fake did not issue the token, or it was used already.
        """
        with self.lock:
            self._unused(request_token).expires_at = self._now()

    def expire_sessions(self, username: str | None = None) -> None:
        """Expire every session and access token of a user, as TMDB does when the user withdraws the approval.

        Args:
            username: The user; by default the first.
        """
        with self.lock:
            user = self._user(username)
            for sessions in self._sessions.values():
                self._revoked |= {text for text, one in sessions.items() if one is user}

    def _user(self, username: str | None) -> FakeUser:
        if username is not None and username not in self._users:
            raise ValueError(f"there is no user {username!r}: the users are {', '.join(self._users)}")
        return self.default if username is None else self._users[username]

    def _unused(self, request_token: str | None) -> RequestToken:
        token = self._request_tokens.get(next(reversed(self._request_tokens), "") if request_token is None else request_token)
        if token is None or token.state == USED:
            raise ValueError("this fake has issued no such request token" if token is None else "the request token was used already")
        return token

    # What the operations of the fake call

    def account(self, credentials: Mapping[str, Secret], *, token_of_user: bool) -> FakeUser | int | None:
        """The user that the credentials of a request name.

        Args:
            credentials: The credentials of the request.
            token_of_user: Whether the operation takes the token of a user, and no session.

        Returns:
            The user; None if they name none; TMDB's code if one of them is not good.
        """
        found: FakeUser | None = None
        for name, secret in credentials.items():
            text = secret.reveal()
            if text in self._revoked:
                return INVALID_TOKEN if name in TOKENS else NO_PERMISSION
            if name in SESSIONS:
                found = self._used(self._sessions[name].get(text))
                if found is None:
                    return NO_PERMISSION
            elif name in TOKENS and token_of_user:
                found = self._sessions["user_access_token"].get(text)
        return found

    def guest(self, guest_session_id: str) -> FakeUser | None:
        """The guest of a guest session in a path."""
        return None if guest_session_id in self._revoked else self._used(self._sessions["guest_session_id"].get(guest_session_id))

    def _used(self, user: FakeUser | None) -> FakeUser | None:
        """The user who uses a session; None if it has expired unused."""
        if user is None or user.expires_at is None:
            return user
        if user.expires_at <= self._now():
            return None
        user.expires_at = None
        return user

    def user_of_token(self, access_token: str) -> FakeUser | None:
        """The user of an access token."""
        return None if access_token in self._revoked else self._sessions["user_access_token"].get(access_token)

    def named(self, username: str) -> FakeUser | None:
        """The user of a name."""
        return self._users.get(username)

    def issue_request_token(self, version: int, now: datetime) -> tuple[str, RequestToken]:
        """Issue a request token for a version of the API."""
        text = token_hex(20) if version == 3 else new_access_token()
        token = RequestToken(version, now + (V3_LIFE if version == 3 else V4_LIFE), PENDING)
        if self.auto_approve:
            token.state, token.user = APPROVED, self.default
        self._request_tokens[text] = token
        return text, token

    def request_token(self, text: str, version: int, now: datetime) -> RequestToken | int:
        """A request token that this version of the API accepts; else TMDB's code."""
        token = self._request_tokens.get(text)
        return token if token is not None and token.is_usable(version, now) else TOKEN_EXPIRED

    def exchange(self, text: str, version: int, now: datetime) -> FakeUser | int:
        """Use up an approved request token: the user who approved it, or TMDB's code."""
        token = self.request_token(text, version, now)
        if isinstance(token, int):
            return token
        if token.state != APPROVED or token.user is None:
            # In v3, TMDB does not distinguish pending tokens from denied ones.
            return SESSION_DENIED if version == 3 else NOT_APPROVED if token.state == PENDING else TOKEN_EXPIRED
        token.state = USED
        return token.user

    def issue_session(self, user: FakeUser) -> str:
        """Issue a session of a user."""
        text = token_hex(20)
        self._sessions["session_id"][text] = user
        return text

    def issue_access_token(self, user: FakeUser) -> str:
        """Issue an access token of a user."""
        text = new_access_token()
        self._sessions["user_access_token"][text] = user
        return text

    def revoke(self, name: str, text: str) -> bool:
        """Delete a session or an access token. Returns whether there was one."""
        if text in self._revoked or text not in self._sessions[name]:
            return False
        self._revoked.add(text)
        return True

    def write(self, now: datetime, apply: Callable[[], None]) -> None:
        """Change the state of a user, now or after the delay."""
        if self.delay:
            self._writes.append(_Write(now + self.delay, apply))
        else:
            self._apply(apply)

    def _apply(self, apply: Callable[[], None]) -> None:
        apply()
        self.lists.version += 1

    def settle(self, now: datetime) -> None:
        """Apply the writes whose delay has passed."""
        due = [one for one in self._writes if one.visible_at <= now]
        self._writes = [one for one in self._writes if one.visible_at > now]
        for one in due:
            self._apply(one.apply)

    # Saving

    def saved(self) -> dict[str, Any]:
        """What the users rated and marked, and their lists, as JSON; without credentials."""

        def rows(marks: Mapping[Key, datetime]) -> list[Any]:
            return [[kind, id_, time.isoformat()] for (kind, id_), time in marks.items()]

        return {
            "users": [
                {
                    "username": user.username,
                    "ratings": [[kind, id_, value, time.isoformat()] for (kind, id_), (value, time) in user.ratings.items()],
                    "favorites": rows(user.favorites),
                    "watchlist": rows(user.watchlist),
                }
                for user in self
            ],
            "lists": self.lists.saved(),
        }

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take what `saved` returned. Users who are not there are added."""
        for one in saved["users"]:
            user = self.named(one["username"]) or self.add(one["username"])
            user.ratings = {(kind, id_): (value, datetime.fromisoformat(time)) for kind, id_, value, time in one["ratings"]}
            user.favorites = {(kind, id_): datetime.fromisoformat(time) for kind, id_, time in one["favorites"]}
            user.watchlist = {(kind, id_): datetime.fromisoformat(time) for kind, id_, time in one["watchlist"]}
        self.lists.restore(saved["lists"], {user.username: user for user in self})


def new_access_token() -> str:
    """A token in the form of TMDB's access tokens."""
    return f"eyJ{token_hex(8)}.{token_hex(24)}.{token_hex(16)}"
