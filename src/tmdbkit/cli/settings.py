"""The options that every command has, and the client that they describe."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click
from tmdb_openapi.security import APPLICATION_CREDENTIALS, SESSIONS, TOKENS

if TYPE_CHECKING:
    from tmdbkit import TMDB
    from tmdbkit.testing import FakeTMDB

    ParamType = click.ParamType[Any]
else:
    ParamType = click.ParamType  # generic since click 8.4 only

__all__ = ["COMPLETE", "INPUT", "SECRET_VARIABLES", "CredentialError", "ParamType", "Settings", "add_options", "secret_variable"]

USERS = (*sorted(TOKENS - APPLICATION_CREDENTIALS), *SESSIONS)
"""The credentials of a user. Of two sessions, the first counts: a request is sent with one."""
(USER_TOKEN,) = TOKENS - APPLICATION_CREDENTIALS
SECRET_VARIABLES = {name: f"TMDB_{name.upper()}" for name in (*sorted(APPLICATION_CREDENTIALS), *USERS)}
"""The variables of the environment that have the client's credentials."""
SOURCES = {
    "account_id": "tmdbkit call account.me --fields id",
    "account_object_id": "tmdbkit login --v4",
    "access_token": "tmdbkit login --v4",
    "session_id": "tmdbkit login",
    "guest_session_id": "tmdbkit call authentication.create_guest_session",
}
"""The command that prints a secret argument."""
COMPLETE = "_TMDBKIT_COMPLETE"
"""The variable of the environment in which a shell asks for completions."""
INPUT = click.Path(exists=True, dir_okay=False, allow_dash=True)
"""A file to read; `-` is the standard input."""


class CredentialError(click.ClickException):
    """A credential has no form that TMDB could accept."""

    exit_code = 3


def secret_variable(name: str) -> str:
    """The variable of the environment that has a secret argument of an operation. An `access_token` among the arguments is the user's."""
    return SECRET_VARIABLES[USER_TOKEN] if name in TOKENS else f"TMDB_{name.upper()}"


class Settings:
    """The options that may stand before or after the name of a command.

    Attributes:
        json: Whether to print JSON.
        jsonl: Whether to print a line of JSON for each row.
        fields: The fields to print; all if there are none.
        all: Whether to read all pages of a list.
        language: The language of the responses.
        region: The region of the responses.
        fake: Whether the packaged world answers, in this process.
        base_url: Where the API is.
        token_file: The file with the credential; `-` for the standard input.
        yes: Whether to change something without asking.
    """

    def __init__(self, world: FakeTMDB | None = None) -> None:
        self.json = self.jsonl = self.all = self.yes = False
        self.fake = world is not None
        self.fields: tuple[str, ...] = ()
        self.language: str | None = None
        self.region: str | None = None
        self.base_url: str | None = None
        self.token_file: str | None = None
        self._world = world

    @classmethod
    def of(cls, context: click.Context) -> Settings:
        """The options that a command was given."""
        return context.find_root().ensure_object(cls)

    @property
    def world(self) -> FakeTMDB:
        """The fake that answers in place of TMDB."""
        if self._world is None:
            from tmdbkit.testing import FakeTMDB

            self._world = FakeTMDB()
        return self._world

    @property
    def is_live(self) -> bool:
        """Whether a write would reach TMDB, and not a server on this machine."""
        from tmdbkit.client import LOOPBACK

        base_url = self.base_url or os.environ.get("TMDB_BASE_URL") or ""
        return not self.fake and urlsplit(base_url).hostname not in LOOPBACK

    def refuse(self, *names: str) -> None:
        """Check that options are not given which a command has no use for.

        Raises:
            click.UsageError: One is given.
        """
        if given := [name for name in names if getattr(self, name)]:
            raise click.UsageError(f"--{given[0].replace('_', '-')} has no effect on this command")

    @contextmanager
    def client(self) -> Iterator[TMDB]:
        """The client.

        Raises:
            CredentialError: A credential is malformed.
            InvalidArgumentError: Another option is.
        """
        options: dict[str, Any] = {"language": self.language, "region": self.region}
        if self.fake:
            if self.base_url is not None:
                raise click.UsageError("--base-url has no effect with --fake")
            user = self.world.user
            options["transport"] = self.world.transport  # real time: no client waits on the fake's clock
            with self.world.client(session_id=user.session_id, user_access_token=user.access_token, **options) as tmdb:
                yield tmdb
            return
        from tmdbkit import TMDB

        with TMDB(base_url=self.base_url, **options, **self._credentials()) as tmdb:
            yield tmdb

    def _credentials(self) -> dict[str, Any]:
        from tmdbkit.auth.credentials import Credentials
        from tmdbkit.runtime.errors import InvalidArgumentError

        found: dict[str, str] = {}
        if self.token_file is not None:
            with click.open_file(self.token_file, "rb") as file:
                found["credential"] = file.read().decode(errors="replace").strip()
        given = {name: value for name in USERS if (value := os.environ.get(SECRET_VARIABLES[name]))}
        for name in [name for name in SESSIONS if name in given][1:]:
            del given[name]
        try:
            Credentials.of(**{**found, **given}).with_environment()
        except (InvalidArgumentError, UnicodeError) as error:
            raise CredentialError(str(error)) from None
        return {**found, **given}

    def secret(self, tag: str, name: str) -> str:
        """A secret argument of an operation, which is never an argument of the process: from the environment, the fake, or a prompt.

        Raises:
            click.UsageError: There is none, and nobody to ask.
        """
        variable = secret_variable(name)
        if given := os.environ.get(variable):
            return given
        if self.fake and (known := self._fake_secret(tag, name)):
            return known
        if not sys.stdin.isatty():
            source = f", which '{SOURCES[name]}' prints" if name in SOURCES else ""
            raise click.UsageError(f"{name} is secret, and no argument: set {variable}{source}")
        answer: str = click.prompt(f"{name} ({variable} is not set)", hide_input=True, err=True)
        return answer

    def _fake_secret(self, tag: str, name: str) -> str:
        user = self.world.user
        if name == "request_token":
            with self.world.client(transport=self.world.transport) as tmdb:
                return (tmdb.users.request_v4_approval() if tag.startswith("v4") else tmdb.users.request_approval()).request_token
        known: dict[str, Callable[[], Any]] = {
            "guest_session_id": lambda: self.world.users.add_guest().guest_session_id,
            "password": lambda: "password",
        }
        return str(known[name]() if name in known else getattr(user, name, ""))


def _store(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    source = context.get_parameter_source(parameter.name or "")
    if source is click.core.ParameterSource.COMMANDLINE:
        settings = Settings.of(context)
        if parameter.name == "fields":
            value = tuple(field.strip() for field in value.split(",") if field.strip())
            if not value:
                raise click.BadParameter("name at least one field, such as id,title")
        setattr(settings, parameter.name or "", value)
        if settings.json and settings.jsonl:
            raise click.UsageError("give --json or --jsonl, not both")


class _Checked(ParamType):
    """A language or a region, as the client would check it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from tmdb_openapi import parameters

        type_ = {"language": parameters.LANGUAGE, "region": parameters.REGION}[self.name].type
        try:
            return type_.serialize(value)
        except ValueError as error:
            self.fail(f"must be {type_.description}; {str(error) or f'not {value!r}'}", param, ctx)


class SettingOption(click.Option):
    """An option that every command has."""


def _options() -> list[SettingOption]:
    flag: dict[str, Any] = {"is_flag": True, "expose_value": False, "callback": _store}
    value: dict[str, Any] = {"expose_value": False, "callback": _store}
    return [
        SettingOption(["--json"], help="Print JSON.", **flag),
        SettingOption(["--jsonl"], help="Print a line of JSON for each row.", **flag),
        SettingOption(["--fields"], metavar="A,B.C", help="Print these fields only, by TMDB's names; of a list, those of its rows.", **value),
        SettingOption(["--all"], help="Read all pages of a list.", **flag),
        SettingOption(["--language"], type=_Checked("language"), metavar="LANGUAGE", help="The language of the texts, such as de-DE.", **value),
        SettingOption(["--region"], type=_Checked("region"), metavar="COUNTRY", help="The region of releases, such as DE.", **value),
        SettingOption(["--fake"], help="Ask a small fake TMDB in this process, without a token.", **flag),
        SettingOption(["--base-url"], metavar="URL", help="Where the API is; TMDB_BASE_URL has the same effect.", **value),
        SettingOption(["--token-file"], type=INPUT, metavar="FILE", help="Read the access token or API key from a file; '-' is the standard input.", **value),
        SettingOption(["--yes"], help="Change something at TMDB without asking.", **flag),
    ]


def add_options(command: click.Command) -> None:
    """Add the options to a command; without those that it has itself."""
    own = {parameter.name for parameter in command.params}
    command.params += [option for option in _options() if option.name not in own]
