"""Evidence for the spec: compares it with recorded traffic, the live API, and TMDB's own description.

Modules:
    conformance: runs recorded traffic against spec and client.
    coverage: counts the evidence for each operation.
    live_check: compares the live API with the spec.
    official: reads TMDB's own OpenAPI description, and its state when it was last compared.
    differences: writes the differences between the spec and that text.
    upstream: reports what is new or gone in that text.
"""
