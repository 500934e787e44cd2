"""The credentials of an application and of its user."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from string import hexdigits
from typing import Any

from tmdb_openapi.security import APPLICATION_CREDENTIALS, SESSION_FORMS, SESSIONS, TOKENS

from tmdbkit.runtime.errors import InvalidArgumentError, MissingCredentialError
from tmdbkit.runtime.operations import Operation

__all__ = ["Credentials", "Secret", "credential_text"]

HOW_TO_GET_ONE = (
    "Create one at https://www.themoviedb.org/settings/api and give it as TMDB(access_token=...) or TMDB(api_key=...), "
    "or in the environment variable TMDB_ACCESS_TOKEN or TMDB_API_KEY."
)
HOW_TO_GET_A_SESSION = (
    "Use the client that users.request_approval, users.login or users.guest_session gives, or give a session that you have to the call or to the client "
    "as session_id or guest_session_id."
)
HOW_A_USER_ALLOWS_IT = "Use the client that users.request_v4_approval gives, or give a token that you have to the client as user_access_token."
(TOKEN,) = APPLICATION_CREDENTIALS & TOKENS
(KEY,) = APPLICATION_CREDENTIALS - TOKENS
(USER_TOKEN,) = TOKENS - APPLICATION_CREDENTIALS


class Secret:
    """A text that is masked in `repr`, and cannot be pickled."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text."""
        return self._text

    def __repr__(self) -> str:
        return "<Secret>"

    def __reduce__(self) -> str:
        raise TypeError("a credential is not to be pickled")


class Credentials:
    """The credentials of a client: one of an application, and at most one session of a user.

    Args:
        given: The credentials, by the names of the spec's security schemes; and, redacted like them, the user's `account_object_id` in v4.
    """

    __slots__ = ("_completed", "given")

    def __init__(self, given: Mapping[str, Secret]) -> None:
        self.given = given
        self._completed: tuple[str, Credentials] | None = None

    def with_environment(self) -> Credentials:
        """Return these credentials; with the application's of `TMDB_ACCESS_TOKEN` or `TMDB_API_KEY`, if they have none.

        Raises:
            InvalidArgumentError: The credential of the environment is malformed.
        """
        if self.given.keys() & APPLICATION_CREDENTIALS:
            return self
        text = os.environ.get(f"TMDB_{TOKEN.upper()}") or os.environ.get(f"TMDB_{KEY.upper()}")
        if not text:
            return self
        completed = self._completed
        if completed is None or completed[0] != text:
            completed = self._completed = text, Credentials({**Credentials.of(text).given, **self.given})
        return completed[1]

    def _replace(self, **others: str | None) -> Credentials:
        """Return a copy with some credentials replaced; None removes one."""
        kept = {name: secret for name, secret in self.given.items() if name not in others}
        return Credentials({**kept, **{name: Secret(text) for name, text in others.items() if text is not None}})

    @classmethod
    def of(
        cls,
        credential: str | None = None,
        *,
        access_token: str | None = None,
        api_key: str | None = None,
        user_access_token: str | None = None,
        session_id: str | None = None,
        guest_session_id: str | None = None,
    ) -> Credentials:
        """Collect credentials from arguments.

        Args:
            credential: An access token or an API key, distinguished by its form.
            access_token: An access token.
            api_key: An API key.
            user_access_token: A user's access token of v4.
            session_id: A user's session.
            guest_session_id: A guest session.

        Raises:
            InvalidArgumentError: A credential is malformed, or two are given.
        """
        given = [value for value in (credential, access_token, api_key) if value is not None]
        if len(given) > 1:
            raise InvalidArgumentError(f"give one of {TOKEN} and {KEY}: a request is sent with one")
        if credential is not None:
            credential = credential_text("the credential", credential)
            if _is_api_key(credential):
                api_key = credential
            elif _is_jwt(credential):
                access_token = credential
            else:
                raise InvalidArgumentError("the credential is neither an access token (a JWT, which starts with 'eyJ') nor an API key (32 hexadecimal digits)")
        if access_token is not None and _is_api_key(access_token := credential_text(TOKEN, access_token)):
            raise InvalidArgumentError(f"{TOKEN} has the form of a v3 API key, which TMDB rejects as a token: pass it as {KEY}")
        if api_key is not None and _is_jwt(api_key := credential_text(KEY, api_key)):
            raise InvalidArgumentError(f"{KEY} has the form of an access token, which TMDB rejects as a key: pass it as {TOKEN}")
        application = cls({})._replace(access_token=access_token, api_key=api_key)
        return application.with_user(user_access_token).with_session(session_id=session_id, guest_session_id=guest_session_id)

    def with_user(self, user_access_token: str | None) -> Credentials:
        """Return a copy with a user's access token, if one is given.

        Raises:
            InvalidArgumentError: The token is blank.
        """
        if user_access_token is None:
            return self
        return self._replace(user_access_token=credential_text(USER_TOKEN, user_access_token), account_object_id=None)

    def with_session(self, **sessions: str | None) -> Credentials:
        """Return a copy with a user's session, if one is given.

        Args:
            sessions: The sessions by name; at most one is not None.

        Raises:
            InvalidArgumentError: A session is blank or has the form of another credential, or several are given.
        """
        given = {name: text for name, text in sessions.items() if text is not None}
        if not given:
            return self
        if len(given) > 1:
            raise InvalidArgumentError(f"give one of {' and '.join(SESSIONS)}: a request is sent with one")
        return self._replace(**{**dict.fromkeys(SESSIONS), **{name: _session_text(name, text) for name, text in given.items()}})

    def of_user(
        self,
        *,
        user_access_token: str | None = None,
        session_id: str | None = None,
        guest_session_id: str | None = None,
        account_object_id: str | None = None,
    ) -> Credentials:
        """Return the application's credentials with those of a user, without the current user's.

        Raises:
            InvalidArgumentError: One is blank, or two sessions are given.
        """
        application = Credentials({name: secret for name, secret in self.given.items() if name in APPLICATION_CREDENTIALS})
        user = application.with_user(user_access_token).with_session(session_id=session_id, guest_session_id=guest_session_id)
        return user._replace(account_object_id=account_object_id)

    def choose(self, operation: Operation[Any], given: Mapping[str, str | None], parts: Collection[str] = ()) -> dict[str, Secret]:
        """Choose the credentials for a call: the most complete alternative that applies.

        Args:
            operation: The operation.
            given: Sessions among the arguments of the call; they override these.
            parts: The parts that the call appends.

        Raises:
            InvalidArgumentError: A session is blank, or both are given.
            MissingCredentialError: A required credential is missing.
        """
        available = self.with_session(**given).given
        if operation.session_parts and not any(given.values()) and not set(parts) & set(operation.session_parts):
            available = {name: value for name, value in available.items() if name not in SESSIONS}
        possible = [alternative for alternative in operation.security if alternative <= available.keys()]
        if not possible:
            raise MissingCredentialError(f"{operation.operation_id} needs {self._missing(operation.security)}")
        return {name: available[name] for name in max(possible, key=len)}

    def _missing(self, security: Collection[frozenset[str]]) -> str:
        """The missing credential, and how to get it."""
        if not any(alternative & APPLICATION_CREDENTIALS for alternative in security):
            return f"a user's access token. {HOW_A_USER_ALLOWS_IT}"
        if not self.given.keys() & APPLICATION_CREDENTIALS:
            return f"a credential of your application. {HOW_TO_GET_ONE}"
        if any(alternative <= APPLICATION_CREDENTIALS for alternative in security):
            return f"your application's access token; an API key does not suffice. {HOW_TO_GET_ONE}"
        return f"a user's session. {HOW_TO_GET_A_SESSION}"


def credential_text(name: str, value: Any) -> str:
    """Return the text of a credential, stripped.

    Args:
        name: The name in messages.
        value: The credential.

    Raises:
        InvalidArgumentError: It is blank, or has invalid characters. The message does not contain it.
    """
    text = value.strip() if isinstance(value, str) else ""
    if text.lower().startswith("bearer "):
        raise InvalidArgumentError(f"{name} begins with the word Bearer, which the client adds: leave it off")
    if not text or " " in text or not (text.isascii() and text.isprintable()):
        raise InvalidArgumentError(f"{name} is blank, or holds a space or a character that no credential has")
    return text


def _session_text(name: str, value: Any) -> str:
    """Return the text of a session, which has not the form of a token or of another session.

    Raises:
        InvalidArgumentError: It has. The message does not contain it.
    """
    text = credential_text(name, value)
    if _is_jwt(text):
        raise InvalidArgumentError(f"{name} has the form of an access token: pass it as {USER_TOKEN}; users.convert_access_token gets a session for it")
    meant = next((other for other, form in SESSION_FORMS.items() if re.fullmatch(form, text)), name)
    if meant != name:
        raise InvalidArgumentError(f"{name} has the form of a {meant}: pass it as that")
    return text


def _is_api_key(text: str) -> bool:
    return len(text) == 32 and set(text) <= set(hexdigits)


def _is_jwt(text: str) -> bool:
    return text.startswith("eyJ") and re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", text) is not None
