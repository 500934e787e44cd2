"""The daily id exports as data."""

from __future__ import annotations

from typing import Generic, TypeVar

__all__ = ["ExportFile"]

RowT = TypeVar("RowT")


class ExportFile(Generic[RowT]):
    """A kind of daily export, such as `MOVIE_IDS`.

    Attributes:
        name: TMDB's name, such as `movie_ids`.
        row: The class of its rows.
    """

    __slots__ = ("name", "row")

    def __init__(self, name: str, row: type[RowT]) -> None:
        self.name, self.row = name, row

    def __repr__(self) -> str:
        return f"<ExportFile {self.name}>"

    def __reduce__(self) -> tuple[type[ExportFile[RowT]], tuple[str, type[RowT]]]:
        return ExportFile, (self.name, self.row)
