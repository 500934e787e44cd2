"""Commands made from the operations of the spec: options' names, types, choices and help are those of the generated package."""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from click.shell_completion import CompletionItem

from tmdbkit.runtime.operations import APPEND_TO_RESPONSE, BodyField, Operation, PathParameter, QueryParameter
from tmdbkit.runtime.params import AnyOf, Boolean, Choice, Date, Either, Integer, List, Number, Object, ParamType, Text, query_text
from tmdbkit.runtime.suggestions import close, hint

from .settings import ParamType as ParamTypeOfClick
from .settings import SettingOption, Settings, add_options, secret_variable

if TYPE_CHECKING:
    from tmdbkit import TMDB

__all__ = ["Argument", "CallGroup", "Described", "TMDBCommand", "cli_example", "described", "operation_command", "run_operation", "tags"]

Argument = PathParameter | QueryParameter | BodyField
_ARGUMENT = re.compile(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)
FEW = 4
"""The choices that stand in the place of a value in the help. The text of the spec lists more."""


class TMDBCommand(click.Command):
    """A command with the options of every command, which its help lists apart, and a list of its arguments."""

    def __init__(self, *args: Any, arguments_help: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._arguments_help = arguments_help or {}
        add_options(self)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help of the arguments and the options."""
        groups: dict[str, list[tuple[str, str]]] = {"Arguments": list(self._arguments_help.items()), "Options": [], "Options of every command": []}
        for parameter in self.get_params(ctx):
            if isinstance(parameter, click.Option) and (record := parameter.get_help_record(ctx)) is not None:
                groups["Options of every command" if isinstance(parameter, SettingOption) else "Options"].append(record)
        for title, records in groups.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


class Value(ParamTypeOfClick):
    """A value of an operation's argument, read as the spec says, and checked before anything is sent."""

    def __init__(self, type_: ParamType) -> None:
        self.type_ = type_
        self.name = _metavar(type_)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read a text."""
        parsed = _parsed(self.type_, value) if isinstance(value, str) else value
        try:
            self.type_.serialize(parsed)
        except (ValueError, TypeError) as error:
            reason = str(error) or f"not {value!r}"
            self.fail(f"must be {_shown(self.type_.description)}; {reason}", param, ctx)
        return parsed

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The choices that begin with a text; in a list, those of its last item."""
        type_, before = self.type_, ""
        if isinstance(type_, List):
            before, comma, incomplete = incomplete.rpartition(",")
            type_, before = type_.item, before + comma
        return [CompletionItem(before + text) for text in _choices(type_) if text.startswith(incomplete)]


def _choices(type_: ParamType) -> list[str]:
    if isinstance(type_, Either):
        return [text for member in type_.types for text in _choices(member)]
    return [query_text(value) for value in type_.values] if isinstance(type_, Choice) else []


def _metavar(type_: ParamType) -> str:
    if isinstance(type_, List):
        if isinstance(type_.item, Object):
            return "JSON"
        return f"{'CHOICE' if _choices(type_.item) else _metavar(type_.item)},..."
    if choices := _choices(type_):
        return f"[{'|'.join(choices)}]" if len(choices) <= FEW else "CHOICE"
    names: dict[type, str] = {Integer: "INTEGER", Number: "NUMBER", Date: "YYYY-MM-DD", Either: "ID", Object: "JSON"}
    return names.get(type(type_), "TEXT" if isinstance(type_, Text) else "CODE")


def _parsed(type_: ParamType, text: str) -> Any:
    """Read a text as a type has it. A text that is none is returned as it is, so that the type rejects it."""
    if isinstance(type_, List):
        return _parsed_list(type_, text)
    if isinstance(type_, Object):
        return _json(text)
    if isinstance(type_, Either):
        return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else text
    if isinstance(type_, Boolean):
        return {"true": True, "false": False}.get(text.lower(), text)
    if isinstance(type_, Choice):
        return next((value for value in type_.values if text == query_text(value)), text)
    if isinstance(type_, Number):
        try:
            return float(text) if text.isascii() and "_" not in text else text  # `float` has digits of other scripts too
        except ValueError:
            return text
    return text


def _parsed_list(type_: List, text: str) -> Any:
    if isinstance(type_.item, Object):
        return _json(text)
    if type_.any_of and "|" in text:
        return AnyOf(*(_parsed(type_.item, item.strip()) for item in text.split("|")))
    return [None if type_.nullable and item.strip() == "null" else _parsed(type_.item, item.strip()) for item in text.split(",")]


def _json(text: str) -> Any:
    """Read JSON, or that of a file behind an @.

    Raises:
        click.BadParameter: The file cannot be read.
    """
    if text.startswith("@"):
        try:
            with click.open_file(text[1:], encoding="utf-8") as file:
                text = file.read()
        except (OSError, UnicodeDecodeError) as error:
            raise click.BadParameter(f"the file {text[1:]!r} cannot be read: {getattr(error, 'strerror', None) or 'it is no UTF-8'}") from None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


class Described(NamedTuple):
    """An operation, with what its method says.

    Attributes:
        tag: The resource, such as `movies`.
        action: The method, such as `details`.
        operation: The operation.
        summary: What it does, in one sentence.
        texts: What it says of each argument, by name.
    """

    tag: str
    action: str
    operation: Operation[Any]
    summary: str
    texts: Mapping[str, str]

    @property
    def name(self) -> str:
        """The name of the command."""
        return f"{self.tag}.{self.action}"


@cache
def tags() -> Mapping[str, str]:
    """The resources, with what each is about."""
    from tmdb_openapi.resources import Resources

    return {name: (inspect.getdoc(value) or "").partition("\n")[0] for name, value in vars(Resources).items() if not name.startswith("_")}


@cache
def described(tag: str) -> Mapping[str, Described]:
    """The operations of a resource, by action."""
    from tmdbkit.runtime.resources import RawResource, Resource

    module = import_module(f"tmdb_openapi.api.{tag}")
    classes = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, Resource) and not issubclass(value, RawResource)]
    resource = next(class_ for class_ in classes if class_.__module__ == module.__name__)
    found: dict[str, Described] = {}
    for constant, operation in vars(module).items():
        if isinstance(operation, Operation):
            action = constant.lower()
            text = inspect.getdoc(getattr(resource, action)) or ""
            arguments = text.partition("\nArgs:\n")[2].partition("\n\n")[0]
            texts = {name: " ".join(help_.split()) for name, help_ in _ARGUMENT.findall(arguments)}
            found[action] = Described(tag, action, operation, " ".join(text.partition("\n\n")[0].split()), texts)
    return found


def _option_name(argument: Argument) -> str:
    return f"--{argument.name.replace('_', '-')}"


def _is_flag(type_: ParamType) -> bool:
    return isinstance(type_, Boolean) or (isinstance(type_, Choice) and type_.values == (True,))


def _option(argument: Argument, help_: str, names: Sequence[str]) -> click.Option:
    if _is_flag(argument.type):
        name = names[0] if isinstance(argument.type, Choice) else f"{names[0]}/--no-{names[0][2:]}"
        return click.Option([argument.name, name], is_flag=True, default=None, help=help_, required=argument.required and isinstance(argument.type, Boolean))
    return click.Option([argument.name, *names], type=Value(argument.type), metavar=_metavar(argument.type), required=argument.required, help=help_)


SHOWN = {"`": "", "\b": "", "AnyOf(...)": "a|b", "a datetime.date, or a text": "a day", " or None": " or null"}
"""How what the library says of its arguments reads in a terminal."""


def _shown(text: str) -> str:
    for ours, shown in SHOWN.items():
        text = text.replace(ours, shown)
    return text


def operation_command(
    operation: Described,
    name: str,
    *,
    names: Mapping[str, Sequence[str]] | None = None,
    more: Sequence[click.Parameter] = (),
    change: Callable[[dict[str, Any], dict[str, Any]], None] | None = None,
    help: str | None = None,  # noqa: A002 - click's name
) -> TMDBCommand:
    """Make the command of an operation.

    Args:
        operation: The operation.
        name: The name of the command.
        names: Other names for options, by argument.
        more: Options that the operation does not have.
        change: Turns the values of these into arguments: takes the arguments, and those values.
        help: What the command does; by default the summary of the operation.
    """
    parameters: list[click.Parameter] = list(more)
    arguments: dict[str, str] = {}
    for argument in operation.operation.arguments:
        if argument.secret:
            continue
        text = _shown(operation.texts.get(argument.name, ""))
        if isinstance(argument, PathParameter):
            parameters.append(click.Argument([argument.name], type=Value(argument.type), metavar=argument.name.upper()))
            arguments[argument.name.upper()] = text
        else:
            parameters.append(_option(argument, text, (names or {}).get(argument.name, (_option_name(argument),))))
    secrets = [argument.name for argument in operation.operation.arguments if argument.secret]
    others = [parameter.name or "" for parameter in more]

    def callback(**values: Any) -> None:
        extra = {name: values.pop(name) for name in others}
        given = {name: value for name, value in values.items() if value is not None}
        if change is not None:
            change(given, extra)
        run_operation(Settings.of(click.get_current_context()), operation, given)

    text = help or operation.summary
    if secrets:
        text += f"\n\nSecret, and from the environment or a prompt: {', '.join(f'{name} ({secret_variable(name)})' for name in secrets)}."
    return TMDBCommand(name, params=parameters, callback=callback, help=_shown(text), short_help=_shown(operation.summary), arguments_help=arguments)


def run_operation(settings: Settings, operation: Described, given: Mapping[str, Any]) -> None:
    """Call an operation, and print the response.

    Raises:
        click.UsageError: The options do not fit, or it would change something, and nobody can be asked.
    """
    from . import output

    target, arguments = operation.operation, dict(given)
    check_fields(settings, operation, arguments)
    if settings.all and "page" in arguments:
        raise click.UsageError("give --page or --all, not both")
    if settings.all and not target.takes("page"):
        raise click.UsageError(f"--all: {operation.name} has no pages")
    for argument in target.arguments:
        if argument.secret and argument.required:
            arguments[argument.name] = settings.secret(operation.tag, argument.name)
    target.prepare(arguments)  # refuses what it can before the question
    if target.changes_state and settings.is_live and not settings.yes:
        confirm(f"{operation.name}: {operation.summary} Change this at TMDB?")
    with settings.client() as tmdb:
        method = getattr(getattr(tmdb, operation.tag), operation.action)
        if settings.all:
            print_all(settings, tmdb, method, arguments)
        else:
            output.print_response(settings, method(**arguments))


def check_fields(settings: Settings, operation: Described, given: Mapping[str, Any]) -> None:
    """Check the option `--fields`.

    Raises:
        click.UsageError: The response has no such field, or it is in a part that is not appended.
    """
    from . import output

    output.check_fields(operation.operation.returns(), settings.fields)
    missing = {path.partition(".")[0] for path in settings.fields} - {*given.get(APPEND_TO_RESPONSE, ())}
    for argument in operation.operation.arguments:
        for name in sorted(missing) if argument.name == APPEND_TO_RESPONSE else ():
            if _takes(argument.type, [name]):
                raise click.UsageError(f"--fields: {name!r} is a part, which --append-to-response {name} adds")


def _takes(type_: ParamType, value: Any) -> bool:
    try:
        type_.serialize(value)
    except (ValueError, TypeError):
        return False
    return True


def confirm(question: str) -> None:
    """Ask, and end the command unless the answer is yes.

    Raises:
        click.UsageError: Nobody can be asked.
    """
    if not sys.stdin.isatty():
        raise click.UsageError("this changes something at TMDB, and nobody can be asked: add --yes")
    if not click.confirm(question, err=True):
        raise click.ClickException("nothing was sent")


def print_all(settings: Settings, tmdb: TMDB, method: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
    """Print the rows of all pages, with a progress bar if both outputs allow one."""
    from . import output
    from .progress import progress

    paginator: Any = tmdb.paginate(method, **arguments)
    with closing(progress(paginator, lambda: len(paginator), hidden=output.is_terminal() and settings.jsonl)) as rows:
        output.print_rows(settings, rows)


class _OperationGroup(click.Group):
    """The operations of a resource."""

    def __init__(self, tag: str) -> None:
        super().__init__(tag, help=_shown(tags()[tag]), subcommand_metavar="ACTION [ARGS]...", invoke_without_command=True, callback=_list_actions)
        self.tag = tag

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The actions."""
        return list(described(self.tag))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of an action."""
        found = described(self.tag).get(cmd_name.replace("-", "_"))
        return found and operation_command(found, cmd_name)


def _list_actions() -> None:
    context = click.get_current_context()
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


class CallGroup(click.Group):
    """`tmdbkit call`: every operation as `tag.action`. A tag alone lists its actions."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The resources."""
        return list(tags())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of an operation, or the list of those of a resource."""
        tag, dot, action = cmd_name.replace("-", "_").partition(".")
        if tag not in tags():
            return None
        return _OperationGroup(tag).get_command(ctx, action) if dot else _OperationGroup(tag)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command.

        Raises:
            click.UsageError: There is none; the message has the name that was probably meant.
        """
        name = args[0]
        command = None if name.startswith("-") else self.get_command(ctx, name)
        if command is None and not name.startswith("-") and not ctx.resilient_parsing:
            tag, _, action = name.partition(".")
            meant = tag if tag in tags() else close(tag, tags())
            known: Iterable[str] = (f"{meant}.{one}" for one in described(meant)) if meant and action else tags()
            raise click.UsageError(f"no operation {name!r}{hint(name, known)}", ctx)
        return (name, command, args[1:]) if command else super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The operations that begin with a text; only the resources that it leaves possible are imported."""
        tag = incomplete.partition(".")[0]
        possible = [known for known in tags() if known == tag or ("." not in incomplete and known.startswith(tag))]
        operations = [operation for known in possible for operation in described(known).values()]
        found = [CompletionItem(operation.name, help=operation.summary) for operation in operations if operation.name.startswith(incomplete)]
        return found or super().shell_complete(ctx, incomplete)


def cli_example(operation: Described, arguments: Mapping[str, Any]) -> str:
    """The command line that calls an operation, for documentation.

    Args:
        operation: The operation.
        arguments: Arguments by name, in JSON's types. Secret ones are left out.
    """
    from shlex import quote

    words = ["tmdbkit", "call", operation.name]
    for argument in operation.operation.arguments:
        if argument.secret or argument.name not in arguments:
            continue
        value = arguments[argument.name]
        if isinstance(argument, PathParameter):
            words.append(_word(value))
            continue
        option = _option_name(argument)
        if _is_flag(argument.type):
            words.append(option if value else f"--no-{option[2:]}")
        else:
            words += [option, _word(value)]
    return " ".join(quote(word) for word in words)


def _word(value: Any) -> str:
    if isinstance(value, AnyOf):
        return "|".join(map(_word, value.values))
    if isinstance(value, list) and all(not isinstance(item, dict) for item in value):
        return ",".join(map(_word, value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else query_text(value)
