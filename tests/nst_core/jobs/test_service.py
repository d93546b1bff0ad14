"""The job service with its real worker process and real networks."""

import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from nst_core.errors import JobError, QueueFullError, RecipeError, WorkerError
from nst_core.film.reading import Film
from nst_core.jobs.service import FINAL, JobService, JobView, owner_of
from nst_core.picture import samples
from nst_core.picture.encode import read_recipe
from nst_core.picture.masks import Mask
from nst_core.picture.upload import Picture, open_picture
from nst_core.recipe import Recipe, make, recipe_from_json
from nst_core.runs.films import first_frame
from tests.nst_core.film import films
from tests.nst_core.jobs.servers import ANN, until

pytestmark = pytest.mark.weights
PATIENCE = 240.0
wait = partial(until, seconds=PATIENCE)


def content() -> Picture:
    return samples.find("coffee").load(96)


def style() -> Picture:
    return samples.find("night-swirls").load(96)


def small(**settings: object) -> Recipe:
    return make(settings={"longest_edge_px": 96, "steps": 6, "snapshot_every": 2, **settings})


class Refused(NamedTuple):
    """A service whose first worker found no weights: what it said, and the error of a run submitted then."""

    service: JobService
    state: str
    message: str
    error: str


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Refused]:
    service = JobService()
    with pytest.MonkeyPatch.context() as without:
        without.setenv("NST_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        without.setenv("NST_OFFLINE", "1")
        without.setenv("PIP_NO_INDEX", "1")
        service.warm()
        wait(lambda: service.status().state in ("ready", "failed"))
    status = service.status()
    with pytest.raises(WorkerError) as error:
        service.submit(small(), content(), [style()])
    yield Refused(service, status.state, status.message, str(error.value))
    service.close()


@pytest.fixture(scope="module")
def service(refused: Refused) -> JobService:
    """That service, once its weights have come: TensorFlow is loaded once less than for one of its own."""
    service = refused.service
    service.retry()
    wait(lambda: service.status().state == "ready")
    return service


def finished(service: JobService, job: str) -> JobView:
    wait(lambda: service.view(job).state in FINAL)
    return service.view(job)


def endless(service: JobService) -> str:
    """A run that will not end by itself within any test, seen to be running."""
    recipe = small(steps=5000, convolutions="direct")  # for so many steps others would be compiled first
    job = service.submit(recipe, content(), [style()], owner=owner_of(ANN))
    wait(lambda: service.view(job).step >= 2)
    return job


@pytest.mark.parametrize(("method", "points"), [("slow", 7), ("fast", 0), ("balanced", 7)])
def test_a_job_ends_with_a_picture_a_recipe_and_a_report(service: JobService, method: str, points: int) -> None:
    view = finished(service, service.submit(small(method=method), content(), [style()]))
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


def test_a_run_without_measurement_has_no_measures(service: JobService) -> None:
    job = service.submit(small(method="fast"), content(), [style()], measure=False)
    view = service.wait(job, PATIENCE)
    assert view.state == "done"
    assert view.result is not None
    assert view.report is not None
    assert "measures" not in view.report
    assert view.report["size"] == [96, 64]


def test_wait_ends_after_its_time(service: JobService) -> None:
    job = endless(service)
    began = time.monotonic()
    assert service.wait(job, 0.3).state == "running"
    assert 0.3 <= time.monotonic() - began < 3
    service.stop(job, ANN)
    assert service.wait(job, PATIENCE).state == "stopped"
    with pytest.raises(JobError, match="no run of this id"):
        service.wait("nobody", 5)


@pytest.mark.parametrize("method", ["slow", "fast", "balanced"])
def test_a_result_keeps_the_contents_transparency(service: JobService, method: str) -> None:
    coffee = content()
    clear = np.tri(coffee.height, coffee.width, dtype=np.uint8) * 255
    given = Picture.from_pixels(coffee.pixels, clear)
    view = finished(service, service.submit(small(method=method, steps=1), given, [style()]))
    result = open_picture(view.result or b"")
    assert result.alpha is not None, view.error
    assert np.array_equal(result.alpha, clear)
    assert view.recipe.content == given.sha256 != coffee.sha256


def test_the_same_recipe_gives_the_same_losses(service: JobService) -> None:
    first, second = (finished(service, service.submit(small(seed=3), content(), [style()])) for _ in range(2))
    assert [p.losses for p in first.points] == [p.losses for p in second.points]
    assert first.result == second.result


def test_stop_ends_a_run_within_a_step_and_keeps_its_picture(service: JobService) -> None:
    job = endless(service)
    service.stop(job, ANN)
    at = service.view(job).step
    view = finished(service, job)
    assert view.state == "stopped"
    assert view.step - at <= 2  # the step under way, and one that was on its way here
    assert view.result is not None


def kill(service: JobService) -> None:
    """Kill the worker."""
    pid = service._scheduler.pool.slots[0].supervisor.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def standing(service: JobService, job: str) -> int:
    """The last step of a run, once no step has arrived for the time of many steps."""
    at, since = service.view(job).step, time.monotonic()
    while time.monotonic() - since < 1:
        time.sleep(0.02)
        if (step := service.view(job).step) != at:
            at, since = step, time.monotonic()
    return at


def test_pause_holds_a_run_and_resume_continues_it(service: JobService) -> None:
    job = endless(service)
    service.pause(job, ANN)
    at = standing(service, job)
    time.sleep(0.8)
    assert (service.view(job).state, service.view(job).step) == ("paused", at)
    service.resume(job, ANN)
    wait(lambda: service.view(job).step > at)
    service.stop(job, ANN)
    finished(service, job)


def test_a_paused_run_can_be_stopped(service: JobService) -> None:
    job = endless(service)
    service.pause(job, ANN)
    service.stop(job, ANN)
    assert finished(service, job).state == "stopped"


def marked(view: JobView, word: str) -> list[int]:
    """The steps whose marks contain a word."""
    return [point.step for point in view.points if any(word in mark for mark in point.events)]


def test_steering_holds_from_the_next_step_and_is_reported(service: JobService) -> None:
    job = endless(service)
    service.steer(job, ANN, {"style_weight": 80.0})
    assert service.view(job).recipe.objective.style_weight == 80
    at = service.view(job).step
    wait(lambda: bool(marked(service.view(job), "style_weight")))
    service.steer(job, ANN, {"steps": service.view(job).step + 2})  # so that it ends by itself
    view = finished(service, job)
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


def test_a_paused_run_can_be_steered(service: JobService) -> None:
    job = endless(service)
    service.pause(job, ANN)
    service.steer(job, ANN, {"tv_weight": 9.0})
    service.steer(job, ANN, {"learning_rate": 0.01})
    recipe = service.view(job).recipe
    assert (recipe.objective.tv_weight, recipe.optimizer.learning_rate) == (9, 0.01)
    standing(service, job)
    assert not marked(service.view(job), "tv_weight")
    service.resume(job, ANN)
    wait(lambda: bool(marked(service.view(job), "tv_weight")))
    service.stop(job, ANN)
    view = finished(service, job)
    assert (view.recipe.objective.tv_weight, view.recipe.optimizer.learning_rate) == (9, 0.01)


def test_a_waiting_run_begins_with_steered_settings(service: JobService) -> None:
    running = endless(service)
    job = service.submit(small(), content(), [style()], owner=owner_of(ANN))
    service.steer(job, ANN, {"steps": 3})
    assert (service.view(job).state, service.view(job).total_steps) == ("queued", 3)
    service.stop(running, ANN)
    view = finished(service, job)
    assert (view.step, len(view.points), view.recipe.steps) == (3, 4, 3)


def test_invalid_steering_is_refused_at_once_and_changes_nothing(service: JobService) -> None:
    job = endless(service)
    recipe = service.view(job).recipe
    for settings in ({"longest_edge_px": 128}, {"style_weight": -1}, {"style_layers": {"block3_conv4": 1.0}}):
        with pytest.raises(RecipeError):
            service.steer(job, ANN, settings)
    assert service.view(job).recipe == recipe
    service.stop(job, ANN)
    finished(service, job)
    with pytest.raises(JobError, match="this one is over"):
        service.steer(job, ANN, {"style_weight": 1.0})
    with pytest.raises(JobError, match="no run of this id"):
        service.steer("nobody", ANN, {"style_weight": 1.0})


def test_a_run_starts_from_the_visitors_own_picture(service: JobService) -> None:
    own = finished(service, service.submit(small(start="own", steps=1), content(), [style()], start=style()))
    usual = finished(service, service.submit(small(steps=1), content(), [style()]))
    assert own.recipe.start_picture == style().sha256
    # A run that starts from the style itself can hardly lower the style loss, only the content loss.
    assert own.points[0].losses["style"] < 0.5 * usual.points[0].losses["style"]
    assert own.points[0].losses["content"] > usual.points[0].losses["content"]


def test_masks_reach_the_engine(service: JobService) -> None:
    weights = np.zeros((64, 96), np.float32)
    weights[:, :48] = 1
    mask = Mask.from_weights(weights)
    two = [style(), samples.find("hubble").load(96)]

    def painted(shares: list[float]) -> JobView:
        regions = [{"mask": "0" * 64, "shares": shares}]
        return finished(service, service.submit(small(regions=regions), content(), two, masks=[mask]))

    left, right = painted([1, 0]), painted([0, 1])
    assert (left.state, left.recipe.regions[0].mask) == ("done", mask.sha256), left.error
    assert left.points[0].losses["style"] != right.points[0].losses["style"]
    with pytest.raises(RecipeError, match="0 regions, got 1 masks"):
        service.submit(small(), content(), two, masks=[mask])


def test_the_queue_is_bounded_and_a_waiting_run_can_leave(service: JobService) -> None:
    running = endless(service)
    waiting = [service.submit(small(), content(), [style()], owner=owner_of(ANN)) for _ in range(2)]
    assert [service.view(job).position for job in waiting] == [1, 2]
    with pytest.raises(QueueFullError, match="2 of your runs") as full:
        service.submit(small(), content(), [style()], owner=owner_of(ANN))
    assert full.value.retry_after_seconds > 0
    service.stop(waiting[0], ANN)
    assert service.view(waiting[0]).state == "stopped"
    assert service.view(waiting[1]).position == 1
    service.stop(running, ANN)
    assert finished(service, waiting[1]).state == "done"


def test_without_a_disk_the_run_of_a_killed_worker_begins_again(service: JobService) -> None:
    job = endless(service)
    behind = service.submit(small(), content(), [style()])
    kill(service)
    wait(lambda: service.view(job).state == "queued")
    assert service.view(job).snapshot is not None
    assert [service.view(waiting).position for waiting in (job, behind)] == [1, 2]
    wait(lambda: service.view(job).state == "running" and service.view(job).step >= 2)
    numbers = [point.step for point in service.view(job).points]
    assert numbers == list(range(len(numbers)))
    service.stop(job, ANN)
    assert finished(service, job).state == "stopped"
    assert finished(service, behind).state == "done"


def test_invalid_requests_are_refused_at_once(service: JobService) -> None:
    with pytest.raises(JobError, match="no run of this id"):
        service.view("nobody")
    with pytest.raises(RecipeError, match="1 styles, got 2"):
        service.submit(small(styles=[{"sha256": "0" * 64}]), content(), [style(), style()])


def test_the_service_does_not_import_tensorflow(service: JobService) -> None:
    import subprocess

    code = "import sys, nst_core.jobs.service as d; d.JobService(); sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_worker_without_weights_reports_the_sources_it_tried(refused: Refused) -> None:
    """And once there are weights, a retry is enough: all other tests are of that service."""
    assert refused.state == "failed"
    assert "tried" in refused.message
    assert "tried" in refused.error


def test_a_films_run_continues_by_the_frame_when_its_worker_is_killed(service: JobService, tmp_path: Path) -> None:
    path, recipe = tmp_path / "film.mp4", small(medium="film", method="fast", longest_edge_px=64)
    path.write_bytes(films.video(films.scene(30), tone=1.2))
    film = Film.open(path)

    def submit() -> str:
        first = first_frame(film, recipe)
        return service.submit(recipe, first, [style()], film=film, owner=owner_of(ANN), measure=False)

    whole = finished(service, submit())
    assert (whole.state, whole.error, whole.step) == ("done", None, 30)
    assert whole.report is not None
    assert whole.report["film"]["frames"] == 30
    assert open_picture(whole.result or b"").width == 64

    job = submit()
    wait(lambda: service.view(job).step >= 3)
    service.pause(job, ANN)
    assert standing(service, job) < 30
    kill(service)
    service.resume(job, ANN)
    broken = finished(service, job)
    assert any("from step" in note for note in broken.notes)
    assert [(p.step, p.losses) for p in broken.points] == [(p.step, p.losses) for p in whole.points]
    assert broken.result == whole.result
    results = [service.film_result(each).path for each in (job, whole.id)]
    assert results[0].read_bytes() == results[1].read_bytes()
    info = Film.open(results[0]).info
    assert (info.width, info.height, info.frames, info.has_audio) == (64, 48, 30, True)
