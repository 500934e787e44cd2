"""Lists the contents of a wheel or an sdist of this project, and reports unexpected and missing files.

python -m generator.release.contents dist/*
"""

from __future__ import annotations

import argparse
import base64
import csv
import hashlib
import json
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.metadata import Metadata
from packaging.utils import parse_sdist_filename, parse_wheel_filename

__all__ = ["DESCRIPTION", "Contents", "list_of", "main", "problems", "read"]

Contents = dict[str, bytes]
"""The contents of an archive, by file name."""

DESCRIPTION = "tmdb_openapi/openapi.json"
"""The OpenAPI description in the wheel."""
MODULES = r"(?:[a-z0-9_]+/)*[a-z0-9_]+\.py"
DIST_INFO = "tmdbkit-{version}.dist-info"
IN_WHEEL = [
    rf"tmdbkit/{MODULES}",
    rf"tmdb_openapi/{MODULES}",
    r"tmdbkit/py\.typed",
    r"tmdbkit/testing/world/world\.json",
    r"tmdbkit/__pyinstaller/hook-tmdbkit\.py",
    r"tmdb_openapi/(?:py\.typed|openapi\.json)",
    r"DIST_INFO/(?:METADATA|WHEEL|RECORD|entry_points\.txt|licenses/LICENSE|sboms/tmdbkit\.cdx\.json)",
]
IN_SDIST = [
    rf"src/tmdbkit/{MODULES}",
    rf"generated/tmdb_openapi/{MODULES}",
    r"src/tmdbkit/py\.typed",
    r"src/tmdbkit/testing/world/world\.json",
    r"src/tmdbkit/__pyinstaller/hook-tmdbkit\.py",
    r"generated/(?:openapi\.json|tmdb_openapi/py\.typed)",
    r"(?:PKG-INFO|pyproject\.toml|hatch_build\.py|README\.md|CHANGELOG\.md|LICENSE|\.gitignore)",
]
"""The allowed files, as regular expressions."""

WHEEL_NEEDS = [
    *("tmdbkit/__init__.py", "tmdbkit/_version.py", "tmdbkit/py.typed"),
    *("tmdb_openapi/__init__.py", "tmdb_openapi/py.typed", "tmdb_openapi/openapi.json", "tmdbkit/testing/world/world.json"),
    *(f"DIST_INFO/{name}" for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE", "sboms/tmdbkit.cdx.json")),
]
SDIST_NEEDS = [
    *("PKG-INFO", "pyproject.toml", "hatch_build.py", "README.md", "CHANGELOG.md", "LICENSE"),
    *("src/tmdbkit/_version.py", "src/tmdbkit/py.typed", "generated/openapi.json", "generated/tmdb_openapi/py.typed"),
]

TESTS = re.compile(r"(?:^|/)(?:tests?|conftest\.py|test_[^/]*|[^/]*_test\.py)(?:/|$)")
SECRETS = {
    "a private key": re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a token": re.compile(rb"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    "a URL with a password": re.compile(rb"://[^\s/:@\"'`<>{}]+:[^\s/@\"'`<>{}]+@[\w.\[]"),
}

RELATIVE_LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)\s]*)")
"""A link of Markdown's that leads nowhere on the page of an index."""


def read(archive: Path) -> Contents:
    """The files of a wheel or an sdist; those of an sdist without the top folder.

    Raises:
        ValueError: The file is neither, holds other things than files, or repeats a name.
    """
    found: list[tuple[str, bytes]] = []
    if archive.name.endswith(".whl"):
        with zipfile.ZipFile(archive) as wheel:
            found = [(name, wheel.read(name)) for name in wheel.namelist()]
    elif archive.name.endswith(".tar.gz"):
        folder = archive.name.removesuffix(".tar.gz") + "/"
        with tarfile.open(archive) as sdist:
            for member in sdist:
                content = sdist.extractfile(member) if member.isreg() else None
                if content is None or not member.name.startswith(folder):
                    raise ValueError(f"{member.name}: not a file in {folder}")
                found.append((member.name.removeprefix(folder), content.read()))
    else:
        raise ValueError("neither a wheel nor an sdist")
    contents = dict(found)
    if len(contents) < len(found):
        raise ValueError("a name is repeated")
    return contents


def problems(archive: Path) -> Iterator[str]:
    """The problems of a wheel or an sdist."""
    try:
        contents = read(archive)
        parse = parse_wheel_filename if archive.name.endswith(".whl") else parse_sdist_filename
        version = str(parse(archive.name)[1])
    except (ValueError, OSError, zipfile.BadZipFile, tarfile.TarError) as error:
        yield str(error)
        return
    wheel = archive.name.endswith(".whl")
    dist_info = f"tmdbkit-{version}.dist-info"
    allowed = [re.compile(pattern.replace("DIST_INFO", re.escape(dist_info))) for pattern in (IN_WHEEL if wheel else IN_SDIST)]
    for name, content in contents.items():
        if TESTS.search(name):
            yield f"{name}: a test"
        elif not any(pattern.fullmatch(name) for pattern in allowed):
            yield f"{name}: not expected here; generator/release/contents.py lists the expected files"
        yield from (f"{name}: holds {what}" for what, pattern in SECRETS.items() if pattern.search(content))
    needed = [name.replace("DIST_INFO", dist_info) for name in (WHEEL_NEEDS if wheel else SDIST_NEEDS)]
    if missing := [name for name in needed if name not in contents]:
        yield from (f"{name}: missing" for name in missing)
        return
    yield from metadata_problems(contents[f"{dist_info}/METADATA" if wheel else "PKG-INFO"], version)
    prefix = "" if wheel else "src/"
    if contents[f"{prefix}tmdbkit/_version.py"].decode() != f'__version__ = "{version}"\n':
        yield f"{prefix}tmdbkit/_version.py: another version than {version}"
    if not contents[f"{dist_info}/licenses/LICENSE" if wheel else "LICENSE"].strip():
        yield "LICENSE: empty"
    if wheel:
        yield from description_problems(contents[DESCRIPTION], version)
        yield from record_problems(contents, f"{dist_info}/RECORD")
        yield from entry_point_problems(contents, contents[f"{dist_info}/entry_points.txt"])
        yield from sbom_problems(contents[f"{dist_info}/sboms/tmdbkit.cdx.json"], contents[f"{dist_info}/METADATA"])


def metadata_problems(content: bytes, version: str) -> Iterator[str]:
    """The problems of the metadata."""
    try:
        metadata = Metadata.from_email(content)
    except ExceptionGroup as group:
        yield from (f"metadata: {error}" for error in group.exceptions)
        return
    if (metadata.name, str(metadata.version)) != ("tmdbkit", version):
        yield f"metadata: of {metadata.name} {metadata.version}"
    for field in ("summary", "description", "author", "license_expression", "license_files", "project_urls", "requires_python"):
        if not getattr(metadata, field):
            yield f"metadata: no {field}"
    yield from (f"metadata: a relative link in the description: {link}" for link in RELATIVE_LINK.findall(metadata.description or ""))
    yield from (f"metadata: {requirement} names a URL instead of a version" for requirement in metadata.requires_dist or () if requirement.url)


def description_problems(content: bytes, version: str) -> Iterator[str]:
    """The problems of the OpenAPI description."""
    try:
        description = json.loads(content)
    except ValueError as error:
        yield f"openapi.json: {error}"
        return
    if not str(description.get("openapi", "")).startswith("3.1") or not description.get("paths"):
        yield "openapi.json: not the bundle of the spec"
    elif (described := description["info"]["version"]) != version:
        yield f"openapi.json: of version {described}"


def record_problems(contents: Contents, record: str) -> Iterator[str]:
    """The differences between the wheel and its RECORD."""
    rows = {row[0]: row[1] for row in csv.reader(contents[record].decode().splitlines())}
    yield from (f"{name}: not in RECORD" for name in contents.keys() - rows.keys())
    yield from (f"{name}: in RECORD only" for name in rows.keys() - contents.keys())
    for name in contents.keys() & rows.keys() - {record}:
        digest = base64.urlsafe_b64encode(hashlib.sha256(contents[name]).digest()).rstrip(b"=").decode()
        if rows[name] != f"sha256={digest}":
            yield f"{name}: RECORD has another hash"


def entry_point_problems(contents: Contents, content: bytes) -> Iterator[str]:
    """The entry points without a module."""
    entry_points = ConfigParser(delimiters=("=",))
    entry_points.read_string(content.decode())
    if not entry_points.has_option("pytest11", "tmdbkit"):
        yield "entry_points.txt: no pytest plugin"
    for group in entry_points.sections():
        for name, place in entry_points[group].items():
            module = place.partition(":")[0].replace(".", "/")
            if f"{module}.py" not in contents and f"{module}/__init__.py" not in contents:
                yield f"entry_points.txt: {group} {name} leads to {place}, which does not exist"


def sbom_problems(content: bytes, metadata: bytes) -> Iterator[str]:
    """The problems of the bill of materials."""
    if (invalid := JsonStrictValidator(SchemaVersion.V1_7).validate_str(content.decode())) is not None:
        yield f"sbom: {invalid.data.message}"
        return
    sbom, known = json.loads(content), Metadata.from_email(metadata, validate=False)
    itself = sbom["metadata"]["component"]
    if (itself["name"], itself["version"]) != (known.name, str(known.version)):
        yield f"sbom: of {itself['name']} {itself['version']}"
    listed, needed = {component["name"] for component in sbom["components"]}, {requirement.name for requirement in known.requires_dist or ()}
    yield from (f"sbom: without {name}" for name in sorted(needed - listed))
    yield from (f"sbom: with {name}, which is not needed" for name in sorted(listed - needed))
    if "serialNumber" in sbom or "timestamp" in sbom["metadata"]:
        yield "sbom: has a time or a serial number, so no two builds are the same"


def list_of(archive: Path) -> Iterator[str]:
    """The files of a wheel or an sdist, a line each."""
    yield from (f"{len(content):>9,}  {name}" for name, content in sorted(read(archive).items()))


def main(arguments: list[str] | None = None) -> int:
    """Run the command, and return the exit status: 1 if there are problems."""
    parser = argparse.ArgumentParser(prog="python -m generator.release.contents", description="List the contents of wheels and sdists, and check them.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    wrong = False
    for archive in parser.parse_args(arguments).files:
        found = [f"{archive.name}: {problem}" for problem in problems(archive)]
        wrong |= bool(found)
        print("\n".join(found or [archive.name, *list_of(archive)]))
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
