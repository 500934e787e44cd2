"""From the spec to the client package: see README.md beside this file."""
