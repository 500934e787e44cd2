"""The entries of the fake's world, and the indexes over them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple, TypeVar

import msgspec

from . import entries
from .entries import Entry
from .images import image_path

__all__ = ["ChangeRecord", "CreditRecord", "World", "seasons_of"]

T = TypeVar("T")

KINDS = ("movie", "tv", "person", "collection", "company", "network", "keyword")
FIRST_NEW_ID = 9_000_000
DAYS_OF_CHANGES = 20
"""The changes of the packaged entries lie in the last days, so that each window of days has some."""


class CreditRecord(NamedTuple):
    """A credit of a person, from the side of a title.

    Attributes:
        credit_id: The id of the credit.
        kind: `movie` or `tv`.
        entry: The movie or the series.
        credit: The credit in the title: the person's id, and a character, or a department and a job.
        type_: `cast`, `crew` or `creator`.
        episodes: The episodes, for a credit of a series.
    """

    credit_id: str
    kind: str
    entry: Entry
    credit: Mapping[str, Any]
    type_: str
    episodes: tuple[Entry, ...] = ()


class ChangeRecord(NamedTuple):
    """A change of an entry."""

    time: datetime
    key: str
    action: str
    value: Any = None
    original_value: Any = None


class World:
    """Entries by kind and id, in the form of TMDB's details with all stored parts appended.

    An entry is never changed, but replaced: copies of a world share their entries.

    Attributes:
        genres: The genres of movies (`movie`) and of series (`tv`).
        providers: The watch providers, by name.
        configuration: TMDB's configuration: countries, jobs, languages and so on.
        episode_groups: The groups of episodes, by id.
        version: Counts the changes.
    """

    def __init__(self) -> None:
        self._entries: dict[str, dict[int, Entry]] = {kind: {} for kind in KINDS}
        self.genres: dict[str, list[dict[str, Any]]] = {"movie": [], "tv": []}
        self.providers: dict[str, dict[str, Any]] = {}
        self.configuration: dict[str, Any] = {}
        self.episode_groups: dict[str, Entry] = {}
        self._changes: dict[tuple[str, int], tuple[ChangeRecord, ...]] = {}
        self._indexes: dict[Callable[[World], Any], Any] = {}
        self._new_people: list[int] = []
        self.version = 0

    @classmethod
    def packaged(cls) -> World:
        """A copy of the world that comes with the package."""
        return _packaged().copy()

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any], *, now: datetime) -> World:
        """Build a world from facts in the form of `world.json`."""
        world = cls()
        world.genres = facts["genres"]
        world.configuration = facts["configuration"]
        world.providers = {one["name"]: one for one in facts["watch_providers"]}
        for kind in ("keyword", "company", "network", "collection"):
            world._entries[kind] = {one["id"]: one for one in facts[f"{kind[:-1]}ies" if kind == "company" else f"{kind}s"]}
        for kind, build in (("company", entries.company), ("network", entries.network), ("collection", entries.collection)):
            world._entries[kind] = {id_: build(world._with_parent(one)) for id_, one in world._entries[kind].items()}
        for one in facts["people"]:
            world._entries["person"][one["id"]] = entries.person_from_facts(world, one, now.date())
        world._indexes.clear()  # titles name these people
        for one in facts["movies"]:
            world._entries["movie"][one["id"]] = entries.movie_from_facts(world, one, now.date())
        for one in facts["series"]:
            world._entries["tv"][one["id"]] = entries.series_from_facts(world, one, now.date())
        world.episode_groups = {one["id"]: one for one in facts["episode_groups"]}
        world._indexes.clear()
        world._new_people.clear()
        for kind in ("movie", "tv", "person"):
            for place, id_ in enumerate(world._entries[kind]):
                world._changes[kind, id_] = _first_changes(kind, world._entries[kind][id_], now - timedelta(days=place % DAYS_OF_CHANGES))
        return world

    def _with_parent(self, company: Entry) -> Entry:
        if not company.get("parent"):
            return company
        parent = self._named("company", company["parent"])
        return {**company, "parent_company": {"id": parent["id"], "logo_path": entries.company(parent)["logo_path"], "name": parent["name"]}}

    def __str__(self) -> str:
        return f"{len(self._entries['movie'])} movies, {len(self._entries['tv'])} series, {len(self._entries['person'])} people"

    def saved(self) -> dict[str, Any]:
        """The world as JSON."""
        return {
            "entries": {kind: list(known.values()) for kind, known in self._entries.items()},
            "genres": self.genres,
            "providers": self.providers,
            "configuration": self.configuration,
            "episode_groups": self.episode_groups,
            "changes": [[*key, [[record.time.isoformat(), *record[1:]] for record in records]] for key, records in self._changes.items()],
        }

    @classmethod
    def restored(cls, saved: Mapping[str, Any]) -> World:
        """The world that `saved` returned as JSON."""
        world = cls()
        world._entries = {kind: {one["id"]: one for one in saved["entries"][kind]} for kind in KINDS}
        world.genres, world.providers = saved["genres"], saved["providers"]
        world.configuration, world.episode_groups = saved["configuration"], saved["episode_groups"]
        world._changes = {
            (kind, id_): tuple(ChangeRecord(datetime.fromisoformat(time), *more) for time, *more in records) for kind, id_, records in saved["changes"]
        }
        return world

    def copy(self) -> World:
        """A world with the same entries, that can be changed by itself."""
        world = World()
        world._entries = {kind: dict(known) for kind, known in self._entries.items()}
        world.genres, world.providers = {kind: list(known) for kind, known in self.genres.items()}, dict(self.providers)
        world.configuration, world.episode_groups = self.configuration, dict(self.episode_groups)
        world._changes = dict(self._changes)
        # An index stays good until an entry changes.
        world._indexes, world.version = dict(self._indexes), self.version
        return world

    # Reading

    def all(self, kind: str) -> Iterator[Entry]:
        """The entries of a kind."""
        return iter(tuple(self._entries[kind].values()))

    def get(self, kind: str, id_: int) -> Entry | None:
        """An entry; None if there is none."""
        return self._entries[kind].get(id_)

    def people(self, rows: list[dict[str, Any]]) -> Iterator[tuple[Entry, dict[str, Any]]]:
        """The people of credits, each with the credit, without those who were removed."""
        known = self._entries["person"]
        return ((known[row["id"]], row) for row in rows if row["id"] in known)

    def changes(self, kind: str, id_: int) -> tuple[ChangeRecord, ...]:
        """The changes of an entry, the latest last."""
        return self._changes.get((kind, id_), ())

    def changed(self, kind: str) -> Iterator[tuple[int, tuple[ChangeRecord, ...]]]:
        """The ids of a kind with their changes, removed entries among them."""
        return ((id_, records) for (one, id_), records in tuple(self._changes.items()) if one == kind)

    def index(self, build: Callable[[World], T]) -> T:
        """What `build` makes of the world; made again only after a change."""
        if build not in self._indexes:
            self._indexes[build] = build(self)
        index: T = self._indexes[build]
        return index

    # Writing

    def put(self, kind: str, entry: Entry, *, now: datetime) -> None:
        """Add an entry, or replace one, and record the change."""
        before = self._entries[kind].get(entry["id"])
        self._entries[kind][entry["id"]] = entry
        if kind in ("movie", "tv", "person"):
            records = _first_changes(kind, entry, now) if before is None else tuple(_differences(before, entry, now))
            self._changes[kind, entry["id"]] = self.changes(kind, entry["id"]) + records
        for id_ in self._new_people:
            if ("person", id_) not in self._changes:
                self._changes["person", id_] = _first_changes("person", self._entries["person"][id_], now)
        self._new_people.clear()
        self._touch()

    def remove(self, kind: str, id_: int, *, now: datetime) -> bool:
        """Remove an entry. Returns whether there was one."""
        if self._entries[kind].pop(id_, None) is None:
            return False
        self._changes[kind, id_] = (*self.changes(kind, id_), ChangeRecord(now, "general", "deleted"))
        self._touch()
        return True

    def new_id(self, kind: str) -> int:
        """An id that no entry has."""
        return max(FIRST_NEW_ID, *self._entries[kind], 0) + 1

    def _touch(self) -> None:
        self._indexes.clear()
        self.version += 1

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Take back what was added, if an error occurs."""
        before = self.copy()
        try:
            yield
        except BaseException:
            self._entries, self.providers, self._changes = before._entries, before.providers, before._changes
            self._new_people.clear()
            self._touch()
            raise

    # Names: what titles name is there, or is added

    def _named(self, kind: str, name: str) -> Entry:
        index = self.index(_ids_by_name)
        key = (kind, name.casefold())
        if key not in index:
            entry: Entry = {"id": self.new_id(kind), "name": name}
            build: Any = {"person": entries.person, "collection": entries.collection, "company": entries.company, "network": entries.network}.get(kind)
            self._entries[kind][entry["id"]] = build(entry) if build else entry
            index[key] = entry["id"]
            if kind == "person":
                self._new_people.append(entry["id"])
            self.version += 1
        return self._entries[kind][index[key]]

    def person_id(self, name: str, *, department: str | None) -> int:
        """The id of a person, who is added if the world does not know the name."""
        found = self._named("person", name)
        if department and found["known_for_department"] is None:
            self._entries["person"][found["id"]] = {**found, "known_for_department": department}
        return int(found["id"])

    def genre(self, kind: str, name: str) -> dict[str, Any]:
        """A genre by its name.

        Raises:
            ValueError: TMDB has no such genre.
        """
        for one in self.genres[kind]:
            if name.casefold() == one["name"].casefold():
                return {"id": one["id"], "name": one["name"]}
        raise ValueError(f"genres must be among {', '.join(one['name'] for one in self.genres[kind])}; not {name!r}")

    def keyword(self, name: str) -> dict[str, Any]:
        """A keyword by its name."""
        return _summary(self._named("keyword", name), "id", "name")

    def summary_of_company(self, name: str) -> dict[str, Any]:
        """A company by its name."""
        return _summary(self._named("company", name), "id", "logo_path", "name", "origin_country")

    def summary_of_network(self, name: str) -> dict[str, Any]:
        """A network by its name."""
        return _summary(self._named("network", name), "id", "logo_path", "name", "origin_country")

    def summary_of_collection(self, name: str) -> dict[str, Any]:
        """A collection by its name."""
        return _summary(self._named("collection", name), "id", "name", "poster_path", "backdrop_path")

    def offer(self, name: str, country: str) -> dict[str, Any]:
        """A watch provider by its name, as titles list it."""
        if name not in self.providers:
            self.providers[name] = {"id": max((one["id"] for one in self.providers.values()), default=0) + 1, "name": name, "priorities": {}}
        provider = self.providers[name]
        return {
            "logo_path": image_path("logo", "provider", provider["id"]).replace(".png", ".jpg"),
            "provider_id": provider["id"],
            "provider_name": name,
            "display_priority": provider["priorities"].get(country, 99),
        }

    def language(self, code: str) -> dict[str, Any]:
        """A language by its ISO 639-1 code."""
        known = next((one for one in self.configuration.get("languages", ()) if one["iso_639_1"] == code), None)
        return known or {"english_name": code, "iso_639_1": code, "name": ""}

    def production_country(self, code: str) -> dict[str, Any]:
        """A country by its ISO 3166-1 code."""
        known = next((one for one in self.configuration.get("countries", ()) if one["iso_3166_1"] == code), None)
        return {"iso_3166_1": code, "name": known["english_name"] if known else code}

    def department(self, job: str) -> str:
        """The department of a job."""
        return next((one["department"] for one in self.configuration.get("jobs", ()) if job in one["jobs"]), "Crew")

    # Credits

    @property
    def credits(self) -> dict[str, CreditRecord]:
        """Every credit, by its id."""
        return self.index(_credits)

    def credits_of(self, person_id: int) -> list[CreditRecord]:
        """The credits of a person."""
        return self.index(_credits_by_person).get(person_id, [])


@cache
def _packaged() -> World:
    content = files("tmdbkit.testing").joinpath("world", "world.json").read_bytes()
    return World.from_facts(msgspec.json.decode(content), now=datetime.now(UTC))


def seasons_of(series: Entry) -> list[Entry]:
    """The seasons of a series, by number."""
    found = [value for key, value in series.items() if key.startswith("season/")]
    return sorted(found, key=lambda season: int(season["season_number"]))


def _summary(entry: Entry, *keys: str) -> dict[str, Any]:
    return {key: entry.get(key) for key in keys}


def _ids_by_name(world: World) -> dict[tuple[str, str], int]:
    kinds = ("person", "collection", "company", "network", "keyword")
    return {(kind, entry["name"].casefold()): entry["id"] for kind in kinds for entry in reversed(list(world.all(kind)))}


def _credits(world: World) -> dict[str, CreditRecord]:
    found: dict[str, CreditRecord] = {}
    for kind in ("movie", "tv"):
        for entry in world.all(kind):
            for type_ in ("cast", "crew"):
                for credit in entry["credits"][type_]:
                    episodes = tuple(_regular_episodes(entry)) if kind == "tv" else ()
                    found[credit["credit_id"]] = CreditRecord(credit["credit_id"], kind, entry, credit, type_, episodes)
            for credit in entry.get("created_by", ()):
                creator = {**credit, "department": "Creator", "job": "Creator"}
                found[credit["credit_id"]] = CreditRecord(credit["credit_id"], kind, entry, creator, "creator")
            for season in seasons_of(entry):
                for episode in season["episodes"]:
                    for type_, credits_ in (("cast", episode["guest_stars"]), ("crew", episode["crew"])):
                        for credit in credits_:
                            found.setdefault(credit["credit_id"], CreditRecord(credit["credit_id"], kind, entry, credit, type_, (episode,)))
    return found


def _regular_episodes(series: Entry) -> Iterator[Entry]:
    return (episode for season in seasons_of(series) if season["season_number"] for episode in season["episodes"])


def _credits_by_person(world: World) -> dict[int, list[CreditRecord]]:
    found: dict[int, list[CreditRecord]] = defaultdict(list)
    for record in world.credits.values():
        found[record.credit["id"]].append(record)
    return dict(found)


def _first_changes(kind: str, entry: Entry, now: datetime) -> tuple[ChangeRecord, ...]:
    name = "title" if kind == "movie" else "name"
    return (ChangeRecord(now.replace(microsecond=0), name, "added", entry[name]),)


def _differences(before: Entry, after: Entry, now: datetime) -> Iterator[ChangeRecord]:
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) != after.get(key):
            value, original = after.get(key), before.get(key)
            if isinstance(value, (dict, list)) or isinstance(original, (dict, list)):
                value = original = None
            yield ChangeRecord(now.replace(microsecond=0), key.replace("/", "_"), "updated", value, original)
