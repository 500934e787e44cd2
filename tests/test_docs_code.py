"""The code of the documentation, executed: each program of a page, each command, and each example of a docstring."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import nullcontext
from functools import cache
from importlib.util import find_spec
from inspect import cleandoc
from pathlib import Path

import pytest

import tmdbkit.runtime.errors
from generator.site.python_api import HOMES
from tmdbkit.testing import FakeTMDB

from .conftest import ROOT, bundle
from .picture import PICTURE, draw
from .support.doc_programs import Program, is_printed, programs_of, run
from .support.redis_servers import redis_server

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FOR_USERS = [page for page in PAGES if page.name != "architecture.md"]
PROGRAMS = [program for page in PAGES for program in programs_of(page, ROOT) if program.mark != "dask"]  # that one has a test of its own, with a Redis


@cache
def operation_ids() -> set[str]:
    return {operation["operationId"] for path in bundle()["paths"].values() for operation in path.values() if "operationId" in operation}


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS, ids=[f"{program.page}:{program.line}" for program in PROGRAMS])
def test_a_program_runs(program: Program, tmp_path: Path) -> None:
    with redis_server() if program.mark == "redis" else nullcontext("") as url:
        ran = run(program, tmp_path, **({"REDIS_URL": url} if url else {}))
    assert ran.status == 0, ran.printed + ran.errors
    if program.output is not None:
        assert is_printed(program.output, ran.printed), ran.printed
    assert ran.printed or "print(" not in program.code, "it printed nothing"


@pytest.mark.parametrize("page", PAGES, ids=[page.relative_to(ROOT).as_posix() for page in PAGES])
def test_a_page_does_not_mention_the_generated_package(page: Path) -> None:
    assert not re.search(r"(?:from|import) tmdb_openapi", page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", FOR_USERS, ids=[page.relative_to(ROOT).as_posix() for page in FOR_USERS])
def test_lines_are_short(page: Path) -> None:
    assert [line for line in page.read_text(encoding="utf-8").splitlines() if len(line) > 160] == []


@pytest.mark.parametrize("page", PAGES, ids=[page.relative_to(ROOT).as_posix() for page in PAGES])
def test_links_are_valid(page: Path) -> None:
    for file, anchor in re.findall(r"\]\((?!https?:)([^)\s#]*)#?([\w-]*)\)", page.read_text(encoding="utf-8")):
        if found := re.fullmatch(r"\.\./reference/(\w+)/(\w+)\.md", file):  # a page of the site, which is generated
            assert found[2] in HOMES if found[1] == "python" else "_".join(found.groups()) in operation_ids(), file
            continue
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), file
        if anchor:
            headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}, f"{file}#{anchor}"


def test_make_targets_exist() -> None:
    commands = "".join(block for page in PAGES for block in re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL))
    targets = {target for line in re.findall(r"^\$ make ([a-z -]+)", commands, re.MULTILINE) for target in line.split()}
    assert {"demo", "test", "generate", "release", "publish"} <= targets
    assert targets <= set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


def test_the_picture_is_up_to_date() -> None:
    assert PICTURE.read_text(encoding="utf-8") == draw(), "run `make picture`"


def test_the_calls_of_tmdbkit_in_the_tables_of_moving_run() -> None:
    calls = re.findall(r"\| `([^`]+)` \|$", (ROOT / "docs/guides/moving.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(calls) > 40
    fake = FakeTMDB()
    with fake.client() as tmdb:
        for call in calls:
            before = len(fake.requests)
            eval(call, {"tmdb": tmdb})
            assert len(fake.requests) > before, call


def test_modules_of_commands_exist() -> None:
    commands = "".join(block for page in PAGES for block in re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL))
    modules = set(re.findall(r"^\$ python -m ([\w.]+)", commands, re.MULTILINE))
    assert {"tmdbkit", "tmdbkit.testing"} <= modules
    assert [module for module in modules if find_spec(module) is None] == []


def test_the_first_command_needs_nothing(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TMDB_")}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), str(ROOT / "generated")])
    command = [sys.executable, "-W", "error", "-m", "tmdbkit"]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60, cwd=tmp_path, env=environment)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Fight Club (1999)" in ran.stdout
    assert "NotFoundError" in ran.stdout


def test_methods_that_a_page_mentions_exist() -> None:
    mentioned = {found for page in PAGES for found in re.findall(r"\b(?:tmdb|user|guest)\.(\w+)\.(\w+)\(?", page.read_text(encoding="utf-8"))}
    assert len(mentioned) > 50
    with FakeTMDB().client(user_access_token="eyJ.user.token", session_id="5" * 40) as tmdb:
        tmdb.configuration.details()
        wrong = [f"{resource}.{method}" for resource, method in mentioned if resource not in dir(tmdb) or not hasattr(type(getattr(tmdb, resource)), method)]
    assert wrong == []


def test_a_program_that_fails_or_prints_something_else_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    text = "`helper.py`:\n\n```python\nWORD = 'one'\n```\n\n```python\nfrom helper import WORD\nprint(WORD, 2)\n```\n\n```text\none …\n```\n\n"
    page.write_text(text + "```python\n1 / 0\n```\n", encoding="utf-8")
    helper, program, broken = programs_of(page, tmp_path)
    assert (helper.name, program.output, broken.output) == ("helper.py", "one …\n", None)
    ran = run(program, tmp_path)
    assert (ran.status, ran.printed, ran.errors) == (0, "one 2\n", "")
    assert [is_printed(output, ran.printed) for output in ("one …", "one 2", "one 3", "one")] == [True, True, False, False]
    ran = run(broken, tmp_path)
    assert ran.status == 1
    assert "ZeroDivisionError" in ran.errors


@pytest.mark.slow
def test_programs_are_typed(tmp_path: Path) -> None:
    for number, program in enumerate(PROGRAMS):
        if not program.is_a_test and program.mark != "not typed":
            name = re.sub(r"\W", "_", f"{program.page}_{program.line}_{number}")
            (tmp_path / f"{name}.py").write_text(program.code, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--explicit-package-bases", "--config-file", os.devnull, "--cache-dir", str(tmp_path / "cache")]
    environment = {**os.environ, "MYPYPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "generated")])}
    ran = subprocess.run([*command, "."], check=False, capture_output=True, text=True, timeout=600, cwd=tmp_path, env=environment)
    assert ran.returncode == 0, ran.stdout


def test_the_guide_shows_the_tree_of_the_exceptions() -> None:
    (tree,) = re.findall(r"(TMDBError\n├──.*?TMDB failed)", cleandoc(tmdbkit.runtime.errors.__doc__ or "").replace("\n    ", "\n"), re.DOTALL)
    assert tree in (ROOT / "docs/guides/errors.md").read_text(encoding="utf-8")
