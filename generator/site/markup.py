"""HTML and Markdown of the pages."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any

__all__ = ["abbreviated", "annotation_html", "inline_html", "plain", "relative"]

MOST_ROWS = 2
MOST_JSON = 5_000
MOST_TEXT = 160


def inline_html(text: str) -> str:
    """A description as HTML: its backticks become code, and nothing else is markup."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(" ".join(text.split()), quote=False))


def plain(text: str) -> str:
    """A description as plain text in a single line."""
    return " ".join(text.replace("`", "").split())


def annotation_html(annotation: str, link: Callable[[str], str]) -> str:
    """A type annotation as HTML, with links to the types that have a page.

    Args:
        annotation: The annotation.
        link: The URL of a type by its name; empty if it has no page.
    """
    parts = re.split(r"(\w+(?:\.\w+)*)", annotation.replace("models.", ""))
    linked = [f'<a href="{url}">{part}</a>' if part.isidentifier() and (url := link(part)) else html.escape(part, quote=False) for part in parts]
    return f"<code>{''.join(linked)}</code>"


def relative(source: str, target: str) -> str:
    """The relative URL from a page to another, both without a suffix, such as `reference/models/Genre`. Anchors stay."""
    page, hash_, anchor = target.partition("#")
    here, there = source.split("/")[:-1], page.split("/")
    common = 0
    while common < min(len(here), len(there) - 1) and here[common] == there[common]:
        common += 1
    return "/".join([".."] * (len(here) - common) + there[common:]) + ".html" + hash_ + anchor


def abbreviated(value: Any) -> str:
    """A JSON value as text that is short enough for a page: lists lose their last items, and long ones all but one.

    What is left out is counted in the list's last item.
    """
    for rows, depth in ((MOST_ROWS, 9), (1, 9), (1, 5), (1, 4), (1, 3)):
        text = json.dumps(_shortened(value, rows, depth), indent=2, ensure_ascii=False)
        if len(text) <= MOST_JSON:
            break
    return text


def _shortened(value: Any, rows: int, depth: int) -> Any:
    if isinstance(value, dict):
        return {key: _shortened(item, rows, depth - 1) for key, item in value.items()} if depth else {"…": f"{len(value)} keys"}
    if isinstance(value, list):
        if not depth and value:
            return [f"… {len(value)} items"]
        kept = [_shortened(item, rows, depth - 1) for item in value[:rows]]
        return [*kept, f"… {len(value) - rows} more"] if len(value) > rows + 1 and isinstance(value[0], dict) else kept + value[rows : rows + 8]
    if isinstance(value, str) and len(value) > MOST_TEXT:
        return value[:MOST_TEXT] + "…"
    return value
