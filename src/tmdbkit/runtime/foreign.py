"""What a body is that is not JSON, in words for a message."""

from __future__ import annotations

import re

__all__ = ["BETWEEN", "described"]

MOST_WORDS = 60
"""The maximum length of the quoted first words, in characters."""
MOST_BYTES = 4096
"""Only this much of a body is searched for its first words."""
BETWEEN = "from something between here and TMDB, perhaps a proxy, a mirror, a firewall or a captive portal"
"""Where a body comes from that is not TMDB's."""


def described(content: bytes, content_type: str | None) -> str:
    """Describe a body that is not TMDB's: its kind, its content type and its first words.

    Args:
        content: The body.
        content_type: Its header `Content-Type`, or None.
    """
    if not content.strip():
        return "an empty body"
    start = content[:MOST_BYTES]
    is_html = start.lstrip().lower().startswith((b"<!doctype html", b"<html")) or "html" in (content_type or "").lower()
    kind = "HTML" if is_html else "JSON of another kind" if start.lstrip()[:1] in (b"{", b"[") else "text" if _is_text(start) else "binary data"
    named = f"Content-Type {content_type[:MOST_WORDS]}" if content_type else "without a Content-Type"
    words = _first_words(start) if kind != "binary data" else ""
    return f"{kind} ({named}{f', {words!r}' if words else ''})"


def _is_text(start: bytes) -> bool:
    return b"\0" not in start and start[:4].decode("utf-8", "ignore").isprintable() and not start.startswith((b"\x1f\x8b", b"\x89"))


def _first_words(start: bytes) -> str:
    """The first words of a text; of a page, without its tags."""
    text = re.sub(r"(?is)<(script|style)\b.*?(</\1>|\Z)|<[^>]*>?", " ", start.decode("utf-8", "replace"))
    words = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return words if len(words) <= MOST_WORDS else f"{words[:MOST_WORDS]}…"
