"""The rules that a spec keeps, by what they look at.

Modules:
    document: what the bundle is as a whole.
    files: where files lie, what they are called, and what refers to them.
    operations: the names, parameters and responses of operations.
    schemas: what schemas may say.
    texts: what is written for people.
    examples: examples and fixtures, which are the same.
    status_codes: TMDB's own status codes.
    names: how things are named, and which names are taken.
    registry: the list of rules.
"""

from __future__ import annotations

from . import document, examples, files, operations, schemas, status_codes, texts
from .registry import RULES, Problem, Rule, name_of

__all__ = ["RULES", "Problem", "Rule", "document", "examples", "files", "name_of", "operations", "schemas", "status_codes", "texts"]
