"""A sweep on disk survives a restart, and a damaged or missing file costs as little as possible."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from nst_core.jobs.blobs import DiskBlobStore
from nst_core.jobs.service import JobView
from nst_core.sweeps.axes import Axis
from nst_core.sweeps.plan import make_plan
from nst_core.sweeps.runner import Sweep
from nst_core.sweeps.store import SweepStore
from tests.nst_core.sweeps.examples import FAST, PLAN, SAVED, SECRET, STRENGTH, QuickService
from tests.nst_core.sweeps.test_runner import states

ID = "a" * 32


@pytest.fixture
def store(tmp_path: Path) -> SweepStore:
    return SweepStore(DiskBlobStore(tmp_path), ID)


def test_a_sweep_outlives_the_server(store: SweepStore, service: QuickService, monkeypatch: pytest.MonkeyPatch) -> None:
    store.create(SAVED, 2)
    first = Sweep(service.typed, SAVED, sweep_id=ID, store=store)

    def wait(job: str, seconds: float) -> JobView:
        if first.filler.done == 2:
            first.stop(SECRET)  # as the end of its thread with the server
            return replace(service.view(job), state="running")
        return service.view(job)

    with monkeypatch.context() as patched:
        patched.setattr(service, "wait", wait)
        states(first)
    first.add_full_size_run("run", 1, SECRET)
    saved = store.read()
    assert saved is not None
    assert (saved.plan, saved.owner, saved.full_size_runs, saved.is_stopped) == (PLAN, SAVED.owner, {"run": 1}, True)
    assert saved.inputs == SAVED.inputs
    store.write_stopped(is_stopped=False)
    saved = store.read()
    assert saved is not None
    second = Sweep(service.typed, saved, sweep_id=first.id, store=store)
    assert [cell.picture for cell in second.cells[:2]] == [cell.picture for cell in first.cells[:2]]
    assert second.filler.done == 2
    before = len(service.submissions)
    assert states(second) == ["painted"] * 6
    assert len(service.submissions) - before == 4, "a painted cell is not painted again"


@pytest.mark.parametrize("damaged", ["plan.json", "inputs/content.png", "large.json"])
def test_a_damaged_sweep_has_expired(damaged: str, store: SweepStore, tmp_path: Path) -> None:
    store.create(SAVED, 2)
    assert store.read() is not None
    (tmp_path / ID / damaged).write_bytes(b"{")
    assert store.read() is None


def test_a_sweep_stored_under_old_names_of_settings_still_opens(store: SweepStore, tmp_path: Path) -> None:
    colours = Axis("colour_preservation", "Colours of the photograph", (0.0, 1.0), ("0 %", "100 %"))
    saved = replace(SAVED, plan=make_plan(FAST, STRENGTH, colours))
    store.create(saved, 2)
    file = tmp_path / ID / "plan.json"
    old = json.loads(file.read_text())
    old["down"]["name"] = "colour_keep"
    file.write_text(json.dumps(old))
    found = store.read()
    assert found is not None
    assert found.plan == saved.plan


def test_a_full_disk_costs_the_sweep_nothing_but_its_afterlife(
    store: SweepStore, service: QuickService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("no space left")

    for name in ("put", "remove", "jobs"):
        monkeypatch.setattr(DiskBlobStore, name, full)
    store.create(SAVED, 2)
    store.write_stopped(is_stopped=False)
    assert store.read() is None
    assert states(Sweep(service.typed, SAVED, store=store)) == ["painted"] * 6


def test_a_new_sweep_removes_the_oldest_beyond_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = DiskBlobStore(tmp_path)
    for at, name in enumerate("dab"):
        monkeypatch.setattr(time, "time", lambda at=at: 100.0 + at)
        SweepStore(blobs, name).create(SAVED, 2)
    assert sorted(blobs.jobs()) == ["a", "b"]
