"""Models: absent, null and empty values; placeholders of parts; attrs, pickle, copy and match."""

from __future__ import annotations

import copy
import json
import pickle
import types
import weakref
from collections.abc import Callable
from typing import Any, get_args

import attrs
import httpx
import pytest

import tmdbkit.models
from tmdbkit import TMDB, UNSET, InvalidArgumentError, NotAppendedError, UnknownRow, decode, encode, is_appended, to_dict
from tmdbkit.models import (
    AccountStates,
    CountryWatchProviders,
    Genre,
    ListDetails,
    MediaRow,
    MovieCredits,
    MovieDetails,
    MoviePage,
    MovieRow,
    MultiSearchPage,
    MultiSearchRow,
    PersonRow,
    Rated,
    RatedValue,
    RequestToken,
    TVRow,
    Video,
)

from tests.conftest import TOKEN, body_of, bundle, fixture_named

PARTS = {part: part.replace("/", "_") for part in bundle()["components"]["schemas"]["MoviePart"]["enum"]}
MODELS = [
    model for model in (getattr(tmdbkit.models, name) for name in tmdbkit.models.__all__ if name != "UnknownRow") if not isinstance(model, types.UnionType)
]
UNIONS = {name: getattr(tmdbkit.models, name) for name in tmdbkit.models.__all__ if isinstance(getattr(tmdbkit.models, name), types.UnionType)}


def details(*parts: str, fixture: str = "movies/details.appended", sent: set[str] | None = None) -> MovieDetails:
    """Details from a client that requested some parts and got some of these."""
    body = fixture_named(fixture)["response"]["body"]
    kept = {key: value for key, value in body.items() if key not in PARTS or key in (parts if sent is None else sent)}
    tmdb = TMDB(TOKEN, transport=httpx.MockTransport(lambda _: httpx.Response(200, json=kept)))
    return tmdb.movies.details(550, append_to_response=list(parts))  # type: ignore[arg-type]


def test_an_appended_part_has_the_type_of_its_own_operation() -> None:
    movie = details("credits", "watch/providers")
    assert movie.credits.cast[0].character
    assert movie.credits.id is UNSET
    assert movie.watch_providers.results


USES: dict[str, Callable[[Any], object]] = {
    "an attribute": lambda part: part.results,
    "iterating": list,
    "an index": lambda part: part[0],
    "len": len,
    "in": lambda part: 1 in part,
    "reversed": reversed,
    "setting an attribute": lambda part: setattr(part, "results", []),
    "setting an item": lambda part: part.__setitem__(0, 1),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_part_that_was_not_requested_is_falsy(use: Callable[[Any], object]) -> None:
    movie = details("credits")
    for name, part in (("videos", "videos"), ("watch_providers", "watch/providers")):
        placeholder = getattr(movie, name)
        assert not placeholder
        with pytest.raises(NotAppendedError, match=f"'{part}' was not requested; add it to append_to_response") as caught:
            use(placeholder)
        assert (caught.value.part, caught.value.requested) == (part, False)
        assert isinstance(caught.value, AttributeError)


def test_a_part_that_tmdb_omitted_is_explained() -> None:
    movie = details("credits", "videos", sent={"credits"})
    assert not movie.videos
    with pytest.raises(NotAppendedError, match="TMDB did not send 'videos', although append_to_response requested it") as caught:
        movie.videos.results
    assert caught.value.requested


def test_account_states_without_a_session_are_no_drift() -> None:
    body = fixture_named("movies/details.fight_club")["response"]["body"]
    reports: list[object] = []
    for strict in (False, True):
        tmdb = TMDB(TOKEN, transport=httpx.MockTransport(lambda _: httpx.Response(200, json=body)), strict=strict, on_drift=reports.append)
        assert not tmdb.movies.details(550, append_to_response=["account_states"]).account_states
    assert reports == []


@pytest.mark.parametrize("sent", [None, [], "x", 5])
def test_a_part_of_another_type_is_kept(sent: object) -> None:
    body = {**fixture_named("movies/details.fight_club")["response"]["body"], "credits": sent}
    movie: Any = decode(json.dumps(body), MovieDetails)
    assert movie.credits == sent
    assert not is_appended(movie, "credits")
    assert to_dict(movie) == body


def test_a_part_of_unknown_status_is_explained() -> None:
    movie = decode(json.dumps(to_dict(details())).encode(), MovieDetails)
    with pytest.raises(NotAppendedError, match="add it to append_to_response") as caught:
        movie.videos.results
    assert caught.value.requested is None


@pytest.mark.parametrize("parts", [(), ("account_states",)])
def test_the_error_of_account_states_mentions_the_session(parts: tuple[str, ...]) -> None:
    movie = details(*parts, sent=set())
    with pytest.raises(NotAppendedError, match="needs a user's session") as caught:
        movie.account_states.rated
    assert caught.value.needs_session
    with pytest.raises(NotAppendedError) as other:
        movie.videos.results
    assert "session" not in str(other.value)


def test_is_appended_accepts_part_and_attribute_names() -> None:
    movie = details("credits", "watch/providers")
    assert is_appended(movie, "credits")
    assert is_appended(movie, "watch/providers")
    assert is_appended(movie, "watch_providers")
    assert not is_appended(movie, "videos")
    with pytest.raises(InvalidArgumentError, match="MovieDetails has no part 'vidoes'"):
        is_appended(movie, "vidoes")
    with pytest.raises(InvalidArgumentError, match="Genre has no part 'credits'"):
        is_appended(Genre(id=1, name="a"), "credits")


def test_an_appended_empty_part_is_truthy() -> None:
    assert MovieCredits(cast=[], crew=[])


def test_a_page_is_a_sequence_of_its_rows() -> None:
    first, second = (MovieRow.__new__(MovieRow) for _ in range(2))
    for row, number in ((first, 1), (second, 2)):
        for field in attrs.fields(MovieRow):
            setattr(row, field.name, number)
    page = MoviePage(page=1, results=[first, second], total_pages=1, total_results=2)
    assert ([*page], len(page), page[0], page[-1], page[1:], [*reversed(page)]) == ([first, second], 2, first, second, [second], [second, first])
    assert first in page
    assert "first" not in page
    with pytest.raises(IndexError):
        page[2]


def test_an_empty_page_is_falsy_even_if_appended() -> None:
    page = MoviePage(page=1, results=[], total_pages=0, total_results=0)
    assert not page
    assert is_appended(attrs.evolve(details(), recommendations=page), "recommendations")


def test_the_page_of_a_list_has_its_items() -> None:
    body = json.loads(body_of("lists/details"))
    assert [row.id for row in decode(json.dumps(body), ListDetails)] == [item["id"] for item in body["items"]]


def test_a_drifted_page_has_no_rows() -> None:
    page = decode(b'{"page": 1, "results": {"id": 1}}', MoviePage)
    assert ([*page], len(page)) == ([], 0)
    assert page.results == {"id": 1}


def test_placeholders_compare_copy_and_pickle_by_name() -> None:
    movie, other = details("credits"), details()
    assert movie.videos == other.videos
    assert movie.videos != movie.images
    assert hash(movie.videos) == hash(other.videos)
    for copied in (copy.copy(movie.videos), copy.deepcopy(movie.videos), pickle.loads(pickle.dumps(movie.videos))):
        assert copied == movie.videos
        with pytest.raises(NotAppendedError) as caught:
            copied.results
        assert caught.value.requested is False
    error = pickle.loads(pickle.dumps(caught.value))
    assert (str(error), error.part, error.needs_session) == (str(caught.value), "videos", False)


def test_placeholders_are_omitted_from_json() -> None:
    assert not to_dict(details()).keys() & PARTS.keys()
    assert to_dict(details("credits")).keys() & PARTS.keys() == {"credits"}


def test_an_unknown_attribute_of_a_placeholder_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'MovieDetails' object has no attribute 'vidoes'") as caught:
        details().vidoes  # type: ignore[attr-defined]
    assert not isinstance(caught.value, NotAppendedError)


def test_details_can_be_pickled_and_copied() -> None:
    movie = details("credits")
    for other in (pickle.loads(pickle.dumps(movie)), copy.copy(movie), copy.deepcopy(movie)):
        assert other == movie
        assert other.credits.cast == movie.credits.cast
        with pytest.raises(NotAppendedError, match="was not requested"):
            other.videos.results


def test_the_functions_of_attrs_work_on_details() -> None:
    movie = details("credits", "watch/providers")
    as_dict = attrs.asdict(movie)
    assert as_dict["title"] == movie.title
    assert as_dict["credits"]["cast"][0]["name"] == movie.credits.cast[0].name
    assert not as_dict["videos"]
    assert attrs.astuple(movie)
    evolved = attrs.evolve(movie, title="Another")
    assert (evolved.title, evolved.credits) == ("Another", movie.credits)
    assert to_dict(evolved) == {**to_dict(movie), "title": "Another"}


def test_evolve_keeps_unknown_keys() -> None:
    genre = decode(b'{"id": 1, "name": "a", "new": 1}', Genre)
    assert to_dict(attrs.evolve(genre, name="b")) == {"id": 1, "name": "b", "new": 1}


def test_an_unknown_attribute_cannot_be_set() -> None:
    with pytest.raises(AttributeError, match="titel"):
        details().titel = "x"  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_model_has_slots_and_weak_references(model: Any) -> None:
    made = model(**{field.alias: None for field in attrs.fields(model) if field.default is attrs.NOTHING})
    assert not hasattr(made, "__dict__")
    assert weakref.ref(made)() is made
    assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == attrs.evolve(made) == made
    assert model.__doc__


# Unions


@pytest.mark.parametrize("union", UNIONS.values(), ids=UNIONS)
def test_a_union_is_a_runtime_union(union: Any) -> None:
    assert not isinstance("nonsense", union)
    assert not isinstance(details(), union)
    for member in get_args(union):
        if isinstance(member, type) and member is not UnknownRow and attrs.has(member):
            made = member(**{field.alias: None for field in attrs.fields(member) if field.default is attrs.NOTHING})
            assert isinstance(made, union)


def test_rated_is_a_union() -> None:
    assert isinstance(False, Rated)
    assert isinstance(RatedValue(value=8), Rated)
    assert not isinstance("8", Rated)


def test_match_distinguishes_rows() -> None:
    rows = decode(body_of("search/multi.every_kind"), MultiSearchPage).results
    matched = []
    for row in [*rows, UnknownRow({"media_type": "podcast"}), details()]:
        match row:
            case MovieRow(title=title):
                matched.append(f"movie {bool(title)}")
            case TVRow() | PersonRow():
                matched.append("TV or person")
            case UnknownRow(media_type=kind):
                matched.append(kind)
            case other if isinstance(other, MultiSearchRow):
                matched.append("another row")
            case _:
                matched.append("no row")
    assert sorted(matched) == ["TV or person", "TV or person", "another row", "movie True", "no row", "podcast"]
    assert [isinstance(row, MediaRow) for row in rows] == [row.media_type in ("movie", "tv") for row in rows]


def test_parts_count_in_comparisons() -> None:
    movie, same, bare = details("credits"), details("credits"), details()
    assert movie == same
    assert movie != bare
    same.credits.cast[0].character = "Somebody else"
    assert movie != same
    assert movie != "a movie"


# Shown


def test_a_repr_shows_set_fields() -> None:
    assert repr(Genre(id=18, name="Drama")) == "Genre(id=18, name='Drama')"
    assert repr(details("credits")).startswith("MovieDetails(id=550, title='Fight Club', ")
    assert "videos" not in repr(details("credits"))


@pytest.mark.parametrize("text", ["Fight Club", "x" * 5_000, "七人の侍" * 50, "two\nlines", "'quoted' \"twice\""])
def test_a_repr_is_one_short_line(text: str) -> None:
    for model in (details(*PARTS), decode(body_of("movies/popular"), MoviePage)):
        assert len(repr(model)) <= 80
    row = decode(body_of("movies/popular"), MoviePage).results[0]
    row.title = text
    shown = repr(row)
    assert sum(2 if character > "\u2e80" else 1 for character in shown) <= 80
    assert "\n" not in shown


def test_a_repr_shows_no_credential() -> None:
    token = RequestToken(expires_at=None, request_token="s3cret", success=True)  # type: ignore[arg-type]
    assert "s3cret" not in repr(token)


def test_models_are_constructed_by_keyword() -> None:
    states = AccountStates(favorite=True, watchlist=False, rated=RatedValue(value=8.5))
    assert to_dict(states) == {"favorite": True, "watchlist": False, "rated": {"value": 8.5}}
    with pytest.raises(TypeError):
        AccountStates(favorite=True)  # type: ignore[call-arg]


def test_unset_is_falsy_but_not_none() -> None:
    providers = decode(b'{"link": "https://www.themoviedb.org/movie/550/watch?locale=DE"}', CountryWatchProviders)
    assert providers.flatrate is UNSET
    assert not providers.flatrate
    assert [provider.provider_name for provider in providers.flatrate or []] == []


def test_rated_is_false_or_a_rating() -> None:
    assert decode(b'{"favorite": false, "rated": false, "watchlist": true}', AccountStates).rated is False
    rated = decode(b'{"favorite": false, "rated": {"value": 8}, "watchlist": true}', AccountStates).rated
    assert rated and rated.value == 8.0


def test_an_unknown_vocabulary_value_is_text() -> None:
    body = json.loads(body_of("movies/videos"))["results"][0]
    video = decode(json.dumps({**body, "type": "Hologram", "site": "Elsewhere"}).encode(), Video)
    assert (video.type, video.site) == ("Hologram", "Elsewhere")


def test_the_key_with_a_slash_is_encoded() -> None:
    movie = details("watch/providers")
    assert "watch/providers" in to_dict(movie)
    assert "watch_providers" not in to_dict(movie)
    assert json.loads(encode(movie)) == to_dict(movie)


def test_a_repr_of_an_unknown_row_is_one_short_line() -> None:
    for data in ({"media_type": "x" * 500, "id": 1}, {}, {"media_type": None}):
        assert len(repr(UnknownRow(data))) < 80
    assert UnknownRow({"media_type": None}).media_type == UnknownRow({}).media_type == ""


def test_messages_do_not_mention_the_generated_package() -> None:
    with pytest.raises(AttributeError, match=r"^module 'tmdbkit\.models' has no attribute 'Nope'$"):
        tmdbkit.models.Nope  # type: ignore[attr-defined]
    assert set(tmdbkit.models.__all__) <= set(dir(tmdbkit.models))


def test_unset_formats_as_empty_text() -> None:
    assert f"{details().videos:>0}" == str(details().videos) == ""
    assert f"{UNSET}" == f"{UNSET:>0}" == str(UNSET) == ""
    assert repr(UNSET) == "UNSET"
    assert pickle.loads(pickle.dumps(UNSET)) is copy.deepcopy(UNSET) is UNSET


def test_a_raw_response_can_be_pickled() -> None:
    body = {**fixture_named("movies/details.fight_club")["response"]["body"], "new": 1}
    tmdb = TMDB(TOKEN, transport=httpx.MockTransport(lambda _: httpx.Response(200, json=body)))
    for read_before in (False, True):
        raw = tmdb.movies.raw.details(550, append_to_response=["videos"])
        if read_before:
            raw.parsed
        other = pickle.loads(pickle.dumps(raw))
        assert (other.status_code, other.content, other.headers, other.url) == (raw.status_code, raw.content, raw.headers, raw.url)
        assert other.parsed == raw.parsed
        with pytest.raises(NotAppendedError) as caught:
            other.parsed.videos.results
        assert caught.value.requested
