"""A film that two real worker processes paint, with a toy in place of networks: its result is that of one worker."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from nst_core.bench.service import toy_worker
from nst_core.executors.local import LocalExecutor
from nst_core.film import run
from nst_core.film.reading import Film, probe
from nst_core.jobs.pool import PartAssignment, WorkerSlot
from nst_core.jobs.service import JobService, owner_of
from nst_core.recipe import Recipe, make
from nst_core.runs.films import first_frame
from nst_core.runs.inputs import RunInputs
from tests.nst_core.film.clips import pan
from tests.nst_core.film.films import RATE, video
from tests.nst_core.jobs.servers import ANN, BEN, picture, until

pytestmark = pytest.mark.slow
TOY = ("-m", "nst_core.bench.service.toy_worker")
PATIENCE = 60.0
SCENES = {"astronaut": 120, "chelsea": 30, "coffee": 30}
"""Photograph -> the frames of a scene: the others are painted before the first one is done."""
TOTAL = sum(SCENES.values())


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    """A film of three scenes, with sound."""
    frames = [one.pixels for key, count in SCENES.items() for one in pan(count, 0.5, key)]
    path = tmp_path_factory.mktemp("film") / "in.mp4"
    path.write_bytes(video(frames, tone=TOTAL / RATE))
    return Film.open(path)


@pytest.fixture(scope="module")
def recipe(film: Film) -> Recipe:
    style = picture(1)
    made = make(settings={"medium": "film", "method": "fast", "longest_edge_px": 64})
    return RunInputs(first_frame(film, made), (style,), film=film).named_in(made)


@pytest.fixture(scope="module")
def alone(film: Film, recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[Any]]:
    """The film and the steps of a worker that paints all of it."""
    path = tmp_path_factory.mktemp("alone")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(toy_worker, "STEP_SECONDS", 0.0)
        patch.setattr(run, "method", lambda *_: nullcontext(toy_worker.stylise))
        folder = run.open_folder(path / "frames", film, recipe)
        steps = [(one.number, one.losses, one.events) for one in run.run_film(film, (), recipe, folder=folder)]
        run.finish(film, recipe, folder, path / "out.mp4")
    return (path / "out.mp4").read_bytes(), steps


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[JobService]:
    """A job service with two workers that are ready."""
    monkeypatch.setenv("NST_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("NST_WORKERS", "2")
    service = JobService(executor=LocalExecutor(TOY))
    service.warm()
    until(lambda: service.status().workers == 2, PATIENCE)
    yield service
    service.close()


def begun(service: JobService, film: Film, recipe: Recipe) -> str:
    return service.submit(
        recipe, first_frame(film, recipe), [picture(1)], film=film, owner=owner_of(ANN), measure=False
    )


def helper(service: JobService, steps: int = 1) -> tuple[WorkerSlot, PartAssignment]:
    """The worker that paints a part, once it has done some steps of it."""
    found: list[tuple[WorkerSlot, PartAssignment]] = []

    def has_part() -> bool:
        for slot in service._scheduler.pool.slots:
            if slot.part and not slot.part.is_leaving and steps_of(service, slot.part) >= steps:
                found.append((slot, slot.part))
        return bool(found)

    until(has_part, PATIENCE)
    return found[-1]


def steps_of(service: JobService, part: PartAssignment) -> int:
    run = service._repository.active.get(part.job)
    return run.ahead.get(part.part.first, 0) if run else 0


def kill(slot: WorkerSlot) -> None:
    assert slot.supervisor.pid is not None
    os.kill(slot.supervisor.pid, signal.SIGKILL)


def check_whole(service: JobService, job: str, alone: tuple[bytes, list[Any]], missing: int = 0) -> None:
    """Wait for the end of a run: it has the film and the curve of a single worker, but for so many points."""
    view = service.wait(job, PATIENCE)
    assert (view.state, view.error, view.step) == ("done", None, TOTAL)
    curve = [(point.step, dict(point.losses), point.events) for point in view.points]
    steps = {point.step for point in view.points}
    assert len(steps) >= TOTAL - missing
    assert curve == [(number, dict(losses), events) for number, losses, events in alone[1] if number in steps]
    assert [point.seconds for point in view.points] == sorted(point.seconds for point in view.points)
    assert service.film_result(job).path.read_bytes() == alone[0]
    until(lambda: job not in service._repository.active)  # it is stored


def test_two_workers_share_a_film_and_another_visitor_does_not_wait(
    service: JobService, film: Film, recipe: Recipe, alone: tuple[bytes, list[Any]]
) -> None:
    job = begun(service, film, recipe)
    slot, part = helper(service, 3)
    assert part.part == (120, 150)
    assert service.view(job).ahead >= 3
    assert service.status().busy_workers == 2
    before = steps_of(service, part)
    settings = {"steps": 20, "longest_edge_px": 64}
    other = service.submit(make(settings=settings), picture(), [picture(1)], owner=owner_of(BEN), measure=False)
    until(lambda: service.view(other).state == "running", PATIENCE)
    assert slot.current_id == other
    assert steps_of(service, part) <= before + 2  # the step under way, and one that was being reported
    assert service.wait(other, PATIENCE).state == "done"
    assert service.view(job).state == "running"
    assert helper(service)[1].part == part.part, "it goes on with the part that it had to leave"
    check_whole(service, job, alone)
    assert service.film_result(job).path.read_bytes()
    info = probe(service.film_result(job).path)
    assert (info.frames, info.has_audio) == (TOTAL, True)


def test_the_work_of_a_worker_that_is_killed_is_kept(
    service: JobService, film: Film, recipe: Recipe, alone: tuple[bytes, list[Any]], tmp_path: Path
) -> None:
    job = begun(service, film, recipe)
    slot, part = helper(service, 5)
    kill(slot)
    until(lambda: slot.part is None, PATIENCE)
    (folder,) = (tmp_path / "runs" / job / "film" / "parts").iterdir()
    done = {path.name: path.stat().st_mtime_ns for path in (folder / "steps").glob("[0-9]*")}
    assert len(done) >= 5
    slot, again = helper(service, len(done) + 1)
    assert again.part == part.part
    now = {path.name: path.stat().st_mtime_ns for path in (folder / "steps").glob("[0-9]*")}
    assert {name: now[name] for name in sorted(done)[:-1]} == {name: done[name] for name in sorted(done)[:-1]}

    leader = service._scheduler.pool.slot_of(job)
    assert leader is not None
    kill(leader)
    until(lambda: any("went on" in note for note in service.view(job).notes), PATIENCE)
    check_whole(service, job, alone, missing=1)  # killed between a frame's file and its point


def test_a_film_that_is_stopped_has_its_frames_up_to_the_first_gap_and_can_go_on(
    service: JobService, film: Film, recipe: Recipe, alone: tuple[bytes, list[Any]]
) -> None:
    job = begun(service, film, recipe)
    slot, _ = helper(service, 5)
    service.stop(job, ANN)
    view = service.wait(job, PATIENCE)
    assert view.state == "stopped"
    assert 0 < view.step < TOTAL
    assert [point.step for point in view.points] == list(range(1, view.step + 1))
    assert probe(service.film_result(job).path).frames == view.step
    until(lambda: slot.part is None, PATIENCE)
    service.stopped.reopen(job, ANN)
    check_whole(service, job, alone)
