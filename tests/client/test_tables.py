"""`to_rows`: flat dicts with the same columns; pandas, polars and pyarrow read them (slow)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.conftest import body_of, fixtures
from tmdbkit import InvalidArgumentError, UnknownRow, decode, models, to_rows
from tmdbkit.models import MovieDetails, MoviePage, MovieRow, MultiSearchPage, ReviewPage, SeasonDetails, TVSeriesDetails
from tmdbkit.testing import FakeTMDB

POPULAR = decode(body_of("movies/popular"), MoviePage)


def details(**changes: Any) -> MovieDetails:
    return decode(json.dumps({**json.loads(body_of("movies/details")), **changes}), MovieDetails)


def test_a_page_has_a_row_for_each_of_its_rows() -> None:
    rows = to_rows(POPULAR)
    assert len(rows) == len(POPULAR.results)
    for row, movie in zip(rows, POPULAR, strict=True):
        assert (row["id"], row["title"], row["release_date"], row["genre_ids"]) == (movie.id, movie.title, movie.release_date, movie.genre_ids)
        assert type(row["release_date"]) is date


def test_dates_and_timestamps_are_python_s() -> None:
    page = decode(body_of("movies/reviews"), ReviewPage)
    row = to_rows(page)[0]
    assert type(row["created_at"]) is datetime
    assert row["created_at"] == page[0].created_at
    assert row["created_at"].tzinfo == UTC
    assert to_rows([details(release_date="")])[0]["release_date"] is None


def test_what_is_absent_is_none() -> None:
    row = {key: value for key, value in json.loads(body_of("movies/popular"))["results"][0].items() if key != "video"}
    page = decode(json.dumps({"page": 1, "results": [row], "total_pages": 1, "total_results": 1}), MoviePage)
    assert to_rows(page)[0]["video"] is None


def test_an_object_has_columns_of_its_own() -> None:
    collection = {"id": 10, "name": "Star Wars Collection", "poster_path": None, "backdrop_path": "/a.jpg"}
    with_one, without = to_rows([details(belongs_to_collection=collection), details(belongs_to_collection=None)])
    assert [with_one[f"belongs_to_collection.{name}"] for name in ("id", "name", "poster_path", "backdrop_path")] == [*collection.values()]
    assert [without[f"belongs_to_collection.{name}"] for name in collection] == [None] * 4
    assert "belongs_to_collection" not in with_one
    assert to_rows(decode(body_of("movies/reviews"), ReviewPage))[0]["author_details.username"]


def test_a_list_of_objects_is_a_list_of_dicts() -> None:
    movie = details(genres=[{"id": 18, "name": "Drama"}, {"id": 53, "name": "Thriller"}])
    assert to_rows([movie])[0]["genres"] == [{"id": 18, "name": "Drama"}, {"id": 53, "name": "Thriller"}]


def test_the_columns_are_the_same_whatever_a_row_has() -> None:
    bare = details(belongs_to_collection=None, genres=[], release_date="", tagline=None)
    full = details(belongs_to_collection={"id": 1, "name": "a", "poster_path": None, "backdrop_path": None})
    assert [*to_rows([bare])[0]] == [*to_rows([full])[0]] == [*to_rows([full, bare])[1]]


def test_parts_have_columns_if_a_row_has_them() -> None:
    assert not [name for name in to_rows([details()])[0] if name.startswith(("credits", "videos"))]
    rows = to_rows([details(), details(credits={"cast": [], "crew": []})])
    assert [row["credits.cast"] for row in rows] == [None, []]
    assert rows[0].keys() == rows[1].keys()


def test_seasons_have_a_column_if_a_series_has_them() -> None:
    body = json.loads(body_of("tv_series/details"))
    season = json.loads(body_of("tv_seasons/details"))
    assert "appended_seasons" not in to_rows([decode(json.dumps(body), TVSeriesDetails)])[0]
    (row,) = to_rows([decode(json.dumps({**body, "season/1": season}), TVSeriesDetails)])
    assert row["appended_seasons"]["1"]["name"] == decode(json.dumps(season), SeasonDetails).name


def test_mixed_rows_have_the_columns_of_all() -> None:
    page = decode(body_of("search/multi.every_kind"), MultiSearchPage)
    page.results.append(UnknownRow({"media_type": "podcast", "id": 7, "episodes": [{"id": 1}]}))
    rows = to_rows(page)
    assert len({tuple(row) for row in rows}) == 1
    movie = next(index for index, row in enumerate(page) if isinstance(row, MovieRow))
    assert rows[movie]["title"]
    assert rows[movie]["known_for_department"] is None
    assert (rows[-1]["id"], rows[-1]["media_type"], rows[-1]["episodes"], rows[-1]["title"]) == (7, "podcast", [{"id": 1}], None)


def test_any_iterable_of_models_will_do() -> None:
    assert to_rows(iter(POPULAR.results)) == to_rows(POPULAR.results) == to_rows(POPULAR)
    assert to_rows([]) == []
    with FakeTMDB().client() as tmdb:
        rows = to_rows(tmdb.paginate(tmdb.movies.popular).take(25))
        assert len(rows) == 25
        assert [row["id"] for row in to_rows(outcome.value for outcome in tmdb.fetch_many(tmdb.movies.details, [550, 11]).in_order())] == [550, 11]


@pytest.mark.parametrize("given", [details(), 550, None, [550], "text", [{"id": 1}]])
def test_other_things_are_rejected(given: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="to_rows takes"):
        to_rows(given)


def test_rows_are_independent_of_the_models() -> None:
    movie = details(genres=[{"id": 18, "name": "Drama"}], origin_country=["US"])
    (row,) = to_rows([movie])
    row["origin_country"].append("DE")
    row["genres"][0]["name"] = "Other"
    assert (movie.origin_country, movie.genres[0].name) == (["US"], "Drama")


def test_every_model_has_rows() -> None:
    plain = (str, int, float, bool, date, datetime, type(None))

    def check(value: Any) -> None:
        if isinstance(value, list):
            [check(item) for item in value]
        elif isinstance(value, dict):
            [check(item) for item in value.values()]
        else:
            assert isinstance(value, plain)

    count = 0
    for fixture in fixtures():
        name = fixture["operation_id"]
        if fixture["response"]["status"] == 200 and name in (
            "movies_details",
            "tv_series_details",
            "people_details",
            "tv_seasons_details",
            "tv_episodes_details",
        ):
            class_ = {"movies": "MovieDetails", "tv_series": "TVSeriesDetails", "people": "PersonDetails", "tv_seasons": "SeasonDetails"}.get(
                name.removesuffix("_details"), "EpisodeDetails"
            )
            rows = to_rows([decode(json.dumps(fixture["response"]["body"]), getattr(models, class_))])
            check(rows)
            assert not any(
                isinstance(value, dict)
                for column, value in rows[0].items()
                if "translations" not in column and "." not in column and column != "appended_seasons"
            )
            count += 1
    assert count >= 10


def every_kind() -> dict[str, list[dict[str, Any]]]:
    """Rows as programs have them."""
    with FakeTMDB().client() as tmdb:
        movies = [outcome.value for outcome in tmdb.fetch_many(tmdb.movies.details, [550, 11, 603], append_to_response=["credits", "release_dates"]).in_order()]
        return {
            "movies": to_rows(tmdb.paginate(tmdb.discover.movie)),
            "series": to_rows(tmdb.paginate(tmdb.discover.tv)),
            "mixed": to_rows(tmdb.paginate(tmdb.search.multi, "a")),
            "details": to_rows(movies),
            "reviews": to_rows(decode(body_of("movies/reviews"), ReviewPage)),
            "cast": to_rows(member for movie in movies for member in movie.credits.cast),
        }


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["movies", "series", "mixed", "details", "reviews", "cast"])
def test_pandas_reads_them(kind: str) -> None:
    import pandas as pd

    rows = every_kind()[kind]
    frame = pd.DataFrame(rows)
    assert list(frame.columns) == [*rows[0]]
    assert len(frame) == len(rows)
    assert frame["id"].tolist() == [row["id"] for row in rows]
    if "release_date" in frame:
        parsed = pd.to_datetime(frame["release_date"])
        assert [None if day is pd.NaT else day.date() for day in parsed] == [row["release_date"] for row in rows]
    if "created_at" in frame:
        assert str(frame["created_at"].dtype).startswith("datetime64[") and str(frame["created_at"].dtype).endswith("UTC]")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["movies", "series", "mixed", "details", "reviews", "cast"])
def test_polars_reads_them(kind: str) -> None:
    import polars as pl

    rows = every_kind()[kind]
    frame = pl.DataFrame(rows, infer_schema_length=None)
    assert frame.columns == [*rows[0]]
    assert frame["id"].to_list() == [row["id"] for row in rows]
    if "release_date" in frame.columns:
        assert frame["release_date"].dtype == pl.Date
        assert frame["release_date"].to_list() == [row["release_date"] for row in rows]
    if "created_at" in frame.columns:
        assert isinstance(frame["created_at"].dtype, pl.Datetime)
        assert frame["created_at"].to_list() == [row["created_at"] for row in rows]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["movies", "series", "mixed", "details", "reviews", "cast"])
def test_pyarrow_reads_them_and_parquet_keeps_them(kind: str, tmp_path: Any) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = every_kind()[kind]
    table = pa.Table.from_pylist(rows)
    assert table.column_names == [*rows[0]]
    if "release_date" in table.column_names:
        assert table.schema.field("release_date").type == pa.date32()
    pq.write_table(table, tmp_path / "rows.parquet")
    again = pq.read_table(tmp_path / "rows.parquet").to_pylist()
    assert [row["id"] for row in again] == [row["id"] for row in rows]
    for column in ("release_date", "title", "genre_ids", "created_at", "overview"):
        if column in rows[0]:
            assert [row[column] for row in again] == [row[column] for row in rows]
