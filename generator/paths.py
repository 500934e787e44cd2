"""Paths of the project that the generator reads."""

from __future__ import annotations

from pathlib import Path

__all__ = ["FIXTURES", "ROOT", "SPEC"]

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "spec"
FIXTURES = ROOT / "tests" / "fixtures"
