"""Reads responses with the models of a generated module: `python reader.py method module bodies.json`. Prints what it could not read, and a title, in JSON."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def msgspec_reader(model: Any, body: Any) -> Any:
    import msgspec

    return msgspec.convert(body, model)


READERS: dict[str, Callable[[Any, Any], Any]] = {
    "from_dict": lambda model, body: model.from_dict(body),
    "model_validate": lambda model, body: model.model_validate(body),
    "msgspec": msgspec_reader,
}


def main(method: str, module: str, bodies: str) -> None:
    models = {name.lower().replace("_", ""): value for name, value in vars(importlib.import_module(module)).items() if isinstance(value, type)}
    read, failed, title = 0, {}, None
    for name, schema, body in json.loads(Path(bodies).read_text(encoding="utf-8")):
        try:
            found = READERS[method](models[schema.lower()], body)
        except Exception as error:  # noqa: BLE001 - each of them is a finding
            failed[name] = f"{type(error).__name__}: {error}"[:200]
        else:
            read += 1
            title = found.title if name == "movies/details" else title
    print(json.dumps({"read": read, "failed": failed, "title": title}))


if __name__ == "__main__":
    main(*sys.argv[1:])
