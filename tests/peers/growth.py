"""How cost grows: `paginate` with the pages, the generator with the operations. Cost is processor time, which says the same on a busy machine."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from generator.files import VERSION_FILE
from tests.bench import ROOT, TOKEN, fixture_row, server
from tmdbkit import TMDB

from .server import ROWS_A_PAGE, serve_pages

PAGES, TIMES = (1, 10, 100, 1000), (1, 2, 4)
MOST_GROWTH = 1.5
"""How many times as much a further unit may cost where there are more of them."""


def pages(rounds: int, counts: tuple[int, ...] = PAGES) -> dict[int, list[float]]:
    """The processor's seconds of `paginate` over lists with so many pages, in each round. Short lists are read several times in each."""
    seconds: dict[int, list[float]] = {count: [] for count in counts}
    votes = itertools.count()  # a filter of its own for each list: the client keeps the last URLs parsed, which would favour short lists
    with server(fixture_row(), serve_pages) as url:
        for _ in range(rounds):
            for count in counts:
                with TMDB(TOKEN, base_url=f"{url}/{count}", rate_limit=None) as tmdb:
                    tmdb.discover.movie(page=1)
                    start, times = time.process_time(), max(1, 100 // count)
                    found = sum(1 for _ in range(times) for _ in tmdb.paginate(tmdb.discover.movie, vote_count_gte=next(votes)).beyond_500())
                    seconds[count].append((time.process_time() - start) / times)
                assert found == times * count * ROWS_A_PAGE
    return seconds


def generator(rounds: int, times: tuple[int, ...] = TIMES) -> dict[int, list[float]]:
    """The processor's seconds of a whole run of the generator with so many operations, in each round."""
    seconds: dict[int, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number in times:
            write_spec(Path(folder) / str(number), number)
        for _ in range(rounds):
            for number in times:
                start = _seconds_of_children()
                subprocess.run([sys.executable, "-m", "generator", "--root", f"{folder}/{number}"], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
                took = _seconds_of_children() - start
                bundle = json.loads((Path(folder) / str(number) / "generated" / "openapi.json").read_text(encoding="utf-8"))
                seconds.setdefault(sum(len(item) for item in bundle["paths"].values()), []).append(took)
    return seconds


def _seconds_of_children() -> float:
    found = os.times()
    return found.children_user + found.children_system


def write_spec(folder: Path, times: int) -> None:
    """Write the generator's input with every operation so many times: under other paths, with its fixtures."""
    shutil.copytree(ROOT / "spec", folder / "spec")
    shutil.copytree(ROOT / "tests" / "fixtures", folder / "tests" / "fixtures")
    (folder / VERSION_FILE).parent.mkdir(parents=True)
    shutil.copy(ROOT / VERSION_FILE, folder / VERSION_FILE)
    root = folder / "spec" / "openapi.yaml"
    text, lines = root.read_text(encoding="utf-8"), list[str]()
    for number in range(2, times + 1):
        for path, ref in re.findall(r"^  (/\S+): \{\$ref: (\S+)\}$", text, re.MULTILINE):
            item = (folder / "spec" / ref).read_text(encoding="utf-8")
            copy = ref.replace(".yaml", f"_{number}.yaml")
            (folder / "spec" / copy).write_text(re.sub(r"operationId: (\w+)", rf"operationId: \1_{number}", item), encoding="utf-8")
            lines.append(f"  {path[:2]}/copy_{number}{path[2:]}: {{$ref: {copy}}}\n")
        for file in (ROOT / "tests" / "fixtures").rglob("*.json"):
            fixture = json.loads(file.read_text(encoding="utf-8"))
            fixture["operation_id"] += f"_{number}"
            fixture["request"]["path"] = re.sub("^(/[34])/", rf"\1/copy_{number}/", fixture["request"]["path"])
            name, dot, rest = file.name.partition(".")
            (folder / "tests" / "fixtures" / file.parent.name / f"{name}_{number}{dot}{rest}").write_text(json.dumps(fixture), encoding="utf-8")
    root.write_text(text.replace("\npaths:\n", "\npaths:\n" + "".join(lines)), encoding="utf-8")


def superlinear(costs: dict[int, float]) -> list[str]:
    """Where a further unit costs clearly more than with fewer units. What the work costs without any unit does not count: it would hide the growth.

    Args:
        costs: The seconds by number of units, of the round with the least noise.
    """
    found, least = list[str](), float("inf")
    for (fewer, before), (units, seconds) in pairwise(sorted(costs.items())):
        each = (seconds - before) / (units - fewer)
        if each > least * MOST_GROWTH:
            found.append(f"from {fewer} to {units}, a unit costs {each / least:.2f} times what it costs with fewer")
        least = min(least, each) if each > 0 else least  # noise
    return found
