"""What a file name, or another name by hand, says of a movie or a series: the title, the year, the numbers and ids in it."""

from __future__ import annotations

import re
from typing import Any

import attrs

from . import clock
from .runtime.errors import InvalidArgumentError

__all__ = ["ParsedName", "parse_name"]

_EXTENSION = re.compile(r"\.(?:mkv|mp4|m4v|avi|mov|wmv|mpe?g|m2ts|ts|webm|flv|ogm|iso|vob|srt|sub|idx|ass|ssa|nfo|strm|jpe?g|png)$", re.IGNORECASE)
_SITE_ID = re.compile(r"[\[{(]\s{0,9}(tmdb|imdb|tvdb)(?:id)?\s{0,9}[-=: ]\s{0,9}(tt[0-9]{7,10}|[1-9][0-9]{0,11})\s*[\]})]", re.IGNORECASE)
_IMDB_ID = re.compile(r"(?<![A-Za-z0-9])(tt[0-9]{7,10})(?![A-Za-z0-9])")
_GROUP = re.compile(r"^\s*\[[^\]]*\]\s*(?=\S)")
_EPISODES = (
    re.compile(r"(?<![a-z0-9])s(?P<season>[0-9]{1,4})[\s._-]*e(?:p[\s._]?)?(?P<episode>[0-9]{1,4})", re.IGNORECASE),
    re.compile(r"(?<![a-z0-9])(?P<season>[0-9]{1,2})x(?P<episode>[0-9]{2,4})(?![a-z0-9])", re.IGNORECASE),
    re.compile(r"(?<![a-z0-9])season[\s._-]*(?P<season>[0-9]{1,4})(?:[\s._,-]*episode[\s._-]*(?P<episode>[0-9]{1,4}))?", re.IGNORECASE),
    re.compile(r"(?<=[\s._-])s(?P<season>[0-9]{2})(?:-s?[0-9]{2})?(?![a-z0-9])", re.IGNORECASE),
)
_ABSOLUTE_EPISODE = re.compile(r"\s-\s(?P<episode>[0-9]{1,4})(?:v[0-9])?(?=\s|$)")
_YEAR_IN_BRACKETS = re.compile(r"[(\[]\s*((?:18|19|20)[0-9]{2})\s*[)\]]")
_YEAR = re.compile(r"(?<=[\s.,-])((?:18[89]|19[0-9]|20[0-9])[0-9])(?![0-9a-z])", re.IGNORECASE)
_TAG = re.compile(
    r"(?<=[\s.(\[{-])(?:"
    r"(?:480|576|720|1080|1440|2160|4320)[pi]|[48]k(?=[\s\])-]|$)|uhd|hdr(?:10)?\+?|dovi|bluray|blu-ray|b[dr]rip|bdremux|remux|web-?dl|webrip|web(?=\s(?:x|h)26|\sdl|\s?rip)|hdtv|pdtv|dsr|"
    r"hdrip|dvd(?:rip|scr|[59r])?(?![a-z])|vhsrip|x26[45]|h[\s.]?26[45]|hevc|av1|xvid|divx|10bit|8bit|aac|ac3|e-?ac3|dts(?:-?hd)?|ddp?[257]|truehd|atmos|flac|mp3|"
    r"repack|cd[1-9]|disc[1-9]|nf\sweb|amzn|dsnp|hmax|criterion|yify|yts"
    r")(?![a-z])",
    re.IGNORECASE,
)
_SOFT_TAG = re.compile(
    r"(?<![\s(\[{-])[\s(\[{-]++(?:extended|uncut|unrated|remastered|restored|theatrical|imax|limited|internal|proper|multi|dual(?:\saudio)?|complete|web|dubbed|subbed|"
    r"(?:the\s)?(?:director'?s|final|theatrical|extended|special)\s(?:cut|edition)|(?:the\s)?final\scut|[0-9]{2}th\sanniversary(?:\sedition)?|3d|hybrid|open\smatte)[\s)\]}]*+$",
    re.IGNORECASE,
)
_WITHOUT_TITLE = re.compile(r"\s*(?:season|staffel|specials|s[0-9]{1,4}(?:e[0-9]+)?|[0-9]{1,2}x[0-9]{2,})(?![a-z])", re.IGNORECASE)
_COUNTRY = re.compile(r"(?<![\s(\[])[\s(\[]++(us|usa|uk|gb|au|nz|ca|ie)[\s)\]]*+$", re.IGNORECASE)
_COUNTRIES = {"usa": "US", "uk": "GB"}
_ARTICLE_LAST = re.compile(r"^(?P<title>.+),\s(?P<article>the|a|an|der|die|das|le|la|les|el|los|las|il|lo)$", re.IGNORECASE)


@attrs.frozen
class ParsedName:
    """What a name says.

    Attributes:
        title: The title, without the rest.
        year: The year of the release, or of the first episode.
        season_number: The number of the season.
        episode_number: The number of the episode.
        country: The country of the series as ISO 3166-1 alpha-2, for a name such as `The Office US`.
        tmdb_id: TMDB's id, such as in `[tmdbid-194]`.
        imdb_id: IMDb's id, such as in `{imdb-tt0113277}`.
        tvdb_id: TheTVDB's id, such as in `[tvdbid=81189]`.
    """

    title: str
    year: int | None = None
    season_number: int | None = None
    episode_number: int | None = None
    country: str | None = None
    tmdb_id: int | None = None
    imdb_id: str | None = None
    tvdb_id: int | None = None


def parse_name(name: str) -> ParsedName:
    """Read the name of a file or a folder, or what a user typed: `Heat.1995.1080p.BluRay.x264-GRP.mkv`, `the office us s02e03`, `Amélie (2001) [tmdbid-194]`.

    Args:
        name: The name. Of a path, the last part counts, the ids of its folder, and the name of the folder if the last part is like `Season 01`.

    Returns:
        The title, and what else the name says.

    Raises:
        InvalidArgumentError: It is blank, or no text.
    """
    given: Any = name
    if not isinstance(given, str) or not given.strip(" /\\\t\r\n"):
        raise InvalidArgumentError(f"the name must be a text that is not blank; not {given!r}")
    *folders, text = (part for part in re.split(r"[/\\]", given.strip()) if part.strip())
    text = _EXTENSION.sub("", text)
    folder = folders[-1] if folders else ""
    if folder and _WITHOUT_TITLE.match(text):
        text = f"{folder} {text}"
    ids = _ids_in(folder) | _ids_in(text)
    text = _IMDB_ID.sub(" ", _SITE_ID.sub(" ", text))
    has_group = _GROUP.match(text) is not None
    text = _spaced(_GROUP.sub("", text))
    text, season, episode = _without_episode(text, absolute=has_group)
    text, year = _without_year(_before_tags(text))
    text = _before_tags(text)
    while (shorter := _SOFT_TAG.sub("", text)) != text and shorter.strip():
        text = shorter
    country = None
    if (found := _COUNTRY.search(text)) and text[: found.start()].strip():
        country = _COUNTRIES.get(found[1].lower(), found[1].upper())
    title = _tidied(text) or _tidied(_spaced(name)) or name.strip()
    numbers = {site: int(ids[site]) for site in ("tmdb", "tvdb") if ids.get(site, "").isdecimal()}
    return ParsedName(title, year, season, episode, country, numbers.get("tmdb"), ids.get("imdb"), numbers.get("tvdb"))


def _ids_in(text: str) -> dict[str, str]:
    """The ids in a text, by site."""
    ids: dict[str, str] = {}
    for site, number in _SITE_ID.findall(text):
        ids.setdefault("imdb" if number.startswith("tt") else site.lower(), number)
    if found := _IMDB_ID.search(text):
        ids.setdefault("imdb", found[1])
    return ids


def without_country(title: str) -> str:
    """A title without the country at its end."""
    return _COUNTRY.sub("", title).strip() or title


def _spaced(text: str) -> str:
    """Dots and underscores as spaces, where they stand for them."""
    text = text.replace("_", " ")
    if text.count(".") > text.strip().count(" "):
        text = text.replace(".", " ")
    return re.sub(r"\s+", " ", text).strip()


def _without_episode(text: str, *, absolute: bool) -> tuple[str, int | None, int | None]:
    for pattern in _EPISODES + ((_ABSOLUTE_EPISODE,) if absolute else ()):
        if (found := pattern.search(text)) and text[: found.start()].strip(" -([{"):
            numbers = found.groupdict()
            season, episode = numbers.get("season"), numbers.get("episode")
            return text[: found.start()], None if season is None else int(season), None if episode is None else int(episode)
    return text, None, None


def _before_tags(text: str) -> str:
    found = _TAG.search(text)
    return text[: found.start()] if found and text[: found.start()].strip(" -([{") else text


def _without_year(text: str) -> tuple[str, int | None]:
    """The text before the year: the one in brackets, or else the last that can be one. A year at the beginning belongs to the title."""
    latest = clock.now().year + 2
    for pattern in (_YEAR_IN_BRACKETS, _YEAR):
        years = [found for found in pattern.finditer(text) if int(found[1]) <= latest and text[: found.start()].strip(" -([{")]
        if years:
            return text[: years[-1].start()], int(years[-1][1])
    return text, None


def _tidied(text: str) -> str:
    """A title without brackets and hyphens at its ends, and with its article in front."""
    text = (
        re.sub(r"[\[{(][^\])}]*$", "", text)
        if text.count("(") + text.count("[") + text.count("{") > text.count(")") + text.count("]") + text.count("}")
        else text
    )
    text = re.sub(r"\[[^\]]*\]|\{[^}]*\}", " ", text)
    text = re.sub(r"\s+", " ", text).strip(" -_.,;+")
    if found := _ARTICLE_LAST.match(text):
        return f"{found['article']} {found['title']}"
    return text
