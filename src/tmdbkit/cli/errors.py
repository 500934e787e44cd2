"""Exit codes, and errors in one line.

0    done
1    another failure, such as a file that cannot be written, or values that TMDB rejected
2    the command is wrong; nothing was sent
3    there is no credential, or TMDB rejected it
4    TMDB has no such entry
5    too many requests
6    TMDB could not be reached, did not respond in time, or failed
7    the response is none of TMDB's: a proxy's page, or no JSON
130  interrupted
141  the reader of the output has gone
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TypeVar

import click
from tmdb_openapi.security import APPLICATION_CREDENTIALS, SECRET_PATHS, SECRET_QUERY_ITEMS

from tmdbkit.runtime import errors
from tmdbkit.runtime.operations import REDACTED

from .settings import SECRET_VARIABLES, USERS, CredentialError, secret_variable

__all__ = ["CREDENTIAL", "INTERRUPTED", "NOT_FOUND", "NO_READER", "CommandError", "exit_code", "message_of", "one_line", "redacted"]

T = TypeVar("T")

FAILED, USAGE, CREDENTIAL, NOT_FOUND, RATE_LIMIT, CONNECTION, UNEXPECTED, INTERRUPTED, NO_READER = 1, 2, 3, 4, 5, 6, 7, 130, 141
CREDENTIAL_OPTION = re.compile(r"-+(?:api|access|user|token|session|guest|password|username|request|bearer|key|account|credential)[\w-]*", re.IGNORECASE)
SEARCHABLE = re.compile("(?:(?:movie|series|person|collection|company|keyword)_)?id")
"""The arguments that are ids of what `tmdbkit search` finds."""
SECRETS = re.compile(r"eyJ[\w-]+(?:\.[\w-]+){0,2}|(?<![0-9A-Za-z])[0-9A-Fa-f]{24,}(?![0-9A-Za-z])")
"""What has the form of a token, a key, a session or an account."""
HOW_TO_GET_ONE = "set TMDB_ACCESS_TOKEN or TMDB_API_KEY (https://www.themoviedb.org/settings/api has both), or try --fake"
NOT_TMDB = "check --base-url, and what is between you and TMDB"
CODES: Mapping[type, int] = {
    errors.InvalidArgumentError: USAGE,
    errors.MissingCredentialError: CREDENTIAL,
    errors.AuthenticationError: CREDENTIAL,
    errors.PermissionDeniedError: CREDENTIAL,
    errors.ApprovalTimeoutError: CREDENTIAL,
    errors.NotFoundError: NOT_FOUND,
    errors.RateLimitError: RATE_LIMIT,
    errors.APIConnectionError: CONNECTION,
    errors.ServerError: CONNECTION,
    errors.DecodeError: UNEXPECTED,
}
HINTS: Mapping[type, str] = {
    errors.AuthenticationError: "check TMDB_ACCESS_TOKEN or TMDB_API_KEY",
    errors.SessionError: "run 'tmdbkit login' for another session",
    errors.RequestTokenError: "run 'tmdbkit login' for another one",
    errors.PermissionDeniedError: "the credential lacks the permission",
    errors.WritePermissionError: "run 'tmdbkit login --v4' for a token that may write",
    errors.NotFoundError: "check the id, which 'tmdbkit search' finds",
    errors.RateLimitError: "wait, and run it again",
    errors.APITimeoutError: "run it again",
    errors.APIConnectionError: "check the network, the proxy, and --base-url",
    errors.ServerError: "run it again later",
}
OF_A_LOGIN = frozenset({26, 30, 31, 32, 45})
"""TMDB's codes for a name, a password or an account that it rejects: the application's credential is valid."""


class CommandError(click.ClickException):
    """A command failed, with an exit code of its own."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def exit_code(error: BaseException) -> int:
    """The exit code for an error."""
    if isinstance(error, CommandError):
        return error.code
    if isinstance(error, click.ClickException):
        return error.exit_code
    return UNEXPECTED if type(error) is errors.StatusError else _by_class(CODES, error, FAILED)


def _by_class(table: Mapping[type, T], error: BaseException, default: T) -> T:
    """The entry of an error's class, or of the nearest class above it."""
    return next((table[class_] for class_ in type(error).__mro__ if class_ in table), default)


def message_of(error: BaseException) -> str:
    """What to print about an error: one line, with a hint, and without a credential."""
    if isinstance(error, CredentialError):
        return one_line(f"{error.message}: {HOW_TO_GET_ONE}")
    if isinstance(error, click.NoSuchOption) and CREDENTIAL_OPTION.match(error.option_name):
        name = error.option_name.lstrip("-").replace("-", "_")
        is_users = name not in APPLICATION_CREDENTIALS and secret_variable(name) in _variables()
        instead = f"set {secret_variable(name)}" if is_users else "set TMDB_ACCESS_TOKEN or TMDB_API_KEY, or use --token-file -"
        return f"credentials are no arguments, which other users of the machine can see: {instead}"
    if isinstance(error, click.UsageError):
        path = error.ctx.command_path if error.ctx else "tmdbkit"
        message = error.format_message().rstrip(".")
        ids = " 'tmdbkit search' finds ids." if isinstance(error, click.BadParameter) and error.param and SEARCHABLE.fullmatch(error.param.name or "") else ""
        return one_line(f"{message}{'' if message.endswith('?') else '.'}{ids} See '{path} --help'")
    if isinstance(error, click.ClickException):
        return one_line(error.format_message())
    if isinstance(error, OSError) and not isinstance(error, errors.TMDBError):
        place = f"{error.filename}: " if error.filename is not None else ""
        return one_line(f"{place}{error.strerror or error}")
    if isinstance(error, errors.MissingCredentialError):
        what = str(error).partition(". ")[0]
        return one_line(f"{what}: {HOW_TO_GET_ONE if 'application' in what else _login_hint(what)}")
    hint = _hint(error)
    return one_line(f"{str(error) or type(error).__name__}{f'; {hint}' if hint else ''}")


def _hint(error: BaseException) -> str:
    """What to do about an error of the library; empty if there is nothing to say."""
    if exit_code(error) == UNEXPECTED:
        return NOT_TMDB
    if seconds := getattr(error, "retry_after", None):
        return f"wait {seconds:,.0f} seconds, and run it again"
    if getattr(error, "status_code", None) in OF_A_LOGIN:
        return ""
    if exit_code(error) == NOT_FOUND and getattr(error, "status_code", None) is None:  # an export, or an image
        return ""
    # TMDB does not say whose credential it rejects.
    users = [variable for name in USERS if os.environ.get(variable := SECRET_VARIABLES[name])] if type(error) is errors.AuthenticationError else []
    return _by_class(HINTS, error, "") + (f", and {' and '.join(users)}, which 'tmdbkit login' replaces" if users else "")


def _login_hint(what: str) -> str:
    """How to get a user's credential."""
    return f"run 'tmdbkit login{' --v4' if 'token' in what else ''}', which prints what to set, or try --fake"


def _variables() -> set[str]:
    """The variables of the environment that have secrets."""
    return {*SECRET_VARIABLES.values(), *map(secret_variable, (*SECRET_QUERY_ITEMS, *re.findall(r"{(\w+)}", " ".join(SECRET_PATHS))))}


def one_line(text: str) -> str:
    """A text in one line, without credentials and without characters that control a terminal."""
    return " ".join("".join(character if character.isprintable() else " " for character in redacted(text)).split())


def redacted(text: str) -> str:
    """A text without credentials."""
    from tmdbkit.auth.redaction import Redaction

    return SECRETS.sub(REDACTED, Redaction(os.environ.get(variable, "") for variable in _variables()).text(text))
