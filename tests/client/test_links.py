"""Addresses of pages, both ways."""

from __future__ import annotations

from typing import Any

import pytest

from tmdbkit import ExternalLink, InvalidArgumentError, TMDBLink, links, parse_url
from tmdbkit.testing import FakeTMDB

SITE = "https://www.themoviedb.org"
PAGES = [
    (f"{SITE}/movie/550-fight-club", TMDBLink("movie", 550)),
    (f"{SITE}/movie/550", TMDBLink("movie", 550)),
    (f"{SITE}/movie/550-fight-club/cast?language=de-DE#top", TMDBLink("movie", 550, language="de-DE")),
    ("http://themoviedb.org/movie/550/", TMDBLink("movie", 550)),
    ("www.themoviedb.org/movie/550", TMDBLink("movie", 550)),
    ("HTTPS://WWW.TheMovieDB.org:443/movie/550", TMDBLink("movie", 550)),
    (f"  {SITE}/movie/550  ", TMDBLink("movie", 550)),
    (f"{SITE}/movie/550?language=pt_br", TMDBLink("movie", 550, language="pt-BR")),
    (f"{SITE}/movie/550?language=nonsense", TMDBLink("movie", 550)),
    (f"{SITE}/movie/550?language=", TMDBLink("movie", 550)),
    (f"{SITE}/tv/1399-game-of-thrones", TMDBLink("tv", 1399)),
    (f"{SITE}/tv/1399-game-of-thrones/seasons", TMDBLink("tv", 1399)),
    (f"{SITE}/tv/1399-game-of-thrones/season/0", TMDBLink("season", 1399, 0)),
    (f"{SITE}/tv/1399/season/1/episode/2?language=fr", TMDBLink("episode", 1399, 1, 2, "fr")),
    (f"{SITE}/tv/1399/season/1/episode/2/cast", TMDBLink("episode", 1399, 1, 2)),
    (f"{SITE}/person/287-brad-pitt", TMDBLink("person", 287)),
    (f"{SITE}/collection/10-star-wars-collection", TMDBLink("collection", 10)),
    (f"{SITE}/list/8136", TMDBLink("list", 8136)),
    (f"{SITE}/company/1-lucasfilm-ltd/movie", TMDBLink("company", 1)),
    (f"{SITE}/network/49", TMDBLink("network", 49)),
    (f"{SITE}/keyword/825-support-group/tv", TMDBLink("keyword", 825)),
    ("https://www.imdb.com/title/tt0137523/", ExternalLink("tt0137523", "imdb_id", "title")),
    ("https://m.imdb.com/title/tt0137523/reviews?ref_=x", ExternalLink("tt0137523", "imdb_id", "title")),
    ("https://www.imdb.com/de/title/tt0137523", ExternalLink("tt0137523", "imdb_id", "title")),
    ("imdb.com/name/nm0000093", ExternalLink("nm0000093", "imdb_id", "name")),
    ("https://thetvdb.com/dereferrer/series/81189", ExternalLink("81189", "tvdb_id", "series")),
    ("https://www.thetvdb.com/?tab=series&id=81189", ExternalLink("81189", "tvdb_id", "series")),
    ("https://thetvdb.com/dereferrer/episode/349232", ExternalLink("349232", "tvdb_id", "episode")),
]


@pytest.mark.parametrize(("url", "expected"), PAGES, ids=[url for url, _ in PAGES])
def test_an_address_is_read(url: str, expected: TMDBLink | ExternalLink) -> None:
    assert parse_url(url) == expected
    assert parse_url(expected.url) == expected


NO_PAGES: list[Any] = [
    *("", " ", "nonsense", "550", None, 550, b"https://www.themoviedb.org/movie/550"),
    *("https://example.org/movie/550", "https://www.themoviedb.org.example.org/movie/550", "https://evilthemoviedb.org/movie/550"),
    *("https://www.themoviedb.org@example.org/movie/550", "https://user:secret@www.themoviedb.org/movie/550", "https://www.themoviedb.org:8443/movie/550"),
    *("ftp://www.themoviedb.org/movie/550", "javascript://www.themoviedb.org/movie/550", "file:///movie/550", "https://[::1/movie/550"),
    *(SITE, f"{SITE}/movie", f"{SITE}/movie/", f"{SITE}/movie/popular", f"{SITE}/movie/0", f"{SITE}/movie/-1", f"{SITE}/movie/550x", f"{SITE}/genre/28"),
    *(
        f"{SITE}/movie/\u0665\u0665\u0660",
        f"{SITE}/movie/99999999999999999999",
        f"{SITE}//movie/550"[:-4],
        f"{SITE}/tv/1399/season/one",
        f"{SITE}/tv/1399/season/1/episode/x",
    ),
    *(f"{SITE}/movie/550 ?a", f"{SITE}/mo\nvie/550"),
    *("https://www.imdb.com/", "https://www.imdb.com/title/550", "https://www.imdb.com/title/nm0000093", "https://www.imdb.com/name/tt0137523"),
    *(
        "https://www.imdb.com/list/ls000000001",
        "https://thetvdb.com/series/breaking-bad",
        "https://thetvdb.com/dereferrer/movie/7",
        "https://thetvdb.com/?tab=series",
    ),
]


@pytest.mark.parametrize("url", NO_PAGES)
def test_other_addresses_are_rejected(url: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="url ") as caught:
        parse_url(url)
    assert "secret" not in str(caught.value)


def test_an_external_link_finds_its_entry() -> None:
    link = parse_url("https://www.imdb.com/title/tt0137523/")
    assert isinstance(link, ExternalLink)
    with FakeTMDB().client() as tmdb:
        assert tmdb.find.by_id(link.external_id, link.external_source).movie_results[0].id == 550


def test_links() -> None:
    assert links.movie(550) == f"{SITE}/movie/550"
    assert links.movie(550, language="de-DE") == f"{SITE}/movie/550?language=de-DE"
    assert links.tv(1399) == f"{SITE}/tv/1399"
    assert links.season(1399, 0) == f"{SITE}/tv/1399/season/0"
    assert links.episode(1399, 1, 2, language="fr") == f"{SITE}/tv/1399/season/1/episode/2?language=fr"
    assert links.person(287) == f"{SITE}/person/287"
    assert links.collection(10) == f"{SITE}/collection/10"
    assert links.list_(8136) == f"{SITE}/list/8136"
    assert links.company(1) == f"{SITE}/company/1"
    assert links.network(49) == f"{SITE}/network/49"
    assert links.keyword(825) == f"{SITE}/keyword/825"
    assert links.imdb("tt0137523") == "https://www.imdb.com/title/tt0137523/"
    assert links.imdb("nm0000093") == "https://www.imdb.com/name/nm0000093/"
    assert links.tvdb(81189) == "https://thetvdb.com/dereferrer/series/81189"


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: links.movie(0), "movie_id"),
        (lambda: links.movie("550"), "movie_id"),  # type: ignore[arg-type]
        (lambda: links.movie(True), "movie_id"),
        (lambda: links.movie(550, language="german"), "language"),
        (lambda: links.season(1399, -1), "season_number"),
        (lambda: links.episode(1399, 1, 1.5), "episode_number"),  # type: ignore[arg-type]
        (lambda: links.imdb("0137523"), "imdb_id"),
        (lambda: links.imdb("tt0137523/../x"), "imdb_id"),
        (lambda: links.tvdb(0), "series_id"),
    ],
)
def test_invalid_ids_make_no_link(make: Any, problem: str) -> None:
    with pytest.raises(InvalidArgumentError, match=problem):
        make()
