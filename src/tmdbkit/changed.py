"""Changes over any range of days: which ids changed, and what changed of one entry. The requests are planned sans-IO, and both clients only send them."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Generator, Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, Unpack, cast, get_args

import attrs

from . import clock
from .runtime.checks import checked_day
from .runtime.errors import InvalidArgumentError
from .runtime.models import advance, models_in
from .runtime.options import CallOptions, HeldOptions, forget
from .runtime.paging import MOST_PAGES, IncompleteWarning

if TYPE_CHECKING:
    from tmdb_openapi.models.change import Change
    from tmdb_openapi.models.change_item import ChangeItem
    from tmdb_openapi.models.changed_page import ChangedPage
    from tmdb_openapi.models.changes import Changes
    from tmdb_openapi.resources import AsyncResources, Resources

__all__ = ["AsyncChangeCalls", "AsyncChangedIDs", "ChangeCalls", "ChangedID", "ChangedIDs"]

ChangedKind: TypeAlias = Literal["movie", "tv", "person"]
HistoryKind: TypeAlias = Literal["movie", "tv", "person", "season", "episode"]
KindT = TypeVar("KindT", bound=str)

WINDOW = timedelta(days=14)
DAY = timedelta(days=1)
KINDS: tuple[ChangedKind, ...] = get_args(ChangedKind)
"""The methods of `tmdb.changes`."""
OF_AN_ENTRY = {"movie": "movies", "tv": "tv_series", "person": "people", "season": "tv_seasons", "episode": "tv_episodes"}
"""The resources with a method `changes`."""


@attrs.frozen
class ChangedID:
    """An entry that changed.

    Attributes:
        id: Its id. TMDB may have removed it since: its details are a `NotFoundError` then.
        day: The latest day on which it changed, in UTC.
        adult: Whether TMDB classifies it as pornography; None for some entries, most of them removed ones.
    """

    id: int
    day: date
    adult: bool | None


def _checked_days(since: date | str, until: date | str | None) -> tuple[date, date]:
    """The first day and the last one, by default today, in UTC.

    Raises:
        InvalidArgumentError: A day is none, or in the future, or the last one is before the first.
    """
    today = clock.now().date()
    first, last = checked_day("since", since), today if until is None else checked_day("until", until)
    for name, day in (("since", first), ("until", last)):
        if day > today:
            raise InvalidArgumentError(f"{name} must not be in the future; today, in UTC, is {today}, not {day}")
    if last < first:
        raise InvalidArgumentError(f"until must not be before since; not {last} before {first}")
    return first, last


class _Reading:
    """The state of one reading of changed ids.

    Attributes:
        next_day: Everything before this day is done: a later reading starts here.
        complete: Whether TMDB had all ids of each day within its 500 pages; None before the end.
    """

    complete: bool | None = None

    def __init__(self, kind: ChangedKind, first: date, last: date) -> None:
        self.kind, self.first, self.last = kind, first, last
        self.next_day = first

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.kind} from {self.first} to {self.last}>"

    def _plan(self) -> Generator[dict[str, Any], ChangedPage, list[ChangedID]]:
        """Yield the arguments of each request, take its page, and return the ids, those of the earliest day first.

        A request asks for a single day: TMDB's list has no days, and that of some days can have more than its 500 pages.
        """
        self.next_day, self.complete, complete = self.first, None, True
        self._today = clock.now().date()
        latest: dict[int, ChangedID] = {}
        day = self.first
        while day <= self.last:
            number = pages = 1
            while number <= pages:
                page = yield {"start_date": day, "end_date": day, "page": number}
                for row in models_in(page, "results", required=True):
                    if row.id.__class__ is not int:
                        complete = False
                        continue
                    latest.pop(row.id, None)
                    latest[row.id] = ChangedID(row.id, day, row.adult)
                total = page.total_pages if page.total_pages.__class__ is int else None
                pages, number = min(pages if total is None else total, MOST_PAGES), number + 1
                complete &= total is not None and total <= MOST_PAGES
            day += DAY
        if not complete:
            text = f"ids are missing: TMDB sends {MOST_PAGES} pages of the changes of a day only, or a page did not match the spec"
            warnings.warn(text, IncompleteWarning, stacklevel=4)  # the loop of the caller, over the iterator and `advance`
        self.complete = complete
        return list(latest.values())

    def _finish(self) -> None:
        """Note that all ids were taken. Today goes on, so that a later reading starts with it again."""
        self.next_day = min(self.last + DAY, self._today)


class ChangedIDs(_Reading):
    """The ids that changed in a range of days: iterate over it. Each comes once, with its latest day, the earliest day first.

    Attributes:
        next_day: The first day that is not done yet: store it, and start there after an interruption. While an id is in hand, it is the id's day; at the end,
            the day after the range, or today, which goes on.
        complete: At the end, whether all were seen: TMDB sends 500 pages of 100 ids for a day. If not, there is an `IncompleteWarning`.
    """

    def __init__(self, fetch: Callable[..., ChangedPage], kind: ChangedKind, first: date, last: date) -> None:
        super().__init__(kind, first, last)
        self._fetch = fetch

    def __iter__(self) -> Iterator[ChangedID]:
        plan = self._plan()
        arguments = next(plan)
        try:
            while True:
                arguments = advance(plan, self._fetch(**arguments))
        except StopIteration as end:
            found = cast("list[ChangedID]", end.value)
        for changed in found:
            self.next_day = changed.day
            yield changed
        self._finish()


class AsyncChangedIDs(_Reading):
    """The ids that changed in a range of days, as `ChangedIDs`, for `async for`."""

    def __init__(self, fetch: Callable[..., Awaitable[ChangedPage]], kind: ChangedKind, first: date, last: date) -> None:
        super().__init__(kind, first, last)
        self._fetch = fetch

    async def __aiter__(self) -> AsyncIterator[ChangedID]:
        plan = self._plan()
        arguments = next(plan)
        try:
            while True:
                arguments = advance(plan, await self._fetch(**arguments))
        except StopIteration as end:
            found = cast("list[ChangedID]", end.value)
        for changed in found:
            self.next_day = changed.day
            yield changed
        self._finish()


def _history_plan(since: date | str, until: date | str | None) -> Generator[dict[str, Any], Changes, list[Change]]:
    """Yield the arguments of each request for the changes of an entry, take the response, and return the changes by field.

    Windows share a day, and an edit that comes twice counts once.
    """
    first, last = _checked_days(since, until)
    fields: dict[str, Change] = {}
    items: dict[str, dict[str, ChangeItem]] = {}
    start = first
    while True:
        end = min(start + WINDOW, last)
        response = yield {"start_date": start, "end_date": end}
        for change in models_in(response, "changes", required=True):
            if isinstance(change.key, str):
                fields.setdefault(change.key, change)
                items.setdefault(change.key, {}).update({str(item.id): item for item in models_in(change, "items")})
        if end == last:
            break
        start = end
    return [attrs.evolve(change, items=sorted(items[key].values(), key=lambda item: str(item.time))) for key, change in fields.items()]


def _checked_kind(kind: KindT, kinds: Collection[str]) -> KindT:
    if kind.__class__ is not str or kind not in kinds:
        raise InvalidArgumentError(f"kind must be one of {', '.join(map(repr, kinds))}; not {kind!r}")
    return kind


class ChangeCalls:
    """Changes over any range of days."""

    def changed(self, kind: ChangedKind, since: date | str, until: date | str | None = None, **options: Unpack[CallOptions]) -> ChangedIDs:
        """Iterate over the ids that changed in a range of days, each once, with its latest day.

        It takes a request for each day and 100 ids, all of them before the first id, which may have changed again on the last day.

            changes = tmdb.changed("movie", since=date.today() - timedelta(days=3))
            for changed in changes:
                print("update", changed.id, "and store", changes.next_day)
            print("store", changes.next_day)

        Args:
            kind: `movie`, `tv` or `person`.
            since: The first day, a date or `YYYY-MM-DD`. TMDB's days are those of UTC.
            until: The last day; by default today.
            **options: The options of each request: see `CallOptions`.

        Returns:
            The ids, the earliest day first. Its `next_day` is where to start the next time.

        Raises:
            InvalidArgumentError: A day is in the future, or the last is before the first; nothing was sent.
            TMDBError: While it iterates: any other failure, by the classes of `tmdbkit.errors`.

        Endpoint: `GET /3/movie/changes`, `GET /3/tv/changes`, `GET /3/person/changes`
        """
        tmdb, held = cast("Resources", self), HeldOptions(options)

        def fetch(**arguments: Any) -> ChangedPage:
            method: Callable[..., ChangedPage] = getattr(tmdb.changes, kind)
            return method(**arguments, **held.copy())

        try:
            return ChangedIDs(fetch, _checked_kind(kind, KINDS), *_checked_days(since, until))
        finally:
            forget(options)  # they may contain a credential, which an error report with local variables would show

    def change_history(
        self,
        kind: HistoryKind,
        entry_id: int,
        since: date | str,
        until: date | str | None = None,
        **options: Unpack[CallOptions],
    ) -> list[Change]:
        """Get the changes of one entry in a range of days, however long. It takes a request for each 14 days.

        Args:
            kind: `movie`, `tv`, `person`, `season` or `episode`.
            entry_id: The id; that of a season or an episode is its own, not its number.
            since: The first day, a date or `YYYY-MM-DD`.
            until: The last day; by default today, in UTC.
            **options: The options of each request: see `CallOptions`.

        Returns:
            The changes by field, each with all its edits, the earliest first.

        Raises:
            InvalidArgumentError: A day is in the future, or the last is before the first; nothing was sent.
            NotFoundError: There is no such entry.
            TMDBError: Any other failure, by the classes of `tmdbkit.errors`.

        Endpoint: `GET /3/movie/{movie_id}/changes` and so on
        """
        try:
            plan = _history_plan(since, until)
            method: Callable[..., Changes] = getattr(self, OF_AN_ENTRY[_checked_kind(kind, OF_AN_ENTRY)]).changes
            arguments = next(plan)
            while True:
                arguments = advance(plan, method(entry_id, **arguments, **options))
        except StopIteration as end:
            return cast("list[Change]", end.value)
        finally:
            forget(options)


class AsyncChangeCalls:
    """Changes over any range of days, for asynchronous clients."""

    def changed(self, kind: ChangedKind, since: date | str, until: date | str | None = None, **options: Unpack[CallOptions]) -> AsyncChangedIDs:
        """Iterate over the ids that changed in a range of days, with `async for`, as `TMDB.changed` does."""
        tmdb, held = cast("AsyncResources", self), HeldOptions(options)

        async def fetch(**arguments: Any) -> ChangedPage:
            method: Callable[..., Awaitable[ChangedPage]] = getattr(tmdb.changes, kind)
            return await method(**arguments, **held.copy())

        try:
            return AsyncChangedIDs(fetch, _checked_kind(kind, KINDS), *_checked_days(since, until))
        finally:
            forget(options)  # they may contain a credential, which an error report with local variables would show

    async def change_history(
        self,
        kind: HistoryKind,
        entry_id: int,
        since: date | str,
        until: date | str | None = None,
        **options: Unpack[CallOptions],
    ) -> list[Change]:
        """Get the changes of one entry in a range of days, as `TMDB.change_history` does."""
        try:
            plan = _history_plan(since, until)
            method: Callable[..., Awaitable[Changes]] = getattr(self, OF_AN_ENTRY[_checked_kind(kind, OF_AN_ENTRY)]).changes
            arguments = next(plan)
            while True:
                arguments = advance(plan, await method(entry_id, **arguments, **options))
        except StopIteration as end:
            return cast("list[Change]", end.value)
        finally:
            forget(options)
