"""The number of jobs with files is bounded."""

import errno
import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from nst_core.jobs.blobs import DiskBlobStore, keep_newest, read_or_none
from nst_core.jobs.memory_blobs import MemoryBlobStore

LABEL = "label.json"


@pytest.fixture(params=[DiskBlobStore, MemoryBlobStore])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    blobs = DiskBlobStore(tmp_path) if request.param is DiskBlobStore else MemoryBlobStore()
    for at, name in enumerate("dacb"):
        blobs.put(name, LABEL, json.dumps({"created": 100 + at}).encode())
        blobs.put(name, "folder/more.txt", b"more")
    return blobs


def test_the_oldest_jobs_go_with_all_their_files(blobs: Any) -> None:
    keep_newest(blobs, 2, LABEL)
    assert sorted(blobs.jobs()) == ["b", "c"]
    assert read_or_none(blobs, "b", "folder/more.txt") == b"more"
    assert read_or_none(blobs, "a", "folder/more.txt") is None


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"{}", b'{"created": "then"}', b'{"created": null}'])
def test_unreadable_jobs_go_first(blobs: Any, damage: bytes) -> None:
    blobs.put("b", LABEL, damage)
    keep_newest(blobs, 3, LABEL)
    assert sorted(blobs.jobs()) == ["a", "c", "d"]


def test_within_the_limit_nothing_goes_not_even_unreadable_jobs(blobs: Any) -> None:
    blobs.put("b", LABEL, b"")
    keep_newest(blobs, 4, LABEL)
    assert sorted(blobs.jobs()) == ["a", "b", "c", "d"]


def test_where_jobs_cannot_be_listed_now_none_goes(blobs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_handle(_: object) -> list[str]:
        raise OSError(errno.EMFILE, "no handle is left")

    monkeypatch.setattr(type(blobs), "jobs", no_handle)
    keep_newest(blobs, 1, LABEL)
    monkeypatch.undo()
    assert len(blobs.jobs()) == 4


@contextmanager
def longest_file(size: int) -> Iterator[None]:
    """No file of this process may become longer: like a full disk, the system writes the part that fits."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [60, 60_000])
def test_an_addition_of_which_only_a_part_fits_is_an_error(tmp_path: Path, size: int) -> None:
    blobs = DiskBlobStore(tmp_path)
    blobs.put("a", "curve.log", b"")
    with longest_file(100):
        if size < 100:
            blobs.append("a", "curve.log", b"x" * size)
        with pytest.raises(OSError, match="File too large"):
            blobs.append("a", "curve.log", b"x" * size)
    blobs.append("a", "curve.log", b"y" * size)
    assert blobs.read("a", "curve.log").endswith(b"y" * size)
