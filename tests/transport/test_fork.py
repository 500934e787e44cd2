"""Forks while other threads are calling: the child does not wait for their locks."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.conftest import ROOT, TOKEN

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="a process cannot be forked here")

# A thread stops in the middle of an operation, and the process forks. SIGALRM ends a child that waits for the thread, which it does not have.
PROGRAM = """
    import os, signal, sys, threading
    import httpx
    from tests.conftest import body_of
    from tmdbkit import TMDB, Cache

    token, place = sys.argv[1:]
    inside, go_on = threading.Event(), threading.Event()

    def stop(function):
        def stopping(*args, **named):
            if threading.current_thread() is not threading.main_thread():
                inside.set()
                go_on.wait()
            return function(*args, **named)
        return stopping

    if place == "decoding":
        from tmdbkit.runtime import resources
        resources.read_body = stop(resources.read_body)
    elif place == "cache":
        from tmdbkit.transport.cache_store import Store
        Store._open = stop(Store._open)
    elif place == "resource":
        from tmdb_openapi.api import movies
        movies.Movies.__init__ = stop(movies.Movies.__init__)

    body = body_of("movies/popular")
    make = lambda: TMDB(token, transport=httpx.MockTransport(lambda _: httpx.Response(200, content=body)), cache=Cache(), rate_limit=None)
    tmdb, other = make(), make()
    thread = threading.Thread(target=lambda: tmdb.movies.popular(), daemon=True)
    thread.start()
    assert inside.wait(30)
    child = os.fork()
    if not child:
        signal.alarm(10)
        try:
            # A transport of the caller's is not made again, so the child makes a client; the cache and all else are what was forked.
            mine = TMDB(token, transport=httpx.MockTransport(lambda _: httpx.Response(200, content=body)), cache=tmdb._shared.cache, rate_limit=None)
            assert mine.movies.popular().results
            os._exit(0)
        except BaseException as error:
            print(repr(error), flush=True)
            os._exit(1)
    status = os.waitpid(child, 0)[1]
    go_on.set()
    thread.join()
    print("the child waited forever" if os.WIFSIGNALED(status) else f"the child is done: {os.WEXITSTATUS(status)}")
"""


def run_program(program: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
    )
    return done.stdout or done.stderr


@pytest.mark.parametrize("place", ["decoding", "cache", "resource"])
def test_a_child_does_not_wait_for_locks_of_the_parents_threads(place: str) -> None:
    assert run_program(PROGRAM, TOKEN, place) == "the child is done: 0\n"


# A thread imports a module, as first calls do, and the process forks.
IMPORTING = """
    import importlib.abc, importlib.machinery, os, signal, sys, threading
    from tests.support.raw_server import http_response, raw_server, sends
    from tmdbkit import TMDB

    token, module = sys.argv[1:]
    inside, go_on = threading.Event(), threading.Event()

    class Stopping(importlib.abc.MetaPathFinder):
        def find_spec(self, name, path, target=None):
            if name == module:
                spec = importlib.machinery.PathFinder.find_spec(name, path)
                load = spec.loader.exec_module
                spec.loader.exec_module = lambda made: (inside.set(), go_on.wait(), load(made))
                return spec

    sys.meta_path.insert(0, Stopping())
    with raw_server(sends(http_response(b'{"id": 550}'))) as server:
        tmdb = TMDB(token, base_url=server.url)
        thread = threading.Thread(target=importlib.import_module, args=(module,))
        thread.start()
        assert inside.wait(30)
        threading.Timer(0.5, go_on.set).start()
        child = os.fork()
        if not child:
            signal.alarm(10)
            os._exit(0 if tmdb.movies.details(550).id == 550 else 1)
        print(os.waitpid(child, 0)[1])
        go_on.set()
        thread.join()
"""


@pytest.mark.parametrize("module", ["tmdbkit.transport.pool", "tmdb_openapi.api.movies", "encodings.idna"])
def test_a_child_does_not_wait_for_the_imports_of_a_thread(module: str) -> None:
    assert run_program(IMPORTING, TOKEN, module) == "0\n"


# A thread creates a TLS context, and the process forks.
SECURING = """
    import os, signal, threading, time
    import httpx
    from tmdbkit.transport.tls import TLS

    inside, go_on, create = threading.Event(), threading.Event(), httpx.create_ssl_context

    def stopping(**named):
        if threading.current_thread() is not threading.main_thread():
            inside.set()
            go_on.wait()
        return create(**named)

    httpx.create_ssl_context = stopping
    thread = threading.Thread(target=TLS(True, trust_env=False).context)
    thread.start()
    assert inside.wait(30)
    child = os.fork()
    if not child:
        signal.alarm(10)
        os._exit(0 if TLS(True, trust_env=False).context() else 1)
    print(os.waitpid(child, 0)[1])
    go_on.set()
    thread.join()
"""


def test_a_child_does_not_wait_for_the_tls_context_of_a_thread() -> None:
    assert run_program(SECURING) == "0\n"


# A thread is in SQLite for a while, and the process forks: only that thread releases SQLite's locks.
WAITING = """
    import os, sys, threading, time
    from tmdbkit.transport.cache_store import CachedResponse, Store

    store = Store(None if sys.argv[1] == "memory" else __import__("pathlib").Path(sys.argv[1]), 1_000_000)
    kept = CachedResponse("http://a", {}, 200, {}, b"{}")
    store.set(b"1", kept)
    inside, left = threading.Event(), []

    def work(connection):
        inside.set()
        time.sleep(0.3)
        left.append(True)

    thread = threading.Thread(target=store._try, args=(work,))
    thread.start()
    assert inside.wait(10)
    child = os.fork()
    if not child:
        os._exit(0 if left and store.get(b"1") == kept else 1)
    thread.join()
    done = []
    again = threading.Thread(target=lambda: done.append(store.get(b"1") == kept), daemon=True)
    again.start()
    again.join(10)
    print(os.WEXITSTATUS(os.waitpid(child, 0)[1]), done)
"""

# The thread that forks holds the lock itself.
WITHIN = """
    import os, signal
    from tmdbkit.transport.cache_store import CachedResponse, Store

    signal.alarm(20)
    store, other = Store(None, 1_000_000), Store(None, 1_000_000)
    kept = CachedResponse("http://a", {}, 200, {}, b"{}")
    store.set(b"1", kept)
    child = store._try(lambda _: os.fork())
    if not child:
        os._exit(0 if store.get(b"1") == kept and other.get(b"1") is None else 1)
    print(os.WEXITSTATUS(os.waitpid(child, 0)[1]), [store.get(b"1") == kept])
"""


@pytest.mark.parametrize("place", ["memory", "file"])
def test_a_fork_waits_for_sqlite(place: str, tmp_path: Path) -> None:
    assert run_program(WAITING, place if place == "memory" else str(tmp_path / "responses.sqlite3")) == "0 [True]\n"


def test_a_thread_within_the_store_may_fork() -> None:
    assert run_program(WITHIN) == "0 [True]\n"
