"""`tmdb.paginate`: the rows of all pages of a list.

    for movie in tmdb.paginate(tmdb.discover.movie, with_genres=[28]).take(100):
        print(movie.title)

Which pages to request, and which rows are new, is decided in one place (`_Walk`), sans-IO; the iterators only send and wait.
"""

from __future__ import annotations

import copy
import inspect
import warnings
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from math import inf
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Self, TypeVar

from .bound_call import BoundCall
from .runtime.checks import check_number
from .runtime.errors import InvalidArgumentError
from .runtime.models import Page, rows_of
from .runtime.paging import MOST_PAGES, DateFilter, IncompleteWarning, dates_of, is_unpaged
from .runtime.resources import AsyncResource, Resource
from .runtime.types import date_from_text
from .runtime.unions import UnknownRowBase

if TYPE_CHECKING:
    from asyncio import Task

__all__ = ["AsyncPageView", "AsyncPaginator", "PageView", "Paginator"]

T = TypeVar("T")
RowT = TypeVar("RowT")
PageT = TypeVar("PageT", bound=Page[Any], covariant=True)  # noqa: PLC0105 - it is that of any method

MOST_DIGITS = 18
USUAL_SIZE = 20
"""The rows of a page of most lists."""
PAGES_AHEAD = 4
MOST_AHEAD = 50
EARLIEST = date(1870, 1, 1).toordinal()
"""The day before which hardly anything was made."""
DAYS_TO_COME = timedelta(days=3 * 365)
"""The time after which hardly anything is announced."""


_ID = attrgetter("id")
_IDS = {int, str}


class _Window(NamedTuple):
    """A range of days, as ordinals; None at an open end."""

    first: int | None
    last: int | None

    def halves(self) -> tuple[_Window, _Window] | None:
        """The older and the newer half; None for a single day."""
        first, last = self.first or date.min.toordinal(), self.last or date.max.toordinal()
        if first >= last:
            return None
        middle = (first + last) // 2
        return _Window(self.first, middle), _Window(middle + 1, self.last)

    def is_apart_from(self, other: _Window) -> bool:
        """Whether the ranges have no day in common."""
        return any(one.last is not None and two.first is not None and one.last < two.first for one, two in ((self, other), (other, self)))

    def __str__(self) -> str:
        first, last = (date.fromordinal(day).isoformat() if day else "" for day in self)
        return first if first == last else f"{first} to {last}"


class _Step(NamedTuple):
    """A request for a page: of the whole list, or of a window of it."""

    page: int
    window: _Window | None


class _Options(NamedTuple):
    """The options of a paginator."""

    most_rows: int | None = None
    keeps_duplicates: bool = False
    is_beyond_500: bool = False
    pages_ahead: int = PAGES_AHEAD


class _Call(BoundCall):
    """The call of a method that returns pages."""

    def __init__(self, method: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        super().__init__(method, args, kwargs)
        self.dates = dates_of(self.function)
        parameters = _bound(self.function, self.name, self.positional, self.named)
        if is_unpaged(self.function) or (parameters is not None and not _takes_page(self.function, parameters)):
            raise InvalidArgumentError(f"{self.name} has no pages: call it, and iterate over the response")
        page = self.named.get("page")
        if isinstance(page, str) and page.isascii() and page.isdecimal() and len(page) < MOST_DIGITS:
            page = int(page)
        self.start: int = 1 if page is None else _checked_count("page", page, 1, MOST_PAGES)

    def __call__(self, step: _Step) -> Any:
        return self.function(*self.positional, **self._arguments(step))

    def get(self, name: str | None) -> Any:
        """An argument by name; None without it."""
        return self.named.get(name) if name else None

    def _arguments(self, step: _Step) -> dict[str, Any]:
        days: dict[str, Any] = {}
        if step.window and self.dates:
            days = {name: date.fromordinal(day) for name, day in zip(self.dates[:2], step.window, strict=True) if day}
            days |= {self.dates.undated: False} if self.get(self.dates.undated) else {}  # type: ignore[dict-item]
        return {**self.named, **days, "page": step.page}


def _bound(method: Callable[..., Any], name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Mapping[str, inspect.Parameter] | None:
    """The parameters of a method; None if they are not known."""
    if not callable(method):
        raise InvalidArgumentError(f"paginate takes a method that returns a page, such as tmdb.movies.popular; not {name}")
    try:
        signature = inspect.signature(method)
    except ValueError:
        return None
    problem = ""
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        problem = str(error)
    if problem:  # raised here, outside the handler, as the frames of `bind` contain the arguments
        raise TypeError(f"{name}: {problem}")
    return signature.parameters


def _takes_page(method: Callable[..., Any], parameters: Mapping[str, inspect.Parameter]) -> bool:
    if "page" in parameters or isinstance(getattr(method, "__self__", None), (Resource, AsyncResource)):
        return "page" in parameters
    return any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())


class _Walk:
    """One iteration: which page to request next, and which rows of a response are new.

    Responses come in the order of the requests. A list that does not fit into the pages that TMDB serves is cut into windows of days, and these into halves,
    until each fits.

    Args:
        call: The method and its arguments.
        options: The options of the paginator.
    """

    def __init__(self, call: _Call, options: _Options) -> None:
        self._call, self._options = call, options
        self._window: _Window | None = None
        self._windows: list[_Window] = []
        self._number, self._last = call.start - 1, 0
        self._is_probing, self._in_flight, self._page_size = False, 0, 0
        self._is_known, self._is_truncated = False, False
        self._seen: dict[Any, set[Any]] = {}
        self._rows = 0
        self._total: int | None = None
        self._counted = 0
        self._results, self._removed = 0, 0
        self._too_full: list[str] = []
        self._with_all: _Window | None = None
        self._unsound: list[int] = []
        self.without_date: int | None = None
        self.expected: tuple[int, int] | None = None

    def next(self) -> _Step | None:
        """The page to request next; None if there is none, or if that depends on a response."""
        if self._is_enough():
            return None
        if not self._is_known:
            if self._is_probing:
                return None
            self._is_probing = True
        elif self._number >= self._last:
            if not self._windows:
                return None
            self._window, self._number = self._windows.pop(), 0
            self._is_known, self._is_probing = False, True
        self._number += 1
        self._in_flight += 1
        return _Step(self._number, self._window)

    def _is_enough(self) -> bool:
        most = self._options.most_rows
        return most is not None and self._rows + self._in_flight * self._page_size >= most

    def feed(self, step: _Step, page: Page[RowT]) -> list[RowT] | None:
        """Take a response, and return its new rows; None if windows take its place."""
        if not _is_page(page):
            raise InvalidArgumentError(f"paginate takes a method that returns a page, such as tmdb.movies.popular; {self._call.name} returned no page")
        self._in_flight -= 1
        pages, results = _count(page.total_pages), _count(page.total_results)
        rows = rows_of(page)
        self._page_size = max(self._page_size, len(rows))
        if not _is_sound(page, step.page, len(rows)):
            self._unsound.append(step.page)
        if step.window == self._window:
            if page.total_results.__class__ is int:
                self._removed += max(self._results - results, 0) if self._is_known else 0
                self._results = results
            is_first, self._is_known, self._is_probing = not self._is_known, True, False
            self._last = min(pages, MOST_PAGES)
            if is_first:
                if self.expected is None:
                    self.expected = self._expectation(pages, results, len(rows))
                if self._has_no_filter(results):
                    self._windows.clear()
                    self._last = self._number
                    self._too_full.append(f"{self._window} has as many results as all days")
                elif pages > MOST_PAGES and self._cut(results):
                    return None
                self._counted += results
                if pages > MOST_PAGES:
                    self._too_full.append(f"{self._window or 'the list'} has {results:,} results")
        return self._new(rows)

    def _new(self, rows: list[RowT]) -> list[RowT]:
        if not self._options.keeps_duplicates:
            rows = self._distinct(rows)
        most = self._options.most_rows
        if most is not None and self._rows + len(rows) > most:
            rows, self._is_truncated = rows[: most - self._rows], True
        self._rows += len(rows)
        return rows

    def _distinct(self, rows: list[RowT]) -> list[RowT]:
        """The rows that have not come before. Rows are the same if they are of one kind and have the same id; those without an id are all different."""
        seen, new = self._seen, []
        with suppress(AttributeError, TypeError, ValueError):  # mostly all are of one kind, and new
            (kind,) = {*map(type, rows)}
            numbers = [*map(_ID, rows)]
            ids = seen.setdefault(kind, set())
            if {*map(type, numbers)} <= _IDS and len(distinct := set(numbers)) == len(rows) and ids.isdisjoint(distinct):
                ids |= distinct
                return rows
        for row in rows:
            kind, number = row.__class__, getattr(row, "id", None)
            if isinstance(row, UnknownRowBase):
                kind, number = row.media_type, row.data.get("id")  # type: ignore[assignment]
            ids = seen.setdefault(kind, set())
            if number.__class__ is not int and number.__class__ is not str:
                new.append(row)
            elif number not in ids:
                ids.add(number)
                new.append(row)
        return new

    def _expectation(self, pages: int, results: int, came: int) -> tuple[int, int]:
        """How many rows and pages are to be expected. A page may have a row more or less than others; the totals say how many they have in general."""
        size = min(max(came, -(-results // pages)), (results - 1) // (pages - 1) if pages > 1 else results) if pages > 0 else 0
        before = (self._call.start - 1) * size
        rows, numbers = max(results - before, 0), max(pages - self._call.start + 1, 0)
        if not self._options.is_beyond_500:
            numbers = min(numbers, MOST_PAGES - self._call.start + 1)
            rows = min(rows, numbers * size)
        most = self._options.most_rows
        return (rows, numbers) if most is None else (min(rows, most), min(numbers, -(-most // size) if size else 0))

    # Windows of days

    def _cut(self, results: int) -> bool:
        """Cut the current window, or the whole list; return False if it cannot be cut."""
        dates = self._call.dates
        if not self._options.is_beyond_500 or dates is None:
            return False
        if self._window is None:
            self._total = results
            windows = self._first_windows(dates)
        elif halves := self._window.halves():
            windows = [*halves]
        else:
            return False
        oldest_first = self._call.get("sort_by") == f"{dates.first.removesuffix('_gte')}.asc"
        self._windows += reversed(windows) if oldest_first else windows
        self._last = self._number  # no more pages of this one
        return True

    def _has_no_filter(self, results: int) -> bool:
        """Whether the filter by days has no effect: two windows without a common day have everything each."""
        if self._window is None or self._total is None or results < self._total:
            return False
        other, self._with_all = self._with_all, self._window
        return other is not None and self._window.is_apart_from(other)

    def _first_windows(self, dates: DateFilter) -> list[_Window]:
        """The whole range of days: the years of films, and the times before and after it; or the range that the caller's filters allow."""
        first, last = (_ordinal(self._call.get(name)) for name in dates[:2])
        today = datetime.now().astimezone().date()
        bounds = [day for day in (EARLIEST, (today + DAYS_TO_COME).toordinal()) if (first or 0) < day <= (last or date.max.toordinal())]
        starts: list[int | None] = [first, *bounds]
        return [_Window(start, end) for start, end in zip(starts, [*(day - 1 for day in bounds), last], strict=True)]

    def end(self) -> bool:
        """End: count the rows without a date, and return whether all rows were seen."""
        if not self._is_known or self._number < self._last or self._windows or self._is_truncated:
            self._too_full.clear()  # the caller asked for less
            self._unsound.clear()
            self._removed = 0
            return False
        self.without_date = 0
        if self._total is not None and self._call.dates:
            first, last, undated = self._call.dates
            if self._call.get(undated) or not (self._call.get(first) or self._call.get(last)):
                self.without_date = max(self._total - self._counted, 0)
        return not (self._too_full or self._unsound or self._removed or self.without_date)

    def warn(self, *, stacklevel: int) -> None:
        """Warn if the list ended before all rows were seen."""
        problems = [*self._too_full[:3], *(["…"] if len(self._too_full) > 3 else [])]
        texts = [f"TMDB serves {MOST_PAGES} pages of a list only, and {', '.join(problems)}: use narrower filters"] if problems else []
        if texts and not self._options.is_beyond_500:
            texts[0] += ", .beyond_500() of discover.movie and discover.tv, or the daily id exports"
        elif texts:
            texts[0] += ", or the daily id exports"
        if self._unsound:
            texts.append(f"page {self._unsound[0]:,} is not what was asked for, or contradicts itself: rows may be missing")
        if self._removed:
            texts.append(f"results left the list while it was read ({self._removed:,}), so that others may have moved to pages that were read before")
        if self.without_date:
            texts.append(f"{self.without_date:,} results without a date are in no window of days; the daily id exports have them")
        if texts:
            warnings.warn(f"{self._call.name} is incomplete: {'. '.join(texts)}", IncompleteWarning, stacklevel=stacklevel + 1)


def _is_page(response: object) -> bool:
    return isinstance(response, Page)


def _is_sound(page: Page[Any], number: int, rows: int) -> bool:
    """Whether a page is the one that was asked for, and its numbers fit its rows: without that, a list may have more rows than came."""
    pages, results = page.total_pages, page.total_results
    if not isinstance(getattr(page, page.__rows__), list) or pages.__class__ is not int:
        return False
    if page.page.__class__ is int and page.page != number:
        return False
    if number == 1 and results.__class__ is int and results > pages * max(USUAL_SIZE, rows * 5 // 4):  # pages may have a few rows less than others
        return False
    return number <= pages if rows else number >= pages


def _count(number: object) -> int:
    """A number of a page; 0 if the page has drifted."""
    return max(number, 0) if isinstance(number, int) else 0


def _ordinal(day: Any) -> int | None:
    if isinstance(day, str):
        day = date_from_text(day)
    return day.toordinal() if isinstance(day, date) else None


class _Paginated(Generic[PageT]):
    """The options and the state of a paginator.

    Args:
        method: A method that returns a page.
        args: Its arguments.
        kwargs: Its arguments by name; `page` is the first page to request.

    Raises:
        InvalidArgumentError: The method has no pages.
        TypeError: An argument is missing.
    """

    def __init__(self, method: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        self._call = _Call(method, args, kwargs)
        self._call.check_kind(asynchronous=isinstance(self, AsyncPaginator))
        self._options = _Options()
        self._reset()

    def _reset(self) -> None:
        self._loaded: Any = None
        self._expected: tuple[int, int] | None = None
        self._complete = False
        self._without_date: int | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._call.name}>"

    def _with(self, **options: Any) -> Self:
        other = copy.copy(self)
        other._options = self._options._replace(**options)
        other._reset()
        return other

    def take(self, rows: int) -> Self:
        """End after a number of rows.

        Args:
            rows: The number, 0 or more. No page is requested that they do not need.

        Returns:
            A paginator with this option.

        Raises:
            InvalidArgumentError: It is no such number.
        """
        return self._with(most_rows=_checked_count("rows", rows, 0))

    def with_duplicates(self) -> Self:
        """Keep rows that come twice. Lists change while they are read, and a row that moves to the next page comes again; by default it comes once.

        Returns:
            A paginator with this option.
        """
        return self._with(keeps_duplicates=True)

    def beyond_500(self) -> Self:
        """Get more than the 500 pages (10,000 results) that TMDB serves of a list, in windows of days that fit: `discover.movie` and `discover.tv`.

        Windows come newest first, or oldest first if `sort_by` says so; `sort_by` orders the rows in each. The filters of the call stay, its days among them.
        Rows without a date are in no window: `without_date` counts them. If a single day has more than 500 pages, its first 500 come.

        Returns:
            A paginator with this option.

        Raises:
            InvalidArgumentError: The rows of the method cannot be filtered by their date, or `page` is given.
        """
        if self._call.dates is None:
            raise InvalidArgumentError(f"beyond_500 is for discover.movie and discover.tv, whose rows have a date to filter by; not for {self._call.name}")
        if self._call.start != 1:
            raise InvalidArgumentError("beyond_500 begins with the first page: windows of days have pages of their own")
        return self._with(is_beyond_500=True)

    @property
    def complete(self) -> bool:
        """Whether the last iteration has ended, and all rows from the start page on were seen. Of trending and searched people, TMDB counts 10,000 at most."""
        return self._complete

    @property
    def without_date(self) -> int | None:
        """The number of results that `beyond_500` misses because they have no date: about, as lists change while they are read. None before the end."""
        return self._without_date

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        return self._known()[0]

    def __length_hint__(self) -> int:
        return len(self)

    def _known(self) -> tuple[int, int]:
        """The expected numbers of rows and pages.

        Raises:
            TypeError: They are not known.
        """
        raise NotImplementedError

    def _begin(self) -> tuple[_Walk, Any]:
        """Begin an iteration: return its state, and the first page if it is loaded."""
        self._complete, self._without_date = False, None
        loaded, self._loaded = self._loaded, None
        return _Walk(self._call, self._options), loaded

    def _load(self, page: Any) -> None:
        """Keep the first page for the next iteration."""
        walk = _Walk(self._call, self._options)
        walk.feed(_Step(self._call.start, None), page)
        self._loaded, self._expected = page, walk.expected

    def _end(self, walk: _Walk, *, stacklevel: int) -> None:
        self._complete = walk.end()
        self._without_date = walk.without_date
        walk.warn(stacklevel=stacklevel + 1)


class Paginator(_Paginated[PageT]):
    """The rows of all pages of a list: iterate over it. Each iteration requests the pages again.

    `len` is the number of rows to expect, from the first page, which it requests: so `tqdm(paginator)` has a total. It can be off by a few rows, because
    lists change while they are read. `tmdb.paginate` makes it.
    """

    def __iter__(self: Paginator[Page[RowT]]) -> Iterator[RowT]:
        for _, rows in self._read():
            yield from rows

    def pages(self) -> PageView[PageT]:
        """The pages in place of their rows, as they came, duplicates included."""
        return PageView(self)

    def _pages(self) -> Iterator[PageT]:
        for page, _ in self._read():
            yield page

    def _read(self) -> Iterator[tuple[Any, list[Any]]]:
        """The pages, each with its new rows."""
        walk, loaded = self._begin()
        while (step := walk.next()) is not None:
            page, loaded = self._call(step) if loaded is None else loaded, None
            rows = walk.feed(step, page)
            self._expected = walk.expected
            if rows is not None:
                yield page, rows
        self._end(walk, stacklevel=3)

    def _known(self) -> tuple[int, int]:
        if self._options.most_rows == 0:
            return 0, 0
        if self._expected is None:
            self._load(self._call(_Step(self._call.start, None)))
        return self._expected or (0, 0)


class PageView(Generic[PageT]):
    """The pages of a list: iterate over it. `len` is the number of pages to expect."""

    def __init__(self, paginator: Paginator[PageT]) -> None:
        self._paginator = paginator

    def __repr__(self) -> str:
        return f"<pages of {self._paginator!r}>"

    def __iter__(self) -> Iterator[PageT]:
        return self._paginator._pages()

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        return self._paginator._known()[1]

    @property
    def complete(self) -> bool:
        """Whether the last iteration has ended, and all pages from the start page on were seen."""
        return self._paginator.complete


class AsyncPaginator(_Paginated[PageT]):
    """The rows of all pages of a list: iterate over it with `async for`. It requests a few pages ahead, and rows come in order.

    `len` is the number of rows to expect, once the first page has come: `tqdm.asyncio.tqdm(await paginator.counted())`. `tmdb.paginate` makes it.
    """

    def __aiter__(self: AsyncPaginator[Page[RowT]]) -> AsyncIterator[RowT]:
        return _ReadAhead(self, by_page=False)

    def pages(self) -> AsyncPageView[PageT]:
        """The pages in place of their rows, as they came, duplicates included."""
        return AsyncPageView(self)

    def read_ahead(self, pages: int) -> Self:
        """Set how many pages are requested before the rows of the current one are read.

        Args:
            pages: The number, 0 to 50; 4 by default.

        Returns:
            A paginator with this option.

        Raises:
            InvalidArgumentError: It is no such number.
        """
        return self._with(pages_ahead=_checked_count("pages", pages, 0, MOST_AHEAD))

    async def counted(self) -> Self:
        """Request the first page, so that `len` is known. The next iteration does not request it again.

        Raises:
            TMDBError: The request failed.
        """
        if self._expected is None and self._options.most_rows != 0:
            self._load(await self._call(_Step(self._call.start, None)))
        return self

    def _known(self) -> tuple[int, int]:
        if self._options.most_rows == 0:
            return 0, 0
        if self._expected is None:
            raise TypeError("the length is not known before the first page: `await paginator.counted()`")
        return self._expected


class AsyncPageView(Generic[PageT]):
    """The pages of a list: iterate over it with `async for`."""

    def __init__(self, paginator: AsyncPaginator[PageT]) -> None:
        self._paginator = paginator

    def __repr__(self) -> str:
        return f"<pages of {self._paginator!r}>"

    def __aiter__(self) -> AsyncIterator[PageT]:
        return _ReadAhead(self._paginator, by_page=True)

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        return self._paginator._known()[1]

    @property
    def complete(self) -> bool:
        """Whether the last iteration has ended, and all pages from the start page on were seen."""
        return self._paginator.complete


class _ReadAhead(AsyncIterator[Any]):
    """An iteration that requests pages ahead. When it is dropped, as a `break` does, what it has requested is cancelled.

    Args:
        paginator: The paginator.
        by_page: Whether to return pages in place of rows.
    """

    def __init__(self, paginator: AsyncPaginator[Any], *, by_page: bool) -> None:
        self._paginator, self._by_page = paginator, by_page
        self._call, self._most = paginator._call, paginator._options.pages_ahead
        self._walk, loaded = paginator._begin()
        self._loaded = loaded
        self._ready: deque[Any] = deque()
        self._requested: deque[tuple[_Step, Task[Any] | None]] = deque()
        self._has_ended = False

    async def __anext__(self) -> Any:
        while not self._ready:
            await self._read()
        return self._ready.popleft()

    async def _read(self) -> None:
        """Request pages, and wait for the next one."""
        if self._has_ended:
            raise StopAsyncIteration
        self._request(max(self._most, 1))
        if not self._requested:
            self._has_ended = True
            self._paginator._end(self._walk, stacklevel=3)
            raise StopAsyncIteration
        step, task = self._requested[0]
        try:
            page = self._loaded if task is None else _value(await task)
            self._requested.popleft()
            rows = self._walk.feed(step, page)
            self._paginator._expected = self._walk.expected
            self._request(self._most)
        except BaseException:
            del task  # it holds the exception, whose frames hold it
            await self.aclose()
            raise
        if rows is not None:
            self._ready += [page] if self._by_page else rows

    def _request(self, most: int) -> None:
        from asyncio import create_task  # the synchronous client does not need it

        while len(self._requested) < most and (step := self._walk.next()) is not None:
            is_loaded = self._loaded is not None and step == (self._call.start, None)
            self._requested.append((step, None if is_loaded else create_task(_outcome(self._call, step))))

    async def aclose(self) -> None:
        """End: cancel what was requested ahead, and wait until it has ended."""
        from asyncio import gather

        self._has_ended = True
        tasks = self._cancel()
        if tasks:
            await gather(*tasks, return_exceptions=True)

    def _cancel(self) -> list[Task[Any]]:
        tasks = [task for _, task in self._requested if task is not None]
        self._requested.clear()
        for task in tasks:
            with suppress(RuntimeError):  # the event loop is closed
                task.get_loop().call_soon_threadsafe(task.cancel)
        return tasks

    def __del__(self) -> None:
        if getattr(self, "_requested", None):
            self._cancel()


async def _outcome(call: Callable[[_Step], Coroutine[Any, Any, Any]], step: _Step) -> Any:
    """The page of a step, or the exception: nobody may wait for it any more, and asyncio reports an exception that nobody gets."""
    try:
        return await call(step)
    except Exception as error:  # noqa: BLE001 - it is raised when its turn comes
        return error


def _value(outcome: Any) -> Any:
    try:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome
    finally:
        del outcome  # an exception and a frame that hold each other stay until the garbage collector runs


def _checked_count(name: str, given: Any, least: int, most: float = inf) -> int:
    check_number(name, given, least=least, most=most, is_whole=True)
    return int(given)
