"""Calls of clients with a cache: which responses are shared, and which are not cached."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import API_KEY, GUEST_SESSION, SECRETS, SESSION, TOKEN, USER_TOKEN, body_of
from tests.support.fake_clock import BOTH, FakeClock, Script, make_response, run_async, run_sync
from tests.support.fake_origin import Body, Origin, past
from tmdbkit import TMDB, APIConnectionError, AsyncTMDB, AuthenticationError, Cache, RateLimit, Response, Retries

Run = Callable[..., Any]
OTHER_TOKEN = TOKEN.replace("planted", "another")
OTHER_SESSION = "0ther" * 8


def details(tmdb: Any) -> Any:
    return tmdb.movies.raw.details(550)


def genres(tmdb: Any) -> Any:
    return tmdb.genres.raw.movie()


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    with Cache(tmp_path / "responses.sqlite3") as cache:
        yield cache


def written(cache: Cache) -> bytes:
    """The bytes of a store: its file and SQLite's auxiliary files."""
    assert cache._store.path is not None
    return b"".join(file.read_bytes() for file in cache._store.path.parent.iterdir())


@BOTH
def test_a_cached_call_needs_no_request(run: Run, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    origin, fake_clock, limit = Origin(), FakeClock(monkeypatch), RateLimit(per_second=0.001, burst=1)
    first, second = (run(details, transport=origin, cache=cache, rate_limit=limit) for _ in range(2))
    assert (first.from_cache, second.from_cache) == (False, True)
    assert first.content == second.content == b'{"count": 1}'
    assert second.status_code == 200
    assert (origin.request_count, fake_clock.sleeps) == (1, [])


@BOTH
def test_without_a_cache_from_cache_is_false(run: Run) -> None:
    origin = Origin()
    assert [run(details, transport=origin).from_cache for _ in range(2)] == [False, False]
    assert origin.request_count == 2


@BOTH
def test_a_stale_response_is_revalidated_with_credentials(run: Run, cache: Cache) -> None:
    origin = Origin(Date=past(7000), body=body_of("movies/details.fight_club"))
    movie = run(lambda tmdb: tmdb.movies.details(550), transport=origin, cache=cache)
    origin.headers["Date"] = None
    again = run(lambda tmdb: tmdb.movies.details(550), transport=origin, cache=cache)
    assert movie == again
    assert run(details, transport=origin, cache=cache).from_cache
    assert [(request.get("If-None-Match"), request["Authorization"]) for request in origin.requests] == [
        (None, f"Bearer {TOKEN}"),
        ('W/"1"', f"Bearer {TOKEN}"),
    ]


@BOTH
def test_public_responses_are_shared_between_clients(run: Run, cache: Cache) -> None:
    origin = Origin()
    run(details, TOKEN, transport=origin, cache=cache)
    for credential in (OTHER_TOKEN, API_KEY):
        for other in (run_sync, run_async):
            assert other(details, credential, transport=origin, cache=cache).from_cache
    assert run(lambda tmdb: details(tmdb.with_options(timeout=3)), transport=origin, cache=cache).from_cache
    assert not run(lambda tmdb: details(tmdb.with_options(language="de-DE")), transport=origin, cache=cache).from_cache
    assert origin.request_count == 2


USERS_CALLS: list[tuple[str, Callable[[Any], Any], dict[str, str], dict[str, str]]] = [
    ("account", lambda tmdb: tmdb.account.raw.me(), {"session_id": SESSION}, {"session_id": OTHER_SESSION}),
    ("account states", lambda tmdb: tmdb.movies.raw.account_states(550), {"session_id": SESSION}, {"session_id": OTHER_SESSION}),
    ("v4 account", lambda tmdb: tmdb.v4_account.raw.lists("4bc8892a017a3c0a92001001"), {"user_access_token": USER_TOKEN}, {"user_access_token": OTHER_TOKEN}),
    ("v4 list", lambda tmdb: tmdb.v4_lists.raw.details(1), {"user_access_token": USER_TOKEN}, {"user_access_token": OTHER_TOKEN}),
]


@BOTH
@pytest.mark.parametrize(("action", "mine", "others"), [case[1:] for case in USERS_CALLS], ids=[case[0] for case in USERS_CALLS])
def test_user_responses_are_not_cached(run: Run, cache: Cache, action: Any, mine: Any, others: Any) -> None:
    origin = Origin()
    for user in (mine, others, mine):
        assert not run(action, transport=origin, cache=cache, **user).from_cache
    assert origin.request_count == 3
    assert b"answer" not in written(cache)


@BOTH
@pytest.mark.parametrize(
    "action",
    [
        lambda tmdb: tmdb.guest_sessions.raw.rated_movies(GUEST_SESSION),
        lambda tmdb: tmdb.authentication.raw.validate_key(),
        lambda tmdb: tmdb.authentication.raw.create_request_token(),
        lambda tmdb: tmdb.authentication.raw.create_guest_session(),
        lambda tmdb: tmdb.v4_lists.raw.clear(1),
        lambda tmdb: tmdb.movies.raw.add_rating(550, value=8),
    ],
    ids=["a guest's ratings", "is my key valid", "a request token", "a guest session", "clear a list", "rate"],
)
def test_credential_dependent_calls_and_writes_are_not_cached(run: Run, cache: Cache, action: Callable[[Any], Any]) -> None:
    origin = Origin()
    for _ in range(2):
        assert not run(action, transport=origin, cache=cache, session_id=SESSION, user_access_token=USER_TOKEN).from_cache
    assert origin.request_count == 2
    assert not any(file.name == "responses.sqlite3" for file in cache._store.path.parent.iterdir())  # type: ignore[union-attr]


@BOTH
def test_a_client_with_a_session_shares_public_responses(run: Run, cache: Cache) -> None:
    origin = Origin()
    run(genres, transport=origin, cache=cache, session_id=SESSION, user_access_token=USER_TOKEN)
    assert run(genres, transport=origin, cache=cache).from_cache


@BOTH
def test_the_cache_stores_and_logs_no_secret(run: Run, cache: Cache, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    origin = Origin("no-cache", Set_Cookie=f"session={SESSION}")
    user = {name: SECRETS[name] for name in ("session_id", "user_access_token")}
    everybodys = [
        details,
        genres,
        lambda tmdb: tmdb.movies.raw.details(550, append_to_response=["credits"], headers={"X-Secret": USER_TOKEN}),
        lambda tmdb: tmdb.search.raw.movie(query="fight club"),
        lambda tmdb: tmdb.guest_sessions.raw.rated_movies(GUEST_SESSION),
    ]
    for credential in (TOKEN, API_KEY, OTHER_TOKEN):
        for action in everybodys:
            run(action, credential, transport=origin, cache=cache)
        for action in everybodys + [case[1] for case in USERS_CALLS if credential != API_KEY]:
            run(action, credential, transport=origin, cache=cache, **user)
    store = written(cache)
    assert b"/3/movie/550" in store
    assert b"fight" in store
    for secret in (*SECRETS.values(), OTHER_TOKEN):
        assert secret.encode() not in store
        assert secret not in caplog.text


@BOTH
def test_an_authentication_error_is_not_cached(run: Run, cache: Cache) -> None:
    headers = [("Cache-Control", "public, max-age=1000"), ("ETag", 'W/"1"')]
    refusal = make_response(401, {"success": False, "status_code": 7, "status_message": "Invalid API key: You must be granted a valid key."}, headers)
    script = Script(refusal, make_response(200, {"id": 550}, headers))
    with pytest.raises(AuthenticationError):
        run(details, OTHER_TOKEN, transport=script.transport, cache=cache)
    assert not run(details, transport=script.transport, cache=cache).from_cache
    assert run(details, transport=script.transport, cache=cache).from_cache


@BOTH
def test_a_response_after_a_retry_is_cached(run: Run, cache: Cache) -> None:
    last = [("Cache-Control", "public, max-age=1000")]
    script = Script(make_response(503, b"", last), httpx.ReadError("lost"), make_response(200, {"id": 550}, last))
    retries = Retries(base=0)
    assert run(details, transport=script.transport, cache=cache, retries=retries).content == b'{"id": 550}'
    assert run(details, transport=script.transport, cache=cache, retries=retries).from_cache
    assert len(script.requests) == 3


@BOTH
@pytest.mark.parametrize("cache_control", ["no-store", "private, max-age=60"])
def test_no_store_responses_are_not_cached(run: Run, cache: Cache, cache_control: str) -> None:
    origin = Origin(cache_control)
    assert [run(details, transport=origin, cache=cache).from_cache for _ in range(2)] == [False, False]


@BOTH
def test_cache_control_of_a_call_is_honoured(run: Run, cache: Cache) -> None:
    origin = Origin()

    def action(cache_control: str) -> Callable[[Any], Any]:
        return lambda tmdb: tmdb.movies.raw.details(550, headers={"Cache-Control": cache_control})

    assert not run(action("no-store"), transport=origin, cache=cache).from_cache
    assert not run(details, transport=origin, cache=cache).from_cache
    assert run(action("no-cache"), transport=origin, cache=cache).from_cache
    assert [request.get("If-None-Match") for request in origin.requests] == [None, None, 'W/"1"']


@BOTH
def test_a_store_that_breaks_during_a_run_fails_no_call(run: Run, cache: Cache, caplog: pytest.LogCaptureFixture) -> None:
    origin = Origin(body=b'{"title": "' + b"x" * 5000 + b'"}')

    def many(tmdb: Any) -> Any:
        def break_at(number: int) -> None:
            if number == 20:
                path = cache._store.path
                assert path is not None
                path.write_bytes(path.read_bytes()[:100] + b"no database" * 5000)

        if isinstance(tmdb, AsyncTMDB):

            async def main() -> list[Response[Any]]:
                got = []
                for number in range(40):
                    break_at(number)
                    got.append(await tmdb.movies.raw.details(number % 10 + 1))
                return got

            return main()
        got = []
        for number in range(40):
            break_at(number)
            got.append(tmdb.movies.raw.details(number % 10 + 1))
        return got

    responses = run(many, transport=origin, cache=cache)
    assert {each.content for each in responses} == {origin.body}
    assert [each.from_cache for each in responses] == [False] * 10 + [True] * 10 + [False] * 10 + [True] * 10
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING and "cache" in record.getMessage()]) == 1


@BOTH
def test_a_truncated_response_is_not_cached(run: Run, cache: Cache) -> None:
    origin = Origin(body=Body(b'{"id":', httpx.RemoteProtocolError("peer closed connection")))
    with pytest.raises(APIConnectionError):
        run(details, transport=origin, cache=cache, retries=None)
    origin.body = b'{"id": 550}'
    assert run(details, transport=origin, cache=cache).content == b'{"id": 550}'
    assert origin.request_count == 2


def test_threads_with_separate_clients_share_a_cache(cache: Cache) -> None:
    origin = Origin()
    problems: list[BaseException] = []

    def work() -> None:
        try:
            with TMDB(TOKEN, transport=origin, cache=cache, rate_limit=None) as tmdb:
                for number in range(30):
                    tmdb.movies.raw.details(number % 10 + 1)
        except BaseException as error:
            problems.append(error)
            raise

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert 10 <= origin.request_count <= 60


async def test_concurrent_identical_calls_are_not_coalesced(cache: Cache) -> None:
    origin = Origin()
    async with AsyncTMDB(TOKEN, transport=origin, cache=cache, rate_limit=None) as tmdb:
        first = await asyncio.gather(*(details(tmdb) for _ in range(20)))
        asked = origin.request_count
        later = await asyncio.gather(*(details(tmdb) for _ in range(20)))
    assert all(each.status_code == 200 for each in first)
    assert all(each.from_cache for each in later)
    assert origin.request_count == asked <= 20


def test_an_in_memory_cache_works() -> None:
    origin = Origin()
    with Cache() as cache, TMDB(TOKEN, transport=origin, cache=cache) as tmdb:
        assert [details(tmdb).from_cache for _ in range(2)] == [False, True]


@BOTH
def test_details_with_account_states_are_not_shared(run: Run, cache: Cache) -> None:
    origin = Origin()
    run(details, transport=origin, cache=cache)
    assert run(details, transport=origin, cache=cache, session_id=SESSION).from_cache
    for _ in range(2):
        action: Any = lambda tmdb: tmdb.movies.raw.details(550, append_to_response=["account_states"])  # noqa: E731
        assert not run(action, transport=origin, cache=cache, session_id=SESSION).from_cache
    assert origin.request_count == 3


def through(run: Run, origin: Origin, **settings: Any) -> Any:
    return (httpx.Client if run is run_sync else httpx.AsyncClient)(transport=origin, **settings)


@BOTH
@pytest.mark.parametrize(
    "settings",
    [
        {"params": {"language": "de-DE"}},
        {"params": {"session_id": SESSION}},
        {"headers": {"Accept-Language": "de"}},
        {"headers": {"Authorization": f"Bearer {USER_TOKEN}"}},
        {"headers": {"X-User": "1"}},
        {"cookies": {"sid": SESSION}},
    ],
)
@pytest.mark.parametrize("limit", [None, RateLimit(1000)])
def test_a_custom_client_that_changes_requests_bypasses_the_shared_cache(run: Run, cache: Cache, settings: Any, limit: RateLimit | None) -> None:
    origin = Origin()
    own = run(details, API_KEY, http_client=through(run, origin, **settings), cache=cache, rate_limit=limit)
    others = [run(details, API_KEY, transport=origin, cache=cache) for _ in range(2)]
    again = run(details, API_KEY, http_client=through(run, origin, **settings), cache=cache, rate_limit=limit)
    assert [response.from_cache for response in (own, *others, again)] == [False, False, True, False]
    assert SESSION.encode() not in written(cache)


@BOTH
def test_a_custom_client_that_changes_nothing_shares_the_cache(run: Run, cache: Cache) -> None:
    origin = Origin()
    clients = [through(run, origin), through(run, origin, headers={"User-Agent": "mine/1.0"}, timeout=3)]
    assert [run(details, http_client=http, cache=cache).from_cache for http in clients] == [False, True]
    assert run(details, transport=origin, cache=cache).from_cache
