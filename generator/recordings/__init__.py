"""Recorded traffic, and the fixtures made from it.

Modules:
    exchanges: a request and its response, and the files that hold them.
    operations: maps a method and a path to an operation.
    redaction: recognises and masks credentials.
    distill: makes a fixture from a recorded exchange.
    live: sends requests to the live API.
    record: records fixtures from the live API.
    draft: drafts a new operation from responses of the live API.
    inference: infers schemas from the values that were seen.
    fixtures: reads the fixtures.
"""
