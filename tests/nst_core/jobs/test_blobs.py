"""What is kept in drawers beside the runs' own: no more than so many."""

import json

import pytest

from nst_core.jobs.blobs import DiskBlobStore, MemoryBlobStore, keep_newest

LABEL = "label.json"


@pytest.fixture(params=[DiskBlobStore, MemoryBlobStore])
def drawers(request, tmp_path):
    drawers = DiskBlobStore(tmp_path) if request.param is DiskBlobStore else MemoryBlobStore()
    for at, name in enumerate("dacb"):
        drawers.put(name, LABEL, json.dumps({"created": 100 + at}).encode())
        drawers.put(name, "folder/more.txt", b"more")
    return drawers


def test_the_oldest_go_with_all_they_hold(drawers):
    keep_newest(drawers, 2, LABEL)
    assert sorted(drawers.jobs()) == ["b", "c"]
    assert drawers.get("b", "folder/more.txt") == b"more"
    assert drawers.get("a", "folder/more.txt") is None


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"{}", b'{"created": "then"}', b'{"created": null}'])
def test_what_cannot_be_read_goes_first(drawers, damage):
    drawers.put("b", LABEL, damage)
    keep_newest(drawers, 3, LABEL)
    assert sorted(drawers.jobs()) == ["a", "c", "d"]


def test_within_the_number_nothing_goes_not_even_what_is_damaged(drawers):
    drawers.put("b", LABEL, b"")
    keep_newest(drawers, 4, LABEL)
    assert sorted(drawers.jobs()) == ["a", "b", "c", "d"]
