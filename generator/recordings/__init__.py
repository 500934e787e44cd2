"""Recorded traffic, and the fixtures made from it.

Modules:
    exchanges: a request and its response, and the files that hold them.
    operations: maps a method and a path to an operation.
    redaction: recognises and masks credentials.
    distill: makes a fixture from a recorded exchange.
    live: sends requests to the live API.
    record: records fixtures from the live API.
    fixtures: reads the fixtures.
"""
