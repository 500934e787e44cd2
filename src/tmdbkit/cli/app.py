"""The program: its commands, which are made when they are needed, and its errors."""

from __future__ import annotations

import os
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from tmdbkit._version import __version__
from tmdbkit.runtime.suggestions import hint

from .settings import COMPLETE, Settings, add_options

__all__ = ["program", "run"]

COMMANDS = {
    "movie": "Get the details of a movie.",
    "series": "Get the details of a series or a season.",
    "person": "Get the details of a person.",
    "search": "Search movies, series, people and more.",
    "discover": "List the movies or series that match filters.",
    "where": "Show where a title can be watched.",
    "image": "Load a poster or another image.",
    "export": "Load the daily export of all ids.",
    "changes": "List the ids that changed.",
    "fetch": "Fetch the details of many ids.",
    "call": "Call any operation of the API.",
    "serve": "Serve a fake TMDB on this machine.",
    "login": "Let a user approve in the browser.",
    "completion": "Print the script for a shell's completion.",
}
DEBUG = "TMDBKIT_DEBUG"
EPILOG = """Credentials come from the environment: TMDB_ACCESS_TOKEN or TMDB_API_KEY, and TMDB_SESSION_ID or TMDB_USER_ACCESS_TOKEN of a user.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no valid credential, 4 not found, 5 too many requests, 6 no connection, 7 unexpected response.

This product uses the TMDB API but is not endorsed or certified by TMDB."""


class _Program(click.Group):
    """The program. Its help needs none of the commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        from .commands import MAKERS

        return MAKERS[cmd_name]()

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            from .operations import tags

            meant = hint(args[0], COMMANDS) or (f". Did you mean 'call {args[0]}'?" if args[0].partition(".")[0] in tags() else "")
            raise click.UsageError(f"no command {args[0]!r}{meant}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_commands(ctx, formatter)
        with formatter.section("Options, before or after the command"):
            formatter.write_dl([record for parameter in self.get_params(ctx) if (record := parameter.get_help_record(ctx))])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        found = [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        return found if not incomplete.startswith("-") else click.Command.shell_complete(self, ctx, incomplete)


def program() -> click.Group:
    """Make the program."""
    made = _Program(
        "tmdbkit",
        help="Movies, series and people of The Movie Database in the terminal.",
        epilog=EPILOG,
        context_settings={"token_normalize_func": _normal, "help_option_names": ["-h", "--help"]},
        no_args_is_help=True,
    )
    add_options(made)
    made.params.append(click.Option(["--version"], is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Show the version."))
    return made


def _normal(name: str) -> str:
    """The name of an option: TMDB's own, with dots and underscores, are accepted too."""
    return name.replace("_", "-").replace(".", "-")


def _show_version(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        click.echo(f"tmdbkit {__version__}")
        context.exit()


def run(arguments: list[str] | None = None, settings: Settings | None = None) -> int:
    """Run a command, and return the exit code.

    Args:
        arguments: The arguments after the name of the program; by default those of the process.
        settings: The options to begin with.
    """
    _open_missing_streams()
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning  # type: ignore[assignment]
        for category in (UserWarning, DeprecationWarning):
            warnings.simplefilter("default", category)
        try:
            if instruction := os.environ.get(COMPLETE):
                from .completion import complete

                return complete(program(), instruction)
            # click's own `main` would hide a closed pipe.
            with program().make_context("tmdbkit", list(sys.argv[1:] if arguments is None else arguments), obj=settings or Settings()) as context:
                context.command.invoke(context)
            sys.stdout.flush()
            return 0
        except click.exceptions.Exit as end:
            return end.exit_code
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            return 2
        except BrokenPipeError:
            return _without_reader()
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - a program ends with a message, and not with a traceback
            return _failed(error)


def _open_missing_streams() -> None:
    """Give a program that a shell started with closed streams (`>&-`) empty ones."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - for as long as the process lives


def _failed(error: BaseException) -> int:
    """Print an error, and return the exit code."""
    from .errors import INTERRUPTED, NO_READER, exit_code, message_of, redacted

    if isinstance(error, ModuleNotFoundError) and error.name in ("click", "rich"):
        raise error
    try:
        with suppress(BrokenPipeError):
            sys.stdout.flush()
        if isinstance(error, (click.Abort, KeyboardInterrupt)):
            click.echo("tmdbkit: interrupted", err=True)
            return INTERRUPTED
        if os.environ.get(DEBUG) == "1":
            import traceback

            click.echo(redacted("".join(traceback.format_exception(error))), err=True, nl=False)
        click.echo(f"tmdbkit: {message_of(error)}", err=True)
    except BrokenPipeError:
        return NO_READER
    except OSError:
        pass  # the output cannot take the message either
    return exit_code(error)


def _without_reader() -> int:
    """End quietly, as programs do that a signal ends: the reader, such as `head`, has enough."""
    from .errors import NO_READER

    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left in buffers goes nowhere
    return NO_READER


def _show_warning(message: Warning | str, category: type[Warning], *_: Any) -> None:
    """Print a warning of ours in one line; others are for developers."""
    from .errors import one_line

    if category.__module__.startswith("tmdbkit") or (category is DeprecationWarning and "deprecated. " in str(message)):
        click.echo(f"tmdbkit: warning: {one_line(str(message))}", err=True)
