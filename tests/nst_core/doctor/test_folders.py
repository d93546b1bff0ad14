"""Folders: absent, read-only, full, in use, with leftovers; the doctor itself leaves nothing behind."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import filelock
import pytest

from nst_core.doctor import folders
from tests.nst_core.doctor.conftest import all_ok, by_level, the_problem, the_warning


def test_folders_that_do_not_exist_yet_can_be_made_and_are_not_left_behind(machine: Path) -> None:
    assert "can be written" in all_ok(folders.runs())
    assert "can be written" in all_ok(folders.cache())
    assert list(machine.iterdir()) == []


def test_without_a_folder_runs_end_with_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_DATA_DIR", "")
    assert "in memory only" in the_warning(folders.runs())


def test_a_file_in_the_way_is_a_problem(machine: Path) -> None:
    (machine / "data").write_text("in the way")
    text = the_problem(folders.runs())
    assert text.startswith(f"the folder for runs, {machine / 'data'}, must be one that can be written, got: ")


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.ENOSPC, errno.EMFILE])
def test_a_folder_that_cannot_be_written_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, machine: Path, code: int
) -> None:
    (machine / "data").mkdir()

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    assert os.strerror(code) in the_problem(folders.runs())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_disk_that_is_full_only_when_written_is_a_problem(monkeypatch: pytest.MonkeyPatch, machine: Path) -> None:
    (machine / "data").mkdir()
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: Path("/dev/full").open("wb", 0))  # noqa: SIM115
    assert os.strerror(errno.ENOSPC) in the_problem(folders.runs())


@pytest.mark.parametrize(("free", "level"), [(100e6, "problem"), (1e9, "warning"), (50e9, "ok")])
def test_little_free_space_is_told(monkeypatch: pytest.MonkeyPatch, free: float, level: str) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100 * 10**9, 0, int(free)))
    assert [f.level for f in folders.cache() if "are free" in f.text] == [level]


def test_a_folder_in_use_is_told(machine: Path) -> None:
    (machine / "data").mkdir()
    with filelock.FileLock(machine / "data" / "in-use.lock"):
        assert "a server uses the folder of runs now" in all_ok(folders.runs())
    assert "no server uses the folder of runs now" in all_ok(folders.runs())


def test_leftovers_of_killed_processes_are_counted(machine: Path) -> None:
    runs = machine / "data" / "runs" / "a1"
    runs.mkdir(parents=True)
    (runs / f".result.png.{'0' * 16}").write_bytes(b"half")
    (runs / ".hidden").write_bytes(b"")
    assert "1 temporary files of ended processes" in all_ok(folders.runs())
    for number in range(30):
        (machine / "cache" / "weights" / "vgg19" / f".part-{number:016x}" / "data").mkdir(parents=True)
    assert "30 temporary files of ended processes" in the_warning(folders.cache())
    assert by_level(folders.runs())["problem"] == []


def test_a_folder_behind_one_that_may_not_be_entered_is_a_problem(
    forbidden: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NST_DATA_DIR", str(forbidden))
    assert f"{forbidden}, must be one that can be written, got: Permission denied" in the_problem(folders.runs())


def test_a_disk_that_does_not_answer_is_a_problem(monkeypatch: pytest.MonkeyPatch, machine: Path) -> None:
    def fails(_: Path) -> Any:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    monkeypatch.setattr(shutil, "disk_usage", fails)
    assert "does not say what is free: Stale file handle" in the_problem(folders.runs())
