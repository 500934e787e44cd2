"""The commands for people. Those of one operation are made from it, and the others combine several."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from tmdbkit.runtime.operations import APPEND_TO_RESPONSE
from tmdbkit.runtime.params import Date

from .errors import CREDENTIAL, NOT_FOUND, CommandError, exit_code, one_line
from .operations import CallGroup, TMDBCommand, Value, check_fields, described, operation_command, run_operation
from .settings import INPUT, ParamType, Settings

if TYPE_CHECKING:
    from tmdbkit import TMDB
    from tmdbkit.changed import ChangedKind
    from tmdbkit.runtime.models import Model

__all__ = ["MAKERS"]

KINDS = {"movies": "movies", "series": "tv_series", "people": "people", "collections": "collections", "companies": "companies", "networks": "networks"}
"""What `fetch` fetches, and the resource of each."""
SEARCHES = {"all": "multi", "movie": "movie", "series": "tv", "person": "person", "collection": "collection", "company": "company", "keyword": "keyword"}
CHANGES: dict[str, ChangedKind] = {"movie": "movie", "series": "tv", "person": "person"}
EXPORTS = {
    "movie": "MOVIE_IDS",
    "series": "TV_SERIES_IDS",
    "person": "PERSON_IDS",
    "collection": "COLLECTION_IDS",
    "network": "TV_NETWORK_IDS",
    "keyword": "KEYWORD_IDS",
    "company": "PRODUCTION_COMPANY_IDS",
}
IMAGES = {
    "movies": ("poster", "backdrop", "logo"),
    "tv_series": ("poster", "backdrop", "logo"),
    "people": ("profile",),
    "tv_seasons": ("poster",),
    "tv_episodes": ("still",),
}
"""The kinds of images of each resource; the first is the usual one."""
OUTPUT = click.Path(readable=False)
OF_CALLS = ("all", "fields", "json", "jsonl", "language", "region", "base_url", "token_file")
"""The options of every command that one without a call has no use for."""
MOST_DIGITS = 18
MOST_NAMED = 5
"""The ids that a summary names."""


APPEND: dict[str, Sequence[str]] = {APPEND_TO_RESPONSE: ("--append", "--append-to-response")}


def _settings(*without: str) -> Settings:
    """The options of every command; those that this one has no use for are refused."""
    settings = Settings.of(click.get_current_context())
    settings.refuse(*without)
    return settings


def _check_names(settings: Settings, names: Sequence[str]) -> None:
    """Check the option `--fields` of rows that are none of TMDB's.

    Raises:
        click.UsageError: The rows have no such field.
    """
    if unknown := [field for field in settings.fields if field not in names]:
        raise click.UsageError(f"--fields: no field {unknown[0]!r}; there are {', '.join(names)}")


class _ArgumentOfDetails(ParamType):
    """An argument of the details of an entry. Its resource depends on eager parameters of the command.

    Args:
        name: How the help shows it.
        argument: The argument; None for the first one, the id.
        tag_of: Returns the resource, from the eager parameters that are given.
    """

    def __init__(self, name: str, argument: str | None, tag_of: Callable[[Mapping[str, Any]], str]) -> None:
        self.name, self._argument, self._tag_of = name, argument, tag_of

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if (type_ := self._type(ctx)) is None:
            self.fail("these details have no such argument", param, ctx)
        return type_.convert(value, param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> Any:
        type_ = self._type(ctx)
        return [] if type_ is None else type_.shell_complete(ctx, param, incomplete)

    def _type(self, context: click.Context | None) -> Value | None:
        context = context or click.get_current_context()
        given = {name: value for name, value in context.params.items() if context.get_parameter_source(name) is ParameterSource.COMMANDLINE}
        arguments = described(self._tag_of(given))["details"].operation.arguments
        return next((Value(argument.type) for argument in arguments if self._argument in (None, argument.name)), None)


def _resource(given: Mapping[str, Any]) -> str:
    """The resource of an id, from the options `--series` and `--person`."""
    return "people" if given.get("person") else "tv_series" if given.get("series") else "movies"


ID = _ArgumentOfDetails("ID", None, _resource)
SERIES = click.Option(["--series"], is_flag=True, is_eager=True, help="The id is that of a series.")


# Details


def _movie() -> click.Command:
    return operation_command(described("movies")["details"], "movie", names=APPEND)


def _person() -> click.Command:
    return operation_command(described("people")["details"], "person", names=APPEND)


def _series() -> click.Command:
    season = click.Option(["--season"], type=click.IntRange(min=0), metavar="NUMBER", is_eager=True, help="Show a season of the series; 0 are the specials.")
    command = operation_command(
        described("tv_series")["details"],
        "series",
        names=APPEND,
        more=[season],
        help="Get the details of a series, or of one of its seasons.",
    )
    for parameter in command.params:
        if parameter.name == APPEND_TO_RESPONSE:
            parameter.type = _ArgumentOfDetails("CHOICE,...", APPEND_TO_RESPONSE, lambda given: "tv_seasons" if "season" in given else "tv_series")

    def callback(season: int | None, **values: Any) -> None:
        given = {name: value for name, value in values.items() if value is not None}
        if season is None:
            run_operation(_settings(), described("tv_series")["details"], given)
        else:
            run_operation(_settings(), described("tv_seasons")["details"], {**given, "season_number": season})

    command.callback = callback
    return command


# Search and discover


def _search() -> click.Command:
    def callback(query: tuple[str, ...], kind: str, year: int | None, page: int | None, include_adult: bool | None) -> None:
        settings, operation = _settings(), described("search")[SEARCHES[kind]]
        given: dict[str, Any] = {"query": " ".join(query), "page": page, "year": year, "include_adult": include_adult}
        given = {name: value for name, value in given.items() if value is not None}
        if refused := [name for name in given if not operation.operation.takes(name)]:
            raise click.UsageError(f"--{refused[0].replace('_', '-')} is not for --kind {kind}")
        run_operation(settings, operation, given)

    return TMDBCommand(
        "search",
        params=[
            click.Argument(["query"], nargs=-1, required=True, metavar="TEXT..."),
            click.Option(
                ["--kind"], type=click.Choice([*SEARCHES]), default="all", show_default=True, help="What to search; all are movies, series and people."
            ),
            click.Option(["--year"], type=click.IntRange(1000, 9999), metavar="YEAR", help="Of movies or series: the year of a release."),
            click.Option(["--page"], type=click.IntRange(1, 500), metavar="NUMBER", help="The page; 1 by default."),
            click.Option(["--include-adult/--no-include-adult"], default=None, help="Whether to include adult titles."),
        ],
        callback=callback,
        help="Search movies, series, people and more by name.",
        arguments_help={"TEXT...": "The name, or a part of it."},
    )


class _Genres(ParamType):
    """Genres by their English names or their ids: all of them, with commas, or any of them, with bars."""

    name = "NAME,..."

    def __init__(self, genres: Any) -> None:
        self._genres = {_slug(genre.label): int(genre) for genre in genres}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from tmdbkit import AnyOf

        if "|" in value and "," in value:
            self.fail("separate all genres by commas, or any by bars", param, ctx)
        ids = [self._id(name.strip(), param, ctx) for name in value.replace("|", ",").split(",")]
        return AnyOf(*ids) if "|" in value else ids

    def _id(self, name: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        from tmdbkit.runtime.suggestions import hint

        by_name = self._genres | {str(id_): id_ for id_ in self._genres.values()}
        if _slug(name) not in by_name:
            self.fail(f"no genre {name!r}{hint(_slug(name), self._genres) or ': ' + ', '.join(self._genres)}", param, ctx)
        return by_name[_slug(name)]

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> Any:
        """The genres that the last name in a text begins."""
        from click.shell_completion import CompletionItem

        before = re.sub("[^,|]*$", "", incomplete)
        return [CompletionItem(before + name) for name in self._genres if name.startswith(incomplete[len(before) :].casefold())]


def _slug(name: str) -> str:
    """A name as one word of a shell: `science-fiction`."""
    return "-".join(re.findall(r"\w+", name.casefold()))


def _discover() -> click.Command:
    from tmdbkit.vocabulary import MovieGenre, TVGenre

    commands = [_discover_kind("movie", "movie", MovieGenre, "primary_release_year"), _discover_kind("series", "tv", TVGenre, "first_air_date_year")]
    return click.Group("discover", commands=commands, help="List the movies or series that match filters.")


def _discover_kind(name: str, action: str, genres: Any, year: str) -> click.Command:
    def change(given: dict[str, Any], extra: dict[str, Any]) -> None:
        if extra["genre"] is not None:
            if "with_genres" in given:
                raise click.UsageError("give --genre or --with-genres, not both")
            given["with_genres"] = extra["genre"]

    return operation_command(
        described("discover")[action],
        name,
        names={"sort_by": ("--sort", "--sort-by"), year: ("--year", f"--{year.replace('_', '-')}"), "year": ("--any-release-year",)},
        more=[click.Option(["--genre"], type=_Genres(genres), help="Genres by name: drama,science-fiction for both, or 'drama|war' for either.")],
        change=change,
    )


# Where to watch, and images


class _Country(ParamType):
    name = "COUNTRY"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from tmdbkit.runtime.errors import InvalidArgumentError
        from tmdbkit.vocabulary import country_code

        try:
            return country_code(value)
        except InvalidArgumentError as error:
            self.fail(str(error), param, ctx)


def _where() -> click.Command:
    def callback(id: Any, country: str, series: bool) -> None:  # noqa: A002 - TMDB's name
        from tmdbkit import where_to_watch

        from . import output

        settings = _settings("all", "language", "region")
        _check_names(settings, ("way", "id", "name", "logo_path"))
        with settings.client() as tmdb:
            offers = where_to_watch((tmdb.tv_series if series else tmdb.movies).watch_providers(id), country)
        ways = {way: [{"id": provider.id, "name": provider.name, "logo_path": provider.logo_path} for provider in providers] for way, providers in offers}
        if settings.json and not settings.fields:
            output.print_json({"country": offers.country, "link": offers.link, **ways})
            return
        rows = [{"way": way, **provider} for way, providers in ways.items() for provider in providers]
        output.print_rows(settings, rows)
        if rows and output.is_terminal():
            click.echo(offers.attribution, err=True)

    return TMDBCommand(
        "where",
        params=[
            click.Argument(["id"], type=ID, metavar="ID"),
            click.Option(["--country"], type=_Country(), required=True, metavar="COUNTRY", help="The country as ISO 3166-1, such as DE."),
            SERIES,
        ],
        callback=callback,
        help="Show where a movie or a series can be watched in a country. The source is JustWatch.",
        arguments_help={"ID": "The id of the movie, or of the series."},
    )


def _image() -> click.Command:
    def callback(
        id: Any,  # noqa: A002 - TMDB's name
        kind: str | None,
        size: str | None,
        target: str,
        series: bool,
        person: bool,
        season: int | None,
        episode: int | None,
    ) -> None:
        from tmdbkit import images

        settings = _settings("all", "fields", "json", "jsonl")
        tag, keys = _holder(series=series, person=person, season=season, episode=episode)
        kinds = IMAGES[tag]
        chosen = kind or kinds[0]
        if chosen not in kinds:
            raise click.UsageError(f"--kind must be {' or '.join(kinds)} here; not {chosen}")
        url_of: Any = getattr(images, f"{chosen}_url")
        url_of(None, size)  # refuses a size that there is not
        path = _target(target)
        with settings.client() as tmdb:
            found = _image_path(tmdb, tag, (id, *keys), chosen)
            if not found:
                raise CommandError(f"there is no {chosen} of {id}", NOT_FOUND)
            url = url_of(found, size)
            click.echo(os.fspath(tmdb.images.download(url, path if path is not None else Path.cwd())))

    kinds = dict.fromkeys(chain(*IMAGES.values()))
    return TMDBCommand(
        "image",
        params=[
            click.Argument(["id"], type=ID, metavar="ID"),
            click.Option(["--kind"], type=click.Choice(kinds), help="What to load; by default the poster, of a person the profile, of an episode the still."),
            click.Option(["--size"], metavar="SIZE", help="A size of TMDB's, such as w500; by default original."),
            click.Option(
                ["-o", "--output", "target"], type=OUTPUT, metavar="FILE", default="", help="The file, or the folder; by default TMDB's name in this folder."
            ),
            SERIES,
            click.Option(["--person"], is_flag=True, is_eager=True, help="The id is that of a person."),
            click.Option(["--season"], type=click.IntRange(min=0), metavar="NUMBER", help="A season of the series."),
            click.Option(["--episode"], type=click.IntRange(min=0), metavar="NUMBER", help="An episode of the season."),
        ],
        callback=callback,
        help="Load an image of a movie, a series, a season, an episode or a person, and print the path of the file.",
        arguments_help={"ID": "The id of the movie, the series or the person."},
    )


def _holder(*, series: bool, person: bool, season: int | None, episode: int | None) -> tuple[str, tuple[int, ...]]:
    """The resource that has the image, and the numbers after its id.

    Raises:
        click.UsageError: The options do not fit.
    """
    if series and person:
        raise click.UsageError("give --series or --person, not both")
    if season is not None and not series:
        raise click.UsageError("--season is for --series")
    if episode is not None:
        if season is None:
            raise click.UsageError("--episode needs --season")
        return "tv_episodes", (season, episode)
    if season is not None:
        return "tv_seasons", (season,)
    return _resource({"series": series, "person": person}), ()


def _image_path(tmdb: TMDB, tag: str, keys: Sequence[Any], kind: str) -> str | None:
    from tmdbkit.images import best

    resource: Any = getattr(tmdb, tag)
    if kind == "logo":
        logo: Model | None = best(resource.images(*keys).logos)
        return getattr(logo, "file_path", None)
    path = getattr(resource.details(*keys), f"{kind}_path", None)
    return path if isinstance(path, str) else None


def _target(text: str) -> Path | None:
    """Check the option `-o`, before anything is sent.

    Raises:
        click.UsageError: The folder does not exist, or the file is none.
        InvalidArgumentError: It is a device, a pipe, or a link out of its folder.
        OSError: The folder cannot be written to.
    """
    from tmdbkit.partial_file import replaceable

    if not text:
        return None
    path, folder = Path(text), _check_folder("-o", text)
    if not os.access(folder, os.W_OK):
        raise PermissionError(13, "the folder cannot be written to", str(folder))
    return path if path.is_dir() else replaceable(path)


def _check_folder(option: str, text: str) -> Path:
    """Check that the folder of a file to write exists, and return it.

    Raises:
        click.UsageError: It does not exist, or the file is the standard output.
    """
    if text == "-":
        raise click.UsageError(f"{option} needs a file")
    path = Path(text)
    folder = path if path.is_dir() or text.endswith(("/", os.sep)) else path.parent
    if not folder.is_dir():
        raise click.UsageError(f"{option}: the folder {str(folder)!r} does not exist")
    return folder


# Exports, changes, many ids


def _day(name: str, help_: str) -> click.Option:
    return click.Option([f"--{name}"], type=Value(Date()), help=help_)


def _export() -> click.Command:
    def callback(kind: str, target: str, day: str | None) -> None:
        import attrs

        from tmdbkit import exports
        from tmdbkit.runtime.types import UNSET

        from . import output

        settings = _settings("all", "language", "region")
        file: Any = getattr(exports, EXPORTS[kind])
        _check_names(settings, [field.name for field in attrs.fields(file.row)])
        path = _target(target)
        if path is not None and path.is_dir():
            path = _target(os.fspath(path / f"{file.name}.jsonl"))
        with settings.client() as tmdb:
            if path is not None and path.suffix == ".gz":
                if settings.fields:
                    raise click.UsageError("--fields is for lines of JSON, and not for a file .gz, which is TMDB's own")
                click.echo(os.fspath(tmdb.exports.download(file, path, day=day)))
                return
            rows = ({name: value for name, value in attrs.asdict(row).items() if value is not UNSET} for row in tmdb.exports.rows(file, day=day))
            if path is None:
                settings.jsonl = not settings.json
                output.print_rows(settings, rows)
                return
            click.echo(f"{_written(path, rows, settings.fields):,} rows", err=True)
            click.echo(os.fspath(path))

    return TMDBCommand(
        "export",
        params=[
            click.Argument(["kind"], type=click.Choice([*EXPORTS]), metavar="KIND"),
            click.Option(
                ["-o", "--output", "target"],
                type=OUTPUT,
                metavar="FILE",
                default="",
                help="The file: lines of JSON, or TMDB's own file if the name ends with .gz.",
            ),
            _day("day", "The day; by default the newest."),
        ],
        callback=callback,
        help="Load the daily export of all ids of a kind, as lines of JSON. It needs no credential.",
        arguments_help={"KIND": f"{', '.join(EXPORTS)}."},
    )


def _written(path: Path, rows: Iterable[dict[str, Any]], fields: Sequence[str]) -> int:
    """Write lines of JSON to a file that appears when it is complete, and return their number."""
    from tmdbkit.partial_file import PartialFile
    from tmdbkit.runtime.encode import encode

    count = 0
    file = PartialFile(path, "tmdbkit export")
    try:
        lines: list[bytes] = []
        for count, row in enumerate(rows, 1):  # noqa: B007 - it is the number of rows
            lines.append(encode({name: row.get(name) for name in fields} if fields else row) + b"\n")
            if len(lines) >= 1000:
                file.write(b"".join(lines))
                lines.clear()
        file.write(b"".join(lines))
    except BaseException:
        file.leave()
        raise
    file.complete()
    return count


def _changes() -> click.Command:
    def callback(kind: str, since: str | None, until: str | None) -> None:
        from datetime import timedelta

        from tmdbkit import clock

        from . import output

        settings = _settings("all", "language", "region")
        _check_names(settings, ("id", "day", "adult"))
        with settings.client() as tmdb:
            changed = tmdb.changed(CHANGES[kind], since=since or clock.now().date() - timedelta(days=1), until=until)
            output.print_rows(settings, ({"id": row.id, "day": row.day.isoformat(), "adult": row.adult} for row in changed))

    return TMDBCommand(
        "changes",
        params=[
            click.Argument(["kind"], type=click.Choice([*CHANGES]), metavar="[KIND]", default="movie"),
            _day("since", "The first day; by default yesterday."),
            _day("until", "The last day; by default today."),
        ],
        callback=callback,
        help="List the ids of the movies, series or people that changed, with the latest day of each.",
        arguments_help={"KIND": "movie (the default), series or person."},
    )


def _fetch() -> click.Command:
    def callback(kind: str, ids: str, journal: str | None, append: Any, concurrency: int) -> None:
        settings, tag = _settings("all"), KINDS[kind]
        arguments = {} if append is None else {APPEND_TO_RESPONSE: append}
        check_fields(settings, described(tag)["details"], arguments)
        if journal is not None:
            _check_folder("--journal", journal)
        numbers = _ids(ids)
        with settings.client() as tmdb:
            batch = tmdb.fetch_many(getattr(tmdb, tag).details, numbers, **arguments).concurrency(concurrency)
            if journal is not None:
                batch = batch.journal(journal)
            _print_outcomes(settings, batch, len(numbers), prints=journal is None or settings.json or settings.jsonl or bool(settings.fields))

    return TMDBCommand(
        "fetch",
        params=[
            click.Argument(["kind"], type=click.Choice([*KINDS]), metavar="KIND", is_eager=True),
            click.Argument(["ids"], type=INPUT, metavar="FILE"),
            click.Option(["--journal"], type=click.Path(dir_okay=False), metavar="FILE", help="Keep what came in this file. The same command continues it."),
            click.Option(
                ["--append", "--append-to-response", "append"],
                type=_ArgumentOfDetails("PART,...", APPEND_TO_RESPONSE, lambda given: KINDS[given.get("kind", "movies")]),
                help="The parts to append to the details.",
            ),
            click.Option(["--concurrency"], type=click.IntRange(1, 100), default=10, show_default=True, metavar="NUMBER", help="The calls at once."),
        ],
        callback=callback,
        help="Fetch the details of many ids. They are printed as lines of JSON, in the order in which they come; with --journal, only on --json, --jsonl or "
        "--fields.",
        arguments_help={
            "KIND": f"{', '.join(KINDS)}.",
            "FILE": "A line for each id: the id, or JSON with an id, as export writes it; '-' is the standard input.",
        },
    )


def _ids(name: str) -> list[int]:
    """Read ids, a line each.

    Raises:
        click.UsageError: A line has none; nothing was sent.
        OSError: The file cannot be read.
    """
    import msgspec

    found: dict[int, None] = {}
    place = "the standard input" if name == "-" else name
    with click.open_file(name, "rb") as file:
        for number, line in enumerate(file, 1):
            text = line.strip().removeprefix(b"\xef\xbb\xbf")
            if not text:
                continue
            try:
                value = msgspec.json.decode(text)
            except (ValueError, RecursionError):
                value = None
            id_: Any = value.get("id") if isinstance(value, dict) else value
            if id_.__class__ is not int or not 0 <= id_ < 10**MOST_DIGITS:
                raise click.UsageError(f"{place}, line {number}: no id, and no JSON with one")
            found[id_] = None
    if not found:
        raise click.UsageError(f"{place} has no ids")
    return list(found)


def _print_outcomes(settings: Settings, batch: Any, total: int, *, prints: bool) -> None:
    from tmdbkit import InvalidArgumentError, NotFoundError

    from . import output
    from .progress import progress

    missing: list[Any] = []
    failed: list[tuple[Any, Exception]] = []
    done = earlier = 0
    settings.jsonl = settings.jsonl or not settings.json

    def values(outcomes: Iterable[Any]) -> Iterator[Any]:
        nonlocal done, earlier
        for outcome in outcomes:
            if outcome.error is None:
                done, earlier = done + 1, earlier + outcome.from_journal
                yield outcome.value
            elif isinstance(outcome.error, NotFoundError):
                missing.append(outcome.id)
            else:
                failed.append((outcome.id, outcome.error))

    try:
        with closing(progress(batch, lambda: total, hidden=prints and output.is_terminal())) as outcomes:
            if prints:
                output.print_rows(settings, values(outcomes))
            else:
                for _ in values(outcomes):
                    pass
    except InvalidArgumentError:  # nothing was sent
        total = 0
        raise
    finally:
        if total:
            click.echo(
                f"{done:,} of {total:,} fetched, {earlier:,} of them earlier; {_named('not found', missing)}; {_named('failed', [one for one, _ in failed])}",
                err=True,
            )
    _check_all_came(missing, failed)


def _check_all_came(missing: Sequence[Any], failed: Sequence[tuple[Any, Exception]]) -> None:
    if failed:
        code = exit_code(failed[0][1])
        again = "with another credential" if code == CREDENTIAL else "to fetch the rest"
        raise CommandError(f"{one_line(str(failed[0][1]))}; run it again {again}", code)
    if missing:
        raise CommandError(f"{len(missing):,} not found", NOT_FOUND)


def _named(what: str, ids: Sequence[Any]) -> str:
    named = ", ".join(map(str, ids[:MOST_NAMED]))
    return f"{len(ids):,} {what}" + (f" ({named}{', …' if len(ids) > MOST_NAMED else ''})" if ids else "")


# The fake, login, completion


def _serve() -> click.Command:
    def callback(host: str, port: int, world: str | None) -> None:
        _settings(*OF_CALLS)
        from tmdbkit.testing import FakeTMDB
        from tmdbkit.testing.server import FakeTMDBServer

        try:
            fake = FakeTMDB(world)
        except ValueError as error:
            raise click.UsageError(f"--world: {error}") from None
        with ExitStack() as stack:
            try:
                server = stack.enter_context(FakeTMDBServer(fake, host=host, port=port))
            except OSError as error:
                raise click.ClickException(f"cannot listen at {host}, port {port}: {error.strerror}; --port 0 takes any free port") from None
            for name, value in {**server.environment, "TMDB_SESSION_ID": fake.user.session_id}.items():
                click.echo(f"export {name}={value}")
            click.echo(f"A fake TMDB serves {fake.world} at {server.base_url} until Ctrl-C. Set the lines above in another terminal.", err=True)
            sys.stdout.flush()
            with suppress(KeyboardInterrupt):
                server.wait()

    return TMDBCommand(
        "serve",
        params=[
            click.Option(["--port"], type=click.IntRange(0, 65535), default=8000, show_default=True, metavar="NUMBER", help="The port; 0 for any free one."),
            click.Option(["--host"], default="127.0.0.1", show_default=True, metavar="ADDRESS", help="The address to listen on."),
            click.Option(
                ["--world"],
                type=click.Path(exists=True, dir_okay=False),
                metavar="FILE",
                help="A world that FakeTMDB.save wrote; by default that of the package.",
            ),
        ],
        callback=callback,
        help="Serve a small fake TMDB over HTTP, and print the environment that programs need to use it.",
    )


def _login() -> click.Command:
    def callback(v4: bool, timeout: int) -> None:
        settings = _settings("all", "fields", "json", "jsonl", "language", "region")
        with settings.client() as tmdb:
            approval = tmdb.users.request_v4_approval() if v4 else tmdb.users.request_approval()
            click.echo(f"Approve in a browser: {approval.url}", err=True)
            click.echo("Waiting for the approval. Ctrl-C gives up.", err=True)
            users = approval.wait(deadline=timeout).users
            if v4:
                click.echo(f"export TMDB_USER_ACCESS_TOKEN={users.user_access_token}")
                click.echo(f"export TMDB_ACCOUNT_OBJECT_ID={users.account_object_id}")
            else:
                click.echo(f"export TMDB_SESSION_ID={users.session_id}")
            click.echo("Nothing is stored: set this in your environment, and keep it secret.", err=True)

    return TMDBCommand(
        "login",
        params=[
            click.Option(["--v4"], is_flag=True, help="Ask for a user's access token of v4, in place of a session of v3."),
            click.Option(["--timeout"], type=click.IntRange(1, 86_400), default=300, show_default=True, metavar="SECONDS", help="How long to wait."),
        ],
        callback=callback,
        help="Ask a user for approval in the browser, and print what to put into the environment. Nothing is stored.",
    )


def _completion() -> click.Command:
    from .completion import SHELLS, script

    def callback(shell: str) -> None:
        _settings(*OF_CALLS)
        click.echo(script(click.get_current_context().find_root().command, shell))

    return TMDBCommand(
        "completion",
        params=[click.Argument(["shell"], type=click.Choice([*SHELLS]), metavar="SHELL")],
        callback=callback,
        help='Print the script for a shell that completes commands, operations, options and choices. Bash: eval "$(tmdbkit completion bash)".',
    )


def _call() -> click.Command:
    return CallGroup("call", help="Call any operation of the API, as tag.action.", subcommand_metavar="TAG.ACTION [ARGS]...")


MAKERS: dict[str, Callable[[], click.Command]] = {
    "movie": _movie,
    "series": _series,
    "person": _person,
    "search": _search,
    "discover": _discover,
    "where": _where,
    "image": _image,
    "export": _export,
    "changes": _changes,
    "fetch": _fetch,
    "call": _call,
    "serve": _serve,
    "login": _login,
    "completion": _completion,
}
