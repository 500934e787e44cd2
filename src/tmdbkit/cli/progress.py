"""A progress bar on the standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterable
from typing import TypeVar

__all__ = ["progress"]

T = TypeVar("T")


def progress(items: Iterable[T], count: Callable[[], int], *, hidden: bool = False) -> Generator[T, None, None]:
    """Pass items on, and show how many there were, if the standard error is a terminal that can redraw a line.

    Args:
        items: The items.
        count: Returns their number; it is called if there is a bar.
        hidden: Whether to show none.
    """
    if hidden or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield from items
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    class WithCursor(Console):
        """A console that hides no cursor: a program that is killed would not show it again."""

        def show_cursor(self, show: bool = True) -> bool:
            return False

    console = WithCursor(stderr=True, color_system=None if os.environ.get("NO_COLOR") else "auto")
    with Progress(BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console, redirect_stdout=False) as bar:
        yield from bar.track(items, total=count())
