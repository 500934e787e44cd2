"""A user's program, which mypy and pyright read: every resource, sync and async, and what the types promise."""

from __future__ import annotations

import datetime
from typing import Any, assert_type

import attrs

from tmdbkit import TMDB, AnyOf, AsyncTMDB, NotFoundError, Response, UnknownRow, decode, encode, is_appended, models, season, to_dict
from tmdbkit.auth import Approval, AsyncApproval
from tmdbkit.types import ListItemReference, MoviePart, UnsetType


def authenticate(tmdb: TMDB) -> str:
    token = tmdb.authentication.create_request_token()
    assert_type(token.expires_at, datetime.datetime)
    guest = tmdb.authentication.create_guest_session()
    session = tmdb.authentication.create_session(token.request_token)
    assert_type(tmdb.authentication.delete_session(session.session_id), models.SessionDeletion)
    return guest.guest_session_id


def act_for_a_user(tmdb: TMDB) -> TMDB:
    approval = tmdb.users.request_approval(redirect_to="https://www.example.org/approved")
    assert_type(approval, Approval[TMDB])
    assert_type(approval.expires_at, datetime.datetime | None)
    print(approval.url)
    user = approval.wait(deadline=300, interval=2)
    assert_type(user, TMDB)
    assert_type(tmdb.users.approval(approval.request_token).finish(), TMDB)
    assert_type(tmdb.users.request_v4_approval().finish().users.convert_access_token(), TMDB)
    assert_type(user.users.session_id, str)
    tmdb.users.login("name", "password").users.logout()
    return tmdb.users.guest_session()


async def act_for_a_user_awaited(tmdb: AsyncTMDB) -> AsyncTMDB:
    approval = await tmdb.users.request_v4_approval()
    assert_type(approval, AsyncApproval[AsyncTMDB])
    user = await approval.wait()
    assert_type(await user.v4_account.favorite_movies(user.users.account_object_id), models.MoviePage)
    await user.users.logout()
    return await tmdb.users.login("name", "password")


def look(tmdb: TMDB) -> list[str]:
    parts: list[MoviePart] = ["credits", "images"]
    movie = tmdb.movies.details(550, append_to_response=parts, include_image_language=["en", None])
    assert_type(movie, models.MovieDetails)
    assert_type(movie.release_date, datetime.date | None)
    assert_type(movie.credits.cast[0].character, str)
    assert_type(movie.watch_providers.results["DE"].link, str)
    providers = movie.watch_providers.results["DE"].flatrate or []
    series = tmdb.tv_series.details(1396, append_to_response=["aggregate_credits"], language="de-DE")
    assert_type(series.aggregate_credits.cast[0].total_episode_count, int)
    seasons = tmdb.tv_series.details(1396, append_to_response=["credits", season(1)]).appended_seasons
    assert_type(seasons, dict[int, models.SeasonDetails])
    for row in tmdb.search.movie("ring").results:
        assert_type(row.title, str)
        if isinstance(row, models.MovieRow):
            assert_type(row.release_date, datetime.date | None)
    if series.next_episode_to_air:
        assert_type(series.next_episode_to_air.episode_number, int)
    states = tmdb.movies.account_states(550, session_id="session")
    if states.rated:
        assert_type(states.rated.value, float)
    if movie.status == "Released":
        return [provider.provider_name for provider in providers]
    return [row.title for row in tmdb.movies.popular(page=2).results]


def parts(movie: models.MovieDetails) -> list[str]:
    if not movie.credits:
        assert_type(movie.credits, models.MovieCredits)
        print("the credits were not appended")
    assert_type(is_appended(movie, "videos"), bool)
    assert_type(movie.videos.additional_properties, dict[str, Any] | None)
    assert_type(movie.softcore, bool | UnsetType)
    if movie.softcore:
        print("softcore")
    return [member.name for member in movie.credits.cast] if movie.credits else []


def hold(movie: models.MovieDetails) -> models.MovieDetails:
    movie.title = "Another"
    print(attrs.asdict(movie), attrs.astuple(movie), to_dict([movie]), attrs.fields(models.MovieDetails).title)
    assert_type(attrs.evolve(movie, title="Yet another"), models.MovieDetails)
    assert_type(decode(b"[]", list[models.MovieRow]), list[models.MovieRow])
    decode(b"{}", models.MultiSearchRow)
    return decode(encode(movie), models.MovieDetails, strict=True)


def name_of(row: models.MediaRow) -> str:
    if isinstance(row, UnknownRow):
        return row.media_type
    return row.title if isinstance(row, models.MovieRow) else row.name


def write(tmdb: TMDB) -> None:
    assert_type(tmdb.movies.add_rating(550, 8.5), models.StatusResponse)
    tmdb.with_options(session_id="session", timeout=60).tv_series.add_rating(1396, 9, timeout=5, headers={"X-Trace": "1"})


def raw(tmdb: TMDB) -> models.MovieDetails | None:
    try:
        response = tmdb.movies.raw.details("tt0137523", timeout=None)
    except NotFoundError as error:
        assert_type(error.status_code, int | None)
        return None
    assert_type(response, Response[models.MovieDetails])
    assert_type(response.content, bytes)
    assert_type(response.headers["etag"], str)
    return response.parsed


async def wait() -> None:
    async with AsyncTMDB(api_key="0" * 32) as tmdb:
        movie = await tmdb.movies.details(550)
        assert_type(movie, models.MovieDetails)
        page = await tmdb.tv_series.top_rated(page=1)
        assert_type(page.results[0].first_air_date, datetime.date | None)
        changes = await tmdb.tv_series.raw.changes(1396, start_date=datetime.date(2024, 1, 1), end_date="2024-01-08")
        assert_type(changes.parsed, models.Changes)
        await tmdb.authentication.raw.validate_key()


def find(tmdb: TMDB) -> list[str]:
    found = []
    for row in tmdb.search.multi("fincher", page=1).results:
        match row:
            case models.MovieRow():
                found.append(row.title)
            case models.TVRow():
                found.append(row.name)
            case models.PersonRow():
                found.extend(known.media_type or "?" for known in row.known_for or [])
            case UnknownRow():
                found.append(str(row.data.get("name")))
            case _:
                assert_type(row, models.TitledCollectionRow)
    assert_type(tmdb.find.by_id("tt0137523", "imdb_id").movie_results, list[models.MovieRow])
    found.extend(str(row.media_type) for row in tmdb.trending.all("day").results)
    page = tmdb.discover.movie(
        with_genres=AnyOf(28, 12),
        without_genres=[27],
        with_watch_monetization_types=["flatrate"],
        watch_region="DE",
        primary_release_date_gte=datetime.date(2024, 1, 1),
        vote_average_gte=7.5,
        sort_by="popularity.desc",
    )
    assert_type(page.total_results, int)
    assert_type(tmdb.discover.tv(with_networks=AnyOf(213, 49), air_date_lte="2024-01-01").results, list[models.TVRow])
    return found


def belongs(tmdb: TMDB) -> None:
    person = tmdb.people.details(287, append_to_response=["combined_credits", "images"])
    assert_type(person.birthday, datetime.date | None)
    for credit in person.combined_credits.cast:
        print(credit.media_type)
    season = tmdb.tv_seasons.details(1396, 1, append_to_response=["videos"])
    episode = tmdb.tv_episodes.details(1396, 1, 1)
    assert_type(season.episodes[0].episode_number, int)
    assert_type(episode.air_date, datetime.date | None)
    assert_type(tmdb.tv_episode_groups.details("5acf93e60e0a26346d0000ce"), models.EpisodeGroupDetails)
    assert_type(tmdb.credits.details("52542282760ee313280017f9"), models.CreditDetails)
    assert_type(tmdb.collections.details(10).parts, list[models.MovieRow])
    assert_type(tmdb.companies.details(1), models.CompanyDetails)
    assert_type(tmdb.networks.details(213), models.NetworkDetails)
    assert_type(tmdb.keywords.details(818), models.Keyword)
    assert_type(tmdb.reviews.details("5488c29bc3a3686f4a00004a"), models.ReviewDetails)
    assert_type(tmdb.genres.movie(language="de").genres, list[models.GenreRow])
    assert_type(tmdb.certifications.movie().certifications["US"][0].certification, str)
    assert_type(tmdb.changes.tv(start_date="2024-01-01", end_date="2024-01-08").results[0].id, int)
    assert_type(tmdb.configuration.countries()[0].iso_3166_1, str)
    assert_type(tmdb.configuration.primary_translations(), list[str])
    assert_type(tmdb.watch_providers.movie(watch_region="DE").results[0].display_priorities, dict[str, int])


def own(tmdb: TMDB) -> None:
    account = tmdb.account.me()
    assert_type(tmdb.account.rated_movies(account.id, sort_by="created_at.desc").results[0].rating, float)
    tmdb.account.add_favorite(account.id, "movie", 550, True)
    tmdb.guest_sessions.rated_movies("guest-session")
    created = tmdb.lists.create("Best of", description="Mine", language="en", session_id="session")
    tmdb.lists.clear(created.list_id, True)
    token = tmdb.v4_auth.create_request_token(redirect_to="https://example.org")
    user = tmdb.v4_auth.create_access_token(token.request_token)
    mine = tmdb.with_options(user_access_token=user.access_token)
    assert_type(mine.v4_account.favorite_movies(user.account_id).results, list[models.MovieRow])
    items: list[ListItemReference] = [{"media_type": "movie", "media_id": 550}]
    made = mine.v4_lists.create("Best of", "en", public=1)
    assert_type(mine.v4_lists.add_items(made.id, items).success, bool)
    assert_type(mine.v4_lists.details(made.id).comments, dict[str, str | None])
