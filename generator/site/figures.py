"""The page with the evidence as charts, from the tables of `spec/coverage.md` and `spec/differences.md`."""

from __future__ import annotations

import html
import re

from .reference import Page

__all__ = ["figures_page"]

ORIGINS = ("wire", "capture", "official example", "written fixture")
WIDTH, ROW = 360, 36


def figures_page(coverage: str, differences: str) -> Page:
    """The page.

    Args:
        coverage: The text of `spec/coverage.md`.
        differences: The text of `spec/differences.md`.
    """
    sections = [row for row in _rows(coverage, 8) if row[1].isdigit()]
    total = next(row for row in _rows(coverage, 8) if row[0] == "**all**")
    counts = [int(cell.strip("*")) for cell in total[4:]]
    by_origin = [
        (name, int(good), int(every)) for good, every, name in re.findall(r"(\d+)/(\d+) (wire|capture|official example)", coverage.partition("by origin: ")[2])
    ]
    kinds = [(row[0], int(row[1])) for row in _rows(differences.partition("## ")[0], 2) if row[1].isdigit()]
    parts = [
        "---\ntitle: Figures\ndescription: The evidence for the spec as charts.\n---\n\n# Figures\n",
        "The tables behind these charts are in [coverage](coverage.md) and [differences](differences.md).\n",
        "## What the operations rest on\n",
        f"Of {sum(counts)} operations, {counts[0]} rest on verbatim recordings of the live API.\n",
        _bars("Operations by their best evidence", [(name, count, sum(counts)) for name, count in zip(ORIGINS, counts, strict=True)]),
        "## Recordings that conform\n",
        "A recording conforms if neither the spec nor the client finds a fault in it.\n",
        _bars("Conforming recordings by origin", by_origin),
        "## Evidence by section\n",
        "The operations of each section that rest on recordings of the live API.\n",
        _bars(
            "Operations that rest on recordings of the live API, by section",
            [(row[0], int(row[4]) if row[4].isdigit() else 0, int(row[1])) for row in sections],
        ),
        "## Differences from the official description\n",
        _bars("Differences by kind", [(name, count, max(count for _, count in kinds)) for name, count in kinds], shares=False),
    ]
    return Page("evidence/figures", "Figures", "The evidence for the spec as charts.", "\n".join(parts))


def _rows(text: str, cells: int) -> list[list[str]]:
    found = ([cell.strip() for cell in line.strip().strip("|").split("|")] for line in text.splitlines() if line.startswith("|"))
    return [row for row in found if len(row) == cells]


def _bars(title: str, rows: list[tuple[str, int, int]], *, shares: bool = True) -> str:
    """A bar chart as SVG, which fits a phone: a row has a label, a count, and the count that fills the width."""
    lines = [f'<svg class="bars" viewBox="0 0 {WIDTH} {ROW * len(rows)}" role="img" aria-label="{html.escape(title)}">']
    for place, (label, count, whole) in enumerate(rows):
        y = place * ROW
        text = f"{count} of {whole}" if shares else str(count)
        lines.append(f'<text x="0" y="{y + 13}">{html.escape(label)}</text>')
        lines.append(f'<text x="{WIDTH}" y="{y + 13}" text-anchor="end">{text}</text>')
        lines.append(f'<rect class="bar-room" x="0" y="{y + 18}" width="{WIDTH}" height="8" rx="2"/>')
        lines.append(f'<rect class="bar" x="0" y="{y + 18}" width="{round(WIDTH * count / whole, 1)}" height="8" rx="2"/>')
    return '<figure class="chart">\n' + "".join(lines) + "</svg>\n</figure>\n"
