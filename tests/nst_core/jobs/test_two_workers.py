"""Two real worker processes, with a toy in place of networks: killed, paused and closed."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from nst_core.executors.local import LocalExecutor
from nst_core.jobs.service import JobService, owner_of
from nst_core.recipe import make
from nst_core.slow import checkpoint
from tests.nst_core.jobs.servers import ANN, BEN, picture, until

pytestmark = pytest.mark.slow
TOY = ("-m", "nst_core.bench.service.toy_worker")
PATIENCE = 60.0
STEPS = 2000


def begun(service: JobService, secret: str) -> str:
    recipe = make(settings={"steps": STEPS, "longest_edge_px": 64, "snapshot_every": 5})
    return service.submit(recipe, picture(), [picture(1)], owner=owner_of(secret), measure=False)


def test_two_runs_go_on_beside_each_other_through_a_kill_and_a_new_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NST_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("NST_WORKERS", "2")
    service = JobService(executor=LocalExecutor(TOY))
    ann, ben = begun(service, ANN), begun(service, BEN)
    until(lambda: min(service.view(job).step for job in (ann, ben)) >= 5, PATIENCE)

    service.pause(ann, ANN)
    file = tmp_path / "runs" / ann / "checkpoint.npz"
    until(lambda: checkpoint.load(file).state["number"] == service.view(ann).step, PATIENCE)
    saved = service.view(ann).step
    service.resume(ann, ANN)
    until(lambda: service.view(ann).step > saved, PATIENCE)
    slot, other = (service._scheduler.pool.slot_of(job) for job in (ann, ben))
    assert slot is not None
    assert other is not None
    pid, untouched = slot.supervisor.pid, other.supervisor.pid
    assert pid is not None
    before = service.view(ben).step
    os.kill(pid, signal.SIGKILL)
    until(lambda: any("went on" in note for note in service.view(ann).notes), PATIENCE)
    until(lambda: service.view(ann).step > saved + 2, PATIENCE)
    assert f"this run went on from step {saved}." in service.view(ann).notes[0]
    assert service.view(ben).notes == ()
    assert service.view(ben).step > before
    assert other.supervisor.pid == untouched

    steps = {job: service.view(job).step for job in (ann, ben)}
    began = time.monotonic()
    service.close()
    assert time.monotonic() - began < 10
    service = JobService(executor=LocalExecutor(TOY))
    for job, step in steps.items():
        view = service.view(job)
        assert view.state in ("queued", "running")  # a worker may have it already
        assert view.step >= step
    service.warm()
    until(lambda: all(service.view(job).step > steps[job] + 10 for job in steps), PATIENCE)
    for job, secret in ((ann, ANN), (ben, BEN)):
        service.stop(job, secret)
        view = service.wait(job, PATIENCE)
        assert (view.state, [point.step for point in view.points]) == ("stopped", list(range(view.step + 1)))
    service.close()
