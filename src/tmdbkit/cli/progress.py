"""A progress bar on the standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import click

__all__ = ["progress"]

T = TypeVar("T")


@contextmanager
def progress(items: Iterable[T], count: Callable[[], int], *, hidden: bool = False) -> Iterator[Iterable[T]]:
    """Show how many items were read, if the standard error is a terminal.

    Args:
        items: The items.
        count: Returns their number; it is called if there is a bar.
        hidden: Whether to show none.
    """
    if hidden or not sys.stderr.isatty():
        yield items
        return
    with click.progressbar(items, length=count(), file=sys.stderr, width=0, show_pos=True) as bar:
        yield bar
