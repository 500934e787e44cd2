"""URLs of images, and the best image of a list."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from tmdbkit import UNSET, InvalidArgumentError, images
from tmdbkit.models import ImageFile, LogoImage
from tmdbkit.testing import FakeTMDB

BASE = "https://image.tmdb.org/t/p"


def file(name: str, language: str | None = None, *, country: str | None = None, votes: float = 5.0, count: int = 4, width: int = 2000) -> ImageFile:
    return ImageFile(
        aspect_ratio=0.667,
        file_path=f"/{name}.jpg",
        height=width * 3 // 2,
        iso_3166_1=country,
        iso_639_1=language,
        vote_average=votes,
        vote_count=count,
        width=width,
    )


def best(files: list[ImageFile], **arguments: Any) -> str | None:
    found = images.best(files, **arguments)
    return None if found is None else found.file_path[1:-4]


def test_a_url_has_a_base_a_size_and_the_path() -> None:
    assert images.poster_url("/a.jpg", "w500") == f"{BASE}/w500/a.jpg"
    assert images.poster_url("/a.jpg") == f"{BASE}/original/a.jpg"


@pytest.mark.parametrize("nothing", [None, UNSET, ""])
def test_a_title_without_an_image_has_no_url(nothing: Any) -> None:
    assert images.poster_url(nothing, "w500") is None


@pytest.mark.parametrize(
    ("url", "sizes"),
    [
        (images.backdrop_url, "w300 w780 w1280 original"),
        (images.logo_url, "w45 w92 w154 w185 w300 w500 original"),
        (images.poster_url, "w92 w154 w185 w342 w500 w780 original"),
        (images.profile_url, "w45 w185 h632 original"),
        (images.still_url, "w92 w185 w300 original"),
    ],
    ids=repr,
)
def test_a_kind_has_its_sizes(url: images.ImageURL[str], sizes: str) -> None:
    assert list(url.sizes) == sizes.split()
    with pytest.raises(InvalidArgumentError, match=f"must be one of {', '.join(sizes.split())}; not 'w501'"):
        url("/a.jpg", "w501")
    with pytest.raises(InvalidArgumentError):  # a mistake shows without an image, too
        url(None, "w501")


@pytest.mark.parametrize(
    ("url", "width", "size"),
    [
        (images.poster_url, 300, "w342"),
        (images.poster_url, 342, "w342"),
        (images.poster_url, 1, "w92"),
        (images.poster_url, 781, "original"),
        (images.profile_url, 300, "h632"),
        (images.profile_url, 421, "h632"),
        (images.profile_url, 422, "original"),
    ],
)
def test_a_width_takes_the_smallest_size_that_is_wide_enough(url: images.ImageURL[str], width: int, size: str) -> None:
    assert url("/a.jpg", width=width) == f"{BASE}/{size}/a.jpg"


def test_invalid_arguments_are_rejected() -> None:
    with pytest.raises(InvalidArgumentError, match="not both"):
        images.poster_url("/a.jpg", "w500", width=300)
    for width in (0, -1, True, 1.5, "300"):
        with pytest.raises(InvalidArgumentError, match="width must be an integer"):
            images.poster_url("/a.jpg", width=width)  # type: ignore[call-overload]
        with pytest.raises(InvalidArgumentError, match="width must be an integer"):
            best([], width=width)
    for path in ("a.jpg", "/../a.jpg", "/a.jpg?x", "/a b.jpg", 7):
        with pytest.raises(InvalidArgumentError, match=r"like '/name.jpg'"):
            images.poster_url(path)  # type: ignore[call-overload]


def test_a_vector_image_is_rendered_except_at_its_original_size() -> None:
    assert images.logo_url("/a.svg", "w300") == f"{BASE}/w300/a.png"
    assert images.logo_url("/a.svg") == f"{BASE}/original/a.svg"


def test_the_configuration_takes_the_place_of_the_table() -> None:
    with FakeTMDB().client() as tmdb:
        configuration = tmdb.configuration.details()
    for kind in ("backdrop", "logo", "poster", "profile", "still"):
        assert getattr(images, f"{kind}_url").sizes == tuple(getattr(configuration.images, f"{kind}_sizes"))
    assert images.poster_url("/a.jpg", "w500", configuration=configuration) == f"{BASE}/w500/a.jpg"
    other = attrs.evolve(configuration, images=attrs.evolve(configuration.images, poster_sizes=["w400", "original"], secure_base_url="https://img.example/p"))
    assert images.poster_url("/a.jpg", "w400", configuration=other) == "https://img.example/p/w400/a.jpg"
    assert images.poster_url("/a.jpg", width=300, configuration=other) == "https://img.example/p/w400/a.jpg"
    assert images.poster_url(None, configuration=other) is None
    with pytest.raises(InvalidArgumentError, match="one of w400, original; not 'w500'"):
        images.poster_url("/a.jpg", "w500", configuration=other)


def test_the_first_language_that_has_an_image_wins() -> None:
    files = [file("english", "en", votes=9), file("none", None), file("german", "de", votes=1)]
    assert best(files, languages=["de", "en", None]) == "german"
    assert best(files, languages=["fr", None, "en"]) == "none"
    assert best(files, languages=["fr", "ja"]) == "english"  # others come last
    assert best(files) == "english"
    assert best([], languages=["de"]) is None


def test_xx_is_no_language() -> None:
    assert best([file("german", "de"), file("none", "xx")], languages=[None]) == "none"
    assert best([file("german", "de"), file("none", None)], languages=["xx"]) == "none"


def test_a_country_is_preferred_within_its_language() -> None:
    files = [file("portugal", "pt", country="PT", votes=9), file("brazil", "pt", country="BR"), file("english", "en", votes=9)]
    assert best(files, languages=["pt-BR", "en"]) == "brazil"
    assert best(files, languages=["pt", "en"]) == "portugal"
    assert best(files[:1] + files[2:], languages=["pt-BR", "en"]) == "portugal"


def test_votes_decide_then_size() -> None:
    assert best([file("a", votes=5.1), file("b", votes=5.3), file("c", votes=5.2)]) == "b"
    assert best([file("a", count=1), file("b", count=9)]) == "b"
    assert best([file("a", width=1000), file("b", width=2000)]) == "b"


def test_a_width_prefers_images_that_are_wide_enough() -> None:
    files = [file("narrow", "de", votes=9, width=500), file("wide", "de", width=1000), file("english", "en", width=3000)]
    assert best(files, languages=["de"], width=780) == "wide"
    assert best([files[0], files[2]], languages=["de"], width=780) == "narrow"


def test_logos_of_companies_have_no_language() -> None:
    with FakeTMDB().client() as tmdb:
        company = tmdb.movies.details(550).production_companies[0]
        logos = tmdb.companies.images(company.id).logos
    assert isinstance(images.best(logos, languages=["de", None]), LogoImage)


@pytest.mark.parametrize("languages", ["de", ["german"], [7]])
def test_an_invalid_language_is_rejected(languages: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="language"):
        best([file("a")], languages=languages)
