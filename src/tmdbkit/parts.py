"""Parts of `append_to_response` with a number in their name."""

from __future__ import annotations

from tmdb_openapi.types import SeasonPart

from .runtime.checks import check_number

__all__ = ["season"]


def season(number: int) -> SeasonPart:
    """The part that appends a whole season to the details of a TV series: `tmdb.tv_series.details(1399, append_to_response=[season(1)])`.

    The details then have it as `appended_seasons[1]`, like the result of `tmdb.tv_seasons.details(1399, 1)`, in one request with the series.

    Args:
        number: The number of the season; 0 for the specials.

    Returns:
        The part: the text `season/1`.

    Raises:
        InvalidArgumentError: The number is not an integer, or below 0.
    """
    check_number("number", number, is_whole=True)
    return SeasonPart(f"season/{number}")
