"""How the pages of a method differ from those of others: knowledge of the spec for `tmdb.paginate`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

__all__ = ["MOST_PAGES", "DateFilter", "IncompleteWarning", "dated", "dates_of", "is_unpaged", "unpaged"]

F = TypeVar("F", bound=Callable[..., Any])

MOST_PAGES = 500
"""The pages of a list that TMDB serves."""
DATES = "_dates"
UNPAGED = "_unpaged"


class IncompleteWarning(UserWarning):
    """A list ended, and not all of its rows were seen."""


class DateFilter(NamedTuple):
    """The arguments of a method that filter its rows by date.

    Attributes:
        first: The argument with the first day.
        last: The argument with the last day.
        undated: The argument that lets rows without a date pass; None without one.
    """

    first: str
    last: str
    undated: str | None = None


def dated(first: str, last: str, undated: str | None = None) -> Callable[[F], F]:
    """Mark a method whose rows can be filtered by date.

    Args:
        first: The argument with the first day.
        last: The argument with the last day.
        undated: The argument that lets rows without a date pass.
    """

    def mark(method: F) -> F:
        setattr(method, DATES, DateFilter(first, last, undated))
        return method

    return mark


def unpaged(method: F) -> F:
    """Mark a method that takes a page, which TMDB ignores."""
    setattr(method, UNPAGED, True)
    return method


def dates_of(method: object) -> DateFilter | None:
    """The arguments of a method that filter its rows by date; None without them."""
    return getattr(method, DATES, None)


def is_unpaged(method: object) -> bool:
    """Whether TMDB ignores the page that a method takes."""
    return bool(getattr(method, UNPAGED, False))
