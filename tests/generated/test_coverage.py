"""Operations, methods and fixtures correspond."""

from __future__ import annotations

from tmdbkit import TMDB, AsyncTMDB

from tests.support.calls import operations
from tests.conftest import TOKEN, bundle, fixtures


def operation_ids() -> set[str]:
    return {operation["operationId"] for item in bundle()["paths"].values() for operation in item.values()}


def test_operations_and_fixtures_correspond() -> None:
    assert {fixture["operation_id"] for fixture in fixtures()} == operation_ids()


def test_operations_and_methods_correspond() -> None:
    assert set(operations()) == operation_ids()
    sync, asynchronous = TMDB(TOKEN), AsyncTMDB(TOKEN)
    tags = {tag for tag, _, _ in operations().values()}
    for tag in tags:
        expected = {method for other, method, _ in operations().values() if other == tag}
        for client in (sync, asynchronous):
            resource = getattr(client, tag)
            for view in (resource, resource.raw):
                methods = {name for name in vars(type(view)) if not name.startswith("_") and callable(getattr(view, name))}
                assert methods == expected, f"{view!r}"
    sync.close()
