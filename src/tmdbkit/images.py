"""URLs of images, and the best image of a list. They need no request.

    movie = tmdb.movies.details(550, append_to_response=["images"], include_image_language=["de", "en", None])
    poster_url("/pB8BM7pdSp6B6Ih7QZ4DrQ3PmJK.jpg", "w500")    # "https://image.tmdb.org/t/p/w500/pB8BM7pdSp6B6Ih7QZ4DrQ3PmJK.jpg"
    poster_url(movie.poster_path, width=300)                  # the smallest size that is 300 pixels wide or more
    best(movie.images.posters, languages=["de", "en", None])

`tmdb.images.download(url, path)` stores an image.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, overload

from tmdb_openapi.vocabulary import IMAGE_BASE_URL, IMAGE_SIZES, BackdropSize, LogoSize, PosterSize, ProfileSize, StillSize

from .languages import Language
from .runtime.checks import check_number
from .runtime.errors import InvalidArgumentError
from .runtime.models import Model
from .runtime.types import UnsetType

if TYPE_CHECKING:
    from tmdb_openapi.models.configuration import Configuration
    from tmdb_openapi.models.image_file import ImageFile
    from tmdb_openapi.models.logo_image import LogoImage
    from tmdb_openapi.models.tagged_image import TaggedImage

__all__ = [
    "BackdropSize",
    "ImageURL",
    "LogoSize",
    "PosterSize",
    "ProfileSize",
    "StillSize",
    "backdrop_url",
    "best",
    "logo_url",
    "poster_url",
    "profile_url",
    "still_url",
]

SizeT = TypeVar("SizeT", bound=str)
FileT = TypeVar("FileT", "ImageFile", "LogoImage", "TaggedImage")
ImagePath: TypeAlias = str | UnsetType | None

ORIGINAL = "original"
WIDTH_BY_HEIGHT = 2 / 3
"""The shape of the images that have a size by height: profiles."""
NO_LANGUAGE = "xx"


class ImageURL(Generic[SizeT]):
    """A function that returns the URLs of one kind of image.

    Args:
        kind: The kind of image: `poster` and so on.

    Attributes:
        sizes: The sizes of the kind, smallest first.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self.sizes = IMAGE_SIZES[kind]

    def __repr__(self) -> str:
        return f"<{self._kind}_url: {', '.join(self.sizes)}>"

    @overload
    def __call__(self, path: str, size: SizeT | None = None, *, width: int | None = None) -> str: ...
    @overload
    def __call__(self, path: ImagePath, size: SizeT | None = None, *, width: int | None = None) -> str | None: ...
    @overload
    def __call__(self, path: str, size: str | None = None, *, width: int | None = None, configuration: Configuration) -> str: ...
    @overload
    def __call__(self, path: ImagePath, size: str | None = None, *, width: int | None = None, configuration: Configuration) -> str | None: ...
    def __call__(self, path: ImagePath, size: str | None = None, *, width: int | None = None, configuration: Configuration | None = None) -> str | None:
        """Return the URL of an image.

        Args:
            path: The path, as models have it: `movie.poster_path`, or the `file_path` of an image.
            size: A size of this kind, such as `w500`; by default `original`.
            width: In place of a size: the least width in pixels. The URL has the smallest size that is wide enough, or `original`, whatever width that is.
            configuration: The result of `tmdb.configuration.details()`, whose base URL and sizes take the place of those of this version.

        Returns:
            The URL; None for None, so that a title without an image needs no test.

        Raises:
            InvalidArgumentError: There is no such size, both size and width are given, the width is not positive, or the path is not like `/name.jpg`.
        """
        sizes = self.sizes if configuration is None else tuple(getattr(configuration.images, f"{self._kind}_sizes"))
        chosen = self._chosen(sizes, size, width)
        if not path:
            return None
        given: object = path
        if not isinstance(given, str) or not path.startswith("/") or ".." in path or any(character in "?#\\" or character.isspace() for character in path):
            raise InvalidArgumentError(f"path must be the path of an image, like '/name.jpg'; not {path!r}")
        base = IMAGE_BASE_URL if configuration is None else f"{configuration.images.secure_base_url.rstrip('/')}/"
        name = path.removesuffix(".svg")
        # TMDB renders a vector image at any size but the original as PNG.
        return f"{base}{chosen}{path if chosen == ORIGINAL or name == path else f'{name}.png'}"

    def _chosen(self, sizes: tuple[str, ...], size: str | None, width: int | None) -> str:
        if width is None:
            if size is not None and size not in sizes:
                raise InvalidArgumentError(f"size of a {self._kind} must be one of {', '.join(sizes)}; not {size!r}")
            return size or ORIGINAL
        if size is not None:
            raise InvalidArgumentError("pass size or width, not both")
        check_number("width", width, least=1, is_whole=True, unit="pixels")
        wide_enough = [(pixels, size) for size in sizes if (pixels := _width(size)) is not None and pixels >= width]
        return min(wide_enough)[1] if wide_enough else ORIGINAL


def _width(size: str) -> float | None:
    """The width of a size in pixels; None if the size does not say it."""
    pixels = size[1:]
    if size[:1] not in ("w", "h") or not (pixels.isascii() and pixels.isdecimal()):
        return None
    return int(pixels) if size[0] == "w" else int(pixels) * WIDTH_BY_HEIGHT


backdrop_url = ImageURL[BackdropSize]("backdrop")
"""The URL of a backdrop: see `ImageURL.__call__`."""
logo_url = ImageURL[LogoSize]("logo")
"""The URL of a logo of a title, a company, a network or a watch provider: see `ImageURL.__call__`."""
poster_url = ImageURL[PosterSize]("poster")
"""The URL of a poster: see `ImageURL.__call__`."""
profile_url = ImageURL[ProfileSize]("profile")
"""The URL of a picture of a person: see `ImageURL.__call__`."""
still_url = ImageURL[StillSize]("still")
"""The URL of a still of an episode: see `ImageURL.__call__`."""


def best(files: Iterable[FileT], *, languages: Sequence[str | None] = (), width: int | None = None) -> FileT | None:
    """Return the best image of a list: by language, then by width if one is asked for, then by votes, then by size.

    Args:
        files: The images, such as `movie.images.posters`.
        languages: The languages of the text on the image, best first: `de`, or `de-AT`, which takes any `de` next; None for an image without text. Images in
            other languages come last. Without this, the language does not matter.
        width: The least width of the original in pixels. Narrower images come after the others of the same language.

    Returns:
        The image; None if the list is empty.

    Raises:
        InvalidArgumentError: A language has another form, or the width is not positive.
    """
    if isinstance(languages, str) or not isinstance(languages, Iterable):
        raise InvalidArgumentError(f"languages must be a list such as ['de', 'en', None]; not {languages!r}")
    if width is not None:
        check_number("width", width, least=1, is_whole=True, unit="pixels")
    wanted = [None if language is None else Language.parse(language) for language in languages]

    def rank(file: FileT) -> tuple[tuple[int, bool], bool, float, int, int]:
        across, high = _size(file.width), _size(file.height)
        return _rank_of_language(file, wanted), width is not None and across < width, -_size(file.vote_average), -_size(file.vote_count), -across * high

    given: Any = files
    if not isinstance(given, Iterable):
        raise InvalidArgumentError(f"files must be a list of images, such as movie.images.posters; not an object of type {type(given).__name__}")
    return min((file for file in given if isinstance(file, Model)), key=rank, default=None)  # type: ignore[arg-type, return-value]


def _size(number: Any) -> Any:
    """A number of an image; 0 if the response has drifted."""
    return number if isinstance(number, (int, float)) else 0


def _rank_of_language(file: object, wanted: Sequence[Language | None]) -> tuple[int, bool]:
    code, country = getattr(file, "iso_639_1", None) or None, getattr(file, "iso_3166_1", None) or ""
    for place, language in enumerate(wanted):
        if language is None or language.code == NO_LANGUAGE:
            if code in (None, NO_LANGUAGE):
                return place, False
        elif language.code == code:
            return place, bool(language.country) and language.country != country
    return len(wanted), False
