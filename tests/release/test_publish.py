"""`make publish` with real indexes: a tested release is published once, as a whole or not at all."""

from __future__ import annotations

import base64
import os
import re
import shutil
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.git import git
from generator.paths import ROOT
from generator.release import index, publish
from generator.release.build import Record
from generator.release.test import Environment, run_quick_starts

from .conftest import VERSION, break_users, commit_all
from .servers import PASSWORD, READER, READERS_PASSWORD, USER, Fault, PyPIServer, devpi, faulty, free_port, pypiserver, without_tls

SECRETS = (PASSWORD, READERS_PASSWORD, "a-wrong-password", base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode(), "pa55")


@pytest.fixture(scope="module")
def private_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PyPIServer]:
    with pypiserver(tmp_path_factory.mktemp("private"), authenticate="update,download,list") as server:
        yield server


@pytest.fixture
def server(private_server: PyPIServer, monkeypatch: pytest.MonkeyPatch) -> PyPIServer:
    """An empty private pypiserver, configured by twine's variables."""
    for path in private_server.packages.iterdir():
        path.unlink()
    use(monkeypatch, private_server.url)
    return private_server


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "PAUSE", 0.01)


@pytest.fixture(scope="module")
def tested(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with a wheel that counts as tested; read-only."""
    root = tmp_path_factory.mktemp("tested") / "tmdbkit"
    shutil.copytree(released, root)
    return as_tested(root)


def as_tested(root: Path) -> Path:
    """Record that the build in a clone passed its tests."""
    record = Record.read(root / "dist")
    assert record is not None
    record.write(root / "dist", tested=True)
    return root


def use(monkeypatch: pytest.MonkeyPatch, url: str, user: str = USER, password: str = PASSWORD) -> None:
    for name, value in (("REPOSITORY_URL", url), ("USERNAME", user), ("PASSWORD", password)):
        monkeypatch.setenv(f"TWINE_{name}", value)


class Run:
    """A run of `make publish`: the exit status and the output."""

    def __init__(self, root: Path, capfd: pytest.CaptureFixture[str]) -> None:
        capfd.readouterr()
        self.status = publish.main(["--root", str(root)])
        captured = capfd.readouterr()
        self.output = " ".join((captured.out + captured.err).split())
        assert not [secret for secret in SECRETS if secret in captured.out + captured.err]


def built(root: Path) -> dict[str, bytes]:
    """What goes to an index: the wheel and the sdist, and not the assets of the release's page."""
    return {path.name: path.read_bytes() for path in (wheel_of(root), sdist_of(root))}


def wheel_of(root: Path) -> Path:
    return next((root / "dist").glob("*.whl"))


def sdist_of(root: Path) -> Path:
    return next((root / "dist").glob("*.tar.gz"))


# Publishing


def test_a_release_is_published_once(server: PyPIServer, tested: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run = Run(tested, capfd)
    assert run.status == 0
    assert f"tmdbkit {VERSION} is published on the index at {server.url}" in run.output
    record = Record.read(tested / "dist")
    assert record is not None
    assert f"tmdbkit=={VERSION} --hash=sha256:{record.sha256[wheel_of(tested).name]}" in run.output
    assert server.files == built(tested)
    before = {path: path.stat().st_mtime_ns for path in server.packages.iterdir()}
    again = Run(tested, capfd)
    assert again.status == 0
    assert "is already, as it is here, on the index" in again.output
    assert "Uploading" not in again.output
    assert {path: path.stat().st_mtime_ns for path in server.packages.iterdir()} == before


def test_a_public_index_with_other_hashes_is_accepted(tmp_path: Path, tested: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    with pypiserver(tmp_path, authenticate="update", hashes="md5") as server:
        use(monkeypatch, server.url, password="a-wrong-password")
        denied = Run(tested, capfd)
        assert denied.status == 3
        assert f"the index at {server.url} denies the request (403 Forbidden): the password is wrong, or the user has no permission" in denied.output
        assert server.files == {}
        use(monkeypatch, server.url)
        assert Run(tested, capfd).status == 0
        assert server.files == built(tested)
        assert "is already, as it is here, on the index" in Run(tested, capfd).output


def test_a_partial_upload_is_completed(server: PyPIServer, tested: Path, capfd: pytest.CaptureFixture[str]) -> None:
    shutil.copy(wheel_of(tested), server.packages)
    run = Run(tested, capfd)
    assert run.status == 0
    assert f"Uploading {sdist_of(tested).name}" in run.output
    assert f"Uploading {wheel_of(tested).name}" not in run.output
    assert server.files == built(tested)


# Rejections before the first request


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unreachable index: a request would fail the test."""
    use(monkeypatch, f"http://127.0.0.1:{free_port()}/")


def test_a_changed_tree_is_not_published(nowhere: None, clone: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("README.md", "src/tmdbkit/new.py"):
        with (clone / name).open("a", encoding="utf-8") as file:
            file.write("\n")
        run = Run(clone, capfd)
        assert run.status == 1
        assert "the tree has uncommitted changes:" in run.output
        assert name in run.output
        git(clone, "stash", "--include-untracked")


def test_a_commit_without_its_tag_is_not_published(nowhere: None, clone: Path, capfd: pytest.CaptureFixture[str]) -> None:
    git(clone, "tag", "v9.9.9")
    git(clone, "tag", "--delete", f"v{VERSION}")
    run = Run(clone, capfd)
    assert run.status == 1
    assert f"the commit is not tagged v{VERSION}" in run.output
    git(clone, "tag", f"v{VERSION}", "HEAD")
    git(clone, "tag", "--delete", "v9.9.9")
    git(clone, "commit", "--quiet", "--allow-empty", "--message", "More")
    assert "the commit is not tagged" in Run(clone, capfd).output


@pytest.mark.slow
def test_a_version_that_is_too_small_is_not_published(nowhere: None, clone: Path, capfd: pytest.CaptureFixture[str]) -> None:
    break_users(clone)
    major, minor, patch = map(int, VERSION.split("."))
    version = f"{major}.{minor}.{patch + 1}"
    (clone / "src" / "tmdbkit" / "_version.py").write_text(f'__version__ = "{version}"\n', encoding="utf-8")
    commit_all(clone)
    git(clone, "tag", f"v{version}")
    run = Run(clone, capfd)
    assert run.status == 1
    assert f"{version} is too small for the changes since v{VERSION}: it has to be" in run.output


def test_a_file_that_changed_after_the_tests_is_not_published(nowhere: None, clone: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with zipfile.ZipFile(wheel_of(clone), "a") as wheel:
        wheel.writestr("tmdbkit/more.py", "")
    run = Run(clone, capfd)
    assert run.status == 1
    assert f"{wheel_of(clone)} is not what was built" in run.output


@pytest.mark.slow
def test_an_untested_wheel_is_not_published(nowhere: None, clone: Path, capfd: pytest.CaptureFixture[str]) -> None:
    client = clone / "src" / "tmdbkit" / "__init__.py"
    client.write_text(f"{client.read_text(encoding='utf-8')}\nimport os\nraise RuntimeError('broken on purpose', *os.environ)\n", encoding="utf-8")
    commit_all(clone)
    git(clone, "tag", "--force", f"v{VERSION}")
    run = Run(clone, capfd)
    assert run.status == 1
    assert run.output.startswith("building installing")
    assert "a quick start failed:" in run.output
    assert "broken on purpose" in run.output
    assert "TWINE_" not in run.output
    record = Record.read(clone / "dist")
    assert record is not None
    assert (record.commit, record.tested) == (git(clone, "rev-parse", "HEAD"), False)


# Index and credentials


@pytest.fixture
def pypirc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (home := tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(home))
    return home / ".pypirc"


def test_the_pypirc_names_the_index(server: PyPIServer, tested: Path, pypirc: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("REPOSITORY_URL", "USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"TWINE_{name}")
    sections = "[{name}]\nrepository = {url}\nusername = {user}\npassword = {password}\n"
    internal = sections.format(name="internal", url=server.url, user=USER, password=PASSWORD)
    other = sections.format(name="other", url="http://127.0.0.1:9/", user=USER, password=PASSWORD)
    pypirc.write_text(f"[distutils]\nindex-servers =\n    internal\n    other\n\n{internal}\n{other}", encoding="utf-8")
    run = Run(tested, capfd)
    assert run.status == 2
    assert "no index is named; set TWINE_REPOSITORY_URL, or TWINE_REPOSITORY to a section of ~/.pypirc; it lists internal, other" in run.output
    monkeypatch.setenv("TWINE_REPOSITORY", "internal")
    assert Run(tested, capfd).status == 0
    assert server.files == built(tested)
    monkeypatch.delenv("TWINE_REPOSITORY")
    pypirc.write_text(f"[distutils]\nindex-servers = internal\n\n{internal}", encoding="utf-8")
    assert "is already, as it is here, on the index" in Run(tested, capfd).output


def test_credentials_in_the_url_are_redacted(server: PyPIServer, tested: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("TWINE_REPOSITORY_URL", server.url.replace("://", f"://{USER}:a-wrong-password@"))
    monkeypatch.delenv("TWINE_USERNAME")
    monkeypatch.delenv("TWINE_PASSWORD")
    run = Run(tested, capfd)
    assert run.status == 3
    assert f"the index at {server.url} denies the request (403 Forbidden)" in run.output


@pytest.mark.parametrize(
    ("content", "environment", "message"),
    [
        ("", {}, "no index is named"),
        ("[pypi]\nusername = __token__\npassword = pa55word", {}, "no index is named"),
        ("", {"TWINE_REPOSITORY": "internal"}, "~/.pypirc cannot be read, or has no section"),
        (
            "[distutils]\nindex-servers = internal\n[internal]\npassword = pa55word",
            {"TWINE_REPOSITORY": "internal"},
            "~/.pypirc cannot be read, or has no section",
        ),
        ("password = pa55word", {}, "~/.pypirc cannot be read"),
        ("", {"TWINE_REPOSITORY_URL": "ftp://ci:pa55word@index.example/"}, "the URL of the index is not one of http or https"),
        ("", {"TWINE_REPOSITORY_URL": "http://ci:pa55word@index.example:port/"}, "the URL of the index is not one of http or https"),
        ("", {"TWINE_REPOSITORY_URL": "http://127.0.0.1:9/", "TWINE_USERNAME": "ci"}, "there are no credentials for the index"),
        ("", {"TWINE_REPOSITORY_URL": "http://127.0.0.1:9/"}, "there are no credentials for the index"),
    ],
)
def test_a_misconfigured_index_is_an_error(
    tested: Path, pypirc: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], content: str, environment: dict[str, str], message: str
) -> None:
    pypirc.write_text(content, encoding="utf-8")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    run = Run(tested, capfd)
    assert (run.status, run.output.startswith(message)) == (2, True), run.output


# Rejections by the index


def test_a_wrong_password_publishes_nothing(server: PyPIServer, tested: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    use(monkeypatch, server.url, password="a-wrong-password")
    run = Run(tested, capfd)
    assert run.status == 3
    assert f"the index at {server.url} denies the request (403 Forbidden): the password is wrong, or the user has no permission" in run.output
    assert "Uploading" not in run.output
    assert server.files == {}


def test_another_release_of_the_same_version_is_not_replaced(server: PyPIServer, tested: Path, capfd: pytest.CaptureFixture[str]) -> None:
    other = server.packages / wheel_of(tested).name
    for there in (other, server.packages / f"tmdbkit-{VERSION}-cp311-cp311-any.whl"):
        shutil.copy(wheel_of(tested), there)
        with zipfile.ZipFile(there, "a") as wheel:
            wheel.writestr("tmdbkit/more.py", "")
        before = server.files
        run = Run(tested, capfd)
        assert run.status == 1
        assert f"has another tmdbkit {VERSION}: {there.name}; a version is never replaced" in run.output
        assert server.files == before
        there.unlink()


def test_other_versions_do_not_matter(server: PyPIServer, tested: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("tmdbkit-0.0.1-py3-none-any.whl", "tmdbkit-99.tar.gz"):
        (server.packages / name).write_bytes(b"")
    assert Run(tested, capfd).status == 0
    assert len(server.files) == 4


# Unreachable indexes


def test_an_unreachable_index_is_an_error(tested: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    def assert_unreachable(url: str, reason: str) -> None:
        use(monkeypatch, url)
        run = Run(tested, capfd)
        assert run.status == 4
        assert re.fullmatch(rf"the index at {url} cannot be reached: .*({reason}).*", run.output), run.output

    assert_unreachable(f"http://127.0.0.1:{free_port()}/", "Connection refused")
    assert_unreachable("http://index.invalid/", "Name or service not known|name resolution|nodename nor servname")
    with without_tls() as port:
        assert_unreachable(f"https://127.0.0.1:{port}/", "SSL")
    monkeypatch.setattr(index, "TIMEOUT", (5.0, 0.2))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert_unreachable(f"http://127.0.0.1:{silent.getsockname()[1]}/", "it did not respond in time")


def test_a_server_that_is_no_index_gets_no_file(server: PyPIServer, tested: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    use(monkeypatch, f"{server.url}packages/")
    run = Run(tested, capfd)
    assert run.status == 5
    assert "has no simple API at" in run.output
    assert "set SIMPLE_INDEX_URL" in run.output
    monkeypatch.setenv("SIMPLE_INDEX_URL", f"{server.url}simple")
    use(monkeypatch, server.url)
    assert Run(tested, capfd).status == 0


# Interruptions


@pytest.mark.parametrize("how", ["502", "lost"])
def test_transient_failures_are_retried(server: PyPIServer, tested: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], how: str) -> None:
    with faulty(server.url, Fault(uploads=2, how=how, times=2)) as url:
        use(monkeypatch, url)
        run = Run(tested, capfd)
    assert run.status == 0
    assert run.output.count("; trying again") == 2
    assert server.files == built(tested)


def test_an_upload_with_a_lost_response_is_not_repeated(
    server: PyPIServer, tested: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with faulty(server.url, fault := Fault(uploads=1, how="unanswered")) as url:
        use(monkeypatch, url)
        assert Run(tested, capfd).status == 0
    assert fault.seen == 2
    assert server.files == built(tested)


@pytest.mark.parametrize(("how", "status"), [("502", 5), ("lost", 4)])
def test_an_interrupted_release_is_withdrawn(
    server: PyPIServer, tested: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], how: str, status: int
) -> None:
    (server.packages / "tmdbkit-0.0.1-py3-none-any.whl").write_bytes(b"an earlier release")
    with faulty(server.url, fault := Fault(uploads=2, how=how)) as url:
        use(monkeypatch, url)
        run = Run(tested, capfd)
    assert run.status == status
    assert fault.seen == 1 + publish.ATTEMPTS
    assert run.output.endswith(f"it has no file of tmdbkit {VERSION}")
    assert list(server.files) == ["tmdbkit-0.0.1-py3-none-any.whl"]
    use(monkeypatch, server.url)
    assert Run(tested, capfd).status == 0
    assert len(server.files) == 3


def test_a_partial_release_can_be_completed_later(server: PyPIServer, tested: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    with faulty(server.url, Fault(uploads=2, removes=False)) as url:
        use(monkeypatch, url)
        run = Run(tested, capfd)
    assert run.status == 5
    assert run.output.endswith(f"it has {wheel_of(tested).name} and not {sdist_of(tested).name}; `make publish` again adds the missing files")
    assert list(server.files) == [wheel_of(tested).name]
    use(monkeypatch, server.url)
    assert Run(tested, capfd).status == 0
    assert server.files == built(tested)


def test_files_of_an_earlier_run_are_not_withdrawn(
    server: PyPIServer, tested: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(wheel_of(tested), server.packages)
    with faulty(server.url, Fault(uploads=1)) as url:
        use(monkeypatch, url)
        assert Run(tested, capfd).output.endswith("`make publish` again adds the missing files")
    assert list(server.files) == [wheel_of(tested).name]


def test_an_interrupted_upload_is_withdrawn(server: PyPIServer, tested: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    upload = index.Index.upload

    def interrupt(self: index.Index, path: Path) -> None:
        if path.name.endswith(".tar.gz"):
            raise KeyboardInterrupt
        upload(self, path)

    monkeypatch.setattr(index.Index, "upload", interrupt)
    run = Run(tested, capfd)
    assert (run.status, run.output.endswith(f"interrupted it has no file of tmdbkit {VERSION}")) == (130, True)
    assert server.files == {}


# End to end


def impostor(folder: Path, version: str) -> None:
    """Write an impostor's tmdbkit."""
    info = f"tmdbkit-{version}.dist-info"
    with zipfile.ZipFile(folder / f"tmdbkit-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tmdbkit.py", "raise SystemExit('a stranger was installed')\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tmdbkit\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: stranger\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", f"tmdbkit.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")


def install(folder: Path, simple_url: str, output: str, **variables: str) -> Environment:
    """Install tmdbkit as `docs/maintainers/publishing.md` says: by the line that `make publish` printed, from that index alone, then its dependencies."""
    (pin,) = [line for line in output.splitlines() if line.startswith("tmdbkit==")]
    environment = Environment(folder, ROOT)
    (folder / "tmdbkit.txt").write_text(pin, encoding="utf-8")
    environment.install("--no-deps", "--index-url", simple_url, "--requirement", str(folder / "tmdbkit.txt"), **variables)
    environment.install("tmdbkit", **variables)
    return environment


@pytest.mark.slow
def test_a_published_release_installs_from_its_index_alone(server: PyPIServer, clone: Path, tmp_path: Path) -> None:
    ran = subprocess.run([sys.executable, "-m", "generator.release.publish", "--root", str(clone)], capture_output=True, text=True, check=False, cwd=ROOT)
    assert ran.returncode == 0, ran.stderr
    assert " passed in " in ran.stdout
    assert not [secret for secret in SECRETS if secret in ran.stdout + ran.stderr]
    assert server.files == built(clone)
    (tmp_path / "stranger").mkdir()
    impostor(tmp_path / "stranger", "99.0.0")
    impostor(tmp_path / "stranger", VERSION)
    (netrc := tmp_path / "netrc").write_text(f"machine 127.0.0.1 login {USER} password {PASSWORD}\n", encoding="utf-8")
    environment = install(
        tmp_path / "venv",
        f"{server.url}simple/",
        ran.stdout,
        PIP_FIND_LINKS=f"{os.environ.get('PIP_FIND_LINKS', '')} {tmp_path / 'stranger'}",
        NETRC=str(netrc),
    )
    run_quick_starts(environment, ROOT)


@pytest.mark.slow
def test_devpi_is_supported(tmp_path: Path, tested: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    with devpi(tmp_path) as url:
        stable, dev = f"{url}/stable/", f"{url}/dev/"
        for user, password, message in (
            (USER, "a-wrong-password", "does not accept the user name and the password (401 Unauthorized)"),
            (READER, READERS_PASSWORD, "denies the request (403 no permission to submit): the password is wrong, or the user has no permission"),
        ):
            use(monkeypatch, stable, user, password)
            run = Run(tested, capfd)
            assert run.status == 3
            assert message in run.output
            assert run.output.endswith(f"it has no file of tmdbkit {VERSION}")
        with faulty(dev, Fault(uploads=2)) as way:
            use(monkeypatch, way)
            run = Run(tested, capfd)
            assert (run.status, run.output.endswith(f"it has no file of tmdbkit {VERSION}")) == (5, True), run.output
        with faulty(stable, Fault(uploads=2)) as way:
            use(monkeypatch, way)
            run = Run(tested, capfd)
            assert (run.status, run.output.endswith("`make publish` again adds the missing files")) == (5, True), run.output
        use(monkeypatch, stable)
        capfd.readouterr()
        assert publish.main(["--root", str(tested)]) == 0
        output = capfd.readouterr().out
        assert f"Uploading {wheel_of(tested).name}" not in output
        assert "is already, as it is here, on the index" in Run(tested, capfd).output
        environment = install(tmp_path / "venv", f"{stable}+simple/", output)
        run_quick_starts(environment, ROOT)
