"""The forms of names, and the reserved names."""

from __future__ import annotations

import re

__all__ = ["ODD_PROPERTY", "PARAMETER_NAME", "PASCAL_CASE", "PATH", "SNAKE_CASE", "TAKEN_ACTIONS", "TAKEN_ARGUMENTS", "TAKEN_PROPERTIES", "TAKEN_SCHEMAS"]

SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
PASCAL_CASE = re.compile(r"[A-Z][A-Za-z0-9]*")
PATH = re.compile(r"/[34](/[a-z0-9_]+|/\{[a-z0-9_]+\})+")
PARAMETER_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z]+)?")

ODD_PROPERTY = "watch/providers"
"""The one property whose name is not an identifier."""

TAKEN_ACTIONS = ("raw", "unset")
"""Names that the class or module of a resource uses itself, in lower case."""
TAKEN_ARGUMENTS = ("self", "options", "timeout", "deadline", "retries", "headers")
"""Arguments that every method has."""
TAKEN_PROPERTIES = ("Any", "Literal", "additional_properties", "attrs", "bool", "date", "datetime", "dict", "float", "int", "list", "not_appended", "str")
"""Names that annotations need in a model's class."""
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
        "Date",
        "Either",
        "Integer",
        "Iterable",
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
