"""The figures beside the peers: page and chart show the results, and every library still does what it is measured for."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from generator.bundle import Spec
from generator.lint import lint
from tests.conftest import ROOT, bundle
from tmdbkit import TMDB

from . import __main__, adapters
from .__main__ import ENVIRONMENTS, KINDS, Library, WrongError, check, main
from .growth import superlinear, write_spec
from .report import CHART, MEASURES, PAGE, RESULTS, filled, label
from .worker import leaves


def results() -> dict[str, Any]:
    return json.loads(RESULTS.read_text(encoding="utf-8"))


# Page and chart


def test_the_page_shows_the_results() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert filled(page, results()) == page


def test_the_chart_shows_the_results() -> None:
    texts = Counter("".join(one.itertext()).strip() for one in ElementTree.parse(CHART).iter("{http://www.w3.org/2000/svg}text"))
    every = results()["measures"]
    shown = [name for name, measure in MEASURES.items() if any(text.startswith(f"{measure.title}, {measure.unit}:") for text in texts)]
    assert len(shown) == 12
    labels = Counter(label(name, figures) for name in shown for figures in every[name]["figures"].values())
    assert labels.total() > 100
    assert labels <= texts


@pytest.mark.slow
def test_the_chart_is_drawn_from_the_results(tmp_path: Path) -> None:
    subprocess.run([ENVIRONMENTS / "chart" / "bin" / "python", "-m", "tests.peers.chart", tmp_path / "chart.svg"], check=True, cwd=ROOT)
    assert (tmp_path / "chart.svg").read_bytes() == CHART.read_bytes()


def test_the_results_are_those_of_a_whole_run() -> None:
    found = results()
    assert found["measures"].keys() == MEASURES.keys()
    assert list(found["versions"]) == list(adapters.SUBJECTS)
    assert [list(costs) for costs in found["growth"].values()] == [["1", "10", "100", "1000"], ["178", "356", "712"]]
    assert not [costs for costs in found["growth"].values() if superlinear({int(units): figures["least"] for units, figures in costs.items()})]
    assert min(found["measures"][name]["rounds"] for name in ("decode_movie", "call", "at_once_500", "import", "first_call")) > 1


def test_a_changed_figure_changes_the_page() -> None:
    found = results()
    found["measures"]["decode_page"]["figures"]["tmdbkit"] = {"median": 77.7, "low": 77.6, "high": 77.8}
    assert "77.7 (77.6 to 77.8)" in filled(PAGE.read_text(encoding="utf-8"), found)


# Libraries


@pytest.mark.slow
def test_every_library_says_what_stands_in_a_body(tmp_path: Path) -> None:
    """A run in which each adapter reads known bodies."""
    command = [sys.executable, "-m", "tests.peers", "--quick", tmp_path / "results.json"]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT, timeout=600)
    assert ran.returncode == 0, ran.stderr[-5000:]
    found = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert list(found["versions"]) == list(adapters.SUBJECTS)
    # Two know no rows of collections; the official text knows no movie without a collection.
    assert found["failures"] == {"movie": {"official": "TypeError"}, "mixed": {"themoviedb": "ValueError", "tmdbapis": "AttributeError"}}
    decoding = adapters.SUBJECTS.keys() - {"httpx", "aiohttp", "tmdbkit-aiohttp"}
    assert found["measures"]["decode_page"]["figures"].keys() == decoding
    assert found["measures"]["at_once_500"]["figures"].keys() == adapters.SUBJECTS.keys() - {"json", "orjson", "msgspec"}
    assert found["measures"]["survived_movie"]["figures"]["tmdbkit"]["median"] == 100
    assert all(found["measures"][f"kept_{kind}"]["figures"]["tmdbkit"]["median"] == 100 for kind in KINDS)


class Broken:
    """A library whose adapter returns rows of nothing."""

    name, does = "broken", {"decoder"}

    def __call__(self, command: str, **arguments: Any) -> Any:
        return []


def test_a_broken_adapter_fails(tmp_path: Path) -> None:
    for kind in KINDS:
        (tmp_path / f"known_{kind}").write_text('{"results": [{"id": 550}]}', encoding="utf-8")
    with pytest.raises(WrongError, match=r"broken: facts .*: \[\], not \[550\]"):
        check(Broken(), tmp_path, b'{"results": []}')  # type: ignore[arg-type]


@pytest.mark.slow
def test_an_exception_of_a_library_names_it(tmp_path: Path) -> None:
    library = Library("orjson", "http://127.0.0.1", tmp_path)
    (tmp_path / "page").write_text("no JSON", encoding="utf-8")
    with pytest.raises(WrongError, match=r"^orjson: facts .*: JSONDecodeError: "):
        library("facts", kind="page", name="page")
    library.close()


@pytest.mark.slow
def test_a_process_that_ends_names_the_library(tmp_path: Path) -> None:
    library = Library("json", "http://127.0.0.1:1", tmp_path)
    try:
        with pytest.raises(WrongError, match="json: a process ended with 3: import sys"):
            library.seconds_of("import sys; sys.exit(3)")
        library._process.kill()
        library._process.wait()
        with pytest.raises(WrongError, match=r"json: about .*: its process ended"):
            library("about")
    finally:
        library.close()


class Hidden:
    def __init__(self) -> None:
        self.shown, self._hidden = ["a", {"day": "1999-10-15"}], "b"


def test_a_value_is_kept_if_it_can_be_reached() -> None:
    assert list(leaves(Hidden())) == ["a", "1999-10-15"]
    assert list(leaves({"one": 1, "nothing": None, "empty": "", "no": False, "at": "1999-10-15T12:00:00.000Z"})) == [1.0, "1999-10-15T12:00:00"]


# The run


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--recordings", "missing.gz"], "missing.gz is no file"),
        (["--official", "missing.json"], "missing.json is no file"),
        (["--quick", "missing/results.json"], "missing is no folder"),
    ],
)
def test_a_missing_file_is_said_before_the_run(arguments: list[str], problem: str, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(Path, "exists", lambda self: True)  # every environment
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert problem in capsys.readouterr().err


def test_a_missing_environment_is_said_before_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(__main__, "ENVIRONMENTS", tmp_path)
    with pytest.raises(SystemExit, match="2"):
        main(["--quick", str(tmp_path / "results.json")])
    assert "floors is missing; make bench-peers makes it" in capsys.readouterr().err


def test_a_closed_pipe_loses_no_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(_: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(__main__, "obstacle", lambda options: "")
    monkeypatch.setattr(__main__, "measured", lambda *arguments, **options: results())
    monkeypatch.setattr(__main__, "show", closed)
    with pytest.raises(BrokenPipeError):
        main(["--quick", str(tmp_path / "results.json")])
    assert json.loads((tmp_path / "results.json").read_text(encoding="utf-8")) == results()


# Growth


def test_a_unit_that_costs_more_where_there_are_more_is_reported() -> None:
    assert superlinear({1: 1.0, 10: 1.9, 100: 11.8}) == []
    assert superlinear({1: 1.0, 2: 2.0, 4: 8.0}) == ["from 2 to 4, a unit costs 3.00 times what it costs with fewer"]
    assert superlinear({10: 1.0, 100: 10.0, 1000: 370.0}) == ["from 100 to 1000, a unit costs 4.00 times what it costs with fewer"]


def test_what_the_work_costs_at_least_does_not_hide_the_growth() -> None:
    assert superlinear({units: 100 + units**2 for units in (1, 2, 4)}) == ["from 2 to 4, a unit costs 2.00 times what it costs with fewer"]
    assert superlinear({units: 100.0 + units for units in (1, 2, 4)}) == []


def test_a_spec_with_every_operation_twice_is_sound(tmp_path: Path) -> None:
    write_spec(tmp_path, 2)
    spec = Spec(tmp_path / "spec", tmp_path)
    assert sum(len(item) for item in spec.bundle["paths"].values()) == 2 * sum(len(item) for item in bundle()["paths"].values())
    assert lint(spec) == []


def steps_of(pages: int) -> int:
    """The calls of functions, of Python and C, that `paginate` makes for so many pages."""

    def respond(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        rows = [{"id": page * 20 + number} for number in range(20)]
        return httpx.Response(200, json={"page": page, "results": rows, "total_pages": pages, "total_results": pages * 20})

    count = 0

    def step(*_: Any) -> None:
        nonlocal count
        count += 1

    with TMDB("0" * 32, transport=httpx.MockTransport(respond), rate_limit=None) as tmdb:
        rows = iter(tmdb.paginate(tmdb.discover.movie))
        next(rows)
        before = sys.getprofile()
        sys.setprofile(step)
        try:
            for _ in rows:
                pass
        finally:
            sys.setprofile(before)
    return count


def test_the_steps_of_paginate_grow_with_the_pages() -> None:
    few, many = steps_of(20), steps_of(200)
    assert few > 1000
    assert many < few * 10.6  # the first page is not counted: 19 and 199 pages
