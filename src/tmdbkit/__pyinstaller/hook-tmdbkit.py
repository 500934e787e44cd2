"""Lists what PyInstaller cannot see: modules that are imported by name on first use, and the world of the fake."""

from PyInstaller.utils.hooks import collect_data_files, collect_submodules  # type: ignore[import-untyped]

OPTIONAL = (
    *("tmdbkit.__pyinstaller", "tmdbkit.cli", "tmdbkit.otel", "tmdbkit.testing.plugin"),
    *("tmdbkit.transport.aiohttp", "tmdbkit.transport.cache_layer", "tmdbkit.transport.redis"),
)
"""Modules that need more than tmdbkit's own dependencies. PyInstaller sees them where a program uses them."""

datas = collect_data_files("tmdbkit.testing")
hiddenimports = [
    *collect_submodules("tmdbkit", filter=lambda name: not name.startswith(OPTIONAL)),
    *collect_submodules("tmdb_openapi"),
]
