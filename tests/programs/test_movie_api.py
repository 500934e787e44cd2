"""The web service about movies."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import httpx
import pytest_asyncio

from tmdbkit.testing import FakeTMDB

from .movie_api import app


@pytest_asyncio.fixture
async def service(fake_tmdb: FakeTMDB) -> AsyncGenerator[httpx.AsyncClient, None]:
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        yield client


async def test_a_movie_is_tmdbs_json(service: httpx.AsyncClient) -> None:
    response = await service.get("/movies/550", params={"language": "de"})
    assert response.status_code == 200
    assert response.json()["title"] == "Fight Club"
    assert response.json()["credits"]["cast"][0]["character"] == "Narrator"


async def test_where_it_streams(service: httpx.AsyncClient) -> None:
    response = await service.get("/movies/550/streaming/us")
    assert response.json()["providers"] == ["Hulu", "HBO Max"]
    assert response.json()["attribution"] == "Source: JustWatch"
    assert response.json()["movie"]["watch/providers"]["results"]["US"]["flatrate"][0]["provider_name"] == "Hulu"


async def test_a_familiar_wrong_country_is_explained(service: httpx.AsyncClient) -> None:
    response = await service.get("/movies/550/streaming/uk")
    assert response.status_code == 422
    assert "'GB'" in response.json()["detail"]


async def test_a_search_has_cards(service: httpx.AsyncClient, fake_tmdb: FakeTMDB) -> None:
    fake_tmdb.add_movie(title="Heat Nobody Knows", no_images=True)
    cards = (await service.get("/search", params={"title": "heat"})).json()
    assert [(card["title"], card["year"], card["genres"]) for card in cards] == [
        ("Heat", 1995, ["Action", "Crime", "Drama"]),
        ("Heat", 1986, ["Action", "Thriller", "Drama"]),
        ("Heat Nobody Knows", None, []),
    ]
    assert cards[0]["poster"].startswith("https://image.tmdb.org/t/p/w342/")
    assert cards[2]["poster"] is None
    assert len((await service.get("/search", params={"title": "heat", "limit": 1})).json()) == 1


async def test_failures_have_statuses(service: httpx.AsyncClient, fake_tmdb: FakeTMDB) -> None:
    assert (await service.get("/movies/99999999")).status_code == 404
    fake_tmdb.fail_next(status=503, times=10)
    response = await service.get("/movies/550")
    assert (response.status_code, response.json()) == (503, {"detail": "TMDB cannot be reached"})


async def test_the_documentation_has_the_model(service: httpx.AsyncClient) -> None:
    description = (await service.get("/openapi.json")).json()
    assert description["components"]["schemas"]["MovieDetails"]["properties"]["title"]["type"] == "string"
