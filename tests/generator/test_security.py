"""What the spec says about credentials is said once: client, recordings and rules follow it."""

from __future__ import annotations

import ast
import copy
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from generator.recordings.distill import Distiller
from generator.recordings.exchanges import Exchange
from generator.recordings.operations import Operations
from generator.render import write_package
from generator.security import Security
from tests.conftest import API_KEY, ROOT, bundle, fixture_named

PLANTED = "planted"
SECRETS = {"device_id": f"{PLANTED}-device", "pin": f"{PLANTED}-pin"}


def with_new_secrets() -> dict[str, Any]:
    """The bundle with a user's credential, a query parameter, a path parameter, a response header and a field that are secret."""
    changed = copy.deepcopy(bundle())
    changed["components"]["securitySchemes"]["device_id"] = {"type": "apiKey", "in": "query", "name": "device_id"}
    changed["components"]["schemas"]["MovieDetails"]["properties"]["device_id"] = {"type": "string", "x-redact": "credential"}
    details = changed["paths"]["/3/movie/{movie_id}"]["get"]
    vault = copy.deepcopy(details)
    details["security"].append({"api_key": [], "device_id": []})
    details["parameters"].append({"name": "pin", "in": "query", "x-redact": "credential", "schema": {"type": "string"}})
    details["responses"]["200"]["headers"] = {"X-Device": {"x-redact": "credential", "schema": {"type": "string"}}}
    parameter = {"name": "vault_id", "in": "path", "required": True, "x-redact": "credential", "schema": {"type": "string"}}
    changed["paths"]["/3/vault/{vault_id}"] = {"get": {**vault, "operationId": "movies_vault", "parameters": [parameter]}}
    return changed


# What follows from it


def test_credentials_have_an_owner_and_a_position() -> None:
    security = Security(bundle())
    assert security.application == ["access_token", "api_key"]
    assert security.tokens == ["access_token", "user_access_token"]
    assert security.sessions == ["session_id", "guest_session_id"]
    assert security.in_query == ["api_key", "session_id", "guest_session_id"]


def test_secret_query_items_headers_and_paths() -> None:
    security = Security(bundle())
    assert security.query_items == ["api_key", "guest_session_id", "password", "request_token", "session_id", "username"]
    assert security.headers == ["authentication-callback", "authorization", "cookie", "proxy-authorization", "set-cookie"]
    assert security.paths == [
        "/3/account/{account_id}",
        "/3/guest_session/{guest_session_id}",
        "/4/account/{account_object_id}",
        "/authenticate/{request_token}",
    ]


def test_only_a_name_that_is_marked_everywhere_is_a_credential() -> None:
    assert {"request_token", "password", "account_id", "account_object_id"} < Security(bundle()).names
    assert not {"id", "username", "name"} & Security(bundle()).names  # the id of an account is marked, and reviewers have public usernames


@pytest.mark.parametrize("path", ["/3/movie/{movie_id}", "/3/list/{list_id}", "/4/list/{list_id}", "/3/configuration", "/3/search/multi"])
def test_responses_for_all_users_may_be_shared(path: str) -> None:
    assert not any(f"{path}/".startswith(f"{private}/") for private in Security(bundle()).private_paths)


@pytest.mark.parametrize("path", ["/3/account", "/3/authentication/token/new", "/3/tv/{series_id}/account_states", "/4/auth/request_token"])
def test_responses_with_user_data_or_credentials_may_not_be_shared(path: str) -> None:
    assert any(f"{path}/".startswith(f"{private}/") for private in Security(bundle()).private_paths)


# One edit of the spec is enough

PROGRAM = """
import json, logging, sys
import httpx
from tmdbkit import TMDB, TMDBError

body, secrets = json.load(sys.stdin)
logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)
targets = []

def handle(request):
    targets.append(request.extensions.get("target", request.url.raw_path).decode())
    for path in ("movie/550?pin=planted-other", "movie/550?device_id=planted-other", "vault/planted-other/x"):
        logging.getLogger("httpx").info("sent %s", f"https://api.themoviedb.org/3/{path}")
    logging.getLogger("httpx").info("got %s", [(b"X-Device", b"planted-other")])
    return httpx.Response(404 if "/vault/" in targets[-1] else 200, json=body, headers={"X-Device": "planted-other"})

with TMDB("0123456789abcdef0123456789abcdef", transport=httpx.MockTransport(handle), rate_limit=None) as tmdb:
    print(repr(tmdb.movies.details(550, **secrets)))
    try:
        tmdb.movies.vault("planted-vault")
    except TMDBError as error:
        print(error, repr(error), error.headers)

print(targets, file=sys.stderr)
"""


def test_the_client_sends_a_new_credential_and_shows_no_new_secret(tmp_path: Path) -> None:
    write_package(with_new_secrets(), tmp_path / "tmdb_openapi")
    body = {**fixture_named("movies/details")["response"]["body"], "device_id": f"{PLANTED}-other"}
    command = [sys.executable, "-c", PROGRAM]
    ran = subprocess.run(command, input=json.dumps([body, SECRETS]), capture_output=True, text=True, check=False, env={"PYTHONPATH": str(tmp_path)})
    assert ran.returncode == 0, ran.stderr
    assert "StatusError" in ran.stdout
    assert "sent https://api.themoviedb.org/3/movie/550?pin=REDACTED" in ran.stdout
    assert PLANTED not in ran.stdout
    sent, vault = ast.literal_eval(ran.stderr.splitlines()[-1])
    assert all(f"{name}={value}" in sent for name, value in SECRETS.items())
    assert vault == f"/3/vault/{PLANTED}-vault?api_key={API_KEY}"


def test_a_recording_keeps_no_new_secret() -> None:
    body = {**fixture_named("movies/details")["response"]["body"], "device_id": f"{PLANTED}-other"}
    recorded = Exchange("here", "GET", "/3/movie/550", 200, body, query=SECRETS, headers={"X-Device": f"{PLANTED}-other"}, origin="wire")
    document = Distiller(with_new_secrets()).fixture(recorded).document
    assert PLANTED not in json.dumps(document)
    assert document["request"]["security"] == ["api_key", "device_id"]


def test_an_operation_that_gives_a_new_secret_is_not_asked_by_itself() -> None:
    asked = {match.operation_id for match in Operations(with_new_secrets()).read_only}
    assert "movies_details" in {match.operation_id for match in Operations(bundle()).read_only} - asked


# No list by hand

LOGIN = "the steps of logging in name each field once, for what it means"
EXCEPTIONS = {
    "src/tmdbkit/cli/errors.py": "what users try as options",
    "src/tmdbkit/cli/settings.py": "the secrets of the fake's user",
    "src/tmdbkit/auth/flows.py": LOGIN,
    "src/tmdbkit/testing/users.py": LOGIN,
    "src/tmdbkit/runtime/display.py": "the username of a reviewer is public",
    "src/tmdbkit/testing/operations/account.py": "the fields of a response of the fake",
    "src/tmdbkit/testing/operations/authentication.py": "the fields of a response of the fake",
    "src/tmdbkit/testing/operations/user_lists.py": "the fields of a response of the fake",
    "src/tmdbkit/testing/world/entries.py": "`guest_stars` and ids of other sites",
    "generator/tour/steps.py": "the arguments of calls, and the fields of responses that later steps take",
    "generator/tour/walk.py": "the fields of the account, to tell whose it is",
    "generator/release/index.py": "the credentials of a package index",
    "generator/security.py": "HTTP's own headers",
    "generator/site/reference.py": "how readers get each credential, and where they pass it",
    "generator/site/samples.py": "the credentials that samples pass, and those of the fake's user",
    "generator/site/templates/macros.jinja": "types of the fields of a form",
    "generator/site/templates/operation.md.jinja": "the fields of the form for one's own credentials",
}


def literals(text: str) -> Iterator[tuple[int, str]]:
    """The literal texts of a program, but for docstrings, with their lines."""
    tree = ast.parse(text)
    documents = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and node not in documents:
            yield node.lineno, node.value if isinstance(node.value, str) else node.value.decode("latin-1")


def handwritten() -> list[tuple[str, str]]:
    """The names of credentials and secrets that stand as texts in handwritten code, alone or among alternatives of a pattern."""
    security = Security(bundle())
    names = {*security.names, *security.query_items, *security.headers} - {"authorization"}  # each sender and reader of a token names its header
    name = rf"(?i:{'|'.join(sorted(map(re.escape, names)))})"
    pattern = re.compile(rf"\s*{name}([\s,]+{name})*\s*|.*(\|{name}\b|\b{name}\|).*", re.DOTALL)
    files = [path for folder in ("src", "generator") for kind in ("*.py", "*.jinja") for path in sorted((ROOT / folder).rglob(kind))]
    found = []
    for path in files:
        text = path.read_text(encoding="utf-8")
        texts = literals(text) if path.suffix == ".py" else ((0, one) for pair in re.findall(r"\"([^\"\n]*)\"|'([^'\n]*)'", text) for one in pair)
        found += [(path.relative_to(ROOT).as_posix(), f"{line}: {one}") for line, one in texts if pattern.fullmatch(one)]
    return found


def test_no_name_of_a_credential_is_listed_by_hand() -> None:
    assert [one for one in handwritten() if one[0] not in EXCEPTIONS] == []


def test_each_exception_is_one() -> None:
    assert {file for file, _ in handwritten()} == EXCEPTIONS.keys()
