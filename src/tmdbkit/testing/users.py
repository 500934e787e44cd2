"""What the fake makes for users and keeps track of: request tokens, sessions and access tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from threading import Lock
from typing import Any, NamedTuple

from tmdbkit.auth.credentials import Secret

__all__ = ["FakeUsers", "Made"]

# TMDB's own codes; `tmdb_openapi.status_codes` has what they mean.
NO_PERMISSION = 3
SESSION_DENIED = 17
WRONG_LOGIN = 30
TOKEN_EXPIRED = 33
INVALID_TOKEN = 35
NO_SESSION = 37
NOT_APPROVED = 41

PENDING, APPROVED, DENIED, USED = "pending", "approved", "denied", "used"

V3_LIFE = timedelta(minutes=60)
V4_LIFE = timedelta(minutes=15)
GUEST_LIFE = timedelta(days=1)


class Made(NamedTuple):
    """What an answer holds in place of what was recorded, as the fake has just made it."""

    body: Mapping[str, str]
    headers: Mapping[str, str] = {}


@dataclass
class _RequestToken:
    """A request token: of which version, until when, and what became of it."""

    version: int
    expires_at: datetime
    state: str

    def accepted(self, version: int) -> bool:
        """Whether it may still become something in this version of the API."""
        return self.version == version and self.state != USED and datetime.now(UTC) < self.expires_at


class FakeUsers:
    """The users of a fake: what they do on TMDB's site, and the tokens and sessions that the fake makes for them.

    A request token is approved as soon as it is made, unless `auto_approve` is set to False: then `approve` and `deny` say what the user does.

        fake.users.auto_approve = False
        approval = fake.client().users.request_approval()
        fake.users.approve()
        user = approval.finish()

    A request token can be used once, and before it expires. A session or a user's access token that was deleted is refused. What the fake has not made itself
    is accepted, like any other credential, and answered as it was recorded.

    Attributes:
        auto_approve: Whether request tokens are approved as soon as they are made; True unless it is set to False.
    """

    def __init__(self) -> None:
        self.auto_approve = True
        self._request_tokens: dict[str, _RequestToken] = {}
        self._access_tokens: set[str] = set()
        self._deleted: set[str] = set()
        self._passwords: dict[str, str] = {}
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"<FakeUsers: {len(self._request_tokens)} request tokens>"

    def add(self, username: str, password: str) -> None:
        """Let a user log in with a name and a password. Before the first one is added any name and password do; from then on only those that were added.

        Args:
            username: The user's name.
            password: The user's password.
        """
        self._passwords[username] = password

    def approve(self, request_token: str | None = None) -> None:
        """Approve a request token, as a user does on TMDB's site.

        Args:
            request_token: The request token; by default the one that was made last.

        Raises:
            ValueError: The fake has not made it, or it was used already.
        """
        with self._lock:
            self._unused(request_token).state = APPROVED

    def deny(self, request_token: str | None = None) -> None:
        """Deny a request token, as a user does on TMDB's site.

        Args:
            request_token: The request token; by default the one that was made last.

        Raises:
            ValueError: The fake has not made it, or it was used already.
        """
        with self._lock:
            self._unused(request_token).state = DENIED

    def expire(self, request_token: str | None = None) -> None:
        """Let a request token expire, as it does by itself after 60 minutes, or 15 in v4.

        Args:
            request_token: The request token; by default the one that was made last.

        Raises:
            ValueError: The fake has not made it, or it was used already.
        """
        with self._lock:
            self._unused(request_token).expires_at = datetime.now(UTC)

    def _unused(self, request_token: str | None) -> _RequestToken:
        token = self._request_tokens.get(next(reversed(self._request_tokens), "") if request_token is None else request_token)
        if token is None or token.state == USED:
            raise ValueError("this fake has made no such request token" if token is None else "the request token was used already")
        return token

    def refuse(self, credentials: Mapping[str, Secret]) -> int | None:
        """TMDB's code for a request with a credential that was deleted; None where there is none. The fake does this for you.

        Args:
            credentials: The credentials of the request.
        """
        for name, secret in credentials.items():
            if secret.reveal() in self._deleted:
                return INVALID_TOKEN if name == "access_token" else NO_PERMISSION
        return None

    def answer(self, operation_id: str, given: Mapping[str, Any]) -> Made | int | None:
        """What a request makes. The fake does this for you.

        Args:
            operation_id: The operation that it is a request of.
            given: The fields of its body, or the items of its query.

        Returns:
            What was made; TMDB's code where it refuses; None where the request is answered as it was recorded.
        """
        with self._lock:
            return self._answer(operation_id.removesuffix("_by_get"), given)

    def _answer(self, operation_id: str, given: Mapping[str, Any]) -> Made | int | None:
        match operation_id:
            case "authentication_create_request_token":
                return self._request_token(3, token_hex(20), V3_LIFE)
            case "v4_auth_create_request_token":
                return self._request_token(4, _jwt(), V4_LIFE)
            case "authentication_create_guest_session":
                return Made({"guest_session_id": token_hex(16), "expires_at": _text(datetime.now(UTC) + GUEST_LIFE)})
            case "authentication_create_session_with_login":
                return self._log_in(given)
            case "authentication_create_session":
                return self._exchange(3, given["request_token"])
            case "v4_auth_create_access_token":
                return self._exchange(4, given["request_token"])
            case "authentication_create_session_from_v4_token":
                return self._convert(given["access_token"])
            case "authentication_delete_session":
                return self._delete(given["session_id"], NO_SESSION)
            case "v4_auth_delete_access_token":
                return self._delete(given["access_token"], INVALID_TOKEN)
        return None

    def _request_token(self, version: int, text: str, life: timedelta) -> Made:
        token = self._request_tokens[text] = _RequestToken(version, datetime.now(UTC) + life, APPROVED if self.auto_approve else PENDING)
        if version == 4:
            return Made({"request_token": text})
        page = f"https://www.themoviedb.org/authenticate/{text}"
        return Made({"request_token": text, "expires_at": _text(token.expires_at)}, {"authentication-callback": page})

    def _log_in(self, given: Mapping[str, Any]) -> Made | int | None:
        token = self._request_tokens.get(given["request_token"])
        if token is not None and not token.accepted(3):
            return TOKEN_EXPIRED
        if self._passwords and self._passwords.get(given["username"]) != given["password"]:
            return WRONG_LOGIN
        if token is None:
            return None
        token.state = APPROVED
        return Made({"request_token": given["request_token"], "expires_at": _text(token.expires_at)})

    def _exchange(self, version: int, request_token: str) -> Made | int | None:
        token = self._request_tokens.get(request_token)
        if token is None:
            return None
        if not token.accepted(version):
            return TOKEN_EXPIRED
        if token.state != APPROVED:
            # Of v3 TMDB does not tell the one from the other.
            return SESSION_DENIED if version == 3 else NOT_APPROVED if token.state == PENDING else TOKEN_EXPIRED
        token.state = USED
        if version == 3:
            return Made({"session_id": token_hex(20)})
        access_token = _jwt()
        self._access_tokens.add(access_token)
        return Made({"access_token": access_token, "account_id": token_hex(12)})

    def _convert(self, access_token: str) -> Made | int | None:
        if access_token in self._deleted:
            return INVALID_TOKEN
        return Made({"session_id": token_hex(20)}) if access_token in self._access_tokens else None

    def _delete(self, credential: str, refusal: int) -> int | None:
        if credential in self._deleted:
            return refusal
        self._deleted.add(credential)
        return None


def _jwt() -> str:
    """A token of the form that TMDB's access tokens have."""
    return f"eyJ{token_hex(8)}.{token_hex(24)}.{token_hex(16)}"


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
