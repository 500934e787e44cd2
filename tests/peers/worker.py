"""Measures one library in its environment: reads commands from stdin, a line of JSON each, and writes a line of JSON for each."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
import tracemalloc
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, redirect_stdout, suppress
from datetime import date, datetime
from enum import Enum
from importlib.metadata import distributions
from pathlib import Path


def bytes_kept(decode, contents):
    """The bytes that decoded bodies take."""
    gc.collect()
    tracemalloc.start()
    held = [decode(content) for content in contents]
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size if held else 0


async def at_once(calls, tasks, call):
    """The calls a second in a number of tasks."""

    async def one_after_another():
        for _ in range(calls // tasks):
            await call()

    start = time.perf_counter()
    await asyncio.gather(*(one_after_another() for _ in range(tasks)))
    return calls / (time.perf_counter() - start)


def leaves(value, above=()):
    """The texts, numbers and days that can be reached from a value by public attributes, items and keys. What is computed on access is not."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, (bool, type)) or value is None or value == "" or callable(value) or any(value is one for one in above):
        return
    if isinstance(value, (int, float)):
        yield float(value)
    elif isinstance(value, str):
        yield moment_in(value)
    elif isinstance(value, date):
        yield stamp(value)
    else:
        if isinstance(value, dict):
            inner = value.values()
        elif isinstance(value, (list, tuple, set)):
            inner = value
        else:
            public = [name for class_ in type(value).__mro__ for name in getattr(class_, "__slots__", ()) if not name.startswith("_")]
            inner = [getattr(value, name, None) for name in dict.fromkeys(public)]
            inner += [one for name, one in getattr(value, "__dict__", {}).items() if not name.startswith("_")]
            if not inner:
                with suppress(TypeError, AttributeError):  # not a list
                    inner = value[:]
        for one in inner:
            yield from leaves(one, (*above, value))


def moment_in(text):
    """A text, or the day or moment that it says."""
    try:
        return stamp(datetime.fromisoformat(text.removesuffix(" UTC"))) if text[4:5] == "-" else text
    except ValueError:
        return text


def stamp(moment):
    """The one form in which days and moments are compared: TMDB's are in UTC, and a library may read a day as its midnight."""
    return moment.isoformat()[:19].partition("T00:00:00")[0]


class Worker:
    """The commands."""

    def __init__(self, name, url, folder):
        import adapters  # stands beside this file

        self.subject, self.url, self.folder = adapters.SUBJECTS[name](url), url, Path(folder)
        self.decoders, self.call = {}, None

    def bodies(self, name):
        return (self.folder / name).read_bytes().splitlines()

    def about(self):
        """What it can do, and the versions of what is installed."""
        return {
            "program": self.subject.program,
            "does": [name for name in ("decoder", "open", "open_async") if getattr(self.subject, name)],
            "versions": {one.name: one.version for one in distributions() if one.name not in ("pip", "setuptools")},
        }

    def decoder(self, kind):
        if kind not in self.decoders:
            self.decoders[kind] = self.subject.decoder(kind)
        return self.decoders[kind]

    def facts(self, kind, name):
        """What stands in a decoded body."""
        return self.facts_in(kind, self.decoder(kind)(*self.bodies(name)))

    def facts_in(self, kind, value):
        return list(self.subject.movie(value) if kind == "movie" else self.subject.rows(value))

    def called(self, way):
        """What stands in the response to a call."""
        if way == "open":
            return self.facts_in("page", self.subject.open(self.url)())
        return self.facts_in("page", asyncio.run(self.once()))

    @asynccontextmanager
    async def client(self):
        """A method that calls asynchronously, while its client is open."""
        call, close = await self.subject.open_async(self.url)
        try:
            yield call
        finally:
            await close()

    async def once(self):
        async with self.client() as call:
            return await call()

    def decode(self, kind, calls):
        """The seconds of one decoding."""
        (content,), decode = self.bodies(kind), self.decoder(kind)
        gc.collect()
        start = time.perf_counter()
        for _ in range(calls):
            decode(content)
        return (time.perf_counter() - start) / calls

    def calls(self, calls):
        """The seconds of one call, one after the other on one client."""
        if not self.subject.open:
            return asyncio.run(self.calls_async(calls))
        if self.call is None:
            self.call = self.subject.open(self.url)
            self.call()
        start = time.perf_counter()
        for _ in range(calls):
            self.call()
        return (time.perf_counter() - start) / calls

    async def calls_async(self, calls):
        async with self.client() as call:
            await call()
            start = time.perf_counter()
            for _ in range(calls):
                await call()
            return (time.perf_counter() - start) / calls

    def at_once(self, calls, tasks):
        """The calls a second with so many at once, in tasks of asyncio, or in threads for a library without it."""
        if self.subject.open_async:
            return asyncio.run(self.in_tasks(calls, tasks))
        call = self.subject.open(self.url)
        with ThreadPoolExecutor(tasks) as pool:
            start = time.perf_counter()
            for _ in pool.map(lambda _: call(), range(calls)):
                pass
            return calls / (time.perf_counter() - start)

    async def in_tasks(self, calls, tasks):
        async with self.client() as call:
            return await at_once(calls, tasks, call)

    def memory(self):
        """The bytes that the decoded pages take."""
        decode, contents = self.decoder("page"), self.bodies("pages")
        decode(contents[0])
        return bytes_kept(decode, contents)

    def kept(self, kind):
        """How many of the values in a body can be reached in what the library makes of it, and how many there are."""
        (content,) = self.bodies(kind)
        wire = Counter(leaves(json.loads(content)))
        return [(wire & Counter(leaves(self.decoder(kind)(content)))).total(), wire.total()]

    def survived(self, kind):
        """How many mutated bodies the library reads without an exception."""
        count, decode = 0, self.decoder(kind)
        for content in self.bodies(f"mutated_{kind}"):
            try:
                decode(content)
            except Exception:  # noqa: BLE001 - whatever it raises, the caller has no value
                continue
            count += 1
        return count


def main():
    replies, worker = sys.stdout, Worker(*sys.argv[1:])
    gc.freeze()
    with redirect_stdout(sys.stderr):
        for line in sys.stdin:
            name, arguments = json.loads(line)
            try:
                reply = {"result": getattr(worker, name)(**arguments)}
            except Exception as error:  # noqa: BLE001 - the program that asked reports it
                reply = {"error": f"{type(error).__name__}: {error}"[:300]}
            print(json.dumps(reply), file=replies, flush=True)


if __name__ == "__main__":
    main()
