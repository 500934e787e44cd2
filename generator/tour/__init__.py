"""`make tour`: walks a maintainer with an account through every operation of a user, and puts everything back.

Modules:
    steps: what the tour calls, in order, and how each change is undone.
    undo: what is left to undo, in a file.
    walk: sends the requests, and compares what comes with what the steps expect.
    report: scrubs and records the exchanges, and compares them with the spec.

README.md beside this file is the manual.
"""
