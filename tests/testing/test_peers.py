"""Tools and clients of others use the fake as they use TMDB: schemathesis, tmdbsimple, themoviedb, tmdbapis and PyInstaller."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT
from tmdbkit.testing import FakeTMDB
from tmdbkit.testing.router import package_operations

from .tour import Tour

pytestmark = pytest.mark.slow

SCRIPTS = Path(sysconfig.get_path("scripts"))


# schemathesis

SCHEMATHESIS = """
seed = 13
continue-on-failure = true
color = false
workers = 2
warnings = false

[generation]
max-examples = 5
no-shrink = true

[phases.stateful]
# What a write does to the next read is compared with a model in test_state.py.
enabled = false

[checks.negative_data_rejection]
# TMDB ignores parameters, parts and fields that it does not know or cannot read, and so does the fake.
enabled = false

[[operations]]
# A schema cannot say that a range of days is no longer than 14; else the response is a 422 with code 20.
include-path-regex = "/changes$"
checks.positive_data_acceptance.enabled = false

[[operations]]
# TMDB refuses an empty description with a 422; the spec allows it, because the report of that is from 2021.
include-operation-id = "lists_create"
checks.positive_data_acceptance.enabled = false
"""
"""Everything else is checked: documented statuses, content types, headers and bodies, credentials, methods, and that valid requests are accepted."""


def settings_of(tour: Tour) -> str:
    """The settings of schemathesis with the user's credentials and with ids of the world, which most requests have."""
    lists = [tour.send("POST", "/4/list", {"name": f"List {number}", "iso_639_1": "en", "public": number % 2})["id"] for number in range(20)]
    ids: dict[str, list[Any]] = {"list_id": lists, "season_number": [0, 1, 2], "episode_number": [1, 2, 3]}
    for name in {name for one in package_operations() for name in re.findall(r"\{(\w+)\}", one.path)} - ids.keys():
        ids[name] = tour.ids(name)[:50]
    given = {"access_token": {"bearer": tour.fake.access_token}, "user_access_token": {"bearer": tour.user.access_token}}
    given |= {"session_id": {"api_key": tour.user.session_id}, "guest_session_id": {"api_key": tour.guest.guest_session_id}}
    lines = [f"[dictionaries.{name}]\nvalues = {json.dumps(values)}" for name, values in ids.items()]
    lines += [f'[parameters."path.{name}"]\ndictionary = "{name}"\nprobability = 0.7' for name in ids]
    lines += [f'[auth.openapi.{scheme}]\n{kind} = "{text}"' for scheme, one in given.items() for kind, text in one.items()]
    return "\n".join([SCHEMATHESIS, *lines])


def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    tour = Tour()
    (tmp_path / "schemathesis.toml").write_text(settings_of(tour), encoding="utf-8")
    with tour.fake.serve() as server:
        command = [SCRIPTS / "st", "run", ROOT / "generated" / "openapi.json", "--url", server.base_url, "--report", "json", "--report-json-path", "report.json"]
        ran = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (report["failures"], report["errors"], ran.returncode) == ([], [], 0), ran.stdout[-20_000:]
    assert report["operations"]["tested"] == 178
    assert {one.operation_id for one in tour.fake.requests if one.operation_id} == {one.operation_id for one in package_operations()}
