"""Login state of the fake: request tokens, sessions and access tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from threading import Lock
from typing import Any, NamedTuple

from tmdb_openapi.security import APPROVAL_PAGES, TOKENS

from tmdbkit.auth.credentials import Secret

__all__ = ["FakeUsers", "Issued"]

# TMDB's status codes; `tmdb_openapi.status_codes` has their meanings.
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


class Issued(NamedTuple):
    """Fields and headers that replace the recorded ones, with a newly issued token or session."""

    body: Mapping[str, str]
    headers: Mapping[str, str] = {}


@dataclass
class _RequestToken:
    """A request token: API version, expiry and state."""

    version: int
    expires_at: datetime
    state: str

    def is_usable(self, version: int) -> bool:
        """Whether this version of the API still accepts the token."""
        return self.version == version and self.state != USED and datetime.now(UTC) < self.expires_at


class FakeUsers:
    """The users of a fake: their decisions on TMDB's site, and the tokens and sessions that the fake issues to them.

    A request token is approved when it is issued, unless `auto_approve` is False: then `approve` and `deny` play the user.

        fake.users.auto_approve = False
        approval = fake.client().users.request_approval()
        fake.users.approve()
        user = approval.finish()

    A request token works once, until it expires. The fake rejects deleted sessions and user access tokens. It accepts tokens and sessions that it did not
    issue, and sends the recorded response.

    Attributes:
        auto_approve: Whether request tokens are approved when they are issued. Default: True.
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
        """Add a user who may log in with a password. Until a user is added, the fake accepts any name and password.

        Args:
            username: The user's name.
            password: The user's password.
        """
        self._passwords[username] = password

    def approve(self, request_token: str | None = None) -> None:
        """Approve a request token, as a user does on TMDB's site.

        Args:
            request_token: The request token; by default the latest.

        Raises:
            ValueError: The fake did not issue the token, or it was used already.
        """
        with self._lock:
            self._unused(request_token).state = APPROVED

    def deny(self, request_token: str | None = None) -> None:
        """Deny a request token, as a user does on TMDB's site.

        Args:
            request_token: The request token; by default the latest.

        Raises:
            ValueError: The fake did not issue the token, or it was used already.
        """
        with self._lock:
            self._unused(request_token).state = DENIED

    def expire(self, request_token: str | None = None) -> None:
        """Expire a request token now, instead of after 60 minutes, or 15 in v4.

        Args:
            request_token: The request token; by default the latest.

        Raises:
            ValueError: The fake did not issue the token, or it was used already.
        """
        with self._lock:
            self._unused(request_token).expires_at = datetime.now(UTC)

    def _unused(self, request_token: str | None) -> _RequestToken:
        token = self._request_tokens.get(next(reversed(self._request_tokens), "") if request_token is None else request_token)
        if token is None or token.state == USED:
            raise ValueError("this fake has issued no such request token" if token is None else "the request token was used already")
        return token

    def check(self, credentials: Mapping[str, Secret]) -> int | None:
        """TMDB's error code if one of the credentials was deleted, or None. `FakeTMDB` calls this.

        Args:
            credentials: The credentials of the request.
        """
        for name, secret in credentials.items():
            if secret.reveal() in self._deleted:
                return INVALID_TOKEN if name in TOKENS else NO_PERMISSION
        return None

    def handle(self, operation_id: str, values: Mapping[str, Any]) -> Issued | int | None:
        """Issue or delete tokens and sessions as a request demands. `FakeTMDB` calls this.

        Args:
            operation_id: The operation that the request calls.
            values: The fields of its body, or its query.

        Returns:
            The issued token or session; TMDB's code if the request is rejected; None if the recorded response applies.
        """
        with self._lock:
            return self._handle(operation_id.removesuffix("_by_get"), values)

    def _handle(self, operation_id: str, values: Mapping[str, Any]) -> Issued | int | None:
        match operation_id:
            case "authentication_create_request_token":
                return self._request_token(3, token_hex(20), V3_LIFE)
            case "v4_auth_create_request_token":
                return self._request_token(4, _jwt(), V4_LIFE)
            case "authentication_create_guest_session":
                return Issued({"guest_session_id": token_hex(16), "expires_at": _text(datetime.now(UTC) + GUEST_LIFE)})
            case "authentication_create_session_with_login":
                return self._log_in(values)
            case "authentication_create_session":
                return self._exchange(3, values["request_token"])
            case "v4_auth_create_access_token":
                return self._exchange(4, values["request_token"])
            case "authentication_create_session_from_v4_token":
                return self._convert(values["access_token"])
            case "authentication_delete_session":
                return self._delete(values["session_id"], NO_SESSION)
            case "v4_auth_delete_access_token":
                return self._delete(values["access_token"], INVALID_TOKEN)
        return None

    def _request_token(self, version: int, text: str, life: timedelta) -> Issued:
        token = self._request_tokens[text] = _RequestToken(version, datetime.now(UTC) + life, APPROVED if self.auto_approve else PENDING)
        if version == 4:
            return Issued({"request_token": text})
        page = APPROVAL_PAGES["authentication_create_request_token"].format(request_token=text)
        return Issued({"request_token": text, "expires_at": _text(token.expires_at)}, {"authentication-callback": page})

    def _log_in(self, values: Mapping[str, Any]) -> Issued | int | None:
        token = self._request_tokens.get(values["request_token"])
        if token is not None and not token.is_usable(3):
            return TOKEN_EXPIRED
        if self._passwords and self._passwords.get(values["username"]) != values["password"]:
            return WRONG_LOGIN
        if token is None:
            return None
        token.state = APPROVED
        return Issued({"request_token": values["request_token"], "expires_at": _text(token.expires_at)})

    def _exchange(self, version: int, request_token: str) -> Issued | int | None:
        token = self._request_tokens.get(request_token)
        if token is None:
            return None
        if not token.is_usable(version):
            return TOKEN_EXPIRED
        if token.state != APPROVED:
            # In v3, TMDB does not distinguish pending tokens from denied ones.
            return SESSION_DENIED if version == 3 else NOT_APPROVED if token.state == PENDING else TOKEN_EXPIRED
        token.state = USED
        if version == 3:
            return Issued({"session_id": token_hex(20)})
        access_token = _jwt()
        self._access_tokens.add(access_token)
        return Issued({"access_token": access_token, "account_id": token_hex(12)})

    def _convert(self, access_token: str) -> Issued | int | None:
        if access_token in self._deleted:
            return INVALID_TOKEN
        return Issued({"session_id": token_hex(20)}) if access_token in self._access_tokens else None

    def _delete(self, credential: str, error: int) -> int | None:
        if credential in self._deleted:
            return error
        self._deleted.add(credential)
        return None


def _jwt() -> str:
    """A token in the form of TMDB's access tokens."""
    return f"eyJ{token_hex(8)}.{token_hex(24)}.{token_hex(16)}"


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
