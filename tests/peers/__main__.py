"""Measures tmdbkit and its peers in one run: `make bench-peers`, or `python -m tests.peers [--recordings FILE] [--official FILE]`.

Every library gets the same bytes. Rounds alternate between the libraries, so that a noise of the machine hits all of them.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.bench import ROOT, bodies_to_decode, fixture_row, pages_filled_with, recorded_rows, server, wire, write_stock
from tests.conftest import fixture_named
from tests.support.mutations import mutated
from tmdbkit import __version__

from . import adapters, growth
from .official import COMPARED, official_text
from .report import PAGE, RESULTS, draw, filled, show
from .server import serve_bodies

STARTED = time.monotonic()
HERE = Path(__file__).parent
ENVIRONMENTS = ROOT / ".venv" / "peers"
ENVIRONMENT_OF = {
    **dict.fromkeys(("json", "orjson", "msgspec", "httpx", "aiohttp"), "floors"),
    **dict.fromkeys(("stock", "official"), "stock"),
    **dict.fromkeys(("tmdbkit", "tmdbkit-aiohttp"), "tmdbkit"),
}
"""The environment of each library that does not have the same name."""
KINDS = {"movie": "movie details with parts", "page": "a page of movies", "mixed": "a mixed page"}
FIXTURES = {"movie": "movies/details.appended", "page": "movies/popular", "mixed": "search/multi"}
"""The fixtures that every library has to read, and that are mutated."""


class WrongError(Exception):
    """A library did not do what it is measured for."""


class Library:
    """A library in a process of its own environment."""

    def __init__(self, name: str, url: str, folder: Path) -> None:
        self.name, self._folder = name, folder
        self._python = ENVIRONMENTS / ENVIRONMENT_OF.get(name, name) / "bin" / "python"
        paths = [HERE, folder, *((ROOT / "src", ROOT / "generated") if name.startswith("tmdbkit") else ())]
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "TMDB_"))}
        self._environment = {**kept, "PYTHONPATH": os.pathsep.join(map(str, paths))}
        command = [self._python, HERE / "worker.py", name, url, folder]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self._environment)
        self.about = self("about")
        self.does = set(self.about["does"])

    def __call__(self, command: str, **arguments: Any) -> Any:
        """Have the worker run a command, and return its result."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin
        assert stdout
        with suppress(BrokenPipeError):  # then it has no reply either
            print(json.dumps([command, arguments]), file=stdin, flush=True)
        reply = json.loads(stdout.readline() or '{"error": "its process ended"}')
        if "error" in reply:
            raise WrongError(f"{self.name}: {command} {list(arguments.values())}: {reply['error']}")
        return reply["result"]

    def seconds_of(self, program: str) -> float:
        """The seconds of a process that runs a program."""
        start = time.perf_counter()
        status = subprocess.run([self._python, "-c", program], check=False, env=self._environment, cwd=self._folder).returncode
        seconds = time.perf_counter() - start
        if status:
            raise WrongError(f"{self.name}: a process ended with {status}: {program}")
        return seconds

    def close(self) -> None:
        self._process.communicate()


def write_bodies(folder: Path, recordings: Path | None, *, mutations: int, pages: int) -> dict[str, bytes]:
    """Write the bodies that every library reads, and return those of the three kinds."""
    found = bodies_to_decode(recordings)
    bodies = {kind: found[name][0] for kind, name in KINDS.items()}
    for kind, content in bodies.items():
        (folder / kind).write_bytes(content)
    (folder / "pages").write_bytes(b"\n".join(pages_filled_with(recorded_rows(recordings) if recordings else [fixture_row()])[:pages]))
    draw = random.Random(0)
    for kind, name in FIXTURES.items():
        body = fixture_named(name)["response"]["body"]
        (folder / f"known_{kind}").write_bytes(known(body))
        (folder / f"mutated_{kind}").write_bytes(b"\n".join(wire(mutated(body, draw, count=3)) for _ in range(mutations)))
    return bodies


def write_packages(folder: Path, official: dict[str, Any]) -> None:
    """Write the stock output of openapi-python-client, from our bundle and from the official text."""
    write_stock(json.loads((ROOT / "generated" / "openapi.json").read_text(encoding="utf-8")), folder / "tmdb_stock")
    write_stock(official, folder / "tmdb_official")
    for path in (folder, ROOT / "src", ROOT / "generated" / "tmdb_openapi", HERE):
        compileall.compile_dir(path, quiet=2)  # as an installer does


@contextmanager
def libraries(folder: Path, bodies: dict[str, bytes]) -> Iterator[tuple[list[Library], str]]:
    """The libraries, and the URL of the server that they call."""
    with server(bodies, serve_bodies) as url, ExitStack() as stack:
        found = []
        for name in adapters.SUBJECTS:
            found.append(Library(name, url, folder))
            stack.callback(found[-1].close)
        yield found, url


def known(body: Any) -> bytes:
    """A body that every library reads: mixed pages have movies, TV series and people only."""
    if "results" in body:
        body = {**body, "results": [row for row in body["results"] if row.get("media_type", "movie") in ("movie", "tv", "person")]}
    return wire(body)


def facts_in(content: bytes) -> list[Any]:
    """What the adapters say of a body."""
    body = json.loads(content)
    return [row["id"] for row in body["results"]] if "results" in body else [body["id"], body["title"], body["credits"]["cast"][0]["name"]]


def check(library: Library, folder: Path, page: bytes) -> None:
    """Fail if a library does not say what stands in bodies that it has to read, and in the response to a call."""
    expected = [(facts_in((folder / f"known_{kind}").read_bytes()), "facts", {"kind": kind, "name": f"known_{kind}"}) for kind in KINDS]
    calls = [(facts_in(page), "called", {"way": way}) for way in ("open", "open_async") if way in library.does]
    for facts, command, arguments in [*(expected if "decoder" in library.does else ()), *calls]:
        try:
            found = library(command, **arguments)
        except WrongError:
            if library.name == "official" and command == "facts":
                continue  # the text is not ours, and may not fit TMDB's responses: that is a figure
            raise
        if found != facts:
            raise WrongError(f"{library.name}: {command} {arguments}: {str(found)[:200]}, not {str(facts)[:200]}")


def figures(values: Iterable[float]) -> dict[str, float]:
    """The median and the quartiles."""
    values = sorted(values)
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
    return {name: float(f"{value:.4g}") for name, value in (("median", middle), ("low", low), ("high", high))}


def step(name: str) -> None:
    """Say what is measured next, and how long the process has run."""
    print(f"{time.monotonic() - STARTED:>5.0f} s  {name}", file=sys.stderr, flush=True)


class Run:
    """The measures of one run."""

    def __init__(self, found: list[Library], url: str, *, mutations: int, quick: bool) -> None:
        self.found, self._url, self._mutations, self._quick = found, url, mutations, quick
        self.measures: dict[str, dict[str, Any]] = {}
        self.failures: dict[str, dict[str, str]] = {}

    def reading(self, kind: str) -> list[Library]:
        """The libraries that read the body of a kind. It notes which exception the others raise."""
        able = []
        for library in self.found:
            try:
                if "decoder" in library.does:
                    library("facts", kind=kind, name=kind)
                    able.append(library)
            except WrongError as error:
                self.failures.setdefault(kind, {})[library.name] = str(error).split(": ")[2]
        return able

    def rounds(self, count: int) -> int:
        return 1 if self._quick else count

    def alternate(self, name: str, able: list[Library], rounds: int, measure: Any) -> None:
        """Measure in rounds that alternate between the libraries, each other round backwards."""
        step(name)
        values: dict[str, list[float]] = {library.name: [] for library in able}
        for number in range(self.rounds(rounds)):
            for library in able[:: -1 if number % 2 else 1]:
                values[library.name].append(measure(library))
        self.measures[name] = {"rounds": self.rounds(rounds), "figures": {name: figures(each) for name, each in values.items()}}

    def count(self, name: str, able: list[Library], measure: Any) -> None:
        """Count once what is the same in every round."""
        step(name)
        self.measures[name] = {"rounds": 1, "figures": {library.name: figures([measure(library)]) for library in able}}

    def all(self) -> dict[str, dict[str, Any]]:
        decoding = [library for library in self.found if "decoder" in library.does]
        calling = [library for library in self.found if library.does & {"open", "open_async"}]
        for kind, able in (every := {kind: self.reading(kind) for kind in KINDS}).items():
            calls = {one.name: self._calls_in(0.02, one("decode", kind=kind, calls=3)) for one in able}
            self.alternate(f"decode_{kind}", able, 21, lambda one, kind=kind, calls=calls: one("decode", kind=kind, calls=calls[one.name]) * 1e3)
        self.alternate("call", calling, 15, lambda one: one("calls", calls=2 if self._quick else 50) * 1e3)
        for tasks in (50, 500):
            sizes = {"calls": 20, "tasks": 10} if self._quick else {"calls": max(200, tasks), "tasks": tasks}
            self.alternate(f"at_once_{tasks}", calling, 3, lambda one, sizes=sizes: one("at_once", **sizes))
        starting = [one for one in self.found if one.name != "tmdbkit-aiohttp"]
        self.alternate("import", starting, 7, lambda one: one.seconds_of(one.about["program"]) * 1e3)
        self.alternate("first_call", calling, 7, lambda one: one.seconds_of(f"import adapters; adapters.first_call({one.name!r}, {self._url!r})") * 1e3)
        self.count("memory", decoding, lambda one: one("memory") / 1e6)
        for kind, able in every.items():
            self.count(f"kept_{kind}", able, lambda one, kind=kind: self._share(*one("kept", kind=kind)))
        for kind in KINDS:
            self.count(f"survived_{kind}", decoding, lambda one, kind=kind: self._share(one("survived", kind=kind), self._mutations))
        return self.measures

    def _calls_in(self, seconds: float, one: float) -> int:
        return 1 if self._quick else max(1, round(seconds / one))

    @staticmethod
    def _share(part: int, whole: int) -> float:
        return 100 * part / whole


def machine() -> dict[str, Any]:
    cpu = next((line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    system = next((line.partition("=")[2].strip('"\n') for line in _lines("/etc/os-release") if line.startswith("PRETTY_NAME")), platform.system())
    return {"cpu": cpu, "cores": os.cpu_count(), "system": f"{system}, {platform.system()} {platform.release()}", "python": platform.python_version()}


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines() if Path(path).exists() else []


def measured(recordings: Path | None, official: Path | None, *, quick: bool) -> dict[str, Any]:
    """The results of a run."""
    with tempfile.TemporaryDirectory() as name:
        folder, mutations = Path(name), 20 if quick else 200
        bodies = write_bodies(folder, recordings, mutations=mutations, pages=20 if quick else 500)
        write_packages(folder, official_text(official))
        with libraries(folder, bodies) as (found, url):
            for library in found:
                check(library, folder, bodies["page"])
            run = Run(found, url, mutations=mutations, quick=quick)
            measures = run.all()
            packages = {library.name: library.about["versions"] for library in found}
    step("growth")
    grown = {"pages": growth.pages(1, (1, 10)), "operations": {}} if quick else {"pages": growth.pages(5), "operations": growth.generator(3)}
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "recordings": recordings is not None,
        "official": official is not None,
        "compared": COMPARED,
        "mutations": mutations,
        "bytes": {kind: len(content) for kind, content in bodies.items()},
        "versions": {name: _version(name, of) for name, of in packages.items()},
        "packages": packages,
        "measures": measures,
        "failures": run.failures,
        "growth": {name: {str(units): {**figures(seconds), "least": min(seconds)} for units, seconds in costs.items()} for name, costs in grown.items()},
    }


def _version(name: str, packages: dict[str, str]) -> str:
    if name.startswith("tmdbkit"):
        return __version__
    if name in ("stock", "official"):
        return version("openapi-python-client")
    return packages.get(name, f"Python {platform.python_version()}")


def obstacle(options: argparse.Namespace) -> str:
    """What would end the run after minutes of measuring; empty if there is nothing."""
    needed = ["chart"] if options.render else [*(ENVIRONMENT_OF.get(name, name) for name in adapters.SUBJECTS), *(() if options.quick else ("chart",))]
    for name in needed:
        if not (ENVIRONMENTS / name / "bin" / "python").exists():
            return f"{ENVIRONMENTS / name} is missing; make bench-peers makes it"
    for file in (options.recordings, options.official):
        if file and not file.is_file():
            return f"{file} is no file"
    if options.quick and not options.quick.parent.is_dir():
        return f"{options.quick.parent} is no folder"
    return ""


def main(arguments: list[str] | None = None) -> int:
    """Measure, write the results and the page, and return 1 if something grows faster than linear."""
    parser = argparse.ArgumentParser(prog="python -m tests.peers", description=__doc__)
    parser.add_argument("--recordings", type=Path, help="recorded traffic; without it the bodies are those of the fixtures")
    parser.add_argument("--official", type=Path, help="TMDB's own OpenAPI description; without it, what spec/upstream.json keeps of it")
    parser.add_argument("--quick", type=Path, metavar="FILE", help="one round of little, into this file: to see that every library still works")
    parser.add_argument("--render", action="store_true", help="measure nothing, and write page and chart from the last results")
    options = parser.parse_args(arguments)
    if found := obstacle(options):
        parser.error(found)
    if options.render:
        results = json.loads(RESULTS.read_text(encoding="utf-8"))
    else:
        try:
            results = measured(options.recordings, options.official, quick=options.quick is not None)
        except WrongError as error:
            print(error, file=sys.stderr)
            return 1
    (options.quick or RESULTS).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    if not options.quick:
        PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), results), encoding="utf-8")
        draw(ENVIRONMENTS / "chart" / "bin" / "python")
    show(results)
    grown = [f"{name}: {found}" for name, costs in results["growth"].items() for found in growth.superlinear({int(n): c["least"] for n, c in costs.items()})]
    print("\n".join(grown) or "nothing grows faster than linear")
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main())
