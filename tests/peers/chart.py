"""Draws the chart of the page, in an environment with matplotlib: `python -m tests.peers.chart [FILE]`."""

from __future__ import annotations

import json
import sys

import matplotlib as mpl

from .report import CHART, FLOORS, MEASURES, NAMES, RESULTS, label

mpl.use("svg")
from matplotlib import pyplot as plt

SHOWN = (
    "decode_movie",
    "decode_page",
    "decode_mixed",
    "call",
    "at_once_50",
    "at_once_500",
    "import",
    "first_call",
    "memory",
    "kept_movie",
    "survived_page",
    "survived_movie",
)
OURS, PEER, FLOOR = "#0b6e4f", "#31688e", "#767676"


def main(target: str) -> None:
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    plt.rcParams.update(
        {"svg.fonttype": "none", "svg.hashsalt": "peers", "font.family": "sans-serif", "font.size": 11, "axes.spines.top": False, "axes.spines.right": False}
    )
    figure, places = plt.subplots(len(SHOWN) // 2, 2, figsize=(11, 22), facecolor="white", layout="constrained")
    for name, place in zip(SHOWN, places.flat, strict=True):
        measure, every = MEASURES[name], results["measures"][name]["figures"]
        libraries = [library for library in results["versions"] if library in every][::-1]
        values = [every[library]["median"] for library in libraries]
        colors = [OURS if library.startswith("tmdbkit") else FLOOR if library in FLOORS else PEER for library in libraries]
        spread = [[abs(every[library]["median"] - every[library][end]) for library in libraries] for end in ("low", "high")]
        shares = measure.unit == "%"
        place.errorbar(values, range(len(values)), xerr=spread, fmt="none", ecolor=colors, elinewidth=2)
        place.scatter(values, range(len(values)), color=colors, s=45, zorder=3)
        for row, (library, value) in enumerate(zip(libraries, values, strict=True)):
            place.annotate(label(name, every[library]), (value, row), (0, 6), textcoords="offset points", ha="center", fontsize=9)
        place.set_yticks(range(len(values)), [NAMES.get(library, library) for library in libraries])
        place.set_ylim(-0.6, len(values) - 0.2)
        place.set_title(f"{measure.title}, {measure.unit}: {'more' if measure.most_wins else 'less'} is better", fontsize=11, loc="left")
        if shares:
            place.set_xlim(-4, 108)
        else:
            place.set_xscale("log")
            place.set_xlim(min(values) / 1.7, max(values) * 1.7)
            place.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
            place.xaxis.set_minor_formatter(lambda value, _: "")
        place.grid(axis="both", color="#dddddd", linewidth=0.6)
        place.minorticks_off()
        place.set_axisbelow(True)
    figure.savefig(target, metadata={"Date": None, "Title": "tmdbkit beside its peers"})


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else str(CHART))
