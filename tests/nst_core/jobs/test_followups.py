"""Runs that follow another one are submitted as the queue has room, by the next server too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nst_core.errors import QueueFullError
from nst_core.jobs import followups
from nst_core.jobs.followups import FOLDER, FollowUpRegistry, FollowUps
from nst_core.jobs.service import JobView
from nst_core.picture.upload import Picture
from nst_core.recipe import Recipe, change, make
from nst_core.runs.inputs import RunInputs
from tests.pages.fake_service import OWNER, SECRET, FakeJobService

SLOW = make("bold", {"longest_edge_px": 192})
BALANCED = make(settings={"method": "balanced"})
FULL = QueueFullError("no room", retry_after_seconds=1)
FILE = (FOLDER, "leader", "left.json")


def plain(grey: float) -> Picture:
    return Picture.from_pixels(np.full((40, 48, 3), grey, np.uint8))


@pytest.fixture
def service(tmp_path: Path) -> Any:
    """A job service with a disk and one run, "leader"."""
    service = FakeJobService()
    service.disk = tmp_path
    service.jobs["leader"] = JobView("leader", "running", make(settings={"method": "fast"}), owner=OWNER)
    service.given["leader"] = RunInputs(plain(100), (plain(200),), None, ())
    return service


def next_server(service: Any) -> FollowUpRegistry:
    """A registry that has nothing in memory."""
    return FollowUpRegistry(service)


def waiting(service: Any, recipe: Recipe = SLOW, start: Picture | None = None) -> FollowUps:
    """Follow-ups of the leader that wait because the queue is full."""
    follow_ups = FollowUps("fast", "leader", {"balanced": BALANCED, "slow": recipe}, owner=OWNER, start=start)
    service.refuse = FULL
    service.followups.add(follow_ups)
    assert service.followups.advance("leader") is follow_ups
    assert list(follow_ups.waiting) == ["balanced", "slow"]
    service.refuse = None
    return follow_ups


def test_they_are_submitted_with_the_leaders_pictures_when_there_is_room(service: Any) -> None:
    waiting(service)
    found = service.followups.advance("leader")
    assert (found.waiting, list(found.jobs)) == ({}, ["fast", "balanced", "slow"])
    for name in ("balanced", "slow"):
        assert service.given[found.jobs[name]].content is service.given["leader"].content
        assert service.given[found.jobs[name]].styles == service.given["leader"].styles
        assert service.jobs[found.jobs[name]].owner == OWNER


def test_a_new_server_submits_those_that_waited(service: Any) -> None:
    left = waiting(service)
    found = next_server(service).advance("leader")
    assert found
    assert (found.name, found.leader, found.owner) == ("fast", "leader", OWNER)
    assert list(found.jobs) == ["fast", "balanced", "slow"]
    assert service.jobs[found.jobs["slow"]].recipe.longest_edge_px == 192
    assert list(left.waiting) == ["balanced", "slow"], "another server's memory"


def test_those_that_were_submitted_or_refused_are_not_submitted_again(service: Any) -> None:
    waiting(service, change(SLOW, {"start": "own"}))  # refused: there is no picture to start from
    before = service.followups.advance("leader")
    count = len(service.jobs)
    found = next_server(service).advance("leader")
    assert found
    assert (found.jobs, found.refused, found.waiting) == (before.jobs, before.refused, {})
    assert list(found.refused) == ["slow"]
    assert len(service.jobs) == count


def test_a_start_picture_is_stored_as_long_as_it_is_needed(service: Any) -> None:
    own = plain(7)
    waiting(service, change(SLOW, {"start": "own"}), own)
    assert list(service.disk.rglob("*.png"))
    found = next_server(service).advance("leader")
    assert found
    assert not found.refused
    assert service.starts[-1].sha256 == own.sha256
    assert not list(service.disk.rglob("*.png")), "no recipe waits for it any more"


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b'{"waiting": {"slow": "{}"}}', b'{"waiting": {}, "jobs": 3, "refused": {}}']
)
def test_a_damaged_file_counts_as_none(service: Any, damage: bytes) -> None:
    waiting(service)
    Path(service.disk, *FILE).write_bytes(damage)
    assert next_server(service).advance("leader") is None


@pytest.mark.parametrize("name", ["", "../leader", "another"])
def test_an_unknown_leader_has_none(service: Any, name: str) -> None:
    waiting(service)
    assert next_server(service).advance(name) is None


def test_a_deleted_leader_has_none(service: Any) -> None:
    waiting(service)
    service.delete("leader", SECRET)
    assert service.followups.advance("leader") is None
    assert not Path(service.disk, *FILE).exists()


def test_without_a_disk_they_end_with_the_server(service: Any) -> None:
    service.disk = None
    waiting(service)
    assert next_server(service).advance("leader") is None
    assert list(service.followups.advance("leader").jobs) == ["fast", "balanced", "slow"]


def test_a_full_disk_loses_the_copy_alone(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(type(service.blob_store(FOLDER)), "put", full)
    waiting(service)
    assert list(service.followups.advance("leader").jobs) == ["fast", "balanced", "slow"]
    assert next_server(service).advance("leader") is None


def test_a_disk_that_cannot_be_listed_stops_no_server(service: Any) -> None:
    (service.disk / FOLDER).write_bytes(b"a file in the way")
    service.followups = next_server(service)
    waiting(service)
    assert list(service.followups.advance("leader").jobs) == ["fast", "balanced", "slow"]


def test_the_oldest_are_forgotten(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followups, "MAX_LEADERS", 2)
    waiting(service)
    for name in ("second", "third"):
        service.jobs[name], service.given[name] = service.jobs["leader"], service.given["leader"]
        service.followups.add(FollowUps("fast", name, {"slow": SLOW}, owner=OWNER))
    found = {name: next_server(service).advance(name) for name in ("leader", "second", "third")}
    assert [name for name, follow_ups in found.items() if follow_ups] == ["second", "third"]


def test_those_that_an_earlier_version_stored_belong_to_their_visitor(service: Any) -> None:
    waiting(service)
    file = Path(service.disk, *FILE)
    file.write_text(file.read_text().replace(OWNER, SECRET))
    found = next_server(service).advance("leader")
    assert found
    assert found.owner == OWNER
    assert SECRET not in file.read_text()
