"""A whole series: few requests, all episodes in order, the next one to air."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tmdbkit import DecodeError, InvalidArgumentError, NotFoundError, WholeSeries
from tmdbkit.models import SeasonDetails, SeasonEpisode
from tmdbkit.testing import FakeTMDB

Fetch = Callable[..., WholeSeries]


def seasons(*numbers: int, episodes: int = 2) -> list[Any]:
    return [{"season_number": number, "episodes": [episode(number, each) for each in range(1, episodes + 1)]} for number in numbers]


def episode(season: int, number: int) -> dict[str, str]:
    return {"name": f"{season}x{number}", "air_date": f"20{season % 100:02}-01-{number:02}"}


@pytest.fixture
def fake() -> FakeTMDB:
    return FakeTMDB()


@pytest.fixture(params=["sync", "async"])
def fetch(request: pytest.FixtureRequest, fake: FakeTMDB) -> Fetch:
    def run(*args: Any, client: dict[str, Any] | None = None, **arguments: Any) -> WholeSeries:
        if request.param == "sync":
            with fake.client(**(client or {})) as tmdb:
                return tmdb.whole_series(*args, **arguments)

        async def awaited() -> WholeSeries:
            async with fake.async_client(**(client or {})) as tmdb:
                return await tmdb.whole_series(*args, **arguments)

        return asyncio.run(awaited())

    return run


def names(series: WholeSeries) -> list[str]:
    return [episode.name for episode in series]


def test_a_series_takes_one_request(fake: FakeTMDB, fetch: Fetch) -> None:
    series = fetch(1399)
    assert len(fake.requests) == 1
    assert [season.season_number for season in series.seasons] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert len(series) == series.details.number_of_episodes == sum(listed.episode_count for listed in series.details.seasons if listed.season_number)
    assert all(isinstance(season, SeasonDetails) for season in series.seasons)
    assert all(isinstance(episode, SeasonEpisode) for episode in series)
    assert series.missing == ()
    assert repr(series) == f"<WholeSeries 'Game of Thrones': 8 seasons, {len(series)} episodes>"


def test_the_specials_belong_to_it_if_asked_for(fake: FakeTMDB, fetch: Fetch) -> None:
    fake.add_series(name="Example", id=9_000_001, seasons=seasons(0, 1))
    assert names(fetch(9_000_001)) == ["1x1", "1x2"]
    assert names(fetch(9_000_001, specials=True)) == ["0x1", "0x2", "1x1", "1x2"]


@pytest.mark.parametrize("count", [0, 1, 20, 21, 40, 41, 60, 61])
@pytest.mark.parametrize("specials", [False, True])
def test_it_takes_as_few_requests_as_twenty_parts_allow(fake: FakeTMDB, fetch: Fetch, count: int, specials: bool) -> None:
    fake.add_series(name="Example", id=9_000_001, seasons=seasons(*range(1, count + 1), episodes=1))
    series = fetch(9_000_001, specials=specials)
    assert [season.season_number for season in series.seasons] == [*range(1, count + 1)]
    # With the specials, which the first request asks for although there are none, one part is lost.
    assert len(fake.requests) == max(math.ceil((count + specials) / 20), 1)


def test_seasons_that_are_years_take_one_more(fake: FakeTMDB, fetch: Fetch) -> None:
    years = range(1990, 2027)
    fake.add_series(name="News", id=9_000_001, seasons=seasons(*years, episodes=1))
    assert [season.season_number for season in fetch(9_000_001).seasons] == [*years]
    assert len(fake.requests) == 3


def test_other_parts_are_appended_within_the_limit(fake: FakeTMDB, fetch: Fetch) -> None:
    fake.add_series(name="Example", id=9_000_001, seasons=seasons(*range(1, 20), episodes=1))
    series = fetch(9_000_001, append_to_response=["external_ids", "keywords", "keywords"])
    assert series.details.external_ids.imdb_id is None
    assert [request.query["append_to_response"].count(",") + 1 for request in fake.requests] == [20, 1]
    assert len(series.seasons) == 19


def test_episodes_are_in_order(fake: FakeTMDB, fetch: Fetch) -> None:
    fake.add_series(name="Example", id=9_000_001, seasons=seasons(2, 1, 3))
    series = fetch(9_000_001)
    series.seasons[0].episodes.reverse()
    assert names(series) == ["1x1", "1x2", "2x1", "2x2", "3x1", "3x2"]


def test_a_season_and_an_episode_are_found_by_number(fetch: Fetch) -> None:
    series = fetch(1399)
    season, episode = series.season(2), series.episode(2, 3)
    assert season
    assert season.season_number == 2
    assert episode
    assert (episode.season_number, episode.episode_number) == (2, 3)
    assert (series.season(9), series.season(0), series.episode(9, 1), series.episode(1, 99)) == (None, None, None, None)


def test_the_next_episode_is_the_first_from_today_on(fake: FakeTMDB, fetch: Fetch) -> None:
    days = ["2026-01-01", "2026-01-08", None, "2026-01-15"]
    fake.add_series(
        name="Example",
        id=9_000_001,
        seasons=[
            {"season_number": 0, "episodes": [{"name": "Special", "air_date": "2026-01-08"}]},
            {"season_number": 1, "episodes": [{"name": str(number), "air_date": day} for number, day in enumerate(days, 1)]},
        ],
    )
    series = fetch(9_000_001, specials=True)

    def next_on(*day: int) -> str | None:
        episode = series.next_to_air(date(*day))
        return episode.name if episode else None

    assert [next_on(2025, 12, 1), next_on(2026, 1, 1), next_on(2026, 1, 2), next_on(2026, 1, 9), next_on(2026, 1, 16)] == ["1", "1", "2", "4", None]
    assert [episode.name for episode in series.aired(date(2026, 1, 8))] == ["1", "2", "Special"]
    assert [episode.name for episode in series.aired(date(2026, 1, 20), after=date(2026, 1, 1))] == ["2", "Special", "4"]
    assert series.next_to_air(datetime(2026, 1, 15, 12, tzinfo=UTC)) is series.episode(1, 4)
    assert series.next_to_air("2026-01-15") is series.episode(1, 4)
    assert len(series.aired("2026-01-20", after="2026-01-01")) == 3
    with pytest.raises(InvalidArgumentError, match=r"after must be .*; not 'yesterday'"):
        series.aired(after="yesterday")


def test_today_is_the_default(fake: FakeTMDB, fetch: Fetch) -> None:
    episodes = [{"name": "old", "air_date": "-20"}, {"name": "next", "air_date": "+20"}, {"name": "later", "air_date": "+27"}]
    fake.add_series(name="Example", id=9_000_001, seasons=[{"season_number": 1, "episodes": episodes}])
    series = fetch(9_000_001)
    upcoming = series.next_to_air()
    assert upcoming
    assert upcoming.name == "next"
    assert [episode.name for episode in series.aired()] == ["old"]


def test_a_series_without_episodes_is_true(fake: FakeTMDB, fetch: Fetch) -> None:
    fake.add_series(name="Example", id=9_000_001)
    series = fetch(9_000_001)
    assert (bool(series), len(series), list(series), series.next_to_air()) == (True, 0, [], None)


def test_a_listed_season_that_does_not_come_is_missing(fake: FakeTMDB, fetch: Fetch) -> None:
    fake.add_series(name="Example", id=9_000_001, seasons=seasons(1, 2))
    with fake.client() as tmdb:
        body = tmdb.tv_series.raw.details(9_000_001).content
    fake.requests.clear()
    fake.add("GET", "/3/tv/9000001", body)
    series = fetch(9_000_001)
    assert (series.seasons, series.missing, len(fake.requests)) == ((), (1, 2), 2)


def test_a_strict_client_accepts_fewer_seasons_than_it_asked_for(fetch: Fetch) -> None:
    try:
        assert len(fetch(1399, client={"strict": True}).seasons) == 8
    except DecodeError as error:  # pragma: no cover
        pytest.fail(str(error))


def test_arguments_and_options_reach_each_request(fake: FakeTMDB, fetch: Fetch) -> None:
    fake.add_series(name="Example", id=9_000_001, seasons=seasons(*range(1, 31), episodes=1))
    fetch(9_000_001, language="de-DE", headers={"X-Trace": "1"})
    assert [(request.query["language"], request.headers["x-trace"]) for request in fake.requests] == [("de-DE", "1")] * 2


def test_an_unknown_series_is_not_found(fetch: Fetch) -> None:
    with pytest.raises(NotFoundError):
        fetch(9_999_999)


@pytest.mark.parametrize("parts", ["external_ids", ["external_ids"], ("external_ids", "external_ids")])
def test_parts_are_like_those_of_details(fetch: Fetch, parts: Any) -> None:
    assert fetch(1399, append_to_response=parts).details.external_ids.imdb_id == "tt0944947"
    assert len(fetch(1399, append_to_response=None).seasons) == 8


@pytest.mark.parametrize("parts", [["credit"], "credit", 5, [5], [*map(str, range(21))]])
def test_invalid_parts_are_rejected(fake: FakeTMDB, fetch: Fetch, parts: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="append_to_response"):
        fetch(1399, append_to_response=parts)
    assert not fake.requests
