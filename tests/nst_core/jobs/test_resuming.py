"""An interrupted real run has the losses and the picture of an uninterrupted one, bit for bit."""

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nst_core.jobs.service import FINAL, JobService, JobView, owner_of
from nst_core.picture import samples
from nst_core.picture.encode import read_recipe
from nst_core.picture.upload import open_picture
from nst_core.recipe import make, recipe_from_json
from nst_core.slow import checkpoint
from tests.nst_core.jobs.servers import ANN, until

pytestmark = pytest.mark.weights
STEPS = 20
PATIENCE = 300.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("data")
        patch.setenv("NST_DATA_DIR", str(folder))
        yield folder


class Services:
    """One job service after another on the same folder, with real workers."""

    def __init__(self) -> None:
        self.current = JobService()

    def restart(self) -> JobService:
        """The next service; the one before is closed."""
        self.current.close()
        self.current = JobService()
        return self.current


@pytest.fixture(scope="module")
def services(folder: Path) -> Iterator[Services]:
    services = Services()
    yield services
    services.current.close()


def submit(service: JobService) -> str:
    # Each worker measures which precision is faster, and on a busy machine two of them may differ.
    settings = {"longest_edge_px": 64, "steps": STEPS, "snapshot_every": 4, "precision": "float32"}
    recipe = make(settings=settings)
    content, style = samples.find("coffee").load(64), samples.find("night-swirls").load(64)
    return service.submit(recipe, content, [style], owner=owner_of(ANN), measure=False)


def finished(service: JobService, job: str) -> JobView:
    until(lambda: service.view(job).state in FINAL, PATIENCE)
    view = service.view(job)
    assert view.error is None
    return view


def assert_same(broken: JobView, unbroken: JobView) -> None:
    assert [point.step for point in broken.points] == list(range(STEPS + 1))
    assert [point.losses for point in broken.points] == [point.losses for point in unbroken.points]
    assert [point.evaluations for point in broken.points] == [point.evaluations for point in unbroken.points]
    seconds = [point.seconds for point in broken.points]
    assert seconds == sorted(seconds)
    assert broken.snapshot_steps == unbroken.snapshot_steps
    assert broken.result == unbroken.result


def save(service: JobService, job: str, folder: Path) -> Path:
    """Pause a run in its middle, which writes a checkpoint; where that is."""
    until(lambda: service.view(job).step >= 6, PATIENCE)
    service.pause(job, ANN)
    saved = folder / "runs" / job / "checkpoint.npz"
    until(lambda: saved.exists() and checkpoint.load(saved).state["number"] == service.view(job).step, PATIENCE)
    time.sleep(0.3)  # a step whose event was under way
    until(lambda: checkpoint.load(saved).state["number"] == service.view(job).step, PATIENCE)
    return saved


def kill(service: JobService) -> None:
    pid = service._scheduler.pool.slots[0].supervisor.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def test_a_new_server_and_a_killed_worker_change_nothing_in_a_run(services: Services, folder: Path) -> None:
    service = services.current
    unbroken = finished(service, submit(service))
    assert len(unbroken.points) == STEPS + 1

    job = submit(service)
    until(lambda: service.view(job).step >= 3, PATIENCE)
    service.pause(job, ANN)
    until(lambda: service.view(job).state == "paused", PATIENCE)
    service = services.restart()
    assert service.view(unbroken.id) == unbroken
    assert service.view(job).state == "paused"
    assert service.view(job).step >= 2
    service.resume(job, ANN)
    service.warm()
    save(service, job, folder)
    before = service.view(job).step
    service.resume(job, ANN)
    until(lambda: service.view(job).step > before, PATIENCE)
    kill(service)
    until(lambda: service.view(job).state == "queued", PATIENCE)
    until(lambda: service.view(job).state == "running" and service.view(job).step > before + 1, PATIENCE)
    assert_same(finished(service, job), unbroken)
    assert not (folder / "runs" / job / "checkpoint.npz").exists() or service._repository.active


def test_a_run_that_diverges_leaves_its_best_picture_and_its_curve(services: Services, folder: Path) -> None:
    service = services.current
    job = submit(service)
    saved = save(service, job, folder)
    sane = checkpoint.load(saved)
    lost = {**sane.state, "gradient": np.full_like(sane.state["gradient"], np.nan)}
    checkpoint.save(saved, replace(sane, state=lost))
    kill(service)
    service.resume(job, ANN)
    until(lambda: service.view(job).state in FINAL, PATIENCE)
    view = service.view(job)
    number = sane.state["number"]
    assert view.state == "failed"
    assert f"at step {number + 1} the loss was not finite" in (view.error or "")
    assert f"its best picture, of step {number}, is kept" in (view.error or "")
    assert [point.step for point in view.points] == list(range(number + 1))
    assert view.notes == (f"The process that paints ended unexpectedly; this run went on from step {number}.",)
    assert view.report is not None
    picture = open_picture(view.result or b"")
    assert [picture.width, picture.height] == view.report["size"]
    assert picture.pixels.std() > 10
    assert recipe_from_json(read_recipe(view.result or b"") or "").content == view.recipe.content
