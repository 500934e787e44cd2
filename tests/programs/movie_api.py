"""A web service about movies with FastAPI: uvicorn movie_api:app

Its own test is `test_movie_api.py`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from tmdbkit import AsyncTMDB, InvalidArgumentError, NotFoundError, TMDBError, images, where_to_watch
from tmdbkit.models import MovieDetails, MovieRow
from tmdbkit.vocabulary import genre_name


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None, None]:
    async with AsyncTMDB() as app.state.tmdb:
        yield


def client(request: Request) -> AsyncTMDB:
    tmdb: AsyncTMDB = request.app.state.tmdb
    return tmdb


Client = Annotated[AsyncTMDB, Depends(client)]
app = FastAPI(title="Movies", lifespan=lifespan)


class Card(BaseModel):
    """What a list of movies shows of each."""

    id: int
    title: str
    year: int | None
    poster: str | None
    genres: list[str]

    @classmethod
    def of(cls, row: MovieRow) -> Card:
        return cls(
            id=row.id,
            title=row.title,
            year=row.release_date.year if row.release_date else None,
            poster=images.poster_url(row.poster_path, width=300),
            genres=[name for number in row.genre_ids if (name := genre_name(number))],
        )


class Streaming(BaseModel):
    movie: MovieDetails
    providers: list[str]
    attribution: str


@app.exception_handler(TMDBError)
async def tmdb_failed(_: Request, error: TMDBError) -> JSONResponse:
    match error:
        case NotFoundError():
            return JSONResponse({"detail": "TMDB has no such entry"}, 404)
        case InvalidArgumentError():
            return JSONResponse({"detail": str(error)}, 422)
        case _:
            return JSONResponse({"detail": "TMDB cannot be reached"}, 503)


@app.get("/movies/{movie_id}")
async def movie(tmdb: Client, movie_id: int, language: str = "en-US") -> MovieDetails:
    return await tmdb.movies.details(movie_id, language=language, append_to_response=["credits"])


@app.get("/movies/{movie_id}/streaming/{country}")
async def streaming(tmdb: Client, movie_id: int, country: str) -> Streaming:
    found = await tmdb.movies.details(movie_id, append_to_response=["watch/providers"])
    offers = where_to_watch(found, country)
    return Streaming(movie=found, providers=[provider.name for provider in offers.flatrate], attribution=offers.attribution)


@app.get("/search")
async def search(tmdb: Client, title: str, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> list[Card]:
    if not title.strip():
        raise HTTPException(422, "title must not be empty")
    rows = tmdb.paginate(tmdb.search.movie, title).take(limit)
    return [Card.of(row) async for row in rows if isinstance(row, MovieRow)]  # TMDB finds some collections as well
