"""The recipes of CONTRIBUTING.md, each executed on a copy of the project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tmdbkit.testing import FakeTMDB

from .conftest import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
(CHAPTER,) = re.findall(r"^## Recipes\n(.*?)(?=^## )", TEXT, re.DOTALL | re.MULTILINE)
RECIPES = dict(re.findall(r"^### (.+?)\n(.*?)(?=^### |\Z)", CHAPTER, re.DOTALL | re.MULTILINE))
STEP = re.compile(r"(?:`([^`\n]+)`:\n\n)?^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
"""A block of code, and the file that it is, where the line before ends in one."""

NOMINATIONS = {
    550: {"category": "Sound Editing", "decided_on": "2000-03-26", "won": False, "year": 2000},
    11: {"category": "Film Editing", "decided_on": "", "won": True, "year": None},
}
"""What TMDB answers about the movies of the recipe that drafts an operation."""

UV = r"""
# Stands in for uv, and for the set-up that follows a new lock: a version that is not out yet can be neither locked nor installed.
import re, sys
from pathlib import Path

pyproject, lock = Path("pyproject.toml"), Path("requirements/dev.txt")
match sys.argv[1:]:
    case ["add", "--frozen", "--group", "dev", requirement]:
        name = requirement.partition("==")[0]
        pyproject.write_text(re.sub(f'"{name}==.*"', f'"{requirement}"', pyproject.read_text()))
    case ["pip", "compile", *options] if "--upgrade" not in options:
        for name, pin in re.findall('"([a-z-]+)==([^"]+)"', pyproject.read_text()):
            if f"{name}=={pin} " not in lock.read_text():
                lock.write_text(re.sub(f"^{name}==[^ ]+", f"{name}=={pin}", lock.read_text(), flags=re.MULTILINE))
                metadata = Path(__file__).parent / f"{name.replace('-', '_')}-{pin}.dist-info" / "METADATA"
                metadata.parent.mkdir(exist_ok=True)
                metadata.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {pin}\n")
    case others:
        sys.exit(f"nobody stands in for uv {others}")
"""


class Copy:
    """A copy of the project with its environment, for a recipe to change."""

    def __init__(self, directory: Path) -> None:
        self.project, others = directory / "project", directory / "others"
        shutil.copytree(ROOT, self.project, ignore=lambda _, names: {name for name in names if re.fullmatch(r"\.(?!gitignore).*|__pycache__|dist", name)})
        (self.project / ".venv").mkdir()
        for path in Path(sys.prefix).iterdir():
            (self.project / ".venv" / path.name).symlink_to(path)
        ready = self.project / ".venv" / ".ready"
        ready.unlink(missing_ok=True)
        ready.touch()
        os.utime(ready, (2**32, 2**32))  # never set up anew
        others.mkdir()
        (others / "uv").write_text(f"#!{sys.executable}{UV}", encoding="utf-8")
        (others / "uv").chmod(0o755)
        self.environment = {name: value for name, value in os.environ.items() if name in ("HOME", "LANG", "TMPDIR")} | {
            "PATH": f"{others}:{os.environ['PATH']}",
            "PYTHONPATH": ":".join(map(str, (others, self.project, self.project / "src", self.project / "generated"))),
            "PYTEST_XDIST_AUTO_NUM_WORKERS": "0",
        }
        self.run("git init --quiet && git add --all")

    def run(self, command: str, stdin: str | None = None) -> str:
        """Run a command that has to succeed, and return its output."""
        ran = subprocess.run(["bash", "-c", command], check=False, capture_output=True, text=True, cwd=self.project, env=self.environment, input=stdin)
        assert ran.returncode == 0, f"{command}\n{ran.stdout}{ran.stderr}"
        return ran.stdout

    def follow(self, recipe: str) -> None:
        for file, kind, text in STEP.findall(recipe):
            if kind == "diff":
                self.run("git apply", stdin=text)
            elif kind == "console":
                self.type_in(text)
            elif kind == "python":
                self.python(text)
            else:
                path = self.project / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")

    def type_in(self, text: str) -> None:
        """Run the commands of a console block, and check that they print the lines below them."""
        for command, *expected in (lines.splitlines() for lines in text.removeprefix("$ ").split("\n$ ")):
            printed = iter(self.run(command).splitlines())
            for line in expected:
                pattern = re.escape(line).replace("…", ".*")
                assert any(re.fullmatch(pattern, other.strip()) for other in printed), f"{command} does not print {line!r}"

    def python(self, text: str) -> None:
        (self.project / "recipe.py").write_text(text, encoding="utf-8")
        self.run(".venv/bin/python -W error recipe.py")
        if "assert_type" in text:
            self.run(".venv/bin/mypy recipe.py")


@pytest.mark.slow
@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_works(tmp_path: Path, name: str) -> None:
    copy, fake = Copy(tmp_path), FakeTMDB()
    for movie_id, nomination in NOMINATIONS.items():
        fake.add("GET", f"/3/movie/{movie_id}/nominations", {"id": movie_id, "nominations": [nomination]}, new=True)
    with fake.serve() as server:
        copy.environment["TMDB_BASE_URL"] = server.base_url
        copy.follow(RECIPES[name])


def test_the_recipes_are_read() -> None:
    kinds = {name: [kind for _, kind, _ in STEP.findall(recipe)] for name, recipe in RECIPES.items()}
    assert list(kinds) == ["Add or change a field", "Draft an operation", "Add an operation", "Add a tag", "Change a template", "Bump a generator"]
    assert sum(map(len, kinds.values())) == CHAPTER.count("\n```") / 2
    assert all("console" in steps for steps in kinds.values())
    assert [name for name, steps in kinds.items() if "python" not in steps] == ["Bump a generator"]


def test_every_folder_is_listed() -> None:
    table = TEXT.partition("\n## Folders\n")[2].partition("\n## ")[0]
    named = re.findall(r"`([\w.-]+)/`", "".join(row.split("|")[1] for row in table.splitlines() if row.startswith("|")))
    tracked = subprocess.run(["git", "ls-files"], check=True, capture_output=True, text=True, cwd=ROOT).stdout.splitlines()
    assert sorted({path.partition("/")[0] for path in tracked if "/" in path} - set(named)) == []


def test_links_are_valid() -> None:
    links = re.findall(r"\]\(([\w/.]*)#?([\w-]*)\)", TEXT)
    assert len(links) > 5
    for file, anchor in links:
        headings = re.findall(r"^#+ (.+)$", (ROOT / (file or "CONTRIBUTING.md")).read_text(encoding="utf-8"), re.MULTILINE)
        assert not anchor or anchor in {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}, f"{file}#{anchor}"


def test_make_targets_exist() -> None:
    targets = {target for targets in re.findall(r"`make ([a-z -]+)", TEXT) for target in targets.split()}
    assert {"generate", "lock", "record", "release"} <= targets
    assert sorted(targets - set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))) == []
