"""The forms of names, and the reserved names."""

from __future__ import annotations

import re

__all__ = ["PASCAL_CASE", "PATH", "PATH_PARAMETER", "SNAKE_CASE", "TAKEN_ACTIONS", "TAKEN_SCHEMAS"]

SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
PASCAL_CASE = re.compile(r"[A-Z][A-Za-z0-9]*")
PATH_PARAMETER = re.compile("[A-Za-z_][A-Za-z0-9_]*")
PATH = re.compile(rf"/[34](/[a-z0-9_]+|/\{{{PATH_PARAMETER.pattern}\}})+")

TAKEN_ACTIONS = ("raw", "unset")
"""Names that the class or module of a resource uses itself, in lower case."""
TAKEN_SCHEMAS = (
    *(
        "Any",
        "AnyOf",
        "AsyncRawResource",
        "AsyncResource",
        "BodyField",
        "Boolean",
        "CallOptions",
        "Choice",
        "CountryCode",
        "Date",
        "Either",
        "Integer",
        "Iterable",
        "LanguageCode",
        "List",
        "Literal",
    ),
    *(
        "Model",
        "NewType",
        "NotRequired",
        "Number",
        "Object",
        "Operation",
        "Page",
        "Part",
        "PathParameter",
        "QueryParameter",
        "RawResource",
        "Resource",
        "Response",
        "Text",
        "Unpack",
    ),
    *("TypeAlias", "TypedDict", "UnknownRow", "UnknownRowBase"),
)
"""Names that the templates import, beside those of `tmdbkit.runtime.types`."""
