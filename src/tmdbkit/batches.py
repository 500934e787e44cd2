"""`tmdb.fetch_many`: many ids by one method, a bounded number at once, with an outcome for each.

    for outcome in tmdb.fetch_many(tmdb.movies.details, [550, 11, 603], append_to_response=["credits"]).journal("movies.jsonl"):
        if outcome.error is None:
            print(outcome.value.title)

What an outcome is, the order, the journal and the progress are decided in one place (`_Run`), sans-IO; threads or tasks only call the method.
"""

from __future__ import annotations

import copy
import os
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping, Sized
from contextlib import suppress
from contextvars import copy_context
from inspect import Parameter, signature
from queue import SimpleQueue
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Self, TypeVar

import httpx
from tmdb_openapi.security import SECRET_PATHS, SECRET_QUERY_ITEMS, TOKENS

from .auth.redaction import Redaction, secrets_of_headers
from .bound_call import BoundCall
from .journal import Journal, described_call
from .runtime.checks import check_number, checked_path
from .runtime.errors import InvalidArgumentError, MissingCredentialError, TMDBError
from .runtime.operations import APPEND_TO_RESPONSE, REDACTED
from .runtime.options import CallOptions

if TYPE_CHECKING:
    from asyncio import Queue, Task

__all__ = ["AsyncBatch", "Batch", "Outcome", "Progress"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
IdT = TypeVar("IdT", covariant=True)  # noqa: PLC0105 - it is that of any method

AT_ONCE = 10
MOST_AT_ONCE = 100
GRACE = 1.0
"""The seconds for which an iteration that is left waits for its calls. They are daemon threads, and what comes later is dropped."""
SECRET_NAMES = {*SECRET_QUERY_ITEMS, *TOKENS, *(part.strip("{}") for path in SECRET_PATHS for part in path.split("/") if part.startswith("{"))}
UNSHAPING = SECRET_NAMES | CallOptions.__annotations__.keys() - {"extra_query", "extra_body"}
"""The arguments of which a journal says nothing: credentials, and options that leave a response as it is."""


class Outcome(Generic[IdT, T_co]):
    """What came of one id: a value, or an error.

    Attributes:
        id: The id; a tuple if it has several parts.
        error: The exception; None if there is a value.
        from_journal: Whether an earlier run had fetched it.
    """

    __slots__ = ("_is_secret", "_value", "error", "from_journal", "id")

    def __init__(
        self,
        id: IdT,  # noqa: A002 - TMDB's word
        value: Any = None,
        error: TMDBError | None = None,
        *,
        from_journal: bool = False,
        is_secret: bool = False,
    ) -> None:
        self.id, self.error, self.from_journal = id, error, from_journal
        self._value, self._is_secret = value, is_secret

    @property
    def value(self) -> T_co:
        """The value.

        Raises:
            TMDBError: There is none: the error.
        """
        if self.error is not None:
            raise self.error.with_traceback(None)
        value: T_co = self._value
        return value

    def __repr__(self) -> str:
        return f"<Outcome {REDACTED if self._is_secret else repr(self.id)}: {self._value if self.error is None else self.error!r}>"


class Progress(NamedTuple):
    """How far a batch is.

    Attributes:
        done: The number of outcomes so far.
        total: The number of ids; None if it is not known.
        failed: The number of errors among the outcomes.
        from_journal: The number of outcomes that an earlier run had fetched.
    """

    done: int
    total: int | None
    failed: int
    from_journal: int


class _Options(NamedTuple):
    """The options of a batch."""

    at_once: int = AT_ONCE
    is_in_order: bool = False
    journal: str | os.PathLike[str] | None = None
    report: Callable[[Progress], object] | None = None
    has_bar: bool = False


class _Job(NamedTuple):
    """An id in its place."""

    number: int
    id: Any


class _Call(BoundCall):
    """The call of a method that takes an id."""

    def __init__(self, method: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        if not callable(method):
            raise InvalidArgumentError(f"fetch_many takes a method, such as tmdb.movies.details; not {method!r}")
        super().__init__(method, args, kwargs)

    def __call__(self, job: _Job) -> Any:
        if isinstance(job.id, tuple):
            return self.method(*job.id, *self.args, **self.kwargs)
        return self.method(job.id, *self.args, **self.kwargs)

    def journal(self, path: str | os.PathLike[str]) -> Journal:
        """Open a journal of the call.

        Raises:
            InvalidArgumentError: It is no journal of the call.
        """
        given = self.named.get(APPEND_TO_RESPONSE) or ()
        parts = (given,) if isinstance(given, str) else tuple(sorted(map(str, given)))
        redaction = self.redaction()
        return Journal(path, redaction.text(described_call(self.name, self._shaping(parts))), parts, redaction.found_in)

    def _shaping(self, parts: tuple[str, ...]) -> dict[str, Any]:
        """What shapes the responses: the arguments, without credentials, and the defaults of the client."""
        defaults = {name: value for name, value in getattr(self._client, "_defaults", {}).items() if name in self._parameters}
        named = {name: value for name, value in self.named.items() if value is not None and name not in UNSHAPING}
        shaping = {**defaults, **named, APPEND_TO_RESPONSE: parts, "*": self.positional}
        return {name: _public(value) for name, value in shaping.items() if value not in (None, ())}

    @property
    def has_secret_ids(self) -> bool:
        """Whether the ids are credentials, or of an account."""
        positional = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
        return any(name in SECRET_NAMES and parameter.kind in positional for name, parameter in self._parameters.items())

    def redaction(self) -> Redaction:
        """Finds the credentials of the client and the arguments, which a response may repeat."""
        given = self._client._credentials.given.values() if self._client is not None else ()
        secrets = [secret.reveal() for secret in given] + [value for name, value in self.named.items() if name in SECRET_NAMES and isinstance(value, str)]
        headers = self.named.get("headers")
        return Redaction([*secrets, *(secrets_of_headers(httpx.Headers(headers)) if isinstance(headers, Mapping) else ())])

    @property
    def _client(self) -> Any:
        """The client of the method; None for another function."""
        return getattr(getattr(self.function, "__self__", None), "_client", None)

    @property
    def _parameters(self) -> Mapping[str, Parameter]:
        """The parameters of the method; empty if they are not known."""
        with suppress(ValueError, TypeError):
            return signature(self.function).parameters
        return {}


def _public(value: Any) -> Any:
    """An argument without the members that have the name of a credential."""
    return {name: _public(item) for name, item in value.items() if name not in SECRET_NAMES} if isinstance(value, Mapping) else value


class _Run:
    """One iteration: the next id, what an outcome is, and which outcomes are due.

    Args:
        call: The method and its arguments.
        options: The options of the batch.
        ids: The ids.
    """

    def __init__(self, call: _Call, options: _Options, ids: Iterable[Any]) -> None:
        self._call, self._options = call, options
        self._ids = enumerate(ids)
        self._has_secret_ids = call.has_secret_ids
        self._total = len(ids) if isinstance(ids, Sized) else None
        make_bar = _bars() if options.has_bar else None
        self._journal = None if options.journal is None else call.journal(options.journal)
        self._waiting: dict[int, Outcome[Any, Any]] = {}
        self._due = 0
        self._out = 0
        self._done = self._failed = self._from_journal = 0
        self._bar = make_bar(total=self._total, unit="id") if make_bar else None

    @property
    def at_once(self) -> int:
        """How many calls may be on their way."""
        return self._options.at_once

    def next(self) -> _Job | None:
        """The next id to fetch; None if there is none, or no room for one. Ids of an earlier run come by `replayed`."""
        most = self._options.at_once * (4 if self._options.is_in_order else 2)  # so that no thread waits for the reader
        if self._out >= most or (found := next(self._ids, None)) is None:
            return None
        self._out += 1
        return _Job(*found)

    def replayed(self, job: _Job) -> Outcome[Any, Any] | None:
        """The outcome of an id that an earlier run had fetched; None if it has to be fetched."""
        known = self._journal.get(job.id) if self._journal and isinstance(job.id, (int, str, tuple)) else None
        if known is None:
            return None
        return Outcome(job.id, None, known, from_journal=True) if isinstance(known, TMDBError) else Outcome(job.id, known, from_journal=True)

    def conclude(self, job: _Job, result: Any) -> Outcome[Any, Any]:
        """The outcome of a call, written to the journal. Threads may call this at the same time.

        Args:
            job: The id.
            result: What the method returned, or the `TMDBError` that it raised.

        Raises:
            InvalidArgumentError: The outcome cannot stand in the journal.
            OSError: The journal cannot be written.
        """
        if isinstance(result, TMDBError):
            result.__traceback__ = None  # its frames would live as long as the outcome
        if self._journal:
            self._journal.add(job.id, result)
        value, error = (None, result) if isinstance(result, TMDBError) else (result, None)
        return Outcome(job.id, value, error, is_secret=self._has_secret_ids)

    def settle(self, job: _Job, outcome: Outcome[Any, Any]) -> list[Outcome[Any, Any]]:
        """The outcomes that are due after this one, as they came or in order."""
        due = [outcome]
        if self._options.is_in_order:
            self._waiting[job.number] = outcome
            due = []
            while self._due in self._waiting:
                due.append(self._waiting.pop(self._due))
                self._due += 1
        self._out -= len(due)
        for one in due:
            self._done += 1
            self._failed += one.error is not None
            self._from_journal += one.from_journal
            if self._options.report:
                self._options.report(Progress(self._done, self._total, self._failed, self._from_journal))
            if self._bar is not None:
                self._bar.update()
        return due

    def close(self) -> None:
        """End: outcomes that come later are dropped."""
        if self._journal:
            self._journal.close()
        if self._bar is not None:
            self._bar.close()


def _without_frames(error: BaseException) -> BaseException:
    """Remove the frames of our own exceptions, whose variables contain the response."""
    return error.with_traceback(None) if isinstance(error, TMDBError) else error


def _bars() -> Callable[..., Any]:
    try:
        from tqdm import tqdm  # type: ignore[import-untyped]
    except ImportError:
        raise ImportError("a progress bar needs the extra: pip install tmdbkit[progress]; or pass a function to progress()") from None
    bars: Callable[..., Any] = tqdm
    return bars


class _Batch(Generic[IdT, T_co]):
    """The options of a batch.

    Args:
        method: The method.
        ids: The ids.
        args: The arguments of the method after the id.
        kwargs: Its arguments by name.

    Raises:
        InvalidArgumentError: The method or the ids are none.
    """

    def __init__(self, method: Callable[..., Any], ids: Iterable[Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        self._call = _Call(method, args, kwargs)
        self._call.check_kind(asynchronous=isinstance(self, AsyncBatch))
        if isinstance(ids, (str, bytes)) or not isinstance(ids, Iterable):
            hint = ": collect them first, [id async for id in …]" if isinstance(ids, AsyncIterable) else ""
            raise InvalidArgumentError(f"fetch_many takes a list of ids, or another iterable; not {ids!r}{hint}")
        self._ids = ids
        self._options = _Options()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._call.name}>"

    def __len__(self) -> int:
        if not isinstance(self._ids, Sized):
            raise TypeError("the number of ids is not known: pass a list")
        return len(self._ids)

    def __bool__(self) -> bool:
        return True

    def _with(self, **options: Any) -> Self:
        other = copy.copy(self)
        other._options = self._options._replace(**options)
        return other

    def concurrency(self, calls: int) -> Self:
        """Set how many calls are on their way at once. The rate limit of the client applies in any case.

        Args:
            calls: The number, 1 to 100; 10 by default.

        Returns:
            A batch with this option.

        Raises:
            InvalidArgumentError: It is no such number.
        """
        check_number("calls", calls, least=1, most=MOST_AT_ONCE, is_whole=True)
        return self._with(at_once=calls)

    def in_order(self) -> Self:
        """Let outcomes come in the order of the ids; by default they come as soon as they can.

        Returns:
            A batch with this option.
        """
        return self._with(is_in_order=True)

    def journal(self, path: str | os.PathLike[str]) -> Self:
        """Write each outcome to a file as soon as it is there, and go on with the file of an earlier run, which may have been killed.

        Outcomes of the earlier run come without a request: values, and each `NotFoundError`. Other errors are fetched again. The file has JSON lines:
        `id` with `model` and `value`, or with `error`; `FakeTMDB.load` reads it. It belongs to one method with the same arguments, those that the client adds
        (`language`, `region`) among them. It has no credential and does not tell users apart: keep one for each. One process may use it at a time. A symbolic
        link is not followed.

        Args:
            path: The file.

        Returns:
            A batch with this option.
        """
        if self._call.has_secret_ids:
            raise InvalidArgumentError(f"no journal is kept of {self._call.name}: its ids are credentials, or of an account")
        return self._with(journal=checked_path("path", path))

    def progress(self, report: Callable[[Progress], object] | None = None) -> Self:
        """Report the progress after each outcome.

        Args:
            report: Is called with the `Progress`. Without it tqdm shows a bar, which needs the extra `tmdbkit[progress]`.

        Returns:
            A batch with this option.
        """
        if report is not None and not callable(report):
            raise InvalidArgumentError(f"progress takes a function that is called with a tmdbkit.Progress; not {report!r}")
        return self._with(report=report, has_bar=report is None)


class Batch(_Batch[IdT, T_co]):
    """The outcomes of many calls: iterate over it. `tmdb.fetch_many` makes it.

    Threads make the calls. An iteration that is left, by a `break` or Ctrl-C, starts no other call, and waits a second at most for those on their way.
    """

    def __iter__(self) -> Iterator[Outcome[IdT, T_co]]:
        run = _Run(self._call, self._options, self._ids)
        workers = _Workers(self._call, run)
        try:
            while True:
                while (job := run.next()) is not None:
                    if (outcome := run.replayed(job)) is None:
                        workers.submit(job)
                    else:
                        yield from run.settle(job, outcome)
                if not workers.on_their_way:
                    return
                yield from run.settle(*workers.get())
        finally:
            try:
                workers.close()
            finally:  # a second Ctrl-C does not wait
                run.close()


class _Workers:
    """Threads that call a method. They are started as they are needed.

    Args:
        call: The method and its arguments.
        run: Concludes the calls.

    Attributes:
        on_their_way: The number of jobs without a result.
    """

    def __init__(self, call: _Call, run: _Run) -> None:
        self._call, self._run = call, run
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._results: SimpleQueue[tuple[_Job, Outcome[Any, Any] | BaseException]] = SimpleQueue()
        self._threads: list[Thread] = []
        self._is_over = Event()
        self.on_their_way = 0

    def submit(self, job: _Job) -> None:
        self.on_their_way += 1
        self._jobs.put(job)
        if self.on_their_way > len(self._threads) and len(self._threads) < self._run.at_once:
            thread = Thread(target=copy_context().run, args=(self._work,), name=f"tmdbkit-{len(self._threads)}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None and not self._is_over.is_set():
            try:
                try:
                    result = self._call(job)
                except MissingCredentialError:  # no call can succeed
                    raise
                except TMDBError as error:
                    result = error
                self._results.put((job, self._run.conclude(job, result)))
            except BaseException as error:  # noqa: BLE001 - raised where the outcomes are read
                self._results.put((job, _without_frames(error)))

    def get(self) -> tuple[_Job, Outcome[Any, Any]]:
        """Wait for a result."""
        job, result = self._results.get()
        self.on_their_way -= 1
        if isinstance(result, BaseException):
            try:
                raise result
            finally:
                del result  # an exception and a frame that hold each other stay until the garbage collector runs
        return job, result

    def close(self) -> None:
        """End the threads."""
        self._is_over.set()
        for _ in self._threads:
            self._jobs.put(None)
        until = monotonic() + GRACE
        for thread in self._threads:
            thread.join(max(until - monotonic(), 0))


class AsyncBatch(_Batch[IdT, T_co]):
    """The outcomes of many calls: iterate over it with `async for`. `tmdb.fetch_many` makes it.

    An iteration that is left, by a `break` or a cancellation, cancels the calls on their way.
    """

    def __aiter__(self) -> AsyncIterator[Outcome[IdT, T_co]]:
        return _Tasks(self._call, _Run(self._call, self._options, self._ids))


class _Tasks(AsyncIterator[Any]):
    """An iteration whose calls are tasks. When it is dropped, as a `break` does, they are cancelled.

    Args:
        call: The method and its arguments.
        run: Concludes the calls.
    """

    def __init__(self, call: _Call, run: _Run) -> None:
        from asyncio import Queue  # the synchronous client does not need it

        self._call, self._run = call, run
        self._ready: deque[Outcome[Any, Any]] = deque()
        self._results: Queue[tuple[_Job, Outcome[Any, Any] | BaseException]] = Queue()
        self._tasks: dict[int, Task[None]] = {}
        self._has_ended = False

    async def __anext__(self) -> Any:
        while not self._ready:
            if self._has_ended:
                raise StopAsyncIteration
            try:
                await self._read()
            except BaseException:
                await self.aclose()
                raise
        return self._ready.popleft()

    async def _read(self) -> None:
        self._submit()
        if self._ready:
            return
        if not self._tasks:
            await self.aclose()
            return
        job, result = await self._results.get()
        del self._tasks[job.number]
        if isinstance(result, BaseException):
            try:
                raise result
            finally:
                del result
        self._ready += self._run.settle(job, result)
        self._submit()

    def _submit(self) -> None:
        from asyncio import create_task

        while max(len(self._tasks), len(self._ready)) < self._run.at_once and (job := self._run.next()) is not None:
            if (outcome := self._run.replayed(job)) is None:
                self._tasks[job.number] = create_task(_concluded(self._call, self._run, job, self._results))
            else:
                self._ready += self._run.settle(job, outcome)

    async def aclose(self) -> None:
        """End: cancel the calls on their way, and wait until they have ended."""
        from asyncio import gather

        self._has_ended = True
        tasks = self._cancel()
        if tasks:
            await gather(*tasks, return_exceptions=True)
        self._run.close()

    def _cancel(self) -> list[Task[None]]:
        tasks = [*self._tasks.values()]
        self._tasks.clear()
        for task in tasks:
            with suppress(RuntimeError):  # the event loop is closed
                task.get_loop().call_soon_threadsafe(task.cancel)
        return tasks

    def __del__(self) -> None:
        if not getattr(self, "_has_ended", True):
            self._cancel()
            self._run.close()


async def _concluded(call: _Call, run: _Run, job: _Job, results: Queue[tuple[_Job, Outcome[Any, Any] | BaseException]]) -> None:
    """Call the method, and hand over the outcome."""
    try:
        try:
            result = await call(job)
        except MissingCredentialError:  # no call can succeed
            raise
        except TMDBError as error:
            result = error
        results.put_nowait((job, run.conclude(job, result)))
    except BaseException as error:
        results.put_nowait((job, _without_frames(error)))
        if not isinstance(error, Exception):
            raise
