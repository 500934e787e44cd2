"""Builds the documentation site: `python -m generator.site` (see README.md)."""
