"""Evidence for the spec: compares it with recorded traffic and the live API.

Modules:
    conformance: runs recorded traffic against spec and client.
    coverage: counts the evidence for each operation.
    live_check: compares the live API with the spec.
"""
