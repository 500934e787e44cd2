"""What is shown of the results: a table in the terminal, the tables of `docs/peers.md`, and its chart."""

from __future__ import annotations

import re
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from .adapters import SUBJECTS

ROOT = Path(__file__).parent.parent.parent
RESULTS, PAGE, CHART = (ROOT / "docs" / f"peers{suffix}" for suffix in (".json", ".md", ".svg"))


class Measure(NamedTuple):
    """A measure.

    Attributes:
        title: Its name.
        unit: The unit of its figures.
        floor: The library whose figure is the floor; empty without one.
        most_wins: Whether more is better.
    """

    title: str
    unit: str
    floor: str = ""
    most_wins: bool = False


MEASURES = {
    "decode_movie": Measure("decode a movie", "ms", "json"),
    "decode_page": Measure("decode a page", "ms", "json"),
    "decode_mixed": Measure("decode a mixed page", "ms", "json"),
    "call": Measure("a whole call", "ms", "httpx"),
    "at_once_50": Measure("50 at once", "calls/s", "httpx", most_wins=True),
    "at_once_500": Measure("500 at once", "calls/s", "httpx", most_wins=True),
    "import": Measure("import", "ms", "httpx"),
    "first_call": Measure("first call", "ms", "httpx"),
    "memory": Measure("10,000 rows kept", "MB", "json"),
    "kept_movie": Measure("values kept of a movie", "%", most_wins=True),
    "kept_page": Measure("values kept of a page", "%", most_wins=True),
    "kept_mixed": Measure("values kept of a mixed page", "%", most_wins=True),
    "survived_movie": Measure("mutated movies survived", "%", most_wins=True),
    "survived_page": Measure("mutated pages survived", "%", most_wins=True),
    "survived_mixed": Measure("mutated mixed pages survived", "%", most_wins=True),
}
SECTIONS = {
    "decoding": ("decode_movie", "decode_page", "decode_mixed"),
    "calls": ("call", "at_once_50", "at_once_500"),
    "start": ("import", "first_call"),
    "memory": ("memory",),
    "kept": ("kept_movie", "kept_page", "kept_mixed"),
    "survived": ("survived_movie", "survived_page", "survived_mixed"),
}
FLOORS = ("json", "orjson", "msgspec", "httpx", "aiohttp")
NAMES = {"stock": "stock output, our bundle", "official": "stock output, official text", "tmdbkit-aiohttp": "tmdbkit with aiohttp"}
IN_THREADS = [name for name, library in SUBJECTS.items() if library.open and not library.open_async]
"""The libraries without asynchronous calls."""


def number(value: float) -> str:
    """A figure with three digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}" if value < 10 else f"{value:.1f}"


def percent(value: float) -> str:
    """A share that is only full where nothing is missing."""
    return f"{min(value, 99.9) if value < 100 else 100:.3g}"


def label(name: str, figures: dict[str, float]) -> str:
    """The median of a measure."""
    return percent(figures["median"]) if MEASURES[name].unit == "%" else number(figures["median"])


def cell(name: str, results: dict[str, Any], library: str) -> str:
    """The median of a measure, its quartiles, and its ratio to the floor."""
    every = results["measures"][name]["figures"]
    if not (figures := every.get(library)):
        failure = results["failures"].get(name.partition("_")[2], {}).get(library)
        return f"fails: {failure}" if failure and not name.startswith("survived") else ""
    text = label(name, figures)
    if results["measures"][name]["rounds"] > 1:
        text += f" ({number(figures['low'])} to {number(figures['high'])})"
    if floor := every.get(MEASURES[name].floor):
        text += f", {number(figures['median'] / floor['median'])} x"
    return text


def rows_of(section: str, results: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """The rows of the table of a section: a library, and its cells."""
    for library in results["versions"]:
        cells = [cell(name, results, library) for name in SECTIONS[section]]
        if any(cells):
            title = NAMES.get(library, library)
            if section == "calls" and library in IN_THREADS:
                title += ", in threads"
            yield title, cells


def head(name: str) -> str:
    return f"{MEASURES[name].title}, {MEASURES[name].unit}"


def table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)


def ahead(results: dict[str, Any]) -> str:
    """Where a peer has a better figure than tmdbkit."""
    lines = []
    for name, measure in MEASURES.items():
        every = results["measures"][name]["figures"]
        ours = max if measure.most_wins else min
        best = ours(figures["median"] for library, figures in every.items() if library.startswith("tmdbkit"))
        better = {
            library: figures
            for library, figures in every.items()
            if library not in FLOORS and not library.startswith("tmdbkit") and ours(figures["median"], best) != best
        }
        if better:
            said = ", ".join(f"{NAMES.get(library, library)} {label(name, figures)}" for library, figures in better.items())
            lines.append(wrapped(f"- {measure.title}, in {measure.unit}: {said}; tmdbkit {label(name, {'median': best})}", indent="  "))
    return "\n".join(lines) or "Nowhere in this run."


def growth(results: dict[str, Any]) -> str:
    rows = []
    for name, costs in results["growth"].items():
        for units, figures in costs.items():
            each = figures["least"] / int(units) * 1000
            spread = f"{number(figures['median'])} ({number(figures['low'])} to {number(figures['high'])})"
            what = name.removesuffix("s") if units == "1" else name
            rows.append([f"{'`paginate`' if name == 'pages' else 'generator'}, {int(units):,} {what}", spread, number(each)])
    return table(["work", "processor's seconds", "ms each, in the best round"], rows)


def machine(results: dict[str, Any]) -> str:
    machine, sizes = results["machine"], results["bytes"]
    versions = ", ".join(
        f"{library} {version}" for library, version in results["versions"].items() if library not in ("json", "stock", "official", "tmdbkit-aiohttp")
    )
    bodies = f"a movie with parts of {sizes['movie'] / 1000:.0f} kB, a page of {sizes['page'] / 1000:.0f} kB and a mixed page of {sizes['mixed'] / 1000:.0f} kB"
    origin = "the largest of TMDB's recorded responses" if results["recordings"] else "the largest of the fixtures"
    measured = (
        f"Measured on {results['date']} on {machine['cores']} cores of {machine['cpu']}, {machine['system']}, Python {machine['python']}. "
        f"The bodies are {bodies}: {origin}."
    )
    rebuilt = f"is rebuilt from `spec/upstream.json`, which keeps its operations, parameters and types of {results['compared']}"
    of = "is TMDB's file" if results["official"] else rebuilt
    named = (
        f"Versions: {versions}, openapi-python-client {results['versions']['stock']}; json is Python's own. [peers.json](peers.json) has every figure, and the "
        f"versions of all that they depend on. The official text {of}."
    )
    return f"{wrapped(measured)}\n\n{wrapped(named)}"


def wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(text, 155, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)


def parts(results: dict[str, Any]) -> dict[str, str]:
    """The parts of the page that come from the results."""
    every = {
        section: table(["library", *map(head, names)], [[title, *cells] for title, cells in rows_of(section, results)]) for section, names in SECTIONS.items()
    }
    return {"machine": machine(results), **every, "growth": growth(results), "ahead": ahead(results)}


def filled(page: str, results: dict[str, Any]) -> str:
    """The page with the results in it, each between two comments."""
    for name, text in parts(results).items():
        page, count = re.subn(f"(<!-- {name} -->\n).*?(\n<!-- end -->)", lambda match, text=text: f"{match[1]}\n{text}\n{match[2]}", page, flags=re.DOTALL)
        assert count == 1, name
    return page


def show(results: dict[str, Any]) -> None:
    """Print the results as tables."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for section, names in SECTIONS.items():
        shown = Table("library", *map(head, names))
        for title, cells in rows_of(section, results):
            shown.add_row(title, *cells)
        console.print(shown)
    print(growth(results))


def draw(python: Path) -> None:
    """Draw the chart, in the environment that has the library for it."""
    subprocess.run([python, "-m", "tests.peers.chart"], check=True, cwd=ROOT)
