"""Recognises credentials in recordings: by the names that the spec has for them, by form, and known ones in any encoding."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus

__all__ = ["SecretPattern", "is_repeated", "texts"]

MIN_LENGTH = 8
"""The minimum length of a credential to search for: shorter ones match by chance."""

_FORMS = (
    r"eyJ[\w-]{4,}\.[\w-]+(?:\.[\w-]+)?",  # a JWT, with or without its signature
    r"(?<![A-Za-z0-9])(?:[0-9a-fA-F]{32,}|(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{32,})(?![A-Za-z0-9])",
    # base64 as URLs have it; what has hyphens between words is none
    r"(?<![\w-])(?=[\w-]{32})(?:[\w-]*[-_])?(?=[A-Za-z]*[0-9])(?=[A-Z0-9]*[a-z])(?=[a-z0-9]*[A-Z])[A-Za-z0-9]{12,}[\w-]*",
    r"[\w.+-]+@[\w-]+\.[\w.-]+",  # an e-mail address
)


class SecretPattern:
    """The forms of tokens, keys and e-mail addresses; and values named like credentials, as in a URL or in JSON.

    Ids of 24 hexadecimal digits and the names of image files are shorter than any of TMDB's credentials but one: an account's id in v4, which looks like the
    id of anything else.

    Args:
        names: The names of credentials.
    """

    def __init__(self, names: Collection[str]) -> None:
        called = rf"(?i:{'|'.join(sorted(names))})(?:\s*=\s*|[\"']\s*:\s*[\"']?)[^&\s\"']+"
        self._pattern = re.compile("|".join([*_FORMS, *([called] if names else [])]))

    def is_in(self, text: str) -> bool:
        """Whether a text contains what looks like a credential."""
        return self._pattern.search(text) is not None

    def masked(self, text: str) -> str:
        """A text with everything masked that looks like a credential."""
        return self._pattern.sub("…", text)


def texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value: strings, keys, and numbers as written."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, str | int | float):
        yield str(value)


def is_repeated(value: Any, secrets: Iterable[str]) -> bool:
    """Whether a JSON value contains a known credential: verbatim, escaped for JSON or URLs, or inside base64."""
    written = "\n".join(texts(value)).casefold()
    return any(form.casefold() in written for secret in secrets if len(secret) >= MIN_LENGTH for form in _forms(secret))


def _forms(secret: str) -> Iterator[str]:
    yield from (secret, json.dumps(secret)[1:-1], quote(secret), quote(secret, safe=""), quote_plus(secret))
    content = secret.encode()
    for shift in range(3):  # what stands before it decides how its bits fall into characters; those at its edges depend on its neighbours
        encoded = base64.b64encode(bytes(shift) + content).decode().rstrip("=")
        inner = encoded[-(-shift * 8 // 6) : len(encoded) - ((shift + len(content)) % 3 > 0)]
        yield from (inner, inner.replace("+", "-").replace("/", "_"))
