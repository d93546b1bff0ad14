"""Runs that follow another, written down: a new server goes on with those that waited for a place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nst_core.errors import QueueFullError
from nst_core.jobs.service import JobView
from nst_core.picture.upload import Picture
from nst_core.recipe import Recipe, change, make
from nst_core.runs.inputs import RunInputs
from pages.parts.runs import followups_store
from pages.parts.runs.followups import FollowUps
from tests.pages.fake_service import FakeJobService

SLOW = make("bold", {"longest_edge_px": 192})
FULL = QueueFullError("no room", retry_after_seconds=1)
LEFT = (followups_store.FOLDER, "leader", "left.json")


def plain(grey: float) -> Picture:
    return Picture.from_pixels(np.full((40, 48, 3), grey, np.uint8))


@pytest.fixture
def office(tmp_path: Path) -> Any:
    """A job service with a disk and one run, "leader"."""
    office = FakeJobService()
    office.disk = tmp_path
    office.jobs["leader"] = JobView("leader", "running", make(settings={"method": "fast"}))
    office.given["leader"] = RunInputs(plain(100), (plain(200),), None, ())
    return office


def left_waiting(office: Any, recipe: Recipe = SLOW, start: Picture | None = None) -> FollowUps:
    balanced = make(settings={"method": "balanced"})
    left = FollowUps("fast", "leader", {"balanced": balanced, "slow": recipe}, visitor="v", start=start)
    office.refuse = FULL
    assert not left.advance(office)
    followups_store.keep(office, left)
    office.refuse = None
    return left


def test_a_new_server_hands_in_what_waited(office: Any) -> None:
    left = left_waiting(office)
    found = followups_store.kept(office, "leader")
    assert found
    assert (found.name, found.leader, found.visitor) == ("fast", "leader", "v")
    assert found.waiting == left.waiting
    assert found.advance(office)
    assert list(found.jobs) == ["fast", "balanced", "slow"]
    assert office.jobs[found.jobs["slow"]].recipe.longest_edge_px == 192


def test_what_was_handed_in_or_refused_is_not_handed_in_again(office: Any) -> None:
    left = left_waiting(office, change(SLOW, {"start": "own"}))  # refused: there is no picture to start from
    assert left.advance(office)
    followups_store.keep(office, left)
    found = followups_store.kept(office, "leader")
    assert found
    assert (found.jobs, found.refused, found.waiting) == (left.jobs, left.refused, {})
    assert list(found.refused) == ["slow"]
    assert not found.advance(office)


def test_a_start_of_ones_own_is_kept_too(office: Any) -> None:
    own = plain(7)
    left_waiting(office, change(SLOW, {"start": "own"}), own)
    found = followups_store.kept(office, "leader")
    assert found
    found.advance(office)
    assert not found.refused
    assert office.starts[-1].sha256 == own.sha256
    assert list(office.disk.rglob("*.png"))
    followups_store.keep(office, found)
    assert not list(office.disk.rglob("*.png")), "nothing waits for it any more"


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b'{"waiting": {"slow": "{}"}}', b'{"waiting": {}, "jobs": 3, "refused": {}}']
)
def test_a_damaged_file_is_as_none(office: Any, damage: bytes) -> None:
    left_waiting(office)
    Path(office.disk, *LEFT).write_bytes(damage)
    assert followups_store.kept(office, "leader") is None


@pytest.mark.parametrize("name", ["", "../leader", "another"])
def test_a_name_of_nothing_is_nothing(office: Any, name: str) -> None:
    left_waiting(office)
    assert followups_store.kept(office, name) is None


def test_without_a_disk_nothing_is_kept_and_nothing_fails(office: Any) -> None:
    office.disk = None
    left_waiting(office)
    assert followups_store.kept(office, "leader") is None


def test_a_full_disk_loses_the_copy_alone(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError("no space left")

    blobs = office.blob_store(followups_store.FOLDER)
    monkeypatch.setattr(type(blobs), "put", full)
    left = left_waiting(office)
    assert left.advance(office)
    assert followups_store.kept(office, "leader") is None


def test_the_oldest_are_forgotten(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followups_store, "MOST", 2)
    left_waiting(office)
    for name in ("second", "third"):
        office.jobs[name], office.given[name] = office.jobs["leader"], office.given["leader"]
        followups_store.keep(office, FollowUps("fast", name, {"slow": SLOW}, visitor="v"))
    assert followups_store.kept(office, "leader") is None
    assert followups_store.kept(office, "second")
    assert followups_store.kept(office, "third")
