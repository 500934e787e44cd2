"""`assert_requested`, and `active` in a unittest."""

from __future__ import annotations

import unittest

import pytest

from tests.conftest import API_KEY, SESSION
from tmdbkit import TMDB
from tmdbkit.testing import FakeTMDB


def message_of(fake: FakeTMDB, *arguments: object, **more: object) -> str:
    with pytest.raises(AssertionError) as caught:
        fake.assert_requested(*arguments, **more)
    return str(caught.value)


def test_a_request_that_came_passes(fake: FakeTMDB) -> None:
    with fake.client(session_id=SESSION) as tmdb:
        tmdb.movies.details(550, language="de-DE")
        tmdb.movies.add_rating(550, value=8.5)
        tmdb.movies.add_rating(603, value=8.5)
    fake.assert_requested("GET", "/3/movie/550")
    fake.assert_requested("get", "/3/movie/{movie_id}", query={"language": "de-DE"}, times=1)
    fake.assert_requested("POST", "/3/movie/550/rating", body={"value": 8.5})
    fake.assert_requested("POST", "/3/movie/{movie_id}/rating", times=2)
    fake.assert_requested("DELETE", "/3/movie/550/rating", times=0)


def test_the_message_says_that_no_request_came(fake: FakeTMDB) -> None:
    assert message_of(fake, "GET", "/3/movie/550") == "expected GET /3/movie/550 at least once; it came 0 times\nno request came"


def test_the_message_shows_the_nearest_requests_first(fake: FakeTMDB) -> None:
    with fake.client(session_id=SESSION) as tmdb:
        tmdb.movies.popular()
        tmdb.movies.details(603)
        tmdb.movies.add_rating(550, value=7)
    assert message_of(fake, "POST", "/3/movie/550/rating", body={"value": 8.5}).splitlines() == [
        "expected POST /3/movie/550/rating with the body {'value': 8.5} at least once; it came 0 times",
        "  <ReceivedRequest POST /3/movie/550/rating>",
        "    body: expected {'value': 8.5}, got {'value': 7.0}",
        "  <ReceivedRequest GET /3/movie/popular>",
        "    method: expected POST, got GET",
        "    path: expected /3/movie/550/rating, got /3/movie/popular",
        "    body: expected {'value': 8.5}, got None",
        "  <ReceivedRequest GET /3/movie/603>",
        "    method: expected POST, got GET",
        "    path: expected /3/movie/550/rating, got /3/movie/603",
        "    body: expected {'value': 8.5}, got None",
    ]


def test_the_message_shows_how_the_query_differs(fake: FakeTMDB) -> None:
    fake.client().search.movie("Dune", page=2)
    message = message_of(fake, "GET", "/3/search/movie", query={"query": "Dune", "page": "1", "year": "2021"})
    assert message.splitlines()[2:] == ["    query: expected page=1, got page=2", "    query: expected year=2021, got no year"]


def test_the_message_counts(fake: FakeTMDB) -> None:
    fake.client().movies.details(550)
    assert message_of(fake, "GET", "/3/movie/550", times=2).startswith("expected GET /3/movie/550 2 times; it came 1 times")
    assert message_of(fake, "GET", "/3/movie/550", times=0).startswith("expected GET /3/movie/550 0 times; it came 1 times")


def test_the_message_has_no_credentials(fake: FakeTMDB) -> None:
    fake.client(api_key=API_KEY, session_id=SESSION).movies.account_states(550)
    guest = fake.users.add_guest().guest_session_id
    fake.client(guest_session_id=guest).guest_sessions.rated_movies(guest)
    message = message_of(fake, "GET", "/3/movie/603")
    assert not [secret for secret in (API_KEY, SESSION, guest) if secret in message]


class ApplicationTest(unittest.TestCase):
    """A test of an application that builds its own client."""

    def setUp(self) -> None:
        self.fake = self.enterContext(FakeTMDB().active())

    def test_a_unittest_finds_rates_and_reads(self) -> None:
        with TMDB(session_id=self.fake.user.session_id) as tmdb:
            (movie,) = tmdb.search.movie("Fight Club").results
            tmdb.movies.add_rating(movie.id, value=9)
            self.assertEqual(tmdb.movies.account_states(movie.id).rated.value, 9)  # noqa: PT009
        self.fake.assert_requested("POST", "/3/movie/550/rating", body={"value": 9})

    def test_a_unittest_waits_no_time(self) -> None:
        self.fake.fail_next(429, retry_after=20)
        with TMDB() as tmdb:
            self.assertEqual(tmdb.movies.details(550).title, "Fight Club")  # noqa: PT009
