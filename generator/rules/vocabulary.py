"""Rules for what programs know without a request: image sizes, release types, genres, countries and languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from generator.load import Location, Mapping, Sequence

from .registry import Problem, rule
from .spec_index import SpecIndex

__all__ = ["vocabulary"]

NUMBERED = ("movie_genres", "release_types", "tv_genres", "tv_statuses", "tv_types")
"""The tables whose keys are numbers, and whose names become constants."""
KEYS = {
    **dict.fromkeys(NUMBERED, r"0|[1-9][0-9]*"),
    "countries": r"[A-Z]{2}",
    "country_corrections": r"[A-Z]{2,3}",
    "languages": r"[a-z]{2}",
}
"""The form of the keys in each table of names."""
SIZE = r"[wh][1-9][0-9]*|original"
ALL = {"image_base_url", "image_sizes", *KEYS}


@rule
def vocabulary(index: SpecIndex) -> Iterator[Problem]:
    """`x-vocabulary` has a base URL, sizes of images that end with `original`, and tables of names by id or code; a corrected code leads to a country."""
    known = index.extension("x-vocabulary")
    if known is None:
        return
    if not isinstance(known, Mapping) or known.keys() != ALL:
        yield index.root.at("x-vocabulary"), f"the vocabulary has other keys than {', '.join(sorted(ALL))}"
        return
    if not re.fullmatch(r"https://\S+/", str(known["image_base_url"])):
        yield known.at("image_base_url"), "the base URL is no https URL that ends with '/'"
    yield from faults_of_sizes(known["image_sizes"], known.at("image_sizes"))
    for name, form in KEYS.items():
        yield from faults_of_table(name, known[name], form, known.at(name))
    countries, corrections = known["countries"], known["country_corrections"]
    if isinstance(countries, Mapping) and isinstance(corrections, Mapping):
        for code, meant in corrections.items():
            if meant not in countries or code in countries:
                yield corrections.at(code), f"{code} → {meant}: the first is a country, or the second is none"


def faults_of_sizes(kinds: object, location: Location) -> Iterator[Problem]:
    """The faults of the sizes of images."""
    if not isinstance(kinds, Mapping):
        yield location, "image_sizes is not a mapping"
        return
    for kind, sizes in kinds.items():
        if not isinstance(sizes, Sequence) or sizes[-1:] != ["original"] or not all(re.fullmatch(SIZE, str(size)) for size in sizes):
            yield kinds.at(kind), f"the sizes of a {kind} are not like w300, h632 and, at the end, original"


def faults_of_table(name: str, table: object, form: str, location: Location) -> Iterator[Problem]:
    """The faults of a table of names."""
    if not isinstance(table, Mapping):
        yield location, f"{name} is not a mapping"
        return
    for key, text in table.items():
        if not re.fullmatch(form, key) or not isinstance(text, str) or not text.strip():
            yield table.at(key), f"{key!r}: {text!r} is not an entry of {name}: a key like {form}, and a name"
    if name in NUMBERED:
        firsts = {text: key for key, text in reversed(table.items())}
        yield from ((table.at(key), f"{name} has {text!r} twice") for key, text in table.items() if firsts[text] != key)
