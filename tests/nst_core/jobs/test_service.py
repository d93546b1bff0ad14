"""The desk with its real worker process and real networks."""

import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest

from nst_core.errors import JobError, QueueFullError, RecipeError, WorkerError
from nst_core.jobs.service import FINAL, JobService, JobView
from nst_core.picture import samples
from nst_core.picture.encode import read_recipe
from nst_core.picture.masks import Mask
from nst_core.picture.upload import Picture, open_picture
from nst_core.recipe import Recipe, make, recipe_from_json
from tests.nst_core.jobs.servers import until

pytestmark = pytest.mark.weights
PATIENCE = 240.0
wait = partial(until, seconds=PATIENCE)


def content() -> Picture:
    return samples.find("coffee").load(96)


def style() -> Picture:
    return samples.find("night-swirls").load(96)


def small(**settings: object) -> Recipe:
    return make(settings={"longest_edge_px": 96, "steps": 6, "snapshot_every": 2, **settings})


@pytest.fixture(scope="module")
def desk() -> Iterator[JobService]:
    desk = JobService()
    desk.warm()
    wait(lambda: desk.status().state in ("ready", "failed"))
    assert desk.status().state == "ready", desk.status().message
    yield desk
    desk.close()


def finished(desk: JobService, job: str) -> JobView:
    wait(lambda: desk.view(job).state in FINAL)
    return desk.view(job)


def endless(desk: JobService, visitor: str = "") -> str:
    """A run that will not end by itself within any test, seen to be running."""
    recipe = small(steps=5000, convolutions="direct")  # for so many steps others would be compiled first
    job = desk.submit(recipe, content(), [style()], visitor=visitor)
    wait(lambda: desk.view(job).step >= 2)
    return job


@pytest.mark.parametrize(("method", "points"), [("slow", 7), ("fast", 0), ("balanced", 7)])
def test_a_job_ends_with_a_picture_a_recipe_and_a_report(desk: JobService, method: str, points: int) -> None:
    view = finished(desk, desk.submit(small(method=method), content(), [style()]))
    assert re.fullmatch("[0-9a-f]{32}", view.id)  # 128 bits, fit for an address, a file name and a component's key
    assert (view.state, view.error) == ("done", None)
    assert len(view.points) == points
    assert [p.step for p in view.points] == list(range(points))
    assert view.result is not None
    assert view.report is not None
    assert view.report["size"] == [open_picture(view.result).width, open_picture(view.result).height] == [96, 64]
    recipe = recipe_from_json(read_recipe(view.result) or "")
    assert recipe.content == content().sha256
    assert recipe.provenance.weights
    assert view.report["measures"]["tutorial_total"] > 0
    assert open_picture(view.content).width == 96


def test_a_run_that_is_not_measured_is_waited_for_and_has_no_measures(desk: JobService) -> None:
    job = desk.submit(small(method="fast"), content(), [style()], measure=False)
    view = desk.wait(job, PATIENCE)
    assert view.state == "done"
    assert view.result is not None
    assert view.report is not None
    assert "measures" not in view.report
    assert view.report["size"] == [96, 64]


def test_waiting_for_a_run_that_does_not_end_ends_itself(desk: JobService) -> None:
    job = endless(desk)
    began = time.monotonic()
    assert desk.wait(job, 0.3).state == "running"
    assert 0.3 <= time.monotonic() - began < 3
    desk.stop(job)
    assert desk.wait(job, PATIENCE).state == "stopped"
    with pytest.raises(JobError, match="not here"):
        desk.wait("nobody", 5)


@pytest.mark.parametrize("method", ["slow", "fast", "balanced"])
def test_a_result_keeps_the_contents_transparency(desk: JobService, method: str) -> None:
    coffee = content()
    clear = np.tri(coffee.height, coffee.width, dtype=np.uint8) * 255
    given = Picture.from_pixels(coffee.pixels, clear)
    view = finished(desk, desk.submit(small(method=method, steps=1), given, [style()]))
    result = open_picture(view.result or b"")
    assert result.alpha is not None, view.error
    assert np.array_equal(result.alpha, clear)
    assert view.recipe.content == coffee.sha256


def test_the_same_recipe_gives_the_same_losses(desk: JobService) -> None:
    first, second = (finished(desk, desk.submit(small(seed=3), content(), [style()])) for _ in range(2))
    assert [p.losses for p in first.points] == [p.losses for p in second.points]
    assert first.result == second.result


def test_stop_ends_a_run_within_a_step_and_keeps_its_picture(desk: JobService) -> None:
    job = endless(desk)
    at = desk.view(job).step
    desk.stop(job)
    view = finished(desk, job)
    assert view.state == "stopped"
    assert view.step - at <= 2  # the step under way, and one that was on its way here
    assert view.result is not None


def test_pause_holds_a_run_and_resume_goes_on(desk: JobService) -> None:
    job = endless(desk)
    desk.pause(job)
    time.sleep(0.8)
    at = desk.view(job).step
    time.sleep(0.8)
    assert (desk.view(job).state, desk.view(job).step) == ("paused", at)
    desk.resume(job)
    wait(lambda: desk.view(job).step > at)
    desk.stop(job)
    finished(desk, job)


def test_a_paused_run_can_be_stopped(desk: JobService) -> None:
    job = endless(desk)
    desk.pause(job)
    desk.stop(job)
    assert finished(desk, job).state == "stopped"


def marked(view: JobView, word: str) -> list[int]:
    """The steps whose marks have that word."""
    return [point.step for point in view.points if any(word in mark for mark in point.events)]


def test_steering_takes_hold_at_the_next_step_and_is_told(desk: JobService) -> None:
    job = endless(desk)
    desk.steer(job, {"style_weight": 80.0})
    assert desk.view(job).recipe.objective.style_weight == 80
    at = desk.view(job).step
    wait(lambda: bool(marked(desk.view(job), "style_weight")))
    desk.steer(job, {"steps": desk.view(job).step + 2})  # so that it ends by itself
    view = finished(desk, job)
    (mark,) = marked(view, "style_weight")
    assert mark - at <= 2  # the step under way, and one that was on its way here
    style = {point.step: point.losses["style"] for point in view.points}
    assert 2 < style[mark] / style[mark - 1] < 4.5  # four times the weight, on a picture that one step has bettered
    assert view.evaluations >= view.step
    assert (view.state, view.step) == ("done", view.recipe.steps)
    assert view.recipe.objective.style_weight == 80
    assert view.recipe.provenance.weights
    assert view.report is not None
    assert any(number == mark and "style_weight" in text for number, text in view.report["marks"])
    assert recipe_from_json(read_recipe(view.result or b"") or "") == view.recipe


def test_a_paused_run_can_be_steered(desk: JobService) -> None:
    job = endless(desk)
    desk.pause(job)
    desk.steer(job, {"tv_weight": 9.0})
    desk.steer(job, {"learning_rate": 0.01})
    recipe = desk.view(job).recipe
    assert (recipe.objective.tv_weight, recipe.optimizer.learning_rate) == (9, 0.01)
    time.sleep(0.5)
    assert not marked(desk.view(job), "tv_weight")
    desk.resume(job)
    wait(lambda: bool(marked(desk.view(job), "tv_weight")))
    desk.stop(job)
    view = finished(desk, job)
    assert (view.recipe.objective.tv_weight, view.recipe.optimizer.learning_rate) == (9, 0.01)


def test_a_waiting_run_begins_as_steered(desk: JobService) -> None:
    running = endless(desk)
    job = desk.submit(small(), content(), [style()])
    desk.steer(job, {"steps": 3})
    assert (desk.view(job).state, desk.view(job).total_steps) == ("queued", 3)
    desk.stop(running)
    view = finished(desk, job)
    assert (view.step, len(view.points), view.recipe.steps) == (3, 4, 3)


def test_steering_that_cannot_be_is_refused_at_once_and_changes_nothing(desk: JobService) -> None:
    job = endless(desk)
    recipe = desk.view(job).recipe
    for settings in ({"longest_edge_px": 128}, {"style_weight": -1}, {"style_layers": {"block3_conv4": 1.0}}):
        with pytest.raises(RecipeError):
            desk.steer(job, settings)
    assert desk.view(job).recipe == recipe
    desk.stop(job)
    finished(desk, job)
    with pytest.raises(JobError, match="this one is over"):
        desk.steer(job, {"style_weight": 1.0})
    with pytest.raises(JobError, match="not here"):
        desk.steer("nobody", {"style_weight": 1.0})


def test_a_run_starts_from_a_picture_of_ones_own(desk: JobService) -> None:
    own = finished(desk, desk.submit(small(start="own", steps=1), content(), [style()], start=style()))
    usual = finished(desk, desk.submit(small(steps=1), content(), [style()]))
    assert own.recipe.start_picture == style().sha256
    # What starts as the style itself has little style left to gain, and all of the content.
    assert own.points[0].losses["style"] < 0.5 * usual.points[0].losses["style"]
    assert own.points[0].losses["content"] > usual.points[0].losses["content"]


def test_masks_reach_the_engine(desk: JobService) -> None:
    weights = np.zeros((64, 96), np.float32)
    weights[:, :48] = 1
    mask = Mask.from_weights(weights)
    two = [style(), samples.find("hubble").load(96)]

    def painted(shares: list[float]) -> JobView:
        regions = [{"mask": "0" * 64, "shares": shares}]
        return finished(desk, desk.submit(small(regions=regions), content(), two, masks=[mask]))

    left, right = painted([1, 0]), painted([0, 1])
    assert (left.state, left.recipe.regions[0].mask) == ("done", mask.sha256), left.error
    assert left.points[0].losses["style"] != right.points[0].losses["style"]
    with pytest.raises(RecipeError, match="0 regions, got 1 masks"):
        desk.submit(small(), content(), two, masks=[mask])


def test_the_line_is_bounded_and_a_waiting_job_can_leave(desk: JobService) -> None:
    running = endless(desk, "ann")
    waiting = [desk.submit(small(), content(), [style()], visitor="ann") for _ in range(2)]
    assert [desk.view(job).position for job in waiting] == [1, 2]
    with pytest.raises(QueueFullError, match="2 of your runs") as full:
        desk.submit(small(), content(), [style()], visitor="ann")
    assert full.value.retry_after_seconds > 0
    desk.stop(waiting[0])
    assert desk.view(waiting[0]).state == "stopped"
    assert desk.view(waiting[1]).position == 1
    desk.stop(running)
    assert finished(desk, waiting[1]).state == "done"


def test_a_killed_worker_is_replaced_and_its_run_begins_again_without_a_disk(desk: JobService) -> None:
    job = endless(desk)
    behind = desk.submit(small(), content(), [style()])
    assert desk._scheduler.supervisor.pid is not None
    os.kill(desk._scheduler.supervisor.pid, signal.SIGKILL)
    wait(lambda: desk.view(job).state == "queued")
    assert desk.view(job).snapshot is not None
    assert [desk.view(waiting).position for waiting in (job, behind)] == [1, 2]
    wait(lambda: desk.view(job).state == "running" and desk.view(job).step >= 2)
    numbers = [point.step for point in desk.view(job).points]
    assert numbers == list(range(len(numbers)))
    desk.stop(job)
    assert finished(desk, job).state == "stopped"
    assert finished(desk, behind).state == "done"


def test_bad_orders_are_refused_at_once(desk: JobService) -> None:
    with pytest.raises(JobError, match="not here"):
        desk.view("nobody")
    with pytest.raises(RecipeError, match="1 styles, got 2"):
        desk.submit(small(styles=[{"sha256": "0" * 64}]), content(), [style(), style()])


def test_this_process_never_imported_tensorflow_for_it(desk: JobService) -> None:
    import subprocess

    code = "import sys, nst_core.jobs.service as d; d.JobService(); sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_worker_without_weights_says_what_was_tried(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("NST_OFFLINE", "1")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    desk = JobService()
    desk.warm()
    wait(lambda: desk.status().state == "failed")
    assert "tried" in desk.status().message
    with pytest.raises(WorkerError, match="tried"):
        desk.submit(small(), content(), [style()])
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("NST_CACHE_DIR")
    desk.retry()
    wait(lambda: desk.status().state == "ready")
    desk.close()
