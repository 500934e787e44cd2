"""The rules of the spec, by subject.

Modules:
    document: the bundle as a whole.
    files: the locations, names and uses of files.
    operations: the names, parameters and responses of operations.
    schemas: the contents of schemas.
    texts: summaries and descriptions.
    fixtures: fixtures, which are the examples.
    status_codes: TMDB's own status codes.
    exports: the daily id exports.
    vocabulary: what programs know without a request.
    names: the forms of names, and the reserved names.
    spec_index: an index of the spec for the rules.
    registry: the list of rules.
"""

from __future__ import annotations

from . import document, exports, files, fixtures, operations, schemas, status_codes, texts, vocabulary
from .registry import RULES, Problem, Rule, name_of

__all__ = ["RULES", "Problem", "Rule", "document", "exports", "files", "fixtures", "name_of", "operations", "schemas", "status_codes", "texts", "vocabulary"]
