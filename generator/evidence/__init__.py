"""The evidence that the spec is true.

Modules:
    conformance: runs recorded traffic against spec and client.
    coverage: counts the evidence for each operation.
    live_check: compares the live API with the spec.
"""
