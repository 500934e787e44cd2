"""Generates the client package from the spec, and holds the maintainers' tools. README.md beside this file shows the layout."""
