"""Lazy imports."""

from __future__ import annotations

import subprocess
import sys


def modules_after(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    return set(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split())


def test_imports_are_lazy() -> None:
    loaded = modules_after("import tmdb_openapi, tmdbkit, tmdbkit.models, tmdbkit.errors")
    assert not {name for name in loaded if name.startswith(("tmdb_openapi.models.", "tmdb_openapi.api."))}
    assert not loaded & {"httpx", "attrs", "msgspec", "tmdbkit.client"}


def test_creating_a_client_loads_no_model() -> None:
    loaded = modules_after("from tmdbkit import TMDB; TMDB('0' * 32)")
    assert not {name for name in loaded if name.startswith(("tmdb_openapi.models", "tmdb_openapi.api"))}
    assert "redis" not in loaded


def test_a_resource_loads_no_model_until_a_call_needs_one() -> None:
    loaded = modules_after("from tmdbkit import TMDB; TMDB('0' * 32).movies.raw")
    assert not {name for name in loaded if name.startswith("tmdb_openapi.models.")}
    loaded = modules_after("from tmdbkit.models import MovieKeywords")
    assert {name for name in loaded if name.startswith("tmdb_openapi.models.")} == {"tmdb_openapi.models.movie_keywords", "tmdb_openapi.models.keyword"}


def test_either_package_can_be_imported_first() -> None:
    assert "tmdbkit.client" in modules_after("import tmdb_openapi.resources; from tmdbkit import TMDB")
    assert "tmdb_openapi.resources" in modules_after("from tmdbkit import AsyncTMDB")


def test_a_successful_call_loads_no_optional_module() -> None:
    loaded = modules_after(
        "import httpx; from tmdbkit import TMDB\n"
        "answer = httpx.Response(200, json={'page': 1, 'results': [], 'total_pages': 1, 'total_results': 0})\n"
        "assert TMDB('0' * 32, transport=httpx.MockTransport(lambda _: answer)).movies.popular().results == []"
    )
    assert not loaded & {
        "tmdb_openapi.models.unknown_row",
        "tmdb_openapi.status_codes",
        "tmdbkit.events",
        "tmdbkit.exceptions",
        "tmdbkit.runtime.display",
        "tmdbkit.runtime.drift",
        "tmdbkit.runtime.retries",
        "tmdbkit.transport.cache",
        "tmdbkit.transport.proxies",
        "tmdbkit.transport.rate_limit",
    }
