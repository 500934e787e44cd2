"""The contents of wheels and sdists, and the report of their problems."""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from generator.release.contents import Contents, main, problems, read

from .conftest import VERSION

DIST_INFO = f"tmdbkit-{VERSION}.dist-info"
Change = Callable[[Contents], object]


def write_wheel(path: Path, contents: Contents, *, record: bool = True) -> Path:
    """Write a wheel with a correct RECORD."""
    name = f"{DIST_INFO}/RECORD"
    if record and name in contents:
        rows = io.StringIO()
        for other in contents.keys() - {name}:
            digest = base64.urlsafe_b64encode(hashlib.sha256(contents[other]).digest()).rstrip(b"=").decode()
            csv.writer(rows).writerow([other, f"sha256={digest}", len(contents[other])])
        contents[name] = f"{rows.getvalue()}{name},,\n".encode()
    with zipfile.ZipFile(path, "w") as wheel:
        for other, content in contents.items():
            wheel.writestr(other, content)
    return path


def write_sdist(path: Path, contents: Contents) -> Path:
    with gzip.open(path, "wb", compresslevel=1) as zipped, tarfile.open(fileobj=zipped, mode="w") as sdist:
        for name, content in contents.items():
            member = tarfile.TarInfo(f"tmdbkit-{VERSION}/{name}")
            member.size = len(content)
            sdist.addfile(member, io.BytesIO(content))
    return path


def replaced(name: str, old: str, new: str) -> Change:
    def change(contents: Contents) -> None:
        assert old.encode() in contents[name]
        contents[name] = contents[name].replace(old.encode(), new.encode())

    return change


def sbom(change: Callable[[dict[str, object]], object]) -> Change:
    def changed(contents: Contents) -> None:
        name = f"{DIST_INFO}/sboms/tmdbkit.cdx.json"
        content = json.loads(contents[name])
        change(content)
        contents[name] = json.dumps(content).encode()

    return changed


IN_BOTH: dict[str, tuple[Change, str]] = {
    "tests": (lambda contents: contents.update({"tests/test_client.py": b""}), "tests/test_client.py: a test"),
    "the spec's sources": (lambda contents: contents.update({"spec/openapi.yaml": b""}), "spec/openapi.yaml: not expected here"),
    "the generator": (lambda contents: contents.update({"generator/source.py": b""}), "generator/source.py: not expected here"),
    "the contract models": (lambda contents: contents.update({"tmdb_contract/models.py": b""}), "tmdb_contract/models.py: not expected here"),
}
IN_A_WHEEL: dict[str, tuple[Change, str]] = {
    **IN_BOTH,
    "a test in a package": (lambda contents: contents.update({"tmdbkit/test_client.py": b""}), "tmdbkit/test_client.py: a test"),
    "a YAML file in a package": (lambda contents: contents.update({"tmdb_openapi/openapi.yaml": b""}), "tmdb_openapi/openapi.yaml: not expected here"),
    "an editor's copy": (lambda contents: contents.update({"tmdbkit/client.py~": b""}), "tmdbkit/client.py~: not expected here"),
    "compiled code": (lambda contents: contents.update({"tmdbkit/client.pyc": b""}), "tmdbkit/client.pyc: not expected here"),
    "another version's folder": (
        lambda contents: contents.update({"tmdbkit-9.9.dist-info/METADATA": b""}),
        "tmdbkit-9.9.dist-info/METADATA: not expected here",
    ),
    "no py.typed": (lambda contents: contents.pop("tmdbkit/py.typed"), "tmdbkit/py.typed: missing"),
    "no py.typed of the generated package": (lambda contents: contents.pop("tmdb_openapi/py.typed"), "tmdb_openapi/py.typed: missing"),
    "no licence": (lambda contents: contents.pop(f"{DIST_INFO}/licenses/LICENSE"), "licenses/LICENSE: missing"),
    "an empty licence": (lambda contents: contents.update({f"{DIST_INFO}/licenses/LICENSE": b"\n"}), "LICENSE: empty"),
    "no bundle": (lambda contents: contents.pop("tmdb_openapi/openapi.json"), "tmdb_openapi/openapi.json: missing"),
    "another bundle": (lambda contents: contents.update({"tmdb_openapi/openapi.json": b"{}"}), "openapi.json: not the bundle"),
    "a description of another version": (
        replaced("tmdb_openapi/openapi.json", f'"version": "{VERSION}"', '"version": "9.9"'),
        "openapi.json: of version 9.9",
    ),
    "a cut bundle": (lambda contents: contents.update({"tmdb_openapi/openapi.json": b'{"openapi"'}), "openapi.json: Expecting"),
    "no bill of materials": (lambda contents: contents.pop(f"{DIST_INFO}/sboms/tmdbkit.cdx.json"), "sboms/tmdbkit.cdx.json: missing"),
    "a bill that is not CycloneDX": (sbom(lambda content: content.pop("bomFormat")), "sbom: 'bomFormat' is a required property"),
    "a bill without a dependency": (sbom(lambda content: content["components"].pop(0)), "sbom: without attrs"),
    "a bill of another version": (sbom(lambda content: content["metadata"]["component"].update(version="9.9")), "sbom: of tmdbkit 9.9"),
    "a bill with a time": (sbom(lambda content: content["metadata"].update(timestamp="2026-01-01T00:00:00Z")), "sbom: has a time"),
    "a dependency that the bill does not know": (replaced(f"{DIST_INFO}/METADATA", "Requires-Dist: attrs", "Requires-Dist: cattrs"), "sbom: without cattrs"),
    "a dependency from a place": (
        replaced(f"{DIST_INFO}/METADATA", "Requires-Dist: attrs>=24.2", "Requires-Dist: attrs @ file:///tmp/attrs.whl"),
        "names a URL instead of a version",
    ),
    "metadata of another version": (replaced(f"{DIST_INFO}/METADATA", f"Version: {VERSION}\nSummary", "Version: 9.9\nSummary"), "metadata: of tmdbkit 9.9"),
    "no summary": (replaced(f"{DIST_INFO}/METADATA", "Summary: ", "Home-Page: "), "metadata: no summary"),
    "a relative link in the description": (
        replaced(f"{DIST_INFO}/METADATA", "(https://www.themoviedb.org)", "(docs/architecture.md)"),
        "a relative link in the description: docs/architecture.md",
    ),
    "no author": (replaced(f"{DIST_INFO}/METADATA", "Author: ", "Platform: "), "metadata: no author"),
    "unsound metadata": (replaced(f"{DIST_INFO}/METADATA", "Requires-Python: >=", "Requires-Python: about "), "metadata: "),
    "code of another version": (lambda contents: contents.update({"tmdbkit/_version.py": b'__version__ = "9.9"\n'}), "another version than"),
    "an entry point to nowhere": (replaced(f"{DIST_INFO}/entry_points.txt", "testing.plugin", "testing.plug"), "leads to tmdbkit.testing.plug"),
    "no entry point": (lambda contents: contents.update({f"{DIST_INFO}/entry_points.txt": b""}), "no pytest plugin"),
    "a token": (lambda contents: contents.update({"tmdbkit/client.py": b'"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.c2lnbmF0dXJlLW9m"'}), "holds a token"),
    "a password": (lambda contents: contents.update({"tmdbkit/client.py": b"http://ci:s3cret@index.example/simple/"}), "holds a URL with a password"),
    "a key": (lambda contents: contents.update({"tmdbkit/client.py": b"-----BEGIN RSA PRIVATE KEY-----"}), "holds a private key"),
}
IN_AN_SDIST: dict[str, tuple[Change, str]] = {
    **IN_BOTH,
    "an earlier build": (lambda contents: contents.update({"dist/tmdbkit-0.0.1.tar.gz": b""}), "dist/tmdbkit-0.0.1.tar.gz: not expected here"),
    "no build hook": (lambda contents: contents.pop("hatch_build.py"), "hatch_build.py: missing"),
    "no bundle": (lambda contents: contents.pop("generated/openapi.json"), "generated/openapi.json: missing"),
    "no licence": (lambda contents: contents.pop("LICENSE"), "LICENSE: missing"),
    "metadata of another version": (replaced("PKG-INFO", f"Version: {VERSION}\nSummary", "Version: 9.9\nSummary"), "metadata: of tmdbkit 9.9"),
}


def test_built_files_have_no_problems(wheel: Path, sdist: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(wheel), str(sdist)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 2 + len(read(wheel)) + len(read(sdist))
    assert any(line.endswith("  tmdb_openapi/openapi.json") for line in printed)


@pytest.mark.parametrize("what", IN_A_WHEEL)
def test_wheel_problems_are_reported(wheel: Path, tmp_path: Path, what: str) -> None:
    change, message = IN_A_WHEEL[what]
    contents = read(wheel)
    change(contents)
    assert message in "\n".join(problems(write_wheel(tmp_path / wheel.name, contents)))


@pytest.mark.parametrize("what", IN_AN_SDIST)
def test_sdist_problems_are_reported(sdist: Path, tmp_path: Path, what: str) -> None:
    change, message = IN_AN_SDIST[what]
    contents = read(sdist)
    change(contents)
    assert message in "\n".join(problems(write_sdist(tmp_path / sdist.name, contents)))


def test_a_wheel_that_differs_from_its_record_is_rejected(wheel: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contents = read(wheel)
    contents["tmdbkit/client.py"] += b"\n"
    contents["tmdbkit/more.py"] = b""
    del contents["tmdbkit/logs.py"]
    changed = write_wheel(tmp_path / wheel.name, contents, record=False)
    assert set(problems(changed)) == {"tmdbkit/client.py: RECORD has another hash", "tmdbkit/more.py: not in RECORD", "tmdbkit/logs.py: in RECORD only"}
    assert main([str(changed)]) == 1
    assert f"{wheel.name}: tmdbkit/more.py: not in RECORD" in capsys.readouterr().out


def test_a_file_that_is_no_wheel_is_rejected(tmp_path: Path, wheel: Path, sdist: Path) -> None:
    for name, message in ((wheel.name, "File is not a zip file"), (sdist.name, "not a gzip file"), ("tmdbkit.zip", "neither a wheel nor an sdist")):
        path = tmp_path / name
        path.write_bytes(b"nothing")
        assert message in "\n".join(problems(path))


def test_an_sdist_with_a_link_is_rejected(tmp_path: Path, sdist: Path) -> None:
    path = tmp_path / sdist.name
    with tarfile.open(path, "w:gz") as archive:
        link = tarfile.TarInfo(f"tmdbkit-{VERSION}/LICENSE")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    assert "not a file in" in "\n".join(problems(path))
