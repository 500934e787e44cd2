"""Addresses of pages: those of TMDB and IMDb for an id, and the id in an address.

    from tmdbkit import links

    links.movie(550)                                                  # "https://www.themoviedb.org/movie/550"
    parse_url("https://www.themoviedb.org/movie/550-fight-club").id   # 550

Neither sends a request.
"""

from __future__ import annotations

import re
from typing import Any, Literal, TypeAlias
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

import attrs

from .languages import Language
from .runtime.checks import check_number
from .runtime.errors import InvalidArgumentError

__all__ = [
    "ExternalLink",
    "TMDBLink",
    "collection",
    "company",
    "episode",
    "imdb",
    "keyword",
    "list_",
    "movie",
    "network",
    "parse_url",
    "person",
    "season",
    "tv",
    "tvdb",
]

LinkKind: TypeAlias = Literal["movie", "tv", "season", "episode", "person", "collection", "list", "company", "network", "keyword"]
_OWN_KINDS = ("movie", "tv", "person", "collection", "list", "company", "network", "keyword")

TMDB_SITE = "https://www.themoviedb.org"
IMDB_SITE = "https://www.imdb.com"
TVDB_SITE = "https://thetvdb.com"
TMDB_HOSTS = ("themoviedb.org", "www.themoviedb.org")
IMDB_HOSTS = ("imdb.com", "www.imdb.com", "m.imdb.com")
TVDB_HOSTS = ("thetvdb.com", "www.thetvdb.com")

_ID = re.compile(r"([1-9][0-9]{0,15})(?:-[^/]*)?", re.ASCII)
_NUMBER = re.compile(r"0|[1-9][0-9]{0,5}", re.ASCII)
_IMDB_ID = re.compile(r"(?:tt|nm)[0-9]{7,10}", re.ASCII)
_IMDB_PATH = re.compile(r"(?:/[a-z]{2}(?:-[a-z]{2})?)?/(title|name)/((?:tt|nm)[0-9]{7,10})(?:/.*)?", re.ASCII)
_TVDB_PATH = re.compile(r"/dereferrer/(series|episode|movie|person)/([1-9][0-9]{0,15})/?", re.ASCII)


@attrs.frozen
class TMDBLink:
    """What a page of TMDB's site is about.

    Attributes:
        kind: `movie`, `tv`, `season`, `episode`, `person`, `collection`, `list`, `company`, `network` or `keyword`.
        id: The id; for a season or an episode that of the series.
        season_number: The number of the season, for a season or an episode.
        episode_number: The number of the episode, for an episode.
        language: The language that the address asks for, such as `de-DE`; None if it asks for none.
    """

    kind: LinkKind
    id: int
    season_number: int | None = None
    episode_number: int | None = None
    language: str | None = None

    @property
    def url(self) -> str:
        """The address, without a title."""
        path = f"/{'tv' if self.kind in ('season', 'episode') else self.kind}/{self.id}"
        if self.season_number is not None:
            path += f"/season/{self.season_number}"
        if self.episode_number is not None:
            path += f"/episode/{self.episode_number}"
        return TMDB_SITE + path + (f"?{urlencode({'language': self.language})}" if self.language else "")


@attrs.frozen
class ExternalLink:
    """What a page of another site is about: the arguments of `tmdb.find.by_id`.

    Attributes:
        external_id: The id there, such as `tt0137523`.
        external_source: The site: `imdb_id` or `tvdb_id`.
        kind: What it is there: `title`, `name`, `series` or `episode`.
    """

    external_id: str
    external_source: Literal["imdb_id", "tvdb_id"]
    kind: Literal["title", "name", "series", "episode"]

    @property
    def url(self) -> str:
        """The address."""
        if self.external_source == "imdb_id":
            return f"{IMDB_SITE}/{self.kind}/{self.external_id}/"
        return f"{TVDB_SITE}/dereferrer/{self.kind}/{self.external_id}"


def parse_url(url: str) -> TMDBLink | ExternalLink:
    """Read the address of a page of TMDB's site, of IMDb's, or of TheTVDB's if it has an id.

    Args:
        url: The address, such as `https://www.themoviedb.org/movie/550-fight-club` or `https://www.imdb.com/title/tt0137523/`; `https://` may be missing.

    Returns:
        What the page is about: a `TMDBLink`, or an `ExternalLink`, whose fields `tmdb.find.by_id` takes.

    Raises:
        InvalidArgumentError: It is the address of another site, or of a page without an id.
    """
    parts = _split(url)
    if parts.hostname in TMDB_HOSTS:
        return _tmdb_link(parts)
    if parts.hostname in IMDB_HOSTS:
        found = _IMDB_PATH.fullmatch(parts.path)
        if found is None or (found[1] == "title") != found[2].startswith("tt"):
            raise InvalidArgumentError("url must be a page of IMDb about a title or a name, such as https://www.imdb.com/title/tt0137523/")
        return ExternalLink(found[2], "imdb_id", "title" if found[1] == "title" else "name")
    if parts.hostname in TVDB_HOSTS:
        return _tvdb_link(parts)
    raise InvalidArgumentError("url must be a page of themoviedb.org, imdb.com or thetvdb.com, with http or https")


def _split(url: Any) -> SplitResult:
    if not isinstance(url, str):
        raise InvalidArgumentError(f"url must be a text; not an object of type {type(url).__name__}")
    text = url.strip()
    if any(ord(character) <= 32 for character in text):  # urlsplit would drop some
        raise InvalidArgumentError("url must have no spaces or control characters")
    try:
        parts = urlsplit(text if re.match(r"[a-z][a-z0-9+.-]*://", text, re.IGNORECASE) else f"https://{text}")
        port = parts.port
    except ValueError:
        raise InvalidArgumentError("url is malformed") from None
    if parts.scheme not in ("http", "https") or parts.username is not None or port not in (None, {"http": 80, "https": 443}.get(parts.scheme)):
        raise InvalidArgumentError("url must be an address with http or https, without a user and with the usual port")
    return parts


def _tmdb_link(parts: SplitResult) -> TMDBLink:
    kind, number, *rest = [*parts.path.strip("/").split("/"), ""]
    found = _ID.fullmatch(number)
    if kind not in _OWN_KINDS or found is None:
        raise InvalidArgumentError(f"url must be a page of TMDB with an id, such as {TMDB_SITE}/movie/550: one of {', '.join(_OWN_KINDS)}")
    seasons, episodes = None, None
    if kind == "tv" and rest[:1] == ["season"] and len(rest) > 1:
        seasons = _number(rest[1])
        if rest[2:3] == ["episode"] and len(rest) > 3:
            episodes = _number(rest[3])
    named: Any = kind if seasons is None else "season" if episodes is None else "episode"
    language = parse_qs(parts.query).get("language", [None])[-1]
    try:
        asked = None if language is None else _language(language)
    except InvalidArgumentError:
        asked = None
    return TMDBLink(named, int(found[1]), seasons, episodes, asked)


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise InvalidArgumentError("url must have the number of a season or an episode after its name")
    return int(text)


def _language(text: Any) -> str:
    return str(Language.parse(text))


def _tvdb_link(parts: SplitResult) -> ExternalLink:
    kind, number = "", ""
    if found := _TVDB_PATH.fullmatch(parts.path):
        kind, number = found.groups()
    elif parts.path in ("", "/", "/index.php"):
        query = {name.lower(): values[-1] for name, values in parse_qs(parts.query).items()}
        kind, number = query.get("tab", ""), query.get("id", "")
    if kind == "series" and _ID.fullmatch(number):
        return ExternalLink(number, "tvdb_id", "series")
    if kind == "episode" and _ID.fullmatch(number):
        return ExternalLink(number, "tvdb_id", "episode")
    raise InvalidArgumentError(
        f"url must be a page of TheTVDB with the id of a series or an episode, such as {TVDB_SITE}/dereferrer/series/81189; a name in the address is no id"
    )


def _checked_id(name: str, number: Any, *, least: int = 1) -> int:
    check_number(name, number, least=least, is_whole=True)
    return int(number)


def _link(kind: LinkKind, name: str, number: int, language: str | None) -> str:
    return TMDBLink(kind, _checked_id(name, number), language=None if language is None else _language(language)).url


def movie(movie_id: int, *, language: str | None = None) -> str:
    """The page of a movie at TMDB.

    Args:
        movie_id: The id, 1 or more.
        language: The language of the page, such as `de-DE`.

    Raises:
        InvalidArgumentError: The id is not positive, or the language malformed.
    """
    return _link("movie", "movie_id", movie_id, language)


def tv(series_id: int, *, language: str | None = None) -> str:
    """The page of a TV series at TMDB; the arguments are like those of `movie`."""
    return _link("tv", "series_id", series_id, language)


def season(series_id: int, season_number: int, *, language: str | None = None) -> str:
    """The page of a season at TMDB. Season 0 has the specials; the other arguments are like those of `movie`."""
    number = _checked_id("season_number", season_number, least=0)
    return TMDBLink("season", _checked_id("series_id", series_id), number, language=None if language is None else _language(language)).url


def episode(series_id: int, season_number: int, episode_number: int, *, language: str | None = None) -> str:
    """The page of an episode at TMDB; the arguments are like those of `season`."""
    numbers = _checked_id("season_number", season_number, least=0), _checked_id("episode_number", episode_number, least=0)
    return TMDBLink("episode", _checked_id("series_id", series_id), *numbers, None if language is None else _language(language)).url


def person(person_id: int, *, language: str | None = None) -> str:
    """The page of a person at TMDB; the arguments are like those of `movie`."""
    return _link("person", "person_id", person_id, language)


def collection(collection_id: int, *, language: str | None = None) -> str:
    """The page of a collection at TMDB; the arguments are like those of `movie`."""
    return _link("collection", "collection_id", collection_id, language)


def list_(list_id: int, *, language: str | None = None) -> str:
    """The page of a user's list at TMDB; the arguments are like those of `movie`."""
    return _link("list", "list_id", list_id, language)


def company(company_id: int, *, language: str | None = None) -> str:
    """The page of a company at TMDB; the arguments are like those of `movie`."""
    return _link("company", "company_id", company_id, language)


def network(network_id: int, *, language: str | None = None) -> str:
    """The page of a network at TMDB; the arguments are like those of `movie`."""
    return _link("network", "network_id", network_id, language)


def keyword(keyword_id: int, *, language: str | None = None) -> str:
    """The page of a keyword at TMDB; the arguments are like those of `movie`."""
    return _link("keyword", "keyword_id", keyword_id, language)


def imdb(imdb_id: str) -> str:
    """The page at IMDb of a title or a person.

    Args:
        imdb_id: The id, such as `tt0137523` or `nm0000093`.

    Raises:
        InvalidArgumentError: It is none.
    """
    given: Any = imdb_id
    if not isinstance(given, str) or not _IMDB_ID.fullmatch(given):
        raise InvalidArgumentError(f"imdb_id must be an id of IMDb, such as 'tt0137523' or 'nm0000093'; not {given!r}")
    return ExternalLink(imdb_id, "imdb_id", "title" if imdb_id.startswith("tt") else "name").url


def tvdb(series_id: int) -> str:
    """The page of a series at TheTVDB.

    Args:
        series_id: The id there, `tvdb_id` in `external_ids`; 1 or more.

    Raises:
        InvalidArgumentError: The id is not positive.
    """
    return ExternalLink(str(_checked_id("series_id", series_id)), "tvdb_id", "series").url
