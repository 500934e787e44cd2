"""The clients: credentials, settings, and the validation of arguments."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import httpx
import pytest

import tmdbkit
from tests.conftest import API_KEY, GUEST_SESSION, SESSION, TOKEN, USER_TOKEN, body_of
from tmdbkit import TMDB, AsyncTMDB, InvalidArgumentError, MissingCredentialError

OK = b'{"success": true}'


class Recorder:
    """A transport that records requests and responds with one body."""

    def __init__(self, content: bytes = OK, status: int = 200) -> None:
        self.requests: list[httpx.Request] = []
        self.transport = httpx.MockTransport(self._handle)
        self.content, self.status = content, status

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self.status, content=self.content)

    @property
    def last(self) -> httpx.Request:
        return self.requests[-1]


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def test_an_access_token_is_sent_as_bearer(recorder: Recorder) -> None:
    for tmdb in (TMDB(TOKEN, transport=recorder.transport), TMDB(access_token=TOKEN, transport=recorder.transport)):
        tmdb.authentication.validate_key()
        assert recorder.last.headers["authorization"] == f"Bearer {TOKEN}"
        assert "api_key" not in recorder.last.url.params


def test_an_api_key_is_sent_in_the_query(recorder: Recorder) -> None:
    for tmdb in (TMDB(API_KEY, transport=recorder.transport), TMDB(api_key=API_KEY, transport=recorder.transport)):
        tmdb.authentication.validate_key()
        assert recorder.last.url.params["api_key"] == API_KEY
        assert "authorization" not in recorder.last.headers


@pytest.mark.parametrize(
    ("variable", "value"), [("TMDB_ACCESS_TOKEN", TOKEN), ("TMDB_API_KEY", API_KEY), ("TMDB_API_KEY", TOKEN), ("TMDB_ACCESS_TOKEN", API_KEY)]
)
def test_the_environment_provides_a_token_or_a_key(monkeypatch: pytest.MonkeyPatch, recorder: Recorder, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    TMDB(transport=recorder.transport).authentication.validate_key()
    sent = recorder.last.headers.get("authorization") or recorder.last.url.params.get("api_key")
    assert sent in (f"Bearer {TOKEN}", API_KEY)


def test_a_credential_argument_overrides_the_environment(monkeypatch: pytest.MonkeyPatch, recorder: Recorder) -> None:
    monkeypatch.setenv("TMDB_ACCESS_TOKEN", TOKEN)
    TMDB(api_key=API_KEY, transport=recorder.transport).authentication.validate_key()
    assert "authorization" not in recorder.last.headers


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        ({"access_token": API_KEY}, "pass it as api_key"),
        ({"api_key": TOKEN}, "pass it as access_token"),
        ({"credential": "something"}, "neither"),
        ({"access_token": TOKEN, "api_key": API_KEY}, "one of"),
        ({"access_token": ""}, "blank"),
        ({"api_key": "two words"}, "space"),
        ({"access_token": TOKEN, "session_id": SESSION, "guest_session_id": GUEST_SESSION}, "one of"),
        ({"access_token": TOKEN, "base_url": "api.themoviedb.org"}, "https://"),
        ({"access_token": TOKEN, "base_url": "https://user:secret@example.org"}, "base_url"),
        ({"access_token": TOKEN, "base_url": "http://["}, "base_url"),
        ({"access_token": TOKEN, "base_url": "http://example.org:secret@port"}, "base_url"),
        ({"access_token": TOKEN, "base_url": "http://example.org:port"}, "base_url"),
        ({"access_token": TOKEN, "base_url": "http://\N{SNOWMAN}.example.org"}, "base_url"),
    ],
)
def test_a_malformed_credential_or_base_url_is_rejected(arguments: dict[str, str], hint: str) -> None:
    for client in (TMDB, AsyncTMDB):
        with pytest.raises(InvalidArgumentError, match=hint) as caught:
            client(**arguments)  # type: ignore[arg-type]
        assert not any(secret in str(caught.value) for secret in (TOKEN, API_KEY, SESSION, "secret@"))


def test_without_a_credential_the_error_explains_how_to_get_one(recorder: Recorder) -> None:
    with pytest.raises(MissingCredentialError, match=r"themoviedb\.org/settings/api.*TMDB_ACCESS_TOKEN"):
        TMDB(transport=recorder.transport).movies.popular()
    assert recorder.requests == []


def test_without_a_session_the_error_explains_how_to_get_one(recorder: Recorder) -> None:
    with pytest.raises(MissingCredentialError, match=r"users\.request_approval.*session_id or guest_session_id"):
        TMDB(TOKEN, transport=recorder.transport).movies.add_rating(550, 8.5)
    assert recorder.requests == []


def test_a_v4_call_without_a_user_token_names_the_token(recorder: Recorder) -> None:
    with pytest.raises(MissingCredentialError, match=r"v4_lists_create needs a user's access token.*users\.request_v4_approval.*user_access_token"):
        TMDB(TOKEN, session_id=SESSION, transport=recorder.transport).v4_lists.create("name", "en")
    with pytest.raises(MissingCredentialError, match="needs your application's access token; an API key does not suffice"):
        TMDB(API_KEY, transport=recorder.transport).v4_auth.create_request_token()
    assert recorder.requests == []


def test_a_user_access_token_is_sent_as_bearer(recorder: Recorder) -> None:
    tmdb = TMDB(TOKEN, transport=recorder.transport)
    user = tmdb.with_options(user_access_token=USER_TOKEN)
    recorder.content = body_of("v4_lists/details")
    for client, token in ((tmdb, TOKEN), (user, USER_TOKEN)):
        client.v4_lists.details(1)
        assert recorder.last.headers["authorization"] == f"Bearer {token}"
    recorder.content = body_of("movies/popular")
    user.movies.popular()
    assert recorder.last.headers["authorization"] == f"Bearer {TOKEN}"
    assert USER_TOKEN not in f"{user!r} {vars(user)!r}"


def test_the_session_of_a_call_overrides_the_clients(recorder: Recorder) -> None:
    recorder.content = body_of("movies/add_rating")
    tmdb = TMDB(TOKEN, session_id=SESSION, transport=recorder.transport)
    tmdb.movies.add_rating(550, 8.5)
    assert dict(recorder.last.url.params) == {"session_id": SESSION}
    tmdb.movies.add_rating(550, 8.5, guest_session_id=GUEST_SESSION)
    assert dict(recorder.last.url.params) == {"guest_session_id": GUEST_SESSION}
    with pytest.raises(InvalidArgumentError, match="one of"):
        tmdb.movies.add_rating(550, 8.5, session_id=SESSION, guest_session_id=GUEST_SESSION)


def test_a_session_is_sent_with_details_only_where_a_part_needs_it(recorder: Recorder) -> None:
    recorder.content = body_of("movies/details.fight_club")
    tmdb = TMDB(TOKEN, session_id=SESSION, transport=recorder.transport)
    tmdb.movies.details(550, append_to_response=["credits"])
    assert "session_id" not in recorder.last.url.params
    tmdb.movies.details(550, append_to_response=["account_states", "credits"])
    assert recorder.last.url.params["session_id"] == SESSION
    tmdb.movies.details(550, guest_session_id=GUEST_SESSION)
    assert recorder.last.url.params["guest_session_id"] == GUEST_SESSION


def test_no_session_is_sent_to_operations_without_one(recorder: Recorder) -> None:
    recorder.content = body_of("movies/popular")
    TMDB(TOKEN, session_id=SESSION, transport=recorder.transport).movies.popular()
    assert "session_id" not in recorder.last.url.params


def test_reprs_of_clients_contain_no_secret() -> None:
    for client in (TMDB(TOKEN, session_id=SESSION), AsyncTMDB(api_key=API_KEY, guest_session_id=GUEST_SESSION)):
        shown = f"{client!r} {client.movies!r} {client.movies.raw!r} {client._credentials!r} {vars(client)!r}"
        assert not any(secret in shown for secret in (TOKEN, API_KEY, SESSION, GUEST_SESSION))


def test_reprs_of_models_redact_tokens_and_sessions(recorder: Recorder) -> None:
    recorder.content = b'{"success": true, "expires_at": "2024-12-26 01:02:55 UTC", "request_token": "planted-token"}'
    token = TMDB(TOKEN, transport=recorder.transport).authentication.create_request_token()
    assert token.request_token == "planted-token"
    assert "planted" not in repr(token)
    assert token.expires_at == datetime.datetime(2024, 12, 26, 1, 2, 55, tzinfo=datetime.UTC)


def test_language_and_region_are_sent_to_operations_that_accept_them(recorder: Recorder) -> None:
    tmdb = TMDB(TOKEN, language="de-DE", region="DE", transport=recorder.transport)
    recorder.content = body_of("movies/popular")
    tmdb.movies.popular(page=2)
    assert dict(recorder.last.url.params) == {"language": "de-DE", "region": "DE", "page": "2"}
    tmdb.movies.popular(language="fr")
    assert recorder.last.url.params["language"] == "fr"
    recorder.content = body_of("movies/external_ids")
    tmdb.movies.external_ids(550)
    assert dict(recorder.last.url.params) == {}


def test_with_options_returns_a_copy_with_shared_connections(recorder: Recorder) -> None:
    recorder.content = body_of("movies/popular")
    tmdb = TMDB(TOKEN, language="de-DE", transport=recorder.transport, headers={"X-App": "one"})
    other = tmdb.with_options(language=None, region="FR", timeout=60, headers={"X-Run": "two"}, session_id=SESSION)
    other.movies.popular()
    assert dict(recorder.last.url.params) == {"region": "FR"}
    assert (recorder.last.headers["x-app"], recorder.last.headers["x-run"]) == ("one", "two")
    assert recorder.last.extensions["timeout"] == {"connect": 60, "read": 60, "write": 60, "pool": 60}
    other.close()
    tmdb.movies.popular()
    assert dict(recorder.last.url.params) == {"language": "de-DE"}


def test_timeout_and_headers_of_a_call_override_the_clients(recorder: Recorder) -> None:
    tmdb = TMDB(TOKEN, transport=recorder.transport, headers={"X-App": "one"})
    tmdb.authentication.validate_key()
    assert recorder.last.extensions["timeout"] == {"connect": 5, "read": 20, "write": 20, "pool": 20}
    tmdb.authentication.validate_key(timeout=1.5, headers={"X-App": "other"})
    assert recorder.last.extensions["timeout"]["read"] == 1.5
    assert recorder.last.headers["x-app"] == "other"


def test_header_names_are_case_insensitive(recorder: Recorder) -> None:
    tmdb = TMDB(TOKEN, transport=recorder.transport, headers={"X-App": "one", "user-agent": "mine"})
    tmdb.with_options(headers={"x-app": "two"}).authentication.validate_key(headers={"X-APP": "three", "AUTHORIZATION": "Bearer of-somebody-else"})
    sent = recorder.last.headers
    assert [sent.get_list(name) for name in ("x-app", "user-agent", "authorization")] == [["three"], ["mine"], [f"Bearer {TOKEN}"]]


def test_a_custom_httpx_client_stays_open(recorder: Recorder) -> None:
    with httpx.Client(transport=recorder.transport, timeout=7) as http:
        with TMDB(TOKEN, http_client=http) as tmdb:
            tmdb.authentication.validate_key()
        assert not http.is_closed
        assert recorder.last.extensions["timeout"]["read"] == 7
        with pytest.raises(InvalidArgumentError, match="one of"):
            TMDB(TOKEN, http_client=http, transport=recorder.transport)


async def test_an_async_client_closes_only_its_own_connections(recorder: Recorder) -> None:
    async with AsyncTMDB(TOKEN, transport=recorder.transport) as tmdb:
        assert (await tmdb.authentication.validate_key()).success
        ours = tmdb._shared.connections.current()
    assert ours.is_closed
    async with httpx.AsyncClient(transport=recorder.transport) as http:
        async with AsyncTMDB(TOKEN, http_client=http) as tmdb:
            await tmdb.authentication.validate_key()
        assert not http.is_closed


def test_a_base_url_may_have_a_path(recorder: Recorder) -> None:
    TMDB(TOKEN, base_url="http://127.0.0.1:8080/tmdb/", transport=recorder.transport).authentication.validate_key()
    assert str(recorder.last.url) == "http://127.0.0.1:8080/tmdb/3/authentication"


BAD_CALLS: dict[str, tuple[Callable[[TMDB], Any], str]] = {
    "page 0": (lambda tmdb: tmdb.movies.popular(page=0), "page must be an integer from 1 to 500; not 0"),
    "page 501": (lambda tmdb: tmdb.tv_series.top_rated(page=501), "page must be an integer from 1 to 500; not 501"),
    "page True": (lambda tmdb: tmdb.movies.popular(page=True), "page must be an integer from 1 to 500; not True"),
    "page as text": (lambda tmdb: tmdb.movies.popular(page="two"), "page must be an integer"),  # type: ignore[arg-type]
    "an unknown part": (lambda tmdb: tmdb.movies.details(550, append_to_response=["credit"]), "'credits'.*; 'credit' is not allowed"),  # type: ignore[list-item]
    "a part twice": (lambda tmdb: tmdb.movies.details(550, append_to_response=["credits", "credits"]), "'credits' was given twice"),
    "21 parts": (lambda tmdb: tmdb.movies.details(550, append_to_response=["credits"] * 21), "at most 20.*21 were given"),
    "parts as one text": (lambda tmdb: tmdb.movies.details(550, append_to_response="credits,images"), "a list.*'credits,images' is not allowed"),  # type: ignore[arg-type]
    "a blank id": (lambda tmdb: tmdb.movies.details(""), "movie_id must be an integer, 0 or more, or an IMDb id such as 'tt0137523'; not ''"),
    "a negative id": (lambda tmdb: tmdb.movies.details(-1), "0 or more"),
    "an id with a slash": (lambda tmdb: tmdb.movies.details("550/credits"), "movie_id must be"),
    "an id with dots": (lambda tmdb: tmdb.movies.details(".."), "movie_id must be"),
    "an id with a question mark": (lambda tmdb: tmdb.movies.details("tt1?x=1"), "movie_id must be"),
    "an id with a hash": (lambda tmdb: tmdb.movies.details("tt1#"), "movie_id must be"),
    "no id": (lambda tmdb: tmdb.tv_series.details(None), "series_id is required: an integer, 0 or more"),  # type: ignore[arg-type]
    "a rating of 0": (lambda tmdb: tmdb.movies.add_rating(550, 0), "value must be a number from 0.5 to 10 in steps of 0.5; not 0"),
    "a rating of 10.5": (lambda tmdb: tmdb.tv_series.add_rating(1396, 10.5), "from 0.5 to 10"),
    "a rating of 8.3": (lambda tmdb: tmdb.movies.add_rating(550, 8.3), "in steps of 0.5; not 8.3"),
    "a rating of nan": (lambda tmdb: tmdb.movies.add_rating(550, float("nan")), "value must be a number"),
    "a date of another form": (lambda tmdb: tmdb.movies.changes(550, start_date="1.2.2024"), "YYYY-MM-DD"),
    "a day that is none": (lambda tmdb: tmdb.movies.changes(550, start_date="2024-02-30"), "start_date must be"),
    "a window of 15 days": (lambda tmdb: tmdb.tv_series.changes(1396, start_date="2024-01-01", end_date="2024-01-16"), "at most 14 days after start_date"),
    "an end before the start": (lambda tmdb: tmdb.changes.movie(start_date="2024-01-02", end_date="2024-01-01"), "not before it"),
    "a blank query": (lambda tmdb: tmdb.search.multi(" "), "query must be a text that is not blank"),
    "a wrong time window": (lambda tmdb: tmdb.trending.all("month"), "time_window must be one of 'day', 'week'"),  # type: ignore[arg-type]
    "a wrong order": (lambda tmdb: tmdb.discover.movie(sort_by="popularity"), "sort_by must be one of .*'popularity.desc'"),  # type: ignore[arg-type]
    "a wrong source": (lambda tmdb: tmdb.find.by_id("tt0137523", "imdb"), "external_source must be one of .*'imdb_id'"),  # type: ignore[arg-type]
    "an id with a path in it": (lambda tmdb: tmdb.find.by_id("../movie/550", "imdb_id"), "one segment of a path|external_id must be"),
    "a list without a name": (lambda tmdb: tmdb.lists.create(name=" ", description="", language="en"), "name must be a text that is not blank"),
    "clearing without a yes": (lambda tmdb: tmdb.lists.clear(1, False), "confirm must be True"),  # type: ignore[arg-type]
    "visibility as a truth value": (lambda tmdb: tmdb.v4_lists.create("name", "en", public=False), "public must be one of 0, 1"),
    "an item that is none": (lambda tmdb: tmdb.v4_lists.add_items(1, [{"media_type": "person", "media_id": 1}]), "'movie', 'tv'"),  # type: ignore[typeddict-item]
    "a bar in a filter": (lambda tmdb: tmdb.discover.movie(with_original_language=["en|de"]), r"'en\|de' is not allowed"),
    "a blank language": (lambda tmdb: tmdb.movies.popular(language=" "), "language must be a language like 'de' or 'de-DE'"),
    "a comma in a list": (lambda tmdb: tmdb.movies.images(550, include_image_language=["en,de"]), "'en,de' is not allowed"),
    "an empty list": (lambda tmdb: tmdb.movies.images(550, include_image_language=[]), "the list is empty"),
    "a blank password": (lambda tmdb: tmdb.authentication.create_session_with_login("me", "", "token"), "password must be"),
}


@pytest.mark.parametrize("name", BAD_CALLS)
def test_invalid_arguments_are_rejected_before_a_request(recorder: Recorder, name: str) -> None:
    call, message = BAD_CALLS[name]
    tmdb = TMDB(TOKEN, session_id=SESSION, user_access_token=USER_TOKEN, transport=recorder.transport)
    with pytest.raises(InvalidArgumentError, match=message) as caught:
        call(tmdb)
    assert isinstance(caught.value, ValueError)
    assert recorder.requests == []


def test_lists_are_joined_with_commas(recorder: Recorder) -> None:
    recorder.content = body_of("movies/details.appended")
    TMDB(TOKEN, transport=recorder.transport).movies.details(550, append_to_response=("credits", "watch/providers"), include_image_language=["en", None])
    assert dict(recorder.last.url.params) == {"append_to_response": "credits,watch/providers", "include_image_language": "en,null"}


def test_imdb_ids_and_dates_are_serialized(recorder: Recorder) -> None:
    recorder.content = b'{"changes": []}'
    TMDB(TOKEN, transport=recorder.transport).movies.changes("tt0137523", start_date=datetime.date(2024, 2, 1), end_date="2024-02-03")
    assert recorder.last.url.path == "/3/movie/tt0137523/changes"
    assert dict(recorder.last.url.params) == {"start_date": "2024-02-01", "end_date": "2024-02-03"}


def test_public_names() -> None:
    assert set(tmdbkit.__all__) <= set(dir(tmdbkit))
    for name in tmdbkit.__all__:
        assert getattr(tmdbkit, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        tmdbkit.nothing
    assert sorted(tmdbkit.__all__) == sorted(
        """
        TMDB AsyncTMDB AnyOf Cache CallOptions Drift Event RateLimit RedisRateLimit Response Retries UNSET UnknownRow UnsetType decode encode
        is_appended season to_dict localize LocalizedText LocalizedTexts
        Batch AsyncBatch Outcome Progress Paginator AsyncPaginator IncompleteWarning to_rows
        WholeSeries Certification Provider WatchOffers certification where_to_watch
        AsyncChangedIDs ChangedID ChangedIDs ExternalLink TMDBLink parse_url MovieMatch SeriesMatch ParsedName parse_name
        TMDBError InvalidArgumentError MissingCredentialError NotAppendedError ApprovalTimeoutError APIConnectionError APITimeoutError
        DeadlineError DecodeError StatusError
        AuthenticationError SessionError RequestTokenError PermissionDeniedError WritePermissionError NotFoundError ValidationError ConflictError
        RateLimitError RateLimitUnavailableError UnsupportedError ServerError
        """.split()
    )
