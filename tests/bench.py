"""Speed and weight against peers, as ratios measured in one run: `make bench`, or `python -m tests.bench [RECORDINGS]`.

Without recordings it decodes details of the fake with every part, and pages of the fixtures; with them, the largest recorded movie and TV details with parts,
and the largest recorded pages.
Each figure is the median of several rounds that alternate between tmdbkit and the peer.
"""

from __future__ import annotations

import asyncio
import compileall
import gc
import gzip
import io
import itertools
import json
import multiprocessing
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, redirect_stdout, suppress
from functools import partial
from pathlib import Path
from typing import Any, cast, get_args

import aiohttp
import httpx
from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData

from generator.recordings.exchanges import MISSING, read_recordings
from generator.recordings.fixtures import read_fixtures
from tmdbkit import TMDB, AsyncTMDB, DeadlineError, DecodeError, decode, exports
from tmdbkit.client import BASE_URL
from tmdbkit.models import MovieDetails, MoviePage, MultiSearchPage, TVSeriesDetails
from tmdbkit.testing import FakeTMDB
from tmdbkit.types import MoviePart, TVSeriesPart

from .peers.worker import at_once, bytes_kept

ROOT = Path(__file__).parent.parent
TOKEN = "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl"


def medians(ours: Callable[[], float], peer: Callable[[], float], rounds: int) -> tuple[float, float]:
    """The medians of what is measured of ours and of the peer, which take turns in going first."""
    found: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for measure, kept in ((ours, found[0]), (peer, found[1]))[:: -1 if number % 2 else 1]:
            kept.append(measure())
    return statistics.median(found[0]), statistics.median(found[1])


def ratio(ours: Callable[[], object], peer: Callable[[], object], *, rounds: int, calls: int) -> tuple[float, float]:
    """The median seconds of one call of ours and of the peer."""

    def seconds(function: Callable[[], object]) -> float:
        start = time.perf_counter()
        for _ in range(calls):
            function()
        return (time.perf_counter() - start) / calls

    return medians(partial(seconds, ours), partial(seconds, peer), rounds)


def show(what: str, ours: float, peer: float, bound: str, *, unit: str = "ms", scale: float = 1000) -> None:
    print(f"{what:<58} {ours * scale:>9.2f} {peer * scale:>9.2f} {unit:<5} {ours / peer:>6.2f} x   {bound}", flush=True)


def largest(bodies: list[Any], marker: str) -> bytes:
    """The largest details with appended parts."""
    found = [wire(body) for body in bodies if marker in body and "credits" in body]
    return max(found, key=len)


def wire(body: Any) -> bytes:
    """A body as TMDB writes it: compact, in UTF-8."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def every_body(recordings: Path | None) -> list[Any]:
    if recordings is None:
        return [fixture["response"]["body"] for fixture in read_fixtures(ROOT / "tests" / "fixtures")]
    return [exchange.body for exchange in read_recordings(recordings) if exchange.body is not MISSING and exchange.status == 200]


def bodies(recordings: Path | None) -> list[Any]:
    """The details in the current format."""
    return [body for body in (details_of_fake() if recordings is None else every_body(recordings)) if isinstance(body, dict) and decodes(body)]


def details_of_fake() -> list[Any]:
    """A movie and a TV series with every part, and the movie without."""
    with FakeTMDB().client() as tmdb:
        movie = tmdb.movies.raw.details(550, append_to_response=get_args(MoviePart))
        series = tmdb.tv_series.raw.details(1399, append_to_response=get_args(TVSeriesPart))
        bare = tmdb.movies.raw.details(550)
    return [json.loads(response.content) for response in (movie, series, bare)]


def decodes(body: Any) -> bool:
    """Whether a body has the current format."""
    type_: Any = MovieDetails if isinstance(body, dict) and "imdb_id" in body else TVSeriesDetails
    try:
        decode(wire(body), type_, strict=True)
    except DecodeError:
        return False
    return True


def pages_of_movies(recordings: Path | None) -> list[bytes]:
    """The pages of movies alone, in any format."""
    return [wire(page) for page in every_page(recordings) if "genre_ids" in (row := page["results"][0]) and "video" in row and "media_type" not in row]


def every_page(recordings: Path | None) -> list[Any]:
    return [body for body in every_body(recordings) if isinstance(body, dict) and "total_pages" in body and body.get("results")]


def bodies_to_decode(recordings: Path | None) -> dict[str, tuple[bytes, Any]]:
    """The largest body of each kind in the current format, and its type."""
    found = bodies(recordings)
    mixed = [wire(page) for page in every_page(recordings) if len({row.get("media_type") for row in page["results"] if isinstance(row, dict)}) > 1]
    bare = [wire(body) for body in found if "imdb_id" in body and "adult" in body and not body.keys() & {"credits", "images", "videos"}]
    return {
        "movie details with parts": (largest([body for body in found if "imdb_id" in body], "adult"), MovieDetails),
        "TV details with parts": (largest([body for body in found if "number_of_seasons" in body], "adult"), TVSeriesDetails),
        "bare movie details": (max(bare, key=len), MovieDetails),
        "a page of movies": (max((page for page in pages_of_movies(recordings) if fits(page, MoviePage)), key=len), MoviePage),
        "a mixed page": (max((page for page in mixed if fits(page, MultiSearchPage)), key=len), MultiSearchPage),
    }


def bench_decoding(recordings: Path | None) -> None:
    """Decoding, including the search for unknown keys, against `json.loads`."""
    bounds = ("at most 0.75", "at most 0.75", "at most 1.1", "at most 0.85", "at most 2.0")
    for (what, (content, type_)), bound in zip(bodies_to_decode(recordings).items(), bounds, strict=True):
        ours, theirs = ratio(partial(decode, content, type_), partial(json.loads, content), rounds=25, calls=max(1, 1_000_000 // len(content)))
        show(f"decode: {what}, {len(content) / 1000:.0f} kB : json.loads", ours, theirs, bound)
        if what == "a page of movies":
            drifted = wire({**(page := json.loads(content)), "results": [{**row, "vote_count": None, "brand_new": 1} for row in page["results"]]})
            ours, theirs = ratio(partial(decode, drifted, type_), partial(json.loads, drifted), rounds=25, calls=50)
            show("decode: the same page, with drift in every row : json.loads", ours, theirs, "at most 10")
    bench_memory("of the fixtures", [fixture_row()], "at most 0.6")
    if recordings is not None:
        bench_memory("recorded, with their texts", recorded_rows(recordings), "")


def recorded_rows(recordings: Path) -> list[Any]:
    """The recorded movies of pages in the current format, each once."""
    rows = (row for page in pages_of_movies(recordings) for row in json.loads(page)["results"])
    return list({row["id"]: row for row in rows if fits(wire({**EMPTY_PAGE, "results": [row]}), MoviePage)}.values())


EMPTY_PAGE = {"page": 1, "results": [], "total_pages": 1, "total_results": 20}


def fits(content: bytes, type_: Any) -> bool:
    try:
        decode(content, type_, strict=True)
    except DecodeError:
        return False
    return True


def pages_filled_with(rows: list[Any]) -> list[bytes]:
    """500 pages of 20 rows."""
    taken = itertools.cycle(rows)
    return [wire({**EMPTY_PAGE, "results": list(itertools.islice(taken, 20))}) for _ in range(500)]


def bench_memory(what: str, rows: list[Any], bound: str) -> None:
    """The memory of 500 pages of 20 rows. Texts take the same memory in both, so long texts would hide the difference."""
    contents = pages_filled_with(rows)
    decode(contents[0], MoviePage)
    ours, theirs = bytes_kept(lambda content: decode(content, MoviePage), contents), bytes_kept(json.loads, contents)
    show(f"memory of 10,000 rows, {what} : dicts", ours, theirs, bound, unit="MB", scale=1e-6)


def fixture_row() -> Any:
    """A movie in a list."""
    return next(body["results"][0] for body in every_body(None) if isinstance(body, dict) and fits(wire(body), MoviePage))


def bench_imports() -> None:
    for folder in ("src", "generated"):
        compileall.compile_dir(ROOT / folder, quiet=1)  # as an installer does

    def running(program: str) -> Callable[[], object]:
        return lambda: subprocess.run([sys.executable, "-c", program], check=True)

    def against_httpx(what: str, program: str, bound: str, end: str = "") -> None:
        """Compare a program with `import httpx`, both without the time of an empty interpreter."""
        empty, _ = ratio(running(f"import os\n{end}"), lambda: None, rounds=15, calls=1)
        ours, peer = ratio(running(f"import os\n{program}\n{end}"), running(f"import os\nimport httpx\n{end}"), rounds=25, calls=1)
        show(what, ours - empty, peer - empty, bound)

    against_httpx("import tmdbkit : import httpx", "import tmdbkit", "at most 0.3")
    page = {"page": 1, "results": [fixture_row()], "total_pages": 1, "total_results": 1}
    first = f"""
import httpx
from tmdbkit import TMDB
transport = httpx.MockTransport(lambda _: httpx.Response(200, content={wire(page)!r}))
TMDB('0' * 32, transport=transport).movies.popular().results[0].title
"""
    against_httpx("import, client and first typed page : import httpx", first, "at most 1.3", end="os._exit(0)")
    against_httpx("the same, and the interpreter's exit : import httpx", first, "")

    def help_of_the_program() -> object:
        return subprocess.run([sys.executable, "-c", "import sys; from tmdbkit.cli import main; sys.exit(main(['--help']))"], check=True, capture_output=True)

    ours, peer = ratio(help_of_the_program, running("import httpx"), rounds=25, calls=1)
    show("tmdbkit --help : python -c 'import httpx'", ours, peer, "at most 1.5")


def response_with(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json;charset=utf-8\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def serve(listener: socket.socket, body: bytes) -> None:
    """Respond to every request with one body, one connection after another."""
    response = response_with(body)
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while connection.recv(65536):
                connection.sendall(response)


@contextmanager
def server(body: bytes, serve: Callable[[socket.socket, bytes], None] = serve) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = multiprocessing.Process(target=serve, args=(listener, body), daemon=True)
        process.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            process.terminate()
            process.join()


def bench_calls(recordings: Path | None) -> None:
    body = page()
    if recordings is not None:
        recorded = (exchange for exchange in read_recordings(recordings) if exchange.path == "/3/movie/popular" and exchange.origin == "wire")
        body = max((wire(exchange.body) for exchange in recorded), key=len)
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}

    def plain() -> object:
        return json.loads(http.get(f"{url}/3/movie/popular", params={"page": 1}, headers=headers).content)

    rates = []
    with server(body) as url, server(body) as other, httpx.Client() as http, TMDB(TOKEN, base_url=other, rate_limit=None) as tmdb:
        ours, peer = ratio(lambda: tmdb.movies.popular(page=1), plain, rounds=15, calls=200)
    rates += [1 / ours, 1 / peer]
    show(f"calls a second, {len(body) / 1000:.0f} kB page, typed : httpx + json", rates[0], rates[1], "at least 0.9", unit="/s", scale=1)


class _Responder(asyncio.Protocol):
    """Responds to each request of a connection."""

    def __init__(self, respond: Callable[[bytes], bytes]) -> None:
        self._respond, self._received = respond, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        *requests, self._received = (self._received + data).split(b"\r\n\r\n")
        self._transport.write(b"".join(map(self._respond, requests)))


def serve_requests(listener: socket.socket, respond: Callable[[bytes], bytes]) -> None:
    """Respond to the requests of many connections concurrently.

    Args:
        listener: The socket.
        respond: Returns the response to a request, which comes without the empty line at its end.
    """

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(lambda: _Responder(respond), sock=listener, backlog=1024)
        await server.serve_forever()

    asyncio.run(main())


def serve_many(listener: socket.socket, body: bytes) -> None:
    """Respond to the requests of many connections with the same body."""
    response = response_with(body)
    serve_requests(listener, lambda _: response)


def bench_whole_call() -> None:
    """A whole typed call without a network, against httpx and json."""
    body = page()
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body, headers={"Content-Type": "application/json"}))
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}
    with httpx.Client(transport=transport) as http, TMDB(TOKEN, transport=transport) as tmdb:

        def plain() -> object:
            return json.loads(http.get("https://api.themoviedb.org/3/movie/popular", params={"page": 1}, headers=headers).content)

        ours, peer = ratio(lambda: tmdb.movies.popular(page=1), plain, rounds=25, calls=200)
    show(f"a whole call over MockTransport, {len(body) / 1000:.0f} kB : httpx + json", ours, peer, "at most 1.15", unit="us", scale=1e6)


def bench_fake() -> None:
    """The fake in process: its start, in an interpreter of its own, and its requests per second against httpx's own transport for tests."""
    program = "import time\nstart = time.perf_counter()\nfrom tmdbkit.testing import FakeTMDB\nfake = FakeTMDB()\nprint(time.perf_counter() - start)"
    starts = [float(subprocess.run([sys.executable, "-c", program], check=True, capture_output=True).stdout) for _ in range(11)]
    print(f"{'start of the fake, with its import':<58} {statistics.median(starts):>9.2f} s                          at most 0.3 s")
    fake = FakeTMDB()
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}
    paths = ("/3/movie/550", "/3/movie/popular", "/3/search/movie?query=star", "/3/discover/movie?with_genres=18", "/3/tv/1399")
    numbers = itertools.count()
    with httpx.Client(transport=fake.transport, base_url=BASE_URL, headers=headers) as ours:
        contents = {path.partition("?")[0]: ours.get(path).content for path in paths}
        transport = httpx.MockTransport(lambda request: httpx.Response(200, content=contents[request.url.path], headers={"Content-Type": "application/json"}))
        with httpx.Client(transport=transport, base_url=BASE_URL, headers=headers) as plain:

            def get(http: httpx.Client, *, new: bool) -> None:
                """Send the requests; new ones have an item that makes them unlike all before, because the fake keeps its responses."""
                for path in paths:
                    item = f"{'&' if '?' in path else '?'}number={next(numbers) if new else 0}"
                    http.get(f"{path}{item}").read()
                fake.requests.clear()

            for what, new, bound in (("", False, "at least 0.5"), (", each for the first time", True, "")):
                taken, peer = ratio(partial(get, ours, new=new), partial(get, plain, new=new), rounds=15, calls=100)
                show(f"requests a second of the fake{what} : MockTransport", len(paths) / taken, len(paths) / peer, bound, unit="/s", scale=1)


def page() -> bytes:
    """A page of twenty movies, as large as TMDB's."""
    body = next(fixture["response"]["body"] for fixture in read_fixtures(ROOT / "tests" / "fixtures") if fixture["name"] == "movies/popular")
    rows = [{**row, "overview": "x" * 300} for row in (body["results"] * 20)[:20]]
    return wire({**body, "results": rows})


async def rate_of_ours(url: str, tasks: int, transport: Any = None) -> float:
    async with AsyncTMDB(TOKEN, base_url=url, transport=transport, rate_limit=None) as tmdb:
        return await at_once(2000, tasks, lambda: tmdb.movies.popular(page=1))


async def rate_of_httpx(url: str, tasks: int) -> float:
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}) as http:

        async def call() -> object:
            return json.loads((await http.get(f"{url}/3/movie/popular", params={"page": 1})).content)

        return await at_once(500, tasks, call)


async def rate_of_aiohttp(url: str, tasks: int) -> float:
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as session:

        async def call() -> object:
            async with session.get(f"{url}/3/movie/popular", params={"page": 1}) as response:
                return json.loads(await response.read())

        return await at_once(2000, tasks, call)


def bench_pool() -> None:
    """Concurrent calls, against plain httpx and plain aiohttp."""

    def rates(ours: Callable[[], Coroutine[Any, Any, float]], peer: Callable[[], Coroutine[Any, Any, float]]) -> tuple[float, float]:
        return medians(lambda: asyncio.run(ours()), lambda: asyncio.run(peer()), 7)

    with server(page(), serve_many) as url:
        ours, peer = rates(lambda: rate_of_ours(url, 500), lambda: rate_of_ours(url, 10))
        show("calls a second, 500 at once : 10 at once", ours, peer, "at least 0.8", unit="/s", scale=1)
        for tasks in (10, 50):
            ours, peer = rates(partial(rate_of_ours, url, tasks), partial(rate_of_httpx, url, tasks))
            show(f"calls a second, {tasks} at once : plain httpx", ours, peer, "at least 2.5" if tasks == 50 else "", unit="/s", scale=1)
            ours, peer = rates(partial(rate_of_ours, url, tasks, "aiohttp"), partial(rate_of_ours, url, tasks))
            show(f"calls a second, {tasks} at once, aiohttp : httpx", ours, peer, "", unit="/s", scale=1)
        ours, peer = rates(lambda: rate_of_ours(url, 50, "aiohttp"), lambda: rate_of_aiohttp(url, 50))
        show("calls a second, 50 at once, aiohttp : plain aiohttp", ours, peer, "at least 0.5", unit="/s", scale=1)


def bench_cancellations() -> None:
    """Calls per second after 9,000 random cancellations and 3,000 missed deadlines."""
    ten = httpx.Limits(max_connections=10)

    async def measure(**options: Any) -> tuple[float, float]:
        draw = random.Random(0)
        async with AsyncTMDB(TOKEN, rate_limit=None, retries=None, **options) as tmdb:

            async def cancelled() -> None:
                task = asyncio.ensure_future(tmdb.movies.popular(page=1))
                await asyncio.sleep(draw.random() * 0.03)
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

            async def late() -> None:
                with suppress(DeadlineError):
                    await tmdb.movies.popular(page=1, deadline=draw.random() * 0.02 + 1e-6)

            async def speed() -> float:
                return statistics.median([await at_once(300, 10, lambda: tmdb.movies.popular(page=1)) for _ in range(5)])

            before = await speed()
            for act, times in ((cancelled, 9000), (late, 3000)):
                for _ in range(times // 50):
                    await asyncio.gather(*(act() for _ in range(50)))
            await asyncio.sleep(1)
            return await speed(), before

    async def with_client(url: str) -> tuple[float, float]:
        async with httpx.AsyncClient(limits=ten) as http:
            return await measure(base_url=url, http_client=http)

    with server(page(), serve_many) as url:
        for name, run in (
            ("default", lambda: measure(base_url=url)),
            ("aiohttp", lambda: measure(base_url=url, transport="aiohttp")),
            ("an AsyncClient of 10", lambda: with_client(url)),
        ):
            after, before = asyncio.run(run())
            show(f"calls a second after 12,000 broken calls : before, {name}", after, before, "about 1", unit="/s", scale=1)


def bench_exports() -> None:
    """A daily export of a million rows, beside gzip and `json.loads` by line; and the memory that reading it takes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "movie_ids.json.gz"
        with gzip.open(path, "wt", encoding="utf-8", compresslevel=6) as file:
            for number in range(1_000_000):
                row = {"adult": False, "id": number, "original_title": f"Film {number * 7919 % 1_000_003}", "popularity": number % 997 / 8, "video": False}
                file.write(json.dumps(row) + "\n")

        def ours() -> int:
            return sum(1 for _ in exports.read(path, exports.MOVIE_IDS))

        def peer() -> int:
            with gzip.open(path) as lines:
                return sum(1 for line in lines if json.loads(line))

        seconds = ratio(ours, peer, rounds=3, calls=1)
        show("reading an export of 1,000,000 rows : gzip + json.loads", *seconds, "at most 1.25", unit="s", scale=1)
        tracemalloc.start()
        ours()
        print(f"{'  at most, in memory':<58} {tracemalloc.get_traced_memory()[1] / 2**20:>9.2f} MiB                        at most 32 MiB")
        tracemalloc.stop()


def serve_pages(listener: socket.socket, rows: bytes) -> None:
    """Respond with the page that a request names: twenty movies with ids of their own."""

    def respond(request: bytes) -> bytes:
        page = int(request.partition(b"page=")[2].split(None, 1)[0])
        return response_with(rows % tuple(range(page * 20, page * 20 + 20)) + b',"page":%d}' % page)

    serve_requests(listener, respond)


PAGES, IDS = 100, 500


def bench_paginate() -> None:
    """Rows per second of `paginate`, against a loop by hand over the same client."""
    rows = [{**row, "id": "%d"} for row in json.loads(page())["results"]]
    text = wire({"total_pages": PAGES, "total_results": PAGES * 20, "results": rows}).replace(b"%", b"%%").replace(b'"%%d"', b"%d")[:-1]
    with server(text, serve_pages) as url, TMDB(TOKEN, base_url=url, rate_limit=None) as tmdb:

        def ours() -> int:
            return sum(1 for _ in tmdb.paginate(tmdb.movies.popular))

        def by_hand() -> int:
            count, number, last = 0, 1, 1
            while number <= last:
                page = tmdb.movies.popular(page=number)
                count, number, last = count + sum(1 for _ in page.results), number + 1, min(page.total_pages, 500)
            return count

        assert ours() == by_hand() == PAGES * 20
        took, peer = ratio(ours, by_hand, rounds=41, calls=1)
        show("rows a second of paginate : a loop by hand", PAGES * 20 / took, PAGES * 20 / peer, "at least 0.95", unit="/s", scale=1)

    async def ours_async(url: str) -> int:
        async with AsyncTMDB(TOKEN, base_url=url, rate_limit=None) as tmdb:
            return len([row async for row in tmdb.paginate(tmdb.movies.popular)])

    async def by_hand_async(url: str) -> int:
        async with AsyncTMDB(TOKEN, base_url=url, rate_limit=None) as tmdb:
            bound = asyncio.Semaphore(4)

            async def one(number: int) -> list[Any]:
                async with bound:
                    return (await tmdb.movies.popular(page=number)).results

            first = await tmdb.movies.popular(page=1)
            rest = await asyncio.gather(*(one(number) for number in range(2, min(first.total_pages, 500) + 1)))
            return sum(map(len, [first.results, *rest]))

    with server(text, serve_pages) as url:
        assert asyncio.run(ours_async(url)) == asyncio.run(by_hand_async(url)) == PAGES * 20
        took, peer = ratio(lambda: asyncio.run(ours_async(url)), lambda: asyncio.run(by_hand_async(url)), rounds=41, calls=1)
        show("the same, async, 4 at once : gather with a semaphore", PAGES * 20 / took, PAGES * 20 / peer, "at least 0.95", unit="/s", scale=1)


def bench_fetch_many() -> None:
    """Ids per second of `fetch_many`, against a bounded loop by hand over the same client."""
    with server(wire(details_of_fake()[2]), serve_many) as url, TMDB(TOKEN, base_url=url, rate_limit=None) as tmdb:

        def ours() -> int:
            return sum(outcome.error is None for outcome in tmdb.fetch_many(tmdb.movies.details, range(IDS)))

        def by_hand() -> int:
            count, pending = 0, set[Future[MovieDetails]]()
            with ThreadPoolExecutor(10) as pool:
                for number in range(IDS):
                    if len(pending) >= 20:
                        done, pending = wait(pending, return_when=FIRST_COMPLETED)
                        count += sum(future.exception() is None for future in done)
                    pending.add(pool.submit(tmdb.movies.details, number))
                return count + sum(future.exception() is None for future in pending)

        assert ours() == by_hand() == IDS
        took, peer = ratio(ours, by_hand, rounds=11, calls=1)
        show("ids a second of fetch_many : a bounded ThreadPoolExecutor", IDS / took, IDS / peer, "at least 0.95", unit="/s", scale=1)

    async def ours_async(url: str) -> int:
        async with AsyncTMDB(TOKEN, base_url=url, rate_limit=None) as tmdb:
            return len([outcome async for outcome in tmdb.fetch_many(tmdb.movies.details, range(IDS))])

    async def by_hand_async(url: str) -> int:
        async with AsyncTMDB(TOKEN, base_url=url, rate_limit=None) as tmdb:
            bound = asyncio.Semaphore(10)

            async def one(number: int) -> object:
                async with bound:
                    return await tmdb.movies.details(number)

            return len(await asyncio.gather(*(one(number) for number in range(IDS))))

    with server(wire(details_of_fake()[2]), serve_many) as url:
        assert asyncio.run(ours_async(url)) == asyncio.run(by_hand_async(url)) == IDS
        took, peer = ratio(lambda: asyncio.run(ours_async(url)), lambda: asyncio.run(by_hand_async(url)), rounds=11, calls=1)
        show("the same, async : gather with a semaphore of 10", IDS / took, IDS / peer, "at least 0.95", unit="/s", scale=1)


def bench_generator() -> None:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "generator", "--check"], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    print(f"{'a whole run of the generator':<58} {time.perf_counter() - start:>9.2f} s                          at most 10 s")


def weight(directory: Path) -> tuple[int, int, int]:
    texts = [path.read_bytes() for path in directory.rglob("*.py")]
    return len(texts), sum(text.count(b"\n") for text in texts), sum(map(len, texts))


def write_stock(text: dict[str, Any], folder: Path) -> None:
    """Write the package that openapi-python-client makes of a description with its own templates."""
    config = Config.from_sources(ConfigFile(), MetaType.NONE, folder / "openapi.json", "utf-8", True, folder)
    parsed = GeneratorData.from_dict(text, config=config)
    if not isinstance(parsed, GeneratorData):
        raise SystemExit(f"openapi-python-client cannot read the description: {str(parsed.detail)[:500]}")
    stock = Project(openapi=parsed, config=config)
    stock.config.post_hooks.clear()
    with redirect_stdout(io.StringIO()):
        stock.build()


def bench_weight() -> None:
    bundle = json.loads((ROOT / "generated" / "openapi.json").read_text(encoding="utf-8"))
    operations = sum(len(item) for item in bundle["paths"].values())
    with tempfile.TemporaryDirectory() as folder:
        write_stock(bundle, Path(folder) / "stock")
        peer = weight(Path(folder) / "stock")
    ours = weight(ROOT / "generated" / "tmdb_openapi")
    for what, one, other in zip(("files", "lines", "bytes"), ours, peer, strict=True):
        show(f"{what} generated for an operation : stock templates", one / operations, other / operations, "", unit="", scale=1)


def main() -> None:
    recordings = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    gc.freeze()  # the collector need not look through the peers and generators that are imported here
    print(f"{'':<58} {'ours':>9} {'peer':>9}")
    bench_decoding(recordings)
    bench_imports()
    bench_calls(recordings)
    bench_whole_call()
    bench_fake()
    bench_pool()
    bench_paginate()
    bench_fetch_many()
    bench_cancellations()
    bench_exports()
    bench_generator()
    bench_weight()


if __name__ == "__main__":
    main()
