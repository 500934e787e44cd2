"""Opens every page of the built site in Chromium, with outside hosts blocked, and uses what readers use: `python -m tests.browse`."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.async_api import Browser, BrowserContext, Page, Request, Route, async_playwright

from generator.site.build import OUTPUT
from generator.site.samples import READER
from generator.site.serve import SiteServer, serve
from tests.conftest import ROOT

AXE = ROOT / ".venv" / "site" / "node_modules" / "axe-core" / "axe.min.js"
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first that is there: without a window of its own, Chromium opens pages in half the time."""
NOWHERE_ELSE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
"""The option of Chromium that blocks all other hosts."""
TABS = 2
LIVE = "https://api.themoviedb.org"
TOKEN = "eyJ.live.token"
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
KINDS = (
    "index",
    "reference/index",
    "reference/discover/movie",
    "reference/movies/add_rating",
    "reference/models",
    "reference/models/MovieDetails",
    "reference/models/MultiSearchRow",
    "reference/types",
    "reference/python/clients",
    "reference/python/errors",
    "evidence/coverage",
    "evidence/figures",
    "peers",
    "maintainers/architecture",
    "maintainers/contributing",
)
"""A page of each kind: each is checked in both schemes and at both widths."""

# Try it, by kind of operation: the page, what to type, the status, and a part of the response.
TRIALS: list[tuple[str, dict[str, str], int, str]] = [
    ("movies/details", {}, 200, '"title": "Fight Club"'),
    ("movies/details", {"append_to_response": "credits"}, 200, '"cast": ['),
    ("movies/details", {"movie_id": "987654321"}, 404, '"status_code": 34'),
    ("search/movie", {"query": "matrix"}, 200, '"title": "The Matrix"'),
    ("tv_episodes/details", {}, 200, '"episode_number": 1'),
    ("movies/add_rating", {"value": "7.5"}, 201, '"success": true'),
    ("movies/delete_rating", {"movie_id": "603"}, 200, '"success": true'),
    ("account/details", {}, 200, '"username": "reader"'),
    ("guest_sessions/rated_movies", {}, 200, '"rating": 8'),
    ("lists/create", {"name": "Made in a browser"}, 201, '"success": true'),
    ("v4_lists/add_items", {}, 200, '"media_id": 550'),
    ("v4_account/favorite_movies", {}, 200, '"title": "The Matrix"'),
    ("v4_lists/delete", {}, 200, '"success": true'),
]


class Tab:
    """A tab, and what went wrong in it."""

    def __init__(self, page: Page, server: SiteServer) -> None:
        self.page, self.server = page, server
        self.problems: list[str] = []
        page.on("console", lambda message: self._note(f"console: {message.text}") if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self._note(f"exception: {error}"))
        # Chromium aborts what still loads when the next page is opened.
        page.on("requestfailed", lambda request: self._note(f"failed: {request.url}") if request.failure != "net::ERR_ABORTED" else None)

    def _note(self, problem: str) -> None:
        self.problems.append(f"{urlsplit(self.page.url).path}: {problem}")

    async def open(self, path: str) -> None:
        await self.page.goto(f"{self.server.url}/{path}.html", wait_until="load")


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Chromium without access to other hosts."""
    executable = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if executable is None:
        raise FileNotFoundError("there is no Chromium: `make docs-check` installs one")
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", NOWHERE_ELSE])
        yield started
        await started.close()


@asynccontextmanager
async def tab(started: Browser, server: SiteServer, **options: Any) -> AsyncIterator[Tab]:
    """A tab."""
    context: BrowserContext = await started.new_context(**{"viewport": DESKTOP, "reduced_motion": "reduce", **options})
    yield Tab(await context.new_page(), server)
    await context.close()


async def in_tabs(started: Browser, server: SiteServer, paths: list[str], visit: Callable[[Tab, str], Awaitable[None]], **options: Any) -> list[str]:
    """Visit pages, several at once, and return the problems."""
    queue, problems = list(reversed(paths)), []

    async def work() -> None:
        async with tab(started, server, **options) as one:
            while queue:
                await visit(one, queue.pop())
            problems.extend(one.problems)

    await asyncio.gather(*(work() for _ in range(TABS)))
    return problems


async def audit(one: Tab, path: str) -> None:
    """Open a page, and note what axe finds serious or critical, and whether the page is wider than the window."""
    await one.open(path)
    width = await one.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if width > 0:
        one.problems.append(f"{path}: is {width} pixels wider than the window")
    await one.page.add_script_tag(path=AXE)
    found = await one.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    for violation in found["violations"]:
        if violation["impact"] in ("serious", "critical"):
            node = violation["nodes"][0]
            one.problems.append(
                f"{path}: axe {violation['id']} ({len(violation['nodes'])}): {node['html'][:160]} {node['any'][0]['message'] if node['any'] else ''}"
            )


async def look(one: Tab, path: str) -> None:
    await one.open(path)


async def try_it(started: Browser, server: SiteServer) -> list[str]:
    """Send the form of each kind of operation to the fake."""
    problems = []
    async with tab(started, server) as one:
        for path, typed, status, part in TRIALS:
            await one.open(f"reference/{path}")
            await one.page.evaluate("document.querySelectorAll('form.try details').forEach((one) => { one.open = true; })")
            for name, value in typed.items():
                await one.page.fill(f"form.try [name='{name}']", value)
            await one.page.click("form.try button[type=submit]")
            await one.page.wait_for_selector(".try-status", timeout=10_000)
            shown, body = await one.page.inner_text(".try-status"), await one.page.text_content(".try-response")
            if not shown.startswith(str(status)) or part not in (body or ""):
                problems.append(f"{path}: expected {status} with {part}, got {shown}: {(body or '')[:300]}")
        # Chromium logs a response of 404 as an error.
        problems += [problem for problem in one.problems if "404" not in problem]
    return problems


async def live(started: Browser, server: SiteServer) -> list[str]:
    """Send forms to the live API, which stands in here, and note where credentials went."""
    problems, sent, elsewhere = [], [], []

    async def respond(route: Route) -> None:
        sent.append(route.request)
        await route.fulfill(
            status=200,
            headers={"access-control-allow-origin": "*", "access-control-allow-headers": "*", "access-control-allow-methods": "*"},
            json={"live": True},
        )

    def check(request: Request) -> None:
        text = f"{request.url} {json.dumps(request.headers)} {request.post_data or ''}"
        if TOKEN in text and not request.url.startswith(f"{LIVE}/"):
            elsewhere.append(request.url)

    async with tab(started, server) as one:
        page = one.page
        await page.route(f"{LIVE}/**", respond)
        page.on("request", check)
        await one.open("reference/movies/details")
        await page.check("[name=try-server][value=live]")
        await page.fill("#try-token", TOKEN)
        await page.click("form.try button[type=submit]")
        await page.wait_for_selector(".try-ok")
        gets = [request for request in sent if request.method == "GET"]
        if len(gets) != 1 or gets[0].headers.get("authorization") != f"Bearer {TOKEN}" or "session_id" in parse_qs(urlsplit(gets[0].url).query):
            problems.append(f"live: sent {[(request.url, request.headers) for request in gets]}")
        await one.open("reference/movies/add_rating")
        await page.check("[name=try-server][value=live]")
        if await page.input_value("#try-token") != TOKEN:
            problems.append("live: the token is gone on the next page")
        if READER["session_id"] in await page.input_value("#try-session_id"):
            problems.append("live: the session of the fake is offered to the live API")
        page.once("dialog", lambda dialog: asyncio.ensure_future(dialog.dismiss()))
        await page.click("form.try button[type=submit]")
        await page.wait_for_timeout(300)
        if any(request.method == "POST" for request in sent):
            problems.append("live: a write was sent without a confirmation")
        page.once("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
        await page.click("form.try button[type=submit]")
        await page.wait_for_selector(".try-ok")
        if sum(request.method == "POST" for request in sent) != 1:
            problems.append("live: a confirmed write was not sent")
        await page.check("[name=try-server][value=fake]")
        await page.click("form.try button[type=submit]")
        await page.wait_for_selector(".try-ok")
        if await page.evaluate("JSON.stringify(localStorage)") and TOKEN in await page.evaluate("JSON.stringify(localStorage) + document.cookie"):
            problems.append("live: the token outlives the tab")
        problems += [f"live: the token went to {url}" for url in elsewhere] + one.problems
    return problems


async def search(started: Browser, server: SiteServer) -> list[str]:
    """Search, and open a result."""
    async with tab(started, server) as one:
        await one.open("index")
        await one.page.keyboard.press("Control+k")
        await one.page.keyboard.type("alternative titles", delay=20)
        result = one.page.locator("a[href*='movies/alternative_titles']").first
        await result.click(timeout=15_000)
        await one.page.wait_for_url("**/movies/alternative_titles.html*", timeout=10_000)
        return one.problems


async def check(folder: Path, *, step: int = 1) -> list[str]:
    """Check a built site, and return its problems.

    Args:
        folder: The folder with the HTML.
        step: 1 to open every page, 2 for every other one, and so on.
    """
    paths = sorted(path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.html"))
    operations = [path for path in paths if path.startswith("reference/") and path.count("/") == 2]
    with serve(folder) as server:
        async with browser() as started:
            problems = []
            for name, run in {
                "pages": lambda: in_tabs(started, server, paths[::step], look),
                "light": lambda: in_tabs(started, server, [*KINDS, *paths[::40]], audit),
                "dark": lambda: in_tabs(started, server, list(KINDS), audit, color_scheme="dark"),
                "phone": lambda: in_tabs(started, server, [*KINDS, *operations[::60]], audit, viewport=PHONE),
                "try it": lambda: try_it(started, server),
                "live": lambda: live(started, server),
                "search": lambda: search(started, server),
            }.items():
                begun = time.monotonic()
                found = await run()
                print(f"{name}: {len(found)} problems, {time.monotonic() - begun:.0f} s", flush=True)
                problems += found
    return problems


def main() -> int:
    problems = asyncio.run(check(OUTPUT / "html"))
    print("\n".join(problems) or "no problems")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
