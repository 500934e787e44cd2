"""TMDB's own OpenAPI description: the text itself, or what `spec/upstream.json` keeps of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

__all__ = ["COMPARED", "official_text"]

_UPSTREAM = json.loads((ROOT / "spec" / "upstream.json").read_text(encoding="utf-8"))
COMPARED: str = _UPSTREAM["compared"]["3"]
"""The day of the text that was last compared with our spec."""


def official_text(given: Path | None = None) -> dict[str, Any]:
    """The text of a file; without one, a text with the same operations, parameters and types.

    Args:
        given: The downloaded file.
    """
    if given:
        text: dict[str, Any] = json.loads(given.read_text(encoding="utf-8"))
        return text
    paths: dict[str, Any] = {}
    for name, said in _UPSTREAM["operations"].items():
        method, path = name.split()
        named = [(key.split(), one["type"]) for key, one in said.get("parameters", {}).items()]
        parameters = [
            {"in": where, "name": key, "required": where == "path", "schema": {"type": "string" if type_ == "date" else type_}} for (where, key), type_ in named
        ]
        content = {"application/json": {"schema": _schema(said.get("response", {"$": "object"}), "$")}}
        operation = {"operationId": said["id"], "parameters": parameters, "responses": {"200": {"description": "200", "content": content}}}
        paths.setdefault(path, {})[method.lower()] = operation
    return {"openapi": "3.1.0", "info": {"title": "tmdb", "version": "3"}, "servers": [{"url": "https://api.themoviedb.org"}], "paths": paths}


def _schema(types: dict[str, str], place: str) -> dict[str, Any]:
    """The schema of a place in the response of an operation."""
    type_ = types.get(place, "anything")
    if type_ == "object":
        names = [key.removeprefix(f"{place}.") for key in types if re.fullmatch(re.escape(place) + r"\.[^.\[]+", key)]
        return {"type": "object", "properties": {name: _schema(types, f"{place}.{name}") for name in names}}
    if type_ == "array":
        return {"type": "array", "items": _schema(types, f"{place}[]")}
    return {} if type_ in ("?", "anything") else {"type": type_}
