"""The fixture `fake_tmdb`, in separate pytest runs."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Callable

import pytest

from tests.conftest import API_KEY, ROOT

pytest_plugins = ["pytester"]

MY_APP = """
    from tmdbkit import TMDB, AsyncTMDB

    def title_of(movie_id):
        with TMDB() as tmdb:
            return tmdb.movies.details(movie_id).title

    async def title_of_async(movie_id):
        async with AsyncTMDB() as tmdb:
            return (await tmdb.movies.details(movie_id)).title
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], pytest.RunResult]:
    """Run tests in a folder with the plugin installed through its entry point."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    plugin = project["entry-points"]["pytest11"]["tmdbkit"]
    metadata = pytester.mkdir("tmdbkit_plugin-0.dist-info")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: tmdbkit-plugin\nVersion: 0\n")
    (metadata / "entry_points.txt").write_text(f"[pytest11]\ntmdbkit = {plugin}\n")
    pytester.makepyfile(my_app=MY_APP)
    monkeypatch.setenv("PYTHONPATH", str(pytester.path), prepend=os.pathsep)

    def run(tests: str) -> pytest.RunResult:
        pytester.makepyfile(test_it=tests)
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:asyncio", "-W", "error")

    return run


def test_the_code_under_test_reaches_the_fake(run: Callable[[str], pytest.RunResult]) -> None:
    result = run("""
        import asyncio, subprocess, sys
        import my_app, pytest, tmdbkit

        def test_sync(fake_tmdb):
            assert my_app.title_of(550) == "Fight Club"
            assert [request.path for request in fake_tmdb.requests] == ["/3/movie/550"]

        def test_async(fake_tmdb):
            assert asyncio.run(my_app.title_of_async(550)) == "Fight Club"

        def test_another_process(fake_tmdb):
            program = "import my_app; print(my_app.title_of(550))"
            assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "Fight Club\\n"
            assert len(fake_tmdb.requests) == 1

        def test_failures(fake_tmdb):
            fake_tmdb.fail_next(status=429, retry_after=0)
            assert my_app.title_of(550) == "Fight Club"
            assert len(fake_tmdb.requests) == 2
            fake_tmdb.fail_next(status=429, retry_after=90)
            with pytest.raises(tmdbkit.RateLimitError):
                my_app.title_of(550)

        def test_added_responses(fake_tmdb):
            movie = fake_tmdb.client().movies.details(550)
            movie.title = "Another Title"
            fake_tmdb.add("GET", "/3/movie/550", movie)
            assert my_app.title_of(550) == "Another Title"
    """)
    result.assert_outcomes(passed=5)


def test_tests_share_nothing_but_the_server(run: Callable[[str], pytest.RunResult]) -> None:
    result = run("""
        import os
        import my_app, pytest

        urls = set()

        @pytest.mark.parametrize("number", [1, 2])
        def test_a_fake_is_new(fake_tmdb, number):
            urls.add(os.environ["TMDB_BASE_URL"])
            assert my_app.title_of(550) == "Fight Club"
            assert len(fake_tmdb.requests) == 1
            fake_tmdb.fail_next(status=503, times=5)
            fake_tmdb.add("GET", "/3/movie/550", {})

        def test_the_server_is_one():
            assert len(urls) == 1
    """)
    result.assert_outcomes(passed=3)


def test_the_environment_is_restored(run: Callable[[str], pytest.RunResult], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMDB_API_KEY", API_KEY)
    monkeypatch.setenv("NO_PROXY", "example.org")
    result = run(f"""
        import os

        def test_with(fake_tmdb):
            assert os.environ["TMDB_BASE_URL"].startswith("http://127.0.0.1:")
            assert "TMDB_API_KEY" not in os.environ
            assert os.environ["NO_PROXY"] == "example.org,127.0.0.1"

        def test_without():
            assert not {{"TMDB_BASE_URL", "TMDB_ACCESS_TOKEN", "no_proxy"}} & set(os.environ)
            assert os.environ["TMDB_API_KEY"] == "{API_KEY}"
            assert os.environ["NO_PROXY"] == "example.org"
    """)
    result.assert_outcomes(passed=2)


def test_the_fixture_bypasses_proxies_of_the_environment(run: Callable[[str], pytest.RunResult], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    result = run("""
        import my_app

        def test_title(fake_tmdb):
            assert my_app.title_of(550) == "Fight Club"
    """)
    result.assert_outcomes(passed=1)


def test_waits_take_no_time(run: Callable[[str], pytest.RunResult]) -> None:
    result = run("""
        import asyncio, time
        import my_app

        def test_sync(fake_tmdb):
            fake_tmdb.fail_next(status=429, retry_after=20)
            before, start = fake_tmdb.clock.now(), time.monotonic()
            assert my_app.title_of(550) == "Fight Club"
            assert time.monotonic() - start < 10
            assert (fake_tmdb.clock.now() - before).total_seconds() >= 20

        def test_async(fake_tmdb):
            fake_tmdb.fail_next(status=429, retry_after=20)
            before = fake_tmdb.clock.now()
            assert asyncio.run(my_app.title_of_async(550)) == "Fight Club"
            assert (fake_tmdb.clock.now() - before).total_seconds() >= 20
    """)
    result.assert_outcomes(passed=2)


def test_a_fake_of_the_whole_run(run: Callable[[str], pytest.RunResult]) -> None:
    result = run("""
        import my_app, pytest

        @pytest.fixture(scope="session")
        def library(fake_tmdb_session):
            return [my_app.title_of(550)]

        @pytest.mark.parametrize("number", [1, 2])
        def test_library(library, fake_tmdb_session, number):
            assert library == ["Fight Club"]
            assert len(fake_tmdb_session.requests) == 1

        def test_own_fake(library, fake_tmdb):
            assert my_app.title_of(550) == "Fight Club"
            assert len(fake_tmdb.requests) == 1
    """)
    result.assert_outcomes(passed=3)


def test_no_test_reaches_the_real_tmdb(run: Callable[[str], pytest.RunResult]) -> None:
    result = run("""
        import asyncio, socket
        import my_app, pytest, tmdbkit

        @pytest.fixture(autouse=True)
        def credential(monkeypatch):
            monkeypatch.setenv("TMDB_ACCESS_TOKEN", "eyJ.any.token")
            monkeypatch.setattr(socket, "create_connection", None)

        def test_sync():
            my_app.title_of(550)

        def test_async():
            asyncio.run(my_app.title_of_async(550))

        def test_images():
            socket.getaddrinfo("image.tmdb.org", 443)

        @pytest.mark.live_tmdb
        def test_marked():
            try:
                socket.getaddrinfo("api.themoviedb.org", 443)
            except OSError:
                pass

        def test_another_host():
            assert socket.getaddrinfo("127.0.0.1", 443)
    """)
    result.assert_outcomes(passed=2, failed=3)
    result.stdout.fnmatch_lines(["*would have called the real TMDB at api.themoviedb.org: use the fixture fake_tmdb*"])


def test_pytest_lists_the_fixture_with_its_docstring(run: Callable[[str], pytest.RunResult], pytester: pytest.Pytester) -> None:
    run("def test_nothing(): pass")
    result = pytester.runpytest_subprocess("--fixtures", "-p", "no:cacheprovider", "-p", "no:asyncio")
    result.stdout.fnmatch_lines(["fake_tmdb -- *plugin.py*", "    A new `tmdbkit.testing.FakeTMDB` that every client*"])


def test_the_plugin_does_not_import_the_client() -> None:
    program = "import tmdbkit.testing.plugin, sys; print(sorted({'httpx', 'msgspec', 'tmdb_openapi', 'tmdbkit.client', 'http.server'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


def test_public_names() -> None:
    import tmdbkit.testing

    fakes = ["FakeClock", "FakeTMDB", "FakeTMDBServer", "FakeTransport", "FakeUser", "FakeUsers", "Fault", "ReceivedRequest"]
    facts = ["Credit", "EpisodeFacts", "ExternalIDs", "Offers", "Release", "ReviewFacts", "SeasonFacts", "TitleFacts", "TranslationFacts", "VideoFacts"]
    assert tmdbkit.testing.__all__ == sorted(fakes + facts)
    assert all(hasattr(tmdbkit.testing, name) for name in tmdbkit.testing.__all__)
