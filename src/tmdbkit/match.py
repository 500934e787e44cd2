"""`tmdb.match`: which movie or series a name means. The steps are sans-IO, and both clients only carry them out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from datetime import MAXYEAR, date
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, Unpack

import attrs

from .names import ParsedName, parse_name, without_country
from .runtime.checks import check_number
from .runtime.errors import NotFoundError
from .runtime.models import models_in
from .runtime.options import CallOptions, forget

if TYPE_CHECKING:
    from tmdb_openapi.resources import AsyncResources, Resources

__all__ = ["AsyncMatch", "Match", "MovieMatch", "SeriesMatch"]

MatchT = TypeVar("MatchT", "MovieMatch", "SeriesMatch")
_Step: TypeAlias = Callable[[Any], Any]
"""A call of a client; a coroutine for an asynchronous one. None stands for a `NotFoundError`."""

CLEAR = 0.9
"""The similarity from which a title is the one that was meant, so that its other titles need not be asked for."""
EARLIEST_YEAR = 1800
MOST_DETAILS = 3
MOST_VARIANTS = 3
ARTICLES = frozenset("the a an der die das le la les el los las il lo o os um uma".split())
NUMBERS = {
    **{word: str(number) for number, word in enumerate("one two three four five six seven eight nine ten".split(), 1)},
    **{word: str(number) for number, word in enumerate("ii iii iv v vi vii viii ix".split(), 2)},
}


@attrs.frozen
class MovieMatch:
    """A movie that a name may mean.

    Attributes:
        id: The id.
        score: How well it fits, 0 to 1. An id in the name gives 1.
        title: The title, in the language of the call.
        original_title: The original title.
        release_date: The release date; None if unknown.
        popularity: The popularity.
        poster_path: The path of the poster; None without one.
        matched_title: The title that is most like the name: an original, alternative or translated one, perhaps.
    """

    id: int
    score: float
    title: str
    original_title: str
    release_date: date | None
    popularity: float
    poster_path: str | None
    matched_title: str


@attrs.frozen
class SeriesMatch:
    """A series that a name may mean.

    Attributes:
        id: The id.
        score: How well it fits, 0 to 1. An id in the name gives 1.
        name: The name, in the language of the call.
        original_name: The original name.
        first_air_date: The day of the first episode; None if unknown.
        popularity: The popularity.
        poster_path: The path of the poster; None without one.
        matched_title: The name that is most like the given one: an original, alternative or translated one, perhaps.
        season_number: The number of the season in the given name; None without one.
        episode_number: The number of the episode in the given name; None without one.
    """

    id: int
    score: float
    name: str
    original_name: str
    first_air_date: date | None
    popularity: float
    poster_path: str | None
    matched_title: str
    season_number: int | None
    episode_number: int | None


@attrs.define
class _Candidate:
    """A row, and how well it fits."""

    row: Any
    place: int
    similarity: float
    matched: str
    score: float = 0.0


class _Kind(Generic[MatchT]):
    """What movies and series differ in: the names of things."""

    def __init__(self, resource: str, search: str, title: str, day: str, year: str, results: str, titles: str) -> None:
        self.resource, self.search, self.title, self.day, self.year, self.results, self.titles = resource, search, title, day, year, results, titles


_MOVIE = _Kind[MovieMatch]("movies", "movie", "title", "release_date", "year", "movie_results", "titles")
_SERIES = _Kind[SeriesMatch]("tv_series", "tv", "name", "first_air_date", "first_air_date_year", "tv_results", "results")


def _plan(
    kind: _Kind[MatchT], name: ParsedName, *, language: str | None, include_adult: bool | None, limit: int, options: CallOptions
) -> Generator[_Step, Any, list[_Candidate]]:
    """Yield the calls, take their results, and return the candidates, the best first."""
    found = yield from _by_id(kind, name, language, options)
    if found is not None:
        return [_Candidate(found, 0, 1.0, getattr(found, kind.title), 1.0)]
    titles = [name.title, without_country(name.title)] if name.country and kind is _SERIES else [name.title]
    candidates = yield from _searched(kind, name, titles, {"language": language, "include_adult": include_adult}, options)
    ranked = _ranked(kind, name, candidates)
    if not _is_settled(ranked[:1]):
        for candidate in [one for one in ranked if one.similarity < CLEAR][:MOST_DETAILS]:
            yield from _compare_other_titles(kind, candidate, titles, language, options)
            if candidate.similarity >= CLEAR:
                break
    return _ranked(kind, name, candidates)[:limit]


def _searched(
    kind: _Kind[Any], name: ParsedName, titles: list[str], arguments: Mapping[str, Any], options: CallOptions
) -> Generator[_Step, Any, list[_Candidate]]:
    """Search until a title is clear, and for variants only if nothing is found."""
    candidates: dict[int, _Candidate] = {}
    queries = list(_queries(titles, name.year))
    for number, (text, year) in enumerate([*queries, *((text, None) for text in _variants(name.title))]):
        if candidates if number >= len(queries) else _is_settled(candidates.values()):
            break
        page = yield _search(kind, text, {**arguments, kind.year: year} if year else arguments, options)
        for row in models_in(page, "results"):
            if hasattr(row, kind.day) and row.id.__class__ is int and row.id not in candidates:
                likeness, matched = _best(titles, [getattr(row, kind.title), getattr(row, f"original_{kind.title}")])
                candidates[row.id] = _Candidate(row, len(candidates), likeness, matched)
    return list(candidates.values())


def _search(kind: _Kind[Any], text: str, arguments: Mapping[str, Any], options: CallOptions) -> _Step:
    return lambda tmdb: getattr(tmdb.search, kind.search)(text, **arguments, **options)


def _compare_other_titles(
    kind: _Kind[Any], candidate: _Candidate, titles: list[str], language: str | None, options: CallOptions
) -> Generator[_Step, Any, None]:
    """Compare the alternative and translated titles of a candidate."""
    details: Any = yield _details(kind, candidate.row.id, ["alternative_titles", "translations"], language, options)
    if details:
        likeness, matched = _best(titles, _other_titles(kind, details))
        if likeness > candidate.similarity:
            candidate.similarity, candidate.matched = likeness, matched


def _details(kind: _Kind[Any], id_: int, parts: list[str], language: str | None, options: CallOptions) -> _Step:
    return lambda tmdb: getattr(tmdb, kind.resource).details(id_, append_to_response=parts, language=language, **options)


def _by_id(kind: _Kind[Any], name: ParsedName, language: str | None, options: CallOptions) -> Generator[_Step, Any, Any]:
    """Find what an id in the name means; None without an id, or if nothing has it."""
    if name.tmdb_id:
        details = yield _details(kind, name.tmdb_id, [], language, options)
        if details:
            return details
    for source, number in (("imdb_id", name.imdb_id), ("tvdb_id", name.tvdb_id)):
        if number:
            results = yield lambda tmdb, source=source, number=number: tmdb.find.by_id(number, source, language=language, **options)  # type: ignore[misc]
            rows = models_in(results, kind.results)
            if rows:
                return rows[0]
            shows = [row.show_id for row in models_in(results, "tv_episode_results")] if kind is _SERIES else []
            if shows and shows[0].__class__ is int and shows[0] > 0:
                return (yield _details(kind, shows[0], [], language, options))
    return None


def _queries(titles: list[str], year: int | None) -> Iterator[tuple[str, int | None]]:
    """The searches: with the year first, because TMDB then leaves out the others; without it, because a year may be wrong."""
    for title in titles:
        if year:
            yield title, year
        yield title, None


def _variants(title: str) -> list[str]:
    """Other texts to search for, if TMDB finds nothing: without a subtitle, one of two titles, without the last words."""
    found: list[str] = [str(part).strip() for part in re.split(r"\s(?:aka|a\.k\.a\.)\s|\s-\s|:\s", title, flags=re.IGNORECASE)]
    words = title.split()
    if words[0].casefold() in ARTICLES:
        found.append(" ".join(words[1:]))
    found += [" ".join(words[:length]) for length in range(len(words) - 1, 0, -1)]
    return [text for text in dict.fromkeys(found) if text.casefold() not in ARTICLES | {"", title.casefold()}][:MOST_VARIANTS]


def _other_titles(kind: _Kind[Any], details: Any) -> Iterator[str]:
    alternatives = details.alternative_titles
    if alternatives:
        yield from (one.title for one in models_in(alternatives, kind.titles))
    if details.translations:
        yield from (getattr(getattr(one, "data", None), kind.title, None) or "" for one in models_in(details.translations, "translations"))


def _is_settled(candidates: Iterable[_Candidate]) -> bool:
    """Whether one has the title that was meant."""
    return any(candidate.similarity >= CLEAR for candidate in candidates)


def _ranked(kind: _Kind[Any], name: ParsedName, candidates: Iterable[_Candidate]) -> list[_Candidate]:
    for candidate in candidates:
        candidate.score = round(_score(kind, name, candidate), 4)
    return sorted(candidates, key=lambda one: (-one.score, one.place))


def _score(kind: _Kind[Any], name: ParsedName, candidate: _Candidate) -> float:
    """The score: the title above all, then the year, then the popularity, which decides between equal titles."""
    row = candidate.row
    found = float(row.popularity) if isinstance(row.popularity, (int, float)) else 0.0
    popularity: float = max(found, 0) / (max(found, 0) + 20)
    score = 0.9 * candidate.similarity + 0.1 * popularity
    if name.year:
        score = 0.7 * candidate.similarity + 0.25 * _fit_of_year(getattr(row, kind.day), name.year) + 0.05 * popularity
    if name.country and kind is _SERIES:
        score *= 1 if isinstance(row.origin_country, list) and name.country in row.origin_country else 0.8
    return score


def _fit_of_year(day: object, year: int) -> float:
    if not isinstance(day, date):
        return 0.3
    return {0: 1.0, 1: 0.75, 2: 0.3}.get(abs(day.year - year), 0.0)


def _best(titles: list[str], others: Iterable[object]) -> tuple[float, str]:
    """The highest similarity, and the title that has it. One with the first of our titles is worth a little more: `This Is Us` is no `This Is` of the US."""
    pairs = [
        (similarity(title, other) * (0.98 if place else 1), other) for other in others if isinstance(other, str) and other for place, title in enumerate(titles)
    ]
    return max(pairs, key=lambda pair: pair[0], default=(0.0, ""))


def similarity(one: str, other: str) -> float:
    """How alike two titles are, 0 to 1: 1 if they differ in case, accents and punctuation only."""
    first, second = _words(one), _words(other)
    if not first or not second:
        return 0.0
    if first == second:
        return 1.0
    plain, others = ([word for word in words if word not in ARTICLES] or words for words in (first, second))
    if plain == others or "".join(first) == "".join(second):
        return 0.97
    common = 2 * len(set(first) & set(second)) / (len(set(first)) + len(set(second)))
    ratio = SequenceMatcher(None, " ".join(first), " ".join(second), autojunk=False).ratio()
    mixed = 0.88 * (common + ratio) / 2
    main, *rest = re.split(r":\s|\s[-\u2013\u2014]\s", other, maxsplit=1)
    return max(mixed, 0.8) if rest and _words(main) == first else mixed


def _words(text: str) -> list[str]:
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("&", " and ").replace("'", "").replace("\u2019", ""))
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    words: list[str] = re.findall(r"\w+", plain)
    return [NUMBERS.get(word, word) for word in words]


def _movie_match(candidate: _Candidate) -> MovieMatch:
    row = candidate.row
    return MovieMatch(row.id, candidate.score, row.title, row.original_title, row.release_date, row.popularity, row.poster_path, candidate.matched)


def _series_match(candidate: _Candidate, name: ParsedName) -> SeriesMatch:
    row = candidate.row
    day, popularity, poster = row.first_air_date, row.popularity, row.poster_path
    return SeriesMatch(
        row.id, candidate.score, row.name, row.original_name, day, popularity, poster, candidate.matched, name.season_number, name.episode_number
    )


def _parsed(query: str, year: int | None, limit: int) -> ParsedName:
    """Read the query.

    Raises:
        InvalidArgumentError: It is blank, or the year or the limit is none.
    """
    if year is not None:
        check_number("year", year, least=EARLIEST_YEAR, most=MAXYEAR, is_whole=True)
    check_number("limit", limit, least=1, is_whole=True)
    name = parse_name(query)
    return name if year is None else attrs.evolve(name, year=year)


class Match:
    """Which movie or series a name means: `tmdb.match`."""

    def __init__(self, client: Resources) -> None:
        self._client = client

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def movie(
        self,
        query: str,
        *,
        year: int | None = None,
        language: str | None = None,
        include_adult: bool | None = None,
        limit: int = 10,
        **options: Unpack[CallOptions],
    ) -> list[MovieMatch]:
        """Find the movies that a name may mean, the best first.

        The score comes from the title, the original one or, if these are not clear, an alternative or translated one; from the year and the popularity. Mostly
        it takes one request; at most two with a year, three more if TMDB finds nothing, and three for other titles.

            best, *others = tmdb.match.movie("Heat.1995.1080p.BluRay.x264-GRP.mkv")

        Args:
            query: The title, or the name of a file or a folder, as `parse_name` reads it. An id in it, such as `[tmdbid-194]` or `{imdb-tt0113277}`, decides.
            year: The year of the release; by default that of the name. One that is off by a year counts a little less.
            language: The language of the titles in the result, such as `de-DE`.
            include_adult: Whether adult content is searched.
            limit: How many to return at most.
            **options: The options of each request: see `CallOptions`.

        Returns:
            The candidates, the best first; empty if TMDB knows none.

        Raises:
            InvalidArgumentError: The query is blank, or another argument is not allowed; nothing was sent.
            TMDBError: Any other failure, by the classes of `tmdbkit.errors`.

        Endpoint: `GET /3/search/movie`, `GET /3/find/{external_id}`, `GET /3/movie/{movie_id}`
        """
        try:
            plan = _plan(_MOVIE, _parsed(query, year, limit), language=language, include_adult=include_adult, limit=limit, options=options)
            return [_movie_match(candidate) for candidate in self._carry_out(plan)]
        finally:
            forget(options)

    def series(
        self,
        query: str,
        *,
        year: int | None = None,
        language: str | None = None,
        include_adult: bool | None = None,
        limit: int = 10,
        **options: Unpack[CallOptions],
    ) -> list[SeriesMatch]:
        """Find the series that a name may mean, the best first, as `movie` does.

            (best, *_) = tmdb.match.series("the.office.us.s02e03")   # season_number 2, episode_number 3

        Args:
            query: The name, or that of a file or a folder, as `parse_name` reads it; with the country, perhaps.
            year: The year of the first episode; by default that of the name.
            language: The language of the names in the result, such as `de-DE`.
            include_adult: Whether adult content is searched.
            limit: How many to return at most.
            **options: The options of each request: see `CallOptions`.

        Returns:
            The candidates, the best first; empty if TMDB knows none.

        Raises:
            InvalidArgumentError: The query is blank, or another argument is not allowed; nothing was sent.
            TMDBError: Any other failure, by the classes of `tmdbkit.errors`.

        Endpoint: `GET /3/search/tv`, `GET /3/find/{external_id}`, `GET /3/tv/{series_id}`
        """
        try:
            name = _parsed(query, year, limit)
            plan = _plan(_SERIES, name, language=language, include_adult=include_adult, limit=limit, options=options)
            return [_series_match(candidate, name) for candidate in self._carry_out(plan)]
        finally:
            forget(options)

    def _carry_out(self, plan: Generator[_Step, Any, list[_Candidate]]) -> list[_Candidate]:
        result = None
        while True:
            try:
                step = plan.send(result)
            except StopIteration as end:
                found: list[_Candidate] = end.value
                return found
            try:
                result = step(self._client)
            except NotFoundError:
                result = None


class AsyncMatch:
    """Which movie or series a name means: `tmdb.match` of an `AsyncTMDB`."""

    def __init__(self, client: AsyncResources) -> None:
        self._client = client

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    async def movie(
        self,
        query: str,
        *,
        year: int | None = None,
        language: str | None = None,
        include_adult: bool | None = None,
        limit: int = 10,
        **options: Unpack[CallOptions],
    ) -> list[MovieMatch]:
        """Find the movies that a name may mean, as `Match.movie` does."""
        try:
            plan = _plan(_MOVIE, _parsed(query, year, limit), language=language, include_adult=include_adult, limit=limit, options=options)
            return [_movie_match(candidate) for candidate in await self._carry_out(plan)]
        finally:
            forget(options)

    async def series(
        self,
        query: str,
        *,
        year: int | None = None,
        language: str | None = None,
        include_adult: bool | None = None,
        limit: int = 10,
        **options: Unpack[CallOptions],
    ) -> list[SeriesMatch]:
        """Find the series that a name may mean, as `Match.series` does."""
        try:
            name = _parsed(query, year, limit)
            plan = _plan(_SERIES, name, language=language, include_adult=include_adult, limit=limit, options=options)
            return [_series_match(candidate, name) for candidate in await self._carry_out(plan)]
        finally:
            forget(options)

    async def _carry_out(self, plan: Generator[_Step, Any, list[_Candidate]]) -> list[_Candidate]:
        result = None
        while True:
            try:
                step = plan.send(result)
            except StopIteration as end:
                found: list[_Candidate] = end.value
                return found
            try:
                result = await step(self._client)
            except NotFoundError:
                result = None
