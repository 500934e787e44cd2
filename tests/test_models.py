"""Models: absent, null and empty are three things; appended parts are there or say why not."""

from __future__ import annotations

import copy
import json
import pickle

import httpx
import pytest
from tmdb_openapi.models import AccountStates, CountryWatchProviders, Genre, MovieDetails, RatedValue, Video

from tmdbkit import TMDB, UNSET, NotAppendedError, decode, encode, to_dict

from .conftest import TOKEN, body_of, fixture_named


def details(*parts: str, fixture: str = "movies/details.appended", sent: set[str] | None = None) -> MovieDetails:
    """The details as a client returns them that asked for some parts, of which TMDB sent some."""
    body = fixture_named(fixture)["response"]["body"]
    kept = {key: value for key, value in body.items() if key not in {*MovieDetails.__appended__, "watch/providers"} or key in (parts if sent is None else sent)}
    tmdb = TMDB(TOKEN, transport=httpx.MockTransport(lambda _: httpx.Response(200, json=kept)))
    return tmdb.movies.details(550, append_to_response=list(parts))  # type: ignore[arg-type]


def test_an_appended_part_is_what_its_own_operation_returns() -> None:
    movie = details("credits", "watch/providers")
    assert movie.credits.cast[0].character
    assert movie.credits.id is UNSET
    assert movie.watch_providers.results


def test_a_part_that_was_not_requested_says_so() -> None:
    movie = details("credits")
    for name, part in (("videos", "videos"), ("watch_providers", "watch/providers")):
        with pytest.raises(NotAppendedError, match=f"'{part}' was not requested; add it to append_to_response") as caught:
            getattr(movie, name)
        assert (caught.value.part, caught.value.requested) == (part, False)
        assert not hasattr(movie, name)
    assert hasattr(movie, "credits")


def test_a_part_that_tmdb_did_not_send_says_so() -> None:
    movie = details("credits", "videos", sent={"credits"})
    with pytest.raises(NotAppendedError, match="TMDB did not send 'videos', although append_to_response asked for it") as caught:
        movie.videos
    assert caught.value.requested


def test_an_attribute_that_no_part_has_is_an_ordinary_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'MovieDetails' object has no attribute 'vidoes'") as caught:
        details().vidoes  # type: ignore[attr-defined]
    assert not isinstance(caught.value, NotAppendedError)


def test_details_survive_pickling_and_copying_with_and_without_parts() -> None:
    movie = details("credits")
    for other in (pickle.loads(pickle.dumps(movie)), copy.copy(movie), copy.deepcopy(movie)):
        assert other == movie
        assert other.credits.cast == movie.credits.cast
        with pytest.raises(NotAppendedError, match="was not requested"):
            other.videos


def test_details_differ_when_a_part_does() -> None:
    movie, same, bare = details("credits"), details("credits"), details()
    assert movie == same
    assert movie != bare
    same.credits.cast[0].character = "Somebody else"
    assert movie != same
    assert movie != "a movie"


def test_a_repr_shows_what_is_there() -> None:
    assert repr(Genre(id=18, name="Drama")) == "Genre(id=18, name='Drama')"
    assert "credits=MovieCredits(cast=[MovieCastMember(" in repr(details("credits"))
    assert "videos" not in repr(details("credits"))


def test_models_are_made_by_keyword_for_tests_of_users() -> None:
    states = AccountStates(favorite=True, watchlist=False, rated=RatedValue(value=8.5))
    assert to_dict(states) == {"favorite": True, "watchlist": False, "rated": {"value": 8.5}}
    with pytest.raises(TypeError):
        AccountStates(favorite=True)  # type: ignore[call-arg]


def test_absent_is_unset_and_false_and_not_null() -> None:
    providers = decode(b'{"link": "https://www.themoviedb.org/movie/550/watch?locale=DE"}', CountryWatchProviders)
    assert providers.flatrate is UNSET
    assert not providers.flatrate
    assert [provider.provider_name for provider in providers.flatrate or []] == []


def test_rated_is_false_or_a_value() -> None:
    assert decode(b'{"favorite": false, "rated": false, "watchlist": true}', AccountStates).rated is False
    rated = decode(b'{"favorite": false, "rated": {"value": 8}, "watchlist": true}', AccountStates).rated
    assert rated and rated.value == 8.0


def test_a_value_of_a_vocabulary_that_nobody_knows_yet_is_text() -> None:
    body = json.loads(body_of("movies/videos"))["results"][0]
    video = decode(json.dumps({**body, "type": "Hologram", "site": "Elsewhere"}).encode(), Video)
    assert (video.type, video.site) == ("Hologram", "Elsewhere")


def test_encoding_details_gives_back_the_key_with_the_slash() -> None:
    movie = details("watch/providers")
    assert "watch/providers" in to_dict(movie)
    assert "watch_providers" not in to_dict(movie)
    assert json.loads(encode(movie)) == to_dict(movie)
