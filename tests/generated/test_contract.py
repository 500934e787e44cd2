"""The contract: on every fixture, the spec, the strict contract models and the generated client agree."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tmdbkit import TMDB, AsyncTMDB, StatusError, encode

from tests.support.calls import arguments_of, credentials_of, operations
from tests.conftest import bundle, fixtures
from tests.support.validators import Fixture, response_schema, schema_accepts, strict_model_accepts, strict_type, validation

pytestmark = [
    pytest.mark.parametrize("fixture", fixtures(), ids=lambda fixture: fixture["name"]),
    pytest.mark.filterwarnings("ignore:.*_by_get is deprecated"),
]


def transport(fixture: Fixture, seen: list[httpx.Request]) -> httpx.MockTransport:
    answer = fixture["response"]

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(answer["status"], headers=answer["headers"], content=json.dumps(answer["body"]))

    return httpx.MockTransport(handle)


def assert_is_recorded_request(request: httpx.Request, fixture: Fixture) -> None:
    recorded, secrets = fixture["request"], credentials_of(fixture)
    token = secrets.pop("access_token", None) or secrets.pop("user_access_token", None)
    assert request.method == recorded["method"]
    assert request.url.raw_path.partition(b"?")[0].decode() == recorded["path"]
    assert dict(request.url.params.multi_items()) == {**recorded["query"], **secrets}
    assert request.headers.get("authorization") == (f"Bearer {token}" if token else None)
    assert (json.loads(request.content) if request.content else None) == recorded["body"]


def assert_is_recorded_answer(parsed: object, fixture: Fixture) -> None:
    returns = operations()[fixture["operation_id"]][2].returns()
    assert isinstance(parsed, getattr(returns, "__origin__", returns))
    assert json.loads(encode(parsed)) == fixture["response"]["body"]


def test_the_response_conforms_to_the_spec(fixture: Fixture) -> None:
    assert list(validation().violations(response_schema(fixture), fixture["response"]["body"])) == []


def test_the_strict_model_accepts_the_response(fixture: Fixture) -> None:
    assert strict_model_accepts(strict_type(response_schema(fixture)), fixture["response"]["body"])


def test_the_generated_method_reproduces_the_fixture(fixture: Fixture) -> None:
    tag, method, _ = operations()[fixture["operation_id"]]
    seen: list[httpx.Request] = []
    with TMDB(**credentials_of(fixture), transport=transport(fixture, seen)) as tmdb:
        call = getattr(getattr(tmdb, tag), method)
        if fixture["response"]["status"] >= 400:
            with pytest.raises(StatusError) as caught:
                call(**arguments_of(fixture))
            assert caught.value.status_code == fixture["response"]["body"].get("status_code")
        else:
            assert_is_recorded_answer(call(**arguments_of(fixture)), fixture)
            raw = getattr(getattr(tmdb, tag).raw, method)(**arguments_of(fixture))
            assert (raw.status_code, json.loads(raw.content)) == (fixture["response"]["status"], fixture["response"]["body"])
            assert_is_recorded_answer(raw.parsed, fixture)
    assert seen
    for request in seen:
        assert_is_recorded_request(request, fixture)


async def test_the_generated_async_method_reproduces_the_fixture(fixture: Fixture) -> None:
    tag, method, _ = operations()[fixture["operation_id"]]
    seen: list[httpx.Request] = []
    async with AsyncTMDB(**credentials_of(fixture), transport=transport(fixture, seen)) as tmdb:
        call = getattr(getattr(tmdb, tag), method)
        if fixture["response"]["status"] >= 400:
            with pytest.raises(StatusError) as caught:
                await call(**arguments_of(fixture))
            assert caught.value.status_code == fixture["response"]["body"].get("status_code")
        else:
            assert_is_recorded_answer(await call(**arguments_of(fixture)), fixture)
            raw = await getattr(getattr(tmdb, tag).raw, method)(**arguments_of(fixture))
            assert_is_recorded_answer(raw.parsed, fixture)
    assert seen
    for request in seen:
        assert_is_recorded_request(request, fixture)


def required_keys(fixture: Fixture) -> list[str]:
    schema = response_schema(fixture)
    schema = next(member for member in schema.get("anyOf", [schema]) if schema_accepts(member, fixture["response"]["body"]))
    components = bundle()["components"]["schemas"]
    target = components[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else {}
    return list(target.get("required", ()))


def mutations(fixture: Fixture) -> Iterator[tuple[str, Any]]:
    """Bodies with one fault."""
    body = fixture["response"]["body"]
    target = body[0] if isinstance(body, list) else body
    if not isinstance(target, dict):
        return

    def changed(key: str, value: Any = None, *, drop: bool = False) -> Any:
        other = copy.deepcopy(body)
        place = other[0] if isinstance(other, list) else other
        place.pop(key, None) if drop else place.update({key: value})
        return other

    yield "an unknown key", changed("a_key_that_tmdb_never_sent", 1)
    for key in required_keys(fixture):
        yield f"{key} of a wrong type", changed(key, {"wrong": ["type"]})
        yield f"no {key}", changed(key, drop=True)


def test_the_checks_can_fail(fixture: Fixture) -> None:
    schema = response_schema(fixture)
    tried = 0
    for what, body in mutations(fixture):
        assert not strict_model_accepts(strict_type(schema), body), f"the strict model accepts {what}"
        assert not schema_accepts(schema, body), f"the spec accepts {what}"
        tried += 1
    assert tried or isinstance(fixture["response"]["body"], list)
