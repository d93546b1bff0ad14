"""A real run that is broken off goes on as if it had not been: the same losses and the same picture, bit for bit."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nst_core.jobs.desk import FINAL, Desk, JobView
from nst_core.picture import samples
from nst_core.recipe import make

pytestmark = pytest.mark.weights
STEPS = 40


def until(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.005)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("data")
        patch.setenv("NST_DATA_DIR", str(folder))
        yield folder


def submit(desk: Desk) -> str:
    recipe = make(settings={"longest_edge_px": 64, "steps": STEPS, "snapshot_every": 4})
    content, style = samples.find("coffee").load(64), samples.find("night-swirls").load(64)
    return desk.submit(recipe, content, [style], measure=False)


def finished(desk: Desk, job: str) -> JobView:
    until(lambda: desk.view(job).state in FINAL)
    view = desk.view(job)
    assert view.error is None
    return view


def assert_same(broken: JobView, unbroken: JobView) -> None:
    assert [point.number for point in broken.points] == list(range(STEPS + 1))
    assert [point.losses for point in broken.points] == [point.losses for point in unbroken.points]
    assert [point.evaluations for point in broken.points] == [point.evaluations for point in unbroken.points]
    seconds = [point.seconds for point in broken.points]
    assert seconds == sorted(seconds)
    assert broken.timeline == unbroken.timeline
    assert broken.result == unbroken.result


def test_a_killed_worker_and_a_new_server_change_nothing_in_a_run(folder: Path) -> None:
    desk = Desk()
    unbroken = finished(desk, submit(desk))
    assert len(unbroken.points) == STEPS + 1

    job = submit(desk)
    until(lambda: desk.view(job).number >= 10)
    desk.pause(job)  # which writes a checkpoint
    saved = folder / "runs" / job / "checkpoint.npz"
    before = desk.view(job).number
    until(lambda: saved.exists() and time.time() - saved.stat().st_mtime > 0.5)
    desk.resume(job)
    until(lambda: desk.view(job).number > before)
    pid = desk._floor.crew.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    until(lambda: desk.view(job).state == "queued")
    until(lambda: desk.view(job).state == "running" and desk.view(job).number > before + 1)
    assert_same(finished(desk, job), unbroken)

    job = submit(desk)
    until(lambda: desk.view(job).number >= 5)
    desk.pause(job)
    until(lambda: desk.view(job).state == "paused")
    desk.close()
    desk = Desk()
    assert desk.view(unbroken.id) == unbroken
    assert desk.view(job).state == "paused"
    assert desk.view(job).number >= 4
    desk.resume(job)
    desk.warm()
    assert_same(finished(desk, job), unbroken)
    assert not (folder / "runs" / job / "checkpoint.npz").exists() or desk._book.live
    desk.close()
