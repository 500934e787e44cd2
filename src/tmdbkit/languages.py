"""Languages as TMDB writes them: ISO 639-1, perhaps with a country. They are checked by form only."""

from __future__ import annotations

from typing import NamedTuple

from .runtime.errors import InvalidArgumentError
from .runtime.params import LANGUAGE_FORM

__all__ = ["Language"]


class Language(NamedTuple):
    """A language: `pt-BR` is `pt` of the country `BR`.

    Attributes:
        code: The language as ISO 639-1.
        country: The country as ISO 3166-1; empty without one.
    """

    code: str
    country: str = ""

    def __str__(self) -> str:
        return f"{self.code}-{self.country}" if self.country else self.code

    @classmethod
    def parse(cls, text: object) -> Language:
        """Read a language.

        Args:
            text: Such as `de`, `pt-BR` or `pt_br`.

        Raises:
            InvalidArgumentError: It has another form.
        """
        match = LANGUAGE_FORM.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise InvalidArgumentError(f"a language must be like 'de' or 'pt-BR'; not {text!r}")
        return cls(match[1].lower(), (match[2] or "").upper())
