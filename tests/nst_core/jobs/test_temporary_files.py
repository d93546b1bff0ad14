"""Unfinished files of a killed writer are removed; files that are being written, and other files, stay."""

import os
import time
from pathlib import Path

import pytest

from nst_core.jobs.temporary_files import remove_temporary_files, remove_temporary_files_of
from tests.nst_core.jobs.servers import Servers, under_way, until

PART = ".checkpoint.npz.0123456789abcdef"


def test_only_temporary_files_of_before_are_removed(tmp_path: Path) -> None:
    names = (PART, ".writable", "checkpoint.npz", ".checkpoint.npz.short", "steps/.000001.jpg.0123456789abcdef")
    (tmp_path / "steps").mkdir()
    for name in names:
        (tmp_path / name).write_bytes(b"some")
    assert remove_temporary_files(tmp_path, time.time() - 60) == 0
    os.utime(tmp_path / names[-1], (1e9, 1e9))
    assert remove_temporary_files(tmp_path, time.time() - 60) == 1
    assert remove_temporary_files(tmp_path, time.time() + 60) == 1
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == sorted(names[1:4])


def test_the_parts_of_one_file_are_removed(tmp_path: Path) -> None:
    for name in (PART, "checkpoint.npz", ".result.png.0123456789abcdef"):
        (tmp_path / name).write_bytes(b"some")
    remove_temporary_files_of(tmp_path / "checkpoint.npz")
    assert {path.name for path in tmp_path.iterdir()} == {"checkpoint.npz", ".result.png.0123456789abcdef"}
    remove_temporary_files_of(tmp_path / "nowhere" / "checkpoint.npz")


@pytest.mark.parametrize("victim", ["worker", "server"])
def test_a_killed_writer_leaves_no_temporary_file(servers: Servers, victim: str) -> None:
    service = servers.start()
    under_way(servers, service)
    part = Path(servers.worker.run_command().checkpoint).with_name(PART)
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_bytes(b"half of a check")
    if victim == "worker":
        servers.worker.die("it was killed")
        assert not part.exists()
    else:
        time.sleep(0.15)
        servers.start()
        until(lambda: not part.exists())
