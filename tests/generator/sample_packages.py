"""Small packages with public names, for tests to alter."""

from __future__ import annotations

from pathlib import Path

CLIENT = """\
from tmdb_openapi.resources import Resources
from .hidden import Base

DEFAULT = 3

class TMDBError(Exception):
    def __init__(self, message: str, *, url: str | None = None) -> None:
        self.message, self.url = message, url

class NotFoundError(TMDBError, LookupError):
    code: int = 34

class TMDB(Base, Resources):
    def __init__(self, token: str, *, attempts: int = DEFAULT, wait: float | None = None, _clock: object = None) -> None:
        self.attempts = attempts

    def request(self, path: str, query: dict[str, str], timeout: float | None = None) -> "bytes | None":
        return None

    def close(self) -> None: ...

    def _send(self, path: str) -> None: ...

    def __len__(self) -> int: ...

    @property
    def base_url(self) -> str:
        return ""

def encode(value: object, *, indent: int | None = None) -> bytes: ...
"""
SMALL = {
    "src/tmdbkit/__init__.py": """\
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from httpx import Timeout
    from .client import TMDB, NotFoundError, TMDBError, encode

__all__ = ["TMDB", "NotFoundError", "TMDBError", "Timeout", "encode"]
""",
    "src/tmdbkit/errors.py": "from .client import NotFoundError, TMDBError\n",
    "src/tmdbkit/client.py": CLIENT,
    "src/tmdbkit/hidden.py": "class Base:\n    def with_options(self, language: str | None = None): ...\n\ndef helper(a: int) -> int: ...\n",
    "generated/tmdb_openapi/__init__.py": "",
    "generated/tmdb_openapi/resources.py": "class Resources:\n    @property\n    def genres(self) -> Genres: ...\n",
    "generated/tmdb_openapi/types.py": "Kind = str\n__all__ = ['Kind']\n",
    "generated/tmdb_openapi/api/__init__.py": "",
    "generated/tmdb_openapi/api/genres.py": """\
from .. import models

__all__ = ["AsyncGenres", "Genres"]

class Genres:
    def movie(self, genre_id: int, *, language: str | None = None) -> list[models.Genre]: ...

class AsyncGenres:
    async def movie(self, genre_id: int, *, language: str | None = None) -> list[models.Genre]: ...
""",
    "generated/tmdb_openapi/models/__init__.py": "from .genre import Genre\n\n__all__ = ['Genre']\n",
    "generated/tmdb_openapi/models/genre.py": "class Genre:\n    __slots__ = ('id', 'name')\n    id: int\n    name: str | UnsetType = UNSET\n",
}
CLIENT_PY, GENRE_PY, GENRES_PY, INIT_PY = (
    "src/tmdbkit/client.py",
    "generated/tmdb_openapi/models/genre.py",
    "generated/tmdb_openapi/api/genres.py",
    "src/tmdbkit/__init__.py",
)


def tree(directory: Path, *edits: tuple[str, str, str]) -> Path:
    """Write the small packages into a folder, with edits: a file, the old text, and the new one."""
    files = dict(SMALL)
    for file, old, new in edits:
        assert old in files[file], f"{old!r} is not in {file}"
        files[file] = files[file].replace(old, new)
    for file, text in files.items():
        (directory / file).parent.mkdir(parents=True, exist_ok=True)
        (directory / file).write_text(text)
    return directory
