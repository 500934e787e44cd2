"""The images of entries: paths that follow from the entry, so that every run has the same ones."""

from __future__ import annotations

from hashlib import sha1
from typing import Any

__all__ = ["image", "image_path", "images", "logo", "object_id"]

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PATH_LENGTH = 27
SIZES = {"poster": (2000, 3000), "backdrop": (3840, 2160), "logo": (1200, 480), "profile": (1000, 1500), "still": (1920, 1080)}
"""The size of each kind of image, in pixels."""


def object_id(*parts: object) -> str:
    """The id of 24 hexadecimal digits that TMDB gives credits, reviews and videos."""
    return str(_digest(parts).hexdigest())[:24]


def image_path(kind: str, *parts: object) -> str:
    """The path of an image, such as `/2Wk9aUzpTYAUxJ6sSCzUw0yb9Fb.jpg`."""
    number = int.from_bytes(_digest((kind, *parts)).digest(), "big")
    digits = []
    for _ in range(PATH_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return f"/{''.join(digits)}.{'png' if kind == 'logo' else 'jpg'}"


def image(kind: str, *parts: object, language: str | None = None, country: str | None = None) -> dict[str, Any]:
    """An image in the form of TMDB's `images`."""
    width, height = SIZES[kind]
    return {
        "aspect_ratio": round(width / height, 3),
        "height": height,
        "iso_3166_1": country,
        "iso_639_1": language,
        "file_path": image_path(kind, *parts, language, country),
        "vote_average": 5.0 if language is None else 5.5,
        "vote_count": 4,
        "width": width,
    }


def images(*parts: object, kinds: dict[str, str], languages: list[tuple[str | None, str | None]]) -> dict[str, list[dict[str, Any]]]:
    """The images of an entry.

    Args:
        parts: What names the entry, such as `"movie", 550`.
        kinds: The kind of image by the key of the result: `{"posters": "poster"}`.
        languages: The languages and countries that have one of each.
    """
    return {key: [image(kind, *parts, language=language, country=country) for language, country in languages] for key, kind in kinds.items()}


def logo(*parts: object) -> dict[str, Any]:
    """A logo in the form of the `images` of companies and networks."""
    width, height = SIZES["logo"]
    return {
        "aspect_ratio": width / height,
        "file_path": image_path("logo", *parts),
        "height": height,
        "id": object_id("logo", *parts),
        "file_type": ".png",
        "vote_average": 5.0,
        "vote_count": 2,
        "width": width,
    }


def _digest(parts: tuple[object, ...]) -> Any:
    return sha1(":".join(map(str, parts)).encode(), usedforsecurity=False)
