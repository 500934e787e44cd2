"""The fake: a small world that clients call in place of TMDB."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest import mock

import httpx
import msgspec
from tmdb_openapi.security import APPLICATION_CREDENTIALS, PRIVATE_PATHS, TOKENS
from tmdb_openapi.status_codes import STATUS_CODES

from tmdbkit.client import BASE_URL, TMDB, AsyncTMDB
from tmdbkit.router import Route, route
from tmdbkit.runtime.checks import checked_path
from tmdbkit.runtime.operations import APPEND_TO_RESPONSE, BodyField, Operation, QueryParameter
from tmdbkit.runtime.params import List, Object, ParamType

from . import site
from .clock import FakeClock
from .faults import ALTERED, FAULTS, Fault, Trouble, matches, with_fault
from .operations import Call, Refused, Reply, responder_of
from .requests import ReceivedRequest, explain_missing
from .responses import FakeResponse, default_code, envelope
from .transport import FakeTransport
from .users import FakeUser, FakeUsers
from .world import World
from .world import entries as world_entries
from .world.recorded import learn, records_of

if TYPE_CHECKING:
    from .server import FakeTMDBServer
    from .world.facts import (
        Credit,
        ExternalIDs,
        Offers,
        Release,
        ReviewFacts,
        SeasonFacts,
        TitleFacts,
        TranslationFacts,
        VideoFacts,
    )

__all__ = ["FakeTMDB"]

# TMDB's status codes; `tmdb_openapi.status_codes` has their meanings.
NO_PERMISSION = 3
INVALID_KEY = 7
INVALID_VALUES = 18
INVALID_PAGE = 22
TOO_MANY_PARTS = 27
NOT_CONFIRMED = 29
NOT_FOUND = 34
NO_WRITE_PERMISSION = 36
METHOD_NOT_ALLOWED = 42

USER_TOKENS = TOKENS - APPLICATION_CREDENTIALS
DEFAULT_SECONDS = 5.0
VISIBILITY = "public"
"""The field of a list that TMDB ignores if it is a boolean."""
CONFIRMATION = "confirm"
MAX_RESPONSES = 512
"""The number of encoded responses that are kept, for the next equal request."""


class _Stub(NamedTuple):
    """A response that a test has set with `FakeTMDB.add`."""

    method: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    response: FakeResponse

    def matches(self, request: ReceivedRequest) -> bool:
        return request.method == self.method and matches(self.path, request.path) and self.query.items() <= request.query.items()


class FakeTMDB:
    """A fake TMDB for tests: a small world, in process or as a server, for several clients and threads at once.

    The world has some forty movies, fifteen series with their episodes, a hundred people, and whatever they name. What is listed anywhere can be asked for:
    search, discover, find, credits both ways, parts, translations, pages and changes fit together. `add_movie`, `add_series` and `add_person` add to it.

    It keeps what users do. A rating, a mark or a list is seen by the next read, and belongs to its user: `user`, or one of `users`.

    It rejects what TMDB rejects, with TMDB's status codes: a missing or malformed credential, a session that it did not issue, an unknown id, a page outside
    1..500, more than 20 parts, an invalid body. It accepts any well-formed API key and access token of an application.

        fake = FakeTMDB()
        with fake.client(session_id=fake.user.session_id) as tmdb:
            movie = tmdb.search.movie("Fight Club").results[0]
            tmdb.movies.add_rating(movie.id, value=9)
            tmdb.movies.account_states(movie.id).rated.value   # 9.0

    Attributes:
        world: The world.
        users: The users, who approve request tokens on TMDB's site.
        clock: The time, which a test can set.
        requests: The received requests, in order.
        access_token: An access token of an application that the fake accepts, like any other well-formed one.
    """

    access_token = "eyJ.fake.token"  # noqa: S105

    def __init__(self, world: str | os.PathLike[str] | None = None) -> None:
        """Build a fake.

        Args:
            world: A file that `save` wrote; by default the world of the package.

        Raises:
            OSError: The file cannot be read.
            ValueError: It is no world.
        """
        self.requests: list[ReceivedRequest] = []
        self.clock = FakeClock()
        self.users = FakeUsers(self.clock.now)
        self._troubles: list[Trouble] = []
        self._stubs: list[_Stub] = []
        self._responses: dict[Any, FakeResponse] = {}
        self._recorded: dict[Any, FakeResponse] = {}
        self._lock = RLock()
        if world is None:
            self.world = World.packaged()
        else:
            self._restore(Path(world))

    def __repr__(self) -> str:
        return f"<FakeTMDB: {self.world}, {len(self.requests)} requests>"

    @property
    def user(self) -> FakeUser:
        """The first user, with a session and an access token."""
        return self.users.default

    # Clients

    @property
    def transport(self) -> FakeTransport:
        """An httpx transport, synchronous and asynchronous, that sends every request to this fake."""
        return FakeTransport(self)

    def client(self, **options: Any) -> TMDB:
        """A client that talks to this fake in process, without a rate limit. While it is open, waits take no time but that of `clock`.

        Args:
            options: Options of `TMDB`. Without a credential among them, the client uses `access_token`.
        """
        return TMDB(**self._options(options))

    def async_client(self, **options: Any) -> AsyncTMDB:
        """An asynchronous client that talks to this fake in process, without a rate limit. While it is open, waits take no time but that of `clock`.

        Args:
            options: Options of `AsyncTMDB`. Without a credential among them, the client uses `access_token`.
        """
        return AsyncTMDB(**self._options(options))

    def _options(self, options: dict[str, Any]) -> dict[str, Any]:
        credential = {} if options.keys() & {"credential", *APPLICATION_CREDENTIALS} else {"credential": self.access_token}
        transport = {} if "transport" in options else {"transport": FakeTransport(self, installs_clock=True)}
        return {**transport, "base_url": BASE_URL, "rate_limit": None, **credential, **options}

    def serve(self, *, port: int = 0) -> FakeTMDBServer:
        """An HTTP server on loopback that serves this fake, for use in a `with` statement.

        Args:
            port: The port to listen on; 0 for any free port.
        """
        from .server import FakeTMDBServer

        return FakeTMDBServer(self, port=port)

    @contextmanager
    def active(self) -> Iterator[FakeTMDB]:
        """Serve this fake to every client of the process and its children that has no `base_url` of its own, and let their waits take no time.

        `TMDB_BASE_URL`, `TMDB_EXPORTS_URL`, `TMDB_IMAGES_URL` and `TMDB_ACCESS_TOKEN` name a server on loopback and a
        token. The fixture `fake_tmdb` does the same for pytest;
        this is for other frameworks:

            import unittest

            class MyTest(unittest.TestCase):
                def setUp(self):
                    self.fake = self.enterContext(FakeTMDB().active())
        """
        with self.serve() as server, self.clock.installed(), environment(server):
            yield self

    # The world

    def add_movie(
        self,
        *,
        title: str,
        id: int | None = None,  # noqa: A002 - TMDB's name
        original_title: str | None = None,
        original_language: str = "en",
        release_date: date | str | None = None,
        runtime: int | None = None,
        status: str | None = None,
        genres: Sequence[str] = (),
        keywords: Sequence[str] = (),
        overview: str = "",
        tagline: str = "",
        homepage: str = "",
        adult: bool = False,
        video: bool = False,
        budget: int = 0,
        revenue: int = 0,
        popularity: float = 1.0,
        vote_average: float = 0.0,
        vote_count: int = 0,
        imdb_id: str | None = None,
        external_ids: ExternalIDs | None = None,
        collection: str | None = None,
        companies: Sequence[str] = (),
        countries: Sequence[str] = (),
        spoken_languages: Sequence[str] | None = None,
        credits: Sequence[Credit] = (),  # noqa: A002 - TMDB's name
        alternative_titles: Sequence[TitleFacts] = (),
        translations: Sequence[TranslationFacts] = (),
        release_dates: Mapping[str, Sequence[Release]] | None = None,
        videos: Sequence[VideoFacts] = (),
        watch_providers: Mapping[str, Offers] | None = None,
        reviews: Sequence[ReviewFacts] = (),
        no_images: bool = False,
    ) -> int:
        """Add a movie, or replace the one with this id. Search, discover, details, parts, lists and changes show it.

            fake.add_movie(title="Zazu", release_date="2024-05-01", genres=["Drama"], credits=[{"name": "Ann Example", "character": "Zazu"}])

        Args:
            title: The title.
            id: The id; by default a new one.
            original_title: The original title; by default the title.
            original_language: The original language, as ISO 639-1.
            release_date: The release date: a date, `YYYY-MM-DD`, or days from today, such as `+30`; None if unknown.
            runtime: The runtime in minutes.
            status: The status, such as `Released`; by default by the release date.
            genres: The names of genres, in English.
            keywords: The names of keywords.
            overview: The overview.
            tagline: The tagline.
            homepage: The homepage.
            adult: Whether only `include_adult` shows it.
            video: Whether it is no film, but a video.
            budget: The budget in US dollars.
            revenue: The revenue in US dollars.
            popularity: The popularity, 0 or more. TMDB's lists begin with the most popular.
            vote_average: The average of the votes, 0 to 10.
            vote_count: The number of votes.
            imdb_id: The id at IMDb, such as `tt0137523`. Details and find know it.
            external_ids: The ids at other sites.
            collection: The name of its collection.
            companies: The names of the production companies.
            countries: The countries of origin, as ISO 3166-1 alpha-2.
            spoken_languages: The languages, as ISO 639-1; by default the original one.
            credits: The cast and the crew, in order. People, companies and so on that the world does not know are added to it.
            alternative_titles: The alternative titles.
            translations: The texts in other languages.
            release_dates: The releases by country; by default one on `release_date` in each of the countries.
            videos: The videos.
            watch_providers: The offers of providers, by country.
            reviews: The reviews.
            no_images: Whether it has no images.

        Returns:
            The id.

        Raises:
            ValueError: There is no such genre, a date is malformed, a value is of another type or out of range, or facts have an unknown key or lack one.
        """
        facts = _given(FakeTMDB.add_movie, locals())
        with self._lock, self.world.all_or_nothing():
            facts["id"] = self.world.new_id("movie") if id is None else id
            now = self.clock.now()
            self.world.put("movie", world_entries.movie_from_facts(self.world, facts, now.date()), now=now)
        return int(facts["id"])

    def add_series(
        self,
        *,
        name: str,
        id: int | None = None,  # noqa: A002 - TMDB's name
        original_name: str | None = None,
        original_language: str = "en",
        first_air_date: date | str | None = None,
        status: str | None = None,
        type: str = "Scripted",  # noqa: A002 - TMDB's name
        in_production: bool | None = None,
        seasons: Sequence[SeasonFacts] = (),
        genres: Sequence[str] = (),
        keywords: Sequence[str] = (),
        overview: str = "",
        tagline: str = "",
        homepage: str = "",
        adult: bool = False,
        popularity: float = 1.0,
        vote_average: float = 0.0,
        vote_count: int = 0,
        imdb_id: str | None = None,
        external_ids: ExternalIDs | None = None,
        created_by: Sequence[str] = (),
        networks: Sequence[str] = (),
        companies: Sequence[str] = (),
        countries: Sequence[str] = (),
        spoken_languages: Sequence[str] | None = None,
        credits: Sequence[Credit] = (),  # noqa: A002 - TMDB's name
        content_ratings: Mapping[str, str] | None = None,
        alternative_titles: Sequence[TitleFacts] = (),
        translations: Sequence[TranslationFacts] = (),
        videos: Sequence[VideoFacts] = (),
        watch_providers: Mapping[str, Offers] | None = None,
        reviews: Sequence[ReviewFacts] = (),
        no_images: bool = False,
    ) -> int:
        """Add a TV series, or replace the one with this id.

            fake.add_series(name="Zazu", seasons=[{"season_number": 1, "episodes": [{"name": "Pilot", "air_date": "2024-05-01"}]}])

        Args:
            name: The name.
            id: The id; by default a new one.
            original_name: The original name; by default the name.
            original_language: The original language, as ISO 639-1.
            first_air_date: The first air date: a date, `YYYY-MM-DD`, or days from today, such as `+30`; by default that of the first episode.
            status: The status, such as `Ended`; by default by `in_production`.
            type: The type, such as `Miniseries`.
            in_production: Whether it is being produced; by default, whether an episode is still to come.
            seasons: The seasons, with their episodes.
            genres: The names of genres, in English.
            keywords: The names of keywords.
            overview: The overview.
            tagline: The tagline.
            homepage: The homepage.
            adult: Whether only `include_adult` shows it.
            popularity: The popularity, 0 or more.
            vote_average: The average of the votes, 0 to 10.
            vote_count: The number of votes.
            imdb_id: The id at IMDb.
            external_ids: The ids at other sites.
            created_by: The names of the creators.
            networks: The names of the networks.
            companies: The names of the production companies.
            countries: The countries of origin, as ISO 3166-1 alpha-2.
            spoken_languages: The languages, as ISO 639-1; by default the original one.
            credits: The cast and the crew of all episodes. Those of one episode stand there.
            content_ratings: The rating in each country, such as `{"US": "TV-MA"}`.
            alternative_titles: The alternative titles.
            translations: The texts in other languages.
            videos: The videos.
            watch_providers: The offers of providers, by country.
            reviews: The reviews.
            no_images: Whether it has no images.

        Returns:
            The id.

        Raises:
            ValueError: There is no such genre, a date is malformed, a value is of another type or out of range, or facts have an unknown key or lack one.
        """
        facts = _given(FakeTMDB.add_series, locals())
        with self._lock, self.world.all_or_nothing():
            facts["id"] = self.world.new_id("tv") if id is None else id
            now = self.clock.now()
            self.world.put("tv", world_entries.series_from_facts(self.world, facts, now.date()), now=now)
        return int(facts["id"])

    def add_person(
        self,
        *,
        name: str,
        id: int | None = None,  # noqa: A002 - TMDB's name
        gender: int = 0,
        birthday: date | str | None = None,
        deathday: date | str | None = None,
        place_of_birth: str | None = None,
        known_for_department: str | None = None,
        also_known_as: Sequence[str] = (),
        biography: str = "",
        homepage: str | None = None,
        adult: bool = False,
        popularity: float = 1.0,
        imdb_id: str | None = None,
        external_ids: ExternalIDs | None = None,
        translations: Sequence[TranslationFacts] = (),
        no_images: bool = False,
    ) -> int:
        """Add a person, or replace the one with this id.

        Args:
            name: The name, by which titles credit the person.
            id: The id; by default that of the person with this name, or a new one.
            gender: 0 (unknown), 1 (female), 2 (male) or 3 (non-binary).
            birthday: The birthday: a date, or `YYYY-MM-DD`.
            deathday: The day of death.
            place_of_birth: The place of birth.
            known_for_department: The department, such as `Acting`.
            also_known_as: Other names.
            biography: The biography.
            homepage: The homepage.
            adult: Whether only `include_adult` shows the person.
            popularity: The popularity, 0 or more.
            imdb_id: The id at IMDb, such as `nm0000093`.
            external_ids: The ids at other sites.
            translations: The biography in other languages.
            no_images: Whether there are no images.

        Returns:
            The id.

        Raises:
            ValueError: A date is malformed, a value is of another type or out of range, or facts have an unknown key or lack one.
        """
        facts = _given(FakeTMDB.add_person, locals())
        with self._lock, self.world.all_or_nothing():
            facts["id"] = self.world.person_id(name, department=known_for_department) if id is None else id
            now = self.clock.now()
            self.world.put("person", world_entries.person_from_facts(self.world, facts, now.date()), now=now)
        return int(facts["id"])

    def remove(self, kind: str, id_: int) -> None:
        """Remove a movie, a series or a person. Lists, credits and pages show it no longer.

        Args:
            kind: `movie`, `tv` or `person`.
            id_: The id.

        Raises:
            ValueError: There is no such entry.
        """
        if kind not in ("movie", "tv", "person"):
            raise ValueError(f"kind must be 'movie', 'tv' or 'person', not {kind!r}")
        with self._lock:
            if not self.world.remove(kind, id_, now=self.clock.now()):
                raise ValueError(f"there is no {kind} {id_}")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the world, and what its users rated, marked and listed, as JSON; without credentials. `FakeTMDB(path)` reads it.

        Args:
            path: The file. It is replaced only when all is written.

        Raises:
            InvalidArgumentError: The path is that of a folder.
            OSError: It cannot be written.
        """
        file = checked_path("path", path)
        with self._lock:
            content = json.dumps({"world": self.world.saved(), **self.users.saved()}, ensure_ascii=False, indent=1)
        partial = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            partial.write_text(content + "\n", encoding="utf-8")
            partial.replace(file)
        finally:
            partial.unlink(missing_ok=True)

    def _restore(self, file: Path) -> None:
        try:
            saved = msgspec.json.decode(file.read_bytes())
            self.world = World.restored(saved["world"])
            self.users.restore(saved)
        except (KeyError, TypeError, AttributeError, msgspec.DecodeError, RecursionError) as error:
            raise ValueError(f"{file} is no world that FakeTMDB.save has written") from error

    def load(self, path: str | os.PathLike[str]) -> int:
        """Add recorded details, their parts, and the rows of recorded lists to the world.

        Where the world has no answer to a request, its recording is the answer.

        Args:
            path: A file of `make record`, a folder of them, or a file with such a recording, or a body of details, in each line.

        Returns:
            The number of recordings.

        Raises:
            OSError: It cannot be read.
            ValueError: It is no JSON, or has something else. Then nothing is added.
        """
        recorded: dict[Any, FakeResponse] = {}
        with self._lock, self.world.all_or_nothing():
            count = 0
            for record in records_of(Path(path)):
                count += 1
                if not learn(self.world, record, now=self.clock.now()) and not record.keys() & {"response", "value"}:
                    raise ValueError(f"{path}: object {count} is no recording of make record, and no body of details; it has {', '.join(record) or 'no keys'}")
                request, response = record.get("request"), record.get("response")
                if request and response and response["status"] < 300:
                    key = _request_key(request["method"], request["path"], request.get("query") or {}, request.get("body"))
                    recorded.setdefault(key, FakeResponse.of(response["status"], response.get("body"), headers=response.get("headers")))
            self._recorded = recorded | self._recorded
            return count

    # Responses and trouble

    def add(
        self,
        method: str,
        path: str,
        body: object,
        *,
        status: int = 200,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        new: bool = False,
    ) -> None:
        """Set the response to a request, whatever the world would say. The credential is still checked.

            with fake.client() as tmdb:
                movie = tmdb.movies.details(550)
                movie.title = "Fight Club (restored)"
                fake.add("GET", "/3/movie/550", movie)

        Args:
            method: The HTTP method.
            path: The path of an operation, such as `/3/movie/11`; a segment in braces, as in `/3/movie/{movie_id}`, matches any.
            body: A model, dicts or lists, sent as JSON; or bytes, sent unchanged.
            status: The HTTP status.
            query: Query parameters that the request must have, among others. Of several matching responses, the fake sends the one added last.
            headers: Headers to add; they override the fake's.
            new: Whether the operation is one that this version of the package does not know.

        Raises:
            ValueError: TMDB has no operation with this method and path, and new is False.
        """
        self._check_path(path, method.upper(), new=new)
        response = FakeResponse.of(status, body, headers=headers)
        with self._lock:
            self._stubs.insert(0, _Stub(method.upper(), tuple(path.split("/")), dict(query or {}), response))

    def fail_next(
        self,
        status: int | None = None,
        *,
        code: int | None = None,
        fault: Fault | None = None,
        retry_after: float | str | None = None,
        times: int = 1,
        body: object = None,
        seconds: float = DEFAULT_SECONDS,
        operation: str | None = None,
        path: str | None = None,
        after: int = 0,
    ) -> None:
        """Let the next request fail, or disturb the transfer of its response. Several calls queue.

        The client retries transient failures: to see the exception, let every attempt fail, or build the client with `retries=None`.

            fake.fail_next(429, retry_after=1)
            fake.fail_next(502, body=b"<html>Bad gateway</html>", operation="search_movie", times=3)
            fake.fail_next(fault="cut", path="/3/movie/550")

        Args:
            status: The HTTP status, such as 429; by default the usual one for the code.
            code: TMDB's status code, such as 25; by default the usual one for the HTTP status.
            fault: A fault of the transfer, in place of a status: `timeout`, `disconnect`, `dns`, `slow`, `trickle`, `cut`, `unlabelled_gzip`,
                `truncated_gzip` or `mislabelled_gzip`.
            retry_after: The value of the header `Retry-After`: seconds, or an HTTP date. By default the header is absent.
            times: The number of requests that fail, 1 or more.
            body: The body in place of TMDB's own: a model, dicts or lists; or bytes, sent as HTML, as the proxies in front of TMDB do.
            seconds: How late a slow response comes, or how long a trickling one takes. Where clients wait on `clock`, no other time passes. A `timeout` over a
                socket takes the client's own: build it with a short one.
            operation: The id of the operation that fails, such as `movies_details`; by default any.
            path: The path that fails, such as `/3/movie/550`; a segment in braces matches any. By default any.
            after: The number of such requests that pass before.

        Raises:
            ValueError: Neither status, code nor fault is given, or fault beside them; or TMDB has no such code, operation or path; or a number is out of range.
        """
        if times < 1 or after < 0 or seconds < 0:
            raise ValueError(f"times must be 1 or more, after and seconds 0 or more, not {times}, {after} and {seconds}")
        if fault is not None and fault not in FAULTS:
            raise ValueError(f"fault must be one of {', '.join(FAULTS)}; not {fault!r}")
        response = None
        if fault is None:
            response = self._failure(status, code, retry_after, body)
        elif (status, code, retry_after, body) != (None, None, None, None):
            raise ValueError("pass a fault, or a status or code; not both")
        self._order(Trouble(times=times, after=after, response=response, fault=fault, seconds=seconds), operation, path)

    def alter(self, edit: Callable[[Any], Any], *, operation: str | None = None, path: str | None = None, times: int | None = None, after: int = 0) -> None:
        """Alter bodies before they are sent, as TMDB does when it changes its wire without notice.

            fake.alter(lambda body: body.update(title=None), operation="movies_details")
            fake.alter(lambda body: body["results"][0].update(media_type="podcast"), path="/3/search/multi", times=1)

        Args:
            edit: Gets the body of a success as dicts and lists, and changes it, or returns another. What it takes out of the body may be returned, too.
            operation: The id of the operation, such as `movies_details`; by default any.
            path: The path, such as `/3/movie/550`; a segment in braces matches any. By default any.
            times: The number of bodies to alter; by default all.
            after: The number of bodies that stay before.

        Raises:
            ValueError: TMDB has no such operation or path.
        """
        self._order(Trouble(times=times, after=after, alter=edit), operation, path)

    def _order(self, trouble: Trouble, operation: str | None, path: str | None) -> None:
        if operation is not None and operation not in site.operation_ids():
            raise ValueError(f"TMDB has no operation {operation!r}: {site.similar_operations(operation)}")
        if path is not None:
            self._check_path(path, None, new=False)
            trouble.path = tuple(path.split("/"))
        trouble.operation = operation
        with self._lock:
            self._troubles.append(trouble)

    def _check_path(self, path: str, method: str | None, *, new: bool) -> None:
        if not path.startswith("/") or "?" in path:
            raise ValueError(f"path must be like '/3/movie/550', without a host and a query, not {path!r}")
        if new:
            return
        found = route(path)
        if found is None:
            raise ValueError(f"TMDB has no path {path!r}: {site.similar_paths(path)}")
        if method is not None and method not in found.operations:
            raise ValueError(f"TMDB has no {method} {path}: only {' and '.join(sorted(found.operations))}")

    def _failure(self, status: int | None, code: int | None, retry_after: float | str | None, body: object) -> FakeResponse:
        if code is not None and code not in STATUS_CODES:
            raise ValueError(f"TMDB has no code {code}: its codes are {', '.join(map(str, STATUS_CODES))}")
        if status is None:
            if code is None:
                raise ValueError("pass a status, such as 429, one of TMDB's codes, such as 25, or a fault, such as 'timeout'")
            status = STATUS_CODES[code].http_status
        if body is None:
            body = envelope(default_code(status) if code is None else code)
        headers = {} if retry_after is None else {"retry-after": str(retry_after)}
        if isinstance(body, bytes):
            headers["content-type"] = "text/html"
        return FakeResponse.of(status, body, headers=headers)

    def assert_requested(self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: Any = None, times: int | None = None) -> None:
        """Assert that a request came.

        Args:
            method: The HTTP method.
            path: The path; a segment in braces matches any.
            query: Query parameters that the request has, among others.
            body: The body that the request has.
            times: How often it came; by default at least once.

        Raises:
            AssertionError: It did not. The message shows the nearest requests and how they differ.
        """
        with self._lock:
            received = list(self.requests)
        if problem := explain_missing(received, method.upper(), path, dict(query or {}), body, times):
            raise AssertionError(problem)

    # Requests

    def respond(self, method: str, path: str, query: str, headers: httpx.Headers, content: bytes) -> FakeResponse:
        """Handle a request. The transport and the server call this.

        Args:
            method: The HTTP method.
            path: The path, unescaped.
            query: The query, escaped.
            headers: The headers.
            content: The body.
        """
        if method == "OPTIONS":
            return FakeResponse.preflight(headers.get("Access-Control-Request-Headers"))
        found = route(path)
        operation = found.operations.get("GET" if method == "HEAD" else method) if found else None
        request = ReceivedRequest.of(
            method,
            path,
            query,
            headers,
            content,
            operation_id=operation.operation_id if operation else None,
            redacted_path=found.redacted_path if found else None,
            secret_items=[argument.wire_name for argument in operation.arguments if argument.secret] if operation else [],
        )
        with self._lock:
            if found is None and (page := site.page(self, path, headers.get("accept", ""))):
                return page
            self.requests.append(request)
            trouble = next((one for one in self._troubles if one.response or (one.fault and one.fault not in ALTERED) if one.meets(request)), None)
            if trouble is not None:
                return trouble.response or FakeResponse(0, {}, b"", trouble.fault, trouble.seconds)
            response = self._response(request, found, operation)
            for one in self._troubles:
                if one.alter and response.status < 300 and one.meets(request):
                    response = _altered(response, one.alter)
            disturbance = next((one for one in self._troubles if one.fault in ALTERED and one.meets(request)), None)
        if method in ("GET", "HEAD") and response.status == 200 and not (operation and operation.changes_state):
            is_private = bool(request.credentials.keys() - APPLICATION_CREDENTIALS) or _needs_user_token(operation)
            response = response.with_cache_headers(private=is_private).conditional(headers.get("If-None-Match"))
        return with_fault(response, disturbance.fault, disturbance.seconds) if disturbance and disturbance.fault else response

    def _response(self, request: ReceivedRequest, found: Route | None, operation: Operation[Any] | None) -> FakeResponse:
        account = self._account(request, operation)
        if isinstance(account, int):
            return self._error(account)
        if stub := next((stub for stub in self._stubs if stub.matches(request)), None):
            return stub.response
        if found is None or operation is None:
            return self._error(METHOD_NOT_ALLOWED, headers={"allow": ", ".join(sorted(found.operations))}) if found else self._error(NOT_FOUND)
        if error := self._check_values(request, operation):
            return error
        now = self.clock.now()
        self.users.settle(now)
        key = None
        if account is None and operation.method == "GET" and not _is_private(operation):
            key = request.path, tuple(request.query.items()), self.world.version, self.users.lists.version, now.date()
            if known := self._responses.get(key):
                return known
        body = _body_of(request) if any(isinstance(argument, BodyField) for argument in operation.arguments) else None
        try:
            reply = responder_of(operation)(Call(operation, found.parameters, request.query, body, self.world, self.users, account, now))
        except Refused as refused:
            recorded = self._recorded.get(_request_key(request.method, request.path, request.query, body)) if refused.code == NOT_FOUND else None
            return recorded or self._error(refused.code, refused.errors)
        status, body, headers = reply if isinstance(reply, Reply) else (200, reply, {})
        response = FakeResponse.of(status, msgspec.json.encode(body), headers=headers)
        if key is not None:
            if len(self._responses) >= MAX_RESPONSES:
                self._responses.clear()
            self._responses[key] = response
        return response

    def _account(self, request: ReceivedRequest, operation: Operation[Any] | None) -> FakeUser | int | None:
        """The user of a request, None without one, or TMDB's code if the credentials do not suffice."""
        given = request.credentials
        if not given.keys() & APPLICATION_CREDENTIALS:
            return INVALID_KEY
        if operation is None:
            return None
        if not _is_authorized(operation, given.keys()):
            return NO_PERMISSION
        account = self.users.account(given, token_of_user=any(one & USER_TOKENS for one in operation.security))
        if account is None and _needs_user_token(operation):
            return NO_WRITE_PERMISSION if operation.changes_state else NO_PERMISSION
        return account

    def _check_values(self, request: ReceivedRequest, operation: Operation[Any]) -> FakeResponse | None:
        missing = [
            argument.wire_name
            for argument in operation.arguments
            if isinstance(argument, QueryParameter) and argument.required and not request.query.get(argument.wire_name)
        ]
        if missing == [CONFIRMATION]:
            return self._error(NOT_CONFIRMED)
        if missing:
            return FakeResponse.of(422, {"errors": [f"{name} must be provided" for name in missing]})
        types = {argument.name: argument.type for argument in operation.arguments}
        if "page" in types and not _is_valid_page(request.query.get("page", "1"), types["page"]):
            return self._error(INVALID_PAGE)
        if (
            isinstance(parts := types.get(APPEND_TO_RESPONSE), List)
            and parts.max_items
            and request.query.get(APPEND_TO_RESPONSE, "").count(",") >= parts.max_items
        ):
            return self._error(TOO_MANY_PARTS)
        return None if _is_valid_body(request, operation) else self._error(INVALID_VALUES)

    def _error(self, code: int, errors: Sequence[str] = (), *, headers: Mapping[str, str] | None = None) -> FakeResponse:
        if not code:
            return FakeResponse.of(422, {"errors": list(errors), "success": False, "list_id": None})
        return FakeResponse.of(STATUS_CODES[code].http_status, envelope(code), headers=headers)


@contextmanager
def environment(server: FakeTMDBServer) -> Iterator[None]:
    """Let the clients of the process, and its children, talk to a server on loopback."""
    direct = {name: ",".join(filter(None, (os.environ.get(name), "127.0.0.1"))) for name in ("NO_PROXY", "no_proxy")}
    with mock.patch.dict(os.environ, {**server.environment, **direct}):
        os.environ.pop("TMDB_API_KEY", None)
        yield


def _request_key(method: str, path: str, query: Mapping[str, str], body: Any) -> tuple[Any, ...]:
    """What requests have in common that a recording answers; credentials in paths do not matter."""
    found = route(path)
    return method, found.redacted_path if found else path, frozenset(query.items()), json.dumps(body, sort_keys=True)


def _given(method: Callable[..., int], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a call: the arguments that are not the default None.

    Raises:
        ValueError: A fact is wrong.
    """
    from .world.facts import check  # needed by few tests

    given = {name: value for name, value in arguments.items() if name != "self"}
    check(given, method)
    return {name: value for name, value in given.items() if value is not None}


def _altered(response: FakeResponse, edit: Callable[[Any], Any]) -> FakeResponse:
    body, original = msgspec.json.decode(response.content), msgspec.json.decode(response.content)
    parts = list(_parts(body))
    changed = edit(body)
    # `lambda body: body.pop("title")` returns what it removed.
    in_place = changed is None or (body != original and any(changed is one for one in parts))
    return response._replace(content=msgspec.json.encode(body if in_place else changed))


def _parts(body: Any) -> Iterator[Any]:
    """The values in a body."""
    for value in body.values() if isinstance(body, dict) else body if isinstance(body, list) else ():
        yield value
        yield from _parts(value)


def _is_authorized(operation: Operation[Any], credentials: Any) -> bool:
    """Whether a request with these credentials may call an operation. A user's access token has the same form as an application's."""
    carried = {*credentials, *(TOKENS if TOKENS & {*credentials} else ())}
    return any(alternative <= carried for alternative in operation.security)


@cache
def _is_private(operation: Operation[Any]) -> bool:
    """Whether the response belongs to one caller."""
    return operation.changes_state or any(operation.path == prefix or operation.path.startswith(f"{prefix}/") for prefix in PRIVATE_PATHS)


def _needs_user_token(operation: Operation[Any] | None) -> bool:
    return operation is not None and not any(alternative & APPLICATION_CREDENTIALS for alternative in operation.security)


def _is_valid_page(text: str, type_: ParamType) -> bool:
    try:
        type_.serialize(int(text) if text.isascii() and text.isdigit() else text)
    except ValueError:
        return False
    return True


def _without_unknown(value: Any, type_: ParamType) -> Any:
    """A value of a body without the fields of its objects that TMDB ignores."""
    if isinstance(type_, List) and isinstance(value, list):
        return [_without_unknown(item, type_.item) for item in value]
    if isinstance(type_, Object) and isinstance(value, dict):
        return {name: item for name, item in value.items() if name in type_.fields}
    return value


def _number(text: str) -> float:
    """A number with a point or an exponent. A whole one is an integer in JSON, as `550.0` is."""
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < MAX_WHOLE else number


MAX_WHOLE = 2**53
"""From here on, a float does not tell integers apart."""
_JSON: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=_number)


def _body_of(request: ReceivedRequest) -> Any:
    """The body of a request, as TMDB reads it: without one, no field has a value."""
    return _JSON.decode(request.content) if request.content else {}


def _is_valid_body(request: ReceivedRequest, operation: Operation[Any]) -> bool:
    """Whether the operation accepts the body. Unknown fields are ignored, as TMDB ignores them."""
    fields = [argument for argument in operation.arguments if isinstance(argument, BodyField)]
    if not fields:
        return True
    try:
        body = _body_of(request)
        if not isinstance(body, dict):
            return False
        for field in fields:
            if body.get(field.wire_name) is not None:
                value = body[field.wire_name]
                if not (isinstance(value, bool) and field.wire_name == VISIBILITY):
                    field.type.serialize(_without_unknown(value, field.type))
            elif field.required:
                return False
    except (ValueError, RecursionError):
        return False
    return True
