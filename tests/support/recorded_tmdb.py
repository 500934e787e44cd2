"""A fake that sends what the fixtures recorded, for the tools that record and compare."""

from __future__ import annotations

from functools import cache
from typing import Any

from tests.conftest import GUEST_SESSION, ROOT, SESSION, USER_TOKEN, fixtures
from tmdbkit.router import Route
from tmdbkit.runtime.operations import Operation
from tmdbkit.testing import FakeTMDB, ReceivedRequest
from tmdbkit.testing.fake import _request_key
from tmdbkit.testing.responses import FakeResponse


@cache
def _loaded() -> FakeTMDB:
    """A fake that has loaded the fixtures."""
    fake = FakeTMDB()
    fake.load(ROOT / "tests" / "fixtures")
    return fake


@cache
def _recorded_for_others() -> dict[str, FakeResponse]:
    """A successful response of each operation, for ids that neither the fixtures nor the world have."""
    responses: dict[str, FakeResponse] = {}
    for fixture in fixtures():
        if fixture["response"]["status"] < 400:
            responses.setdefault(fixture["operation_id"], FakeResponse.of(fixture["response"]["status"], fixture["response"]["body"]))
    return responses


@cache
def _refused() -> set[str]:
    """The paths whose fixtures are errors."""
    return {fixture["request"]["path"] for fixture in fixtures() if fixture["response"]["status"] >= 400}


class RecordedTMDB(FakeTMDB):
    """A fake that sends recorded responses to recorded requests, and answers others from a world that knows what the fixtures know."""

    def __init__(self, *, account_object_id: str) -> None:
        super().__init__()
        self.world, self._recorded = _loaded().world.copy(), _loaded()._recorded
        self.users.add("ann", session_id=SESSION, access_token=USER_TOKEN).account_object_id = account_object_id
        self.users.add_guest(GUEST_SESSION)

    def _response(self, request: ReceivedRequest, found: Route | None, operation: Operation[Any] | None) -> FakeResponse:
        response = super()._response(request, found, operation)
        if any(stub.matches(request) for stub in self._stubs) or response.status == 401 or operation is None or operation.operation_id.startswith("v4_auth"):
            return response
        body = request.body if request.content else None
        recorded = self._recorded.get(_request_key(request.method, request.path, request.query, body), response)
        return _recorded_for_others().get(operation.operation_id, recorded) if recorded.status == 404 and request.path not in _refused() else recorded
