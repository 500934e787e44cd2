"""Recorded traffic, and the fixtures that are made of it.

Modules:
    exchanges: a request and its response, and the files that hold them.
    operations: from a method and a path to an operation.
    redaction: how a credential looks, and where one shows.
    distill: makes a fixture of a recorded exchange.
    live: sends requests to the live API.
    record: records fixtures from the live API.
    fixtures: reads the fixtures.
"""
