"""The way out: requests by path, and items that no argument has."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import httpx
import pytest

from tests.conftest import API_KEY, GUEST_SESSION, SESSION, TOKEN, USER_TOKEN
from tests.support.fake_clock import BOTH, Script, make_response
from tests.support.fake_origin import Origin
from tests.support.raw_server import http_response, raw_server, sends
from tmdbkit import AnyOf, Cache, DecodeError, InvalidArgumentError, MissingCredentialError, NotFoundError, Retries, ServerError
from tmdbkit.testing import FakeTMDB

JSON = make_response(200, {"new": [1, None, {"a": 1.5}]})
QUICK = Retries(attempts=3, base=0)
USER = {"session_id": SESSION, "user_access_token": USER_TOKEN}


def sent_by(run: Any, action: Any, **options: Any) -> httpx.Request:
    """The one request of an action."""
    script = Script(JSON)
    run(action, transport=script.transport, **options)
    (request,) = script.requests
    return request


def target_of(request: httpx.Request) -> str:
    return (request.extensions.get("target") or request.url.raw_path).decode()


# Paths


@BOTH
def test_a_new_path_returns_json_as_it_is(run: Any) -> None:
    script = Script(JSON)
    assert run(lambda tmdb: tmdb.get("/3/movie/550/new", query={"page": 2}), transport=script.transport) == {"new": [1, None, {"a": 1.5}]}
    (request,) = script.requests
    assert (request.method, str(request.url)) == ("GET", "https://api.themoviedb.org/3/movie/550/new?page=2")
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


@BOTH
def test_a_known_path_on_the_world(run: Any) -> None:
    fake = FakeTMDB()
    options = {"transport": fake.transport, "session_id": fake.user.session_id}
    assert run(lambda tmdb: tmdb.get("/3/movie/550", query={"append_to_response": ["credits"]}), **options)["credits"]["cast"][0]["name"] == "Edward Norton"
    assert run(lambda tmdb: tmdb.get("/3/configuration/countries"), **options)[0]["iso_3166_1"] == "AD"
    assert run(lambda tmdb: tmdb.post("/3/movie/550/rating", body={"value": 8.5}), **options)["success"] is True
    assert run(lambda tmdb: tmdb.get("/3/movie/550/account_states"), **options)["rated"] == {"value": 8.5}
    assert run(lambda tmdb: tmdb.delete("/3/movie/550/rating"), **options)["status_code"] == 13
    assert run(lambda tmdb: tmdb.get("/3/movie/550/account_states"), **options)["rated"] is False


@BOTH
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_bodies_are_json(run: Any, method: str) -> None:
    body = {"items": [{"media_id": 550}], "comment": None, "name": "é"}
    request = sent_by(run, lambda tmdb: getattr(tmdb, method)("/4/new", body=body, query={"a": "b"}))
    assert (request.method, target_of(request)) == (method.upper(), "/4/new?a=b")
    assert json.loads(request.content) == body


@BOTH
def test_values_of_a_query_become_text(run: Any) -> None:
    query = {"a": [1, 2.5, None], "b": AnyOf("x", "y"), "c": True, "d": date(2024, 5, 1), "e": None, "f": "ä &", "g": 7.0}
    request = sent_by(run, lambda tmdb: tmdb.get("/3/new", query=query))
    assert dict(httpx.QueryParams(request.url.query.decode())) == {"a": "1,2.5,null", "b": "x|y", "c": "true", "d": "2024-05-01", "f": "ä &", "g": "7"}


@BOTH
def test_escapes_of_a_path_are_kept(run: Any) -> None:
    assert sent_by(run, lambda tmdb: tmdb.get("/3/find/a%20b%3A1")).url.raw_path == b"/3/find/a%20b%3A1"
    assert sent_by(run, lambda tmdb: tmdb.get("/3/find/ä b")).url.raw_path == b"/3/find/%C3%A4%20b"


BAD_PATHS = [
    *("", "3/movie/550", "/movie/550", "/5/movie/550", "/3", "/3/", "/3/movie/", "/3//movie", "/3/movie/550/"),
    *("https://api.themoviedb.org/3/movie/550", "//evil.example/3/movie", "/3/movie/550?api_key=" + API_KEY, "/3/movie/550#a"),
    *(
        "/3/movie/../account",
        "/3/movie/..",
        "/3/./movie",
        "/3/movie/%2e%2e/account",
        "/3/movie/%2E%2E%2Faccount",
        "/3/movie/550%3Fapi_key=1",
        "/3/movie/550%23",
    ),
    *("/3/movie/%252e%252e", "/3/movie\\550", "/3/movie/%00", "/3/movie/5\n50", "/3/movie/%ff", "/3/movie/%20", None, 550),
]


@BOTH
@pytest.mark.parametrize("path", BAD_PATHS)
def test_paths_that_lead_elsewhere_are_rejected(run: Any, path: Any) -> None:
    script = Script(JSON)
    for method in ("get", "post", "put", "delete"):
        with pytest.raises(InvalidArgumentError) as caught:
            run(lambda tmdb, method=method: getattr(tmdb, method)(path), transport=script.transport)
        assert API_KEY not in str(caught.value)
    assert script.requests == []


def test_a_query_in_the_path_is_told_where_it_belongs() -> None:
    with pytest.raises(InvalidArgumentError, match=r"query=\{\.\.\.\}"):
        FakeTMDB().client().get("/3/movie/550?language=de")


# Credentials


@BOTH
@pytest.mark.parametrize("name", ["api_key", "session_id", "guest_session_id", "request_token", "password"])
def test_credentials_in_the_query_are_rejected(run: Any, name: str) -> None:
    script = Script(JSON)
    for action in (
        lambda tmdb: tmdb.get("/3/new", query={name: SESSION}),
        lambda tmdb: tmdb.post("/3/new", query={name: SESSION}),
        lambda tmdb: tmdb.movies.details(550, extra_query={name: SESSION}),
        lambda tmdb: tmdb.movies.add_rating(550, 8, extra_body={name: SESSION}, session_id=SESSION),
    ):
        with pytest.raises(InvalidArgumentError, match=f"must not contain {name}: ") as caught:
            run(action, transport=script.transport)
        assert SESSION not in str(caught.value)
    assert script.requests == []


def test_a_rejected_credential_is_told_where_it_belongs() -> None:
    tmdb = FakeTMDB().client()
    with pytest.raises(InvalidArgumentError, match=r"TMDB\(api_key=\.\.\.\)"):
        tmdb.get("/3/new", query={"api_key": API_KEY})
    with pytest.raises(InvalidArgumentError, match=r"TMDB\(session_id=\.\.\.\).*user=True"):
        tmdb.get("/3/new", query={"session_id": SESSION})


@BOTH
def test_a_credential_of_the_client_elsewhere_is_rejected(run: Any) -> None:
    script = Script(JSON)
    for action in (
        lambda tmdb: tmdb.get(f"/3/new/{SESSION}"),
        lambda tmdb: tmdb.get("/3/new", query={"key": f"a{SESSION}"}),
        lambda tmdb: tmdb.movies.details(550, extra_query={"key": SESSION}),
    ):
        with pytest.raises(InvalidArgumentError, match="contains a credential"):
            run(action, transport=script.transport, session_id=SESSION)
    assert script.requests == []


@BOTH
def test_a_new_path_gets_a_session_only_if_asked_for(run: Any) -> None:
    assert SESSION not in target_of(sent_by(run, lambda tmdb: tmdb.get("/3/new"), **USER))
    assert f"session_id={SESSION}" in target_of(sent_by(run, lambda tmdb: tmdb.get("/3/new", user=True), **USER))
    assert f"guest_session_id={GUEST_SESSION}" in target_of(sent_by(run, lambda tmdb: tmdb.post("/3/new", user=True), guest_session_id=GUEST_SESSION))
    assert sent_by(run, lambda tmdb: tmdb.get("/4/new"), **USER).headers["authorization"] == f"Bearer {TOKEN}"
    assert sent_by(run, lambda tmdb: tmdb.get("/4/new", user=True), **USER).headers["authorization"] == f"Bearer {USER_TOKEN}"


@BOTH
def test_a_known_path_gets_its_own_credentials(run: Any) -> None:
    assert f"session_id={SESSION}" in target_of(sent_by(run, lambda tmdb: tmdb.get("/3/movie/550/account_states"), **USER))
    assert sent_by(run, lambda tmdb: tmdb.get("/4/list/1/clear"), **USER).headers["authorization"] == f"Bearer {USER_TOKEN}"
    assert SESSION not in target_of(sent_by(run, lambda tmdb: tmdb.get("/3/movie/550"), **USER))
    append = {"append_to_response": "account_states"}
    assert f"session_id={SESSION}" in target_of(sent_by(run, lambda tmdb: tmdb.get("/3/movie/550", query=append), **USER))


@BOTH
def test_a_missing_credential_is_named(run: Any) -> None:
    script = Script(JSON)
    for action in (lambda tmdb: tmdb.get("/3/new", user=True), lambda tmdb: tmdb.post("/3/movie/550/rating", body={"value": 1})):
        with pytest.raises(MissingCredentialError, match="a user's session"):
            run(action, transport=script.transport)
    with pytest.raises(MissingCredentialError, match="a user's access token"):
        run(lambda tmdb: tmdb.put("/4/list/1", body={"name": "a"}), transport=script.transport)
    assert script.requests == []


@BOTH
@pytest.mark.parametrize("path", [f"/3/guest_session/{GUEST_SESSION}/rated/movies", f"/3/guest_session/{GUEST_SESSION}/new", f"/4/account/{GUEST_SESSION}/new"])
def test_secret_parts_of_a_path_are_redacted(run: Any, path: str) -> None:
    script = Script(make_response(404, {"status_code": 34, "status_message": f"No {path}"}))
    events = []
    with pytest.raises(NotFoundError) as caught:
        run(lambda tmdb: tmdb.get(path), transport=script.transport, on_event=events.append)
    assert GUEST_SESSION in target_of(script.requests[0])
    assert GUEST_SESSION not in f"{caught.value!r} {caught.value.url} {events}"


@BOTH
def test_secret_members_of_a_body_are_redacted(run: Any) -> None:
    script = Script(make_response(401, {"status_code": 33, "status_message": f"No {SESSION}"}))
    with pytest.raises(Exception, match="REDACTED") as caught:
        run(lambda tmdb: tmdb.post("/3/new", body={"request_token": SESSION}), transport=script.transport)
    assert SESSION in script.requests[0].content.decode()
    assert SESSION not in f"{caught.value!r}"


# Retries, cache, errors


@BOTH
def test_gets_are_retried(run: Any) -> None:
    script = Script(make_response(503), JSON)
    assert run(lambda tmdb: tmdb.get("/3/new"), transport=script.transport, retries=QUICK)["new"][0] == 1
    assert len(script.requests) == 2


@BOTH
@pytest.mark.parametrize(
    "action",
    [
        lambda tmdb: tmdb.get("/4/list/1/clear", query={"confirm": True}),
        lambda tmdb: tmdb.post("/3/new"),
        lambda tmdb: tmdb.put("/4/new"),
        lambda tmdb: tmdb.delete("/3/new"),
        lambda tmdb: tmdb.movies.add_rating(550, 8, extra_body={"new": 1}),
    ],
)
def test_what_changes_state_is_sent_once(run: Any, action: Any) -> None:
    script = Script(make_response(503))
    with pytest.raises(ServerError):
        run(action, transport=script.transport, retries=QUICK, **USER)
    assert len(script.requests) == 1


@BOTH
@pytest.mark.parametrize(
    ("action", "requests"),
    [
        (lambda tmdb: tmdb.get("/3/new"), 1),
        (lambda tmdb: tmdb.get("/3/movie/550"), 1),
        (lambda tmdb: tmdb.movies.details(550, extra_query={"new": 1}), 1),
        (lambda tmdb: tmdb.get("/3/new", user=True), 2),
        (lambda tmdb: tmdb.get("/4/list/1/clear"), 2),
        (lambda tmdb: tmdb.get("/3/movie/550/account_states"), 2),
        (lambda tmdb: tmdb.get("/3/account/1/new"), 2),
    ],
)
def test_the_cache_keeps_what_is_the_same_for_every_user(run: Any, action: Any, requests: int) -> None:
    origin, cache = Origin(), Cache()
    for _ in range(2):
        run(action, transport=origin, cache=cache, **USER)
    assert origin.request_count == requests


@BOTH
def test_a_body_that_is_no_json_is_an_error(run: Any) -> None:
    with pytest.raises(DecodeError, match="not JSON"):
        run(lambda tmdb: tmdb.get("/3/new"), transport=Script(make_response(200, b"<html>")).transport, retries=None)


@BOTH
def test_options_are_those_of_any_call(run: Any) -> None:
    request = sent_by(run, lambda tmdb: tmdb.get("/3/new", headers={"X-Trace": "1"}, timeout=7))
    assert request.headers["x-trace"] == "1"
    assert request.extensions["timeout"]["read"] == 7
    with pytest.raises(TypeError, match="'nonsense'"):
        run(lambda tmdb: tmdb.get("/3/new", nonsense=1), transport=Script(JSON).transport)


@BOTH
def test_known_paths_get_the_language_of_the_client(run: Any) -> None:
    assert "language=de-DE" in target_of(sent_by(run, lambda tmdb: tmdb.get("/3/movie/550"), language="de-DE"))
    assert "language=fr" in target_of(sent_by(run, lambda tmdb: tmdb.get("/3/movie/550", query={"language": "fr"}), language="de-DE"))
    assert "language" not in target_of(sent_by(run, lambda tmdb: tmdb.get("/3/new"), language="de-DE"))


@BOTH
@pytest.mark.parametrize(
    ("action", "problem"),
    [
        (lambda tmdb: tmdb.get("/3/new", query={"a": object()}), "a must be a text, a number"),
        (lambda tmdb: tmdb.get("/3/new", query=[("a", 1)]), "query must be a dict"),
        (lambda tmdb: tmdb.post("/3/new", body={"a": object()}), "must be JSON"),
        (lambda tmdb: tmdb.post("/3/new", body={"a": float("nan")}), "must be JSON"),
        (lambda tmdb: tmdb.post("/3/new", body=[1]), "body must be a dict"),
        (lambda tmdb: tmdb.get("/3/new", user="me"), "user must be True or False"),
        (lambda tmdb: tmdb.movies.details(550, extra_query={"language": "de"}), "pass language="),
        (lambda tmdb: tmdb.discover.movie(extra_query={"vote_average.gte": 7}), "pass vote_average_gte="),
        (lambda tmdb: tmdb.movies.add_rating(550, 8, extra_body={"value": 9}), "pass value="),
        (lambda tmdb: tmdb.movies.details(550, extra_body={"a": 9}), "a GET has none"),
        (lambda tmdb: tmdb.movies.details(550, extra_query="a=b"), "extra_query must be a dict"),
    ],
)
def test_mistakes_are_rejected_before_a_request(run: Any, action: Any, problem: str) -> None:
    script = Script(JSON)
    with pytest.raises(InvalidArgumentError, match=problem):
        run(action, transport=script.transport, **USER)
    assert script.requests == []


# Extra items


@BOTH
def test_extra_items_are_sent_beside_the_arguments(run: Any) -> None:
    fake = FakeTMDB()
    movie = run(lambda tmdb: tmdb.movies.details(550, language="de-DE", extra_query={"new": [1, 2]}), transport=fake.transport)
    assert (movie.id, dict(fake.requests[0].query)) == (550, {"language": "de-DE", "new": "1,2"})
    user = {"transport": fake.transport, "session_id": fake.user.session_id}
    run(lambda tmdb: tmdb.movies.add_rating(550, 8, extra_body={"note": {"a": None}}), **user)
    assert json.loads(fake.requests[1].content) == {"value": 8, "note": {"a": None}}
    run(lambda tmdb: tmdb.movies.delete_rating(550, extra_body={"note": 1}), **user)
    assert json.loads(fake.requests[2].content) == {"note": 1}


@BOTH
def test_the_request_on_the_wire(run: Any) -> None:
    with raw_server(sends(http_response(b"{}"))) as server:
        assert run(lambda tmdb: tmdb.get("/3/ä", query={"q": "b c"}, user=True), credential=API_KEY, base_url=f"{server.url}/mirror", session_id=SESSION) == {}
    method, target, _ = server.requests[0].split(b"\r\n")[0].decode().split(" ")
    path, _, query = target.partition("?")
    assert (method, path) == ("GET", "/mirror/3/%C3%A4")
    assert sorted(query.split("&")) == [f"api_key={API_KEY}", "q=b+c", f"session_id={SESSION}"]
