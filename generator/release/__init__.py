"""Releases: cut a version, build it, test the wheel, publish it. `docs/maintainers/publishing.md` is the manual.

Modules:
    __main__: sets the version, writes the changelog, commits and tags.
    checks: preconditions of a release.
    build: builds the wheel, the sdist and the assets.
    openapi: translates the OpenAPI description for the assets.
    contents: checks their contents.
    test: tests the wheel in an empty environment.
    contract_tests: the script that runs there.
    publish: uploads a release, completely or not at all.
    index: a client of package indexes.
"""
