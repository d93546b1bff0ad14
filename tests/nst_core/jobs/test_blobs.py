"""The number of jobs with files is bounded."""

import json
from pathlib import Path
from typing import Any

import pytest

from nst_core.jobs.blobs import DiskBlobStore, keep_newest
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
    assert blobs.get("b", "folder/more.txt") == b"more"
    assert blobs.get("a", "folder/more.txt") is None


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"{}", b'{"created": "then"}', b'{"created": null}'])
def test_unreadable_jobs_go_first(blobs: Any, damage: bytes) -> None:
    blobs.put("b", LABEL, damage)
    keep_newest(blobs, 3, LABEL)
    assert sorted(blobs.jobs()) == ["a", "c", "d"]


def test_within_the_limit_nothing_goes_not_even_unreadable_jobs(blobs: Any) -> None:
    blobs.put("b", LABEL, b"")
    keep_newest(blobs, 4, LABEL)
    assert sorted(blobs.jobs()) == ["a", "b", "c", "d"]
