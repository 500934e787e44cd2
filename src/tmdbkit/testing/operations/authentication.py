"""Keys, request tokens, sessions and access tokens."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tmdb_openapi.security import APPROVAL_PAGES

from .call import Call, Refused, Reply, responds

__all__: list[str] = []

WRONG_LOGIN = 30
INVALID_TOKEN = 35
NO_SESSION = 37
GUEST_LIFE = timedelta(days=1)


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _given(call: Call, name: str) -> str:
    """A value of the body, or of the query of the GET forms."""
    return str((call.body or call.query)[name])


@responds("authentication_validate_key")
def _validate_key(call: Call) -> Any:
    del call
    return {"success": True, "status_code": 1, "status_message": "Success."}


@responds("authentication_create_guest_session")
def _create_guest_session(call: Call) -> Any:
    guest = call.users.add_guest()
    guest.expires_at = call.now + GUEST_LIFE
    return {"success": True, "guest_session_id": guest.guest_session_id, "expires_at": _time(guest.expires_at)}


@responds("authentication_create_request_token")
def _create_request_token(call: Call) -> Any:
    text, token = call.users.issue_request_token(3, call.now)
    page = APPROVAL_PAGES[call.operation.operation_id].format(request_token=text)
    return Reply(200, {"success": True, "expires_at": _time(token.expires_at), "request_token": text}, {"authentication-callback": page})


@responds("authentication_create_session_with_login", "authentication_create_session_with_login_by_get")
def _log_in(call: Call) -> Any:
    text = _given(call, "request_token")
    token = call.users.request_token(text, 3, call.now)
    if isinstance(token, int):
        raise Refused(token)
    username, password = _given(call, "username"), _given(call, "password")
    user = call.users.named(username)
    if user is None or not user.accepts(password):
        raise Refused(WRONG_LOGIN)
    token.state, token.user = "approved", user
    return {"success": True, "expires_at": _time(token.expires_at), "request_token": text}


@responds("authentication_create_session", "authentication_create_session_by_get")
def _create_session(call: Call) -> Any:
    user = call.users.exchange(_given(call, "request_token"), 3, call.now)
    if isinstance(user, int):
        raise Refused(user)
    return {"success": True, "session_id": call.users.issue_session(user)}


@responds("authentication_create_session_from_v4_token")
def _create_session_from_v4_token(call: Call) -> Any:
    user = call.users.user_of_token(call.body["access_token"])
    if user is None:
        raise Refused(INVALID_TOKEN)
    return {"success": True, "session_id": call.users.issue_session(user)}


@responds("authentication_delete_session")
def _delete_session(call: Call) -> Any:
    if not call.users.revoke("session_id", call.body["session_id"]):
        raise Refused(NO_SESSION)
    return {"success": True}


@responds("v4_auth_create_request_token")
def _create_v4_request_token(call: Call) -> Any:
    text, _ = call.users.issue_request_token(4, call.now)
    return {"success": True, "status_code": 1, "status_message": "Success.", "request_token": text}


@responds("v4_auth_create_access_token")
def _create_access_token(call: Call) -> Any:
    user = call.users.exchange(call.body["request_token"], 4, call.now)
    if isinstance(user, int):
        raise Refused(user)
    return {
        "success": True,
        "status_code": 1,
        "status_message": "Success.",
        "account_id": user.account_object_id,
        "access_token": call.users.issue_access_token(user),
    }


@responds("v4_auth_delete_access_token")
def _delete_access_token(call: Call) -> Any:
    if not call.users.revoke("user_access_token", call.body["access_token"]):
        raise Refused(INVALID_TOKEN)
    return {"success": True, "status_code": 13, "status_message": "The item/record was deleted successfully."}
