"""Random mutations of bodies."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

JUNK = [
    *(None, True, False, 0, -1, 7.0, 7.5, 2**70, [], {}, [None], {"a": 1}, {"value": 7}),
    *("", "xx", "movie", "tv", "person", "2024-02-30", "2024-02-03", "2024-2-3", "2024-02-03T00:00:00Z", "2024-02-03T00:00:00.000+01:00"),
    *(
        "2024-02-03 00:00:00 UTC",
        "2024-02-30 00:00:00 UTC",
        "2024-02-03T00:00:00",
        "2024-02-03T24:00:00Z",
        "20240203",
        "2024-W05-6",
        "0000-01-01",
        "2023-02-29 00:00:00 UTC",
    ),
]


def every_position(body: Any) -> Iterator[tuple[Any, Any]]:
    """Every key of every object, and every index of every array."""
    for key, value in list(body.items() if isinstance(body, dict) else enumerate(body)):
        yield body, key
        if isinstance(value, (dict, list)):
            yield from every_position(value)


def mutated(body: Any, rng: random.Random, *, count: int) -> Any:
    """A copy of a body with up to `count` values changed, removed or added."""
    other = copy.deepcopy(body)
    for _ in range(rng.randint(1, count)):
        if not (found := list(every_position(other))):
            break
        container, key = rng.choice(found)
        action = rng.randint(0, 3)
        if action == 0:
            del container[key]
        elif action == 1 and isinstance(container, dict):
            container[f"new_{rng.randint(0, 9)}"] = copy.deepcopy(rng.choice(JUNK))
        else:
            container[key] = copy.deepcopy(rng.choice(JUNK))
    return other
