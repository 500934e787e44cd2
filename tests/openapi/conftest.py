"""The OpenAPI description as a release brings it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from generator.changes.diff import version_of
from generator.release.openapi import assets
from hatch_build import published
from tests.conftest import ROOT


@cache
def released() -> dict[str, bytes]:
    """The files by name."""
    bundle = json.loads((ROOT / "generated" / "openapi.json").read_text(encoding="utf-8"))
    return assets((json.dumps(published(bundle, version_of(ROOT)), ensure_ascii=False) + "\n").encode())


@cache
def description() -> dict[str, Any]:
    return json.loads(released()["tmdb-openapi.json"])


@cache
def portable_description() -> dict[str, Any]:
    return json.loads(released()["tmdb-openapi-portable.json"])


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files."""
    folder = tmp_path_factory.mktemp("released")
    for name, content in released().items():
        (folder / name).write_bytes(content)
    return folder
