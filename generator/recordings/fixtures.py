"""The fixtures: small exchanges that serve as examples of the spec, as test data, and as responses of `tmdbkit.testing`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["read_fixtures"]


def read_fixtures(directory: Path) -> list[dict[str, Any]]:
    """The fixtures of a folder, each with its name, such as `movies/details.appended`. A fixture without a variant precedes its variants."""
    paths = sorted(directory.rglob("*.json"), key=lambda path: (path.name.count("."), path))
    return [{"name": str(path.relative_to(directory).with_suffix("")), **json.loads(path.read_text(encoding="utf-8"))} for path in paths]
