"""How each library is asked for the same three bodies. It is imported in the environment of each library, so it imports nothing before it is used.

A body is one of three kinds: `movie` (details with parts), `page` (popular movies) and `mixed` (a search for everything).
"""

from __future__ import annotations

TOKEN = "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl"
KEY = "0" * 32
POPULAR = "/3/movie/popular?page=1"


class Dicts:
    """A library that only reads JSON."""

    module = "json"
    open = open_async = None

    def __init__(self, url=""):
        self.url = url

    @property
    def program(self):
        """What a program with a call imports."""
        return f"import {self.module}"

    def decoder(self, kind):
        import json

        return json.loads

    def movie(self, value):
        return value["id"], value["title"], value["credits"]["cast"][0]["name"]

    def rows(self, value):
        return [row["id"] for row in value["results"]]


class OrJSON(Dicts):
    module = "orjson"

    def decoder(self, kind):
        import orjson

        return orjson.loads


class MsgSpec(Dicts):
    module = "msgspec"

    def decoder(self, kind):
        import msgspec.json

        return msgspec.json.decode


class HTTPX(Dicts):
    module = "httpx"
    decoder = None
    headers = {"Authorization": f"Bearer {TOKEN}"}

    def open(self, url):
        import json

        import httpx

        http = httpx.Client(headers=self.headers)
        return lambda: json.loads(http.get(url + POPULAR).content)

    async def open_async(self, url):
        import json

        import httpx

        http = httpx.AsyncClient(headers=self.headers, timeout=60)

        async def call():
            return json.loads((await http.get(url + POPULAR)).content)

        return call, http.aclose


class AIOHTTP(HTTPX):
    module = "aiohttp"
    open = None

    async def open_async(self, url):
        import json

        import aiohttp

        session = aiohttp.ClientSession(headers=self.headers)

        async def call():
            async with session.get(url + POPULAR) as response:
                return json.loads(await response.read())

        return call, session.close


class Canned:
    """In place of a session of requests: it responds to everything with the same bytes."""

    def __init__(self):
        import requests

        self.response, self.content = requests.Response, b""

    def request(self, method, url, **_):
        response = self.response()
        response.status_code, response.url, response.encoding, response._content, response._content_consumed = 200, url, "utf-8", self.content, True
        return response

    def get(self, url, **options):
        return self.request("GET", url)


class OnRequests(Dicts):
    """A library on requests: `methods` returns its three methods, on a session or, without one, as the library sends by default."""

    def decoder(self, kind):
        canned = Canned()
        method = self.methods("http://127.0.0.1", canned)[kind]

        def decode(content):
            canned.content = content
            return method()

        return decode

    def open(self, url):
        return self.methods(url, None)["page"]


class TMDBSimple(OnRequests):
    module = "tmdbsimple"

    def methods(self, url, session):
        import tmdbsimple

        tmdbsimple.API_KEY = KEY

        def new(class_, *arguments):
            resource = class_(*arguments)
            resource.base_uri, resource.session = f"{url}/3", session
            return resource

        return {
            "movie": lambda: new(tmdbsimple.Movies, 550).info(append_to_response="credits"),
            "page": lambda: new(tmdbsimple.Movies).popular(page=1),
            "mixed": lambda: new(tmdbsimple.Search).multi(query="star"),
        }


class TMDBv3API(OnRequests):
    module = "tmdbv3api"

    def methods(self, url, session):
        import tmdbv3api

        def new(class_):
            """A resource with a session of its own; they have one for all, in their class."""
            resource = type(class_.__name__, (class_,), {"_session": session})()
            resource.api_key, resource.cache = KEY, False  # its cache would respond to every call but the first
            resource._base = f"{url}/3"
            return resource

        movie, search = new(tmdbv3api.Movie), new(tmdbv3api.Search)
        return {"movie": lambda: movie.details(550), "page": movie.popular, "mixed": lambda: search.multi("star")}


class Objects:
    """What libraries give back that have an attribute for each key."""

    def movie(self, value):
        return value.id, value.title, value.credits.cast[0].name

    def rows(self, value):
        return [row.id for row in value.results]


class TheMovieDB(Objects, OnRequests):
    module = "themoviedb"

    def methods(self, url, session):
        import themoviedb

        tmdb = themoviedb.TMDb(api_key=KEY, session=session)
        tmdb._config.host = url
        if session is None:
            tmdb._transport.open()  # keeps the connections, as its documentation advises
        return {
            "movie": lambda: tmdb.movie(550).details(append_to_response="credits"),
            "page": lambda: tmdb.movies().popular(),
            "mixed": lambda: tmdb.search().multi("star"),
        }

    async def open_async(self, url):
        import themoviedb

        tmdb = themoviedb.aioTMDb(api_key=KEY)
        tmdb._config.host = url
        await tmdb.__aenter__()
        return tmdb.movies().popular, tmdb.aclose


class TMDbAPIs(OnRequests):
    """It asks for its configuration at the start, also where it only decodes afterwards."""

    module = "tmdbapis"

    def methods(self, url, session):
        import tmdbapis

        tmdbapis.api3.base_url = f"{self.url if session else url}/3"
        tmdb = tmdbapis.TMDbAPIs(KEY)
        if session:
            tmdb.movie_genres(), tmdb.tv_genres()
            tmdb._session = tmdb._api._session = session
        return {"movie": lambda: tmdb.movie(550), "page": tmdb.popular_movies, "mixed": lambda: tmdb.multi_search("star")}

    def movie(self, value):
        return value.id, value.title, value.cast[0].name

    def rows(self, value):
        return [row.id for row in value.results]


class Stock(Dicts):
    """What openapi-python-client writes without templates of ours, from our bundle."""

    module = "tmdb_stock"
    operations = {"movie": "movies_details", "page": "movies_popular", "mixed": "search_multi"}

    def name_of(self, kind):
        """The module of an operation, in the package of its tag."""
        from importlib.util import find_spec
        from pathlib import Path

        (folder,) = find_spec(self.module).submodule_search_locations
        (path,) = Path(folder).glob(f"api/*/{self.operations[kind]}.py")
        return f"{self.module}.api.{path.parent.name}.{path.stem}"

    @property
    def program(self):
        return f"import {self.name_of('page')}"

    def operation(self, kind):
        from importlib import import_module

        return import_module(self.name_of(kind))

    def client(self, url):
        from importlib import import_module

        return import_module(self.module).AuthenticatedClient(base_url=url, token=TOKEN)

    def decoder(self, kind):
        import httpx

        parse, client = self.operation(kind)._parse_response, self.client("http://127.0.0.1")
        return lambda content: parse(client=client, response=httpx.Response(200, content=content))

    def open(self, url):
        sync, client = self.operation("page").sync, self.client(url)
        return lambda: sync(client=client, page=1)

    async def open_async(self, url):
        asyncio, client = self.operation("page").asyncio, self.client(url)
        await client.__aenter__()
        return lambda: asyncio(client=client, page=1), client.get_async_httpx_client().aclose

    def movie(self, value):
        parts = value.additional_properties.get("credits")
        name = parts["cast"][0]["name"] if parts else value.credits_.cast[0].name
        return value.id, value.title, name

    def rows(self, value):
        return [row["id"] if isinstance(row, dict) else row.id for row in value.results]


class Official(Stock):
    """The same from the official text, whose operations have other names."""

    module = "tmdb_official"
    operations = {"movie": "movie_details", "page": "movie_popular_list", "mixed": "search_multi"}


class TMDBKit(Objects, Dicts):
    module = "tmdbkit"
    transport = None

    def decoder(self, kind):
        from tmdbkit import decode
        from tmdbkit.models import MovieDetails, MoviePage, MultiSearchPage

        type_ = {"movie": MovieDetails, "page": MoviePage, "mixed": MultiSearchPage}[kind]
        return lambda content: decode(content, type_)

    def open(self, url):
        from tmdbkit import TMDB

        tmdb = TMDB(TOKEN, base_url=url, rate_limit=None)
        return lambda: tmdb.movies.popular(page=1)

    async def open_async(self, url):
        from tmdbkit import AsyncTMDB

        tmdb = AsyncTMDB(TOKEN, base_url=url, rate_limit=None, transport=self.transport)
        return lambda: tmdb.movies.popular(page=1), tmdb.close


class TMDBKitAIOHTTP(TMDBKit):
    transport = "aiohttp"
    decoder = open = None


SUBJECTS = {
    "json": Dicts,
    "orjson": OrJSON,
    "msgspec": MsgSpec,
    "httpx": HTTPX,
    "aiohttp": AIOHTTP,
    "tmdbsimple": TMDBSimple,
    "tmdbv3api": TMDBv3API,
    "themoviedb": TheMovieDB,
    "tmdbapis": TMDbAPIs,
    "stock": Stock,
    "official": Official,
    "tmdbkit": TMDBKit,
    "tmdbkit-aiohttp": TMDBKitAIOHTTP,
}


def first_call(name, url):
    """The first call of a process."""
    subject = SUBJECTS[name](url)
    if subject.open:
        return subject.rows(subject.open(url)())
    import asyncio

    async def main():
        call, close = await subject.open_async(url)
        try:
            return subject.rows(await call())
        finally:
            await close()

    return asyncio.run(main())
