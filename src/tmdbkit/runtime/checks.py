"""Checks of settings and of arguments that are not those of an operation."""

from __future__ import annotations

import math
import os
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

from .errors import InvalidArgumentError
from .types import date_from_text

__all__ = ["check_flag", "check_number", "checked_day", "checked_path", "is_seconds"]


def check_number(name: str, value: Any, *, least: float = 0, most: float = math.inf, is_above: bool = False, is_whole: bool = False, unit: str = "") -> None:
    """Check a number.

    Args:
        name: The name of the setting.
        value: Its value.
        least: The least number.
        most: The greatest number.
        is_above: Whether the number must be above that, and finite.
        is_whole: Whether it must be an integer.
        unit: The unit, for the message.

    Raises:
        InvalidArgumentError: It is no such number.
    """
    is_number = isinstance(value, int if is_whole else (int, float)) and is_seconds(value)
    if not is_number or not (least < value < math.inf if is_above else least <= value <= most):
        kind = f"an integer{unit and f' of {unit}'}" if is_whole else f"a number{unit and f' of {unit}'}"
        bounds = f" above {least}" if is_above else f", {least} or more" if most == math.inf else f", {least} to {most}"
        raise InvalidArgumentError(f"{name} must be {kind}{bounds}; not {value!r}")


def is_seconds(value: Any) -> bool:
    """Whether a value is a number that a float can hold, and no NaN."""
    try:
        return not isinstance(value, bool) and isinstance(value, (int, float)) and not math.isnan(value)
    except OverflowError:
        return False


def checked_path(name: str, value: Any) -> Path:
    """The path of a file or a folder.

    Raises:
        InvalidArgumentError: It is no text and no path, one that no file can have, or a folder (`new/`) that does not exist.
    """
    if isinstance(value, (str, os.PathLike)):
        try:
            text = os.fsencode(value)
            if text and b"\0" not in text:
                path = Path(value)
                if text.endswith((b"/", os.fsencode(os.sep))) and not path.is_dir():  # `Path` drops the slash, and would name a file
                    raise InvalidArgumentError(f"{name} must be the path of a file, or a folder that exists; not {value!r}")
                return path
        except (TypeError, UnicodeEncodeError):  # a path of bytes, or half of a surrogate pair
            pass
    raise InvalidArgumentError(f"{name} must be the path of a file, a text or a pathlib.Path; not {value!r}")


def checked_day(name: str, value: Any) -> date:
    """A day, from a `datetime.date`, or a text of the form YYYY-MM-DD. Of a `datetime.datetime`, the day counts.

    Raises:
        InvalidArgumentError: It is none.
    """
    if isinstance(value, str):
        with suppress(ValueError):
            return date_from_text(value)
    elif isinstance(value, date):
        return value.date() if isinstance(value, datetime) else value
    raise InvalidArgumentError(f"{name} must be a datetime.date, or a text of the form 'YYYY-MM-DD'; not {value!r}")


def check_flag(name: str, value: Any) -> None:
    """Check a flag.

    Raises:
        InvalidArgumentError: It is neither True nor False.
    """
    if not isinstance(value, bool):
        raise InvalidArgumentError(f"{name} must be True or False; not {value!r}")
