"""Changes of public names in the source of the packages."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest

from generator.changes.annotations import read_type, within
from generator.changes.bundles import listed_changes
from generator.changes.public import MODULES, Public, public_changes
from tests.conftest import ROOT
from tests.generator.sample_packages import CLIENT_PY, GENRE_PY, GENRES_PY, INIT_PY, SMALL, tree

REQUEST = "path: str, query: dict[str, str], timeout: float | None = None"
CASES: dict[str, tuple[tuple[str, str, str], str]] = {
    "an export": (
        (INIT_PY, '"encode"', ""),
        """
        > breaking    `tmdbkit.encode` removed
        < compatible  `tmdbkit.encode` added
        """,
    ),
    "a method": (
        (CLIENT_PY, "def close(self) -> None: ...", ""),
        """
        > breaking    `tmdbkit.TMDB.close` removed
        < compatible  `tmdbkit.TMDB.close` added
        """,
    ),
    "the name of a method": (
        (CLIENT_PY, "def close(", "def shut("),
        """
        > breaking    `tmdbkit.TMDB.close` removed
        > compatible  `tmdbkit.TMDB.shut` added
        < breaking    `tmdbkit.TMDB.shut` removed
        < compatible  `tmdbkit.TMDB.close` added
        """,
    ),
    "an operator": (
        (CLIENT_PY, "def __len__(self) -> int: ...", ""),
        """
        > breaking    `tmdbkit.TMDB.__len__` removed
        < compatible  `tmdbkit.TMDB.__len__` added
        """,
    ),
    "an attribute that is set with others": (
        (CLIENT_PY, "self.message, self.url = message, url", "self.message, self.link = message, url"),
        """
        > breaking    `tmdbkit.TMDBError.url` removed
        > compatible  `tmdbkit.TMDBError.link` added
        < breaking    `tmdbkit.TMDBError.link` removed
        < compatible  `tmdbkit.TMDBError.url` added
        """,
    ),
    "a property that becomes a method": (
        (CLIENT_PY, "@property", ""),
        """
        > breaking    `tmdbkit.TMDB.base_url` changed from attribute to function
        < breaking    `tmdbkit.TMDB.base_url` changed from function to attribute
        """,
    ),
    "a method to await": (
        (CLIENT_PY, "    def close(", "    async def close("),
        """
        > breaking    `tmdbkit.TMDB.close` is now a coroutine
        < breaking    `tmdbkit.TMDB.close` is no longer a coroutine
        """,
    ),
    "an optional parameter": (
        (CLIENT_PY, "indent: int | None = None", "indent: int | None = None, sort: bool = False"),
        """
        > compatible  optional parameter `sort` of `tmdbkit.encode` added: `bool`
        < breaking    parameter `sort` of `tmdbkit.encode` removed
        """,
    ),
    "a required parameter": (
        (CLIENT_PY, "indent: int | None = None", "indent: int | None = None, sort: bool"),
        """
        > breaking    required parameter `sort` of `tmdbkit.encode` added: `bool`
        < breaking    parameter `sort` of `tmdbkit.encode` removed
        """,
    ),
    "a parameter that has to be given": (
        (CLIENT_PY, "indent: int | None = None", "indent: int | None"),
        """
        > breaking    parameter `indent` of `tmdbkit.encode` is now required
        < compatible  parameter `indent` of `tmdbkit.encode` is now optional
        """,
    ),
    "a parameter by name only": (
        (CLIENT_PY, REQUEST, REQUEST.replace("timeout", "*, timeout")),
        """
        > breaking    parameter `timeout` of `tmdbkit.TMDB.request` is now keyword-only, was positional or keyword
        """,
    ),
    "the order of parameters": (
        (CLIENT_PY, REQUEST, "query: dict[str, str], path: str, timeout: float | None = None"),
        """
        > breaking    parameter `path` of `tmdbkit.TMDB.request` is at another position
        > breaking    parameter `query` of `tmdbkit.TMDB.request` is at another position
        < breaking    parameter `query` of `tmdbkit.TMDB.request` is at another position
        < breaking    parameter `path` of `tmdbkit.TMDB.request` is at another position
        """,
    ),
    "a parameter of the client": (
        (CLIENT_PY, ", wait: float | None = None", ""),
        """
        > breaking    parameter `wait` of `tmdbkit.TMDB` removed
        < compatible  optional parameter `wait` of `tmdbkit.TMDB` added: `float | None`
        """,
    ),
    "a default": (
        (CLIENT_PY, "attempts: int = DEFAULT", "attempts: int = 5"),
        """
        > breaking    parameter `attempts` of `tmdbkit.TMDB` is now `5` if omitted, was `DEFAULT`
        < breaking    parameter `attempts` of `tmdbkit.TMDB` is now `DEFAULT` if omitted, was `5`
        """,
    ),
    "a parameter of more types": (
        (CLIENT_PY, "timeout: float | None", "timeout: float | str | None"),
        """
        > compatible  parameter `timeout` of `tmdbkit.TMDB.request` now takes `float | str | None`, took `float | None`
        < breaking    parameter `timeout` of `tmdbkit.TMDB.request` now takes `float | None`, took `float | str | None`
        """,
    ),
    "a parameter of a wider type": (
        (CLIENT_PY, "query: dict[str, str]", "query: Mapping[str, str]"),
        """
        > compatible  parameter `query` of `tmdbkit.TMDB.request` now takes `Mapping[str, str]`, took `dict[str, str]`
        < breaking    parameter `query` of `tmdbkit.TMDB.request` now takes `dict[str, str]`, took `Mapping[str, str]`
        """,
    ),
    "a parameter of another type": (
        (CLIENT_PY, "query: dict[str, str]", "query: dict[str, int]"),
        """
        > breaking    parameter `query` of `tmdbkit.TMDB.request` now takes `dict[str, int]`, took `dict[str, str]`
        < breaking    parameter `query` of `tmdbkit.TMDB.request` now takes `dict[str, str]`, took `dict[str, int]`
        """,
    ),
    "what is returned": (
        (CLIENT_PY, '"bytes | None"', "bytes"),
        """
        > compatible  `tmdbkit.TMDB.request` now returns `bytes`, returned `bytes | None`
        < breaking    `tmdbkit.TMDB.request` now returns `bytes | None`, returned `bytes`
        """,
    ),
    "that something is returned": (
        (CLIENT_PY, "def close(self) -> None", "def close(self) -> bool"),
        """
        > compatible  `tmdbkit.TMDB.close` now returns `bool`, returned `None`
        < breaking    `tmdbkit.TMDB.close` now returns `None`, returned `bool`
        """,
    ),
    "the type of a property": (
        (CLIENT_PY, "def base_url(self) -> str", "def base_url(self) -> str | None"),
        """
        > breaking    `tmdbkit.TMDB.base_url` is now `str | None`, was `str`
        < compatible  `tmdbkit.TMDB.base_url` is now `str`, was `str | None`
        """,
    ),
    "a base class": (
        (CLIENT_PY, "NotFoundError(TMDBError, LookupError)", "NotFoundError(Exception)"),
        """
        > breaking    `tmdbkit.NotFoundError` no longer derives from `LookupError`
        > breaking    `tmdbkit.NotFoundError` no longer derives from `tmdbkit.TMDBError`
        < compatible  `tmdbkit.NotFoundError` now derives from `LookupError`
        < compatible  `tmdbkit.NotFoundError` now derives from `tmdbkit.TMDBError`
        """,
    ),
    "an inherited parameter": (
        ("src/tmdbkit/hidden.py", "language: str | None = None", "language: str"),
        """
        > breaking    parameter `language` of `tmdbkit.TMDB.with_options` now takes `str`, took `str | None`
        > breaking    parameter `language` of `tmdbkit.TMDB.with_options` is now required
        < compatible  parameter `language` of `tmdbkit.TMDB.with_options` now takes `str | None`, took `str`
        < compatible  parameter `language` of `tmdbkit.TMDB.with_options` is now optional
        """,
    ),
    "a module": (
        ("src/tmdbkit/errors.py", "NotFoundError, ", ""),
        """
        > breaking    `tmdbkit.errors.NotFoundError` removed
        < compatible  `tmdbkit.errors.NotFoundError` added
        """,
    ),
    "a method of a resource": (
        (GENRES_PY, "genre_id: int", "genre_id: int | str"),
        """
        > compatible  parameter `genre_id` of `genres.movie` now takes `int | str`, took `int`
        < breaking    parameter `genre_id` of `genres.movie` now takes `int`, took `int | str`
        """,
    ),
    "the type of a field": (
        (GENRE_PY, "id: int", "id: str"),
        """
        > breaking    `Genre.id` is now `str`, was `int`
        < breaking    `Genre.id` is now `int`, was `str`
        """,
    ),
    "the name of a resource": (
        ("generated/tmdb_openapi/resources.py", "def genres", "def kinds"),
        """
        > breaking    `tmdbkit.TMDB.genres` removed
        > compatible  `tmdbkit.TMDB.kinds` added
        < breaking    `tmdbkit.TMDB.kinds` removed
        < compatible  `tmdbkit.TMDB.genres` added
        """,
    ),
}
"""An edit of the small packages, and the expected changes: `>` for the edit, `<` for its reversal."""
NOTHING: dict[str, tuple[str, str, str]] = {
    "a private method": (CLIENT_PY, "_send(self, path: str)", "_post(self)"),
    "a private parameter": (CLIENT_PY, ", _clock: object = None", ", _sleep: object"),
    "a function that is not exported": ("src/tmdbkit/hidden.py", "helper(a: int) -> int", "helper() -> str"),
    "a private base class": (CLIENT_PY, "class TMDB(Base, Resources)", "class TMDB(Resources, Base)"),
    "what every object has": (CLIENT_PY, "    def close(", "    def __repr__(self) -> str: ...\n\n    def close("),
    "what only a decorator calls": (CLIENT_PY, "    def close(", "    def __post_init__(self) -> None: ...\n\n    def close("),
    "a docstring": (CLIENT_PY, "    def close(self) -> None: ...", '    def close(self) -> None:\n        """Close."""'),
    "an annotation in quotes": (CLIENT_PY, "query: dict[str, str]", 'query: "dict[str, str]"'),
    "where a name of an annotation comes from": (CLIENT_PY, "-> bytes: ...", "-> builtins.bytes: ..."),
    "the order of types": (CLIENT_PY, "wait: float | None", "wait: None | float"),
    "the slots of a model": (GENRE_PY, "'id', 'name'", "'name'"),
    "another library's name": (INIT_PY, "from httpx import Timeout", "from httpcore import Timeout"),
}


@pytest.mark.parametrize("title", CASES)
def test_a_change_and_its_reversal_are_reported(tmp_path: Path, title: str) -> None:
    edit, expected = CASES[title]
    one, other = tree(tmp_path / "one"), tree(tmp_path / "other", edit)
    forwards, backwards = (listed_changes(public_changes(*pair, reported=())) for pair in ((one, other), (other, one)))
    assert [*(f"> {line}" for line in forwards), *(f"< {line}" for line in backwards)] == dedent(expected).strip().splitlines()


@pytest.mark.parametrize("title", NOTHING)
def test_invisible_changes_are_not_reported(tmp_path: Path, title: str) -> None:
    one, other = tree(tmp_path / "one"), tree(tmp_path / "other", NOTHING[title])
    assert public_changes(one, other, ()) == public_changes(other, one, ()) == []


def test_a_class_may_move_between_private_modules(tmp_path: Path) -> None:
    one, other = tree(tmp_path / "one"), tree(tmp_path / "other")
    (other / CLIENT_PY).rename(other / "src/tmdbkit/clients.py")
    for file in ("src/tmdbkit/__init__.py", "src/tmdbkit/errors.py"):
        (other / file).write_text(SMALL[file].replace(".client", ".clients"))
    assert public_changes(one, other, ()) == []


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        ((GENRES_PY, "genre_id: int", "genre_id: str"), "genres.movie"),
        ((GENRES_PY, "def movie", "def kinds"), "genres"),
        ((GENRE_PY, "id: int", "id: str"), "Genre.id"),
        (("generated/tmdb_openapi/models/__init__.py", "'Genre'", ""), "Genre"),
        (("generated/tmdb_openapi/resources.py", "def genres", "def _genres"), "genres"),
    ],
)
def test_changes_of_bundles_are_reported_once(tmp_path: Path, edit: tuple[str, str, str], expected: str) -> None:
    one, other = tree(tmp_path / "one"), tree(tmp_path / "other", edit)
    assert public_changes(one, other, ())
    assert public_changes(one, other, {expected}) == []


def test_every_module_in_the_documentation_is_compared() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "README.md", *(ROOT / "docs" / "guides").glob("*.md")))
    named = set(re.findall(r"(?:from |import |`)(tmdbkit(?:\.[a-z_]+)*|tmdb_openapi\.[a-z_]+)\b", text))
    assert named >= {"tmdbkit", "tmdbkit.testing", "tmdbkit.errors", "tmdbkit.models", "tmdbkit.types"}
    assert {name.replace("tmdbkit.models", "tmdb_openapi.models") for name in named} <= {*MODULES}


def test_the_public_names_of_the_package_are_found() -> None:
    members = Public(ROOT).members
    assert {"tmdbkit.TMDB.movies", "tmdbkit.TMDB.with_options", "tmdbkit.Response.status_code", "tmdbkit.errors.NotFoundError"} <= members.keys()
    assert {"tmdbkit.testing.FakeTMDB.fail_next", "tmdbkit.testing.plugin.fake_tmdb", "tmdb_openapi.models.MovieDetails.budget"} <= members.keys()
    assert {"tmdb_openapi.types.MovieStatus", "tmdb_openapi.api.movies.AsyncRawMovies.details"} <= members.keys()


@pytest.mark.parametrize(
    ("one", "other", "fits"),
    [
        ("int", "int | None", True),
        ("int", "float", True),
        ("bool", "int", False),
        ("str", "Any", True),
        ("Any", "str", False),
        ("list[int]", "Iterable[float]", True),
        ("Iterable[int]", "list[int]", False),
        ("list[int]", "list[str]", False),
        ("dict[str, list[Genre]]", "Mapping[str, Sequence[models.Genre | None]]", True),
        ("Literal['a']", "Literal['a', 'b']", True),
        ("Literal['a', 1]", "str", False),
        ("Literal[False]", "bool", True),
        ("Word", "str", True),
        ("str", "Word", True),
        ("'int | None'", "Optional", False),
        ("Callable[[object], None]", "Callable[[int], None]", False),
        ("tuple[int, ...]", "tuple[int, ...]", True),
    ],
)
def test_within_compares_types(one: str, other: str, fits: bool) -> None:
    aliases = {"Word": "Literal['x'] | str"}
    assert within(read_type(one, aliases), read_type(other, aliases)) is fits
